/* SPDX-License-Identifier: ISC */
/*
 * Proves that nothing leaks: two desks see the same acts, but in one of them a team also wrote what
 * only it may see, between, before and after. Whoever may not see that must get the same bytes from
 * both (names apart, which are random): list, show, JSON, proposals, the log, and the answers to
 * ids. The test is known to be able to fail: the team gets different bytes.
 */
#include "desk/test_help.h"

static const struct circle company = {.kind = CIRCLE_COMPANY}, team = {.kind = CIRCLE_TEAM},
			   alice = {.kind = CIRCLE_PERSONS, .persons = "alice"};

/* The ids of what only the team wrote. */
struct secrets {
	char hidden_case[DESK_ID_MAX], hidden_entry[DESK_ID_MAX];
};

static struct desk_case *get_all(struct bench *b, const char *id)
{
	struct viewer was = b->d.viewer;
	struct desk_case *c = NULL;

	b->d.viewer.rank = VIEWER_ALL;
	assert_int_equal(desk_case_get(&b->d, id, &c), 0);
	b->d.viewer = was;
	return c;
}

static void add(struct bench *b, const char *case_id, const struct desk_new *e, char *entry)
{
	_cleanup_desk_case_ struct desk_case *c = get_all(b, case_id);
	char ids[1][DESK_ID_MAX];

	assert_int_equal(desk_add(&b->d, c, e, 1, ids), 0);
	if (entry)
		memcpy(entry, ids[0], DESK_ID_MAX);
}

/* Between two open acts; times never stand still for those who see. */
static void whisper(struct bench *b, const char *case_id, struct secrets *s)
{
	_cleanup_notice_ struct notice *n = bench_notice(
		1, "circle: team\nmotive: revenge\nno_domestic_party: yes\ncountry: CN\n"
		   "contact: Bob\ntext: secret words\n");
	_cleanup_notice_ struct notice *own =
		bench_notice(2, "circle: persons:alice\ntext: only hers\n");
	char joined[INCIDENT_ID_MAX];

	add(b, case_id, &(struct desk_new){.kind = DESK_NOTICE, .notice = n}, s->hidden_entry);
	add(b, case_id,
	    &(struct desk_new){.kind = DESK_NOTE, .text = "secret note", .circle = &alice}, NULL);
	assert_int_equal(desk_take_notice(&b->d, own, false, s->hidden_case, joined), 0);
	assert_true(*joined); /* certain: it opened a hidden case with incident 2 */
}

/* The team joins an open case to a hidden one; for others it keeps its name. */
static void merge_into_hidden(struct bench *b, const char *open_case, const struct secrets *s)
{
	struct desk_case *hidden = get_all(b, s->hidden_case), *c = get_all(b, open_case);
	char kept[DESK_ID_MAX];

	assert_int_equal(desk_merge(&b->d, hidden, c, kept), 0);
	assert_string_equal(kept, open_case);
	desk_case_free(hidden);
	desk_case_free(c);
}

static void play(struct bench *b, bool with_secrets, struct secrets *s)
{
	_cleanup_notice_ struct notice *open_notice =
		bench_notice(3, "circle: company\nmotive: a protest\ncontact: Carol\ntext: open\n");
	_cleanup_notice_ struct notice *later =
		bench_notice(4, "circle: company\ntext: open too\n");
	struct desk_new e = {.kind = DESK_INCIDENT};
	char incident[INCIDENT_ID_MAX], joined[INCIDENT_ID_MAX], one[DESK_ID_MAX], two[DESK_ID_MAX],
		three[DESK_ID_MAX], done[16];
	struct desk_case *c;

	bench_open(b, 6);
	e.ref = bench_incident(0, incident);
	assert_int_equal(desk_open_case(&b->d, &e, 1, one, NULL), 0);
	if (with_secrets)
		whisper(b, one, s);
	bench_later(b);
	add(b, one, &(struct desk_new){.kind = DESK_NOTE, .text = "a note", .circle = &company},
	    NULL);
	bench_later(b);
	assert_int_equal(desk_take_notice(&b->d, open_notice, true, two, joined), 0);
	bench_later(b);
	assert_int_equal(desk_take_notice(&b->d, later, false, three, joined), 0);
	if (with_secrets)
		add(b, two,
		    &(struct desk_new){.kind = DESK_NOTE, .text = "hidden", .circle = &team}, NULL);
	bench_later(b);
	c = get_all(b, three);
	assert_int_equal(desk_set_closed(&b->d, c, true), 0);
	desk_case_free(c);
	bench_later(b);
	c = get_all(b, one);
	assert_int_equal(desk_undo(&b->d, c, NULL, done), 0); /* by the team: its own last act */
	desk_case_free(c);
	if (with_secrets)
		merge_into_hidden(b, one, s);
}

