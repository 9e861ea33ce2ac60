/* SPDX-License-Identifier: ISC */
/*
 * One loop: datagrams as the receiving threads have them and frames when they come, the receive
 * clock every 250 ms, the status once a second. A signal to stop leaves incidents open in the
 * store, where the next start finds them.
 */
#include "cli/watch.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/steady.h"
#include "cli/blind_target.h"
#include "cli/incident_line.h"
#include "cli/recent.h"

#define STATUS_TIMES 20

/* Lines go out when an attack begins and when its state changes, not at each update. */
static int on_incident(void *userdata, const struct incident *inc)
{
	struct watch *w = userdata;
	bool created = false, closed = inc->f.state == FINDING_CLOSED;
	uint8_t *state = map_put(w->shown, inc->id, &created);

	if (state && !created && *state == (uint8_t)inc->f.state)
		return 0;
	if (state)
		*state = (uint8_t)inc->f.state;
	if (closed)
		map_remove(w->shown, inc->id);
	incident_line(w->cli, inc, w->options->json);
	fflush(w->cli->out);
	return 0;
}

static void put_status(struct watch *w, int64_t now_us)
{
	_cleanup_free_ char *status = NULL;
	int64_t wall_us = steady_wall(now_us);

	w->status_us = clock_mono_us();
	status = watch_snapshot(w, now_us, wall_us);
	if (status)
		store_put_status(w->pipeline.store, status, wall_us);
	w->status_took_us = clock_mono_us() - w->status_us;
}

/*
 * Whoever acts on an incident asks first whether its exporters can be believed, as of its opening
 * (router/world.c): so that he need not wait, the status goes into the store before it. Where many
 * open, a twentieth of the time is enough for that; he waits for the next second then.
 */
static void on_opening(void *userdata)
{
	struct watch *w = userdata;

	if (clock_mono_us() - w->status_us >= STATUS_TIMES * w->status_took_us)
		put_status(w, steady_us());
}

/* What the store had open was shown by the run that opened it. */
static int on_resumed(void *userdata, const struct incident *inc)
{
	struct watch *w = userdata;
	uint8_t *state = map_put(w->shown, inc->id, NULL);

	if (state)
		*state = (uint8_t)inc->f.state;
	return 0;
}

static int load_conf(const struct watch *w, struct conf **out, struct text *messages)
{
	return setup_conf(&w->options->conf, out, messages);
}

static int open_pipeline(struct watch *w, struct conf *conf, struct text *why)
{
	struct pipeline_options o = {
		.conf = conf,
		.threads = (unsigned)w->options->threads,
		.any_exporter = w->options->any_exporter,
		.db = w->db,
		.kind = w->options->drill ? STORE_DRILL : STORE_REAL,
		.live = true,
		.incident = {.incident = on_incident, .userdata = w},
		.opens = on_opening,
	};
	int r = pipeline_open(&w->pipeline, &o, language_name(w->cli), why);

	if (r == EXIT_GOOD && w->pipeline.resumed)
		store_open_incidents(w->pipeline.store, on_resumed, w);
	return r;
}

static int no_input(const struct watch *w, const struct conf *conf, struct text *why)
{
	if (w->n_listeners + w->n_captures == 0) {
		text_add(why,
			 "nothing to watch: say --listen ADDRESS:PORT or --interface NAME, or give "
			 "a configuration with listen or capture");
		return EXIT_USAGE;
	}
	if (w->n_listeners && !conf->n_exporters && !w->options->any_exporter)
		log_warn("no-exporters", "advice=\"the configuration lists no exporter, so every "
					 "datagram is refused; "
					 "list them, or say --any-exporter\"");
	return EXIT_GOOD;
}

