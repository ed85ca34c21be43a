/* plot_loss.c -- loss of a text by the token's position in its window: each seed is a thin line,
 * all seeds together a thick one, with a box for each experiment and split.
 *
 * On a split with long windows (ood_long) the line falls as long as an encoder makes use of more
 * text, and rises where it fails. */
#include "by_stratum.h"

static enum status read(struct store *s, const struct plot_request *q,
                        struct plot_data *out, struct err *e)
{
    return by_stratum_read(s, q, "nats", out, e);
}

static void draw(const struct plot_data *d, const struct plot_request *q, FILE *out)
{
    fputs("set ylabel 'loss, nats a token'\nset xlabel 'tokens before it'\n", out);
    by_stratum_draw(d, q, 1.0, NULL, out);
}

const struct plot plot_loss = {
    .name = "loss",
    .summary = "loss of a text by the token's position in its window, all seeds together",
    .values = {"position", "loss", "nats", "tokens", "seed"},
    .read = read,
    .draw = draw,
    .undrawn = by_stratum_undrawn,
    .key = by_stratum_key,
    .width = PLOT_LEGEND_WIDTH,
    .height = 340,
    .legend = true,
};
