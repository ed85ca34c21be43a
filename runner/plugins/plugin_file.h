/* plugin_file.h -- is a file one that the loader of the system can map without harm? */
#ifndef PLUGIN_FILE_H
#define PLUGIN_FILE_H

#include "status.h"

/* ST_CONFIG: no regular file, no ELF object, or one that is cut off: the loader hangs at a pipe,
 * and whoever touches what a mapped file lacks is killed. `path` is also the name in messages. */
enum status plugin_file_check(const char *path, struct err *e);

#endif
