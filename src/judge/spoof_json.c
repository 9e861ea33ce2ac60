/* SPDX-License-Identifier: ISC */
/*
 * Verdict and facts as JSON, by rows: what is written is what is read. A row of the store may have
 * been damaged, so every figure is checked for its type and its range.
 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/hash.h"
#include "judge/json_fields.h"
#include "judge/spoof_inside.h"

#define SCALE_MAX 63

#define FIGURE(name, form)                                                                         \
	{                                                                                          \
#name, offsetof(struct spoof_figures, name), (form)                                \
	}
static const struct field figures[] = {
	FIGURE(n, FORM_U32),
	FIGURE(hosts, FORM_U32),
	FIGURE(packets, FORM_U64),
	FIGURE(seen, FORM_U64),
	FIGURE(once, FORM_U32),
	FIGURE(twice, FORM_U32),
	FIGURE(thrice, FORM_U32),
	FIGURE(scale_log2, FORM_U32),
	FIGURE(v4, FORM_U32),
	FIGURE(bogon, FORM_U32),
	FIGURE(private, FORM_U32),
	FIGURE(placed, FORM_U32),
	FIGURE(unrouted, FORM_U32),
	FIGURE(unallocated, FORM_U32),
	FIGURE(routed_space, FORM_REAL),
	FIGURE(allocated_space, FORM_REAL),
	FIGURE(chi8, FORM_REAL),
	FIGURE(edge_octets, FORM_U32),
	FIGURE(pairs24, FORM_U32),
	FIGURE(even_n, FORM_U32),
	FIGURE(uneven, FORM_REAL),
	FIGURE(pairs16, FORM_U32),
	FIGURE(ttl_n, FORM_U32),
	FIGURE(ttl_values, FORM_U32),
	FIGURE(ttl_top2, FORM_U32),
	FIGURE(ttl_bits, FORM_REAL),
	FIGURE(ttl_odd, FORM_U32),
	FIGURE(ttl_again, FORM_U32),
	FIGURE(ttl_paths, FORM_U32),
	FIGURE(ttl_pairs, FORM_U32),
	FIGURE(ttl_alike, FORM_U32),
	FIGURE(ttl_chance, FORM_REAL),
	FIGURE(link_n, FORM_U32),
	FIGURE(link_top, FORM_U32),
	FIGURE(link_pairs, FORM_U32),
	FIGURE(link_alike, FORM_U32),
	FIGURE(link_chance, FORM_REAL),
	FIGURE(link_again, FORM_U32),
	FIGURE(link_several, FORM_U32),
	FIGURE(heads_n, FORM_U32),
	FIGURE(window_top, FORM_U32),
	FIGURE(length_top, FORM_U32),
	FIGURE(bare_syn, FORM_U32),
	FIGURE(ids_n, FORM_U32),
	FIGURE(ids_next, FORM_U32),
	FIGURE(ids_same, FORM_U32),
	FIGURE(heard_n, FORM_U32),
	FIGURE(heard_match, FORM_U32),
	FIGURE(heard_chance, FORM_REAL),
	FIGURE(heard_ttl_n, FORM_U32),
	FIGURE(heard_ttl_match, FORM_U32),
	FIGURE(heard_ttl_chance, FORM_REAL),
	FIGURE(bgp_n, FORM_U32),
	FIGURE(bgp_match, FORM_U32),
	FIGURE(bgp_chance, FORM_REAL),
	FIGURE(answered, FORM_U32),
	FIGURE(established, FORM_U32),
	FIGURE(established_packets, FORM_U64),
	FIGURE(resets, FORM_U32),
	FIGURE(darknet, FORM_U32),
	FIGURE(own, FORM_U32),
};
static const struct field_group group_figures = {NULL, figures, ARRAY_LEN(figures)};

#define FACT(name, form)                                                                           \
	{                                                                                          \
#name, offsetof(struct spoof_facts, name), (form)                                  \
	}
static const struct field facts[] = {
	FACT(private_counts, FORM_BOOL), FACT(sampled, FORM_BOOL),   FACT(both_ways, FORM_BOOL),
	FACT(local, FORM_BOOL),		 FACT(synacks, FORM_U64),    FACT(refusals, FORM_U64),
	FACT(connected, FORM_U64),	 FACT(to_darknet, FORM_U64), FACT(records, FORM_U64),
	FACT(begun, FORM_U64),		 FACT(done, FORM_U64),
};
static const struct field_group group_facts = {NULL, facts, ARRAY_LEN(facts)};

static const char *const part_names[PART_COUNT] = {"all", "once", "often", "good",
						   "syn", "tcp",  "udp",   "other"};
static const char *const verdict_names[SPOOF_VERDICTS] = {"unknown", "spoofed", "partly",
							  "not_spoofed"};
static const char *const rule_names[SPOOF_RULES] = {"evidence", "reflection", "connections",
						    "few_sources", "no_facts"};

const char *spoof_verdict_name(enum spoof_verdict v)
{
	return verdict_names[v];
}

const char *spoof_part_name(enum spoof_part p)
{
	return part_names[p];
}

const char *spoof_real_name(enum spoof_real r)
{
	static const char *const names[] = {NULL, "handshake", "ingress"};

	return names[r];
}

static int put(json_t *to, const char *key, json_t *value_take)
{
	return json_object_set_new(to, key, value_take) ? -ENOMEM : 0;
}

static json_t *put_made(json_t *to, const char *key, json_t *made)
{
	return json_object_set_new(to, key, made) ? NULL : made;
}

static int put_said(json_t *to, const struct incident *inc,
		    void (*say)(const struct incident *, const struct spoof_evidence *, bool,
				struct text *),
		    const struct spoof_evidence *e)
{
	json_t *said = put_made(to, "said", json_object());

	for (unsigned ja = 0; ja < 2; ja++) {
		_cleanup_text_ struct text text = TEXT_NULL;

		say(inc, e, ja, &text);
		if (!said || put(said, ja ? "ja" : "en", json_text(text_str(&text))))
			return -ENOMEM;
	}
	return 0;
}

static void say_verdict(const struct incident *inc, const struct spoof_evidence *e, bool ja,
			struct text *out)
{
	(void)e;
	spoof_words(inc, ja, out);
}

static int put_evidence(json_t *list, const struct incident *inc, const struct spoof_evidence *e)
{
	json_t *o = json_object();

	if (json_array_append_new(list, o) ||
	    put(o, "test", json_string(spoof_test_name(e->test))) ||
	    put(o, "figure", json_real(e->figure)) || put(o, "weight", json_real(e->weight)) ||
	    put(o, "n", json_integer(e->n)) || put(o, "part", json_string(part_names[e->part])))
		return -ENOMEM;
	return put_said(o, inc, spoof_test_sentence, e);
}

static int put_group(json_t *list, const struct spoof_group_said *g)
{
	json_t *o = json_object();

	if (json_array_append_new(list, o) || put(o, "group", json_string(part_names[g->part])) ||
	    put(o, "verdict", json_string(verdict_names[g->verdict])) ||
	    put(o, "confidence", json_real(g->confidence)) ||
	    put(o, "share", json_real(g->share)) || put(o, "reflected", json_boolean(g->reflected)))
		return -ENOMEM;
	return 0;
}

static int put_groups(json_t *o, const struct spoofing *s)
{
	json_t *list = put_made(o, "groups", json_array());

	for (unsigned i = 0; list && i < s->n_groups; i++)
		if (put_group(list, &s->group[i]))
			return -ENOMEM;
	return list ? 0 : -ENOMEM;
}

static int put_spoofing(json_t *to, const struct incident *inc)
{
	const struct spoofing *s = &inc->spoofing;
	json_t *o = put_made(to, "spoofing", json_object()), *list, *without;

	if (!o || put(o, "verdict", json_string(verdict_names[s->verdict])) ||
	    put(o, "confidence", json_real(s->confidence)))
		return -ENOMEM;
	list = put_made(o, "evidence", json_array());
	for (unsigned i = 0; list && i < s->n_evidence; i++)
		if (put_evidence(list, inc, &s->evidence[i]))
			return -ENOMEM;
	if (!list || put(o, "rule", json_string(rule_names[s->rule])) ||
	    put(o, "forged_share",
		s->forged_share < 0 ? json_null() : json_real(s->forged_share)) ||
	    put_groups(o, s))
		return -ENOMEM;
	without = put_made(o, "without", json_array());
	for (unsigned t = 0; without && t < n_spoof_tests; t++)
		if (s->without >> t & 1 &&
		    json_array_append_new(without, json_string(spoof_test_name(t))))
			return -ENOMEM;
	return without ? put_said(o, inc, say_verdict, NULL) : -ENOMEM;
}

int spoof_to_json(json_t *to, const struct incident *inc)
{
	json_t *o;

	if (put_spoofing(to, inc))
		return -ENOMEM;
	if (!inc->facts.part[PART_ALL].n)
		return put(to, "facts", json_null());
	o = put_made(to, "facts", json_object());
	if (!o || fields_out(o, &inc->facts, &group_facts))
		return -ENOMEM;
	for (unsigned p = 0; p < PART_COUNT; p++) {
		json_t *part;

		if (!inc->facts.part[p].n)
			continue;
		part = put_made(o, part_names[p], json_object());
		if (!part || fields_out(part, &inc->facts.part[p], &group_figures))
			return -ENOMEM;
	}
	return 0;
}

static int name_index(const char *const *names, unsigned n, const json_t *name)
{
	const char *s = json_string_value(name);

	for (unsigned i = 0; s && i < n; i++)
		if (strcmp(names[i], s) == 0)
			return (int)i;
	return -EINVAL;
}

/* Counts of a part of the senders are none of more than all of them. */
static bool holds(const struct spoof_figures *f)
{
	const uint32_t parts[] = {f->once,    f->twice,	 f->thrice,	 f->v4,		 f->bogon,
				  f->private, f->placed, f->even_n,	 f->ttl_n,	 f->heads_n,
				  f->heard_n, f->bgp_n,	 f->answered,	 f->established, f->resets,
				  f->darknet, f->own,	 f->edge_octets, f->hosts};

	for (unsigned i = 0; i < ARRAY_LEN(parts); i++)
		if (parts[i] > f->n)
			return false;
	return f->scale_log2 <= SCALE_MAX && f->packets >= f->once && f->unrouted <= f->placed &&
	       f->unallocated <= f->placed && f->ttl_odd <= f->ttl_n && f->ttl_again <= f->ttl_n &&
	       f->ttl_paths >= f->ttl_again && f->ttl_paths <= 32 * (uint64_t)f->ttl_again &&
	       f->ttl_alike <= f->ttl_pairs && f->window_top <= f->heads_n &&
	       f->length_top <= f->heads_n && f->ids_next <= f->ids_n &&
	       f->heard_match <= f->heard_n && f->heard_ttl_n <= f->heard_n &&
	       f->heard_ttl_match <= f->heard_ttl_n && f->bgp_match <= f->bgp_n &&
	       f->link_n <= f->n && f->link_top <= f->link_n && f->link_again <= f->link_n &&
	       f->link_several <= f->link_again && f->link_alike <= f->link_pairs &&
	       f->link_chance >= 0 && f->link_chance <= 1 && f->established_packets <= f->packets &&
	       f->ttl_chance >= 0 && f->ttl_chance <= 1;
}

