/* SPDX-License-Identifier: ISC */
/*
 * Proves that a step of the duty is whole or not there, that a message is added once, that states
 * move only from where they are, that acts stand in the log and any meddling with them is found,
 * and that a database of the version before is brought up to date with what is in it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "store/desk_duty.h"
#include "store/test_help.h"

static char dir[256];

static int set_up(void **state)
{
	help_dir(dir, sizeof(dir));
	return 0;
}

static int tear_down(void **state)
{
	help_remove_dir(dir);
	return 0;
}

static struct desk_db *open_desk(void)
{
	struct desk_db *db = NULL;

	assert_int_equal(desk_db_open(dir, "", STORE_REAL, STORE_WRITE, &db), 0);
	return db;
}

static sqlite3 *raw(void)
{
	char path[300];
	sqlite3 *db;

	snprintf(path, sizeof(path), "%s/desk.db", dir);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	return db;
}

static void meddle(const char *sql)
{
	sqlite3 *db = raw();

	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static struct desk_alarm_row alarm_row(const char *id, const char *state, int64_t opened_us)
{
	return (struct desk_alarm_row){.id = id,
				       .kind = "incident",
				       .ref = "n000000000001",
				       .state = state,
				       .opened_us = opened_us,
				       .changed_us = opened_us + 1,
				       .body = "{}"};
}

static struct desk_out_row out_row(const char *id, const char *alarm, const char *body)
{
	return (struct desk_out_row){.id = id,
				     .kind = "page",
				     .alarm = alarm,
				     .state = OUT_DUE,
				     .due_us = T0,
				     .changed_us = T0,
				     .why = "",
				     .body = body};
}

struct seen {
	char text[512];
};

static int see_alarm(void *ud, const struct desk_alarm_row *row)
{
	struct seen *s = ud;
	size_t n = strlen(s->text);

	snprintf(s->text + n, sizeof(s->text) - n, "%s:%s ", row->id, row->state);
	return 0;
}

static int see_out(void *ud, const struct desk_out_row *row)
{
	struct seen *s = ud;
	size_t n = strlen(s->text);

	snprintf(s->text + n, sizeof(s->text) - n, "%s:%s:%u:%s:%s ", row->id,
		 desk_out_state_name(row->state), row->attempts, row->why, row->body);
	return 0;
}

static const char *alarms(struct desk_db *db, bool open, int64_t since_us)
{
	static struct seen s;

	s.text[0] = '\0';
	assert_int_equal(desk_duty_alarms(db, open, since_us, see_alarm, &s), 0);
	return s.text;
}

static const char *outbox(struct desk_db *db, unsigned states)
{
	static struct seen s;

	s.text[0] = '\0';
	assert_int_equal(desk_duty_outbox(db, states, see_out, &s), 0);
	return s.text;
}

#define ALL (1u << OUT_DUE | 1u << OUT_HANDED | 1u << OUT_SENT | 1u << OUT_FAILED)

static void test_a_step_is_kept_once(void **state)
{
	_cleanup_desk_db_ struct desk_db *db = open_desk();
	struct desk_alarm_row a[] = {alarm_row("w2", "paged", T0 + 9), alarm_row("w1", "held", T0)};
	struct desk_out_row o[] = {out_row("w2-1-1", "w2", "first"), out_row("w2-1-2", "w2", "{}")};
	uint64_t taken = 7;

	assert_int_equal(desk_duty_taken(db, &taken), 0);
	assert_int_equal(taken, 0);
	assert_int_equal(desk_duty_step(db, a, 2, o, 2, 5), 0);
	assert_string_equal(alarms(db, true, 0), "w1:held w2:paged "); /* by opening */
	a[0].state = "ended";
	a[0].changed_us = T0 + 50;
	o[0].body = "another";
	assert_int_equal(desk_duty_commit(db, a, 1, o, 1), 0); /* told again */
	assert_string_equal(alarms(db, true, 0), "w1:held ");
	assert_string_equal(alarms(db, false, T0 + 50), "w2:ended ");
	assert_string_equal(alarms(db, false, T0), "w1:held w2:ended ");
	assert_string_equal(outbox(db, ALL), "w2-1-1:due:0::first w2-1-2:due:0::{} ");
	assert_int_equal(desk_duty_taken(db, &taken), 0);
	assert_int_equal(taken, 5); /* a step without acts leaves it */
}

