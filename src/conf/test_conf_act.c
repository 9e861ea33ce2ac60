/* SPDX-License-Identifier: ISC */
/*
 * Proves what the part of a configuration means that is about acting: its defaults, what neighbours
 * take, when a standing order holds, that it prints and reads back; and that each of its mistakes
 * is named with its line and column.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/clock.h"
#include "conf/test_conf_kit.h"

/* Eleven lines. */
#define WORLD                                                                                      \
	"own: [192.0.2.0/24]\n"                                                                    \
	"protected: [{name: shop, prefixes: 192.0.2.1}]\n"                                         \
	"links: [{name: exchange}, {name: transit}]\n"                                             \
	"act:\n"                                                                                   \
	"  approvers:\n"                                                                           \
	"    - {name: sato, user: root}\n"                                                         \
	"    - {name: kask, key: /etc/passwd}\n"
#define SESSION "address: 192.0.2.250, local_address: 192.0.2.251, local_as: 64500, peer_as: 64502"
#define BORDER                                                                                     \
	"  neighbors: [{name: edge, kind: exabgp, point: own_border, takes: rtbh, " SESSION "}]\n"
#define TEXTS "purpose: a b c, necessity: d e f, weaker: g h i"
#define ORDER                                                                                      \
	"object: shop, kind: rtbh, basis: consent, " TEXTS ", longest: 30m, per_day: 2, "          \
	"approvers: [sato, kask]"

