/* SPDX-License-Identifier: ISC */
/*
 * Proves that each way of being blind is found from a status that shows it, with its subject and
 * figure, that none is found from a good one, that what follows from another is not told beside it,
 * that nothing flaps, and that steps of the wall clock fool nobody.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "duty/sight.h"

#define T0   (INT64_C(1790000000) * US_PER_S)
#define GB   (INT64_C(1) << 30)
#define TOLD 64

struct bench {
	struct sight *sight;
	json_t *status;
	struct sight_look look;
	int64_t wall_us; /* wall less monotonic clock */
	struct fault told[TOLD];
	unsigned n;
};

static const struct conf_sight conf = {
	.silent_s = 30, .loss_percent = 1, .template_s = 300, .clock_s = 5, .late_s = 15};

static int note(void *userdata, const struct fault *f)
{
	struct bench *b = userdata;

	assert_true(b->n < TOLD);
	b->told[b->n++] = *f;
	return 0;
}

static json_t *good_exporter(const char *name)
{
	return json_pack("{s:s, s:b, s:b, s:i, s:i, s:{s:i, s:i}, s:{s:f, s:b}, s:f, s:f}", "name",
			 name, "configured", 1, "spoke", 1, "datagrams", 1000, "records", 30000,
			 "lost", "datagrams", 0, "records", 0, "clock", "offset_s", 0.02, "trusted",
			 1, "silent_s", 0.3, "template_s", 0.0);
}

static json_t *good_status(void)
{
	return json_pack("{s:s, s:{s:f, s:i, s:f, s:n, s:i}, s:{s:f, s:f, s:f},"
			 " s:[{s:s, s:i, s:i, s:i, s:i}], s:[{s:s, s:b, s:i, s:i}],"
			 " s:{s:s, s:f, s:b}, s:[o, o, o], s:i}",
			 "started", "2026-09-21T14:13:20.000000Z", "clock", "ahead_s", 0.0, "steps",
			 0, "step_s", 0.0, "step_ago_s", "followed", 0, "late", "ticks_s", 0.01,
			 "datagrams_s", 0.02, "cpu_wait", 0.01, "listeners", "address", "::1",
			 "port", 2055, "datagrams", 2000, "kernel_drops", 0, "ring_drops", 0,
			 "captures", "interface", "eth0", "down", 0, "frames", 5000, "kernel_drops",
			 0, "store", "state", "good", "behind_s", 0.0, "failing", 0, "exporters",
			 good_exporter("border-1"), good_exporter("border-2"),
			 good_exporter("core-1"), "exporters_left_out", 0);
}

static int start(void **state)
{
	static struct bench b;

	b = (struct bench){.sight = sight_new(), .status = good_status(), .wall_us = T0};
	b.look = (struct sight_look){.bell = BELL_ANSWERED, .free_bytes = GB, .mono_us = US_PER_S};
	assert_non_null(b.sight);
	assert_non_null(b.status);
	*state = &b;
	return 0;
}

static int finish(void **state)
{
	struct bench *b = *state;

	sight_free(b->sight);
	json_decref(b->status);
	return 0;
}

static json_t *part(struct bench *b, const char *key)
{
	return json_object_get(b->status, key);
}

static json_t *exporter(struct bench *b, size_t i)
{
	return json_array_get(part(b, "exporters"), i);
}

static void set(json_t *o, const char *key, double v)
{
	json_object_set_new(o, key, json_real(v));
}

static void add(json_t *o, const char *key, json_int_t n)
{
	json_object_set_new(o, key, json_integer(json_integer_value(json_object_get(o, key)) + n));
}

/* One second goes by and a status of now is looked at. */
static void second(struct bench *b)
{
	b->look.mono_us += US_PER_S;
	b->look.now_us = b->wall_us + b->look.mono_us;
	b->look.status = b->status;
	b->look.status_us = b->look.now_us;
	assert_int_equal(sight_status(b->sight, &b->look, &conf, note, b), 0);
}

