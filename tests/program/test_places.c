/* A run loses something while it works: the program is built anew, or somebody else takes away
 * the database, its folders or its locks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "run_script.h"

/* --- the program --- */

static void a_program_built_anew_does_not_train_what_another_began(void **state)
{
    (void)state;
    char *said = script("cp \"$pb\" pb; pb=./pb\n"
                        "begin $LONGER\n"
                        "printf '#!/bin/sh\\nexit 9\\n' >new; chmod +x new; mv new pb\n"
                        "ended; pb=" POSBENCH "; states x.db\n");
    expect(said, "code 0");
    expect(said, "done,4");
    free(said);
}

static void a_program_that_is_removed_ends_what_it_began(void **state)
{
    (void)state;
    char *said = script("cp \"$pb\" pb; pb=./pb\n"
                        "begin $LONGER; rm pb; ended; pb=" POSBENCH "; states x.db\n");
    expect(said, "code 0");
    expect(said, "done,4");
    free(said);
}

static void a_worker_of_another_program_refuses(void **state)
{
    struct program p;
    (void)state;
    RUN(&p, "worker --spool %s/s.jsonl --program '0.0 abcdef'", folder);
    assert_int_equal(p.code, 3);
    expect(p.err, "posbench 0.0 abcdef");
    program_free(&p);
}

/* --- database and folders --- */

static void a_database_that_is_removed_stops_the_matrix(void **state)
{
    (void)state;
    char *said = script("begin $ENDLESS; rm x.db; ended; ls\n");
    expect(said, "code 3");
    expect(said, "x.db: was removed or replaced: it is not there any more");
    expect(said, "else that begins a new one with all runs");
    expect_not(said, "runs done");
    free(said);
}

/* rsync, git checkout and synchronised folders replace files in this way. */
static void a_database_that_is_replaced_stops_the_matrix(void **state)
{
    (void)state;
    char *said = script("begin $ENDLESS\n"
                        "cp x.db copy; mv copy x.db; ended; states x.db\n"
                        "[ ! -s x.db-wal ] || echo a log is left\n");
    expect(said, "code 3");
    expect(said, "x.db: was removed or replaced");
    expect_not(said, "\nfailed,");
    expect_not(said, "a log is left");
    free(said);
}

/* The file holds what was stored until then, under its new name. */
static void a_database_that_is_moved_keeps_what_was_stored(void **state)
{
    (void)state;
    char *said = script("\"$pb\" run e.yaml --db x.db -q\n"
                        "begin --set seeds=[5,6] $ENDLESS; mv x.db y.db; ended\n"
                        "states y.db\n");
    expect(said, "code 3");
    expect(said, "done,4");
    free(said);
}

static void a_spool_folder_that_vanishes_burns_no_run(void **state)
{
    (void)state;
    char *said = script("begin $ENDLESS; rm -rf x.db.spool; ended; states x.db\n"
                        "\"$pb\" run e.yaml --db x.db -q; echo again $?; states x.db\n");
    expect(said, "code 3");
    expect(said, "x.db.spool: was removed or replaced");
    expect_not(said, "\nfailed,");
    expect(said, "again 0");
    expect(said, "done,4");
    free(said);
}

static void a_text_that_changes_burns_no_run(void **state)
{
    (void)state;
    char *said =
        script("mkdir texts; for part in train valid test; do\n"
               "  seq 1000 >texts/$part.txt\n"
               "done\n"
               "sed 's/{name: flip_flop.*/{name: text, corpus: .\\/texts, '\\\n"
               "'tokenizer: byte, context: 16}/' e.yaml >t.yaml; mv t.yaml e.yaml\n"
               "begin $LONGER; echo more >>texts/train.txt; ended; states x.db\n");
    assert_non_null(strstr(said, "code 3\n"));
    assert_non_null(strstr(said, "put back the files as they were; no run was marked as"));
    assert_null(strstr(said, "\nfailed,"));
    assert_non_null(strstr(said, "interrupted,1\n"));
    free(said);
}

static void a_models_folder_that_is_replaced_stops_the_matrix(void **state)
{
    (void)state;
    char *said = script("begin $ENDLESS; mv x.db.models old; mkdir x.db.models; ended\n"
                        "states x.db\n");
    expect(said, "code 3");
    expect(said, "x.db.models: was removed or replaced");
    expect_not(said, "\nfailed,");
    free(said);
}

/* --- what would never end --- */

static void an_endless_evaluation_is_stopped(void **state)
{
    (void)state;
    char *said = script(
        "begin --set train.steps=1 --set train.warmup=0 --set splits.id.count=100000000\n"
        "sleep 0.3; kill -TERM $pid; ended; states x.db\n");
    expect(said, "code 143");
    expect(said, "interrupted: stopped at step ");
    expect_not(said, "\nfailed,");
    free(said);
}

/* --- locks --- */

/* `hold` takes the lock of x.db until `release`; `until_waiting` waits until the program says
 * that it waits. */
static const char hold[] =
    "hold() { sqlite3 x.db '.timeout 9000' 'BEGIN IMMEDIATE' '.shell touch held; until [ -e "
    "free ]; do sleep 0.02; done' COMMIT & holder=$!; until [ -e held ]; do sleep 0.01; "
    "done; }\n"
    "release() { touch free; wait $holder; }\n"
    "until_waiting() { until grep -q waiting said; do sleep 0.02; done; }\n";

static void a_lock_of_another_is_waited_for_and_its_holder_named(void **state)
{
    char body[1024];
    (void)state;
    snprintf(body, sizeof body,
             "%s\"$pb\" run e.yaml --db x.db -q --only seed=1\n"
             "hold; \"$pb\" run e.yaml --db x.db 2>said & pid=$!\n"
             "until_waiting; release; ended; states x.db\n",
             hold);
    char *said = script(body);
    expect(said, "x.db: waiting for process ");
    expect(said, "(sqlite3) to give up its lock");
    expect(said, "code 0");
    expect(said, "done,4");
    free(said);
}

static void a_wish_to_end_is_obeyed_while_a_lock_is_waited_for(void **state)
{
    char body[1024];
    (void)state;
    snprintf(body, sizeof body,
             "%sbegin --set seeds=[1,2,3,4,5,6,7,8,9] --set train.steps=20000; hold\n"
             "until_waiting; kill -TERM $pid; ended; release\n",
             hold);
    char *said = script(body);
    expect(said, "code 143");
    expect(said, "waiting for process ");
    expect_not(said, "failed:");
    free(said);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_program_built_anew_does_not_train_what_another_began),
        TEST(a_program_that_is_removed_ends_what_it_began),
        TEST(a_worker_of_another_program_refuses),
        TEST(a_database_that_is_removed_stops_the_matrix),
        TEST(a_database_that_is_replaced_stops_the_matrix),
        TEST(a_database_that_is_moved_keeps_what_was_stored),
        TEST(a_spool_folder_that_vanishes_burns_no_run),
        TEST(a_text_that_changes_burns_no_run),
        TEST(a_models_folder_that_is_replaced_stops_the_matrix),
        TEST(an_endless_evaluation_is_stopped),
        TEST(a_lock_of_another_is_waited_for_and_its_holder_named),
        TEST(a_wish_to_end_is_obeyed_while_a_lock_is_waited_for),
    };
    return cmocka_run_group_tests_name("places", tests, NULL, NULL);
}
