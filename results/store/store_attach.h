/* store_attach.h -- attaches another database of posbench to an open one, to be read as "part". */
#ifndef STORE_ATTACH_H
#define STORE_ATTACH_H

#include "store_internal.h"

/* Attaches the database at `path` to the connection, after every check of store_open. A database
 * of an older schema is attached as a copy in memory that is brought up to date. Must not be
 * called within a transaction. */
enum status store_attach(struct store *s, const char *path, struct err *e);
/* Detaches "part"; does nothing when nothing is attached. */
void store_detach(struct store *s);

#endif