/* One in which all exporters and inputs tell what they told before. */
static void busy_second(struct bench *b)
{
	json_t *e;
	size_t i;

	json_array_foreach(part(b, "exporters"), i, e)
	{
		add(e, "datagrams", 100);
		add(e, "records", 3000);
	}
	add(json_array_get(part(b, "listeners"), 0), "datagrams", 300);
	add(json_array_get(part(b, "captures"), 0), "frames", 10000);
	second(b);
}

static void seconds(struct bench *b, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		busy_second(b);
}

static unsigned in_force(struct bench *b)
{
	struct bench all = {0};

	assert_int_equal(sight_each(b->sight, note, &all), 0);
	return all.n;
}

static void expect(const struct bench *b, unsigned i, enum fault_kind kind, const char *subject,
		   bool over)
{
	assert_true(i < b->n);
	assert_string_equal(fault_name(b->told[i].kind), fault_name(kind));
	assert_string_equal(b->told[i].subject, subject);
	assert_int_equal(b->told[i].over, over);
}

/* What began is over 60 s after it was seen last, and not before. */
static void expect_over(struct bench *b, enum fault_kind kind, const char *subject)
{
	seconds(b, 58);
	assert_int_equal(b->n, 1);
	seconds(b, 3);
	assert_int_equal(b->n, 2);
	expect(b, 1, kind, subject, true);
	assert_true(b->told[1].since_us == b->told[0].since_us);
	assert_int_equal(in_force(b), 0);
}

static void test_good(void **state)
{
	struct bench *b = *state;

	seconds(b, 200);
	assert_int_equal(b->n, 0);
	assert_int_equal(sight_age_us(b->sight), 0);
}

static void test_silent(void **state)
{
	struct bench *b = *state;

	seconds(b, 5);
	set(exporter(b, 1), "silent_s", 30);
	busy_second(b);
	assert_int_equal(b->n, 0);
	set(exporter(b, 1), "silent_s", 31);
	busy_second(b);
	assert_int_equal(b->n, 1);
	expect(b, 0, FAULT_EXPORTER_SILENT, "border-2", false);
	assert_true(b->told[0].since_us == b->look.now_us - 31 * US_PER_S);
	assert_true(fabs(b->told[0].figure - 31) < 0.01);
	/* Speaks now and then: no end of it, and no second beginning. */
	for (unsigned i = 0; i < 300; i++) {
		set(exporter(b, 1), "silent_s", i % 40);
		busy_second(b);
	}
	set(exporter(b, 1), "silent_s", 31);
	busy_second(b);
	assert_int_equal(b->n, 1);
	set(exporter(b, 1), "silent_s", 0);
	expect_over(b, FAULT_EXPORTER_SILENT, "border-2");
}

/* One that is configured and never told anything is missed too; one that is not is not. */
static void test_never_spoke(void **state)
{
	struct bench *b = *state;

	json_object_set_new(exporter(b, 0), "spoke", json_false());
	set(exporter(b, 0), "silent_s", 40);
	json_object_set_new(exporter(b, 1), "configured", json_false());
	set(exporter(b, 1), "silent_s", 4000);
	second(b);
	assert_int_equal(b->n, 1);
	expect(b, 0, FAULT_EXPORTER_SILENT, "border-1", false);
	/* Taken out of the configuration it is missed no more. */
	json_object_set_new(exporter(b, 0), "configured", json_false());
	json_array_remove(part(b, "exporters"), 0);
	expect_over(b, FAULT_EXPORTER_SILENT, "border-1");
}

static void test_capture_down(void **state)
{
	struct bench *b = *state;

	json_object_set_new(json_array_get(part(b, "captures"), 0), "down", json_true());
	second(b);
	assert_int_equal(b->n, 1);
	expect(b, 0, FAULT_EXPORTER_SILENT, "eth0", false);
}

