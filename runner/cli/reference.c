/* reference.c -- describes tasks, encoders and commands, as pages and as text.
 *
 * The descriptions are made from their tables of options and splits: Markdown for
 * docs/reference, or text for `posbench show`. What an encoder learns is stated for default
 * options in one usual model.
 * Pitfall: test_docs compares the pages byte by byte (scripts/pages writes them). The lists
 * must not name a task or an encoder, so that two authors never edit the same file. */
#include "reference.h"

#include <ctype.h>
#include <string.h>

#include "cli.h"
#include "encoding.h"
#include "formulas.h"
#include "help.h"

enum { ACCEPTED_TEXT = 512, HELP_TEXT = 2 * ACCEPTED_TEXT };

/* Describes the accepted values: "true, false", "1 .. 8", "half, interleaved". */
static const char *accepted(const struct option *o, char text[ACCEPTED_TEXT])
{
    char lo[OPTION_TEXT], hi[OPTION_TEXT];
    size_t used = 0;
    text[0] = 0;
    switch (o->type) {
    case OPTION_BOOL:
        return "true, false";
    case OPTION_INT:
    case OPTION_REAL:
        snprintf(text, ACCEPTED_TEXT, "%s %s .. %s",
                 o->type == OPTION_INT ? "integer" : "number", option_format(o, o->lo, lo),
                 option_format(o, o->hi, hi));
        break;
    case OPTION_CHOICE:
        for (int i = 0; o->choices[i] && used < ACCEPTED_TEXT; i++)
            used += (size_t)snprintf(text + used, ACCEPTED_TEXT - used, "%s%s",
                                     i ? ", " : "", o->choices[i]);
        if (o->open && used < ACCEPTED_TEXT)
            snprintf(text + used, ACCEPTED_TEXT - used,
                     o->path ? ", or a path" : ", or a word");
        break;
    }
    return text;
}

static const char *option_help(const struct option *o, char text[HELP_TEXT])
{
    snprintf(text, HELP_TEXT, "%s%s", o->help, o->at_test ? "; may differ at test" : "");
    return text;
}

/* ---- Markdown ---- */

/* Prints a cell of a table with '|' escaped, which would end the cell. */
static void cell(FILE *out, const char *text)
{
    fputs(" ", out);
    for (; *text; text++) {
        if (*text == '|')
            fputc('\\', out);
        fputc(*text, out);
    }
    fputs(" |", out);
}

static void markdown_options(const struct option *table, FILE *out)
{
    char text[ACCEPTED_TEXT];
    if (!option_count(table)) {
        fputs("No options.\n", out);
        return;
    }
    fputs("| option | default | accepts | meaning |\n|---|---|---|---|\n", out);
    for (const struct option *o = table; o->name; o++) {
        fprintf(out, "| `%s` |", o->name);
        cell(out, option_format(o, o->dflt, text));
        cell(out, accepted(o, text));
        char help[HELP_TEXT];
        cell(out, option_help(o, help));
        fputc('\n', out);
    }
}

/* Lists the changes of a split: "p_ignore=0.98, ...", or "0.5 x blanks" for an option that
 * scales with its value in training. */
static void split_changes(const struct task *t, const struct task_split *s, char *text,
                          size_t room)
{
    size_t used = 0;
    text[0] = 0;
    for (int i = 0; i < TASK_SPLIT_CHANGES && s->change[i].option && used < room; i++) {
        char value[OPTION_TEXT];
        const int k = option_find(t->options, s->change[i].option);
        const struct option *o = &t->options[k];
        option_format(o, s->change[i].value, value);
        if (t->splits_scale && o->type == OPTION_INT && o->dflt > 0)
            used +=
                (size_t)snprintf(text + used, room - used, "%s%.3g x %s", used ? ", " : "",
                                 s->change[i].value / o->dflt, o->name);
        else
            used += (size_t)snprintf(text + used, room - used, "%s%s=%s", used ? ", " : "",
                                     o->name, value);
    }
}

static void markdown_splits(const struct task *t, FILE *out)
{
    char text[ACCEPTED_TEXT];
    fputs("| split | sequences | changes | meaning |\n|---|---:|---|---|\n", out);
    for (const struct task_split *s = t->splits; s->name; s++) {
        fprintf(out, "| `%s` | %d |", s->name, s->count);
        split_changes(t, s, text, sizeof text);
        cell(out, *text ? text : "none");
        cell(out, s->help);
        fputc('\n', out);
    }
}

