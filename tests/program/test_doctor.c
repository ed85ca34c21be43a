/* doctor finds faults of arithmetic, disk, database and clock. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "doctor.h"
#include "filled_store.h"
#include "model_files.h"
#include "program.h"

static struct doctor found;

static void start(void)
{
    found = (struct doctor){0};
}

/* Checks the last finding; it has a remedy unless its level is DOCTOR_FINE. */
static void assert_found(enum doctor_level level, const char *check, const char *words)
{
    assert_true(found.n > 0);
    const struct finding *f = &found.at[found.n - 1];
    if (f->level != level || strcmp(f->check, check) != 0 || !strstr(f->text, words))
        fail_msg("%s: %s: %s", doctor_level_text(f->level), f->check, f->text);
    assert_int_equal(f->remedy[0] != '\0', level != DOCTOR_FINE);
}

/* --- arithmetic --- */

/* Correct except for one element of large products, as with a broken BLAS kernel. */
static void nearly_right(int M, int N, int K, real alpha, struct rows A, struct rows B,
                         real beta, struct rows C)
{
    gemm_nt(M, N, K, alpha, A, B, beta, C);
    if (M >= 33 && N >= 33)
        C.at[32 * C.stride + 32] *= 1.01F;
}

static void never_a_number(int M, int N, int K, real alpha, struct rows A, struct rows B,
                           real beta, struct rows C)
{
    gemm_tn(M, N, K, alpha, A, B, beta, C);
    C.at[0] = NAN;
}

static void products_that_are_wrong_are_found(void **state)
{
    struct doctor_blas blas = {gemm_nn, gemm_nt, gemm_tn, "core"};
    (void)state;
    assert_int_equal(gemm_init(1, NULL), ST_OK);
    start();
    doctor_gemm(&found, &blas);
    assert_found(DOCTOR_FINE, "blas", "36 products");
    blas.nt = nearly_right;
    doctor_gemm(&found, &blas);
    assert_found(DOCTOR_FAULT, "blas", "A B' of [64,64,1]");
    blas.nt = gemm_nt;
    blas.tn = never_a_number;
    doctor_gemm(&found, &blas);
    assert_found(DOCTOR_FAULT, "blas", "A' B of [1,1,1]");
}

static void wrong_sigmoid(size_t n, const real *x, real *y)
{
    kernels_find("naive")->sigmoid(n, x, y);
    y[n - 1] = NAN;
}

static real wrong_dot(size_t n, const real *a, const real *b)
{
    return kernels_find("naive")->dot(n - 1, a, b);
}

static void wrong_product(const struct product *p)
{
    struct product less = *p;
    less.K--;
    kernels_find("naive")->product(&less);
}

static void kernels_that_are_wrong_are_found(void **state)
{
    const struct kernels *naive = kernels_find("naive");
    (void)state;
    start();
    doctor_kernels(&found, kernels_get(), naive);
    assert_found(DOCTOR_FINE, "kernels", "12 kernels agree");
    struct kernels broken = *kernels_get();
    broken.sigmoid = wrong_sigmoid;
    doctor_kernels(&found, &broken, naive);
    assert_found(DOCTOR_FAULT, "kernels", "sigmoid");
    broken.sigmoid = naive->sigmoid;
    broken.dot = wrong_dot;
    doctor_kernels(&found, &broken, naive);
    assert_found(DOCTOR_FAULT, "kernels", "dot");
    broken.dot = naive->dot;
    broken.product = wrong_product;
    doctor_kernels(&found, &broken, naive);
    assert_found(DOCTOR_FAULT, "kernels", "product");
}

/* --- disk --- */

static void a_folder_that_cannot_be_written_is_found(void **state)
{
    const struct fixture *f = *state;
    start();
    doctor_disk(&found, f->path);
    assert_int_equal(found.n, 3);
    assert_int_equal(doctor_count(&found, DOCTOR_FAULT), 0);
    doctor_disk(&found, "/proc/results.db");
    assert_found(DOCTOR_FAULT, "writing", "/proc/results.db");
    start();
    doctor_disk(&found, "/no/such/folder/results.db");
    assert_int_equal(doctor_count(&found, DOCTOR_FAULT), 2);
}

