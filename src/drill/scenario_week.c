/* SPDX-License-Identifier: ISC */
/*
 * A busy week of the people on call: 40 attacks of which some are worth waking somebody and some
 * are not, links that are lost, exporters that fail, and things that only look like an attack. Each
 * thing has an hour of its own, drawn by the seed, begins in its first quarter and is over before
 * its end, so that no shift changes while somebody is to be woken; but one attack of 300 bursts
 * goes on beside all for the better part of a day. Flows are steady and few; between the things
 * somebody asks for a name by each link, which shows that its router lives.
 */
#include "base/cleanup.h"
#include "drill/plan.h"
#include "drill/random.h"
#include "drill/week.h"
#include "drill/world.h"

#define S		UINT64_C(1000)
#define MINUTE		(60 * S)
#define HOUR		(60 * MINUTE)
#define HOURS		(WEEK_DAYS * 24)
#define BURSTS		300
#define BURSTS_DAY_LAST 4    /* the 300 bursts take 21 hours; they begin in these first days */
#define SNOOZE_S	7200 /* longer than an hour, at which length alone may make it worse */
#define BURST_PPS	4000
#define MARGIN		(60 * S)
#define THIN		3   /* percent of the ordinary background */
#define LOUD		600 /* so that three percent of a minute's datagrams are more than chance */
#define WITHIN		MINUTE
#define BY_FIRST	1
#define BY_SECOND	2
#define BY_THIRD	4
#define SMALL		3500 /* packets a second that open an attack, and little more */
#define FULL_LINE	130  /* percent of an access line of 100 Mbit/s */

struct maker {
	struct plan *p;
	struct week *w;
	struct rng r;
	uint8_t hour[64]; /* of the week, one for each thing */
	unsigned n_hours, used;
	bool bare;
};

/* What is sent; lengths at which it fills a line well above its threshold. */
struct stuff {
	const char *name;
	enum flood_kind kind;
	enum vector vector;
	enum attack_class class;
	uint16_t port, len;
	uint32_t threshold;
};

static const struct stuff memcached = {"memcached answers",
				       FLOOD_MEMCACHED,
				       VECTOR_AMPLIFICATION,
				       CLASS_CAPACITY,
				       11211,
				       1428,
				       2500};
static const struct stuff ntp = {
	"NTP answers", FLOOD_NTP, VECTOR_AMPLIFICATION, CLASS_CAPACITY, 123, 1400, 2500};
static const struct stuff icmp = {
	"an ICMP flood", FLOOD_ICMP, VECTOR_ICMP_FLOOD, CLASS_CAPACITY, 0, 1400, 2500};
static const struct stuff udp = {"a UDP flood", FLOOD_UDP, VECTOR_UDP_FLOOD, CLASS_CAPACITY, 0,
				 1400,		10000};
static const struct stuff syn = {"a SYN flood", FLOOD_SYN, VECTOR_SYN_FLOOD, CLASS_SERVER, 0, 44,
				 2500};
static const struct stuff scan = {"a port scan", FLOOD_SCAN, VECTOR_SYN_FLOOD, CLASS_NONE, 0, 44,
				  2500};

/* One attack of the week. */
struct blow {
	unsigned site; /* 0: `target` */
	const char *target;
	const struct stuff *stuff;
	uint64_t from, until;
	uint32_t pps;
	uint8_t links;
	uint16_t len; /* 0: of the stuff */
};

static const char *const site_address[SITES + 1] = {
	"",	  SITE(1),  SITE(2),  SITE(3),	SITE(4),  SITE(5),  SITE(6),  SITE(7),	SITE(8),
	SITE(9),  SITE(10), SITE(11), SITE(12), SITE(13), SITE(14), SITE(15), SITE(16), SITE(17),
	SITE(18), SITE(19), SITE(20), SITE(21), SITE(22), SITE(23), SITE(24)};

static uint32_t fill_pps(const struct stuff *s, unsigned percent)
{
	return percent * 1000000u / 8u / s->len;
}

