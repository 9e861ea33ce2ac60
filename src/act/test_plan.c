/* SPDX-License-Identifier: ISC */
/*
 * Proves that a plan is what its hash says and survives its JSON, that nobody can change one
 * unnoticed, what makes an option allowed or not, which one comes first, and that figures which are
 * not known are not invented.
 */
#include "act/test_plan_kit.h"

struct scene {
	struct conf *conf;
	struct law *law;
	struct incident *inc;
	struct plan *p;
};

static void scene_make(struct scene *s, struct incident *inc, const char *consent,
		       const char *points)
{
	s->conf = kit_conf_of(consent, points);
	s->law = kit_law();
	s->inc = inc;
	s->p = kit_plan(inc, s->conf, s->law);
}

static void scene_again(struct scene *s)
{
	plan_free(s->p);
	s->p = kit_plan(s->inc, s->conf, s->law);
}

static void scene_end(struct scene *s)
{
	plan_free(s->p);
	incident_free(s->inc);
	conf_unref(s->conf);
	law_free(s->law);
}

static struct plan *through_text(const struct plan *p)
{
	json_t *o = plan_json(p), *again;
	char *text = json_dumps(o, JSON_COMPACT | JSON_REAL_PRECISION(9));
	struct plan *out = NULL;

	again = json_loads(text, 0, NULL);
	assert_int_equal(plan_from_json(again, &out), 0);
	free(text);
	json_decref(o);
	json_decref(again);
	return out;
}

static void assert_same_page(const struct plan *a, const struct plan *b)
{
	for (int ja = 0; ja < 2; ja++) {
		_cleanup_text_ struct text x = TEXT_NULL, y = TEXT_NULL;

		plan_text(a, ZONE, ja, &x);
		plan_text(b, ZONE, ja, &y);
		assert_string_equal(text_str(&x), text_str(&y));
	}
}

static void test_json(void **state)
{
	struct incident *made[] = {kit_reflected(), kit_carpet(), kit_syn_flood()};

	for (unsigned i = 0; i < ARRAY_LEN(made); i++) {
		struct scene s;
		struct plan *again;

		scene_make(&s, made[i], KIT_CONSENT, KIT_POINTS);
		again = through_text(s.p);
		assert_true(plan_holds(s.p));
		assert_true(plan_holds(again));
		assert_string_equal(again->id, s.p->id);
		assert_int_equal(again->n_options, s.p->n_options);
		assert_same_page(again, s.p);
		plan_free(again);
		scene_end(&s);
	}
}

static void test_hash(void **state)
{
	struct scene s;
	struct plan *other;
	char hash[PLAN_HASH_MAX];

	scene_make(&s, kit_reflected(), KIT_CONSENT, KIT_POINTS);
	assert_int_equal(strlen(s.p->hash), 64);
	assert_int_equal(s.p->id[0], 'p');
	assert_memory_equal(s.p->id + 1, s.p->hash, 12);
	/* The same things known give the same plan, whenever it is made. */
	other = kit_plan(s.inc, s.conf, s.law);
	other->made_us += US_PER_S;
	assert_string_equal(plan_hash(other, hash), s.p->hash);
	/* Anything else does not. */
	other->option[2].covers = other->option[2].covers < 0.5 ? 1 : 0;
	assert_string_not_equal(plan_hash(other, hash), s.p->hash);
	assert_false(plan_holds(other));
	plan_free(other);
	s.inc->f.peak_bps /= 2;
	other = kit_plan(s.inc, s.conf, s.law);
	assert_string_not_equal(other->hash, s.p->hash);
	plan_free(other);
	scene_end(&s);
}

