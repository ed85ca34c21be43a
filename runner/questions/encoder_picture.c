/* encoder_picture.c -- draws maps of attention of an untrained model as horizontal runs of
 * colour.
 *
 * The model has one layer, random query projections and the same projections for keys, so that
 * equal tokens attract each other. Tensors of an encoder that start at 0 get noise, since most
 * would show nothing. A weight is drawn relative to the largest in its row, so that rows with
 * many keys are as dark as those with few; the scale begins at the smallest value of the map. A
 * number of a plane is drawn relative to the largest of the plane.
 *
 * Pitfall: the bits of a forward pass differ between CPUs, which can move a cell near the border
 * of two shades; a comparison of pictures must allow for one shade (tests). */
#include "encoder_picture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "encoder_example.h"
#include "looking.h"
#include "small_picture.h"

enum {
    TOKENS = 18,
    KINDS = 4, /* kinds of tokens in the mixture */
    HEADS = 4, /* the first ACROSS / 2 are drawn */
    WIDTH = 16 * HEADS,
    ACROSS = 4, /* maps in a row of the picture */
    PLANES = 2, /* the encoder's planes that are drawn */
    TONES = 8,  /* of SHADES: fewer make longer runs */
    SEED = 1
};

/* In pixels: the side of a cell, the distance of maps, and where the first map is. */
enum { CELL = 6, STEP = TOKENS * CELL + 16, LEFT = 26, TOP = 48, DOWN = STEP + 30 };

struct picture {
    struct encoder_stack stack;
    char name[ENCODER_NAME];
    struct trainer *trainer;
    struct looking seen;
    FILE *out;
};

/* --- the model ---------------------------------------------------------------------- */

static enum status trainer_for(struct picture *p, struct err *e)
{
    struct trainer_config c = {.model = {.layers = 1,
                                         .heads = HEADS,
                                         .dim = WIDTH,
                                         .ff = WIDTH,
                                         .vocabulary = KINDS,
                                         .trained_length = TOKENS,
                                         .longest = TOKENS,
                                         .encoders = p->stack},
                               .seed = SEED,
                               .shards = 1,
                               .threads = 1,
                               .max_sequences = 1,
                               .max_tokens = TOKENS};
    const struct encoder_dims d = model_dims(&c.model);
    const enum status st = encoder_stack_resolve(&c.model.encoders, &d, e);
    return st ? st : trainer_open(&c, &p->trainer, e);
}

static void draw(real *w, size_t n, double scale, int number)
{
    struct rng r = rng_stream(SEED, RNG_WEIGHTS, "picture", (uint64_t)number);
    for (size_t i = 0; i < n; i++)
        w[i] = (real)(scale * rng_normal(&r));
}

static bool is_zero(const real *w, size_t n)
{
    size_t i = 0;
    while (i < n && !(w[i] < 0 || w[i] > 0))
        i++;
    return i == n;
}

/* Sets queries and keys so that equal tokens have a logit of about 2, and draws noise where an
 * encoder starts at 0. */
static void prepare(struct model *m)
{
    const struct tensor *query = model_tensor_find(m, "layers.0.attention.query.weight");
    const struct tensor *keys = model_tensor_find(m, "layers.0.attention.key_value.weight");
    const size_t n = (size_t)query->rows * (size_t)query->columns;
    real *w = model_weights(m);
    draw(w + query->offset, n, 1 / sqrt(2.0 * WIDTH), 0);
    memcpy(w + keys->offset, w + query->offset, n * sizeof *w);
    for (int i = 0; i < model_tensor_count(m); i++) {
        const struct tensor *t = model_tensor(m, i);
        const size_t size = (size_t)t->rows * (size_t)t->columns;
        if (strstr(t->name, "encoder.") && is_zero(w + t->offset, size))
            draw(w + t->offset, size, 1, i);
    }
}

/* Computes the planes for one token repeated, or for a mixture of all kinds. */
static enum status look_at(struct picture *p, bool mixture, struct err *e)
{
    const int start[2] = {0, TOKENS};
    int32_t token[TOKENS];
    struct rng r = rng_stream(SEED, RNG_TEST, "picture", 0);
    for (int t = 0; t < TOKENS; t++)
        token[t] = mixture ? (int32_t)rng_below(&r, KINDS) : 0;
    const struct batch one = {.sequences = 1, .start = start, .token = token};
    return looking_at(p->trainer, &one, &p->seen, e);
}

