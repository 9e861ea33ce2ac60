/* SPDX-License-Identifier: ISC */
/*
 * Proves the parts of the blind spot: draws are binomial, a size is found as often as was asked for
 * by the trials that gave it, and what no figure can be given for says why. That the real engine
 * agrees is test/blind_spot.c's to show.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "detect/blind.h"
#include "detect/blind_draw.h"
#include "detect/blind_trial.h"

static void test_draws(void **state)
{
	static const struct {
		double packets, p;
	} laws[] = {{3, 0.1}, {700, 0.1}, {2500, 0.01}, {90000, 0.001}, {4e7, 0.5}};

	for (unsigned l = 0; l < sizeof(laws) / sizeof(laws[0]); l++) {
		double n = laws[l].packets, p = laws[l].p, sum = 0, squares = 0, before = -1;
		struct draw d;

		assert_int_equal(draw_init(&d, n, p), 0);
		for (unsigned i = 0; i < 20000; i++) {
			double k = (double)draw_take(&d, (uint64_t)n, (i + 0.5) / 20000);

			assert_true(k >= before); /* never fewer for a higher number */
			before = k;
			sum += k;
			squares += k * k;
		}
		sum /= 20000;
		squares = squares / 20000 - sum * sum;
		assert_true(fabs(sum - n * p) < 0.002 * n * p + 0.001);
		assert_true(fabs(squares - n * p * (1 - p)) < 0.02 * n * p * (1 - p));
		/* Without its table, the same within one packet or the normal law's error. */
		for (unsigned i = 1; i < 100; i++) {
			double u = i / 100.0, with = (double)draw_take(&d, (uint64_t)n, u);
			double other = (double)draw_take(&d, (uint64_t)n + 2, u);

			assert_true(fabs(other - with) < 2 + 0.02 * sqrt(n * p));
		}
		draw_deinit(&d);
	}
}

static struct blind_case flood(uint32_t sampling, double seconds)
{
	struct blind_case c;

	memset(&c, 0, sizeof(c));
	c.threshold = 2500;
	c.seconds = seconds;
	c.confidence = 0.95;
	c.noise = 2;
	c.least = 313;
	c.near = 2504;
	c.sampling = sampling;
	c.history_s = 12;
	c.replay = 8;
	return c;
}

static void test_sizes(void **state)
{
	static const uint32_t samplings[] = {10, 100, 1000, 10000};
	double before_n = 0;

	for (unsigned n = 0; n < 4; n++) {
		double before_s = INFINITY;

		for (unsigned s = 1; s <= 10; s *= 10) {
			struct blind_case c = flood(samplings[n], s);
			double confidence, pps = blind_size(&c, &confidence);
			double chance = blind_chance(&c, pps);

			assert_true(chance >= 0.949 && chance < 0.953);
			assert_true(confidence == 0.95);
			assert_true(blind_chance(&c, pps * 0.7) < 0.9);
			assert_true(pps < before_s && pps > 2000);
			assert_true(s > 1 || pps > before_n); /* coarser sees less */
			before_s = pps;
			before_n = s == 1 ? pps : before_n;
		}
	}
}

/* All packets are seen: a second's worth of the attack must lie in four bins of the clock. */
static void test_unsampled(void **state)
{
	struct blind_case c = flood(1, 1);
	double confidence, pps = blind_size(&c, &confidence);

	assert_true(confidence == 0.95);
	assert_true(fabs(pps - 2500 / 0.88125) < 8);
	c.seconds = 10;
	assert_true(blind_size(&c, &confidence) == 2500);
	assert_true(confidence == 1);
	c.usual = 1000; /* which nothing explains */
	assert_true(blind_size(&c, &confidence) == 1500);
	c.explained = 1000;
	assert_true(blind_size(&c, &confidence) == 2500);
}

static void test_usual_hides(void **state)
{
	struct blind_case c = flood(1000, 10);
	double confidence, alone = blind_size(&c, &confidence), beside, answered;

	c.known = true;
	c.usual = c.explained = 5000;
	beside = blind_size(&c, &confidence);
	c.answering = 5000;
	c.answers = 4;
	answered = blind_size(&c, &confidence);
	assert_true(beside > 1.2 * alone && answered > 1.2 * beside);
}

static struct blind_answer ask(struct blind *b, unsigned detector, enum blind_level level,
			       struct blind_view view)
{
	struct conf *conf = conf_default();
	struct blind_question q = {.detector = detector,
				   .level = level,
				   .thresholds = &conf->thresholds,
				   .link_bps = 1000000000,
				   .view = view,
				   .seconds = 10};
	struct blind_answer a = blind_ask(b, &q);

	conf_unref(conf);
	return a;
}

static void test_answers(void **state)
{
	struct blind_view packets = {.sampling = 1, .sampling_known = true, .contents = true};
	struct blind_view flows = {.sampling = 1, .sampling_known = true, .flows = true};
	struct blind_view sampled = {.sampling = 1000, .sampling_known = true, .flows = true};
	struct blind_view untold = {.sampling = 1, .flows = true};
	struct blind *b = blind_new();
	struct blind_answer a;

	assert_non_null(b);
	a = ask(b, VECTOR_SYN_FLOOD, BLIND_HOST, packets);
	assert_true(a.seen && a.pps == 2500 && a.confidence == 1 && a.seconds == 10);
	assert_int_equal(ask(b, VECTOR_SYN_FLOOD, BLIND_24, packets).pps, 5000);
	assert_int_equal(ask(b, VECTOR_SYN_FLOOD, BLIND_20, packets).pps, 10000);
	a = ask(b, VECTOR_SYN_FLOOD, BLIND_NETWORK, packets);
	assert_true(!a.seen && a.reason == BLIND_OFF);
	assert_true(ask(b, VECTOR_HTTP_FLOOD, BLIND_HOST, packets).seen);
	assert_int_equal(ask(b, VECTOR_HTTP_FLOOD, BLIND_HOST, flows).reason, BLIND_NO_CONTENT);
	assert_true(ask(b, VECTOR_CONN_FLOOD, BLIND_HOST, flows).seen);
	assert_int_equal(ask(b, VECTOR_CONN_FLOOD, BLIND_HOST, sampled).reason, BLIND_SAMPLED);
	a = ask(b, VECTOR_SYN_FLOOD, BLIND_HOST, untold);
	assert_true(a.seen && a.at_least && a.reason == BLIND_UNKNOWN && a.pps == 2500);
	a = ask(b, BLIND_BITS, BLIND_HOST, packets);
	assert_true(a.bps >= 1000000000 && a.bps < 1000020000);
	a = ask(b, BLIND_BITS, BLIND_LINK, packets);
	assert_true(a.bps > 799000000 && a.bps < 810000000);
	a = ask(b, VECTOR_SYN_FLOOD, BLIND_HOST, sampled);
	assert_true(a.seen && a.pps > 2500 && a.confidence == 0.95);
	/* Asked again: the same. */
	assert_int_equal(ask(b, VECTOR_SYN_FLOOD, BLIND_HOST, sampled).pps, a.pps);
	blind_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_draws),	  cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_unsampled), cmocka_unit_test(test_usual_hides),
		cmocka_unit_test(test_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
