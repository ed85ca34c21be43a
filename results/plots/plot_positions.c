/* plot_positions.c -- the distance at which a trained encoder places each key, in one sequence:
 * layers down, heads across. */
#include "heat_map.h"

static const char *const planes[] = {"position", "kept", NULL};

static const struct heat_style style = {
    .x = "key", .y = "query", .bar = "position", .tokens = true, .scale = 1, .most = 0};

static void draw(const struct plot_data *d, const struct plot_request *q, FILE *out)
{
    heat_map_draw(d, &style, q, out);
}

static void print(const struct plot_data *d, const struct plot_request *q, FILE *out)
{
    heat_map_print(d, &style, q, out);
}

const struct plot plot_positions = {
    .name = "positions",
    .summary =
        "where the encoder takes the keys to be: the positions of cope, what fox keeps",
    .values = {"key", "query", "value"},
    .planes = planes,
    .note = HEAT_FUTURE_NOTE,
    .read = plot_read_nothing,
    .draw = draw,
    .print = print,
    .width = 460,
    .height = 420,
};
