/* A run belongs to all cells and profiles that files list it in: plan, table and claims speak
 * of the same seeds, whichever was asked for first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "filled_store.h"
#include "program.h"
#include "small_matrix.h"

#define HEAD                                             \
    "version: 1\n"                                       \
    "experiments:\n"                                     \
    "  ff:\n"                                            \
    "    task: {name: flip_flop, length: 16}\n"          \
    "    splits: {id: {count: 20}}\n"                    \
    "    encoders: [rope, cope]\n"                       \
    "    model: {layers: 1, heads: 2, dim: 8, ff: 2x}\n" \
    "    train: {steps: 2, batch: 4, warmup: 1}\n"
#define CLAIM                                                                          \
    "claims:\n"                                                                        \
    "  - {id: c, text: \"a claim\", experiment: ff, cell: {model.dim: 8}, split: id, " \
    "metric: loss, less: rope, than: cope}\n"

static const char small[] = HEAD "    seeds: [1, 2]\nprofiles:\n  quick: {ff: {}}\n",
                  grown[] = HEAD "    seeds: [1, 2, 3]\n"
                                 "    grid: {model.dim: [8, 16]}\n"
                                 "profiles:\n  quick: {ff: {}}\n" CLAIM,
                  profiles[] = HEAD "profiles:\n  aa: {ff: {seeds: [1, 2]}}\n"
                                    "  bb: {ff: {seeds: [1, 2, 3]}}\n"
                                    "  cc: {ff: {seeds: [2]}}\n";

static void write_file(const struct fixture *f, const char *name, const char *text)
{
    char path[192];
    snprintf(path, sizeof path, "%s/%s", f->folder, name);
    write_text(path, text);
}

/* Returns what posbench prints, called in the folder with the test's database. */
static char *says(const struct fixture *f, const char *arguments)
{
    struct program p;
    RUN(&p, "%s -C '%s' --db '%s'", arguments, f->folder, f->path);
    if (p.code)
        fail_msg("%s: %s", arguments, p.err);
    free(p.err);
    return p.out;
}

static void assert_says(const struct fixture *f, const char *arguments, const char *want)
{
    char *text = says(f, arguments);
    if (!strstr(text, want))
        fail_msg("%s: \"%s\" is not in\n%s", arguments, want, text);
    free(text);
}

static void a_cell_that_gets_a_grid_keeps_its_seeds(void **state)
{
    const struct fixture *f = *state;
    write_file(f, "small.yaml", small);
    write_file(f, "grown.yaml", grown);
    free(says(f, "run small.yaml -q"));
    free(says(f, "run grown.yaml -q"));
    assert_says(f, "table --metric loss --file grown.yaml", "over 3 seeds");
    assert_says(f, "table ff --metric loss", "over 3 seeds");
    assert_says(f, "claims -o csv --file grown.yaml", ",3,");
    assert_says(f, "claims -o csv", ",3,");
    assert_says(f,
                "query \"SELECT count(*) AS n, count(DISTINCT cell) AS cells, "
                "count(DISTINCT run_id) AS runs FROM v_run\" -o csv",
                "12,2,12");
}

static void profiles_share_runs_also_when_nothing_is_left_to_do(void **state)
{
    const struct fixture *f = *state;
    write_file(f, "p.yaml", profiles);
    free(says(f, "run p.yaml --profile aa -q"));
    free(says(f, "run p.yaml --profile bb -q"));
    free(says(f, "run p.yaml --profile cc -q"));
    assert_says(f, "table --metric loss --profile aa", "over 2 seeds");
    assert_says(f, "table --metric loss --profile bb", "over 3 seeds");
    assert_says(f, "table --metric loss --profile cc", "one seed");
    /* v_run has a row for each profile of a run; run has one row for each run. */
    assert_says(f, "query \"SELECT count(*) FROM v_run\" -o csv", "12");
    assert_says(f, "query \"SELECT count(*) FROM run\" -o csv", "6");
}

/* `plan` calls the runs of a file done when another file made them; `--file` then includes
 * them. */
static void a_file_has_its_runs_before_it_is_run(void **state)
{
    const struct fixture *f = *state;
    write_file(f, "p.yaml", profiles);
    write_file(f, "grown.yaml", grown);
    free(says(f, "run p.yaml --profile aa -q"));
    assert_says(f, "plan p.yaml --profile bb", "4 done");
    assert_says(f, "table --metric loss --profile bb --file p.yaml", "profile bb");
    assert_says(f, "table --metric loss --profile bb --file p.yaml", "over 2 seeds");
    assert_says(f, "plan grown.yaml", "4 done");
    assert_says(f, "table --metric loss --rows cell --file grown.yaml", "model.dim=8");
    /* None of that is stored. */
    assert_says(f,
                "query \"SELECT group_concat(DISTINCT profile || cell) FROM "
                "membership\" -o csv",
                "\naa\n");
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, open_fixture, close_fixture)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_cell_that_gets_a_grid_keeps_its_seeds),
        CASE(profiles_share_runs_also_when_nothing_is_left_to_do),
        CASE(a_file_has_its_runs_before_it_is_run),
    };
    return cmocka_run_group_tests_name("membership", tests, NULL, NULL);
}
