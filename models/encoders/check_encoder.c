/* check_encoder.c -- the rules of check_encoder.h: hooks in pairs, options, the name.
 *
 * A check returns ST_OK or an error that names the first rule that the descriptor breaks. It
 * reads only pointers and numbers and calls no hook, since a hook may crash. */
#include "check_encoder.h"

#include <stdio.h>
#include <string.h>

/* If `has` is set, `needs` must be set; with `both`, also the other way round. */
struct hook_pair {
    const char *name, *other;
    bool has, needs, both;
};

enum status encoder_check_hooks(const struct encoder *c, struct err *e)
{
    const bool scratch_hook = c->score || c->content || c->weigh || c->values;
    const struct hook_pair pairs[] = {
        {"embed", "embed_grad", c->embed, c->embed_grad, true},
        {"rotate", "rotate_grad", c->rotate, c->rotate_grad, true},
        {"score", "score_grad", c->score, c->score_grad, true},
        {"content", "content_grad", c->content, c->content_grad, true},
        {"weigh", "weigh_grad", c->weigh, c->weigh_grad, true},
        {"values", "values_grad", c->values, c->values_grad, true},
        {"mix", "mix_grad", c->mix, c->mix_grad, true},
        {"mix", "mix_scratch", c->mix, c->mix_scratch, true},
        {"carry", "pass_on", c->carry, c->pass_on, true},
        {"carry", "mix", c->carry, c->mix, false},
        {"read", "read_grad", c->read, c->read_grad, true},
        {"read", "state", c->read, c->state, true},
        {"derive", "derive_grad", c->derive, c->derive_grad, true},
        {"derive", "derived", c->derive, c->derived, true},
        {"place", "places", c->place, c->places, true},
        {"constants", "fill_constants", c->constants, c->fill_constants, true},
        {"reads_score", "score", c->reads_score, c->score, false},
        {"scratch", "score, content, weigh or values", c->scratch, scratch_hook, false},
        {"read_scratch", "read", c->read_scratch, c->read, false},
        {"planes", "inspect", c->planes, c->inspect, true},
        {"reads_once", "read", c->reads_once, c->read, false},
        {"reads_once", "read_once_flops", c->reads_once, c->read_once_flops, true},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        const struct hook_pair *p = &pairs[i];
        if (p->has && !p->needs)
            return err_set(e, ST_CONFIG, "encoder %s: .%s is set without .%s; set both",
                           c->name, p->name, p->other);
        if (p->both && p->needs && !p->has)
            return err_set(e, ST_CONFIG, "encoder %s: .%s is set without .%s; set both",
                           c->name, p->other, p->name);
    }
    return ST_OK;
}

enum status encoder_check_options(const struct encoder *c, struct err *e)
{
    char owner[ENCODER_NAME + 16];
    enum status st = ST_OK;
    snprintf(owner, sizeof owner, "encoder %s", c->name);
    for (int i = 0; !st && i < option_count(c->options); i++)
        st = option_check(owner, &c->options[i], e);
    return st;
}

enum status encoder_check_name(const struct encoder *c, struct err *e)
{
    const size_t n = strlen(c->name);
    const bool letter = c->name[0] >= 'a' && c->name[0] <= 'z';
    if (!letter || n > ENCODER_NAME_LONGEST ||
        strspn(c->name, "abcdefghijklmnopqrstuvwxyz0123456789_") != n)
        return err_set(e, ST_CONFIG,
                       "encoder \"%s\": a name is a small letter, then small letters, "
                       "digits and _, up to %d in all; rename it",
                       c->name, ENCODER_NAME_LONGEST);
    return ST_OK;
}

enum status encoder_check(const struct encoder *c, struct err *e)
{
    enum status st = encoder_check_name(c, e);
    if (!st)
        st = encoder_check_hooks(c, e);
    return st ? st : encoder_check_options(c, e);
}
