/* SPDX-License-Identifier: ISC */
/*
 * Exporters, links and learnt sampling factors. Three tables with caps: what does not fit falls
 * back to index 0 (the unknown exporter, the unknown link, the unknown factor), and is counted with
 * the one who asked for it.
 */
#include "observe/exporter.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/map.h"
#include "base/text.h"
#include "observe/flow.h"

#define LINK_BLOCK	256 /* links allocated together */
#define LINK_BLOCKS	((LINKS_MAX + 1) / LINK_BLOCK)
#define CLOCK_SHIFT_US	(2 * US_PER_S) /* offsets up to this are left alone */
#define CLOCK_MINUTE_US (60 * US_PER_S)
#define CLOCK_BACK_US	(60 * US_PER_S)	   /* a jump back by more is a new epoch */
#define CLOCK_SANE_US	(INT64_C(1) << 58) /* times beyond are no times */

struct link_key {
	uint32_t exporter, ifindex;
};

struct sampling_key {
	uint32_t exporter, domain, sampler;
};

struct sampling_value {
	uint32_t factor; /* 0: forgotten, or (any-domain table) told differently by two domains */
	uint32_t domain; /* who told it */
	int64_t learnt_us;
};

struct exporters {
	const struct conf *conf;
	struct exporter *items[EXPORTER_MAX + 1];
	uint32_t links_of[EXPORTER_MAX + 1], samplings_of[EXPORTER_MAX + 1];
	unsigned n;
	struct map *by_addr; /* struct ip -> uint16_t */
	struct ip last_addr; /* found last: datagrams of one exporter come in runs */
	uint16_t last_index;
	struct map *by_link;		 /* struct link_key -> uint16_t */
	struct link *links[LINK_BLOCKS]; /* [0][0] is LINK_UNKNOWN; in blocks, so pointers stay */
	unsigned n_links;
	struct map *sampling;	  /* sampling_key -> sampling_value */
	struct map *sampling_any; /* the same with domain 0 for "any domain" */
};

static const struct conf_exporter *conf_of(const struct conf *conf, const struct ip *addr)
{
	for (size_t i = 0; conf && i < conf->n_exporters; i++)
		if (ip_equal(&conf->exporters[i].addr, addr))
			return &conf->exporters[i];
	return NULL;
}

static const struct conf_interface *interface_of(const struct conf *conf, const struct exporter *e,
						 uint32_t ifindex)
{
	for (size_t i = 0; conf && i < conf->n_interfaces; i++)
		if (conf->interfaces[i].ifindex == ifindex &&
		    strcmp(conf->interfaces[i].exporter, e->name) == 0)
			return &conf->interfaces[i];
	return NULL;
}

static void exporter_apply_conf(struct exporter *e, const struct conf_exporter *c)
{
	e->conf = c;
	if (!c)
		return;
	snprintf(e->name, sizeof(e->name), "%s", c->name);
	if (c->active_timeout_s)
		e->active_timeout_s = c->active_timeout_s;
	if (c->inactive_timeout_s)
		e->inactive_timeout_s = c->inactive_timeout_s;
}

static uint16_t exporter_make(struct exporters *t, const struct ip *addr, const char *name)
{
	struct exporter *e;

	if (t->n > EXPORTER_MAX)
		return EXPORTER_UNKNOWN; /* counted by who asked: a datagram, or the one below */
	e = calloc(1, sizeof(*e));
	if (!e)
		return EXPORTER_UNKNOWN;
	e->addr = *addr;
	e->last_recv_us = TIME_NONE;
	e->clock_minute_us = e->clock_before_us = e->clock_export_us = TIME_NONE;
	e->sampling_known = true;
	e->sampling_generation = 1;
	snprintf(e->name, sizeof(e->name), "%s", name);
	t->items[t->n] = e;
	return (uint16_t)t->n++;
}

static struct link *link_at(const struct exporters *t, unsigned i)
{
	return &t->links[i / LINK_BLOCK][i % LINK_BLOCK];
}

