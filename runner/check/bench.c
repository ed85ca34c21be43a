/* bench.c -- times the steps of the encoders in turn, and products that show the machine's
 * limit.
 *
 * bench_run makes a workload of random tokens, measures each encoder's memory in a process of
 * its own, and opens the trainers. Each repetition then times both products, and one evaluation
 * and one step of every encoder. The results are medians and spreads.
 * Pitfall: the processes must be forked before this one has threads, so measure_memory must run
 * before the first trainer is opened. */
#include "bench.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ascending.h"
#include "clock.h"
#include "gemm.h"
#include "rng.h"
#include "threads.h"

/* The vocabulary is as small as the tasks', so that the output layer costs little. SHARDS is
 * the default of train.shards. */
enum { VOCABULARY = 16, SHARDS = 4 };

static double now_ms(void)
{
    return 1e3 * clock_now();
}

/* Sorts x. */
static struct bench_time summary(double *x, int n)
{
    qsort(x, (size_t)n, sizeof *x, ascending_doubles);
    const double middle = n % 2 ? x[n / 2] : 0.5 * (x[n / 2 - 1] + x[n / 2]);
    return (struct bench_time){middle, 0.5 * (x[3 * n / 4] - x[n / 4])};
}

/* --- memory -------------------------------------------------------------- */

/* On Linux, writing 5 to clear_refs resets VmHWM, the largest resident size. */
static void peak_memory_reset(void)
{
    FILE *f = fopen("/proc/self/clear_refs", "w");
    if (f) {
        fputs("5", f);
        fclose(f);
    }
}

static double peak_memory_mib(void)
{
    FILE *f = fopen("/proc/self/status", "r");
    char line[256];
    double kib = NAN;
    if (!f)
        return NAN;
    while (fgets(line, sizeof line, f))
        if (!strncmp(line, "VmHWM:", 6))
            kib = strtod(line + 6, NULL);
    fclose(f);
    return kib / 1024.0;
}

/* --- the machine's limit ------------------------------------------------- */

struct peak {
    int M, N, K;
    real *a, *b, *c; /* room for every thread's matrices */
    size_t a_size, b_size, c_size;
    int times;
};

static void multiply(void *context, int job, int thread)
{
    const struct peak *p = context;
    (void)thread;
    const struct rows a = {p->a + (size_t)job * p->a_size, p->K};
    const struct rows b = {p->b + (size_t)job * p->b_size, p->K};
    const struct rows c = {p->c + (size_t)job * p->c_size, p->N};
    for (int i = 0; i < p->times; i++)
        gemm_nt(p->M, p->N, p->K, 1, a, b, 0, c);
}

static double peak_gflops_once(struct threads *t, struct peak *p)
{
    const double flop = 2.0 * p->M * p->N * p->K;
    p->times = (int)(2e9 / flop) + 1;
    const double start = now_ms();
    threads_run(t, threads_count(t), multiply, p);
    return 1e-6 * flop * p->times * threads_count(t) / (now_ms() - start);
}

/* --- one encoder --------------------------------------------------------- */

struct subject {
    struct trainer *trainer;
    double *forward_ms, *step_ms; /* [repetitions] */
    double *seconds[PHASES];      /* [repetitions] of each phase, all threads together */
    struct stopwatch *clock;      /* [threads] */
};

struct workload {
    int *start;
    int32_t *token, *target, *best;
    float *loss;
};

/* Returns true when an option called `name` is set in the text "a=1,b=2" before `end`. */
static bool given_before(const char *text, const char *end, const char *name)
{
    const size_t n = strlen(name);
    for (const char *at = text; at && at < end; at = strchr(at, ',')) {
        at += *at == ',';
        if (strncmp(at, name, n) == 0 && at[n] == '=' && at + n < end)
            return true;
    }
    return false;
}

/* Parses "cope:p_max=64,sep_keys=true". */
static enum status parse_encoder(const char *text, struct encoder_stack *out, struct err *e)
{
    char copy[ENCODER_NAME];
    if (snprintf(copy, sizeof copy, "%s", text) >= (int)sizeof copy)
        return err_set(e, ST_USAGE, "encoder \"%s\" is too long", text);
    char *rest = strchr(copy, ':');
    const char *const options = text + (rest ? rest + 1 - copy : 0);
    if (rest)
        *rest++ = '\0';
    enum status st = encoder_stack_parse(copy, out, e);
    while (rest && !st) {
        char *one = strsep(&rest, ","), *value = strchr(one, '=');
        if (!value)
            return err_set(e, ST_USAGE, "encoder \"%s\": \"%s\" is not OPTION=VALUE", text,
                           one);
        *value = '\0';
        if (given_before(options, text + (one - copy), one))
            return err_set(e, ST_USAGE, "encoder \"%s\": %s is given twice", text, one);
        st = encoder_stack_set(out, one, value + 1, e);
    }
    return st;
}

