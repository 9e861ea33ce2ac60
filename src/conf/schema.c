/* SPDX-License-Identifier: ISC */
/*
 * The rows of the configuration, from the innermost map to the whole file. A default stands here as
 * an operator would write it and is read by the same code that reads the file.
 */
#include "conf/conf.h"
#include "conf/schema_rows.h"

/* clang-format off: a row stays a row. */

/* Thresholds. The rows behind OBJECT_THRESHOLDS make no sense for one protected object. */
#define PPS(n, f, d, h)                                                                      \
	{.name = (n), .type = TYPE_PPS, .flags = KEY_NEVER, FIELD(thresholds, f), .min = 1,  \
	 .max = PPS_MAX, .dflt = (d), .help = (h)}
#define OBJECT_THRESHOLDS (VECTOR_COUNT + 3)

static const struct conf_key times_keys[] = {
	{.name = "times_24", .type = TYPE_TIMES, .flags = KEY_NEVER,
	 FIELD(thresholds, prefix24_times), .min = 1, .max = 1000, .dflt = "2",
	 .tag = TAG_TIMES,
	 .help = "an IPv4 /24 or IPv6 /64 opens at so many times the host threshold"},
	{.name = "times_20", .type = TYPE_TIMES, .flags = KEY_NEVER,
	 FIELD(thresholds, prefix20_times), .min = 1, .max = 1000, .dflt = "4",
	 .tag = TAG_TIMES, .help = "the same for an IPv4 /20 or IPv6 /48"},
};

static const struct conf_map times_map = {MAP("prefix", times_keys)};
static const struct conf_map times_inherit_map = {MAP("prefix", times_keys), .inherit = true};

#define THRESHOLD_ROWS(times)                                                                   \
	PPS("syn_flood", pps[VECTOR_SYN_FLOOD], "2500", "TCP packets with SYN alone"),          \
	PPS("synack_reflection", pps[VECTOR_SYNACK_REFLECTION], "2500",                         \
	    "SYN-ACK packets that answer nothing"),                                             \
	PPS("rst_flood", pps[VECTOR_RST_FLOOD], "2500", "TCP packets with RST"),                \
	PPS("ack_flood", pps[VECTOR_ACK_FLOOD], "20000", "TCP packets outside a connection"),   \
	PPS("conn_flood", pps[VECTOR_CONN_FLOOD], "2500",                                       \
	    "completed connections that ask for nothing"),                                      \
	PPS("udp_flood", pps[VECTOR_UDP_FLOOD], "10000", "UDP packets"),                        \
	PPS("icmp_flood", pps[VECTOR_ICMP_FLOOD], "2500", "ICMP and ICMPv6 packets"),           \
	PPS("fragment_flood", pps[VECTOR_FRAGMENT_FLOOD], "2500", "IP fragments"),              \
	PPS("amplification", pps[VECTOR_AMPLIFICATION], "2500",                                 \
	    "UDP packets from any one reflector port"),                                         \
	PPS("http_flood", pps[VECTOR_HTTP_FLOOD], "2500", "HTTP requests"),                     \
	PPS("proto_flood", pps[VECTOR_PROTO_FLOOD], "2500", "packets of other IP protocols"),   \
	PPS("malformed", pps[VECTOR_MALFORMED], "2500", "packets that no stack sends"),         \
	PPS("dns_query_flood", pps[VECTOR_DNS_QUERY_FLOOD], "10000", "DNS queries"),            \
	PPS("quic_flood", pps[VECTOR_QUIC_FLOOD], "10000", "QUIC packets"),                     \
	PPS("any", any_pps, "20000", "all packets together"),                                   \
	{.name = "any_bits", .type = TYPE_BPS, .flags = KEY_NEVER, FIELD(thresholds, any_bps),  \
	 .min = 1, .max = BPS_MAX, .dflt = "1Gbps", .help = "all bits together"},               \
	{.name = "prefix", .type = TYPE_MAP, .map = &(times),                                   \
	 .help = "when a prefix is attacked as a whole"}

