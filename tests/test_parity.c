/* test_parity.c -- the float trainer against an independent reference, within 1e-4. */
#include "parity/parity.h"

int main(void)
{
    return parity_run();
}
