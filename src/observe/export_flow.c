/* SPDX-License-Identifier: ISC */
/*
 * The last step of every export decoder: a flow is charged to its exporter, shown to the trace and
 * handed to the writer.
 */
#include "observe/export_state.h"

void pass_sampling(struct export_pass *p, struct flow_side *s, uint32_t in_record)
{
	struct sampling_answer *a = &p->answer;

	/* Nothing of these formats tells a factor for later, so one answer holds for a datagram. */
	if (!p->answered || p->asked != in_record) {
		a->known = exporters_sampling(p->x->exporters, p->header.exporter, p->header.domain,
					      0, in_record ? in_record : p->sampling, &a->factor);
		p->answered = true;
		p->asked = in_record;
	}
	s->sampling = a->factor;
	if (a->known)
		s->flags |= FLOW_SAMPLING_KNOWN;
}

uint32_t pass_believe(struct export_pass *p, uint32_t factor)
{
	if (factor <= SAMPLING_MOST)
		return factor;
	pass_refuse(p, REFUSED_BAD_SAMPLING, 0);
	return 0;
}

/* Which sampler counts: the one it names, else one told for its interface or template. */
static uint32_t sampler_of(const struct export_pass *p, const struct sampling_ask *ask)
{
	uint32_t scopes = p->e->sampling_scopes;
	uint32_t told[4], n = 0;

	if (ask->id)
		return (uint32_t)ask->id & SAMPLER_ID_MASK;
	if (scopes & SAMPLER_INTERFACE) {
		if (ask->in_if)
			told[n++] = SAMPLER_INTERFACE | ((uint32_t)ask->in_if & SAMPLER_ID_MASK);
		if (ask->out_if)
			told[n++] = SAMPLER_INTERFACE | ((uint32_t)ask->out_if & SAMPLER_ID_MASK);
	}
	if (scopes & SAMPLER_TEMPLATE)
		told[n++] = SAMPLER_TEMPLATE | ask->template_id;
	if (scopes & SAMPLER_IMPLIED)
		told[n++] = SAMPLER_IMPLIED;
	for (uint32_t i = 0; i < n; i++)
		if (exporters_sampling_told(p->x->exporters, p->header.exporter, p->header.domain,
					    told[i]))
			return told[i];
	return 0;
}

static struct sampling_answer answer_anew(struct export_pass *p, const struct sampling_ask *ask)
{
	uint32_t sampler = sampler_of(p, ask);
	struct sampling_answer a = {.sampler = sampler & ~SAMPLER_ID_MASK ? 0 : sampler};

	a.known = exporters_sampling(p->x->exporters, p->header.exporter, p->header.domain, sampler,
				     ask->in_record ? ask->in_record : p->sampling, &a.factor);
	memo_sampling_keep(&p->domain->sampling, ask, &a, p->e->sampling_generation);
	return a;
}

struct sampling_answer pass_answer(struct export_pass *p, const struct sampling_ask *asked)
{
	struct sampling_ask ask = {.id = asked->id, .in_record = asked->in_record};
	const struct sampling_answer *kept;

	/* Interface and template only bear on it where factors were told for such. */
	if (!ask.id && p->e->sampling_scopes & SAMPLER_INTERFACE) {
		ask.in_if = asked->in_if;
		ask.out_if = asked->out_if;
	}
	if (!ask.id && p->e->sampling_scopes & SAMPLER_TEMPLATE)
		ask.template_id = asked->template_id;
	kept = memo_sampling(&p->domain->sampling, &ask, p->e->sampling_generation);
	return kept ? *kept : answer_anew(p, &ask);
}

void charge_pay(const struct charge *c, struct exporter *e)
{
	uint32_t longest_s = (uint32_t)(c->longest_us / US_PER_S);

	e->records += c->records;
	e->packets_seen += c->packets;
	if (longest_s > e->longest_flow_s)
		e->longest_flow_s = longest_s;
	if (c->unknown)
		e->sampling_known = false;
	if (c->least_factor && (!e->sampling_min || c->least_factor < e->sampling_min))
		e->sampling_min = c->least_factor;
	if (c->most_factor > e->sampling_max)
		e->sampling_max = c->most_factor;
}

int pass_flow(struct export_pass *p, struct flow *f, struct flow_side *s, int64_t first_us,
	      int64_t last_us)
{
	const struct export_trace *trace = p->x->trace;
	struct charge c = {0};

	f->exporter = p->header.exporter;
	s->domain = p->header.domain;
	charge_flow(&c, f, last_us - first_us);
	charge_factor(&c, s->sampling, s->flags & FLOW_SAMPLING_KNOWN);
	charge_pay(&c, p->e);
	if (trace)
		trace->flow(trace->userdata, f, s, first_us, last_us);
	return flow_writer_put(p->x->writer, f, s, first_us, last_us, p->recv_us);
}
