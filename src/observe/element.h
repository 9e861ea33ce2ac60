/* SPDX-License-Identifier: ISC */
/*
 * Information elements by number: name and abstract data type (RFC 7012 section 3.1).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define PEN_IANA    0
#define PEN_REVERSE 29305 /* RFC 5103 section 6.1: the same number, for the answering direction */
#define PEN_CERT    6871  /* YAF's own elements; reverse ones have bit 14 of the number set */

enum element_type {
	ELEMENT_OCTETS, /* also everything unknown */
	ELEMENT_U8,
	ELEMENT_U16,
	ELEMENT_U32,
	ELEMENT_U64,
	ELEMENT_S32,
	ELEMENT_F64,
	ELEMENT_BOOLEAN,
	ELEMENT_MAC,
	ELEMENT_IP4,
	ELEMENT_IP6,
	ELEMENT_STRING,
	ELEMENT_SECONDS,
	ELEMENT_MILLISECONDS,
	ELEMENT_MICROSECONDS, /* NTP format, RFC 7011 section 6.1.9 */
	ELEMENT_NANOSECONDS,
	ELEMENT_LIST, /* structured data, RFC 6313 */
	ELEMENT_TYPE_COUNT
};

struct element {
	const char *name;
	enum element_type type;
};

/**
 * element_find() - the element @id of the registry.
 * @pen: PEN_IANA, or PEN_REVERSE, whose elements have the type of the forward ones.
 * Return: static, or NULL when nobody here knows it.
 */
const struct element *element_find(uint32_t pen, uint16_t id);

/** element_limit() - one more than the largest number in the table, to walk it. */
unsigned element_limit(void);

/**
 * element_ntp_us() - an NTP timestamp (RFC 7011 sections 6.1.9 and 6.1.10) as microseconds since
 * 1970. Era 0 below 1970 is read as era 1 (RFC 5905 section 6).
 */
int64_t element_ntp_us(uint64_t ntp);
