/* task_addition.c -- the sum of two numbers, digit by digit.
 *
 *     a[1] ... a[n] + b[1] ... b[n] = s[1] ... s[n]      targets s[1] ... s[n+1]
 *
 * a and b have n digits each, leading zeros included, n uniform in shortest * digits..digits;
 * the sum has n + 1. All three numbers are written from the least significant digit on, or
 * with `reversed: false` from the most significant on. Digits of a are uniform; a digit of
 * b is 9 minus that of a with probability p_nine, else uniform. Two digits that sum to nine
 * pass a carry on, so p_nine lengthens chains of carries.
 *
 * Why: digit k of the sum needs digit k of each summand, whose distance depends on n, and the
 * carry, which may come from any number of places before.
 *
 * Chance: 1/10.  Majority: the commonest of 0, 1 and 9 (a carried digit and the last one
 * are not uniform), 0.16 by default.  Ceiling: 1.
 * Source: Huang et al. 2024, arXiv 2410.02140, section 5 (numbers to 50 characters, tested
 * to 100 and 150, most significant digit first); Zhou et al. 2024, arXiv 2402.09371, for the
 * reversed order. Fixed widths, p_nine, splits and sizes are ours. */
#include "sample_write.h"

#include <assert.h>

enum { LENGTH, SHORTEST, P_NINE, REVERSED }; /* options */
enum { PLUS = 10, EQUALS, VOCABULARY };      /* ids: digits, then these */

static const struct option options[] = {
    [LENGTH] = {"digits", OPTION_INT, .lo = 1, .hi = 65536, .dflt = 10,
                .help = "digits of either number in the longest sum"},
    [SHORTEST] = {"shortest", OPTION_REAL, .lo = 0, .hi = 1, .dflt = 0.2,
                  .help = "the shortest's digits as a share of that"},
    [P_NINE] = {"p_nine", OPTION_REAL, .lo = 0, .hi = 1, .dflt = 0,
                .help = "probability that two digits are made to add up to 9"},
    [REVERSED] = {"reversed", OPTION_BOOL, .dflt = 1,
                  .help = "true: least significant digit first"},
    {0},
};

static const struct task_split splits[] = {
    {"valid", 1000, "training law, for choosing settings", {{0}}},
    {"id", 1000, "training law", {{0}}},
    {"ood_longer",
     1000,
     "up to twice as many digits",
     {{"digits", 20}, {"shortest", 0.51}}},
    {"ood_far",
     1000,
     "up to four times as many digits",
     {{"digits", 40}, {"shortest", 0.51}}},
    {"ood_carry",
     1000,
     "long chains of carries in the longest numbers",
     {{"shortest", 1}, {"p_nine", 0.8}}},
    {0},
};

static int vocabulary(const struct option_values *o)
{
    (void)o;
    return VOCABULARY;
}

static int max_length(const struct option_values *o)
{
    return 3 * (int)o->v[LENGTH] + 2;
}

static int answers(const struct option_values *o)
{
    (void)o;
    return 10;
}

/* share[d] += the expected number of digits d in the sum of two numbers of n digits. A pair made
 * to sum to nine gives 9, or 0 when a carry comes in; other pairs give each digit with equal
 * probability. */
static void add_shares(double p_nine, int n, double share[10])
{
    double carry = 0; /* probability that a carry comes in */
    for (int i = 0; i < n; i++) {
        for (int d = 0; d < 10; d++)
            share[d] += (1 - p_nine) / 10;
        share[9] += p_nine * (1 - carry);
        share[0] += p_nine * carry;
        carry = p_nine * carry + (1 - p_nine) * (0.45 + 0.1 * carry);
    }
    share[0] += 1 - carry;
    share[1] += carry;
}

static double majority(const struct option_values *o)
{
    const int lo = least_length(o, LENGTH, SHORTEST, 1), hi = (int)o->v[LENGTH];
    double share[10] = {0}, all = 0, most = 0;
    for (int n = lo; n <= hi; n++) {
        add_shares(o->v[P_NINE], n, share);
        all += n + 1;
    }
    for (int d = 0; d < 10; d++)
        most = share[d] > most ? share[d] : most;
    return most / all;
}

