/* SPDX-License-Identifier: ISC */
#include "cli/snapshot.h"

#include <malloc.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json_whole.h"
#include "base/steady.h"
#include "cli/recent.h"
#include "cli/watch.h"
#include "detect/heard.h"
#include "duty/blind.h"

static const struct {
	enum export_format bit;
	const char *name;
} formats[] = {
	{EXPORT_V5, "v5"}, {EXPORT_V9, "v9"}, {EXPORT_IPFIX, "ipfix"}, {EXPORT_SFLOW, "sflow"}};

json_t *time_json(int64_t us)
{
	char text[TIME_TEXT_MAX];

	return us == TIME_NONE ? json_null() : json_string(time_format_utc(us, text));
}

/* A time of the receive clock, as the wall clock has it. */
static json_t *seen_json(int64_t us)
{
	return time_json(us == TIME_NONE ? us : steady_wall(us));
}

static json_t *whole(uint64_t n)
{
	return json_integer(n < INT64_MAX ? (json_int_t)n : INT64_MAX);
}

json_t *refusals_json(const struct refusals *r)
{
	json_t *all = json_object();

	for (int i = 0; i < REFUSAL_COUNT; i++) {
		if (r->count[i])
			json_object_set_new(all, refusal_name((enum refusal)i),
					    json_pack("{s:o, s:o}", "count", whole(r->count[i]),
						      "bytes", whole(r->bytes[i])));
	}
	return all;
}

static json_t *formats_json(const struct exporter *e)
{
	json_t *list = json_array();

	for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
		if (e->formats & formats[i].bit)
			json_array_append_new(list, json_string(formats[i].name));
	}
	if (e->is_capture)
		json_array_append_new(list, json_string("packets"));
	return list;
}

/* A factor that nobody has told yet is null, not 1. A capture sees every packet. */
static json_t *sampling_json(const struct exporter *e)
{
	if (e->is_capture)
		return json_pack("{s:b, s:i, s:i}", "known", true, "min", 1, "max", 1);
	return json_pack("{s:b, s:o, s:o}", "known", e->sampling_max && e->sampling_known, "min",
			 e->sampling_min ? whole(e->sampling_min) : json_null(), "max",
			 e->sampling_max ? whole(e->sampling_max) : json_null());
}

/* What it has filled of the tables in which it has a part. */
static json_t *tables_json(const struct exporter *e)
{
	static const char *const names[] = {[TABLE_DOMAINS] = "domains",
					    [TABLE_LINKS] = "interfaces",
					    [TABLE_SAMPLING] = "sampling"};
	json_t *all = json_object();

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		json_object_set_new(all, names[i],
				    json_pack("{s:o, s:o, s:o}", "held", whole(e->tables[i].held),
					      "evicted", whole(e->tables[i].evicted), "refused",
					      whole(e->tables[i].refused)));
	return all;
}

json_t *exporter_json(const struct exporter *e)
{
	char addr[IP_TEXT_MAX];
	json_t *o = json_object();

	json_object_set_new(o, "address",
			    e->is_capture ? json_null() : json_string(ip_format(&e->addr, addr)));
	json_object_set_new(o, "name", json_string(e->name));
	json_object_set_new(o, "configured", json_boolean(e->conf != NULL));
	json_object_set_new(o, "formats", formats_json(e));
	json_object_set_new(o, "sampling", sampling_json(e));
	json_object_set_new(o, "clock",
			    json_pack("{s:f, s:b, s:o, s:o, s:o}", "offset_s",
				      (double)e->clock_offset_us / (double)US_PER_S, "shifted",
				      e->clock_shifted, "epochs", whole(e->clock_epochs),
				      "odd_times", whole(e->odd_times), "odd_datagrams",
				      whole(e->odd_datagrams)));
	json_object_set_new(o, "datagrams", whole(e->datagrams));
	json_object_set_new(o, "records", whole(e->records));
	json_object_set_new(o, "lost",
			    json_pack("{s:o, s:o, s:o}", "datagrams", whole(e->lost_datagrams),
				      "records", whole(e->lost_records), "dropped",
				      whole(e->dropped)));
	json_object_set_new(o, "doubted", whole(e->doubted));
	json_object_set_new(o, "restarts", whole(e->restarts));
	json_object_set_new(o, "refused", refusals_json(&e->refused));
	json_object_set_new(o, "tables", tables_json(e));
	json_object_set_new(
		o, "timeouts",
		json_pack("{s:o, s:o, s:o}", "active_s",
			  e->active_timeout_s ? whole(e->active_timeout_s) : json_null(),
			  "inactive_s",
			  e->inactive_timeout_s ? whole(e->inactive_timeout_s) : json_null(),
			  "longest_flow_s", whole(e->longest_flow_s)));
	json_object_set_new(o, "last_seen",
			    e->last_recv_us ? seen_json(e->last_recv_us) : json_null());
	return o;
}

