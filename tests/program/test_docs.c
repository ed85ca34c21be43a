/* The reference pages equal what the program prints, and what the guides name exists. */
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "encoder.h"
#include "program.h"
#include "svg_map.h"
#include "task.h"

enum { PATH_TEXT = 512 };

/* Makes a path from the top of the repository, two levels above tests/data. */
static void from_top(char path[PATH_TEXT], const char *name)
{
    snprintf(path, PATH_TEXT, "%s/../../%s", TEST_DATA, name);
}

static char *page(const char *name)
{
    char path[PATH_TEXT];
    from_top(path, name);
    return file_text(path, NULL);
}

/* The file `name` equals the output of `arguments`. */
static void compare_file(const char *name, const char *arguments)
{
    struct program p;
    RUN(&p, "%s", arguments);
    assert_int_equal(p.code, 0);
    char *text = page(name);
    if (strcmp(text, p.out) != 0)
        fail_msg("%s is not what the program says; write it anew with \"scripts/pages %s\"",
                 name, POSBENCH);
    free(text);
    program_free(&p);
}

/* docs/reference/encoders/NAME.svg equals what the program draws. The last bits of a forward
 * pass depend on the CPU, so a cell may be one tone lighter or darker. */
static void compare_picture(const char *encoder)
{
    static struct svg_maps was, is;
    char name[128];
    struct program p;
    snprintf(name, sizeof name, "docs/reference/encoders/%s.svg", encoder);
    RUN(&p, "show %s --svg", encoder);
    assert_int_equal(p.code, 0);
    char *text = page(name);
    assert_in_range(strlen(text), 1000, 8192);
    svg_read(text, &was);
    svg_read(p.out, &is);
    if (strcmp(text, p.out) != 0 || !svg_alike(&was, &is))
        fail_msg(
            "%s is not what the program draws; write it anew with \"scripts/pages %s\"",
            name, POSBENCH);
    free(text);
    program_free(&p);
}

/* Checks docs/reference/WHAT.md, the page about all of them. */
static void compare_page(const char *what)
{
    char name[64], arguments[64];
    snprintf(name, sizeof name, "docs/reference/%s.md", what);
    snprintf(arguments, sizeof arguments, "list %s --markdown", what);
    compare_file(name, arguments);
}

/* Exactly n files match, so none is left of something that no longer exists. */
static void are_so_many(const char *pattern, int n)
{
    glob_t there;
    assert_int_equal(glob(pattern, 0, NULL, &there), 0);
    if (there.gl_pathc != (size_t)n)
        fail_msg(
            "%s: %zu files, but the program makes %d; scripts/pages removes those of what "
            "is gone",
            pattern, there.gl_pathc, n);
    globfree(&there);
}

/* Checks docs/reference/WHAT/NAME.md for each name, and that no other file is there. */
static void compare_pages(const char *what, const char *(*name)(int i), int n)
{
    char file[PATH_TEXT], arguments[128];
    for (int i = 0; i < n; i++) {
        snprintf(file, sizeof file, "docs/reference/%s/%s.md", what, name(i));
        snprintf(arguments, sizeof arguments, "show %s --markdown", name(i));
        compare_file(file, arguments);
    }
    snprintf(arguments, sizeof arguments, "docs/reference/%s/*.md", what);
    from_top(file, arguments);
    are_so_many(file, n);
}

/* The page about all of them names none, so that two authors never change the same file. */
static void names_none(const char *what, const char *(*name)(int i), int n)
{
    char file[64], word[128];
    snprintf(file, sizeof file, "docs/reference/%s.md", what);
    char *text = page(file);
    for (int i = 0; i < n; i++) {
        snprintf(word, sizeof word, "(%s/%s.md)", what, name(i));
        if (strstr(text, word))
            fail_msg(
                "%s names %s; only its own page may, so that two authors never meet in "
                "one file",
                file, name(i));
    }
    free(text);
}

static const char *task_name(int i)
{
    return task_at(i)->name;
}

static const char *encoder_name(int i)
{
    return encoder_at(i)->name;
}

