/* SPDX-License-Identifier: ISC */
/*
 * Sets: what v9 and IPFIX share. Template sets fill the domain's table, data sets are read by it.
 */
#include <errno.h>

#include "observe/export_state.h"

#define ALL_TEMPLATES 2 /* the ids that withdraw all: those of the sets */
#define ALL_OPTIONS   3
#define PADDING_MAX   3 /* RFC 3954 section 5.3, RFC 7011 section 3.3.1: sets end on four bytes */

static void forget(struct export_pass *p, uint16_t id)
{
	size_t before = p->source->bytes;

	template_table_remove(&p->domain->templates, id, &p->source->bytes);
	p->x->bytes += p->source->bytes - before;
}

/* One that changes makes room by itself first, and is not read by the old one when it is refused.
 */
static int template_keep(struct export_pass *p, struct template *t_take)
{
	const struct template *old = template_table_find(&p->domain->templates, t_take->id);
	bool same = old && template_same(old, t_take);
	uint16_t id = t_take->id;
	size_t before, bytes;
	int r;

	if (!same) {
		forget(p, t_take->id);
		template_make_plain(t_take);
	}
	bytes = t_take->bytes;
	if (!same && p->x->bytes + bytes > EXPORT_MEMORY_MAX) {
		template_free(t_take);
		r = 1;
	} else {
		before = p->source->bytes;
		r = template_table_put(&p->domain->templates, t_take, &p->source->bytes,
				       p->recv_us);
		p->x->bytes += p->source->bytes - before;
	}
	if (r == 1)
		pass_refuse(p, REFUSED_TEMPLATE_LIMIT, bytes);
	else if (!same)
		exporter_told(p->e, p->header.domain, id);
	return r < 0 ? r : 0;
}

/*
 * RFC 7011 section 8.1: a template without fields withdraws what has its id, and all of a kind
 * where the id is that of the set. No template can have such an id, so it says the kind by itself,
 * also where one set holds both; and ids are of one space, so one that stands in a set of the other
 * kind is still the one meant. Section 8.4: not in datagrams, where they are to be ignored: one
 * that is late, or made up by somebody else, would make an exporter unreadable until it tells all
 * anew.
 */
static void withdraw(struct export_pass *p, uint16_t id, enum template_kind kind)
{
	size_t before = p->source->bytes;

	if (kind >= TEMPLATE_IPFIX && !p->datagram->stream) {
		pass_refuse(p, REFUSED_WITHDRAWAL, 4);
		return;
	}
	if (kind < TEMPLATE_IPFIX || (id != ALL_TEMPLATES && id != ALL_OPTIONS)) {
		forget(p, id);
		return;
	}
	template_table_remove_kind(&p->domain->templates, id == ALL_OPTIONS, &p->source->bytes);
	p->x->bytes += p->source->bytes - before;
}

int pass_templates(struct export_pass *p, struct cursor set, enum template_kind kind)
{
	int n = 0;

	while (cursor_left(&set) >= 4) {
		const uint8_t *from = set.p;
		struct template *t = NULL;
		uint16_t id;
		int r;

		if (be_uint(from, 4) == 0)
			return n; /* padding */
		r = template_read(&set, kind, &id, &t);
		if (r < 0)
			return r;
		n++;
		switch (r) {
		case TEMPLATE_OK:
			r = template_keep(p, t);
			if (r < 0)
				return r;
			break;
		case TEMPLATE_WITHDRAWN:
			withdraw(p, id, kind);
			break;
		case TEMPLATE_TOO_LARGE:
			forget(p, id);
			pass_refuse(p, REFUSED_TEMPLATE_LIMIT, (size_t)(set.p - from));
			break;
		case TEMPLATE_BAD:
			forget(p, id);
			pass_refuse(p, REFUSED_BAD_TEMPLATE, (size_t)(set.p - from));
			break;
		default:
			pass_refuse(p, REFUSED_TRUNCATED, (size_t)(set.p - from));
			return n;
		}
	}
	return n;
}

