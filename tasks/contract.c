/* contract.c -- clauses that need few samples; contract_laws.c has those that need many.
 *
 * A clause returns ST_OK or the first complaint about a task. Samples are written to a buffer
 * followed by canaries. They must be sound, the same from the same stream, different from
 * different streams, changed by every option, solved, solved from the left, and have strata.
 * The table at the end gives the order of the checks.
 * Pitfall: a clause may call only hooks that the ground clauses before it have found to be
 * there. */
#include "contract.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "contract_internal.h"

/* Canaries after a sample, and their values, which no task has a reason to write. */
enum { CANARIES = 64, CANARY = -123456789, CANARY_BYTE = 0xA5 };
/* Samples of a clause, prefixes of a sample, the limit of a stratum's values. Chosen, not
 * measured; they suffice to find all faults that test_contract_faults plants. */
enum { STREAMS = 20, PREFIXES = 8, CAUSAL_SAMPLES = 100, STRATUM_MOST = 1 << 24 };
enum { SOLVED_MOST = 2048 }; /* tokens; some solvers take quadratic time */

/* ---- room ---- */

enum status contract_room(const struct task *t, const struct option_values *o,
                          struct contract_room *out, struct err *e)
{
    const int n = t->max_length(o);
    if (n < 1)
        return err_set(e, ST_RANGE, "max_length is %d; a sample has at least one token", n);
    const size_t room = (size_t)n + CANARIES;
    *out = (struct contract_room){
        .s = {.token = calloc(room, sizeof *out->s.token),
              .target = calloc(room, sizeof *out->s.target),
              .scored = calloc(room, sizeof *out->s.scored)},
        .answer = calloc(room, sizeof *out->answer),
        .n = n,
    };
    if (!out->s.token || !out->s.target || !out->s.scored || !out->answer) {
        contract_room_free(out);
        return err_set(e, ST_NOMEM, "no memory for a sample of %d tokens", n);
    }
    for (int i = n; i < n + CANARIES; i++) {
        out->s.token[i] = out->s.target[i] = out->answer[i] = CANARY;
        out->s.scored[i] = CANARY_BYTE;
    }
    return ST_OK;
}

void contract_room_free(struct contract_room *r)
{
    free(r->s.token);
    free(r->s.target);
    free(r->s.scored);
    free(r->answer);
    *r = (struct contract_room){0};
}

void contract_room_fill(struct contract_room *r, uint8_t dirt)
{
    const size_t n = (size_t)r->n;
    memset(r->s.token, dirt, n * sizeof *r->s.token);
    memset(r->s.target, dirt, n * sizeof *r->s.target);
    memset(r->s.scored, dirt, n);
    r->s.length = r->s.determined = dirt;
}

bool contract_canaries_live(const struct contract_room *r)
{
    bool live = true;
    for (int i = r->n; i < r->n + CANARIES; i++)
        live = live && r->s.token[i] == CANARY && r->s.target[i] == CANARY &&
               r->answer[i] == CANARY && r->s.scored[i] == CANARY_BYTE;
    return live;
}

struct option_values contract_law(const struct task *t, const struct task_split *s)
{
    struct option_values base, o;
    option_defaults(t->options, &base);
    task_split_options(t, s, &base, &o);
    return o;
}

static struct option_values defaults(const struct task *t)
{
    struct option_values o;
    option_defaults(t->options, &o);
    return o;
}

/* ---- what the descriptor says ---- */

