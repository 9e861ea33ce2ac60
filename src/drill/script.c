/* SPDX-License-Identifier: ISC */
/* The scripts. Lengths and gaps are those of ordinary hosts some 20 to 60 ms away. */
#include "drill/script.h"

#include "base/cleanup.h"

#define C	 FROM_CLIENT
#define S	 FROM_SERVER
#define PA	 (PSH | ACK)
#define STEPS(x) .steps = (x), .n_steps = ARRAY_LEN(x)

#define HELLO                                                                                      \
	{C, SYN, 0, 0, 0}, {S, SYN | ACK, 0, 0, 400},                                              \
	{                                                                                          \
		C, ACK, 0, 0, 24000                                                                \
	}
#define GOODBYE                                                                                    \
	{C, FIN | ACK, 0, 0, 9000}, {S, FIN | ACK, 0, 0, 300},                                     \
	{                                                                                          \
		C, ACK, 0, 0, 24000                                                                \
	}

static const struct step web[] = {
	HELLO,
	{C, PA, PAYLOAD_HTTP_GET, 320, 500},
	{S, PA, PAYLOAD_HTTP_OK, 1460, 3000},
	{S, ACK, 0, 1460, 60},
	{C, ACK, 0, 0, 24000},
	{S, ACK, 0, 1460, 90},
	{S, PA, 0, 700, 60},
	{C, ACK, 0, 0, 24000},
	GOODBYE,
};

static const struct step tls[] = {
	HELLO,
	{C, PA, PAYLOAD_TLS_HELLO, 517, 600},
	{S, PA, PAYLOAD_TLS_DATA, 1400, 2500},
	{C, PA, PAYLOAD_TLS_DATA, 126, 25000},
	{C, PA, PAYLOAD_TLS_DATA, 480, 900},
	{S, PA, PAYLOAD_TLS_DATA, 1460, 5000},
	{S, PA, PAYLOAD_TLS_DATA, 1460, 60},
	{C, ACK, 0, 0, 24000},
	GOODBYE,
};

/* One small page and gone: what a crowd that was told of a site does. */
static const struct step short_visit[] = {
	HELLO,
	{C, PA, PAYLOAD_HTTP_GET, 300, 500},
	{S, PA, PAYLOAD_HTTP_OK, 1460, 2000},
	{C, ACK, 0, 0, 24000},
	{S, FIN | ACK, 0, 0, 300},
	{C, FIN | ACK, 0, 0, 24000},
	{S, ACK, 0, 0, 300},
};

static const struct step dns[] = {
	{C, 0, PAYLOAD_DNS_QUERY, 38, 0},
	{S, 0, PAYLOAD_DNS_ANSWER, 54, 12000},
};

static const struct step mail[] = {
	HELLO,
	{S, PA, PAYLOAD_SMTP_BANNER, 26, 9000},
	{C, PA, PAYLOAD_SMTP_HELO, 23, 24000},
	{S, ACK, 0, 0, 300},
	{C, FIN | ACK, 0, 0, 24000},
	{S, FIN | ACK, 0, 0, 300},
	{C, ACK, 0, 0, 24000},
};

static const struct step bittorrent[] = {
	HELLO,
	{C, PA, PAYLOAD_BITTORRENT, 68, 800},
	{S, PA, PAYLOAD_BITTORRENT, 68, 30000},
	{C, ACK, PAYLOAD_PIECE, 1448, 24000},
	{S, ACK, 0, 0, 24000},
	GOODBYE,
};

static const struct step dht[] = {{C, 0, PAYLOAD_DHT, 56, 0}, {S, 0, PAYLOAD_DHT, 56, 40000}};

static const struct step download[] = {
	HELLO,
	{C, PA, PAYLOAD_TLS_DATA, 200, 500},
	{S, ACK, PAYLOAD_TLS_DATA, 1460, 24000},
	{S, ACK, PAYLOAD_TLS_DATA, 1460, 80},
	{C, ACK, 0, 0, 24000},
	GOODBYE,
};

static const struct step vpn[] = {{C, 0, 0, 1300, 0}, {S, 0, 0, 180, 9000}};
static const struct step esp[] = {{C, 0, PAYLOAD_ESP, 800, 0}, {S, 0, PAYLOAD_ESP, 300, 11000}};
static const struct step ping[] = {{C, 8, 0, 64, 0}, {S, 0, 0, 64, 18000}};

