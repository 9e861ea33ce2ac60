/* SPDX-License-Identifier: ISC */
/*
 * Plain packets against the general walk: random frames, most of them right.
 */
#include "observe/test_plain_kit.h"

#define FRAMES 400000

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
	packets_all = packets_plain = packets_placed = 0;
	for (unsigned i = 0; i < FRAMES; i++)
		random_frame();
	assert_true(packets_plain > packets_all / 4);
	if (packet_place())
		assert_true(packets_placed > packets_all / 30);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_packets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
