/* SPDX-License-Identifier: ISC */
/* Both sides of a point, and the sides that nobody sees. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/clock.h"
#include "router/effect.h"

#define NOW (INT64_C(1800000000) * US_PER_S)

static const char yaml[] =
	"own: [203.0.113.0/24]\n"
	"exporters:\n"
	"  - {name: r1, address: 192.0.2.1}\n"
	"  - {name: r2, address: 192.0.2.2}\n"
	"interfaces:\n"
	"  - {exporter: r1, ifindex: 1, link: transit, side: outside}\n"
	"  - {exporter: r1, ifindex: 2, link: peer, side: outside}\n"
	"  - {exporter: r2, ifindex: 20, link: core, side: inside}\n"
	"act:\n"
	"  neighbors:\n"
	"    - {name: all, kind: none, point: own_border, takes: [rtbh]}\n"
	"    - {name: one, kind: none, point: transit, takes: [rtbh], links: [transit]}\n";

struct rig {
	struct conf *conf;
	struct incident *inc;
};

static int setup(void **state)
{
	_cleanup_text_ struct text errors = TEXT_NULL;
	struct rig *g = calloc(1, sizeof(*g));

	g->conf = conf_load_text("c.yaml", yaml, sizeof(yaml) - 1, &errors);
	if (!g->conf)
		fail_msg("%s", text_str(&errors));
	g->inc = incident_new();
	assert_non_null(g->inc);
	g->inc->series = calloc(16, sizeof(*g->inc->series));
	*state = g;
	return 0;
}

static int teardown(void **state)
{
	struct rig *g = *state;

	conf_unref(g->conf);
	incident_free(g->inc);
	free(g);
	return 0;
}

static void point(struct rig *g, const char *exporter, uint32_t input, int64_t ago_s,
		  uint32_t step_s, uint64_t bytes)
{
	g->inc->series[g->inc->f.n_series++] =
		(struct series_point){.start_us = NOW - ago_s * US_PER_S,
				      .step_s = step_s,
				      .link = incident_place(g->inc, exporter, input),
				      .bytes = bytes};
}

/* A status of the watch in which r2 has been silent for @silent_s. */
static json_t *status_of(const char *formats, int active_s, double silent_s)
{
	json_t *o = json_pack("{s[{sss[s]sfsb}{sss[s]sfsbs{si}}]}", "exporters", "name", "r1",
			      "formats", formats, "silent_s", 0.5, "spoke", 1, "name", "r2",
			      "formats", formats, "silent_s", silent_s, "spoke", 1, "timeouts",
			      "active_s", active_s);

	assert_non_null(o);
	return o;
}

static void expect_with(struct rig *g, json_t *status_take, const char *neighbor, double before,
			double after)
{
	struct effect_watch w;
	double b, a;

	effect_watch(g->inc, g->conf, status_take, NOW, NOW, &w);
	effect_sides(g->inc, g->conf, conf_act_neighbor(g->conf, neighbor), &w, &b, &a);
	assert_float_equal(b, before, 0.5);
	assert_float_equal(a, after, 0.5);
	json_decref(status_take);
}

/* Packet by packet, so that all but what is on its way is told. */
static void expect(struct rig *g, const char *neighbor, double before, double after)
{
	expect_with(g, status_of("sflow", 0, 0.5), neighbor, before, after);
}

static void heard_by(struct rig *g, unsigned n)
{
	static char r1[] = "r1", r2[] = "r2";

	g->inc->exporters = calloc(2, sizeof(*g->inc->exporters));
	g->inc->exporters[0] = strdup(r1);
	g->inc->exporters[1] = n > 1 ? strdup(r2) : NULL;
	g->inc->f.n_exporters = n;
}

static void test_unseen(void **state)
{
	struct rig *g = *state;

	heard_by(g, 1);
	expect(g, "all", -1, -1);
	point(g, "r1", 1, 20, 10, 30000);
	expect(g, "all", 8000, -1);
	point(g, "r9", 7, 20, 10, 99999); /* of nobody that is configured */
	expect(g, "all", 8000, -1);
}

static void test_both(void **state)
{
	struct rig *g = *state;

	heard_by(g, 1);
	point(g, "r1", 1, 40, 10, 30000);
	point(g, "r1", 2, 30, 10, 15000);
	point(g, "r2", 20, 300, 10, 77777); /* it was seen there once, and no more */
	expect(g, "all", 12000, 0);
	expect(g, "one", 8000, 0);
	point(g, "r2", 20, 20, 10, 3000);
	expect(g, "all", 12000, 800);
}

