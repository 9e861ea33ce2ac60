/* SPDX-License-Identifier: ISC */
/*
 * The points. A target or a link must carry a proposal (time alone is everybody's), and what cannot
 * be (an attack that began after the notice came, and not about when it announced one; another
 * address than the told one) weighs more than what is only unlikely, since people are often wrong
 * in one thing and seldom in two.
 */
#include "judge/match.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define MINUTE_US    (60 * US_PER_S)
#define HOUR_US	     (60 * MINUTE_US)
#define DAY_US	     (24 * HOUR_US)
#define NEAR_US	     (15 * MINUTE_US) /* rounded to a quarter of an hour */
#define ZONE_NEAR    (35 * MINUTE_US) /* the same beside a wrong zone, with its own rounding */
#define FEW_HOURS_US (3 * HOUR_US)
#define WIDE_US	     (20 * HOUR_US) /* a told span that only names a day */
#define ONE_STROKE   64		    /* longest text that is compared stroke by stroke */

static const int target_points[] = {
	[MATCH_TARGET_NOT_TOLD] = 0, [MATCH_TARGET_SAME] = 400,	 [MATCH_TARGET_INSIDE] = 300,
	[MATCH_TARGET_NAME] = 360,   [MATCH_TARGET_TYPED] = 210, [MATCH_TARGET_BESIDE] = 60,
	[MATCH_TARGET_OTHER] = -300,
};

static const int time_points[] = {
	[MATCH_TIME_NOT_TOLD] = 0,    [MATCH_TIME_OVERLAPS] = 300, [MATCH_TIME_SAME_DAY] = 200,
	[MATCH_TIME_MINUTES] = 270,   [MATCH_TIME_HOUR] = 190,	   [MATCH_TIME_HOURS] = 60,
	[MATCH_TIME_HOME_ZONE] = 170, [MATCH_TIME_ZONE] = 60,	   [MATCH_TIME_DAY] = 60,
	[MATCH_TIME_BEFORE] = 120,    [MATCH_TIME_WEEK] = 20,	   [MATCH_TIME_LATER] = -600,
	[MATCH_TIME_OTHER] = -350,
};

static const int vector_points[] = {[MATCH_VECTOR_NOT_TOLD] = 0,
				    [MATCH_VECTOR_SAME] = 160,
				    [MATCH_VECTOR_FAMILY] = 60,
				    [MATCH_VECTOR_OTHER] = -70};

static const int link_points[] = {
	[MATCH_LINK_NOT_TOLD] = 0, [MATCH_LINK_SAME] = 80, [MATCH_LINK_OTHER] = -60};
#define CLOSE_POINTS	   20
#define TWO_MISTAKES	   250 /* another address, and another zone or day too */
#define TWO_USUAL_MISTAKES 120
#define MATCH_LINK_ALONE   220 /* the link where no target was told */

/* At most one letter more, less, other, or two changed places. */
static bool one_stroke(const char *a, const char *b)
{
	size_t na = strlen(a), nb = strlen(b), head = 0, tail = 0, da, db;

	if (na > ONE_STROKE || nb > ONE_STROKE)
		return false;
	while (head < na && head < nb && a[head] == b[head])
		head++;
	while (tail < na - head && tail < nb - head && a[na - 1 - tail] == b[nb - 1 - tail])
		tail++;
	da = na - head - tail;
	db = nb - head - tail;
	if (da <= 1 && db <= 1)
		return true;
	return da == 2 && db == 2 && a[head] == b[head + 1] && a[head + 1] == b[head];
}

/* "Site 05" and "site-05" are one name. */
static void plain_name(const char *s, char *out, size_t room)
{
	size_t n = 0;

	for (; *s && n + 1 < room; s++)
		if ((unsigned char)*s >= 0x80 || isalnum((unsigned char)*s))
			out[n++] = (char)tolower((unsigned char)*s);
	out[n] = '\0';
}

static unsigned beside_len(const struct prefix *p)
{
	return ip_is_v4(&p->addr) ? PREFIX_V4_BASE + 24 : 64;
}

