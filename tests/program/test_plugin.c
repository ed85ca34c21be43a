/* Plug-ins: built against the installed files, loaded by --plugin and `plugins:`, refused when
 * unusable; a crash fails only the run that uses them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "program.h"
#include "small_matrix.h"

static char folder[SCRATCH_TEXT];

static void shell(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static void shell(const char *fmt, ...)
{
    char line[1024];
    va_list args;
    va_start(args, fmt);
    vsnprintf(line, sizeof line, fmt, args);
    va_end(args);
    if (system(line) != 0) // NOLINT(cert-env33-c)
        fail_msg("%s", line);
}

/* Checks the exit code and that stdout contains `out` and stderr `err`. */
static void expect(int code, const char *out, const char *err, const char *arguments)
{
    struct program p;
    RUN(&p, "-C %s %s", folder, arguments);
    if (p.code != code || !strstr(p.out, out) || !strstr(p.err, err))
        fail_msg("posbench %s: code %d, \"%s\", \"%s\"", arguments, p.code, p.out, p.err);
    program_free(&p);
}

static void write_in(const char *name, const char *text)
{
    char path[2 * SCRATCH_TEXT];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    write_text(path, text);
}

static void compile(const char *name, const char *text)
{
    char source[64];
    snprintf(source, sizeof source, "%s.c", name);
    write_in(source, text);
    shell("cd %s && cc -std=c17 -fPIC -shared -Iinst/include/posbench %s.c -o %s.so",
          folder, name, name);
}

static int install(void **state)
{
    (void)state;
    scratch_make(folder);
    shell("cmake --install %.*s --prefix %s/inst >%s/log 2>&1",
          (int)(strrchr(POSBENCH, '/') - POSBENCH), POSBENCH, folder, folder);
    expect(0, "task_ladder.c", "", "new task ladder --out-of-tree ladder");
    expect(0, "encoder_spiral.c", "", "new encoder spiral --out-of-tree spiral");
    shell("cd %s && export PKG_CONFIG_PATH=inst/share/pkgconfig:../inst/share/pkgconfig && "
          "make -s -C ladder CFLAGS=-Werror && make -s -C spiral CFLAGS=-Werror",
          folder);
    return 0;
}

static int remove_all(void **state)
{
    (void)state;
    scratch_remove(folder);
    return 0;
}

static void what_is_written_out_of_tree_builds_and_keeps_its_contract(void **state)
{
    (void)state;
    expect(0, "ood_far", "", "--plugin ladder/ladder.so check ladder --samples 400");
    expect(0, "\nladder ", "", "--plugin ladder/ladder.so list tasks");
    expect(0, "slopes [1, 4]", "", "--plugin spiral/spiral.so show spiral");
    expect(4, "", "no task \"ladder\"", "check ladder");
    expect(2, "", "Makefile is there already", "new task steps --out-of-tree ladder");
    expect(2, "", "take one of them", "new task steps --out-of-tree a --tree b");
}

/* The CMake package builds the same plug-ins as pkg-config. */
static void the_package_of_cmake_builds_it_too(void **state)
{
    (void)state;
    shell(
        "cd %s && for plugin in ladder spiral; do "
        "cmake -S $plugin -B $plugin/build -DCMAKE_PREFIX_PATH=$PWD/inst "
        "-DCMAKE_C_FLAGS='-Wall -Wextra -Werror' && cmake --build $plugin/build || exit 1; "
        "done >log 2>&1",
        folder);
    expect(0, "ood_far", "", "--plugin ladder/build/ladder.so check ladder --samples 400");
    expect(0, "slopes [1, 4]", "", "--plugin spiral/build/spiral.so show spiral");
}

/* `check` accepts a plug-in's file in place of a task's name; a task that breaks the contract
 * ends with 1. */