static enum status describes_itself(const struct task *t, struct err *e)
{
    if (!t->name || !*t->name || t->version < 1)
        return err_set(e, ST_RANGE, "a task has a name and a version from 1 on");
    if (t->name[0] < 'a' || t->name[0] > 'z' ||
        t->name[strspn(t->name, "abcdefghijklmnopqrstuvwxyz0123456789_")])
        return err_set(e, ST_RANGE,
                       "name \"%s\": a small letter, then small letters, digits and _",
                       t->name);
    if (!t->summary || !*t->summary || strchr(t->summary, '\n'))
        return err_set(e, ST_RANGE, "summary: one line, not empty");
    if (!t->source || !*t->source)
        return err_set(e, ST_RANGE, "source: the paper and its section");
    if (!t->splits)
        return err_set(e, ST_RANGE, "splits: valid, id and two ood_..., then {0}");
    if (!t->vocabulary || !t->max_length || !t->answers || !t->generate || !t->solve ||
        !t->token_text)
        return err_set(e, ST_RANGE,
                       "vocabulary, max_length, answers, generate, solve and token_text "
                       "are all needed");
    for (const struct task_stratum *s = t->strata; s && s->name; s++)
        if (!*s->name || !s->unit || !s->help || !*s->help || !s->of)
            return err_set(e, ST_RANGE, "stratum \"%s\": name, unit, help and function",
                           s->name);
        else if (s - t->strata >= TASK_STRATA_MAX)
            return err_set(e, ST_RANGE, "more than %d strata", TASK_STRATA_MAX);
    return ST_OK;
}

static enum status options_are_usable(const struct task *t, struct err *e)
{
    char owner[64];
    snprintf(owner, sizeof owner, "task %s", t->name);
    for (int i = 0; i < option_count(t->options); i++) {
        const struct option *one = &t->options[i];
        if (option_find(t->options, one->name) != i)
            return err_set(e, ST_RANGE, "two options are called \"%s\"", one->name);
        if (!one->help || !*one->help)
            return err_set(e, ST_RANGE, "option %s has no help", one->name);
        const enum status st = option_check(owner, one, e);
        if (st)
            return st;
    }
    const struct option_values o = defaults(t);
    return task_open(t, &o, e);
}

static bool changes_law(const struct task *t, const struct task_split *s)
{
    const struct option_values base = defaults(t), o = contract_law(t, s);
    for (int i = 0; i < option_count(t->options); i++)
        if (!t->options[i].held && (o.v[i] < base.v[i] || o.v[i] > base.v[i]))
            return true;
    return false;
}

/* Checks that each change names an option and gives it a value of its type. */
static enum status changes_are_allowed(const struct task *t, const struct task_split *s,
                                       struct err *e)
{
    char owner[64];
    enum status st = ST_OK;
    snprintf(owner, sizeof owner, "split %s", s->name);
    for (int i = 0; !st && i < TASK_SPLIT_CHANGES && s->change[i].option; i++) {
        const int at = option_find(t->options, s->change[i].option);
        if (at < 0)
            return err_set(e, ST_RANGE, "split %s changes \"%s\", which is no option",
                           s->name, s->change[i].option);
        st = option_check_value(owner, &t->options[at], s->change[i].value, e);
    }
    return st;
}

static enum status split_is_a_law(const struct task *t, const struct task_split *s,
                                  struct err *e)
{
    const bool ood = strncmp(s->name, "ood_", 4) == 0;
    if (task_split_find(t, s->name) != s)
        return err_set(e, ST_RANGE, "two splits are called \"%s\"", s->name);
    if (s->count < 1 || !s->help || !*s->help)
        return err_set(e, ST_RANGE, "split %s: a count and a help text", s->name);
    const enum status st = changes_are_allowed(t, s, e);
    if (st)
        return st;
    if (ood != changes_law(t, s))
        return err_set(e, ST_RANGE,
                       ood ? "split %s is the training law; change an option, or do not "
                             "call it ood_"
                           : "split %s changes the law; call it ood_...",
                       s->name);
    const struct option_values o = contract_law(t, s);
    return task_open(t, &o, e);
}

static enum status splits_are_laws(const struct task *t, struct err *e)
{
    if (!task_split_find(t, "valid") || !task_split_find(t, "id"))
        return err_set(e, ST_RANGE, "a task has at least the splits valid and id");
    for (const struct task_split *s = t->splits; s->name; s++) {
        const enum status st = split_is_a_law(t, s, e);
        if (st)
            return st;
    }
    return ST_OK;
}