void trace_elements(const struct export_pass *p, const struct template *t, uint16_t set_id,
		    const uint8_t *data, const struct layout *l)
{
	static const char *const scopes[] = {
		NULL,	      "scopeSystem",  "scopeInterface", "scopeLineCard",
		"scopeCache", "scopeTemplate"};
	const struct export_trace *trace = p->x->trace;
	struct export_record_head head = {.header = &p->header,
					  .kind = t->options ? KIND_OPTIONS : KIND_DATA,
					  .set = set_id,
					  .template_id = t->id};

	trace->begin(trace->userdata, &head);
	for (uint16_t i = 0; i < t->n_fields; i++) {
		const struct template_field *f = &t->fields[i];
		const struct element *e = element_find(f->pen, f->id);
		struct export_value v = {.pen = f->pen,
					 .id = f->id,
					 .type = e ? e->type : ELEMENT_OCTETS,
					 .name = e && f->pen == PEN_IANA ? e->name : NULL,
					 .data = data + l->offset[i],
					 .len = l->len[i]};

		if (f->pen == PEN_V9_SCOPE) {
			v.pen = PEN_IANA;
			v.name = f->id < ARRAY_LEN(scopes) ? scopes[f->id] : NULL;
			v.type = ELEMENT_U64;
		}
		trace->value(trace->userdata, &v);
	}
}

static int data_record(struct export_pass *p, const struct template *t, uint16_t set_id,
		       const uint8_t *data)
{
	struct exports *x = p->x;
	int r;

	if (x->trace)
		trace_elements(p, t, set_id, data, &x->layout);
	template_load(t, data, &x->layout, &x->record);
	r = t->options ? options_learn(p, &x->record) : record_flow(p, &x->record, t->id);
	if (x->trace)
		x->trace->end(x->trace->userdata);
	return r;
}

/* What is left behind the last whole record is padding, or something that nobody can read. */
static void check_padding(struct export_pass *p, const struct cursor *set)
{
	bool zero = true;

	for (const uint8_t *b = set->p; b < set->end; b++)
		zero &= *b == 0;
	if (!zero && cursor_left(set) > PADDING_MAX)
		pass_refuse(p, REFUSED_TRAILING, cursor_left(set));
}

/*
 * As many records as can be had by moving bytes. Return: 0, or negative; what is left in @set, if
 * it holds a record, begins with one that must go over the slots.
 */
static int plain_records(struct export_pass *p, const struct template *t, struct cursor *set,
			 uint32_t *records)
{
	uint32_t n = (uint32_t)(cursor_left(set) / t->record_len);
	int made = pass_plain(p, t, set->p, n);

	if (made < 0)
		return made;
	cursor_skip(set, (size_t)made * t->record_len);
	*records += (uint32_t)made;
	return 0;
}

int pass_data(struct export_pass *p, struct cursor set, uint16_t set_id, uint32_t *records)
{
	struct template *t = template_table_find(&p->domain->templates, set_id);
	bool walk = t && (t->variable || p->x->trace);
	bool plain = t && t->plain && p->x->place && !p->x->trace;

	if (!t) {
		pass_refuse(p, REFUSED_NO_TEMPLATE, cursor_left(&set) + 4);
		exporter_untold(p->e, p->header.domain, set_id, p->recv_us);
		return 0;
	}
	t->used_us = p->recv_us;
	while (cursor_left(&set) >= t->record_len) {
		size_t len = t->record_len;
		int r = plain ? plain_records(p, t, &set, records) : 0;

		if (r < 0)
			return r;
		if (cursor_left(&set) < len)
			break;
		if (walk)
			len = template_layout(t, set.p, cursor_left(&set), &p->x->layout);
		if (!len) {
			/* Zero padding can look like the beginning of a variable-length record. */
			break;
		}
		r = data_record(p, t, set_id, set.p);
		if (r < 0)
			return r;
		cursor_skip(&set, len);
		(*records)++;
	}
	check_padding(p, &set);
	return 0;
}
