#include "encoder_check.h"

#include <math.h>
#include <string.h>

/* `has` asks for `needs`; `both`: and the other way round. */
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

static enum status check_choice(const struct encoder *c, const struct option *o,
                                struct err *e)
{
    int n = 0;
    while (o->choices && o->choices[n])
        n++;
    if (n == 0)
        return err_set(e, ST_CONFIG,
                       "encoder %s: option %s is an OPTION_CHOICE without .choices; list "
                       "them, NULL behind the last",
                       c->name, o->name);
    if (!(o->dflt >= 0 && o->dflt < n && o->dflt == floor(o->dflt)))
        return err_set(e, ST_CONFIG,
                       "encoder %s: option %s: the default %g is no index of its %d "
                       "choices; give one from 0",
                       c->name, o->name, o->dflt, n);
    return ST_OK;
}

static enum status check_option(const struct encoder *c, const struct option *o,
                                struct err *e)
{
    if (o->type == OPTION_CHOICE)
        return check_choice(c, o, e);
    if (o->type != OPTION_REAL && o->dflt != floor(o->dflt))
        return err_set(e, ST_CONFIG,
                       "encoder %s: option %s: the default %g is no integer; give one, or "
                       "make it an OPTION_REAL",
                       c->name, o->name, o->dflt);
    const double lo = o->type == OPTION_BOOL ? 0 : o->lo;
    const double hi = o->type == OPTION_BOOL ? 1 : o->hi;
    if (!(o->dflt >= lo && o->dflt <= hi))
        return err_set(e, ST_CONFIG,
                       "encoder %s: option %s: the default %g is not in %g .. %g; change "
                       ".dflt, .lo or .hi",
                       c->name, o->name, o->dflt, lo, hi);
    return ST_OK;
}

enum status encoder_check_options(const struct encoder *c, struct err *e)
{
    enum status st = ST_OK;
    for (int i = 0; !st && i < option_count(c->options); i++)
        st = check_option(c, &c->options[i], e);
    return st;
}

enum status encoder_check_name(const struct encoder *c, struct err *e)
{
    const size_t most = ENCODER_NAME / ENCODER_PARTS_MAX;
    const size_t n = strlen(c->name);
    const bool letter = c->name[0] >= 'a' && c->name[0] <= 'z';
    if (!letter || n >= most ||
        strspn(c->name, "abcdefghijklmnopqrstuvwxyz0123456789_") != n)
        return err_set(e, ST_CONFIG,
                       "encoder \"%s\": a name is a small letter, then small letters, "
                       "digits and _, fewer than %zu in all; rename it",
                       c->name, most);
    return ST_OK;
}

enum status encoder_check(const struct encoder *c, struct err *e)
{
    enum status st = encoder_check_name(c, e);
    if (!st)
        st = encoder_check_hooks(c, e);
    return st ? st : encoder_check_options(c, e);
}