/* --- drawing ------------------------------------------------------------------------ */

/* Smaller differences of shares are rounding errors. */
#define ALL_ALIKE 1e-3

/* A map as tones; a cell of tone 0 is not drawn. */
struct map {
    int tone[TOKENS][TOKENS];
};

static const real *plane_row(const real *plane, int i)
{
    return plane + (size_t)i * TOKENS;
}

static double largest(const real *number, int n)
{
    double most = 0;
    for (int j = 0; j < n; j++)
        most = fmax(most, fabs((double)number[j])); /* skips NaN */
    return most;
}

/* Divides weights by the largest in their row. */
static void shares_of_rows(const real *plane, double share[TOKENS][TOKENS])
{
    for (int i = 0; i < TOKENS; i++) {
        const real *row = plane_row(plane, i);
        const double most = largest(row, i + 1);
        for (int j = 0; j <= i; j++)
            share[i][j] = most > 0 ? (double)row[j] / most : 0;
    }
}

/* Divides numbers by the largest of the plane; a missing number becomes 0. */
static void shares_of_all(const real *plane, double share[TOKENS][TOKENS])
{
    double most = 0;
    for (int i = 0; i < TOKENS; i++)
        most = fmax(most, largest(plane_row(plane, i), i + 1));
    for (int i = 0; i < TOKENS; i++)
        for (int j = 0; j <= i; j++)
            share[i][j] =
                most > 0 ? fmax(fabs((double)plane_row(plane, i)[j]) / most, 0) : 0;
}

/* Maps shares to tones, from the smallest share (tone 0) to 1, so that small differences are
 * visible. */
static void tones_of(double share[TOKENS][TOKENS], double least, struct map *out)
{
    for (int i = 0; i < TOKENS; i++)
        for (int j = 0; j <= i; j++)
            least = fmin(least, share[i][j]);
    if (1 - least < ALL_ALIKE)
        least = 0;
    for (int i = 0; i < TOKENS; i++)
        for (int j = 0; j < TOKENS; j++) {
            const double x = j <= i ? (share[i][j] - least) / (1 - least) : 0;
            out->tone[i][j] = (int)floor(x * (TONES - 1) + 0.5);
        }
}

/* Draws the cells of one tone as runs from left to right; each move is relative to the last run's
 * end. */
static void draw_tone(const struct map *m, int tone, FILE *out)
{
    int row = 0, column = 0;
    bool begun = false;
    for (int i = 0; i < TOKENS; i++)
        for (int j = 0, n = 0; j < TOKENS; j += n ? n : 1) {
            for (n = 0; j + n < TOKENS && m->tone[i][j + n] == tone; n++)
                ;
            if (n == 0)
                continue;
            if (!begun)
                fprintf(out, "<path class=\"t%d\" d=\"", tone);
            fprintf(out, "m%d %dh%d", j - column, i - row, n);
            begun = true;
            row = i;
            column = j + n;
        }
    if (begun)
        fputs("\"/>\n", out);
}

static void draw_map(const struct picture *p, const struct map *m, int column, int row)
{
    fprintf(p->out,
            "<g transform=\"translate(%d %d)scale(%d)\"><use href=\"#f\"/>"
            "<g transform=\"translate(0 .5)\">\n",
            LEFT + column * STEP, TOP + row * DOWN, CELL);
    for (int tone = 1; tone < TONES; tone++)
        draw_tone(m, tone, p->out);
    fputs("</g></g>\n", p->out);
}

static void draw_heads(const struct picture *p, int plane, int column, int row)
{
    double share[TOKENS][TOKENS];
    struct map m;
    for (int head = 0; head < ACROSS / 2; head++) {
        const real *at = looking_plane(&p->seen, 0, head, plane);
        if (plane == LOOK_ATTENTION)
            shares_of_rows(at, share);
        else
            shares_of_all(at, share);
        tones_of(share, plane == LOOK_ATTENTION ? 1 : 0, &m);
        draw_map(p, &m, column + head, row);
    }
}

