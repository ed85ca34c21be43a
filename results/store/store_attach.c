#include "store_attach.h"

#include <stdlib.h>

static const char doing[] = "attaching another database";

/* Attaches a copy in memory of `part`, whose connection is already up to date. */
static enum status attach_copy(struct store *s, struct store *part, struct err *e)
{
    enum status st = store_exec(s, "ATTACH ':memory:' AS part", doing, e);
    sqlite3_backup *b =
        st == ST_OK ? sqlite3_backup_init(s->db, "part", part->db, "main") : NULL;
    if (st == ST_OK && !b)
        return store_failed(s, doing, e);
    if (st)
        return st;
    const int code = sqlite3_backup_step(b, -1);
    sqlite3_backup_finish(b);
    return code == SQLITE_DONE ? ST_OK
                               : err_set(e, code == SQLITE_NOMEM ? ST_NOMEM : ST_DB,
                                         "%s: reading an older schema: %s", part->path,
                                         sqlite3_errstr(code));
}

static enum status attach_file(struct store *s, const struct store *part, struct err *e)
{
    char *uri = store_uri(part->path, part->at_rest ? "immutable=1" : "mode=ro");
    char *sql = uri ? sqlite3_mprintf("ATTACH %Q AS part", uri) : NULL;
    const enum status st =
        sql ? store_exec(s, sql, doing, e)
            : err_set(e, ST_NOMEM, "%s: no memory to attach it", part->path);
    sqlite3_free(sql);
    free(uri);
    return st;
}

enum status store_attach(struct store *s, const char *path, struct err *e)
{
    struct store *part = NULL;
    enum status st = store_open(path, STORE_READ, &part, e);
    if (st)
        return st;
    st = part->schema < SCHEMA_VERSION ? attach_copy(s, part, e) : attach_file(s, part, e);
    store_close(part);
    if (st)
        store_detach(s);
    return st;
}

void store_detach(struct store *s)
{
    sqlite3_exec(s->db, "DETACH part", NULL, NULL, NULL);
}
