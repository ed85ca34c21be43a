/* choose_head.h: marks of a text counted by hand, and the correlation by which a head is
 * chosen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "approx.h"
#include "choose_head.h"
#include "gate_kinds.h"
#include "tokenizer.h"

enum { ROOM = 64 };

static void assert_marks(const char *name, const char *text, const char *want)
{
    struct tokenizer *t = NULL;
    int32_t token[ROOM], mark[ROOM];
    char got[ROOM + 1] = "";
    const int n = (int)strlen(text);
    assert_int_equal(tokenizer_bytes(&t, NULL), ST_OK);
    for (int i = 0; i < n; i++)
        token[i] = (unsigned char)text[i];
    choose_mark(t, name, token, n, mark);
    for (int i = 0; i < n; i++)
        got[i] = (char)('0' + mark[i]);
    assert_string_equal(got, want);
    tokenizer_close(t);
}

/* Of three line ends in a row the second ends an empty line; blanks may lie between. Neither a
 * heading's line nor an empty line is a paragraph. */
static void marks_stand_where_they_are_said_to(void **state)
{
    (void)state;
    assert_marks("line", "a\nb\n\nc", "010110");
    assert_marks("empty", "a\nb\n\nc\n\n\nd", "0000100100");
    assert_marks("empty", "a \n \nb", "000010");
    assert_marks("paragraph", "a\n = b =\nc d\n\ne", "010000000000100");
    assert_marks("heading", "a = b\n = = c\nd", "00000001000000");
    assert_marks("heading", "= a", "000"); /* the beginning of its line is not seen */
}

enum { T = 4 };

/* The gate of one head is 0.9 at marks and 0.1 elsewhere, a correlation of 1; the gate of the
 * other is constant, a correlation of 0. */
static void gates_correlate_with_labels(void **state)
{
    static const uint8_t scored[T] = {0, 0, 0, 1};
    static const int32_t label[T] = {0, 1, 0, 0}, none[T] = {0};
    real at[2][1][T][T];
    const struct look_run r = {.looking = {.layers = 1,
                                           .heads = 2,
                                           .tokens = T,
                                           .planes = 1,
                                           .at = &at[0][0][0][0]},
                               .sequence = {.scored = scored}};
    struct gate_kinds g;
    (void)state;
    for (int i = 0; i < T; i++)
        for (int j = 0; j < T; j++) {
            at[0][0][i][j] = (real)(label[j] ? 0.9 : 0.1);
            at[1][0][i][j] = (real)0.5;
        }
    assert_int_equal(gate_kinds_open(2, 2, &g, NULL), ST_OK);
    gate_kinds_add_labels(&g, &r, 0, label);
    const struct look_kind k = gate_kinds_of(&g, 0, 1);
    assert_near(k.at, 0.9, 1e-6);
    assert_near(k.other, 0.1, 1e-6);
    assert_near(k.r, 1.0, 1e-6);
    assert_near(gate_kinds_of(&g, 1, 1).r, 0.0, 1e-6);
    gate_kinds_close(&g);
    assert_int_equal(gate_kinds_open(2, 2, &g, NULL), ST_OK);
    gate_kinds_add_labels(&g, &r, 0, none);
    assert_true(isnan(gate_kinds_of(&g, 0, 1).r));
    gate_kinds_close(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(marks_stand_where_they_are_said_to),
        cmocka_unit_test(gates_correlate_with_labels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
