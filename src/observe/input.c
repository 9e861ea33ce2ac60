/* SPDX-License-Identifier: ISC */
/*
 * The window over a chain of stages: file descriptor or memory first, decompressors above it.
 */
#include "observe/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "observe/input_ahead.h"
#include "observe/input_unpack.h"

#define INPUT_WINDOW_LEAST (16u << 10)
#define STAGES_MAX	   (3 + INPUT_NESTED_MAX) /* the last bounds, or reads ahead */

struct input {
	struct stage *stage[STAGES_MAX];
	unsigned n_stages;
	uint8_t *buf;
	size_t room, at, fill; /* unread bytes are buf[at..fill) */
	uint64_t passed, total;
	const char *compression;
	bool regular; /* a regular file, not a pipe or memory */
	bool at_end;
};

/* The lowest stages: a file descriptor, or memory. */
struct fd_stage {
	struct stage s;
	int fd;
	atomic_uint_least64_t done; /* asked for while another thread reads */
};

struct memory_stage {
	struct stage s;
	const uint8_t *data;
	size_t n;
	uint64_t done;
};

/* Over the decompressors, on their thread. */
struct bound_stage {
	struct stage s;
	const struct stage *lowest; /* borrowed */
	uint64_t gave;
};

static size_t fd_read(struct stage *s, uint8_t *to, size_t room)
{
	struct fd_stage *f = (struct fd_stage *)s;
	ssize_t n;

	do
		n = read(f->fd, to, room);
	while (n < 0 && errno == EINTR);
	if (n < 0) {
		s->ended = INPUT_IO;
		s->error = errno;
		return 0;
	}
	atomic_fetch_add_explicit(&f->done, (uint64_t)n, memory_order_relaxed);
	return (size_t)n;
}

static void fd_close(struct stage *s)
{
	struct fd_stage *f = (struct fd_stage *)s;

	close(f->fd);
	free(f);
}

static size_t memory_read(struct stage *s, uint8_t *to, size_t room)
{
	struct memory_stage *m = (struct memory_stage *)s;
	size_t n = room < m->n ? room : m->n;

	memcpy(to, m->data, n);
	m->data += n;
	m->n -= n;
	m->done += n;
	return n;
}

static void memory_close(struct stage *s)
{
	free(s);
}

/* Bytes that a file descriptor or memory has given. */
static uint64_t bytes_of(const struct stage *lowest)
{
	return lowest->read == fd_read
		       ? atomic_load_explicit(&((const struct fd_stage *)lowest)->done,
					      memory_order_relaxed)
		       : ((const struct memory_stage *)lowest)->done;
}

/* Up to the very byte, so that it does not matter in what pieces it is asked for. */
static size_t bound_read(struct stage *s, uint8_t *to, size_t room)
{
	struct bound_stage *b = (struct bound_stage *)s;
	size_t n = s->ended == INPUT_GOOD ? s->below->read(s->below, to, room) : 0;
	uint64_t most = bytes_of(b->lowest) * INPUT_SWELLS_MAX;

	if (most < INPUT_SWELLS_MIN)
		most = INPUT_SWELLS_MIN;
	if (b->gave + n > most) {
		s->ended = INPUT_SWOLLEN;
		n = (size_t)(most - b->gave);
	}
	b->gave += n;
	return n;
}

static void bound_close(struct stage *s)
{
	free(s);
}

static int bound(struct input *in)
{
	struct bound_stage *b = calloc(1, sizeof(*b));

	if (!b)
		return -ENOMEM;
	b->s.read = bound_read;
	b->s.close = bound_close;
	b->s.below = in->stage[in->n_stages - 1];
	b->lowest = in->stage[0];
	b->gave = in->fill; /* read_magic() went past it */
	in->stage[in->n_stages++] = &b->s;
	return 0;
}

static size_t top_read(struct input *in, uint8_t *to, size_t room)
{
	struct stage *top = in->stage[in->n_stages - 1];

	return top->read(top, to, room);
}

static int reserve(struct input *in, size_t want)
{
	size_t room = in->room;
	uint8_t *buf;

	if (in->room - in->at >= want)
		return 0;
	memmove(in->buf, in->buf + in->at, in->fill - in->at);
	in->fill -= in->at;
	in->at = 0;
	while (room < want)
		room *= 2;
	if (room == in->room)
		return 0;
	buf = realloc(in->buf, room);
	if (!buf)
		return -ENOMEM;
	in->buf = buf;
	in->room = room;
	return 0;
}

size_t input_peek(struct input *in, size_t want, const uint8_t **p)
{
	if (want > INPUT_PEEK_MAX)
		want = INPUT_PEEK_MAX;
	if (in->fill - in->at < want && !in->at_end && reserve(in, want) == 0) {
		while (in->fill - in->at < want) {
			size_t n = top_read(in, in->buf + in->fill, in->room - in->fill);

			if (!n) {
				in->at_end = true;
				break;
			}
			in->fill += n;
		}
	}
	*p = in->buf + in->at;
	return in->fill - in->at;
}

