/* plugin_load.h -- plug-ins of the command line, of an experiment file and of a parent. */
#ifndef PLUGIN_LOAD_H
#define PLUGIN_LOAD_H

#include "status.h"

/* Loads one, unless it is loaded, and leaves its path to child processes. Before threads
 * start. ST_CONFIG: no plug-in, one of another ABI, or a name that is taken. */
enum status plugin_load(const char *path, struct err *e);

/* Those that the parent process left. */
enum status plugin_load_inherited(struct err *e);

#endif
