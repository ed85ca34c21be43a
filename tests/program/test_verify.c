/* Stored runs are used again: verify, export, predict. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>
#include <sqlite3.h>

#include "program.h"
#include "small_matrix.h"

/* One run of each task of the smoke profile, in one folder for all tests. A test that changes
 * something copies it first. */
static char folder[SCRATCH_TEXT];

static int train_once(void **state)
{
    struct program p;
    (void)state;
    scratch_make(folder);
    RUN(&p,
        "-C %s run %s/../../experiments.yaml --profile smoke --db results.db --only "
        "'variant=rope' --only seed=1",
        folder, TEST_DATA);
    const bool first = p.code == 0;
    program_free(&p);
    RUN(&p,
        "-C %s run %s/../../experiments.yaml --profile smoke --db results.db --only "
        "'variant=relative' --only seed=1",
        folder, TEST_DATA);
    const bool second = p.code == 0;
    program_free(&p);
    return first && second ? 0 : -1;
}

static int remove_all(void **state)
{
    (void)state;
    scratch_remove(folder);
    return 0;
}

static void expect(int code, const char *word, const char *arguments, ...)
    __attribute__((format(printf, 3, 4)));

/* Runs posbench in the folder and checks that its output contains `word`. */
static void expect(int code, const char *word, const char *arguments, ...)
{
    char text[2048], line[2048 + SCRATCH_TEXT + 8];
    struct program p;
    va_list args;
    va_start(args, arguments);
    vsnprintf(text, sizeof text, arguments, args);
    va_end(args);
    snprintf(line, sizeof line, "-C %s %s", folder, text);
    program_run(&p, POSBENCH, NULL, line);
    if (p.code != code || !(strstr(p.out, word) || strstr(p.err, word)))
        fail_msg("posbench %s: exit code %d\n%s%s", line, p.code, p.out, p.err);
    program_free(&p);
}

static void shell(const char *command)
{
    char line[2048];
    snprintf(line, sizeof line, "cd %s && %s", folder, command);
    assert_int_equal(system(line), 0);
}

static void sql(const char *db, const char *text)
{
    char path[SCRATCH_TEXT + 32];
    sqlite3 *s;
    snprintf(path, sizeof path, "%s/%s", folder, db);
    assert_int_equal(sqlite3_open(path, &s), SQLITE_OK);
    char *why = NULL;
    if (sqlite3_exec(s, text, NULL, NULL, &why) != SQLITE_OK)
        fail_msg("%s: %s", text, why);
    assert_int_equal(sqlite3_changes(s), 1);
    sqlite3_close(s);
}

/* Copies the results, so that a test may change them. */
static void copy(void)
{
    shell("rm -rf copy.db* && cp results.db copy.db && cp -r results.db.models "
          "copy.db.models");
}

/* --- verify --- */

static void a_run_of_each_task_is_identical(void **state)
{
    struct program p;
    (void)state;
    RUN(&p, "-C %s query -o csv \"SELECT group_concat(DISTINCT task) FROM run\"", folder);
    assert_non_null(strstr(p.out, "flip_flop"));
    assert_non_null(strstr(p.out, "selective_copy"));
    assert_non_null(strstr(p.out, "counting"));
    program_free(&p);
    for (int id = 1; id <= 3; id++) {
        expect(0, "identical: ", "verify %d", id);
        expect(0, "tensors of weights\n", "verify %d --threads 2", id);
    }
}

static void the_first_steps_alone_can_be_verified(void **state)
{
    (void)state;
    expect(0, "step 50 of ", "verify 1 --steps 50");
    expect(0, "numbers alone", "verify 1 --steps 51");
    expect(4, "take more --steps", "verify 1 --steps 1");
    expect(0, "answers to ", "verify 1 --steps 100000");
    copy();
    /* Points of the curve after the last step that is trained again are not compared. */
    sql("copy.db", "UPDATE curve SET loss = loss + 1 WHERE run_id = 1 AND split = 'id' "
                   "AND step = 150");
    expect(0, "identical", "verify 1 --steps 50 --db copy.db");
    expect(1, "differs: step 150 id: loss is ", "verify 1 --db copy.db");
}

