/* SPDX-License-Identifier: ISC */
/*
 * Proves that ids come from content, that alarms, pages and faults come back from JSON and refs as
 * they were, that hostile JSON is refused as a whole, and that each fault is a sentence with its
 * figure, and one without where there is none.
 */
#include "duty/test_duty_kit.h"

#include <errno.h>
#include <math.h>

static void make_alarm(struct alarm *a)
{
	alarm_clear(a);
	a->kind = ALARM_STORM;
	snprintf(a->ref, sizeof(a->ref), "wfeedfacecafe@1218196800");
	alarm_id(a->kind, a->ref, a->id);
	a->state = ALARM_SNOOZED;
	a->mute = MUTE_MAINTENANCE;
	snprintf(a->mute_ref, sizeof(a->mute_ref), "回線工事 \"A\"\n");
	a->severity = 2;
	snprintf(a->object, sizeof(a->object), "ショップ");
	snprintf(a->owner, sizeof(a->owner), "alice");
	snprintf(a->paged, sizeof(a->paged), "bob");
	a->step = 7;
	a->asked = 3;
	a->opened_us = T0;
	a->seen_us = T0 + 1;
	a->due_us = T0 + 2;
	a->paged_us = T0 + 3;
	a->snoozed_until_us = T0 + 4;
	a->members = 12;
	a->told = 9;
}

#define LONG_SUBJECT                                                                               \
	"exporter_silent/0123456789012345678901234567890123456789012345678901234567890123@1"

static void test_ids(void **state)
{
	char a[ALARM_ID_MAX], b[ALARM_ID_MAX], page[PAGE_ID_MAX];

	/* FNV-1a (64 bit) of "incident n0123456789ab", folded to 48. */
	assert_string_equal(alarm_id(ALARM_INCIDENT, "n0123456789ab", a), "wa8db9c155451");
	alarm_id(ALARM_FAULT, "n0123456789ab", b);
	assert_string_not_equal(a, b);
	assert_string_equal(alarm_id(ALARM_INCIDENT, "n0123456789ab", b), a);
	assert_string_equal(page_id("w0123456789ab", 3, 2, page), "w0123456789ab-3-2");
}

static void test_alarm_round_trip(void **state)
{
	struct alarm a, back;
	json_t *o, *again;
	char *text;

	make_alarm(&a);
	o = alarm_json(&a);
	text = json_dumps(o, 0);
	again = json_loads(text, 0, NULL);
	memset(&back, 0xff, sizeof(back));
	assert_int_equal(alarm_from_json(again, &back), 0);
	assert_memory_equal(&a, &back, sizeof(a));
	free(text);
	json_decref(o);
	json_decref(again);
}

/* Each change of one key, which must be refused. */
static void test_hostile_alarms(void **state)
{
	static const struct {
		const char *key, *value; /* NULL: left out */
	} rows[] = {
		{"id", NULL},
		{"id", "\"\""},
		{"id", "7"},
		{"id", "\"w000000000000\""},
		{"id", "\"w0000000000000000000000000\""},
		{"kind", NULL},
		{"kind", "\"party\""},
		{"kind", "null"},
		{"kind", "\"incident\""}, /* then the id is another */
		{"ref", NULL},
		{"ref", "\"x\\u0000y\""},
		{"state", "\"\""},
		{"state", "[]"},
		{"mute", "\"loud\""},
		{"severity", "0"},
		{"severity", "5"},
		{"severity", "-1"},
		{"severity", "2.0"},
		{"severity", NULL},
		{"step", "-1"},
		{"step", "4294967296"},
		{"opened", "7"},
		{"opened", "\"yesterday\""},
		{"next", "{}"},
		{"members", "\"12\""},
		{"owner", "true"},
		{"owner", "\"a\\u0000b\""},
		{"object", "\"0123456789012345678901234567890123456789012345678901234567890123\""},
	};

	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		struct alarm a, back;
		json_t *o;

		make_alarm(&a);
		o = alarm_json(&a);
		assert_int_equal(alarm_from_json(o, &back), 0);
		if (rows[i].value)
			json_object_set_new(
				o, rows[i].key,
				json_loads(rows[i].value, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL));
		else
			json_object_del(o, rows[i].key);
		if (alarm_from_json(o, &back) != -EINVAL)
			fail_msg("taken: %s = %s", rows[i].key, rows[i].value);
		json_decref(o);
	}
	assert_int_equal(alarm_from_json(NULL, &(struct alarm){0}), -EINVAL);
}

