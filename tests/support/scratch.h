/* scratch.h -- places for what a test writes: /tmp/posbench-test-<process>-XXXXXX. What a
 * test leaves there, because it failed, goes when its program ends; what a program leaves,
 * because it was killed, goes when another one begins. */
#ifndef SCRATCH_H
#define SCRATCH_H

enum { SCRATCH_TEXT = 64 };

/* A new folder. */
void scratch_make(char path[SCRATCH_TEXT]);
/* Deletes it with all that is in it. */
void scratch_remove(const char *path);

/* A new file, open to be written. */
int scratch_file(char path[SCRATCH_TEXT]);

#endif
