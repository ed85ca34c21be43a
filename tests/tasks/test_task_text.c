/* Windows of the task text: blocks that cover a part once, fixed targets that are equal at
 * every length, training windows from the training text only, and sizes counted by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "corpus.h"
#include "parity/vectors.h"
#include "program.h"
#include "scratch.h"
#include "split_text.h"
#include "task_bed.h"
#include "text_data.h"

extern const struct task task_text;
static struct corpus sample_text_of; /* the corpus `sample`, as bytes */

static struct option_values law(const char *changes)
{
    struct option_values o;
    struct err e;
    char text[256], *save = NULL;
    option_defaults(task_text.options, &o);
    snprintf(text, sizeof text, "tokenizer=byte %s", changes);
    for (char *one = strtok_r(text, " ", &save); one; one = strtok_r(NULL, " ", &save)) {
        char *equals = strchr(one, '=');
        *equals = 0;
        const int i = option_find(task_text.options, one);
        assert_true(i >= 0);
        assert_int_equal(option_parse(&task_text.options[i], equals + 1, &o.v[i], &e),
                         ST_OK);
    }
    if (task_open(&task_text, &o, &e))
        fail_msg("%s", e.msg);
    return o;
}

static struct sample drawn(const struct option_values *o, uint64_t index)
{
    struct sample s = sample_room(task_text.max_length(o));
    struct rng r = task_split_stream(&task_text, "id", 0, index);
    task_text.generate(o, &r, &s);
    return s;
}

/* Returns where a window of bytes begins in a part, at `from` or later; -1: nowhere. */
static long found_at(const struct sample *s, int part, long from)
{
    const struct mapped_file *m = &sample_text_of.text[part];
    for (long at = from; at + s->length < (long)m->size; at++) {
        int k = 0;
        while (k < s->length && s->token[k] == (unsigned char)m->at[at + k] &&
               s->target[k] == (unsigned char)m->at[at + k + 1])
            k++;
        if (k == s->length)
            return at;
    }
    return -1;
}

/* 32,768 bytes are 511 windows of 64 bytes and the byte after each; no sample repeats another. */
static void blocks_cover_the_text_once(void **state)
{
    const struct option_values o = law("part=test context=64");
    enum { WINDOWS = (32768 - 1) / 64 };
    char had[WINDOWS] = {0};
    (void)state;
    for (uint64_t i = 0; i < WINDOWS; i++) {
        struct sample s = drawn(&o, i);
        long at = found_at(&s, PART_TEST, 0);
        while (at >= 0 && (at % 64 != 0 || had[at / 64]))
            at = found_at(&s, PART_TEST, at + 1);
        if (at < 0)
            fail_msg("window %d is no block of the text, or one that was had", (int)i);
        had[at / 64] = 1;
        for (int t = 0; t < s.length; t++)
            assert_int_equal(s.scored[t], 1);
        sample_free(&s);
    }
}

static void fixed_targets_do_not_depend_on_the_length(void **state)
{
    static const char *const stretch[] = {"0.5", "1", "1.5", "2.5", "4", "5"};
    (void)state;
    for (uint64_t i = 0; i < 40; i++) {
        int32_t want[16] = {0};
        for (size_t k = 0; k < sizeof stretch / sizeof *stretch; k++) {
            char changes[128];
            snprintf(changes, sizeof changes, "part=test context=32 scored=0.5 stretch=%s",
                     stretch[k]);
            const struct option_values o = law(changes);
            struct sample s = drawn(&o, i);
            int n = 0;
            assert_int_equal(s.length, (int)(32 * strtod(stretch[k], NULL)));
            assert_true(found_at(&s, PART_TEST, 0) >= 0);
            for (int t = 0; t < s.length; t++) {
                assert_int_equal(s.scored[t], t >= s.length - 16);
                if (s.scored[t] && k == 0)
                    want[n++] = s.target[t];
                else if (s.scored[t])
                    assert_int_equal(s.target[t], want[n++]);
            }
            assert_int_equal(n, 16);
            sample_free(&s);
        }
    }
}

