/* SPDX-License-Identifier: ISC */
/*
 * Withdrawals (RFC 7011 section 8.1): of one template, of all of a kind, of both kinds, and among
 * definitions; and that nothing else takes templates away, nor leaves one that no longer holds.
 */
#include "observe/test_export_kit.h"

#include "base/clock.h"
#include "observe/export_state.h"

enum { SET_TEMPLATE = 2, SET_OPTIONS = 3 };

static struct bytes d;
static uint32_t sequence;

static void message(void)
{
	ipfix_open(&d, sequence++, 0);
}

static int send_message(struct kit *k)
{
	ipfix_close(&d);
	return kit_send(k, &d);
}

/* In an open set: a data template of 16 bytes, an options template of 8, a withdrawal. */
static void put_template(uint16_t id)
{
	PUT(&d, 2, id, 4, 8, 4, 12, 4, 1, 4, 2, 4);
}

static void put_options(uint16_t id)
{
	PUT(&d, 2, id, 2, 1, 149, 4, 34, 4);
}

static void put_withdrawal(uint16_t id)
{
	PUT(&d, 2, id, 0);
}

/* 300 and 301 are data templates, 500 and 501 options templates. */
static struct kit *kit_of_four(void)
{
	struct kit *k = kit_new();
	size_t set;

	k->stream = true;

	message();
	set = set_open(&d, SET_TEMPLATE);
	put_template(300);
	put_template(301);
	set_close(&d, set);
	set = set_open(&d, SET_OPTIONS);
	put_options(500);
	put_options(501);
	set_close(&d, set);
	assert_int_equal(send_message(k), 0);
	return k;
}

static void put_data(uint16_t id)
{
	size_t set = set_open(&d, id);

	PUT(&d, 4, 0x0a000001, 0xc6336401, 1, 1);
	set_close(&d, set);
}

static bool knows(struct kit *k, uint16_t id)
{
	uint64_t before = kit_refused(k, REFUSED_NO_TEMPLATE);

	message();
	put_data(id);
	send_message(k);
	return kit_refused(k, REFUSED_NO_TEMPLATE) == before;
}

static void expect(struct kit *k, bool k300, bool k301, bool k500, bool k501)
{
	assert_int_equal(knows(k, 300), k300);
	assert_int_equal(knows(k, 301), k301);
	assert_int_equal(knows(k, 500), k500);
	assert_int_equal(knows(k, 501), k501);
}

/* A message of one set that withdraws @n ids. */
static void withdraw(struct kit *k, uint16_t set_id, size_t n, const uint16_t *ids)
{
	size_t set;

	message();
	set = set_open(&d, set_id);
	for (size_t i = 0; i < n; i++)
		put_withdrawal(ids[i]);
	set_close(&d, set);
	assert_int_equal(send_message(k), 0);
}

#define WITHDRAW(k, set, ...)                                                                      \
	do {                                                                                       \
		const uint16_t ids_[] = {__VA_ARGS__};                                             \
		withdraw(k, set, sizeof(ids_) / sizeof(ids_[0]), ids_);                            \
	} while (0)

static void test_one(void **state)
{
	struct kit *k = kit_of_four();

	expect(k, true, true, true, true);
	WITHDRAW(k, SET_TEMPLATE, 300);
	expect(k, false, true, true, true);
	WITHDRAW(k, SET_OPTIONS, 501);
	expect(k, false, true, true, false);
	/* What is not there can be withdrawn too: it may have been lost. */
	WITHDRAW(k, SET_TEMPLATE, 300, 999);
	/* Ids are of one space, whichever set names them. */
	WITHDRAW(k, SET_OPTIONS, 301);
	WITHDRAW(k, SET_TEMPLATE, 500);
	expect(k, false, false, false, false);
	kit_free(k);
}

/* Section 8.4: a datagram that withdraws is counted, and what it names stays. */
static void test_none_in_datagrams(void **state)
{
	struct kit *k = kit_of_four();
	size_t set;

	k->stream = false;
	message();
	set = set_open(&d, SET_TEMPLATE);
	put_withdrawal(300);
	put_withdrawal(2);
	set_close(&d, set);
	set = set_open(&d, SET_OPTIONS);
	put_withdrawal(3);
	set_close(&d, set);
	assert_int_equal(send_message(k), 1);
	assert_int_equal(kit_refused(k, REFUSED_WITHDRAWAL), 3);
	expect(k, true, true, true, true);
	kit_free(k);
}

