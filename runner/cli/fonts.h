/* fonts.h -- what the fonts of this machine can show. */
#ifndef FONTS_H
#define FONTS_H

#include <stdint.h>
#include <stdio.h>

#include "status.h"

/* A copy of the UTF-8 file `script`, whose letters that no font has are "?": cairo would draw
 * one across the whole picture. *missing: how many these are, and *first, the least of them.
 * Without fontconfig's fc-list nothing is known, and all letters stay. The caller closes
 * *out, which may be NULL after an error. */
enum status fonts_drawable(FILE *script, FILE **out, int *missing, uint32_t *first,
                           struct err *e);

#endif
