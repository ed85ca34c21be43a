/* command_new.c -- creates a task or an encoder: one file that compiles, its test, its page, and
 * an encoder's picture.
 *
 * The files are made from the newcomers of templates/, which are built and tested with the
 * program, so that they are sound before their author changes a letter. */
#include <ctype.h>
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "encoder_picture.h"
#include "newcomers.h"
#include "option.h"
#include "output.h"
#include "reference.h"
#include "sample_text.h"

/* NAME_LONGEST: a longer name would make some line of a newcomer longer than the formatter
 * allows. The slow test new_builds creates a task with a name of 32 letters. */
enum { NAME_LONGEST = 32, FILES = 4, PATH_ROOM = PATH_MAX + 128 };
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

struct newcomer {
    const char *kind, *name, *tree;
    bool task;
    bool outside; /* the tree is a separate folder, for a plug-in */
};

/* ---- what is asked for ---- */

/* Returns true for a letter that names may contain. */
static bool is_letter(char c, bool first)
{
    return islower((unsigned char)c) || (!first && (isdigit((unsigned char)c) || c == '_'));
}

/* Returns a suggestion such as ", such as \"hard_alibi\"" for "Hard-ALiBi"; "" when the name has
 * no letters. */
static const char *plain_name(const char *name, char text[2 * NAME_LONGEST])
{
    const char *from = name + strcspn(name, LETTERS);
    size_t n = (size_t)snprintf(text, NAME_LONGEST, ", such as \"");
    if (!*from)
        return "";
    for (; *from && n < NAME_LONGEST + 16; from++)
        text[n++] =
            isalnum((unsigned char)*from) ? (char)tolower((unsigned char)*from) : '_';
    snprintf(text + n, 2, "\"");
    return text;
}

/* Returns true when `kind`_`name` is a function or an object of the program, such as
 * encoder_find. */
static bool is_reserved(const struct newcomer *n)
{
    char symbol[2 * NAME_LONGEST];
    snprintf(symbol, sizeof symbol, "%s_%s", n->kind, n->name);
    return dlsym(RTLD_DEFAULT, symbol) != NULL;
}

static enum status check_letters(const struct newcomer *n, struct err *e)
{
    const int longest = n->task ? NAME_LONGEST : ENCODER_NAME_LONGEST;
    const size_t length = strlen(n->name);
    char text[2 * NAME_LONGEST];
    size_t good = 0;
    while (is_letter(n->name[good], good == 0))
        good++;
    if (good < length || length == 0)
        return err_set(e, ST_USAGE,
                       "\"%s\" cannot name a file and a C identifier: take a small letter, "
                       "then small letters, digits and _%s",
                       n->name, plain_name(n->name, text));
    if (length > (size_t)longest)
        return err_set(e, ST_USAGE,
                       "\"%s\" has %zu letters, and the name of %s %s has %d at most",
                       n->name, length, n->task ? "a" : "an", n->kind, longest);
    return ST_OK;
}

static enum status check_name(const struct newcomer *n, struct err *e)
{
    const enum status st = check_letters(n, e);
    if (st)
        return st;
    if (task_find(n->name) || encoder_find(n->name))
        return err_set(e, ST_USAGE,
                       "there is a%s called %s already, which \"posbench show %s\" shows: "
                       "choose another name",
                       task_find(n->name) ? " task" : "n encoder", n->name, n->name);
    if (is_reserved(n))
        return err_set(e, ST_USAGE,
                       "%s_%s is a name in the program itself: choose another one than %s",
                       n->kind, n->name, n->name);
    return ST_OK;
}

static bool is_tree(const char *folder)
{
    static const char *const signs[] = {"tasks/task.h", "models/encoders/encoder.h",
                                        "cmake/plugins.cmake"};
    char path[PATH_ROOM];
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, signs[i]);
        if (access(path, R_OK) != 0)
            return false;
    }
    return true;
}

/* Finds the named folder, or else the tree at or above the working folder. */
static enum status find_tree(const char *named, char tree[PATH_MAX], struct err *e)
{
    if (named) {
        if (!is_tree(named) || snprintf(tree, PATH_MAX, "%s", named) >= PATH_MAX)
            return err_set(e, ST_USAGE,
                           "%s is no source tree of posbench: it has no tasks/task.h, "
                           "models/encoders/encoder.h and cmake/plugins.cmake",
                           named);
        return ST_OK;
    }
    char *slash = getcwd(tree, PATH_MAX);
    while (slash && !is_tree(tree)) {
        slash = strrchr(tree, '/');
        if (slash)
            *slash = 0;
    }
    if (slash)
        return ST_OK;
    return err_set(e, ST_USAGE,
                   "the working folder is not in a source tree of posbench; "
                   "name one with --tree DIR");
}

