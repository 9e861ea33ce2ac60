/* SPDX-License-Identifier: ISC */
/*
 * Proves the life of a case: opened by incidents, by a notice alone, joined where it is certain and
 * only there; merging and splitting and their undoing give back what was there; what a notice alone
 * may say (motive); retention; and that after all of it the log holds.
 */
#include "desk/test_help.h"

static struct desk_case *get(struct bench *b, const char *id)
{
	struct desk_case *c = NULL;

	assert_int_equal(desk_case_get(&b->d, id, &c), 0);
	return c;
}

static unsigned count(const struct desk_case *c, enum desk_kind k)
{
	unsigned n = 0;

	for (unsigned i = 0; i < c->n_items; i++)
		n += c->items[i].kind == k;
	return n;
}

static void open_with_incident(struct bench *b, unsigned n, char *case_id)
{
	char id[INCIDENT_ID_MAX];
	struct desk_new e = {.kind = DESK_INCIDENT, .ref = bench_incident(n, id)};

	bench_later(b);
	assert_int_equal(desk_open_case(&b->d, &e, 1, case_id, NULL), 0);
}

static void add_note(struct bench *b, const char *case_id, const char *text)
{
	_cleanup_desk_case_ struct desk_case *c = get(b, case_id);
	struct desk_new e = {.kind = DESK_NOTE, .text = text};

	bench_later(b);
	assert_int_equal(desk_add(&b->d, c, &e, 1, NULL), 0);
}

static void test_open_and_show(void **state)
{
	_cleanup_(bench_close) struct bench b;
	char id[DESK_ID_MAX];
	json_t *o;

	bench_open(&b, 2);
	open_with_incident(&b, 0, id);
	add_note(&b, id, "looked at it");
	_cleanup_desk_case_ struct desk_case *c = get(&b, id);
	assert_int_equal(id[0], 'c');
	assert_int_equal(strlen(id), 13);
	assert_int_equal(count(c, DESK_INCIDENT), 1);
	assert_int_equal(count(c, DESK_NOTE), 1);
	assert_int_equal(c->items[0].kind, DESK_INCIDENT); /* in order of time */
	assert_non_null(c->items[0].incident);
	o = desk_case_json(&b.d, c, false);
	assert_int_equal(json_array_size(json_object_get(o, "motive")), 0);
	assert_int_equal(json_array_size(json_object_get(o, "entries")), 2);
	json_decref(o);
	assert_true(bench_holds(&b));
}

static void test_beginnings_of_ids(void **state)
{
	_cleanup_(bench_close) struct bench b;
	char one[DESK_ID_MAX], two[DESK_ID_MAX];
	struct desk_case *c = NULL;

	bench_open(&b, 2);
	open_with_incident(&b, 0, one);
	open_with_incident(&b, 1, two);
	assert_int_equal(desk_case_get(&b.d, "c", &c), DESK_AMBIGUOUS);
	assert_int_equal(desk_case_get(&b.d, "", &c), DESK_NO_CASE);
	assert_int_equal(desk_case_get(&b.d, "c%", &c), DESK_NO_CASE);
	assert_int_equal(desk_case_get(&b.d, "x", &c), DESK_NO_CASE);
	desk_case_free(get(&b, one));
}

static void test_notice_joins_where_certain(void **state)
{
	_cleanup_(bench_close) struct bench b;
	_cleanup_notice_ struct notice *n = NULL, *other = NULL;
	char first[DESK_ID_MAX], id[DESK_ID_MAX], joined[INCIDENT_ID_MAX], want[INCIDENT_ID_MAX];

	bench_open(&b, 3);
	open_with_incident(&b, 0, first);
	n = bench_notice(0, "text: t\n");
	assert_int_equal(desk_take_notice(&b.d, n, false, id, joined), 0);
	assert_string_equal(id, first); /* the case that has the incident */
	assert_string_equal(joined, bench_incident(0, want));
	other = bench_notice(1, "text: t\n");
	assert_int_equal(desk_take_notice(&b.d, other, false, id, joined), 0);
	assert_string_equal(joined, bench_incident(1, want)); /* a case of its own, with it */
	_cleanup_desk_case_ struct desk_case *c = get(&b, id);
	assert_int_equal(count(c, DESK_INCIDENT), 1);
	assert_int_equal(count(c, DESK_NOTICE), 1);
	assert_true(c->items[0].automatic);
	assert_true(c->items[0].has_fit);
	assert_int_equal(c->items[0].fit.target, MATCH_TARGET_SAME);
	assert_true(bench_holds(&b));
}

