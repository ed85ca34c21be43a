/* sample_text.c -- draws samples of a task and writes them for people and files.
 *
 * Task, split, seed and changed options become a sample_source. sample_draw fills a sample by its
 * index. sample_write prints it as JSON, as text or in the layout of the public Flip-Flop data;
 * sample_show prints it in lines of a terminal.
 * Pitfall: --set is applied after the split's own changes, so a split may no longer be what its
 * name says; nothing checks that here. */
#include "sample_text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 80, NAMES_MAX = 64 };

/* ---- the source ---- */

static enum status no_task(const char *typed, struct err *e)
{
    const char *names[NAMES_MAX];
    int n = 0;
    for (int i = 0; i < task_count() && n < NAMES_MAX; i++)
        names[n++] = task_at(i)->name;
    return err_set(e, ST_NOTFOUND, "no task \"%s\"%s", typed,
                   suggest_or(typed, names, n, "; \"posbench list tasks\" names them"));
}

static enum status no_split(const struct task *t, const char *typed, struct err *e)
{
    const char *names[NAMES_MAX] = {"train"};
    char list[512] = "; it has train";
    int n = 1;
    for (const struct task_split *s = t->splits; s->name && n < NAMES_MAX; s++) {
        const size_t used = strlen(list);
        snprintf(list + used, sizeof list - used, ", %s", s->name);
        names[n++] = s->name;
    }
    return err_set(e, ST_NOTFOUND, "%s has no split \"%s\"%s", t->name, typed,
                   suggest_or(typed, names, n, list));
}

static enum status change_option(const struct task *t, const char *change,
                                 struct option_values *o, struct err *e)
{
    const char *equals = strchr(change, '=');
    char name[OPTION_TEXT];
    if (!equals || equals == change || equals - change >= (int)sizeof name)
        return err_set(e, ST_USAGE, "--set wants OPTION=VALUE, not \"%s\"", change);
    snprintf(name, sizeof name, "%.*s", (int)(equals - change), change);
    const int i = option_find(t->options, name);
    if (i >= 0)
        return option_parse(&t->options[i], equals + 1, &o->v[i], e);
    const char *names[OPTIONS_MAX];
    const int n = option_count(t->options);
    for (int k = 0; k < n; k++)
        names[k] = t->options[k].name;
    return err_set(e, ST_USAGE, "%s has no option \"%s\"%s", t->name, name,
                   suggest_or(name, names, n, "; \"posbench show TASK\" lists them"));
}

enum status sample_source_init(const char *task, const char *split, uint64_t seed,
                               const char *const *set, int n_set, struct sample_source *out,
                               struct err *e)
{
    struct sample_source s = {.task = task_find(task), .split = split, .seed = seed};
    if (!s.task)
        return no_task(task, e);
    option_defaults(s.task->options, &s.options);
    const struct task_split *law = task_split_find(s.task, split);
    s.train = strcmp(split, "train") == 0;
    if (!law && !s.train)
        return no_split(s.task, split, e);
    if (law) {
        const struct option_values base = s.options;
        task_split_options(s.task, law, &base, &s.options);
        s.count = law->count;
    }
    for (int i = 0; i < n_set; i++) {
        const enum status st = change_option(s.task, set[i], &s.options, e);
        if (st)
            return st;
    }
    const enum status st = task_open(s.task, &s.options, e);
    if (!st)
        *out = s;
    return st;
}

enum status sample_init(const struct sample_source *s, struct sample *out, struct err *e)
{
    const size_t n = (size_t)s->task->max_length(&s->options);
    *out = (struct sample){
        .token = calloc(n, sizeof *out->token),
        .target = calloc(n, sizeof *out->target),
        .scored = calloc(n, sizeof *out->scored),
    };
    if (out->token && out->target && out->scored)
        return ST_OK;
    sample_free(out);
    return err_set(e, ST_NOMEM, "no memory for a sample of %zu tokens", n);
}

void sample_free(struct sample *s)
{
    free(s->token);
    free(s->target);
    free(s->scored);
    *s = (struct sample){0};
}

void sample_draw(const struct sample_source *s, uint64_t index, struct sample *out)
{
    struct rng r = s->train ? task_train_stream(s->task, s->seed, index)
                            : task_split_stream(s->task, s->split, s->seed, index);
    s->task->generate(&s->options, &r, out);
}

/* ---- the formats ---- */

