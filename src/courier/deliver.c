/* SPDX-License-Identifier: ISC */
#include "courier/deliver.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/json_whole.h"
#include "courier/channel_mail.h"
#include "courier/channel_program.h"
#include "duty/alarm.h"

static const char *word(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

static bool is_true(const json_t *o, const char *key)
{
	return json_is_true(json_object_get(o, key));
}

static int mark_drill(json_t *o)
{
	const char *text = json_string_value(json_object_get(o, "text"));

	if (!text || strncmp(text, "DRILL", 5) == 0)
		return 0;
	return json_object_set_new(o, "text", json_sprintf("DRILL / 訓練 %s", text));
}

json_t *deliver_input(const json_t *data, const json_t *message)
{
	static const char *const keys[] = {"id", "attempt", "repeat", "drill"};
	json_t *o = json_is_object(data) ? json_copy((json_t *)data) : json_object();
	int bad = !o;

	for (size_t i = 0; !bad && i < ARRAY_LEN(keys); i++) {
		json_t *value = json_object_get(message, keys[i]);

		bad = value && json_object_set(o, keys[i], value);
	}
	if (!bad && is_true(message, "drill"))
		bad = mark_drill(o);
	if (!bad)
		return o;
	json_decref(o);
	return NULL;
}

static void by_program(const struct conf_duty *conf, const char *program, const json_t *data,
		       const json_t *message, struct channel_result *out)
{
	json_t *input = deliver_input(data, message);
	_cleanup_free_ char *text = json_whole(input, JSON_COMPACT);

	json_decref(input);
	if (!text)
		channel_failed(out, false, "%s", strerror(ENOMEM));
	else
		channel_program(program, word(message, "id"), text, strlen(text), conf->program_s,
				out);
}

static void by_mail(const struct conf_duty *conf, const struct page *p, const json_t *message,
		    struct channel_result *out)
{
	struct mail_message m = {.id = p->id,
				 .first = word(message, "first"),
				 .alarm = p->alarm,
				 .from = conf->mail.from,
				 .to = p->to,
				 .text = p->text,
				 .at_us = p->at_us,
				 .drill = is_true(message, "drill"),
				 .repeat = is_true(message, "repeat")};

	channel_mail(&conf->mail, &m, conf->program_s, out);
}

static void deliver_page(const struct conf_duty *conf, const json_t *body, const json_t *message,
			 struct channel_result *out)
{
	struct page p = {.id = ""};

	if (page_from_json(body, &p) < 0)
		channel_failed(out, false, "this is no page");
	else if (p.channel == CHANNEL_MAIL)
		by_mail(conf, &p, message, out);
	else
		by_program(conf, p.to, p.json, message, out);
	page_deinit(&p);
}

/* A page of print under a line of its own. */
static void report_by_mail(const struct conf_duty *conf, const json_t *body, const json_t *message,
			   struct channel_result *out)
{
	struct mail_message m = {.id = word(message, "id"),
				 .first = "",
				 .alarm = "",
				 .from = conf->mail.from,
				 .to = word(body, "to"),
				 .subject = word(body, "subject"),
				 .text = word(body, "text"),
				 .drill = is_true(message, "drill"),
				 .repeat = is_true(message, "repeat")};

	if (time_parse(word(body, "at"), &m.at_us) < 0)
		channel_failed(out, false, "this is no report");
	else
		channel_mail(&conf->mail, &m, conf->program_s, out);
}

void deliver(const struct conf_duty *conf, const json_t *message, struct channel_result *out)
{
	const json_t *body = json_object_get(message, "body");
	const char *kind = word(message, "kind");
	bool report = strcmp(kind, "report") == 0;

	if (report && strcmp(word(body, "channel"), "mail") == 0)
		report_by_mail(conf, body, message, out);
	else if (!report && strcmp(kind, "notice") != 0)
		deliver_page(conf, body, message, out);
	else if (!*conf->notice_program)
		channel_failed(out, false, "duty.notice_program is not said");
	else
		by_program(conf, conf->notice_program, body, message, out);
}
