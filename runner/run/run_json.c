/* run_json.c -- writes a run's resolved configuration as canonical JSON, and reads it.
 *
 *     {"data_seed":0,
 *      "encoder":[{"name":"cope","options":{...},"version":1}],
 *      "experiment":"flip_flop","format":1,
 *      "model":{...},"seed":1,
 *      "splits":{"id":{"count":1000,"options":{...}},...},   ("encoder" too, where a split
 *                                                             changes it, and "asks")
 *      "task":{"name":"flip_flop","options":{...},"version":1},
 *      "train":{...}}
 *
 * Options are the resolved ones, so that a default that is spelled out gives the same text.
 * Everything that cannot change a result is left out: profile, cell, file, threads. */
#include "run_spec.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_text.h"
#include "settings.h"

/* --- writing ------------------------------------------------------------- */

static json_t *option_json(const struct option *o, double value)
{
    char text[OPTION_TEXT];
    switch (o->type) {
    case OPTION_BOOL:
        return json_boolean(value != 0);
    case OPTION_INT:
        return json_integer((json_int_t)value);
    case OPTION_REAL:
        return json_real(value);
    case OPTION_CHOICE:
        break;
    }
    return json_string(option_format(o, value, text));
}

/* Returns true for an option that was added later and has its default. It is not written, so that
 * runs from before it keep their identity. */
static bool unwritten(const struct option *o, double value)
{
    return o->later && !(value < o->dflt || value > o->dflt);
}

static json_t *options_json(const struct option *table, const struct option_values *o)
{
    json_t *out = json_object();
    for (int i = 0; i < option_count(table); i++)
        if (!unwritten(&table[i], o->v[i]) &&
            json_object_set_new(out, table[i].name, option_json(&table[i], o->v[i]))) {
            json_decref(out);
            return NULL;
        }
    return out;
}

/* Returns a law: its options and, for a task with data, the hash of the data. Takes `more`, which
 * may be NULL: no memory. */
static json_t *law_json(const struct task *t, const struct option_values *o, json_t *more)
{
    char hash[TASK_HASH_TEXT];
    task_data_text(t, o, hash);
    if (json_object_set_new(more, "options", options_json(t->options, o)) ||
        (*hash && json_object_set_new(more, "data", json_string(hash)))) {
        json_decref(more);
        return NULL;
    }
    return more;
}

/* Adds how a split changes the encoder. To keep old identities, nothing is written for a split
 * that does not change it, nor for one that uses the samples of the first split of its law,
 * `valid` included, as all splits once did. Frees `one` on failure. */
static bool add_encoder(const struct run_spec *r, const struct split_spec *s, json_t *one)
{
    const bool as_once = strcmp(s->asks, run_spec_questions(r, s, true)) == 0;
    if (!s->encoder[0] ||
        (one && !json_object_set_new(one, "encoder", json_string(s->encoder)) &&
         (as_once || !json_object_set_new(one, "asks", json_string(s->asks)))))
        return true;
    json_decref(one);
    return false;
}

/* json_pack's "o" takes NULL for a failure and frees the rest, so that the nesting below is
 * safe. */
static json_t *splits_json(const struct run_spec *r)
{
    json_t *out = json_object();
    for (int i = 0; out && i < r->splits; i++) {
        const struct split_spec *s = &r->split[i];
        json_t *one = law_json(r->task, &s->options, json_pack("{s:i}", "count", s->count));
        if (!add_encoder(r, s, one) || json_object_set_new(out, s->name, one)) {
            json_decref(out);
            return NULL;
        }
    }
    return out;
}

static int by_name(const void *a, const void *b)
{
    const struct encoder_part *const *x = a, *const *y = b;
    return strcmp((*x)->encoder->name, (*y)->encoder->name);
}

/* Adds the layers of a part. To keep old identities, nothing is written for a part that acts in
 * every layer. Frees `one` on failure. */
static bool add_layers(json_t *one, const struct layer_set *s)
{
    char text[LAYER_SET_TEXT];
    if (!s->every && !s->list)
        return true;
    if (one && !json_object_set_new(one, "layers", json_string(layer_set_format(s, text))))
        return true;
    json_decref(one);
    return false;
}

