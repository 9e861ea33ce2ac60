/* SPDX-License-Identifier: ISC */
/*
 * What the export decoders share: the state kept per exporter and observation domain, and the way
 * from a decoded record to the writer. Private to the room.
 */
#pragma once

#include "base/cursor.h"
#include "base/map.h"
#include "observe/export.h"
#include "observe/export_trace.h"
#include "observe/exporter_memo.h"
#include "observe/exporter_table.h"
#include "observe/plain.h"
#include "observe/template.h"

#define DOMAINS_PER_EXPORTER 256
#define SOURCES_PER_DOMAIN   1024	  /* sFlow data sources whose sequence is followed */
#define SOURCES_RECENT	     16		  /* of them, found without a look-up; a power of two */
#define EXPORT_MEMORY_MAX    (256u << 20) /* templates and domains of all exporters together */
/* The end of year 9999: what is later is no time. */
#define TIME_MS_MAX	 UINT64_C(253402300799999)
#define TEMPLATE_LIFE_US (INT64_C(86400) * US_PER_S) /* neither told nor used: dropped */

/* One sequence number: what comes next, and what the last gaps left open. */
struct sequence {
	bool seen, doubted;
	bool doubt_far, explained; /* the last reset makes good the doubt before it */
	uint32_t next;
	uint32_t open;	     /* counted lost, may still arrive late */
	uint32_t doubt_next; /* a jump back is a reset when this follows it */
};

enum sequence_answer {
	SEQUENCE_OK,
	SEQUENCE_GAP,
	SEQUENCE_LATE,
	SEQUENCE_STALE, /* of just before: repeated, or overtaken by more than its gap */
	SEQUENCE_DOUBT, /* fits nothing: from somebody who does not know where the numbers are? */
	SEQUENCE_RESET,
};

/**
 * sequence_step() - follow one datagram.
 * @count: what the number grows by over this datagram.
 * @bound: the largest believable gap; a larger one is a reset, not a loss. A hundredth of it is how
 * far datagrams overtake each other.
 * @lost: grows by a gap, shrinks by what arrives late.
 */
enum sequence_answer sequence_step(struct sequence *s, uint32_t number, uint32_t count,
				   uint32_t bound, uint64_t *lost);

/*
 * When the exporter's uptime was zero. v9 headers tell whole seconds beside milliseconds of uptime,
 * so one datagram knows the boot time to a second only; several narrow it down.
 */
struct boot {
	bool known;
	int64_t least_us, most_us; /* boot lies in [least, most) */
	uint32_t uptime_ms;	   /* of the last datagram */
};

/**
 * boot_learn() - take in a header's clock pair.
 * @grain_us: how coarse the header's time is: the true time lies in [@time_us, @time_us + grain).
 * Return: true when the uptime says that the exporter restarted.
 */
bool boot_learn(struct boot *b, int64_t time_us, int64_t grain_us, uint32_t uptime_ms);

/** boot_time() - the exporter's clock when its 32-bit uptime stood at @uptime_ms, nearest to now.
 */
static inline int64_t boot_time(const struct boot *b, uint32_t uptime_ms)
{
	int32_t since_ms = (int32_t)(uptime_ms - b->uptime_ms);

	return b->least_us + ((int64_t)b->uptime_ms + since_ms) * US_PER_MS;
}

/* What an sFlow data source counts for itself. */
struct sflow_source {
	struct sequence sequence;
	uint32_t drops; /* samples it could not send, since it began */
};

/* A value in the map of sources; forgotten whenever another one is put, since they move then. */
struct source_memo {
	uint64_t source;
	struct sflow_source *state; /* NULL: holds nothing */
};

struct domain_key {
	uint32_t format, domain;
	struct ip agent; /* sFlow only, else zero */
};

