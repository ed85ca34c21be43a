/* posbench gen: the same bytes for any number of threads, whole files or none, and layouts
 * that other programs can read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "output.h"
#include "program.h"
#include "task.h"

enum { SOME = 3, MANY = 200 }; /* MANY is several blocks and no multiple of a block */

static void assert_gen(struct program *p, const char *arguments)
{
    RUN(p, "gen %s", arguments);
    if (p->code != 0)
        fail_msg("gen %s: code %d, %s", arguments, p->code, p->err);
    assert_string_equal(p->err, "");
}

static int count_lines(const char *text)
{
    int n = 0;
    for (; *text; text++)
        n += *text == '\n';
    return n;
}

static void bytes_do_not_depend_on_threads(void **state)
{
    (void)state;
    for (int i = 0; i < task_count(); i++) {
        struct program one, three;
        char line[128];
        snprintf(line, sizeof line, "%s -n %d", task_at(i)->name, MANY);
        assert_gen(&one, line);
        snprintf(line, sizeof line, "%s -n %d --threads 3", task_at(i)->name, MANY);
        assert_gen(&three, line);
        assert_int_equal(count_lines(one.out), MANY);
        assert_int_equal(one.out_bytes, three.out_bytes);
        assert_memory_equal(one.out, three.out, one.out_bytes);
        program_free(&one);
        program_free(&three);
    }
}

static void a_longer_file_begins_with_the_shorter_one(void **state)
{
    (void)state;
    struct program few, many;
    assert_gen(&few, "flip_flop -n 5");
    assert_gen(&many, "flip_flop -n 70");
    assert_true(few.out_bytes < many.out_bytes);
    assert_memory_equal(few.out, many.out, few.out_bytes);
    program_free(&few);
    program_free(&many);
}

/* Each of these calls gives other samples than the plain call. */
static void split_seed_and_options_change_the_samples(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "flip_flop -n 4",
        "flip_flop -n 4 --split valid",
        "flip_flop -n 4 --split train",
        "flip_flop -n 4 --split train --seed 2",
        "flip_flop -n 4 --seed 1",
        "flip_flop -n 4 --split ood_sparse",
        "flip_flop -n 4 --split ood_sparse --set p_ignore=0.5",
        "flip_flop -n 4 --set length=64",
    };
    enum { LINES = sizeof lines / sizeof *lines };
    struct program p[LINES];
    for (int i = 0; i < LINES; i++) {
        assert_gen(&p[i], lines[i]);
        for (int k = 0; k < i; k++)
            if (strcmp(p[i].out, p[k].out) == 0)
                fail_msg("\"%s\" and \"%s\" give the same", lines[i], lines[k]);
    }
    for (int i = 0; i < LINES; i++)
        program_free(&p[i]);
}

/* Compares one line of JSON with the sample that it was made from. */
static void check_json(const char *line, const struct sample *x, int index)
{
    json_error_t error;
    json_t *o = json_loadb(line, strcspn(line, "\n"), 0, &error);
    if (!o)
        fail_msg("%s", error.text);
    const json_t *tokens = json_object_get(o, "tokens");
    const json_t *targets = json_object_get(o, "targets");
    const json_t *scored = json_object_get(o, "scored");
    assert_int_equal(json_object_size(o), 4);
    assert_int_equal(json_integer_value(json_object_get(o, "index")), index);
    assert_int_equal(json_array_size(tokens), x->length);
    assert_int_equal(json_array_size(targets), x->length);
    size_t n = 0;
    for (int t = 0; t < x->length; t++) {
        assert_int_equal(json_integer_value(json_array_get(tokens, t)), x->token[t]);
        assert_int_equal(json_integer_value(json_array_get(targets, t)), x->target[t]);
        if (x->scored[t])
            assert_int_equal(json_integer_value(json_array_get(scored, n++)), t);
    }
    assert_int_equal(json_array_size(scored), n);
    json_decref(o);
}