/* One value of the JSON at a time is made wrong; each is refused, or found by the hash. */
static void test_changed_json(void **state)
{
	static const struct {
		const char *key, *value; /* of option 3 */
		bool refused;
	} rows[] = {
		{"kind", "\"rtbh\"", false},
		{"point", "\"another\"", false},
		{"target", "\"203.0.113.1\"", false},
		{"allowed", "true", false},
		{"helps", "\"perhaps\"", true},
		{"option", "-1", true},
		{"target", "\"203.0.113.1/24\"", true},
		{"figures", "[]", true},
		{"figures", "{\"covers\": 2}", true},
		{"basis", "[7]", true},
		{"needs", "{}", true},
		{"collateral", "{}", true},
		{"rule", "{\"rules\": [{}]}", true},
		{"step", "null", true},
	};
	struct scene s;

	scene_make(&s, kit_reflected(), KIT_CONSENT, KIT_POINTS);
	s.p->option[2].allowed = false;
	plan_hash(s.p, s.p->hash);
	plan_id(s.p->hash, s.p->id);
	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		json_t *o = plan_json(s.p), *v = json_loads(rows[i].value, JSON_DECODE_ANY, NULL);
		json_t *option = json_array_get(json_object_get(o, "options"), 2);
		struct plan *got = NULL;
		int r;

		assert_non_null(v);
		json_object_set_new(option, rows[i].key, v);
		r = plan_from_json(o, &got);
		if (rows[i].refused != (r == -EINVAL))
			fail_msg("%s %s: %d", rows[i].key, rows[i].value, r);
		assert_true(r || !plan_holds(got));
		plan_free(got);
		json_decref(o);
	}
	scene_end(&s);
}

/* ---- allowed ---- */

static void test_blackhole_needs(void **state)
{
	const struct plan_option *o;
	struct scene s;

	/* The owner agreed. */
	scene_make(&s, kit_syn_flood(), KIT_CONSENT, KIT_POINTS);
	kit_two_exporters(s.inc);
	scene_again(&s);
	o = kit_option(s.p, STEP_BORDER, PLAN_RTBH);
	assert_non_null(o);
	assert_true(o->allowed);
	assert_non_null(strstr(o->says_en, "offline for everyone"));
	assert_non_null(
		strstr(o->says_en, "1 customer has addresses in this prefix: Example Trading"));
	assert_non_null(strstr(o->need[0].en, "contract 7, at most 2 h"));
	assert_non_null(strstr(o->need[1].en, "Two different persons"));
	assert_int_equal(o->n_basis, 2);
	scene_end(&s);
	/* Nobody agreed, and nobody else is hurt. */
	scene_make(&s, kit_syn_flood(), "", KIT_POINTS);
	kit_two_exporters(s.inc);
	scene_again(&s);
	o = kit_option(s.p, STEP_BORDER, PLAN_RTBH);
	assert_false(o->allowed);
	assert_non_null(strstr(o->why_not_en, "the owner's consent by its reference"));
	assert_string_equal(o->need[0].whom, "Example Trading");
	/* Others lose traffic by it: that is the figure. */
	kit_bystander(s.inc, "mail", 0.42);
	scene_again(&s);
	o = kit_option(s.p, STEP_BORDER, PLAN_RTBH);
	assert_true(o->allowed);
	assert_non_null(strstr(o->need[0].en, "mail lost 42 % of its traffic."));
	assert_non_null(strstr(o->need[0].ja, "mail が通信の 42 % を失った"));
	/* A full link is that figure only where nobody looked who loses on it. */
	s.inc->path->n_lost = 0;
	s.inc->path->row[0].near_first_us = s.inc->f.first_us;
	scene_again(&s);
	assert_false(kit_option(s.p, STEP_BORDER, PLAN_RTBH)->allowed);
	s.inc->path->loss_confidence = 0;
	scene_again(&s);
	o = kit_option(s.p, STEP_BORDER, PLAN_RTBH);
	assert_true(o->allowed);
	assert_non_null(strstr(o->need[0].en, "link transit-a, which others use, is full"));
	scene_end(&s);
}

