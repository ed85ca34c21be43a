/* command_corpus.c -- prepares a corpus from Debian packages, or describes one that exists.
 *
 * prepare_corpus.pl, which is part of this program, extracts the texts from the packages; nothing
 * is downloaded. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#include <unistd.h>

#include "clean.h"
#include "command.h"
#include "corpus.h"
#include "prepare_corpus.h"
#include "text_table.h"

enum { MISSING = 3 }; /* exit code of prepare_corpus.pl: packages are missing */

static bool is_ours(const char *name)
{
    return strcmp(name, "prose") == 0 || strcmp(name, "code") == 0;
}

/* Starts perl with `in` as its standard input. It stops with this program. */
static pid_t start_perl(int in, const char *name, const char *folder)
{
    const pid_t child = fork();
    if (child != 0)
        return child;
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGTERM);
#endif
    if (dup2(in, STDIN_FILENO) >= 0)
        execlp("perl", "perl", "-", name, folder, (char *)NULL);
    _exit(127);
}

static enum status ended(int how, const char *name, struct err *e)
{
    const int code = WIFEXITED(how) ? WEXITSTATUS(how) : -1;
    if (code == 0)
        return ST_OK;
    if (code == 127)
        return err_set(e, ST_IO,
                       "there is no perl, which takes the texts out of their packages; "
                       "apt-get install perl");
    return err_set(e, code == MISSING ? ST_IO : ST_FAILED,
                   code == MISSING
                       ? "corpus %s: install what was named above, then call this again"
                       : "corpus %s was not prepared; the reason is above",
                   name);
}

static enum status prepare(const char *name, const char *folder, struct err *e)
{
    FILE *script = tmpfile();
    int how = -1;
    if (!script || fputs(prepare_corpus, script) < 0 || fflush(script) != 0 ||
        lseek(fileno(script), 0, SEEK_SET) != 0) {
        if (script)
            fclose(script);
        return err_set(e, ST_IO, "no room for a script: %s", strerror(errno));
    }
    const pid_t child = start_perl(fileno(script), name, folder);
    fclose(script);
    if (child < 0)
        return err_set(e, ST_IO, "perl cannot be started: %s", strerror(errno));
    while (waitpid(child, &how, 0) < 0 && errno == EINTR)
        ;
    return ended(how, name, e);
}

/* Makes the folders above a corpus. */
static enum status make_home(const char *folder, struct err *e)
{
    char home[CORPUS_PATH];
    const char *slash = strrchr(folder, '/');
    snprintf(home, sizeof home, "%.*s", slash ? (int)(slash - folder) : 1,
             slash ? folder : ".");
    struct stat is;
    const bool made = !*home || mkdir(home, 0777) == 0;
    int why = errno;
    if (!made && why == EEXIST && stat(home, &is) == 0)
        why = S_ISDIR(is.st_mode) ? 0 : ENOTDIR;
    if (!made && why)
        return err_set(e, ST_IO,
                       "%s: cannot be made: %s; choose another folder with "
                       "POSBENCH_CORPORA",
                       home, strerror(why));
    return ST_OK;
}

struct lines {
    long long lines, words, headings;
};

static bool blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Counts byte by byte, since a line may be as long as the file. A heading begins with " = ".
 * `same` is how many bytes of that mark the line matches so far; a larger value means that it
 * differs. */
static struct lines count_lines(const struct mapped_file *m)
{
    static const char mark[] = " = ";
    const size_t whole = sizeof mark - 1;
    struct lines n = {0};
    size_t passed = 0, same = 0;
    char before = '\n';
    for (size_t at = 0; at < m->size; at++) {
        const char c = m->at[at];
        n.lines += c == '\n';
        n.words += !blank(c) && blank(before);
        n.headings += same == whole && c != '\n';
        if (c == '\n')
            same = 0;
        else
            same = same < whole && c == mark[same] ? same + 1 : whole + 1;
        before = c;
        mapped_file_passed(m, &passed, at);
    }
    return n;
}

static enum status describe(const char *name, struct err *e)
{
    static struct corpus c;
    const enum status st = corpus_open(name, &c, e);
    if (st)
        return st;
    clean_line(stdout, "%s: %s", name, *c.folder ? c.folder : "built in");
    printf("%-6s %12s %10s %12s %9s  %s\n", "part", "bytes", "lines", "words", "headings",
           "hash              file");
    for (int part = 0; part < CORPUS_PARTS; part++) {
        const struct lines n = count_lines(&c.text[part]);
        printf("%-6s %12zu %10lld %12lld %9lld  %016llx  %s\n", corpus_part_names[part],
               c.text[part].size, n.lines, n.words, n.headings,
               (unsigned long long)c.hash[part][0],
               *c.folder ? strrchr(c.path[part], '/') + 1 : "-");
    }
    corpus_close(&c);
    return ST_OK;
}

static enum status run(const struct invocation *v, struct err *e)
{
    const char *name = argument_at(v, 0);
    char folder[CORPUS_PATH];
    enum status st = corpus_folder(name, folder, e);
    if (!st && is_ours(name) &&
        (access(folder, F_OK) != 0 || rmdir(folder) == 0)) { /* empty: as if not there */
        st = make_home(folder, e);
        if (!st)
            st = prepare(name, folder, e);
    }
    return st ? st : describe(name, e);
}

const struct command command_corpus = {
    .name = "corpus",
    .group = GROUP_DATA,
    .summary = "prepare a corpus of text from Debian packages, or look at one",
    .arguments = "prose|code|DIR",
    .min_args = 1,
    .max_args = 1,
    .examples = "posbench corpus prose\n"
                "posbench corpus code\n"
                "posbench corpus ./wikitext-103\n"
                "posbench show text --set corpus=prose --set vocabulary=2048",
    .run = run,
};
