/* config.c -- reads an experiment file, from its bytes to the runs of a profile.
 *
 * The steps are: read the bytes, parse the tree, check the shape of the file (and load its
 * plug-ins), choose the profile, check --set, merge and expand every experiment without a profile
 * and in each profile, and check published numbers and claims against all these runs. The
 * profile's runs are returned only if no problem was noted.
 * Pitfall: a mistake does not stop the reading. It is noted (problems.h), and all are reported
 * together; a function here that returns NULL or false has noted the reason. */
#include "config.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "claims.h"
#include "experiment.h"
#include "matrix.h"
#include "overrides.h"
#include "plugin_load.h"
#include "yaml_read.h"
#include "yaml_tree.h"

enum { FILE_VERSION = 1, FIRST_BYTES = 1 << 14 }; /* room, doubled when full; chosen */

static const char *const root_keys[] = {"version",   "defaults", "experiments", "profiles",
                                        "published", "claims",   "plugins"};
static const char *const default_keys[] = {"seeds", "data_seed", "model", "train", "tune"};

/* The state of reading one file. */
struct file {
    const char *path;
    char *text; /* owned */
    size_t bytes;
    struct tree *tree;
    struct problems problems;
    const struct node *root, *defaults, *experiments, *profiles;
    struct experiment_facts *facts; /* [experiments->n], owned */
    struct overrides overrides;
    struct run_list runs; /* of the experiments without a profile, then of each profile */
};

/* --- the file ------------------------------------------------------------ */

/* Reads the whole stream, or enough of it to see that it is too long. False: out of memory. */
static bool read_stream(struct file *f, FILE *in)
{
    size_t room = 0, n = 1;
    while (n > 0 && f->bytes <= TREE_BYTES) {
        if (f->bytes == room) {
            room = room ? 2 * room : FIRST_BYTES;
            char *text = realloc(f->text, room);
            if (!text)
                return false;
            f->text = text;
        }
        n = fread(f->text + f->bytes, 1, room - f->bytes, in);
        f->bytes += n;
    }
    return true;
}

static enum status read_bytes(struct file *f, struct err *e)
{
    FILE *in = fopen(f->path, "rb");
    if (!in)
        return err_set(e, errno == ENOENT ? ST_USAGE : ST_IO, "%s: %s", f->path,
                       errno == ENOENT ? "there is no such experiment file; name one"
                                       : strerror(errno));
    const bool enough = read_stream(f, in);
    const bool failed = ferror(in) != 0;
    const int why = errno;
    fclose(in);
    if (!enough)
        return err_set(e, ST_NOMEM, "no memory to read %s", f->path);
    return failed ? err_set(e, ST_IO, "%s: %s", f->path, strerror(why)) : ST_OK;
}

static void check_version(struct file *f)
{
    const struct node *n = node_get(f->root, "version");
    const struct mark top = {f->path, 1, 1};
    if (!n)
        problem_at(&f->problems, top, "version is missing; add the line version: %d",
                   FILE_VERSION);
    else if (n->kind != NODE_SCALAR || strcmp(n->text, "1") != 0)
        problem_at(&f->problems, n->at, "version: this posbench reads version %d",
                   FILE_VERSION);
}

/* Refuses an experiment with the name of a key, since --set could not tell them apart. */
static void check_experiment_name(struct file *f, const struct entry *e)
{
    if (!name_check("experiment", e->key, e->at, &f->problems))
        return;
    for (int i = 0; i < EXPERIMENT_KEYS; i++)
        if (strcmp(e->key, experiment_keys[i]) == 0)
            problem_at(&f->problems, e->at,
                       "experiment \"%s\": this is a key of experiments; choose another "
                       "name",
                       e->key);
}

