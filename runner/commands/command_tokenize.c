/* command_tokenize.c -- shows a text as the tokens of a tokeniser, counts them, or writes their
 * ids. */
#include <stdlib.h>
#include <string.h>

#include "clean.h"
#include "command.h"
#include "mapped_file.h"
#include "pieces.h"
#include "text_data.h"

enum { SHOWN = 200, COLUMNS = 78 };

struct showing {
    const struct tokenizer *t;
    bool ids;        /* print one id on each line */
    long most, seen; /* tokens to show; tokens so far */
    long long count;
    int column;
};

static void show_token(struct showing *s, int32_t id)
{
    size_t n;
    const char *text = tokenizer_text(s->t, id, &n);
    char shown[64] = "";
    size_t used = 0;
    for (size_t i = 0; i < n && used + 8 < sizeof shown; i++) {
        const unsigned char c = (unsigned char)text[i];
        used += (size_t)snprintf(shown + used, sizeof shown - used,
                                 c == '\n'  ? "\\n"
                                 : c == ' ' ? "_"
                                 : c < ' '  ? "\\x%02x"
                                            : "%c",
                                 c);
    }
    if (s->column + (int)used + 1 > COLUMNS) {
        putchar('\n');
        s->column = 0;
    }
    clean_put(stdout, shown, strlen(shown));
    putchar('|');
    s->column += (int)used + 1;
}

static enum status take(void *context, const int32_t *id, size_t n, struct err *e)
{
    struct showing *s = context;
    (void)e;
    for (size_t i = 0; i < n; i++) {
        if (s->ids)
            printf("%d\n", (int)id[i]);
        else if (s->seen++ < s->most)
            show_token(s, id[i]);
    }
    s->count += (long long)n;
    return ST_OK;
}

static enum status open_tokenizer(const struct invocation *v, struct tokenizer **out,
                                  struct err *e)
{
    static struct corpus c;
    long vocabulary;
    const char *pattern = flag_text(v, "pattern", "gpt2");
    enum status st = flag_integer(v, "vocabulary", 257, 1 << 20, 2048, &vocabulary, e);
    if (!st && strcmp(pattern, "gpt2") != 0 && strcmp(pattern, "cl100k") != 0)
        st = err_set(e, ST_USAGE, "--pattern is gpt2 or cl100k, not \"%s\"", pattern);
    if (!st)
        st = corpus_open(flag_text(v, "corpus", "sample"), &c, e);
    if (st)
        return st;
    const struct text_wish wish = {
        .tokenizer = flag_text(v, "tokenizer", "bpe"),
        .pattern = strcmp(pattern, "gpt2") == 0 ? pieces_gpt2 : pieces_cl100k,
        .vocabulary = (int)vocabulary,
    };
    st = text_tokenizer_open(&wish, &c, out, e);
    corpus_close(&c);
    return st;
}

static const char *name_of(const char *file)
{
    return strcmp(file, "-") == 0 ? "standard input" : file;
}

static enum status show(const struct invocation *v, struct tokenizer *t,
                        const struct mapped_file *m, struct err *e)
{
    struct showing s = {.t = t, .ids = flag_given(v, "ids")};
    enum status st = flag_integer(v, "count", 0, 1000000000, SHOWN, &s.most, e);
    if (!st)
        st = tokenizer_encode(t, name_of(argument_at(v, 0)), m, take, &s, e);
    if (st || s.ids)
        return st;
    printf("%s%s tokeniser, vocabulary %d: %lld tokens of %zu bytes, %.3f bytes a token\n",
           s.column ? "\n" : "", tokenizer_kind(t), tokenizer_vocabulary(t), s.count,
           m->size, s.count ? (double)m->size / (double)s.count : 0.0);
    return ST_OK;
}

static enum status run(const struct invocation *v, struct err *e)
{
    struct tokenizer *t = NULL;
    struct mapped_file m = {0};
    char *json = NULL;
    enum status st = ST_OK;
    if (flag_given(v, "ids") && flag_given(v, "json"))
        st = err_set(e, ST_USAGE, "give either --ids or --json");
    if (!st)
        st = mapped_file_or_input(argument_at(v, 0), &m, e);
    if (!st)
        st = open_tokenizer(v, &t, e);
    if (!st && flag_given(v, "json")) {
        st = tokenizer_json(t, &json, e);
        if (!st)
            fputs(json, stdout);
    } else if (!st) {
        st = show(v, t, &m, e);
    }
    free(json);
    tokenizer_close(t);
    mapped_file_close(&m);
    return st;
}

static const struct flag flags[] = {
    {"tokenizer", 0, "bpe|byte|char|word", false,
     "learned from the training text of --corpus, or a file tokenizer.json or vocab.bpe "
     "(default bpe)"},
    {"corpus", 0, "prose|code|DIR", false, "what to learn from (default sample)"},
    {"vocabulary", 0, "N", false, "most tokens of what is learned (default 2048)"},
    {"pattern", 0, "gpt2|cl100k", false, "how bpe cuts text (default gpt2)"},
    {"count", 'n', "N", false, "tokens to show (default 200)"},
    {"ids", 0, NULL, false, "print the ids alone, one a line"},
    {"json", 0, NULL, false, "print the tokeniser as Hugging Face tokenizer.json instead"},
    {0},
};

const struct command command_tokenize = {
    .name = "tokenize",
    .group = GROUP_DATA,
    .summary = "show and count the tokens of a text file; - is standard input",
    .arguments = "FILE",
    .min_args = 1,
    .max_args = 1,
    .examples = "posbench tokenize story.txt --corpus prose --vocabulary 8192\n"
                "posbench tokenize story.txt --tokenizer vocab.bpe --ids\n"
                "posbench tokenize story.txt --corpus code --json > tokenizer.json\n"
                "posbench tokenize - --tokenizer byte",
    .flags = flags,
    .run = run,
};
