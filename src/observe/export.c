/* SPDX-License-Identifier: ISC */
/*
 * The entry of all export datagrams: who sent it, which format it is, which state it belongs to.
 * State is charged to its exporter and bounded: domains, templates, bytes. Where it is full,
 * domains and templates that were neither told nor used for half an hour give way; else the new one
 * is refused and counted. Nothing is kept of an exporter that is not on the allow-list. A restarted
 * exporter keeps its templates until it sends them anew, since false restarts are commoner than
 * reused ids.
 */
#include "observe/export.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "observe/export_state.h"

#define GAP_RECORDS   100000 /* believable losses between two datagrams */
#define GAP_DATAGRAMS 10000
#define TICK_US	      (60 * US_PER_S)

struct format {
	enum export_format id;
	int (*decode)(struct export_pass *p, struct cursor *c);
	bool (*probe)(const uint8_t *data, size_t len);
	uint32_t magic;
	size_t magic_len;
};

static const struct format formats[] = {
	{EXPORT_V5, netflow5_decode, netflow5_probe, 5, 2},
	{EXPORT_V9, netflow9_decode, netflow9_probe, 9, 2},
	{EXPORT_IPFIX, ipfix_decode, ipfix_probe, 10, 2},
	{EXPORT_SFLOW, sflow_decode, sflow_probe, 5, 4},
};

static const struct format *format_of(const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < ARRAY_LEN(formats); i++)
		if (len >= formats[i].magic_len &&
		    be_uint(data, formats[i].magic_len) == formats[i].magic)
			return &formats[i];
	return NULL;
}

struct exports *exports_new(struct exporters *exporters, struct flow_writer *w, bool open)
{
	struct exports *x = calloc(1, sizeof(*x));

	if (!x)
		return NULL;
	x->exporters = exporters;
	x->writer = w;
	x->open = open;
	x->tick_us = TIME_NONE;
	x->v5 = netflow5_plain();
	x->place = plain_place_best();
	return x->v5 ? x : exports_free(x);
}

static struct domain *domain_free(struct domain *d, size_t *account)
{
	template_table_deinit(&d->templates, account);
	map_free(d->sources);
	free(d);
	return NULL;
}

static struct export_source *source_free(struct export_source *s)
{
	size_t at = 0;
	void *value;

	if (!s)
		return NULL;
	while (s->domains && map_next(s->domains, &at, NULL, &value))
		domain_free(*(struct domain **)value, &s->bytes);
	map_free(s->domains);
	free(s);
	return NULL;
}

struct exports *exports_free(struct exports *x)
{
	if (!x)
		return NULL;
	for (size_t i = 0; i < ARRAY_LEN(x->sources); i++)
		source_free(x->sources[i]);
	free(x->v5);
	free(x);
	return NULL;
}

void exports_set_trace(struct exports *x, const struct export_trace *trace)
{
	x->trace = trace;
}

void pass_refuse(struct export_pass *p, enum refusal why, size_t bytes)
{
	/* Who captured is to blame, not who sent. */
	if (why == REFUSED_TRUNCATED && p->datagram->cut)
		why = REFUSED_CAPTURE_CUT;
	p->x->refused |= UINT32_C(1) << why;
	refuse(&p->e->refused, why, bytes);
}

static struct export_source *source_of(struct exports *x, uint16_t exporter)
{
	struct export_source *s = x->sources[exporter];

	if (s)
		return s;
	s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->domains =
		map_new(sizeof(struct domain_key), sizeof(struct domain *), DOMAINS_PER_EXPORTER);
	s->system_init_us = s->turn_us = TIME_NONE;
	if (!s->domains)
		return source_free(s);
	return x->sources[exporter] = s;
}

static bool is_last(const struct export_source *s, const struct domain_key *key)
{
	return s->last && s->last_key.domain == key->domain && s->last_key.format == key->format &&
	       ip_equal(&s->last_key.agent, &key->agent);
}

/* Datagrams of one domain come in runs: the last one found is tried first. */
static struct domain *domain_find(struct export_source *s, const struct domain_key *key)
{
	struct domain **slot;

