/* SPDX-License-Identifier: ISC */
/*
 * Proves that the load of a link is known by second though most records only add to a sum, that
 * bystanders who lose are told and others are not, and what is said of those.
 */
#include "test_detect_kit.h"

#include <math.h>
#include <string.h>

#include "detect/bystander.h"
#include "detect/load.h"

#define S0 INT64_C(1218000000)

static const char conf_yaml[] =
	"exporters: [{name: r1, address: 192.0.2.1}]\n"
	"interfaces: [{exporter: r1, ifindex: 1, link: a, capacity: 80Mbps}]\n"
	"protected:\n"
	"  - {name: one, prefixes: 198.51.100.1}\n"
	"  - {name: two, prefixes: 198.51.100.2}\n";

struct world {
	struct conf *conf;
	struct exporters *exporters;
	struct loads loads;
	uint16_t known, unknown; /* links */
};

static void begin(struct world *w)
{
	_cleanup_text_ struct text errors = TEXT_NULL;
	struct ip r1;

	w->conf = conf_load_text("test", conf_yaml, strlen(conf_yaml), &errors);
	assert_non_null(w->conf);
	w->exporters = exporters_new(w->conf);
	assert_int_equal(ip_parse("192.0.2.1", &r1), 0);
	w->known = exporters_link(w->exporters, exporters_find(w->exporters, &r1, false), 1);
	w->unknown = exporters_link(w->exporters, exporters_find(w->exporters, &r1, false), 2);
	assert_int_equal(loads_init(&w->loads, w->exporters), 0);
	loads_reconf(&w->loads, 40);
}

static void end(struct world *w)
{
	loads_deinit(&w->loads);
	exporters_free(w->exporters);
	conf_unref(w->conf);
}

static void count(struct world *w, uint16_t link, uint64_t bytes, int64_t first_us, int64_t last_us)
{
	w->loads.due[link] += bytes;
	if (w->loads.due[link] >= loads_grain(&w->loads, link))
		loads_spread(&w->loads, link, 1, first_us, last_us);
}

static void test_seconds(void **state)
{
	struct world w;
	const struct link_load *l;

	begin(&w);
	/* 5 MB in each of ten seconds, then 1 MB, in packets of 1,000 bytes. */
	for (int64_t i = 0; i < 60000; i++) {
		int64_t s = i < 50000 ? i / 5000 : 10 + (i - 50000) / 1000;
		int64_t us = (S0 + s) * US_PER_S + i % 1000 * 999;

		count(&w, w.known, 1000, us, us);
		count(&w, w.unknown, 1000, us, us);
		if (i % 1000 == 0)
			loads_refresh(&w.loads);
	}
	l = loads_get(&w.loads, w.known);
	assert_non_null(l);
	for (int64_t s = 0; s < 20; s++) {
		double want = s < 10 ? 5e6 : 1e6;

		assert_true(fabs((double)load_bytes(l, S0 + s, 1) - want) < 0.01 * want);
	}
	assert_true(load_bytes(l, S0 + 19, 20) + w.loads.due[w.known] == 60000000);
	/* Half of 80 % of 10 MB/s is 4 MB. */
	assert_true(l->near);
	assert_false(loads_get(&w.loads, w.unknown)->near);
	assert_true(load_bytes(l, S0 + 20, 1) == 0 && load_bytes(l, S0 - 1, 1) == 0);
	end(&w);
}

static void test_long_flow(void **state)
{
	struct world w;
	const struct link_load *l;

	begin(&w);
	count(&w, w.known, 60000001, S0 * US_PER_S + 500000, (S0 + 60) * US_PER_S + 500000);
	l = loads_get(&w.loads, w.known);
	assert_true(load_bytes(l, S0 + 60, 61) == 60000001);
	assert_int_equal(load_bytes(l, S0 + 30, 1), 1000000);
	assert_true(llabs((int64_t)load_bytes(l, S0, 1) - 500000) <= 1);
	assert_false(l->near);
	/* Longer than the ring: what is too old is gone, the rest is as much a second. */
	count(&w, w.known, 1000000000, (S0 - 1000) * US_PER_S, (S0 + 100) * US_PER_S);
	assert_true(load_bytes(l, S0 + 99, 1) > 900000);
	loads_drop(&w.loads);
	assert_null(loads_get(&w.loads, w.known));
	count(&w, w.known, 100000, S0 * US_PER_S, S0 * US_PER_S);
	assert_int_equal(load_bytes(loads_get(&w.loads, w.known), S0, 256), 100000);
	end(&w);
}

/* Two minutes before an attack and half a minute of it; a step has 5 s. */
#define BEFORE_S 150
#define DURING_S 40

struct lot {
	uint16_t object;
	unsigned pps, during_percent;
	uint32_t weight;
	unsigned lasts_s;
};

static unsigned chance(unsigned *seed, unsigned n)
{
	*seed = *seed * 1103515245 + 12345;
	return (*seed >> 16) % n;
}

static void feed(struct bystanders *b, const struct lot *lot, unsigned seed)
{
	for (unsigned s = 0; s < BEFORE_S + DURING_S + 60; s++) {
		bool during = s >= BEFORE_S && s < BEFORE_S + DURING_S;

		for (unsigned i = 0; i < lot->pps; i++) {
			int64_t ms = (S0 + s) * 1000 + chance(&seed, 1000);
			struct bystander_record r = {.object = lot->object,
						     .link = 1,
						     .weight = lot->weight,
						     .packets = lot->weight,
						     .bytes = lot->weight * 500,
						     .first_ms = ms - lot->lasts_s * 1000,
						     .last_ms = ms,
						     .recv_ms = ms};

			if ((!during || chance(&seed, 100) < lot->during_percent) &&
			    chance(&seed, lot->weight) == 0)
				assert_int_equal(bystanders_count(b, &r), 0);
		}
	}
}

