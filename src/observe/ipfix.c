/* SPDX-License-Identifier: ISC */
/*
 * IPFIX (RFC 7011): a header of 16 bytes with the message's length, then sets. Structured data
 * (RFC 6313) is passed over by its length and shown as bytes.
 */
#include "observe/export_state.h"

#define IPFIX_HEADER	     16
#define SET_HEADER	     4
#define SET_TEMPLATE	     2
#define SET_OPTIONS_TEMPLATE 3
#define SET_DATA_MIN	     256

static int set_decode(struct export_pass *p, uint16_t id, struct cursor set, uint32_t *records)
{
	int r;

	if (id >= SET_DATA_MIN)
		return pass_data(p, set, id, records);
	if (id != SET_TEMPLATE && id != SET_OPTIONS_TEMPLATE) {
		pass_refuse(p, REFUSED_UNSUPPORTED, cursor_left(&set) + SET_HEADER);
		return 0;
	}
	r = pass_templates(p, set, id == SET_TEMPLATE ? TEMPLATE_IPFIX : TEMPLATE_IPFIX_OPTIONS);
	return r < 0 ? r : 0;
}

/* @unknown: some records could not be counted, their template is not known. */
static int sets_decode(struct export_pass *p, struct cursor *c, uint32_t *records, bool *unknown)
{
	*unknown = false;
	while (cursor_left(c) >= SET_HEADER) {
		uint16_t id = cursor_be16(c), len = cursor_be16(c);
		int r;

		if (len < SET_HEADER || (size_t)len - SET_HEADER > cursor_left(c)) {
			pass_refuse(p, len < SET_HEADER ? REFUSED_BAD_LENGTH : REFUSED_TRUNCATED,
				    cursor_left(c) + SET_HEADER);
			*unknown = true;
			return 0;
		}
		*unknown |= id >= SET_DATA_MIN && !template_table_find(&p->domain->templates, id);
		r = set_decode(p, id, cursor_sub(c, len - SET_HEADER), records);
		if (r < 0)
			return r;
	}
	if (cursor_left(c))
		pass_refuse(p, REFUSED_TRAILING, cursor_left(c));
	return 0;
}

/* The sequence counts data records, option records among them (RFC 7011 section 3.1). */
static int message_decode(struct export_pass *p, struct cursor *c)
{
	uint32_t records = 0;
	bool unknown;
	int r = sets_decode(p, c, &records, &unknown);

	if (r < 0)
		return r;
	pass_sequence(p, records, true);
	if (unknown)
		p->domain->sequence.seen = false;
	return 0;
}

int ipfix_decode(struct export_pass *p, struct cursor *c)
{
	struct export_header *h = &p->header;
	struct cursor message;
	uint16_t len;
	int r;

	if (cursor_left(c) < IPFIX_HEADER) {
		pass_refuse(p, REFUSED_TRUNCATED, cursor_left(c));
		return 0;
	}
	cursor_skip(c, 2);
	len = cursor_be16(c);
	h->export_us = (int64_t)cursor_be32(c) * US_PER_S;
	h->sequence = cursor_be32(c);
	h->domain = cursor_be32(c);
	h->has_time = true;
	r = pass_begin(p, NULL);
	if (r)
		return r < 0 ? r : 0;
	if (len < IPFIX_HEADER || (size_t)len - IPFIX_HEADER > cursor_left(c)) {
		pass_refuse(p, len < IPFIX_HEADER ? REFUSED_BAD_LENGTH : REFUSED_TRUNCATED,
			    cursor_left(c));
		if (len < IPFIX_HEADER)
			return 0;
		len = (uint16_t)(cursor_left(c) + IPFIX_HEADER);
	}
	message = cursor_sub(c, len - IPFIX_HEADER);
	if (cursor_left(c))
		pass_refuse(p, REFUSED_TRAILING, cursor_left(c));
	return message_decode(p, &message);
}

bool ipfix_probe(const uint8_t *data, size_t len)
{
	size_t at = IPFIX_HEADER;

	if (len < IPFIX_HEADER || be_uint(data, 2) != 10 || be_uint(data + 2, 2) != len)
		return false;
	while (len - at >= SET_HEADER) {
		size_t set = (size_t)be_uint(data + at + 2, 2);

		if (set < SET_HEADER || set > len - at)
			return false;
		at += set;
	}
	return at == len;
}