/* The note below a table of a text agrees with the windows that are drawn. */
static void what_is_said_of_windows_is_what_they_are(void **state)
{
    static const char *const shape[][2] = {{"0.5", "0.5"}, {"1", "0.5"},   {"1", "1"},
                                           {"2.5", "0.5"}, {"4", "0.125"}, {"0.25", "1"},
                                           {"0.25", "0.5"}};
    (void)state;
    for (size_t i = 0; i < sizeof shape / sizeof *shape; i++) {
        char changes[128], said[SPLIT_TEXT], want[SPLIT_TEXT];
        snprintf(changes, sizeof changes, "part=test context=32 stretch=%s scored=%s",
                 shape[i][0], shape[i][1]);
        const struct option_values o = law(changes);
        struct sample s = drawn(&o, 0);
        int scored = 0;
        for (int t = 0; t < s.length; t++)
            scored += s.scored[t];
        json_t *options =
            json_pack("{s:i, s:f, s:f}", "context", 32, "stretch",
                      strtod(shape[i][0], NULL), "scored", strtod(shape[i][1], NULL));
        split_text_windows(options, said);
        json_decref(options);
        if (scored == s.length)
            snprintf(want, sizeof want, "%d tokens, all scored, stride %d", s.length,
                     scored);
        else
            snprintf(want, sizeof want, "%d tokens, the last %d scored, stride %d",
                     s.length, scored, scored);
        assert_string_equal(said, want);
        sample_free(&s);
    }
}

static void training_has_windows_of_its_own_text(void **state)
{
    const struct option_values o = law("context=256");
    long first = -1;
    int others = 0;
    (void)state;
    for (uint64_t i = 0; i < 20; i++) {
        struct sample s = sample_room(task_text.max_length(&o));
        struct rng r = task_train_stream(&task_text, 3, i);
        task_text.generate(&o, &r, &s);
        const long at = found_at(&s, PART_TRAIN, 0);
        assert_true(at >= 0);
        assert_true(found_at(&s, PART_TEST, 0) < 0);
        first = i == 0 ? at : first;
        others += at != first;
        sample_free(&s);
    }
    assert_true(others > 15);
}

/* ---- a folder ---- */

