/* SPDX-License-Identifier: ISC */
/*
 * The stored form: bytes as they are, and with a checksum that holds, so that what stands behind it
 * is looked at.
 */
#include "place_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void take(const uint8_t *data, size_t n, bool seal)
{
	_cleanup_places_ struct places *p = places_new();
	_cleanup_text_ struct text why = TEXT_NULL;
	void *bytes = pages_map(n + 1);
	int r;

	assert(p && bytes);
	memcpy(bytes, data, n);
	if (seal)
		image_seal(bytes, n);
	r = picture_take(&p->picture, bytes, n, &why);
	if (r) {
		assert(r > 0 && why.len > 0);
		return;
	}
	places_tell(p);
	place_fuzz_look(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	take(data, n, false);
	take(data, n, true);
	return 0;
}
