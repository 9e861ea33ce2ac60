/* SPDX-License-Identifier: ISC */
/*
 * The sample holds all that came to the target while something was near, so ordinary traffic is in
 * it too: only records of the kind that the attack's vectors are made of count for shares.
 */
#include "judge/kind_sample.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "judge/incident.h"
#include "judge/proxies.h"
#include "judge/scope.h"
#include "place/place.h"

#define TCP_SESSION (TH_SYN | TH_ACK | TH_RST | TH_FIN)
#define TTL_NEAR    2 /* hops by which one host's packets differ */

/* A connection as its client has it; no padding, it is compared as bytes. */
struct talk_key {
	struct ip src, dst;
	uint16_t sport, dport;
	uint32_t zero;
};

struct talk {
	bool syn, ack; /* seen of it */
};

/* Sides of the ingress links by place number, looked up once. */
struct links {
	const struct kinds_input *in;
	uint8_t side[INCIDENT_PLACES_MAX + 1];
	bool inside[INCIDENT_PLACES_MAX + 1], known[INCIDENT_PLACES_MAX + 1];
};

static bool is_tcp(const struct evidence_record *e)
{
	return e->flow.proto == PROTO_TCP;
}

static bool is_udp(const struct evidence_record *e)
{
	return e->flow.proto == PROTO_UDP;
}

/* A SYN alone, or a flow that began with one. */
static bool of_syn(const struct evidence_record *e, uint16_t port)
{
	return is_tcp(e) && e->flow.tcp_flags & TH_SYN &&
	       (!(e->flow.tcp_flags & TH_ACK) || e->flow.packets > 1);
}

static bool of_synack(const struct evidence_record *e, uint16_t port)
{
	return is_tcp(e) && (e->flow.tcp_flags & (TH_SYN | TH_ACK)) == (TH_SYN | TH_ACK) &&
	       !(e->flow.tcp_flags & (TH_PSH | TH_FIN));
}

static bool of_rst(const struct evidence_record *e, uint16_t port)
{
	return is_tcp(e) && e->flow.tcp_flags & TH_RST;
}

static bool of_ack(const struct evidence_record *e, uint16_t port)
{
	return is_tcp(e) && e->flow.tcp_flags & TH_ACK && !(e->flow.tcp_flags & TH_SYN);
}

static bool of_connection(const struct evidence_record *e, uint16_t port)
{
	return is_tcp(e) && (e->flow.tcp_flags & TCP_SESSION) != TH_RST;
}

static bool of_udp(const struct evidence_record *e, uint16_t port)
{
	return is_udp(e);
}

/* Port 0: any single port that reflects. */
static bool of_answer(const struct evidence_record *e, uint16_t port)
{
	return is_udp(e) && e->flow.sport && (!port || e->flow.sport == port);
}

/* Later fragments have no ports; NetFlow v5 tells them only by that. */
static bool of_fragment(const struct evidence_record *e, uint16_t port)
{
	return e->side.flags & (FLOW_FRAGMENT | FLOW_LATER_FRAGMENT) ||
	       ((is_udp(e) || is_tcp(e)) && !e->flow.sport && !e->flow.dport);
}

static bool of_icmp(const struct evidence_record *e, uint16_t port)
{
	return e->flow.proto == PROTO_ICMP || e->flow.proto == PROTO_ICMP6;
}

/* What a host sends by ICMP because of somebody's packet: RFC 792, RFC 4443 section 2.1. */
static bool is_icmp_answer(const struct evidence_record *e)
{
	uint8_t type = e->side.icmp_type;

	if (e->flow.proto == PROTO_ICMP)
		return type == 0 || type == 3 || type == 4 || type == 11 || type == 12;
	return e->flow.proto == PROTO_ICMP6 && (type <= 4 || type == 129);
}

static bool of_other(const struct evidence_record *e, uint16_t port)
{
	return !is_tcp(e) && !is_udp(e) && !of_icmp(e, port);
}

