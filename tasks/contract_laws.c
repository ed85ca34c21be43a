/* contract_laws.c -- the clauses that only many samples show.
 *
 * Streams are values, so a task that passes once passes always; the bounds say how far a
 * correct task with other streams could have been off. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ascending.h"
#include "contract_internal.h"

/* ---- chance, majority, ceiling ---- */

/* Ratio estimates over samples: sum x / sum n, with the error of samples drawn whole. */
struct ratio {
    double x, n, xx, xn, nn, samples;
};

static void ratio_add(struct ratio *r, double x, double n)
{
    r->x += x;
    r->n += n;
    r->xx += x * x;
    r->xn += x * n;
    r->nn += n * n;
    r->samples++;
}

static double ratio_of(const struct ratio *r)
{
    return r->n > 0 ? r->x / r->n : 0;
}

static double ratio_error(const struct ratio *r)
{
    const double p = ratio_of(r), square = r->xx - 2 * p * r->xn + p * p * r->nn;
    return r->n > 0 ? sqrt(square > 0 ? square : 0) / r->n : 0;
}

static void draw(const struct task *t, const struct option_values *o, int i,
                 struct contract_room *r)
{
    struct rng stream = rng_stream(0, RNG_TEST, t->name, (uint64_t)i);
    t->generate(o, &stream, &r->s);
}

/* What one pass over the samples counts; `share` is given its answer by the second. */
struct count {
    int64_t *times; /* [vocabulary] each answer's */
    int V, samples;
    struct ratio determined, hit;
};

static void count_sample(struct count *c, const struct sample *s, int32_t commonest)
{
    double n = 0, hits = 0;
    for (int k = 0; k < s->length; k++)
        if (s->scored[k] && s->target[k] >= 0 && s->target[k] < c->V) {
            n++;
            hits += s->target[k] == commonest;
            if (commonest < 0)
                c->times[s->target[k]]++;
        }
    if (commonest < 0)
        ratio_add(&c->determined, s->determined, n);
    else
        ratio_add(&c->hit, hits, n);
}

static void measure_law(const struct task *t, const struct option_values *o,
                        struct contract_room *r, struct count *c, struct contract_law *out)
{
    int32_t commonest = 0;
    *out = (struct contract_law){0};
    for (int i = 0; i < c->samples; i++) {
        draw(t, o, i, r);
        count_sample(c, &r->s, -1);
    }
    for (int32_t id = 0; id < c->V; id++) {
        out->answers += c->times[id] > 0;
        commonest = c->times[id] > c->times[commonest] ? id : commonest;
    }
    for (int i = 0; i < c->samples; i++) {
        draw(t, o, i, r);
        count_sample(c, &r->s, commonest);
    }
    out->chance = out->answers > 0 ? 1.0 / out->answers : 0;
    out->majority = ratio_of(&c->hit);
    out->majority_error = ratio_error(&c->hit);
    out->ceiling = ratio_of(&c->determined);
    out->ceiling_error = ratio_error(&c->determined);
    out->scored = c->determined.n / c->samples;
}

enum status contract_measure(const struct task *t, const struct option_values *o,
                             int samples, struct contract_law *out, struct err *e)
{
    struct contract_room r;
    struct count c = {.V = t->vocabulary(o), .samples = samples};
    const enum status st = contract_room(t, o, &r, e);
    if (st)
        return st;
    c.times = calloc((size_t)c.V, sizeof *c.times);
    if (!c.times) {
        contract_room_free(&r);
        return err_set(e, ST_NOMEM, "no memory for %d counts", c.V);
    }
    measure_law(t, o, &r, &c, out);
    free(c.times);
    contract_room_free(&r);
    return ST_OK;
}

/* Measures the training law and each law that a split makes of it. */
static enum status each_law(const struct task *t,
                            enum status (*look)(const struct task *,
                                                const struct option_values *, const char *,
                                                const struct contract_law *, struct err *),
                            struct err *e)
{
    enum status st = ST_OK;
    for (const struct task_split *s = t->splits; !st && s->name; s++) {
        const struct option_values o = contract_law(t, s);
        struct contract_law law = {0};
        st = contract_measure(t, &o, CONTRACT_SAMPLES, &law, e);
        if (!st)
            st = look(t, &o, s->name, &law, e);
    }
    return st;
}

