/* report_looks.c -- writes what trained heads count: sentences, a sequence with its gates as
 * background colours, a picture of every head, tables.
 *
 * Gates and planes come from the caller (report_look.h); the section itself explains the rule by
 * which run, head and kind of token were chosen. One head of each row is large; the script's
 * sliders choose another, and without a script all others are shown small.
 * Pitfall: texts of tokens may come from plug-ins, and must go through escape_html as all text. */
#include "report_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "small_picture.h"
#include "text_table.h"

/* The least score at which a gate is said to follow a kind, and the most heads with pictures (two
 * of up to 11 kB each). Both chosen. */
static const double clear_score = 0.3;
enum { PAGE_HEADS = 96 };

double look_kind_score(const struct look_kind *k)
{
    return isnan(k->at) || isnan(k->other) ? -1 : fabs((k->at - k->other) * k->r);
}

void report_look_free(struct report_look *l)
{
    free(l->experiment);
    free(l->profile);
    free(l->cell);
    free(l->variant);
    free(l->task);
    free(l->run);
    free(l->of_head);
    free(l->kind);
    free(l->mean);
    free(l->token);
    free(l->scored);
    free(l->gate);
    free(l->attention);
    *l = (struct report_look){0};
}

void report_looks_free(struct report_looks *l)
{
    for (int i = 0; i < l->n; i++)
        report_look_free(&l->at[i]);
    free(l->at);
    *l = (struct report_looks){0};
}

/* --- sentences ------------------------------------------------------------------------ */

/* Writes "gate" for "gate" and "cope.gate", "forget gate" for "forget". */
static void gate_name(const struct report_look *l, char text[2 * LOOK_PLANE_TEXT])
{
    const char *dot = strchr(l->plane, '.'), *name = dot ? dot + 1 : l->plane;
    snprintf(text, (size_t)2 * LOOK_PLANE_TEXT, "%s%s", name,
             strcmp(name, "gate") == 0 ? "" : " gate");
}

enum { KIND_TEXT = LOOK_NAMES_TEXT + 32 };

static void kind_name(const struct look_kind *k, char text[KIND_TEXT])
{
    snprintf(text, KIND_TEXT, "%s%s", k->behind ? "what stands behind " : "", k->names);
}

static bool same_kind(const struct look_kind *a, const struct look_kind *b)
{
    return a->behind == b->behind && (a->at > a->other) == (b->at > b->other) &&
           strcmp(a->names, b->names) == 0;
}

/* Writes "; 3 of the other 4 seeds count another kind"; nothing when n is 0. */
static void say_some(FILE *out, int n, int all, const char *one, const char *many)
{
    if (n > 0 && all == 1)
        report_say(out, "; the other seed %s", one);
    else if (n > 0)
        report_say(out, "; %d of the other %d seeds %s", n, all, n == 1 ? one : many);
}

/* Says what the chosen heads of the other seeds do where it differs from the shown one. */
static void say_others(FILE *out, const struct report_look *l, bool counts)
{
    int other = 0, none = 0;
    for (int i = 0; i < l->runs; i++) {
        const struct look_kind *k = &l->run[i].kind;
        if (look_kind_score(k) < clear_score)
            none++;
        else if (!same_kind(k, &l->run[l->shown].kind))
            other++;
    }
    say_some(out, other, l->runs - 1,
             counts ? "counts another kind" : "follows another kind",
             counts ? "count another kind" : "follow another kind");
    say_some(out, none, l->runs - 1, "follows no kind clearly", "follow no kind clearly");
}

static void say_kind(FILE *out, const struct report_look *l)
{
    const struct look_run_kind *x = &l->run[l->shown];
    const struct look_kind *k = &x->kind;
    char gate[2 * LOOK_PLANE_TEXT], kind[KIND_TEXT];
    gate_name(l, gate);
    kind_name(k, kind);
    if (look_kind_score(k) < clear_score) {
        report_say(
            out,
            "No %s of these runs follows some kind of token: closest comes that of layer %d, "
            "head %d at %s, as scored places see it with mean %.2f there and %.2f elsewhere",
            gate, x->layer, x->head, kind, k->at, k->other);
        return;
    }
    const bool opens = k->at > k->other;
    report_say(out,
               "The %s of layer %d, head %d, as scored places see it, %s at %s: mean %.2f "
               "there, %.2f elsewhere",
               gate, x->layer, x->head, opens ? "opens" : "closes", kind, k->at, k->other);
    const bool counts = strcmp(gate, "gate") == 0;
    if (counts)
        report_say(out, ". It counts %s%s", opens ? "" : "every token but ", kind);
    say_others(out, l, counts);
}

