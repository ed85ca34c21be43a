#include "choose_head.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gate_kinds.h"
#include "tokenizer.h"

enum { LINE, EMPTY, PARAGRAPH, HEADING, MARKS };
const char *const choose_marks[] = {"line", "empty", "paragraph", "heading", NULL};

static int mark_of(const char *name)
{
    int i = 0;
    while (i < MARKS && strcmp(choose_marks[i], name) != 0)
        i++;
    return i;
}

/* The state of a text before a byte of it. */
struct place {
    int ends;     /* line ends since the last letter, with or without blanks between */
    bool letters; /* in this line */
    bool title;   /* the line began with "=" */
};

/* Moves past the byte; returns true when the mark is at it. */
static bool step(struct place *p, int kind, char c)
{
    if (c == '\n') {
        const bool here = kind == LINE || (kind == EMPTY && p->ends == 1) ||
                          (kind == PARAGRAPH && p->letters && !p->title);
        *p = (struct place){.ends = p->ends + 1};
        return here;
    }
    if (c == ' ' || c == '\t' || c == '\r')
        return false;
    const bool title = p->ends > 0 && c == '=';
    *p = (struct place){.letters = true, .title = p->title || title};
    return kind == HEADING && title;
}

void choose_mark(const struct tokenizer *t, const char *name, const int32_t *token, int n,
                 int32_t *mark)
{
    const int kind = mark_of(name);
    struct place p = {.ends = 0};
    for (int i = 0; i < n; i++) {
        size_t bytes;
        const char *text = tokenizer_text(t, token[i], &bytes);
        mark[i] = 0;
        for (size_t k = 0; k < bytes; k++)
            mark[i] |= step(&p, kind, text[k]);
    }
}

static enum status look_at_sequences(struct look_run *r, const struct tokenizer *t,
                                     const char *mark, int plane, struct gate_kinds *g,
                                     struct err *e)
{
    const int n = r->split.count < CHOOSE_SEQUENCES ? r->split.count : CHOOSE_SEQUENCES;
    int32_t *label = calloc((size_t)r->run.model.longest, sizeof *label);
    if (!label)
        return err_set(e, ST_NOMEM, "no memory for the marks of a sequence");
    enum status st = ST_OK;
    for (int i = 0; i < n && (st = look_run_at(r, i, e)) == ST_OK; i++) {
        choose_mark(t, mark, r->sequence.batch.token, r->looking.tokens, label);
        gate_kinds_add_labels(g, r, plane, label);
    }
    free(label);
    return st;
}

static enum status largest(const struct gate_kinds *g, int heads, const char *mark,
                           struct chosen_head *out, struct err *e)
{
    int best = -1;
    out->r = -INFINITY;
    for (int h = 0; h < g->heads; h++) {
        const double r = gate_kinds_of(g, h, 1).r;
        if (isnan(r) || r <= out->r)
            continue;
        out->r = r;
        best = h;
    }
    if (best < 0)
        return err_set(e, ST_NOTFOUND,
                       "among the keys of these sequences there is no %s to choose a head "
                       "by; take a longer split",
                       mark);
    out->layer = best / heads;
    out->head = best % heads;
    return ST_OK;
}

enum status choose_head(struct look_run *r, const char *mark, struct chosen_head *out,
                        struct err *e)
{
    static const char *const gates[] = {"gate", "forget", NULL};
    const struct task *task = r->run.task;
    const int plane = looking_find(&r->looking, gates);
    struct gate_kinds g = {.heads = 0};
    if (mark_of(mark) == MARKS)
        return err_set(e, ST_USAGE,
                       "a head is chosen by line, empty, paragraph or heading, not \"%s\"",
                       mark);
    if (!task->tokenizer)
        return err_set(e, ST_USAGE,
                       "%s is no task of text: it has no %s to choose a head by",
                       task->name, mark);
    if (plane < 0)
        return err_set(
            e, ST_NOTFOUND,
            "%s has no gates to choose a head by; cope has, with sep_keys of its "
            "own keys",
            r->run.variant);
    enum status st = gate_kinds_open(r->looking.layers * r->looking.heads, 2, &g, e);
    if (st == ST_OK)
        st = look_at_sequences(r, task->tokenizer(&r->split.options), mark, plane, &g, e);
    if (st == ST_OK)
        st = largest(&g, r->looking.heads, mark, out, e);
    gate_kinds_close(&g);
    return st;
}
