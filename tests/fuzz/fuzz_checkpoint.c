/* Weights and checkpoints in safetensors files.
 *
 * An input that begins with '{' is a header up to the end of its first line, followed by the
 * numbers. The length before the header is added here, since hardly any changed header would
 * pass otherwise. Every other input is a whole file. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "safetensors.h"
#include "fuzz.h"
#include "checkpoint.h"

enum { LENGTH_BYTES = 8 };

static const char *file_of(const uint8_t *data, size_t bytes)
{
    if (bytes == 0 || data[0] != '{')
        return fuzz_file(data, bytes);
    const uint8_t *newline = memchr(data, '\n', bytes);
    const size_t header = newline ? (size_t)(newline - data) : bytes;
    const size_t numbers = newline ? bytes - header - 1 : 0;
    uint8_t *file = calloc(1, LENGTH_BYTES + header + numbers);
    assert(file);
    for (int i = 0; i < LENGTH_BYTES; i++)
        file[i] = (uint8_t)((uint64_t)header >> (8 * i));
    memcpy(file + LENGTH_BYTES, data, header);
    if (numbers > 0)
        memcpy(file + LENGTH_BYTES + header, newline + 1, numbers);
    const char *path = fuzz_file(file, LENGTH_BYTES + header + numbers);
    free(file);
    return path;
}

/* Reading fills all numbers or none. */
static void read_pair(const char *path)
{
    real number[8] = {10, 11, 12, 13, 14, 15, 16, 17};
    const struct safetensors_tensor pair[] = {{"v", 1, 2, number}, {"w", 3, 2, number + 2}};
    struct err e = {.msg = ""};
    if (safetensors_read(path, pair, 2, &e) == ST_OK)
        return;
    assert(e.msg[0] && strlen(e.msg) < sizeof e.msg);
    for (int i = 0; i < 8; i++)
        assert(number[i] >= 10 + i && number[i] <= 10 + i);
}

/* Returns a trainer of about sixty numbers, opened once. */
static struct trainer *small_trainer(void)
{
    static struct trainer *t;
    struct trainer_config c = {.model = {.layers = 1,
                                         .heads = 1,
                                         .dim = 2,
                                         .ff = 2,
                                         .norm = NORM_PRE,
                                         .activation = ACTIVATION_RELU,
                                         .vocabulary = 3,
                                         .trained_length = 4,
                                         .longest = 4,
                                         .tie_embeddings = true},
                               .optimizer = {.kind = OPTIMIZER_ADAM,
                                             .lr = 1e-2,
                                             .beta1 = 0.9,
                                             .beta2 = 0.999,
                                             .eps = 1e-8,
                                             .schedule = SCHEDULE_CONSTANT,
                                             .steps = 100},
                               .seed = 1,
                               .shards = 1,
                               .threads = 1,
                               .max_sequences = 2,
                               .max_tokens = 8};
    if (t)
        return t;
    assert(encoder_stack_parse("none", &c.model.encoders, NULL) == ST_OK);
    assert(trainer_open(&c, &t, NULL) == ST_OK);
    return t;
}

static void resume(const char *path, struct trainer *t)
{
    const struct run_spec r = {
        .identity = "00ff", .config = (char[]){"{}"}, .train.optimizer.steps = 100};
    struct checkpoint_found found = {0};
    struct err e = {.msg = ""};
    if (checkpoint_load(path, &r, t, &found, &e) == ST_OK)
        assert(found.reported && found.at.step > 0 && found.at.step <= 100);
    else
        assert(e.msg[0] && !found.reported);
    free(found.reported);
}

void fuzz_one(const uint8_t *data, size_t bytes)
{
    const char *path = file_of(data, bytes);
    struct trainer *t = small_trainer();
    struct err e = {.msg = ""};
    char *note = NULL;
    uint64_t numbers = 0;
    read_pair(path);
    if (safetensors_load_model(path, trainer_model(t), &e) != ST_OK)
        assert(e.msg[0]);
    if (safetensors_note_read(path, "config", &note, &e) != ST_OK)
        assert(!note);
    if (safetensors_numbers(path, &numbers, &e) == ST_OK)
        assert(numbers <= bytes);
    free(note);
    resume(path, t);
}
