/* SPDX-License-Identifier: ISC */
/*
 * Interfaces, observation domains and samplers that somebody makes up: what is held is bounded,
 * what is configured or in use stays, and who comes later is not kept out.
 */
#include "observe/test_export_kit.h"

#include <malloc.h>

#include "observe/export_state.h"

#define MILLION	  1000000u
#define ROUTER	  0xc0000201u
#define FLAT_SIZE (1u << 20)

static struct bytes d;
static struct conf_exporter routers[2];
static struct conf_interface uplink;

/* Two configured routers, the first with an interface. */
static const struct conf *conf_of_two(void)
{
	static struct conf conf;

	for (uint32_t i = 0; i < 2; i++) {
		routers[i].addr = ip_from_v4(ROUTER + i);
		snprintf(routers[i].name, sizeof(routers[i].name), "r%u", i + 1);
		routers[i].clock_trusted = true;
	}
	snprintf(uplink.exporter, sizeof(uplink.exporter), "r1");
	uplink.ifindex = 7;
	uplink.side = SIDE_OUTSIDE;
	conf = (struct conf){
		.exporters = routers, .n_exporters = 2, .interfaces = &uplink, .n_interfaces = 1};
	return &conf;
}

static size_t in_use(void)
{
	struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
}

/* A number below 2^31 that is not the last ones. */
static uint32_t made_up(uint32_t i)
{
	return (uint32_t)((i + 1000) * UINT64_C(2654435761)) >> 1 | 0x1000;
}

static void pass_turns(struct exporters *t, uint16_t e, uint32_t n)
{
	exporters_get(t, e)->turn += n;
}

/* Asked for twice, as an interface in use is. */
static uint16_t ask_twice(struct exporters *t, uint16_t e, uint32_t ifindex)
{
	exporters_link(t, e, ifindex);
	return exporters_link(t, e, ifindex);
}

static const struct exporter_part *part(struct exporters *t, uint16_t e, enum exporter_table table)
{
	return &exporters_get(t, e)->tables[table];
}

static void test_links_made_up_once(void **state)
{
	struct exporters *t = exporters_new(conf_of_two());
	uint16_t conf = exporters_link(t, 1, 7), before, late;
	size_t at_tenth = 0;

	assert_int_not_equal(conf, LINK_UNKNOWN);
	before = ask_twice(t, 1, 100);
	for (uint32_t i = 0; i < MILLION; i++) {
		exporters_link(t, 1, made_up(i));
		if (i == MILLION / 10)
			at_tenth = in_use();
	}
	assert_in_range(in_use(), 0, at_tenth + FLAT_SIZE);
	assert_in_range(exporters_link_count(t), 0, LINKS_PER_EXPORTER);
	assert_int_equal(exporters_link(t, 1, 7), conf);
	assert_int_equal(exporters_get_link(t, conf)->side, SIDE_OUTSIDE);
	assert_int_equal(exporters_link(t, 1, 100), before);
	/* Those who come later, from this exporter and from another. */
	late = ask_twice(t, 1, 101);
	assert_int_not_equal(late, LINK_UNKNOWN);
	assert_int_equal(exporters_link(t, 1, 101), late);
	assert_int_not_equal(exporters_link(t, 2, 100), LINK_UNKNOWN);
	assert_true(part(t, 1, TABLE_LINKS)->refused > MILLION * 9 / 10);
	assert_int_equal(part(t, 2, TABLE_LINKS)->refused, 0);
	exporters_free(t);
}

/* Who asks for each twice fills his part; what he then leaves alone gives way, and only that. */
static void test_links_give_way(void **state)
{
	struct exporters *t = exporters_new(conf_of_two());
	uint16_t conf = exporters_link(t, 1, 7), used = ask_twice(t, 1, 100), again;
	uint32_t turns;

	for (uint32_t i = 0; i < 2 * LINKS_PER_EXPORTER; i++)
		ask_twice(t, 1, made_up(i));
	assert_int_equal(part(t, 1, TABLE_LINKS)->held, LINKS_PER_EXPORTER);
	assert_int_equal(ask_twice(t, 1, 101), LINK_UNKNOWN);
	for (turns = 1; turns <= EXPORTER_QUIET; turns++) {
		pass_turns(t, 1, 1);
		assert_int_equal(exporters_link(t, 1, 100), used);
		if (turns < EXPORTER_QUIET)
			assert_int_equal(ask_twice(t, 1, 101), LINK_UNKNOWN);
	}
	again = ask_twice(t, 1, 101);
	assert_int_not_equal(again, LINK_UNKNOWN);
	assert_int_equal(part(t, 1, TABLE_LINKS)->evicted, LINKS_PER_EXPORTER - 2);
	assert_int_equal(part(t, 1, TABLE_LINKS)->held, 3);
	assert_int_equal(exporters_get_link(t, again)->ifindex, 101);
	assert_int_equal(exporters_get_link(t, again)->exporter, 1);
	assert_int_equal(exporters_link(t, 1, 100), used);
	/* Configured, and quiet for all that time. */
	assert_int_equal(exporters_link(t, 1, 7), conf);
	exporters_free(t);
}