static void say(FILE *out, const struct report_look *l)
{
    const struct look_run_kind *x = &l->run[l->shown];
    fputs("<p><b>", out);
    if (look_kind_score(&x->kind) < 0)
        report_say(out, "No kind of token is common enough to be told from the rest");
    else
        say_kind(out, l);
    fputs(".</b> ", out);
    report_say(
        out,
        "This is run %lld (seed %llu), of %d with weights the one whose gates follow "
        "their kind most closely",
        x->run, x->seed, l->runs);
    if (l->without)
        report_say(out, "; %d more could not be looked at", l->without);
    fputs(".</p>\n", out);
}

/* --- tables --------------------------------------------------------------------------- */

static void add_kind_columns(struct text_table *t)
{
    text_table_column(t, "layer", true);
    text_table_column(t, "head", true);
    text_table_column(t, "kind of token", false);
    text_table_column(t, "mean there", true);
    text_table_column(t, "elsewhere", true);
    text_table_column(t, "correlation", true);
}

static void add_mean(struct text_table *t, int decimals, double x)
{
    if (isnan(x))
        text_table_none(t);
    else
        text_table_format(t, "%.*f", decimals, x);
}

static void add_kind(struct text_table *t, int layer, int head, const struct look_kind *k)
{
    char kind[KIND_TEXT];
    kind_name(k, kind);
    text_table_integer(t, layer);
    text_table_integer(t, head);
    text_table_text(t, kind);
    add_mean(t, 3, k->at);
    add_mean(t, 3, k->other);
    add_mean(t, 2, k->r);
}

static enum status write_runs(FILE *out, const struct report_look *l, struct err *e)
{
    struct text_table t;
    text_table_init(&t, PRINT_HTML, out);
    text_table_column(&t, "run", true);
    text_table_column(&t, "seed", true);
    add_kind_columns(&t);
    for (int i = 0; i < l->runs; i++) {
        const struct look_run_kind *x = &l->run[i];
        text_table_integer(&t, x->run);
        text_table_format(&t, "%llu", x->seed);
        add_kind(&t, x->layer, x->head, &x->kind);
    }
    return text_table_end(&t, e);
}

/* Writes a table of the shown run: the kind of each head, and its mean gate at the commonest
 * tokens. */
static enum status write_heads_table(FILE *out, const struct report_look *l, struct err *e)
{
    struct text_table t;
    text_table_init(&t, PRINT_HTML, out);
    add_kind_columns(&t);
    for (int k = 0; k < l->kinds; k++) {
        char name[LOOK_TOKEN_TEXT + 8];
        snprintf(name, sizeof name, "\"%s\"", l->kind[k]);
        text_table_column(&t, name, true);
    }
    for (int h = 0; h < l->layers * l->heads; h++) {
        add_kind(&t, h / l->heads, h % l->heads, &l->of_head[h]);
        for (int k = 0; k < l->kinds; k++)
            add_mean(&t, 2, l->mean[h * l->kinds + k]);
    }
    return text_table_end(&t, e);
}

/* --- pictures ------------------------------------------------------------------------- */

static const float *plane_at(const struct report_look *l, const float *all, int head)
{
    return all + (size_t)head * (size_t)l->tokens * (size_t)l->tokens;
}

/* Returns the plane with each row divided by its largest number, so that a query of many keys is
 * as visible as one of few; *mean is the mean of these numbers. The caller frees it; NULL: no
 * memory. */
static float *by_row(const struct report_look *l, const float *plane, double *mean)
{
    const int T = l->tokens;
    float *out = calloc((size_t)T * (size_t)T, sizeof *out);
    double sum = 0;
    for (int i = 0; out && i < T; i++) {
        const float *row = plane + (size_t)i * (size_t)T;
        float most = 0;
        for (int j = 0; j <= i; j++)
            most = row[j] > most ? row[j] : most;
        for (int j = 0; j <= i && most > 0; j++)
            out[(size_t)i * (size_t)T + (size_t)j] = row[j] / most;
        sum += (double)most;
    }
    *mean = sum / T;
    return out;
}