/* How often a correct task may be refused, for each law; and the samples that are drawn where
 * fewer answers occur in CONTRACT_SAMPLES than the task says. Both are chosen. */
static const double false_alarm = 1e-6;
enum { UNSEEN_SAMPLES = 20000 };

/* The answers of many samples. */
struct occurrence {
    int *samples;    /* [vocabulary] samples that each answer occurs in */
    int *last;       /* [vocabulary] the last of them */
    int seen, drawn; /* different answers; samples */
    int most;        /* scored places of one sample */
    double scored;   /* in all */
};

static void count_occurrence(struct occurrence *c, const struct sample *s, int V)
{
    int scored = 0;
    for (int k = 0; k < s->length; k++)
        if (s->scored[k] && s->target[k] >= 0 && s->target[k] < V) {
            const int32_t id = s->target[k];
            scored++;
            c->seen += c->samples[id] == 0;
            c->samples[id] += c->samples[id] == 0 || c->last[id] != c->drawn;
            c->last[id] = c->drawn;
        }
    c->drawn++;
    c->scored += scored;
    c->most = scored > c->most ? scored : c->most;
}

static int fewest_samples(const struct occurrence *c, int V)
{
    int fewest = c->drawn;
    for (int32_t id = 0; id < V; id++)
        if (c->samples[id] > 0 && c->samples[id] < fewest)
            fewest = c->samples[id];
    return fewest;
}

/* The logarithm of a bound on the probability that of K equally likely answers some u occur in no
 * sample. A sample holds one of u given answers with probability u scored / (K most) at least, as
 * none has more than `most`; there are C(K, u) ways to choose the u. */
static double log_unseen_of_equal(const struct occurrence *c, int K)
{
    const double u = K - c->seen;
    return lgamma(K + 1.0) - lgamma(u + 1) - lgamma(c->seen + 1.0) -
           u * c->scored / (K * (double)c->most);
}

/* The same of answers whose odds have no gap: ordered from the commonest to the rarest, each comes
 * in a quarter of the samples of the one before it or more. Let s be the rarest of the answers that
 * occur, k the samples that it occurs in, and u the commonest of the others, which then comes in a
 * quarter of the samples of s or more. Either s was expected in k / 2 samples or fewer: that it
 * occurs in k has the probability (e / 4)^(k / 2) < e^(-k / 8) or less, after Chernoff. Or u was
 * expected in more than k / 8: that it occurs in none has e^(-k / 8) or less. Each of K answers may
 * be s, and each may be u. */
static double log_unseen_of_any(const struct occurrence *c, int V, int K)
{
    return log(2.0 * K) - fewest_samples(c, V) / 8.0;
}

/* Fewer answers occur than answers() says. Rare ones may not have come yet: that is refused
 * only where a task whose answers() is right would come to it with probability false_alarm. */
static enum status look_unseen(const struct task *t, const struct option_values *o,
                               const char *split, struct occurrence *c, struct err *e)
{
    const int V = t->vocabulary(o), K = t->answers(o);
    struct contract_room r;
    const enum status st = contract_room(t, o, &r, e);
    if (st)
        return st;
    for (int i = 0; i < UNSEEN_SAMPLES; i++) {
        draw(t, o, i, &r);
        count_occurrence(c, &r.s, V);
    }
    contract_room_free(&r);
    if (c->seen == K)
        return ST_OK;
    const double unseen =
        t->majority ? log_unseen_of_any(c, V, K) : log_unseen_of_equal(c, K);
    if (c->seen > K || unseen < log(false_alarm))
        return err_set(e, ST_RANGE,
                       "%s: %d different answers occur in %d samples, but answers() is %d; "
                       "let it count those that can occur, without those that are far "
                       "rarer than all others",
                       split, c->seen, c->drawn, K);
    return ST_OK;
}

/* A blind guess takes each answer equally often, so that it is right once in as many times as
 * there are answers, whatever their odds: what can be wrong is their number. */