static void changed_results_differ(void **state)
{
    (void)state;
    copy();
    sql("copy.db", "UPDATE curve SET loss = loss * (1 + 1e-15) WHERE run_id = 1 AND "
                   "split = 'train' AND step = (SELECT min(step) FROM curve)");
    expect(1, "differs: step 50 train: loss is ", "verify 1 --db copy.db");
    expect(1, "differs: step 50 train: loss is ", "verify 1 --steps 50 --db copy.db");
    expect(0, "identical", "verify 2 --db copy.db");
    copy();
    sql("copy.db", "UPDATE curve SET token_error_count = token_error_count + 1 WHERE "
                   "run_id = 1 AND split = 'id' AND step = 50");
    expect(1, "differs: step 50 id: token_error_count is ", "verify 1 --db copy.db");
    copy();
    sql("copy.db", "UPDATE curve SET token_error = NULL WHERE run_id = 1 AND "
                   "split = 'id' AND step = 50");
    expect(1, "step 50 id: token_error is nothing in the database",
           "verify 1 --db copy.db");
    copy();
    sql("copy.db", "DELETE FROM curve WHERE run_id = 1 AND split = 'id' AND step = 50");
    expect(1, "step 50 id is only in training now", "verify 1 --db copy.db");
    copy();
    sql("copy.db",
        "INSERT INTO curve (run_id, split, step, loss) VALUES (1, 'id', 51, 0.5)");
    expect(1, "step 51 id is only in the database", "verify 1 --db copy.db");
    expect(0, "identical", "verify 1 --steps 50 --db copy.db");
}

/* The numbers that tables print are compared by themselves. */
static void changed_last_numbers_differ(void **state)
{
    (void)state;
    copy();
    sql("copy.db", "UPDATE metric SET value = value * (1 + 1e-15) WHERE run_id = 1 AND "
                   "split = 'id' AND name = 'loss'");
    expect(1, "differs: metric id loss 150: value is ", "verify 1 --db copy.db");
    expect(0, "identical", "verify 1 --steps 50 --db copy.db");
    copy();
    sql("copy.db", "UPDATE metric SET count = count + 1 WHERE run_id = 1 AND "
                   "split = 'id' AND name = 'token_error'");
    expect(1, "differs: metric id token_error 150: count is ", "verify 1 --db copy.db");
    copy();
    sql("copy.db", "DELETE FROM metric WHERE run_id = 1 AND split = 'id' "
                   "AND name = 'token_error'");
    expect(1, "metric id token_error 150 is only in training now", "verify 1 --db copy.db");
    copy();
    sql("copy.db", "INSERT INTO metric (run_id, split, step, name, value) "
                   "VALUES (1, 'id', 150, 'other', 0.5)");
    expect(1, "metric id other 150 is only in the database", "verify 1 --db copy.db");
    copy();
    /* Databases from before schema 3 did not measure it. */
    sql("copy.db", "DELETE FROM metric WHERE run_id = 1 AND name = 'longest'");
    expect(0, "identical: ", "verify 1 --db copy.db");
}

static void a_changed_row_of_the_run_differs(void **state)
{
    static const char *const changes[] = {"steps = 9",        "steps = NULL",
                                          "parameters = 1",   "flops = flops * (1 + 1e-15)",
                                          "flops = NULL",     "seed = 8",
                                          "task = 'other'",   "task_version = 99",
                                          "encoder = 'cope'", "variant = 'rope(base=7)'"};
    (void)state;
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        char text[128], words[64];
        copy();
        snprintf(text, sizeof text, "UPDATE run SET %s WHERE id = 1", changes[i]);
        snprintf(words, sizeof words, "differs: run: %.*s is ",
                 (int)strcspn(changes[i], " "), changes[i]);
        sql("copy.db", text);
        expect(1, words, "verify 1 --db copy.db");
        /* Costs are known only at the end of a run. */
        expect(i < 5 ? 0 : 1, "", "verify 1 --steps 50 --db copy.db");
    }
}

/* Returns a run whose weights file is not the first by name. */
static int not_first(void)
{
    struct program p;
    RUN(&p, "-C %s query -o csv \"SELECT id FROM run ORDER BY identity DESC LIMIT 1\"",
        folder);
    const char *line = strchr(p.out, '\n');
    assert_non_null(line);
    const int id = (int)strtol(line + 1, NULL, 10);
    program_free(&p);
    return id;
}

