/* SPDX-License-Identifier: ISC */
/*
 * The front of the store: which backend, and the sentences for its answers.
 */
#include "store/store.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "store/ops.h"
#include "store/writer.h"

struct store {
	const struct store_ops *ops;
	struct store_db *db;
	struct writer *writer; /* NULL for readers */
	enum store_kind kind;
};

static const char *const answers[][2] = {
	[STORE_LOCKED] = {"another noroshi writes to this store",
			  "別の noroshi がこの記録庫に書き込み中です"},
	[STORE_NEWER] = {"this store was made by a newer noroshi; nothing was touched",
			 "より新しい noroshi が作成した記録庫です。変更していません"},
	[STORE_OLDER] =
		{"this store was made by an older noroshi; start `noroshi watch` once to "
		 "bring it up to date",
		 "古い noroshi が作成した記録庫です。`noroshi watch` を一度起動すると更新されます"},
	[STORE_OTHER_KIND] = {"a store is real or drill from birth, and this one is the other kind",
			      "記録庫は作成時に実運用か訓練かが決まり、これはもう一方の種類です"},
	[STORE_MISSING] = {"there is no store in this directory",
			   "このディレクトリに記録庫はありません"},
	[STORE_BROKEN] = {"this is no store of noroshi, or it is damaged",
			  "noroshi の記録庫ではないか、破損しています"},
	[STORE_NOT_FOUND] = {"nothing of that name is in the store",
			     "該当するものが記録庫にありません"},
	[STORE_AMBIGUOUS] = {"more than one incident has an id that begins so",
			     "その文字で始まる ID の事案が複数あります"},
	[STORE_FULL] = {"too much waits to be written; this was not taken",
			"書き込み待ちが多すぎるため受け付けませんでした"},
	[STORE_FAILING] =
		{"the store cannot be written now; what is new is kept in memory and tried "
		 "again",
		 "現在記録庫に書き込めません。新しい内容はメモリに保持し、再試行します"},
};

const char *store_answer(int answer, const char *language)
{
	bool ja = language && strcmp(language, "ja") == 0;

	if (answer > 0 && (size_t)answer < ARRAY_LEN(answers))
		return answers[answer][ja];
	return answer < 0 ? strerror(-answer) : ja ? "正常" : "good";
}

int store_open(const char *dir, enum store_kind kind, enum store_mode mode,
	       const struct store_watcher *watcher, struct store **out)
{
	_cleanup_store_ struct store *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return -ENOMEM;
	s->kind = kind;
	s->ops = dir && *dir ? &store_sqlite : &store_null;
	if (mode == STORE_WRITE && kind == STORE_ANY)
		return -EINVAL;
	r = s->ops->open(dir, &s->kind, mode, &s->db);
	if (r)
		return r;
	if (mode == STORE_WRITE) {
		s->writer = writer_new(s->ops, s->db, dir && *dir ? dir : "nowhere", watcher);
		if (!s->writer)
			return -ENOMEM;
	}
	*out = take_ptr(s);
	return 0;
}

struct store *store_close(struct store *s)
{
	if (!s)
		return NULL;
	writer_free(s->writer);
	s->ops->close(s->db);
	free(s);
	return NULL;
}

enum store_kind store_kind(const struct store *s)
{
	return s->kind;
}

int store_put_incident(struct store *s, const struct incident *inc)
{
	return s->writer ? writer_put_incident(s->writer, inc) : -EROFS;
}

int store_put_status(struct store *s, const char *json, int64_t now_us)
{
	return s->writer ? writer_put_status(s->writer, json, now_us) : -EROFS;
}

int store_put_sampling(struct store *s, struct exporters *exporters)
{
	return s->writer ? writer_put_sampling(s->writer, exporters) : -EROFS;
}

int store_put_heard(struct store *s, const void *packed, size_t n, int64_t now_us)
{
	return s->writer ? writer_put_heard(s->writer, packed, n, now_us) : -EROFS;
}

int store_get_heard(struct store *s, struct text *packed, int64_t *at_us)
{
	return s->ops->heard(s->db, packed, at_us);
}

int store_put_rollup(struct store *s, const struct store_rollup *row)
{
	return s->writer ? writer_put_rollup(s->writer, row) : -EROFS;
}

int store_put_roll(struct store *s, const struct roll_row *row)
{
	return s->writer ? writer_put_roll(s->writer, row) : -EROFS;
}

int store_rolls(struct store *s, const char *object, int64_t from_us, int64_t until_us,
		store_roll_fn fn, void *userdata)
{
	return s->ops->rolls(s->db, object, from_us, until_us, fn, userdata);
}

int store_erase_due(struct store *s, int64_t now_us, const struct conf_keep *keep)
{
	return s->writer ? writer_erase(s->writer, now_us, keep) : -EROFS;
}

int store_flush(struct store *s)
{
	return s->writer ? writer_flush(s->writer) : -EROFS;
}

int store_list(struct store *s, const struct store_filter *filter, store_row_fn fn, void *userdata)
{
	return s->ops->list(s->db, filter, false, fn, userdata);
}

int store_changes(struct store *s, int64_t after_row, store_change_fn fn, void *userdata)
{
	return s->ops->changes(s->db, after_row, fn, userdata);
}

int store_row_since(struct store *s, int64_t since_us, int64_t *row)
{
	return s->ops->row_since(s->db, since_us, row);
}

int store_get(struct store *s, const char *id, struct incident **out)
{
	return s->ops->get(s->db, id, out);
}

int store_open_incidents(struct store *s, store_row_fn fn, void *userdata)
{
	struct store_filter open = STORE_FILTER_ALL;

	open.states = 1u << FINDING_OPEN | 1u << FINDING_QUIET | 1u << FINDING_LOST_SIGHT;
	open.limit = UINT32_MAX;
	return s->ops->list(s->db, &open, true, fn, userdata);
}

int store_evidence(struct store *s, struct incident *inc)
{
	return s->ops->evidence(s->db, inc);
}

int store_get_status(struct store *s, struct text *json, int64_t *at_us)
{
	return s->ops->status(s->db, json, at_us);
}

int store_load_sampling(struct store *s, struct exporters *exporters)
{
	return s->ops->sampling(s->db, exporters);
}

void store_stats(struct store *s, struct store_stats *out)
{
	memset(out, 0, sizeof(*out));
	if (s->writer)
		writer_stats(s->writer, out);
	out->bytes = s->ops->bytes(s->db);
}
