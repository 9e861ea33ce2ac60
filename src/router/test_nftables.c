/* SPDX-License-Identifier: ISC */
/*
 * Proves what is said to nftables, and in a network namespace of this test's own what the kernel
 * then has: nothing twice, nothing of others touched, ended by the kernel itself, found again,
 * missed when somebody removes it, counted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <inttypes.h>
#include <net/if.h>
#include <nftables/libnftables.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "act/test_rules_kit.h"
#include "base/clock.h"
#include "router/nftables_text.h"
#include "router/router.h"

#define MINUTE_US (60 * US_PER_S)
#define NOW_US	  (INT64_C(1795630320) * US_PER_S)

static struct measure measure_of(const char *id, const char *target, int64_t until_us)
{
	struct measure m = {.until_us = until_us, .option = {.kind = PLAN_NFTABLES}};

	snprintf(m.id, sizeof(m.id), "%s", id);
	assert_int_equal(prefix_parse(target, false, &m.option.target), 0);
	return m;
}

static void add_rule(struct measure *m, const char *name)
{
	m->option.rule[m->option.n_rules++] = kit_rule_of(name);
}

/* ---- words ---- */

static void says(const struct text *t, const char *words)
{
	if (!strstr(text_str(t), words))
		fail_msg("\"%s\" does not stand in:\n%s", words, text_str(t));
}

static void test_blackhole_text(void **state)
{
	struct measure m = measure_of("m1", "198.51.100.7", NOW_US + MINUTE_US + 5000);
	_cleanup_text_ struct text out = TEXT_NULL;
	struct nft_wanted wanted;

	assert_int_equal(nft_say_apply("noroshi", &m, NOW_US, NULL, &wanted, &out), 0);
	assert_int_equal(wanted.n_rules, 1);
	assert_int_equal(wanted.n_sets, 1);
	says(&out, "add table inet noroshi\n");
	says(&out, "add set inet noroshi m1-1 { type ipv4_addr; flags timeout; }\n");
	says(&out, "add element inet noroshi m1-1 { 198.51.100.7 timeout 60s5ms }\n");
	says(&out, "add counter inet noroshi m1\n");
	says(&out, "add rule inet noroshi measures ip daddr @m1-1 counter name \"m1\" drop comment "
		   "\"m1 ");
	assert_null(strstr(text_str(&out), "flush"));
	assert_null(strstr(text_str(&out), "delete"));
}

/* Rules with one destination share a set. */
static void test_sets_text(void **state)
{
	struct measure m = measure_of("m1", "2001:db8:5::80", NOW_US + MINUTE_US);
	_cleanup_text_ struct text out = TEXT_NULL;
	struct nft_wanted wanted;

	add_rule(&m, "v6-syn-flood");
	add_rule(&m, "v6-syn-flood");
	add_rule(&m, "v6-carpet");
	assert_int_equal(nft_say_apply("t", &m, NOW_US, NULL, &wanted, &out), 0);
	assert_int_equal(wanted.n_rules, 3);
	assert_int_equal(wanted.n_sets, 2);
	says(&out, "m1-1 { 2001:db8:5::80 timeout 60s0ms }");
	says(&out, "m1-2 { 2001:db8:5:1:: timeout 60s0ms }");
	says(&out, "ip6 daddr & ffff:ffff:ffff:ffff:: @m1-2 meta l4proto 17 @th,0,24 >= 0x0 th "
		   "dport 1-1023 "
		   "counter name \"m1\" drop");
}

static void refuses(struct measure m, const char *why)
{
	_cleanup_text_ struct text out = TEXT_NULL;
	struct nft_wanted wanted;

	assert_int_equal(nft_say_apply("t", &m, NOW_US, NULL, &wanted, &out), 1);
	says(&out, why);
	assert_null(strstr(text_str(&out), "add "));
}

