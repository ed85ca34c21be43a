/* Text with the program's commands: a run on a folder of files, continuing a prompt, logits of
 * a file, showing tokens, examining a corpus, and messages about files that are no text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "program.h"
#include "stand_in_corpus.h"

static char folder[SCRATCH_TEXT];

static void write_file(const char *name, const char *text, int times)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    for (int i = 0; i < times; i++)
        fputs(text, f);
    fclose(f);
}

static void said(const struct program *p, int code, const char *words)
{
    if (p->code != code || !(strstr(p->out, words) || strstr(p->err, words)))
        fail_msg("code %d, not %d, or not \"%s\": %s%s", p->code, code, words, p->out,
                 p->err);
}

static void expect(int code, const char *words, const char *arguments)
{
    struct program p;
    char line[1024], *at;
    snprintf(line, sizeof line, "%s", arguments);
    while ((at = strchr(line, '@'))) { /* @ stands for the folder */
        char rest[1024];
        snprintf(rest, sizeof rest, "%s", at + 1);
        snprintf(at, sizeof line - (size_t)(at - line), "%s%s", folder, rest);
    }
    RUN(&p, "%s", line);
    said(&p, code, words);
    program_free(&p);
}

static int train(void **state)
{
    (void)state;
    scratch_make(folder);
    write_file("train.txt", "abcabcabcabc", 20);
    write_file("valid.txt", "cabcabcabcab", 5);
    write_file("test.txt", "bcabcabcabca", 5);
    write_file("bad.txt", "ab\xff", 1);
    write_file("none.txt", "", 1);
    char yaml[1024];
    snprintf(yaml, sizeof yaml,
             "version: 1\n"
             "experiments:\n"
             "  letters:\n"
             "    task: {name: text, corpus: %s, tokenizer: byte, context: 8}\n"
             "    splits: {valid: {count: 5}, id: {count: 5}, ood_once: {count: 5},\n"
             "             ood_twice: {count: 5}}\n"
             "    encoders: [{name: absolute, beyond: undefined}]\n"
             "    seeds: [1]\n"
             "    model: {layers: 1, heads: 2, dim: 16}\n"
             "    train: {steps: 60, lr: 2e-2, batch: 8, warmup: 5}\n",
             folder);
    write_file("text.yaml", yaml, 1);
    expect(0, "1 run done", "run @/text.yaml --db @/r.db --jobs 1");
    return 0;
}

static int sweep(void **state)
{
    (void)state;
    scratch_remove(folder);
    return 0;
}

/* b follows a, and c follows b: a model that learnt this writes nothing else. */
static void a_model_writes_on(void **state)
{
    struct program p;
    (void)state;
    RUN(&p, "sample 1 --db %s/r.db --prompt ca -n 7 --temperature 0", folder);
    assert_int_equal(p.code, 0);
    assert_string_equal(p.out, "cabcabcab\n");
    program_free(&p);
    expect(2, "temperature", "sample 1 --db @/r.db --temperature -1");
}

/* A text has bits per byte. Learned absolute positions, trained on 8, are undefined at 16. */
static void tables_have_bits_and_what_is_undefined(void **state)
{
    (void)state;
    expect(0, "bits_per_byte", "table --db @/r.db --metric bits_per_byte");
    expect(0, "n/a", "table --db @/r.db --metric bits_per_byte");
    expect(0, "identical", "verify 1 --db @/r.db");
    expect(4, "those of texts are not", "table --extrapolation --db @/r.db");
    expect(0, "AbsoluteBeyondUndefinedOodTwice}{n/a}\n",
           "table --db @/r.db --metric bits_per_byte -o macros");
    expect(4, "nothing matches both \"split=id\" and \"split=ood_once\"",
           "table --db @/r.db --only split=id --only split=ood_once");
}

/* Tokens of words have no bytes, so that there are no bits and perplexity stands alone. */
static void a_table_of_words_is_of_perplexity(void **state)
{
    struct program p;
    (void)state;
    expect(0, "1 run done",
           "run @/text.yaml --db @/words.db --jobs 1 --set task.corpus=sample "
           "--set task.tokenizer=word --set task.vocabulary=300");
    RUN(&p, "table --db %s/words.db", folder);
    said(&p, 0, ": perplexity\n");
    assert_null(strstr(p.out, "bits_per_byte"));
    program_free(&p);
}

