/* SPDX-License-Identifier: ISC */
/*
 * Exporters and links: who tells us records, and over which of its interfaces. An exporter is known
 * by its address (live: the datagram's source; a capture of packets is one exporter named after the
 * file or interface). Everything learnt about it (clock, sequence, sampling, refusals) is charged
 * to it and bounded, so that one flooded exporter cannot harm another.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/ip.h"
#include "conf/conf.h"
#include "observe/refusal.h"

#define EXPORTER_MAX	      4096  /* configured and (in files) met exporters */
#define LINKS_MAX	      65535 /* all exporters together */
#define LINKS_PER_EXPORTER    4096
#define LINKS_KEPT	      8192 /* of LINKS_MAX, for configured interfaces */
#define EXPORTER_TURN_US      (INT64_C(60) * 1000000)
#define EXPORTER_NAME_MAX     64
#define LINK_NAME_MAX	      48
#define SAMPLING_MOST	      16777216 /* as the configuration allows; more is no sampling rate */
#define SAMPLING_PER_EXPORTER 4096     /* (domain, sampler) pairs whose factor is remembered */

struct link {
	uint16_t exporter;
	uint32_t ifindex;
	uint64_t speed_bps;		   /* from conf, else learnt by counters; 0 unknown */
	char name[LINK_NAME_MAX];	   /* as its exporter calls it, "" untold */
	const struct conf_interface *conf; /* borrowed; NULL when not configured */
	uint8_t side;			   /* enum conf_side */
	bool idle;			   /* only kept for those who have its index */
	uint16_t next_idle;
	uint32_t turn; /* of the exporter, when it was last asked for */
};

/* Sampling as learnt per (exporter, domain, sampler); kept over restarts by the store. */
/*
 * What a factor was told for. A number is only unique within its kind, so the kind stands in the
 * upper bits: `sampler` is 0 for a whole domain, a sampler's or selector's own id below 2^24, or
 * one of these.
 */
#define SAMPLER_INTERFACE (UINT32_C(1) << 30) /* | ifIndex (lower 24 bits) */
#define SAMPLER_TEMPLATE  (UINT32_C(1) << 31) /* | template id */
#define SAMPLER_IMPLIED                                                                            \
	(UINT32_C(1) << 29) /* the only sampler of a domain, for records that name none */
#define SAMPLER_ID_MASK UINT32_C(0x00ffffff)

struct sampling_rate {
	uint16_t exporter;
	uint32_t domain, sampler;
	uint32_t factor;
	int64_t learnt_us;
};

/* What an exporter can fill by making up numbers: each has a part of its own, and an account. */
enum exporter_table { TABLE_DOMAINS, TABLE_LINKS, TABLE_SAMPLING, TABLE_COUNT };

struct exporter_part {
	uint32_t held;
	uint32_t swept;	  /* turn in which quiet ones were last looked for */
	uint64_t evicted; /* gave way after a quiet time */
	uint64_t refused; /* datagrams, interfaces of records, tellings that found no room */
};

/* A template that data wait for. */
#define UNTOLD_MAX     8
#define UNTOLD_LAST_US (INT64_C(300) * 1000000) /* data that come no more wait for nothing */

struct untold {
	uint32_t domain;
	uint16_t id;
	int64_t since_us, last_us; /* receive clock */
};

struct exporter {
	struct ip addr;
	char name[EXPORTER_NAME_MAX];	  /* configured name, else the address or file name */
	const struct conf_exporter *conf; /* borrowed; NULL when not configured */
	bool is_capture;		  /* packets, not exports */
	uint64_t datagrams, records, packets_seen;
	uint64_t lost_datagrams, lost_records; /* by sequence numbers */
	uint64_t doubted;  /* datagrams whose number fits nothing, no restart and no outage */
	uint64_t dropped;  /* packets (a capture) or samples (sFlow) that it says it lost itself */
	uint64_t restarts; /* sequence or uptime went back */
	struct refusals refused;
	int64_t last_recv_us;
	int64_t clock_offset_us;		 /* receive minus export time, least of a minute */
	bool clock_shifted;			 /* records are shifted by it (over 2 s) */
	int64_t clock_least_us, clock_before_us; /* least of this minute and of the last one */
	int64_t clock_minute_us;		 /* receive time at which this minute began */
	int64_t clock_export_us;		 /* export time of the last datagram */
	uint64_t clock_epochs;			 /* backward jumps over a minute */
	uint32_t clock_odd;	/* datagrams in a row of which no offset is learnt yet */
	uint64_t odd_datagrams; /* all that counted for themselves, exporter_clock() */
	uint64_t odd_times;	/* records of a file whose time of arrival was odd (odd_time.h) */
	uint32_t sampling_min, sampling_max; /* known factors seen in records, 0 none yet */
	bool sampling_known;		     /* false as soon as a record had none */
	uint32_t active_timeout_s, inactive_timeout_s; /* told by options or conf, 0 unknown */
	uint32_t longest_flow_s;      /* longest first..last seen: the timeout in effect */
	uint32_t sampling_scopes;     /* upper bits of the samplers that were told */
	uint32_t sampling_generation; /* never 0; changes when a factor may have changed */
	uint32_t turn;		      /* minutes in which it told something */
	struct exporter_part tables[TABLE_COUNT];
	struct untold untold[UNTOLD_MAX];
	unsigned n_untold;
	uint8_t formats; /* bit set of enum export_format seen */
};

