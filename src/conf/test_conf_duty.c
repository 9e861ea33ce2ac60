/* SPDX-License-Identifier: ISC */
/*
 * Proves what the part of a configuration means that is about duty: its defaults, the days of
 * shifts, that it prints and reads back; and that each of its mistakes, and each way in which it
 * would leave a page without somebody who gets it, is named with its line and column.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/clock.h"
#include "conf/test_conf_kit.h"

#define PEOPLE                                                                                     \
	"duty:\n"                                                                                  \
	"  program: /bin/sh\n"                                                                     \
	"  people: [{name: sato}, {name: suzuki}]\n"
#define ALWAYS "  shifts: [{people: sato}]\n"
#define WORLD                                                                                      \
	"own: 192.0.2.0/24\n"                                                                      \
	"protected: [{name: shop, prefixes: 192.0.2.1}]\n"                                         \
	"exporters: [{name: border, address: 192.0.2.2}]\n"                                        \
	"interfaces: [{exporter: border, ifindex: 1, link: transit}]\n"                            \
	"links: [{name: exchange}]\n"                                                              \
	"services: [{name: calls, link: transit}]\n"

static const struct row rows[] = {
	/* Names that lead nowhere */
	{PEOPLE "  shifts:\n    - people: [sato, suzuky]\n  escalation: [sato, tanaka]\n",
	 "f:5:22: no person is named \"suzuky\"; did you mean \"suzuki\"?\n"
	 "f:6:22: no person is named \"tanaka\"\n"},
	{WORLD "maintenance:\n  - from: 2026-11-01T00:00:00Z\n    until: 2026-11-01T01:00:00Z\n"
	       "    objects: [shop, shpo]\n    exporters: bordr\n    links: [transit, exchange, x, "
	       "exchnge]\n",
	 "f:10:21: no protected object is named \"shpo\"; did you mean \"shop\"?\n"
	 "f:11:16: no exporter is named \"bordr\"; did you mean \"border\"?\n"
	 "f:12:32: no link is named \"x\"\n"
	 "f:12:35: no link is named \"exchnge\"; did you mean \"exchange\"?\n"},
	{WORLD PEOPLE ALWAYS
	 "heightened:\n  - name: summit\n    event: jp-summit\n    objects: sho\n"
	 "    services: [calls, cals]\n    people: [suzuki, stao]\n",
	 "f:14:14: no protected object is named \"sho\"; did you mean \"shop\"?\n"
	 "f:15:23: no service is named \"cals\"; did you mean \"calls\"?\n"
	 "f:16:22: no person is named \"stao\"; did you mean \"sato\"?\n"},
	/* What was lost is not missed */
	{"proteced: []\nmaintenance: [{from: 2026-11-01T00:00:00Z, until: 2026-11-01T01:00:00Z, "
	 "objects: shop}]\n",
	 "f:1:1: unknown key \"proteced\" in the configuration; did you mean \"protected\"?\n"},
	/* Once */
	{"duty:\n  program: /bin/sh\n  people:\n    - name: sato\n    - name: sato\n" ALWAYS,
	 "f:5:13: the name of a person \"sato\" is given twice; first in line 4\n"},
	{"heightened:\n  - {name: x, event: a}\n  - {name: x, event: b}\n",
	 "f:3:12: the name of a heightened watch \"x\" is given twice; first in line 2\n"},
	/* Zones */
	{"duty:\n  zone: Asia/Tokio\n  program: /bin/sh\n  people: [{name: a, zone: JST-9}]\n"
	 "  shifts: [{people: a, zone: ../../etc/passwd}]\n",
	 "f:2:9: no time zone is named \"Asia/Tokio\"; did you mean \"Asia/Tokyo\"?\n"
	 "f:4:28: no time zone is named \"JST-9\"\n"
	 "f:5:30: no time zone is named \"../../etc/passwd\"\n"},
	/* Times */
	{"maintenance: [{from: 2026-11-01T00:00:00Z, until: 2026-11-01T09:00:00+09:00}]\n",
	 "f:1:51: \"until\" is not after \"from\"\n"},
	{"maintenance:\n  - note: x\n", "f:2:5: a maintenance window needs the key \"from\"\n"
					"f:2:5: a maintenance window needs the key \"until\"\n"},
	{"heightened:\n  - name: a\n    from: 2026-11-02T00:00:00Z\n    until: "
	 "2026-11-01T00:00:00Z\n",
	 "f:4:12: \"until\" is not after \"from\"\n"},
	{"heightened:\n  - name: none\n  - {name: half, from: 2026-11-01T00:00:00Z}\n"
	 "  - {name: other, until: 2026-11-01T00:00:00Z}\n"
	 "  - {name: both, event: e, until: 2026-11-01T00:00:00Z}\n",
	 "f:2:11: the heightened watch \"none\" needs an \"event\", or \"from\" and \"until\"\n"
	 "f:3:12: the heightened watch \"half\" needs an \"event\", or \"from\" and \"until\"\n"
	 "f:4:12: the heightened watch \"other\" needs an \"event\", or \"from\" and \"until\"\n"
	 "f:5:12: the heightened watch \"both\" has an \"event\" and times of its own\n"},
	{PEOPLE "  shifts: [{people: sato, since: 2026-11-01T00:00:00Z, to: "
		"2026-11-01T00:00:00Z}]\n",
	 "f:4:60: \"to\" is not after \"since\"\n"},
	{PEOPLE "  shifts: [{people: sato, to: 2026-11-01T00:00:00Z}]\n", "", true},
	{PEOPLE "  shifts:\n    - {people: sato, from: '24:00', until: '24:01', days: [mon, "
		"fry]}\n",
	 "f:5:28: from: must be at most 23:59\n"
	 "f:5:44: until: \"24:01\" is not a time of day such as 08:30, up to 24:00\n"
	 "f:5:65: days: \"fry\" is not one of mon, tue, wed, thu, fri, sat, sun, weekdays, "
	 "weekend; did you mean \"fri\"?\n"},
	{PEOPLE "  shifts: [{people: []}, {days: mon}]\n",
	 "f:4:21: people: at least one item is needed\n"
	 "f:4:26: a shift needs the key \"people\"\n"},
	/* Ways out */
	{"duty:\n  heartbeat: {listen: 9477}\n",
	 "f:2:23: \"9477\" is not a loopback address and port such as 127.0.0.1:9477 or "
	 "\"[::1]:9477\"\n"},
	{"duty: {heartbeat: {listen: '192.0.2.1:9477'}}\n",
	 "f:1:28: \"192.0.2.1:9477\" is not a loopback address and port such as 127.0.0.1:9477 or "
	 "\"[::1]:9477\"\n"},
	{"duty: {heartbeat: {listen: '[::]:9477'}}\n",
	 "f:1:28: \"[::]:9477\" is not a loopback address and port such as 127.0.0.1:9477 or "
	 "\"[::1]:9477\"\n"},
	{"duty: {heartbeat: {listen: 127.0.0.1}}\n",
	 "f:1:28: \"127.0.0.1\" is not a loopback address and port such as 127.0.0.1:9477 or "
	 "\"[::1]:9477\"\n"},
	{"duty: {heartbeat: {listen: '127.0.0.1:9477'}}\n", "", true},
	{"duty: {heartbeat: {listen: '127.255.0.9:1'}}\n", "", true},
	{"duty: {heartbeat: {listen: '[::1]:9477'}}\n", "", true},
	{"duty: {mail: {server: mail.example.net, from: a@example.net}}\n",
	 "f:1:23: the mail server \"mail.example.net\" is not smtp://HOST:PORT or "
	 "smtps://HOST:PORT\n"},
	{"duty: {mail: {server: 'smtp://', from: a@example.net}}\n",
	 "f:1:23: the mail server \"smtp://\" is not smtp://HOST:PORT or smtps://HOST:PORT\n"},
	{"duty: {mail: {server: 'smtp://:25', from: a@example.net}}\n",
	 "f:1:23: the mail server \"smtp://:25\" is not smtp://HOST:PORT or smtps://HOST:PORT\n"},
	{"duty: {mail: {server: 'smtps://h:0', from: a@example.net}}\n",
	 "f:1:23: the mail server \"smtps://h:0\" is not smtp://HOST:PORT or smtps://HOST:PORT\n"},
	{"duty: {mail: {server: 'smtp://u:p@h', from: a@example.net}}\n",
	 "f:1:23: the mail server \"smtp://u:p@h\" is not smtp://HOST:PORT or "
	 "smtps://HOST:PORT\n"},
	{"duty: {mail: {server: 'smtp://h/x', from: a@example.net}}\n",
	 "f:1:23: the mail server \"smtp://h/x\" is not smtp://HOST:PORT or smtps://HOST:PORT\n"},
	{"duty: {mail: {server: 'smtp://[::1', from: a@example.net}}\n",
	 "f:1:23: the mail server \"smtp://[::1\" is not smtp://HOST:PORT or "
	 "smtps://HOST:PORT\n"},
	{"duty: {mail: {server: 'smtp://[2001:db8::1]:587', from: a@example.net}}\n", "", true},
	{"duty: {mail: {server: smtps://mail.example.net, from: a@example.net}}\n", "", true},
	{"duty: {mail: {server: smtp://localhost:25}}\n",
	 "f:1:23: warning: mail has no \"from\": many servers refuse what tells no sender\n", true},
	{"duty: {program: bin/pager}\n", "f:1:17: the program \"bin/pager\" is no absolute path\n"},
	{"duty:\n  program: /nonexistent/pager\n  notice_program: /etc\n  people: [{name: a, "
	 "program: /etc/passwd}]\n  shifts: [{people: a}]\n",
	 "f:2:12: warning: the program \"/nonexistent/pager\": No such file or directory\n"
	 "f:3:19: warning: the program \"/etc\" is no file\n"
	 "f:4:31: warning: the program \"/etc/passwd\" is not executable\n",
	 true},
	/* Nobody there */
	{"duty:\n  people: [{name: a}, {name: b, mail: b@example.net}]\n  shifts: [{people: a}]\n",
	 "f:2:19: warning: no page reaches \"a\": neither a mail address nor a program is given\n"
	 "f:2:30: warning: no page reaches \"b\": no mail server and no program is given\n",
	 true},
	{"duty:\n  people: [{name: a, program: /bin/sh}, {name: b, mail: b@example.net}]\n"
	 "  shifts: [{people: a}]\n  mail: {server: 'smtp://h', from: n@example.net}\n",
	 "", true},
	{PEOPLE, "f:3:19: warning: no shifts are given: nobody is on call\n", true},
	{PEOPLE "  escalation: sato\n",
	 "f:3:19: warning: no shifts are given: the escalation is paged at once\n", true},
	/* Gaps of the week */
	{PEOPLE "  shifts:\n    - {people: sato, days: weekdays}\n",
	 "f:5:16: warning: no shift holds Saturday 00:00 to Monday 00:00: nobody is on call "
	 "then\n",
	 true},
	{PEOPLE "  zone: Asia/Tokyo\n  escalation: suzuki\n  shifts:\n"
		"    - {people: sato, from: '09:00', until: '18:00'}\n",
	 "f:7:16: warning: no shift holds Sunday 18:00 to Monday 09:00 Asia/Tokyo: the "
	 "escalation is paged at once then\n",
	 true},
	{PEOPLE
	 "  shifts:\n    - {people: sato, from: '09:00', until: '18:00'}\n"
	 "    - {people: suzuki, from: '18:00', until: '08:59', days: [weekdays, sat, sun]}\n",
	 "f:5:16: warning: no shift holds Monday 08:59 to Monday 09:00: nobody is on call then\n",
	 true},
	{PEOPLE "  shifts:\n    - {people: sato, from: '09:00', until: '18:00'}\n"
		"    - {people: suzuki, from: '18:00', until: '09:00'}\n",
	 "", true},
	{PEOPLE "  shifts:\n    - {people: sato, from: '09:00', until: '09:00', days: weekdays}\n"
		"    - {people: suzuki, from: '09:00', until: '09:00', days: sat}\n"
		"    - {people: suzuki, from: '09:00', until: '18:00', days: sun}\n"
		"    - {people: suzuki, from: '18:00', until: '09:01', days: sun}\n",
	 "", true},
	{PEOPLE "  shifts:\n    - {people: sato, from: '09:00', days: mon}\n"
		"    - {people: suzuki, days: [tue, wed, thu, fri, sat, sun]}\n",
	 "f:5:16: warning: no shift holds Monday 00:00 to Monday 09:00: nobody is on call then\n",
	 true},
	/* Two zones without a changing clock: half past three is midnight */
	{PEOPLE "  zone: UTC\n  shifts:\n    - {people: sato, from: '00:00', until: '18:30'}\n"
		"    - {people: suzuki, zone: Asia/Kolkata, from: '00:00', until: '05:30'}\n",
	 "", true},
	/* New York is an hour nearer in summer; the file holds all year, or not in winter */
	{PEOPLE
	 "  zone: Asia/Tokyo\n  shifts:\n    - {people: sato, from: '09:00', until: '22:00'}\n"
	 "    - {people: suzuki, zone: America/New_York, from: '08:00', until: '20:00'}\n",
	 "", true},
};

