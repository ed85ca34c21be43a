/* Output of `run` without a terminal: what it will do, its progress with the remaining time,
 * and at the end the result and the next step. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "run_script.h"

static void it_begins_with_what_it_will_do(void **state)
{
    (void)state;
    char *said = script("exec 2>&1\n"
                        "\"$pb\" run e.yaml --db x.db\n"
                        "\"$pb\" run e.yaml --db x.db --set seeds=[1,2,3,4,5,6]\n"
                        "\"$pb\" run e.yaml --db x.db\n"
                        "\"$pb\" run e.yaml --db x.db --rerun all --only seed=1\n");
    expect(said, "4 runs in x.db: 4 new\n");
    expect(said, "6 runs in x.db: 2 new, 4 done before\n");
    expect(said, "4 runs in x.db: 4 done before\n");
    expect(said, "1 run in x.db: 1 again\n");
    free(said);
}

/* Only a long matrix gets a second of measuring first. */
static void it_begins_with_how_long_it_takes(void **state)
{
    (void)state;
    char *said = script("begin $ENDLESS; kill -TERM $pid; ended\n");
    expect(said, "4 runs in x.db: 4 new; about ");
    expect(said, " with 1 at a time\n");
    free(said);
}

static void every_end_tells_how_many_and_how_long(void **state)
{
    char line[64];
    (void)state;
    char *said = script("\"$pb\" run e.yaml --db x.db -j 1 2>&1\n");
    for (int i = 1; i <= 4; i++) {
        snprintf(line, sizeof line, "\n[%d/4] flip rope seed %d: done in ", i, i);
        expect(said, line);
        const char *end = strchr(strstr(said, line) + 1, '\n');
        assert_int_equal(strncmp(end - 5, " left", 5) == 0, i < 4);
    }
    expect(said, "4 runs done, 0 skipped as done before, 0 failed in x.db; next: posbench "
                 "table --db x.db\n");
    free(said);
}

static void what_was_interrupted_has_not_ended(void **state)
{
    (void)state;
    char *said = script("begin $ENDLESS; kill -TERM $pid; ended\n");
    expect(said, "code 143");
    expect(said, "[0/4] flip rope seed 1: interrupted: ");
    expect(said, "interrupted: 0 runs done, 0 skipped, 0 failed, 4 to go in x.db; the same "
                 "command goes on");
    free(said);
}

/* The first attempt takes at least 0.5 s; the total is that and the rest. When a machine ends
 * the run before it is stopped, four times the steps are tried. */
static void a_resumed_run_says_its_whole_time(void **state)
{
    (void)state;
    char *said = script("steps=40000\n"
                        "while :; do\n"
                        "  begin --set train.steps=$steps --only seed=1; sleep 0.5\n"
                        "  kill -TERM $pid; wait $pid; [ $? = 0 ] || break\n"
                        "  rm -r x.db*; steps=$((4 * steps))\n"
                        "done\n"
                        "begin --set train.steps=$steps --only seed=1; ended\n");
    expect(said, "1 run in x.db: 1 to go on from a checkpoint");
    expect(said, "[1/1] flip rope seed 1: done in ");
    expect(said, " of it now; ");
    free(said);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_begins_with_what_it_will_do),
        TEST(it_begins_with_how_long_it_takes),
        TEST(every_end_tells_how_many_and_how_long),
        TEST(what_was_interrupted_has_not_ended),
        TEST(a_resumed_run_says_its_whole_time),
    };
    return cmocka_run_group_tests_name("run_words", tests, NULL, NULL);
}
