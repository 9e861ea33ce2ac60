/* SPDX-License-Identifier: ISC */
/*
 * The engine of `decode`: a reader whose decoders report to a trace, and a trace that writes lines.
 */
#include "cli/decode.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/map.h"
#include "observe/reader.h"

/* An element's name without depending on where its text lies: what repeats goes into one array. */
struct value_key {
	const char *name;
	uint32_t pen, id;
};

struct value {
	struct value_key key;
	size_t at, len; /* in the texts of the record */
	uint32_t next;	/* index + 1 of the next value of the same element, 0 none */
	uint32_t last;	/* of the first: index + 1 of the last */
	bool repeated;	/* not the first of its element */
};

struct decode {
	FILE *out;
	bool json;
	struct exporters *exporters;
	uint64_t datagram;
	struct export_record_head head;
	struct text texts, line, flows;
	struct value *values;
	size_t n_values, room;
	struct map *firsts; /* struct value_key -> uint32_t index + 1 */
	unsigned n_flows;
	bool failed;
};

static const char *const kinds[] = {[KIND_DATA] = "data",
				    [KIND_OPTIONS] = "options",
				    [KIND_SAMPLE] = "sample",
				    [KIND_COUNTERS] = "counters",
				    [KIND_DISCARD] = "discard"};

static void on_datagram(void *userdata, const struct datagram *dg, const struct export_header *h)
{
	struct decode *d = userdata;

	d->datagram++;
}

static void on_begin(void *userdata, const struct export_record_head *head)
{
	struct decode *d = userdata;

	d->head = *head;
	d->n_values = 0;
	d->n_flows = 0;
	map_clear(d->firsts);
	text_clear(&d->texts);
	text_clear(&d->line);
	text_clear(&d->flows);
}

static struct value *value_add(struct decode *d)
{
	struct value *grown;

	if (d->n_values == d->room) {
		size_t room = d->room ? d->room * 2 : 64;

		grown = realloc(d->values, room * sizeof(*grown));
		if (!grown)
			return NULL;
		d->values = grown;
		d->room = room;
	}
	return &d->values[d->n_values++];
}

static void on_value(void *userdata, const struct export_value *v)
{
	struct decode *d = userdata;
	struct value *to = value_add(d);
	uint32_t *first;
	bool created;

	if (!to) {
		d->failed = true;
		return;
	}
	memset(to, 0, sizeof(*to));
	to->key.name = v->name;
	to->key.pen = v->name ? 0 : v->pen;
	to->key.id = v->name ? 0 : v->id;
	to->at = d->texts.len;
	decode_value_json(&d->texts, v);
	to->len = d->texts.len - to->at;
	first = map_put(d->firsts, &to->key, &created);
	if (!first) {
		d->failed = true;
		return;
	}
	if (created) {
		*first = (uint32_t)d->n_values;
	} else {
		struct value *head = &d->values[*first - 1];

		d->values[(head->last ? head->last : *first) - 1].next = (uint32_t)d->n_values;
		head->last = (uint32_t)d->n_values;
		to->repeated = true;
	}
}

static void add_name(struct text *t, const struct value_key *k)
{
	if (k->name)
		text_add(t, k->name);
	else
		text_printf(t, "%" PRIu32 ".%" PRIu32, k->pen, k->id);
}

static void add_values(struct decode *d, const struct value *v, const char *open, const char *close)
{
	bool many = v->next != 0;

	if (many)
		text_add(&d->line, open);
	for (;;) {
		text_add_n(&d->line, text_str(&d->texts) + v->at, v->len);
		if (!v->next)
			break;
		text_add(&d->line, ",");
		v = &d->values[v->next - 1];
	}
	if (many)
		text_add(&d->line, close);
}

static void add_ip(struct text *t, const char *key, const struct ip *ip)
{
	char buf[IP_TEXT_MAX];

	text_printf(t, "\"%s\":\"%s\"", key, ip_format(ip, buf));
}

static void add_us(struct text *t, const char *key, int64_t us)
{
	char buf[TIME_TEXT_MAX];

	text_printf(t, ",\"%s\":\"%s\"", key, time_format_utc(us, buf));
}

static void add_flags(struct text *t, uint16_t flags)
{
	static const struct {
		uint16_t flag;
		const char *name;
	} names[] = {
		{FLOW_IS_PACKET, "packet"},
		{FLOW_FRAGMENT, "fragment"},
		{FLOW_LATER_FRAGMENT, "later_fragment"},
		{FLOW_MALFORMED, "malformed"},
		{FLOW_DROPPED, "dropped"},
		{FLOW_REVERSE, "reverse"},
		{FLOW_EGRESS, "egress"},
		{FLOW_NO_TIMES, "no_times"},
		{FLOW_HAS_PAYLOAD, "payload"},
	};
	const char *comma = "";

	text_add(t, ",\"flags\":[");
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (!(flags & names[i].flag))
			continue;
		text_printf(t, "%s\"%s\"", comma, names[i].name);
		comma = ",";
	}
	text_add(t, "]");
}

