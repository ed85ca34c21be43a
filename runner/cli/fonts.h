/* fonts.h -- what the fonts of this machine can show. */
#ifndef FONTS_H
#define FONTS_H

#include <stdint.h>
#include <stdio.h>

#include "status.h"

/* Copies the UTF-8 file `script` to a new file *out, with "?" for each letter that no font has:
 * cairo would draw it across the whole picture. Sets *missing to the number of these letters and
 * *first to the least of them. Without fontconfig's fc-list nothing is known, and all letters stay.
 * The caller closes *out, which may be NULL after an error. */
enum status fonts_drawable(FILE *script, FILE **out, int *missing, uint32_t *first,
                           struct err *e);

#endif