static json_t *encoder_json(const struct encoder_stack *s)
{
    const struct encoder_part *part[ENCODER_PARTS_MAX];
    json_t *out = json_array();
    for (int i = 0; i < s->parts; i++)
        part[i] = &s->part[i];
    qsort(part, (size_t)s->parts, sizeof(void *), by_name);
    for (int i = 0; out && i < s->parts; i++) {
        const struct encoder *e = part[i]->encoder;
        json_t *one = json_pack("{s:s, s:i, s:o}", "name", e->name, "version", e->version,
                                "options", options_json(e->options, &part[i]->options));
        if (!add_layers(one, &part[i]->layers) || json_array_append_new(out, one)) {
            json_decref(out);
            return NULL;
        }
    }
    return out;
}

static json_t *setting_json(const struct setting *s, const struct run_spec *r)
{
    if (s->values == 1)
        return option_json(&s->option, setting_get(s, r, 0));
    return json_pack("[o, o]", option_json(&s->option, setting_get(s, r, 0)),
                     option_json(&s->option, setting_get(s, r, 1)));
}

static json_t *section_json(const struct run_spec *r, const char *section)
{
    json_t *out = json_object();
    for (int i = 0; out && i < setting_count(); i++) {
        const struct setting *s = setting_at(i);
        if (strcmp(s->section, section) == 0 &&
            !unwritten(&s->option, setting_get(s, r, 0)) &&
            json_object_set_new(out, s->option.name, setting_json(s, r))) {
            json_decref(out);
            return NULL;
        }
    }
    return out;
}

/* Returns the text: sorted, without blanks, with reals in the fewest digits (15 to 17) that read
 * back as the same doubles. */
static char *canonical_text(const json_t *root)
{
    char *text = NULL;
    bool same = false;
    for (int digits = 15; digits <= 17 && !same; digits++) {
        free(text);
        text =
            json_write(root, JSON_SORT_KEYS | JSON_COMPACT | JSON_REAL_PRECISION(digits));
        json_t *back;
        if (!text || json_read(text, strlen(text), 0, &back, NULL) != ST_OK) {
            free(text);
            return NULL;
        }
        same = json_equal(root, back);
        json_decref(back);
    }
    return text;
}

char *run_spec_json(const struct run_spec *r)
{
    json_t *root =
        json_pack("{s:i, s:s, s:o, s:o, s:o, s:o, s:o, s:I, s:I}", "format", RUN_FORMAT,
                  "experiment", r->experiment, "task",
                  law_json(r->task, &r->task_options,
                           json_pack("{s:s, s:i}", "name", r->task->name, "version",
                                     r->task->version)),
                  "splits", splits_json(r), "encoder", encoder_json(&r->model.encoders),
                  "model", section_json(r, "model"), "train", section_json(r, "train"),
                  "seed", (json_int_t)r->seed, "data_seed", (json_int_t)r->data_seed);
    char *text = root ? canonical_text(root) : NULL;
    json_decref(root);
    return text;
}

/* --- reading ------------------------------------------------------------- */

