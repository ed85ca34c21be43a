/* Every table of every published database in a paper of two columns: what LaTeX says of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "program.h"
#include "scratch.h"

#define PUBLISHED TEST_DATA "/../../results/published"

static char folder[SCRATCH_TEXT];

/* Two kinds of paper: a standard one, and one with narrow columns, where letters are larger. */
static const char *const papers[] = {
    "\\documentclass[twocolumn]{article}\n",
    "\\documentclass[11pt,twocolumn]{article}\n"
    "\\setlength{\\textwidth}{6.75in}\\setlength{\\columnsep}{0.25in}\n",
};

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

static FILE *open_paper(const char *head)
{
    char path[SCRATCH_TEXT + 16];
    snprintf(path, sizeof path, "%s/paper.tex", folder);
    FILE *paper = fopen(path, "w");
    assert_non_null(paper);
    fprintf(paper,
            "%s\\usepackage[T1]{fontenc}\n\\usepackage{booktabs}\n\\usepackage{array}\n"
            "\\usepackage{graphicx}\n\\begin{document}\nText.\n",
            head);
    return paper;
}

/* The output of a command, where it has one: not all databases have claims or such encoders. */
static void print_table(FILE *paper, const char *command, const char *database)
{
    struct program p;
    RUN(&p, "%s --db " PUBLISHED "/%s.db -o latex", command, database);
    assert_true(p.code == 0 || p.code == 4);
    fprintf(paper, "%% %s\n%s\n\\clearpage\n", command, p.code ? "" : p.out);
    program_free(&p);
}

static void compile(FILE *paper, const char *database)
{
    struct program p;
    fputs("\\end{document}\n", paper);
    assert_int_equal(fclose(paper), 0);
    program_run_format(
        &p, "cd",
        "%s && pdflatex -interaction=nonstopmode -halt-on-error paper.tex >/dev/null; "
        "grep -a -A 2 -E '^(Overfull|!|LaTeX Warning: Float)' paper.log >&2; test -s paper.pdf",
        folder);
    if (p.code || *p.err)
        fail_msg("%s: LaTeX says\n%s", database, p.err);
    program_free(&p);
}

static void fit(const char *database)
{
    skip_without_latex();
    for (size_t k = 0; k < sizeof papers / sizeof *papers; k++) {
        FILE *paper = open_paper(papers[k]);
        for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
            print_table(paper, tables[i], database);
        compile(paper, database);
    }
}

#define FITS(database)                        \
    static void fits_##database(void **state) \
    {                                         \
        (void)state;                          \
        fit(#database);                       \
    }
FITS(quick)
FITS(quick_20)
FITS(open_cells)
FITS(overnight)
FITS(text_quick)
FITS(anchors)
FITS(last_x)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fits_quick),      cmocka_unit_test(fits_quick_20),
        cmocka_unit_test(fits_open_cells), cmocka_unit_test(fits_overnight),
        cmocka_unit_test(fits_text_quick), cmocka_unit_test(fits_anchors),
        cmocka_unit_test(fits_last_x),
    };
    return cmocka_run_group_tests_name("latex", tests, make_folder, remove_all);
}
