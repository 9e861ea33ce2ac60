/* SPDX-License-Identifier: ISC */
/*
 * Names for what sFlow samples hold: one row per structure, one entry per field. Where the IANA
 * registry has an element for the same thing its number stands here; counters keep the names of the
 * MIB objects that they copy (RFC 2863, RFC 3635), the rest those of the sFlow specification.
 */
#include "observe/sflow.h"

#include "base/cleanup.h"

enum shape {
	WORD,  /* 32 bits */
	HYPER, /* 64 bits */
	V4,
	V6,
	MAC8,	 /* six bytes, padded to eight */
	ADDRESS, /* type, then 0, 4 or 16 bytes */
	TEXT,	 /* the same, a string */
	HEADER,	 /* the same, a packet's bytes */
	PATH,	 /* AS path segments */
	WORDS,	 /* count, then words */
};

struct field {
	const char *name; /* NULL: the registry's */
	uint16_t id;
	uint8_t shape;
};

struct structure {
	uint32_t format;
	uint8_t n;
	struct field fields[19];
};

#define IE(id_, shape_)                                                                            \
	{                                                                                          \
		NULL, id_, shape_                                                                  \
	}
#define NAMED(name_, shape_)                                                                       \
	{                                                                                          \
		name_, 0, shape_                                                                   \
	}
#define ROW(format_, ...)                                                                          \
	{                                                                                          \
		format_, ARRAY_LEN(((struct field[]){__VA_ARGS__})),                               \
		{                                                                                  \
			__VA_ARGS__                                                                \
		}                                                                                  \
	}

/* The raw header record when what it holds begins with an IP header. */
#define HEADER_IS_IP  0xffffffffu
#define PROTOCOL_IPV4 11
#define PROTOCOL_IPV6 12

static const struct structure samples[] = {
	ROW(SFLOW_FLOW, NAMED("sampleSequenceNumber", WORD), NAMED("sourceId", WORD), IE(34, WORD),
	    NAMED("samplePool", WORD), NAMED("drops", WORD), IE(10, WORD), IE(14, WORD)),
	ROW(SFLOW_COUNTERS, NAMED("sampleSequenceNumber", WORD), NAMED("sourceId", WORD)),
	ROW(SFLOW_FLOW_EXPANDED, NAMED("sampleSequenceNumber", WORD), NAMED("sourceIdType", WORD),
	    NAMED("sourceIdIndex", WORD), IE(34, WORD), NAMED("samplePool", WORD),
	    NAMED("drops", WORD), NAMED("ingressInterfaceFormat", WORD), IE(10, WORD),
	    NAMED("egressInterfaceFormat", WORD), IE(14, WORD)),
	ROW(SFLOW_COUNTERS_EXPANDED, NAMED("sampleSequenceNumber", WORD),
	    NAMED("sourceIdType", WORD), NAMED("sourceIdIndex", WORD)),
	ROW(SFLOW_DISCARD, NAMED("sampleSequenceNumber", WORD), NAMED("sourceIdType", WORD),
	    NAMED("sourceIdIndex", WORD), NAMED("drops", WORD), IE(10, WORD), IE(14, WORD),
	    NAMED("dropReason", WORD)),
};

static const struct structure flow_records[] = {
	ROW(1, NAMED("headerProtocol", WORD), IE(312, WORD), NAMED("stripped", WORD),
	    IE(315, HEADER)),
	ROW(HEADER_IS_IP, NAMED("headerProtocol", WORD), IE(312, WORD), NAMED("stripped", WORD),
	    IE(313, HEADER)),
	ROW(2, IE(312, WORD), IE(56, MAC8), IE(80, MAC8), IE(256, WORD)),
	ROW(3, IE(224, WORD), IE(4, WORD), IE(8, V4), IE(12, V4), IE(7, WORD), IE(11, WORD),
	    IE(6, WORD), IE(5, WORD)),
	ROW(4, IE(224, WORD), IE(4, WORD), IE(27, V6), IE(28, V6), IE(7, WORD), IE(11, WORD),
	    IE(6, WORD), IE(5, WORD)),
	ROW(1001, IE(58, WORD), IE(244, WORD), IE(59, WORD), NAMED("postDot1qPriority", WORD)),
	ROW(1002, IE(15, ADDRESS), IE(9, WORD), IE(13, WORD)),
	ROW(1003, IE(18, ADDRESS), NAMED("routerAsNumber", WORD), IE(16, WORD), IE(129, WORD),
	    NAMED("bgpDestinationAsPath", PATH), IE(483, WORDS), NAMED("localPreference", WORD)),
	ROW(1036, NAMED("egressQueue", WORD)),
	ROW(1037, NAMED("aclNumber", WORD), NAMED("aclName", TEXT), NAMED("aclDirection", WORD)),
	ROW(1038, NAMED("functionSymbol", TEXT)),
};