static const struct conf_key object_threshold_keys[] = {THRESHOLD_ROWS(times_inherit_map)};

static const struct conf_key threshold_keys[] = {
	THRESHOLD_ROWS(times_map),
	{.name = "link_percent", .type = TYPE_PERCENT, .flags = KEY_NEVER,
	 FIELD(thresholds, link_percent), .min = 1, .max = 100, .dflt = "80",
	 .help = "share of a link's known capacity"},
	{.name = "network", .type = TYPE_PPS, .flags = KEY_ZERO, FIELD(thresholds, network_pps),
	 .min = 1, .max = PPS_MAX, .dflt = "never",
	 .help = "each vector, summed over the whole network"},
};

_Static_assert(ARRAY_LEN(object_threshold_keys) == OBJECT_THRESHOLDS, "a row for each vector");
_Static_assert(ARRAY_LEN(threshold_keys) <= MAP_KEYS_MAX, "room to note which keys were seen");

#define REFLECTORS_MAX ARRAY_LEN(((struct thresholds *)NULL)->reflector)

static void *reflector_entry(void *base, const char *name, bool *created)
{
	struct thresholds *t = base;
	enum vector v;
	uint16_t port;

	if (vector_parse(name, &v, &port) || v != VECTOR_AMPLIFICATION || port == 0)
		return NULL;
	*created = false;
	for (unsigned i = 0; i < t->n_reflectors; i++)
		if (t->reflector[i].port == port)
			return &t->reflector[i];
	if (t->n_reflectors >= REFLECTORS_MAX)
		return NULL;
	*created = true;
	t->reflector[t->n_reflectors].port = port;
	return &t->reflector[t->n_reflectors++];
}

static void *reflector_at(void *base, unsigned i, char *name)
{
	struct thresholds *t = base;

	if (i >= t->n_reflectors)
		return NULL;
	vector_name(VECTOR_AMPLIFICATION, t->reflector[i].port, name);
	return &t->reflector[i];
}

static const struct conf_key reflector_key = {
	.name = "NAME_amplification",
	.type = TYPE_PPS,
	.flags = KEY_NEVER,
	.offset = offsetof(struct thresholds, reflector[0].pps) -
		  offsetof(struct thresholds, reflector[0]),
	.size = sizeof(uint64_t),
	.min = 1,
	.max = PPS_MAX,
	.help = "UDP packets from this one reflector port",
};

static const struct conf_more reflectors = {&reflector_key, REFLECTORS_MAX, reflector_entry,
					    reflector_at};

static const struct conf_map object_threshold_map = {
	MAP("an object's thresholds", object_threshold_keys), .inherit = true, .more = &reflectors};
static const struct conf_map threshold_map = {MAP("thresholds", threshold_keys),
					      .more = &reflectors};

/* Own and protected. */
static const struct conf_key own_keys[] = {
	{.name = "prefix", .type = TYPE_PREFIX, .flags = KEY_REQUIRED, FIELD(conf_own, prefix),
	 .tag = TAG_OWN, .help = "addresses that are ours or a customer's"},
	{.name = "customer", .type = TYPE_TEXT, FIELD(conf_own, customer),
	 .help = "whose they are; empty for the operator's own"},
};

static const struct conf_key contact_keys[] = {
	{.name = "name", .type = TYPE_NAME, .flags = KEY_REQUIRED, FIELD(conf_contact, name),
	 .help = "person or desk"},
	{.name = "mail", .type = TYPE_MAIL, FIELD(conf_contact, mail), .help = "mail address"},
	{.name = "phone", .type = TYPE_TEXT, FIELD(conf_contact, phone), .help = "telephone"},
	{.name = "language", .type = TYPE_TEXT, FIELD(conf_contact, language),
	 .help = "language tag such as ja"},
};

