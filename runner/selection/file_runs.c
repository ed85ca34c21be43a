#include "file_runs.h"

#include <stdlib.h>
#include <string.h>

#include "choice.h"
#include "config.h"
#include "store_matrix.h"
#include "targets.h"

/* Recognises an experiment file: `run` and `plan` take it as their argument, other commands do
 * not. */
static bool is_file_name(const char *text)
{
    const char *end = strrchr(text, '.');
    return end && (strcmp(end, ".yaml") == 0 || strcmp(end, ".yml") == 0);
}

/* Limits the views to the config's runs; of tuned settings, to those with the chosen values. */
static enum status speak_of(struct store *s, const struct config *c, struct err *e)
{
    struct choices choices = {0};
    struct member_row *row = calloc((size_t)c->runs + 1, sizeof *row);
    int n = 0;
    if (!row)
        return err_set(e, ST_NOMEM, "no memory for %d runs", c->runs);
    enum status st = choices_read(c, s, &choices, e);
    for (int i = 0; i < c->runs && st == ST_OK; i++)
        if (choices_counts(&choices, c, i))
            row[n++] = (struct member_row){.identity = c->run[i].identity,
                                           .experiment = c->run[i].experiment,
                                           .profile = c->run[i].profile,
                                           .cell = c->run[i].cell};
    if (st == ST_OK)
        st = store_speak_of(s, row, n, e);
    choices_free(&choices);
    free(row);
    return st;
}

enum status file_runs_open(const struct invocation *v, struct store **out, bool *chosen,
                           struct err *e)
{
    const char *file = flag_text(v, "file", NULL);
    char path[PATH_MAX];
    struct config *c = NULL;
    enum status st = ST_OK;
    *chosen = file != NULL;
    if (argument_count(v) && is_file_name(argument_at(v, 0)))
        return err_set(e, ST_USAGE, "%s looks like an experiment file; say --file %s",
                       argument_at(v, 0), argument_at(v, 0));
    if (file)
        st = config_read(file, flag_text(v, "profile", "quick"), NULL, 0, &c, e);
    if (!st)
        st = store_open(target_database(v, file ? file : "", path), STORE_READ, out, e);
    if (!st && file)
        st = speak_of(*out, c, e);
    else if (!st && !flag_text(v, "profile", NULL))
        st = store_without_trials(*out, e);
    config_free(c);
    return st;
}