static void test_refused(void **state)
{
	struct measure m = measure_of("m1", "198.51.100.7", NOW_US + MINUTE_US), other = m;

	other.until_us = NOW_US;
	refuses(other, "end has passed");
	other.until_us = TIME_NONE;
	refuses(other, "end has passed");
	other.until_us = INT64_MAX;
	refuses(other, "too far");
	other = m;
	other.option.kind = PLAN_COMMUNITY;
	refuses(other, "drop and limit only");
	other = m;
	add_rule(&other, "syn-flood");
	add_rule(&other, "redirect"); /* nothing of a measure is done where not all of it can be */
	refuses(other, "route target");
	other = m;
	snprintf(other.id, sizeof(other.id), "m1;flush");
	refuses(other, "id");
	snprintf(other.id, sizeof(other.id), "m-1");
	refuses(other, "id");
	other = m;
	assert_int_equal(prefix_parse("0.0.0.0/0", false, &other.option.target), 0);
	refuses(other, "no destination");
}

static void test_names(void **state)
{
	assert_true(nft_table_is_good("noroshi"));
	assert_true(nft_table_is_good("no-ro_shi1"));
	assert_false(nft_table_is_good(""));
	assert_false(nft_table_is_good("1x"));
	assert_false(nft_table_is_good("x; flush ruleset"));
	assert_false(nft_table_is_good("x\n"));
	assert_true(nft_id_is_good("m0123456789ab"));
	assert_false(nft_id_is_good("m0123456789abcdef"));
}

/* One person's break-glass ends by itself, whatever end is written in the measure. */
static void test_break_glass(void **state)
{
	struct measure m = measure_of("m1", "198.51.100.7", NOW_US + 300 * MINUTE_US);

	m.break_glass = true;
	m.n_approvals = 1;
	m.approval[0].at_us = NOW_US - MINUTE_US;
	assert_int_equal(nft_end_us(&m), NOW_US + 59 * MINUTE_US);
	m.n_approvals = 2;
	assert_int_equal(nft_end_us(&m), m.until_us);
	m.break_glass = false;
	m.n_approvals = 1;
	assert_int_equal(nft_end_us(&m), m.until_us);
}

static json_t *sample(const char *mark)
{
	return json_pack("{s:[{s:{s:s}}, {s:{s:s, s:i, s:i}}, {s:{s:s, s:[{}]}}, {s:{s:s}},"
			 "{s:{s:i, s:s}}, {s:{s:i, s:s}}, {s:{s:i}}]}",
			 "nftables", "chain", "name", "measures", "counter", "name", "m1",
			 "packets", 7, "bytes", 700, "set", "name", "m1-1", "elem", "set", "name",
			 "m12-1", "rule", "handle", 4, "comment", mark, "rule", "handle", 5,
			 "comment", "m12 x", "rule", "handle", 6);
}

static void test_listing(void **state)
{
	json_t *listing = sample("m1 abc");
	json_t *parts = nft_by_measure(listing);
	_cleanup_text_ struct text away = TEXT_NULL;
	struct nft_stands s = nft_stands(listing, "m1", "abc");
	uint64_t packets, bytes;

	assert_int_equal(s.n_rules, 1);
	assert_int_equal(s.n_others, 0);
	assert_int_equal(s.n_sets, 1);
	assert_int_equal(s.n_elements, 1);
	assert_true(s.counter);
	s = nft_stands(listing, "m1", "other");
	assert_int_equal(s.n_rules, 0);
	assert_int_equal(s.n_others, 1);
	s = nft_stands(listing, "m12", "abc");
	assert_int_equal(s.n_elements, 0);
	assert_false(s.counter);
	assert_int_equal(json_object_size(parts), 2);
	s = nft_stands(json_object_get(parts, "m1"), "m1", "abc");
	assert_int_equal(s.n_rules + s.n_sets + s.n_elements, 3);
	assert_true(s.counter);
	assert_int_equal(nft_stands(json_object_get(parts, "m12"), "m12", "x").n_rules, 1);
	json_decref(parts);
	nft_say_away("t", "m1", listing, &away);
	assert_string_equal(text_str(&away), "delete rule inet t measures handle 4\n"
					     "delete counter inet t m1\n"
					     "delete set inet t m1-1\n");
	assert_int_equal(nft_counted(listing, "m1", &packets, &bytes), 0);
	assert_int_equal(packets, 7);
	assert_int_equal(bytes, 700);
	json_decref(listing);
	s = nft_stands(NULL, "m1", "abc");
	assert_int_equal(s.n_rules + s.n_others + s.n_sets, 0);
}

