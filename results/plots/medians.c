#include "medians.h"

#include <math.h>
#include <stdlib.h>

enum { AT, VALUE };

struct point {
    double x, value;
};

static int by_place(const void *a, const void *b)
{
    const struct point *p = a, *q = b;
    return p->x != q->x ? (p->x > q->x) - (p->x < q->x)
                        : (p->value > q->value) - (p->value < q->value);
}

/* Writes lines "x median" for the rows [first, end); none without memory. */
static void write_medians(const struct plot_data *d, int first, int end, double scale,
                          FILE *out)
{
    struct point *at = malloc((size_t)(end - first) * sizeof *at);
    int n = 0;
    if (!at)
        return;
    for (int i = first; i < end; i++)
        if (!isnan(d->row[i].value[VALUE]))
            at[n++] = (struct point){d->row[i].value[AT], d->row[i].value[VALUE]};
    qsort(at, (size_t)n, sizeof *at, by_place);
    for (int i = 0, k; i < n; i = k) {
        for (k = i; k < n && at[k].x <= at[i].x; k++)
            ;
        fprintf(out, "%.17g %.17g\n", at[i].x,
                scale * (at[(i + k - 1) / 2].value + at[(i + k) / 2].value) / 2);
    }
    free(at);
}

void medians_draw(const struct plot_data *d, const struct plot_request *q, double scale,
                  FILE *out)
{
    plot_lines(d, q, "median", write_medians, scale, NULL, out);
}

void medians_key(const struct plot_data *d, const struct plot_request *q, FILE *out)
{
    plot_lines_key(d, q, "the median of the seeds", out);
}