static bool of_malformed(const struct evidence_record *e, uint16_t port)
{
	return e->side.flags & FLOW_MALFORMED ||
	       (is_tcp(e) && ((e->flow.tcp_flags & (TH_SYN | TH_FIN)) == (TH_SYN | TH_FIN) ||
			      !(e->flow.tcp_flags & (TCP_SESSION | TH_PSH))));
}

static bool of_dns_query(const struct evidence_record *e, uint16_t port)
{
	return is_udp(e) && e->flow.dport == 53;
}

static bool of_quic(const struct evidence_record *e, uint16_t port)
{
	return is_udp(e) && (e->flow.dport == 443 || e->flow.dport == 80);
}

/* Which records a vector is made of. */
static bool (*const made_of[VECTOR_COUNT])(const struct evidence_record *e, uint16_t port) = {
	[VECTOR_SYN_FLOOD] = of_syn,
	[VECTOR_SYNACK_REFLECTION] = of_synack,
	[VECTOR_RST_FLOOD] = of_rst,
	[VECTOR_ACK_FLOOD] = of_ack,
	[VECTOR_CONN_FLOOD] = of_connection,
	[VECTOR_UDP_FLOOD] = of_udp,
	[VECTOR_ICMP_FLOOD] = of_icmp,
	[VECTOR_FRAGMENT_FLOOD] = of_fragment,
	[VECTOR_AMPLIFICATION] = of_answer,
	[VECTOR_HTTP_FLOOD] = of_connection,
	[VECTOR_PROTO_FLOOD] = of_other,
	[VECTOR_MALFORMED] = of_malformed,
	[VECTOR_DNS_QUERY_FLOOD] = of_dns_query,
	[VECTOR_QUIC_FLOOD] = of_quic,
};

/* Towards the target: the sample may hold what it sent too. */
static bool is_towards(const struct incident *inc, const struct flow *f)
{
	if (inc->f.level != LEVEL_HOST && inc->f.level != LEVEL_PREFIX)
		return true;
	return prefix_contains(&inc->f.target, &f->dst);
}

/* The vector of the incident that @e is part of, NULL when of none; a named port goes first. */
static const struct finding_vector *vector_of(const struct incident *inc, const unsigned *order,
					      unsigned n, const struct evidence_record *e)
{
	const struct finding_vector *found = NULL;

	for (unsigned i = 0; i < n; i++) {
		const struct finding_vector *v = &inc->f.vectors[order[i]];

		if (!made_of[v->vector](e, v->port))
			continue;
		if (v->vector == VECTOR_AMPLIFICATION)
			return v;
		if (!found)
			found = v;
	}
	return found;
}

/* Whose traffic comes in at the place of a record. */
static enum scope_side link_side(struct links *l, uint16_t number)
{
	const struct incident *inc = l->in->inc;
	const struct conf *conf = l->in->conf;
	const struct incident_place *p;

	if (!number || number > inc->n_places)
		return SCOPE_UNKNOWN;
	if (l->known[number])
		return l->side[number];
	l->known[number] = true;
	p = &inc->places[number - 1];
	for (size_t i = 0; i < conf->n_interfaces; i++) {
		const struct conf_interface *c = &conf->interfaces[i];

		if (c->ifindex == p->input && strcmp(c->exporter, p->exporter) == 0) {
			l->side[number] = (uint8_t)scope_country(conf, c->country);
			l->inside[number] = c->side == SIDE_INSIDE;
			break;
		}
	}
	return l->side[number];
}