static void a_file_is_checked_like_a_name(void **state)
{
    (void)state;
    expect(0, "ladder version 1", "", "check ladder/ladder.so --samples 400");
    expect(2, "", "brings no task but the encoder spiral", "check spiral/spiral.so");
    expect(2, "", "checks the encoders that it has",
           "--plugin spiral/spiral.so check spiral");
    shell("cd %s && sed -e 's/ladder/wrong/g' -e 's/out->token.0.);/1 - !out->token[0]);/' "
          "ladder/task_ladder.c >wrong.c && "
          "cc -std=c17 -fPIC -shared -Iinst/include/posbench wrong.c -o wrong.so",
          folder);
    expect(1, "broken", "wrong breaks", "check wrong.so --samples 400");
}

#define MATRIX(plugins, task)                                       \
    "version: 1\n" plugins "defaults:\n"                            \
    "  seeds: [1]\n"                                                \
    "  model: {layers: 1, heads: 2, dim: 16}\n"                     \
    "  train: {steps: 4, batch: 4, eval_every: 4, eval_count: 4}\n" \
    "experiments:\n"                                                \
    "  new:\n"                                                      \
    "    task: {name: " task "}\n"                                  \
    "    splits: {valid: {count: 4}, id: {count: 4}}\n"             \
    "    encoders: [none]\n"                                        \
    "  old:\n"                                                      \
    "    task: {name: parity}\n"                                    \
    "    splits: {valid: {count: 4}, id: {count: 4}}\n"             \
    "    encoders: [none]\n"

/* Paths in the file are relative to its folder; workers load what their parent loaded. */
static void an_experiment_file_names_its_plugins(void **state)
{
    (void)state;
    shell("mkdir %s/deep", folder);
    write_in("deep/e.yaml", MATRIX("plugins: [../ladder/ladder.so]\n", "ladder"));
    expect(0, "", "2 runs done", "run deep/e.yaml --db e.db");
    write_in("f.yaml", MATRIX("", "ladder"));
    expect(2, "", "f.yaml:8:18: unknown task: \"ladder\"", "plan f.yaml --db f.db");
    expect(0, "2 runs", "", "--plugin ladder/ladder.so plan f.yaml --db f.db");
    write_in("g.yaml", MATRIX("plugins: [none.so]\n", "parity"));
    expect(2, "", "g.yaml:2:11: none.so: no such plug-in", "plan g.yaml --db f.db");
    write_in("h.yaml", MATRIX("plugins: none.so\n", "parity"));
    expect(2, "", "expected a list of files", "plan h.yaml --db f.db");
}

static void what_cannot_be_loaded_is_refused(void **state)
{
    (void)state;
    compile("abi", "#include <plugin.h>\n"
                   "extern const struct plugin posbench_plugin;\n"
                   "const struct plugin posbench_plugin = {PLUGIN_ABI + 6};\n");
    compile("sizes", "#include <plugin.h>\n"
                     "extern const struct plugin posbench_plugin;\n"
                     "const struct plugin posbench_plugin = {PLUGIN_ABI, {8, 8}};\n");
    compile("empty", "int nothing;\n");
    compile("taken", "#include <plugin.h>\n"
                     "static const struct task t = {.name = \"parity\"};\n"
                     "POSBENCH_TASK(t)\n");
    write_in("text.so", "no object\n");
    expect(2, "", "made for ABI 7 of plug-ins, but this program has 1; build it again",
           "--plugin abi.so list tasks");
    expect(2, "", "other headers of ABI 1", "--plugin sizes.so list tasks");
    expect(2, "", "it has no posbench_plugin", "--plugin empty.so list tasks");
    expect(2, "", "a task called parity", "--plugin taken.so list tasks");
    expect(2, "", "cannot be loaded", "--plugin text.so list tasks");
    expect(2, "", "no such plug-in", "--plugin missing.so list tasks");
    shell("cd %s && mkfifo pipe.so && mkdir folder.so", folder);
    expect(2, "", "no regular file", "--plugin pipe.so list tasks");
    expect(2, "", "no regular file", "check ./folder.so");
    for (int k = 1; k < 8; k++) {
        shell("cd %s && head -c $(($(stat -c %%s abi.so) * %d / 8)) abi.so >cut.so", folder,
              k);
        expect(2, "", "the file is cut off at ", "--plugin cut.so list tasks");
        expect(2, "", "the file is cut off at ", "check ./cut.so");
    }
    shell("cd %s && head -c 20 abi.so >cut.so", folder);
    expect(2, "", "the file is cut off at 20 bytes", "--plugin cut.so list tasks");
}