/* Returns the place of digit i = 0..n-1, from the least significant on, in a number of n digits. */
static int place(const struct option_values *o, int i, int n)
{
    return o->v[REVERSED] != 0 ? i : n - 1 - i;
}

/* Returns digit i of the sum of the numbers at a and b. The carry depends on the last pair of
 * lower digits that does not sum to nine: there is one if that pair sums to more. */
static int32_t sum_digit(const struct option_values *o, const int32_t *a, const int32_t *b,
                         int i, int n)
{
    int from = i - 1, sum = 0;
    while (from >= 0 && a[place(o, from, n)] + b[place(o, from, n)] == 9)
        from--;
    if (from >= 0)
        sum += a[place(o, from, n)] + b[place(o, from, n)] > 9;
    if (i < n)
        sum += a[place(o, i, n)] + b[place(o, i, n)];
    return sum % 10;
}

static void generate(const struct option_values *o, struct rng *r, struct sample *out)
{
    const int n = draw_length(r, o, LENGTH, SHORTEST, 1);
    begin(out);
    for (int i = 0; i < n; i++)
        put(out, draw_symbol(r, 10));
    put(out, PLUS);
    for (int i = 0; i < n; i++)
        put(out, rng_chance(r, o->v[P_NINE]) ? 9 - out->token[i] : draw_symbol(r, 10));
    for (int k = 0; k <= n; k++)
        say(out, k, EQUALS,
            sum_digit(o, out->token, out->token + n + 1, place(o, k, n + 1), n));
}

/* Adds from the least significant digit on, with a carry. */
static void solve(const struct option_values *o, const int32_t *token, int length,
                  int32_t *answer)
{
    const int n = find_token(token, 0, length, PLUS), end = 2 * n + 1;
    int carry = 0;
    no_answers(answer, length);
    if (end >= length || token[end] != EQUALS)
        return;
    for (int i = 0; i <= n; i++) {
        const int t = end + place(o, i, n + 1), k = place(o, i, n);
        const int sum = carry + (i < n ? token[k] + token[n + 1 + k] : 0);
        carry = sum > 9;
        if (t < length)
            answer[t] = sum % 10;
    }
}

static void token_text(const struct option_values *o, int32_t token,
                       char text[TASK_TOKEN_TEXT])
{
    (void)o;
    assert(token >= 0 && token < VOCABULARY);
    text[0] = "0123456789+="[token];
    text[1] = 0;
}

/* The length of the chain of carries into the digit: the place where the carry begins and the
 * places that pass it on (their digits sum to nine); 0 without a carry. */
static void chain(const struct option_values *o, const struct sample *s, int32_t *stratum)
{
    const int n = find_token(s->token, 0, s->length, PLUS), end = 2 * n + 1;
    int32_t length = 0;
    no_answers(stratum, s->length);
    for (int i = 0; i <= n; i++) {
        const int k = place(o, i, n);
        stratum[end + place(o, i, n + 1)] = length;
        const int sum = i < n ? s->token[k] + s->token[n + 1 + k] : 0;
        length = sum > 9 ? 1 : sum == 9 && length > 0 ? length + 1 : 0;
    }
}

static const struct task_stratum strata[] = {
    {"chain", "places", "places that the carry into the digit came through", chain},
    {0},
};

const struct task task_addition = {
    .name = "addition",
    .version = 1,
    .summary = "the sum of two numbers, digit by digit",
    .source = "Huang et al. 2024, arXiv 2410.02140, section 5",
    .options = options,
    .splits = splits,
    .splits_scale = true,
    .vocabulary = vocabulary,
    .max_length = max_length,
    .answers = answers,
    .majority = majority,
    .generate = generate,
    .solve = solve,
    .token_text = token_text,
    .strata = strata,
};