/* ---- the kernel ---- */

struct live {
	struct conf_neighbor n;
	struct loop *loop;
	struct router *r;
	struct nft_ctx *nft;
	struct text told;  /* "has m1 " and so on */
	const char *until; /* what the loop is run for */
};

static bool can_live;

static int enter(void **state)
{
	struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
	int fd;

	can_live = unshare(CLONE_NEWNET) == 0;
	if (!can_live)
		return 0;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	can_live = fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &lo) == 0;
	close(fd);
	return 0;
}

static void on_told(void *userdata, struct router *r, enum router_event event, const char *measure,
		    const char *why)
{
	static const char *const name[] = {"up",    "lost",   "has",	  "has-not",  "refused",
					   "found", "lifted", "lift-not", "unsayable"};
	struct live *l = userdata;

	assert_ptr_equal(r->ops, &router_nftables);
	text_printf(&l->told, "%s%s%s ", name[event], *measure ? ":" : "", measure);
	if (event == ROUTER_REFUSED || event == ROUTER_LIFT_NOT || event == ROUTER_UNSAYABLE)
		text_printf(&l->told, "(%s) ", why);
	if (l->until && strstr(text_str(&l->told), l->until))
		loop_stop(l->loop);
}

static int on_late(void *userdata, uint64_t ticks)
{
	loop_stop(userdata);
	return 0;
}

static void open_live(struct live *l)
{
	_cleanup_text_ struct text why = TEXT_NULL;

	if (router_nftables.open(NULL, &l->n, l->loop, on_told, l, &l->r, &why))
		fail_msg("%s", text_str(&why));
	assert_true(l->r->is_up);
}

static struct live *live_new(void)
{
	struct live *l;

	if (!can_live) {
		print_message("no network namespace can be made here\n");
		skip();
	}
	l = calloc(1, sizeof(*l));
	assert_non_null(l);
	snprintf(l->n.name, sizeof(l->n.name), "box");
	l->loop = loop_new();
	l->nft = nft_ctx_new(NFT_CTX_DEFAULT);
	assert_non_null(l->nft);
	nft_ctx_buffer_output(l->nft);
	nft_ctx_buffer_error(l->nft);
	return l;
}

static void run(struct live *l, const char *command)
{
	nft_ctx_output_set_flags(l->nft, 0);
	if (nft_run_cmd_from_buffer(l->nft, command))
		fail_msg("%s: %s", command, nft_ctx_get_error_buffer(l->nft));
	nft_ctx_get_output_buffer(l->nft);
}

static void live_free(struct live *l)
{
	l->r = l->r ? router_nftables.close(l->r) : NULL;
	run(l, "flush ruleset");
	nft_ctx_free(l->nft);
	loop_free(l->loop);
	text_deinit(&l->told);
	free(l);
}

/* Runs the loop until this was told, or five seconds are over. */
static void wait_for(struct live *l, const char *told)
{
	struct loop *loop = l->loop;
	static struct loop *timed;

	if (timed != loop) {
		assert_int_equal(loop_add_timer(loop, 5 * US_PER_S, on_late, loop), 0);
		timed = loop;
	}
	l->until = told;
	if (!strstr(text_str(&l->told), told))
		loop_run(loop);
	l->until = NULL;
	if (!strstr(text_str(&l->told), told))
		fail_msg("\"%s\" was not told, but: %s", told, text_str(&l->told));
	text_clear(&l->told);
}

static json_t *listing(struct live *l, const char *what)
{
	char command[128];
	json_t *got;

	nft_ctx_output_set_flags(l->nft, NFT_CTX_OUTPUT_JSON | NFT_CTX_OUTPUT_HANDLE);
	snprintf(command, sizeof(command), "list %s", what);
	if (nft_run_cmd_from_buffer(l->nft, command))
		fail_msg("%s: %s", command, nft_ctx_get_error_buffer(l->nft));
	got = json_loads(nft_ctx_get_output_buffer(l->nft), 0, NULL);
	assert_non_null(got);
	return got;
}

static struct nft_stands stands(struct live *l, const char *id)
{
	json_t *table = listing(l, "table inet noroshi");
	struct nft_stands s = nft_stands(table, id, "");

