/* task.h -- the contract of a task.
 *
 * A task is a pure function from (options, random stream) to one labelled sequence.
 * It never allocates, prints, reads a clock or keeps state: the caller owns every
 * buffer and every stream.
 *
 * To add a task, write tasks/task_<name>.c that defines
 *     const struct task task_<name> = { .name = "<name>", ... };
 * and nothing else. The build finds the file, and tests/tasks/test_task_contract.c holds it
 * to this header. */
#ifndef TASK_H
#define TASK_H

#include <stdint.h>

#include "option.h"
#include "rng.h"

/* One sequence. The caller owns the arrays, each of length >= task.max_length().
 *
 * target[t] is the token to be predicted from token[0..t]. It need not be token[t + 1], and
 * token[] never contains an answer at or before the place where it is predicted. */
struct sample {
    int length;      /* tokens in use */
    int determined;  /* scored targets that the visible tokens determine */
    int32_t *token;  /* [length] input ids in [0, vocabulary) */
    int32_t *target; /* [length] ids in [0, vocabulary), or TARGET_NONE */
    uint8_t *scored; /* [length] 1: counts in metrics. Implies a target. */
};

enum { TARGET_NONE = -1, STRATUM_NONE = -1 };
/* A target that is not scored is trained on but not counted (Flip-Flop's noisy mode). */

enum { TASK_STRATA_MAX = 4 }; /* chosen; the contract refuses more */

#define LAW_UNKNOWN (-1.0)

/* The most options that a split may change, and the size of a token's text with '\0'. Both are
 * chosen: the first sizes an array in each task's table, the second columns of `show`. */
enum { TASK_SPLIT_CHANGES = 4, TASK_TOKEN_TEXT = 16 };

/* A named law: the task's options with a few changed. Each change is above or below the
 * option's default, and every law of this name must be on that side of its training law:
 * "ood_sparse" is sparser than training for any training (task_split_beyond). */
struct task_split {
    const char *name;
    int count; /* reference size, that of the paper or other source */
    const char *help;
    struct {
        const char *option; /* NULL: no further change */
        double value;
    } change[TASK_SPLIT_CHANGES];
};

/* A number that tells how hard a scored place is, so that errors can be counted by it. */
struct task_stratum {
    const char *name; /* a key in tables: lower case */
    const char *unit; /* of the number, plural; "" when it is a class (0 or 1) */
    const char *help; /* one line */

    /* Writes to stratum[length] a number >= 0 for each scored place, STRATUM_NONE for the
     * others. */
    void (*of)(const struct option_values *o, const struct sample *s, int32_t *stratum);
};

/* The data that a task of data has opened; `at` is the task's own. Data with equal hashes give
 * the same samples. */
struct task_data {
    void *at;
    uint64_t hash[2];
};

struct tokenizer; /* text/tokenizer.h */

struct task {
    const char *name;                /* file stem; the key in YAML and in the database */
    int version;                     /* raised when the same options give new samples */
    const char *summary;             /* one line for `posbench list tasks` */
    const char *source;              /* paper and section */
    const struct option *options;    /* ends with {0} */
    const struct task_split *splits; /* ends with {0}; holds at least valid and id */

    /* How many of the last entries of `splits` are evaluated only if an experiment names them.
     * They were added when runs with the other splits were stored already. */
    int on_request;

    /* True: a split's changes of integer options are relative to the default and scale with
     * training, so a split is half as long if training is half as long as the default.
     * False: a split has the values that it states. */
    bool splits_scale;

    /* For a task of data, such as a text or a file of samples; else NULL. Opens and checks the
     * files that the options marked `data` name. All errors of files are reported here, with
     * file and line (ST_IO, ST_CONFIG, ST_NOMEM). It is called once per process for each set of
     * such options, before any other function of the task gets them. task_data returns what it
     * opened, so the other functions are pure functions of (options, data, stream). With the
     * default options no file is needed: a sample is built in. Large data are mapped, not
     * read, so that workers share them. */
    enum status (*open)(const struct option_values *o, struct task_data *out,
                        struct err *e);
    void (*close)(struct task_data *d);

    /* Checks the options together; NULL when any combination of in-range options makes sense.
     * The message says what is wrong and has the remedy. */
    enum status (*check)(const struct option_values *o, struct err *e);

