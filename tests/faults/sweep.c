#include "sweep.h"

#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "program.h"
#include "store_differ.h"
#include "tree.h"

/* NULL when built without a sanitizer. */
/* NOLINTNEXTLINE(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp,readability-identifier-naming) */
extern void __sanitizer_set_report_path(const char *path) __attribute__((weak));

enum { PATH_TEXT = 256, ARGUMENTS = 32, SEEN_MAX = 1 << 16, PATIENCE_S = 120 };
enum { COMPLAINTS_MAX = 20 };

/* --- one command --- */

/* Splits `text` in place; the first word becomes argv[1]. */
static int split(char *text, char *argv[ARGUMENTS])
{
    static char program[] = "posbench";
    char *rest = NULL;
    int n = 0;
    argv[n++] = program;
    for (char *word = strtok_r(text, " ", &rest); word && n < ARGUMENTS - 1;
         word = strtok_r(NULL, " ", &rest))
        argv[n++] = word;
    argv[n] = NULL;
    return n;
}

static void redirect(int to, const char *path, int flags)
{
    const int file = open(path, flags, 0666);
    if (file < 0 || dup2(file, to) < 0)
        _exit(99);
    close(file);
}

/* Sends the reports of a sanitizer of this process, and of those that it starts, to `path`. */
static void report_to(const char *path)
{
    const char *usual = getenv("ASAN_OPTIONS");
    char options[PATH_MAX];
    if (!__sanitizer_set_report_path)
        return;
    __sanitizer_set_report_path(path);
    snprintf(options, sizeof options, "%s:log_path=%s", usual ? usual : "", path);
    setenv("ASAN_OPTIONS", options, 1);
}

/* Runs the command in a child, which is a copy of this process, so that nothing is loaded
 * again. */
static void become(const char *folder, const char *command, const char *fault, bool no_log)
{
    static const int usual[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGSYS, SIGABRT};
    char text[PATH_MAX], log[PATH_TEXT], *argv[ARGUMENTS];
    snprintf(text, sizeof text, "%s", command);
    const int argc = split(text, argv);
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        signal(usual[i], SIG_DFL); /* replaces cmocka's */
    snprintf(log, sizeof log, "%s.report", folder);
    report_to(log);
    snprintf(log, sizeof log, "%s.fired", folder);
    setenv("POSBENCH_FAULT_LOG", log, 1);
    if (fault)
        setenv("POSBENCH_FAULT", fault, 1);
    if (no_log)
        setenv("POSBENCH_FAULT_NFS", "1", 1);
    redirect(0, "/dev/null", O_RDONLY);
    snprintf(log, sizeof log, "%s.out", folder);
    redirect(1, log, O_WRONLY | O_CREAT | O_TRUNC);
    snprintf(log, sizeof log, "%s.err", folder);
    redirect(2, log, O_WRONLY | O_CREAT | O_TRUNC);
    if (chdir(folder) != 0)
        _exit(99);
    alarm(PATIENCE_S);
    fault_arm(argv[1]);
    exit(posbench_main(argc, argv));
}

