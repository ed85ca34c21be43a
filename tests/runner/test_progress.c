/* The live block in windows of several sizes, as a terminal shows it: at most half of the
 * rows, no wrapped line, only events in the lines that scrolled away, and no event lost. It
 * runs once in screen.h and once in tmux, where that is installed: this program runs in tmux's
 * panes with the argument "draw". */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "progress.h"
#include "scratch.h"
#include "screen.h"

enum { EVENTS = 60 };

static struct screen screen;

static void show(struct progress *p, int jobs, int step)
{
    char name[96], steps[32];
    for (int i = 0; i < jobs; i++) {
        snprintf(name, sizeof name, "selective_copy cope(scale_position=false) seed %d",
                 i + 1);
        snprintf(steps, sizeof steps, "step %d/2000", step);
        progress_line(p, i,
                      &(struct progress_text){
                          .name = name,
                          .fact = {steps, "loss 0.1234", "112k tokens/s", "12 min left"},
                          .spare = 2});
    }
    progress_line(
        p, jobs,
        &(struct progress_text){.name = "3 of 20 runs done",
                                .fact = {"2 min so far", "0 failed", "9 min left"},
                                .spare = 1});
}

/* Draws what a scheduler draws on the terminal; `closes` removes the block at the end. */
static bool draw_all(int jobs, bool closes)
{
    const struct timespec pause = {.tv_nsec = 120000000L}; /* above the draw interval */
    struct progress *p = NULL;
    if (progress_open(jobs + 1, false, &p, NULL) != ST_OK || !progress_live(p))
        return false;
    for (int i = 0; i < EVENTS; i++) {
        show(p, jobs, i);
        progress_event(p, "event %02d", i);
    }
    for (int i = 0; i < 2; i++) {
        nanosleep(&pause, NULL);
        show(p, jobs, EVENTS + i);
        progress_draw(p);
    }
    if (closes)
        progress_close(p);
    return true;
}

/* Draws on its terminal; false: failed. */
typedef bool draw_fn(int jobs, bool closes);

static bool draw_long(int jobs, bool closes)
{
    struct progress *p = NULL;
    if (progress_open(jobs + 1, false, &p, NULL) != ST_OK || !progress_live(p))
        return false;
    progress_event(p,
                   "[1/20] selective_copy cope(scale_position=false) seed 3: done in 23 s; "
                   "token error valid 0 %%, id 0 %%, ood_dense 0 %%; 10 min left");
    progress_event(p, "%s", "short");
    if (closes)
        progress_close(p);
    return true;
}

static void watch_one(draw_fn *draw, int rows, int columns, int jobs, bool closes)
{
    const struct winsize size = {.ws_row = (unsigned short)rows,
                                 .ws_col = (unsigned short)columns};
    char bytes[4096];
    int terminal, status;
    ssize_t n;
    screen_open(&screen, rows, columns);
    const pid_t child = forkpty(&terminal, NULL, NULL, &size);
    assert_true(child >= 0);
    if (child == 0) {
        setenv("TERM", "xterm", 1);
        _exit(draw(jobs, closes) ? 0 : 1);
    }
    while ((n = read(terminal, bytes, sizeof bytes)) > 0)
        screen_feed(&screen, bytes, (size_t)n);
    close(terminal);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_in_range(screen.scrolled, 0, EVENTS);
}

static void watch(int rows, int columns, int jobs, bool closes)
{
    watch_one(draw_all, rows, columns, jobs, closes);
}

/* Returns line i, counting the lines that scrolled away first. */
static const char *line_at(int i)
{
    return i < screen.scrolled ? screen.history[i] : screen.cell[i - screen.scrolled];
}

static void expect_events_first(void)
{
    char want[16];
    for (int i = 0; i < EVENTS; i++) {
        snprintf(want, sizeof want, "event %02d", i);
        assert_string_equal(line_at(i), want);
    }
    assert_int_equal(screen.wraps, 0);
    assert_false(screen.confused);
}

/* Checks the block's lines below the events: every worker is shown or counted. */
static void expect_block(int rows, int jobs)
{
    int lines = 0, more = 0;
    for (; *line_at(EVENTS + lines); lines++) {
        const char *line = line_at(EVENTS + lines);
        if (strncmp(line, "... and ", strlen("... and ")) == 0)
            more = (int)strtol(line + strlen("... and "), NULL, 10);
        if (strncmp(line, "selective", strlen("selective")) != 0)
            continue;
        jobs--;
        /* Beginning and end of the name, speed and time are visible at any width. */
        assert_non_null(strstr(line, " seed "));
        assert_non_null(strstr(line, "112k tokens/s  12 min left"));
    }
    assert_int_equal(jobs, more);
    assert_in_range(lines, 1, rows / 2);
    assert_string_equal(line_at(EVENTS + lines - 1),
                        "3 of 20 runs done  2 min so far  0 failed  9 min left");
}

static void the_block_fits_every_window(void **state)
{
    static const int size[][2] = {{12, 80}, {24, 80}, {40, 120}}, jobs[] = {1, 2, 16};
    (void)state;
    for (int s = 0; s < 3; s++)
        for (int j = 0; j < 3; j++) {
            watch(size[s][0], size[s][1], jobs[j], false);
            expect_events_first();
            expect_block(size[s][0], jobs[j]);
        }
}

static void a_closed_block_leaves_the_events_alone(void **state)
{
    (void)state;
    watch(12, 80, 16, true);
    expect_events_first();
    assert_string_equal(line_at(EVENTS), "");
}

