/* SPDX-License-Identifier: ISC */
/*
 * Incidents by hand for the tests of what people read, a configuration that knows them, and the
 * golden files: golden_is() holds a text against src/duty/golden/NAME.txt; with
 * NOROSHI_GOLDEN=update in the environment (ninja golden) it writes that file instead.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "duty/alarm.h"
#include "duty/measures.h"
#include "duty/severity.h"
#include "judge/incident.h"
#include "judge/test_findings.h"

#define ZONE "Asia/Tokyo"
/* 2026-11-26 03:12 JST, and what lies before it. */
#define NOW_US	     (INT64_C(1795630320) * US_PER_S)
#define AGO_MIN(min) (NOW_US - (min)*INT64_C(60) * US_PER_S)

static const char kit_yaml[] =
	"own: [198.51.100.0/24, 203.0.113.0/24, 198.18.16.0/20]\n"
	"country: JP\n"
	"language: en\n"
	"protected:\n"
	" - name: shop\n"
	"   customer: Example Trading\n"
	"   prefixes: 198.51.100.7\n"
	"   line: 1Gbps\n"
	"   contacts:\n"
	"   - {name: Example Trading night desk, mail: noc@example.net, language: ja}\n"
	"   - {name: Jane Doe, mail: jane@example.net, phone: \"+44 20 7946 0000\", language: en}\n"
	"   measures:\n"
	"   - {kind: blackhole, consent: contract 7, max: 2h}\n"
	"   - {kind: rate_limit, consent: contract 7, max: 1d}\n"
	"   known_tests:\n"
	"   - {from: 2026-11-25T20:00:00Z, until: 2026-11-25T22:00:00Z, note: load test}\n"
	" - {name: mail, customer: Example Bank, prefixes: 198.18.16.0/24}\n"
	" - {name: portal, customer: Example City, prefixes: 198.18.17.0/24}\n"
	" - {name: names, customer: Example Registry, prefixes: 198.18.18.53}\n"
	" - {name: 203.0.113.99, customer: Example Hidden, prefixes: 203.0.113.99}\n"
	"exporters:\n"
	" - {name: border-1, address: 192.0.2.1}\n"
	" - {name: border-2, address: 192.0.2.2}\n"
	"interfaces:\n"
	" - {exporter: border-1, ifindex: 1, link: transit-a, capacity: 10Gbps, side: outside}\n"
	" - {exporter: border-2, ifindex: 7, link: exchange, capacity: 100Gbps, side: outside}\n"
	"services:\n"
	" - {name: emergency calls, addresses: [198.18.18.110/32], country: JP, link: transit-a}\n"
	"duty:\n"
	"  zone: Asia/Tokyo\n"
	"  contact: \"Example ISP NOC, +81-3-5550-0199\"\n"
	"  people:\n"
	"  - {name: Sato, mail: sato@example.net, language: ja}\n"
	"  - {name: Tanaka, mail: tanaka@example.net}\n"
	"  - {name: Lee, mail: lee@example.net}\n"
	"  shifts:\n"
	"  - {people: [Sato, Tanaka], from: \"21:00\", until: \"09:00\"}\n"
	"  - {people: [Tanaka], from: \"09:00\", until: \"21:00\"}\n"
	"  escalation: [Lee]\n"
	"  mail: {server: \"smtp://127.0.0.1:25\", from: noroshi@example.net}\n"
	"maintenance:\n"
	" - {note: new line card, from: 2026-11-25T17:00:00Z, until: 2026-11-25T20:00:00Z, "
	"exporters: "
	"border-2}\n"
	" - {note: power test, from: 2026-11-26T02:00:00Z, until: 2026-11-26T03:00:00Z}\n"
	" - {note: far off, from: 2027-11-26T02:00:00Z, until: 2027-11-26T03:00:00Z}\n"
	"heightened:\n"
	" - {name: year-end sale, from: 2026-11-24T15:00:00Z, until: 2026-11-30T15:00:00Z, "
	"objects: "
	"shop, page_from: 3, people: Lee}\n";

static inline struct conf *kit_conf(void)
{
	_cleanup_text_ struct text errors = TEXT_NULL;
	struct conf *c = conf_load_text("kit", kit_yaml, sizeof(kit_yaml) - 1, &errors);

	if (!c)
		fail_msg("%s", text_str(&errors));
	return c;
}

