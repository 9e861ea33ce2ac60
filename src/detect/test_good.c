/* SPDX-License-Identifier: ISC */
/*
 * Proves the good sample: only with consent, every record of ten minutes with the same chance, an
 * attack's own records not in it, bounded, and the same for any number of threads.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/cleanup.h"
#include "detect/detect.h"
#include "detect/good.h"

#define T0	  (1218000000 * US_PER_S) /* a whole number of ten minutes */
#define SHOP	  0xc0000201u		  /* 192.0.2.1 */
#define NEIGHBOUR 0xc0000202u
#define ELSEWHERE 0xc6336401u
#define MINUTE_US (60 * US_PER_S)

static const char consenting[] = "protected:\n"
				 "  - name: shop\n"
				 "    prefixes: 192.0.2.0/24\n"
				 "    sample_consent: contract 7, annex 2\n";
static const char withdrawn[] = "protected:\n"
				"  - name: shop\n"
				"    prefixes: 192.0.2.0/24\n";

static struct conf *conf_of(const char *yaml)
{
	_cleanup_text_ struct text why = TEXT_NULL;
	struct conf *conf = conf_load_text("test.yaml", yaml, strlen(yaml), &why);

	if (!conf)
		fail_msg("%s", text_str(&why));
	return conf;
}

static struct evidence_record record(uint32_t dst, int64_t us, uint32_t mark)
{
	struct evidence_record e = {.first_us = us, .last_us = us, .recv_us = us};

	e.flow.src = ip_from_v4(mark);
	e.flow.dst = ip_from_v4(dst);
	e.flow.packets = 1;
	return e;
}

struct sampler {
	struct conf *conf;
	struct good *good;
	uint64_t number;
};

static void start(struct sampler *s, const char *yaml)
{
	*s = (struct sampler){.conf = conf_of(yaml), .good = good_new()};
	assert_non_null(s->good);
	assert_int_equal(good_reconf(s->good, s->conf), 0);
}

static void reload(struct sampler *s, const char *yaml)
{
	conf_unref(s->conf);
	s->conf = conf_of(yaml);
	assert_int_equal(good_reconf(s->good, s->conf), 0);
}

static void end(struct sampler *s)
{
	good_free(s->good);
	conf_unref(s->conf);
}

static void show(struct sampler *s, uint32_t dst, int64_t us, uint32_t mark)
{
	struct evidence_record e = record(dst, us, mark);

	assert_int_equal(good_count(s->good, s->conf, s->number++, &e), 0);
}

static void test_consent(void **state)
{
	struct sampler s;

	start(&s, withdrawn);
	assert_false(good_wants(s.good));
	show(&s, SHOP, T0, 1);
	assert_int_equal(good_sample(s.good, 0, T0).n, 0);
	reload(&s, consenting);
	assert_true(good_wants(s.good));
	show(&s, SHOP, T0, 1);
	show(&s, ELSEWHERE, T0, 1);
	assert_int_equal(good_sample(s.good, 0, T0).n, 1);
	reload(&s, consenting); /* the same name keeps it */
	assert_int_equal(good_sample(s.good, 0, T0).n, 1);
	reload(&s, withdrawn);
	assert_int_equal(good_sample(s.good, 0, T0).n, 0);
	reload(&s, consenting); /* what was given up does not come back */
	assert_int_equal(good_sample(s.good, 0, T0).n, 0);
	end(&s);
}

/* Two hours, three times as busy in every second minute: the last hour, evenly. */
static void test_last_hour_evenly(void **state)
{
	unsigned slot[61] = {0}, half = 0;
	struct header_sample sample;
	int64_t us = T0;
	struct sampler s;

	start(&s, consenting);
	while (us < T0 + 120 * MINUTE_US) {
		show(&s, SHOP, us, 1);
		us += (us - T0) / MINUTE_US % 2 ? 20000 : 60000;
	}
	sample = good_sample(s.good, 0, us);
	assert_true(sample.n <= EVIDENCE_MAX && sample.n > EVIDENCE_MAX * 8 / 10);
	for (unsigned i = 0; i < sample.n; i++) {
		const struct evidence_record *e = &sample.record[i];

		assert_true(us - e->recv_us <= GOOD_SPAN_US);
		assert_true(i == 0 || e->recv_us >= sample.record[i - 1].recv_us);
		slot[(e->recv_us - T0) / MINUTE_US - 60]++;
		half += (e->recv_us - T0) % MINUTE_US < MINUTE_US / 2;
	}
	for (unsigned i = 0; i < 60; i++)
		assert_int_equal(slot[i], EVIDENCE_MAX / 61);
	/* Early and late records have the same chance: within four standard deviations. */
	assert_true(half > sample.n / 2 - 130 && half < sample.n / 2 + 130);
	assert_true(good_memory(s.good) < 2 << 20);
	end(&s);
}

