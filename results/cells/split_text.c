/* split_text.c -- a law's options as words: each that differs, with the value it differs from.
 *
 * Pitfall: options are compared as they are printed, so that 1 and 1.0 are the same. */
#include "split_text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void split_text_source(const json_t *options, char text[SPLIT_TEXT])
{
    const char *corpus = "?", *tokenizer = "?", *pattern = "?";
    const size_t room = SPLIT_TEXT;
    int vocabulary = 0;
    json_unpack((json_t *)options, "{s?s s?s s?s s?i}", "corpus", &corpus, "tokenizer",
                &tokenizer, "pattern", &pattern, "vocabulary", &vocabulary);
    const bool bpe = strcmp(tokenizer, "bpe") == 0;
    const bool learned =
        bpe || strcmp(tokenizer, "char") == 0 || strcmp(tokenizer, "word") == 0;
    int n = snprintf(text, room, "corpus %.500s, tokeniser %.500s", corpus, tokenizer);
    if (learned)
        n += snprintf(text + n, room - (size_t)n, " of up to %d tokens", vocabulary);
    if (bpe)
        snprintf(text + n, room - (size_t)n, " by the pattern of %.16s", pattern);
}

void split_text_windows(const json_t *options, char text[SPLIT_TEXT])
{
    double context = 0, stretch = 1, scored = 1;
    json_unpack((json_t *)options, "{s?F s?F s?F}", "context", &context, "stretch",
                &stretch, "scored", &scored);
    const double tokens = nearbyint(context * stretch), last = nearbyint(context * scored);
    if (scored >= 1 || last >= tokens)
        snprintf(text, SPLIT_TEXT, "%.0f tokens, all scored, stride %.0f", tokens, tokens);
    else
        snprintf(text, SPLIT_TEXT, "%.0f tokens, the last %.0f scored, stride %.0f", tokens,
                 last, last);
}

/* --- what changes ------------------------------------------------------------------- */

enum { VALUE = 256 }; /* the name of a corpus may be a path; longer ones are cut */

static void write_value(const json_t *value, char text[VALUE])
{
    if (json_is_string(value))
        snprintf(text, VALUE, "%s", json_string_value(value));
    else if (json_is_number(value))
        snprintf(text, VALUE, "%.7g", json_number_value(value));
    else if (json_is_boolean(value))
        snprintf(text, VALUE, "%s", json_is_true(value) ? "true" : "false");
    else
        snprintf(text, VALUE, "%s", value ? "?" : "");
}

/* What split_text_windows says. */
static bool is_of_windows(const json_t *split, const char *option)
{
    return json_object_get(split, "data") &&
           (strcmp(option, "context") == 0 || strcmp(option, "stretch") == 0 ||
            strcmp(option, "scored") == 0);
}

static void add_change(char text[SPLIT_TEXT], const char *option, const char *value,
                       const char *name, const char *before)
{
    const size_t used = strlen(text);
    snprintf(text + used, SPLIT_TEXT - used, *before ? "%s%s %s (%s %s)" : "%s%s %s",
             used ? ", " : "", option, value, name, before);
}

void split_text_changes(const json_t *split, const json_t *base, const char *name,
                        char text[SPLIT_TEXT], char options[SPLIT_TEXT])
{
    const json_t *const before = json_object_get(base, "options");
    json_t *const after = json_object_get(split, "options"), *value;
    const char *option;
    char ours[VALUE], theirs[VALUE];
    text[0] = options[0] = '\0';
    json_object_foreach(after, option, value)
    {
        write_value(value, ours);
        write_value(json_object_get(before, option), theirs);
        if (strcmp(ours, theirs) == 0 || is_of_windows(split, option))
            continue;
        add_change(text, option, ours, name, theirs);
        const size_t used = strlen(options);
        snprintf(options + used, SPLIT_TEXT - used, "%s ", option);
    }
    write_value(json_object_get(split, "encoder"), ours);
    write_value(json_object_get(base, "encoder"), theirs);
    if (strcmp(ours, theirs) != 0)
        add_change(text, "encoder", ours, name, theirs);
}

bool split_text_names(const char *options, const char *option)
{
    const size_t n = strlen(option);
    for (const char *end; (end = strchr(options, ' ')) != NULL; options = end + 1)
        if ((size_t)(end - options) == n && memcmp(options, option, n) == 0)
            return true;
    return false;
}
