#include "plugin_load.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_encoder.h"
#include "plugin.h"
#include "plugin_file.h"

/* The paths of all loaded plug-ins, separated by newlines, since a path may hold any other
 * byte. */
static const char inherited[] = "POSBENCH_PLUGINS";
enum { PATHS_TEXT = 16384 };
static char paths[PATHS_TEXT];

static bool is_loaded(const char *path)
{
    const size_t n = strlen(path);
    for (const char *at = paths; (at = strstr(at, path)); at += n)
        if ((at == paths || at[-1] == '\n') && (at[n] == '\n' || !at[n]))
            return true;
    return false;
}

static enum status leave_to_children(const char *path, struct err *e)
{
    const size_t used = strlen(paths);
    if (used + strlen(path) + 2 > sizeof paths || strchr(path, '\n'))
        return err_set(e, ST_CONFIG, "%s: too many plug-ins, or a newline in the name",
                       path);
    snprintf(paths + used, sizeof paths - used, "%s%s", used ? "\n" : "", path);
    if (setenv(inherited, paths, 1) != 0)
        return err_set(e, ST_NOMEM, "no memory for the environment");
    return ST_OK;
}

static enum status check(const char *path, const struct plugin *p, struct err *e)
{
    if (p->abi != PLUGIN_ABI)
        return err_set(e, ST_CONFIG,
                       "%s: made for ABI %u of plug-ins, but this program has %d; build it "
                       "again with the headers of this posbench",
                       path, (unsigned)p->abi, PLUGIN_ABI);
    if (p->sizes[0] != sizeof(struct task) || p->sizes[1] != sizeof(struct encoder))
        return err_set(
            e, ST_CONFIG,
            "%s: made with other headers of ABI %d; build it again with those of "
            "this posbench",
            path, PLUGIN_ABI);
    const char *name = p->task ? p->task->name : p->encoder ? p->encoder->name : NULL;
    if (!name || !*name)
        return err_set(e, ST_CONFIG, "%s: neither a task nor an encoder with a name", path);
    if (task_find(name) || encoder_find(name))
        return err_set(e, ST_CONFIG,
                       "%s: there is a%s called %s already; name it otherwise", path,
                       task_find(name) ? " task" : "n encoder", name);
    struct err why;
    if (!p->task && encoder_check(p->encoder, &why))
        return err_set(e, ST_CONFIG, "%s: %s", path, why.msg);
    return ST_OK;
}

static enum status take(const char *path, const struct plugin *p, struct err *e)
{
    enum status st = check(path, p, e);
    if (!st && !(p->task ? task_add(p->task) : encoder_add(p->encoder)))
        st = err_set(e, ST_CONFIG, "%s: more plug-ins than there is room for", path);
    return st ? st : leave_to_children(path, e);
}

enum status plugin_load(const char *path, struct err *e)
{
    char whole[PATH_MAX];
    if (!realpath(path, whole))
        return err_set(e, ST_CONFIG, "%s: no such plug-in: %s", path, strerror(errno));
    if (is_loaded(whole))
        return ST_OK;
    const enum status fit = plugin_file_check(whole, e);
    if (fit)
        return fit;
    void *object = dlopen(whole, RTLD_NOW | RTLD_LOCAL);
    if (!object)
        return err_set(e, ST_CONFIG, "%s: cannot be loaded: %s", path, dlerror());
    const struct plugin *p = dlsym(object, "posbench_plugin");
    const enum status st =
        p ? take(whole, p, e)
          : err_set(e, ST_CONFIG,
                    "%s: no plug-in: it has no posbench_plugin; end its source with "
                    "POSBENCH_TASK(task_...) or POSBENCH_ENCODER(encoder_...)",
                    path);
    if (st)
        dlclose(object);
    return st;
}

enum status plugin_load_inherited(struct err *e)
{
    const char *left = getenv(inherited);
    char *list = left ? strdup(left) : NULL, *rest = list;
    enum status st = left && !list ? err_set(e, ST_NOMEM, "no memory for plug-ins") : ST_OK;
    while (rest && !st) {
        const char *path = strsep(&rest, "\n");
        if (*path)
            st = plugin_load(path, e);
    }
    free(list);
    return st;
}
