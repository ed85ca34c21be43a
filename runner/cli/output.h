/* output.h -- a file that is either written whole or not there.
 *
 * The text goes to a hidden neighbour and takes the name at output_commit. "-" is
 * standard output, and devices and pipes are written as they are. SIGINT, SIGTERM and
 * SIGHUP remove the neighbour and then end the program, where they would have ended it. */
#ifndef OUTPUT_H
#define OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

#include "status.h"

struct output;

/* ST_IO when `path` exists and `replace` is false, or when it cannot be written. */
enum status output_open(const char *path, bool replace, struct output **out, struct err *e);
/* Before the first byte: ST_IO when the disk or the limit of file sizes has no room for `bytes`
 * of them. Pipes and devices have. */
enum status output_has_room(const struct output *o, double bytes, struct err *e);
FILE *output_file(struct output *o);
enum status output_commit(struct output *o, struct err *e); /* write errors show here */
void output_close(struct output *o); /* accepts NULL; drops what was not committed */

#endif
