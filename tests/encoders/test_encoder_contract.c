/* links: models_double */
/* Every encoder of the registry is checked against encoder.h, with every combination of two
 * values for each of its options. test_encoder_<name>.c checks what one encoder computes.
 * POSBENCH_ENCODER=rope in the environment runs the tests of that encoder only. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "encoder_contract.h"

#define ENCODER(stem) extern const struct encoder encoder_##stem;
#include "encoder_list.inc"
#undef ENCODER

/* --- the registry -------------------------------------------------------- */

static void the_registry_is_in_name_order(void **state)
{
    (void)state;
    for (int i = 1; i < encoder_count(); i++)
        assert_true(strcmp(encoder_at(i - 1)->name, encoder_at(i)->name) < 0);
    assert_null(encoder_find("ghost"));
}

/* Each check runs on each encoder, under its own name: "rope/describes_itself". */
#define CHECK(stem, fn) \
    {#stem "/" #fn, fn, NULL, report, &(struct subject){#stem, &encoder_##stem}},
#define ENCODER(stem) ENCODER_CHECKS(CHECK, stem)

/* Chooses the tests of the encoder that the environment names, or all tests. */
static int pick(void)
{
    static char filter[ENCODER_NAME];
    const char *name = getenv("POSBENCH_ENCODER");
    if (!name || !*name)
        return 0;
    if (!encoder_find(name)) {
        print_error("POSBENCH_ENCODER=%s: no encoder of that name; \"posbench list "
                    "encoders\" names them\n",
                    name);
        return 1;
    }
    snprintf(filter, sizeof filter, "%s/*", name);
    cmocka_set_test_filter(filter);
    return 0;
}

int main(void)
{
    if (pick())
        return 1;
    const struct CMUnitTest tests[] = {
#include "encoder_list.inc"
        cmocka_unit_test(the_registry_is_in_name_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
