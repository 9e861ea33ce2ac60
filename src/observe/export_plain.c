/* SPDX-License-Identifier: ISC */
/*
 * Records of plain templates, many at a time and in their place: first all bytes of a chunk are
 * moved (plain.h), then each record gets what is more than moving: times on our clock, links,
 * sampling, the ICMP type out of the port. Every line here has its counterpart in export_record.c
 * and must say the same; test_plain.c compares them byte by byte. Where a value needs a second look
 * the record is left to the way over slots.
 */
#include "observe/export_state.h"

#define FORWARDING_DROPPED 2	/* RFC 7270 section 4.12: upper two bits */
#define FRAGMENT_MORE	   0x20 /* IANA fragmentFlags: bit 2 counted from the left */

/*
 * Times in whole milliseconds of a clock that all records of a datagram share. Where that clock's
 * zero stands in the batch is worked out once, so that a record's times need no division.
 */
struct ms_clock {
	bool used;
	int64_t zero_ms;     /* from the batch's epoch */
	uint16_t rem_us;     /* below it, of every time */
	int64_t least, most; /* ticks that are within the room's range */
	uint32_t now;	     /* v9: the ticks are uptimes, counted from this one */
};

/* One chunk on its way. */
struct chunk {
	struct export_pass *p;
	const struct template *t;
	struct flow_room room;
	struct ms_clock clock;
	bool asked, by_interface; /* is there an answer; does the interface bear on it */
	struct sampling_ask ask;
	struct sampling_answer answer;
	struct plain_raw raw[PLAIN_CHUNK];
};

/* The first of several elements is 0, so that the next one counts. */
static bool spare_counts(const struct plain *plain, const struct flow *f, const struct flow_side *s,
			 const struct plain_raw *raw)
{
	const uint8_t zero =
		(uint8_t)((f->bytes ? 0 : SPARE_BYTES) | (raw->packets ? 0 : SPARE_PACKETS) |
			  (f->sport ? 0 : SPARE_SPORT) | (f->dport ? 0 : SPARE_DPORT) |
			  (s->ttl ? 0 : SPARE_TTL) | (s->vlan ? 0 : SPARE_VLAN) |
			  (ip_is_zero(&s->next_hop) ? SPARE_HOP : 0) |
			  (raw->sampler ? 0 : SPARE_SAMPLER));

	return plain->spare & zero;
}

static void set_packets(struct flow *f, uint64_t packets)
{
	if (!packets && f->bytes)
		packets = 1;
	f->packets = packets > UINT32_MAX ? UINT32_MAX : (uint32_t)packets;
}

/* Type and code out of their element, else out of the port. */
static void set_icmp(struct flow *f, struct flow_side *s, uint16_t icmp)
{
	uint16_t both = icmp ? icmp : f->dport;

	s->icmp_type = (uint8_t)(both >> 8);
	s->icmp_code = (uint8_t)both;
	f->sport = f->dport = 0;
}

/* Most templates tell nothing of this: plain.header spares the others 1 ns a record. */
static void set_header(struct flow *f, struct flow_side *s, const struct plain_raw *raw)
{
	uint16_t flags = s->ttl ? FLOW_HAS_TTL : 0;

	if (s->fragment) {
		flags |= FLOW_FRAGMENT | FLOW_LATER_FRAGMENT;
		f->sport = f->dport = 0;
	}
	if (raw->fragment_flags & FRAGMENT_MORE)
		flags |= FLOW_FRAGMENT;
	if (s->forwarding >> 6 == FORWARDING_DROPPED)
		flags |= FLOW_DROPPED;
	if (raw->direction == 1)
		flags |= FLOW_EGRESS;
	s->flags |= flags;
	if (ip_is_zero(&s->next_hop))
		s->next_hop = (struct ip){.u = {0, 0}};
}

static bool asks_the_same(const struct chunk *c, const struct plain_raw *raw)
{
	return c->asked && c->ask.id == raw->sampler && c->ask.in_record == raw->sampling &&
	       (!c->by_interface || (c->ask.in_if == raw->in_if && c->ask.out_if == raw->out_if));
}

