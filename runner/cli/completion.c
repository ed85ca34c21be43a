/* A script is a template (completion/) with tables in it. The tables of bash are functions
 * of one case each; zsh and fish have descriptions too, so each flag is a line. */
#include "completion.h"

#include <assert.h>
#include <string.h>

#include "cli.h"
#include "completion_template.h"
#include "option.h"
#include "values.h"

/* --- arguments --- */

static void read_position(const char *word, size_t n, struct position *out)
{
    size_t used = 0;
    *out = (struct position){.optional = word[0] == '['};
    assert(n < POSITION_TEXT);
    for (size_t i = 0; i < n; i++)
        if (!strchr("[]", word[i]))
            out->kind[used++] = word[i];
    if (used > 3 && strcmp(out->kind + used - 3, "...") == 0) {
        out->kind[used - 3] = '\0';
        out->repeats = true;
    }
}

int completion_positions(const struct command *c, struct position out[POSITIONS_MAX])
{
    int n = 0;
    for (const char *word = c->arguments; word && *word && n < POSITIONS_MAX;) {
        const size_t length = strcspn(word, " ");
        read_position(word, length, &out[n++]);
        word += length + (word[length] == ' ');
    }
    return n;
}

/* --- what the three have in common --- */

/* In single quotes; `quote` is how the shell writes one inside them, and `escaped` are
 * characters that want a backslash. */
static void quoted(FILE *out, const char *text, const char *quote, const char *escaped)
{
    fputc('\'', out);
    for (; *text; text++) {
        if (*text == '\'') {
            fputs(quote, out);
            continue;
        }
        if (strchr(escaped, *text))
            fputc('\\', out);
        fputc(*text, out);
    }
    fputc('\'', out);
}

static bool is_offered(int command)
{
    return command_at(command)->group != GROUP_INTERNAL;
}

/* Is there nothing to offer? */
static bool is_free(const char *kind)
{
    const struct value *v = value_find(kind, strlen(kind));
    return v && v->how == VALUE_FREE;
}

/* "    ENCODER) echo absolute cope ;;": with `list` before the name of a list. */
static void word_cases(FILE *out, const char *list)
{
    for (const struct value *v = values; v->name; v++) {
        if (v->how == VALUE_WORDS) {
            fprintf(out, "    %s) echo", v->name);
            v->words(out);
            fputs(" ;;\n", out);
        } else if (v->how == VALUE_LISTED)
            fprintf(out, "    %s) %s %s ;;\n", v->name, list, v->list);
    }
}

/* --- bash --- */

static void bash_flags(FILE *out, const struct flag *table)
{
    for (const struct flag *f = table; f && f->name; f++) {
        const char *equals = f->value ? "=" : "", *value = f->value ? f->value : "";
        fprintf(out, " '--%s%s%s'", f->name, equals, value);
        if (f->letter)
            fprintf(out, " '-%c%s%s'", f->letter, equals, value);
    }
}

static void bash_commands(FILE *out)
{
    fputs("_posbench_commands='", out);
    for (int i = 0, n = 0; i < command_count(); i++)
        if (is_offered(i))
            fprintf(out, "%s%s", n++ ? " " : "", command_at(i)->name);
    fputs("'\n", out);
}

static void bash_arguments(FILE *out)
{
    for (int i = 0; i < command_count(); i++) {
        struct position p[POSITIONS_MAX];
        const int n = is_offered(i) ? completion_positions(command_at(i), p) : 0;
        if (n)
            fprintf(out, "    %s) echo", command_at(i)->name);
        for (int k = 0; k < n; k++)
            fprintf(out, " '%s%s'", p[k].kind, p[k].repeats ? "..." : "");
        if (n)
            fputs(" ;;\n", out);
    }
}

static void bash_tables(FILE *out)
{
    bash_commands(out);
    fputs(
        "\n# _posbench_options COMMAND: \"--option\", or \"--option=KIND\" with a value.\n"
        "_posbench_options() {\n    case $1 in\n",
        out);
    for (int i = 0; i < command_count(); i++)
        if (is_offered(i) && command_at(i)->flags) {
            fprintf(out, "    %s) echo", command_at(i)->name);
            bash_flags(out, command_at(i)->flags);
            fputs(" ;;\n", out);
        }
    fputs("    esac\n    echo", out);
    bash_flags(out, cli_globals);
    fputs("\n}\n\n# _posbench_arguments COMMAND: the kinds of its arguments.\n"
          "_posbench_arguments() {\n    case $1 in\n",
          out);
    bash_arguments(out);
    fputs("    esac\n}\n\n# _posbench_words KIND: what may stand there.\n"
          "_posbench_words() {\n    case $1 in\n",
          out);
    word_cases(out, "_posbench_list");
    fputs("    esac\n}\n", out);
}

