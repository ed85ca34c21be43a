/* command_table.c -- encoder x split, mean and spread over seeds, chance beside
 * it. */
#include <stdlib.h>

#include "command.h"
#include "config.h"
#include "listing.h"
#include "places.h"
#include "table.h"

/* The identities of the runs that `file` describes; the caller frees the array,
 * whose strings are the config's. */
static enum status runs_of_file(const char *file, const char *profile,
                                struct config **c, struct table_request *q,
                                const char ***identities, struct err *e) {
  const enum status st =
      config_read(file, profile ? profile : "quick", NULL, 0, c, e);
  if (st)
    return st;
  *identities = calloc((size_t)(*c)->runs + 1, sizeof **identities);
  if (!*identities)
    return err_set(e, ST_NOMEM, "%s: no memory for its runs", file);
  for (int i = 0; i < (*c)->runs; i++)
    (*identities)[i] = (*c)->run[i].identity;
  q->identities = *identities;
  q->n_identities = (*c)->runs;
  return ST_OK;
}

static enum status run(const struct invocation *v, struct err *e) {
  const char *file = flag_text(v, "file", NULL);
  struct table_request q = {
      .experiment = argument_count(v) ? argument_at(v, 0) : NULL,
      .profile = flag_text(v, "profile", NULL),
      .metrics = flag_text(v, "metric", NULL),
      .rows = flag_text(v, "rows", NULL),
      .cols = flag_text(v, "cols", NULL),
      .published = flag_given(v, "published"),
  };
  char path[PATH_MAX];
  struct config *config = NULL;
  struct store *db = NULL;
  const char **identities = NULL;
  q.n_filters = flag_list(v, "only", &q.filters);
  enum status st = listing_format(v, &q.format, e);
  if (!st && file)
    st = runs_of_file(file, q.profile, &config, &q, &identities, e);
  if (!st)
    st = store_open(place_database(v, file ? file : "", path), STORE_READ, &db,
                    e);
  if (!st)
    st = table_print(db, &q, stdout, e);
  store_close(db);
  free(identities);
  config_free(config);
  return st;
}

static const struct flag flags[] = {
    {"metric", 0, "NAME", false,
     "token_error, sequence_error, accuracy, perplexity, loss, ... or several "
     "with commas "
     "(default token_error, and sequence_error where it differs)"},
    {"published", 0, NULL, false,
     "the paper's numbers and the difference below each row"},
    {"rows", 0, "KEY", false,
     "experiment, profile, task, cell, encoder, split or seed (default "
     "encoder)"},
    {"cols", 0, "KEY", false, "the same (default split)"},
    {"profile", 0, "NAME", false,
     "only runs of this profile (default: all in the database)"},
    {"only", 0, "KEY=GLOB", true,
     "only runs that match, e.g. encoder=cope*; split=valid shows the splits "
     "that choose "
     "settings (repeatable: all must match)"},
    {"file", 0, "FILE", false,
     "only runs that this experiment file describes as it is now (default: "
     "every run in "
     "the database, those of earlier settings in rows of their own)"},
    LISTING_FLAGS,
    FLAG_DB,
    {0},
};

const struct command command_table = {
    .name = "table",
    .group = GROUP_LOOK,
    .summary = "encoder by split: mean and spread over seeds, chance beside it",
    .arguments = "[EXPERIMENT]",
    .min_args = 0,
    .max_args = 1,
    .examples = "posbench table --published\n"
                "posbench table flip_flop --metric perplexity\n"
                "posbench table \"flip_flop*\" --rows cell --cols encoder "
                "--only split=ood_*\n"
                "posbench table counting -o latex",
    .flags = flags,
    .run = run,
};
