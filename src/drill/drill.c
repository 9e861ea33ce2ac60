/* SPDX-License-Identifier: ISC */
/*
 * The run: events in order of time give packets; each is counted, framed, shown to the routers.
 * Ticks of the routers fall between the events, as they would in the world.
 */
#include "drill/drill.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/json_whole.h"
#include "drill/assault.h"
#include "drill/engine.h"
#include "drill/hold.h"
#include "drill/week.h"

#define SESSIONS_MAX	131072
#define ORDINARY_START	"2026-01-15T10:00:00Z"
#define TRANSIT_US	3000 /* from a router to the collector */
#define V5_SAMPLING_MAX 16383
#define DEFAULT_CACHE	131072
#define DEFAULT_SNAPLEN 256
#define LEAST_SNAPLEN	96

static const struct {
	const char *name;
	uint16_t port;
} formats[DRILL_FORMATS] = {
	[DRILL_PACKETS] = {"packets", 0}, [DRILL_V5] = {"v5", 2055},
	[DRILL_V9] = {"v9", 2055},	  [DRILL_IPFIX] = {"ipfix", 4739},
	[DRILL_SFLOW] = {"sflow", 6343},
};

const char *drill_format_name(enum drill_format f)
{
	return formats[f].name;
}

int drill_format_parse(const char *name, enum drill_format *f)
{
	if (strcmp(name, "pcap") == 0)
		name = "packets";
	for (int i = 0; i < DRILL_FORMATS; i++) {
		if (strcmp(name, formats[i].name) == 0) {
			*f = (enum drill_format)i;
			return 0;
		}
	}
	return -EINVAL;
}

uint16_t drill_default_port(enum drill_format f)
{
	return formats[f].port;
}

bool drill_scenario(size_t i, const char **name, const char **help, uint32_t *seconds)
{
	const struct scenario *s = scenario_at(i);

	if (!s)
		return false;
	*name = s->name;
	*help = s->help;
	*seconds = s->seconds;
	return true;
}

enum drill_group drill_scenario_group(size_t i)
{
	const struct scenario *s = scenario_at(i);

	return s ? s->group : DRILL_ORDINARY;
}

const char *drill_group_name(enum drill_group group)
{
	static const char *const names[] = {"ordinary", "fit", "held_out"};

	return names[group];
}

const char *drill_next_own(size_t *at)
{
	return world_next_own(at);
}

static uint32_t or_default(uint32_t v, uint32_t other)
{
	return v ? v : other;
}

/* Fill in every default, so that nobody later has to ask. */
static int settle_options(struct drill *d, const struct drill_options *given)
{
	struct drill_options *o = &d->options;

	if (given)
		*o = *given;
	o->sampling = or_default(o->sampling, 1);
	o->active_s = or_default(o->active_s, 60);
	o->inactive_s = or_default(o->inactive_s, 15);
	o->exporters = or_default(o->exporters, or_default(d->scenario->exporters, 1));
	if (d->scenario->split && o->exporters > 1)
		o->view = DRILL_SPLIT;
	o->snaplen = or_default(o->snaplen, DEFAULT_SNAPLEN);
	o->cache_entries = or_default(o->cache_entries, DEFAULT_CACHE);
	if (o->format >= DRILL_FORMATS || o->exporters > DRILL_EXPORTERS_MAX ||
	    o->view > DRILL_SPLIT || o->snaplen < LEAST_SNAPLEN || o->snaplen > 65535 ||
	    o->cache_entries > 1u << 24 || o->base_us % US_PER_S)
		return -EINVAL;
	for (unsigned e = 0; e < DRILL_EXPORTERS_MAX; e++) {
		o->exporter[e].sampling = or_default(o->exporter[e].sampling, o->sampling);
		if (o->format == DRILL_V5 && o->exporter[e].sampling > V5_SAMPLING_MAX)
			return -EINVAL;
	}
	if (o->base_us == 0)
		return time_parse(d->scenario->start ? d->scenario->start : ORDINARY_START,
				  &o->base_us);
	return 0;
}

