/* SPDX-License-Identifier: ISC */
/*
 * What people call an attack. A told name is brought down to small letters and digits and looked up
 * among our own names, then among the words below; a reflecting protocol together with "amp" or
 * "reflection" is amplification by it. A word that only says "DDoS" names nothing.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "judge/notice.h"

static const struct {
	const char *word; /* after squeeze() */
	enum vector vector;
} words[] = {
	{"syn", VECTOR_SYN_FLOOD},
	{"synflood", VECTOR_SYN_FLOOD},
	{"tcpsyn", VECTOR_SYN_FLOOD},
	{"tcpsynflood", VECTOR_SYN_FLOOD},
	{"synフラッド", VECTOR_SYN_FLOOD},
	{"synフラッド攻撃", VECTOR_SYN_FLOOD},
	{"synack", VECTOR_SYNACK_REFLECTION},
	{"synackflood", VECTOR_SYNACK_REFLECTION},
	{"tcpreflection", VECTOR_SYNACK_REFLECTION},
	{"rst", VECTOR_RST_FLOOD},
	{"tcprst", VECTOR_RST_FLOOD},
	{"ack", VECTOR_ACK_FLOOD},
	{"tcpack", VECTOR_ACK_FLOOD},
	{"ackフラッド", VECTOR_ACK_FLOOD},
	{"connectionflood", VECTOR_CONN_FLOOD},
	{"tcpconnection", VECTOR_CONN_FLOOD},
	{"コネクションフラッド", VECTOR_CONN_FLOOD},
	{"udp", VECTOR_UDP_FLOOD},
	{"udpフラッド", VECTOR_UDP_FLOOD},
	{"udpフラッド攻撃", VECTOR_UDP_FLOOD},
	{"icmp", VECTOR_ICMP_FLOOD},
	{"ping", VECTOR_ICMP_FLOOD},
	{"pingflood", VECTOR_ICMP_FLOOD},
	{"icmpフラッド", VECTOR_ICMP_FLOOD},
	{"fragment", VECTOR_FRAGMENT_FLOOD},
	{"fragments", VECTOR_FRAGMENT_FLOOD},
	{"ipfragment", VECTOR_FRAGMENT_FLOOD},
	{"フラグメント", VECTOR_FRAGMENT_FLOOD},
	{"amp", VECTOR_AMPLIFICATION},
	{"reflection", VECTOR_AMPLIFICATION},
	{"drdos", VECTOR_AMPLIFICATION},
	{"リフレクション", VECTOR_AMPLIFICATION},
	{"リフレクション攻撃", VECTOR_AMPLIFICATION},
	{"増幅", VECTOR_AMPLIFICATION},
	{"増幅攻撃", VECTOR_AMPLIFICATION},
	{"http", VECTOR_HTTP_FLOOD},
	{"httpget", VECTOR_HTTP_FLOOD},
	{"httpgetflood", VECTOR_HTTP_FLOOD},
	{"getflood", VECTOR_HTTP_FLOOD},
	{"httpフラッド", VECTOR_HTTP_FLOOD},
	{"dnsquery", VECTOR_DNS_QUERY_FLOOD},
	{"dnsflood", VECTOR_DNS_QUERY_FLOOD},
	{"watertorture", VECTOR_DNS_QUERY_FLOOD},
	{"dns水責め", VECTOR_DNS_QUERY_FLOOD},
	{"quic", VECTOR_QUIC_FLOOD},
	{"gre", VECTOR_PROTO_FLOOD},
	{"greflood", VECTOR_PROTO_FLOOD},
};

static const char *const tails[] = {"amplification",	  "amp",      "ampflood",
				    "reflection",	  "drdos",    "リフレクション",
				    "リフレクション攻撃", "増幅攻撃", "amplificationattack",
				    "reflectionattack"};

/* Small letters without what stands between words: "SYN-Flood" is "synflood". */
static void squeeze(const char *s, char *out, size_t room)
{
	size_t n = 0;

	for (; *s && n + 1 < room; s++)
		if (!strchr(" -_/()", *s))
			out[n++] = (char)tolower((unsigned char)*s);
	out[n] = '\0';
}

/* "dnsamp": the protocol, where a tail stands behind it; 0 none. */
static uint16_t protocol_before_tail(const char *s)
{
	char name[VECTOR_NAME_MAX];

	for (size_t i = 0; i < ARRAY_LEN(tails); i++) {
		size_t len = strlen(s), tail = strlen(tails[i]);
		uint16_t port;

		if (len <= tail || strcmp(s + len - tail, tails[i]) != 0 ||
		    len - tail >= sizeof(name))
			continue;
		memcpy(name, s, len - tail);
		name[len - tail] = '\0';
		port = reflector_port(name);
		if (port)
			return port;
	}
	return 0;
}

static bool by_word(struct notice_vector *v, const char *s)
{
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (strcmp(words[i].word, s) == 0) {
			v->vector = words[i].vector;
			return true;
		}
	}
	for (int i = 0; i < VECTOR_COUNT; i++) {
		char name[VECTOR_NAME_MAX];

		squeeze(vector_base_name((enum vector)i), name, sizeof(name));
		if (strcmp(name, s) == 0) {
			v->vector = (enum vector)i;
			return true;
		}
	}
	return false;
}

/* "synfloodattack" is "synflood". */
static void cut_attack(char *s)
{
	static const char *const ends[] = {"attack", "攻撃"};

	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		size_t len = strlen(s), end = strlen(ends[i]);

		if (len > end && strcmp(s + len - end, ends[i]) == 0)
			s[len - end] = '\0';
	}
}

void notice_vector_set(struct notice_vector *v, const char *told)
{
	char s[NOTICE_WORD_MAX];

	if (told != v->told)
		snprintf(v->told, sizeof(v->told), "%s", told);
	v->port = 0;
	v->known = vector_parse(v->told, &v->vector, &v->port) == 0;
	if (v->known)
		return;
	squeeze(v->told, s, sizeof(s));
	v->known = by_word(v, s);
	if (v->known)
		return;
	v->port = protocol_before_tail(s);
	if (v->port) {
		v->vector = VECTOR_AMPLIFICATION;
		v->known = true;
		return;
	}
	cut_attack(s);
	v->known = by_word(v, s);
}
