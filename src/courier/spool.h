/* SPDX-License-Identifier: ISC */
/*
 * Messages on their way, as files that outlive whoever carries them. One attempt at one message has
 * at most one of ID.N.page (written, nobody has begun), ID.N.claim (the same file under another
 * name: somebody began) and ID.N.result (how it ended). Beginning is a rename, so of two who would
 * begin one does; whoever has begun holds a lock on the file until the result is on disk. So what a
 * killed courier left is told from the files alone, and there is one case that cannot be told: a
 * carrier that died between beginning and result. doc/courier.md has the whole way.
 */
#pragma once

#include <jansson.h>

#include "courier/channel.h"

#define SPOOL_ID_MAX 64

struct spool;

/** spool_open() - the directory, made when it is not there; only its owner may be able to write to
 * it. Return: 0 with an owned *@out, -EPERM (others may), or a negative errno. */
int spool_open(const char *dir, struct spool **out);
struct spool *spool_close(struct spool *s);

/** spool_id_ok() - may this id be a file's name? */
bool spool_id_ok(const char *id);

/** spool_put() - write the message of an attempt, synced, over any of that name. 0 or errno. */
int spool_put(struct spool *s, const char *id, unsigned attempt, const json_t *message);

enum spool_state {
	SPOOL_WAITING,	/* nobody has begun */
	SPOOL_RUNNING,	/* somebody is at it */
	SPOOL_FINISHED, /* there is a result */
	SPOOL_BROKEN,	/* somebody began, and died: it cannot be known what was seen */
	SPOOL_GONE,	/* no file at all: the same, for want of anything better */
};
enum spool_state spool_look(struct spool *s, const char *id, unsigned attempt);

/** spool_result() - of a finished attempt. Return: 0, or a negative errno. */
int spool_result(struct spool *s, const char *id, unsigned attempt, struct channel_result *out);

/** spool_remove() - all files of an attempt; no error when there are none. */
void spool_remove(struct spool *s, const char *id, unsigned attempt);

/** spool_remove_pieces() - what a carrier of that attempt had not finished when it died. */
void spool_remove_pieces(struct spool *s, const char *id, unsigned attempt);

/* A note that stays over attempts: one of them may have been seen. */
int spool_set_unsure(struct spool *s, const char *id);
bool spool_is_unsure(struct spool *s, const char *id);
void spool_forget(struct spool *s, const char *id);

/** spool_sweep() - remove files of attempts that @keep says are nobody's (attempt 0: the note). */
int spool_sweep(struct spool *s, bool (*keep)(void *userdata, const char *id, unsigned attempt),
		void *userdata);

/* ---- for whoever carries ---- */

struct spool_claim;

/**
 * spool_begin() - take an attempt. The room for its result is on disk before, so that nothing
 * begins whose end cannot be written.
 * @message: owned by the caller. Return: 0, -EALREADY (another has begun), or a negative errno.
 */
int spool_begin(struct spool *s, const char *id, unsigned attempt, struct spool_claim **out,
		json_t **message);

/** spool_end() - put the result on disk and let go; frees @c. Return: 0 or a negative errno. */
int spool_end(struct spool *s, struct spool_claim *c, const struct channel_result *result);

/** spool_fd() - of the directory, for a child that closes all others; spool_set_fd(): its number
 * there. */
int spool_fd(const struct spool *s);
void spool_set_fd(struct spool *s, int fd);