static void link_apply_conf(struct exporters *t, struct link *l)
{
	const struct conf_interface *c = interface_of(t->conf, t->items[l->exporter], l->ifindex);

	/* A speed learnt from counters stays when the configuration names none. */
	if (c && c->capacity_bps)
		l->speed_bps = c->capacity_bps;
	l->conf = c;
	l->side = (uint8_t)(c ? c->side : SIDE_UNKNOWN);
}

static void sampling_changed(struct exporter *e)
{
	if (!++e->sampling_generation)
		e->sampling_generation = 1;
}

static int add_configured(struct exporters *t)
{
	for (size_t i = 0; t->conf && i < t->conf->n_exporters; i++) {
		const struct conf_exporter *c = &t->conf->exporters[i];
		uint16_t index = exporters_find(t, &c->addr, true);

		if (index != EXPORTER_UNKNOWN)
			exporter_apply_conf(t->items[index], c);
		else
			refuse(&t->items[0]->refused, REFUSED_EXPORTER_LIMIT, 0);
	}
	for (size_t i = 0; t->conf && i < t->conf->n_interfaces; i++)
		for (unsigned k = 1; k < t->n; k++)
			if (strcmp(t->conf->interfaces[i].exporter, t->items[k]->name) == 0)
				exporters_link(t, (uint16_t)k, t->conf->interfaces[i].ifindex);
	return 0;
}

struct exporters *exporters_new(const struct conf *conf)
{
	struct exporters *t = calloc(1, sizeof(*t));
	static const struct ip nobody;

	if (!t)
		return NULL;
	t->conf = conf;
	t->by_addr = map_new(sizeof(struct ip), sizeof(uint16_t), EXPORTER_MAX);
	t->by_link = map_new(sizeof(struct link_key), sizeof(uint16_t), LINKS_MAX);
	t->sampling = map_new(sizeof(struct sampling_key), sizeof(struct sampling_value), 0);
	t->sampling_any = map_new(sizeof(struct sampling_key), sizeof(struct sampling_value), 0);
	t->links[0] = calloc(LINK_BLOCK, sizeof(*t->links[0]));
	t->n_links = 1;
	exporter_make(t, &nobody, "unknown");
	if (!t->by_addr || !t->by_link || !t->sampling || !t->sampling_any || !t->links[0] || !t->n)
		return exporters_free(t);
	add_configured(t);
	return t;
}

struct exporters *exporters_free(struct exporters *t)
{
	if (!t)
		return NULL;
	for (unsigned i = 0; i < t->n; i++)
		free(t->items[i]);
	map_free(t->by_addr);
	map_free(t->by_link);
	map_free(t->sampling);
	map_free(t->sampling_any);
	for (size_t i = 0; i < LINK_BLOCKS; i++)
		free(t->links[i]);
	free(t);
	return NULL;
}

int exporters_reconf(struct exporters *t, const struct conf *conf)
{
	t->conf = conf;
	for (unsigned i = 1; i < t->n; i++) {
		exporter_apply_conf(t->items[i], conf_of(conf, &t->items[i]->addr));
		sampling_changed(t->items[i]);
	}
	for (unsigned i = 1; i < t->n_links; i++)
		link_apply_conf(t, link_at(t, i));
	return add_configured(t);
}

uint16_t exporters_find(struct exporters *t, const struct ip *addr, bool make)
{
	const uint16_t *found;
	char name[IP_TEXT_MAX];
	uint16_t *slot, index;

	if (t->last_index != EXPORTER_UNKNOWN && ip_equal(&t->last_addr, addr))
		return t->last_index;
	found = map_get(t->by_addr, addr);
	if (found) {
		t->last_addr = *addr;
		return t->last_index = *found;
	}
	if (!make)
		return EXPORTER_UNKNOWN;
	index = exporter_make(t, addr, ip_format(addr, name));
	if (index == EXPORTER_UNKNOWN)
		return EXPORTER_UNKNOWN;
	slot = map_put(t->by_addr, addr, NULL);
	if (!slot)
		return EXPORTER_UNKNOWN;
	*slot = index;
	exporter_apply_conf(t->items[index], conf_of(t->conf, addr));
	return index;
}

