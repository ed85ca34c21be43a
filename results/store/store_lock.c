/* store_lock.c -- waits for locks of other processes, and checks that the file is in its place.
 *
 * SQLite calls wait_for_lock whenever another process holds a lock; it sleeps a little longer
 * each time. /proc/locks tells who holds the lock: asking the file itself would take a
 * descriptor, and closing any descriptor of a file gives up all locks that a process has on
 * it. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store_internal.h"

/* BUSY_MS: the longest wait of a command without store_patience (docs/ARCHITECTURE.md says 10 s).
 * ASK_MS: how often a command with it is asked, and /proc/locks read. Chosen, not measured. */
enum { BUSY_MS = 10000, ASK_MS = 1000, LOCK_LINE = 256, HOLDER_TEXT = 96 };

/* --- who holds it --- */

static uint64_t inode_of(const char *path, const char *suffix)
{
    char name[PATH_MAX];
    struct stat about;
    const int n = snprintf(name, sizeof name, "%s%s", path, suffix);
    return n < (int)sizeof name && stat(name, &about) == 0 ? about.st_ino : 0;
}

/* Reads a line of /proc/locks, "1: POSIX  ADVISORY  WRITE 1234 08:01:5678 120 120". Returns the
 * process when it is another one with a lock on one of the inodes, else 0. A line with "->" is
 * of a process that waits. */
static long other_holder(char *line, const uint64_t inode[2], bool *writes)
{
    enum { KIND = 3, PROCESS, FILE_ID, FIELDS };
    char *field[FIELDS] = {0}, *rest = line;
    for (int i = 0; i < FIELDS; i++)
        if (!(field[i] = strtok_r(i ? NULL : line, " ", &rest)) ||
            strcmp(field[i], "->") == 0)
            return 0;
    const char *colon = strrchr(field[FILE_ID], ':');
    const long process = strtol(field[PROCESS], NULL, 10);
    const uint64_t on = colon ? strtoull(colon + 1, NULL, 10) : 0;
    *writes = strcmp(field[KIND], "WRITE") == 0;
    const bool ours = process <= 0 || process == (long)getpid();
    return !ours && on != 0 && (on == inode[0] || on == inode[1]) ? process : 0;
}

static void name_process(long process, char text[HOLDER_TEXT])
{
    char path[64], name[32] = "";
    snprintf(path, sizeof path, "/proc/%ld/comm", process);
    FILE *f = fopen(path, "re");
    if (f && fgets(name, sizeof name, f))
        name[strcspn(name, "\n")] = '\0';
    if (f)
        fclose(f);
    snprintf(text, HOLDER_TEXT, "process %ld%s%s%s", process, name[0] ? " (" : "", name,
             name[0] ? ")" : "");
}

/* Names the process that holds the lock. The writer of a log has its lock on the "-shm" file. A
 * reader may block a writer too; it is named when nobody writes. */
static void find_holder(const struct store *s, char text[HOLDER_TEXT])
{
    const uint64_t inode[2] = {inode_of(s->path, ""), inode_of(s->path, "-shm")};
    char line[LOCK_LINE];
    long found = 0;
    bool writes = false;
    FILE *f = fopen("/proc/locks", "re");
    while (f && !(found && writes) && fgets(line, sizeof line, f)) {
        bool this_writes = false;
        const long process = other_holder(line, inode, &this_writes);
        if (process && (!found || this_writes)) {
            found = process;
            writes = this_writes;
        }
    }
    if (f)
        fclose(f);
    if (found)
        name_process(found, text);
    else
        snprintf(text, HOLDER_TEXT, "another program");
}

/* --- waiting --- */

/* Should the wait go on? Asks `patience` about once per second; without it, up to BUSY_MS. */
static bool goes_on(struct store *s, int delay_ms)
{
    char holder[HOLDER_TEXT];
    if (!s->patience.go_on)
        return s->waiting_ms + delay_ms <= BUSY_MS;
    if (s->waiting_ms / ASK_MS == (s->waiting_ms + delay_ms) / ASK_MS)
        return true;
    find_holder(s, holder);
    return s->patience.go_on(s->patience.context, s->path, holder,
                             (s->waiting_ms + delay_ms) / 1000.0);
}

/* Busy handler of SQLite; returns 0 to give up. */
static int wait_for_lock(void *context, int times)
{
    static const int delay_ms[] = {1, 2, 5, 10, 15, 20, 25, 25, 25, 50, 50, 100};
    enum { DELAYS = sizeof delay_ms / sizeof *delay_ms };
    struct store *s = context;
    const int delay = delay_ms[times < DELAYS ? times : DELAYS - 1];
    if (times == 0)
        s->waiting_ms = 0;
    if (!goes_on(s, delay))
        return 0;
    sqlite3_sleep(delay);
    s->waiting_ms += delay;
    s->waited_ms = s->waiting_ms > s->waited_ms ? s->waiting_ms : s->waited_ms;
    return 1;
}

void store_wait_for_locks(struct store *s)
{
    sqlite3_busy_handler(s->db, wait_for_lock, s);
}

double store_longest_wait(const struct store *s)
{
    return s->waited_ms / 1000.0;
}

/* --- the place --- */

enum status store_in_place(struct store *s, struct err *e)
{
    int moved = 0;
    if (sqlite3_file_control(s->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved) != SQLITE_OK ||
        !moved)
        return ST_OK;
    if (access(s->path, F_OK) != 0)
        return err_set(
            e, ST_DB,
            "%s: was removed or replaced: it is not there any more, and runs were "
            "writing to it; if it was moved, move it back and the same command "
            "goes on, else that begins a new one with all runs",
            s->path);
    return err_set(e, ST_DB,
                   "%s: was removed or replaced by another file while it was being written "
                   "to; what it held is in the file that had this name before: bring that "
                   "back, and the same command goes on",
                   s->path);
}
