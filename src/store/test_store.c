/* SPDX-License-Identifier: ISC */
/*
 * Proves what the store promises: what is put comes back, filters, one writer, real or drill from
 * birth, a newer or foreign file is left alone, older ones are migrated, readers never block,
 * updates are coalesced, evidence is erased at its date so that its bytes are gone, with proof.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <sys/stat.h>

#include "store/evidence.h"
#include "store/sqlite.h"
#include "store/test_help.h"

static char dir[256];

static int make_dir(void **state)
{
	help_dir(dir, sizeof(dir));
	return 0;
}

static int remove_dir(void **state)
{
	help_remove_dir(dir);
	return 0;
}

static struct store *open_as(enum store_kind kind, enum store_mode mode)
{
	struct store *s = NULL;
	int r = store_open(dir, kind, mode, NULL, &s);

	if (r)
		fail_msg("store_open: %s", store_answer(r, "en"));
	return s;
}

struct ids {
	char id[64][INCIDENT_ID_MAX];
	uint64_t packets[64];
	unsigned n;
};

static int note(void *userdata, const struct incident *inc)
{
	struct ids *ids = userdata;

	assert_true(ids->n < 64);
	strcpy(ids->id[ids->n], inc->id);
	ids->packets[ids->n++] = inc->f.packets;
	return 0;
}

static unsigned count(struct store *s, const struct store_filter *f)
{
	struct ids ids = {.n = 0};

	assert_int_equal(store_list(s, f, note, &ids), 0);
	return ids.n;
}

static void test_put_and_get(void **state)
{
	_cleanup_store_ struct store *s = open_as(STORE_REAL, STORE_WRITE);
	_cleanup_incident_ struct incident *inc = help_incident(1, 3, 0), *back = NULL;
	_cleanup_free_ char *one = incident_dump(inc), *two = NULL;

	assert_int_equal(store_put_incident(s, inc), 0);
	assert_int_equal(store_flush(s), 0);
	assert_int_equal(store_get(s, inc->id, &back), 0);
	two = incident_dump(back);
	assert_string_equal(one, two);
}

static void test_id_by_its_beginning(void **state)
{
	_cleanup_store_ struct store *s = open_as(STORE_REAL, STORE_WRITE);
	struct incident *back = NULL;
	struct ids ids = {.n = 0};
	char begin[INCIDENT_ID_MAX] = "";

	for (unsigned i = 0; i < 40; i++)
		assert_int_equal(help_put(s, i, 1, 0), 0);
	assert_int_equal(store_flush(s), 0);
	assert_int_equal(store_list(s, &STORE_FILTER_ALL, note, &ids), 0);
	assert_int_equal(ids.n, 40);
	assert_int_equal(store_get(s, "n", &back), STORE_AMBIGUOUS);
	assert_null(back);
	assert_int_equal(store_get(s, "", &back), STORE_NOT_FOUND);
	assert_int_equal(store_get(s, "x", &back), STORE_NOT_FOUND);
	assert_int_equal(store_get(s, "n%", &back), STORE_NOT_FOUND);
	for (size_t len = 1; len < strlen(ids.id[0]); len++) {
		unsigned same = 0;
		int r;

		memcpy(begin, ids.id[0], len);
		for (unsigned i = 0; i < ids.n; i++)
			same += strncmp(ids.id[i], begin, len) == 0;
		r = store_get(s, begin, &back);
		assert_int_equal(r, same == 1 ? 0 : STORE_AMBIGUOUS);
		if (!r)
			assert_string_equal(back->id, ids.id[0]);
		back = incident_free(back);
	}
}

static void test_newest_first_and_filters(void **state)
{
	_cleanup_store_ struct store *s = open_as(STORE_REAL, STORE_WRITE);
	struct store_filter f = STORE_FILTER_ALL;
	struct ids ids = {.n = 0};
	struct prefix p;

	for (unsigned i = 0; i < 20; i++) {
		_cleanup_incident_ struct incident *inc = help_incident(i, i + 1, 0);

		inc->f.state = i % 2 ? FINDING_CLOSED : FINDING_OPEN;
		inc->f.kind = i == 4 ? FINDING_SCAN : FINDING_ATTACK;
		inc->class = i == 4 ? CLASS_NONE : i < 10 ? CLASS_SERVER : CLASS_CAPACITY;
		snprintf(inc->object, sizeof(inc->object), "%s", i < 5 ? "shop" : "");
		assert_int_equal(store_put_incident(s, inc), 0);
	}
	assert_int_equal(store_flush(s), 0);
	assert_int_equal(store_list(s, &f, note, &ids), 0);
	assert_int_equal(ids.n, 20);
	for (unsigned i = 0; i < 20; i++)
		assert_int_equal(ids.packets[i], 1000 * (20 - i));
	f.limit = 3;
	assert_int_equal(count(s, &f), 3);
	f = STORE_FILTER_ALL;
	f.states = 1u << FINDING_OPEN;
	assert_int_equal(count(s, &f), 10);
	f.states |= 1u << FINDING_CLOSED;
	assert_int_equal(count(s, &f), 20);
	f = STORE_FILTER_ALL;
	f.kinds = 1u << FINDING_SCAN;
	assert_int_equal(count(s, &f), 1);
	f.kinds = 1u << FINDING_ATTACK;
	f.classes = 1u << CLASS_SERVER;
	assert_int_equal(count(s, &f), 9);
	f = STORE_FILTER_ALL;
	f.classes = 1u << CLASS_NONE;
	assert_int_equal(count(s, &f), 1);
	f = STORE_FILTER_ALL;
	f.object = "shop";
	assert_int_equal(count(s, &f), 5);
	f = STORE_FILTER_ALL;
	f.from_us = T0 + 10 * US_PER_S; /* each lives one second, ends counted */
	assert_int_equal(count(s, &f), 11);
	f.until_us = T0 + 12 * US_PER_S;
	assert_int_equal(count(s, &f), 4);
	f = STORE_FILTER_ALL;
	f.target = &p;
	assert_int_equal(prefix_parse("10.0.0.0/29", false, &p), 0);
	assert_int_equal(count(s, &f), 8);
	assert_int_equal(prefix_parse("10.0.0.3", false, &p), 0);
	assert_int_equal(count(s, &f), 1);
	assert_int_equal(prefix_parse("::/0", false, &p), 0);
	assert_int_equal(count(s, &f), 20);
	assert_int_equal(prefix_parse("2001:db8::/32", false, &p), 0);
	assert_int_equal(count(s, &f), 0);
}

