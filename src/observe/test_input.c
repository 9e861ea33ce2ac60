/* SPDX-License-Identifier: ISC */
/*
 * Proves the byte stream: each compression gives back what went in, also as several members, inside
 * another, cut, damaged and with bytes behind; a file that is unpacked on a thread of its own gives
 * the same as memory; so does a pipe that trickles; and a bomb does not grow the window.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <bzlib.h>
#include <dirent.h>
#include <lzma.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "base/cleanup.h"
#include "observe/input.h"

#define PLAIN 300000

static uint8_t plain[PLAIN];

struct packed {
	uint8_t *b;
	size_t n;
};

static struct packed pack_gz(const uint8_t *p, size_t n)
{
	struct packed out = {.b = malloc(n + 1000), .n = 0};
	z_stream z = {0};

	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_in = (uint8_t *)(uintptr_t)p;
	z.avail_in = (unsigned)n;
	z.next_out = out.b;
	z.avail_out = (unsigned)n + 1000;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	out.n = z.total_out;
	deflateEnd(&z);
	return out;
}

static struct packed pack_bz2(const uint8_t *p, size_t n)
{
	struct packed out = {.b = malloc(n * 2 + 1000), .n = 0};
	unsigned len = (unsigned)n * 2 + 1000;

	assert_int_equal(BZ2_bzBuffToBuffCompress((char *)out.b, &len, (char *)(uintptr_t)p,
						  (unsigned)n, 1, 0, 0),
			 BZ_OK);
	out.n = len;
	return out;
}

static struct packed pack_xz(const uint8_t *p, size_t n)
{
	struct packed out = {.b = malloc(n + 10000), .n = 0};

	assert_int_equal(
		lzma_easy_buffer_encode(1, LZMA_CHECK_CRC64, NULL, p, n, out.b, &out.n, n + 10000),
		LZMA_OK);
	return out;
}

static struct packed pack_zst(const uint8_t *p, size_t n)
{
	struct packed out = {.b = malloc(n + 10000), .n = 0};

	ZSTD_CCtx *c = ZSTD_createCCtx();

	ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, 1);
	out.n = ZSTD_compress2(c, out.b, n + 10000, p, n);
	assert_false(ZSTD_isError(out.n));
	ZSTD_freeCCtx(c);
	return out;
}

static const struct {
	const char *name;
	struct packed (*pack)(const uint8_t *p, size_t n);
} packers[] = {
	{"gzip", pack_gz},
	{"bzip2", pack_bz2},
	{"xz", pack_xz},
	{"zstd", pack_zst},
};

struct result {
	size_t n;
	bool same; /* as the repeated plain bytes */
	enum input_end end;
	char name[8];
};

static struct result drain(struct input *in)
{
	struct result r = {.same = true};
	const uint8_t *p;
	size_t have;

	while ((have = input_peek(in, 1000, &p)) != 0) {
		if (have > 777)
			have = 777;
		for (size_t i = 0; i < have; i++)
			r.same = r.same && p[i] == plain[(r.n + i) % PLAIN];
		r.n += have;
		input_consume(in, have);
	}
	r.end = input_ended(in);
	assert_int_equal(input_passed(in), r.n);
	strcpy(r.name, input_compression(in));
	input_free(in);
	return r;
}

static struct input *open_file(const uint8_t *p, size_t n)
{
	_cleanup_text_ struct text why = TEXT_NULL;
	char path[] = "/tmp/noroshi-input-XXXXXX";
	struct input *in = NULL;
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, p, n), n);
	close(fd);
	assert_int_equal(input_open(&in, path, &why), 0);
	unlink(path);
	return in;
}

/* From memory it is unpacked in place, from a file ahead: both must say the same. */
static struct result drain_memory(const uint8_t *p, size_t n)
{
	struct input *in = NULL;
	struct result here, ahead = drain(open_file(p, n));

	assert_int_equal(input_open_memory(&in, p, n), 0);
	here = drain(in);
	assert_int_equal(ahead.n, here.n);
	assert_int_equal(ahead.same, here.same);
	assert_int_equal(ahead.end, here.end);
	assert_string_equal(ahead.name, here.name);
	return here;
}

