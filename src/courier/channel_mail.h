/* SPDX-License-Identifier: ISC */
/*
 * A message by SMTP (RFC 5321), spoken by libcurl. A password goes only over an encrypted and
 * verified connection or to this machine itself; a drill goes to this machine only.
 */
#pragma once

#include "conf/conf_duty.h"
#include "courier/channel.h"
#include "courier/mail_message.h"

/** channel_mail() - send @m by @conf, @most_s seconds at most. Fills @out; unsure where the whole
 * mail was given and the server's answer did not come. */
void channel_mail(const struct conf_mail_out *conf, const struct mail_message *m, uint64_t most_s,
		  struct channel_result *out);

/** channel_mail_local() - does "smtp://HOST:PORT" name this machine itself? */
bool channel_mail_local(const char *server);
