/* SPDX-License-Identifier: ISC */
/*
 * What the export decoders read in the inputs of the fuzz targets, for a second opinion
 * (peer_fuzz.py): trace_records VERSION FILE...
 *
 * A file is datagrams, each behind its length in two bytes; VERSION is written over each one's
 * first two bytes, as the targets do. One line of JSON per datagram: what was answered, and its
 * data and option records with those elements that have an IANA number, as [number, "bytes in
 * hex"].
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/cursor.h"
#include "observe/export.h"
#include "observe/export_trace.h"

#define FILE_MAX   (4u << 20)
#define VALUES_MAX 64 /* elements that are printed of one record */

static unsigned records, values;

static void on_datagram(void *userdata, const struct datagram *d, const struct export_header *h)
{
}

static void on_begin(void *userdata, const struct export_record_head *r)
{
	printf("%s{\"set\":%u,\"values\":[", records++ ? "," : "", (unsigned)r->set);
	values = 0;
}

static void on_value(void *userdata, const struct export_value *v)
{
	if (v->pen != 0 || !v->id || values >= VALUES_MAX)
		return;
	printf("%s[%u,\"", values++ ? "," : "", (unsigned)v->id);
	for (size_t i = 0; i < v->len; i++)
		printf("%02x", v->data[i]);
	printf("\"]");
}

static void on_flow(void *userdata, const struct flow *f, const struct flow_side *s,
		    int64_t first_us, int64_t last_us)
{
}

static void on_end(void *userdata)
{
	printf("]}");
}

static int on_batch(void *userdata, const struct flow_batch *b)
{
	return 0;
}

static int each_datagram(struct exports *x, unsigned file, struct cursor c, unsigned version)
{
	int64_t recv_us = INT64_C(1500000000) * US_PER_S;

	for (unsigned i = 0; cursor_left(&c) > 2; i++) {
		size_t n = cursor_be16(&c);
		_cleanup_free_ uint8_t *copy = NULL;
		struct datagram d = {.from = ip_from_v4(0xc0000201), .recv_us = recv_us};
		int r;

		n = n < cursor_left(&c) ? n : cursor_left(&c);
		copy = malloc(n + 2);
		if (!copy)
			return -ENOMEM;
		memcpy(copy, cursor_take(&c, n), n);
		if (n >= 2) {
			copy[0] = (uint8_t)(version >> 8);
			copy[1] = (uint8_t)version;
		}
		d.data = copy;
		d.len = n;
		records = 0;
		printf("{\"file\":%u,\"datagram\":%u,\"records\":[", file, i);
		r = exports_datagram(x, &d);
		if (r < 0)
			return r;
		printf("],\"answer\":%d}\n", r);
		recv_us += US_PER_S;
	}
	return 0;
}

/* Each file is an exporter that nobody knows anything of yet. */
static int each_file(unsigned file, const char *path, unsigned version)
{
	static const struct export_trace trace = {on_datagram, on_begin, on_value,
						  on_flow,     on_end,	 NULL};
	static uint8_t data[FILE_MAX];
	_cleanup_fclose_ FILE *f = fopen(path, "rb");
	struct exporters *exporters = exporters_new(NULL);
	struct flow_writer writer;
	struct exports *x;
	size_t n;
	int r;

	if (!f || !exporters || flow_writer_init(&writer, &(struct flow_sink){.batch = on_batch}))
		return -EIO;
	x = exports_new(exporters, &writer, true);
	if (!x)
		return -ENOMEM;
	exports_set_trace(x, &trace);
	n = fread(data, 1, sizeof(data), f);
	r = each_datagram(x, file, cursor_over(data, n), version);
	exports_free(x);
	exporters_free(exporters);
	flow_writer_deinit(&writer);
	return r;
}

int main(int argc, char **argv)
{
	for (int i = 2; i < argc; i++) {
		int r = each_file((unsigned)(i - 2), argv[i], (unsigned)atoi(argv[1]));

		if (r < 0) {
			fprintf(stderr, "%s: %s\n", argv[i], strerror(-r));
			return 1;
		}
	}
	return 0;
}
