/* SPDX-License-Identifier: ISC */
/*
 * Each /8 has a character, from which the sizes and fates of its blocks are drawn; blocks belong to
 * ASes, and an AS decides country, link and distance, so that neighbours resemble each other. Who
 * lives where is a weight per block and kind of crowd, summed up for drawing.
 */
#include "drill/standing.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "drill/random.h"

#define BLOCKS_MAX     262144
#define ASES_MAX       16384
#define AS_FIRST       4200000001u /* private use, so nobody's */
#define CUMULATED      (CROWD_KINDS + 1)
#define SPACE	       CROWD_KINDS /* weights that are sizes of routed blocks */
#define DARKNET_FIRST  0x2c000000u
#define DARKNET_LEN    12
#define REGISTRIES     5
#define COUNTRIES_EACH 8

static const struct {
	uint32_t first;
	uint8_t len;
} special[] = {{0x00000000, 8},	 {0x0a000000, 8},  {0x64400000, 10}, {0x7f000000, 8},
	       {0xa9fe0000, 16}, {0xac100000, 12}, {0xc0000000, 24}, {0xc0000200, 24},
	       {0xc0586300, 24}, {0xc0a80000, 16}, {0xc6120000, 15}, {0xc6336400, 24},
	       {0xcb007100, 24}, {0xe0000000, 3}};

static const char *const registries[REGISTRIES] = {"apnic", "ripencc", "arin", "lacnic", "afrinic"};

/* Of each registry, most blocks first. */
static const char *const countries[REGISTRIES * COUNTRIES_EACH] = {
	"JP", "CN", "KR", "IN", "AU", "TW", "VN", "ID", "DE", "GB", "FR", "RU", "NL", "IT",
	"PL", "UA", "US", "US", "US", "US", "CA", "US", "US", "CA", "BR", "BR", "AR", "MX",
	"CO", "CL", "PE", "VE", "ZA", "EG", "NG", "KE", "MA", "TN", "DZ", "GH"};

/* How much more than elsewhere machines are badly kept; drawn, no judgement. */
static const uint8_t badly_kept[COUNTRIES_EACH] = {1, 4, 2, 3, 1, 2, 5, 4};

enum character { DENSE, MIXED, LEGACY, DARK, CHARACTERS };

/* Prefix lengths by sixteenths, and of 100 blocks so many routed, not announced, available. */
static const struct {
	uint8_t len[16];
	uint8_t routed, silent, available;
} characters[CHARACTERS] = {
	[DENSE] = {{12, 13, 14, 14, 15, 15, 15, 16, 16, 16, 17, 17, 18, 18, 19, 22}, 88, 7, 3},
	[MIXED] = {{11, 12, 12, 13, 13, 14, 14, 14, 15, 15, 16, 16, 17, 18, 19, 20}, 76, 16, 5},
	[LEGACY] = {{9, 10, 10, 11, 11, 11, 12, 12, 12, 13, 13, 14, 14, 15, 16, 16}, 80, 17, 2},
	[DARK] = {{8, 8, 9, 9, 9, 10, 10, 10, 10, 11, 11, 11, 12, 12, 12, 13}, 14, 82, 2},
};

struct as {
	uint32_t asn;
	uint8_t registry, country, link, hops, told_links, density;
	bool hosting, lax; /* lax: lets forged sources out */
	uint16_t tilt;	   /* how much larger than others */
};

struct standing {
	uint64_t seed;
	struct standing_block *blocks;
	uint64_t *sum[CUMULATED]; /* of weights up to and with the block */
	uint32_t index[65537];	  /* first block that ends behind the start of a /16 */
	size_t n;
	struct as *ases;
	uint16_t *as_of; /* by block */
	uint32_t n_ases;
};

static uint32_t mask_of(uint8_t len)
{
	return len ? ~UINT32_C(0) << (32 - len) : 0;
}

static uint32_t size_of(uint8_t len)
{
	return UINT32_C(1) << (32 - len);
}

bool standing_special(uint32_t addr)
{
	for (size_t i = 0; i < ARRAY_LEN(special); i++)
		if ((addr & mask_of(special[i].len)) == special[i].first)
			return true;
	return false;
}

/* The special range that block @first/@len touches, or NULL-like -1. */
static int special_within(uint32_t first, uint8_t len)
{
	for (size_t i = 0; i < ARRAY_LEN(special); i++) {
		uint32_t mask = mask_of(len < special[i].len ? len : special[i].len);

		if ((first & mask) == (special[i].first & mask))
			return (int)i;
	}
	return -1;
}

/* Half of what is at home in the own country comes over the exchange, the rest of the world by
 * transit mostly. */
