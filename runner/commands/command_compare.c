/* command_compare.c -- compares two encoders, or two databases, on the same test sequences. */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "compare.h"
#include "file_runs.h"
#include "listing.h"

static bool is_database_name(const char *text)
{
    const size_t n = strlen(text);
    return strchr(text, '/') || (n > 3 && strcmp(text + n - 3, ".db") == 0);
}

enum { NAMES_TEXT = 512 };

static enum status take_names(void *context, int columns, const char *const *names,
                              const char *const *cells, struct err *e)
{
    (void)columns;
    (void)names;
    (void)e;
    snprintf(context, NAMES_TEXT, "%s", cells[0] ? cells[0] : "none");
    return ST_OK;
}

static enum status one_twice(const struct compare_request *q, struct err *e)
{
    char others[NAMES_TEXT] = "";
    const enum status st =
        store_query(q->a,
                    "SELECT group_concat(encoder, ', ') FROM (SELECT DISTINCT encoder FROM "
                    "v_run WHERE encoder <> ?1)",
                    &q->name_a, 1, take_names, others, e);
    return st ? st
              : err_set(e, ST_USAGE,
                        "\"%s\" stands on both sides; the others of this database: %s",
                        q->name_a, others);
}

static enum status open_both(const struct invocation *v, struct compare_request *q,
                             struct err *e)
{
    if (is_database_name(q->name_a) != is_database_name(q->name_b))
        return err_set(
            e, ST_USAGE,
            "\"%s\" and \"%s\": name two encoders, or two databases (a name that "
            "ends in .db or has a /)",
            q->name_a, q->name_b);
    q->databases = is_database_name(q->name_a);
    if (!q->databases) {
        bool chosen;
        const enum status st = file_runs_open(v, &q->a, &chosen, e);
        q->b = q->a;
        return !st && strcmp(q->name_a, q->name_b) == 0 ? one_twice(q, e) : st;
    }
    if (strcmp(q->name_a, q->name_b) == 0)
        return err_set(e, ST_USAGE, "\"%s\" stands on both sides; name two databases",
                       q->name_a);
    if (flag_given(v, "db") || flag_given(v, "file"))
        return err_set(e, ST_USAGE, "--%s has no effect on two databases",
                       flag_given(v, "db") ? "db" : "file");
    const enum status st = store_open(q->name_a, STORE_READ, &q->a, e);
    return st ? st : store_open(q->name_b, STORE_READ, &q->b, e);
}

static enum status run(const struct invocation *v, struct err *e)
{
    struct compare_request q = {.name_a = argument_at(v, 0),
                                .name_b = argument_at(v, 1),
                                .profile = flag_text(v, "profile", NULL)};
    q.n_filters = flag_list(v, "only", &q.filters);
    enum status st = listing_format(v, &q.format, e);
    if (!st)
        st = open_both(v, &q, e);
    if (!st)
        st = compare_print(&q, stdout, e);
    if (q.b != q.a)
        store_close(q.b);
    store_close(q.a);
    return st;
}

static const struct flag flags[] = {
    {"profile", 0, "PROFILE", false, "only runs of this profile (default: every)"},
    {"only", 0, "KEY=GLOB|split=GLOB", true,
     "only runs that match, e.g. profile=quick (repeatable: all must match)"},
    FLAG_FILE,
    LISTING_FLAGS,
    FLAG_DB,
    {0},
};

const struct command command_compare = {
    .name = "compare",
    .group = GROUP_LOOK,
    .summary = "two encoders, or two databases, on the same test sequences",
    .arguments = "ENCODER|DB ENCODER|DB",
    .min_args = 2,
    .max_args = 2,
    .examples =
        "posbench compare cope rope\n"
        "posbench compare cope rope --only experiment=flip_flop --only profile=quick\n"
        "posbench compare before.db after.db",
    .flags = flags,
    .run = run,
};