struct domain {
	struct template_table templates;
	struct sequence sequence;
	struct boot boot;
	bool by_records, unit_known; /* v9: the sequence counts records, against RFC 3954 */
	uint32_t last_records, last_sequence;
	int64_t system_init_us; /* IPFIX systemInitTimeMilliseconds, TIME_NONE unknown */
	uint32_t only_sampler, only_factor; /* the one sampler told so far, 0 none */
	bool many_samplers;		    /* several with different factors: none is implied */
	struct map *sources;		    /* sFlow: source id -> struct sflow_source */
	uint32_t turn;			    /* of the exporter, when it was last heard of */
	struct source_memo recent[SOURCES_RECENT];
	struct sampling_memo sampling;
};

struct export_source {
	struct map *domains;	    /* struct domain_key -> struct domain * */
	struct domain_key last_key; /* of the domain found last */
	struct domain *last;
	int64_t turn_us; /* when this turn of the exporter began; TIME_NONE none yet */
	size_t bytes;	 /* of templates and domains */
	int64_t system_init_us;
	struct link_memo links;
};

struct exports {
	struct exporters *exporters;
	struct flow_writer *writer;
	bool open;
	struct export_source *sources[EXPORTER_MAX + 1];
	const struct export_trace *trace; /* NULL mostly */
	int64_t tick_us;
	size_t bytes;	      /* of all templates and domains */
	uint32_t refused;     /* reasons of the last datagram, a bit for each */
	struct door door;     /* domains that came of late */
	plain_place_fn place; /* how plain records are moved; NULL: not at all */
	struct plain *v5;     /* the records of NetFlow v5 are a plain template too */
	struct record record;
	struct layout layout;
};

/* What records add to their exporter's account. */
struct charge {
	uint64_t records, packets;
	int64_t longest_us;		    /* longest flow that is not beyond belief */
	uint32_t least_factor, most_factor; /* of those known; 0 none */
	bool unknown;			    /* some factor was not */
};

/** charge_flow() - add a flow but for its factor. @lasted_us: as told, before any clamping. */
static inline void charge_flow(struct charge *c, const struct flow *f, int64_t lasted_us)
{
	c->records++;
	c->packets += f->packets;
	if (lasted_us > c->longest_us && lasted_us < UINT16_MAX * US_PER_S)
		c->longest_us = lasted_us;
}

/** charge_factor() - add a factor that at least one of the flows has. */
static inline void charge_factor(struct charge *c, uint32_t factor, bool known)
{
	if (!known) {
		c->unknown = true;
		return;
	}
	if (!c->least_factor || factor < c->least_factor)
		c->least_factor = factor;
	if (factor > c->most_factor)
		c->most_factor = factor;
}

/** charge_pay() - put all of it to the account of @e. */
void charge_pay(const struct charge *c, struct exporter *e);

/* One datagram on its way through: everything that its records share. */
struct export_pass {
	struct exports *x;
	struct exporter *e;
	struct export_source *source;
	struct domain *domain;
	struct export_header header;
	const struct datagram *datagram;
	int64_t recv_us;
	int64_t shift_us;  /* what to add to the exporter's times */
	uint32_t sampling; /* told by the datagram's header, 0 not */
	uint32_t asked;	   /* the factor in the record for which this is the answer: */
	bool answered;
	struct sampling_answer answer;
	uint32_t step;	      /* plain records to be placed together next, 0 not chosen yet */
	struct charge charge; /* of sFlow's samples that are made and not yet paid for */
};

/** Decoders: d->data is one whole message. Return: 0 or negative; refusals are in the pass. */
int netflow5_decode(struct export_pass *p, struct cursor *c);
int netflow9_decode(struct export_pass *p, struct cursor *c);
int ipfix_decode(struct export_pass *p, struct cursor *c);
int sflow_decode(struct export_pass *p, struct cursor *c);

/** Probes: does it parse whole? They look at lengths only. */
bool netflow5_probe(const uint8_t *data, size_t len);
bool netflow9_probe(const uint8_t *data, size_t len);
bool ipfix_probe(const uint8_t *data, size_t len);
bool sflow_probe(const uint8_t *data, size_t len);

/** pass_refuse() - count @bytes of this datagram as refused. */
void pass_refuse(struct export_pass *p, enum refusal why, size_t bytes);

