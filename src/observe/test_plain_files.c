/* SPDX-License-Identifier: ISC */
/*
 * The short ways against the long ones over real bytes: the seeds of the fuzz targets, and
 * captures.
 */
#include "observe/test_plain_kit.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "observe/frames.h"

#define FILE_MAX (8u << 20)

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
			if (packet_decode_inner(&p, UNWRAP_ALL, f.linktype, f.data, f.caplen,
						f.wirelen) ||
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_seeds),
		cmocka_unit_test(test_captures),
		cmocka_unit_test(test_frame_seeds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
