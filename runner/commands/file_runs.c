#include "file_runs.h"

#include <stdlib.h>
#include <string.h>

#include "config.h"

/* `run` and `plan` take the file as their argument; here it names something else. */
static bool is_file_name(const char *text)
{
    const char *end = strrchr(text, '.');
    return end && (strcmp(end, ".yaml") == 0 || strcmp(end, ".yml") == 0);
}

enum status file_runs_read(const struct invocation *v, struct file_runs *out, struct err *e)
{
    const char *file = flag_text(v, "file", NULL);
    struct file_runs f = {0};
    enum status st = ST_OK;
    *out = f;
    if (argument_count(v) && is_file_name(argument_at(v, 0)))
        return err_set(e, ST_USAGE, "%s looks like an experiment file; say --file %s",
                       argument_at(v, 0), argument_at(v, 0));
    if (!file)
        return ST_OK;
    st = config_read(file, flag_text(v, "profile", "quick"), NULL, 0, &f.config, e);
    if (st)
        return st;
    f.n = f.config->runs;
    f.identity = calloc((size_t)f.n + 1, sizeof *f.identity);
    if (!f.identity) {
        file_runs_free(&f);
        return err_set(e, ST_NOMEM, "%s: no memory for its runs", file);
    }
    for (int i = 0; i < f.n; i++)
        f.identity[i] = f.config->run[i].identity;
    *out = f;
    return ST_OK;
}

void file_runs_free(struct file_runs *f)
{
    config_free(f->config);
    free(f->identity);
    *f = (struct file_runs){0};
}
