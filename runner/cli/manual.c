#include "manual.h"

#include <ctype.h>
#include <string.h>

#include "cli.h"
#include "help.h"
#include "version.h"

/* roff takes a '.' or '\'' at the start of a line for a macro, and a plain '-' for a hyphen. */
static void escaped(FILE *out, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char c = text[i];
        if ((i == 0 || text[i - 1] == '\n') && (c == '.' || c == '\''))
            fputs("\\&", out);
        if (c == '\\')
            fputs("\\e", out);
        else if (c == '-')
            fputs("\\-", out);
        else if (c == '\'')
            fputs("\\(aq", out);
        else
            fputc(c, out);
    }
}

static void words(FILE *out, const char *text)
{
    escaped(out, text, strlen(text));
}

static void heading(FILE *out, const char *title)
{
    fputs(".SH ", out);
    for (; *title; title++)
        fputc(toupper((unsigned char)*title), out);
    fputc('\n', out);
}

/* Prints lines as they are, without filling. */
static void lines(FILE *out, const char *text)
{
    fputs(".RS 4\n.nf\n", out);
    words(out, text);
    fputs("\n.fi\n.RE\n", out);
}

static void sentence(FILE *out, const char *text)
{
    fputc(toupper((unsigned char)*text), out);
    words(out, text + 1);
    fputs(".\n", out);
}

/* Prints "-j, --jobs N" and its explanation below. */
static void flag_entry(FILE *out, const struct flag *f)
{
    fputs(".TP\n", out);
    if (f->letter)
        fprintf(out, "\\fB\\-%c\\fR, ", f->letter);
    fputs("\\fB\\-\\-", out);
    words(out, f->name);
    fputs("\\fR", out);
    if (f->value) {
        const bool optional = f->value[0] == '=';
        fputs(optional ? "[\\fI" : " \\fI", out);
        words(out, f->value);
        fputs(optional ? "\\fR]" : "\\fR", out);
    }
    fputc('\n', out);
    words(out, f->help);
    fputc('\n', out);
}

static void flag_entries(FILE *out, const struct flag *table)
{
    for (const struct flag *f = table; f && f->name; f++)
        flag_entry(out, f);
}

static void command_section(FILE *out, const struct command *c)
{
    fprintf(out, ".SS \"posbench %s", c->name);
    if (c->flags)
        fputs(" [OPTION]...", out);
    if (c->arguments && *c->arguments)
        fputc(' ', out);
    words(out, c->arguments ? c->arguments : "");
    fputs("\"\n", out);
    sentence(out, c->summary);
    flag_entries(out, c->flags);
    if (c->examples) {
        fputs(".PP\n", out);
        lines(out, c->examples);
    }
}

static void head(FILE *out)
{
    fputs(".\\\" Made by \"posbench list commands --man\"; a test compares.\n"
          ".TH POSBENCH 1 \"\" \"posbench " POSBENCH_VERSION "\" \"User Commands\"\n",
          out);
    heading(out, "Name");
    fprintf(out, "posbench \\- %s\n", help_summary);
    heading(out, "Synopsis");
    fputs("\\fBposbench\\fR \\fICOMMAND\\fR [\\fIOPTION\\fR]... [\\fIARGUMENT\\fR]...\n",
          out);
    heading(out, "Description");
    words(out, "posbench trains small Transformers on synthetic tasks and measures which "
               "position encoding solves which task, inside and beyond the training "
               "distribution. An experiment file says what is run; every number is kept in "
               "a database, from which tables are printed.\n");
    heading(out, "Examples");
    lines(out, help_examples);
}

void manual_print(FILE *out)
{
    head(out);
    heading(out, "Commands");
    for (int i = 0; i < command_count(); i++)
        if (command_at(i)->group != GROUP_INTERNAL)
            command_section(out, command_at(i));
    heading(out, "Options of every command");
    flag_entries(out, cli_globals);
    for (const struct notes *n = help_notes; n->title; n++) {
        heading(out, n->title);
        for (const struct note *one = n->note; one->what; one++) {
            fputs(".TP\n\\fB", out);
            words(out, one->what);
            fputs("\\fR\n", out);
            words(out, one->text);
            fputc('\n', out);
        }
    }
}
