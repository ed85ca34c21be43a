/* encoder.c -- the table of encoders, and sums of them.
 *
 * encoder_list.inc holds one line ENCODER(<name>) for each encoder_<name>.c; CMake
 * writes it (cmake/plugins.cmake). If a file lacks its descriptor, the link fails and names
 * it, so no encoder goes missing silently. */
#include "encoder.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "kernels.h"

#define ENCODER(stem) extern const struct encoder encoder_##stem;
#include "encoder_list.inc"
#undef ENCODER

static const struct encoder *const plain[] = {
#define ENCODER(stem) &encoder_##stem,
#include "encoder_list.inc"
#undef ENCODER
};

/* The same files are compiled once more for each CPU level that kernels.c knows. */
#ifdef ENCODERS_X86
#define ENCODER(stem)                                                     \
    extern const struct encoder encoder_##stem##_v2, encoder_##stem##_v3, \
        encoder_##stem##_v4;
#include "encoder_list.inc"
#undef ENCODER

static const struct encoder *const v2[] = {
#define ENCODER(stem) &encoder_##stem##_v2,
#include "encoder_list.inc"
#undef ENCODER
};
static const struct encoder *const v3[] = {
#define ENCODER(stem) &encoder_##stem##_v3,
#include "encoder_list.inc"
#undef ENCODER
};
static const struct encoder *const v4[] = {
#define ENCODER(stem) &encoder_##stem##_v4,
#include "encoder_list.inc"
#undef ENCODER
};
#endif

enum { ENCODERS = sizeof plain / sizeof plain[0], LIST_TEXT = 4096 };

/* Returns the table for the CPU level of the kernels in use. */
static const struct encoder *const *table(void)
{
#ifdef ENCODERS_X86
    const char *isa = kernels_get()->isa;
    if (strcmp(isa, "x86-64-v4") == 0)
        return v4;
    if (strcmp(isa, "x86-64-v3") == 0)
        return v3;
    if (strcmp(isa, "x86-64-v2") == 0)
        return v2;
#endif
    return plain;
}

/* The encoders of plug-ins, each compiled for one CPU level that its author chose. */
enum { MORE_MOST = 64 };
static const struct encoder *more[MORE_MOST];
static int n_more;

bool encoder_add(const struct encoder *c)
{
    if (n_more == MORE_MOST)
        return false;
    more[n_more++] = c;
    return true;
}

int encoder_count(void)
{
    return ENCODERS + n_more;
}

const struct encoder *encoder_at(int i)
{
    assert(i >= 0 && i < encoder_count());
    return i < ENCODERS ? table()[i] : more[i - ENCODERS];
}

const struct encoder *encoder_find(const char *name)
{
    for (int i = 0; i < encoder_count(); i++)
        if (strcmp(encoder_at(i)->name, name) == 0)
            return encoder_at(i);
    return NULL;
}

const char *encoder_reach_text(enum encoder_reach r)
{
    static const char *const text[] = {
        [REACH_DEFINED] = "defined",
        [REACH_CAPPED] = "capped",
        [REACH_UNTRAINED] = "untrained",
        [REACH_UNDEFINED] = "undefined",
    };
    return text[r];
}

/* Writes "a, b, c" to `out`, cut off where it no longer fits. */
static void join(const char *const *names, int n, char out[LIST_TEXT])
{
    size_t used = 0;
    out[0] = '\0';
    for (int i = 0; i < n && used < LIST_TEXT; i++)
        used +=
            (size_t)snprintf(out + used, LIST_TEXT - used, "%s%s", i ? ", " : "", names[i]);
}

/* --- parsing ------------------------------------------------------------- */

static enum status unknown_encoder(const char *name, struct err *e)
{
    const char *names[ENCODERS];
    char list[LIST_TEXT];
    for (int i = 0; i < ENCODERS; i++)
        names[i] = encoder_at(i)->name;
    const char *near = suggest(name, names, ENCODERS);
    if (near)
        return err_set(e, ST_CONFIG, "unknown encoder \"%s\"; did you mean \"%s\"?", name,
                       near);
    join(names, ENCODERS, list);
    return err_set(e, ST_CONFIG, "unknown encoder \"%s\"; there are %s", name, list);
}

/* Inserts a part so that the one that reads scores is first and the others are in name order. */
static void insert_part(const struct encoder *added, struct encoder_stack *s)
{
    int at = s->parts++;
    for (; at > 0; at--) {
        const struct encoder *before = s->part[at - 1].encoder;
        if (before->reads_score ||
            (!added->reads_score && strcmp(before->name, added->name) < 0))
            break;
        s->part[at] = s->part[at - 1];
    }
    s->part[at].encoder = added;
    option_defaults(added->options, &s->part[at].options);
}

