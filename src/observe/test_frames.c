/* SPDX-License-Identifier: ISC */
/*
 * Proves the capture formats: files written here byte by byte, in both byte orders, must give the
 * frames that went in; cut anywhere they give all frames before the cut, and count it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "observe/frames.h"

#define T0 1220000000 /* 2008-08-29 */

struct file {
	uint8_t b[8192];
	size_t n;
	bool big; /* byte order of what is written */
};

static void put(struct file *f, const void *p, size_t n)
{
	assert_true(f->n + n <= sizeof(f->b));
	memcpy(f->b + f->n, p, n);
	f->n += n;
}

static void put_int(struct file *f, uint64_t v, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		uint8_t b = (uint8_t)(v >> (8 * (f->big ? n - 1 - i : i)));

		put(f, &b, 1);
	}
}

static void put_fill(struct file *f, uint8_t b, size_t n)
{
	while (n--)
		put(f, &b, 1);
}

/* What was read: the frames' own figures and the first byte of each. */
struct got {
	struct frame frame[16];
	uint8_t first[16];
	unsigned n;
	struct refusals refused;
	char container[16];
};

/* The same file by frames_some(): the same frames, and the same said of what is broken. */
static void read_some(const uint8_t *data, size_t n, const struct got *want)
{
	struct frame f[3];
	struct refusals refused = {0};
	struct input *in = NULL;
	struct frames *frames = NULL;
	unsigned at = 0;
	size_t k;

	assert_int_equal(input_open_memory(&in, data, n), 0);
	if (frames_open(&frames, in, &refused) == 0) {
		while (at < want->n && (k = frames_some(frames, f, 3)) > 0) {
			for (size_t i = 0; i < k && at < want->n; i++, at++) {
				assert_int_equal(f[i].time_us, want->frame[at].time_us);
				assert_int_equal(f[i].caplen, want->frame[at].caplen);
				assert_int_equal(f[i].wirelen, want->frame[at].wirelen);
				assert_int_equal(f[i].linktype, want->frame[at].linktype);
				assert_int_equal(f[i].interface, want->frame[at].interface);
				assert_int_equal(f[i].caplen ? f[i].data[0] : 0, want->first[at]);
			}
		}
		if (at < 16) {
			assert_int_equal(frames_some(frames, f, 3), 0);
			assert_int_equal(frames_some(frames, f, 3), 0);
			assert_memory_equal(&refused, &want->refused, sizeof(refused));
		}
	}
	assert_int_equal(at, want->n);
	frames_free(frames);
	input_free(in);
}

static struct got read_all(const uint8_t *data, size_t n)
{
	_cleanup_free_ uint8_t *copy = malloc(n ? n : 1);
	struct got got = {.n = 0};
	struct input *in = NULL;
	struct frames *frames = NULL;
	struct frame f;

	memcpy(copy, data, n);
	assert_int_equal(input_open_memory(&in, copy, n), 0);
	if (frames_open(&frames, in, &got.refused) == 0) {
		strcpy(got.container, frames_container(frames));
		while (got.n < 16 && frames_next(frames, &f) == FRAMES_GOT) {
			got.first[got.n] = f.caplen ? f.data[0] : 0;
			got.frame[got.n++] = f;
		}
		if (got.n < 16) /* an end stays an end */
			assert_int_equal(frames_next(frames, &f), FRAMES_END);
	}
	frames_free(frames);
	input_free(in);
	read_some(copy, n, &got);
	return got;
}

static void pcap_header(struct file *f, uint32_t magic, uint16_t minor, uint32_t linktype)
{
	put_int(f, magic, 4);
	put_int(f, 2, 2);
	put_int(f, minor, 2);
	put_int(f, 0, 8);
	put_int(f, 262144, 4);
	put_int(f, linktype, 4);
}

static void pcap_frame(struct file *f, uint32_t fraction, uint32_t a, uint32_t b, size_t extra,
		       uint8_t fill, size_t n)
{
	put_int(f, T0, 4);
	put_int(f, fraction, 4);
	put_int(f, a, 4);
	put_int(f, b, 4);
	put_fill(f, 0, extra);
	put_fill(f, fill, n);
}