/* An index that is idle says what it said, and the one that is idle for longest is used first. */
static void test_index_keeps_its_name(void **state)
{
	struct exporters *t = exporters_new(NULL);
	struct ip addr = ip_from_v4(ROUTER);
	uint16_t e = exporters_find(t, &addr, true), first = ask_twice(t, e, 1);
	unsigned count;

	for (uint32_t i = 2; i <= LINKS_PER_EXPORTER; i++)
		ask_twice(t, e, i);
	count = exporters_link_count(t);
	pass_turns(t, e, EXPORTER_QUIET);
	assert_int_equal(ask_twice(t, e, 999999), first);
	for (uint16_t i = 2; i <= LINKS_PER_EXPORTER; i++)
		assert_int_equal(exporters_get_link(t, i)->ifindex, i);
	for (uint32_t i = 0; i < LINKS_PER_EXPORTER - 1; i++)
		assert_int_equal(ask_twice(t, e, 1000000 + i), first + 1 + i);
	assert_int_equal(ask_twice(t, e, 5000000), LINK_UNKNOWN);
	assert_int_equal(exporters_link_count(t), count);
	exporters_free(t);
}

/* Many who lie leave room for one more, and for what is configured later. */
static void test_links_of_many(void **state)
{
	struct conf conf = {0};
	struct exporters *t = exporters_new(NULL);
	struct ip addr;

	for (uint32_t e = 1; e <= 65; e++) {
		addr = ip_from_v4(ROUTER + 10 + e);
		assert_int_equal(exporters_find(t, &addr, true), e);
	}
	for (uint16_t e = 1; e <= 64; e++)
		for (uint32_t i = 0; i < LINKS_PER_EXPORTER; i++)
			ask_twice(t, e, made_up(i));
	for (uint32_t i = 1; i <= 400; i++)
		assert_int_not_equal(ask_twice(t, 65, i), LINK_UNKNOWN);
	conf = *conf_of_two();
	addr = ip_from_v4(ROUTER);
	exporters_find(t, &addr, true);
	assert_int_equal(exporters_reconf(t, &conf), 0);
	assert_int_equal(exporters_get_link(t, exporters_link(t, 66, 7))->side, SIDE_OUTSIDE);
	exporters_free(t);
}

static void hear_of(struct kit *k, uint32_t domain)
{
	v9_open(&d, 1000, KIT_TIME_S, 1, domain);
	kit_send(k, &d);
}

static bool knows(struct kit *k, uint32_t domain)
{
	uint64_t before = kit_refused(k, REFUSED_DOMAIN_LIMIT);

	hear_of(k, domain);
	return kit_refused(k, REFUSED_DOMAIN_LIMIT) == before;
}

static void test_domains_made_up(void **state)
{
	struct kit *k = kit_new_for(conf_of_two(), false);
	size_t at_tenth = 0;

	assert_true(knows(k, 5));
	for (uint32_t i = 0; i < MILLION; i++) {
		hear_of(k, made_up(i));
		k->recv_us += 10; /* ten seconds for all: nothing grows old */
		if (i == MILLION / 10)
			at_tenth = in_use();
	}
	assert_in_range(in_use(), 0, at_tenth + FLAT_SIZE);
	assert_true(knows(k, 5));
	/* One that comes later is heard of for the second time. */
	assert_false(knows(k, 6));
	assert_true(knows(k, 6));
	assert_in_range(k->exports->bytes, 0, sizeof(struct domain) * DOMAINS_PER_EXPORTER);
	assert_true(part(k->exporters, 1, TABLE_DOMAINS)->refused > MILLION * 9 / 10);
	kit_free(k);
}