/* Most records of a chunk have the factor of the one before: that is 8 ns less for each. */
static inline uint16_t set_sampling(struct chunk *c, struct charge *charge, struct flow_side *s,
				    const struct plain_raw *raw)
{
	if (!asks_the_same(c, raw)) {
		c->ask = (struct sampling_ask){.id = raw->sampler,
					       .in_if = raw->in_if,
					       .out_if = raw->out_if,
					       .in_record = raw->sampling,
					       .template_id = c->t->id};
		c->answer = pass_answer(c->p, &c->ask);
		c->asked = true;
		charge_factor(charge, c->answer.factor, c->answer.known);
	}
	s->sampling = c->answer.factor;
	s->sampler = c->answer.sampler;
	return c->answer.known ? FLOW_SAMPLING_KNOWN : 0;
}

/*
 * When a record began and ended on the exporter's clock, where that is no ms_clock; TIME_NONE for a
 * time that cannot be.
 */
static inline void told_times(const struct export_pass *p, uint8_t slot,
			      const struct plain_raw *raw, int64_t *first_us, int64_t *last_us)
{
	const uint64_t start = raw->start, end = raw->end;

	*first_us = *last_us = TIME_NONE;
	if (slot == SLOT_START_UPTIME) {
		if ((start | end) - 1 >= UINT32_MAX) /* both 0 are no time */
			return;
		*first_us = uptime_us(p, raw->system_init_ms, start);
		*last_us = uptime_us(p, raw->system_init_ms, end);
	} else if (!start || !end) {
		return;
	} else if (slot == SLOT_START_S) {
		if (start > TIME_MS_MAX / 1000 || end > TIME_MS_MAX / 1000)
			return;
		*first_us = (int64_t)start * US_PER_S;
		*last_us = (int64_t)end * US_PER_S;
	} else {
		*first_us = element_ntp_us(start);
		*last_us = element_ntp_us(end);
	}
}

static int64_t floor_ms(int64_t us)
{
	return us / US_PER_MS - (us % US_PER_MS < 0);
}

static void clock_begin(struct chunk *c)
{
	const struct boot *boot = &c->p->domain->boot;
	const struct flow_room *room = &c->room;
	struct ms_clock *m = &c->clock;
	uint8_t slot = c->t->plain->start_slot;
	bool uptime = slot == SLOT_START_UPTIME && c->p->header.format == EXPORT_V9;
	int64_t zero_us = c->p->shift_us;

	m->used = uptime || slot == SLOT_START_MS;
	if (uptime)
		zero_us += boot_time(boot, boot->uptime_ms);
	m->now = boot->uptime_ms;
	m->zero_ms = floor_ms(zero_us - room->epoch_us);
	m->rem_us = (uint16_t)(zero_us - room->epoch_us - m->zero_ms * US_PER_MS);
	m->least = -floor_ms(zero_us - room->least_us);
	m->most = floor_ms(room->most_us - zero_us);
}

/* What told_times() and flow_room_times() do, for such a clock. */
static inline bool clock_times(const struct chunk *c, struct flow *f, struct flow_side *s,
			       const struct plain_raw *raw, int64_t *lasted_us)
{
	const struct ms_clock *m = &c->clock;
	int64_t first = (int64_t)raw->start, last = (int64_t)raw->end;

	if (c->t->plain->start_slot == SLOT_START_UPTIME) {
		if ((raw->start | raw->end) - 1 >= UINT32_MAX) /* both 0 are no time */
			return false;
		first = (int32_t)((uint32_t)raw->start - m->now);
		last = (int32_t)((uint32_t)raw->end - m->now);
	} else if (raw->start - 1 >= TIME_MS_MAX || raw->end - 1 >= TIME_MS_MAX) {
		return false; /* 0 is no time either */
	}
	if (first < m->least || first > m->most || last < m->least || last > m->most)
		return false;
	*lasted_us = (last - first) * US_PER_MS;
	if (last < first)
		last = first;
	f->first_ms = (uint32_t)(m->zero_ms + first);
	f->last_ms = (uint32_t)(m->zero_ms + last);
	s->first_rem_us = s->last_rem_us = m->rem_us;
	return true;
}