uint16_t exporters_add_capture(struct exporters *t, const char *name)
{
	static const struct ip nobody;
	uint16_t index = exporter_make(t, &nobody, name);

	if (index != EXPORTER_UNKNOWN)
		t->items[index]->is_capture = true;
	else
		refuse(&t->items[0]->refused, REFUSED_EXPORTER_LIMIT, 0);
	return index;
}

struct exporter *exporters_get(struct exporters *t, uint16_t index)
{
	return t->items[index < t->n ? index : 0];
}

unsigned exporters_count(const struct exporters *t)
{
	return t->n;
}

uint16_t exporters_link(struct exporters *t, uint16_t exporter, uint32_t ifindex)
{
	struct link_key key = {exporter, ifindex};
	const uint16_t *found;
	struct link *l, **block;
	uint16_t *slot;

	if (!ifindex || exporter >= t->n)
		return LINK_UNKNOWN;
	found = map_get(t->by_link, &key);
	if (found)
		return *found;
	if (t->n_links > LINKS_MAX || t->links_of[exporter] >= LINKS_PER_EXPORTER)
		return LINK_UNKNOWN;
	block = &t->links[t->n_links / LINK_BLOCK];
	if (!*block)
		*block = calloc(LINK_BLOCK, sizeof(**block));
	slot = *block ? map_put(t->by_link, &key, NULL) : NULL;
	if (!slot) {
		text_note_lost(); /* the interface will be missing from what is said */
		return LINK_UNKNOWN;
	}
	*slot = (uint16_t)t->n_links++;
	t->links_of[exporter]++;
	l = link_at(t, *slot);
	l->exporter = exporter;
	l->ifindex = ifindex;
	link_apply_conf(t, l);
	return *slot;
}

struct link *exporters_get_link(struct exporters *t, uint16_t link)
{
	return link_at(t, link < t->n_links ? link : 0);
}

unsigned exporters_link_count(const struct exporters *t)
{
	return t->n_links;
}

/*
 * What another domain may use: the last factor told for this sampler, unless two domains disagree.
 * Domain 0 speaks for the whole exporter (RFC 7011 section 3.1) and is never overruled.
 */
static int set_any(struct exporters *t, const struct sampling_key *k, uint32_t factor)
{
	struct sampling_key any = {k->exporter, 0, k->sampler};
	struct sampling_value *v;
	bool created;

	v = map_put(t->sampling_any, &any, &created);
	if (!v)
		return -ENOMEM;
	if (created || k->domain == 0 || v->domain == k->domain)
		*v = (struct sampling_value){.factor = factor, .domain = k->domain};
	else if (v->domain != 0 && v->factor != factor)
		v->factor = 0;
	return 0;
}

int exporters_set_sampling(struct exporters *t, uint16_t exporter, uint32_t domain,
			   uint32_t sampler, uint32_t factor, int64_t now_us)
{
	struct sampling_key key = {exporter, domain, sampler};
	struct sampling_value *v = map_get(t->sampling, &key);

	if (exporter >= t->n)
		return 1;
	if (!v) {
		if (!factor)
			return 0;
		if (t->samplings_of[exporter] >= SAMPLING_PER_EXPORTER)
			return 1;
		v = map_put(t->sampling, &key, NULL);
		if (!v)
			return -ENOMEM;
		t->samplings_of[exporter]++;
	}
	*v = (struct sampling_value){.factor = factor, .domain = domain, .learnt_us = now_us};
	t->items[exporter]->sampling_scopes |= sampler & ~SAMPLER_ID_MASK;
	sampling_changed(t->items[exporter]);
	return set_any(t, &key, factor);
}

