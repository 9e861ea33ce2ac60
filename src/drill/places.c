/* SPDX-License-Identifier: ISC */
#include "drill/places.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "drill/engine.h"

#define SALT_PROXIES 0x9a0c51e5u

/* Blocks of one kind stand together, so that a crowd is spread over all of them. */
static const struct block {
	enum where where;
	const char *prefix, *country;
} blocks[] = {
	{WHERE_HOMES_JP, "60.32.0.0/12", "JP"},
	{WHERE_HOMES_JP, "126.0.0.0/12", "JP"},
	{WHERE_SERVERS_JP, "49.212.0.0/14", "JP"},
	{WHERE_PROXIES_JP, "150.60.0.0/16", "JP"},
	{WHERE_CGN_JP, "106.128.0.0/22", "JP"},
	{WHERE_HOMES_ABROAD, "24.0.0.0/12", "US"},
	{WHERE_HOMES_ABROAD, "88.0.0.0/12", "DE"},
	{WHERE_HOMES_ABROAD, "177.0.0.0/13", "BR"},
	{WHERE_HOMES_ABROAD, "113.160.0.0/13", "VN"},
	{WHERE_SERVERS_ABROAD, "51.0.0.0/14", "FR"},
	{WHERE_SERVERS_ABROAD, "34.0.0.0/14", "US"},
	{WHERE_SERVERS_ABROAD, "45.64.0.0/14", "SG"},
	{WHERE_PROXIES_ABROAD, "185.32.0.0/16", "NL"},
	{WHERE_PROXIES_ABROAD, "200.32.0.0/16", "AR"},
	{WHERE_OWN_CGN, "203.0.113.0/25", "JP"},
};

/* The links of the world: a carrier abroad, a peer at home, an exchange where both meet. */
static const char *const link_countries[LINKS] = {"US", "JP", ""};

static struct ip in_block(const struct block *b, uint64_t h)
{
	struct prefix p;
	uint32_t hosts;

	if (prefix_parse(b->prefix, false, &p))
		return ip_from_v4(0);
	hosts = p.len == 96 ? UINT32_MAX : (1u << (128 - p.len)) - 1;
	/* Neither .0 nor .255, as no host has those. */
	return ip_from_v4((ip_v4(&p.addr) | ((uint32_t)(h >> 24) & hosts & ~0xffu)) + 1 +
			  (uint32_t)(h & 0xff) % (hosts < 254 ? hosts - 1 : 254));
}

struct ip where_pick(enum where where, uint64_t salt, uint64_t seed, uint64_t i)
{
	bool proxies = where == WHERE_PROXIES_JP || where == WHERE_PROXIES_ABROAD;
	uint64_t h = rng_hash(proxies ? hash_u64(SALT_PROXIES + where, seed) : salt,
			      proxies ? i % PROXIES_EACH : i);
	unsigned n = 0, nth;

	if (where == WHERE_OWN)
		return pick_inside(salt, i, false);
	for (size_t k = 0; k < ARRAY_LEN(blocks); k++)
		n += blocks[k].where == where;
	if (!n)
		return pick_outside(salt, i, false);
	nth = (unsigned)(h >> 56) % n;
	for (size_t k = 0; k < ARRAY_LEN(blocks); k++)
		if (blocks[k].where == where && nth-- == 0)
			return in_block(&blocks[k], h);
	return ip_from_v4(0);
}

bool where_country(size_t i, const char **prefix, const char **country)
{
	if (i >= ARRAY_LEN(blocks))
		return false;
	*prefix = blocks[i].prefix;
	*country = blocks[i].country;
	return true;
}

const char *where_link_country(unsigned link)
{
	return link_countries[link];
}

void where_shared_yaml(struct text *out)
{
	text_add(out, "shared:\n");
	for (size_t i = 0; i < ARRAY_LEN(blocks); i++)
		if (blocks[i].where == WHERE_CGN_JP || blocks[i].where == WHERE_OWN_CGN)
			text_printf(out, "  - {prefix: %s, kind: cgn}\n", blocks[i].prefix);
}

void where_proxies(uint64_t seed, int64_t base_us, struct text *out)
{
	static const enum where lists[] = {WHERE_PROXIES_JP, WHERE_PROXIES_ABROAD};
	char day[TIME_TEXT_MAX], addr[IP_TEXT_MAX];

	time_format_utc(base_us, day);
	day[10] = '\0';
	text_printf(out,
		    "# Open proxies of the drill's world; nothing in it is real.\n"
		    "# date: %s\naddress,port\n",
		    day);
	for (size_t l = 0; l < ARRAY_LEN(lists); l++) {
		for (uint64_t i = 0; i < PROXIES_EACH; i++) {
			struct ip ip = where_pick(lists[l], 0, seed, i);

			if (i % 10 != 9)
				text_printf(out, "%s,%u\n", ip_format(&ip, addr),
					    i % 2 ? 8080u : 3128u);
		}
	}
}