enum export_format { EXPORT_V5 = 1, EXPORT_V9 = 2, EXPORT_IPFIX = 4, EXPORT_SFLOW = 8 };

struct exporters;

/** exporters_new() - an empty table; configured exporters of @conf (may be NULL) come first. */
struct exporters *exporters_new(const struct conf *conf);
struct exporters *exporters_free(struct exporters *t);

/** exporters_reconf() - point at a new configuration; indexes and learnt state stay. */
int exporters_reconf(struct exporters *t, const struct conf *conf);

/**
 * exporters_find() - the index of the exporter with @addr.
 * @make: add it where it is missing (files, or an open allow-list).
 * Return: index > 0, or EXPORTER_UNKNOWN.
 */
uint16_t exporters_find(struct exporters *t, const struct ip *addr, bool make);

/** exporters_add_capture() - an exporter for packets of a file or interface called @name. */
uint16_t exporters_add_capture(struct exporters *t, const char *name);

/**
 * exporters_shift() - the receive clock went forward by @by_us at one blow (steady_follow()): times
 * of it that are kept, and what is learnt of clocks, go with it.
 */
void exporters_shift(struct exporters *t, int64_t by_us);

/** exporters_unwrap() - the tunnels that the configuration has followed, bits UNWRAP() of packet.h.
 */
unsigned exporters_unwrap(const struct exporters *t);

/** exporters_get() - borrowed; stable until exporters_free(). Index 0 is the unknown one. */
struct exporter *exporters_get(struct exporters *t, uint16_t index);
unsigned exporters_count(const struct exporters *t);

/**
 * exporters_link() - intern (exporter, ifindex). When much is held already, what was not asked for
 * of late is taken only when it is asked for again. Configured interfaces have their links from the
 * beginning, and for good; those of others may go to another interface of the same exporter after
 * EXPORTER_QUIET turns, exporter_table.h.
 * Return: link index, LINK_UNKNOWN (0) when there is no room (counted) or @ifindex is 0.
 */
uint16_t exporters_link(struct exporters *t, uint16_t exporter, uint32_t ifindex);
struct link *exporters_get_link(struct exporters *t, uint16_t link);
/**
 * exporters_name_link() - what the exporter calls an interface, @n bytes of it; other than
 * printable characters are shown as question marks, and what is too long is cut. Return: false
 * where there is no name in it or no room for the link.
 */
bool exporters_name_link(struct exporters *t, uint16_t exporter, uint32_t ifindex,
			 const uint8_t *name, size_t n);
unsigned exporters_link_count(const struct exporters *t);

/**
 * exporters_set_sampling() - remember a factor told on the wire or restored from the store. When
 * the exporter's table is full, those give way that were not told in SAMPLING_QUIET turns.
 * @factor: 0, or more than SAMPLING_MOST, forgets it. Return: 0, 1 when there is no room (counted),
 * or -ENOMEM.
 */
int exporters_set_sampling(struct exporters *t, uint16_t exporter, uint32_t domain,
			   uint32_t sampler, uint32_t factor, int64_t now_us);

/**
 * exporters_sampling() - the factor for a record of (exporter, domain, sampler): the operator's
 * override first, then what was learnt for the sampler, then for the domain, then @in_record (0:
 * the record tells none). Where nothing was learnt in the record's own domain, what another domain
 * of the same exporter told for the same sampler counts, domain 0 first (Cisco sends options under
 * another source id than data); where two such domains disagree it does not.
 * Return: true when known; *@factor is 1 when not.
 */
bool exporters_sampling(struct exporters *t, uint16_t exporter, uint32_t domain, uint32_t sampler,
			uint32_t in_record, uint32_t *factor);

/** exporters_sampling_told() - was a factor told for just this (exporter, domain, sampler)? */
bool exporters_sampling_told(const struct exporters *t, uint16_t exporter, uint32_t domain,
			     uint32_t sampler);

/** exporters_sampling_next() - walk what was learnt, to be stored; start with *@at = 0. */
bool exporters_sampling_next(const struct exporters *t, size_t *at, struct sampling_rate *out);

/**
 * exporter_untold() - data came whose template is not there; exporter_told() - it came.
 * exporter_untold_since() - how long some data wait already; TIME_NONE: none do.
 */
void exporter_untold(struct exporter *e, uint32_t domain, uint16_t id, int64_t now_us);
void exporter_told(struct exporter *e, uint32_t domain, uint16_t id);
int64_t exporter_untold_since(const struct exporter *e, int64_t now_us);

/**
 * exporter_clock() - learn the offset of an exporter's clock from a datagram's export time
 * (least receive - export over a minute). One that would be less by over a minute at once counts
 * for its own datagram only, until eight in a row say so. Return: what to add to the exporter's
 * times (0 unless the offset exceeds 2 s).
 */
int64_t exporter_clock(struct exporter *e, int64_t export_us, int64_t recv_us);