static void test_domains_give_way(void **state)
{
	struct kit *k = kit_new_for(conf_of_two(), false);
	size_t set;

	for (uint32_t i = 0; i < DOMAINS_PER_EXPORTER; i++) {
		hear_of(k, i);
		assert_true(knows(k, i));
	}
	v9_open(&d, 1000, KIT_TIME_S, 1, 3); /* a template goes with its domain */
	set = set_open(&d, 0);
	PUT(&d, 2, 300, 1, 8, 4);
	set_close(&d, set);
	assert_int_equal(kit_send(k, &d), 0);
	for (unsigned minute = 0; minute < EXPORTER_QUIET - 1; minute++) {
		k->recv_us += EXPORTER_TURN_US;
		assert_true(knows(k, 5));
		assert_false(knows(k, 1000));
	}
	k->recv_us += EXPORTER_TURN_US;
	assert_true(knows(k, 5));
	assert_true(knows(k, 1000));
	assert_int_equal(part(k->exporters, 1, TABLE_DOMAINS)->held, 2);
	assert_int_equal(part(k->exporters, 1, TABLE_DOMAINS)->evicted, DOMAINS_PER_EXPORTER - 1);
	assert_int_equal(k->exports->bytes, 2 * sizeof(struct domain));
	kit_free(k);
}

/* A link in use through a memo is never quiet, however long it is used. */
static void test_memo_is_use(void **state)
{
	struct kit *k = kit_new_for(conf_of_two(), false);
	uint16_t link = LINK_UNKNOWN;

	for (unsigned minute = 0; minute < 3 * EXPORTER_QUIET; minute++) {
		d.n = 0;
		PUT(&d, 2, 5, 1);
		PUT(&d, 4, 1000000, KIT_TIME_S + minute * 60, 0, minute, 0);
		PUT(&d, 4, 0x0a000001, 0xc6336401, 0);
		PUT(&d, 2, 100, 101);
		PUT(&d, 4, 7, 700, 999000, 1000000);
		PUT(&d, 4, 0, 0, 0, 0);
		k->n = 0;
		assert_int_equal(kit_send(k, &d), 0);
		assert_int_equal(k->n, 1);
		if (!minute)
			link = k->flow[0].in_link;
		assert_int_not_equal(k->flow[0].in_link, LINK_UNKNOWN);
		assert_int_equal(k->flow[0].in_link, link);
		for (uint32_t i = 0; i < LINKS_PER_EXPORTER / 8; i++)
			ask_twice(k->exporters, 1, made_up(i + minute * LINKS_PER_EXPORTER / 8));
		k->recv_us += EXPORTER_TURN_US;
	}
	assert_true(part(k->exporters, 1, TABLE_LINKS)->evicted > 0);
	assert_int_equal(exporters_get_link(k->exporters, link)->ifindex, 100);
	kit_free(k);
}

static void test_samplers(void **state)
{
	struct exporters *t = exporters_new(conf_of_two());
	struct sampling_rate rate;
	uint32_t factor;
	size_t at = 0;

	assert_int_equal(exporters_set_sampling(t, 1, 3, 4, 5, 6), 0);
	assert_true(exporters_sampling_next(t, &at, &rate));
	assert_int_equal(rate.domain, 3);
	assert_int_equal(rate.sampler, 4);
	assert_int_equal(rate.factor, 5);
	assert_false(exporters_sampling_next(t, &at, &rate));
	for (uint32_t i = 0; i < SAMPLING_PER_EXPORTER - 1; i++)
		assert_int_equal(exporters_set_sampling(t, 1, 100 + i, 4, 9, 6), 0);
	assert_int_equal(exporters_set_sampling(t, 1, 99, 4, 5, 6), 1);
	assert_int_equal(part(t, 1, TABLE_SAMPLING)->refused, 1);
	pass_turns(t, 1, SAMPLING_QUIET);
	assert_int_equal(exporters_set_sampling(t, 1, 3, 4, 5, 6), 0); /* told again: it stays */
	assert_int_equal(exporters_set_sampling(t, 1, 99, 8, 6, 6), 0);
	assert_int_equal(part(t, 1, TABLE_SAMPLING)->held, 2);
	assert_int_equal(part(t, 1, TABLE_SAMPLING)->evicted, SAMPLING_PER_EXPORTER - 1);
	assert_true(exporters_sampling(t, 1, 3, 4, 0, &factor));
	assert_int_equal(factor, 5);
	/* What another domain may use goes with the domain that told it. */
	assert_true(exporters_sampling(t, 1, 1, 8, 0, &factor));
	pass_turns(t, 1, SAMPLING_QUIET);
	for (uint32_t i = 0; i < SAMPLING_PER_EXPORTER; i++)
		exporters_set_sampling(t, 1, 100 + i, 4, 9, 6);
	assert_false(exporters_sampling(t, 1, 1, 8, 0, &factor));
	exporters_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_links_made_up_once),
		cmocka_unit_test(test_links_give_way),
		cmocka_unit_test(test_index_keeps_its_name),
		cmocka_unit_test(test_links_of_many),
		cmocka_unit_test(test_domains_made_up),
		cmocka_unit_test(test_domains_give_way),
		cmocka_unit_test(test_memo_is_use),
		cmocka_unit_test(test_samplers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