/* --- the database --- */

static void execute(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

/* put_split rounds the counts of a majority of 0.52; this makes the values exact. */
static const char exact[] =
    "UPDATE metric SET value = 1.0 * count / total WHERE name = 'majority';"
    "UPDATE curve SET majority = 1.0 * majority_count / majority_total";

static void close_store(struct fixture *f)
{
    store_close(f->store);
    f->store = NULL;
}

static void damage_is_found(void **state)
{
    struct fixture *f = *state;
    put_split(f->store, add_run(f->store, (struct fake_run){.variant = "rope"}), "id", 1,
              20, 1);
    close_store(f);
    execute(f->path, exact);
    start();
    doctor_database(&found, f->path);
    assert_found(DOCTOR_FINE, "integrity", "whole");
    execute(f->path, "PRAGMA foreign_keys = OFF; DELETE FROM run");
    doctor_database(&found, f->path);
    assert_found(DOCTOR_FAULT, "references", "metric");
    assert_int_equal(truncate(f->path, 20000), 0);
    doctor_database(&found, f->path);
    assert_int_equal(found.at[found.n - 1].level, DOCTOR_FAULT);
}

/* Stores 12 of 16 places wrong, of which 4 bits are 1, and a run without bits, which doctor
 * compares with its metric. */
static void put_sums(struct store *s)
{
    const struct place_row id = {"id", 16, (const uint8_t *)"\x0f\x00",
                                 "{\"ignores\":[[0,2,6],[9,10,10]],\"agree\":[[1,12,16]]}"};
    const struct place_row many = {"ood", 20, NULL, "{\"ignores\":[[0,5,20]]}"};
    const int64_t run = add_run(s, (struct fake_run){.variant = "rope"});
    put_split(s, run, "id", 12, 16, 1);
    put_split(s, run, "ood", 5, 20, 1);
    assert_ok(store_places(s, run, &id, &err));
    assert_ok(store_places(s, run, &many, &err));
}

static void numbers_that_are_not_those_of_their_counts_are_found(void **state)
{
    static const struct {
        const char *change, *words;
    } lies[] = {
        {"UPDATE metric SET value = 0.5 WHERE name = 'token_error' AND split = 'id'",
         "run 1, id: token_error is 0.5, count 12 of 16"},
        {"UPDATE metric SET count = 17 WHERE name = 'token_error' AND split = 'id'",
         "run 1, id: token_error is 0.75, count 17 of 16"},
        {"UPDATE metric SET count = -1, value = -1.0 / 16 WHERE name = 'accuracy' AND "
         "split = 'id'",
         "run 1, id: accuracy is -0.0625, count -1 of 16"},
        {"UPDATE metric SET total = NULL WHERE name = 'accuracy' AND split = 'ood'",
         "run 1, ood: accuracy is 0.75, count 15 of none"},
        {"UPDATE metric SET value = NULL WHERE count IS NOT NULL",
         "run 1, id: accuracy is none, count 4 of 16; and "},
        {"UPDATE curve SET accuracy = 0.5",
         "run 1, id, step 100: accuracy is 0.5, count 4 of 16; and 1 more like it"},
    };
    struct fixture *f = *state;
    const int64_t run = add_run(f->store, (struct fake_run){.variant = "rope"});
    put_split(f->store, run, "id", 12, 16, 1);
    put_split(f->store, run, "ood", 5, 20, 1);
    close_store(f);
    execute(f->path, exact);
    start();
    doctor_database(&found, f->path);
    assert_found(DOCTOR_FINE, "integrity", "whole");
    execute(f->path, "CREATE TABLE m AS SELECT * FROM metric");
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        start();
        execute(f->path, lies[i].change);
        doctor_database(&found, f->path);
        assert_found(DOCTOR_FAULT, "numbers", lies[i].words);
        execute(f->path, "UPDATE metric AS t SET (value, count, total) = "
                         "(SELECT value, count, total FROM m WHERE m.id = t.id)");
    }
}