static void test_notice_alone_is_proposed(void **state)
{
	_cleanup_(bench_close) struct bench b;
	_cleanup_notice_ struct notice *n = NULL;
	struct desk_proposals p = {0};
	char id[DESK_ID_MAX], joined[INCIDENT_ID_MAX], want[INCIDENT_ID_MAX];
	unsigned done = 0;

	bench_open(&b, 3);
	n = bench_notice(2, "text: t\n");
	assert_int_equal(desk_take_notice(&b.d, n, true, id, joined), 0);
	assert_string_equal(joined, "");
	assert_int_equal(desk_propose(&b.d, NULL, &p), 0);
	assert_true(p.n >= 1);
	assert_string_equal(p.list[0].incident, bench_incident(2, want));
	assert_true(p.list[0].match.certain);
	desk_proposals_deinit(&p);
	assert_int_equal(desk_join_certain(&b.d, &done), 0);
	assert_int_equal(done, 1);
	_cleanup_desk_case_ struct desk_case *c = get(&b, id);
	assert_int_equal(count(c, DESK_INCIDENT), 1);
	assert_int_equal(desk_join_certain(&b.d, &done), 0);
	assert_int_equal(done, 0);
}

/* Before any observation, and with what only a notice can say. */
static void test_notice_without_observation(void **state)
{
	_cleanup_(bench_close) struct bench b;
	_cleanup_notice_ struct notice *n = NULL;
	_cleanup_text_ struct text out = TEXT_NULL;
	char id[DESK_ID_MAX], joined[INCIDENT_ID_MAX];
	json_t *o;

	bench_open(&b, 0);
	n = bench_notice(0, "motive: a protest\nhosted_abroad: yes\ntext: t\n");
	assert_int_equal(desk_take_notice(&b.d, n, false, id, joined), 0);
	_cleanup_desk_case_ struct desk_case *c = get(&b, id);
	o = desk_case_json(&b.d, c, false);
	assert_int_equal(json_array_size(json_object_get(o, "motive")), 1);
	json_decref(o);
	desk_case_print(&b.d, c, false, "en", &out);
	assert_non_null(strstr(text_str(&out), "motive: a protest (peer says"));
	text_clear(&out);
	desk_case_print(&b.d, c, false, "ja", &out);
	assert_non_null(strstr(text_str(&out), "動機: a protest"));
}

static void test_merge_split_undo(void **state)
{
	_cleanup_(bench_close) struct bench b;
	char one[DESK_ID_MAX], two[DESK_ID_MAX], new_id[DESK_ID_MAX], done[16];
	char incident[INCIDENT_ID_MAX], *ids[1] = {incident};
	struct desk_case *c;

	bench_open(&b, 2);
	open_with_incident(&b, 0, one);
	open_with_incident(&b, 1, two);
	add_note(&b, two, "two");
	{
		_cleanup_desk_case_ struct desk_case *x = get(&b, one), *y = get(&b, two);

		bench_later(&b);
		assert_int_equal(desk_merge(&b.d, x, x, NULL), DESK_ITSELF);
		assert_int_equal(desk_merge(&b.d, x, y, NULL), 0);
	}
	c = get(&b, two); /* the old name leads to the new place */
	assert_string_equal(c->id, one);
	assert_int_equal(c->n_items, 3);
	bench_later(&b);
	assert_int_equal(desk_undo(&b.d, c, NULL, done), 0);
	assert_string_equal(done, "merge");
	desk_case_free(c);
	c = get(&b, two);
	assert_string_equal(c->id, two);
	assert_int_equal(c->n_items, 2);

	bench_incident(1, incident);
	bench_later(&b);
	assert_int_equal(desk_split(&b.d, c, ids, 1, new_id), 0);
	desk_case_free(c);
	c = get(&b, new_id);
	assert_int_equal(count(c, DESK_INCIDENT), 1);
	assert_int_equal(desk_split(&b.d, c, ids, 1, new_id), DESK_NOTHING_LEFT);
	bench_later(&b);
	assert_int_equal(desk_undo(&b.d, c, NULL, done), 0);
	assert_string_equal(done, "split");
	desk_case_free(c);
	c = get(&b, two);
	assert_int_equal(c->n_items, 2);
	desk_case_free(c);
	assert_true(bench_holds(&b));
}

