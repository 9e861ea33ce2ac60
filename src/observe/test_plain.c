/* SPDX-License-Identifier: ISC */
/*
 * Plain templates and memos against the way over slots and tables: random templates, records and
 * programs.
 */
#include "observe/test_plain_kit.h"

#define TEMPLATES 3000
#define RECORDS	  40

/* Elements with the lengths that exporters give them. */
struct choice {
	uint16_t id, len;
};

static const struct choice extras[] = {
	{5, 1},	  {6, 1},   {6, 2},   {9, 1},	{13, 1},  {29, 1},  {30, 1},  {10, 2},	{10, 4},
	{14, 2},  {14, 4},  {15, 4},  {18, 4},	{62, 16}, {63, 16}, {16, 2},  {16, 4},	{17, 4},
	{23, 4},  {24, 4},  {32, 2},  {139, 2}, {176, 1}, {177, 1}, {178, 1}, {179, 1}, {34, 4},
	{48, 1},  {48, 2},  {302, 8}, {50, 4},	{52, 1},  {53, 1},  {192, 1}, {54, 2},	{54, 4},
	{58, 2},  {243, 2}, {61, 1},  {88, 2},	{197, 1}, {89, 1},  {89, 4},  {85, 8},	{86, 8},
	{171, 8}, {172, 8}, {231, 8}, {232, 8}, {298, 8}, {299, 8}, {233, 1}, {186, 2}, {193, 1},
	{180, 2}, {181, 2}, {182, 2}, {183, 2}, {352, 8}, {160, 8}, {161, 4}, {162, 4}, {305, 4},
	{306, 4}, {322, 4}, {323, 8}, {36, 2},	{56, 6},  {80, 6},  {95, 4},  {234, 4}, {136, 1},
	{158, 4}, {159, 4}, {315, 20}};

static const struct choice clocks[][2] = {
	{{22, 4}, {21, 4}},   {{152, 8}, {153, 8}}, {{150, 4}, {151, 4}},
	{{154, 8}, {155, 8}}, {{156, 8}, {157, 8}}, {{22, 8}, {21, 8}},
};

struct shape {
	struct choice e[32];
	unsigned n;
	size_t len;
};

static void shape_add(struct shape *s, uint16_t id, uint16_t len)
{
	s->e[s->n++] = (struct choice){id, len};
	s->len += len;
}

static void shape_shuffle(struct shape *s)
{
	for (unsigned i = s->n; i > 1; i--) {
		unsigned k = below(i);
		struct choice c = s->e[i - 1];

		s->e[i - 1] = s->e[k];
		s->e[k] = c;
	}
}

/* What most templates have, a clock or two, and some of all the rest. */
static void shape_make(struct shape *s)
{
	bool v6 = one_in(3);
	unsigned clock = below(ARRAY_LEN(clocks));

	s->n = 0;
	s->len = 0;
	shape_add(s, v6 ? 27 : 8, v6 ? 16 : 4);
	if (!one_in(50))
		shape_add(s, v6 ? 28 : 12, v6 ? 16 : 4);
	if (one_in(40))
		shape_add(s, 28, 16);
	if (!one_in(20))
		shape_add(s, 1, one_in(2) ? 4 : (uint16_t)(1 + below(8)));
	if (!one_in(20))
		shape_add(s, 2, one_in(2) ? 4 : (uint16_t)(1 + below(8)));
	for (unsigned times = one_in(6) ? 2 : 1; times; times--, clock = below(ARRAY_LEN(clocks))) {
		shape_add(s, clocks[clock][0].id, clocks[clock][0].len);
		if (!one_in(20))
			shape_add(s, clocks[clock][1].id, clocks[clock][1].len);
	}
	if (!one_in(8))
		shape_add(s, 4, 1);
	if (!one_in(8)) {
		shape_add(s, 7, 2);
		shape_add(s, 11, 2);
	}
	for (unsigned more = below(one_in(3) ? 14 : 6); more; more--) {
		const struct choice *c = &extras[below(ARRAY_LEN(extras))];

		shape_add(s, c->id, c->len);
	}
	shape_shuffle(s);
}

static void put_random(struct bytes *d, unsigned len, unsigned zeros)
{
	bool zero = one_in(zeros);

	for (unsigned i = 0; i < len; i++)
		put(d, zero ? 0 : one_in(4) ? 0xff : random64() & 0xff, 1);
}

