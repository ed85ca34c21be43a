/* text_table.h: the same cells in every format, unusual ones too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "json_text.h"
#include "text_table.h"

static struct err err;
static char *text;
static size_t size;

static void begin(struct text_table *t, enum print_format f)
{
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    text_table_init(t, f, out);
}

static void assert_drawn(struct text_table *t, const char *want)
{
    FILE *out = t->out;
    assert_int_equal(text_table_end(t, &err), ST_OK);
    assert_int_equal(fclose(out), 0);
    assert_string_equal(text, want);
    free(text);
}

static void typed(struct text_table *t)
{
    static const char *const names[] = {"name", "n", "real", "none", "ids"};
    text_table_columns(t, names, 5);
    text_table_text(t, "a_b");
    text_table_integer(t, 9007199254740993);
    text_table_real(t, 0.1);
    text_table_none(t);
    text_table_list(t, "1 2");
    text_table_text(t, NULL);
    text_table_whole(t, -1);
    text_table_real(t, (double)NAN);
    text_table_none(t);
    text_table_list(t, "");
}

static void cells_keep_their_types(void **state)
{
    struct text_table t;
    (void)state;
    begin(&t, PRINT_JSON);
    typed(&t);
    assert_drawn(&t, "[\n {\"name\": \"a_b\", \"n\": 9007199254740993, \"real\": 0.1, "
                     "\"none\": null, \"ids\": [1, 2]},\n"
                     " {\"name\": null, \"n\": null, \"real\": null, \"none\": null, "
                     "\"ids\": []}\n]\n");
    begin(&t, PRINT_CSV);
    typed(&t);
    assert_drawn(&t, "name,n,real,none,ids\na_b,9007199254740993,0.1,,1 2\n,,,,\n");
    begin(&t, PRINT_TEXT);
    typed(&t);
    assert_drawn(&t, "name                 n  real  none  ids\n"
                     "----  ----------------  ----  ----  ---\n"
                     "a_b   9007199254740993   0.1        1 2\n"
                     "                         n/a\n");
}

static void rows_can_be_part_of_a_document(void **state)
{
    struct text_table t;
    (void)state;
    text_table_init(&t, PRINT_JSON, stdout);
    text_table_keep(&t);
    typed(&t);
    json_t *rows = text_table_take(&t);
    assert_int_equal(json_array_size(rows), 2);
    json_decref(rows);
}

/* Two columns of the same name would be one key. */
static void names_are_told_apart_where_programs_read_them(void **state)
{
    static const char *const names[] = {"n", "n", "n_2", "n"};
    static const enum print_format formats[] = {PRINT_CSV, PRINT_JSON, PRINT_TEXT};
    static const char *const want[] = {
        "n,n_2,n_2_2,n_3\n0,1,2,3\n",
        "[\n {\"n\": 0, \"n_2\": 1, \"n_2_2\": 2, \"n_3\": 3}\n]\n",
        "n  n  n_2  n\n-  -  ---  -\n0  1    2  3\n"};
    (void)state;
    for (int f = 0; f < 3; f++) {
        struct text_table t;
        begin(&t, formats[f]);
        text_table_columns(&t, names, 4);
        for (int i = 0; i < 4; i++)
            text_table_integer(&t, i);
        assert_drawn(&t, want[f]);
    }
}

static void odd(struct text_table *t)
{
    text_table_column(t, "t\x1B", false);
    text_table_bytes(t, "a\0b\xFF\x1B\xC2\x9B\xE2\x80\xAE\n", 11);
}

static void odd_bytes_are_escapes_in_every_format(void **state)
{
    struct text_table t;
    (void)state;
    begin(&t, PRINT_TEXT);
    odd(&t);
    assert_drawn(&t, "t\\x1b\n----------------------------\n"
                     "a\\x00b\\xff\\x1b\\u009b\\u202e\\n\n" +
                         0);
}