/* --- zsh --- */

/* One spelling of a flag as _arguments wants it: "(-j --jobs)--jobs=[help]:N: action". */
static void zsh_flag(FILE *out, const struct flag *f, bool is_short)
{
    char spec[1024];
    size_t used = 0;
    if (f->repeated)
        used += (size_t)snprintf(spec, sizeof spec, "*");
    else if (f->letter)
        used += (size_t)snprintf(spec, sizeof spec, "(-%c --%s)", f->letter, f->name);
    if (is_short)
        used += (size_t)snprintf(spec + used, sizeof spec - used, "-%c%s[", f->letter,
                                 f->value ? "+" : "");
    else
        used += (size_t)snprintf(spec + used, sizeof spec - used, "--%s%s[", f->name,
                                 f->value ? "=" : "");
    for (const char *c = f->help; *c && used < sizeof spec - 200; c++) {
        if (strchr("[]\\", *c))
            spec[used++] = '\\';
        spec[used++] = *c;
    }
    used += (size_t)snprintf(spec + used, sizeof spec - used, "]");
    if (f->value && is_free(f->value))
        snprintf(spec + used, sizeof spec - used, ":%s: ", f->value);
    else if (f->value)
        snprintf(spec + used, sizeof spec - used, ":%s: _posbench_value \"%s\"", f->value,
                 f->value);
    fputs(" \\\n        ", out);
    quoted(out, spec, "'\\''", "");
}

static void zsh_flags(FILE *out, const struct flag *table)
{
    for (const struct flag *f = table; f && f->name; f++) {
        if (f->letter)
            zsh_flag(out, f, true);
        zsh_flag(out, f, false);
    }
}

static void zsh_command(FILE *out, const struct command *c)
{
    struct position p[POSITIONS_MAX];
    const int n = completion_positions(c, p);
    fprintf(out, "    %s)\n        _arguments -s -S $_posbench_globals", c->name);
    zsh_flags(out, c->flags);
    for (int i = 0; i < n; i++)
        fprintf(out, " \\\n        '%s:%s: _posbench_value \"%s\"'",
                p[i].repeats    ? "*"
                : p[i].optional ? ":"
                                : "",
                p[i].kind, p[i].kind);
    fputs(" ;;\n", out);
}

static void zsh_tables(FILE *out)
{
    fputs("typeset -g -a _posbench_commands _posbench_globals\n_posbench_commands=(", out);
    for (int i = 0; i < command_count(); i++)
        if (is_offered(i)) {
            char text[1024];
            snprintf(text, sizeof text, "%s:%s", command_at(i)->name,
                     command_at(i)->summary);
            fputs("\n    ", out);
            quoted(out, text, "'\\''", "");
        }
    fputs("\n)\n_posbench_globals=(", out);
    zsh_flags(out, cli_globals);
    fputs(")\n\n_posbench_command() {\n    case $1 in\n", out);
    for (int i = 0; i < command_count(); i++)
        if (is_offered(i))
            zsh_command(out, command_at(i));
    fputs("    esac\n}\n\n# _posbench_words KIND: what may stand there.\n"
          "_posbench_words() {\n    case $1 in\n",
          out);
    word_cases(out, "_posbench_list");
    fputs("    esac\n}\n", out);
}

/* --- fish --- */

static void fish_text(FILE *out, const char *text)
{
    quoted(out, text, "\\'", "\\");
}

/* " -x -a '(__posbench_value RUN)'" for the parts of "RUN|FILE" that are no paths, and -F
 * when files may stand there too. */
static void fish_kind(FILE *out, const char *kind)
{
    bool files = false;
    char words[256] = "";
    size_t used = 0;
    while (*kind) {
        const size_t n = strcspn(kind, "|");
        const struct value *v = value_find(kind, n);
        if (!v || v->how == VALUE_WORDS || v->how == VALUE_LISTED)
            used += (size_t)snprintf(words + used, sizeof words - used, " \"%.*s\"", (int)n,
                                     kind);
        else if (v->how == VALUE_PATH && n == strlen("FILE"))
            files = true;
        else if (v->how == VALUE_PATH)
            fprintf(out, " -a '(%s)'",
                    n == strlen("DB") ? "__fish_complete_suffix .db"
                                      : "__fish_complete_directories");
        kind += n + (kind[n] == '|');
    }
    fputs(files ? " -F" : " -f", out);
    if (words[0])
        fprintf(out, " -a '(__posbench_value%s)'", words);
}