static void test_golden(void **state)
{
	expect_rows(rows, ARRAY_LEN(rows));
}

/* The message about the gap of @yaml, with the month of the week that it names. */
static unsigned month_of_gap(const char *yaml, const char *gap)
{
	_cleanup_text_ struct text errors = TEXT_NULL, want = TEXT_NULL;
	_cleanup_conf_ struct conf *c = conf_load_text("f", yaml, strlen(yaml), &errors);
	unsigned year, month, day;
	int n = 0;

	assert_non_null(c);
	text_printf(&want,
		    "f:6:16: warning: no shift holds %s Asia/Tokyo in the week of "
		    "%%4u-%%2u-%%2u: nobody is on call then%%n",
		    gap);
	sscanf(text_str(&errors), text_str(&want), &year, &month, &day, &n);
	if (n == 0 || strcmp(errors.s + n, "\n") != 0)
		fail_msg("%s", text_str(&errors));
	return month;
}

/*
 * New York is an hour nearer to Tokyo in summer. A gap that is there in a part of the year is told
 * with the first week that has it, at whatever time of the year this runs.
 */
static void test_gap_of_season(void **state)
{
#define TWO_ZONES(from, until)                                                                     \
	PEOPLE "  zone: Asia/Tokyo\n  shifts:\n"                                                   \
	       "    - {people: sato, from: '" from "', until: '" until "'}\n"                      \
	       "    - {people: suzuki, zone: America/New_York, from: '08:00', until: '20:00'}\n"
	unsigned winter = month_of_gap(TWO_ZONES("09:00", "21:30"), "Monday 21:30 to Monday 22:00");
	unsigned summer = month_of_gap(TWO_ZONES("10:00", "22:00"), "Monday 09:00 to Monday 10:00");

	assert_true(winter >= 11 || winter <= 3);
	assert_true(summer >= 3 && summer <= 11);
}

