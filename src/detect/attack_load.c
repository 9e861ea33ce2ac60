/* SPDX-License-Identifier: ISC */
/*
 * How full the links of an attack were, all traffic together. A link's capacity is the contracted
 * one, over all interfaces of its name, else its interface's own speed. Where packets are sampled
 * one second is too short for a figure, and the most of many such figures is a matter of luck; so
 * the window is as long as it takes to rest on 400 sampled packets (a standard error of a
 * twentieth), up to a minute.
 */
#include <string.h>

#include "base/clock.h"
#include "detect/attack_path.h"

#define SAMPLES_LEAST 400
#define PACKET_LARGE  1500 /* bytes: fewer packets than that many bytes make none */
#define USUAL_S	      60
#define USUAL_LEAST_S 10
#define MEMBERS_MAX   64

/* The loads that make up one link's. */
struct members {
	const struct link_load *load[MEMBERS_MAX];
	unsigned n;
};

static const struct conf_interface *interface_of(const struct loads *l, uint16_t link)
{
	return exporters_get_link(l->exporters, link)->conf;
}

static void find_members(struct members *m, const struct loads *l, uint16_t link)
{
	const struct conf_interface *own = interface_of(l, link);
	const struct link_load *load = loads_get(l, link);

	m->n = 0;
	if (load)
		m->load[m->n++] = load;
	if (!own || !own->contracted_bps)
		return;
	for (unsigned i = 0; i < l->n && m->n < MEMBERS_MAX; i++) {
		uint16_t other = l->all[i].link;
		const struct conf_interface *c = interface_of(l, other);

		if (other != link && c && c->contracted_bps && strcmp(c->link, own->link) == 0 &&
		    loads_get(l, other))
			m->load[m->n++] = &l->all[i];
	}
}

static uint64_t bytes_of(const struct members *m, int64_t second, unsigned n)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < m->n; i++)
		sum += load_bytes(m->load[i], second, n);
	return sum;
}

static int64_t newest_of(const struct members *m)
{
	int64_t newest = INT64_MIN;

	for (unsigned i = 0; i < m->n; i++)
		newest = m->load[i]->newest_s > newest ? m->load[i]->newest_s : newest;
	return newest;
}

static int64_t begun_of(const struct members *m)
{
	int64_t begun = INT64_MAX;

	for (unsigned i = 0; i < m->n; i++)
		begun = m->load[i]->begun_s < begun ? m->load[i]->begun_s : begun;
	return begun;
}

/* The shortest of the windows that holds samples enough around @second. */
static uint32_t window_for(const struct members *m, uint32_t weight, int64_t second, int64_t length)
{
	static const uint32_t windows_s[] = {1, 10, 60};
	uint32_t n = 1;

	for (unsigned i = 0; i < 3; i++) {
		n = windows_s[i] < length ? windows_s[i] : (uint32_t)length;
		if (weight <= 1 || bytes_of(m, second + n / 2, n) >=
					   (uint64_t)SAMPLES_LEAST * weight * PACKET_LARGE)
			break;
	}
	return n ? n : 1;
}

static void read_most(struct path_link *l, const struct members *m, int64_t from, int64_t until,
		      uint64_t limit_bps)
{
	int64_t end = from + l->window_s - 1;
	uint64_t sum = bytes_of(m, end - 1, l->window_s - 1);

	for (int64_t s = end; s <= until; s++) {
		int64_t begin_us = (s - l->window_s + 1) * US_PER_S;
		uint64_t bps;

		sum += bytes_of(m, s, 1);
		bps = sum * 8 / l->window_s;
		sum -= bytes_of(m, s - l->window_s + 1, 1);

		if (bps > l->load_most_bps) {
			l->load_most_bps = bps;
			l->load_most_us = begin_us;
		}
		if (!limit_bps || bps < limit_bps)
			continue;
		if (l->near_first_us == TIME_NONE || begin_us < l->near_first_us)
			l->near_first_us = begin_us;
		if (l->near_last_us == TIME_NONE || (s + 1) * US_PER_S > l->near_last_us)
			l->near_last_us = (s + 1) * US_PER_S;
	}
}

static void read_usual(struct path_link *l, const struct members *m, int64_t first)
{
	int64_t from = first - USUAL_S, begun = begun_of(m) + 1;

	if (from <= newest_of(m) - LOAD_RING_S)
		return; /* as it was found before */
	from = begun > from ? begun : from;
	if (first - from >= USUAL_LEAST_S)
		l->usual_bps = bytes_of(m, first - 1, (unsigned)(first - from)) * 8 /
			       (uint64_t)(first - from);
}

static void read_capacity(struct path_link *l, const struct loads *loads)
{
	const struct link *link = exporters_get_link(loads->exporters, l->link);
	const struct conf_interface *c = link->conf;

	l->configured = c && (c->contracted_bps || c->capacity_bps);
	l->capacity_bps = c && c->contracted_bps ? c->contracted_bps : link->speed_bps;
}

void path_load(struct path_link *l, const struct attack *a, const struct loads *loads,
	       const struct conf *conf)
{
	int64_t first = time_floor_s(a->first_us), last = time_floor_s(a->last_us);
	int64_t peak = time_floor_s(a->peak_us), from = first, oldest;
	uint32_t percent = conf->thresholds.link_percent, window;
	struct members m;

	if (l->link == LINK_UNKNOWN)
		return;
	read_capacity(l, loads);
	find_members(&m, loads, l->link);
	if (!m.n)
		return;
	oldest = newest_of(&m) - LOAD_RING_S + 1;
	window = window_for(&m, l->weight, peak, last - first + 1);
	if (window != l->window_s) {
		/* It begins as a shorter attack and grows: figures of other windows are no
		 * measure. */
		l->window_s = window;
		l->load_most_bps = 0;
		l->load_most_us = l->near_first_us = l->near_last_us = TIME_NONE;
	}
	from = oldest > from ? oldest : from;
	read_most(l, &m, from, last, percent <= 100 ? l->capacity_bps / 100 * percent : 0);
	if (peak > oldest) {
		int64_t end = peak + window / 2;

		end = end > last ? last : end;
		end = end - window + 1 < first ? first + window - 1 : end;
		l->load_bps = bytes_of(&m, end, window) * 8 / window;
	}
	read_usual(l, &m, first);
}
