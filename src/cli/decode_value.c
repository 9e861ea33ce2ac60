/* SPDX-License-Identifier: ISC */
/*
 * Values of information elements as text, by abstract data type (RFC 7011 section 6.1). A length
 * that the type cannot have gives the bytes in hex: what was sent is never lost.
 */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/cursor.h"
#include "base/ip.h"
#include "cli/decode.h"

#define YEAR_10000_S INT64_C(253402300800)

void decode_json_string(struct text *t, const char *s, size_t n)
{
	bool utf8 = text_is_utf8(s, n);

	text_add(t, "\"");
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c == '"' || c == '\\')
			text_printf(t, "\\%c", c);
		else if (c < 0x20 || c == 0x7f || (c >= 0x80 && !utf8))
			text_printf(t, "\\u%04x", c);
		else
			text_add_n(t, &s[i], 1);
	}
	text_add(t, "\"");
}

static void add_hex(struct text *t, const uint8_t *data, size_t len)
{
	text_add(t, "\"");
	for (size_t i = 0; i < len; i++)
		text_printf(t, "%02x", data[i]);
	text_add(t, "\"");
}

static bool add_unsigned(struct text *t, const uint8_t *data, size_t len)
{
	if (len < 1 || len > 8)
		return false;
	text_printf(t, "%" PRIu64, be_uint(data, len));
	return true;
}

static bool add_signed(struct text *t, const uint8_t *data, size_t len)
{
	uint64_t v;

	if (len < 1 || len > 8)
		return false;
	v = be_uint(data, len) << (64 - 8 * len);
	text_printf(t, "%" PRId64, (int64_t)v >> (64 - 8 * len));
	return true;
}

static bool add_float(struct text *t, const uint8_t *data, size_t len)
{
	uint64_t bits = len == 4 || len == 8 ? be_uint(data, len) : 0;
	uint32_t bits32 = (uint32_t)bits;
	double wide;
	float narrow;

	if (len != 4 && len != 8)
		return false;
	memcpy(&wide, &bits, 8);
	memcpy(&narrow, &bits32, 4);
	if (len == 4)
		wide = (double)narrow;
	if (!isfinite(wide))
		return false;
	text_printf(t, len == 4 ? "%.9g" : "%.17g", wide);
	return true;
}

/* RFC 7011 section 6.1.5: 1 is true, 2 is false. */
static bool add_boolean(struct text *t, const uint8_t *data, size_t len)
{
	if (len != 1 || data[0] < 1 || data[0] > 2)
		return false;
	text_add(t, data[0] == 1 ? "true" : "false");
	return true;
}

static bool add_mac(struct text *t, const uint8_t *d, size_t len)
{
	if (len != 6)
		return false;
	text_printf(t, "\"%02x:%02x:%02x:%02x:%02x:%02x\"", d[0], d[1], d[2], d[3], d[4], d[5]);
	return true;
}

/* Each family in its own form, also an IPv4-mapped IPv6 address. */
static bool add_ip4(struct text *t, const uint8_t *d, size_t len)
{
	if (len != 4)
		return false;
	text_printf(t, "\"%u.%u.%u.%u\"", d[0], d[1], d[2], d[3]);
	return true;
}

static bool add_ip6(struct text *t, const uint8_t *data, size_t len)
{
	struct ip ip;
	char buf[IP_TEXT_MAX];

	if (len != 16)
		return false;
	ip = ip_from_v6_bytes(data);
	text_printf(t, ip_is_v4(&ip) ? "\"::ffff:%s\"" : "\"%s\"", ip_format(&ip, buf));
	return true;
}

static bool add_string(struct text *t, const uint8_t *data, size_t len)
{
	while (len && data[len - 1] == 0)
		len--;
	decode_json_string(t, (const char *)data, len);
	return true;
}

/* @digits of the fraction, which is in nanoseconds. */
static bool add_time(struct text *t, int64_t s, uint32_t ns, int digits)
{
	char buf[TIME_TEXT_MAX], fraction[16];

	if (s < 0 || s >= YEAR_10000_S)
		return false;
	time_format_utc(s * US_PER_S, buf);
	buf[strcspn(buf, ".Z")] = '\0';
	snprintf(fraction, sizeof(fraction), ".%09u", ns);
	text_printf(t, "\"%s%.*sZ\"", buf, digits ? digits + 1 : 0, fraction);
	return true;
}

static bool add_seconds(struct text *t, const uint8_t *data, size_t len)
{
	return len >= 1 && len <= 8 && add_time(t, (int64_t)be_uint(data, len), 0, 0);
}

static bool add_milliseconds(struct text *t, const uint8_t *data, size_t len)
{
	uint64_t ms = len >= 1 && len <= 8 ? be_uint(data, len) : UINT64_MAX;

	return ms <= INT64_MAX &&
	       add_time(t, (int64_t)(ms / 1000), (uint32_t)(ms % 1000) * 1000000, 3);
}

static bool add_ntp(struct text *t, const uint8_t *data, size_t len, int digits)
{
	uint64_t ntp = len == 8 ? be_uint(data, 8) : 0, ns;
	int64_t s;

	if (len != 8)
		return false;
	/* Whole seconds by the table's rule for eras; the fraction to nanoseconds, rounded. */
	s = time_floor_s(element_ntp_us(ntp & ~UINT64_C(0xffffffff)));
	ns = ((ntp & 0xffffffff) * 1000000000 + (UINT64_C(1) << 31)) >> 32;
	if (digits == 6)
		ns = (ns + 500) / 1000 * 1000;
	if (ns >= 1000000000) {
		ns -= 1000000000;
		s++;
	}
	return add_time(t, s, (uint32_t)ns, digits);
}

static bool add_microseconds(struct text *t, const uint8_t *data, size_t len)
{
	return add_ntp(t, data, len, 6);
}

static bool add_nanoseconds(struct text *t, const uint8_t *data, size_t len)
{
	return add_ntp(t, data, len, 9);
}

static bool (*const writers[ELEMENT_TYPE_COUNT])(struct text *, const uint8_t *, size_t) = {
	[ELEMENT_U8] = add_unsigned,
	[ELEMENT_U16] = add_unsigned,
	[ELEMENT_U32] = add_unsigned,
	[ELEMENT_U64] = add_unsigned,
	[ELEMENT_S32] = add_signed,
	[ELEMENT_F64] = add_float,
	[ELEMENT_BOOLEAN] = add_boolean,
	[ELEMENT_MAC] = add_mac,
	[ELEMENT_IP4] = add_ip4,
	[ELEMENT_IP6] = add_ip6,
	[ELEMENT_STRING] = add_string,
	[ELEMENT_SECONDS] = add_seconds,
	[ELEMENT_MILLISECONDS] = add_milliseconds,
	[ELEMENT_MICROSECONDS] = add_microseconds,
	[ELEMENT_NANOSECONDS] = add_nanoseconds,
};

void decode_value_json(struct text *t, const struct export_value *v)
{
	size_t before = t->len;

	if (writers[v->type] && writers[v->type](t, v->data, v->len))
		return;
	/* A time that is none is shown as the number that was sent. */
	if (v->type >= ELEMENT_SECONDS && v->type <= ELEMENT_NANOSECONDS && t->len == before &&
	    add_unsigned(t, v->data, v->len))
		return;
	add_hex(t, v->data, v->len);
}