static void check_profile(struct file *f, const struct entry *profile)
{
    struct problems *p = &f->problems;
    const char *names[256];
    char where[NAME_MAX_TEXT + 16];
    int n = 0;
    name_check("profile", profile->key, profile->at, p);
    if (profile->value->kind != NODE_MAP) {
        problem_at(p, profile->value->at, "profile \"%s\": expected {EXPERIMENT: {...}}",
                   profile->key);
        return;
    }
    for (const struct entry *x = f->experiments->first; x && n < 256; x = x->next)
        names[n++] = x->key;
    snprintf(where, sizeof where, "profile %s", profile->key);
    check_keys(profile->value, where, names, n, p);
    for (const struct entry *x = profile->value->first; x; x = x->next)
        if (x->value->kind != NODE_MAP)
            problem_at(p, x->value->at, "%s: expected a mapping; {} changes nothing",
                       x->key);
}

/* Loads the plug-ins; their paths are relative to the file's folder. */
static void load_plugins(struct file *f)
{
    const struct node *list = node_get(f->root, "plugins");
    const char *slash = strrchr(f->path, '/');
    const int folder = slash ? (int)(slash + 1 - f->path) : 0;
    if (list && list->kind != NODE_LIST)
        problem_at(&f->problems, list->at, "plugins: expected a list of files, found %s",
                   node_kind_text(list));
    if (!list || list->kind != NODE_LIST)
        return;
    for (const struct entry *x = list->first; x; x = x->next) {
        char path[PATH_MAX];
        struct err e;
        const char *name = x->value->kind == NODE_SCALAR ? x->value->text : "";
        const int n =
            snprintf(path, sizeof path, "%.*s%s", *name == '/' ? 0 : folder, f->path, name);
        if (!*name || n >= (int)sizeof path)
            problem_at(&f->problems, x->at, "plugins: expected the name of a file");
        else if (plugin_load(path, &e))
            problem_at(&f->problems, x->at, "%s", e.msg);
    }
}

/* Checks the shape of the file. False: there is nothing to expand. */
static bool check_shape(struct file *f)
{
    struct problems *p = &f->problems;
    if (f->root->kind != NODE_MAP) {
        problem_at(p, f->root->at,
                   "the file must be a mapping that names version and "
                   "experiments");
        return false;
    }
    check_keys(f->root, "the file", root_keys, 7, p);
    check_version(f);
    load_plugins(f);
    f->defaults = node_mapping(f->root, "defaults", p);
    f->experiments = node_mapping(f->root, "experiments", p);
    f->profiles = node_mapping(f->root, "profiles", p);
    if (f->defaults)
        check_keys(f->defaults, "defaults", default_keys, 5, p);
    if (!f->experiments || f->experiments->n == 0) {
        if (!node_get(f->root, "experiments") || f->experiments)
            problem_at(p,
                       f->experiments ? f->experiments->at : (struct mark){f->path, 1, 1},
                       "there are no experiments; add experiments: {NAME: {task: ...}}");
        return false;
    }
    for (const struct entry *x = f->experiments->first; x; x = x->next)
        check_experiment_name(f, x);
    for (const struct entry *x = f->profiles ? f->profiles->first : NULL; x; x = x->next)
        check_profile(f, x);
    return true;
}

/* --- expanding ----------------------------------------------------------- */

/* Appends the runs of one experiment in one profile. `change` is the profile's mapping for it, or
 * NULL. `chosen`: it is the profile to be run, the only one to which --set applies. */
static void expand(struct file *f, int i, const struct entry *x, const struct node *change,
                   const char *profile, bool chosen)
{
    struct problems *p = &f->problems;
    const unsigned long noted = p->noted, lacking = p->lacking;
    const struct node *merged = tree_merge(f->tree, f->defaults, x->value, p);
    if (x->value->kind == NODE_MAP && change)
        merged = tree_merge(f->tree, merged, change, p);
    if (merged && chosen)
        merged = overrides_apply(&f->overrides, f->tree, merged, x->key, p);
    if (!merged)
        return;
    const struct matrix_source source = {.tree = f->tree,
                                         .problems = p,
                                         .experiment = x->key,
                                         .profile = profile,
                                         .at = x->at,
                                         .merged = merged,
                                         .overrides = chosen ? &f->overrides : NULL};
    p->data_may_lack = !chosen;
    matrix_expand(&source, &f->runs);
    f->facts[i].sound &= p->noted == noted && p->lacking == lacking;
}

