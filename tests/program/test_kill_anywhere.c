/* A matrix whose scheduler and workers are killed at random moments ends with the same rows as
 * one that was left alone.
 *
 * The moments are drawn from a seed that is printed; POSBENCH_KILL_SEED sets another one.
 * SIGKILL and SIGTERM alternate. The process to be hit is stopped first and examined, so that
 * the test knows what it was doing. Half of the moments are blind; for the others the test
 * waits until something that was not yet hit is under way, such as a checkpoint or the storing
 * of a run, since some of these take less than a thousandth of the time. */
#include <dirent.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "program.h"
#include "small_matrix.h"

enum { KILLS = 50, KILLS_MAX = 400, WORKERS_MAX = 8, LINE = 1024, POLL_US = 250 };

/* Dropout, a finite training set, points of a curve, several splits, a caveat, a claim:
 * everything that leaves rows. */
static const char yaml[] =
    "version: 1\n"
    "defaults:\n"
    "  seeds: [1, 2]\n"
    "  model: {layers: 1, heads: 2, dim: 16, dropout: 0.1}\n"
    "  train: {steps: 60, warmup: 2, batch: 4, shards: 2, eval_every: 25, eval_count: 10}\n"
    "experiments:\n"
    "  flip:\n"
    "    task: {name: flip_flop, length: 16}\n"
    "    splits: {valid: {count: 20}, id: {count: 600}, ood_sparse: {count: 300, length: 24}}\n"
    "    encoders: [rope, absolute, {name: cope, p_max: 5}]\n"
    "  count:\n"
    "    task: {name: counting, variables: 2, max_operations: 12, window: 40}\n"
    "    splits: {valid: {count: 20}, id: {count: 600}}\n"
    "    encoders: [relative]\n"
    "    train: {samples: 10}\n"
    "  read:\n"
    "    task: {name: text, vocabulary: 300, context: 16}\n"
    "    splits: {valid: {count: 20}, id: {count: 200}, ood_twice: {count: 100}}\n"
    "    encoders: [rope]\n"
    "claims:\n"
    "  - {id: C1, text: \"cope errs less\", experiment: flip, split: id,\n"
    "     metric: token_error, less: cope, than: rope}\n";

/* A part of the training loss's line after the last step, which precedes the evaluation of all
 * splits. */
static const char last_step[] = "\"step\":60,";

static char folder[SCRATCH_TEXT];

static int setup(void **state)
{
    char path[PATH_MAX];
    (void)state;
    scratch_make(folder);
    snprintf(path, sizeof path, "%s/experiments.yaml", folder);
    write_text(path, yaml);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    scratch_remove(folder);
    return 0;
}

/* --- chance and time --- */

static uint64_t dice;

static unsigned draw(unsigned below)
{
    dice = dice * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(dice >> 33) % below;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void pause_us(unsigned us)
{
    const struct timespec t = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000L};
    nanosleep(&t, NULL);
}

/* --- one call of `posbench run` --- */

struct life {
    const char *db;  /* path in the folder */
    pid_t scheduler; /* 0: has ended */
    int status;      /* as waitpid returns it */
    bool stale;      /* the call before left the spool of a run that had ended */
};

/* True when the spool holds `what`, such as the end of a run. A missing file holds nothing. */
static bool spool_says(const char *path, const char *what)
{
    char line[LINE];
    bool found = false;
    FILE *f = fopen(path, "r");
    while (f && !found && fgets(line, sizeof line, f))
        found = strstr(line, what) != NULL;
    if (f)
        fclose(f);
    return found;
}

static bool some_run_has_ended(const char *db)
{
    char path[PATH_MAX];
    bool found = false;
    const struct dirent *one;
    snprintf(path, sizeof path, "%s/%s.spool", folder, db);
    DIR *spools = opendir(path);
    while (spools && !found && (one = readdir(spools)) != NULL) {
        char spool[2 * PATH_MAX];
        snprintf(spool, sizeof spool, "%s/%s", path, one->d_name);
        found = spool_says(spool, "{\"type\":\"end\"");
    }
    if (spools)
        closedir(spools);
    return found;
}

/* Starts a call that is killed when this program ends in any way. */
static void start(struct life *l, const char *const option[])
{
    char log[PATH_MAX];
    snprintf(log, sizeof log, "%s/%s.log", folder, l->db);
    l->stale = some_run_has_ended(l->db);
    l->scheduler = fork();
    assert_true(l->scheduler >= 0);
    if (l->scheduler > 0)
        return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (freopen(log, "a", stderr))
        execl(POSBENCH, POSBENCH, "-C", folder, "run", "--db", l->db, option[0], option[1],
              option[2], option[3], option[4], option[5], (char *)NULL);
    _exit(99);
}

