/* links: models_double */
/* test_parity_double.c -- the double trainer against an independent reference. */
#include "parity/parity.h"

int main(void)
{
    return parity_run();
}
