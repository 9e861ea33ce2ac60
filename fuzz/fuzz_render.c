/* SPDX-License-Identifier: ISC */
/*
 * Rules in the words of every target. The bytes are a rule as the program keeps it, whatever its
 * numbers are; each target either refuses it with a reason or says it whole: nothing that a router
 * would read as something else, and no list without its last line, which lets the others pass.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "act/render.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
	if (!holds)
		abort();
}

static uint16_t take(const uint8_t **data, size_t *size, size_t n)
{
	uint16_t v = 0;

	for (; n && *size; n--, (*size)--)
		v = (uint16_t)(v << 8 | *(*data)++);
	return v;
}

static struct prefix a_prefix(const uint8_t **data, size_t *size, bool v4)
{
	struct ip ip = ip_from_v4(0);

	for (unsigned i = v4 ? 12 : 0; i < 16; i++)
		ip.b[i] = (uint8_t)take(data, size, 1);
	return prefix_of(&ip, take(data, size, 1) % 129u);
}

static struct rule a_rule(const uint8_t *data, size_t size)
{
	uint8_t how = (uint8_t)take(&data, &size, 1);
	struct rule r = {.action = (how >> 2) % 4u, .has_source = how & 2};

	r.destination = a_prefix(&data, &size, how & 1);
	if (r.has_source)
		r.source = a_prefix(&data, &size, how & 1);
	r.limit_bps = (double)take(&data, &size, 2) * (double)take(&data, &size, 2) *
		      (double)take(&data, &size, 2);
	memcpy(r.redirect, how & 16 ? "64500:1" : "", how & 16 ? 8 : 1);
	while (size && r.n_conditions < RULE_CONDITIONS_MAX) {
		struct rule_condition *c = &r.condition[r.n_conditions++];

		c->field = take(&data, &size, 1) % (RULE_FIELDS + 1u);
		c->n = take(&data, &size, 1) % (RULE_RANGES_MAX + 2u);
		for (unsigned i = 0; i < c->n && i < RULE_RANGES_MAX; i++) {
			c->range[i].from = take(&data, &size, 2);
			c->range[i].to = take(&data, &size, 2);
		}
	}
	return r;
}

static bool ends_with(const struct text *t, const char *end)
{
	size_t n = strlen(end);

	return t->len >= n && strcmp(t->s + t->len - n, end) == 0;
}

static void look(enum render_kind k, const struct text *t)
{
	static const char *const end[RENDER_KINDS] = {
		[RENDER_EXABGP] = "; } }",	[RENDER_NFT] = " drop comment \"list\"\n",
		[RENDER_IOS_XE] = " any any\n", [RENDER_IOS_XR] = " any any\n",
		[RENDER_JUNOS] = " accept\n",	[RENDER_ARISTA] = " any any\n",
	};

	require(text_ok(t) && ends_with(t, end[k]));
	for (size_t i = 0; i < t->len; i++)
		require((t->s[i] >= ' ' && t->s[i] < 127) ||
			(t->s[i] == '\n' && k != RENDER_EXABGP));
	require(k != RENDER_EXABGP ||
		strncmp(t->s, "announce flow route { match { destination ", 42) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rule r = a_rule(data, size);

	for (enum render_kind k = 0; k < RENDER_KINDS; k++) {
		_cleanup_text_ struct text out = TEXT_NULL;
		_cleanup_text_ struct text ja = TEXT_NULL;
		enum render_refusal refused = render_rule(k, &r, "list", &out);

		require((unsigned)refused < RENDER_REFUSALS);
		require((refused == REFUSED_RULE) == (rule_check(&r) != NULL));
		render_say(k, refused, &r, true, &ja);
		require((ja.len > 0) == (refused != REFUSED_NOT));
		if (refused)
			require(out.len > 0 && text_is_utf8(ja.s, ja.len));
		else
			look(k, &out);
	}
	return 0;
}
