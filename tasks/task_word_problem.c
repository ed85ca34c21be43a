/* task_word_problem.c -- the running product of permutations.
 *
 *     g[1] g[2] ... g[T]      target at t: p[t] = g[1] then g[2] ... then g[t]
 *
 * The g are uniform over the group, all T = `length` places scored. The id of a permutation is
 * its place in lexicographic order among those of the group; it is written as the images
 * of 1, 2, ...: p[t](x) = g[t](p[t-1](x)), p[0] the identity.
 *
 * Groups: s3, the 6 permutations of three things; a5, the 60 even ones of five. Neither
 * commutes. A5 is not solvable, which makes its word problem complete for NC1 (Barrington),
 * beyond a fixed number of transformer layers at unbounded T; S3 is solvable.
 *
 * Why: pure state tracking. The answer at t depends on every token and on their order; only
 * an encoding that composes maps which do not commute helps.
 *
 * Chance: 1/6, 1/60.  Majority: the same, as every product is uniform.  Ceiling: 1.
 * Source: Merrill et al. 2024, arXiv 2404.08819, section 5 (A5 and its relatives; the
 * number of layers that length takes); Yang et al. 2025, arXiv 2505.16381v2, figure 2. The
 * lengths, splits and sizes are ours. */
#include "sample_write.h"

#include <assert.h>
#include <string.h>

enum { GROUP, LENGTH }; /* options; ids are elements */
enum { S3, A5, POINTS_MOST = 5, ELEMENTS_MOST = 60 };

static const char *const groups[] = {[S3] = "s3", [A5] = "a5", NULL};

static const struct option options[] = {
    [GROUP] = {"group", OPTION_CHOICE, .choices = groups, .dflt = S3,
               .help = "s3: permutations of three; a5: even permutations of five"},
    [LENGTH] = {"length", OPTION_INT, .lo = 1, .hi = 65536, .dflt = 20,
                .help = "permutations of a sample"},
    {0},
};

static const struct task_split splits[] = {
    {"valid", 1000, "training law, for choosing settings", {{0}}},
    {"id", 1000, "training law", {{0}}},
    {"ood_longer", 1000, "twice as long", {{"length", 40}}},
    {"ood_far", 1000, "four times as long", {{"length", 80}}},
    {0},
};

static int points(const struct option_values *o)
{
    return (int)o->v[GROUP] == S3 ? 3 : 5;
}

static int vocabulary(const struct option_values *o)
{
    return (int)o->v[GROUP] == S3 ? 6 : 60;
}

static int max_length(const struct option_values *o)
{
    return (int)o->v[LENGTH];
}

/* The elements of the group in lexicographic order, as image[id][x]. */
struct group {
    int points, elements;
    int8_t image[ELEMENTS_MOST][POINTS_MOST];
};

static void exchange(int8_t *a, int8_t *b)
{
    const int8_t kept = *a;
    *a = *b;
    *b = kept;
}

/* Changes p [n] to the next permutation in lexicographic order; false after the last. */
static bool next_permutation(int8_t *p, int n)
{
    int i = n - 2, k = n - 1;
    while (i >= 0 && p[i] > p[i + 1])
        i--;
    if (i < 0)
        return false;
    while (p[k] < p[i])
        k--;
    exchange(&p[i], &p[k]);
    for (int lo = i + 1, hi = n - 1; lo < hi; lo++, hi--)
        exchange(&p[lo], &p[hi]);
    return true;
}

static bool even(const int8_t *p, int n)
{
    int inversions = 0;
    for (int i = 0; i < n; i++)
        for (int k = 0; k < i; k++)
            inversions += p[k] > p[i];
    return inversions % 2 == 0;
}

static struct group group_of(const struct option_values *o)
{
    struct group g = {.points = points(o)};
    int8_t p[POINTS_MOST] = {0, 1, 2, 3, 4};
    do {
        if ((int)o->v[GROUP] == A5 && !even(p, g.points))
            continue;
        memcpy(g.image[g.elements++], p, sizeof p);
    } while (next_permutation(p, g.points));
    return g;
}

static int32_t element(const struct group *g, const int8_t *p)
{
    int32_t id = 0;
    while (memcmp(g->image[id], p, (size_t)g->points) != 0)
        id++;
    return id;
}

static void generate(const struct option_values *o, struct rng *r, struct sample *out)
{
    const struct group g = group_of(o);
    int8_t product[POINTS_MOST] = {0, 1, 2, 3, 4};
    begin(out);
    for (int t = 0; t < (int)o->v[LENGTH]; t++) {
        const int32_t next = draw_symbol(r, g.elements);
        for (int x = 0; x < g.points; x++)
            product[x] = g.image[next][product[x]];
        ask(out, next, element(&g, product));
    }
}

/* Multiplies from the right: composes g[t] with g[t-1], then with g[t-2], back to g[1]. */
static void solve(const struct option_values *o, const int32_t *token, int length,
                  int32_t *answer)
{
    const struct group g = group_of(o);
    for (int t = 0; t < length; t++) {
        int8_t product[POINTS_MOST], inner[POINTS_MOST];
        memcpy(product, g.image[token[t]], sizeof product);
        for (int back = t - 1; back >= 0; back--) {
            for (int x = 0; x < g.points; x++)
                inner[x] = product[g.image[token[back]][x]];
            memcpy(product, inner, (size_t)g.points);
        }
        answer[t] = element(&g, product);
    }
}

static void token_text(const struct option_values *o, int32_t token,
                       char text[TASK_TOKEN_TEXT])
{
    const struct group g = group_of(o);
    assert(token >= 0 && token < g.elements);
    for (int x = 0; x < g.points; x++)
        text[x] = (char)('1' + g.image[token][x]);
    text[g.points] = 0;
}

static void factors(const struct option_values *o, const struct sample *s, int32_t *stratum)
{
    (void)o;
    for (int t = 0; t < s->length; t++)
        stratum[t] = t + 1;
}

static const struct task_stratum strata[] = {
    {"factors", "factors", "permutations multiplied", factors},
    {0},
};

const struct task task_word_problem = {
    .name = "word_problem",
    .version = 1,
    .summary = "the running product of permutations of a group",
    .source = "Merrill et al. 2024, arXiv 2404.08819, section 5",
    .options = options,
    .splits = splits,
    .splits_scale = true,
    .vocabulary = vocabulary,
    .max_length = max_length,
    .answers = vocabulary,
    .generate = generate,
    .solve = solve,
    .token_text = token_text,
    .strata = strata,
};
