/* doctor_database.c -- checks the database, what a killed scheduler left beside it, and the
 * clocks.
 *
 * The checks of the database cover opening, schema, integrity_check, references and
 * permissions. A killed scheduler may leave a lock, spools, and runs that did not end. Each
 * check adds one finding or more through doctor_say, with a remedy.
 * Pitfall: the database is opened for reading only; nothing is repaired here. */
#include "doctor.h"

#include <errno.h>
#include <dirent.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lock.h"
#include "store_sums.h"

static const double clock_watch_s = 0.05; /* how long the two clocks are compared */
static const double clock_slack_s = 0.05; /* most difference; both are chosen */

/* The end of the year 9999, in seconds since 1970. */
static const double last_second = 253402300799.0;

static const char restore[] =
    "restore a copy (FILE.backup-v... are older ones), or save what can be read with "
    "`sqlite3 FILE .recover`";

/* Copies the first cell of the first row. */
static enum status first_cell(void *context, int columns, const char *const *names,
                              const char *const *cells, struct err *e)
{
    char *out = context;
    (void)columns;
    (void)names;
    (void)e;
    if (!out[0])
        snprintf(out, FINDING_TEXT, "%.200s", store_cell(cells[0]));
    return ST_OK;
}

/* Copies the first cell of the answer to `out`; "" when there are no rows. */
static enum status ask(struct store *db, const char *sql, char out[FINDING_TEXT],
                       struct err *e)
{
    out[0] = '\0';
    return store_query(db, sql, NULL, 0, first_cell, out, e);
}

static const char changed[] =
    "another program changed it: restore a copy; `posbench verify "
    "RUN` trains the run again and says what differs";

/* Finds attempts of a deleted run whose number another run has now. */
static const char stray_attempt[] =
    "SELECT 'run ' || r.id || ' was begun ' || r.attempts || ' times and has an attempt ' || n"
    " FROM attempt JOIN run AS r ON r.id = run_id WHERE n > r.attempts LIMIT 1";

/* Checks that shares agree with their counts; adds findings and returns true when they do. */
static bool check_shares(struct doctor *d, struct store *db)
{
    char text[SUMS_TEXT];
    struct err e = {.msg = ""};
    int64_t n;
    if (store_wrong_shares(db, text, &n, &e) != ST_OK)
        doctor_say(d, DOCTOR_FAULT, "numbers", restore, "%.300s", e.msg);
    else if (n == 1)
        doctor_say(d, DOCTOR_FAULT, "numbers", changed, "%s", text);
    else if (n > 1)
        doctor_say(d, DOCTOR_FAULT, "numbers", changed, "%s; and %lld more like it", text,
                   (long long)n - 1);
    return text[0] == '\0' && e.msg[0] == '\0';
}

static void check_whole(struct doctor *d, struct store *db)
{
    char text[FINDING_TEXT], sums[SUMS_TEXT];
    struct err e = {.msg = ""};
    if (ask(db, "PRAGMA integrity_check", text, &e) != ST_OK)
        doctor_say(d, DOCTOR_FAULT, "integrity", restore, "%.300s", e.msg);
    else if (strcmp(text, "ok") != 0)
        doctor_say(d, DOCTOR_FAULT, "integrity", restore, "the database is damaged: %s",
                   text);
    else if (ask(db, "PRAGMA foreign_key_check", text, &e) != ST_OK || text[0])
        doctor_say(d, DOCTOR_FAULT, "references", restore,
                   "rows of table %s refer to runs or places that are not there", text);
    else if (ask(db, stray_attempt, text, &e) != ST_OK || text[0])
        doctor_say(
            d, DOCTOR_FAULT, "attempts",
            "another program deleted rows: restore a copy, or name another file with --db",
            "%.300s", text[0] ? text : e.msg);
    else if (store_wrong_sums(db, sums, &e) != ST_OK)
        doctor_say(d, DOCTOR_FAULT, "sums", restore, "%.300s", e.msg);
    else if (sums[0])
        doctor_say(d, DOCTOR_FAULT, "sums", changed, "%s", sums);
    else if (check_shares(d, db))
        doctor_say(d, DOCTOR_FINE, "integrity", NULL, "the database is whole");
}

static void check_version(struct doctor *d, const struct store *db)
{
    int found, known;
    store_schema(db, &found, &known);
    doctor_say(d, DOCTOR_FINE, "schema", NULL,
               found < known
                   ? "schema %d; the next run, merge or rm makes it schema %d and "
                     "keeps a copy"
                   : "schema %d, as this posbench writes it",
               found, known);
}

/* Reports an error of opening: the message is "PATH: what; the remedy". */
static void tell_refusal(struct doctor *d, const char *db_path, const char *message)
{
    const size_t path = strlen(db_path);
    const bool named = strncmp(message, db_path, path) == 0;
    const char *end = strstr(named ? message + path : message, "; ");
    doctor_say(d, DOCTOR_FAULT, "database", end ? end + 2 : "see the message", "%.*s",
               end ? (int)(end - message) : 400, message);
}