	if (is_last(s, key))
		return s->last;
	slot = map_get(s->domains, key);
	if (!slot)
		return NULL;
	s->last_key = *key;
	return s->last = *slot;
}

static void domain_drop(struct export_pass *p, const struct domain_key *key, struct domain *d)
{
	size_t before = p->source->bytes;

	map_remove(p->source->domains, key);
	domain_free(d, &p->source->bytes);
	p->source->bytes -= sizeof(*d);
	p->x->bytes -= before - p->source->bytes;
	p->source->last = NULL;
	p->e->tables[TABLE_DOMAINS].evicted++;
}

/* What was not heard of for long makes room, see exporter_table.h. */
static void sweep_domains(struct export_pass *p)
{
	const void *key;
	void *value;
	size_t at = 0;

	if (!exporter_may_sweep(p->e, TABLE_DOMAINS))
		return;
	while (map_next(p->source->domains, &at, &key, &value)) {
		const struct domain_key k = *(const struct domain_key *)key;
		struct domain *d = *(struct domain **)value;

		if (p->e->turn - d->turn >= EXPORTER_QUIET)
			domain_drop(p, &k, d);
	}
}

static bool has_room(const struct export_pass *p)
{
	return map_count(p->source->domains) < DOMAINS_PER_EXPORTER &&
	       p->x->bytes + sizeof(struct domain) <= EXPORT_MEMORY_MAX;
}

/* Return: 0, 1 when it has to wait outside, or -ENOMEM. */
static int domain_add(struct export_pass *p, const struct domain_key *key, struct domain **out)
{
	const struct {
		struct domain_key key;
		uint64_t exporter; /* so wide that no padding is hashed */
	} who = {*key, p->header.exporter};
	struct domain **slot, *d;

	if (!has_room(p))
		sweep_domains(p);
	if (!door_may_pass(&p->x->door, &who, sizeof(who), map_count(p->source->domains),
			   DOMAINS_PER_EXPORTER) ||
	    !has_room(p))
		return 1;
	d = calloc(1, sizeof(*d));
	slot = d ? map_put(p->source->domains, key, NULL) : NULL;
	if (!slot) {
		free(d);
		return -ENOMEM;
	}
	d->system_init_us = TIME_NONE;
	p->source->bytes += sizeof(*d);
	p->x->bytes += sizeof(*d);
	*out = *slot = d;
	return 0;
}

static int domain_of(struct export_pass *p, const struct ip *agent, struct domain **out)
{
	struct domain_key key = {.format = p->header.format, .domain = p->header.domain};
	struct exporter_part *part = &p->e->tables[TABLE_DOMAINS];
	int r = 0;

	if (agent)
		key.agent = *agent;
	*out = domain_find(p->source, &key);
	if (!*out) {
		r = domain_add(p, &key, out);
		part->held = (uint32_t)map_count(p->source->domains);
	}
	if (r > 0) {
		part->refused++;
		pass_refuse(p, REFUSED_DOMAIN_LIMIT, p->datagram->len);
	}
	if (r == 0)
		(*out)->turn = p->e->turn;
	return r;
}

int pass_begin(struct export_pass *p, const struct ip *agent)
{
	struct export_header *h = &p->header;
	int r;

	h->agent = agent ? *agent : p->datagram->from;
	if (p->x->trace)
		p->x->trace->datagram(p->x->trace->userdata, p->datagram, h);
	r = domain_of(p, agent, &p->domain);
	if (r)
		return r;
	p->e->formats |= (uint8_t)h->format;
	p->recv_us = p->datagram->recv_us;
	if (h->has_time)
		p->shift_us = exporter_clock(p->e, h->export_us, p->recv_us);
	p->e->last_recv_us = p->recv_us;
	return 0;
}

void pass_restarted(struct export_pass *p)
{
	p->e->restarts++;
	p->domain->sequence.seen = false;
}

