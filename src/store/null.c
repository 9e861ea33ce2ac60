/* SPDX-License-Identifier: ISC */
/*
 * A store that keeps nothing: for `noroshi read` without --db and for tests of what stands before
 * it.
 */
#include "store/ops.h"

static int null_open(const char *dir, enum store_kind *kind, enum store_mode mode,
		     struct store_db **out)
{
	if (*kind == STORE_ANY)
		*kind = STORE_REAL;
	*out = NULL;
	return 0;
}

static void null_close(struct store_db *db)
{
}

static int null_write(struct store_db *db, struct store_batch *b, struct text *why)
{
	return 0;
}

static int null_list(struct store_db *db, const struct store_filter *filter, bool oldest_first,
		     store_row_fn fn, void *userdata)
{
	return 0;
}

static int null_changes(struct store_db *db, int64_t after_row, store_change_fn fn, void *userdata)
{
	return 0;
}

static int null_row_since(struct store_db *db, int64_t since_us, int64_t *row)
{
	*row = 0;
	return 0;
}

static int null_get(struct store_db *db, const char *id, struct incident **out)
{
	return STORE_NOT_FOUND;
}

static int null_evidence(struct store_db *db, struct incident *inc)
{
	return STORE_NOT_FOUND;
}

static int null_status(struct store_db *db, struct text *json, int64_t *at_us)
{
	return STORE_NOT_FOUND;
}

static int null_heard(struct store_db *db, struct text *packed, int64_t *at_us)
{
	return STORE_NOT_FOUND;
}

static int null_sampling(struct store_db *db, struct exporters *exporters)
{
	return 0;
}

static int null_rolls(struct store_db *db, const char *object, int64_t from_us, int64_t until_us,
		      store_roll_fn fn, void *userdata)
{
	return 0;
}

static uint64_t null_bytes(struct store_db *db)
{
	return 0;
}

const struct store_ops store_null = {
	.open = null_open,
	.close = null_close,
	.write = null_write,
	.list = null_list,
	.changes = null_changes,
	.row_since = null_row_since,
	.get = null_get,
	.evidence = null_evidence,
	.status = null_status,
	.heard = null_heard,
	.sampling = null_sampling,
	.rolls = null_rolls,
	.bytes = null_bytes,
};
