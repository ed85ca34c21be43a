/* completion_template.h -- the scripts of runner/cli/completion/, written into the program by
 * embed.cmake. Their line "@TABLES@" is where completion.c puts what the commands take. */
#ifndef COMPLETION_TEMPLATE_H
#define COMPLETION_TEMPLATE_H

struct completion_template {
    const char *shell; /* the file's name */
    const char *text;
};

extern const struct completion_template completion_templates[]; /* ends with {0} */

#endif