/**
 * pass_begin() - the header is read (p->header): find the domain's state, learn the clock, tell the
 * trace. @agent: sFlow's; NULL for the others.
 * Return: 0, 1 when the exporter has too many domains (counted), or -ENOMEM.
 */
int pass_begin(struct export_pass *p, const struct ip *agent);

/** pass_sequence() - follow the header's sequence number. @in_records: it counts records. */
void pass_sequence(struct export_pass *p, uint32_t count, bool in_records);

/** pass_restarted() - the exporter began anew: no loss is counted over it. */
void pass_restarted(struct export_pass *p);

/**
 * pass_templates() - read the template records of a set.
 * Return: how many were read, or -ENOMEM.
 */
int pass_templates(struct export_pass *p, struct cursor set, enum template_kind kind);

/**
 * pass_data() - read the data records of a set by its template.
 * @records: grows by those read. Return: 0 or negative.
 */
int pass_data(struct export_pass *p, struct cursor set, uint16_t set_id, uint32_t *records);

/** pass_flow() - hand a finished flow to trace and writer, and charge it to the exporter. */
int pass_flow(struct export_pass *p, struct flow *f, struct flow_side *s, int64_t first_us,
	      int64_t last_us);

/** pass_link() - the link of the exporter's interface @ifindex. */
static inline uint16_t pass_link(struct export_pass *p, uint32_t ifindex)
{
	return memo_link(&p->source->links, p->x->exporters, p->header.exporter, ifindex);
}

/**
 * pass_believe() - a factor as a record or sample tells it, or 0 where it is no sampling rate,
 * which is counted.
 */
uint32_t pass_believe(struct export_pass *p, uint32_t factor);

/**
 * pass_sampling() - set the factor and its flag in @s, for formats without samplers.
 * @in_record: 0 where the record tells none.
 */
void pass_sampling(struct export_pass *p, struct flow_side *s, uint32_t in_record);

/** pass_answer() - which factor and sampler a data record has. */
struct sampling_answer pass_answer(struct export_pass *p, const struct sampling_ask *ask);

/**
 * pass_plain() - make flows of the records of a plain template, up to the first that asks for more.
 * @n: how many records stand at @records.
 * Return: how many were made (the next one must go over the slots), or the sink's negative error.
 */
int pass_plain(struct export_pass *p, const struct template *t, const uint8_t *records, uint32_t n);

/** pass_base() - put into @base what all plain records of the datagram have alike. */
static inline void pass_base(const struct export_pass *p, const struct flow_room *room,
			     struct plain_image *base)
{
	base->flow.exporter = p->header.exporter;
	base->side.domain = p->header.domain;
	base->side.recv_ms = room->recv_ms;
	base->side.recv_rem_us = room->recv_rem_us;
}

/** netflow5_plain() - the program for the records of v5; owned. NULL without memory. */
struct plain *netflow5_plain(void);

/** uptime_us() - an uptime of IPFIX. @init_ms: systemInitTimeMilliseconds of the record, 0 none. */
int64_t uptime_us(const struct export_pass *p, uint64_t init_ms, uint64_t v);

/** record_flow() - make and hand on the flow or flows of a data record. Return: 0 or negative. */
int record_flow(struct export_pass *p, const struct record *r, uint16_t template_id);

/**
 * record_times() - when it began and ended, on the exporter's clock plus the pass's shift.
 * Return: false when the record tells no time; both are then the export time.
 */
bool record_times(const struct export_pass *p, const struct record *r, int64_t *first_us,
		  int64_t *last_us);

/** record_factor() - the sampling factor that a record's elements tell, 0 when none. */
uint32_t record_factor(const struct record *r);

/** options_learn() - take sampling, timeouts and init time from an option record. */
int options_learn(struct export_pass *p, const struct record *r);

/** trace_elements() - tell the trace a record of @t, without its end. */
void trace_elements(const struct export_pass *p, const struct template *t, uint16_t set_id,
		    const uint8_t *data, const struct layout *l);
