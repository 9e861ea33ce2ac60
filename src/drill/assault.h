/* SPDX-License-Identifier: ISC */
/*
 * Assaults: floods whose senders stand in the world with places. A packet has a sender, whose link
 * and distance it shows, and a source, which the sender may have forged; its headers are those of
 * the tool. What the target answers goes to the source: live owners of forged addresses reset what
 * they did not ask for, over their own link, and answers to a darknet stay within the network.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "drill/standing.h"

enum assault_kind {
	ASSAULT_SYN,
	ASSAULT_ACK,
	ASSAULT_UDP,
	ASSAULT_SYNACK,	   /* reflected */
	ASSAULT_AMPLIFIED, /* answers of a protocol, by port */
	ASSAULT_SCAN,
	ASSAULT_KINDS
};

enum forging {
	FORGE_NOT,
	FORGE_ANY,	/* any 32 bits */
	FORGE_PUBLIC,	/* any that is not special-purpose */
	FORGE_ROUTED,	/* any that is announced */
	FORGE_SUBNET,	/* any of the sender's own network of `subnet_len` */
	FORGE_CONSTANT, /* one of `addresses` third parties */
	FORGE_REPLAY,	/* sources, ports and lengths of real visitors */
	FORGE_KINDS
};

/* What writes the headers; a row each of tool.c. */
enum tool_kind {
	TOOL_SOCKET, /* the sender's own stack */
	TOOL_PLAIN,  /* no options, window 512, random IP-ID, ports in order */
	TOOL_BOT,    /* options and TTL as a stack has them; window and IP-ID random */
	TOOL_OLD,    /* no options, TTL 255, window 65535, IP-ID counts */
	TOOL_SWEEP,  /* one IP-ID, window 65535, TTL 255 */
	TOOL_RANDOM, /* TTL, window and IP-ID random */
	TOOL_KERNEL, /* a template of a Linux SYN, IP-ID 0 */
	TOOL_KINDS
};

struct assault_row {
	int16_t attack;
	uint8_t slot;
	uint8_t kind, forging, tool;
	uint8_t crowd;	     /* of the senders */
	uint8_t subnet_len;  /* 16 or 24 */
	uint8_t rst_percent; /* senders whose own stack resets unasked answers */
	bool skewed;	     /* few senders send most */
	bool completes;	     /* a sender ends the handshake, and the connection */
	uint64_t from_ms, until_ms;
	uint32_t pps;
	uint32_t senders;
	uint32_t addresses;   /* forged third parties, or public addresses that senders share; 0 */
	uint32_t answers_pps; /* what the target can answer */
	uint16_t len, len_more; /* layer 3 bytes, and up to so many more; 0: the tool's */
	uint16_t port;
	uint32_t salt; /* of the senders' crowd; FORGE_REPLAY: of the visitors */
	uint32_t origin; /* 1 + the row that this one goes on with; 0 none */
};

struct drill;
struct assault;

/** assaults_new() - room for the states of @n rows. */
struct assault *assaults_new(size_t n);

/** assault_begin() - schedule an assault row. Return: 0, -EINVAL or -ENOMEM. */
int assault_begin(struct drill *d, const struct assault_row *row, uint32_t index);