/* Returns the ONCE_* flags of an encoder, including those that its hooks imply. */
static unsigned once_of(const struct encoder *e)
{
    return e->once | (e->rotate ? ONCE_TURN : 0);
}

/* Returns what both encoders do although a sum can do it only once, or NULL. */
static const char *cannot_share(const struct encoder *a, const struct encoder *b)
{
    const unsigned both = once_of(a) & once_of(b);
    if (both & ONCE_TURN)
        return "turn queries and keys";
    if (both & ONCE_FORGET)
        return "let keys fade by a gate of each token";
    if (both & ONCE_SLOPE)
        return "take a multiple of the distance away";
    if (both & ONCE_MEET)
        return "let the query meet a vector of its distance";
    if (a->embed && b->embed)
        return "add a vector of its place to each token";
    if (a->reads_score && b->reads_score)
        return "read the content scores";
    if (a->content && b->content)
        return "write the content scores";
    if (a->mix && b->mix)
        return "mix the logits of heads";
    if (a->weigh && b->weigh)
        return "turn scores into weights";
    if (a->place && b->place)
        return "choose the places of tokens";
    return NULL;
}

static enum status add_part(const char *sum, const char *name, struct encoder_stack *s,
                            struct err *e)
{
    const struct encoder *added = encoder_find(name);
    if (!added)
        return unknown_encoder(name, e);
    if (s->parts == ENCODER_PARTS_MAX)
        return err_set(e, ST_CONFIG,
                       "encoder \"%s\" has more than %d parts; leave some out", sum,
                       ENCODER_PARTS_MAX);
    for (int i = 0; i < s->parts; i++) {
        const struct encoder *old = s->part[i].encoder;
        if (old == added)
            return err_set(e, ST_CONFIG, "encoder \"%s\" names \"%s\" twice; name it once",
                           sum, name);
        const char *both = cannot_share(old, added);
        if (both)
            return err_set(e, ST_CONFIG,
                           "encoder \"%s\": \"%s\" and \"%s\" both %s; a sum can hold "
                           "one such encoder, leave one out",
                           sum, old->name, name, both);
    }
    insert_part(added, s);
    return ST_OK;
}

static bool has_hooks(const struct encoder *e)
{
    return e->place || e->embed || e->read || e->rotate || e->content || e->score ||
           e->weigh || e->values || e->mix;
}

/* Returns true if every part but the chooser gives the same logits when all places move alike. */
static bool sees_distances_alone(const struct encoder_stack *s,
                                 const struct encoder *chooser)
{
    for (int i = 0; i < s->parts; i++) {
        const struct encoder_part *p = &s->part[i];
        if (p->encoder != chooser &&
            !(p->encoder->invariances &&
              p->encoder->invariances(&p->options) & INVARIANT_SHIFT))
            return false;
    }
    return true;
}

/* Checks a sum in which a part chooses places: another part must exist, all others must use the
 * places, and one of them must see more than distances if the places move alike. */
static enum status check_places(const char *sum, const struct encoder_stack *s,
                                struct err *e)
{
    const struct encoder *chooser = NULL;
    for (int i = 0; i < s->parts; i++)
        if (s->part[i].encoder->place)
            chooser = s->part[i].encoder;
    if (chooser && s->parts == 1)
        return err_set(e, ST_CONFIG,
                       "encoder \"%s\" chooses places that nobody looks at; add one that "
                       "does, as in \"%s+rope\"",
                       sum, chooser->name);
    for (int i = 0; chooser && i < s->parts; i++) {
        const struct encoder *part = s->part[i].encoder;
        if (part != chooser && !part->takes_places)
            return err_set(e, ST_CONFIG,
                           "encoder \"%s\": \"%s\" has no use for the places that \"%s\" "
                           "chooses; leave one of them out",
                           sum, part->name, chooser->name);
    }
    if (chooser && chooser->moves_alike && sees_distances_alone(s, chooser))
        return err_set(e, ST_CONFIG,
                       "encoder \"%s\": \"%s\" moves all places of a sequence alike, and "
                       "the others look at distances alone; leave it out, or add one that "
                       "looks at places, as in \"absolute+%s\"",
                       sum, chooser->name, chooser->name);
    return ST_OK;
}

/* Refuses an encoder without hooks in a sum. It adds nothing, so the sum would be a second name
 * for the sum without it. Then checks the places. */
static enum status refuse_empty_terms(const char *sum, const struct encoder_stack *s,
                                      struct err *e)
{
    for (int i = 0; s->parts > 1 && i < s->parts; i++) {
        const struct encoder *part = s->part[i].encoder;
        if (!has_hooks(part))
            return err_set(e, ST_CONFIG,
                           "encoder \"%s\": \"%s\" adds nothing to a sum; leave it out",
                           sum, part->name);
    }
    return check_places(sum, s, e);
}