/* Checks that splits are beyond training also when training has other sizes. Splits that the
 * task refuses, for example because an alphabet is too small, are skipped. `base` is the
 * training law, `what` says how it differs from the defaults. */
static enum status splits_are_beyond(const struct task *t, const struct option_values *base,
                                     const char *what, struct err *e)
{
    for (const struct task_split *s = t->splits; s->name; s++) {
        char why[TASK_BEYOND_WHY];
        struct option_values o;
        task_split_options(t, s, base, &o);
        if (task_open(t, &o, NULL) == ST_OK && !task_split_beyond(t, s, base, &o, why))
            return err_set(e, ST_RANGE, "with %s split %s is not beyond training: %s", what,
                           s->name, why);
    }
    return ST_OK;
}

/* Checks the splits with each integer option halved and doubled, if splits are proportions. */
static enum status splits_follow_training(const struct task *t, struct err *e)
{
    for (int i = 0; t->splits_scale && i < option_count(t->options); i++) {
        const struct option *one = &t->options[i];
        for (int twice = 0; one->type == OPTION_INT && twice < 2; twice++) {
            struct option_values o = defaults(t);
            char text[OPTION_TEXT], what[2 * OPTION_TEXT];
            o.v[i] = twice ? 2 * one->dflt : (double)(int)(one->dflt / 2);
            if (o.v[i] < one->lo || o.v[i] > one->hi || o.v[i] > 65536 ||
                task_open(t, &o, NULL) != ST_OK)
                continue;
            option_format(one, o.v[i], text);
            snprintf(what, sizeof what, "%s=%s", one->name, text);
            const enum status st = splits_are_beyond(t, &o, what, e);
            if (st)
                return st;
        }
    }
    return ST_OK;
}

static enum status tokens_have_texts(const struct task *t, struct err *e)
{
    const struct option_values o = defaults(t);
    const int V = t->vocabulary(&o);
    char text[TASK_TOKEN_TEXT], other[TASK_TOKEN_TEXT];
    if (t->answers(&o) < 2 || t->answers(&o) > V)
        return err_set(e, ST_RANGE, "%d answers, but %d token ids", t->answers(&o), V);
    for (int32_t id = 0; id < V; id++) {
        memset(text, CANARY_BYTE, sizeof text);
        t->token_text(&o, id, text);
        if (!memchr(text, 0, sizeof text) || !*text || strchr(text, ' '))
            return err_set(e, ST_RANGE,
                           "the text of token %d is empty, unfinished or has a space",
                           (int)id);
        for (int32_t k = 0; k < id; k++) {
            t->token_text(&o, k, other);
            if (strcmp(text, other) == 0)
                return err_set(e, ST_RANGE, "tokens %d and %d are both written \"%s\"",
                               (int)k, (int)id, text);
        }
    }
    return ST_OK;
}

/* ---- one sample at a time ---- */

static bool id_in(int32_t id, int vocabulary)
{
    return id >= 0 && id < vocabulary;
}

static enum status sound(const struct task *t, const struct option_values *o,
                         const struct contract_room *r, const char *where, struct err *e)
{
    const struct sample *s = &r->s;
    const int V = t->vocabulary(o);
    int n_scored = 0;
    if (!contract_canaries_live(r))
        return err_set(e, ST_RANGE, "%s: it writes past its %d places", where, r->n);
    if (s->length < 1 || s->length > r->n)
        return err_set(e, ST_RANGE, "%s: %d tokens, but max_length is %d", where, s->length,
                       r->n);
    for (int i = 0; i < s->length; i++) {
        if (!id_in(s->token[i], V))
            return err_set(e, ST_RANGE, "%s: token %d is %d, beyond the %d ids", where, i,
                           (int)s->token[i], V);
        if (s->target[i] != TARGET_NONE && !id_in(s->target[i], V))
            return err_set(e, ST_RANGE, "%s: target %d is %d, beyond the %d ids", where, i,
                           (int)s->target[i], V);
        if (s->scored[i] > 1 || (s->scored[i] && s->target[i] == TARGET_NONE))
            return err_set(e, ST_RANGE, "%s: place %d is scored without a target", where,
                           i);
        n_scored += s->scored[i];
    }
    if (n_scored == 0 || s->determined < 0 || s->determined > n_scored)
        return err_set(e, ST_RANGE, "%s: %d determined of %d scored places", where,
                       s->determined, n_scored);
    return ST_OK;
}

