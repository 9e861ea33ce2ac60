/* SPDX-License-Identifier: ISC */
/* Scores of cases made by hand: what a perfect, a blind, a noisy, a wrong and a late detector get.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "drill/drill.h"

#define TRUTH                                                                                      \
	"{\"scenario\":\"hand\",\"seed\":1,\"format\":\"v9\",\"attacks\":["                        \
	"{\"id\":\"a001\",\"kind\":\"attack\",\"class\":\"server\",\"level\":\"host\","            \
	"\"targets\":[\"198.18.10.1\"],\"vectors\":[\"syn_flood\"],\"direction\":\"in\","          \
	"\"first\":\"2026-01-15T10:00:05.000000Z\",\"last\":\"2026-01-15T10:00:25.000000Z\","      \
	"\"crossed\":\"2026-01-15T10:00:05.500000Z\",\"pulses\":1,"                                \
	"\"peak\":{\"pps\":5000,\"bps\":1760000,\"syn_per_s\":5000},"                              \
	"\"visible\":{\"v9\":true,\"v5\":true},\"visible_vectors\":{\"v9\":[\"syn_flood\"]}},"     \
	"{\"id\":\"a002\",\"kind\":\"attack\",\"class\":\"capacity\",\"level\":\"prefix\","        \
	"\"targets\":[\"198.18.64.0/24\"],\"vectors\":[\"ntp_amplification\",\"fragment_flood\"]," \
	"\"direction\":\"in\",\"pulses\":1,"                                                       \
	"\"first\":\"2026-01-15T10:00:30.000000Z\",\"last\":\"2026-01-15T10:00:40.000000Z\","      \
	"\"crossed\":null,\"peak\":{\"pps\":20000,\"bps\":80000000,\"syn_per_s\":0},"              \
	"\"visible\":{\"v9\":true,\"v5\":false},"                                                  \
	"\"visible_vectors\":{\"v9\":[\"ntp_amplification\",\"fragment_flood\"],\"v5\":[]}},"      \
	"{\"id\":\"a003\",\"kind\":\"scan\",\"class\":null,\"level\":\"host\","                    \
	"\"targets\":[\"198.18.10.9\"],\"vectors\":[\"syn_flood\"],\"direction\":\"in\","          \
	"\"pulses\":1,"                                                                            \
	"\"first\":\"2026-01-15T10:00:30.000000Z\",\"last\":\"2026-01-15T10:00:40.000000Z\","      \
	"\"crossed\":null,\"peak\":{\"pps\":4500,\"bps\":1,\"syn_per_s\":4500},"                   \
	"\"visible\":{\"v9\":true,\"v5\":true},\"visible_vectors\":{\"v9\":[\"syn_flood\"]}}]}"

#define INCIDENT(id, kind, class, level, target, vectors, first, last, detected, pps, late)        \
	"{\"id\":\"" id "\",\"kind\":\"" kind                                                      \
	"\",\"class\":" class ",\"level\":\"" level                                                \
			      "\",\"direction\":\"in\",\"targets\":[\"" target                     \
			      "\"],\"vectors\":[" vectors "],\"first\":\"2026-01-15T10:00:" first  \
			      "Z\",\"last\":\"2026-01-15T10:00:" last                              \
			      "Z\",\"detected\":\"2026-01-15T10:00:" detected                      \
			      "Z\",\"pulses\":1,\"peak\":{\"pps\":" pps                            \
			      ",\"bps\":1760000,\"syn_per_s\":5000},\"delay\":{\"exporter_s\":1."  \
			      "0,\"noroshi_s\":" late "},\"revision\":1}\n"

#define SYN                                                                                        \
	INCIDENT("i1", "attack", "\"server\"", "host", "198.18.10.1", "\"syn_flood\"",             \
		 "05.000000", "25.000000", "06.000000", "5000", "0.2")
#define CARPET                                                                                     \
	INCIDENT("i2", "attack", "\"capacity\"", "prefix", "198.18.64.0/24",                       \
		 "\"fragment_flood\",\"ntp_amplification\"", "30.000000", "40.000000",             \
		 "31.000000", "20000", "0.3")
#define SCAN                                                                                       \
	INCIDENT("i3", "scan", "null", "host", "198.18.10.9", "\"syn_flood\"", "30.000000",        \
		 "40.000000", "31.500000", "4500", "0.4")

static char *write_temporary(const char *content)
{
	char *path = strdup("/tmp/drill-score-XXXXXX");
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, strlen(content)), (ssize_t)strlen(content));
	close(fd);
	return path;
}

static json_t *score(const char *incidents, const char *visible, uint64_t above)
{
	struct drill_score_options o = {.only_visible = visible, .above_pps = above, .json = true};
	char *i = write_temporary(incidents), *t = write_temporary(TRUTH), *out = NULL;
	_cleanup_text_ struct text why = TEXT_NULL;
	size_t n;
	FILE *f = open_memstream(&out, &n);
	json_t *report;

	assert_int_equal(drill_score(i, t, &o, f, &why), 0);
	fclose(f);
	report = json_loads(out, 0, NULL);
	assert_non_null(report);
	remove(i);
	remove(t);
	free(i);
	free(t);
	free(out);
	return report;
}

static double figure(json_t *report, const char *a, const char *b)
{
	json_t *v = json_object_get(report, a);

	v = b ? json_object_get(v, b) : v;
	assert_true(json_is_number(v));
	return json_number_value(v);
}

static void expect(json_t *report, const char *a, const char *b, double value)
{
	if (fabs(figure(report, a, b) - value) > 1e-6)
		fail_msg("%s %s is %f, not %f", a, b ? b : "", figure(report, a, b), value);
}

static void test_perfect(void **state)
{
	json_t *r = score(SYN CARPET SCAN, NULL, 0);

	expect(r, "attacks", NULL, 3);
	expect(r, "matched", NULL, 3);
	expect(r, "false", NULL, 0);
	expect(r, "recall", NULL, 1);
	expect(r, "precision", NULL, 1);
	expect(r, "class_accuracy", NULL, 1);
	expect(r, "vector_accuracy", NULL, 1);
	expect(r, "detect_s", "median", 1.0);
	expect(r, "detect_s", "p95", 1.5);
	expect(r, "after_crossing_s", "max", 0.5);
	expect(r, "noroshi_s", "median", 0.3);
	expect(r, "start_error_s", "max", 0);
	expect(r, "peak_pps_error", "max", 0);
	json_decref(r);
}

static void test_one_missed(void **state)
{
	json_t *r = score(SYN SCAN, NULL, 0);

	expect(r, "missed", NULL, 1);
	expect(r, "recall", NULL, 2.0 / 3);
	expect(r, "precision", NULL, 1);
	assert_string_equal(
		json_string_value(json_object_get(
			json_array_get(json_object_get(r, "per_attack"), 1), "outcome")),
		"missed");
	json_decref(r);
}

static void test_one_false(void **state)
{
	json_t *r = score(SYN CARPET SCAN INCIDENT("i4", "attack", "\"server\"", "host",
						   "198.18.10.77", "\"syn_flood\"", "05.0", "09.0",
						   "06.0", "9000", "0.1"),
			  NULL, 0);

	expect(r, "recall", NULL, 1);
	expect(r, "false", NULL, 1);
	expect(r, "precision", NULL, 0.75);
	json_decref(r);
}

/* A scan told as an attack is a missed scan and a false attack; so is a host told as a prefix. */
static void test_kind_and_level_must_agree(void **state)
{
	json_t *r = score(INCIDENT("i1", "attack", "\"server\"", "prefix", "198.18.10.0/24",
				   "\"syn_flood\"", "05.0", "25.0", "06.0", "5000", "0.2")
				  INCIDENT("i3", "attack", "\"server\"", "host", "198.18.10.9",
					   "\"syn_flood\"", "30.0", "40.0", "31.0", "4500", "0.2"),
			  NULL, 0);

	expect(r, "matched", NULL, 0);
	expect(r, "false", NULL, 2);
	json_decref(r);
}

