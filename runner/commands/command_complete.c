/* command_complete.c -- lists what may stand at the cursor, for the shells of completions/.
 *
 * The input is the words of a command line up to the cursor; the output is the candidates for the
 * last one, a line each (metavariables.h). bash splits words at '=' and replaces only the part
 * after it, so the words are joined again first, and each candidate omits the letters before the
 * last piece. Then the words are read as cli.c reads them, except that no word is an error: a
 * line that is being typed is incomplete. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "config.h"
#include "metavariables.h"
#include "targets.h"
#include "store.h"

/* ---- names in the user's files ---- */

static bool has_flag(const struct command *c, const char *name)
{
    for (const struct flag *f = c ? c->flags : NULL; f && f->name; f++)
        if (strcmp(f->name, name) == 0)
            return true;
    return false;
}

/* The experiment file that the line names with --file or as an argument. */
static const char *experiment_file(const struct invocation *v)
{
    const struct command *c = cli_command(v);
    struct position p[POSITIONS_MAX];
    const int n = c ? command_positions(c, p) : 0;
    if (has_flag(c, "file") && flag_given(v, "file"))
        return flag_text(v, "file", NULL);
    for (int i = 0; i < n; i++)
        if (strcmp(p[i].kind, "FILE") == 0)
            return target_experiments(v, i);
    return "experiments.yaml";
}

static void list_file(struct offers *o, enum listed what)
{
    struct config *c = NULL;
    struct err ignored;
    const char *profile = has_flag(cli_command(o->invocation), "profile")
                              ? flag_text(o->invocation, "profile", NULL)
                              : NULL;
    if (config_read(experiment_file(o->invocation), profile, NULL, 0, &c, &ignored))
        return;
    for (int i = 0; what == LISTED_CLAIMS && i < c->claims; i++)
        offers_add(o, c->claim[i].id, c->claim[i].text);
    for (int i = 0; what == LISTED_EXPERIMENTS && i < c->runs; i++)
        if (i == 0 || strcmp(c->run[i].experiment, c->run[i - 1].experiment) != 0)
            offers_add(o, c->run[i].experiment, c->run[i].task->summary);
    config_free(c);
}

static enum status add_run(void *context, int columns, const char *const *names,
                           const char *const *cells, struct err *e)
{
    (void)columns;
    (void)names;
    (void)e;
    offers_add(context, cells[0], "");
    return ST_OK;
}

static void list_runs(struct offers *o)
{
    char path[PATH_MAX];
    struct store *db = NULL;
    struct err ignored;
    if (!has_flag(cli_command(o->invocation), "db"))
        return;
    target_database(o->invocation, experiment_file(o->invocation), path);
    if (!store_open(path, STORE_READ, &db, &ignored))
        (void)store_query(db, "SELECT id FROM run WHERE removed IS NULL ORDER BY id", NULL,
                          0, add_run, o, &ignored);
    store_close(db);
}

/* Lists nothing when the line cannot be understood or there is no such file. */
static void list_names(struct offers *o, enum listed what)
{
    const char *directory =
        o->invocation ? flag_text(o->invocation, "directory", NULL) : NULL;
    if (!o->invocation || (directory && chdir(directory) != 0))
        return;
    if (what == LISTED_RUNS)
        list_runs(o);
    else
        list_file(o, what);
}

/* ---- the line ---- */

/* The position of the cursor. */
struct cursor {
    const struct command *command;
    bool help, plain;  /* after "help"; after "--" */
    const char *value; /* kind of the value that the last option expects; NULL: none */
    int arguments;     /* arguments of the command before the cursor */
};

static const struct flag *find_flag(const struct command *c, const char *name,
                                    size_t length, char letter)
{
    const struct flag *const tables[] = {c ? c->flags : NULL, cli_globals};
    for (int i = 0; i < 2; i++)
        for (const struct flag *f = tables[i]; f && f->name; f++)
            if (letter ? f->letter == letter
                       : strlen(f->name) == length && strncmp(f->name, name, length) == 0)
                return f;
    return NULL;
}

/* Returns the kind of value that follows the option `word`; NULL: none does. */
static const char *wanted(const struct command *c, const char *word)
{
    if (word[1] == '-') {
        const struct flag *f = find_flag(c, word + 2, strlen(word + 2), 0);
        return f && f->value && f->value[0] != '=' ? f->value : NULL;
    }
    for (word++; *word; word++) {
        const struct flag *f = find_flag(c, NULL, 0, *word);
        if (!f || f->value)
            return f && !word[1] ? f->value : NULL;
    }
    return NULL;
}

static void walk(struct cursor *at, const char *word)
{
    if (at->value)
        at->value = NULL;
    else if (!at->plain && strcmp(word, "--") == 0)
        at->plain = true;
    else if (!at->plain && word[0] == '-' && word[1])
        at->value = wanted(at->command, word);
    else if (at->command)
        at->arguments++;
    else if (!at->help && strcmp(word, "help") == 0)
        at->help = true;
    else
        at->command = command_find(word);
}