static void odd_bytes_are_json_and_csv(void **state)
{
    struct text_table t;
    json_error_t why;
    (void)state;
    begin(&t, PRINT_JSON);
    odd(&t);
    assert_drawn(&t,
                 "[\n {\"t\\u001B\": \"a\\u0000b\\\\xff\\u001B\\u009b\\u202e\\n\"}\n]\n");
    json_t *back =
        json_loads("[\"a\\u0000b\\\\xff\\u001b\\u009b\\u202e\\n\"]", JSON_ALLOW_NUL, &why);
    assert_non_null(back);
    json_decref(back);
    begin(&t, PRINT_CSV);
    odd(&t);
    assert_drawn(&t, "t\\x1b\n\"a\\x00b\\xff\\x1b\\u009b\\u202e\n\"\n");
    begin(&t, PRINT_MD);
    odd(&t);
    assert_drawn(&t, "| t\\\\x1b |\n|:---|\n"
                     "| a\\\\x00b\\\\xff\\\\x1b\\\\u009b\\\\u202e\\\\n |\n");
}

/* After \\ and \item LaTeX would take them for an argument. */
static void latex_takes_no_cell_for_an_argument(void **state)
{
    struct text_table t;
    (void)state;
    begin(&t, PRINT_LATEX);
    text_table_column(&t, "a", false);
    text_table_column(&t, "x", true);
    text_table_text(&t, "[2pt] a");
    text_table_text(&t, "-0.030");
    text_table_text(&t, "*b");
    text_table_integer(&t, -3);
    text_table_text(&t, "paper");
    text_table_indent(&t);
    text_table_text(&t, "-");
    assert_drawn(&t, "% needs \\usepackage{booktabs}, \\usepackage{array}, "
                     "\\usepackage{graphicx}\n"
                     "\\begin{table}\n\\centering\\small\\sloppy\n"
                     "\\setlength{\\belowcaptionskip}{4pt}\n"
                     "\\setlength{\\tabcolsep}{4pt}\n"
                     "\\setbox0\\hbox{\\relax\n\\begin{tabular}{lr@{}l}\n\\toprule\n"
                     "a & \\multicolumn{2}{c}{x} \\\\\n\\midrule\n"
                     "{}[2pt] a & $-$0 & .030 \\\\\n"
                     "{}*b & $-$3 &  \\\\\n"
                     "\\quad paper & \\multicolumn{2}{c}{-} \\\\\n"
                     "\\bottomrule\n\\end{tabular}}\n"
                     "\\leavevmode\\ifdim\\wd0>\\linewidth\n"
                     "\\resizebox{\\linewidth}{!}{\\box0}\\else\\box0\\fi\n"
                     "\\end{table}\n");
}

static char *drawn(struct text_table *t)
{
    FILE *out = t->out;
    assert_int_equal(text_table_end(t, &err), ST_OK);
    assert_int_equal(fclose(out), 0);
    return text;
}

static int count(const char *all, const char *part)
{
    int n = 0;
    for (; (all = strstr(all, part)) != NULL; all++)
        n++;
    return n;
}

/* A table with more columns than fit a page is split into panels, which all begin with the
 * first column. */
static void latex_puts_wide_tables_into_panels(void **state)
{
    struct text_table t;
    (void)state;
    begin(&t, PRINT_LATEX);
    text_table_caption(&t, "wide");
    text_table_label(&t, "%s", "wide");
    text_table_below(&t, "[1]", "below");
    text_table_column(&t, "encoder", false);
    for (int c = 0; c < 24; c++)
        text_table_column(&t, "ood_longer", true);
    text_table_text(&t, "rope");
    for (int c = 0; c < 24; c++)
        text_table_text(&t, "12.34 ± 5.67");
    drawn(&t);
    assert_int_equal(count(text, "\\begin{table*}\n"), 1);
    assert_int_equal(count(text, "\nencoder & "), 4);
    assert_int_equal(count(text, "\nrope & 12 & .34 $\\pm$ 5.67 & "), 4);
    assert_int_equal(count(text, "& 12 & .34"), 24);
    assert_int_equal(count(text, "\\caption{wide}\n\\label{tab:wide}\n"), 1);
    assert_int_equal(count(text, "\n$^{1}$ below\\par\n\\end{minipage}\n\\end{table*}\n"),
                     1);
    free(text);
}

/* Characters that not every LaTeX has become escapes, Greek becomes math, and two hyphens are
 * no dash. */