static const struct row rows[] = {
	/* Words */
	{"act:\n  neighbors: [{name: a, kind: exabpg, point: own_border}]\n",
	 "f:2:31: kind: \"exabpg\" is not one of none, dry_run, exabgp, nftables; did you mean "
	 "\"exabgp\"?\n"},
	{"act:\n  neighbors: [{name: a, kind: dry_run, point: own_boarder}]\n",
	 "f:2:47: point: \"own_boarder\" is not one of host, customer_edge, own_border, "
	 "foreign_border, peering, transit, scrubber; did you mean \"own_border\"?\n"},
	{"act:\n  neighbors: [{name: a, kind: none, point: host, takes: [rtbh, flowspek]}]\n",
	 "f:2:64: takes: \"flowspek\" is not one of rtbh, flowspec, nftables, community, "
	 "diversion; did you mean \"flowspec\"?\n"},
	{"act:\n  neighbors: [{kind: none}]\n", "f:2:15: a neighbour needs the key \"name\"\n"
						"f:2:15: a neighbour needs the key \"point\"\n"},
	{"act:\n  never: [{kind: resolvr, prefixes: 192.0.2.53}]\n",
	 "f:2:18: kind: \"resolvr\" is not one of loopback, exchange, resolver, ntp, voice, "
	 "emergency, bank, management, other; did you mean \"resolver\"?\n"},
	{"act:\n  neighbours: []\n",
	 "f:2:3: unknown key \"neighbours\" in act; did you mean \"neighbors\"?\n"},
	{"act:\n  two_persons: [blackhole]\n",
	 "f:2:17: two_persons: \"blackhole\" is not one of rtbh, flowspec, nftables, community, "
	 "diversion\n"},
	{"act:\n  hooks: [{event: aplied, program: /bin/sh}]\n",
	 "f:2:19: event: \"aplied\" is not one of planned, approved, applied, verified, expired, "
	 "withdrawn, gone, refused, lapsed, failed, renewed, frozen, thawed; did you mean "
	 "\"applied\"?\n"},
	{"act: {country: XX}\n",
	 "f:1:16: country: \"XX\" is not an ISO 3166 alpha-2 code such as JP\n"},
	{"country: EU\n", "f:1:10: country: \"EU\" is not an ISO 3166 alpha-2 code such as JP\n"},
	{"act: {country: eu}\n", "", true},
	{"act: {country: ZZ}\n", "", true},
	{"act: {shortest4: 7, shortest6: 129, approve: 2d}\n",
	 "f:1:18: shortest4: must be at least 8\nf:1:32: shortest6: must be at most 128\n"
	 "f:1:46: approve: must be at most 1d\n"},
	/* Sessions */
	{"act:\n  neighbors:\n    - {name: a, kind: exabgp, point: own_border, takes: flowspec}\n",
	 "f:3:14: the neighbour \"a\" needs the key \"address\"\n"
	 "f:3:14: the neighbour \"a\" needs the key \"local_address\"\n"
	 "f:3:14: the neighbour \"a\" needs the key \"local_as\"\n"
	 "f:3:14: the neighbour \"a\" needs the key \"peer_as\"\n"},
	{"act:\n  neighbors: [{name: a, kind: exabgp, point: transit, " SESSION "}]\n",
	 "f:2:22: the neighbour \"a\" needs the key \"takes\"\n"},
	{"act:\n  neighbors: [{name: a, kind: exabgp, point: scrubber, takes: [diversion, "
	 "flowspec], " SESSION "}]\n",
	 "f:2:22: the neighbour \"a\" needs the key \"redirect\"\n"},
	{"act:\n  neighbors: [{name: a, kind: exabgp, point: host, takes: [flowspec, "
	 "nftables], " SESSION "}]\n",
	 "f:2:70: ExaBGP takes no nftables; a neighbour of the kind \"nftables\" does\n"},
	{"act:\n  neighbors: [{name: a, kind: nftables, point: host, takes: [nftables, rtbh]}]\n",
	 "f:2:72: a neighbour of the kind \"nftables\" takes no rtbh\n"},
	{"act:\n  neighbors: [{name: a, kind: exabgp, point: own_border, takes: flowspec, address: "
	 "192.0.2.1, local_address: '2001:db8::1', local_as: 1, peer_as: 2}]\n",
	 "f:2:22: the neighbour \"a\": \"address\" and \"local_address\" are of two families\n"},
	{"act:\n  neighbors: [{name: a, kind: exabgp, point: own_border, takes: flowspec, address: "
	 "192.0.2.1, local_address: 192.0.2.1, local_as: 1, peer_as: 2}]\n",
	 "f:2:22: the neighbour \"a\": \"address\" and \"local_address\" are the same\n"},
	{"act:\n  neighbors: [{name: a, kind: exabgp, point: own_border, takes: flowspec, address: "
	 "'2001:db8::2', local_address: '2001:db8::1', local_as: 1, peer_as: 2}]\n",
	 "f:2:22: the neighbour \"a\" needs the key \"router_id\"\n"},
	{"act:\n  neighbors: [{name: a, kind: exabgp, point: own_border, takes: flowspec, address: "
	 "'2001:db8::2', local_address: '2001:db8::1', local_as: 1, peer_as: 2, router_id: "
	 "'::1'}]\n",
	 "f:2:165: the router_id \"::1\" is not written as an IPv4 address\n"},
	{"own: 2001:db8::/32\nact:\n  neighbors: [{name: a, kind: exabgp, point: own_border, "
	 "takes: rtbh, " SESSION "}]\n",
	 "f:3:22: warning: the neighbour \"a\" needs \"next_hop6\" before it can be told a route "
	 "of "
	 "IPv6 over its session of IPv4\n",
	 true},
	{"act:\n  neighbors: [{name: a, kind: exabgp, point: own_border, takes: rtbh, address: "
	 "192.0.2.1, local_address: 192.0.2.2, local_as: 64500, peer_as: 64500}]\n",
	 "f:2:22: warning: the neighbour \"a\" is in the same AS: without \"next_hop\" of a "
	 "discard "
	 "route the attack would flow to ExaBGP's own machine\n",
	 true},
	{"act:\n  neighbors: [{name: a, kind: none, point: host, next_hop: '2001:db8::1', "
	 "next_hop6: "
	 "192.0.2.1}]\n",
	 "f:2:60: next_hop must be an IPv4 address; the other is \"next_hop6\"\n"
	 "f:2:86: next_hop6 must be an IPv6 address; the other is \"next_hop\"\n"},
	{"act:\n  neighbors:\n    - {name: a, kind: none, point: host, community: 65536:1}\n"
	 "    - {name: b, kind: none, point: host, community: '1:2:3:4'}\n"
	 "    - {name: c, kind: none, point: host, community: '1::2'}\n"
	 "    - {name: d, kind: none, point: host, redirect: 64500}\n"
	 "    - {name: e, kind: none, point: host, table: 'a; drop'}\n",
	 "f:3:53: \"65536:1\" is not a community such as 65535:666 or 64500:1:666\n"
	 "f:4:53: \"1:2:3:4\" is not a community such as 65535:666 or 64500:1:666\n"
	 "f:5:53: \"1::2\" is not a community such as 65535:666 or 64500:1:666\n"
	 "f:6:52: \"64500\" is not a route target such as 64500:666\n"
	 "f:7:49: \"a; drop\" is no name of a table: letters, digits and \"_\"\n"},
	{"act:\n  neighbors:\n    - {name: a, kind: none, point: host, community: '65535:666'}\n"
	 "    - {name: b, kind: none, point: host, community: '4200000000:1:666', redirect: "
	 "'4200000000:666'}\n",
	 "", true},
	/* One mistake does not make another */
	{"act:\n  neighbors: [{name: a, kind: exabgp, point: own_border, takes: rtbh, address: "
	 "192.0.2.1, local_address: 192.0.2.2, local_as: x, peer_as: 2}]\n",
	 "f:2:127: local_as: \"x\" is not a whole number\n"},
	{"own: 2001:db8::/32\nact:\n  neighbors: [{name: a, kind: exabgp, point: own_border, "
	 "takes: "
	 "flowspec, " SESSION "}]\n",
	 "", true}, /* a rule has no next hop */
	{"act: {neighbors: [{name: a, kind: none, point: host, router_id: 0.0.0.0}]}\n",
	 "f:1:65: the router_id \"0.0.0.0\" is not written as an IPv4 address\n"},
	/* Names */
	{WORLD "  neighbors: [{name: a, kind: none, point: peering, links: [exchange, transot]}]\n",
	 "f:8:71: no link is named \"transot\"; did you mean \"transit\"?\n"},
	{WORLD
	 "  neighbors: [{name: a, kind: none, point: host}, {name: a, kind: none, point: host}]\n",
	 "f:8:58: the name of a neighbour \"a\" is given twice; first in line 8\n"},
	{WORLD "  neighbors: [{name: a, kind: exabgp, point: host, takes: rtbh, " SESSION "},\n"
	       "    {name: b, kind: exabgp, point: host, takes: flowspec, " SESSION "}]\n",
	 "f:9:68: a session with 192.0.2.250 is given twice; first in line 8\n"},
	{WORLD "  neighbors: [{name: a, kind: exabgp, point: host, takes: rtbh, " SESSION "},\n"
	       "    {name: b, kind: dry_run, point: host, " SESSION "}]\n",
	 "", true},
	{WORLD BORDER "  standing: [{name: s, object: shpo, kind: rtbh, basis: b, " TEXTS
		      ", longest: 1h, per_day: 1, approvers: [sato, kas], review: 2099-01-01}]\n",
	 "f:9:32: no protected object is named \"shpo\"; did you mean \"shop\"?\n"
	 "f:9:152: no approver is named \"kas\"; did you mean \"kask\"?\n"},
	/* Approvers */
	{"act:\n  approvers:\n    - {name: a}\n    - {name: a, user: root}\n    - {name: b, user: "
	 "root}\n",
	 "f:3:14: the approver \"a\" has neither a \"user\" nor a \"key\": nobody would be known "
	 "as "
	 "this person\n"
	 "f:4:14: the name of an approver \"a\" is given twice; first in line 3\n"
	 "f:5:23: the user of an approver \"root\" is given twice; first in line 4\n"},
	{"act:\n  approvers: [{name: a, user: no-such-user}]\n",
	 "f:2:31: warning: no user of this machine is named \"no-such-user\"\n", true},
	{"act:\n  approvers:\n    - {name: a, key: key.pub}\n    - {name: b, key: /etc}\n"
	 "    - {name: c, key: /nonexistent/k}\n    - {name: d, key: /nonexistent/k}\n"
	 "    - {name: e, key: /dev/shm/noroshi-test-conf-act.key}\n",
	 "f:3:22: the key file \"key.pub\" is no absolute path\n"
	 "f:4:22: warning: the key file \"/etc\" is no file\n"
	 "f:5:22: warning: the key file \"/nonexistent/k\": No such file or directory\n"
	 "f:6:22: \"c\" and \"d\" have the same key\n"
	 "f:6:22: warning: the key file \"/nonexistent/k\": No such file or directory\n"
	 "f:7:22: warning: others may write the key file \"/dev/shm/noroshi-test-conf-act.key\": "
	 "who can change it can approve as this person\n"},
	{"act:\n  two_persons: rtbh\n",
	 "f:2:16: two persons must approve, and there are no approvers: no such measure could ever "
	 "start\n"},
	{"act:\n  approvers: [{name: a, user: root}]\n  two_persons: [rtbh, rtbh]\n  break_glass: "
	 "[rtbh]\n",
	 "f:3:17: two persons must approve, and there is only one approver: no such measure could "
	 "ever start\n"
	 "f:3:23: warning: rtbh stands here twice\n"
	 "f:4:17: warning: nobody could countersign: there is only one approver, so what is "
	 "started so lapses\n"},
	{"act:\n  break_glass: [rtbh, flowspec]\n",
	 "f:2:17: warning: nobody could countersign: there are no approvers, so what is started so "
	 "lapses\n",
	 true},
	{WORLD "  two_persons: [rtbh, diversion]\n  break_glass: rtbh\n", "", true},
	/* Standing orders */
	{"act:\n  standing:\n    - {name: a}\n",
	 "f:3:7: a standing order needs the key \"object\"\n"
	 "f:3:7: a standing order needs the key \"kind\"\n"
	 "f:3:7: a standing order needs the key \"basis\"\n"
	 "f:3:7: a standing order needs the key \"purpose\"\n"
	 "f:3:7: a standing order needs the key \"necessity\"\n"
	 "f:3:7: a standing order needs the key \"weaker\"\n"
	 "f:3:7: a standing order needs the key \"longest\"\n"
	 "f:3:7: a standing order needs the key \"per_day\"\n"
	 "f:3:7: a standing order needs the key \"review\"\n"},
	{WORLD BORDER "  standing: [{name: s, object: shop, kind: rtbh, basis: b, " TEXTS
		      ", longest: 1h, per_day: 1, review: 2099-01-01}]\n",
	 "f:9:21: warning: the standing order \"s\" starts nothing: nobody approved it\n", true},
	{WORLD BORDER "  standing: [{name: s, review: 2026-01-01, " ORDER "}]\n",
	 "f:9:32: warning: the standing order \"s\" starts nothing: its day of review has come\n",
	 true},
	{WORLD BORDER
	 "  two_persons: rtbh\n  standing:\n    - {name: s, review: 2099-01-01, object: "
	 "shop, kind: rtbh, basis: b, " TEXTS
	 ", longest: 1h, per_day: 1, approvers: [sato, sato]}\n",
	 "f:11:14: warning: the standing order \"s\" starts nothing: its kind needs two persons, "
	 "and one approved it\n"
	 "f:11:165: warning: \"sato\" approves the standing order \"s\" twice\n",
	 true},
	{WORLD BORDER "  standing:\n    - {name: s, review: 2099-01-01, " ORDER
		      "}\n    - {name: t, "
		      "review: 2099-01-01, " ORDER "}\n",
	 "f:11:57: the standing orders \"s\" and \"t\" are of the same kind for the same object\n"},
	{WORLD "  standing:\n    - {name: s, review: 2099-01-01, " ORDER "}\n",
	 "f:9:57: warning: the standing order \"s\" starts nothing: no neighbour takes rtbh\n",
	 true},
	{WORLD BORDER "  standing:\n    - {name: s, review: 2099-01-01, " ORDER "}\n", "", true},
	{WORLD "  neighbors: [{name: d, kind: dry_run, point: host}]\n  standing:\n    - {name: s, "
	       "review: 2099-01-01, " ORDER "}\n    - {name: t, review: 2099-01-01, object: shop, "
	       "kind: flowspec, basis: b, " TEXTS ", longest: 1h, per_day: 1, approvers: sato}\n",
	 "", true},
	{"exporter: []\n" WORLD "  standing:\n    - {name: s, review: 2099-01-01, " ORDER "}\n",
	 "f:1:1: unknown key \"exporter\" in the configuration; did you mean \"exporters\"?\n"},
	/* Probes */
	{"act:\n  lift_after: 9s\n", "f:2:15: lift_after: must be at least 10s\n"},
	{WORLD BORDER "  standing:\n    - {name: s, review: 2099-01-01, probe_lift: yes, " ORDER
		      "}\n",
	 "f:10:49: warning: the standing order \"s\" probes nothing: that takes measures of the "
	 "kind "
	 "\"nftables\" on a neighbour with \"inside\" and \"capacity\"\n",
	 true},
	{WORLD "  neighbors: [{name: box, kind: nftables, point: host, inside: eth1, capacity: "
	       "1Gbps}]\n  standing:\n    - {name: s, review: 2099-01-01, object: shop, kind: "
	       "nftables, basis: b, " TEXTS
	       ", longest: 1h, per_day: 1, approvers: sato, probe_lift: yes, probe_every: 4m}\n",
	 "f:10:198: probe_every: must be at least 5m\n"},
	{"act:\n  neighbors:\n    - {name: a, kind: nftables, point: host, inside: eth1}\n"
	 "    - {name: b, kind: none, point: host, inside: eth1, capacity: 1Gbps}\n"
	 "    - {name: c, kind: nftables, point: host, inside: ../../proc, capacity: 1Gbps}\n"
	 "    - {name: d, kind: nftables, point: host, inside: a-name-that-is-long, capacity: "
	 "1Gbps}\n",
	 "f:3:54: warning: the neighbour \"a\" needs the key \"capacity\" too before anything can "
	 "be "
	 "probed there\n"
	 "f:4:50: \"inside\" is an interface of this machine: only a neighbour of the kind "
	 "\"nftables\" has one\n"
	 "f:5:54: \"../../proc\" is no name of an interface\n"
	 "f:6:54: \"a-name-that-is-long\" is no name of an interface\n"},
	/* Never */
	{"act:\n  never:\n    - {kind: resolver, prefixes: [192.0.2.53, 192.0.2.53]}\n"
	 "    - {kind: other, prefixes: [192.0.2.0/24, 0.0.0.0/0, '::/0']}\n",
	 "f:3:35: warning: 192.0.2.53 lies in another prefix of \"never\"\n"
	 "f:3:47: the never prefix 192.0.2.53 is given twice; first in line 3\n"
	 "f:3:47: warning: 192.0.2.53 lies in another prefix of \"never\"\n"
	 "f:4:32: warning: 192.0.2.0/24 lies in another prefix of \"never\"\n"
	 "f:4:46: 0.0.0.0/0 holds everything: no measure could be taken\n"
	 "f:4:57: ::/0 holds everything: no measure could be taken\n"},
	{"own: 192.0.2.0/24\nprotected:\n  - {name: a, prefixes: 192.0.2.5, measures: [{kind: "
	 "rtbh, consent: c, max: 1h}]}\nact: {never: [{kind: bank, prefixes: 192.0.2.0/29}]}\n",
	 "f:3:25: warning: 192.0.2.5 of object \"a\" lies in \"never\" of \"act\": its measures "
	 "cannot be taken\n",
	 true},
	{"own: 192.0.2.0/24\nprotected: [{name: a, prefixes: 192.0.2.5}]\nact: {never: [{kind: "
	 "bank, prefixes: 192.0.2.0/29}]}\n",
	 "", true},
	/* The law, paths */
	{"act: {override: {by: head of network}}\n",
	 "f:1:22: an override needs \"by\", \"date\" and \"note\": who answers for it, since when, "
	 "and why\n"},
	{"act: {override: {by: a, date: 2026-01-01}}\n",
	 "f:1:22: an override needs \"by\", \"date\" and \"note\": who answers for it, since when, "
	 "and why\n"},
	{"act: {override: {date: 2026-01-01, note: x}}\n",
	 "f:1:24: an override needs \"by\", \"date\" and \"note\": who answers for it, since when, "
	 "and why\n"},
	{"act: {override: {by: a, date: 2999-01-01, note: x}}\n",
	 "f:1:22: warning: the override is dated in the future\n", true},
	{"act: {override: {by: a, date: 2026-13-01, note: x}}\n",
	 "f:1:31: date: \"2026-13-01\" is not a date such as 2026-08-08\n"},
	{"act: {legal: /nonexistent/legal}\n",
	 "f:1:14: warning: the directory \"/nonexistent/legal\": No such file or directory\n",
	 true},
	{"act: {legal: /etc/passwd}\n", "f:1:14: warning: \"/etc/passwd\" is no directory\n", true},
	{"act: {legal: /tmp}\n",
	 "f:1:14: warning: everybody may write into \"/tmp\": a law that anybody can change is not "
	 "reviewed\n",
	 true},
	{"act: {socket: run/act.sock, exabgp: "
	 "/run/1234567890/1234567890/1234567890/1234567890/1234567890/1234567890/1234567890/"
	 "1234567890/1234567890/12345}\n",
	 "f:1:15: the socket \"run/act.sock\" is no absolute path\n"
	 "f:1:37: the socket's path is longer than 107 bytes\n"},
	{"act: {socket: /run/a, exabgp: /run/a}\n",
	 "f:1:31: \"socket\" and \"exabgp\" are the same file\n"},
	{"act: {head: {file: head.txt}}\n", "f:1:20: the file \"head.txt\" is no absolute path\n"},
	{"act: {head: {mail: a@example.net}}\n",
	 "f:1:20: warning: the audit's head cannot be mailed: \"duty\" has no mail server\n", true},
	{"duty: {heartbeat: {prometheus: /run/n.prom}}\nact: {prometheus: /run/n.prom}\n",
	 "f:2:19: \"heartbeat\" of \"duty\" writes the same file; each needs its own\n"},
	{"act: {hooks: [{program: hook}]}\n", "f:1:25: the program \"hook\" is no absolute path\n"},
	{"act: {hooks: [{program: /nonexistent/hook, fastnetmon: yes}]}\n",
	 "f:1:25: warning: the program \"/nonexistent/hook\": No such file or directory\n", true},
};