/* Returns the last place whose answer is scored, or the last place. */
static int asking_place(const struct report_look *l)
{
    for (int i = l->tokens - 1; i > 0; i--)
        if (l->scored[i])
            return i;
    return l->tokens - 1;
}

/* Writes the tokens up to the asking place, each on the colour of its gate. */
static void write_strip(FILE *out, const struct report_look *l, int head)
{
    const int query = asking_place(l);
    const float *row = plane_at(l, l->gate, head) + (size_t)query * (size_t)l->tokens;
    fputs("<p class=strip>", out);
    for (int j = 0; j <= query; j++) {
        fprintf(out, "<span class=g%d title=%.2f>", shade_of((double)row[j]),
                (double)row[j]);
        escape_html(out,
                    *l->token[j] && strcmp(l->token[j], " ") != 0 ? l->token[j] : "\u2423");
        fputs("</span>", out);
    }
    fputs("</p>\n", out);
}

static void begin_plane(FILE *out, const struct report_look *l, int head, const char *what)
{
    fprintf(out, "<div><img width=%d height=%d alt=\"", l->tokens, l->tokens);
    report_say(out, "%s of layer %d, head %d: a row for each query, a column for each key",
               what, head / l->heads, head % l->heads);
    fputs("\" src=\"", out);
}

static void write_gates(FILE *out, const struct report_look *l, int head)
{
    begin_plane(out, l, head, "Gates");
    small_picture(out, plane_at(l, l->gate, head), l->tokens);
    fputs("\"> <span>Gate: queries downwards, keys across</span></div>\n", out);
}

static void write_attention(FILE *out, const struct report_look *l, int head)
{
    double mean;
    float *shown = by_row(l, plane_at(l, l->attention, head), &mean);
    if (!shown)
        return;
    begin_plane(out, l, head, "Attention");
    small_picture(out, shown, l->tokens);
    fputs("\"> <span>", out);
    report_say(
        out, "Attention: in each row the largest weight is darkest; on average it is %.2f",
        mean);
    fputs("</span></div>\n", out);
    free(shown);
}

/* Has the head gates? It has none when the encoder does not act in its layer. */
static bool has_gates(const struct report_look *l, int head)
{
    return !isnan(plane_at(l, l->gate, head)[0]);
}

static void write_head(FILE *out, const struct report_look *l, int head, bool chosen)
{
    fprintf(out, "<figure class=\"head%s\" data-layer=%d data-head=%d>\n",
            chosen ? " chosen" : "", head / l->heads, head % l->heads);
    fprintf(out, "<figcaption>Layer %d, head %d</figcaption>\n", head / l->heads,
            head % l->heads);
    if (has_gates(l, head)) {
        write_strip(out, l, head);
        fputs("<div class=planes>", out);
        write_gates(out, l, head);
        write_attention(out, l, head);
        fputs("</div>\n", out);
    } else {
        fputs("<p>The encoder does not act in this layer.</p>\n", out);
    }
    fputs("</figure>\n", out);
}

static void write_slider(FILE *out, const char *name, int most, int value)
{
    if (most > 0)
        fprintf(
            out,
            "<label>%s <input type=range min=0 max=%d value=%d step=1 data-part=%s></label>\n",
            *name == 'l' ? "Layer" : "Head", most, value, name);
}

static void write_heads(FILE *out, const struct report_look *l)
{
    const struct look_run_kind *x = &l->run[l->shown];
    fputs("<div class=looks>\n<p class=steer hidden>", out);
    write_slider(out, "layer", l->layers - 1, x->layer);
    write_slider(out, "head", l->heads - 1, x->head);
    fputs("<output></output></p>\n", out);
    for (int h = 0; h < l->layers * l->heads; h++)
        write_head(out, l, h, h == x->layer * l->heads + x->head);
    fputs("</div>\n", out);
}

/* --- the section ------------------------------------------------------------------------ */

/* Writes the colours of strips and their meaning. */
static void write_colours(FILE *out)
{
    fputs("<style>\n", out);
    for (int i = 0; i < SHADES; i++) {
        char colour[8];
        shade_colour(i, colour);
        fprintf(out, ".g%d{background:%s;color:%s}\n", i, colour, shade_ink(i));
    }
    fputs("</style>\n<p class=strip>gate", out);
    for (int i = 0; i <= 10; i++)
        fprintf(out, " <span class=g%d>%.1f</span>", shade_of(i / 10.0), i / 10.0);
    fputs("</p>\n", out);
}

