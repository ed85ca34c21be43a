#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <glob.h>

#include "reference_files.h"

enum { CASES_MAX = 64, NAME_TEXT = 128 };

/* The files that must exist, and where. */
struct wanted {
    const char *pattern, *const *name;
    size_t n;
    glob_t files;
};

/* A file that is lost must not look like a test that passed. */
static void encoders_with_a_reference_are_all_there(void **state)
{
    const struct wanted *w = *state;
    for (size_t i = 0; i < w->n; i++) {
        char file[NAME_TEXT];
        size_t found = 0;
        snprintf(file, sizeof file, "/%s.json", w->name[i]);
        for (size_t k = 0; k < w->files.gl_pathc; k++)
            found += strcmp(strrchr(w->files.gl_pathv[k], '/'), file) == 0;
        if (!found)
            fail_msg("%s: %s is missing", w->pattern, file + 1);
    }
}

int reference_files_run(const char *group, const char *pattern, CMUnitTestFunction equals,
                        const char *const *wanted, size_t n)
{
    static struct CMUnitTest tests[CASES_MAX + 1];
    static char name[CASES_MAX][NAME_TEXT];
    struct wanted w = {.pattern = pattern, .name = wanted, .n = n};
    size_t cases = 0;
    if (glob(pattern, 0, NULL, &w.files))
        w.files.gl_pathc = 0;
    for (; cases < w.files.gl_pathc && cases < CASES_MAX; cases++) {
        snprintf(name[cases], sizeof name[cases], "%s equals the reference",
                 strrchr(w.files.gl_pathv[cases], '/') + 1);
        tests[cases] = (struct CMUnitTest){.name = name[cases],
                                           .test_func = equals,
                                           .initial_state = w.files.gl_pathv[cases]};
    }
    tests[cases++] =
        (struct CMUnitTest){.name = "encoders_with_a_reference_are_all_there",
                            .test_func = encoders_with_a_reference_are_all_there,
                            .initial_state = &w};
    const int failures = _cmocka_run_group_tests(group, tests, cases, NULL, NULL);
    globfree(&w.files);
    return failures;
}
