/* SPDX-License-Identifier: ISC */
/*
 * Each file is written whole under a name of the writer's own, synced, renamed, and its directory
 * synced: at any moment a name means a whole file. The lock is flock(2) on the open file, so it
 * stays with the file over its rename and falls with its holder.
 */
#include "courier/spool.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/json_whole.h"

#define NAME_MAX_    (SPOOL_ID_MAX + 40)
#define RESULT_BYTES 4096
#define MESSAGE_MAX  (256u << 10)
#define UNSURE	     "unsure"
#define OLD_S	     86400

struct spool {
	int dir;
};

struct spool_claim {
	char id[SPOOL_ID_MAX];
	unsigned attempt;
	int lock, result;     /* open files */
	char made[NAME_MAX_]; /* the result's name until it is whole */
};

static void name_of(const char *id, unsigned attempt, const char *what, char *buf)
{
	snprintf(buf, NAME_MAX_, "%s.%u.%s", id, attempt, what);
}

bool spool_id_ok(const char *id)
{
	size_t n = strlen(id);

	if (!n || n >= SPOOL_ID_MAX)
		return false;
	for (; *id; id++)
		if (!isalnum((unsigned char)*id) && *id != '-' && *id != '_')
			return false;
	return true;
}

int spool_open(const char *dir, struct spool **out)
{
	struct spool *s;
	struct stat st;
	int fd;

	if (mkdir(dir, 0700) && errno != EEXIST)
		return -errno;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) || st.st_uid != geteuid() || (st.st_mode & 022)) {
		close(fd);
		return -EPERM;
	}
	s = calloc(1, sizeof(*s));
	if (!s) {
		close(fd);
		return -ENOMEM;
	}
	s->dir = fd;
	*out = s;
	return 0;
}

struct spool *spool_close(struct spool *s)
{
	if (s) {
		close(s->dir);
		free(s);
	}
	return NULL;
}

int spool_fd(const struct spool *s)
{
	return s->dir;
}

void spool_set_fd(struct spool *s, int fd)
{
	s->dir = fd;
}

static int write_all(int fd, const char *text, size_t n)
{
	for (size_t at = 0; at < n;) {
		ssize_t done = write(fd, text + at, n - at);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -errno;
		at += (size_t)done;
	}
	return 0;
}

static int sync_dir(struct spool *s)
{
	return fsync(s->dir) ? -errno : 0;
}

