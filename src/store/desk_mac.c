/* SPDX-License-Identifier: ISC */
/*
 * The key and what is counted with it: BLAKE2b keyed with 32 bytes (RFC 7693; libsodium
 * crypto_generichash). A line's MAC is over the MAC before it, then each field as its length in
 * eight bytes, little endian, and its bytes: so no two different lines are the same bytes.
 */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/hash.h"
#include "store/desk_inside.h"

char *desk_db_id(char letter, char *buf)
{
	static uint64_t count;
	uint8_t r[8];
	uint64_t seeded;

	randombytes_buf(r, sizeof(r));
	if (getenv("NOROSHI_SEED")) { /* tests that compare what two runs print */
		seeded = hash_u64(++count, hash_seed());
		memcpy(r, &seeded, sizeof(r));
	}
	snprintf(buf, DESK_ID_MAX, "%c%02x%02x%02x%02x%02x%02x", letter, r[0], r[1], r[2], r[3],
		 r[4], r[5]);
	return buf;
}

int desk_key_load(struct desk_db *db)
{
	_cleanup_close_ int fd = open(db->key_path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	uint8_t more[DESK_MAC_BYTES + 1];
	struct stat st;

	if (fd < 0)
		return errno == ENOENT ? DESK_NO_KEY : errno == ELOOP ? DESK_BAD_KEY : -errno;
	if (fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode) || (st.st_mode & 077))
		return DESK_BAD_KEY;
	if (read(fd, more, sizeof(more)) != DESK_MAC_BYTES)
		return DESK_BAD_KEY;
	memcpy(db->key, more, DESK_MAC_BYTES);
	explicit_bzero(more, sizeof(more));
	db->has_key = true;
	return 0;
}

/* The name of a new file is on disk when its directory is. */
static int sync_dir(const char *path)
{
	char dir[600];
	char *slash;
	_cleanup_close_ int fd = -1;

	snprintf(dir, sizeof(dir), "%s", path);
	slash = strrchr(dir, '/');
	if (slash)
		slash[slash == dir] = '\0';
	fd = open(slash ? dir : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 || fsync(fd) ? -errno : 0;
}

static int write_key(int fd, const uint8_t *key)
{
	if (write(fd, key, DESK_MAC_BYTES) != DESK_MAC_BYTES || fsync(fd))
		return -errno;
	return 0;
}

/* Written whole under another name and then linked, so that no half key is ever found. */
int desk_key_make(struct desk_db *db)
{
	char made[640];
	uint8_t key[DESK_MAC_BYTES];
	_cleanup_close_ int fd = -1;
	int r;

	snprintf(made, sizeof(made), "%s.%d", db->key_path, (int)getpid());
	unlink(made);
	fd = open(made, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	randombytes_buf(key, sizeof(key));
	r = write_key(fd, key);
	explicit_bzero(key, sizeof(key));
	if (!r && link(made, db->key_path) && errno != EEXIST)
		r = -errno;
	unlink(made);
	r = r ? r : sync_dir(db->key_path);
	return r ? r : desk_key_load(db);
}

static void take(crypto_generichash_state *h, const void *p, size_t n)
{
	uint8_t len[8];

	for (int i = 0; i < 8; i++)
		len[i] = (uint8_t)((uint64_t)n >> 8 * i);
	crypto_generichash_update(h, len, sizeof(len));
	crypto_generichash_update(h, p, n);
}

static void take_text(crypto_generichash_state *h, const char *s)
{
	take(h, s, strlen(s));
}

static void take_number(crypto_generichash_state *h, uint64_t v)
{
	uint8_t b[8];

	for (int i = 0; i < 8; i++)
		b[i] = (uint8_t)(v >> 8 * i);
	take(h, b, sizeof(b));
}

static void to_hex(const uint8_t *p, size_t n, char *hex)
{
	sodium_bin2hex(hex, n * 2 + 1, p, n);
}

void desk_mac_line(const struct desk_db *db, const uint8_t *before,
		   const struct desk_audit_row *row, uint8_t *mac)
{
	crypto_generichash_state h;

	crypto_generichash_init(&h, db->key, sizeof(db->key), DESK_MAC_BYTES);
	take_text(&h, "noroshi desk line 1");
	take(&h, before, DESK_MAC_BYTES);
	take_number(&h, row->seq);
	take_text(&h, row->id);
	take_number(&h, (uint64_t)row->at_us);
	take_text(&h, row->actor);
	take_text(&h, row->act);
	take_text(&h, row->body);
	crypto_generichash_final(&h, mac, DESK_MAC_BYTES);
}

void desk_mac_head(const struct desk_db *db, uint64_t lines, const uint8_t *mac, char *hex)
{
	crypto_generichash_state h;
	uint8_t out[DESK_MAC_BYTES];

	crypto_generichash_init(&h, db->key, sizeof(db->key), DESK_MAC_BYTES);
	take_text(&h, "noroshi desk head 1");
	take_number(&h, lines);
	take(&h, mac, DESK_MAC_BYTES);
	crypto_generichash_final(&h, out, sizeof(out));
	to_hex(out, sizeof(out), hex);
}

void desk_digest(const struct desk_db *db, const char *kind, const char *ref, const char *circle,
		 const char *actor, int64_t at_us, const char *body, char *hex)
{
	crypto_generichash_state h;
	uint8_t out[DESK_MAC_BYTES];

	crypto_generichash_init(&h, db->key, sizeof(db->key), DESK_MAC_BYTES);
	take_text(&h, "noroshi desk entry 1");
	take_text(&h, kind);
	take_text(&h, ref);
	take_text(&h, circle);
	take_text(&h, actor);
	take_number(&h, (uint64_t)at_us);
	take_text(&h, body);
	crypto_generichash_final(&h, out, sizeof(out));
	to_hex(out, sizeof(out), hex);
}

void desk_digest_act(const struct desk_db *db, const char *act, const char *subject,
		     const char *actor, int64_t at_us, const char *body, char *hex)
{
	crypto_generichash_state h;
	uint8_t out[DESK_MAC_BYTES];

	crypto_generichash_init(&h, db->key, sizeof(db->key), DESK_MAC_BYTES);
	take_text(&h, "noroshi desk act 1");
	take_text(&h, act);
	take_text(&h, subject);
	take_text(&h, actor);
	take_number(&h, (uint64_t)at_us);
	take_text(&h, body);
	crypto_generichash_final(&h, out, sizeof(out));
	to_hex(out, sizeof(out), hex);
}

void desk_digest_row(const struct desk_db *db, const char *name, const char *const *text,
		     unsigned n_texts, const int64_t *number, unsigned n_numbers, char *hex)
{
	crypto_generichash_state h;
	uint8_t out[DESK_MAC_BYTES];

	crypto_generichash_init(&h, db->key, sizeof(db->key), DESK_MAC_BYTES);
	take_text(&h, name);
	for (unsigned i = 0; i < n_texts; i++)
		take_text(&h, text[i]);
	for (unsigned i = 0; i < n_numbers; i++)
		take_number(&h, (uint64_t)number[i]);
	crypto_generichash_final(&h, out, sizeof(out));
	to_hex(out, sizeof(out), hex);
}