static uint8_t choose_link(struct rng *r, bool home)
{
	uint32_t dice = rng_below(r, 100);

	if (home)
		return dice < 12 ? 0 : dice < 40 ? 1 : 2;
	return dice < 58 ? 0 : dice < 86 ? 1 : 2;
}

/* Our own routes out are not always the way in: for one network in fourteen they are others. */
static uint8_t choose_told(struct rng *r, uint8_t link)
{
	uint8_t told = (uint8_t)(1u << link);

	if (rng_below(r, 14) == 0)
		return (uint8_t)(1u << (link + 1 + rng_below(r, 2)) % 3);
	if (rng_below(r, 100) < 35)
		told |= 1;
	return told;
}

static uint16_t add_as(struct standing *s, struct rng *r, uint8_t registry)
{
	struct as *a = &s->ases[s->n_ases];
	/* Low numbers are likelier, as the first countries of a registry hold most. */
	uint32_t nth = rng_below(r, 8) * rng_below(r, 8) / 7;
	bool home;

	*a = (struct as){.asn = AS_FIRST + s->n_ases, .registry = registry};
	a->country = (uint8_t)(registry * COUNTRIES_EACH + nth);
	home = strcmp(countries[a->country], STANDING_OWN_COUNTRY) == 0;
	a->link = choose_link(r, home);
	a->told_links = choose_told(r, a->link);
	a->hops = (uint8_t)(home ? rng_between(r, 4, 10) : rng_between(r, 8, 21));
	a->hosting = rng_below(r, 100) < 22;
	a->lax = a->hosting && rng_below(r, 100) < 30;
	a->density = (uint8_t)(1 + rng_below(r, 8) + rng_below(r, 7));
	a->tilt = (uint16_t)(1u << (rng_below(r, 4) + rng_below(r, 5) + rng_below(r, 3)));
	return (uint16_t)s->n_ases++;
}

/* A new holder now and then, mostly one who already has blocks near by. */
static uint16_t choose_as(struct standing *s, struct rng *r, uint8_t registry)
{
	if (s->n_ases < ASES_MAX && rng_below(r, 4) == 0)
		return add_as(s, r, registry);
	for (int i = 0; i < 8 && s->n_ases; i++) {
		uint32_t back = rng_below(r, s->n_ases < 500 ? s->n_ases : 500);
		uint32_t nth = s->n_ases - 1 - back;

		if (s->ases[nth].registry == registry)
			return (uint16_t)nth;
	}
	return s->n_ases < ASES_MAX ? add_as(s, r, registry) : (uint16_t)(s->n_ases - 1);
}

static void add_block(struct standing *s, struct rng *r, uint32_t first, uint8_t len,
		      enum character c, uint8_t registry)
{
	struct standing_block *b = &s->blocks[s->n];
	uint32_t fate = rng_below(r, 100);
	uint16_t nth = choose_as(s, r, registry);
	const struct as *a = &s->ases[nth];

	*b = (struct standing_block){.first = first, .len = len, .registry = registry};
	s->as_of[s->n++] = nth;
	if (fate >= characters[c].routed + characters[c].silent) {
		fate -= characters[c].routed + characters[c].silent;
		b->status = fate < characters[c].available ? BLOCK_AVAILABLE : BLOCK_RESERVED;
		return;
	}
	b->country = a->country;
	b->asn = a->asn;
	b->routed = fate < characters[c].routed;
	b->hosting = a->hosting;
	b->density = a->density;
	b->link = b->other_link = a->link;
	b->told_links = a->told_links;
	b->hops = (uint8_t)(a->hops + rng_below(r, 4));
	if (rng_below(r, 100) < 8) { /* this one is announced elsewhere than the rest */
		b->link = b->other_link = (uint8_t)rng_below(r, STANDING_NEIGHBOURS);
		b->told_links = choose_told(r, b->link);
	}
	if (rng_below(r, 100) < 3)
		b->other_link = (uint8_t)((b->link + 1) % STANDING_NEIGHBOURS);
}

static void add_darknet(struct standing *s)
{
	s->blocks[s->n] = (struct standing_block){.first = DARKNET_FIRST,
						  .len = DARKNET_LEN,
						  .registry = 2,
						  .country = 16,
						  .asn = 64500};
	s->as_of[s->n++] = 0;
}

