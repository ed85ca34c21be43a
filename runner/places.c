#include "places.h"

#include <stdio.h>
#include <string.h>

const char *place_experiments(const struct invocation *v, int i)
{
    return i < argument_count(v) ? argument_at(v, i) : "experiments.yaml";
}

const char *place_database(const struct invocation *v, const char *experiments,
                           char buf[PATH_MAX])
{
    const char *given = flag_text(v, "db", NULL);
    const char *slash = strrchr(experiments, '/');
    const int folder = slash ? (int)(slash + 1 - experiments) : 0;
    if (given)
        snprintf(buf, PATH_MAX, "%s", given);
    else
        snprintf(buf, PATH_MAX, "%.*sresults.db", folder, experiments);
    return buf;
}
