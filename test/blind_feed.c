/* SPDX-License-Identifier: ISC */
#include "blind_feed.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "blind_house.h"
#include "drill/random.h"
#include "drill/router.h"

#define START_US   (INT64_C(1218000000) * 1000000)
#define BEFORE_S   200 /* of usual traffic */
#define WARM_S	   12  /* of anything, in which the clocks of a router are learnt */
#define NOBODY	   400
#define STAGGER_US (3 * US_PER_S)
#define AFTER_US   (25 * US_PER_S) /* routers hold single packets for 15 s */

/* An even stream of packets: an attack, or the usual traffic of a target. */
struct stream {
	int64_t from_us, until_us;
	double next, step; /* microseconds since from_us */
	double jitter; /* behind that, so that every Nth packet is not always the same stream's */
	unsigned target;
	bool usual, out; /* of the usual: by chance, not evenly; sent by the target */
	uint64_t n;
};

struct run {
	const struct feed *f;
	struct house house;
	struct rng rng;
	struct stream stream[3 * FEED_TARGETS_MAX + 1];
	unsigned heap[3 * FEED_TARGETS_MAX + 1], n_heap, n_streams;
	struct world world;
	struct router *router;
	int64_t tick_us;
	uint32_t countdown;
};

const char *feed_format_name(enum feed_format f)
{
	static const char *const names[FEED_FORMATS] = {"packets", "v5", "v9", "ipfix", "sflow"};

	return names[f];
}

/* 20.0.0.1 and on, each in a /20 of its own. */
static uint32_t target_addr(unsigned target)
{
	return HOUSE_FIRST + 1 + target * HOUSE_EACH;
}

static double uniform(struct rng *r)
{
	return (double)(rng_next(r) >> 11) * 0x1p-53;
}

static double due(const struct run *r, unsigned stream)
{
	const struct stream *s = &r->stream[stream];

	return (double)s->from_us + s->next + s->jitter;
}

static void sift(struct run *r, unsigned at)
{
	for (;;) {
		unsigned least = at;

		for (unsigned k = 2 * at + 1; k <= 2 * at + 2 && k < r->n_heap; k++)
			if (due(r, r->heap[k]) < due(r, r->heap[least]))
				least = k;
		if (least == at)
			return;
		unsigned swap = r->heap[at];
		r->heap[at] = r->heap[least];
		r->heap[least] = swap;
		at = least;
	}
}

/* Plain packets that are taken by chance: those between two taken ones are passed over at once. */
static bool skips(const struct feed *f)
{
	return f->format == FEED_PACKETS && !f->every_nth && f->sampling > 1;
}

/* Packets to the next one, when each is taken with chance 1 in N. */
static double gap_of(struct run *r)
{
	return skips(r->f) ? 1 + floor(log(1 - uniform(&r->rng)) / log1p(-1.0 / r->f->sampling))
			   : 1;
}

/* How far to the next packet: even, or by chance for what people do. */
static double step_of(struct run *r, const struct stream *s)
{
	if (!s->usual)
		return gap_of(r) * s->step;
	return -log(1 - uniform(&r->rng)) * s->step * (skips(r->f) ? r->f->sampling : 1);
}

static void add_stream(struct run *r, struct stream s, double pps)
{
	s.step = 1e6 / pps;
	s.next = s.usual ? step_of(r, &s) : s.step * (uniform(&r->rng) + gap_of(r) - 1);
	r->stream[r->n_streams] = s;
	r->heap[r->n_heap] = r->n_streams++;
	r->n_heap++;
}

static void add_streams(struct run *r)
{
	const struct feed *f = r->f;
	int64_t base_us = START_US + (f->usual_pps ? BEFORE_S : WARM_S) * US_PER_S;

	for (unsigned t = 0; t < f->targets; t++) {
		struct stream s = {.target = t};

		s.from_us = base_us + (int64_t)(uniform(&r->rng) * STAGGER_US);
		s.until_us = s.from_us + (int64_t)(f->seconds * US_PER_S);
		add_stream(r, s, (double)f->pps);
		if (!f->usual_pps)
			continue;
		s = (struct stream){.target = t,
				    .from_us = START_US,
				    .until_us =
					    base_us + STAGGER_US + (int64_t)(f->seconds * US_PER_S),
				    .usual = true};
		add_stream(r, s, (double)f->usual_pps);
		s.out = true;
		add_stream(r, s, (double)f->usual_pps);
	}
	if (r->router)
		add_stream(r,
			   (struct stream){.target = NOBODY,
					   .from_us = START_US,
					   .until_us = base_us,
					   .usual = true},
			   20.0 * f->sampling);
	for (unsigned i = r->n_heap; i-- > 0;)
		sift(r, i);
}

