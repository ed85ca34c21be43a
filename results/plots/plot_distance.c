/* plot_distance.c -- token error by what makes a place hard: each seed is a thin line, all seeds
 * together a thick one, with a box for each experiment, split and stratum. */
#include "by_stratum.h"

static enum status read(struct store *s, const struct plot_request *q,
                        struct plot_data *out, struct err *e)
{
    return by_stratum_read(s, q, "wrong", out, e);
}

static void draw(const struct plot_data *d, const struct plot_request *q, FILE *out)
{
    fputs("set ylabel 'token_error, %'\nset yrange [0:*]\n", out);
    by_stratum_draw(d, q, 100.0, by_stratum_axis, out);
}

const struct plot plot_distance = {
    .name = "distance",
    .summary = "token error by what makes a place hard: each seed thin, all together thick",
    .values = {"value", "error", "wrong", "places", "seed"},
    .read = read,
    .draw = draw,
    .undrawn = by_stratum_undrawn,
    .key = by_stratum_key,
    .width = PLOT_LEGEND_WIDTH,
    .height = 340,
    .legend = true,
};
