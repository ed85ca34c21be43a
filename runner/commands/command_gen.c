/* command_gen.c -- writes samples of a task to a file, without training.
 *
 * Task, split and options become a sample_source. Samples are drawn in rounds of one block for
 * each thread, into memory, and the blocks of a round are written in order. The file gets its
 * name at the end (output.h).
 * Pitfall: sample i depends on its index alone, so the bytes do not depend on which thread draws
 * a block; no state may be kept from one sample to the next. */
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "output.h"
#include "sample_text.h"
#include "threads.h"

/* Samples are written in blocks of a fixed size. A block is one thread's job and blocks are
 * written in order, so the bytes do not depend on the number of threads. 64: chosen. */
enum { BLOCK = 64 };

struct block {
    char *text;
    size_t bytes;
    bool failed; /* no memory */
};

struct work {
    const struct sample_source *source;
    enum sample_format format;
    long first, n;         /* samples of this round */
    struct sample *buffer; /* [threads] */
    struct block *block;   /* [threads], one for each job */
};

static void fill_block(void *context, int job, int thread)
{
    const struct work *w = context;
    struct block *b = &w->block[job];
    FILE *out = open_memstream(&b->text, &b->bytes);
    b->failed = !out;
    if (!out)
        return;
    const long from = w->first + (long)job * BLOCK;
    const long end = w->first + w->n;
    for (long i = from; i < from + BLOCK && i < end; i++) {
        sample_draw(w->source, (uint64_t)i, &w->buffer[thread]);
        sample_write(w->source, w->format, (uint64_t)i, &w->buffer[thread], out);
    }
    b->failed = ferror(out) != 0;
    if (fclose(out) != 0)
        b->failed = true;
}

static enum status write_blocks(const struct work *w, int jobs, FILE *out, struct err *e)
{
    enum status st = ST_OK;
    for (int j = 0; j < jobs; j++) {
        struct block *b = &w->block[j];
        if (b->failed && !st)
            st = err_set(e, ST_NOMEM, "no memory for %d samples", BLOCK);
        if (!st)
            fwrite(b->text, 1, b->bytes, out);
        free(b->text);
        *b = (struct block){0};
    }
    return st;
}

static enum status write_rounds(struct work *w, long n, struct threads *pool, FILE *out,
                                struct err *e)
{
    const long round = (long)BLOCK * threads_count(pool);
    enum status st = ST_OK;
    for (w->first = 0; w->first < n && !st && !ferror(out); w->first += round) {
        w->n = n - w->first < round ? n - w->first : round;
        const int jobs = (int)((w->n + BLOCK - 1) / BLOCK);
        threads_run(pool, jobs, fill_block, w);
        st = write_blocks(w, jobs, out, e);
    }
    return st;
}

static enum status write_samples(const struct sample_source *s, enum sample_format f,
                                 long n, int threads, FILE *out, struct err *e)
{
    struct threads *pool = NULL;
    struct work w = {.source = s, .format = f};
    w.buffer = calloc((size_t)threads, sizeof *w.buffer);
    w.block = calloc((size_t)threads, sizeof *w.block);
    enum status st = w.buffer && w.block
                         ? ST_OK
                         : err_set(e, ST_NOMEM, "no memory for %d threads", threads);
    for (int i = 0; i < threads && !st; i++)
        st = sample_init(s, &w.buffer[i], e);
    if (!st)
        st = threads_open(threads, &pool, e);
    if (!st)
        st = write_rounds(&w, n, pool, out, e);
    threads_close(pool);
    for (int i = 0; i < threads && w.buffer; i++)
        sample_free(&w.buffer[i]);
    free(w.buffer);
    free(w.block);
    return st;
}

static enum status count_samples(const struct invocation *v, const struct sample_source *s,
                                 enum sample_format format, long *n, struct err *e)
{
    *n = s->task->vocabulary(&s->options);
    if (format == SAMPLE_WORDS)
        return flag_given(v, "count") ? err_set(e, ST_USAGE,
                                                "format words has a line for each token "
                                                "id: leave out -n")
                                      : ST_OK;
    if (s->train && !flag_given(v, "count"))
        return err_set(e, ST_USAGE,
                       "the training stream has no end: say how many with -n N");
    return flag_integer(v, "count", 1, 1000000000, s->count, n, e);
}

static enum status run(const struct invocation *v, struct err *e)
{
    const char *const *set;
    const int n_set = flag_list(v, "set", &set);
    const char *split = flag_text(v, "split", "id");
    const long dflt_seed = strcmp(split, "train") == 0 ? 1 : 0;
    struct sample_source source;
    enum sample_format format = SAMPLE_JSONL;
    long n = 0, seed = 0, threads = 1;
    struct output *file = NULL;

    enum status st = flag_integer(v, "seed", 0, 2147483647, dflt_seed, &seed, e);
    if (!st)
        st = flag_integer(v, "threads", 1, 256, 1, &threads, e);
    if (!st)
        st = sample_source_init(argument_at(v, 0), split, (uint64_t)seed, set, n_set,
                                &source, e);
    if (!st)
        st = sample_format_find(flag_text(v, "format", "jsonl"), &source, &format, e);
    if (!st)
        st = count_samples(v, &source, format, &n, e);
    if (!st)
        st = output_open(flag_text(v, "output", "-"), flag_given(v, "force"), &file, e);
    if (!st)
        st = write_samples(&source, format, n, (int)threads, output_file(file), e);
    if (!st)
        st = output_commit(file, e);
    output_close(file);
    return st;
}

static const struct flag flags[] = {
    {"split", 0, "SPLIT", false, "split to draw from, or train (default id)"},
    {"count", 'n', "N", false, "samples (default: the split's reference size)"},
    {"output", 'o', "FILE", false, "file to write; - is standard output (default -)"},
    {"format", 0, "jsonl|text|flipflop|released|words", false,
     "jsonl: ids, targets, scored places; text: tokens, a tab, the answers; flipflop: "
     "one character a token, the layout of the public Flip-Flop data; released: context, "
     "question and answer, as the released CoPE code has them; words: no samples, the words "
     "that the token ids stand for (default jsonl)"},
    {"set", 0, "OPTION=VALUE", true,
     "change an option of the task, after the split's own changes (repeatable)"},
    {"seed", 0, "N", false, "data seed (default 0); for train the run's seed (default 1)"},
    {"threads", 0, "N", false, "threads; the bytes are the same for any (default 1)"},
    {"force", 'f', NULL, false, "replace FILE if it is there"},
    {0},
};

const struct command command_gen = {
    .name = "gen",
    .group = GROUP_DATA,
    .summary = "write samples of a task to a file, without training",
    .arguments = "TASK",
    .min_args = 1,
    .max_args = 1,
    .examples =
        "posbench gen flip_flop --split ood_sparse -n 1000 -o sparse.jsonl\n"
        "posbench gen counting -n 3 --format text\n"
        "posbench gen flip_flop --split train -n 9000 --format flipflop -o train.txt",
    .flags = flags,
    .run = run,
};
