/* safetensors.c -- writes and reads the file format: header and numbers.
 *
 * Writing: the header is made in memory, then all goes to a temporary file, which is renamed
 * at the end. Reading checks the length, the header, that the file reaches the end of the last
 * tensor, and every tensor's name, type, shape and offsets; only then it reads numbers.
 * Without a model, safetensors_read_bytes checks that the tensors lie end to end.
 * Pitfall: a file is not trusted before it is checked. Even the JSON is checked for its number
 * of values before it is parsed, since parsing takes up to 80 times its size. */
#include "safetensors.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "json_text.h"
#include "whole_file.h"

enum {
    LENGTH_BYTES = 8,
    HEADER_MAX = 100 << 20, /* bytes; the limit of the format's own readers */
    VALUES_MAX = 1 << 18,   /* commas and opening brackets in the JSON; a tensor has 8 */
    CHUNK = 1024            /* numbers read or written at once; chosen, not measured */
};

static const char metadata_key[] = "__metadata__";

static size_t tensor_numbers(const struct safetensors_tensor *t)
{
    return (size_t)t->rows * (size_t)t->columns;
}

/* --- bytes: little-endian whatever the machine is --- */

static void put_u64(uint64_t x, unsigned char out[LENGTH_BYTES])
{
    for (int i = 0; i < LENGTH_BYTES; i++)
        out[i] = (unsigned char)(x >> (8 * i));
}

static uint64_t get_u64(const unsigned char in[LENGTH_BYTES])
{
    uint64_t x = 0;
    for (int i = 0; i < LENGTH_BYTES; i++)
        x |= (uint64_t)in[i] << (8 * i);
    return x;
}

static void put_f32(float x, unsigned char out[4])
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    for (int i = 0; i < 4; i++)
        out[i] = (unsigned char)(bits >> (8 * i));
}