/* Without a watch that runs, and hears who saw it, nothing is known of either side. */
static void test_not_watched(void **state)
{
	struct rig *g = *state;

	point(g, "r1", 1, 20, 10, 30000);
	point(g, "r2", 20, 20, 10, 3000);
	expect(g, "all", -1, -1); /* nobody is known to have seen it */
	heard_by(g, 2);
	expect(g, "all", 8000, 800);
	expect_with(g, NULL, "all", -1, -1);
	expect_with(g, json_object(), "all", -1, -1);
	expect_with(g, status_of("sflow", 0, 30), "all", -1, -1);
	expect_with(g, json_pack("{s[{ss}]}", "exporters", "name", "r1"), "all", -1, -1);
	expect_with(g,
		    json_pack("{s[{sssf}{sssfsb}]}", "exporters", "name", "r1", "silent_s", 0.5,
			      "name", "r2", "silent_s", 0.5, "spoke", 0),
		    "all", -1, -1);
}

/* Nothing of it from one who goes on speaking is nothing; from one who fell silent it is unknown,
 * on that side alone. */
static void test_silent(void **state)
{
	struct rig *g = *state;

	heard_by(g, 1);
	point(g, "r1", 1, 20, 10, 30000);
	point(g, "r2", 20, 300, 10, 77777);
	expect_with(g, status_of("sflow", 0, 9), "all", 8000, 0);
	expect_with(g, status_of("sflow", 0, 11), "all", 8000, -1);
	expect_with(g, status_of("sflow", 0, 4000), "all", 8000, -1);
	point(g, "r2", 20, 20, 10, 3000); /* even where it had told of a part */
	expect_with(g, status_of("sflow", 0, 11), "all", 8000, -1);
}

/* Flows are told after the active timeout: what is looked at is as much older, for both sides. */
static void test_late(void **state)
{
	struct rig *g = *state;

	heard_by(g, 2);
	point(g, "r1", 1, 20, 10, 999999); /* the little of it that has come */
	point(g, "r1", 1, 80, 10, 30000);
	point(g, "r2", 20, 80, 10, 3000);
	expect_with(g, status_of("netflow9", 60, 0.5), "all", 8000, 800);
	expect_with(g, status_of("netflow9", 60, 29), "all", 8000, 800);
	/* As configured, whatever it says; and where nobody says, as its longest flow. */
	g->conf->exporters[1].active_timeout_s = 3600;
	expect_with(g, status_of("netflow9", 60, 0.5), "all", 0, 0);
	g->conf->exporters[1].active_timeout_s = 0;
	expect_with(g,
		    json_pack("{s[{sssfs{sn si}}{sssf}]}", "exporters", "name", "r1", "silent_s",
			      0.5, "timeouts", "active_s", "longest_flow_s", 60, "name", "r2",
			      "silent_s", 0.5),
		    "all", 8000, 800);
}

/* A step that began before the window counts by its part in it. */
static void test_edge(void **state)
{
	struct rig *g = *state;

	heard_by(g, 1);
	point(g, "r1", 1, 45, 10, 60000);
	expect(g, "all", 8000, -1);
}

/* Behind the point, and before it or what was dropped there; nothing else. */
static void test_measurable(void **state)
{
	for (int seen = 0; seen < 8; seen++) {
		struct measure_effect e = {.before_bps = seen & 1 ? 5 : -1,
					   .after_bps = seen & 2 ? 0 : -1,
					   .dropped_packets = seen & 4 ? 0 : -1,
					   .dropped_bytes = seen & 4 ? 0 : -1};

		assert_int_equal(effect_is_measurable(&e), (seen & 2) && (seen & 5));
	}
}

/* After five minutes, then when it has stood twice as long, and each hour at least. */
static void test_due(void **state)
{
	int64_t row_us = NOW;
	unsigned lines = 0;

	for (int64_t now_us = NOW; now_us < NOW + 86400 * US_PER_S; now_us += 10 * US_PER_S) {
		if (!effect_is_due(NOW, row_us, now_us))
			continue;
		assert_true(now_us - row_us >= EFFECT_LEAST_S * US_PER_S);
		assert_true(now_us - row_us <= EFFECT_MOST_S * US_PER_S);
		row_us = now_us;
		lines++;
	}
	assert_int_equal(lines, 27);
	assert_true(effect_is_due(NOW - 86400 * US_PER_S, NOW - 3600 * US_PER_S, NOW));
	assert_false(effect_is_due(NOW - 86400 * US_PER_S, NOW - 3500 * US_PER_S, NOW));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_unseen, setup, teardown),
		cmocka_unit_test_setup_teardown(test_both, setup, teardown),
		cmocka_unit_test_setup_teardown(test_not_watched, setup, teardown),
		cmocka_unit_test_setup_teardown(test_silent, setup, teardown),
		cmocka_unit_test_setup_teardown(test_late, setup, teardown),
		cmocka_unit_test_setup_teardown(test_edge, setup, teardown),
		cmocka_unit_test(test_measurable),
		cmocka_unit_test(test_due),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
