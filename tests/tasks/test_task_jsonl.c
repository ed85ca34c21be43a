/* Samples from files: the samples that lines describe, and the refusal of every bad line with
 * its number. test_task_contract.c checks what every task must satisfy. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "approx.h"
#include "jsonl_file.h"
#include "scratch.h"
#include "task_bed.h"

extern const struct task task_jsonl;

static void write_file(char path[SCRATCH_TEXT], const char *text)
{
    const int fd = scratch_file(path);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    assert_int_equal(close(fd), 0);
}

/* Opens the task on a file with these lines, and a list of words or NULL. */
static enum status open_text(const char *text, const char *words, struct option_values *o,
                             struct err *e)
{
    char path[SCRATCH_TEXT], list[SCRATCH_TEXT];
    write_file(path, text);
    option_defaults(task_jsonl.options, o);
    assert_int_equal(option_parse(&task_jsonl.options[0], path, &o->v[0], e), ST_OK);
    if (words) {
        write_file(list, words);
        assert_int_equal(option_parse(&task_jsonl.options[1], list, &o->v[1], e), ST_OK);
    }
    return task_open(&task_jsonl, o, e);
}

static struct option_values opened(const char *text, const char *words)
{
    struct option_values o;
    struct err e;
    if (open_text(text, words, &o, &e))
        fail_msg("%s", e.msg);
    return o;
}

static const char *line_of(const struct option_values *o, uint64_t seed, uint64_t index)
{
    struct sample s = sample_room(task_jsonl.max_length(o));
    struct rng r = task_train_stream(&task_jsonl, seed, index);
    task_jsonl.generate(o, &r, &s);
    const char *text = sample_text(&task_jsonl, o, &s);
    sample_free(&s);
    return text;
}

/* Sample i is line i for any seed, beginning again after the last line. */
static void ids_are_read_line_by_line(void **state)
{
    const struct option_values o =
        opened("{\"index\": 0, \"tokens\": [3, 1], \"targets\": [-1, 6], \"scored\": [1]}\n"
               "\n{\"tokens\": [2], \"targets\": [2], \"scored\": [0]}",
               NULL);
    (void)state;
    assert_string_equal(line_of(&o, 1, 0), "3 1 -> 6");
    assert_string_equal(line_of(&o, 2, 1), "2 -> 2");
    assert_string_equal(line_of(&o, 1, 2), "3 1 -> 6");
    assert_int_equal(task_jsonl.vocabulary(&o), 7);
    assert_int_equal(task_jsonl.max_length(&o), 2);
    assert_int_equal(task_jsonl.answers(&o), 2);
    assert_near(task_jsonl.majority(&o), 0.5, 0);
    task_close_all();
}

/* The question's last place asks for the answer's first word; the other words follow. */
static void words_are_read_with_their_list(void **state)
{
    const struct option_values o =
        opened("{\"context\": \"a  b\", \"question\": \"say\", \"answer\": \"b a\"}\n"
               "{\"question\": \"say\", \"answer\": 7}\n",
               "a\nb\nsay\n7\nunused\n");
    int32_t answer[4];
    (void)state;
    assert_string_equal(line_of(&o, 0, 0), "a b say b -> b a");
    assert_string_equal(line_of(&o, 0, 1), "say -> 7");
    assert_int_equal(task_jsonl.vocabulary(&o), 5);
    task_jsonl.solve(&o, (const int32_t[]){0, 1, 2, 1}, 4, answer);
    assert_memory_equal(answer, ((const int32_t[]){-1, -1, 1, 0}), sizeof answer);
    task_jsonl.solve(&o, (const int32_t[]){0, 0, 0, 0}, 4, answer);
    assert_memory_equal(answer, ((const int32_t[]){-1, -1, -1, -1}), sizeof answer);
    task_close_all();
}

#define GOOD "{\"tokens\": [1], \"targets\": [1], \"scored\": [0]}\n"

