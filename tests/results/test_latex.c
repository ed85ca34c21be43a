/* Every table of every published database, set by LaTeX in a paper of two columns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "program.h"
#include "scratch.h"

#define PUBLISHED TEST_DATA "/../../results/published"

static char folder[SCRATCH_TEXT];

/* A standard paper, and one with narrow columns, where letters are wider. */
static const char *const papers[] = {
    "\\documentclass[twocolumn]{article}\n",
    "\\documentclass[11pt,twocolumn]{article}\n"
    "\\setlength{\\textwidth}{6.75in}\\setlength{\\columnsep}{0.25in}\n",
};

enum { PAPERS = sizeof papers / sizeof *papers };

static const char *const tables[] = {
    "claims \"*\"",
    "table",
    "table --published",
    "table --published=beside --spread ci",
    "table --rows test --cols encoder --merge-variants",
    "table --cols test --merge-variants --metric token_error",
    "table --cols seed --metric token_error",
    "table --strata --metric token_error",
    "table --extrapolation",
    "query trials",
    "query accuracy_by_split",
    "query \"SELECT * FROM v_summary LIMIT 100\"",
    "query \"SELECT * FROM v_run LIMIT 20\"",
    "list runs",
    "compare cope rope",
};

static int make_folder(void **state)
{
    (void)state;
    scratch_make(folder);
    return 0;
}

static int remove_all(void **state)
{
    (void)state;
    scratch_remove(folder);
    return 0;
}

static void skip_without_latex(void)
{
    if (system("command -v pdflatex >/dev/null 2>&1 && kpsewhich booktabs.sty array.sty "
               "graphicx.sty >/dev/null") == 0)
        return;
    print_message("skipped: pdflatex with booktabs, array and graphicx is not installed\n");
    skip();
}

/* Prints a command's output, if there is any: not all databases have claims or such encoders. */
static void print_table(FILE *body, const char *command, const char *database)
{
    struct program p;
    RUN(&p, "%s --db %s -o latex", command, database);
    assert_true(p.code == 0 || p.code == 4);
    fprintf(body, "%% %s\n%s\n\\clearpage\n", command, p.code ? "" : p.out);
    program_free(&p);
}

static FILE *open_in_folder(const char *name)
{
    char path[SCRATCH_TEXT + 16];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    return file;
}

static void write_paper(int k)
{
    char name[16];
    snprintf(name, sizeof name, "paper%d.tex", k);
    FILE *paper = open_in_folder(name);
    fprintf(paper,
            "%s\\usepackage[T1]{fontenc}\n\\usepackage{booktabs}\n\\usepackage{array}\n"
            "\\usepackage{graphicx}\n\\begin{document}\nText.\n\\input{body}\n"
            "\\end{document}\n",
            papers[k]);
    assert_int_equal(fclose(paper), 0);
}

/* Compiles both papers in parallel; without a PDF, too, TeX's messages are in the log. */
static void compile(const char *database)
{
    struct program p;
    program_run_format(&p, "cd",
                       "%s && rm -f *.log done* && for k in 0 1; do pdflatex -draftmode "
                       "-interaction=nonstopmode -halt-on-error paper$k.tex >/dev/null && "
                       "touch done$k & done; wait; "
                       "grep -a -A 2 -E '^(Overfull|!|LaTeX Warning: Float)' *.log >&2; "
                       "test -e done0 && test -e done1",
                       folder);
    if (p.code || *p.err)
        fail_msg("%s: LaTeX says\n%s", database, p.err);
    program_free(&p);
}

static void fit(const char *database)
{
    skip_without_latex();
    FILE *body = open_in_folder("body.tex");
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        print_table(body, tables[i], database);
    assert_int_equal(fclose(body), 0);
    for (int k = 0; k < PAPERS; k++)
        write_paper(k);
    compile(database);
}

/* Notes that do not fit a page continue in the next float with a sentence, or, where a
 * sentence is longer than a page, with a member of its list. */
static void notes_are_broken_between_sentences(void)
{
    struct program p;
    program_run_format(&p, "grep", "-n '[^.;] .par$' %s/body.tex", folder);
    if (p.code != 1)
        fail_msg("notes that are broken within a sentence:\n%s%s", p.out, p.err);
    program_free(&p);
}

#define FITS(database)                        \
    static void fits_##database(void **state) \
    {                                         \
        (void)state;                          \
        fit(PUBLISHED "/" #database ".db");   \
        notes_are_broken_between_sentences(); \
    }
FITS(quick)
FITS(quick_20)
FITS(open_cells)
FITS(overnight)
FITS(text_quick)
FITS(text_six)
FITS(anchors)
FITS(last_x)

/* Rows and notes that fit a page are one float, in smaller letters if necessary. */
static void what_fits_a_page_is_one_float(void **state)
{
    (void)state;
    static const char *const whole[] = {
        "claims --db " PUBLISHED "/quick.db",
        "table flip_flop --db " PUBLISHED "/quick_20.db",
    };
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++) {
        struct program p;
        RUN(&p, "%s -o latex", whole[i]);
        assert_int_equal(p.code, 0);
        if (strstr(p.out, "(continued)"))
            fail_msg("%s: more than one float a table:\n%s", whole[i], p.out);
        program_free(&p);
    }
}

