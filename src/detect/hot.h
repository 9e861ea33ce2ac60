/* SPDX-License-Identifier: ISC */
/*
 * A destination (host or prefix) that is followed closely, because a cheap bound says that it may
 * be near a threshold. It holds the meters, the sources, the reflector ports and the handshakes;
 * when a threshold is crossed an attack hangs on it (attack.h).
 */
#pragma once

#include "conf/conf.h"
#include "detect/answers.h"
#include "detect/facts.h"
#include "detect/handshake.h"
#include "detect/meter.h"
#include "detect/sources.h"
#include "detect/usual.h"

struct attack;
struct detector;

#define TRACKS (VECTOR_COUNT + PORT_SLOTS) /* vectors, then reflector ports */

enum source_group { GROUP_SYN, GROUP_TCP, GROUP_UDP, GROUP_OTHER, GROUP_COUNT };

#define PORT_MAP_BITS 512
#define HTTP_MAP_BITS 16384
#define HOT_LINKS_MAX 16
#define FLOW_LAG_BINS (USUAL_LATE_S * BINS_PER_S)

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

/* Of one vector at one destination; a line of its own, since a record touches one or two. */
struct vector_note {
	uint64_t packets, bytes;   /* since suspicion began */
	uint64_t running;	   /* packets of the current second of arrival */
	uint64_t arriving;	   /* packets of the current quarter second of arrival */
	uint64_t near;		   /* `running` from which its senders and headers are kept */
	int64_t start_us, seen_us; /* the present run: its first and its newest packet */
	int64_t shown_us;	   /* arrival since which it is not quiet */
};

/* Sums since suspicion began; what an attack reports besides peaks. */
struct tally {
	uint64_t records;
	uint64_t syn, done;
	uint64_t answered; /* packets sent by the target */
	uint64_t own_source, all_packets;
};

struct hot_link {
	uint16_t link, exporter;
	uint64_t packets, bytes;
};

#define AMOUNTS_MAX (VECTOR_COUNT + 4)

/** weighted() - @n corrected for sampling; saturates. */
static inline uint64_t weighted(uint64_t n, uint64_t weight)
{
	uint64_t out;

	return __builtin_mul_overflow(n, weight, &out) ? UINT64_MAX >> UNIT_SHIFT : out;
}

/*
 * Records are counted as runs: those of one kind, link and bin that come one after the other are
 * summed up first, so that a flood costs one count for many packets.
 */
struct run {
	bool open, kept; /* kept: its vectors are near a threshold */
	bool heard;	 /* its exporter is counted, hot_hears() */
	bool entry, own_source, known, packet, syn;
	uint8_t byte_group;
	uint16_t exporter, link;
	uint64_t like;	  /* hot_record.like; 0: no other record may join */
	uint32_t seconds; /* that its one record lasted, at least 1 */
	uint32_t n_amounts;
	uint64_t weight;
	struct span span;
	int64_t last_bin, recv_bin;
	int64_t first_us, last_us, recv_first_us, recv_last_us;
	uint64_t records, packets, bytes, sampled;
	uint64_t room_packets, room_bytes; /* that may come until something is near */
	struct amount amount[AMOUNTS_MAX];
};

#define PASSED_MAX 4

/* Which record of the evidence goes next (hot_evidence.c). */
struct evidence_rank {
	uint64_t rank;
	uint32_t index;
};

struct hot {
	struct prefix key;
	enum level level;
	uint32_t slot; /* index in the shard's list */
	const struct thresholds *th;
	uint32_t times; /* the level's multiple of the host threshold */
	struct run run; /* not counted yet; hot_flush() */
	/* A reported host's, counted there: its prefixes are to count them with hot_pass(). */
	struct run passed[PASSED_MAX];
	unsigned n_passed;
	struct meters meters;	/* a view for each exporter */
	struct meters *by_link; /* a view for each link, since something came near; NULL before */
	int64_t dirty_first, dirty_last; /* bins touched since the last look */
	/*
	 * Looking is dear: windows are only judged again when what came since could lift one over
	 * its threshold. Both in shares of the nearest threshold.
	 */
	double load;   /* of the fullest window at the last look */
	double gained; /* at most, by what came since */
	bool looked;   /* in this tick */
	double inverse[VECTOR_COUNT], inverse_packets, inverse_bytes; /* 1 / threshold */
	int64_t suspect_us;	       /* record time since which the tallies run */
	int64_t last_recv_us, last_us; /* newest record: receive and record time */
	struct usual *usual;	       /* borrowed */
	const double *baseline;	       /* usual->rate */
	struct handshake *handshake;
	struct sources sources[GROUP_COUNT];
	struct facts *facts[GROUP_COUNT]; /* NULL until its senders are kept */
	struct answers *answers;	  /* NULL until the target answers one of them */
	uint64_t to_darknet;		  /* packets that it sent to a darknet */
	struct sources units[UNIT_COUNT]; /* [UNIT_24..UNIT_LINK], SYN by wider units */
	struct unit_wait *wait;		  /* of them, not counted yet (hot_units.c) */
	struct port_slot port[PORT_SLOTS];
	uint16_t candidate_port; /* majority vote over UDP source ports */
	int64_t candidate_lead;
	uint64_t candidate_packets;
	struct dport_map *dports;
	struct http_map *http;
	struct vector_note note[VECTOR_COUNT];
	struct tally tally;
	struct hot_link links[HOT_LINKS_MAX];
	unsigned n_links;
	uint16_t exporters[FINDING_EXPORTERS_MAX];
	unsigned n_exporters;
	uint16_t voice; /* of several exporters that see the same, who is counted; 0 nobody yet */
	uint32_t sampling_min, sampling_max;
	bool sampling_unknown;
	bool forged[GROUP_COUNT];		 /* hot_forged_like() as of ... */
	int64_t forged_bin[GROUP_COUNT];	 /* ... this newest bin */
	bool has_flows;				 /* not only single packets */
	int64_t current_second;			 /* of arrival: what runs in the notes and below */
	int64_t current_slot;			 /* quarter second of arrival */
	uint64_t running_packets, running_bytes; /* all of the current second */
	uint64_t near_packets, near_bytes;	 /* as in the notes */
	bool lean;				 /* no headers are kept, for want of memory */
	bool looking_back;			 /* between hot_want() and hot_keep() */
	bool noted;	 /* something is near: notes, tallies and links are kept */
	uint8_t tracked; /* bit per source group whose senders are kept */
	uint8_t wanted;	 /* groups to be kept from now on: the shard looks back for them */
	struct evidence_record *evidence;
	unsigned n_evidence;
	uint64_t evidence_seen;	     /* records that it was drawn from */
	struct evidence_rank *ranks; /* of a full one, the largest first; NULL before */
	struct sources hosts;	     /* prefix: distinct targets */
	struct attack *attack;
	uint64_t late;		/* records before the ring */
	int64_t rolled;		/* bin up to which its rates are noted (rolls.h); INT64_MIN none */
	uint32_t rolled_weight; /* largest sampling factor behind them */
	bool gone;		/* demoted; freed at the end of the tick */
};

