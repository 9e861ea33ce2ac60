/* SPDX-License-Identifier: ISC */
/*
 * Sessions by script: what client and server say to each other, step by step. One machine plays a
 * web visit, a DNS question, a mail, a download of hours and a bot that completes handshakes.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "drill/packet.h"
#include "drill/random.h"

enum script_id {
	SCRIPT_WEB,
	SCRIPT_TLS,
	SCRIPT_SHORT_VISIT,
	SCRIPT_DNS,
	SCRIPT_MAIL,
	SCRIPT_BITTORRENT,
	SCRIPT_DHT,
	SCRIPT_DOWNLOAD,
	SCRIPT_VPN,
	SCRIPT_ESP,
	SCRIPT_PING,
	SCRIPT_QUIC_VISIT,
	SCRIPT_NTP,
	SCRIPT_BUSY,
	SCRIPT_STEADY_TCP,
	SCRIPT_STEADY_UDP,
	SCRIPT_TRICKLE,
	SCRIPT_CONNECT_ONLY,
	SCRIPT_GET_LOOP,
	SCRIPT_CONNECT_RESET,
	SCRIPT_COUNT
};

enum { FROM_CLIENT, FROM_SERVER };

struct step {
	uint8_t from;
	uint8_t flags;	 /* TCP */
	uint8_t payload; /* enum payload */
	uint16_t len;	 /* payload bytes */
	uint32_t gap_us; /* before this step */
};

struct script {
	uint8_t proto;
	uint16_t port; /* of the server */
	const struct step *steps;
	uint8_t n_steps;
	uint8_t loop_from, loop_to; /* steps repeated while the session lasts; equal: no loop */
	uint32_t loop_gap_us;	    /* more time before each repetition */
	uint16_t loops;		    /* repetitions; 0: until the end of the row's time */
	bool established;	    /* begins with the loop: the handshake was before our time */
};

const struct script *script_get(enum script_id id);

/* The state of one session; lives in a schedule node. */
struct session {
	struct ip client, server;
	const struct script *script;
	int64_t until_ns;
	struct rng rng;
	uint32_t seq[2];
	uint16_t cport, loops_left;
	uint16_t ids[2];
	int16_t attack;
	uint8_t slot, step, link, kind;
	uint8_t ttl, stack; /* of the side outside, as it arrives */
	bool client_inside;
};

struct drill;
struct node;

/**
 * session_begin() - schedule a session whose first step comes at @at_ns or later.
 * Return: its state to be filled by the caller, NULL when the table is full (counted).
 */
struct session *session_begin(struct drill *d, int64_t at_ns);

struct load_row;

/** load_begin() - schedule the arrivals of a load row. @index: its number, for chance. Return: 0,
 * -ENOMEM. */
int load_begin(struct drill *d, const struct load_row *row, uint32_t index);

struct flood_row;

/** flood_begin() - schedule a flood row. Return: 0 or -ENOMEM. */
int flood_begin(struct drill *d, const struct flood_row *row, uint32_t index);
