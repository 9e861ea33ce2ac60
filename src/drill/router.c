/* SPDX-License-Identifier: ISC */
#include "drill/router.h"

#include <stdlib.h>

#include "base/clock.h"
#include "drill/datagram.h"
#include "drill/random.h"

#define FLUSH_US    (500 * US_PER_MS) /* a part-filled datagram waits no longer */
#define COUNTERS_US (20 * US_PER_S)
#define IFACES	    32

static const struct format *const formats[DRILL_FORMATS] = {
	[DRILL_V5] = &format_v5,
	[DRILL_V9] = &format_v9,
	[DRILL_IPFIX] = &format_ipfix,
	[DRILL_SFLOW] = &format_sflow,
};

struct router {
	const struct world *world;
	unsigned index;
	enum drill_format kind;
	uint32_t sampling, countdown;
	bool random;
	int64_t active_us, inactive_us, counters_us;
	struct rng rng;
	struct cache *cache; /* NULL for sFlow */
	struct sflow_counters iface[IFACES];
	uint32_t iface_seq[IFACES], iface_pool[IFACES], counter_seq[IFACES];
	uint64_t refused, unexported;
	struct datagram_out out;
};

static void init_output(struct router *r, const struct drill_options *o, int64_t base_us)
{
	struct datagram_out *x = &r->out;

	x->format = formats[o->format];
	x->index = r->index;
	x->agent = r->world->exporter[r->index];
	x->offset_us = o->exporter[r->index].clock_offset_us;
	/* Booted five days and odd before, so that uptimes are large and differ. */
	x->boot_us =
		base_us + x->offset_us - (432000 + 7919 * (int64_t)r->index) * US_PER_S - 123456;
	x->templates_us = TIME_NONE;
	x->sampling = r->sampling;
	x->random = r->random;
	x->untold = o->sampling_untold;
	x->active_s = o->active_s;
	x->inactive_s = o->inactive_s;
}

static void init_interfaces(struct router *r)
{
	struct world_interface f;

	for (unsigned i = 0; world_interface(r->world, r->index, i, &f); i++)
		if (f.ifindex < IFACES)
			r->iface[f.ifindex] = (struct sflow_counters){.ifindex = f.ifindex,
								      .speed_bps = f.capacity_bps,
								      .outside = f.outside};
}

struct router *router_new(const struct world *world, const struct drill_options *options,
			  unsigned index, uint64_t seed, int64_t base_us,
			  const struct router_output *output)
{
	struct router *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->world = world;
	r->index = index;
	r->kind = options->format;
	r->sampling = options->exporter[index].sampling;
	r->random = options->sampling_random;
	r->active_us = options->active_s * US_PER_S;
	r->inactive_us = options->inactive_s * US_PER_S;
	r->counters_us = TIME_NONE;
	r->rng = rng_derive(seed, 0x30000 + index);
	r->countdown = 1 + rng_below(&r->rng, r->sampling);
	init_output(r, options, base_us);
	init_interfaces(r);
	r->out.output = *output;
	if (r->kind == DRILL_SFLOW)
		return r;
	r->cache = cache_new(options->cache_entries);
	return r->cache ? r : router_free(r);
}

struct router *router_free(struct router *r)
{
	if (!r)
		return NULL;
	cache_free(r->cache);
	free(r);
	return NULL;
}

static bool choose(struct router *r)
{
	if (r->sampling == 1)
		return true;
	if (r->random)
		return rng_below(&r->rng, r->sampling) == 0;
	if (--r->countdown)
		return false;
	r->countdown = r->sampling;
	return true;
}

static int end_flow(struct router *r, struct cached_flow *f, int64_t now_us)
{
	int result = datagram_flow(&r->out, f, now_us);

	cache_remove(r->cache, f);
	return result;
}

static struct flow_key key_of(const struct packet *p, uint16_t in, uint16_t out)
{
	struct flow_key key = {.src = p->src,
			       .dst = p->dst,
			       .sport = p->sport,
			       .dport = p->dport,
			       .in = in,
			       .out = out,
			       .proto = p->proto,
			       .tos = p->tos,
			       .icmp_type = p->icmp_type,
			       .icmp_code = p->icmp_code};

