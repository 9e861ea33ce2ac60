/* SPDX-License-Identifier: ISC */
/*
 * For the tests only: one line per frame of the captures given, as the decoder sees them, in
 * columns that test/corpus_packets.py reads; with --inner all tunnels are followed. With --reader
 * one line per file: how the reader took it. Never installed.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "observe/frames.h"
#include "observe/packet.h"
#include "observe/reader.h"

static void dump_record(const struct packet *p)
{
	char src[IP_TEXT_MAX], dst[IP_TEXT_MAX];

	printf("%s\t%s\t%u\t%u\t%u\t%u\t%" PRIu64 "\t%u\t%u\t%u\t%u\t%u\t%u\t%s\n",
	       ip_format(&p->flow.src, src), ip_format(&p->flow.dst, dst), p->flow.proto,
	       p->flow.sport, p->flow.dport, p->flow.tcp_flags, p->flow.bytes, p->side.flags,
	       p->side.fragment, p->side.ttl, p->side.vlan,
	       p->side.icmp_type << 8 | p->side.icmp_code, p->side.app,
	       p->noted ? refusal_name((enum refusal)(p->noted - 1)) : "-");
}

static int dump(const char *path, unsigned unwrap)
{
	struct refusals refused = {0};
	_cleanup_text_ struct text why = TEXT_NULL;
	struct input *in = NULL;
	struct frames *frames = NULL;
	struct packet p;
	struct frame f;

	printf("FILE\t%s\n", path);
	if (input_open(&in, path, &why) != 0)
		return 1;
	if (frames_open(&frames, in, &refused) == 0) {
		while (frames_next(frames, &f) == FRAMES_GOT) {
			int r = packet_decode_inner(&p, unwrap, f.linktype, f.data, f.caplen,
						    f.wirelen);

			printf("%" PRId64 "\t%u\t%zu\t%zu\t", f.time_us, f.interface, f.caplen,
			       f.wirelen);
			if (r)
				printf("!%s\n", refusal_name((enum refusal)(r - 1)));
			else
				dump_record(&p);
		}
		printf("END\t%s", frames_container(frames));
	} else {
		printf("END\tnone");
	}
	for (unsigned i = 0; i < REFUSAL_COUNT; i++)
		if (refused.count[i])
			printf("\t%s=%" PRIu64, refusal_name((enum refusal)i), refused.count[i]);
	printf("\n");
	frames_free(frames);
	input_free(in);
	return 0;
}

static int count_batch(void *userdata, const struct flow_batch *b)
{
	*(uint64_t *)userdata += b->n;
	return 0;
}

/* Each file is a call of its own: nothing learnt from one reaches the next. */
static int dump_reader(const char *path)
{
	static const char *const as[] = {"auto", "packets", "exports"};
	_cleanup_text_ struct text why = TEXT_NULL;
	uint64_t records = 0;
	struct flow_sink sink = {.batch = count_batch, .userdata = &records};
	struct exporters *exporters = exporters_new(NULL);
	struct reader r = {.exporters = exporters};
	struct reader_info info;
	struct flow_writer w;
	int result;

	if (!exporters || flow_writer_init(&w, &sink) < 0)
		return 1;
	r.writer = &w;
	r.exports = exports_new(exporters, &w, true);
	result = r.exports ? reader_run(&r, path, &info, &why) : -1;
	printf("%s\t%d\t%s\t%s\t%s\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64
	       "\t%s\n",
	       path, result, info.container, info.compression, as[info.as], info.frames,
	       info.datagrams, records, info.time_jumps_forward, info.time_jumps_back,
	       text_str(&why));
	exports_free(r.exports);
	flow_writer_deinit(&w);
	exporters_free(exporters);
	return result < 0;
}

int main(int argc, char **argv)
{
	bool reader = argc > 1 && !strcmp(argv[1], "--reader");
	bool inner = argc > 1 && !strcmp(argv[1], "--inner");
	int bad = 0;

	for (int i = 1 + (reader || inner); i < argc; i++)
		bad |= reader ? dump_reader(argv[i]) : dump(argv[i], inner ? UNWRAP_ALL : 0);
	return bad;
}
