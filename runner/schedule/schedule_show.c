/* What a scheduler says of its runs: live lines, and one line at the end of each. */
#include <math.h>
#include <string.h>

#include "clock.h"
#include "schedule_internal.h"
#include "units.h"

void schedule_run_text(const struct run_spec *r, char text[RUN_TEXT])
{
    snprintf(text, RUN_TEXT, "%s%s%s %s seed %llu", r->experiment, r->cell[0] ? " " : "",
             r->cell, r->variant, (unsigned long long)r->seed);
}

int schedule_ended(const struct scheduler *c)
{
    return c->result->done + c->result->failed + c->result->interrupted;
}

static double eta(double all, double done, double since)
{
    if (done <= 0.0)
        return (double)NAN;
    return done < all ? (clock_now() - since) * (all - done) / done : 0.0;
}

static double matrix_eta(const struct scheduler *c)
{
    double done = c->done_flops;
    for (int i = 0; i < c->s->jobs; i++)
        if (c->slot[i].item)
            done += fmin(c->slot[i].progress.flops, c->slot[i].item->flops);
    return eta(c->total_flops, done, c->started);
}

static void show_slot(const struct scheduler *c, int i)
{
    const struct slot *w = &c->slot[i];
    const struct run_progress *p = &w->progress;
    char name[RUN_TEXT], left[UNIT_TEXT], speed[UNIT_TEXT], phase[PHASE_TEXT + 16] = "";
    if (!w->item) {
        progress_line(c->s->progress, i, "%s", "");
        return;
    }
    schedule_run_text(w->item->run, name);
    if (strcmp(p->phase, "train") != 0 && p->phase[0])
        snprintf(phase, sizeof phase, "  evaluating %s", p->phase);
    progress_line(c->s->progress, i, "%s  step %d/%d  loss %.4f  %s tokens/s  %s left%s",
                  name, p->step, w->item->run->train.optimizer.steps, p->loss,
                  units_count(p->tokens_per_s, speed),
                  units_duration(eta(w->item->flops, p->flops, w->started), left), phase);
}

static void show_matrix(const struct scheduler *c)
{
    char spent[UNIT_TEXT], left[UNIT_TEXT];
    progress_line(c->s->progress, c->s->jobs,
                  "%d of %d runs ended, %d failed  %s so far  %s "
                  "left%s",
                  schedule_ended(c), c->total, c->result->failed,
                  units_duration(clock_now() - c->started, spent),
                  units_duration(matrix_eta(c), left), c->closing ? "  stopping" : "");
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

/* "token error id 0.02 %, ood_sparse 13 %" */
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

void schedule_tell_done(const struct scheduler *c, const struct slot *w,
                        const struct spool *spool)
{
    char name[RUN_TEXT], spent[UNIT_TEXT], errors[512];
    schedule_run_text(w->item->run, name);
    errors_text(spool, w->item->run, errors, sizeof errors);
    if (w->found)
        progress_event(c->s->progress, "[%d/%d] %s: had ended before; stored; %s",
                       schedule_ended(c), c->total, name, errors);
    else
        progress_event(c->s->progress, "[%d/%d] %s: done in %s; %s", schedule_ended(c),
                       c->total, name, units_duration(clock_now() - w->started, spent),
                       errors);
}

void schedule_tell_stopped(const struct scheduler *c, const struct slot *w,
                           const char *state, const char *reason)
{
    char name[RUN_TEXT];
    schedule_run_text(w->item->run, name);
    progress_warning(c->s->progress, "[%d/%d] %s: %s: %s", schedule_ended(c), c->total,
                     name, state, reason);
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