/* What does not change while records of a source are counted. */
static void describe(struct sample_source *s, const struct ip *ip, const struct kinds_input *in)
{
	const struct conf *conf = in->conf;
	struct place place;
	uint32_t at;

	s->own = conf_is_own(conf, ip);
	if (conf->n_shared && prefix_set_find(conf->shared_set, ip, &at))
		s->shared = (uint8_t)(1 + conf->shared[at].kind);
	s->never = conf->n_never_touch && prefix_set_find(conf->never_set, ip, NULL);
	s->listed = proxies_find(in->proxies, ip, in->inc->f.first_us, &s->listed_us);
	if (!s->listed)
		s->listed_us = TIME_NONE;
	place_lookup(in->places, ip, &place);
	memcpy(s->country, place.country, sizeof(s->country));
	s->asn = place.asn;
	s->said_country = place.said_country;
	s->said_asn = place.said_asn;
	if (s->own)
		s->side = conf->n_countries ? SCOPE_DOMESTIC : SCOPE_UNKNOWN;
	else if (!place.special)
		s->side = (uint8_t)scope_country(conf, place.country);
}

static void note_way(struct sample_source *s, const struct evidence_record *e)
{
	if (e->side.flags & FLOW_HAS_TTL && e->side.ttl) {
		if (!s->ttl_least || e->side.ttl < s->ttl_least)
			s->ttl_least = e->side.ttl;
		if (e->side.ttl > s->ttl_most)
			s->ttl_most = e->side.ttl;
	}
	if (!s->link)
		s->link = e->flow.in_link;
	else if (e->flow.in_link && e->flow.in_link != s->link)
		s->links = true;
}

static struct talk_key key_of(const struct flow *f)
{
	return (struct talk_key){f->src, f->dst, f->sport, f->dport, 0};
}

/*
 * Who goes on after its SYN has had the answer: a forged sender never sees the SYN-ACK. In a flow
 * record of several packets both flags of one side say the same. The server's side of a connection
 * has the lower port, so that it is not taken for a client. Records are drawn, so in any order.
 */
static int note_connection(struct source_sample *all, const struct evidence_record *e)
{
	const struct flow *f = &e->flow;
	struct talk_key key = key_of(f);
	uint8_t flags = f->tcp_flags;
	struct talk *t;

	if (!is_tcp(e) || flags & TH_RST || f->sport <= f->dport)
		return 0;
	t = map_put(all->talks, &key, NULL);
	if (!t)
		return -ENOMEM;
	t->syn |= (flags & TH_SYN) != 0;
	t->ack |= flags & TH_ACK && (!(flags & TH_SYN) || f->packets > 1);
	return 0;
}

static bool is_connected(const struct source_sample *all, const struct evidence_record *e)
{
	struct talk_key key = key_of(&e->flow);
	const struct talk *t = is_tcp(e) ? map_get(all->talks, &key) : NULL;

	return t && t->syn && t->ack;
}

static bool is_near(uint8_t a, uint8_t b)
{
	return a && b && a - b <= TTL_NEAR && b - a <= TTL_NEAR;
}

/*
 * That an address has a connection shows nothing of other packets under it, unless they come from
 * the same distance; and of such that are no TCP nothing at all.
 */
static void weigh_connections(struct sample_source *s)
{
	s->went_on = s->connected * 2 > s->packets ||
		     (s->all_tcp && is_near(s->ttl_least, s->ttl_connected) &&
		      is_near(s->ttl_most, s->ttl_connected));
}

static enum kind_group group_of(const struct flow *f)
{
	if (f->proto == PROTO_TCP)
		return (f->tcp_flags & (TH_SYN | TH_ACK | TH_RST)) == TH_SYN ? KIND_SYN : KIND_TCP;
	return f->proto == PROTO_UDP ? KIND_UDP : KIND_OTHER;
}

static void count(struct source_sample *all, struct sample_source *s,
		  const struct finding_vector *v, const struct evidence_record *e,
		  enum scope_side side)
{
	uint64_t weight = flow_weight(&e->side), packets = e->flow.packets * weight;

