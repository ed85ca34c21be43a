/* links: models_double */
/* The contract catches faults of an encoder: an encoder of the registry keeps each clause, and
 * its copy with one planted fault breaks the clause made for that fault. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/wait.h>
#include <unistd.h>

#include "encoder_contract.h"
#include "encoder_mutants.h"

/* --- the faults and the clauses that catch them ---------------------------- */

enum { FAULTS_MAX = 64 };

struct fault {
    const char *check, *words; /* the clause that notices it, and its message */
    struct encoder right, wrong;
};

static struct fault fault_of(const char *check, const char *words,
                             const struct encoder *right)
{
    return (struct fault){check, words, *right, *right};
}

#define FAULT_SAYS(name, field, value, clause, words) \
    do {                                              \
        out[n] = fault_of(#clause, words, OF(name));  \
        out[n++].wrong.field = (value);               \
    } while (0)
/* A fault whose message has no other words: the message names the hook. */
#define FAULT(name, field, value, clause) FAULT_SAYS(name, field, value, clause, "." #field)

static int plant_in_panels(struct fault *out)
{
    int n = 0;
    FAULT_SAYS(relative, score_grad, relative_forgets_alpha,
               gradients_equal_central_differences,
               ", but central differences of what .score computes give ");
    FAULT_SAYS(relative, score, relative_is_off_by_one, gradients_equal_central_differences,
               ".score_grad: ");
    FAULT(alibi, score, alibi_takes_rows_for_tokens, scattered_rows_equal_dense_rows);
    FAULT(fox, score_grad, fox_sends_gradients_to_head_0,
          gradients_equal_central_differences);
    FAULT_SAYS(fox, score, fox_sees_the_next_token, future_keys_leave_a_row_alone,
               ".score looks into the future: score[5][0] was ");
    FAULT(fox, score_grad, fox_overwrites_its_gradient,
          gradients_equal_central_differences);
    FAULT(stick_breaking, weigh_grad, stick_breaking_forgets_the_remainder,
          gradients_equal_central_differences);
    FAULT(stick_breaking, weigh_grad, stick_breaking_leaves_a_slope_at_the_query,
          gradients_equal_central_differences);
    FAULT(stick_breaking, weigh_grad, stick_breaking_writes_past_the_query,
          score_writes_its_own_rows_only);
    FAULT(path, content, path_forgets_alpha, gradients_equal_central_differences);
    FAULT(path, content_grad, path_forgets_keys, gradients_equal_central_differences);
    FAULT(path, content, path_overwrites_queries, score_writes_its_own_rows_only);
    FAULT(cope, score_grad, cope_forgets_gates, gradients_equal_central_differences);
    FAULT(shaw, values_grad, shaw_forgets_weights, gradients_equal_central_differences);
    FAULT(inkling, score_grad, inkling_takes_rows_for_tokens,
          gradients_of_scattered_rows_are_right_too);
    FAULT(tra, weigh, tra_keeps_no_counts, gradients_equal_central_differences);
    FAULT(fox, score, fox_reads_old_scratch, scratch_may_hold_anything_before);
    FAULT(cable, score, cable_writes_past_its_scratch, score_writes_its_own_rows_only);
    FAULT_SAYS(alibi, score, nothing, differs_from_none_if_it_has_hooks,
               "it does what none does");
    FAULT(alibi, score_grad, NULL, every_hook_has_its_adjoint);
    FAULT_SAYS(mapformer, read_once_flops, NULL, every_hook_has_its_adjoint,
               ".reads_once is set without .read_once_flops");
    FAULT(mapformer, reads_once, false, every_hook_has_its_adjoint);
    FAULT(fox, scratch, fox_scratch_shrinks, a_smaller_panel_asks_for_no_more_scratch);
    return n;
}

static int plant_in_content_and_mixing(struct fault *out)
{
    int n = 0;
    FAULT(dape, mix_grad, dape_forgets_content, gradients_equal_central_differences);
    FAULT(dape, mix, dape_mixes_one_head, gradients_equal_central_differences);
    FAULT(selective_attention, pass_on, selective_attention_passes_nothing_on,
          gradients_equal_central_differences);
    FAULT(selective_attention, mix_grad, selective_attention_forgets_later_panels,
          gradients_equal_central_differences);
    FAULT(selective_attention, mix, selective_attention_masks_at_once,
          gradients_equal_central_differences);
    FAULT(dape_v2, mix, dape_v2_sees_the_next_key, gradients_equal_central_differences);
    FAULT(deberta, score_grad, deberta_forgets_the_share,
          gradients_equal_central_differences);
    FAULT(fope, content_grad, fope_forgets_queries, gradients_equal_central_differences);
    return n;
}

static int plant_in_tokens(struct fault *out)
{
    int n = 0;
    FAULT(rope, rotate_grad, rope_turns_on, gradients_equal_central_differences);
    FAULT(rope, rotate_grad, rope_does_not_turn_back, gradients_equal_central_differences);
    FAULT(rope, rotate, rope_turns_a_row_too_many,
          embed_rotate_and_read_write_their_own_rows_only);
    FAULT(rope, rotate, rope_stretches, gradients_equal_central_differences);
    FAULT(mapformer, rotate_grad, mapformer_forgets_the_sine,
          gradients_equal_central_differences);
    FAULT(absolute, embed, absolute_writes_a_row_too_many,
          embed_rotate_and_read_write_their_own_rows_only);
    FAULT(absolute, embed_grad, absolute_subtracts, gradients_equal_central_differences);
    FAULT(sinusoidal, embed, sinusoidal_takes_the_place_of_x,
          the_embedding_is_added_whatever_x_is);
    FAULT(fox, read, fox_reads_the_future, tokens_are_read_without_the_future);
    FAULT(fox, read_grad, fox_does_not_learn_from_tokens,
          gradients_equal_central_differences);
    FAULT(selective_rope, read_grad, selective_rope_doubles_its_gradient,
          gradients_equal_central_differences);
    FAULT(kerple, derive_grad, kerple_learns_the_other_way,
          gradients_equal_central_differences);
    FAULT(randomized, place, places_stand_still, places_increase_and_lie_in_range);
    return n;
}

static int plant_in_sizes_and_places(struct fault *out)
{
    int n = 0;
    FAULT_SAYS(mapformer, read_scratch, mapformer_asks_for_too_little_room,
               embed_rotate_and_read_write_their_own_rows_only,
               ", but .read_scratch asks for ");
    FAULT_SAYS(cable, scratch, cable_asks_for_too_little_scratch,
               score_writes_its_own_rows_only, ", but .scratch asks for ");
    FAULT_SAYS(dape, mix_scratch, dape_asks_for_too_little_scratch,
               score_writes_its_own_rows_only, ", but .mix_scratch asks for ");
    FAULT_SAYS(dape, mix_grad, dape_leaves_a_slope_past_the_query,
               score_writes_its_own_rows_only,
               ".mix_grad left dscore[0][8] = 1; past row[0] = 3 it stays 0");
    FAULT_SAYS(shaw, values, shaw_writes_a_channel_too_many, score_writes_its_own_rows_only,
               ".values wrote 1 to o[0][8]");
    FAULT_SAYS(shaw, values_grad, shaw_leaves_a_slope_past_the_query,
               score_writes_its_own_rows_only,
               ".values_grad left dscore[0][8] = 1; past row[0] = 3 it stays 0");
    FAULT_SAYS(
        relative, tensors, relative_has_too_few_columns, score_writes_its_own_rows_only,
        ".score_grad wrote number 63 of the gradient of tensor table, but .tensors says "
        "9 rows and 7 columns");
    FAULT_SAYS(relative, tensors, relative_has_too_few_columns,
               gradients_equal_central_differences, "behind tensors");
    FAULT_SAYS(kerple, derive, kerple_counts_in_shares_of_the_batch,
               other_lengths_in_a_batch_change_nothing,
               "it depends on the rest of the batch");
    out[n - 1].wrong.derive_grad = kerple_learns_in_shares_of_the_batch;
    FAULT_SAYS(alibi, score, alibi_takes_rows_for_places, places_are_asked_for,
               "its hooks take rows for places");
    FAULT_SAYS(cope, inspect, cope_leaves_the_query_itself, planes_are_written_whole,
               ".inspect left entry [0][3] of plane ");
    FAULT(alibi, flops, alibi_counts_down, flops_are_a_count);
    FAULT(pope, confine, pope_confines_ever_closer, what_is_in_range_stays);
    FAULT_SAYS(cope, planes, NULL, every_hook_has_its_adjoint,
               ".inspect is set without .planes");
    return n;
}

static int plant_in_invariances(struct fault *out)
{
    int n = 0;
    FAULT_SAYS(alibi, score, alibi_counts_from_the_start, invariances_are_those_declared,
               ".invariances says");
    FAULT_SAYS(fox, read, fox_counts_tokens, invariances_are_those_declared,
               ".invariances says");
    FAULT(alibi, invariances, NULL, invariances_are_those_declared);
    FAULT(alibi, invariances, in_any_order, invariances_are_those_declared);
    FAULT(path, invariances, NULL, invariances_are_those_declared);
    FAULT(none, invariances, invariant_to_shift, invariances_are_those_declared);
    FAULT(dape, invariances, invariant_to_shift, invariances_are_those_declared);
    FAULT(absolute, invariances, invariant_to_shift, invariances_are_those_declared);
    FAULT(fire, invariances, invariant_to_shift, invariances_are_those_declared);
    FAULT(dape_v2, invariances, invariant_to_shift, invariances_are_those_declared);
    FAULT(shift, invariances, invariant_to_shift, invariances_are_those_declared);
    return n;
}

static int plant_in_descriptors(struct fault *out)
{
    int n = 0;
    FAULT(rope, resolve, rope_halves_its_fraction, resolving_twice_changes_nothing);
    FAULT_SAYS(rope, resolve, rope_says_no, a_refusal_names_encoder_and_remedy,
               "says what to set");
    FAULT_SAYS(fox, start, NULL, an_option_always_has_an_effect, "no hook reads it");
    FAULT(fox, tensors, fox_names_a_tensor_twice, tensors_are_well_formed);
    FAULT_SAYS(fox, name, "Fox", its_name_is_short_and_plain, "a name is a small letter");
    FAULT(fox, summary, "forgets", describes_itself);
    FAULT(fox, name, "foks", is_found_by_its_file_name);
    return n;
}

/* --- running a check ------------------------------------------------------- */

#define NAMED(of, check) {#check, check},
static const struct {
    const char *name;
    CMUnitTestFunction run;
} checks[] = {ENCODER_CHECKS(NAMED, )};

static CMUnitTestFunction check_named(const char *name)
{
    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++)
        if (!strcmp(checks[i].name, name))
            return checks[i].run;
    fail_msg("no clause %s", name);
    return NULL;
}