/* Under its own name for a moment, then whole under @name. */
static int write_file(struct spool *s, const char *name, const char *text)
{
	char made[NAME_MAX_ + 24];
	_cleanup_close_ int fd = -1;
	int r;

	snprintf(made, sizeof(made), ".%s.%d", name, (int)getpid());
	fd = openat(s->dir, made, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	r = write_all(fd, text, strlen(text));
	if (r == 0 && fsync(fd))
		r = -errno;
	if (r == 0 && renameat(s->dir, made, s->dir, name))
		r = -errno;
	if (r)
		unlinkat(s->dir, made, 0);
	return r ? r : sync_dir(s);
}

int spool_put(struct spool *s, const char *id, unsigned attempt, const json_t *message)
{
	_cleanup_free_ char *text = json_whole(message, JSON_COMPACT);
	char name[NAME_MAX_];

	if (!text)
		return -ENOMEM;
	name_of(id, attempt, "page", name);
	return write_file(s, name, text);
}

static bool there(struct spool *s, const char *name)
{
	return faccessat(s->dir, name, F_OK, 0) == 0;
}

static enum spool_state look_at_claim(struct spool *s, const char *name)
{
	_cleanup_close_ int fd = openat(s->dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return SPOOL_GONE;
	/* Shared is enough to find out, and two who look do not see each other. */
	return flock(fd, LOCK_SH | LOCK_NB) && errno == EWOULDBLOCK ? SPOOL_RUNNING : SPOOL_BROKEN;
}

enum spool_state spool_look(struct spool *s, const char *id, unsigned attempt)
{
	char page[NAME_MAX_], claim[NAME_MAX_], result[NAME_MAX_];
	enum spool_state state;

	name_of(id, attempt, "page", page);
	name_of(id, attempt, "claim", claim);
	name_of(id, attempt, "result", result);
	/* In the order in which they come to be: what is missed here is met further on. */
	if (there(s, page))
		return SPOOL_WAITING;
	state = look_at_claim(s, claim);
	if (state == SPOOL_RUNNING)
		return state;
	return there(s, result) ? SPOOL_FINISHED : state;
}

static int read_json(int fd, json_t **out)
{
	_cleanup_free_ char *text = malloc(MESSAGE_MAX);
	ssize_t n;

	if (!text)
		return -ENOMEM;
	n = pread(fd, text, MESSAGE_MAX, 0);
	if (n < 0)
		return -errno;
	*out = json_loadb(text, (size_t)n, JSON_DISABLE_EOF_CHECK, NULL);
	return *out ? 0 : -EINVAL;
}

int spool_result(struct spool *s, const char *id, unsigned attempt, struct channel_result *out)
{
	char name[NAME_MAX_];
	_cleanup_close_ int fd = -1;
	const char *why;
	json_t *o = NULL;
	int r;

	name_of(id, attempt, "result", name);
	fd = openat(s->dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return -errno;
	r = read_json(fd, &o);
	if (r)
		return r;
	why = json_string_value(json_object_get(o, "why"));
	*out = (struct channel_result){.sent = json_is_true(json_object_get(o, "sent")),
				       .unsure = json_is_true(json_object_get(o, "unsure"))};
	snprintf(out->why, sizeof(out->why), "%s", why ? why : "");
	json_decref(o);
	return 0;
}

void spool_remove(struct spool *s, const char *id, unsigned attempt)
{
	/* The page last: while it is there nobody takes the attempt for broken. */
	static const char *const what[] = {"claim", "result", "page"};
	char name[NAME_MAX_];

	for (size_t i = 0; i < ARRAY_LEN(what); i++) {
		name_of(id, attempt, what[i], name);
		unlinkat(s->dir, name, 0);
	}
}

static DIR *walk(struct spool *s)
{
	int fd = openat(s->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? NULL : fdopendir(fd);
}

void spool_remove_pieces(struct spool *s, const char *id, unsigned attempt)
{
	DIR *d = walk(s);
	char begins[NAME_MAX_];
	struct dirent *e;

	snprintf(begins, sizeof(begins), ".%s.%u.", id, attempt);
	while (d && (e = readdir(d)))
		if (strncmp(e->d_name, begins, strlen(begins)) == 0)
			unlinkat(s->dir, e->d_name, 0);
	if (d)
		closedir(d);
}

int spool_set_unsure(struct spool *s, const char *id)
{
	char name[NAME_MAX_];

	name_of(id, 0, UNSURE, name);
	return there(s, name) ? 0 : write_file(s, name, "");
}

bool spool_is_unsure(struct spool *s, const char *id)
{
	char name[NAME_MAX_];

	name_of(id, 0, UNSURE, name);
	return there(s, name);
}

void spool_forget(struct spool *s, const char *id)
{
	char name[NAME_MAX_];

	name_of(id, 0, UNSURE, name);
	unlinkat(s->dir, name, 0);
}

/* "ID.N.what" of our own making. */
static bool split_name(const char *name, char *id, unsigned *attempt)
{
	static const char *const what[] = {"page", "claim", "result", UNSURE};
	const char *dot = strchr(name, '.');
	char *end;

	if (!dot || dot == name || (size_t)(dot - name) >= SPOOL_ID_MAX)
		return false;
	memcpy(id, name, (size_t)(dot - name));
	id[dot - name] = '\0';
	*attempt = (unsigned)strtoul(dot + 1, &end, 10);
	if (*end != '.' || !spool_id_ok(id))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(what); i++)
		if (strcmp(end + 1, what[i]) == 0)
			return true;
	return false;
}

/* A file that a killed writer had not finished. Only a courier writes pages and notes, and it is
 * the new one that asks; a carrier that lives is done with its result long before it is old. */
static bool is_old_piece(struct spool *s, const char *name)
{
	struct stat st;

	if (name[0] != '.' || !name[1] || name[1] == '.')
		return false;
	if (strstr(name, ".page.") || strstr(name, "." UNSURE "."))
		return true;
	return fstatat(s->dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
	       st.st_mtime < time(NULL) - OLD_S;
}

int spool_sweep(struct spool *s, bool (*keep)(void *userdata, const char *id, unsigned attempt),
		void *userdata)
{
	DIR *d = walk(s);
	struct dirent *e;

	if (!d)
		return -errno;
	while ((e = readdir(d))) {
		char id[SPOOL_ID_MAX];
		unsigned attempt;

		if (is_old_piece(s, e->d_name) ||
		    (split_name(e->d_name, id, &attempt) && !keep(userdata, id, attempt)))
			unlinkat(s->dir, e->d_name, 0);
	}
	closedir(d);
	return 0;
}

/* ---- for whoever carries ---- */

static void drop_claim(struct spool *s, struct spool_claim *c)
{
	if (*c->made)
		unlinkat(s->dir, c->made, 0);
	if (c->result >= 0)
		close(c->result);
	if (c->lock >= 0)
		close(c->lock);
	free(c);
}

static int make_room(struct spool *s, struct spool_claim *c)
{
	static unsigned count;
	int r;

	snprintf(c->made, sizeof(c->made), ".%s.%u.%d.%u", c->id, c->attempt, (int)getpid(),
		 ++count);
	c->result =
		openat(s->dir, c->made, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (c->result < 0) {
		r = -errno;
		*c->made = '\0';
		return r;
	}
	r = -posix_fallocate(c->result, 0, RESULT_BYTES);
	return r ? r : fsync(c->result) ? -errno : 0;
}

/* Locked first, renamed then: a claim is never seen without its lock. */
static int take(struct spool *s, struct spool_claim *c)
{
	char page[NAME_MAX_], claim[NAME_MAX_];

	name_of(c->id, c->attempt, "page", page);
	name_of(c->id, c->attempt, "claim", claim);
	c->lock = openat(s->dir, page, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (c->lock < 0)
		return errno == ENOENT ? -EALREADY : -errno;
	if (flock(c->lock, LOCK_EX | LOCK_NB))
		return errno == EWOULDBLOCK ? -EALREADY : -errno;
	if (renameat(s->dir, page, s->dir, claim))
		return errno == ENOENT ? -EALREADY : -errno;
	return sync_dir(s);
}

int spool_begin(struct spool *s, const char *id, unsigned attempt, struct spool_claim **out,
		json_t **message)
{
	struct spool_claim *c = calloc(1, sizeof(*c));
	int r;

	if (!c)
		return -ENOMEM;
	c->lock = c->result = -1;
	c->attempt = attempt;
	snprintf(c->id, sizeof(c->id), "%s", id);
	r = make_room(s, c);
	r = r ? r : take(s, c);
	r = r ? r : read_json(c->lock, message);
	if (r)
		drop_claim(s, c);
	else
		*out = c;
	return r;
}

/* Blanks behind the JSON fill the room that was taken for it. */
static int fill_result(struct spool_claim *c, const struct channel_result *result)
{
	char text[RESULT_BYTES];
	json_t *o = json_pack("{sbsbss}", "sent", result->sent, "unsure", result->unsure, "why",
			      result->why);
	size_t n = o ? json_dumpb(o, text, sizeof(text), JSON_COMPACT) : 0;

	json_decref(o);
	if (!n || n > sizeof(text)) /* a reason that does not fit */
		n = (size_t)snprintf(text, sizeof(text), "{\"sent\":%s,\"unsure\":%s,\"why\":\"\"}",
				     result->sent ? "true" : "false",
				     result->unsure ? "true" : "false");
	memset(text + n, ' ', sizeof(text) - n);
	if (pwrite(c->result, text, sizeof(text), 0) != (ssize_t)sizeof(text))
		return errno ? -errno : -EIO;
	return fsync(c->result) ? -errno : 0;
}

int spool_end(struct spool *s, struct spool_claim *c, const struct channel_result *result)
{
	char name[NAME_MAX_];
	int r = fill_result(c, result);

	name_of(c->id, c->attempt, "result", name);
	if (r == 0 && renameat(s->dir, c->made, s->dir, name))
		r = -errno;
	if (r == 0)
		*c->made = '\0';
	r = r ? r : sync_dir(s);
	drop_claim(s, c);
	return r;
}
