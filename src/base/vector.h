/* SPDX-License-Identifier: ISC */
/*
 * The words every room shares for what an attack is: its vector, and the level at which it is seen.
 * Amplification carries a UDP source port beside the vector; its name is made of the reflecting
 * protocol ("dns_amplification") or, for a port nobody has named, of the number
 * ("port4500_amplification").
 */
#pragma once

#include <stdint.h>

#define VECTOR_LIST(X)                                                                             \
	X(SYN_FLOOD, "syn_flood")                                                                  \
	X(SYNACK_REFLECTION, "synack_reflection")                                                  \
	X(RST_FLOOD, "rst_flood")                                                                  \
	X(ACK_FLOOD, "ack_flood")                                                                  \
	X(CONN_FLOOD, "conn_flood")                                                                \
	X(UDP_FLOOD, "udp_flood")                                                                  \
	X(ICMP_FLOOD, "icmp_flood")                                                                \
	X(FRAGMENT_FLOOD, "fragment_flood")                                                        \
	X(AMPLIFICATION, "amplification")                                                          \
	X(HTTP_FLOOD, "http_flood")                                                                \
	X(PROTO_FLOOD, "proto_flood")                                                              \
	X(MALFORMED, "malformed")                                                                  \
	X(DNS_QUERY_FLOOD, "dns_query_flood")                                                      \
	X(QUIC_FLOOD, "quic_flood")

enum vector {
#define X(id, name) VECTOR_##id,
	VECTOR_LIST(X)
#undef X
		VECTOR_COUNT
};

enum level { LEVEL_HOST, LEVEL_PREFIX, LEVEL_LINK, LEVEL_NETWORK, LEVEL_COUNT };
enum direction {
	DIRECTION_IN,
	DIRECTION_OUT,
	DIRECTION_THROUGH,
	DIRECTION_INSIDE,
	DIRECTION_COUNT
};

#define VECTOR_NAME_MAX 40

/** vector_base_name() - "syn_flood"; amplification without its protocol. */
const char *vector_base_name(enum vector v);

/** vector_name() - the full name into @buf (VECTOR_NAME_MAX); @port counts for amplification only.
 */
char *vector_name(enum vector v, uint16_t port, char *buf);

/**
 * vector_parse() - the reverse of vector_name(). A bare "amplification" gives port 0 (any).
 * Return: 0, or -EINVAL.
 */
int vector_parse(const char *name, enum vector *v, uint16_t *port);

/** reflector_name() - the protocol that answers from UDP source port @port, or NULL. */
const char *reflector_name(uint16_t port);

/** reflector_port() - the reverse; 0 when nobody of that name is known. */
uint16_t reflector_port(const char *name);

const char *level_name(enum level l);
const char *direction_name(enum direction d);