static enum status open_trainer(const struct bench_settings *s, const char *encoder,
                                struct trainer **out, struct err *e)
{
    struct trainer_config c = {
        .model = {.layers = s->layers,
                  .heads = s->heads,
                  .dim = s->dim,
                  .ff = 4 * s->dim,
                  .norm = s->post_norm ? NORM_POST : NORM_PRE,
                  .activation = s->post_norm ? ACTIVATION_RELU : ACTIVATION_GELU,
                  .bias = true,
                  .tie_embeddings = true,
                  .vocabulary = VOCABULARY,
                  .trained_length = s->length,
                  .longest = s->length},
        .optimizer = {.kind = OPTIMIZER_ADAMW,
                      .lr = 3e-4,
                      .beta1 = 0.9,
                      .beta2 = 0.999,
                      .eps = 1e-8,
                      .weight_decay = 0.1,
                      .schedule = SCHEDULE_CONSTANT,
                      .steps = s->repetitions + 1},
        .seed = 1,
        .shards = SHARDS,
        .threads = s->threads,
        .max_sequences = s->batch,
        .max_tokens = s->batch * s->length,
    };
    enum status st = parse_encoder(encoder, &c.model.encoders, e);
    if (st)
        return st;
    st = model_check(&c.model, e);
    if (st)
        return st;
    const struct encoder_dims d = model_dims(&c.model);
    st = encoder_stack_resolve(&c.model.encoders, &d, e);
    return st ? st : trainer_open(&c, out, e);
}

static void workload_free(struct workload *w)
{
    free(w->start);
    free(w->token);
    free(w->target);
    free(w->best);
    free(w->loss);
}

/* The caller frees *w with workload_free, also after an error. */
static enum status workload_open(const struct bench_settings *s, struct workload *w,
                                 struct err *e)
{
    const size_t n = (size_t)s->batch * (size_t)s->length;
    struct rng r = rng_stream(1, RNG_TEST, "bench", 0);
    *w = (struct workload){.start = calloc((size_t)s->batch + 1, sizeof *w->start),
                           .token = calloc(n, sizeof *w->token),
                           .target = calloc(n, sizeof *w->target),
                           .best = calloc(n, sizeof *w->best),
                           .loss = calloc(n, sizeof *w->loss)};
    if (!w->start || !w->token || !w->target || !w->best || !w->loss)
        return err_set(e, ST_NOMEM, "no memory for a batch of %zu tokens", n);
    for (int i = 0; i < s->batch; i++)
        w->start[i + 1] = w->start[i] + s->length;
    for (size_t i = 0; i < n; i++) {
        const int place = (int)(i % (size_t)s->length);
        w->token[i] = (int32_t)rng_below(&r, VOCABULARY);
        /* `scored` targets are spread evenly; the last place is one of them */
        const int after = (int)((long)(place + 1) * s->scored / s->length);
        const int before = (int)((long)place * s->scored / s->length);
        w->target[i] = after > before ? (int32_t)rng_below(&r, VOCABULARY) : -1;
    }
    return ST_OK;
}

static struct batch batch_of(const struct bench_settings *s, const struct workload *w)
{
    return (struct batch){
        .sequences = s->batch, .start = w->start, .token = w->token, .target = w->target};
}

static enum status take_step(struct subject *u, const struct batch *b, int step, double *ms,
                             struct err *e)
{
    double loss;
    const double start = now_ms();
    const enum status st = trainer_step(u->trainer, step, b, &loss, e);
    *ms = now_ms() - start;
    return st;
}

/* The result of one child process about one trainer. */
struct finding {
    enum status status;
    struct err err;
    size_t parameters;
    double peak_memory_mib;
};

/* Measures the peak memory of a process with one trainer, after a step and an evaluation. */
static enum status find_memory(const struct bench_settings *s, const char *encoder,
                               const struct workload *w, struct finding *out, struct err *e)
{
    struct subject u = {0};
    const struct batch b = batch_of(s, w);
    double ms;
    peak_memory_reset();
    enum status st = open_trainer(s, encoder, &u.trainer, e);
    if (st)
        return st;
    st = take_step(&u, &b, 0, &ms, e);
    trainer_evaluate(u.trainer, &b, w->loss, w->best);
    out->parameters = model_parameters(trainer_model(u.trainer));
    out->peak_memory_mib = peak_memory_mib();
    trainer_close(u.trainer);
    return st;
}

