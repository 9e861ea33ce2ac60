/* SPDX-License-Identifier: ISC */
/* What a BGP neighbour is told for a measure, and ExaBGP's configuration. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "router/exabgp.h"

static struct conf_neighbor neighbor(const char *address)
{
	struct conf_neighbor n = {.kind = ROUTER_EXABGP, .local_as = 64500, .peer_as = 64502};

	strcpy(n.name, "border");
	assert_int_equal(ip_parse(address, &n.address), 0);
	return n;
}

static struct measure *measure(const char *target)
{
	struct measure *m = calloc(1, sizeof(*m));

	assert_non_null(m);
	measure_clear(m);
	strcpy(m->id, "m0123456789ab");
	assert_int_equal(prefix_parse(target, false, &m->option.target), 0);
	m->option.kind = PLAN_RTBH;
	return m;
}

static void expect(const struct conf_neighbor *n, const struct measure *m, const char *say,
		   const char *undo)
{
	struct exabgp_line lines[PLAN_RULES_MAX];
	_cleanup_text_ struct text why = TEXT_NULL;
	int count = exabgp_lines(n, m, lines, &why);

	assert_int_equal(count, 1);
	assert_string_equal(lines[0].say, say);
	assert_string_equal(lines[0].undo, undo);
	exabgp_lines_free(lines, 1);
}

static void test_blackhole(void **state)
{
	struct conf_neighbor n = neighbor("10.99.2.2");
	_cleanup_free_ struct measure *m = measure("203.0.113.10");

	expect(&n, m,
	       "neighbor 10.99.2.2 announce route 203.0.113.10/32 next-hop self community [ "
	       "65535:666 "
	       "65535:65281 ]",
	       "neighbor 10.99.2.2 withdraw route 203.0.113.10/32 next-hop self community [ "
	       "65535:666 "
	       "65535:65281 ]");
	strcpy(n.community, "64502:666");
	ip_parse("192.0.2.1", &n.next_hop);
	expect(&n, m,
	       "neighbor 10.99.2.2 announce route 203.0.113.10/32 next-hop 192.0.2.1 community [ "
	       "64502:666 65535:65281 ]",
	       "neighbor 10.99.2.2 withdraw route 203.0.113.10/32 next-hop 192.0.2.1 community [ "
	       "64502:666 65535:65281 ]");
}

/* Over a session of the other family "self" would be an address that nobody can use. */
static void test_other_family(void **state)
{
	struct conf_neighbor n = neighbor("10.99.2.2"), six = neighbor("2001:db8:99:2::2");
	_cleanup_free_ struct measure *m = measure("2001:db8:dead::10");
	struct exabgp_line lines[PLAN_RULES_MAX];
	_cleanup_text_ struct text why = TEXT_NULL;

	assert_int_equal(exabgp_lines(&n, m, lines, &why), -EINVAL);
	assert_non_null(strstr(text_str(&why), "next_hop6"));
	ip_parse("2001:db8:99:2::1", &n.next_hop6);
	expect(&n, m,
	       "neighbor 10.99.2.2 announce route 2001:db8:dead::10/128 next-hop 2001:db8:99:2::1 "
	       "community [ 65535:666 65535:65281 ]",
	       "neighbor 10.99.2.2 withdraw route 2001:db8:dead::10/128 next-hop 2001:db8:99:2::1 "
	       "community [ 65535:666 65535:65281 ]");
	assert_int_equal(exabgp_lines(&six, m, lines, &why), 1);
	assert_non_null(strstr(lines[0].say, "next-hop self"));
	exabgp_lines_free(lines, 1);
}

static void test_rules(void **state)
{
	struct conf_neighbor n = neighbor("10.99.2.2");
	_cleanup_free_ struct measure *m = measure("203.0.113.20");
	struct exabgp_line lines[PLAN_RULES_MAX];
	_cleanup_text_ struct text why = TEXT_NULL;

	m->option.kind = PLAN_FLOWSPEC;
	m->option.n_rules = 2;
	for (int i = 0; i < 2; i++) {
		m->option.rule[i].destination = m->option.target;
		assert_true(rule_add(&m->option.rule[i], RULE_PROTOCOL, IPPROTO_UDP, IPPROTO_UDP));
		assert_true(rule_add(&m->option.rule[i], RULE_SOURCE_PORT, 123, 123));
	}
	assert_int_equal(exabgp_lines(&n, m, lines, &why), 2);
	assert_non_null(strstr(lines[0].say, "neighbor 10.99.2.2 announce flow route { match { "
					     "destination 203.0.113.20/32;"));
	assert_non_null(strstr(lines[0].say, "then"));
	assert_non_null(strstr(lines[0].undo, "neighbor 10.99.2.2 withdraw flow route { match { "));
	/* What it does is no part of what is taken back. */
	assert_null(strstr(lines[0].undo, "then"));
	assert_null(strstr(lines[0].undo, "community"));
	assert_string_equal(strrchr(lines[0].undo, ';'), "; } }");
	exabgp_lines_free(lines, 2);
	/* One that cannot be said refuses all of it. */
	m->option.rule[1].action = RULE_REDIRECT;
	strcpy(m->option.rule[1].redirect, "nowhere");
	assert_int_equal(exabgp_lines(&n, m, lines, &why), -EINVAL);
	assert_true(why.len > 0);
}

static void test_configuration(void **state)
{
	static const char yaml[] =
		"own: [203.0.113.0/24]\n"
		"store: {directory: /srv/store}\n"
		"act:\n"
		"  neighbors:\n"
		"    - {name: border, kind: exabgp, point: own_border, takes: [rtbh], "
		"address: 10.99.2.2, local_address: 10.99.2.1, local_as: 64500, "
		"peer_as: 64502}\n"
		"    - {name: box, kind: nftables, point: host, takes: [nftables]}\n";
	_cleanup_text_ struct text errors = TEXT_NULL, out = TEXT_NULL, why = TEXT_NULL;
	struct conf *c = conf_load_text("c.yaml", yaml, sizeof(yaml) - 1, &errors);

	if (!c)
		fail_msg("%s", text_str(&errors));
	assert_int_equal(exabgp_conf(c, "/usr/bin/noroshi", &out, &why), 0);
	assert_non_null(
		strstr(text_str(&out), "run /usr/bin/noroshi act pipe /srv/store/exabgp.sock;"));
	assert_non_null(strstr(text_str(&out), "neighbor 10.99.2.2 {"));
	assert_non_null(strstr(text_str(&out), "ipv6 unicast;"));
	assert_null(strstr(text_str(&out), "flow"));
	assert_null(strstr(text_str(&out), "box"));
	/* Names that ExaBGP would cut in pieces. */
	text_clear(&out);
	assert_int_equal(exabgp_conf(c, "/usr/my bin/noroshi", &out, &why), -EINVAL);
	assert_non_null(strstr(text_str(&why), "/usr/my bin/noroshi"));
	conf_unref(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_blackhole),
		cmocka_unit_test(test_other_family),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_configuration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