static void json_lines_hold_the_samples(void **state)
{
    (void)state;
    enum { ROOM = 4096 };
    static int32_t token[ROOM], target[ROOM];
    static uint8_t scored[ROOM];
    for (int i = 0; i < task_count(); i++) {
        const struct task *task = task_at(i);
        struct sample x = {.token = token, .target = target, .scored = scored};
        struct option_values base, o;
        struct program p;
        char line[128];
        option_defaults(task->options, &base);
        task_split_options(task, task_split_find(task, "id"), &base, &o);
        assert_int_equal(task_open(task, &o, NULL), ST_OK);
        assert_in_range(task->max_length(&o), 1, ROOM);
        snprintf(line, sizeof line, "%s --seed 5 -n %d", task->name, SOME);
        assert_gen(&p, line);
        const char *at = p.out;
        for (int k = 0; k < SOME; k++, at += strcspn(at, "\n") + 1) {
            struct rng r = task_split_stream(task, "id", 5, (uint64_t)k);
            task->generate(&o, &r, &x);
            check_json(at, &x, k);
        }
        program_free(&p);
    }
}

/* Checks a line of the public layout: `length` characters, instructions at even places and
 * bits at odd ones, w first, r last, and the bit after each r equals the one after the latest
 * w. */
static void check_flip_flop(const char *line, int length)
{
    char memory = '?';
    assert_int_equal(strcspn(line, "\n"), length);
    assert_int_equal(line[0], 'w');
    assert_int_equal(line[length - 2], 'r');
    for (int t = 0; t < length; t += 2) {
        assert_non_null(strchr("wri", line[t]));
        assert_non_null(strchr("01", line[t + 1]));
        if (line[t] == 'w')
            memory = line[t + 1];
        if (line[t] == 'r')
            assert_int_equal(line[t + 1], memory);
    }
}

static void flipflop_is_the_public_layout(void **state)
{
    (void)state;
    struct program p;
    assert_gen(&p, "flip_flop --format flipflop -n 20");
    const char *at = p.out;
    for (int k = 0; k < 20; k++, at += 513)
        check_flip_flop(at, 512);
    assert_string_equal(at, "");
    program_free(&p);
    RUN(&p, "gen counting --format flipflop -n 1");
    assert_int_equal(p.code, 2);
    assert_non_null(strstr(p.err, "one character a token"));
    program_free(&p);
}

static void text_ends_with_the_answers(void **state)
{
    (void)state;
    struct program p;
    assert_gen(&p, "flip_flop --format text -n 1 --set length=8 --set p_ignore=0");
    /* Instructions w ? ? r and their bits; the bit after each r is an answer. */
    const char *tab = strchr(p.out, '\t');
    assert_non_null(tab);
    assert_int_equal(tab - p.out, 2 * 7 - 1);
    int reads = 0;
    for (const char *c = p.out; c < tab; c++)
        reads += *c == 'r';
    assert_int_equal(strlen(tab + 1), 2 * reads);
    program_free(&p);
}

static void a_file_is_not_overwritten_without_force(void **state)
{
    (void)state;
    char folder[SCRATCH_TEXT], path[SCRATCH_TEXT + 16];
    struct program p, q;
    size_t bytes;
    scratch_make(folder);
    snprintf(path, sizeof path, "%s/data.jsonl", folder);
    RUN(&p, "gen flip_flop -n 2 -o %s", path);
    assert_int_equal(p.code, 0);
    assert_string_equal(p.out, "");
    program_free(&p);
    char *first = file_text(path, &bytes);
    assert_int_equal(count_lines(first), 2);
    RUN(&p, "gen flip_flop -n 3 -o %s", path);
    assert_int_equal(p.code, 3);
    assert_non_null(strstr(p.err, "--force"));
    char *second = file_text(path, NULL);
    assert_string_equal(first, second);
    RUN(&q, "gen flip_flop -n 3 -o %s --force", path);
    assert_int_equal(q.code, 0);
    free(second);
    second = file_text(path, NULL);
    assert_int_equal(count_lines(second), 3);
    free(first);
    free(second);
    program_free(&p);
    program_free(&q);
    scratch_remove(folder);
}

