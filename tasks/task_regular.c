/* task_regular.c -- the state of any finite automaton, after every letter.
 *
 *     x[1] x[2] ... x[T]      target at t: q[t] = d(q[t-1], x[t]),   q[0] the first state
 *
 * T = `length`, all places scored. The automaton is a name of the list below or a word that
 * lists its transitions: for each state in order, the states that the letters a, b, ... lead
 * to, as digits 0-9 and a-z, with a full stop between states. State 0 is the first. The parity
 * of b's is "01.10": in both states a stays and b changes the state.
 *
 * Letters are uniform over those that do not lead into a sink, a state that is never left.
 * With `sinks: true`, or if all letters lead into one, they are uniform over all.
 *
 * Why: one generator for the regular languages that the field uses. A sample has T labels, which
 * trains far faster than a single answer at the end. Star-free automata (Tomita 1, 2, 4 and 7,
 * d_2, ends) need no counting modulo a number, the others do.
 *
 * Chance: 1/(states that occur).  Majority: the most visited state, from the chain of
 * states; 0.28 by default.  Ceiling: 1.
 * Source: Deletang et al. 2023, arXiv 2207.02098 (parity, even pairs, cycle); Tomita 1982
 * by way of Bhattamishra et al. 2020, arXiv 2009.11264 (Tomita 1-7, D_n and star-free
 * languages, which Huang et al. 2024, arXiv 2410.02140, take over). How letters are drawn,
 * splits and sizes are ours. */
#include "sample_write.h"

#include <assert.h>
#include <string.h>

enum { DFA, LENGTH, SINKS };                  /* options; ids: letters, then states */
enum { STATES_MOST = 36, LETTERS_MOST = 26 }; /* one character each: 0-9 and a-z; a-z */

/* tomita_3: no odd run of a's after an odd run of b's; tomita_1: b*; tomita_2: (ba)*;
 * tomita_4: no aaa; tomita_5: even number of a's and of b's; tomita_6: number of a's minus
 * b's modulo 3; tomita_7: a* b* a* b*; d_2: brackets of depth 2; ends: a b* d (b|c)*. */
static const char *const names[] = {
    "tomita_3", "tomita_1",   "tomita_2", "tomita_4", "tomita_5", "tomita_6", "tomita_7",
    "parity",   "even_pairs", "cycle_5",  "d_2",      "ends",     NULL,
};
static const char *const rows[] = {
    "01.20.34.21.44",      /* tomita_3 */
    "10.11",               /* tomita_1 */
    "21.02.22",            /* tomita_2 */
    "10.20.30.33",         /* tomita_4 */
    "12.03.30.21",         /* tomita_5 */
    "12.20.01",            /* tomita_6 */
    "01.21.23.43.44",      /* tomita_7 */
    "01.10",               /* parity */
    "13.12.12.43.43",      /* even_pairs */
    "014.120.231.342.403", /* cycle_5 */
    "13.20.31.33",         /* d_2 */
    "1333.3132.3223.3333", /* ends */
};
enum { NAMED = sizeof rows / sizeof *rows };
_Static_assert(NAMED + 1 == sizeof names / sizeof *names, "a name for each");

static const struct option options[] = {
    [DFA] = {"dfa", OPTION_CHOICE, .choices = names, .open = true, .dflt = 0,
             .help = "a name, or its transitions: 01.10 is parity"},
    [LENGTH] = {"length", OPTION_INT, .lo = 1, .hi = 65536, .dflt = 32,
                .help = "letters of a sample"},
    [SINKS] = {"sinks", OPTION_BOOL, .dflt = 0,
               .help = "true: letters may lead into a state that is never left"},
    {0},
};

static const struct task_split splits[] = {
    {"valid", 1000, "training law, for choosing settings", {{0}}},
    {"id", 1000, "training law", {{0}}},
    {"ood_longer", 1000, "twice as long", {{"length", 64}}},
    {"ood_far", 1000, "four times as long", {{"length", 128}}},
    {0},
};

struct dfa {
    int states, letters;
    bool sinks; /* letters may lead into a sink */
    uint8_t to[STATES_MOST][LETTERS_MOST];
};

/* ---- reading ---- */

static const char *rows_of(const struct option_values *o)
{
    const int i = (int)o->v[DFA];
    return i < NAMED ? rows[i] : option_word(&options[DFA], o->v[DFA]);
}

/* Returns the state of a digit; -1: it is none. */
static int state_of(char digit)
{
    static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
    const char *at = digit ? strchr(digits, digit) : NULL;
    return at ? (int)(at - digits) : -1;
}

