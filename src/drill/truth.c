/* SPDX-License-Identifier: ISC */
/*
 * Packets come in order of time, so a peak needs the running clock second only, and the moment when
 * a rate was first crossed a ring of a hundred bins of 10 ms.
 */
#include "drill/truth.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "drill/crowd.h"
#include "drill/route.h"

#define BIN_US	   10000
#define BINS	   100
#define SILENCE_US (2 * US_PER_S) /* a gap this long ends a pulse */

struct window {
	int64_t bin; /* number of the newest */
	uint32_t in_bin[BINS];
	uint32_t sum;
};

struct vector_truth {
	uint64_t packets, now, peak_pps;
	int64_t second, crossed_us;
	struct window window;
};

struct attack_truth {
	int64_t first_us, last_us, second;
	uint64_t packets, bytes, syn, pulses;
	uint64_t now_packets, now_bytes, now_syn;
	uint64_t peak_pps, peak_bytes, peak_syn;
	uint64_t link_packets[LINKS];
	struct vector_truth vector[ATTACK_VECTORS];
	struct crowd sources;
	struct truth_kinds kinds;
	struct route route;
	uint64_t forged;      /* packets whose source is not their sender */
	struct crowd senders; /* of attacks with a family */
};

struct truth {
	const struct plan *plan;
	struct attack_truth *attacks;
};

struct truth *truth_new(const struct plan *plan)
{
	struct truth *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->plan = plan;
	t->attacks = calloc(plan->n_attacks + 1, sizeof(*t->attacks));
	if (!t->attacks)
		return truth_free(t);
	for (size_t i = 0; i < plan->n_attacks; i++) {
		t->attacks[i].first_us = TIME_NONE;
		route_begin(&t->attacks[i].route);
		for (unsigned v = 0; v < ATTACK_VECTORS; v++)
			t->attacks[i].vector[v].crossed_us = TIME_NONE;
	}
	return t;
}

static void deinit_attack(struct attack_truth *a)
{
	drill_crowd_deinit(&a->sources);
	drill_crowd_deinit(&a->senders);
	truth_kinds_deinit(&a->kinds);
}

struct truth *truth_free(struct truth *t)
{
	if (!t)
		return NULL;
	for (size_t i = 0; t->attacks && i < t->plan->n_attacks; i++)
		deinit_attack(&t->attacks[i]);
	free(t->attacks);
	free(t);
	return NULL;
}

/* Packets in the second that ends with this bin. */
static uint32_t window_add(struct window *w, int64_t time_us)
{
	int64_t bin = time_us / BIN_US;

	if (bin - w->bin >= BINS) {
		memset(w, 0, sizeof(*w));
		w->bin = bin;
	}
	while (w->bin < bin) {
		w->bin++;
		w->sum -= w->in_bin[w->bin % BINS];
		w->in_bin[w->bin % BINS] = 0;
	}
	w->in_bin[bin % BINS]++;
	return ++w->sum;
}

static void count_vector(struct vector_truth *v, const struct packet *p, int64_t second,
			 uint32_t threshold)
{
	v->packets++;
	if (v->second != second) {
		v->second = second;
		v->now = 0;
	}
	if (++v->now > v->peak_pps)
		v->peak_pps = v->now;
	if (v->crossed_us == TIME_NONE && threshold &&
	    window_add(&v->window, p->time_us) >= threshold)
		v->crossed_us = p->time_us;
}

static void count_peak(struct attack_truth *a, const struct packet *p, int64_t second, bool syn)
{
	if (a->second != second) {
		a->second = second;
		a->now_packets = a->now_bytes = a->now_syn = 0;
	}
	a->now_packets++;
	a->now_bytes += p->ip_len;
	a->now_syn += syn;
	if (a->now_packets > a->peak_pps)
		a->peak_pps = a->now_packets;
	if (a->now_bytes > a->peak_bytes)
		a->peak_bytes = a->now_bytes;
	if (a->now_syn > a->peak_syn)
		a->peak_syn = a->now_syn;
}

static int count_sender(struct attack_truth *a, const struct packet *p, int64_t second)
{
	struct ip sender = p->sender ? ip_from_v4(p->sender) : p->src;

	a->forged += p->forged;
	return drill_crowd_count(&a->senders, &sender, (uint32_t)second, false);
}

