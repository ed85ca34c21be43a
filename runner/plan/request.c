#include "request.h"

#include <stdlib.h>
#include <string.h>

#include "cores.h"
#include "option.h"
#include "run_filter.h"
#include "targets.h"
#include "lock.h"

/* Limits of --jobs, --threads and --shard, above any machine or cluster used here; chosen. */
enum { JOBS_MAX = 1024, THREADS_MAX = 256, SHARDS_MAX = 10000 };

const double request_probe_s = 20.0; /* chosen */

static enum status read_rerun(const struct invocation *v, enum plan_rerun *out,
                              struct err *e)
{
    static const char *const names[] = {"none", "failed", "all"};
    const char *text = flag_text(v, "rerun", "none");
    for (int i = 0; i < 3; i++)
        if (strcmp(text, names[i]) == 0) {
            *out = (enum plan_rerun)i;
            return ST_OK;
        }
    return err_set(e, ST_USAGE, "--rerun: \"%s\" is neither failed nor all%s", text,
                   suggest_text(text, names + 1, 2));
}

static enum status read_numbers(const struct invocation *v, struct request *out,
                                struct err *e)
{
    const long cores = cores_usable();
    long threads, jobs;
    enum status st = flag_integer(v, "threads", 1, THREADS_MAX, 1, &threads, e);
    if (st)
        return st;
    const long spare = cores > threads ? cores / threads : 1;
    st =
        flag_integer(v, "jobs", 1, JOBS_MAX, spare < JOBS_MAX ? spare : JOBS_MAX, &jobs, e);
    out->threads = (int)threads;
    out->jobs = (int)jobs;
    return st;
}

/* Reads "2/8". */
static enum status read_shard(const struct invocation *v, struct plan_request *p,
                              struct err *e)
{
    const char *text = flag_text(v, "shard", NULL);
    char *slash = NULL, *end = NULL;
    if (!text)
        return ST_OK;
    /* Only digits and slashes, few enough for a long: strtol would accept blanks and signs. */
    const bool plain = strspn(text, "0123456789/") == strlen(text) && strlen(text) <= 12;
    const long shard = strtol(text, &slash, 10);
    const long shards = *slash == '/' ? strtol(slash + 1, &end, 10) : 0;
    if (!plain || !end || *end || shard < 1 || shards < shard || shards > SHARDS_MAX)
        return err_set(e, ST_USAGE,
                       "--shard: \"%.32s\" is not I/N with 1 <= I <= N <= %d, such as 2/8",
                       text, SHARDS_MAX);
    p->shard = (int)shard;
    p->shards = (int)shards;
    return ST_OK;
}

/* Gives each shard a database of its own unless --db names one. Shards with a common database
 * would wait for each other's lock, and fare worse on a network file system. */
static void place_results(const struct invocation *v, const char *file, struct request *out)
{
    static const char ending[] = ".db";
    target_database(v, file, out->db);
    const size_t n = strlen(out->db);
    if (out->plan.shards && !flag_given(v, "db") && n > strlen(ending))
        snprintf(out->db + n - strlen(ending), sizeof out->db - n, "-%d-of-%d%s",
                 out->plan.shard, out->plan.shards, ending);
}

static enum status read_filters(const struct invocation *v, struct plan_request *p,
                                struct err *e)
{
    enum status st = ST_OK;
    p->n_only = flag_list(v, "only", &p->only);
    for (int i = 0; i < p->n_only && st == ST_OK; i++)
        st = run_filter_check(p->only[i], e);
    return st;
}

enum status request_read(const struct invocation *v, struct request *out, struct err *e)
{
    const char *file = target_experiments(v, 0);
    const char *const *set;
    const int n_set = flag_list(v, "set", &set);
    *out = (struct request){0};
    enum status st = read_numbers(v, out, e);
    if (st == ST_OK)
        st = read_rerun(v, &out->plan.rerun, e);
    if (st == ST_OK)
        st = read_filters(v, &out->plan, e);
    if (st == ST_OK)
        st = read_shard(v, &out->plan, e);
    if (st == ST_OK)
        st = config_read(file, flag_text(v, "profile", NULL), set, n_set, &out->config, e);
    if (st == ST_OK) {
        place_results(v, file, out);
        out->plan.config = out->config;
        out->plan.db = out->db;
    }
    return st;
}

void request_free(struct request *q)
{
    config_free(q->config);
    q->config = NULL;
}

enum status request_show_plan(const struct request *q, bool json, struct err *e)
{
    struct store *db = NULL;
    struct plan *plan = NULL;
    struct plan_request now = q->plan;
    struct err why;
    now.at_work = lock_holder(q->db);
    enum status st = store_open(q->db, STORE_READ, &db, &why);
    st = st == ST_OK || st == ST_NOTFOUND ? ST_OK : err_set(e, st, "%s", why.msg);
    if (st == ST_OK)
        st = plan_open(&now, db, &plan, e);
    if (st == ST_OK)
        st = plan_time(plan, db, q->threads, request_probe_s, e);
    if (st == ST_OK)
        st = plan_memory(plan, q->jobs, q->threads, e);
    if (st == ST_OK)
        st = json ? plan_print_json(plan, q->jobs, stdout, e)
                  : plan_print(plan, now.config, q->jobs, q->db, stdout, e);
    plan_close(plan);
    store_close(db);
    return st;
}
