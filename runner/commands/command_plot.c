/* command_plot.c -- draws pictures of what the database holds, with gnuplot. */
#include "command.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "choose_head.h"
#include "clean.h"
#include "fonts.h"
#include "gnuplot.h"
#include "look_run.h"
#include "output.h"
#include "targets.h"
#include "task.h"
#include "plot.h"
#include "store.h"
#include "store_matrix.h"

/* Returns the format by the end of the file's name; NULL: unknown. */
static const char *format_of(const char *path)
{
    static const char *const known[] = {"svg", "pdf", "png", "gp", "csv"};
    const char *dot = strrchr(path, '.');
    if (strcmp(path, "-") == 0)
        return "text";
    for (size_t i = 0; dot && i < sizeof known / sizeof known[0]; i++)
        if (strcmp(dot + 1, known[i]) == 0)
            return known[i];
    return NULL;
}

/* The most boxes in one picture, chosen: more than 12 layers of 12 heads. gnuplot takes about 4 s
 * for 200 and many minutes for thousands, which would be unreadable. */
enum { PANELS_MOST = 200 };
/* The most lines of a drawing in text: gnuplot falls back to 24 for more, with all boxes on top
 * of each other. */
enum { TEXT_LINES_MOST = 1024 };

static enum status too_long(int lines, struct err *e)
{
    return err_set(e, ST_USAGE,
                   "a drawing of %d lines is too long for a terminal (at most %d); name an "
                   "experiment, or choose with --split, --cell, --encoder, --profile; "
                   "-o FILE.svg draws all",
                   lines, TEXT_LINES_MOST);
}

/* Draws by cairo, which needs a font for each letter. */
static enum status draw_by_cairo(FILE *script, FILE *out, struct err *e)
{
    FILE *drawable = NULL;
    uint32_t first;
    int missing;
    enum status st = fonts_drawable(script, &drawable, &missing, &first, e);
    if (st == ST_OK && missing > 0)
        clean_line(stderr,
                   "posbench: no font has U+%04X%s; drawn as \"?\" (apt-get install "
                   "fonts-noto-core fonts-noto-cjk, or write -o FILE.svg)",
                   (unsigned)first, missing > 1 ? " and other letters" : "");
    if (st == ST_OK)
        st = gnuplot_draw(drawable, out, e);
    if (drawable)
        fclose(drawable);
    return st;
}

static enum status write_picture(const struct plot *p, const struct plot_data *d,
                                 const struct plot_request *q, const char *format,
                                 FILE *out, struct err *e)
{
    if (strcmp(format, "csv") == 0) {
        plot_csv(p, d, out);
        return ST_OK;
    }
    if (strcmp(format, "text") == 0 && p->print) {
        p->print(d, q, out);
        return ST_OK;
    }
    if (plot_panels(d) > PANELS_MOST)
        return err_set(e, ST_USAGE,
                       "%d boxes are too many for a picture (at most %d); name an "
                       "experiment, or choose with --split, --cell, --encoder, --profile; "
                       "-o FILE.csv holds the data of all",
                       plot_panels(d), PANELS_MOST);
    if (strcmp(format, "gp") == 0) {
        plot_script(p, d, q, "script", out);
        return ST_OK;
    }
    const int lines = strcmp(format, "text") == 0 ? plot_text_lines(p, d, q) : 0;
    if (lines > TEXT_LINES_MOST)
        return too_long(lines, e);
    FILE *script = tmpfile();
    if (!script)
        return err_set(e, ST_IO, "no temporary file for the script: %s", strerror(errno));
    plot_script(p, d, q, format, script);
    const bool cairo = strcmp(format, "png") == 0 || strcmp(format, "pdf") == 0;
    const enum status st = (cairo ? draw_by_cairo : gnuplot_draw)(script, out, e);
    fclose(script);
    return st;
}

static bool has_metric(const struct plot *p)
{
    return p->metric != NULL;
}

static bool is_of_model(const struct plot *p)
{
    return p->planes != NULL;
}

static bool is_of_results(const struct plot *p)
{
    return !p->planes;
}

/* Refuses an option that has no effect on the picture; the message lists the pictures it has an
 * effect on. */
static enum status check_option(const struct invocation *v, const struct plot *p,
                                const char *option, bool (*heeds)(const struct plot *),
                                struct err *e)
{
    char kinds[256] = "";
    size_t used = 0;
    if (!flag_given(v, option) || heeds(p))
        return ST_OK;
    for (int i = 0; i < plot_count(); i++)
        if (heeds(plot_at(i)) && used < sizeof kinds)
            used += (size_t)snprintf(kinds + used, sizeof kinds - used, "%s%s",
                                     used ? ", " : "", plot_at(i)->name);
    return err_set(e, ST_USAGE, "--%s has no effect on %s; these have it: %s", option,
                   p->name, kinds);
}

