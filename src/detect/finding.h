/* SPDX-License-Identifier: ISC */
/*
 * What a detector says: an attack began, changed, fell quiet, ended. A finding is a whole picture
 * of one attack as it is known now, borrowed for the call; figures are corrected for sampling
 * unless they say "records" or "sampled". Data class: header.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/ip.h"
#include "base/vector.h"
#include "detect/finding_path.h"
#include "observe/flow.h"

#define FINDING_VECTORS_MAX   16
#define FINDING_TOP_MAX	      10
#define FINDING_EXPORTERS_MAX 16
#define FINDING_LINKS_MAX     16
#define FINDING_CHILDREN_MAX  256
#define FINDING_FACTS_MAX     4
#define FINDING_WITNESSES_MAX 8
#define EVIDENCE_MAX	      4096

enum finding_state { FINDING_OPEN, FINDING_QUIET, FINDING_CLOSED, FINDING_LOST_SIGHT };
enum finding_kind { FINDING_ATTACK, FINDING_SCAN };
enum dedup_rule {
	DEDUP_NONE,  /* one exporter, nothing to de-duplicate */
	DEDUP_ENTRY, /* counted on entry from outside: sides are configured */
	DEDUP_MAX,   /* sides unknown: per second the maximum over exporters */
};

/* One vector's part in the attack. */
struct finding_vector {
	enum vector vector;
	uint16_t port; /* reflector's source port, amplification only */
	bool over;     /* crossed its own threshold */
	uint64_t packets, bytes;
	uint64_t peak_pps;		     /* largest UTC clock second */
	uint64_t threshold_pps;		     /* that counted when it crossed */
	int64_t over_first_us, over_last_us; /* when it was over; TIME_NONE where never */
};

/* SYN per second of a source's best clock second: <=100, 101..999, >=1000, undecidable. */
struct source_classes {
	uint64_t le_100, gt_100_lt_1000, ge_1000, unresolved;
};

enum source_unit { UNIT_ADDRESS, UNIT_24, UNIT_8, UNIT_AS, UNIT_LINK, UNIT_COUNT };

struct finding_sources {
	uint64_t count; /* distinct sources; an estimate above 4,096 */
	bool count_exact;
	bool count_at_least; /* sampled: more may exist */
	struct source_classes syn[UNIT_COUNT];
	uint64_t units[UNIT_COUNT]; /* distinct /24s, /8s, ASes, links */
	struct {
		struct ip addr;
		uint64_t packets;
		uint64_t syn_best; /* SYN in its best clock second */
		/* Set by who judges the facts: */
		bool established; /* most of its packets are of connections with the target */
		bool expected;	  /* it came where completed connections say */
	} top[FINDING_TOP_MAX];
	unsigned n_top;
};

struct finding_link {
	uint16_t link;	   /* index in the link table */
	uint16_t exporter; /* index in the exporter table */
	uint64_t packets, bytes;
};

#define WITNESS_SHARE 0.25 /* of the attack, that another exporter must have told of */

/*
 * An exporter that told of the attack's own packets (witness.h). In `seen_by` another one than
 * those that count, with its sum as it stood when it surely was a real share for the last time; in
 * `told_by` one of those that count, with the share that surely is no ordinary traffic.
 */
struct finding_witness {
	uint16_t exporter;
	uint64_t packets; /* by its own sampling */
	double share;	  /* of what counted in the same seconds; above 1 where it told of more */
};

/* A row of the course of the attack; link LINK_UNKNOWN is the whole. */
struct series_point {
	int64_t start_us;
	uint32_t step_s; /* 1 in the first minute, then 10 */
	uint16_t link;
	uint64_t packets, bytes, syn; /* in the step, corrected */
};

/* A header record kept as evidence, and the two samples of them that an attack's opening freezes.
 */
struct evidence_record {
	int64_t first_us, last_us, recv_us;
	struct flow flow;      /* first_ms and last_ms mean nothing here */
	struct flow_side side; /* nor does recv_ms */
};

enum sample {
	SAMPLE_ATTACK, /* drawn anew as the attack goes on, each record with the same chance */
	SAMPLE_GOOD,   /* the object's traffic of the hour before, where its customer consented */
	SAMPLE_COUNT
};

