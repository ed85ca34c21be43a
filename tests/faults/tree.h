/* tree.h -- folders with all their contents. */
#ifndef TREE_H
#define TREE_H

#include <stdint.h>

void file_copy(const char *from, const char *to);
void tree_copy(const char *from, const char *to); /* makes `to` */
void tree_remove(const char *path);               /* if it is there */
uint64_t tree_digest(const char *path);           /* of names and contents */
char *tree_names(const char *path);               /* one a line; free them */

#endif