/* Neither the file nor its temporary neighbour stays. */
static void a_failed_file_leaves_nothing(void **state)
{
    (void)state;
    char folder[SCRATCH_TEXT];
    struct program p;
    scratch_make(folder);
    RUN(&p, "gen flip_flop -n 9 -o %s/x --format flipflop --set length=7", folder);
    assert_int_equal(p.code, 2);
    program_free(&p);
    RUN(&p, "gen flip_flop -n 9 -o %s/no/x", folder);
    assert_int_equal(p.code, 3);
    assert_non_null(strstr(p.err, "/no/x: cannot be written"));
    assert_non_null(strstr(p.err, "make its folder"));
    program_free(&p);
    RUN(&p, "gen flip_flop -n 9 -o %s", folder);
    assert_int_equal(p.code, 3);
    assert_non_null(strstr(p.err, "is a folder"));
    program_free(&p);
    RUN(&p, "gen flip_flop -n 9 -o /dev/full");
    assert_int_equal(p.code, 3);
    assert_non_null(strstr(p.err, "/dev/full"));
    assert_non_null(strstr(p.err, "make room"));
    program_free(&p);
    /* The limit of a few KiB makes writing fail half-way. */
    char line[SCRATCH_TEXT + 64];
    snprintf(line, sizeof line, "gen flip_flop -n 900 -o %s/x", folder);
    program_run(&p, POSBENCH, "trap '' XFSZ; ulimit -f 8;", line);
    assert_int_equal(p.code, 3);
    assert_non_null(strstr(p.err, "/x: "));
    program_free(&p);
    assert_int_equal(rmdir(folder), 0); /* empty */
}

static void a_new_file_is_as_readable_as_any(void **state)
{
    (void)state;
    char folder[SCRATCH_TEXT], path[SCRATCH_TEXT + 16];
    struct program p;
    struct stat about;
    scratch_make(folder);
    snprintf(path, sizeof path, "%s/data.jsonl", folder);
    const mode_t mask = umask(022);
    RUN(&p, "gen flip_flop -n 2 -o %s", path);
    umask(mask);
    assert_int_equal(p.code, 0);
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0644);
    program_free(&p);
    scratch_remove(folder);
}

static void wrong_requests_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *arguments;
        int code;
        const char *message;
    } cases[] = {
        {"flipflop", 4, "did you mean \"flip_flop\"?"},
        {"zzz", 4, "posbench list tasks"},
        {"flip_flop --split ood_spars", 4, "did you mean \"ood_sparse\"?"},
        {"flip_flop --split zzz", 4, "it has train, valid"},
        {"flip_flop --format jsnl", 2, "did you mean \"jsonl\"?"},
        {"flip_flop --set lenght=8", 2, "did you mean \"length\"?"},
        {"flip_flop --set length", 2, "OPTION=VALUE"},
        {"flip_flop --set length=9", 2, "use 8 or 10"},
        {"flip_flop --set p_ignore=2", 2, "from 0 to 1"},
        {"flip_flop --split train", 2, "say how many with -n N"},
        {"flip_flop -n 0", 2, "from 1 to"},
        {"flip_flop --threads 0", 2, "from 1 to"},
        {"flip_flop --seed -1", 2, "from 0 to"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct program p;
        RUN(&p, "gen %s", cases[i].arguments);
        if (p.code != cases[i].code || !strstr(p.err, cases[i].message))
            fail_msg("gen %s: code %d, %s", cases[i].arguments, p.code, p.err);
        assert_string_equal(p.out, "");
        program_free(&p);
    }
}

static int files_in(const char *folder)
{
    int n = 0;
    DIR *d = opendir(folder);
    assert_non_null(d);
    for (const struct dirent *f; (f = readdir(d)) != NULL;)
        n += strcmp(f->d_name, ".") != 0 && strcmp(f->d_name, "..") != 0;
    closedir(d);
    return n;
}

