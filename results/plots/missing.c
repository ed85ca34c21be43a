/* missing.c -- explains why a picture has nothing to draw.
 *
 * Either none of the requested runs is done, or one filter of the request matches nothing. The
 * filters are tried in order: the values that exist among the runs matching the filters before it
 * are read, and when none of them matches, the message names them. */
#include "missing.h"

#include <string.h>

#include "option.h"

enum { NAMES_MOST = 64, NAME_TEXT = 128 };

struct names {
    const char *asked;
    bool exact; /* `asked` is a name, else a glob */
    bool fits;
    char text[NAMES_MOST][NAME_TEXT];
    int n;
};

static enum status take(void *context, sqlite3_stmt *row, struct err *e)
{
    struct names *all = context;
    const char *name = (const char *)sqlite3_column_text(row, 0);
    (void)e;
    if (!name)
        return ST_OK;
    all->fits = all->fits || (all->exact ? strcmp(all->asked, name)
                                         : sqlite3_strglob(all->asked, name)) == 0;
    if (all->n < NAMES_MOST && *name)
        snprintf(all->text[all->n++], NAME_TEXT, "%s", name);
    return ST_OK;
}

#define DONE          "FROM v_run AS r WHERE r.state = 'done'"
#define SCORED        "FROM v_run AS r JOIN v_score AS s USING (run_id) WHERE r.state = 'done'"
#define IN_EXPERIMENT " AND r.experiment GLOB ?2"
#define IN_PROFILE    IN_EXPERIMENT " AND r.profile GLOB ?1"
#define IN_CELL       IN_PROFILE " AND r.cell GLOB ?4"
#define OF_ENCODER    IN_CELL " AND r.variant GLOB ?5"

struct count {
    bool runs, done;
};

static enum status take_count(void *context, sqlite3_stmt *row, struct err *e)
{
    struct count *n = context;
    (void)e;
    n->runs = sqlite3_column_int64(row, 0) > 0;
    n->done = sqlite3_column_int64(row, 1) > 0;
    return ST_OK;
}

/* Returns ST_NOTFOUND when no requested run is done; ST_OK when one is, or when the request matches
 * no run at all. */
static enum status none_done(struct store *s, const struct plot_request *q, struct err *e)
{
    struct count n = {.runs = false};
    const enum status st = plot_ask(
        s, "SELECT count(*), sum(r.state = 'done') FROM v_run AS r WHERE 1" OF_ENCODER, q,
        NULL, take_count, &n, e);
    const bool narrowed = q->experiment || q->profile || q->cell || q->encoder;
    if (st || n.done || (!n.runs && narrowed))
        return st;
    return err_set(
        e, ST_NOTFOUND,
        n.runs ? "none of the runs asked for is done yet: \"posbench plan\" shows "
                 "how far they are, \"posbench run\" trains them"
               : "there are no runs yet: \"posbench plan\" shows what an experiment "
                 "file asks for, \"posbench run\" trains it");
}

enum status plot_missing(struct store *s, const struct plot_request *q, const char *metric,
                         struct err *e)
{
    const struct {
        const char *what, *name, *sql;
    } asked[] = {
        {"experiment", q->experiment, "SELECT DISTINCT r.experiment " DONE " ORDER BY 1"},
        {"profile", q->profile,
         "SELECT DISTINCT r.profile " DONE IN_EXPERIMENT " ORDER BY 1"},
        {"cell", q->cell, "SELECT DISTINCT r.cell " DONE IN_PROFILE " ORDER BY 1"},
        {"encoder", q->encoder, "SELECT DISTINCT r.variant " DONE IN_CELL " ORDER BY 1"},
        {"split", q->split, "SELECT DISTINCT s.split " SCORED OF_ENCODER " ORDER BY 1"},
        {"metric", metric,
         "SELECT DISTINCT s.metric " SCORED OF_ENCODER " AND s.split GLOB ?3 ORDER BY 1"},
    };
    bool narrowed = false;
    const enum status unfinished = none_done(s, q, e);
    if (unfinished)
        return unfinished;
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        struct names all = {.asked = asked[i].name, .exact = asked[i].name == metric};
        const char *list[NAMES_MOST];
        if (!asked[i].name)
            continue;
        const enum status st = plot_ask(s, asked[i].sql, q, metric, take, &all, e);
        if (st)
            return st;
        for (int k = 0; k < all.n; k++)
            list[k] = all.text[k];
        if (!all.fits)
            return err_set(e, ST_NOTFOUND, "no done run%s has %s \"%s\"%s",
                           narrowed ? " of those asked for" : "", asked[i].what,
                           asked[i].name, suggest_among(asked[i].name, list, all.n));
        narrowed = true;
    }
    return ST_OK;
}

enum status plot_nothing(struct store *s, const struct plot_request *q, const char *metric,
                         struct err *e)
{
    const enum status st = plot_missing(s, q, metric, e);
    return st ? st
              : err_set(
                    e, ST_NOTFOUND,
                    "no done run that was asked for has numbers for this picture%s%s; "
                    "\"posbench list plots\" says what each is drawn from, \"posbench list "
                    "runs\" which runs there are",
                    q->split ? " on split " : "", q->split ? q->split : "");
}
