/* SPDX-License-Identifier: ISC */
/*
 * One notice. First a writer who knows the truth says it the way their form of notice does: an
 * operator by address, minute and link, a feed to the second, a newspaper by name and day. Then
 * mistakes happen, each with the chance that such a writer has of it: another time zone, a stroke
 * of the keyboard, the wrong name for the vector, a name instead of an address, nothing but a link.
 * One in ten speaks of nothing that happened here.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "drill/notices.h"
#include "drill/world.h"

#define MINUTE_US (60 * US_PER_S)
#define HOUR_US	  (60 * MINUTE_US)
#define DAY_US	  (24 * HOUR_US)

enum form { PARTNER, CUSTOMER, NEWS, FEED, CERT, POLICE, FORMS };

/* How a form tells; chances in percent. */
static const struct manner {
	const char *name;
	uint32_t round_s[3];	    /* times are rounded to one of these */
	uint8_t zone, typo, vector; /* mistakes: wrong zone, a stroke, the vector's name */
	uint8_t by_name, only_link; /* instead of the address */
	uint8_t untold_end, untold_vector, prefix, link, japanese;
	uint32_t late_min_s, late_max_s; /* it comes so long after the end */
} manners[FORMS] = {
	[PARTNER] = {"partner", {60, 60, 300}, 10, 5, 8, 2, 14, 20, 10, 15, 40, 10, 600, 7200},
	[CUSTOMER] = {"customer", {300, 600, 1800}, 4, 6, 25, 45, 0, 50, 35, 2, 5, 85, 300, 14400},
	[NEWS] = {"news", {86400, 86400, 3600}, 0, 0, 20, 100, 0, 20, 60, 0, 0, 60, 21600, 172800},
	[FEED] = {"feed", {1, 1, 60}, 2, 0, 8, 0, 0, 5, 5, 8, 0, 0, 60, 900},
	[CERT] = {"cert", {60, 300, 900}, 12, 8, 12, 5, 5, 15, 15, 30, 5, 50, 3600, 43200},
	[POLICE] =
		{"police", {900, 1800, 3600}, 15, 8, 20, 15, 0, 15, 20, 5, 0, 100, 86400, 432000},
};

struct draft {
	struct rng *r;
	const struct manner *m;
	char target[80], vector[80];
	const char *link;
	int64_t from_us, until_us, received_us;
	bool has_end, japanese;
	json_t *mistakes; /* borrowed */
};

static bool chance(struct rng *r, unsigned percent)
{
	return rng_below(r, 100) < percent;
}

static void mistake(struct draft *d, const char *word)
{
	json_array_append_new(d->mistakes, json_string(word));
}

/* ---- what is told ---- */

static const struct {
	enum vector vector;
	uint16_t port;
	const char *said[4];
} spoken[] = {
	{VECTOR_SYN_FLOOD, 0, {"SYN flood", "syn_flood", "TCP SYN", "SYNフラッド"}},
	{VECTOR_ACK_FLOOD, 0, {"ACK flood", "ack_flood", "TCP ACK flood", "ACKフラッド"}},
	{VECTOR_CONN_FLOOD,
	 0,
	 {"connection flood", "conn_flood", "TCP connection flood", "コネクションフラッド"}},
	{VECTOR_UDP_FLOOD, 0, {"UDP flood", "udp_flood", "UDP", "UDPフラッド"}},
	{VECTOR_ICMP_FLOOD, 0, {"ICMP flood", "icmp_flood", "ping flood", "ICMPフラッド"}},
	{VECTOR_FRAGMENT_FLOOD,
	 0,
	 {"fragment flood", "fragment_flood", "IP fragments", "フラグメント"}},
	{VECTOR_AMPLIFICATION,
	 53,
	 {"DNS amplification", "dns_amplification", "DNS reflection", "DNSリフレクション"}},
	{VECTOR_AMPLIFICATION,
	 123,
	 {"NTP amplification", "ntp_amplification", "NTP reflection", "NTPリフレクション攻撃"}},
	{VECTOR_AMPLIFICATION,
	 11211,
	 {"memcached amplification", "memcached_amplification", "memcached DRDoS",
	  "memcached増幅攻撃"}},
	{VECTOR_HTTP_FLOOD, 0, {"HTTP flood", "http_flood", "HTTP GET flood", "HTTPフラッド"}},
	{VECTOR_RST_FLOOD, 0, {"RST flood", "rst_flood", "TCP RST", "RSTフラッド"}},
	{VECTOR_DNS_QUERY_FLOOD,
	 0,
	 {"DNS query flood", "dns_query_flood", "water torture", "DNS水責め攻撃"}},
};

