/* SPDX-License-Identifier: ISC */
/*
 * How bad is it: a table of rules, each of which looks at one thing of the incident. What a rule
 * has no data for it does not speak of. Rules of the target itself (its line, its threshold, its
 * connections) speak only of what is protected; those of what others share speak always.
 */
#include "duty/severity.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "duty/brief_words.h"

#define LINE_BAD	0.80 /* of the access line: little is left for anybody else */
#define LINE_FELT	0.30
#define LINK_SUFFERS	0.20 /* of a full link's load: without the attack it would not be full */
#define LINK_BAD	0.50 /* of a link's capacity */
#define LINK_FELT	0.20
#define BYSTANDERS_MANY 3
#define HOSTS_MANY	16
#define OBJECTS_MANY	3
#define OVER_BAD	10 /* times the threshold */
#define OVER_FELT	3
#define BEGUN_LEAST	100 /* connections, below which a share says nothing */
#define DONE_BAD	0.10
#define LONG_US		(3600 * US_PER_S)

struct look {
	const struct severity_input *in;
	const struct incident *inc;
	enum severity_target target;
	const char *object[WORDS_OBJECTS_MAX]; /* protected ones that are hit */
	unsigned n_objects;
	bool outgoing;
	unsigned link_level; /* what RULE_LINK said, 4 nothing: outgoing attacks ask */
	unsigned worst;	     /* of the rules before, for those that only raise */
};

struct rule {
	enum severity_rule rule;
	bool of_target; /* speaks of a protected target, what is outgoing not */
	bool shared;	/* concerns others, whatever the target's contract is */
	bool (*speaks)(struct look *l, struct severity_reason *r);
};

static void set_name(struct severity_reason *r, const char *name)
{
	size_t n = strlen(name);
	struct prefix p;

	/* A name that is an address stays out: it may be that of a bystander. */
	if (prefix_parse(name, true, &p) == 0)
		return;
	/* Whole characters. */
	if (n >= sizeof(r->name))
		for (n = sizeof(r->name) - 1; n > 0 && ((unsigned char)name[n] & 0xc0) == 0x80; n--)
			;
	memset(r->name, 0, sizeof(r->name));
	memcpy(r->name, name, n);
}

/* The level of the first bound that @figure reaches, 0 below all. */
static unsigned by_bounds(double figure, double two, double three)
{
	return figure >= two ? 2 : figure >= three ? 3 : 0;
}

static bool look_protected(struct look *l, struct severity_reason *r)
{
	static const unsigned levels[] = {[TARGET_UNPROTECTED] = 4,
					  [TARGET_PROTECTED] = 3,
					  [TARGET_SHARED] = 3,
					  [TARGET_SCAN] = 4};

	if (l->outgoing && l->target != TARGET_SCAN)
		return false;
	r->level = levels[l->target];
	r->figure = l->target;
	if (l->target == TARGET_PROTECTED)
		set_name(r, l->object[0]);
	return true;
}

static bool look_line(struct look *l, struct severity_reason *r)
{
	const struct incident *inc = l->inc;

	if (!inc->line_bps || !inc->f.peak_bps)
		return false;
	r->figure = (double)inc->f.peak_bps / (double)inc->line_bps;
	r->level = by_bounds(r->figure, LINE_BAD, LINE_FELT);
	r->at_least = !inc->f.sampling_known;
	return r->level != 0;
}

static void name_of(const struct path_at *at, char *buf)
{
	if (at->link[0])
		snprintf(buf, SEVERITY_LINK_MAX, "%s", at->link);
	else
		snprintf(buf, SEVERITY_LINK_MAX, "%.63s#%u", at->exporter, at->input);
}

