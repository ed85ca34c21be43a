/* spool.c -- writes the lines of a spool for a worker, reads and stores them for a scheduler.
 *
 * Writing: one object per line, appended at once; a line that could not be written whole is cut
 * off again. Reading: all complete lines, each checked by its type; then spool_fold stores them
 * in one transaction, as done or stopped. spool_replay writes the lines of a checkpoint again.
 * Pitfall: the lock on the file shows that its worker lives, and closing any descriptor of the
 * file in that process would release it. Strings of a spool live as long as its lines. */
#include "spool.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "json_text.h"
#include "whole_file.h"
#include "run_state.h"
#include "stream.h"

/* --- writing --- */

enum status spool_create(const char *path, int live, struct spool_writer *out,
                         struct err *e)
{
    const int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
    if (fd < 0)
        return err_set(e, ST_IO, "%s: cannot be written: %s", path, strerror(errno));
    struct stat about;
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    fcntl(fd, F_SETLK, &whole); /* a file system may have no locks */
    if (live >= 0 && fstat(live, &about) == 0 && S_ISFIFO(about.st_mode))
        fcntl(live, F_SETFL, O_NONBLOCK); /* progress never blocks */
    *out = (struct spool_writer){.file = fd, .live = live};
    return ST_OK;
}

bool spool_busy(const char *path)
{
    struct flock holder = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    const int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return false;
    const bool busy = fcntl(fd, F_GETLK, &holder) == 0 && holder.l_type != F_UNLCK;
    close(fd);
    return busy;
}

void spool_close(struct spool_writer *w)
{
    if (w->file >= 0)
        close(w->file);
    w->file = -1;
}

/* Returns null for NaN and infinity, which JSON lacks. */
static json_t *json_number(double x)
{
    if (isnan(x))
        return json_null();
    if (isinf(x))
        return json_string(x > 0 ? "inf" : "-inf");
    return json_real(x);
}

/* Returns the text as JSON. A message may quote bytes that are not UTF-8, such as a file's
 * name. */
static json_t *json_text(const char *text)
{
    json_t *j = json_string(text);
    if (j)
        return j;
    char *plain = strdup(text);
    for (char *c = plain; c && *c; c++)
        if ((unsigned char)*c >= 0x80)
            *c = '?';
    j = plain ? json_string(plain) : NULL;
    free(plain);
    return j;
}

/* Returns the line with its newline, or NULL; the caller frees it. Takes `j`. */
static char *line_of(json_t *j, size_t *length)
{
    char *text = j ? json_write(j, JSON_COMPACT | JSON_REAL_PRECISION(17)) : NULL;
    json_decref(j);
    if (!text)
        return NULL;
    *length = strlen(text) + 1;
    char *line = realloc(text, *length + 1);
    if (!line) {
        free(text);
        return NULL;
    }
    memcpy(line + *length - 1, "\n", 2);
    return line;
}