/* The table's notes name what was scored, the stride and the tokeniser. They do not count
 * seeds that err on at most 1 %, as no text is predicted without errors. */
static void tables_say_what_was_scored(void **state)
{
    struct program p;
    char words[512];
    (void)state;
    RUN(&p, "table --db %s/r.db -o md --metric bits_per_byte", folder);
    snprintf(words, sizeof words,
             "\n- id: windows of 8 tokens, all scored, stride 8; part test (in training "
             "train).\n- ood_once: windows of 8 tokens, the last 4 scored, stride 4.\n"
             "- ood_twice: windows of 16 tokens, the last 4 scored, stride 4.\n"
             "- Text: corpus %s, tokeniser byte.\n",
             folder);
    said(&p, 0, words);
    assert_null(strstr(p.out, "Seeds with"));
    program_free(&p);
    RUN(&p, "table --db %s/r.db", folder);
    said(&p, 0, ": perplexity\n");
    assert_non_null(strstr(p.out, ": bits_per_byte\n"));
    assert_null(strstr(p.out, "_error"));
    program_free(&p);
    expect(0, ": token_error\n", "table --db @/r.db --metric token_error");
    expect(0, "tokeniser byte", "table --db @/r.db -o latex");
    expect(0, "tokeniser byte", "table --db @/r.db -o html");
}

/* The exported weights are those of the run, embedding included. */
static void weights_of_a_text_are_exported(void **state)
{
    (void)state;
    expect(0, "",
           "export 1 --db @/r.db -o @/w.safetensors && cmp @/w.safetensors "
           "@/r.db.models/*.safetensors");
    expect(3, "exists", "export 1 --db @/r.db -o @/w.safetensors");
}

/* The mean loss over all positions is the split's loss. */
static void the_loss_has_a_position(void **state)
{
    (void)state;
    expect(
        0, "id 8 positions, off by 0.000000",
        "query --db @/r.db \"SELECT p.split || ' ' || count(*) || ' positions, off by ' ||"
        " printf('%.6f', abs(sum(s.nats) / p.count - m.value))"
        " FROM place AS p JOIN v_score AS m USING (run_id, split)"
        " JOIN stratum AS s USING (run_id, split)"
        " WHERE m.metric = 'loss' AND s.name = 'position' GROUP BY p.split\"");
    expect(0, "letters", "query --db @/r.db loss_by_position");
    expect(0, "position,loss,nats,tokens,seed",
           "plot loss --db @/r.db -o @/l.csv; cat @/l.csv");
    expect(0, "letters,", "plot context --db @/r.db -o @/c.csv; cat @/c.csv");
}

static void logits_of_a_file_are_written(void **state)
{
    (void)state;
    expect(0, "", "predict 1 --db @/r.db --text @/test.txt --logits @/l.npy");
    expect(2, "there is no text", "predict 1 --db @/r.db --text @/none.txt --logits -");
    expect(2, "either", "predict 1 --db @/r.db --text @/test.txt --split id --logits -");
}

/* A text's logits are those of its ids in windows of the context: 3,005 tokens take two
 * batches of 256 windows, and the last window is short. */
static void logits_of_a_text_are_those_of_its_ids(void **state)
{
    (void)state;
    write_file("book.txt", "abcab", 601);
    expect(0, "",
           "tokenize @/book.txt --tokenizer byte --ids > @/ids && "
           "xargs -n 8 < @/ids > @/lines");
    expect(0, "", "predict 1 --db @/r.db --input @/lines --logits @/ids.npy");
    expect(0, "",
           "predict 1 --db @/r.db --text @/book.txt --logits @/text.npy && "
           "cmp @/ids.npy @/text.npy");
}

static void logits_without_room_are_refused_before_the_first(void **state)
{
    (void)state;
    write_file("book.txt", "abcab", 601);
    expect(3, "none.npy: it would take 2.9 MiB and there is room for 0.0; raise the limit",
           "--version && ulimit -f 100 && '" POSBENCH
           "' predict 1 --db @/r.db --text @/book.txt --logits @/none.npy");
    expect(0, "", "--version && test ! -e @/none.npy");
}

