/* store_attach.h -- another database of ours beside an open one, to be read as "part". */
#ifndef STORE_ATTACH_H
#define STORE_ATTACH_H

#include "store_internal.h"

/* Attaches the database at `path` to the connection, after every check of store_open; an
 * older one as a copy in memory that is brought up to date. Not within a transaction. */
enum status store_attach(struct store *s, const char *path, struct err *e);
/* Harmless when nothing is attached. */
void store_detach(struct store *s);

#endif
