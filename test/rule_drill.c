/* SPDX-License-Identifier: ISC */
/*
 * Rules held against the drill: one scenario with attacks that last and ordinary traffic before
 * them, through the whole house; from what is kept of the first ten seconds of each attack rules
 * are derived, and laid over every packet of the five minutes behind, whose truth the drill knows.
 * One JSON line. Flows are told late: AFTER says how long they are waited for before rules are
 * made.
 *
 * rule_drill names                          the scenarios
 * rule_drill SCENARIO SEED [FORMAT [SAMPLING [AFTER]]]
 *
 * Exit status 0 when it ran, whatever came of it; 1 when it could not; 2 for wrong usage.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "act/derive.h"
#include "base/clock.h"
#include "base/hash.h"
#include "cli/pipeline.h"
#include "cli/verb.h"
#include "drill/drill.h"
#include "observe/packet.h"

#define LINKTYPE_ETHERNET 1
#define AFTER_S		  10 /* and ten seconds are what the drill's truth is about */
#define JUDGED_US	  (300 * US_PER_S)
#define KNOWN_US	  (2 * US_PER_S)  /* how long it is known at least before rules are made */
#define PATIENCE_US	  (90 * US_PER_S) /* what nobody finds until then is told by hand */
#define LEAD_S		  420
#define HOLD_S		  312
#define ATTACKS_MAX	  512

static void decref_json(json_t **o)
{
	json_decref(*o);
}
#define _cleanup_json_ _cleanup_(decref_json)

struct share {
	uint64_t all, hit;
};

struct judged {
	struct prefix target;
	int64_t first_us, known_us, made_us; /* TIME_NONE: not yet */
	struct incident *incident;	     /* owned: as it was last told */
	struct evidence_record *seen; /* all to the target in the first ten seconds, sampled */
	uint64_t n_seen;
	bool by_hand, consented; /* consented: of ordinary traffic to it a sample may be kept */
	struct derived derived;
	double ms;   /* that deriving took */
	bool paused; /* it came back, but not within what is judged */
	struct share attack, good, opens;
};

struct run {
	struct drill *drill;
	struct conf *conf;
	struct pipeline pipeline;
	uint16_t capture, link;
	enum drill_format format;
	int64_t after_us;
	struct judged attack[ATTACKS_MAX];
	unsigned n, open; /* open: begun, and no rules yet */
	int failed;
};

/* ---- incidents ---- */

static bool concerns(const struct judged *j, const struct incident *inc)
{
	if (j->first_us == TIME_NONE || j->made_us != TIME_NONE || inc->f.last_us < j->first_us)
		return false;
	if (inc->f.level == LEVEL_HOST)
		return prefix_equal(&j->target, &inc->f.target);
	return inc->f.level == LEVEL_PREFIX && prefix_covers(&j->target, &inc->f.target);
}

/* The widest of those within a prefix, and of one the newest state. */
static bool replaces(const struct incident *inc, const struct incident *old)
{
	return !old || strcmp(inc->id, old->id) == 0 || inc->f.target.len < old->f.target.len;
}

static int on_incident(void *userdata, const struct incident *inc)
{
	struct run *r = userdata;

	for (unsigned i = 0; i < r->n; i++) {
		struct judged *j = &r->attack[i];

		if (!concerns(j, inc) || !replaces(inc, j->incident))
			continue;
		incident_free(j->incident);
		j->incident = incident_copy(inc, true);
		if (!j->incident)
			return -ENOMEM;
		if (j->known_us == TIME_NONE)
			j->known_us = inc->f.updated_us;
	}
	return 0;
}

/* ---- deriving ---- */

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* What a person could tell who saw that something is wrong: all that came since it began. */
static int tell_by_hand(struct judged *j)
{
	struct incident *inc = incident_new();

	if (!inc)
		return -ENOMEM;
	incident_free(j->incident);
	j->incident = inc;
	j->by_hand = true;
	inc->f.target = j->target;
	inc->f.level = j->target.len == 128 ? LEVEL_HOST : LEVEL_PREFIX;
	inc->evidence[SAMPLE_ATTACK].record = j->seen;
	inc->evidence[SAMPLE_ATTACK].n =
		(unsigned)(j->n_seen < EVIDENCE_MAX ? j->n_seen : EVIDENCE_MAX);
	j->seen = NULL;
	return 0;
}

