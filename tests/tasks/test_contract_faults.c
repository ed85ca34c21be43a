/* The contract catches faults of a generator: a sound toy task keeps every clause, and each
 * copy of it with one planted fault breaks the clause made for that fault. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "contract.h"
#include "sample_write.h"

/* The toy has n symbols, with n uniform in min..max; the last place asks for the first one. */
enum { MIN, MAX, SYMBOLS };

enum fault {
    SOUND,
    WRONG_LABEL,
    LEAKING_SEED,
    SOMETIMES_TRAINING,
    BIASED_DRAW,
    VISIBLE_AT_ITS_PLACE,
    VISIBLE_BEFORE_ITS_PLACE,
    TOKEN_OUT_OF_RANGE,
    TARGET_OUT_OF_RANGE,
    READS_PAST_LENGTH,
    NON_DETERMINISTIC,
    IGNORES_AN_OPTION,
    COUNTS_TOO_MANY,
    COUNTS_TOO_FEW,
    WRITES_PAST_THE_END,
    FAILS_WHEN_LARGE,
    WRONG_WHEN_LARGE,
    TOO_LONG,
    SCORED_WITHOUT_TARGET,
    PLACES_LEFT_AS_THEY_WERE,
    UNDETERMINED_ANSWERS,
    ANSWER_FROM_THE_RIGHT,
};

static const struct option options[] = {
    [MIN] = {"min", OPTION_INT, .lo = 12, .hi = 4096, .dflt = 12, .help = "fewest symbols"},
    [MAX] = {"max", OPTION_INT, .lo = 12, .hi = 4096, .dflt = 24, .help = "most symbols"},
    [SYMBOLS] = {"symbols", OPTION_INT, .lo = 2, .hi = 64, .dflt = 8, .help = "alphabet"},
    {0},
};

static enum status check(const struct option_values *o, struct err *e)
{
    if (o->v[MIN] <= o->v[MAX])
        return ST_OK;
    return err_set(e, ST_RANGE, "min: more than max");
}

static int vocabulary(const struct option_values *o)
{
    return (int)o->v[SYMBOLS];
}

static int max_length(const struct option_values *o)
{
    return (int)o->v[MAX];
}

/* Plants faults in the stream, before anything is drawn. */
static void spoil_stream(struct rng *r, enum fault f)
{
    static uint32_t calls;
    if (f == LEAKING_SEED)
        r->key[0] = r->counter[3] = 0;
    if (f == SOMETIMES_TRAINING && r->counter[3] >> 28 == RNG_SPLIT &&
        r->counter[1] % 10 == 0)
        *r = task_train_stream(&(const struct task){.name = "toy"}, 0, r->counter[1]);
    if (f == NON_DETERMINISTIC)
        r->counter[0] += calls++;
}

/* Plants faults in the finished sample. */
static void spoil_sample(const struct option_values *o, struct sample *s, enum fault f)
{
    const int last = s->length - 1, symbols = (int)o->v[SYMBOLS];
    const int32_t answer = s->target[last];
    switch (f) {
    case WRONG_LABEL:
        if (s->token[1] == 0 && s->token[2] == 0)
            s->target[last] = (answer + 1) % symbols;
        break;
    case VISIBLE_AT_ITS_PLACE:
        s->token[last] = answer;
        break;
    case VISIBLE_BEFORE_ITS_PLACE:
        s->token[last - 3] = answer;
        break;
    case TOKEN_OUT_OF_RANGE:
        s->token[1] += s->token[2] == 0 ? symbols : 0;
        break;
    case TARGET_OUT_OF_RANGE:
        s->target[last] = s->token[2] == 0 ? symbols : answer;
        break;
    case COUNTS_TOO_MANY:
        s->determined = 2;
        break;
    case COUNTS_TOO_FEW:
        s->determined = 0;
        break;
    case WRITES_PAST_THE_END:
        s->token[(int)o->v[MAX]] = 0;
        break;
    case WRONG_WHEN_LARGE:
        s->target[last] = symbols > 50 ? (answer + 1) % symbols : answer;
        break;
    case FAILS_WHEN_LARGE:
        s->token[1] = symbols > 50 ? symbols : s->token[1];
        break;
    case TOO_LONG:
        s->length = (int)o->v[MAX] + 1;
        break;
    case SCORED_WITHOUT_TARGET:
        s->scored[1] = 1;
        break;
    case UNDETERMINED_ANSWERS:
        if (s->token[1] == 0) {
            s->target[last] = s->token[2];
            s->determined = 0;
        }
        break;
    case ANSWER_FROM_THE_RIGHT:
        s->target[2] = s->token[last];
        s->scored[2] = 1;
        s->determined = 2;
        break;
    default:
        break;
    }
}

