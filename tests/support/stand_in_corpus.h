/* stand_in_corpus.h -- a corpus for tests of the shipped experiments, which need a large one. */
#ifndef STAND_IN_CORPUS_H
#define STAND_IN_CORPUS_H

#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>

/* Makes the corpus `name` in `folder`, of numbers that never repeat: as many tokens as windows
 * of 4,096 need. */
static inline void stand_in_corpus(const char *folder, const char *name)
{
    static const char *const parts[] = {"train", "valid", "test"};
    char path[256];
    uint32_t x = 1;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    mkdir(path, 0777);
    for (int part = 0; part < 3; part++) {
        snprintf(path, sizeof path, "%s/%s/%s.txt", folder, name, parts[part]);
        FILE *f = fopen(path, "w");
        assert_non_null(f);
        for (int i = 0; i < 5000; i++)
            fprintf(f, "%u ", (x = x * 1664525 + 1013904223) >> 8);
        fclose(f);
    }
}

#endif
