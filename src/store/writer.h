/* SPDX-License-Identifier: ISC */
/*
 * The writer: one thread and what waits for it. Inside the room only.
 */
#pragma once

#include "store/ops.h"

struct writer;

/**
 * writer_new() - start a writer on @db, which stays the caller's; @where names it in messages.
 * Return: the writer, or NULL without memory or thread.
 */
struct writer *writer_new(const struct store_ops *ops, struct store_db *db, const char *where,
			  const struct store_watcher *watcher);

/** writer_free() - flush once, end the thread. */
struct writer *writer_free(struct writer *w);

/* All as in store.h. */
int writer_put_incident(struct writer *w, const struct incident *inc);
int writer_put_status(struct writer *w, const char *json, int64_t now_us);
int writer_put_heard(struct writer *w, const void *packed, size_t n, int64_t now_us);
int writer_put_sampling(struct writer *w, struct exporters *exporters);
int writer_put_rollup(struct writer *w, const struct store_rollup *row);
int writer_put_roll(struct writer *w, const struct roll_row *row);
int writer_erase(struct writer *w, int64_t now_us, const struct conf_keep *keep);
int writer_flush(struct writer *w);
void writer_stats(struct writer *w, struct store_stats *out);
