/* table_splits.c -- the sections of tables, of which only the lines of splits are told. */
#include "table_splits.h"

#include "table_notes.h"

static enum status tell(const struct table_data *d, const struct groups *sections, int i,
                        const struct split_listener *l, struct err *e)
{
    const struct table_shape shape = {DIM_VARIANT, DIM_SPLIT};
    struct table_section s;
    enum status st = table_section_init(d, shape, sections, i, &s, e);
    if (st == ST_OK && s.members > 0) {
        const struct record *any = table_member(&s, 0);
        st = l->tests(l->to, any->key[DIM_EXPERIMENT], any->key[DIM_PROFILE],
                      any->key[DIM_TASK], e);
        if (st == ST_OK)
            table_notes_splits(&s, l->split, l->to);
    }
    table_section_free(&s);
    return st;
}

enum status table_splits(struct store *s, const struct table_request *q,
                         const struct split_listener *listener, struct err *e)
{
    const struct table_shape shape = {DIM_VARIANT, DIM_SPLIT};
    struct table_data d = {.records = 0};
    struct groups sections = {.n = 0};
    enum status st = table_data_load(s, q, "token_error", &d, e);
    if (st == ST_OK)
        st = table_sections_divide(&d, shape, &sections, e);
    for (int i = 0; i < sections.n && st == ST_OK; i++)
        st = tell(&d, &sections, i, listener, e);
    groups_free(&sections);
    table_data_free(&d);
    return st;
}