static void test_twice_told_is_false_once(void **state)
{
	json_t *r = score(SYN INCIDENT("i9", "attack", "\"server\"", "host", "198.18.10.1",
				       "\"syn_flood\"", "15.0", "25.0", "16.0", "5000", "0.2"),
			  NULL, 0);

	expect(r, "matched", NULL, 1);
	expect(r, "false", NULL, 1);
	assert_string_equal(
		json_string_value(json_object_get(
			json_array_get(json_object_get(r, "false_positives"), 0), "id")),
		"i9");
	json_decref(r);
}

static void test_wrong_class_and_vector(void **state)
{
	json_t *r = score(INCIDENT("i1", "attack", "\"capacity\"", "host", "198.18.10.1",
				   "\"syn_flood\",\"udp_flood\"", "05.0", "25.0", "06.0", "5000",
				   "0.2") CARPET,
			  NULL, 0);

	expect(r, "class_accuracy", NULL, 0.5);
	expect(r, "vector_accuracy", NULL, 0.5);
	expect(r, "vector_any_accuracy", NULL, 1);
	json_decref(r);
}

static void test_late_and_wrong_figures(void **state)
{
	json_t *r = score(INCIDENT("i1", "attack", "\"server\"", "host", "198.18.10.1",
				   "\"syn_flood\"", "07.0", "22.5", "17.0", "4000", "9.5"),
			  NULL, 0);

	expect(r, "detect_s", "median", 12);
	expect(r, "noroshi_s", "p95", 9.5);
	expect(r, "start_error_s", "median", 2);
	expect(r, "end_error_s", "median", 2.5);
	expect(r, "peak_pps_error", "median", 0.2);
	json_decref(r);
}

