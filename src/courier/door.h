/* SPDX-License-Identifier: ISC */
/*
 * The courier's door: a Unix datagram socket in the store's directory, by which a command says
 * "look now". It carries no data: what is to be seen is in the store.
 */
#pragma once

#define DOOR_NAME "courier.sock"

struct door;

/** door_open() - hang it up in @dir; the caller is the only courier there. Owner and group may
 * ring. Return: 0 with an owned *@out, or a negative errno. */
int door_open(const char *dir, struct door **out);
struct door *door_close(struct door *b);
int door_fd(const struct door *b);

/** door_answer() - take what was rung, boundedly. */
void door_answer(struct door *b);

/** door_ring() - at @dir. Return: 0, -ECONNREFUSED or -ENOENT (no courier runs), or another
 * negative errno. */
int door_ring(const char *dir);
