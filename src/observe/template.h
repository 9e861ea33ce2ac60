/* SPDX-License-Identifier: ISC */
/*
 * Templates (RFC 3954 section 5.2, RFC 7011 section 3.4), compiled once into a short program. A
 * program is an array of loads, each "these bytes of the record into that slot"; one record is one
 * pass over it, without allocation and without knowing any element. What the slots mean is only
 * known where a flow or an option is made of them (export_record.c, options.c).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cursor.h"
#include "base/ip.h"
#include "base/map.h"

#define TEMPLATE_FIELDS_MAX	    1000 /* elements in one template */
#define TEMPLATES_PER_DOMAIN	    1024
#define TEMPLATES_RECENT	    8 /* of them, found without a look-up; a power of two */
#define TEMPLATE_BYTES_PER_EXPORTER (8u << 20)

/* Neither told nor used for so long, a template gives way to a new one when the table is full. */
#define TEMPLATE_IDLE_US (INT64_C(30) * 60 * 1000000)

/* The length of a variable-length element (RFC 7011 section 7). */
#define FIELD_VARIABLE 0xffff

/* The scope types of v9 are numbered apart (RFC 3954 section 6.1). */
#define PEN_V9_SCOPE 0xffffffffu

/* Numbers, then addresses, then byte strings; template.c maps elements to them. */
enum slot {
	SLOT_NONE,
	SLOT_OCTETS,
	SLOT_PACKETS,
	SLOT_POST_OCTETS,
	SLOT_POST_PACKETS,
	SLOT_INITIATOR_OCTETS,
	SLOT_INITIATOR_PACKETS,
	SLOT_RESPONDER_OCTETS,
	SLOT_RESPONDER_PACKETS,
	SLOT_L2_OCTETS,
	SLOT_TOTAL_OCTETS,
	SLOT_TOTAL_PACKETS,
	SLOT_POST_TOTAL_OCTETS,
	SLOT_POST_TOTAL_PACKETS,
	SLOT_L2_TOTAL_OCTETS,
	SLOT_REVERSE_OCTETS,
	SLOT_REVERSE_PACKETS,
	SLOT_REVERSE_TOTAL_OCTETS,
	SLOT_REVERSE_TOTAL_PACKETS,
	SLOT_REVERSE_FLAGS,
	SLOT_REVERSE_FLAGS_FIRST,
	SLOT_REVERSE_FLAGS_REST,
	SLOT_REVERSE_TOS,
	SLOT_REVERSE_TTL,
	SLOT_REVERSE_VLAN,
	SLOT_REVERSE_START_MS,
	SLOT_REVERSE_END_MS,
	SLOT_REVERSE_DELTA_MS,
	SLOT_PROTOCOL,
	SLOT_NEXT_HEADER,
	SLOT_TOS,
	SLOT_FLAGS,
	SLOT_FLAGS_FIRST,
	SLOT_FLAGS_REST,
	SLOT_SRC_PORT,
	SLOT_DST_PORT,
	SLOT_UDP_SRC_PORT,
	SLOT_UDP_DST_PORT,
	SLOT_TCP_SRC_PORT,
	SLOT_TCP_DST_PORT,
	SLOT_IN_IF,
	SLOT_OUT_IF,
	SLOT_SRC_AS,
	SLOT_DST_AS,
	SLOT_SRC_MASK4,
	SLOT_DST_MASK4,
	SLOT_SRC_MASK6,
	SLOT_DST_MASK6,
	SLOT_DIRECTION,
	SLOT_FORWARDING,
	SLOT_FIREWALL_EVENT,
	SLOT_VLAN,
	SLOT_DOT1Q_VLAN,
	SLOT_ICMP4,
	SLOT_ICMP6,
	SLOT_ICMP4_TYPE,
	SLOT_ICMP4_CODE,
	SLOT_ICMP6_TYPE,
	SLOT_ICMP6_CODE,
	SLOT_TTL,
	SLOT_TTL_MIN,
	SLOT_IP_ID,
	SLOT_FRAGMENT_OFFSET,
	SLOT_FRAGMENT_FLAGS,
	SLOT_WINDOW,
	SLOT_FRAME_SIZE,
	SLOT_FRAME_TYPE,
	SLOT_START_S,
	SLOT_END_S,
	SLOT_START_MS,
	SLOT_END_MS,
	SLOT_START_US,
	SLOT_END_US,
	SLOT_START_NS,
	SLOT_END_NS,
	SLOT_START_UPTIME,
	SLOT_END_UPTIME,
	SLOT_START_DELTA_US,
	SLOT_END_DELTA_US,
	SLOT_DURATION_MS,
	SLOT_DURATION_US,
	SLOT_OBSERVED_S,
	SLOT_OBSERVED_MS,
	SLOT_OBSERVED_US,
	SLOT_OBSERVED_NS,
	SLOT_SYSTEM_INIT_MS,
	SLOT_SAMPLING_INTERVAL,
	SLOT_SAMPLER_ID,
	SLOT_SAMPLER_RANDOM,
	SLOT_SELECTOR_ID,
	SLOT_PACKET_INTERVAL,
	SLOT_PACKET_SPACE,
	SLOT_SAMPLING_SIZE,
	SLOT_SAMPLING_POPULATION,
	SLOT_SAMPLING_PROBABILITY, /* as the factor 1/p */
	SLOT_ACTIVE_TIMEOUT,
	SLOT_IDLE_TIMEOUT,
	SLOT_TEMPLATE_ID,
	SLOT_SCOPE_INTERFACE,
	SLOT_SRC4,
	SLOT_DST4,
	SLOT_SRC6,
	SLOT_DST6,
	SLOT_NEXT_HOP4,
	SLOT_NEXT_HOP6,
	SLOT_BGP_NEXT_HOP4,
	SLOT_BGP_NEXT_HOP6,
	SLOT_FRAME,
	SLOT_L2_SECTION,
	SLOT_IP_SECTION,
	SLOT_INTERFACE_NAME, /* these two in options only */
	SLOT_INTERFACE_DESCRIPTION,
	SLOT_COUNT
};