static void an_empty_spool_folder_is_no_run_that_was_cut_off(void **state)
{
    char folder[PATH_MAX];
    struct fixture *f = *state;
    add_run(f->store, (struct fake_run){.variant = "rope"});
    close_store(f);
    snprintf(folder, sizeof folder, "%s.spool", f->path);
    assert_int_equal(mkdir(folder, 0777), 0);
    start();
    doctor_leftovers(&found, f->path);
    assert_found(DOCTOR_FINE, "work", "none was cut off");
}

static void sums_that_are_not_those_of_the_places_are_found(void **state)
{
    static const struct {
        const char *change, *back, *words;
    } lies[] = {
        {"UPDATE stratum SET wrong = 3 WHERE value = 9",
         "UPDATE stratum SET wrong = 10 WHERE "
         "value = 9",
         "run 1, id: ignores adds up to 5 wrong of 16 places, its places to 12 of 16"},
        {"UPDATE stratum SET places = 15 WHERE name = 'agree'",
         "UPDATE stratum SET places = 16 "
         "WHERE name = 'agree'",
         "agree adds up to 12 wrong of 15 places"},
        /* The sums agree, but 7 of 6 places cannot be wrong. */
        {"UPDATE stratum SET wrong = wrong + iif(value, -5, 5) WHERE name = 'ignores' AND "
         "split = 'id'",
         "UPDATE stratum SET wrong = wrong + iif(value, 5, -5) WHERE "
         "name = 'ignores' AND split = 'id'",
         "ignores adds up to 12 wrong of 16"},
        {"UPDATE place SET bits = x'FFFF' WHERE split = 'id'",
         "UPDATE place SET bits = x'0F00' WHERE split = 'id'", "its places to 0 of 16"},
        {"UPDATE stratum SET wrong = 4 WHERE split = 'ood'",
         "UPDATE stratum SET wrong = 5 WHERE "
         "split = 'ood'",
         "run 1, ood: ignores adds up to 4 wrong of 20 places, its places to 5"},
        {"UPDATE stratum SET wrong = 9223372036854775807", NULL, "integer overflow"}};
    struct fixture *f = *state;
    put_sums(f->store);
    close_store(f);
    execute(f->path, exact);
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        start();
        doctor_database(&found, f->path);
        assert_found(DOCTOR_FINE, "integrity", "whole");
        execute(f->path, lies[i].change);
        doctor_database(&found, f->path);
        assert_found(DOCTOR_FAULT, "sums", lies[i].words);
        if (lies[i].back)
            execute(f->path, lies[i].back);
    }
    execute(f->path, "PRAGMA foreign_keys = OFF; DELETE FROM place");
    doctor_database(&found, f->path);
    assert_found(DOCTOR_FAULT, "references", "stratum");
}

/* Fills `found` as a process without root's rights would. */
static void database_as_nobody(const char *path)
{
    int ends[2], how;
    start();
    assert_int_equal(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
        if (geteuid() == 0 && setuid(65534) != 0)
            _exit(2);
        doctor_database(&found, path);
        for (size_t n = 0, w; n < sizeof found; n += w) {
            const ssize_t got = write(ends[1], (char *)&found + n, sizeof found - n);
            if (got <= 0)
                _exit(3);
            w = (size_t)got;
        }
        _exit(0);
    }
    close(ends[1]);
    FILE *in = fdopen(ends[0], "rb");
    assert_non_null(in);
    assert_int_equal(fread(&found, sizeof found, 1, in), 1);
    fclose(in);
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFEXITED(how) && WEXITSTATUS(how) == 0);
}

static void what_cannot_be_written_is_found(void **state)
{
    struct fixture *f = *state;
    char models[160];
    close_store(f);
    snprintf(models, sizeof models, "%s.models", f->path);
    assert_int_equal(chmod(f->folder, 0777), 0);
    assert_int_equal(chmod(f->path, 0666), 0);
    assert_int_equal(mkdir(models, 0777), 0);
    assert_int_equal(chmod(models, 0777), 0);
    database_as_nobody(f->path);
    assert_found(DOCTOR_FINE, "integrity", "whole");
    assert_int_equal(chmod(models, 0555), 0);
    database_as_nobody(f->path);
    assert_found(DOCTOR_ADVICE, "models", "results.db.models: cannot be written");
    assert_int_equal(rmdir(models), 0);
    assert_int_equal(chmod(f->path, 0444), 0);
    database_as_nobody(f->path);
    assert_found(DOCTOR_FAULT, "database", "results.db: cannot be written");
    /* An empty file is checked, too. */
    assert_int_equal(truncate(f->path, 0), 0);
    database_as_nobody(f->path);
    assert_found(DOCTOR_FAULT, "database", "results.db: cannot be written");
    /* A database that cannot be read gives one finding, with the store's own remedy. */
    assert_int_equal(chmod(f->path, 0000), 0);
    database_as_nobody(f->path);
    assert_int_equal(found.n, 1);
    assert_found(DOCTOR_FAULT, "database", "results.db: cannot be read");
    assert_non_null(strstr(found.at[0].remedy, "check its permissions"));
    assert_null(strstr(found.at[0].text, "check its permissions"));
}

