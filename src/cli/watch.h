/* SPDX-License-Identifier: ISC */
/*
 * The live role: sockets and interfaces in, incidents into the store and onto standard output,
 * until a signal ends it. It opens no connection to anybody.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/loop.h"
#include "base/map.h"
#include "cli/account.h"
#include "cli/control.h"
#include "cli/pipeline.h"
#include "cli/setup.h"
#include "cli/watch_sight.h"
#include "observe/capture.h"
#include "observe/receive.h"

#define WATCH_LISTENERS_MAX 32
#define WATCH_CAPTURES_MAX  32
#define WATCH_TICK_US	    (250 * US_PER_MS)
#define WATCH_TICKS_PER_S   4
#define WATCH_SHOWN_MAX	    100000 /* open incidents whose last shown state is remembered */

struct watch_options {
	bool json, any_exporter, drill;
	const char *db;
	uint64_t threads, for_s;
	struct conf_additions conf;
	struct option_list listen, interface;
};

struct watch_listener {
	struct conf_listen at; /* as configured; port 0 stays 0 */
	struct listener *listener;
};

struct watch_capture {
	struct conf_capture conf;
	struct capture *capture;
	uint16_t link;
	bool down; /* the interface went away */
};

struct watch {
	struct cli *cli;
	const struct watch_options *options;
	char db[CONF_TEXT_MAX]; /* "" none */
	struct pipeline pipeline;
	struct loop *loop;
	struct watch_listener listeners[WATCH_LISTENERS_MAX];
	unsigned n_listeners;
	struct watch_capture captures[WATCH_CAPTURES_MAX];
	unsigned n_captures;
	struct receive *receive; /* what empties the listeners */
	struct accounts *accounts;
	struct recents *recents;
	int64_t status_us, status_took_us; /* monotonic: the last snapshot, and how long it took */
	struct senders unknown;		   /* who is on no allow-list, as of the last second */
	struct control *control;
	struct map *shown;		    /* incident id to the state last printed */
	int64_t started_us, conf_loaded_us; /* wall clock */
	int64_t began_us;		    /* receive clock: could hear all exporters since */
	int64_t until_us;		    /* monotonic, 0 no end */
	struct watch_sense sense;
	uint64_t ticks, reloads, reloads_refused;
	bool stopping;
};

/** watch_open() - everything up to the loop. Return: enum exit_status, with what is wrong in @why.
 */
int watch_open(struct watch *w, struct cli *cli, struct text *why);

/** watch_run() - until a signal or the end of --for. Return: enum exit_status. */
int watch_run(struct watch *w);
void watch_close(struct watch *w);

/**
 * watch_reload() - read the configuration anew; all or nothing.
 * Return: EXIT_GOOD, or EXIT_CONF and kin with the mistakes in @messages; then nothing has changed.
 */
int watch_reload(struct watch *w, struct text *messages);

/**
 * watch_listen() - have exactly the listeners of @conf and --listen; those that stay are not
 * touched. Return: EXIT_GOOD, or EXIT_USAGE with the reason in @why; then nothing has changed.
 */
int watch_listen(struct watch *w, const struct conf *conf, struct text *why);

/** watch_allow() - from now on take only exporters of @conf. Return: 0 or -ENOMEM; then as before.
 */
int watch_allow(struct watch *w, const struct conf *conf);

/** watch_on_arrival() - handler of the loop: datagrams have come. */
int watch_on_arrival(void *userdata, int fd, uint32_t events);

/** watch_stop_receiving() - end the threads, decode what they have. Return: 0 or negative. */
int watch_stop_receiving(struct watch *w);

/** watch_unknown() - once a second: learn who was turned away, and book it. */
void watch_unknown(struct watch *w);

/** watch_capture() - begin to capture on the interfaces of @conf and --interface. Return: as above.
 */
int watch_capture(struct watch *w, const struct conf *conf, struct text *why);

/** watch_capture_sides() - tell the links of captures their configured sides, again after a reload.
 */
void watch_capture_sides(struct watch *w);
void watch_inputs_close(struct watch *w);

/**
 * watch_snapshot() - the status of this second as JSON text, owned; NULL without memory.
 * @now_us: receive clock; @wall_us: the same moment for people.
 */
char *watch_snapshot(struct watch *w, int64_t now_us, int64_t wall_us);

/** watch_short() - of the status what tells about sight, but for the exporters. Owned. */
json_t *watch_short(struct watch *w);