static uint64_t between(struct maker *m, uint64_t low, uint64_t high)
{
	return rng_between(&m->r, (uint32_t)low, (uint32_t)high);
}

/* When the next thing begins: in the first quarter of its hour. */
static uint64_t next_time(struct maker *m)
{
	return m->hour[m->used++] * HOUR + between(m, 5 * MINUTE, 12 * MINUTE);
}

static void surround(struct maker *m, uint64_t from, uint64_t until, unsigned percent)
{
	if (!m->bare)
		plan_add_background(m->p, from - MARGIN, until + MARGIN, percent);
}

static void send(struct maker *m, int16_t attack, const struct blow *b)
{
	bool forged = b->stuff == &syn;

	plan_add_flood(m->p,
		       &(struct flood_row){.attack = attack,
					   .kind = b->stuff->kind,
					   .from_ms = b->from,
					   .until_ms = b->until,
					   .pps = b->pps,
					   .len = b->len ? b->len : b->stuff->len,
					   .sources = forged ? SOURCES_SPOOFED
						      : b->stuff->class == CLASS_NONE ? 1
										      : 120,
					   .answers = b->stuff->class == CLASS_CAPACITY ? 0 : 8,
					   .links = b->links,
					   .steady = true,
					   .salt = 9000u + (uint32_t)attack});
}

static int16_t begin_attack(struct maker *m, const struct blow *b)
{
	struct attack_row row = {
		.target = b->site ? site_address[b->site] : b->target,
		.class = b->stuff->class,
		.direction = DIRECTION_IN,
		.scan = b->stuff->class == CLASS_NONE,
		.spoofed = b->stuff == &syn,
		.vector = {{b->stuff->vector,
			    b->stuff->vector == VECTOR_AMPLIFICATION ? b->stuff->port : 0, 0,
			    b->stuff->threshold}},
		.n_vectors = 1};

	return (int16_t)plan_add_attack(m->p, &row);
}

static struct week_answer answers(struct maker *m)
{
	return (struct week_answer){.act = ACT_ACKNOWLEDGE, .after_s = rng_between(&m->r, 45, 400)};
}

static void remember(struct maker *m, const struct week_thing *t)
{
	if (!week_add(m->w, t))
		m->p->failed = true;
}

/* The truth of an attack that is worth it, or not (@why_not), by whoever answers at once. */
static struct week_thing thing_of(struct maker *m, const struct blow *b, int16_t attack,
				  const char *why_not, const char *more)
{
	struct week_thing t = {.kind = WEEK_INCIDENT,
			       .attack = attack,
			       .target = b->site ? site_address[b->site] : b->target,
			       .why_not = why_not,
			       .from_ms = b->from,
			       .until_ms = b->until,
			       .latest_ms = b->from + WEEK_BURST_S * S + WITHIN};

	snprintf(t.what, sizeof(t.what), "%s%s%s", b->stuff->name, *more ? ", " : "", more);
	if (!why_not)
		t.answer[0] = answers(m);
	return t;
}

static struct week_thing one_blow(struct maker *m, const struct blow *b, const char *why_not,
				  const char *more)
{
	int16_t attack = begin_attack(m, b);

	surround(m, b->from, b->until, THIN);
	send(m, attack, b);
	return thing_of(m, b, attack, why_not, more);
}

static struct blow blow(unsigned site, const struct stuff *stuff, uint64_t from, uint64_t lasts,
			uint32_t pps, uint8_t links)
{
	return (struct blow){.site = site,
			     .stuff = stuff,
			     .from = from,
			     .until = from + lasts,
			     .pps = pps,
			     .links = links};
}

static struct blow filling(struct maker *m, unsigned site, const struct stuff *stuff, uint8_t links)
{
	return blow(site, stuff, next_time(m), between(m, 45 * S, 70 * S),
		    fill_pps(stuff, FULL_LINE), links);
}

