/* SPDX-License-Identifier: ISC */
/* The HTTP side of the heartbeat. Private to the room. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

struct heartbeat_http;

/**
 * heartbeat_http_open() - @listen: "127.0.0.1:9477". @stale_us: it says so when no beat comes for
 * so long. Return: as heartbeat_open().
 */
int heartbeat_http_open(const char *listen, int64_t stale_us, struct heartbeat_http **out,
			struct text *why);
struct heartbeat_http *heartbeat_http_close(struct heartbeat_http *h);

/** heartbeat_http_set() - what is answered from now on; the texts are taken. */
void heartbeat_http_set(struct heartbeat_http *h, struct text *metrics_take,
			struct text *health_take, bool blind);
uint16_t heartbeat_http_port(const struct heartbeat_http *h);
