/* SPDX-License-Identifier: ISC */
#include "detect/blind_trial.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "detect/blind_draw.h"
#include "detect/evaluate.h"
#include "detect/stat.h"

#define TRIALS	     8192
#define LOOKS_BACK   4 /* windows that end so many bins back are looked at again */
#define SUPPORT_BINS (10 * BINS_PER_S)
#define BEFORE_BINS  (60 * BINS_PER_S) /* of usual traffic, since it may be followed already */
#define CALM_BINS    (4 * BINS_PER_S)  /* without standing out, and a new one is given up */
#define STEPS	     60
#define STRIDE	     1.2    /* from a size to the next, until one is too large */
#define CLOSE	     1.0004 /* between the sizes that are found and not found */
#define BINS_MAX     (BLIND_SECONDS_MAX * BINS_PER_S + 2)
#define WINDOWS	     3
/* Of the random numbers of a trial, those that are no bin's. */
#define OF_PHASE      0xf000u
#define OF_SECOND     0xf001u
#define OF_PACKET     0xf002u
#define OF_LEARNT_IN  0xf003u
#define OF_LEARNT_OUT 0xf004u
#define OF_USUAL      0x4000u
#define OF_SENT	      0x8000u

static const unsigned window_bins[WINDOWS] = {BINS_PER_S, 10 * BINS_PER_S, 60 * BINS_PER_S};

/* All trials of one size. */
struct bout {
	const struct blind_case *c;
	double pps;
	struct draw attack, usual, sent;
	uint64_t usual_n, sent_n; /* packets of a quarter second that those are drawn from */
	uint32_t least[WINDOWS];  /* samples that lift a window over the threshold */
	double busy, near;	  /* in samples */
};

/* One attack, quarter second by quarter second. */
struct trial {
	uint32_t sum[BEFORE_BINS + BINS_MAX + 1];  /* samples before each bin */
	uint32_t sent[BEFORE_BINS + BINS_MAX + 1]; /* the same of what the target sends */
	unsigned first, bins;			   /* the attack's first bin, and all there are */
	unsigned second_at;			   /* of the first bin in its second */
	double off_in, off_sent; /* of what is taken for usual a second, in samples */
};

static double uniform(uint64_t trial, unsigned of)
{
	return (double)(hash_u64(trial << 16 | of, HASH_K0) >> 11) * 0x1p-53;
}

/* Would @x samples in a window be over it? evaluate.c has the same rules. */
static bool is_over(const struct blind_case *c, double x, double need, double away)
{
	if (c->sampling <= 1)
		return x - away >= need;
	if (c->bits)
		return x - Z_99 * sqrt(x + 1) >= need;
	if (away > 0)
		return x - away - Z_99 * sqrt(x + c->noise * away) >= need;
	return x >= need && poisson_lower(x, Z_99) >= need;
}

static uint32_t least_samples(const struct blind_case *c, unsigned bins)
{
	double seconds = (double)bins / BINS_PER_S / c->sampling;
	double need = c->threshold * seconds, away = c->explained * seconds;
	double lo = 0, hi = need + away + 20 + 20 * sqrt(need + (1 + c->noise) * away + 1);

	/* Sums are rounded to 1/256 of a packet: a little less must do where packets are even. */
	need -= c->sampling <= 1 ? 1e-6 : 0;
	while (hi - lo > 1) {
		double mid = floor((lo + hi) / 2);

		if (is_over(c, mid, need, away))
			hi = mid;
		else
			lo = mid;
	}
	return hi >= UINT32_MAX ? UINT32_MAX : (uint32_t)hi;
}

#define FINE 4096 /* so many chances stand for each packet of the usual: it comes by chance too */

/* Ordinary packets, of which by chance @mean are taken in a quarter second. */
static int draw_ordinary(struct draw *d, uint64_t *n, double mean)
{
	if (mean <= 0)
		return 0;
	*n = (uint64_t)ceil(mean * FINE) + FINE;
	return draw_init(d, (double)*n, mean / (double)*n);
}

static int bout_begin(struct bout *b, const struct blind_case *c, double pps)
{
	double bins = (double)BINS_PER_S * c->sampling;
	int r;

	memset(b, 0, sizeof(*b));
	b->c = c;
	b->pps = pps;
	b->busy = c->least / c->sampling;
	b->near = c->near / c->sampling;
	for (unsigned i = 0; i < WINDOWS; i++)
		b->least[i] =
			c->sampling > 1 || i == 0 ? least_samples(c, window_bins[i]) : UINT32_MAX;
	r = draw_init(&b->attack, pps / BINS_PER_S, 1.0 / c->sampling);
	if (r == 0)
		r = draw_ordinary(&b->usual, &b->usual_n, c->usual / bins);
	return r < 0 ? r : draw_ordinary(&b->sent, &b->sent_n, c->answering / bins);
}

