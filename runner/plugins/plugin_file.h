/* plugin_file.h -- checks that the system's loader can map a file without harm. */
#ifndef PLUGIN_FILE_H
#define PLUGIN_FILE_H

#include "status.h"

/* Returns ST_CONFIG when the file is not regular, not an ELF object, or cut off: the loader
 * blocks on a pipe, and a process that touches the missing part of a mapped file is killed.
 * `path` is also the file's name in messages. */
enum status plugin_file_check(const char *path, struct err *e);

#endif
