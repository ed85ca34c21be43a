/* schedule_show.c -- prints the state of a scheduler's runs: live lines, and a line at each end.
 *
 * Names, steps, speed and the remaining times of slots and counts go to progress.h. The remaining
 * time of a run is scaled by its FLOPs done, that of the matrix by all FLOPs done, or, before any
 * are done, taken from the plan's estimate.
 * Pitfall: NaN stands for an unknown time up to left_text, which prints that. */
#include <math.h>
#include <string.h>

#include "clock.h"
#include "schedule_internal.h"
#include "units.h"

enum { COUNT_TEXT = 48 };

void schedule_run_text(const struct run_spec *r, char text[RUN_TEXT])
{
    snprintf(text, RUN_TEXT, "%s%s%s %s seed %llu", r->experiment, r->cell[0] ? " " : "",
             r->cell, r->variant, (unsigned long long)r->seed);
}

int schedule_ended(const struct scheduler *c)
{
    return c->result->done + c->result->failed;
}

static double eta(double all, double done, double since)
{
    if (done <= 0.0)
        return (double)NAN;
    return done < all ? (clock_now() - since) * (all - done) / done : 0.0;
}

/* Returns the remaining seconds by what was done since the start; before that by the plan's
 * estimate. */
static double matrix_eta(const struct scheduler *c)
{
    double done = c->done_flops;
    for (int i = 0; i < c->s->jobs; i++)
        if (c->slot[i].item)
            done += fmin(c->slot[i].progress.flops, c->slot[i].item->flops);
    if (done > 0.0)
        return eta(c->total_flops, done, c->started);
    return plan_sum(c->s->plan, c->s->jobs).seconds - (clock_now() - c->started);
}

/* Seconds may be 0: a worker may still store or evaluate after all estimated FLOPs are done. */
static const char *left_text(double seconds, char text[UNIT_TEXT + 8])
{
    char time[UNIT_TEXT];
    snprintf(text, UNIT_TEXT + 8, "%s left", units_duration(fmax(seconds, 0.1), time));
    return isnan(seconds) ? "time unknown" : seconds > 0.0 ? text : "nearly done";
}

static void show_slot(const struct scheduler *c, int i)
{
    const struct slot *w = &c->slot[i];
    const struct run_progress *p = &w->progress;
    char name[RUN_TEXT], step[48], loss[32], speed[UNIT_TEXT], left[UNIT_TEXT + 8];
    char tokens[UNIT_TEXT + 16], phase[PHASE_TEXT + 16];
    if (!w->item) {
        progress_clear(c->s->progress, i);
        return;
    }
    const bool trains = !p->phase[0] || strcmp(p->phase, "train") == 0;
    schedule_run_text(w->item->run, name);
    snprintf(step, sizeof step, "step %d/%d", p->step, w->item->run->train.optimizer.steps);
    snprintf(loss, sizeof loss, "loss %.4f", p->loss);
    snprintf(phase, sizeof phase, "evaluating %s", p->phase);
    snprintf(tokens, sizeof tokens, "%s tokens/s", units_count(p->tokens_per_s, speed));
    if (trains && isnan(p->loss)) { /* no step is done yet */
        progress_line(c->s->progress, i,
                      &(struct progress_text){.name = name, .fact = {step, "starting"}});
        return;
    }
    progress_line(c->s->progress, i,
                  &(struct progress_text){
                      .name = name,
                      .fact = {step, trains ? loss : phase, tokens,
                               left_text(eta(w->item->flops, p->flops, w->started), left)},
                      .spare = 2});
}

static void show_matrix(const struct scheduler *c)
{
    char ended[64], others[64], time[UNIT_TEXT], spent[UNIT_TEXT + 8], left[UNIT_TEXT + 8];
    const struct schedule_result *r = c->result;
    snprintf(ended, sizeof ended, "%d of %d runs done", r->done, c->total);
    snprintf(others, sizeof others, "%d failed%s", r->failed,
             c->closing ? ", stopping" : "");
    snprintf(spent, sizeof spent, "%s so far",
             units_duration(clock_now() - c->started, time));
    progress_line(
        c->s->progress, c->s->jobs,
        &(struct progress_text){.name = ended,
                                .fact = {spent, others, left_text(matrix_eta(c), left)},
                                .spare = 1});
}