static void append(struct packed *to, struct packed more)
{
	to->b = realloc(to->b, to->n + more.n);
	memcpy(to->b + to->n, more.b, more.n);
	to->n += more.n;
	free(more.b);
}

static void test_plain(void **state)
{
	struct result r = drain_memory(plain, PLAIN);

	assert_int_equal(r.n, PLAIN);
	assert_true(r.same);
	assert_string_equal(r.name, "none");
}

static void test_packed_members(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(packers); i++) {
		struct packed two = packers[i].pack(plain, PLAIN);
		struct result r = drain_memory(two.b, two.n);

		assert_int_equal(r.n, PLAIN);
		assert_string_equal(r.name, packers[i].name);
		append(&two, packers[i].pack(plain, PLAIN));
		r = drain_memory(two.b, two.n);
		assert_int_equal(r.n, 2 * PLAIN);
		assert_true(r.same);
		assert_int_equal(r.end, INPUT_GOOD);
		free(two.b);
	}
}

static void test_packed_twice(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(packers); i++) {
		struct packed inner = packers[i].pack(plain, PLAIN);
		struct packed outer = packers[(i + 1) % ARRAY_LEN(packers)].pack(inner.b, inner.n);
		struct result r = drain_memory(outer.b, outer.n);

		assert_int_equal(r.n, PLAIN);
		assert_true(r.same);
		free(inner.b);
		free(outer.b);
	}
}

static void test_packed_cut(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(packers); i++) {
		struct packed p = packers[i].pack(plain, PLAIN);
		struct result r = drain_memory(p.b, p.n / 4 * 3); /* behind bzip2's first block */

		assert_int_equal(r.end, INPUT_TRUNCATED);
		assert_true(r.same);
		if (r.n == 0 || r.n >= PLAIN)
			fail_msg("%s: %zu bytes", packers[i].name, r.n);
		free(p.b);
	}
}

static void test_packed_damaged(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(packers); i++) {
		struct packed p = packers[i].pack(plain, PLAIN);
		struct result r;

		memset(p.b + p.n / 2, 0x5a, 64);
		r = drain_memory(p.b, p.n);
		assert_int_equal(r.end, INPUT_CORRUPT);
		free(p.b);
	}
}

static void test_packed_trailing(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(packers); i++) {
		struct packed p = packers[i].pack(plain, PLAIN);
		struct packed tail = {.b = calloc(1, 512), .n = 512};
		struct result r;

		append(&p, tail); /* zeros, as tapes and xz pad */
		r = drain_memory(p.b, p.n);
		assert_int_equal(r.n, PLAIN);
		assert_int_equal(r.end, INPUT_GOOD);
		memset(p.b + p.n - 9, 'x', 9);
		r = drain_memory(p.b, p.n);
		assert_int_equal(r.n, PLAIN);
		assert_int_equal(r.end, INPUT_TRAILING);
		free(p.b);
	}
}

static unsigned threads(void)
{
	DIR *d = opendir("/proc/self/task");
	unsigned n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static struct packed pack_long(size_t i)
{
	struct packed p = packers[i].pack(plain, PLAIN);

	for (unsigned more = 0; more < 15; more++)
		append(&p, packers[i].pack(plain, PLAIN));
	return p;
}

/* Left in its middle, with the ring full or while the thread is at work; and asked how far it is.
 */
static void test_left_early(void **state)
{
	unsigned before = threads();
	uint64_t done, total;
	const uint8_t *p;

	for (size_t i = 0; i < 4 * ARRAY_LEN(packers); i++) {
		struct packed file = pack_long(i / 4);
		struct input *in = open_file(file.b, file.n);

		assert_int_equal(threads(), before + 1);
		if (i % 4 > 1)
			assert_true(input_skip(in, i % 4 == 2 ? 5000 : 3 * PLAIN));
		if (i % 4)
			assert_true(input_peek(in, 1000, &p) >= 1000);
		input_progress(in, &done, &total);
		assert_true(done > 0 && done <= total);
		assert_int_equal(total, file.n);
		assert_int_equal(input_ended(in), INPUT_GOOD);
		input_free(in);
		assert_int_equal(threads(), before);
		free(file.b);
	}
}

static void test_read_to_its_end(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(packers); i++) {
		struct packed file = pack_long(i);
		struct input *in = open_file(file.b, file.n);
		uint64_t done, total;

		assert_true(input_skip(in, 16 * PLAIN));
		assert_false(input_skip(in, 1));
		input_progress(in, &done, &total);
		assert_int_equal(done, file.n);
		assert_int_equal(total, file.n);
		input_free(in);
		assert_int_equal(drain_memory(file.b, file.n).n, 16 * PLAIN);
		free(file.b);
	}
}