static void markdown_made(FILE *out, const char *title, const char *words)
{
    fprintf(out, "# %s\n\n<!-- Made by `posbench %s --markdown`; a test compares. -->\n",
            title, words);
}

/* Prints the head of the page of one task or encoder. */
static void page_head(FILE *out, const char *name, const char *summary, const char *source,
                      int version)
{
    char words[ACCEPTED_TEXT];
    snprintf(words, sizeof words, "show %s", name);
    markdown_made(out, name, words);
    fprintf(out, "\n%c%s.\n\nSource: %s. Version %d.", toupper(summary[0]), summary + 1,
            source, version);
}

void reference_task_page(const struct task *t, FILE *out)
{
    struct option_values o;
    option_defaults(t->options, &o);
    page_head(out, t->name, t->summary, t->source, t->version);
    if (task_open(t, &o, NULL) == ST_OK) /* with defaults only memory can fail */
        fprintf(out,
                "\nWith the defaults: %d token ids, at most %d tokens, chance accuracy "
                "1/%d.\n\n",
                t->vocabulary(&o), t->max_length(&o), t->answers(&o));
    markdown_options(t->options, out);
    fputc('\n', out);
    markdown_splits(t, out);
}

/* Names no task, so that two authors of tasks never edit the same file. */
void reference_tasks(FILE *out)
{
    markdown_made(out, "Tasks", "list tasks");
    fputs(
        "\nThe folder [tasks](tasks) is the gallery: a page for each task with its source, its\n"
        "options, its splits and three samples. `posbench list tasks` names them, and\n"
        "`posbench show TASK -n 3` says what the page says, in colour on a terminal.\n",
        out);
}

/* The usual model: 4 layers of 4 heads of 64 numbers, trained on 512 tokens. */
static const struct encoder_dims usual = {.layers = 4,
                                          .heads = 4,
                                          .head_dim = 64,
                                          .trained_length = 512,
                                          .longest = 512,
                                          .places = 512};

enum { FACT_TEXT = 640 };

/* Returns the default options, resolved for the usual model. */
static struct option_values usual_options(const struct encoder *c)
{
    struct option_values o;
    struct err ignored;
    option_defaults(c->options, &o);
    if (c->resolve && c->resolve(&usual, &o, &ignored))
        option_defaults(c->options, &o);
    return o;
}

static enum encoder_reach default_reach(const struct encoder *c)
{
    const struct option_values o = usual_options(c);
    return c->reach ? c->reach(&usual, &o) : REACH_DEFINED;
}

static const char *formula_of(const struct encoder *c)
{
    const struct formula *f = formulas;
    while (f->encoder && strcmp(f->encoder, c->name) != 0)
        f++;
    return f->text;
}

static void print_indented(const char *text, FILE *out)
{
    while (*text) {
        const int n = (int)strcspn(text, "\n");
        fprintf(out, "    %.*s\n", n, text);
        text += n + (text[n] == '\n');
    }
}

static const char *invariance_text(const struct encoder *c)
{
    const struct option_values o = usual_options(c);
    const unsigned what = c->invariances ? c->invariances(&o) : 0;
    if (c->place)
        return "chooses places for the other parts of a sum";
    if (what == (INVARIANT_SHIFT | INVARIANT_ORDER))
        return "to a shift of all places, and to the order of earlier tokens";
    return what == INVARIANT_SHIFT   ? "to a shift of all places"
           : what == INVARIANT_ORDER ? "to the order of earlier tokens"
                                     : "none; logits depend on where a sequence begins";
}

/* Returns how many numbers are learned in all layers, including those of projections that a
 * layer makes for the encoder. */
static long usual_parameters(const struct encoder *c)
{
    struct tensor_spec spec[ENCODER_TENSORS_MAX];
    const struct option_values o = usual_options(c);
    const int n = c->tensors ? c->tensors(&usual, &o, spec) : 0;
    const int width = usual.heads * usual.head_dim;
    const int projected = c->project ? c->project(&usual, &o) : 0;
    long sum = (long)usual.layers * projected * (width + 1);
    for (int i = 0; i < n; i++)
        sum +=
            (long)spec[i].rows * spec[i].columns * (spec[i].per_layer ? usual.layers : 1);
    return sum;
}