int truth_count(struct truth *t, const struct packet *p)
{
	const struct attack_row *row = &t->plan->attacks[p->attack];
	struct attack_truth *a = &t->attacks[p->attack];
	int64_t second = time_floor_s(p->time_us);
	bool syn = p->proto == IPPROTO_OF_TCP && (p->flags & (SYN | ACK | RST | FIN)) == SYN;

	if (a->first_us == TIME_NONE || p->time_us - a->last_us >= SILENCE_US)
		a->pulses++;
	if (a->first_us == TIME_NONE)
		a->first_us = p->time_us;
	a->last_us = p->time_us;
	a->packets++;
	a->bytes += p->ip_len;
	a->syn += syn;
	a->link_packets[p->link]++;
	route_count(&a->route, p->link, p->ip_len, second);
	count_peak(a, p, second, syn);
	count_vector(&a->vector[p->slot], p, second, row->vector[p->slot].threshold);
	if (p->kind && truth_kinds_count(&a->kinds, p))
		return -ENOMEM;
	if (row->family) {
		int r = count_sender(a, p, second);

		if (r)
			return r;
	}
	return drill_crowd_count(&a->sources, &p->src, (uint32_t)second, syn);
}

static json_t *time_json(int64_t us)
{
	char text[TIME_TEXT_MAX];

	return us == TIME_NONE ? json_null() : json_string(time_format_utc(us, text));
}

static json_t *vector_json(const struct attack_row *row, unsigned i)
{
	char name[VECTOR_NAME_MAX];

	return json_string(vector_name(row->vector[i].vector, row->vector[i].port, name));
}

/* The vectors that format @f (DRILL_FORMATS: any) can show. */
static json_t *vectors_json(const struct attack_row *row, unsigned f)
{
	bool v6 = strchr(row->target, ':') != NULL;
	json_t *list = json_array();

	for (unsigned i = 0; list && i < row->n_vectors; i++) {
		bool hidden = f < DRILL_FORMATS && (row->vector[i].hidden >> f & 1);

		if (!hidden && !(f == DRILL_V5 && v6))
			json_array_append_new(list, vector_json(row, i));
	}
	return list;
}

static int add_visible(json_t *o, const struct attack_row *row)
{
	json_t *visible = json_object(), *by_format = json_object();

	for (unsigned f = 0; visible && by_format && f < DRILL_FORMATS; f++) {
		json_t *list = vectors_json(row, f);

		json_object_set_new(visible, drill_format_name(f),
				    json_boolean(json_array_size(list)));
		json_object_set_new(by_format, drill_format_name(f), list);
	}
	if (json_object_set_new(o, "visible", visible) ||
	    json_object_set_new(o, "visible_vectors", by_format))
		return -ENOMEM;
	return 0;
}

static json_t *parts_json(const struct attack_row *row, const struct attack_truth *a)
{
	json_t *list = json_array();

	for (unsigned i = 0; list && i < row->n_vectors; i++) {
		const struct vector_truth *v = &a->vector[i];

		json_array_append_new(list, json_pack("{sosIsIsIso}", "vector", vector_json(row, i),
						      "packets", (json_int_t)v->packets, "peak_pps",
						      (json_int_t)v->peak_pps, "threshold_pps",
						      (json_int_t)row->vector[i].threshold,
						      "crossed", time_json(v->crossed_us)));
	}
	return list;
}

static json_t *links_json(const struct attack_truth *a, const struct attack_row *row,
			  const struct world *w)
{
	json_t *list = json_array();
	bool out = row->direction == DIRECTION_OUT;
	char addr[IP_TEXT_MAX];

	for (unsigned e = 0; list && e < w->exporters; e++) {
		uint64_t by_input[64] = {0}, sum = 0;

		for (unsigned l = 0; l < LINKS; l++) {
			if (!world_sees(w, e, l))
				continue;
			by_input[world_input(w, e, l, out)] += a->link_packets[l];
			sum += a->link_packets[l];
		}
		for (int i = 0; i < 64; i++)
			if (by_input[i])
				json_array_append_new(list,
						      json_pack("{sssisf}", "exporter",
								ip_format(&w->exporter[e], addr),
								"input", i, "share",
								(double)by_input[i] / (double)sum));
	}
	return list;
}