	json_decref(table);
	return s;
}

static void put(struct live *l, const struct measure *m)
{
	char has[64];

	assert_int_equal(router_nftables.apply(l->r, m), 0);
	assert_string_equal(text_str(&l->told), ""); /* it is answered later */
	snprintf(has, sizeof(has), "has:%s ", m->id);
	wait_for(l, has);
}

static void take(struct live *l, const struct measure *m)
{
	char has_not[64];

	assert_int_equal(router_nftables.take_away(l->r, m), 0);
	snprintf(has_not, sizeof(has_not), "has-not:%s ", m->id);
	wait_for(l, has_not);
}

static void test_open(void **state)
{
	struct live *l = live_new();
	json_t *before, *after;

	run(l,
	    "add table inet other; add chain inet other c { type filter hook input priority 0; };"
	    "add rule inet other c udp dport 9999 drop");
	before = listing(l, "table inet other");
	open_live(l);
	assert_string_equal(text_str(&l->told), ""); /* not before the caller knows the router */
	wait_for(l, "up ");
	l->r = router_nftables.close(l->r);
	after = listing(l, "table inet other");
	assert_true(json_equal(before, after));
	json_decref(before);
	json_decref(after);
	json_decref(listing(l, "chain inet noroshi measures"));
	live_free(l);
}

static void test_nothing_twice(void **state)
{
	struct live *l = live_new();
	struct measure m = measure_of("m1", "198.51.100.80", clock_real_us() + MINUTE_US);
	json_t *once, *again;

	add_rule(&m, "syn-flood");
	add_rule(&m, "carpet");
	open_live(l);
	wait_for(l, "up ");
	put(l, &m);
	assert_int_equal(stands(l, "m1").n_others, 2);
	assert_int_equal(stands(l, "m1").n_sets, 2);
	assert_int_equal(stands(l, "m1").n_elements, 2);
	once = listing(l, "chain inet noroshi measures");
	put(l, &m);
	m.until_us += MINUTE_US;
	put(l, &m);
	again = listing(l, "chain inet noroshi measures");
	assert_true(json_equal(once, again)); /* handles too: they were left alone */
	json_decref(again);

	l->r = router_nftables.close(l->r);
	open_live(l);
	wait_for(l, "found:m1 ");
	put(l, &m);
	again = listing(l, "chain inet noroshi measures");
	assert_true(json_equal(once, again));
	json_decref(once);
	json_decref(again);
	live_free(l);
}

/* The new end counts, also an earlier one. */
static void test_renewed(void **state)
{
	struct live *l = live_new();
	struct measure m = measure_of("m1", "198.51.100.80", clock_real_us() + 100 * MINUTE_US);
	const int64_t ends[] = {100, 200, 50};

	open_live(l);
	wait_for(l, "up ");
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		json_t *set, *elem;
		json_int_t expires;

		m.until_us = clock_real_us() + ends[i] * MINUTE_US;
		put(l, &m);
		set = listing(l, "set inet noroshi m1-1");
		elem = json_object_get(json_array_get(json_object_get(set, "nftables"), 1), "set");
		elem = json_array_get(json_object_get(elem, "elem"), 0);
		expires = json_integer_value(
			json_object_get(json_object_get(elem, "elem"), "expires"));
		if (expires > ends[i] * 60 || expires < ends[i] * 60 - 5)
			fail_msg("%" PRId64 " min: the kernel says %" JSON_INTEGER_FORMAT " s",
				 ends[i], expires);
		json_decref(set);
	}
	live_free(l);
}

static void test_away(void **state)
{
	struct live *l = live_new();
	struct measure m1 = measure_of("m1", "198.51.100.80", clock_real_us() + MINUTE_US);
	struct measure m12 = measure_of("m12", "198.51.100.80", clock_real_us() + MINUTE_US);
	json_t *empty, *now;

	open_live(l);
	wait_for(l, "up ");
	empty = listing(l, "table inet noroshi");
	put(l, &m1);
	put(l, &m12);
	for (int i = 0; i < 2; i++)
		take(l, &m1);
	assert_int_equal(stands(l, "m12").n_others, 1);
	assert_int_equal(stands(l, "m12").n_elements, 1);
	take(l, &m12);
	now = listing(l, "table inet noroshi");
	assert_true(json_equal(empty, now));
	json_decref(empty);
	json_decref(now);
	live_free(l);
}