static void test_law(void **state)
{
	struct scene s;

	scene_make(&s, kit_reflected(), KIT_CONSENT, KIT_POINTS);
	for (unsigned i = 0; i < s.p->n_options; i++)
		if (s.p->option[i].kind != PLAN_NONE && s.p->option[i].kind != PLAN_ASK)
			assert_true(s.p->option[i].n_basis > 0);
	/* Not reviewed: nothing but waiting and asking is allowed, and it says why. */
	snprintf(s.law->reviewed_by, sizeof(s.law->reviewed_by), "%s", LAW_REVIEW_NOBODY);
	scene_again(&s);
	for (unsigned i = 0; i < s.p->n_options; i++) {
		const struct plan_option *o = &s.p->option[i];

		assert_int_equal(o->allowed, o->kind == PLAN_NONE || o->kind == PLAN_ASK);
		if (!o->allowed)
			assert_non_null(strstr(o->why_not_en, "Nobody has reviewed the law file"));
	}
	law_free(s.law);
	s.law = NULL;
	scene_again(&s);
	assert_false(kit_option(s.p, STEP_BORDER, PLAN_RTBH)->allowed);
	assert_int_equal(kit_option(s.p, STEP_BORDER, PLAN_RTBH)->n_basis, 0);
	scene_end(&s);
}

static void test_guards(void **state)
{
	struct scene s;
	const struct plan_option *o;

	scene_make(&s, kit_carpet(), KIT_CONSENT, KIT_POINTS);
	kit_two_exporters(s.inc);
	kit_bystander(s.inc, "mail", 0.42);
	scene_again(&s);
	o = kit_option(s.p, STEP_BORDER, PLAN_RTBH);
	assert_false(o->allowed); /* a /20 */
	assert_int_equal(o->guard.rule[0], GUARD_SHORT);
	assert_true(o->why_not_en[0] && o->why_not_ja[0]);
	scene_end(&s);
}

/* ---- ranks ---- */

static void test_ranks(void **state)
{
	unsigned seen = 0;
	struct scene s;

	scene_make(&s, kit_reflected(), KIT_CONSENT, KIT_POINTS);
	for (unsigned i = 0; i < s.p->n_options; i++) {
		assert_int_equal(s.p->option[i].number, i + 1);
		assert_true(s.p->option[i].rank >= 1 && s.p->option[i].rank <= s.p->n_options);
		seen |= 1u << s.p->option[i].rank;
		assert_true(!i || s.p->option[i - 1].step <= s.p->option[i].step);
	}
	assert_int_equal(seen, (1u << (s.p->n_options + 1)) - 2); /* each once */
	assert_int_equal(s.p->option[0].kind, PLAN_NONE);
	assert_int_equal(plan_option_find(s.p, s.p->recommended)->rank, 1);
	assert_null(plan_option_find(s.p, s.p->n_options + 1));
	/* What takes the target offline is never before a filter that helps. */
	assert_true(kit_option(s.p, STEP_BORDER, PLAN_FLOWSPEC)->rank <
		    kit_option(s.p, STEP_BORDER, PLAN_RTBH)->rank);
	/* What is over wants nothing. */
	s.inc->f.state = FINDING_CLOSED;
	scene_again(&s);
	assert_int_equal(s.p->recommended, 1);
	assert_int_equal(s.p->option[0].rank, 1);
	scene_end(&s);
}

/* What a measure's own text begins with: the options that take less, and what they would do. */
static void test_weaker(void **state)
{
	const struct plan_option *rtbh, *filter;
	char mine[32];
	struct scene s;

	scene_make(&s, kit_reflected(), KIT_CONSENT, KIT_POINTS);
	filter = kit_option(s.p, STEP_BORDER, PLAN_FLOWSPEC);
	rtbh = kit_option(s.p, STEP_BORDER, PLAN_RTBH);
	assert_string_equal(s.p->option[0].weaker_en, "");
	assert_non_null(strstr(filter->weaker_en, "Option 1 (do nothing) does not help."));
	snprintf(mine, sizeof(mine), "Option %u (", filter->number);
	assert_null(strstr(filter->weaker_en, mine));
	assert_non_null(strstr(rtbh->weaker_en, "(diversion: scrubber (wash))"));
	assert_true(rtbh->weaker_ja[0]);
	assert_true(law_says_something(rtbh->weaker_en) && law_says_something(rtbh->weaker_ja));
	/* A filter relieves the same line and spares the clients: that is no reason for a
	 * blackhole. */
	assert_int_equal(plan_option_find(s.p, rtbh->milder)->kind, PLAN_FLOWSPEC);
	assert_int_equal(filter->milder, 0);
	assert_int_equal(s.p->option[0].milder, 0);
	/* What is not allowed would not do. */
	s.law->basis[0].allows = 1u << PLAN_RTBH;
	scene_again(&s);
	assert_int_equal(kit_option(s.p, STEP_BORDER, PLAN_RTBH)->milder, 0);
	scene_end(&s);
}

