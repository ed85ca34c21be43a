/* json_text.h -- JSON text to values and back, also when memory runs out.
 *
 * Jansson (2.14) does not look whether its buffers could grow. Its reader then loses a
 * character of a number, or writes beyond the end of a string; its writer leaves a part out.
 * Here the first allocation that fails ends the reading, and a text that lacks anything is
 * not handed out. */
#ifndef JSON_TEXT_H
#define JSON_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "status.h"

/* ST_OK with the value, which is the caller's, in *out; ST_NOMEM; ST_IO when it is not
 * JSON, and `why` (may be NULL) says so. *out is NULL unless it is ST_OK. `why->text` is
 * filled for ST_NOMEM too. */
enum status json_read(const char *text, size_t length, size_t flags, json_t **out,
                      json_error_t *why);

/* The text of a value, to be freed; NULL: no memory. */
char *json_write(const json_t *value, size_t flags);

/* The same to be read by people and programs: reals with the fewest digits that read back to
 * the same double, and what a terminal would obey or hide as \\u escapes. */
char *json_show(const json_t *value, size_t flags);

/* A string of any n bytes: those that are not UTF-8 become "\\xff". NULL: no memory. */
json_t *json_bytes(const char *text, size_t n);

/* Has an allocation of Jansson's failed since the last of these calls in this thread began? */
bool json_starved(void);

#endif