/* Checks that each token is one character (flipflop), or a word without blanks. */
static enum status check_tokens(const struct sample_source *s, bool one_character,
                                struct err *e)
{
    for (int32_t t = 0; t < s->task->vocabulary(&s->options); t++) {
        char text[TASK_TOKEN_TEXT];
        s->task->token_text(&s->options, t, text);
        if (one_character && strlen(text) != 1)
            return err_set(e, ST_USAGE,
                           "format flipflop writes one character a token, but %s has the "
                           "token \"%s\"; use text or jsonl",
                           s->task->name, text);
        if (!*text || strcspn(text, " \t\r\n\v\f") != strlen(text))
            return err_set(e, ST_USAGE,
                           "%s has the token \"%s\", which is no word; use jsonl",
                           s->task->name, text);
    }
    return ST_OK;
}

/* Returns the first scored place when all places from it on are scored and each input there is
 * the answer before it; else -1. */
static int question_end(const struct sample *x)
{
    int first = 0;
    while (first < x->length && !x->scored[first])
        first++;
    for (int t = first; t < x->length; t++)
        if (!x->scored[t] || (t > first && x->token[t] != x->target[t - 1]))
            return -1;
    return first < x->length ? first : -1;
}

/* Checks the first samples: the question must be at the end. */
enum { QUESTIONS_TRIED = 200 };
static enum status check_questions(const struct sample_source *s, struct err *e)
{
    struct sample x;
    enum status st = sample_init(s, &x, e);
    for (uint64_t i = 0; !st && i < QUESTIONS_TRIED; i++) {
        sample_draw(s, i, &x);
        if (question_end(&x) < 0)
            st = err_set(e, ST_USAGE,
                         "format released has one answer, at the end, but sample %d of %s "
                         "has others; use jsonl",
                         (int)i, s->task->name);
    }
    sample_free(&x);
    return st;
}

enum status sample_format_find(const char *name, const struct sample_source *s,
                               enum sample_format *out, struct err *e)
{
    static const char *const names[] = {"jsonl", "text", "flipflop", "released", "words"};
    enum { FORMATS = sizeof names / sizeof *names };
    int f = 0;
    while (f < FORMATS && strcmp(names[f], name) != 0)
        f++;
    if (f == FORMATS)
        return err_set(e, ST_USAGE, "no format \"%s\"%s", name,
                       suggest_or(name, names, FORMATS,
                                  "; use jsonl, text, flipflop, released or words"));
    *out = (enum sample_format)f;
    const enum status st =
        f >= SAMPLE_FLIPFLOP ? check_tokens(s, f == SAMPLE_FLIPFLOP, e) : ST_OK;
    return st || f != SAMPLE_RELEASED ? st : check_questions(s, e);
}

static void write_ids(FILE *out, const char *name, const int32_t *id, int n)
{
    fprintf(out, "\"%s\":[", name);
    for (int t = 0; t < n; t++)
        fprintf(out, "%s%" PRId32, t ? "," : "", id[t]);
    fputs("],", out);
}

static void write_jsonl(uint64_t index, const struct sample *x, FILE *out)
{
    fprintf(out, "{\"index\":%" PRIu64 ",", index);
    write_ids(out, "tokens", x->token, x->length);
    write_ids(out, "targets", x->target, x->length);
    fputs("\"scored\":[", out);
    const char *comma = "";
    for (int t = 0; t < x->length; t++)
        if (x->scored[t]) {
            fprintf(out, "%s%d", comma, t);
            comma = ",";
        }
    fputs("]}\n", out);
}

static void put_token(const struct sample_source *s, int32_t id, FILE *out)
{
    char text[TASK_TOKEN_TEXT];
    s->task->token_text(&s->options, id, text);
    fputs(text, out);
}

static void write_text(const struct sample_source *s, const struct sample *x, FILE *out)
{
    for (int t = 0; t < x->length; t++) {
        if (t)
            fputc(' ', out);
        put_token(s, x->token[t], out);
    }
    const char *gap = "\t";
    for (int t = 0; t < x->length; t++)
        if (x->scored[t]) {
            fputs(gap, out);
            put_token(s, x->target[t], out);
            gap = " ";
        }
    fputc('\n', out);
}

/* Writes the string; the public data set appends the bit of the last read. */
static void write_flipflop(const struct sample_source *s, const struct sample *x, FILE *out)
{
    for (int t = 0; t < x->length; t++)
        put_token(s, x->token[t], out);
    if (x->length > 0 && x->target[x->length - 1] != TARGET_NONE)
        put_token(s, x->target[x->length - 1], out);
    fputc('\n', out);
}

static void put_quoted(const struct sample_source *s, int32_t id, FILE *out)
{
    char text[TASK_TOKEN_TEXT];
    s->task->token_text(&s->options, id, text);
    for (const char *c = text; *c; c++) {
        if (*c == '"' || *c == '\\')
            fputc('\\', out);
        fputc(*c, out);
    }
}

