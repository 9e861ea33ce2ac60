/* SPDX-License-Identifier: ISC */
#include "cli/tune_apply.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/case_desk.h"
#include "duty/tune.h"
#include "duty/tune_edit.h"

#define FILE_BYTES_MAX (16u << 20)
#define TAIL_MAX       16

struct tune_apply {
	char path[PATH_MAX]; /* behind any symbolic link */
	struct text before, now;
	struct conf *wanted; /* what the file shall say when it is read */
};

struct tune_apply *tune_apply_free(struct tune_apply *a)
{
	if (!a)
		return NULL;
	text_deinit(&a->before);
	text_deinit(&a->now);
	conf_unref(a->wanted);
	free(a);
	return NULL;
}

int tune_apply_begin(struct cli *cli, const char *path, struct tune_apply **out)
{
	_cleanup_tune_apply_ struct tune_apply *a = calloc(1, sizeof(*a));
	_cleanup_text_ struct text errors = TEXT_NULL;
	int r;

	if (!a)
		return EXIT_BROKEN;
	if (!realpath(path, a->path))
		return cli_fail(cli, EXIT_CONF, "%s: %s", path, strerror(errno));
	r = case_read_all(cli, a->path, FILE_BYTES_MAX, &a->before);
	if (r)
		return r;
	a->wanted = conf_load_text(path, text_str(&a->before), a->before.len, &errors);
	if (!a->wanted) {
		fputs(text_str(&errors), cli->err);
		return EXIT_CONF;
	}
	text_add_n(&a->now, text_str(&a->before), a->before.len);
	if (!text_ok(&a->now))
		return EXIT_BROKEN;
	*out = take_ptr(a);
	return EXIT_GOOD;
}

static const char *why_text(const struct cli *cli, const char *why)
{
	static const struct {
		const char *word;
		struct phrase text;
	} rows[] = {
		{"anchor", PHRASE("it has an anchor, so others may share it",
				  "アンカーがあり、他と共有されている可能性があります")},
		{"alias", PHRASE("it stands elsewhere (alias)", "別の場所の内容です (エイリアス)")},
		{"merge", PHRASE("it takes others over (<<)", "他の内容を取り込んでいます (<<)")},
		{"tag", PHRASE("it has a tag", "タグが付いています")},
		{"flow", PHRASE("it stands in one line ({...})", "1 行形式 ({...}) です")},
	};

	for (size_t i = 0; why && i < ARRAY_LEN(rows); i++)
		if (strcmp(why, rows[i].word) == 0)
			return say(cli, &rows[i].text);
	return tr(cli, "its value is no single word", "値が単純な語ではありません");
}

static int say_by_hand(struct cli *cli, const struct tune_apply *a, int answer, const char *object,
		       const char *key, const char *value, const struct tune_place *place)
{
	if (answer == TUNE_EDIT_UNSAFE)
		return cli_fail(cli, EXIT_REFUSED,
				tr(cli,
				   "%s:%u: %s; put it there by hand, under the thresholds of %s: "
				   "%s: %s",
				   "%s:%u: %s。%s の thresholds に手で書いてください: %s: %s"),
				a->path, place->line, why_text(cli, place->why), object, key,
				value);
	return cli_fail(cli, EXIT_REFUSED,
			tr(cli,
			   "%s: %s does not stand there by itself; put it there by hand: %s: %s",
			   "%s: %s が単独の項目として見つかりません。手で書いてください: %s: %s"),
			a->path, object, key, value);
}

/* In what the file shall say. */
static void want(struct conf *c, const char *object, unsigned track, uint64_t rate)
{
	for (size_t i = 0; i < c->n_objects; i++) {
		struct thresholds *t = &c->objects[i].thresholds;

		if (strcmp(c->objects[i].name, object) != 0)
			continue;
		if (track == ROLL_ANY)
			t->any_pps = rate;
		else if (track == ROLL_ANY_BITS)
			t->any_bps = rate;
		else
			t->pps[track] = rate;
	}
}

