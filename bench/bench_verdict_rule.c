/* bench_verdict_rule -- type-I error and power of the rule that judges claims.
 *
 *     bench_verdict_rule [DRAWS]
 *
 * Errors over seeds are drawn from the laws of tests/support/seed_laws.h; the rule of
 * results/statistics/verdict_rule.h judges families of six claims, drawn independently. For
 * a null law it prints two error rates: the share of families with any decided claim and the
 * share of decided claims. For the other laws it prints the share of claims that were
 * reproduced. docs/STATISTICS.md has the output. */
#include <stdio.h>
#include <stdlib.h>

#include "seed_laws.h"

static void print_cell(int law_index, int seeds, int draws)
{
    struct rng r = rng_stream(1, RNG_TEST, "verdict rule", (uint64_t)law_index);
    int families = 0, claims = 0;
    for (int d = 0; d < draws; d++) {
        const int n = seed_laws_decided(law_index, seeds, &r);
        families += n > 0;
        claims += n;
    }
    if (laws[law_index].null)
        printf("%6.1f /%4.1f", 100.0 * families / draws, 100.0 * claims / draws / FAMILY);
    else
        printf("%12.1f", 100.0 * claims / draws / FAMILY);
}

int main(int argc, char **argv)
{
    static const int seeds[] = {3, 5, 6, 8, 10};
    const int draws = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 2000;
    printf(
        "%% of families / of claims with a wrong verdict (null), of claims reproduced\n");
    printf("%-50s", "seeds");
    for (size_t k = 0; k < sizeof seeds / sizeof seeds[0]; k++)
        printf("%12d", seeds[k]);
    for (int i = 0; i < (int)(sizeof laws / sizeof laws[0]); i++) {
        printf("\n%-50s", laws[i].text);
        for (size_t k = 0; k < sizeof seeds / sizeof seeds[0]; k++)
            print_cell(i, seeds[k], draws);
    }
    printf("\n");
    return 0;
}
