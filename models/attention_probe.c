#include "attention_probe.h"

#include <stdio.h>

#include "attention.h"
#include "panel_gemm.h"

size_t attention_probe_room(int longest)
{
    return 2 * (size_t)PANEL_ROWS * (size_t)panel_stride(longest);
}

int attention_probe_planes(const struct encoder_stack *s,
                           struct probe_plane out[PROBE_PLANES])
{
    int speakers = 0, n = 0;
    for (int part = 0; part < s->parts; part++)
        speakers += s->part[part].encoder->planes != NULL;
    for (int part = 0; part < s->parts; part++) {
        const struct encoder *e = s->part[part].encoder;
        for (int k = 0; e->planes && e->planes[k] && n < PROBE_PLANES; k++) {
            out[n] = (struct probe_plane){.part = part, .plane = k};
            snprintf(out[n++].name, PROBE_NAME, "%s%s%s", speakers > 1 ? e->name : "",
                     speakers > 1 ? "." : "", e->planes[k]);
        }
    }
    return n;
}

bool attention_probe_plane(const struct probed_panel *p, const struct probe_plane *plane,
                           struct rows out)
{
    return encoding_inspect(p->x, plane->part, plane->plane, out);
}