static void test_loss(void **state)
{
	struct bench *b = *state;

	for (unsigned i = 0; i < 60; i++) { /* 0.9 % */
		add(json_object_get(exporter(b, 2), "lost"), "datagrams", i % 10 ? 1 : 0);
		busy_second(b);
	}
	assert_int_equal(b->n, 0);
	for (unsigned i = 0; i < 60; i++) { /* 2 % of the records */
		add(json_object_get(exporter(b, 0), "lost"), "records", 60);
		busy_second(b);
	}
	assert_int_equal(b->n, 1);
	expect(b, 0, FAULT_EXPORTER_LOSS, "border-1", false);
	seconds(b, 119);
	assert_int_equal(b->n, 2);
	expect(b, 1, FAULT_EXPORTER_LOSS, "border-1", true);
}

/* Two of forty are 5 %, and no reason to wake anybody. */
static void test_loss_of_few(void **state)
{
	struct bench *b = *state;

	for (unsigned i = 0; i < 80; i++) {
		add(exporter(b, 0), "datagrams", i % 2);
		add(json_object_get(exporter(b, 0), "lost"), "datagrams", i % 20 == 7);
		second(b);
	}
	assert_int_equal(b->n, 0);
}

/* The numbers that a silence leaves out are the silence's. */
static void test_loss_by_silence(void **state)
{
	struct bench *b = *state;

	seconds(b, 20);
	for (unsigned i = 1; i < 100; i++) {
		set(exporter(b, 0), "silent_s", i);
		second(b);
	}
	set(exporter(b, 0), "silent_s", 0);
	add(json_object_get(exporter(b, 0), "lost"), "datagrams", 10000);
	add(json_object_get(exporter(b, 0), "lost"), "records", 300000);
	seconds(b, 150);
	assert_int_equal(b->n, 2);
	expect(b, 0, FAULT_EXPORTER_SILENT, "border-1", false);
	expect(b, 1, FAULT_EXPORTER_SILENT, "border-1", true);
}

static void test_template(void **state)
{
	struct bench *b = *state;

	set(exporter(b, 0), "template_s", 299);
	second(b);
	assert_int_equal(b->n, 0);
	set(exporter(b, 0), "template_s", 301);
	second(b);
	assert_int_equal(b->n, 1);
	expect(b, 0, FAULT_TEMPLATE_MISSING, "border-1", false);
	set(exporter(b, 0), "template_s", 0);
	expect_over(b, FAULT_TEMPLATE_MISSING, "border-1");
}

static void test_exporter_clock(void **state)
{
	struct bench *b = *state;

	set(json_object_get(exporter(b, 1), "clock"), "offset_s", -7.5);
	json_object_set_new(json_object_get(exporter(b, 2), "clock"), "trusted", json_false());
	set(json_object_get(exporter(b, 2), "clock"), "offset_s", 5000);
	second(b);
	assert_int_equal(b->n, 1);
	expect(b, 0, FAULT_EXPORTER_CLOCK, "border-2", false);
	assert_true(fabs(b->told[0].figure - 7.5) < 0.01); /* ahead of ours */
	set(json_object_get(exporter(b, 1), "clock"), "offset_s", 0);
	expect_over(b, FAULT_EXPORTER_CLOCK, "border-2");
}

/* All alike: it is ours, and none of theirs. */
static void test_own_clock_by_exporters(void **state)
{
	struct bench *b = *state;

	for (size_t i = 0; i < 3; i++)
		set(json_object_get(exporter(b, i), "clock"), "offset_s", 32400.0 + (double)i / 10);
	second(b);
	assert_int_equal(b->n, 1);
	expect(b, 0, FAULT_OWN_CLOCK, "", false);
	assert_true(fabs(b->told[0].figure - 32400.1) < 0.2);
	/* Of one alone nobody can say whose clock it is. */
	for (size_t i = 0; i < 3; i++)
		set(json_object_get(exporter(b, i), "clock"), "offset_s", 0);
	expect_over(b, FAULT_OWN_CLOCK, "");
}

