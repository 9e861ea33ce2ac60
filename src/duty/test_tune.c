/* SPDX-License-Identifier: ISC */
/*
 * Proves the rules of tuning on made courses: a proposal is above what is ordinary and below what
 * attacked, or there is none and it says why; both languages say each figure.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "duty/tune.h"

#define MINUTE (60 * US_PER_S)
#define DAYS   2
#define N      (DAYS * 1440)
#define T0     (INT64_C(1764028800) * US_PER_S) /* 2025-11-25 00:00 UTC */

struct made {
	struct tune_input in;
	uint8_t code[N], seen[N];
	struct tune_incident incident[8];
};

static void make(struct made *m, uint64_t threshold, uint64_t usual)
{
	memset(m, 0, sizeof(*m));
	m->in = (struct tune_input){.object = "shop",
				    .track = VECTOR_SYN_FLOOD,
				    .threshold = threshold,
				    .course = {.from_us = T0,
					       .n = N,
					       .code = m->code,
					       .seen = m->seen,
					       .floor = threshold / 8 + 1,
					       .sampling = 1},
				    .incidents = m->incident};
	memset(m->seen, 1, N);
	for (unsigned i = 0; usual && i < N; i++)
		m->code[i] = roll_code(VECTOR_SYN_FLOOD, usual / 2 + usual * (i % 60) / 120);
}

static void peak(struct made *m, unsigned minute, uint64_t rate)
{
	m->code[minute] = roll_code(m->in.track, rate);
}

static void incident(struct made *m, const char *id, enum tune_kind kind, unsigned minute,
		     unsigned seconds, uint64_t rate)
{
	struct tune_incident *i = &m->incident[m->in.n_incidents++];

	*i = (struct tune_incident){.kind = kind,
				    .first_us = T0 + minute * MINUTE + 5 * US_PER_S,
				    .last_us = T0 + minute * MINUTE + (5 + seconds) * US_PER_S,
				    .main = m->in.track,
				    .peak = rate};
	strcpy(i->id, id);
	peak(m, minute, rate);
}

static void check_words(const struct tune_result *r, const char *en, const char *ja)
{
	for (int k = 0; k < 2; k++) {
		_cleanup_text_ struct text out = TEXT_NULL;
		const char *want = k ? ja : en;

		tune_say(r, "UTC", k, &out);
		if (!strstr(text_str(&out), want))
			fail_msg("\"%s\" is not in: %s", want, text_str(&out));
		assert_null(strstr(text_str(&out), "(null)"));
		assert_null(strstr(text_str(&out), "  "));
	}
}

/* A port scan over the threshold is no ordinary minute, and none that has to be caught. */
static void test_scan(void **state)
{
	struct made *m = malloc(sizeof(*m));
	struct tune_result r;

	make(m, 2500, 1000);
	incident(m, "n12ab00000000", TUNE_SCAN, 2000, 300, 4100);
	tune_judge(&m->in, &r);
	assert_int_equal(r.verdict, TUNE_KEEP);
	assert_int_equal(r.now.of[TUNE_SCAN], 1);
	assert_int_equal(r.now.missed, 0);
	check_words(&r, "(1 for scans)", "(スキャン 1 回)");
	m->incident[0].kind = TUNE_NOTHING; /* as it was taken before */
	tune_judge(&m->in, &r);
	assert_int_equal(r.verdict, TUNE_RAISE);
	free(m);
}

/* Minutes told with a lower floor than that of now: what was not told is under theirs. */
static void test_under_the_floor(void **state)
{
	struct made *m = malloc(sizeof(*m));
	struct tune_result r;

	make(m, 2500, 0);
	m->in.course.floor = 300;
	tune_judge(&m->in, &r);
	assert_int_equal(tune_floor(&r), 300);
	for (unsigned i = 0; i < N; i += 3)
		peak(m, i, 82);
	peak(m, 723, 2000);
	tune_judge(&m->in, &r);
	assert_int_equal(r.median, 0);
	assert_in_range(r.p999, 82, 90);
	assert_int_equal(tune_floor(&r), r.p999);
	assert_in_range(r.most, 2000, 2200);
	free(m);
}