static int stop_at_two(void *userdata, const struct incident *inc)
{
	return ++*(int *)userdata == 2 ? 77 : 0;
}

static void test_callback_ends_the_walk(void **state)
{
	_cleanup_store_ struct store *s = open_as(STORE_REAL, STORE_WRITE);
	int seen = 0;

	for (unsigned i = 0; i < 5; i++)
		help_put(s, i, 1, 0);
	assert_int_equal(store_flush(s), 0);
	assert_int_equal(store_list(s, &STORE_FILTER_ALL, stop_at_two, &seen), 77);
	assert_int_equal(seen, 2);
}

static void test_open_ones_oldest_first(void **state)
{
	_cleanup_store_ struct store *s = open_as(STORE_REAL, STORE_WRITE);
	static const enum finding_state states[] = {FINDING_CLOSED, FINDING_LOST_SIGHT,
						    FINDING_QUIET, FINDING_OPEN};
	struct ids ids = {.n = 0};

	for (unsigned i = 0; i < 4; i++) {
		_cleanup_incident_ struct incident *inc = help_incident(i, i + 1, 0);

		inc->f.state = states[i];
		assert_int_equal(store_put_incident(s, inc), 0);
	}
	assert_int_equal(store_flush(s), 0);
	assert_int_equal(store_open_incidents(s, note, &ids), 0);
	assert_int_equal(ids.n, 3);
	assert_int_equal(ids.packets[0], 2000);
	assert_int_equal(ids.packets[2], 4000);
}

struct changes {
	char text[256];
	int64_t last;
};

static int note_change(void *userdata, const struct store_change *c)
{
	struct changes *x = userdata;
	size_t n = strlen(x->text);

	snprintf(x->text + n, sizeof(x->text) - n, "%u%s ", c->revision,
		 finding_state_name(c->state));
	assert_true(c->row > x->last);
	x->last = c->row;
	return 0;
}

