/* probe and the pictures of a trained model, called as a user does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "program.h"
#include "real_text.h"
#include "safetensors.h"

static const char yaml[] = "version: 1\n"
                           "defaults:\n"
                           "  seeds: [1]\n"
                           "  model: {layers: 2, heads: 2, dim: 16}\n"
                           "  train: {steps: 4, warmup: 1, batch: 4}\n"
                           "experiments:\n"
                           "  copy:\n"
                           "    task: {name: selective_copy, tokens: 4, blanks: 4}\n"
                           "    splits: {valid: {count: 4}, id: {count: 6}}\n"
                           "    encoders: [cope, rope]\n";

static char folder[SCRATCH_TEXT];

static int train_once(void **state)
{
    char path[SCRATCH_TEXT + 32];
    struct program p;
    (void)state;
    scratch_make(folder);
    snprintf(path, sizeof path, "%s/experiments.yaml", folder);
    FILE *f = fopen(path, "w");
    if (!f || fputs(yaml, f) < 0 || fclose(f) != 0)
        return -1;
    RUN(&p, "-C %s run", folder);
    if (p.code)
        print_error("%s", p.err);
    const int code = p.code;
    program_free(&p);
    return code;
}

static int clean_up(void **state)
{
    (void)state;
    scratch_remove(folder);
    return 0;
}

static void expect(const char *arguments, int code, const char *out, const char *err)
{
    struct program p;
    RUN(&p, "-C %s %s", folder, arguments);
    if (p.code != code || (out && !strstr(p.out, out)) || (err && !strstr(p.err, err)))
        print_error("posbench %s: %d\n%s%s", arguments, p.code, p.out, p.err);
    assert_int_equal(p.code, code);
    assert_true(!out || strstr(p.out, out));
    assert_true(!err || strstr(p.err, err));
    program_free(&p);
}

static void probe_prints_a_row_for_each_head(void **state)
{
    struct program p;
    (void)state;
    expect(
        "probe 1", 0,
        "layer  head  entropy  position_entropy  position_to_content      gate  position  "
        "clamped\n",
        NULL);
    expect("probe 2", 0, "layer  head  entropy  position_entropy  position_to_content\n",
           NULL);
    RUN(&p, "-C %s probe 1 -n 100 --json", folder);
    json_t *all = json_loads(p.out, 0, NULL);
    assert_non_null(all);
    assert_int_equal(json_integer_value(json_object_get(all, "sequences")), 6);
    assert_string_equal(json_string_value(json_object_get(all, "split")), "id");
    json_t *heads = json_object_get(all, "heads");
    assert_int_equal(json_array_size(heads), 4);
    const json_t *last = json_array_get(heads, 3);
    assert_int_equal(json_integer_value(json_object_get(last, "layer")), 1);
    assert_int_equal(json_integer_value(json_object_get(last, "head")), 1);
    const double gate = json_number_value(json_object_get(last, "gate"));
    assert_true(gate > 0.0 && gate < 1.0);
    json_decref(all);
    program_free(&p);
    expect("probe 1 --split vaild", 4, NULL, "did you mean \"valid\"");
    expect("probe 9", 4, NULL, "9");
}

/* JSON has the same numbers; a second probe replaces the first; rope adds nothing to logits,
 * so it has the entropy alone. */
static void means_are_kept_in_the_database(void **state)
{
    static const char sql[] =
        "query -o csv \"SELECT name, value, sequences, split FROM evaluation WHERE run_id = %d "
        "AND name LIKE '%%%s' ORDER BY name DESC\"";
    char arguments[256];
    struct program p;
    (void)state;
    expect("probe 1 -n 4 --store", 0, NULL, NULL);
    RUN(&p, "-C %s probe 1 -n 4 --store --json", folder);
    json_t *all = json_loads(p.out, 0, NULL);
    program_free(&p);
    const json_t *last = json_array_get(json_object_get(all, "heads"), 3);
    snprintf(arguments, sizeof arguments, sql, 1, "gate");
    const double gate = json_number_value(json_object_get(last, "gate"));
    const json_t *ratio = json_object_get(last, "position_to_content");
    assert_true(json_number_value(ratio) > 0.0);
    json_decref(all);
    RUN(&p, "-C %s %s", folder, arguments);
    static const char first[] = "name,value,sequences,split\nlayers.1.heads.1.gate,";
    assert_memory_equal(p.out, first, sizeof first - 1);
    assert_true(fabs(strtod(p.out + sizeof first - 1, NULL) - gate) < 1e-12);
    int lines = 0;
    for (const char *c = p.out; *c; c++)
        lines += *c == '\n';
    assert_int_equal(lines, 1 + 4 + 1);
    assert_non_null(strstr(p.out, "\ngate,"));
    program_free(&p);
    expect("probe 2 --store", 0, NULL, NULL);
    expect(
        "query -o csv \"SELECT DISTINCT replace(name, 'entropy', '') LIKE 'layers%' AS x, "
        "count(*) AS n FROM evaluation WHERE run_id = 2 GROUP BY x\"",
        0, "0,1\n1,4\n", NULL);
}

