/* SPDX-License-Identifier: ISC */
/*
 * One row per type: its name, what a good value looks like, and how it is read and written. Numbers
 * share one reader that knows limits and "never" and stores into fields of 1, 4 or 8 bytes.
 */
#include "conf/value.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/ip.h"
#include "conf/conf.h"
#include "conf/mistake.h"
#include "conf/units.h"

struct value_type {
	const char *name, *expects;
	int (*read)(const struct conf_key *k, const char *s, void *at, struct text *why);
	void (*write)(const struct conf_key *k, const void *at, struct text *out);
	int (*parse)(const char *s, uint64_t *n); /* numbers only, as is: */
	void (*add)(struct text *t, uint64_t n);
};

static const struct value_type types[TYPE_COUNT_];

/* Officially assigned codes of ISO 3166-1 alpha-2. */
static const char countries[] =
	"AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ "
	"BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM "
	"DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS "
	"GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN "
	"KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ "
	"MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM "
	"PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV "
	"SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI "
	"VN VU WF WS YE YT ZA ZM ZW ";

static uint64_t load(const struct conf_key *k, const void *at)
{
	uint32_t v32;
	uint64_t v64;

	if (k->size == 1)
		return *(const uint8_t *)at;
	if (k->size == 4) {
		memcpy(&v32, at, 4);
		return v32;
	}
	memcpy(&v64, at, 8);
	return v64;
}

static void keep(const struct conf_key *k, void *at, uint64_t v)
{
	uint32_t v32 = (uint32_t)v;
	uint8_t v8 = (uint8_t)v;

	memcpy(at, k->size == 1 ? (void *)&v8 : k->size == 4 ? (void *)&v32 : (void *)&v, k->size);
}

static uint64_t never_of(const struct conf_key *k)
{
	if (k->flags & KEY_ZERO)
		return 0;
	return k->size == 4 ? UINT32_MAX : UINT64_MAX;
}

static void refuse_limit(const struct conf_key *k, const char *most, uint64_t limit,
			 struct text *why)
{
	text_printf(why, "must be at %s ", most);
	types[k->type].add(why, limit);
	if (k->flags & (KEY_NEVER | KEY_ZERO))
		text_add(why, "; \"never\" switches it off");
}

static int number_read(const struct conf_key *k, const char *s, void *at, struct text *why)
{
	uint64_t v;

	if ((k->flags & (KEY_NEVER | KEY_ZERO)) && strcmp(s, "never") == 0) {
		keep(k, at, never_of(k));
		return 0;
	}
	if (types[k->type].parse(s, &v))
		return -EINVAL;
	if (v < k->min || v > k->max) {
		if (why)
			refuse_limit(k, v < k->min ? "least" : "most", v < k->min ? k->min : k->max,
				     why);
		return -EINVAL;
	}
	keep(k, at, v);
	return 0;
}

static void number_write(const struct conf_key *k, const void *at, struct text *out)
{
	if (value_is_never(k, at))
		text_add(out, "never");
	else
		types[k->type].add(out, load(k, at));
}

static void add_percent(struct text *t, uint64_t n)
{
	text_printf(t, "%llu%%", (unsigned long long)n);
}

/* @refused: not 0 where a text of that @kind may not go on. */
static int text_take(const struct conf_key *k, const char *s, void *at, struct text *why,
		     size_t (*refused)(const char *p), const char *kind)
{
	size_t n = strlen(s);

	for (const char *p = s; *p; p++) {
		if (refused(p)) {
			if (why)
				text_printf(why, "must be %s without control characters", kind);
			return -EINVAL;
		}
	}
	if (n >= k->size) {
		if (why)
			text_printf(why, "is longer than %u bytes", k->size - 1);
		return -EINVAL;
	}
	memset(at, 0, k->size);
	memcpy(at, s, n);
	return 0;
}

static int text_read(const struct conf_key *k, const char *s, void *at, struct text *why)
{
	return text_take(k, s, at, why, unprintable_at, "one line");
}

/* Where a text of several lines may not go on: controls, but for the end of a line and a tab. */
static size_t breaks_lines(const char *p)
{
	return *p == '\n' || *p == '\t' ? 0 : unprintable_at(p);
}

static int lines_read(const struct conf_key *k, const char *s, void *at, struct text *why)
{
	return text_take(k, s, at, why, breaks_lines, "a text");
}

static int name_read(const struct conf_key *k, const char *s, void *at, struct text *why)
{
	size_t n = strlen(s);

	if (n == 0 || s[0] == ' ' || s[n - 1] == ' ')
		return -EINVAL;
	return text_read(k, s, at, why);
}

static int mail_read(const struct conf_key *k, const char *s, void *at, struct text *why)
{
	const char *sign = strrchr(s, '@');

	if (!sign || sign == s || !sign[1] || strpbrk(s, " <>,;\t"))
		return -EINVAL;
	return text_read(k, s, at, why);
}

static void text_write(const struct conf_key *k, const void *at, struct text *out)
{
	text_add(out, at);
}