static bool has_ended(struct life *l)
{
    if (l->scheduler > 0 && waitpid(l->scheduler, &l->status, WNOHANG) == l->scheduler)
        l->scheduler = 0;
    return l->scheduler == 0;
}

static void await_end(struct life *l)
{
    while (!has_ended(l))
        pause_us(POLL_US);
}

static int workers(const struct life *l, pid_t worker[WORKERS_MAX])
{
    return program_children(l->scheduler, worker, WORKERS_MAX);
}

/* --- what a process is doing --- */

/* Scheduler: before the first worker; while one starts; while one that ended is stored; else.
 * Worker: before its first line; in training; writing a checkpoint; evaluating after the last
 * step; writing the weights. */
enum phase {
    PREPARING,
    STARTING,
    STORING,
    WAITING,
    LOADING,
    TRAINING,
    CHECKPOINTING,
    EVALUATING,
    ENDING,
    PHASES
};
static const char *const phase_name[PHASES] = {"preparing",     "starting",   "storing",
                                               "waiting",       "loading",    "training",
                                               "checkpointing", "evaluating", "ending"};

/* Reads the value of the worker's argument `option`; false: the worker is gone. */
static bool worker_option(pid_t worker, const char *option, char value[PATH_MAX])
{
    char path[64], text[4 * PATH_MAX];
    snprintf(path, sizeof path, "/proc/%ld/cmdline", (long)worker);
    FILE *f = fopen(path, "r");
    const size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;
    if (f)
        fclose(f);
    text[n] = '\0';
    for (size_t at = 0; at < n; at += strlen(text + at) + 1)
        if (strcmp(text + at, option) == 0) {
            snprintf(value, PATH_MAX, "%s/%s", folder, text + at + strlen(option) + 1);
            return true;
        }
    return false;
}

static bool writes(pid_t worker, const char *option)
{
    char file[PATH_MAX], half[PATH_MAX + 32];
    if (!worker_option(worker, option, file))
        return false;
    snprintf(half, sizeof half, "%s.%ld.tmp", file, (long)worker);
    return access(half, F_OK) == 0;
}

/* Returns the worker's phase; PHASES: it is gone. */
static enum phase worker_phase(pid_t worker)
{
    char spool[PATH_MAX];
    if (!worker_option(worker, "--spool", spool))
        return PHASES;
    if (access(spool, F_OK) != 0)
        return LOADING;
    if (writes(worker, "--checkpoint"))
        return CHECKPOINTING;
    if (writes(worker, "--weights") || spool_says(spool, "{\"type\":\"cost\""))
        return ENDING;
    return spool_says(spool, last_step) ? EVALUATING : TRAINING;
}

static enum phase scheduler_phase(const struct life *l)
{
    pid_t worker[WORKERS_MAX];
    const int n = workers(l, worker);
    if (!l->stale && some_run_has_ended(l->db))
        return STORING;
    for (int i = 0; i < n; i++)
        if (worker_phase(worker[i]) == LOADING)
            return STARTING;
    return n ? WAITING : PREPARING;
}

static enum phase phase_of(const struct life *l, pid_t victim)
{
    return victim == l->scheduler ? scheduler_phase(l) : worker_phase(victim);
}

/* --- killing --- */

struct storm {
    unsigned longest_us; /* of blind waits */
    int kills, matrices;
    int hit[PHASES][2]; /* by SIGKILL, by SIGTERM */
};

static bool is_enough(const struct storm *s)
{
    for (int i = 0; i < PHASES; i++)
        if (s->hit[i][0] == 0 || s->hit[i][1] == 0)
            return false;
    return s->kills >= KILLS;
}

static pid_t random_victim(const struct life *l)
{
    pid_t worker[WORKERS_MAX];
    const int n = workers(l, worker);
    return n > 0 && draw(3) == 0 ? worker[draw((unsigned)n)] : l->scheduler;
}

/* Returns a process in phase `wanted`; 0: there is none. */
static pid_t who_is(const struct life *l, enum phase wanted)
{
    pid_t worker[WORKERS_MAX];
    const int n = workers(l, worker);
    if (wanted < LOADING)
        return scheduler_phase(l) == wanted ? l->scheduler : 0;
    for (int i = 0; i < n; i++)
        if (worker_phase(worker[i]) == wanted)
            return worker[i];
    return 0;
}

static enum phase choose_phase(const struct storm *s, int sig)
{
    const unsigned first = draw(PHASES);
    for (unsigned i = 0; i < PHASES; i++)
        if (s->hit[(first + i) % PHASES][sig] == 0)
            return (enum phase)((first + i) % PHASES);
    return (enum phase)first;
}