static inline struct incident *kit_incident(const char *target, const char *object,
					    int64_t first_us)
{
	struct incident *inc = incident_new();
	struct finding *f = &inc->f;

	finding_make(f, 1, target, first_us);
	f->last_us = NOW_US - US_PER_S;
	f->updated_us = NOW_US;
	f->peak_us = first_us + 60 * US_PER_S;
	f->n_exporters = 1;
	inc->exporters = calloc(FINDING_EXPORTERS_MAX, sizeof(*inc->exporters));
	inc->exporters[0] = strdup("border-1");
	snprintf(inc->object, sizeof(inc->object), "%s", object);
	f->sources.count = 31234;
	if (ip_parse("192.0.2.66", &f->sources.top[0].addr))
		abort();
	f->sources.n_top = 1;
	return inc;
}

static inline void kit_done(struct incident *inc)
{
	incident_judge_class(inc);
	incident_id(inc, 0, inc->id);
}

static inline void kit_peak(struct incident *inc, uint64_t bps, uint64_t pps)
{
	inc->f.peak_bps = bps;
	inc->f.peak_pps = pps;
}

static inline void kit_gap(struct incident *inc, int64_t from_us, int64_t until_us)
{
	inc->gaps[inc->n_gaps++] = (struct incident_gap){from_us, until_us};
}

/* A link that the attack came over, filled to @load of its capacity. */
static inline void kit_link(struct incident *inc, const char *exporter, uint32_t input,
			    const char *link, uint64_t capacity_bps, double load, bool near)
{
	struct path_row *r;

	if (!inc->path)
		inc->path = calloc(1, sizeof(*inc->path));
	r = &inc->path->row[inc->path->n_rows++];
	snprintf(r->at.exporter, sizeof(r->at.exporter), "%s", exporter);
	snprintf(r->at.link, sizeof(r->at.link), "%s", link);
	r->at.input = input;
	r->counted = true;
	r->share = r->share_low = r->share_high = r->byte_share = 1;
	r->capacity_bps = capacity_bps;
	r->capacity_from = capacity_bps ? CAPACITY_CONFIGURED : CAPACITY_UNKNOWN;
	r->load_bps = r->load_most_bps = (uint64_t)(load * (double)capacity_bps);
	r->near_first_us = near ? inc->f.first_us : TIME_NONE;
	r->near_last_us = near ? inc->f.last_us : TIME_NONE;
}

static inline void kit_bystander(struct incident *inc, const char *object, double lost)
{
	struct path_lost *l = &inc->path->lost[inc->path->n_lost++];

	snprintf(l->object, sizeof(l->object), "%s", object);
	l->at = inc->path->row[0].at;
	l->lost = l->lost_low = l->lost_high = lost;
	l->usual_pps = 10000;
	l->during_pps = 5000;
	inc->path->loss_confidence = 0.95;
}

static inline void kit_service(struct incident *inc, const char *name, enum path_risk risk)
{
	struct path_service *s = &inc->path->service[inc->path->n_services++];

	snprintf(s->name, sizeof(s->name), "%s", name);
	snprintf(s->link, sizeof(s->link), "%s", inc->path->row[0].at.link);
	s->share = 1;
	s->risk = risk;
}

static inline void kit_severity(const struct incident *inc, const struct conf *conf,
				struct severity *out)
{
	severity_judge(&(struct severity_input){.incident = inc,
						.conf = conf,
						.measure = MEASURE_NONE,
						.objects_now = 1,
						.now_us = NOW_US},
		       out);
}

static inline void kit_alarm(struct alarm *a, enum alarm_kind kind, const char *ref,
			     enum alarm_state state)
{
	alarm_clear(a);
	a->kind = kind;
	a->state = state;
	snprintf(a->ref, sizeof(a->ref), "%s", ref);
	alarm_id(kind, ref, a->id);
}

/* Against @inc, in force since ten minutes and for 28 more, its effect not looked at yet. */
static inline struct duty_measure kit_duty_measure(const struct incident *inc,
						   enum duty_means means)
{
	struct duty_measure m = {.id = "m0123456789ab",
				 .object = "shop",
				 .point = "transit-a",
				 .means = means,
				 .standing = STANDING_IN_FORCE,
				 .begun_us = AGO_MIN(10),
				 .until_us = AGO_MIN(-28),
				 .ended_us = TIME_NONE,
				 .sign_by_us = TIME_NONE,
				 .before_bps = -1,
				 .after_bps = -1};

	snprintf(m.incident, sizeof(m.incident), "%s", inc->id);
	return m;
}

static inline void kit_measured(struct duty_measure *m, double before_bps, double after_bps)
{
	m->measured = true;
	m->before_bps = before_bps;
	m->after_bps = after_bps;
}

static inline void kit_ended(struct duty_measure *m, const char *by)
{
	m->standing = STANDING_OVER;
	m->ended_us = AGO_MIN(2);
	snprintf(m->ended_by, sizeof(m->ended_by), "%s", by);
}

/* Nothing was done. */
static const struct duty_measures kit_no_measures;

/* ---- incidents that several tests tell of ---- */