#define SHARED_KEY "/dev/shm/noroshi-test-conf-act.key"

static void test_golden(void **state)
{
	_cleanup_fclose_ FILE *f = fopen(SHARED_KEY, "w");

	assert_non_null(f);
	assert_int_equal(fchmod(fileno(f), 0606), 0);
	expect_rows(rows, ARRAY_LEN(rows));
	unlink(SHARED_KEY);
}

static void test_defaults(void **state)
{
	_cleanup_conf_ struct conf *c = conf_default();
	const struct conf_act *a = &c->act;

	assert_int_equal(a->n_neighbors + a->n_approvers + a->n_standing + a->n_never + a->n_hooks +
				 a->n_two_persons + a->n_break_glass,
			 0);
	assert_int_equal(a->shortest4, 24);
	assert_int_equal(a->shortest6, 48);
	assert_int_equal(a->approve_s, 900);
	assert_int_equal(a->lift_after_s, 600);
	assert_true(a->override.dated_us == TIME_NONE);
	assert_false(conf_act_override(c));
	assert_false(a->head_syslog);
	assert_string_equal(a->legal, "");
	assert_string_equal(conf_act_country(c), "ZZ");
}

static const char whole[] = WORLD
	"  country: JP\n"
	"  override: {by: 'Sato, head of network', date: 2026-11-26, note: counsel answers in "
	"December}\n"
	"  neighbors:\n"
	"    - {name: edge, kind: exabgp, point: foreign_border, takes: [flowspec, rtbh], " SESSION
	", router_id: 192.0.2.251, links: transit, community: '65535:666', max_rules: 20, "
	"capacity: 10Gbps}\n"
	"    - {name: box, kind: nftables, point: host, table: noroshi_test, inside: eth1.20, "
	"capacity: 1Gbps}\n"
	"    - {name: paper, kind: dry_run, point: transit}\n"
	"    - {name: none, kind: none, point: scrubber, takes: diversion, redirect: '64500:666'}\n"
	"  two_persons: [rtbh, diversion]\n"
	"  break_glass: flowspec\n"
	"  standing:\n"
	"    - {name: shop by night, review: 2099-04-01, " ORDER "}\n"
	"    - {name: shop by day, review: 2099-04-01, probe_lift: yes, probe_every: 30m, object: "
	"shop, kind: nftables, basis: consent, " TEXTS
	", longest: 30m, per_day: 2, approvers: sato}\n"
	"  never:\n"
	"    - {kind: resolver, prefixes: [192.0.2.53, '2001:db8::53']}\n"
	"    - {kind: emergency, prefixes: 192.0.2.112/29}\n"
	"  hooks: [{program: /bin/sh}, {event: applied, program: /bin/sh, fastnetmon: yes}]\n"
	"  shortest4: 20\n"
	"  approve: 5m\n"
	"  lift_after: 2m\n"
	"  socket: /run/noroshi/act.sock\n"
	"  head: {file: /var/lib/elsewhere/head, syslog: yes}\n"
	"  prometheus: /run/noroshi/act.prom\n";

