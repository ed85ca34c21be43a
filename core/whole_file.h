/* whole_file.h -- a file that is there whole or not at all: written under another name in the
 * same folder, brought to the disk, and given its name last. Whoever is killed in between
 * leaves the old file, if there was one, and perhaps one of the other name. */
#ifndef WHOLE_FILE_H
#define WHOLE_FILE_H

#include <stdbool.h>
#include <stdio.h>

#include "status.h"

/* Makes the file `aside` anew, open for writing: never through a link that somebody laid
 * there, never into a file that is there; what a process that was killed left under this
 * name goes. NULL: errno says why. */
FILE *whole_file_open(const char *aside);

/* All of it to the disk, `aside` renamed to `path`, and the new name to the disk. ST_IO, with
 * `aside` removed and `path` as it was, also when it was not `written` as wanted (errno says
 * why). `f` is closed in any case. */
enum status whole_file_finish(FILE *f, bool written, const char *aside, const char *path,
                              struct err *e);

/* The last part alone: the names in the folder of `path` to the disk. File systems that
 * cannot are left to their ways: the files themselves are whole. */
void whole_file_sync_folder(const char *path);

/* Opens a regular file to read it; a pipe in its place would never end. ST_NOTFOUND: there is
 * none; ST_IO. *out is the caller's to close. */
enum status whole_file_read(const char *path, FILE **out, struct err *e);

#endif