static void say_vector(struct draft *d, enum vector v, uint16_t port)
{
	char name[VECTOR_NAME_MAX];

	snprintf(d->vector, sizeof(d->vector), "%s", vector_name(v, port, name));
	for (size_t i = 0; i < ARRAY_LEN(spoken); i++)
		if (spoken[i].vector == v && spoken[i].port == port)
			snprintf(d->vector, sizeof(d->vector), "%s",
				 spoken[i].said[d->japanese ? 3 : rng_below(d->r, 3)]);
}

/* The wrong name: mostly of the same protocol, as from a picture of traffic. */
static void say_wrong_vector(struct draft *d, enum vector v)
{
	static const enum vector tcp[] = {VECTOR_SYN_FLOOD, VECTOR_ACK_FLOOD, VECTOR_CONN_FLOOD,
					  VECTOR_HTTP_FLOOD};
	bool is_tcp = false;
	size_t i;

	for (size_t k = 0; k < ARRAY_LEN(tcp); k++)
		is_tcp |= tcp[k] == v;
	if (chance(d->r, 60) && is_tcp) {
		say_vector(d, tcp[rng_below(d->r, ARRAY_LEN(tcp))], 0);
	} else if (chance(d->r, 50)) {
		snprintf(d->vector, sizeof(d->vector), "%s", d->japanese ? "DDoS攻撃" : "DDoS");
	} else {
		i = rng_below(d->r, ARRAY_LEN(spoken));
		say_vector(d, spoken[i].vector, spoken[i].port);
	}
	mistake(d, "vector");
}

static void tell_vector(struct draft *d, const struct noticed_attack *a)
{
	unsigned i = a->n_parts ? rng_below(d->r, a->n_parts) : 0;

	if (!a->n_parts || chance(d->r, d->m->untold_vector))
		return;
	if (chance(d->r, d->m->vector))
		say_wrong_vector(d, a->part[i].vector);
	else
		say_vector(d, a->part[i].vector, a->part[i].port);
}

/* One stroke: a digit changed, left out, doubled, or two exchanged. */
static void mistype(struct draft *d)
{
	size_t n = strcspn(d->target, "/"), at, len = strlen(d->target);

	do {
		at = rng_below(d->r, (uint32_t)n);
	} while (d->target[at] < '0' || d->target[at] > '9');
	switch (rng_below(d->r, 4)) {
	case 0:
		d->target[at] =
			(char)('0' + (d->target[at] - '0' + 1 + (int)rng_below(d->r, 9)) % 10);
		break;
	case 1:
		memmove(d->target + at, d->target + at + 1, len - at);
		break;
	case 2:
		memmove(d->target + at + 1, d->target + at, len - at + 1);
		break;
	default:
		if (at + 1 < n && d->target[at + 1] != d->target[at]) {
			char c = d->target[at];

			d->target[at] = d->target[at + 1];
			d->target[at + 1] = c;
		} else {
			d->target[at] = d->target[at] == '9' ? '8' : (char)(d->target[at] + 1);
		}
	}
	mistake(d, "typo");
}

/* "site-05" as a newspaper or a customer writes it. */
static void say_name(struct draft *d, const char *object)
{
	switch (rng_below(d->r, 4)) {
	case 0:
		snprintf(d->target, sizeof(d->target), "www.%s.example", object);
		break;
	case 1:
		snprintf(d->target, sizeof(d->target), "%s", object);
		if (d->target[0] >= 'a' && d->target[0] <= 'z')
			d->target[0] = (char)(d->target[0] - 'a' + 'A');
		for (char *p = d->target; *p; p++)
			*p = *p == '-' ? ' ' : *p;
		break;
	default:
		snprintf(d->target, sizeof(d->target), "%s", object);
	}
}

