/* SPDX-License-Identifier: ISC */
/*
 * The contract of a detector: one vector, one file in detect/vectors/, one line in detectors.c. It
 * says which packets of a record are of its kind, how much of a window's packets is ordinary
 * (answers to what the target itself sent, handshakes that were completed), and what else must
 * hold. Counting, windows, thresholds, levels and life belong to the engine.
 */
#pragma once

#include "detect/hot.h"

#define NEAR_KEPT 4 /* share of a threshold from which senders and headers are kept */

enum family { FAMILY_TCP = 1, FAMILY_UDP = 2, FAMILY_ICMP = 4, FAMILY_OTHER = 8 };

/* @n bins that end with @end, of one destination. */
struct window {
	const struct hot *hot;
	int64_t end;
	unsigned n;
	bool last_look; /* no later record will come: do not wait for support */
};

#define ANSWERED_BY_MAX 4
#define ANY_ANSWERS	4 /* packets of any kind that one sent explains */

struct detector {
	enum vector vector;
	unsigned families; /* of the records it wants to see */
	enum byte_group bytes;
	/** packets of the record that are of this vector (as counted by the exporter) */
	uint64_t (*count)(const struct flow *f, const struct flow_side *s);
	/**
	 * What explains such packets, mostly what the target itself sends: @answers of them for
	 * each packet of the meters in @answered_by (0 ends). See window_answered(). While nothing
	 * is known of a destination, one whose packets are all explained so is not followed.
	 */
	uint8_t answered_by[ANSWERED_BY_MAX];
	double answers;
	/** packets of the window that are ordinary, where @answers do not say; NULL: they do */
	uint64_t (*explained)(const struct window *w, uint64_t packets);
	/** variance of what is explained away, per packet of it; 0: 2 (two packets for one seen) */
	double noise;
	/** a further condition for calling it an attack; NULL: none */
	bool (*holds)(const struct window *w, uint64_t packets);
	uint16_t dport;		 /* destination port that @count asks for, 0 none */
	bool needs_every_packet; /* says nothing where packets are sampled */
};

/**
 * record_is_fragment() - a fragment by its header, or a flow record of UDP or TCP without any port:
 * exporters that know nothing of fragments give later ones the ports 0 and 0.
 */
static inline bool record_is_fragment(const struct flow *f, const struct flow_side *s)
{
	return (s->flags & FLOW_FRAGMENT) ||
	       (!(s->flags & FLOW_IS_PACKET) && f->sport == 0 && f->dport == 0 &&
		(f->proto == PROTO_UDP || f->proto == PROTO_TCP));
}

/**
 * record_holds_syn() - a flow record of a client's half of a connection: one SYN among its packets.
 * Flags do not tell the halves apart, so the lower port is taken for the server's.
 */
static inline bool record_holds_syn(const struct flow *f, const struct flow_side *s)
{
	return !(s->flags & FLOW_IS_PACKET) && f->proto == PROTO_TCP && f->packets > 1 &&
	       (f->tcp_flags & TH_SYN) && f->tcp_flags != TH_SYN && f->dport <= f->sport;
}

/** record_is_malformed() - the same for headers; a record of one packet tells its flags exactly. */
static inline bool record_is_malformed(const struct flow *f, const struct flow_side *s)
{
	return (s->flags & FLOW_MALFORMED) ||
	       (f->proto == PROTO_TCP && f->packets == 1 && (f->tcp_flags & TH_SYN) &&
		(f->tcp_flags & (TH_FIN | TH_RST)));
}

/** detectors - by vector; VECTOR_AMPLIFICATION is followed per port (see ports in hot.h). */
extern const struct detector *const detectors[VECTOR_COUNT];

/** window_sum() - packets of @meter in the window. */
uint64_t window_sum(const struct window *w, unsigned meter);

/**
 * answered() - how many of @packets are explained by @out that the target sent, @each times. With a
 * healthy history the explanation is its usual level plus what its own sending grew; without one
 * the answers alone count.
 * @in_meter: what is usual of it counts.
 */
uint64_t answered(const struct window *w, unsigned in_meter, uint64_t packets, uint64_t out,
		  double usual_out, double each);

/** window_answered() - the same by the detector's own answered_by and answers. */
uint64_t window_answered(const struct window *w, const struct detector *d, uint64_t packets);

/** window_explained() - what of @packets is ordinary, by whatever the detector says. */
uint64_t window_explained(const struct window *w, const struct detector *d, uint64_t packets);

/** syn_believable() - of @syn connection requests those that @tcp packets of connections make
 * believable, where packets are sampled and handshakes are not seen. */
double syn_believable(double syn, double tcp);

/**
 * window_supported() - how many of @packets are explained by @support packets that follow them
 * within half a second (a handshake's ACK after its SYN). Where support is usual the newest half
 * second is not judged yet and counts as explained.
 */
uint64_t window_supported(const struct window *w, unsigned meter, unsigned support_meter,
			  uint64_t packets);

/**
 * window_outlasts_answers() - flow exporters report an answer (RST, SYN-ACK) at once and the
 * question it answers only after the inactive timeout. Packets of @meter from one single source are
 * held back until they have gone on longer than that without any question having shown.
 */
bool window_outlasts_answers(const struct window *w, unsigned meter);