static const struct conf_key measure_keys[] = {
	{.name = "kind", .type = TYPE_NAME, .flags = KEY_REQUIRED, FIELD(conf_measure, kind),
	 .help = "blackhole, flowspec, rate_limit, ..."},
	{.name = "consent", .type = TYPE_NAME, .flags = KEY_REQUIRED, FIELD(conf_measure, consent),
	 .help = "reference of the customer's consent"},
	{.name = "max", .type = TYPE_DURATION, .flags = KEY_REQUIRED, FIELD(conf_measure, max_s),
	 .min = 1, .max = YEAR_S, .help = "longest time that it may stand"},
};

static const struct conf_key test_keys[] = {
	{.name = "from", .type = TYPE_TIME, .flags = KEY_REQUIRED, FIELD(conf_known_test, from_us),
	 .help = "begin of the test"},
	{.name = "until", .type = TYPE_TIME, .flags = KEY_REQUIRED,
	 FIELD(conf_known_test, until_us), .tag = TAG_TEST_UNTIL, .help = "end of the test"},
	{.name = "note", .type = TYPE_TEXT, FIELD(conf_known_test, note),
	 .help = "what an incident in that time shall say"},
};

static const struct conf_map own_map = {MAP("an own prefix", own_keys), .short_form = true};
static const struct conf_map contact_map = {MAP("a contact", contact_keys)};
static const struct conf_map measure_map = {MAP("a measure", measure_keys)};
static const struct conf_map test_map = {MAP("a known test", test_keys)};

static const struct conf_list object_prefixes =
	PREFIXES(conf_object, n_prefixes, TAG_OBJECT_PREFIX, 4096);
static const struct conf_list object_contacts =
	MAPS(conf_object, n_contacts, conf_contact, contact_map, 64);
static const struct conf_list object_measures =
	MAPS(conf_object, n_measures, conf_measure, measure_map, 64);
static const struct conf_list object_tests =
	MAPS(conf_object, n_tests, conf_known_test, test_map, 64);

static const char *const yes_words[] = {"no", "yes", NULL};

static const struct conf_key object_keys[] = {
	{.name = "name", .type = TYPE_NAME, .flags = KEY_REQUIRED, FIELD(conf_object, name),
	 .tag = TAG_OBJECT_NAME, .help = "name of the object, shown with each incident"},
	{.name = "customer", .type = TYPE_TEXT, FIELD(conf_object, customer),
	 .help = "who contracted its protection"},
	{.name = "prefixes", .type = TYPE_LIST, .flags = KEY_REQUIRED,
	 FIELD(conf_object, prefixes), .list = &object_prefixes, .help = "what is protected"},
	{.name = "line", .type = TYPE_BPS, FIELD(conf_object, line_bps), .min = 1, .max = BPS_MAX,
	 .help = "contracted speed of the access line"},
	{.name = "contract", .type = TYPE_WORD, FIELD(conf_object, contract),
	 .words = contract_words, .dflt = "standard",
	 .help = "what is agreed: how soon somebody must look"},
	{.name = "page_from", .type = TYPE_COUNT, FIELD(conf_object, page_from), .min = 1, .max = 4,
	 .help = "severity up to which it pages, instead of the general one"},
	{.name = "page_bursts", .type = TYPE_WORD, FIELD(conf_object, page_bursts),
	 .words = yes_words, .dflt = "no", .help = "do single short bursts page too"},
	{.name = "contacts", .type = TYPE_LIST, FIELD(conf_object, contacts),
	 .list = &object_contacts, .help = "whom to reach"},
	{.name = "measures", .type = TYPE_LIST, FIELD(conf_object, measures),
	 .list = &object_measures, .help = "measures that the customer has agreed to"},
	{.name = "known_tests", .type = TYPE_LIST, FIELD(conf_object, tests),
	 .list = &object_tests, .help = "load tests and exercises known beforehand"},
	{.name = "sample_consent", .type = TYPE_TEXT, FIELD(conf_object, sample_consent),
	 .help = "reference that allows keeping headers of good traffic"},
	{.name = "thresholds", .type = TYPE_MAP, FIELD(conf_object, thresholds),
	 .map = &object_threshold_map, .help = "thresholds that differ from the general ones"},
};