void schedule_show(const struct scheduler *c)
{
    if (!progress_live(c->s->progress))
        return;
    for (int i = 0; i < c->s->jobs; i++)
        show_slot(c, i);
    show_matrix(c);
    progress_draw(c->s->progress);
}

/* Writes "[3/20]", how many of all have ended, and the text after an event with the remaining
 * time. */
static void count_text(const struct scheduler *c, char count[COUNT_TEXT],
                       char left[COUNT_TEXT])
{
    char time[UNIT_TEXT + 8];
    const double seconds = matrix_eta(c);
    snprintf(count, COUNT_TEXT, "[%d/%d]", schedule_ended(c), c->total);
    left[0] = '\0';
    if (schedule_ended(c) < c->total && !isnan(seconds) && !c->closing)
        snprintf(left, COUNT_TEXT, "; %s", left_text(seconds, time));
}

/* Writes "token error id 0.02 %, ood_sparse 13 %". */
static void errors_text(const struct spool *spool, const struct run_spec *r, char *text,
                        size_t room)
{
    size_t used = (size_t)snprintf(text, room, "token error");
    for (int i = 0; i < r->splits && used < room; i++) {
        const double v = spool_value(spool, r->split[i].name, "token_error");
        const char *comma = i ? "," : "";
        used += (size_t)(isnan(v) ? snprintf(text + used, room - used, "%s %s n/a", comma,
                                             r->split[i].name)
                                  : snprintf(text + used, room - used, "%s %s %.3g %%",
                                             comma, r->split[i].name, 100.0 * v));
    }
}

/* Writes "done in 55 s"; for a resumed run the time of all attempts: "done in 55 s, 2.3 s of it
 * now". */
static void time_text(const struct slot *w, const struct spool *spool, char text[64])
{
    char whole[UNIT_TEXT], now[UNIT_TEXT];
    const struct run_cost *cost = spool_cost_of(spool);
    const double here = clock_now() - w->started;
    units_duration(here, now);
    if (w->item->resumed > 0 && cost && cost->wall_s > here)
        snprintf(text, 64, "done in %s, %s of it now", units_duration(cost->wall_s, whole),
                 now);
    else
        snprintf(text, 64, "done in %s", now);
}

void schedule_tell_started(const struct scheduler *c, const struct slot *w)
{
    char name[RUN_TEXT];
    schedule_run_text(w->item->run, name);
    if (!progress_live(c->s->progress))
        progress_event(c->s->progress, "%s: started", name);
}

void schedule_tell_done(const struct scheduler *c, const struct slot *w,
                        const struct spool *spool)
{
    char name[RUN_TEXT], time[64], errors[512], counted[COUNT_TEXT], left[COUNT_TEXT];
    schedule_run_text(w->item->run, name);
    errors_text(spool, w->item->run, errors, sizeof errors);
    count_text(c, counted, left);
    time_text(w, spool, time);
    progress_event(c->s->progress, "%s %s: %s; %s%s", counted, name,
                   w->found ? "had ended before; stored" : time, errors, left);
}

void schedule_tell_stopped(const struct scheduler *c, const struct slot *w,
                           const char *state, const char *reason)
{
    char name[RUN_TEXT], counted[COUNT_TEXT], left[COUNT_TEXT];
    schedule_run_text(w->item->run, name);
    count_text(c, counted, left);
    progress_warning(c->s->progress, "%s %s: %s: %s%s", counted, name, state, reason, left);
}

void schedule_tell_warnings(const struct scheduler *c, const struct slot *w,
                            const struct spool *spool)
{
    char name[RUN_TEXT];
    const char *text;
    schedule_run_text(w->item->run, name);
    for (int i = 0; spool && (text = spool_warning(spool, i)) != NULL; i++)
        progress_warning(c->s->progress, "%s: %s", name, text);
}
