/* doctor_disk.c -- checks that the database's folder can store the results of runs. */
#include "doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "clock.h"

enum { TRIAL_BYTES = 65536 }; /* more than a spool's lines, little enough for any disk */

/* Chosen, not measured. Less space than the first gives advice, less than the second is a
 * fault; a trial slower than the third gives advice. */
static const double little_space_mib = 1024.0, least_space_mib = 16.0;
static const double slow_sync_s = 1.0;

/* Copies "DIR" of "DIR/FILE", or ".". */
static void folder_of(const char *path, char out[PATH_MAX])
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        snprintf(out, PATH_MAX, ".");
    else
        snprintf(out, PATH_MAX, "%.*s", slash == path ? 1 : (int)(slash - path), path);
}

static void check_space(struct doctor *d, const char *folder)
{
    struct statvfs fs;
    if (statvfs(folder, &fs) != 0) {
        doctor_say(d, DOCTOR_FAULT, "disk",
                   "make the folder, or name a file elsewhere with --db", "%s: %s", folder,
                   strerror(errno));
        return;
    }
    const double mib = (double)fs.f_bavail * (double)fs.f_frsize / (1 << 20);
    doctor_say(d,
               mib < least_space_mib    ? DOCTOR_FAULT
               : mib < little_space_mib ? DOCTOR_ADVICE
                                        : DOCTOR_FINE,
               "disk", "free some space, or name a file on another disk with --db",
               "%s has %.0f MiB free", folder, mib);
}

/* Returns the errno of the call that failed, or 0. */
static int write_trial(const char *path)
{
    static const char bytes[TRIAL_BYTES];
    const int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0)
        return errno;
    errno = EIO;
    const int problem =
        write(file, bytes, sizeof bytes) == (ssize_t)sizeof bytes && fsync(file) == 0
            ? 0
            : errno;
    close(file);
    unlink(path);
    return problem;
}

static bool check_writing(struct doctor *d, const char *db_path)
{
    char path[PATH_MAX];
    const int n = snprintf(path, sizeof path, "%s.doctor-%ld", db_path, (long)getpid());
    const double begun = clock_now();
    const int problem = n < PATH_MAX ? write_trial(path) : ENAMETOOLONG;
    const double took = clock_now() - begun;
    if (problem)
        doctor_say(
            d, DOCTOR_FAULT, "writing",
            "check the folder's permissions and free space, or name a file elsewhere "
            "with --db",
            "%s: %s", path, strerror(problem));
    else
        doctor_say(d, took > slow_sync_s ? DOCTOR_ADVICE : DOCTOR_FINE, "writing",
                   "the disk is slow or busy: a local disk is better for --db; runs "
                   "themselves do not wait for it",
                   "64 KiB reach the disk in %.0f ms", 1000.0 * took);
    return problem == 0;
}

void doctor_disk(struct doctor *d, const char *db_path)
{
    char folder[PATH_MAX];
    folder_of(db_path, folder);
    check_space(d, folder);
    if (!check_writing(d, db_path))
        return;
    doctor_say(d, DOCTOR_FINE, "log", NULL,
               store_log_works(db_path)
                   ? "a write-ahead log works in %s"
                   : "no write-ahead log works in %s: the rollback journal is used, and "
                     "readers wait for moments; on a cluster let each machine have a --db "
                     "of its own on a local disk, and merge",
               folder);
}
