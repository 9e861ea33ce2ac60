/* SPDX-License-Identifier: ISC */
/*
 * Option records: what an exporter says about itself. Kept are the sampling factor with what it
 * counts for, the flow timeouts, and the time of its start; the rest is only shown.
 */
#include "base/cleanup.h"
#include "observe/export_state.h"

/*
 * The only sampler of a domain also counts for records that name none. As soon as two samplers with
 * different factors are told, a record that names none is of unknown factor.
 */
static int imply(struct export_pass *p, uint32_t sampler, uint32_t factor)
{
	struct domain *d = p->domain;

	if (d->many_samplers)
		return 0;
	if (d->only_sampler && d->only_sampler != sampler && d->only_factor != factor) {
		d->many_samplers = true;
		factor = 0;
	}
	d->only_sampler = sampler;
	d->only_factor = factor;
	return exporters_set_sampling(p->x->exporters, p->header.exporter, p->header.domain,
				      SAMPLER_IMPLIED, factor, p->recv_us);
}

static int told(struct export_pass *p, uint32_t sampler, uint32_t factor)
{
	int r = exporters_set_sampling(p->x->exporters, p->header.exporter, p->header.domain,
				       sampler, factor, p->recv_us);

	return r < 0 ? r : 0;
}

static int learn_sampling(struct export_pass *p, const struct record *r, uint32_t factor)
{
	uint64_t id = record_number(r, SLOT_SAMPLER_ID);
	uint64_t interface = record_number(r, SLOT_SCOPE_INTERFACE);
	int ret;

	if (!id)
		id = record_number(r, SLOT_SELECTOR_ID);
	if (!interface)
		interface = record_number(r, SLOT_IN_IF);
	if (id & SAMPLER_ID_MASK) {
		ret = told(p, (uint32_t)id & SAMPLER_ID_MASK, factor);
		if (ret >= 0)
			ret = imply(p, (uint32_t)id & SAMPLER_ID_MASK, factor);
		return ret < 0 ? ret : 0;
	}
	if (interface & SAMPLER_ID_MASK)
		return told(p, SAMPLER_INTERFACE | ((uint32_t)interface & SAMPLER_ID_MASK), factor);
	if (record_number(r, SLOT_TEMPLATE_ID))
		return told(p, SAMPLER_TEMPLATE | (uint16_t)r->number[SLOT_TEMPLATE_ID], factor);
	return told(p, 0, factor);
}

/* interfaceName, else interfaceDescription (IANA 82, 83), of the interface the record is about. */
static void learn_name(struct export_pass *p, const struct record *r)
{
	static const uint8_t index_slots[] = {SLOT_SCOPE_INTERFACE, SLOT_IN_IF, SLOT_OUT_IF};
	static const uint8_t name_slots[] = {SLOT_INTERFACE_NAME, SLOT_INTERFACE_DESCRIPTION};
	uint64_t ifindex = 0;

	for (size_t i = 0; i < ARRAY_LEN(index_slots) && !ifindex; i++)
		ifindex = record_number(r, index_slots[i]);
	if (!ifindex || ifindex > UINT32_MAX)
		return;
	for (size_t i = 0; i < ARRAY_LEN(name_slots); i++)
		if (record_has(r, name_slots[i]) &&
		    exporters_name_link(p->x->exporters, p->header.exporter, (uint32_t)ifindex,
					r->bytes[name_slots[i] - SLOT_FRAME].p,
					r->bytes[name_slots[i] - SLOT_FRAME].len))
			return;
}

int options_learn(struct export_pass *p, const struct record *r)
{
	uint32_t factor = record_factor(r);
	uint64_t active = record_number(r, SLOT_ACTIVE_TIMEOUT);
	uint64_t idle = record_number(r, SLOT_IDLE_TIMEOUT);
	uint64_t init_ms = record_number(r, SLOT_SYSTEM_INIT_MS);

	if (active && active <= UINT16_MAX && !(p->e->conf && p->e->conf->active_timeout_s))
		p->e->active_timeout_s = (uint32_t)active;
	if (idle && idle <= UINT16_MAX && !(p->e->conf && p->e->conf->inactive_timeout_s))
		p->e->inactive_timeout_s = (uint32_t)idle;
	if (init_ms && init_ms <= TIME_MS_MAX)
		p->domain->system_init_us = p->source->system_init_us =
			(int64_t)init_ms * US_PER_MS;
	if (record_has(r, SLOT_INTERFACE_NAME) || record_has(r, SLOT_INTERFACE_DESCRIPTION))
		learn_name(p, r);
	/* Figures that nobody can have meant would be multiplied by it; without it they are least.
	 */
	if (factor > SAMPLING_MOST) {
		pass_refuse(p, REFUSED_BAD_SAMPLING, 0);
		return learn_sampling(p, r, 0);
	}
	return factor ? learn_sampling(p, r, factor) : 0;
}
