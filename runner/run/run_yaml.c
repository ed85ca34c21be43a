/* run_yaml.c -- writes a run as an experiment file that asks for this run only.
 *
 * Every value is spelled out, except options that the run's identity leaves out too, so that the
 * file means this run even if defaults change. A split lists its differences from the training
 * law, and what the task's own split of that name would change.
 * Pitfall: names and words come from the database, which may be from a stranger. Anything but a
 * plain word is quoted, and names that a file may not have are refused. */
#include "run_yaml.h"

#include <string.h>

#include "settings.h"

enum { COLUMNS = 90 };

/* --- a mapping in lines of up to 90 columns ---------------------------------------- */

struct flow {
    FILE *out;
    int column, indent;
    bool some;
};

static struct flow flow_open(FILE *out, const char *before, int indent)
{
    return (struct flow){
        .out = out, .column = fprintf(out, "%s{", before), .indent = indent};
}

static void flow_close(const struct flow *f)
{
    fputs("}\n", f->out);
}

static bool is_word(const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    return text[strspn(text, "0123456789_.-abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRST"
                             "UVWXYZ")] == '\0' &&
           strspn(text, letters) > 0;
}

/* Writes the text in single quotes, where YAML's only escape is a doubled quote. */
static void quoted(const char *text, char out[2 * OPTION_TEXT + 3])
{
    char *to = out;
    *to++ = '\'';
    for (; *text; text++) {
        if (*text == '\'')
            *to++ = '\'';
        *to++ = *text;
    }
    *to++ = '\'';
    *to = '\0';
}

/* Adds a key. `raw`: the value is YAML already. */
static void flow_add(struct flow *f, const char *key, const char *value, bool raw)
{
    char safe[2 * OPTION_TEXT + 3];
    if (!raw)
        quoted(value, safe);
    const char *text = raw ? value : safe;
    const int width = (int)(strlen(key) + strlen(text)) + 4;
    if (f->some)
        putc(',', f->out);
    if (f->some && f->column + width > COLUMNS)
        f->column = fprintf(f->out, "\n%*s", f->indent, "") - 1;
    else if (f->some)
        f->column += fprintf(f->out, " ");
    f->column += fprintf(f->out, "%s: %s", key, text);
    f->some = true;
}

static void flow_option(struct flow *f, const char *key, const struct option *o,
                        double value)
{
    char text[OPTION_TEXT];
    option_format(o, value, text);
    flow_add(f, key, text, o->type != OPTION_CHOICE || is_word(text));
}

static bool differ(double a, double b)
{
    return a < b || a > b;
}

/* --- the parts ------------------------------------------------------------------------ */

static bool plain_name(const char *name)
{
    return name[0] >= 'a' && name[0] <= 'z' &&
           name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0';
}

static void write_task(const struct run_spec *r, FILE *out)
{
    struct flow f = flow_open(out, "    task: ", 11);
    const struct option *table = r->task->options;
    flow_add(&f, "name", r->task->name, true);
    for (int i = 0; i < option_count(table); i++)
        if (!table[i].later || differ(r->task_options.v[i], table[i].dflt))
            flow_option(&f, table[i].name, &table[i], r->task_options.v[i]);
    flow_close(&f);
}

static bool task_changes(const struct task_split *s, const char *option)
{
    for (int k = 0; s && k < TASK_SPLIT_CHANGES && s->change[k].option; k++)
        if (strcmp(s->change[k].option, option) == 0)
            return true;
    return false;
}

/* Writes "rope.scaling=yarn rope.factor=4" as a mapping. */
static void write_at_test(const struct split_spec *s, struct flow *f)
{
    char text[2 * SPLIT_ENCODER_TEXT];
    size_t used = 0;
    for (const char *c = s->encoder; *c && used + 4 < sizeof text; c++) {
        if (*c == '=' || *c == ' ')
            used += (size_t)snprintf(text + used, 3, *c == '=' ? ": " : ", ");
        else
            text[used++] = *c;
    }
    text[used] = '\0';
    char map[sizeof text + 3];
    snprintf(map, sizeof map, "{%s}", text);
    flow_add(f, "encoder", map, true);
}

static void write_split(const struct run_spec *r, const struct split_spec *s, FILE *out)
{
    const struct task_split *own = task_split_find(r->task, s->name);
    const struct option *table = r->task->options;
    char before[NAME_MAX_TEXT + 16], count[16];
    snprintf(before, sizeof before, "      %s: ", s->name);
    snprintf(count, sizeof count, "%d", s->count);
    struct flow f = flow_open(out, before, 8);
    flow_add(&f, "count", count, true);
    for (int i = 0; i < option_count(table); i++)
        if (differ(s->options.v[i], r->task_options.v[i]) ||
            task_changes(own, table[i].name))
            flow_option(&f, table[i].name, &table[i], s->options.v[i]);
    if (s->encoder[0])
        write_at_test(s, &f);
    flow_close(&f);
}

