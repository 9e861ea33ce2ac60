/* SPDX-License-Identifier: ISC */
/* The machine that plays scripts, and the loads that begin sessions. */
#include <errno.h>

#include "base/clock.h"
#include "drill/engine.h"

_Static_assert(sizeof(struct session) <= NODE_STATE, "a session lives in its node");

static uint16_t headers_len(const struct session *s)
{
	uint16_t l3 = ip_is_v4(&s->client) ? 20 : 40;

	switch (s->script->proto) {
	case IPPROTO_OF_TCP:
		return (uint16_t)(l3 + 20);
	case IPPROTO_OF_UDP:
	case IPPROTO_OF_ICMP:
		return (uint16_t)(l3 + 8);
	default:
		return l3;
	}
}

static void fill_proto(const struct session *s, const struct step *step, struct packet *p)
{
	bool v4 = ip_is_v4(&s->client);
	enum stack stack;

	p->proto = s->script->proto;
	if (p->proto == IPPROTO_OF_TCP) {
		p->flags = step->flags;
		p->seq = s->seq[step->from];
		p->ack = step->flags & ACK ? s->seq[!step->from] : 0;
		stack = s->stack == STACK_NONE ? STACK_NONE
			: p->outbound	       ? STACK_LINUX
					       : (enum stack)s->stack;
		p->options = stack_options(stack);
		p->window = stack_window(stack);
		if (step->flags & SYN)
			p->ip_len = (uint16_t)(p->ip_len + p->options);
	} else if (p->proto == IPPROTO_OF_ICMP) {
		p->icmp_type = step->flags;
		p->seq = s->ids[FROM_CLIENT];
		p->cookie = s->cport;
		p->sport = p->dport = 0;
		if (!v4) {
			p->proto = IPPROTO_OF_ICMP6;
			p->icmp_type = step->flags == 8 ? 128 : 129;
		}
	} else if (p->proto == IPPROTO_OF_ESP) {
		p->sport = p->dport = 0;
		p->seq = s->ids[step->from];
	}
}

static void fill(struct session *s, const struct step *step, struct packet *p)
{
	bool client = step->from == FROM_CLIENT;

	*p = (struct packet){.src = client ? s->client : s->server,
			     .dst = client ? s->server : s->client,
			     .sport = client ? s->cport : s->script->port,
			     .dport = client ? s->script->port : s->cport,
			     .ip_len = (uint16_t)(headers_len(s) + step->len),
			     .payload = step->payload,
			     .cookie = s->rng.s,
			     .link = s->link,
			     .outbound = client == s->client_inside,
			     .attack = client ? s->attack : -1,
			     .slot = s->slot,
			     .kind = client ? s->kind : 0};
	p->ttl = p->outbound ? 63 : s->ttl;
	p->ip_id = s->ids[step->from]++;
	fill_proto(s, step, p);
}

/* Move to the next step. Return: microseconds until it, -1 when the session is over. */
static int64_t advance(struct session *s, int64_t now_ns)
{
	const struct script *script = s->script;
	int64_t more_us = 0;

	s->step++;
	if (script->loop_to > script->loop_from && s->step == script->loop_to) {
		bool again = script->loops ? s->loops_left > 0 : now_ns < s->until_ns;

		if (again) {
			s->loops_left -= script->loops > 0;
			s->step = script->loop_from;
			more_us = script->loop_gap_us;
		}
	}
	if (s->step >= script->n_steps)
		return -1;
	more_us += script->steps[s->step].gap_us;
	return more_us * 7 / 8 + rng_below(&s->rng, (uint32_t)(more_us / 4 + 2));
}

static int64_t session_fire(struct drill *d, struct node *n, int *error)
{
	struct session *s = (struct session *)n->state;
	const struct step *step = &s->script->steps[s->step];
	struct packet p;
	int64_t gap_us;

	if (s->script->established && n->at_ns >= s->until_ns)
		return TIME_NONE;
	fill(s, step, &p);
	*error = drill_emit(d, n->at_ns, &p);
	s->seq[step->from] += step->len + (step->flags & (SYN | FIN) ? 1 : 0);
	gap_us = advance(s, n->at_ns);
	return gap_us < 0 ? TIME_NONE : n->at_ns + gap_us * NS_PER_US;
}

struct session *session_begin(struct drill *d, int64_t at_ns)
{
	struct node *n = schedule_add(d->schedule, at_ns, session_fire);

	if (!n) {
		d->figures.refused++;
		return NULL;
	}
	return (struct session *)n->state;
}

/* A load row under way; lives in its node too. */
struct load {
	const struct load_row *row;
	struct rng rng;
	int64_t until_ns, gap_ns;
	uint64_t salt;
	struct prefix servers;
	uint32_t begun;
	bool has_servers;
};

_Static_assert(sizeof(struct load) <= NODE_STATE, "a load lives in its node");

