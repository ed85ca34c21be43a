#include "layer_set.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool layer_set_has(const struct layer_set *s, int layer)
{
    if (!s->every && !s->list)
        return true;
    if (s->every && layer >= s->first && (layer - s->first) % s->every == 0)
        return true;
    return layer < LAYER_SET_LISTED && (s->list >> layer & 1u) != 0;
}

static enum status refuse(const char *text, struct err *e)
{
    return err_set(
        e, ST_RANGE,
        "layers: \"%.40s\" is no choice of layers; write all, odd, even, every N "
        "or numbers from 0 to %d as in [0, 2]",
        text, LAYER_SET_LISTED - 1);
}

/* Reads a number up to `most` at *text and moves *text past it; -1: there is none. */
static int number(const char **text, int most)
{
    char *end;
    const long n = **text >= '0' && **text <= '9' ? strtol(*text, &end, 10) : -1;
    if (n < 0 || n > most)
        return -1;
    *text = end;
    return (int)n;
}

static enum status parse_list(const char *text, struct layer_set *out, struct err *e)
{
    for (const char *at = text;; at++) {
        const int n = number(&at, LAYER_SET_LISTED - 1);
        if (n < 0 || (*at && *at != '+' && *at != ','))
            return refuse(text, e);
        out->list |= UINT64_C(1) << n;
        if (!*at)
            return ST_OK;
    }
}

enum status layer_set_parse(const char *text, struct layer_set *out, struct err *e)
{
    const char *at = text + strlen("every ");
    *out = (struct layer_set){0};
    if (strcmp(text, "all") == 0)
        return ST_OK;
    if (strcmp(text, "odd") == 0 || strcmp(text, "even") == 0) {
        *out = (struct layer_set){.first = text[0] == 'o', .every = 2};
        return ST_OK;
    }
    if (strncmp(text, "every ", strlen("every ")) != 0)
        return parse_list(text, out, e);
    const int n = number(&at, 1024);
    if (n < 1 || *at)
        return refuse(text, e);
    if (n > 1)
        *out = (struct layer_set){.first = n - 1, .every = n};
    return ST_OK;
}

char *layer_set_format(const struct layer_set *s, char text[LAYER_SET_TEXT])
{
    size_t used = 0;
    if (!s->every && !s->list)
        snprintf(text, LAYER_SET_TEXT, "all");
    else if (s->every == 2)
        snprintf(text, LAYER_SET_TEXT, "%s", s->first ? "odd" : "even");
    else if (s->every)
        snprintf(text, LAYER_SET_TEXT, "every %d", s->every);
    else
        for (int l = 0; l < LAYER_SET_LISTED; l++)
            if (s->list >> l & 1u)
                used += (size_t)snprintf(text + used, LAYER_SET_TEXT - used, "%s%d",
                                         used ? "+" : "", l);
    return text;
}

enum status layer_set_resolve(struct layer_set *s, int layers, const char *name,
                              struct err *e)
{
    int held = 0;
    for (int l = 0; l < layers; l++)
        held += layer_set_has(s, l);
    if (layers < LAYER_SET_LISTED && s->list >> layers)
        return err_set(e, ST_CONFIG,
                       "%s: layers names one past the last of %d, which is %d; set layers "
                       "to numbers below %d",
                       name, layers, layers - 1, layers);
    if (!held)
        return err_set(e, ST_CONFIG,
                       "%s: layers holds none of the model's %d; set layers to some that "
                       "there are, or model.layers higher",
                       name, layers);
    if (held == layers)
        *s = (struct layer_set){0};
    return ST_OK;
}