/* Ordinary peaks of 4,100 open 2,500 again and again; a real attack of 20,000 stays seen. */
static void test_raise(void **state)
{
	struct made *m = malloc(sizeof(*m));
	struct tune_result r;

	make(m, 2500, 1000);
	for (unsigned i = 0; i < 31; i++)
		peak(m, 20 + 60 * i, 2600 + 50 * i);
	peak(m, 723, 4100);
	incident(m, "nfalse", TUNE_FALSE, 20, 4, 3000);
	incident(m, "n12ab00000000", TUNE_REAL, 2000, 300, 20000);
	tune_judge(&m->in, &r);
	assert_int_equal(r.verdict, TUNE_RAISE);
	assert_int_equal(r.seen, N);
	assert_in_range(r.most, 4100, 4100 * 11 / 10);
	assert_int_equal(r.most_us, T0 + 723 * MINUTE);
	assert_true((double)r.proposed >= TUNE_MARGIN * 4100 && r.proposed < 8000);
	assert_int_equal(r.now.n, 33);
	assert_int_equal(r.now.of[TUNE_REAL], 1);
	assert_int_equal(r.now.of[TUNE_FALSE], 1);
	assert_int_equal(r.now.of[TUNE_NOTHING], 31);
	assert_int_equal(r.now.brief, 1);
	assert_int_equal(r.then.n, 1);
	assert_int_equal(r.then.missed, 0);
	assert_string_equal(r.then.first_real, "n12ab00000000");
	check_words(&r, "reach 4.47 kpps (2025-11-25 12:03 UTC).",
		    "最大は 4.47 kpps (2025-11-25 12:03 UTC) です。");
	check_words(&r,
		    "would have opened 33 times (1 for real attacks, 1 for incidents marked "
		    "false, 31 for no incident, 1 shorter than 10 s)",
		    "2.50 kpps なら検知は 33 回 (実際の攻撃 1 回、誤検知とされたもの 1 "
		    "回、該当する検知なし "
		    "31 回、10 秒未満 1 回)です。");
	check_words(&r, "opened once (1 for real attacks): n12ab00000000 was real",
		    "実際の攻撃は n12ab00000000 です");
	check_words(&r, "An attack on one host is not seen under 6.70 kpps.",
		    "1 ホストへの攻撃は 6.70 kpps 未満なら見えません。");
	free(m);
}

/* An attack below the ordinary peaks: nothing holds both. */
static void test_conflict(void **state)
{
	struct made *m = malloc(sizeof(*m));
	struct tune_result r;

	make(m, 2500, 1000);
	peak(m, 700, 4100);
	incident(m, "nsmall", TUNE_REAL, 2000, 300, 5000);
	tune_judge(&m->in, &r);
	assert_int_equal(r.verdict, TUNE_CONFLICT);
	assert_int_equal(r.proposed, 0);
	check_words(&r, "But the real attack nsmall was only 4.87 kpps. No threshold",
		    "実際の攻撃 nsmall は 4.87 kpps でした");
	/* Marked false it is ordinary, and the proposal is above it. */
	m->incident[0].kind = TUNE_FALSE;
	tune_judge(&m->in, &r);
	assert_int_equal(r.verdict, TUNE_RAISE);
	assert_true((double)r.proposed >= TUNE_MARGIN * 5000);
	free(m);
}

/* A test that was announced is neither ordinary nor to be caught. */
static void test_known(void **state)
{
	struct made *m = malloc(sizeof(*m));
	struct tune_result r;

	make(m, 2500, 1000);
	incident(m, "ntest", TUNE_TEST, 100, 600, 9000);
	incident(m, "nwork", TUNE_MAINTENANCE, 300, 600, 9000);
	tune_judge(&m->in, &r);
	assert_int_equal(r.verdict, TUNE_KEEP);
	assert_int_equal(r.now.of[TUNE_TEST], 1);
	assert_int_equal(r.now.of[TUNE_MAINTENANCE], 1);
	assert_int_equal(r.least_attack, 0);
	free(m);
}

static void test_lower(void **state)
{
	struct made *m = malloc(sizeof(*m));
	struct tune_result r;

	/* Far above what is ordinary. */
	make(m, 50000, 7000);
	tune_judge(&m->in, &r);
	assert_int_equal(r.verdict, TUNE_LOWER);
	assert_in_range(r.proposed, 10500, 13000);
	check_words(&r, "It is 6.7 times what is ordinary", "平常時の最大の 6.7 倍");
	/* A real attack stayed below: it was found by something else, or the threshold was lower.
	 */
	make(m, 20000, 3000);
	incident(m, "nmissed", TUNE_REAL, 2000, 300, 12000);
	tune_judge(&m->in, &r);
	assert_int_equal(r.verdict, TUNE_LOWER);
	assert_int_equal(r.now.missed, 1);
	assert_int_equal(r.then.missed, 0);
	assert_true(r.proposed <= 12000);
	check_words(&r, "1 real attack stays below it (nmissed).", "実際の攻撃 1 件 (nmissed");
	/* Never below what is kept of quiet minutes. */
	make(m, 20000, 0);
	tune_judge(&m->in, &r);
	assert_int_equal(r.verdict, TUNE_QUIET);
	assert_int_equal(r.proposed, 0);
	check_words(&r, "Ordinary minutes stay under 2.50 kpps. 20.0 kpps would never have opened.",
		    "平常時は 2.50 kpps 未満です。20.0 kpps なら検知は 0 回です。");
	free(m);
}

