/* cli.c -- parses a command line into an invocation, and answers what commands ask of it.
 *
 * Words are read in order: flags by name or letter, which are looked up in the command's table
 * and then in cli_globals, then the command's name, then arguments. A flag that is unknown,
 * lacks its value or is given twice is refused with a suggestion. Then values are grouped by
 * flag for flag_list.
 * Pitfall: a command's flags are known only after its name. A minus before a digit or a point
 * begins an argument. Asking for a flag that is not in the table trips an assertion. */
#include "cli.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "option.h"

/* command_list.inc holds a line COMMAND(<name>) for each runner/commands/command_<name>.c; CMake
 * writes it (cmake/plugins.cmake). */
#define COMMAND(stem) extern const struct command command_##stem;
#include "command_list.inc"
#undef COMMAND

static const struct command *const commands[] = {
#define COMMAND(stem) &command_##stem,
#include "command_list.inc"
#undef COMMAND
    NULL,
};

enum { COMMANDS = sizeof commands / sizeof commands[0] - 1, NAMES_MAX = 64 };

const struct flag cli_globals[] = {
    {"help", 'h', NULL, false, "show this help"},
    {"version", 0, NULL, false, "show version, commit, compiler and libraries"},
    {"directory", 'C', "DIR", false, "work in DIR: file names start there"},
    {"plugin", 0, "FILE", true,
     "load a task or an encoder from a shared object (repeatable)"},
    {"quiet", 'q', NULL, false, "no progress: data, warnings and errors only"},
    {"no-color", 0, NULL, false, "no colour, even on a terminal"},
    {0},
};

struct given {
    const struct flag *flag;
    const char *value; /* NULL: a flag without a value */
};

struct invocation {
    enum cli_wish wish;
    const struct command *command;
    bool help_word; /* "posbench help ..." */
    char program[PATH_MAX];
    struct given *given; /* [n_given] in the order typed */
    /* The values grouped by flag, so that flag_list can lend a part of `values`. */
    const struct flag **owner;
    const char **values;
    const char **argument;
    int n_given, n_arguments;
};

int command_count(void)
{
    return COMMANDS;
}

const struct command *command_at(int i)
{
    assert(i >= 0 && i < COMMANDS);
    return commands[i];
}