static const struct conf_map object_map = {MAP("a protected object", object_keys)};

/* Who exports, over which links. */
static const char *const clock_words[] = {"receive", "trusted", NULL};
static const char *const side_words[] = {"unknown", "outside", "inside", NULL};
static const char *const shared_words[] = {"cgn", "map_e", "cdn", "resolver", "other", NULL};
static const char *const tunnel_words[] = {"gre",  "erspan", "ipip",   "etherip", "mpls",
					   "srv6", "vxlan",  "geneve", "teredo",  NULL};
static const char *const language_words[] = {"en", "ja", NULL};

static const struct conf_list service_addresses =
	PREFIXES(conf_service, n_addresses, TAG_NONE, 4096);

static const struct conf_key exporter_keys[] = {
	{.name = "name", .type = TYPE_NAME, .flags = KEY_REQUIRED, FIELD(conf_exporter, name),
	 .tag = TAG_EXPORTER_NAME, .help = "name of the router"},
	{.name = "address", .type = TYPE_IP, .flags = KEY_REQUIRED, FIELD(conf_exporter, addr),
	 .tag = TAG_EXPORTER_ADDRESS, .help = "source address of its datagrams"},
	{.name = "sampling", .type = TYPE_COUNT, FIELD(conf_exporter, sampling), .min = 1,
	 .max = 16777216, .help = "one packet in so many, whatever the export says"},
	{.name = "clock", .type = TYPE_WORD, FIELD(conf_exporter, clock_trusted),
	 .words = clock_words, .dflt = "trusted",
	 .help = "whose time counts: the exporter's or that of receipt"},
	{.name = "active_timeout", .type = TYPE_DURATION, FIELD(conf_exporter, active_timeout_s),
	 .min = 1, .max = 86400, .help = "when a long flow is exported, as set on the router"},
	{.name = "inactive_timeout", .type = TYPE_DURATION,
	 FIELD(conf_exporter, inactive_timeout_s), .min = 1, .max = 86400,
	 .help = "when an idle flow is exported"},
};

static const struct conf_key interface_keys[] = {
	{.name = "exporter", .type = TYPE_NAME, .flags = KEY_REQUIRED,
	 FIELD(conf_interface, exporter), .tag = TAG_INTERFACE_EXPORTER,
	 .help = "name of the exporter it belongs to"},
	{.name = "ifindex", .type = TYPE_COUNT, .flags = KEY_REQUIRED,
	 FIELD(conf_interface, ifindex), .tag = TAG_INTERFACE_INDEX, .min = 1, .max = UINT32_MAX,
	 .help = "its SNMP number, as the flow records carry it"},
	{.name = "link", .type = TYPE_NAME, .flags = KEY_REQUIRED, FIELD(conf_interface, link),
	 .tag = TAG_INTERFACE_LINK, .help = "name of the link"},
	{.name = "peer", .type = TYPE_TEXT, FIELD(conf_interface, peer),
	 .help = "who is at the other end"},
	{.name = "country", .type = TYPE_COUNTRY, FIELD(conf_interface, country),
	 .help = "country whose traffic comes in here, if it is one"},
	{.name = "capacity", .type = TYPE_BPS, FIELD(conf_interface, capacity_bps), .min = 1,
	 .max = BPS_MAX, .help = "speed of the link"},
	{.name = "side", .type = TYPE_WORD, FIELD(conf_interface, side), .words = side_words,
	 .dflt = "unknown", .help = "where it leads"},
};

static const struct conf_key link_keys[] = {
	{.name = "name", .type = TYPE_NAME, .flags = KEY_REQUIRED, FIELD(conf_link, name),
	 .tag = TAG_LINK_NAME, .help = "name of the link, as interfaces have it"},
	{.name = "peer", .type = TYPE_TEXT, FIELD(conf_link, peer),
	 .help = "who is at the other end"},
	{.name = "capacity", .type = TYPE_BPS, FIELD(conf_link, capacity_bps), .min = 1,
	 .max = BPS_MAX, .help = "contracted capacity, over all its interfaces"},
};