/* Lines that are filled, and a critical server whose connections do not come about. */
static void add_plain(struct maker *m)
{
	struct blow list[] = {
		filling(m, 2, &memcached, BY_FIRST), filling(m, 10, &ntp, BY_SECOND),
		filling(m, 12, &icmp, BY_FIRST), filling(m, 16, &udp, BY_SECOND),
		blow(8, &syn, next_time(m), between(m, 40 * S, 60 * S), 6000, BY_FIRST)};

	for (size_t i = 0; i < ARRAY_LEN(list); i++) {
		struct week_thing t = one_blow(m, &list[i], NULL, "it fills the line");

		if (list[i].stuff == &syn)
			snprintf(t.what, sizeof(t.what), "a SYN flood on a critical server");
		remember(m, &t);
	}
}

/* Nobody's night is worth these. */
static void add_small(struct maker *m)
{
	static const char why[] = "severity";
	struct blow list[] = {blow(18, &memcached, next_time(m), 40 * S, SMALL, BY_FIRST),
			      blow(22, &syn, next_time(m), 40 * S, 3200, BY_SECOND),
			      blow(14, &ntp, next_time(m), 45 * S, SMALL, BY_FIRST),
			      blow(10, &icmp, next_time(m), 40 * S, 3200, BY_SECOND),
			      blow(0, &memcached, next_time(m), 40 * S, 4000, BY_FIRST),
			      blow(4, &scan, next_time(m), 20 * S, 4000, BY_FIRST)};
	static const char *const more[] = {"basic contract, less than half of the line",
					   "basic contract, small",
					   "an eighth of the line",
					   "a fortieth of the line",
					   "on a host that nobody has contracted",
					   ""};

	list[2].len = 468;
	list[3].len = 100;
	list[4].target = "198.18.200.7";
	for (size_t i = 0; i < ARRAY_LEN(list); i++) {
		struct week_thing t = one_blow(m, &list[i], why, more[i]);

		remember(m, &t);
	}
}

/* Single bursts below ten seconds; the last one on a site that asks for them. */
static void add_short(struct maker *m)
{
	static const struct {
		unsigned site;
		const struct stuff *stuff;
	} list[] = {{2, &memcached}, {4, &ntp}, {8, &syn}, {10, &udp}, {6, &icmp}};

	for (size_t i = 0; i < ARRAY_LEN(list); i++) {
		struct blow b =
			blow(list[i].site, list[i].stuff, next_time(m), between(m, 4 * S, 7 * S),
			     list[i].stuff == &syn ? 6000 : fill_pps(list[i].stuff, FULL_LINE),
			     BY_FIRST);
		bool asked = week_site_bursts(b.site);
		struct week_thing t =
			one_blow(m, &b, asked ? NULL : "short",
				 asked ? "one burst, on a site that asks for them" : "one burst");

		remember(m, &t);
	}
}

/* A minute at a small rate, then it fills the line. */
static void add_worse(struct maker *m)
{
	static const struct {
		unsigned site;
		const struct stuff *stuff;
		uint16_t len;
	} list[] = {{12, &ntp, 468}, {16, &icmp, 100}, {2, &ntp, 468}};

	for (size_t i = 0; i < ARRAY_LEN(list); i++) {
		struct blow b =
			blow(list[i].site, list[i].stuff, next_time(m), 75 * S, SMALL, BY_FIRST);
		bool at_once = *week_contract(b.site) == 'c';
		struct week_thing t;

		b.len = list[i].len;
		t = one_blow(m, &b, NULL,
			     at_once ? "paged, then it grows tenfold"
				     : "small, then it fills the line");
		b.from = b.until;
		b.until += 60 * S;
		b.pps = fill_pps(b.stuff, FULL_LINE);
		b.len = 0;
		send(m, t.attack, &b);
		surround(m, b.from, b.until, THIN);
		t.until_ms = b.until;
		if (at_once) {
			/* It has an owner by then, who is told that it got worse. */
			t.answer[0].after_s = rng_between(&m->r, 20, 40);
			t.worse_ms = b.from;
		} else {
			t.grows = true;
			t.due_ms = b.from;
			t.latest_ms = b.from + WITHIN;
		}
		remember(m, &t);
	}
}