static void make_page(struct page *p)
{
	memset(p, 0, sizeof(*p));
	snprintf(p->id, sizeof(p->id), "w0123456789ab-3-2");
	snprintf(p->alarm, sizeof(p->alarm), "w0123456789ab");
	p->why = PAGE_ESCALATED;
	p->step = 3;
	snprintf(p->person, sizeof(p->person), "当直");
	p->channel = CHANNEL_MAIL;
	snprintf(p->to, sizeof(p->to), "oncall@example.net");
	snprintf(p->language, sizeof(p->language), "ja");
	snprintf(p->text, sizeof(p->text), "重大度2 ショップ: SYNフラッド");
	p->at_us = T0;
	p->json = json_pack("{s:s}", "text", "x");
}

static void test_pages(void **state)
{
	struct page p, back;
	json_t *o;

	make_page(&p);
	o = page_json(&p);
	assert_int_equal(page_from_json(o, &back), 0);
	assert_true(json_equal(p.json, back.json));
	page_deinit(&back);
	assert_null(back.json);
	back.json = p.json;
	assert_memory_equal(&p, &back, sizeof(p));
	json_object_set_new(o, "text", json_string(""));
	assert_int_equal(page_from_json(o, &back), -EINVAL);
	{
		_cleanup_text_ struct text t = TEXT_NULL;

		/* Characters count, not bytes. */
		for (unsigned i = 0; i < PAGE_CHARS_MAX; i++)
			text_add(&t, "火");
		json_object_set_new(o, "text", json_string(text_str(&t)));
		assert_int_equal(page_from_json(o, &back), 0);
		page_deinit(&back);
		text_add(&t, "火");
		json_object_set_new(o, "text", json_string(text_str(&t)));
		assert_int_equal(page_from_json(o, &back), -EINVAL);
	}
	json_object_set_new(o, "text", json_string("x"));
	json_object_set_new(o, "data", json_string("x"));
	assert_int_equal(page_from_json(o, &back), -EINVAL);
	json_object_set_new(o, "data", json_null());
	assert_int_equal(page_from_json(o, &back), 0);
	assert_null(back.json);
	json_object_set_new(o, "channel", json_string("pigeon"));
	assert_int_equal(page_from_json(o, &back), -EINVAL);
	json_decref(o);
	page_deinit(&p);
}

static void test_names(void **state)
{
	for (unsigned i = 0; i < ALARM_KINDS; i++)
		assert_non_null(alarm_kind_name((enum alarm_kind)i));
	for (unsigned i = 0; i < ALARM_STATES; i++)
		assert_non_null(alarm_state_name((enum alarm_state)i));
	for (unsigned i = 0; i < MUTE_KINDS; i++)
		assert_non_null(alarm_mute_name((enum alarm_mute)i));
	for (unsigned i = 0; i < PAGE_WHYS; i++)
		assert_non_null(page_why_name((enum page_why)i));
	assert_string_equal(alarm_mute_name(MUTE_TEST), "known_test");
	assert_string_equal(page_channel_name(CHANNEL_PROGRAM), "program");
}