static enum status check_options(const struct invocation *v, const struct plot *p,
                                 struct err *e)
{
    static const struct {
        const char *name;
        bool (*heeds)(const struct plot *);
    } of[] = {{"metric", has_metric},  {"sample", is_of_model},
              {"choose", is_of_model}, {"encoder", is_of_results},
              {"cell", is_of_results}, {"profile", is_of_results}};
    enum status st = ST_OK;
    for (size_t i = 0; i < sizeof of / sizeof *of && st == ST_OK; i++)
        st = check_option(v, p, of[i].name, of[i].heeds, e);
    return st;
}

static enum status find(const struct invocation *v, const struct plot **p,
                        const char **format, struct err *e)
{
    const char *path = flag_text(v, "output", "-");
    *p = plot_find(argument_at(v, 0));
    if (!*p)
        return err_set(e, ST_USAGE, "no picture \"%s\"%s", argument_at(v, 0),
                       plot_suggest(argument_at(v, 0)));
    *format = format_of(path);
    if (!*format)
        return err_set(e, ST_USAGE,
                       "%s: the end of the name says no format; use .svg, .pdf, .png, .gp "
                       "(script), .csv (data) or - (text)",
                       path);
    return check_options(v, *p, e);
}

static void name_of(const struct look_run *r, int place, char text[TASK_TOKEN_TEXT])
{
    r->run.task->token_text(&r->split.options, r->sequence.batch.token[place], text);
}

/* Returns the divisor of a query's numbers: for the attention of positions alone the largest
 * number, so that the largest one drawn is 1 (Figure 4 of the CoPE paper), and 1 for other
 * planes. */
static double unit_of(int plane, const real *row, int keys)
{
    double most = 0;
    for (int j = 0; j < keys; j++)
        most = fmax(most, (double)row[j]);
    return plane == LOOK_POSITION_ATTENTION && most > 0 ? most : 1;
}

/* Adds one head's numbers. `why` is appended to the head's name. */
static enum status add_head(const struct look_run *r, struct chosen_head head, int plane,
                            const char *why, struct plot_data *d, struct err *e)
{
    const struct looking *x = &r->looking;
    const real *at = looking_plane(x, head.layer, head.head, plane);
    char panel[96], token[TASK_TOKEN_TEXT];
    snprintf(panel, sizeof panel, "layer %d, head %d%s", head.layer, head.head, why);
    if (isnan(at[0])) /* the encoder does not act in this layer */
        return ST_OK;
    for (int i = 0; i < x->tokens; i++) {
        const real *row_at = at + (size_t)i * (size_t)x->tokens;
        const double unit = unit_of(plane, row_at, i + 1);
        for (int j = 0; j <= i; j++) {
            name_of(r, j, token);
            struct plot_row *row = plot_add(d, panel, token);
            if (!row)
                return err_set(e, ST_NOMEM, "no memory for the picture's data");
            row->value[0] = j;
            row->value[1] = i;
            row->value[2] = (double)row_at[j] / unit;
        }
    }
    return ST_OK;
}

static enum status nothing_of_the_kind(const struct invocation *v, const struct look_run *r,
                                       struct err *e)
{
    return err_set(
        e, ST_NOTFOUND,
        "%s has nothing of the kind; \"posbench probe %s\" prints the planes that "
        "it has",
        r->run.variant, argument_at(v, 1));
}

/* Adds the chosen head `only`, or all heads when it is NULL. A plane may hold no number in any
 * head, such as position_attention where nothing is added to the logits. */
static enum status add_heads(const struct invocation *v, const struct plot *p,
                             const struct look_run *r, const struct chosen_head *only,
                             struct plot_data *d, struct err *e)
{
    char why[64] = "";
    const int plane = looking_find(&r->looking, p->planes);
    enum status st = ST_OK;
    if (plane < 0)
        return nothing_of_the_kind(v, r, e);
    if (only) {
        snprintf(why, sizeof why, " (%s, r = %.2f)", flag_text(v, "choose", ""), only->r);
        st = add_head(r, *only, plane, why, d, e);
    } else {
        d->columns = r->looking.heads;
        for (int l = 0; l < r->looking.layers; l++)
            for (int h = 0; h < r->looking.heads && st == ST_OK; h++)
                st = add_head(r, (struct chosen_head){l, h, 0}, plane, why, d, e);
    }
    return st || d->n ? st : nothing_of_the_kind(v, r, e);
}

enum { TITLE = 1024 };

/* Writes what the picture shows, in lines no longer than one panel. */
static void write_title(const struct look_run *r, long sample, char title[TITLE])
{
    const struct run_spec *run = &r->run;
    snprintf(title, TITLE,
             "run %s (%.200s, seed %" PRIu64
             "), split %.100s, sequence %ld\n%.400s%s%.200s",
             r->stored.id, run->experiment, run->seed, r->split.name, sample, run->variant,
             *run->cell ? "\n" : "", run->cell);
}