static bool same_family(const struct prefix *a, const struct prefix *b)
{
	return ip_is_v4(&a->addr) == ip_is_v4(&b->addr);
}

/* The length behind a told "/", in the 128-bit form of @target's family; 0 none. */
static unsigned told_len(const char *told, const struct prefix *target)
{
	const char *slash = strrchr(told, '/');
	int len = slash ? atoi(slash + 1) : 0;
	unsigned base = ip_is_v4(&target->addr) ? PREFIX_V4_BASE : 0;

	return len > 0 && base + (unsigned)len <= 128 ? base + (unsigned)len : 0;
}

/* A told target against ours, one stroke off: the same length, our own bits. */
static bool typed(const struct notice_target *t, const struct prefix *target)
{
	unsigned len = told_len(t->told, target);
	char text[PREFIX_TEXT_MAX];
	struct prefix as = *target;

	if (len && target->len > len)
		as = prefix_of(&target->addr, len);
	return one_stroke(t->told, prefix_format(&as, text));
}

static enum match_target fit_prefix(const struct notice_target *t, const struct prefix *target)
{
	unsigned len = beside_len(target);

	if (t->kind == NOTICE_NAME)
		return typed(t, target) ? MATCH_TARGET_TYPED : MATCH_TARGET_OTHER;
	if (prefix_equal(&t->prefix, target))
		return MATCH_TARGET_SAME;
	if (same_family(&t->prefix, target) &&
	    (prefix_covers(&t->prefix, target) || prefix_covers(target, &t->prefix)))
		return MATCH_TARGET_INSIDE;
	if (typed(t, target))
		return MATCH_TARGET_TYPED;
	if (same_family(&t->prefix, target) && target->len >= len && t->prefix.len >= len &&
	    prefix_contains(&(struct prefix){ip_mask(&target->addr, len), (uint8_t)len},
			    &t->prefix.addr))
		return MATCH_TARGET_BESIDE;
	return MATCH_TARGET_OTHER;
}

static bool fits_name(const char *told, const struct match_candidate *c)
{
	char a[NOTICE_WORD_MAX], b[NOTICE_WORD_MAX];

	plain_name(told, a, sizeof(a));
	for (unsigned i = 0; i < c->n_names; i++) {
		plain_name(c->name[i], b, sizeof(b));
		/* "www.site-05.example" holds the name; a short one would be found anywhere. */
		if (*b && (strcmp(a, b) == 0 || (strlen(b) >= 5 && strstr(a, b))))
			return true;
	}
	return false;
}

static enum match_target fit_target(const struct notice *n, const struct match_candidate *c)
{
	enum match_target best = MATCH_TARGET_OTHER;

	if (!n->n_targets)
		return MATCH_TARGET_NOT_TOLD;
	for (size_t i = 0; i < n->n_targets; i++) {
		if (n->target[i].kind == NOTICE_NAME && fits_name(n->target[i].told, c) &&
		    best > MATCH_TARGET_NAME)
			best = MATCH_TARGET_NAME;
		for (unsigned j = 0; j < c->n_targets; j++) {
			enum match_target fit = fit_prefix(&n->target[i], &c->target[j]);

			best = fit < best ? fit : best;
		}
	}
	return best;
}

/* Between two spans, 0 where they overlap. */
static int64_t gap_us(int64_t a_from, int64_t a_until, int64_t b_from, int64_t b_until)
{
	if (a_until < b_from)
		return b_from - a_until;
	return b_until < a_from ? a_from - b_until : 0;
}

struct told_span {
	int64_t from_us, until_us;
	bool told;
};

static struct told_span span_of(const struct notice *n)
{
	struct told_span s = {n->from_us, n->until_us, true};

	if (s.from_us == TIME_NONE && s.until_us == TIME_NONE)
		return (struct told_span){.told = false};
	if (s.from_us == TIME_NONE)
		s.from_us = s.until_us - 10 * MINUTE_US;
	if (s.until_us == TIME_NONE)
		s.until_us = s.from_us + 10 * MINUTE_US;
	return s;
}

static int64_t end_of(const struct match_candidate *c, const struct notice *n)
{
	int64_t now_us = n->received_us;

	return c->going_on && now_us != TIME_NONE && now_us > c->last_us ? now_us : c->last_us;
}