static bool is_lost(struct drill *d, const struct mute_row *row, unsigned exporter, int64_t at_ms)
{
	if (!row->until_ms || row->exporter != exporter || at_ms < (int64_t)row->from_ms ||
	    at_ms >= (int64_t)row->until_ms)
		return false;
	return !row->percent || rng_below(&d->losses, 100) < row->percent;
}

static int send_datagram(void *userdata, unsigned exporter, int64_t time_us, const uint8_t *bytes,
			 size_t len)
{
	struct drill *d = userdata;
	int64_t at_ms = (time_us - d->options.base_us) / US_PER_MS;
	bool lost = is_lost(d, &d->plan.mute, exporter, at_ms);

	for (size_t i = 0; i < d->plan.n_mutes && !lost; i++)
		lost = is_lost(d, &d->plan.mutes[i], exporter, at_ms);
	if (lost) {
		d->figures.silenced++;
		return 0;
	}
	d->figures.datagrams++;
	if (!d->sink.datagram)
		return 0;
	return d->sink.datagram(d->sink.userdata, time_us + TRANSIT_US,
				&d->world.exporter[exporter], bytes, len);
}

static int make_routers(struct drill *d)
{
	struct router_output output = {send_datagram, d};

	if (d->options.format == DRILL_PACKETS)
		return 0;
	for (unsigned e = 0; e < d->options.exporters; e++) {
		d->router[e] =
			router_new(&d->world, &d->options, e, d->seed, d->options.base_us, &output);
		if (!d->router[e])
			return -ENOMEM;
	}
	return 0;
}

static int begin(struct drill *d)
{
	int r;

	world_init(&d->world, d->options.exporters, d->options.view);
	d->world.map = d->scenario->whose;
	d->losses = rng_derive(d->seed, 0x50000);
	r = plan_rows(&d->plan, d->scenario, d->seed, d->options.no_background);
	if (r)
		return r;
	if (d->options.lead_s || d->options.hold_s)
		plan_hold(&d->plan, d->options.lead_s, d->options.hold_s,
			  !d->options.no_background && d->scenario->group == DRILL_ORDINARY);
	if (d->plan.failed)
		return -ENOMEM;
	if (d->plan.week)
		d->world.contract = week_contract;
	if (d->plan.mute.capacity_bps)
		d->world.capacity_bps[d->plan.mute.link] = d->plan.mute.capacity_bps;
	d->base_ns = d->options.base_us * NS_PER_US;
	congestion_begin(&d->congestion, &d->plan.congestion, d->seed, d->options.base_us);
	d->truth = truth_new(&d->plan);
	d->blend = blend_new(&d->plan);
	d->schedule = schedule_new(SESSIONS_MAX);
	d->floods = floods_new(d->plan.n_floods);
	d->assaults = assaults_new(d->plan.n_assaults);
	d->frame = malloc(FRAME_ROOM);
	if (d->scenario->group != DRILL_ORDINARY)
		d->standing = standing_new(d->given_seed);
	if (!d->truth || !d->blend || !d->schedule || !d->floods || !d->assaults || !d->frame ||
	    (d->scenario->group != DRILL_ORDINARY && !d->standing))
		return -ENOMEM;
	for (size_t i = 0; i < d->plan.n_floods && r == 0; i++)
		r = flood_begin(d, &d->plan.floods[i], (uint32_t)i);
	for (size_t i = 0; i < d->plan.n_loads && r == 0; i++)
		r = load_begin(d, &d->plan.loads[i], (uint32_t)i);
	for (size_t i = 0; i < d->plan.n_assaults && r == 0; i++)
		r = assault_begin(d, &d->plan.assaults[i], (uint32_t)i);
	return r ? r : make_routers(d);
}

