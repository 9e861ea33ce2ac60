/* SPDX-License-Identifier: ISC */
#include "cli/pipeline.h"

#include <errno.h>
#include <malloc.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/steady.h"
#include "cli/verb.h"
#include "detect/heard.h"
#include "place/dir.h"

#define JUDGE_EVERY_US (250 * US_PER_MS)
#define MINUTE_US      (60 * US_PER_S)
#define HEARD_EVERY_US (300 * US_PER_S)
#define THREADS_MAX    64
#define HEAP_SPARE     (4u << 20)

unsigned usable_cores(void)
{
	/* A pinned process has fewer than the machine. */
	cpu_set_t set;
	long all = sysconf(_SC_NPROCESSORS_ONLN);

	if (sched_getaffinity(0, sizeof(set), &set) == 0 && CPU_COUNT(&set) > 0)
		return (unsigned)CPU_COUNT(&set);
	return all > 0 ? (unsigned)all : 1;
}

static unsigned threads_for(const struct pipeline_options *o)
{
	unsigned n = o->threads ? o->threads : o->conf->limits.threads;

	n = n ? n : usable_cores();
	return n < THREADS_MAX ? n : THREADS_MAX;
}

/* Incidents go to the store first: who is told of one can look it up. */
static int on_incident(void *userdata, const struct incident *inc)
{
	struct pipeline *p = userdata;
	int r;

	if (p->opens && inc->revision == 1)
		p->opens(p->incident.userdata);
	r = store_put_incident(p->store, inc);
	if (r < 0)
		return r;
	if (r > 0) {
		p->store_refused++;
		log_warn("store-refused", "incident=%s answer=\"%s\"", inc->id,
			 store_answer(r, "en"));
	}
	return p->incident.incident ? p->incident.incident(p->incident.userdata, inc) : 0;
}

static int tell_judge(struct pipeline *p, int64_t recv_us)
{
	struct detect_stats s;

	if (recv_us >= p->judged_us && recv_us - p->judged_us < JUDGE_EVERY_US)
		return 0;
	p->judged_us = recv_us;
	detect_stats(p->detect, &s);
	return judge_clock(p->judge, recv_us, s.last_us);
}

static void count_minute(struct pipeline *p, const struct flow_batch *b)
{
	for (uint32_t i = 0; i < b->n; i++) {
		struct minute_count *c = &p->counted[b->flow[i].exporter % (EXPORTER_MAX + 1)];

		c->packets += (uint64_t)b->flow[i].packets * flow_weight(&b->side[i]);
		c->bytes += b->flow[i].bytes * flow_weight(&b->side[i]);
	}
}

static int on_batch(void *userdata, const struct flow_batch *b)
{
	struct pipeline *p = userdata;
	int r = p->to_detect.batch(p->to_detect.userdata, b);

	if (p->counted)
		count_minute(p, b);

	/* In a file the last record's own time may be an odd one. */
	return r < 0 ? r : tell_judge(p, detect_clock(p->detect));
}

int pipeline_clock(struct pipeline *p, int64_t now_us)
{
	int r = flow_writer_flush(&p->writer);

	if (r == 0 && p->to_detect.clock)
		r = p->to_detect.clock(p->to_detect.userdata, now_us);
	return r < 0 ? r : tell_judge(p, now_us);
}

int pipeline_epoch(struct pipeline *p, int64_t by_us)
{
	int r = flow_writer_flush(&p->writer);

	if (r == 0)
		r = detect_epoch(p->detect, steady_us() + by_us);
	exports_shift(p->exports, by_us);
	exporters_shift(p->exporters, by_us);
	return r;
}

static int open_store(struct pipeline *p, const struct pipeline_options *o, const char *language,
		      struct text *why)
{
	int r = store_open(o->db, o->kind, STORE_WRITE, NULL, &p->store);

	if (r == 0)
		return EXIT_GOOD;
	text_printf(why, "%s: %s", o->db ? o->db : "", store_answer(r, language));
	return EXIT_STORE;
}

static int resume_one(void *userdata, const struct incident *inc)
{
	struct pipeline *p = userdata;
	struct incident *copy = incident_copy(inc, true);
	int r;

	if (!copy)
		return -ENOMEM;
	r = judge_resume(p->judge, copy);
	if (r == 0)
		p->resumed++;
	return r == -ENOSPC ? 0 : r;
}