static int64_t gap_shifted(const struct told_span *s, const struct match_candidate *c,
			   int64_t end_us, int64_t shift_us)
{
	return gap_us(s->from_us + shift_us, s->until_us + shift_us, c->first_us, end_us);
}

static bool fits_shifted(const struct told_span *s, const struct match_candidate *c, int64_t end_us,
			 int minutes)
{
	return gap_shifted(s, c, end_us, minutes * MINUTE_US) <= ZONE_NEAR;
}

/*
 * Another zone than ours: any whole hour from UTC-12 to UTC+14, and the half and quarter hours that
 * there are (IANA time zone data). So many fit anything that lies within half a day.
 */
static bool zone_fits(const struct told_span *s, const struct match_candidate *c, int64_t end_us,
		      int *minutes)
{
	static const int odd[] = {210, 270, 330, 345, 390, 570, 630};
	int64_t best = ZONE_NEAR + 1;

	for (int i = -14 * 60; i <= 14 * 60; i += 60) {
		int64_t gap = gap_shifted(s, c, end_us, i * MINUTE_US);

		if (i && gap < best) {
			best = gap;
			*minutes = i;
		}
	}
	for (size_t i = 0; best > 5 * MINUTE_US && i < 2 * ARRAY_LEN(odd); i++) {
		int m = odd[i / 2] * (i % 2 ? -1 : 1);

		if (gap_shifted(s, c, end_us, m * MINUTE_US) == 0) {
			best = 0;
			*minutes = m;
		}
	}
	return best <= ZONE_NEAR;
}

static bool home_zone_fits(const struct told_span *s, const struct match_candidate *c,
			   int64_t end_us, int home, int *minutes)
{
	if (home && fits_shifted(s, c, end_us, home))
		*minutes = home;
	else if (home && fits_shifted(s, c, end_us, -home))
		*minutes = -home;
	else
		return false;
	return true;
}

static enum match_time fit_untold(const struct notice *n, const struct match_candidate *c)
{
	int64_t since;

	if (n->received_us == TIME_NONE)
		return MATCH_TIME_NOT_TOLD;
	since = n->received_us - end_of(c, n);
	return since <= DAY_US	     ? MATCH_TIME_BEFORE
	       : since <= 7 * DAY_US ? MATCH_TIME_WEEK
				     : MATCH_TIME_OTHER;
}

/* A day was told, or only the hour from which on it was. */
static bool on_the_day(const struct notice *n, const struct told_span *s,
		       const struct match_candidate *c, int64_t gap)
{
	if (s->until_us - s->from_us >= WIDE_US)
		return gap == 0;
	return n->until_us == TIME_NONE && n->from_us % HOUR_US == 0 && c->first_us > n->from_us &&
	       c->first_us < n->from_us + DAY_US;
}

static enum match_time fit_wrong(const struct told_span *s, const struct match_candidate *c,
				 int64_t end_us, int home, int *minutes)
{
	int64_t gap = gap_shifted(s, c, end_us, 0);
	bool wide = s->until_us - s->from_us >= WIDE_US;

	if (!wide && home_zone_fits(s, c, end_us, home, minutes))
		return MATCH_TIME_HOME_ZONE;
	if (gap <= FEW_HOURS_US)
		return MATCH_TIME_HOURS;
	if (!wide && zone_fits(s, c, end_us, minutes))
		return MATCH_TIME_ZONE;
	if (gap_shifted(s, c, end_us, DAY_US) <= NEAR_US ||
	    gap_shifted(s, c, end_us, -DAY_US) <= NEAR_US)
		return MATCH_TIME_DAY;
	return MATCH_TIME_OTHER;
}

/* When the notice had come. */
static bool is_later(const struct notice *n, int64_t us)
{
	return n->received_us != TIME_NONE && us > n->received_us + NEAR_US;
}

