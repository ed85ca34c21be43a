/* The memory that can be had: limited by the machine, by control groups and by address space. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "memory.h"
#include "scratch.h"

static void the_machine_has_some(void **state)
{
    (void)state;
    const struct memory_room room = memory_room();
    assert_true(room.bytes > (1 << 20));
    assert_true(isinf(room.bytes) || room.bytes < 1e15);
    assert_non_null(room.of);
}

static void write_file(const char *folder, const char *name, const char *text)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static void make(char folder[PATH_MAX], const char *root, const char *name)
{
    snprintf(folder, PATH_MAX, "%s%s", root, name);
    assert_int_equal(mkdir(folder, 0777), 0);
}

/* The inner group has no limit, but the one around it has. Files that the kernel can drop do
 * not count as used. */
static void control_groups_of_version_2(void **state)
{
    char root[SCRATCH_TEXT], folder[PATH_MAX];
    (void)state;
    scratch_make(root);
    make(folder, root, "/job");
    write_file(folder, "memory.max", "1000000\n");
    write_file(folder, "memory.current", "700000\n");
    write_file(folder, "memory.stat", "anon 5\ninactive_file 100000\nslab 7\n");
    make(folder, root, "/job/step");
    write_file(folder, "memory.max", "max\n");
    write_file(folder, "memory.current", "600000\n");
    assert_true(memory_group_room(root, "/job/step", 2) == 400000.0);
    write_file(folder, "memory.max", "800000\n");
    assert_true(memory_group_room(root, "/job/step", 2) == 200000.0);
    assert_true(isinf(memory_group_room(root, "", 2)));
    scratch_remove(root);
}

static void control_groups_of_version_1(void **state)
{
    char root[SCRATCH_TEXT];
    (void)state;
    scratch_make(root);
    write_file(root, "memory.limit_in_bytes", "1000000\n");
    write_file(root, "memory.usage_in_bytes", "900000\n");
    write_file(root, "memory.stat", "inactive_file 1\ntotal_inactive_file 300000\n");
    /* The path is the host's, but in a container only the root of it exists. */
    assert_true(memory_group_room(root, "/host/name", 1) == 400000.0);
    scratch_remove(root);
}

/* Returns the exit code of a child with 1 GiB of address space. Bit 0: address space counts,
 * bit 1: 64 MiB can be had, bit 2: 2 GiB can be had. */
static int with_a_limit(void)
{
    const struct rlimit limit = {.rlim_cur = 1UL << 30, .rlim_max = 1UL << 30};
    int status;
    const pid_t child = fork();
    if (child == 0) {
        if (setrlimit(RLIMIT_AS, &limit) != 0)
            _exit(99);
        _exit(memory_is_counted() + 2 * memory_has_addresses(64.0 * (1 << 20)) +
              4 * memory_has_addresses(2048.0 * (1 << 20)));
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WEXITSTATUS(status);
}

static void addresses_are_counted_where_there_is_a_limit(void **state)
{
    (void)state;
#ifndef __SANITIZE_ADDRESS__ /* which has reserved terabytes */
    assert_int_equal(with_a_limit(), 3);
#else
    (void)with_a_limit;
#endif
    assert_false(memory_has_addresses(1e19));
    assert_true(memory_has_addresses(1.0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_machine_has_some),
        cmocka_unit_test(control_groups_of_version_2),
        cmocka_unit_test(control_groups_of_version_1),
        cmocka_unit_test(addresses_are_counted_where_there_is_a_limit),
    };
    return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