static void send_udp(unsigned n)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_port = htons(9), .sin_addr = {htonl(INADDR_LOOPBACK)}};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	for (unsigned i = 0; i < n; i++) /* the port is closed: an answer makes the next one fail */
		if (sendto(fd, "0123456789", 10, 0, (struct sockaddr *)&to, sizeof(to)) != 10)
			i--;
	close(fd);
}

/* Counted while it stands, kept when it is renewed, and the kernel ends it without us. */
static void test_kernel_ends_it(void **state)
{
	struct live *l = live_new();
	struct measure m = measure_of("m1", "127.0.0.1", clock_real_us() + MINUTE_US);
	uint64_t packets = 0, bytes = 0;

	open_live(l);
	wait_for(l, "up ");
	assert_int_equal(router_nftables.counter(l->r, &m, &packets, &bytes), 1);
	put(l, &m);
	send_udp(5);
	assert_int_equal(router_nftables.counter(l->r, &m, &packets, &bytes), 0);
	assert_int_equal(packets, 5); /* nothing older: it was not there before */
	assert_int_equal(bytes, 5 * 38);
	m.until_us = clock_real_us() + 400 * US_PER_MS;
	put(l, &m);
	send_udp(2);
	usleep(500000);
	send_udp(3);
	usleep(100000); /* what was read before is half a second old then */
	assert_int_equal(router_nftables.counter(l->r, &m, &packets, &bytes), 0);
	assert_int_equal(packets, 7);
	assert_int_equal(stands(l, "m1").n_elements, 0);
	take(l, &m);
	live_free(l);
}

static void test_missed(void **state)
{
	static const char *const by_others[] = {
		"flush ruleset", "flush chain inet noroshi measures", "flush set inet noroshi m1-1",
		"delete table inet noroshi"};
	struct live *l = live_new();
	struct measure m = measure_of("m1", "198.51.100.80", clock_real_us() + MINUTE_US);

	open_live(l);
	wait_for(l, "up ");
	for (size_t i = 0; i < ARRAY_LEN(by_others); i++) {
		put(l, &m);
		run(l, by_others[i]);
		wait_for(l, "lost up ");
		put(l, &m);
		assert_int_equal(stands(l, "m1").n_others, 1);
		assert_int_equal(stands(l, "m1").n_elements, 1);
	}
	live_free(l);
}

/* What we do ourselves is no loss, nor is the end of a measure. */
static void test_quiet(void **state)
{
	struct live *l = live_new();
	struct measure m = measure_of("m1", "198.51.100.80", clock_real_us() + MINUTE_US);
	struct measure other = measure_of("m2", "198.51.100.81", clock_real_us() + 300 * US_PER_MS);

	open_live(l);
	wait_for(l, "up ");
	put(l, &m);
	put(l, &other);
	put(l, &m);
	take(l, &m);
	assert_int_equal(loop_add_timer(l->loop, US_PER_S, on_late, l->loop), 0);
	loop_run(l->loop);
	assert_string_equal(text_str(&l->told), "");
	live_free(l);
}

static void test_live_refused(void **state)
{
	struct live *l = live_new();
	struct measure m = measure_of("m1", "198.51.100.80", clock_real_us() + MINUTE_US);
	json_t *before, *after;

	open_live(l);
	wait_for(l, "up ");
	before = listing(l, "table inet noroshi");
	add_rule(&m, "syn-flood");
	add_rule(&m, "redirect");
	assert_int_equal(router_nftables.apply(l->r, &m), 0);
	assert_non_null(strstr(text_str(&l->told), "unsayable:m1 (nftables cannot hand packets"));
	text_clear(&l->told);
	/* What could never be said is not there. */
	assert_int_equal(router_nftables.take_away(l->r, &m), 0);
	wait_for(l, "has-not:m1 ");
	text_clear(&l->told);
	m.option.n_rules = 0;
	run(l, "add set inet noroshi m1-1 { type inet_service; }"); /* in our way */
	assert_int_equal(router_nftables.apply(l->r, &m), 0);
	wait_for(l, "refused:m1 (");
	run(l, "delete set inet noroshi m1-1");
	after = listing(l, "table inet noroshi");
	assert_true(json_equal(before, after));
	json_decref(before);
	json_decref(after);
	live_free(l);
}