static const struct structure counter_records[] = {
	ROW(1, NAMED("ifIndex", WORD), NAMED("ifType", WORD), NAMED("ifSpeed", HYPER),
	    NAMED("ifDirection", WORD), NAMED("ifStatus", WORD), NAMED("ifInOctets", HYPER),
	    NAMED("ifInUcastPkts", WORD), NAMED("ifInMulticastPkts", WORD),
	    NAMED("ifInBroadcastPkts", WORD), NAMED("ifInDiscards", WORD),
	    NAMED("ifInErrors", WORD), NAMED("ifInUnknownProtos", WORD),
	    NAMED("ifOutOctets", HYPER), NAMED("ifOutUcastPkts", WORD),
	    NAMED("ifOutMulticastPkts", WORD), NAMED("ifOutBroadcastPkts", WORD),
	    NAMED("ifOutDiscards", WORD), NAMED("ifOutErrors", WORD),
	    NAMED("ifPromiscuousMode", WORD)),
	ROW(2, NAMED("dot3StatsAlignmentErrors", WORD), NAMED("dot3StatsFCSErrors", WORD),
	    NAMED("dot3StatsSingleCollisionFrames", WORD),
	    NAMED("dot3StatsMultipleCollisionFrames", WORD), NAMED("dot3StatsSQETestErrors", WORD),
	    NAMED("dot3StatsDeferredTransmissions", WORD), NAMED("dot3StatsLateCollisions", WORD),
	    NAMED("dot3StatsExcessiveCollisions", WORD),
	    NAMED("dot3StatsInternalMacTransmitErrors", WORD),
	    NAMED("dot3StatsCarrierSenseErrors", WORD), NAMED("dot3StatsFrameTooLongs", WORD),
	    NAMED("dot3StatsInternalMacReceiveErrors", WORD), NAMED("dot3StatsSymbolErrors", WORD)),
	ROW(5, IE(58, WORD), NAMED("vlanOctets", HYPER), NAMED("vlanUcastPkts", WORD),
	    NAMED("vlanMulticastPkts", WORD), NAMED("vlanBroadcastPkts", WORD),
	    NAMED("vlanDiscards", WORD)),
	ROW(1001, NAMED("cpu5s", WORD), NAMED("cpu1m", WORD), NAMED("cpu5m", WORD),
	    NAMED("totalMemory", HYPER), NAMED("freeMemory", HYPER)),
	ROW(1005, IE(82, TEXT)),
};

static const struct structure *structure_find(const struct structure *table, size_t n,
					      uint32_t format)
{
	for (size_t i = 0; i < n; i++)
		if (table[i].format == format)
			return &table[i];
	return NULL;
}

static void tell(const struct export_trace *t, const struct field *f, uint16_t id,
		 enum element_type type, const uint8_t *data, size_t len)
{
	const struct element *e = id ? element_find(PEN_IANA, id) : NULL;
	struct export_value v = {.id = id,
				 .name = f->name ? f->name
					 : e	 ? e->name
						 : NULL,
				 .type = type,
				 .data = data,
				 .len = len};

	if (data)
		t->value(t->userdata, &v);
}

static void tell_words(const struct export_trace *t, const struct field *f, struct cursor *c,
		       uint32_t n)
{
	for (uint32_t i = 0; i < n && cursor_ok(c); i++)
		tell(t, f, f->id, ELEMENT_U32, cursor_take(c, 4), 4);
}

static void tell_path(const struct export_trace *t, const struct field *f, struct cursor *c)
{
	uint32_t n = cursor_be32(c);

	for (uint32_t i = 0; i < n && cursor_ok(c); i++) {
		cursor_skip(c, 4);
		tell_words(t, f, c, cursor_be32(c));
	}
}

