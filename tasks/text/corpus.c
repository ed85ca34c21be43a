#include "corpus.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sample_corpus.h"

const char *const corpus_part_names[] = {"train", "valid", "test", NULL};

enum status corpus_folder(const char *name, char out[CORPUS_PATH], struct err *e)
{
    const char *home = getenv("POSBENCH_CORPORA");
    const int n = strchr(name, '/') ? snprintf(out, CORPUS_PATH, "%s", name)
                                    : snprintf(out, CORPUS_PATH, "%s/%s",
                                               home && *home ? home : "corpora", name);
    return n < CORPUS_PATH ? ST_OK
                           : err_set(e, ST_RANGE, "corpus: %.64s...: too long", name);
}

static const char *const forms[] = {"%s/wiki.%s.tokens", "%s/wiki.%s.raw", "%s/%s.tokens",
                                    "%s/%s.raw", "%s/%s.txt"};
enum { FORMS = sizeof forms / sizeof *forms };

/* Sets the paths of all parts to a form; returns how many of these files exist. */
static int paths_of(struct corpus *c, int form)
{
    int there = 0;
    for (int part = 0; part < CORPUS_PARTS; part++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        const int n = snprintf(c->path[part], CORPUS_PATH, forms[form], c->folder,
                               corpus_part_names[part]);
#pragma GCC diagnostic pop
        there += n < CORPUS_PATH && access(c->path[part], F_OK) == 0;
    }
    return there;
}

/* Sets the paths to the form of which most parts exist, the first among equals, the last when none
 * exists. Parts of two forms are never mixed: one text would have <unk> and another would not. */
static void find_form(struct corpus *c)
{
    int best = FORMS - 1, most = 0;
    for (int form = 0; form < FORMS; form++) {
        const int there = paths_of(c, form);
        best = there > most ? form : best;
        most = there > most ? there : most;
    }
    paths_of(c, best);
}

static enum status check_folder(const struct corpus *c, struct err *e)
{
    struct stat here;
    if (stat(c->folder, &here) == 0)
        return S_ISDIR(here.st_mode)
                   ? ST_OK
                   : err_set(e, ST_IO,
                             "corpus: %s is a file; name the folder that holds train.txt, "
                             "valid.txt and test.txt",
                             c->folder);
    if (!strchr(c->name, '/') && stat(c->name, &here) == 0 && S_ISDIR(here.st_mode))
        return err_set(e, ST_IO,
                       "corpus: there is no folder %s; the one here is called ./%s",
                       c->folder, c->name);
    if (strchr(c->name, '/'))
        return err_set(
            e, ST_IO,
            "corpus: there is no folder %s (paths begin in the working folder); it "
            "must hold train.txt, valid.txt and test.txt",
            c->folder);
    return err_set(
        e, ST_IO,
        "corpus: there is no folder %s; \"posbench corpus prose\" and \"posbench "
        "corpus code\" prepare those of ours, or name a folder with train.txt, "
        "valid.txt and test.txt, as ./%s",
        c->folder, c->name);
}

static enum status open_part(struct corpus *c, int part, struct err *e)
{
    const char *name = strrchr(c->path[part], '/') + 1;
    struct err why = {.msg = ""};
    const enum status st = mapped_file_open(c->path[part], &c->text[part], &why);
    if (st)
        return err_set(e, st,
                       "corpus: %s has no text for %s: %s; there must be %s, or all three "
                       "of train.txt and so on, wiki.train.tokens and so on, or .raw",
                       c->folder, corpus_part_names[part], why.msg, name);
    if (c->text[part].size == 0)
        return err_set(e, ST_CONFIG, "corpus: %s is empty", c->path[part]);
    return ST_OK;
}

static enum status open_folder(struct corpus *c, struct err *e)
{
    enum status st = corpus_folder(c->name, c->folder, e);
    if (!st)
        st = check_folder(c, e);
    if (!st)
        find_form(c);
    for (int part = 0; part < CORPUS_PARTS && !st; part++)
        st = open_part(c, part, e);
    return st;
}

static enum status make_sample(struct corpus *c, struct err *e)
{
    c->made = malloc((size_t)2 * SAMPLE_CORPUS_BYTES);
    if (!c->made)
        return err_set(e, ST_NOMEM, "no memory for the corpus \"sample\"");
    size_t at = 0;
    for (int part = 0; part < CORPUS_PARTS; part++) {
        const size_t n = part ? SAMPLE_CORPUS_BYTES / 2 : SAMPLE_CORPUS_BYTES;
        sample_corpus((unsigned)part, c->made + at, n);
        c->text[part] = (struct mapped_file){.at = c->made + at, .size = n};
        snprintf(c->path[part], CORPUS_PATH, "sample/%s", corpus_part_names[part]);
        at += n;
    }
    return ST_OK;
}

enum status corpus_open(const char *name, struct corpus *out, struct err *e)
{
    *out = (struct corpus){.name = name};
    const enum status st =
        strcmp(name, "sample") == 0 ? make_sample(out, e) : open_folder(out, e);
    for (int part = 0; part < CORPUS_PARTS && !st; part++)
        mapped_file_hash(&out->text[part], out->hash[part]);
    if (st)
        corpus_close(out);
    return st;
}

void corpus_close(struct corpus *c)
{
    for (int part = 0; part < CORPUS_PARTS; part++)
        mapped_file_close(&c->text[part]);
    free(c->made);
    c->made = NULL;
}