char *severity_link(const struct incident *inc, char *buf)
{
	struct path_at at = {.input = 0};

	buf[0] = '\0';
	if (inc->f.level == LEVEL_LINK) {
		memcpy(at.exporter, inc->target_link.exporter, sizeof(at.exporter));
		at.input = inc->target_link.input;
		for (unsigned i = 0; i < inc->f.n_links; i++)
			if (inc->links[i].input == at.input &&
			    strcmp(inc->links[i].exporter, at.exporter) == 0)
				memcpy(at.link, inc->links[i].link, sizeof(at.link));
		name_of(&at, buf);
	} else if (inc->path && inc->path->n_rows) {
		name_of(&inc->path->row[0].at, buf);
	} else if (inc->f.n_links) {
		memcpy(at.exporter, inc->links[0].exporter, sizeof(at.exporter));
		memcpy(at.link, inc->links[0].link, sizeof(at.link));
		at.input = inc->links[0].input;
		name_of(&at, buf);
	}
	return buf;
}

/* A link as RULE_LINK looks at it, from the way or, without one, from the list of links. */
struct link_load {
	char name[SEVERITY_LINK_MAX];
	double attack_bps, load_bps, capacity_bps;
	bool near;
};

static bool link_at(const struct look *l, unsigned i, struct link_load *to)
{
	const struct incident *inc = l->inc;
	double peak = (double)inc->f.peak_bps;

	memset(to, 0, sizeof(*to));
	if (inc->path && inc->path->n_rows) {
		const struct path_row *row = &inc->path->row[i];

		if (i >= inc->path->n_rows)
			return false;
		name_of(&row->at, to->name);
		to->attack_bps = peak * (row->bytes ? row->byte_share : row->share);
		to->load_bps = (double)(row->load_bps ? row->load_bps : row->load_most_bps);
		to->capacity_bps = (double)row->capacity_bps;
		to->near = path_near(row);
		return true;
	}
	if (i >= inc->f.n_links)
		return false;
	snprintf(to->name, sizeof(to->name), "%s", inc->links[i].link);
	if (!to->name[0])
		snprintf(to->name, sizeof(to->name), "%.63s#%u", inc->links[i].exporter,
			 inc->links[i].input);
	to->attack_bps = peak * inc->links[i].share;
	to->capacity_bps = (double)inc->links[i].capacity_bps;
	if (i == 0) {
		/* What is known of the load is that of the busiest. */
		to->load_bps = (double)inc->f.link_peak_bps;
		to->near = to->capacity_bps > 0 &&
			   to->load_bps * 100 >=
				   to->capacity_bps * (double)l->in->conf->thresholds.link_percent;
	}
	return true;
}

static bool look_link(struct look *l, struct severity_reason *r)
{
	struct link_load at;

	for (unsigned i = 0; link_at(l, i, &at); i++) {
		double full = at.capacity_bps > 0 ? at.load_bps / at.capacity_bps : 0;
		double share = at.capacity_bps > 0 ? at.attack_bps / at.capacity_bps : 0;
		bool suffers = at.near && full > 0 && at.attack_bps >= LINK_SUFFERS * at.load_bps;
		unsigned level = suffers ? 1 : by_bounds(share, LINK_BAD, LINK_FELT);
		double figure = suffers ? full : share;

		if (!level || (r->level && level > r->level) ||
		    (level == r->level && figure <= r->figure))
			continue;
		r->level = level;
		r->figure = figure;
		r->name[0] = '\0';
		set_name(r, at.name);
	}
	r->at_least = r->level && !l->inc->f.sampling_known;
	if (r->level)
		l->link_level = r->level;
	/* What leaves is judged by its own rule, which asks for a link that suffers. */
	return r->level && !l->outgoing;
}

static bool look_bystanders(struct look *l, struct severity_reason *r)
{
	const struct incident_path *p = l->inc->path;
	unsigned lost = p ? p->n_lost + p->more_lost : 0;

	for (unsigned i = 0; p && i < p->n_services; i++) {
		if (p->service[i].risk != RISK_LOST)
			continue;
		if (!r->figure)
			set_name(r, p->service[i].name);
		r->figure += 1;
	}
	if (r->figure > 0 && r->name[0]) {
		r->level = 1;
		return true;
	}
	if (r->figure > lost)
		lost = (unsigned)r->figure;
	r->level = r->figure > 0 || lost >= BYSTANDERS_MANY ? 1 : 2;
	r->figure = lost;
	return lost != 0;
}

