/* fuzz.h -- code shared by the fuzz targets.
 *
 * A target is one file, tests/fuzz/fuzz_<name>.c, that defines fuzz_one. Clang's libFuzzer
 * gives it made-up input (scripts/fuzz); ordinary builds give it the files of
 * tests/fuzz/corpus/<name> (replay.c), so that faults found once stay mended. A target reports
 * a finding by a failed assert or through a sanitizer. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>

#include "config.h"

/* Tries one input; everything is released when this returns. */
void fuzz_one(const uint8_t *data, size_t bytes);

/* Returns the path of a file in memory that holds these bytes until the next call. */
const char *fuzz_file(const void *data, size_t bytes);

/* Returns the bytes up to the first 0, as text; the caller frees it. */
char *fuzz_text(const uint8_t *data, size_t bytes);

/* Asserts what must hold of every run that a reader accepts: its configuration reads back as
 * the same run, its tasks make samples, and a model of its sizes can be built. Large tasks and
 * models are left out. */
void fuzz_check_run(const struct run_spec *r);

#endif
