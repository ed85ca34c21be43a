#include "look_run.h"

#include "eval_split.h"
#include "evaluation.h"
#include "training.h"

static enum status load(struct look_run *x, const char *db, struct err *e)
{
    struct stored_weights weights;
    const struct trainer_config config = training_trainer(&x->run, x->sampler, 1);
    enum status st = stored_weights_find(db, &x->stored, &weights, e);
    if (st == ST_OK)
        st = trainer_open(&config, &x->trainer, e);
    return st ? st : stored_weights_load(&weights, trainer_model(x->trainer), e);
}

enum status look_run_open(const char *db, const char *name, const char *split,
                          struct look_run *out, struct err *e)
{
    *out = (struct look_run){.sampler = NULL};
    enum status st = stored_run_open(db, name, &out->stored, e);
    if (st == ST_OK)
        st = eval_split_choose(&out->stored.run, split, NULL, 0, &out->split, e);
    if (st)
        return st;
    const int longest = out->stored.run.task->max_length(&out->split.options);
    out->run = out->stored.run;
    out->run.splits = 1;
    out->run.split = &out->split;
    out->run.train.batch = 1;
    if (out->run.model.longest < longest)
        out->run.model.longest = longest;
    if (evaluation_reach(&out->run, &out->split) == REACH_UNDEFINED)
        return err_set(e, ST_RANGE, "%s has no value on sequences as long as those of %s",
                       out->run.encoder, out->split.name);
    st = sampler_open(&out->run, &out->sampler, e);
    if (st == ST_OK)
        st = load(out, db, e);
    /* The room for the planes has the stride of the model. */
    return st ? st : looking_open(&out->run, out->run.model.longest, &out->looking, e);
}

void look_run_close(struct look_run *x)
{
    looking_close(&x->looking);
    trainer_close(x->trainer);
    sampler_close(x->sampler);
    stored_run_free(&x->stored);
}

enum status look_run_at(struct look_run *x, int index, struct err *e)
{
    if (index >= x->split.count)
        return err_set(e, ST_USAGE, "split %s has %d sequences; there is no number %d",
                       x->split.name, x->split.count, index);
    sampler_split(x->sampler, &x->split, index, index + 1, &x->sequence);
    return looking_at(x->trainer, &x->sequence.batch, &x->looking, e);
}
