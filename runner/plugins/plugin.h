/* plugin.h -- a task or an encoder in a shared object of its own, which posbench loads:
 *
 *     #include <plugin.h>
 *     ... const struct task task_ladder = {...};
 *     POSBENCH_TASK(task_ladder)
 *
 *     posbench --plugin ./ladder.so check ladder
 *
 * `posbench new task ladder --out-of-tree DIR` writes one. A plug-in calls functions that the
 * headers declare and the program exports. It runs inside the program's process, so its faults
 * are the program's; but each run has its own process and fails alone. */
#ifndef PLUGIN_H
#define PLUGIN_H

#include <stdint.h>

#include "encoder.h"
#include "task.h"

/* Increased when a struct of these headers, or the meaning of a member or function, changes. */
enum { PLUGIN_ABI = 1 };

struct plugin {
    uint32_t abi;
    uint32_t sizes[2]; /* of struct task and struct encoder; shows unannounced changes */
    const struct task *task;
    const struct encoder *encoder;
};

#define PLUGIN_HEAD                                 \
    PLUGIN_ABI,                                     \
    {                                               \
        sizeof(struct task), sizeof(struct encoder) \
    }

/* Defines the one symbol that the program looks up. */
#define POSBENCH_TASK(t)                        \
    extern const struct plugin posbench_plugin; \
    const struct plugin posbench_plugin = {PLUGIN_HEAD, &(t), NULL};
#define POSBENCH_ENCODER(c)                     \
    extern const struct plugin posbench_plugin; \
    const struct plugin posbench_plugin = {PLUGIN_HEAD, NULL, &(c)};

#endif