static void tell_target(struct draft *d, const struct noticed_attack *a)
{
	struct prefix p;

	snprintf(d->target, sizeof(d->target), "%s", a->target);
	if (*a->object && chance(d->r, d->m->by_name)) {
		say_name(d, a->object);
		mistake(d, "name");
		return;
	}
	if (!strchr(a->target, '/') && !strchr(a->target, ':') && chance(d->r, d->m->prefix) &&
	    prefix_parse(a->target, true, &p) == 0) {
		struct prefix wide = prefix_of(&p.addr, PREFIX_V4_BASE + 24);

		prefix_format(&wide, d->target);
		mistake(d, "prefix");
	}
	if (chance(d->r, d->m->typo))
		mistype(d);
}

static int64_t round_down(int64_t us, int64_t step_us)
{
	return us - us % step_us;
}

static void tell_times(struct draft *d, int64_t first_us, int64_t last_us)
{
	static const int zones[] = {9, 9, 9, 9, -9, 1, -1, 8, -8, -5, 5, 2};
	int64_t step_us = (int64_t)d->m->round_s[rng_below(d->r, 3)] * US_PER_S;

	d->received_us =
		last_us + (int64_t)rng_between(d->r, d->m->late_min_s, d->m->late_max_s) * US_PER_S;
	d->from_us = round_down(first_us + (int64_t)rng_below(d->r, 2) * step_us / 2, step_us);
	d->until_us = round_down(last_us + step_us - 1, step_us);
	if (d->until_us <= d->from_us)
		d->until_us = d->from_us + step_us;
	d->has_end = !chance(d->r, d->m->untold_end);
	if (step_us >= 60 * MINUTE_US)
		mistake(d, step_us == DAY_US ? "day" : "hour");
	if (chance(d->r, d->m->zone)) {
		int64_t shift_us = zones[rng_below(d->r, ARRAY_LEN(zones))] * HOUR_US;

		d->from_us += shift_us;
		d->until_us += shift_us;
		mistake(d, "zone");
	}
}

/* ---- what belongs to nothing ---- */

static bool quiet_around(const struct noticed_attacks *a, const char *target, int64_t us)
{
	for (unsigned i = 0; i < a->n; i++)
		if ((!target || strcmp(a->list[i].target, target) == 0) &&
		    us > a->list[i].first_us - 4 * DAY_US && us < a->list[i].last_us + 4 * DAY_US)
			return false;
	return true;
}

/* Something hosted abroad, an address that was never hit, or a quiet week of one that was. */
static void draw_nothing(const struct noticed_attacks *a, struct draft *d,
			 struct noticed_attack *out)
{
	int64_t span_s = (a->until_us - a->from_us) / US_PER_S + 86400;
	unsigned how = rng_below(d->r, 3);

	*out = (struct noticed_attack){.n_parts = 1, .part[0].vector = VECTOR_SYN_FLOOD};
	out->first_us = a->from_us + (int64_t)rng_below(d->r, (uint32_t)span_s) * US_PER_S;
	if (how == 0)
		snprintf(out->target, sizeof(out->target), "192.0.2.%u",
			 rng_between(d->r, 120, 250));
	else
		snprintf(out->target, sizeof(out->target), "198.18.77.%u",
			 rng_between(d->r, 1, 250));
	for (int i = 0; how == 2 && i < 20; i++) {
		char site[40];
		int64_t us = a->from_us + (int64_t)rng_below(d->r, (uint32_t)span_s) * US_PER_S;
		unsigned n = rng_between(d->r, 1, SITES);

		snprintf(site, sizeof(site), "198.18.10.%u", n);
		if (!quiet_around(a, site, us))
			continue;
		memcpy(out->target, site, sizeof(site));
		snprintf(out->object, sizeof(out->object), "site-%02u", n);
		out->first_us = us;
		break;
	}
	out->last_us = out->first_us + (int64_t)rng_between(d->r, 120, 3600) * US_PER_S;
}

