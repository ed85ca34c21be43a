/* links: models_double */
/* Compares logits of an independent implementation (tests/parity/make_logits.py) with the
 * hooks on the bed. One test for each file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <jansson.h>

#include "encoder_bed.h"
#include "reference_files.h"

enum { WIDTH = 8, NUMBERS = BED_LONGEST * WIDTH };

static const double tolerance =
    1e-10; /* for numbers up to some tens, printed with 13 digits */

static void copy_matrix(const json_t *numbers, struct bed_matrix *out)
{
    assert_int_equal(json_array_size(numbers), NUMBERS);
    for (size_t i = 0; i < NUMBERS; i++)
        out->at[i / WIDTH * BED_STRIDE + i % WIDTH] =
            json_real_value(json_array_get(numbers, i));
}

/* Copies every tensor of the encoder by its name. */
static void copy_weights(const json_t *weights, struct bed *b)
{
    assert_int_equal(json_object_size(weights), b->tensors);
    for (int t = 0; t < b->tensors; t++) {
        const json_t *numbers = json_object_get(weights, b->spec[t].name);
        if ((int)json_array_size(numbers) != bed_size(b, t))
            fail_msg("%s: %zu numbers, not %d", b->spec[t].name, json_array_size(numbers),
                     bed_size(b, t));
        for (int i = 0; i < bed_size(b, t); i++)
            b->weight[t][i] = json_real_value(json_array_get(numbers, (size_t)i));
    }
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

static void compare_logits(const struct bed *b, const json_t *rows)
{
    assert_int_equal(json_array_size(rows), BED_LONGEST);
    for (size_t i = 0; i < BED_LONGEST; i++) {
        const json_t *row = json_array_get(rows, i);
        assert_int_equal(json_array_size(row), i + 1);
        for (size_t j = 0; j <= i; j++)
            assert_near(b->score[i * BED_SCORES + j],
                        json_real_value(json_array_get(row, j)), tolerance);
    }
}

/* Checks the softmax of the logits, A V and what the encoder adds. */
static void compare_output(struct bed *b, const json_t *expected)
{
    for (int i = 0; i < BED_LONGEST; i++) {
        real *a = b->score + (size_t)i * BED_SCORES, sum = 0;
        for (int j = 0; j < BED_LONGEST; j++)
            sum += a[j] = j <= i ? exp(a[j]) : 0;
        for (int c = 0; c < WIDTH; c++)
            b->o.at[i * BED_STRIDE + c] = 0;
        for (int j = 0; j <= i; j++) {
            a[j] /= sum;
            for (int c = 0; c < WIDTH; c++)
                b->o.at[i * BED_STRIDE + c] += a[j] * b->v.at[j * BED_STRIDE + c];
        }
    }
    b->encoder->values(&b->view, &b->panel, b->scratch);
    for (size_t i = 0; i < NUMBERS; i++)
        assert_near(b->o.at[i / WIDTH * BED_STRIDE + i % WIDTH],
                    json_real_value(json_array_get(expected, i)), tolerance);
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
    assert_non_null(encoder);
    bed_open(&b, encoder, text_of(file, "options"));
    copy_weights(json_object_get(file, "weights"), &b);
    copy_matrix(json_object_get(file, "q"), &b.q);
    copy_matrix(json_object_get(file, "k"), &b.k);
    bed_derive(&b);
    turn_both(&b);
    bed_score(&b);
    compare_logits(&b, json_object_get(file, "logits"));
    if (encoder->values) {
        copy_matrix(json_object_get(file, "v"), &b.v);
        compare_output(&b, json_object_get(file, "output"));
    }
    json_decref(file);
}

int main(void)
{
    static const char *const wanted[] = {"cope_alibi",
                                         "cope_alibi_learned",
                                         "cope_mlp",
                                         "cope_table",
                                         "fire",
                                         "kerple_log",
                                         "kerple_power",
                                         "pope",
                                         "rope_clipped",
                                         "rope_dynamic",
                                         "rope_fastest",
                                         "rope_learned",
                                         "rope_ntk",
                                         "rope_pi",
                                         "rope_yarn",
                                         "shaw",
                                         "t5",
                                         "t5_scaled",
                                         "transformer_xl",
                                         "transformer_xl_clamp",
                                         "xpos"};
    return reference_files_run("vectors", TEST_DATA "/../parity/logits/*.json",
                               equals_the_reference, wanted,
                               sizeof wanted / sizeof *wanted);
}
