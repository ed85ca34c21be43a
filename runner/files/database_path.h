/* database_path.h -- the name of a database as it is used. */
#ifndef DATABASE_PATH_H
#define DATABASE_PATH_H

#include <limits.h>

/* A plain file for SQLite, which takes ":memory:" and "file:..." for something else, and no
 * option for a worker. A link stands for what it leads to: whoever uses either name then
 * meets the same lock, models and checkpoints. Returns buf. */
const char *path_file(const char *name, char buf[PATH_MAX]);

#endif
