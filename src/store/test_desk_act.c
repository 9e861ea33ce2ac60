/* SPDX-License-Identifier: ISC */
/*
 * Proves that a change of a measure is whole or not there and stands in the log, that a stage moves
 * only from where it is, that rows written without the key are told as forged and nothing is built
 * on them, also an older row of our own that was put back; that a freeze cannot be lifted behind
 * the log's back; that all of this is found by verification; and the answers of a busy database and
 * of a full disk.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "store/desk_act.h"
#include "store/desk_inside.h"
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

static struct desk_db *open_as(enum store_mode mode)
{
	struct desk_db *db = NULL;

	assert_int_equal(desk_db_open(dir, "", STORE_REAL, mode, &db), 0);
	return db;
}

static struct desk_db *open_desk(void)
{
	return open_as(STORE_WRITE);
}

/* As whoever may write the file but not read the key. */
static void meddle(const char *sql)
{
	char path[300];
	sqlite3 *db;

	snprintf(path, sizeof(path), "%s/desk.db", dir);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static int put_plan(struct desk_db *db, const char *id, const char *hash, const char *body)
{
	struct desk_plan_row row = {
		.id = id, .incident = "n1", .hash = hash, .made_us = T0, .body = body};

	return desk_act_plan(db, &row, "alice");
}

static int put(struct desk_db *db, const char *id, const char *from, const char *to,
	       const char *act)
{
	struct desk_measure_row row = {.id = id,
				       .plan = "p1",
				       .incident = "n1",
				       .neighbor = "border-1",
				       .stage = to,
				       .until_us = T0 + 3600 * US_PER_S,
				       .changed_us = T0,
				       .body = "{\"a\":1}"};

	return desk_act_change(db, &row, from, act, "alice", "it hurts others");
}

static int gather(void *userdata, const struct desk_measure_row *row, bool forged)
{
	struct text *out = userdata;

	text_printf(out, "%s%s ", row->id, forged ? "!" : "");
	return 0;
}

static void since_is(struct desk_db *db, int64_t since_us, const char *told)
{
	_cleanup_text_ struct text got = TEXT_NULL;

	assert_int_equal(desk_act_measures_since(db, since_us, gather, &got), 0);
	assert_string_equal(text_str(&got), told);
}

/* What is left to be done is told however old it is; what is over only while it is news. */
static void test_since(void **state)
{
	struct desk_db *db = open_desk();

	assert_int_equal(put(db, "m1", NULL, "planned", "start"), 0);
	assert_int_equal(put(db, "m2", NULL, "planned", "start"), 0);
	assert_int_equal(put(db, "m2", "planned", "gone", "gone"), 0);
	assert_int_equal(put(db, "m3", NULL, "planned", "start"), 0);
	since_is(db, T0, "m1 m2 m3 ");
	since_is(db, T0 + 1, "m1 m3 ");
	since_is(db, INT64_MAX, "m1 m3 ");
	meddle("UPDATE measures SET stage = 'applied' WHERE id = 'm3'");
	since_is(db, T0, "m1 m2 m3! ");
	desk_db_close(db);
}

struct seen {
	char text[1024];
};

static void note(struct seen *s, const char *fmt, const char *a, const char *b, const char *c)
{
	size_t n = strlen(s->text);

	snprintf(s->text + n, sizeof(s->text) - n, fmt, a, b, c);
}

static int see_plan(void *ud, const struct desk_plan_row *row)
{
	note(ud, "%s:%s:%s ", row->id, row->hash, row->body);
	return 0;
}

static int see_measure(void *ud, const struct desk_measure_row *row, bool forged)
{
	note(ud, "%s:%s%s ", row->id, row->stage, forged ? ":FORGED" : "");
	return 0;
}

static const char *measures(struct desk_db *db, const char *id, bool standing)
{
	static struct seen s;

	s.text[0] = '\0';
	assert_int_equal(desk_act_measures(db, id, standing, see_measure, &s), 0);
	return s.text;
}

static const char *plans(struct desk_db *db, const char *id, int answer)
{
	static struct seen s;

	s.text[0] = '\0';
	assert_int_equal(desk_act_plans(db, id, see_plan, &s), answer);
	return s.text;
}

static int see_line(void *ud, const struct desk_audit_row *row)
{
	note(ud, "%s %s %s\n", row->actor, row->act, row->body);
	return 0;
}

static struct desk_verdict verdict(void)
{
	_cleanup_desk_db_ struct desk_db *db = open_as(STORE_READ);
	struct desk_verdict v;

	assert_int_equal(desk_db_verify(db, NULL, &v), 0);
	return v;
}

static void test_plans(void **state)
{
	_cleanup_desk_db_ struct desk_db *db = open_desk();

	assert_int_equal(put_plan(db, "p1", "h1", "{}"), 0);
	assert_int_equal(put_plan(db, "p2", "h2", "{}"), 0);
	assert_int_equal(put_plan(db, "p1", "h1", "another"), 0); /* the same plan */
	assert_int_equal(put_plan(db, "p1", "h3", "{}"), DESK_CONFLICT);
	assert_int_equal(put_plan(db, "p3", "h1", "{}"), DESK_CONFLICT);
	assert_string_equal(plans(db, "", 0), "p2:h2:{} p1:h1:{} "); /* newest first */
	assert_string_equal(plans(db, "p1", 0), "p1:h1:{} ");
	assert_string_equal(plans(db, "n1", 0), "p2:h2:{} p1:h1:{} ");
	assert_string_equal(plans(db, "x", 0), "");
	assert_true(verdict().holds);
	assert_int_equal(verdict().lines, 2);
}

static int read_plan(struct desk_db *db, const char *id, const char *hash, int64_t at_us)
{
	struct desk_plan_row row = {
		.id = id, .incident = "n1", .hash = hash, .made_us = at_us, .body = "{}"};

	return desk_act_plan_read(db, &row, "bob");
}

/* What was read last is the newest, also where it was written long ago. */
static void test_a_plan_is_read(void **state)
{
	_cleanup_desk_db_ struct desk_db *db = open_desk();

	assert_int_equal(put_plan(db, "p1", "h1", "{}"), 0);
	assert_int_equal(read_plan(db, "p2", "h2", T0), 0);
	assert_string_equal(plans(db, "n1", 0), "p2:h2:{} p1:h1:{} ");
	assert_int_equal(read_plan(db, "p1", "h1", T0 + 1), 0);
	assert_string_equal(plans(db, "n1", 0), "p1:h1:{} p2:h2:{} ");
	assert_int_equal(verdict().lines, 3);
	/* Somebody who looks each second writes a line each minute. */
	assert_int_equal(read_plan(db, "p1", "h1", T0 + DESK_READ_US), 0);
	assert_int_equal(verdict().lines, 3);
	assert_int_equal(read_plan(db, "p1", "h1", T0 + 1 + DESK_READ_US), 0);
	assert_int_equal(verdict().lines, 4);
	assert_int_equal(read_plan(db, "p1", "h3", T0), DESK_CONFLICT);
	/* Whoever begins something by it does not make it the newest. */
	assert_int_equal(put_plan(db, "p2", "h2", "{}"), 0);
	assert_string_equal(plans(db, "n1", 0), "p1:h1:{} p2:h2:{} ");
	assert_true(verdict().holds);
	meddle("UPDATE plans SET made_us = made_us + 1 WHERE id = 'p1'");
	assert_false(verdict().holds);
	assert_int_equal(read_plan(db, "p1", "h1", T0 + 9 * DESK_READ_US), DESK_FORGED);
}

static void test_a_life(void **state)
{
	_cleanup_desk_db_ struct desk_db *db = open_desk();

	assert_int_equal(put(db, "m1", NULL, "planned", "start"), 0);
	assert_int_equal(put(db, "m1", NULL, "planned", "start"), DESK_CONFLICT);
	assert_int_equal(put(db, "m1", "approved", "applied", "applied"), DESK_CONFLICT);
	assert_int_equal(put(db, "m2", "planned", "approved", "approve"), DESK_CONFLICT);
	assert_int_equal(put(db, "m1", "planned", "approved", "approve"), 0);
	assert_int_equal(put(db, "m1", "planned", "approved", "approve"), DESK_CONFLICT);
	assert_int_equal(put(db, "m2", NULL, "planned", "start"), 0);
	assert_string_equal(measures(db, "", true), "m1:approved m2:planned ");
	assert_string_equal(measures(db, "m2", true), "m2:planned ");
	assert_string_equal(measures(db, "p1", true), "m1:approved m2:planned ");
	assert_int_equal(put(db, "m1", "approved", "gone", "gone"), 0);
	assert_string_equal(measures(db, "", true), "m2:planned ");
	assert_string_equal(measures(db, "n1", false), "m1:gone m2:planned ");
	assert_true(verdict().holds);
	assert_int_equal(verdict().lines, 4);
}

/* A measure that lapsed or failed is over when its writer says so. */
static void test_over(void **state)
{
	_cleanup_desk_db_ struct desk_db *db = open_desk();
	struct desk_measure_row row = {.id = "m1",
				       .plan = "p1",
				       .incident = "n1",
				       .neighbor = "",
				       .stage = "lapsed",
				       .until_us = T0,
				       .changed_us = T0,
				       .body = "{}"};

	assert_int_equal(put(db, "m1", NULL, "planned", "start"), 0);
	assert_int_equal(desk_act_change(db, &row, "planned", "lapse", "noroshi", ""), 0);
	assert_string_equal(measures(db, "", true), "m1:lapsed ");
	row.over = true;
	assert_int_equal(desk_act_change(db, &row, "lapsed", "over", "noroshi", ""), 0);
	assert_string_equal(measures(db, "", true), "");
	assert_string_equal(measures(db, "", false), "m1:lapsed ");
}

static void test_what_the_log_says(void **state)
{
	_cleanup_desk_db_ struct desk_db *db = open_desk();
	struct seen s = {""};

	assert_int_equal(put(db, "m1", NULL, "planned", "start"), 0);
	assert_int_equal(put(db, "m1", "planned", "approved", "approve"), 0);
	assert_int_equal(desk_act_refusal(db, "m2", "bob", "same_person", "{\"b\":[1]}", T0), 0);
	assert_int_equal(desk_act_refusal(db, "m2", "bob", "no_end", "no json", T0), 0);
	assert_int_equal(desk_act_refusal(db, "m2", "bob", "\xff", NULL, T0), 0);
	assert_int_equal(desk_act_freeze(db, true, "carol", "calm down", T0), 0);
	assert_int_equal(desk_db_audit(db, see_line, &s), 0);
	assert_non_null(strstr(s.text, "\"from\":\"planned\""));
	assert_non_null(strstr(s.text, "\"to\":\"approved\""));
	assert_non_null(strstr(s.text, "\"words\":\"it hurts others\""));
	assert_non_null(strstr(s.text, "bob refuse {\"cases\":[],\"entries\":[],\"refusals\":[{"
				       "\"asked\":{\"b\":[1]},\"subject\":\"m2\",\"why\":"
				       "\"same_person\"}]}"));
	assert_non_null(strstr(s.text, "\"asked\":null,\"subject\":\"m2\",\"why\":\"no_end\""));
	assert_non_null(strstr(s.text, "\"why\":\"?\""));
	assert_non_null(strstr(s.text, "carol freeze "));
	assert_non_null(strstr(s.text, "\"words\":\"calm down\""));
	assert_true(verdict().holds);
	assert_int_equal(verdict().lines, 6);
}

static void test_bounds(void **state)
{
	_cleanup_desk_db_ struct desk_db *db = open_desk();
	_cleanup_free_ char *large = malloc(DESK_PLAN_MAX + 2);
	struct desk_measure_row row = {.id = "m1",
				       .plan = "p1",
				       .incident = "n1",
				       .neighbor = "",
				       .stage = "planned",
				       .body = large};

	memset(large, 'x', DESK_PLAN_MAX + 1);
	large[DESK_PLAN_MAX + 1] = '\0';
	assert_int_equal(put_plan(db, "p1", "h1", large), DESK_TOO_LARGE);
	large[DESK_PLAN_MAX] = '\0';
	assert_int_equal(put_plan(db, "p1", "h1", large), 0);
	assert_int_equal(desk_act_change(db, &row, NULL, "start", "a", ""), DESK_TOO_LARGE);
	row.body = "{}";
	assert_int_equal(desk_act_change(db, &row, NULL, "start", "a", large), DESK_TOO_LARGE);
	assert_int_equal(desk_act_refusal(db, "m1", "a", large, NULL, T0), DESK_TOO_LARGE);
	assert_int_equal(desk_act_refusal(db, large, "a", "no", NULL, T0), DESK_TOO_LARGE);
	assert_int_equal(desk_act_refusal(db, "m1", "a", "no", large, T0), 0);
	assert_int_equal(desk_act_freeze(db, true, "a", large, T0), DESK_TOO_LARGE);
	assert_string_equal(measures(db, "", false), "");
	assert_int_equal(verdict().lines, 2);
	assert_true(verdict().holds);
}

static void fill(void)
{
	_cleanup_desk_db_ struct desk_db *db = open_desk();

	assert_int_equal(put_plan(db, "p1", "h1", "{}"), 0);
	assert_int_equal(put(db, "m1", NULL, "planned", "start"), 0);
	assert_int_equal(put(db, "m1", "planned", "approved", "approve"), 0);
	assert_int_equal(put(db, "m2", NULL, "planned", "start"), 0);
	assert_int_equal(desk_act_freeze(db, true, "carol", "calm down", T0), 0);
}

#define FORGE                                                                                      \
	"INSERT INTO measures (id, plan, incident, neighbor, stage, over, until_us, changed_us,"   \
	" body, mac) SELECT "

static void test_meddling_is_found(void **state)
{
	static const struct {
		const char *sql, *what, *entry;
		const char *told; /* by desk_act_measures() */
		uint64_t line;
	} rows[] = {
		{"UPDATE measures SET stage = 'applied' WHERE id = 'm2'", "measure", "m2",
		 "m1:approved m2:applied:FORGED ", 0},
		{"UPDATE measures SET until_us = until_us + 1 WHERE id = 'm1'", "measure", "m1",
		 "m1:approved:FORGED m2:planned ", 0},
		{"UPDATE measures SET body = '{}' WHERE id = 'm1'", "measure", "m1",
		 "m1:approved:FORGED m2:planned ", 0},
		{"UPDATE measures SET neighbor = 'border-2' WHERE id = 'm1'", "measure", "m1",
		 "m1:approved:FORGED m2:planned ", 0},
		{"UPDATE measures SET over = 1 WHERE id = 'm1'", "measure", "m1",
		 "m1:approved:FORGED m2:planned ", 0},
		{"UPDATE measures SET mac = '' WHERE id = 'm1'", "measure", "m1",
		 "m1:approved:FORGED m2:planned ", 0},
		{"UPDATE measures SET id = 'm9' WHERE id = 'm2'", "measure", "m9",
		 "m1:approved m9:planned:FORGED ", 0},
		{FORGE "'m3', plan, incident, neighbor, 'approved', 0, until_us, changed_us, body,"
		       " mac FROM measures WHERE id = 'm1'",
		 "measure", "m3", "m1:approved m2:planned m3:approved:FORGED ", 0},
		{FORGE "'m3', 'p1', 'n1', 'border-1', 'approved', 0, 9e15, 1, '{}', ''", "measure",
		 "m3", "m1:approved m2:planned m3:approved:FORGED ", 0},
		{"DELETE FROM measures WHERE id = 'm2'", "measure", "m2", "m1:approved ", 0},
		{"UPDATE plans SET body = '[]'", "plan", "p1", NULL, 0},
		{"UPDATE plans SET incident = 'n2'", "plan", "p1", NULL, 0},
		{"UPDATE plans SET made_us = 1", "plan", "p1", NULL, 0},
		{"DELETE FROM plans", "plan", "p1", NULL, 0},
		{"INSERT INTO plans (id, incident, hash, made_us, body, mac) VALUES"
		 " ('p2', 'n1', 'h2', 1, '{}', '')",
		 "plan", "p2", NULL, 0},
		{"UPDATE freezes SET frozen = 0", "freeze", "all", NULL, 0},
		{"DELETE FROM freezes", "freeze", "all", NULL, 0},
		{"UPDATE audit SET body = replace(body, 'm2', 'm7') WHERE seq = 4", "line", "m2",
		 "m1:approved m2:planned:FORGED ", 4},
		/* The log turned back together with the row. */
		{"DELETE FROM audit WHERE seq >= 4; DELETE FROM measures WHERE id = 'm2';"
		 "DELETE FROM freezes",
		 "end", "", "m1:approved ", 0},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		_cleanup_desk_db_ struct desk_db *db = NULL;
		struct desk_verdict v;

		fill();
		assert_true(verdict().holds);
		meddle(rows[i].sql);
		v = verdict();
		if (!v.what || strcmp(v.what, rows[i].what) != 0)
			fail_msg("%s: %s", rows[i].sql, v.what ? v.what : "holds");
		assert_false(v.holds);
		assert_string_equal(v.entry, rows[i].entry);
		assert_int_equal(v.broken, rows[i].line);
		db = open_desk();
		assert_string_equal(measures(db, "", false),
				    rows[i].told ? rows[i].told : "m1:approved m2:planned ");
		tear_down(NULL);
		set_up(NULL);
	}
}

static void test_nothing_is_built_on_a_forged_row(void **state)
{
	_cleanup_desk_db_ struct desk_db *db = NULL;
	uint64_t lines;

	fill();
	lines = verdict().lines;
	meddle(FORGE "'m3', 'p1', 'n1', 'border-1', 'approved', 0, 9e15, 1, '{}', ''");
	meddle("UPDATE measures SET until_us = 1 WHERE id = 'm1'");
	meddle("INSERT INTO plans (id, incident, hash, made_us, body, mac) VALUES"
	       " ('p2', 'n1', 'h2', 1, '{}', '')");
	db = open_desk();
	assert_int_equal(put(db, "m3", "approved", "applied", "applied"), DESK_FORGED);
	assert_int_equal(put(db, "m1", "approved", "applied", "applied"), DESK_FORGED);
	assert_int_equal(put(db, "m3", NULL, "planned", "start"), DESK_CONFLICT);
	assert_int_equal(put_plan(db, "p2", "h2", "{}"), DESK_FORGED);
	assert_string_equal(plans(db, "p2", DESK_FORGED), "");
	assert_string_equal(plans(db, "n1", DESK_FORGED), "p1:h1:{} "); /* the good one is told */
	assert_int_equal(verdict().lines, lines);
	/* What is ours goes on. */
	assert_int_equal(put(db, "m2", "planned", "approved", "approve"), 0);
	assert_string_not_equal(desk_db_answer(DESK_FORGED, "en"),
				desk_db_answer(DESK_FORGED, "ja"));
}

/* The MAC of the older row is right; the log knows that there is a newer one. */
static void test_an_older_row_put_back(void **state)
{
	_cleanup_desk_db_ struct desk_db *running = NULL, *db = NULL, *other = NULL;

	fill();
	meddle("CREATE TABLE kept AS SELECT * FROM measures WHERE id = 'm1'");
	running = open_desk();
	other = open_desk();
	assert_string_equal(measures(other, "m1", true), "m1:approved ");
	assert_int_equal(put(running, "m1", "approved", "withdrawn", "withdraw"), 0);
	assert_string_equal(measures(running, "m1", true), "m1:withdrawn ");
	meddle("DELETE FROM measures WHERE id = 'm1'; INSERT INTO measures SELECT * FROM kept");
	assert_string_equal(measures(running, "m1", true), "m1:approved:FORGED ");
	assert_int_equal(put(running, "m1", "approved", "applied", "applied"), DESK_FORGED);
	/* And so to one that has not heard of the withdrawal, and to one that starts now. */
	assert_string_equal(measures(other, "m1", true), "m1:approved:FORGED ");
	db = open_desk();
	assert_string_equal(measures(db, "m1", true), "m1:approved:FORGED ");
	meddle("DROP TABLE kept");
	assert_string_equal(verdict().what, "measure");
	/* Whoever has read the log once is not misled by one that was cut since. */
	meddle("DELETE FROM audit WHERE seq > 5");
	assert_string_equal(measures(running, "m1", true), "m1:approved:FORGED ");
	assert_string_equal(verdict().what, "end");
}

static int change_another(void *ud, const struct desk_measure_row *row, bool forged)
{
	struct desk_db *db = ud;

	assert_false(forged);
	if (strcmp(row->id, "m1") == 0)
		assert_int_equal(put(db, "m2", "planned", "approved", "approve"), 0);
	else
		assert_string_equal(row->stage, "approved");
	return 0;
}

static void test_changes_within_a_walk(void **state)
{
	_cleanup_desk_db_ struct desk_db *db = NULL, *other = NULL;

	fill();
	db = open_desk();
	other = open_desk();
	assert_string_equal(measures(other, "", true), "m1:approved m2:planned ");
	assert_int_equal(desk_act_measures(db, "", true, change_another, db), 0);
	/* And a change by another process is no forgery. */
	assert_string_equal(measures(other, "", true), "m1:approved m2:approved ");
}

/* What a role asks before each act: answered from memory, but not when somebody else wrote. */
static void test_the_chain_before_each_act(void **state)
{
	_cleanup_desk_db_ struct desk_db *db = NULL;
	struct desk_verdict v;

	fill();
	db = open_desk();
	assert_int_equal(desk_db_chain_holds(db, &v), 0);
	assert_true(v.holds);
	assert_int_equal(v.lines, 5);
	assert_int_equal(put(db, "m2", "planned", "approved", "approve"), 0);
	assert_int_equal(desk_db_chain_holds(db, &v), 0);
	assert_true(v.holds);
	assert_int_equal(v.lines, 5); /* our own line is not counted again */
	meddle("UPDATE audit SET actor = 'mallory' WHERE seq = 2");
	assert_int_equal(desk_db_chain_holds(db, &v), 0);
	assert_false(v.holds);
	assert_int_equal(v.broken, 2);
	assert_int_equal(v.lines, 6);
	meddle("UPDATE audit SET actor = 'alice' WHERE seq = 2");
	assert_int_equal(desk_db_chain_holds(db, &v), 0);
	assert_true(v.holds);
	meddle("UPDATE measures SET stage = 'applied' WHERE id = 'm1'");
	assert_int_equal(desk_db_chain_holds(db, &v), 0);
	assert_true(v.holds); /* of rows it says nothing */
	meddle("DELETE FROM audit WHERE seq = 6");
	assert_int_equal(desk_db_chain_holds(db, &v), 0);
	assert_string_equal(v.what, "end");
	meddle("DELETE FROM audit WHERE seq = 3");
	assert_int_equal(desk_db_chain_holds(db, &v), 0);
	assert_int_equal(v.broken, 3);
}

static void test_freeze(void **state)
{
	_cleanup_desk_db_ struct desk_db *db = open_desk();
	struct desk_freeze_row row;
	bool frozen = true;

	assert_int_equal(desk_act_is_frozen(db, &frozen), 0);
	assert_false(frozen);
	assert_int_equal(desk_act_frozen_by(db, FREEZE_ALL, &row), 0);
	assert_true(row.at_us == TIME_NONE);
	assert_int_equal(desk_act_freeze_of(db, FREEZE_AUTOMATIC, true, "noroshi", "three", T0), 0);
	assert_int_equal(desk_act_is_frozen(db, &frozen), 0);
	assert_false(frozen); /* people may still start */
	assert_int_equal(desk_act_freeze(db, true, "carol", "calm down", T0 + 1), 0);
	assert_int_equal(desk_act_is_frozen(db, &frozen), 0);
	assert_true(frozen);
	assert_int_equal(desk_act_freeze(db, false, "dave", "checked", T0 + 2), 0);
	assert_int_equal(desk_act_is_frozen(db, &frozen), 0);
	assert_false(frozen);
	assert_int_equal(desk_act_frozen_by(db, FREEZE_AUTOMATIC, &row), 0);
	assert_true(row.frozen);
	assert_string_equal(row.actor, "noroshi");
	assert_string_equal(row.why, "three");
	assert_true(row.at_us == T0);
	assert_true(verdict().holds);
}

static void test_a_freeze_is_not_lifted_from_below(void **state)
{
	static const char *const sql[] = {
		"UPDATE freezes SET frozen = 0",
		"DELETE FROM freezes",
		"UPDATE freezes SET frozen = 0, mac = (SELECT mac FROM kept)",
		"DELETE FROM freezes; INSERT INTO freezes SELECT * FROM kept",
	};

	for (size_t i = 0; i < ARRAY_LEN(sql); i++) {
		struct desk_db *db = open_desk();
		bool frozen = false;

		assert_int_equal(desk_act_freeze(db, false, "dave", "checked", T0), 0);
		meddle("DROP TABLE IF EXISTS kept; CREATE TABLE kept AS SELECT * FROM freezes");
		assert_int_equal(desk_act_freeze(db, true, "carol", "calm down", T0 + 1), 0);
		meddle(sql[i]);
		assert_int_equal(desk_act_is_frozen(db, &frozen), 0);
		assert_true(frozen);
		desk_db_close(db);
		db = open_as(STORE_READ);
		frozen = false;
		assert_int_equal(desk_act_is_frozen(db, &frozen), 0);
		assert_true(frozen);
		desk_db_close(db);
		assert_string_equal(verdict().what, "freeze");
		tear_down(NULL);
		set_up(NULL);
	}
}

/* Readers without the key are told rows as they stand, and know that they cannot tell. */
static void test_without_the_key(void **state)
{
	_cleanup_desk_db_ struct desk_db *db = NULL, *with = NULL;
	char key[300], away[320];
	bool frozen = false;

	fill();
	snprintf(key, sizeof(key), "%s/desk.key", dir);
	snprintf(away, sizeof(away), "%s.away", key);
	with = open_as(STORE_READ);
	assert_true(desk_act_can_prove(with));
	assert_int_equal(rename(key, away), 0);
	db = open_as(STORE_READ);
	assert_false(desk_act_can_prove(db));
	meddle("UPDATE measures SET stage = 'applied' WHERE id = 'm2'");
	assert_string_equal(measures(db, "", true), "m1:approved m2:applied ");
	assert_string_equal(plans(db, "", 0), "p1:h1:{} ");
	assert_int_equal(desk_act_is_frozen(db, &frozen), 0);
	assert_true(frozen);
	assert_int_equal(put(db, "m2", "applied", "gone", "gone"), DESK_NO_KEY);
	assert_int_equal(desk_act_refusal(db, "m2", "a", "no", NULL, T0), DESK_NO_KEY);
	assert_string_equal(measures(with, "", true), "m1:approved m2:applied:FORGED ");
}

/* No line, no change: the log's table refuses. */
static void test_a_change_is_whole_or_not(void **state)
{
	_cleanup_desk_db_ struct desk_db *db = NULL;
	bool frozen = true;

	fill();
	db = open_desk();
	assert_int_equal(desk_act_freeze(db, false, "dave", "checked", T0), 0);
	meddle("CREATE TRIGGER t BEFORE INSERT ON audit BEGIN SELECT raise(ABORT, 'no'); END");
	assert_int_not_equal(put(db, "m2", "planned", "approved", "approve"), 0);
	assert_int_not_equal(put(db, "m3", NULL, "planned", "start"), 0);
	assert_int_not_equal(put_plan(db, "p2", "h2", "{}"), 0);
	assert_int_not_equal(desk_act_freeze(db, true, "carol", "calm down", T0), 0);
	assert_int_not_equal(desk_act_refusal(db, "m2", "a", "no", NULL, T0), 0);
	meddle("DROP TRIGGER t");
	assert_string_equal(measures(db, "", false), "m1:approved m2:planned ");
	assert_string_equal(plans(db, "", 0), "p1:h1:{} ");
	assert_int_equal(desk_act_is_frozen(db, &frozen), 0);
	assert_false(frozen);
	assert_true(verdict().holds);
	assert_int_equal(put(db, "m2", "planned", "approved", "approve"), 0);
}

static void test_busy(void **state)
{
	_cleanup_desk_db_ struct desk_db *db = NULL;
	_cleanup_desk_db_ struct desk_db *other = NULL;

	fill();
	db = open_desk();
	other = open_desk();
	sqlite3_busy_timeout(db->sql, 20);
	assert_int_equal(desk_run(other, "BEGIN IMMEDIATE"), 0);
	assert_int_equal(put(db, "m2", "planned", "approved", "approve"), STORE_LOCKED);
	assert_int_equal(put_plan(db, "p2", "h2", "{}"), STORE_LOCKED);
	assert_int_equal(desk_act_refusal(db, "m2", "a", "no", NULL, T0), STORE_LOCKED);
	assert_int_equal(desk_act_freeze(db, true, "a", "b", T0), STORE_LOCKED);
	assert_string_equal(measures(db, "", true), "m1:approved m2:planned "); /* reads go on */
	assert_int_equal(desk_run(other, "ROLLBACK"), 0);
	assert_int_equal(put(db, "m2", "planned", "approved", "approve"), 0);
	assert_true(verdict().holds);
}

/* The limit on file size gives EFBIG where a disk gives ENOSPC: a write that fails. */
static void test_a_full_disk(void **state)
{
	_cleanup_desk_db_ struct desk_db *db = NULL;
	struct rlimit before, limit;
	char path[300];
	struct stat st;
	int r = 0;

	fill();
	db = open_desk();
	snprintf(path, sizeof(path), "%s/desk.db-wal", dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	signal(SIGXFSZ, SIG_IGN);
	limit = before;
	limit.rlim_cur = (rlim_t)st.st_size + 4096;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	for (unsigned i = 0; r == 0 && i < 100; i++) {
		char id[16];

		snprintf(id, sizeof(id), "f%u", i);
		r = put(db, id, NULL, "planned", "start");
	}
	assert_int_equal(r, STORE_FAILING);
	assert_int_equal(put(db, "m2", "planned", "approved", "approve"), STORE_FAILING);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_string_equal(measures(db, "m", true), "m1:approved m2:planned ");
	assert_int_equal(put(db, "m2", "planned", "approved", "approve"), 0);
	assert_true(verdict().holds);
}

static int stop_at_first(void *ud, const struct desk_measure_row *row, bool forged)
{
	return 17;
}

static int stop_at_plan(void *ud, const struct desk_plan_row *row)
{
	return 18;
}

static void test_a_reader_may_stop(void **state)
{
	_cleanup_desk_db_ struct desk_db *db = NULL;

	fill();
	db = open_desk();
	assert_int_equal(desk_act_measures(db, "", false, stop_at_first, NULL), 17);
	assert_int_equal(desk_act_plans(db, "", stop_at_plan, NULL), 18);
	assert_int_equal(desk_act_measure_get(db, "m1", stop_at_first, NULL), 17);
	assert_int_equal(desk_act_measure_get(db, "m", stop_at_first, NULL), 0);
	assert_int_equal(desk_act_plan_get(db, "p1", stop_at_plan, NULL), 18);
	assert_int_equal(desk_act_plan_get(db, "n1", stop_at_plan, NULL), 0);
}

/* What version 2 left: no plans yet, and a log with lines in it. */
static void test_from_version_2(void **state)
{
	_cleanup_desk_db_ struct desk_db *db = open_desk();

	assert_int_equal(desk_act_refusal(db, "m1", "a", "no", NULL, T0), 0);
	db = desk_db_close(db);
	meddle("DROP TABLE plans; DROP TABLE measures; DROP TABLE freezes;"
	       "PRAGMA user_version = 2");
	assert_int_equal(desk_db_open(dir, "", STORE_ANY, STORE_READ, &db), STORE_OLDER);
	fill();
	assert_true(verdict().holds);
	assert_int_equal(verdict().lines, 6);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_plans),
		T(test_a_plan_is_read),
		T(test_a_life),
		T(test_over),
		T(test_since),
		T(test_what_the_log_says),
		T(test_bounds),
		T(test_meddling_is_found),
		T(test_nothing_is_built_on_a_forged_row),
		T(test_an_older_row_put_back),
		T(test_changes_within_a_walk),
		T(test_the_chain_before_each_act),
		T(test_freeze),
		T(test_a_freeze_is_not_lifted_from_below),
		T(test_without_the_key),
		T(test_a_change_is_whole_or_not),
		T(test_busy),
		T(test_a_full_disk),
		T(test_a_reader_may_stop),
		T(test_from_version_2),
	};

	return cmocka_run_group_tests_name("desk act", tests, NULL, NULL);
}
