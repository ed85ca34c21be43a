#include "metric_text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct metric_info known[] = {
    {.name = "token_error",
     .meaning = "scored tokens that are wrong",
     .percent = true,
     .better = -1,
     .of_tokens = true,
     .error = true},
    {.name = "accuracy",
     .meaning = "scored tokens that are right",
     .percent = true,
     .better = 1,
     .of_tokens = true},
    {.name = "sequence_error",
     .meaning = "sequences with a wrong token",
     .percent = true,
     .better = -1,
     .error = true},
    {.name = "sequence_accuracy",
     .meaning = "sequences without a wrong token",
     .percent = true,
     .better = 1},
    {.name = "token_error_unseen",
     .meaning = "scored tokens that are wrong, in sequences that training did not have",
     .percent = true,
     .better = -1,
     .of_tokens = true,
     .error = true},
    {.name = "loss", .meaning = "mean loss of a scored token, nats", .better = -1},
    {.name = "perplexity",
     .meaning = "exp of the mean loss of a scored token",
     .better = -1},
    {.name = "bits_per_byte",
     .meaning = "loss of the scored tokens, bits for each byte of their text",
     .better = -1},
    {.name = "word_perplexity",
     .meaning = "exp of the scored tokens' loss for each word, line ends being words",
     .better = -1},
};
static const struct metric_info plain = {.name = "", .meaning = "as stored"};

enum { KNOWN = sizeof known / sizeof *known };

int metric_count(void)
{
    return KNOWN;
}

const struct metric_info *metric_at(int i)
{
    return &known[i];
}

const struct metric_info *metric_info(const char *name)
{
    for (int i = 0; i < KNOWN; i++)
        if (strcmp(known[i].name, name) == 0)
            return &known[i];
    return &plain;
}

int metric_decimals(const struct metric_info *m, double value)
{
    /* An accuracy near 100 % needs as many decimals as its error. */
    const double share = m->better > 0 && value < 1 ? fmin(value, 1 - value) : value;
    const double size = fabs(m->percent ? 100 * share : value);
    if (!isfinite(size))
        return 2;
    if (m->percent && size > 0 && size < 0.1) {
        const int decimals = 1 - (int)floor(log10(size));
        return decimals < 8 ? decimals : 8;
    }
    if (m->percent)
        return 2;
    return size < 10 ? 3 : size < 100 ? 2 : 1;
}

char *metric_number(const struct metric_info *m, double value, int decimals,
                    char text[METRIC_TEXT])
{
    const double shown = m->percent ? 100 * value : value;
    if (isnan(value))
        snprintf(text, METRIC_TEXT, "n/a");
    else if (isinf(value))
        snprintf(text, METRIC_TEXT, value > 0 ? "inf" : "-inf");
    else if (fabs(shown) >= 1e5)
        snprintf(text, METRIC_TEXT, "%.3g", shown);
    else
        snprintf(text, METRIC_TEXT, "%.*f", decimals, shown);
    return text;
}

char *metric_bound(const struct metric_info *m, double value, char text[METRIC_TEXT])
{
    const int decimals = metric_decimals(m, value);
    const double scale = pow(10, decimals) * (m->percent ? 100 : 1);
    /* A product that is whole up to rounding noise keeps its value. */
    const double up = isfinite(value) ? ceil(value * scale * (1 - 1e-12)) / scale : value;
    return metric_number(m, up, decimals, text);
}

char *metric_mean_std(const struct metric_info *m, double mean, double std,
                      char text[METRIC_TEXT])
{
    char a[METRIC_TEXT], b[METRIC_TEXT];
    const int decimals = metric_decimals(m, mean);
    metric_number(m, mean, decimals, a);
    if (isnan(std) || isnan(mean))
        snprintf(text, METRIC_TEXT, "%s", a);
    else
        snprintf(text, METRIC_TEXT, "%.20s ± %.20s", a, metric_number(m, std, decimals, b));
    return text;
}

double metric_of_accuracy(const struct metric_info *m, double accuracy, bool guess,
                          bool single)
{
    if (m->percent && (m->of_tokens || single))
        return m->better < 0 ? 1 - accuracy : accuracy;
    /* A guess spread evenly over 1 / accuracy answers. */
    if (guess && strcmp(m->name, "perplexity") == 0)
        return 1 / accuracy;
    if (guess && strcmp(m->name, "loss") == 0)
        return -log(accuracy);
    return (double)NAN;
}