typedef enum status look_fn(const struct task *t, const struct option_values *o,
                            struct contract_room *r, const char *where, struct err *e);

/* Calls `look` on the first `samples` samples of each split. */
static enum status each_sample(const struct task *t, int samples, look_fn *look,
                               struct err *e)
{
    enum status st = ST_OK;
    for (const struct task_split *split = t->splits; !st && split->name; split++) {
        const struct option_values o = contract_law(t, split);
        struct contract_room r;
        st = contract_room(t, &o, &r, e);
        if (st)
            return st;
        for (int i = 0; !st && i < samples; i++) {
            char where[128];
            struct rng stream = task_split_stream(t, split->name, 0, (uint64_t)i);
            snprintf(where, sizeof where, "sample %d of %s", i, split->name);
            t->generate(&o, &stream, &r.s);
            st = look(t, &o, &r, where, e);
        }
        contract_room_free(&r);
    }
    return st;
}

static enum status look_sound(const struct task *t, const struct option_values *o,
                              struct contract_room *r, const char *where, struct err *e)
{
    return sound(t, o, r, where, e);
}

static enum status samples_are_sound(const struct task *t, struct err *e)
{
    return each_sample(t, CONTRACT_SAMPLES, look_sound, e);
}

/* Sets *out to the k-th value of an option that is worth trying; false when there is none. */
static bool other_value(const struct option *o, int k, double *out)
{
    if (o->type == OPTION_BOOL) {
        *out = k;
        return k < 2;
    }
    if (o->type == OPTION_CHOICE) {
        *out = k;
        for (int i = 0; i <= k; i++)
            if (!o->choices[i])
                return false;
        return true;
    }
    const double values[] = {o->lo, o->hi, o->dflt + 1, o->dflt - 1, 2 * o->dflt};
    if (k >= (int)(sizeof values / sizeof *values))
        return false;
    *out = values[k] < o->lo ? o->lo : values[k] > o->hi ? o->hi : values[k];
    return true;
}

/* ---- the same stream, another stream, another option ---- */

uint64_t contract_add(uint64_t hash, int32_t number)
{
    for (int i = 0; i < 4; i++)
        hash = (hash ^ ((uint32_t)number >> 8 * i & 255)) * UINT64_C(1099511628211);
    return hash;
}

uint64_t contract_add_sample(uint64_t hash, const struct sample *s)
{
    hash = contract_add(contract_add(hash, s->length), s->determined);
    for (int i = 0; i < s->length; i++) {
        hash = contract_add(hash, s->token[i]);
        hash = contract_add(hash, s->target[i]);
        hash = contract_add(hash, s->scored[i]);
    }
    return hash;
}

/* Returns the hash of the sample that the stream writes into a buffer filled with `dirt`; 0 when
 * the sample is too long to be read. */
static uint64_t fingerprint(const struct task *t, const struct option_values *o,
                            struct contract_room *r, struct rng stream, uint8_t dirt)
{
    contract_room_fill(r, dirt);
    t->generate(o, &stream, &r->s);
    if (r->s.length < 0 || r->s.length > r->n)
        return 0;
    return contract_add_sample(CONTRACT_HASH, &r->s);
}

/* Checks that a stream gives the same sample for any content of the buffer and after any other
 * samples. */