/* Reads all n bytes; returns false when the other end closes earlier. */
static bool read_all(int fd, void *to, size_t n)
{
    for (size_t got = 0; got < n;) {
        const ssize_t more = read(fd, (char *)to + got, n - got);
        if (more == 0 || (more < 0 && errno != EINTR))
            return false;
        got += more > 0 ? (size_t)more : 0;
    }
    return true;
}

static void tell_memory(const struct bench_settings *s, const char *encoder,
                        const struct workload *w, int fd)
{
    struct finding f = {0};
    f.status = find_memory(s, encoder, w, &f, &f.err);
    const bool told = write(fd, &f, sizeof f) == (ssize_t)sizeof f;
    _exit(told ? 0 : 1);
}

/* Runs in a child process: freed memory stays resident, so a second trainer in the same process
 * would be charged for what the first one left. */
static enum status measure_memory(const struct bench_settings *s, const char *encoder,
                                  const struct workload *w, struct bench_result *out,
                                  struct err *e)
{
    struct finding f = {0};
    int ends[2];
    if (pipe(ends))
        return err_set(e, ST_IO, "no pipe: %s; close some files", strerror(errno));
    const pid_t child = fork();
    if (child == 0)
        tell_memory(s, encoder, w, ends[1]);
    close(ends[1]);
    const bool told = child > 0 && read_all(ends[0], &f, sizeof f);
    close(ends[0]);
    while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR)
        continue;
    if (!told)
        return err_set(
            e, ST_IO, "encoder \"%s\": the process that measures its memory %s", encoder,
            child > 0 ? "ended early; is there enough?" : "could not be started");
    if (f.status) {
        *e = f.err;
        return f.status;
    }
    snprintf(out->encoder, sizeof out->encoder, "%s", encoder);
    out->parameters = f.parameters;
    out->peak_memory_mib = f.peak_memory_mib;
    return ST_OK;
}

static void subject_close(struct subject *u)
{
    trainer_close(u->trainer);
    free(u->forward_ms);
    free(u->step_ms);
    free(u->clock);
    for (int p = 0; p < PHASES; p++)
        free(u->seconds[p]);
}

static enum status subject_open(const struct bench_settings *s, const char *encoder,
                                struct subject *u, struct err *e)
{
    *u = (struct subject){
        .forward_ms = calloc((size_t)s->repetitions, sizeof *u->forward_ms),
        .step_ms = calloc((size_t)s->repetitions, sizeof *u->step_ms),
        .clock = calloc((size_t)s->threads, sizeof *u->clock),
    };
    bool enough = u->forward_ms && u->step_ms && u->clock;
    for (int p = 0; p < PHASES; p++) {
        u->seconds[p] = calloc((size_t)s->repetitions, sizeof *u->seconds[p]);
        enough &= u->seconds[p] != NULL;
    }
    if (!enough)
        return err_set(e, ST_NOMEM, "no memory for %d repetitions", s->repetitions);
    return open_trainer(s, encoder, &u->trainer, e);
}

static void start_clocks(const struct bench_settings *s, struct subject *u)
{
    for (int i = 0; i < s->threads; i++) {
        u->clock[i] = (struct stopwatch){0};
        clock_gettime(CLOCK_MONOTONIC, &u->clock[i].last);
    }
    trainer_clock(u->trainer, u->clock);
}

static void stop_clocks(const struct bench_settings *s, struct subject *u, int repetition)
{
    trainer_clock(u->trainer, NULL);
    for (int p = 0; p < PHASES; p++)
        for (int i = 0; i < s->threads; i++)
            u->seconds[p][repetition] += u->clock[i].seconds[p];
}

/* The stopwatches of the phases run during the timed steps: they cost less than a thousandth of
 * the time. */
static enum status repeat(const struct bench_settings *s, const struct workload *w,
                          struct subject *u, int repetition, struct err *e)
{
    const struct batch b = batch_of(s, w);
    double ms;
    enum status st = ST_OK;
    if (repetition == 0)
        st = take_step(u, &b, 0, &ms, e); /* warm the caches */
    const double start = now_ms();
    trainer_evaluate(u->trainer, &b, w->loss, w->best);
    u->forward_ms[repetition] = now_ms() - start;
    if (st)
        return st;
    start_clocks(s, u);
    st = take_step(u, &b, repetition + 1, &u->step_ms[repetition], e);
    stop_clocks(s, u, repetition);
    return st;
}