/* What a packet of each attack looks like; the rest of it is by chance. */
static const struct looks {
	const char *attack;
	uint16_t sport, dport; /* 0: any high one */
	uint8_t proto, flags;
	bool reflected, fragment;
} looks[] = {
	{"syn_flood", 0, 80, IPPROTO_OF_TCP, SYN, false, false},
	{"synack_reflection", 443, 0, IPPROTO_OF_TCP, SYN | ACK, false, false},
	{"rst_flood", 0, 80, IPPROTO_OF_TCP, RST, false, false},
	{"ack_flood", 0, 80, IPPROTO_OF_TCP, ACK, false, false},
	{"udp_flood", 0, 0, IPPROTO_OF_UDP, 0, false, false},
	{"icmp_flood", 0, 0, IPPROTO_OF_ICMP, 0, false, false},
	{"fragment_flood", 0, 0, IPPROTO_OF_UDP, 0, false, true},
	{"ntp_amplification", 123, 0, IPPROTO_OF_UDP, 0, true, false},
	{"proto_flood", 0, 0, IPPROTO_OF_GRE, 0, false, false},
	{"malformed", 0, 80, IPPROTO_OF_TCP, SYN | FIN, false, false},
	{"dns_query_flood", 0, 53, IPPROTO_OF_UDP, 0, false, false},
	{"quic_flood", 0, 443, IPPROTO_OF_UDP, 0, false, false},
	{"any", 0, 80, IPPROTO_OF_TCP, ACK, false, false},
	{"any_bits", 0, 80, IPPROTO_OF_TCP, ACK, false, false},
};

static const struct looks *looks_of(const char *attack)
{
	for (unsigned i = 0; i < sizeof(looks) / sizeof(looks[0]); i++)
		if (strcmp(looks[i].attack, attack) == 0)
			return &looks[i];
	return NULL;
}

static uint32_t victim_of(struct run *r, const struct stream *s)
{
	uint32_t first = target_addr(s->target);

	if (s->target == NOBODY)
		return first + (uint32_t)(rng_next(&r->rng) % 1000000);
	if (r->f->width == FEED_24)
		return first - 1 + rng_below(&r->rng, 256);
	if (r->f->width == FEED_20)
		return first - 1 + rng_below(&r->rng, 4096);
	/* A link's load is many hosts', none of which stands out. */
	return r->f->width == FEED_A_LINK ? first - 1 + (uint32_t)(rng_next(&r->rng) % 4000)
					  : first;
}

static void make_packet(struct run *r, const struct stream *s, int64_t time_us, struct packet *p)
{
	const struct looks *l = looks_of(r->f->attack);
	uint32_t chance = (uint32_t)rng_next(&r->rng), far = 0x20000000u + chance % 0x40000000u;
	bool ports = l->proto == IPPROTO_OF_TCP || l->proto == IPPROTO_OF_UDP;

	if (l->reflected)
		far = 0x20000000u + chance % 3000;
	*p = (struct packet){
		.src = ip_from_v4(far),
		.dst = ip_from_v4(victim_of(r, s)),
		.time_us = time_us,
		.proto = l->proto,
		.flags = l->flags,
		.ip_len = (uint16_t)(r->f->packet_bytes ? r->f->packet_bytes : 60),
		.ttl = 55,
		.icmp_type = l->proto == IPPROTO_OF_ICMP ? 8 : 0,
		.attack = -1,
	};
	if (ports) {
		p->sport = l->sport ? l->sport : (uint16_t)(20000 + rng_below(&r->rng, 40000));
		p->dport = l->dport ? l->dport : (uint16_t)(20000 + rng_below(&r->rng, 40000));
	}
	if (l->fragment)
		p->fragment = 185;
	if (s->out) {
		struct ip swap = p->src;
		uint16_t port = p->sport;

		p->src = p->dst;
		p->dst = swap;
		p->sport = p->dport;
		p->dport = port;
		p->outbound = true;
	}
}

static bool choose(struct run *r)
{
	if (!r->f->every_nth)
		return rng_below(&r->rng, r->f->sampling) == 0;
	if (--r->countdown)
		return false;
	r->countdown = r->f->sampling;
	return true;
}