/* ---- the notice ---- */

static json_t *time_json(int64_t us, bool japanese)
{
	char text[TIME_TEXT_MAX], local[TIME_TEXT_MAX + 8];

	if (!japanese)
		return json_string(time_format_utc(us, text));
	time_format_utc(us + 9 * HOUR_US, text);
	snprintf(local, sizeof(local), "%.19s+09:00", text);
	return json_string(local);
}

static json_t *words_json(const struct draft *d, enum form form)
{
	static const char *const en[FORMS] = {
		"We see this on our side of the peering. Please look at it.",
		"Our site cannot be reached. Please help.",
		"The site was unreachable for many readers, its operator said.",
		"automatic report",
		"We were informed of an attack on a host in your network.",
		"Please preserve your records of this."};
	static const char *const ja[FORMS] = {
		"当社側のピアリングで観測しています。ご確認ください。",
		"サイトにつながりません。\n至急確認をお願いします。",
		"運営者によると、閲覧しづらい状態が続いたという。",
		"自動通知",
		"貴組織のネットワーク内のホストへの攻撃について連絡を受けました。",
		"本件に関する記録の保全をお願いします。"};

	return json_string(d->japanese ? ja[form] : en[form]);
}

static json_t *notice_json(const struct draft *d, enum form form, bool abroad)
{
	json_t *o = json_object(), *span = json_object();

	json_object_set_new(o, "form", json_string(d->m->name));
	json_object_set_new(o, "from", json_sprintf("%s %u", d->m->name, rng_below(d->r, 40)));
	json_object_set_new(o, "received", time_json(d->received_us, false));
	if (*d->target)
		json_object_set_new(o, "target", json_pack("[s]", d->target));
	if (*d->vector)
		json_object_set_new(o, "vector", json_pack("[s]", d->vector));
	if (d->link)
		json_object_set_new(o, "link", json_pack("[s]", d->link));
	json_object_set_new(span, "from", time_json(d->from_us, d->japanese));
	if (d->has_end)
		json_object_set_new(span, "until", time_json(d->until_us, d->japanese));
	json_object_set_new(o, "span", span);
	if (abroad)
		json_object_set_new(o, "hosted_abroad", json_true());
	if (form == NEWS && chance(d->r, 40))
		json_object_set_new(
			o, "motive",
			json_string(d->japanese ? "抗議の表明とみられる" : "a protest"));
	json_object_set_new(o, "text", words_json(d, form));
	json_object_set_new(o, "language", json_string(d->japanese ? "ja" : "en"));
	return o;
}

json_t *notice_make(const struct noticed_attacks *a, struct rng *r)
{
	enum form form = (enum form)rng_below(r, FORMS);
	bool nothing = a->n == 0 || chance(r, 10);
	json_t *mistakes = json_array();
	struct draft d = {.r = r, .m = &manners[form], .mistakes = mistakes};
	struct noticed_attack made;
	const struct noticed_attack *of = nothing ? &made : &a->list[rng_below(r, a->n)];

	d.japanese = chance(r, d.m->japanese);
	if (nothing)
		draw_nothing(a, &d, &made);
	tell_target(&d, of);
	tell_vector(&d, of);
	tell_times(&d, of->first_us, of->last_us);
	if (of->n_links && chance(r, d.m->link))
		d.link = of->link[rng_below(r, of->n_links)];
	if (of->n_links && chance(r, d.m->only_link)) {
		d.link = of->link[rng_below(r, of->n_links)];
		d.target[0] = '\0';
		mistake(&d, "only_link");
	}
	return json_pack("{sos{sossso}}", "notice",
			 notice_json(&d, form, nothing && strncmp(of->target, "192.0.2.", 8) == 0),
			 "truth", "attack", nothing ? json_null() : json_string(of->id), "form",
			 d.m->name, "mistakes", mistakes);
}