static void test_all_of_a_kind(void **state)
{
	struct kit *k = kit_of_four();

	WITHDRAW(k, SET_TEMPLATE, 2);
	expect(k, false, false, true, true);
	WITHDRAW(k, SET_TEMPLATE, 2);
	kit_free(k);
	k = kit_of_four();
	WITHDRAW(k, SET_OPTIONS, 3);
	expect(k, true, true, false, false);
	kit_free(k);
}

static void test_both_kinds(void **state)
{
	struct kit *k = kit_of_four();
	size_t set;

	message();
	set = set_open(&d, SET_TEMPLATE);
	put_withdrawal(2);
	set_close(&d, set);
	set = set_open(&d, SET_OPTIONS);
	put_withdrawal(3);
	set_close(&d, set);
	assert_int_equal(send_message(k), 0);
	expect(k, false, false, false, false);
	kit_free(k);
	/* Both in one set, of either kind. */
	for (uint16_t id = SET_TEMPLATE; id <= SET_OPTIONS; id++) {
		k = kit_of_four();
		WITHDRAW(k, id, 2, 3);
		expect(k, false, false, false, false);
		assert_int_equal(k->exports->bytes, sizeof(struct domain));
		kit_free(k);
	}
	k = kit_of_four();
	WITHDRAW(k, SET_TEMPLATE, 300, 3);
	expect(k, false, true, false, false);
	kit_free(k);
}

/* Withdrawals and definitions in one set hold in the order in which they stand. */
static void test_among_definitions(void **state)
{
	struct kit *k = kit_of_four();
	size_t set;

	message();
	set = set_open(&d, SET_TEMPLATE);
	put_withdrawal(2);
	put_template(301);
	put_template(302);
	put_withdrawal(302);
	put_withdrawal(301);
	put_template(301);
	set_close(&d, set);
	assert_int_equal(send_message(k), 0);
	expect(k, false, true, true, true);
	assert_false(knows(k, 302));
	message();
	set = set_open(&d, SET_OPTIONS);
	put_options(502);
	put_withdrawal(3);
	put_options(500);
	PUT(&d, 1, 0, 0, 0); /* padding is no withdrawal */
	set_close(&d, set);
	assert_int_equal(send_message(k), 0);
	expect(k, false, true, true, false);
	assert_false(knows(k, 502));
	kit_free(k);
}

/* Data is read by what holds where it stands. */
static void test_among_data(void **state)
{
	struct kit *k = kit_of_four();
	size_t set;

	message();
	put_data(300);
	set = set_open(&d, SET_TEMPLATE);
	put_withdrawal(300);
	set_close(&d, set);
	put_data(300);
	put_data(301);
	set = set_open(&d, SET_TEMPLATE);
	PUT(&d, 2, 300, 3, 8, 4, 12, 4, 2, 8); /* the same length, another order */
	set_close(&d, set);
	put_data(300);
	assert_int_equal(send_message(k), 1);
	assert_int_equal(kit_refused(k, REFUSED_NO_TEMPLATE), 1);
	assert_int_equal(k->n, 3);
	assert_int_equal(k->flow[0].bytes, 1);
	assert_int_equal(k->flow[2].bytes, 0);
	kit_free(k);
}

/* What cannot be read takes only its own id away, and v9 knows no word for all. */
static void test_not_withdrawn(void **state)
{
	struct kit *k = kit_of_four();
	size_t set;

	message();
	set = set_open(&d, SET_TEMPLATE);
	PUT(&d, 2, 2, 1, 8, 4); /* a template with a reserved id */
	set_close(&d, set);
	set = set_open(&d, SET_OPTIONS);
	PUT(&d, 2, 3, 2, 3, 8, 4, 12, 4); /* more scope than fields */
	set_close(&d, set);
	assert_int_equal(send_message(k), 1);
	assert_int_equal(kit_refused(k, REFUSED_BAD_TEMPLATE), 2);
	expect(k, true, true, true, true);
	message();
	set = set_open(&d, SET_TEMPLATE);
	PUT(&d, 2, 300, 1, 8, 0); /* records of no length: 300 is no longer what it was */
	set_close(&d, set);
	assert_int_equal(send_message(k), 1);
	expect(k, false, true, true, true);
	/* Another domain has templates of its own. */
	ipfix_open(&d, 0, 7);
	set = set_open(&d, SET_TEMPLATE);
	PUT(&d, 2, 2, 0, 3, 0);
	set_close(&d, set);
	assert_int_equal(send_message(k), 0);
	expect(k, false, true, true, true);
	kit_free(k);
}