static int make_rules(struct run *r, struct judged *j, int64_t now_us)
{
	double from;
	int e;

	if (!j->incident && tell_by_hand(j) < 0)
		return -ENOMEM;
	j->made_us = now_us;
	r->open--;
	from = now_ms();
	e = derive_rules(j->incident, r->conf, &j->derived);
	j->ms = now_ms() - from;
	j->incident = incident_free(j->incident);
	free(j->seen);
	j->seen = NULL;
	return e;
}

static bool is_due(const struct run *r, const struct judged *j, int64_t now_us)
{
	if (j->first_us == TIME_NONE || j->made_us != TIME_NONE ||
	    now_us < j->first_us + r->after_us)
		return false;
	if (j->incident)
		return now_us >= j->known_us + KNOWN_US;
	return now_us >= j->first_us + PATIENCE_US;
}

/* ---- packets ---- */

static int keep_seen(struct judged *j, const struct evidence_record *e)
{
	uint64_t n = j->n_seen++, at = n;

	if (!j->seen)
		j->seen = calloc(EVIDENCE_MAX, sizeof(*j->seen));
	if (!j->seen)
		return -ENOMEM;
	if (n >= EVIDENCE_MAX) /* Waterman's algorithm R */
		at = hash_u64(n, HASH_K0) % (n + 1);
	if (at < EVIDENCE_MAX)
		j->seen[at] = *e;
	return 0;
}

static bool hits(const struct derived *d, const struct evidence_record *e)
{
	for (unsigned i = 0; i < d->n; i++)
		if (rule_matches(&d->rule[i], e))
			return true;
	return false;
}

static void count(struct share *s, bool hit)
{
	s->all++;
	s->hit += hit;
}

static void judge_packet(struct judged *j, const struct evidence_record *e, bool of_attack,
			 int64_t now_us)
{
	bool hit;

	j->paused |= of_attack && !j->attack.all && now_us >= j->made_us + JUDGED_US;
	if (now_us < j->made_us || now_us >= j->made_us + JUDGED_US)
		return;
	hit = hits(&j->derived, e);
	count(of_attack ? &j->attack : &j->good, hit);
	if (!of_attack && e->flow.proto == PROTO_TCP &&
	    (e->flow.tcp_flags & (TH_SYN | TH_ACK | TH_RST)) == TH_SYN)
		count(&j->opens, hit);
}

static int show_attack(struct run *r, unsigned i, bool own, const struct evidence_record *e,
		       int64_t now_us)
{
	struct judged *j = &r->attack[i];

	if (own && j->first_us == TIME_NONE) {
		j->first_us = now_us;
		r->open++;
	}
	if (j->first_us == TIME_NONE)
		return 0;
	if (is_due(r, j, now_us) && make_rules(r, j, now_us) < 0)
		return -ENOMEM;
	if (!own && !prefix_contains(&j->target, &e->flow.dst))
		return 0;
	if (j->made_us != TIME_NONE)
		judge_packet(j, e, own, now_us);
	else if (now_us < j->first_us + AFTER_S * US_PER_S)
		return keep_seen(j, e);
	return 0;
}

/* What is behind an attack's rules is nothing to the detector any more, which spares much time. */
static bool is_fed(const struct run *r, int label)
{
	return label < 0 || label >= (int)r->n || r->attack[label].made_us == TIME_NONE;
}

static int on_frame(void *userdata, int64_t time_us, const uint8_t *bytes, size_t len,
		    size_t wirelen)
{
	struct run *r = userdata;
	int label = drill_packet_attack(r->drill), e = 0;
	struct evidence_record record = {
		.first_us = time_us, .last_us = time_us, .recv_us = time_us};
	struct packet packet;

	if (packet_decode(&packet, LINKTYPE_ETHERNET, bytes, len, wirelen))
		return 0;
	packet.flow.exporter = r->capture;
	packet.flow.in_link = r->link;
	packet.side.flags |= FLOW_SAMPLING_KNOWN;
	record.flow = packet.flow;
	record.side = packet.side;
	/* Of an attack's packets only the attack is told; of others every attack on their target.
	 */
	if (label >= 0 && label < (int)r->n)
		e = show_attack(r, (unsigned)label, true, &record, time_us);
	for (unsigned i = 0; i < r->n && label == -1 && e == 0; i++)
		e = show_attack(r, i, false, &record, time_us);
	if (e || r->format != DRILL_PACKETS || !is_fed(r, label))
		return e;
	return flow_writer_put(&r->pipeline.writer, &packet.flow, &packet.side, time_us, time_us,
			       time_us);
}