static void test_defaults(void **state)
{
	_cleanup_conf_ struct conf *c = conf_default();
	const struct conf_duty *d = &c->duty;

	assert_int_equal(d->n_people + d->n_shifts + d->n_escalation + c->n_maintenance +
				 c->n_heightened,
			 0);
	assert_int_equal(d->ack_within_s, 600);
	assert_int_equal(d->page_from, 2);
	assert_int_equal(d->burst_s, 10);
	assert_int_equal(d->fold_s, 900);
	assert_int_equal(d->storm_pages, 5);
	assert_int_equal(d->storm_s, 60);
	assert_int_equal(d->program_s, 30);
	assert_int_equal(d->mail.tls, 1);
	assert_int_equal(d->sight.silent_s, 30);
	assert_int_equal(d->sight.loss_percent, 1);
	assert_int_equal(d->sight.template_s, 300);
	assert_int_equal(d->sight.clock_s, 5);
	assert_int_equal(d->sight.late_s, 15);
	assert_string_equal(d->zone, "");
	assert_string_equal(d->mail.server, "");
	assert_string_equal(d->heartbeat.listen, "");
}

static const char whole[] = WORLD
	"duty:\n"
	"  zone: Asia/Tokyo\n"
	"  people:\n"
	"    - {name: sato, language: ja, mail: sato@example.net, phone: '+81-3-5550-0100'}\n"
	"    - {name: 'Mary \"M\"', zone: Europe/Tallinn, program: /bin/sh}\n"
	"  shifts:\n"
	"    - {people: [sato, 'Mary \"M\"'], days: [mon, weekend], from: '18:00', until: "
	"'09:00'}\n"
	"    - {people: 'Mary \"M\"', since: 2026-01-01T00:00:00Z, to: "
	"2027-01-01T00:00:00+02:00}\n"
	"    - {people: sato, days: weekdays}\n"
	"    - {people: sato, days: [sun, sun]}\n"
	"  escalation: ['Mary \"M\"', sato]\n"
	"  acknowledge: 90s\n"
	"  page_from: 1\n"
	"  mail: {server: 'smtps://mail.example.net:465', from: n@example.net, tls: always}\n"
	"  sight: {loss: 3%}\n"
	"  heartbeat: {listen: '127.0.0.1:9477'}\n"
	"maintenance:\n"
	"  - {note: 'fibre: east', from: 2026-11-01T00:00:00Z, until: 2026-11-01T01:00:00Z, "
	"links: [transit, exchange]}\n"
	"heightened:\n"
	"  - {name: summit, event: jp-summit, ahead: 2d, services: calls, people: sato}\n"
	"  - {name: sale, from: 2026-11-01T00:00:00Z, until: 2026-11-02T00:00:00Z, page_from: "
	"4, objects: shop}\n";

