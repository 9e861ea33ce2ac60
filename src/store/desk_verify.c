/* SPDX-License-Identifier: ISC */
/*
 * Proof. The chain is counted again from the first line; meanwhile what each line says is played
 * over small tables (where each entry is and what its content's digest is, what state each case
 * has, the digest of each act, plan, measure and freeze), and at the end the real rows are held
 * against them. Lines cut off at the end are found by the head that stands in meta, unless the
 * whole database was put back to an earlier day: against that only a head noted elsewhere helps.
 */
#include <errno.h>
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "judge/json_fields.h"
#include "store/desk_duty.h"
#include "store/desk_inside.h"

#define ENTRIES_MAX  (1u << 24)
#define HOLDS_FOR_US (60 * US_PER_S)

struct entry_state {
	char case_id[DESK_ID_MAX];
	char digest[DESK_DIGEST_MAX];
	bool met;
};

struct case_state {
	char state[8], merged_into[DESK_ID_MAX];
	bool met;
};

struct act_state {
	char digest[DESK_DIGEST_MAX];
	bool met;
};

struct proof {
	struct desk_db *db;
	struct desk_verdict *v;
	struct map *entries, *cases, *acts;
	struct act_log *act_log;
	uint8_t before[DESK_MAC_BYTES];
	uint64_t head_seq;
	char head_mac[DESK_DIGEST_MAX];
	bool head_met;
	bool careful; /* lines are read so that no lack of memory changes what they say */
};

static void key_of(const char *id, char *key)
{
	memset(key, 0, DESK_ID_MAX);
	memcpy(key, id, strnlen(id, DESK_ID_MAX - 1));
}

static void copy(char *to, size_t room, const char *s)
{
	snprintf(to, room, "%s", s ? s : "");
}