static enum status bad_row(const struct dfa *d, int state, int n, struct err *e)
{
    if (n > LETTERS_MOST)
        return err_set(e, ST_RANGE,
                       "dfa: state %d has %d transitions; use at most %d letters", state, n,
                       LETTERS_MOST);
    if (n == 0)
        return err_set(e, ST_RANGE, "dfa: state %d has no transitions", state);
    return err_set(
        e, ST_RANGE,
        "dfa: state %d has %d transitions, but state 0 has %d: give each state one "
        "for each letter",
        state, n, d->letters);
}

/* Reads one state's row at `text`; sets *n to its length. */
static enum status read_row(struct dfa *d, const char *text, int *n, struct err *e)
{
    *n = (int)strcspn(text, ".");
    if (d->states == STATES_MOST)
        return err_set(e, ST_RANGE, "dfa: more than %d states", STATES_MOST);
    if (*n == 0 || *n > LETTERS_MOST || (d->states > 0 && *n != d->letters))
        return bad_row(d, d->states, *n, e);
    d->letters = *n;
    for (int k = 0; k < *n; k++) {
        const int to = state_of(text[k]);
        if (to < 0)
            return err_set(
                e, ST_RANGE,
                "dfa: \"%.32s\" is no name, and as transitions '%c' is no state; "
                "write states as 0-9 and a-z, and a full stop between their rows",
                text, text[k]);
        d->to[d->states][k] = (uint8_t)to;
    }
    d->states++;
    return ST_OK;
}

static enum status read_rows(const char *text, struct dfa *d, struct err *e)
{
    for (;;) {
        int n;
        const enum status st = read_row(d, text, &n, e);
        if (st)
            return st;
        text += n;
        if (!*text++)
            return ST_OK;
    }
}

/* ---- what the automaton is ---- */

static bool is_sink(const struct dfa *d, int state)
{
    for (int k = 0; k < d->letters; k++)
        if (d->to[state][k] != state)
            return false;
    return true;
}

/* Lists the letters that may be drawn in a state; returns how many. */
static int letters_in(const struct dfa *d, int state, int32_t letter[LETTERS_MOST])
{
    int n = 0;
    for (int k = 0; k < d->letters; k++)
        if (d->sinks || !is_sink(d, d->to[state][k]))
            letter[n++] = k;
    for (int k = 0; n == 0 && k < d->letters; k++)
        letter[k] = k;
    return n > 0 ? n : d->letters;
}

/* Marks the states that can be reached by one letter or more: by any letters (all_letters), or
 * only by those that are drawn. Returns how many. */
static int mark_visited(const struct dfa *d, bool all_letters, bool visited[STATES_MOST])
{
    int queue[STATES_MOST + 1] = {0}, n = 1, visits = 0;
    for (int i = 0; i < n; i++) {
        int32_t letter[LETTERS_MOST];
        struct dfa free = *d;
        free.sinks = d->sinks || all_letters;
        const int may = letters_in(&free, queue[i], letter);
        for (int k = 0; k < may; k++) {
            const int to = d->to[queue[i]][letter[k]];
            if (visited[to])
                continue;
            visited[to] = true;
            visits++;
            if (to != 0)
                queue[n++] = to;
        }
    }
    return visits;
}

/* Returns true if more than one word can be drawn. */
static bool has_choice(const struct dfa *d)
{
    bool visited[STATES_MOST] = {false};
    int32_t letter[LETTERS_MOST];
    mark_visited(d, false, visited);
    visited[0] = true;
    for (int s = 0; s < d->states; s++)
        if (visited[s] && letters_in(d, s, letter) > 1)
            return true;
    return false;
}

static enum status check_states(const struct dfa *d, struct err *e)
{
    bool reached[STATES_MOST] = {false}, visited[STATES_MOST] = {false};
    for (int s = 0; s < d->states; s++)
        for (int k = 0; k < d->letters; k++)
            if (d->to[s][k] >= d->states)
                return err_set(e, ST_RANGE,
                               "dfa: state %d goes to state %d on letter %c, but there are "
                               "only the states 0 to %d",
                               s, d->to[s][k], 'a' + k, d->states - 1);
    mark_visited(d, true, reached);
    for (int s = 1; s < d->states; s++)
        if (!reached[s])
            return err_set(e, ST_RANGE,
                           "dfa: no word leads to state %d; leave it out, or mend the "
                           "transitions",
                           s);
    if (mark_visited(d, false, visited) < 2)
        return err_set(e, ST_RANGE,
                       "dfa: every letter%s leads to one state, so there is "
                       "nothing to tell",
                       d->sinks ? "" : " that is drawn without sinks");
    if (!has_choice(d))
        return err_set(e, ST_RANGE, "dfa: there is only one word%s",
                       d->sinks ? "" : " without sinks; try sinks: true");
    return ST_OK;
}

/* Refuses an unknown name. A text without a full stop is taken for a name, since an automaton has
 * more than one row. */
