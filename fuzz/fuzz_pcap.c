/* SPDX-License-Identifier: ISC */
/* Any bytes as a pcap file. */
#include "frames_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_frames(data, size, "pcap");
	return 0;
}
