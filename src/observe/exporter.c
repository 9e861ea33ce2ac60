/* SPDX-License-Identifier: ISC */
/*
 * Exporters: who they are, and their clocks. exporter_link.c has their links, exporter_sampling.c
 * what they told of sampling. All are tables with caps: what does not fit falls back to index 0
 * (the unknown exporter, the unknown link, the unknown factor), and is counted with the one who
 * asked for it.
 */
#include "observe/exporter.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "observe/exporter_table.h"
#include "observe/flow.h"

#define CLOCK_SHIFT_US	(2 * US_PER_S) /* offsets up to this are left alone */
#define CLOCK_MINUTE_US (60 * US_PER_S)
#define CLOCK_BACK_US	(60 * US_PER_S)	   /* a jump back by more is a new epoch */
#define CLOCK_SANE_US	(INT64_C(1) << 58) /* times beyond are no times */
#define CLOCK_ODD	8 /* datagrams in a row that tell of a clock that was set */

static const struct conf_exporter *conf_of(const struct conf *conf, const struct ip *addr)
{
	for (size_t i = 0; conf && i < conf->n_exporters; i++)
		if (ip_equal(&conf->exporters[i].addr, addr))
			return &conf->exporters[i];
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

static void add_configured(struct exporters *t)
{
	t->unwrap = 0;
	for (size_t i = 0; t->conf && i < t->conf->n_unwrap; i++)
		t->unwrap |= 1u << t->conf->unwrap[i];
	for (size_t i = 0; t->conf && i < t->conf->n_exporters; i++) {
		const struct conf_exporter *c = &t->conf->exporters[i];
		uint16_t index = exporters_find(t, &c->addr, true);

		if (index != EXPORTER_UNKNOWN)
			exporter_apply_conf(t->items[index], c);
		else
			refuse(&t->items[0]->refused, REFUSED_EXPORTER_LIMIT, 0);
	}
	links_configure(t);
}

struct exporters *exporters_new(const struct conf *conf)
{
	struct exporters *t = calloc(1, sizeof(*t));
	static const struct ip nobody;

	if (!t)
		return NULL;
	t->conf = conf;
	t->by_addr = map_new(sizeof(struct ip), sizeof(uint16_t), EXPORTER_MAX);
	t->sampling = map_new(sizeof(struct sampling_key), sizeof(struct sampling_value), 0);
	t->sampling_any = map_new(sizeof(struct sampling_key), sizeof(struct sampling_value), 0);
	exporter_make(t, &nobody, "unknown");
	if (!links_open(t) || !t->by_addr || !t->sampling || !t->sampling_any || !t->n)
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
	map_free(t->sampling);
	map_free(t->sampling_any);
	links_close(t);
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
	add_configured(t);
	return 0;
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

static void shift(int64_t *us, int64_t by_us)
{
	if (*us != TIME_NONE)
		*us += by_us;
}

static void shift_clock(struct exporter *e, int64_t by_us)
{
	shift(&e->last_recv_us, by_us);
	shift(&e->clock_minute_us, by_us);
	shift(&e->clock_before_us, by_us);
	e->clock_least_us += by_us;
	e->clock_offset_us += by_us;
	for (unsigned i = 0; i < e->n_untold; i++) {
		e->untold[i].since_us += by_us;
		e->untold[i].last_us += by_us;
	}
}

void exporters_shift(struct exporters *t, int64_t by_us)
{
	for (unsigned i = 1; i < t->n; i++)
		shift_clock(t->items[i], by_us);
}

static struct untold *find_untold(struct exporter *e, uint32_t domain, uint16_t id)
{
	for (unsigned i = 0; i < e->n_untold; i++)
		if (e->untold[i].domain == domain && e->untold[i].id == id)
			return &e->untold[i];
	return NULL;
}

void exporter_untold(struct exporter *e, uint32_t domain, uint16_t id, int64_t now_us)
{
	struct untold *u = find_untold(e, domain, id);

	if (!u && e->n_untold < UNTOLD_MAX) {
		u = &e->untold[e->n_untold++];
		*u = (struct untold){.domain = domain, .id = id, .since_us = now_us};
	}
	if (u) {
		u->last_us = now_us;
		return;
	}
	/* Full: the one that was not asked for longest gives way, as numbers can be made up. */
	u = e->untold;
	for (unsigned i = 1; i < e->n_untold; i++)
		if (e->untold[i].last_us < u->last_us)
			u = &e->untold[i];
	*u = (struct untold){.domain = domain, .id = id, .since_us = now_us, .last_us = now_us};
}

void exporter_told(struct exporter *e, uint32_t domain, uint16_t id)
{
	struct untold *u = find_untold(e, domain, id);

	if (u)
		*u = e->untold[--e->n_untold];
}

int64_t exporter_untold_since(const struct exporter *e, int64_t now_us)
{
	int64_t since_us = TIME_NONE;

	for (unsigned i = 0; i < e->n_untold; i++) {
		const struct untold *u = &e->untold[i];

		if (now_us - u->last_us <= UNTOLD_LAST_US &&
		    (since_us == TIME_NONE || u->since_us < since_us))
			since_us = u->since_us;
	}
	return since_us;
}

unsigned exporters_unwrap(const struct exporters *t)
{
	return t->unwrap;
}

struct exporter *exporters_get(struct exporters *t, uint16_t index)
{
	return t->items[index < t->n ? index : 0];
}

unsigned exporters_count(const struct exporters *t)
{
	return t->n;
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

static int64_t clock_least(const struct exporter *e)
{
	return e->clock_before_us != TIME_NONE && e->clock_before_us < e->clock_least_us
		       ? e->clock_before_us
		       : e->clock_least_us;
}

/*
 * Less by minutes than ever before: no delay is. One such datagram has an odd time, be it the
 * frame's or the exporter's, and would shift the others for two minutes; several in a row tell of a
 * clock that was set.
 */
static bool clock_is_odd(struct exporter *e, int64_t diff_us)
{
	if (e->clock_minute_us == TIME_NONE || clock_least(e) - diff_us <= CLOCK_BACK_US) {
		e->clock_odd = 0;
		return false;
	}
	if (++e->clock_odd >= CLOCK_ODD)
		return false;
	e->odd_datagrams++;
	return true;
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
	if (clock_is_odd(e, diff_us))
		return diff_us;
	if (e->clock_minute_us == TIME_NONE || e->clock_odd) {
		clock_restart(e, diff_us, recv_us);
	} else if (export_us < e->clock_export_us - CLOCK_BACK_US) {
		e->clock_epochs++;
		clock_restart(e, diff_us, recv_us);
	} else {
		clock_learn(e, diff_us, recv_us);
	}
	e->clock_export_us = export_us;
	least_us = clock_least(e);
	e->clock_offset_us = least_us;
	e->clock_shifted = least_us > CLOCK_SHIFT_US || least_us < -CLOCK_SHIFT_US;
	return e->clock_shifted ? least_us : 0;
}