static enum status look_chance(const struct task *t, const struct option_values *o,
                               const char *split, const struct contract_law *law,
                               struct err *e)
{
    const int V = t->vocabulary(o), K = t->answers(o);
    if (law->answers > K)
        return err_set(e, ST_RANGE,
                       "%s: %d different answers occur, but answers() is %d; "
                       "let it say how many can occur",
                       split, law->answers, K);
    if (law->answers == K || t->open) /* data say how often each is right */
        return ST_OK;
    struct occurrence c = {.samples = calloc((size_t)V, sizeof *c.samples),
                           .last = calloc((size_t)V, sizeof *c.last)};
    const enum status st = c.samples && c.last
                               ? look_unseen(t, o, split, &c, e)
                               : err_set(e, ST_NOMEM, "no memory for %d counts", V);
    free(c.samples);
    free(c.last);
    return st;
}

enum status contract_chance(const struct task *t, struct err *e)
{
    return each_law(t, look_chance, e);
}

/* The commonest of K equally likely answers is on top by luck: by about sqrt(2 ln K)
 * standard errors, which the upper bound allows for. */
static enum status look_majority(const struct task *t, const struct option_values *o,
                                 const char *split, const struct contract_law *law,
                                 struct err *e)
{
    const double said = t->majority ? t->majority(o) : 1.0 / t->answers(o);
    const double luck = sqrt(2 * log(t->answers(o)));
    const double over = (law->majority - said) / (law->majority_error + 1e-9);
    if (said >= 0 && (over > 5 + luck || over < -5))
        return err_set(e, ST_RANGE,
                       "%s: the commonest answer is right %.4f of the time (standard error "
                       "%.4f), but the task says %.4f",
                       split, law->majority, law->majority_error, said);
    return ST_OK;
}

enum status contract_majority(const struct task *t, struct err *e)
{
    return each_law(t, look_majority, e);
}

static enum status look_ceiling(const struct task *t, const struct option_values *o,
                                const char *split, const struct contract_law *law,
                                struct err *e)
{
    const double said = t->ceiling ? t->ceiling(o) : 1;
    if (said >= 0 && fabs(law->ceiling - said) > 5 * law->ceiling_error + 1e-9)
        return err_set(e, ST_RANGE,
                       "%s: %.4f of the answers are determined (standard error %.4f), but "
                       "the task says %.4f",
                       split, law->ceiling, law->ceiling_error, said);
    return ST_OK;
}

enum status contract_ceiling(const struct task *t, struct err *e)
{
    return each_law(t, look_ceiling, e);
}

/* ---- answers that can be read off ---- */

/* How far back a token may give the answer away, and for how many ids that is counted: the table
 * grows with both. Chosen, not measured. */
enum { BACK = 9, IDS_MOST = 512 };

/* times[back][token][target]: what stood `back` places before scored places. */
static void count_pairs(const struct sample *s, int V, double *times)
{
    for (int k = 0; k < s->length; k++)
        for (int back = 0; back < BACK && back <= k && s->scored[k]; back++)
            times[((size_t)back * (size_t)V + (size_t)s->token[k - back]) * (size_t)V +
                  (size_t)s->target[k]]++;
}

/* Accuracy of the answer that most often goes with the token `back` places before, learnt
 * from one half of the samples and tried on the other. */
static double read_off(const double *learnt, const double *tried, int V)
{
    double hits = 0, n = 0;
    for (int token = 0; token < V; token++) {
        const double *from = learnt + (size_t)token * (size_t)V;
        const double *to = tried + (size_t)token * (size_t)V;
        int best = 0;
        for (int target = 0; target < V; target++) {
            best = from[target] > from[best] ? target : best;
            n += to[target];
        }
        hits += to[best];
    }
    return n > 0 ? hits / n : 0;
}

/* times[2][BACK][V][V]: counts of either half of the samples. */
static enum status look_hidden(const struct task *t, const struct option_values *o,
                               struct contract_room *r, double *times, struct err *e)
{
    const int V = t->vocabulary(o);
    const size_t plane = (size_t)V * (size_t)V;
    for (int i = 0; i < CONTRACT_SAMPLES; i++) {
        draw(t, o, i, r);
        count_pairs(&r->s, V, times + (size_t)(i % 2) * BACK * plane);
    }
    for (size_t back = 0; back < BACK; back++) {
        const double right =
            read_off(times + back * plane, times + (BACK + back) * plane, V);
        if (right > 0.95)
            return err_set(e, ST_RANGE,
                           "the token %zu before the answer's place tells it %.3f of the "
                           "time",
                           back, right);
    }
    return ST_OK;
}