json_t *exporters_json(struct exporters *t)
{
	json_t *all = json_array();

	for (unsigned i = 1; all && i < exporters_count(t); i++)
		json_array_append_new(all, exporter_json(exporters_get(t, (uint16_t)i)));
	return all;
}

json_t *detect_json(const struct detect *d)
{
	struct detect_stats s;
	json_t *o = json_object();

	detect_stats(d, &s);
	const struct {
		const char *name;
		uint64_t n;
	} rows[] = {
		{"records", s.records},
		{"packets", s.packets},
		{"bytes", s.bytes},
		{"hosts", s.hosts},
		{"prefixes", s.prefixes},
		{"hosts_evicted", s.hosts_evicted},
		{"hot", s.hot_now},
		{"hot_refused", s.hot_refused},
		{"hot_given_up", s.hot_given_up},
		{"late_records", s.late_records},
		{"dedup_dropped", s.dedup_dropped},
		{"memory_bytes", s.memory_bytes},
		{"busy", s.busy},
		{"busy_bytes", s.busy_bytes},
		{"epochs", s.epochs},
		{"odd_times", s.odd_times},
		{"open", s.open},
		{"rolls_left_out", s.rolls_left_out},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		json_object_set_new(o, rows[i].name, whole(rows[i].n));
	json_object_set_new(o, "first", time_json(s.first_us));
	json_object_set_new(o, "last", time_json(s.last_us));
	return o;
}

static void add_stats(struct receive_socket_stats *sum, const struct receive_socket_stats *s)
{
	sum->kernel.datagrams += s->kernel.datagrams;
	sum->kernel.bytes += s->kernel.bytes;
	sum->kernel.kernel_drops += s->kernel.kernel_drops;
	sum->kernel.truncated += s->kernel.truncated;
	sum->kernel.errors += s->kernel.errors;
	sum->kernel.buffer_bytes += s->kernel.buffer_bytes;
	sum->unknown += s->unknown;
	sum->ring_drops += s->ring_drops;
}

static json_t *socket_json(const struct receive_socket_stats *s)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "datagrams",
			 whole(s->kernel.datagrams), "bytes", whole(s->kernel.bytes),
			 "kernel_drops", whole(s->kernel.kernel_drops), "ring_drops",
			 whole(s->ring_drops), "unknown", whole(s->unknown), "truncated",
			 whole(s->kernel.truncated), "errors", whole(s->kernel.errors),
			 "buffer_bytes", whole(s->kernel.buffer_bytes));
}

/* The sums of its sockets, and each of them. */
static json_t *listener_json(const struct watch *w, const struct watch_listener *l)
{
	struct receive_socket_stats sum = {0}, one;
	json_t *sockets = json_array(), *o;
	char addr[IP_TEXT_MAX];

	for (unsigned i = 0; i < listener_sockets(l->listener); i++) {
		receive_socket(w->receive, l->listener, i, &one);
		add_stats(&sum, &one);
		json_array_append_new(sockets, socket_json(&one));
	}
	o = socket_json(&sum);
	json_object_set_new(o, "address", json_string(ip_format(&l->at.addr, addr)));
	json_object_set_new(o, "port", whole(listener_port(l->listener)));
	json_object_set_new(o, "sockets", sockets);
	return o;
}

static json_t *listeners_json(const struct watch *w)
{
	json_t *all = json_array();

	for (unsigned i = 0; i < w->n_listeners; i++)
		json_array_append_new(all, listener_json(w, &w->listeners[i]));
	return all;
}

static json_t *receive_json(const struct watch *w)
{
	struct receive_stats s;

	receive_stats(w->receive, &s);
	return json_pack("{s:i, s:o, s:o, s:o}", "threads", (int)s.threads, "handed",
			 whole(s.handed), "waiting", whole(s.waiting), "out_of_order",
			 whole(s.out_of_order));
}