/* Waits for the next moment; 0: the scheduler ended before. */
static pid_t await_moment(const struct storm *s, struct life *l, int sig)
{
    const enum phase wanted = draw(2) ? choose_phase(s, sig) : PHASES;
    const double until =
        now() + 1e-6 * (wanted == PHASES ? draw(s->longest_us) : 8 * s->longest_us);
    pid_t victim = 0;
    while (victim == 0 && now() < until && !has_ended(l)) {
        pause_us(POLL_US);
        if (wanted != PHASES)
            victim = who_is(l, wanted);
    }
    if (victim && draw(2))
        pause_us(draw(1000)); /* so that not only the beginning of a phase is hit */
    if (has_ended(l))
        return 0;
    return victim ? victim : random_victim(l);
}

/* Returns the letter of the process's state in /proc/PID/stat, after the name in parentheses;
 * '?': it is gone. */
static char activity(pid_t pid)
{
    char path[64], text[LINE];
    snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
    FILE *f = fopen(path, "r");
    const char *name_end = f && fgets(text, sizeof text, f) ? strrchr(text, ')') : NULL;
    if (f)
        fclose(f);
    return name_end ? name_end[2] : '?';
}

/* Stops the process; false: it has ended. */
static bool hold(pid_t pid)
{
    char letter;
    if (kill(pid, SIGSTOP) != 0)
        return false;
    while ((letter = activity(pid)) != 'T' && letter != 'Z' && letter != '?')
        pause_us(20);
    return letter == 'T';
}

static void strike(struct storm *s, const struct life *l, pid_t victim, int sig)
{
    if (!hold(victim))
        return;
    const enum phase phase = phase_of(l, victim);
    kill(victim, sig ? SIGTERM : SIGKILL);
    kill(victim, SIGCONT);
    s->kills++;
    if (phase < PHASES)
        s->hit[phase][sig]++;
}

/* Makes one call of run and hits it. After a SIGTERM the call usually runs to its end, but
 * sometimes the next hit follows at once. */
static void live(struct storm *s, struct life *l)
{
    static const char *const jobs[] = {"2", "2", "3"}, *const threads[] = {"1", "2"};
    static const char *const every[] = {"0", "0", "60"};
    const char *const option[] = {"--jobs",         jobs[draw(3)],        "--threads",
                                  threads[draw(2)], "--checkpoint-every", every[draw(3)]};
    start(l, option);
    while (!is_enough(s) && !has_ended(l)) {
        const int sig = s->kills % 2;
        const pid_t victim = await_moment(s, l, sig);
        if (victim)
            strike(s, l, victim, sig);
        if (victim && victim == l->scheduler && (sig == 0 || draw(4)))
            await_end(l);
    }
    await_end(l);
    const int code =
        WIFEXITED(l->status) ? WEXITSTATUS(l->status) : 128 + WTERMSIG(l->status);
    /* Done; done except for workers that were hit; hit itself. */
    if (code != 0 && code != 1 && code != 128 + SIGTERM && code != 128 + SIGKILL)
        fail_msg("%s.log: exit code %d", l->db, code);
}

/* --- comparing --- */

struct text {
    char *at;
    size_t bytes;
    FILE *stream;
};

static int add_row(void *context, int columns, char **cells, char **names)
{
    struct text *t = context;
    (void)columns;
    (void)names;
    fprintf(t->stream, "%s\n", cells[0] ? cells[0] : "");
    return 0;
}

/* Returns the first column of the answer; the caller frees it. */
static char *ask(sqlite3 *db, const char *sql)
{
    struct text t = {0};
    char *why = NULL;
    t.stream = open_memstream(&t.at, &t.bytes);
    assert_non_null(t.stream);
    if (sqlite3_exec(db, sql, add_row, &t, &why) != SQLITE_OK)
        fail_msg("%s: %s", sql, why);
    fclose(t.stream);
    return t.at;
}

/* Columns that may differ, for each table. Every other column has to be equal, also one that
 * is added later. */
static const struct {
    const char *table, *but, *where;
} compared[] = {
    /* Costs are measured, so they differ between undisturbed runs. started and ended are clock
     * times. attempts counts the kills of this test. */
    {"run",
     "'wall_s', 'cpu_s', 'tokens_per_s', 'peak_memory_mib', 'started', 'ended', 'attempts'",
     "true"},
    /* The id follows the order in which workers end, even without a kill; run, split, name and
     * step of each row are compared. */
    {"metric", "'id'", "true"},
    {"answer", "'id'", "true"},
    {"provenance", "''", "true"},
    {"claim", "''", "true"},
    /* Events tell of kills and have clock times; a caveat belongs to the result. */
    {"event", "'id', 'time'", "level = 'caveat'"},
};