enum { SAID = 4096 };

/* Runs the check in a process of its own, since a fault may end it; a crash does not pass. Its
 * output goes to `said`. */
static bool passes(const char *name, const struct encoder *encoder, const char *stem,
                   char said[SAID])
{
    const CMUnitTestFunction run = check_named(name);
    FILE *out = tmpfile();
    int status = 0;
    assert_non_null(out);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct subject subject = {stem, encoder};
        const struct CMUnitTest tests[] = {{name, run, NULL, report, &subject}};
        dup2(fileno(out), STDOUT_FILENO);
        dup2(fileno(out), STDERR_FILENO);
        _exit(cmocka_run_group_tests(tests, NULL, NULL) != 0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    rewind(out);
    said[fread(said, 1, SAID - 1, out)] = '\0';
    fclose(out);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void each_is_caught(const struct fault *fault, int n)
{
    static char said[SAID];
    for (int i = 0; i < n; i++) {
        const struct fault *f = &fault[i];
        const bool found = !strcmp(f->check, "is_found_by_its_file_name");
        if (!found && !passes(f->check, &f->right, f->right.name, said))
            fail_msg("fault %d: %s as it is breaks %s: %s", i, f->right.name, f->check,
                     said);
        if (passes(f->check, &f->wrong, f->right.name, said))
            fail_msg("fault %d in %s is not caught by %s", i, f->right.name, f->check);
        if (!strstr(said, f->words))
            fail_msg("fault %d in %s: %s does not say \"%s\", but: %s", i, f->right.name,
                     f->check, f->words, said);
    }
}

static void faults_in_panels_are_caught(void **state)
{
    static struct fault faults[FAULTS_MAX];
    (void)state;
    each_is_caught(faults, plant_in_panels(faults));
}

static void faults_in_content_and_mixing_are_caught(void **state)
{
    static struct fault faults[FAULTS_MAX];
    (void)state;
    each_is_caught(faults, plant_in_content_and_mixing(faults));
}

static void faults_in_tokens_are_caught(void **state)
{
    static struct fault faults[FAULTS_MAX];
    (void)state;
    each_is_caught(faults, plant_in_tokens(faults));
}

static void faults_in_sizes_and_places_are_caught(void **state)
{
    static struct fault faults[FAULTS_MAX];
    (void)state;
    each_is_caught(faults, plant_in_sizes_and_places(faults));
}

static void faults_in_invariances_are_caught(void **state)
{
    static struct fault faults[FAULTS_MAX];
    (void)state;
    each_is_caught(faults, plant_in_invariances(faults));
}

static void faults_in_descriptors_are_caught(void **state)
{
    static struct fault faults[FAULTS_MAX];
    (void)state;
    each_is_caught(faults, plant_in_descriptors(faults));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_in_panels_are_caught),
        cmocka_unit_test(faults_in_content_and_mixing_are_caught),
        cmocka_unit_test(faults_in_tokens_are_caught),
        cmocka_unit_test(faults_in_sizes_and_places_are_caught),
        cmocka_unit_test(faults_in_invariances_are_caught),
        cmocka_unit_test(faults_in_descriptors_are_caught),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
