#include "eval_store.h"

#include <stdlib.h>

#include "json_text.h"

json_t *eval_split_options(const struct run_spec *r, const struct split_spec *split)
{
    json_t *all = json_object();
    for (int i = 0; i < option_count(r->task->options); i++) {
        const struct option *o = &r->task->options[i];
        const double value = split->options.v[i];
        char text[OPTION_TEXT];
        json_t *one = o->type == OPTION_BOOL   ? json_boolean(value != 0)
                      : o->type == OPTION_INT  ? json_integer((json_int_t)value)
                      : o->type == OPTION_REAL ? json_real(value)
                                               : json_string(option_format(o, value, text));
        if (json_object_set_new(all, o->name, one) != 0) {
            json_decref(all);
            return NULL;
        }
    }
    return all;
}

enum status eval_store(const char *db, const struct stored_run *f,
                       const struct split_spec *split, int sequences,
                       const struct metric_row *m, int n, struct err *e)
{
    struct store *s = NULL;
    json_t *options = eval_split_options(&f->run, split);
    char *text = options ? json_show(options, JSON_COMPACT) : NULL;
    const struct evaluation_row row = {.variant = f->run.variant,
                                       .split = split->name,
                                       .options = text,
                                       .sequences = sequences,
                                       .metric = m,
                                       .n = n};
    enum status st =
        text ? ST_OK : err_set(e, ST_NOMEM, "no memory for the options of a split");
    json_decref(options);
    if (st == ST_OK)
        st = store_open(db, STORE_WRITE, &s, e);
    if (st == ST_OK)
        st = store_evaluation(s, strtoll(f->id, NULL, 10), &row, e);
    store_close(s);
    free(text);
    return st;
}
