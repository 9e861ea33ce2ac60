/* SPDX-License-Identifier: ISC */
#include "place_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	place_fuzz("mmdb", data, n);
	return 0;
}