static void test_values(void **state)
{
	_cleanup_conf_ struct conf *c = load(whole);
	const struct conf_act *a = &c->act;

	assert_int_equal(a->n_neighbors, 4);
	assert_int_equal(a->neighbors[0].kind, ROUTER_EXABGP);
	assert_int_equal(a->neighbors[0].point, POINT_FOREIGN_BORDER);
	assert_int_equal(a->neighbors[0].takes, TAKES_FLOWSPEC | TAKES_RTBH);
	assert_int_equal(a->neighbors[0].max_rules, 20);
	assert_int_equal(a->neighbors[0].max_changes, 60);
	assert_int_equal(a->neighbors[0].local_as, 64500);
	assert_int_equal(a->neighbors[0].capacity_bps, 10000000000);
	assert_string_equal(a->neighbors[0].links[0], "transit");
	assert_true(ip_is_zero(&a->neighbors[0].next_hop));
	assert_int_equal(a->neighbors[1].takes, TAKES_NFTABLES);
	assert_int_equal(a->neighbors[1].max_rules, 10);
	assert_int_equal(a->neighbors[2].takes, 31);
	assert_int_equal(a->neighbors[3].kind, ROUTER_NULL);
	assert_int_equal(a->neighbors[3].takes, TAKES_DIVERSION);
	assert_int_equal(a->standing[0].longest_s, 1800);
	assert_true(a->standing[0].review_us == INT64_C(4078684800) * US_PER_S);
	assert_false(a->standing[0].probe_lift);
	assert_int_equal(a->standing[0].probe_every_s, 900);
	assert_true(a->standing[1].probe_lift);
	assert_int_equal(a->standing[1].probe_every_s, 1800);
	assert_string_equal(a->neighbors[1].inside, "eth1.20");
	assert_int_equal(a->lift_after_s, 120);
	assert_string_equal(a->standing[0].approvers[1], "kask");
	assert_string_equal(a->never[1].kind, "emergency");
	assert_int_equal(a->never[0].n_prefixes, 2);
	assert_string_equal(a->hooks[0].event, "");
	assert_true(a->hooks[1].fastnetmon);
	assert_int_equal(a->shortest4, 20);
	assert_int_equal(a->shortest6, 48);
	assert_true(a->head_syslog);
	assert_true(a->override.dated_us == INT64_C(1795651200) * US_PER_S);
	assert_true(conf_act_override(c));
	assert_string_equal(conf_act_country(c), "JP");
}

