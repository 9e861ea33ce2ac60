/* SPDX-License-Identifier: ISC */
/*
 * Proves by golden files how rules of every kind read for each target, or why a target cannot say
 * them; and the borders: what is refused, names, limits in bits and bytes, blackhole routes.
 */
#include "duty/test_brief_kit.h"

#include "act/render.h"
#include "act/test_rules_kit.h"

static void say(enum render_kind k, const struct rule *r, const char *name, struct text *out)
{
	_cleanup_text_ struct text t = TEXT_NULL;
	enum render_refusal refused = render_rule(k, r, name, &t);

	if (refused) {
		text_add(&t, "\n");
		render_say(k, refused, r, true, &t);
	}
	text_printf(out, "---- %s%s\n%s%s", render_name(k), refused ? " cannot" : "", text_str(&t),
		    t.len && t.s[t.len - 1] == '\n' ? "" : "\n");
}

static void test_golden(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(kit_rules); i++) {
		_cleanup_text_ struct text out = TEXT_NULL;
		struct rule r = kit_rule(&kit_rules[i]);
		char file[64];

		rule_text(&r, &out);
		text_add(&out, "\n");
		for (enum render_kind k = 0; k < RENDER_KINDS; k++)
			say(k, &r, kit_rules[i].name, &out);
		assert_true(text_ok(&out));
		snprintf(file, sizeof(file), "render-%s", kit_rules[i].name);
		golden_is(file, text_str(&out));
	}
}

static void test_golden_rtbh(void **state)
{
	_cleanup_text_ struct text out = TEXT_NULL;
	static const char *const targets[] = {"198.51.100.7", "203.0.113.0/24", "2001:db8:5::7"};

	for (size_t i = 0; i < ARRAY_LEN(targets); i++) {
		const char *hop = i == 2 ? "2001:db8:99::1" : "self";
		struct prefix p;

		assert_int_equal(prefix_parse(targets[i], false, &p), 0);
		for (int withdraw = 0; withdraw < 2; withdraw++) {
			render_rtbh(&p, hop, i == 1 ? "64500:666 65535:65281" : "65535:666",
				    withdraw, &out);
			text_add(&out, "\n");
		}
	}
	golden_is("render-rtbh", text_str(&out));
}

/* @word stands in the reason for which @k cannot say @r. */
static void refused(enum render_kind k, const struct rule *r, const char *word)
{
	_cleanup_text_ struct text out = TEXT_NULL;

	if (!render_rule(k, r, "list", &out) || !strstr(text_str(&out), word))
		fail_msg("%s, of which \"%s\" was expected, says: %s", render_name(k), word,
			 text_str(&out));
}

static void said(enum render_kind k, const struct rule *r, const char *word)
{
	_cleanup_text_ struct text out = TEXT_NULL;

	if (render_rule(k, r, "list", &out) || !strstr(text_str(&out), word))
		fail_msg("%s, of which \"%s\" was expected, says: %s", render_name(k), word,
			 text_str(&out));
}

/* Each reason has words in both languages, for whichever target. */
static void test_reasons(void **state)
{
	struct rule bad = {.n_conditions = 0}; /* it has no destination */

	for (enum render_refusal why = REFUSED_RULE; why < RENDER_REFUSALS; why++)
		for (enum render_kind k = 0; k < RENDER_KINDS; k++) {
			_cleanup_text_ struct text en = TEXT_NULL, ja = TEXT_NULL;

			render_say(k, why, &bad, false, &en);
			render_say(k, why, &bad, true, &ja);
			assert_true(en.len > 5 && text_width(text_str(&en)) == en.len);
			assert_true(ja.len > 5 && text_width(text_str(&ja)) < ja.len);
			assert_null(strchr(text_str(&ja), '%'));
			/* The plain form, as in a plan. */
			assert_null(strstr(text_str(&ja), "です"));
			assert_null(strstr(text_str(&ja), "ません"));
		}
}

static struct rule rule_to(const char *destination)
{
	struct rule r = {0};

	assert_int_equal(prefix_parse(destination, false, &r.destination), 0);
	return r;
}

static void test_withdraw(void **state)
{
	struct rule r = kit_rule_of("syn-flood");
	_cleanup_text_ struct text announce = TEXT_NULL, withdraw = TEXT_NULL;

	assert_int_equal(render_exabgp(&r, false, &announce), 0);
	assert_int_equal(render_exabgp(&r, true, &withdraw), 0);
	assert_memory_equal(text_str(&announce), "announce ", 9);
	assert_memory_equal(text_str(&withdraw), "withdraw ", 9);
	assert_string_equal(text_str(&announce) + 9, text_str(&withdraw) + 9);
	assert_null(strchr(text_str(&announce), '\n'));
}

