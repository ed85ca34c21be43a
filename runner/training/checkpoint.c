/* checkpoint.c -- stores weights, moments, position and report in one safetensors file.
 *
 * Saving writes the tensors of the weights and of both moments, and as notes the position as
 * JSON, the spool so far, and a check sum of all that. Loading reads identity and position first,
 * then everything, then the check sum. checkpoint_step_of needs no model.
 * Pitfall: a failed load may have filled half of the trainer, which must then be opened again
 * (training.c does). A changed layout of the notes needs another `version`. */
#include "checkpoint.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <xxhash.h>

#include "safetensors.h"
#include "json_text.h"
#include "provenance.h"

enum { NAME_TEXT = 128, CHECK_TEXT = 24 };
/* The JSON of a position has 300 bytes; parsed JSON takes up to 80 times its text. */
enum { STATE_BYTES = 4096 };

static const char format[] = "posbench checkpoint", version[] = "1";

/* --- places --- */

enum status checkpoint_path(const char *db, const char *identity, char out[PATH_MAX],
                            struct err *e)
{
    const int n =
        snprintf(out, PATH_MAX, "%s.models/%s.checkpoint.safetensors", db, identity);
    if (n < 0 || n >= PATH_MAX)
        return err_set(e, ST_IO, "%s: the path is too long", db);
    return ST_OK;
}

void checkpoint_forget(const char *db, const char *identity)
{
    char path[PATH_MAX];
    if (checkpoint_path(db, identity, path, NULL) == ST_OK)
        unlink(path);
}

void checkpoint_maker(char text[CHECKPOINT_MAKER])
{
    const struct provenance p = provenance_here(NULL);
    snprintf(text, CHECKPOINT_MAKER, "posbench %s (%s%s), %s, %s, %s", p.version, p.commit,
             p.dirty ? "+" : "", p.compiler, p.kernel_isa, p.blas_core);
}

/* --- tensors --- */

/* Weights and both moments of every tensor: [3 * count] tensors, with their names. */
struct tensors {
    struct safetensors_tensor *at;
    char (*name)[NAME_TEXT];
    int n;
};

static void tensors_free(struct tensors *x)
{
    free(x->at);
    free(x->name);
}

/* Lists the tensors. The caller frees *x with tensors_free, also after an error. */
static enum status tensors_of(struct trainer *t, struct tensors *x, struct err *e)
{
    struct model *m = trainer_model(t);
    const struct {
        const char *prefix;
        real *flat; /* [model_size] */
    } part[] = {{"", model_weights(m)},
                {"optimizer.first_moment.", trainer_first_moment(t)},
                {"optimizer.second_moment.", trainer_second_moment(t)}};
    const int count = model_tensor_count(m);
    const size_t room = 3 * (size_t)count;
    *x = (struct tensors){.at = calloc(room, sizeof *x->at),
                          .name = calloc(room, sizeof *x->name)};
    if (!x->at || !x->name)
        return err_set(e, ST_NOMEM, "no memory for the list of %zu tensors", room);
    for (size_t p = 0; p < 3; p++)
        for (int i = 0; i < count; i++, x->n++) {
            const struct tensor *from = model_tensor(m, i);
            snprintf(x->name[x->n], NAME_TEXT, "%s%s", part[p].prefix, from->name);
            x->at[x->n] = (struct safetensors_tensor){.name = x->name[x->n],
                                                      .rows = from->rows,
                                                      .columns = from->columns,
                                                      .at = part[p].flat + from->offset};
        }
    return ST_OK;
}

/* Computes a check sum of everything stored, where each part seeds the next; a safetensors file
 * has none of its own. */
static void check_of(const struct tensors *x, const char *state, const char *reported,
                     char text[CHECK_TEXT])
{
    XXH64_hash_t h = XXH3_64bits(state, strlen(state));
    h = XXH3_64bits_withSeed(reported, strlen(reported), h);
    for (int i = 0; i < x->n; i++) {
        const struct safetensors_tensor *t = &x->at[i];
        h = XXH3_64bits_withSeed(t->at,
                                 (size_t)t->rows * (size_t)t->columns * sizeof *t->at, h);
    }
    snprintf(text, CHECK_TEXT, "%016llx", (unsigned long long)h);
}