static const char *word(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

static int play_entry(struct proof *p, const json_t *o)
{
	char key[DESK_ID_MAX];
	struct entry_state *e;

	key_of(word(o, "id"), key);
	e = map_put(p->entries, key, NULL);
	if (!e)
		return -ENOMEM;
	copy(e->case_id, sizeof(e->case_id), word(o, "to"));
	if (*word(o, "digest"))
		copy(e->digest, sizeof(e->digest), word(o, "digest"));
	return 0;
}

static int play_case(struct proof *p, const json_t *o)
{
	char key[DESK_ID_MAX];
	struct case_state *c;

	key_of(word(o, "case"), key);
	c = map_put(p->cases, key, NULL);
	if (!c)
		return -ENOMEM;
	copy(c->state, sizeof(c->state), word(o, "to"));
	copy(c->merged_into, sizeof(c->merged_into), word(o, "merged_to"));
	return 0;
}

static int play_act(struct proof *p, const json_t *o)
{
	uint64_t key = (uint64_t)json_integer_value(json_object_get(o, "number"));
	struct act_state *a = map_put(p->acts, &key, NULL);

	if (!a)
		return -ENOMEM;
	copy(a->digest, sizeof(a->digest), word(o, "digest"));
	return 0;
}

static int play(struct proof *p, const char *body)
{
	json_t *o = p->careful ? NULL : json_loads(body, 0, NULL), *e;
	size_t i;
	int r = p->careful ? json_parse(body, &o) : 0;

	json_array_foreach(json_object_get(o, "entries"), i, e) r = r ? r : play_entry(p, e);
	json_array_foreach(json_object_get(o, "cases"), i, e) r = r ? r : play_case(p, e);
	json_array_foreach(json_object_get(o, "acts"), i, e) r = r ? r : play_act(p, e);
	r = r ? r : act_log_play(p->act_log, o);
	json_decref(o);
	return r;
}

static void break_at(struct desk_verdict *v, const char *what, uint64_t line, const char *id)
{
	if (v->what)
		return;
	v->what = what;
	v->broken = line;
	copy(v->broken_id, sizeof(v->broken_id), id);
}

static int on_line(void *userdata, const struct desk_audit_row *row)
{
	struct proof *p = userdata;
	uint8_t mac[DESK_MAC_BYTES];
	char hex[DESK_DIGEST_MAX];

	p->v->lines++;
	desk_mac_line(p->db, p->before, row, mac);
	if (row->seq != p->v->lines || sodium_memcmp(mac, row->mac, sizeof(mac)) != 0)
		break_at(p->v, "line", p->v->lines, row->id);
	memcpy(p->before, row->mac, sizeof(p->before));
	sodium_bin2hex(hex, sizeof(hex), row->mac, DESK_MAC_BYTES);
	snprintf(p->v->head, sizeof(p->v->head), "%llu:%s", (unsigned long long)row->seq, hex);
	if (p->head_seq == row->seq && strcmp(hex, p->head_mac) == 0)
		p->head_met = true;
	return p->entries ? play(p, row->body) : 0;
}

static int check_end(struct proof *p)
{
	_cleanup_desk_stmt_ sqlite3_stmt *st =
		desk_prepare(p->db, "SELECT value FROM meta WHERE key = 'head'");
	char hex[DESK_DIGEST_MAX];
	const char *kept;
	int code = st ? sqlite3_step(st) : sqlite3_errcode(p->db->sql);

	if (code != SQLITE_ROW && code != SQLITE_DONE)
		return desk_code(code);
	kept = code == SQLITE_ROW ? (const char *)sqlite3_column_text(st, 0) : NULL;
	desk_mac_head(p->db, p->v->lines, p->before, hex);
	if (p->v->lines == 0 && !kept)
		return 0;
	if (!kept || strcmp(kept, hex) != 0)
		break_at(p->v, "end", 0, "");
	return 0;
}

static int on_entry(void *userdata, const struct desk_row *row)
{
	struct proof *p = userdata;
	char key[DESK_ID_MAX], digest[DESK_DIGEST_MAX];
	struct entry_state *e;

	key_of(row->id, key);
	e = map_get(p->entries, key);
	desk_digest(p->db, row->kind, row->ref, row->circle, row->actor, row->at_us, row->body,
		    digest);
	if (e)
		e->met = true;
	if (e && strcmp(e->case_id, row->case_id) == 0 && strcmp(e->digest, digest) == 0)
		return 0;
	if (!*p->v->entry)
		copy(p->v->entry, sizeof(p->v->entry), row->id);
	break_at(p->v, "entry", 0, "");
	return 0;
}

static int on_case(void *userdata, const struct desk_case_row *row)
{
	struct proof *p = userdata;
	char key[DESK_ID_MAX];
	struct case_state *c;

	key_of(row->id, key);
	c = map_get(p->cases, key);
	if (c)
		c->met = true;
	if (c && strcmp(c->state, row->state) == 0 && strcmp(c->merged_into, row->merged_into) == 0)
		return 0;
	if (!*p->v->entry)
		copy(p->v->entry, sizeof(p->v->entry), row->id);
	break_at(p->v, "case", 0, "");
	return 0;
}

static void break_act(struct proof *p, uint64_t number)
{
	if (!*p->v->entry)
		snprintf(p->v->entry, sizeof(p->v->entry), "act %llu", (unsigned long long)number);
	break_at(p->v, "act", 0, "");
}

static int on_act(void *userdata, const struct desk_act_row *row)
{
	struct proof *p = userdata;
	struct act_state *a = map_get(p->acts, &row->number);
	char digest[DESK_DIGEST_MAX];

	desk_digest_act(p->db, row->act, row->subject, row->actor, row->at_us, row->body, digest);
	if (a)
		a->met = true;
	if (!a || strcmp(a->digest, digest) != 0)
		break_act(p, row->number);
	return 0;
}

/* What the log knows and the tables do not. */
static void check_missing(struct proof *p)
{
	const void *key;
	void *value;

	for (size_t at = 0; map_next(p->entries, &at, &key, &value);)
		if (!((struct entry_state *)value)->met) {
			if (!*p->v->entry)
				copy(p->v->entry, sizeof(p->v->entry), key);
			break_at(p->v, "entry", 0, "");
		}
	for (size_t at = 0; map_next(p->cases, &at, &key, &value);)
		if (!((struct case_state *)value)->met) {
			if (!*p->v->entry)
				copy(p->v->entry, sizeof(p->v->entry), key);
			break_at(p->v, "case", 0, "");
		}
	for (size_t at = 0; map_next(p->acts, &at, &key, &value);)
		if (!((struct act_state *)value)->met)
			break_act(p, *(const uint64_t *)key);
}

/* Plans, measures and freezes. */
static int check_act(struct proof *p)
{
	const char *what;
	char id[DESK_ID_MAX];
	int r = desk_act_hold(p->db, p->act_log, &what, id);

	if (r || !what)
		return r;
	if (!*p->v->entry)
		copy(p->v->entry, sizeof(p->v->entry), id);
	break_at(p->v, what, 0, "");
	return 0;
}

static int read_head(struct proof *p, const char *head)
{
	char *end;

	p->head_seq = strtoull(head, &end, 10);
	if (end == head || *end != ':' || strlen(end + 1) != 2 * DESK_MAC_BYTES)
		return -EINVAL;
	copy(p->head_mac, sizeof(p->head_mac), end + 1);
	return 0;
}

static int verify(struct proof *p, const char *head)
{
	int r = desk_db_audit(p->db, on_line, p);

	r = r ? r : check_end(p);
	if (!r && head && !p->head_met)
		break_at(p->v, "head", p->head_seq <= p->v->lines ? p->head_seq : 0, "");
	r = r ? r : desk_db_entries(p->db, NULL, on_entry, p);
	r = r ? r : desk_db_cases(p->db, "", on_case, p);
	r = r ? r : desk_duty_acts(p->db, NULL, 0, on_act, p);
	if (!r)
		check_missing(p);
	return r ? r : check_act(p);
}

/* Return: 0 with the verdict, or an answer. */
static int verify_once(struct desk_db *db, const char *head, bool careful, struct desk_verdict *out)
{
	struct proof p = {.db = db, .v = out, .careful = careful};
	int r = head ? read_head(&p, head) : 0;

	*out = (struct desk_verdict){.holds = false};
	if (r)
		return r;
	p.entries = map_new(DESK_ID_MAX, sizeof(struct entry_state), ENTRIES_MAX);
	p.cases = map_new(DESK_ID_MAX, sizeof(struct case_state), ENTRIES_MAX);
	p.acts = map_new(sizeof(uint64_t), sizeof(struct act_state), ENTRIES_MAX);
	p.act_log = act_log_new();
	/* One snapshot for all walks. */
	r = p.entries && p.cases && p.acts && p.act_log ? desk_begin(db, false) : -ENOMEM;
	if (!r) {
		r = verify(&p, head);
		desk_rollback(db);
	}
	map_free(p.entries);
	map_free(p.cases);
	map_free(p.acts);
	act_log_free(p.act_log);
	out->holds = r == 0 && !out->what;
	return r;
}

/* A line of which a part was lost for want of memory cannot make the log hold, but it can make it
 * seem not to; that it does not hold is said after a second look. */
int desk_db_verify(struct desk_db *db, const char *head, struct desk_verdict *out)
{
	int r = db->has_key ? 0 : desk_key_load(db);

	*out = (struct desk_verdict){.holds = false};
	r = r ? r : verify_once(db, head, false, out);
	return r || out->holds ? r : verify_once(db, head, true, out);
}

/* It changes when another connection has written. */
static int data_version(struct desk_db *db, int64_t *out)
{
	_cleanup_desk_stmt_ sqlite3_stmt *st = desk_prepare(db, "PRAGMA data_version");
	int code = st ? sqlite3_step(st) : sqlite3_errcode(db->sql);

	if (code != SQLITE_ROW)
		return code == SQLITE_DONE ? STORE_BROKEN : desk_code(code);
	*out = sqlite3_column_int64(st, 0);
	return 0;
}

/* Without maps nothing is played. */
static int count_chain(struct desk_db *db, struct desk_verdict *out)
{
	struct proof p = {.db = db, .v = out};
	int r = db->has_key ? 0 : desk_key_load(db);

	*out = (struct desk_verdict){.holds = false};
	r = r ? r : desk_begin(db, false);
	if (r)
		return r;
	r = desk_db_audit(db, on_line, &p);
	r = r ? r : check_end(&p);
	desk_rollback(db);
	out->holds = r == 0 && !out->what;
	return r;
}

int desk_db_chain_holds(struct desk_db *db, struct desk_verdict *out)
{
	int64_t version = 0, now_us = clock_mono_us();
	int r = data_version(db, &version);

	if (r)
		return r;
	if (db->verdict_us && version == db->verdict_version &&
	    now_us < db->verdict_us + HOLDS_FOR_US) {
		*out = db->verdict;
		return 0;
	}
	r = count_chain(db, out);
	if (r == 0) {
		db->verdict = *out;
		db->verdict_version = version;
		db->verdict_us = now_us;
	}
	return r;
}