static void write_toy(const struct option_values *o, struct rng *r, struct sample *out,
                      enum fault f)
{
    spoil_stream(r, f);
    const int n = draw_between(r, (int)o->v[MIN], (int)o->v[MAX]);
    const int symbols = f == IGNORES_AN_OPTION ? 2 : (int)o->v[SYMBOLS];
    const int32_t old = out->token[n - 1] & 1;
    begin(out);
    for (int i = 0; i < n - 1; i++) {
        const uint8_t was = out->scored[i];
        put(out, draw_symbol(r, symbols));
        if (f == BIASED_DRAW && i == 0 && rng_below(r, 4) == 0)
            out->token[0] = 0;
        if (f == READS_PAST_LENGTH && i == 1)
            out->token[1] = old;
        if (f == PLACES_LEFT_AS_THEY_WERE && i == 1)
            out->scored[1] = was;
    }
    ask(out, draw_symbol(r, symbols), out->token[0]);
    spoil_sample(o, out, f);
}

static void solve(const struct option_values *o, const int32_t *token, int length,
                  int32_t *answer)
{
    (void)o;
    no_answers(answer, length);
    answer[length - 1] = token[0];
}

static void solve_or_not(const struct option_values *o, const int32_t *token, int length,
                         int32_t *answer)
{
    solve(o, token, length, answer);
    if (length > 1 && token[1] == 0)
        answer[length - 1] = TARGET_NONE;
}

static void solve_from_the_right(const struct option_values *o, const int32_t *token,
                                 int length, int32_t *answer)
{
    solve(o, token, length, answer);
    answer[2] = token[length - 1];
}

static void solve_one_more(const struct option_values *o, const int32_t *token, int length,
                           int32_t *answer)
{
    solve(o, token, length, answer);
    answer[length] = TARGET_NONE;
}

static void token_text(const struct option_values *o, int32_t token,
                       char text[TASK_TOKEN_TEXT])
{
    symbol_text(token, (int)o->v[SYMBOLS], text);
}

static void same_text(const struct option_values *o, int32_t token,
                      char text[TASK_TOKEN_TEXT])
{
    symbol_text(token / 2, (int)o->v[SYMBOLS], text);
}

static void distance(const struct option_values *o, const struct sample *s,
                     int32_t *stratum)
{
    (void)o;
    for (int t = 0; t < s->length; t++)
        stratum[t] = s->scored[t] ? t : STRATUM_NONE;
}

static void everywhere(const struct option_values *o, const struct sample *s,
                       int32_t *stratum)
{
    (void)o;
    for (int t = 0; t < s->length; t++)
        stratum[t] = t;
}

static void constant(const struct option_values *o, const struct sample *s,
                     int32_t *stratum)
{
    (void)o;
    for (int t = 0; t < s->length; t++)
        stratum[t] = s->scored[t] ? 3 : STRATUM_NONE;
}

static int too_few_answers(const struct option_values *o)
{
    return (int)o->v[SYMBOLS] - 1;
}

static const struct task_stratum strata[] = {{"distance", "tokens", "a", distance}, {0}};
static const struct task_stratum strata_everywhere[] = {
    {"distance", "tokens", "a", everywhere}, {0}};
static const struct task_stratum strata_constant[] = {{"distance", "tokens", "a", constant},
                                                      {0}};

#define SPLITS(...)                                                        \
    {                                                                      \
        {"valid", 10, "a", {{0}}}, {"id", 10, "a", {{0}}},                 \
            {"ood_far", 10, "a", {{"min", 49}, {"max", 96}}}, __VA_ARGS__, \
        {                                                                  \
            0                                                              \
        }                                                                  \
    }

static const struct task_split splits[] =
    SPLITS({"ood_longer", 10, "a", {{"min", 25}, {"max", 48}}});
static const struct task_split split_unchanged[] =
    SPLITS({"ood_longer", 10, "a", {{"max", 24}}});