/* Where no thread can be made, it is unpacked in place. */
static void test_no_thread(void **state)
{
	struct packed file = pack_gz(plain, PLAIN);
	pthread_attr_t usual, huge;
	unsigned most = threads();
	struct input *in;
	struct result r;

	assert_int_equal(pthread_getattr_default_np(&usual), 0);
	assert_int_equal(pthread_getattr_default_np(&huge), 0);
	assert_int_equal(pthread_attr_setstacksize(&huge, (size_t)1 << 50), 0);
	assert_int_equal(pthread_setattr_default_np(&huge), 0);
	in = open_file(file.b, file.n);
	assert_int_equal(pthread_setattr_default_np(&usual), 0);
#ifdef __SANITIZE_THREAD__ /* it sets a stack of its own */
	most++;
#endif
	assert_true(threads() <= most);
	r = drain(in);
	assert_int_equal(r.n, PLAIN);
	assert_true(r.same);
	assert_int_equal(r.end, INPUT_GOOD);
	pthread_attr_destroy(&usual);
	pthread_attr_destroy(&huge);
	free(file.b);
}

struct trickle {
	int fd;
	const uint8_t *b;
	size_t n;
};

static void *write_slowly(void *arg)
{
	struct trickle *t = arg;

	for (size_t at = 0, step = 1; at < t->n; at += step, step = step % 5003 + 1) {
		if (step > t->n - at)
			step = t->n - at;
		if (write(t->fd, t->b + at, step) != (ssize_t)step)
			break;
	}
	close(t->fd);
	return NULL;
}

/* Through a pipe, in pieces that never fit, on standard input. */
static void test_pipe(void **state)
{
	_cleanup_text_ struct text why = TEXT_NULL;
	struct packed p = pack_gz(plain, PLAIN);
	struct input *in = NULL;
	struct trickle t = {.b = p.b, .n = p.n};
	int fds[2], saved = dup(STDIN_FILENO);
	pthread_t writer;
	struct result r;

	assert_int_equal(pipe(fds), 0);
	dup2(fds[0], STDIN_FILENO);
	close(fds[0]);
	t.fd = fds[1];
	assert_int_equal(pthread_create(&writer, NULL, write_slowly, &t), 0);
	assert_int_equal(input_open(&in, "-", &why), 0);
	r = drain(in);
	pthread_join(writer, NULL);
	dup2(saved, STDIN_FILENO);
	close(saved);
	free(p.b);
	assert_int_equal(r.n, PLAIN);
	assert_true(r.same);
}

/* A gibibyte of zeros from a megabyte: passed through, never held. */
static void test_bomb(void **state)
{
	uint8_t *zeros = calloc(1, 16 << 20);
	struct packed one = pack_gz(zeros, 16 << 20), all = {.b = NULL, .n = 0};
	struct input *in = NULL;
	struct rusage before, after;

	for (unsigned i = 0; i < 64; i++) {
		struct packed copy = {.b = malloc(one.n), .n = one.n};

		memcpy(copy.b, one.b, one.n);
		append(&all, copy);
	}
	free(zeros);
	free(one.b);
	getrusage(RUSAGE_SELF, &before);
	assert_int_equal(input_open_memory(&in, all.b, all.n), 0);
	assert_true(input_skip(in, UINT64_C(1) << 30));
	assert_false(input_skip(in, 1));
	input_free(in);
	getrusage(RUSAGE_SELF, &after);
	free(all.b);
	assert_true(after.ru_maxrss - before.ru_maxrss < 8192); /* KiB */
}