/* Writes "name": the words of ids from .. to - 1. */
static void write_words(const struct sample_source *s, const char *name, const int32_t *id,
                        int from, int to, FILE *out)
{
    fprintf(out, "\"%s\": \"", name);
    for (int t = from; t < to; t++) {
        fputs(t > from ? " " : "", out);
        put_quoted(s, id[t], out);
    }
    fputc('"', out);
}

/* Writes context, question and answer; the question is the last word before the answer. */
static void write_released(const struct sample_source *s, const struct sample *x, FILE *out)
{
    const int end = question_end(x) < 0 ? x->length - 1 : question_end(x);
    fputc('{', out);
    write_words(s, "context", x->token, 0, end, out);
    fputs(", ", out);
    write_words(s, "question", x->token, end, end + 1, out);
    fputs(", ", out);
    write_words(s, "answer", x->target, end, x->length, out);
    fputs("}\n", out);
}

void sample_write(const struct sample_source *s, enum sample_format f, uint64_t index,
                  const struct sample *x, FILE *out)
{
    switch (f) {
    case SAMPLE_JSONL:
        write_jsonl(index, x, out);
        break;
    case SAMPLE_TEXT:
        write_text(s, x, out);
        break;
    case SAMPLE_FLIPFLOP:
        write_flipflop(s, x, out);
        break;
    case SAMPLE_RELEASED:
        write_released(s, x, out);
        break;
    case SAMPLE_WORDS:
        put_token(s, (int32_t)index, out);
        fputc('\n', out);
        break;
    }
}

/* Dim for targets that are only trained on, bold green for scored ones. */
static const char *const inks[] = {"\033[2m", "\033[1;32m"};

/* Writes the token and its answer; returns the columns that they take. */
static int show_token(const struct sample_source *s, const struct sample *x, int t,
                      bool colour, char *text, size_t room)
{
    char answer[TASK_TOKEN_TEXT] = "", token[TASK_TOKEN_TEXT];
    const bool said = x->target[t] != TARGET_NONE, scored = x->scored[t] != 0;
    s->task->token_text(&s->options, x->token[t], token);
    if (said)
        s->task->token_text(&s->options, x->target[t], answer);
    snprintf(text, room, "%s%s%s%s%s%s", token, said && colour ? inks[scored] : "",
             !said    ? ""
             : scored ? "["
                      : "(",
             answer,
             !said    ? ""
             : scored ? "]"
                      : ")",
             said && colour ? "\033[0m" : "");
    return (int)(strlen(token) + strlen(answer)) + (said ? 2 : 0);
}

/* Prints tokens from .. to - 1, starting in column *column. */
static void show_part(const struct sample_source *s, const struct sample *x, int from,
                      int to, bool colour, int *column, FILE *out)
{
    for (int t = from; t < to; t++) {
        char text[2 * TASK_TOKEN_TEXT + 32];
        const int n = show_token(s, x, t, colour, text, sizeof text);
        if (*column + 1 + n > WIDTH) {
            fputc('\n', out);
            *column = 0;
        }
        fprintf(out, "%s%s", *column ? " " : "  ", text);
        *column += n + (*column ? 1 : 2);
    }
}

void sample_show(const struct sample_source *s, const struct sample *x, bool colour,
                 FILE *out)
{
    int column = 0;
    show_part(s, x, 0, x->length, colour, &column, out);
    fputc('\n', out);
}

/* ---- the gallery ---- */

enum { GALLERY = 3, GALLERY_MOST = 120, GALLERY_END = 48 };

/* Prints a sample; of a long one both ends. */
static void show_ends(const struct sample_source *s, const struct sample *x, FILE *out)
{
    int column = 0;
    if (x->length <= GALLERY_MOST) {
        sample_show(s, x, false, out);
        return;
    }
    show_part(s, x, 0, GALLERY_END, false, &column, out);
    fprintf(out, "\n  ... %d tokens ...\n", x->length - 2 * GALLERY_END);
    column = 0;
    show_part(s, x, x->length - GALLERY_END, x->length, false, &column, out);
    fputc('\n', out);
}

enum status sample_gallery(const struct task *t, FILE *out, struct err *e)
{
    struct sample_source s = {.task = t, .split = "id"};
    struct sample x;
    option_defaults(t->options, &s.options);
    enum status st = task_open(t, &s.options, e);
    if (!st)
        st = sample_init(&s, &x, e);
    if (st)
        return st;
    fputs("\n## Three samples\n\nThe first of the split `id`. `a[b]`: after a the answer b "
          "is scored; `a(b)`: b is\ntrained on but not scored.\n\n```text\n",
          out);
    for (int i = 0; i < GALLERY; i++) {
        sample_draw(&s, (uint64_t)i, &x);
        fputs(i ? "\n" : "", out);
        show_ends(&s, &x, out);
    }
    fputs("```\n", out);
    sample_free(&x);
    return ST_OK;
}
