#include "npy.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    ALIGN = 64, /* of the header, as the format requires */
    LOCAL_BYTES = 30,
    CENTRAL_BYTES = 46,
    END_BYTES = 22,
    VERSION = 20,     /* 2.0: uncompressed members need no more */
    NO_TIME = 0x0021, /* 1 January 1980, so that the same numbers give the same bytes */
    FILES_MAX = 65535
};
#define BYTES_MAX UINT32_MAX

/* The header is padded with blanks, so that the numbers begin at a multiple of 64. */
size_t npy_header(size_t rows, int columns, unsigned char out[NPY_HEADER])
{
    static const char magic[] = "\x93NUMPY\x01"; /* its NUL ends the version 1.0 */
    const size_t front = sizeof magic + 2;
    char *text = (char *)out + front, shape[64];
    if (rows)
        snprintf(shape, sizeof shape, "%zu, %d", rows, columns);
    else
        snprintf(shape, sizeof shape, "%d,", columns);
    size_t n = (size_t)snprintf(text, NPY_HEADER - front,
                                "{'descr': '<f4', 'fortran_order': False, 'shape': (%s), }",
                                shape);
    while ((front + n + 1) % ALIGN != 0)
        text[n++] = ' ';
    text[n++] = '\n';
    memcpy(out, magic, sizeof magic);
    out[front - 2] = (unsigned char)(n & 255);
    out[front - 1] = (unsigned char)(n >> 8);
    return front + n;
}

void npy_numbers(const real *x, size_t n, unsigned char *out)
{
    for (size_t i = 0; i < n; i++) {
        const float number = (float)x[i];
        uint32_t bits;
        memcpy(&bits, &number, sizeof bits);
        for (int b = 0; b < 4; b++)
            *out++ = (unsigned char)(bits >> (8 * b));
    }
}

/* --- zip --- */

/* CRC-32 of ISO 3309, reflected: polynomial 0xedb88320. */
static uint32_t crc_add(uint32_t crc, const unsigned char *at, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        crc ^= at[i];
        for (int b = 0; b < 8; b++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
    }
    return crc;
}

/* Appends a little-endian number of `bytes` bytes. */
static unsigned char *put(unsigned char *to, uint32_t value, int bytes)
{
    for (int b = 0; b < bytes; b++)
        *to++ = (unsigned char)(value >> (8 * b));
    return to;
}

struct member {
    char *name; /* with .npy, owned */
    uint32_t crc, size, at;
};

/* Puts the fields that local and central headers share, from the version on. */
static unsigned char *put_about(unsigned char *to, const struct member *m)
{
    to = put(to, VERSION, 2);
    to = put(to, 0, 2); /* flags */
    to = put(to, 0, 2); /* method: stored */
    to = put(to, 0, 2); /* time */
    to = put(to, NO_TIME, 2);
    to = put(to, m->crc, 4);
    to = put(to, m->size, 4);
    to = put(to, m->size, 4);
    to = put(to, (uint32_t)strlen(m->name), 2);
    return put(to, 0, 2); /* extra */
}

static void write_local(FILE *out, const struct member *m)
{
    unsigned char head[LOCAL_BYTES];
    assert(m->name);
    put_about(put(head, 0x04034b50, 4), m);
    fwrite(head, 1, sizeof head, out);
    fputs(m->name, out);
}

static void write_central(FILE *out, const struct member *m)
{
    unsigned char head[CENTRAL_BYTES];
    assert(m->name);
    unsigned char *to = put(head, 0x02014b50, 4);
    to = put_about(put(to, VERSION, 2), m);
    to = put(to, 0, 2); /* comment */
    to = put(to, 0, 2); /* disk */
    to = put(to, 0, 2); /* attributes */
    to = put(to, 0, 4);
    put(to, m->at, 4);
    fwrite(head, 1, sizeof head, out);
    fputs(m->name, out);
}

static void write_end(FILE *out, int n, uint64_t at, uint64_t bytes)
{
    unsigned char head[END_BYTES];
    unsigned char *to = put(head, 0x06054b50, 4);
    to = put(to, 0, 4); /* disks */
    to = put(to, (uint32_t)n, 2);
    to = put(to, (uint32_t)n, 2);
    to = put(to, (uint32_t)bytes, 4);
    to = put(to, (uint32_t)at, 4);
    put(to, 0, 2); /* comment */
    fwrite(head, 1, sizeof head, out);
}

/* Writes one file of the archive at *at, and moves *at past it. */
static enum status write_member(FILE *out, const struct safetensors_tensor *t,
                                struct member *m, uint64_t *at, struct err *e)
{
    unsigned char head[NPY_HEADER];
    const size_t n = (size_t)t->rows * (size_t)t->columns, room = strlen(t->name) + 5;
    const size_t front = npy_header(t->rows > 1 ? (size_t)t->rows : 0, t->columns, head);
    const uint64_t size = front + 4 * (uint64_t)n;
    if (*at + size + LOCAL_BYTES + room > BYTES_MAX)
        return err_set(e, ST_RANGE,
                       "more than 4 GiB do not fit into a .npz; ask for fewer sequences or "
                       "write .safetensors");
    unsigned char *numbers = malloc(4 * n + 1);
    m->name = malloc(room);
    if (!numbers || !m->name) {
        free(numbers);
        return err_set(e, ST_NOMEM, "no memory to write %zu numbers", n);
    }
    snprintf(m->name, room, "%s.npy", t->name);
    npy_numbers(t->at, n, numbers);
    m->crc = ~crc_add(crc_add(UINT32_MAX, head, front), numbers, 4 * n);
    m->size = (uint32_t)size;
    m->at = (uint32_t)*at;
    write_local(out, m);
    fwrite(head, 1, front, out);
    fwrite(numbers, 1, 4 * n, out);
    *at += LOCAL_BYTES + strlen(m->name) + size;
    free(numbers);
    return ST_OK;
}

enum status npz_write(FILE *out, const struct safetensors_tensor *tensor, int n,
                      struct err *e)
{
    if (n > FILES_MAX)
        return err_set(
            e, ST_RANGE,
            "a .npz takes at most %d arrays, these are %d; ask for fewer sequences "
            "or write .safetensors",
            FILES_MAX, n);
    struct member *m = calloc((size_t)n + 1, sizeof *m);
    uint64_t at = 0, central = 0;
    enum status st = ST_OK;
    if (!m)
        return err_set(e, ST_NOMEM, "no memory for %d arrays", n);
    for (int i = 0; i < n && st == ST_OK; i++)
        st = write_member(out, &tensor[i], &m[i], &at, e);
    for (int i = 0; i < n && st == ST_OK; i++) {
        write_central(out, &m[i]);
        central += CENTRAL_BYTES + strlen(m[i].name);
    }
    if (st == ST_OK)
        write_end(out, n, at, central);
    for (int i = 0; i < n; i++)
        free(m[i].name);
    free(m);
    return st;
}