static void test_values(void **state)
{
	_cleanup_conf_ struct conf *c = load(whole);
	const struct conf_duty *d = &c->duty;

	assert_int_equal(d->n_shifts, 4);
	assert_int_equal(d->shifts[0].days, DAY_MONDAY | DAY_MONDAY << 5 | DAY_MONDAY << 6);
	assert_int_equal(d->shifts[1].days, DAYS_ALL);
	assert_int_equal(d->shifts[2].days, 31);
	assert_int_equal(d->shifts[3].days, 64);
	assert_int_equal(d->shifts[0].from_min, 1080);
	assert_int_equal(d->shifts[0].until_min, 540);
	assert_int_equal(d->shifts[1].from_min, 0);
	assert_int_equal(d->shifts[1].until_min, 1440);
	assert_int_equal(d->shifts[1].until_us, INT64_C(1798754400) * US_PER_S);
	assert_string_equal(d->shifts[0].people[1], "Mary \"M\"");
	assert_string_equal(d->escalation[1], "sato");
	assert_int_equal(d->ack_within_s, 90);
	assert_int_equal(d->page_from, 1);
	assert_int_equal(d->mail.tls, 2);
	assert_int_equal(d->sight.loss_percent, 3);
	assert_int_equal(d->sight.silent_s, 30);
	assert_int_equal(c->maintenance[0].n_links, 2);
	assert_int_equal(c->heightened[0].ahead_s, 2 * 86400);
	assert_int_equal(c->heightened[0].page_from, 3);
	assert_int_equal(c->heightened[1].page_from, 4);
	assert_string_equal(c->heightened[1].objects[0], "shop");
	assert_string_equal(c->heightened[1].event, "");
}

