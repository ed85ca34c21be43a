#include "provenance.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "gemm.h"
#include "kernels.h"
#include "version.h"

enum { NAME_TEXT = 128 };

/* Reads the text after the colon of "model name : AMD EPYC 9R45". */
static void read_cpu(char out[NAME_TEXT])
{
    char line[256];
    FILE *f = fopen("/proc/cpuinfo", "re");
    while (f && out[0] == '\0' && fgets(line, sizeof line, f)) {
        const char *colon = strchr(line, ':');
        if (!colon || strncmp(line, "model name", strlen("model name")) != 0)
            continue;
        colon += strspn(colon, ": ");
        snprintf(out, NAME_TEXT, "%.*s", (int)strcspn(colon, "\n"), colon);
    }
    if (f)
        fclose(f);
}

const char *provenance_cpu(void)
{
    static char cpu[NAME_TEXT];
    struct utsname system;
    if (cpu[0] == '\0')
        read_cpu(cpu);
    /* Architectures other than x86 name no model there. */
    if (cpu[0] == '\0' && uname(&system) == 0)
        snprintf(cpu, sizeof cpu, "%s", system.machine);
    return cpu;
}

void provenance_program(char text[PROVENANCE_PROGRAM])
{
    snprintf(text, PROVENANCE_PROGRAM, "%s %s%s", POSBENCH_VERSION, POSBENCH_COMMIT,
             POSBENCH_DIRTY ? "+" : "");
}

struct provenance provenance_here(const uint64_t file_hash[2])
{
    static char host[NAME_TEXT], hash[33];
    if (gethostname(host, sizeof host) != 0)
        host[0] = '\0';
    host[sizeof host - 1] = '\0';
    hash[0] = '\0';
    if (file_hash)
        snprintf(hash, sizeof hash, "%016" PRIx64 "%016" PRIx64, file_hash[0],
                 file_hash[1]);
    return (struct provenance){
        .version = POSBENCH_VERSION,
        .commit = POSBENCH_COMMIT,
        .compiler = POSBENCH_COMPILER,
        .flags = POSBENCH_FLAGS,
        .kernel_isa = kernels_get()->isa,
        .blas = gemm_library(),
        .blas_core = gemm_core(),
        .cpu = provenance_cpu(),
        .host = host,
        .yaml_hash = hash,
        .dirty = POSBENCH_DIRTY,
        .blas_threads = 1,
    };
}
