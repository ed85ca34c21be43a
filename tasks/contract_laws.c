/* contract_laws.c -- the clauses that need many samples.
 *
 * The random streams are fixed, so a task that passes once passes always. The bounds allow for
 * the deviation that a correct task may have with any stream. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ascending.h"
#include "contract_internal.h"

/* ---- chance, majority, ceiling ---- */

/* A ratio estimate over samples, sum x / sum n, and its error when whole samples are drawn. */
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

/* Counts of the passes over the samples: the first counts answers, the second measures how often
 * the commonest is right. */
struct count {
    int64_t *times; /* [vocabulary] how often each answer occurs */
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

/* Measures the training law and the law of each split. */
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

/* The probability per law that a correct task is refused; and the number of samples drawn if
 * fewer answers occur in CONTRACT_SAMPLES samples than the task says. Both are chosen. */
static const double false_alarm = 1e-6;
enum { UNSEEN_SAMPLES = 20000 };

/* How often each answer occurs in many samples. */
struct occurrence {
    int *samples;    /* [vocabulary] samples that each answer occurs in */
    int *last;       /* [vocabulary] the last sample that it occurs in */
    int seen, drawn; /* different answers; samples */
    int most;        /* most scored places of one sample */
    double scored;   /* scored places of all samples */
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

/* Returns the logarithm of a bound on the probability that some u of K equally likely answers
 * occur in no sample. A sample contains one of u given answers with probability at least
 * u scored / (K most), since no sample has more than `most`. There are C(K, u) choices of u. */
static double log_unseen_of_equal(const struct occurrence *c, int K)
{
    const double u = K - c->seen;
    return lgamma(K + 1.0) - lgamma(u + 1) - lgamma(c->seen + 1.0) -
           u * c->scored / (K * (double)c->most);
}

/* The same for answers whose probabilities have no gap: ordered from the commonest to the rarest,
 * each occurs in at least a quarter of the samples of the one before. Let s be the rarest answer
 * that occurs, k the number of samples that it occurs in, and u the commonest answer that does not
 * occur. u is expected in at least a quarter of the samples of s. Either s was expected in at most
 * k / 2 samples: then it occurs in k with probability at most (e / 4)^(k / 2) < e^(-k / 8)
 * (Chernoff). Or u was expected in more than k / 8: then it occurs in none with probability at most
 * e^(-k / 8). Each of K answers may be s, and each may be u, hence 2 K. */
static double log_unseen_of_any(const struct occurrence *c, int V, int K)
{
    return log(2.0 * K) - fewest_samples(c, V) / 8.0;
}

/* Called when fewer answers occur than answers() says. Rare answers may not have occurred yet, so
 * the task is refused only if that is less probable than false_alarm with a right answers(). */
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

/* A blind guess gives each of K answers equally often, so it is right with probability 1 / K for
 * any law. So only the number of answers needs a check. */
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
    if (law->answers == K || t->open) /* some answers may never occur in data */
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

/* The commonest of K equally likely answers exceeds 1 / K by chance, by about sqrt(2 ln K)
 * standard errors. The upper bound allows for that. */
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

/* How many places before the answer are examined, and the largest vocabulary for which they are;
 * the table grows with both. Chosen, not measured. */
enum { BACK = 9, IDS_MOST = 512 };

/* Counts times[back][token][target]: `token` was `back` places before a scored `target`. */
static void count_pairs(const struct sample *s, int V, double *times)
{
    for (int k = 0; k < s->length; k++)
        for (int back = 0; back < BACK && back <= k && s->scored[k]; back++)
            times[((size_t)back * (size_t)V + (size_t)s->token[k - back]) * (size_t)V +
                  (size_t)s->target[k]]++;
}

/* Returns the accuracy of predicting the target from one token: the most frequent target of each
 * token in `learnt`, tested on `tried`. */
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

/* times[2][BACK][V][V]: counts for each half of the samples. */
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

/* Checks on the training law that no token at a fixed place, from the answer's own place to
 * eight before it, predicts the answer. */
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

/* Writes FEATURES_MOST features of a sample: its length, number of answers, largest token,
 * largest value of each stratum, and how often each of the first IDS_MOST tokens occurs; then
 * zeros. Returns how many features the law has. */
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

/* Writes the features of CONTRACT_SAMPLES samples of a law, a row of FEATURES_MOST each. Sets *n
 * to how many features the law has. */
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

/* Returns the share of the samples of `other` whose feature m is above 99 % of `train`, or below
 * 99 %, whichever is larger. */
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

/* Checks that each ood split has a feature in which at least a tenth of its samples lie where
 * only a hundredth of training lies. */
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
