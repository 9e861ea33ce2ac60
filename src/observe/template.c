/* SPDX-License-Identifier: ISC */
/*
 * Reading, compiling and running templates. Which element goes to which slot is one table; an
 * element that no record needs costs nothing but its bytes.
 */
#include "observe/template.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "observe/element.h"
#include "observe/plain.h"

#define V9_SCOPE_INTERFACE 2
#define V9_SCOPE_TEMPLATE  5
#define PEN_BIT		   0x8000 /* RFC 7011 section 3.2: an enterprise number follows */

static const uint8_t iana_slots[] = {
	[1] = SLOT_OCTETS,
	[2] = SLOT_PACKETS,
	[4] = SLOT_PROTOCOL,
	[5] = SLOT_TOS,
	[6] = SLOT_FLAGS,
	[7] = SLOT_SRC_PORT,
	[8] = SLOT_SRC4,
	[9] = SLOT_SRC_MASK4,
	[10] = SLOT_IN_IF,
	[11] = SLOT_DST_PORT,
	[12] = SLOT_DST4,
	[13] = SLOT_DST_MASK4,
	[14] = SLOT_OUT_IF,
	[15] = SLOT_NEXT_HOP4,
	[16] = SLOT_SRC_AS,
	[17] = SLOT_DST_AS,
	[18] = SLOT_BGP_NEXT_HOP4,
	[21] = SLOT_END_UPTIME,
	[22] = SLOT_START_UPTIME,
	[23] = SLOT_POST_OCTETS,
	[24] = SLOT_POST_PACKETS,
	[27] = SLOT_SRC6,
	[28] = SLOT_DST6,
	[29] = SLOT_SRC_MASK6,
	[30] = SLOT_DST_MASK6,
	[32] = SLOT_ICMP4,
	[34] = SLOT_SAMPLING_INTERVAL,
	[36] = SLOT_ACTIVE_TIMEOUT,
	[37] = SLOT_IDLE_TIMEOUT,
	[48] = SLOT_SAMPLER_ID,
	[50] = SLOT_SAMPLER_RANDOM,
	[52] = SLOT_TTL_MIN,
	[54] = SLOT_IP_ID,
	[58] = SLOT_VLAN,
	[61] = SLOT_DIRECTION,
	[62] = SLOT_NEXT_HOP6,
	[63] = SLOT_BGP_NEXT_HOP6,
	[82] = SLOT_INTERFACE_NAME,
	[83] = SLOT_INTERFACE_DESCRIPTION,
	[85] = SLOT_TOTAL_OCTETS,
	[86] = SLOT_TOTAL_PACKETS,
	[88] = SLOT_FRAGMENT_OFFSET,
	[89] = SLOT_FORWARDING,
	[104] = SLOT_L2_SECTION,
	[139] = SLOT_ICMP6,
	[145] = SLOT_TEMPLATE_ID,
	[150] = SLOT_START_S,
	[151] = SLOT_END_S,
	[152] = SLOT_START_MS,
	[153] = SLOT_END_MS,
	[154] = SLOT_START_US,
	[155] = SLOT_END_US,
	[156] = SLOT_START_NS,
	[157] = SLOT_END_NS,
	[158] = SLOT_START_DELTA_US,
	[159] = SLOT_END_DELTA_US,
	[160] = SLOT_SYSTEM_INIT_MS,
	[161] = SLOT_DURATION_MS,
	[162] = SLOT_DURATION_US,
	[171] = SLOT_POST_TOTAL_OCTETS,
	[172] = SLOT_POST_TOTAL_PACKETS,
	[176] = SLOT_ICMP4_TYPE,
	[177] = SLOT_ICMP4_CODE,
	[178] = SLOT_ICMP6_TYPE,
	[179] = SLOT_ICMP6_CODE,
	[180] = SLOT_UDP_SRC_PORT,
	[181] = SLOT_UDP_DST_PORT,
	[182] = SLOT_TCP_SRC_PORT,
	[183] = SLOT_TCP_DST_PORT,
	[186] = SLOT_WINDOW,
	[192] = SLOT_TTL,
	[193] = SLOT_NEXT_HEADER,
	[197] = SLOT_FRAGMENT_FLAGS,
	[231] = SLOT_INITIATOR_OCTETS,
	[232] = SLOT_RESPONDER_OCTETS,
	[233] = SLOT_FIREWALL_EVENT,
	[243] = SLOT_DOT1Q_VLAN,
	[298] = SLOT_INITIATOR_PACKETS,
	[299] = SLOT_RESPONDER_PACKETS,
	[302] = SLOT_SELECTOR_ID,
	[305] = SLOT_PACKET_INTERVAL,
	[306] = SLOT_PACKET_SPACE,
	[309] = SLOT_SAMPLING_SIZE,
	[310] = SLOT_SAMPLING_POPULATION,
	[311] = SLOT_SAMPLING_PROBABILITY,
	[312] = SLOT_FRAME_SIZE,
	[313] = SLOT_IP_SECTION,
	[315] = SLOT_FRAME,
	[322] = SLOT_OBSERVED_S,
	[323] = SLOT_OBSERVED_MS,
	[324] = SLOT_OBSERVED_US,
	[325] = SLOT_OBSERVED_NS,
	[352] = SLOT_L2_OCTETS,
	[353] = SLOT_L2_TOTAL_OCTETS,
	[408] = SLOT_FRAME_TYPE,
};