static struct measure one_of(unsigned i)
{
	char id[MEASURE_ID_MAX], target[32];

	snprintf(id, sizeof(id), "m%u", i);
	snprintf(target, sizeof(target), "198.51.%u.%u", 100 + i / 250, i % 250);
	return measure_of(id, target, clock_real_us() + 10 * MINUTE_US);
}

/* Of what is asked for together, what the kernel does not take is refused alone. */
static void test_together(void **state)
{
	struct live *l = live_new();

	open_live(l);
	wait_for(l, "up ");
	run(l, "add set inet noroshi m1-1 { type inet_service; }");
	for (unsigned i = 0; i < 3; i++) {
		struct measure m = one_of(i);

		assert_int_equal(router_nftables.apply(l->r, &m), 0);
	}
	assert_string_equal(text_str(&l->told), "");
	l->until = "has:m2 ";
	loop_run(l->loop);
	says(&l->told, "has:m0 refused:m1 (");
	says(&l->told, "has:m2 ");
	assert_int_equal(stands(l, "m0").n_elements, 1);
	assert_int_equal(stands(l, "m1").n_others, 0);
	assert_int_equal(stands(l, "m2").n_elements, 1);
	live_free(l);
}

/* Asked for, renewed and taken away in one turn: the last word counts, and each is answered. */
static void test_same_turn(void **state)
{
	struct live *l = live_new();
	struct measure m = one_of(1);

	open_live(l);
	wait_for(l, "up ");
	assert_int_equal(router_nftables.apply(l->r, &m), 0);
	m.until_us += MINUTE_US;
	assert_int_equal(router_nftables.apply(l->r, &m), 0);
	assert_int_equal(router_nftables.take_away(l->r, &m), 0);
	l->until = "has-not:m1 ";
	loop_run(l->loop);
	assert_string_equal(text_str(&l->told), "has:m1 has:m1 has-not:m1 ");
	assert_int_equal(stands(l, "m1").n_others, 0);
	live_free(l);
}

#define MANY 1000

static void all_of(struct live *l, int (*fn)(struct router *r, const struct measure *m),
		   const char *last)
{
	for (unsigned i = 0; i < MANY; i++) {
		struct measure m = one_of(i);

		assert_int_equal(fn(l->r, &m), 0);
	}
	wait_for(l, last);
}

static size_t objects(struct live *l)
{
	json_t *table = listing(l, "table inet noroshi");
	size_t n = json_array_size(json_object_get(table, "nftables"));

	json_decref(table);
	return n;
}

static void test_many(void **state)
{
	struct live *l = live_new();
	size_t empty;

	open_live(l);
	wait_for(l, "up ");
	empty = objects(l);
	all_of(l, router_nftables.apply, "has:m999 ");
	assert_int_equal(objects(l), empty + 3 * MANY); /* of each: a set, a counter, a rule */
	l->r = router_nftables.close(l->r);
	open_live(l);
	wait_for(l, "found:m0 "); /* the last that is told */
	all_of(l, router_nftables.apply, "has:m999 ");
	assert_int_equal(objects(l), empty + 3 * MANY);
	all_of(l, router_nftables.take_away, "has-not:m999 ");
	assert_int_equal(objects(l), empty);
	live_free(l);
}

/* ---- lifted for a moment ---- */

static void lift(struct live *l, const struct measure *m, unsigned ms)
{
	char lifted[64];

	assert_int_equal(router_nftables.lift(l->r, m, ms), 0);
	snprintf(lifted, sizeof(lifted), "lifted:%s ", m->id);
	wait_for(l, lifted);
}

/* What came through since it was asked last. */
static unsigned received(int fd)
{
	char buf[64];
	unsigned n = 0;

	usleep(20000);
	while (recv(fd, buf, sizeof(buf), MSG_DONTWAIT) >= 0)
		n++;
	return n;
}