static void expand_all(struct file *f, const char *chosen)
{
    int i = 0;
    f->facts = calloc((size_t)f->experiments->n, sizeof *f->facts);
    if (!f->facts) {
        f->problems.no_memory = true;
        return;
    }
    for (const struct entry *x = f->experiments->first; x; x = x->next, i++) {
        const struct node *name = node_get(node_get(x->value, "task"), "name");
        f->facts[i] = (struct experiment_facts){.name = x->key, .sound = true};
        if (name && name->kind == NODE_SCALAR)
            f->facts[i].task = task_find(name->text);
        expand(f, i, x, NULL, "", !*chosen);
    }
    for (const struct entry *q = f->profiles ? f->profiles->first : NULL; q; q = q->next) {
        i = 0;
        for (const struct entry *x = f->experiments->first; x; x = x->next, i++) {
            const struct node *change = node_get(q->value, x->key);
            if (change && change->kind == NODE_MAP)
                expand(f, i, x, change, q->key, strcmp(q->key, chosen) == 0);
        }
    }
}

/* --- the profile --------------------------------------------------------- */

/* Returns the profile to run, "" for the experiments without a profile; NULL: `e` has the
 * reason. */
static const char *choose_profile(const struct file *f, const char *asked, struct err *e)
{
    const char *names[64];
    char list[512] = "";
    size_t used = 0;
    int n = 0;
    if (!f->profiles || f->profiles->n == 0) {
        if (!asked || strcmp(asked, "quick") == 0)
            return "";
        err_set(e, ST_USAGE, "%s has no profiles; leave out --profile %.64s", f->path,
                asked);
        return NULL;
    }
    const char *wanted = asked ? asked : "quick"; /* the default of every command */
    for (const struct entry *x = f->profiles->first; x && n < 64; x = x->next) {
        if (strcmp(x->key, wanted) == 0)
            return x->key;
        names[n++] = x->key;
        if (used < sizeof list)
            used += (size_t)snprintf(list + used, sizeof list - used, "%s%s",
                                     n > 1 ? ", " : "", x->key);
    }
    char other[sizeof list + 16];
    snprintf(other, sizeof other, "; it has %s", list);
    err_set(e, ST_USAGE, "%s has no profile \"%.64s\"%s", f->path, wanted,
            suggest_or(wanted, names, n, other));
    return NULL;
}

/* Gives trials a profile of their own, so that no table mixes them with the runs of the chosen
 * value. */
static void name_profile(struct run_spec *r)
{
    char whole[NAME_MAX_TEXT + sizeof TUNING_PROFILE];
    snprintf(whole, sizeof whole, "%s%s", *r->profile ? r->profile : "default",
             r->tuned == TUNED_TRIAL ? TUNING_PROFILE : "");
    assert(strlen(whole) < NAME_MAX_TEXT); /* tune_read refuses longer ones */
    memcpy(r->profile, whole, strlen(whole) + 1);
}

/* Moves the runs of `profile` to `out`; the runs of other profiles are freed with the file. */
static enum status take_runs(struct file *f, const char *profile, struct config *out,
                             struct err *e)
{
    out->run = calloc((size_t)f->runs.n + 1, sizeof *out->run);
    if (!out->run)
        return err_set(e, ST_NOMEM, "no memory for the list of runs");
    for (int i = 0; i < f->runs.n; i++) {
        struct run_spec *r = &f->runs.item[i];
        if (strcmp(r->profile, profile) != 0)
            continue;
        out->run[out->runs] = *r;
        *r = (struct run_spec){0};
        name_profile(&out->run[out->runs++]);
    }
    return ST_OK;
}

/* --- reading ------------------------------------------------------------- */