/* Writes one part; in a sum every option is named with its part. */
static void write_part(const struct encoder_part *p, bool sum, struct flow *f)
{
    const struct option *table = p->encoder->options;
    char key[2 * NAME_MAX_TEXT + 2], layers[LAYER_SET_TEXT];
    const char *owner = sum ? p->encoder->name : "", *dot = sum ? "." : "";
    for (int i = 0; i < option_count(table); i++) {
        if (table[i].later && !differ(p->options.v[i], table[i].dflt))
            continue;
        snprintf(key, sizeof key, "%s%s%s", owner, dot, table[i].name);
        flow_option(f, key, &table[i], p->options.v[i]);
    }
    if (p->layers.every || p->layers.list) {
        snprintf(key, sizeof key, "%s%slayers", owner, dot);
        flow_add(f, key, layer_set_format(&p->layers, layers), false);
    }
}

static void write_encoder(const struct run_spec *r, FILE *out)
{
    const struct encoder_stack *s = &r->model.encoders;
    struct flow f = flow_open(out, "    encoders:\n      - ", 9);
    f.column = 9;
    flow_add(&f, "name", r->encoder, true);
    for (int i = 0; i < s->parts; i++)
        write_part(&s->part[i], s->parts > 1, &f);
    flow_close(&f);
}

static void write_settings(const struct run_spec *r, const char *section, FILE *out)
{
    char before[24], pair[2 * OPTION_TEXT + 8], one[OPTION_TEXT], two[OPTION_TEXT];
    snprintf(before, sizeof before, "    %s: ", section);
    struct flow f = flow_open(out, before, (int)strlen(before) + 1);
    for (int i = 0; i < setting_count(); i++) {
        const struct setting *s = setting_at(i);
        const double value = setting_get(s, r, 0);
        if (strcmp(s->section, section) != 0 ||
            (s->option.later && !differ(value, s->option.dflt)))
            continue;
        if (s->values == 1) {
            flow_option(&f, s->option.name, &s->option, value);
            continue;
        }
        snprintf(pair, sizeof pair, "[%s, %s]", option_format(&s->option, value, one),
                 option_format(&s->option, setting_get(s, r, 1), two));
        flow_add(&f, s->option.name, pair, true);
    }
    flow_close(&f);
}

/* Writes "model.dim=64 task.length=32" as a grid with one value per key, so that the run keeps
 * its place in tables. A cell of another form, in a stranger's database, is left out. */
static void write_grid(const struct run_spec *r, FILE *out)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz0123456789_.=+- ";
    if (!r->cell[0] || r->cell[strspn(r->cell, plain)])
        return;
    struct flow f = flow_open(out, "    grid: ", 11);
    for (const char *at = r->cell; *at; at += *at == ' ') {
        char key[VARIANT_TEXT], value[VARIANT_TEXT + 2];
        const int n = (int)strcspn(at, " "), k = (int)strcspn(at, "= ");
        snprintf(key, sizeof key, "%.*s", k, at);
        snprintf(value, sizeof value, "[%.*s]", n > k ? n - k - 1 : 0, at + k + (n > k));
        flow_add(&f, key, value, true);
        at += n;
    }
    flow_close(&f);
}

enum status run_yaml_write(const struct run_spec *r, FILE *out, struct err *e)
{
    if (!plain_name(r->experiment))
        return err_set(e, ST_CONFIG,
                       "the experiment of this run has a name that no experiment file may "
                       "have");
    const bool profile = plain_name(r->profile) && strcmp(r->profile, "default") != 0;
    fprintf(out, "# Run %s, seed %llu:\n# %s\n#     posbench run FILE.yaml", r->identity,
            (unsigned long long)r->seed, r->variant);
    if (profile)
        fprintf(out, " --profile %s", r->profile);
    fprintf(out, "\nversion: 1\n\nexperiments:\n  %s:\n", r->experiment);
    write_task(r, out);
    fputs("    splits:\n", out);
    for (int i = 0; i < r->splits; i++)
        write_split(r, &r->split[i], out);
    write_encoder(r, out);
    fprintf(out, "    seeds: [%llu]\n    data_seed: %llu\n", (unsigned long long)r->seed,
            (unsigned long long)r->data_seed);
    write_settings(r, "model", out);
    write_settings(r, "train", out);
    write_grid(r, out);
    if (profile)
        fprintf(out, "\nprofiles:\n  %s: {%s: {}}\n", r->profile, r->experiment);
    return ST_OK;
}
