// SPDX-License-Identifier: ISC
#include <errno.h>
#include <stdlib.h>
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

/* "AS64500 Example" or "AS64500": what the operator calls a peer is what the AS is called. */
static int add_peer(struct part *part, const char *peer)
{
	struct image_rec rec = {.asn = 0};
	unsigned long asn;
	char *name;
	int r;

	if (strncmp(peer, "AS", 2) != 0 || peer[2] < '0' || peer[2] > '9')
		return 0;
	asn = strtoul(peer + 2, &name, 10);
	name += strspn(name, " ");
	if (!asn || asn > UINT32_MAX || !*name)
		return 0;
	rec.asn = (uint32_t)asn;
	r = place_pool_text(&part->items, name, &rec.item);
	return r < 0 ? r : part_add_range(part, LAYER_AS_NAME, rec.asn, 1, &rec);
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
	for (size_t i = 0; r == 0 && i < c->n_interfaces; i++)
		r = add_peer(part, c->interfaces[i].peer);
	return r;
}
