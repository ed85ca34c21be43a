/* The clock is set back and forth while runs are stored, and nothing is lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sqlite3.h>

#include "filled_store.h"

/* The system's own file layer with a clock that the test sets; time in ms since 4713 BC. */
static sqlite3_int64 moment;

static int fake_time(sqlite3_vfs *vfs, sqlite3_int64 *out)
{
    (void)vfs;
    *out = moment;
    return SQLITE_OK;
}

static void set_clock(int year)
{
    static const sqlite3_int64 ms_1970 = 210866760000000;
    moment =
        ms_1970 + (sqlite3_int64)(2 * (year - 1970) + 1) * 15778476000; /* its middle */
}

static int open_with_clock(void **state)
{
    static sqlite3_vfs vfs;
    const sqlite3_vfs *real = sqlite3_vfs_find(NULL);
    vfs = *real;
    vfs.zName = "clock";
    vfs.xCurrentTimeInt64 = fake_time;
    set_clock(2030);
    return sqlite3_vfs_register(&vfs, 1) != SQLITE_OK || open_fixture(state);
}

static int close_with_clock(void **state)
{
    sqlite3_vfs_unregister(sqlite3_vfs_find("clock"));
    return close_fixture(state);
}

static enum status take(void *context, int columns, const char *const *names,
                        const char *const *cells, struct err *e)
{
    char *text = context;
    (void)names;
    (void)e;
    for (int i = 0; i < columns; i++)
        snprintf(text + strlen(text), 256 - strlen(text), "%s|", cells[i] ? cells[i] : "-");
    return ST_OK;
}

static void expect(struct store *s, const char *sql, const char *want)
{
    char text[256] = "";
    assert_ok(store_query(s, sql, NULL, 0, take, text, &err));
    assert_string_equal(text, want);
}

/* The run begins in 2030 and ends in 2001, then begins again in 2040 and ends in 1999. */
static void a_clock_that_is_set_back_loses_nothing(void **state)
{
    const struct fixture *f = *state;
    const struct provenance p = {"1",    "c",   "gcc",  "-O2",  "isa", "blas",
                                 "core", "cpu", "host", "hash", false, 1};
    int64_t made_by = 0;
    assert_ok(store_provenance(f->store, &p, &made_by, &err));
    const struct fake_run run = {.variant = "rope", .state = "new"};
    const struct fake_run done = {.variant = "rope"};
    const int64_t id = add_run(f->store, run);
    for (int i = 0; i < 2; i++) {
        set_clock(i ? 2040 : 2030);
        assert_ok(store_begin(f->store, id, made_by, &err));
        set_clock(i ? 1999 : 2001);
        put_split(f->store, id, "id", 5, 20, 1);
        add_run(f->store, done);
    }
    expect(f->store,
           "SELECT r.state, attempts, substr(r.started, 1, 4), substr(r.ended, 1, 4), "
           "r.wall_s, token_error FROM run AS r JOIN v_result ON run_id = id",
           "done|2|2040|1999|2.5|0.25|");
    expect(f->store, "SELECT runs, done FROM v_progress", "1|1|");
    expect(f->store, "PRAGMA integrity_check", "ok|");
}

static void removal_holds_at_any_time(void **state)
{
    const struct fixture *f = *state;
    const int64_t id = add_run(f->store, (struct fake_run){.variant = "rope"});
    set_clock(1980);
    assert_ok(store_remove(f->store, &id, 1, true, &err));
    set_clock(1975);
    expect(f->store, "SELECT count(*) FROM v_run", "0|");
    assert_ok(store_remove(f->store, &id, 1, false, &err));
    expect(f->store, "SELECT count(*) FROM v_run", "1|");
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, open_with_clock, close_with_clock)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_clock_that_is_set_back_loses_nothing),
        CASE(removal_holds_at_any_time),
    };
    return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