const struct command *command_find(const char *name)
{
    for (int i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

/* ---- flags by name or letter ---- */

/* Finds the flag by `name`, or by `letter` when `name` is NULL. */
static const struct flag *find_in(const struct flag *table, const char *name, size_t length,
                                  char letter)
{
    for (const struct flag *f = table; f && f->name; f++) {
        if (!name && f->letter == letter)
            return f;
        if (name && strlen(f->name) == length && strncmp(f->name, name, length) == 0)
            return f;
    }
    return NULL;
}

static const struct flag *find_flag(const struct command *c, const char *name,
                                    size_t length, char letter)
{
    const struct flag *f = find_in(c ? c->flags : NULL, name, length, letter);
    return f ? f : find_in(cli_globals, name, length, letter);
}

static int flag_names(const struct command *c, const char *names[NAMES_MAX])
{
    int n = 0;
    for (const struct flag *f = c ? c->flags : NULL; f && f->name && n < NAMES_MAX; f++)
        names[n++] = f->name;
    for (const struct flag *f = cli_globals; f->name && n < NAMES_MAX; f++)
        names[n++] = f->name;
    return n;
}

static enum status unknown_flag(const struct command *c, const char *typed, size_t length,
                                struct err *e)
{
    const char *names[NAMES_MAX];
    char word[80];
    snprintf(word, sizeof word, "%.*s", (int)length, typed);
    const char *near = word[0] == '-' && word[1] == '-'
                           ? suggest(word + 2, names, flag_names(c, names))
                           : NULL;
    if (near)
        return err_set(e, ST_USAGE, "unknown option \"%s\"; did you mean \"--%s\"?", word,
                       near);
    if (!c)
        return err_set(e, ST_USAGE,
                       "unknown option \"%s\"; a command's options follow its name", word);
    return err_set(e, ST_USAGE, "\"%s\" has no option \"%s\"", c->name, word);
}

static enum status unknown_command(const char *typed, struct err *e)
{
    const char *names[COMMANDS + 1] = {"help"};
    int n = 1;
    for (int i = 0; i < COMMANDS; i++)
        if (commands[i]->group != GROUP_INTERNAL)
            names[n++] = commands[i]->name;
    return err_set(e, ST_USAGE, "no command \"%s\"%s", typed,
                   suggest_or(typed, names, n, "; \"posbench --help\" lists them"));
}

/* ---- parsing ---- */

struct words {
    int n, at;
    char *const *word;
};

static bool is_flag_word(const char *word)
{
    return word[0] == '-' && word[1] && !isdigit((unsigned char)word[1]) && word[1] != '.';
}

/* Writes the flag as the user spelt it, for messages. */
static const char *spelling(const struct flag *f, bool is_short, char buf[80])
{
    if (is_short)
        snprintf(buf, 80, "-%c", f->letter);
    else
        snprintf(buf, 80, "--%s", f->name);
    return buf;
}

/* Returns true when only one of the values a and b of an option can hold. --set KEY=VALUE may
 * be repeated, but not with the same key. */
static bool excludes(const struct flag *f, const char *a, const char *b)
{
    const size_t key = strcspn(a, "=");
    return !f->repeated || (strcmp(f->name, "set") == 0 && key == strcspn(b, "=") &&
                            strncmp(a, b, key) == 0);
}

/* `attached` is the text after '=' or after the letter; NULL: there is none. */
static enum status take_flag(struct invocation *v, struct words *w, const struct flag *f,
                             bool is_short, const char *attached, struct err *e)
{
    char name[80];
    spelling(f, is_short, name);
    if (!f->value && attached)
        return err_set(e, ST_USAGE, "option \"%s\" takes no value", name);
    if (f->value && f->value[0] == '=' && !attached) {
        v->given[v->n_given++] = (struct given){f, ""};
        return ST_OK;
    }
    if (f->value && !attached) {
        const char *next = w->at + 1 < w->n ? w->word[w->at + 1] : NULL;
        if (!next || is_flag_word(next))
            return err_set(e, ST_USAGE, "option \"%s\" needs a value: %s %s", name, name,
                           f->value);
        attached = next;
        w->at++;
    }
    /* The usual cause is a "$VARIABLE" that is not set. */
    if (attached && !attached[0])
        return err_set(e, ST_USAGE, "option \"%s\" has an empty value; %s%s%s is wanted",
                       name, name, f->value[0] == '=' ? "" : " ", f->value);
    for (int i = 0; i < v->n_given && f->value; i++)
        if (v->given[i].flag == f && excludes(f, v->given[i].value, attached))
            return err_set(e, ST_USAGE, "option \"--%s\" is given twice: \"%s\" and \"%s\"",
                           f->name, v->given[i].value, attached);
    v->given[v->n_given++] = (struct given){f, attached};
    return ST_OK;
}

static enum status take_long(struct invocation *v, struct words *w, struct err *e)
{
    const char *word = w->word[w->at];
    const char *equals = strchr(word, '=');
    const size_t length = equals ? (size_t)(equals - word) : strlen(word);
    const struct flag *f = find_flag(v->command, word + 2, length - 2, 0);
    if (!f)
        return unknown_flag(v->command, word, length, e);
    return take_flag(v, w, f, false, equals ? equals + 1 : NULL, e);
}

/* Reads a word of letters: -q, -n3, -n 3, -qn3. */
static enum status take_short(struct invocation *v, struct words *w, struct err *e)
{
    for (const char *p = w->word[w->at] + 1; *p; p++) {
        const struct flag *f = find_flag(v->command, NULL, 0, *p);
        if (!f)
            return unknown_flag(v->command, (const char[]){'-', *p, 0}, 2, e);
        if (f->value)
            return take_flag(v, w, f, true, p[1] ? p + 1 : NULL, e);
        const enum status st = take_flag(v, w, f, true, NULL, e);
        if (st)
            return st;
    }
    return ST_OK;
}

static enum status take_argument(struct invocation *v, const char *word, struct err *e)
{
    if (v->command) {
        v->argument[v->n_arguments++] = word;
        return ST_OK;
    }
    if (!v->help_word && strcmp(word, "help") == 0) {
        v->help_word = true;
        return ST_OK;
    }
    v->command = command_find(word);
    return v->command ? ST_OK : unknown_command(word, e);
}

static enum status take_words(struct invocation *v, struct words *w, struct err *e)
{
    bool only_arguments = false;
    for (w->at = 1; w->at < w->n; w->at++) {
        const char *word = w->word[w->at];
        enum status st = ST_OK;
        if (!only_arguments && strcmp(word, "--") == 0)
            only_arguments = true;
        else if (only_arguments || !is_flag_word(word))
            st = take_argument(v, word, e);
        else if (word[1] == '-')
            st = take_long(v, w, e);
        else
            st = take_short(v, w, e);
        if (st)
            return st;
    }
    return ST_OK;
}

static enum status check_arguments(const struct invocation *v, struct err *e)
{
    const struct command *c = v->command;
    assert(c);
    if (v->n_arguments < c->min_args)
        return err_set(e, ST_USAGE, "\"%s\" lacks an argument; usage: posbench %s %s",
                       c->name, c->name, c->arguments ? c->arguments : "");
    if (c->max_args >= 0 && v->n_arguments > c->max_args)
        return err_set(e, ST_USAGE, "\"%s\" does not know what to do with \"%s\"", c->name,
                       v->argument[c->max_args]);
    return ST_OK;
}

static int group(struct invocation *v, const struct flag *table, int n)
{
    for (const struct flag *f = table; f && f->name; f++)
        for (int i = 0; i < v->n_given; i++)
            if (v->given[i].flag == f) {
                v->owner[n] = f;
                v->values[n++] = v->given[i].value;
            }
    return n;
}

/* On Linux this link leads to the running file, even after it was renamed or removed. */
static const char own_file[] = "/proc/self/exe";

static void find_program(struct invocation *v, const char *typed)
{
    const ssize_t n = readlink(own_file, v->program, sizeof v->program - 1);
    if (n > 0)
        v->program[n] = 0;
    else if (!realpath(typed, v->program))
        snprintf(v->program, sizeof v->program, "%s", typed);
}

enum status cli_parse(int argc, char *const *argv, struct invocation **out, struct err *e)
{
    /* A word has at most as many flags as letters (-qqq). */
    size_t room = 1;
    for (int i = 1; i < argc; i++)
        room += strlen(argv[i]) + 1;
    struct invocation *v = calloc(1, sizeof *v);
    if (v) {
        v->given = calloc(room, sizeof *v->given);
        v->owner = calloc(room, sizeof(struct flag *));
        v->values = calloc(room, sizeof(char *));
        v->argument = calloc(room, sizeof(char *));
    }
    if (!v || !v->given || !v->owner || !v->values || !v->argument) {
        cli_free(v);
        return err_set(e, ST_NOMEM, "no memory to read the command line");
    }
    *out = v;
    find_program(v, argc > 0 ? argv[0] : "posbench");
    const enum status st = take_words(v, &(struct words){argc, 0, argv}, e);
    if (st)
        return st;
    group(v, cli_globals, group(v, v->command ? v->command->flags : NULL, 0));
    if (v->help_word || flag_given(v, "help"))
        v->wish = CLI_HELP;
    else if (flag_given(v, "version"))
        v->wish = CLI_VERSION;
    else if (v->command)
        v->wish = CLI_COMMAND;
    return v->wish == CLI_COMMAND ? check_arguments(v, e) : ST_OK;
}

void cli_free(struct invocation *v)
{
    if (!v)
        return;
    free(v->given);
    free(v->owner);
    free(v->values);
    free(v->argument);
    free(v);
}

enum cli_wish cli_wish(const struct invocation *v)
{
    return v->wish;
}

const struct command *cli_command(const struct invocation *v)
{
    return v->command;
}

/* ---- what commands ask ---- */

static const struct flag *known_flag(const struct invocation *v, const char *name)
{
    const struct flag *f = find_flag(v->command, name, strlen(name), 0);
    assert(f && "a flag must be in the command's table to be asked for");
    return f;
}

bool flag_given(const struct invocation *v, const char *name)
{
    const struct flag *f = known_flag(v, name);
    for (int i = 0; i < v->n_given; i++)
        if (v->given[i].flag == f)
            return true;
    return false;
}

const char *flag_text(const struct invocation *v, const char *name, const char *dflt)
{
    const struct flag *f = known_flag(v, name);
    for (int i = 0; i < v->n_given; i++)
        if (v->given[i].flag == f)
            return v->given[i].value;
    return dflt;
}

enum status flag_integer(const struct invocation *v, const char *name, long lo, long hi,
                         long dflt, long *out, struct err *e)
{
    const char *text = flag_text(v, name, NULL);
    if (!text) {
        *out = dflt;
        return ST_OK;
    }
    char *end;
    errno = 0;
    const long value = strtol(text, &end, 10);
    if (end == text || *end || errno || value < lo || value > hi)
        return err_set(e, ST_USAGE, "--%s wants an integer from %ld to %ld, not \"%s\"",
                       name, lo, hi, text);
    *out = value;
    return ST_OK;
}

int flag_list(const struct invocation *v, const char *name, const char *const **values)
{
    const struct flag *f = known_flag(v, name);
    int first = 0, n = 0;
    while (first < v->n_given && v->owner[first] != f)
        first++;
    while (first + n < v->n_given && v->owner[first + n] == f)
        n++;
    *values = v->values + first;
    return n;
}

int argument_count(const struct invocation *v)
{
    return v->n_arguments;
}

const char *argument_at(const struct invocation *v, int i)
{
    assert(i >= 0 && i < v->n_arguments);
    return v->argument[i];
}

const char *program_path(const struct invocation *v)
{
    return v->program;
}

const char *program_file(const struct invocation *v)
{
    return access(own_file, X_OK) == 0 ? own_file : v->program;
}

/* ---- ends ---- */

static bool is_set(const char *variable)
{
    const char *text = getenv(variable);
    return text && *text;
}

bool cli_colour(const struct invocation *v, FILE *stream)
{
    if (flag_given(v, "no-color"))
        return false;
    const char *force = getenv("CLICOLOR_FORCE");
    if (force && *force && strcmp(force, "0") != 0)
        return true;
    const char *term = getenv("TERM");
    if (is_set("NO_COLOR") || (term && strcmp(term, "dumb") == 0))
        return false;
    return isatty(fileno(stream)) == 1;
}

int cli_exit_code(enum status st, int caught)
{
    switch (st) {
    case ST_OK:
        return 0;
    case ST_FAILED:
        return 1;
    case ST_USAGE:
    case ST_CONFIG:
    case ST_RANGE:
        return 2;
    case ST_NOMEM:
    case ST_IO:
    case ST_DB:
    case ST_NONFINITE:
        return 3;
    case ST_NOTFOUND:
        return 4;
    case ST_INTERRUPTED:
        return 128 + (caught ? caught : SIGINT);
    }
    return 3;
}