/* A second one while the first goes on, over another link. */
static void add_pairs(struct maker *m)
{
	for (unsigned i = 0; i < 2; i++) {
		uint64_t from = next_time(m);
		struct blow first = blow(i ? 14 : 12, i ? &icmp : &memcached, from, 90 * S,
					 fill_pps(i ? &icmp : &memcached, FULL_LINE), BY_SECOND);
		struct blow second =
			blow(i ? 2 : 4, i ? &syn : &ntp, from + between(m, 25 * S, 35 * S), 45 * S,
			     i ? 6000 : fill_pps(&ntp, FULL_LINE), BY_FIRST);
		struct week_thing t = one_blow(m, &first, NULL, "another comes while it goes on");

		remember(m, &t);
		t = one_blow(m, &second, NULL, "while another goes on");
		remember(m, &t);
	}
}

/* Bursts of five seconds. Who is woken first sleeps on: @sleepers of them. */
static void add_slept_through(struct maker *m, unsigned sleepers)
{
	uint64_t from = next_time(m), every = sleepers == 1 ? 40 * S : 45 * S;
	unsigned n = (unsigned)((sleepers * 11 + 3) * MINUTE / every);
	struct blow b = blow(sleepers == 1 ? 4 : 8, sleepers == 1 ? &icmp : &memcached, from, 5 * S,
			     BURST_PPS, BY_FIRST);
	int16_t attack = begin_attack(m, &b);
	struct week_thing t =
		thing_of(m, &b, attack, NULL, "short bursts, and nobody answers at once");

	for (unsigned i = 0; i < n; i++) {
		b.from = from + i * every;
		b.until = b.from + 5 * S;
		send(m, attack, &b);
	}
	surround(m, from, b.until, THIN);
	t.until_ms = b.until;
	t.due_ms = from + every;
	t.latest_ms = t.due_ms + WITHIN;
	t.answer[sleepers] = t.answer[0];
	for (unsigned i = 0; i < sleepers; i++)
		t.answer[i] = (struct week_answer){.act = ACT_SLEEP};
	remember(m, &t);
}

static void add_silent(struct maker *m, const char *what, unsigned exporter, uint64_t from,
		       uint64_t until)
{
	static const char *const names[] = {"router-1", "router-2", "router-3"};
	struct week_thing t = {.kind = WEEK_FAULT,
			       .attack = -1,
			       .target = "",
			       .fault = "exporter_silent",
			       .subject = names[exporter],
			       .from_ms = from,
			       .until_ms = until,
			       .due_ms = from + (WEEK_SILENT_S - 15) * S,
			       .latest_ms = from + WITHIN,
			       .answer = {answers(m)}};

	snprintf(t.what, sizeof(t.what), "%s", what);
	plan_add_mute(m->p, &(struct mute_row){.from_ms = from,
					       .until_ms = until,
					       .exporter = (uint8_t)exporter});
	remember(m, &t);
}

/* Out of sight for @dark: what was seen before and comes after is one attack. */
static void add_dark(struct maker *m, struct blow b, uint64_t dark, const char *what,
		     const char *fault)
{
	unsigned exporter = (unsigned)__builtin_ctz(b.links);
	uint64_t lost = b.until, back = lost + dark;
	struct week_thing t = one_blow(m, &b, NULL, what);

	b.from = back;
	b.until = back + 60 * S;
	send(m, t.attack, &b);
	surround(m, lost, b.until, THIN);
	t.until_ms = b.until;
	t.lost = true;
	remember(m, &t);
	/* The last packets are told of some seconds later: the flows' timeout. */
	add_silent(m, fault, exporter, lost, back);
}