struct drill *drill_new(const char *name, uint64_t seed, const struct drill_options *options)
{
	const struct scenario *s = scenario_find(name);
	struct drill *d = s ? calloc(1, sizeof(*d)) : NULL;
	int r;

	if (!d) {
		errno = s ? ENOMEM : ENOENT;
		return NULL;
	}
	d->scenario = s;
	d->given_seed = seed;
	d->seed = hash_bytes(name, strlen(name), seed);
	r = settle_options(d, options);
	if (r == 0)
		r = begin(d);
	if (r) {
		drill_free(d);
		errno = -r;
		return NULL;
	}
	return d;
}

struct drill *drill_free(struct drill *d)
{
	if (!d)
		return NULL;
	for (unsigned e = 0; e < DRILL_EXPORTERS_MAX; e++)
		router_free(d->router[e]);
	schedule_free(d->schedule);
	truth_free(d->truth);
	blend_free(d->blend);
	plan_deinit(&d->plan);
	standing_free(d->standing);
	free(d->floods);
	free(d->assaults);
	free(d->frame);
	free(d);
	return NULL;
}

static int hand_frame(struct drill *d, const struct packet *p)
{
	size_t wirelen, n = frame_build(p, d->frame,
					d->options.snaplen < FRAME_HEADERS_MAX ? FRAME_HEADERS_MAX
									       : d->options.snaplen,
					&wirelen);

	d->figures.frames++;
	if (n > d->options.snaplen)
		n = d->options.snaplen;
	return d->sink.frame(d->sink.userdata, p->time_us, d->frame, n, wirelen);
}

int drill_emit(struct drill *d, int64_t at_ns, struct packet *p)
{
	int r = 0;

	if (d->full)
		return 0;
	p->time_us = at_ns / NS_PER_US;
	if (congestion_takes(&d->congestion, p))
		return 0;
	d->figures.packets++;
	d->figures.bytes += p->ip_len;
	d->packet = p;
	if (p->attack >= 0)
		r = truth_count(d->truth, p);
	if (r == 0)
		r = blend_count(d->blend, p);
	if (r == 0 && d->sink.frame && (d->options.format == DRILL_PACKETS || d->sink.all_frames))
		r = hand_frame(d, p);
	for (unsigned e = 0; e < d->options.exporters && r == 0 && d->router[e]; e++)
		r = router_packet(d->router[e], p);
	d->packet = NULL;
	return r;
}

const char *drill_attack_target(const struct drill *d, size_t i)
{
	return i < d->plan.n_attacks ? d->plan.attacks[i].target : NULL;
}

int drill_packet_attack(const struct drill *d)
{
	if (!d->packet)
		return -1;
	return d->packet->echo ? -2 : d->packet->attack;
}

static bool routers_busy(const struct drill *d)
{
	for (unsigned e = 0; e < d->options.exporters; e++)
		if (d->router[e] && router_busy(d->router[e]))
			return true;
	return false;
}

/* All ticks up to @until_us; hours in which nothing is held are passed in one step. */
static int run_ticks(struct drill *d, int64_t *next_us, int64_t until_us)
{
	int r = 0;

	while (*next_us <= until_us && r == 0) {
		if (!routers_busy(d)) {
			*next_us = (until_us / ROUTER_TICK_US + 1) * ROUTER_TICK_US;
			break;
		}
		for (unsigned e = 0; e < d->options.exporters && r == 0; e++)
			if (d->router[e])
				r = router_tick(d->router[e], *next_us);
		*next_us += ROUTER_TICK_US;
	}
	return r;
}

static uint64_t count_records(struct drill *d)
{
	uint64_t records = 0;

	d->figures.unexported = 0;
	for (unsigned e = 0; e < d->options.exporters && d->router[e]; e++) {
		uint64_t refused, unexported;

		records += router_records(d->router[e], &refused, &unexported);
		d->figures.unexported += unexported;
	}
	return records;
}

