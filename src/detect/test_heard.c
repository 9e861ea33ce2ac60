/* SPDX-License-Identifier: ISC */
/*
 * Whence prefixes were heard, over a restart: links come back under their new numbers, what is old
 * or of the future stays away, and nothing of what is damaged is taken.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "detect/heard.h"

#define T0     (INT64_C(1795630320) * US_PER_S)
#define VICTIM 0xc0000250u

static struct conf *conf_of(const char *yaml)
{
	_cleanup_text_ struct text errors = TEXT_NULL;
	struct conf *c = conf_load_text("kit", yaml, strlen(yaml), &errors);

	if (!c)
		fail_msg("%s", text_str(&errors));
	return c;
}

static const char one_way[] = "exporters:\n"
			      " - {name: a, address: 192.0.2.1}\n"
			      " - {name: b, address: 192.0.2.2}\n";
static const char other_way[] = "exporters:\n"
				" - {name: b, address: 192.0.2.2}\n"
				" - {name: c, address: 192.0.2.3}\n"
				" - {name: a, address: 192.0.2.1}\n"
				"interfaces:\n"
				" - {exporter: c, ifindex: 1, link: other}\n"
				" - {exporter: c, ifindex: 2, link: another}\n";

static uint16_t link_of(struct exporters *t, const char *exporter, uint32_t ifindex)
{
	struct ip addr;

	assert_int_equal(ip_parse(exporter, &addr), 0);
	return exporters_link(t, exporters_find(t, &addr, false), ifindex);
}

static void hear_one(struct heard *h, uint32_t src, uint32_t dst, uint16_t sport, uint16_t dport,
		     uint16_t link, int64_t at_us)
{
	struct flow f = {.src = ip_from_v4(src),
			 .dst = ip_from_v4(dst),
			 .sport = sport,
			 .dport = dport,
			 .proto = PROTO_TCP,
			 .tcp_flags = TH_ACK | TH_PSH,
			 .packets = 1,
			 .in_link = link};
	struct flow_side s = {.flags = FLOW_HAS_TTL, .ttl = 57};

	assert_true(heard_wants(&f));
	heard_note(h, &f, &s, at_us);
}

/* A connection of @peer, whose packets come over @link. */
static void hear(struct heard *h, uint32_t peer, uint16_t link, int64_t at_us)
{
	hear_one(h, peer, VICTIM, 64 * 50 - 80, 80, link, at_us);
	hear_one(h, VICTIM, peer, 80, 64 * 50 - 80, link, at_us);
}

static bool knows(const struct heard *h, uint32_t peer, int64_t now_us, struct heard_prefix *p)
{
	struct ip ip = ip_from_v4(peer);

	return heard_find(h, &ip, now_us, p);
}

struct scene {
	struct conf *conf, *conf_later;
	struct exporters *before, *after;
	struct heard *h, *later;
	struct text packed;
};

static void scene_make(struct scene *s)
{
	*s = (struct scene){.conf = conf_of(one_way), .conf_later = conf_of(other_way)};
	s->before = exporters_new(s->conf);
	s->after = exporters_new(s->conf_later);
	s->h = heard_new();
	s->later = heard_new();
}

static void scene_end(struct scene *s)
{
	heard_free(s->h);
	heard_free(s->later);
	exporters_free(s->before);
	exporters_free(s->after);
	conf_unref(s->conf);
	conf_unref(s->conf_later);
	text_deinit(&s->packed);
}

static void pack(struct scene *s, int64_t now_us)
{
	text_clear(&s->packed);
	assert_int_equal(heard_pack(s->h, s->before, now_us, &s->packed), 0);
}

static int unpack(struct scene *s, int64_t now_us)
{
	return heard_unpack(s->later, s->after, now_us, s->packed.s, s->packed.len);
}

static void test_links_keep_their_names(void **state)
{
	struct scene s;
	struct heard_prefix p;
	uint16_t was;

	scene_make(&s);
	was = link_of(s.before, "192.0.2.1", 7);
	hear(s.h, 0x0a010101, was, T0);
	hear(s.h, 0x0a010201, link_of(s.before, "192.0.2.2", 7), T0 + US_PER_S);
	hear(s.h, 0x0a010201, link_of(s.before, "192.0.2.1", 8), T0 + 2 * US_PER_S);
	pack(&s, T0 + 3600 * US_PER_S);
	assert_true(s.packed.len < HEARD_PACKED_MAX);
	assert_int_equal(unpack(&s, T0 + 3700 * US_PER_S), 0);
	assert_int_equal(heard_count(s.later), heard_count(s.h));
	assert_int_equal(heard_since(s.later, T0 + 3700 * US_PER_S), T0);
	assert_true(knows(s.later, 0x0a010101, T0 + 3700 * US_PER_S, &p));
	assert_int_equal(p.link[0], link_of(s.after, "192.0.2.1", 7));
	assert_int_not_equal(p.link[0], was);
	assert_int_equal(p.link[1], LINK_UNKNOWN);
	assert_int_equal(p.hops_min, 7);
	assert_true(knows(s.later, 0x0a010201, T0 + 3700 * US_PER_S, &p));
	assert_int_equal(p.link[0], link_of(s.after, "192.0.2.2", 7));
	assert_int_equal(p.link[1], link_of(s.after, "192.0.2.1", 8));
	scene_end(&s);
}

