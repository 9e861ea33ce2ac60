/* SPDX-License-Identifier: ISC */
/*
 * One batch, one transaction: all of it is on disk and synced, or none of it is.
 */
#include <errno.h>
#include <string.h>

#include "store/evidence.h"
#include "store/sqlite.h"

static void bind_text(sqlite3_stmt *st, int at, const char *s)
{
	if (s && *s)
		sqlite3_bind_text(st, at, s, -1, SQLITE_STATIC);
	else
		sqlite3_bind_null(st, at);
}

static void bind_time(sqlite3_stmt *st, int at, int64_t us)
{
	if (us == TIME_NONE)
		sqlite3_bind_null(st, at);
	else
		sqlite3_bind_int64(st, at, us);
}

/* Lowest and highest address of the target, so that a filter is a comparison of bytes. */
static void bind_range(sqlite3_stmt *st, int at, const struct incident *inc)
{
	struct ip high = inc->f.target.addr;

	if (inc->f.level != LEVEL_HOST && inc->f.level != LEVEL_PREFIX) {
		sqlite3_bind_null(st, at);
		sqlite3_bind_null(st, at + 1);
		return;
	}
	for (unsigned bit = inc->f.target.len; bit < 128; bit++)
		high.b[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	sqlite3_bind_blob(st, at, inc->f.target.addr.b, 16, SQLITE_STATIC);
	sqlite3_bind_blob(st, at + 1, high.b, 16, SQLITE_TRANSIENT);
}

/* Step to the end. Return: SQLITE_OK or the error. */
static int finish(sqlite3_stmt *st)
{
	int code = sqlite3_step(st);

	sqlite3_reset(st);
	return code == SQLITE_DONE || code == SQLITE_ROW ? SQLITE_OK : code;
}

static int write_incident(sqlite3_stmt *st, const struct incident *inc)
{
	_cleanup_free_ char *json = incident_dump(inc);
	char target[INCIDENT_TARGET_MAX];

	if (!json)
		return SQLITE_NOMEM;
	bind_text(st, 1, inc->id);
	sqlite3_bind_int64(st, 2, inc->revision);
	bind_text(st, 3, finding_kind_name(inc->f.kind));
	bind_text(st, 4, incident_class_name(inc->class));
	bind_text(st, 5, finding_state_name(inc->f.state));
	bind_text(st, 6, level_name(inc->f.level));
	bind_text(st, 7, incident_target(inc, target));
	bind_range(st, 8, inc);
	bind_text(st, 10, inc->object);
	sqlite3_bind_int64(st, 11, inc->f.first_us);
	sqlite3_bind_int64(st, 12, inc->f.last_us);
	bind_text(st, 13, json);
	bind_time(st, 14, inc->erase_by_us);
	bind_time(st, 15, inc->erased_us);
	return finish(st);
}

static int write_sample(sqlite3_stmt *st, const struct incident *inc, enum sample which)
{
	_cleanup_text_ struct text packed = TEXT_NULL;

	evidence_pack(inc, which, &packed);
	if (!text_ok(&packed))
		return SQLITE_NOMEM;
	bind_text(st, 1, inc->id);
	bind_text(st, 2, watch_sample_name(which));
	sqlite3_bind_int64(st, 3, inc->evidence[which].n);
	sqlite3_bind_int64(st, 4, inc->erase_by_us);
	sqlite3_bind_blob64(st, 5, packed.s, packed.len, SQLITE_STATIC);
	return finish(st);
}

/* Without a date to erase it by, nothing may be kept. */
static int write_evidence(sqlite3_stmt *st, const struct incident *inc)
{
	int code = SQLITE_OK;

	if (inc->erase_by_us == TIME_NONE)
		return code;
	for (enum sample k = 0; !code && k < SAMPLE_COUNT; k++)
		if (inc->evidence[k].record && inc->evidence[k].n)
			code = write_sample(st, inc, k);
	return code;
}

static int write_incidents(sqlite3 *db, struct store_batch *b)
{
	_cleanup_stmt_ sqlite3_stmt *row = watch_prepare(
		db,
		"INSERT INTO incidents (id, revision, kind, class, state, level, target,"
		" target_low, target_high, object, first_us, last_us, json, erase_by_us, erased_us)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)"
		" ON CONFLICT (id) DO UPDATE SET revision = ?2, kind = ?3, class = ?4, state = ?5,"
		" level = ?6, target = ?7, target_low = ?8, target_high = ?9, object = ?10,"
		" first_us = ?11, last_us = ?12, json = ?13, erase_by_us = ?14, erased_us = ?15,"
		" data_class = 'header'");
	_cleanup_stmt_ sqlite3_stmt *evidence =
		watch_prepare(db, "INSERT INTO evidence (incident, sample, records, erase_by_us,"
				  " packed) VALUES (?1, ?2, ?3, ?4, ?5)"
				  " ON CONFLICT (incident, sample) DO UPDATE SET"
				  " records = ?3, erase_by_us = ?4, packed = ?5");
	int code = row && evidence ? SQLITE_OK : sqlite3_errcode(db);

	for (size_t i = 0; !code && i < b->n_incidents; i++) {
		const struct incident *inc = b->incidents[i];

		code = write_incident(row, inc);
		code = code ? code : write_evidence(evidence, inc);
	}
	return code;
}

static int write_status(sqlite3 *db, struct store_batch *b)
{
	_cleanup_stmt_ sqlite3_stmt *st = NULL;

	if (!b->status)
		return SQLITE_OK;
	st = watch_prepare(db, "INSERT OR REPLACE INTO status VALUES (1, ?1, ?2)");
	if (!st)
		return sqlite3_errcode(db);
	sqlite3_bind_int64(st, 1, b->status_us);
	sqlite3_bind_text(st, 2, b->status, -1, SQLITE_STATIC);
	return finish(st);
}

static int write_heard(sqlite3 *db, struct store_batch *b)
{
	_cleanup_stmt_ sqlite3_stmt *st = NULL;

	if (!b->heard)
		return SQLITE_OK;
	st = watch_prepare(db, "INSERT OR REPLACE INTO heard (one, at_us, packed)"
			       " VALUES (1, ?1, ?2)");
	if (!st)
		return sqlite3_errcode(db);
	sqlite3_bind_int64(st, 1, b->heard_us);
	sqlite3_bind_blob64(st, 2, b->heard, b->n_heard, SQLITE_STATIC);
	return finish(st);
}

static int write_sampling(sqlite3 *db, struct store_batch *b)
{
	_cleanup_stmt_ sqlite3_stmt *st = NULL;
	char text[IP_TEXT_MAX];
	int code = SQLITE_OK;

	if (!b->sampling)
		return SQLITE_OK;
	st = watch_prepare(db, "INSERT OR REPLACE INTO sampling VALUES (?1, ?2, ?3, ?4, ?5)");
	if (!st)
		return sqlite3_errcode(db);
	for (size_t i = 0; !code && i < b->n_sampling; i++) {
		const struct sampling_row *s = &b->sampling[i];

		bind_text(st, 1, ip_format(&s->exporter, text));
		sqlite3_bind_int64(st, 2, s->domain);
		sqlite3_bind_int64(st, 3, s->sampler);
		sqlite3_bind_int64(st, 4, s->factor);
		sqlite3_bind_int64(st, 5, s->learnt_us);
		code = finish(st);
	}
	return code;
}

static int write_rollups(sqlite3 *db, struct store_batch *b)
{
	_cleanup_stmt_ sqlite3_stmt *st = NULL;
	int code = SQLITE_OK;

	if (!b->n_rollups)
		return SQLITE_OK;
	st = watch_prepare(db,
			   "INSERT OR REPLACE INTO rollups (minute_us, exporter, records, packets,"
			   " bytes, refused) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
	if (!st)
		return sqlite3_errcode(db);
	for (size_t i = 0; !code && i < b->n_rollups; i++) {
		const struct store_rollup *r = &b->rollups[i];

		sqlite3_bind_int64(st, 1, r->minute_us);
		sqlite3_bind_text(st, 2, r->exporter, -1, SQLITE_STATIC);
		sqlite3_bind_int64(st, 3, (int64_t)r->records);
		sqlite3_bind_int64(st, 4, (int64_t)r->packets);
		sqlite3_bind_int64(st, 5, (int64_t)r->bytes);
		sqlite3_bind_int64(st, 6, (int64_t)r->refused);
		code = finish(st);
	}
	return code;
}

static int write_all(sqlite3 *db, struct store_batch *b)
{
	int code = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);

	code = code ? code : write_incidents(db, b);
	code = code ? code : write_status(db, b);
	code = code ? code : write_heard(db, b);
	code = code ? code : write_sampling(db, b);
	code = code ? code : write_rollups(db, b);
	code = code ? code : watch_write_rolls(db, b);
	code = code || !b->erase.wanted ? code : watch_erase(db, &b->erase);
	return code ? code : sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
}

/* The journal's index (-shm) fails by an error of its own where the disk is full. */
static bool is_full(sqlite3 *db, int code)
{
	int os = sqlite3_system_errno(db);

	return (code & 0xff) == SQLITE_FULL ||
	       ((code & 0xff) == SQLITE_IOERR && (os == ENOSPC || os == EDQUOT));
}

/* The connection may have forgotten by now, and would say "not an error". */
static const char *why_failed(sqlite3 *db, int code, bool full)
{
	return full				  ? "the disk is full"
	       : sqlite3_errcode(db) != SQLITE_OK ? sqlite3_errmsg(db)
						  : sqlite3_errstr(code);
}

int watch_write(struct store_db *db, struct store_batch *b, struct text *why)
{
	int code = write_all(db->writer, b);

	if (code) {
		/* Before the rollback, which has an answer of its own. */
		b->full = is_full(db->writer, code);
		text_add(why, why_failed(db->writer, code, b->full));
		sqlite3_exec(db->writer, "ROLLBACK", NULL, NULL, NULL);
		b->erase.evidence_erased = b->erase.incidents_erased = 0;
		return STORE_FAILING;
	}
	/* What was erased must not live on in the journal. */
	if (b->erase.evidence_erased || b->erase.incidents_erased)
		sqlite3_wal_checkpoint_v2(db->writer, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	return 0;
}
