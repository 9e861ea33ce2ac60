/* SPDX-License-Identifier: ISC */
/*
 * Reading. Each call is one statement, so one snapshot; WAL lets the writer go on meanwhile.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "store/evidence.h"
#include "store/sqlite.h"

#define LIMIT_DEFAULT 1000

#define SELECT_LIST                                                                                \
	"SELECT json FROM incidents WHERE (?1 IS NULL OR last_us >= ?1)"                           \
	" AND (?2 IS NULL OR first_us <= ?2)"                                                      \
	" AND (?3 IS NULL OR instr(?3, ',' || state || ','))"                                      \
	" AND (?4 IS NULL OR instr(?4, ',' || kind || ','))"                                       \
	" AND (?5 IS NULL OR instr(?5, ',' || ifnull(class, 'none') || ','))"                      \
	" AND (?6 IS NULL OR (target_low <= ?7 AND target_high >= ?6))"                            \
	" AND (?8 IS NULL OR object = ?8) ORDER BY "

static void bind_time(sqlite3_stmt *st, int at, int64_t us)
{
	if (us != TIME_NONE)
		sqlite3_bind_int64(st, at, us);
}

/* ",open,quiet," of the bits that are set; nothing is bound for none. */
static void bind_words(sqlite3_stmt *st, int at, unsigned bits, unsigned n,
		       const char *(*name)(unsigned))
{
	char list[128] = ",";
	size_t len = 1;

	if (!bits)
		return;
	for (unsigned i = 0; i < n; i++)
		if (bits & 1u << i)
			len += (size_t)snprintf(list + len, sizeof(list) - len, "%s,", name(i));
	sqlite3_bind_text(st, at, list, -1, SQLITE_TRANSIENT);
}

static const char *state_word(unsigned i)
{
	return finding_state_name((enum finding_state)i);
}

static const char *kind_word(unsigned i)
{
	return finding_kind_name((enum finding_kind)i);
}

static const char *class_word(unsigned i)
{
	const char *name = incident_class_name((enum incident_class)i);

	return name ? name : "none";
}

