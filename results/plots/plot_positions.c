/* plot_positions.c -- how far away a trained encoder takes each key to be, in one sequence:
 * layers down, heads across. */
#include "heat_map.h"

static const char *const planes[] = {"position", "kept", NULL};

static void draw(const struct plot_data *d, const struct plot_request *q, FILE *out)
{
    const struct heat_style style = {
        .x = "key", .y = "query", .bar = "position", .tokens = true, .scale = 1, .most = 0};
    (void)q;
    heat_map_draw(d, &style, d->columns ? d->columns : 1, out);
}

const struct plot plot_positions = {
    .name = "positions",
    .summary =
        "where the encoder takes the keys to be: the positions of cope, what fox keeps",
    .values = {"key", "query", "value"},
    .planes = planes,
    .read = plot_read_nothing,
    .draw = draw,
    .width = 460,
    .height = 420,
};