static void bout_end(struct bout *b)
{
	draw_deinit(&b->attack);
	draw_deinit(&b->usual);
	draw_deinit(&b->sent);
}

/* Packets before a moment (in bins since the attack began), evenly spaced. */
static double packets_before(const struct bout *b, double bins, double offset)
{
	double n = ceil(bins * b->pps / BINS_PER_S - offset);

	return n > 0 ? n : 0;
}

/* What of a trial holds for all its bins. */
struct course {
	double phase;	/* where in its first bin the attack begins */
	double offset;	/* of its packets from that */
	double packets; /* that came so far */
};

/* A mean that forgets by one in USUAL_SECONDS has that variance over twice as many. */
static double off(double rate, double u)
{
	return rate > 0 ? draw_normal(u) * sqrt(rate / (2 * USUAL_SECONDS)) : 0;
}

static struct course trial_begin(struct trial *t, const struct bout *b, uint64_t number)
{
	struct course c = {.phase = uniform(number, OF_PHASE),
			   .offset = uniform(number, OF_PACKET)};

	t->first = b->c->usual > 0 ? BEFORE_BINS : 0;
	t->bins = t->first + (unsigned)ceil(c.phase + b->c->seconds * BINS_PER_S);
	t->second_at = (unsigned)(uniform(number, OF_SECOND) * BINS_PER_S);
	t->sum[0] = t->sent[0] = 0;
	t->off_in = off(b->c->usual / b->c->sampling, uniform(number, OF_LEARNT_IN));
	t->off_sent = off(b->c->answering / b->c->sampling, uniform(number, OF_LEARNT_OUT));
	return c;
}

static void draw_bin(struct trial *t, const struct bout *b, struct course *c, uint64_t number,
		     unsigned i)
{
	uint64_t samples = 0;

	if (i >= t->first) {
		double until = fmin(i - t->first + 1 - c->phase, b->c->seconds * BINS_PER_S);
		double all = packets_before(b, until, c->offset);

		samples = draw_take(&b->attack, (uint64_t)(all - c->packets), uniform(number, i));
		c->packets = all;
	}
	if (b->usual_n)
		samples += draw_take(&b->usual, b->usual_n, uniform(number, OF_USUAL | i));
	t->sum[i + 1] = t->sum[i] + (uint32_t)samples;
	if (!b->sent_n)
		return;
	samples = draw_take(&b->sent, b->sent_n, uniform(number, OF_SENT | i));
	t->sent[i + 1] = t->sent[i] + (uint32_t)samples;
}

/* What shard feeding does with a destination: busy, standing out, followed, given up. */
struct follow {
	bool busy, followed;
	unsigned from;	     /* counted from that bin on, */
	uint32_t lost;	     /* but for so many samples of it */
	unsigned out;	     /* bin of the last record that found it standing out */
	unsigned second;     /* first bin of the present second of arrival */
	unsigned history_at; /* bin from which there is a history */
	double mean, limit;
	double room; /* samples until it is asked again whether answers explain it */
	unsigned seconds;
};

static void turn_second(struct follow *f, const struct bout *b, const struct trial *t, unsigned bin)
{
	uint32_t held = t->sum[bin] - t->sum[f->second];

	if (f->busy && held && !b->c->known) {
		f->mean += ((double)held - f->mean) / ++f->seconds;
		f->limit = STANDS_OUT * f->mean + b->busy;
	}
	f->second = bin;
}

static void begin_to_follow(struct follow *f, const struct bout *b, unsigned bin, uint32_t before)
{
	f->followed = true;
	f->from = bin > b->c->replay ? bin - b->c->replay : 0;
	if (b->c->replay)
		return;
	/* Nothing is counted again: what made it followed is lost. */
	f->lost = (uint32_t)ceil(b->busy);
	f->lost = f->lost > before ? f->lost - before : 0;
}

/*
 * While there is no history, a destination that stands out is only sometimes asked what explains
 * it.
 * @n: samples of the bin that found it standing out. Return: it was asked.
 */
