/* SPDX-License-Identifier: ISC */
/*
 * Numbers with units. The value is a decimal number and a unit from a table, "2.5 kpps"; the
 * product must be a whole number of the base unit, so nothing is ever rounded in silence. Bits are
 * written with a small b and bytes with a capital B, and neither is taken for the other.
 */
#include "conf/units.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "conf/conf.h"

#define KILO	     UINT64_C(1000)
#define MEGA	     (KILO * KILO)
#define GIGA	     (KILO * MEGA)
#define TERA	     (KILO * GIGA)
#define KIBI	     UINT64_C(1024)
#define MEBI	     (KIBI * KIBI)
#define GIBI	     (KIBI * MEBI)
#define TEBI	     (KIBI * GIBI)
#define DECIMALS_MAX 9
#define UNIT_MAX     12 /* longest unit text with its NUL */

struct unit {
	const char *name; /* compared without regard to case */
	uint64_t times;
};

static const struct unit pps_units[] = {
	{"", 1},	{"pps", 1},	{"p/s", 1},	{"packets/s", 1}, {"k", KILO},
	{"kpps", KILO}, {"kp/s", KILO}, {"M", MEGA},	{"Mpps", MEGA},	  {"Mp/s", MEGA},
	{"G", GIGA},	{"Gpps", GIGA}, {"Gp/s", GIGA},
};

static const struct unit bps_units[] = {
	{"", 1},	  {"bps", 1},	    {"bit/s", 1},   {"bits/s", 1},    {"k", KILO},
	{"kbps", KILO},	  {"kbit/s", KILO}, {"kb/s", KILO}, {"M", MEGA},      {"Mbps", MEGA},
	{"Mbit/s", MEGA}, {"Mb/s", MEGA},   {"G", GIGA},    {"Gbps", GIGA},   {"Gbit/s", GIGA},
	{"Gb/s", GIGA},	  {"T", TERA},	    {"Tbps", TERA}, {"Tbit/s", TERA}, {"Tb/s", TERA},
};

static const struct unit byte_units[] = {
	{"", 1},      {"B", 1},	     {"bytes", 1},  {"k", KILO},   {"kB", KILO},
	{"M", MEGA},  {"MB", MEGA},  {"G", GIGA},   {"GB", GIGA},  {"T", TERA},
	{"TB", TERA}, {"KiB", KIBI}, {"MiB", MEBI}, {"GiB", GIBI}, {"TiB", TEBI},
};

static const struct unit time_units[] = {
	{"s", 1},     {"m", 60},	{"min", 60},	    {"h", 3600},
	{"d", 86400}, {"w", 7 * 86400}, {"y", 365 * 86400},
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Digits, and a fraction of at most DECIMALS_MAX; the number is *m / 10^*decimals. */
static int read_number(const char **p, uint64_t *m, unsigned *decimals)
{
	bool fraction = false;

	*m = 0;
	*decimals = 0;
	if (!is_digit(**p))
		return -EINVAL;
	for (; is_digit(**p) || (**p == '.' && !fraction && is_digit((*p)[1])); (*p)++) {
		if (**p == '.') {
			fraction = true;
			continue;
		}
		if (__builtin_mul_overflow(*m, 10, m) || __builtin_add_overflow(*m, **p - '0', m))
			return -EINVAL;
		*decimals += fraction;
	}
	return *decimals <= DECIMALS_MAX ? 0 : -EINVAL;
}

static int scale(uint64_t m, unsigned decimals, uint64_t times, uint64_t *out)
{
	uint64_t divisor = 1, product;

	for (; decimals; decimals--) {
		if (m % 10 == 0)
			m /= 10;
		else if (times % 10 == 0)
			times /= 10;
		else
			divisor *= 10;
	}
	if (__builtin_mul_overflow(m, times, &product) || product % divisor)
		return -EINVAL;
	*out = product / divisor;
	return 0;
}

static const struct unit *find_unit(const struct unit *units, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcasecmp(units[i].name, name) == 0)
			return &units[i];
	return NULL;
}

/* A number, spaces, a unit, the end. */
static int parse_with(const struct unit *units, size_t n, const char *text, uint64_t *out)
{
	const struct unit *u;
	unsigned decimals;
	uint64_t m;

	if (read_number(&text, &m, &decimals))
		return -EINVAL;
	text += strspn(text, " ");
	u = find_unit(units, n, text);
	return u ? scale(m, decimals, u->times, out) : -EINVAL;
}

