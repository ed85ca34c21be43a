/* vectors.h -- reads the files of tests/parity/vectors; README.md describes them. */
#ifndef VECTORS_H
#define VECTORS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

struct vectors {
    char *bytes;
    const char *data; /* the numbers, inside bytes */
    json_t *header;
};

static inline struct vectors vectors_open(const char *path)
{
    struct vectors v = {0};
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    assert_int_equal(fseek(f, 0, SEEK_END), 0);
    const long size = ftell(f);
    assert_true(size > 8);
    rewind(f);
    v.bytes = malloc((size_t)size);
    assert_non_null(v.bytes);
    assert_int_equal(fread(v.bytes, 1, (size_t)size, f), size);
    fclose(f);
    uint64_t header_bytes;
    memcpy(&header_bytes, v.bytes, 8);
    assert_true(header_bytes < (uint64_t)size - 8);
    v.header = json_loadb(v.bytes + 8, header_bytes, 0, NULL);
    assert_non_null(v.header);
    v.data = v.bytes + 8 + header_bytes;
    return v;
}

static inline void vectors_close(struct vectors *v)
{
    json_decref(v->header);
    free(v->bytes);
}

/* Returns a setting; NULL when the file does not have it. */
static inline const char *note(const struct vectors *v, const char *key)
{
    return json_string_value(
        json_object_get(json_object_get(v->header, "__metadata__"), key));
}

static inline double note_number(const struct vectors *v, const char *key)
{
    const char *text = note(v, key);
    if (!text)
        fail_msg("the vectors have no setting \"%s\"", key);
    return strtod(text, NULL);
}

static inline int note_int(const struct vectors *v, const char *key)
{
    return (int)note_number(v, key);
}

static inline bool note_is(const struct vectors *v, const char *key, const char *value)
{
    const char *text = note(v, key);
    return text && strcmp(text, value) == 0;
}

static inline size_t element_count(const json_t *tensor)
{
    const json_t *shape = json_object_get(tensor, "shape");
    size_t n = 1;
    for (size_t i = 0; i < json_array_size(shape); i++)
        n *= (size_t)json_integer_value(json_array_get(shape, i));
    return n;
}

/* Returns the numbers of a tensor as doubles, which the caller frees; fails the test unless
 * there are `n`. */
static inline double *numbers(const struct vectors *v, const char *name, size_t n)
{
    const json_t *tensor = json_object_get(v->header, name);
    if (!tensor || element_count(tensor) != n)
        fail_msg("%s: the reference has %zu numbers, not %zu", name,
                 tensor ? element_count(tensor) : 0, n);
    const char *type = json_string_value(json_object_get(tensor, "dtype"));
    const json_t *offsets = json_object_get(tensor, "data_offsets");
    const char *at = v->data + json_integer_value(json_array_get(offsets, 0));
    double *out = malloc(n * sizeof *out);
    assert_non_null(out);
    for (size_t i = 0; i < n; i++) {
        float single;
        int32_t whole;
        if (strcmp(type, "F64") == 0) {
            memcpy(&out[i], at + 8 * i, 8);
        } else if (strcmp(type, "F32") == 0) {
            memcpy(&single, at + 4 * i, 4);
            out[i] = (double)single;
        } else {
            memcpy(&whole, at + 4 * i, 4);
            out[i] = whole;
        }
    }
    return out;
}

static inline int32_t *whole_numbers(const struct vectors *v, const char *name, size_t n)
{
    double *from = numbers(v, name, n);
    int32_t *out = malloc(n * sizeof *out);
    assert_non_null(out);
    for (size_t i = 0; i < n; i++)
        out[i] = (int32_t)from[i];
    free(from);
    return out;
}

static inline size_t count_of(const struct vectors *v, const char *name)
{
    const json_t *tensor = json_object_get(v->header, name);
    assert_non_null(tensor);
    return element_count(tensor);
}

#endif