static void bind_filter(sqlite3_stmt *st, const struct store_filter *f)
{
	bind_time(st, 1, f->from_us);
	bind_time(st, 2, f->until_us);
	bind_words(st, 3, f->states, FINDING_LOST_SIGHT + 1, state_word);
	bind_words(st, 4, f->kinds, FINDING_SCAN + 1, kind_word);
	bind_words(st, 5, f->classes, CLASS_COUNT, class_word);
	if (f->target) {
		struct ip high = f->target->addr;

		for (unsigned bit = f->target->len; bit < 128; bit++)
			high.b[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
		sqlite3_bind_blob(st, 6, f->target->addr.b, 16, SQLITE_TRANSIENT);
		sqlite3_bind_blob(st, 7, high.b, 16, SQLITE_TRANSIENT);
	}
	if (f->object)
		sqlite3_bind_text(st, 8, f->object, -1, SQLITE_STATIC);
	sqlite3_bind_int64(st, 9, f->limit ? f->limit : LIMIT_DEFAULT);
}

static int read_row(sqlite3_stmt *st, struct incident **out)
{
	const char *json = (const char *)sqlite3_column_text(st, 0);
	int r = json ? incident_load(json, (size_t)sqlite3_column_bytes(st, 0), out) : -EINVAL;

	return r == -EINVAL ? STORE_BROKEN : r;
}

static int walk(sqlite3_stmt *st, store_row_fn fn, void *userdata)
{
	int code, r = 0, broken = 0;

	while ((code = sqlite3_step(st)) == SQLITE_ROW) {
		_cleanup_incident_ struct incident *inc = NULL;

		r = read_row(st, &inc);
		if (r == STORE_BROKEN) {
			broken = r; /* one damaged row does not hide the others */
			continue;
		}
		r = r ? r : fn(userdata, inc);
		if (r)
			return r;
	}
	return code == SQLITE_DONE ? broken : STORE_BROKEN;
}

int watch_list(struct store_db *db, const struct store_filter *filter, bool oldest_first,
	       store_row_fn fn, void *userdata)
{
	_cleanup_stmt_ sqlite3_stmt *st = NULL;
	int r = STORE_BROKEN;

	pthread_mutex_lock(&db->read_lock);
	st = watch_prepare(db->reader, oldest_first ? SELECT_LIST "first_us, id LIMIT ?9"
						    : SELECT_LIST "first_us DESC, id LIMIT ?9");
	if (st) {
		bind_filter(st, filter);
		r = walk(st, fn, userdata);
		sqlite3_reset(st);
	}
	pthread_mutex_unlock(&db->read_lock);
	return r;
}

static int walk_changes(sqlite3_stmt *st, store_change_fn fn, void *userdata)
{
	int code, r = 0;

	while (r == 0 && (code = sqlite3_step(st)) == SQLITE_ROW) {
		const char *state = (const char *)sqlite3_column_text(st, 2);
		struct store_change c = {.id = (const char *)sqlite3_column_text(st, 0),
					 .revision = (uint32_t)sqlite3_column_int64(st, 1),
					 .row = sqlite3_column_int64(st, 3)};

		if (c.id && state && finding_state_parse(state, &c.state) == 0)
			r = fn(userdata, &c);
	}
	return r ? r : code == SQLITE_DONE ? 0 : STORE_BROKEN;
}

/* Two walks, each over an index: an OR over both would read the whole table. */
int watch_changes(struct store_db *db, int64_t after_row, store_change_fn fn, void *userdata)
{
	_cleanup_stmt_ sqlite3_stmt *st = NULL;
	int r = STORE_BROKEN;

	pthread_mutex_lock(&db->read_lock);
	st = watch_prepare(
		db->reader,
		"SELECT id, revision, state, rowid AS row FROM incidents"
		" WHERE state IN ('open', 'quiet', 'lost_sight')"
		" UNION SELECT id, revision, state, rowid FROM incidents WHERE rowid > ?1"
		" ORDER BY row");
	if (st) {
		sqlite3_bind_int64(st, 1, after_row);
		r = walk_changes(st, fn, userdata);
		sqlite3_reset(st);
	}
	pthread_mutex_unlock(&db->read_lock);
	return r;
}

int watch_row_since(struct store_db *db, int64_t since_us, int64_t *row)
{
	_cleanup_stmt_ sqlite3_stmt *st = NULL;
	int r = STORE_BROKEN;

	pthread_mutex_lock(&db->read_lock);
	st = watch_prepare(db->reader,
			   "SELECT coalesce((SELECT min(rowid) - 1 FROM incidents WHERE first_us >="
			   " ?1), (SELECT max(rowid) FROM incidents), 0)");
	if (st) {
		sqlite3_bind_int64(st, 1, since_us);
		r = sqlite3_step(st) == SQLITE_ROW ? 0 : STORE_BROKEN;
		*row = sqlite3_column_int64(st, 0);
		sqlite3_reset(st);
	}
	pthread_mutex_unlock(&db->read_lock);
	return r;
}

/* What it means that a step gave no row. */
static int none_or(int code)
{
	return code == SQLITE_DONE ? STORE_NOT_FOUND : watch_answer(code);
}

static int get_locked(sqlite3 *db, const char *id, struct incident **out)
{
	_cleanup_stmt_ sqlite3_stmt *st = watch_prepare(
		db, "SELECT json, id = ?1 AS exact FROM incidents WHERE substr(id, 1, ?2) = ?1"
		    " ORDER BY exact DESC, id LIMIT 2");
	bool exact;
	int code, r;

	if (!st)
		return STORE_BROKEN;
	if (!*id)
		return STORE_NOT_FOUND;
	sqlite3_bind_text(st, 1, id, -1, SQLITE_STATIC);
	sqlite3_bind_int(st, 2, (int)strnlen(id, INCIDENT_ID_MAX));
	code = sqlite3_step(st);
	if (code != SQLITE_ROW)
		return none_or(code);
	r = read_row(st, out);
	exact = sqlite3_column_int(st, 1);
	if (r || exact)
		return r;
	code = sqlite3_step(st);
	if (code == SQLITE_DONE)
		return 0;
	*out = incident_free(*out);
	return code == SQLITE_ROW ? STORE_AMBIGUOUS : watch_answer(code);
}

int watch_get(struct store_db *db, const char *id, struct incident **out)
{
	int r;

	*out = NULL;
	pthread_mutex_lock(&db->read_lock);
	r = get_locked(db->reader, id, out);
	pthread_mutex_unlock(&db->read_lock);
	return r;
}

static int evidence_locked(sqlite3 *db, struct incident *inc)
{
	_cleanup_stmt_ sqlite3_stmt *st = watch_prepare(
		db, "SELECT packed FROM evidence WHERE incident = ?1 AND sample = ?2");
	int code, r = STORE_NOT_FOUND;

	if (!st)
		return STORE_BROKEN;
	sqlite3_bind_text(st, 1, inc->id, -1, SQLITE_STATIC);
	for (enum sample k = 0; k < SAMPLE_COUNT && (r == 0 || r == STORE_NOT_FOUND); k++) {
		sqlite3_bind_text(st, 2, watch_sample_name(k), -1, SQLITE_STATIC);
		code = sqlite3_step(st);
		if (code == SQLITE_ROW)
			r = evidence_unpack(inc, k, sqlite3_column_blob(st, 0),
					    (size_t)sqlite3_column_bytes(st, 0));
		else if (code != SQLITE_DONE)
			r = watch_answer(code);
		sqlite3_reset(st);
	}
	return r == -EINVAL ? STORE_BROKEN : r;
}

int watch_evidence(struct store_db *db, struct incident *inc)
{
	int r;

	pthread_mutex_lock(&db->read_lock);
	r = evidence_locked(db->reader, inc);
	pthread_mutex_unlock(&db->read_lock);
	return r;
}

static int status_locked(sqlite3 *db, struct text *json, int64_t *at_us)
{
	_cleanup_stmt_ sqlite3_stmt *st = watch_prepare(db, "SELECT at_us, json FROM status");
	int code;

	if (!st)
		return STORE_BROKEN;
	code = sqlite3_step(st);
	if (code != SQLITE_ROW)
		return none_or(code);
	*at_us = sqlite3_column_int64(st, 0);
	text_add(json, (const char *)sqlite3_column_text(st, 1));
	return text_ok(json) ? 0 : -ENOMEM;
}

int watch_status(struct store_db *db, struct text *json, int64_t *at_us)
{
	int r;

	pthread_mutex_lock(&db->read_lock);
	r = status_locked(db->reader, json, at_us);
	pthread_mutex_unlock(&db->read_lock);
	return r;
}

static int heard_locked(sqlite3 *db, struct text *packed, int64_t *at_us)
{
	_cleanup_stmt_ sqlite3_stmt *st = watch_prepare(db, "SELECT at_us, packed FROM heard");
	int code;

	if (!st)
		return STORE_BROKEN;
	code = sqlite3_step(st);
	if (code != SQLITE_ROW)
		return none_or(code);
	*at_us = sqlite3_column_int64(st, 0);
	text_add_n(packed, sqlite3_column_blob(st, 1), (size_t)sqlite3_column_bytes(st, 1));
	return text_ok(packed) ? 0 : -ENOMEM;
}

int watch_heard(struct store_db *db, struct text *packed, int64_t *at_us)
{
	int r;

	pthread_mutex_lock(&db->read_lock);
	r = heard_locked(db->reader, packed, at_us);
	pthread_mutex_unlock(&db->read_lock);
	return r;
}

static int sampling_locked(sqlite3 *db, struct exporters *exporters)
{
	_cleanup_stmt_ sqlite3_stmt *st = watch_prepare(
		db, "SELECT exporter, domain, sampler, factor, learnt_us FROM sampling"
		    " ORDER BY exporter, domain, sampler");
	int code = SQLITE_DONE, r = 0;

	if (!st)
		return STORE_BROKEN;
	while (!r && (code = sqlite3_step(st)) == SQLITE_ROW) {
		const char *name = (const char *)sqlite3_column_text(st, 0);
		struct ip addr;
		uint16_t index;

		if (!name || ip_parse(name, &addr))
			continue;
		index = exporters_find(exporters, &addr, false);
		if (index == EXPORTER_UNKNOWN)
			continue;
		r = exporters_set_sampling(exporters, index, (uint32_t)sqlite3_column_int64(st, 1),
					   (uint32_t)sqlite3_column_int64(st, 2),
					   (uint32_t)sqlite3_column_int64(st, 3),
					   sqlite3_column_int64(st, 4));
	}
	if (r)
		return r < 0 ? r : 0;
	return code == SQLITE_DONE ? 0 : watch_answer(code);
}

int watch_sampling(struct store_db *db, struct exporters *exporters)
{
	int r;

	pthread_mutex_lock(&db->read_lock);
	r = sampling_locked(db->reader, exporters);
	pthread_mutex_unlock(&db->read_lock);
	return r;
}
