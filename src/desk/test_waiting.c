/* SPDX-License-Identifier: ISC */
/*
 * A notice comes first, the attack after it: what is heard of is joined where it is certain, once,
 * and nowhere else; and who may not see the notice gets neither its case nor a proposal of it.
 */
#include "desk/test_help.h"
#include "desk/waiting.h"

static struct desk_case *get(struct bench *b, const char *id)
{
	struct desk_case *c = NULL;

	assert_int_equal(desk_case_get(&b->d, id, &c), 0);
	return c;
}

static unsigned incidents_of(struct bench *b, const char *id)
{
	_cleanup_desk_case_ struct desk_case *c = get(b, id);
	unsigned n = 0;

	for (unsigned i = 0; i < c->n_items; i++)
		n += c->items[i].kind == DESK_INCIDENT;
	return n;
}

/* Incident number @n begins: the watch writes it. */
static struct incident *begin(struct bench *b, unsigned n)
{
	struct store *s = NULL;

	assert_int_equal(store_open(b->dir, STORE_REAL, STORE_WRITE, NULL, &s), 0);
	assert_int_equal(help_put(s, n * 1000, 1, 0), 0);
	assert_int_equal(store_flush(s), 0);
	store_close(s);
	return help_incident(n * 1000, 1, 0);
}

/* A notice that means incident @n, with nothing to be joined with yet. */
static void tell(struct bench *b, unsigned n, const char *extra, bool alone, char *case_id)
{
	_cleanup_notice_ struct notice *notice = bench_notice(n, extra);
	char joined[INCIDENT_ID_MAX];

	assert_int_equal(desk_take_notice(&b->d, notice, alone, case_id, joined), 0);
	assert_string_equal(joined, "");
}

/* Looks until nothing asks. Return: how many joins. */
static unsigned look(struct bench *b, struct desk_waiting *w)
{
	struct desk_joined did;
	unsigned n = 0;

	while (desk_waiting_asks(w)) {
		assert_int_equal(desk_waiting_look(&b->d, w, &did), 0);
		n += *did.case_id != '\0';
	}
	return n;
}

static void say(struct bench *b, const struct incident *inc, const char *language, struct text *out)
{
	_cleanup_desk_waiting_ struct desk_waiting *w = NULL;
	struct desk_belongs where;

	assert_int_equal(desk_waiting_load(&b->d, &w), 0);
	desk_belongs(&b->d, w, inc, &where);
	text_clear(out);
	desk_belongs_say(&where, true, language, out);
}

static void test_attack_after_notice(void **state)
{
	_cleanup_(bench_close) struct bench b;
	_cleanup_desk_waiting_ struct desk_waiting *w = NULL;
	_cleanup_incident_ struct incident *inc = NULL, *other = NULL;
	_cleanup_text_ struct text en = TEXT_NULL, ja = TEXT_NULL;
	char id[DESK_ID_MAX];

	bench_open(&b, 1);
	b.d.viewer.rank = VIEWER_ALL;
	tell(&b, 2, "text: t\n", false, id);
	assert_int_equal(desk_waiting_load(&b.d, &w), 0);
	assert_int_equal(look(&b, w), 0); /* a new one is looked at; there is nothing */
	other = begin(&b, 4);
	desk_waiting_hear(&b.d, w, other);
	assert_false(desk_waiting_asks(w)); /* another attack asks nobody */
	inc = begin(&b, 2);
	desk_waiting_hear(&b.d, w, inc);
	assert_true(desk_waiting_asks(w));
	strcpy(b.d.actor, "noroshi courier");
	assert_int_equal(look(&b, w), 1);
	assert_int_equal(incidents_of(&b, id), 1);
	assert_true(bench_holds(&b));
	/* Loaded again it waits no more; heard again nothing is done twice. */
	assert_int_equal(desk_waiting_load(&b.d, &w), 0);
	desk_waiting_hear(&b.d, w, inc);
	assert_false(desk_waiting_asks(w));
	/* Why, in the reader's language. */
	_cleanup_desk_case_ struct desk_case *c = get(&b, id);
	desk_case_print(&b.d, c, false, "en", &en);
	desk_case_print(&b.d, c, false, "ja", &ja);
	assert_non_null(strstr(text_str(&en), "joined by the rule: the same target"));
	assert_non_null(strstr(text_str(&ja), "自動で結合: 対象が同じ、時間が重なる、手法が同じ"));
	assert_null(strstr(text_str(&ja), "the same"));
}