/* Open ones always; closed ones only behind the row, so that none is met twice or never. */
static void test_changes(void **state)
{
	_cleanup_store_ struct store *s = open_as(STORE_REAL, STORE_WRITE);
	static const enum finding_state states[] = {FINDING_CLOSED, FINDING_OPEN, FINDING_CLOSED,
						    FINDING_LOST_SIGHT, FINDING_CLOSED};
	struct changes x = {.last = 0};
	int64_t row = -1;

	assert_int_equal(store_row_since(s, T0, &row), 0);
	assert_int_equal(row, 0); /* there is nothing */
	for (unsigned i = 0; i < ARRAY_LEN(states); i++) {
		_cleanup_incident_ struct incident *inc = help_incident(i, i + 1, 0);

		inc->f.state = states[i];
		assert_int_equal(store_put_incident(s, inc), 0);
		assert_int_equal(store_flush(s), 0);
	}
	assert_int_equal(store_changes(s, 0, note_change, &x), 0);
	assert_string_equal(x.text, "1closed 2open 3closed 4lost_sight 5closed ");
	row = x.last;
	x = (struct changes){.last = 0};
	assert_int_equal(store_changes(s, row - 2, note_change, &x), 0);
	assert_string_equal(x.text, "2open 4lost_sight 5closed ");
	x = (struct changes){.last = 0};
	assert_int_equal(store_changes(s, row, note_change, &x), 0);
	assert_string_equal(x.text, "2open 4lost_sight ");
	help_put(s, 1, 9, 0); /* written again: another revision, the same row */
	assert_int_equal(store_flush(s), 0);
	x = (struct changes){.last = 0};
	assert_int_equal(store_changes(s, row, note_change, &x), 0);
	assert_non_null(strstr(x.text, "9open "));
	assert_int_equal(store_row_since(s, T0 + 3 * US_PER_S, &row), 0);
	x = (struct changes){.last = 0};
	assert_int_equal(store_changes(s, row, note_change, &x), 0);
	assert_string_equal(x.text, "9open 4lost_sight 5closed ");
	assert_int_equal(store_row_since(s, T0 + 900 * US_PER_S, &row), 0);
	assert_true(row >= x.last); /* nothing began so late */
}

static void test_evidence_comes_back(void **state)
{
	_cleanup_store_ struct store *s = open_as(STORE_REAL, STORE_WRITE);
	_cleanup_incident_ struct incident *inc = help_incident(1, 1, EVIDENCE_MAX), *back = NULL;
	_cleanup_text_ struct text packed = TEXT_NULL;

	assert_int_equal(store_put_incident(s, inc), 0);
	assert_int_equal(store_flush(s), 0);
	assert_int_equal(store_get(s, inc->id, &back), 0);
	assert_null(back->evidence[SAMPLE_ATTACK].record);
	assert_int_equal(back->evidence[SAMPLE_ATTACK].n, EVIDENCE_MAX);
	assert_int_equal(store_evidence(s, back), 0);
	assert_int_equal(back->evidence[SAMPLE_ATTACK].n, EVIDENCE_MAX);
	for (unsigned i = 0; i < EVIDENCE_MAX; i++) {
		struct evidence_record a = inc->evidence[SAMPLE_ATTACK].record[i],
				       b = back->evidence[SAMPLE_ATTACK].record[i];

		assert_string_equal(back->places[b.flow.in_link - 1].exporter, "edge-1");
		assert_int_equal(back->places[b.flow.in_link - 1].input, 12 + i % 3);
		a.flow.in_link = b.flow.in_link;
		a.flow.exporter = b.flow.exporter;
		assert_memory_equal(&a, &b, sizeof(a));
	}
	evidence_pack(inc, SAMPLE_ATTACK, &packed);
	assert_true(packed.len < EVIDENCE_MAX * 64); /* the bound on what evidence takes */
	assert_int_equal(help_put(s, 2, 1, 0), 0);
	assert_int_equal(store_flush(s), 0);
	incident_free(back);
	back = help_incident(2, 1, 0);
	assert_int_equal(store_evidence(s, back), STORE_NOT_FOUND);
}

/* The good sample lies beside the attack's, comes later or never, and goes with it. */
static void test_good_sample_is_kept_apart(void **state)
{
	_cleanup_store_ struct store *s = open_as(STORE_REAL, STORE_WRITE);
	_cleanup_incident_ struct incident *inc = help_incident(1, 1, 20), *back = NULL;
	struct header_sample *good = &inc->evidence[SAMPLE_GOOD];

	good->n = 3;
	good->record = calloc(good->n, sizeof(*good->record));
	memcpy(good->record, inc->evidence[SAMPLE_ATTACK].record + 7,
	       good->n * sizeof(*good->record));
	snprintf(inc->sample_consent, sizeof(inc->sample_consent), "contract 7");
	assert_int_equal(store_put_incident(s, inc), 0);
	assert_int_equal(store_flush(s), 0);
	assert_int_equal(store_get(s, inc->id, &back), 0);
	assert_string_equal(back->sample_consent, "contract 7");
	assert_int_equal(back->evidence[SAMPLE_GOOD].n, 3);
	assert_int_equal(store_evidence(s, back), 0);
	assert_int_equal(back->evidence[SAMPLE_ATTACK].n, 20);
	assert_int_equal(back->evidence[SAMPLE_GOOD].n, 3);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(back->evidence[SAMPLE_GOOD].record[i].flow.sport, 1024 + 7 + i);
	assert_int_equal(store_erase_due(s, inc->erase_by_us, NULL), 0);
	assert_int_equal(store_flush(s), 0);
	assert_int_equal(store_evidence(s, back), STORE_NOT_FOUND);
	incident_free(back);
	assert_int_equal(store_get(s, inc->id, &back), 0);
	assert_int_equal(back->evidence[SAMPLE_GOOD].n, 0);
}