static void test_pcap_variants(void **state)
{
	static const struct {
		uint32_t magic, fraction;
		size_t extra;
		uint16_t minor;
		bool swapped;
	} cases[] = {
		{0xa1b2c3d4, 123456, 0, 4, false}, {0xa1b23c4d, 123456789, 0, 4, false},
		{0xa1b2cd34, 123456, 8, 4, false}, {0xa1b2c3d4, 123456, 0, 2, true},
		{0xa1b2c3d4, 123456, 0, 3, true},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases) * 2; i++) {
		struct file f = {.big = i % 2};
		struct got got;
		uint32_t a = cases[i / 2].swapped ? 90 : 60, b = cases[i / 2].swapped ? 60 : 90;

		pcap_header(&f, cases[i / 2].magic, cases[i / 2].minor, 0x10000000 | 113);
		pcap_frame(&f, cases[i / 2].fraction, a, b, cases[i / 2].extra, 0xaa, 60);
		pcap_frame(&f, cases[i / 2].fraction, a, b, cases[i / 2].extra, 0xbb, 60);
		got = read_all(f.b, f.n);
		assert_string_equal(got.container, "pcap");
		assert_int_equal(got.n, 2);
		assert_int_equal(got.frame[0].time_us, T0 * US_PER_S + 123456);
		assert_int_equal(got.frame[0].caplen, 60);
		assert_int_equal(got.frame[0].wirelen, 90);
		assert_int_equal(got.frame[0].linktype, 113);
		assert_int_equal(got.first[0], 0xaa);
		assert_int_equal(got.first[1], 0xbb);
		assert_int_equal(refusals_total(&got.refused), 0);
	}
}

static void test_pcap_cut_everywhere(void **state)
{
	struct file f = {.big = false};

	pcap_header(&f, 0xa1b2c3d4, 4, 1);
	for (unsigned i = 0; i < 3; i++)
		pcap_frame(&f, i, 60, 60, 0, (uint8_t)i, 60);
	for (size_t cut = 24; cut <= f.n; cut++) {
		struct got got = read_all(f.b, cut);

		assert_int_equal(got.n, (cut - 24) / 76);
		assert_int_equal(got.refused.count[REFUSED_TRUNCATED], (cut - 24) % 76 != 0);
		assert_int_equal(got.refused.bytes[REFUSED_TRUNCATED], (cut - 24) % 76);
	}
}

static void test_pcap_broken(void **state)
{
	struct file f = {.big = false};
	struct got got;

	pcap_header(&f, 0xa1b2c3d4, 4, 1);
	pcap_frame(&f, 0, 60, 60, 0, 1, 60);
	pcap_frame(&f, 0, 0x7fffffff, 60, 0, 1, 60);
	got = read_all(f.b, f.n);
	assert_int_equal(got.n, 1);
	assert_int_equal(got.refused.count[REFUSED_BAD_CONTAINER], 1);
}

/* pcapng */

static size_t block_begin(struct file *f, uint32_t type)
{
	size_t at = f->n;

	put_int(f, type, 4);
	put_int(f, 0, 4);
	return at;
}

static void block_end(struct file *f, size_t at)
{
	struct file len = {.big = f->big};

	put_fill(f, 0, (4 - f->n % 4) % 4);
	put_int(&len, f->n - at + 4, 4);
	memcpy(f->b + at + 4, len.b, 4);
	put(f, len.b, 4);
}

static void section(struct file *f)
{
	size_t at = block_begin(f, 0x0a0d0d0a);

	put_int(f, 0x1a2b3c4d, 4);
	put_int(f, 1, 2);
	put_int(f, 0, 2);
	put_fill(f, 0xff, 8);
	block_end(f, at);
}

/* @resol: 0 for none. */
static void interface(struct file *f, uint16_t linktype, uint8_t resol, int64_t offset_s)
{
	size_t at = block_begin(f, 1);

	put_int(f, linktype, 2);
	put_int(f, 0, 2);
	put_int(f, 65535, 4);
	if (resol) {
		put_int(f, 9, 2);
		put_int(f, 1, 2);
		put_int(f, resol, 1);
		put_fill(f, 0, 3);
	}
	if (offset_s) {
		put_int(f, 14, 2);
		put_int(f, 8, 2);
		put_int(f, (uint64_t)offset_s, 8);
	}
	put_int(f, 0, 4);
	block_end(f, at);
}

static void enhanced(struct file *f, uint32_t interface_id, uint64_t ticks, uint8_t fill)
{
	size_t at = block_begin(f, 6);

	put_int(f, interface_id, 4);
	put_int(f, ticks >> 32, 4);
	put_int(f, ticks & 0xffffffff, 4);
	put_int(f, 61, 4);
	put_int(f, 1500, 4);
	put_fill(f, fill, 61);
	block_end(f, at);
}

static void old_packet(struct file *f, uint16_t interface_id, uint64_t ticks, uint8_t fill)
{
	size_t at = block_begin(f, 2);

	put_int(f, interface_id, 2);
	put_int(f, 0xffff, 2);
	put_int(f, ticks >> 32, 4);
	put_int(f, ticks & 0xffffffff, 4);
	put_int(f, 61, 4);
	put_int(f, 1500, 4);
	put_fill(f, fill, 61);
	block_end(f, at);
}

