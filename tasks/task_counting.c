/* task_counting.c -- run a small program and print one of its variables.
 *
 * n operations, n uniform in 3..max_operations, each drawn with weights w_set :
 * w_increment : w_pass
 *
 *     v = 0 ;     set        any name                                      4 tokens
 *     v ++;       increment  a name that has been set                      2 tokens
 *     pass;       pass                                                     1 token
 *
 * An increment is impossible when no name has been set or when the drawn name has the value
 * `cap`; then the whole operation, with its kind, is drawn again. The program ends with
 * `print v` for one of the names that have been set, all equally likely; a program that sets
 * none is drawn again, with a new n. The only target, scored, is at that v: its value.
 *
 * The window holds the last `window` tokens, the answer included: at most window - 1
 * inputs, as the released code cuts them. Earlier tokens are cut off, sometimes also the set
 * that decides the answer; `determined` is 1 when the v of that set is still visible. (In rare
 * cases the answer could be deduced anyway, for example from `cap` visible increments; these
 * count as not determined.) max_length is the window, one place more than the inputs need,
 * because the released model has a position for the answer too.
 *
 * Why: the answer is the number of increments of one name since its last set: a count of
 * relevant tokens between two places at no fixed distance.
 *
 * Chance: 1/(cap + 1).  Majority: cap, 0.21 with 3 variables (0 is next, 0.14).
 * Ceiling: the share of samples that keep the set, above 0.99.
 * Source: the released code of Golovneva et al. 2024, arXiv 2405.18719v2 (section 5.3),
 * whose vocabulary of 18 ids and the names holds a padding and a start token that its
 * samples never use: they are kept as the ids 0 and 1. */
#include "task.h"

#include <assert.h>
#include <stdio.h>

enum { VARIABLES, MAX_OPERATIONS, W_SET, W_INCREMENT, W_PASS, WINDOW, CAP }; /* options */
enum { MIN_OPERATIONS = 3, NAMES = 26, LONGEST_OPERATION = 4 };

/* Ids: PAD, START, the numbers 0..cap, the SIGNS signs, the names. */
enum { PAD, START, NUMBER };
enum { EQUALS, SEMICOLON, INCREMENT, PASS, PRINT, SIGNS };

static const struct option options[] = {
    [VARIABLES] = {"variables", OPTION_INT, .lo = 1, .hi = NAMES, .dflt = 1,
                   .help = "names: a, b, c, ..."},
    [MAX_OPERATIONS] = {"max_operations", OPTION_INT, .lo = MIN_OPERATIONS, .hi = 65536,
                        .dflt = 512, .help = "most operations of a sample; the least is 3"},
    [W_SET] = {"w_set", OPTION_INT, .lo = 1, .hi = 10000, .dflt = 1,
               .help = "weight of `v = 0 ;`"},
    [W_INCREMENT] = {"w_increment", OPTION_INT, .lo = 0, .hi = 10000, .dflt = 7,
                     .help = "weight of `v ++;`"},
    [W_PASS] = {"w_pass", OPTION_INT, .lo = 0, .hi = 10000, .dflt = 50,
                .help = "weight of `pass;`"},
    [WINDOW] = {"window", OPTION_INT, .lo = 8, .hi = 1048576, .dflt = 512,
                .help =
                    "tokens kept of a sample, the answer included; the left end is lost"},
    [CAP] = {"cap", OPTION_INT, .lo = 1, .hi = 10000, .dflt = 10,
             .help = "largest value: a name that holds it is not incremented"},
    {0},
};

static const struct task_split splits[] = {
    {"valid", 1000, "training law, for choosing settings", {{0}}},
    {"id", 1000, "training law", {{0}}},
    {"ood_longer", 1000, "twice the passes: counts reach further", {{"w_pass", 100}}},
    {"ood_shorter", 1000, "a fifth of the passes: counts are denser", {{"w_pass", 10}}},
    {0},
};

static int32_t sign(const struct option_values *o, int which)
{
    return NUMBER + (int32_t)o->v[CAP] + 1 + which;
}

static int32_t name(const struct option_values *o, int variable)
{
    return sign(o, SIGNS) + variable;
}

static int vocabulary(const struct option_values *o)
{
    return name(o, (int)o->v[VARIABLES]);
}

static int max_length(const struct option_values *o)
{
    const int window = (int)o->v[WINDOW];
    const int longest = LONGEST_OPERATION * (int)o->v[MAX_OPERATIONS] + 3;
    return longest < window ? longest : window;
}

static int answers(const struct option_values *o)
{
    return (int)o->v[CAP] + 1;
}

/* The program's state while it is written. */
struct program {
    int value[NAMES];
    int set_at[NAMES]; /* token at which the name was last set */
    int known[NAMES];  /* the n_known names that have been set, in order of first setting */
    int n_known;
    int32_t *ring; /* [width] the last `width` tokens; token i is ring[i % width] */
    int width;
    int n; /* tokens written */
};

static void emit(struct program *p, int32_t token)
{
    p->ring[p->n++ % p->width] = token;
}

static void write_set(const struct option_values *o, struct rng *r, struct program *p)
{
    const int v = (int)rng_below(r, (uint32_t)o->v[VARIABLES]);
    bool known = false;
    for (int i = 0; i < p->n_known; i++)
        known = known || p->known[i] == v;
    if (!known)
        p->known[p->n_known++] = v;
    p->value[v] = 0;
    p->set_at[v] = p->n;
    emit(p, name(o, v));
    emit(p, sign(o, EQUALS));
    emit(p, NUMBER);
    emit(p, sign(o, SEMICOLON));
}