static void test_a_step_is_whole_or_not(void **state)
{
	_cleanup_desk_db_ struct desk_db *db = open_desk();
	_cleanup_free_ char *large = malloc(DESK_BODY_MAX + 2);
	struct desk_alarm_row a = alarm_row("w1", "paged", T0);
	struct desk_out_row o[] = {out_row("w1-1-1", "w1", "{}"), out_row("w1-1-2", "w1", large)};
	uint64_t taken;

	memset(large, 'x', DESK_BODY_MAX + 1);
	large[DESK_BODY_MAX + 1] = '\0';
	assert_int_equal(desk_duty_step(db, &a, 1, o, 2, 3), DESK_TOO_LARGE);
	assert_string_equal(alarms(db, true, 0), "");
	assert_string_equal(outbox(db, ALL), "");
	assert_int_equal(desk_duty_taken(db, &taken), 0);
	assert_int_equal(taken, 0);
	meddle("CREATE TRIGGER t BEFORE INSERT ON outbox BEGIN SELECT raise(ABORT, 'no'); END");
	assert_int_not_equal(desk_duty_step(db, &a, 1, o, 1, 3), 0);
	assert_string_equal(alarms(db, true, 0), "");
	meddle("DROP TRIGGER t");
	assert_int_equal(desk_duty_step(db, &a, 1, o, 1, 3), 0);
	assert_string_equal(outbox(db, ALL), "w1-1-1:due:0::{} ");
}

static void test_states(void **state)
{
	_cleanup_desk_db_ struct desk_db *db = open_desk();
	struct desk_out_row o[] = {out_row("p1", "w1", "{}"), out_row("p2", "w2", "{}")};

	assert_int_equal(desk_duty_commit(db, NULL, 0, o, 2), 0);
	assert_int_equal(desk_duty_sending(db, "p1", OUT_HANDED, OUT_SENT, "", T0), DESK_CONFLICT);
	assert_int_equal(desk_duty_sending(db, "p3", OUT_DUE, OUT_HANDED, "", T0), DESK_CONFLICT);
	assert_int_equal(desk_duty_sending(db, "p1", OUT_DUE, OUT_HANDED, NULL, T0), 0);
	assert_int_equal(desk_duty_sending(db, "p1", OUT_DUE, OUT_HANDED, NULL, T0), DESK_CONFLICT);
	assert_int_equal(desk_duty_sending(db, "p1", OUT_HANDED, OUT_DUE, "busy", T0), 0);
	assert_string_equal(outbox(db, 1u << OUT_DUE), "p1:due:1:busy:{} p2:due:0::{} ");
	assert_int_equal(desk_duty_sending(db, "p1", OUT_DUE, OUT_HANDED, "busy", T0), 0);
	assert_int_equal(desk_duty_sending(db, "p1", OUT_HANDED, OUT_SENT, "", T0), 0);
	assert_string_equal(outbox(db, 1u << OUT_SENT | 1u << OUT_HANDED), "p1:sent:2::{} ");
	assert_string_equal(outbox(db, 1u << OUT_FAILED), "");
	struct seen s = {""};
	assert_int_equal(desk_duty_out_of(db, "w2", see_out, &s), 0);
	assert_string_equal(s.text, "p2:due:0::{} ");
}

static int act(struct desk_db *db, const char *word, const char *subject, uint64_t *number)
{
	struct desk_act_row row = {.act = word,
				   .subject = subject,
				   .actor = "alice",
				   .at_us = T0,
				   .body = "{\"a\":1}"};

	return desk_duty_act(db, &row, number);
}