static void test_printed(void **state)
{
	_cleanup_conf_ struct conf *c = load(whole);
	_cleanup_text_ struct text first = TEXT_NULL, second = TEXT_NULL, json = TEXT_NULL,
				   again = TEXT_NULL;

	conf_print(c, &first);
	conf_print_json(c, &json);
	_cleanup_conf_ struct conf *back = load(text_str(&first));
	conf_print(back, &second);
	conf_print_json(back, &again);
	assert_string_equal(text_str(&second), text_str(&first));
	assert_string_equal(text_str(&again), text_str(&json));
	assert_int_equal(back->duty.shifts[0].days, c->duty.shifts[0].days);
	/* Hours stand in quotation marks: to other readers of YAML 18:00 is 1080. */
	assert_non_null(strstr(text_str(&first), "      from: \"18:00\"\n"
						 "      until: \"09:00\"\n"));
	assert_non_null(strstr(text_str(&first), "      days:\n"
						 "        - mon\n"
						 "        - weekend\n"));
	assert_non_null(strstr(text_str(&first), "    listen: 127.0.0.1:9477\n"));
}

static void test_json(void **state)
{
	_cleanup_conf_ struct conf *c = load(whole);
	_cleanup_text_ struct text json = TEXT_NULL;
	json_t *root, *duty, *shift, *days;

	conf_print_json(c, &json);
	root = json_loads(text_str(&json), JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(root);
	duty = json_object_get(root, "duty");
	shift = json_array_get(json_object_get(duty, "shifts"), 0);
	days = json_object_get(shift, "days");
	assert_int_equal(json_array_size(days), 2);
	assert_string_equal(json_string_value(json_array_get(days, 0)), "mon");
	assert_string_equal(json_string_value(json_array_get(days, 1)), "weekend");
	assert_string_equal(json_string_value(json_object_get(shift, "from")), "18:00");
	assert_true(json_is_null(json_object_get(shift, "since")));
	assert_int_equal(json_integer_value(json_object_get(duty, "acknowledge")), 90);
	assert_true(json_is_null(json_object_get(duty, "program")));
	json_decref(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),	 cmocka_unit_test(test_gap_of_season),
		cmocka_unit_test(test_defaults), cmocka_unit_test(test_values),
		cmocka_unit_test(test_printed),	 cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