/* Returns false when the drawn name cannot be incremented. */
static bool write_increment(const struct option_values *o, struct rng *r, struct program *p)
{
    if (p->n_known == 0)
        return false;
    const int v = p->known[rng_below(r, (uint32_t)p->n_known)];
    if (p->value[v] == (int)o->v[CAP])
        return false;
    p->value[v]++;
    emit(p, name(o, v));
    emit(p, sign(o, INCREMENT));
    return true;
}

static void write_operation(const struct option_values *o, struct rng *r, struct program *p)
{
    const uint32_t set = (uint32_t)o->v[W_SET], increment = (uint32_t)o->v[W_INCREMENT];
    const uint32_t all = set + increment + (uint32_t)o->v[W_PASS];
    for (;;) {
        const uint32_t kind = rng_below(r, all);
        if (kind < set) {
            write_set(o, r, p);
            return;
        }
        if (kind >= set + increment) {
            emit(p, sign(o, PASS));
            return;
        }
        if (write_increment(o, r, p))
            return;
    }
}

/* Writes programs until one has set a name. */
static void write_program(const struct option_values *o, struct rng *r, struct program *p)
{
    const uint32_t spread = (uint32_t)o->v[MAX_OPERATIONS] - MIN_OPERATIONS + 1;
    do {
        const int operations = MIN_OPERATIONS + (int)rng_below(r, spread);
        p->n = 0;
        for (int i = 0; i < operations; i++)
            write_operation(o, r, p);
    } while (p->n_known == 0);
}

static void reverse(int32_t *a, int from, int to)
{
    for (to--; from < to; from++, to--) {
        const int32_t kept = a[from];
        a[from] = a[to];
        a[to] = kept;
    }
}

/* Rotates the ring so that its oldest token is first; returns how many tokens it holds. */
static int unroll(struct program *p)
{
    if (p->n <= p->width)
        return p->n;
    const int oldest = p->n % p->width;
    reverse(p->ring, 0, oldest);
    reverse(p->ring, oldest, p->width);
    reverse(p->ring, 0, p->width);
    return p->width;
}

static void generate(const struct option_values *o, struct rng *r, struct sample *out)
{
    struct program p = {.ring = out->token, .width = (int)o->v[WINDOW] - 1};
    write_program(o, r, &p);
    const int v = p.known[rng_below(r, (uint32_t)p.n_known)];
    emit(&p, sign(o, PRINT));
    emit(&p, name(o, v));
    const int length = unroll(&p);
    for (int t = 0; t < length; t++) {
        out->target[t] = TARGET_NONE;
        out->scored[t] = 0;
    }
    out->target[length - 1] = NUMBER + p.value[v];
    out->scored[length - 1] = 1;
    out->length = length;
    out->determined = p.set_at[v] >= p.n - length;
}

/* Goes from the printed name back to its last set and counts the increments. */
static void solve(const struct option_values *o, const int32_t *token, int length,
                  int32_t *answer)
{
    const int last = length - 1;
    int count = 0;
    for (int t = 0; t < length; t++)
        answer[t] = TARGET_NONE;
    for (int t = last - 1; t >= 0; t--) {
        if (token[t] != token[last])
            continue;
        if (token[t + 1] == sign(o, EQUALS)) {
            answer[last] = NUMBER + count;
            return;
        }
        count += token[t + 1] == sign(o, INCREMENT);
    }
}

/* The number of passes between the last set or increment of the printed name (or the window's
 * left end) and the print. */
static void passes(const struct option_values *o, const struct sample *s, int32_t *stratum)
{
    const int last = s->length - 1;
    int32_t n = 0;
    for (int t = 0; t < last; t++) {
        const bool change = s->token[t] == s->token[last];
        stratum[t] = STRATUM_NONE;
        n = change ? 0 : n + (s->token[t] == sign(o, PASS));
    }
    stratum[last] = n;
}

static const struct task_stratum strata[] = {
    {"passes", "passes", "passes since the printed name last changed", passes},
    {0},
};

/* The shares depend on how often a name reaches `cap`, for which there is no formula. */
static double no_formula(const struct option_values *o)
{
    (void)o;
    return LAW_UNKNOWN;
}

static void token_text(const struct option_values *o, int32_t token,
                       char text[TASK_TOKEN_TEXT])
{
    static const char *const spare[] = {[PAD] = "<pad>", [START] = "<start>"};
    static const char *const signs[SIGNS] = {"=", ";", "++;", "pass;", "print"};
    assert(token >= 0 && token < vocabulary(o));
    if (token < NUMBER)
        snprintf(text, TASK_TOKEN_TEXT, "%s", spare[token]);
    else if (token < sign(o, 0))
        snprintf(text, TASK_TOKEN_TEXT, "%d", (int)token - NUMBER);
    else if (token < name(o, 0))
        snprintf(text, TASK_TOKEN_TEXT, "%s", signs[token - sign(o, 0)]);
    else
        snprintf(text, TASK_TOKEN_TEXT, "%c", 'a' + (int)(token - name(o, 0)));
}

const struct task task_counting = {
    .name = "counting",
    .version = 1,
    .summary = "run a small program of sets, increments and passes, print a variable",
    .source = "Golovneva et al. 2024, arXiv 2405.18719v2, section 5.3, and its released "
              "code",
    .options = options,
    .splits = splits,
    .splits_scale = true,
    .vocabulary = vocabulary,
    .max_length = max_length,
    .answers = answers,
    .majority = no_formula,
    .ceiling = no_formula,
    .generate = generate,
    .solve = solve,
    .token_text = token_text,
    .strata = strata,
};