static float get_f32(const unsigned char in[4])
{
    const uint32_t bits = (uint32_t)in[0] | (uint32_t)in[1] << 8 | (uint32_t)in[2] << 16 |
                          (uint32_t)in[3] << 24;
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* --- writing --- */

static json_t *shape_of(const struct safetensors_tensor *t)
{
    return t->rows == 1 ? json_pack("[i]", t->columns)
                        : json_pack("[ii]", t->rows, t->columns);
}

/* The JSON header, padded; the caller frees it. */
static char *header_text(const struct safetensors_tensor *tensor, int n,
                         const struct safetensors_note *note, int n_notes)
{
    json_t *header = json_object(), *notes = json_object();
    int failed = !header || !notes;
    json_int_t at = 0;
    for (int i = 0; i < n_notes; i++)
        failed |= json_object_set_new(notes, note[i].key, json_string(note[i].text)) != 0;
    failed |= json_object_set(header, metadata_key, notes) != 0;
    for (int i = 0; i < n; i++) {
        const json_int_t end = at + (json_int_t)(4 * tensor_numbers(&tensor[i]));
        json_t *entry = json_pack("{ss so s[II]}", "dtype", "F32", "shape",
                                  shape_of(&tensor[i]), "data_offsets", at, end);
        failed |= json_object_set_new(header, tensor[i].name, entry) != 0;
        at = end;
    }
    char *text = failed ? NULL : json_write(header, JSON_COMPACT);
    json_decref(notes);
    json_decref(header);
    if (!text)
        return NULL;
    const size_t length = strlen(text), padded = (length + 7) / 8 * 8;
    char *out = realloc(text, padded + 1);
    if (!out) {
        free(text);
        return NULL;
    }
    memset(out + length, ' ', padded - length);
    out[padded] = '\0';
    return out;
}

static bool write_numbers(FILE *f, const struct safetensors_tensor *t)
{
    unsigned char bytes[4 * CHUNK];
    const size_t n = tensor_numbers(t);
    for (size_t i = 0; i < n;) {
        size_t k = 0;
        for (; k < CHUNK && i < n; k++, i++)
            put_f32((float)t->at[i], bytes + 4 * k);
        if (fwrite(bytes, 4, k, f) != k)
            return false;
    }
    return true;
}

static bool write_file(FILE *f, const char *header, const struct safetensors_tensor *tensor,
                       int n)
{
    unsigned char length[LENGTH_BYTES];
    const size_t bytes = strlen(header);
    put_u64(bytes, length);
    if (fwrite(length, 1, sizeof length, f) != sizeof length ||
        fwrite(header, 1, bytes, f) != bytes)
        return false;
    for (int i = 0; i < n; i++)
        if (!write_numbers(f, &tensor[i]))
            return false;
    return true;
}

static enum status replace(const char *path, const char *temporary, const char *header,
                           const struct safetensors_tensor *tensor, int n, struct err *e)
{
    FILE *f = whole_file_open(temporary);
    if (!f)
        return err_set(e, ST_IO, "%s: cannot be written: %s", temporary, strerror(errno));
    return whole_file_finish(f, write_file(f, header, tensor, n), temporary, path, e);
}

enum status safetensors_write(const char *path, const struct safetensors_tensor *tensor,
                              int n, const struct safetensors_note *note, int n_notes,
                              struct err *e)
{
    const size_t room = strlen(path) + 32;
    char *temporary = malloc(room);
    char *header = header_text(tensor, n, note, n_notes);
    enum status st = ST_NOMEM;
    if (!temporary || !header) {
        err_set(e, st, "%s: no memory to write %d tensors", path, n);
    } else if (strlen(header) > HEADER_MAX) {
        st = err_set(e, ST_IO,
                     "%s: is not written: its notes have %zu MiB, and readers of "
                     "safetensors take %d; a run with so many points needs a larger "
                     "train.eval_every",
                     path, strlen(header) >> 20, HEADER_MAX >> 20);
    } else {
        snprintf(temporary, room, "%s.%ld.tmp", path, (long)getpid());
        st = replace(path, temporary, header, tensor, n, e);
    }
    free(temporary);
    free(header);
    return st;
}

/* --- reading --- */

struct source {
    const char *path;
    FILE *file;
    json_t *header;
    uint64_t data_at, data_bytes;
};

static void source_close(struct source *s)
{
    if (s->file)
        fclose(s->file);
    json_decref(s->header);
}

/* Refuses a file that ends before its last tensor does. */
static enum status check_end(const struct source *s, struct err *e)
{
    const char *name;
    json_t *entry;
    json_int_t last = 0;
    json_object_foreach(s->header, name, entry)
    {
        const json_t *offsets = json_object_get(entry, "data_offsets");
        const json_int_t end = json_integer_value(json_array_get(offsets, 1));
        last = end > last ? end : last;
    }
    if ((uint64_t)last > s->data_bytes)
        return err_set(e, ST_IO, "%s: is cut off: %lld bytes are missing", s->path,
                       (long long)((uint64_t)last - s->data_bytes));
    return ST_OK;
}

/* Returns false if the text has too many JSON values to parse. Parsed JSON takes up to 80 times
 * the memory of its text, which would be 8 GB for the longest header. Strings do not grow, so
 * only the rest of the text counts. */
static bool is_modest(const char *text, size_t length)
{
    bool quoted = false;
    int values = 0;
    for (size_t i = 0; i < length && values < VALUES_MAX; i++) {
        if (text[i] == '"')
            quoted = !quoted;
        else if (quoted && text[i] == '\\')
            i++;
        else if (!quoted)
            values += text[i] == ',' || text[i] == '{' || text[i] == '[';
    }
    return values < VALUES_MAX;
}

static enum status read_header(struct source *s, struct err *e)
{
    unsigned char bytes[LENGTH_BYTES];
    struct stat about;
    if (fstat(fileno(s->file), &about) != 0 || !S_ISREG(about.st_mode))
        return err_set(e, ST_IO, "%s: not a file", s->path);
    const uint64_t size = (uint64_t)about.st_size;
    if (size < LENGTH_BYTES || fread(bytes, 1, sizeof bytes, s->file) != sizeof bytes)
        return err_set(e, ST_IO, "%s: too short for a safetensors file", s->path);
    const uint64_t length = get_u64(bytes);
    if (length > HEADER_MAX || length > size - LENGTH_BYTES)
        return err_set(e, ST_IO, "%s: not a safetensors file", s->path);
    char *text = malloc(length + 1);
    if (!text)
        return err_set(e, ST_NOMEM, "%s: no memory to read it", s->path);
    enum status st = ST_IO;
    if (fread(text, 1, length, s->file) == length && is_modest(text, length))
        st = json_read(text, length, JSON_REJECT_DUPLICATES, &s->header, NULL);
    free(text);
    if (st == ST_NOMEM)
        return err_set(e, st, "%s: no memory to read it", s->path);
    if (!json_is_object(s->header))
        return err_set(e, ST_IO, "%s: its header is damaged", s->path);
    s->data_at = LENGTH_BYTES + length;
    s->data_bytes = size - s->data_at;
    return check_end(s, e);
}

static enum status source_open(const char *path, struct source *s, struct err *e)
{
    /* O_NONBLOCK: opening a pipe of that name must not block. */
    const int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    *s = (struct source){.path = path, .file = fd >= 0 ? fdopen(fd, "rb") : NULL};
    if (!s->file) {
        const int why = errno;
        if (fd >= 0)
            close(fd);
        return err_set(e, why == ENOENT ? ST_NOTFOUND : ST_IO, "%s: cannot be read: %s",
                       path, strerror(why));
    }
    const enum status st = read_header(s, e);
    if (st)
        source_close(s);
    return st;
}

static bool has_shape(const json_t *shape, const struct safetensors_tensor *t)
{
    const size_t rank = json_array_size(shape);
    const json_int_t first = json_integer_value(json_array_get(shape, 0));
    if (rank == 1)
        return t->rows == 1 && first == t->columns;
    return rank == 2 && first == t->rows &&
           json_integer_value(json_array_get(shape, 1)) == t->columns;
}

/* Sets *at to where the tensor's bytes begin, counted from the end of the header. */
static enum status find_tensor(const struct source *s, const struct safetensors_tensor *t,
                               uint64_t *at, struct err *e)
{
    json_t *entry = json_object_get(s->header, t->name);
    const char *dtype = NULL;
    json_t *shape = NULL;
    json_int_t from = 0, to = 0;
    if (!entry)
        return err_set(e, ST_IO, "%s: has no tensor \"%s\": it is of another model",
                       s->path, t->name);
    if (json_unpack(entry, "{s:s, s:o, s:[I, I]}", "dtype", &dtype, "shape", &shape,
                    "data_offsets", &from, &to) != 0)
        return err_set(e, ST_IO, "%s: the entry of \"%s\" is damaged", s->path, t->name);
    if (strcmp(dtype, "F32") != 0)
        return err_set(e, ST_IO, "%s: \"%s\" holds %.16s, not F32", s->path, t->name,
                       dtype);
    if (!has_shape(shape, t))
        return err_set(e, ST_IO, "%s: \"%s\" is not %d x %d: it is of another model",
                       s->path, t->name, t->rows, t->columns);
    const uint64_t bytes = 4 * (uint64_t)tensor_numbers(t);
    if (from < 0 || to < from || (uint64_t)to > s->data_bytes ||
        (uint64_t)(to - from) != bytes)
        return err_set(e, ST_IO, "%s: \"%s\" lies outside the file", s->path, t->name);
    *at = (uint64_t)from;
    return ST_OK;
}

static enum status check_all(const struct source *s,
                             const struct safetensors_tensor *tensor, int n, struct err *e)
{
    uint64_t at, total = 0;
    size_t known = 0;
    for (int i = 0; i < n; i++) {
        const enum status st = find_tensor(s, &tensor[i], &at, e);
        if (st)
            return st;
        total += 4 * (uint64_t)tensor_numbers(&tensor[i]);
        known++;
    }
    known += json_object_get(s->header, metadata_key) != NULL;
    if (json_object_size(s->header) != known || s->data_bytes != total)
        return err_set(e, ST_IO, "%s: holds more than the model has: it is of another one",
                       s->path);
    return ST_OK;
}

static enum status read_numbers(const struct source *s, const struct safetensors_tensor *t,
                                struct err *e)
{
    unsigned char bytes[4 * CHUNK];
    const size_t n = tensor_numbers(t);
    uint64_t at = 0;
    enum status st = find_tensor(s, t, &at, e);
    if (st)
        return st;
    if (fseeko(s->file, (off_t)(s->data_at + at), SEEK_SET) != 0)
        return err_set(e, ST_IO, "%s: %s", s->path, strerror(errno));
    for (size_t i = 0; i < n;) {
        const size_t k = n - i < CHUNK ? n - i : CHUNK;
        if (fread(bytes, 4, k, s->file) != k)
            return err_set(e, ST_IO, "%s: ends before \"%s\" does", s->path, t->name);
        for (size_t j = 0; j < k; j++)
            t->at[i + j] = (real)get_f32(bytes + 4 * j);
        i += k;
    }
    return ST_OK;
}

/* Copies the text of a note to *text, for the caller to free; NULL when there is none. */
static enum status copy_note(const struct source *s, const char *key, char **text,
                             struct err *e)
{
    const char *found =
        json_string_value(json_object_get(json_object_get(s->header, metadata_key), key));
    *text = found ? strdup(found) : NULL;
    if (found && !*text)
        return err_set(e, ST_NOMEM, "%s: no memory to read it", s->path);
    return ST_OK;
}

static enum status copy_notes(const struct source *s, const char *const *key, char **text,
                              int n, struct err *e)
{
    enum status st = ST_OK;
    int i = 0;
    for (; i < n && st == ST_OK; i++)
        st = copy_note(s, key[i], &text[i], e);
    while (st && i-- > 0) {
        free(text[i]);
        text[i] = NULL;
    }
    return st;
}

enum status safetensors_read_noted(const char *path,
                                   const struct safetensors_tensor *tensor, int n,
                                   const char *const *key, char **text, int n_keys,
                                   struct err *e)
{
    struct source s;
    enum status st = source_open(path, &s, e);
    if (st)
        return st;
    st = check_all(&s, tensor, n, e);
    for (int i = 0; i < n && st == ST_OK; i++)
        st = read_numbers(&s, &tensor[i], e);
    if (st == ST_OK)
        st = copy_notes(&s, key, text, n_keys, e);
    source_close(&s);
    return st;
}

enum status safetensors_read(const char *path, const struct safetensors_tensor *tensor,
                             int n, struct err *e)
{
    return safetensors_read_noted(path, tensor, n, NULL, NULL, 0, e);
}

enum status safetensors_notes_read(const char *path, const char *const *key, char **text,
                                   int n, struct err *e)
{
    struct source s;
    enum status st = source_open(path, &s, e);
    if (st)
        return st;
    st = copy_notes(&s, key, text, n, e);
    source_close(&s);
    return st;
}

enum status safetensors_note_read(const char *path, const char *key, char **text,
                                  struct err *e)
{
    return safetensors_notes_read(path, &key, text, 1, e);
}

enum status safetensors_numbers(const char *path, uint64_t *numbers, struct err *e)
{
    struct source s;
    enum status st = source_open(path, &s, e);
    if (st)
        return st;
    *numbers = s.data_bytes / 4;
    source_close(&s);
    return ST_OK;
}

/* --- bytes --- */

struct extent {
    json_int_t from, to;
};

static int by_place(const void *a, const void *b)
{
    const struct extent *x = a, *y = b;
    return (x->from > y->from) - (x->from < y->from);
}

/* Lists the byte ranges of the tensors, counted from the end of the header. ST_IO: they do not
 * lie end to end. The caller frees *out, also after an error. */
static enum status find_all(const struct source *s, struct extent **out, int *n,
                            struct err *e)
{
    const char *name;
    json_t *entry;
    json_int_t at = 0;
    *n = 0;
    *out = calloc(json_object_size(s->header) + 1, sizeof **out);
    if (!*out)
        return err_set(e, ST_NOMEM, "%s: no memory to read it", s->path);
    json_object_foreach(s->header, name, entry)
    {
        struct extent *x = &(*out)[*n];
        if (strcmp(name, metadata_key) == 0)
            continue;
        if (json_unpack(entry, "{s:[I, I]}", "data_offsets", &x->from, &x->to) != 0)
            return err_set(e, ST_IO, "%s: the entry of \"%s\" is damaged", s->path, name);
        ++*n;
    }
    qsort(*out, (size_t)*n, sizeof **out, by_place);
    for (int i = 0; i < *n; at = (*out)[i++].to)
        if ((*out)[i].from != at || (*out)[i].to < at)
            return err_set(e, ST_IO, "%s: its tensors do not lie end to end", s->path);
    return (uint64_t)at == s->data_bytes
               ? ST_OK
               : err_set(e, ST_IO, "%s: is longer than its tensors", s->path);
}

static enum status read_all(const struct source *s, const struct extent *x, int n,
                            struct safetensors_bytes *t, struct err *e)
{
    unsigned char *block = malloc(s->data_bytes + 1);
    if (!block)
        return err_set(e, ST_NOMEM, "%s: no memory to read it", s->path);
    if (fseeko(s->file, (off_t)s->data_at, SEEK_SET) != 0 ||
        fread(block, 1, s->data_bytes, s->file) != s->data_bytes) {
        free(block);
        return err_set(e, ST_IO, "%s: cannot be read: %s", s->path, strerror(errno));
    }
    for (int i = 0; i < n; i++)
        t[i] = (struct safetensors_bytes){block + x[i].from, (size_t)(x[i].to - x[i].from)};
    return ST_OK;
}

enum status safetensors_read_bytes(const char *path, struct safetensors_bytes **t, int *n,
                                   struct err *e)
{
    struct source s;
    struct extent *x = NULL;
    *n = 0;
    *t = NULL;
    enum status st = source_open(path, &s, e);
    if (st)
        return st;
    st = find_all(&s, &x, n, e);
    struct safetensors_bytes *out = calloc((size_t)*n + 1, sizeof *out);
    if (st == ST_OK && !out)
        st = err_set(e, ST_NOMEM, "%s: no memory to read it", path);
    if (st == ST_OK && out && *n > 0)
        st = read_all(&s, x, *n, out, e);
    if (st) {
        free(out);
        out = NULL;
        *n = 0;
    }
    *t = out;
    free(x);
    source_close(&s);
    return st;
}

/* --- models --- */

/* Returns the model's tensors as safetensors_tensor [model_tensor_count]; the caller frees
 * them. */
static struct safetensors_tensor *tensors_of(struct model *m)
{
    const int n = model_tensor_count(m);
    struct safetensors_tensor *out = calloc((size_t)n, sizeof *out);
    for (int i = 0; i < n && out; i++) {
        const struct tensor *t = model_tensor(m, i);
        out[i] = (struct safetensors_tensor){.name = t->name,
                                             .rows = t->rows,
                                             .columns = t->columns,
                                             .at = model_weights(m) + t->offset};
    }
    return out;
}

enum status safetensors_save_model(const char *path, struct model *m,
                                   const struct safetensors_note *note, int n_notes,
                                   struct err *e)
{
    struct safetensors_tensor *tensor = tensors_of(m);
    if (!tensor)
        return err_set(e, ST_NOMEM, "%s: no memory to write it", path);
    const enum status st =
        safetensors_write(path, tensor, model_tensor_count(m), note, n_notes, e);
    free(tensor);
    return st;
}

enum status safetensors_print_model(FILE *out, struct model *m,
                                    const struct safetensors_note *note, int n_notes,
                                    struct err *e)
{
    const int n = model_tensor_count(m);
    struct safetensors_tensor *tensor = tensors_of(m);
    char *header = tensor ? header_text(tensor, n, note, n_notes) : NULL;
    enum status st = ST_OK;
    if (!header)
        st = err_set(e, ST_NOMEM, "no memory to write %d tensors", n);
    else if (!write_file(out, header, tensor, n))
        st = err_set(e, ST_IO, "the weights cannot be written: %s", strerror(errno));
    free(header);
    free(tensor);
    return st;
}

enum status safetensors_load_model(const char *path, struct model *m, struct err *e)
{
    struct safetensors_tensor *tensor = tensors_of(m);
    if (!tensor)
        return err_set(e, ST_NOMEM, "%s: no memory to read it", path);
    const enum status st = safetensors_read(path, tensor, model_tensor_count(m), e);
    free(tensor);
    return st;
}
