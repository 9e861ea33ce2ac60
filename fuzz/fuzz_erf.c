/* SPDX-License-Identifier: ISC */
/* Any bytes as a erf file. */
#include "frames_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_frames(data, size, "erf");
	return 0;
}