static void check_full(struct drill *d)
{
	uint64_t n = d->options.format == DRILL_PACKETS ? d->figures.packets : count_records(d);

	d->full = d->options.max_records && n >= d->options.max_records;
}

static void close_figures(struct drill *d)
{
	d->figures.records = count_records(d);
	for (unsigned e = 0; e < d->options.exporters && d->router[e]; e++) {
		uint64_t refused, unexported;

		router_records(d->router[e], &refused, &unexported);
		d->figures.refused += refused;
	}
}

int drill_run(struct drill *d, const struct drill_sink *sink)
{
	int64_t tick_us = d->options.base_us, at_ns;
	int r = 0;

	if (d->ran)
		return -EALREADY;
	d->ran = true;
	d->sink = *sink;
	while (r == 0 && !d->full && (at_ns = schedule_peek(d->schedule)) != TIME_NONE) {
		r = run_ticks(d, &tick_us, at_ns / NS_PER_US);
		if (r == 0)
			r = schedule_step(d->schedule, d);
		d->last_ns = at_ns;
		check_full(d);
	}
	while (r == 0 && routers_busy(d))
		r = run_ticks(d, &tick_us, tick_us);
	close_figures(d);
	return r;
}

const struct drill_figures *drill_figures(const struct drill *d)
{
	return &d->figures;
}

static json_t *innocents_json(const struct drill *d)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < d->plan.n_innocents; i++) {
		const struct innocent_row *row = &d->plan.innocents[i];

		json_array_append_new(list, json_pack("{ssssss}", "what", row->what, "target",
						      row->target, "why", row->why));
	}
	return list;
}

static json_t *head_json(const struct drill *d, uint64_t seed)
{
	char start[TIME_TEXT_MAX], end[TIME_TEXT_MAX];

	return json_pack("{sssIsssisssssb}", "scenario", d->scenario->name, "seed",
			 (json_int_t)seed, "format", drill_format_name(d->options.format),
			 "sampling", (int)d->options.sampling, "start",
			 time_format_utc(d->options.base_us, start), "end",
			 time_format_utc(d->last_ns / NS_PER_US, end), "cut", d->full);
}

char *drill_truth_json(struct drill *d)
{
	json_t *o = head_json(d, d->given_seed), *attacks;
	char *text;

	if (!o)
		return NULL;
	attacks = truth_attacks_json(d->truth, d->blend, &d->world, &d->options);
	if (d->standing)
		json_object_set_new(o, "group", json_string(drill_group_name(d->scenario->group)));
	if (world_json(&d->world, &d->options, o) || congestion_json(&d->congestion, o) ||
	    json_object_set_new(o, "attacks", attacks) ||
	    json_object_set_new(o, "not_attacks", innocents_json(d)) ||
	    (d->scenario->whose && truth_whose_json(d->scenario, o)) ||
	    (d->plan.week && week_json(d->plan.week, d->options.base_us, o))) {
		json_decref(o);
		return NULL;
	}
	text = json_whole(o, JSON_INDENT(1) | JSON_REAL_PRECISION(12));
	json_decref(o);
	return text;
}

char *drill_proxies_list(const struct drill *d)
{
	_cleanup_text_ struct text t = TEXT_NULL;

	if (!d->scenario->whose)
		return NULL;
	where_proxies(d->seed, d->options.base_us, &t);
	return text_ok(&t) ? take_ptr(t.s) : NULL;
}

bool drill_country(size_t i, const char **prefix, const char **country)
{
	return where_country(i, prefix, country);
}

bool drill_has_map(const char *name)
{
	const struct scenario *s = scenario_find(name);

	return s && s->whose;
}

char *drill_conf_yaml(struct drill *d)
{
	_cleanup_text_ struct text t = TEXT_NULL;

	world_yaml(&d->world, d->standing ? STANDING_DARKNET : NULL, &t);
	if (d->plan.week)
		week_yaml(d->plan.week, d->options.base_us, &t);
	return text_ok(&t) ? take_ptr(t.s) : NULL;
}