static const struct conf_key service_keys[] = {
	{.name = "name", .type = TYPE_NAME, .flags = KEY_REQUIRED, FIELD(conf_service, name),
	 .tag = TAG_SERVICE_NAME, .help = "name of a service that people rely on"},
	{.name = "addresses", .type = TYPE_LIST, FIELD(conf_service, addresses),
	 .list = &service_addresses, .help = "where it is reached"},
	{.name = "country", .type = TYPE_COUNTRY, FIELD(conf_service, country),
	 .help = "where it is, ISO 3166 alpha-2"},
	{.name = "link", .type = TYPE_TEXT, FIELD(conf_service, link), .tag = TAG_SERVICE_LINK,
	 .help = "name of the link that leads to it"},
};

static const struct conf_key shared_keys[] = {
	{.name = "prefix", .type = TYPE_PREFIX, .flags = KEY_REQUIRED, FIELD(conf_shared, prefix),
	 .tag = TAG_SHARED, .help = "addresses behind which many parties stand"},
	{.name = "kind", .type = TYPE_WORD, FIELD(conf_shared, kind), .words = shared_words,
	 .dflt = "other", .help = "why they are shared"},
};

static const struct conf_key proxy_list_keys[] = {
	{.name = "file", .type = TYPE_NAME, .flags = KEY_REQUIRED, FIELD(conf_proxy_list, file),
	 .help = "addresses, prefixes or CSV, one entry a line"},
	{.name = "dated", .type = TYPE_TIME, FIELD(conf_proxy_list, dated_us),
	 .help = "when the list was made, for entries that do not say"},
};

static const struct conf_key capture_keys[] = {
	{.name = "interface", .type = TYPE_NAME, .flags = KEY_REQUIRED,
	 FIELD(conf_capture, interface), .tag = TAG_CAPTURE,
	 .help = "network interface to capture on"},
	{.name = "filter", .type = TYPE_TEXT, FIELD(conf_capture, filter), .help = "pcap filter"},
	{.name = "side", .type = TYPE_WORD, FIELD(conf_capture, side), .words = side_words,
	 .dflt = "unknown", .help = "where the captured packets come from"},
	{.name = "ifindex", .type = TYPE_COUNT, FIELD(conf_capture, ifindex_as), .min = 1,
	 .max = UINT32_MAX, .help = "number it stands for in interfaces"},
};

static const struct conf_map exporter_map = {MAP("an exporter", exporter_keys)};
static const struct conf_map interface_map = {MAP("an interface", interface_keys)};
static const struct conf_map link_map = {MAP("a link", link_keys)};
static const struct conf_map service_map = {MAP("a service", service_keys)};
static const struct conf_map shared_map = {MAP("a shared prefix", shared_keys), .short_form = true};
static const struct conf_map proxy_list_map = {MAP("a proxy list", proxy_list_keys),
					       .short_form = true};
static const struct conf_map capture_map = {MAP("a capture", capture_keys), .short_form = true};

/* The program itself. */
static const struct conf_key limit_keys[] = {
	{.name = "memory", .type = TYPE_BYTES, FIELD(conf_limits, memory_bytes), .min = 16000000,
	 .max = BYTES_MAX, .dflt = "200MB", .help = "all detection state together"},
	{.name = "hot_keys", .type = TYPE_COUNT, FIELD(conf_limits, hot_keys), .min = 16,
	 .max = 1048576, .dflt = "4096", .help = "destinations followed closely at a time"},
	{.name = "incidents_open", .type = TYPE_COUNT, FIELD(conf_limits, incidents_open), .min = 1,
	 .max = 1000000, .dflt = "10000", .help = "incidents open at a time"},
	{.name = "threads", .type = TYPE_COUNT, FIELD(conf_limits, threads), .min = 0, .max = 64,
	 .dflt = "0", .help = "worker threads; 0: one per core"},
};