static int see_act(void *ud, const struct desk_act_row *row)
{
	struct seen *s = ud;
	size_t n = strlen(s->text);

	snprintf(s->text + n, sizeof(s->text) - n, "%llu:%s:%s:%s:%s ",
		 (unsigned long long)row->number, row->act, row->subject, row->actor, row->body);
	return 0;
}

static struct desk_verdict verdict(void)
{
	_cleanup_desk_db_ struct desk_db *db = NULL;
	struct desk_verdict v;

	assert_int_equal(desk_db_open(dir, "", STORE_ANY, STORE_READ, &db), 0);
	assert_int_equal(desk_db_verify(db, NULL, &v), 0);
	return v;
}

static int add_note(struct desk_db *db, const char *case_id, bool new_case)
{
	struct desk_move m = {.kind = "note",
			      .ref = "",
			      .circle = "team",
			      .body = "{}",
			      .erase_by_us = TIME_NONE};
	struct desk_change c = {
		.act = "note", .actor = "alice", .at_us = T0, .moves = &m, .n_moves = 1};

	snprintf(m.to, sizeof(m.to), "%s", case_id);
	desk_db_id('o', m.id);
	if (new_case) {
		snprintf(c.state[0].case_id, DESK_ID_MAX, "%s", case_id);
		strcpy(c.state[0].to, "open");
		c.n_states = 1;
	}
	return desk_db_commit(db, &c, NULL);
}