static const struct task_split split_one_below[] =
    SPLITS({"ood_shorter", 10, "a", {{"min", 11}}});
static const struct task_split split_within[] =
    SPLITS({"ood_longer", 10, "a", {{"min", 13}}});
static const struct task_split split_too_near[] =
    SPLITS({"ood_more", 10, "a", {{"symbols", 9}}});
static const struct task_split split_of_new_tokens[] =
    SPLITS({"ood_tokens", 10, "a", {{"symbols", 800}}});
static const struct task_split split_alone[] = {
    {"valid", 10, "a", {{0}}},
    {"id", 10, "a", {{0}}},
    {"ood_far", 10, "a", {{"min", 49}, {"max", 96}}},
    {0}};

/* Defines a generator for each fault. */
#define GENERATOR(name, fault)                                                         \
    static void name(const struct option_values *o, struct rng *r, struct sample *out) \
    {                                                                                  \
        write_toy(o, r, out, fault);                                                   \
    }
GENERATOR(sound, SOUND)
GENERATOR(wrong_label, WRONG_LABEL)
GENERATOR(leaking_seed, LEAKING_SEED)
GENERATOR(sometimes_training, SOMETIMES_TRAINING)
GENERATOR(biased_draw, BIASED_DRAW)
GENERATOR(visible_at_its_place, VISIBLE_AT_ITS_PLACE)
GENERATOR(visible_before_its_place, VISIBLE_BEFORE_ITS_PLACE)
GENERATOR(token_out_of_range, TOKEN_OUT_OF_RANGE)
GENERATOR(target_out_of_range, TARGET_OUT_OF_RANGE)
GENERATOR(reads_past_length, READS_PAST_LENGTH)
GENERATOR(non_deterministic, NON_DETERMINISTIC)
GENERATOR(ignores_an_option, IGNORES_AN_OPTION)
GENERATOR(counts_too_many, COUNTS_TOO_MANY)
GENERATOR(counts_too_few, COUNTS_TOO_FEW)
GENERATOR(writes_past_the_end, WRITES_PAST_THE_END)
GENERATOR(fails_when_large, FAILS_WHEN_LARGE)
GENERATOR(wrong_when_large, WRONG_WHEN_LARGE)
GENERATOR(too_long, TOO_LONG)
GENERATOR(scored_without_target, SCORED_WITHOUT_TARGET)
GENERATOR(places_left_as_they_were, PLACES_LEFT_AS_THEY_WERE)
GENERATOR(undetermined_answers, UNDETERMINED_ANSWERS)
GENERATOR(answer_from_the_right, ANSWER_FROM_THE_RIGHT)

static const struct task toy = {
    .name = "toy",
    .version = 1,
    .summary = "a",
    .source = "b",
    .options = options,
    .splits = splits,
    .check = check,
    .vocabulary = vocabulary,
    .max_length = max_length,
    .answers = vocabulary,
    .generate = sound,
    .solve = solve,
    .token_text = token_text,
    .strata = strata,
};

static void the_sound_toy_keeps_every_clause(void **state)
{
    (void)state;
    for (const struct contract_clause *c = contract_clauses; c->name; c++) {
        struct err e = {.msg = ""};
        if (c->check(&toy, &e) != ST_OK)
            fail_msg("%s: %s", c->name, e.msg);
    }
}

static enum status check_clause(const struct task *t, const char *clause, struct err *e)
{
    const struct contract_clause *c = contract_clauses;
    while (c->name && strcmp(c->name, clause) != 0)
        c++;
    if (!c->name)
        fail_msg("no clause %s", clause);
    return c->check(t, e);
}

static void assert_caught(const struct task *t, const char *fault, const char *clause,
                          const char *words)
{
    struct err e = {.msg = ""};
    if (check_clause(t, clause, &e) != ST_RANGE)
        fail_msg("%s: %s does not see it", fault, clause);
    if (!strstr(e.msg, words))
        fail_msg("%s: \"%s\" does not say \"%s\"", fault, e.msg, words);
}