static void test_undone_stays_undone(void **state)
{
	_cleanup_(bench_close) struct bench b;
	_cleanup_desk_waiting_ struct desk_waiting *w = NULL;
	_cleanup_incident_ struct incident *inc = NULL;
	char id[DESK_ID_MAX], done[16];

	bench_open(&b, 1);
	tell(&b, 2, "text: t\n", false, id);
	inc = begin(&b, 2);
	assert_int_equal(desk_waiting_load(&b.d, &w), 0);
	assert_int_equal(look(&b, w), 1);
	bench_later(&b);
	_cleanup_desk_case_ struct desk_case *c = get(&b, id);
	assert_int_equal(desk_undo(&b.d, c, NULL, done), 0);
	assert_string_equal(done, "join");
	assert_int_equal(incidents_of(&b, id), 0);
	assert_int_equal(desk_waiting_load(&b.d, &w), 0);
	desk_waiting_hear(&b.d, w, inc);
	assert_int_equal(look(&b, w), 0);
	assert_int_equal(incidents_of(&b, id), 0);
}

static void test_alone_is_only_proposed(void **state)
{
	_cleanup_(bench_close) struct bench b;
	_cleanup_desk_waiting_ struct desk_waiting *w = NULL;
	_cleanup_incident_ struct incident *inc = NULL;
	_cleanup_text_ struct text t = TEXT_NULL, want = TEXT_NULL;
	char id[DESK_ID_MAX];

	bench_open(&b, 1);
	tell(&b, 2, "text: t\n", true, id);
	inc = begin(&b, 2);
	assert_int_equal(desk_waiting_load(&b.d, &w), 0);
	desk_waiting_hear(&b.d, w, inc);
	assert_false(desk_waiting_asks(w));
	desk_waiting_hear_all(w);
	assert_false(desk_waiting_asks(w));
	say(&b, inc, "en", &t);
	text_printf(&want, "very likely part of case %s (noroshi case join %s %s)", id, id,
		    inc->id);
	assert_string_equal(text_str(&t), text_str(&want));
	text_clear(&want);
	say(&b, inc, "ja", &t);
	text_printf(&want, "案件 %s の一部の可能性がかなり高い（noroshi case join %s %s）", id, id,
		    inc->id);
	assert_string_equal(text_str(&t), text_str(&want));
}

/* The incident of another case: both become one, as by `case propose --join`. */
static void test_case_that_has_it(void **state)
{
	_cleanup_(bench_close) struct bench b;
	_cleanup_desk_waiting_ struct desk_waiting *w = NULL;
	_cleanup_incident_ struct incident *inc = NULL;
	_cleanup_text_ struct text t = TEXT_NULL;
	struct desk_new e = {.kind = DESK_INCIDENT};
	char id[DESK_ID_MAX], theirs[DESK_ID_MAX];

	bench_open(&b, 1);
	tell(&b, 2, "text: t\n", false, id);
	inc = begin(&b, 2);
	e.ref = inc->id;
	assert_int_equal(desk_open_case(&b.d, &e, 1, theirs, NULL), 0);
	assert_int_equal(desk_waiting_load(&b.d, &w), 0);
	assert_int_equal(look(&b, w), 1);
	assert_int_equal(incidents_of(&b, theirs), 1);
	_cleanup_desk_case_ struct desk_case *c = get(&b, id);
	assert_string_equal(c->id, theirs);
	say(&b, inc, "en", &t);
	assert_non_null(strstr(text_str(&t), theirs));
}

