#include <stdio.h>
#include <string.h>

#include "run_spec.h"

/* Returns true when some part may change the option "rope.scaling" or "scaling" at test. */
static bool has_option(const struct encoder_stack *s, const char *key)
{
    const char *dot = strchr(key, '.');
    for (int i = 0; i < s->parts; i++) {
        const struct encoder *e = s->part[i].encoder;
        const int k = option_find(e->options, dot ? dot + 1 : key);
        const bool named = !dot || (strncmp(e->name, key, (size_t)(dot - key)) == 0 &&
                                    !e->name[dot - key]);
        if (named && k >= 0 && e->options[k].at_test)
            return true;
    }
    return false;
}

/* Sets those options of `text` that the encoders have; *set is their number. */
static enum status apply(const char *text, struct encoder_stack *s, int *set, struct err *e)
{
    char words[SPLIT_ENCODER_TEXT], *rest = words, *word;
    enum status st = ST_OK;
    *set = 0;
    memcpy(words, text, sizeof words);
    while (st == ST_OK && (word = strtok_r(rest, " ", &rest))) {
        char *value = strchr(word, '=');
        if (!value)
            return err_set(e, ST_CONFIG, "\"%s\" is not OPTION=VALUE", word);
        *value++ = '\0';
        if (!has_option(s, word))
            continue;
        ++*set;
        st = encoder_stack_set_at_test(s, word, value, e);
    }
    return st;
}

/* Returns true when `text` sets this option. */
static bool mentions(const char *text, const char *part, const char *option)
{
    char words[SPLIT_ENCODER_TEXT], *rest = words, *word;
    memcpy(words, text, sizeof words);
    while ((word = strtok_r(rest, " ", &rest))) {
        char *dot = strchr(word, '.'), *equals = strchr(word, '=');
        const bool prefixed = dot && equals && dot < equals;
        if (prefixed)
            *dot = '\0';
        if (equals)
            *equals = '\0';
        if (strcmp(prefixed ? dot + 1 : word, option) == 0 &&
            (!prefixed || strcmp(word, part) == 0))
            return true;
    }
    return false;
}

/* Rewrites `text` in canonical form, with the values of `tested`. ST_CONFIG: too long. */
static enum status rewrite(const struct encoder_stack *tested,
                           char text[SPLIT_ENCODER_TEXT], struct err *e)
{
    char out[SPLIT_ENCODER_TEXT] = "";
    size_t used = 0;
    for (int i = 0; i < tested->parts; i++) {
        const char *part = tested->part[i].encoder->name;
        const struct option *table = tested->part[i].encoder->options;
        for (int k = 0; k < option_count(table); k++) {
            const double v = tested->part[i].options.v[k];
            char value[OPTION_TEXT];
            if (!table[k].at_test || !mentions(text, part, table[k].name))
                continue;
            used += (size_t)snprintf(out + used, sizeof out - used, "%s%s.%s=%s",
                                     used ? " " : "", part, table[k].name,
                                     option_format(&table[k], v, value));
            if (used >= sizeof out)
                return err_set(e, ST_CONFIG,
                               "more than %d characters of options; leave some out",
                               SPLIT_ENCODER_TEXT - 1);
        }
    }
    memcpy(text, out, sizeof out);
    return ST_OK;
}

static bool same_law(const struct task *t, const struct split_spec *a,
                     const struct split_spec *b)
{
    for (int i = 0; i < option_count(t->options); i++)
        if (a->options.v[i] < b->options.v[i] || a->options.v[i] > b->options.v[i])
            return false;
    return true;
}

const char *run_spec_questions(const struct run_spec *r, const struct split_spec *s,
                               bool valid_too)
{
    const char *found = "";
    for (int k = 0; k < r->splits; k++) {
        const struct split_spec *one = &r->split[k];
        if (one->encoder[0] || !same_law(r->task, s, one))
            continue;
        if (valid_too || strcmp(one->name, "valid") != 0)
            return one->name;
        found = s->name;
    }
    return found;
}

/* Lets splits that change the encoder use the samples of a split that does not, so that encoders
 * are compared on the same samples. A stored run names the split. */
static void share_samples(struct run_spec *r)
{
    for (int i = 0; i < r->splits; i++) {
        struct split_spec *s = &r->split[i];
        if (s->encoder[0] && !s->asks[0])
            snprintf(s->asks, sizeof s->asks, "%s", run_spec_questions(r, s, false));
    }
}

static enum status change(const struct run_spec *r, const char *text,
                          struct encoder_stack *out, int *set, struct err *e)
{
    const struct encoder_dims d = model_dims(&r->model);
    *out = r->model.encoders;
    const enum status st = apply(text, out, set, e);
    return st || *set == 0 ? st : encoder_stack_resolve(out, &d, e);
}

enum status run_spec_at_test(const struct run_spec *r, const struct split_spec *s,
                             struct run_spec *out, struct err *e)
{
    int set;
    *out = *r;
    return change(r, s->encoder, &out->model.encoders, &set, e);
}

enum status run_spec_split_encoders(struct run_spec *r, struct err *e)
{
    int kept = 0;
    for (int i = 0; i < r->splits; i++) {
        struct split_spec *s = &r->split[i];
        struct encoder_stack tested;
        struct err why;
        int set = 0;
        enum status st = change(r, s->encoder, &tested, &set, &why);
        if (s->encoder[0] && st == ST_OK && set == 0)
            continue;
        if (st == ST_OK)
            st = rewrite(&tested, s->encoder, &why);
        if (st)
            return err_set(e, ST_CONFIG, "split \"%s\": %s", s->name, why.msg);
        r->split[kept++] = *s;
    }
    r->splits = kept;
    share_samples(r);
    return ST_OK;
}
