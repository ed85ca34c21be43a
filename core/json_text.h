/* json_text.h -- converts JSON text to values and back, safe when memory runs out.
 *
 * Jansson (2.14) does not check whether its buffers could grow. Its reader then loses a
 * character of a number, or writes beyond the end of a string; its writer leaves a part out.
 * Here the first allocation that fails ends the read, and an incomplete text is never
 * returned. */
#ifndef JSON_TEXT_H
#define JSON_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "status.h"

/* Reads a value into *out, which the caller owns; NULL on errors. ST_NOMEM; ST_IO when the text
 * is not JSON. `why` (may be NULL) explains either error. */
enum status json_read(const char *text, size_t length, size_t flags, json_t **out,
                      json_error_t *why);

/* Returns the text of a value, which the caller frees; NULL: no memory. */
char *json_write(const json_t *value, size_t flags);

/* Like json_write, but readable for people too: reals have the fewest digits that read back to
 * the same double, and characters that a terminal would obey or hide are \\u escapes. */
char *json_show(const json_t *value, size_t flags);

/* Makes a string of any n bytes; bytes that are not UTF-8 become "\\xff". NULL: no memory. */
json_t *json_bytes(const char *text, size_t n);

/* Returns true if an allocation of Jansson failed since the last of these calls in this thread
 * began. */
bool json_starved(void);

#endif
