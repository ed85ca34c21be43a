/* Spools that a worker left, read by the scheduler and folded into a database. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include "spool.h"

/* Returns one database in memory for all inputs, with a run that is begun again and empty. */
static struct store *database(int64_t *run)
{
    static const struct run_row row = {.identity = "00ff",
                                       .experiment = "e",
                                       .profile = "quick",
                                       .cell = "",
                                       .task = "flip_flop",
                                       .encoder = "rope",
                                       .variant = "rope",
                                       .config = "{}",
                                       .task_version = 1,
                                       .seed = 1};
    static const struct provenance here = {.version = "0",
                                           .commit = "",
                                           .compiler = "",
                                           .flags = "",
                                           .kernel_isa = "",
                                           .blas = "",
                                           .blas_core = "",
                                           .cpu = "",
                                           .host = "",
                                           .yaml_hash = ""};
    static struct store *db;
    static int64_t provenance;
    struct err e = {.msg = ""};
    if (!db && (store_open(":memory:", STORE_WRITE, &db, &e) ||
                store_provenance(db, &here, &provenance, &e))) {
        fprintf(stderr, "%s\n", e.msg);
        abort();
    }
    assert(store_run(db, &row, run, NULL, NULL) == ST_OK);
    /* A run that the previous input ended as done would stay done. */
    assert(store_remove(db, run, 1, true, NULL) == ST_OK);
    assert(store_begin(db, *run, provenance, NULL) == ST_OK);
    return db;
}

static enum status keep_state(void *context, int columns, const char *const *names,
                              const char *const *cells, struct err *e)
{
    (void)names;
    (void)e;
    assert(columns == 1 && cells[0]);
    snprintf(context, 16, "%s", cells[0]);
    return ST_OK;
}

/* The database gets the state that the spool reports, or refuses with a reason. */
static void fold(const struct spool *s)
{
    const char *told = spool_state(s);
    char state[16] = "";
    struct err e = {.msg = ""};
    int64_t run;
    struct store *db = database(&run);
    if (spool_fold(s, db, run, NULL, NULL, &e) != ST_OK) {
        assert(e.msg[0]);
        return;
    }
    assert(store_query(db, "SELECT state FROM run", NULL, 0, keep_state, state, &e) ==
           ST_OK);
    assert(strcmp(state, told ? told : "failed") == 0);
}

/* Reads lines one by one, as from a pipe. */
static void progress(const char *text, size_t bytes)
{
    for (const char *end = text + bytes; text < end;) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        const size_t n = newline ? (size_t)(newline - text) : (size_t)(end - text);
        struct run_progress p;
        if (spool_progress_parse(text, n, &p))
            assert(strlen(p.phase) < PHASE_TEXT);
        text += n + 1;
    }
}

/* A checkpoint keeps a part of the spool. Appended again it reads as a spool, and appending it
 * once more gives the same. */
static void replay(const uint8_t *data, size_t bytes)
{
    static int file = -1;
    char *text = fuzz_text(data, bytes), *first = NULL;
    if (file < 0)
        file = memfd_create("spool", MFD_CLOEXEC);
    const struct spool_writer w = {.file = file, .live = -1};
    struct spool *s = NULL;
    struct err e = {.msg = ""};
    for (int i = 0; i < 2; i++) {
        if (ftruncate(file, 0) != 0 || lseek(file, 0, SEEK_SET) != 0)
            abort();
        if (spool_replay(&w, first ? first : text, &s, &e) != ST_OK) {
            assert(!first && spool_position(&w) == 0);
            break;
        }
        spool_free(s);
        char *again = NULL;
        assert(spool_copy(&w, spool_position(&w), &again, &e) == ST_OK);
        assert(!first || strcmp(first, again) == 0);
        free(first);
        first = again;
    }
    free(first);
    free(text);
}

void fuzz_one(const uint8_t *data, size_t bytes)
{
    struct spool *s = NULL;
    struct err e = {.msg = ""};
    progress((const char *)data, bytes);
    if (spool_read(fuzz_file(data, bytes), &s, &e) == ST_OK) {
        assert(spool_reason(s));
        spool_value(s, "id", "loss");
        fold(s);
    } else {
        assert(e.msg[0] && !s);
    }
    spool_free(s);
    replay(data, bytes);
}