static void test_v9(void **state)
{
	struct kit *k = kit_new();
	size_t set;

	for (unsigned round = 0; round < 2; round++) {
		v9_open(&d, 1000, KIT_TIME_S, round, 0);
		set = set_open(&d, 0);
		if (round)
			PUT(&d, 2, 2, 0, 3, 0);
		else
			put_template(300);
		set_close(&d, set);
		put_data(300);
		assert_int_equal(kit_send(k, &d), 0);
	}
	assert_int_equal(k->n, 2);
	kit_free(k);
}

/* Where there is no room for what a template has become, what it was does not stay instead. */
static void test_refused_change(void **state)
{
	struct kit *k = kit_of_four();
	size_t set;

	k->exports->bytes += EXPORT_MEMORY_MAX;
	message();
	set = set_open(&d, SET_TEMPLATE);
	put_template(300); /* a refresh needs no room */
	set_close(&d, set);
	assert_int_equal(send_message(k), 0);
	message();
	set = set_open(&d, SET_TEMPLATE);
	PUT(&d, 2, 301, 1, 8, 4);
	set_close(&d, set);
	assert_int_equal(send_message(k), 1);
	assert_int_equal(kit_refused(k, REFUSED_TEMPLATE_LIMIT), 1);
	expect(k, true, false, true, true);
	kit_free(k);
}

/* Since when data wait for a template, until it comes; made-up ids push no real one out for long.
 */
static void test_untold(void **state)
{
	struct kit *k = kit_of_four();
	struct exporter *e = exporters_get(k->exporters, 1);
	int64_t since_us = k->recv_us;
	size_t set;

	assert_true(exporter_untold_since(e, since_us) == TIME_NONE);
	assert_false(knows(k, 302));
	k->recv_us += 40 * US_PER_S;
	assert_false(knows(k, 302));
	assert_false(knows(k, 303));
	assert_true(exporter_untold_since(e, k->recv_us) == since_us);
	message();
	set = set_open(&d, SET_TEMPLATE);
	put_template(302);
	set_close(&d, set);
	assert_int_equal(send_message(k), 0);
	assert_true(exporter_untold_since(e, k->recv_us) == since_us + 40 * US_PER_S);
	/* Data that come no more wait for nothing. */
	assert_true(exporter_untold_since(e, k->recv_us + UNTOLD_LAST_US) != TIME_NONE);
	assert_true(exporter_untold_since(e, k->recv_us + UNTOLD_LAST_US + 1) == TIME_NONE);
	for (uint16_t id = 400; id < 440; id++) {
		k->recv_us += US_PER_S;
		assert_false(knows(k, id));
		assert_false(knows(k, 303));
	}
	assert_int_equal(e->n_untold, UNTOLD_MAX);
	assert_true(exporter_untold_since(e, k->recv_us) == since_us + 40 * US_PER_S);
	/* All of it goes along when the receive clock leaps. */
	exporters_shift(k->exporters, 3600 * US_PER_S);
	assert_true(exporter_untold_since(e, k->recv_us + 3600 * US_PER_S) ==
		    since_us + 3640 * US_PER_S);
	kit_free(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one),
		cmocka_unit_test(test_none_in_datagrams),
		cmocka_unit_test(test_all_of_a_kind),
		cmocka_unit_test(test_both_kinds),
		cmocka_unit_test(test_among_definitions),
		cmocka_unit_test(test_among_data),
		cmocka_unit_test(test_not_withdrawn),
		cmocka_unit_test(test_v9),
		cmocka_unit_test(test_refused_change),
		cmocka_unit_test(test_untold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
