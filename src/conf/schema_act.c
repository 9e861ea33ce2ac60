/* SPDX-License-Identifier: ISC */
/*
 * The rows of `act`: where something can be done, who may decide it, what was agreed beforehand,
 * and what no measure may ever touch.
 */
#include "conf/conf.h"
#include "conf/schema_rows.h"

/* clang-format off: a row stays a row. */

#define NAMES(of, f, n_field, t, most)                                                       \
	{                                                                                    \
		.item = {.name = "", .type = TYPE_NAME, .size = sizeof(conf_name), .tag = (t)}, \
		.max = (most), .count = offsetof(struct of, n_field)                         \
	}
#define KINDS(of, n_field, t)                                                                \
	{                                                                                    \
		.item = {.name = "", .type = TYPE_CHOICE, .size = sizeof(conf_name),         \
			 .words = act_kind_words, .tag = (t)},                               \
		.max = 16, .count = offsetof(struct of, n_field)                             \
	}

/* In the order of the enums of conf_act.h. "null" is no word of YAML, hence "none". */
static const char *const router_words[] = {"none", "dry_run", "exabgp", "nftables", NULL};
static const char *const point_words[] = {"host", "customer_edge", "own_border", "foreign_border",
					  "peering", "transit", "scrubber", NULL};
const char *const act_kind_words[] = {"rtbh", "flowspec", "nftables", "community", "diversion",
				      NULL};
static const char *const never_words[] = {"loopback", "exchange", "resolver", "ntp", "voice",
					  "emergency", "bank", "management", "other", NULL};
static const char *const event_words[] = {"planned", "approved", "applied", "verified", "expired",
					  "withdrawn", "gone", "refused", "lapsed", "failed",
					  "renewed", "frozen", "thawed", NULL};
static const char *const yes_words[] = {"no", "yes", NULL};

static const struct conf_list neighbor_takes = {
	.item = {.name = "", .type = TYPE_WORD, .size = sizeof(uint32_t), .words = act_kind_words,
		 .tag = TAG_NEIGHBOR_TAKES},
	.max = 16,
	.count = offsetof(struct conf_neighbor, n_take_words),
};
static const struct conf_list neighbor_links =
	NAMES(conf_neighbor, links, n_links, TAG_NEIGHBOR_LINK, 4096);

