/* SPDX-License-Identifier: ISC */
/* A desk with people, objects and links, incidents made by hand, and a log of what was paged. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "duty/duty.h"
#include "duty/words.h"

#define T0  (INT64_C(1218196800) * US_PER_S) /* 2008-08-08T12:00:00Z, 21:00 in Tokyo, a Friday */
#define S   US_PER_S
#define MIN (60 * S)

static const char kit_yaml[] =
	"own: [198.51.100.0/24]\n"
	"protected:\n"
	"  - {name: shop, prefixes: 198.51.100.1, line: 1Gbps}\n"
	"  - {name: bank, prefixes: 198.51.100.2, contract: critical, page_bursts: yes}\n"
	"  - {name: blog, prefixes: 198.51.100.3, contract: basic}\n"
	"  - {name: calm, prefixes: 198.51.100.4, page_from: 1}\n"
	"  - name: lab\n"
	"    prefixes: 198.51.100.5\n"
	"    known_tests: [{from: \"2008-08-08T12:00:00Z\", until: \"2008-08-08T12:30:00Z\", note: "
	"load test}]\n"
	"  - {name: site6, prefixes: 198.51.100.6}\n"
	"  - {name: site7, prefixes: 198.51.100.7}\n"
	"  - {name: site8, prefixes: 198.51.100.8}\n"
	"exporters: [{name: border-1, address: 192.0.2.1}, {name: border-2, address: 192.0.2.2}]\n"
	"interfaces:\n"
	"  - {exporter: border-1, ifindex: 1, link: transit-a, capacity: 10Gbps, side: outside}\n"
	"  - {exporter: border-2, ifindex: 1, link: transit-b, capacity: 10Gbps, side: outside}\n"
	"services: [{name: phone, addresses: [198.51.100.200/32], link: transit-a}]\n"
	"duty:\n"
	"  zone: Asia/Tokyo\n"
	"  people:\n"
	"    - {name: alice, mail: alice@example.net, language: ja}\n"
	"    - {name: bob, mail: bob@example.net, language: en, phone: \"+81-3-5550-0100\"}\n"
	"    - {name: carol, program: /opt/carol, language: en}\n"
	"    - {name: dave, mail: dave@example.net}\n"
	"  shifts:\n"
	"    - {people: [alice, bob], from: \"18:00\", until: \"22:00\"}\n"
	"    - {people: [dave], from: \"22:00\", until: \"23:00\"}\n"
	"  escalation: [carol]\n"
	"  acknowledge: 10m\n"
	"  mail: {server: \"smtp://127.0.0.1:25\", from: noroshi@example.net}\n"
	"maintenance:\n"
	"  - {note: new line card, from: \"2008-08-08T12:00:00Z\", until: "
	"\"2008-08-08T12:20:00Z\", "
	"exporters: [border-2]}\n"
	"heightened:\n"
	"  - {name: summit, from: \"2008-08-08T12:40:00Z\", until: \"2008-08-08T12:50:00Z\", "
	"objects: [site6], services: [phone], page_from: 3, people: [dave]}\n";

struct kit {
	struct conf *conf;
	struct duty *d;
	int64_t now_us;
	struct text log;
	unsigned changed; /* alarms, in the last step */
};

static inline struct conf *kit_conf(const char *yaml)
{
	_cleanup_text_ struct text errors = TEXT_NULL;
	struct conf *c = conf_load_text("kit", yaml, strlen(yaml), &errors);

	if (!c)
		fail_msg("%s", text_str(&errors));
	return c;
}

static inline void kit_open_with(struct kit *k, const char *yaml)
{
	memset(k, 0, sizeof(*k));
	k->conf = kit_conf(yaml);
	k->d = duty_new(k->conf, NULL);
	assert_non_null(k->d);
	k->now_us = T0;
}

static inline void kit_open(struct kit *k)
{
	kit_open_with(k, kit_yaml);
}

static inline void kit_close(struct kit *k)
{
	duty_free(k->d);
	conf_unref(k->conf);
	text_deinit(&k->log);
}

