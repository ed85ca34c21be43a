/* encoder_gaps.h -- what lies between and behind the rows of a bed is as it was. */
#ifndef ENCODER_GAPS_H
#define ENCODER_GAPS_H

#include "encoder_bed.h"

static inline void assert_gaps(const struct bed_matrix *m, int rows, int width,
                               real nobodys)
{
    for (int r = 0; r < BED_LONGEST; r++)
        for (int c = 0; c < BED_STRIDE; c++)
            if (r >= rows || c >= width)
                assert_true(m->at[r * BED_STRIDE + c] == nobodys);
}

static inline void assert_numbers_gaps(const struct bed_numbers *m, int rows, int width,
                                       real nobodys)
{
    for (int r = 0; r < BED_LONGEST; r++)
        for (int c = 0; c < BED_WIDE; c++)
            if (r >= rows || c >= width)
                assert_true(m->at[r * BED_WIDE + c] == nobodys);
}

static inline void assert_derived_guards(const struct bed *b)
{
    for (int i = b->derives; i < BED_DERIVED; i++) {
        assert_true(b->derived[i] == BED_NOBODYS);
        assert_true(b->dderived[i] == BED_NOBODYS);
    }
}

static inline void assert_score_gaps(const struct bed *b, const real *score)
{
    for (int r = 0; r < BED_LONGEST; r++)
        for (int j = 0; j < BED_SCORES; j++)
            if (r >= b->panel.rows || j >= b->panel.columns)
                assert_true(score[r * BED_SCORES + j] == BED_NOBODYS);
}

/* dscore stays 0 past position[r], because attention multiplies whole rows. */
static inline void assert_future_is_zero(const struct bed *b)
{
    for (int r = 0; r < b->panel.rows; r++)
        for (int j = b->row[r] + 1; j < b->panel.columns; j++)
            assert_true(b->dscore[r * BED_SCORES + j] == 0);
}

static inline void assert_grad_guards(const struct bed *b)
{
    for (int t = 0; t < b->tensors; t++)
        for (size_t i = 0; i < BED_GUARD; i++)
            assert_true(b->grad[t][(size_t)bed_size(b, t) + i] == BED_NOBODYS);
}

static inline void assert_guards(const struct bed *b)
{
    const struct encoder *e = b->encoder;
    const size_t scratch =
        e->scratch ? e->scratch(&b->dims, &b->options, b->panel.rows, b->panel.columns) : 0;
    const size_t constants = e->constants ? e->constants(&b->dims, &b->options) : 0;
    for (size_t i = 0; i < BED_GUARD; i++) {
        assert_true(b->scratch[scratch + i] == BED_NOBODYS);
        assert_true(b->constants[constants + i] == BED_NOBODYS);
    }
    assert_grad_guards(b);
}

#endif