static const struct conf_key neighbor_keys[] = {
	{.name = "name", .type = TYPE_NAME, .flags = KEY_REQUIRED, FIELD(conf_neighbor, name),
	 .tag = TAG_NEIGHBOR, .help = "how measures and commands call it"},
	{.name = "kind", .type = TYPE_WORD, .flags = KEY_REQUIRED, FIELD(conf_neighbor, kind),
	 .words = router_words, .help = "how it is spoken to"},
	{.name = "point", .type = TYPE_WORD, .flags = KEY_REQUIRED, FIELD(conf_neighbor, point),
	 .words = point_words, .help = "where on the way to the target it stands"},
	{.name = "takes", .type = TYPE_LIST, FIELD(conf_neighbor, take_words),
	 .list = &neighbor_takes, .help = "kinds of measures that it carries out"},
	{.name = "address", .type = TYPE_IP, FIELD(conf_neighbor, address),
	 .tag = TAG_NEIGHBOR_ADDRESS, .help = "its end of the BGP session"},
	{.name = "local_address", .type = TYPE_IP, FIELD(conf_neighbor, local_address),
	 .help = "ExaBGP's end of it"},
	{.name = "local_as", .type = TYPE_COUNT, FIELD(conf_neighbor, local_as), .min = 1,
	 .max = UINT32_MAX, .help = "AS number of ExaBGP's end"},
	{.name = "peer_as", .type = TYPE_COUNT, FIELD(conf_neighbor, peer_as), .min = 1,
	 .max = UINT32_MAX, .help = "AS number of the neighbour"},
	{.name = "router_id", .type = TYPE_TEXT, FIELD(conf_neighbor, router_id),
	 .tag = TAG_NEIGHBOR_ID, .help = "BGP identifier of ExaBGP's end, as an IPv4 address"},
	{.name = "next_hop", .type = TYPE_IP, FIELD(conf_neighbor, next_hop),
	 .tag = TAG_NEIGHBOR_HOP, .help = "of IPv4 routes; ExaBGP's own address when not said"},
	{.name = "next_hop6", .type = TYPE_IP, FIELD(conf_neighbor, next_hop6),
	 .tag = TAG_NEIGHBOR_HOP6, .help = "of IPv6 routes; ExaBGP's own address when not said"},
	{.name = "links", .type = TYPE_LIST, FIELD(conf_neighbor, links), .list = &neighbor_links,
	 .help = "links that come in behind this point; all when not said"},
	{.name = "community", .type = TYPE_TEXT, FIELD(conf_neighbor, community),
	 .tag = TAG_NEIGHBOR_COMMUNITY,
	 .help = "community of its blackhole; 65535:666 when not said"},
	{.name = "redirect", .type = TYPE_TEXT, FIELD(conf_neighbor, redirect),
	 .tag = TAG_NEIGHBOR_REDIRECT, .help = "route target of the scrubber, AS:NUMBER"},
	{.name = "max_rules", .type = TYPE_COUNT, FIELD(conf_neighbor, max_rules), .min = 1,
	 .max = 100000, .dflt = "10", .help = "most rules of ours that it may hold"},
	{.name = "max_changes", .type = TYPE_COUNT, FIELD(conf_neighbor, max_changes), .min = 1,
	 .max = 100000, .dflt = "60", .help = "most changes that it is told in a minute"},
	{.name = "table", .type = TYPE_TEXT, FIELD(conf_neighbor, table), .tag = TAG_NEIGHBOR_TABLE,
	 .help = "table of nftables that is ours; noroshi when not said"},
	{.name = "capacity", .type = TYPE_BPS, FIELD(conf_neighbor, capacity_bps), .min = 1,
	 .max = BPS_MAX, .help = "speed of the line behind it"},
	{.name = "inside", .type = TYPE_TEXT, FIELD(conf_neighbor, inside),
	 .tag = TAG_NEIGHBOR_INSIDE,
	 .help = "interface of this machine that leads to that line: its load is read there"},
};

static const struct conf_key approver_keys[] = {
	{.name = "name", .type = TYPE_NAME, .flags = KEY_REQUIRED, FIELD(conf_approver, name),
	 .tag = TAG_APPROVER, .help = "the person, as approvals are written down"},
	{.name = "user", .type = TYPE_NAME, FIELD(conf_approver, user), .tag = TAG_APPROVER_USER,
	 .help = "login name on this machine"},
	{.name = "key", .type = TYPE_NAME, FIELD(conf_approver, key), .tag = TAG_APPROVER_KEY,
	 .help = "file of an Ed25519 public key, base64"},
};

static const struct conf_list standing_approvers =
	NAMES(conf_standing, approvers, n_approvers, TAG_STANDING_APPROVER, 64);

static const struct conf_key standing_keys[] = {
	{.name = "name", .type = TYPE_NAME, .flags = KEY_REQUIRED, FIELD(conf_standing, name),
	 .tag = TAG_STANDING, .help = "what the order is called"},
	{.name = "object", .type = TYPE_NAME, .flags = KEY_REQUIRED, FIELD(conf_standing, object),
	 .tag = TAG_STANDING_OBJECT, .help = "protected object that it is for"},
	{.name = "kind", .type = TYPE_CHOICE, .flags = KEY_REQUIRED, FIELD(conf_standing, kind),
	 .words = act_kind_words, .tag = TAG_STANDING_KIND, .help = "kind of measure"},
	{.name = "basis", .type = TYPE_NAME, .flags = KEY_REQUIRED, FIELD(conf_standing, basis),
	 .help = "id of the legal basis"},
	{.name = "purpose", .type = TYPE_NAME, .flags = KEY_REQUIRED, FIELD(conf_standing, purpose),
	 .help = "what it is for"},
	{.name = "necessity", .type = TYPE_NAME, .flags = KEY_REQUIRED,
	 FIELD(conf_standing, necessity), .help = "why it is needed"},
	{.name = "weaker", .type = TYPE_NAME, .flags = KEY_REQUIRED, FIELD(conf_standing, weaker),
	 .help = "why nothing weaker would do"},
	{.name = "longest", .type = TYPE_DURATION, .flags = KEY_REQUIRED,
	 FIELD(conf_standing, longest_s), .min = 60, .max = 7 * 86400,
	 .help = "longest time that a measure may stand by it"},
	{.name = "per_day", .type = TYPE_COUNT, .flags = KEY_REQUIRED,
	 FIELD(conf_standing, per_day), .min = 1, .max = 1000,
	 .help = "most automatic starts in 24 hours"},
	{.name = "approvers", .type = TYPE_LIST, FIELD(conf_standing, approvers),
	 .list = &standing_approvers, .help = "who approved the order"},
	{.name = "review", .type = TYPE_DATE, .flags = KEY_REQUIRED,
	 FIELD(conf_standing, review_us), .tag = TAG_STANDING_REVIEW,
	 .help = "day on which it lapses unless it was looked at again"},
	{.name = "probe_lift", .type = TYPE_WORD, FIELD(conf_standing, probe_lift),
	 .words = yes_words, .dflt = "no", .tag = TAG_STANDING_PROBE,
	 .help = "may it be lifted for a moment to see"},
	{.name = "probe_every", .type = TYPE_DURATION, FIELD(conf_standing, probe_every_s),
	 .min = 300, .max = 86400, .dflt = "15m", .help = "shortest time between two such looks"},
};