static enum status one_stream_gives_one_sample(const struct task *t, struct err *e)
{
    const struct option_values o = defaults(t);
    struct contract_room r;
    uint64_t first[STREAMS];
    enum status st = contract_room(t, &o, &r, e);
    if (st)
        return st;
    for (int i = 0; i < STREAMS; i++)
        first[i] = fingerprint(t, &o, &r, task_split_stream(t, "id", 0, (uint64_t)i), 0);
    for (int i = STREAMS - 1; !st && i >= 0; i--)
        if (fingerprint(t, &o, &r, task_split_stream(t, "id", 0, (uint64_t)i), 0xFF) !=
            first[i])
            st = err_set(e, ST_RANGE,
                         "sample %d of id comes out otherwise the second time: it depends "
                         "on the room it is written to, or on something kept",
                         i);
    contract_room_free(&r);
    return st;
}

static enum status another_stream_gives_another_sample(const struct task *t, struct err *e)
{
    const struct option_values o = defaults(t);
    const struct rng stream[] = {
        task_split_stream(t, "id", 0, 0),    task_split_stream(t, "id", 0, 1),
        task_split_stream(t, "valid", 0, 0), task_split_stream(t, "id", 1, 0),
        task_train_stream(t, 0, 0),          task_train_stream(t, 1, 0),
        task_train_stream(t, 0, 1),
    };
    enum { N = sizeof stream / sizeof *stream };
    uint64_t hash[N];
    struct contract_room r;
    enum status st = contract_room(t, &o, &r, e);
    if (st)
        return st;
    for (int i = 0; i < N; i++)
        hash[i] = fingerprint(t, &o, &r, stream[i], 0);
    for (int i = 0; !st && i < N; i++)
        for (int k = 0; k < i; k++)
            if (hash[i] == hash[k])
                st = err_set(e, ST_RANGE,
                             "streams of another seed, split or index give the same sample "
                             "(%d and %d): draw from the stream alone",
                             k, i);
    contract_room_free(&r);
    return st;
}

/* Computes a hash of the law: its sizes and some samples. */
static enum status law_print(const struct task *t, const struct option_values *o,
                             uint64_t *out, struct err *e)
{
    struct contract_room r;
    const enum status st = contract_room(t, o, &r, e);
    *out = contract_add(contract_add(CONTRACT_HASH, t->vocabulary(o)), t->answers(o));
    for (uint64_t i = 0; !st && i < STREAMS; i++)
        *out ^=
            fingerprint(t, o, &r, rng_stream(0, RNG_TEST, "option", i), 0) * (2 * i + 1);
    if (!st)
        contract_room_free(&r);
    return st;
}

static enum status options_matter(const struct task *t, struct err *e)
{
    const struct option_values base = defaults(t);
    uint64_t want, got;
    enum status st = law_print(t, &base, &want, e);
    for (int i = 0; !st && i < option_count(t->options); i++) {
        struct option_values o = base;
        got = want;
        for (int k = 0; !st && got == want && other_value(&t->options[i], k, &o.v[i]); k++)
            if (o.v[i] < 65536 && task_open(t, &o, NULL) == ST_OK)
                st = law_print(t, &o, &got, e);
        const bool one_name = t->options[i].path && !t->options[i].choices[1];
        if (!st && got == want && !one_name) /* a path with one choice has no other file */
            st = err_set(e, ST_RANGE, "option %s changes nothing", t->options[i].name);
    }
    return st;
}

/* ---- the solver ---- */

static enum status look_solved(const struct task *t, const struct option_values *o,
                               struct contract_room *r, const char *where, struct err *e)
{
    const struct sample *s = &r->s;
    int n_determined = 0;
    for (int k = s->length; k < r->n; k++) /* a solver must not read these */
        s->token[k] = CANARY;
    t->solve(o, s->token, s->length, r->answer);
    for (int k = 0; k < s->length; k++) {
        if (!s->scored[k] || r->answer[k] == TARGET_NONE)
            continue;
        if (r->answer[k] != s->target[k])
            return err_set(e, ST_RANGE, "%s: target %d is %d, but solve says %d", where, k,
                           (int)s->target[k], (int)r->answer[k]);
        n_determined++;
    }
    if (n_determined != s->determined)
        return err_set(e, ST_RANGE, "%s: %d answers are determined, but solve finds %d",
                       where, s->determined, n_determined);
    return contract_canaries_live(r)
               ? ST_OK
               : err_set(e, ST_RANGE, "%s: solve writes past the sample", where);
}