static inline bool set_times(const struct chunk *c, struct flow *f, struct flow_side *s,
			     const struct plain_raw *raw, int64_t *lasted_us)
{
	int64_t first_us, last_us;

	if (c->clock.used)
		return clock_times(c, f, s, raw, lasted_us);
	told_times(c->p, c->t->plain->start_slot, raw, &first_us, &last_us);
	if (first_us == TIME_NONE || last_us == TIME_NONE)
		return false;
	*lasted_us = last_us - first_us;
	return flow_room_times(&c->room, f, s, first_us + c->p->shift_us, last_us + c->p->shift_us);
}

/* Return: false when the record must go over the slots; then what is here of it counts nothing. */
static inline bool finish(struct chunk *c, struct charge *charge, uint32_t i)
{
	const struct plain *plain = c->t->plain;
	struct flow *f = &c->room.flow[i];
	struct flow_side *s = &c->room.side[i];
	const struct plain_raw *raw = &c->raw[i];
	struct export_pass *p = c->p;
	bool icmp = f->proto == PROTO_ICMP || f->proto == PROTO_ICMP6;
	int64_t lasted_us;

	if ((plain->spare && spare_counts(plain, f, s, raw)) ||
	    (plain->v6 && ip_is_v4(&f->src)) || /* an IPv4 source has IPv4's masks */
	    (icmp && plain->icmp_elsewhere) || raw->sampling > SAMPLING_MOST)
		return false;
	if (!set_times(c, f, s, raw, &lasted_us))
		return false;
	set_packets(f, raw->packets);
	if (icmp)
		set_icmp(f, s, raw->icmp);
	if (plain->header)
		set_header(f, s, raw);
	f->in_link = pass_link(p, raw->in_if);
	f->out_link = pass_link(p, raw->out_if);
	s->flags |= set_sampling(c, charge, s, raw);
	charge_flow(charge, f, lasted_us);
	return true;
}

static uint32_t finish_all(struct chunk *c, uint32_t n)
{
	struct charge sum = {0}, charge; /* the sum in registers: no address of it leaves here */
	uint32_t done = 0;

	while (done < n && finish(c, &sum, done))
		done++;
	charge = sum;
	flow_writer_commit(c->p->x->writer, done);
	charge_pay(&charge, c->p->e);
	return done;
}

/*
 * A record that must go over the slots makes void what is placed behind it. So the next chunk is
 * shorter after one, and grows again where there are none: at most about three placings a record.
 */
static void choose_step(struct export_pass *p, bool all)
{
	if (!all)
		p->step = p->step > 3 ? p->step / 4 : 1;
	else if (p->step < PLAIN_CHUNK)
		p->step *= 2;
}

int pass_plain(struct export_pass *p, const struct template *t, const uint8_t *records, uint32_t n)
{
	struct chunk c;
	uint32_t done = 0;

	c.p = p;
	c.t = t;
	c.by_interface = p->e->sampling_scopes & SAMPLER_INTERFACE;
	while (done < n) {
		struct plain_image base = t->plain->base;
		uint32_t want = n - done, got;
		int r = flow_writer_room(p->x->writer, p->recv_us, &c.room);

		if (r < 0)
			return r;
		if (!p->step)
			p->step = PLAIN_CHUNK;
		want = want < p->step ? want : p->step;
		want = want < c.room.n ? want : c.room.n;
		c.asked = false;
		clock_begin(&c);
		pass_base(p, &c.room, &base);
		p->x->place(t->plain, &base, records + (size_t)done * t->record_len, want,
			    c.room.flow, c.room.side, c.raw);
		got = finish_all(&c, want);
		choose_step(p, got == want);
		done += got;
		if (got < want)
			break;
	}
	return (int)done;
}