static void pause_ms(long ms)
{
    const struct timespec t = {.tv_nsec = ms * 1000000L};
    nanosleep(&t, NULL);
}

/* Starts gen on far too many samples for FOLDER/g.jsonl; returns once the file exists. */
static pid_t endless_gen(const char *folder, int ignored)
{
    char path[SCRATCH_TEXT + 16];
    snprintf(path, sizeof path, "%s/g.jsonl", folder);
    const pid_t child = fork();
    if (child == 0) {
        if (ignored)
            signal(ignored, SIG_IGN);
        execl(POSBENCH, POSBENCH, "gen", "flip_flop", "--threads", "2", "-n", "1000000000",
              "-o", path, (char *)NULL);
        _exit(127);
    }
    for (int i = 0; i < 1000 && files_in(folder) == 0; i++)
        pause_ms(10);
    assert_int_equal(files_in(folder), 1);
    return child;
}

static void a_signal_leaves_nothing(void **state)
{
    (void)state;
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        char folder[SCRATCH_TEXT];
        int status;
        scratch_make(folder);
        const pid_t child = endless_gen(folder, 0);
        kill(child, signals[i]);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), signals[i]);
        assert_int_equal(files_in(folder), 0);
        scratch_remove(folder);
    }
}

/* nohup ignores signals in this way. */
static void an_ignored_signal_stays_ignored(void **state)
{
    (void)state;
    char folder[SCRATCH_TEXT];
    int status;
    scratch_make(folder);
    const pid_t child = endless_gen(folder, SIGHUP);
    kill(child, SIGHUP);
    pause_ms(200);
    assert_int_equal(waitpid(child, &status, WNOHANG), 0);
    assert_int_equal(files_in(folder), 1);
    kill(child, SIGTERM);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(WTERMSIG(status), SIGTERM);
    assert_int_equal(files_in(folder), 0);
    scratch_remove(folder);
}

static volatile sig_atomic_t heard;

static void hear(int sig)
{
    heard = sig;
}

/* output_close restores the handlers it found. */
static void a_handler_of_a_command_stays(void **state)
{
    (void)state;
    char folder[SCRATCH_TEXT], path[SCRATCH_TEXT + 16];
    struct output *o = NULL;
    struct sigaction now;
    scratch_make(folder);
    snprintf(path, sizeof path, "%s/o", folder);
    signal(SIGTERM, hear);
    assert_int_equal(output_open(path, false, &o, NULL), ST_OK);
    raise(SIGTERM);
    assert_int_equal(heard, SIGTERM);
    assert_int_equal(files_in(folder), 1);
    sigaction(SIGINT, NULL, &now);
    assert_true(now.sa_handler != SIG_DFL);
    output_close(o);
    assert_int_equal(files_in(folder), 0);
    sigaction(SIGINT, NULL, &now);
    assert_true(now.sa_handler == SIG_DFL);
    sigaction(SIGTERM, NULL, &now);
    assert_true(now.sa_handler == hear);
    signal(SIGTERM, SIG_DFL);
    scratch_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_do_not_depend_on_threads),
        cmocka_unit_test(a_longer_file_begins_with_the_shorter_one),
        cmocka_unit_test(split_seed_and_options_change_the_samples),
        cmocka_unit_test(json_lines_hold_the_samples),
        cmocka_unit_test(flipflop_is_the_public_layout),
        cmocka_unit_test(text_ends_with_the_answers),
        cmocka_unit_test(a_file_is_not_overwritten_without_force),
        cmocka_unit_test(a_failed_file_leaves_nothing),
        cmocka_unit_test(a_signal_leaves_nothing),
        cmocka_unit_test(an_ignored_signal_stays_ignored),
        cmocka_unit_test(a_handler_of_a_command_stays),
        cmocka_unit_test(a_new_file_is_as_readable_as_any),
        cmocka_unit_test(wrong_requests_are_refused),
    };
    return cmocka_run_group_tests_name("gen", tests, NULL, NULL);
}