static void fish_flags(FILE *out, const struct flag *table, const char *command)
{
    for (const struct flag *f = table; f && f->name; f++) {
        fputs("complete -c posbench", out);
        if (command)
            fprintf(out, " -n '__posbench_in %s'", command);
        if (f->letter)
            fprintf(out, " -s %c", f->letter);
        fprintf(out, " -l %s", f->name);
        if (f->value) {
            fputs(" -r", out);
            fish_kind(out, f->value);
        }
        fputs(" -d ", out);
        fish_text(out, f->help);
        fputc('\n', out);
    }
}

static void fish_valued(FILE *out, const struct flag *table)
{
    for (const struct flag *f = table; f && f->name; f++) {
        if (f->value)
            fprintf(out, " --%s", f->name);
        if (f->value && f->letter)
            fprintf(out, " -%c", f->letter);
    }
}

static void fish_functions(FILE *out)
{
    fputs("# Options of a command with a value behind them.\n"
          "function __posbench_valued\n    switch $argv[1]\n",
          out);
    for (int i = 0; i < command_count(); i++)
        if (is_offered(i) && command_at(i)->flags) {
            fprintf(out, "        case %s\n            string split ' ' --",
                    command_at(i)->name);
            fish_valued(out, command_at(i)->flags);
            fputc('\n', out);
        }
    fputs("    end\n    string split ' ' --", out);
    fish_valued(out, cli_globals);
    fputs("\nend\n\n# What may stand for a kind of value.\n"
          "function __posbench_words\n    switch $argv[1]\n",
          out);
    for (const struct value *v = values; v->name; v++)
        if (v->how == VALUE_WORDS) {
            fprintf(out, "        case '%s'\n            printf '%%s\\n'", v->name);
            v->words(out);
            fputc('\n', out);
        } else if (v->how == VALUE_LISTED)
            fprintf(out, "        case '%s'\n            __posbench_list %s\n", v->name,
                    v->list);
    fputs("    end\nend\n\n", out);
}

static void fish_command(FILE *out, const struct command *c)
{
    struct position p[POSITIONS_MAX];
    const int n = completion_positions(c, p);
    fprintf(out, "\ncomplete -c posbench -n '__posbench_in \"\" help' -a %s -d ", c->name);
    fish_text(out, c->summary);
    fputc('\n', out);
    for (int i = 0; i < n; i++) {
        fprintf(out, "complete -c posbench -n '__posbench_at %s %d%s'", c->name, i,
                p[i].repeats ? " more" : "");
        fish_kind(out, p[i].kind);
        fputc('\n', out);
    }
    fish_flags(out, c->flags, c->name);
}

static void fish_tables(FILE *out)
{
    fish_functions(out);
    fputs("complete -c posbench -f\n"
          "complete -c posbench -n '__posbench_in \"\"' -a help -d 'explain a command'\n",
          out);
    fish_flags(out, cli_globals, NULL);
    for (int i = 0; i < command_count(); i++)
        if (is_offered(i))
            fish_command(out, command_at(i));
}

/* --- the script --- */

static const struct {
    const char *shell;
    void (*tables)(FILE *out);
} shells[] = {{"bash", bash_tables}, {"zsh", zsh_tables}, {"fish", fish_tables}};

enum { SHELLS = sizeof shells / sizeof *shells };

static void fill_template(const char *shell, void (*tables)(FILE *out), FILE *out)
{
    static const char mark[] = "@TABLES@\n";
    const struct completion_template *t = completion_templates;
    while (strcmp(t->shell, shell) != 0)
        t++;
    const char *at = strstr(t->text, mark);
    assert(at);
    fwrite(t->text, 1, (size_t)(at - t->text), out);
    tables(out);
    fputs(at + strlen(mark), out);
}

enum status completion_print(const char *shell, FILE *out, struct err *e)
{
    const char *names[SHELLS];
    for (int i = 0; i < SHELLS; i++) {
        names[i] = shells[i].shell;
        if (strcmp(names[i], shell) == 0) {
            fill_template(shell, shells[i].tables, out);
            return ST_OK;
        }
    }
    const char *near = suggest(shell, names, SHELLS);
    return err_set(e, ST_USAGE, "no completion for \"%s\"; %s%s%s", shell,
                   near ? "did you mean \"" : "there are bash, zsh and fish",
                   near ? near : "", near ? "\"?" : "");
}