	all->n += s->packets == 0;
	s->all_tcp = is_tcp(e) && (s->all_tcp || !s->packets);
	s->packets += packets;
	s->connected += is_connected(all, e) ? packets : 0;
	s->bytes += e->flow.bytes * weight;
	s->seen += e->flow.exporter == all->exporter ? e->flow.packets : 0;
	all->packets += packets;
	all->bytes += e->flow.bytes * weight;
	s->groups |= (uint8_t)(1u << group_of(&e->flow));
	if (v->vector == VECTOR_AMPLIFICATION) {
		s->answers += packets;
		s->amplified |= v->over;
		s->port = v->port ? v->port : e->flow.sport;
	} else if (v->vector == VECTOR_SYNACK_REFLECTION || is_icmp_answer(e)) {
		s->unasked += packets;
		s->icmp |= v->vector != VECTOR_SYNACK_REFLECTION;
	} else if (of_fragment(e, 0)) {
		s->fragments += packets;
	}
	s->by_domestic += side == SCOPE_DOMESTIC ? packets : 0;
	s->by_foreign += side == SCOPE_FOREIGN ? packets : 0;
	note_way(s, e);
}

static int take_record(struct source_sample *all, const struct kinds_input *in, struct links *links,
		       const unsigned *order, unsigned n, const struct evidence_record *e)
{
	const struct finding_vector *v;
	struct sample_source *s;
	bool created;

	if (!is_towards(in->inc, &e->flow))
		return 0;
	s = map_put(all->sources, &e->flow.src, &created);
	if (!s)
		return -ENOMEM;
	if (created)
		describe(s, &e->flow.src, in);
	if (is_connected(all, e) && e->side.flags & FLOW_HAS_TTL)
		s->ttl_connected = e->side.ttl;
	v = vector_of(in->inc, order, n, e);
	if (v && e->flow.packets)
		count(all, s, v, e, link_side(links, e->flow.in_link));
	if (e->flow.in_link <= INCIDENT_PLACES_MAX)
		s->inside |= links->inside[e->flow.in_link];
	return 0;
}

/* Two exporters show one packet twice; only within one is a second packet another one. */
static uint16_t main_exporter(const struct header_sample *from)
{
	unsigned count[INCIDENT_PLACES_MAX + 1] = {0};
	uint16_t most = 0;

	for (unsigned i = 0; from->record && i < from->n; i++) {
		uint16_t e = from->record[i].flow.exporter;

		if (e > INCIDENT_PLACES_MAX)
			continue;
		count[e]++;
		if (count[e] > count[most] || (count[e] == count[most] && e < most))
			most = e;
	}
	return most;
}

int sample_read(struct source_sample *s, const struct kinds_input *in)
{
	const struct header_sample *from = &in->inc->evidence[SAMPLE_ATTACK];
	unsigned order[FINDING_VECTORS_MAX], n = incident_vectors(in->inc, order);
	struct links links = {.in = in};
	struct sample_source *each;
	int r = 0;

	*s = (struct source_sample){
		.sources = map_new(sizeof(struct ip), sizeof(struct sample_source), EVIDENCE_MAX),
		.talks = map_new(sizeof(struct talk_key), sizeof(struct talk), EVIDENCE_MAX)};
	if (!s->sources || !s->talks)
		return -ENOMEM;
	s->exporter = main_exporter(from);
	for (unsigned i = 0; r == 0 && from->record && i < from->n; i++)
		if (is_towards(in->inc, &from->record[i].flow))
			r = note_connection(s, &from->record[i]);
	for (unsigned i = 0; r == 0 && from->record && i < from->n; i++, s->records++)
		r = take_record(s, in, &links, order, n, &from->record[i]);
	for (size_t at = 0; (each = sample_next(s, &at));)
		weigh_connections(each);
	s->whole = in->inc->f.sampling_known && in->inc->f.sampling_max <= 1 &&
		   from->n < EVIDENCE_MAX && s->packets >= in->inc->f.packets;
	return r;
}

void sample_deinit(struct source_sample *s)
{
	s->sources = map_free(s->sources);
	s->talks = map_free(s->talks);
}

struct sample_source *sample_next(const struct source_sample *s, size_t *at)
{
	void *value;

	while (map_next(s->sources, at, NULL, &value)) {
		struct sample_source *source = value;

		if (source->packets)
			return source;
	}
	return NULL;
}