/* Stepped by nine hours: said at once, and nothing else by it; no age is nine hours. */
static void test_own_clock_by_step(void **state)
{
	static const int64_t hours[] = {9, -9};

	for (unsigned k = 0; k < 2; k++) {
		struct bench *b = *state;
		json_t *clock = part(b, "clock");
		int64_t step_us = hours[k] * 3600 * US_PER_S;

		seconds(b, 10);
		b->wall_us += step_us;
		/* Before the next status is written: this one is of the other time. */
		b->look.mono_us += US_PER_S / 2;
		b->look.now_us = b->wall_us + b->look.mono_us;
		assert_int_equal(sight_status(b->sight, &b->look, &conf, note, b), 0);
		assert_int_equal(b->n, 0);
		set(clock, "ahead_s", (double)step_us / US_PER_S);
		set(clock, "step_s", (double)step_us / US_PER_S);
		set(clock, "step_ago_s", 1);
		add(clock, "steps", 1);
		busy_second(b);
		assert_int_equal(b->n, 1);
		expect(b, 0, FAULT_OWN_CLOCK, "", false);
		/* Followed by the watch after a while. */
		set(clock, "ahead_s", 0);
		set(clock, "step_ago_s", 70);
		expect_over(b, FAULT_OWN_CLOCK, "");
		finish(state);
		start(state);
	}
}

static void test_drops(void **state)
{
	struct bench *b = *state;

	seconds(b, 10);
	add(json_array_get(part(b, "listeners"), 0), "kernel_drops", 9);
	seconds(b, 10);
	assert_int_equal(b->n, 0);
	add(json_array_get(part(b, "listeners"), 0), "kernel_drops", 500);
	add(json_object_get(exporter(b, 0), "lost"), "datagrams", 250);
	add(json_object_get(exporter(b, 1), "lost"), "datagrams", 250);
	seconds(b, 10);
	assert_int_equal(b->n, 1); /* not the loss that comes of it */
	expect(b, 0, FAULT_KERNEL_DROPS, "[::1]:2055", false);
	assert_int_equal((int)b->told[0].figure, 509);
	add(json_array_get(part(b, "captures"), 0), "kernel_drops", 50000);
	seconds(b, 1);
	assert_int_equal(b->n, 2);
	expect(b, 1, FAULT_KERNEL_DROPS, "eth0", false);
	seconds(b, 130);
	assert_int_equal(b->n, 4);
	assert_int_equal(in_force(b), 0);
}

/* Without a core everything is missing; only that is said. */
static void test_starved(void **state)
{
	struct bench *b = *state;

	seconds(b, 10);
	set(part(b, "late"), "cpu_wait", 0.9);
	add(json_array_get(part(b, "listeners"), 0), "kernel_drops", 500);
	add(json_array_get(part(b, "listeners"), 0), "ring_drops", 500);
	add(json_object_get(exporter(b, 0), "lost"), "datagrams", 1000);
	busy_second(b);
	assert_int_equal(b->n, 1);
	expect(b, 0, FAULT_STARVED, "", false);
	seconds(b, 30);
	set(part(b, "late"), "cpu_wait", 0.1);
	seconds(b, 30);
	assert_int_equal(b->n, 1);
	seconds(b, 62);
	assert_int_equal(b->n, 2);
	expect(b, 1, FAULT_STARVED, "", true);
}

static void test_late_ticks(void **state)
{
	struct bench *b = *state;

	set(part(b, "late"), "ticks_s", 40);
	set(part(b, "late"), "datagrams_s", 40);
	for (size_t i = 0; i < 3; i++)
		set(exporter(b, i), "silent_s", 41);
	second(b);
	assert_int_equal(b->n, 1);
	expect(b, 0, FAULT_STARVED, "", false);
	assert_true(b->told[0].since_us == b->look.now_us - 40 * US_PER_S);
	for (size_t i = 0; i < 3; i++)
		set(exporter(b, i), "silent_s", 0);
	set(part(b, "late"), "ticks_s", 0);
	set(part(b, "late"), "datagrams_s", 0);
	expect_over(b, FAULT_STARVED, "");
}

static void test_queues(void **state)
{
	struct bench *b = *state;

	set(part(b, "store"), "behind_s", 16);
	second(b);
	assert_int_equal(b->n, 1);
	expect(b, 0, FAULT_QUEUE_LATE, "store", false);
	set(part(b, "store"), "behind_s", 0);
	add(json_array_get(part(b, "listeners"), 0), "ring_drops", 100);
	busy_second(b);
	assert_int_equal(b->n, 2);
	expect(b, 1, FAULT_QUEUE_LATE, "receive", false);
}