/* Bits in the rule, bytes where a target wants bytes; and what is less than a byte is no limit. */
static void test_limits(void **state)
{
	struct rule r = kit_rule_of("limit");

	said(RENDER_EXABGP, &r, " rate-limit 1000000;");
	said(RENDER_NFT, &r, " limit rate over 1000000 bytes/second ");
	said(RENDER_JUNOS, &r, "bandwidth-limit 8000000\n");
	r.limit_bps = 7;
	refused(RENDER_EXABGP, &r, "limit");
	refused(RENDER_NFT, &r, "limit");
	refused(RENDER_JUNOS, &r, "32 kbit/s");
	r.limit_bps = 9e14;
	refused(RENDER_EXABGP, &r, "8 Tbit/s");
	refused(RENDER_NFT, &r, "144 Gbit/s");
	refused(RENDER_JUNOS, &r, "100 Gbit/s");
	r.limit_bps = 8e6;
	refused(RENDER_IOS_XE, &r, "limit");
	refused(RENDER_IOS_XR, &r, "limit");
	refused(RENDER_ARISTA, &r, "limit");
}

static void test_redirects(void **state)
{
	static const char *const good[] = {"64500:666", "64500:4294967295", "4200000000:65535"};
	static const char *const bad[] = {"64500:",	      "64500",	     ":1",    "",
					  "4200000000:65536", "a:1",	     "1:1 }", "1:2:3",
					  "64500:4294967296", "4294967296:1"};
	struct rule r = kit_rule_of("redirect");

	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		snprintf(r.redirect, sizeof(r.redirect), "%s", good[i]);
		said(RENDER_EXABGP, &r, good[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		_cleanup_text_ struct text out = TEXT_NULL;

		snprintf(r.redirect, sizeof(r.redirect), "%s", bad[i]);
		assert_int_equal(render_exabgp(&r, false, &out), REFUSED_TARGET);
	}
	snprintf(r.redirect, sizeof(r.redirect), "64500:666");
	refused(RENDER_NFT, &r, "route target");
	refused(RENDER_JUNOS, &r, "route target");
	refused(RENDER_ARISTA, &r, "route target");
}

#define NAME_OF_65 "a2345678901234567890123456789012345678901234567890123456789012345"

static void test_names(void **state)
{
	static const char *const bad[] = {"",	    "1list", "-list", "li st",
					  "list\n", "li_st", "l\"t",  NAME_OF_65};
	struct rule r = kit_rule_of("syn-flood");

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		for (enum render_kind k = RENDER_IOS_XE; k < RENDER_KINDS; k++) {
			_cleanup_text_ struct text out = TEXT_NULL;

			assert_int_equal(render_rule(k, &r, bad[i], &out), REFUSED_NAME);
			assert_non_null(strstr(text_str(&out), "name"));
		}
	for (enum render_kind k = RENDER_IOS_XE; k < RENDER_KINDS; k++)
		said(k, &r, "list");
}

/* Ranges in any order, overlapping and side by side, are said once each. */
static void test_ranges(void **state)
{
	struct rule r = rule_to("198.51.100.7");

	kit_on(&r, RULE_PROTOCOL, 17, 17);
	kit_on(&r, RULE_DESTINATION_PORT, 3000, 4000);
	kit_on(&r, RULE_DESTINATION_PORT, 100, 200);
	kit_on(&r, RULE_DESTINATION_PORT, 201, 300);
	kit_on(&r, RULE_DESTINATION_PORT, 3500, 5000);
	said(RENDER_NFT, &r, "th dport { 100-300, 3000-5000 } counter");
	said(RENDER_EXABGP, &r, "destination-port [ >=100&<=300 >=3000&<=5000 ];");
	said(RENDER_JUNOS, &r, "destination-port [ 100-300 3000-5000 ]");
	said(RENDER_ARISTA, &r, "range 100 300\n 20 deny udp any host 198.51.100.7 range 3000");
}

/* Each would be a rule that says something else than what was meant, or nothing. */
static void test_refused(void **state)
{
	struct rule r = rule_to("198.51.100.7");

	kit_on(&r, RULE_PROTOCOL, 6, 6);
	kit_on(&r, RULE_TCP_FLAGS, 0x40, 0x40);
	said(RENDER_NFT, &r, "tcp flags & (ecn) == ecn");
	said(RENDER_EXABGP, &r, "tcp-flags [ =ece ]");
	refused(RENDER_IOS_XR, &r, "ECE");
	refused(RENDER_JUNOS, &r, "ECE");

	r = kit_rule_of("dns-amplification");
	refused(RENDER_IOS_XE, &r, "length");
	refused(RENDER_ARISTA, &r, "length");
	said(RENDER_IOS_XR, &r, "packet-length range 513 65535");
	r = kit_rule_of("v6-dns-amplification");
	refused(RENDER_IOS_XR, &r, "length");

	r = kit_rule_of("all-fragments");
	refused(RENDER_IOS_XE, &r, "later fragments");
	r = kit_rule_of("v6-later-fragments");
	refused(RENDER_JUNOS, &r, "IPv6");

	r = kit_rule_of("odd-flags");
	refused(RENDER_ARISTA, &r, "TCP flags");
	said(RENDER_IOS_XE, &r, "match-all +fin +syn\n");

	r = rule_to("198.51.100.7");
	kit_on(&r, RULE_PROTOCOL, 17, 17);
	for (unsigned i = 0; i < 12; i++) {
		kit_on(&r, RULE_SOURCE_PORT, (uint16_t)(100 * i), (uint16_t)(100 * i));
		kit_on(&r, RULE_DESTINATION_PORT, (uint16_t)(100 * i), (uint16_t)(100 * i));
	}
	refused(RENDER_IOS_XE, &r, "128 lines");
	said(RENDER_JUNOS, &r, "source-port [ 0 100");
}

/* No rule without a destination comes through, whatever rule_check() may think of it. */
static void test_no_destination(void **state)
{
	struct rule r = rule_to("0.0.0.0/0");
	_cleanup_text_ struct text out = TEXT_NULL;

	assert_int_equal(render_exabgp(&r, false, &out), REFUSED_DESTINATION);
	assert_int_equal(render_nft(&r, NULL, NULL, NULL, &out), REFUSED_DESTINATION);
	r = rule_to("::/0");
	assert_int_equal(render_exabgp(&r, false, &out), REFUSED_DESTINATION);
	assert_int_equal(render_nft(&r, NULL, NULL, NULL, &out), REFUSED_DESTINATION);
	for (enum render_kind k = 0; k < RENDER_KINDS; k++)
		assert_int_equal(render_rule(k, &r, "list", &out), REFUSED_RULE);
}

/* Ports ask for a packet that has them: a later fragment does not, so this matches nothing. */
static void test_matches_nothing(void **state)
{
	struct rule r = kit_rule_of("later-fragments");
	_cleanup_text_ struct text out = TEXT_NULL;

	kit_on(&r, RULE_SOURCE_PORT, 53, 53);
	assert_int_equal(render_nft(&r, NULL, NULL, NULL, &out), REFUSED_NOTHING);
	assert_string_equal(text_str(&out), "it matches no packet");
}

/* A limit of three rules would be three limits. */
static void test_shared_limit(void **state)
{
	struct rule r = kit_rule_of("v6-no-later-fragments");
	_cleanup_text_ struct text out = TEXT_NULL;

	assert_int_equal(render_nft(&r, NULL, NULL, NULL, &out), 0);
	assert_non_null(strchr(strchr(text_str(&out), '\n') + 1, '\n'));
	r.action = RULE_LIMIT;
	r.limit_bps = 8e6;
	assert_int_equal(render_nft(&r, NULL, NULL, NULL, &out), REFUSED_NFT_LIMITS);
	assert_non_null(strstr(text_str(&out), "limit of its own"));
}

/* nft takes "tcp flags { 0x02 }" as "SYN is set", as it does without the brackets. */
static void test_one_value(void **state)
{
	struct rule r = rule_to("198.51.100.7");

	kit_on(&r, RULE_PROTOCOL, 6, 6);
	kit_on(&r, RULE_TCP_FLAGS, 0x02, 0xff);
	said(RENDER_NFT, &r, "== syn counter");
	kit_on(&r, RULE_TCP_FLAGS, 0x02, 0xff);
	said(RENDER_NFT, &r, " tcp flags == 0x02 counter");
}

static void test_nft_parts(void **state)
{
	struct rule r = kit_rule_of("memcached-amplification");
	_cleanup_text_ struct text out = TEXT_NULL;

	assert_int_equal(render_nft(&r, "@m1", "m1", "m1 x", &out), 0);
	assert_string_equal(text_str(&out),
			    "ip daddr @m1 meta l4proto 17 ip frag-off & 0x1fff == "
			    "0x0 th sport 11211 counter name \"m1\" drop comment \"m1 x\"\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),	       cmocka_unit_test(test_golden_rtbh),
		cmocka_unit_test(test_withdraw),       cmocka_unit_test(test_limits),
		cmocka_unit_test(test_redirects),      cmocka_unit_test(test_names),
		cmocka_unit_test(test_ranges),	       cmocka_unit_test(test_refused),
		cmocka_unit_test(test_no_destination), cmocka_unit_test(test_matches_nothing),
		cmocka_unit_test(test_shared_limit),   cmocka_unit_test(test_nft_parts),
		cmocka_unit_test(test_one_value),      cmocka_unit_test(test_reasons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
