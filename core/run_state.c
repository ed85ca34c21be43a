#include "run_state.h"

#include <stddef.h>
#include <string.h>

const char *const run_states[RUN_STATES + 1] = {RUN_NEW,    RUN_RUNNING,     RUN_DONE,
                                                RUN_FAILED, RUN_INTERRUPTED, NULL};

const char *run_state_find(const char *text)
{
    for (int i = 0; text && i < RUN_STATES; i++)
        if (strcmp(text, run_states[i]) == 0)
            return run_states[i];
    return NULL;
}
