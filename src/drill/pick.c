/* SPDX-License-Identifier: ISC */
/* Addresses of crowds: drawn by (salt, index), so that a crowd needs no memory. */
#include "drill/engine.h"

/* First octets that hold none of the special ranges (RFC 6890) and none of the own ones. */
static uint8_t outside_octet(uint64_t h)
{
	uint8_t o = (uint8_t)(11 + h % 212); /* 11..222 */

	switch (o) {
	case 100:
	case 127:
	case 169:
	case 172:
	case 192:
	case 198:
	case 203:
		return (uint8_t)(o + 1);
	default:
		return o;
	}
}

struct ip pick_outside(uint64_t salt, uint64_t i, bool v6)
{
	uint64_t h = rng_hash(salt, i);
	struct ip ip = {.u = {0, 0}};

	if (!v6)
		return ip_from_v4((uint32_t)outside_octet(h) << 24 |
				  ((uint32_t)(h >> 20) & 0xffff00u) |
				  (uint32_t)(1 + (h >> 50) % 254));
	ip.b[0] = 0x2a;
	ip.b[1] = (uint8_t)(h & 0x0f);
	memcpy(&ip.b[2], (uint8_t *)&h + 2, 4);
	h = rng_hash(salt + 1, i);
	memcpy(&ip.b[8], &h, 8);
	return ip;
}

struct ip pick_inside(uint64_t salt, uint64_t i, bool v6)
{
	uint64_t h = rng_hash(salt, i);
	struct ip ip = {.b = {0x20, 0x01, 0x0d, 0xb8, 0, 0x20}};

	if (!v6) /* 198.18.32.0/19, customers */
		return ip_from_v4(0xc6122000u | (uint32_t)(h & 0x1fff));
	ip.b[7] = (uint8_t)h;
	memcpy(&ip.b[8], (uint8_t *)&h, 8);
	return ip;
}

uint8_t pick_link(const struct ip *host, uint8_t mask)
{
	uint64_t h;

	if ((mask & (mask - 1)) == 0)
		return mask ? (uint8_t)__builtin_ctz(mask) : 0;
	h = hash_u128(host->u, 11);
	for (unsigned i = 0; i < 32; i++, h >>= 2)
		if (h % 4 < LINKS && mask >> (h % 4) & 1)
			return (uint8_t)(h % 4);
	return (uint8_t)__builtin_ctz(mask);
}

uint8_t pick_ttl(const struct ip *host)
{
	uint64_t h = hash_u128(host->u, 12);

	return (uint8_t)((h & 64 ? 64 : 128) - 8 - (h & 15));
}
