/* SPDX-License-Identifier: ISC */
#include "duty/tune.h"

#include <string.h>

#include "base/clock.h"
#include "detect/detect.h"

#define MINUTE_US     (60 * US_PER_S)
#define CODES	      (UINT8_MAX + 1)
#define AFTER_MINUTES 1 /* flows tell of an attack's last packets a little later */
#define BLIND_S	      60
#define BLIND_SURE    0.99

const char *tune_verdict_name(enum tune_verdict v)
{
	static const char *const names[TUNE_VERDICTS] = {"off",	  "too_little", "keep",	   "quiet",
							 "raise", "lower",	"conflict"};

	return names[v];
}

const char *tune_kind_name(enum tune_kind k)
{
	static const char *const names[TUNE_KINDS] = {"nothing",     "false", "scan",
						      "maintenance", "test",  "real"};

	return names[k];
}

/* ---- an incident ---- */

/* A prefix opens at a multiple of a host's threshold. */
static uint64_t per_host(const struct incident *inc, const struct thresholds *t, uint64_t peak)
{
	const struct prefix *p = &inc->f.target;
	bool narrow = p->len >= (ip_is_v4(&p->addr) ? PREFIX_V4_BASE + 24 : 64);
	uint32_t times = narrow ? t->prefix24_times : t->prefix20_times;

	if (inc->f.level != LEVEL_PREFIX || !times || times == UINT32_MAX)
		return peak;
	return peak / times;
}

void tune_incident_of(const struct incident *inc, const struct thresholds *t,
		      struct tune_incident *out)
{
	*out = (struct tune_incident){.kind = inc->known_test ? TUNE_TEST : TUNE_REAL,
				      .first_us = inc->f.first_us,
				      .last_us = inc->f.last_us,
				      .main = ROLL_ANY,
				      .peak = inc->f.peak_pps};
	memcpy(out->id, inc->id, sizeof(out->id));
	for (unsigned i = 0; i < inc->f.n_vectors; i++)
		if (inc->f.vectors[i].over) {
			out->main = inc->f.vectors[i].vector;
			out->peak = inc->f.vectors[i].peak_pps;
			out->peak = per_host(inc, t, out->peak);
			return;
		}
	if (inc->f.peak_pps < t->any_pps) {
		out->main = ROLL_ANY_BITS;
		out->peak = inc->f.peak_bps;
	}
	out->peak = per_host(inc, t, out->peak);
}

/* ---- minutes ---- */

/* Minutes of the course that an incident touches: [*from, *until). */
static void span_of_incident(const struct tune_course *c, const struct tune_incident *i,
			     unsigned *from, unsigned *until)
{
	int64_t first = (i->first_us - c->from_us) / MINUTE_US;
	int64_t last = (i->last_us - c->from_us) / MINUTE_US + AFTER_MINUTES;

	if (i->first_us < c->from_us)
		first = 0;
	*from = first > c->n ? c->n : (unsigned)first;
	last = i->last_us < c->from_us ? -1 : last;
	*until = last + 1 > c->n ? c->n : (unsigned)(last + 1);
}

/* What is known of minutes [from, until): the incident there that weighs most. */
static const struct tune_incident *incident_at(const struct tune_input *in, unsigned from,
					       unsigned until)
{
	const struct tune_incident *best = NULL;

	for (unsigned i = 0; i < in->n_incidents; i++) {
		unsigned a, b;

		span_of_incident(&in->course, &in->incidents[i], &a, &b);
		if (a < until && b > from && (!best || in->incidents[i].kind > best->kind))
			best = &in->incidents[i];
	}
	return best;
}

/* The peak of an incident on its own track that surely was one. */
static uint64_t sure_peak(const struct tune_input *in, const struct tune_incident *i)
{
	const struct tune_course *c = &in->course;
	unsigned from, until;
	uint64_t kept;
	uint8_t code = 0;

	span_of_incident(c, i, &from, &until);
	for (unsigned m = from; m < until; m++)
		code = c->code[m] > code ? c->code[m] : code;
	kept = roll_least(in->track, code);
	if (!kept)
		return i->peak;
	return i->peak && i->peak < kept ? i->peak : kept;
}

static bool is_over(const struct tune_input *in, unsigned m, uint64_t threshold)
{
	uint8_t code = in->course.code[m];

	return code && roll_most(in->track, code) >= threshold;
}

static void count_run(const struct tune_input *in, unsigned from, unsigned until,
		      struct tune_opens *out)
{
	const struct tune_incident *i = incident_at(in, from, until);
	enum tune_kind kind = i ? i->kind : TUNE_NOTHING;

	out->n++;
	out->of[kind]++;
	out->brief += i && i->last_us - i->first_us < TUNE_SHORT_US;
	out->minutes += until - from;
	out->longest = until - from > out->longest ? until - from : out->longest;
	if (kind == TUNE_REAL && !out->first_real[0])
		memcpy(out->first_real, i->id, sizeof(out->first_real));
}

void tune_opens(const struct tune_input *in, uint64_t threshold, struct tune_opens *out)
{
	*out = (struct tune_opens){.n = 0};
	for (unsigned m = 0; m < in->course.n;) {
		unsigned from = m;

		while (m < in->course.n && is_over(in, m, threshold))
			m++;
		if (m > from)
			count_run(in, from, m, out);
		else
			m++;
	}
	for (unsigned i = 0; i < in->n_incidents; i++) {
		const struct tune_incident *x = &in->incidents[i];

		if (x->kind != TUNE_REAL || x->main != in->track || sure_peak(in, x) >= threshold)
			continue;
		if (!out->missed++)
			memcpy(out->first_missed, x->id, sizeof(out->first_missed));
	}
}