static void fill_eighth(struct standing *s, uint32_t octet)
{
	static const uint8_t by_registry[16] = {0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 2, 3, 3, 4};
	struct rng r = rng_derive(s->seed, 0x57a00 + octet);
	uint32_t dice = rng_below(&r, 20);
	enum character c = dice < 9 ? DENSE : dice < 15 ? MIXED : dice < 18 ? LEGACY : DARK;
	uint8_t registry = by_registry[rng_below(&r, 16)];
	uint64_t at = (uint64_t)octet << 24, end = at + (1u << 24);

	while (at < end && s->n < BLOCKS_MAX) {
		uint8_t len = characters[c].len[rng_below(&r, 16)];
		uint8_t least = at ? (uint8_t)(32 - __builtin_ctzll(at)) : 8;
		int hit;

		if (at == DARKNET_FIRST) {
			add_darknet(s);
			at += size_of(DARKNET_LEN);
			continue;
		}
		len = len < least ? least : len;
		while ((hit = special_within((uint32_t)at, len)) >= 0 && special[hit].len > len)
			len++;
		if (hit < 0)
			add_block(s, &r, (uint32_t)at, len, c, registry);
		at += size_of(hit < 0 ? len : special[hit].len);
	}
}

/* Some /8s are full of homes, some hold hardly any: 1 to 256 times as many. */
static unsigned eighth_tilt(const struct standing *s, uint32_t first)
{
	uint64_t h = rng_hash(s->seed ^ 0x8, first >> 24);

	return (unsigned)(h % 5 + (h >> 16) % 5);
}

/* A block's size counts by its root: large ones are emptier. */
static uint64_t weight_of(const struct standing *s, size_t i, enum crowd_kind kind)
{
	const struct standing_block *b = &s->blocks[i];
	const struct as *a = &s->ases[s->as_of[i]];
	uint64_t h = rng_hash(s->seed ^ 0x77, b->first);
	uint64_t w = (uint64_t)a->tilt << (b->len < 22 ? (22 - b->len) / 2 : 0);

	if (!b->routed)
		return 0;
	w <<= h % 4 + (h >> 8) % 3 + eighth_tilt(s, b->first);
	switch (kind) {
	case CROWD_CLIENTS:
		if (b->hosting)
			return w / 32;
		return strcmp(countries[b->country], STANDING_OWN_COUNTRY) == 0 ? w * 24 : w;
	case CROWD_BOTS:
		return b->hosting ? w / 16 : w * badly_kept[b->country % COUNTRIES_EACH];
	case CROWD_SERVERS:
		return b->hosting ? w : w / 24;
	case CROWD_HOSTERS:
		return a->lax ? w : 0;
	default:
		return 0;
	}
}

static void sum_up(struct standing *s)
{
	for (unsigned k = 1; k < CUMULATED; k++) {
		uint64_t sum = 0;

		for (size_t i = 0; i < s->n; i++) {
			sum += k == SPACE ? (s->blocks[i].routed ? size_of(s->blocks[i].len) : 0)
					  : weight_of(s, i, (enum crowd_kind)k);
			s->sum[k][i] = sum;
		}
	}
	for (uint32_t hi = 0, i = 0; hi <= 65536; hi++) {
		while (i < s->n && (uint64_t)s->blocks[i].first + size_of(s->blocks[i].len) <=
					   (uint64_t)hi << 16)
			i++;
		s->index[hi] = i;
	}
}

struct standing *standing_new(uint64_t seed)
{
	struct standing *s = calloc(1, sizeof(*s));
	bool good = s != NULL;

	if (!s)
		return NULL;
	s->seed = hash_u64(0x57a4d, seed);
	s->blocks = calloc(BLOCKS_MAX, sizeof(*s->blocks));
	s->as_of = calloc(BLOCKS_MAX, sizeof(*s->as_of));
	s->ases = calloc(ASES_MAX + 1, sizeof(*s->ases));
	for (uint32_t o = 1; s->blocks && s->as_of && s->ases && o < 224; o++)
		fill_eighth(s, o);
	for (unsigned k = 1; k < CUMULATED; k++) {
		s->sum[k] = s->n ? malloc(s->n * sizeof(uint64_t)) : NULL;
		good = good && s->sum[k];
	}
	if (!good)
		return standing_free(s);
	sum_up(s);
	return s;
}

struct standing *standing_free(struct standing *s)
{
	if (!s)
		return NULL;
	for (unsigned k = 0; k < CUMULATED; k++)
		free(s->sum[k]);
	free(s->blocks);
	free(s->as_of);
	free(s->ases);
	free(s);
	return NULL;
}

const struct standing_block *standing_find(const struct standing *s, uint32_t addr)
{
	for (size_t i = s->index[addr >> 16]; i < s->n && s->blocks[i].first <= addr; i++)
		if ((addr & mask_of(s->blocks[i].len)) == s->blocks[i].first)
			return &s->blocks[i];
	return NULL;
}