static struct finding_path ask(const struct lot *lot, unsigned n, int target, int64_t longest_us)
{
	_cleanup_text_ struct text errors = TEXT_NULL;
	struct conf *conf = conf_load_text("test", conf_yaml, strlen(conf_yaml), &errors);
	struct bystander_question q = {.first_us = (S0 + BEFORE_S) * US_PER_S,
				       .last_us = (S0 + BEFORE_S + DURING_S) * US_PER_S,
				       .target = target,
				       .conf = conf,
				       .n_links = 1};
	struct bystanders shard[2];
	const struct bystanders *all[2] = {&shard[0], &shard[1]};
	struct finding_path out = {.n_links = 0};

	q.link[0].link = 1;
	q.link[0].known_until_us = q.last_us + 60 * US_PER_S;
	q.link[0].longest_us = longest_us;
	for (unsigned i = 0; i < 2; i++)
		bystanders_init(&shard[i], 8);
	for (unsigned i = 0; i < n; i++)
		feed(&shard[i % 2], &lot[i], 5 + i);
	assert_int_equal(bystanders_judge(all, 2, &q, &out), 0);
	for (unsigned i = 0; i < 2; i++)
		bystanders_deinit(&shard[i]);
	conf_unref(conf);
	return out;
}

static void test_loser(void **state)
{
	const struct lot lots[] = {{0, 50, 40, 1, 0}, {1, 50, 100, 1, 0}};
	struct finding_path out = ask(lots, 2, -1, 0);

	assert_int_equal(out.n_bystanders, 1);
	assert_string_equal(out.bystander[0].object, "one");
	assert_true(out.bystander[0].lost_low <= 0.6 && out.bystander[0].lost_high >= 0.6);
	assert_true(out.bystander[0].lost_low > 0.4);
	assert_int_equal(out.bystander[0].usual_pps, 50);
	assert_int_equal(out.untold[UNTOLD_NO_LOSS], 1);
	/* The target is no bystander; an object in two shards is one. */
	out = ask(lots, 2, 0, 0);
	assert_int_equal(out.n_bystanders, 0);
	out = ask((const struct lot[]){{0, 25, 40, 1, 0}, {0, 25, 40, 1, 0}}, 2, -1, 0);
	assert_int_equal(out.n_bystanders, 1);
}

static void test_untold(void **state)
{
	struct finding_path out = ask(&(struct lot){0, 100, 0, 1000, 0}, 1, -1, 0);

	assert_int_equal(out.n_bystanders, 0);
	assert_int_equal(out.untold[UNTOLD_SAMPLED] + out.untold[UNTOLD_NO_BEFORE], 1);
	out = ask(&(struct lot){0, 400, 0, 100, 0}, 1, -1, 0);
	assert_int_equal(out.n_bystanders, 1); /* all of it, four sampled a second */
	/* Flows of a minute blur it, and the exporter holds them back longer than the attack. */
	out = ask(&(struct lot){0, 50, 70, 1, 60}, 1, -1, 60 * US_PER_S);
	assert_int_equal(out.n_bystanders + out.untold[UNTOLD_TIMEOUT], 1);
}

/* With no loss at all none is told, however often it is asked. */
static void test_no_false_loss(void **state)
{
	for (unsigned run = 0; run < 100; run++) {
		const struct lot lot = {0, 5 + run, 100, 1 + run % 7, 0};
		struct finding_path out = ask(&lot, 1, -1, 0);

		assert_int_equal(out.n_bystanders, 0);
	}
}

static void test_attacked(void **state)
{
	struct bystanders b;
	struct finding_path out = {.n_links = 0};
	_cleanup_text_ struct text errors = TEXT_NULL;
	struct conf *conf = conf_load_text("test", conf_yaml, strlen(conf_yaml), &errors);
	const struct bystanders *all[1] = {&b};
	struct bystander_question q = {.first_us = (S0 + BEFORE_S) * US_PER_S,
				       .last_us = (S0 + BEFORE_S + DURING_S) * US_PER_S,
				       .target = -1,
				       .conf = conf,
				       .n_links = 1};

	q.link[0].link = 1;
	q.link[0].known_until_us = q.last_us;
	bystanders_init(&b, 8);
	feed(&b, &(struct lot){0, 50, 0, 1, 0}, 5);
	bystanders_attacked(&b, 0, q.first_us / BYSTANDER_STEP_US);
	assert_int_equal(bystanders_judge(all, 1, &q, &out), 0);
	assert_int_equal(out.n_bystanders, 0);
	assert_int_equal(out.untold[UNTOLD_ATTACKED], 1);
	/* No room for more cells is no harm. */
	bystanders_clear(&b);
	bystanders_init(&b, 1);
	feed(&b, &(struct lot){0, 5, 100, 1, 0}, 5);
	feed(&b, &(struct lot){1, 5, 100, 1, 0}, 5);
	assert_true(b.n == 1 && b.refused > 0);
	bystanders_deinit(&b);
	conf_unref(conf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_seconds),	      cmocka_unit_test(test_long_flow),
		cmocka_unit_test(test_loser),	      cmocka_unit_test(test_untold),
		cmocka_unit_test(test_no_false_loss), cmocka_unit_test(test_attacked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
