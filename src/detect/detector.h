/* SPDX-License-Identifier: ISC */
/*
 * The contract of a detector: one vector, one file in detect/vectors/, one line in detectors.c. It
 * says which packets of a record are of its kind, how much of a window's packets is ordinary (answers
 * to what the target itself sent, handshakes that were completed), and what else must hold. Counting,
 * windows, thresholds, levels and life belong to the engine.
 */
#pragma once

#include "detect/hot.h"

#define REFLECTORS_LEAST 50 /* senders from one port before it is called amplification */

enum family { FAMILY_TCP = 1, FAMILY_UDP = 2, FAMILY_ICMP = 4, FAMILY_OTHER = 8 };

/* @n bins that end with @end, of one destination. */
struct window {
	const struct hot *hot;
	int64_t end;
	unsigned n;
	bool last_look; /* no later record will come: do not wait for support */
};

struct detector {
	enum vector vector;
	unsigned families;	/* of the records it wants to see */
	enum byte_group bytes;
	/** packets of the record that are of this vector (as counted by the exporter) */
	uint64_t (*count)(const struct flow *f, const struct flow_side *s);
	/** packets of the window that are ordinary; NULL: none */
	uint64_t (*explained)(const struct window *w, uint64_t packets);
	/** a further condition for calling it an attack; NULL: none */
	bool (*holds)(const struct window *w, uint64_t packets);
};

/** detectors - by vector; VECTOR_AMPLIFICATION is followed per port (see ports in hot.h). */
extern const struct detector *const detectors[VECTOR_COUNT];

/** window_sum() - packets of @meter in the window. */
uint64_t window_sum(const struct window *w, unsigned meter);

/**
 * window_answered() - how many of @packets are explained by what the target sent (@out packets in the
 * window, times @factor). With a healthy history of the host the explanation is its usual level plus
 * what its own sending grew; without one the answers alone count.
 */
uint64_t window_answered(const struct window *w, unsigned in_meter, uint64_t packets, uint64_t out,
			 double base_out, double factor);

/**
 * window_supported() - how many of @packets are explained by @support packets that follow them
 * within half a second (a handshake's ACK after its SYN). Where support is usual the newest half
 * second is not judged yet and counts as explained.
 */
uint64_t window_supported(const struct window *w, unsigned meter, unsigned support_meter,
			  uint64_t packets);