/* The file holds the announced arrays, and the picture's data are its numbers. */
static void planes_are_in_the_file_and_in_the_picture(void **state)
{
    char path[SCRATCH_TEXT + 32];
    real *gate = calloc((size_t)64 * 64, sizeof *gate);
    struct safetensors_bytes *parts = NULL;
    struct program p;
    int n = 0;
    (void)state;
    expect("probe 1 -n 2 -o planes.safetensors", 0, "2 sequences of id", NULL);
    expect("probe 1 -n 2 -o planes.safetensors", 3, NULL, "use --force");
    expect("probe 1 -n 2 -o planes.safetensors --force", 0, NULL, NULL);
    expect("probe 1 -o planes.txt", 2, NULL, ".safetensors");
    snprintf(path, sizeof path, "%s/planes.safetensors", folder);
    assert_int_equal(safetensors_read_bytes(path, &parts, &n, NULL), ST_OK);
    /* 2 sequences, each of its tokens and, for 2 layers and 2 heads, 5 planes. */
    assert_int_equal(n, 2 * (1 + 2 * 2 * 5));
    const size_t T = parts[0].n / 4;
    /* tokens, attention, position_attention, gate of the first head */
    assert_int_equal(parts[3].n, 4 * T * T);
    memcpy(gate, parts[3].at, parts[3].n);
    RUN(&p, "-C %s plot gates 1 -o gates.csv && cat %s/gates.csv", folder, folder);
    char line[128], number[REAL_TEXT];
    snprintf(line, sizeof line, ",1,2,%s\r\n", real_text((double)gate[2 * T + 1], number));
    assert_non_null(strstr(p.out, line));
    assert_ptr_equal(strstr(p.out, "panel,series,key,query,value\r\n"), p.out);
    program_free(&p);
    free(parts[0].at);
    free(parts);
    free(gate);
}

/* Python's zipfile reads it and checks every CRC; the last array equals that of the other
 * file. */
static void npz_is_a_zip_of_the_same_arrays(void **state)
{
    struct program p;
    (void)state;
    RUN(&p, "--help >/dev/null; command -v python3");
    const int installed = p.code == 0;
    program_free(&p);
    if (!installed) {
        print_message("skipped: python3 is not installed\n");
        skip();
    }
    expect("probe 1 -n 2 -o a.safetensors --force", 0, NULL, NULL);
    expect("probe 1 -n 2 -o a.npz", 0, NULL, NULL);
    expect("probe 1 -n 2 -o a.npz", 3, NULL, "use --force");
    RUN(&p,
        "--help >/dev/null; cd %s && python3 -c \"\n"
        "import zipfile, json, struct\n"
        "z = zipfile.ZipFile('a.npz')\n"
        "assert z.testzip() is None\n"
        "b = open('a.safetensors', 'rb').read()\n"
        "n = struct.unpack('<Q', b[:8])[0]\n"
        "h = json.loads(b[8:8 + n])\n"
        "h.pop('__metadata__')\n"
        "assert [i[:-4] for i in z.namelist()] == list(h), z.namelist()\n"
        "for k, t in h.items():\n"
        "    a = z.read(k + '.npy')\n"
        "    m = struct.unpack('<H', a[8:10])[0] + 10\n"
        "    assert a[:8] == b'\\x93NUMPY\\x01\\x00' and m %% 64 == 0\n"
        "    d = eval(a[10:m])\n"
        "    assert d['descr'] == '<f4' and list(d['shape']) == t['shape'], (d, t)\n"
        "    x, y = t['data_offsets']\n"
        "    assert a[m:] == b[8 + n + x:8 + n + y]\n"
        "print(len(h))\"",
        folder);
    if (p.code)
        print_error("%s", p.err);
    assert_int_equal(p.code, 0);
    assert_non_null(strstr(p.out, "42\n"));
    program_free(&p);
}