static const struct {
	uint32_t pen;
	uint16_t id;
	uint8_t slot;
} other_slots[] = {
	{PEN_REVERSE, 1, SLOT_REVERSE_OCTETS},
	{PEN_REVERSE, 2, SLOT_REVERSE_PACKETS},
	{PEN_REVERSE, 5, SLOT_REVERSE_TOS},
	{PEN_REVERSE, 6, SLOT_REVERSE_FLAGS},
	{PEN_REVERSE, 52, SLOT_REVERSE_TTL},
	{PEN_REVERSE, 58, SLOT_REVERSE_VLAN},
	{PEN_REVERSE, 85, SLOT_REVERSE_TOTAL_OCTETS},
	{PEN_REVERSE, 86, SLOT_REVERSE_TOTAL_PACKETS},
	{PEN_REVERSE, 152, SLOT_REVERSE_START_MS},
	{PEN_REVERSE, 153, SLOT_REVERSE_END_MS},
	{PEN_REVERSE, 192, SLOT_REVERSE_TTL},
	{PEN_CERT, 14, SLOT_FLAGS_FIRST},
	{PEN_CERT, 15, SLOT_FLAGS_REST},
	{PEN_CERT, 21, SLOT_REVERSE_DELTA_MS},
	{PEN_CERT, 0x4000 | 14, SLOT_REVERSE_FLAGS_FIRST},
	{PEN_CERT, 0x4000 | 15, SLOT_REVERSE_FLAGS_REST},
	{PEN_V9_SCOPE, V9_SCOPE_INTERFACE, SLOT_SCOPE_INTERFACE},
	{PEN_V9_SCOPE, V9_SCOPE_TEMPLATE, SLOT_TEMPLATE_ID},
};

static enum slot slot_of(const struct template_field *f)
{
	if (f->pen == PEN_IANA)
		return f->id < ARRAY_LEN(iana_slots) ? iana_slots[f->id] : SLOT_NONE;
	for (size_t i = 0; i < ARRAY_LEN(other_slots); i++)
		if (other_slots[i].pen == f->pen && other_slots[i].id == f->id)
			return other_slots[i].slot;
	return SLOT_NONE;
}