static int on_datagram(void *userdata, int64_t recv_us, const struct ip *exporter,
		       const uint8_t *bytes, size_t len)
{
	struct run *r = userdata;
	struct datagram d = {
		.data = bytes, .len = len, .from = *exporter, .port = 50000, .recv_us = recv_us};
	int e = exports_datagram(r->pipeline.exports, &d);

	return e < 0 ? e : 0;
}

/* ---- a run ---- */

/* The drill's world, in which every customer lets a sample of its traffic be kept. */
static int make_conf(struct run *r, struct text *why)
{
	_cleanup_free_ char *whole = drill_conf_yaml(r->drill);
	_cleanup_text_ struct text yaml = TEXT_NULL;
	const char *line = whole;

	while (line && *line) {
		size_t n = strcspn(line, "\n");

		text_add_n(&yaml, line, n);
		text_add(&yaml, "\n");
		if (strncmp(line, "    line: ", 10) == 0)
			text_add(&yaml, "    sample_consent: \"drill 1\"\n");
		line += n + (line[n] == '\n');
	}
	if (!whole || !text_ok(&yaml))
		return -ENOMEM;
	r->conf = conf_load_text("drill", yaml.s, yaml.len, why);
	return r->conf ? 0 : -EINVAL;
}

/* Whose traffic nobody contracted is not kept. */
static bool is_consented(const struct conf *conf, const struct prefix *target)
{
	for (size_t i = 0; i < conf->n_objects; i++) {
		const struct conf_object *o = &conf->objects[i];

		for (size_t k = 0; k < o->n_prefixes && o->sample_consent[0]; k++)
			if (prefix_covers(&o->prefixes[k], target) ||
			    prefix_covers(target, &o->prefixes[k]))
				return true;
	}
	return false;
}

static int find_targets(struct run *r)
{
	const char *target;

	for (; r->n < ATTACKS_MAX && (target = drill_attack_target(r->drill, r->n)); r->n++) {
		struct judged *j = &r->attack[r->n];

		j->first_us = j->known_us = j->made_us = TIME_NONE;
		if (prefix_parse(target, true, &j->target))
			return -EINVAL;
		j->consented = is_consented(r->conf, &j->target);
	}
	return 0;
}

static int open_run(struct run *r, const char *scenario, uint64_t seed,
		    const struct drill_options *o, struct text *why)
{
	struct pipeline_options p = {
		.threads = 1, .kind = STORE_DRILL, .incident = {on_incident, r}};

	r->drill = drill_new(scenario, seed, o);
	if (!r->drill) {
		text_printf(why, "%s: %s", scenario, strerror(errno));
		return 1;
	}
	if (make_conf(r, why) < 0 || find_targets(r))
		return 1;
	p.conf = r->conf;
	if (pipeline_open(&r->pipeline, &p, "en", why) != EXIT_GOOD)
		return 1;
	r->format = o->format;
	r->capture = exporters_add_capture(r->pipeline.exporters, "drill");
	r->link = exporters_link(r->pipeline.exporters, r->capture, 1);
	return 0;
}

static void close_run(struct run *r)
{
	pipeline_close(&r->pipeline);
	for (unsigned i = 0; i < r->n; i++) {
		incident_free(r->attack[i].incident);
		free(r->attack[i].seen);
	}
	if (r->conf)
		conf_unref(r->conf);
	drill_free(r->drill);
}

static json_t *share_json(const struct share *s)
{
	return s->all ? json_real((double)s->hit / (double)s->all) : json_null();
}

static json_t *rules_json(const struct rule *rule, unsigned n)
{
	json_t *list = json_array();

	for (unsigned i = 0; list && i < n; i++) {
		_cleanup_text_ struct text t = TEXT_NULL;

		rule_text(&rule[i], &t);
		json_array_append_new(list, json_string(text_str(&t)));
	}
	return list;
}

/* A key of the truth, copied; null where it has none. */
static json_t *from_truth(json_t *truth, const char *key)
{
	json_t *v = json_object_get(truth, key);

	return v ? json_incref(v) : json_null();
}

