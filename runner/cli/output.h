/* output.h -- an output file that is complete or absent.
 *
 * The text goes to a hidden file in the same folder, which takes the name at output_commit. "-"
 * is standard output; devices and pipes are written directly. SIGINT, SIGTERM and SIGHUP remove
 * the hidden file and then end the program if they would have ended it. */
#ifndef OUTPUT_H
#define OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

#include "status.h"

struct output;

/* Returns ST_IO when `path` exists and `replace` is false, or when it cannot be written. */
enum status output_open(const char *path, bool replace, struct output **out, struct err *e);
/* Called before the first byte. Returns ST_IO when the disk or the limit of file sizes has no
 * room for `bytes` bytes. Pipes and devices always have room. */
enum status output_has_room(const struct output *o, double bytes, struct err *e);
FILE *output_file(struct output *o);
enum status output_commit(struct output *o, struct err *e); /* reports errors of writing */
void output_close(struct output *o); /* accepts NULL; drops what was not committed */

#endif