/* --- the position --- */

/* Returns the position as JSON; 17 digits restore a double exactly. */
static char *point_text(const struct checkpoint_point *p)
{
    json_t *j =
        json_pack("{si si si sf sf sf sf sf sf sf}", "step", p->step, "pointed", p->pointed,
                  "loss_steps", p->loss_steps, "loss_sum", p->loss_sum, "flops", p->flops,
                  "train_s", p->train_s, "train_tokens", p->train_tokens, "wall_s",
                  p->wall_s, "cpu_s", p->cpu_s, "peak_memory_mib", p->peak_memory_mib);
    char *text = j ? json_write(j, JSON_COMPACT | JSON_REAL_PRECISION(17)) : NULL;
    json_decref(j);
    return text;
}

static bool point_parse(const char *text, int steps, struct checkpoint_point *p)
{
    const size_t bytes = strlen(text);
    json_t *j;
    if (bytes > STATE_BYTES ||
        json_read(text, bytes, JSON_REJECT_DUPLICATES, &j, NULL) != ST_OK)
        return false;
    const bool ok =
        json_unpack(j, "{s:i, s:i, s:i, s:F, s:F, s:F, s:F, s:F, s:F, s:F}", "step",
                    &p->step, "pointed", &p->pointed, "loss_steps", &p->loss_steps,
                    "loss_sum", &p->loss_sum, "flops", &p->flops, "train_s", &p->train_s,
                    "train_tokens", &p->train_tokens, "wall_s", &p->wall_s, "cpu_s",
                    &p->cpu_s, "peak_memory_mib", &p->peak_memory_mib) == 0;
    json_decref(j);
    return ok && p->step > 0 && p->step <= steps && p->pointed >= 0 &&
           p->pointed <= p->step && p->loss_steps >= 0 && p->loss_steps <= p->step &&
           isfinite(p->loss_sum) && p->flops >= 0.0 && p->train_s >= 0.0 &&
           p->train_tokens >= 0.0 && p->wall_s >= 0.0 && p->cpu_s >= 0.0;
}

/* --- saving --- */

enum status checkpoint_save(const char *path, const struct run_spec *r, struct trainer *t,
                            const struct checkpoint_point *at, const char *reported,
                            struct err *e)
{
    struct tensors x = {0};
    char check[CHECK_TEXT], maker[CHECKPOINT_MAKER];
    char *state = point_text(at);
    enum status st = state ? ST_OK : err_set(e, ST_NOMEM, "no memory for a checkpoint");
    if (st == ST_OK)
        st = tensors_of(t, &x, e);
    if (st == ST_OK) {
        check_of(&x, state, reported, check);
        checkpoint_maker(maker);
        const struct safetensors_note notes[] = {
            {"format", format},    {"version", version}, {"identity", r->identity},
            {"config", r->config}, {"state", state},     {"reported", reported},
            {"made_with", maker},  {"check", check},
        };
        st = safetensors_write(path, x.at, x.n, notes, sizeof notes / sizeof *notes, e);
    }
    tensors_free(&x);
    free(state);
    return st;
}

/* --- loading --- */

enum note { NOTE_FORMAT, NOTE_VERSION, NOTE_IDENTITY, NOTE_STATE, NOTES_PEEKED };
enum { NOTE_REPORTED = NOTES_PEEKED, NOTE_MAKER, NOTE_CHECK, NOTES };

static const char *const note_key[NOTES] = {"format",   "version",   "identity", "state",
                                            "reported", "made_with", "check"};

static void free_notes(char *note[NOTES])
{
    for (int i = 0; i < NOTES; i++)
        free(note[i]);
}

/* Checks that the file is of this run and of a known format. */
static enum status check_notes(const char *path, const struct run_spec *r,
                               char *const note[NOTES], int n, struct checkpoint_point *at,
                               struct err *e)
{
    for (int i = 0; i < n; i++)
        if (!note[i])
            return err_set(e, ST_IO, "%s: is no checkpoint of a run: it has no \"%s\"",
                           path, note_key[i]);
    if (strcmp(note[NOTE_FORMAT], format) != 0 || strcmp(note[NOTE_VERSION], version) != 0)
        return err_set(e, ST_IO, "%s: is a %.40s of version %.16s, not a %s of version %s",
                       path, note[NOTE_FORMAT], note[NOTE_VERSION], format, version);
    if (strcmp(note[NOTE_IDENTITY], r->identity) != 0)
        return err_set(e, ST_IO, "%s: is of run %.40s, not of %s", path,
                       note[NOTE_IDENTITY], r->identity);
    if (!point_parse(note[NOTE_STATE], r->train.optimizer.steps, at))
        return err_set(e, ST_IO, "%s: is damaged: its state makes no sense", path);
    return ST_OK;
}