static void pictures_of_a_model_name_their_run(void **state)
{
    (void)state;
    expect("plot gates", 2, NULL, "name a RUN");
    expect("plot gates 2", 4, NULL, "\"posbench probe 2\" prints the planes");
    static const char *const formats[] = {"svg", "pdf", "png", "gp", "csv"};
    expect("plot position_attention 2", 4, NULL, "rope has nothing of the kind; ");
    for (int i = 0; i < 5; i++) { /* rope adds nothing to its logits */
        char call[64];
        snprintf(call, sizeof call, "plot position_attention 2 -o nothing.%s", formats[i]);
        expect(call, 4, NULL, "rope has nothing of the kind; ");
    }
    expect("plot attention 2 --sample 99 -o x.csv", 2, NULL, "has 6 sequences");
    expect("plot attention 2 --sample 5 -o x.csv", 0, NULL, NULL);
    expect("plot positions 1 -o x.gp", 0, NULL, NULL);
}

/* Names what matches nothing, and says what there is. */
static void plots_say_what_there_is(void **state)
{
    (void)state;
    expect("plot seeds nosuch", 4, NULL,
           "no done run has experiment \"nosuch\"; there are copy");
    expect("plot seeds copy --metric foo", 4, NULL,
           "no done run of those asked for has metric \"foo\"; there are accuracy, ");
    expect("plot seeds --metric token_eror", 4, NULL, "did you mean \"token_error\"?");
    expect("plot curves --split foo", 4, NULL, "has split \"foo\"; there are id, ");
    expect("plot distance --encoder foo", 4, NULL, "has encoder \"foo\"; there are cope, ");
    expect("plot speed --cell x", 4, NULL, "has cell \"x\"; there is none");
    expect("plot claims --profile x", 4, NULL, "has profile \"x\"; there are default");
    expect("plot surface nosuch", 4, NULL, "there are copy");
    expect("plot surface", 4, NULL, "--grid");
    expect("plot seeds --split valid", 4, NULL, "numbers for this picture on split valid");
}

/* An option that a picture does not use is refused. */
static void plots_refuse_options_without_effect(void **state)
{
    (void)state;
    expect("plot speed --sample 3", 2, NULL,
           "--sample has no effect on speed; these have it: attention, gates, ");
    expect("plot seeds --choose line", 2, NULL, "--choose has no effect on seeds");
    expect("plot gates 1 --cell x", 2, NULL, "--cell has no effect on gates");
    expect("plot gates 1 --profile x", 2, NULL, "--profile has no effect on gates");
    expect("plot gates 1 --encoder x", 2, NULL, "--encoder has no effect on gates");
    expect(
        "plot claims --metric loss", 2, NULL,
        "--metric has no effect on claims; these have it: context, curves, seeds, speed");
}

/* A report is HTML, whatever the file's name says. */
static void a_report_is_no_pdf(void **state)
{
    (void)state;
    expect("report --no-models -o y.pdf", 2, NULL, "y.pdf: a report is a page of HTML");
    expect("report --no-models -o y", 2, NULL, "name it .html or .htm, or -");
    expect("report --no-models --plots seeds -o y.htm", 0, NULL, NULL);
    expect("report --no-models --plots seed -o y.htm", 2, NULL, "did you mean \"seeds\"?");
}

/* Layers go down, heads across; a token is at its place on both axes. */
static void boxes_stand_in_layers_and_heads(void **state)
{
    struct program p;
    (void)state;
    RUN(&p, "-C %s plot attention 1 -o x.gp && cat %s/x.gp", folder, folder);
    assert_non_null(strstr(p.out, "set multiplot title 'run 1 (copy, seed 1), split id, "
                                  "sequence 0'.\"\\n\".'cope'.\"\\n\".'keys after "
                                  "the query are not drawn' noenhanced layout 2,2\n"));
    assert_non_null(strstr(p.out, "set title 'layer 1, head 0'\n"));
    assert_non_null(strstr(p.out, "set cbrange [0:1]\n"));
    assert_non_null(strstr(p.out, "set yrange ["));
    assert_non_null(strstr(p.out, ":-0.5]\n")); /* the first query is at the top */
    assert_non_null(strstr(p.out, "\n1 0 NaN\n"));
    assert_null(strstr(p.out, "\n0 0 NaN\n"));
    program_free(&p);
}

/* A terminal shows no image: it gets shades and a caption; the first query sees only itself. */
static void a_terminal_shows_shades(void **state)
{
    (void)state;
    expect("plot attention 1 --split id --sample 1", 0,
           "run 1 (copy, seed 1), split id, sequence 1\ncope\n\nlayer 0, head 0\n"
           "weight from 0 to 1: .:-=+*#%@; lines: query, columns: key\n",
           NULL);
    expect("plot attention 1", 0, " @@", NULL);
    expect("plot gates 1", 0, "gate from 0 to 1: .:-=+*#%@; ", NULL);
}