static void test_store(void **state)
{
	struct bench *b = *state;

	json_object_set_new(part(b, "store"), "failing", json_true());
	json_object_set_new(part(b, "store"), "state", json_string("failing"));
	set(part(b, "store"), "behind_s", 2);
	second(b);
	assert_int_equal(b->n, 0); /* it tries again each second */
	set(part(b, "store"), "behind_s", 4);
	second(b);
	assert_int_equal(b->n, 1);
	expect(b, 0, FAULT_STORE_FAILING, "", false);
	json_object_set_new(part(b, "store"), "failing", json_false());
	set(part(b, "store"), "behind_s", 0);
	expect_over(b, FAULT_STORE_FAILING, "");
}

/* By what the watch says, and by what the disk says; the store that fails by it is not told. */
static void test_disk(void **state)
{
	struct bench *b = *state;

	b->look.free_bytes = 100000;
	json_object_set_new(part(b, "store"), "failing", json_true());
	json_object_set_new(part(b, "store"), "state", json_string("failing"));
	set(part(b, "store"), "behind_s", 400);
	second(b);
	assert_int_equal(b->n, 1);
	expect(b, 0, FAULT_DISK_FULL, "", false);
	b->look.free_bytes = 12 << 20; /* enough to begin with, not to be good again */
	json_object_set_new(part(b, "store"), "failing", json_false());
	set(part(b, "store"), "behind_s", 0);
	seconds(b, 100);
	assert_int_equal(b->n, 1);
	b->look.free_bytes = GB;
	expect_over(b, FAULT_DISK_FULL, "");
	b->look.free_bytes = GB;
	json_object_set_new(part(b, "store"), "failing", json_true());
	json_object_set_new(part(b, "store"), "state", json_string("disk_full"));
	set(part(b, "store"), "behind_s", 4);
	second(b);
	assert_int_equal(b->n, 3);
	expect(b, 2, FAULT_DISK_FULL, "", false);
}

/* Nobody writes a status: by the door bell it is known whether somebody is there. */
static void gone(struct bench *b, enum sight_bell bell, enum fault_kind kind)
{
	seconds(b, 10);
	b->look.bell = bell;
	for (unsigned i = 0; i < 100; i++) {
		b->look.mono_us += US_PER_S;
		b->look.now_us += US_PER_S;
		assert_int_equal(sight_status(b->sight, &b->look, &conf, note, b), 0);
		assert_int_equal(b->n, i > 14);
	}
	expect(b, 0, kind, "", false);
	assert_true(b->told[0].since_us == b->look.status_us);
	assert_true(sight_age_us(b->sight) == 100 * US_PER_S);
	b->look.bell = BELL_ANSWERED;
	expect_over(b, kind, "");
}

static void test_gone(void **state)
{
	gone(*state, BELL_NOBODY, FAULT_WATCH_GONE);
}

static void test_stopped(void **state)
{
	gone(*state, BELL_LATE, FAULT_STARVED);
}

static void test_never_a_status(void **state)
{
	struct bench *b = *state;

	for (unsigned i = 0; i < 20; i++) {
		b->look.mono_us += US_PER_S;
		b->look.now_us = T0 + b->look.mono_us;
		b->look.bell = BELL_NOBODY;
		assert_int_equal(sight_status(b->sight, &b->look, &conf, note, b), 0);
	}
	assert_int_equal(b->n, 1);
	expect(b, 0, FAULT_WATCH_GONE, "", false);
	assert_true(sight_age_us(b->sight) == TIME_NONE);
}