static uint32_t learnt(const struct exporters *t, uint16_t exporter, uint32_t domain,
		       uint32_t sampler)
{
	struct sampling_key key = {exporter, domain, sampler}, any = {exporter, 0, sampler};
	const struct sampling_value *v = map_get(t->sampling, &key);

	if (!v || !v->factor)
		v = map_get(t->sampling_any, &any);
	return v ? v->factor : 0;
}

bool exporters_sampling(struct exporters *t, uint16_t exporter, uint32_t domain, uint32_t sampler,
			uint32_t in_record, uint32_t *factor)
{
	const struct exporter *e = exporters_get(t, exporter);

	*factor = e->conf ? e->conf->sampling : 0;
	if (!*factor && exporter < t->n && t->samplings_of[exporter]) {
		if (sampler)
			*factor = learnt(t, exporter, domain, sampler);
		if (!*factor)
			*factor = learnt(t, exporter, domain, 0);
	}
	if (!*factor)
		*factor = in_record;
	if (*factor)
		return true;
	*factor = 1;
	return false;
}

bool exporters_sampling_told(const struct exporters *t, uint16_t exporter, uint32_t domain,
			     uint32_t sampler)
{
	return learnt(t, exporter, domain, sampler) != 0;
}

bool exporters_sampling_next(const struct exporters *t, size_t *at, struct sampling_rate *out)
{
	const void *key;
	void *value;

	while (map_next(t->sampling, at, &key, &value)) {
		const struct sampling_key *k = key;
		const struct sampling_value *v = value;

		if (!v->factor)
			continue;
		*out = (struct sampling_rate){.exporter = (uint16_t)k->exporter,
					      .domain = k->domain,
					      .sampler = k->sampler,
					      .factor = v->factor,
					      .learnt_us = v->learnt_us};
		return true;
	}
	return false;
}

static void clock_restart(struct exporter *e, int64_t diff_us, int64_t recv_us)
{
	e->clock_least_us = diff_us;
	e->clock_before_us = TIME_NONE;
	e->clock_minute_us = recv_us;
}

/* The least difference is the one with the least delay in it, so it is nearest to the offset. */
static void clock_learn(struct exporter *e, int64_t diff_us, int64_t recv_us)
{
	if (recv_us - e->clock_minute_us >= CLOCK_MINUTE_US || recv_us < e->clock_minute_us) {
		e->clock_before_us = e->clock_least_us;
		e->clock_least_us = diff_us;
		e->clock_minute_us = recv_us;
	} else if (diff_us < e->clock_least_us) {
		e->clock_least_us = diff_us;
	}
}

int64_t exporter_clock(struct exporter *e, int64_t export_us, int64_t recv_us)
{
	int64_t diff_us, least_us;

	if (export_us < -CLOCK_SANE_US || export_us > CLOCK_SANE_US || recv_us < -CLOCK_SANE_US ||
	    recv_us > CLOCK_SANE_US)
		return 0;
	diff_us = recv_us - export_us;
	if (e->conf && !e->conf->clock_trusted) {
		e->clock_offset_us = diff_us;
		e->clock_shifted = true;
		return diff_us;
	}
	if (e->clock_minute_us == TIME_NONE) {
		clock_restart(e, diff_us, recv_us);
	} else if (export_us < e->clock_export_us - CLOCK_BACK_US) {
		e->clock_epochs++;
		clock_restart(e, diff_us, recv_us);
	} else {
		clock_learn(e, diff_us, recv_us);
	}
	e->clock_export_us = export_us;
	least_us = e->clock_least_us;
	if (e->clock_before_us != TIME_NONE && e->clock_before_us < least_us)
		least_us = e->clock_before_us;
	e->clock_offset_us = least_us;
	e->clock_shifted = least_us > CLOCK_SHIFT_US || least_us < -CLOCK_SHIFT_US;
	return e->clock_shifted ? least_us : 0;
}
