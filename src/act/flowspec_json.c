/* SPDX-License-Identifier: ISC */
/*
 * FlowSpec as JSON: what stands on the wire, pair by pair, and the same as text.
 */
#include "act/flowspec_inside.h"

static json_t *pair_json(unsigned type, const struct flowspec_pair *p)
{
	if (flowspec_is_bitmask(type))
		return json_pack("{s:b, s:b, s:b, s:i, s:i}", "and", p->and, "not",
				 (p->how & FLOWSPEC_NOT) != 0, "match",
				 (p->how & FLOWSPEC_MATCH) != 0, "value", (int)p->value, "octets",
				 p->octets);
	return json_pack("{s:b, s:b, s:b, s:b, s:I, s:i}", "and", p->and, "lt",
			 (p->how & FLOWSPEC_LT) != 0, "gt", (p->how & FLOWSPEC_GT) != 0, "eq",
			 (p->how & FLOWSPEC_EQ) != 0, "value", (json_int_t)p->value, "octets",
			 p->octets);
}

static json_t *list_json(const struct flowspec *f, unsigned type)
{
	json_t *list = json_array();

	for (unsigned i = 0; list && i < f->list[type].n; i++) {
		if (json_array_append_new(list,
					  pair_json(type, &f->pair[f->list[type].first + i]))) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static json_t *prefix_json(const struct flowspec_prefix *p, unsigned family, unsigned type)
{
	char address[IP_TEXT_MAX];

	flowspec_address_text(&p->addr, family, address);
	return json_pack("{s:i, s:s, s:s, s:i, s:i}", "type", type, "name",
			 flowspec_type_name(type), "address", address, "length", p->len, "offset",
			 p->offset);
}

static json_t *component_json(const struct flowspec *f, unsigned type)
{
	_cleanup_text_ struct text t = TEXT_NULL;

	if (type == FLOWSPEC_DESTINATION)
		return prefix_json(&f->destination, f->family, type);
	if (type == FLOWSPEC_SOURCE)
		return prefix_json(&f->source, f->family, type);
	flowspec_list_text(f, type, &t);
	if (!text_ok(&t))
		return NULL;
	return json_pack("{s:i, s:s, s:o, s:s}", "type", type, "name", flowspec_type_name(type),
			 "list", list_json(f, type), "text", text_str(&t));
}

static json_t *components_json(const struct flowspec *f)
{
	json_t *list = json_array();

	for (unsigned type = FLOWSPEC_DESTINATION; list && type < FLOWSPEC_TYPES; type++) {
		if (!(f->has & 1u << type))
			continue;
		if (json_array_append_new(list, component_json(f, type))) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

json_t *flowspec_json(const struct flowspec *f)
{
	_cleanup_text_ struct text rd = TEXT_NULL, t = TEXT_NULL;

	flowspec_text(f, &t);
	if (f->vpn)
		flowspec_rd_text(f->rd, &rd);
	if (!text_ok(&t) || !text_ok(&rd))
		return NULL;
	return json_pack("{s:i, s:s?, s:o, s:s}", "family", f->family, "rd",
			 f->vpn ? text_str(&rd) : NULL, "components", components_json(f), "text",
			 text_str(&t));
}