static void lines_that_cannot_be_used_are_refused_by_number(void **state)
{
    static const struct {
        const char *text, *words, *says;
    } bad[] = {
        {GOOD "{\"tokens\": [1]", NULL, ":2: no JSON: "},
        {GOOD GOOD "[1]", NULL, ":3: no JSON object"},
        {GOOD "{\"tokens\": [], \"targets\": [], \"scored\": [0]}", NULL,
         ":2: no \"tokens\""},
        {"{\"tokens\": [1], \"scored\": [0]}", NULL, ":1: no \"targets\""},
        {"{\"tokens\": [1], \"targets\": [1]}", NULL, ":1: no \"scored\""},
        {"{\"tokens\": [1, 2], \"targets\": [1], \"scored\": [0]}", NULL,
         ":1: 2 tokens but 1 targets"},
        {"{\"tokens\": [1.5], \"targets\": [1], \"scored\": [0]}", NULL,
         ":1: tokens[0] is no integer from 0"},
        {"{\"tokens\": [-1], \"targets\": [1], \"scored\": [0]}", NULL, ":1: tokens[0]"},
        {"{\"tokens\": [1], \"targets\": [-2], \"scored\": [0]}", NULL, ":1: targets[0]"},
        {"{\"tokens\": [1], \"targets\": [1], \"scored\": [1]}", NULL,
         ":1: scored[0] is no integer from 0 to 0"},
        {"{\"tokens\": [1], \"targets\": [-1], \"scored\": [0]}", NULL,
         ":1: place 0 is scored, but has no target"},
        {GOOD "{\"question\": \"a\", \"answer\": \"a\"}", "a\n", ":2: no tokens, but"},
        {"{\"question\": \"a\"}", "a\n", ":1: no \"answer\""},
        {"{\"context\": \"a\", \"answer\": \"a\"}", "a\n", ":1: no \"question\""},
        {"{\"question\": \"a\", \"answer\": \" \"}", "a\n", ":1: the answer is empty"},
        {"{\"question\": \" \", \"answer\": \"a\"}", "a\n", ":1: context and question"},
        {"{\"question\": \"a\", \"answer\": \"zz\"}", "a\n",
         ":1: \"zz\" is not in the list of words"},
        {"{\"question\": \"a\", \"answer\": \"a\"}", NULL, "`words: FILE`"},
        {GOOD, "a\nb c\n", ":2: give one word a line"},
        {GOOD, "a\nb\na\n", "\"a\" stands there twice"},
        {"\n", NULL, "no samples in it"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct option_values o;
        struct err e = {.msg = ""};
        assert_int_equal(open_text(bad[i].text, bad[i].words, &o, &e), ST_CONFIG);
        if (!strstr(e.msg, bad[i].says))
            fail_msg("\"%s\" does not say \"%s\"", e.msg, bad[i].says);
    }
    task_close_all();
}

static void a_file_that_is_not_there_is_named(void **state)
{
    struct jsonl_file f;
    struct err e;
    (void)state;
    assert_int_equal(jsonl_file_open("/nonexistent/a.jsonl", NULL, &f, &e), ST_IO);
    assert_string_equal(e.msg, "/nonexistent/a.jsonl: cannot be read: No such file or "
                               "directory");
    jsonl_file_close(&f);
}

static void too_few_ids_are_refused(void **state)
{
    struct option_values o = opened(GOOD, NULL);
    struct err e;
    (void)state;
    o.v[2] = 1;
    assert_int_equal(task_open(&task_jsonl, &o, &e), ST_RANGE);
    assert_non_null(strstr(e.msg, "needs 2"));
    o.v[2] = 9;
    assert_int_equal(task_open(&task_jsonl, &o, &e), ST_OK);
    assert_int_equal(task_jsonl.vocabulary(&o), 9);
    task_close_all();
}

static void the_hash_is_of_what_the_files_hold(void **state)
{
    char one[TASK_HASH_TEXT], same[TASK_HASH_TEXT], other[TASK_HASH_TEXT];
    const struct option_values a = opened(GOOD, NULL), b = opened(GOOD, NULL);
    const struct option_values c = opened(GOOD GOOD, NULL);
    (void)state;
    task_data_text(&task_jsonl, &a, one);
    task_data_text(&task_jsonl, &b, same);
    task_data_text(&task_jsonl, &c, other);
    assert_string_equal(one, same);
    assert_string_not_equal(one, other);
    task_close_all();
}

static void the_sample_that_is_built_in_is_solved(void **state)
{
    (void)state;
    assert_solved(&task_jsonl, "", "3 1 4", ". . 3");
    assert_sizes(&task_jsonl, 8, 12, 8);
    assert_lengths(&task_jsonl, "path=sample_longer", 12, 24, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_are_read_line_by_line),
        cmocka_unit_test(words_are_read_with_their_list),
        cmocka_unit_test(lines_that_cannot_be_used_are_refused_by_number),
        cmocka_unit_test(a_file_that_is_not_there_is_named),
        cmocka_unit_test(too_few_ids_are_refused),
        cmocka_unit_test(the_hash_is_of_what_the_files_hold),
        cmocka_unit_test(the_sample_that_is_built_in_is_solved),
    };
    return cmocka_run_group_tests_name("task_jsonl", tests, NULL, NULL);
}
