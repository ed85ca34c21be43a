/* filled_table.h -- a database with the numbers of a small table, and the text of its
 * tables. */
#ifndef FILLED_TABLE_H
#define FILLED_TABLE_H

#include "filled_store.h"
#include "table.h"

/* Returns what a request prints; the caller frees it. Not inline: gcc 12 takes `text`,
 * which the stream writes to, for a pointer to the stack. */
__attribute__((noinline, unused)) static char *printed(struct store *s,
                                                       const struct table_request *q)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    assert_ok(table_print(s, q, out, &err));
    assert_int_equal(fclose(out), 0);
    return text;
}

static inline void assert_printed(struct store *s, const struct table_request *q,
                                  const char *want)
{
    char *text = printed(s, q);
    assert_string_equal(text, want);
    free(text);
}

static inline void assert_holds(struct store *s, const struct table_request *q,
                                const char *part)
{
    char *text = printed(s, q);
    if (!strstr(text, part))
        print_error("\"%s\" is not in:\n%s\n", part, text);
    assert_non_null(strstr(text, part));
    free(text);
}

static inline void assert_lacks(struct store *s, const struct table_request *q,
                                const char *part)
{
    char *text = printed(s, q);
    if (strstr(text, part))
        print_error("\"%s\" is in:\n%s\n", part, text);
    assert_null(strstr(text, part));
    free(text);
}

static inline void assert_fails(struct store *s, const struct table_request *q,
                                enum status want, const char *words)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_int_equal(table_print(s, q, out, &err), want);
    if (!strstr(err.msg, words))
        print_error("\"%s\" is not in: %s\n", words, err.msg);
    assert_non_null(strstr(err.msg, words));
    fclose(out);
    assert_string_equal(text, "");
    free(text);
}

/* Fills s. absolute: 23.6, 24.0 and 24.4 % on id, no value on ood_sparse. rope: two seeds,
 * the third failed. cope: no error in 3 x 500 and 3 x 80 tokens. */
static inline void fill(struct store *s)
{
    static const char *const variant[] = {"absolute", "rope", "cope(p_max=64)"};
    static const char *const encoder[] = {"absolute", "rope", "cope"};
    static const int wrong[3][3] = {{118, 120, 122}, {10, 12, 0}, {0, 0, 0}};
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++) {
            const int fails = i == 1 && k == 2;
            const int64_t id =
                add_run(s, (struct fake_run){.variant = variant[i],
                                             .encoder = encoder[i],
                                             .seed = k + 1,
                                             .state = fails ? "failed" : "done",
                                             .error = "the loss is not a finite number"});
            if (fails)
                continue;
            put_split(s, id, "valid", 0, 500, 0);
            put_split(s, id, "id", wrong[i][k], 500, 3 - i);
            put_split(s, id, "ood_sparse", i == 0 ? -1 : 2 * wrong[i][k], 80, 3 - i);
            if (i == 0)
                assert_ok(store_event(s, id, "caveat",
                                      "ood_sparse: absolute has no value beyond 256 tokens",
                                      &err));
        }
}

static inline void add_paper(struct store *s)
{
    const struct published_row p[] = {
        {"arXiv 1", "Table 2", "flip_flop", "", "cope", "id", "error", "fraction", 0.0003,
         0.0006},
        {"arXiv 1", "Table 2", "flip_flop", "", "rope", "ood_sparse", "error", "fraction",
         0.203, (double)NAN},
    };
    assert_ok(store_published(s, p, 2, &err));
}

#endif
