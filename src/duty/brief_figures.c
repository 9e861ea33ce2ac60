/* SPDX-License-Identifier: ISC */
/* Figures and times as they are said: none is empty, none pretends to be more exact than it is. */
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <time.h>

#include "base/zone.h"
#include "duty/brief_words.h"

void words_share(double share, bool ja, struct text *out)
{
	if (share < 0.01)
		text_add(out, ja ? "1 % 未満" : "under 1 %");
	else if (share >= 100)
		text_add(out, ja ? "9,999 % 超" : "over 9,999 %");
	else
		text_printf(out, "%.0f %%", 100 * share);
}

bool words_rate(uint64_t value, const char *unit, struct text *out)
{
	if (value)
		text_rate(out, (double)value, unit);
	return value > 0;
}

bool words_figures(const struct incident *inc, bool ja, struct text *out)
{
	const struct finding *f = &inc->f;

	if (!f->peak_bps && !f->peak_pps)
		return false;
	if (!f->sampling_known && !ja)
		text_add(out, "at least ");
	if (words_rate(f->peak_bps, "bit/s", out) && f->peak_pps)
		text_add(out, ja ? "、" : " and ");
	words_rate(f->peak_pps, "pps", out);
	if (!f->sampling_known && ja)
		text_add(out, " 以上");
	return true;
}

const char *words_space(const char *name)
{
	size_t n = strlen(name);

	return n && (unsigned char)name[n - 1] < 0x80 ? " " : "";
}

/* Three digits, the rest zeros. */
static uint64_t rounded(uint64_t n)
{
	uint64_t unit = 1;

	while (n / unit >= 1000)
		unit *= 10;
	return unit > 1 ? (n + unit / 2) / unit * unit : n;
}

void words_count(uint64_t n, struct text *out)
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%" PRIu64, rounded(n));

	for (int i = 0; i < len; i++) {
		text_add_n(out, digits + i, 1);
		if (i + 1 < len && (len - i - 1) % 3 == 0)
			text_add(out, ",");
	}
}

void words_duration(int64_t us, bool ja, struct text *out)
{
	static const struct {
		int64_t s, below; /* of the next smaller unit */
		const char *en, *ja;
	} units[] = {{86400, 3600, "d", "日"},
		     {3600, 60, "h", "時間"},
		     {60, 1, "min", "分"},
		     {1, 0, "s", "秒"}};
	int64_t s = us / US_PER_S;

	if (s < 1) {
		text_add(out, ja ? "1 秒未満" : "under 1 s");
		return;
	}
	for (unsigned i = 0; i < ARRAY_LEN(units); i++) {
		int64_t rest;

		if (s < units[i].s)
			continue;
		text_printf(out, "%" PRId64 " %s", s / units[i].s, ja ? units[i].ja : units[i].en);
		rest = units[i].below ? s % units[i].s / units[i].below : 0;
		/* Seconds beside many minutes are nobody's matter. */
		if (rest && !(units[i].s == 60 && s >= 600))
			text_printf(out, " %" PRId64 " %s", rest,
				    ja ? units[i + 1].ja : units[i + 1].en);
		return;
	}
}

static bool same_day(const char *zone, int64_t a, int64_t b)
{
	struct tm x, y;

	zone_local(zone, a, &x);
	zone_local(zone, b, &y);
	return x.tm_year == y.tm_year && x.tm_yday == y.tm_yday;
}

void words_time(const char *zone, int64_t us, int64_t now_us, struct text *out)
{
	char buf[TIME_TEXT_MAX];

	text_add(out, zone_format(zone, us, !same_day(zone, us, now_us), buf));
}

void words_span(const char *zone, int64_t from_us, int64_t until_us, int64_t now_us, bool ja,
		struct text *out)
{
	bool brief = until_us - from_us < 60 * US_PER_S;

	text_add(out, ja ? "" : brief ? "at " : "from ");
	words_time(zone, from_us, now_us, out);
	if (brief) {
		text_add(out, ja ? " に " : " for ");
		words_duration(until_us - from_us, ja, out);
		text_add(out, ja ? "間" : "");
		return;
	}
	text_add(out, ja ? " から " : " to ");
	/* The day is not said again. */
	words_time(zone, until_us, from_us, out);
	text_add(out, ja ? " まで（" : " (");
	words_duration(until_us - from_us, ja, out);
	text_add(out, ja ? "）" : ")");
}

void words_day_time(const char *zone, int64_t us, struct text *out)
{
	char buf[TIME_TEXT_MAX];

	text_add(out, zone_format(zone, us, true, buf));
}

unsigned words_words(const char *s)
{
	unsigned n = 0;

	for (bool in = false; *s; s++) {
		n += !in && *s != ' ' && *s != '\n';
		in = *s != ' ' && *s != '\n';
	}
	return n;
}
