/* SPDX-License-Identifier: ISC */
/*
 * Frames are what they say: lengths, IP, TCP, UDP and ICMP checksums of whole frames (RFC 1071 in
 * its plainest form here), datagrams in fragments put together again; order of time; the same bytes
 * twice.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/cursor.h"
#include "base/hash.h"
#include "base/map.h"
#include "drill/drill.h"

struct fragmented {
	uint32_t sum, have, udp_len;
	bool first, last;
};

struct seen {
	int64_t last_us;
	uint64_t frames, tcp, udp, icmp, other, v6, fragments, whole, hash, bytes;
	struct map *parts;
	int64_t base_us;
};

static uint32_t sum16(const uint8_t *p, size_t n)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += i % 2 ? p[i] : (uint32_t)p[i] << 8;
	return sum;
}

static uint16_t folded(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

static void check_fragment(struct seen *s, const uint8_t *ip, const uint8_t *l4, size_t n,
			   uint16_t field)
{
	struct {
		uint8_t addrs[8], id[2];
	} key;
	struct fragmented *f;

	memcpy(key.addrs, ip + 12, 8);
	memcpy(key.id, ip + 4, 2);
	f = map_put(s->parts, &key, NULL);
	assert_non_null(f);
	s->fragments++;
	if ((field & 0x1fff) == 0) {
		*f = (struct fragmented){.first = true, .udp_len = (uint32_t)l4[4] << 8 | l4[5]};
		f->sum = sum16(ip + 12, 8) + ip[9] + f->udp_len;
	}
	f->sum += sum16(l4, n);
	f->have += (uint32_t)n;
	f->last |= !(field & 0x2000);
	if (f->first && f->last) {
		assert_int_equal(f->have, f->udp_len);
		assert_int_equal(folded(f->sum), 0xffff);
		s->whole++;
		map_remove(s->parts, &key);
	}
}

static void check_layer4(struct seen *s, uint8_t proto, uint32_t pseudo, const uint8_t *l4,
			 size_t n)
{
	switch (proto) {
	case 6:
		s->tcp++;
		assert_true(n >= (size_t)(l4[12] >> 4) * 4);
		break;
	case 17:
		s->udp++;
		assert_int_equal(n, (uint32_t)l4[4] << 8 | l4[5]);
		break;
	case 1:
		s->icmp++;
		pseudo = 0;
		break;
	case 58:
		s->icmp++;
		break;
	default:
		s->other++;
		return;
	}
	assert_int_equal(folded(pseudo + sum16(l4, n)), 0xffff);
}

static void check_ipv4(struct seen *s, const uint8_t *ip, size_t left)
{
	size_t total = (size_t)ip[2] << 8 | ip[3];
	uint16_t field = (uint16_t)(ip[6] << 8 | ip[7]);

	assert_int_equal(ip[0], 0x45);
	assert_true(total >= 20 && total <= left);
	assert_true(left == total || left == 46); /* only short frames are padded */
	assert_int_equal(folded(sum16(ip, 20)), 0xffff);
	assert_true(ip[8] > 0);
	if (field & 0x3fff)
		check_fragment(s, ip, ip + 20, total - 20, field);
	else
		check_layer4(s, ip[9], sum16(ip + 12, 8) + ip[9] + (uint32_t)(total - 20), ip + 20,
			     total - 20);
}

static void check_ipv6(struct seen *s, const uint8_t *ip, size_t left)
{
	size_t payload = (size_t)ip[4] << 8 | ip[5];

	s->v6++;
	assert_int_equal(ip[0] >> 4, 6);
	assert_true(payload + 40 <= left);
	check_layer4(s, ip[6], sum16(ip + 8, 32) + ip[6] + (uint32_t)payload, ip + 40, payload);
}

static int on_frame(void *userdata, int64_t time_us, const uint8_t *b, size_t len, size_t wirelen)
{
	struct seen *s = userdata;
	uint16_t type = (uint16_t)(b[12] << 8 | b[13]);

	assert_true(time_us >= s->last_us);
	assert_int_equal(len, wirelen); /* these runs keep whole frames */
	s->last_us = time_us;
	s->frames++;
	s->hash = hash_bytes(b, len, s->hash ^ (uint64_t)time_us);
	if (type == 0x0800)
		check_ipv4(s, b + 14, len - 14);
	else if (type == 0x86dd)
		check_ipv6(s, b + 14, len - 14);
	else
		fail_msg("ethertype %04x", type);
	return 0;
}

static struct seen run(const char *name, uint64_t seed)
{
	struct drill_options o = {.snaplen = 65535, .max_records = 60000};
	struct drill *d = drill_new(name, seed, &o);
	struct seen s = {.parts = map_new(10, sizeof(struct fragmented), 100000)};
	struct drill_sink sink = {.frame = on_frame, .userdata = &s};

	assert_non_null(d);
	assert_non_null(s.parts);
	assert_int_equal(drill_run(d, &sink), 0);
	assert_int_equal(drill_figures(d)->frames, s.frames);
	drill_free(d);
	map_free(s.parts);
	return s;
}

static void test_all_scenarios_are_well_formed(void **state)
{
	const char *name, *help;
	uint32_t seconds;

	for (size_t i = 0; drill_scenario(i, &name, &help, &seconds); i++) {
		struct seen s = run(name, 3);

		assert_true(s.frames > 10000);
		assert_true(strlen(help) > 20 && seconds > 0);
	}
}

static void test_background_is_mixed(void **state)
{
	struct seen s = run("background-only", 1);

	assert_true(s.tcp > s.frames / 3);
	assert_true(s.udp > 1000 && s.icmp > 100 && s.other > 100 && s.v6 > 1000);
}

static void test_fragments_come_together(void **state)
{
	struct seen s = run("amp-dns", 1);

	assert_true(s.whole > 10000);
	assert_true(s.fragments >= 3 * s.whole);
}

static void test_same_seed_same_bytes(void **state)
{
	assert_int_equal(run("several-at-once", 5).hash, run("several-at-once", 5).hash);
	assert_int_not_equal(run("several-at-once", 5).hash, run("several-at-once", 6).hash);
}

static void test_unknown_names_and_options(void **state)
{
	struct drill_options bad = {.format = DRILL_V5, .sampling = 20000};
	struct drill_options many = {.exporters = 4};

	assert_null(drill_new("no-such", 1, NULL));
	assert_null(drill_new("ramp", 1, &bad));
	assert_null(drill_new("ramp", 1, &many));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_scenarios_are_well_formed),
		cmocka_unit_test(test_background_is_mixed),
		cmocka_unit_test(test_fragments_come_together),
		cmocka_unit_test(test_same_seed_same_bytes),
		cmocka_unit_test(test_unknown_names_and_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