int command_in(const char *folder, const char *command, const char *fault, bool no_log)
{
    int status;
    fflush(NULL);
    const pid_t pid = fork();
    if (pid == 0)
        become(folder, command, fault, no_log);
    assert_true(pid > 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* --- what is in a database --- */

static const char *const questions[] = {
    "SELECT identity, experiment, profile, cell, task, task_version, encoder, variant, "
    "seed, config, state, quote(error), steps, parameters, flops FROM run ORDER BY id",
    "SELECT identity, split, step, m.name, quote(value), count, total FROM metric AS m "
    "JOIN run ON run.id = run_id ORDER BY identity, split, step, m.name",
    "SELECT identity, split, step, " STORE_CURVE_VALUES " FROM curve "
    "JOIN run ON run.id = run_id ORDER BY identity, split, step",
    "SELECT identity, split, a.count, hex(bits) FROM answer AS a "
    "JOIN run ON run.id = run_id ORDER BY identity, split",
    "SELECT identity, split, p.count, hex(bits) FROM place AS p "
    "JOIN run ON run.id = run_id ORDER BY identity, split",
    "SELECT identity, split, name, value, wrong, places, quote(nats) FROM stratum "
    "JOIN run ON run.id = run_id ORDER BY identity, split, name, value",
    "SELECT identity, e.text FROM event AS e JOIN run ON run.id = run_id "
    "WHERE level = 'caveat' ORDER BY identity, e.text",
    "SELECT name FROM claim ORDER BY name",
    "SELECT paper, cell, encoder, value FROM published ORDER BY paper, cell, encoder",
    "PRAGMA integrity_check",
    "PRAGMA foreign_key_check",
};

static void answer(sqlite3 *db, const char *question, FILE *to)
{
    sqlite3_stmt *q = NULL;
    if (sqlite3_prepare_v2(db, question, -1, &q, NULL) != SQLITE_OK) {
        fprintf(to, "%s\n", sqlite3_errmsg(db));
        return;
    }
    int code;
    while ((code = sqlite3_step(q)) == SQLITE_ROW)
        for (int i = 0, n = sqlite3_column_count(q); i < n; i++)
            fprintf(to, "%s%c", (const char *)sqlite3_column_text(q, i),
                    i + 1 < n ? '|' : '\n');
    if (code != SQLITE_DONE)
        fprintf(to, "%s\n", sqlite3_errmsg(db));
    sqlite3_finalize(q);
}

/* Returns the answers to questions `from` .. `to` - 1 as text; the caller frees it. */
static char *ask(const char *folder, const char *name, size_t from, size_t to)
{
    char path[PATH_TEXT], *text = NULL;
    size_t bytes;
    sqlite3 *db = NULL;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = open_memstream(&text, &bytes);
    assert_non_null(f);
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK)
        for (size_t i = from; i < to; i++)
            answer(db, questions[i], f);
    sqlite3_close(db);
    assert_int_equal(fclose(f), 0);
    return text;
}

enum { QUESTIONS = sizeof questions / sizeof *questions, SOUNDNESS = QUESTIONS - 2 };

/* --- the sweep --- */

struct course {
    const struct scenario *s;
    enum fault fault;
    long n;
    char folder[PATH_TEXT], before[PATH_TEXT], now[PATH_TEXT];
    char after[PATH_TEXT], *tables, *names; /* of an undisturbed command */
    uint64_t *seen; /* digests of folders from which `next` succeeded */
    int n_seen, complaints;
    struct tally tally;
};

static void complain(struct course *c, const char *what, const char *more)
{
    if (c->complaints++ < COMPLAINTS_MAX)
        fprintf(stderr,
                "%s:\n    cp -r %s /tmp/again; cd /tmp/again; %sPOSBENCH_FAULT=%s:%s:%ld "
                "POSBENCH_FAULT_LOG=../again.log test_faults %s\n%s\n",
                what, c->before, c->s->no_log ? "POSBENCH_FAULT_NFS=1 " : "", c->s->process,
                fault_word(c->fault), c->n, c->s->command, more);
}

static char *text_beside(const struct course *c, const char *suffix)
{
    char path[PATH_TEXT + 16];
    snprintf(path, sizeof path, "%s%s", c->now, suffix);
    return file_text(path, NULL);
}

/* True when the message says something, and nothing that is plainly beside the point. */
static bool is_clear(const char *message)
{
    static const char *const vague[] = {"not an error",
                                        "(null)",
                                        "Success",
                                        "unknown",
                                        "row available",
                                        "bad parameter",
                                        "experiment file is wrong",
                                        "not a line that"};
    for (size_t i = 0; i < sizeof vague / sizeof *vague; i++)
        if (strstr(message, vague[i]))
            return false;
    return strlen(message) > 20 && strstr(message, "posbench: ");
}

static bool ends_with(const char *text, const char *end)
{
    const size_t n = strlen(text), m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

static bool same_bytes(const char *a_path, const char *b_path)
{
    size_t n[2];
    char *a = file_text(a_path, &n[0]), *b = file_text(b_path, &n[1]);
    const bool same = n[0] == n[1] && memcmp(a, b, n[0]) == 0;
    free(a);
    free(b);
    return same;
}

/* Removes from a name the mark of weights that wait for their run to be stored. */
static void take_mark_away(char *name)
{
    static const char *const marks[] = {".trained", ".merged"};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        char *mark = strstr(name, marks[i]);
        if (mark)
            memmove(mark, mark + strlen(marks[i]), strlen(mark + strlen(marks[i])) + 1);
    }
}

/* Weights are complete or absent, also those that wait for their run to be stored. */
static void check_weights(struct course *c)
{
    char *names = tree_names(c->now), *rest = NULL, now[PATH_MAX], after[PATH_MAX];
    for (char *name = strtok_r(names, "\n", &rest); name;
         name = strtok_r(NULL, "\n", &rest)) {
        if (!ends_with(name, ".safetensors") || strstr(name, ".checkpoint."))
            continue;
        snprintf(now, sizeof now, "%s/%s", c->now, name);
        take_mark_away(name);
        snprintf(after, sizeof after, "%s/%s", c->after, name);
        if (!same_bytes(now, after))
            complain(c, "weights that are not those of an undisturbed command", name);
    }
    free(names);
}

/* True when the run of "DB.models/IDENTITY.checkpoint.safetensors" is done. The checkpoint is
 * then of no use, even if the run's weights could not be kept. */
static bool is_done(const struct course *c, const char *checkpoint)
{
    const char *folder = strstr(checkpoint, ".models/");
    char path[PATH_MAX];
    sqlite3 *db = NULL;
    sqlite3_stmt *q = NULL;
    bool done = false;
    if (!folder)
        return false;
    snprintf(path, sizeof path, "%s/%.*s", c->now, (int)(folder - checkpoint), checkpoint);
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
        sqlite3_prepare_v2(db, "SELECT state = 'done' FROM run WHERE identity = ?1", -1, &q,
                           NULL) == SQLITE_OK) {
        sqlite3_bind_text(q, 1, folder + strlen(".models/"), 32, SQLITE_STATIC);
        done = sqlite3_step(q) == SQLITE_ROW && sqlite3_column_int(q, 0);
    }
    sqlite3_finalize(q);
    sqlite3_close(db);
    return done;
}