static json_t *judged_json(const struct judged *j, json_t *truth)
{
	const struct derived *d = &j->derived;
	const char *evidence = j->made_us == TIME_NONE ? "none"
			       : j->by_hand	       ? "by_hand"
						       : "incident";

	return json_pack(
		"{so,so,so,so,so,so,ss,sb,sb,ss,ss,so,sf,sf,so,so,si,sf,sf,sI,sb,so,sI,so,sI,so}",
		"id", from_truth(truth, "id"), "kind", from_truth(truth, "kind"), "vectors",
		from_truth(truth, "vectors"), "targets", from_truth(truth, "targets"), "separable",
		from_truth(truth, "separable"), "separable_why", from_truth(truth, "separable_why"),
		"evidence", evidence, "consented", j->consented, "said", d->separable, "why_en",
		d->why_en, "why_ja", d->why_ja, "rules", rules_json(d->rule, d->n), "covers",
		d->covers, "covers_low", d->covers_low, "collateral",
		collateral_json(&d->collateral), "limit", rules_json(d->limit, d->n_limit),
		"n_limit", (int)d->n_limit, "limit_covers", d->limit_covers, "ms", j->ms,
		"attack_packets", (json_int_t)j->attack.all, "paused", j->paused, "dropped",
		share_json(&j->attack), "good_packets", (json_int_t)j->good.all, "good_share",
		share_json(&j->good), "opens", (json_int_t)j->opens.all, "opens_share",
		share_json(&j->opens));
}

static json_t *told(struct run *r, const char *scenario, uint64_t seed)
{
	_cleanup_free_ char *text = drill_truth_json(r->drill);
	_cleanup_json_ json_t *truth = text ? json_loads(text, 0, NULL) : NULL;
	json_t *list = json_array(), *attack;
	size_t i;

	json_array_foreach(json_object_get(truth, "attacks"), i, attack)
	{
		unsigned nth = (unsigned)strtoul(
			json_string_value(json_object_get(attack, "id")) + 1, NULL, 10);

		if (nth && nth <= r->n)
			json_array_append_new(list, judged_json(&r->attack[nth - 1], attack));
	}
	return json_pack("{sssIsssiso}", "scenario", scenario, "seed", (json_int_t)seed, "format",
			 drill_format_name(r->format), "attacks_planned", (int)r->n, "attacks",
			 list);
}

static int run_all(const char *scenario, uint64_t seed, const struct drill_options *o,
		   unsigned after_s)
{
	static struct run run; /* too large for a stack */
	struct drill_sink sink = {
		.frame = on_frame, .datagram = on_datagram, .all_frames = true, .userdata = &run};
	_cleanup_text_ struct text why = TEXT_NULL;
	_cleanup_json_ json_t *line = NULL;

	run.after_us = after_s * US_PER_S;
	if (open_run(&run, scenario, seed, o, &why) == 0 && drill_run(run.drill, &sink) == 0)
		line = told(&run, scenario, seed);
	close_run(&run);
	if (!line) {
		fprintf(stderr, "rule_drill: %s: %s\n", scenario, text_str(&why));
		return 1;
	}
	json_dumpf(line, stdout, JSON_COMPACT | JSON_REAL_PRECISION(9));
	putchar('\n');
	return 0;
}

static int print_names(void)
{
	const char *name, *help;
	uint32_t seconds;

	for (size_t i = 0; drill_scenario(i, &name, &help, &seconds); i++)
		puts(name);
	return 0;
}

int main(int argc, char **argv)
{
	struct drill_options o = {.lead_s = LEAD_S, .hold_s = HOLD_S, .sampling_random = true};
	uint64_t seed;

	if (argc == 2 && strcmp(argv[1], "names") == 0)
		return print_names();
	if (argc < 3 || argc > 6 || (argc > 3 && drill_format_parse(argv[3], &o.format))) {
		fputs("usage: rule_drill names, or rule_drill SCENARIO SEED [FORMAT [SAMPLING "
		      "[AFTER]]]\n",
		      stderr);
		return 2;
	}
	seed = strtoull(argv[2], NULL, 10);
	o.sampling = argc > 4 ? (uint32_t)strtoul(argv[4], NULL, 10) : 1;
	return run_all(argv[1], seed, &o,
		       argc > 5 ? (unsigned)strtoul(argv[5], NULL, 10) : AFTER_S);
}