static void test_only_visible_excuses_both_sides(void **state)
{
	json_t *r = score(SYN CARPET SCAN, "v5", 0);

	expect(r, "attacks", NULL, 2);
	expect(r, "matched", NULL, 2);
	expect(r, "false", NULL, 0);
	json_decref(r);
	r = score(SYN SCAN, "v5", 0);
	expect(r, "recall", NULL, 1);
	json_decref(r);
	r = score("", NULL, 10000);
	expect(r, "attacks", NULL, 1);
	expect(r, "recall", NULL, 0);
	expect(r, "precision", NULL, 1);
	json_decref(r);
}

static void test_last_revision_counts(void **state)
{
	json_t *r = score(INCIDENT("i1", "attack", "\"capacity\"", "host", "198.18.10.1",
				   "\"udp_flood\"", "05.0", "25.0", "06.0", "1", "0.2") SYN,
			  NULL, 0);

	expect(r, "matched", NULL, 1);
	expect(r, "false", NULL, 0);
	expect(r, "class_accuracy", NULL, 1);
	json_decref(r);
}

static void test_unreadable(void **state)
{
	_cleanup_text_ struct text why = TEXT_NULL;
	char *bad = write_temporary("{\"id\":\n"), *truth = write_temporary(TRUTH);

	assert_int_equal(drill_score("/nonexistent", truth, NULL, stdout, &why), 2);
	assert_int_equal(drill_score(bad, truth, NULL, stdout, &why), 2);
	assert_int_equal(drill_score(truth, bad, NULL, stdout, &why), 2);
	assert_non_null(strstr(text_str(&why), ":1:"));
	remove(bad);
	remove(truth);
	free(bad);
	free(truth);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_perfect),
		cmocka_unit_test(test_one_missed),
		cmocka_unit_test(test_one_false),
		cmocka_unit_test(test_kind_and_level_must_agree),
		cmocka_unit_test(test_twice_told_is_false_once),
		cmocka_unit_test(test_wrong_class_and_vector),
		cmocka_unit_test(test_late_and_wrong_figures),
		cmocka_unit_test(test_only_visible_excuses_both_sides),
		cmocka_unit_test(test_last_revision_counts),
		cmocka_unit_test(test_unreadable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
