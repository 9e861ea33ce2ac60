/* SPDX-License-Identifier: ISC */
/* All export formats, told apart by content: any bytes are decoded or refused, and every flow comes
 * out whole. */
#include "export_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return export_fuzz(data, size, 0, 0);
}