static json_t *fates_json(const struct fates *f)
{
	return json_pack("{s:o, s:o, s:o, s:o}", "delivered", whole(f->delivered), "decoded",
			 whole(f->decoded), "waiting", whole(f->waiting), "refused",
			 whole(f->refused));
}

/* What became of the datagrams of one exporter, also in the last whole minute. */
static json_t *account_json(const struct watch *w, unsigned index)
{
	const struct account *of = &w->accounts->of[index];
	json_t *o = fates_json(&of->total), *reasons = json_object(), *minute;

	for (int i = 0; i < REFUSAL_COUNT; i++)
		if (of->refused[i])
			json_object_set_new(reasons, refusal_name((enum refusal)i),
					    whole(of->refused[i]));
	json_object_set_new(o, "refused_by", reasons);
	/* Accounts of the rings are exporters only where there is an allow-list. */
	json_object_set_new(o, "ring_drops",
			    w->options->any_exporter
				    ? json_null()
				    : whole(receive_dropped(w->receive, (uint16_t)index)));
	minute = fates_json(&of->last_minute);
	json_object_set_new(minute, "from", seen_json(w->accounts->last_us));
	json_object_set_new(o, "last_minute", minute);
	return o;
}

static json_t *recent_json(const struct watch *w, unsigned index, const struct exporter *e)
{
	struct recent r;

	recents_of(w->recents, index, e, &r);
	return json_pack("{s:i, s:o, s:o, s:o, s:{s:o, s:o}, s:f, s:o, s:o}", "minutes",
			 RECENT_MINUTES, "datagrams", whole(r.sum.datagrams), "records",
			 whole(r.sum.records), "doubted", whole((uint64_t)r.sum.doubted), "lost",
			 "datagrams", whole(r.sum.lost_datagrams), "records",
			 whole(r.sum.lost_records), "lost_most", r.lost_most, "restarts",
			 whole(r.sum.restarts), "epochs", whole(r.sum.epochs));
}

/* All that have told something, with what only the live role knows of them. */
static json_t *live_exporters_json(struct watch *w)
{
	json_t *all = json_array();

	for (unsigned i = 1; i < exporters_count(w->pipeline.exporters); i++) {
		const struct exporter *e = exporters_get(w->pipeline.exporters, (uint16_t)i);
		json_t *o = exporter_json(e);

		if (!e->is_capture) {
			json_object_set_new(o, "account", account_json(w, i));
			json_object_set_new(o, "recent", recent_json(w, i, e));
			watch_sight_exporter(w, i, o);
		}
		json_array_append_new(all, o);
	}
	return all;
}

static json_t *captures_json(struct watch *w)
{
	json_t *all = json_array();

	for (unsigned i = 0; i < w->n_captures; i++) {
		struct watch_capture *c = &w->captures[i];
		struct capture_stats s;

		capture_stats(c->capture, &s);
		json_array_append_new(all, json_pack("{s:s, s:b, s:o, s:o, s:o, s:o}", "interface",
						     c->conf.interface, "down", c->down, "frames",
						     whole(s.frames), "records", whole(s.records),
						     "kernel_drops", whole(s.kernel_drops),
						     "device_drops", whole(s.device_drops)));
	}
	return all;
}

/* A copy is sorted: the table itself keeps its places. */
static json_t *unknown_json(const struct watch *w)
{
	_cleanup_free_ struct senders *s = malloc(sizeof(*s));
	json_t *list = json_array();
	char addr[IP_TEXT_MAX];

	if (!s)
		return list;
	*s = w->unknown;
	senders_sort(s);
	for (unsigned i = 0; i < s->n; i++)
		json_array_append_new(list,
				      json_pack("{s:s, s:o, s:o, s:o}", "address",
						ip_format(&s->list[i].addr, addr), "datagrams",
						whole(s->list[i].datagrams), "datagrams_at_least",
						whole(s->list[i].datagrams - s->list[i].error),
						"last_seen", seen_json(s->list[i].last_us)));
	return json_pack("{s:o, s:o, s:o}", "datagrams", whole(s->datagrams), "bytes",
			 whole(s->bytes), "senders", list);
}

static json_t *store_json(struct store *store)
{
	struct store_stats s;

	store_stats(store, &s);
	return json_pack("{s:s, s:f, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:s}", "state",
			 !s.failing ? "good"
			 : s.full   ? "disk_full"
				    : "failing",
			 "behind_s", (double)(s.behind_us / US_PER_MS) / 1000.0, "queued",
			 whole(s.queued), "dropped", whole(s.queue_dropped), "written",
			 whole(s.written), "failures", whole(s.failures), "evidence_erased",
			 whole(s.evidence_erased), "bytes", whole(s.bytes), "failing", s.failing,
			 "trouble", s.sentence);
}

