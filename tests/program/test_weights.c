/* Weights are used only for the run that made them, and neither a merge nor a kill loses any. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "program.h"
#include "small_matrix.h"

enum { SEEDS = 2, PLACE = 256, LINE = 1100 };

static const char yaml[] = "version: 1\n"
                           "defaults:\n"
                           "  seeds: [1, 2]\n"
                           "  model: {layers: 1, heads: 2, dim: 16}\n"
                           "  train: {steps: 4, warmup: 2, batch: 4, shards: 2}\n"
                           "experiments:\n"
                           "  flip:\n"
                           "    task: {name: flip_flop, length: 16}\n"
                           "    splits: {id: {count: 10}}\n"
                           "    encoders: [rope]\n";

static char folder[SCRATCH_TEXT], identity[SEEDS][IDENTITY_TEXT];

/* --- what the tests do --- */

static void shell(const char *line)
{
    char command[2 * LINE];
    snprintf(command, sizeof command, "cd '%s' && %s", folder, line);
    if (system(command) != 0)
        fail_msg("%s", command);
}

/* Checks the exit code and that stderr contains `words`; NULL: it must be empty. */
static void posbench(int code, const char *arguments, const char *words)
{
    struct program p;
    RUN(&p, "-C %s %s", folder, arguments);
    if (p.code != code || (words ? !strstr(p.err, words) : p.err[0] != '\0'))
        fail_msg("posbench %s: exit code %d\n%s%s", arguments, p.code, p.out, p.err);
    program_free(&p);
}

static void execute(const char *name, const char *sql)
{
    char path[PLACE];
    sqlite3 *db = NULL;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    sqlite3_close(db);
}

static const char *file_of(const char *db, int run, const char *ending, char path[PLACE])
{
    snprintf(path, PLACE, "%s/%s.models/%s%s", folder, db, identity[run], ending);
    return path;
}

static bool is_there(const char *db, int run, const char *ending)
{
    char path[PLACE];
    return access(file_of(db, run, ending, path), F_OK) == 0;
}

static void rename_files(const char *db, const char *from, const char *to)
{
    char a[PLACE], b[PLACE];
    for (int i = 0; i < SEEDS; i++)
        assert_int_equal(rename(file_of(db, i, from, a), file_of(db, i, to, b)), 0);
}

static void read_identities(const char *name)
{
    char path[PLACE];
    sqlite3 *db = NULL;
    sqlite3_stmt *q = NULL;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_prepare_v2(db, "SELECT identity FROM run ORDER BY seed", -1, &q, NULL),
        SQLITE_OK);
    for (int i = 0; i < SEEDS; i++) {
        assert_int_equal(sqlite3_step(q), SQLITE_ROW);
        snprintf(identity[i], IDENTITY_TEXT, "%s", (const char *)sqlite3_column_text(q, 0));
    }
    sqlite3_finalize(q);
    sqlite3_close(db);
}

/* Makes a.db with two runs that are done. */
static int setup(void **state)
{
    char path[PLACE];
    (void)state;
    scratch_make(folder);
    snprintf(path, sizeof path, "%s/experiments.yaml", folder);
    write_text(path, yaml);
    posbench(0, "run --db a.db", "2 runs done");
    read_identities("a.db");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    scratch_remove(folder);
    return 0;
}

/* All commands that use weights refuse them. */
static void refused(const char *words)
{
    posbench(3, "eval 1 --split id --db a.db", words);
    posbench(3, "predict 1 --split id -n 1 --logits l.npy --force --db a.db", words);
    posbench(3, "export 1 -o w.safetensors --force --db a.db", words);
}

/* --- whose they are (F6) --- */

static void weights_of_another_run_are_refused(void **state)
{
    char a[PLACE], b[PLACE], line[LINE];
    (void)state;
    snprintf(line, sizeof line, "mv '%s' t && mv '%s' '%s' && mv t '%s'",
             file_of("a.db", 0, ".safetensors", a), file_of("a.db", 1, ".safetensors", b),
             a, b);
    shell(line);
    refused("holds the weights of run");
    posbench(1, "verify 1 --db a.db", "does not come out the same");
    /* A database of an older posbench, which stored no hash, is covered, too. */
    execute("a.db", "UPDATE run SET weights_hash = NULL");
    refused("holds the weights of run");
}

/* Overwrites the last number of run 1's weights. */
static void write_number(const unsigned char bytes[4])
{
    char path[PLACE];
    FILE *f = fopen(file_of("a.db", 0, ".safetensors", path), "r+b");
    assert_non_null(f);
    assert_int_equal(fseek(f, -4, SEEK_END), 0);
    assert_int_equal(fwrite(bytes, 1, 4, f), 4);
    assert_int_equal(fclose(f), 0);
}