static const struct conf_list never_prefixes =
	PREFIXES(conf_never, n_prefixes, TAG_ACT_NEVER, 65536);

static const struct conf_key never_keys[] = {
	{.name = "kind", .type = TYPE_CHOICE, .flags = KEY_REQUIRED, FIELD(conf_never, kind),
	 .words = never_words, .help = "what these addresses are"},
	{.name = "prefixes", .type = TYPE_LIST, .flags = KEY_REQUIRED, FIELD(conf_never, prefixes),
	 .list = &never_prefixes, .help = "addresses that no measure ever names"},
};

static const struct conf_key hook_keys[] = {
	{.name = "event", .type = TYPE_CHOICE, FIELD(conf_hook, event), .words = event_words,
	 .help = "what must have happened; everything when not said"},
	{.name = "program", .type = TYPE_NAME, .flags = KEY_REQUIRED, FIELD(conf_hook, program),
	 .tag = TAG_HOOK, .help = "program that is given it as JSON on its standard input"},
	{.name = "fastnetmon", .type = TYPE_WORD, FIELD(conf_hook, fastnetmon), .words = yes_words,
	 .dflt = "no", .help = "with the arguments of FastNetMon's notify script"},
};

static const struct conf_key override_keys[] = {
	{.name = "by", .type = TYPE_TEXT, FIELD(conf_act, override.by), .tag = TAG_OVERRIDE,
	 .help = "who answers for it"},
	{.name = "date", .type = TYPE_DATE, FIELD(conf_act, override.dated_us), .tag = TAG_OVERRIDE,
	 .help = "when that was decided"},
	{.name = "note", .type = TYPE_TEXT, FIELD(conf_act, override.note), .tag = TAG_OVERRIDE,
	 .help = "why it may be done before counsel has reviewed the law"},
};

static const struct conf_key head_keys[] = {
	{.name = "file", .type = TYPE_TEXT, FIELD(conf_act, head_file), .tag = TAG_HEAD_FILE,
	 .help = "file that the head of the audit log is appended to each hour"},
	{.name = "syslog", .type = TYPE_WORD, FIELD(conf_act, head_syslog), .words = yes_words,
	 .dflt = "no", .help = "does it go to syslog"},
	{.name = "mail", .type = TYPE_MAIL, FIELD(conf_act, head_mail), .tag = TAG_HEAD_MAIL,
	 .help = "address that it is mailed to"},
};

static const struct conf_map neighbor_map = {MAP("a neighbour", neighbor_keys)};
static const struct conf_map approver_map = {MAP("an approver", approver_keys)};
static const struct conf_map standing_map = {MAP("a standing order", standing_keys)};
static const struct conf_map never_map = {MAP("a kind of addresses", never_keys)};
static const struct conf_map hook_map = {MAP("a hook", hook_keys)};
static const struct conf_map override_map = {MAP("an override", override_keys)};
static const struct conf_map head_map = {MAP("head", head_keys)};