/* What the last run knew: factors learnt, and what was open. */
static int take_over(struct pipeline *p, const char *language, struct text *why)
{
	int r = store_load_sampling(p->store, p->exporters);

	if (r == 0)
		r = store_open_incidents(p->store, resume_one, p);
	if (r == 0 || r == STORE_NOT_FOUND)
		return EXIT_GOOD;
	text_printf(why, "cannot take over what the store has open: %s", store_answer(r, language));
	return r == -ENOMEM ? EXIT_BROKEN : EXIT_STORE;
}

/* A list that cannot be read is said once and left out: what it would have told stays unknown. */
static int load_proxies(struct pipeline *p)
{
	_cleanup_proxies_ struct proxies *proxies = NULL;
	_cleanup_text_ struct text why = TEXT_NULL;
	int r = proxies_load(p->conf, &proxies, &why);

	if (r)
		return r;
	for (const char *at = text_str(&why); *at;) {
		size_t n = strcspn(at, "\n");

		log_warn("proxy-list", "not_read=\"%.*s\"", (int)n, at);
		at += n + (at[n] == '\n');
	}
	judge_set_proxies(p->judge, proxies);
	return 0;
}

/* Places that cannot be read are said and left out: what they would have told stays unknown. */
static int load_places(struct pipeline *p)
{
	_cleanup_places_ struct places *places = NULL;
	_cleanup_text_ struct text why = TEXT_NULL;
	char dir[PLACE_DIR_MAX];
	int r = place_dir_open(place_dir_of(p->conf, p->db, dir), p->conf, &places, &why);

	if (r < 0)
		return r;
	if (r)
		log_warn("places", "not_read=\"%s\"", text_str(&why));
	judge_set_places(p->judge, places);
	return 0;
}

/* What is imported, and may be imported anew at any time. */
static int load_imported(struct pipeline *p)
{
	int r = load_places(p);

	return r < 0 ? r : load_proxies(p);
}

/* What is lost of them is counted by the store, and stops nothing. */
static int on_roll(void *userdata, const struct roll_row *row)
{
	struct pipeline *p = userdata;
	int r = store_put_roll(p->store, row);

	return r < 0 ? r : 0;
}

static int build(struct pipeline *p, const struct pipeline_options *o)
{
	struct roll_sink rolls = {.row = on_roll, .userdata = p};
	struct flow_sink in = {.batch = on_batch, .userdata = p};
	struct incident_sink incidents = {.incident = on_incident, .userdata = p};
	struct finding_sink findings;
	int r;

	p->exporters = exporters_new(p->conf);
	p->counted = o->live ? calloc(EXPORTER_MAX + 1, sizeof(*p->counted)) : NULL;
	if (!p->exporters || (o->live && !p->counted))
		return -ENOMEM;
	p->judge = judge_new(p->conf, p->exporters, &incidents);
	if (!p->judge)
		return -ENOMEM;
	judge_set_drill(p->judge, o->kind == STORE_DRILL);
	r = load_imported(p);
	if (r < 0)
		return r;
	findings = judge_sink(p->judge);
	p->detect = detect_new(p->conf, p->exporters, threads_for(o), &findings);
	if (!p->detect)
		return -ENOMEM;
	if (o->live)
		detect_set_live(p->detect);
	p->to_detect = detect_sink(p->detect);
	detect_set_rolls(p->detect, &rolls);
	r = flow_writer_init(&p->writer, &in);
	if (r < 0)
		return r;
	p->exports = exports_new(p->exporters, &p->writer, o->any_exporter);
	return p->exports ? 0 : -ENOMEM;
}

int pipeline_open(struct pipeline *p, const struct pipeline_options *o, const char *language,
		  struct text *why)
{
	int r;

	*p = (struct pipeline){.conf = conf_ref(o->conf),
			       .incident = o->incident,
			       .opens = o->opens,
			       .live = o->live,
			       .db = o->db,
			       .judged_us = TIME_NONE / 2,
			       .minute_us = TIME_NONE};
	r = open_store(p, o, language, why);
	if (r)
		return r;
	if (build(p, o) < 0) {
		text_add(why, "out of memory");
		return EXIT_BROKEN;
	}
	return o->live ? take_over(p, language, why) : EXIT_GOOD;
}

