#include "targets.h"

#include <stdio.h>
#include <string.h>

const char *target_experiments(const struct invocation *v, int i)
{
    return i < argument_count(v) ? argument_at(v, i) : "experiments.yaml";
}

const char *target_database(const struct invocation *v, const char *experiments,
                            char buf[PATH_MAX])
{
    const char *given = flag_text(v, "db", NULL);
    const char *slash = strrchr(experiments, '/');
    const int folder = slash ? (int)(slash + 1 - experiments) : 0;
    char beside[PATH_MAX];
    snprintf(beside, sizeof beside, "%.*sresults.db", folder, experiments);
    return path_file(given ? given : beside, buf);
}
