/* SPDX-License-Identifier: ISC */
/*
 * Look-ups over tables as large as today's: a million IPv4 and 250,000 IPv6 prefixes of a routing
 * table, laid out as the real one is (lengths by the shares of the public tables of 2024, many
 * nested), with blocks of registries and a country table beside them. Prints look-ups a second on
 * one core and the memory it all takes.
 *
 *	bench_place [SECONDS]		measure
 *	bench_place --write FILE [PEERS]	the same routing table as MRT TABLE_DUMP_V2
 */
#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <time.h>

#include "base/clock.h"
#include "base/hash.h"
#include "place/builder.h"
#include "place/place.h"

#define V4_PREFIXES 1000000u
#define V6_PREFIXES 250000u
#define BLOCKS_V4   250000u
#define BLOCKS_V6   150000u
#define ORIGINS	    80000u
#define LOOKUPS	    (1u << 20)

struct share {
	uint8_t len;
	uint8_t percent;
};

/* Shares of prefix lengths, in percent. */
static const struct share shares4[] = {{24, 60}, {23, 10}, {22, 12}, {21, 5}, {20, 5},
				       {19, 3},	 {18, 2},  {17, 1},  {16, 2}};
static const struct share shares6[] = {{48, 48}, {32, 13}, {44, 9}, {40, 9}, {36, 6},
				       {29, 4},	 {46, 4},  {47, 3}, {33, 4}};

static uint64_t dice(uint64_t i, uint64_t which)
{
	return hash_u64(i, which + 100);
}

static unsigned length(const struct share *s, size_t n, uint64_t i)
{
	unsigned at = (unsigned)(dice(i, 1) % 100);

	for (size_t k = 0; k < n; k++) {
		if (at < s[k].percent)
			return s[k].len;
		at -= s[k].percent;
	}
	return s[0].len;
}

/* Unicast IPv4 outside 0/8, 10/8 and 127/8; half of them near another one, as customers are. */
static struct prefix prefix4(uint64_t i)
{
	uint64_t base = dice(i, 2) % 2 ? i : i / 16;
	uint32_t a = (uint32_t)(1 + dice(base, 3) % 223) << 24 | (dice(base, 4) & 0xff0000) |
		     (dice(i, 5) & 0xffff);
	struct ip ip = ip_from_v4(a);

	return prefix_of(&ip, PREFIX_V4_BASE + length(shares4, ARRAY_LEN(shares4), i));
}

/* Inside the /12s that registries give from. */
static struct prefix prefix6(uint64_t i)
{
	static const uint16_t heads[] = {0x2001, 0x2400, 0x2600, 0x2800, 0x2a00, 0x2c00};
	uint64_t base = dice(i, 6) % 3 ? i / 12 : i;
	uint64_t hi = (uint64_t)heads[dice(base, 7) % ARRAY_LEN(heads)] << 48 |
		      (dice(base, 8) & 0x000ffff0) << 28 | (dice(i, 9) & 0xffffffff) << 16;
	struct ip ip = {.u = {__builtin_bswap64(hi), 0}};

	return prefix_of(&ip, length(shares6, ARRAY_LEN(shares6), i));
}

static struct prefix prefix_at(uint32_t i)
{
	return i < V4_PREFIXES ? prefix4(i) : prefix6(i - V4_PREFIXES);
}

static uint32_t origin_at(uint32_t i)
{
	return (uint32_t)(1 + dice(i / 8, 10) % ORIGINS);
}

static int fill_routes(struct place_builder *b)
{
	int r = place_builder_source(b, "routes", 0);

	for (uint32_t i = 0; r == 0 && i < V4_PREFIXES + V6_PREFIXES; i++) {
		struct prefix p = prefix_at(i);

		for (uint32_t peer = 0; r == 0 && peer < 3; peer++)
			r = place_builder_route(b, &p, origin_at(i), 64500 + peer);
	}
	return r;
}

static int fill_blocks(struct place_builder *b)
{
	static const char *const rirs[] = {"apnic", "arin", "ripencc", "lacnic", "afrinic"};
	int r = place_builder_source(b, "registries", 0);

	for (uint32_t i = 0; r == 0 && i < BLOCKS_V4 + BLOCKS_V6; i++) {
		struct prefix p = i < BLOCKS_V4 ? prefix4(i * 3) : prefix6(i);
		char cc[3] = {(char)('A' + dice(i, 11) % 26), (char)('A' + dice(i, 12) % 9), 0};

		r = place_builder_registry(b, &p, rirs[dice(i, 13) % 5], cc, PLACE_ALLOCATED);
	}
	return r;
}

static int64_t cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * US_PER_S + t.tv_nsec / 1000;
}

static struct places *build(void)
{
	_cleanup_place_builder_ struct place_builder *b = place_builder_new();
	struct places *p = NULL;
	int64_t at = cpu_us();
	int r = b ? fill_routes(b) : -ENOMEM;

	if (r == 0)
		r = fill_blocks(b);
	if (r == 0)
		r = place_builder_done(b, &p);
	if (r < 0) {
		fprintf(stderr, "bench_place: %s\n", strerror(-r));
		return NULL;
	}
	printf("built in %.2f CPU s\n", (double)(cpu_us() - at) / US_PER_S);
	return p;
}

enum mix { MIX_V4, MIX_V6, MIX_BOTH, MIX_RANDOM4 };