static void test_too_little(void **state)
{
	struct made *m = malloc(sizeof(*m));
	struct tune_result r;

	make(m, 2500, 1000);
	peak(m, 700, 4100);
	memset(m->seen + 1439, 0, N - 1439);
	tune_judge(&m->in, &r);
	assert_int_equal(r.verdict, TUNE_TOO_LITTLE);
	assert_int_equal(r.proposed, 0);
	check_words(&r, "Only 1439 minutes were seen", "観測できたのは 1439 分");
	m->seen[1439] = 1;
	tune_judge(&m->in, &r);
	assert_int_equal(r.verdict, TUNE_RAISE);
	/* A minute that nobody saw whole says nothing of what is ordinary. */
	m->seen[1439] = 0;
	m->seen[1440] = 1;
	peak(m, 1439, 50000);
	tune_judge(&m->in, &r);
	assert_int_equal(r.verdict, TUNE_RAISE);
	assert_true(r.most < 5000);
	/* The threshold was lowered below what older minutes tell apart. */
	m->in.threshold = 300;
	tune_judge(&m->in, &r);
	assert_int_equal(r.verdict, TUNE_TOO_LITTLE);
	check_words(&r, "do not tell rates under 313 pps apart",
		    "313 pps 未満の値が区別できません");
	m->in.threshold = RATE_NEVER;
	tune_judge(&m->in, &r);
	assert_int_equal(r.verdict, TUNE_OFF);
	free(m);
}

/* The rules hold whatever the course. */
static void test_rules(void **state)
{
	struct made *m = malloc(sizeof(*m));

	srand(7);
	for (unsigned round = 0; round < 400; round++) {
		uint64_t threshold = 500 + (uint64_t)rand() % 20000, most = 0;
		struct tune_result r;

		make(m, threshold, (uint64_t)rand() % 6000);
		for (unsigned i = 0; i < 5; i++)
			peak(m, (unsigned)rand() % N, (uint64_t)rand() % 9000);
		for (unsigned i = 0; i < 4; i++)
			incident(m, "nx", (enum tune_kind)(1 + rand() % 4), (unsigned)rand() % N,
				 (unsigned)rand() % 400, 1000 + (uint64_t)rand() % 40000);
		tune_judge(&m->in, &r);
		assert_true(r.verdict == TUNE_RAISE || r.verdict == TUNE_LOWER ? r.proposed > 0
									       : r.proposed == 0);
		for (unsigned i = 0; i < N; i++) {
			bool ordinary = true;

			for (unsigned k = 0; k < 4; k++)
				ordinary &= m->incident[k].kind == TUNE_FALSE ||
					    T0 + (i + 1) * MINUTE <= m->incident[k].first_us ||
					    T0 + ((int64_t)i - 1) * MINUTE > m->incident[k].last_us;
			if (ordinary && roll_least(0, m->code[i]) > most)
				most = roll_least(0, m->code[i]);
		}
		if (!r.proposed)
			continue;
		assert_true((double)r.proposed >= TUNE_MARGIN * (double)most);
		assert_int_equal(r.then.missed, 0);
		for (unsigned k = 0; k < 4; k++)
			if (m->incident[k].kind == TUNE_REAL)
				assert_true(m->incident[k].peak >= r.proposed);
	}
	free(m);
}

static void test_sampled(void **state)
{
	struct made *m = malloc(sizeof(*m));
	struct tune_result r;
	json_t *o;

	make(m, 2500, 1000);
	m->in.course.sampling = 1000;
	tune_judge(&m->in, &r);
	assert_true(r.blind > 2500);
	check_words(&r, "(1 in 1000, ", "サンプリング 1/1000");
	o = tune_json(&r);
	assert_non_null(o);
	assert_string_equal(json_string_value(json_object_get(o, "vector")), "syn_flood");
	assert_true(json_is_null(json_object_get(o, "proposed")));
	json_decref(o);
	free(m);
}

static void test_rate_text(void **state)
{
	static const struct {
		unsigned track;
		uint64_t rate;
		const char *text;
	} rows[] = {{0, 6200, "6200"},
		    {0, 12000, "12k"},
		    {0, 12345, "12345"},
		    {0, 25000000, "25M"},
		    {ROLL_ANY_BITS, 800000000, "800Mbps"},
		    {ROLL_ANY_BITS, 1200000000, "1.2Gbps"},
		    {ROLL_ANY_BITS, 3000000000, "3Gbps"},
		    {ROLL_ANY_BITS, 1234567890, "1234567890"},
		    {ROLL_ANY_BITS, 5000, "5kbps"},
		    {0, RATE_NEVER, "never"}};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		_cleanup_text_ struct text out = TEXT_NULL;
		uint64_t back = 0;

		tune_rate_text(rows[i].track, rows[i].rate, &out);
		assert_string_equal(text_str(&out), rows[i].text);
		if (rows[i].rate == RATE_NEVER)
			continue;
		if (rows[i].track == ROLL_ANY_BITS)
			assert_int_equal(conf_parse_bps(text_str(&out), &back), 0);
		else
			assert_int_equal(conf_parse_pps(text_str(&out), &back), 0);
		assert_int_equal(back, rows[i].rate);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scan),	   cmocka_unit_test(test_under_the_floor),
		cmocka_unit_test(test_raise),	   cmocka_unit_test(test_conflict),
		cmocka_unit_test(test_known),	   cmocka_unit_test(test_lower),
		cmocka_unit_test(test_too_little), cmocka_unit_test(test_rules),
		cmocka_unit_test(test_sampled),	   cmocka_unit_test(test_rate_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
