/* report.c -- writes the page: head, sections in their order, foot.
 *
 * The page has style and counts, a link for each entry of `sections`, then the output of each
 * section's own function, then the script.
 * Pitfall: the page is written as it is made. When no run matches, or the database fails halfway,
 * part of it is written already, and the caller must not keep it. */
#include "report.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "no_match.h"
#include "report_parts.h"
#include "table.h"
#include "table_extrapolation.h"
#include "verdicts.h"

void report_element(FILE *out, const char *tag, const char *text)
{
    fprintf(out, "<%s>", tag);
    escape_html(out, text);
    fprintf(out, "</%s>", tag);
}

void report_word(FILE *to, const char *before, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789._-+=:,/";
    fputs(before, to);
    if (*word && !word[strspn(word, plain)]) {
        fputs(word, to);
        return;
    }
    fputc('\'', to);
    for (; *word; word++)
        fputs(*word == '\'' ? "'\\''" : (const char[]){*word, '\0'}, to);
    fputc('\'', to);
}

/* Formats into memory and escapes the whole, so that the format must not contain tags. */
static void say(FILE *out, void (*escape)(FILE *out, const char *text), const char *fmt,
                va_list args)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *to = open_memstream(&text, &bytes);
    if (!to)
        return;
    vfprintf(to, fmt, args);
    if (fclose(to) == 0)
        escape(out, text);
    free(text);
}

void report_say(FILE *out, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    say(out, escape_html, fmt, args);
    va_end(args);
}

void report_prose(FILE *out, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    say(out, escape_html_prose, fmt, args);
    va_end(args);
}

/* --- sections ------------------------------------------------------------------- */

/* Writes the table of claims. The note on its interval and verdict is above it, and is left out
 * when there is no table. */
static enum status claims(struct report *r, struct err *e)
{
    const struct verdicts_request q = {.profile = r->request->profile,
                                       .format = PRINT_HTML};
    struct err none = {.msg = ""};
    char *text = NULL;
    size_t bytes = 0;
    FILE *to = open_memstream(&text, &bytes);
    enum status st =
        to ? verdicts_print(r->store, &q, to, NULL, &none)
           : err_set(&none, ST_NOMEM, "no memory for the claims of the report");
    if (to && fclose(to) == 0 && st == ST_OK) {
        report_element(r->out, "p", VERDICTS_NOTE_WITH(" "));
        fprintf(r->out, "\n%s", text);
        st = report_plot(r, plot_find("claims"), NULL, &none);
    } else if (st == ST_NOTFOUND) {
        fputs("<p>The experiment file of these runs has no claims.</p>\n", r->out);
        st = ST_OK;
    }
    free(text);
    return st ? err_set(e, st, "%s", none.msg) : ST_OK;
}

static enum status tables(struct report *r, struct err *e)
{
    const struct table_request q = {.experiment = r->request->experiment,
                                    .profile = r->request->profile,
                                    .published = PUBLISHED_BELOW,
                                    .format = PRINT_HTML};
    return table_print(r->store, &q, r->out, e);
}

static enum status take_texts(void *context, int columns, const char *const *names,
                              const char *const *cells, struct err *e)
{
    bool *texts = context;
    (void)columns;
    (void)names;
    (void)e;
    *texts = strcmp(store_cell(cells[0]), "0") != 0;
    return ST_OK;
}

/* Says, when there are texts (*texts), why they are not in the table of extrapolation. */
static enum status say_texts(struct report *r, bool *texts, struct err *e)
{
    static const char sql[] =
        "SELECT count(*) FROM (SELECT 1 FROM v_run AS r JOIN v_score AS s USING (run_id)"
        " WHERE r.state = 'done' AND r.profile GLOB ?1 AND r.experiment GLOB ?2"
        " AND s.metric = 'bits_per_byte' LIMIT 1)";
    const enum status st = store_query(r->store, sql, r->params, 2, take_texts, texts, e);
    if (*texts) {
        fputs("<p>", r->out);
        report_prose(
            r->out,
            "Texts are not answered right or wrong, so no ratio of theirs is passed "
            "or not: the leaderboard has the perplexity of windows that are longer "
            "than those of training, and `posbench plot context` draws the loss "
            "along them.");
        fputs("</p>\n", r->out);
    }
    return st;
}

static enum status extrapolation(struct report *r, struct err *e)
{
    bool texts = false;
    const struct table_request q = {.experiment = r->request->experiment,
                                    .profile = r->request->profile,
                                    .format = PRINT_HTML};
    struct err none = {.msg = ""};
    const enum status st = table_extrapolation(r->store, &q, r->out, &none);
    if (st && st != ST_NOTFOUND)
        return err_set(e, st, "%s", none.msg);
    const enum status said = say_texts(r, &texts, e);
    if (st == ST_NOTFOUND && !texts)
        fputs("<p>No run has a test with enough scored answers to decide.</p>\n", r->out);
    return said;
}

struct section {
    const char *id, *title, *about;
    enum status (*write)(struct report *r, struct err *e);
};