static void the_manual_page_is_what_the_program_prints(void **state)
{
    (void)state;
    compare_file("docs/man/posbench.1", "list commands --man");
}

static void the_page_of_the_database_is_what_the_program_prints(void **state)
{
    (void)state;
    compare_file("docs/DATABASE.md", "query --schema -o md");
}

static void pages_of_tasks_are_what_the_program_prints(void **state)
{
    (void)state;
    compare_page("tasks");
    compare_pages("tasks", task_name, task_count());
    names_none("tasks", task_name, task_count());
}

static void pages_of_encoders_are_what_the_program_prints(void **state)
{
    (void)state;
    compare_page("encoders");
    compare_pages("encoders", encoder_name, encoder_count());
    names_none("encoders", encoder_name, encoder_count());
}

static void pictures_of_encoders_are_what_the_program_draws(void **state)
{
    char pattern[PATH_TEXT];
    (void)state;
    for (int i = 0; i < encoder_count(); i++)
        compare_picture(encoder_name(i));
    from_top(pattern, "docs/reference/encoders/*");
    are_so_many(pattern, 2 * encoder_count()); /* page and picture */
}

static void the_page_of_commands_is_what_the_program_prints(void **state)
{
    (void)state;
    compare_page("commands");
}

/* Fails unless the page `text` has a table row that begins with `row`. */
static void has_row(const char *page, const char *text, const char *row)
{
    if (!strstr(text, row))
        fail_msg("%s has no row \"%s\"; write it anew with \"scripts/pages %s\"", page, row,
                 POSBENCH);
}

static void names_options(const char *page, const char *text, const struct option *table)
{
    char row[128];
    for (const struct option *o = table; o && o->name; o++) {
        snprintf(row, sizeof row, "| `%s` |", o->name);
        has_row(page, text, row);
    }
}

/* Every option and split of every task and encoder is on its page. */
static void pages_name_every_option(void **state)
{
    (void)state;
    char name[128], row[128];
    for (int i = 0; i < task_count(); i++) {
        const struct task *t = task_at(i);
        snprintf(name, sizeof name, "docs/reference/tasks/%s.md", t->name);
        char *text = page(name);
        names_options(name, text, t->options);
        for (const struct task_split *s = t->splits; s->name; s++) {
            snprintf(row, sizeof row, "| `%s` | %d |", s->name, s->count);
            has_row(name, text, row);
        }
        free(text);
    }
    for (int i = 0; i < encoder_count(); i++) {
        snprintf(name, sizeof name, "docs/reference/encoders/%s.md", encoder_at(i)->name);
        char *text = page(name);
        names_options(name, text, encoder_at(i)->options);
        free(text);
    }
}

/* Checks that links [text](target) to files of this repository lead to one. */
static void check_links(const char *name)
{
    char *text = page(name);
    const char *slash = strrchr(name, '/');
    const int folder = slash ? (int)(slash + 1 - name) : 0;
    for (const char *at = text; (at = strstr(at, "](")) != NULL;) {
        char target[PATH_TEXT / 4], relative[PATH_TEXT / 2], path[PATH_TEXT];
        struct stat about;
        at += 2;
        snprintf(target, sizeof target, "%.*s", (int)strcspn(at, ")#"), at);
        if (!*target || strstr(target, "://"))
            continue;
        snprintf(relative, sizeof relative, "%.*s%s", folder, name, target);
        from_top(path, relative);
        if (stat(path, &about) != 0)
            fail_msg("%s links to %s, which is not there", name, target);
    }
    free(text);
}

/* Calls `check` with each guide in docs, by its path from the top; there are at least `least`. */
static void each_guide(void (*check)(const char *name), size_t least)
{
    char pattern[PATH_TEXT];
    glob_t guides;
    from_top(pattern, "docs/*.md");
    assert_int_equal(glob(pattern, 0, NULL, &guides), 0);
    assert_true(guides.gl_pathc >= least);
    for (size_t i = 0; i < guides.gl_pathc; i++)
        check(guides.gl_pathv[i] + strlen(TEST_DATA "/../../"));
    globfree(&guides);
}

