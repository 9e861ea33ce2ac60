/* SPDX-License-Identifier: ISC */
/*
 * Names of vectors, and the table of UDP services that are known to answer more than they are
 * asked. The reflector table follows US-CERT TA14-017A (revised 2019-12) and the vendors' reports
 * named in doc/reflectors.md, as of 2026-11; a port not listed is found by its share of the traffic
 * instead.
 */
#include "base/vector.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

static const char *const vector_names[] = {
#define X(id, name) name,
	VECTOR_LIST(X)
#undef X
};

static const char *const level_names[] = {"host", "prefix", "link", "network"};
static const char *const direction_names[] = {"in", "out", "through", "inside"};

static const struct {
	uint16_t port;
	const char *name;
} reflectors[] = {
	{7, "echo"},	     {17, "qotd"},     {19, "chargen"},	     {53, "dns"},
	{69, "tftp"},	     {111, "rpcbind"}, {123, "ntp"},	     {137, "netbios"},
	{161, "snmp"},	     {177, "xdmcp"},   {389, "cldap"},	     {427, "slp"},
	{500, "isakmp"},     {520, "rip"},     {623, "ipmi"},	     {1434, "mssql"},
	{1604, "citrix"},    {1900, "ssdp"},   {3283, "ard"},	     {3389, "rdp"},
	{3478, "stun"},	     {3702, "wsd"},    {5060, "sip"},	     {5093, "sentinel"},
	{5351, "natpmp"},    {5353, "mdns"},   {5683, "coap"},	     {6881, "bittorrent"},
	{10001, "ubiquiti"}, {10074, "tp240"}, {11211, "memcached"}, {20800, "cod"},
	{27015, "source"},   {27960, "quake"}, {30120, "fivem"},     {32414, "plex"},
	{33848, "jenkins"},  {37810, "dvr"},   {47808, "bacnet"},
};

const char *vector_base_name(enum vector v)
{
	return vector_names[v];
}

const char *reflector_name(uint16_t port)
{
	for (size_t i = 0; i < ARRAY_LEN(reflectors); i++)
		if (reflectors[i].port == port)
			return reflectors[i].name;
	return NULL;
}

uint16_t reflector_port(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(reflectors); i++)
		if (strcmp(reflectors[i].name, name) == 0)
			return reflectors[i].port;
	return 0;
}

char *vector_name(enum vector v, uint16_t port, char *buf)
{
	const char *name = v == VECTOR_AMPLIFICATION ? reflector_name(port) : NULL;

	if (name)
		snprintf(buf, VECTOR_NAME_MAX, "%s_amplification", name);
	else if (v == VECTOR_AMPLIFICATION && port)
		snprintf(buf, VECTOR_NAME_MAX, "port%u_amplification", port);
	else
		snprintf(buf, VECTOR_NAME_MAX, "%s", vector_names[v]);
	return buf;
}

static int parse_amplification(const char *name, size_t n, uint16_t *port)
{
	char who[VECTOR_NAME_MAX], *end;
	unsigned long number;

	if (n == 0 || n >= sizeof(who))
		return -EINVAL;
	memcpy(who, name, n);
	who[n] = '\0';
	*port = reflector_port(who);
	if (*port)
		return 0;
	if (strncmp(who, "port", 4) != 0 || who[4] < '0' || who[4] > '9')
		return -EINVAL;
	number = strtoul(who + 4, &end, 10);
	if (*end || number == 0 || number > UINT16_MAX)
		return -EINVAL;
	*port = (uint16_t)number;
	return 0;
}

int vector_parse(const char *name, enum vector *v, uint16_t *port)
{
	static const char tail[] = "_amplification";
	size_t n = strlen(name), t = sizeof(tail) - 1;

	*port = 0;
	for (int i = 0; i < VECTOR_COUNT; i++) {
		if (strcmp(name, vector_names[i]) == 0) {
			*v = (enum vector)i;
			return 0;
		}
	}
	if (n <= t || strcmp(name + n - t, tail) != 0)
		return -EINVAL;
	*v = VECTOR_AMPLIFICATION;
	return parse_amplification(name, n - t, port);
}

const char *level_name(enum level l)
{
	return level_names[l];
}

const char *direction_name(enum direction d)
{
	return direction_names[d];
}
