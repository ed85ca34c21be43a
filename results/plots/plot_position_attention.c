/* plot_position_attention.c -- the attention of each head by positions alone: the softmax of what
 * the encoders add to the logits, scaled so that the largest of each query is 1. Figure 4 of the
 * CoPE paper. */
#include "heat_map.h"

static const char *const planes[] = {"position_attention", NULL};

static const struct heat_style style = {.x = "key",
                                        .y = "query",
                                        .bar = "of the largest",
                                        .tokens = true,
                                        .scale = 1,
                                        .most = 1};

static void draw(const struct plot_data *d, const struct plot_request *q, FILE *out)
{
    heat_map_draw(d, &style, q, out);
}

static void print(const struct plot_data *d, const struct plot_request *q, FILE *out)
{
    heat_map_print(d, &style, q, out);
}

const struct plot plot_position_attention = {
    .name = "position_attention",
    .summary = "attention of one sequence by positions alone, of each query the largest 1",
    .values = {"key", "query", "value"},
    .planes = planes,
    .note = HEAT_FUTURE_NOTE,
    .read = plot_read_nothing,
    .draw = draw,
    .print = print,
    .width = 460,
    .height = 420,
};