/* No token at a fixed place, from the answer's own place to eight before it, gives the
 * answer away in training. */
enum status contract_hidden(const struct task *t, struct err *e)
{
    struct option_values o;
    struct contract_room r;
    option_defaults(t->options, &o);
    const size_t V = (size_t)t->vocabulary(&o);
    if (V > IDS_MOST)
        return ST_OK;
    enum status st = contract_room(t, &o, &r, e);
    if (st)
        return st;
    const size_t counts = (size_t)2 * BACK * V * V;
    double *times = calloc(counts, sizeof *times);
    st = times ? look_hidden(t, &o, &r, times, e)
               : err_set(e, ST_NOMEM, "no memory for %zu counts", counts);
    free(times);
    contract_room_free(&r);
    return st;
}

/* ---- splits and training ---- */

static uint64_t input_hash(const struct sample *s)
{
    uint64_t hash = CONTRACT_HASH;
    for (int k = 0; k < s->length; k++)
        hash = contract_add(hash, s->token[k]);
    return hash;
}

static double share_found(const struct task *t, const struct option_values *o,
                          const char *split, const uint64_t *train, struct contract_room *r)
{
    int found = 0;
    for (int i = 0; i < CONTRACT_SAMPLES; i++) {
        struct rng stream = split
                                ? task_split_stream(t, split, 0, (uint64_t)i)
                                : rng_stream(0, RNG_TEST, "nobody's samples", (uint64_t)i);
        t->generate(o, &stream, &r->s);
        const uint64_t hash = input_hash(&r->s);
        found += bsearch(&hash, train, CONTRACT_SAMPLES, sizeof *train, ascending_hashes) !=
                 NULL;
    }
    return (double)found / CONTRACT_SAMPLES;
}

static enum status train_hashes(const struct task *t, uint64_t *hash, struct err *e)
{
    struct option_values o;
    struct contract_room r;
    option_defaults(t->options, &o);
    const enum status st = contract_room(t, &o, &r, e);
    for (int i = 0; !st && i < CONTRACT_SAMPLES; i++) {
        struct rng stream = task_train_stream(t, 0, (uint64_t)i);
        t->generate(&o, &stream, &r.s);
        hash[i] = input_hash(&r.s);
    }
    if (st)
        return st;
    qsort(hash, CONTRACT_SAMPLES, sizeof *hash, ascending_hashes);
    contract_room_free(&r);
    return ST_OK;
}

enum status contract_overlap(const struct task *t, const struct task_split *s,
                             struct contract_overlap *out, struct err *e)
{
    const struct option_values o = contract_law(t, s);
    struct contract_room r;
    uint64_t train[CONTRACT_SAMPLES];
    enum status st = train_hashes(t, train, e);
    if (!st)
        st = contract_room(t, &o, &r, e);
    if (st)
        return st;
    *out = (struct contract_overlap){
        .split = share_found(t, &o, s->name, train, &r),
        .chance = share_found(t, &o, NULL, train, &r),
        .samples = CONTRACT_SAMPLES,
    };
    contract_room_free(&r);
    return ST_OK;
}

enum status contract_disjoint(const struct task *t, struct err *e)
{
    enum status st = ST_OK;
    for (const struct task_split *s = t->splits; !st && s->name; s++) {
        struct contract_overlap o;
        st = contract_overlap(t, s, &o, e);
        if (st)
            return st;
        const double p = (o.split + o.chance) / 2;
        const double error = sqrt(2 * p * (1 - p) / o.samples) + 1.0 / o.samples;
        if (o.split - o.chance > 5 * error)
            st = err_set(e, ST_RANGE,
                         "%s: %.4f of its samples are training samples, by chance %.4f",
                         s->name, o.split, o.chance);
    }
    return st;
}

/* ---- beyond training ---- */

enum { FEATURES_MOST = 3 + TASK_STRATA_MAX + IDS_MOST };