static void faults_of_generators_are_caught(void **state)
{
    static const struct {
        const char *fault;
        void (*generate)(const struct option_values *, struct rng *, struct sample *);
        const char *clause, *words;
    } planted[] = {
        {"wrong label", wrong_label, "solver_agrees", "but solve says"},
        {"leaking seed", leaking_seed, "another_stream_gives_another_sample",
         "same sample"},
        {"sometimes training", sometimes_training, "splits_are_disjoint_from_training",
         "are training samples, by chance 0.0000"},
        {"biased draw", biased_draw, "majority_is_as_said", "but the task says 0.1250"},
        {"visible at its place", visible_at_its_place, "answers_are_hidden",
         "the token 0 before"},
        {"visible before its place", visible_before_its_place, "answers_are_hidden",
         "the token 3 before"},
        {"token out of range", token_out_of_range, "samples_are_sound", "beyond the 8 ids"},
        {"target out of range", target_out_of_range, "samples_are_sound",
         "is 8, beyond the 8 ids"},
        {"reads past length", reads_past_length, "one_stream_gives_one_sample",
         "comes out otherwise"},
        {"non-deterministic", non_deterministic, "one_stream_gives_one_sample",
         "or on something kept"},
        {"ignores an option", ignores_an_option, "chance_is_as_said",
         "2 different answers occur"},
        {"counts too many", counts_too_many, "samples_are_sound",
         "2 determined of 1 scored"},
        {"counts too few", counts_too_few, "solver_agrees", "but solve finds 1"},
        {"writes past the end", writes_past_the_end, "samples_are_sound", "writes past"},
        {"fails when large", fails_when_large, "other_options_are_sound",
         "symbols=64: token 1 is 64, beyond the 64 ids"},
        {"wrong when large", wrong_when_large, "other_options_are_sound",
         "symbols=64: target"},
        {"too long", too_long, "samples_are_sound", "25 tokens, but max_length is 24"},
        {"scored without target", scored_without_target, "samples_are_sound",
         "place 1 is scored without a target"},
        {"places left as they were", places_left_as_they_were,
         "one_stream_gives_one_sample", "depends on the room"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof planted / sizeof *planted; i++) {
        struct task t = toy;
        t.generate = planted[i].generate;
        assert_caught(&t, planted[i].fault, planted[i].clause, planted[i].words);
    }
}

/* --- answers with unequal odds ----------------------------------------------- */

enum { MANY = 400 }; /* of these about 3 do not occur in 2000 samples */

static int always_eight(const struct option_values *o)
{
    (void)o;
    return 8;
}

/* Draws the toy with `first` as the symbol that is asked for. */
static void write_asked(const struct option_values *o, struct rng *r, int32_t first,
                        struct sample *out)
{
    write_toy(o, r, out, SOUND);
    out->token[0] = out->target[out->length - 1] = first;
}

/* Returns symbol k with odds 1 / (k + 1). */
static int32_t by_rank(struct rng *r, int symbols)
{
    double all = 0, at;
    int32_t k = 0;
    for (int i = 1; i <= symbols; i++)
        all += 1.0 / i;
    at = all * rng_uniform(r);
    while (k < symbols - 1 && (at -= 1.0 / (k + 1)) > 0)
        k++;
    return k;
}

static void unequal(const struct option_values *o, struct rng *r, struct sample *out)
{
    write_asked(o, r, by_rank(r, (int)o->v[SYMBOLS]), out);
}

/* The answer is the number of heads of 20 coins: 0 and 20 come once in a million samples. */
static void coins(const struct option_values *o, struct rng *r, struct sample *out)
{
    int32_t heads = 0;
    for (int i = 0; i < 20; i++)
        heads += (int32_t)rng_below(r, 2);
    write_asked(o, r, heads, out);
}

static void never_the_last(const struct option_values *o, struct rng *r, struct sample *out)
{
    write_asked(o, r, (int32_t)rng_below(r, (uint32_t)o->v[SYMBOLS] - 1), out);
}

static void yes_or_no(const struct option_values *o, struct rng *r, struct sample *out)
{
    write_asked(o, r, rng_below(r, 10) < 3, out);
}

static int one_too_few(const struct option_values *o)
{
    return (int)o->v[SYMBOLS] - 1;
}

static double unknown(const struct option_values *o)
{
    (void)o;
    return LAW_UNKNOWN;
}

/* Returns a toy with so many symbols, whose first symbol `generate` draws. */
static struct task toy_of(int symbols,
                          void (*generate)(const struct option_values *, struct rng *,
                                           struct sample *),
                          double (*majority)(const struct option_values *))
{
    static struct option wide[4];
    struct task t = toy;
    memcpy(wide, options, sizeof wide);
    wide[SYMBOLS].hi = MANY;
    wide[SYMBOLS].dflt = symbols;
    t.options = wide;
    t.generate = generate;
    t.majority = majority;
    return t;
}

static void rare_and_many_answers_are_no_fault(void **state)
{
    static const struct {
        const char *name;
        int symbols;
        void (*generate)(const struct option_values *, struct rng *, struct sample *);
        double (*majority)(const struct option_values *);
    } right[] = {{"400 equal answers", MANY, sound, NULL},
                 {"300 answers of unequal odds", 300, unequal, unknown},
                 {"answers that come once in a million samples", 21, coins, unknown}};
    (void)state;
    for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
        const struct task t =
            toy_of(right[i].symbols, right[i].generate, right[i].majority);
        struct err e = {.msg = ""};
        if (check_clause(&t, "chance_is_as_said", &e) != ST_OK ||
            check_clause(&t, "majority_is_as_said", &e) != ST_OK)
            fail_msg("%s: %s", right[i].name, e.msg);
    }
}

