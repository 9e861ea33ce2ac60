/* SPDX-License-Identifier: ISC */
/*
 * Reassembly of fragmented export datagrams: exporters send datagrams longer than the path's MTU.
 * Small and bounded (DEFRAG_SLOTS at a time, the oldest gives way), because anybody can send
 * fragments; packets for detection are never reassembled.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "observe/packet.h"

#define DEFRAG_SLOTS	  64
#define DEFRAG_TIMEOUT_US (30 * US_PER_S) /* of frame time; RFC 791 section 3.2 proposes 15 s */

struct defrag;

/** The answers of defrag_put(). */
enum { DEFRAG_WHOLE, DEFRAG_WAITING, DEFRAG_REFUSED };

/** defrag_new() - NULL without memory. */
struct defrag *defrag_new(void);
struct defrag *defrag_free(struct defrag *d);

/**
 * defrag_put() - a decoded fragment (FLOW_FRAGMENT) of a UDP datagram.
 * @data, @len: on DEFRAG_WHOLE the datagram from its UDP header on, valid until the next call.
 * Return: DEFRAG_WHOLE; DEFRAG_WAITING for more; DEFRAG_REFUSED for a piece that fits no datagram
 * (cut by the capture, of odd length, behind 65,535 bytes); -ENOMEM.
 */
int defrag_put(struct defrag *d, const struct packet *p, int64_t now_us, const uint8_t **data,
	       size_t *len);

/** defrag_lost() - datagrams that were given up or are still waiting. @bytes: what came of them. */
uint64_t defrag_lost(const struct defrag *d, uint64_t *bytes);