/* A value that means something to its element, now and then one that does not. */
static void put_value(struct bytes *d, const struct choice *c)
{
	static const uint8_t protos[] = {1, 6, 6, 6, 17, 17, 17, 58, 47, 0};
	uint64_t ago = below(one_in(100) ? 4000000000u : 200000);
	uint64_t ntp = (uint64_t)KIT_TIME_S + 2208988800u;

	if (one_in(200)) {
		put_random(d, c->len, 3);
		return;
	}
	switch (c->id) {
	case 21:
	case 22:
		put(d, 1000000 - (uint32_t)ago, c->len > 4 ? 8 : 4);
		break;
	case 150:
	case 151:
		put(d, KIT_TIME_S - ago / 1000, c->len);
		break;
	case 152:
	case 153:
	case 160:
		put(d, KIT_TIME_S * UINT64_C(1000) - ago, c->len);
		break;
	case 154:
	case 155:
	case 156:
	case 157:
		put(d, (ntp << 32) - (ago << 22) + (random64() >> 40), c->len);
		break;
	case 4:
	case 193:
		put(d, protos[below(ARRAY_LEN(protos))], c->len);
		break;
	case 10:
	case 14:
		put(d, one_in(30) ? random64() >> 48 : below(300), c->len);
		break;
	case 48:
	case 302:
		put(d, below(4), c->len);
		break;
	case 27: /* now and then a mapped one */
		if (one_in(20)) {
			PUT(d, 8, 0);
			PUT(d, 4, 0xffff, random64() & 0xffffffff);
			break;
		}
		/* fall through */
	default:
		put_random(d, c->len, 5);
	}
}

static void put_template(struct bytes *d, const struct shape *s, uint16_t id, bool ipfix)
{
	size_t set = set_open(d, ipfix ? 2 : 0);

	PUT(d, 2, id, s->n);
	for (unsigned i = 0; i < s->n; i++)
		PUT(d, 2, s->e[i].id, s->e[i].len);
	set_close(d, set);
}

static void put_records(struct bytes *d, const struct shape *s, uint16_t id, unsigned n)
{
	size_t set = set_open(d, id);

	while (n--)
		for (unsigned i = 0; i < s->n; i++)
			put_value(d, &s->e[i]);
	set_close(d, set);
}

/* An option that tells a factor for a sampler, an interface, a template or the whole domain. */
static void put_option(struct bytes *d, bool ipfix)
{
	static const struct choice scopes[] = {{48, 2}, {10, 2}, {145, 2}, {144, 2}};
	const struct choice *scope = &scopes[below(ARRAY_LEN(scopes))];
	size_t set = set_open(d, ipfix ? 3 : 1);

	if (ipfix)
		PUT(d, 2, 400, 2, 1, scope->id, scope->len, 34, 4);
	else
		PUT(d, 2, 400, 4, 8, 1, 2, scope->id, scope->len, 34, 4);
	set_close(d, set);
	set = set_open(d, 400);
	if (!ipfix)
		put(d, 0, 2);
	put(d, scope->id == 145 ? 300 : below(4), scope->len);
	put(d, one_in(3) ? below(3) : 1u << below(12), 4);
	set_close(d, set);
}

static void open_message(struct bytes *d, bool ipfix, uint32_t sequence, uint32_t domain)
{
	if (ipfix)
		ipfix_open(d, sequence, domain);
	else
		v9_open(d, 1000000, KIT_TIME_S, sequence, domain);
}

static void random_templates(enum plain_way way)
{
	static struct bytes d;
	struct pair p = pair_new(way);
	uint64_t sent = 0;

	placed = 0;
	for (unsigned i = 0; i < TEMPLATES; i++) {
		bool ipfix = one_in(2);
		struct shape s;

		shape_make(&s);
		if (i % 100 == 0) { /* what was told must not decide all that follows */
			pair_free(&p);
			p = pair_new(way);
		}
		open_message(&d, ipfix, i, below(3));
		put_template(&d, &s, 300, ipfix);
		if (one_in(10))
			put_option(&d, ipfix);
		put_records(&d, &s, 300, RECORDS);
		if (one_in(4))
			put_option(&d, ipfix);
		put_records(&d, &s, 300, RECORDS);
		if (ipfix)
			ipfix_close(&d);
		send_both(&p, d.b, d.n);
		sent += 2 * RECORDS;
	}
	/* A test of nothing would pass too. */
	assert_true(placed > sent / 4);
	pair_free(&p);
}

static void random_v5(enum plain_way way)
{
	static struct bytes d;
	struct pair p = pair_new(way);

	placed = 0;
	for (unsigned i = 0; i < 300; i++) {
		unsigned n = 1 + below(30);

		d.n = 0;
		PUT(&d, 2, 5, n);
		PUT(&d, 4, 1000000 + i, KIT_TIME_S, i * 1000, i * 30);
		PUT(&d, 2, below(3), one_in(2) ? 0 : below(20000));
		while (n--) {
			struct choice time = {22, 4}, proto = {4, 1};

			put_random(&d, 24, 20);
			put_value(&d, &time);
			put_value(&d, &time);
			put_random(&d, 6, 5);
			put_value(&d, &proto);
			put_random(&d, 9, 5);
		}
		send_both(&p, d.b, d.n);
	}
	assert_true(placed > 1000);
	pair_free(&p);
}

static void test_templates(void **state)
{
	each_way(random_templates);
}

static void test_v5(void **state)
{
	each_way(random_v5);
}

