#include "doctor.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <sqlite3.h>
#include <xxhash.h>
#include <yaml.h>

#include "cores.h"
#include "memory.h"
#include "provenance.h"
#include "version.h"

static const double little_memory_mib = 512.0; /* less gives advice; chosen */

const char *doctor_level_text(enum doctor_level l)
{
    static const char *const names[DOCTOR_LEVELS] = {"ok", "advice", "fault"};
    return names[l];
}

void doctor_say(struct doctor *d, enum doctor_level level, const char *check,
                const char *remedy, const char *fmt, ...)
{
    assert(d->n < FINDINGS_MAX && (remedy || level == DOCTOR_FINE));
    struct finding *f = &d->at[d->n++];
    va_list args;
    f->level = level;
    f->check = check;
    va_start(args, fmt);
    vsnprintf(f->text, sizeof f->text, fmt, args);
    va_end(args);
    snprintf(f->remedy, sizeof f->remedy, "%s", level == DOCTOR_FINE ? "" : remedy);
}

int doctor_count(const struct doctor *d, enum doctor_level level)
{
    int n = 0;
    for (int i = 0; i < d->n; i++)
        n += d->at[i].level == level;
    return n;
}

void doctor_versions(struct doctor *d)
{
    int major, minor, patch;
    yaml_get_version(&major, &minor, &patch);
    doctor_say(d, DOCTOR_FINE, "program", NULL, "posbench %s, commit %s%s, %s, %s",
               POSBENCH_VERSION, POSBENCH_COMMIT, POSBENCH_DIRTY ? " with changes" : "",
               POSBENCH_COMPILER, POSBENCH_FLAGS);
    doctor_say(d, DOCTOR_FINE, "libraries", NULL,
               "%s, core %s; SQLite %s; libyaml %d.%d.%d; jansson %s; xxHash %u.%u.%u",
               gemm_library(), gemm_core(), sqlite3_libversion(), major, minor, patch,
               jansson_version_str(), XXH_versionNumber() / 10000,
               XXH_versionNumber() / 100 % 100, XXH_versionNumber() % 100);
    doctor_say(d, DOCTOR_FINE, "cpu", NULL, "%s, %d usable cores, kernels %s",
               provenance_cpu(), cores_usable(), kernels_get()->isa);
}

void doctor_memory(struct doctor *d)
{
    const struct memory_room room = memory_room();
    const double mib = room.bytes / (1 << 20);
    if (isinf(mib))
        doctor_say(d, DOCTOR_FINE, "memory", NULL,
                   "the system does not say how much is free");
    else
        doctor_say(d, mib < little_memory_mib ? DOCTOR_ADVICE : DOCTOR_FINE, "memory",
                   "end other programs, or run with a smaller --jobs; a run that does not "
                   "get its memory ends the matrix, and the same command goes on",
                   "%.0f MiB are available, as %s says", mib, room.of);
}