/* Returns all rows as text, in order; quote() shows the type and every bit of a number. */
static char *table_text(sqlite3 *db, size_t i)
{
    char sql[LINE];
    snprintf(sql, sizeof sql,
             "SELECT group_concat('quote(' || name || ')', ' || '','' || ') "
             "FROM pragma_table_info('%s') WHERE name NOT IN (%s)",
             compared[i].table, compared[i].but);
    char *columns = ask(db, sql);
    columns[strcspn(columns, "\n")] = '\0';
    const int n = snprintf(sql, sizeof sql, "SELECT %s FROM %s WHERE %s ORDER BY 1",
                           columns, compared[i].table, compared[i].where);
    assert_in_range(n, 1, sizeof sql - 1);
    free(columns);
    return ask(db, sql);
}

static sqlite3 *open_database(const char *name)
{
    char path[PATH_MAX];
    sqlite3 *db;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    return db;
}

static void expect_same_rows(const char *calm, const char *disturbed)
{
    sqlite3 *a = open_database(calm), *b = open_database(disturbed);
    char *health = ask(b, "PRAGMA integrity_check");
    assert_string_equal(health, "ok\n");
    free(health);
    for (size_t i = 0; i < sizeof compared / sizeof *compared; i++) {
        char *want = table_text(a, i), *got = table_text(b, i);
        size_t at = 0;
        while (want[at] && want[at] == got[at])
            at++;
        while (at > 0 && want[at - 1] != '\n')
            at--;
        assert_true(want[0] != '\0');
        if (strcmp(want, got) != 0)
            fail_msg("%s: \"%.*s\" instead of \"%.*s\"", compared[i].table,
                     (int)strcspn(got + at, "\n"), got + at, (int)strcspn(want + at, "\n"),
                     want + at);
        free(want);
        free(got);
    }
    sqlite3_close(a);
    sqlite3_close(b);
}

/* Both have the same weights, byte by byte, and no other files: no checkpoints, parts or
 * spools. */
static void expect_same_files(const char *calm, const char *disturbed)
{
    struct program p;
    char line[PATH_MAX];
    snprintf(
        line, sizeof line,
        "-c 'cd %s && diff -rq %s.models %s.models && test ! -e %s.spool && ls %s.models "
        "| grep -c safetensors'",
        folder, calm, disturbed, disturbed, disturbed);
    program_run(&p, "/bin/sh", NULL, line);
    if (strcmp(p.out, "10\n") != 0)
        fail_msg("beside %s: %s%s", disturbed, p.out, p.err);
    program_free(&p);
}

static void tell(const struct storm *s, const char *seed)
{
    char text[LINE] = "";
    for (int i = 0; i < PHASES; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), ", %s %d + %d",
                 phase_name[i], s->hit[i][0], s->hit[i][1]);
    print_message("seed %s: %d kills of %d matrices (SIGKILL + SIGTERM)%s\n", seed,
                  s->kills, s->matrices, text);
}

/* Runs the matrix without kills; returns the seconds it takes. */
static double run_undisturbed(const char *db)
{
    static const char *const option[] = {
        "--jobs", "2", "--threads", "1", "--checkpoint-every", "60"};
    struct life l = {.db = db};
    const double begun = now();
    start(&l, option);
    await_end(&l);
    if (!WIFEXITED(l.status) || WEXITSTATUS(l.status) != 0) {
        char log[PATH_MAX];
        snprintf(log, sizeof log, "%s/%s.log", folder, db);
        fail_msg("%s", file_text(log, NULL));
    }
    return now() - begun;
}

/* When a matrix is done before there were enough kills, another follows. */
static void kills_at_any_moment_change_no_row(void **state)
{
    const char *const set = getenv("POSBENCH_KILL_SEED"), *const seed = set ? set : "1";
    struct storm s = {0};
    (void)state;
    dice = strtoull(seed, NULL, 10);
    s.longest_us = (unsigned)(1e6 * run_undisturbed("calm.db") / 5.0) + 1;
    while (!is_enough(&s)) {
        char db[32];
        struct life l = {.db = db, .status = -1};
        snprintf(db, sizeof db, "storm-%d.db", ++s.matrices);
        do {
            live(&s, &l);
            if (s.kills > KILLS_MAX) {
                tell(&s, seed);
                fail_msg("something is never hit");
            }
        } while (!is_enough(&s) && l.status != 0);
        run_undisturbed(db);
        expect_same_rows("calm.db", db);
        expect_same_files("calm.db", db);
    }
    tell(&s, seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(kills_at_any_moment_change_no_row, setup, teardown),
    };
    return cmocka_run_group_tests_name("kill_anywhere", tests, NULL, NULL);
}