#define SLOT_NUMBERS   SLOT_SRC4 /* slots before this one hold numbers */
#define SLOT_ADDRESSES (SLOT_FRAME - SLOT_SRC4)
#define SLOT_BYTES     (SLOT_COUNT - SLOT_FRAME)
#define SLOT_WORDS     ((SLOT_COUNT + 63) / 64)

struct plain;

enum load_kind {
	LOAD_U8,
	LOAD_U16,
	LOAD_U32,
	LOAD_U64,
	LOAD_UN,
	LOAD_IP4,
	LOAD_IP6,
	LOAD_BYTES,
	LOAD_FACTOR
};

struct load {
	uint16_t offset, len; /* in the record; for a variable-length one they come from the walk */
	uint16_t field;
	uint8_t kind; /* enum load_kind */
	uint8_t slot; /* enum slot */
};

struct template_field {
	uint32_t pen;
	uint16_t id, len;
};

struct template
{
	uint16_t id;
	bool options, variable;
	bool inner_v6; /* of both families, IPv6 is named last: the inner header's */
	uint16_t n_fields, n_scope, n_loads;
	uint16_t record_len; /* exact, or the least where variable */
	uint64_t present[SLOT_WORDS];
	int64_t used_us;
	size_t bytes;	     /* of this object, for the exporter's account */
	struct load *loads;  /* behind the fields, in the same block */
	struct plain *plain; /* owned; NULL where the template is not plain (plain.h) */
	struct template_field fields[];
};

/* One record, spread into slots. Only slots whose bit in present is set hold anything. */
struct record {
	uint64_t present[SLOT_WORDS];
	bool inner_v6; /* as in the template */
	uint64_t number[SLOT_NUMBERS];
	struct ip address[SLOT_ADDRESSES];
	struct {
		const uint8_t *p;
		uint16_t len;
	} bytes[SLOT_BYTES];
};

/* Where each element of one record stands; room for the largest template. */
struct layout {
	uint16_t offset[TEMPLATE_FIELDS_MAX], len[TEMPLATE_FIELDS_MAX];
};

static inline bool record_has(const struct record *r, enum slot s)
{
	return r->present[s >> 6] >> (s & 63) & 1;
}

/** record_number() - what the slot holds, 0 when nothing. */
static inline uint64_t record_number(const struct record *r, enum slot s)
{
	return record_has(r, s) ? r->number[s] : 0;
}

enum template_kind { TEMPLATE_V9, TEMPLATE_V9_OPTIONS, TEMPLATE_IPFIX, TEMPLATE_IPFIX_OPTIONS };

enum { TEMPLATE_OK, TEMPLATE_WITHDRAWN, TEMPLATE_BAD, TEMPLATE_TOO_LARGE, TEMPLATE_CUT };

/**
 * template_read() - read one template record, head and fields, and compile it.
 * @id: always set, to what the record names.
 * Return: TEMPLATE_OK with an owned *@out, another of the answers above without, or -ENOMEM. After
 * TEMPLATE_CUT nothing more can be read from @c; after the others it stands behind the record.
 */
int template_read(struct cursor *c, enum template_kind kind, uint16_t *id, struct template **out);
struct template *template_free(struct template *t);

/**
 * template_make_plain() - compile the permutation too, where there is one. Not part of reading it:
 * most templates that exporters tell are known already, and it takes over 1 us.
 */
void template_make_plain(struct template *t);

/** template_same() - equal fields, so that a refresh changes nothing. */
bool template_same(const struct template *a, const struct template *b);

/**
 * template_layout() - find the elements of the record at @p.
 * Return: its length, or 0 when it does not end within @left bytes.
 */
size_t template_layout(const struct template *t, const uint8_t *p, size_t left, struct layout *l);

/**
 * template_load() - run the program over the record at @p. @l is only read where the template is
 * variable. Borrows from @p what goes into byte slots.
 */
void template_load(const struct template *t, const uint8_t *p, const struct layout *l,
		   struct record *r);

/* The templates of one observation domain, by id; charged to one exporter's account of bytes. */
struct template_table {
	struct map *by_id;			   /* uint16_t -> struct template * */
	struct template *recent[TEMPLATES_RECENT]; /* found of late, by the last bits of the id */
	uint32_t n_kind[2];			   /* data templates, options templates */
	int64_t swept_us; /* when idle ones were last looked for to make room */
};

/** template_table_put() - take over @t. Return: 0, 1 when there is no room, or -ENOMEM; @t is gone.
 */
int template_table_put(struct template_table *tt, struct template *t_take, size_t *account,
		       int64_t now_us);
struct template *template_table_find(struct template_table *tt, uint16_t id);

/** template_table_remove() - withdraw @id; _kind() all of a kind (RFC 7011 section 8.1). */
void template_table_remove(struct template_table *tt, uint16_t id, size_t *account);
void template_table_remove_kind(struct template_table *tt, bool options, size_t *account);

/** template_table_expire() - drop what was neither told nor used since @before_us. */
void template_table_expire(struct template_table *tt, int64_t before_us, size_t *account);

/** template_table_shift() - the clock of used_us went forward by @by_us. */
void template_table_shift(struct template_table *tt, int64_t by_us);
void template_table_deinit(struct template_table *tt, size_t *account);
