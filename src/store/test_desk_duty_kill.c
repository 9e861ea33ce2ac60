/* SPDX-License-Identifier: ISC */
/*
 * Proves that SIGKILL at any moment loses no step of the duty and no act that was acknowledged, and
 * halves none: a child writes steps (an alarm and its page) and acts in turn and tells what was
 * answered with 0, is killed after a time drawn by seed, and after each kill every alarm has its
 * page, every act its line, and all that was told is there.
 */
#include "store/kill_help.h"

#include "store/desk_duty.h"

#define ROUNDS 25

static int put_both(struct desk_db *db, uint32_t number)
{
	char id[16], page[32];
	struct desk_alarm_row a = {.id = id,
				   .kind = "incident",
				   .ref = "",
				   .state = "paged",
				   .opened_us = number,
				   .changed_us = T0,
				   .body = "{}"};
	struct desk_out_row o = {
		.id = page, .kind = "page", .alarm = id, .state = OUT_DUE, .why = "", .body = "{}"};
	struct desk_act_row act = {
		.act = "acknowledge", .subject = id, .actor = "child", .at_us = T0, .body = "{}"};
	int r;

	snprintf(id, sizeof(id), "w%u", number);
	snprintf(page, sizeof(page), "w%u-1-1", number);
	r = desk_duty_step(db, &a, 1, &o, 1, number);
	return r ? r : desk_duty_act(db, &act, NULL);
}

static void write_until_killed(const char *dir, int out, uint32_t number)
{
	struct desk_db *db = NULL;

	if (desk_db_open(dir, "", STORE_REAL, STORE_WRITE, &db))
		_exit(1);
	for (;; number++) {
		if (put_both(db, number))
			_exit(2);
		kill_tell(out, number);
	}
}

static int count_alarm(void *ud, const struct desk_alarm_row *row)
{
	uint32_t *n = ud;
	char id[16];

	snprintf(id, sizeof(id), "w%u", ++*n);
	assert_string_equal(row->id, id);
	return 0;
}

static int count_out(void *ud, const struct desk_out_row *row)
{
	uint32_t *n = ud;
	char id[16];

	snprintf(id, sizeof(id), "w%u", ++*n);
	assert_string_equal(row->alarm, id);
	return 0;
}

static int count_act(void *ud, const struct desk_act_row *row)
{
	++*(uint32_t *)ud;
	return 0;
}

/* Return: how many steps are there. */
static uint32_t look(const char *dir, uint32_t told)
{
	_cleanup_desk_db_ struct desk_db *db = NULL;
	uint32_t n_alarms = 0, n_out = 0, n_acts = 0;
	struct desk_verdict v;
	uint64_t taken;

	assert_int_equal(desk_db_open(dir, "", STORE_REAL, STORE_WRITE, &db), 0);
	assert_int_equal(desk_duty_alarms(db, true, 0, count_alarm, &n_alarms), 0);
	assert_int_equal(desk_duty_outbox(db, 1u << OUT_DUE, count_out, &n_out), 0);
	assert_int_equal(desk_duty_acts(db, NULL, 0, count_act, &n_acts), 0);
	assert_int_equal(desk_duty_taken(db, &taken), 0);
	assert_int_equal(n_alarms, n_out);
	assert_int_equal(n_alarms, taken);
	assert_true(n_acts <= n_alarms);
	assert_int_equal(desk_db_verify(db, NULL, &v), 0);
	assert_true(v.holds);
	assert_int_equal(v.lines, n_acts);
	return n_alarms;
}

static void test_kill_loses_and_halves_nothing(void **state)
{
	kill_rounds(write_until_killed, look, ROUNDS, 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kill_loses_and_halves_nothing),
	};

	return cmocka_run_group_tests_name("desk duty kill", tests, NULL, NULL);
}