/* A fault of a worker loses no checkpoint that was there before. */
static void check_checkpoint(struct course *c, int code)
{
    char *before = tree_names(c->before), *now = tree_names(c->now), *rest = NULL;
    for (char *name = strtok_r(before, "\n", &rest); name && code == 1;
         name = strtok_r(NULL, "\n", &rest))
        if (strstr(name, ".checkpoint.safetensors") && !strstr(now, name) &&
            !is_done(c, name))
            complain(c, "the checkpoint is gone", now);
    free(before);
    free(now);
}

static void pass_on_report(struct course *c, const char *name)
{
    char path[2 * PATH_TEXT];
    snprintf(path, sizeof path, "%s/%.200s", c->folder, name);
    char *report = file_text(path, NULL);
    complain(c, "a sanitizer has something to say", report);
    free(report);
    unlink(path);
}

static void check_end(struct course *c, int code)
{
    char *message = text_beside(c, ".said");
    char *names = tree_names(c->folder), *rest = NULL;
    if (code != 0 && code != 1 && code != 3)
        complain(c, "an exit code that is not to be", message);
    else if (code != 0 && !is_clear(message))
        complain(c, "no clear message", message);
    free(message);
    for (char *name = strtok_r(names, "\n", &rest); name;
         name = strtok_r(NULL, "\n", &rest))
        if (strstr(name, ".report."))
            pass_on_report(c, name);
    free(names);
    check_weights(c);
    check_checkpoint(c, code);
}

static void check_tables(struct course *c, const char *when)
{
    char *tables = ask(c->now, c->s->db, 0, QUESTIONS);
    if (strcmp(tables, c->tables) != 0)
        complain(c, when, tables);
    free(tables);
}

/* Checks a copy, since reading may repair the database. */
static void check_soundness(struct course *c)
{
    char copy[PATH_TEXT + 16];
    snprintf(copy, sizeof copy, "%s.copy", c->now);
    tree_copy(c->now, copy);
    char *sound = ask(copy, c->s->db, SOUNDNESS, QUESTIONS);
    if (sound[0] && strcmp(sound, "ok\n") != 0)
        complain(c, "the database is damaged", sound);
    free(sound);
    tree_remove(copy);
}

/* True when the name of the call that failed contains `word`. */
static bool call_was(const struct course *c, const char *word)
{
    char *call = text_beside(c, ".fired");
    const bool was = strstr(call, word) != NULL;
    free(call);
    return was;
}

/* Removes the logs of databases other than the scenario's: a database that the next command
 * only reads keeps a log that could not be folded in. */
static void leave_out_logs(const struct course *c, char *names)
{
    const size_t own = strlen(c->s->db);
    char *to = names;
    for (const char *line = names; *line;) {
        const size_t length = strcspn(line, "\n") + 1;
        const bool log = length > 5 && (strncmp(line + length - 5, "-wal", 4) == 0 ||
                                        strncmp(line + length - 5, "-shm", 4) == 0);
        if (!log || (strncmp(line, c->s->db, own) == 0 && line[own] == '-')) {
            memmove(to, line, length);
            to += length;
        }
        line += length;
    }
    *to = '\0';
}

/* Files that could not be removed may stay. Weights that could not be written may be missing
 * when a message says so, as numbers matter more. A migration that could not be committed
 * leaves the copy that was made before. */
static void check_names(struct course *c)
{
    char *names = tree_names(c->now), *message = text_beside(c, ".said");
    leave_out_logs(c, names);
    const bool removal = call_was(c, "unlink") || call_was(c, "rmdir");
    const bool told = strstr(message, "weights were not kept") ||
                      strstr(message, ": opening for writing: ");
    if (strcmp(names, c->names) != 0 && !removal && !told)
        complain(c, "after the next command there are other files", names);
    free(names);
    free(message);
}