/* An encoder that would crash, or whose name does not fit a sum, is refused on loading. */
static void an_encoder_that_breaks_its_rules_is_refused(void **state)
{
    static const struct {
        const char *stem, *fields, *words;
    } fault[] = {
        {"lone", ".name=\"lone\", .score=score",
         "lone.so: encoder lone: .score is set without .score_grad; set both"},
        {"plus", ".name=\"sqrt+bias\"", "plus.so: encoder \"sqrt+bias\": a name is"},
        {"blank", ".name=\"sqrt bias\"", "encoder \"sqrt bias\": a name is"},
        {"digit", ".name=\"2d\"", "encoder \"2d\": a name is"},
        {"long", ".name=\"abcdefghijklmnopqrstuvwx\"", "up to 23 in all"},
        {"choice", ".name=\"choice\", .options=choice", "option kind is an OPTION_CHOICE"},
        {"half", ".name=\"half\", .options=half",
         "option n: the default 0.5 is no integer"},
        {"far", ".name=\"far\", .options=far", "option n: the default 3 is not in 0 .. 2"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof fault / sizeof fault[0]; i++) {
        char text[1024], arguments[64];
        snprintf(text, sizeof text,
                 "#include <plugin.h>\n"
                 "void score(const struct encoder_view *e, const struct panel *p, real *s)"
                 "{(void)e; (void)p; (void)s;}\n"
                 "const struct option choice[] = {{\"kind\", OPTION_CHOICE}, {0}};\n"
                 "const struct option half[] = {{\"n\", OPTION_INT, 0, 2, 0.5}, {0}};\n"
                 "const struct option far[] = {{\"n\", OPTION_INT, 0, 2, 3}, {0}};\n"
                 "static const struct encoder c = {%s};\nPOSBENCH_ENCODER(c)\n",
                 fault[i].fields);
        compile(fault[i].stem, text);
        snprintf(arguments, sizeof arguments, "--plugin %s.so list tasks", fault[i].stem);
        expect(2, "", fault[i].words, arguments);
    }
}

/* The plug-in's other functions are sound: the run begins, and its process is ended by the
 * signal. */
static void a_plugin_that_crashes_fails_its_run_alone(void **state)
{
    (void)state;
    shell("cd %s && sed -e 's/ladder/crash/g' -e "
          "'s/    out->length = n - 1;/    *(volatile int *)8 = n;/' "
          "ladder/task_ladder.c >crash.c && "
          "cc -std=c17 -fPIC -shared -Iinst/include/posbench crash.c -o crash.so",
          folder);
    write_in("c.yaml", MATRIX("plugins: [crash.so]\n", "crash"));
    expect(1, "", "1 run done, 0 skipped, 1 failed", "run c.yaml --db c.db --jobs 1");
    expect(0, "failed", "", "list runs --db c.db --only experiment=new");
    expect(0, "done", "", "list runs --db c.db --only experiment=old");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_out_of_tree_builds_and_keeps_its_contract),
        cmocka_unit_test(the_package_of_cmake_builds_it_too),
        cmocka_unit_test(a_file_is_checked_like_a_name),
        cmocka_unit_test(an_experiment_file_names_its_plugins),
        cmocka_unit_test(what_cannot_be_loaded_is_refused),
        cmocka_unit_test(an_encoder_that_breaks_its_rules_is_refused),
        cmocka_unit_test(a_plugin_that_crashes_fails_its_run_alone),
    };
    return cmocka_run_group_tests_name("plugin", tests, install, remove_all);
}