static void add_link_losses(struct maker *m)
{
	struct blow b = blow(2, &icmp, next_time(m), 45 * S, fill_pps(&icmp, FULL_LINE), BY_SECOND);
	struct week_thing t = one_blow(m, &b, NULL, "its link is lost, it moves to another");

	b.from = b.until;
	b.until += 45 * S;
	b.links = BY_FIRST;
	send(m, t.attack, &b);
	surround(m, b.from, b.until, THIN);
	t.until_ms = b.until;
	remember(m, &t);

	b = blow(14, &memcached, next_time(m), 120 * S, 8500, BY_FIRST);
	t = one_blow(m, &b, NULL, "of its two links one is lost with its router");
	b.links = BY_THIRD;
	b.pps = 5000;
	b.until = b.from + 50 * S;
	send(m, t.attack, &b);
	remember(m, &t);
	add_silent(m, "a link is lost with its router", 2, b.until, b.until + 6 * MINUTE);

	add_dark(m, blow(8, &ntp, next_time(m), 75 * S, fill_pps(&ntp, FULL_LINE), BY_SECOND),
		 5 * MINUTE, "its only link is lost with its router",
		 "a link is lost with its router");
}

static void add_exporter_failures(struct maker *m)
{
	uint64_t from;
	struct week_thing t = {.kind = WEEK_FAULT,
			       .what = "an exporter loses three percent",
			       .attack = -1,
			       .target = "",
			       .fault = "exporter_loss",
			       .subject = "router-2"};

	add_dark(m,
		 blow(4, &memcached, next_time(m), 75 * S, fill_pps(&memcached, FULL_LINE),
		      BY_FIRST),
		 20 * MINUTE, "its exporter is silent for 20 minutes",
		 "an exporter is silent in the midst of an attack");
	from = next_time(m);
	surround(m, from, from + 15 * MINUTE, LOUD);
	plan_add_mute(m->p, &(struct mute_row){.from_ms = from,
					       .until_ms = from + 15 * MINUTE,
					       .exporter = 1,
					       .percent = 3});
	t.from_ms = t.due_ms = from;
	t.until_ms = from + 15 * MINUTE;
	t.latest_ms = from + 2 * MINUTE; /* a minute must have passed to be measured over */
	t.answer[0] = answers(m);
	remember(m, &t);
}

static void add_storm(struct maker *m)
{
	static const unsigned sites[] = {2, 4, 8, 10, 12, 14, 16, 18, 20, 22};
	uint64_t from = next_time(m);

	for (size_t i = 0; i < ARRAY_LEN(sites); i++) {
		const struct stuff *stuff = i % 2 ? &ntp : &memcached;
		struct blow b = blow(sites[i], stuff, from + between(m, 0, 6 * S), 50 * S,
				     fill_pps(stuff, 105 + i), BY_FIRST);
		struct week_thing t = one_blow(m, &b, NULL, "one of ten at once over one link");

		t.storm = true;
		remember(m, &t);
	}
}

/* 300 bursts of 3 to 8 s with pauses of 20 s to 8 minutes; whoever is woken wants an hour's rest.
 */
static void add_bursts(struct maker *m, uint64_t from)
{
	struct blow b = blow(3, &ntp, from, 0, BURST_PPS, BY_THIRD);
	int16_t attack = begin_attack(m, &b);
	struct week_thing t = thing_of(m, &b, attack, NULL, "300 bursts");

	for (unsigned i = 0; i < BURSTS; i++) {
		b.until = b.from + between(m, 3 * S, 8 * S);
		send(m, attack, &b);
		t.until_ms = b.until;
		b.from = b.until + between(m, 20 * S, 8 * MINUTE);
		if (i)
			continue;
		t.due_ms = b.from;
		t.latest_ms = b.from + WITHIN;
	}
	t.answer[1] = t.answer[0];
	t.answer[0] = (struct week_answer){.act = ACT_SNOOZE, .after_s = 120, .snooze_s = SNOOZE_S};
	remember(m, &t);
}