static enum status no_name(const char *text, struct err *e)
{
    const char *near = suggest(text, names, NAMED);
    if (near)
        return err_set(e, ST_RANGE, "dfa: no automaton \"%.32s\"; did you mean \"%s\"?",
                       text, near);
    return err_set(
        e, ST_RANGE,
        "dfa: \"%.32s\" is no name, and has no full stop between the transitions "
        "of two states",
        text);
}

static enum status check(const struct option_values *o, struct err *e)
{
    if (!strchr(rows_of(o), '.'))
        return no_name(rows_of(o), e);
    struct dfa d = {.sinks = o->v[SINKS] != 0};
    const enum status st = read_rows(rows_of(o), &d, e);
    return st ? st : check_states(&d, e);
}

static struct dfa dfa_of(const struct option_values *o)
{
    struct dfa d = {.sinks = o->v[SINKS] != 0};
    const enum status st = read_rows(rows_of(o), &d, NULL);
    assert(st == ST_OK);
    (void)st;
    return d;
}

/* ---- the task ---- */

static int vocabulary(const struct option_values *o)
{
    const struct dfa d = dfa_of(o);
    return d.letters + d.states;
}

static int max_length(const struct option_values *o)
{
    return (int)o->v[LENGTH];
}

static int answers(const struct option_values *o)
{
    const struct dfa d = dfa_of(o);
    bool visited[STATES_MOST] = {false};
    return mark_visited(&d, false, visited);
}

/* Follows the probability share[s] of state s from letter to letter. */
static double majority(const struct option_values *o)
{
    const struct dfa d = dfa_of(o);
    double share[STATES_MOST] = {1}, all[STATES_MOST] = {0}, most = 0;
    for (int t = 0; t < (int)o->v[LENGTH]; t++) {
        double next[STATES_MOST] = {0};
        for (int s = 0; s < d.states; s++) {
            int32_t letter[LETTERS_MOST];
            const int n = letters_in(&d, s, letter);
            for (int k = 0; k < n; k++)
                next[d.to[s][letter[k]]] += share[s] / n;
        }
        memcpy(share, next, sizeof share);
        for (int s = 0; s < d.states; s++)
            all[s] += share[s] / o->v[LENGTH];
    }
    for (int s = 0; s < d.states; s++)
        most = all[s] > most ? all[s] : most;
    return most;
}

static void generate(const struct option_values *o, struct rng *r, struct sample *out)
{
    const struct dfa d = dfa_of(o);
    int state = 0;
    begin(out);
    for (int t = 0; t < (int)o->v[LENGTH]; t++) {
        int32_t may[LETTERS_MOST];
        const int n = letters_in(&d, state, may);
        const int32_t letter = may[draw_symbol(r, n)];
        state = d.to[state][letter];
        ask(out, letter, d.letters + state);
    }
}

/* Runs the automaton from every state at once: to[s] is the state that the word so far leads to
 * from state s, computed from its last letter to its first. */
static void solve(const struct option_values *o, const int32_t *token, int length,
                  int32_t *answer)
{
    const struct dfa d = dfa_of(o);
    for (int t = 0; t < length; t++) {
        uint8_t to[STATES_MOST], before[STATES_MOST];
        for (int s = 0; s < d.states; s++)
            to[s] = (uint8_t)s;
        for (int back = t; back >= 0; back--) {
            for (int s = 0; s < d.states; s++)
                before[s] = to[d.to[s][token[back]]];
            memcpy(to, before, sizeof to);
        }
        answer[t] = d.letters + to[0];
    }
}

static void token_text(const struct option_values *o, int32_t token,
                       char text[TASK_TOKEN_TEXT])
{
    const struct dfa d = dfa_of(o);
    assert(token >= 0 && token < vocabulary(o));
    if (token < d.letters)
        symbol_text(token, d.letters, text);
    else
        snprintf(text, TASK_TOKEN_TEXT, "q%d", (int)token - d.letters);
}

/* The number of places since the state last changed, which is how far back the last token that
 * tells the state may be. */
static void since(const struct option_values *o, const struct sample *s, int32_t *stratum)
{
    (void)o;
    for (int t = 0; t < s->length; t++)
        stratum[t] = t > 0 && s->target[t] == s->target[t - 1] ? stratum[t - 1] + 1 : 0;
}

static const struct task_stratum strata[] = {
    {"since", "letters", "letters since the state last changed", since},
    {0},
};

const struct task task_regular = {
    .name = "regular",
    .version = 1,
    .summary = "the state of any finite automaton, after every letter",
    .source =
        "Bhattamishra et al. 2020, arXiv 2009.11264, appendix; Deletang et al. 2023, arXiv "
        "2207.02098",
    .options = options,
    .splits = splits,
    .splits_scale = true,
    .check = check,
    .vocabulary = vocabulary,
    .max_length = max_length,
    .answers = answers,
    .majority = majority,
    .generate = generate,
    .solve = solve,
    .token_text = token_text,
    .strata = strata,
};