static bool look_spread(struct look *l, struct severity_reason *r)
{
	char link[SEVERITY_LINK_MAX];
	unsigned objects = l->in->objects_now > l->n_objects ? l->in->objects_now : l->n_objects;

	if (l->outgoing)
		return false;
	r->level = 2;
	if (objects >= OBJECTS_MANY) {
		r->figure = objects;
		set_name(r, severity_link(l->inc, link));
		if (r->name[0])
			return true;
	}
	r->figure = (double)l->inc->f.hosts_hit;
	r->at_least = !l->inc->f.sampling_known;
	return l->inc->f.hosts_hit >= HOSTS_MANY || l->n_objects >= OBJECTS_MANY;
}

static bool look_over(struct look *l, struct severity_reason *r)
{
	const struct finding *f = &l->inc->f;

	for (unsigned i = 0; i < f->n_vectors; i++) {
		const struct finding_vector *v = &f->vectors[i];
		double times = v->threshold_pps && v->threshold_pps != RATE_NEVER
				       ? (double)v->peak_pps / (double)v->threshold_pps
				       : 0;

		if (v->over && times > r->figure)
			r->figure = times;
	}
	r->level = by_bounds(r->figure, OVER_BAD, OVER_FELT);
	r->at_least = !f->sampling_known;
	return r->level != 0;
}

static bool look_server(struct look *l, struct severity_reason *r)
{
	const struct finding *f = &l->inc->f;

	if (l->inc->class != CLASS_SERVER || !f->handshakes_visible ||
	    f->handshakes_begun < BEGUN_LEAST)
		return false;
	r->figure = (double)f->handshakes_done / (double)f->handshakes_begun;
	r->level = 2;
	return r->figure < DONE_BAD;
}

/* Those that raise a 3 to a 2, and say nothing of a 4. */

static bool look_duration(struct look *l, struct severity_reason *r)
{
	int64_t first_us = l->inc->f.first_us, last_us = l->inc->f.last_us;

	if (first_us == TIME_NONE || last_us == TIME_NONE || l->worst != 3 ||
	    last_us - first_us < LONG_US)
		return false;
	r->figure = (double)((last_us - first_us) / US_PER_S);
	r->level = 2;
	return true;
}

static bool look_lost_sight(struct look *l, struct severity_reason *r)
{
	int64_t last_us = l->inc->f.last_us, now_us = l->in->now_us;

	if (l->inc->f.state != FINDING_LOST_SIGHT || l->worst > 3)
		return false;
	if (last_us != TIME_NONE && now_us > last_us)
		r->figure = (double)((now_us - last_us) / US_PER_S);
	r->level = 2;
	return true;
}

static bool look_outgoing(struct look *l, struct severity_reason *r)
{
	if (!l->outgoing)
		return false;
	r->level = l->link_level == 1 ? 2 : 3;
	r->figure = (double)l->inc->f.peak_pps;
	r->at_least = !l->inc->f.sampling_known;
	return true;
}

/* clang-format off: a row stays a row. In the order in which the deciding one is told. */
static const struct rule rules[] = {
	{RULE_BYSTANDERS, false, true, look_bystanders},
	{RULE_LINK, false, true, look_link},
	{RULE_LINE, true, false, look_line},
	{RULE_SPREAD, false, true, look_spread},
	{RULE_SERVER, true, false, look_server},
	{RULE_OVER, true, false, look_over},
	{RULE_OUTGOING, false, false, look_outgoing},
	{RULE_PROTECTED, false, false, look_protected},
	/* Behind the others: these raise what they said. */
	{RULE_LOST_SIGHT, false, false, look_lost_sight},
	{RULE_DURATION, false, false, look_duration},
};
/* clang-format on */

static void look_at(struct look *l, const struct severity_input *in)
{
	const struct incident *inc = in->incident;
	const struct finding *f = &inc->f;

	*l = (struct look){.in = in, .inc = inc, .link_level = 4, .worst = 4};
	/* A prefix that is no object's may hold the hosts of many. */
	l->n_objects = words_objects_hit(inc, in->conf, l->object);
	l->outgoing = f->own_known && f->direction == DIRECTION_OUT;
	l->target = f->kind == FINDING_SCAN				  ? TARGET_SCAN
		    : f->level == LEVEL_LINK || f->level == LEVEL_NETWORK ? TARGET_SHARED
		    : l->n_objects					  ? TARGET_PROTECTED
									  : TARGET_UNPROTECTED;
}

