// SPDX-License-Identifier: ISC
/*
 * Rows of the registries as ranges. What is reachable inside a range that is not stands before it:
 * the first row that holds an address decides.
 */
#include "place/special.h"

#include "base/cleanup.h"

struct range4 {
	uint32_t first, last;
	bool special;
};

struct range6 {
	uint64_t value; /* of the first @len bits, in the upper half of the address */
	uint8_t len;	/* at most 64 */
	bool special;
};

#define V4(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (d))

static const struct range4 table4[] = {
	{V4(0, 0, 0, 0), V4(0, 255, 255, 255), true},
	{V4(10, 0, 0, 0), V4(10, 255, 255, 255), true},
	{V4(100, 64, 0, 0), V4(100, 127, 255, 255), true},
	{V4(127, 0, 0, 0), V4(127, 255, 255, 255), true},
	{V4(169, 254, 0, 0), V4(169, 254, 255, 255), true},
	{V4(172, 16, 0, 0), V4(172, 31, 255, 255), true},
	{V4(192, 0, 0, 9), V4(192, 0, 0, 10), false}, /* PCP and TURN anycast */
	{V4(192, 0, 0, 0), V4(192, 0, 0, 255), true},
	{V4(192, 0, 2, 0), V4(192, 0, 2, 255), true},
	{V4(192, 168, 0, 0), V4(192, 168, 255, 255), true},
	{V4(198, 18, 0, 0), V4(198, 19, 255, 255), true},
	{V4(198, 51, 100, 0), V4(198, 51, 100, 255), true},
	{V4(203, 0, 113, 0), V4(203, 0, 113, 255), true},
	{V4(224, 0, 0, 0), V4(255, 255, 255, 255), true},
};

static const struct range6 table6[] = {
	{UINT64_C(0x0064ff9b00010000), 48, true},  /* local-use translation, RFC 8215 */
	{UINT64_C(0x0064ff9b00000000), 64, false}, /* RFC 6052 */
	{UINT64_C(0x0100000000000000), 63, true},  /* discard and dummy, RFC 6666, RFC 9780 */
	{UINT64_C(0x2001000100000000), 64, false}, /* 2001:1::1 to 3: PCP, TURN, DNS-SD */
	{UINT64_C(0x2001000000000000), 32, false}, /* Teredo: a relay's client */
	{UINT64_C(0x2001000300000000), 32, false}, /* AMT */
	{UINT64_C(0x2001000401120000), 48, false}, /* AS112 */
	{UINT64_C(0x2001002000000000), 28, false}, /* ORCHIDv2 */
	{UINT64_C(0x2001003000000000), 28, false}, /* drone identifiers */
	{UINT64_C(0x2001000000000000), 23, true},  /* IETF protocols, benchmarking, ORCHID */
	{UINT64_C(0x20010db800000000), 32, true},
	{UINT64_C(0x3fff000000000000), 20, true}, /* documentation, RFC 9637 */
	{UINT64_C(0x5f00000000000000), 16, true}, /* segment routing, RFC 9602 */
	{UINT64_C(0xfc00000000000000), 7, true},
	{UINT64_C(0xfe80000000000000), 9, true}, /* link-local, and site-local before RFC 3879 */
	{UINT64_C(0xff00000000000000), 8, true},
	{0, 64, true}, /* ::, ::1, and IPv4-compatible addresses (RFC 4291) */
};

static bool special4(uint32_t a)
{
	for (size_t i = 0; i < ARRAY_LEN(table4); i++)
		if (a >= table4[i].first && a <= table4[i].last)
			return table4[i].special;
	return false;
}

static bool special6(const struct ip *ip)
{
	uint64_t hi = __builtin_bswap64(ip->u[0]);

	for (size_t i = 0; i < ARRAY_LEN(table6); i++)
		if ((hi ^ table6[i].value) >> (64 - table6[i].len) == 0)
			return table6[i].special;
	return false;
}

bool place_is_special(const struct ip *ip)
{
	return ip_is_v4(ip) ? special4(ip_v4(ip)) : special6(ip);
}