static void changed_answers_and_weights_differ(void **state)
{
    (void)state;
    copy();
    sql("copy.db", "UPDATE answer SET bits = CAST(substr(bits, 1, 1) || X'00' || "
                   "substr(bits, 3) AS BLOB) WHERE run_id = 1 AND split = 'id'");
    expect(1, "differs: answers id: bits is 0 at ", "verify 1 --db copy.db");
    copy();
    sql("copy.db", "DELETE FROM answer WHERE run_id = 1 AND split = 'id'");
    expect(1, "differs: answers id is only in training now", "verify 1 --db copy.db");
    copy();
    sql("copy.db", "UPDATE place SET bits = zeroblob(length(bits)) "
                   "WHERE run_id = 1 AND split = 'id'");
    expect(1, "differs: places id: bits is 0 at ", "verify 1 --db copy.db");
    copy();
    sql("copy.db",
        "DELETE FROM stratum WHERE run_id = 1 AND split = 'id' AND (name, value) = "
        "(SELECT name, max(value) FROM stratum WHERE run_id = 1 AND split = 'id')");
    expect(1, "is only in training now", "verify 1 --db copy.db");
    copy();
    sql("copy.db", "UPDATE stratum SET wrong = wrong + 1 WHERE run_id = 1 AND split = 'id' "
                   "AND (name, value) = (SELECT name, max(value) FROM stratum WHERE "
                   "run_id = 1 AND split = 'id')");
    expect(1, "differs: stratum id ", "verify 1 --db copy.db");
    copy();
    /* The sums of places that were deleted. */
    sql("copy.db", "DELETE FROM place WHERE run_id = 1 AND split = 'id'");
    expect(1, "differs: stratum id ", "verify 1 --db copy.db");
    copy();
    sql("copy.db", "UPDATE place SET bits = NULL WHERE run_id = 1 AND split = 'id'");
    expect(1, "differs: places id: bits is nothing in the database and ",
           "verify 1 --db copy.db");
    copy();
    /* As in a database from before schema 4. */
    sql("copy.db", "DELETE FROM stratum WHERE run_id = 1 AND split = 'id';"
                   "DELETE FROM place WHERE run_id = 1 AND split = 'id'");
    expect(0, "identical: ", "verify 1 --db copy.db");
    copy();
    shell("one=$(ls copy.db.models/*.safetensors | head -1); for f in "
          "copy.db.models/*.safetensors; do cp $one all; mv all $f; done");
    expect(1, "belongs to another run: it holds the weights of ", "verify %d --db copy.db",
           not_first());
    copy();
    /* The last byte of the last weight holds its sign and exponent. */
    shell("for f in copy.db.models/*.safetensors; do truncate -s -1 $f; "
          "printf '\\277' >>$f; done");
    expect(1, "differs: weight ", "verify 1 --db copy.db");
    shell("for f in copy.db.models/*; do truncate -s -1 $f; done");
    expect(1, "differs: the stored weights: ", "verify 1 --db copy.db");
    shell("rm copy.db.models/*");
    expect(0, "(none were kept)", "verify 1 --db copy.db");
}

static void other_makers_and_settings_are_told(void **state)
{
    (void)state;
    copy();
    sql("copy.db", "UPDATE provenance SET blas_core = 'Prescott' WHERE id = 1");
    expect(0, "blas_core: was Prescott, is ", "verify 1 --db copy.db");
    copy();
    sql("copy.db", "UPDATE run SET flops = 2 * flops; "
                   "UPDATE provenance SET version = '0.0.9'");
    expect(1, "\nidentical: ", "verify 1 --db copy.db");
    expect(1,
           "numbers come out the same; of FLOPs alone there is another count, as programs",
           "verify 1 --db copy.db");
    copy();
    sql("copy.db",
        "UPDATE run SET config = replace(config, '\"seed\":1', '\"seed\":2') WHERE id = 1");
    expect(1, "differs: the stored settings are those of run ", "verify 1 --db copy.db");
    copy();
    sql("copy.db", "UPDATE run SET state = 'failed' WHERE id = 1");
    expect(2, "is failed, not done", "verify 1 --db copy.db");
    expect(4, "no run \"99\"", "verify 99");
}

/* A signal ends verify with the shell's exit code for it, and the place for scratch stays
 * empty. */