static enum status make_folder(const char *named, bool both, char folder[PATH_MAX],
                               struct err *e)
{
    if (both)
        return err_set(e, ST_USAGE, "--tree and --out-of-tree: take one of them");
    if (snprintf(folder, PATH_MAX, "%s", named) >= PATH_MAX)
        return err_set(e, ST_USAGE, "--out-of-tree: the name is too long");
    if (mkdir(named, 0777) != 0 && errno != EEXIST)
        return err_set(e, ST_IO, "%s: cannot be made: %s%s", named, strerror(errno),
                       errno == ENOENT ? "; make the folder that it lies in first" : "");
    return ST_OK;
}

/* ---- what is written ---- */

/* Writes the text with the new name in place of the old one. */
static void write_renamed(const char *text, const char *name, FILE *out)
{
    for (const char *at; (at = strstr(text, NEWCOMER)) != NULL;
         text = at + strlen(NEWCOMER)) {
        fwrite(text, 1, (size_t)(at - text), out);
        fputs(name, out);
    }
    fputs(text, out);
}

/* Returns how many of FILES there are. */
static int files_of(const struct newcomer *n)
{
    return n->task || n->outside ? FILES - 1 : FILES;
}

/* Writes an encoder's page or picture made under the old name, which the formulas go by, with the
 * new name put in. */
static enum status write_encoder_page(const struct newcomer *n, bool picture, FILE *out,
                                      struct err *e)
{
    char *text = NULL;
    size_t length;
    enum status st = ST_OK;
    FILE *page = open_memstream(&text, &length);
    if (!page)
        return err_set(e, ST_NOMEM, "no memory for a page");
    if (picture)
        st = encoder_picture(&encoder_newcomer, page, e);
    else
        reference_encoder_page(&encoder_newcomer, page);
    if (fclose(page) != 0)
        st = err_set(e, ST_NOMEM, "no memory for a page");
    if (!st)
        write_renamed(text, n->name, out);
    free(text);
    return st;
}

/* Writes a task's page, made under the new name because samples are drawn by the name. */
static enum status write_page(const struct newcomer *n, FILE *out, struct err *e)
{
    struct task t = task_newcomer;
    t.name = n->name;
    reference_task_page(&t, out);
    return sample_gallery(&t, out, e);
}

/* Sets the path of a file. A plug-in outside the tree has a source, a Makefile and a
 * CMakeLists.txt. */
static void path_of(const struct newcomer *n, int file, char path[PATH_ROOM])
{
    static const char *const formats[][FILES] = {
        {"models/encoders/encoder_%s.c", "tests/encoders/test_encoder_%s.c",
         "docs/reference/encoders/%s.md", "docs/reference/encoders/%s.svg"},
        {"tasks/task_%s.c", "tests/tasks/test_task_%s.c", "docs/reference/tasks/%s.md", ""},
    };
    static const char *const builds[] = {NULL, "Makefile", "CMakeLists.txt"};
    const char *format = formats[n->task][file], *hole = strstr(format, "%s");
    if (n->outside && file == 0)
        snprintf(path, PATH_ROOM, "%s/%s_%s.c", n->tree, n->kind, n->name);
    else if (n->outside)
        snprintf(path, PATH_ROOM, "%s/%s", n->tree, builds[file]);
    else
        snprintf(path, PATH_ROOM, "%s/%.*s%s%s", n->tree, (int)(hole - format), format,
                 n->name, hole + 2);
}

static void write_outside(const struct newcomer *n, int file, FILE *out)
{
    if (file > 0) {
        write_renamed(file == 1 ? newcomer_makefile : newcomer_cmake, n->name, out);
        return;
    }
    write_renamed(n->task ? newcomer_task : newcomer_encoder, n->name, out);
    fprintf(out, "\n#include <plugin.h>\nPOSBENCH_%s(%s_%s)\n",
            n->task ? "TASK" : "ENCODER", n->kind, n->name);
}