static void wrong_numbers_of_many_answers_are_caught(void **state)
{
    struct task t = toy_of(300, never_the_last, NULL);
    (void)state;
    assert_caught(&t, "one of 300 never", "chance_is_as_said",
                  "299 different answers occur in 20000 samples, but answers() is 300");
    t = toy_of(20, never_the_last, unknown);
    assert_caught(&t, "one of 20 never", "chance_is_as_said", "19 different answers occur");
    t = toy_of(100, yes_or_no, unknown);
    assert_caught(&t, "ids for answers", "chance_is_as_said",
                  "2 different answers occur in 20000 samples, but answers() is 100");
    t = toy_of(300, unequal, unknown);
    t.answers = one_too_few;
    assert_caught(&t, "one too few", "chance_is_as_said", "300 different answers occur");
    t = toy_of(21, coins, unknown);
    t.answers = always_eight;
    assert_caught(&t, "far too few", "chance_is_as_said", "but answers() is 8");
}

/* 800 ids are more than the contract counts: the rows of one law must not run into another's. */
static void more_ids_than_are_counted_are_beyond_training(void **state)
{
    struct option wide[] = {options[0], options[1], options[2], {0}};
    struct task t = toy;
    struct err e = {.msg = ""};
    (void)state;
    wide[SYMBOLS].hi = 1024;
    t.options = wide;
    t.splits = split_of_new_tokens;
    if (check_clause(&t, "ood_is_beyond_training", &e) != ST_OK)
        fail_msg("%s", e.msg);
}

static void eight(const struct option_values *o, struct rng *r, struct sample *out)
{
    struct option_values fixed = *o;
    fixed.v[SYMBOLS] = 8;
    write_toy(&fixed, r, out, SOUND);
}

static void faults_of_descriptors_are_caught(void **state)
{
    struct task t = toy;
    (void)state;
    t.vocabulary = t.answers = always_eight;
    t.generate = eight;
    assert_caught(&t, "ignores an option", "options_matter", "option symbols changes");
    t = toy;
    t.splits = split_unchanged;
    assert_caught(&t, "split as training", "splits_are_laws", "is the training law");
    t.splits = split_one_below;
    assert_caught(&t, "off-by-one split", "splits_are_laws",
                  "split ood_shorter: option min: the value 11 is not in 12 .. 4096");
    t.splits = split_within;
    assert_caught(&t, "split within training", "ood_is_beyond_training", "not beyond");
    t.splits = split_alone;
    assert_caught(&t, "one split", "ood_is_beyond_training", "a task has two");
    t = toy;
    t.splits = split_too_near; /* 9/8 of 4 is rounded to 4 */
    t.splits_scale = true;
    assert_caught(&t, "splits that do not follow", "splits_follow_training",
                  "with symbols=4 split ood_more is not beyond training: symbols is 4");
    t = toy;
    t.answers = too_few_answers;
    assert_caught(&t, "wrong chance", "chance_is_as_said", "8 different answers occur");
    t = toy;
    t.token_text = same_text;
    assert_caught(&t, "texts", "tokens_have_texts_of_their_own", "both written \"a\"");
    t = toy;
    t.strata = strata_everywhere;
    assert_caught(&t, "stratum", "strata_are_sound", "is 0 at place 0 (not scored)");
    t.strata = strata_constant;
    assert_caught(&t, "stratum", "strata_are_sound", "is 3 everywhere");
    t = toy;
    t.generate = undetermined_answers;
    t.solve = solve_or_not;
    assert_caught(&t, "ceiling", "ceiling_is_as_said", "but the task says 1.0000");
    t = toy;
    t.generate = answer_from_the_right;
    t.solve = solve_from_the_right;
    assert_caught(&t, "peeks", "answers_follow_from_the_left", "sees nothing behind it");
    t = toy;
    t.solve = solve_one_more;
    assert_caught(&t, "one more", "answers_follow_from_the_left",
                  "solve writes behind the");
    t = toy;
    t.splits = NULL;
    assert_caught(&t, "no splits", "describes_itself", "splits: valid, id and two ood_");
    t = toy;
    t.name = "second-largest";
    assert_caught(&t, "a dash", "describes_itself", "small letters, digits and _");
    t = toy;
    t.source = "";
    assert_caught(&t, "no source", "describes_itself", "source");
}

