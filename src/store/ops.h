/* SPDX-License-Identifier: ISC */
/*
 * The contract of a backend: where a store's rows lie. Inside the room only. write() is called by
 * the writer's thread, all else by the callers of store.h; a backend keeps the two apart.
 */
#pragma once

#include "store/store.h"

struct store_db;

struct sampling_row {
	struct ip exporter;
	uint32_t domain, sampler, factor;
	int64_t learnt_us;
};

struct erase_order {
	bool wanted, with_keep;
	int64_t now_us;
	struct conf_keep keep;
	uint64_t evidence_erased, incidents_erased; /* filled by write() */
};

/* One transaction. Incidents that carry evidence records replace the evidence on disk. */
struct store_batch {
	struct incident **incidents;
	size_t n_incidents;
	const char *status; /* NULL none */
	int64_t status_us;
	const void *heard; /* NULL none */
	size_t n_heard;
	int64_t heard_us;
	const struct sampling_row *sampling; /* the whole table; NULL: unchanged */
	size_t n_sampling;
	const struct store_rollup *rollups;
	size_t n_rollups;
	const struct roll_row *rolls;
	size_t n_rolls;
	struct erase_order erase;
	bool full; /* filled by write() where it fails: the disk has no room */
};

struct store_ops {
	/** Return: 0, a positive enum store_answer, or a negative errno. */
	int (*open)(const char *dir, enum store_kind *kind, enum store_mode mode,
		    struct store_db **out);
	void (*close)(struct store_db *db);
	/** All or nothing, synced. Return: 0, or STORE_FAILING with a sentence in @why. */
	int (*write)(struct store_db *db, struct store_batch *b, struct text *why);
	int (*list)(struct store_db *db, const struct store_filter *filter, bool oldest_first,
		    store_row_fn fn, void *userdata);
	int (*changes)(struct store_db *db, int64_t after_row, store_change_fn fn, void *userdata);
	int (*get)(struct store_db *db, const char *id, struct incident **out);
	int (*row_since)(struct store_db *db, int64_t since_us, int64_t *row);
	int (*evidence)(struct store_db *db, struct incident *inc);
	int (*status)(struct store_db *db, struct text *json, int64_t *at_us);
	int (*heard)(struct store_db *db, struct text *packed, int64_t *at_us);
	int (*sampling)(struct store_db *db, struct exporters *exporters);
	int (*rolls)(struct store_db *db, const char *object, int64_t from_us, int64_t until_us,
		     store_roll_fn fn, void *userdata);
	uint64_t (*bytes)(struct store_db *db);
};

extern const struct store_ops store_sqlite, store_null;