static void a_signal_ends_it_with_its_own_exit_code(void **state)
{
    static const struct {
        const char *name;
        int code;
    } signals[] = {{"INT", 130}, {"TERM", 143}, {"HUP", 129}};
    (void)state;
    copy();
    sql("copy.db", "UPDATE run SET config = json_set(config, '$.train.steps', 1000000) "
                   "WHERE id = 1");
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        char line[1024];
        struct program p;
        snprintf(
            line, sizeof line,
            "-c 'cd %s && mkdir -p tmp && export TMPDIR=$PWD/tmp && "
            "env --default-signal %s verify 1 --db copy.db & for i in $(seq 1500); do ls "
            "%s/tmp/posbench-verify-*/spool.jsonl && break; sleep 0.02; done >&2; "
            "kill -%s $!; "
            "wait $!; code=$?; rmdir %s/tmp && exit $code'",
            folder, POSBENCH, folder, signals[i].name, folder);
        program_run(&p, "/bin/sh", NULL, line);
        if (p.code != signals[i].code)
            fail_msg("SIG%s: exit code %d\n%s%s", signals[i].name, p.code, p.out, p.err);
        assert_non_null(strstr(p.err, "stopped at step "));
        program_free(&p);
    }
}

/* --- export: read by the format's description alone --- */

static uint64_t little(const char *bytes, int n)
{
    uint64_t x = 0;
    for (int i = n - 1; i >= 0; i--)
        x = x << 8 | (unsigned char)bytes[i];
    return x;
}