static const struct conf_key keep_keys[] = {
	{.name = "evidence", .type = TYPE_DURATION, FIELD(conf_keep, evidence_s), .min = 1,
	 .max = 100 * YEAR_S, .dflt = "90d", .help = "header records of an attack"},
	{.name = "incident", .type = TYPE_DURATION, FIELD(conf_keep, incident_s), .min = 1,
	 .max = 100 * YEAR_S, .dflt = "3650d", .help = "incidents"},
	{.name = "rollup", .type = TYPE_DURATION, FIELD(conf_keep, rollup_s), .min = 1,
	 .max = 100 * YEAR_S, .dflt = "400d", .help = "sums of traffic"},
	{.name = "notice", .type = TYPE_DURATION, FIELD(conf_keep, notice_s), .min = 1,
	 .max = 100 * YEAR_S, .dflt = "1095d", .help = "what notices and notes of a case say"},
};

/* Cases. The words stand in the order of judge/circle.h. */
static const char *const viewer_words[] = {"company", "desk", "team", NULL};
static const char *const circle_words[] = {"team", "desk", "company", NULL};

static const struct conf_list calendars = {
	.item = {.name = "", .type = TYPE_NAME, .size = CONF_TEXT_MAX},
	.max = 64,
	.count = offsetof(struct conf_desk, n_calendars),
};

static const struct conf_key desk_keys[] = {
	{.name = "circle", .type = TYPE_WORD, FIELD(conf_desk, circle), .words = viewer_words,
	 .dflt = "company", .help = "what is shown of cases: up to what this circle may see"},
	{.name = "person", .type = TYPE_TEXT, FIELD(conf_desk, person),
	 .help = "who is asking, for what only named persons may see"},
	{.name = "written", .type = TYPE_WORD, FIELD(conf_desk, written), .words = circle_words,
	 .dflt = "team", .help = "the circle of notices and notes that name none"},
	{.name = "key", .type = TYPE_TEXT, FIELD(conf_desk, key),
	 .help = "file of the audit log's key; desk.key beside the database when not said"},
	{.name = "calendars", .type = TYPE_LIST, FIELD(conf_desk, calendars), .list = &calendars,
	 .help = "files of own events, beside those of the countries"},
};

static const struct conf_key store_keys[] = {
	{.name = "directory", .type = TYPE_NAME, FIELD(conf, db), .dflt = "/var/lib/noroshi",
	 .help = "where the database files are"},
};

static const struct conf_key place_keys[] = {
	{.name = "directory", .type = TYPE_NAME, FIELD(conf, place),
	 .help = "where `place import` keeps what it has read; not given: beside the store"},
};

static const struct conf_map limit_map = {MAP("limits", limit_keys)};
static const struct conf_map keep_map = {MAP("keep", keep_keys)};
static const struct conf_map desk_map = {MAP("desk", desk_keys)};
static const struct conf_map store_map = {MAP("store", store_keys)};
static const struct conf_map place_map = {MAP("place", place_keys)};

/* The file. */
static const struct conf_list countries = {
	.item = {.name = "", .type = TYPE_COUNTRY,
		 .size = sizeof(((struct conf *)NULL)->countries[0])},
	.max = ARRAY_LEN(((struct conf *)NULL)->countries),
	.count = offsetof(struct conf, n_countries),
	.in_place = true,
};
static const struct conf_list listens = {
	.item = {.name = "", .type = TYPE_ENDPOINT, .size = sizeof(struct conf_listen),
		 .tag = TAG_LISTEN},
	.max = 64,
	.count = offsetof(struct conf, n_listen),
};
static const struct conf_list owns = MAPS(conf, n_own, conf_own, own_map, 262144);
static const struct conf_list objects = MAPS(conf, n_objects, conf_object, object_map, 65536);
static const struct conf_list exporters =
	MAPS(conf, n_exporters, conf_exporter, exporter_map, 4096);
