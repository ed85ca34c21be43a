/* samples_check.c -- reports what a file of samples contains.
 *
 * Samples are sorted by the hash of their input (tokens and scored places), then by the hash
 * that includes the targets, so that equal samples are neighbours. */
#include "samples_check.h"

#include <stdlib.h>

#include "contract.h"
#include "jsonl_file.h"

struct print_of_sample {
    uint64_t seen, whole; /* hash of tokens and scored places; of targets too */
    size_t line;          /* index of the sample in the file, from 0 */
};

static int by_hash(const void *a, const void *b)
{
    const struct print_of_sample *x = a, *y = b;
    if (x->seen != y->seen)
        return x->seen < y->seen ? -1 : 1;
    if (x->whole != y->whole)
        return x->whole < y->whole ? -1 : 1;
    return x->line < y->line ? -1 : x->line > y->line;
}

static struct print_of_sample print_of(const struct jsonl_file *f, size_t line)
{
    struct print_of_sample p = {CONTRACT_HASH, CONTRACT_HASH, line};
    for (size_t i = f->start[line]; i < f->start[line + 1]; i++) {
        p.seen = contract_add(contract_add(p.seen, f->token[i]), f->scored[i]);
        p.whole = contract_add(p.whole, f->scored[i] ? f->target[i] : -1);
    }
    return p;
}

/* Counts in *twice the samples that repeat an earlier one. *first < *second are the first pair
 * found that has the same input and different answers; both are equal when there is none. */
static enum status compare(const struct jsonl_file *f, size_t *twice, size_t *first,
                           size_t *second, struct err *e)
{
    struct print_of_sample *p = malloc(f->samples * sizeof *p);
    if (!p)
        return err_set(e, ST_NOMEM, "no memory to compare %zu samples", f->samples);
    for (size_t i = 0; i < f->samples; i++)
        p[i] = print_of(f, i);
    qsort(p, f->samples, sizeof *p, by_hash);
    *twice = *first = *second = 0;
    for (size_t i = 1; i < f->samples; i++) {
        if (p[i].seen != p[i - 1].seen)
            continue;
        *twice += p[i].whole == p[i - 1].whole;
        if (p[i].whole != p[i - 1].whole && *first == *second) {
            const bool in_order = p[i - 1].line < p[i].line;
            *first = in_order ? p[i - 1].line : p[i].line;
            *second = in_order ? p[i].line : p[i - 1].line;
        }
    }
    free(p);
    return ST_OK;
}

static void row(struct text_table *t, const char *name, double value, const char *meaning)
{
    text_table_text(t, name);
    if (print_format_for_people(t->format))
        text_table_format(t, "%.8g", value);
    else
        text_table_real(t, value);
    text_table_text(t, meaning);
}

static void rows(const struct jsonl_file *f, size_t twice, struct text_table *t)
{
    const size_t tokens = f->start[f->samples];
    size_t scored = 0;
    for (size_t i = 0; i < tokens; i++)
        scored += f->scored[i];
    row(t, "samples", (double)f->samples, "lines that hold one");
    row(t, "longest", f->longest, "tokens of the longest");
    row(t, "mean", (double)tokens / (double)f->samples, "tokens of a sample");
    row(t, "ids", f->ids, "token ids that `ids` has to allow, or more in another split");
    row(t, "scored", (double)scored / (double)f->samples, "answers of a sample");
    row(t, "answers", f->answers, "different ones");
    row(t, "chance", 1.0 / (f->answers > 1 ? f->answers : 1), "accuracy of a blind guess");
    row(t, "majority", f->commonest, "accuracy of the commonest answer");
    row(t, "twice", (double)twice, "samples that stand in the file before");
}

enum status samples_check_print(const char *file, const char *words, enum print_format f,
                                FILE *out, struct err *e)
{
    static const char *const names[] = {"what", "value", "meaning"};
    struct jsonl_file samples = {0};
    size_t twice = 0, first = 0, second = 0;
    enum status st = jsonl_file_open(file, words, &samples, e);
    if (!st)
        st = compare(&samples, &twice, &first, &second, e);
    if (!st) {
        struct text_table t;
        text_table_init(&t, f, out);
        text_table_columns(&t, names, 3);
        rows(&samples, twice, &t);
        st = text_table_end(&t, e);
    }
    jsonl_file_close(&samples);
    if (!st && first != second)
        st = err_set(e, ST_RANGE,
                     "%s: samples %zu and %zu (from 1) have the same tokens and other "
                     "answers; no model can give both",
                     file, first + 1, second + 1);
    return st;
}
