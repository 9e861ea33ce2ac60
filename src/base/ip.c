/* SPDX-License-Identifier: ISC */
/*
 * Addresses, prefixes, and the prefix set: one sorted list of start addresses per prefix length in
 * use. A look-up tries the lengths from long to short; an operator's own world has a handful of
 * lengths and a few thousand prefixes, for which this is both small and quick.
 */
#include "base/ip.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/map.h"

int ip_parse(const char *text, struct ip *out)
{
	uint8_t v4[4];

	if (inet_pton(AF_INET, text, v4) == 1) {
		*out = ip_from_v4_bytes(v4);
		return 0;
	}
	return inet_pton(AF_INET6, text, out->b) == 1 ? 0 : -EINVAL;
}

char *ip_format(const struct ip *ip, char *buf)
{
	if (ip_is_v4(ip))
		inet_ntop(AF_INET, &ip->b[12], buf, IP_TEXT_MAX);
	else
		inet_ntop(AF_INET6, ip->b, buf, IP_TEXT_MAX);
	return buf;
}

static int parse_length(const char *text, unsigned max, unsigned *len)
{
	char *end;
	unsigned long v;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	errno = 0;
	v = strtoul(text, &end, 10);
	if (errno || *end || v > max)
		return -EINVAL;
	*len = (unsigned)v;
	return 0;
}

int prefix_parse(const char *text, bool lax, struct prefix *out)
{
	char addr[IP_TEXT_MAX];
	const char *slash = strchr(text, '/');
	size_t n = slash ? (size_t)(slash - text) : strlen(text);
	unsigned max, len;

	if (n >= sizeof(addr))
		return -EINVAL;
	memcpy(addr, text, n);
	addr[n] = '\0';
	if (ip_parse(addr, &out->addr))
		return -EINVAL;
	max = strchr(addr, ':') ? 128 : 32;
	len = max;
	if (slash && parse_length(slash + 1, max, &len))
		return -EINVAL;
	out->len = (uint8_t)(len + (max == 32 ? PREFIX_V4_BASE : 0));
	struct ip masked = ip_mask(&out->addr, out->len);
	if (!lax && !ip_equal(&masked, &out->addr))
		return -EINVAL;
	out->addr = masked;
	return 0;
}

char *prefix_format(const struct prefix *p, char *buf)
{
	size_t n;

	ip_format(&p->addr, buf);
	if (p->len == 128)
		return buf;
	n = strlen(buf);
	snprintf(buf + n, PREFIX_TEXT_MAX - n, "/%u", prefix_family_len(p));
	return buf;
}

struct prefix prefix_of(const struct ip *ip, unsigned len)
{
	return (struct prefix){.addr = ip_mask(ip, len), .len = (uint8_t)len};
}

bool prefix_contains(const struct prefix *p, const struct ip *ip)
{
	struct ip masked = ip_mask(ip, p->len);

	return ip_equal(&masked, &p->addr);
}

bool prefix_covers(const struct prefix *outer, const struct prefix *inner)
{
	return outer->len <= inner->len && prefix_contains(outer, &inner->addr);
}

#define BLOCKS	   65536 /* an IPv4 /16 each */
#define BLOCK_LEN  (PREFIX_V4_BASE + 16)
#define BLOCK_NONE 0
#define BLOCK_ASK  1 /* holds something longer */
#define BLOCK_IN                                                                                   \
	2 /* + index in `whole`: all of it lies in that prefix, and nothing longer does            \
	   */

struct whole {
	uint8_t len;
	uint32_t value;
};

struct prefix_set {
	struct map *map;      /* struct prefix -> uint32_t */
	uint8_t lengths[129]; /* lengths in use, longest first */
	unsigned n_lengths;
	/* What is asked of every record: most IPv4 blocks lie in one prefix or in none. */
	uint16_t *block;     /* of BLOCKS; NULL before the first IPv4 prefix */
	struct whole *whole; /* prefixes of a block and wider */
	unsigned n_whole;
	bool over_v4; /* a prefix wider than all of IPv4: no block can say no */
};

