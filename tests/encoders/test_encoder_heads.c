/* links: models_double */
/* Compares logits of all heads of a layer from PyTorch (tests/parity/make_heads.py) with the
 * hooks on the bed, which also make state and derived numbers. One test for each file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <jansson.h>

#include "encoder_bed.h"
#include "reference_files.h"

enum { HEADS = 2, WIDTH = 8, C = HEADS * WIDTH };

static const double tolerance = 1e-10; /* for numbers up to some tens, 13 digits */

static const json_t *numbers_of(const json_t *file, const char *key, int n)
{
    const json_t *numbers = json_object_get(file, key);
    if ((int)json_array_size(numbers) != n)
        fail_msg("%s: %zu numbers, not %d", key, json_array_size(numbers), n);
    return numbers;
}

static double number_at(const json_t *numbers, int i)
{
    return json_real_value(json_array_get(numbers, (size_t)i));
}

static void copy_numbers(const json_t *numbers, int n, real *to)
{
    for (int i = 0; i < n; i++)
        to[i] = number_at(numbers, i);
}

/* Copies every tensor of the encoder by its name, the layer's input and what it projects. */
static void copy_weights(const json_t *file, struct bed *b)
{
    const json_t *weights = json_object_get(file, "weights");
    assert_int_equal(json_object_size(weights), b->tensors);
    for (int t = 0; t < b->tensors; t++)
        copy_numbers(numbers_of(weights, b->spec[t].name, bed_size(b, t)), bed_size(b, t),
                     b->weight[t]);
    copy_numbers(numbers_of(file, "x", BED_LONGEST * C), BED_LONGEST * C, b->tokens);
    const int P = b->projects;
    for (int i = 0; P && i < BED_LONGEST * P; i++)
        b->projected.at[i / P * BED_WIDE + i % P] =
            number_at(numbers_of(file, "projected", BED_LONGEST * P), i);
    bed_derive(b);
    bed_read(b);
}

static void copy_head(const json_t *numbers, int head, struct bed_matrix *out)
{
    for (int i = 0; i < BED_LONGEST * WIDTH; i++)
        out->at[i / WIDTH * BED_STRIDE + i % WIDTH] =
            number_at(numbers, i / WIDTH * C + head * WIDTH + i % WIDTH);
}

/* rotate takes one matrix, which is q in the bed. */
static void turn_both(struct bed *b)
{
    const struct bed_matrix q = b->q;
    const struct turn keys = bed_turn(b, true), queries = bed_turn(b, false);
    if (!b->encoder->rotate)
        return;
    b->q = b->k;
    b->encoder->rotate(&b->view, &keys);
    b->k = b->q;
    b->q = q;
    b->encoder->rotate(&b->view, &queries);
}

/* Computes the logits of one head before any mixing, and its content logits. */
static void score_head(struct bed *b, const json_t *file, int h)
{
    b->panel.head = h;
    copy_head(numbers_of(file, "q", BED_LONGEST * C), h, &b->q);
    copy_head(numbers_of(file, "k", BED_LONGEST * C), h, &b->k);
    turn_both(b);
    bed_content(b);
    memcpy(b->found[BED_CONTENT][h], b->score, sizeof b->score);
    if (b->encoder->score)
        b->encoder->score(&b->view, &b->panel, b->scratch);
    memcpy(b->found[BED_LOGITS][h], b->score, sizeof b->score);
}

static void compare(const real *score, const json_t *rows)
{
    assert_int_equal(json_array_size(rows), BED_LONGEST);
    for (int i = 0; i < BED_LONGEST; i++) {
        const json_t *row = json_array_get(rows, (size_t)i);
        assert_int_equal(json_array_size(row), i + 1);
        for (int j = 0; j <= i; j++)
            assert_near(score[i * BED_SCORES + j], number_at(row, j), tolerance);
    }
}

static const char *text_of(const json_t *file, const char *key)
{
    const char *text = json_string_value(json_object_get(file, key));
    assert_non_null(text);
    return text;
}

static void equals_the_reference(void **state)
{
    static struct bed b;
    json_t *file = json_load_file(*state, 0, NULL);
    assert_non_null(file);
    const struct encoder *encoder = encoder_find(text_of(file, "encoder"));
    const json_t *logits = json_object_get(file, "logits");
    assert_non_null(encoder);
    assert_int_equal(json_array_size(logits), HEADS);
    bed_open(&b, encoder, text_of(file, "options"));
    copy_weights(file, &b);
    for (int h = 0; h < HEADS; h++)
        score_head(&b, file, h);
    bed_lend_heads(&b);
    memcpy(b.mixed, b.found[BED_LOGITS], sizeof b.mixed);
    if (encoder->mix)
        bed_mix(&b);
    for (int h = 0; h < HEADS; h++)
        compare(b.mixed[h], json_array_get(logits, (size_t)h));
    json_decref(file);
}

int main(void)
{
    static const char *const wanted[] = {"dape_v2",
                                         "deberta",
                                         "deberta_key",
                                         "deberta_query",
                                         "fope",
                                         "log_cpb",
                                         "p_rope",
                                         "path_fox",
                                         "path_fox_scaled",
                                         "selective_attention",
                                         "selective_attention_all",
                                         "tupe"};
    return reference_files_run("heads", TEST_DATA "/../parity/heads/*.json",
                               equals_the_reference, wanted,
                               sizeof wanted / sizeof *wanted);
}