/* How far back the connections go that tell whence a prefix is expected. */
static json_t *heard_json(const struct heard *h, int64_t now_us)
{
	return json_pack("{s:o, s:o}", "since", time_json(heard_since(h, now_us)), "prefixes",
			 whole(heard_count(h)));
}

static json_t *judge_json(const struct judge *j)
{
	struct judge_stats s;

	judge_stats(j, &s);
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "open", whole(s.open),
			 "opened", whole(s.opened), "closed", whole(s.closed), "resumed",
			 whole(s.resumed), "refused", whole(s.refused), "held", whole(s.held),
			 "folded", whole(s.folded), "fold_refused", whole(s.fold_refused));
}

/* Resident memory of the process, 0 where the system does not tell. */
static uint64_t resident_bytes(void)
{
	_cleanup_fclose_ FILE *f = fopen("/proc/self/statm", "re");
	unsigned long size, resident;

	if (!f || fscanf(f, "%lu %lu", &size, &resident) != 2)
		return 0;
	return (uint64_t)resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* What is taken of malloc() and not given back: unlike the resident memory it is back at the same
 * figure when all is over, so that even a small leak is seen. */
static uint64_t heap_bytes(void)
{
	struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
}

json_t *watch_short(struct watch *w)
{
	json_t *listeners = json_array(), *o;

	for (unsigned i = 0; i < w->n_listeners; i++) {
		json_t *one = listener_json(w, &w->listeners[i]);

		json_object_del(one, "sockets");
		json_array_append_new(listeners, one);
	}
	o = json_pack("{s:o, s:i, s:o, s:b, s:o, s:o, s:o, s:o, s:o}", "time",
		      time_json(steady_wall(steady_us())), "pid", (int)getpid(), "started",
		      time_json(w->started_us), "drill",
		      store_kind(w->pipeline.store) == STORE_DRILL, "listeners", listeners,
		      "receive", receive_json(w), "captures", captures_json(w), "incidents",
		      judge_json(w->pipeline.judge), "store", store_json(w->pipeline.store));
	if (o)
		watch_sight_into(w, o);
	return o;
}

char *watch_snapshot(struct watch *w, int64_t now_us, int64_t wall_us)
{
	struct pipeline *p = &w->pipeline;
	json_t *o =
		json_pack("{s:o, s:s, s:i, s:o, s:b}", "time", time_json(wall_us), "version",
			  NOROSHI_VERSION, "pid", (int)getpid(), "started",
			  time_json(w->started_us), "drill", store_kind(p->store) == STORE_DRILL);
	char *text;

	if (!o)
		return NULL;
	json_object_set_new(o, "configuration",
			    json_pack("{s:s?, s:o, s:o, s:o}", "file", p->conf->path, "loaded",
				      time_json(w->conf_loaded_us), "reloads", whole(w->reloads),
				      "reloads_refused", whole(w->reloads_refused)));
	watch_sight_into(w, o);
	json_object_set_new(o, "exporters", live_exporters_json(w));
	json_object_set_new(o, "listeners", listeners_json(w));
	json_object_set_new(o, "receive", receive_json(w));
	json_object_set_new(o, "captures", captures_json(w));
	json_object_set_new(o, "unknown_exporters", unknown_json(w));
	json_object_set_new(o, "refused",
			    refusals_json(&exporters_get(p->exporters, EXPORTER_UNKNOWN)->refused));
	json_object_set_new(o, "detect", detect_json(p->detect));
	json_object_set_new(o, "heard", heard_json(detect_heard(p->detect), now_us));
	json_object_set_new(o, "incidents", judge_json(p->judge));
	json_object_set_new(o, "store", store_json(p->store));
	json_object_set_new(o, "resident_bytes", whole(resident_bytes()));
	json_object_set_new(o, "heap_bytes", whole(heap_bytes()));
	json_object_set_new(o, "blind_inputs",
			    blind_inputs_json(p->conf, p->exporters, p->detect, now_us));
	text = json_whole(o, JSON_COMPACT | JSON_REAL_PRECISION(9));
	json_decref(o);
	return text;
}