static void links_lead_somewhere(void **state)
{
    (void)state;
    check_links("README.md");
    check_links("CONTRIBUTING.md");
    check_links("docs/reference/tasks.md");
    check_links("docs/reference/encoders.md");
    each_guide(check_links, 8);
}

static void check_named(const char *name)
{
    char link[PATH_TEXT], *readme = page("README.md");
    snprintf(link, sizeof link, "](%s)", name);
    if (!strstr(readme, link))
        fail_msg("README.md has no link to %s", name);
    free(readme);
}

static void the_readme_links_every_guide(void **state)
{
    (void)state;
    each_guide(check_named, 8);
}

/* Length of a command up to its comment or the end of its line, which is not in quotes. */
static int command_length(const char *line)
{
    char quote = '\0';
    int n = 0;
    for (; line[n] && (quote || !strchr("\n#", line[n])); n++)
        if (line[n] == quote)
            quote = '\0';
        else if (!quote && strchr("'\"", line[n]))
            quote = line[n];
    assert_int_equal(quote, 0);
    return n;
}

/* Code lines "build/release/posbench ..." of a guide parse with --help appended, so the
 * commands and options in them exist. They write their files into `folder`. */
static void check_lines(const char *name, const char *folder)
{
    static const char start[] = "    build/release/posbench ";
    char *text = page(name);
    int n = 0;
    for (char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, start, strlen(start)) != 0)
            continue;
        char words[512], arguments[1024];
        struct program p;
        line += strlen(start);
        const int length = command_length(line);
        assert_true(length < (int)sizeof words);
        snprintf(words, sizeof words, "%.*s", length, line);
        snprintf(arguments, sizeof arguments, "'%s' && '" POSBENCH "' %s --help", folder,
                 words);
        program_run(&p, "cd", NULL, arguments);
        if (p.code != 0)
            fail_msg("%s: \"posbench %s\": %s", name, words, p.err);
        program_free(&p);
        n++;
    }
    assert_true(n > 0);
    free(text);
}

static void command_lines_in_the_readme_are_accepted(void **state)
{
    char folder[SCRATCH_TEXT];
    (void)state;
    scratch_make(folder);
    check_lines("README.md", folder);
    scratch_remove(folder);
}