static enum status solver_agrees(const struct task *t, struct err *e)
{
    return each_sample(t, CONTRACT_SAMPLES, look_solved, e);
}

/* Checks that an answer follows from the tokens up to its place: given only these, the solver
 * gives the same answer. */
static enum status look_causal(const struct task *t, const struct option_values *o,
                               struct contract_room *r, const char *where, struct err *e)
{
    const struct sample *s = &r->s;
    const int step = s->length / PREFIXES + 1;
    for (int k = s->length - 1; k >= 0; k--) {
        if (!s->scored[k] || (k % step && k != s->length - 1))
            continue;
        t->solve(o, s->token, s->length, r->answer);
        const int32_t whole = r->answer[k];
        for (int i = k + 1; i < r->n; i++)
            r->answer[i] = CANARY;
        t->solve(o, s->token, k + 1, r->answer);
        for (int i = k + 1; i < r->n; i++)
            if (r->answer[i] != CANARY)
                return err_set(e, ST_RANGE, "%s: solve writes behind the %d tokens it has",
                               where, k + 1);
        if (whole != r->answer[k])
            return err_set(e, ST_RANGE,
                           "%s: answer %d is %d, but %d to who sees nothing behind it",
                           where, k, (int)whole, (int)r->answer[k]);
    }
    return ST_OK;
}

static enum status answers_follow_from_the_left(const struct task *t, struct err *e)
{
    return each_sample(t, CAUSAL_SAMPLES, look_causal, e);
}

/* ---- strata ---- */

static enum status look_strata(const struct task *t, const struct option_values *o,
                               struct contract_room *r, const char *where, struct err *e)
{
    for (const struct task_stratum *s = t->strata; s && s->name; s++) {
        for (int k = 0; k < r->n; k++)
            r->answer[k] = CANARY;
        s->of(o, &r->s, r->answer);
        for (int k = 0; k < r->n; k++) {
            const int32_t got = r->answer[k];
            const bool fine = k >= r->s.length ? got == CANARY
                              : r->s.scored[k] ? got >= 0 && got < STRATUM_MOST
                                               : got == STRATUM_NONE;
            if (!fine)
                return err_set(e, ST_RANGE, "%s: stratum %s is %d at place %d (%s)", where,
                               s->name, (int)got, k,
                               k < r->s.length && r->s.scored[k] ? "scored" : "not scored");
        }
        if (!contract_canaries_live(r))
            return err_set(e, ST_RANGE, "%s: stratum %s writes past the sample", where,
                           s->name);
    }
    return ST_OK;
}

/* Sets *first to the stratum's first value under the law, if it is not set yet, and *varies if
 * another value occurs. */
static enum status stratum_values(const struct task *t, const struct option_values *o,
                                  const struct task_stratum *s, int32_t *first,
                                  bool *varies, struct err *e)
{
    struct contract_room r;
    const enum status st = contract_room(t, o, &r, e);
    if (st)
        return st;
    for (uint64_t i = 0; i < CAUSAL_SAMPLES; i++) {
        struct rng stream = rng_stream(0, RNG_TEST, "strata", i);
        t->generate(o, &stream, &r.s);
        s->of(o, &r.s, r.answer);
        for (int k = 0; k < r.s.length; k++) {
            if (*first == STRATUM_NONE)
                *first = r.answer[k];
            *varies = *varies || (r.answer[k] != STRATUM_NONE && r.answer[k] != *first);
        }
    }
    contract_room_free(&r);
    return ST_OK;
}

/* Refuses a stratum that has the same value in every split and at every value of the options
 * that are switches or choices. */