/* Another program deleted the run's row, its attempts remained, and the next run got its
 * number. The test makes such a row by an UPDATE. */
static void attempts_of_a_deleted_run_are_found_and_named(void **state)
{
    struct fixture *f = *state;
    struct err e = {.msg = ""};
    const int64_t id = add_run(f->store, (struct fake_run){.variant = "rope"});
    close_store(f);
    execute(f->path,
            "UPDATE run SET state = 'new', attempts = 0, started = NULL; "
            "INSERT OR IGNORE INTO attempt (run_id, n, state) VALUES (1, 1, 'done')");
    start();
    doctor_database(&found, f->path);
    assert_found(DOCTOR_FAULT, "attempts", "run 1 was begun 0 times and has an attempt 1");
    assert_ok(store_open(f->path, STORE_WRITE, &f->store, &e));
    assert_int_equal(store_begin(f->store, id, 1, &e), ST_DB);
    assert_non_null(
        strstr(e.msg, "another program changed its rows: see `posbench doctor`"));
}

static void another_programs_database_and_none_are_told_apart(void **state)
{
    struct fixture *f = *state;
    close_store(f);
    start();
    execute(f->path, "PRAGMA application_id = 7");
    doctor_database(&found, f->path);
    assert_found(DOCTOR_FAULT, "database", "another program");
    unlink(f->path);
    doctor_database(&found, f->path);
    assert_found(DOCTOR_FINE, "database", "not there yet");
}

static void what_a_killed_scheduler_left_is_found(void **state)
{
    struct fixture *f = *state;
    char path[160];
    start();
    doctor_leftovers(&found, f->path);
    assert_found(DOCTOR_FINE, "work", "no run is at work");
    snprintf(path, sizeof path, "%s.spool", f->path);
    assert_int_equal(mkdir(path, 0755), 0);
    snprintf(path, sizeof path, "%s.spool/x.jsonl", f->path);
    FILE *spool = fopen(path, "w");
    assert_non_null(spool);
    fclose(spool);
    doctor_leftovers(&found, f->path);
    assert_found(DOCTOR_ADVICE, "work",
                 "a scheduler was killed or had to stop: 0 runs did not end, 1 spools");
}

/* --- weights --- */

static const char name[] = "0123456789abcdef0123456789abcdef";