/* Zeros packed @times times over by zstd: what would unpack to @n bytes is left where it is too
 * much. */
static struct packed pack_often(size_t n, unsigned times)
{
	uint8_t *zeros = calloc(1, n);
	struct packed p = pack_zst(zeros, n);

	free(zeros);
	for (unsigned i = 1; i < times; i++) {
		struct packed more = pack_zst(p.b, p.n);

		free(p.b);
		p = more;
	}
	return p;
}

static void test_swollen(void **state)
{
	static const struct {
		size_t n;
		unsigned times;
		bool swollen;
	} cases[] = {
		{INPUT_SWELLS_MIN, 1, false},	 {INPUT_SWELLS_MIN, 2, false},
		{INPUT_SWELLS_MIN + 1, 1, true}, {256u << 20, 1, true},
		{256u << 20, 2, true},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct packed p = pack_often(cases[i].n, cases[i].times);
		struct result r = drain_memory(p.b, p.n);

		assert_int_equal(r.end, cases[i].swollen ? INPUT_SWOLLEN : INPUT_GOOD);
		if (cases[i].swollen)
			assert_true(r.n == INPUT_SWELLS_MIN || r.n == p.n * INPUT_SWELLS_MAX);
		else
			assert_int_equal(r.n, cases[i].n);
		free(p.b);
	}
}

static void test_cannot_open(void **state)
{
	_cleanup_text_ struct text why = TEXT_NULL;
	struct input *in = NULL;

	assert_int_equal(input_open(&in, "/nonexistent/file", &why), 1);
	assert_non_null(strstr(text_str(&why), "No such file"));
	assert_int_equal(input_open(&in, "/", &why), 1);
	assert_non_null(strstr(text_str(&why), "directory"));
	assert_null(in);
}

static void test_peek_beyond_window(void **state)
{
	struct input *in = NULL;
	const uint8_t *p;
	uint8_t *big = malloc(INPUT_WINDOW * 4);

	for (size_t i = 0; i < INPUT_WINDOW * 4; i++)
		big[i] = (uint8_t)(i * 31 >> 5);
	assert_int_equal(input_open_memory(&in, big, INPUT_WINDOW * 4), 0);
	assert_true(input_skip(in, 1000));
	assert_true(input_peek(in, INPUT_WINDOW * 3, &p) >= INPUT_WINDOW * 3);
	assert_memory_equal(p, big + 1000, INPUT_WINDOW * 3);
	assert_int_equal(input_peek(in, INPUT_WINDOW * 5, &p), INPUT_WINDOW * 4 - 1000);
	input_free(in);
	free(big);
}

static int fill_plain(void **state)
{
	uint32_t x = 1;

	/* Half noise, half runs: packs a little, spans many blocks of every format. */
	for (size_t i = 0; i < PLAIN; i++) {
		x = x * 1664525 + 1013904223;
		plain[i] = i / 64 % 2 ? (uint8_t)(x >> 24) : (uint8_t)(i / 64);
	}
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_packed_members),
		cmocka_unit_test(test_packed_twice),
		cmocka_unit_test(test_packed_cut),
		cmocka_unit_test(test_packed_damaged),
		cmocka_unit_test(test_packed_trailing),
		cmocka_unit_test(test_pipe),
		cmocka_unit_test(test_bomb),
		cmocka_unit_test(test_swollen),
		cmocka_unit_test(test_cannot_open),
		cmocka_unit_test(test_peek_beyond_window),
		cmocka_unit_test(test_left_early),
		cmocka_unit_test(test_read_to_its_end),
		cmocka_unit_test(test_no_thread),
	};

	return cmocka_run_group_tests_name("input", tests, fill_plain, NULL);
}