static int on_control(void *userdata, const char *request, bool owner, struct text *reply)
{
	struct watch *w = userdata;

	if (strcmp(request, "reload") == 0 && owner)
		return watch_reload(w, reply);
	if (strcmp(request, SIGHT_REQUEST) == 0)
		return watch_sight_reply(w, reply);
	if (strncmp(request, BLIND_REQUEST, strlen(BLIND_REQUEST)) == 0)
		return blind_target_reply(&w->pipeline, request + strlen(BLIND_REQUEST),
					  steady_us(), reply);
	text_add(reply, "unknown request\n");
	return EXIT_USAGE;
}

static int on_bell(void *userdata, int fd, uint32_t events)
{
	struct watch *w = userdata;

	return control_dispatch(w->control, on_control, w);
}

static int on_signal(void *userdata, int signo)
{
	struct watch *w = userdata;
	_cleanup_text_ struct text messages = TEXT_NULL;

	if (signo == SIGHUP) {
		watch_reload(w, &messages);
		return 0;
	}
	w->stopping = true;
	loop_stop(w->loop);
	return 0;
}

static void each_second(struct watch *w, int64_t now_us)
{
	pipeline_housekeep(&w->pipeline, now_us);
	watch_unknown(w);
	accounts_tick(w->accounts, now_us);
	recents_tick(w->recents, w->pipeline.exporters, now_us);
	put_status(w, now_us);
}

static int on_tick(void *userdata, uint64_t ticks)
{
	struct watch *w = userdata;
	int64_t now_us;
	int r;

	watch_sense_tick(w);
	now_us = steady_us();
	r = pipeline_clock(&w->pipeline, now_us);
	if (r == 0 && (w->ticks + 1) % WATCH_TICKS_PER_S == 0)
		r = watch_follow_wall(w);
	if (r < 0)
		return r;
	now_us = steady_us(); /* the clock may be another one now */
	if (++w->ticks % WATCH_TICKS_PER_S == 0) {
		each_second(w, now_us);
		/* A reload that found no memory for a thread has left it for better times. */
		if (receive_go(w->receive) < 0)
			log_error("not-receiving", "reason=\"no thread can be started\"");
	}
	if (w->until_us && clock_mono_us() >= w->until_us)
		loop_stop(w->loop);
	return 0;
}

static int open_loop(struct watch *w)
{
	static const int signals[] = {SIGHUP, SIGTERM, SIGINT};
	int r = 0;

	w->loop = loop_new();
	w->shown = map_new(INCIDENT_ID_MAX, sizeof(uint8_t), WATCH_SHOWN_MAX);
	w->accounts = accounts_new();
	w->recents = recents_new();
	if (!w->loop || !w->shown || !w->accounts || !w->recents)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(signals); i++)
		r = loop_add_signal(w->loop, signals[i], on_signal, w);
	return r ? r : loop_add_timer(w->loop, WATCH_TICK_US, on_tick, w);
}

static int open_bell(struct watch *w)
{
	int r = w->db[0] ? control_open(w->db, &w->control) : 0;

	if (r == 0 && w->control)
		r = loop_add_fd(w->loop, control_fd(w->control), EPOLLIN, on_bell, w);
	if (r < 0)
		log_warn("no-reload-socket", "dir=\"%s\" reason=\"%s\"", w->db, strerror(-r));
	return r == -ENOMEM ? EXIT_BROKEN : EXIT_GOOD;
}

/* A core is left to whoever detects; told to use one thread, it is one thread. */
static int open_receive(struct watch *w, const struct conf *conf, struct text *why)
{
	unsigned cores = usable_cores();
	int r;

	if (w->options->threads && w->options->threads < cores)
		cores = (unsigned)w->options->threads;
	r = receive_new(receive_threads(cores), &w->receive);
	if (r == 0)
		r = watch_allow(w, conf);
	if (r == 0)
		r = loop_add_fd(w->loop, receive_fd(w->receive), EPOLLIN, watch_on_arrival, w);
	if (r < 0)
		text_printf(why, "cannot receive: %s", strerror(-r));
	return r < 0 ? EXIT_BROKEN : EXIT_GOOD;
}