int conf_parse_pps(const char *text, uint64_t *pps)
{
	return parse_with(pps_units, ARRAY_LEN(pps_units), text, pps);
}

int conf_parse_bps(const char *text, uint64_t *bps)
{
	if (strchr(text, 'B'))
		return -EINVAL;
	return parse_with(bps_units, ARRAY_LEN(bps_units), text, bps);
}

int conf_parse_bytes(const char *text, uint64_t *bytes)
{
	if (strchr(text, 'b') && !strstr(text, "bytes"))
		return -EINVAL;
	return parse_with(byte_units, ARRAY_LEN(byte_units), text, bytes);
}

/* One or more parts, "1h30m"; a bare number is seconds and stands alone. */
int conf_parse_duration(const char *text, uint64_t *s)
{
	uint64_t sum = 0, m, part;
	unsigned decimals, parts = 0;

	for (; *text || parts == 0; parts++) {
		char name[UNIT_MAX];
		size_t n;

		if (read_number(&text, &m, &decimals))
			return -EINVAL;
		text += strspn(text, " ");
		n = strcspn(text, " 0123456789.");
		if (n >= sizeof(name) || (n == 0 && (parts || *text)))
			return -EINVAL;
		memcpy(name, text, n);
		name[n] = '\0';
		const struct unit *u = find_unit(time_units, ARRAY_LEN(time_units), n ? name : "s");
		if (!u || scale(m, decimals, u->times, &part) ||
		    __builtin_add_overflow(sum, part, &sum))
			return -EINVAL;
		text += n;
		text += strspn(text, " ");
	}
	*s = sum;
	return 0;
}

int units_parse_count(const char *text, uint64_t *n)
{
	unsigned decimals;

	return read_number(&text, n, &decimals) || *text || decimals ? -EINVAL : 0;
}

int units_parse_percent(const char *text, uint64_t *percent)
{
	unsigned decimals;

	if (read_number(&text, percent, &decimals) || decimals)
		return -EINVAL;
	text += strspn(text, " ");
	return *text == '\0' || strcmp(text, "%") == 0 ? 0 : -EINVAL;
}

/* The first of @units that divides @value; the last of them must divide everything. */
static void add_exact(struct text *t, uint64_t value, const struct unit *units, size_t n)
{
	size_t i = 0;

	while (i + 1 < n && (value == 0 || value % units[i].times))
		i++;
	text_printf(t, "%llu%s", (unsigned long long)(value / units[i].times), units[i].name);
}

void units_add_pps(struct text *t, uint64_t pps)
{
	text_printf(t, "%llu", (unsigned long long)pps);
}

void units_add_bps(struct text *t, uint64_t bps)
{
	static const struct unit down[] = {
		{"Tbps", TERA}, {"Gbps", GIGA}, {"Mbps", MEGA}, {"kbps", KILO}, {"bps", 1}};

	add_exact(t, bps, down, ARRAY_LEN(down));
}

void units_add_duration(struct text *t, uint64_t s)
{
	static const struct unit down[] = {{"d", 86400}, {"h", 3600}, {"m", 60}, {"s", 1}};

	add_exact(t, s, down, ARRAY_LEN(down));
}

void units_add_bytes(struct text *t, uint64_t bytes)
{
	static const struct unit down[] = {{"TB", TERA},  {"GB", GIGA},	 {"MB", MEGA},
					   {"kB", KILO},  {"TiB", TEBI}, {"GiB", GIBI},
					   {"MiB", MEBI}, {"KiB", KIBI}, {"B", 1}};

	add_exact(t, bytes, down, ARRAY_LEN(down));
}

#define HOUR_MIN 60
#define DAY_MIN	 (24 * HOUR_MIN)

int units_parse_hour(const char *text, uint64_t *minutes)
{
	const char *p = text;
	unsigned v[2];

	for (int i = 0; i < 2; i++) {
		if (!is_digit(p[0]) || !is_digit(p[1]) || p[2] != (i ? '\0' : ':'))
			return -EINVAL;
		v[i] = (unsigned)(p[0] - '0') * 10 + (unsigned)(p[1] - '0');
		p += 3;
	}
	if (v[1] >= HOUR_MIN || v[0] * HOUR_MIN + v[1] > DAY_MIN)
		return -EINVAL;
	*minutes = v[0] * HOUR_MIN + v[1];
	return 0;
}

void units_add_hour(struct text *t, uint64_t minutes)
{
	text_printf(t, "%02u:%02u", (unsigned)(minutes / HOUR_MIN), (unsigned)(minutes % HOUR_MIN));
}