static void test_damaged_evidence_is_refused(void **state)
{
	_cleanup_incident_ struct incident *inc = help_incident(1, 1, 5);
	_cleanup_incident_ struct incident *to = help_incident(1, 1, 0);
	_cleanup_text_ struct text packed = TEXT_NULL;

	evidence_pack(inc, SAMPLE_ATTACK, &packed);
	for (size_t n = 0; n < packed.len; n++)
		assert_int_equal(evidence_unpack(to, SAMPLE_ATTACK, packed.s, n), -EINVAL);
	assert_int_equal(to->evidence[SAMPLE_ATTACK].n, 0);
	assert_int_equal(evidence_unpack(to, SAMPLE_ATTACK, packed.s, packed.len), 0);
	assert_int_equal(to->evidence[SAMPLE_ATTACK].n, 5);
	text_add_n(&packed, "x", 1);
	assert_int_equal(evidence_unpack(to, SAMPLE_ATTACK, packed.s, packed.len), -EINVAL);
	packed.s[2] = EVIDENCE_VERSION + 1;
	assert_int_equal(evidence_unpack(to, SAMPLE_ATTACK, packed.s, packed.len - 1), -EINVAL);
}

static void test_updates_are_coalesced(void **state)
{
	_cleanup_store_ struct store *s = open_as(STORE_REAL, STORE_WRITE);
	struct incident *back = NULL;
	struct store_stats stats;
	char id[INCIDENT_ID_MAX];
	int64_t start = clock_mono_us();

	for (uint32_t revision = 1; revision <= 500; revision++) {
		_cleanup_incident_ struct incident *inc = help_incident(1, revision, 0);

		strcpy(id, inc->id);
		assert_int_equal(store_put_incident(s, inc), 0);
	}
	assert_int_equal(store_flush(s), 0);
	store_stats(s, &stats);
	/* The opening, one for each second that passed, and the flush. */
	assert_true(stats.written <= 2 + (uint64_t)((clock_mono_us() - start) / US_PER_S));
	assert_int_equal(stats.written + stats.coalesced, 500);
	assert_int_equal(store_get(s, id, &back), 0);
	assert_int_equal(back->revision, 500);
	incident_free(back);
}

static void test_opening_and_closing_go_out_at_once(void **state)
{
	_cleanup_store_ struct store *s = open_as(STORE_REAL, STORE_WRITE);
	struct store_stats stats;
	int64_t start = clock_mono_us();

	for (unsigned i = 0; i < 2; i++) {
		_cleanup_incident_ struct incident *inc = help_incident(1, i + 1, 0);

		inc->f.state = i ? FINDING_CLOSED : FINDING_OPEN;
		assert_int_equal(store_put_incident(s, inc), 0);
		do {
			usleep(1000);
			store_stats(s, &stats);
		} while (stats.written < i + 1 && clock_mono_us() - start < 30 * US_PER_S);
		assert_int_equal(stats.written, i + 1);
	}
}

static void test_evidence_of_a_replaced_state_is_not_lost(void **state)
{
	_cleanup_store_ struct store *s = open_as(STORE_REAL, STORE_WRITE);
	_cleanup_incident_ struct incident *inc = help_incident(1, 1, 50);

	for (int i = 0; i < 20; i++) {
		inc->revision++;
		assert_int_equal(store_put_incident(s, inc), 0);
	}
	inc->f.state = FINDING_CLOSED;
	assert_int_equal(store_put_incident(s, inc), 0);
	assert_int_equal(store_flush(s), 0);
	assert_int_equal(store_evidence(s, inc), 0);
	assert_int_equal(inc->evidence[SAMPLE_ATTACK].n, 50);
}

static void test_one_writer(void **state)
{
	_cleanup_store_ struct store *s = open_as(STORE_REAL, STORE_WRITE);
	struct store *other = NULL, *reader = NULL;

	assert_int_equal(store_open(dir, STORE_REAL, STORE_WRITE, NULL, &other), STORE_LOCKED);
	assert_null(other);
	assert_int_equal(store_open(dir, STORE_ANY, STORE_READ, NULL, &reader), 0);
	assert_int_equal(store_put_status(reader, "{}", 1), -EROFS);
	store_close(reader);
	s = store_close(s);
	assert_int_equal(store_open(dir, STORE_REAL, STORE_WRITE, NULL, &other), 0);
	store_close(other);
}