/* An incident that both hold stands once; undoing gives both back. */
static void test_merge_of_shared_incident(void **state)
{
	_cleanup_(bench_close) struct bench b;
	char one[DESK_ID_MAX], two[DESK_ID_MAX], done[16];
	struct desk_case *x, *y;

	bench_open(&b, 1);
	open_with_incident(&b, 0, one);
	open_with_incident(&b, 0, two); /* as somebody would who cannot see the first */
	add_note(&b, two, "two");
	x = get(&b, one);
	y = get(&b, two);
	bench_later(&b);
	assert_int_equal(desk_merge(&b.d, x, y, NULL), 0);
	desk_case_free(x);
	desk_case_free(y);
	x = get(&b, two);
	assert_string_equal(x->id, one);
	assert_int_equal(count(x, DESK_INCIDENT), 1);
	assert_int_equal(count(x, DESK_NOTE), 1);
	bench_later(&b);
	assert_int_equal(desk_undo(&b.d, x, NULL, done), 0);
	desk_case_free(x);
	y = get(&b, two);
	assert_int_equal(count(y, DESK_INCIDENT), 1);
	desk_case_free(y);
	assert_true(bench_holds(&b));
}

static void test_undo_is_undone(void **state)
{
	_cleanup_(bench_close) struct bench b;
	char id[DESK_ID_MAX], done[16];
	struct desk_case *c;

	bench_open(&b, 1);
	open_with_incident(&b, 0, id);
	add_note(&b, id, "one");
	add_note(&b, id, "two");
	for (unsigned left = 3; left > 1; left--) {
		c = get(&b, id);
		assert_int_equal(c->n_items, left);
		bench_later(&b);
		assert_int_equal(desk_undo(&b.d, c, NULL, done), 0);
		assert_string_equal(done, "note");
		desk_case_free(c);
	}
	c = get(&b, id);
	bench_later(&b);
	assert_int_equal(desk_undo(&b.d, c, NULL, done), 0);
	assert_string_equal(done, "open");
	desk_case_free(c);
	c = NULL;
	assert_int_equal(desk_case_get(&b.d, id, &c), DESK_NO_CASE);
	assert_true(bench_holds(&b));
}

struct first_act {
	char id[DESK_ID_MAX];
	const char *act;
};

static int on_act(void *userdata, const struct desk_act *a)
{
	struct first_act *f = userdata;

	if (strcmp(a->act, f->act) == 0 && !*f->id)
		memcpy(f->id, a->id, DESK_ID_MAX);
	return 0;
}

static void test_undo_by_name(void **state)
{
	_cleanup_(bench_close) struct bench b;
	struct first_act note = {.act = "note"}, undo = {.act = "undo"};
	char id[DESK_ID_MAX], other[DESK_ID_MAX], done[16], *ids[1];
	struct desk_case *c;

	bench_open(&b, 1);
	open_with_incident(&b, 0, id);
	add_note(&b, id, "one");
	add_note(&b, id, "two");
	c = get(&b, id);
	assert_int_equal(desk_audit(&b.d, c, on_act, &note), 0);
	bench_later(&b);
	assert_int_equal(desk_undo(&b.d, c, note.id, done), 0);
	assert_int_equal(desk_undo(&b.d, c, note.id, done), DESK_NO_ACT); /* once */
	assert_int_equal(desk_audit(&b.d, c, on_act, &undo), 0);
	desk_case_free(c);
	c = get(&b, id);
	assert_int_equal(c->n_items, 2);
	bench_later(&b);
	assert_int_equal(desk_undo(&b.d, c, undo.id, done), 0); /* done again */
	desk_case_free(c);
	c = get(&b, id);
	assert_int_equal(c->n_items, 3);
	/* What has moved since cannot be undone before that. */
	for (unsigned i = 0; i < c->n_items; i++)
		if (c->items[i].text && strcmp(c->items[i].text, "one") == 0)
			ids[0] = c->items[i].id;
	bench_later(&b);
	assert_int_equal(desk_split(&b.d, c, ids, 1, other), 0);
	assert_int_equal(desk_undo(&b.d, c, note.id, done), DESK_MOVED_SINCE);
	desk_case_free(c);
	assert_true(bench_holds(&b));
}

