/* sample_corpus.c -- a small grammar of sentences about invented places. */
#include "sample_corpus.h"

#include <stdint.h>
#include <string.h>

#include "rng.h"

/* "%" and a letter stand for a word of the list that the letter names. */
static const char *const sentences[] = {
    "The %n of %p is %a .",
    "Nobody in %p had seen the %n before %y .",
    "A %a %n stood beside the %n , and the %n was %a too .",
    "In %y the %w counted %d of them , and %d were %a .",
    "The %w of %p would say that the %n is older than the %n .",
    "It was the %w who found the %n in %y .",
    "When the %n came back , the %w went to %p .",
    "There are %d steps from the %n to the %n .",
};
static const char *const nouns[] = {"lighthouse", "harbour", "bell",  "tide",
                                    "stair",      "lamp",    "ferry", "wall"};
static const char *const people[] = {"keeper", "pilot", "clerk", "widow"};
static const char *const kinds[] = {"grey", "tall", "quiet", "small", "grateful", "salt"};
static const char *const places[] = {"Vell", "Ostrand", "Marrow", "Little Keel", "Hithe"};
static const char *const heads[] = {"The sea", "The keeper", "Trade", "Later years"};

#define COUNT(list) (sizeof(list) / sizeof *(list))

struct writer {
    struct rng r;
    char *text;
    size_t n, bytes;
};

static void put_text(struct writer *w, const char *s)
{
    for (; *s && w->n < w->bytes; s++)
        w->text[w->n++] = *s;
}

static void put_number(struct writer *w, unsigned value)
{
    char digits[] = "0000";
    for (int i = 3; i >= 0; i--, value /= 10)
        digits[i] = (char)('0' + value % 10);
    put_text(w, digits + strspn(digits, "0"));
}

static void put_one(struct writer *w, const char *const *list, size_t n)
{
    put_text(w, list[rng_below(&w->r, (uint32_t)n)]);
}

static void put_word(struct writer *w, char kind)
{
    switch (kind) {
    case 'n':
        put_one(w, nouns, COUNT(nouns));
        break;
    case 'w':
        put_one(w, people, COUNT(people));
        break;
    case 'a':
        put_one(w, kinds, COUNT(kinds));
        break;
    case 'p':
        put_one(w, places, COUNT(places));
        break;
    case 'y':
        put_number(w, 1800 + rng_below(&w->r, 150));
        break;
    default:
        put_number(w, 1 + rng_below(&w->r, 300));
    }
}

static void put_sentence(struct writer *w)
{
    const char *s = sentences[rng_below(&w->r, COUNT(sentences))];
    for (; *s; s++) {
        const char one[] = {*s, 0};
        if (*s == '%')
            put_word(w, *++s);
        else
            put_text(w, one);
    }
    put_text(w, " ");
}

static void put_section(struct writer *w)
{
    put_text(w, " \n = = ");
    put_one(w, heads, COUNT(heads));
    put_text(w, " = = \n \n ");
    for (uint32_t left = 2 + rng_below(&w->r, 4); left; left--)
        put_sentence(w);
    put_text(w, "\n");
}

void sample_corpus(unsigned seed, char *text, size_t bytes)
{
    struct writer w = {
        .r = rng_stream(seed, RNG_TEST, "corpus", 0), .text = text, .bytes = bytes};
    while (w.n < bytes) {
        put_text(&w, " \n = ");
        put_one(&w, places, COUNT(places));
        put_text(&w, " = \n");
        for (uint32_t left = 2 + rng_below(&w.r, 3); left; left--)
            put_section(&w);
    }
}
