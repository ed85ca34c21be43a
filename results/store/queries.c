#include "queries.h"

#include <assert.h>
#include <string.h>

#include "embedded.h"

int query_count(void)
{
    int n = 0;
    while (embedded_queries[n].name)
        n++;
    return n;
}

static const struct embedded_query *query_at(int i)
{
    assert(i >= 0 && i < query_count());
    return &embedded_queries[i];
}

const char *query_name(int i)
{
    return query_at(i)->name;
}

const char *query_description(int i)
{
    return query_at(i)->about;
}

const char *query_sql(int i)
{
    return query_at(i)->sql;
}

int query_find(const char *name)
{
    const int n = query_count();
    for (int i = 0; i < n; i++)
        if (strcmp(embedded_queries[i].name, name) == 0)
            return i;
    return -1;
}
