#include "identities.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *identities_json(const char *const *identity, int n)
{
    size_t room = 3;
    for (int i = 0; i < n; i++)
        room += strlen(identity[i]) + 3;
    char *const text = malloc(room), *to = text;
    if (!text)
        return NULL;
    *to++ = '[';
    for (int i = 0; i < n; i++)
        to += sprintf(to, "%s\"%s\"", i ? "," : "", identity[i]);
    *to++ = ']';
    *to = '\0';
    return text;
}