static enum match_time fit_time(const struct notice *n, const struct match_candidate *c, int home,
				int *minutes)
{
	struct told_span s = span_of(n);
	int64_t end_us = end_of(c, n), gap;
	bool wide = s.told && s.until_us - s.from_us >= WIDE_US, later = is_later(n, c->first_us);

	/* Unless it told of what is to come, as a blackmailer's letter does. */
	if (later && !(s.told && is_later(n, s.from_us)))
		return MATCH_TIME_LATER;
	if (!s.told)
		return fit_untold(n, c);
	gap = gap_shifted(&s, c, end_us, 0);
	if (gap == 0 && !wide)
		return MATCH_TIME_OVERLAPS;
	if (gap <= NEAR_US && !wide)
		return MATCH_TIME_MINUTES;
	if (on_the_day(n, &s, c, gap))
		return MATCH_TIME_SAME_DAY;
	if (gap <= HOUR_US - 10 * MINUTE_US && !wide)
		return MATCH_TIME_HOUR;
	if (later)
		return gap <= FEW_HOURS_US ? MATCH_TIME_HOURS : MATCH_TIME_LATER;
	return fit_wrong(&s, c, end_us, home, minutes);
}

/* Up to so many points more for each end that fits to the minute: what tells neighbours apart that
 * were hit together. */
static int closeness(const struct notice *n, const struct match_candidate *c, int minutes)
{
	int64_t shift_us = minutes * MINUTE_US;
	int points = 0;

	if (n->from_us != TIME_NONE) {
		int64_t off = (n->from_us + shift_us - c->first_us) / MINUTE_US;

		off = off < 0 ? -off : off;
		points += off < CLOSE_POINTS ? (int)(CLOSE_POINTS - off) : 0;
	}
	if (n->until_us != TIME_NONE && !c->going_on) {
		int64_t off = (n->until_us + shift_us - c->last_us) / MINUTE_US;

		off = off < 0 ? -off : off;
		points += off < CLOSE_POINTS ? (int)(CLOSE_POINTS - off) : 0;
	}
	return points;
}

/* What is confused with each other: by protocol, as somebody sees it who looks at a picture. */
static int family(enum vector v)
{
	static const uint8_t of[VECTOR_COUNT] = {
		[VECTOR_SYN_FLOOD] = 1,	     [VECTOR_SYNACK_REFLECTION] = 1,
		[VECTOR_RST_FLOOD] = 1,	     [VECTOR_ACK_FLOOD] = 1,
		[VECTOR_CONN_FLOOD] = 1,     [VECTOR_HTTP_FLOOD] = 1,
		[VECTOR_UDP_FLOOD] = 2,	     [VECTOR_AMPLIFICATION] = 2,
		[VECTOR_FRAGMENT_FLOOD] = 2, [VECTOR_DNS_QUERY_FLOOD] = 2,
		[VECTOR_QUIC_FLOOD] = 2,     [VECTOR_ICMP_FLOOD] = 3,
		[VECTOR_PROTO_FLOOD] = 4,    [VECTOR_MALFORMED] = 4,
	};

	return of[v];
}

static enum match_vector fit_vector(const struct notice *n, const struct match_candidate *c)
{
	enum match_vector best = MATCH_VECTOR_NOT_TOLD;

	for (size_t i = 0; i < n->n_vectors; i++) {
		const struct notice_vector *told = &n->vector[i];

		for (unsigned j = 0; told->known && j < c->n_vectors; j++) {
			bool same = told->vector == c->vector[j].vector &&
				    (!told->port || !c->vector[j].port ||
				     told->port == c->vector[j].port);

			if (same)
				return MATCH_VECTOR_SAME;
			if (family(told->vector) == family(c->vector[j].vector))
				best = MATCH_VECTOR_FAMILY;
			else if (best == MATCH_VECTOR_NOT_TOLD)
				best = MATCH_VECTOR_OTHER;
		}
	}
	return best;
}

static enum match_link fit_link(const struct notice *n, const struct match_candidate *c)
{
	if (!n->n_links || !c->n_links)
		return MATCH_LINK_NOT_TOLD;
	for (size_t i = 0; i < n->n_links; i++) {
		for (unsigned j = 0; j < c->n_links; j++) {
			char a[NOTICE_WORD_MAX], b[NOTICE_WORD_MAX];

			plain_name(n->link[i].name, a, sizeof(a));
			plain_name(c->link[j], b, sizeof(b));
			if (*a && strcmp(a, b) == 0)
				return MATCH_LINK_SAME;
		}
	}
	return MATCH_LINK_OTHER;
}

