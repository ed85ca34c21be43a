/* test_parity.c -- the float trainer against an independent reference. */
#include "parity/parity.h"

int main(void)
{
    return parity_run();
}