static void write_text(const char *folder, const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

/* The parity vectors text_*: the window that begins at one of their sequences has its targets,
 * and all of them are scored. 1,136 bytes have 23 windows of 48. */
static void the_reference_was_asked_what_the_task_asks(void **state)
{
    enum { CONTEXT = 48, WINDOWS = 23, SEQUENCES = 2 };
    char folder[SCRATCH_TEXT], changes[128];
    static const char *const names[] = {"train.txt", "valid.txt", "test.txt"};
    struct vectors v = vectors_open(TEST_DATA "/../parity/vectors/text_rope.safetensors");
    int32_t *token = whole_numbers(&v, "token", (size_t)SEQUENCES * CONTEXT);
    int32_t *target = whole_numbers(&v, "target", (size_t)SEQUENCES * CONTEXT);
    char *text = file_text(TEST_DATA "/text/sample.txt", NULL);
    int found = 0;
    (void)state;
    scratch_make(folder);
    for (int i = 0; i < 3; i++)
        write_text(folder, names[i], text);
    snprintf(changes, sizeof changes, "part=test context=48 corpus=%s", folder);
    const struct option_values o = law(changes);
    for (uint64_t i = 0; i < WINDOWS; i++) {
        struct sample s = drawn(&o, i);
        for (int k = 0; k < SEQUENCES * CONTEXT; k += CONTEXT) {
            if (memcmp(s.token, token + k, CONTEXT * sizeof *token) != 0)
                continue;
            found++;
            assert_memory_equal(s.target, target + k, CONTEXT * sizeof *target);
            for (int t = 0; t < CONTEXT; t++)
                assert_int_equal(s.scored[t], 1);
        }
        sample_free(&s);
    }
    assert_int_equal(found, SEQUENCES);
    assert_int_equal(task_text.vocabulary(&o), strtol(note(&v, "vocabulary"), NULL, 10));
    free(text);
    free(token);
    free(target);
    vectors_close(&v);
    scratch_remove(folder);
}

/* The window of "It is\n\n a cat.\n" after its first byte has the words "is", two line ends,
 * "a", "cat." and a line end; "It" began at the byte that is not asked for. */
static void bytes_and_words_are_counted(void **state)
{
    char folder[SCRATCH_TEXT], changes[128];
    int64_t bytes = 0, words = 0;
    (void)state;
    scratch_make(folder);
    write_text(folder, "train.txt", "It is\n\n a cat.\n");
    write_text(folder, "valid.txt", "It is\n\n a cat.\n");
    write_text(folder, "test.txt", "It is\n\n a cat.\n");
    snprintf(changes, sizeof changes, "part=test context=14 corpus=%s", folder);
    struct option_values o = law(changes);
    struct sample s = drawn(&o, 0);
    task_text.measure(&o, &s, &bytes, &words);
    assert_int_equal(bytes, 14);
    assert_int_equal(words, 6);
    sample_free(&s);
    snprintf(changes, sizeof changes, "part=test context=4 tokenizer=word corpus=%s",
             folder);
    o = law(changes);
    s = drawn(&o, 0);
    task_text.measure(&o, &s, &bytes, &words);
    assert_int_equal(words, 4);
    assert_int_equal(bytes, 0); /* unknown: tokens of words leave out blanks */
    sample_free(&s);
    scratch_remove(folder);
}

/* 32 MiB of text are 64 MiB of ids; windows from all over it leave few of them in memory. */
static void windows_do_not_stay_in_memory(void **state)
{
    enum { BYTES = 32 << 20, WINDOWS = 4000 };
    static const char *const names[] = {"train.txt", "valid.txt", "test.txt"};
    char folder[SCRATCH_TEXT], path[SCRATCH_TEXT + 16], changes[128];
    struct rusage before, after;
    (void)state;
    scratch_make(folder);
    for (int i = 0; i < 3; i++) {
        write_text(folder, names[i], "it is a cat");
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        if (i == 0)
            assert_int_equal(truncate(path, BYTES), 0);
    }
    snprintf(changes, sizeof changes, "context=8 corpus=%s", folder);
    const struct option_values o = law(changes);
    struct sample s = sample_room(8);
    getrusage(RUSAGE_SELF, &before);
    for (uint64_t i = 0; i < WINDOWS; i++) {
        struct rng r = task_train_stream(&task_text, 3, i);
        task_text.generate(&o, &r, &s);
    }
    getrusage(RUSAGE_SELF, &after);
    assert_in_range(after.ru_maxrss - before.ru_maxrss, 0, TEXT_WINDOWS * 64 + 4096);
    sample_free(&s);
    scratch_remove(folder);
}

static void a_text_shorter_than_a_window_is_refused(void **state)
{
    struct option_values o = law("part=test context=64");
    struct err e = {.msg = ""};
    (void)state;
    o.v[option_find(task_text.options, "context")] = 32768;
    assert_int_equal(task_open(&task_text, &o, &e), ST_RANGE);
    assert_string_equal(
        e.msg, "context: the test text of corpus sample has 32768 tokens, which is "
               "less than the 32769 of one window and the token behind it; choose "
               "a smaller context or a larger corpus");
    o.v[option_find(task_text.options, "context")] = 32767;
    assert_int_equal(task_open(&task_text, &o, &e), ST_OK);
}

static int open_sample(void **state)
{
    (void)state;
    return corpus_open("sample", &sample_text_of, NULL) != ST_OK;
}

static int close_all(void **state)
{
    (void)state;
    corpus_close(&sample_text_of);
    task_close_all();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_cover_the_text_once),
        cmocka_unit_test(fixed_targets_do_not_depend_on_the_length),
        cmocka_unit_test(what_is_said_of_windows_is_what_they_are),
        cmocka_unit_test(training_has_windows_of_its_own_text),
        cmocka_unit_test(the_reference_was_asked_what_the_task_asks),
        cmocka_unit_test(bytes_and_words_are_counted),
        cmocka_unit_test(windows_do_not_stay_in_memory),
        cmocka_unit_test(a_text_shorter_than_a_window_is_refused),
    };
    return cmocka_run_group_tests(tests, open_sample, close_all);
}