static void a_changed_corpus_is_told_and_is_another_run(void **state)
{
    (void)state;
    write_file("test.txt", "bcabcabcabcb", 5);
    expect(2, "put back the files as they were", "sample 1 --db @/r.db");
    expect(2, "put back the files as they were", "verify 1 --db @/r.db");
    expect(2, ".safetensors", "export 1 --db @/r.db -o @/w2.safetensors");
    expect(2, "put back the files as they were",
           "predict 1 --split id --db @/r.db --logits -");
    expect(0, "the files of the task's data have changed: their hash is \"",
           "plan @/text.yaml --db @/r.db");
    write_file("test.txt", "bcabcabcabca", 5);
    expect(0, "1 done", "plan @/text.yaml --db @/r.db");
}

static void refused_corpus(const char *words, const char *part, const char *text)
{
    char line[512];
    write_file(part, text, 1);
    snprintf(line, sizeof line, "plan @/text.yaml --db @/r.db");
    expect(2, words, line);
    write_file("train.txt", "abcabcabcabc", 20);
    write_file("test.txt", "bcabcabcabca", 5);
    expect(0, "1 done", line); /* nothing was lost */
}

static void corpora_that_are_too_small_are_refused(void **state)
{
    (void)state;
    refused_corpus("the test text of corpus", "test.txt", "b");
    refused_corpus("has 1 tokens", "train.txt", "a");
    refused_corpus("test.txt is empty", "test.txt", "");
}

/* A line of 4 MB without a blank is one piece; test_bpe measures longer ones. */
static void a_long_line_is_tokenised(void **state)
{
    (void)state;
    write_file("long.txt", "abcabcabcabcabcabcabcabcabcabcab", 131072);
    expect(0, "of 4194304 bytes", "tokenize @/long.txt");
}

static void files_are_looked_at(void **state)
{
    (void)state;
    expect(0, "train           240", "corpus @");
    expect(0, "  test.txt\n", "corpus @");
    expect(0, "built in", "corpus sample");
    expect(3, "(paths begin in the working folder)", "corpus @/nowhere");
    expect(3, "or name a folder with train.txt, valid.txt and test.txt, as ./nowhere",
           "corpus nowhere");
    expect(0, "bpe tokeniser", "tokenize @/test.txt");
    expect(0, "60 tokens of 60 bytes", "tokenize @/test.txt --tokenizer byte");
    expect(0, "60 tokens of 60 bytes", "tokenize - --tokenizer byte < @/test.txt");
    expect(0, "0 tokens of 0 bytes", "tokenize - < /dev/null");
    expect(2, "standard input: byte 2: not UTF-8", "tokenize - < @/bad.txt");
    expect(3, "standard input: cannot be kept", "tokenize - < /");
    expect(2, "either --ids or --json", "tokenize @/test.txt --ids --json");
    expect(0, "", "predict 1 --db @/r.db --text - --logits @/in.npy < @/test.txt");
    expect(2, "byte 2: not UTF-8", "tokenize @/bad.txt");
    expect(3, "bad.txt/", "tokenize @/bad.txt/");
    expect(0, "\"BPE\"", "tokenize @/test.txt --json");
}

/* Words are separated by blanks of any kind and may begin with any letter. A line of " = "
 * alone is no heading. A folder is not the name of a corpus. */
static void a_corpus_is_counted(void **state)
{
    char path[SCRATCH_TEXT + 16];
    (void)state;
    snprintf(path, sizeof path, "%s/counted", folder);
    assert_int_equal(mkdir(path, 0777), 0);
    write_file("counted/train.txt", " = A =\nb\tc \xc3\xa9t\xc3\xa9\n = \n= d\n", 1);
    write_file("counted/valid.txt", "a b", 1);
    write_file("counted/test.txt", " = a", 1);
    expect(0, "train            25          4            9         1", "corpus @/counted");
    expect(0, "valid             3          0            2         0", "corpus @/counted");
    expect(0, "test              4          0            2         1", "corpus @/counted");
    expect(3, "the one here is called ./counted", "-C @ corpus counted");
}

/* ---- corpora that are prepared ---- */

static void write_program(const char *name, const char *text)
{
    char path[SCRATCH_TEXT + 32];
    write_file(name, text, 1);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(chmod(path, 0755), 0);
}