static void check_next(struct course *c)
{
    const int code = command_in(c->now, c->s->next, NULL, c->s->no_log);
    char *message = text_beside(c, ".err");
    if (code != 0)
        complain(c, "the next command does not end well", message);
    else if (strstr(message, "begins anew"))
        complain(c, "the checkpoint is damaged", message);
    free(message);
    if (code != 0)
        return;
    check_tables(c, "after the next command the tables are others");
    check_weights(c);
    check_names(c);
}

/* Only the folder that is left decides what follows, so equal folders are checked once. */
static void check_rest(struct course *c)
{
    const uint64_t digest = tree_digest(c->now);
    const int before = c->complaints;
    for (int i = 0; i < c->n_seen; i++)
        if (c->seen[i] == digest)
            return;
    c->tally.looked_at++;
    check_soundness(c);
    check_next(c);
    if (c->complaints == before && c->n_seen < SEEN_MAX)
        c->seen[c->n_seen++] = digest;
}

static void forget_case(struct course *c)
{
    static const char *const suffix[] = {".fired", ".err", ".said", ".out"};
    char path[PATH_TEXT + 16];
    tree_remove(c->now);
    for (size_t i = 0; i < sizeof suffix / sizeof *suffix; i++) {
        snprintf(path, sizeof path, "%s%s", c->now, suffix[i]);
        unlink(path);
    }
}

/* Saves the message, as the next command writes its own. */
static void keep_message(const struct course *c)
{
    char err[PATH_TEXT + 16], said[PATH_TEXT + 16];
    snprintf(err, sizeof err, "%s.err", c->now);
    snprintf(said, sizeof said, "%s.said", c->now);
    rename(err, said);
}

/* Tries one fault; false: the command makes fewer such calls. */
static bool one_case(struct course *c)
{
    char fault[64], fired[PATH_TEXT + 16];
    snprintf(fault, sizeof fault, "%s:%s:%ld", c->s->process, fault_word(c->fault), c->n);
    snprintf(fired, sizeof fired, "%s.fired", c->now);
    tree_copy(c->before, c->now);
    const int code = command_in(c->now, c->s->command, fault, c->s->no_log);
    const bool has_fired = access(fired, F_OK) == 0;
    keep_message(c);
    if (has_fired) {
        c->tally.cases++;
        c->tally.harmless += code == 0;
        check_end(c, code);
        if (code == 0)
            check_tables(c, "exit code 0, and the tables are others");
        check_rest(c);
    }
    forget_case(c);
    return has_fired;
}

/* Records what an undisturbed command leaves. */
static void learn(struct course *c)
{
    tree_copy(c->before, c->now);
    if (command_in(c->now, c->s->command, NULL, c->s->no_log) != 0) {
        char *message = text_beside(c, ".err");
        fail_msg("%s: %s", c->s->command, message);
    }
    c->tables = ask(c->now, c->s->db, 0, QUESTIONS);
    c->names = tree_names(c->now);
    assert_int_equal(rename(c->now, c->after), 0);
    forget_case(c);
}

/* Makes the folder in memory where possible: there are many thousands of cases. */
static void make_folder(char path[PATH_TEXT])
{
    static const char shared[] = "/dev/shm";
    snprintf(path, PATH_TEXT, "%s/posbench-faults-XXXXXX",
             access(shared, W_OK) == 0 ? shared : "/tmp");
    assert_non_null(mkdtemp(path));
}

struct tally sweep(const struct scenario *s, enum fault f, long stride)
{
    struct course c = {.s = s, .fault = f, .seen = calloc(SEEN_MAX, sizeof *c.seen)};
    const char *wish = getenv("POSBENCH_FAULT_STRIDE");
    /* Cases take five times as long with a sanitizer; calls that start processes are few. */
    const long usual =
        __sanitizer_set_report_path && f != FAULT_PROCESS ? 5 * stride : stride;
    const long step = wish ? strtol(wish, NULL, 10) : usual;
    assert_non_null(c.seen);
    make_folder(c.folder);
    snprintf(c.before, sizeof c.before, "%.200s/before", c.folder);
    snprintf(c.now, sizeof c.now, "%.200s/now", c.folder);
    snprintf(c.after, sizeof c.after, "%.200s/after", c.folder);
    assert_int_equal(mkdir(c.before, 0777), 0);
    s->prepare(c.before);
    learn(&c);
    for (c.n = 1; one_case(&c); c.n += step)
        ;
    free(c.seen);
    free(c.tables);
    free(c.names);
    if (c.complaints)
        fail_msg("%d complaints in %ld cases", c.complaints, c.tally.cases);
    tree_remove(c.folder);
    return c.tally;
}
