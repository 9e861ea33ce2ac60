/* SPDX-License-Identifier: ISC */
/* Headers as flood tools write them, against those of ordinary stacks. */
#pragma once

#include <stdint.h>

#include "drill/assault.h"
#include "drill/packet.h"
#include "drill/random.h"

/* Who writes: what a sender keeps from packet to packet. */
struct tool_sender {
	uint32_t number;       /* in its crowd */
	uint8_t hops;	       /* to our border */
	uint8_t stack;	       /* enum stack, for TOOL_SOCKET */
	uint64_t sent;	       /* packets of the assault before this one */
	uint16_t *ids;	       /* its IP-ID counter */
	uint64_t assault_salt; /* what the tool draws once */
};

/** tool_write() - TTL, IP-ID, window, options and source port of @p. */
void tool_write(enum tool_kind tool, const struct tool_sender *s, struct rng *r, struct packet *p);