static enum status peek(const char *path, const struct run_spec *r,
                        struct checkpoint_point *at, struct err *e)
{
    char *note[NOTES] = {0};
    enum status st = safetensors_notes_read(path, note_key, note, NOTES_PEEKED, e);
    if (st == ST_OK)
        st = check_notes(path, r, note, NOTES_PEEKED, at, e);
    free_notes(note);
    return st;
}

enum status checkpoint_load(const char *path, const struct run_spec *r, struct trainer *t,
                            struct checkpoint_found *out, struct err *e)
{
    struct tensors x = {0};
    char *note[NOTES] = {0}, check[CHECK_TEXT];
    *out = (struct checkpoint_found){0};
    enum status st = peek(path, r, &out->at, e);
    if (st == ST_OK)
        st = tensors_of(t, &x, e);
    if (st == ST_OK)
        st = safetensors_read_noted(path, x.at, x.n, note_key, note, NOTES, e);
    if (st == ST_OK)
        st = check_notes(path, r, note, NOTES, &out->at, e);
    if (st == ST_OK) {
        check_of(&x, note[NOTE_STATE], note[NOTE_REPORTED], check);
        if (strcmp(check, note[NOTE_CHECK]) != 0)
            st = err_set(e, ST_IO, "%s: is damaged: its check sum does not fit", path);
    }
    if (st == ST_OK) {
        snprintf(out->maker, sizeof out->maker, "%s", note[NOTE_MAKER]);
        out->reported = note[NOTE_REPORTED];
        note[NOTE_REPORTED] = NULL;
    }
    free_notes(note);
    tensors_free(&x);
    return st;
}

int checkpoint_steps(const char *db, const struct run_spec *r)
{
    char path[PATH_MAX];
    struct checkpoint_point at = {0};
    if (checkpoint_path(db, r->identity, path, NULL) != ST_OK ||
        peek(path, r, &at, NULL) != ST_OK)
        return 0;
    return at.step;
}

/* --- without a model --- */

/* Computes the check sum as check_of does, from the bytes of a file. */
static enum status check_of_file(const char *path, const char *state, const char *reported,
                                 char text[CHECK_TEXT], struct err *e)
{
    XXH64_hash_t h = XXH3_64bits(state, strlen(state));
    h = XXH3_64bits_withSeed(reported, strlen(reported), h);
    struct safetensors_bytes *t = NULL;
    int n = 0;
    const enum status st = safetensors_read_bytes(path, &t, &n, e);
    for (int i = 0; i < n && st == ST_OK; i++)
        h = XXH3_64bits_withSeed(t[i].at, t[i].n, h);
    free(n ? t[0].at : NULL);
    free(t);
    snprintf(text, CHECK_TEXT, "%016llx", (unsigned long long)h);
    return st;
}

int checkpoint_step_of(const char *db, const char *identity)
{
    char path[PATH_MAX];
    struct run_spec r = {.train.optimizer.steps = INT_MAX};
    struct checkpoint_point at = {0};
    char *note[NOTES] = {0}, check[CHECK_TEXT] = "";
    snprintf(r.identity, sizeof r.identity, "%s", identity);
    enum status st = checkpoint_path(db, identity, path, NULL);
    if (st == ST_OK)
        st = safetensors_notes_read(path, note_key, note, NOTES, NULL);
    if (st == ST_OK)
        st = check_notes(path, &r, note, NOTES, &at, NULL);
    if (st == ST_OK)
        st = check_of_file(path, note[NOTE_STATE], note[NOTE_REPORTED], check, NULL);
    const bool whole = st == ST_OK && strcmp(check, note[NOTE_CHECK]) == 0;
    free_notes(note);
    return whole ? at.step : 0;
}
