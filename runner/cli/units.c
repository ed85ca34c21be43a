#include "units.h"

#include <math.h>
#include <stdio.h>

char *units_duration(double seconds, char buf[UNIT_TEXT])
{
    const double minutes = round(seconds / 60.0), hours = round(seconds / 3600.0);
    if (!isfinite(seconds))
        snprintf(buf, UNIT_TEXT, "unknown");
    else if (seconds < 9.95)
        snprintf(buf, UNIT_TEXT, "%.1f s", seconds);
    else if (seconds < 99.5)
        snprintf(buf, UNIT_TEXT, "%.0f s", seconds);
    else if (minutes < 100.0)
        snprintf(buf, UNIT_TEXT, "%.0f min", minutes);
    else if (minutes < 48.0 * 60.0)
        snprintf(buf, UNIT_TEXT, "%.0f h %.0f min", floor(minutes / 60.0),
                 fmod(minutes, 60.0));
    else
        snprintf(buf, UNIT_TEXT, "%.0f d %.0f h", floor(hours / 24.0), fmod(hours, 24.0));
    return buf;
}

char *units_count(double n, char buf[UNIT_TEXT])
{
    static const char suffix[] = {'k', 'M', 'G', 'T'};
    int i = -1;
    for (; fabs(n) >= 999.5 && i < 3; i++)
        n /= 1000.0;
    if (i < 0)
        snprintf(buf, UNIT_TEXT, "%.0f", n);
    else
        snprintf(buf, UNIT_TEXT, "%.*f%c", fabs(n) < 9.95 ? 1 : 0, n, suffix[i]);
    return buf;
}

const char *units_plural(int n)
{
    return n == 1 ? "" : "s";
}
