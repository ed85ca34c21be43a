#include "claims_text.h"

#include <math.h>
#include <string.h>

#include "clean.h"
#include "metric_text.h"
#include "verdicts.h"

enum { INDENT = 2, BOX = 60 }; /* letters; the verdict follows the box */

double claims_value(const struct plot_row *r, int value)
{
    const double unit = metric_info(r->word[CLAIM_METRIC])->percent ? 100.0 : 1.0;
    return unit * r->value[value];
}

void claims_range(const struct plot_data *d, int first, int end, double *low, double *high)
{
    *low = *high = 0.0;
    for (int i = first; i < end; i++)
        for (int k = CLAIM_EFFECT; k <= CLAIM_PUBLISHED; k++) {
            const double x = claims_value(&d->row[i], k);
            if (isfinite(x)) {
                *low = fmin(*low, x);
                *high = fmax(*high, x);
            }
        }
}

bool claims_have(const struct plot_data *d, int value)
{
    for (int i = 0; i < d->n; i++)
        if (isfinite(d->row[i].value[value]))
            return true;
    return false;
}

/* Explains the signs that are in the picture. */
static void print_key(const struct plot_data *d, FILE *out)
{
    fprintf(out, "o: mean of the second less that of the first%s\n",
            claims_have(d, CLAIM_LOW) ? "; (--): its 95 % interval;" : ";");
    fprintf(out, "|: 0, right of it the first is lower%s\n",
            claims_have(d, CLAIM_PUBLISHED) ? "; x: the paper; X: o and x at one place"
                                            : "");
}

/* Returns the column of the box at which `x` lies. */
static int column_of(double x, double low, double high)
{
    const double width = high > low ? high - low : 1.0;
    return (int)rint((x - low) / width * (BOX - 1));
}

static void print_claim(const struct plot_row *r, double low, double high, FILE *out)
{
    char box[BOX + 1];
    memset(box, ' ', BOX);
    box[BOX] = '\0';
    box[column_of(0.0, low, high)] = '|';
    const double effect = claims_value(r, CLAIM_EFFECT);
    const double from = claims_value(r, CLAIM_LOW), to = claims_value(r, CLAIM_HIGH);
    const double paper = claims_value(r, CLAIM_PUBLISHED);
    if (isfinite(from) && isfinite(to)) {
        const int left = column_of(from, low, high), right = column_of(to, low, high);
        for (int i = left; i <= right; i++)
            box[i] = box[i] == '|' ? '|' : '-';
        box[left] = '(';
        box[right] = ')';
    }
    if (isfinite(effect))
        box[column_of(effect, low, high)] = 'o';
    if (isfinite(paper)) {
        char *at = &box[column_of(paper, low, high)];
        *at = *at == 'o' ? 'X' : 'x';
    }
    clean_line(out, "%s", r->series);
    fprintf(out, "%*s%s  %s\n", INDENT, "", box, r->word[CLAIM_VERDICT]);
    if (!isfinite(effect))
        fprintf(out, "%*s(a mean is not finite, so there is no difference to draw)\n",
                INDENT, "");
}

/* Prints the axis with its ends, and 0 where there is room between them. */
static void print_axis(double low, double high, FILE *out)
{
    char line[BOX + 1], left[32], right[32];
    memset(line, '-', BOX);
    line[BOX] = '\0';
    line[0] = line[BOX - 1] = line[column_of(0.0, low, high)] = '+';
    fprintf(out, "%*s%s\n", INDENT, "", line);
    memset(line, ' ', BOX);
    const int first = snprintf(left, sizeof left, "%.3g", low);
    const int last = snprintf(right, sizeof right, "%.3g", high > low ? high : low + 1.0);
    const int zero = column_of(0.0, low, high);
    memcpy(line, left, (size_t)first);
    memcpy(line + BOX - last, right, (size_t)last);
    if (zero > first && zero < BOX - last - 1)
        line[zero] = '0';
    fprintf(out, "%*s%s\n", INDENT, "", line);
}

void claims_print(const struct plot_data *d, const struct plot_request *q, FILE *out)
{
    (void)q;
    fputs(VERDICTS_NOTE "\n", out);
    print_key(d, out);
    for (int i = 0, end; i < d->n; i = end) {
        double low, high;
        end = plot_panel_end(d, i);
        claims_range(d, i, end, &low, &high);
        putc('\n', out);
        clean_line(out, "%s", d->row[i].panel);
        for (int k = i; k < end; k++)
            print_claim(&d->row[k], low, high, out);
        print_axis(low, high, out);
    }
}