/* A network with more points than a plan has room for: requests still find theirs. */
static void test_many_points(void **state)
{
	_cleanup_text_ struct text points = TEXT_NULL;
	struct scene s;

	text_add(&points, "act:\n  neighbors:\n");
	for (unsigned i = 0; i < 40; i++)
		text_printf(&points,
			    "  - {name: r%u, kind: dry_run, point: own_border, takes: [rtbh]}\n",
			    i);
	scene_make(&s, kit_reflected(), KIT_CONSENT, text_str(&points));
	assert_true(s.p->n_options <= PLAN_OPTIONS_MAX);
	assert_non_null(kit_option(s.p, STEP_UPSTREAM, PLAN_ASK));
	assert_non_null(kit_option(s.p, STEP_HOST, PLAN_ASK));
	scene_end(&s);
}

/* Who agreed to a limit has not agreed to dropping, and the other way about. */
static void test_agreed(void **state)
{
	static const struct {
		const char *word;
		enum plan_kind kind;
		enum rule_action action;
		bool agreed;
	} rows[] = {
		{"rate_limit", PLAN_FLOWSPEC, RULE_LIMIT, true},
		{"rate_limit", PLAN_FLOWSPEC, RULE_DISCARD, false},
		{"rate_limit", PLAN_NFTABLES, RULE_LIMIT, true},
		{"rate_limit", PLAN_NFTABLES, RULE_DISCARD, false},
		{"rate_limit", PLAN_RTBH, RULE_DISCARD, false},
		{"filter", PLAN_FLOWSPEC, RULE_DISCARD, true},
		{"flowspec", PLAN_NFTABLES, RULE_DISCARD, false},
		{"blackhole", PLAN_RTBH, RULE_DISCARD, true},
		{"blackhole", PLAN_FLOWSPEC, RULE_DISCARD, false},
		{"scrubbing", PLAN_DIVERSION, RULE_REDIRECT, true},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct plan_option o = {.kind = rows[i].kind, .n_rules = 1};
		struct conf_measure m = {.max_s = 60};
		struct prefix all = {.len = 0};
		struct conf_object object = {
			.measures = &m, .n_measures = 1, .prefixes = &all, .n_prefixes = 1};
		struct conf conf = {.n_objects = 0};

		o.rule[0].action = rows[i].action;
		snprintf(m.kind, sizeof(m.kind), "%s", rows[i].word);
		assert_null(plan_agreed(&conf, &object, &o)); /* by no reference */
		snprintf(m.consent, sizeof(m.consent), "contract 7");
		if ((plan_agreed(&conf, &object, &o) == &m) != rows[i].agreed)
			fail_msg("%s for %s", rows[i].word, plan_kind_name(o.kind));
	}
}

/* A carpet over a prefix of two customers, of whom one agreed for what is his. */
static struct incident *carpet_of_two(void)
{
	struct incident *inc = kit_incident("198.18.20.0/24", "till", AGO_MIN(12));
	struct kit_packet p = {.proto = PROTO_UDP, .sport = 4444, .dport = 9, .length = 900};

