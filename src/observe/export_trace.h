/* SPDX-License-Identifier: ISC */
/*
 * What the decoders saw, element by element, for people who want to look (`noroshi decode`). Calls
 * come in the order of the wire: datagram, then for each record: begin, one value per element, flow
 * (none, one, or two for a biflow), end. Everything is borrowed for the call only.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "observe/element.h"
#include "observe/export.h"

enum export_kind { KIND_DATA, KIND_OPTIONS, KIND_SAMPLE, KIND_COUNTERS, KIND_DISCARD };

/* What a datagram's own header told. */
struct export_header {
	enum export_format format;
	uint16_t exporter; /* index in the exporter table */
	struct ip agent;   /* sFlow: the agent's address; else the exporter's */
	uint32_t domain;   /* source id, observation domain, sub-agent, engine type << 8 | id */
	uint32_t sequence;
	uint32_t count; /* records or samples as the header says; 0 for IPFIX */
	bool has_uptime, has_time;
	uint32_t uptime_ms;
	int64_t export_us; /* exporter's clock, not shifted; has_time */
};

struct export_record_head {
	const struct export_header *header;
	enum export_kind kind;
	uint32_t set; /* set id; sFlow: sample format (enterprise << 12 | format); 0 for v5 */
	uint16_t template_id; /* 0 where the format has none */
};

struct export_value {
	const char *name; /* IANA name, or what sFlow and v9 scopes are called here; else NULL */
	uint32_t pen;
	uint16_t id; /* 0 with @name for what has no number */
	enum element_type type;
	const uint8_t *data; /* as on the wire, big-endian */
	size_t len;
};

struct export_trace {
	void (*datagram)(void *userdata, const struct datagram *d, const struct export_header *h);
	void (*begin)(void *userdata, const struct export_record_head *r);
	void (*value)(void *userdata, const struct export_value *v);
	void (*flow)(void *userdata, const struct flow *f, const struct flow_side *s,
		     int64_t first_us, int64_t last_us);
	void (*end)(void *userdata);
	void *userdata;
};