static int receiver(void)
{
	struct sockaddr_in at = {
		.sin_family = AF_INET, .sin_port = htons(9), .sin_addr = {htonl(INADDR_LOOPBACK)}};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

static void counts(struct live *l, const struct measure *m, uint64_t met)
{
	struct router_gauge g;

	assert_int_equal(router_nftables.gauge(l->r, m, &g), 0);
	assert_int_equal(g.packets, met);
	assert_int_equal(g.bytes, met * 38);
}

/* What it would drop passes, is counted, and is dropped again when it is put back; nothing of the
 * lifting is left then. Another measure for the same target goes on. */
static void test_lifted(void **state)
{
	struct live *l = live_new();
	struct measure m = measure_of("m1", "127.0.0.1", clock_real_us() + MINUTE_US);
	struct measure other = measure_of("m2", "127.0.0.0/24", clock_real_us() + MINUTE_US);
	struct router_gauge g;
	int fd;

	snprintf(l->n.inside, sizeof(l->n.inside), "lo");
	open_live(l);
	wait_for(l, "up ");
	fd = receiver();
	assert_int_equal(router_nftables.gauge(l->r, &m, &g), 1);
	put(l, &m);
	send_udp(3);
	assert_int_equal(received(fd), 0);
	lift(l, &m, 5000);
	send_udp(4);
	assert_int_equal(received(fd), 4);
	counts(l, &m, 7);
	put(l, &m);
	send_udp(2);
	assert_int_equal(received(fd), 0);
	counts(l, &m, 5); /* what passed is not counted any more */
	assert_int_equal(stands(l, "m1").n_others, 1);
	assert_int_equal(stands(l, "m1").n_sets, 1);
	put(l, &other);
	lift(l, &m, 5000);
	send_udp(2);
	assert_int_equal(received(fd), 0);
	take(l, &other);
	take(l, &m);
	assert_int_equal(stands(l, "m1").n_others + stands(l, "m1").n_sets, 0);
	close(fd);
	live_free(l);
}

/* Nobody puts it back, and it is no loss to whoever looks after the table. */
static void test_kernel_puts_it_back(void **state)
{
	struct live *l = live_new();
	struct measure m = measure_of("m1", "127.0.0.1", clock_real_us() + MINUTE_US);
	int fd;

	snprintf(l->n.inside, sizeof(l->n.inside), "lo");
	open_live(l);
	wait_for(l, "up ");
	fd = receiver();
	put(l, &m);
	lift(l, &m, 400);
	send_udp(2);
	assert_int_equal(received(fd), 2);
	usleep(500000);
	send_udp(3);
	assert_int_equal(received(fd), 0);
	counts(l, &m, 5);
	assert_int_equal(loop_add_timer(l->loop, US_PER_S, on_late, l->loop), 0);
	loop_run(l->loop);
	assert_string_equal(text_str(&l->told), "");
	/* A role that comes anew finds it, and tells it again. */
	l->r = router_nftables.close(l->r);
	open_live(l);
	wait_for(l, "found:m1 ");
	put(l, &m);
	assert_int_equal(stands(l, "m1").n_others, 1);
	assert_int_equal(stands(l, "m1").n_sets, 1);
	close(fd);
	live_free(l);
}

/* Only what stands as a whole is lifted, and a refusal changes nothing. */
static void test_lift_refused(void **state)
{
	struct live *l = live_new();
	struct measure m = measure_of("m1", "198.51.100.80", clock_real_us() + MINUTE_US);
	struct measure others = m;
	json_t *before, *after;

	open_live(l);
	wait_for(l, "up ");
	assert_int_equal(router_nftables.lift(l->r, &m, 5000), -ENOENT);
	put(l, &m);
	before = listing(l, "table inet noroshi");
	add_rule(&others, "syn-flood"); /* not what stands */
	assert_int_equal(router_nftables.lift(l->r, &others, 5000), 0);
	wait_for(l, "lift-not:m1 (it does not stand as a whole) ");
	after = listing(l, "table inet noroshi");
	assert_true(json_equal(before, after));
	lift(l, &m, 5000);
	assert_int_equal(router_nftables.lift(l->r, &m, 5000), 0); /* nor one that is lifted */
	wait_for(l, "lift-not:m1 (it does not stand as a whole) ");
	json_decref(before);
	json_decref(after);
	live_free(l);
}

/* Every kind of rule that nftables can say, put there one after another. */
static void each_kind(struct live *l, void (*then)(struct live *l, const struct measure *m))
{
	char id[MEASURE_ID_MAX];

	open_live(l);
	wait_for(l, "up ");
	for (size_t i = 0; i < ARRAY_LEN(kit_rules); i++) {
		struct measure m;

		snprintf(id, sizeof(id), "m%zu", i);
		m = measure_of(id, kit_rules[i].destination, clock_real_us() + MINUTE_US);
		if (kit_rules[i].action == RULE_REDIRECT)
			continue;
		add_rule(&m, kit_rules[i].name);
		put(l, &m);
		then(l, &m);
	}
	live_free(l);
}

static void lift_and_back(struct live *l, const struct measure *m)
{
	unsigned rules = stands(l, m->id).n_others;

	lift(l, m, 5000);
	assert_int_equal(stands(l, m->id).n_others, 2 * rules);
	assert_int_equal(stands(l, m->id).n_elements, 2);
	put(l, m);
	assert_int_equal(stands(l, m->id).n_others, rules);
	assert_int_equal(stands(l, m->id).n_elements, 1);
}

/* Every kind of rule can be lifted, and stands again as it was. */
static void test_lift_all_kinds(void **state)
{
	each_kind(live_new(), lift_and_back);
}

static void test_bad_table(void **state)
{
	struct live *l = live_new();
	_cleanup_text_ struct text why = TEXT_NULL;

	snprintf(l->n.table, sizeof(l->n.table), "x; flush ruleset");
	assert_true(router_nftables.open(NULL, &l->n, l->loop, on_told, l, &l->r, &why) < 0);
	says(&why, "table");
	assert_null(l->r);
	snprintf(l->n.table, sizeof(l->n.table), "own-name");
	open_live(l);
	json_decref(listing(l, "chain inet own-name measures"));
	live_free(l);
}

static void is_there(struct live *l, const struct measure *m)
{
	assert_true(stands(l, m->id).n_others > 0);
}

/* Every kind of rule that nftables can say is taken by the kernel, and stands as it was said. */
static void test_all_kinds(void **state)
{
	each_kind(live_new(), is_there);
}

/* What was read for one that was refused is not what stands when the next one is asked for. */
static void test_refused_and_changed(void **state)
{
	struct live *l = live_new();
	struct measure m = one_of(1), bad = m;

	add_rule(&bad, "redirect");
	open_live(l);
	wait_for(l, "up ");
	put(l, &m);
	assert_int_equal(router_nftables.apply(l->r, &bad), 0);
	wait_for(l, "unsayable:m1 (");
	assert_int_equal(loop_add_timer(l->loop, 100 * US_PER_MS, on_late, l->loop), 0);
	loop_run(l->loop);
	run(l, "flush chain inet noroshi measures");
	assert_int_equal(router_nftables.apply(l->r, &m), 0);
	wait_for(l, "has:m1 ");
	assert_int_equal(stands(l, "m1").n_others, 1);
	live_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_blackhole_text),
		cmocka_unit_test(test_sets_text),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_break_glass),
		cmocka_unit_test(test_listing),
		cmocka_unit_test(test_open),
		cmocka_unit_test(test_nothing_twice),
		cmocka_unit_test(test_renewed),
		cmocka_unit_test(test_away),
		cmocka_unit_test(test_kernel_ends_it),
		cmocka_unit_test(test_missed),
		cmocka_unit_test(test_quiet),
		cmocka_unit_test(test_live_refused),
		cmocka_unit_test(test_together),
		cmocka_unit_test(test_same_turn),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_bad_table),
		cmocka_unit_test(test_refused_and_changed),
		cmocka_unit_test(test_all_kinds),
		cmocka_unit_test(test_lifted),
		cmocka_unit_test(test_kernel_puts_it_back),
		cmocka_unit_test(test_lift_refused),
		cmocka_unit_test(test_lift_all_kinds),
	};

	return cmocka_run_group_tests(tests, enter, NULL);
}
