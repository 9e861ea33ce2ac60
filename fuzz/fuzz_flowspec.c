/* SPDX-License-Identifier: ISC */
/*
 * FlowSpec of any octets: refused with a word, or what was read is written, reads back as the same,
 * has a canonical form that is its own, and is said as text, as JSON and, where it can be, as a
 * rule that means the same. The first octet says what the others are: NLRIs with lengths,
 * components, communities, a rule as JSON, or NLRIs with path identifiers.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "act/flowspec.h"

#define IPV6 0x08
#define VPN  0x10

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void through_octets(const struct flowspec *f)
{
	static struct flowspec back;
	static uint8_t octets[FLOWSPEC_NLRI_MAX];
	struct flowspec_verdict v;
	size_t n, taken;

	require(flowspec_encode(f, octets, sizeof(octets), &n, NULL) == FLOWSPEC_GOOD);
	require(flowspec_next(octets, n, f->family, f->vpn, &back, &v, &taken));
	require(taken == n && !v.ignored && flowspec_equal(f, &back));
}

static void say(const struct flowspec *f)
{
	_cleanup_text_ struct text t = TEXT_NULL;
	json_t *o = flowspec_json(f);

	flowspec_text(f, &t);
	require(o && t.len > 0);
	json_decref(o);
}

/* A rule of it, and what that rule is as a FlowSpec, are the same rule. */
static void through_rule(const struct flowspec *f)
{
	static struct flowspec again;
	struct rule a, b;

	if (flowspec_to_rule(f, &a) != FLOWSPEC_GOOD)
		return;
	require(!rule_check(&a));
	require(flowspec_from_rule(&a, &again) == FLOWSPEC_GOOD);
	through_octets(&again);
	require(flowspec_to_rule(&again, &b) == FLOWSPEC_GOOD);
	require(b.n_conditions == a.n_conditions);
}

static void look_at(const struct flowspec *f)
{
	static struct flowspec canonical, twice;

	require(flowspec_check(f) == FLOWSPEC_GOOD);
	through_octets(f);
	canonical = *f;
	flowspec_canonical(&canonical);
	through_octets(&canonical);
	twice = canonical;
	flowspec_canonical(&twice);
	require(flowspec_equal(&canonical, &twice));
	for (unsigned type = FLOWSPEC_PROTOCOL; type < FLOWSPEC_TYPES; type++)
		for (uint32_t x = 0; (f->has & 1u << type) && x < 24; x++)
			require(flowspec_holds(f, type, x) == flowspec_holds(&canonical, type, x));
	say(f);
	through_rule(f);
}

static void components(const uint8_t *data, size_t n, unsigned family, bool vpn)
{
	static struct flowspec f;
	struct flowspec_verdict v;

	if (flowspec_decode(data, n, family, vpn, &f, &v))
		look_at(&f);
	else
		require(flowspec_reason_refuses(v.refused) && v.at <= n);
}

static void nlris(const uint8_t *data, size_t n, unsigned family, bool vpn, bool paths)
{
	static struct flowspec f;
	struct flowspec_verdict v;
	uint32_t path;

	for (size_t at = 0, taken; at < n; at += taken) {
		if (paths) {
			taken = flowspec_path(data + at, n - at, &path);
			require(taken == 4 || (taken == 0 && n - at < 4 && path == 0));
			at += taken;
			if (!taken || at == n)
				return;
		}
		if (flowspec_next(data + at, n - at, family, vpn, &f, &v, &taken))
			look_at(&f);
		require(taken > 0 && taken <= n - at);
	}
}

static void communities(const uint8_t *data, size_t n, size_t size)
{
	struct flowspec_actions a = {0}, back = {0};
	_cleanup_text_ struct text t = TEXT_NULL;
	uint8_t octets[FLOWSPEC_COMMUNITY_IPV6], again[FLOWSPEC_COMMUNITY_IPV6];
	struct rule r = {0};
	json_t *o;

	if (flowspec_actions_decode(data, n, size, &a) != FLOWSPEC_GOOD)
		return;
	for (unsigned i = 0; i < a.n; i++) {
		require(flowspec_action_encode(&a.action[i], octets) == size);
		require(flowspec_actions_decode(octets, size, size, &back) == FLOWSPEC_GOOD);
		require(flowspec_action_encode(&back.action[i], again) == size);
		require(memcmp(octets, again, size) == 0);
	}
	flowspec_actions_text(&a, &t);
	o = flowspec_actions_json(&a);
	require(o != NULL);
	json_decref(o);
	if (flowspec_actions_to_rule(&a, &r))
		require(flowspec_actions_from_rule(&r, &back));
}

static void rule_of_json(const uint8_t *data, size_t n)
{
	json_t *o = json_loadb((const char *)data, n, 0, NULL), *written;
	struct rule a, b;

	if (o && rule_from_json(o, &a) == 0) {
		require(!rule_check(&a));
		written = rule_json(&a);
		require(written && rule_from_json(written, &b) == 0 && rule_equal(&a, &b));
		json_decref(written);
	}
	json_decref(o);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	unsigned family;
	bool vpn;

	if (n < 1)
		return 0;
	family = data[0] & IPV6 ? 6 : 4;
	vpn = data[0] & VPN;
	switch (data[0] & 7) {
	case 0:
		nlris(data + 1, n - 1, family, vpn, false);
		break;
	case 1:
		components(data + 1, n - 1, family, vpn);
		break;
	case 2:
		communities(data + 1, n - 1,
			    family == 6 ? FLOWSPEC_COMMUNITY_IPV6 : FLOWSPEC_COMMUNITY);
		break;
	case 3:
		rule_of_json(data + 1, n - 1);
		break;
	case 4:
		nlris(data + 1, n - 1, family, vpn, true);
		break;
	default:
		break;
	}
	return 0;
}