/* A home of corpora, and programs before those of the machine: no package is installed. */
static void make_home(char environment[256])
{
    char path[SCRATCH_TEXT + 32];
    write_program("dpkg-query", "#!/bin/sh\nexit 1\n");
    snprintf(path, sizeof path, "%s/home", folder);
    mkdir(path, 0777);
    snprintf(environment, 256, "POSBENCH_CORPORA=%s/home PATH=%s:$PATH", folder, folder);
}

static void prepare(const char *environment, int code, const char *words)
{
    struct program p;
    program_run(&p, POSBENCH, environment, "corpus prose");
    said(&p, code, words);
    program_free(&p);
}

/* What a killed one left goes, a file of such a name too; an empty folder is as none. */
static void what_a_killed_preparation_left_goes(void **state)
{
    char environment[256], path[SCRATCH_TEXT + 32];
    (void)state;
    make_home(environment);
    snprintf(path, sizeof path, "%s/home/prose", folder);
    assert_int_equal(mkdir(path, 0777), 0);
    snprintf(path, sizeof path, "%s/home/prose.making.7", folder);
    assert_int_equal(mkdir(path, 0777), 0);
    write_file("home/prose.making.7/train.txt", "x", 1);
    prepare(environment, 3, "apt-get install");
    assert_int_not_equal(access(path, F_OK), 0);
    write_file("home/file", "", 1);
    snprintf(environment, sizeof environment, "POSBENCH_CORPORA=%s/home/file", folder);
    prepare(environment, 3, "Not a directory; choose another folder");
}

/* While one prepares, a second waits, and has what the first made. */
static void the_second_of_two_waits_for_the_first(void **state)
{
    char environment[256], line[SCRATCH_TEXT + 512], path[SCRATCH_TEXT + 32];
    char said[1024] = "";
    (void)state;
    make_home(environment);
    snprintf(path, sizeof path, "%s/home", folder);
    const int home = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(home >= 0);
    assert_int_equal(flock(home, LOCK_EX), 0);
    snprintf(line, sizeof line, "%s %s corpus prose 2>&1", environment, POSBENCH);
    FILE *second = popen(line, "r");
    assert_non_null(second);
    usleep(300000); /* it comes to the lock, or has failed without */
    snprintf(path, sizeof path, "%s/home/prose", folder);
    assert_int_equal(mkdir(path, 0777), 0);
    write_file("home/prose/train.txt", "aa", 1);
    write_file("home/prose/valid.txt", "bb", 1);
    write_file("home/prose/test.txt", "cc", 1);
    close(home);
    assert_true(fread(said, 1, sizeof said - 1, second) > 0);
    if (pclose(second) != 0 || !strstr(said, "train             2"))
        fail_msg("%s", said);
}

/* Skips where no package has the kernel's texts. `tar` is what unpacks them. */
static void make_code(const char *before, const char *tar, int code, const char *words)
{
    char environment[256];
    struct program p;
    glob_t found;
    const bool kernel = glob("/usr/src/linux-source-*.tar.xz", 0, NULL, &found) == 0;
    globfree(&found);
    if (!kernel) {
        print_message("skipped: no package linux-source\n");
        skip();
    }
    make_home(environment);
    write_program("dpkg-query", "#!/bin/sh\necho ok installed\n");
    write_program("tar", tar);
    strcat(environment, before);
    program_run(&p, POSBENCH, environment, "corpus code");
    said(&p, code, words);
    assert_null(strstr(p.err, "second"));
    program_free(&p);
}

static int made(void) /* names in the home that begin as the corpus */
{
    char pattern[SCRATCH_TEXT + 32];
    glob_t found;
    snprintf(pattern, sizeof pattern, "%s/home/code*", folder);
    const int n = glob(pattern, 0, NULL, &found) == 0 ? (int)found.gl_pathc : 0;
    globfree(&found);
    return n;
}

static void of_a_full_disk_one_line_is_said(void **state)
{
    (void)state;
    make_code("", "#!/bin/sh\necho tar: first: no room\necho tar: second\nexit 2\n", 1,
              "cannot be unpacked: tar: first: no room");
    assert_int_equal(made(), 0);
}

static void what_prepares_stops_with_the_program(void **state)
{
    (void)state;
    make_code(" timeout 1", "#!/bin/sh\nexec sleep 20\n", 124, "");
    for (int i = 0; i < 50 && made(); i++)
        usleep(100000);
    assert_int_equal(made(), 0);
}

/* ---- the experiments that come with the program ---- */