/* A program of random moves, over records in a block of exactly their length. */
static void random_program(void)
{
	struct plain_move moves[PLAIN_MOVES];
	struct plain_image base;
	struct flow flow[PLAIN_WAYS][4];
	struct flow_side side[PLAIN_WAYS][4];
	struct plain_raw raw[PLAIN_WAYS][4];
	uint8_t len = (uint8_t)(PLAIN_RECORD_MIN + below(PLAIN_RECORD_MAX - PLAIN_RECORD_MIN + 1));
	uint8_t *records = malloc(4u * len);
	size_t n = 0;
	struct plain *p;

	memset(&base, 0, sizeof(base));
	for (uint8_t to = 0; n < PLAIN_MOVES && to < 184; n++) {
		uint8_t size = (uint8_t)(1 + below(8));

		moves[n] =
			(struct plain_move){to, (uint8_t)below(len - size + 1u), size, one_in(2)};
		to = (uint8_t)(to + size + below(6));
	}
	for (unsigned i = 0; i < 4u * len; i++)
		records[i] = (uint8_t)random64();
	p = plain_new_moves(moves, n, len);
	assert_non_null(p);
	for (int way = 0; way < PLAIN_WAYS; way++) {
		plain_place_fn place = plain_place((enum plain_way)way);

		if (!place)
			continue;
		place(p, &base, records, 4, flow[way], side[way], raw[way]);
		assert_memory_equal(flow[way], flow[0], sizeof(flow[0]));
		assert_memory_equal(side[way], side[0], sizeof(side[0]));
		assert_memory_equal(raw[way], raw[0], sizeof(raw[0]));
	}
	free(p);
	free(records);
}

static void test_programs(void **state)
{
	for (unsigned i = 0; i < 3000; i++)
		random_program();
}

/* sFlow samples without records, of more sources than are remembered, some of them lost. */
static void test_sources(void **state)
{
	static struct bytes d;
	static uint32_t sequence[300];
	struct pair p = pair_new(PLAIN_PORTABLE);

	for (unsigned i = 0; i < 4000; i++) {
		d.n = 0;
		PUT(&d, 4, 5, 1, 0x0a000001, 0, i, i * 10, 5);
		for (unsigned k = 0; k < 5; k++) {
			unsigned source = below(i < 1000 ? 1 + i / 10 : 300);

			sequence[source] += one_in(10) ? 1 + below(50) : 1;
			PUT(&d, 4, 1, 32, sequence[source], source, 100, 0, 0, 1, 2, 0);
		}
		send_both(&p, d.b, d.n);
	}
	assert_true(kit_exporter(p.fast)->lost_records > 0);
	pair_free(&p);
}

/* A factor that the operator sets counts for the next record, whatever was remembered. */
static void test_reconf(void **state)
{
	static struct bytes d;
	struct kit *k = kit_new();
	struct conf_exporter exporter = {.addr = k->from, .sampling = 50};
	const struct conf conf = {.exporters = &exporter, .n_exporters = 1};
	struct shape s = {.n = 0};

	shape_add(&s, 8, 4);
	shape_add(&s, 12, 4);
	shape_add(&s, 1, 4);
	shape_add(&s, 22, 4);
	shape_add(&s, 21, 4);
	for (unsigned i = 0; i < 2; i++) {
		v9_open(&d, 1000000, KIT_TIME_S, i, 0);
		put_template(&d, &s, 300, false);
		put_records(&d, &s, 300, 1);
		assert_int_equal(kit_send(k, &d), 0);
		assert_int_equal(k->n, i + 1);
		assert_int_equal(k->side[i].sampling, i ? 50 : 1);
		assert_int_equal(exporters_reconf(k->exporters, &conf), 0);
	}
	kit_free(k);
}

/* Room for records is handed out by the same rules as records that are put. */
static void test_room(void **state)
{
	struct kit *k = kit_new();
	struct flow_room room;
	int64_t day_us = INT64_C(86400) * US_PER_S;

	assert_int_equal(flow_writer_room(&k->writer, k->recv_us, &room), 0);
	assert_int_equal(room.n, FLOW_BATCH_MAX);
	memset(room.flow, 0, sizeof(*room.flow));
	memset(room.side, 0, sizeof(*room.side));
	assert_true(flow_room_times(&room, room.flow, room.side, k->recv_us - 1500, k->recv_us));
	assert_false(
		flow_room_times(&room, room.flow, room.side, k->recv_us - 25 * day_us, k->recv_us));
	assert_false(
		flow_room_times(&room, room.flow, room.side, k->recv_us, k->recv_us + 25 * day_us));
	flow_writer_commit(&k->writer, 1);
	/* Another epoch: what is there is handed on first. */
	assert_int_equal(flow_writer_room(&k->writer, k->recv_us + 60 * day_us, &room), 0);
	assert_int_equal(k->n, 1);
	assert_int_equal(k->first_us[0], k->recv_us - 1500);
	assert_int_equal(k->last_us[0], k->recv_us);
	assert_int_equal(room.n, FLOW_BATCH_MAX);
	assert_int_equal(flow_writer_room(&k->writer, INT64_MAX, &room), 0);
	kit_free(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sources), cmocka_unit_test(test_reconf),
		cmocka_unit_test(test_room),	cmocka_unit_test(test_programs),
		cmocka_unit_test(test_v5),	cmocka_unit_test(test_templates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