/* Every id by the order in which it is met. */
static void normalise(const char *s, struct text *out)
{
	char known[256][DESK_ID_MAX];
	unsigned n = 0;

	while (*s) {
		unsigned k = 0;

		if (strchr("cjrova", *s) && strspn(s + 1, "0123456789abcdef") == 12) {
			while (k < n && memcmp(known[k], s, 13) != 0)
				k++;
			if (k == n && n < ARRAY_LEN(known))
				memcpy(known[n++], s, 13);
			text_printf(out, "<%c%u>", *s, k);
			s += 13;
		} else {
			text_add_n(out, s++, 1);
		}
	}
}

struct listing {
	char *list[64];
	unsigned n;
	struct bench *b;
};

static int on_case(void *userdata, struct desk_case *c)
{
	struct listing *l = userdata;
	_cleanup_text_ struct text en = TEXT_NULL;
	json_t *o = desk_case_json(&l->b->d, c, true);
	char *json = json_dumps(o, JSON_COMPACT), *both = NULL;

	desk_case_print(&l->b->d, c, true, "en", &en);
	assert_true(asprintf(&both, "%lld %s\n%s", (long long)c->opened_us, json, text_str(&en)) >
		    0);
	l->list[l->n++] = both;
	free(json);
	json_decref(o);
	desk_case_free(c);
	return 0;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int on_act(void *userdata, const struct desk_act *a)
{
	struct text *out = userdata;
	char *entries = json_dumps(a->entries, JSON_COMPACT),
	     *cases = json_dumps(a->cases, JSON_COMPACT);

	text_printf(out, "%llu %s %s %s %lld %s %s %s\n", (unsigned long long)a->seq, a->id, a->act,
		    a->actor, (long long)a->at_us, a->undoes, entries, cases);
	assert_true(a->mac == NULL);
	free(entries);
	free(cases);
	return 0;
}

/* All that a viewer can get, as one text. */
static char *everything(struct bench *b)
{
	_cleanup_text_ struct text all = TEXT_NULL, same = TEXT_NULL;
	struct desk_proposals p = {0};
	struct listing l = {.b = b};

	assert_int_equal(desk_case_each(&b->d, on_case, &l), 0);
	qsort(l.list, l.n, sizeof(l.list[0]), by_text);
	for (unsigned i = 0; i < l.n; i++) {
		text_add(&all, l.list[i]);
		free(l.list[i]);
	}
	assert_int_equal(desk_propose(&b->d, NULL, &p), 0);
	for (unsigned i = 0; i < p.n; i++) {
		desk_proposal_print(&p.list[i], "en", &all);
		desk_proposal_print(&p.list[i], "ja", &all);
	}
	desk_proposals_deinit(&p);
	assert_int_equal(desk_audit(&b->d, NULL, on_act, &all), 0);
	normalise(text_str(&all), &same);
	return strdup(text_str(&same));
}

static void compare(struct bench *with, struct bench *without, enum viewer_rank rank,
		    const char *person, bool same)
{
	with->d.viewer = without->d.viewer = (struct viewer){.rank = rank};
	strcpy(with->d.viewer.person, person);
	strcpy(without->d.viewer.person, person);
	_cleanup_free_ char *a = everything(with), *b = everything(without);

	if (same)
		assert_string_equal(a, b);
	else
		assert_string_not_equal(a, b);
}

static void test_same_bytes(void **state)
{
	_cleanup_(bench_close) struct bench with, without;
	struct secrets s;

	play(&with, true, &s);
	play(&without, false, &s);
	compare(&with, &without, VIEWER_COMPANY, "", true);
	compare(&with, &without, VIEWER_COMPANY, "bob", true);
	compare(&with, &without, VIEWER_DESK, "", true);
	compare(&with, &without, VIEWER_TEAM, "", false);
	compare(&with, &without, VIEWER_COMPANY, "alice", false);
}

static void test_no_answer_to_hidden_ids(void **state)
{
	_cleanup_(bench_close) struct bench b;
	struct desk_case *c = NULL;
	struct secrets s;
	char done[16];

	play(&b, true, &s);
	b.d.viewer = (struct viewer){.rank = VIEWER_DESK};
	assert_int_equal(desk_case_get(&b.d, s.hidden_case, &c), DESK_NO_CASE);
	assert_int_equal(desk_case_get(&b.d, "c000000000000", &c), DESK_NO_CASE);
	/* A hidden entry of a visible case is as one that is not there. */
	struct listing l = {.b = &b};
	assert_int_equal(desk_case_each(&b.d, on_case, &l), 0);
	for (unsigned i = 0; i < l.n; i++) {
		assert_null(strstr(l.list[i], s.hidden_entry));
		assert_null(strstr(l.list[i], "secret"));
		assert_null(strstr(l.list[i], "revenge"));
		free(l.list[i]);
	}
	char case_id[DESK_ID_MAX], incident[INCIDENT_ID_MAX], *ids[1] = {s.hidden_entry};
	assert_int_equal(desk_case_of_incident(&b.d, bench_incident(0, incident), case_id), 0);
	assert_int_equal(desk_case_get(&b.d, case_id, &c), 0);
	assert_int_equal(desk_split(&b.d, c, ids, 1, case_id), DESK_NO_ENTRY);
	ids[0] = (char *)"rfffffffffff0";
	assert_int_equal(desk_split(&b.d, c, ids, 1, case_id), DESK_NO_ENTRY);
	assert_int_equal(desk_undo(&b.d, c, "afffffffffff0", done), DESK_NO_ACT);
	desk_case_free(c);
	/* The incident that only a hidden notice joined is free for those who do not know. */
	assert_int_equal(desk_case_of_incident(&b.d, bench_incident(2, incident), case_id), 0);
	assert_string_equal(case_id, "");
	struct desk_new e = {.kind = DESK_INCIDENT, .ref = incident};
	assert_int_equal(desk_open_case(&b.d, &e, 1, case_id, NULL), 0);
	/* The team, who knows both, is told. */
	b.d.viewer = (struct viewer){.rank = VIEWER_TEAM, .person = "alice"};
	struct desk_proposals p = {0};
	bool told = false;
	assert_int_equal(desk_propose(&b.d, NULL, &p), 0);
	for (unsigned i = 0; i < p.n; i++)
		told |= p.list[i].same_incident;
	desk_proposals_deinit(&p);
	assert_true(told);
}

static void test_contacts(void **state)
{
	_cleanup_(bench_close) struct bench b;
	struct secrets s;

	play(&b, true, &s);
	b.d.viewer = (struct viewer){.rank = VIEWER_COMPANY};
	_cleanup_free_ char *outside = everything(&b);
	assert_null(
		strstr(outside, "Carol")); /* the notice is for the company, whom to call is not */
	b.d.viewer = (struct viewer){.rank = VIEWER_DESK};
	_cleanup_free_ char *inside = everything(&b);
	assert_non_null(strstr(inside, "Carol"));
	assert_null(strstr(inside, "Bob"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_bytes),
		cmocka_unit_test(test_no_answer_to_hidden_ids),
		cmocka_unit_test(test_contacts),
	};

	return cmocka_run_group_tests_name("circles of a case", tests, NULL, NULL);
}