enum status encoder_stack_parse(const char *text, struct encoder_stack *out, struct err *e)
{
    *out = (struct encoder_stack){0};
    for (const char *rest = text;; rest++) {
        char name[ENCODER_NAME];
        const size_t length = strcspn(rest, "+");
        if (length == 0)
            return err_set(e, ST_CONFIG,
                           "encoder \"%.80s\" lacks a name; write one, or names joined by "
                           "\"+\"",
                           text);
        snprintf(name, sizeof name, "%.*s",
                 length < sizeof name ? (int)length : (int)sizeof name - 1, rest);
        const enum status status = add_part(text, name, out, e);
        if (status != ST_OK)
            return status;
        rest += length;
        if (!*rest)
            return refuse_empty_terms(text, out, e);
    }
}

/* --- options ------------------------------------------------------------- */

/* Lists the option names of the part `part`, or of all parts when it is NULL. */
static int option_names(const struct encoder_stack *s, const char *part, const char **out)
{
    int n = 0;
    for (int i = 0; i < s->parts; i++) {
        const struct encoder *encoder = s->part[i].encoder;
        if (part && strcmp(part, encoder->name) != 0)
            continue;
        for (int k = 0; k < option_count(encoder->options); k++)
            out[n++] = encoder->options[k].name;
    }
    return n;
}

static enum status unknown_option(const struct encoder_stack *s, const char *part,
                                  const char *option, struct err *e)
{
    const char *names[ENCODER_PARTS_MAX * OPTIONS_MAX];
    const int n = option_names(s, part, names);
    char sum[ENCODER_NAME], list[LIST_TEXT];
    encoder_stack_name(s, sum);
    if (!part)
        part = sum;
    if (n == 0)
        return err_set(e, ST_CONFIG, "encoder \"%s\" takes no options; remove \"%.64s\"",
                       part, option);
    const char *near = suggest(option, names, n);
    if (near)
        return err_set(e, ST_CONFIG,
                       "encoder \"%s\" has no option \"%.64s\"; did you mean \"%s\"?", part,
                       option, near);
    join(names, n, list);
    return err_set(e, ST_CONFIG, "encoder \"%s\" has no option \"%.64s\"; it has %s", part,
                   option, list);
}

static enum status unknown_part(const struct encoder_stack *s, const char *part,
                                const char *option, struct err *e)
{
    const char *names[ENCODER_PARTS_MAX];
    char sum[ENCODER_NAME], list[LIST_TEXT];
    for (int i = 0; i < s->parts; i++)
        names[i] = s->part[i].encoder->name;
    encoder_stack_name(s, sum);
    join(names, s->parts, list);
    return err_set(e, ST_CONFIG,
                   "option \"%.64s\": \"%s\" is no part of encoder \"%s\"; before the dot "
                   "stands one of: %s",
                   option, part, sum, list);
}

/* Splits "cope.p_max" at the dot: copies "cope" to `part` and returns "p_max". Without a dot
 * returns `option` and leaves `part` alone. */
static const char *split_option(const char *option, char part[ENCODER_NAME])
{
    const char *dot = strchr(option, '.');
    if (!dot)
        return option;
    const int length = (int)(dot - option);
    snprintf(part, ENCODER_NAME, "%.*s", length < ENCODER_NAME ? length : ENCODER_NAME - 1,
             option);
    return dot + 1;
}

/* Returns true for an option that every part has. */
static bool is_layers(const char *name)
{
    return strcmp(name, "layers") == 0 || strcmp(name, "every") == 0;
}

static enum status set_layers(struct encoder_part *p, const char *name, const char *value,
                              struct err *e)
{
    char text[OPTION_TEXT];
    if (strcmp(name, "layers") == 0)
        return layer_set_parse(value, &p->layers, e);
    snprintf(text, sizeof text, "every %s", value);
    return layer_set_parse(text, &p->layers, e);
}

/* Finds the part that `option` belongs to, and the option's name in that part. */
static enum status find_owner(struct encoder_stack *s, const char *option,
                              struct encoder_part **owner, const char **name, struct err *e)
{
    char text[ENCODER_NAME];
    *owner = NULL;
    *name = split_option(option, text);
    const char *part = *name == option ? NULL : text;
    bool part_found = !part;
    for (int i = 0; i < s->parts; i++) {
        const struct encoder *encoder = s->part[i].encoder;
        if (part && strcmp(part, encoder->name) != 0)
            continue;
        part_found = true;
        if (option_find(encoder->options, *name) < 0 && !is_layers(*name))
            continue;
        if (*owner)
            return err_set(e, ST_CONFIG,
                           "option \"%s\" belongs to both; write \"%s.%s\" or \"%s.%s\"",
                           *name, (*owner)->encoder->name, *name, encoder->name, *name);
        *owner = &s->part[i];
    }
    if (!part_found)
        return unknown_part(s, part, option, e);
    return *owner ? ST_OK : unknown_option(s, part, *name, e);
}

