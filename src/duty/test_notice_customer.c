/* SPDX-License-Identifier: ISC */
/*
 * Proves the drafts for the owner of an attacked object, opening and closing, in both languages by
 * golden files; when the next word comes; that other customers, sources and links never show; and
 * that the same notice has the same id.
 */
#include "duty/test_brief_kit.h"

#include "duty/brief_words.h"
#include "duty/notice_customer.h"

static struct customer_notice notice_of(const struct incident *inc, const struct conf *conf,
					bool closing)
{
	return (struct customer_notice){.incident = inc,
					.object = &conf->objects[0],
					.conf = conf,
					.measures = &kit_no_measures,
					.severity = 2,
					.closing = closing,
					.zone = ZONE,
					.now_us = NOW_US};
}

static void golden(const char *name, struct customer_notice in)
{
	_cleanup_text_ struct text out = TEXT_NULL;

	for (int ja = 0; ja < 2; ja++) {
		in.ja = ja;
		assert_int_equal(customer_notice_text(&in, &out), 0);
		text_add(&out, ja ? "" : "\n----\n\n");
	}
	golden_is(name, text_str(&out));
}

static void test_open(void **state)
{
	struct conf *conf = kit_conf();
	_cleanup_incident_ struct incident *inc = kit_syn_flood();

	golden("notice-syn-flood", notice_of(inc, conf, false));
	conf_unref(conf);
}

static void test_full_line(void **state)
{
	struct conf *conf = kit_conf();
	_cleanup_incident_ struct incident *inc = kit_amplified();
	struct customer_notice in = notice_of(inc, conf, false);

	in.severity = 1;
	golden("notice-amplified", in);
	conf_unref(conf);
}

static void test_lost_sight(void **state)
{
	struct conf *conf = kit_conf();
	_cleanup_incident_ struct incident *inc = kit_syn_flood();

	inc->f.state = FINDING_LOST_SIGHT;
	inc->f.sampling_known = false;
	inc->drill = true;
	golden("notice-lost-sight", notice_of(inc, conf, false));
	conf_unref(conf);
}

/* Room on the line is promised only where every packet was counted. */
static void test_no_promise(void **state)
{
	struct conf *conf = kit_conf();
	_cleanup_incident_ struct incident *inc = kit_syn_flood();
	struct customer_notice in = notice_of(inc, conf, false);
	_cleanup_text_ struct text sure = TEXT_NULL, unsure = TEXT_NULL;

	customer_notice_text(&in, &sure);
	inc->f.sampling_known = false;
	customer_notice_text(&in, &unsure);
	assert_non_null(strstr(text_str(&sure), "had room at the peak"));
	assert_null(strstr(text_str(&unsure), "had room at the peak"));
	assert_non_null(strstr(text_str(&unsure), "Please tell us"));
	conf_unref(conf);
}

static void test_closing(void **state)
{
	struct conf *conf = kit_conf();
	_cleanup_incident_ struct incident *inc = kit_closed();

	golden("notice-closing", notice_of(inc, conf, true));
	conf_unref(conf);
}

/* What is said of each means and standing; the rest of a notice is as without. */
static void test_measures(void **state)
{
	struct conf *conf = kit_conf();
	_cleanup_incident_ struct incident *inc = kit_syn_flood();
	struct customer_notice in = notice_of(inc, conf, false);
	struct duty_measure m;
	struct duty_measures all = {.list = &m, .n = 1};

	in.measures = &all;
	m = kit_duty_measure(inc, MEANS_BLACKHOLE);
	golden("notice-blackhole", in);
	m = kit_duty_measure(inc, MEANS_FILTER);
	kit_ended(&m, "Sato");
	golden("notice-filter-ended", in);
	in.closing = true;
	inc->f.state = FINDING_CLOSED;
	m.means = MEANS_COMMUNITY;
	golden("notice-blackhole-closing", in);
	conf_unref(conf);
}

static bool says(const struct customer_notice *in, const char *what)
{
	_cleanup_text_ struct text t = TEXT_NULL, line = TEXT_NULL;

	customer_notice_text(in, &t);
	/* As one line: Japanese breaks anywhere, and without a space. */
	for (size_t i = 0; i < t.len; i++)
		if (t.s[i] != '\n')
			text_add_n(&line, &t.s[i], 1);
		else if (!in->ja)
			text_add(&line, " ");
	return strstr(text_str(&line), what);
}

