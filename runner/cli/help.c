/* help.c -- prints the help of the program and of each command, from their tables.
 *
 * The text is made of the tables of commands and flags and the notes below. It is 80 columns
 * wide, whatever the terminal is. manual.c makes the manual page of the same notes.
 * Pitfall: docs/reference/commands.md is this text, and test_docs compares them; run
 * scripts/pages after every change. */
#include "help.h"

#include <string.h>

#include <sqlite3.h>

#include "clean.h"
#include "cli.h"
#include "gemm.h"
#include "kernels.h"
#include "version.h"

enum { WIDTH = 80, FLAG_COLUMN = 25 }; /* columns; the pages of the help use both */

static const char *const group_titles[] = {
    [GROUP_RUN] = "Run experiments",
    [GROUP_LOOK] = "Look at results",
    [GROUP_DATA] = "Tasks and data",
};

const char help_summary[] = "which position encoding lets a Transformer solve which task";

const char help_examples[] =
    "posbench run --profile quick   train, evaluate and store the whole matrix\n"
    "posbench table --published     the results beside the paper's\n"
    "posbench gen flip_flop --split id -n 5 -o -      data without training";

static const struct note filters[] = {
    {"KEY=GLOB", "runs whose KEY matches the shell pattern GLOB (* any text, ? any "
                 "character, [ab] one of these); of several filters all must match"},
    {"KEY", "experiment, task, encoder, variant, cell, seed, profile, identity, or state: "
            "new, running, done, failed, interrupted; for tables also split"},
    {0},
};

static const struct note files[] = {
    {"experiments.yaml", "what is run; the default where FILE may be given"},
    {"results.db", "every number, beside the experiment file (SQLite)"},
    {"results.db.models/", "trained weights of every run, and checkpoints"},
    {0},
};

static const struct note environment[] = {
    {"NO_COLOR", "set and not empty: no colour"},
    {"CLICOLOR_FORCE", "set, and not to 0: colour even in a pipe"},
    {"POSBENCH_KERNELS", "naive, x86-64-v2, x86-64-v3 or x86-64-v4 instead of the best "
                         "level that the CPU has"},
    {0},
};

static const struct note exit_codes[] = {
    {"0", "done"},
    {"1", "some runs failed"},
    {"2", "wrong usage or experiment file"},
    {"3", "disk, memory or database"},
    {"4", "nothing matched"},
    {"129, 130, 143", "interrupted by SIGHUP, SIGINT or SIGTERM"},
    {0},
};

const struct notes help_notes[] = {
    {"Filters", 12, filters},
    {"Files", 22, files},
    {"Environment", 20, environment},
    {"Exit codes", 17, exit_codes},
    {0},
};

void help_wrap(FILE *out, int at, int indent, const char *text)
{
    clean_wrap(out, at, indent, WIDTH, text);
}

/* Prints a name at the left and its explanation in a column; a long name has a line of its
 * own. */
static void entry(FILE *out, const char *left, int column, const char *text)
{
    int at = 2 + fprintf(out, "  %s", left) - 2;
    if (at + 2 > column) {
        fputc('\n', out);
        at = 0;
    }
    fprintf(out, "%*s", column - at, "");
    help_wrap(out, column, column, text);
}

static void flag_entry(FILE *out, const struct flag *f)
{
    char left[80], letter[5] = "    ";
    if (f->letter)
        snprintf(letter, sizeof letter, "-%c, ", f->letter);
    const bool optional = f->value && f->value[0] == '=';
    snprintf(left, sizeof left, optional ? "%s--%s%s[%s]" : "%s--%s%s%s", letter, f->name,
             f->value && !optional ? " " : "", f->value ? f->value : "");
    entry(out, left, FLAG_COLUMN, f->help);
}

static void flag_entries(FILE *out, const char *title, const struct flag *table)
{
    fprintf(out, "\n%s:\n", title);
    for (const struct flag *f = table; f->name; f++)
        flag_entry(out, f);
}

/* Prints the lines of `text` indented; '\n' separates them. */
static void indented(FILE *out, const char *text)
{
    while (*text) {
        const int n = (int)strcspn(text, "\n");
        fprintf(out, "  %.*s\n", n, text);
        text += n + (text[n] == '\n');
    }
}

static void command_entries(FILE *out)
{
    for (size_t g = 0; g < sizeof group_titles / sizeof *group_titles; g++) {
        fprintf(out, "\n%s:\n", group_titles[g]);
        for (int i = 0; i < command_count(); i++)
            if (command_at(i)->group == (enum group)g)
                entry(out, command_at(i)->name, 11, command_at(i)->summary);
    }
}

static void note_entries(FILE *out, const struct notes *n)
{
    fprintf(out, "\n%s:\n", n->title);
    for (const struct note *one = n->note; one->what; one++)
        entry(out, one->what, n->column, one->text);
}

static void print_program(FILE *out)
{
    fprintf(out, "posbench: %s\n\nExamples:\n", help_summary);
    indented(out, help_examples);
    fputs("\nUsage: posbench COMMAND [OPTION]... [ARGUMENT]...\n", out);
    command_entries(out);
    flag_entries(out, "Options of every command", cli_globals);
    fputs("\n\"posbench COMMAND --help\" explains a command.\n", out);
    for (const struct notes *n = help_notes; n->title; n++)
        note_entries(out, n);
}

static void print_command(FILE *out, const struct command *c)
{
    fprintf(out, "posbench %s: ", c->name);
    const int at = (int)(strlen("posbench : ") + strlen(c->name));
    help_wrap(out, at, 2, c->summary);
    if (c->examples) {
        fputs("\nExamples:\n", out);
        indented(out, c->examples);
    }
    char usage[256];
    snprintf(usage, sizeof usage, "posbench %s%s %s", c->name,
             c->flags ? " [OPTION]..." : "", c->arguments ? c->arguments : "");
    fputs("\nUsage: ", out);
    help_wrap(out, 7, 9, usage);
    if (c->flags)
        flag_entries(out, "Options", c->flags);
    flag_entries(out, "Options of every command", cli_globals);
}

void help_short(FILE *out)
{
    fprintf(out,
            "posbench: %s\n"
            "\n"
            "  posbench run --profile quick   train, evaluate and store the whole matrix\n"
            "  posbench table --published     the results beside the paper's\n"
            "\n"
            "\"posbench --help\" lists all commands.\n",
            help_summary);
}

void help_print(FILE *out, const struct command *c)
{
    if (c)
        print_command(out, c);
    else
        print_program(out);
}

void help_version(FILE *out)
{
    fprintf(out, "posbench %s\n", POSBENCH_VERSION);
    fprintf(out, "commit    %s%s\n", POSBENCH_COMMIT,
            POSBENCH_DIRTY ? " with uncommitted changes" : "");
    fprintf(out, "compiler  %s, %s\n", POSBENCH_COMPILER, POSBENCH_FLAGS);
    fprintf(out, "BLAS      %s, core %s\n", gemm_library(), gemm_core());
    fprintf(out, "SQLite    %s\n", sqlite3_libversion());
    fprintf(out, "kernels   %s\n", kernels_get()->isa);
}