/* The line of an ended run is often wider than the window. */
static void long_events_are_broken_between_words(void **state)
{
    (void)state;
    watch_one(draw_long, 24, 50, 1, true);
    assert_int_equal(screen.wraps, 0);
    assert_string_equal(line_at(0), "[1/20] selective_copy cope(scale_position=false)");
    assert_string_equal(line_at(1), "    seed 3: done in 23 s; token error valid 0 %,");
    assert_string_equal(line_at(2), "    id 0 %, ood_dense 0 %; 10 min left");
    assert_string_equal(line_at(3), "short");
}

/* A window with one line shows the total; one too narrow for everything shows speed and time. */
static void tiny_windows_keep_what_matters(void **state)
{
    (void)state;
    watch(3, 40, 5, false);
    expect_events_first();
    assert_string_equal(line_at(EVENTS), "3 of 20 runs done  0 failed  9 min left");
    assert_string_equal(line_at(EVENTS + 1), "");
    watch(12, 50, 1, false);
    expect_events_first();
    assert_string_equal(line_at(EVENTS),
                        "selective...e) seed 1  112k tokens/s  12 min left");
}

/* --- by tmux --- */

static char program[4096], folder[SCRATCH_TEXT];
static int server; /* a server for each pane, as the last one may still be ending */

/* Opens the output of `tmux WORDS`, on a server of our own; NULL: it failed. */
static FILE *tmux(const char *words)
{
    char line[8192];
    snprintf(line, sizeof line,
             "TMUX_TMPDIR='%s' TMUX= tmux -f /dev/null -L test%d %.8000s 2>&1", folder,
             server, words);
    return popen(line, "r");
}

static int tmux_number(const char *words)
{
    char answer[64] = "";
    FILE *from = tmux(words);
    if (!from || !fgets(answer, sizeof answer, from))
        answer[0] = '\0';
    if (from)
        pclose(from);
    return (int)strtol(answer, NULL, 10);
}

/* Copies all lines of the pane, scrolled ones first, to the screen. */
static void capture(int rows, int columns)
{
    char line[512];
    FILE *from = tmux("capture-pane -p -S -");
    screen_open(&screen, rows, columns);
    while (from && fgets(line, sizeof line, from) && screen.scrolled < SCREEN_HISTORY) {
        line[strcspn(line, "\n")] = '\0';
        snprintf(screen.history[screen.scrolled++], SCREEN_COLUMNS + 1, "%.160s", line);
    }
    if (from)
        pclose(from);
    while (screen.scrolled > 0 && !*screen.history[screen.scrolled - 1])
        screen.scrolled--;
}

/* Repeats until tmux has read everything that was drawn. */
static void capture_all(int rows, int columns)
{
    const struct timespec pause = {.tv_nsec = 50000000L};
    for (int i = 0; i < 1200; i++) {
        capture(rows, columns);
        if (screen.scrolled > EVENTS &&
            strncmp(line_at(screen.scrolled - 1), "3 of 20", strlen("3 of 20")) == 0)
            return;
        nanosleep(&pause, NULL);
    }
    fail_msg("in tmux %d lines were drawn in a minute", screen.scrolled);
}

static void watch_in_tmux(int rows, int columns, int jobs)
{
    const struct timespec pause = {.tv_nsec = 50000000L};
    char words[8192], done[SCRATCH_TEXT + 8];
    snprintf(done, sizeof done, "%s/done", folder);
    unlink(done);
    server++;
    snprintf(words, sizeof words,
             "new-session -d -x %d -y %d \"'%s' draw %d && touch '%s'; sleep 600\"",
             columns, rows, program, jobs, done);
    FILE *started = tmux(words);
    assert_non_null(started);
    assert_int_equal(pclose(started), 0);
    for (int i = 0; i < 1200 && access(done, F_OK) != 0; i++)
        nanosleep(&pause, NULL);
    assert_int_equal(access(done, F_OK), 0);
    capture_all(rows, columns);
    const int history = tmux_number("display-message -p '#{history_size}'");
    pclose(tmux("kill-server"));
    /* Only events scroll away. */
    assert_in_range(history, 0, EVENTS);
    assert_in_range(screen.scrolled, EVENTS + 1, EVENTS + rows / 2);
}

static void tmux_shows_the_same(void **state)
{
    static const int size[][2] = {{12, 80}, {24, 80}, {40, 120}}, jobs[] = {1, 2, 16};
    (void)state;
    if (system("command -v tmux >/dev/null") != 0) {
        print_message("skipped: no tmux\n");
        skip();
    }
    scratch_make(folder);
    for (int s = 0; s < 3; s++)
        for (int j = 0; j < 3; j++) {
            watch_in_tmux(size[s][0], size[s][1], jobs[j]);
            expect_events_first();
            expect_block(size[s][0], jobs[j]);
        }
    scratch_remove(folder);
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "draw") == 0)
        _exit(draw_all((int)strtol(argv[2], NULL, 10), false)
                  ? 0
                  : 1); /* _exit: a sanitizer must not report leaks */
    if (readlink("/proc/self/exe", program, sizeof program - 1) < 0)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_block_fits_every_window),
        cmocka_unit_test(a_closed_block_leaves_the_events_alone),
        cmocka_unit_test(long_events_are_broken_between_words),
        cmocka_unit_test(tiny_windows_keep_what_matters),
        cmocka_unit_test(tmux_shows_the_same),
    };
    return cmocka_run_group_tests_name("progress", tests, NULL, NULL);
}
