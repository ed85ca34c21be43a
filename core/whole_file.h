/* whole_file.h -- a file that is there whole or not at all: written under another name in the
 * same folder, brought to the disk, and given its name last. Whoever is killed in between
 * leaves the old file, if there was one, and perhaps one of the other name. */
#ifndef WHOLE_FILE_H
#define WHOLE_FILE_H

#include <stdbool.h>
#include <stdio.h>

#include "status.h"

/* Creates the file `aside` and opens it for writing. A file of that name, which a killed
 * process may have left, is removed first; a symbolic link is never followed and an
 * existing file never written to. NULL: errno says why. */
FILE *whole_file_open(const char *aside);

/* Brings the file to the disk, renames `aside` to `path`, and brings the new name to the
 * disk. `written`: false when the caller failed to write (errno says why). ST_IO: then, or
 * when one of the steps fails; `aside` is removed and `path` is as it was. Closes `f` in
 * any case. */
enum status whole_file_finish(FILE *f, bool written, const char *aside, const char *path,
                              struct err *e);

/* Brings the names in the folder of `path` to the disk. A file system that cannot do that
 * is no error: the files themselves are whole. */
void whole_file_sync_folder(const char *path);

/* Opens a regular file to read it; a pipe in its place would never end. ST_NOTFOUND: there is
 * none; ST_IO. *out is the caller's to close. */
enum status whole_file_read(const char *path, FILE **out, struct err *e);

#endif