static int get_facts(const json_t *from, struct spoof_facts *to)
{
	if (!from || json_is_null(from))
		return 0;
	if (!json_is_object(from) || fields_in(from, to, &group_facts))
		return -EINVAL;
	for (unsigned p = 0; p < PART_COUNT; p++) {
		const json_t *part = json_object_get(from, part_names[p]);

		if (!part)
			continue;
		if (!json_is_object(part) || fields_in(part, &to->part[p], &group_figures) ||
		    !holds(&to->part[p]))
			return -EINVAL;
	}
	return 0;
}

static int get_number(const json_t *v, unsigned digits, double *to)
{
	if (!v || json_is_null(v))
		return 0;
	if (!json_is_number(v))
		return -EINVAL;
	*to = spoof_round(json_number_value(v), digits);
	return 0;
}

/* A test that this version does not know is passed over. */
static int get_evidence(const json_t *list, struct spoofing *s)
{
	for (size_t i = 0; i < json_array_size(list) && s->n_evidence < SPOOF_EVIDENCE_MAX; i++) {
		const json_t *o = json_array_get(list, i);
		const char *name = json_string_value(json_object_get(o, "test"));
		int test = name ? spoof_test_find(name) : -EINVAL;
		int part = name_index(part_names, PART_COUNT, json_object_get(o, "part"));
		json_int_t n = json_integer_value(json_object_get(o, "n"));
		struct spoof_evidence *e = &s->evidence[s->n_evidence];

		if (test < 0)
			continue;
		*e = (struct spoof_evidence){.test = (uint8_t)test, .part = (uint8_t)part};
		if (part < 0 || n < 0 || n > UINT32_MAX ||
		    get_number(json_object_get(o, "figure"), SPOOF_FIGURE_DIGITS, &e->figure) ||
		    get_number(json_object_get(o, "weight"), SPOOF_SHARE_DIGITS, &e->weight))
			return -EINVAL;
		e->n = (uint32_t)n;
		s->n_evidence++;
	}
	return 0;
}