static void simple(struct file *f, uint8_t fill)
{
	size_t at = block_begin(f, 3);

	put_int(f, 63, 4);
	put_fill(f, fill, 63);
	block_end(f, at);
}

static void unknown_block(struct file *f)
{
	size_t at = block_begin(f, 0x40000bad);

	put_fill(f, 0x55, 40);
	block_end(f, at);
}

static void make_pcapng(struct file *f, bool big)
{
	f->big = big;
	section(f);
	interface(f, 1, 0, 0);
	unknown_block(f);
	interface(f, 113, 9, 0);
	interface(f, 101, 0x80 | 10, T0);
	enhanced(f, 0, (uint64_t)T0 * 1000000 + 7, 1);
	enhanced(f, 1, (uint64_t)T0 * 1000000000 + 5999, 2);
	enhanced(f, 2, 512, 3);
	simple(f, 4);
	old_packet(f, 1, (uint64_t)T0 * 1000000000 + 8000, 5);
}

static void check_pcapng(const struct got *got, unsigned from)
{
	static const struct {
		int64_t after_us;
		uint32_t linktype, interface;
		size_t caplen, wirelen;
	} want[] = {
		{7, 1, 0, 61, 1500},	{5, 113, 1, 61, 1500}, {500000, 101, 2, 61, 1500},
		{500000, 1, 0, 63, 63}, {8, 113, 1, 61, 1500},
	};

	for (unsigned i = 0; i < ARRAY_LEN(want); i++) {
		const struct frame *f = &got->frame[from + i];

		assert_int_equal(f->time_us, T0 * US_PER_S + want[i].after_us);
		assert_int_equal(f->linktype, want[i].linktype);
		assert_int_equal(f->interface, want[i].interface);
		assert_int_equal(f->caplen, want[i].caplen);
		assert_int_equal(f->wirelen, want[i].wirelen);
		assert_int_equal(got->first[from + i], i + 1);
	}
}

/* Two sections of different byte order in one file, as after a concatenation. */
static void test_pcapng(void **state)
{
	struct file f = {.n = 0};
	struct got got;

	make_pcapng(&f, false);
	make_pcapng(&f, true);
	got = read_all(f.b, f.n);
	assert_string_equal(got.container, "pcapng");
	assert_int_equal(got.n, 10);
	check_pcapng(&got, 0);
	check_pcapng(&got, 5);
	assert_int_equal(refusals_total(&got.refused), 0);
}

static void test_pcapng_bad_blocks(void **state)
{
	struct file f = {.big = true};
	struct got got;
	size_t at;

	section(&f);
	enhanced(&f, 0, 1, 9); /* an interface that was never described: counted, passed */
	interface(&f, 1, 0, 0);
	enhanced(&f, 0, 1, 8);
	at = f.n;
	enhanced(&f, 0, 1, 7);
	f.b[f.n - 1] ^= 0x10; /* the lengths at both ends disagree: nothing after is trusted */
	enhanced(&f, 0, 1, 6);
	got = read_all(f.b, f.n);
	assert_int_equal(got.n, 1);
	assert_int_equal(got.first[0], 8);
	assert_int_equal(got.refused.count[REFUSED_BAD_CONTAINER], 2);
	got = read_all(f.b, at + 50);
	assert_int_equal(got.n, 1);
	assert_int_equal(got.refused.count[REFUSED_TRUNCATED], 1);
}

static int64_t time_read(uint8_t resol, uint64_t ticks)
{
	struct file f = {.big = true};

	section(&f);
	interface(&f, 1, resol, 0);
	enhanced(&f, 0, ticks, 1);
	return read_all(f.b, f.n).frame[0].time_us;
}

static void test_pcapng_units(void **state)
{
	assert_int_equal(time_read(3, UINT64_C(1234567890123)), INT64_C(1234567890123000));
	assert_int_equal(time_read(0x80, 1234567890), INT64_C(1234567890000000));
	assert_int_equal(time_read(12, UINT64_C(1234567890123456789)), INT64_C(1234567890123));
	assert_int_equal(time_read(0x80 | 32, UINT64_C(1234567890) << 32 | 1u << 31),
			 INT64_C(1234567890500000));
}

