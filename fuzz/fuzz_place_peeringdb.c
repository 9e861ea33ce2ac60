/* SPDX-License-Identifier: ISC */
#include "place_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	place_fuzz("peeringdb", data, n);
	return 0;
}
