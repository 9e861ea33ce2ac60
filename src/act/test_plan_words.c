/* SPDX-License-Identifier: ISC */
/*
 * What a plan says of each kind of incident, by golden files with the page in both languages. No
 * line is wider than 78 columns, no figure is empty, and no address but the target's stands
 * anywhere. NOROSHI_GOLDEN=update in the environment writes the files anew.
 */
#include "act/test_plan_kit.h"

#include <ctype.h>

#define COLUMNS 78

/* Lines that cannot be broken any shorter are one word. */
static void assert_lines(const char *text)
{
	for (const char *at = text; *at;) {
		size_t n = strcspn(at, "\n");
		char line[1024];

		assert_true(n < sizeof(line));
		memcpy(line, at, n);
		line[n] = '\0';
		if (text_width(line) > COLUMNS)
			fail_msg("too wide: %s", line);
		assert_true(n == 0 || line[n - 1] != ' ');
		at += n + (at[n] == '\n');
	}
}

static void assert_full(const char *text)
{
	static const char *const bad[] = {"nan", "inf ", "(null)", "  .", " ,",	 "-1.", " -1",
					  "()",	 "（）", "。。",   "..",  ": .", "%%",	"、。"};

	assert_true(text_is_utf8(text, strlen(text)));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (strstr(text, bad[i]))
			fail_msg("\"%s\" in:\n%s", bad[i], text);
}

/* Sources are of 198.51.0.0/16 and the like in the kit; a bystander is called by its address. */
static void assert_no_addresses(const char *text)
{
	static const char *const never[] = {"192.0.2.66", "203.0.113.99", "198.52.",
					    "198.53.",	  "198.60.",	  "198.100."};

	for (size_t i = 0; i < ARRAY_LEN(never); i++)
		if (strstr(text, never[i]))
			fail_msg("%s in:\n%s", never[i], text);
}

static void golden_plan(const char *name, const struct plan *p)
{
	_cleanup_text_ struct text out = TEXT_NULL;
	json_t *o = plan_json(p);
	char *json = json_dumps(o, 0);

	plan_text(p, ZONE, false, &out);
	text_add(&out, "\n");
	plan_text(p, ZONE, true, &out);
	if (getenv("PLAN_SHOW"))
		print_message("%s\n", text_str(&out));
	assert_lines(text_str(&out));
	assert_full(text_str(&out));
	assert_no_addresses(text_str(&out));
	assert_no_addresses(json);
	golden_is(name, text_str(&out));
	free(json);
	json_decref(o);
}

static void golden(const char *name, struct incident *inc, struct conf *conf, struct law *law)
{
	struct plan *p = kit_plan(inc, conf, law);

	golden_plan(name, p);
	plan_free(p);
	incident_free(inc);
	conf_unref(conf);
	law_free(law);
}

static void test_reflected(void **state)
{
	golden("plan-reflected", kit_reflected(), kit_conf_of(KIT_CONSENT, KIT_POINTS), kit_law());
}

/* Nothing is configured, no evidence is kept, no law could be read. */
static void test_bare(void **state)
{
	struct incident *inc = kit_incident("198.51.100.7", "", AGO_MIN(12));

	finding_vector(&inc->f, VECTOR_UDP_FLOOD, 0, true, 900000, 500);
	kit_peak(inc, 310000000, 78000);
	inc->f.own_known = false;
	inc->f.sampling_known = false;
	kit_done(inc);
	golden("plan-bare", inc, conf_default(), NULL);
}

/* Requests like those of clients. */
static void test_inseparable(void **state)
{
	struct incident *inc = kit_incident("198.51.100.7", "shop", AGO_MIN(12));
	struct kit_packet p = {.proto = PROTO_TCP,
			       .flags = TH_ACK,
			       .dport = 443,
			       .length = 400,
			       .exporter = "border-2",
			       .input = 7};

	inc->line_bps = 1000000000;
	finding_vector(&inc->f, VECTOR_HTTP_FLOOD, 0, true, 900000, 400);
	kit_peak(inc, 310000000, 97000);
	kit_two_exporters(inc);
	kit_link(inc, "border-2", 7, "exchange", 100000000000, 0.31, false);
	kit_records(inc, SAMPLE_ATTACK, 2000, &p);
	kit_clients(inc, 600);
	kit_done(inc);
	golden("plan-inseparable", inc, kit_conf_of("", KIT_POINTS), kit_law());
}