static bool is_asked(struct follow *f, const struct bout *b, double n, unsigned bin)
{
	if (b->c->known || bin >= f->history_at)
		return true;
	if (f->room >= n + 1) {
		f->room -= n;
		return false;
	}
	f->room = b->busy;
	return true;
}

static void follow_bin(struct follow *f, const struct bout *b, const struct trial *t, unsigned bin)
{
	uint32_t came = t->sum[bin + 1] - t->sum[bin], held;
	double level;

	if (bin && (t->second_at + bin) % BINS_PER_S == 0)
		turn_second(f, b, t, bin);
	held = t->sum[bin + 1] - t->sum[f->second];
	if (!came || held < b->busy)
		return;
	f->busy = true;
	level = f->limit;
	if (b->near > 0 && b->near < level)
		level = b->near;
	if (held < level || !is_asked(f, b, fmin(came, held - level + 1), bin))
		return;
	f->out = bin;
	if (!f->followed)
		begin_to_follow(f, b, bin, held - came);
}

/* Bins that are counted of the window from @from to @to; 0 none. */
static int clip(const struct follow *f, int *from, int to)
{
	if (*from < (int)f->from)
		*from = (int)f->from;
	return to < *from ? 0 : to - *from + 1;
}

static uint32_t samples_in(const struct trial *t, const struct follow *f, int from, int to)
{
	uint32_t n;

	if (!clip(f, &from, to))
		return 0;
	n = t->sum[to + 1] - t->sum[from];
	return from == (int)f->from && f->lost ? (n > f->lost ? n - f->lost : 0) : n;
}

/* Few samples of the seconds around a window are no witness, whatever they are of. */
static bool is_supported(const struct bout *b, const struct trial *t, const struct follow *f,
			 int end, unsigned n, int newest)
{
	unsigned back = b->c->known || n > SUPPORT_BINS ? n : SUPPORT_BINS;

	return samples_in(t, f, end - (int)back + 1, newest) >= b->c->support;
}

/*
 * What the engine takes for usual a second, in samples: a mean over two minutes, so it is off by
 * chance, and it learns from the attack itself as long as nothing is open.
 */
static double learnt_in(const struct bout *b, const struct trial *t, int bin)
{
	double learnt = b->c->explained / b->c->sampling + t->off_in, ordinary;
	int until = bin - USUAL_LAG * BINS_PER_S, first = (int)t->first;

	if (until <= first)
		return learnt;
	ordinary = b->c->usual / b->c->sampling * (until - first) / BINS_PER_S;
	return learnt + fmax(t->sum[until] - t->sum[first] - ordinary, 0) / USUAL_SECONDS;
}

/* What of a window is explained is the usual, and what its own sending grew by chance. */
static bool is_over_usual(const struct bout *b, const struct trial *t, const struct follow *f,
			  unsigned i, int end)
{
	const struct blind_case *c = b->c;
	int from = end - (int)window_bins[i] + 1;
	double seconds = (double)window_bins[i] / BINS_PER_S, away, sent, x;

	x = samples_in(t, f, from, end);
	away = learnt_in(b, t, end) * seconds;
	if (b->sent_n && clip(f, &from, end)) {
		sent = t->sent[end + 1] - t->sent[from];
		away += c->answers *
			fmax(sent - (c->answering / c->sampling + t->off_sent) * seconds, 0);
	}
	return x > away && is_over(c, x, c->threshold * seconds / c->sampling, away);
}

static bool window_over(const struct bout *b, const struct trial *t, const struct follow *f,
			unsigned i, int end)
{
	int from = end - (int)window_bins[i] + 1;

	if (b->c->explained > 0)
		return is_over_usual(b, t, f, i, end);
	return samples_in(t, f, from, end) >= b->least[i];
}

/* The look at the end of a bin in which something came. */
static bool look(const struct bout *b, const struct trial *t, const struct follow *f, int bin)
{
	int back = b->c->support ? LOOKS_BACK : 0;

	for (unsigned i = 0; i < WINDOWS; i++)
		for (int end = bin; end >= bin - back && end >= 0; end--)
			if (window_over(b, t, f, i, end) &&
			    (!back || is_supported(b, t, f, end, window_bins[i], bin)))
				return true;
	return false;
}