static int to_house(void *userdata, unsigned exporter, int64_t time_us, const uint8_t *bytes,
		    size_t len)
{
	struct run *r = userdata;

	return house_datagram(&r->house, &r->world.exporter[exporter], time_us, bytes, len);
}

/* Let all clocks reach @now_us. */
static int tick(struct run *r, int64_t now_us)
{
	int e = 0;

	for (; e == 0 && r->tick_us <= now_us; r->tick_us += ROUTER_TICK_US) {
		e = r->router ? router_tick(r->router, r->tick_us) : 0;
		if (e == 0)
			e = house_clock(&r->house, r->tick_us);
	}
	return e;
}

static int send_packet(struct run *r, const struct stream *s, int64_t now_us)
{
	struct packet p;

	if (!r->router && !skips(r->f) && !choose(r))
		return 0;
	make_packet(r, s, now_us, &p);
	return r->router ? router_packet(r->router, &p)
			 : house_packet(&r->house, &p, r->f->sampling, s->target);
}

static int pump(struct run *r)
{
	int e = 0;

	while (e == 0 && r->n_heap) {
		struct stream *s = &r->stream[r->heap[0]];
		int64_t now_us = s->from_us + (int64_t)(s->next + s->jitter);

		/* What is found need not go on. */
		if (now_us >= s->until_us ||
		    (s->target < FEED_TARGETS_MAX && r->house.found[s->target])) {
			r->heap[0] = r->heap[--r->n_heap];
			sift(r, 0);
			continue;
		}
		e = tick(r, now_us);
		if (e == 0)
			e = send_packet(r, s, now_us);
		s->next += step_of(r, s);
		s->jitter = r->f->every_nth ? uniform(&r->rng) * s->step : 0;
		sift(r, 0);
	}
	return e < 0 ? e : tick(r, r->tick_us + (r->router ? AFTER_US : US_PER_S));
}

static int open_router(struct run *r, struct drill_options *o)
{
	static const enum drill_format formats[FEED_FORMATS] = {DRILL_PACKETS, DRILL_V5, DRILL_V9,
								DRILL_IPFIX, DRILL_SFLOW};
	struct router_output output = {.send = to_house, .userdata = r};

	world_init(&r->world, 1, DRILL_SAME);
	if (r->f->format == FEED_PACKETS)
		return 0;
	*o = (struct drill_options){.format = formats[r->f->format],
				    .sampling = r->f->sampling,
				    .sampling_random = !r->f->every_nth,
				    .active_s = 60,
				    .inactive_s = 15,
				    .cache_entries = 262144};
	o->exporter[0].sampling = r->f->sampling;
	r->router = router_new(&r->world, o, 0, r->f->seed, START_US, &output);
	return r->router ? 0 : -1;
}

static unsigned count_found(const struct run *r)
{
	unsigned n = 0;

	for (unsigned t = 0; t < r->f->targets; t++)
		n += r->house.found[t];
	return n;
}

static struct run *run_open(const struct feed *f, struct drill_options *o, struct text *why)
{
	struct run *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->f = f;
	r->rng = rng_derive(f->seed, 0xb11d);
	r->countdown = 1 + rng_below(&r->rng, f->sampling);
	r->tick_us = START_US;
	if (!looks_of(f->attack) || house_open(&r->house, f, why) < 0 || open_router(r, o) < 0) {
		text_printf(why, "%s: cannot begin", f->attack);
		house_close(&r->house);
		free(r);
		return NULL;
	}
	return r;
}

static void run_close(struct run *r)
{
	router_free(r->router);
	house_close(&r->house);
	free(r);
}

int feed_run(const struct feed *f, struct text *why)
{
	struct drill_options o;
	struct run *r = run_open(f, &o, why);
	int found = -1;

	if (!r)
		return -1;
	add_streams(r);
	if (pump(r) == 0 && house_end(&r->house) == 0)
		found = (int)count_found(r);
	else
		text_add(why, "the engine stopped");
	run_close(r);
	return found;
}

/* A little of anything first: what an exporter is, noroshi learns from what it tells. */
uint64_t feed_printed(const struct feed *f, double *confidence, struct text *why)
{
	struct feed little = *f;
	struct drill_options o;
	struct run *r;
	uint64_t pps = 0;

	little.targets = 1;
	little.seconds = 1;
	little.usual_pps = 0;
	little.pps = 20 * (uint64_t)f->sampling;
	r = run_open(&little, &o, why);
	if (!r)
		return 0;
	add_streams(r);
	if (pump(r) == 0)
		pps = house_printed(&r->house, f, confidence);
	run_close(r);
	return pps;
}
