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

static void expect(struct rig *g, const char *neighbor, double before, double after)
{
	double b, a;

	effect_sides(g->inc, g->conf, conf_act_neighbor(g->conf, neighbor), NOW, &b, &a);
	assert_float_equal(b, before, 0.5);
	assert_float_equal(a, after, 0.5);
}

static void test_unseen(void **state)
{
	struct rig *g = *state;

	expect(g, "all", -1, -1);
	point(g, "r1", 1, 10, 10, 30000);
	expect(g, "all", 8000, -1);
	point(g, "r9", 7, 10, 10, 99999); /* of nobody that is configured */
	expect(g, "all", 8000, -1);
}

static void test_both(void **state)
{
	struct rig *g = *state;

	point(g, "r1", 1, 30, 10, 30000);
	point(g, "r1", 2, 20, 10, 15000);
	point(g, "r2", 20, 300, 10, 77777); /* it was seen there once, and no more */
	expect(g, "all", 12000, 0);
	expect(g, "one", 8000, 0);
	point(g, "r2", 20, 10, 10, 3000);
	expect(g, "all", 12000, 800);
}

/* A step that began before the window counts by its part in it. */
static void test_edge(void **state)
{
	struct rig *g = *state;

	point(g, "r1", 1, 35, 10, 60000);
	expect(g, "all", 8000, -1);
}

static void test_measurable(void **state)
{
	struct measure_effect e = {
		.before_bps = -1, .after_bps = -1, .dropped_bytes = -1, .dropped_packets = -1};

	assert_false(effect_is_measurable(&e));
	e.before_bps = 1;
	assert_false(effect_is_measurable(&e));
	e.dropped_bytes = 0;
	assert_true(effect_is_measurable(&e));
	e.dropped_bytes = -1;
	e.after_bps = 0;
	assert_true(effect_is_measurable(&e));
	e.before_bps = -1;
	assert_false(effect_is_measurable(&e));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_unseen, setup, teardown),
		cmocka_unit_test_setup_teardown(test_both, setup, teardown),
		cmocka_unit_test_setup_teardown(test_edge, setup, teardown),
		cmocka_unit_test(test_measurable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
