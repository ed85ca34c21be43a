/* command_doctor.c -- tests everything that runs need and prints a remedy for what fails. */
#include "command.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "clean.h"
#include "cli.h"
#include "clock.h"
#include "doctor.h"
#include "text_table.h"
#include "targets.h"

static double wall(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void examine(struct doctor *d, const char *db)
{
    const struct doctor_blas blas = {gemm_nn, gemm_nt, gemm_tn, gemm_core()};
    const struct doctor_clock clock = {wall, clock_now};
    struct err why;
    const bool multiplies = gemm_init(1, &why) == ST_OK;
    doctor_versions(d);
    if (multiplies)
        doctor_gemm(d, &blas);
    else
        doctor_say(d, DOCTOR_FAULT, "blas", "raise the limit of address space", "%s",
                   why.msg);
    doctor_kernels(d, kernels_get(), kernels_find("naive"));
    doctor_memory(d);
    doctor_disk(d, db);
    doctor_database(d, db);
    doctor_leftovers(d, db);
    doctor_files(d, db);
    doctor_clocks(d, &clock, db);
}

static void print_text(const struct doctor *d, bool colour)
{
    static const char *const paint[DOCTOR_LEVELS] = {[DOCTOR_FINE] = "\033[32m",
                                                     [DOCTOR_ADVICE] = "\033[33m",
                                                     [DOCTOR_FAULT] = "\033[31m"};
    for (int i = 0; i < d->n; i++) {
        const struct finding *f = &d->at[i];
        printf("%s%-7s%s ", colour ? paint[f->level] : "", doctor_level_text(f->level),
               colour ? "\033[0m" : "");
        clean_line(stdout, "%-10s %s", f->check, f->text);
        if (f->remedy[0])
            clean_line(stdout, "%-18s -> %s", "", f->remedy);
    }
}

static enum status findings_json(const struct doctor *d, struct err *e)
{
    json_t *list = json_array();
    int failed = !list;
    for (int i = 0; i < d->n; i++) {
        const struct finding *f = &d->at[i];
        failed |= json_array_append_new(list, json_pack("{ss ss ss ss}", "level",
                                                        doctor_level_text(f->level),
                                                        "check", f->check, "text", f->text,
                                                        "remedy", f->remedy)) != 0;
    }
    json_t *all =
        json_pack("{si si si so}", "schema", 1, "advice", doctor_count(d, DOCTOR_ADVICE),
                  "faults", doctor_count(d, DOCTOR_FAULT), "findings", list);
    if (failed) {
        json_decref(all);
        all = NULL;
    }
    return print_json(all, JSON_INDENT(1), stdout, e);
}

static enum status run(const struct invocation *v, struct err *e)
{
    struct doctor d = {0};
    char db[PATH_MAX];
    target_database(v, "", db);
    examine(&d, db);
    enum status st = ST_OK;
    if (flag_given(v, "json"))
        st = findings_json(&d, e);
    else
        print_text(&d, cli_colour(v, stdout));
    if (st == ST_OK && doctor_count(&d, DOCTOR_FAULT))
        st = err_set(e, ST_IO, "runs would fail here: %d faults",
                     doctor_count(&d, DOCTOR_FAULT));
    else if (st == ST_OK && doctor_count(&d, DOCTOR_ADVICE))
        st = err_set(e, ST_FAILED, "runs work here; %d findings have something to do",
                     doctor_count(&d, DOCTOR_ADVICE));
    return st;
}

static const struct flag flags[] = {
    {"json", 0, NULL, false, "one JSON object instead of lines"},
    FLAG_DB,
    {0},
};

const struct command command_doctor = {
    .name = "doctor",
    .group = GROUP_RUN,
    .summary = "try everything that runs need: libraries, arithmetic, disk, database, "
               "clock; exit code 0: fine, 1: something to do, 3: runs would fail",
    .arguments = "",
    .min_args = 0,
    .max_args = 0,
    .examples = "posbench doctor\n"
                "posbench doctor --db /scratch/results.db --json",
    .flags = flags,
    .run = run,
};