static void an_export_is_what_the_format_says(void **state)
{
    char path[SCRATCH_TEXT + 32];
    size_t bytes, tensors = 0;
    const char *name;
    json_t *entry, *offsets;
    (void)state;
    expect(0, "", "export 1 -o model.safetensors --force");
    snprintf(path, sizeof path, "%s/model.safetensors", folder);
    char *file = file_text(path, &bytes);
    const uint64_t header = little(file, 8);
    assert_in_range(header, 100, bytes - 8);
    assert_int_equal(header % 8, 0);
    json_t *root = json_loadb(file + 8, header, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(root);
    uint64_t end = 0, numbers = 0;
    json_object_foreach(root, name, entry)
    {
        json_t *shape, *size;
        size_t i;
        uint64_t n = 1;
        if (strcmp(name, "__metadata__") == 0)
            continue;
        assert_string_equal(json_string_value(json_object_get(entry, "dtype")), "F32");
        shape = json_object_get(entry, "shape");
        offsets = json_object_get(entry, "data_offsets");
        json_array_foreach(shape, i, size) n *= (uint64_t)json_integer_value(size);
        const uint64_t from = (uint64_t)json_integer_value(json_array_get(offsets, 0));
        const uint64_t to = (uint64_t)json_integer_value(json_array_get(offsets, 1));
        assert_int_equal(from, end); /* in order, without gaps */
        assert_int_equal(to - from, 4 * n);
        end = to;
        numbers += n;
        tensors++;
    }
    assert_int_equal(8 + header + end, bytes);
    assert_true(tensors > 10);
    /* All metadata are strings; the settings are JSON inside one of them. */
    json_object_foreach(json_object_get(root, "__metadata__"), name, entry)
        assert_true(json_is_string(entry));
    const char *config =
        json_string_value(json_object_get(json_object_get(root, "__metadata__"), "config"));
    json_t *settings = json_loads(config, 0, NULL);
    const json_int_t dim =
        json_integer_value(json_object_get(json_object_get(settings, "model"), "dim"));
    /* The gain of a norm starts at one and changes little in so few steps. */
    entry = json_object_get(root, "final_norm.gain");
    offsets = json_object_get(entry, "data_offsets");
    assert_int_equal(json_integer_value(json_array_get(json_object_get(entry, "shape"), 0)),
                     dim);
    for (json_int_t i = 0; i < dim; i++) {
        const size_t at = (size_t)(json_integer_value(json_array_get(offsets, 0)) + 4 * i);
        const uint32_t bits = (uint32_t)little(file + 8 + header + at, 4);
        float x;
        memcpy(&x, &bits, sizeof x);
        assert_true(x > 0.5f && x < 1.5f);
    }
    json_decref(settings);
    json_decref(root);
    free(file);
}

static void an_export_never_overwrites_unasked(void **state)
{
    (void)state;
    shell("echo precious >mine");
    expect(3, "use --force", "export 1 -o mine");
    shell("grep -q precious mine");
    expect(0, "", "export 1 -o mine --force");
    shell("! grep -q precious mine");
    expect(3, "/dev/full: cannot be written: No space left on device; make room",
           "export 1 -o /dev/full");
    expect(2, "-o FILE", "export 1");
    expect(4, "no run", "export nobody -o none");
    copy();
    shell("for f in copy.db.models/*.safetensors; do rm $f; mkfifo $f; done");
    expect(3, "", "export 1 -o none --db copy.db");
    expect(1, "weights", "doctor --db copy.db"); /* and does not hang */
    copy();
    shell("rm copy.db.models/*");
    expect(4, "no weights of this run were kept", "export 1 -o none --db copy.db");
    shell("! test -e none");
}

/* --- predict --- */

/* Returns the numbers of an array file; the caller frees them. */
static float *read_npy(const char *name, size_t *rows, size_t *columns)
{
    char path[SCRATCH_TEXT + 64];
    size_t bytes;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    char *file = file_text(path, &bytes);
    assert_memory_equal(file, "\x93NUMPY\x01\x00", 8);
    const size_t header = (size_t)little(file + 8, 2);
    assert_int_equal((10 + header) % 64, 0);
    assert_int_equal(file[10 + header - 1], '\n');
    file[10 + header - 1] = '\0';
    static const char front[] = "{'descr': '<f4', 'fortran_order': False, 'shape': (";
    char *end;
    assert_memory_equal(file + 10, front, strlen(front));
    *rows = strtoul(file + 10 + strlen(front), &end, 10);
    *columns = strtoul(end + 2, &end, 10);
    assert_memory_equal(end, "), }", 4);
    const size_t n = *rows * *columns;
    assert_int_equal(bytes, 10 + header + 4 * n);
    float *out = calloc(n, sizeof *out);
    assert_non_null(out);
    for (size_t i = 0; i < n; i++) {
        const uint32_t bits = (uint32_t)little(file + 10 + header + 4 * i, 4);
        memcpy(&out[i], &bits, sizeof bits);
    }
    free(file);
    return out;
}

static void logits_answer_as_eval_does(void **state)
{
    size_t rows, columns;
    struct program p;
    int wrong = 0, tokens = 0;
    size_t first = 0;
    (void)state;
    expect(0, "", "export 1 -o model.safetensors --force");
    expect(0, "", "predict model.safetensors --split id -n 70 --logits split.npy --force");
    expect(0, "", "export 1 -o model.st");
    expect(0, "", "predict model.st --split id -n 70 --logits split.npy --force");
    float *x = read_npy("split.npy", &rows, &columns);
    /* Draws the samples with their targets from the run's own law. */
    RUN(&p,
        "-C %s query -o csv \"SELECT json_extract(config, '$.task.options.length') "
        "FROM run WHERE run.id = 1\"",
        folder);
    const long length = strtol(strchr(p.out, '\n') + 1, NULL, 10);
    program_free(&p);
    expect(0, "", "gen flip_flop --split id --set length=%ld -n 70 -o t.jsonl --force",
           length);
    expect(0, "", "predict 1 --input t.jsonl --logits file.npy --force");
    shell("cmp split.npy file.npy");
    char path[SCRATCH_TEXT + 32];
    snprintf(path, sizeof path, "%s/t.jsonl", folder);
    char *text = file_text(path, NULL);
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        json_t *j = json_loads(line, 0, NULL), *at;
        const json_t *targets = json_object_get(j, "targets");
        size_t i;
        json_array_foreach(json_object_get(j, "scored"), i, at)
        {
            const size_t t = (size_t)json_integer_value(at);
            const float *row = x + (first + t) * columns;
            size_t best = 0;
            for (size_t c = 1; c < columns; c++)
                best = row[c] > row[best] ? c : best;
            wrong += (json_int_t)best != json_integer_value(json_array_get(targets, t));
            tokens++;
        }
        first += json_array_size(json_object_get(j, "tokens"));
        json_decref(j);
    }
    assert_int_equal(first, rows);
    char told[64];
    snprintf(told, sizeof told, "\"token_error\": %.17g", (double)wrong / tokens);
    RUN(&p, "-C %s eval 1 --split id --set count=70 --json", folder);
    const char *error = strstr(p.out, "\"token_error\": ");
    assert_non_null(error);
    assert_true(strtod(error + 15, NULL) == (double)wrong / tokens);
    program_free(&p);
    free(text);
    free(x);
}

static void a_sequence_is_answered_alike_in_any_company(void **state)
{
    size_t rows, columns, one_rows;
    (void)state;
    shell("printf '0 1 2 3\\n{\"tokens\": [4, 3, 2]}\\n\\t1  0\\r\\n' >three");
    shell("echo 4 3 2 >one");
    expect(0, "", "predict 1 --input three --logits three.npy --force");
    expect(0, "", "predict 1 --input - --logits one.npy --force <%s/one", folder);
    float *three = read_npy("three.npy", &rows, &columns);
    float *one = read_npy("one.npy", &one_rows, &columns);
    assert_int_equal(rows, 9);
    assert_int_equal(columns, 5);
    assert_int_equal(one_rows, 3);
    for (size_t i = 0; i < 15; i++) {
        assert_true(isfinite(one[i]));
        assert_true(fabsf(one[i] - three[20 + i]) < 1e-5f);
    }
    free(three);
    free(one);
}

