/* SPDX-License-Identifier: ISC */
/*
 * Addresses and prefixes. Every address is 16 bytes; IPv4 stands as ::ffff:a.b.c.d (RFC 4291
 * section 2.5.5.2), so one key, one hash and one comparison serve both families. A prefix length
 * counts in the 128-bit form: an IPv4 /24 has len 120. Text always shows the family's own form.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct ip {
	union {
		uint8_t b[16];
		uint32_t w[4];
		uint64_t u[2];
	};
};

struct prefix {
	struct ip addr; /* host bits are zero */
	uint8_t len;	/* 0..128, IPv4 is 96..128 */
};

#define IP_TEXT_MAX	46 /* longest address text with its NUL */
#define PREFIX_TEXT_MAX 50 /* the same with "/128" */
#define PREFIX_V4_BASE	96 /* what an IPv4 prefix length is offset by */

static inline struct ip ip_from_v4(uint32_t host_order)
{
	struct ip ip = {.u = {0, 0}};

	ip.b[10] = ip.b[11] = 0xff;
	ip.w[3] = __builtin_bswap32(host_order);
	return ip;
}

/** ip_from_v4_bytes() - @p: 4 bytes in network order. */
static inline struct ip ip_from_v4_bytes(const uint8_t *p)
{
	struct ip ip = {.u = {0, 0}};

	ip.b[10] = ip.b[11] = 0xff;
	memcpy(&ip.b[12], p, 4);
	return ip;
}

/** ip_from_v6_bytes() - @p: 16 bytes in network order. */
static inline struct ip ip_from_v6_bytes(const uint8_t *p)
{
	struct ip ip;

	memcpy(ip.b, p, 16);
	return ip;
}

static inline bool ip_is_v4(const struct ip *ip)
{
	/* One test, not two: which family comes next is anybody's guess. */
	return (ip->u[0] | (ip->w[2] ^ __builtin_bswap32(0x0000ffffu))) == 0;
}

/** ip_v4() - the IPv4 address in host order; only for an address that ip_is_v4(). */
static inline uint32_t ip_v4(const struct ip *ip)
{
	return __builtin_bswap32(ip->w[3]);
}

static inline bool ip_equal(const struct ip *a, const struct ip *b)
{
	return ((a->u[0] ^ b->u[0]) | (a->u[1] ^ b->u[1])) == 0;
}

static inline int ip_compare(const struct ip *a, const struct ip *b)
{
	return memcmp(a->b, b->b, 16);
}

static inline bool ip_is_zero(const struct ip *ip)
{
	return ip->u[0] == 0 && (ip->u[1] == 0 || (ip_is_v4(ip) && ip->w[3] == 0));
}

/** ip_mask() - the address with all bits behind the first @len (0..128) cleared. */
static inline struct ip ip_mask(const struct ip *ip, unsigned len)
{
	uint64_t high = len >= 64 ? ~UINT64_C(0) : len ? ~UINT64_C(0) << (64 - len) : 0;
	uint64_t low = len <= 64 ? 0 : len >= 128 ? ~UINT64_C(0) : ~UINT64_C(0) << (128 - len);

	return (struct ip){
		.u = {ip->u[0] & __builtin_bswap64(high), ip->u[1] & __builtin_bswap64(low)}};
}

/**
 * ip_parse() - read "192.0.2.1" or "2001:db8::1".
 * Return: 0, or -EINVAL.
 */
int ip_parse(const char *text, struct ip *out);

/** ip_format() - write the address into @buf (IP_TEXT_MAX bytes); returns @buf (RFC 5952). */
char *ip_format(const struct ip *ip, char *buf);

/**
 * prefix_parse() - read "192.0.2.0/24", "2001:db8::/32" or a lone address (full length).
 * Host bits set are refused unless @lax, which clears them.
 * Return: 0, or -EINVAL.
 */
int prefix_parse(const char *text, bool lax, struct prefix *out);

/** prefix_format() - CIDR text into @buf (PREFIX_TEXT_MAX bytes); a full-length prefix has no "/".
 */
char *prefix_format(const struct prefix *p, char *buf);

/** prefix_of() - the prefix of @len (0..128) that holds @ip. */
struct prefix prefix_of(const struct ip *ip, unsigned len);

bool prefix_contains(const struct prefix *p, const struct ip *ip);

/** prefix_covers() - true when every address of @inner is in @outer. */
bool prefix_covers(const struct prefix *outer, const struct prefix *inner);

static inline bool prefix_equal(const struct prefix *a, const struct prefix *b)
{
	return a->len == b->len && ip_equal(&a->addr, &b->addr);
}

/** prefix_family_len() - the length as people write it: 24 for an IPv4 /24. */
static inline unsigned prefix_family_len(const struct prefix *p)
{
	return ip_is_v4(&p->addr) && p->len >= PREFIX_V4_BASE ? p->len - PREFIX_V4_BASE : p->len;
}

/* A set of prefixes with longest match; filled, sealed, then only read. */
struct prefix_set;

/** prefix_set_new() - an empty set, or NULL without memory. */
struct prefix_set *prefix_set_new(void);
struct prefix_set *prefix_set_free(struct prefix_set *s);

/**
 * prefix_set_add() - add @p with the caller's number @value; a later equal prefix replaces it.
 * Return: 0, or -ENOMEM.
 */
int prefix_set_add(struct prefix_set *s, const struct prefix *p, uint32_t value);

/**
 * prefix_set_find() - longest match of @ip.
 * Return: true and the prefix's number in *@value (may be NULL), else false.
 */
bool prefix_set_find(const struct prefix_set *s, const struct ip *ip, uint32_t *value);
size_t prefix_set_count(const struct prefix_set *s);