static void test_real_or_drill_from_birth(void **state)
{
	struct store *s = open_as(STORE_DRILL, STORE_WRITE), *other = NULL;

	assert_int_equal(store_kind(s), STORE_DRILL);
	store_close(s);
	assert_int_equal(store_open(dir, STORE_REAL, STORE_WRITE, NULL, &other), STORE_OTHER_KIND);
	assert_int_equal(store_open(dir, STORE_REAL, STORE_READ, NULL, &other), STORE_OTHER_KIND);
	assert_int_equal(store_open(dir, STORE_ANY, STORE_READ, NULL, &other), 0);
	assert_int_equal(store_kind(other), STORE_DRILL);
	store_close(other);
	assert_int_equal(store_open(dir, STORE_ANY, STORE_WRITE, NULL, &other), -EINVAL);
}

static sqlite3 *raw(void)
{
	char path[300];
	sqlite3 *db = NULL;

	snprintf(path, sizeof(path), "%s/watch.db", dir);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	return db;
}

static void run(sqlite3 *db, const char *sql)
{
	char *error = NULL;

	if (sqlite3_exec(db, sql, NULL, NULL, &error))
		fail_msg("%s: %s", sql, error);
}

static int64_t number(sqlite3 *db, const char *sql)
{
	_cleanup_stmt_ sqlite3_stmt *st = watch_prepare(db, sql);

	assert_non_null(st);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	return sqlite3_column_int64(st, 0);
}

static void test_what_is_not_ours_is_left_alone(void **state)
{
	struct store *s = NULL;
	char path[300];
	sqlite3 *db;
	FILE *f;

	assert_int_equal(store_open(dir, STORE_ANY, STORE_READ, NULL, &s), STORE_MISSING);
	db = raw();
	run(db, "CREATE TABLE recipes (name TEXT)");
	sqlite3_close(db);
	assert_int_equal(store_open(dir, STORE_REAL, STORE_WRITE, NULL, &s), STORE_BROKEN);
	assert_int_equal(store_open(dir, STORE_ANY, STORE_READ, NULL, &s), STORE_BROKEN);
	db = raw();
	assert_int_equal(number(db, "SELECT count(*) FROM sqlite_schema"), 1);
	sqlite3_close(db);
	snprintf(path, sizeof(path), "%s/watch.db", dir);
	f = fopen(path, "w");
	for (int i = 0; i < 5000; i++)
		fputs("no database ", f);
	fclose(f);
	assert_int_equal(store_open(dir, STORE_REAL, STORE_WRITE, NULL, &s), STORE_BROKEN);
	assert_int_equal(store_open(dir, STORE_ANY, STORE_READ, NULL, &s), STORE_BROKEN);
}

static void test_newer_schema_is_refused(void **state)
{
	struct store *s = open_as(STORE_REAL, STORE_WRITE);
	sqlite3 *db;

	store_close(s);
	db = raw();
	run(db, "PRAGMA user_version = 9999");
	sqlite3_close(db);
	assert_int_equal(store_open(dir, STORE_REAL, STORE_WRITE, NULL, &s), STORE_NEWER);
	assert_int_equal(store_open(dir, STORE_ANY, STORE_READ, NULL, &s), STORE_NEWER);
	assert_non_null(strstr(store_answer(STORE_NEWER, "en"), "newer"));
}

static void test_migration_from_version_1(void **state)
{
	_cleanup_incident_ struct incident *inc = help_incident(1, 1, 0), *back = NULL;
	_cleanup_free_ char *json = incident_dump(inc);
	struct store *s = NULL;
	sqlite3 *db = raw();
	char *sql;

	assert_int_equal(watch_migrate(db, 1), SQLITE_OK);
	run(db, "PRAGMA journal_mode = WAL; INSERT INTO meta VALUES ('kind', 'real')");
	sql = sqlite3_mprintf(
		"PRAGMA application_id = %d; INSERT INTO incidents VALUES (%Q, 1, 'attack',"
		" 'server', 'open', 'host', '10.0.0.1', NULL, NULL, NULL, 5, 6, 'header',"
		" %Q); INSERT INTO evidence VALUES (%Q, 1, 4711, 'header', x'00')",
		WATCH_APPLICATION_ID, inc->id, json, inc->id);
	run(db, sql);
	sqlite3_free(sql);
	sqlite3_close(db);
	assert_int_equal(store_open(dir, STORE_ANY, STORE_READ, NULL, &s), STORE_OLDER);
	s = open_as(STORE_REAL, STORE_WRITE);
	assert_int_equal(store_get(s, inc->id, &back), 0);
	store_close(s);
	db = raw();
	assert_int_equal(number(db, "PRAGMA user_version"), watch_schema);
	assert_true(watch_schema > 1);
	assert_int_equal(number(db, "SELECT erase_by_us FROM incidents"), 4711);
	assert_int_equal(number(db, "SELECT erase_by_us FROM evidence WHERE sample = 'attack'"),
			 4711);
	sqlite3_close(db);
}

static void test_birth_that_was_cut_short(void **state)
{
	sqlite3 *db = raw();

	assert_int_equal(watch_migrate(db, 1), SQLITE_OK); /* killed before it had a kind */
	sqlite3_close(db);
	store_close(open_as(STORE_REAL, STORE_WRITE));
}