struct header_sample {
	struct evidence_record *record;
	unsigned n;
	uint64_t seen; /* records that these were drawn from; 0 where nobody counted */
};

struct facts;
struct answers;
struct heard;

/* Of the senders, for who judges whether their addresses are their own; borrowed for the call. */
struct finding_facts {
	const struct facts *group[FINDING_FACTS_MAX]; /* of the attack's groups of senders: */
	uint8_t which[FINDING_FACTS_MAX];	      /* enum source_group */
	unsigned n;
	const struct answers *answers; /* NULL: none was seen */
	const struct heard *heard;     /* what the last day's connections say of prefixes */
	uint64_t to_darknet;	       /* packets that the target sent to a configured darknet */
	bool both_ways;		       /* packets that the target sent were seen */
};

struct finding {
	uint64_t handle; /* the detector's number of this attack, unique in a run, never 0 */
	enum finding_kind kind;
	enum finding_state state;
	enum level level;
	struct prefix target; /* host: full length; link and network: zero */
	uint16_t link;	      /* level link: its index */
	enum direction direction;
	bool own_known; /* own prefixes are configured, so direction means something */

	struct finding_vector vectors[FINDING_VECTORS_MAX]; /* most packets first */
	unsigned n_vectors;

	int64_t first_us, last_us; /* record time of the first and last packet of the attack */
	int64_t detected_us;	   /* receive clock: the deciding record arrived */
	int64_t shown_us; /* receive clock: the first record that shows the attack arrived */
	int64_t exporter_delay_us; /* shown_us - first_us: what exporter and path took */
	int64_t noroshi_delay_us;  /* detected_us - shown_us: what we took */
	int64_t updated_us;	   /* receive clock of this finding */
	uint32_t flows_s; /* how late its exporters tell of a flow that goes on; 0 packets */

	uint64_t packets, bytes, records;
	uint64_t peak_bps, peak_pps, peak_syn_per_s; /* largest UTC clock second each */
	int64_t peak_us;			     /* the second of peak_pps */
	uint32_t pulses;

	struct finding_sources sources;
	uint32_t sampling_min, sampling_max;
	bool sampling_known;
	enum dedup_rule dedup;
	uint16_t exporters[FINDING_EXPORTERS_MAX];
	unsigned n_exporters;
	struct finding_witness seen_by[FINDING_WITNESSES_MAX]; /* none of `exporters`; most first */
	unsigned n_seen_by;
	struct finding_witness told_by[FINDING_WITNESSES_MAX]; /* of `exporters`; most first */
	unsigned n_told_by;
	struct finding_link links[FINDING_LINKS_MAX];
	unsigned n_links;

	/* What judging the class rests on. */
	uint64_t handshakes_begun, handshakes_done; /* 0, 0 where not visible */
	bool handshakes_visible;
	uint64_t answered_packets;   /* packets of the target that answer */
	uint64_t dports_best_second; /* distinct destination ports */
	double top_source_share;     /* of packets, 0..1 */
	uint64_t link_capacity_bps;  /* of the busiest link, 0 unknown */
	uint64_t link_peak_bps;	     /* whole load of that link at the peak, 0 unknown */

	struct finding_facts facts;

	/* Level prefix: hosts hit hardest, most packets first. */
	struct ip children[FINDING_CHILDREN_MAX];
	unsigned n_children;
	uint64_t hosts_hit; /* distinct target addresses, an estimate above 256 */

	/* The smallest attack of the main vector that would have been seen here. */
	uint64_t blind_pps, blind_bps; /* bps only where bits decide, else 0 */
	double blind_seconds, blind_confidence;
	bool blind_at_least; /* the sampling is not known: it may be more */

	struct header_sample
		evidence[SAMPLE_COUNT]; /* the good one is given once, when it opened */
	const struct series_point *series;
	unsigned n_series;
	const struct finding_path *path; /* NULL: not known */
};

/** Where findings go. Return: 0, or a negative error that stops detection. */
struct finding_sink {
	int (*finding)(void *userdata, const struct finding *f);
	void *userdata;
};
