/* spool.h -- the report of a worker: JSON lines in a file, one object per line.
 *
 *     {"type":"metric","split":"id","step":100,"name":"loss","value":0.5,"count":1,"total":2}
 *     {"type":"answers","split":"id","n":10,"bits":"ff03"}
 *     {"type":"places","split":"id","n":3,"bits":"05","strata":{"ignores":[[0,1,3]]}}
 *     {"type":"event","level":"caveat","text":"..."}
 *     {"type":"cost","steps":100,"parameters":1000,"flops":1e9,"wall_s":1,...}
 *     {"type":"end","state":"done","reason":""}
 *
 * The worker appends each line with one write. The scheduler reads the file after the worker has
 * ended, and is the only process that writes the database. A last line without a newline was not
 * finished by a dying worker and is ignored. Progress lines have the same form but go through a
 * pipe, where a lost line does no harm:
 *
 *     {"type":"progress","phase":"train","step":7,"steps":100,"loss":0.5,...} */
#ifndef SPOOL_H
#define SPOOL_H

#include <sys/types.h>

#include "store.h"

struct spool_writer {
    int file; /* descriptor of the spool, -1: none */
    int live; /* descriptor of the pipe for progress, -1: none */
};

/* Creates the spool. The writer holds a lock on the file as long as it is open. */
enum status spool_create(const char *path, int live, struct spool_writer *out,
                         struct err *e);
void spool_close(struct spool_writer *w);

enum status spool_metrics(const struct spool_writer *w, const struct metric_row *m, int n,
                          struct err *e);
enum status spool_answers(const struct spool_writer *w, const char *split,
                          const uint8_t *bits, int n, struct err *e);
enum status spool_places(const struct spool_writer *w, const struct place_row *p,
                         struct err *e);
enum status spool_event(const struct spool_writer *w, const char *level, const char *text,
                        struct err *e);
enum status spool_cost(const struct spool_writer *w, const struct run_cost *c,
                       struct err *e);
/* `state` is "done", "failed" or "interrupted". */
enum status spool_end(const struct spool_writer *w, const char *state, const char *reason,
                      struct err *e);

/* Returns true when another process still writes it. */
bool spool_busy(const char *path);

/* Returns the bytes that the spool has. */
off_t spool_position(const struct spool_writer *w);
/* Returns the first `bytes` of the spool as text; the caller frees it. */
enum status spool_copy(const struct spool_writer *w, off_t bytes, char **text,
                       struct err *e);

struct spool; /* opaque: a spool that was read */

/* Appends again the lines that spool_copy kept of an unfinished run: numbers, answers and
 * caveats, but not the messages about that attempt. Nothing is written when `text` is not such a
 * spool (ST_IO). The caller frees *out, which holds the lines. */
enum status spool_replay(const struct spool_writer *w, const char *text, struct spool **out,
                         struct err *e);

enum { PHASE_TEXT = 72 };

struct run_progress {
    char phase[PHASE_TEXT]; /* "train", or the name of the split being evaluated */
    int step, steps;
    double loss, tokens_per_s;
    double flops; /* done so far, training and evaluation */
};
/* Writes a progress line. It never waits and never fails: a full or broken pipe loses the
 * line. */
void spool_progress(const struct spool_writer *w, const struct run_progress *p);
/* Returns false when `line` is not a progress line. */
bool spool_progress_parse(const char *line, size_t length, struct run_progress *out);

/* Reads all complete lines. ST_NOTFOUND: no such file. ST_RANGE: a complete line is not what a
 * worker writes (the message has its number). ST_NOMEM, ST_IO: the file cannot be read now, which
 * tells nothing about the run. The caller frees *out. */
enum status spool_read(const char *path, struct spool **out, struct err *e);
/* Reads the spool of a run that is done; *out is NULL when there is none or its run is not done.
 * ST_NOMEM and ST_IO as above. */
enum status spool_read_done(const char *path, struct spool **out, struct err *e);
void spool_free(struct spool *s); /* accepts NULL */

/* Returns "done", "failed", "interrupted", or NULL when the worker did not finish. */
const char *spool_state(const struct spool *s);
const char *spool_reason(const struct spool *s);
/* Returns the last value of a metric; NaN when there is none. */
double spool_value(const struct spool *s, const char *split, const char *name);
/* Returns NULL when the worker did not get that far. */
const struct run_cost *spool_cost_of(const struct spool *s);
/* Returns whether the worker kept the final weights: none of its warnings begins with these
 * words. */
#define SPOOL_NO_WEIGHTS "the weights were not kept"
bool spool_kept_weights(const struct spool *s);
/* Returns the text of the i-th warning; NULL after the last one. */
const char *spool_warning(const struct spool *s, int i);
int spool_metric_count(const struct spool *s);
const struct metric_row *spool_metric(const struct spool *s, int i);
/* Returns the answers to a split, n of them; NULL when there are none. */
const uint8_t *spool_answers_of(const struct spool *s, const char *split, int *n);

/* Stores metrics, answers, places and events of the run, and last its end, in one transaction.
 * The end is that of the spool, or `state` and `reason` when they are not NULL. A run that was
 * done and was begun again gets new numbers, in place of its old ones, only from an end that is
 * done. Nothing is written for a run that is done and was not begun again: it was stored
 * before. */
enum status spool_fold(const struct spool *s, struct store *db, int64_t run_id,
                       const char *state, const char *reason, struct err *e);

#endif