/* One record prepared for counting. What is the same for all destinations is found out once. */
struct hot_record {
	const struct flow *f;
	const struct flow_side *s;
	int64_t first_us, last_us, recv_us;
	bool entry; /* counted on entry from outside */
	bool own_source;
	bool reported; /* a narrower level has an open attack that holds it */
	uint64_t weight;
	uint8_t answers;  /* the meter that it counts for its sender, 0 none */
	bool opens;	  /* METER_OUT_SYN too */
	uint16_t kind;	  /* index (kinds.h), 0 like no other */
	uint64_t like;	  /* what records of one run share: kind, link, exporter, how it counts */
	uint32_t seconds; /* that it lasted, at least 1 */
	uint32_t n_amounts;
	uint64_t packets, bytes;      /* weighted */
	int64_t last_bin;	      /* of its last packet; the span may reach further */
	int64_t recv_bin;	      /* of its arrival */
	uint64_t src_hash, wide_hash; /* source_hash() of the sender and of its /24 (/64) */
	struct sent sent;	      /* of its sender, where its exporter is counted */
	uint32_t tuple;		      /* handshake_tuple() */
	bool hashed;
	struct span span;
	struct amount amount[AMOUNTS_MAX]; /* all packets first, then what detectors count */
};

/**
 * hot_new() - follow @u (borrowed), which knows its key. @th is borrowed from the configuration.
 * Return: NULL without memory.
 */
struct hot *hot_new(struct usual *u, enum level level, const struct thresholds *th, uint32_t times);
struct hot *hot_free(struct hot *h);

/**
 * hot_in() - count a record sent to the destination; hot_out() - one sent by it.
 * hot_in() sets @h->wanted where the senders of further groups are to be kept: hot_keep() does so,
 * after hot_look_back() was given the records before, and this one.
 */
int hot_in(struct hot *h, struct hot_record *r);
int hot_out(struct hot *h, const struct hot_record *r);

/**
 * hot_pass() - count at a prefix what a reported host in it has counted: all its records of a kind
 * at once. Return: 0 or -ENOMEM.
 */
int hot_pass(struct hot *h, const struct run *r);

/** hot_fetch() - @r will be counted soon: have what its sender needs brought near. */
void hot_fetch(const struct hot *h, struct hot_record *r);

/** record_hash() - fill the hashes of the sender and of the connection, and what it sent, unless
 * they are. */
void record_hash(struct hot_record *r);

/** hot_flush() - count all that waits to be; before anything is read. Return: 0 or -ENOMEM. */
int hot_flush(struct hot *h);
int hot_look_back(struct hot *h, struct hot_record *r);

/** hot_want() - what hot_in() does, for bits of groups that a look has found to be near. */
int hot_want(struct hot *h, unsigned groups);

void hot_keep(struct hot *h);

/** hot_threshold() - packets per second at this level; UINT64_MAX when never. */
uint64_t hot_threshold(const struct hot *h, enum vector v, uint16_t port);

/** hot_weight() - mean sampling factor of the window's packets, 1 unsampled. */
double hot_weight(const struct hot *h, int64_t end, unsigned n);

/**
 * hot_forged_like() - most of the group's packets came from a sender of its own: no
 * clients send so, and answering them does not make them ordinary. Never true where packets are
 * sampled.
 */
bool hot_forged_like(struct hot *h, enum source_group g);

/** hot_group() - the group of sources that send vector @v. */
enum source_group hot_group(enum vector v);

/** hot_reset_suspicion() - forget tallies, sources and evidence gathered without an attack. */
void hot_reset_suspicion(struct hot *h);
uint64_t hot_memory(const struct hot *h);

/** port_sources() - distinct senders from a reflector's port (linear counting). */
unsigned port_sources(const struct port_slot *p);

/**
 * port_reflects() - at least REFLECTORS_LEAST senders use the port of that slot, or, where packets
 * are sampled, as many were seen as that many even senders show on average in so few packets.
 */
bool port_reflects(const struct hot *h, unsigned slot);