static void write_text(const struct picture *p, int column, int row, int above,
                       const char *text)
{
    fprintf(p->out, "<text x=\"%d\" y=\"%d\">%s</text>\n", LEFT + column * STEP,
            TOP + row * DOWN - above, text);
}

/* Defines the grey area where no key is visible. */
static void define_future(FILE *out)
{
    fputs("<defs><path id=\"f\" fill=\"#eee\" d=\"M1 0", out);
    fprintf(out, "H%dV%d", TOKENS, TOKENS - 1);
    for (int i = 1; i < TOKENS; i++)
        fputs(i < TOKENS - 1 ? "h-1v-1" : "h-1", out);
    fputs("z\"/></defs>\n", out);
}

static void begin(const struct picture *p, int rows)
{
    const int width = LEFT + ACROSS * STEP, height = TOP + rows * DOWN - 12;
    fprintf(p->out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
            "font-family=\"sans-serif\" font-size=\"11\">\n"
            "<title>%s: attention of an untrained model</title>\n<style>"
            "path{stroke-width:1;shape-rendering:crispEdges}",
            width, height, p->name);
    for (int tone = 1; tone < TONES; tone++) {
        char colour[8];
        shade_colour(tone * (SHADES - 1) / (TONES - 1), colour);
        fprintf(p->out, ".t%d{stroke:%s}", tone, colour);
    }
    fprintf(p->out, "</style>\n<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n", width,
            height);
    define_future(p->out);
}

static void draw_planes(const struct picture *p, int planes)
{
    for (int k = 0; k < planes; k++) {
        char text[PROBE_NAME + 32];
        snprintf(text, sizeof text, "%s: heads 1 and 2",
                 looking_name(&p->seen, LOOK_OWN + k));
        write_text(p, 2 * k, 1, 6, text);
        draw_heads(p, LOOK_OWN + k, 2 * k, 1);
    }
}

static void write_legend(const struct picture *p, bool planes)
{
    const int below = TOP + TOKENS * CELL + 11;
    fprintf(p->out,
            "<text x=\"12\" y=\"%d\" transform=\"rotate(-90 12 %d)\">query</text>\n"
            "<text x=\"%d\" y=\"%d\">key</text>\n",
            TOP + 40, TOP + 40, LEFT, below);
    fprintf(p->out,
            "<text x=\"%d\" y=\"%d\" font-size=\"9\">dark: the largest weight of its row; "
            "white: the smallest of the map%s; grey: later keys</text>\n",
            LEFT + STEP / 3, below, planes ? "; of planes: 0" : "");
}

static enum status draw_all(struct picture *p, struct err *e)
{
    const int own = p->seen.planes - LOOK_OWN, planes = own < PLANES ? own : PLANES;
    begin(p, planes > 0 ? 2 : 1);
    write_text(p, 0, 0, 30, p->name);
    write_text(p, 0, 0, 6, "one token repeated: heads 1 and 2");
    write_text(p, 2, 0, 6, "a mixture of tokens: heads 1 and 2");
    write_legend(p, planes > 0);
    enum status st = look_at(p, false, e);
    if (!st)
        draw_heads(p, LOOK_ATTENTION, 0, 0);
    if (!st)
        st = look_at(p, true, e);
    if (st)
        return st;
    draw_heads(p, LOOK_ATTENTION, 2, 0);
    draw_planes(p, planes);
    fputs("</svg>\n", p->out);
    return ST_OK;
}

enum status encoder_picture(const struct encoder *c, FILE *out, struct err *e)
{
    struct picture p = {.out = out};
    enum status st = encoder_example(c, &p.stack, e);
    if (!st)
        st = trainer_for(&p, e);
    if (!st) {
        struct run_spec r = {.model = *model_settings(trainer_model(p.trainer))};
        prepare(trainer_model(p.trainer));
        encoder_stack_name(&r.model.encoders, p.name);
        st = looking_open(&r, TOKENS, &p.seen, e);
    }
    if (!st)
        st = draw_all(&p, e);
    looking_close(&p.seen);
    trainer_close(p.trainer);
    return st;
}
