/* command_plan.c -- prints what `run` would do, and what it would cost. */
#include "command.h"

#include "request.h"

static enum status run(const struct invocation *v, struct err *e)
{
    struct request q;
    enum status st = request_read(v, &q, e);
    if (st == ST_OK)
        st = request_show_plan(&q, flag_given(v, "json"), e);
    request_free(&q);
    return st;
}

static const struct flag flags[] = {
    REQUEST_FLAGS,
    {"json", 0, NULL, false, "one JSON object instead of a table"},
    {0},
};

const struct command command_plan = {
    .name = "plan",
    .group = GROUP_RUN,
    .summary =
        "every run with its state and the reason, FLOPs and estimated time; runs nothing",
    .arguments = "[FILE]",
    .min_args = 0,
    .max_args = 1,
    .examples = "posbench plan\n"
                "posbench plan --profile paper --only experiment=flip_flop\n"
                "posbench plan --only state=failed --json",
    .flags = flags,
    .run = run,
};