/* How a slot is filled from an element of that length; false when it cannot be. */
static bool load_kind(enum slot s, uint16_t len, uint8_t *kind)
{
	static const uint8_t by_len[9] = {
		[1] = LOAD_U8, [2] = LOAD_U16, [3] = LOAD_UN, [4] = LOAD_U32,
		[5] = LOAD_UN, [6] = LOAD_UN,  [7] = LOAD_UN, [8] = LOAD_U64};

	if (s >= SLOT_FRAME) {
		*kind = LOAD_BYTES;
		return true;
	}
	if (s >= SLOT_SRC4) {
		bool v4 = s == SLOT_SRC4 || s == SLOT_DST4 || s == SLOT_NEXT_HOP4 ||
			  s == SLOT_BGP_NEXT_HOP4;

		*kind = v4 ? LOAD_IP4 : LOAD_IP6;
		return len == (v4 ? 4 : 16);
	}
	if (s == SLOT_SAMPLING_PROBABILITY) {
		*kind = LOAD_FACTOR;
		return len == 4 || len == 8;
	}
	/* A number sent with variable length has it known only in the record. */
	*kind = len == FIELD_VARIABLE ? LOAD_UN : len < ARRAY_LEN(by_len) ? by_len[len] : 0;
	return len == FIELD_VARIABLE || (len >= 1 && len <= 8);
}

/*
 * An element that comes more than once tells of headers from the outside in (RFC 7011 section 8).
 * Of these, the packet's own headers, the innermost counts, as for captured packets; else the
 * first.
 */
static const bool header_slots[SLOT_COUNT] = {
	[SLOT_PROTOCOL] = true,	      [SLOT_NEXT_HEADER] = true, [SLOT_TOS] = true,
	[SLOT_FLAGS] = true,	      [SLOT_SRC_PORT] = true,	 [SLOT_DST_PORT] = true,
	[SLOT_ICMP4] = true,	      [SLOT_ICMP6] = true,	 [SLOT_TTL] = true,
	[SLOT_TTL_MIN] = true,	      [SLOT_IP_ID] = true,	 [SLOT_FRAGMENT_OFFSET] = true,
	[SLOT_FRAGMENT_FLAGS] = true, [SLOT_WINDOW] = true,	 [SLOT_SRC4] = true,
	[SLOT_DST4] = true,	      [SLOT_SRC6] = true,	 [SLOT_DST6] = true,
};

static struct load *load_of(struct template *t, enum slot s)
{
	for (uint16_t i = 0; i < t->n_loads; i++)
		if (t->loads[i].slot == s)
			return &t->loads[i];
	return NULL;
}

static void compile(struct template *t)
{
	uint32_t offset = 0;

	for (uint16_t i = 0; i < t->n_fields; i++) {
		const struct template_field *f = &t->fields[i];
		enum slot s = slot_of(f);
		struct load *to;
		uint8_t kind;

		/* In flow records names would only cost time. */
		if (!t->options && s >= SLOT_INTERFACE_NAME)
			s = SLOT_NONE;
		to = s != SLOT_NONE ? load_of(t, s) : NULL;

		if (s != SLOT_NONE && (!to || header_slots[s]) && load_kind(s, f->len, &kind)) {
			if (!to)
				to = &t->loads[t->n_loads++];
			t->present[s >> 6] |= UINT64_C(1) << (s & 63);
			*to = (struct load){.offset = (uint16_t)offset,
					    .len = f->len,
					    .field = i,
					    .kind = kind,
					    .slot = (uint8_t)s};
			if (s == SLOT_SRC4 || s == SLOT_SRC6)
				t->inner_v6 = s == SLOT_SRC6;
		}
		offset += f->len == FIELD_VARIABLE ? 1 : f->len;
	}
}

static void field_read(struct cursor *c, enum template_kind kind, bool scope,
		       struct template_field *f)
{
	bool ipfix = kind == TEMPLATE_IPFIX || kind == TEMPLATE_IPFIX_OPTIONS;

