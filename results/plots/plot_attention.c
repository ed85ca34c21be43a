/* plot_attention.c -- the attention of each head in one sequence: layers down, heads across. */
#include "heat_map.h"

static const char *const planes[] = {"attention", NULL};

static const struct heat_style style = {
    .x = "key", .y = "query", .bar = "weight", .tokens = true, .scale = 1, .most = 1};

static void draw(const struct plot_data *d, const struct plot_request *q, FILE *out)
{
    heat_map_draw(d, &style, q, out);
}

static void print(const struct plot_data *d, const struct plot_request *q, FILE *out)
{
    heat_map_print(d, &style, q, out);
}

const struct plot plot_attention = {
    .name = "attention",
    .summary = "the attention weights of one sequence: queries down, keys across",
    .values = {"key", "query", "value"},
    .planes = planes,
    .note = HEAT_FUTURE_NOTE,
    .read = plot_read_nothing,
    .draw = draw,
    .print = print,
    .width = 460,
    .height = 420,
};