void pipeline_close(struct pipeline *p)
{
	p->exports = exports_free(p->exports);
	flow_writer_deinit(&p->writer);
	p->detect = detect_free(p->detect);
	p->judge = judge_free(p->judge);
	p->exporters = exporters_free(p->exporters);
	p->store = store_close(p->store);
	if (p->conf)
		p->conf = conf_unref(p->conf);
	free(p->counted);
	p->counted = NULL;
}

int pipeline_reconf(struct pipeline *p, struct conf *conf)
{
	struct conf *old = p->conf;
	int r;

	/*
	 * Exporters borrow rows of a configuration. Where taking the new one over fails half way,
	 * both must stay: the old reference is then never given back.
	 */
	p->conf = conf_ref(conf);
	r = exporters_reconf(p->exporters, conf);
	if (r < 0)
		return r;
	conf_unref(old);
	judge_reconf(p->judge, conf);
	r = load_imported(p);
	if (r < 0)
		return r;
	return detect_reconf(p->detect, conf);
}

int pipeline_end(struct pipeline *p)
{
	int r = flow_writer_flush(&p->writer);

	judge_end(p->judge);
	if (r == 0)
		r = detect_finish(p->detect);
	return r < 0 ? r : judge_finish(p->judge);
}

/* Whence prefixes were heard: what is lost of it is learnt again, so nothing waits for it. */
static void keep_heard(struct pipeline *p, int64_t now_us)
{
	_cleanup_text_ struct text packed = TEXT_NULL;

	p->heard_us = now_us;
	if (heard_pack(detect_heard(p->detect), p->exporters, now_us, &packed) == 0)
		store_put_heard(p->store, packed.s, packed.len, now_us);
}

void pipeline_take_heard(struct pipeline *p, int64_t now_us)
{
	_cleanup_text_ struct text packed = TEXT_NULL;
	int64_t at_us;
	int r = store_get_heard(p->store, &packed, &at_us);

	p->heard_us = now_us;
	if (r == STORE_NOT_FOUND)
		return;
	r = r ? r
	      : heard_unpack(detect_heard(p->detect), p->exporters, now_us, packed.s, packed.len);
	if (r)
		log_warn("heard-refused",
			 "reason=\"%s\" advice=\"what connections tell of prefixes is learnt "
			 "anew\"",
			 r == -EBADMSG ? "damaged, or of another version" : store_answer(r, "en"));
}

int pipeline_pause(struct pipeline *p)
{
	int r = flow_writer_flush(&p->writer);

	if (r == 0)
		r = detect_pause(p->detect);
	if (r == 0)
		r = judge_finish(p->judge);
	if (r < 0)
		return r;
	store_put_sampling(p->store, p->exporters);
	keep_heard(p, steady_us());
	return store_flush(p->store);
}

/* One row for each exporter that told something in the minute that is over. */
static void roll_up(struct pipeline *p, int64_t now_us)
{
	unsigned n = exporters_count(p->exporters);

	if (p->minute_us != TIME_NONE && now_us >= p->minute_us &&
	    now_us - p->minute_us < MINUTE_US)
		return;
	for (unsigned i = 0; p->minute_us != TIME_NONE && i < n && i <= EXPORTER_MAX; i++) {
		const struct exporter *e = exporters_get(p->exporters, (uint16_t)i);
		struct minute_count *c = &p->counted[i];
		struct store_rollup row = {.minute_us = p->minute_us,
					   .records = e->records - c->records_before,
					   .refused =
						   refusals_total(&e->refused) - c->refused_before,
					   .packets = c->packets,
					   .bytes = c->bytes};

		snprintf(row.exporter, sizeof(row.exporter), "%s", e->name);
		if (row.records || row.refused)
			store_put_rollup(p->store, &row);
		*c = (struct minute_count){.records_before = e->records,
					   .refused_before = refusals_total(&e->refused)};
	}
	p->minute_us = now_us - now_us % MINUTE_US;
}

void pipeline_housekeep(struct pipeline *p, int64_t now_us)
{
	exports_tick(p->exports, now_us);
	roll_up(p, now_us);
	if (now_us < p->heard_us || now_us - p->heard_us >= HEARD_EVERY_US)
		keep_heard(p, now_us);
	if (now_us >= p->kept_us && now_us - p->kept_us < MINUTE_US)
		return;
	p->kept_us = now_us;
	malloc_trim(HEAP_SPARE); /* small pieces of attacks that are over */
	store_erase_due(p->store, now_us, &p->conf->keep);
	store_put_sampling(p->store, p->exporters);
}
