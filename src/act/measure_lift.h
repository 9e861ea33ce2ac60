/* SPDX-License-Identifier: ISC */
/*
 * Is it time to lift a measure? Told from what was seen of it while it stood: its counter of what
 * was dropped, and the attack before its point. Each is an eye; one that cannot see is closed, and
 * what no open eye has seen for long enough is not said to be over. Pure: nobody lifts anything
 * here, a person is only told that it could be.
 *
 * What is remembered between two looks is struct lift, in memory: a restart forgets it, so that the
 * quiet time begins anew. What must not be forgotten is in the measure (struct measure_lift): that
 * lifting was proposed, and how long the attack has been known to pause.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "act/measure.h"
#include "base/text.h"
#include "judge/incident.h"

#define LIFT_AFTER_S   600	       /* quiet so long, where the configuration says nothing */
#define LIFT_CALM      0.01	       /* of the attack's peak: quiet begins at it or below */
#define LIFT_BACK      0.05	       /* and ends above this */
#define LIFT_SETTLE_US (60 * US_PER_S) /* what was seen before it stood is out of the window */
#define LIFT_GAP_US    (60 * US_PER_S) /* nobody looked for longer: the quiet time begins anew */

/* What is seen of a measure at one moment. */
struct lift_look {
	int64_t mono_us;
	int64_t stands_us;	 /* monotonic; since when its router has had it, 0: it has not */
	int64_t dropped_packets; /* by its counter, since it began; < 0: it has none */
	double before_bps;	 /* of the attack before its point; < 0: not seen */
	int64_t late_us;	 /* that was so long ago, for flows are told late */
	double expected_pps, expected_bps; /* the attack's peak, as far as the measure would meet
					      it; <= 0 unknown */
	int64_t pause_us;		   /* the attack's longest before it stood, 0 none */
	bool behind;			   /* another measure for the target stands further out */
};

struct lift_eye {
	bool open, calm;
	int64_t calm_us;	/* monotonic; since when */
	double now, most, peak; /* rate of this look; largest since it is calm; and of all */
	double of;		/* the peak that it is compared with, 0 none is known */
};

struct lift {
	struct lift_eye drops, before;	     /* packets per second; bits per second */
	int64_t stands_us, last_us, loud_us; /* monotonic; of the measure, the last look, and the
						last one that saw the attack */
	int64_t packets;		     /* of the look before, < 0 none */
	int64_t pause_us;		     /* longest that was seen between two loud looks */
	bool proven; /* the side before the point has shown the attack while it stood */
};

enum lift_state {
	LIFT_NEW,     /* too early to say */
	LIFT_UNSEEN,  /* not measurable */
	LIFT_GOES_ON, /* the attack is seen */
	LIFT_QUIET,   /* it is not, but not for long enough */
	LIFT_OVER,    /* long enough: propose to lift it */
	LIFT_STATES
};

enum lift_blind { BLIND_NONE, BLIND_NO_EYE, BLIND_UNPROVEN, BLIND_BEHIND };

struct lift_view {
	enum lift_state state;
	enum lift_blind blind; /* why LIFT_UNSEEN */
	int64_t quiet_us, needed_us;
};

/** lift_init() - nothing was seen yet. @pause_us: what is known of the attack from before a
 * restart. */
void lift_init(struct lift *l, int64_t pause_us);

/**
 * lift_see() - one more look.
 * @after_s: the least quiet time. The needed one is also twice the longest pause that the attack is
 *	known to have made, so that no pause is ever taken for its end.
 * A counter that went back, a router that was lost and a look that came too late forget what was
 * quiet. The side before the point counts only once it has shown the attack while the measure
 * stood: a router that counts behind its own filter would see nothing, and that is no end.
 */
struct lift_view lift_see(struct lift *l, const struct lift_look *look, uint64_t after_s);

/**
 * lift_probe_is_enough() - a probe has seen nothing: may that be proposed? Not while the quiet so
 * far could be one of the attack's pauses: then the quiet time goes on. @pause_us: as in the look.
 */
bool lift_probe_is_enough(const struct lift *l, const struct lift_view *v, int64_t pause_us);

/** lift_say() - the view as a sentence with its figures. */
void lift_say(const struct lift *l, const struct lift_view *v, bool ja, struct text *out);

const char *lift_state_name(enum lift_state s); /* "over" */

/** lift_longest_pause() - of an attack's course before @until_us: the longest time between two
 * steps in which it had more than LIFT_BACK of its peak. What the watch did not see is none. */
int64_t lift_longest_pause(const struct incident *inc, int64_t until_us);