static bool other_target(const struct match *m)
{
	return m->target == MATCH_TARGET_TYPED || m->target == MATCH_TARGET_BESIDE;
}

struct match match_one(const struct notice *n, const struct match_candidate *c, int home_minutes)
{
	struct match m = {
		.target = fit_target(n, c), .vector = fit_vector(n, c), .link = fit_link(n, c)};

	m.time = fit_time(n, c, home_minutes, &m.zone_minutes);
	m.score = target_points[m.target] + time_points[m.time] + vector_points[m.vector] +
		  link_points[m.link];
	if (m.time == MATCH_TIME_OVERLAPS || m.time == MATCH_TIME_MINUTES ||
	    m.time == MATCH_TIME_HOME_ZONE)
		m.score += closeness(n, c, m.zone_minutes);
	if (m.target == MATCH_TARGET_NOT_TOLD && m.link == MATCH_LINK_SAME)
		m.score += MATCH_LINK_ALONE - link_points[MATCH_LINK_SAME];
	if (other_target(&m) && (m.time == MATCH_TIME_ZONE || m.time == MATCH_TIME_DAY))
		m.score -= TWO_MISTAKES;
	if (other_target(&m) && m.time == MATCH_TIME_HOME_ZONE)
		m.score -= TWO_USUAL_MISTAKES;
	/* Without a target or a link there is nothing that speaks for this one. */
	if (m.target == MATCH_TARGET_NOT_TOLD && m.link != MATCH_LINK_SAME)
		m.score = 0;
	return m;
}

void match_of_incident(const struct incident *inc, struct match_candidate *out)
{
	unsigned which[FINDING_VECTORS_MAX], n = incident_vectors(inc, which);

	*out = (struct match_candidate){.id = inc->id,
					.first_us = inc->f.first_us,
					.last_us = inc->f.last_us,
					.going_on = inc->f.state != FINDING_CLOSED};
	if (inc->f.level == LEVEL_HOST || inc->f.level == LEVEL_PREFIX)
		out->target[out->n_targets++] = inc->f.target;
	for (unsigned i = 0; i < inc->f.n_children && out->n_targets < MATCH_TARGETS_MAX; i++)
		out->target[out->n_targets++] = prefix_of(&inc->f.children[i], 128);
	if (*inc->object)
		out->name[out->n_names++] = inc->object;
	for (unsigned i = 0; i < n; i++) {
		out->vector[i].vector = inc->f.vectors[which[i]].vector;
		out->vector[i].port = inc->f.vectors[which[i]].port;
	}
	out->n_vectors = n;
	for (unsigned i = 0; i < inc->f.n_links; i++)
		if (*inc->links[i].link)
			out->link[out->n_links++] = inc->links[i].link;
}

void match_of_notice(const struct notice *n, const char *id, struct match_candidate *out)
{
	struct told_span s = span_of(n);

	*out = (struct match_candidate){.id = id,
					.first_us = s.told			  ? s.from_us
						    : n->received_us == TIME_NONE ? 0
										  : n->received_us,
					.last_us = s.told			 ? s.until_us
						   : n->received_us == TIME_NONE ? 0
										 : n->received_us};
	for (size_t i = 0; i < n->n_targets; i++) {
		if (n->target[i].kind != NOTICE_NAME)
			out->target[out->n_targets++] = n->target[i].prefix;
		else if (out->n_names < MATCH_NAMES_MAX)
			out->name[out->n_names++] = n->target[i].told;
	}
	for (size_t i = 0; i < n->n_vectors; i++) {
		if (!n->vector[i].known)
			continue;
		out->vector[out->n_vectors].vector = n->vector[i].vector;
		out->vector[out->n_vectors++].port = n->vector[i].port;
	}
	for (size_t i = 0; i < n->n_links; i++)
		out->link[out->n_links++] = n->link[i].name;
}
