#include "phases.h"

const char *phase_text(enum phase phase)
{
    static const char *const text[] = {
#define X(code, words) [PHASE_##code] = words,
        PHASE_MAP(X)
#undef X
    };
    return text[phase];
}