static void wrong_input_is_told_by_its_line(void **state)
{
    static const struct {
        const char *text, *complaint;
    } bad[] = {
        {"", "no sequences"},
        {"1\\n\\n2\\n", ":2: no tokens"},
        {"1 2 5\\n", ":1: id 5; the model knows 0 to 4"},
        {"1\\n-1\\n", ":2: id -1"},
        {"1,2\\n", ":1: \"1,2\" is not an id"},
        {"99999999999999999999\\n", "is not an id"},
        {"{\"tokens\": 1}\\n", "a list \"tokens\""},
        {"{\"tokens\": [1.0]}\\n", "tokens[0] is not an integer"},
        {"{\"tokens\": []}\\n", "no tokens"},
        {"{\"tokens\": [1]\\n", "not a JSON object"},
        {"1 \\000 2\\n", "zero byte"},
    };
    char command[256];
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(command, sizeof command, "printf '%s' >bad", bad[i].text);
        shell(command);
        expect(2, bad[i].complaint, "predict 1 --input bad --logits bad.npy");
    }
    expect(2, "either --input FILE or --split", "predict 1 --logits bad.npy");
    expect(2, "--logits FILE.npy is needed", "predict 1 --input bad");
    expect(4, "no split \"idd\"; did you mean", "predict 1 --split idd --logits bad.npy");
    expect(3, "cannot be read", "predict 1 --input nowhere --logits bad.npy");
    expect(4, "cannot be read", "predict ./no.safetensors --input one --logits bad.npy");
    shell("echo 1 >one && echo precious >kept.npy");
    expect(3, "use --force", "predict 1 --input one --logits kept.npy");
    shell("grep -q precious kept.npy && ! test -e bad.npy");
}

/* The settings in the header of a foreign file may be made up. */
static void files_of_strangers_are_refused(void **state)
{
    (void)state;
    expect(0, "", "export 1 -o model.safetensors --force");
    shell("echo 1 >one");
    /* More layers, a larger width, another vocabulary: the texts have equal length. */
    shell("sed 's/\\\\\"layers\\\\\":1/\\\\\"layers\\\\\":9/' model.safetensors "
          ">big.safetensors && ! cmp -s big.safetensors model.safetensors");
    expect(3, "holds ", "predict big.safetensors --input one --logits s.npy");
    shell("sed 's/\\\\\"dim\\\\\":16/\\\\\"dim\\\\\":64/' model.safetensors "
          ">big.safetensors && ! cmp -s big.safetensors model.safetensors");
    expect(3, "holds ", "predict big.safetensors --input one --logits s.npy");
    shell("sed 's/flip_flop/flap_flop/g' model.safetensors >big.safetensors");
    expect(2, "big.safetensors: stored configuration: there is no task",
           "predict big.safetensors --input one --logits s.npy");
    shell("head -c 3000 model.safetensors >big.safetensors");
    expect(3, "big.safetensors: ", "predict big.safetensors --input one --logits s.npy");
    shell("sed 's/\"config\"/\"konfig\"/' model.safetensors >big.safetensors");
    expect(3, "tells no settings", "predict big.safetensors --input one --logits s.npy");
    shell("! test -e s.npy");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_of_each_task_is_identical),
        cmocka_unit_test(the_first_steps_alone_can_be_verified),
        cmocka_unit_test(changed_results_differ),
        cmocka_unit_test(changed_last_numbers_differ),
        cmocka_unit_test(a_changed_row_of_the_run_differs),
        cmocka_unit_test(changed_answers_and_weights_differ),
        cmocka_unit_test(other_makers_and_settings_are_told),
        cmocka_unit_test(a_signal_ends_it_with_its_own_exit_code),
        cmocka_unit_test(an_export_is_what_the_format_says),
        cmocka_unit_test(an_export_never_overwrites_unasked),
        cmocka_unit_test(logits_answer_as_eval_does),
        cmocka_unit_test(a_sequence_is_answered_alike_in_any_company),
        cmocka_unit_test(wrong_input_is_told_by_its_line),
        cmocka_unit_test(files_of_strangers_are_refused),
    };
    return cmocka_run_group_tests_name("verify", tests, train_once, remove_all);
}
