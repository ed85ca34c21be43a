/* plugin.h -- a task or an encoder in a shared object of its own, which posbench loads:
 *
 *     #include <plugin.h>
 *     ... const struct task task_ladder = {...};
 *     POSBENCH_TASK(task_ladder)
 *
 *     posbench --plugin ./ladder.so check ladder
 *
 * `posbench new task ladder --out-of-tree DIR` writes one. A plug-in calls what the headers
 * declare; the program exports it. It is the program's equal: what it does wrong, it does in
 * the program's own process, but a run has a process to itself and fails alone. */
#ifndef PLUGIN_H
#define PLUGIN_H

#include <stdint.h>

#include "encoder.h"
#include "task.h"

/* Raised when a struct of these headers, or the meaning of a member or function, changes. */
enum { PLUGIN_ABI = 1 };

struct plugin {
    uint32_t abi;
    uint32_t sizes[2]; /* of struct task and struct encoder: a change that was not told */
    const struct task *task;
    const struct encoder *encoder;
};

#define PLUGIN_HEAD                                 \
    PLUGIN_ABI,                                     \
    {                                               \
        sizeof(struct task), sizeof(struct encoder) \
    }

/* The one symbol that is looked for. */
#define POSBENCH_TASK(t)                        \
    extern const struct plugin posbench_plugin; \
    const struct plugin posbench_plugin = {PLUGIN_HEAD, &(t), NULL};
#define POSBENCH_ENCODER(c)                     \
    extern const struct plugin posbench_plugin; \
    const struct plugin posbench_plugin = {PLUGIN_HEAD, NULL, &(c)};

#endif