/* Checks the permissions to write, which reading alone does not show. */
static void check_writable(struct doctor *d, const char *db_path)
{
    char models[PATH_MAX];
    const int n = snprintf(models, sizeof models, "%s.models", db_path);
    if (access(db_path, F_OK) == 0 && access(db_path, W_OK) != 0)
        doctor_say(d, DOCTOR_FAULT, "database",
                   "check the permissions of the file, or name another one with --db",
                   "%s: cannot be written: %s", db_path, strerror(errno));
    if (n > 0 && n < PATH_MAX && access(models, F_OK) == 0 &&
        access(models, W_OK | X_OK) != 0)
        doctor_say(d, DOCTOR_ADVICE, "models",
                   "check the permissions of the folder; without, runs keep no weights and "
                   "cannot go on where they stopped",
                   "%s: cannot be written: %s", models, strerror(errno));
}

void doctor_database(struct doctor *d, const char *db_path)
{
    struct store *db = NULL;
    struct err e = {.msg = ""};
    const enum status st = store_open(db_path, STORE_READ, &db, &e);
    if (st == ST_NOTFOUND)
        doctor_say(d, DOCTOR_FINE, "database", NULL, "%s: not there yet; run makes it",
                   db_path);
    else if (st)
        tell_refusal(d, db_path, e.msg);
    if (st == ST_OK) {
        check_version(d, db);
        check_whole(d, db);
    }
    if (st == ST_OK || st == ST_NOTFOUND)
        check_writable(d, db_path);
    store_close(db);
}

/* --- what a killed scheduler left --- */

static int spools_in(const char *folder)
{
    int n = 0;
    DIR *dir = opendir(folder);
    for (const struct dirent *f = dir ? readdir(dir) : NULL; f; f = readdir(dir))
        n += strstr(f->d_name, ".jsonl") != NULL;
    if (dir)
        closedir(dir);
    return n;
}

static int running_in(const char *db_path)
{
    struct store *db = NULL;
    char text[FINDING_TEXT] = "0";
    struct err e;
    if (store_open(db_path, STORE_READ, &db, &e) != ST_OK)
        return 0;
    if (ask(db,
            "SELECT count(*) FROM run WHERE state = 'running' OR " STORE_BEGUN_AGAIN
            " IS NOT NULL",
            text, &e) != ST_OK)
        text[0] = '\0';
    store_close(db);
    return (int)strtol(text, NULL, 10);
}

void doctor_leftovers(struct doctor *d, const char *db_path)
{
    char folder[PATH_MAX];
    const int n = snprintf(folder, sizeof folder, "%s.spool", db_path);
    if (n < 0 || n >= PATH_MAX)
        return;
    const long holder = lock_holder(db_path);
    const int spools = spools_in(folder), running = running_in(db_path);
    if (holder)
        doctor_say(d, DOCTOR_FINE, "work", NULL,
                   "process %ld is at work on it, %d runs have begun", holder, running);
    else if (spools || running)
        doctor_say(d, DOCTOR_ADVICE, "work",
                   "the same `posbench run` goes on where it stopped, and tidies up",
                   "a scheduler was killed or had to stop: %d runs did not end, "
                   "%d spools are in %s",
                   running, spools, folder);
    else
        doctor_say(d, DOCTOR_FINE, "work", NULL, "no run is at work, and none was cut off");
}

/* --- the clock --- */

/* Returns the newest time in the database, in seconds since 1970; -1: there is none. */
static double newest_stored(const char *db_path)
{
    struct store *db = NULL;
    char text[FINDING_TEXT] = "";
    struct err e;
    if (store_open(db_path, STORE_READ, &db, &e) != ST_OK)
        return -1.0;
    if (ask(db,
            "SELECT (max(julianday(max(coalesce(started, ''), coalesce(ended, '')))) "
            "- 2440587.5) * 86400.0 FROM run",
            text, &e) != ST_OK)
        text[0] = '\0';
    store_close(db);
    return text[0] ? strtod(text, NULL) : -1.0;
}

void doctor_clocks(struct doctor *d, const struct doctor_clock *clock, const char *db_path)
{
    const double wall = clock->wall(), steady = clock->steady();
    double passed;
    while ((passed = clock->steady() - steady) < clock_watch_s && passed >= 0.0)
        ;
    const double apart = clock->wall() - wall - passed;
    const double newest = newest_stored(db_path);
    if (wall > last_second)
        doctor_say(d, DOCTOR_FAULT, "clock", "set the clock",
                   "the clock is beyond the year 9999, and SQLite writes no such times");
    else if (fabs(apart) > clock_slack_s || passed < 0.0)
        doctor_say(d, DOCTOR_ADVICE, "clock",
                   "let the time service settle; times of runs may be wrong, their numbers "
                   "and durations are not",
                   "the time of day jumped by %.2f s while the machine counted %.2f s",
                   apart, passed);
    else if (newest > wall + 1.0)
        doctor_say(d, DOCTOR_ADVICE, "clock",
                   "set the clock; until then the order of runs by time is wrong",
                   "the clock is %.0f s behind the newest run in the database",
                   newest - wall);
    else
        doctor_say(d, DOCTOR_FINE, "clock", NULL,
                   "goes evenly, and is later than all runs");
}