static void test_attack_is_kept_out(void **state)
{
	struct prefix target = prefix_of(&(struct ip){0}, 0);
	struct header_sample sample;
	unsigned neighbour = 0;
	struct sampler s;

	start(&s, consenting);
	target.addr = ip_from_v4(SHOP);
	target.len = 128;
	for (unsigned i = 0; i < 1000; i++)
		show(&s, SHOP, T0 - 4 * MINUTE_US + i * 240000, 1);
	for (unsigned i = 0; i < 1000; i++) /* the attack's beginning, not yet known to be one */
		show(&s, i % 2 ? SHOP : NEIGHBOUR, T0 + 20 * US_PER_S + i * 1000, 2);
	good_begin(s.good, &target, T0 + 20 * US_PER_S);
	for (unsigned i = 0; i < 1000; i++)
		show(&s, i % 2 ? SHOP : NEIGHBOUR, T0 + 21 * US_PER_S + i * 1000, 2);
	sample = good_sample(s.good, 0, T0 + MINUTE_US);
	/* What came before its minute has all stayed. */
	assert_true(sample.n >= 3 * (EVIDENCE_MAX / 61));
	for (unsigned i = 0; i < sample.n; i++) {
		bool shop = ip_v4(&sample.record[i].flow.dst) == SHOP;

		assert_true(!shop || ip_v4(&sample.record[i].flow.src) == 1);
		neighbour += !shop;
	}
	assert_true(neighbour > 20); /* the attack is not theirs */
	good_end(s.good, &target);
	show(&s, SHOP, T0 + 15 * MINUTE_US, 3);
	sample = good_sample(s.good, 0, T0 + 15 * MINUTE_US);
	assert_int_equal(ip_v4(&sample.record[sample.n - 1].flow.src), 3);
	good_drop(s.good);
	assert_int_equal(good_sample(s.good, 0, T0 + 15 * MINUTE_US).n, 0);
	end(&s);
}

/* More attacks at once than are listed: nothing is sampled rather than a wrong thing. */
static void test_too_many_attacks(void **state)
{
	struct sampler s;

	start(&s, consenting);
	for (uint32_t i = 0; i < 300; i++)
		good_begin(s.good, &(struct prefix){.addr = ip_from_v4(ELSEWHERE + i), .len = 128},
			   T0);
	show(&s, SHOP, T0, 1);
	assert_int_equal(good_sample(s.good, 0, T0).n, 0);
	for (uint32_t i = 0; i < 300; i++)
		good_end(s.good, &(struct prefix){.addr = ip_from_v4(ELSEWHERE + i), .len = 128});
	show(&s, SHOP, T0, 1);
	assert_int_equal(good_sample(s.good, 0, T0).n, 1);
	end(&s);
}

/* What the engine lends with the first word of an attack. */
struct heard {
	unsigned words, with_good, good, attack_in_good;
	uint64_t hash;
};

static int on_finding(void *userdata, const struct finding *f)
{
	const struct header_sample *good = &f->evidence[SAMPLE_GOOD];
	struct heard *h = userdata;

	h->words++;
	h->with_good += good->n > 0;
	h->good += good->n;
	for (unsigned i = 0; i < good->n; i++) {
		h->attack_in_good += good->record[i].flow.tcp_flags == TH_SYN;
		h->hash = h->hash * 31 + (uint64_t)good->record[i].recv_us;
	}
	return 0;
}

/* Ten minutes of a calm shop, then a flood, over the whole engine. */
static struct heard run_engine(unsigned threads)
{
	struct heard heard = {0};
	struct finding_sink sink = {.finding = on_finding, .userdata = &heard};
	struct conf *conf = conf_of(consenting);
	struct exporters *exporters = exporters_new(conf);
	struct detect *d = detect_new(conf, exporters, threads, &sink);
	struct flow_side side = {.sampling = 1, .flags = FLOW_SAMPLING_KNOWN | FLOW_IS_PACKET};
	struct flow_sink flows = detect_sink(d);
	struct flow_writer writer;
	struct flow f = {.dst = ip_from_v4(SHOP), .bytes = 40, .packets = 1, .proto = PROTO_TCP};

	assert_int_equal(flow_writer_init(&writer, &flows), 0);
	f.exporter = exporters_add_capture(exporters, "test");
	for (int64_t us = T0; us < T0 + 600 * US_PER_S + 3 * US_PER_S;) {
		bool flood = us >= T0 + 600 * US_PER_S;

		f.src = ip_from_v4((uint32_t)us * 2654435761u);
		f.sport = (uint16_t)us;
		f.dport = 443;
		f.tcp_flags = flood ? TH_SYN : TH_ACK;
		assert_int_equal(flow_writer_put(&writer, &f, &side, us, us, us), 0);
		us += flood ? 100 : 50000;
	}
	assert_int_equal(flow_writer_flush(&writer), 0);
	assert_int_equal(detect_finish(d), 0);
	flow_writer_deinit(&writer);
	detect_free(d);
	exporters_free(exporters);
	conf_unref(conf);
	return heard;
}

static void test_engine_lends_it_once(void **state)
{
	struct heard one = run_engine(1), many = run_engine(3);

	assert_true(one.words > 1);
	assert_int_equal(one.with_good, 1);
	assert_true(one.good > 500);
	assert_int_equal(one.attack_in_good, 0);
	assert_memory_equal(&one, &many, sizeof(one));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_consent),
		cmocka_unit_test(test_last_hour_evenly),
		cmocka_unit_test(test_attack_is_kept_out),
		cmocka_unit_test(test_too_many_attacks),
		cmocka_unit_test(test_engine_lends_it_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