	f->id = cursor_be16(c);
	f->len = cursor_be16(c);
	f->pen = scope && !ipfix ? PEN_V9_SCOPE : PEN_IANA;
	if (ipfix && f->id & PEN_BIT) {
		f->id &= (uint16_t)~PEN_BIT;
		f->pen = cursor_be32(c);
	}
}

struct counts {
	uint32_t fields, scope;
};

/* Head of the record: id, then counts in the manner of the format. */
static int head_read(struct cursor *c, enum template_kind kind, uint16_t *id, struct counts *n)
{
	uint32_t scope_len, option_len;

	*id = cursor_be16(c);
	n->fields = n->scope = 0;
	if (kind == TEMPLATE_V9_OPTIONS) { /* RFC 3954 section 6.1: lengths in bytes */
		scope_len = cursor_be16(c);
		option_len = cursor_be16(c);
		n->scope = scope_len / 4;
		n->fields = n->scope + option_len / 4;
		if (scope_len % 4 || option_len % 4) {
			n->fields = n->scope = 0;
			cursor_skip(c, scope_len + option_len);
			return cursor_ok(c) ? TEMPLATE_BAD : TEMPLATE_CUT;
		}
	} else {
		n->fields = cursor_be16(c);
		if (kind == TEMPLATE_IPFIX_OPTIONS && n->fields)
			n->scope = cursor_be16(c);
	}
	if (!cursor_ok(c))
		return TEMPLATE_CUT;
	if (n->scope > n->fields)
		return TEMPLATE_BAD;
	return n->fields ? TEMPLATE_OK : TEMPLATE_WITHDRAWN;
}

static struct template *template_alloc(const struct counts *n)
{
	size_t bytes = sizeof(struct template) + n->fields * sizeof(struct template_field) +
		       n->fields * sizeof(struct load);
	struct template *t = calloc(1, bytes);

	if (!t)
		return NULL;
	t->bytes = bytes;
	t->loads = (struct load *)(void *)&t->fields[n->fields];
	t->n_fields = (uint16_t)n->fields;
	t->n_scope = (uint16_t)n->scope;
	return t;
}

static void free_template(struct template **t)
{
	template_free(*t);
}

int template_read(struct cursor *c, enum template_kind kind, uint16_t *id, struct template **out)
{
	_cleanup_(free_template) struct template *t = NULL;
	struct template_field skipped;
	struct counts n;
	uint32_t total = 0;
	int r = head_read(c, kind, id, &n);

	if (r == TEMPLATE_WITHDRAWN || r == TEMPLATE_CUT)
		return r;
	if (n.fields > TEMPLATE_FIELDS_MAX)
		r = TEMPLATE_TOO_LARGE;
	if (r != TEMPLATE_OK) {
		for (uint32_t i = 0; i < n.fields && cursor_ok(c); i++)
			field_read(c, kind, i < n.scope, &skipped);
		return cursor_ok(c) ? r : TEMPLATE_CUT;
	}
	t = template_alloc(&n);
	if (!t)
		return -ENOMEM;
	t->id = *id;
	t->options = kind == TEMPLATE_V9_OPTIONS || kind == TEMPLATE_IPFIX_OPTIONS;
	for (uint32_t i = 0; i < n.fields; i++) {
		field_read(c, kind, i < n.scope, &t->fields[i]);
		/* Variable length is IPFIX only; in v9 it is just a length that no record can have.
		 */
		t->variable |= t->fields[i].len == FIELD_VARIABLE;
		total += t->fields[i].len == FIELD_VARIABLE ? 1 : t->fields[i].len;
	}
	if (!cursor_ok(c))
		return TEMPLATE_CUT;
	if (*id < 256 || total == 0 || total > UINT16_MAX ||
	    (t->variable && kind <= TEMPLATE_V9_OPTIONS))
		return TEMPLATE_BAD;
	t->record_len = (uint16_t)total;
	compile(t);
	*out = take_ptr(t);
	return TEMPLATE_OK;
}

