/* SPDX-License-Identifier: ISC */
/* The rows of `duty`, `maintenance` and `heightened`: who is woken, by what, and when not. */
#include "conf/conf.h"
#include "conf/schema_rows.h"

/* clang-format off: a row stays a row. */

#define NAMES(of, f, n_field, t, most)                                                       \
	{                                                                                    \
		.item = {.name = "", .type = TYPE_NAME, .size = sizeof(conf_name), .tag = (t)}, \
		.max = (most), .count = offsetof(struct of, n_field)                         \
	}

const char *const contract_words[] = {"standard", "critical", "basic", NULL};
static const char *const day_words[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun",
					"weekdays", "weekend", NULL};
static const char *const language_words[] = {"en", "ja", NULL};
static const char *const tls_words[] = {"never", "offered", "always", NULL};

static const struct conf_key person_keys[] = {
	{.name = "name", .type = TYPE_NAME, .flags = KEY_REQUIRED, FIELD(conf_person, name),
	 .tag = TAG_PERSON, .help = "how shifts and acknowledgements call this person"},
	{.name = "language", .type = TYPE_CHOICE, FIELD(conf_person, language),
	 .words = language_words, .help = "of what is written to them"},
	{.name = "zone", .type = TYPE_TEXT, FIELD(conf_person, zone), .tag = TAG_PERSON_ZONE,
	 .help = "time zone of what is written to them, such as Asia/Tokyo"},
	{.name = "mail", .type = TYPE_MAIL, FIELD(conf_person, mail),
	 .help = "address that pages go to"},
	{.name = "program", .type = TYPE_TEXT, FIELD(conf_person, program),
	 .tag = TAG_PERSON_PROGRAM,
	 .help = "program that takes this person's pages, instead of the general one"},
	{.name = "phone", .type = TYPE_TEXT, FIELD(conf_person, phone),
	 .help = "number that is given to the program"},
};

static const struct conf_list shift_people =
	NAMES(conf_shift, people, n_people, TAG_SHIFT_PERSON, 16);
static const struct conf_list shift_days = {
	.item = {.name = "", .type = TYPE_WORD, .size = sizeof(uint32_t), .words = day_words},
	.max = 9,
	.count = offsetof(struct conf_shift, n_day_words),
};

static const struct conf_key shift_keys[] = {
	{.name = "people", .type = TYPE_LIST, .flags = KEY_REQUIRED, FIELD(conf_shift, people),
	 .list = &shift_people, .help = "who is on call, the first one first"},
	{.name = "days", .type = TYPE_LIST, FIELD(conf_shift, day_words), .list = &shift_days,
	 .help = "days on which it begins; every day when not said"},
	{.name = "from", .type = TYPE_HOUR, FIELD(conf_shift, from_min), .max = 1439,
	 .dflt = "00:00", .help = "when it begins"},
	{.name = "until", .type = TYPE_HOUR, FIELD(conf_shift, until_min), .max = 1440,
	 .dflt = "24:00",
	 .help = "when it ends; not later than `from`: on the next day"},
	{.name = "zone", .type = TYPE_TEXT, FIELD(conf_shift, zone), .tag = TAG_SHIFT_ZONE,
	 .help = "time zone of these hours"},
	{.name = "since", .type = TYPE_TIME, FIELD(conf_shift, from_us),
	 .help = "counts only from this moment on"},
	{.name = "to", .type = TYPE_TIME, FIELD(conf_shift, until_us), .tag = TAG_SHIFT_TO,
	 .help = "counts only up to this moment"},
};

static const struct conf_key mail_keys[] = {
	{.name = "server", .type = TYPE_NAME, FIELD(conf_mail_out, server), .tag = TAG_MAIL_SERVER,
	 .help = "smtp://HOST:PORT or smtps://HOST:PORT"},
	{.name = "from", .type = TYPE_MAIL, FIELD(conf_mail_out, from), .help = "sender's address"},
	{.name = "user", .type = TYPE_TEXT, FIELD(conf_mail_out, user), .help = "account there"},
	{.name = "password_file", .type = TYPE_TEXT, FIELD(conf_mail_out, password_file),
	 .help = "file that holds its password, readable by nobody else"},
	{.name = "tls", .type = TYPE_WORD, FIELD(conf_mail_out, tls), .words = tls_words,
	 .dflt = "offered", .help = "encryption on the way to the server"},
};