static void fill_acts(void)
{
	_cleanup_desk_db_ struct desk_db *db = open_desk();
	uint64_t n = 0;

	assert_int_equal(add_note(db, "c1", true), 0);
	assert_int_equal(act(db, "acknowledge", "w1", &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(act(db, "snooze", "w1", &n), 0);
	assert_int_equal(act(db, "mark", "n1", &n), 0);
	assert_int_equal(n, 3);
}

static void test_acts(void **state)
{
	struct seen s = {""};

	fill_acts();
	_cleanup_desk_db_ struct desk_db *db = open_desk();
	assert_int_equal(desk_duty_acts(db, NULL, 1, see_act, &s), 0);
	assert_string_equal(s.text, "2:snooze:w1:alice:{\"a\":1} 3:mark:n1:alice:{\"a\":1} ");
	s.text[0] = '\0';
	assert_int_equal(desk_duty_acts(db, "acknowledge", 0, see_act, &s), 0);
	assert_string_equal(s.text, "1:acknowledge:w1:alice:{\"a\":1} ");
	assert_true(verdict().holds);
	assert_int_equal(verdict().lines, 4);
}

static void test_meddling_with_acts_is_found(void **state)
{
	static const struct {
		const char *sql, *what, *entry;
		uint64_t line;
	} rows[] = {
		{"UPDATE acts SET actor = 'mallory' WHERE number = 2", "act", "act 2", 0},
		{"UPDATE acts SET subject = 'w9' WHERE number = 2", "act", "act 2", 0},
		{"UPDATE acts SET act = 'lift' WHERE number = 3", "act", "act 3", 0},
		{"UPDATE acts SET at_us = at_us + 1 WHERE number = 1", "act", "act 1", 0},
		{"UPDATE acts SET body = '{}' WHERE number = 1", "act", "act 1", 0},
		{"UPDATE acts SET number = 9 WHERE number = 3", "act", "act 9", 0},
		{"DELETE FROM acts WHERE number = 1", "act", "act 1", 0},
		{"DELETE FROM acts", "act", "act 1", 0},
		{"INSERT INTO acts VALUES (4, 'mark', 'n2', 'alice', 1, '{}')", "act", "act 4", 0},
		{"UPDATE audit SET body = replace(body, 'w1', 'w2') WHERE seq = 2", "line", "", 2},
		{"UPDATE audit SET act = 'lift' WHERE seq = 4", "line", "", 4},
		{"DELETE FROM audit WHERE seq = 3", "line", "act 2", 3},
		{"DELETE FROM audit WHERE seq = 4", "end", "act 3", 0},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct desk_verdict v;

		fill_acts();
		assert_true(verdict().holds);
		meddle(rows[i].sql);
		v = verdict();
		assert_false(v.holds);
		assert_string_equal(v.what, rows[i].what);
		assert_string_equal(v.entry, rows[i].entry);
		assert_int_equal(v.broken, rows[i].line);
		tear_down(NULL);
		set_up(NULL);
	}
}

/* No line, no act: the log's table refuses. */
static void test_an_act_is_whole_or_not(void **state)
{
	struct seen s = {""};

	fill_acts();
	_cleanup_desk_db_ struct desk_db *db = open_desk();
	meddle("CREATE TRIGGER t BEFORE INSERT ON audit BEGIN SELECT raise(ABORT, 'no'); END");
	assert_int_not_equal(act(db, "mark", "n2", NULL), 0);
	meddle("DROP TRIGGER t");
	assert_int_equal(desk_duty_acts(db, NULL, 3, see_act, &s), 0);
	assert_string_equal(s.text, "");
	assert_true(verdict().holds);
	assert_int_equal(act(db, "mark", "n2", NULL), 0);
	assert_int_equal(verdict().lines, 5);
}

static int count_row(void *ud, const struct desk_row *row)
{
	(*(unsigned *)ud)++;
	return 0;
}

/* What version 1 left: its tables with cases and a log in them, and none of the duty's. */
static void test_from_version_1(void **state)
{
	struct desk_db *db = open_desk();
	struct desk_out_row o = out_row("p1", "w1", "{}");
	unsigned n = 0;

	assert_int_equal(add_note(db, "c1", true), 0);
	assert_int_equal(add_note(db, "c1", false), 0);
	desk_db_close(db);
	meddle("DROP TABLE alarms; DROP TABLE outbox; DROP TABLE acts; DROP TABLE plans;"
	       "DROP TABLE measures; DROP TABLE freezes; PRAGMA user_version = 1");
	db = NULL;
	assert_int_equal(desk_db_open(dir, "", STORE_ANY, STORE_READ, &db), STORE_OLDER);
	db = open_desk();
	assert_int_equal(desk_db_entries(db, "c1", count_row, &n), 0);
	assert_int_equal(n, 2);
	assert_string_equal(outbox(db, ALL), "");
	assert_int_equal(desk_duty_commit(db, NULL, 0, &o, 1), 0);
	assert_int_equal(act(db, "acknowledge", "w1", NULL), 0);
	assert_int_equal(add_note(db, "c1", false), 0);
	desk_db_close(db);
	assert_true(verdict().holds);
	assert_int_equal(verdict().lines, 4);
	db = open_desk(); /* and once is enough */
	assert_string_equal(outbox(db, ALL), "p1:due:0::{} ");
	desk_db_close(db);
}

static int stop_at_first(void *ud, const struct desk_out_row *row)
{
	return 17;
}

static void test_a_reader_may_stop(void **state)
{
	_cleanup_desk_db_ struct desk_db *db = open_desk();
	struct desk_out_row o[] = {out_row("p1", "w1", "{}"), out_row("p2", "w2", "{}")};

	assert_int_equal(desk_duty_commit(db, NULL, 0, o, 2), 0);
	assert_int_equal(desk_duty_outbox(db, ALL, stop_at_first, NULL), 17);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_a_step_is_kept_once),
		T(test_a_step_is_whole_or_not),
		T(test_states),
		T(test_acts),
		T(test_meddling_with_acts_is_found),
		T(test_an_act_is_whole_or_not),
		T(test_from_version_1),
		T(test_a_reader_may_stop),
	};

	return cmocka_run_group_tests_name("desk duty", tests, NULL, NULL);
}
