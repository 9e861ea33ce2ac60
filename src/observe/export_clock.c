/* SPDX-License-Identifier: ISC */
/*
 * Sequence numbers and uptimes: two counters of the exporter that wrap, restart and lie. Losses are
 * only believed within bounds; what cannot be a loss is a restart.
 */
#include "observe/export_state.h"

#define UPTIME_WRAP_US (INT64_C(1) << 32) * US_PER_MS
#define UPTIME_BACK_MS 60000 /* a datagram may be overtaken by so much without a restart, */
#define BOOT_AGREES_US (2 * US_PER_S) /* if both of its clocks say the same of the boot time */
#define NEAR_PART      100	      /* of the bound: so far do datagrams overtake each other */
#define OUTAGE_TIMES   160 /* the bound: what a path that was down for long may have lost */

static void sequence_follow(struct sequence *s, uint32_t next)
{
	*s = (struct sequence){.seen = true, .next = next, .open = s->open};
}

/* A router that restarts counts from 0; where the way to us was down, it went on without us. Who
 * makes up datagrams begins anywhere. */
static bool begins_anew(const struct sequence *s, uint32_t number, uint32_t bound)
{
	return number <= bound || number - s->next <= bound * OUTAGE_TIMES;
}

enum sequence_answer sequence_step(struct sequence *s, uint32_t number, uint32_t count,
				   uint32_t bound, uint64_t *lost)
{
	uint32_t ahead = number - s->next, behind = s->next - number, near = bound / NEAR_PART;

	if (!s->seen || ahead == 0) {
		sequence_follow(s, number + count);
		return SEQUENCE_OK;
	}
	if (ahead <= bound) {
		*lost += ahead;
		s->open = s->open > bound - ahead ? bound : s->open + ahead;
		sequence_follow(s, number + count);
		return SEQUENCE_GAP;
	}
	if (count && behind <= bound && s->open >= count && behind <= s->open + count + near) {
		*lost -= count < *lost ? count : *lost;
		s->open -= count;
		return SEQUENCE_LATE;
	}
	/* Far off: one stray or repeated datagram changes nothing, two in a row are a restart. */
	if (s->doubted && number - s->doubt_next <= near) {
		bool explained = s->doubt_far && begins_anew(s, number, bound);

		*lost += number - s->doubt_next;
		s->open = 0;
		sequence_follow(s, number + count);
		s->explained = explained;
		return SEQUENCE_RESET;
	}
	s->doubted = true;
	s->doubt_far = behind > near;
	s->doubt_next = number + count;
	return s->doubt_far ? SEQUENCE_DOUBT : SEQUENCE_STALE;
}

static bool boot_narrow(struct boot *b, int64_t least_us, int64_t most_us)
{
	if (least_us >= b->most_us || most_us <= b->least_us)
		return false;
	if (least_us > b->least_us)
		b->least_us = least_us;
	if (most_us < b->most_us)
		b->most_us = most_us;
	return true;
}

/* The uptime wrapped on the way to this datagram: the same boot, seen 49.7 days later. */
static int64_t wrapped_us(const struct boot *b, uint32_t uptime_ms)
{
	int32_t step_ms = (int32_t)(uptime_ms - b->uptime_ms);

	if (step_ms > 0 && uptime_ms < b->uptime_ms)
		return UPTIME_WRAP_US;
	/* Overtaken by one from behind the wrap. */
	return step_ms < 0 && uptime_ms > b->uptime_ms ? -UPTIME_WRAP_US : 0;
}

/*
 * A restart, too, makes the uptime smaller, and where it comes again after less than a minute the
 * uptime alone would never tell: then records were taken for minutes older than they were.
 */
static bool is_overtaken(const struct boot *b, int64_t least_us, int64_t grain_us, int32_t step_ms)
{
	return b->known && step_ms < 0 && step_ms >= -UPTIME_BACK_MS &&
	       least_us < b->most_us + BOOT_AGREES_US &&
	       least_us + grain_us > b->least_us - BOOT_AGREES_US;
}

bool boot_learn(struct boot *b, int64_t time_us, int64_t grain_us, uint32_t uptime_ms)
{
	int64_t least_us = time_us - (int64_t)uptime_ms * US_PER_MS;
	int32_t step_ms = (int32_t)(uptime_ms - b->uptime_ms);
	int64_t wrap_us = b->known ? wrapped_us(b, uptime_ms) : 0;
	bool restarted;

	/* Says as much about the boot time, but is not the newest. */
	if (is_overtaken(b, least_us - wrap_us, grain_us, step_ms)) {
		boot_narrow(b, least_us - wrap_us, least_us - wrap_us + grain_us);
		return false;
	}
	if (b->known && step_ms > 0) {
		b->least_us += wrap_us;
		b->most_us += wrap_us;
	}
	b->uptime_ms = uptime_ms;
	if (b->known && step_ms >= 0 && boot_narrow(b, least_us, least_us + grain_us))
		return false;
	b->least_us = least_us;
	b->most_us = least_us + grain_us;
	restarted = b->known && step_ms < 0;
	b->known = true;
	return restarted;
}