static enum status stratum_varies(const struct task *t, const struct task_stratum *s,
                                  struct err *e)
{
    int32_t first = STRATUM_NONE;
    bool varies = false;
    enum status st = ST_OK;
    for (const struct task_split *split = t->splits; !st && split->name; split++) {
        const struct option_values o = contract_law(t, split);
        st = stratum_values(t, &o, s, &first, &varies, e);
    }
    for (int i = 0; i < option_count(t->options); i++) {
        struct option_values o = defaults(t);
        if (t->options[i].type == OPTION_INT || t->options[i].type == OPTION_REAL)
            continue;
        for (int k = 0; !st && !varies && other_value(&t->options[i], k, &o.v[i]); k++)
            if (task_open(t, &o, NULL) == ST_OK)
                st = stratum_values(t, &o, s, &first, &varies, e);
    }
    if (st || varies)
        return st;
    return err_set(e, ST_RANGE, "stratum %s is %d everywhere", s->name, (int)first);
}

static enum status strata_are_sound(const struct task *t, struct err *e)
{
    enum status st = each_sample(t, CONTRACT_SAMPLES / 4, look_strata, e);
    for (const struct task_stratum *s = t->strata; !st && s && s->name; s++)
        st = stratum_varies(t, s, e);
    return st;
}

/* ---- other options ---- */

/* Checks a few samples; if they are not too long, also the solver's answers and the strata. */
static enum status few_sound(const struct task *t, const struct option_values *o,
                             const char *what, struct err *e)
{
    struct contract_room r = {0};
    enum status st = contract_room(t, o, &r, e);
    if (st)
        return st;
    const bool small = r.n <= SOLVED_MOST;
    for (uint64_t k = 0; !st && k < (small ? STREAMS : 3); k++) {
        struct rng stream = rng_stream(k, RNG_TEST, what, 0);
        t->generate(o, &stream, &r.s);
        st = sound(t, o, &r, what, e);
        if (!st && small)
            st = look_solved(t, o, &r, what, e);
        if (!st && small)
            st = look_strata(t, o, &r, what, e);
    }
    contract_room_free(&r);
    return st;
}

/* Tries other values of one option at a time, with the others at their defaults. */
static enum status other_options_are_sound(const struct task *t, struct err *e)
{
    enum status st = ST_OK;
    for (int i = 0; i < option_count(t->options); i++) {
        struct option_values o = defaults(t);
        for (int k = 0; !st && other_value(&t->options[i], k, &o.v[i]); k++) {
            char text[OPTION_TEXT], what[2 * OPTION_TEXT];
            option_format(&t->options[i], o.v[i], text);
            snprintf(what, sizeof what, "%s=%s", t->options[i].name, text);
            if (task_open(t, &o, NULL) == ST_OK)
                st = few_sound(t, &o, what, e);
        }
        if (st)
            return st;
    }
    return ST_OK;
}

const struct contract_clause contract_clauses[] = {
    {"describes_itself", describes_itself, true},
    {"options_are_usable", options_are_usable, true},
    {"splits_are_laws", splits_are_laws, true},
    {"splits_follow_training", splits_follow_training, false},
    {"tokens_have_texts_of_their_own", tokens_have_texts, false},
    {"samples_are_sound", samples_are_sound, true},
    {"other_options_are_sound", other_options_are_sound, false},
    {"one_stream_gives_one_sample", one_stream_gives_one_sample, false},
    {"another_stream_gives_another_sample", another_stream_gives_another_sample, false},
    {"options_matter", options_matter, false},
    {"solver_agrees", solver_agrees, false},
    {"answers_follow_from_the_left", answers_follow_from_the_left, false},
    {"strata_are_sound", strata_are_sound, false},
    {"chance_is_as_said", contract_chance, false},
    {"majority_is_as_said", contract_majority, false},
    {"ceiling_is_as_said", contract_ceiling, false},
    {"answers_are_hidden", contract_hidden, false},
    {"splits_are_disjoint_from_training", contract_disjoint, false},
    {"ood_is_beyond_training", contract_beyond, false},
    {0},
};
