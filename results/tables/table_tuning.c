/* table_tuning.c -- writes the notes of table_tuning.h.
 *
 * Trials are read from the tables of the file, because its views may hide them. The trial with
 * the recipe of a table's runs was chosen. It was chosen among the trials of the same encoder
 * whose cells have all words of the table's cell; the other words are the values. */
#include "table_tuning.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "identities.h"
#include "store_internal.h"
#include "table_names.h"

enum { WORD = 128 };

static const char trials_sql[] =
    "SELECT m.experiment, substr(m.profile, 1, length(m.profile) - length('" TUNING_PROFILE
    "')), r.variant, m.cell, r.recipe_id, max(r.parameters),"
    " CASE WHEN count(s.value) = count(*) THEN avg(s.value) END,"
    " group_concat(DISTINCT r.seed) "
    "FROM main.membership AS m JOIN main.run AS r ON r.id = m.run_id "
    "LEFT JOIN main.v_score AS s ON s.run_id = r.id AND s.split = 'valid' "
    "AND s.metric = 'loss' AND r.state = 'done' "
    "WHERE r.removed IS NULL AND m.profile GLOB '*" TUNING_PROFILE "' "
    "GROUP BY m.experiment, m.profile, m.cell, r.recipe_id ORDER BY min(m.id)";

static enum status take_trial(void *context, sqlite3_stmt *q, struct err *e)
{
    struct table_data *d = context;
    struct trial *all = table_data_grown(d->trial, d->trials, sizeof *all);
    enum status st = ST_OK;
    if (!all)
        return err_set(e, ST_NOMEM, "no memory for the table");
    d->trial = all;
    struct trial *x = &all[d->trials];
    const char **const text[] = {&x->experiment, &x->profile, &x->variant, &x->cell};
    *x = (struct trial){.recipe = sqlite3_column_int64(q, 4), .parameters = -1};
    for (int i = 0; i < 4; i++)
        *text[i] = table_data_word(d, (const char *)sqlite3_column_text(q, i), &st, e);
    if (sqlite3_column_type(q, 5) != SQLITE_NULL)
        x->parameters = sqlite3_column_int64(q, 5);
    x->loss = sqlite3_column_type(q, 6) == SQLITE_NULL ? (double)NAN
                                                       : sqlite3_column_double(q, 6);
    x->seeds = table_data_word(d, (const char *)sqlite3_column_text(q, 7), &st, e);
    d->trials++;
    return st;
}

enum status table_tuning_load(struct store *s, struct table_data *d, struct err *e)
{
    return store_each(s, trials_sql, NULL, 0, NULL, take_trial, d, e);
}

/* --- words of a cell ------------------------------------------------------- */

/* Copies the next word of *text and moves *text behind it; false: none is left. */
static bool next_word(const char **text, char word[WORD])
{
    const int n = (int)strcspn(*text, " ");
    if (n == 0)
        return false;
    snprintf(word, WORD, "%.*s", n, *text);
    *text += n + ((*text)[n] == ' ');
    return true;
}

static bool has_word(const char *cell, const char *word)
{
    char one[WORD];
    while (next_word(&cell, one))
        if (strcmp(one, word) == 0)
            return true;
    return false;
}

static bool has_all_words(const char *cell, const char *of)
{
    char word[WORD];
    while (next_word(&of, word))
        if (!has_word(cell, word))
            return false;
    return true;
}

/* Returns the value of a cell's word "key=value", key[n]; NULL: the cell has no such key. */
static const char *value_of(const char *cell, const char *key, size_t n)
{
    for (const char *at = cell; *at; at += strcspn(at, " ") + (at[strcspn(at, " ")] == ' '))
        if (strncmp(at, key, n) == 0 && at[n] == '=')
            return at + n + 1;
    return NULL;
}

/* --- a choice --------------------------------------------------------------- */

/* Returns the trial with the recipe of these runs; NULL: nothing was tuned. */
static const struct trial *chosen_of(const struct table_section *s, const struct record *r)
{
    for (int i = 0; i < s->data->trials; i++) {
        const struct trial *x = &s->data->trial[i];
        if (x->recipe == r->recipe && x->experiment == r->key[DIM_EXPERIMENT] &&
            x->profile == r->key[DIM_PROFILE] && has_all_words(x->cell, r->key[DIM_CELL]))
            return x;
    }
    return NULL;
}

static bool of_one_choice(const struct trial *a, const struct trial *b, const char *cell)
{
    return a->experiment == b->experiment && a->profile == b->profile &&
           a->variant == b->variant && has_all_words(a->cell, cell) &&
           has_all_words(b->cell, cell);
}