static void write_model_file(const struct fixture *f, const char *end, const char *bytes)
{
    char path[200];
    snprintf(path, sizeof path, "%s.models", f->path);
    assert_true(mkdir(path, 0755) == 0 || errno == EEXIST);
    snprintf(path, sizeof path, "%s.models/%s%s", f->path, name, end);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(bytes, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void weights_of_another_training_and_files_that_wait_are_found(void **state)
{
    struct fixture *f = *state;
    char path[200], hash[WEIGHTS_HASH], sql[300];
    add_run(f->store, (struct fake_run){.variant = "rope"});
    close_store(f);
    write_model_file(f, ".safetensors", "the weights");
    snprintf(path, sizeof path, "%s.models/%s.safetensors", f->path, name);
    assert_int_equal(model_files_hash(path, hash, NULL), ST_OK);
    snprintf(sql, sizeof sql, "UPDATE run SET identity = '%s', weights_hash = '%s'", name,
             hash);
    execute(f->path, sql);
    start();
    doctor_files(&found, f->path);
    assert_int_equal(found.n, 1);
    assert_found(DOCTOR_FINE, "weights", "1 runs have the weights");
    write_model_file(f, ".aside.safetensors", "older weights");
    write_model_file(f, ".merged.safetensors", "weights of a part");
    doctor_files(&found, f->path);
    assert_found(DOCTOR_ADVICE, "waiting", "2 files in ");
    write_model_file(f, ".safetensors", "others");
    start();
    doctor_files(&found, f->path);
    assert_int_equal(found.n, 2);
    found.n = 1;
    assert_found(DOCTOR_ADVICE, "weights", name);
}

/* --- clocks --- */

static double wall_at, steady_at, wall_rate;

static double fake_wall(void)
{
    return wall_at + wall_rate * (steady_at - 100.0);
}

static double fake_steady(void)
{
    return steady_at += 0.01;
}

static void a_clock_that_jumps_or_stays_behind_is_found(void **state)
{
    const struct fixture *f = *state;
    const struct doctor_clock clock = {fake_wall, fake_steady};
    add_run(f->store, (struct fake_run){.variant = "rope"});
    const double later = 4e9; /* the year 2096 */
    wall_at = later;
    steady_at = 100.0;
    wall_rate = 1.0;
    start();
    doctor_clocks(&found, &clock, f->path);
    assert_found(DOCTOR_FINE, "clock", "evenly");
    wall_rate = -100.0; /* set back while doctor measures */
    doctor_clocks(&found, &clock, f->path);
    assert_found(DOCTOR_ADVICE, "clock", "jumped");
    wall_at = 1e9; /* the year 2001 */
    wall_rate = 1.0;
    doctor_clocks(&found, &clock, f->path);
    assert_found(DOCTOR_ADVICE, "clock", "behind the newest run");
    wall_at = 253402300800.0; /* the first second of the year 10000 */
    doctor_clocks(&found, &clock, f->path);
    assert_found(DOCTOR_FAULT, "clock", "beyond the year 9999");
}

/* --- the command --- */

static void the_exit_code_says_whether_something_is_to_be_done(void **state)
{
    struct fixture *f = *state;
    struct program p;
    char path[160];
    close_store(f);
    RUN(&p, "doctor --db %s --json", f->path);
    json_t *all = parse_json(p.out);
    const json_int_t advice = json_integer_value(json_object_get(all, "advice"));
    assert_int_equal(p.code, advice ? 1 : 0);
    assert_int_equal(json_integer_value(json_object_get(all, "faults")), 0);
    assert_true(json_array_size(json_object_get(all, "findings")) >= 12);
    json_decref(all);
    program_free(&p);
    snprintf(path, sizeof path, "%s.spool", f->path);
    assert_int_equal(mkdir(path, 0755), 0);
    snprintf(path, sizeof path, "%s.spool/1.jsonl", f->path);
    FILE *spool = fopen(path, "w");
    assert_non_null(spool);
    assert_int_equal(fclose(spool), 0);
    RUN(&p, "doctor --db %s", f->path);
    assert_int_equal(p.code, 1);
    assert_non_null(strstr(p.out, "goes on where it stopped"));
    program_free(&p);
    RUN(&p, "doctor --db /proc/results.db");
    assert_int_equal(p.code, 3);
    program_free(&p);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, open_fixture, close_fixture)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_that_are_wrong_are_found),
        cmocka_unit_test(kernels_that_are_wrong_are_found),
        CASE(a_folder_that_cannot_be_written_is_found),
        CASE(damage_is_found),
        CASE(numbers_that_are_not_those_of_their_counts_are_found),
        CASE(an_empty_spool_folder_is_no_run_that_was_cut_off),
        CASE(sums_that_are_not_those_of_the_places_are_found),
        CASE(what_cannot_be_written_is_found),
        CASE(attempts_of_a_deleted_run_are_found_and_named),
        CASE(another_programs_database_and_none_are_told_apart),
        CASE(what_a_killed_scheduler_left_is_found),
        CASE(weights_of_another_training_and_files_that_wait_are_found),
        CASE(a_clock_that_jumps_or_stays_behind_is_found),
        CASE(the_exit_code_says_whether_something_is_to_be_done),
    };
    return cmocka_run_group_tests_name("doctor", tests, NULL, NULL);
}