/* Writes `text` as FOLDER/NAME. */
static void put_file(const char *folder, const char *name, const char *text)
{
    char path[PATH_TEXT];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

/* Trains a database in which each question of docs/TABLES.md has an answer: two seeds of two
 * encoders with curves, a run that failed, tried learning rates. */
static void train_for_questions(const char *folder)
{
    static const char yaml[] =
        "version: 1\n"
        "defaults:\n"
        "  model: {layers: 1, heads: 2, dim: 8}\n"
        "  train: {steps: 4, warmup: 1, batch: 16, eval_every: 2, eval_count: 3}\n"
        "experiments:\n"
        "  flip_flop:\n"
        "    seeds: [1, 2]\n"
        "    task: {name: flip_flop, length: 16}\n"
        "    splits: {valid: {count: 5}, id: {count: 200}, ood_longer: {count: 99, length: 32}}\n"
        "    encoders: [none, rope]\n"
        "published:\n"
        "  - {paper: made, source: up, experiment: flip_flop, metric: token_error,\n"
        "     values: {rope: {id: [1, 1]}}}\n"
        "claims:\n"
        "  - {id: one, text: less, experiment: flip_flop, split: id, metric: token_error,\n"
        "     less: rope, than: none}\n";
    struct program p;
    put_file(folder, "experiments.yaml", yaml);
    RUN(&p, "-C %s run -q", folder);
    if (p.code != 0)
        fail_msg("%s", p.err);
    program_free(&p);
}

/* Writes the tour's file with few steps, which serve as well as a thousand here. */
static void shorten_tour(const char *folder)
{
    static const char *const changes[][2] = {{"warmup: 50", "warmup: 1 "},
                                             {"steps: 1500", "steps: 2   "},
                                             {"eval_every: 300", "eval_every: 2  "}};
    char *text = page("experiments/tour.yaml");
    for (int i = 0; i < 3; i++) {
        char *at = strstr(text, changes[i][0]);
        assert_non_null(at);
        memcpy(at, changes[i][1], strlen(changes[i][1]));
    }
    put_file(folder, "tour.yaml", text);
    free(text);
}

/* The fenced block after `line` holds what was printed. */
static void compare_fence(const char *name, const char *line, char *printed)
{
    static const char start[] = "\n\n```text\n", stop[] = "\n```\n";
    const char *fence = line + strcspn(line, "\n");
    size_t n = strlen(printed);
    while (n > 0 && printed[n - 1] == '\n')
        n--;
    if (strncmp(fence, start, strlen(start)) != 0 ||
        strncmp(fence + strlen(start), printed, n) != 0 ||
        strncmp(fence + strlen(start) + n, stop, strlen(stop)) != 0)
        fail_msg("%s: scripts/update-page writes anew what is below%.*s", name,
                 (int)strcspn(line, "\n"), line);
}

/* Every indented line of a page works as it stands. `printed`: the block after it shows its
 * output. */
static void check_commands(const char *name, const char *folder, int least, bool printed)
{
    static const char start[] = "    ";
    char *text = page(name);
    bool fenced = false;
    int n = 0;
    for (char *line = text; line; line = strchr(line, '\n')) {
        char words[1024], arguments[2048];
        struct program p;
        line += *line == '\n';
        fenced ^= strncmp(line, "```", 3) == 0;
        if (fenced || strncmp(line, start, strlen(start)) != 0)
            continue;
        snprintf(words, sizeof words, "%.*s", (int)strcspn(line, "\n"), line);
        snprintf(arguments, sizeof arguments,
                 "'%s' && posbench() { '" POSBENCH "' \"$@\"; } && %s", folder, words);
        program_run(&p, "cd", NULL, arguments);
        const bool undrawn = p.code != 0 && strstr(p.err, "gnuplot is not installed");
        if (undrawn)
            print_message("skipped: gnuplot is not installed: %s\n", words + strlen(start));
        else if (p.code != 0)
            fail_msg("%s: %s: %d: %s", name, words, p.code, p.err);
        else if (printed)
            compare_fence(name, line, p.out);
        program_free(&p);
        n++;
    }
    assert_in_range(n, least, 1000);
    free(text);
}

static void lines_for_tables_work(void **state)
{
    char folder[SCRATCH_TEXT];
    (void)state;
    scratch_make(folder);
    train_for_questions(folder);
    check_commands("docs/TABLES.md", folder, 20, false);
    scratch_remove(folder);
}

static void lines_of_the_tour_work(void **state)
{
    char folder[SCRATCH_TEXT];
    (void)state;
    scratch_make(folder);
    shorten_tour(folder);
    check_commands("docs/TOUR.md", folder, 12, false);
    scratch_remove(folder);
}

/* Checks the pages of results whose databases are in results/published. */
static void pages_of_results_are_what_the_program_prints(void **state)
{
    char top[PATH_TEXT];
    (void)state;
    from_top(top, "");
    check_commands("docs/POSBENCH-20.md", top, 3, true);
    check_commands("docs/LANGUAGE.md", top, 5, true);
    check_commands("docs/LAST_X.md", top, 2, true);
    check_commands("docs/OVERNIGHT.md", top, 4, true);
    check_commands("docs/ANCHORS.md", top, 4, true);
}

/* README and scripts/lib.sh list the same packages. */
static void packages_are_named_alike(void **state)
{
    (void)state;
    char *readme = page("README.md"), *library = page("scripts/lib.sh");
    char *dependencies = page("docs/DEPENDENCIES.md");
    const char *list = strstr(library, "BUILD_PACKAGES=\"");
    assert_non_null(list);
    list += strlen("BUILD_PACKAGES=\"");
    char packages[1024];
    snprintf(packages, sizeof packages, "%.*s", (int)strcspn(list, "\""), list);
    int n = 0;
    for (char *p = strtok(packages, " \n"); p; p = strtok(NULL, " \n"), n++) {
        if (!strstr(readme, p))
            fail_msg("README.md does not name %s", p);
        if (!strstr(dependencies, p))
            fail_msg("docs/DEPENDENCIES.md does not name %s", p);
    }
    assert_true(n > 5);
    free(readme);
    free(library);
    free(dependencies);
}

/* Checks an item "`path`: ... `name` ...", which ends before the first line without indent:
 * the file exists, the walk names it once, and the names occur in it. */
static void check_item(const char *walk, const char *item)
{
    char path[PATH_TEXT / 4], file[PATH_TEXT], quoted[PATH_TEXT / 4], word[128];
    struct stat about;
    const char *end = item, *at = strchr(item + 1, '`') + 1;
    while ((end = strchr(end, '\n')) != NULL && end[1] == ' ')
        end++;
    snprintf(path, sizeof path, "%.*s", (int)(at - item - 2), item + 1);
    snprintf(quoted, sizeof quoted, "`%.100s`", path);
    from_top(file, path);
    if (stat(file, &about) != 0)
        fail_msg("docs/ARCHITECTURE.md walks to %s, which is not there", path);
    if (strstr(walk, quoted) != item)
        fail_msg("docs/ARCHITECTURE.md walks to %s twice", path);
    char *text = page(path);
    while ((at = strchr(at, '`')) != NULL && (!end || at < end)) {
        const int n = (int)strcspn(++at, "`");
        snprintf(word, sizeof word, "%.*s", n, at);
        if (!strstr(text, word))
            fail_msg("docs/ARCHITECTURE.md looks for %s in %s, where it is not", word,
                     path);
        at += n + 1;
    }
    free(text);
}

/* Checks "31 files, in ...", then "1. `path`: ...". Returns the number of items. */
static long check_walk(const char *walk)
{
    long said = 0, n = 0;
    for (const char *line = strchr(walk, '\n'); line; line = strchr(line, '\n')) {
        char *rest;
        if (strncmp(++line, "## ", 3) == 0)
            break;
        if (*line < '1' || *line > '9')
            continue;
        const long number = strtol(line, &rest, 10);
        if (strncmp(rest, " files, in", 10) == 0)
            said = number;
        if (strncmp(rest, ". `", 3) != 0)
            continue;
        assert_int_equal(number, ++n);
        check_item(walk, rest + 2);
    }
    assert_int_equal(said, n);
    return n;
}

static void walks_lead_through_files_that_are_there(void **state)
{
    (void)state;
    char *text = page("docs/ARCHITECTURE.md");
    const char *walk = text;
    int walks = 0;
    for (; (walk = strstr(walk, "\n## A walk")) != NULL; walks++)
        assert_true(check_walk(++walk) > 20);
    assert_int_equal(walks, 2);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_of_tasks_are_what_the_program_prints),
        cmocka_unit_test(pages_of_encoders_are_what_the_program_prints),
        cmocka_unit_test(pictures_of_encoders_are_what_the_program_draws),
        cmocka_unit_test(the_page_of_commands_is_what_the_program_prints),
        cmocka_unit_test(the_manual_page_is_what_the_program_prints),
        cmocka_unit_test(the_page_of_the_database_is_what_the_program_prints),
        cmocka_unit_test(pages_name_every_option),
        cmocka_unit_test(links_lead_somewhere),
        cmocka_unit_test(the_readme_links_every_guide),
        cmocka_unit_test(command_lines_in_the_readme_are_accepted),
        cmocka_unit_test(lines_for_tables_work),
        cmocka_unit_test(lines_of_the_tour_work),
        cmocka_unit_test(pages_of_results_are_what_the_program_prints),
        cmocka_unit_test(packages_are_named_alike),
        cmocka_unit_test(walks_lead_through_files_that_are_there),
    };
    return cmocka_run_group_tests_name("docs", tests, NULL, NULL);
}