/* Writes the features of a sample: its length, its answers, its greatest token, the greatest of
 * each stratum, and how often each token occurs, of the first IDS_MOST; 0 behind them. Returns
 * how many of the FEATURES_MOST numbers the law has. */
static int sample_features(const struct task *t, const struct option_values *o,
                           struct contract_room *r, double *out)
{
    const struct sample *s = &r->s;
    const int V = t->vocabulary(o);
    int n = 0, scored = 0;
    int32_t greatest = 0;
    for (int k = 0; k < s->length; k++) {
        scored += s->scored[k];
        greatest = s->token[k] > greatest ? s->token[k] : greatest;
    }
    out[n++] = s->length;
    out[n++] = scored;
    out[n++] = greatest;
    for (const struct task_stratum *x = t->strata; x && x->name; x++, n++) {
        out[n] = 0;
        x->of(o, s, r->answer);
        for (int k = 0; k < s->length; k++)
            out[n] = r->answer[k] > out[n] ? r->answer[k] : out[n];
    }
    memset(out + n, 0, (size_t)(FEATURES_MOST - n) * sizeof *out);
    for (int k = 0; k < s->length; k++)
        if (s->token[k] < IDS_MOST)
            out[n + s->token[k]]++;
    return n + (V < IDS_MOST ? V : IDS_MOST);
}

/* The features of CONTRACT_SAMPLES samples of a law, a row of FEATURES_MOST each, and how many of
 * them the law has. */
static enum status law_features(const struct task *t, const struct option_values *o,
                                double *out, int *n, struct err *e)
{
    struct contract_room r;
    const enum status st = contract_room(t, o, &r, e);
    if (st)
        return st;
    for (int i = 0; i < CONTRACT_SAMPLES; i++) {
        draw(t, o, i, &r);
        *n = sample_features(t, o, &r, out + (size_t)i * FEATURES_MOST);
    }
    contract_room_free(&r);
    return ST_OK;
}

/* Share of the samples of `other` on the far side of the 99 % of `train` in feature m. */
static double share_beyond(const double *train, const double *other, int m)
{
    double sorted[CONTRACT_SAMPLES];
    const int tail = CONTRACT_SAMPLES / 100;
    int above = 0, below = 0;
    for (int i = 0; i < CONTRACT_SAMPLES; i++)
        sorted[i] = train[(size_t)i * FEATURES_MOST + (size_t)m];
    qsort(sorted, CONTRACT_SAMPLES, sizeof *sorted, ascending_doubles);
    for (int i = 0; i < CONTRACT_SAMPLES; i++) {
        const double x = other[(size_t)i * FEATURES_MOST + (size_t)m];
        above += x > sorted[CONTRACT_SAMPLES - 1 - tail];
        below += x < sorted[tail];
    }
    return (double)(above > below ? above : below) / CONTRACT_SAMPLES;
}

/* At least a tenth of an ood split's samples lie, in one feature, where only a hundredth of
 * training lies. */
enum status contract_beyond(const struct task *t, struct err *e)
{
    struct option_values base;
    option_defaults(t->options, &base);
    const size_t room = (size_t)CONTRACT_SAMPLES * FEATURES_MOST;
    if (t->vocabulary(&base) > IDS_MOST)
        return ST_OK;
    double *train = malloc(2 * room * sizeof *train), *other = train + room;
    int trained = 0, n = 0, splits = 0;
    if (!train)
        return err_set(e, ST_NOMEM, "no memory for %zu features", 2 * room);
    enum status st = law_features(t, &base, train, &trained, e);
    for (const struct task_split *s = t->splits; !st && s->name; s++) {
        const struct option_values o = contract_law(t, s);
        double most = 0;
        if (strncmp(s->name, "ood_", 4) != 0)
            continue;
        splits++;
        st = law_features(t, &o, other, &n, e);
        for (int m = 0; !st && m < (n > trained ? n : trained); m++)
            most = fmax(most, share_beyond(train, other, m));
        if (!st && most < 0.1)
            st = err_set(e, ST_RANGE,
                         "%s is not beyond training: at most %.3f of its samples are in "
                         "any feature",
                         s->name, most);
    }
    free(train);
    if (!st && splits < 2)
        st = err_set(e, ST_RANGE, "%d split beyond training; a task has two", splits);
    return st;
}