static json_t *sources_json(const struct attack_truth *a)
{
	struct syn_classes c = drill_crowd_classes(&a->sources);

	return json_pack("{sIs{sIsIsI}}", "count", (json_int_t)a->sources.n, "syn_classes",
			 "le_100", (json_int_t)c.le_100, "gt_100_lt_1000",
			 (json_int_t)c.gt_100_lt_1000, "ge_1000", (json_int_t)c.ge_1000);
}

static int64_t crossed(const struct attack_row *row, const struct attack_truth *a)
{
	int64_t at = TIME_NONE;

	for (unsigned i = 0; i < row->n_vectors; i++) {
		int64_t v = a->vector[i].crossed_us;

		if (v != TIME_NONE && (at == TIME_NONE || v < at))
			at = v;
	}
	return at;
}

/* Whose addresses these are, from the packets alone: all forged, some, none. */
static void add_spoofing(json_t *o, const struct attack_row *row, const struct attack_truth *a)
{
	bool none = a->forged == 0, all = a->forged == a->packets;

	json_object_set_new(o, "family", json_string(row->family));
	json_object_set_new(o, "spoofing",
			    json_string(none  ? "not_spoofed"
					: all ? "spoofed"
					      : "partly"));
	json_object_set_new(o, "forged_share", json_real((double)a->forged / (double)a->packets));
	json_object_set_new(o, "senders", json_integer((json_int_t)a->senders.n));
	json_object_set_new(o, "answered", json_boolean(row->answered));
}

static json_t *attack_json(const struct attack_row *row, const struct attack_truth *a, size_t i,
			   const struct world *w)
{
	static const char *const classes[] = {"server", "capacity", "compound"};
	double seconds = (double)(a->last_us - a->first_us) / 1e6;
	json_t *o;
	char id[32];

	snprintf(id, sizeof(id), "a%03zu", i + 1);
	o = json_pack("{sssssssss[s]sosssoso}", "id", id, "kind", row->scan ? "scan" : "attack",
		      "class", row->class == CLASS_NONE ? "" : classes[row->class], "level",
		      level_name(row->level), "targets", row->target, "vectors",
		      vectors_json(row, DRILL_FORMATS), "direction", direction_name(row->direction),
		      "first", time_json(a->first_us), "last", time_json(a->last_us));
	if (!o)
		return NULL;
	if (row->class == CLASS_NONE)
		json_object_set_new(o, "class", json_null());
	json_object_set_new(o, "crossed", time_json(crossed(row, a)));
	json_object_set_new(o, "packets", json_integer((json_int_t)a->packets));
	json_object_set_new(o, "bytes", json_integer((json_int_t)a->bytes));
	json_object_set_new(o, "syn", json_integer((json_int_t)a->syn));
	json_object_set_new(o, "peak",
			    json_pack("{sIsIsI}", "pps", (json_int_t)a->peak_pps, "bps",
				      (json_int_t)a->peak_bytes * 8, "syn_per_s",
				      (json_int_t)a->peak_syn));
	json_object_set_new(
		o, "mean_pps",
		json_real(seconds > 0 ? (double)a->packets / seconds : (double)a->packets));
	json_object_set_new(o, "pulses", json_integer((json_int_t)a->pulses));
	json_object_set_new(o, "sources", sources_json(a));
	json_object_set_new(o, "links", links_json(a, row, w));
	json_object_set_new(o, "parts", parts_json(row, a));
	json_object_set_new(o, "spoofed", json_boolean(row->family ? a->forged > 0 : row->spoofed));
	if (row->family)
		add_spoofing(o, row, a);
	if (a->kinds.n)
		json_object_set_new(o, "source_kinds", truth_kinds_json(&a->kinds));
	if (add_visible(o, row) || route_json(&a->route, o)) {
		json_decref(o);
		return NULL;
	}
	return o;
}

json_t *truth_attacks_json(const struct truth *t, const struct blend *b, const struct world *w,
			   const struct drill_options *o)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < t->plan->n_attacks; i++) {
		json_t *attack;

		if (t->attacks[i].packets == 0) /* the run ended before it began */
			continue;
		attack = attack_json(&t->plan->attacks[i], &t->attacks[i], i, w);
		if (!attack || json_array_append_new(list, attack) || blend_json(b, i, attack)) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}