/* A status of yesterday, at the first look; and one of the future, by a clock that was set back. */
static void test_first_look(void **state)
{
	struct bench *b = *state;

	b->look = (struct sight_look){.status = b->status,
				      .status_us = T0,
				      .bell = BELL_NOBODY,
				      .free_bytes = GB,
				      .now_us = T0 + 86400 * US_PER_S,
				      .mono_us = US_PER_S};
	assert_int_equal(sight_status(b->sight, &b->look, &conf, note, b), 0);
	assert_int_equal(b->n, 1);
	expect(b, 0, FAULT_WATCH_GONE, "", false);
	finish(state);
	start(state);
	b->look.status = b->status;
	b->look.status_us = T0 + 32400 * US_PER_S;
	b->look.bell = BELL_NOBODY;
	for (unsigned i = 0; i < 20; i++) {
		b->look.mono_us += US_PER_S;
		b->look.now_us = T0 + b->look.mono_us;
		assert_int_equal(sight_status(b->sight, &b->look, &conf, note, b), 0);
		assert_int_equal(b->n, i > 15);
	}
}

/* What was in force when the last run ended is over when it is, not begun again. */
static void test_resume(void **state)
{
	struct bench *b = *state;
	struct fault f = {.kind = FAULT_EXPORTER_SILENT,
			  .subject = "border-1",
			  .figure = NAN,
			  .since_us = T0 - 5 * US_PER_S};

	assert_int_equal(sight_resume(b->sight, &f, b->look.mono_us), 0);
	set(exporter(b, 0), "silent_s", 50);
	busy_second(b);
	assert_int_equal(b->n, 0);
	set(exporter(b, 0), "silent_s", 0);
	seconds(b, 62);
	assert_int_equal(b->n, 1);
	expect(b, 0, FAULT_EXPORTER_SILENT, "border-1", true);
	assert_true(b->told[0].since_us == f.since_us);
}

/* Exporters that found no room in the answer are as they were. */
static void test_left_out(void **state)
{
	struct bench *b = *state;

	set(exporter(b, 0), "silent_s", 50);
	busy_second(b);
	assert_int_equal(b->n, 1);
	json_array_remove(part(b, "exporters"), 0);
	json_object_set_new(b->status, "exporters_left_out", json_integer(1));
	seconds(b, 100);
	assert_int_equal(b->n, 1);
	assert_int_equal(in_force(b), 1);
}

/* A watch that began anew has counters that did. */
static void test_new_run(void **state)
{
	struct bench *b = *state;

	seconds(b, 30);
	json_object_set_new(b->status, "started", json_string("2026-09-21T15:00:00.000000Z"));
	for (size_t i = 0; i < 3; i++) {
		json_object_set_new(exporter(b, i), "datagrams", json_integer(0));
		json_object_set_new(exporter(b, i), "records", json_integer(0));
	}
	add(json_object_get(exporter(b, 0), "lost"), "datagrams", 900);
	seconds(b, 60);
	assert_int_equal(b->n, 0);
}

/* A status of another version, or of somebody else, shows nothing and breaks nothing. */
static void test_strange(void **state)
{
	static const char *const texts[] = {
		"{}", "[]", "{\"exporters\": 5, \"late\": [], \"clock\": \"x\", \"store\": 1}",
		"{\"exporters\": [1, null, {}, {\"configured\": true, \"name\": 7}]}",
		"{\"listeners\": [[]], \"captures\": {}}"};
	struct bench *b = *state;

	for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		json_decref(b->status);
		b->status = json_loads(texts[i], 0, NULL);
		assert_non_null(b->status);
		second(b);
		second(b);
	}
	assert_int_equal(b->n, 0);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, start, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_good),
		CASE(test_silent),
		CASE(test_never_spoke),
		CASE(test_capture_down),
		CASE(test_loss),
		CASE(test_loss_of_few),
		CASE(test_loss_by_silence),
		CASE(test_template),
		CASE(test_exporter_clock),
		CASE(test_own_clock_by_exporters),
		CASE(test_own_clock_by_step),
		CASE(test_drops),
		CASE(test_starved),
		CASE(test_late_ticks),
		CASE(test_queues),
		CASE(test_store),
		CASE(test_disk),
		CASE(test_gone),
		CASE(test_stopped),
		CASE(test_never_a_status),
		CASE(test_first_look),
		CASE(test_resume),
		CASE(test_left_out),
		CASE(test_new_run),
		CASE(test_strange),
	};

	return cmocka_run_group_tests_name("sight", tests, NULL, NULL);
}