static void latex_has_letters_or_their_numbers(void **state)
{
    struct text_table t;
    (void)state;
    begin(&t, PRINT_LATEX);
    text_table_column(&t, "x", false);
    text_table_text(&t, "αΩΔο é 中😀 e\xCC\x81 --`` ?`");
    drawn(&t);
    assert_int_equal(count(text, "$\\alpha$$\\Omega$$\\Delta$$o$ é \\textbackslash{}u4e2d"
                                 "\\textbackslash{}U0001f600 e\\textbackslash{}u0301 "
                                 "-{}-`{}` ?{}` \\\\\n"),
                     1);
    free(text);
}

/* Each note fits together with those before it, but all are higher than a page. */
static void latex_divides_many_short_notes(void **state)
{
    struct text_table t;
    char mark[16];
    (void)state;
    begin(&t, PRINT_LATEX);
    text_table_caption(&t, "notes");
    text_table_column(&t, "encoder", false);
    text_table_text(&t, "cope");
    for (int i = 0; i < 100; i++) {
        snprintf(mark, sizeof mark, "split_%d:", i);
        text_table_below(&t, mark, "length 20 (id 10).");
    }
    drawn(&t);
    assert_int_equal(count(text, "\\begin{table}\n"), 3);
    assert_int_equal(count(text, ": length 20 (id 10).\\par\n"), 100);
    free(text);
}

/* A table with more rows than fit a page is split into parts. No part begins with a row that
 * belongs below another, and each says what its first row repeats. */
static void latex_divides_long_tables(void **state)
{
    struct text_table t;
    (void)state;
    begin(&t, PRINT_LATEX);
    text_table_caption(&t, "long");
    text_table_column(&t, "task", false);
    text_table_column(&t, "encoder", false);
    for (int i = 0; i < 100; i++) {
        text_table_text(&t, i ? "" : "copy");
        if (i)
            text_table_repeats(&t);
        text_table_text(&t, i % 2 ? "paper" : "ours");
        if (i % 2)
            text_table_indent(&t);
    }
    drawn(&t);
    assert_int_equal(count(text, "\\begin{table}\n"), 3);
    assert_int_equal(count(text, "\\caption[]{(continued)}\n"), 2);
    assert_int_equal(count(text, "\\midrule\ncopy & ours"), 3);
    assert_int_equal(count(text, " & ours"), 50);
    assert_int_equal(count(text, " & \\quad paper"), 50);
    free(text);
}

/* A note higher than a page continues in the next float; all of its text appears once. */
static void latex_divides_long_notes(void **state)
{
    struct text_table t;
    char note[30000] = "";
    (void)state;
    for (size_t i = 0; i < 1000; i++)
        snprintf(note + strlen(note), sizeof note - strlen(note), "%sword_%zu",
                 i ? " " : "", i);
    begin(&t, PRINT_LATEX);
    text_table_caption(&t, "notes");
    text_table_column(&t, "n", true);
    text_table_integer(&t, 1);
    text_table_below(&t, "[1]", note);
    drawn(&t);
    assert_true(count(text, "\\begin{table}\n") > 2);
    assert_int_equal(count(text, "$^{1}$"), 1);
    assert_int_equal(count(text, "word\\_"), 1000);
    assert_non_null(strstr(text, " word\\_999\\par\n\\end{minipage}"));
    free(text);
}

/* Texts are broken between words, and long words between parts of a name; no number is broken. */
static void latex_breaks_long_texts(void **state)
{
    struct text_table t;
    (void)state;
    begin(&t, PRINT_LATEX);
    text_table_column(&t, "claim", false);
    text_table_column(&t, "difference", false);
    text_table_column(&t, "p", true);
    text_table_text(&t,
                    "one errs less than the other and says so in many words, which go on "
                    "until the page ends, with cope(scale_position=false) among them");
    text_table_text(&t, "cope 0.02 ± 0.01 (5) [-1.2, 3.4]");
    text_table_text(&t, "0.011");
    drawn(&t);
    assert_non_null(strstr(text, "\\begin{table*}\n"));
    assert_non_null(strstr(text, "{>{\\raggedright\\arraybackslash}p{"));
    assert_non_null(
        strstr(text, "cope\\allowbreak{}(scale\\_\\allowbreak{}position=\\allow"));
    assert_null(strstr(text, "errs\\allowbreak"));
    free(text);
}