int tune_apply_put(struct cli *cli, struct tune_apply *a, const char *object, unsigned track,
		   uint64_t rate, unsigned *line)
{
	_cleanup_text_ struct text value = TEXT_NULL, out = TEXT_NULL;
	const char *key = roll_track_name(track);
	struct tune_place place;
	int r;

	tune_rate_text(track, rate, &value);
	r = tune_edit(text_str(&a->now), a->now.len, object, key, text_str(&value), &out, &place);
	*line = place.line;
	if (r > 0)
		return say_by_hand(cli, a, r, object, key, text_str(&value), &place);
	if (r < 0)
		return cli_fail(cli, EXIT_BROKEN, "%s", strerror(-r));
	text_deinit(&a->now);
	a->now = out;
	out = TEXT_NULL;
	want(a->wanted, object, track, rate);
	return EXIT_GOOD;
}

/* Does the new text say what is wanted, and nothing else? */
static int check(struct cli *cli, const struct tune_apply *a)
{
	_cleanup_text_ struct text errors = TEXT_NULL, is = TEXT_NULL, shall = TEXT_NULL;
	struct conf *c = conf_load_text(a->path, text_str(&a->now), a->now.len, &errors);

	if (!c) {
		fputs(text_str(&errors), cli->err);
		return cli_fail(cli, EXIT_CONF, "%s: %s", a->path,
				tr(cli, "what would be written does not hold; nothing was written",
				   "書き換え後の内容が正しくないため、書き込みませんでした"));
	}
	conf_print(c, &is);
	conf_print(a->wanted, &shall);
	conf_unref(c);
	if (text_ok(&is) && text_ok(&shall) && strcmp(text_str(&is), text_str(&shall)) == 0)
		return EXIT_GOOD;
	return cli_fail(cli, EXIT_CONF, "%s: %s", a->path,
			tr(cli, "the change would say something else; nothing was written",
			   "書き換えると別の意味になるため、書き込みませんでした"));
}

static int write_synced(int fd, const struct text *t)
{
	for (size_t done = 0; done < t->len;) {
		ssize_t n = write(fd, t->s + done, t->len - done);

		if (n < 0 && errno != EINTR)
			return -errno;
		done += n > 0 ? (size_t)n : 0;
	}
	return fsync(fd) ? -errno : 0;
}

/* A file beside @path with its mode and owner, which then takes the place of @as. */
static int put_file(const char *path, const char *as, const struct text *t)
{
	char temporary[PATH_MAX + 2 * TAIL_MAX];
	struct stat st;
	int fd, r;

	snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path);
	if (stat(path, &st))
		return -errno;
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = write_synced(fd, t);
	if (r == 0 && fchmod(fd, st.st_mode & 07777))
		r = -errno;
	/* Only root may give files away; the mode decides for others. */
	if (r == 0 && geteuid() == 0 && fchown(fd, st.st_uid, st.st_gid))
		r = -errno;
	close(fd);
	if (r == 0 && rename(temporary, as))
		r = -errno;
	if (r)
		unlink(temporary);
	return r;
}

static void sync_dir_of(const char *path)
{
	char dir[PATH_MAX];
	char *slash;
	int fd;

	snprintf(dir, sizeof(dir), "%s", path);
	slash = strrchr(dir, '/');
	if (!slash)
		return;
	slash[slash == dir] = '\0';
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	fsync(fd);
	close(fd);
}

/* Somebody may have written it meanwhile. */
static bool is_as_before(struct cli *cli, const struct tune_apply *a)
{
	_cleanup_text_ struct text now = TEXT_NULL;

	return case_read_all(cli, a->path, FILE_BYTES_MAX, &now) == EXIT_GOOD &&
	       now.len == a->before.len &&
	       memcmp(text_str(&now), text_str(&a->before), now.len) == 0;
}

int tune_apply_write(struct cli *cli, struct tune_apply *a)
{
	char backup[PATH_MAX + TAIL_MAX];
	int r = check(cli, a);

	if (r)
		return r;
	if (!is_as_before(cli, a))
		return cli_fail(cli, EXIT_CONF, "%s: %s", a->path,
				tr(cli, "somebody has changed it meanwhile; nothing was written",
				   "別の人が変更したため、書き込みませんでした"));
	snprintf(backup, sizeof(backup), "%s~", a->path);
	r = put_file(a->path, backup, &a->before);
	r = r ? r : put_file(a->path, a->path, &a->now);
	if (r)
		return cli_fail(cli, EXIT_CONF, "%s: %s", a->path, strerror(-r));
	sync_dir_of(a->path);
	return EXIT_GOOD;
}