static void test_measures_told(void **state)
{
	static const struct {
		enum duty_means means;
		const char *said;
		bool offline;
	} rows[] = {{MEANS_BLACKHOLE, "is dropped in our network", true},
		    {MEANS_COMMUNITY, "is dropped by our transit provider", true},
		    {MEANS_FILTER, "that looks like the attack is dropped", false},
		    {MEANS_LIMIT, "that looks like the attack is limited", false},
		    {MEANS_DIVERSION, "is led through a scrubbing service", false}};
	struct conf *conf = kit_conf();
	_cleanup_incident_ struct incident *inc = kit_syn_flood();
	struct customer_notice in = notice_of(inc, conf, false);
	struct duty_measure m;
	struct duty_measures all = {.list = &m, .n = 1};

	in.measures = &all;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		m = kit_duty_measure(inc, rows[i].means);
		assert_true(says(&in, rows[i].said));
		assert_int_equal(says(&in, "cannot be reached while its traffic is dropped"),
				 rows[i].offline);
		assert_false(says(&in, "transit-a")); /* no point of ours by its name */
		assert_false(says(&in, "no measure"));
	}
	m.standing = STANDING_WAITS;
	assert_true(says(&in, "a measure is being prepared"));
	m.standing = STANDING_OVER; /* and it never began */
	m.begun_us = TIME_NONE;
	assert_true(says(&in, "no measure has been taken"));
	in.measures = NULL;
	assert_true(says(&in, "we cannot say at present"));
	conf_unref(conf);
}

static void test_bare(void **state)
{
	struct conf *conf = kit_conf();
	_cleanup_incident_ struct incident *inc = kit_incident("198.51.100.7", "shop", TIME_NONE);

	inc->f.last_us = TIME_NONE;
	kit_peak(inc, 0, 0);
	snprintf(inc->id, sizeof(inc->id), "n000000000001");
	conf->duty.contact[0] = '\0';
	conf->objects[0].n_contacts = 0;
	golden("notice-bare", notice_of(inc, conf, false));
	golden("notice-bare-closing", notice_of(inc, conf, true));
	conf->objects[0].n_contacts = 2;
	conf_unref(conf);
}

static void test_next(void **state)
{
	const int64_t min = 60 * US_PER_S, day = INT64_C(1795564800) * US_PER_S;

	assert_int_equal(customer_notice_next_us(1, day), day + 15 * min);
	assert_int_equal(customer_notice_next_us(2, day + 1), day + 35 * min);
	assert_int_equal(customer_notice_next_us(3, day + 4 * min), day + 65 * min);
	assert_int_equal(customer_notice_next_us(4, day), day + 60 * min);
	assert_int_equal(customer_notice_next_us(0, day + 5 * min), day + 65 * min);
}

static void test_languages(void **state)
{
	struct conf *conf = kit_conf();
	struct conf_object *o = &conf->objects[0];
	bool ja[NOTICE_LANGUAGES_MAX];

	assert_int_equal(customer_notice_languages(o, conf, ja), 2);
	assert_true(ja[0]);
	assert_false(ja[1]);
	o->contacts[1].language[0] = '\0'; /* as the configuration: English */
	assert_int_equal(customer_notice_languages(o, conf, ja), 2);
	snprintf(o->contacts[1].language, sizeof(o->contacts[1].language), "ja");
	assert_int_equal(customer_notice_languages(o, conf, ja), 1);
	assert_true(ja[0]);
	o->n_contacts = 0;
	assert_int_equal(customer_notice_languages(o, conf, ja), 1);
	assert_false(ja[0]);
	o->n_contacts = 2;
	conf_unref(conf);
}

/* Whatever else is known of the attack, the customer is told nothing of others. */
static void test_nobody_else(void **state)
{
	static const char *const never[] = {"mail",	    "portal",	 "names",    "Example Bank",
					    "Example City", "transit-a", "border-1", "emergency",
					    "192.0.2.66",   "Sato",	 "192.0.2.1"};
	struct conf *conf = kit_conf();
	_cleanup_incident_ struct incident *inc = kit_amplified();

	inc->f.children[0] = inc->f.sources.top[0].addr;
	inc->f.n_children = 1;
	for (int closing = 0; closing < 2; closing++) {
		for (int ja = 0; ja < 2; ja++) {
			struct customer_notice in = notice_of(inc, conf, closing);
			_cleanup_text_ struct text out = TEXT_NULL;

			in.ja = ja;
			customer_notice_text(&in, &out);
			for (size_t i = 0; i < ARRAY_LEN(never); i++)
				if (strstr(text_str(&out), never[i]))
					fail_msg("%s stands in:\n%s", never[i], text_str(&out));
		}
	}
	conf_unref(conf);
}