/* Every byte of the store's files, to see what is really gone. */
static bool on_disk(const char *what, size_t n)
{
	static const char *const files[] = {"watch.db", "watch.db-wal"};
	bool found = false;

	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		_cleanup_fclose_ FILE *f = NULL;
		_cleanup_free_ char *all = NULL;
		char path[300];
		struct stat st;

		snprintf(path, sizeof(path), "%s/%s", dir, files[i]);
		f = fopen(path, "r");
		if (!f || fstat(fileno(f), &st) || !st.st_size)
			continue;
		all = malloc((size_t)st.st_size);
		assert_int_equal(fread(all, 1, (size_t)st.st_size, f), st.st_size);
		found |= memmem(all, (size_t)st.st_size, what, n) != NULL;
	}
	return found;
}

static void test_erasing_is_real_and_proved(void **state)
{
	struct store *s = open_as(STORE_REAL, STORE_WRITE);
	_cleanup_incident_ struct incident *inc = help_incident(1, 1, 300), *back = NULL;
	_cleanup_incident_ struct incident *young = help_incident(2, 1, 300);
	_cleanup_text_ struct text packed = TEXT_NULL;
	static const char address[] = "198.51.100.77";
	struct store_stats stats;
	sqlite3 *db;

	inc->evidence[SAMPLE_ATTACK].record[77].side.domain =
		0xfeedbeef; /* a mark that is nowhere else */
	evidence_pack(inc, SAMPLE_ATTACK, &packed);
	young->erase_by_us = inc->erase_by_us + 1;
	young->f.sources.n_top = 0;
	assert_int_equal(store_put_incident(s, inc), 0);
	assert_int_equal(store_put_incident(s, young), 0);
	assert_int_equal(store_erase_due(s, inc->erase_by_us - 1, NULL), 0);
	assert_int_equal(store_flush(s), 0);
	assert_int_equal(store_evidence(s, inc), 0); /* not due yet */
	/* Both files hold the mark: the packed form of record 77 has 5 bytes of it. */
	assert_true(on_disk("\xef\xfd\xb6\xf7\x0f", 5));
	assert_true(on_disk(address, strlen(address)));
	assert_int_equal(store_erase_due(s, inc->erase_by_us, NULL), 0);
	assert_int_equal(store_flush(s), 0);
	store_stats(s, &stats);
	assert_int_equal(stats.evidence_erased, 1);
	assert_int_equal(store_evidence(s, inc), STORE_NOT_FOUND);
	assert_int_equal(store_evidence(s, young), 0);
	assert_int_equal(store_get(s, inc->id, &back), 0);
	assert_int_equal(back->evidence[SAMPLE_ATTACK].n, 0);
	assert_int_equal(back->f.sources.n_top, 0);
	assert_int_equal(back->erased_us, inc->erase_by_us);
	assert_int_equal(back->f.packets, inc->f.packets); /* volume stays */
	assert_false(on_disk("\xef\xfd\xb6\xf7\x0f", 5));
	assert_false(on_disk(address, strlen(address)));
	store_close(s);
	db = raw();
	assert_int_equal(number(db, "SELECT count(*) FROM erasures"), 1);
	assert_int_equal(number(db, "SELECT records FROM erasures"), 300);
	assert_int_equal(number(db, "SELECT due_us = at_us FROM erasures"), 1);
	assert_int_equal(
		number(db, "SELECT data_class = 'volume' FROM incidents ORDER BY first_us"), 1);
	sqlite3_close(db);
}

static void test_keeping_has_an_end(void **state)
{
	_cleanup_store_ struct store *s = open_as(STORE_REAL, STORE_WRITE);
	struct conf_keep keep = {.evidence_s = 86400, .incident_s = 100, .rollup_s = 60};
	struct store_rollup row = {.minute_us = T0, .exporter = "edge-1", .packets = 5};
	struct store_stats stats;

	for (unsigned i = 0; i < 3; i++) {
		_cleanup_incident_ struct incident *inc = help_incident(i, 1, 0);

		inc->f.state = i == 1 ? FINDING_OPEN : FINDING_CLOSED;
		assert_int_equal(store_put_incident(s, inc), 0);
	}
	assert_int_equal(store_put_rollup(s, &row), 0);
	assert_int_equal(store_erase_due(s, T0 + 102 * US_PER_S, &keep), 0);
	assert_int_equal(store_flush(s), 0);
	assert_int_equal(count(s, &STORE_FILTER_ALL), 2); /* the first: over and too old */
	store_stats(s, &stats);
	assert_int_equal(stats.incidents_erased, 1);
}