static bool learns_tokens(const struct run_spec *r)
{
    const int k = option_find(r->task->options, "tokenizer");
    if (k < 0)
        return false;
    const struct option *o = &r->task->options[k];
    const char *word = option_word(o, r->task_options.v[k]);
    for (int i = 0; o->choices[i]; i++)
        if (strcmp(word, o->choices[i]) == 0)
            return true;
    return false;
}

/* Refuses --set task.tokenizer where published numbers would stand beside runs on other tokens:
 * the published numbers are for the tokens that the file names. */
static void check_units(struct file *f, const struct config *c)
{
    const char *before = "";
    for (int i = 0; i < c->published; i++) {
        const char *const name = c->publish[i].experiment;
        if (strcmp(name, before) == 0 ||
            !overrides_set(&f->overrides, name, "task.tokenizer"))
            continue;
        before = name;
        for (int k = 0; k < f->runs.n; k++) {
            const struct run_spec *r = &f->runs.item[k];
            if (strcmp(r->experiment, name) != 0 || !learns_tokens(r))
                continue;
            problem_at(
                &f->problems, (struct mark){.source = "--set task.tokenizer"},
                "the numbers of %s that stand beside %s are of other tokens; copy the "
                "experiment under another name",
                c->publish[i].paper, name);
            break;
        }
    }
}

static void read_lists(struct file *f, struct config *out)
{
    const struct claims_source s = {.tree = f->tree,
                                    .problems = &f->problems,
                                    .root = f->root,
                                    .runs = &f->runs,
                                    .experiment = f->facts,
                                    .experiments = f->experiments->n};
    published_read(&s, out);
    check_units(f, out);
    claims_read(&s, out);
}

static enum status read_file(struct file *f, const char *asked, struct config *out,
                             struct err *e)
{
    enum status st = read_bytes(f, e);
    if (st)
        return st;
    const XXH128_hash_t hash = XXH3_128bits(f->text, f->bytes);
    out->file_hash[0] = hash.high64;
    out->file_hash[1] = hash.low64;
    f->root =
        tree_parse(f->tree, (struct mark){f->path, 1, 1}, f->text, f->bytes, &f->problems);
    if (!f->root || !check_shape(f))
        return problems_report(&f->problems, e);
    struct err no_profile;
    const char *profile = choose_profile(f, asked, &no_profile);
    overrides_check(&f->overrides, f->experiments,
                    profile && *profile ? node_get(f->profiles, profile) : NULL,
                    &f->problems);
    expand_all(f, profile ? profile : "?");
    if (!f->problems.no_memory)
        read_lists(f, out);
    st = problems_report(&f->problems, e);
    if (st)
        return st;
    if (!profile)
        return err_set(e, no_profile.code, "%s", no_profile.msg);
    snprintf(out->profile, sizeof out->profile, "%s", *profile ? profile : "default");
    return take_runs(f, profile, out, e);
}

static void close_file(struct file *f)
{
    run_list_free(&f->runs);
    overrides_free(&f->overrides);
    problems_free(&f->problems);
    tree_close(f->tree);
    free(f->facts);
    free(f->text);
}

enum status config_read(const char *path, const char *profile, const char *const *set,
                        int n_set, struct config **out, struct err *e)
{
    struct file f = {.path = path, .tree = tree_open()};
    struct config *c = calloc(1, sizeof *c);
    enum status st = ST_NOMEM;
    if (c)
        c->path = strdup(path);
    if (!f.tree || !c || !c->path ||
        !overrides_parse(&f.overrides, f.tree, set, n_set, &f.problems))
        st = err_set(e, ST_NOMEM, "no memory to read %s", path);
    else
        st = read_file(&f, profile, c, e);
    close_file(&f);
    if (st) {
        config_free(c);
        return st;
    }
    *out = c;
    return ST_OK;
}

void config_free(struct config *c)
{
    if (!c)
        return;
    for (int i = 0; i < c->runs; i++)
        run_spec_free(&c->run[i]);
    for (int i = 0; i < c->claims; i++)
        free(c->claim[i].text);
    free(c->run);
    free(c->claim);
    free(c->publish);
    free(c->path);
    free(c);
}