static bool trial_finds(struct trial *t, const struct bout *b, uint64_t number)
{
	struct follow f = {0};
	struct course course = trial_begin(t, b, number);
	unsigned last = t->bins;

	if (b->c->known)
		f.limit = STANDS_OUT * b->c->usual / b->c->sampling + b->busy;
	f.history_at = t->first + b->c->history_s * BINS_PER_S - t->second_at;

	if (b->c->learnt_s && last > t->first + b->c->learnt_s * BINS_PER_S - t->second_at)
		last = t->first + b->c->learnt_s * BINS_PER_S - t->second_at;
	for (unsigned i = 0; i < last; i++) {
		draw_bin(t, b, &course, number, i);
		follow_bin(&f, b, t, i);
		if (!f.followed)
			continue;
		if (i >= t->first && t->sum[i + 1] > t->sum[i] && look(b, t, &f, (int)i))
			return true;
		if (!b->c->known && !b->c->link && i >= f.out + CALM_BINS)
			f.followed = false;
	}
	return false;
}

/*
 * The trials that are not settled yet. An attack that is found is found at any higher rate, for the
 * random numbers are the same: so of a search for a rate most trials are soon settled.
 */
struct search {
	struct trial trial;
	uint32_t open[TRIALS];
	unsigned n_open, found; /* open ones; those that are found at all sizes in question */
	bool seen[TRIALS];
};

static double search_at(struct search *s, const struct blind_case *c, double pps)
{
	unsigned found = s->found;
	struct bout b;

	if (bout_begin(&b, c, pps) < 0) {
		bout_end(&b);
		return -1;
	}
	for (unsigned i = 0; i < s->n_open; i++) {
		s->seen[i] = trial_finds(&s->trial, &b, s->open[i]);
		found += s->seen[i];
	}
	bout_end(&b);
	return (double)found / TRIALS;
}

/* Only those are left whose answer lies between: @above the last size were asked, or below. */
static void settle(struct search *s, bool above)
{
	unsigned n = 0;

	for (unsigned i = 0; i < s->n_open; i++) {
		if (s->seen[i] == above)
			s->found += above;
		else
			s->open[n++] = s->open[i];
	}
	s->n_open = n;
}

static struct search *search_new(void)
{
	struct search *s = calloc(1, sizeof(*s));

	for (unsigned i = 0; s && i < TRIALS; i++)
		s->open[i] = i;
	if (s)
		s->n_open = TRIALS;
	return s;
}

double blind_chance(const struct blind_case *c, double pps)
{
	struct search *s = search_new();
	double chance = s ? search_at(s, c, pps) : -1;

	free(s);
	return chance;
}

/*
 * Where the search begins: the rate whose mean is the least count of some window. Of a fixed row of
 * sizes, so that cases that differ in nothing that matters come to the same figure.
 */
static double guess(const struct blind_case *c)
{
	double best = INFINITY;

	for (unsigned i = 0; i < WINDOWS; i++) {
		double seconds = (double)window_bins[i] / BINS_PER_S;
		double k = least_samples(c, window_bins[i]);

		if (k < c->support)
			k = c->support;
		k = (k + sqrt(k)) * c->sampling / fmin(seconds, c->seconds);
		best = k < best && (i == 0 || c->sampling > 1) ? k : best;
	}
	return pow(STRIDE, ceil(log(best) / log(STRIDE)));
}

#define CERTAIN 0.9995

static double search_size(struct search *s, const struct blind_case *c, double *confidence)
{
	double lo = 0, hi = 0, at = guess(c), chance;

	for (unsigned i = 0; i < STEPS && (lo == 0 || hi == 0 || hi / lo > CLOSE); i++) {
		chance = search_at(s, c, at);
		if (chance < 0)
			return -1;
		settle(s, chance < c->confidence);
		if (chance < c->confidence) {
			lo = at;
			at = hi > 0 ? sqrt(lo * hi) : lo * STRIDE;
			continue;
		}
		hi = at;
		at = lo > 0 ? sqrt(lo * hi) : hi / STRIDE;
		*confidence = chance >= CERTAIN ? 1 : c->confidence;
	}
	return hi > 0 ? hi : INFINITY;
}

/* Every packet is seen, and a whole window of it: the threshold itself, or what is left of it. */
static bool is_certain(const struct blind_case *c)
{
	return c->sampling <= 1 && c->seconds * BINS_PER_S >= BINS_PER_S + 1 && !c->link;
}

double blind_size(const struct blind_case *c, double *confidence)
{
	struct search *s;
	double pps;

	*confidence = c->confidence;
	if (is_certain(c)) {
		double left = c->threshold + c->explained - c->usual;

		*confidence = 1;
		return left > 0 ? left : 0;
	}
	s = search_new();
	pps = s ? search_size(s, c, confidence) : -1;
	free(s);
	return pps;
}