/* What only some records tell is only there when it was told. */
static void add_side(struct text *t, const struct flow *f, const struct flow_side *s)
{
	const struct {
		const char *name;
		uint64_t value;
		bool told;
	} optional[] = {
		{"icmp_type", s->icmp_type, f->proto == PROTO_ICMP || f->proto == PROTO_ICMP6},
		{"icmp_code", s->icmp_code, f->proto == PROTO_ICMP || f->proto == PROTO_ICMP6},
		{"tos", s->tos, s->tos},
		{"ttl", s->ttl, s->flags & FLOW_HAS_TTL},
		{"ip_id", s->ip_id, s->flags & FLOW_HAS_IP_ID},
		{"tcp_window", s->tcp_window, s->flags & FLOW_HAS_WINDOW},
		{"fragment_offset", s->fragment, s->fragment},
		{"vlan", s->vlan, s->vlan},
		{"src_as", s->src_as, s->src_as},
		{"dst_as", s->dst_as, s->dst_as},
		{"src_mask", s->src_mask, s->src_mask},
		{"dst_mask", s->dst_mask, s->dst_mask},
		{"forwarding", s->forwarding, s->forwarding},
		{"sampler", s->sampler, s->sampler},
	};

	for (size_t i = 0; i < ARRAY_LEN(optional); i++)
		if (optional[i].told)
			text_printf(t, ",\"%s\":%" PRIu64, optional[i].name, optional[i].value);
	if (!ip_is_zero(&s->next_hop)) {
		text_add(t, ",");
		add_ip(t, "next_hop", &s->next_hop);
	}
}

static void on_flow(void *userdata, const struct flow *f, const struct flow_side *s,
		    int64_t first_us, int64_t last_us)
{
	struct decode *d = userdata;
	struct text *t = &d->flows;

	text_printf(t, ",\"%s\":{", d->n_flows++ ? "reverse" : "flow");
	add_ip(t, "src", &f->src);
	text_add(t, ",");
	add_ip(t, "dst", &f->dst);
	text_printf(t,
		    ",\"proto\":%u,\"sport\":%u,\"dport\":%u,\"tcp_flags\":%u,"
		    "\"packets\":%" PRIu32 ",\"bytes\":%" PRIu64,
		    f->proto, f->sport, f->dport, f->tcp_flags, f->packets, f->bytes);
	add_us(t, "first", first_us);
	add_us(t, "last", last_us);
	text_printf(t, ",\"input\":%" PRIu32 ",\"output\":%" PRIu32,
		    exporters_get_link(d->exporters, f->in_link)->ifindex,
		    exporters_get_link(d->exporters, f->out_link)->ifindex);
	text_printf(t, ",\"sampling\":{\"factor\":%" PRIu32 ",\"known\":%s}", s->sampling,
		    s->flags & FLOW_SAMPLING_KNOWN ? "true" : "false");
	add_side(t, f, s);
	add_flags(t, s->flags);
	text_add(t, "}");
}

static void add_header(struct decode *d, const struct export_header *h)
{
	static const struct {
		enum export_format format;
		int version;
	} versions[] = {{EXPORT_V5, 5}, {EXPORT_V9, 9}, {EXPORT_IPFIX, 10}, {EXPORT_SFLOW, 5}};
	struct text *t = &d->line;
	int version = 0;

	for (size_t i = 0; i < ARRAY_LEN(versions); i++)
		if (versions[i].format == h->format)
			version = versions[i].version;
	text_printf(t, "\"header\":{\"protocol\":\"%s\",\"version\":%d,\"sequence\":%" PRIu32,
		    h->format == EXPORT_SFLOW	? "sflow"
		    : h->format == EXPORT_IPFIX ? "ipfix"
						: "netflow",
		    version, h->sequence);
	if (h->format != EXPORT_IPFIX)
		text_printf(t, ",\"count\":%" PRIu32, h->count);
	if (h->has_time)
		add_us(t, "time", h->export_us);
	if (h->has_uptime)
		text_printf(t, ",\"uptime_ms\":%" PRIu32, h->uptime_ms);
	if (h->format == EXPORT_SFLOW) {
		text_add(t, ",");
		add_ip(t, "agent", &h->agent);
	}
	text_add(t, "}");
}

static void write_json(struct decode *d)
{
	const struct export_record_head *r = &d->head;
	const char *comma = "";

	text_printf(&d->line, "{\"datagram\":%" PRIu64 ",", d->datagram);
	add_header(d, r->header);
	text_add(&d->line, ",");
	add_ip(&d->line, "exporter", &exporters_get(d->exporters, r->header->exporter)->addr);
	text_printf(&d->line, ",\"domain\":%" PRIu32 ",\"set\":", r->header->domain);
	if (r->header->format == EXPORT_V5)
		text_add(&d->line, "null");
	else
		text_printf(&d->line, "%" PRIu32, r->set);
	text_printf(&d->line, ",\"kind\":\"%s\",\"template\":", kinds[r->kind]);
	if (r->template_id)
		text_printf(&d->line, "%u", r->template_id);
	else
		text_add(&d->line, "null");
	text_add(&d->line, ",\"elements\":{");
	for (size_t i = 0; i < d->n_values; i++) {
		if (d->values[i].repeated)
			continue;
		text_printf(&d->line, "%s\"", comma);
		add_name(&d->line, &d->values[i].key);
		text_add(&d->line, "\":");
		add_values(d, &d->values[i], "[", "]");
		comma = ",";
	}
	text_add(&d->line, "}");
	text_add(&d->line, d->n_flows ? text_str(&d->flows) : ",\"flow\":null");
	text_add(&d->line, "}\n");
}

