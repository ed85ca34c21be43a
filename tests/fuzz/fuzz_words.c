/* Words of the command line or of a file. Every line is tried as a filter, as a value of every
 * option, and as an encoder; lines KEY=VALUE are also set on the encoder of the first line. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "plan.h"
#include "run_filter.h"
#include "settings.h"

enum { LINES_MAX = 12 }; /* more would only be slower */

static struct run_spec example(void)
{
    return (struct run_spec){.identity = "0123456789abcdef0123456789abcdef",
                             .experiment = "flip_flop",
                             .profile = "quick",
                             .cell = "model.dim=128 model.heads=2",
                             .task = task_at(0),
                             .encoder = "cope+rope",
                             .variant = "cope(p_max=64)+rope",
                             .seed = UINT64_MAX};
}

static void try_filter(const char *text)
{
    const struct run_spec r = example();
    struct err e = {.msg = ""};
    if (run_filter_check(text, &e) != ST_OK)
        assert(e.msg[0]);
    run_matches(&r, NULL, &text, 1);
    run_matches(&r, "done", &text, 1);
}

/* A value that was read is in range, and its canonical text reads back as the same value. */
static void try_option(const struct option *o, const char *text)
{
    char canonical[OPTION_TEXT];
    double value = 0, again = 0;
    struct err e = {.msg = ""};
    if (option_parse(o, text, &value, &e) != ST_OK) {
        assert(strstr(e.msg, o->name));
        return;
    }
    if (o->type == OPTION_INT || o->type == OPTION_REAL)
        assert(value >= o->lo && value <= o->hi);
    assert(option_parse(o, option_format(o, value, canonical), &again, &e) == ST_OK);
    assert(value <= again && value >= again && signbit(value) == signbit(again));
}

static void try_table(const struct option *table, const char *text)
{
    for (int i = 0; i < option_count(table); i++)
        try_option(&table[i], text);
}

static void try_options(const char *text)
{
    double times;
    for (int i = 0; i < setting_count(); i++) {
        const struct setting *s = setting_at(i);
        try_option(&s->option, text);
        if (multiple_parse(s->multiple, text, &times))
            assert(times > 0);
    }
    for (int i = 0; i < task_count(); i++)
        try_table(task_at(i)->options, text);
    for (int i = 0; i < encoder_count(); i++)
        try_table(encoder_at(i)->options, text);
}

/* The name of a stack parses as a stack of the same name. */
static bool try_encoder(const char *text, struct encoder_stack *s)
{
    char name[ENCODER_NAME], again[ENCODER_NAME];
    struct encoder_stack other;
    struct err e = {.msg = ""};
    if (encoder_stack_parse(text, s, &e) != ST_OK) {
        assert(e.msg[0]);
        return false;
    }
    encoder_stack_name(s, name);
    assert(encoder_stack_parse(name, &other, &e) == ST_OK);
    encoder_stack_name(&other, again);
    assert(strcmp(name, again) == 0 && other.parts == s->parts);
    return true;
}

static void try_setting(struct encoder_stack *s, char *line)
{
    char *equals = strchr(line, '=');
    struct err e = {.msg = ""};
    if (!equals)
        return;
    *equals = '\0';
    if (encoder_stack_set(s, line, equals + 1, &e) != ST_OK)
        assert(e.msg[0]);
}

static void resolve(struct encoder_stack *s)
{
    const struct encoder_dims d = {
        .layers = 2, .heads = 2, .head_dim = 8, .trained_length = 16, .longest = 40};
    struct err e = {.msg = ""};
    if (encoder_stack_resolve(s, &d, &e) != ST_OK)
        assert(e.msg[0]);
    encoder_reach_text(encoder_stack_reach(s, &d));
}

void fuzz_one(const uint8_t *data, size_t bytes)
{
    char *text = fuzz_text(data, bytes), *rest = text, *line;
    struct encoder_stack first = {0}, any;
    bool found = false;
    for (int i = 0; i < LINES_MAX && (line = strsep(&rest, "\n")); i++) {
        try_filter(line);
        try_options(line);
        if (i == 0)
            found = try_encoder(line, &first);
        else
            try_encoder(line, &any);
        if (found && i > 0)
            try_setting(&first, line);
    }
    if (found)
        resolve(&first);
    free(text);
}