static void test_names(void **state)
{
	_cleanup_conf_ struct conf *c = load(whole);
	_cleanup_conf_ struct conf *d = load("country: [EE, JP]\n");

	assert_ptr_equal(conf_act_neighbor(c, "box"), &c->act.neighbors[1]);
	assert_null(conf_act_neighbor(c, "bo"));
	assert_ptr_equal(conf_act_approver(c, "kask"), &c->act.approvers[1]);
	assert_ptr_equal(conf_act_user(c, "root"), &c->act.approvers[0]);
	assert_null(conf_act_user(c, "")); /* kask has no user, which is no user "" */
	assert_null(conf_act_user(c, "daemon"));
	assert_true(conf_act_two(c, "rtbh") && !conf_act_two(c, "flowspec"));
	assert_true(conf_act_glass(c, "flowspec") && !conf_act_glass(c, "rtbh"));
	assert_ptr_equal(conf_act_standing(c, "shop by night"), &c->act.standing[0]);
	assert_string_equal(conf_act_country(d), "EE");
}

static void test_lapsed(void **state)
{
	_cleanup_conf_ struct conf *c = load(whole);
	struct conf_standing s = c->act.standing[0];
	conf_name both[2] = {"sato", "sato"};

	assert_null(conf_act_lapsed(c, &s, s.review_us - 1));
	assert_null(conf_act_lapsed_ja(c, &s, s.review_us - 1));
	assert_string_equal(conf_act_lapsed_ja(c, &s, s.review_us), "見直しの期日が来た");
	assert_string_equal(conf_act_lapsed(c, &s, s.review_us), "its day of review has come");
	s.n_approvers = 1; /* rtbh needs two persons here */
	assert_string_equal(conf_act_lapsed(c, &s, 0),
			    "its kind needs two persons, and one approved it");
	s.approvers = both;
	s.n_approvers = 2;
	assert_string_equal(conf_act_lapsed(c, &s, 0),
			    "its kind needs two persons, and one approved it");
	strcpy(s.kind, "flowspec");
	assert_null(conf_act_lapsed(c, &s, 0));
	s.n_approvers = 0;
	assert_string_equal(conf_act_lapsed(c, &s, 0), "nobody approved it");
}

