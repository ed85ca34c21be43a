/* scratch.h -- places for the files of a test: /tmp/posbench-test-<process>-XXXXXX. Files
 * that a failed test leaves are removed when its program ends; files that a killed program
 * leaves are removed when another one begins. */
#ifndef SCRATCH_H
#define SCRATCH_H

enum { SCRATCH_TEXT = 64 };

/* Makes a new folder and writes its path. */
void scratch_make(char path[SCRATCH_TEXT]);
/* Deletes the folder with everything in it. */
void scratch_remove(const char *path);

/* Makes a new file and returns its descriptor, open for writing; -1: failed. */
int scratch_file(char path[SCRATCH_TEXT]);

#endif
