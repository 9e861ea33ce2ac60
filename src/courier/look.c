/* SPDX-License-Identifier: ISC */
#include "courier/look.h"

#include <errno.h>
#include <sys/statvfs.h>

#include "base/bell.h"
#include "base/clock.h"

void look_deinit(struct look *l)
{
	json_decref(l->status);
	*l = (struct look){0};
}

/* Also where there is no inode left. */
static int64_t free_bytes(const char *dir)
{
	struct statvfs v;

	if (statvfs(dir, &v) < 0)
		return -1;
	return v.f_files && !v.f_favail ? 0 : (int64_t)(v.f_bavail * v.f_frsize);
}

static void take(struct look *l, json_t *status_take, int64_t at_us)
{
	if (!json_is_object(status_take)) {
		json_decref(status_take);
		return;
	}
	json_decref(l->status);
	l->status = status_take;
	l->look.status = l->status;
	l->look.status_us = at_us;
}

static void read_store(struct store *store, struct look *l)
{
	_cleanup_text_ struct text text = TEXT_NULL;
	int64_t at_us;

	if (store && store_get_status(store, &text, &at_us) == 0)
		take(l, json_loadb(text_str(&text), text.len, 0, NULL), at_us);
}

static enum sight_bell ring(const char *dir, struct look *l)
{
	_cleanup_text_ struct text text = TEXT_NULL;
	int status = 0;
	int r = bell_ask(dir, LOOK_BELL, LOOK_REQUEST, LOOK_PATIENCE_MS, &status, &text);

	switch (r) {
	case 0:
		if (status == 0)
			take(l, json_loadb(text_str(&text), text.len, 0, NULL), clock_real_us());
		return status == 0 ? BELL_ANSWERED : BELL_UNTRIED;
	case -ENOENT:
	case -ECONNREFUSED:
		return BELL_NOBODY;
	case -ETIMEDOUT:
	case -EAGAIN:
		return BELL_LATE;
	default:
		return BELL_UNTRIED;
	}
}

/* By two readings of the wall clock; where it was stepped between them, the bell tells the truth.
 */
static bool is_old(const struct look *l, uint64_t old_s)
{
	int64_t age_us;

	if (!l->status)
		return true;
	age_us = clock_real_us() - l->look.status_us;
	return age_us < -US_PER_S || age_us > (int64_t)old_s * US_PER_S;
}

int look_take(struct store *store, const char *dir, uint64_t old_s, struct look *out)
{
	*out = (struct look){.look = {.status_us = TIME_NONE, .free_bytes = free_bytes(dir)}};
	read_store(store, out);
	if (is_old(out, old_s))
		out->look.bell = ring(dir, out);
	out->look.now_us = clock_real_us();
	out->look.mono_us = clock_mono_us();
	return 0;
}