static const struct conf_list neighbors =
	MAPS(conf_act, n_neighbors, conf_neighbor, neighbor_map, 1024);
static const struct conf_list approvers =
	MAPS(conf_act, n_approvers, conf_approver, approver_map, 256);
static const struct conf_list standings =
	MAPS(conf_act, n_standing, conf_standing, standing_map, 1024);
static const struct conf_list nevers = MAPS(conf_act, n_never, conf_never, never_map, 64);
static const struct conf_list hooks = MAPS(conf_act, n_hooks, conf_hook, hook_map, 64);
static const struct conf_list two_persons = KINDS(conf_act, n_two_persons, TAG_TWO_PERSONS);
static const struct conf_list break_glass = KINDS(conf_act, n_break_glass, TAG_BREAK_GLASS);

static const struct conf_key act_keys[] = {
	{.name = "legal", .type = TYPE_TEXT, FIELD(conf_act, legal), .tag = TAG_LEGAL,
	 .help = "directory of the law files; the shipped ones when not said"},
	{.name = "country", .type = TYPE_COUNTRY, .flags = KEY_REGION, FIELD(conf_act, country),
	 .help = "whose law counts; the first of `country` when not said"},
	{.name = "override", .type = TYPE_MAP, .map = &override_map,
	 .help = "who lets measures start on a law that nobody has reviewed"},
	{.name = "neighbors", .type = TYPE_LIST, FIELD(conf_act, neighbors), .list = &neighbors,
	 .help = "routers and boxes where something can be done"},
	{.name = "approvers", .type = TYPE_LIST, FIELD(conf_act, approvers), .list = &approvers,
	 .help = "who may approve a measure"},
	{.name = "two_persons", .type = TYPE_LIST, FIELD(conf_act, two_persons),
	 .list = &two_persons, .help = "kinds of measures that two must approve"},
	{.name = "break_glass", .type = TYPE_LIST, FIELD(conf_act, break_glass),
	 .list = &break_glass, .help = "kinds that one may start for 60 minutes"},
	{.name = "standing", .type = TYPE_LIST, FIELD(conf_act, standing), .list = &standings,
	 .help = "orders by which a measure starts by itself"},
	{.name = "never", .type = TYPE_LIST, FIELD(conf_act, never), .list = &nevers,
	 .help = "what no measure ever touches, by what it is"},
	{.name = "hooks", .type = TYPE_LIST, FIELD(conf_act, hooks), .list = &hooks,
	 .help = "programs that are told what happened"},
	{.name = "shortest4", .type = TYPE_COUNT, FIELD(conf_act, shortest4), .min = 8, .max = 32,
	 .dflt = "24", .help = "shortest IPv4 prefix that a measure may be for"},
	{.name = "shortest6", .type = TYPE_COUNT, FIELD(conf_act, shortest6), .min = 16, .max = 128,
	 .dflt = "48", .help = "shortest IPv6 prefix that a measure may be for"},
	{.name = "approve", .type = TYPE_DURATION, FIELD(conf_act, approve_s), .min = 10,
	 .max = 86400, .dflt = "15m", .help = "a plan that nobody approved so long lapses"},
	{.name = "lift_after", .type = TYPE_DURATION, FIELD(conf_act, lift_after_s), .min = 10,
	 .max = 86400, .dflt = "10m",
	 .help = "an attack that is quiet so long has lifting the measure proposed"},
	{.name = "socket", .type = TYPE_TEXT, FIELD(conf_act, socket), .tag = TAG_ACT_SOCKET,
	 .help = "socket of approvals; act.sock in the store when not said"},
	{.name = "exabgp", .type = TYPE_TEXT, FIELD(conf_act, exabgp), .tag = TAG_ACT_EXABGP,
	 .help = "socket of ExaBGP's relay; exabgp.sock in the store when not said"},
	{.name = "head", .type = TYPE_MAP, .map = &head_map,
	 .help = "where the head of the audit log goes each hour"},
	{.name = "prometheus", .type = TYPE_TEXT, FIELD(conf_act, prometheus),
	 .tag = TAG_ACT_PROMETHEUS, .help = "text file for a node exporter"},
};

const struct conf_map act_map = {MAP("act", act_keys)};