static inline struct incident *kit_syn_flood(void)
{
	struct incident *inc = kit_incident("198.51.100.7", "shop", AGO_MIN(41));

	inc->line_bps = 1000000000;
	finding_vector(&inc->f, VECTOR_SYN_FLOOD, 0, true, 4000000, 46)->peak_pps = 1830000;
	kit_peak(inc, 670000000, 1830000);
	inc->spoofing =
		(struct spoofing){.verdict = SPOOF_SPOOFED, .confidence = 0.99, .forged_share = 1};
	kit_link(inc, "border-1", 1, "transit-a", 10000000000, 0.31, false);
	kit_done(inc);
	return inc;
}

/* Carpet over a /20 with three objects. */
static inline struct incident *kit_carpet(void)
{
	struct incident *inc = kit_incident("198.18.16.0/20", "", AGO_MIN(12));
	static const char *const hosts[] = {"198.18.16.9", "198.18.16.80", "198.18.17.4",
					    "198.18.18.53", "198.18.30.1"};

	finding_vector(&inc->f, VECTOR_UDP_FLOOD, 0, true, 9000000, 900);
	finding_vector(&inc->f, VECTOR_FRAGMENT_FLOOD, 0, true, 5000000, 1400);
	kit_peak(inc, 6200000000, 720000);
	for (size_t i = 0; i < ARRAY_LEN(hosts); i++)
		if (ip_parse(hosts[i], &inc->f.children[inc->f.n_children++]))
			abort();
	inc->f.hosts_hit = 3127;
	inc->f.sources.count_at_least = true;
	inc->f.sampling_max = inc->f.sampling_min = 1000;
	kit_link(inc, "border-1", 1, "transit-a", 10000000000, 0.7, false);
	kit_done(inc);
	return inc;
}

/* Amplification that fills a link, with bystanders and a service. */
static inline struct incident *kit_amplified(void)
{
	struct incident *inc = kit_incident("198.51.100.7", "shop", AGO_MIN(95));

	inc->line_bps = 1000000000;
	finding_vector(&inc->f, VECTOR_AMPLIFICATION, 53, true, 9000000, 1400);
	finding_vector(&inc->f, VECTOR_AMPLIFICATION, 11211, true, 5000000, 1400);
	finding_vector(&inc->f, VECTOR_FRAGMENT_FLOOD, 0, false, 5000000, 1400);
	kit_peak(inc, 9400000000, 840000);
	inc->spoofing = (struct spoofing){.verdict = SPOOF_NOT,
					  .rule = SPOOF_BY_REFLECTION,
					  .confidence = 0.97,
					  .forged_share = -1};
	inc->kinds.n = 2;
	inc->kinds.part[0] = (struct source_part){
		.kind = KIND_REFLECTORS, .protocol = "dns", .share = 0.64, .listed_us = TIME_NONE};
	inc->kinds.part[1] =
		(struct source_part){.kind = KIND_UNKNOWN, .share = 0.36, .listed_us = TIME_NONE};
	inc->scope.traffic = SCOPE_FOREIGN;
	inc->scope.by_link = true;
	kit_link(inc, "border-1", 1, "transit-a", 10000000000, 0.97, true);
	kit_bystander(inc, "mail", 0.42);
	kit_bystander(inc, "portal", 0.17);
	kit_service(inc, "emergency calls", RISK_LOST);
	kit_done(inc);
	return inc;
}

static inline struct incident *kit_closed(void)
{
	struct incident *inc = kit_syn_flood();

	inc->f.state = FINDING_CLOSED;
	inc->f.first_us = AGO_MIN(140);
	inc->f.last_us = AGO_MIN(14);
	kit_done(inc);
	inc->evidence[SAMPLE_ATTACK].n = 4096;
	inc->erase_by_us = NOW_US + 90 * INT64_C(86400) * US_PER_S;
	return inc;
}

/* ---- golden files ---- */

static inline bool golden_updates(void)
{
	const char *s = getenv("NOROSHI_GOLDEN");

	return s && strcmp(s, "update") == 0;
}

static inline void golden_is(const char *name, const char *text)
{
	_cleanup_text_ struct text known = TEXT_NULL;
	char path[512], buf[4096];
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), GOLDEN_DIR "/%s.txt", name);
	if (golden_updates()) {
		f = fopen(path, "we");
		assert_non_null(f);
		fprintf(f, "%s", text);
		assert_int_equal(fclose(f), 0);
		return;
	}
	f = fopen(path, "re");
	if (!f)
		fail_msg("%s: %s; `ninja golden` makes it", path, strerror(errno));
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
		text_add_n(&known, buf, n);
	fclose(f);
	if (strcmp(text, text_str(&known)) != 0)
		fail_msg("%s is not what came:\n%s", path, text);
}