static const struct step quic_visit[] = {
	{C, 0, PAYLOAD_QUIC_INITIAL, 1200, 0}, {S, 0, PAYLOAD_QUIC_INITIAL, 1200, 9000},
	{C, 0, PAYLOAD_QUIC_DATA, 90, 22000},  {S, 0, PAYLOAD_QUIC_DATA, 1250, 9000},
	{C, 0, PAYLOAD_QUIC_DATA, 40, 22000},
};

static const struct step ntp[] = {{C, 0, 0, 48, 0}, {S, 0, 0, 48, 21000}};

/* A server that takes in uploads and gives out pages on connections held open. */
static const struct step busy[] = {
	{C, PA, PAYLOAD_TLS_DATA, 1400, 0},
	{C, ACK, PAYLOAD_TLS_DATA, 1400, 150},
	{S, ACK, 0, 0, 300},
	{C, ACK, PAYLOAD_TLS_DATA, 900, 150},
	{S, PA, PAYLOAD_TLS_DATA, 1200, 500},
	{C, ACK, 0, 0, 20000},
};

static const struct step steady_tcp[] = {
	{S, ACK, PAYLOAD_TLS_DATA, 1400, 0},
	{S, ACK, PAYLOAD_TLS_DATA, 1400, 90},
	{C, ACK, 0, 0, 11000},
};
static const struct step steady_udp[] = {{S, 0, 0, 1200, 0}};
static const struct step trickle[] = {{C, ACK, 0, 1, 0}, {S, ACK, 0, 0, 9000}};
static const struct step connect_only[] = {HELLO};

/* One host has too few ports to leave thousands of connections a second open. */
static const struct step connect_reset[] = {HELLO, {C, RST | ACK, 0, 0, 40000}};

static const struct step get_loop[] = {
	HELLO, {C, PA, PAYLOAD_HTTP_GET, 200, 400}, {S, PA, PAYLOAD_HTTP_OK, 600, 900}};

#undef C
#undef S

static const struct script scripts[SCRIPT_COUNT] = {
	[SCRIPT_WEB] = {6, 80, STEPS(web), 5, 7, 20000, 6},
	[SCRIPT_TLS] = {6, 443, STEPS(tls), 6, 9, 400000, 3},
	[SCRIPT_SHORT_VISIT] = {6, 80, STEPS(short_visit)},
	[SCRIPT_DNS] = {17, 53, STEPS(dns)},
	[SCRIPT_MAIL] = {6, 25, STEPS(mail)},
	[SCRIPT_BITTORRENT] = {6, 6881, STEPS(bittorrent), 5, 7, 60000, 20},
	[SCRIPT_DHT] = {17, 6881, STEPS(dht)},
	[SCRIPT_DOWNLOAD] = {6, 443, STEPS(download), 4, 7, 20000, 0},
	[SCRIPT_VPN] = {17, 51820, STEPS(vpn), 0, 2, 40000, 0, true},
	[SCRIPT_ESP] = {50, 0, STEPS(esp), 0, 2, 50000, 0, true},
	[SCRIPT_PING] = {1, 0, STEPS(ping), 0, 2, 982000, 0, true},
	[SCRIPT_QUIC_VISIT] = {17, 443, STEPS(quic_visit), 3, 5, 9000, 5},
	[SCRIPT_NTP] = {17, 123, STEPS(ntp)},
	[SCRIPT_BUSY] = {6, 443, STEPS(busy), 0, 6, 30000, 0, true},
	[SCRIPT_STEADY_TCP] = {6, 443, STEPS(steady_tcp), 0, 3, 100000, 0, true},
	[SCRIPT_STEADY_UDP] = {17, 51820, STEPS(steady_udp), 0, 1, 55000, 0, true},
	[SCRIPT_TRICKLE] = {6, 50022, STEPS(trickle), 0, 2, 600000000, 0, true},
	[SCRIPT_CONNECT_ONLY] = {6, 80, STEPS(connect_only)},
	[SCRIPT_CONNECT_RESET] = {6, 80, STEPS(connect_reset)},
	[SCRIPT_GET_LOOP] = {6, 80, STEPS(get_loop), 3, 5, 80000, 0},
};

const struct script *script_get(enum script_id id)
{
	return &scripts[id];
}
