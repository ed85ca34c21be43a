/* Stored configurations of runs: JSON in a database that anybody may have written. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

void fuzz_one(const uint8_t *data, size_t bytes)
{
    char *text = fuzz_text(data, bytes);
    struct run_spec r = {0};
    struct err e = {.msg = ""};
    if (run_spec_parse(text, &r, &e) == ST_OK)
        fuzz_check_run(&r);
    else
        assert(e.msg[0] && !r.config && !r.split);
    run_spec_free(&r);
    free(text);
}