/* A hidden notice is neither proposed nor, once joined, named. */
static void test_hidden_is_not_named(void **state)
{
	_cleanup_(bench_close) struct bench b;
	_cleanup_desk_waiting_ struct desk_waiting *w = NULL;
	_cleanup_incident_ struct incident *inc = NULL;
	_cleanup_text_ struct text t = TEXT_NULL;
	static const struct {
		struct viewer viewer;
		bool sees;
	} who[] = {
		{{.rank = VIEWER_COMPANY}, false},
		{{.rank = VIEWER_DESK}, false},
		{{.rank = VIEWER_TEAM}, true},
		{{.rank = VIEWER_ALL}, true},
	};
	char id[DESK_ID_MAX];

	bench_open(&b, 1);
	tell(&b, 2, "circle: team\ntext: t\n", false, id);
	inc = begin(&b, 2);
	for (int joined = 0; joined <= 1; joined++) {
		for (size_t i = 0; i < ARRAY_LEN(who); i++) {
			b.d.viewer = who[i].viewer;
			say(&b, inc, "en", &t);
			assert_int_equal(strstr(text_str(&t), id) != NULL, who[i].sees);
			assert_int_equal(t.len > 0, who[i].sees);
		}
		b.d.viewer = (struct viewer){.rank = VIEWER_ALL};
		assert_int_equal(desk_waiting_load(&b.d, &w), 0);
		assert_int_equal(look(&b, w), joined ? 0 : 1);
	}
}

/* Entries of before have a sentence, and it is shown as it is. */
static void test_sentence_of_before(void **state)
{
	_cleanup_(bench_close) struct bench b;
	_cleanup_text_ struct text ja = TEXT_NULL;
	char id[DESK_ID_MAX], incident[INCIDENT_ID_MAX];
	struct desk_new e = {.kind = DESK_INCIDENT, .automatic = true, .text = "the same target"};
	json_t *o;

	bench_open(&b, 1);
	e.ref = bench_incident(0, incident);
	assert_int_equal(desk_open_case(&b.d, &e, 1, id, NULL), 0);
	_cleanup_desk_case_ struct desk_case *c = get(&b, id);
	desk_case_print(&b.d, c, false, "ja", &ja);
	assert_non_null(strstr(text_str(&ja), "自動で結合: the same target\n"));
	o = desk_case_json(&b.d, c, false);
	assert_string_equal(json_string_value(json_object_get(
				    json_array_get(json_object_get(o, "entries"), 0), "why")),
			    "the same target");
	json_decref(o);
}

/* Of more than are held the last written ones are, and a load takes over what it knows. */
static void test_bounded(void **state)
{
	enum { N = DESK_WAITING_MAX + 5 };
	static struct desk_new e[N];
	_cleanup_(bench_close) struct bench b;
	_cleanup_desk_waiting_ struct desk_waiting *w = NULL;
	_cleanup_notice_ struct notice *first = NULL, *rest = NULL, *last = NULL;
	_cleanup_incident_ struct incident *one = NULL, *two = NULL;
	char id[DESK_ID_MAX];

	bench_open(&b, 1);
	first = bench_notice(2, "text: t\n");
	rest = bench_notice(6, "text: t\n");
	last = bench_notice(4, "text: t\n");
	for (unsigned i = 0; i < N; i++)
		e[i] = (struct desk_new){.kind = DESK_NOTICE,
					 .notice = i == 0	? first
						   : i == N - 1 ? last
								: rest};
	assert_int_equal(desk_open_case(&b.d, e, N, id, NULL), 0);
	assert_int_equal(desk_waiting_load(&b.d, &w), 0);
	assert_true(desk_waiting_asks(w));
	assert_int_equal(look(&b, w), 0);
	assert_int_equal(desk_waiting_load(&b.d, &w), 0);
	assert_false(desk_waiting_asks(w));
	one = begin(&b, 2);
	desk_waiting_hear(&b.d, w, one);
	assert_false(desk_waiting_asks(w));
	two = begin(&b, 4);
	desk_waiting_hear(&b.d, w, two);
	assert_true(desk_waiting_asks(w));
	assert_int_equal(look(&b, w), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_attack_after_notice),
		cmocka_unit_test(test_undone_stays_undone),
		cmocka_unit_test(test_alone_is_only_proposed),
		cmocka_unit_test(test_case_that_has_it),
		cmocka_unit_test(test_hidden_is_not_named),
		cmocka_unit_test(test_sentence_of_before),
		cmocka_unit_test(test_bounded),
	};

	return cmocka_run_group_tests_name("notices that wait", tests, NULL, NULL);
}