static void test_carpet(void **state)
{
	struct incident *inc = kit_carpet();

	kit_two_exporters(inc);
	golden("plan-carpet", inc, kit_conf_of("", KIT_POINTS), kit_law());
}

static void test_link(void **state)
{
	struct incident *inc = kit_amplified();

	inc->f.level = LEVEL_LINK;
	inc->f.target = (struct prefix){.len = 0};
	inc->object[0] = '\0';
	snprintf(inc->target_link.exporter, sizeof(inc->target_link.exporter), "border-1");
	inc->target_link.input = 1;
	snprintf(inc->path->row[0].peer, sizeof(inc->path->row[0].peer), "AS64510");
	snprintf(inc->path->lost[0].object, sizeof(inc->path->lost[0].object), "203.0.113.99");
	kit_done(inc);
	golden("plan-link", inc, kit_conf_of("", KIT_POINTS), kit_law());
}

static void test_network(void **state)
{
	struct incident *inc = kit_incident("198.51.100.7", "", AGO_MIN(12));

	finding_vector(&inc->f, VECTOR_UDP_FLOOD, 0, true, 900000, 500);
	inc->f.level = LEVEL_NETWORK;
	inc->f.target = (struct prefix){.len = 0};
	kit_done(inc);
	golden("plan-network", inc, kit_conf_of("", ""), kit_law());
}

static void test_scan(void **state)
{
	struct incident *inc = kit_incident("198.51.100.0/24", "", AGO_MIN(12));

	inc->f.kind = FINDING_SCAN;
	kit_done(inc);
	golden("plan-scan", inc, kit_conf_of("", KIT_POINTS), kit_law());
}

/* A customer of ours, by the prefix that the packets leave from, attacks somebody. */
static void test_outgoing(void **state)
{
	struct incident *inc = kit_incident("192.0.2.200", "", AGO_MIN(12));
	struct kit_packet p = {.source = "203.0.113.9",
			       .proto = PROTO_UDP,
			       .sport = 4444,
			       .dport = 9,
			       .length = 900};

	finding_vector(&inc->f, VECTOR_UDP_FLOOD, 0, true, 900000, 900);
	kit_peak(inc, 800000000, 110000);
	inc->f.direction = DIRECTION_OUT;
	kit_two_exporters(inc);
	kit_records(inc, SAMPLE_ATTACK, 500, &p);
	kit_done(inc);
	golden("plan-outgoing", inc, kit_conf_of("", KIT_POINTS), kit_law());
}

/* IPv6, over, in a drill, with a law that nobody has reviewed. */
static void test_over(void **state)
{
	struct incident *inc = kit_incident("2001:db8:1::7", "shop", AGO_MIN(140));
	struct law *law = kit_law();

	finding_vector(&inc->f, VECTOR_SYN_FLOOD, 0, true, 4000000, 60);
	kit_peak(inc, 670000000, 1830000);
	inc->f.state = FINDING_CLOSED;
	inc->f.last_us = AGO_MIN(14);
	inc->drill = true;
	inc->line_bps = 1000000000;
	kit_two_exporters(inc);
	kit_done(inc);
	snprintf(law->reviewed_by, sizeof(law->reviewed_by), "%s", LAW_REVIEW_NOBODY);
	law->reviewed_us = TIME_NONE;
	golden("plan-over", inc, kit_conf_of("", KIT_POINTS), law);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reflected),   cmocka_unit_test(test_bare),
		cmocka_unit_test(test_inseparable), cmocka_unit_test(test_carpet),
		cmocka_unit_test(test_link),	    cmocka_unit_test(test_network),
		cmocka_unit_test(test_scan),	    cmocka_unit_test(test_outgoing),
		cmocka_unit_test(test_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