/* Position of @s in the row's words; says which there are. */
static int word_index(const struct conf_key *k, const char *s, struct text *why)
{
	const char *near;
	char q[QUOTE_MAX];
	size_t n = 0;

	for (; k->words[n]; n++)
		if (strcmp(k->words[n], s) == 0)
			return (int)n;
	if (!why)
		return -EINVAL;
	near = text_nearest(s, k->words, n);
	text_printf(why, "%s is not one of", quote(s, q));
	for (size_t i = 0; i < n; i++)
		text_printf(why, "%s %s", i ? "," : "", k->words[i]);
	if (near)
		text_printf(why, "; did you mean \"%s\"?", near);
	return -EINVAL;
}

static int word_read(const struct conf_key *k, const char *s, void *at, struct text *why)
{
	int i = word_index(k, s, why);

	if (i < 0)
		return -EINVAL;
	keep(k, at, (uint64_t)i);
	return 0;
}

static void word_write(const struct conf_key *k, const void *at, struct text *out)
{
	text_add(out, k->words[load(k, at)]);
}

static int choice_read(const struct conf_key *k, const char *s, void *at, struct text *why)
{
	return word_index(k, s, why) < 0 ? -EINVAL : text_read(k, s, at, why);
}

static int country_read(const struct conf_key *k, const char *s, void *at, struct text *why)
{
	char code[4] = {0};

	if (strlen(s) != 2)
		return -EINVAL;
	for (int i = 0; i < 2; i++)
		code[i] = s[i] >= 'a' && s[i] <= 'z' ? (char)(s[i] - 'a' + 'A') : s[i];
	code[2] = ' ';
	if ((k->flags & KEY_REGION) && (strcmp(code, "EU ") == 0 || strcmp(code, "ZZ ") == 0)) {
		code[2] = '\0';
		memcpy(at, code, 3);
		return 0;
	}
	if (code[0] == ' ' || code[1] == ' ' || !strstr(countries, code))
		return -EINVAL;
	code[2] = '\0';
	memcpy(at, code, 3);
	return 0;
}

static int ip_read(const struct conf_key *k, const char *s, void *at, struct text *why)
{
	struct ip ip;

	if (ip_parse(s, &ip))
		return -EINVAL;
	memcpy(at, &ip, sizeof(ip));
	return 0;
}

static void ip_write(const struct conf_key *k, const void *at, struct text *out)
{
	char buf[IP_TEXT_MAX];

	text_add(out, ip_format(at, buf));
}

static int prefix_read(const struct conf_key *k, const char *s, void *at, struct text *why)
{
	char buf[PREFIX_TEXT_MAX], q[QUOTE_MAX];
	struct prefix p;

	if (prefix_parse(s, false, &p)) {
		if (prefix_parse(s, true, &p) == 0 && why)
			text_printf(why, "%s has bits set behind its length; the prefix is %s",
				    quote(s, q), prefix_format(&p, buf));
		return -EINVAL;
	}
	memset(at, 0, sizeof(p));
	((struct prefix *)at)->addr = p.addr;
	((struct prefix *)at)->len = p.len;
	return 0;
}

static void prefix_write(const struct conf_key *k, const void *at, struct text *out)
{
	char buf[PREFIX_TEXT_MAX];

	text_add(out, prefix_format(at, buf));
}

/* "2055", "*:2055", "192.0.2.1:2055", "[2001:db8::1]:2055". */
static int endpoint_read(const struct conf_key *k, const char *s, void *at, struct text *why)
{
	const char *colon = strrchr(s, ':'), *port = colon ? colon + 1 : s;
	struct conf_listen l = {.addr = {.u = {0, 0}}};
	size_t n = colon ? (size_t)(colon - s) : 0;
	char host[IP_TEXT_MAX];
	uint64_t number;

	if (units_parse_count(port, &number) || number == 0 || number > UINT16_MAX)
		return -EINVAL;
	if (n >= 2 && s[0] == '[' && s[n - 1] == ']') {
		s++;
		n -= 2;
	} else if (memchr(s, ':', n)) {
		return -EINVAL;
	}
	if (n >= sizeof(host))
		return -EINVAL;
	memcpy(host, s, n);
	host[n] = '\0';
	if (colon && strcmp(host, "*") != 0 && ip_parse(host, &l.addr))
		return -EINVAL;
	l.port = (uint16_t)number;
	memset(at, 0, sizeof(l));
	((struct conf_listen *)at)->addr = l.addr;
	((struct conf_listen *)at)->port = l.port;
	return 0;
}

static void endpoint_write(const struct conf_key *k, const void *at, struct text *out)
{
	const struct conf_listen *l = at;
	char buf[IP_TEXT_MAX];

	if (l->addr.u[0] == 0 && l->addr.u[1] == 0)
		text_printf(out, "%u", l->port);
	else
		text_printf(out, ip_is_v4(&l->addr) ? "%s:%u" : "[%s]:%u", ip_format(&l->addr, buf),
			    l->port);
}

static int when_read(const struct conf_key *k, const char *s, void *at, struct text *why)
{
	char buf[TIME_TEXT_MAX];
	int64_t us;

	if (time_parse(s, &us) || time_format_utc(us, buf)[0] == '-') /* a year that has no text */
		return -EINVAL;
	memcpy(at, &us, sizeof(us));
	return 0;
}