static struct ip choose_server(const struct drill *d, const struct load *l, uint64_t chance)
{
	const struct load_row *row = l->row;
	uint32_t n = row->n_servers ? row->n_servers : 1;
	uint32_t nth = (uint32_t)(chance >> 40) % n;
	struct ip ip = l->servers.addr;

	if (!l->has_servers && row->outbound && row->crowd)
		return standing_host(d->standing, (enum crowd_kind)row->crowd, l->salt + 5, nth);
	if (!l->has_servers)
		return row->outbound ? pick_outside(l->salt + 5, nth, row->v6)
				     : pick_inside(l->salt + 5, nth, row->v6);
	ip.w[3] = __builtin_bswap32(__builtin_bswap32(ip.w[3]) + nth);
	return ip;
}

static struct ip choose_client(const struct drill *d, const struct load *l, uint64_t who)
{
	const struct load_row *row = l->row;

	if (row->where)
		return where_pick(row->where, l->salt, d->seed, who);
	if (row->outbound)
		return pick_inside(l->salt, who, row->v6);
	if (row->crowd)
		return standing_host(d->standing, (enum crowd_kind)row->crowd, l->salt, who);
	return pick_outside(l->salt, who, row->v6);
}

/* What the border sees of the side that lives outside. */
static void see_outside(const struct drill *d, const struct load_row *row, struct session *s)
{
	const struct ip *host = row->outbound ? &s->server : &s->client;

	if (row->crowd) {
		struct standing_sight sight = standing_sight(d->standing, host);

		s->link = sight.link;
		s->ttl = sight.ttl;
		s->stack = sight.stack;
		return;
	}
	s->link = pick_link(host, row->links);
	s->ttl = pick_ttl(host);
}

static void begin_one(struct drill *d, struct load *l, int64_t at_ns)
{
	const struct load_row *row = l->row;
	uint64_t chance = rng_next(&l->rng);
	uint64_t who = row->at_once ? l->begun % row->clients : chance % row->clients;
	struct session *s = session_begin(d, at_ns);

	l->begun++;
	if (!s)
		return;
	s->script = script_get(row->script);
	s->client = choose_client(d, l, who);
	s->server = choose_server(d, l, chance);
	s->client_inside = row->outbound;
	see_outside(d, row, s);
	s->rng = (struct rng){chance};
	s->until_ns = l->until_ns;
	s->cport = (uint16_t)(32768 + l->begun % 28000);
	s->loops_left = s->script->loops;
	s->seq[0] = (uint32_t)rng_next(&s->rng);
	s->seq[1] = (uint32_t)rng_next(&s->rng);
	s->ids[0] = (uint16_t)(chance >> 8);
	s->ids[1] = (uint16_t)(chance >> 24);
	s->attack = (int16_t)(row->attack - 1);
	s->slot = row->slot;
	s->kind = row->truth;
}

static int64_t load_fire(struct drill *d, struct node *n, int *error)
{
	struct load *l = (struct load *)n->state;
	int64_t gap;

	if (l->begun == 0 && l->row->at_once) {
		uint32_t spread_us = script_get(l->row->script)->loop_gap_us + 1000;

		for (uint32_t i = 0; i < l->row->at_once; i++)
			begin_one(d, l, n->at_ns + rng_below(&l->rng, spread_us) * NS_PER_US);
	} else {
		begin_one(d, l, n->at_ns);
	}
	if (l->gap_ns == 0)
		return TIME_NONE;
	gap = l->gap_ns / 2 +
	      (int64_t)((rng_next(&l->rng) >> 32) * (uint64_t)(l->gap_ns / 1000) >> 32) * 1000;
	return n->at_ns + gap < l->until_ns ? n->at_ns + gap : TIME_NONE;
}

int load_begin(struct drill *d, const struct load_row *row, uint32_t index)
{
	int64_t from_ns = d->base_ns + (int64_t)row->from_ms * NS_PER_MS;
	struct node *n;
	struct load *l;

	n = schedule_add(d->schedule,
			 from_ns + (row->at_once ? 0 : (index % 64) * 7919 * NS_PER_US), load_fire);
	if (!n)
		return -ENOMEM;
	l = (struct load *)n->state;
	l->row = row;
	l->rng = rng_derive(d->seed, 0x20000 + index);
	l->salt = hash_u64(row->salt ? row->salt : 5000 + index, d->seed);
	l->until_ns = d->base_ns + (int64_t)row->until_ms * NS_PER_MS;
	if (row->per_s)
		l->gap_ns = NS_PER_S / row->per_s;
	else if (row->per_ks)
		l->gap_ns = 1000 * NS_PER_S / row->per_ks;
	l->has_servers = row->servers != NULL;
	if (row->servers && prefix_parse(row->servers, true, &l->servers))
		return -EINVAL;
	return 0;
}
