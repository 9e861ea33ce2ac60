/* SPDX-License-Identifier: ISC */
/*
 * The last step of every export decoder: a flow is charged to its exporter, shown to the trace and
 * handed to the writer.
 */
#include "observe/export_state.h"

void pass_sampling(struct export_pass *p, struct flow_side *s, uint32_t sampler, uint32_t in_record)
{
	uint32_t factor;

	s->sampler = sampler & ~SAMPLER_ID_MASK ? 0 : sampler;
	if (exporters_sampling(p->x->exporters, p->header.exporter, p->header.domain, sampler,
			       in_record ? in_record : p->sampling, &factor))
		s->flags |= FLOW_SAMPLING_KNOWN;
	s->sampling = factor;
}

static void charge(struct exporter *e, const struct flow *f, const struct flow_side *s,
		   int64_t first_us, int64_t last_us)
{
	int64_t longest_s = (last_us - first_us) / US_PER_S;

	e->records++;
	e->packets_seen += f->packets;
	if (longest_s > e->longest_flow_s && longest_s < UINT16_MAX)
		e->longest_flow_s = (uint32_t)longest_s;
	if (!(s->flags & FLOW_SAMPLING_KNOWN)) {
		e->sampling_known = false;
		return;
	}
	if (!e->sampling_min || s->sampling < e->sampling_min)
		e->sampling_min = s->sampling;
	if (s->sampling > e->sampling_max)
		e->sampling_max = s->sampling;
}

int pass_flow(struct export_pass *p, struct flow *f, struct flow_side *s, int64_t first_us,
	      int64_t last_us)
{
	const struct export_trace *trace = p->x->trace;

	f->exporter = p->header.exporter;
	s->domain = p->header.domain;
	charge(p->e, f, s, first_us, last_us);
	if (trace)
		trace->flow(trace->userdata, f, s, first_us, last_us);
	return flow_writer_put(p->x->writer, f, s, first_us, last_us, p->recv_us);
}