static bool write_all(int fd, const char *text, size_t length)
{
    while (length > 0) {
        const ssize_t n = write(fd, text, length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        text += n;
        length -= (size_t)n;
    }
    return true;
}

/* Appends `j` and takes it. After a failure the file ends where it ended before, so that no later
 * line follows an incomplete one. */
static enum status append(const struct spool_writer *w, json_t *j, struct err *e)
{
    size_t length = 0;
    char *line = line_of(j, &length);
    enum status st = ST_OK;
    if (!line)
        return err_set(e, ST_NOMEM, "no memory for a line of the spool");
    const off_t before = lseek(w->file, 0, SEEK_END);
    if (!write_all(w->file, line, length)) {
        st = err_set(e, ST_IO,
                     "the spool cannot be written: %s; make room beside the "
                     "database",
                     strerror(errno));
        if (before >= 0 && ftruncate(w->file, before) != 0)
            st = err_set(e, ST_IO, "the spool is damaged: %s", strerror(errno));
    }
    free(line);
    return st;
}

enum status spool_metrics(const struct spool_writer *w, const struct metric_row *m, int n,
                          struct err *e)
{
    for (int i = 0; i < n; i++) {
        json_t *j = json_pack("{ss ss si ss so sI sI}", "type", "metric", "split",
                              m[i].split, "step", m[i].step, "name", m[i].name, "value",
                              json_number(m[i].value), "count", (json_int_t)m[i].count,
                              "total", (json_int_t)m[i].total);
        const enum status st = append(w, j, e);
        if (st)
            return st;
    }
    return ST_OK;
}

static const char hex_digits[] = "0123456789abcdef";

/* Returns the bits in hexadecimal digits; the caller frees them. NULL: no memory. */
static char *hex_of(const uint8_t *bits, int64_t n)
{
    const size_t bytes = ((size_t)n + 7) / 8;
    char *hex = malloc(2 * bytes + 1);
    for (size_t i = 0; hex && i < bytes; i++) {
        hex[2 * i] = hex_digits[bits[i] >> 4];
        hex[2 * i + 1] = hex_digits[bits[i] & 15];
    }
    if (hex)
        hex[2 * bytes] = '\0';
    return hex;
}

enum status spool_answers(const struct spool_writer *w, const char *split,
                          const uint8_t *bits, int n, struct err *e)
{
    char *hex = hex_of(bits, n);
    if (!hex)
        return err_set(e, ST_NOMEM, "no memory for %d answers", n);
    json_t *j =
        json_pack("{ss ss si ss}", "type", "answers", "split", split, "n", n, "bits", hex);
    free(hex);
    return append(w, j, e);
}

enum status spool_places(const struct spool_writer *w, const struct place_row *p,
                         struct err *e)
{
    char *hex = p->bits ? hex_of(p->bits, p->count) : NULL;
    json_t *strata = NULL;
    enum status st = ST_OK;
    if ((p->bits && !hex) || json_read(p->strata, strlen(p->strata), 0, &strata, NULL) != 0)
        st = err_set(e, ST_NOMEM, "no memory for %lld places", (long long)p->count);
    if (st == ST_OK)
        st = append(w,
                    json_pack("{ss ss sI ss* so}", "type", "places", "split", p->split, "n",
                              (json_int_t)p->count, "bits", hex, "strata", strata),
                    e);
    free(hex);
    return st;
}

enum status spool_event(const struct spool_writer *w, const char *level, const char *text,
                        struct err *e)
{
    return append(
        w,
        json_pack("{ss ss so}", "type", "event", "level", level, "text", json_text(text)),
        e);
}

enum status spool_cost(const struct spool_writer *w, const struct run_cost *c,
                       struct err *e)
{
    return append(w,
                  json_pack("{ss si sI sf sf sf sf sf}", "type", "cost", "steps", c->steps,
                            "parameters", (json_int_t)c->parameters, "flops", c->flops,
                            "wall_s", c->wall_s, "cpu_s", c->cpu_s, "tokens_per_s",
                            c->tokens_per_s, "peak_memory_mib", c->peak_memory_mib),
                  e);
}

enum status spool_end(const struct spool_writer *w, const char *state, const char *reason,
                      struct err *e)
{
    return append(
        w,
        json_pack("{ss ss so}", "type", "end", "state", state, "reason", json_text(reason)),
        e);
}

void spool_progress(const struct spool_writer *w, const struct run_progress *p)
{
    size_t length = 0;
    if (w->live < 0)
        return;
    char *line =
        line_of(json_pack("{ss ss si si so sf sf}", "type", "progress", "phase", p->phase,
                          "step", p->step, "steps", p->steps, "loss", json_number(p->loss),
                          "tokens_per_s", p->tokens_per_s, "flops", p->flops),
                &length);
    /* The line is shorter than PIPE_BUF, so it is written whole or, when the pipe is full, not at
     * all. */
    if (line && write(w->live, line, length) < 0 && errno == EBADF)
        line[0] = '\0';
    free(line);
}

/* --- reading --- */

struct answers {
    const char *split; /* borrowed from the line */
    uint8_t *bits;     /* owned */
    int n;
};

struct places {
    struct place_row row; /* split is borrowed from the line */
    uint8_t *bits;        /* owned, like the text of the strata */
    char *strata;
};

struct event {
    const char *level, *text; /* borrowed from the line */
};

struct spool {
    json_t *lines; /* an array, which keeps the strings below alive */
    struct metric_row *metric;
    struct answers *answers;
    struct places *places;
    struct event *event;
    int metrics, answer_sets, place_sets, events;
    struct run_cost cost;
    bool has_cost, starved; /* starved: memory ran out while it was read */
    const char *state, *reason;
};

void spool_free(struct spool *s)
{
    if (!s)
        return;
    for (int i = 0; i < s->answer_sets; i++)
        free(s->answers[i].bits);
    for (int i = 0; i < s->place_sets; i++) {
        free(s->places[i].bits);
        free(s->places[i].strata);
    }
    free(s->metric);
    free(s->answers);
    free(s->places);
    free(s->event);
    json_decref(s->lines);
    free(s);
}

static bool read_number(const json_t *j, double *out)
{
    const char *text = json_string_value(j);
    if (json_is_null(j))
        *out = (double)NAN;
    else if (json_is_number(j))
        *out = json_number_value(j);
    else if (text && strcmp(text, "inf") == 0)
        *out = (double)INFINITY;
    else if (text && strcmp(text, "-inf") == 0)
        *out = (double)-INFINITY;
    else
        return false;
    return true;
}

static int hex_value(char c)
{
    const char *at = c ? strchr(hex_digits, c) : NULL;
    return at ? (int)(at - hex_digits) : -1;
}

static bool read_hex(const char *hex, size_t bytes, uint8_t *out)
{
    for (size_t i = 0; i < bytes; i++) {
        const int high = hex_value(hex[2 * i]);
        const int low = high < 0 ? -1 : hex_value(hex[2 * i + 1]);
        if (low < 0)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return hex[2 * bytes] == '\0';
}

static bool take_metric(struct spool *s, json_t *j)
{
    struct metric_row *m = &s->metric[s->metrics];
    json_t *value;
    json_int_t count, total;
    if (json_unpack(j, "{s:s, s:i, s:s, s:o, s:I, s:I}", "split", &m->split, "step",
                    &m->step, "name", &m->name, "value", &value, "count", &count, "total",
                    &total) != 0 ||
        !read_number(value, &m->value))
        return false;
    m->count = count;
    m->total = total;
    s->metrics++;
    return true;
}

/* Returns the bits of hexadecimal digits, owned by the caller; NULL: they are not n, or no
 * memory. */
static uint8_t *take_bits(struct spool *s, const char *hex, int64_t n)
{
    const size_t bytes = ((size_t)n + 7) / 8;
    if (strlen(hex) != 2 * bytes)
        return NULL;
    uint8_t *bits = calloc(bytes + 1, 1);
    s->starved = !bits;
    if (bits && read_hex(hex, bytes, bits))
        return bits;
    free(bits);
    return NULL;
}

static bool take_answers(struct spool *s, json_t *j)
{
    struct answers *a = &s->answers[s->answer_sets];
    const char *hex;
    if (json_unpack(j, "{s:s, s:i, s:s}", "split", &a->split, "n", &a->n, "bits", &hex) !=
            0 ||
        a->n < 0)
        return false;
    a->bits = take_bits(s, hex, a->n);
    s->answer_sets += a->bits != NULL;
    return a->bits != NULL;
}

/* Returns true for [value, wrong, places], followed by the nats in a split of text. */
static bool is_value(const json_t *value)
{
    const size_t n = json_array_size(value);
    for (size_t k = 0; k < 3; k++)
        if (!json_is_integer(json_array_get(value, k)))
            return false;
    const json_t *nats = json_array_get(value, 3);
    return n == 3 || (n == 4 && (json_is_real(nats) || json_is_null(nats)));
}

/* Returns true for {"ignores": [value, ...], ...}. */
static bool are_strata(json_t *strata)
{
    const char *name;
    json_t *values, *value;
    size_t i;
    json_object_foreach(strata, name, values)
    {
        if (!json_is_array(values))
            return false;
        json_array_foreach(values, i, value)
        {
            if (!is_value(value))
                return false;
        }
    }
    return json_is_object(strata);
}

static bool take_places(struct spool *s, json_t *j)
{
    struct places *p = &s->places[s->place_sets];
    const char *hex = NULL;
    json_int_t count;
    json_t *strata;
    if (json_unpack(j, "{s:s, s:I, s?s, s:o}", "split", &p->row.split, "n", &count, "bits",
                    &hex, "strata", &strata) != 0 ||
        count < 0 || !are_strata(strata))
        return false;
    p->strata = json_write(strata, JSON_COMPACT);
    s->starved = !p->strata;
    p->bits = hex && p->strata ? take_bits(s, hex, count) : NULL;
    p->row.count = count;
    p->row.bits = p->bits;
    p->row.strata = p->strata;
    s->place_sets++;
    return p->strata && (!hex || p->bits);
}

static bool take_event(struct spool *s, json_t *j)
{
    struct event *v = &s->event[s->events];
    if (json_unpack(j, "{s:s, s:s}", "level", &v->level, "text", &v->text) != 0)
        return false;
    s->events++;
    return true;
}

static bool take_cost(struct spool *s, json_t *j)
{
    struct run_cost *c = &s->cost;
    json_int_t parameters;
    if (json_unpack(j, "{s:i, s:I, s:F, s:F, s:F, s:F, s:F}", "steps", &c->steps,
                    "parameters", &parameters, "flops", &c->flops, "wall_s", &c->wall_s,
                    "cpu_s", &c->cpu_s, "tokens_per_s", &c->tokens_per_s, "peak_memory_mib",
                    &c->peak_memory_mib) != 0)
        return false;
    c->parameters = parameters;
    s->has_cost = true;
    return true;
}

static bool take_end(struct spool *s, json_t *j)
{
    const char *state;
    if (json_unpack(j, "{s:s, s:s}", "state", &state, "reason", &s->reason) != 0)
        return false;
    s->state = run_state_find(state);
    if (s->state && (strcmp(s->state, RUN_NEW) == 0 || strcmp(s->state, RUN_RUNNING) == 0))
        s->state = NULL; /* there is no end */
    return s->state && (strcmp(s->state, RUN_DONE) != 0 || s->has_cost);
}

/* The function that takes a line of each type. */
static const struct {
    const char *type;
    bool (*take)(struct spool *s, json_t *j);
} takers[] = {
    {"metric", take_metric}, {"answers", take_answers}, {"places", take_places},
    {"event", take_event},   {"cost", take_cost},       {"end", take_end},
};

static bool take(struct spool *s, json_t *j)
{
    const char *type = json_string_value(json_object_get(j, "type"));
    for (size_t i = 0; type && i < sizeof takers / sizeof *takers; i++)
        if (strcmp(type, takers[i].type) == 0)
            return takers[i].take(s, j);
    return false;
}

static enum status not_a_line(const char *path, size_t line, bool starved, struct err *e)
{
    return starved ? err_set(e, ST_NOMEM, "%s: no memory to read it", path)
                   : err_set(e, ST_RANGE, "%s:%zu: not a line that a worker writes", path,
                             line);
}

/* Reads all complete lines of the file as a JSON array, and closes the file. */
static enum status read_lines(FILE *f, const char *path, json_t **out, struct err *e)
{
    json_t *lines = json_array();
    char *line = NULL;
    size_t room = 0;
    ssize_t n;
    enum status st = lines ? ST_OK : err_set(e, ST_NOMEM, "%s: no memory to read it", path);
    while (st == ST_OK && (n = getline(&line, &room, f)) > 0 && line[n - 1] == '\n') {
        json_t *j;
        st = json_read(line, (size_t)n, JSON_REJECT_DUPLICATES, &j, NULL);
        if (st == ST_OK && json_array_append_new(lines, j) != 0)
            st = ST_NOMEM;
        if (st)
            st = not_a_line(path, json_array_size(lines) + 1, st == ST_NOMEM, e);
    }
    if (st == ST_OK)
        st = stream_end(f, path, e);
    free(line);
    fclose(f);
    if (st)
        json_decref(lines);
    else
        *out = lines;
    return st;
}

/* Reads a spool. `path` is the file's name in messages. */
static enum status read_stream(FILE *f, const char *path, struct spool **out, struct err *e)
{
    json_t *lines = NULL;
    enum status st = read_lines(f, path, &lines, e);
    if (st)
        return st;
    const size_t n = json_array_size(lines);
    struct spool *s = calloc(1, sizeof *s);
    if (!s) {
        json_decref(lines);
        return err_set(e, ST_NOMEM, "%s: no memory to read it", path);
    }
    s->lines = lines;
    s->metric = calloc(n + 1, sizeof *s->metric);
    s->answers = calloc(n + 1, sizeof *s->answers);
    s->places = calloc(n + 1, sizeof *s->places);
    s->event = calloc(n + 1, sizeof *s->event);
    if (!s->metric || !s->answers || !s->places || !s->event)
        st = err_set(e, ST_NOMEM, "%s: no memory for %zu lines", path, n);
    for (size_t i = 0; i < n && st == ST_OK; i++)
        if (!take(s, json_array_get(lines, i)))
            st = not_a_line(path, i + 1, s->starved || json_starved(), e);
    if (st)
        spool_free(s);
    else
        *out = s;
    return st;
}

enum status spool_read(const char *path, struct spool **out, struct err *e)
{
    FILE *f = NULL;
    const enum status st = whole_file_read(path, &f, e);
    return st ? st : read_stream(f, path, out, e);
}

enum status spool_read_done(const char *path, struct spool **out, struct err *e)
{
    struct spool *s = NULL;
    const enum status st = spool_read(path, &s, e);
    const char *state = s ? spool_state(s) : NULL;
    *out = state && strcmp(state, RUN_DONE) == 0 ? s : NULL;
    if (!*out)
        spool_free(s);
    return st == ST_NOTFOUND || st == ST_RANGE ? ST_OK : st;
}

bool spool_progress_parse(const char *line, size_t length, struct run_progress *out)
{
    json_t *j;
    json_read(line, length, 0, &j, NULL);
    const char *type = NULL, *phase = NULL;
    json_t *loss = NULL;
    *out = (struct run_progress){0};
    const bool ok =
        j &&
        json_unpack(j, "{s:s, s:s, s:i, s:i, s:o, s:F, s:F}", "type", &type, "phase",
                    &phase, "step", &out->step, "steps", &out->steps, "loss", &loss,
                    "tokens_per_s", &out->tokens_per_s, "flops", &out->flops) == 0 &&
        strcmp(type, "progress") == 0 && read_number(loss, &out->loss);
    if (ok)
        snprintf(out->phase, sizeof out->phase, "%s", phase);
    json_decref(j);
    return ok;
}

const char *spool_state(const struct spool *s)
{
    return s->state;
}

const char *spool_reason(const struct spool *s)
{
    return s->reason ? s->reason : "";
}

const struct run_cost *spool_cost_of(const struct spool *s)
{
    return s->has_cost ? &s->cost : NULL;
}

bool spool_kept_weights(const struct spool *s)
{
    const char *text;
    for (int i = 0; (text = spool_warning(s, i)) != NULL; i++)
        if (strncmp(text, SPOOL_NO_WEIGHTS, strlen(SPOOL_NO_WEIGHTS)) == 0)
            return false;
    return true;
}

const char *spool_warning(const struct spool *s, int i)
{
    for (int k = 0; k < s->events; k++)
        if (strcmp(s->event[k].level, "warning") == 0 && i-- == 0)
            return s->event[k].text;
    return NULL;
}

int spool_metric_count(const struct spool *s)
{
    return s->metrics;
}

const struct metric_row *spool_metric(const struct spool *s, int i)
{
    return &s->metric[i];
}

const uint8_t *spool_answers_of(const struct spool *s, const char *split, int *n)
{
    for (int i = 0; i < s->answer_sets; i++)
        if (strcmp(s->answers[i].split, split) == 0) {
            *n = s->answers[i].n;
            return s->answers[i].bits;
        }
    return NULL;
}

double spool_value(const struct spool *s, const char *split, const char *name)
{
    for (int i = s->metrics - 1; i >= 0; i--)
        if (strcmp(s->metric[i].split, split) == 0 && strcmp(s->metric[i].name, name) == 0)
            return s->metric[i].value;
    return (double)NAN;
}

/* Stores the events, and if `numbers` is true also metrics, answers, places and caveats. */
static enum status fold_parts(const struct spool *s, struct store *db, int64_t run_id,
                              bool numbers, struct err *e)
{
    enum status st = numbers ? store_metrics(db, run_id, s->metric, s->metrics, e) : ST_OK;
    for (int i = 0; i < s->answer_sets && numbers && st == ST_OK; i++)
        st = store_answers(db, run_id, s->answers[i].split, s->answers[i].bits,
                           s->answers[i].n, e);
    for (int i = 0; i < s->place_sets && numbers && st == ST_OK; i++)
        st = store_places(db, run_id, &s->places[i].row, e);
    for (int i = 0; i < s->events && st == ST_OK; i++)
        if (numbers || strcmp(s->event[i].level, "caveat") != 0)
            st = store_event(db, run_id, s->event[i].level, s->event[i].text, e);
    return st;
}

enum status spool_fold(const struct spool *s, struct store *db, int64_t run_id,
                       const char *state, const char *reason, struct err *e)
{
    enum standing standing = STANDING_OPEN;
    enum status st = store_together(db, e);
    if (st)
        return st;
    if (!state) {
        state = s->state;
        reason = spool_reason(s);
    }
    const bool done = state && strcmp(state, RUN_DONE) == 0;
    st = store_standing(db, run_id, &standing, e);
    if (st == ST_OK && standing == STANDING_DONE) /* stored before */
        return store_together_end(db, st, e);
    if (st == ST_OK && standing == STANDING_AGAIN && done)
        st = store_replace(db, run_id, e);
    if (st == ST_OK)
        st = fold_parts(s, db, run_id, done || standing == STANDING_OPEN, e);
    if (st == ST_OK && done)
        st = store_done(db, run_id, &s->cost, e);
    else if (st == ST_OK)
        st = store_stopped(db, run_id, state ? state : RUN_FAILED,
                           reason ? reason : "the worker ended without a word", e);
    return store_together_end(db, st, e);
}

/* --- resuming --- */

off_t spool_position(const struct spool_writer *w)
{
    return lseek(w->file, 0, SEEK_END);
}

enum status spool_copy(const struct spool_writer *w, off_t bytes, char **text,
                       struct err *e)
{
    char *copy = bytes >= 0 ? malloc((size_t)bytes + 1) : NULL;
    off_t at = 0;
    if (bytes < 0)
        return err_set(e, ST_IO, "the spool is not a file");
    if (!copy)
        return err_set(e, ST_NOMEM, "no memory for %lld bytes of the spool",
                       (long long)bytes);
    while (at < bytes) {
        const ssize_t n = pread(w->file, copy + at, (size_t)(bytes - at), at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            free(copy);
            return err_set(e, ST_IO, "the spool cannot be read: %s",
                           n < 0 ? strerror(errno) : "it is shorter than it was");
        }
        at += n;
    }
    copy[bytes] = '\0';
    *text = copy;
    return ST_OK;
}

static bool is_of_attempt(const json_t *line)
{
    const char *type = json_string_value(json_object_get(line, "type"));
    const char *level = json_string_value(json_object_get(line, "level"));
    return strcmp(type, "event") == 0 && strcmp(level, "caveat") != 0;
}

enum status spool_replay(const struct spool_writer *w, const char *text, struct spool **out,
                         struct err *e)
{
    static const char name[] = "what was reported before";
    const size_t bytes = strlen(text);
    /* glibc's fmemopen refuses a buffer of 0 bytes. */
    FILE *f = bytes ? fmemopen((void *)text, bytes, "r") : fopen("/dev/null", "re");
    struct spool *s = NULL;
    if (!f)
        return err_set(e, ST_NOMEM, "%s: no memory to read it", name);
    enum status st = read_stream(f, name, &s, e);
    if (st == ST_OK && (s->has_cost || s->state || (bytes && text[bytes - 1] != '\n')))
        st = err_set(e, ST_IO, "%s: not of a run under way", name);
    for (size_t i = 0; st == ST_OK && i < json_array_size(s->lines); i++) {
        json_t *line = json_array_get(s->lines, i);
        if (!is_of_attempt(line))
            st = append(w, json_incref(line), e);
    }
    if (st)
        spool_free(s);
    else
        *out = s;
    return st;
}
