// SPDX-License-Identifier: ISC
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "place/builder.h"
#include "place/dir.h"

#define RANK_OWN 100

static int64_t time_of(const char *path)
{
	struct stat st;

	if (!path || stat(path, &st) < 0)
		return TIME_NONE;
	return (int64_t)st.st_mtim.tv_sec * US_PER_S;
}

int place_builder_conf(struct place_builder *b, const struct conf *c)
{
	int r = place_builder_source(b, "configuration", time_of(c->path));
	struct part *part = r < 0 ? NULL : place_builder_part(b);

	if (!part)
		return r < 0 ? r : -ENOMEM;
	part->source.rank = RANK_OWN;
	strcpy(part->source.kind, "own");
	part->source.records = c->n_own;
	for (size_t i = 0; r == 0 && i < c->n_own; i++)
		r = place_builder_own(b, &c->own[i].prefix, c->own[i].customer,
				      c->n_countries == 1 ? c->countries[0] : "");
	return r;
}