    int (*vocabulary)(const struct option_values *o); /* ids that the model embeds */
    int (*max_length)(const struct option_values *o); /* tokens of the longest sample */
    /* Returns how many different answers can occur; one that is far rarer than all others does
     * not count. A blind guess gives each equally often, so chance accuracy is 1 / answers. */
    int (*answers)(const struct option_values *o);

    /* majority: accuracy of always giving the commonest answer; NULL: 1 / answers, since all
     * are equally likely. ceiling: share of scored answers that the visible tokens determine;
     * NULL: 1. Both are expectations under the law `o`. LAW_UNKNOWN: no closed form; the task's
     * comment has a measured value. */
    double (*majority)(const struct option_values *o);
    double (*ceiling)(const struct option_values *o);

    void (*generate)(const struct option_values *o, struct rng *r, struct sample *out);

    /* For a task of text, else NULL: counts bytes and words of the scored targets, for the loss
     * in bits per byte and the perplexity per word. 0: unknown. */
    void (*measure)(const struct option_values *o, const struct sample *s, int64_t *bytes,
                    int64_t *words);

    /* For a task of text, else NULL: returns its tokeniser, borrowed. */
    struct tokenizer *(*tokenizer)(const struct option_values *o);

    /* An independent second implementation, for tests. Writes to answer[length] the targets of
     * scored positions, computed from the tokens alone; TARGET_NONE where the visible tokens
     * do not determine the target. */
    void (*solve)(const struct option_values *o, const int32_t *token, int length,
                  int32_t *answer);

    /* Writes the token as `posbench show` prints it. */
    void (*token_text)(const struct option_values *o, int32_t token,
                       char text[TASK_TOKEN_TEXT]);

    const struct task_stratum *strata; /* up to TASK_STRATA_MAX, ends with {0}; NULL: none.
                                          The first is the most informative */
};

/* The registry: tasks of the tree in name order, then those of plug-ins in loading order. */
int task_count(void);
const struct task *task_at(int i);
const struct task *task_find(const char *name); /* NULL: no such task */
/* Returns a stratum's help text; NULL: no such task or stratum. */
const char *task_stratum_help(const char *task, const char *stratum);
bool task_add(const struct task *t); /* adds a plug-in's; before threads; false: no room */
bool task_is_added(const struct task *t);

/* Opens the law's data, unless they are open, and checks the options. Code that takes options
 * from outside must call it before any other function of the task. ST_OK for a task without
 * `open` and `check`. May be called from any thread. */
enum status task_open(const struct task *t, const struct option_values *o, struct err *e);
/* Returns the data that task_open opened for this law; borrowed until task_close_all. */
const struct task_data *task_data(const struct task *t, const struct option_values *o);
/* Closes all data, at the end of the program. */
void task_close_all(void);

/* Writes the hash of a law's data in hex, as in a run's identity; "" without data. */
enum { TASK_HASH_TEXT = 33 };
void task_data_text(const struct task *t, const struct option_values *o,
                    char text[TASK_HASH_TEXT]);

/* Returns the task's own split of that name, or NULL. */
const struct task_split *task_split_find(const struct task *t, const char *name);

/* Sets *out to `base`, the training law, with the split's changes applied. */
void task_split_options(const struct task *t, const struct task_split *s,
                        const struct option_values *base, struct option_values *out);

/* Returns true if `asked` is beyond `trained` in the direction of the split's changes: no
 * changed option is on the other side, and at least one is further. If not, `why` says what is
 * wrong: "blanks is 128, but must be below the 16 of training". True for a split without
 * changes. */
enum { TASK_BEYOND_WHY = 512 };
bool task_split_beyond(const struct task *t, const struct task_split *s,
                       const struct option_values *trained,
                       const struct option_values *asked, char why[TASK_BEYOND_WHY]);

/* Return the random stream of sample `index` of a split, or of training with `seed`. A split's
 * samples do not depend on the run's seed, so that every run answers the same questions; pass
 * the data seed (0 unless the user sets another). */
struct rng task_split_stream(const struct task *t, const char *split, uint64_t data_seed,
                             uint64_t index);
struct rng task_train_stream(const struct task *t, uint64_t seed, uint64_t index);

#endif