static const struct section sections[] = {
    {"findings", "What came out",
     "A test is an experiment, the values of its grid (such as a learning rate) where it has "
     "one, and a split. Above each experiment's tests stands what they ask. "
     "For each test the encoder with the lowest mean error (of a text: perplexity), and "
     "those that the seeds cannot tell from it: by the exact two-sided rank-sum test, p above "
     "0.05, without a correction for looking at many tests. The claims below are corrected.",
     report_findings},
    {"heads", "What trained heads count", "", report_heads},
    {"claims", "Claims of papers", "", claims},
    {"leaderboard", "Leaderboard",
     "Each test and encoder: the share of scored tokens that are wrong, in %: mean over seeds "
     "with its 95 % interval (from, to), best and worst seed, and what a blind guess gets "
     "wrong. Weights: how many numbers are trained. A click on a heading sorts. The name of "
     "an encoder leads to its settings and runs.",
     report_leaderboard},
    {"pictures", "Pictures",
     "Drawn from the same numbers; below each one the command that draws it, and its data. "
     "The pointer on a mark of a seed tells its number and run.",
     report_pictures},
    {"extrapolation", "How far beyond training", "", extrapolation},
    {"tables", "Tables",
     "A table for each experiment and metric. Cell: the values of the experiment's grid. "
     "Chance is a blind guess, majority always the commonest answer, ceiling what the visible "
     "tokens determine at best. Below a table: what its splits change, and what its marks "
     "mean.",
     tables},
    {"runs", "Runs",
     "Every run, and how it ended: seconds by the clock, tokens per second of training, MiB "
     "of memory at its most. The numbers of settings and provenance lead to what they are.",
     report_runs},
    {"settings", "Settings",
     "What runs were trained with: a click on a line unfolds it. Runs of one block differ in "
     "their seed alone.",
     report_settings},
    {"provenance", "Provenance", "The programs and machines that made these numbers.",
     report_provenance},
};
enum { SECTIONS = sizeof sections / sizeof *sections };

static enum status write_section(struct report *r, const struct section *s, struct err *e)
{
    fprintf(r->out, "<section id=%s>\n<h2>%s</h2>\n", s->id, s->title);
    if (*s->about) {
        report_element(r->out, "p", s->about);
        fputc('\n', r->out);
    }
    const enum status st = s->write(r, e);
    fputs("</section>\n", r->out);
    return st;
}

/* --- head and foot ---------------------------------------------------------------- */

static const char *plural(const char *count)
{
    return strcmp(store_cell(count), "1") == 0 ? "" : "s";
}

static enum status nothing(const struct report *r, struct err *e)
{
    char advice[FILTER_ADVICE];
    no_match_request(r->store, r->request->experiment, r->request->profile, NULL, 0,
                     advice);
    return err_set(
        e, ST_NOTFOUND,
        "no run that is done matches%s; `posbench list runs` shows what there is", advice);
}

static enum status take_counts(void *context, int columns, const char *const *names,
                               const char *const *cells, struct err *e)
{
    struct report *r = context;
    (void)columns;
    (void)names;
    if (strcmp(store_cell(cells[0]), "0") == 0)
        return nothing(r, e);
    fputs("<p>", r->out);
    report_say(
        r->out, "%s run%s of %s experiment%s and %s encoder%s, %s of them done, ended %s",
        store_cell(cells[1]), plural(cells[1]), store_cell(cells[2]), plural(cells[2]),
        store_cell(cells[3]), plural(cells[3]), store_cell(cells[0]), store_cell(cells[4]));
    fputs(".</p>\n", r->out);
    return ST_OK;
}

static enum status write_head(struct report *r, struct err *e)
{
    static const char sql[] =
        "SELECT count(DISTINCT run_id) FILTER (WHERE state = 'done'),"
        " count(DISTINCT run_id), count(DISTINCT experiment), count(DISTINCT variant),"
        " coalesce(substr(max(ended), 1, 10), 'never') "
        "FROM v_run WHERE profile GLOB ?1 AND experiment GLOB ?2";
    fputs("<!doctype html>\n<html lang=en>\n<head>\n<meta charset=utf-8>\n"
          "<meta name=viewport content=\"width=device-width, initial-scale=1\">\n<title>",
          r->out);
    report_say(r->out, "Position encodings: %s", r->request->database);
    fprintf(r->out, "</title>\n<style>\n%s</style>\n</head>\n<body>\n", report_style);
    fputs("<header>\n<h1>Which position encoding solves which task</h1>\n", r->out);
    const enum status st = store_query(r->store, sql, r->params, 2, take_counts, r, e);
    if (st)
        return st;
    fputs("<nav aria-label=Sections>\n", r->out);
    for (int i = 0; i < SECTIONS; i++)
        fprintf(r->out, "<a href=#%s>%s</a>\n", sections[i].id, sections[i].title);
    fputs("</nav>\n</header>\n<main>\n", r->out);
    return ST_OK;
}

static void write_foot(struct report *r)
{
    fputs("</main>\n<footer><p>", r->out);
    report_say(r->out, "Written by %s from %s", r->request->program, r->request->database);
    fprintf(r->out, ".</p></footer>\n<script>\n%s</script>\n</body>\n</html>\n",
            report_script);
}

enum status report_write(struct store *s, const struct report_request *q, FILE *out,
                         struct err *undrawn, struct err *e)
{
    struct report r = {
        .store = s,
        .request = q,
        .params = {q->profile ? q->profile : "*", q->experiment ? q->experiment : "*"},
        .out = out,
        .undrawn = undrawn};
    undrawn->msg[0] = '\0';
    enum status st = write_head(&r, e);
    for (int i = 0; i < SECTIONS && st == ST_OK; i++)
        st = write_section(&r, &sections[i], e);
    if (st == ST_OK)
        write_foot(&r);
    return st;
}