	if (packet_later_fragment(p)) {
		key.sport = key.dport = 0;
		key.icmp_type = key.icmp_code = 0;
		key.fragment = 1;
	}
	return key;
}

static int cache_packet(struct router *r, const struct packet *p, uint16_t in, uint16_t out)
{
	struct flow_key key = key_of(p, in, out);
	struct cached_flow *f = cache_find(r->cache, &key);
	int result = 0;

	if (f) {
		cache_touch(r->cache, f, p->time_us);
	} else {
		if (cache_full(r->cache)) {
			r->refused++;
			result = end_flow(r, cache_silent(r->cache), p->time_us);
		}
		f = cache_add(r->cache, &key, p->time_us);
		f->ttl = p->ttl;
		f->fragment_offset = p->fragment;
	}
	f->packets++;
	f->bytes += p->ip_len;
	if (p->proto == IPPROTO_OF_TCP && !packet_later_fragment(p)) {
		f->flags |= p->flags;
		if (result == 0 && p->flags & (FIN | RST))
			result = end_flow(r, f, p->time_us);
	}
	return result;
}

static int sample_packet(struct router *r, const struct packet *p, uint16_t in, uint16_t out)
{
	return sflow_sample(&r->out, p, in, out, ++r->iface_seq[in % IFACES],
			    r->iface_pool[in % IFACES], p->time_us);
}

static void count_interfaces(struct router *r, const struct packet *p, uint16_t in, uint16_t out)
{
	struct sflow_counters *i = &r->iface[in % IFACES], *o = &r->iface[out % IFACES];

	i->in_packets++;
	i->in_bytes += frame_wirelen(p);
	o->out_packets++;
	o->out_bytes += frame_wirelen(p);
	r->iface_pool[in % IFACES]++;
}

int router_packet(struct router *r, const struct packet *p)
{
	uint16_t in, out;

	if (!world_sees(r->world, r->index, p->link))
		return 0;
	world_interfaces(r->world, r->index, p, &in, &out);
	if (r->kind == DRILL_SFLOW)
		count_interfaces(r, p, in, out);
	if (r->kind == DRILL_V5 && !ip_is_v4(&p->src)) {
		r->unexported++;
		return 0;
	}
	if (!choose(r))
		return 0;
	return r->cache ? cache_packet(r, p, in, out) : sample_packet(r, p, in, out);
}

static int send_counters(struct router *r, int64_t now_us)
{
	int result = 0;

	if (r->counters_us != TIME_NONE && now_us - r->counters_us < COUNTERS_US)
		return 0;
	r->counters_us = now_us;
	for (unsigned i = 0; i < IFACES && result == 0; i++)
		if (r->iface[i].ifindex)
			result = sflow_counters(&r->out, &r->iface[i], ++r->counter_seq[i], now_us);
	return result;
}

static int expire(struct router *r, int64_t now_us)
{
	struct cached_flow *f;
	int result = 0;

	while (result == 0 && (f = cache_silent(r->cache)) && f->last_us + r->inactive_us <= now_us)
		result = end_flow(r, f, now_us);
	while (result == 0 && (f = cache_oldest(r->cache)) && f->first_us + r->active_us <= now_us)
		result = end_flow(r, f, now_us);
	return result;
}

int router_tick(struct router *r, int64_t now_us)
{
	int result = 0;

	if (r->cache)
		result = expire(r, now_us);
	else if (r->out.len)
		result = send_counters(r, now_us);
	if (result == 0 && r->out.len && now_us - r->out.opened_us >= FLUSH_US)
		result = datagram_flush(&r->out, now_us);
	return result;
}

bool router_busy(const struct router *r)
{
	return r->out.len > 0 || (r->cache && cache_count(r->cache) > 0);
}

uint64_t router_records(const struct router *r, uint64_t *refused, uint64_t *unexported)
{
	*refused = r->refused;
	*unexported = r->unexported;
	return r->out.records;
}