static void test_status_sampling_rollups(void **state)
{
	static const char world[] = "exporters:\n  - name: edge-1\n    address: 192.0.2.250\n";
	_cleanup_text_ struct text errors = TEXT_NULL, status = TEXT_NULL;
	struct conf *conf = conf_load_text("world", world, sizeof(world) - 1, &errors);
	struct store *s = open_as(STORE_REAL, STORE_WRITE);
	struct store_rollup row = {.minute_us = T0, .exporter = "edge-1", .packets = 5};
	struct exporters *a, *b;
	struct ip addr;
	uint16_t index;
	uint32_t factor = 0;
	int64_t at = 0;
	sqlite3 *db;

	if (!conf)
		fail_msg("%s", text_str(&errors));
	assert_int_equal(store_get_status(s, &status, &at), STORE_NOT_FOUND);
	a = exporters_new(conf);
	b = exporters_new(conf);
	ip_parse("192.0.2.250", &addr);
	index = exporters_find(a, &addr, false);
	assert_true(index > 0);
	assert_int_equal(exporters_set_sampling(a, index, 3, 4, 1000, T0), 0);
	assert_int_equal(store_put_sampling(s, a), 0);
	assert_int_equal(store_put_status(s, "{\"a\":1}", T0), 0);
	assert_int_equal(store_put_status(s, "{\"a\":2}", T0 + 1), 0);
	assert_int_equal(store_put_rollup(s, &row), 0);
	row.packets = 7;
	assert_int_equal(store_put_rollup(s, &row), 0);
	assert_int_equal(store_flush(s), 0);
	assert_int_equal(store_get_status(s, &status, &at), 0);
	assert_string_equal(text_str(&status), "{\"a\":2}");
	assert_int_equal(at, T0 + 1);
	assert_int_equal(store_load_sampling(s, b), 0);
	assert_true(exporters_sampling(b, exporters_find(b, &addr, false), 3, 4, 0, &factor));
	assert_int_equal(factor, 1000);
	store_close(s);
	db = raw();
	assert_int_equal(number(db, "SELECT count(*) FROM rollups"), 1);
	assert_int_equal(number(db, "SELECT packets FROM rollups"), 7);
	sqlite3_close(db);
	exporters_free(a);
	exporters_free(b);
	conf_unref(conf);
}

/* The newest replaces the last; a day later it is erased, and that is proved. */
static void test_heard_is_kept_a_day(void **state)
{
	const struct conf_keep keep = {0};
	struct store *s = open_as(STORE_REAL, STORE_WRITE);
	_cleanup_text_ struct text packed = TEXT_NULL;
	int64_t at = 0;
	sqlite3 *db;

	assert_int_equal(store_get_heard(s, &packed, &at), STORE_NOT_FOUND);
	assert_int_equal(store_put_heard(s, "a\0b", 3, T0), 0);
	assert_int_equal(store_put_heard(s, "cd\0\0e", 5, T0 + 7), 0);
	assert_int_equal(store_flush(s), 0);
	assert_int_equal(store_get_heard(s, &packed, &at), 0);
	assert_int_equal(packed.len, 5);
	assert_memory_equal(packed.s, "cd\0\0e", 5);
	assert_int_equal(at, T0 + 7);
	assert_int_equal(store_erase_due(s, T0 + STORE_HEARD_S * US_PER_S, &keep), 0);
	assert_int_equal(store_flush(s), 0);
	text_clear(&packed);
	assert_int_equal(store_get_heard(s, &packed, &at), 0);
	assert_int_equal(store_erase_due(s, T0 + (STORE_HEARD_S + 1) * US_PER_S, &keep), 0);
	assert_int_equal(store_flush(s), 0);
	assert_int_equal(store_get_heard(s, &packed, &at), STORE_NOT_FOUND);
	store_close(s);
	db = raw();
	assert_int_equal(number(db, "SELECT count(*) FROM erasures WHERE what = 'heard' AND "
				    "data_class = 'header'"),
			 1);
	sqlite3_close(db);
}

struct reading {
	pthread_t thread;
	_Atomic bool stop;
	unsigned rounds;
	int64_t slowest_us;
	int result;
};

static int look(void *userdata, const struct incident *inc)
{
	return inc->f.packets == 1000 * (uint64_t)inc->revision ? 0 : -EILSEQ;
}

static void *read_on(void *userdata)
{
	struct reading *r = userdata;
	struct store *s = NULL;

	r->result = store_open(dir, STORE_ANY, STORE_READ, NULL, &s);
	while (!r->result && !r->stop) {
		int64_t start = clock_mono_us(), took;

		r->result = store_list(s, &STORE_FILTER_ALL, look, NULL);
		took = clock_mono_us() - start;
		r->slowest_us = took > r->slowest_us ? took : r->slowest_us;
		r->rounds++;
	}
	store_close(s);
	return NULL;
}