/* Is the value of `word` the least or the greatest of several that were tried? */
static bool at_the_edge(const struct table_section *s, const struct trial *chosen,
                        const char *cell, const char *word)
{
    const size_t n = strcspn(word, "=");
    const double mine = strtod(word + n + 1, NULL);
    bool less = false, more = false;
    for (int i = 0; i < s->data->trials; i++) {
        const struct trial *x = &s->data->trial[i];
        const char *text =
            of_one_choice(x, chosen, cell) ? value_of(x->cell, word, n) : NULL;
        less |= text && strtod(text, NULL) < mine;
        more |= text && strtod(text, NULL) > mine;
    }
    return less != more;
}

/* Writes the chosen value without the words of the grid: "train.lr=0.003", and "at the edge". */
static void say_value(const struct table_section *s, const struct trial *chosen,
                      const char *cell, struct prose *p)
{
    char word[WORD];
    for (const char *at = chosen->cell; next_word(&at, word);)
        if (!has_word(cell, word))
            prose_say(p, " %s%s", word,
                      at_the_edge(s, chosen, cell, word) ? " at the edge" : "");
}

/* Writes the values of a trial and its loss: "0.001 0.512", or "0.001 failed". */
static void say_trial(const struct trial *x, const char *cell, struct prose *p)
{
    char word[WORD];
    const char *before = "";
    for (const char *at = x->cell; next_word(&at, word);) {
        if (has_word(cell, word))
            continue;
        prose_say(p, "%s%s", before, word + strcspn(word, "=") + 1);
        before = " ";
    }
    if (isnan(x->loss))
        prose_say(p, " failed");
    else
        prose_say(p, " %.3g", x->loss);
}

static void say_choice(const struct table_section *s, const struct record *r,
                       const struct trial *chosen, struct prose *p)
{
    const char *const cell = r->key[DIM_CELL], *before = " (";
    char name[RECIPE_NAME];
    table_recipe_name(s, r, name);
    prose_say(p, "%s", name);
    say_value(s, chosen, cell, p);
    for (int i = 0; i < s->data->trials; i++) {
        const struct trial *x = &s->data->trial[i];
        if (!of_one_choice(x, chosen, cell))
            continue;
        prose_say(p, "%s", before);
        say_trial(x, cell, p);
        before = ", ";
    }
    prose_say(p, ")");
}

/* Returns the first record of the next tuned recipe from *at on, and moves *at behind it; NULL:
 * none is left. */
static const struct record *next_tuned(const struct table_section *s, int *at,
                                       const struct trial **chosen)
{
    while (*at < s->recipe.n && s->data->trials) {
        const struct record *r = table_member(s, s->recipe.at[s->recipe.start[(*at)++]]);
        *chosen = chosen_of(s, r);
        if (*chosen)
            return r;
    }
    return NULL;
}

void table_tuning_say(const struct table_section *s, struct prose *p)
{
    const struct trial *chosen;
    const struct record *r;
    for (int at = 0; (r = next_tuned(s, &at, &chosen));) {
        if (!p->used)
            prose_say(
                p,
                "Chosen by the mean loss on valid with seed%s %s, in brackets of each "
                "value that was tried: ",
                strchr(chosen->seeds, ',') ? "s" : "", chosen->seeds);
        else
            prose_say(p, "; ");
        say_choice(s, r, chosen, p);
    }
    if (p->used)
        prose_say(p, ".");
}

enum status table_tuning_of(struct store *s, const struct table_request *q, struct prose *p,
                            struct err *e)
{
    const struct table_shape shape = {.rows = DIM_VARIANT, .cols = DIM_TEST};
    struct table_data d = {0};
    struct table_section section = {0};
    struct groups sections = {0};
    enum status st = table_data_load(s, q, "token_error", &d, e);
    if (st == ST_OK)
        st = table_tuning_load(s, &d, e);
    if (st == ST_OK && d.trials)
        st = table_sections_divide(&d, shape, &sections, e);
    if (st == ST_OK && sections.n > 0)
        st = table_section_init(&d, shape, &sections, 0, &section, e);
    if (st == ST_OK && sections.n > 0)
        table_tuning_say(&section, p);
    table_section_free(&section);
    groups_free(&sections);
    table_data_free(&d);
    return st;
}

void table_tuning_parameters(const struct table_section *s, struct prose *p)
{
    const struct trial *chosen;
    const struct record *r;
    for (int at = 0; (r = next_tuned(s, &at, &chosen));) {
        char name[RECIPE_NAME];
        if (chosen->parameters < 0)
            continue;
        table_recipe_name(s, r, name);
        prose_say(p, "%s%s %lld", p->used ? ", " : "Parameters: ", name,
                  (long long)chosen->parameters);
    }
    if (p->used)
        prose_say(p, ".");
}