int watch_open(struct watch *w, struct cli *cli, struct text *why)
{
	_cleanup_conf_ struct conf *conf = NULL;
	int r;

	steady_begin();
	*w = (struct watch){.cli = cli, .options = cli->options, .started_us = clock_real_us()};
	r = load_conf(w, &conf, why);
	if (r)
		return r;
	setup_language(cli, conf);
	/* The directory of the built-in configuration is a daemon's; a quick look keeps nothing. */
	if (w->options->db || w->options->conf.path)
		snprintf(w->db, sizeof(w->db), "%s", w->options->db ? w->options->db : conf->db);
	if (!w->db[0])
		log_warn("no-store", "advice=\"nothing is kept; say --db DIR to keep incidents\"");
	if (open_loop(w) < 0) {
		text_add(why, "cannot make the event loop");
		return EXIT_BROKEN;
	}
	w->conf_loaded_us = clock_real_us();
	r = open_pipeline(w, conf, why);
	if (r == EXIT_GOOD)
		r = open_receive(w, conf, why);
	if (r == EXIT_GOOD)
		r = watch_listen(w, conf, why);
	if (r == EXIT_GOOD)
		r = watch_capture(w, conf, why);
	if (r == EXIT_GOOD)
		r = no_input(w, conf, why);
	if (r == EXIT_GOOD)
		pipeline_take_heard(&w->pipeline, steady_us());
	return r ? r : open_bell(w);
}

int watch_run(struct watch *w)
{
	int r;

	if (w->options->for_s)
		w->until_us = clock_mono_us() + (int64_t)w->options->for_s * US_PER_S;
	w->began_us = steady_us();
	each_second(w, w->began_us);
	r = loop_run(w->loop);
	if (r == 0)
		r = watch_stop_receiving(w);
	if (r < 0) {
		log_error("watch-broken", "reason=\"%s\"", strerror(-r));
		return EXIT_BROKEN;
	}
	each_second(w, steady_us());
	r = pipeline_pause(&w->pipeline);
	if (r > 0)
		log_error("store-failing", "reason=\"%s\"",
			  r == STORE_FAILING
				  ? "it cannot be written: what is new since then is lost"
				  : store_answer(r, "en"));
	return r == 0 ? EXIT_GOOD : r > 0 ? EXIT_STORE : EXIT_BROKEN;
}

void watch_close(struct watch *w)
{
	if (w->loop)
		watch_inputs_close(w);
	w->control = control_close(w->control);
	pipeline_close(&w->pipeline);
	free(w->accounts);
	free(w->recents);
	w->accounts = NULL;
	w->recents = NULL;
	w->shown = map_free(w->shown);
	w->loop = loop_free(w->loop);
}

int watch_reload(struct watch *w, struct text *messages)
{
	_cleanup_conf_ struct conf *conf = NULL;
	int r = load_conf(w, &conf, messages);

	if (r == EXIT_GOOD)
		r = watch_listen(w, conf, messages);
	if (r != EXIT_GOOD) {
		w->reloads_refused++;
		log_error("reload-refused", "advice=\"nothing has changed\" first=\"%.*s\"",
			  (int)strcspn(text_str(messages), "\n"), text_str(messages));
		return r;
	}
	if (pipeline_reconf(&w->pipeline, conf) < 0 || watch_allow(w, conf) < 0) {
		text_add(messages, "out of memory\n");
		return EXIT_BROKEN;
	}
	watch_capture_sides(w);
	w->reloads++;
	w->conf_loaded_us = clock_real_us();
	w->began_us = steady_us();
	log_info("reloaded", "file=\"%s\"", conf->path ? conf->path : "built-in");
	text_printf(messages, tr(w->cli, "%s is in force\n", "%s を有効にしました\n"),
		    conf->path ? conf->path
			       : tr(w->cli, "the built-in configuration", "組み込みの設定"));
	return EXIT_GOOD;
}