static int get_groups(const json_t *list, struct spoofing *s)
{
	for (size_t i = 0; i < json_array_size(list) && s->n_groups < PART_GROUPS; i++) {
		const json_t *o = json_array_get(list, i);
		int part = name_index(part_names, PART_COUNT, json_object_get(o, "group"));
		int verdict =
			name_index(verdict_names, SPOOF_VERDICTS, json_object_get(o, "verdict"));
		struct spoof_group_said *g = &s->group[s->n_groups++];

		if (part < PART_SYN || verdict < 0 ||
		    json_get_share(o, "confidence", &g->confidence) ||
		    json_get_share(o, "share", &g->share))
			return -EINVAL;
		g->part = (uint8_t)part;
		g->verdict = (uint8_t)verdict;
		g->reflected = json_is_true(json_object_get(o, "reflected"));
	}
	return 0;
}

int spoof_from_json(const json_t *from, struct incident *inc)
{
	const json_t *o = json_object_get(from, "spoofing"), *list;
	struct spoofing *s = &inc->spoofing;
	int verdict, rule;

	if (get_facts(json_object_get(from, "facts"), &inc->facts))
		return -EINVAL;
	*s = (struct spoofing){.confidence = 0.5, .forged_share = -1, .rule = SPOOF_NO_FACTS};
	if (!o || json_is_null(o)) /* written before there was a verdict */
		return 0;
	verdict = name_index(verdict_names, SPOOF_VERDICTS, json_object_get(o, "verdict"));
	rule = name_index(rule_names, SPOOF_RULES, json_object_get(o, "rule"));
	if (verdict < 0 || rule < 0 ||
	    get_number(json_object_get(o, "confidence"), SPOOF_SHARE_DIGITS, &s->confidence) ||
	    get_number(json_object_get(o, "forged_share"), SPOOF_SHARE_DIGITS, &s->forged_share) ||
	    s->confidence < 0 || s->confidence > 1)
		return -EINVAL;
	s->verdict = (enum spoof_verdict)verdict;
	s->rule = (enum spoof_rule)rule;
	list = json_object_get(o, "without");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *name = json_string_value(json_array_get(list, i));
		int test = name ? spoof_test_find(name) : -EINVAL;

		s->without |= test >= 0 ? UINT32_C(1) << test : 0;
	}
	if (get_groups(json_object_get(o, "groups"), s))
		return -EINVAL;
	return get_evidence(json_object_get(o, "evidence"), s);
}