/* Writes down the pages of a step: "WHY PERSON CHANNEL REF", those of one moment joined. */
static inline void kit_take(struct kit *k)
{
	struct duty_step step;

	duty_take(k->d, &step);
	k->changed = step.n_alarms;
	for (unsigned i = 0; i < step.n_pages; i++) {
		const struct page *p = step.pages[i];
		const struct alarm *a = duty_alarm(k->d, p->alarm);

		assert_non_null(a);
		assert_true(page_characters(p->text) <= PAGE_CHARS_MAX);
		text_printf(&k->log, "+%" PRId64 " %s %s %s %s\n", (k->now_us - T0) / S,
			    page_why_name(p->why), p->person, page_channel_name(p->channel),
			    a->kind == ALARM_STORM ? "storm" : a->ref);
	}
}

/* An incident of the last digit of the address: shop, bank, ... Its peak is that of a 3. */
static inline struct incident *kit_incident(const char *id, unsigned object, int64_t first_us,
					    int64_t last_us)
{
	static const char *const names[] = {"",	   "shop",  "bank",  "blog",  "calm",
					    "lab", "site6", "site7", "site8", ""};
	struct incident *inc = incident_new();
	char target[64];

	assert_non_null(inc);
	snprintf(inc->id, sizeof(inc->id), "%s", id);
	snprintf(target, sizeof(target), "198.51.100.%u", object);
	assert_int_equal(prefix_parse(target, false, &inc->f.target), 0);
	snprintf(inc->object, sizeof(inc->object), "%s", names[object < 9 ? object : 9]);
	inc->line_bps = object == 1 ? 1000000000 : 0;
	inc->revision = 1;
	inc->class = CLASS_SERVER;
	inc->f.kind = FINDING_ATTACK;
	inc->f.state = FINDING_OPEN;
	inc->f.level = LEVEL_HOST;
	inc->f.direction = DIRECTION_IN;
	inc->f.own_known = true;
	inc->f.first_us = first_us;
	inc->f.last_us = last_us;
	inc->f.peak_pps = 6000;
	inc->f.peak_bps = 3000000;
	inc->f.pulses = 1;
	inc->f.sampling_known = true;
	inc->f.hosts_hit = 1;
	inc->f.vectors[0] = (struct finding_vector){.vector = VECTOR_SYN_FLOOD,
						    .over = true,
						    .packets = 60000,
						    .bytes = 60000 * 60,
						    .peak_pps = 6000,
						    .threshold_pps = 2500};
	inc->f.n_vectors = 1;
	inc->f.n_exporters = 1;
	inc->exporters = calloc(1, sizeof(char *));
	inc->exporters[0] = strdup("border-1");
	inc->f.n_links = 1;
	inc->links[0] = (struct incident_link){
		.exporter = "border-1", .link = "transit-a", .input = 1, .share = 1};
	return inc;
}

/* The leading vector is @times over its threshold: 3 makes a 3, 10 a 2. */
static inline void kit_times(struct incident *inc, unsigned times)
{
	inc->f.vectors[0].peak_pps = 2500 * times;
	inc->f.peak_pps = 2500 * times;
}

static inline void kit_over(struct incident *inc, const char *exporter, const char *link)
{
	snprintf(inc->links[0].exporter, sizeof(inc->links[0].exporter), "%s", exporter);
	snprintf(inc->links[0].link, sizeof(inc->links[0].link), "%s", link);
	free(inc->exporters[0]);
	inc->exporters[0] = strdup(exporter);
}

/* Tell it at @k's time and take what came. */
static inline void kit_tell(struct kit *k, const struct incident *inc)
{
	assert_int_equal(duty_incident(k->d, inc, k->now_us), 0);
	kit_take(k);
}

/* Time goes on to @us, by way of all moments that the duty asks for. */
static inline void kit_until(struct kit *k, int64_t us)
{
	for (unsigned guard = 0;; guard++) {
		int64_t next_us = duty_next_us(k->d);

		assert_true(guard < 100000);
		if (next_us == TIME_NONE || next_us > us)
			break;
		k->now_us = next_us > k->now_us ? next_us : k->now_us;
		assert_int_equal(duty_clock(k->d, k->now_us), 0);
		kit_take(k);
	}
	k->now_us = us;
	assert_int_equal(duty_clock(k->d, us), 0);
	kit_take(k);
}

#define kit_logged(k, want)                                                                        \
	do {                                                                                       \
		assert_string_equal(text_str(&(k)->log), want);                                    \
		text_clear(&(k)->log);                                                             \
	} while (0)

static inline const struct alarm *kit_alarm(struct kit *k, const char *incident)
{
	const struct alarm *a = duty_alarm(k->d, incident);

	if (!a)
		fail_msg("no alarm of %s", incident);
	return a;
}
