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

/* Sets the path of a part to the first of its possible names that exists, else to the last. */
static bool find_part(struct corpus *c, int part)
{
    static const char *const form[] = {"%s/wiki.%s.tokens", "%s/wiki.%s.raw",
                                       "%s/%s.tokens",      "%s/%s.raw",
                                       "%s/%s.txt",         NULL};
    bool there = false;
    for (int i = 0; form[i] && !there; i++) {
        char *path = c->path[part];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        const int n =
            snprintf(path, CORPUS_PATH, form[i], c->folder, corpus_part_names[part]);
#pragma GCC diagnostic pop
        there = n < CORPUS_PATH && access(path, F_OK) == 0;
    }
    return there;
}

static enum status no_folder(const struct corpus *c, struct err *e)
{
    struct stat here;
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
    struct err why = {.msg = ""};
    if (!find_part(c, part) && access(c->folder, F_OK) != 0)
        return no_folder(c, e);
    const enum status st = mapped_file_open(c->path[part], &c->text[part], &why);
    if (st)
        return err_set(e, st,
                       "corpus: %s has no text for %s: %s; there must be %s.txt, or "
                       "wiki.%s.tokens or .raw",
                       c->folder, corpus_part_names[part], why.msg, corpus_part_names[part],
                       corpus_part_names[part]);
    if (c->text[part].size == 0)
        return err_set(e, ST_CONFIG, "corpus: %s is empty", c->path[part]);
    return ST_OK;
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
    enum status st = ST_OK;
    *out = (struct corpus){.name = name};
    if (strcmp(name, "sample") == 0) {
        st = make_sample(out, e);
    } else {
        st = corpus_folder(name, out->folder, e);
        for (int part = 0; part < CORPUS_PARTS && !st; part++)
            st = open_part(out, part, e);
    }
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