static void weights_that_have_changed_are_refused(void **state)
{
    (void)state;
    write_number((const unsigned char[]){0x00, 0x00, 0x80, 0x7e}); /* 8.5e37 */
    refused("is not the file that the run left");
    posbench(1, "verify 1 --db a.db", "does not come out the same");
}

static void weights_that_are_not_finite_are_refused(void **state)
{
    (void)state;
    execute("a.db", "UPDATE run SET weights_hash = NULL");
    write_number((const unsigned char[]){0x00, 0x00, 0xc0, 0x7f});
    refused("is not finite");
    write_number((const unsigned char[]){0x00, 0x00, 0x80, 0xff});
    refused("is not finite");
    write_number((const unsigned char[]){0x00, 0x00, 0x80, 0x3f});
    posbench(0, "export 1 -o w.safetensors --db a.db", NULL);
}

/* --- merge --- */

static void what_the_part_lacks_is_told(void **state)
{
    struct program p;
    (void)state;
    shell("mv a.db.models away");
    posbench(0, "merge --db all.db a.db", "the weights of 2 done runs");
    posbench(0, "merge --db all.db a.db", "the weights of 2 done runs");
    shell("mv away a.db.models");
    RUN(&p, "-C %s merge --db all.db a.db", folder);
    assert_int_equal(p.code, 0);
    assert_null(strstr(p.err, "weights"));
    program_free(&p);
}

/* The run that is kept in a conflict has no weights; those of the other run are not its own. */
static void those_of_other_numbers_do_not_stay(void **state)
{
    (void)state;
    shell("cp a.db b.db && ln -s b.db link.db");
    execute("b.db", "UPDATE metric SET value = 0.75 WHERE name = 'token_error'; UPDATE run "
                    "SET ended = '2000-01-01T00:00:00.000Z', weights_hash = NULL");
    posbench(1, "merge --db new.db a.db link.db", "the weights of 2 done runs");
    assert_false(is_there("new.db", 0, ".safetensors"));
    assert_false(is_there("new.db", 1, ".safetensors"));
    shell("cp -r a.db.models b.db.models");
    posbench(0, "merge --db new.db link.db", "2 as before");
    assert_true(is_there("new.db", 0, ".safetensors"));
    assert_true(is_there("new.db", 1, ".safetensors"));
}

/* F1: the numbers are equal, and the part's models folder was not copied with it. */
static void they_stay_when_the_part_has_none(void **state)
{
    (void)state;
    shell("cp a.db b.db");
    execute("b.db", "UPDATE run SET ended = '2000-01-01T00:00:00.000Z'");
    posbench(0, "merge --db a.db b.db", "0 runs added");
    assert_true(is_there("a.db", 0, ".safetensors"));
    assert_true(is_there("a.db", 1, ".safetensors"));
    posbench(0, "eval 1 --split id --db a.db", NULL);
}

static void they_are_taken_where_they_are_missing_or_damaged(void **state)
{
    char path[PLACE];
    (void)state;
    shell("cp a.db b.db && cp -r a.db.models b.db.models");
    unlink(file_of("a.db", 1, ".safetensors", path));
    write_number((const unsigned char[]){0x00, 0x00, 0xc0, 0x7f});
    posbench(0, "merge --db a.db b.db", "2 as before");
    posbench(0, "eval 1 --split id --db a.db", NULL);
    posbench(0, "eval 2 --split id --db a.db", NULL);
}

/* F2: a merge of an older posbench was killed and left files aside. */
static void what_was_set_aside_is_found_and_put_back(void **state)
{
    (void)state;
    rename_files("a.db", ".safetensors", ".aside.safetensors");
    posbench(0, "eval 1 --split id --db a.db", NULL);
    shell("cp a.db copy.db");
    posbench(0, "merge --db a.db copy.db", "2 as before");
    assert_true(is_there("a.db", 0, ".safetensors"));
    assert_false(is_there("a.db", 0, ".aside.safetensors"));
    rename_files("a.db", ".safetensors", ".aside.safetensors");
    posbench(0, "run --db a.db", "0 runs done, 2 skipped");
    assert_true(is_there("a.db", 1, ".safetensors"));
    posbench(0, "eval 2 --split id --db a.db", NULL);
}