static void write_text(struct decode *d)
{
	const struct export_record_head *r = &d->head;
	char buf[IP_TEXT_MAX];

	text_printf(&d->line, "%6" PRIu64 " %-15s %10" PRIu32 " %5" PRIu32 " %-8s", d->datagram,
		    ip_format(&exporters_get(d->exporters, r->header->exporter)->addr, buf),
		    r->header->domain, r->set, kinds[r->kind]);
	for (size_t i = 0; i < d->n_values; i++) {
		if (d->values[i].repeated)
			continue;
		text_add(&d->line, " ");
		add_name(&d->line, &d->values[i].key);
		text_add(&d->line, "=");
		add_values(d, &d->values[i], "[", "]");
	}
	text_add(&d->line, "\n");
}

static void on_end(void *userdata)
{
	struct decode *d = userdata;

	if (d->json)
		write_json(d);
	else
		write_text(d);
	if (!text_ok(&d->line) || !text_ok(&d->texts) || !text_ok(&d->flows))
		d->failed = true;
	else if (fwrite(text_str(&d->line), 1, d->line.len, d->out) != d->line.len)
		d->failed = true;
}

static int ignore_batch(void *userdata, const struct flow_batch *b)
{
	const struct decode *d = userdata;

	return d->failed ? -EIO : 0;
}

static void say_refused(const struct refusals *r, FILE *err)
{
	for (unsigned i = 0; i < REFUSAL_COUNT; i++)
		if (r->count[i])
			fprintf(err, "refused %s: %" PRIu64 " (%" PRIu64 " bytes): %s\n",
				refusal_name((enum refusal)i), r->count[i], r->bytes[i],
				refusal_help((enum refusal)i));
}

/* Each file in turn; a file that cannot be read does not keep the others from being decoded. */
static int run_files(struct decode *d, struct reader *reader, char *const *paths, int n, FILE *err)
{
	struct refusals total = {0};
	int worst = 0;

	for (int i = 0; i < n; i++) {
		_cleanup_text_ struct text why = TEXT_NULL;
		struct reader_info info;
		uint64_t before = d->datagram;
		int r = reader_run(reader, paths[i], &info, &why);

		if (r < 0 || d->failed)
			return 5;
		if (r == 2)
			fprintf(err, "%s: %s\n", paths[i], text_str(&why));
		else if (d->datagram == before)
			fprintf(err,
				"no flow exports in %s (%" PRIu64 " packets, %" PRIu64
				" UDP datagrams)\n",
				paths[i], info.frames, info.datagrams);
		refusals_add(&total, &info.refused);
		if (r > worst)
			worst = r;
	}
	for (unsigned i = 0; i < exporters_count(d->exporters); i++)
		refusals_add(&total, &exporters_get(d->exporters, (uint16_t)i)->refused);
	say_refused(&total, err);
	return fflush(d->out) == 0 ? worst : 5;
}

static int run(struct decode *d, char *const *paths, int n, FILE *err)
{
	struct flow_sink sink = {.batch = ignore_batch, .userdata = d};
	struct export_trace trace = {.datagram = on_datagram,
				     .begin = on_begin,
				     .value = on_value,
				     .flow = on_flow,
				     .end = on_end,
				     .userdata = d};
	struct flow_writer writer;
	struct exports *exports;
	int r = 5;

	if (flow_writer_init(&writer, &sink))
		return 5;
	exports = exports_new(d->exporters, &writer, true);
	if (exports) {
		struct reader reader = {.exporters = d->exporters,
					.exports = exports,
					.writer = &writer,
					.as = READ_EXPORTS};

		exports_set_trace(exports, &trace);
		r = run_files(d, &reader, paths, n, err);
	}
	exports_free(exports);
	flow_writer_deinit(&writer);
	return r;
}

int decode_files(char *const *paths, int n, bool json, FILE *out, FILE *err)
{
	struct decode d = {.out = out, .json = json};
	int r = 5;

	d.exporters = exporters_new(NULL);
	d.firsts = map_new(sizeof(struct value_key), sizeof(uint32_t), 0);
	if (d.exporters && d.firsts)
		r = run(&d, paths, n, err);
	exporters_free(d.exporters);
	map_free(d.firsts);
	free(d.values);
	text_deinit(&d.texts);
	text_deinit(&d.line);
	text_deinit(&d.flows);
	return r;
}
