/* command_plot.c -- pictures of what the database holds, drawn by gnuplot. */
#include "command.h"

#include <errno.h>
#include <string.h>

#include "gnuplot.h"
#include "output.h"
#include "targets.h"
#include "plot.h"
#include "store.h"

/* The format by the end of the file's name; NULL: unknown. */
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

static enum status write_picture(const struct plot *p, const struct plot_data *d,
                                 const struct plot_request *q, const char *format,
                                 FILE *out, struct err *e)
{
    if (strcmp(format, "csv") == 0) {
        plot_csv(p, d, out);
        return ST_OK;
    }
    if (strcmp(format, "gp") == 0) {
        plot_script(p, d, q, "script", out);
        return ST_OK;
    }
    FILE *script = tmpfile();
    if (!script)
        return err_set(e, ST_IO, "no temporary file for the script: %s", strerror(errno));
    plot_script(p, d, q, format, script);
    const enum status st = gnuplot_draw(script, out, e);
    fclose(script);
    return st;
}

static enum status find(const struct invocation *v, const struct plot **p,
                        const char **format, struct err *e)
{
    const char *path = flag_text(v, "output", "-");
    *p = plot_find(argument_at(v, 0));
    if (!*p)
        return err_set(e, ST_USAGE, "no picture \"%s\"; posbench plot --help lists them",
                       argument_at(v, 0));
    *format = format_of(path);
    if (!*format)
        return err_set(e, ST_USAGE,
                       "%s: the end of the name says no format; use .svg, .pdf, .png, .gp "
                       "(script), .csv (data) or - (text)",
                       path);
    if (flag_given(v, "metric") && !(*p)->metric)
        return err_set(e, ST_USAGE, "--metric: %s draws no metric of your choice",
                       (*p)->name);
    return ST_OK;
}

static enum status draw(const struct invocation *v, const struct plot *p,
                        const char *format, struct store *db, struct err *e)
{
    const struct plot_request q = {
        .experiment = argument_count(v) > 1 ? argument_at(v, 1) : NULL,
        .profile = flag_text(v, "profile", NULL),
        .split = flag_text(v, "split", NULL),
        .cell = flag_text(v, "cell", NULL),
        .encoder = flag_text(v, "encoder", NULL),
        .metric = flag_text(v, "metric", p->metric),
    };
    struct plot_data d = {0};
    struct output *o = NULL;
    enum status st = p->read(db, &q, &d, e);
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
    struct store *db = NULL;
    enum status st = find(v, &p, &format, e);
    if (!st)
        st = store_open(target_database(v, "", path), STORE_READ, &db, e);
    if (!st)
        st = draw(v, p, format, db, e);
    store_close(db);
    return st;
}

static const struct flag flags[] = {
    {"output", 'o', "FILE", false,
     "FILE.svg, .pdf, .png, .gp (the script), .csv (the data); - draws in text (default -)"},
    {"metric", 0, "METRIC", false, "what is drawn (default token_error)"},
    {"split", 0, "SPLIT", false, "only these splits (default: the plot's own)"},
    {"encoder", 0, "ENCODER", false, "only these encoders, e.g. cope* (default: all)"},
    {"cell", 0, "CELL", false, "only these cells of a grid (default: all)"},
    {"profile", 0, "PROFILE", false, "only runs of this profile (default: all)"},
    FLAG_DB,
    {0},
};

const struct command command_plot = {
    .name = "plot",
    .group = GROUP_LOOK,
    .summary = "pictures: curves, distance, seeds, speed",
    .arguments = "PLOT [EXPERIMENT]",
    .min_args = 1,
    .max_args = 2,
    .examples = "posbench plot seeds flip_flop -o seeds.svg\n"
                "posbench plot curves counting --split valid -o curves.pdf\n"
                "posbench plot distance flip_flop --split ood_* -o distance.png\n"
                "posbench plot speed --split ood_* -o speed.csv",
    .flags = flags,
    .run = run,
};