static void write_gate(FILE *out)
{
    fputs("<p>", out);
    report_say(
        out,
        "Some encoders have gates: a number between 0 and 1 for each pair of a token that "
        "looks (query) and one that is seen (key). Tokens whose gate is open, near 1, are "
        "counted between the two, those whose gate is closed, near 0, are not; a forget gate "
        "that closes hides what stands before it. For each row of the tables: the first "
        "sequence of the split id (of a long one the first %d tokens), each token on the "
        "colour of its gate as the last scored place sees it.",
        LOOK_TOKENS);
    fputs("</p>\n", out);
}

static void write_rule(FILE *out)
{
    fputs("<h3>How run, head and kind of token were chosen</h3>\n<p>", out);
    report_say(
        out,
        "The models with weights read the first %d sequences of the split id, up to %d seeds "
        "of each row; all pairs count whose query is a scored place. A kind of keys are some "
        "tokens, or what stands behind them: the tokens are sorted by their mean gate and "
        "cut in two, and the smaller part is the kind. Of all cuts and heads the one is "
        "named, and of all seeds the one is shown, for which the difference between the mean "
        "gates of the kind and of all other keys, times the correlation of the gate with "
        "being of the kind, is largest.",
        LOOK_SEQUENCES, LOOK_SEEDS);
    fputs("</p>\n", out);
}

static enum status write_look(struct report *r, const struct report_look *l, int *heads,
                              struct err *e)
{
    fputs("<h3>", r->out);
    report_say(r->out, "%s, %s%s%s, %s", l->experiment, l->profile, *l->cell ? ", " : "",
               l->cell, l->variant);
    fputs("</h3>\n<p>", r->out);
    report_say(r->out, "The task: %s.", l->task);
    fputs("</p>\n", r->out);
    say(r->out, l);
    *heads += l->layers * l->heads;
    if (*heads <= PAGE_HEADS)
        write_heads(r->out, l);
    else
        fputs(
            "<p>Its pictures would make the page too heavy; the command draws them.</p>\n",
            r->out);
    fputs("<p class=made><code>", r->out);
    report_say(r->out, "posbench plot gates %lld -o gates.svg", l->run[l->shown].run);
    fputs("</code> draws the gates; <code>", r->out);
    report_say(r->out, "posbench probe %lld -n %d", l->run[l->shown].run, l->sequences);
    fputs(
        "</code> prints means of all heads.</p>\n"
        "<p>The kind of each head of this run, and its mean gates by the token of the key:</p>\n",
        r->out);
    enum status st = write_heads_table(r->out, l, e);
    fputs(
        "<p>Of each run the head and the kind with the highest product of two numbers, how "
        "far the two means lie apart and the size of the correlation:</p>\n",
        r->out);
    return st ? st : write_runs(r->out, l, e);
}

static void write_without(struct report *r, const struct report_looks *l)
{
    fputs("<p>", r->out);
    if (!l || l->gated == 0)
        report_say(r->out, "%s",
                   l ? "No run's encoder has gates to look at."
                     : "Models were not asked for.");
    else
        report_prose(
            r->out,
            "The weights of the %d runs whose encoders have gates are not beside the "
            "database, or cannot be used%s%s. `posbench run --rerun all` keeps them.",
            l->gated, l->why.msg[0] ? ": " : "", l->why.msg);
    fputs("</p>\n", r->out);
}

enum status report_heads(struct report *r, struct err *e)
{
    const struct report_looks *l = r->request->looks;
    enum status st = ST_OK;
    int heads = 0;
    if (!l || l->n == 0) {
        write_without(r, l);
        return ST_OK;
    }
    write_gate(r->out);
    write_colours(r->out);
    for (int i = 0; i < l->n && st == ST_OK; i++)
        st = write_look(r, &l->at[i], &heads, e);
    if (l->more) {
        fputs("<p>", r->out);
        report_prose(r->out,
                     "%d more rows have models with gates; `posbench report EXPERIMENT` "
                     "shows those of one experiment.",
                     l->more);
        fputs("</p>\n", r->out);
    }
    write_rule(r->out);
    return st;
}