static const struct conf_key sight_keys[] = {
	{.name = "silent", .type = TYPE_DURATION, FIELD(conf_sight, silent_s), .min = 5,
	 .max = 86400, .dflt = "30s", .help = "an exporter that told nothing for so long"},
	{.name = "loss", .type = TYPE_PERCENT, FIELD(conf_sight, loss_percent), .min = 1,
	 .max = 100, .dflt = "1", .help = "share of an exporter's datagrams that got lost"},
	{.name = "template", .type = TYPE_DURATION, FIELD(conf_sight, template_s), .min = 5,
	 .max = 86400, .dflt = "5m", .help = "data that wait for their template so long"},
	{.name = "clock", .type = TYPE_DURATION, FIELD(conf_sight, clock_s), .min = 1,
	 .max = 86400, .dflt = "5s", .help = "a clock that is off by more"},
	{.name = "late", .type = TYPE_DURATION, FIELD(conf_sight, late_s), .min = 2, .max = 3600,
	 .dflt = "15s", .help = "detection or storing that is so far behind"},
};

static const struct conf_key heartbeat_keys[] = {
	{.name = "file", .type = TYPE_TEXT, FIELD(conf_heartbeat, file),
	 .help = "file that is rewritten at each beat"},
	{.name = "prometheus", .type = TYPE_TEXT, FIELD(conf_heartbeat, prometheus),
	 .help = "text file for a node exporter"},
	{.name = "listen", .type = TYPE_TEXT, FIELD(conf_heartbeat, listen),
	 .tag = TAG_HEARTBEAT_LISTEN,
	 .help = "loopback address and port that answer /metrics and /health"},
};

static const struct conf_map person_map = {MAP("a person", person_keys)};
static const struct conf_map shift_map = {MAP("a shift", shift_keys)};
static const struct conf_map mail_map = {MAP("mail", mail_keys)};
static const struct conf_map sight_map = {MAP("sight", sight_keys)};
static const struct conf_map heartbeat_map = {MAP("heartbeat", heartbeat_keys)};

static const struct conf_list people = MAPS(conf_duty, n_people, conf_person, person_map, 1024);
static const struct conf_list shifts = MAPS(conf_duty, n_shifts, conf_shift, shift_map, 1024);
static const struct conf_list escalation =
	NAMES(conf_duty, escalation, n_escalation, TAG_ESCALATION, 16);

static const struct conf_key duty_keys[] = {
	{.name = "zone", .type = TYPE_TEXT, FIELD(conf_duty, zone), .tag = TAG_DUTY_ZONE,
	 .help = "time zone of shifts and of what is written, such as Asia/Tokyo"},
	{.name = "people", .type = TYPE_LIST, FIELD(conf_duty, people), .list = &people,
	 .help = "who can be paged"},
	{.name = "shifts", .type = TYPE_LIST, FIELD(conf_duty, shifts), .list = &shifts,
	 .help = "who is on call when; the first that holds a moment counts"},
	{.name = "escalation", .type = TYPE_LIST, FIELD(conf_duty, escalation),
	 .list = &escalation, .help = "who is paged when the shift keeps silent"},
	{.name = "acknowledge", .type = TYPE_DURATION, FIELD(conf_duty, ack_within_s), .min = 30,
	 .max = 86400, .dflt = "10m", .help = "silence after which the next one is paged"},
	{.name = "page_from", .type = TYPE_COUNT, FIELD(conf_duty, page_from), .min = 1, .max = 4,
	 .dflt = "2", .help = "severity up to which somebody is paged; 1 is the worst"},
	{.name = "burst", .type = TYPE_DURATION, FIELD(conf_duty, burst_s), .min = 1, .max = 3600,
	 .dflt = "10s", .help = "a single burst shorter than this pages nobody"},
	{.name = "fold", .type = TYPE_DURATION, FIELD(conf_duty, fold_s), .min = 60, .max = 86400,
	 .dflt = "15m", .help = "bursts with shorter pauses between them are one incident"},
	{.name = "storm", .type = TYPE_COUNT, FIELD(conf_duty, storm_pages), .min = 2, .max = 1000,
	 .dflt = "5", .help = "more pages than this within `storm_time` become one"},
	{.name = "storm_time", .type = TYPE_DURATION, FIELD(conf_duty, storm_s), .min = 10,
	 .max = 3600, .dflt = "60s", .help = "see `storm`"},
	{.name = "program", .type = TYPE_TEXT, FIELD(conf_duty, program), .tag = TAG_DUTY_PROGRAM,
	 .help = "program that is given each page as JSON on its standard input"},
	{.name = "program_time", .type = TYPE_DURATION, FIELD(conf_duty, program_s), .min = 1,
	 .max = 600, .dflt = "30s", .help = "how long a program may take"},
	{.name = "notice_program", .type = TYPE_TEXT, FIELD(conf_duty, notice_program),
	 .tag = TAG_NOTICE_PROGRAM,
	 .help = "program that is given notices to customers as JSON"},
	{.name = "contact", .type = TYPE_TEXT, FIELD(conf_duty, contact),
	 .help = "whom customers call, as notices say it: NOC, +81-3-5550-0199"},
	{.name = "spool", .type = TYPE_TEXT, FIELD(conf_duty, spool),
	 .help = "directory of pages on their way; spool in the store when not said"},
	{.name = "mail", .type = TYPE_MAP, FIELD(conf_duty, mail), .map = &mail_map,
	 .help = "how pages go out by mail"},
	{.name = "sight", .type = TYPE_MAP, FIELD(conf_duty, sight), .map = &sight_map,
	 .help = "from when on the program calls itself blind"},
	{.name = "heartbeat", .type = TYPE_MAP, FIELD(conf_duty, heartbeat), .map = &heartbeat_map,
	 .help = "signs of life for an outside monitor"},
};