/* Units and offsets at their ends must not overflow. */
static void test_pcapng_times(void **state)
{
	static const uint8_t resol[] = {1, 3, 6, 9, 19, 38, 0x7f, 0x80, 0x80 | 63, 0xff};

	for (size_t i = 0; i < ARRAY_LEN(resol); i++) {
		for (unsigned k = 0; k < 3; k++) {
			struct file f = {.big = i % 2};
			struct got got;

			section(&f);
			interface(&f, 1, resol[i], k == 1 ? INT64_MAX : k == 2 ? INT64_MIN : 0);
			enhanced(&f, 0, UINT64_MAX, 1);
			got = read_all(f.b, f.n);
			assert_int_equal(got.n, 1);
			assert_true(got.frame[0].time_us > -(INT64_C(1) << 61) &&
				    got.frame[0].time_us < INT64_C(1) << 61);
			if (k)
				assert_int_equal(got.refused.count[REFUSED_BAD_CONTAINER], 1);
		}
	}
}

/* ERF */

static void erf_record(struct file *f, uint8_t type, unsigned extensions, size_t wirelen,
		       uint8_t fill, size_t n)
{
	size_t sub = (type & 0x7f) == 2 ? 2 : 0, len = 16 + 8 * extensions + sub + n;

	f->big = false;
	put_int(f, 0x80000000, 4); /* half a second */
	put_int(f, T0, 4);
	f->big = true;
	put_int(f, type | (extensions ? 0x80 : 0), 1);
	put_int(f, 5, 1); /* port 1 */
	put_int(f, len, 2);
	put_int(f, 0, 2);
	put_int(f, wirelen, 2);
	for (unsigned i = 0; i < extensions; i++) {
		put_int(f, i + 1 < extensions ? 0x83 : 0x03, 1);
		put_fill(f, 0, 7);
	}
	put_fill(f, 0, sub);
	put_fill(f, fill, n);
}

static void test_erf(void **state)
{
	struct file f = {.n = 0};
	struct got got;

	erf_record(&f, 2, 0, 100, 1, 60);
	erf_record(&f, 2, 2, 60, 2, 64); /* padded */
	erf_record(&f, 48, 0, 0, 0, 8);	 /* padding record: passed */
	erf_record(&f, 22, 1, 40, 3, 40);
	erf_record(&f, 21, 0, 40, 4, 40); /* Infiniband: counted */
	got = read_all(f.b, f.n);
	assert_string_equal(got.container, "erf");
	assert_int_equal(got.n, 3);
	assert_int_equal(got.frame[0].time_us, T0 * US_PER_S + 500000);
	assert_int_equal(got.frame[0].caplen, 60);
	assert_int_equal(got.frame[0].wirelen, 100);
	assert_int_equal(got.frame[0].linktype, 1);
	assert_int_equal(got.frame[0].interface, 1);
	assert_int_equal(got.frame[1].caplen, 60);
	assert_int_equal(got.first[1], 2);
	assert_int_equal(got.frame[2].linktype, 228);
	assert_int_equal(got.refused.count[REFUSED_UNSUPPORTED], 1);
	got = read_all(f.b, f.n - 3);
	assert_int_equal(got.n, 3);
	assert_int_equal(got.refused.count[REFUSED_TRUNCATED], 1);
}

/* Text, zeros, export datagrams and noise are no capture. */
static void test_not_recognised(void **state)
{
	static const uint8_t v5[72] = {0, 5, 0, 1, 0, 1, 2, 3, 0x48, 0xb7, 0x5e};
	static const uint8_t zeros[256];
	struct file f = {.n = 0};
	const char *text = "2008-08-08 12:00:00 a line of a log file, and then another\n";

	assert_string_equal(read_all(v5, sizeof(v5)).container, "");
	assert_string_equal(read_all(zeros, sizeof(zeros)).container, "");
	assert_string_equal(read_all((const uint8_t *)text, strlen(text)).container, "");
	assert_string_equal(read_all(zeros, 0).container, "");
	/* A flag that no card sets. */
	erf_record(&f, 2, 0, 100, 1, 60);
	erf_record(&f, 2, 0, 100, 1, 60);
	assert_string_equal(read_all(f.b, f.n).container, "erf");
	f.b[9] |= 0x40;
	assert_string_equal(read_all(f.b, f.n).container, "");
	/* Text whose bytes would make an ERF time, type and lengths, but for a reserved flag. */
	text = "    1  10@2008-08-08 12:00:00 IP (tos 0x0)";
	assert_string_equal(read_all((const uint8_t *)text, strlen(text)).container, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pcap_variants),
		cmocka_unit_test(test_pcap_cut_everywhere),
		cmocka_unit_test(test_pcap_broken),
		cmocka_unit_test(test_pcapng),
		cmocka_unit_test(test_pcapng_bad_blocks),
		cmocka_unit_test(test_pcapng_units),
		cmocka_unit_test(test_pcapng_times),
		cmocka_unit_test(test_erf),
		cmocka_unit_test(test_not_recognised),
	};

	return cmocka_run_group_tests_name("frames", tests, NULL, NULL);
}