void pass_sequence(struct export_pass *p, uint32_t count, bool in_records)
{
	uint64_t *lost = in_records ? &p->e->lost_records : &p->e->lost_datagrams;
	uint32_t bound = in_records ? GAP_RECORDS : GAP_DATAGRAMS;

	switch (sequence_step(&p->domain->sequence, p->header.sequence, count, bound, lost)) {
	case SEQUENCE_DOUBT:
		p->e->doubted++;
		break;
	case SEQUENCE_RESET:
		p->e->restarts++;
		p->e->doubted -= p->domain->sequence.explained && p->e->doubted;
		break;
	default:
		break;
	}
}

/*
 * With each turn the memo of links begins anew, so that each link in use is asked for once in a
 * turn: none that stands in a memo is ever quiet.
 */
static void take_turn(struct export_source *s, struct exporter *e, int64_t now_us)
{
	if (s->turn_us != TIME_NONE && now_us >= s->turn_us &&
	    now_us - s->turn_us < EXPORTER_TURN_US)
		return;
	s->turn_us = now_us;
	memset(&s->links, 0, sizeof(s->links));
	e->turn++;
}

static int decode(struct exports *x, const struct datagram *d, uint16_t index)
{
	struct export_pass pass = {.x = x, .e = exporters_get(x->exporters, index), .datagram = d};
	const struct format *f = format_of(d->data, d->len);
	struct cursor c = cursor_over(d->data, d->len);
	int r;

	pass.e->datagrams++;
	if (!f) {
		pass_refuse(&pass, d->len < 4 ? REFUSED_TRUNCATED : REFUSED_BAD_VERSION, d->len);
		return 1;
	}
	pass.source = source_of(x, index);
	if (!pass.source)
		return -ENOMEM;
	take_turn(pass.source, pass.e, d->recv_us);
	pass.header = (struct export_header){.format = f->id, .exporter = index};
	r = f->decode(&pass, &c);
	if (r < 0)
		return r;
	return x->refused ? 1 : 0;
}

int exports_datagram(struct exports *x, const struct datagram *d)
{
	uint16_t index = exporters_find(x->exporters, &d->from, x->open);
	enum refusal why = x->open ? REFUSED_EXPORTER_LIMIT : REFUSED_UNKNOWN_EXPORTER;
	struct exporter *nobody;

	x->refused = 0;
	if (index != EXPORTER_UNKNOWN)
		return decode(x, d, index);
	nobody = exporters_get(x->exporters, EXPORTER_UNKNOWN);
	nobody->datagrams++;
	x->refused = UINT32_C(1) << why;
	refuse(&nobody->refused, why, d->len);
	return 1;
}

uint32_t exports_refused(const struct exports *x)
{
	return x->refused;
}

int exports_probe(const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < ARRAY_LEN(formats); i++)
		if (formats[i].probe(data, len))
			return (int)formats[i].id;
	return 0;
}

void exports_shift(struct exports *x, int64_t by_us)
{
	for (size_t i = 0; i < ARRAY_LEN(x->sources); i++) {
		struct export_source *s = x->sources[i];
		size_t at = 0;
		void *value;

		if (!s)
			continue;
		if (s->turn_us != TIME_NONE)
			s->turn_us += by_us;
		while (map_next(s->domains, &at, NULL, &value))
			template_table_shift(&(*(struct domain **)value)->templates, by_us);
	}
}

void exports_tick(struct exports *x, int64_t now_us)
{
	if (x->tick_us != TIME_NONE && now_us >= x->tick_us && now_us - x->tick_us < TICK_US)
		return;
	x->tick_us = now_us;
	x->bytes = 0;
	for (size_t i = 0; i < ARRAY_LEN(x->sources); i++) {
		struct export_source *s = x->sources[i];
		size_t at = 0;
		void *value;

		while (s && map_next(s->domains, &at, NULL, &value))
			template_table_expire(&(*(struct domain **)value)->templates,
					      now_us - TEMPLATE_LIFE_US, &s->bytes);
		x->bytes += s ? s->bytes : 0;
	}
}