/* A link in the part is reported and hinders nothing else, however often it is merged. */
static void a_link_in_a_part_does_not_hold_up_the_rest(void **state)
{
    char path[PLACE];
    (void)state;
    file_of("a.db", 0, ".safetensors", path);
    shell("mkdir away");
    char line[LINE];
    snprintf(line, sizeof line, "mv '%s' away/w && ln -s \"$PWD/away/w\" '%s'", path, path);
    shell(line);
    for (int i = 0; i < 2; i++)
        posbench(1, "merge --db all.db a.db", "is a link, which is not followed");
    assert_false(is_there("all.db", 0, ".safetensors"));
    assert_true(is_there("all.db", 1, ".safetensors"));
    posbench(0, "eval 2 --split id --db all.db", NULL);
    snprintf(line, sizeof line, "rm '%s' && mv away/w '%s'", path, path);
    shell(line);
    posbench(0, "merge --db all.db a.db", "2 as before");
    posbench(0, "eval 1 --split id --db all.db", NULL);
}

static void weights_of_another_run_in_a_part_are_not_taken(void **state)
{
    char a[PLACE], b[PLACE], line[LINE];
    (void)state;
    snprintf(line, sizeof line, "cp '%s' '%s'", file_of("a.db", 0, ".safetensors", a),
             file_of("a.db", 1, ".safetensors", b));
    shell(line);
    posbench(1, "merge --db all.db a.db", "is not the file that the run left");
    execute("a.db", "UPDATE run SET weights_hash = NULL");
    posbench(1, "merge --db more.db a.db", "cannot be used: holds weights of run");
    assert_true(is_there("more.db", 0, ".safetensors"));
    assert_false(is_there("more.db", 1, ".safetensors"));
}

/* F17 */
static void a_damaged_part_is_told_by_its_name(void **state)
{
    (void)state;
    execute("a.db", "PRAGMA ignore_check_constraints = 1; UPDATE answer SET bits = "
                    "x'0102030405'");
    posbench(3, "merge --db all.db a.db", "posbench: a.db: cannot be merged: CHECK");
}

/* --- what is left beside a database --- */

/* F21: the process that wrote it was killed, and another process has its number by now. */
static void half_a_checkpoint_is_swept_unless_its_worker_lives(void **state)
{
    char half[PLACE], spool[PLACE], ending[64];
    (void)state;
    snprintf(ending, sizeof ending, ".checkpoint.safetensors.%ld.tmp", (long)getpid());
    write_text(file_of("a.db", 0, ending, half), "half");
    snprintf(spool, sizeof spool, "%s/a.db.spool", folder);
    assert_int_equal(mkdir(spool, 0777), 0);
    snprintf(spool, sizeof spool, "%s/a.db.spool/%s.jsonl", folder, identity[0]);
    write_text(spool, "");
    const int held = open(spool, O_RDWR | O_CLOEXEC);
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    assert_int_equal(fcntl(held, F_SETLK, &whole), 0);
    shell("cp a.db copy.db");
    posbench(0, "merge --db a.db copy.db", "2 as before");
    assert_true(is_there("a.db", 0, ending));
    close(held);
    posbench(0, "run --db a.db", "0 runs done, 2 skipped");
    assert_false(is_there("a.db", 0, ending));
    /* It does not stay when the run is deleted, either. */
    write_text(half, "half");
    posbench(0, "rm --db a.db seed=1", "1 run marked");
    posbench(0, "purge --yes --db a.db", "deleted from a.db");
    posbench(0, "run --db a.db --only seed=2", "0 runs done");
    assert_false(is_there("a.db", 0, ending));
}

/* F24: something that is no file is in their place. */
static void weights_that_could_not_be_kept_are_counted(void **state)
{
    char path[PLACE];
    (void)state;
    shell("mkdir b.db.models");
    assert_int_equal(mkdir(file_of("b.db", 0, ".trained.safetensors", path), 0777), 0);
    posbench(1, "run --db b.db", "the weights of 1 could not be kept");
    assert_false(is_there("b.db", 0, ".safetensors"));
    assert_true(is_there("b.db", 1, ".safetensors"));
    posbench(4, "eval 1 --split id --db b.db", "no weights of this run were kept");
    posbench(0, "run --db b.db", "0 runs done, 2 skipped");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(weights_of_another_run_are_refused),
        TEST(weights_that_have_changed_are_refused),
        TEST(weights_that_are_not_finite_are_refused),
        TEST(what_the_part_lacks_is_told),
        TEST(those_of_other_numbers_do_not_stay),
        TEST(they_stay_when_the_part_has_none),
        TEST(they_are_taken_where_they_are_missing_or_damaged),
        TEST(what_was_set_aside_is_found_and_put_back),
        TEST(a_link_in_a_part_does_not_hold_up_the_rest),
        TEST(weights_of_another_run_in_a_part_are_not_taken),
        TEST(a_damaged_part_is_told_by_its_name),
        TEST(half_a_checkpoint_is_swept_unless_its_worker_lives),
        TEST(weights_that_could_not_be_kept_are_counted),
    };
    return cmocka_run_group_tests_name("weights", tests, NULL, NULL);
}
