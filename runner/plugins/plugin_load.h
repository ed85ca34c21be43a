/* plugin_load.h -- loads plug-ins of the command line, of an experiment file and of the parent
 * process. */
#ifndef PLUGIN_LOAD_H
#define PLUGIN_LOAD_H

#include "status.h"

/* Loads a plug-in, unless it is loaded already, and passes its path to child processes. Must be
 * called before threads start. ST_CONFIG: no plug-in, one of another ABI, or a name that is
 * taken. */
enum status plugin_load(const char *path, struct err *e);

/* Loads the plug-ins of the parent process. */
enum status plugin_load_inherited(struct err *e);

#endif
