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
 * target[t] is the token to be predicted from token[0..t]; it need not be
 * token[t + 1], and token[] never holds an answer at or before the place where it is
 * predicted. */
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

/* Options that a split may change, and a token's text with its end. Both are chosen: an array
 * in a task's table grows with the first, columns of `show` with the second. */
enum { TASK_SPLIT_CHANGES = 4, TASK_TOKEN_TEXT = 16 };

/* A named law: the task's options with a few changed. Each change leads away from the
 * option's default, upwards or downwards, and so must every law that goes by this name:
 * "ood_sparse" is sparser than training whatever training is (task_split_beyond). */
struct task_split {
    const char *name;
    int count; /* reference size: the paper's, or that of its source */
    const char *help;
    struct {
        const char *option; /* NULL: no further change */
        double value;
    } change[TASK_SPLIT_CHANGES];
};

/* What makes a scored place hard, so that errors can be counted by it. */
struct task_stratum {
    const char *name; /* a key in tables: lower case */
    const char *unit; /* of the number, plural; "" when it is a class (0 or 1) */
    const char *help; /* one line */

    /* Writes to stratum[length] a number from 0 for each scored place and STRATUM_NONE
     * for the others. */
    void (*of)(const struct option_values *o, const struct sample *s, int32_t *stratum);
};

/* What a task of data has open: `at` is the task's own. Two data with one hash give the
 * same samples. */
struct task_data {
    void *at;
    uint64_t hash[2];
};

struct tokenizer; /* text/tokenizer.h */

struct task {
    const char *name;                /* file stem; the key in YAML and in the database */
    int version;                     /* raised when the same options give other samples */
    const char *summary;             /* one line for `posbench list tasks` */
    const char *source;              /* paper and section */
    const struct option *options;    /* ends with {0} */
    const struct task_split *splits; /* ends with {0}; holds at least valid and id */

    /* The number of splits, at the end of `splits`, that are evaluated only where an
     * experiment names them. They were added when runs of the others were stored already. */
    int on_request;

    /* True: changes of integer options are stated for the default and keep their proportion
     * to training, so that a split is half as long where training is half as long as the
     * default. False: a split has the values that it states. */
    bool splits_scale;

    /* Of a task of data, such as a text or a file of samples; else NULL. Opens what the
     * options marked `data` name and checks it: all errors of the world are told here, with
     * file and line (ST_IO, ST_CONFIG, ST_NOMEM). It is called once for each set of such
     * options in a process, before any other function of the task gets them; task_data lends
     * what it opened, and all of these stay pure functions of (options, data, stream). At the
     * defaults it needs nothing of the world: there is a sample built in. Large data are
     * mapped, not read, so that workers share them. */
    enum status (*open)(const struct option_values *o, struct task_data *out,
                        struct err *e);
    void (*close)(struct task_data *d);

    /* NULL when any combination of in-range options makes sense. The message says what
     * is wrong and how to mend it. */
    enum status (*check)(const struct option_values *o, struct err *e);

    int (*vocabulary)(const struct option_values *o); /* ids that the model embeds */
    int (*max_length)(const struct option_values *o); /* tokens of the longest sample */
    /* How many different answers can occur, whatever their odds; one that is far rarer than
     * all others does not count. A blind guess gives each equally often: chance accuracy is
     * 1 / answers. */
    int (*answers)(const struct option_values *o);

    /* Accuracy of always giving the commonest answer, and the share of scored answers
     * that the visible tokens determine, both expected under the law `o`. NULL: 1 /
     * answers, all of them being equally likely, and 1. LAW_UNKNOWN: no closed form; the
     * task's comment says what was measured. */
    double (*majority)(const struct option_values *o);
    double (*ceiling)(const struct option_values *o);

    void (*generate)(const struct option_values *o, struct rng *r, struct sample *out);

    /* Of a task of text, else NULL: how many bytes and words the scored targets are, for the
     * loss in bits per byte and the perplexity per word. 0: that cannot be said. */
    void (*measure)(const struct option_values *o, const struct sample *s, int64_t *bytes,
                    int64_t *words);

    /* Of a task of text, else NULL: what makes its tokens of text; borrowed. */
    struct tokenizer *(*tokenizer)(const struct option_values *o);

    /* An independent second implementation, for tests: writes to answer[length] what
     * the scored positions should hold, from the tokens alone; TARGET_NONE where the
     * visible tokens do not determine it. */
    void (*solve)(const struct option_values *o, const int32_t *token, int length,
                  int32_t *answer);

    /* The token as `posbench show` prints it. */
    void (*token_text)(const struct option_values *o, int32_t token,
                       char text[TASK_TOKEN_TEXT]);

    const struct task_stratum *strata; /* up to TASK_STRATA_MAX, ends with {0}; NULL: none.
                                          The first is the one that tells most */
};

/* The registry, in name order, then those of plug-ins as they came. */
int task_count(void);
const struct task *task_at(int i);
const struct task *task_find(const char *name); /* NULL: no such task */
/* What a stratum counts, in words; NULL: no such task or stratum. */
const char *task_stratum_help(const char *task, const char *stratum);
bool task_add(const struct task *t); /* of a plug-in; before threads; false: no room */
bool task_is_added(const struct task *t);

/* Opens the law's data, unless that is done, and checks the options: whoever takes options
 * from outside calls it before anything else of the task. ST_OK for a task without either.
 * Any thread. */
enum status task_open(const struct task *t, const struct option_values *o, struct err *e);
/* The data of a law that task_open took; borrowed until task_close_all. */
const struct task_data *task_data(const struct task *t, const struct option_values *o);
/* Closes all data, at the end of the program. */
void task_close_all(void);

/* The hash of a law's data in hex, as a run's identity has it; "" without data. */
enum { TASK_HASH_TEXT = 33 };
void task_data_text(const struct task *t, const struct option_values *o,
                    char text[TASK_HASH_TEXT]);

/* The task's own split of that name, or NULL. */
const struct task_split *task_split_find(const struct task *t, const char *name);

/* `base`, the training law, with the split's changes applied. */
void task_split_options(const struct task *t, const struct task_split *s,
                        const struct option_values *base, struct option_values *out);

/* Does `asked` lie beyond `trained` where the split's changes lead: no changed option on
 * the other side, and at least one further? If not, `why` says what is amiss: "blanks is
 * 128, but must be below the 16 of training". True for a split without changes. */
enum { TASK_BEYOND_WHY = 512 };
bool task_split_beyond(const struct task *t, const struct task_split *s,
                       const struct option_values *trained,
                       const struct option_values *asked, char why[TASK_BEYOND_WHY]);

/* Sample `index` of a split, or of the training stream of `seed`. A split's samples do
 * not depend on the run's seed, so that every run answers the same questions; pass the
 * data seed (0 unless the user sets another). */
struct rng task_split_stream(const struct task *t, const char *split, uint64_t data_seed,
                             uint64_t index);
struct rng task_train_stream(const struct task *t, uint64_t seed, uint64_t index);

#endif