static void test_age(void **state)
{
	const int64_t day_us = HEARD_S * US_PER_S;
	struct scene s;
	struct heard_prefix p;

	scene_make(&s);
	hear(s.h, 0x0a010101, link_of(s.before, "192.0.2.1", 1), T0);
	hear(s.h, 0x0a020101, link_of(s.before, "192.0.2.1", 1), T0 + day_us / 2);
	pack(&s, T0 + day_us / 2);
	/* The first one is too old by now; the day counts from now. */
	assert_int_equal(unpack(&s, T0 + day_us + 3600 * US_PER_S), 0);
	assert_false(knows(s.later, 0x0a010101, T0 + day_us + 3600 * US_PER_S, &p));
	assert_true(knows(s.later, 0x0a020101, T0 + day_us + 3600 * US_PER_S, &p));
	assert_int_equal(heard_since(s.later, T0 + day_us + 3600 * US_PER_S), T0 + 3600 * US_PER_S);
	/* A clock that was put back: nothing of the future is believed. */
	heard_drop(s.later);
	assert_int_equal(unpack(&s, T0 - 3600 * US_PER_S), 0);
	assert_int_equal(heard_count(s.later), 0);
	assert_int_equal(heard_since(s.later, T0 - 3600 * US_PER_S), TIME_NONE);
	/* What is older than a day is not packed. */
	pack(&s, T0 + day_us + 3600 * US_PER_S);
	heard_drop(s.later);
	assert_int_equal(unpack(&s, T0 + day_us + 3600 * US_PER_S), 0);
	assert_false(knows(s.later, 0x0a010101, T0 + day_us, &p));
	scene_end(&s);
}

static void test_damaged(void **state)
{
	struct scene s;

	scene_make(&s);
	hear(s.h, 0x0a010101, link_of(s.before, "192.0.2.1", 1), T0);
	pack(&s, T0);
	for (size_t i = 0; i < s.packed.len; i++) {
		s.packed.s[i] ^= 1;
		assert_int_equal(unpack(&s, T0), -EBADMSG);
		s.packed.s[i] ^= 1;
	}
	for (size_t n = 0; n < s.packed.len; n++)
		assert_int_equal(heard_unpack(s.later, s.after, T0, s.packed.s, n), -EBADMSG);
	assert_int_equal(heard_count(s.later), 0);
	assert_int_equal(unpack(&s, T0), 0);
	assert_int_equal(heard_count(s.later), heard_count(s.h));
	scene_end(&s);
}

/* A full table, with an exporter that is gone: as much as fits, its link left out. */
static void test_full(void **state)
{
	struct scene s;
	unsigned known = 0;
	struct heard_prefix p;

	scene_make(&s);
	for (uint32_t i = 0; i < 100000; i++)
		hear(s.h, 0x0a000001u + (i << 8), link_of(s.before, "192.0.2.1", 1 + i % 5),
		     T0 + i * 1000);
	pack(&s, T0 + 200 * US_PER_S);
	assert_true(s.packed.len < HEARD_PACKED_MAX);
	assert_int_equal(unpack(&s, T0 + 200 * US_PER_S), 0);
	for (uint32_t i = 0; i < 100000; i++)
		known += knows(s.later, 0x0a000001u + (i << 8), T0 + 200 * US_PER_S, &p);
	assert_true(known >= 40000);
	exporters_free(s.after);
	conf_unref(s.conf_later);
	s.conf_later = conf_of("exporters: [{name: c, address: 192.0.2.3}]\n");
	s.after = exporters_new(s.conf_later);
	heard_drop(s.later);
	assert_int_equal(unpack(&s, T0 + 200 * US_PER_S), 0);
	assert_true(knows(s.later, 0x0a000001u + (99999u << 8), T0 + 200 * US_PER_S, &p));
	assert_int_equal(p.link[0], LINK_UNKNOWN);
	scene_end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_links_keep_their_names),
		cmocka_unit_test(test_age),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests_name("whence prefixes were heard", tests, NULL, NULL);
}
