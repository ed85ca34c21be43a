/* reference_files.h -- one test for each file of numbers that an independent program made. */
#ifndef REFERENCE_FILES_H
#define REFERENCE_FILES_H

#include <stddef.h>

#include <cmocka.h>

/* Runs `equals` on each file that `pattern` (glob) names, with its path as the state, and
 * a test that all of `wanted` [n], names without their ending, exist. Returns the number
 * of failures. */
int reference_files_run(const char *group, const char *pattern, CMUnitTestFunction equals,
                        const char *const *wanted, size_t n);

#endif