/* The value of a split may not fit the type of its option. */
static void values_of_another_type_are_refused(void **state)
{
    static const char *const kinds[] = {"plain", "mixed", NULL};
    struct option all[] = {
        options[0],
        options[1],
        options[2],
        {"kind", OPTION_CHOICE, .choices = kinds, .help = "a"},
        {"wide", OPTION_BOOL, .help = "a"},
        {0},
    };
    static const struct {
        const char *option, *words;
        double value;
    } planted[] = {
        {"min", "option min: the value 24.5 is no integer; give one", 24.5},
        {"kind", "option kind: the value 2 is no index of its 2 choices", 2},
        {"kind", "option kind: the value 0.5 is no index of its 2 choices", 0.5},
        {"kind", "option kind: the value -1 is no index of its 2 choices", -1},
        {"wide", "option wide: the value 2 is not in 0 .. 1", 2},
        {"wide", "option wide: the value 0.5 is no integer", 0.5},
        {"min", "option min: the value nan is no integer", NAN},
        {"length", "changes \"length\", which is no option", 1},
    };
    struct task t = toy;
    (void)state;
    t.options = all;
    for (size_t i = 0; i < sizeof planted / sizeof *planted; i++) {
        const struct task_split wrong[] = {
            {"valid", 10, "a", {{0}}},
            {"id", 10, "a", {{0}}},
            {"ood_far", 10, "a", {{"min", 49}, {"max", 96}}},
            {"ood_wide", 10, "a", {{planted[i].option, planted[i].value}}},
            {0}};
        t.splits = wrong;
        assert_caught(&t, planted[i].option, "splits_are_laws", planted[i].words);
    }
}

static void faults_of_options_are_caught(void **state)
{
    static const struct {
        struct option option;
        const char *words;
    } planted[] = {
        {{"kind", OPTION_CHOICE, .help = "a"}, "option kind is an OPTION_CHOICE without"},
        {{"kind", OPTION_BOOL, .dflt = 0.5, .help = "a"}, "the default 0.5 is no integer"},
        {{"kind", OPTION_INT, .lo = 0, .hi = 2, .dflt = 0.5, .help = "a"}, "no integer"},
        {{"kind", OPTION_REAL, .lo = 1, .hi = 2, .dflt = 3, .help = "a"}, "not in 1 .. 2"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof planted / sizeof *planted; i++) {
        struct option all[5] = {options[0], options[1], options[2], planted[i].option};
        struct task t = toy;
        t.options = all;
        assert_caught(&t, "option", "options_are_usable", planted[i].words);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sound_toy_keeps_every_clause),
        cmocka_unit_test(faults_of_generators_are_caught),
        cmocka_unit_test(faults_of_descriptors_are_caught),
        cmocka_unit_test(faults_of_options_are_caught),
        cmocka_unit_test(values_of_another_type_are_refused),
        cmocka_unit_test(rare_and_many_answers_are_no_fault),
        cmocka_unit_test(wrong_numbers_of_many_answers_are_caught),
        cmocka_unit_test(more_ids_than_are_counted_are_beyond_training),
    };
    return cmocka_run_group_tests_name("contract_faults", tests, NULL, NULL);
}
