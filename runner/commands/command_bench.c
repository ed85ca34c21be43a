/* command_bench.c -- measures how fast a training step is, and how near the hardware's limit.
 *
 * Shape, encoders and threads are read and checked, bench.c measures, and the results are printed
 * as a table or as one JSON object per line. Without --encoder all encoders are timed; those that
 * only make sense in a sum are timed in one.
 * Pitfall: `scored` never exceeds `length` (it is lowered silently). Numbers that cannot be
 * measured here, such as memory without /proc, are null in JSON. */
#include <limits.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "command.h"
#include "encoder_example.h"
#include "gemm.h"
#include "json_text.h"
#include "kernels.h"

static const struct flag flags[] = {
    {"shape", 0, "KEY=N,...", false,
     "layers=4,heads=4,dim=256,length=512,batch=16,scored=26 (what is left out stays)"},
    {"encoder", 0, "ENCODER", true,
     "encoder to time, options behind a colon: NAME:OPTION=VALUE,... (repeatable; default "
     "all)"},
    {"threads", 0, "N", false, "threads (default 1)"},
    {"repetitions", 'r', "N", false, "timed steps of each encoder, in turn (default 5)"},
    {"post-norm", 0, NULL, false, "post-norm and ReLU instead of pre-norm and GELU"},
    {"json", 0, NULL, false, "one object a line instead of a table"},
    {0},
};

/* Sets the size that `text` names. *set has a bit for each size that was given. */
static enum status set_size(struct bench_settings *s, const char *text, unsigned *set,
                            struct err *e)
{
    const struct {
        const char *name;
        int *value, hi;
    } size[] = {
        {"layers", &s->layers, 256},   {"heads", &s->heads, 256},
        {"dim", &s->dim, 16384},       {"length", &s->length, 1 << 18},
        {"batch", &s->batch, 1 << 16}, {"scored", &s->scored, 1 << 18},
    };
    const char *equals = strchr(text, '=');
    for (size_t i = 0; equals && i < sizeof size / sizeof size[0]; i++) {
        char *end;
        if (strncmp(text, size[i].name, (size_t)(equals - text)) != 0 ||
            strlen(size[i].name) != (size_t)(equals - text))
            continue;
        const long n = strtol(equals + 1, &end, 10);
        if (end == equals + 1 || *end || n < 1 || n > size[i].hi)
            return err_set(e, ST_USAGE, "--shape: %s must be an integer from 1 to %d",
                           size[i].name, size[i].hi);
        if (*set & 1U << i)
            return err_set(e, ST_USAGE, "--shape: %s is given twice", size[i].name);
        *set |= 1U << i;
        *size[i].value = (int)n;
        return ST_OK;
    }
    return err_set(e, ST_USAGE,
                   "--shape: \"%s\" is not one of layers=N, heads=N, dim=N, length=N, "
                   "batch=N, scored=N",
                   text);
}

static enum status read_shape(const struct invocation *v, struct bench_settings *s,
                              struct err *e)
{
    char copy[256], *rest = flag_given(v, "shape") ? copy : NULL;
    unsigned set = 0;
    enum status st = ST_OK;
    if (snprintf(copy, sizeof copy, "%s", flag_text(v, "shape", "")) >= (int)sizeof copy)
        return err_set(e, ST_USAGE, "--shape is too long");
    while (rest && !st)
        st = set_size(s, strsep(&rest, ","), &set, e);
    if (!st && (int64_t)s->batch * s->length > INT_MAX)
        return err_set(e, ST_USAGE, "--shape: a batch of %d sequences of %d is too large",
                       s->batch, s->length);
    if (!st && s->scored > s->length)
        s->scored = s->length;
    return st;
}

static enum status read_settings(const struct invocation *v, struct bench_settings *s,
                                 struct err *e)
{
    long threads, repetitions;
    *s = (struct bench_settings){.layers = 4,
                                 .heads = 4,
                                 .dim = 256,
                                 .length = 512,
                                 .batch = 16,
                                 .scored = 26,
                                 .post_norm = flag_given(v, "post-norm")};
    enum status st = read_shape(v, s, e);
    if (!st)
        st = flag_integer(v, "threads", 1, 256, 1, &threads, e);
    if (!st)
        st = flag_integer(v, "repetitions", 1, BENCH_REPETITIONS_MAX, 5, &repetitions, e);
    if (st)
        return st;
    s->threads = (int)threads;
    s->repetitions = (int)repetitions;
    return ST_OK;
}

static double peak_fraction(const struct bench_result *r, const struct bench_time *peak)
{
    return r->model_gflops / peak->ms;
}

/* Returns null for a number that could not be measured. */
static json_t *number(double x)
{
    return isfinite(x) ? json_real(x) : json_null();
}