/* 1: belongs to something that is not ordinary. */
static void mark_minutes(const struct tune_input *in, uint8_t *taken)
{
	for (unsigned i = 0; i < in->n_incidents; i++) {
		unsigned from, until;

		if (in->incidents[i].kind <= TUNE_FALSE)
			continue;
		span_of_incident(&in->course, &in->incidents[i], &from, &until);
		if (until > from)
			memset(taken + from, 1, until - from);
	}
}

static uint64_t at_share(const struct tune_input *in, const unsigned count[CODES], unsigned n,
			 double share)
{
	unsigned want = (unsigned)(share * (n - 1)) + 1, sum = 0;

	for (unsigned code = 0; code < CODES; code++) {
		sum += count[code];
		if (sum >= want)
			return roll_most(in->track, (uint8_t)code);
	}
	return 0;
}

uint64_t tune_floor(const struct tune_result *r)
{
	uint64_t floor = r->in->course.floor;

	floor = r->median && r->median < floor ? r->median : floor;
	return r->p999 && r->p999 < floor ? r->p999 : floor;
}

static int look_at_course(const struct tune_input *in, struct tune_result *out)
{
	_cleanup_free_ uint8_t *taken = calloc(in->course.n + 1, 1);
	unsigned count[CODES] = {0};
	uint8_t most = 0;

	if (!taken)
		return -1;
	mark_minutes(in, taken);
	for (unsigned m = 0; m < in->course.n; m++) {
		uint8_t code = in->course.code[m];

		out->seen += in->course.seen[m];
		if (!in->course.seen[m] || taken[m])
			continue;
		out->ordinary++;
		count[code]++;
		if (code <= most)
			continue;
		most = code;
		out->most_us = in->course.from_us + m * MINUTE_US;
	}
	if (out->ordinary) {
		out->median = at_share(in, count, out->ordinary, 0.5);
		out->p999 = at_share(in, count, out->ordinary, 0.999);
		out->most = roll_most(in->track, most);
	}
	/* What is under the floor is not told apart. */
	if (out->most < in->course.floor)
		out->most_us = TIME_NONE;
	return 0;
}

/* ---- a proposal ---- */

/* Two digits, so that nobody reads more into it; @up: not below @rate. */
static uint64_t two_digits(uint64_t rate, bool up)
{
	uint64_t unit = 1, n;

	for (n = rate; n >= 100; n /= 10)
		unit *= 10;
	return (rate / unit + (up && rate % unit)) * unit;
}

static void find_least_attack(const struct tune_input *in, struct tune_result *out)
{
	for (unsigned i = 0; i < in->n_incidents; i++) {
		const struct tune_incident *x = &in->incidents[i];
		uint64_t peak;

		if (x->kind != TUNE_REAL || x->main != in->track)
			continue;
		peak = sure_peak(in, x);
		if (!peak || (out->least_attack && peak >= out->least_attack))
			continue;
		out->least_attack = peak;
		memcpy(out->least_id, x->id, sizeof(out->least_id));
	}
}

static enum tune_verdict weigh(const struct tune_input *in, struct tune_result *out)
{
	bool quiet = out->most_us == TIME_NONE;
	uint64_t base = quiet ? in->course.floor : out->most;
	uint64_t low = two_digits((uint64_t)(TUNE_MARGIN * (double)base) + 1, true);
	uint64_t high = two_digits(out->least_attack, false);

	if (in->threshold == RATE_NEVER)
		return TUNE_OFF;
	if (out->seen < TUNE_SEEN_LEAST || out->ordinary < TUNE_ORDINARY_LEAST ||
	    in->threshold <= in->course.floor)
		return TUNE_TOO_LITTLE;
	if (out->now.missed ? low > high
			    : !quiet && out->most >= in->threshold && high && low > high)
		return TUNE_CONFLICT;
	out->proposed = low;
	if (out->now.missed)
		return TUNE_LOWER;
	if (!quiet && out->most >= in->threshold)
		return TUNE_RAISE;
	if (!quiet && in->threshold / TUNE_FAR > low)
		return TUNE_LOWER;
	out->proposed = 0;
	return quiet ? TUNE_QUIET : TUNE_KEEP;
}

static void find_blind_spot(const struct tune_input *in, struct tune_result *out)
{
	uint64_t threshold = out->proposed ? out->proposed : in->threshold;
	struct blind_spot b;

	if (threshold == RATE_NEVER)
		return;
	out->blind = (double)threshold;
	out->blind_seconds = 1;
	if (in->track == ROLL_ANY_BITS || in->course.sampling <= 1)
		return;
	b = blind_spot(threshold, in->course.sampling, BLIND_S, BLIND_SURE);
	out->blind = b.pps;
	out->blind_seconds = b.seconds;
}

void tune_judge(const struct tune_input *in, struct tune_result *out)
{
	*out = (struct tune_result){.in = in, .verdict = TUNE_TOO_LITTLE, .most_us = TIME_NONE};
	if (look_at_course(in, out) < 0) {
		text_note_lost();
		return;
	}
	find_least_attack(in, out);
	if (in->threshold != RATE_NEVER)
		tune_opens(in, in->threshold, &out->now);
	out->verdict = weigh(in, out);
	if (out->proposed)
		tune_opens(in, out->proposed, &out->then);
	find_blind_spot(in, out);
}