/* Writes "12.3 kFLOPs a token forward, 2.3 % of ...", for sequences as long as in training. */
static void cost_text(const struct encoder *c, char text[FACT_TEXT])
{
    const int T = usual.trained_length, width = usual.heads * usual.head_dim;
    const struct encoder_load load = {
        .tokens = T, .queries = T, .pairs = 0.5 * T * (T + 1)};
    const struct model_config model = {
        .layers = usual.layers,
        .heads = usual.heads,
        .dim = width,
        .trained_length = T,
        .longest = T,
        .encoders = {.parts = 1, .part[0] = {.encoder = c, .options = usual_options(c)}}};
    const double own = encoding_flops(&model, &load, &load) / T;
    const double plain = usual.layers * 4.0 * width * load.pairs / T;
    if (own > 0)
        snprintf(text, FACT_TEXT, "%.4g kFLOPs a token forward, %.3g %% of its attention's",
                 own / 1e3, 100 * own / plain);
    else
        snprintf(text, FACT_TEXT, "nothing beside attention");
}

/* Writes "E [513, 64] for all layers, R [512, 64] for each layer; 164160 numbers in all", for
 * default options in the usual model. */
static void learned_text(const struct encoder *c, char text[FACT_TEXT])
{
    struct tensor_spec spec[ENCODER_TENSORS_MAX];
    const struct option_values o = usual_options(c);
    const int n = c->tensors ? c->tensors(&usual, &o, spec) : 0;
    const int projected = c->project ? c->project(&usual, &o) : 0;
    size_t used = 0;
    text[0] = '\0';
    for (int i = 0; i < n && used < FACT_TEXT; i++)
        used += (size_t)snprintf(text + used, FACT_TEXT - used, "%s%s [%d, %d] for %s",
                                 i ? ", " : "", spec[i].name, spec[i].rows, spec[i].columns,
                                 spec[i].per_layer ? "each layer" : "all layers");
    if (projected && used < FACT_TEXT)
        used += (size_t)snprintf(text + used, FACT_TEXT - used,
                                 "%sprojection [%d, %d] of each layer", n ? ", " : "",
                                 projected, usual.heads * usual.head_dim);
    if (used > 0 && used < FACT_TEXT)
        snprintf(text + used, FACT_TEXT - used, "; %ld numbers in all",
                 usual_parameters(c));
    if (used == 0)
        snprintf(text, FACT_TEXT, "nothing");
}

void reference_encoder_page(const struct encoder *c, FILE *out)
{
    char text[FACT_TEXT];
    page_head(out, c->name, c->summary, c->source, c->version);
    fprintf(out, " Longer tests: `%s`.\n\n", encoder_reach_text(default_reach(c)));
    if (formula_of(c)) {
        print_indented(formula_of(c), out);
        fputc('\n', out);
    }
    learned_text(c, text);
    fprintf(out, "* Learned: %s.\n", text);
    cost_text(c, text);
    fprintf(out, "* Costs: %s.\n", text);
    fprintf(out, "* Invariant: %s.\n\n", invariance_text(c));
    fprintf(out, "![Maps of attention, query by key](%s.svg)\n\n", c->name);
    markdown_options(c->options, out);
}

/* Names no encoder, so that two authors of encoders never edit the same file. */
void reference_encoders(FILE *out)
{
    markdown_made(out, "Encoders", "list encoders");
    fputs(
        "\nThe folder [encoders](encoders) holds a page for each encoder: its source, its\n"
        "options and what it learns. `posbench list encoders` names them, and\n"
        "`posbench show ENCODER` says what the page says.\n"
        "\nEncoders may be added up: `cope+rope` uses both. An option of a part is set\n"
        "with its name, or as `cope.p_max` when two parts have it. \"Longer tests\" says\n"
        "what happens past the trained length: `defined`, the formula goes on; `capped`,\n"
        "the farthest trained row is used; `untrained`, rows exist that training never\n"
        "touched; `undefined`, there is no value and tables print n/a. What is learned and\n"
        "what it costs is that of default options in a model of 4 layers and 4 heads of 64\n"
        "numbers that is trained and asked on 512 tokens; docs/MODELS.md says under which\n"
        "names tensors are saved. \"Invariant\" says what may be done to the places of a\n"
        "sequence without a change of what attention makes of it.\n"
        "\nThe picture of a page shows attention of two heads of an untrained model whose\n"
        "queries and keys are made alike: left on one token again and again, where position\n"
        "alone makes a difference, right on a mixture of tokens; below, what the encoder\n"
        "computes of each pair, where it says so. Numbers that start at 0 are noise there.\n"
        "Encoders for sums are drawn in one. `posbench show ENCODER --svg` draws it.\n",
        out);
}