struct prefix_set *prefix_set_new(void)
{
	struct prefix_set *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->map = map_new(sizeof(struct prefix), sizeof(uint32_t), 0);
	return s->map ? s : prefix_set_free(s);
}

struct prefix_set *prefix_set_free(struct prefix_set *s)
{
	if (!s)
		return NULL;
	map_free(s->map);
	free(s->block);
	free(s->whole);
	free(s);
	return NULL;
}

/* The padding of struct prefix must not take part in the key. */
static struct prefix clean_key(const struct ip *addr, unsigned len)
{
	struct prefix key;

	memset(&key, 0, sizeof(key));
	key.addr = ip_mask(addr, len);
	key.len = (uint8_t)len;
	return key;
}

static void note_length(struct prefix_set *s, uint8_t len)
{
	unsigned i = 0;

	while (i < s->n_lengths && s->lengths[i] > len)
		i++;
	if (i < s->n_lengths && s->lengths[i] == len)
		return;
	memmove(&s->lengths[i + 1], &s->lengths[i], s->n_lengths - i);
	s->lengths[i] = len;
	s->n_lengths++;
}

static void cover_blocks(struct prefix_set *s, unsigned first, unsigned n, unsigned index)
{
	for (unsigned i = first; i < first + n; i++) {
		uint16_t *b = &s->block[i];

		if (*b == BLOCK_NONE ||
		    (*b >= BLOCK_IN && s->whole[*b - BLOCK_IN].len <= s->whole[index].len))
			*b = (uint16_t)(BLOCK_IN + index);
	}
}

static int note_blocks(struct prefix_set *s, const struct prefix *p, uint32_t value)
{
	struct whole *w;
	unsigned first;

	if (p->len < PREFIX_V4_BASE || !ip_is_v4(&p->addr)) {
		struct ip any = ip_from_v4(0);

		s->over_v4 |= prefix_contains(p, &any);
		return 0;
	}
	if (!s->block)
		s->block = calloc(BLOCKS, sizeof(*s->block));
	if (!s->block)
		return -ENOMEM;
	first = ip_v4(&p->addr) >> 16;
	if (p->len > BLOCK_LEN || s->n_whole == UINT16_MAX - BLOCK_IN) {
		for (unsigned i = 0; i < (p->len > BLOCK_LEN ? 1 : 1u << (BLOCK_LEN - p->len)); i++)
			s->block[first + i] = BLOCK_ASK;
		return 0;
	}
	w = realloc(s->whole, (s->n_whole + 1) * sizeof(*w));
	if (!w)
		return -ENOMEM;
	s->whole = w;
	w[s->n_whole] = (struct whole){.len = p->len, .value = value};
	cover_blocks(s, first, 1u << (BLOCK_LEN - p->len), s->n_whole++);
	return 0;
}

int prefix_set_add(struct prefix_set *s, const struct prefix *p, uint32_t value)
{
	struct prefix key = clean_key(&p->addr, p->len);
	uint32_t *v = map_put(s->map, &key, NULL);

	if (!v)
		return -ENOMEM;
	*v = value;
	note_length(s, p->len);
	return note_blocks(s, p, value);
}

/* Longest first. */
static bool find_by_length(const struct prefix_set *s, const struct ip *ip, uint32_t *value)
{
	for (unsigned i = 0; i < s->n_lengths; i++) {
		struct prefix key = clean_key(ip, s->lengths[i]);
		const uint32_t *v = map_get(s->map, &key);

		if (v) {
			*value = *v;
			return true;
		}
	}
	return false;
}

bool prefix_set_find(const struct prefix_set *s, const struct ip *ip, uint32_t *value)
{
	unsigned block = BLOCK_ASK;
	uint32_t found;

	if (ip_is_v4(ip) && s->block && !s->over_v4)
		block = s->block[ip_v4(ip) >> 16];
	if (block == BLOCK_NONE)
		return false;
	if (block != BLOCK_ASK)
		found = s->whole[block - BLOCK_IN].value;
	else if (!find_by_length(s, ip, &found))
		return false;
	if (value)
		*value = found;
	return true;
}

size_t prefix_set_count(const struct prefix_set *s)
{
	return map_count(s->map);
}