static void test_two_readers_while_writing(void **state)
{
	_cleanup_store_ struct store *s = open_as(STORE_REAL, STORE_WRITE);
	struct reading readers[2] = {0};
	struct store_stats stats;

	for (int i = 0; i < 2; i++)
		pthread_create(&readers[i].thread, NULL, read_on, &readers[i]);
	for (uint32_t revision = 1; revision <= 40; revision++) {
		for (unsigned i = 0; i < 20; i++)
			assert_int_equal(help_put(s, i, revision, 0), 0);
		assert_int_equal(store_flush(s), 0);
	}
	for (int i = 0; i < 2; i++) {
		readers[i].stop = true;
		pthread_join(readers[i].thread, NULL);
		assert_int_equal(readers[i].result, 0);
		assert_true(readers[i].rounds > 0);
		assert_true(readers[i].slowest_us < 2 * US_PER_S);
	}
	store_stats(s, &stats);
	assert_int_equal(stats.failures, 0);
	assert_int_equal(count(s, &STORE_FILTER_ALL), 20);
}

static void test_bounds_of_time_and_size(void **state)
{
	_cleanup_store_ struct store *s = open_as(STORE_REAL, STORE_WRITE);
	struct incident *inc[200];
	struct store_stats stats;
	int64_t start, slowest = 0;

	for (unsigned i = 0; i < 200; i++)
		inc[i] = help_incident(i, 1, 0);
	for (unsigned i = 0; i < 2000; i++) {
		start = clock_mono_us();
		assert_int_equal(store_put_incident(s, inc[i % 200]), 0);
		if (clock_mono_us() - start > slowest)
			slowest = clock_mono_us() - start;
	}
	assert_true(slowest < 500000); /* a put never waits for the disk */
	assert_int_equal(store_flush(s), 0);
	store_stats(s, &stats);
	assert_true(stats.bytes < (UINT64_C(8) << 20));
	for (unsigned i = 0; i < 200; i++)
		incident_free(inc[i]);
}

static void test_store_that_keeps_nothing(void **state)
{
	struct incident *back = NULL;
	struct store *s = NULL;
	struct ids ids = {.n = 0};

	assert_int_equal(store_open(NULL, STORE_REAL, STORE_WRITE, NULL, &s), 0);
	assert_int_equal(help_put(s, 1, 1, 10), 0);
	assert_int_equal(store_put_status(s, "{}", 1), 0);
	assert_int_equal(store_flush(s), 0);
	assert_int_equal(store_list(s, &STORE_FILTER_ALL, note, &ids), 0);
	assert_int_equal(ids.n, 0);
	assert_int_equal(store_get(s, "n", &back), STORE_NOT_FOUND);
	store_close(s);
}

static void test_every_answer_has_a_sentence(void **state)
{
	for (int a = STORE_LOCKED; a <= STORE_FAILING; a++) {
		assert_true(strlen(store_answer(a, "en")) > 10);
		assert_true(strlen(store_answer(a, "ja")) > 10);
		assert_string_not_equal(store_answer(a, "en"), store_answer(a, "ja"));
	}
	assert_string_equal(store_answer(-ENOSPC, "en"), strerror(ENOSPC));
}

#define IN_DIR(test) cmocka_unit_test_setup_teardown(test, make_dir, remove_dir)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_DIR(test_put_and_get),
		IN_DIR(test_id_by_its_beginning),
		IN_DIR(test_newest_first_and_filters),
		IN_DIR(test_callback_ends_the_walk),
		IN_DIR(test_open_ones_oldest_first),
		IN_DIR(test_changes),
		IN_DIR(test_evidence_comes_back),
		IN_DIR(test_good_sample_is_kept_apart),
		cmocka_unit_test(test_damaged_evidence_is_refused),
		IN_DIR(test_updates_are_coalesced),
		IN_DIR(test_opening_and_closing_go_out_at_once),
		IN_DIR(test_evidence_of_a_replaced_state_is_not_lost),
		IN_DIR(test_one_writer),
		IN_DIR(test_real_or_drill_from_birth),
		IN_DIR(test_what_is_not_ours_is_left_alone),
		IN_DIR(test_heard_is_kept_a_day),
		IN_DIR(test_newer_schema_is_refused),
		IN_DIR(test_migration_from_version_1),
		IN_DIR(test_birth_that_was_cut_short),
		IN_DIR(test_erasing_is_real_and_proved),
		IN_DIR(test_keeping_has_an_end),
		IN_DIR(test_status_sampling_rollups),
		IN_DIR(test_two_readers_while_writing),
		IN_DIR(test_bounds_of_time_and_size),
		cmocka_unit_test(test_store_that_keeps_nothing),
		cmocka_unit_test(test_every_answer_has_a_sentence),
	};

	return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
