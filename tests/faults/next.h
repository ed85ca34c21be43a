/* next.h -- finds the function that a call would have reached without ours. */
#ifndef NEXT_H
#define NEXT_H

#include <dlfcn.h>

/* Declares `real`, found at the first call. POSIX lets dlsym return functions; ISO C does not. */
#define REAL(function)                 \
    static __typeof__(&function) real; \
    if (!real)                         \
    real = (__extension__(__typeof__(&function)) dlsym(RTLD_NEXT, #function))

#endif