static void finish(const struct bench_settings *s, struct subject *u,
                   struct bench_result *out)
{
    const double flops =
        s->batch *
        model_train_flops(model_settings(trainer_model(u->trainer)), s->length, s->scored);
    out->forward = summary(u->forward_ms, s->repetitions);
    out->step = summary(u->step_ms, s->repetitions);
    for (int p = 0; p < PHASES; p++)
        out->seconds[p] = summary(u->seconds[p], s->repetitions).ms;
    out->tokens_per_s = 1e3 * s->batch * s->length / out->step.ms;
    out->model_gflops = 1e-6 * flops / out->step.ms;
}

/* --- all of them --------------------------------------------------------- */

struct peaks {
    struct threads *threads;
    struct peak shape[2];
    real *memory;
    double *gflops[2]; /* [repetitions] */
};

static void peaks_close(struct peaks *p)
{
    threads_close(p->threads);
    free(p->memory);
    free(p->gflops[0]);
    free(p->gflops[1]);
}

static enum status peaks_open(const struct bench_settings *s, struct peaks *p,
                              struct err *e)
{
    static const struct peak shapes[2] = {{.M = 8192, .N = 256, .K = 256},
                                          {.M = 1024, .N = 1024, .K = 1024}};
    const size_t room = (size_t)8192 * 256; /* floats of the largest matrix */
    const size_t threads = (size_t)s->threads, all = threads * 3 * room;
    *p = (struct peaks){.memory = calloc(all, sizeof(real))};
    for (int i = 0; i < 2; i++)
        p->gflops[i] = calloc((size_t)s->repetitions, sizeof *p->gflops[i]);
    if (!p->memory || !p->gflops[0] || !p->gflops[1])
        return err_set(e, ST_NOMEM, "no memory for the sgemm measurement");
    for (size_t i = 0; i < all; i++)
        p->memory[i] = (real)(i % 17) * (real)0.01;
    for (int i = 0; i < 2; i++) {
        struct peak *q = &p->shape[i];
        *q = shapes[i];
        q->a_size = q->b_size = q->c_size = room;
        q->a = p->memory;
        q->b = q->a + threads * room;
        q->c = q->b + threads * room;
    }
    return threads_open(s->threads, &p->threads, e);
}

static enum status measure_all(const struct bench_settings *s, const char *const *encoder,
                               int n, const struct workload *w, struct subject *u,
                               struct bench_result *out, struct err *e)
{
    for (int i = 0; i < n; i++) {
        const enum status st = measure_memory(s, encoder[i], w, &out[i], e);
        if (st)
            return st;
    }
    for (int i = 0; i < n; i++) {
        const enum status st = subject_open(s, encoder[i], &u[i], e);
        if (st)
            return st;
    }
    return ST_OK;
}

static enum status time_all(const struct bench_settings *s, int n, const struct workload *w,
                            struct subject *u, struct peaks *p, struct bench_result *out,
                            struct err *e)
{
    for (int r = 0; r < s->repetitions; r++) {
        for (int i = 0; i < 2; i++)
            p->gflops[i][r] = peak_gflops_once(p->threads, &p->shape[i]);
        for (int i = 0; i < n; i++) {
            const enum status st = repeat(s, w, &u[i], r, e);
            if (st)
                return st;
        }
    }
    for (int i = 0; i < n; i++)
        finish(s, &u[i], &out[i]);
    return ST_OK;
}

enum status bench_run(const struct bench_settings *s, const char *const *encoder, int n,
                      struct bench_result *out, struct bench_time *peak_gflops,
                      struct err *e)
{
    struct subject subject[BENCH_ENCODERS_MAX] = {0};
    struct workload work;
    struct peaks peaks = {0};
    memset(out, 0, (size_t)n * sizeof *out);
    enum status st = workload_open(s, &work, e);
    if (!st)
        st = measure_all(s, encoder, n, &work, subject, out, e);
    if (!st)
        st = peaks_open(s, &peaks, e);
    if (!st)
        st = time_all(s, n, &work, subject, &peaks, out, e);
    if (!st) {
        const struct bench_time a = summary(peaks.gflops[0], s->repetitions);
        const struct bench_time b = summary(peaks.gflops[1], s->repetitions);
        *peak_gflops = a.ms > b.ms ? a : b;
    }
    peaks_close(&peaks);
    for (int i = 0; i < n; i++)
        subject_close(&subject[i]);
    workload_free(&work);
    return st;
}