static void test_printed(void **state)
{
	_cleanup_conf_ struct conf *c = load(whole), *d = conf_default();
	_cleanup_text_ struct text first = TEXT_NULL, second = TEXT_NULL, json = TEXT_NULL,
				   again = TEXT_NULL, plain = TEXT_NULL;

	conf_print(c, &first);
	conf_print_json(c, &json);
	_cleanup_conf_ struct conf *back = load(text_str(&first));
	conf_print(back, &second);
	conf_print_json(back, &again);
	assert_string_equal(text_str(&second), text_str(&first));
	assert_string_equal(text_str(&again), text_str(&json));
	assert_int_equal(back->act.neighbors[2].takes, 31);
	assert_non_null(strstr(text_str(&first), "    date: 2026-11-26\n"));
	/* A date that nobody gave is none, not one that reads back. */
	conf_print(d, &plain);
	_cleanup_conf_ struct conf *e = load(text_str(&plain));
	assert_true(e->act.override.dated_us == TIME_NONE);
	assert_null(strstr(text_str(&plain), "date:"));
}

static void test_json(void **state)
{
	_cleanup_conf_ struct conf *c = load(whole), *d = conf_default();
	_cleanup_text_ struct text json = TEXT_NULL, plain = TEXT_NULL;
	json_t *root, *act, *edge;

	conf_print_json(c, &json);
	root = json_loads(text_str(&json), JSON_REJECT_DUPLICATES, NULL);
	act = json_object_get(root, "act");
	edge = json_array_get(json_object_get(act, "neighbors"), 0);
	assert_string_equal(json_string_value(json_object_get(edge, "kind")), "exabgp");
	assert_int_equal(json_array_size(json_object_get(edge, "takes")), 2);
	assert_true(json_is_null(json_object_get(edge, "next_hop")));
	assert_int_equal(json_integer_value(json_object_get(act, "approve")), 300);
	json_decref(root);
	conf_print_json(d, &plain);
	root = json_loads(text_str(&plain), JSON_REJECT_DUPLICATES, NULL);
	act = json_object_get(root, "act");
	assert_true(json_is_null(json_object_get(json_object_get(act, "override"), "date")));
	json_decref(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden), cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_values), cmocka_unit_test(test_names),
		cmocka_unit_test(test_lapsed), cmocka_unit_test(test_printed),
		cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
