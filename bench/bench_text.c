/* bench_text -- measures how fast a tokeniser is learned and used.
 *
 *     bench_text FOLDER [VOCABULARY [gpt2|cl100k]]
 *     bench_text FOLDER FILE            a tokenizer.json, or GPT-2's vocab.bpe
 *
 * Reads train.txt of a folder of texts (posbench corpus prose). Prints the seconds of one core
 * to learn byte-pair merges (default 8,192 tokens) and to encode the text with an empty cache;
 * the ids are discarded. Times are processor time, so that other programs matter less. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "corpus.h"
#include "pieces.h"
#include "tokenizer.h"

static struct err err;

static void must(enum status st)
{
    if (st) {
        fprintf(stderr, "bench_text: %s\n", err.msg);
        exit(1);
    }
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static enum status count(void *context, const int32_t *id, size_t n, struct err *e)
{
    (void)id;
    (void)e;
    *(long long *)context += (long long)n;
    return ST_OK;
}

int main(int argc, char **argv)
{
    static struct corpus c;
    struct tokenizer *t = NULL;
    struct rusage use;
    long long tokens = 0;
    if (argc < 2) {
        fputs("usage: bench_text FOLDER [VOCABULARY|FILE [gpt2|cl100k]]\n", stderr);
        return 2;
    }
    must(corpus_open(argv[1], &c, &err));
    const struct mapped_file *text = &c.text[PART_TRAIN];
    const char *what = argc > 2 ? argv[2] : "8192";
    const char *pattern =
        argc > 3 && strcmp(argv[3], "cl100k") == 0 ? pieces_cl100k : pieces_gpt2;
    const double begun = seconds();
    if (isdigit((unsigned char)*what))
        must(tokenizer_train(pattern, (int)strtol(what, NULL, 10), c.path[PART_TRAIN], text,
                             &t, &err));
    else
        must(tokenizer_read(what, &t, &err));
    const double learned = seconds();
    must(tokenizer_encode(t, c.path[PART_TRAIN], text, count, &tokens, &err));
    const double encoded = seconds();
    getrusage(RUSAGE_SELF, &use);
    printf("%.1f MB, vocabulary %d: learned in %.2f s; %lld tokens in %.2f s, %.1f MB/s; "
           "at most %ld MiB in memory\n",
           (double)text->size / 1e6, tokenizer_vocabulary(t), learned - begun, tokens,
           encoded - learned, (double)text->size / 1e6 / (encoded - learned),
           use.ru_maxrss / 1024);
    tokenizer_close(t);
    corpus_close(&c);
    return 0;
}