void input_consume(struct input *in, size_t n)
{
	in->at += n;
	in->passed += n;
}

bool input_skip(struct input *in, uint64_t n)
{
	while (n) {
		const uint8_t *p;
		size_t have = input_peek(in, 1, &p);

		if (!have)
			return false;
		if (have > n)
			have = (size_t)n;
		input_consume(in, have);
		n -= have;
	}
	return true;
}

/* The first bytes and no more: what is packed must reach the decompressor, not the window. */
static void read_magic(struct input *in)
{
	in->fill = 0;
	while (in->fill < UNPACK_MAGIC_MAX) {
		size_t n = top_read(in, in->buf + in->fill, UNPACK_MAGIC_MAX - in->fill);

		if (!n)
			break;
		in->fill += n;
	}
}

/* Put a decompressor on top wherever what is there begins like a packed stream. */
static int unpack_top(struct input *in)
{
	read_magic(in);
	for (unsigned nested = 0; nested < INPUT_NESTED_MAX; nested++) {
		const char *name;
		struct stage *s = unpack_new(in->stage[in->n_stages - 1], in->buf, in->fill, &name);

		if (!s && name)
			return -ENOMEM;
		if (!s)
			break;
		if (!nested)
			in->compression = name;
		in->stage[in->n_stages++] = s;
		read_magic(in);
	}
	return in->n_stages > 1 ? bound(in) : 0;
}

/*
 * Unpack on another thread, where there is one to be had. Only over a regular file: a read() from a
 * pipe may never come back, and closing waits for it.
 */
static void read_ahead(struct input *in)
{
	struct stage *s = NULL;

	if (in->n_stages > 1 && in->regular)
		s = ahead_new(in->stage[in->n_stages - 1]);
	if (s)
		in->stage[in->n_stages++] = s;
}

/* A small file needs no large window; one that grows after all gets it when it asks. */
static size_t first_room(uint64_t total)
{
	if (!total || total >= INPUT_WINDOW)
		return INPUT_WINDOW;
	return total < INPUT_WINDOW_LEAST ? INPUT_WINDOW_LEAST : (size_t)total;
}

static int input_over(struct input **inp, struct stage *lowest, uint64_t total, bool regular)
{
	struct input *in = calloc(1, sizeof(*in));
	int r;

	if (!in) {
		lowest->close(lowest);
		return -ENOMEM;
	}
	in->stage[in->n_stages++] = lowest;
	in->compression = "none";
	in->total = total;
	in->regular = regular;
	in->room = first_room(total);
	in->buf = malloc(in->room);
	r = in->buf ? unpack_top(in) : -ENOMEM;
	if (r < 0) {
		input_free(in);
		return r;
	}
	read_ahead(in);
	*inp = in;
	return 0;
}

int input_open(struct input **inp, const char *path, struct text *why)
{
	bool is_stdin = !strcmp(path, "-");
	_cleanup_close_ int fd = is_stdin ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
	struct fd_stage *f;
	struct stat st;
	bool regular;

	if (fd < 0 || fstat(fd, &st) < 0) {
		text_printf(why, "cannot open: %s", strerror(errno));
		return 1;
	}
	if (S_ISDIR(st.st_mode)) {
		text_add(why, "is a directory");
		return 1;
	}
	f = calloc(1, sizeof(*f));
	if (!f)
		return -ENOMEM;
	f->s.read = fd_read;
	f->s.close = fd_close;
	f->fd = fd;
	fd = -1;
	regular = S_ISREG(st.st_mode);
	return input_over(inp, &f->s, regular ? (uint64_t)st.st_size : 0, regular);
}

int input_open_memory(struct input **inp, const uint8_t *data, size_t n)
{
	struct memory_stage *m = calloc(1, sizeof(*m));

	if (!m)
		return -ENOMEM;
	m->s.read = memory_read;
	m->s.close = memory_close;
	m->data = data;
	m->n = n;
	return input_over(inp, &m->s, n, false);
}

struct input *input_free(struct input *in)
{
	if (!in)
		return NULL;
	while (in->n_stages) {
		struct stage *s = in->stage[--in->n_stages];

		s->close(s);
	}
	free(in->buf);
	free(in);
	return NULL;
}

uint64_t input_passed(const struct input *in)
{
	return in->passed;
}

void input_progress(const struct input *in, uint64_t *done, uint64_t *total)
{
	const struct stage *s = in->stage[0];

	*done = s->read == fd_read ? bytes_of(s) : in->passed;
	*total = in->total;
}

const char *input_compression(const struct input *in)
{
	return in->compression;
}

enum input_end input_ended(const struct input *in)
{
	/* Before, the stages may still be another thread's, and have gone further than was read. */
	if (!in->at_end)
		return INPUT_GOOD;
	for (unsigned i = 0; i < in->n_stages; i++)
		if (in->stage[i]->ended != INPUT_GOOD)
			return in->stage[i]->ended;
	return INPUT_GOOD;
}

int input_errno(const struct input *in)
{
	return in->at_end ? in->stage[0]->error : 0;
}