void reference_commands(FILE *out)
{
    markdown_made(out, "Commands", "list commands");
    fputs("\n```\n", out);
    help_print(out, NULL);
    fputs("```\n", out);
    for (int i = 0; i < command_count(); i++) {
        const struct command *c = command_at(i);
        if (c->group == GROUP_INTERNAL)
            continue;
        fprintf(out, "\n## %s\n\n```\n", c->name);
        help_print(out, c);
        fputs("```\n", out);
    }
}

/* ---- text ---- */

enum { NAME_COLUMN = 18, VALUE_COLUMN = 28 };

static void text_options(const struct option *table, const struct option_values *values,
                         FILE *out)
{
    char text[ACCEPTED_TEXT];
    fputs("\nOptions:\n", out);
    if (!option_count(table))
        fputs("  none\n", out);
    for (int i = 0; i < option_count(table); i++) {
        const struct option *o = &table[i];
        int at = fprintf(out, "  %-*s", NAME_COLUMN - 2, o->name);
        at += fprintf(out, "%-*s", VALUE_COLUMN - NAME_COLUMN,
                      option_format(o, values->v[i], text));
        char help[HELP_TEXT + ACCEPTED_TEXT], own[HELP_TEXT];
        char range[ACCEPTED_TEXT];
        snprintf(help, sizeof help, "%s (%s)", option_help(o, own), accepted(o, range));
        if (at >= VALUE_COLUMN + 1)
            fputc(' ', out);
        help_wrap(out, at, VALUE_COLUMN, help);
    }
}

void reference_task_text(const struct task *t, const struct option_values *values,
                         FILE *out)
{
    struct option_values dflt;
    option_defaults(t->options, &dflt);
    if (!values)
        values = &dflt;
    fprintf(out, "%s: ", t->name);
    help_wrap(out, (int)strlen(t->name) + 2, 2, t->summary);
    fputs("Source: ", out);
    help_wrap(out, 8, 2, t->source);
    if (task_open(t, values, NULL) == ST_OK)
        fprintf(out, "%d token ids, at most %d tokens, chance accuracy 1/%d\n",
                t->vocabulary(values), t->max_length(values), t->answers(values));
    text_options(t->options, values, out);
    fputs("\nSplits:\n", out);
    for (const struct task_split *s = t->splits; s->name; s++) {
        char changes[ACCEPTED_TEXT], text[2 * ACCEPTED_TEXT];
        split_changes(t, s, changes, sizeof changes);
        snprintf(text, sizeof text, "%s%s%s%s", s->help, *changes ? " (" : "", changes,
                 *changes ? ")" : "");
        const int at = fprintf(out, "  %-*s%-*d", NAME_COLUMN - 2, s->name,
                               VALUE_COLUMN - NAME_COLUMN, s->count);
        help_wrap(out, at, VALUE_COLUMN, text);
    }
}

static void text_fact(const char *name, const char *text, FILE *out)
{
    const int at = fprintf(out, "%-*s", NAME_COLUMN, name);
    help_wrap(out, at, NAME_COLUMN, text);
}

void reference_encoder_text(const struct encoder *c, FILE *out)
{
    struct option_values dflt;
    char text[FACT_TEXT];
    option_defaults(c->options, &dflt);
    fprintf(out, "%s: ", c->name);
    help_wrap(out, (int)strlen(c->name) + 2, 2, c->summary);
    if (formula_of(c)) {
        fputc('\n', out);
        print_indented(formula_of(c), out);
        fputc('\n', out);
    }
    text_fact("source", c->source, out);
    text_fact("longer tests", encoder_reach_text(default_reach(c)), out);
    text_fact("invariant", invariance_text(c), out);
    fprintf(out, "\nIn a model of %d layers and %d heads of %d numbers, on %d tokens:\n",
            usual.layers, usual.heads, usual.head_dim, usual.trained_length);
    learned_text(c, text);
    text_fact("learned", text, out);
    cost_text(c, text);
    text_fact("costs", text, out);
    text_options(c->options, &dflt, out);
}
