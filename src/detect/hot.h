/* SPDX-License-Identifier: ISC */
/*
 * A destination (host or prefix) that is followed closely, because a cheap bound says that it may
 * be near a threshold. It holds the meters, the sources, the reflector ports and the handshakes;
 * when a threshold is crossed an attack hangs on it (attack.h).
 */
#pragma once

#include "conf/conf.h"
#include "detect/handshake.h"
#include "detect/meter.h"
#include "detect/sources.h"

struct attack;
struct detector;

#define TRACKS (VECTOR_COUNT + PORT_SLOTS) /* vectors, then reflector ports */

enum source_group { GROUP_SYN, GROUP_TCP, GROUP_UDP, GROUP_OTHER, GROUP_COUNT };

#define PORT_MAP_BITS 512
#define HTTP_MAP_BITS 16384
#define HOT_LINKS_MAX 16
#define FLOW_LAG_BINS (17 * BINS_PER_S) /* the usual inactive timeout of 15 s, and delivery */

/* A UDP source port that may be a reflector's. */
struct port_slot {
	uint16_t port;
	bool known; /* in the table of reflectors */
	bool used;
	bool pinned;			      /* part of an open attack: not given away */
	uint64_t packets, bytes;	      /* since suspicion began */
	uint64_t sources[PORT_MAP_BITS / 64]; /* linear counting of its sources */
};

/* Distinct destination ports of the current second, exact. */
struct dport_map {
	int64_t second;
	uint32_t distinct, packets;
	uint32_t best_distinct, best_packets; /* of the second with most ports */
	uint64_t map[65536 / 64];
};

/* Distinct senders of HTTP requests in the current second (linear counting). */
struct http_map {
	int64_t second;
	uint32_t requests;
	double best_per_source; /* requests per source of the last whole second */
	uint64_t map[HTTP_MAP_BITS / 64];
};

/* Sums since suspicion began; what an attack reports besides peaks. */
struct tally {
	uint64_t packets[VECTOR_COUNT], bytes[VECTOR_COUNT];
	uint64_t records;
	uint64_t syn, done;
	uint64_t answered; /* packets sent by the target */
	uint64_t own_source, all_packets;
};

struct hot_link {
	uint16_t link, exporter;
	uint64_t packets, bytes;
};

struct hot {
	struct prefix key;
	enum level level;
	uint32_t slot; /* index in the shard's list */
	const struct thresholds *th;
	uint32_t times; /* the level's multiple of the host threshold */
	struct meters meters;
	int64_t dirty_first, dirty_last; /* bins touched since the last look */
	int64_t suspect_us;		 /* record time since which the tallies run */
	int64_t last_recv_us, last_us;	 /* newest record: receive and record time */
	int64_t first_recv_us;
	double baseline[METER_COUNT]; /* packets per second in healthy times */
	unsigned baseline_s;	      /* healthy seconds behind it */
	int64_t baseline_bin;
	struct handshake *handshake;
	struct sources sources[GROUP_COUNT];
	struct sources units[UNIT_COUNT]; /* [UNIT_24..UNIT_LINK], SYN by wider units */
	struct port_slot port[PORT_SLOTS];
	uint16_t candidate_port; /* majority vote over UDP source ports */
	int64_t candidate_lead;
	uint64_t candidate_packets;
	struct dport_map *dports;
	struct http_map *http;
	struct tally tally;
	struct hot_link links[HOT_LINKS_MAX];
	unsigned n_links;
	uint16_t exporters[FINDING_EXPORTERS_MAX];
	unsigned n_exporters;
	uint32_t sampling_min, sampling_max;
	bool sampling_unknown;
	bool forged[GROUP_COUNT];			       /* hot_forged_like() as of ... */
	int64_t forged_bin[GROUP_COUNT];		       /* ... this newest bin */
	bool has_flows;					       /* not only single packets */
	int64_t start_us[VECTOR_COUNT], seen_us[VECTOR_COUNT]; /* the vector's present run */
	int64_t current_second;				       /* for the running counters below */
	uint64_t running[VECTOR_COUNT + 1]; /* of the current second; last: all packets */
	int64_t current_slot;		    /* quarter second of arrival, for shown_us */
	uint64_t arriving[VECTOR_COUNT];    /* in that slot */
	int64_t shown_us[VECTOR_COUNT];	    /* arrival since which the vector is not quiet */
	uint32_t last_vectors;		    /* bit per vector of the record counted last */
	struct evidence_record *evidence;
	unsigned n_evidence;
	struct sources hosts; /* prefix: distinct targets */
	struct attack *attack;
	uint64_t late; /* records before the ring */
	bool gone;     /* demoted; freed at the end of the tick */
};

/* One record prepared for counting. */
struct hot_record {
	const struct flow *f;
	const struct flow_side *s;
	int64_t first_us, last_us, recv_us;
	int64_t spread_first_us, spread_last_us; /* what its packets are spread over */
	uint8_t counting;			 /* enum counting (shard.h) */
	bool entry;				 /* counted on entry from outside */
	bool own_source;
	uint64_t weight;
};

/** hot_new() - Return: NULL without memory. @th is borrowed from the configuration. */
struct hot *hot_new(const struct prefix *key, enum level level, const struct thresholds *th,
		    uint32_t times);
struct hot *hot_free(struct hot *h);

/** hot_in() - count a record sent to the destination; hot_out() - one sent by it. */
int hot_in(struct hot *h, const struct hot_record *r);
int hot_out(struct hot *h, const struct hot_record *r);

/** hot_threshold() - packets per second at this level; UINT64_MAX when never. */
uint64_t hot_threshold(const struct hot *h, enum vector v, uint16_t port);

/** hot_weight() - mean sampling factor of the window's packets, 1 unsampled. */
double hot_weight(const struct hot *h, int64_t end, unsigned n);

/**
 * hot_forged_like() - most of the @packets since suspicion came from a sender of its own: no
 * clients send so, and answering them does not make them ordinary. Never true where packets are
 * sampled.
 */
bool hot_forged_like(struct hot *h, enum source_group g, uint64_t packets);

/** hot_group() - the group of sources that send vector @v. */
enum source_group hot_group(enum vector v);

/** hot_learn() - fold healthy whole seconds before @bin into the baselines. */
void hot_learn(struct hot *h, int64_t bin);

/** hot_reset_suspicion() - forget tallies, sources and evidence gathered without an attack. */
void hot_reset_suspicion(struct hot *h, int64_t us);
uint64_t hot_memory(const struct hot *h);

/** port_sources() - distinct senders from a reflector's port (linear counting). */
unsigned port_sources(const struct port_slot *p);

/**
 * port_reflects() - at least REFLECTORS_LEAST senders use the port of that slot, or, where packets
 * are sampled, as many were seen as that many even senders show on average in so few packets.
 */
bool port_reflects(const struct hot *h, unsigned slot);
