/* SPDX-License-Identifier: ISC */
/*
 * The short ways against the long ones: whatever a plain template, a plain packet or a memo makes
 * must be, byte by byte, what the way over slots and the general walk make of the same bytes.
 * Random templates and records, random and real packets, and the seeds of the fuzz targets go both
 * ways.
 */
#include "observe/test_export_kit.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "observe/export_state.h"
#include "observe/frames.h"
#include "observe/packet.h"

#define TEMPLATES 3000
#define RECORDS	  40
#define FRAMES	  400000
#define FILE_MAX  (8u << 20)

static uint64_t state_of_random = 1;

/* splitmix64: the same numbers on every run. */
static uint64_t random64(void)
{
	uint64_t z = state_of_random += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static unsigned below(unsigned n)
{
	return (unsigned)(random64() % n);
}

static bool one_in(unsigned n)
{
	return below(n) == 0;
}

/* Two decoders of the same datagrams: `slow` never takes the short way. */
struct pair {
	struct kit *fast, *slow;
};

static uint64_t placed; /* records that went the short way */
static plain_place_fn place_under_test;

static void place_counted(const struct plain *p, const struct plain_image *base,
			  const uint8_t *records, uint32_t n, struct flow *flow,
			  struct flow_side *side, struct plain_raw *raw)
{
	placed += n;
	place_under_test(p, base, records, n, flow, side, raw);
}

static struct pair pair_new(enum plain_way way)
{
	struct pair p = {.fast = kit_new(), .slow = kit_new()};

	place_under_test = plain_place(way);
	p.fast->exports->place = place_counted;
	p.slow->exports->place = NULL;
	return p;
}

static void pair_free(struct pair *p)
{
	kit_free(p->fast);
	kit_free(p->slow);
}

static void same_account(const struct exporter *a, const struct exporter *b)
{
	assert_int_equal(a->records, b->records);
	assert_int_equal(a->packets_seen, b->packets_seen);
	assert_int_equal(a->sampling_min, b->sampling_min);
	assert_int_equal(a->sampling_max, b->sampling_max);
	assert_int_equal(a->sampling_known, b->sampling_known);
	assert_int_equal(a->longest_flow_s, b->longest_flow_s);
	assert_int_equal(a->lost_records, b->lost_records);
	assert_memory_equal(&a->refused, &b->refused, sizeof(a->refused));
}

static void same_flows(struct pair *p)
{
	assert_int_equal(p->fast->n, p->slow->n);
	for (unsigned i = 0; i < p->fast->n; i++) {
		assert_memory_equal(&p->fast->flow[i], &p->slow->flow[i], sizeof(struct flow));
		assert_memory_equal(&p->fast->side[i], &p->slow->side[i], sizeof(struct flow_side));
		assert_int_equal(p->fast->first_us[i], p->slow->first_us[i]);
	}
	p->fast->n = p->slow->n = 0;
}

/* The slow one also asks the tables anew with each datagram. */
static void forget_memos(struct exports *x)
{
	for (size_t i = 0; i < ARRAY_LEN(x->sources); i++) {
		struct export_source *s = x->sources[i];
		size_t at = 0;
		void *value;

		if (!s)
			continue;
		memset(&s->links, 0, sizeof(s->links));
		s->last = NULL;
		while (map_next(s->domains, &at, NULL, &value)) {
			struct domain *d = *(struct domain **)value;

			memset(&d->sampling, 0, sizeof(d->sampling));
			memset(d->recent, 0, sizeof(d->recent));
			d->templates.last = NULL;
		}
	}
}

static void send_both(struct pair *p, const uint8_t *data, size_t n)
{
	int a, b;

	forget_memos(p->slow->exports);
	a = kit_send_n(p->fast, data, n);
	b = kit_send_n(p->slow, data, n);
	assert_int_equal(a, b);
	same_flows(p);
	same_account(kit_exporter(p->fast), kit_exporter(p->slow));
}

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

static void each_way(void (*test)(enum plain_way way))
{
	for (int way = 0; way < PLAIN_WAYS; way++)
		if (plain_place((enum plain_way)way))
			test((enum plain_way)way);
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

static uint64_t packets_plain, packets_all;

static void compare_packet(uint32_t linktype, const uint8_t *data, size_t n, size_t wire)
{
	struct packet p;
	struct flow f;
	struct flow_side s;
	int r;

	packets_all++;
	memset(&f, 0, sizeof(f));
	memset(&s, 0, sizeof(s));
	if (!packet_plain(&f, &s, linktype, data, n, wire))
		return;
	packets_plain++;
	r = packet_decode(&p, linktype, data, n, wire);
	assert_int_equal(r, 0);
	assert_int_equal(p.noted, 0);
	assert_memory_equal(&f, &p.flow, sizeof(f));
	assert_memory_equal(&s, &p.side, sizeof(s));
}

static size_t ip_header(struct bytes *d, bool v6, uint8_t proto, unsigned len)
{
	if (v6) {
		PUT(d, 2, 0x6000 | below(4096), below(65536), len, proto << 8 | below(256));
		PUT(d, 8, 0x20010db8, below(3), 0x20010db8, below(3));
		return 40;
	}
	PUT(d, 2, 0x4500 | below(256), len + 20, below(65536),
	    one_in(16) ? below(65536) : below(2) << 14);
	put(d, below(256), 1);
	put(d, proto, 1);
	PUT(d, 2, 0);
	PUT(d, 4, 0x0a000000 | below(3), 0x0a000000 | below(3));
	return 20;
}

static void put_port(struct bytes *d)
{
	static const uint16_t ports[] = {53, 80, 443, 123, 3544, 4789, 4790, 8472, 6081, 4754, 0};

	put(d, one_in(2) ? ports[below(ARRAY_LEN(ports))] : below(65536), 2);
}

static void l4_header(struct bytes *d, uint8_t proto, unsigned len)
{
	if (proto == PROTO_TCP || proto == PROTO_UDP) {
		put_port(d);
		put_port(d);
	}
	if (proto == PROTO_UDP)
		PUT(d, 2, one_in(10) ? below(65536) : len, 0);
	else if (proto == PROTO_TCP) {
		PUT(d, 4, 1, 2);
		put(d, one_in(10) ? below(256) : 0x50 + 16 * below(2), 1);
		put(d, one_in(4) ? below(256) : 1u << below(2) | TH_ACK, 1);
		PUT(d, 2, below(65536), 0, 0);
	}
}

/* A frame that is mostly right: one place in some frames is changed, some are cut. */
static void random_frame(void)
{
	static const uint8_t protos[] = {6, 6, 6, 17, 17, 1, 58, 47, 44, 132};
	static const char *const payloads[] = {"", "GET / HTTP/1.1\r\n",
					       "\x16\x03\x01\x02\x00\x01\x01",
					       "\xc3\x00\x00\x00\x01\x08", "xyz\0\0\0\0\0\0\0\0"};
	static struct bytes d;
	bool v6 = one_in(3), raw = one_in(6);
	uint8_t proto = protos[below(ARRAY_LEN(protos))], *copy;
	const char *text;
	unsigned payload = below(40), l4 = (proto == 6 ? 20 : 8) + payload;
	size_t n;

	d.n = 0;
	if (!raw) {
		put(&d, random64(), 8);
		put(&d, 0, 4);
		if (one_in(4))
			PUT(&d, 2, 0x8100, below(65536));
		put(&d, v6 ? 0x86dd : 0x0800, 2);
	}
	ip_header(&d, v6, proto, one_in(20) ? below(2000) : l4);
	l4_header(&d, proto, l4);
	text = payloads[below(ARRAY_LEN(payloads))];
	n = strlen(text);
	memset(d.b + d.n, 0, payload);
	memcpy(d.b + d.n, text, n < payload ? n : payload);
	d.n += payload;
	if (one_in(4))
		d.b[below((unsigned)d.n)] = (uint8_t)random64();
	n = one_in(5) ? below((unsigned)d.n + 1) : d.n;
	copy = malloc(n ? n : 1);
	assert_non_null(copy);
	memcpy(copy, d.b, n);
	compare_packet(raw ? 101 : 1, copy, n, one_in(10) ? n + below(1500) : d.n);
	free(copy);
}

static void test_packets(void **state)
{
	packets_all = packets_plain = 0;
	for (unsigned i = 0; i < FRAMES; i++)
		random_frame();
	assert_true(packets_plain > packets_all / 4);
}

/* Every file below @path, at most @depth folders down, through @use. Return: how many. */
static unsigned each_file(const char *path, unsigned depth,
			  void (*use)(const char *path, const uint8_t *data, size_t n))
{
	struct stat st;
	unsigned n = 0;

	if (stat(path, &st) < 0)
		return 0;
	if (S_ISDIR(st.st_mode) && depth) {
		DIR *dir = opendir(path);
		struct dirent *e;

		while (dir && (e = readdir(dir))) {
			_cleanup_text_ struct text name = TEXT_NULL;

			if (e->d_name[0] == '.')
				continue;
			text_printf(&name, "%s/%s", path, e->d_name);
			n += each_file(text_str(&name), depth - 1, use);
		}
		if (dir)
			closedir(dir);
	} else if (S_ISREG(st.st_mode) && (size_t)st.st_size <= FILE_MAX) {
		_cleanup_fclose_ FILE *f = fopen(path, "rb");
		_cleanup_free_ uint8_t *data = malloc((size_t)st.st_size + 1);

		assert_non_null(f);
		assert_non_null(data);
		use(path, data, fread(data, 1, (size_t)st.st_size, f));
		n++;
	}
	return n;
}

static enum plain_way way_of_files;

/* The seeds of the export targets: datagrams, each with its length before it. */
static void use_datagrams(const char *path, const uint8_t *data, size_t n)
{
	struct pair p = pair_new(way_of_files);
	struct cursor c = cursor_over(data, n);

	while (cursor_left(&c) > 2) {
		size_t len = cursor_be16(&c);

		len = len < cursor_left(&c) ? len : cursor_left(&c);
		send_both(&p, c.p, len);
		cursor_skip(&c, len);
		p.fast->recv_us = p.slow->recv_us += US_PER_S;
	}
	pair_free(&p);
}

/* The same with each format's version forced on the datagrams, as the targets do. */
static void seeds(enum plain_way way)
{
	static const char *const names[] = {"netflow5", "netflow9", "ipfix", "sflow", "export"};
	const char *root = getenv("NOROSHI_SEEDS");

	way_of_files = way;
	for (size_t i = 0; root && i < ARRAY_LEN(names); i++) {
		_cleanup_text_ struct text path = TEXT_NULL;

		text_printf(&path, "%s/%s", root, names[i]);
		assert_true(each_file(text_str(&path), 1, use_datagrams) > 0);
	}
}

static void test_seeds(void **state)
{
	if (!getenv("NOROSHI_SEEDS"))
		skip();
	each_way(seeds);
}

static void use_frame(const char *path, const uint8_t *data, size_t n)
{
	if (n > 4)
		compare_packet((uint32_t)be_uint(data, 2), data + 4, n - 4,
			       n - 4 + (size_t)be_uint(data + 2, 2));
	if (n > 4)
		compare_packet(1, data + 4, n - 4, n - 4);
}

/* A capture's frames as packets, and what UDP carries in them as exports. */
static void use_capture(const char *path, const uint8_t *data, size_t n)
{
	struct pair pair = pair_new(PLAIN_PORTABLE);
	struct refusals refused = {0};
	struct frames *frames = NULL;
	struct input *in = NULL;
	struct packet p;
	struct frame f;

	assert_int_equal(input_open_memory(&in, data, n), 0);
	if (frames_open(&frames, in, &refused) == 0) {
		while (frames_next(frames, &f) == FRAMES_GOT) {
			compare_packet(f.linktype, f.data, f.caplen, f.wirelen);
			if (packet_decode(&p, f.linktype, f.data, f.caplen, f.wirelen) ||
			    p.flow.proto != PROTO_UDP || !p.payload ||
			    exports_probe(p.payload, p.payload_len) <= 0)
				continue;
			pair.fast->recv_us = pair.slow->recv_us = f.time_us;
			send_both(&pair, p.payload, p.payload_len);
		}
		frames_free(frames);
	}
	input_free(in);
	pair_free(&pair);
}

static void test_frame_seeds(void **state)
{
	_cleanup_text_ struct text path = TEXT_NULL;

	if (!getenv("NOROSHI_SEEDS"))
		skip();
	text_printf(&path, "%s/packet", getenv("NOROSHI_SEEDS"));
	assert_true(each_file(text_str(&path), 1, use_frame) > 0);
}

static void test_captures(void **state)
{
	const char *root = getenv("NOROSHI_CORPUS");
	_cleanup_text_ struct text flows = TEXT_NULL, packets = TEXT_NULL;
	unsigned n;

	packets_all = packets_plain = 0;
	text_printf(&flows, "%s/01-flow", root ? root : "");
	text_printf(&packets, "%s/02-packets", root ? root : "");
	n = each_file(text_str(&flows), 4, use_capture) +
	    each_file(text_str(&packets), 4, use_capture);
	if (!n)
		skip();
	assert_true(packets_plain > packets_all / 4);
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
		cmocka_unit_test(test_sources),	 cmocka_unit_test(test_reconf),
		cmocka_unit_test(test_room),	 cmocka_unit_test(test_programs),
		cmocka_unit_test(test_v5),	 cmocka_unit_test(test_templates),
		cmocka_unit_test(test_packets),	 cmocka_unit_test(test_seeds),
		cmocka_unit_test(test_captures), cmocka_unit_test(test_frame_seeds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