#define EXPERIMENTS TEST_DATA "/../../experiments"

static void expect_with_corpora(const char *words, const char *arguments)
{
    char environment[128], line[512];
    struct program p;
    snprintf(environment, sizeof environment, "POSBENCH_CORPORA=%s", folder);
    snprintf(line, sizeof line, "%s --db %s/shipped.db", arguments, folder);
    program_run(&p, POSBENCH, environment, line);
    said(&p, 0, words);
    program_free(&p);
}

static void shipped_experiments_can_be_run(void **state)
{
    (void)state;
    stand_in_corpus(folder, "prose");
    stand_in_corpus(folder, "code");
    expect_with_corpora("21 runs: 0 done", "plan " EXPERIMENTS "/language.yaml");
    expect_with_corpora("21 runs: 0 done", "plan " EXPERIMENTS "/code.yaml");
    expect_with_corpora("7 runs done",
                        "run " EXPERIMENTS "/language.yaml --profile smoke --jobs 2");
    expect_with_corpora("n/a", "table --metric bits_per_byte language");
    expect_with_corpora("T5-language-relative", "claims");
    expect(0, "(line, r = ",
           "plot gates 6 --db @/shipped.db --choose line -o @/g.csv; cat @/g.csv");
    expect(0, "(line, r = ",
           "plot position_attention 6 --db @/shipped.db --choose line "
           "-o @/g.csv; cat @/g.csv");
    expect(2, "line, empty, paragraph or heading",
           "plot gates 6 --db @/shipped.db --choose word -o @/h.csv");
    expect(4, "no gates to choose",
           "plot attention 1 --db @/shipped.db --choose line "
           "-o @/h.csv");
    stand_in_corpus(folder, "wikitext-103");
    write_file("vocab.bpe", "#version: 0.2\n1 2\n", 1);
    expect(0, "17 runs: 0 done",
           "-C @ plan --profile paper " EXPERIMENTS "/language_paper.yaml --db @/paper.db");
    expect(2, "stand beside language_paper are of other tokens",
           "-C @ plan --profile paper " EXPERIMENTS "/language_paper.yaml --db @/paper.db "
           "--set task.tokenizer=byte");
    expect(0, "17 runs: 0 done",
           "-C @ plan --profile paper " EXPERIMENTS "/language_paper.yaml --db @/paper.db "
           "--set task.tokenizer=@/vocab.bpe");
}

/* The smoke profile needs only the text that is built in; corpora of other profiles may be
 * missing. */
static void texts_of_other_profiles_may_lack(void **state)
{
    (void)state;
    expect(0, "7 runs: 0 done",
           "-C @ plan --profile smoke " EXPERIMENTS "/language.yaml --db @/lack.db");
    expect(2, "language.yaml:29:32: corpus: there is no folder corpora/prose",
           "-C @ plan --profile quick " EXPERIMENTS "/language.yaml --db @/lack.db");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_model_writes_on),
        cmocka_unit_test(tables_have_bits_and_what_is_undefined),
        cmocka_unit_test(a_table_of_words_is_of_perplexity),
        cmocka_unit_test(tables_say_what_was_scored),
        cmocka_unit_test(weights_of_a_text_are_exported),
        cmocka_unit_test(the_loss_has_a_position),
        cmocka_unit_test(logits_of_a_file_are_written),
        cmocka_unit_test(logits_of_a_text_are_those_of_its_ids),
        cmocka_unit_test(logits_without_room_are_refused_before_the_first),
        cmocka_unit_test(a_changed_corpus_is_told_and_is_another_run),
        cmocka_unit_test(corpora_that_are_too_small_are_refused),
        cmocka_unit_test(a_long_line_is_tokenised),
        cmocka_unit_test(files_are_looked_at),
        cmocka_unit_test(a_corpus_is_counted),
        cmocka_unit_test(what_a_killed_preparation_left_goes),
        cmocka_unit_test(the_second_of_two_waits_for_the_first),
        cmocka_unit_test(of_a_full_disk_one_line_is_said),
        cmocka_unit_test(what_prepares_stops_with_the_program),
        cmocka_unit_test(shipped_experiments_can_be_run),
        cmocka_unit_test(texts_of_other_profiles_may_lack),
    };
    return cmocka_run_group_tests(tests, train, sweep);
}