static enum status refuse(struct err *e, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static enum status refuse(struct err *e, const char *fmt, ...)
{
    char text[512];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    return err_set(e, ST_CONFIG, "stored configuration: %s", text);
}

static bool fill_name(char out[NAME_MAX_TEXT], const json_t *text)
{
    return json_is_string(text) &&
           snprintf(out, NAME_MAX_TEXT, "%s", json_string_value(text)) < NAME_MAX_TEXT;
}

static bool read_option(const struct option *o, const json_t *value, double *out)
{
    switch (o->type) {
    case OPTION_BOOL:
        *out = json_is_true(value);
        return json_is_boolean(value);
    case OPTION_INT:
        *out = (double)json_integer_value(value);
        return json_is_integer(value) && *out >= o->lo && *out <= o->hi;
    case OPTION_REAL:
        *out = json_number_value(value);
        return json_is_real(value) && *out >= o->lo && *out <= o->hi;
    case OPTION_CHOICE:
        break;
    }
    return json_is_string(value) &&
           option_parse(o, json_string_value(value), out, NULL) == ST_OK;
}

static enum status read_options(const struct option *table, const json_t *values,
                                const char *owner, struct option_values *out, struct err *e)
{
    const int n = option_count(table);
    size_t written = 0;
    option_defaults(table, out);
    for (int i = 0; i < n; i++)
        written += !table[i].later || json_object_get(values, table[i].name);
    if (!json_is_object(values) || json_object_size(values) != written)
        return refuse(e, "the options of %s are not those of this posbench", owner);
    for (int i = 0; i < n; i++)
        if ((!table[i].later || json_object_get(values, table[i].name)) &&
            !read_option(&table[i], json_object_get(values, table[i].name), &out->v[i]))
            return refuse(e, "%s: option \"%s\" is missing or out of range", owner,
                          table[i].name);
    return ST_OK;
}

/* Reads the options of training or of a split, "options" and "data" of `law`. Options within
 * their ranges may still be refused by the task, and its data may have changed since the run. */
static enum status read_law(const struct task *t, const json_t *law, const char *owner,
                            struct option_values *out, struct err *e)
{
    struct err why;
    char hash[TASK_HASH_TEXT];
    const enum status st =
        read_options(t->options, json_object_get(law, "options"), owner, out, e);
    if (st)
        return st;
    if (task_open(t, out, &why) != ST_OK)
        return refuse(e, "%s: %s", owner, why.msg);
    task_data_text(t, out, hash);
    const char *stored = json_string_value(json_object_get(law, "data"));
    if (strcmp(hash, stored ? stored : "") == 0)
        return ST_OK;
    return refuse(
        e,
        "%s: its data have hash %s now, %s when the run was planned; put back the files "
        "as they were",
        owner, hash, stored ? stored : "none");
}

static enum status check_version(const char *owner, const json_t *version, int ours,
                                 struct err *e)
{
    if (json_is_integer(version) && json_integer_value(version) == ours)
        return ST_OK;
    return refuse(e, "it was made with version %d of %s; this posbench has version %d",
                  (int)json_integer_value(version), owner, ours);
}

static enum status read_task(const json_t *root, struct run_spec *r, struct err *e)
{
    const json_t *task = json_object_get(root, "task");
    const char *name = json_string_value(json_object_get(task, "name"));
    r->task = name ? task_find(name) : NULL;
    if (!r->task)
        return refuse(e, "there is no task \"%.64s\"", name ? name : "");
    const enum status st =
        check_version(r->task->name, json_object_get(task, "version"), r->task->version, e);
    return st ? st : read_law(r->task, task, r->task->name, &r->task_options, e);
}

/* Copies a text of at most size - 1 characters; a missing text becomes "". */
static bool read_text(const json_t *text, char *out, size_t size)
{
    if (!text)
        return true;
    return json_is_string(text) &&
           snprintf(out, size, "%s", json_string_value(text)) < (int)size;
}

/* Reads the split whose samples are used by a split that changes the encoder. ST_CONFIG: not the
 * expected one. */
static enum status read_asks(const json_t *splits, struct run_spec *r, struct split_spec *s,
                             struct err *e)
{
    const json_t *asks = json_object_get(json_object_get(splits, s->name), "asks");
    const char *expected = run_spec_questions(r, s, !asks);
    if (!read_text(asks, s->asks, sizeof s->asks) ||
        (asks && strcmp(s->asks, expected) != 0))
        return refuse(e, "split \"%.64s\" asks the questions of another law", s->name);
    snprintf(s->asks, sizeof s->asks, "%s", expected);
    return ST_OK;
}

static enum status read_splits(json_t *root, struct run_spec *r, struct err *e)
{
    json_t *splits = json_object_get(root, "splits"), *value;
    const char *name;
    assert(r->task);
    r->split = calloc(json_object_size(splits) + 1, sizeof *r->split);
    if (!r->split)
        return err_set(e, ST_NOMEM, "no memory for the splits of a run");
    json_object_foreach(splits, name, value)
    {
        struct split_spec *s = &r->split[r->splits];
        const json_int_t count = json_integer_value(json_object_get(value, "count"));
        if (strlen(name) >= sizeof s->name || count < 1 || count > SPLIT_COUNT_MAX)
            return refuse(e, "split \"%.64s\": bad name or count", name);
        snprintf(s->name, sizeof s->name, "%s", name);
        s->count = (int)count;
        if (!read_text(json_object_get(value, "encoder"), s->encoder, sizeof s->encoder))
            return refuse(e, "split \"%.64s\": bad options of the encoder", name);
        const enum status st = read_law(r->task, value, name, &s->options, e);
        if (st)
            return st;
        if (r->task->vocabulary(&s->options) > r->task->vocabulary(&r->task_options))
            return refuse(e, "split \"%.64s\" has token ids that training has not", name);
        r->splits++;
    }
    run_spec_sort_splits(r);
    for (int i = 0; i < r->splits; i++) {
        const enum status st =
            r->split[i].encoder[0] ? read_asks(splits, r, &r->split[i], e) : ST_OK;
        if (st)
            return st;
    }
    return ST_OK;
}

static enum status read_part(const json_t *one, struct encoder_stack *s, struct err *e)
{
    const char *name = json_string_value(json_object_get(one, "name"));
    for (int i = 0; name && i < s->parts; i++) {
        struct encoder_part *p = &s->part[i];
        if (strcmp(p->encoder->name, name) != 0)
            continue;
        const char *layers = json_string_value(json_object_get(one, "layers"));
        enum status st =
            check_version(name, json_object_get(one, "version"), p->encoder->version, e);
        if (!st && layers)
            st = layer_set_parse(layers, &p->layers, e);
        return st ? st
                  : read_options(p->encoder->options, json_object_get(one, "options"), name,
                                 &p->options, e);
    }
    return refuse(e, "an encoder without a name");
}

static enum status read_encoders(const json_t *root, struct run_spec *r, struct err *e)
{
    const json_t *list = json_object_get(root, "encoder");
    char sum[ENCODER_NAME] = "";
    size_t used = 0;
    for (size_t i = 0; i < json_array_size(list) && used < sizeof sum; i++) {
        const char *name =
            json_string_value(json_object_get(json_array_get(list, i), "name"));
        used += (size_t)snprintf(sum + used, sizeof sum - used, "%s%s", i ? "+" : "",
                                 name ? name : "?");
    }
    enum status st = encoder_stack_parse(sum, &r->model.encoders, e);
    for (size_t i = 0; !st && i < json_array_size(list); i++)
        st = read_part(json_array_get(list, i), &r->model.encoders, e);
    return st;
}

static bool read_setting(const struct setting *s, const json_t *value, struct run_spec *r)
{
    for (int i = 0; i < s->values; i++) {
        double v;
        const json_t *one = s->values == 1 ? value : json_array_get(value, (size_t)i);
        if (!read_option(&s->option, one, &v))
            return false;
        setting_put(s, r, i, v);
    }
    return true;
}

static enum status read_settings(const json_t *root, struct run_spec *r, struct err *e)
{
    size_t n = 0;
    for (int i = 0; i < setting_count(); i++) {
        const struct setting *s = setting_at(i);
        const json_t *value =
            json_object_get(json_object_get(root, s->section), s->option.name);
        if (!value && s->option.later) {
            setting_put_default(s, r);
            continue;
        }
        if (!read_setting(s, value, r))
            return refuse(e, "%s.%s is missing or out of range", s->section,
                          s->option.name);
        n++;
    }
    if (n != json_object_size(json_object_get(root, "model")) +
                 json_object_size(json_object_get(root, "train")))
        return refuse(e, "its settings are not those of this posbench");
    return ST_OK;
}

static bool read_seed(const json_t *value, uint64_t *out)
{
    *out = (uint64_t)json_integer_value(value);
    return json_is_integer(value) && json_integer_value(value) >= 0;
}

static enum status read_root(json_t *root, struct run_spec *r, struct err *e)
{
    enum status st;
    if (json_integer_value(json_object_get(root, "format")) != RUN_FORMAT)
        return refuse(e, "its format is not %d; another posbench wrote it", RUN_FORMAT);
    if (!fill_name(r->experiment, json_object_get(root, "experiment")) ||
        !read_seed(json_object_get(root, "seed"), &r->seed) ||
        !read_seed(json_object_get(root, "data_seed"), &r->data_seed))
        return refuse(e, "experiment, seed or data_seed is missing or wrong");
    if ((st = read_task(root, r, e)) || (st = read_splits(root, r, e)) ||
        (st = read_encoders(root, r, e)) || (st = read_settings(root, r, e)))
        return st;
    run_spec_sizes(r);
    if ((st = model_check(&r->model, e)) || (st = run_spec_encoders(r, e)) ||
        (st = run_spec_split_encoders(r, e)))
        return st;
    return run_spec_identify(r, e);
}

enum status run_spec_parse(const char *json, struct run_spec *out, struct err *e)
{
    struct run_spec r = {0};
    json_error_t why;
    if (!json || strlen(json) > RUN_CONFIG_BYTES)
        return refuse(e, json ? "longer than %d bytes" : "there is none", RUN_CONFIG_BYTES);
    json_t *root;
    enum status st = json_read(json, strlen(json), JSON_REJECT_DUPLICATES, &root, &why);
    if (st == ST_NOMEM)
        return err_set(e, st, "no memory to read a run's configuration");
    if (st)
        return refuse(e, "not JSON: %s", why.text);
    st = read_root(root, &r, e);
    json_decref(root);
    if (st) {
        run_spec_free(&r);
        return st;
    }
    *out = r;
    return ST_OK;
}
