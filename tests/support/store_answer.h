/* store_answer.h -- compares the answer of a store to a query with one expected text.
 * Include it after filled_store.h. */
#ifndef STORE_ANSWER_H
#define STORE_ANSWER_H

/* An answer as text: cells joined by "|", rows by ";"; NULL is "-". */
struct answer {
    char text[4096];
};

static inline enum status append_row(void *context, int columns, const char *const *names,
                                     const char *const *cells, struct err *e)
{
    struct answer *a = context;
    (void)names;
    (void)e;
    for (int i = 0; i < columns; i++) {
        const size_t used = strlen(a->text);
        snprintf(a->text + used, sizeof a->text - used, "%s%s",
                 i      ? "|"
                 : used ? ";"
                        : "",
                 cells[i] ? cells[i] : "-");
    }
    return ST_OK;
}

static inline void assert_answer(struct store *s, const char *sql, const char *want)
{
    struct answer a = {.text = ""};
    assert_ok(store_query(s, sql, NULL, 0, append_row, &a, &err));
    assert_string_equal(a.text, want);
}

static inline void assert_fails(enum status got, enum status want, const char *words)
{
    assert_int_equal(got, want);
    assert_int_equal(err.code, want);
    if (!strstr(err.msg, words))
        print_error("\"%s\" is not in: %s\n", words, err.msg);
    assert_non_null(strstr(err.msg, words));
}

static inline void reopen(struct fixture *f, enum store_mode mode)
{
    store_close(f->store);
    f->store = NULL;
    assert_ok(store_open(f->path, mode, &f->store, &err));
}

#endif
