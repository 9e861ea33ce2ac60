/* SPDX-License-Identifier: ISC */
/* The drill's world with places as a picture that noroshi looks addresses up in. */
#include <errno.h>

#include "drill_path.h"

static int add_block(void *userdata, const struct drill_block *b)
{
	static const enum place_status statuses[] = {PLACE_ALLOCATED, PLACE_AVAILABLE,
						     PLACE_RESERVED};
	struct place_builder *builder = userdata;
	int r = place_builder_registry(builder, &b->prefix, b->registry, b->country,
				       statuses[b->status]);

	for (unsigned i = 0; r == 0 && i < b->n_neighbours; i++)
		r = place_builder_route(builder, &b->prefix, b->asn, b->neighbours[i]);
	return r;
}

int path_places(const struct drill *d, int64_t dated_us, struct places **out)
{
	_cleanup_place_builder_ struct place_builder *b = place_builder_new();
	int r = b ? place_builder_source(b, "drill", dated_us) : -ENOMEM;

	if (r == 0)
		r = drill_places(d, add_block, b);
	return r ? r : place_builder_done(b, out);
}