	finding_vector(&inc->f, VECTOR_UDP_FLOOD, 0, true, 9000000, 900);
	kit_peak(inc, 6200000000, 720000);
	kit_two_exporters(inc);
	kit_records(inc, SAMPLE_ATTACK, 900, &p);
	for (unsigned i = 0; i < 900; i++)
		inc->evidence[SAMPLE_ATTACK].record[i].flow.dst =
			ip_from_v4(0xc6121400u + (i < 600 ? i % 60 : 128 + i % 60));
	kit_done(inc);
	return inc;
}

static const char two_customers[] = KIT_CONSENT
	" - {name: till, customer: Example Trading, prefixes: 198.18.20.0/26, measures: "
	"[{kind: blackhole, consent: contract 42, max: 2h}, {kind: flowspec, consent: "
	"contract 42, max: 1h}]}\n"
	" - {name: vault, customer: Example Bank, prefixes: 198.18.20.128/25}\n";

static struct conf_object *object_named(struct conf *conf, const char *name)
{
	for (size_t i = 0; i < conf->n_objects; i++)
		if (strcmp(conf->objects[i].name, name) == 0)
			return &conf->objects[i];
	return NULL;
}

static void test_neighbours(void **state)
{
	struct conf_measure theirs = {.kind = "blackhole", .consent = "letter 9", .max_s = 600};
	const struct plan_option *whole, *part;
	struct conf_object *vault;
	struct scene s;

	scene_make(&s, carpet_of_two(), two_customers, KIT_POINTS);
	whole = kit_option(s.p, STEP_BORDER, PLAN_RTBH);
	assert_false(whole->allowed);
	assert_int_equal(whole->guard.rule[0], GUARD_OTHERS);
	assert_string_equal(whole->guard.what[0], "Example Bank");
	assert_null(plan_agreed(s.conf, object_named(s.conf, "till"), whole));
	assert_non_null(strstr(whole->need[0].en, "contract 42 is for the prefixes of till alone"));
	assert_non_null(
		strstr(whole->need[0].en, "Example Trading (contract 42), Example Bank (none)"));
	assert_non_null(strstr(whole->need[0].ja, "Example Bank（なし）"));
	/* Its own prefix is offered beside it, with what of the attack is for that. */
	part = whole + 1;
	assert_int_equal(part->kind, PLAN_RTBH);
	assert_int_equal(prefix_family_len(&part->target), 26);
	assert_true(part->allowed);
	assert_non_null(strstr(part->says_en, "It takes 198.18.20.0/26 offline"));
	assert_non_null(strstr(whole->says_en, "It takes 198.18.20.0/24 offline"));
	assert_true(fabs(part->covers - 2 / 3.0) < 0.01);
	assert_non_null(strstr(part->need[0].en, "agreed to it: contract 42, at most 2 h"));
	assert_int_equal(plan_agreed(s.conf, object_named(s.conf, "till"), part)->max_s, 7200);
	/* A filter over the whole is nothing that one of them agreed to either. */
	part = kit_option(s.p, STEP_BORDER, PLAN_FLOWSPEC);
	assert_null(plan_agreed(s.conf, object_named(s.conf, "till"), part));
	/* With the word of the other it is what both agreed to. */
	vault = object_named(s.conf, "vault");
	vault->measures = &theirs;
	vault->n_measures = 1;
	scene_again(&s);
	whole = kit_option(s.p, STEP_BORDER, PLAN_RTBH);
	assert_true(whole->allowed);
	assert_non_null(strstr(whole->need[0].en, "contract 42, letter 9, at most 10 min."));
	vault->measures = NULL;
	vault->n_measures = 0;
	scene_end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json),	     cmocka_unit_test(test_hash),
		cmocka_unit_test(test_changed_json), cmocka_unit_test(test_blackhole_needs),
		cmocka_unit_test(test_law),	     cmocka_unit_test(test_guards),
		cmocka_unit_test(test_ranks),	     cmocka_unit_test(test_weaker),
		cmocka_unit_test(test_neighbours),   cmocka_unit_test(test_many_points),
		cmocka_unit_test(test_agreed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