/* Addresses inside the table's prefixes, in no order; or any IPv4 address, as a flood forges. */
static void fill_addresses(struct ip *ip, enum mix mix)
{
	for (uint32_t i = 0; i < LOOKUPS; i++) {
		uint32_t n = (uint32_t)dice(i, 20);
		bool v6 = mix == MIX_V6 || (mix == MIX_BOTH && n % 4 == 0);
		struct prefix p = v6 ? prefix6(n % V6_PREFIXES) : prefix4(n % V4_PREFIXES);

		ip[i] = p.addr;
		if (mix == MIX_RANDOM4)
			ip[i] = ip_from_v4((uint32_t)dice(i, 21));
		else if (v6)
			ip[i].u[1] = dice(i, 22);
		else
			ip[i].b[15] ^= (uint8_t)dice(i, 23);
	}
}

static void measure(const struct places *p, struct ip *ip, enum mix mix, const char *what,
		    double seconds)
{
	uint64_t n = 0, known = 0, sum = 0;
	int64_t begin, now;
	struct place w;

	fill_addresses(ip, mix);
	begin = cpu_us();
	do {
		for (uint32_t i = 0; i < LOOKUPS; i++) {
			place_lookup(p, &ip[i], &w);
			known += w.routed == PLACE_YES;
			sum += w.asn + w.n_neighbours + w.country[0];
		}
		n += LOOKUPS;
		now = cpu_us();
	} while ((double)(now - begin) < seconds * US_PER_S);
	printf("%-24s %6.2f million look-ups per CPU s, %5.1f %% routed (check %" PRIu64 ")\n",
	       what, (double)n / (double)(now - begin), 100.0 * (double)known / (double)n,
	       sum % 1000);
}

static unsigned long status_kb(const char *key)
{
	_cleanup_fclose_ FILE *f = fopen("/proc/self/status", "r");
	unsigned long kb = 0;
	char line[256];

	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, key, strlen(key)) == 0)
			sscanf(line + strlen(key), "%lu", &kb);
	return kb;
}

/* MRT */

static void put(FILE *f, uint64_t v, unsigned n)
{
	while (n--)
		putc((int)(v >> (8 * n) & 0xff), f);
}

static void head(FILE *f, unsigned subtype, unsigned long bytes)
{
	put(f, 1700000000, 4);
	put(f, 13, 2);
	put(f, subtype, 2);
	put(f, bytes, 4);
}

static void write_rib(FILE *f, uint32_t i, unsigned peers)
{
	struct prefix p = prefix_at(i);
	bool v4 = i < V4_PREFIXES;
	unsigned len = prefix_family_len(&p), bytes = (len + 7) / 8, attrs = 4 + 17 + 7;

	head(f, v4 ? 2 : 4, 4 + 1 + bytes + 2 + peers * (2 + 4 + 2 + attrs));
	put(f, i, 4);
	put(f, len, 1);
	fwrite(p.addr.b + (v4 ? 12 : 0), 1, bytes, f);
	put(f, peers, 2);
	for (unsigned peer = 0; peer < peers; peer++) {
		put(f, peer, 2);
		put(f, 0, 4);
		put(f, attrs, 2);
		put(f, 0x40010100, 4);
		put(f, 0x40020e, 3);
		put(f, 0x0203, 2);
		put(f, 64500 + peer, 4);
		put(f, 1299 + peer % 3, 4);
		put(f, origin_at(i), 4);
		put(f, 0x400304c0000201, 7);
	}
}

static int write_mrt(const char *path, unsigned peers)
{
	_cleanup_fclose_ FILE *f = fopen(path, "wb");

	if (!f) {
		fprintf(stderr, "bench_place: %s: %s\n", path, strerror(errno));
		return 1;
	}
	head(f, 1, 4 + 2 + 2 + peers * 13);
	put(f, 0, 6);
	put(f, peers, 2);
	for (unsigned i = 0; i < peers; i++) {
		put(f, 2, 1);
		put(f, i, 4);
		put(f, 0xc0000200 + i, 4);
		put(f, 64500 + i, 4);
	}
	for (uint32_t i = 0; i < V4_PREFIXES + V6_PREFIXES; i++)
		write_rib(f, i, peers);
	return ferror(f) != 0;
}

int main(int argc, char **argv)
{
	double seconds = argc > 1 ? strtod(argv[1], NULL) : 2;
	_cleanup_places_ struct places *p = NULL;
	_cleanup_free_ struct ip *ip = NULL;

	if (argc > 2 && strcmp(argv[1], "--write") == 0)
		return write_mrt(argv[2], argc > 3 ? (unsigned)atoi(argv[3]) : 3);
	p = build();
	ip = malloc(LOOKUPS * sizeof(*ip));
	if (!p || !ip)
		return 1;
	malloc_trim(0);
	printf("%u IPv4 and %u IPv6 prefixes, %u blocks: %.1f MB; resident %.1f MB, while building "
	       "at most %.1f MB\n",
	       V4_PREFIXES, V6_PREFIXES, BLOCKS_V4 + BLOCKS_V6, (double)places_bytes(p) / 1e6,
	       (double)status_kb("VmRSS:") * 1024 / 1e6, (double)status_kb("VmHWM:") * 1024 / 1e6);
	measure(p, ip, MIX_V4, "IPv4 inside prefixes", seconds);
	measure(p, ip, MIX_RANDOM4, "IPv4 at random", seconds);
	measure(p, ip, MIX_V6, "IPv6 inside prefixes", seconds);
	measure(p, ip, MIX_BOTH, "three to one", seconds);
	return 0;
}
