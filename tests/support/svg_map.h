/* svg_map.h -- reads the maps of an encoder's picture (encoder_picture.h), cell by cell. */
#ifndef SVG_MAP_H
#define SVG_MAP_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { SVG_MAPS = 8, SVG_SIDE = 18 };

struct svg_maps {
    int n;
    int tone[SVG_MAPS][SVG_SIDE][SVG_SIDE]; /* 0: nothing is drawn there */
};

/* Reads runs such as "m2 0h1...", each relative to the end of the one before. */
static inline void svg_runs(const char *at, int tone, int map[SVG_SIDE][SVG_SIDE])
{
    int x = 0, y = 0;
    while (*at == 'm') {
        char *rest;
        x += (int)strtol(at + 1, &rest, 10);
        y += (int)strtol(rest, &rest, 10);
        assert_int_equal(*rest, 'h');
        const int n = (int)strtol(rest + 1, &rest, 10);
        assert_true(n > 0 && x >= 0 && x + n <= SVG_SIDE && y >= 0 && y < SVG_SIDE);
        for (int i = 0; i < n; i++)
            map[y][x + i] = tone;
        x += n;
        at = rest;
    }
    assert_int_equal(*at, '"');
}

/* True when no cell is more than one tone lighter or darker in the other picture. */
static inline bool svg_alike(const struct svg_maps *a, const struct svg_maps *b)
{
    for (int m = 0; m < SVG_MAPS; m++)
        for (int i = 0; i < SVG_SIDE; i++)
            for (int j = 0; j < SVG_SIDE; j++)
                if (abs(a->tone[m][i][j] - b->tone[m][i][j]) > 1)
                    return false;
    return a->n == b->n;
}

/* Removes the runs from `text` and enters them in the maps. */
static inline void svg_read(char *text, struct svg_maps *out)
{
    static const char map[] = "<g transform=\"translate(0", path[] = "<path class=\"t";
    char *to = text;
    memset(out, 0, sizeof *out);
    for (char *line = text, *next; *line; line = next) {
        next = line + strcspn(line, "\n");
        next += *next == '\n';
        const char *group = strstr(line, map);
        out->n += group && group < next;
        assert_in_range(out->n, 0, SVG_MAPS);
        if (strncmp(line, path, strlen(path)) == 0) {
            assert_true(out->n > 0);
            const char *d = strchr(strchr(line, '"') + 1, '"') + strlen("\" d=\"");
            svg_runs(d, line[strlen(path)] - '0', out->tone[out->n - 1]);
            continue;
        }
        memmove(to, line, (size_t)(next - line));
        to += next - line;
    }
    *to = 0;
}

#endif