/* The block in which @at lies among the weights of @k. */
static size_t drawn(const struct standing *s, unsigned k, uint64_t at)
{
	size_t low = 0, high = s->n - 1;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (s->sum[k][middle] > at)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static uint64_t scaled(uint64_t chance, uint64_t total)
{
	return (uint64_t)((uint128_t)chance * total >> 64);
}

uint32_t standing_routed_address(const struct standing *s, uint64_t chance)
{
	uint64_t at = scaled(chance, s->sum[SPACE][s->n - 1]);
	size_t i = drawn(s, SPACE, at);

	return s->blocks[i].first + (uint32_t)(at - (i ? s->sum[SPACE][i - 1] : 0));
}

static bool lived_in(const struct standing *s, const struct standing_block *b, uint32_t addr)
{
	return rng_hash(s->seed ^ 0x24, addr >> 8) % 16 < b->density;
}

bool standing_alive(const struct standing *s, uint32_t addr)
{
	const struct standing_block *b = standing_find(s, addr);
	uint8_t last = (uint8_t)addr;

	return b && b->routed && last != 0 && last != 255 && lived_in(s, b, addr) &&
	       rng_hash(s->seed ^ 0xa11, addr) % 16 < 3 + b->density / 2;
}

/* Hosts stand where the block is lived in; after many tries anywhere will do. */
struct ip standing_host(const struct standing *s, enum crowd_kind kind, uint64_t salt, uint64_t i)
{
	struct rng r = {rng_hash(salt, i)};
	const struct standing_block *b =
		&s->blocks[drawn(s, kind, scaled(rng_next(&r), s->sum[kind][s->n - 1]))];
	uint32_t addr = b->first + 1;

	for (int tries = 0; tries < 64; tries++) {
		addr = b->first + rng_below(&r, size_of(b->len));
		if (!lived_in(s, b, addr))
			continue;
		for (int host = 0; host < 16; host++) {
			addr = (addr & ~UINT32_C(255)) | rng_between(&r, 1, 254);
			if (standing_alive(s, addr))
				return ip_from_v4(addr);
		}
	}
	return ip_from_v4(addr);
}

static enum stack stack_of(const struct standing *s, const struct standing_block *b, uint32_t addr)
{
	static const uint8_t at_home[16] = {
		STACK_LINUX,   STACK_LINUX,    STACK_LINUX,    STACK_LINUX,
		STACK_LINUX,   STACK_EMBEDDED, STACK_EMBEDDED, STACK_WINDOWS,
		STACK_WINDOWS, STACK_WINDOWS,  STACK_WINDOWS,  STACK_WINDOWS,
		STACK_APPLE,   STACK_APPLE,    STACK_APPLE,    STACK_APPLE};
	uint64_t h = rng_hash(s->seed ^ 0x5ac, addr);

	if (h >> 40 & 63)
		return b && b->hosting ? (h % 8 ? STACK_LINUX : STACK_WINDOWS)
				       : (enum stack)at_home[h % 16];
	return STACK_OLD;
}

struct standing_sight standing_sight(const struct standing *s, const struct ip *ip)
{
	uint32_t addr = ip_v4(ip);
	const struct standing_block *b = standing_find(s, addr);
	uint64_t h = rng_hash(s->seed ^ 0x6095, addr >> 6);
	enum stack stack = stack_of(s, b, addr);
	struct standing_sight sight = {.hops = 12, .stack = (uint8_t)stack};

	if (b && b->routed) {
		/* Behind one prefix lie lines of different depth. */
		sight.hops = (uint8_t)(b->hops + h % 8 / 6);
		sight.link = h >> 20 & 1 ? b->other_link : b->link;
	}
	sight.ttl = (uint8_t)(stack_ttl(stack) - sight.hops);
	return sight;
}

const char *standing_country(const struct standing *s, const struct ip *ip)
{
	const struct standing_block *b = ip_is_v4(ip) ? standing_find(s, ip_v4(ip)) : NULL;

	return b && b->status == BLOCK_ALLOCATED ? countries[b->country] : "";
}

const struct standing_block *standing_block_at(const struct standing *s, size_t i)
{
	return i < s->n ? &s->blocks[i] : NULL;
}

const char *standing_registry_name(uint8_t registry)
{
	return registries[registry];
}

const char *standing_country_name(uint8_t country)
{
	return countries[country];
}

static const struct {
	uint8_t ttl, options;
	uint16_t window;
} stacks[STACK_COUNT] = {
	[STACK_NONE] = {64, 4, 64240},	    [STACK_LINUX] = {64, 20, 64240},
	[STACK_WINDOWS] = {128, 12, 64240}, [STACK_APPLE] = {64, 24, 65535},
	[STACK_EMBEDDED] = {64, 20, 14600}, [STACK_OLD] = {255, 4, 4128},
};

uint8_t stack_ttl(enum stack stack)
{
	return stacks[stack].ttl;
}

uint16_t stack_window(enum stack stack)
{
	return stacks[stack].window;
}

uint8_t stack_options(enum stack stack)
{
	return stacks[stack].options;
}