static void markdown_keeps_what_stands_below(void **state)
{
    struct text_table t;
    (void)state;
    begin(&t, PRINT_MD);
    text_table_column(&t, "encoder", false);
    text_table_text(&t, "paper");
    text_table_indent(&t);
    assert_drawn(&t, "| encoder |\n|:---|\n| &emsp;paper |\n");
}

/* A name is text, never a tag. */
static void html_is_escaped(void **state)
{
    struct text_table t;
    (void)state;
    begin(&t, PRINT_HTML);
    text_table_column(&t, "<b>", false);
    text_table_column(&t, "x", true);
    text_table_text(&t, "</script>&\"'");
    text_table_real(&t, 1.5);
    text_table_best(&t);
    text_table_note(&t, "1");
    text_table_text(&t, "below");
    text_table_indent(&t);
    text_table_none(&t);
    text_table_rule(&t);
    assert_drawn(&t,
                 "<div class=wide tabindex=0><table>\n<thead><tr><th scope=col>&#60;b&#62;"
                 "</th><th scope=col class=n>x</th></tr></thead>\n<tbody>\n"
                 "<tr><td>&#60;/script&#62;&#38;&#34;&#39;</td><td class=n><strong>1.5"
                 "</strong><sup>1</sup></td></tr>\n"
                 "<tr class=rule><td data-below>below</td><td class=n></td></tr>\n"
                 "</tbody></table></div>\n");
}

/* For a terminal of `limit` columns. */
static void rows_break_between_words(void **state)
{
    struct text_table t;
    (void)state;
    begin(&t, PRINT_TEXT);
    t.limit = 30;
    text_table_column(&t, "claim", false);
    text_table_column(&t, "p", true);
    text_table_column(&t, "paper", false);
    text_table_text(&t, "one errs less than the other");
    text_table_text(&t, "0.011");
    text_table_text(&t, "4.90, 20.30");
    text_table_text(&t, "a");
    text_table_none(&t);
    text_table_text(&t, "b");
    assert_drawn(&t, "claim           p  paper\n"
                     "----------  -----  -----------\n"
                     "one errs    0.011  4.90, 20.30\n"
                     "less than\n"
                     "the other\n"
                     "a                  b\n");
}

/* The widths come from the first thousand rows; later rows that are wider are printed whole. */
static void rows_are_printed_as_they_come(void **state)
{
    struct text_table t;
    (void)state;
    begin(&t, PRINT_CSV);
    text_table_stream(&t);
    text_table_column(&t, "n", false);
    text_table_integer(&t, 1);
    text_table_integer(&t, 2);
    assert_int_equal(fflush(t.out), 0);
    assert_string_equal(text, "n\n1\n");
    assert_drawn(&t, "n\n1\n2\n");
    begin(&t, PRINT_TEXT);
    text_table_stream(&t);
    text_table_column(&t, "n", false);
    for (int i = 0; i < 1001; i++)
        text_table_integer(&t, i);
    assert_int_equal(fflush(t.out), 0);
    assert_memory_equal(text, "  n\n---\n  0\n  1\n", 16);
    text_table_integer(&t, 123456);
    FILE *out = t.out;
    assert_int_equal(text_table_end(&t, &err), ST_OK);
    assert_int_equal(fclose(out), 0);
    assert_non_null(strstr(text, "\n999\n  1000\n123456\n"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_keep_their_types),
        cmocka_unit_test(rows_can_be_part_of_a_document),
        cmocka_unit_test(names_are_told_apart_where_programs_read_them),
        cmocka_unit_test(odd_bytes_are_escapes_in_every_format),
        cmocka_unit_test(odd_bytes_are_json_and_csv),
        cmocka_unit_test(latex_takes_no_cell_for_an_argument),
        cmocka_unit_test(latex_puts_wide_tables_into_panels),
        cmocka_unit_test(latex_divides_long_tables),
        cmocka_unit_test(latex_divides_many_short_notes),
        cmocka_unit_test(latex_has_letters_or_their_numbers),
        cmocka_unit_test(latex_divides_long_notes),
        cmocka_unit_test(latex_breaks_long_texts),
        cmocka_unit_test(markdown_keeps_what_stands_below),
        cmocka_unit_test(html_is_escaped),
        cmocka_unit_test(rows_break_between_words),
        cmocka_unit_test(rows_are_printed_as_they_come),
    };
    return cmocka_run_group_tests_name("text_table", tests, NULL, NULL);
}
