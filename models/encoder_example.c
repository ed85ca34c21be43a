#include "encoder_example.h"

#include <stdio.h>

/* Returns true if the encoder `c`, made for sums, has an effect beside `other`. If `c` moves all
 * places alike, any encoder that a sum allows will do; else `other` must bias the scores by
 * distance alone. */
static bool fits(const struct encoder *c, const struct encoder *other)
{
    return c->moves_alike || (other->takes_places && other->score && other->invariances);
}

enum status encoder_example(const struct encoder *c, struct encoder_stack *out,
                            struct err *e)
{
    char text[ENCODER_NAME];
    if (!c->place && !c->for_sums) {
        *out = (struct encoder_stack){.parts = 1};
        out->part[0].encoder = c;
        option_defaults(c->options, &out->part[0].options);
        return ST_OK;
    }
    for (int i = 0; i < encoder_count(); i++) {
        snprintf(text, sizeof text, "%s+%s", encoder_at(i)->name, c->name);
        if (fits(c, encoder_at(i)) && encoder_stack_parse(text, out, e) == ST_OK)
            return ST_OK;
    }
    return err_set(e, ST_CONFIG, "encoder \"%s\" is for sums, and no other encoder fits it",
                   c->name);
}
