/* database_path.h -- the path under which a database is used. */
#ifndef DATABASE_PATH_H
#define DATABASE_PATH_H

#include <limits.h>

/* Returns in buf a path that SQLite takes for a plain file, unlike ":memory:" and "file:...", and
 * a worker does not take for an option. A link is replaced by its target, so that users of either
 * name meet the same lock, models and checkpoints. */
const char *path_file(const char *name, char buf[PATH_MAX]);

#endif
