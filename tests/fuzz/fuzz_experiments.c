/* Experiment files. Comments in the first lines stand for the command line:
 *
 *     #--profile smoke
 *     #--set train.steps=5
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "run_filter.h"

enum { SETS = 4, RUNS_CHECKED = 3 };

struct request {
    const char *profile, *set[SETS];
    int sets;
};

/* Removes the comments at the front of `text`, which is cut into lines. */
static void read_request(char *text, struct request *out)
{
    static const char profile[] = "#--profile ", set[] = "#--set ";
    *out = (struct request){0};
    for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1) {
        if (strncmp(line, profile, sizeof profile - 1) == 0)
            out->profile = line + sizeof profile - 1;
        else if (strncmp(line, set, sizeof set - 1) == 0 && out->sets < SETS)
            out->set[out->sets++] = line + sizeof set - 1;
        else
            return;
        *end = '\0';
    }
}

static void check(const struct config *c)
{
    char filter[NAME_MAX_TEXT + 16];
    const char *const filters[] = {filter};
    for (int i = 0; i < c->runs; i++) {
        const struct run_spec *r = &c->run[i];
        assert(strcmp(r->profile, c->profile) == 0);
        assert(i == 0 || strcmp(r->identity, c->run[i - 1].identity) != 0);
        snprintf(filter, sizeof filter, "experiment=%s", r->experiment);
        assert(run_matches(r, NULL, filters, 1));
    }
    for (int i = 0; i < c->runs && i < RUNS_CHECKED; i++)
        fuzz_check_run(&c->run[i * c->runs / RUNS_CHECKED % c->runs]);
    for (int i = 0; i < c->claims; i++)
        assert(c->claim[i].text);
}

void fuzz_one(const uint8_t *data, size_t bytes)
{
    char *text = fuzz_text(data, bytes);
    struct request q;
    struct config *c = NULL;
    struct err e = {.msg = ""};
    read_request(text, &q);
    if (config_read(fuzz_file(data, bytes), q.profile, q.set, q.sets, &c, &e) == ST_OK)
        check(c);
    else
        assert(e.msg[0] && strlen(e.msg) < sizeof e.msg);
    config_free(c);
    free(text);
}
