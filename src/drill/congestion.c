/* SPDX-License-Identifier: ISC */
#include "drill/congestion.h"

#include <errno.h>
#include <stdio.h>

#include "base/clock.h"

void congestion_begin(struct congestion *c, const struct congestion_row *row, uint64_t seed,
		      int64_t base_us)
{
	*c = (struct congestion){.row = row, .base_us = base_us, .rng = rng_derive(seed, 0x40000)};
}

/* The number of a protected site, 0 for other addresses. */
static unsigned site_of(const struct ip *ip)
{
	uint32_t v4 = ip_is_v4(ip) ? ip_v4(ip) : 0;

	return (v4 & 0xffffff00u) == 0xc6120a00u && (v4 & 0xff) <= SITES ? v4 & 0xff : 0;
}

static void count_load(struct link_traffic *l, const struct packet *p)
{
	int64_t second = time_floor_s(p->time_us);

	if (second != l->second) {
		l->second = second;
		l->bytes = 0;
	}
	l->bytes += p->ip_len;
	if (l->bytes > l->peak_bytes) {
		l->peak_bytes = l->bytes;
		l->peak_s = second;
	}
}

bool congestion_takes(struct congestion *c, const struct packet *p)
{
	int64_t at_ms = (p->time_us - c->base_us) / US_PER_MS;
	const struct congestion_row *row = c->row;
	bool during =
		row->until_ms && at_ms >= (int64_t)row->from_ms && at_ms < (int64_t)row->until_ms;
	struct site_traffic *s = &c->link[p->link].site[site_of(&p->dst)];
	bool lost = false;

	if (p->outbound)
		return false;
	if (p->attack < 0 && during && p->link == row->link)
		lost = rng_below(&c->rng, 100) < row->percent;
	if (p->attack < 0) {
		s->sent += during;
		s->lost += lost;
		s->before += row->until_ms && at_ms < (int64_t)row->from_ms;
	}
	if (!lost)
		count_load(&c->link[p->link], p);
	return lost;
}

static json_t *peaks_json(const struct congestion *c)
{
	json_t *list = json_array();
	char at[TIME_TEXT_MAX];

	for (unsigned l = 0; list && l < LINKS; l++) {
		const struct link_traffic *t = &c->link[l];

		if (t->peak_bytes)
			json_array_append_new(list,
					      json_pack("{sssIss}", "link", world_link_name(l),
							"bps", (json_int_t)t->peak_bytes * 8, "at",
							time_format_utc(t->peak_s * US_PER_S, at)));
	}
	return list;
}

static json_t *site_json(const struct congestion *c, unsigned link, unsigned site)
{
	const struct site_traffic *s = &c->link[link].site[site];
	const struct congestion_row *row = c->row;
	double before_s = (double)row->from_ms / 1000;
	double during_s = (double)(row->until_ms - row->from_ms) / 1000;
	char name[32];

	snprintf(name, sizeof(name), "site-%02u", site);
	return json_pack("{sssssfsfsIsIsf}", "object", name, "link", world_link_name(link),
			 "before_pps", before_s > 0 ? (double)s->before / before_s : 0.0,
			 "during_pps", (double)(s->sent - s->lost) / during_s, "sent",
			 (json_int_t)s->sent, "lost", (json_int_t)s->lost, "lost_share",
			 s->sent ? (double)s->lost / (double)s->sent : 0.0);
}

static json_t *sites_json(const struct congestion *c)
{
	json_t *list = json_array();

	for (unsigned l = 0; list && c->row->until_ms && l < LINKS; l++)
		for (unsigned s = 1; s <= SITES; s++)
			if (c->link[l].site[s].before || c->link[l].site[s].sent)
				json_array_append_new(list, site_json(c, l, s));
	return list;
}

int congestion_json(const struct congestion *c, json_t *truth)
{
	return json_object_set_new(truth, "link_peaks", peaks_json(c)) ||
			       json_object_set_new(truth, "bystanders", sites_json(c))
		       ? -ENOMEM
		       : 0;
}