static enum status write_file(const struct newcomer *n, int file, FILE *out, struct err *e)
{
    if (n->outside)
        write_outside(n, file, out);
    else if (file == 0)
        write_renamed(n->task ? newcomer_task : newcomer_encoder, n->name, out);
    else if (file == 1)
        write_renamed(n->task ? newcomer_task_test : newcomer_encoder_test, n->name, out);
    else if (n->task)
        return write_page(n, out, e);
    else
        return write_encoder_page(n, file == FILES - 1, out, e);
    return ST_OK;
}

static enum status write_one(const struct newcomer *n, int file, const char *path,
                             struct err *e)
{
    struct output *o = NULL;
    if (access(path, F_OK) == 0)
        return err_set(e, ST_USAGE,
                       "%s is there already: choose another name, or remove it", path);
    enum status st = output_open(path, false, &o, e);
    if (!st)
        st = write_file(n, file, output_file(o), e);
    if (!st)
        st = output_commit(o, e);
    output_close(o);
    return st;
}

/* Writes all files or none. */
static enum status write_files(const struct newcomer *n, struct err *e)
{
    char path[FILES][PATH_ROOM];
    enum status st = ST_OK;
    int made = 0;
    for (; !st && made < files_of(n); made += st == ST_OK) {
        path_of(n, made, path[made]);
        st = write_one(n, made, path[made], e);
    }
    for (int i = 0; i < made; i++)
        if (st)
            unlink(path[i]);
        else
            printf("%s\n", path[i]);
    return st;
}

static void say_what_next(const struct newcomer *n)
{
    if (n->outside) {
        printf("\nIt builds as it is, against the headers of an installed posbench:\n"
               "    make -C %s\n"
               "    posbench --plugin %s/%s.so %s %s\n"
               "Then make it yours: CONTRIBUTING.md, \"Out of the tree\"%s.\n",
               n->tree, n->tree, n->name, n->task ? "check" : "show", n->name,
               n->task ? "" : ", which says how its gradients are tested, too");
        return;
    }
    printf("\nIt builds and keeps its contract as it is; in %s:\n"
           "    cmake --preset test\n"
           "    cmake --build --preset test --target posbench test_%s_%s test_%s_contract "
           "test_docs\n"
           "    %s%s%sctest --preset test -R '%s_(%s|contract)|docs'\n"
           "    build/test/posbench %s %s\n"
           "Then make it yours, step by step: CONTRIBUTING.md, \"Add %s %s\".\n",
           n->tree, n->kind, n->name, n->kind,
           n->task ? "" : "POSBENCH_ENCODER=", n->task ? "" : n->name, n->task ? "" : " ",
           n->kind, n->name, n->task ? "check" : "show", n->name, n->task ? "a" : "an",
           n->kind);
}

static enum status run(const struct invocation *v, struct err *e)
{
    char tree[PATH_MAX];
    static const char *const kinds[] = {"task", "encoder"};
    const char *outside = flag_text(v, "out-of-tree", NULL);
    struct newcomer n = {argument_at(v, 0), argument_at(v, 1), tree, false, outside};
    n.task = strcmp(n.kind, "task") == 0;
    if (!n.task && strcmp(n.kind, "encoder") != 0)
        return err_set(e, ST_USAGE, "nothing new is called \"%s\"%s", n.kind,
                       suggest_among(n.kind, kinds, 2));
    enum status st = check_name(&n, e);
    if (!st && outside)
        st = make_folder(outside, flag_given(v, "tree"), tree, e);
    else if (!st)
        st = find_tree(flag_text(v, "tree", NULL), tree, e);
    if (!st)
        st = write_files(&n, e);
    if (!st)
        say_what_next(&n);
    return st;
}

static const struct flag flags[] = {
    {"tree", 0, "DIR", false,
     "source tree of posbench (default: the working folder or the nearest above it)"},
    {"out-of-tree", 0, "DIR", false,
     "instead: a folder that builds a shared object for --plugin"},
    {0},
};

const struct command command_new = {
    .name = "new",
    .group = GROUP_DATA,
    .summary = "begin a task or an encoder: a file that compiles, its test and its page",
    .arguments = "task|encoder NAME",
    .min_args = 2,
    .max_args = 2,
    .examples = "posbench new task ladder\n"
                "posbench new encoder spiral --tree ~/posbench\n"
                "posbench new task ladder --out-of-tree ladder",
    .flags = flags,
    .run = run,
};
