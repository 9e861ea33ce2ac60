/* SPDX-License-Identifier: ISC */
/*
 * The element table, indexed by number.
 */
#include "observe/element.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "observe/element_iana.h"

#define NTP_TO_UNIX_S INT64_C(2208988800)

static const struct element table[] = {
#define X(id, label, kind) [id] = {#label, ELEMENT_##kind},
	ELEMENT_LIST(X)
#undef X
};

const struct element *element_find(uint32_t pen, uint16_t id)
{
	if ((pen != PEN_IANA && pen != PEN_REVERSE) || id >= ARRAY_LEN(table) || !table[id].name)
		return NULL;
	return &table[id];
}

unsigned element_limit(void)
{
	return ARRAY_LEN(table);
}

int64_t element_ntp_us(uint64_t ntp)
{
	int64_t s = (int64_t)(ntp >> 32);
	int64_t us = (int64_t)(((ntp & 0xffffffffu) * 1000000u + (UINT64_C(1) << 31)) >> 32);

	if (s < NTP_TO_UNIX_S)
		s += INT64_C(1) << 32;
	return (s - NTP_TO_UNIX_S) * US_PER_S + us;
}
