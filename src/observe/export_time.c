/* SPDX-License-Identifier: ISC */
/*
 * When a record's flow began and ended. Absolute times first, the finer the better; then uptimes,
 * which need the boot time; then deltas and durations, which need the export time.
 */
#include "base/cleanup.h"
#include "observe/export_state.h"

struct clock_pair {
	uint8_t start, end;
	/* Return: the exporter's own time in microseconds, or TIME_NONE. */
	int64_t (*time)(const struct export_pass *p, const struct record *r, uint64_t v);
};

static int64_t from_ms(const struct export_pass *p, const struct record *r, uint64_t v)
{
	return v && v <= TIME_MS_MAX ? (int64_t)v * US_PER_MS : TIME_NONE;
}

static int64_t from_s(const struct export_pass *p, const struct record *r, uint64_t v)
{
	return v && v <= TIME_MS_MAX / 1000 ? (int64_t)v * US_PER_S : TIME_NONE;
}

static int64_t from_ntp(const struct export_pass *p, const struct record *r, uint64_t v)
{
	return v ? element_ntp_us(v) : TIME_NONE;
}

static int64_t from_delta(const struct export_pass *p, const struct record *r, uint64_t v)
{
	return v <= UINT32_MAX ? p->header.export_us - (int64_t)v : TIME_NONE;
}

/* The 32-bit uptime wraps each 49.7 days, the time of its start stays. */
static int64_t nearest_wrap(int64_t us, int64_t export_us)
{
	const int64_t wrap_us = (INT64_C(1) << 32) * US_PER_MS;

	return export_us > us ? us + (export_us - us + wrap_us / 2) / wrap_us * wrap_us : us;
}

/* IPFIX has no uptime in its header: the time of the start comes from the record or an option. */
int64_t uptime_us(const struct export_pass *p, uint64_t init_ms, uint64_t v)
{
	int64_t init_us = from_ms(p, NULL, init_ms);

	if (init_us == TIME_NONE)
		init_us = p->domain->system_init_us;
	if (init_us == TIME_NONE)
		init_us = p->source->system_init_us;
	return init_us == TIME_NONE
		       ? TIME_NONE
		       : nearest_wrap(init_us + (int64_t)v * US_PER_MS, p->header.export_us);
}

/* Two zeros are a field that nobody filled, not a flow that came and went as the router started. */
static int64_t from_uptime(const struct export_pass *p, const struct record *r, uint64_t v)
{
	if (v > UINT32_MAX ||
	    !(record_number(r, SLOT_START_UPTIME) | record_number(r, SLOT_END_UPTIME)))
		return TIME_NONE;
	return p->header.format == EXPORT_V9
		       ? boot_time(&p->domain->boot, (uint32_t)v)
		       : uptime_us(p, record_number(r, SLOT_SYSTEM_INIT_MS), v);
}

static const struct clock_pair pairs[] = {
	{SLOT_START_NS, SLOT_END_NS, from_ntp},
	{SLOT_START_US, SLOT_END_US, from_ntp},
	{SLOT_START_MS, SLOT_END_MS, from_ms},
	{SLOT_START_UPTIME, SLOT_END_UPTIME, from_uptime},
	{SLOT_START_S, SLOT_END_S, from_s},
	{SLOT_START_DELTA_US, SLOT_END_DELTA_US, from_delta},
	{SLOT_OBSERVED_NS, SLOT_OBSERVED_NS, from_ntp},
	{SLOT_OBSERVED_US, SLOT_OBSERVED_US, from_ntp},
	{SLOT_OBSERVED_MS, SLOT_OBSERVED_MS, from_ms},
	{SLOT_OBSERVED_S, SLOT_OBSERVED_S, from_s},
};

/* How long it lasted, where only that is told; else 0. */
static int64_t duration_us(const struct record *r)
{
	uint64_t us = record_number(r, SLOT_DURATION_US), ms = record_number(r, SLOT_DURATION_MS);
	uint64_t uptimes = record_number(r, SLOT_END_UPTIME) - record_number(r, SLOT_START_UPTIME);

	if (us && us <= UINT32_MAX)
		return (int64_t)us;
	if (ms && ms <= UINT32_MAX)
		return (int64_t)ms * US_PER_MS;
	/* Two uptimes without a boot time still tell their difference. */
	if (record_has(r, SLOT_START_UPTIME) && record_has(r, SLOT_END_UPTIME) &&
	    (uint32_t)uptimes < UINT32_C(1) << 31)
		return (int64_t)(uint32_t)uptimes * US_PER_MS;
	return 0;
}

bool record_times(const struct export_pass *p, const struct record *r, int64_t *first_us,
		  int64_t *last_us)
{
	int64_t first = TIME_NONE, last = TIME_NONE;

	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		const struct clock_pair *c = &pairs[i];
		/* When it was observed is a beginning only where nothing else is known. */
		bool observed = c->start == c->end && last != TIME_NONE;

		if (first == TIME_NONE && !observed && record_has(r, c->start))
			first = c->time(p, r, r->number[c->start]);
		if (last == TIME_NONE && record_has(r, c->end))
			last = c->time(p, r, r->number[c->end]);
		if (first != TIME_NONE && last != TIME_NONE)
			break;
	}
	if (first == TIME_NONE && last == TIME_NONE) {
		*last_us = p->header.export_us + p->shift_us;
		*first_us = *last_us - duration_us(r);
		return *first_us != *last_us;
	}
	if (last == TIME_NONE)
		last = first + duration_us(r);
	else if (first == TIME_NONE)
		first = last - duration_us(r);
	*first_us = first + p->shift_us;
	*last_us = last + p->shift_us;
	return true;
}
