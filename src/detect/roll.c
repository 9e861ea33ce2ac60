/* SPDX-License-Identifier: ISC */
/*
 * The scale. Its edges are whole numbers, made of integers alone: the same on every machine.
 */
#include "detect/roll.h"

#include <errno.h>
#include <string.h>

#include "base/hash.h"

#define STEPS	  8    /* of an octave */
#define FIRST	  1    /* step whose largest rate is 1 */
#define BITS_UNIT 1000 /* rates of bits are in kbit/s, so that 32 octaves hold them */
#define CODE_MAX  UINT8_MAX
#define SEEN_NAME "seen"

/* 2^(i/8) as a fraction of 2^32. */
static const uint64_t step[STEPS] = {4294967296, 4683695048, 5107605667, 5569883475,
				     6074001000, 6623745059, 7223245206, 7877004752};

static uint64_t edge(unsigned code)
{
	unsigned n = code - FIRST;

	return code < FIRST ? 0 : (uint64_t)(((uint128_t)step[n % STEPS] << n / STEPS) >> 32);
}

const char *roll_track_name(unsigned track)
{
	switch (track) {
	case ROLL_ANY:
		return "any";
	case ROLL_ANY_BITS:
		return "any_bits";
	case ROLL_SEEN:
		return SEEN_NAME;
	default:
		return vector_base_name((enum vector)track);
	}
}

int roll_track_parse(const char *name, unsigned *track)
{
	for (unsigned t = 0; t <= ROLL_SEEN; t++)
		if (strcmp(name, roll_track_name(t)) == 0) {
			*track = t;
			return 0;
		}
	return -EINVAL;
}

uint64_t roll_threshold(const struct thresholds *t, unsigned track)
{
	return track == ROLL_ANY ? t->any_pps : track == ROLL_ANY_BITS ? t->any_bps : t->pps[track];
}

static uint64_t unit_of(unsigned track)
{
	return track == ROLL_ANY_BITS ? BITS_UNIT : 1;
}

uint8_t roll_code(unsigned track, uint64_t rate)
{
	uint64_t n = rate / unit_of(track) + (rate % unit_of(track) != 0);
	unsigned code;

	if (!n)
		return 0;
	/* The octave, then at most eight steps. */
	code = FIRST + STEPS * (63u - (unsigned)__builtin_clzll(n));
	while (code < CODE_MAX && edge(code) < n)
		code++;
	return code < CODE_MAX ? (uint8_t)code : CODE_MAX;
}

uint64_t roll_most(unsigned track, uint8_t code)
{
	return edge(code) * unit_of(track);
}

uint64_t roll_least(unsigned track, uint8_t code)
{
	return code ? edge(code - 1u) * unit_of(track) + 1 : 0;
}

void roll_merge(struct roll_row *to, const struct roll_row *from)
{
	to->floor = from->floor > to->floor ? from->floor : to->floor;
	to->sampling = from->sampling > to->sampling ? from->sampling : to->sampling;
	for (unsigned i = 0; i < ROLL_MINUTES; i++)
		if (from->minute[i] > to->minute[i])
			to->minute[i] = from->minute[i];
}