enum status encoder_stack_set(struct encoder_stack *s, const char *option,
                              const char *value, struct err *e)
{
    struct encoder_part *owner = NULL;
    const char *name;
    const enum status status = find_owner(s, option, &owner, &name, e);
    if (status != ST_OK || !owner)
        return status;
    if (is_layers(name))
        return set_layers(owner, name, value, e);
    const int k = option_find(owner->encoder->options, name);
    return option_parse(&owner->encoder->options[k], value, &owner->options.v[k], e);
}

enum status encoder_stack_set_at_test(struct encoder_stack *s, const char *option,
                                      const char *value, struct err *e)
{
    const char *names[OPTIONS_MAX];
    char list[LIST_TEXT];
    struct encoder_part *owner = NULL;
    const char *name;
    int n = 0;
    const enum status status = find_owner(s, option, &owner, &name, e);
    if (status != ST_OK || !owner)
        return status;
    const struct option *table = owner->encoder->options;
    const int k = option_find(table, name);
    if (k >= 0 && table[k].at_test)
        return option_parse(&table[k], value, &owner->options.v[k], e);
    for (int i = 0; i < option_count(table); i++)
        if (table[i].at_test)
            names[n++] = table[i].name;
    join(names, n, list);
    return err_set(
        e, ST_USAGE,
        "the weights were trained with this %s of %s; what may change at test is "
        "%s",
        name, owner->encoder->name, n ? list : "nothing");
}

/* --- the whole stack ----------------------------------------------------- */

struct encoder_dims encoder_stack_dims(const struct encoder_stack *s,
                                       const struct encoder_dims *d)
{
    struct encoder_dims out = *d;
    out.places = d->longest;
    for (int i = 0; i < s->parts; i++) {
        const struct encoder_part *p = &s->part[i];
        const int n = p->encoder->places ? p->encoder->places(&out, &p->options) : 0;
        out.places = n > out.places ? n : out.places;
        out.placed |= p->encoder->place != NULL;
        out.spread |= p->encoder->place != NULL && !p->encoder->moves_alike;
    }
    return out;
}

static enum status resolve_layers(struct encoder_part *p, int layers, struct err *e)
{
    const enum status status = layer_set_resolve(&p->layers, layers, p->encoder->name, e);
    if (status == ST_OK && (p->encoder->embed || p->encoder->place) &&
        (p->layers.every || p->layers.list))
        return err_set(e, ST_CONFIG, "%s acts before the first layer; remove its layers",
                       p->encoder->name);
    return status;
}

/* The part that chooses places is resolved first. The number of places may then have changed,
 * so it is computed again for the other parts. */
enum status encoder_stack_resolve(struct encoder_stack *s, const struct encoder_dims *d,
                                  struct err *e)
{
    for (int round = 0; round < 2; round++) {
        const struct encoder_dims sizes = encoder_stack_dims(s, d);
        for (int i = 0; i < s->parts; i++) {
            struct encoder_part *p = &s->part[i];
            const bool due = round == (p->encoder->place ? 0 : 1);
            enum status status = due && p->encoder->resolve
                                     ? p->encoder->resolve(&sizes, &p->options, e)
                                     : ST_OK;
            if (status == ST_OK && due)
                status = resolve_layers(p, d->layers, e);
            if (status != ST_OK)
                return status;
        }
    }
    return ST_OK;
}

void encoder_stack_name(const struct encoder_stack *s, char name[ENCODER_NAME])
{
    const char *last = "";
    size_t used = 0;
    for (int i = 0; i < s->parts; i++) {
        const char *next = NULL;
        for (int k = 0; k < s->parts; k++) {
            const char *other = s->part[k].encoder->name;
            if (strcmp(other, last) > 0 && (!next || strcmp(other, next) < 0))
                next = other;
        }
        assert(next);
        used +=
            (size_t)snprintf(name + used, ENCODER_NAME - used, "%s%s", i ? "+" : "", next);
        assert(used < ENCODER_NAME);
        last = next;
    }
}

enum encoder_reach encoder_stack_reach(const struct encoder_stack *s,
                                       const struct encoder_dims *d)
{
    const struct encoder_dims sizes = encoder_stack_dims(s, d);
    enum encoder_reach worst = REACH_DEFINED;
    for (int i = 0; i < s->parts; i++) {
        const struct encoder_part *p = &s->part[i];
        const enum encoder_reach r =
            p->encoder->reach ? p->encoder->reach(&sizes, &p->options) : REACH_DEFINED;
        worst = r > worst ? r : worst;
    }
    return worst;
}
