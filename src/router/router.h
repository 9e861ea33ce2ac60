/* SPDX-License-Identifier: ISC */
/*
 * What speaks to a router. One struct of functions for each kind, with a twin that does nothing and
 * one that only writes down what it would do. The one that calls keeps no state of the router:
 * after `lost` it tells everything again, as the store has it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "act/measure.h"
#include "base/loop.h"
#include "base/text.h"
#include "conf/conf.h"

enum router_event {
	ROUTER_UP,	  /* it can be told things; it has nothing of ours */
	ROUTER_LOST,	  /* what it was told may be forgotten */
	ROUTER_HAS,	  /* it acknowledged a measure */
	ROUTER_HAS_NOT,	  /* it acknowledged that a measure is gone */
	ROUTER_REFUSED,	  /* it said no; @why */
	ROUTER_FOUND,	  /* it has one from before: to be taken away unless it is wanted */
	ROUTER_LIFTED,	  /* a measure lets pass now what it would drop */
	ROUTER_LIFT_NOT,  /* it said no to that: it stands as before; @why */
	ROUTER_UNSAYABLE, /* it was not asked: there are no words for that; @why */
};

/* What is counted of a measure, now. */
struct router_gauge {
	int64_t mono_us;
	uint64_t packets, bytes;	   /* that it met: dropped, or let pass while lifted */
	uint64_t line_packets, line_bytes; /* that went to the line behind it, all together */
};

struct router;

typedef void (*router_told)(void *userdata, struct router *r, enum router_event event,
			    const char *measure, const char *why);

struct router_ops {
	const char *name;
	/* Return: 0 with an owned *out, or a negative errno with its reason in @why. */
	int (*open)(const struct conf *conf, const struct conf_neighbor *n, struct loop *loop,
		    router_told told, void *userdata, struct router **out, struct text *why);
	struct router *(*close)(struct router *r); /* leaves what stands as it is */
	/* Both are answered later by told(), even when nothing is to be done. */
	int (*apply)(struct router *r, const struct measure *m);
	int (*take_away)(struct router *r, const struct measure *m);
	/* Packets and bytes that it dropped for a measure. Return: 1 where it cannot tell. */
	int (*counter)(struct router *r, const struct measure *m, uint64_t *packets,
		       uint64_t *bytes);
	/* Of a kind that can lift a measure for a moment and puts it back by itself, whatever
	 * becomes of the caller; else NULL. lift() is answered later by told(); apply() puts it
	 * back before. gauge() reads figures as they are now. Return: 1 where it cannot tell. */
	int (*lift)(struct router *r, const struct measure *m, unsigned ms);
	int (*gauge)(struct router *r, const struct measure *m, struct router_gauge *g);
};

struct router {
	const struct router_ops *ops;
	const struct conf_neighbor *neighbor;
	bool is_up;
};

extern const struct router_ops router_null, router_dry_run, router_exabgp, router_nftables;

const struct router_ops *router_ops_of(enum conf_router kind);