static const struct conf_list interfaces =
	MAPS(conf, n_interfaces, conf_interface, interface_map, 65536);
static const struct conf_list links = MAPS(conf, n_links, conf_link, link_map, 65536);
static const struct conf_list services = MAPS(conf, n_services, conf_service, service_map, 65536);
static const struct conf_list shareds = MAPS(conf, n_shared, conf_shared, shared_map, 65536);
static const struct conf_list proxy_lists =
	MAPS(conf, n_proxy_lists, conf_proxy_list, proxy_list_map, 64);
static const struct conf_list captures = MAPS(conf, n_captures, conf_capture, capture_map, 64);
static const struct conf_list unwraps = {
	.item = {.name = "", .type = TYPE_WORD, .size = sizeof(uint32_t), .words = tunnel_words},
	.max = TUNNEL_COUNT,
	.count = offsetof(struct conf, n_unwrap),
	.in_place = true,
};
static const struct conf_list darknets = PREFIXES(conf, n_darknets, TAG_DARKNET, 65536);
static const struct conf_list nevers = PREFIXES(conf, n_never_touch, TAG_NEVER, 65536);

static const struct conf_key top_keys[] = {
	LIST("country", countries, countries, .help = "where the operator is, ISO 3166 alpha-2"),
	LIST("own", own, owns, .help = "own and customer prefixes"),
	LIST("protected", objects, objects, .help = "what is contracted to be protected"),
	LIST("exporters", exporters, exporters, .help = "routers whose exports are accepted"),
	LIST("interfaces", interfaces, interfaces, .help = "their interfaces, links and sides"),
	LIST("links", links, links, .help = "links by name: peer and contracted capacity"),
	LIST("services", services, services, .help = "services that people rely on"),
	LIST("darknets", darknets, darknets, .help = "own prefixes without any host"),
	LIST("shared", shared, shareds, .help = "addresses that stand for many parties"),
	LIST("proxy_lists", proxy_lists, proxy_lists, .help = "files of known open proxies"),
	LIST("never_touch", never_touch, nevers, .help = "no measure ever names these"),
	LIST("listen", listen, listens, .help = "UDP addresses for flow exports"),
	LIST("capture", captures, captures, .help = "network interfaces to capture on"),
	LIST("unwrap", unwrap, unwraps,
	     .help = "tunnels whose inside is counted instead of the packet that carries it"),
	{.name = "thresholds", .type = TYPE_MAP, FIELD(conf, thresholds), .map = &threshold_map,
	 .help = "from which rate on traffic to one host is an attack"},
	{.name = "limits", .type = TYPE_MAP, FIELD(conf, limits), .map = &limit_map,
	 .help = "what the program may use"},
	{.name = "keep", .type = TYPE_MAP, FIELD(conf, keep), .map = &keep_map,
	 .help = "how long each kind of data is kept"},
	{.name = "desk", .type = TYPE_MAP, FIELD(conf, desk), .map = &desk_map,
	 .help = "cases, and who may see what of them"},
	{.name = "duty", .type = TYPE_MAP, FIELD(conf, duty), .map = &duty_map,
	 .help = "who is paged, when, and how"},
	LIST("maintenance", maintenance, duty_maintenance, .help = "work that is announced"),
	LIST("heightened", heightened, duty_heightened,
	     .help = "times in which more is looked at"),
	{.name = "act", .type = TYPE_MAP, FIELD(conf, act), .map = &act_map,
	 .help = "where something can be done, and who may decide it"},
	{.name = "store", .type = TYPE_MAP, .map = &store_map, .help = "the database"},
	{.name = "place", .type = TYPE_MAP, .map = &place_map,
	 .help = "files that say where addresses belong"},
	{.name = "language", .type = TYPE_CHOICE, FIELD(conf, language), .words = language_words,
	 .dflt = "en", .help = "language of what is written for people"},
};

const struct conf_map conf_schema = {MAP("the configuration", top_keys)};