void template_make_plain(struct template *t)
{
	t->plain = plain_new(t);
	t->bytes += t->plain ? t->plain->bytes : 0;
}

struct template *template_free(struct template *t)
{
	if (t)
		free(t->plain);
	free(t);
	return NULL;
}

bool template_same(const struct template *a, const struct template *b)
{
	return a->options == b->options && a->n_fields == b->n_fields && a->n_scope == b->n_scope &&
	       memcmp(a->fields, b->fields, a->n_fields * sizeof(a->fields[0])) == 0;
}

size_t template_layout(const struct template *t, const uint8_t *p, size_t left, struct layout *l)
{
	struct cursor c = cursor_over(p, left < UINT16_MAX ? left : UINT16_MAX);

	for (uint16_t i = 0; i < t->n_fields; i++) {
		uint16_t len = t->fields[i].len;

		if (len == FIELD_VARIABLE) { /* RFC 7011 section 7: one byte, or 255 and two more */
			len = cursor_u8(&c);
			if (len == 255)
				len = cursor_be16(&c);
		}
		l->offset[i] = (uint16_t)(c.p - p);
		l->len[i] = len;
		if (!cursor_skip(&c, len) || !cursor_ok(&c))
			return 0;
	}
	return (size_t)(c.p - p);
}

static uint64_t factor_of(const uint8_t *p, size_t len)
{
	uint64_t bits = be_uint(p, len);
	uint32_t bits32 = (uint32_t)bits;
	double probability;
	float narrow;

	if (len == 8) {
		memcpy(&probability, &bits, 8);
	} else {
		memcpy(&narrow, &bits32, 4);
		probability = (double)narrow;
	}
	if (!(probability > 0.0) || probability > 1.0 || probability < 1e-9)
		return 0;
	return (uint64_t)(1.0 / probability + 0.5);
}

static void record_forget(struct record *r, uint8_t slot)
{
	r->present[slot >> 6] &= ~(UINT64_C(1) << (slot & 63));
}

static void load_one(struct record *r, uint8_t kind, uint8_t slot, const uint8_t *p, uint16_t len)
{
	switch (kind) {
	case LOAD_U8:
		r->number[slot] = p[0];
		break;
	case LOAD_U16:
		r->number[slot] = be_uint(p, 2);
		break;
	case LOAD_U32:
		r->number[slot] = be_uint(p, 4);
		break;
	case LOAD_U64:
		r->number[slot] = be_uint(p, 8);
		break;
	case LOAD_IP4:
		r->address[slot - SLOT_SRC4] = ip_from_v4_bytes(p);
		break;
	case LOAD_IP6:
		r->address[slot - SLOT_SRC4] = ip_from_v6_bytes(p);
		break;
	case LOAD_BYTES:
		r->bytes[slot - SLOT_FRAME].p = p;
		r->bytes[slot - SLOT_FRAME].len = len;
		break;
	case LOAD_FACTOR:
		r->number[slot] = factor_of(p, len);
		break;
	default:
		if (len >= 1 && len <= 8)
			r->number[slot] = be_uint(p, len);
		else
			record_forget(r, slot);
	}
}

void template_load(const struct template *t, const uint8_t *p, const struct layout *l,
		   struct record *r)
{
	memcpy(r->present, t->present, sizeof(r->present));
	r->inner_v6 = t->inner_v6;
	if (t->variable) {
		for (uint16_t i = 0; i < t->n_loads; i++) {
			const struct load *o = &t->loads[i];

			load_one(r, o->kind, o->slot, p + l->offset[o->field], l->len[o->field]);
		}
		return;
	}
	for (uint16_t i = 0; i < t->n_loads; i++)
		load_one(r, t->loads[i].kind, t->loads[i].slot, p + t->loads[i].offset,
			 t->loads[i].len);
}
