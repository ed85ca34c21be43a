#include "paragraphs.h"

#include "clean.h"
#include "escape.h"
#include "latex_size.h"

enum { WIDTH = 80 };

static void words(enum print_format f, const char *text, FILE *out)
{
    if (f == PRINT_TEXT)
        clean_wrap(out, 0, 0, WIDTH, text);
    else
        (f == PRINT_MD     ? escape_md
         : f == PRINT_HTML ? escape_html_prose
                           : latex_prose)(out, text);
}

static const char *ending(enum print_format f, const char *html)
{
    return f == PRINT_TEXT ? "" : f == PRINT_HTML ? html : "\n";
}

void paragraph_title(enum print_format f, const char *text, FILE *out)
{
    fputs(f == PRINT_MD      ? "### "
          : f == PRINT_LATEX ? "\\noindent "
          : f == PRINT_HTML  ? "<h3>"
                             : "",
          out);
    words(f, text, out);
    fputs(ending(f, "</h3>\n"), out);
}

void paragraph_item(enum print_format f, const char *text, FILE *out)
{
    fputs(f == PRINT_MD ? "- " : f == PRINT_HTML ? "<li>" : "", out);
    words(f, text, out);
    fputs(ending(f, "</li>\n"), out);
}

void paragraph_plain(enum print_format f, const char *text, FILE *out)
{
    fputs(f == PRINT_HTML ? "<p>" : "", out);
    words(f, text, out);
    fputs(ending(f, "</p>\n"), out);
}