static void add_innocent(struct maker *m)
{
	uint64_t from = next_time(m);
	struct week_thing t = {.kind = WEEK_NOTHING,
			       .what = "a flash crowd",
			       .attack = -1,
			       .target = SITE(2),
			       .why_not = "no_attack",
			       .from_ms = from,
			       .until_ms = from + 30 * S};
	struct blow b;

	surround(m, t.from_ms, t.until_ms, THIN);
	plan_add_load(m->p, &(struct load_row){.script = SCRIPT_SHORT_VISIT,
					       .from_ms = t.from_ms,
					       .until_ms = t.until_ms,
					       .per_s = 2000,
					       .clients = 4000,
					       .servers = SITE(2),
					       .links = LINK_ALL,
					       .salt = 7700});
	remember(m, &t);
	b = blow(WEEK_WORK_SITE, &udp, next_time(m), 50 * S, 14000, BY_FIRST);
	m->w->work_from_ms = b.from / HOUR * HOUR;
	m->w->work_until_ms = m->w->work_from_ms + 2 * HOUR;
	t = one_blow(m, &b, "maintenance", "the load test of an announced work");
	remember(m, &t);
}

/* Somebody asks for a name over each link every second or two, all week. */
static void add_heartbeat(struct maker *m)
{
	for (unsigned l = 0; l < LINKS; l++)
		plan_add_load(m->p, &(struct load_row){.script = SCRIPT_DNS,
						       .until_ms = WEEK_S * S,
						       .per_ks = 700,
						       .clients = 20,
						       .n_servers = 1,
						       .outbound = true,
						       .links = (uint8_t)(1 << l),
						       .salt = 7800 + l});
}

/*
 * Hours of the week in equal parts, one hour of each, in shuffled order. The last hour of a part
 * is never taken: so an hour lies between two things.
 */
static void draw_hours(struct maker *m, unsigned n)
{
	unsigned part = (HOURS - 2) / n;

	m->n_hours = n;
	for (unsigned i = 0; i < n; i++)
		m->hour[i] = (uint8_t)(1 + i * part + rng_below(&m->r, part - 1));
	for (unsigned i = n; i > 1; i--) {
		unsigned j = rng_below(&m->r, i);
		uint8_t hour = m->hour[i - 1];

		m->hour[i - 1] = m->hour[j];
		m->hour[j] = hour;
	}
}

/* The first of three hours in which nothing else begins and no shift changes. */
static uint64_t free_hours(struct maker *m)
{
	static const uint8_t good[] = {1, 3, 5, 6, 10, 14, 16, 18};
	bool taken = true;
	unsigned hour = 0;

	for (unsigned tries = 0; taken && tries < 10000; tries++) {
		hour = rng_below(&m->r, BURSTS_DAY_LAST + 1) * 24 +
		       good[rng_below(&m->r, ARRAY_LEN(good))];
		taken = false;
		for (unsigned i = 0; i < m->n_hours; i++)
			taken |= m->hour[i] >= hour && m->hour[i] <= hour + 2;
	}
	return hour * HOUR + between(m, 2 * MINUTE, 12 * MINUTE);
}

#define THINGS 31

static void build_week(struct plan *p, uint64_t seed, bool bare)
{
	struct maker m = {.p = p, .r = rng_derive(seed, 0x3a3a), .bare = bare};

	p->week = m.w = week_new();
	if (!m.w) {
		p->failed = true;
		return;
	}
	draw_hours(&m, THINGS);
	add_plain(&m);			/* 5 attacks in 5 hours */
	add_small(&m);			/* 6 in 6 */
	add_short(&m);			/* 5 in 5 */
	add_worse(&m);			/* 3 in 3 */
	add_pairs(&m);			/* 4 in 2 */
	add_slept_through(&m, 1);	/* 1 */
	add_slept_through(&m, 2);	/* 1 */
	add_link_losses(&m);		/* 3 in 3 */
	add_exporter_failures(&m);	/* 1 in 2 */
	add_storm(&m);			/* 10 in 1 */
	add_innocent(&m);		/* none in 2 */
	add_bursts(&m, free_hours(&m)); /* 1 */
	add_heartbeat(&m);
}

const struct scenario scenarios_week[] = {
	{.name = "busy-week",
	 .seconds = WEEK_S,
	 .start = "2026-02-02T00:00:00Z",
	 .exporters = 3,
	 .split = true,
	 .build = build_week,
	 .help = "seven days on call: 40 attacks, 300 bursts of one of them, lost links, failing "
		 "exporters (v9, ipfix)"},
};
const size_t n_scenarios_week = ARRAY_LEN(scenarios_week);