const struct conf_map duty_map = {MAP("duty", duty_keys)};

static const struct conf_list maintenance_objects =
	NAMES(conf_maintenance, objects, n_objects, TAG_MAINTENANCE_OBJECT, 4096);
static const struct conf_list maintenance_exporters =
	NAMES(conf_maintenance, exporters, n_exporters, TAG_MAINTENANCE_EXPORTER, 4096);
static const struct conf_list maintenance_links =
	NAMES(conf_maintenance, links, n_links, TAG_MAINTENANCE_LINK, 4096);

static const struct conf_key maintenance_keys[] = {
	{.name = "note", .type = TYPE_TEXT, FIELD(conf_maintenance, note),
	 .help = "what is done"},
	{.name = "from", .type = TYPE_TIME, .flags = KEY_REQUIRED, FIELD(conf_maintenance, from_us),
	 .help = "begin of the work"},
	{.name = "until", .type = TYPE_TIME, .flags = KEY_REQUIRED,
	 FIELD(conf_maintenance, until_us), .tag = TAG_MAINTENANCE_UNTIL,
	 .help = "end of the work"},
	{.name = "objects", .type = TYPE_LIST, FIELD(conf_maintenance, objects),
	 .list = &maintenance_objects, .help = "protected objects it touches"},
	{.name = "exporters", .type = TYPE_LIST, FIELD(conf_maintenance, exporters),
	 .list = &maintenance_exporters, .help = "exporters it touches"},
	{.name = "links", .type = TYPE_LIST, FIELD(conf_maintenance, links),
	 .list = &maintenance_links, .help = "links it touches"},
};

static const struct conf_map maintenance_map = {MAP("a maintenance window", maintenance_keys)};
const struct conf_list duty_maintenance =
	MAPS(conf, n_maintenance, conf_maintenance, maintenance_map, 4096);

static const struct conf_list heightened_objects =
	NAMES(conf_heightened, objects, n_objects, TAG_HEIGHTENED_OBJECT, 4096);
static const struct conf_list heightened_services =
	NAMES(conf_heightened, services, n_services, TAG_HEIGHTENED_SERVICE, 4096);
static const struct conf_list heightened_people =
	NAMES(conf_heightened, people, n_people, TAG_HEIGHTENED_PERSON, 16);

static const struct conf_key heightened_keys[] = {
	{.name = "name", .type = TYPE_NAME, .flags = KEY_REQUIRED, FIELD(conf_heightened, name),
	 .tag = TAG_HEIGHTENED, .help = "what this watch is called"},
	{.name = "event", .type = TYPE_TEXT, FIELD(conf_heightened, event),
	 .help = "id of an event in a calendar, whose days count"},
	{.name = "from", .type = TYPE_TIME, FIELD(conf_heightened, from_us),
	 .help = "its begin, where there is no event"},
	{.name = "until", .type = TYPE_TIME, FIELD(conf_heightened, until_us),
	 .tag = TAG_HEIGHTENED_UNTIL, .help = "its end, where there is no event"},
	{.name = "ahead", .type = TYPE_DURATION, FIELD(conf_heightened, ahead_s), .min = 1,
	 .max = YEAR_S, .help = "begins so long before; the event's own when not said"},
	{.name = "objects", .type = TYPE_LIST, FIELD(conf_heightened, objects),
	 .list = &heightened_objects, .help = "protected objects that are looked at"},
	{.name = "services", .type = TYPE_LIST, FIELD(conf_heightened, services),
	 .list = &heightened_services, .help = "services that are looked at"},
	{.name = "page_from", .type = TYPE_COUNT, FIELD(conf_heightened, page_from), .min = 1,
	 .max = 4, .dflt = "3", .help = "severity up to which somebody is paged meanwhile"},
	{.name = "people", .type = TYPE_LIST, FIELD(conf_heightened, people),
	 .list = &heightened_people, .help = "who is on call meanwhile, instead of the shifts"},
};

static const struct conf_map heightened_map = {MAP("a heightened watch", heightened_keys)};
const struct conf_list duty_heightened =
	MAPS(conf, n_heightened, conf_heightened, heightened_map, 1024);
