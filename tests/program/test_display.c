/* Messages of commands: about foreign databases, typing mistakes and numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>
#include <sqlite3.h>

#include "program.h"
#include "small_matrix.h"

static char folder[SCRATCH_TEXT];

static const char yaml[] =
    "version: 1\n"
    "defaults:\n"
    "  seeds: [1, 2]\n"
    "  model: {layers: 1, heads: 1, dim: 8}\n"
    "  train: {steps: 4, batch: 4, eval_every: 2, eval_count: 2}\n"
    "experiments:\n"
    "  flip_flop:\n"
    "    task: {name: flip_flop, length: 16}\n"
    "    splits: {id: {count: 4}, ood_sparse: {count: 4}}\n"
    "    encoders: [none, rope]\n"
    "  counting:\n"
    "    task: {name: counting, max_operations: 8, window: 40}\n"
    "    splits: {id: {count: 4}, ood_longer: {count: 4}}\n"
    "    encoders: [none, rope]\n"
    "claims:\n"
    "  - {id: c, text: t, experiment: flip_flop, split: id, metric: perplexity,\n"
    "     less: rope, than: none}\n";

static int train_once(void **state)
{
    char path[SCRATCH_TEXT + 16];
    struct program p;
    (void)state;
    scratch_make(folder);
    snprintf(path, sizeof path, "%s/e.yaml", folder);
    write_text(path, yaml);
    RUN(&p, "-C %s run e.yaml --db good.db --quiet", folder);
    const int code = p.code;
    program_free(&p);
    return code;
}

static int remove_all(void **state)
{
    (void)state;
    scratch_remove(folder);
    return 0;
}

/* Makes s.db: good.db changed by `sql`, with its models. */
static void make(const char *sql)
{
    struct program p;
    char line[4 * SCRATCH_TEXT + 64], *why = NULL;
    sqlite3 *db = NULL;
    snprintf(line, sizeof line,
             "-c 'cd %s && cp good.db s.db && rm -rf s.db.models into.db && "
             "cp -r good.db.models s.db.models'",
             folder);
    program_run(&p, "/bin/sh", NULL, line);
    assert_int_equal(p.code, 0);
    program_free(&p);
    snprintf(line, sizeof line, "%s/s.db", folder);
    assert_int_equal(sqlite3_open(line, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
        fail_msg("%s: %s", sql, why);
    sqlite3_close(db);
}

/* Checks that the command ends with `code` and that stdout contains `out` and stderr `err`;
 * NULL: must be empty. */
static void said(const char *words, int code, const char *out, const char *err)
{
    struct program p;
    RUN(&p, "-C %s %s", folder, words);
    if (p.code != code || (out ? !strstr(p.out, out) : *p.out) ||
        (err ? !strstr(p.err, err) : *p.err))
        fail_msg("posbench %s: exit code %d\n%s%s", words, p.code, p.out, p.err);
    program_free(&p);
}

/* --- strangers --- */

/* A value that would clear the screen in three ways and reverse the direction of text. */
#define EVIL "char(27) || '[2J' || char(155) || 'x' || char(8238) || char(10) || 'y'"

static void assert_no_escapes(const char *words, const char *wanted)
{
    static const char turn[] = {'\xE2', '\x80', '\xAE', 0};
    static const char *const raw[] = {"\x1B", "\xC2\x9B", turn};
    struct program p;
    RUN(&p, "-C %s %s 2>&1", folder, words);
    for (size_t i = 0; i < sizeof raw / sizeof *raw; i++)
        if (strstr(p.out, raw[i]))
            fail_msg("posbench %s: %s goes through", words, raw[i]);
    if (!strstr(p.out, wanted))
        fail_msg("posbench %s: no \"%s\" in\n%s", words, wanted, p.out);
    program_free(&p);
}

static void no_text_of_a_database_reaches_the_terminal_raw(void **state)
{
    static const char shown[] = "\\x1b[2J\\u009bx\\u202e\\ny";
    (void)state;
    make("UPDATE run SET experiment = " EVIL ", variant = " EVIL ", cell = " EVIL
         ", error = " EVIL ", removed = NULL;"
         "UPDATE provenance SET host = " EVIL ", cpu = " EVIL ";"
         "UPDATE claim SET text = " EVIL ";"
         "UPDATE metric SET split = split || " EVIL " WHERE run_id = 1 AND step = 4;"
         "INSERT INTO event (run_id, level, text) VALUES (1, 'info', " EVIL ")");
    assert_no_escapes("show 1 --db s.db", shown);
    assert_no_escapes("list runs --db s.db", shown);
    assert_no_escapes("list runs --db s.db -o csv", "\\x1b[2J\\u009bx\\u202e\ny");
    assert_no_escapes("list runs --db s.db -o md", "\\\\x1b");
    assert_no_escapes("list runs --db s.db -o latex", "textbackslash{}x1b");
    assert_no_escapes("list runs --db s.db --json", "\\u009bx\\u202e\\ny");
    assert_no_escapes("table --db s.db", shown);
    assert_no_escapes("table --db s.db --json", "\\u009bx\\u202e\\ny");
    assert_no_escapes("claims '*' --db s.db", shown);
    assert_no_escapes("query 'SELECT * FROM v_run' --db s.db", shown);
    assert_no_escapes("rm --dry-run seed=1 --db s.db", shown);
    assert_no_escapes("eval 1 --db s.db", "split id");
    assert_no_escapes("verify 1 --db s.db", "differs");
    assert_no_escapes("rm seed=1 --db s.db", "marked");
    assert_no_escapes("purge --dry-run seed=1 --db s.db", shown);
}

static void conflicts_that_merge_tells_are_clean(void **state)
{
    (void)state;
    make("UPDATE metric SET value = 0.25 WHERE name = 'loss';"
         "UPDATE run SET variant = " EVIL);
    assert_no_escapes("merge good.db s.db --db into.db", "merged");
}

/* After \\ of a row, LaTeX would take [...] for an argument, and * too. */
static void latex_takes_no_name_for_an_argument(void **state)
{
    (void)state;
    make("UPDATE claim SET name = '[9pt] *x'");
    said("claims --db s.db -o latex", 0, "\n% {}[9pt] *x: t", NULL);
    said("claims --db s.db -o latex", 0, "\\midrule\n{}[9pt] *x & ", NULL);
}

/* --- damage is not wrong usage --- */

static void damage_is_told_as_damage(void **state)
{
    (void)state;
    make("UPDATE metric SET count = 9223372036854775807, total = 9223372036854775807");
    said("query accuracy_by_split --db s.db", 3, "", "restore a copy");
    said("table --db s.db -o csv", 0, "9223372036854775807", NULL);
    /* Wrong input of the user is his to correct: exit code 2. */
    said("query 'SELECT sum(count) FROM metric' --db s.db", 2, "", "integer overflow");
}

static void claims_rank_perplexities_that_overflow(void **state)
{
    static const char *const value[] = {"9e999", "1e300 * run_id"};
    (void)state;
    for (int i = 0; i < 2; i++) {
        char sql[256];
        snprintf(sql, sizeof sql,
                 "UPDATE metric SET value = %s WHERE name = 'perplexity' AND run_id IN "
                 "(SELECT id FROM run WHERE variant = 'rope')",
                 value[i]);
        make(sql);
        /* Two seeds a side: the smallest p-value is 1 / C(4, 2). */
        said("claims --db s.db", 0, "too few seeds (4)", NULL);
        said("claims --db s.db --json", 0, "\"p_above\": 0.16666666666666", NULL);
    }
    make("UPDATE metric SET value = 9e999 WHERE name = 'perplexity'");
    said("table --metric perplexity --db s.db", 0, "inf ± n/a\n", NULL);
}

/* --- rows as they come --- */

static void an_endless_query_ends_with_its_reader(void **state)
{
    static const char *const formats[] = {"text", "md", "csv", "json"};
    (void)state;
    for (int i = 0; i < 4; i++) {
        char line[1024];
        struct program p;
        snprintf(line, sizeof line,
                 "20 sh -c '%s -C %s query \"WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL "
                 "SELECT x + 1 FROM c) SELECT x FROM c\" --db good.db -o %s | head -n 3'",
                 POSBENCH, folder, formats[i]);
        program_run(&p, "timeout", NULL, line);
        if (p.code != 0 || !*p.out)
            fail_msg("-o %s: exit code %d: %s%s", formats[i], p.code, p.out, p.err);
        program_free(&p);
    }
}

/* --- names that are not there --- */

static void mistyped_names_get_a_candidate(void **state)
{
    (void)state;
    said("table flipflop --db good.db", 4, NULL, "did you mean \"flip_flop\"?");
    said("table --only encoder=rop --db good.db", 4, NULL, "did you mean \"rope\"?");
    said("table --only encoder=alibi --db good.db", 4, NULL, "there are rope, none");
    said("run e.yaml --only encoder=alibi --db good.db", 4, NULL, "there are none, rope");
    said("plan e.yaml --only experiment=countin --db good.db", 4, NULL,
         "did you mean \"counting\"?");
    said("list runs --only variant=ropee --db good.db", 4, "", "did you mean \"rope\"?");
    said("rm encoder=nome --db good.db", 4, NULL, "did you mean \"none\"?");
    said("eval --only encoder=rops --db good.db", 4, NULL, "did you mean \"rope\"?");
    said("query 'SELECT * FROM v_sumary' --db good.db", 2, NULL,
         "no such table: v_sumary; did you mean \"v_summary\"?");
    said("predict 1 --split idd --logits x.npy --db good.db", 4, NULL,
         "did you mean \"id\"?");
}

static void a_split_of_another_task_is_told(void **state)
{
    (void)state;
    said("table counting --only split=ood_sparse --db good.db", 4, NULL,
         "it is one of flip_flop");
    said("table counting --only split=ood_longe --db good.db", 4, NULL,
         "did you mean \"ood_longer\"?");
}

static void a_metric_named_twice_is_printed_once(void **state)
{
    struct program p;
    (void)state;
    RUN(&p, "-C %s table flip_flop --metric loss,loss --db good.db", folder);
    assert_int_equal(p.code, 0);
    char *first = strstr(p.out, ": loss\n");
    assert_non_null(first);
    assert_null(strstr(first + 1, ": loss\n"));
    program_free(&p);
}

/* --- tables of several tasks --- */

/* The experiment follows from the task here, so it gets no rows of its own. A split that a
 * task does not have is a blank cell. */
static void tasks_can_be_columns(void **state)
{
    (void)state;
    said(
        "table --rows encoder --cols task --metric token_error --only split=id --db good.db",
        0, "encoder", NULL);
    struct program p;
    RUN(&p,
        "-C %s table --rows encoder --cols task --metric token_error --only split=id "
        "--db good.db",
        folder);
    assert_null(strstr(p.out, "n/a"));
    assert_null(strstr(p.out, "experiment  "));
    assert_non_null(strstr(p.out, "encoder        flip_flop"));
    program_free(&p);
    RUN(&p,
        "-C %s table --rows encoder --cols task --metric token_error "
        "--only split=ood_sparse --db good.db",
        folder);
    assert_null(strstr(p.out, "n/a"));
    assert_null(strstr(p.out, "has no numbers"));
    program_free(&p);
    RUN(&p,
        "-C %s table --rows split --cols task --metric token_error "
        "--only encoder=rope --db good.db",
        folder);
    assert_null(strstr(p.out, "n/a"));
    program_free(&p);
}

/* --- a run asked again --- */

static void answers_say_what_was_asked(void **state)
{
    struct program p;
    json_error_t why;
    (void)state;
    RUN(&p, "-C %s eval 1 --split id --set p_ignore=0.5 --set count=7 --db good.db --json",
        folder);
    assert_int_equal(p.code, 0);
    json_t *all = json_loads(p.out, 0, &why);
    const json_t *options = json_object_get(all, "options");
    assert_int_equal(json_integer_value(json_object_get(all, "schema")), 1);
    assert_int_equal(json_integer_value(json_object_get(all, "run")), 1);
    assert_int_equal(json_integer_value(json_object_get(all, "sequences")), 7);
    assert_string_equal(json_string_value(json_object_get(all, "profile")), "default");
    assert_string_equal(json_string_value(json_object_get(all, "cell")), "");
    assert_true(json_real_value(json_object_get(options, "p_ignore")) == 0.5);
    assert_int_equal(json_integer_value(json_object_get(options, "length")), 16);
    assert_true(json_is_true(json_object_get(options, "clean")));
    json_decref(all);
    program_free(&p);
}

/* --- a narrow terminal --- */

/* Columns of a line of UTF-8 in which each character takes one. */
static int columns(const char *line)
{
    int n = 0;
    for (; *line; line++)
        n += (*line & 0xC0) != 0x80;
    return n;
}

static void tables_fit_a_terminal_of_80_columns(void **state)
{
    static const char *const words[] = {"table --db good.db", "claims '*' --db good.db",
                                        "plan e.yaml --db good.db",
                                        "list experiments e.yaml", "list tasks"};
    (void)state;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        char line[512];
        struct program p;
        snprintf(line, sizeof line, "-C %s %s", folder, words[i]);
        program_run(&p, POSBENCH, "COLUMNS=80", line);
        assert_int_equal(p.code, 0);
        for (char *text = strtok(p.out, "\n"); text; text = strtok(NULL, "\n"))
            if (columns(text) > 80)
                fail_msg("posbench %s: %s", words[i], text);
        program_free(&p);
    }
}

static void the_best_is_bold_where_colour_is(void **state)
{
    static const struct {
        const char *environment, *option;
        int bold;
    } cases[] = {{"CLICOLOR_FORCE=1", "", 1},
                 {"CLICOLOR_FORCE=1", "--no-color", 0},
                 {"CLICOLOR_FORCE=1", "-o md", 0},
                 {"NO_COLOR=1", "", 0}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char line[512];
        struct program p;
        snprintf(line, sizeof line, "-C %s table --metric loss --db good.db %s", folder,
                 cases[i].option);
        program_run(&p, POSBENCH, cases[i].environment, line);
        assert_int_equal(p.code, 0);
        assert_int_equal(strstr(p.out, "\x1B[1m") != NULL, cases[i].bold);
        assert_int_equal(strstr(p.out, "\x1B[0m ±") != NULL, 0);
        program_free(&p);
    }
}

static void one_run_is_no_runs(void **state)
{
    (void)state;
    said("plan e.yaml --only seed=1 --only encoder=rope --only experiment=counting --db "
         "good.db",
         0, "\n1 run: 1 done", NULL);
}

/* A request that matches nothing is answered with what there is. */
static void what_matches_nothing_says_what_there_is(void **state)
{
    static const char profile[] = "none has profile=quik; there are default";
    (void)state;
    said("table --db good.db --profile quik", 4, NULL, profile);
    said("table --aggregate --db good.db --profile quik", 4, NULL, profile);
    said("table --extrapolation --db good.db --profile quik", 4, NULL, profile);
    said("claims --db good.db --profile quik", 4, NULL, profile);
    said("compare none rope --db good.db --profile quik", 4, NULL, profile);
    said("table --db good.db --only split=zz", 4, NULL, "none has split=zz; there are");
    said("table --extrapolation --db good.db --only split=zz", 4, NULL,
         "none has split=zz");
    said("compare none rope --db good.db --only split=zz", 4, NULL, "none has split=zz");
    said("claims --db good.db d", 4, NULL, "no claim matches \"d\"; did you mean \"c\"?");
    said("compare rope rope --db good.db", 2, NULL,
         "\"rope\" stands on both sides; the others of this database: none\n");
    said("compare good.db good.db", 2, NULL, "\"good.db\" stands on both sides");
    said("table --db good.db -o macro", 2, NULL, "json, macros; did you mean \"macros\"?");
}

/* A stand-in for gnuplot hands its script on, one for fc-list knows fonts with `letters`.
 * The picture has `drawn`; `told`: NULL, or a part of what is said. */
static void draw(const char *letters, const char *end, const char *drawn, const char *told)
{
    char line[1024], environment[2 * SCRATCH_TEXT];
    struct program p;
    snprintf(
        line, sizeof line,
        "-c 'mkdir -p %s/bin && cd %s/bin && printf \"#!/bin/sh\\ncat\\n\" >gnuplot && "
        "printf \"#!/bin/sh\\n%s\\n\" >fc-list && chmod +x gnuplot fc-list'",
        folder, folder, letters);
    program_run(&p, "/bin/sh", NULL, line);
    assert_int_equal(p.code, 0);
    program_free(&p);
    snprintf(environment, sizeof environment, "PATH=%s/bin:$PATH", folder);
    snprintf(line, sizeof line, "-C %s plot seeds --db s.db -o p.%s && cat %s/p.%s", folder,
             end, folder, end);
    program_run(&p, POSBENCH, environment, line);
    assert_int_equal(p.code, 0);
    if (!strstr(p.out, drawn))
        fail_msg("no %s in\n%s", drawn, p.out);
    if (told ? !strstr(p.err, told) : *p.err)
        fail_msg("%s", p.err);
    program_free(&p);
}

/* Cairo draws a letter without a font across the whole picture. */
static void letters_without_a_font_are_told(void **state)
{
    static const char told[] = "no font has U+4E2D; drawn as \"?\"";
    (void)state;
    make("UPDATE run SET variant = 'a\xe4\xb8\xad' || variant");
    draw("echo 20-7e a0-2fff; echo 4e00", "png", "a?rope", told);
    draw("echo 20-7e a0-2fff; echo 4e00", "pdf", "a?rope", told);
    draw("echo 20-7e a0-2fff; echo 4e00-4e2d 4e2f", "png",
         "a\xe4\xb8\xad"
         "rope",
         NULL);
    draw("echo 20-7e", "svg",
         "a\xe4\xb8\xad"
         "rope",
         NULL);
    draw("exit 127", "png",
         "a\xe4\xb8\xad"
         "rope",
         NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_text_of_a_database_reaches_the_terminal_raw),
        cmocka_unit_test(conflicts_that_merge_tells_are_clean),
        cmocka_unit_test(what_matches_nothing_says_what_there_is),
        cmocka_unit_test(latex_takes_no_name_for_an_argument),
        cmocka_unit_test(damage_is_told_as_damage),
        cmocka_unit_test(claims_rank_perplexities_that_overflow),
        cmocka_unit_test(an_endless_query_ends_with_its_reader),
        cmocka_unit_test(mistyped_names_get_a_candidate),
        cmocka_unit_test(a_split_of_another_task_is_told),
        cmocka_unit_test(a_metric_named_twice_is_printed_once),
        cmocka_unit_test(tasks_can_be_columns),
        cmocka_unit_test(answers_say_what_was_asked),
        cmocka_unit_test(tables_fit_a_terminal_of_80_columns),
        cmocka_unit_test(the_best_is_bold_where_colour_is),
        cmocka_unit_test(one_run_is_no_runs),
        cmocka_unit_test(letters_without_a_font_are_told),
    };
    return cmocka_run_group_tests_name("display", tests, train_once, remove_all);
}
