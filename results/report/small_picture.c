/* small_picture.c -- writes a square of numbers as a PNG in base64.
 *
 * A pixel has four bits, and the palette has 16 colours: white, then those of the plots' heat
 * maps. The bytes are stored, not compressed (deflate's block type 0): a picture of 128 by 128
 * pixels has 8 KiB before base64.
 * Source: PNG, ISO/IEC 15948:2004; zlib, RFC 1950; deflate, RFC 1951; base64, RFC 4648. */
#include "small_picture.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

enum {
    LINE_MAX_BYTES = 1 + PICTURE_MAX / 2,
    RAW_MAX = PICTURE_MAX * LINE_MAX_BYTES, /* 33,024: one stored block holds 65,535 */
    ZLIB_EXTRA = 2 + 5 + 4,
    DATA_MAX = RAW_MAX + ZLIB_EXTRA
};

/* --- colours ------------------------------------------------------------------------ */

static const double stop_at[] = {0, 0.15, 0.4, 0.65, 1};
static const unsigned char stop[][3] = {{0xff, 0xff, 0xff},
                                        {0xd8, 0xe2, 0x19},
                                        {0x35, 0xb7, 0x79},
                                        {0x31, 0x68, 0x8e},
                                        {0x44, 0x01, 0x54}};

static void rgb(int shade, unsigned char out[3])
{
    const double x = (double)shade / (SHADES - 1);
    int k = 1;
    while (stop_at[k] < x)
        k++;
    const double w = (x - stop_at[k - 1]) / (stop_at[k] - stop_at[k - 1]);
    for (int c = 0; c < 3; c++)
        out[c] = (unsigned char)floor((1 - w) * stop[k - 1][c] + w * stop[k][c] + 0.5);
}

int shade_of(double value)
{
    if (!(value > 0))
        return 0;
    return value >= 1 ? SHADES - 1 : (int)floor(value * (SHADES - 1) + 0.5);
}

void shade_colour(int shade, char text[8])
{
    unsigned char c[3];
    rgb(shade, c);
    snprintf(text, 8, "#%02x%02x%02x", c[0], c[1], c[2]);
}

/* Returns black or white, whichever has more contrast (WCAG 2.2, relative luminance), which is at
 * least 4.5 for any colour. */
const char *shade_ink(int shade)
{
    static const double weight[] = {0.2126, 0.7152, 0.0722};
    unsigned char c[3];
    double light = 0;
    rgb(shade, c);
    for (int i = 0; i < 3; i++) {
        const double x = c[i] / 255.0;
        light += weight[i] * (x <= 0.04045 ? x / 12.92 : pow((x + 0.055) / 1.055, 2.4));
    }
    return (light + 0.05) / 0.05 > 1.05 / (light + 0.05) ? "#000000" : "#ffffff";
}

/* --- base64 -------------------------------------------------------------------------- */

struct base64 {
    FILE *out;
    uint32_t bits;
    int held; /* bytes in `bits` */
};

static void write_quad(const struct base64 *b)
{
    static const char digit[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const uint32_t bits = b->bits << (8 * (3 - b->held));
    for (int i = 0; i < 4; i++)
        putc(i <= b->held ? digit[bits >> (18 - 6 * i) & 63] : '=', b->out);
}

static void put_bytes(struct base64 *b, const unsigned char *at, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        b->bits = b->bits << 8 | at[i];
        if (++b->held == 3) {
            write_quad(b);
            b->bits = 0;
            b->held = 0;
        }
    }
}

/* --- PNG ----------------------------------------------------------------------------- */

static void big_endian(uint32_t value, unsigned char out[4])
{
    for (int i = 0; i < 4; i++)
        out[i] = (unsigned char)(value >> (24 - 8 * i));
}

/* Continues a CRC-32 (ISO 3309), not yet complemented. */
static uint32_t crc_add(uint32_t crc, const unsigned char *at, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        crc ^= at[i];
        for (int b = 0; b < 8; b++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
    }
    return crc;
}

static void put_chunk(struct base64 *b, const char name[4], const unsigned char *at,
                      size_t n)
{
    unsigned char four[4];
    const unsigned char *type = (const unsigned char *)name;
    big_endian((uint32_t)n, four);
    put_bytes(b, four, 4);
    put_bytes(b, type, 4);
    put_bytes(b, at, n);
    big_endian(~crc_add(crc_add(UINT32_MAX, type, 4), at, n), four);
    put_bytes(b, four, 4);
}

static uint32_t adler(const unsigned char *at, size_t n)
{
    uint32_t a = 1, b = 0;
    for (size_t i = 0; i < n; i++) {
        a = (a + at[i]) % 65521;
        b = (b + a) % 65521;
    }
    return b << 16 | a;
}

/* Writes lines of a filter byte, 0, and pixels, two per byte, the left one in the high bits.
 * Returns the bytes. */
static size_t write_lines(const float *value, int n, unsigned char *raw)
{
    unsigned char *to = raw;
    for (int i = 0; i < n; i++) {
        *to++ = 0;
        for (int j = 0; j < n; j += 2) {
            const float *at = value + (size_t)i * (size_t)n + (size_t)j;
            const int left = shade_of((double)at[0]);
            const int right = j + 1 < n ? shade_of((double)at[1]) : 0;
            *to++ = (unsigned char)(left << 4 | right);
        }
    }
    return (size_t)(to - raw);
}

/* Makes a zlib stream of one stored block; data + 7 holds the raw bytes. Returns its bytes. */
static size_t wrap(unsigned char *data, size_t raw)
{
    const unsigned char head[] = {0x78,
                                  0x01,
                                  1, /* last block, stored */
                                  (unsigned char)(raw & 255),
                                  (unsigned char)(raw >> 8),
                                  (unsigned char)(~raw & 255),
                                  (unsigned char)(~raw >> 8 & 255)};
    big_endian(adler(data + sizeof head, raw), data + sizeof head + raw);
    memcpy(data, head, sizeof head);
    return sizeof head + raw + 4;
}

void small_picture(FILE *out, const float *value, int n)
{
    static const unsigned char signature[] = {0x89, 'P', 'N', 'G', 13, 10, 26, 10};
    unsigned char data[DATA_MAX], header[13] = {0}, palette[3 * SHADES];
    struct base64 b = {.out = out};
    assert(n > 0 && n <= PICTURE_MAX);
    big_endian((uint32_t)n, header);
    big_endian((uint32_t)n, header + 4);
    header[8] = 4; /* bits per pixel */
    header[9] = 3; /* colours are indices of a palette */
    for (int i = 0; i < SHADES; i++)
        rgb(i, palette + 3 * (size_t)i);
    const size_t raw = write_lines(value, n, data + 7);
    fputs("data:image/png;base64,", out);
    put_bytes(&b, signature, sizeof signature);
    put_chunk(&b, "IHDR", header, sizeof header);
    put_chunk(&b, "PLTE", palette, sizeof palette);
    put_chunk(&b, "IDAT", data, wrap(data, raw));
    put_chunk(&b, "IEND", data, 0);
    if (b.held)
        write_quad(&b);
}
