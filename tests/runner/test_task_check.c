/* The report on a task: every clause holds for a sound task, clauses break on copies with a
 * fault, and no clause is tried when one that it needs is broken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "approx.h"
#include "program.h"
#include "task_check.h"

extern const struct task task_parity;

static const volatile sig_atomic_t go_on;
enum { SAMPLES = 400 };

static void check(const struct task *t, struct task_check *c)
{
    struct err e;
    if (task_check(t, SAMPLES, &go_on, c, &e) != ST_OK)
        fail_msg("%s", e.msg);
}

static enum task_check_verdict verdict(const struct task_check *c, const char *clause)
{
    for (int i = 0; i < c->clauses; i++)
        if (strcmp(c->clause[i].name, clause) == 0)
            return c->clause[i].verdict;
    fail_msg("no clause %s", clause);
    return CLAUSE_NOT_LOOKED_AT;
}

static void a_sound_task_keeps_every_clause(void **state)
{
    static struct task_check c;
    (void)state;
    check(&task_parity, &c);
    assert_int_equal(c.broken, 0);
    assert_true(c.clauses > 10);
    for (int i = 0; i < c.clauses; i++)
        assert_int_equal(c.clause[i].verdict, CLAUSE_KEPT);
    assert_int_equal(c.laws, 5);
    assert_string_equal(c.law[4].split->name, "ood_dense");
    assert_near(c.law[0].chance, 0.5, 0);
    assert_near(c.law[0].law.majority, c.law[0].majority, 0.1);
    assert_near(c.law[0].law.ceiling, 1, 0);
    assert_true(c.samples_per_s > 0 && c.tokens_per_s > c.samples_per_s);
}

static void wrong_labels(const struct option_values *o, struct rng *r, struct sample *out)
{
    task_parity.generate(o, r, out);
    for (int t = 0; t < out->length; t++)
        if (out->scored[t])
            out->target[t] = !out->target[t];
}

static void a_broken_clause_is_named_with_its_complaint(void **state)
{
    static struct task_check c;
    struct task t = task_parity;
    (void)state;
    t.generate = wrong_labels;
    check(&t, &c);
    assert_true(c.broken > 0);
    assert_int_equal(verdict(&c, "solver_agrees"), CLAUSE_BROKEN);
    assert_int_equal(verdict(&c, "ood_is_beyond_training"), CLAUSE_KEPT);
    for (int i = 0; i < c.clauses; i++)
        assert_int_equal(c.clause[i].complaint[0] != 0,
                         c.clause[i].verdict == CLAUSE_BROKEN);
    assert_int_equal(c.laws, 5);
}

static void strange_tokens(const struct option_values *o, struct rng *r, struct sample *out)
{
    task_parity.generate(o, r, out);
    out->token[0] = 1 << 30;
}

/* A token beyond the vocabulary would make clauses that count tokens write outside their rows. */
static void nothing_is_looked_at_on_broken_ground(void **state)
{
    static struct task_check c;
    struct task t = task_parity;
    (void)state;
    t.generate = strange_tokens;
    check(&t, &c);
    assert_int_equal(c.broken, 1);
    assert_int_equal(verdict(&c, "splits_are_laws"), CLAUSE_KEPT);
    assert_int_equal(verdict(&c, "samples_are_sound"), CLAUSE_BROKEN);
    assert_int_equal(verdict(&c, "answers_are_hidden"), CLAUSE_NOT_LOOKED_AT);
    assert_int_equal(c.laws, 0);
    assert_near(c.samples_per_s, 0, 0);
}

static void a_signal_ends_the_check(void **state)
{
    static struct task_check c;
    static const volatile sig_atomic_t stop = 1;
    struct err e;
    (void)state;
    assert_int_equal(task_check(&task_parity, SAMPLES, &stop, &c, &e), ST_INTERRUPTED);
}

/* --- printing --- */

static char *printed(const struct task *t, enum print_format f)
{
    static struct task_check c;
    struct err e;
    char *text = NULL;
    size_t bytes;
    check(t, &c);
    FILE *out = open_memstream(&text, &bytes);
    assert_non_null(out);
    assert_int_equal(task_check_print(&c, f, out, &e), ST_OK);
    assert_int_equal(fclose(out), 0);
    return text;
}

static void the_report_names_the_broken_clause(void **state)
{
    struct task t = task_parity;
    (void)state;
    t.generate = wrong_labels;
    char *text = printed(&t, PRINT_TEXT);
    assert_non_null(strstr(text, "parity version 1: "));
    const char *line = strstr(text, "\nsolver_agrees ");
    assert_non_null(line);
    assert_non_null(strstr(line, "broken   "));
    assert_non_null(strstr(line, "but solve says"));
    assert_non_null(strstr(text, "ood_dense"));
    assert_non_null(strstr(text, "samples/s"));
    free(text);
}

static void json_holds_the_same(void **state)
{
    struct task t = task_parity;
    json_error_t why;
    (void)state;
    t.generate = strange_tokens;
    char *text = printed(&t, PRINT_JSON);
    assert_int_equal(strcspn(text, "\n") + 1, strlen(text));
    json_t *all = json_loads(text, 0, &why);
    assert_non_null(all);
    assert_true(json_is_false(json_object_get(all, "kept")));
    assert_int_equal(json_array_size(json_object_get(all, "laws")), 0);
    const json_t *clauses = json_object_get(all, "clauses");
    int broken = 0;
    for (size_t i = 0; i < json_array_size(clauses); i++) {
        const json_t *c = json_array_get(clauses, i);
        broken += strcmp(json_string_value(json_object_get(c, "verdict")), "broken") == 0;
    }
    assert_int_equal(broken, 1);
    json_decref(all);
    free(text);
}

/* --- the command --- */

static void expect(const char *arguments, int code, const char *out, const char *err)
{
    struct program p;
    RUN(&p, "%s", arguments);
    if (p.code != code || !strstr(p.out, out) || !strstr(p.err, err))
        fail_msg("posbench %s: code %d, \"%s\", \"%s\"", arguments, p.code, p.out, p.err);
    program_free(&p);
}

static void the_command_checks_tasks_by_name(void **state)
{
    (void)state;
    expect("check parity reverse --samples 200", 0, "reverse version 1", "");
    expect("check parity --json --samples 200", 0, "\"kept\":true", "");
    expect("check partiy", 4, "", "did you mean \"parity\"?");
    expect("check rope", 2, "", "rope is an encoder");
    expect("check parity --samples 1", 2, "", "samples");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sound_task_keeps_every_clause),
        cmocka_unit_test(a_broken_clause_is_named_with_its_complaint),
        cmocka_unit_test(nothing_is_looked_at_on_broken_ground),
        cmocka_unit_test(a_signal_ends_the_check),
        cmocka_unit_test(the_report_names_the_broken_clause),
        cmocka_unit_test(json_holds_the_same),
        cmocka_unit_test(the_command_checks_tasks_by_name),
    };
    return cmocka_run_group_tests_name("task_check", tests, NULL, NULL);
}