static json_t *json_of(const struct bench_settings *s, const struct bench_result *r,
                       const struct bench_time *peak)
{
    json_t *phase = json_object();
    int failed = !phase;
    for (int p = 0; p < PHASES; p++)
        failed |= json_object_set_new(phase, phase_text((enum phase)p),
                                      number(1e3 * r->seconds[p])) != 0;
    json_t *o = json_pack(
        "{s:s, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o, "
        "s:o, s:o, s:I, s:s, s:s, s:o}",
        "encoder", r->encoder, "layers", s->layers, "heads", s->heads, "dim", s->dim,
        "length", s->length, "batch", s->batch, "scored", s->scored, "threads", s->threads,
        "repetitions", s->repetitions, "step_ms", number(r->step.ms), "step_spread_ms",
        number(r->step.spread_ms), "forward_ms", number(r->forward.ms), "backward_ms",
        number(r->step.ms - r->forward.ms), "tokens_per_s", number(r->tokens_per_s),
        "model_gflops", number(r->model_gflops), "sgemm_peak_gflops", number(peak->ms),
        "peak_fraction", number(peak_fraction(r, peak)), "peak_memory_mib",
        number(r->peak_memory_mib), "parameters", (json_int_t)r->parameters, "blas_core",
        gemm_core(), "kernel_isa", kernels_get()->isa, "phase_ms", phase);
    if (!failed)
        return o;
    json_decref(o);
    return NULL;
}

static enum status print_json(const struct bench_settings *s, const struct bench_result *r,
                              const struct bench_time *peak, struct err *e)
{
    json_t *o = json_of(s, r, peak);
    char *text = o ? json_write(o, JSON_COMPACT | JSON_REAL_PRECISION(6)) : NULL;
    json_decref(o);
    if (!text)
        return err_set(e, ST_NOMEM, "no memory for the measurements as JSON");
    puts(text);
    free(text);
    return ST_OK;
}

static void print_phases(const struct bench_result *r, int n)
{
    printf("\nThe same steps by phase, medians in ms of all threads together:\n%-40s", "");
    for (int i = 0; i < n; i++)
        printf(" %11.11s", r[i].encoder);
    putchar('\n');
    for (int p = 0; p < PHASES; p++) {
        printf("%-40s", phase_text((enum phase)p));
        for (int i = 0; i < n; i++)
            printf(" %11.2f", 1e3 * r[i].seconds[p]);
        putchar('\n');
    }
}

static void print_table(const struct bench_settings *s, const struct bench_result *r, int n,
                        const struct bench_time *peak)
{
    printf("layers %d, heads %d, dim %d, length %d, batch %d, %d scored, %s, %d thread%s\n"
           "BLAS core %s, kernels %s, sgemm peak %.0f (+-%.0f) GFLOP/s; medians of %d\n\n",
           s->layers, s->heads, s->dim, s->length, s->batch, s->scored,
           s->post_norm ? "post-norm" : "pre-norm", s->threads, s->threads == 1 ? "" : "s",
           gemm_core(), kernels_get()->isa, peak->ms, peak->spread_ms, s->repetitions);
    printf("%-24s %10s %7s %10s %9s %8s %6s %8s\n", "encoder", "step ms", "+-",
           "forward ms", "tokens/s", "GFLOP/s", "peak", "MiB");
    for (int i = 0; i < n; i++)
        printf("%-24s %10.1f %7.1f %10.1f %9.0f %8.1f %5.0f%% %8.0f\n", r[i].encoder,
               r[i].step.ms, r[i].step.spread_ms, r[i].forward.ms, r[i].tokens_per_s,
               r[i].model_gflops, 100.0 * peak_fraction(&r[i], peak), r[i].peak_memory_mib);
    print_phases(r, n);
}

/* Lists every encoder, or the sum that it is meant for. */
static enum status all_encoders(char name[][ENCODER_NAME], const char **all, int *n,
                                struct err *e)
{
    struct encoder_stack s;
    enum status st = ST_OK;
    for (*n = 0; !st && *n < encoder_count() && *n < BENCH_ENCODERS_MAX; ++*n) {
        st = encoder_example(encoder_at(*n), &s, e);
        if (!st)
            encoder_stack_name(&s, name[*n]);
        all[*n] = name[*n];
    }
    return st;
}

static enum status run(const struct invocation *v, struct err *e)
{
    struct bench_result result[BENCH_ENCODERS_MAX];
    struct bench_settings s;
    struct bench_time peak;
    const char *const *encoder;
    const char *all[BENCH_ENCODERS_MAX];
    char name[BENCH_ENCODERS_MAX][ENCODER_NAME];
    enum status st = ST_OK;
    int n = flag_list(v, "encoder", &encoder);
    if (!n) {
        st = all_encoders(name, all, &n, e);
        encoder = all;
    }
    if (n > BENCH_ENCODERS_MAX)
        return err_set(e, ST_USAGE, "at most %d encoders at a time", BENCH_ENCODERS_MAX);
    if (!st)
        st = read_settings(v, &s, e);
    if (!st)
        st = bench_run(&s, encoder, n, result, &peak, e);
    if (st)
        return st == ST_CONFIG ? (e->code = ST_USAGE) : st;
    if (!flag_given(v, "json")) {
        print_table(&s, result, n, &peak);
        return ST_OK;
    }
    for (int i = 0; i < n && !st; i++)
        st = print_json(&s, &result[i], &peak, e);
    return st;
}

const struct command command_bench = {
    .name = "bench",
    .group = GROUP_LOOK,
    .summary = "time training steps against this machine's limit",
    .arguments = "",
    .min_args = 0,
    .max_args = 0,
    .examples = "posbench bench --encoder rope --encoder cope:p_max=64 --threads 2\n"
                "posbench bench --shape layers=2,heads=2,dim=64,length=769,batch=64 --json",
    .flags = flags,
    .run = run,
};
