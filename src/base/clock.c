/* SPDX-License-Identifier: ISC */
#include "base/clock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"

static int64_t read_clock(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * US_PER_S + ts.tv_nsec / 1000;
}

int64_t clock_real_us(void)
{
	return read_clock(CLOCK_REALTIME);
}

int64_t clock_mono_us(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

char *time_format_utc(int64_t us, char *buf)
{
	time_t s = time_floor_s(us);
	unsigned frac = (unsigned)(us - (int64_t)s * US_PER_S);
	struct tm tm;

	if (!gmtime_r(&s, &tm) || tm.tm_year + 1900 > 9999 || tm.tm_year + 1900 < 0) {
		snprintf(buf, TIME_TEXT_MAX, "-");
		return buf;
	}
	/* Not strftime: its %Y writes the year 28 with two digits, which RFC 3339 does not. */
	snprintf(buf, TIME_TEXT_MAX, "%04u-%02u-%02uT%02u:%02u:%02u.%06uZ",
		 (unsigned)(tm.tm_year + 1900) % 10000u, (unsigned)(tm.tm_mon + 1) % 100u,
		 (unsigned)tm.tm_mday % 100u, (unsigned)tm.tm_hour % 100u,
		 (unsigned)tm.tm_min % 100u, (unsigned)tm.tm_sec % 100u, frac % 1000000u);
	return buf;
}

char *time_format_local(int64_t us, char *buf)
{
	time_t s = time_floor_s(us);
	struct tm tm;

	if (!localtime_r(&s, &tm) || !strftime(buf, TIME_TEXT_MAX, "%Y-%m-%d %H:%M:%S %Z", &tm))
		snprintf(buf, TIME_TEXT_MAX, "-");
	return buf;
}

/* Exactly @n digits at *@p; -1 where there are not. */
static int digits(const char **p, int n)
{
	int v = 0;

	for (; n > 0; n--, (*p)++) {
		if (**p < '0' || **p > '9')
			return -1;
		v = v * 10 + (**p - '0');
	}
	return v;
}

static int parse_fields(const char **p, struct tm *tm)
{
	static const struct {
		int n;
		char after;
	} form[6] = {{4, '-'}, {2, '-'}, {2, 'T'}, {2, ':'}, {2, ':'}, {2, 0}};
	int v[6];

	for (unsigned i = 0; i < ARRAY_LEN(form); i++) {
		v[i] = digits(p, form[i].n);
		if (v[i] < 0)
			return -EINVAL;
		if (form[i].after && **p != form[i].after &&
		    !(i == 2 && (**p == ' ' || **p == 't')))
			return -EINVAL;
		if (form[i].after)
			(*p)++;
	}
	if (v[1] < 1 || v[1] > 12 || v[2] < 1 || v[2] > 31 || v[3] > 23 || v[4] > 59 || v[5] > 60)
		return -EINVAL;
	*tm = (struct tm){.tm_year = v[0] - 1900,
			  .tm_mon = v[1] - 1,
			  .tm_mday = v[2],
			  .tm_hour = v[3],
			  .tm_min = v[4],
			  .tm_sec = v[5]};
	return 0;
}

static int parse_zone(const char *p, int64_t *shift_s)
{
	int sign = *p == '-' ? -1 : 1, h, m;

	*shift_s = 0;
	if ((*p == 'Z' || *p == 'z') && !p[1])
		return 0;
	if (*p != '+' && *p != '-')
		return -EINVAL;
	p++;
	h = digits(&p, 2);
	if (h < 0 || h > 23 || *p++ != ':')
		return -EINVAL;
	m = digits(&p, 2);
	if (m < 0 || m > 59 || *p)
		return -EINVAL;
	*shift_s = sign * (h * 3600 + m * 60);
	return 0;
}

int time_parse(const char *text, int64_t *us)
{
	int64_t frac = 0, unit = US_PER_S / 10, shift_s;
	const char *p = text;
	struct tm tm, want;
	time_t s;

	if (parse_fields(&p, &tm))
		return -EINVAL;
	if (*p == '.') {
		if (p[1] < '0' || p[1] > '9')
			return -EINVAL;
		for (p++; *p >= '0' && *p <= '9'; p++, unit /= 10)
			frac += (*p - '0') * unit;
	}
	if (parse_zone(p, &shift_s))
		return -EINVAL;
	want = tm;
	s = timegm(&tm);
	if (tm.tm_mday != want.tm_mday) /* 31 February */
		return -EINVAL;
	*us = ((int64_t)s - shift_s) * US_PER_S + frac;
	return 0;
}