static void the_same_model_gives_the_same_bytes(void **state)
{
    static const char *const names[] = {"attention", "gates", "positions"};
    static const char *const end[] = {"svg", "pdf", "png"};
    struct program p;
    (void)state;
    RUN(&p, "--help >/dev/null; command -v gnuplot");
    const int installed = p.code == 0;
    program_free(&p);
    if (!installed) {
        print_message("skipped: gnuplot is not installed\n");
        skip();
    }
    for (int i = 0; i < 9; i++) {
        RUN(&p,
            "-C %s plot %s 1 -o a.%s && sleep 0.02 && %s -C %s plot %s 1 -o b.%s && cmp %s/a.%s "
            "%s/b.%s",
            folder, names[i / 3], end[i % 3], POSBENCH, folder, names[i / 3], end[i % 3],
            folder, end[i % 3], folder, end[i % 3]);
        if (p.code)
            print_error("%s.%s: %s", names[i / 3], end[i % 3], p.err);
        assert_int_equal(p.code, 0);
        program_free(&p);
    }
}

/* Checks that the report contains all `words` up to NULL. */
static void expect_report(const char *arguments, const char *const *words)
{
    struct program p;
    expect(arguments, 0, NULL, NULL);
    RUN(&p, "--help > /dev/null; cat '%s/page.html'", folder);
    for (; *words; words++)
        if (!strstr(p.out, *words))
            fail_msg("posbench %s: the page lacks \"%s\"", arguments, *words);
    program_free(&p);
}

/* A report is handed on: it names the database but not its folder. */
static void the_report_keeps_folders_to_itself(void **state)
{
    struct program p;
    (void)state;
    RUN(&p, "report --no-models --db '%s/results.db' -o -", folder);
    assert_int_equal(p.code, 0);
    assert_non_null(strstr(p.out, "<title>Position encodings: results.db</title>"));
    assert_null(strstr(p.out, folder));
    program_free(&p);
}

/* Shows the model of the run whose encoder has gates, with the names of probe's planes. */
static void the_report_shows_what_heads_count(void **state)
{
    static const char *const shown[] = {"<h3>copy, default, cope</h3>",
                                        "This is run 1 (seed 1), of 1 with weights",
                                        "<figure class=\"head chosen\"",
                                        "alt=\"Attention of layer 1, head 1",
                                        "<code>posbench plot gates 1 -o gates.svg</code>",
                                        NULL};
    static const char *const unasked[] = {"Models were not asked for.", NULL};
    static const char *const missing[] = {
        "The weights of the 1 runs whose encoders have gates are not beside the database",
        NULL};
    static const char *const damaged[] = {"database, or cannot be used: ", NULL};
    struct program p;
    (void)state;
    expect_report("report -o page.html", shown);
    expect("report -o again.html", 0, NULL, NULL);
    RUN(&p, "--help > /dev/null; cmp '%s/page.html' '%s/again.html'", folder, folder);
    assert_int_equal(p.code, 0);
    program_free(&p);
    expect_report("report --no-models -o page.html", unasked);
    RUN(&p, "--help > /dev/null; cd '%s' && mv results.db.models kept", folder);
    program_free(&p);
    expect_report("report -o page.html", missing);
    RUN(&p,
        "--help > /dev/null; cd '%s' && cp -r kept results.db.models && cd results.db.models "
        "&& for f in *.safetensors; do printf x >> $f; done",
        folder);
    program_free(&p);
    expect_report("report -o page.html", damaged);
    RUN(&p,
        "--help > /dev/null; cd '%s' && rm -r results.db.models && mv kept results.db.models",
        folder);
    assert_int_equal(p.code, 0);
    program_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(probe_prints_a_row_for_each_head),
        cmocka_unit_test(means_are_kept_in_the_database),
        cmocka_unit_test(planes_are_in_the_file_and_in_the_picture),
        cmocka_unit_test(npz_is_a_zip_of_the_same_arrays),
        cmocka_unit_test(pictures_of_a_model_name_their_run),
        cmocka_unit_test(plots_say_what_there_is),
        cmocka_unit_test(plots_refuse_options_without_effect),
        cmocka_unit_test(a_report_is_no_pdf),
        cmocka_unit_test(boxes_stand_in_layers_and_heads),
        cmocka_unit_test(a_terminal_shows_shades),
        cmocka_unit_test(the_report_keeps_folders_to_itself),
        cmocka_unit_test(the_report_shows_what_heads_count),
        cmocka_unit_test(the_same_model_gives_the_same_bytes),
    };
    return cmocka_run_group_tests_name("probe", tests, train_once, clean_up);
}