/* Keeps the reasons in order: the worst first, of equals the earlier row. */
static void add(struct severity *out, const struct severity_reason *r)
{
	unsigned at = out->n_reasons;

	if (at >= SEVERITY_REASONS_MAX)
		return;
	for (; at > 0 && out->reason[at - 1].level > r->level; at--)
		out->reason[at] = out->reason[at - 1];
	out->reason[at] = *r;
	out->n_reasons++;
}

static unsigned milder(unsigned level)
{
	return level < 4 ? level + 1 : 4;
}

static unsigned worse(unsigned level)
{
	return level > 1 ? level - 1 : 1;
}

static void add_last(struct severity *out, enum severity_rule rule, double figure, const char *name)
{
	struct severity_reason *r = &out->reason[out->n_reasons];

	if (out->n_reasons >= SEVERITY_REASONS_MAX)
		return;
	memset(r, 0, sizeof(*r));
	r->rule = rule;
	r->level = out->level;
	r->figure = figure;
	snprintf(r->name, sizeof(r->name), "%s", name);
	out->n_reasons++;
}

static void step_measure(struct severity *out, enum measure_state measure, unsigned *shared)
{
	if (measure == MEASURE_NONE)
		return;
	out->level = measure == MEASURE_WORKS ? milder(out->level) : worse(out->level);
	*shared = measure == MEASURE_WORKS ? *shared + 1 : *shared - 1;
	add_last(out, RULE_MEASURE, measure, measure == MEASURE_WORKS ? "works" : "failed");
}

/* Of several objects that are hit the one whose contract asks for most; NULL: there is none. */
static const struct conf_object *strictest(const struct look *l)
{
	static const unsigned asks[] = {
		[CONTRACT_CRITICAL] = 3, [CONTRACT_STANDARD] = 2, [CONTRACT_BASIC] = 1};
	const struct conf_object *best = NULL;

	for (unsigned i = 0; i < l->n_objects; i++) {
		const struct conf_object *o = conf_object_named(l->in->conf, l->object[i]);

		if (o && (!best || asks[o->contract] > asks[best->contract]))
			best = o;
	}
	return best;
}

/* A basic contract makes nothing milder that others suffer from: @shared, what rules say of them.
 */
static void step_contract(struct severity *out, const struct look *l, unsigned shared)
{
	const struct conf_object *o = strictest(l);
	unsigned before = out->level, mild;

	if (!o || o->contract == CONTRACT_STANDARD)
		return;
	if (o->contract == CONTRACT_CRITICAL) {
		out->level = worse(out->level);
		if (out->level != before)
			add_last(out, RULE_CONTRACT, CONTRACT_CRITICAL, "critical");
		return;
	}
	mild = milder(out->level);
	if (mild > shared)
		mild = shared > out->level ? shared : out->level;
	if (mild == out->level)
		return;
	out->level = mild;
	add_last(out, RULE_CONTRACT, CONTRACT_BASIC, "basic");
}

void severity_judge(const struct severity_input *in, struct severity *out)
{
	unsigned shared = 5;
	struct look l;

	memset(out, 0, sizeof(*out));
	look_at(&l, in);
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		struct severity_reason r;

		memset(&r, 0, sizeof(r));
		r.rule = rules[i].rule;
		if (l.target == TARGET_SCAN && rules[i].rule != RULE_PROTECTED)
			continue;
		if (rules[i].of_target && (l.outgoing || l.target != TARGET_PROTECTED))
			continue;
		if (!rules[i].speaks(&l, &r))
			continue;
		add(out, &r);
		if (r.level < l.worst)
			l.worst = r.level;
		if (rules[i].shared && r.level < shared)
			shared = r.level;
	}
	out->level = l.worst;
	if (l.target == TARGET_SCAN)
		return;
	step_measure(out, in->measure, &shared);
	step_contract(out, &l, shared);
}
