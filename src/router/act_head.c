/* SPDX-License-Identifier: ISC */
/*
 * The head of the audit log leaves the machine once an hour: whoever rewrites the log later cannot
 * rewrite what lies elsewhere. `noroshi audit verify --head` holds the log against it.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "base/log.h"
#include "router/act_inside.h"

#define HOUR_US	 (3600 * US_PER_S)
#define AGAIN_US (60 * US_PER_S)
#define EMPTY_US (2 * US_PER_S) /* nothing has been written yet */

static int into_file(const char *path, const char *at, const char *head)
{
	_cleanup_close_ int fd =
		open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0640);
	_cleanup_text_ struct text line = TEXT_NULL;

	text_printf(&line, "%s %s\n", at, head);
	if (fd < 0)
		return -errno;
	if (!text_ok(&line))
		return -ENOMEM;
	if (write(fd, text_str(&line), line.len) != (ssize_t)line.len || fsync(fd))
		return errno ? -errno : -EIO;
	return 0;
}

static void into_syslog(const char *head)
{
	openlog("noroshi", LOG_NDELAY, LOG_AUTH);
	syslog(LOG_NOTICE, "audit head %s", head);
	closelog();
}

void act_head_tick(struct act *a)
{
	const struct conf_act *c = &a->conf->act;
	struct desk_verdict v = {.lines = 0};
	char at[TIME_TEXT_MAX];
	int r;

	if (clock_mono_us() < a->head_us || (!*c->head_file && !c->head_syslog && !*c->head_mail))
		return;
	a->head_us = clock_mono_us() + HOUR_US;
	r = desk_db_verify(a->desk, NULL, &v);
	if (r == 0 && !v.holds) {
		log_error("audit-broken", "what=%s line=%llu", v.what ? v.what : "?",
			  (unsigned long long)v.broken);
		act_page(a, "audit", "broken",
			 "the audit log is not as it was written: noroshi audit verify",
			 "監査記録が書き込まれた時のものではない。noroshi audit verify");
	}
	if (r || !*v.head) {
		a->head_us = clock_mono_us() + (r ? AGAIN_US : EMPTY_US);
		return;
	}
	time_format_utc(clock_real_us(), at);
	if (c->head_syslog)
		into_syslog(v.head);
	if (*c->head_mail)
		act_mail(a, c->head_mail, v.head);
	r = *c->head_file ? into_file(c->head_file, at, v.head) : 0;
	if (r) {
		log_error("head-unwritten", "file=\"%s\" reason=\"%s\"", c->head_file,
			  strerror(-r));
		a->head_us = clock_mono_us() + AGAIN_US;
	}
}
