/* SPDX-License-Identifier: ISC */
/*
 * Sampling factors as they were told, by exporter, domain and sampler.
 */
#include <errno.h>

#include "observe/exporter_table.h"

void sampling_changed(struct exporter *e)
{
	if (!++e->sampling_generation)
		e->sampling_generation = 1;
}

/*
 * What another domain may use: the last factor told for this sampler, unless two domains disagree.
 * Domain 0 speaks for the whole exporter (RFC 7011 section 3.1) and is never overruled.
 */
static int set_any(struct exporters *t, const struct sampling_key *k, uint32_t factor)
{
	struct sampling_key any = {k->exporter, 0, k->sampler};
	struct sampling_value *v;
	bool created;

	v = map_put(t->sampling_any, &any, &created);
	if (!v)
		return -ENOMEM;
	if (created || k->domain == 0 || v->domain == k->domain)
		*v = (struct sampling_value){.factor = factor, .domain = k->domain};
	else if (v->domain != 0 && v->factor != factor)
		v->factor = 0;
	return 0;
}

/* Each factor for any domain goes with the one that the domain told which it is of. */
static void forget(struct exporters *t, const struct sampling_key *k)
{
	struct sampling_key any = {k->exporter, 0, k->sampler};
	const struct sampling_value *v = map_get(t->sampling_any, &any);

	if (v && v->domain == k->domain)
		map_remove(t->sampling_any, &any);
	map_remove(t->sampling, k);
}

static void sweep(struct exporters *t, uint16_t exporter)
{
	struct exporter *e = t->items[exporter];
	struct exporter_part *part = &e->tables[TABLE_SAMPLING];
	const void *key;
	void *value;
	size_t at = 0;

	if (!exporter_may_sweep(e, TABLE_SAMPLING))
		return;
	while (map_next(t->sampling, &at, &key, &value)) {
		const struct sampling_key k = *(const struct sampling_key *)key;
		const struct sampling_value *v = value;

		if (k.exporter != exporter || e->turn - v->turn < SAMPLING_QUIET)
			continue;
		forget(t, &k);
		part->held--;
		part->evicted++;
	}
	sampling_changed(e);
}

/* Return: the value of a new key; NULL with *@error 1 when there is no room, or -ENOMEM. */
static struct sampling_value *add(struct exporters *t, const struct sampling_key *key, int *error)
{
	uint16_t exporter = (uint16_t)key->exporter;
	struct exporter_part *part = &t->items[exporter]->tables[TABLE_SAMPLING];
	struct sampling_value *v;

	if (part->held >= SAMPLING_PER_EXPORTER)
		sweep(t, exporter);
	if (part->held >= SAMPLING_PER_EXPORTER) {
		part->refused++;
		*error = 1;
		return NULL;
	}
	v = map_put(t->sampling, key, NULL);
	*error = v ? 0 : -ENOMEM;
	part->held += v != NULL;
	return v;
}

int exporters_set_sampling(struct exporters *t, uint16_t exporter, uint32_t domain,
			   uint32_t sampler, uint32_t factor, int64_t now_us)
{
	struct sampling_key key = {exporter, domain, sampler};
	struct sampling_value *v = map_get(t->sampling, &key);
	int error = 0;

	if (exporter >= t->n)
		return 1;
	if (factor > SAMPLING_MOST)
		factor = 0;
	if (!v && !factor)
		return 0;
	if (!v)
		v = add(t, &key, &error);
	if (!v)
		return error;
	*v = (struct sampling_value){.factor = factor,
				     .domain = domain,
				     .turn = t->items[exporter]->turn,
				     .learnt_us = now_us};
	t->items[exporter]->sampling_scopes |= sampler & ~SAMPLER_ID_MASK;
	sampling_changed(t->items[exporter]);
	return set_any(t, &key, factor);
}

static uint32_t learnt(const struct exporters *t, uint16_t exporter, uint32_t domain,
		       uint32_t sampler)
{
	struct sampling_key key = {exporter, domain, sampler}, any = {exporter, 0, sampler};
	const struct sampling_value *v = map_get(t->sampling, &key);

	if (!v || !v->factor)
		v = map_get(t->sampling_any, &any);
	return v ? v->factor : 0;
}

bool exporters_sampling(struct exporters *t, uint16_t exporter, uint32_t domain, uint32_t sampler,
			uint32_t in_record, uint32_t *factor)
{
	const struct exporter *e = exporters_get(t, exporter);

	*factor = e->conf ? e->conf->sampling : 0;
	if (!*factor && exporter < t->n && t->items[exporter]->tables[TABLE_SAMPLING].held) {
		if (sampler)
			*factor = learnt(t, exporter, domain, sampler);
		if (!*factor)
			*factor = learnt(t, exporter, domain, 0);
	}
	if (!*factor)
		*factor = in_record;
	if (*factor)
		return true;
	*factor = 1;
	return false;
}

bool exporters_sampling_told(const struct exporters *t, uint16_t exporter, uint32_t domain,
			     uint32_t sampler)
{
	return learnt(t, exporter, domain, sampler) != 0;
}

bool exporters_sampling_next(const struct exporters *t, size_t *at, struct sampling_rate *out)
{
	const void *key;
	void *value;

	while (map_next(t->sampling, at, &key, &value)) {
		const struct sampling_key *k = key;
		const struct sampling_value *v = value;

		if (!v->factor)
			continue;
		*out = (struct sampling_rate){.exporter = (uint16_t)k->exporter,
					      .domain = k->domain,
					      .sampler = k->sampler,
					      .factor = v->factor,
					      .learnt_us = v->learnt_us};
		return true;
	}
	return false;
}
