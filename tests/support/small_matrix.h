/* small_matrix.h -- runs for tests of the runner, from an experiment file in a string. */
#ifndef SMALL_MATRIX_H
#define SMALL_MATRIX_H

#include <stdio.h>
#include <string.h>

#include "config.h"
#include "program.h"

/* Writes `text` to a file of the folder; fails the test when it cannot. */
static inline void write_text(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

/* Returns the matrix of the experiment file `yaml`; free it with config_free. */
static inline struct config *small_matrix(const char *yaml)
{
    char folder[SCRATCH_TEXT], path[SCRATCH_TEXT + 32];
    struct config *c = NULL;
    struct err e = {.msg = ""};
    scratch_make(folder);
    snprintf(path, sizeof path, "%s/experiments.yaml", folder);
    write_text(path, yaml);
    if (config_read(path, NULL, NULL, 0, &c, &e) != ST_OK)
        fail_msg("%s", e.msg);
    scratch_remove(folder);
    return c;
}

#endif