/* Of a prefix with hosts of several each is told of its own, and that the figures are not. */
static void test_one_of_several(void **state)
{
	struct conf *conf = kit_conf();
	_cleanup_incident_ struct incident *inc = kit_carpet();
	struct customer_notice in = notice_of(inc, conf, false);

	in.object = conf_object_named(conf, "mail");
	assert_true(says(&in, "Over all addresses that are hit, yours among them, we measured"));
	assert_false(says(&in, "198.18.16."));
	assert_false(says(&in, "portal"));
	in.ja = true;
	assert_true(says(&in, "（お客様を含む）の合計で最大"));
	conf_unref(conf);
}

/* Addresses in what people wrote into the configuration, exporters' own among them, and hosts of a
 * prefix that is attacked. */
static void test_smuggling(void **state)
{
	struct conf *conf = kit_conf();
	struct conf_object *o = &conf->objects[0];
	_cleanup_incident_ struct incident *inc = kit_carpet();

	snprintf(conf->duty.contact, sizeof(conf->duty.contact), "NOC at 192.0.2.1, 2001:db8::9");
	snprintf(o->name, sizeof(o->name), "203.0.113.99");
	snprintf(inc->object, sizeof(inc->object), "%s", o->name);
	for (size_t i = 0; i < o->n_contacts; i++)
		snprintf(o->contacts[i].name, sizeof(o->contacts[i].name), "desk 198.18.16.9");
	for (int ja = 0; ja < 2; ja++) {
		struct customer_notice in = notice_of(inc, conf, false);
		_cleanup_text_ struct text out = TEXT_NULL;

		in.ja = ja;
		assert_int_equal(customer_notice_text(&in, &out), 5);
		assert_null(strstr(text_str(&out), "192.0.2."));
		assert_null(strstr(text_str(&out), "203.0.113."));
		assert_null(strstr(text_str(&out), "2001:db8"));
		assert_null(strstr(text_str(&out), "198.18.16.9"));
		assert_non_null(strstr(text_str(&out), "198.18.16.0/20"));
	}
	conf_unref(conf);
}

static void test_json(void **state)
{
	struct conf *conf = kit_conf();
	_cleanup_incident_ struct incident *inc = kit_syn_flood();
	struct customer_notice in = notice_of(inc, conf, false);
	json_t *a = customer_notice_json(&in), *b = customer_notice_json(&in), *to;

	assert_true(json_equal(a, b));
	assert_string_equal(json_string_value(json_object_get(a, "kind")), "notice");
	assert_string_equal(json_string_value(json_object_get(a, "next_update")),
			    "2026-11-25T18:45:00.000000Z");
	to = json_object_get(a, "to");
	assert_int_equal(json_array_size(to), 1);
	assert_string_equal(json_string_value(json_object_get(json_array_get(to, 0), "mail")),
			    "jane@example.net");
	json_decref(b);
	in.now_us += 3600 * US_PER_S;
	b = customer_notice_json(&in);
	assert_string_not_equal(json_string_value(json_object_get(a, "id")),
				json_string_value(json_object_get(b, "id")));
	in.closing = true;
	json_decref(b);
	b = customer_notice_json(&in);
	assert_true(json_is_null(json_object_get(b, "next_update")));
	json_decref(a);
	json_decref(b);
	conf_unref(conf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_measures),       cmocka_unit_test(test_measures_told),
		cmocka_unit_test(test_open),	       cmocka_unit_test(test_full_line),
		cmocka_unit_test(test_lost_sight),     cmocka_unit_test(test_closing),
		cmocka_unit_test(test_no_promise),     cmocka_unit_test(test_bare),
		cmocka_unit_test(test_next),	       cmocka_unit_test(test_languages),
		cmocka_unit_test(test_one_of_several), cmocka_unit_test(test_nobody_else),
		cmocka_unit_test(test_smuggling),      cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