/* clang-format off: a row stays a row. */
static const struct {
	struct fault f;
	unsigned severity;
	const char *name, *en, *ja, *plain_en, *plain_ja;
} faults[] = {
	{{FAULT_WATCH_GONE, "", 95, 0, false},
	 1,
	 "watch_gone",
	 "noroshi watch told nothing for 95 s: attacks are not seen",
	 "noroshi watch から95 秒間応答なし: 攻撃を検知できない",
	 "noroshi watch tells nothing: attacks are not seen",
	 "noroshi watch から応答なし: 攻撃を検知できない"},
	{{FAULT_STARVED, "", 17, 0, false},
	 2,
	 "starved",
	 "noroshi watch is 17 s behind",
	 "noroshi watch の処理が17 秒遅れている",
	 "noroshi watch is behind",
	 "noroshi watch の処理が遅れている"},
	{{FAULT_EXPORTER_SILENT, "border-1", 45, 0, false},
	 2,
	 "exporter_silent",
	 "no export from border-1 for 45 s",
	 "border-1から45 秒間エクスポートなし",
	 "no export from border-1",
	 "border-1からエクスポートなし"},
	{{FAULT_EXPORTER_LOSS, "border-1", 2.34, 0, false},
	 3,
	 "exporter_loss",
	 "2.3 % of the datagrams of border-1 got lost",
	 "border-1のデータグラムの2.3 %が失われた",
	 "datagrams of border-1 get lost",
	 "border-1のデータグラムが失われている"},
	{{FAULT_TEMPLATE_MISSING, "border-1", 330, 0, false},
	 2,
	 "template_missing",
	 "data of border-1 wait for their template for 6 min",
	 "border-1のデータがテンプレート待ち (6 分)",
	 "data of border-1 wait for their template",
	 "border-1のデータがテンプレート待ち"},
	{{FAULT_EXPORTER_CLOCK, "border-1", -32400, 0, false},
	 3,
	 "exporter_clock",
	 "the clock of border-1 is off by -9.0 h",
	 "border-1の時計が-9.0 時間ずれている",
	 "the clock of border-1 is off",
	 "border-1の時計がずれている"},
	{{FAULT_OWN_CLOCK, "", 32400, 0, false},
	 2,
	 "own_clock",
	 "our own clock is off by +9.0 h",
	 "自機の時計が+9.0 時間ずれている",
	 "our own clock is off",
	 "自機の時計がずれている"},
	{{FAULT_KERNEL_DROPS, "[::]:2055", 1200, 0, false},
	 3,
	 "kernel_drops",
	 "the kernel dropped 1200 datagrams at [::]:2055",
	 "[::]:2055でカーネルがデータグラムを1200個破棄した",
	 "the kernel drops datagrams at [::]:2055",
	 "[::]:2055でカーネルがデータグラムを破棄している"},
	{{FAULT_QUEUE_LATE, "", 6.25, 0, false},
	 3,
	 "queue_late",
	 "detection or storing is 6.2 s late",
	 "検知または保存が6.2 秒遅れている",
	 "detection or storing is late",
	 "検知または保存が遅れている"},
	{{FAULT_STORE_FAILING, "", 20, 0, false},
	 2,
	 "store_failing",
	 "the store cannot be written for 20 s",
	 "記録庫に20 秒間書き込めない",
	 "the store cannot be written",
	 "記録庫に書き込めない"},
	{{FAULT_DISK_FULL, "", 4096, 0, false},
	 2,
	 "disk_full",
	 "the disk of the store is full: 4.10 kB left",
	 "記録庫のディスクが満杯 (残り4.10 kB)",
	 "the disk of the store is full",
	 "記録庫のディスクが満杯"},
	{{FAULT_CHANNEL, "alice mail", 3, 0, false},
	 2,
	 "channel",
	 "pages to alice mail do not go out: 3 failed",
	 "alice mailへの呼び出しが送れない (失敗3件)",
	 "pages to alice mail do not go out",
	 "alice mailへの呼び出しが送れない"},
};
/* clang-format on */

static void say(const struct fault *f, bool ja, const char *want)
{
	_cleanup_text_ struct text t = TEXT_NULL;

	fault_say(f, ja, &t);
	assert_string_equal(text_str(&t), want);
}

static void test_faults(void **state)
{
	assert_int_equal(ARRAY_LEN(faults), FAULT_KINDS);
	for (unsigned i = 0; i < FAULT_KINDS; i++) {
		struct fault f = faults[i].f;
		enum fault_kind k;

		assert_int_equal(f.kind, i);
		assert_string_equal(fault_name(f.kind), faults[i].name);
		assert_int_equal(fault_parse(faults[i].name, &k), 0);
		assert_int_equal(k, f.kind);
		assert_int_equal(fault_severity(f.kind), faults[i].severity);
		say(&f, false, faults[i].en);
		say(&f, true, faults[i].ja);
		f.figure = NAN;
		say(&f, false, faults[i].plain_en);
		say(&f, true, faults[i].plain_ja);
	}
	assert_int_equal(fault_parse("moon", &(enum fault_kind){0}), -EINVAL);
}

static void test_fault_refs(void **state)
{
	static const char *const bad[] = {
		"",
		"exporter_silent",
		"exporter_silent/border-1",
		"moon/x@1",
		"exporter_silent/x@",
		"exporter_silent/x@1s",
		"disk_full@7",
		"exporter_silent/x@99999999999999999",
		LONG_SUBJECT,
	};
	struct fault f = {FAULT_EXPORTER_SILENT, "a/b@c", 45, T0 + 7, false}, back;
	char ref[FAULT_REF_MAX], key[FAULT_KEY_MAX];

	assert_string_equal(fault_key(&f, key), "exporter_silent/a/b@c");
	assert_string_equal(fault_ref(&f, ref), "exporter_silent/a/b@c@1218196800");
	assert_int_equal(fault_from_ref(ref, &back), 0);
	assert_int_equal(back.kind, f.kind);
	assert_string_equal(back.subject, "a/b@c");
	assert_true(back.since_us == T0);
	assert_true(isnan(back.figure));
	memset(f.subject, 'x', sizeof(f.subject) - 1);
	f.kind = FAULT_TEMPLATE_MISSING;
	assert_int_equal(fault_from_ref(fault_ref(&f, ref), &back), 0);
	assert_string_equal(back.subject, f.subject);
	assert_true(strlen(ref) < ALARM_REF_MAX);
	for (unsigned i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(fault_from_ref(bad[i], &back), -EINVAL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_alarm_round_trip),
		cmocka_unit_test(test_hostile_alarms),
		cmocka_unit_test(test_pages),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_fault_refs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