static void offer_flags(struct offers *o, const struct flag *table)
{
    for (const struct flag *f = table; f && f->name; f++) {
        char word[80];
        snprintf(word, sizeof word, "--%s", f->name);
        offers_add(o, word, f->help);
        if (f->letter)
            offers_add(o, (const char[]){'-', f->letter, 0}, f->help);
    }
}

static void offer_commands(struct offers *o, bool help)
{
    for (int i = 0; i < command_count(); i++)
        if (command_at(i)->group != GROUP_INTERNAL)
            offers_add(o, command_at(i)->name, command_at(i)->summary);
    if (!help)
        offers_add(o, "help", "explain a command");
}

static void offer_argument(struct offers *o, const struct cursor *at)
{
    struct position p[POSITIONS_MAX];
    const int n = command_positions(at->command, p);
    if (at->arguments < n)
        metavariables_offer(o, p[at->arguments].kind);
    else if (n > 0 && p[n - 1].repeats)
        metavariables_offer(o, p[n - 1].kind);
}

static void offer(struct offers *o, const struct cursor *at)
{
    const char *equals = strchr(o->typed, '=');
    const struct flag *f = NULL;
    if (at->value) {
        metavariables_offer(o, at->value);
    } else if (!at->plain && strncmp(o->typed, "--", 2) == 0 && equals) {
        f = find_flag(at->command, o->typed + 2, (size_t)(equals - o->typed) - 2, 0);
        o->before = (size_t)(equals + 1 - o->typed);
        if (f && f->value)
            metavariables_offer(o, f->value);
    } else if (!at->plain && o->typed[0] == '-') {
        offer_flags(o, at->command ? at->command->flags : NULL);
        offer_flags(o, cli_globals);
    } else if (!at->command || at->help) {
        offer_commands(o, at->help);
    } else {
        offer_argument(o, at);
    }
}

/* ---- words ---- */

struct line {
    int n;
    char **word; /* [n + 1] into `text`; ends with NULL */
    char *text;
    size_t kept; /* letters of the last word before its last piece */
};

/* Joins the pieces of words: a piece that begins with '=' or follows a lone '=' continues a
 * word. */
static enum status join(const struct invocation *v, struct line *l, struct err *e)
{
    const int n = argument_count(v);
    size_t room = 1;
    for (int i = 0; i < n; i++)
        room += strlen(argument_at(v, i)) + 1;
    l->text = calloc(room, 1);
    l->word = calloc((size_t)n + 2, sizeof *l->word);
    if (!l->text || !l->word)
        return err_set(e, ST_NOMEM, "no memory for the words of a command line");
    char *end = l->text;
    for (int i = 0; i < n; i++) {
        const char *piece = argument_at(v, i);
        const bool goes_on =
            i > 0 && (*piece == '=' || strcmp(argument_at(v, i - 1), "=") == 0);
        if (!goes_on)
            l->word[l->n++] = end += i > 0;
        l->kept = (size_t)(end - l->word[l->n - 1]) + (goes_on && *piece == '=');
        end = stpcpy(end, piece);
    }
    if (n == 0)
        l->word[l->n++] = end;
    return ST_OK;
}

/* Parses the words before the last one; NULL when they make no sense. */
static struct invocation *read_words(const struct line *l, bool value)
{
    struct invocation *v = NULL;
    struct err ignored;
    const int n = l->n - 1 - value; /* the option whose value is being typed has none yet */
    char program[] = "posbench";
    char **words = calloc((size_t)l->n + 2, sizeof *words);
    if (!words)
        return NULL;
    words[0] = program;
    for (int i = 0; i < n; i++)
        words[i + 1] = l->word[i];
    (void)cli_parse(n + 1, words, &v, &ignored);
    free(words);
    return v;
}

static enum status run(const struct invocation *v, struct err *e)
{
    struct line l = {0};
    struct cursor at = {0};
    enum status st = join(v, &l, e);
    if (!st) {
        for (int i = 0; i < l.n - 1; i++)
            walk(&at, l.word[i]);
        assert(l.word[l.n - 1]);
        struct invocation *before = read_words(&l, at.value != NULL);
        struct offers o = {.out = stdout,
                           .typed = l.word[l.n - 1],
                           .kept = l.kept,
                           .list = list_names,
                           .invocation = before};
        if (!at.command || at.command->group != GROUP_INTERNAL)
            offer(&o, &at);
        cli_free(before);
    }
    free(l.text);
    free(l.word);
    return st;
}

const struct command command_complete = {
    .name = "complete",
    .group = GROUP_INTERNAL,
    .summary = "offer what may stand at the cursor of a shell",
    .arguments = "WORD...",
    .max_args = -1,
    .examples = "posbench complete -- table flip",
    .run = run,
};
