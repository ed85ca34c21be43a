/* whole_file.h -- writes a file completely or not at all: under another name in the same folder,
 * flushed to the disk, and renamed last. A process that is killed in between leaves the old
 * file, if there was one, and perhaps the one of the other name. */
#ifndef WHOLE_FILE_H
#define WHOLE_FILE_H

#include <stdbool.h>
#include <stdio.h>

#include "status.h"

/* Creates the file `aside` and opens it for writing. A file of that name, which a killed
 * process may have left, is removed first; a symbolic link is never followed and an
 * existing file never written to. NULL: errno says why. */
FILE *whole_file_open(const char *aside);

/* Flushes the file to the disk, renames `aside` to `path`, and flushes the new name to the disk.
 * `written` is false when the caller failed to write (errno says why). ST_IO: `written` is
 * false, or flushing or renaming failed; then `aside` is removed and `path` is unchanged. Closes
 * `f` in any case. */
enum status whole_file_finish(FILE *f, bool written, const char *aside, const char *path,
                              struct err *e);

/* Flushes the names in the folder of `path` to the disk. It is no error if the file system cannot
 * do that, since the files themselves are complete. */
void whole_file_sync_folder(const char *path);

/* Opens a regular file for reading; refuses a pipe, which would never end. ST_NOTFOUND: there is
 * no such file; ST_IO. The caller closes *out. */
enum status whole_file_read(const char *path, FILE **out, struct err *e);

#endif