static void when_write(const struct conf_key *k, const void *at, struct text *out)
{
	char buf[TIME_TEXT_MAX];
	int64_t us;

	memcpy(&us, at, sizeof(us));
	text_add(out, time_format_utc(us, buf));
}

static int date_read(const struct conf_key *k, const char *s, void *at, struct text *why)
{
	char whole[32];

	if (strlen(s) != 10)
		return -EINVAL;
	snprintf(whole, sizeof(whole), "%sT00:00:00Z", s);
	return when_read(k, whole, at, why);
}

static void date_write(const struct conf_key *k, const void *at, struct text *out)
{
	char buf[TIME_TEXT_MAX];
	int64_t us;

	memcpy(&us, at, sizeof(us));
	text_add_n(out, time_format_utc(us, buf), 10);
}

#define NUMBER(n, e, p, a)                                                                         \
	{                                                                                          \
		(n), (e), number_read, number_write, (p), (a)                                      \
	}

static const struct value_type types[TYPE_COUNT_] = {
	[TYPE_NAME] = {"name", "a name: one line, no space at its ends", name_read, text_write},
	[TYPE_TEXT] = {"text", "a text of one line", text_read, text_write},
	[TYPE_LINES] = {"text", "a text", lines_read, text_write},
	[TYPE_MAIL] = {"mail address", "a mail address such as noc@example.net", mail_read,
		       text_write},
	[TYPE_CHOICE] = {"word", "one of its words", choice_read, text_write},
	[TYPE_WORD] = {"word", "one of its words", word_read, word_write},
	[TYPE_COUNTRY] = {"country", "an ISO 3166 alpha-2 code such as JP", country_read,
			  text_write},
	[TYPE_IP] = {"address", "an IPv4 or IPv6 address", ip_read, ip_write},
	[TYPE_PREFIX] = {"prefix", "a prefix such as 192.0.2.0/24 or 2001:db8::/32", prefix_read,
			 prefix_write},
	[TYPE_ENDPOINT] = {"endpoint",
			   "a port or an address and port such as 2055, "
			   "192.0.2.1:2055 or \"[2001:db8::1]:2055\"",
			   endpoint_read, endpoint_write},
	[TYPE_COUNT] = NUMBER("number", "a whole number", units_parse_count, units_add_pps),
	[TYPE_TIMES] = NUMBER("number", "a whole number", units_parse_count, units_add_pps),
	[TYPE_PERCENT] = NUMBER("percentage", "a whole percentage such as 80%", units_parse_percent,
				add_percent),
	[TYPE_PPS] = NUMBER("packet rate", "a packet rate such as 2500 or 2.5kpps", conf_parse_pps,
			    units_add_pps),
	[TYPE_BPS] = NUMBER("bit rate", "a bit rate such as 1.5Gbps or 100 Mbit/s", conf_parse_bps,
			    units_add_bps),
	[TYPE_BYTES] =
		NUMBER("size", "a size such as 200MB or 1GiB", conf_parse_bytes, units_add_bytes),
	[TYPE_DURATION] = NUMBER("duration", "a duration such as 10s, 5m, 2h or 30d",
				 conf_parse_duration, units_add_duration),
	[TYPE_HOUR] = NUMBER("time of day", "a time of day such as 08:30, up to 24:00",
			     units_parse_hour, units_add_hour),
	[TYPE_TIME] = {"time", "a time such as 2026-08-08T09:00:00+09:00", when_read, when_write},
	[TYPE_DATE] = {"date", "a date such as 2026-08-08", date_read, date_write},
};

int value_read(const struct conf_key *k, const char *s, void *at, struct text *why)
{
	char q[QUOTE_MAX];
	size_t before = why ? why->len : 0;

	if (types[k->type].read(k, s, at, why) == 0)
		return 0;
	if (why && why->len == before)
		text_printf(why, "%s is not %s%s", quote(s, q), types[k->type].expects,
			    k->flags & (KEY_NEVER | KEY_ZERO) ? ", or never" : "");
	return -EINVAL;
}

void value_write(const struct conf_key *k, const void *at, struct text *out)
{
	types[k->type].write(k, at, out);
}

const char *value_type_name(const struct conf_key *k)
{
	return types[k->type].name;
}

bool value_is_number(const struct conf_key *k)
{
	return types[k->type].parse != NULL && k->type != TYPE_HOUR;
}

uint64_t value_number(const struct conf_key *k, const void *at)
{
	return load(k, at);
}

bool value_is_never(const struct conf_key *k, const void *at)
{
	return (k->flags & (KEY_NEVER | KEY_ZERO)) && load(k, at) == never_of(k);
}

bool value_is_empty(const struct conf_key *k, const void *at)
{
	const uint8_t *p = at;
	int64_t us;

	if (k->type == TYPE_TIME || k->type == TYPE_DATE) {
		memcpy(&us, at, sizeof(us));
		if (us == TIME_NONE)
			return true;
	}
	for (uint32_t i = 0; i < k->size; i++)
		if (p[i])
			return false;
	return true;
}
