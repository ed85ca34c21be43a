/* task_majority_interleaved.c -- the majorities of interleaved bit strings.
 *
 *     b[1][1] .. b[1][S]  b[2][1] .. b[2][S]  ...  b[n][1] .. b[n][S]  |  m[1] .. m[S-1]
 *
 * S = `strings` strings of n bits each are interleaved, n uniform in shortest * length..length.
 * String s has a number of zeros that is uniform over 0..n without n/2, in uniform order;
 * m[s] is its more frequent bit. Target m[s] is s - 1 places after the separator.
 *
 * Why: a count of every S-th token only, which needs periodic positions with the same period
 * at any length.
 *
 * Chance: 1/2.  Majority: 1/2.  Ceiling: 1.
 * Source: Huang et al. 2024, arXiv 2410.02140, section 5 and its released code ("binary
 * majority interleave", S = 3, at most 50 bits in all, tested to 100 and 150): n to 16, 33
 * and 50 here. There total lengths are uniform and then rounded; here n is. */
#include "sample_write.h"

#include <assert.h>

enum { LENGTH, SHORTEST, STRINGS };        /* options */
enum { ZERO, ONE, SEPARATOR, VOCABULARY }; /* token ids */
enum { STRINGS_MOST = 32 }; /* limit of the option, sizes arrays on the stack; chosen */

static const struct option options[] = {
    [LENGTH] = {"length", OPTION_INT, .lo = 1, .hi = 32768, .dflt = 16,
                .help = "bits of each string of the longest sample"},
    [SHORTEST] = {"shortest", OPTION_REAL, .lo = 0, .hi = 1, .dflt = 0.05,
                  .help = "the shortest's bits as a share of that"},
    [STRINGS] = {"strings", OPTION_INT, .lo = 1, .hi = STRINGS_MOST, .dflt = 3,
                 .help = "strings that are interleaved"},
    {0},
};

static const struct task_split splits[] = {
    {"valid", 1000, "training law, for choosing settings", {{0}}},
    {"id", 1000, "training law", {{0}}},
    {"ood_longer", 1000, "up to twice as long", {{"length", 32}, {"shortest", 0.51}}},
    {"ood_far", 1000, "up to three times as long", {{"length", 48}, {"shortest", 0.67}}},
    {0},
};

static int vocabulary(const struct option_values *o)
{
    (void)o;
    return VOCABULARY;
}

static int max_length(const struct option_values *o)
{
    return ((int)o->v[LENGTH] + 1) * (int)o->v[STRINGS];
}

static int answers(const struct option_values *o)
{
    (void)o;
    return 2;
}

/* Returns a number uniform over 0..n without n/2. */
static int draw_zeros(struct rng *r, int n)
{
    int zeros = draw_between(r, 0, n);
    while (2 * zeros == n)
        zeros = draw_between(r, 0, n);
    return zeros;
}

static void generate(const struct option_values *o, struct rng *r, struct sample *out)
{
    const int n = draw_length(r, o, LENGTH, SHORTEST, 1);
    const int S = (int)o->v[STRINGS];
    int left[STRINGS_MOST]; /* zeros still to be written */
    int32_t more[STRINGS_MOST];
    begin(out);
    for (int s = 0; s < S; s++) {
        left[s] = draw_zeros(r, n);
        more[s] = 2 * left[s] > n ? ZERO : ONE;
    }
    for (int i = 0; i < n; i++)
        for (int s = 0; s < S; s++) {
            /* With probability (zeros left) / (places left), all orders are equally likely. */
            const bool zero = draw_between(r, 1, n - i) <= left[s];
            left[s] -= zero;
            put(out, zero ? ZERO : ONE);
        }
    for (int s = 0; s < S; s++)
        say(out, s, SEPARATOR, more[s]);
}

/* Returns ones minus zeros of string s among the first `end` tokens. */
static int balance(const int32_t *token, int end, int S, int s)
{
    int sum = 0;
    for (int t = s; t < end; t += S)
        sum += token[t] == ONE ? 1 : -1;
    return sum;
}

static void solve(const struct option_values *o, const int32_t *token, int length,
                  int32_t *answer)
{
    const int S = (int)o->v[STRINGS], end = find_token(token, 0, length, SEPARATOR);
    no_answers(answer, length);
    for (int s = 0; s < S && end + s < length; s++)
        answer[end + s] = balance(token, end, S, s) > 0 ? ONE : ZERO;
}

static void token_text(const struct option_values *o, int32_t token,
                       char text[TASK_TOKEN_TEXT])
{
    (void)o;
    assert(token >= 0 && token < VOCABULARY);
    text[0] = "01|"[token];
    text[1] = 0;
}

static void margin(const struct option_values *o, const struct sample *s, int32_t *stratum)
{
    const int S = (int)o->v[STRINGS];
    const int end = find_token(s->token, 0, s->length, SEPARATOR);
    no_answers(stratum, s->length);
    for (int k = 0; k < S; k++) {
        const int sum = balance(s->token, end, S, k);
        stratum[end + k] = sum < 0 ? -sum : sum;
    }
}

static const struct task_stratum strata[] = {
    {"margin", "bits", "by how many bits the majority exceeds the minority", margin},
    {0},
};

const struct task task_majority_interleaved = {
    .name = "majority_interleaved",
    .version = 1,
    .summary = "the majorities of bit strings that are woven together",
    .source = "Huang et al. 2024, arXiv 2410.02140, section 5",
    .options = options,
    .splits = splits,
    .splits_scale = true,
    .vocabulary = vocabulary,
    .max_length = max_length,
    .answers = answers,
    .generate = generate,
    .solve = solve,
    .token_text = token_text,
    .strata = strata,
};