static void test_close_and_reopen(void **state)
{
	_cleanup_(bench_close) struct bench b;
	char id[DESK_ID_MAX], done[16];
	struct desk_case *c;

	bench_open(&b, 1);
	open_with_incident(&b, 0, id);
	c = get(&b, id);
	assert_int_equal(desk_set_closed(&b.d, c, false), DESK_ALREADY);
	assert_int_equal(desk_set_closed(&b.d, c, true), 0);
	assert_int_equal(desk_set_closed(&b.d, c, true), DESK_CONFLICT); /* somebody was faster */
	desk_case_free(c);
	c = get(&b, id);
	assert_true(c->closed);
	bench_later(&b);
	assert_int_equal(desk_undo(&b.d, c, NULL, done), 0);
	assert_string_equal(done, "close");
	desk_case_free(c);
	c = get(&b, id);
	assert_false(c->closed);
	desk_case_free(c);
}

static void test_events(void **state)
{
	_cleanup_(bench_close) struct bench b;
	_cleanup_notice_ struct notice *n = NULL;
	_cleanup_text_ struct text errors = TEXT_NULL;
	struct desk_new tie = {.kind = DESK_EVENT, .ref = "jp-mukden"};
	static const char yaml[] = "form: news\ntarget: x\nspan: {from: 2008-07-08T03:00:00Z}\n";
	char id[DESK_ID_MAX], joined[INCIDENT_ID_MAX];
	json_t *o, *events;

	bench_open(&b, 0);
	assert_int_equal(notice_read("n", yaml, strlen(yaml), &n, &errors), 0);
	assert_int_equal(desk_take_notice(&b.d, n, false, id, joined), 0);
	struct desk_case *c = get(&b, id);
	assert_int_equal(desk_add(&b.d, c, &tie, 1, NULL), 0);
	desk_case_free(c);
	c = get(&b, id);
	assert_int_equal(desk_add(&b.d, c, &tie, 1, NULL), DESK_ALREADY);
	o = desk_case_json(&b.d, c, false);
	events = json_object_get(o, "events");
	assert_int_equal(json_array_size(events), 2);
	assert_string_equal(json_string_value(json_object_get(json_array_get(events, 0), "id")),
			    "jp-g8-toyako-2008");
	assert_true(json_is_true(json_object_get(json_array_get(events, 0), "falls_in")));
	assert_true(json_is_true(json_object_get(json_array_get(events, 1), "tied")));
	assert_true(json_is_false(json_object_get(json_array_get(events, 1), "falls_in")));
	json_decref(o);
	desk_case_free(c);
}

static void test_retention(void **state)
{
	_cleanup_(bench_close) struct bench b;
	_cleanup_notice_ struct notice *n = NULL;
	char id[DESK_ID_MAX], joined[INCIDENT_ID_MAX];
	unsigned erased = 0;

	bench_open(&b, 1);
	n = bench_notice(0, "contact: Bob\nmotive: a protest\ntext: t\n");
	assert_int_equal(desk_take_notice(&b.d, n, false, id, joined), 0);
	assert_int_equal(desk_db_erase_due(b.d.db, b.d.now_us, &erased), 0);
	assert_int_equal(erased, 0);
	assert_int_equal(desk_db_erase_due(b.d.db,
					   b.d.now_us + (int64_t)b.conf->keep.notice_s * US_PER_S,
					   &erased),
			 0);
	assert_int_equal(erased, 1);
	struct desk_case *c = get(&b, id);
	for (unsigned i = 0; i < c->n_items; i++) {
		assert_null(c->items[i].notice);
		if (c->items[i].kind == DESK_NOTICE)
			assert_true(c->items[i].erased_us != TIME_NONE);
	}
	json_t *o = desk_case_json(&b.d, c, true);
	assert_int_equal(json_array_size(json_object_get(o, "motive")), 0);
	json_decref(o);
	desk_case_free(c);
	assert_true(bench_holds(&b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_open_and_show),
		cmocka_unit_test(test_beginnings_of_ids),
		cmocka_unit_test(test_notice_joins_where_certain),
		cmocka_unit_test(test_notice_alone_is_proposed),
		cmocka_unit_test(test_notice_without_observation),
		cmocka_unit_test(test_merge_split_undo),
		cmocka_unit_test(test_merge_of_shared_incident),
		cmocka_unit_test(test_undo_is_undone),
		cmocka_unit_test(test_undo_by_name),
		cmocka_unit_test(test_close_and_reopen),
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_retention),
	};

	return cmocka_run_group_tests_name("cases", tests, NULL, NULL);
}