/* Computes the data and the title of a plot that is drawn from the model of a run. */
static enum status look(const struct invocation *v, const struct plot *p, const char *db,
                        struct plot_data *d, char title[TITLE], struct err *e)
{
    struct look_run r = {.sampler = NULL};
    const char *choose = flag_text(v, "choose", NULL);
    struct chosen_head chosen;
    long sample;
    enum status st = flag_integer(v, "sample", 0, SPLIT_COUNT_MAX, 0, &sample, e);
    if (st == ST_OK && argument_count(v) < 2)
        st = err_set(e, ST_USAGE, "%s is drawn from the model of a run; name a RUN",
                     p->name);
    if (st == ST_OK)
        st = look_run_open(db, argument_at(v, 1), flag_text(v, "split", "id"), &r, e);
    if (st == ST_OK && choose)
        st = choose_head(&r, choose, &chosen, e);
    if (st == ST_OK)
        st = look_run_at(&r, (int)sample, e);
    if (st == ST_OK)
        st = add_heads(v, p, &r, choose ? &chosen : NULL, d, e);
    if (st == ST_OK)
        write_title(&r, sample, title);
    look_run_close(&r);
    return st;
}

static enum status draw(const struct invocation *v, const struct plot *p,
                        const char *format, const char *path, struct err *e)
{
    char title[TITLE];
    const struct plot_request q = {
        .experiment = argument_count(v) > 1 ? argument_at(v, 1) : NULL,
        .profile = flag_text(v, "profile", NULL),
        .split = flag_text(v, "split", NULL),
        .cell = flag_text(v, "cell", NULL),
        .encoder = flag_text(v, "encoder", NULL),
        .metric = flag_text(v, "metric", p->metric),
        .text = strcmp(flag_text(v, "output", "-"), "-") == 0,
        .title = p->planes ? title : NULL,
        .stratum_help = task_stratum_help,
    };
    struct plot_data d = {0};
    struct output *o = NULL;
    struct store *db = NULL;
    enum status st =
        p->planes ? look(v, p, path, &d, title, e) : store_open(path, STORE_READ, &db, e);
    if (!st && db && !q.profile)
        st = store_without_trials(db, e);
    if (!st && db)
        st = p->read(db, &q, &d, e);
    store_close(db);
    if (!st)
        st = output_open(flag_text(v, "output", "-"), true, &o, e);
    if (!st)
        st = write_picture(p, &d, &q, format, output_file(o), e);
    if (!st)
        st = output_commit(o, e);
    output_close(o);
    plot_data_free(&d);
    return st;
}

static enum status run(const struct invocation *v, struct err *e)
{
    const struct plot *p = NULL;
    const char *format = NULL;
    char path[PATH_MAX];
    const enum status st = find(v, &p, &format, e);
    return st ? st : draw(v, p, format, target_database(v, "", path), e);
}

static const struct flag flags[] = {
    {"output", 'o', "FILE", false,
     "FILE.svg, .pdf, .png, .gp (the script), .csv (the data); - draws in text (default -)"},
    {"metric", 0, "METRIC", false, "what is drawn (default token_error)"},
    {"split", 0, "SPLIT", false, "only these splits (default: the plot's own)"},
    {"encoder", 0, "ENCODER", false, "only these encoders, e.g. cope* (default: all)"},
    {"cell", 0, "CELL", false, "only these cells of a grid (default: all)"},
    {"sample", 0, "N", false,
     "plots of a model: which sequence of the split, from 0 (default 0 of id)"},
    {"choose", 0, "line|empty|paragraph|heading", false,
     "plots of a model: only the head whose gates correlate most with these marks of a text, "
     "over the first 100 sequences of the split (default: all heads)"},
    {"profile", 0, "PROFILE", false, "only runs of this profile (default: all)"},
    FLAG_DB,
    {0},
};

const struct command command_plot = {
    .name = "plot",
    .group = GROUP_LOOK,
    .summary = "pictures of results, and of what a trained model does",
    .arguments = "PLOT [EXPERIMENT|RUN]",
    .min_args = 1,
    .max_args = 2,
    .examples = "posbench list plots\n"
                "posbench plot seeds flip_flop -o seeds.svg\n"
                "posbench plot curves counting --split valid -o curves.pdf\n"
                "posbench plot distance flip_flop --split ood_* -o distance.png\n"
                "posbench plot claims --profile quick -o claims.svg\n"
                "posbench plot surface flip_flop -o surface.svg\n"
                "posbench plot gates 12 --split ood_sparse --sample 3 -o gates.png\n"
                "posbench plot speed --split ood_* -o speed.csv",
    .flags = flags,
    .run = run,
};
