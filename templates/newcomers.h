/* newcomers.h -- what `posbench new` writes: a task and an encoder that are sound, with
 * their tests. They are compiled and tested with the program but are in no registry; a new
 * one is their text with another name. */
#ifndef NEWCOMERS_H
#define NEWCOMERS_H

#include "encoder.h"
#include "task.h"

#define NEWCOMER "newcomer" /* the word that gives way to the new name */

extern const struct task task_newcomer;
extern const struct encoder encoder_newcomer;

/* The texts of the files. */
extern const char newcomer_task[], newcomer_task_test[];
extern const char newcomer_encoder[], newcomer_encoder_test[];

/* Two ways to build one out of the tree, by make and by CMake. */
extern const char newcomer_makefile[], newcomer_cmake[];

#endif