/* A paper refers to a table by its label; the caption's text is the author's. */
static void tables_have_captions_and_labels(void **state)
{
    (void)state;
    static const char *const said[][2] = {
        {"claims", "\\caption{Claims, profile quick}\n\\label{tab:claims-quick}\n"},
        {"claims", "\\texttt{posbench claims \\char34{}{}*\\char34{}} lists"},
        {"claims", "\\end{table*}\n% T2-flipflop-id-absolute: Flip-Flop"},
        {"table --extrapolation", "\n\\label{tab:extrapolation-quick}\n"},
        {"compare cope rope", "\n\\label{tab:compare-A-cope--B-rope--profile-quick}\n"},
        {"query trials", "chosen on valid}\n\\label{tab:query-trials}\n"},
        {"query \"SELECT run_id  FROM v_run\"",
         "\\caption{Answer to \\texttt{SELECT run\\_id FROM v\\_run}}\n\\label{tab:query}\n"},
    };
    for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
        struct program p;
        RUN(&p, "%s --db " PUBLISHED "/quick.db -o latex", said[i][0]);
        assert_null(strstr(p.out, "itemize"));
        if (!strstr(p.out, said[i][1]))
            fail_msg("%s: no %s in\n%s%s", said[i][0], said[i][1], p.out, p.err);
        program_free(&p);
    }
}

/* Copies the published quick.db and applies the statements. */
static void copy_changed(const char *name, const char *sql, char path[SCRATCH_TEXT + 16])
{
    struct program p;
    sqlite3 *db;
    snprintf(path, SCRATCH_TEXT + 16, "%s/%s", folder, name);
    program_run_format(&p, "cp", PUBLISHED "/quick.db %s", path);
    assert_int_equal(p.code, 0);
    program_free(&p);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

/* Names and sentences of a foreign database, each of which would fill pages. */
static void what_is_longer_than_a_page_is_cut(void **state)
{
    (void)state;
    skip_without_latex();
    char path[SCRATCH_TEXT + 16];
    struct program p;
    copy_changed("long.db",
                 "UPDATE claim SET text = replace(hex(zeroblob(400)), '00', "
                 "'a_long name of what is claimed, ') WHERE id = 1;"
                 "UPDATE claim SET text = hex(zeroblob(1500)) WHERE id = 2;"
                 "UPDATE claim SET name = replace(hex(zeroblob(400)), '00', 'W') "
                 "WHERE id = 3;"
                 "UPDATE run SET experiment = replace(hex(zeroblob(1000)), '00', 'M') "
                 "WHERE experiment = 'flip_flop';"
                 "UPDATE run SET variant = 'cope(' || replace(hex(zeroblob(900)), '00', "
                 "'option=1,') || 'x=1)' WHERE variant LIKE 'cope%';"
                 "UPDATE metric SET split = replace(hex(zeroblob(200)), '00', 'split_') "
                 "WHERE split = 'id'",
                 path);
    fit(path);
    program_run_format(&p, "grep", "-c 'dots{}' %s/body.tex", folder);
    assert_true(strtol(p.out, NULL, 10) > 0);
    program_free(&p);
}

/* Characters that LaTeX obeys, and letters that it lacks, are errors with pdfLaTeX. */
static void names_of_any_characters_are_set(void **state)
{
    (void)state;
    skip_without_latex();
    char path[SCRATCH_TEXT + 16];
    copy_changed(
        "signs.db",
        "CREATE TEMP TABLE sign AS SELECT '\\{}%#&_^~$\"<>|`''@!?--' AS tight,"
        " '\\ { } % # & _ ^ ~ $ \" < > | ` '' @ ! ? --' AS loose,"
        " 'αΩΔο 中文位置编码 😀 é ñ Ł ą « ∞' || char(0x301, 0x5d0, 0x200b, 0x202e) AS far;"
        "UPDATE run SET variant = tight || variant || loose FROM sign WHERE seed = 1;"
        "UPDATE run SET variant = '[' || variant || far FROM sign WHERE seed = 2;"
        "UPDATE run SET variant = replace(hex(zeroblob(40)), '00', '位置编码😀') || variant "
        "WHERE seed = 3;"
        "UPDATE run SET variant = '--*' || char(10, 10) || variant WHERE seed = 4;"
        "UPDATE membership SET experiment = tight || experiment || loose FROM sign;"
        "UPDATE metric SET split = '*' || split || far FROM sign WHERE split LIKE 'ood%';"
        "UPDATE metric SET value = 1e300 WHERE id % 5 = 1;"
        "UPDATE metric SET value = -1e-300 WHERE id % 5 = 2;"
        "UPDATE metric SET value = 9e999 WHERE id % 5 = 3;"
        "UPDATE claim SET text = tight || loose || far FROM sign",
        path);
    fit(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fits_quick),
        cmocka_unit_test(fits_quick_20),
        cmocka_unit_test(fits_open_cells),
        cmocka_unit_test(fits_overnight),
        cmocka_unit_test(fits_text_quick),
        cmocka_unit_test(fits_text_six),
        cmocka_unit_test(fits_anchors),
        cmocka_unit_test(fits_last_x),
        cmocka_unit_test(what_fits_a_page_is_one_float),
        cmocka_unit_test(tables_have_captions_and_labels),
        cmocka_unit_test(what_is_longer_than_a_page_is_cut),
        cmocka_unit_test(names_of_any_characters_are_set),
    };
    return cmocka_run_group_tests_name("latex", tests, make_folder, remove_all);
}