/* The next hop elements come in pairs: the IPv6 one stands in for the IPv4 one. */
static void tell_address(const struct export_trace *t, const struct field *f, struct cursor *c)
{
	uint32_t type = cursor_be32(c);

	if (type == 1)
		tell(t, f, f->id, ELEMENT_IP4, cursor_take(c, 4), 4);
	else if (type == 2)
		tell(t, f, f->id == 15 ? 62 : 63, ELEMENT_IP6, cursor_take(c, 16), 16);
}

static void tell_field(const struct export_trace *t, const struct field *f, struct cursor *c)
{
	static const struct {
		uint8_t type, len, padded;
	} fixed[] = {
		[WORD] = {ELEMENT_U32, 4, 4}, [HYPER] = {ELEMENT_U64, 8, 8},
		[V4] = {ELEMENT_IP4, 4, 4},   [V6] = {ELEMENT_IP6, 16, 16},
		[MAC8] = {ELEMENT_MAC, 6, 8},
	};
	enum element_type type = f->shape == TEXT ? ELEMENT_STRING : ELEMENT_OCTETS;
	uint32_t len;

	if (f->shape <= MAC8) {
		tell(t, f, f->id, fixed[f->shape].type, cursor_take(c, fixed[f->shape].padded),
		     fixed[f->shape].len);
		return;
	}
	switch (f->shape) {
	case ADDRESS:
		tell_address(t, f, c);
		return;
	case PATH:
		tell_path(t, f, c);
		return;
	case WORDS:
		tell_words(t, f, c, cursor_be32(c));
		return;
	default:
		len = cursor_be32(c);
		tell(t, f, f->id, type, cursor_take(c, len), len);
		if (len % 4 && cursor_left(c) >= 4 - len % 4)
			cursor_skip(c, 4 - len % 4);
	}
}

static void tell_structure(const struct export_trace *t, const struct structure *s,
			   struct cursor *c)
{
	for (size_t i = 0; i < s->n && cursor_ok(c); i++)
		tell_field(t, &s->fields[i], c);
}

/* What has no row is shown as bytes under its enterprise and number. */
static void tell_unknown(const struct export_trace *t, uint32_t format, struct cursor c)
{
	struct export_value v = {.pen = format >> 12,
				 .id = format & 0xfff,
				 .type = ELEMENT_OCTETS,
				 .data = c.p,
				 .len = cursor_left(&c)};

	t->value(t->userdata, &v);
}

void sflow_trace_sample(const struct export_pass *p, uint32_t format, struct cursor c)
{
	static const uint8_t kinds[] = {[0] = KIND_SAMPLE,
					[SFLOW_FLOW] = KIND_SAMPLE,
					[SFLOW_COUNTERS] = KIND_COUNTERS,
					[SFLOW_FLOW_EXPANDED] = KIND_SAMPLE,
					[SFLOW_COUNTERS_EXPANDED] = KIND_COUNTERS,
					[SFLOW_DISCARD] = KIND_DISCARD};
	const struct export_trace *t = p->x->trace;
	const struct structure *s = structure_find(samples, ARRAY_LEN(samples), format);
	struct export_record_head head = {.header = &p->header, .set = format};

	head.kind = format < ARRAY_LEN(kinds) ? kinds[format] : KIND_SAMPLE;
	t->begin(t->userdata, &head);
	if (s)
		tell_structure(t, s, &c);
	else
		tell_unknown(t, format, c);
}

void sflow_trace_record(const struct export_pass *p, bool counters, uint32_t format,
			struct cursor c)
{
	static const struct field record_format = NAMED("recordFormat", WORD);
	const struct export_trace *t = p->x->trace;
	uint64_t first = cursor_left(&c) >= 4 ? be_uint(c.p, 4) : 0;
	bool ip = !counters && format == 1 && (first == PROTOCOL_IPV4 || first == PROTOCOL_IPV6);
	const struct structure *s =
		counters ? structure_find(counter_records, ARRAY_LEN(counter_records), format)
			 : structure_find(flow_records, ARRAY_LEN(flow_records),
					  ip ? HEADER_IS_IP : format);
	uint8_t word[4] = {(uint8_t)(format >> 24), (uint8_t)(format >> 16), (uint8_t)(format >> 8),
			   (uint8_t)format};

	tell(t, &record_format, 0, ELEMENT_U32, word, sizeof(word));
	if (s)
		tell_structure(t, s, &c);
	else
		tell_unknown(t, format, c);
}
