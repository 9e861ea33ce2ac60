#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""What `decode` says about real exports, held against what other programs said about them.

corpus_flow.py COMMAND... runs COMMAND FILE... (the built `noroshi decode --json`, or test_decode) over
the corpus in NOROSHI_CORPUS and compares with logstash's expected events, telegraf's expected lines,
tshark's rows and pmacct's records. Exit status 77 (skipped) where the corpus is absent."""
import collections
import datetime
import glob
import ipaddress
import json
import os
import re
import subprocess
import sys
import unittest

COMMAND = []
CORPUS = os.environ.get('NOROSHI_CORPUS', os.path.join(
    os.path.dirname(os.path.dirname(os.path.abspath(__file__))), '..', 'shared', 'corpus'))
FLOW = os.path.join(CORPUS, '01-flow')


def decode(*files):
    """The rows of one run, and its exit status."""
    done = subprocess.run(COMMAND + list(files), capture_output=True, check=False, timeout=120)
    if done.returncode not in (0, 1):
        raise AssertionError(f'exit {done.returncode}: {done.stderr.decode()}')
    return [json.loads(line) for line in done.stdout.splitlines()], done


def moment(text):
    """RFC 3339 as milliseconds since 1970; what is finer is cut off."""
    whole, _, fraction = text.rstrip('Z').partition('.')
    at = datetime.datetime.strptime(whole, '%Y-%m-%dT%H:%M:%S').replace(
        tzinfo=datetime.timezone.utc)
    return int(at.timestamp()) * 1000 + int((fraction + '000')[:3])


# How an expected value is told by other programs: each turns (our row, our value) into theirs.
def same(_, value):
    return value


def text(_, value):
    return bytes.fromhex(value).rstrip(b'\0').decode('latin-1')


def number(_, value):
    return int(value, 16) if value else 0


def ipv4(_, value):
    return str(ipaddress.IPv4Address(bytes.fromhex(value)))


def real(_, value):
    import struct
    return struct.unpack('>f', bytes.fromhex(value))[0]


def uptime(row, value):
    """An uptime as the moment that the same datagram's header makes of it."""
    if 'uptime_ms' not in row['header']:
        return None
    return moment(row['header']['time']) - row['header']['uptime_ms'] + value


def logstash_uptime(row, value):
    """logstash's own arithmetic: when the milliseconds since the event reach below the header's
    fraction of a second (which is zero in v9) it fills them up with a second that it does not take
    from the seconds, so it is a second late. netflow9_test_nprobe_dpi.dat shows it: seconds 502
    (offset 8), uptime 91000 (offset 4) and FIRST_SWITCHED 101000 are 502 - 91 + 101 = 512 s, logstash
    has 513; netflow5.dat: 18:38:08.280 - 3381 ms + 2577 ms is 07.476, logstash has 08.476. telegraf
    agrees with ours. It also reads an uptime before the last wrap (offset 48: ffffffff) as 49.7 days
    ahead. The integer that was sent is ours in `elements`, so it is turned by their formula here."""
    at = moment(row['header']['time'])
    since = row['header']['uptime_ms'] - value
    fraction = at % 1000 - since % 1000
    late = fraction < 0 or row['header']['version'] == 9
    return at - since + (1000 if late else 0)


def acl(_, value):
    return '-'.join(value[i:i + 8] for i in range(0, 24, 8))


def label(_, value):
    bits = int(value, 16)
    return {'label': bits >> 4, 'experimental': bits >> 1 & 7, 'bottom_of_stack': bits & 1}


def status(_, value):
    return {'status': value >> 6, 'reason': value & 63}


def stack_bytes(_, value):
    """logstash reads element 201 (v9: bytes of the label stack) as one label of four bytes."""
    return {'label': value >> 12, 'experimental': value >> 9 & 7,
            'bottom_of_stack': value >> 8 & 1, 'ttl': value & 255}


def application(_, value):
    """logstash: the engine and the selector, with an empty byte string between dots."""
    return f'{int(value[:2], 16)}..{int(value[2:], 16)}'


# The one mapping table: logstash's name -> (ours, how to turn ours into theirs). A name that is not
# here is IANA's own. 'header.x' is a header field, 'set' the row's own.
LOGSTASH = {
    'version': ('header.version', same), 'flow_seq_num': ('header.sequence', same),
    'flow_records': ('header.count', same), 'flowset_id': ('set', same),
    'ipv4_src_addr': ('sourceIPv4Address', same), 'ipv4_dst_addr': ('destinationIPv4Address', same),
    'ipv4_next_hop': ('ipNextHopIPv4Address', same), 'l4_src_port': ('sourceTransportPort', same),
    'l4_dst_port': ('destinationTransportPort', same), 'protocol': ('protocolIdentifier', same),
    'in_bytes': ('octetDeltaCount', same), 'in_pkts': ('packetDeltaCount', same),
    'out_bytes': ('postOctetDeltaCount', same), 'out_pkts': ('postPacketDeltaCount', same),
    'input_snmp': ('ingressInterface', same), 'output_snmp': ('egressInterface', same),
    'tcp_flags': ('tcpControlBits', same), 'src_tos': ('ipClassOfService', same),
    'src_as': ('bgpSourceAsNumber', same), 'dst_as': ('bgpDestinationAsNumber', same),
    'src_mask': ('sourceIPv4PrefixLength', same), 'dst_mask': ('destinationIPv4PrefixLength', same),
    'first_switched': ('flowStartSysUpTime', logstash_uptime), 'last_switched': ('flowEndSysUpTime', logstash_uptime),
    'engine_type': ('engineType', same), 'engine_id': ('engineId', same),
    'sampling_algorithm': ('samplingAlgorithm', same), 'sampling_interval': ('samplingInterval', same),
    'direction': ('flowDirection', same), 'ip_protocol_version': ('ipVersion', same),
    'src_vlan': ('vlanId', same), 'dst_vlan': ('postVlanId', same),
    'in_src_mac': ('sourceMacAddress', same), 'in_dst_mac': ('destinationMacAddress', same),
    'out_src_mac': ('postSourceMacAddress', same), 'out_dst_mac': ('postDestinationMacAddress', same),
    'flow_sampler_id': ('samplerId', same), 'flows': ('deltaFlowCount', same),
    'flow_active_timeout': ('flowActiveTimeout', same),
    'flow_inactive_timeout': ('flowIdleTimeout', same),
    'total_bytes_exp': ('exportedOctetTotalCount', same),
    'total_pkts_exp': ('exportedMessageTotalCount', same),
    'total_flows_exp': ('exportedFlowRecordTotalCount', same),
    'scope_system': ('scopeSystem', same), 'if_desc': ('interfaceDescription', same),
    'if_name': ('interfaceName', same), 'conn_id': ('flowId', same),
    'icmp_type': ('icmpTypeIPv4', same), 'icmp_code': ('icmpCodeIPv4', same),
    'in_permanent_bytes': ('octetTotalCount', same),
    'src_traffic_index': ('srcTrafficIndex', same), 'dst_traffic_index': ('dstTrafficIndex', same),
    'forwarding_status': ('forwardingStatus', status), 'application_name': ('applicationName', same),
    'application_id': ('applicationId', application), 'fw_event': ('firewallEvent', same),
    'event_time_msec': ('observationTimeMilliseconds', same),
    'flow_start_msec': ('flowStartMilliseconds', same),
    'mpls_label_stack_octets': ('mplsLabelStackLength', stack_bytes),
    'xlate_src_addr_ipv4': ('0.40001', ipv4), 'xlate_dst_addr_ipv4': ('0.40002', ipv4),
    'xlate_src_port': ('0.40003', number), 'xlate_dst_port': ('0.40004', number),
    'fw_ext_event': ('0.33002', number), 'ingress_acl_id': ('0.33000', acl),
    'egress_acl_id': ('0.33001', acl), 'username': ('0.40000', text),
    'app_id': ('0.56701', text), 'user_id': ('0.56702', text),
    'nprobe_proto': ('0.57590', number), 'nprobe_proto_name': ('0.57591', text),
    'reverseIcmpTypeCodeIPv4': ('29305.32', same),
    'viptelaVPNId': ('41916.4321', number),
    'Timestamp': ('10704.1', number), 'LogOp': ('10704.2', number),
    'TrafficType': ('10704.3', number), 'FW_Rule': ('10704.4', text),
    'ServiceName': ('10704.5', text), 'Reason': ('10704.6', number),
    'ReasonText': ('10704.7', text), 'BindIPv4Address': ('10704.8', ipv4),
    'BindTransportPort': ('10704.9', number), 'ConnIPv4Address': ('10704.10', ipv4),
    'ConnTransportPort': ('10704.11', number), 'AuditCounter': ('10704.12', number),
    'proceraService': ('15397.1', text), 'proceraBaseService': ('15397.2', text),
    'proceraIncomingOctets': ('15397.3', number), 'proceraOutgoingOctets': ('15397.4', number),
    'proceraFlowBehavior': ('15397.15', text), 'proceraHttpUrl': ('15397.16', text),
    'proceraHttpContentType': ('15397.21', text), 'proceraHttpLocation': ('15397.22', text),
    'proceraHttpFileLength': ('15397.25', number), 'proceraSubscriberIdentifier': ('15397.28', text),
    'proceraContentCategories': ('15397.26', text), 'proceraTemplateName': ('15397.47', text),
    'ixiaL7AppId': ('3054.110', number), 'ixiaL7AppName': ('3054.111', text),
    'ixiaSrcLatitude': ('3054.126', real), 'ixiaSrcLongitude': ('3054.127', real),
    'ixiaDstLatitude': ('3054.146', real), 'ixiaDstLongitude': ('3054.147', real),
    'ixiaDeviceId': ('3054.160', number), 'ixiaDeviceName': ('3054.161', text),
    'ixiaBrowserId': ('3054.162', number), 'ixiaBrowserName': ('3054.163', text),
    'ixiaRevOctetDeltaCount': ('3054.176', number), 'ixiaRevPacketDeltaCount': ('3054.177', number),
    'ixiaHttpUserAgent': ('3054.182', text), 'ixiaHttpHostName': ('3054.183', text),
    'ixiaHttpUri': ('3054.184', text), 'ixiaSrcAsName': ('3054.186', text),
    'ixiaDstAsName': ('3054.187', text), 'ixiaLatency': ('3054.188', number),
    'ixiaThreatType': ('3054.192', text), 'ixiaThreatIPv4': ('3054.193', ipv4),
}
# Names that logstash gives to more than one element.
OTHERS = {'fw_event': ('0.40005', number), 'icmp_type': ('icmpTypeCodeIPv4', same)}

# Event counts that cannot hold, with the bytes that show it: the file holds several datagrams, taken
# one behind the other by `nc -l > file`, and logstash was given it as one and stopped at the end of
# the first. Its count and events are held against that first datagram.
FIRST_ONLY = {
    'IPFIX': 'ipfix.dat: version 10 and lengths at offsets 0 (484), 484 (64), 548 (240 to the end)',
    'Netflow 5 valid 01': 'netflow5.dat: version 5 at offsets 0 (count 2, 120 bytes), 120 (count 4), '
                          '336, 552, 768, 888, 1008, 1128, 1248, 1368, 1488, 1608',
}


def ours(row, name):
    if name == 'set':
        return row['set']
    if name.startswith('header.'):
        return row['header'].get(name[7:])
    value = row['elements'].get(name)
    return value[0] if isinstance(value, list) and value else value


def alike(row, key, expected):
    """None when our row says what logstash expected under @key, else a sentence."""
    name, turn = LOGSTASH.get(key, (key, same))
    value = ours(row, name)
    if value is None and key in OTHERS:
        name, turn = OTHERS[key]
        value = ours(row, name)
    if value is None:
        return f'{key}: no {name} in the row'
    got = turn(row, value)
    is_time = isinstance(expected, str) and re.match(r'\d{4}-\d\d-\d\dT', expected)
    if is_time and isinstance(got, str):
        got, expected = moment(got), moment(expected)
    elif is_time:
        expected = moment(expected)
    elif isinstance(got, str) and re.match(r'\d{4}-\d\d-\d\dT', got) and isinstance(expected, int):
        got = moment(got)
        if expected < 10 ** 11:
            got //= 1000
    elif isinstance(got, str) and isinstance(expected, str):
        expected = expected.rstrip('\0')
    if isinstance(expected, dict):
        got = {k: v for k, v in got.items() if k in expected}
        expected = {k: v for k, v in expected.items() if k in got}
    return None if got == expected else f'{key}: {got!r}, expected {expected!r}'


def unlike(row, event):
    return [why for key, value in event['netflow'].items() if (why := alike(row, key, value))]


class Logstash(unittest.TestCase):
    FOLDER = os.path.join(FLOW, 'logstash-plugins+logstash-codec-netflow')

    def check(self, name):
        with open(name, encoding='utf-8') as file:
            case = json.load(file)
        context = case['context'].strip()
        files = [os.path.join(self.FOLDER, 'spec/codecs', f)
                 for f in case['datagram_files_in_order']]
        rows, done = decode(*files)
        if context in FIRST_ONLY:
            rows = [r for r in rows if r['datagram'] == 1]
        if case['expected_event_count'] is not None:
            self.assertEqual(len(rows), case['expected_event_count'])
        for event in case['expected_events_subset']:
            whys = [unlike(row, event) for row in rows]
            self.assertTrue(any(not why for why in whys), min(whys, key=len, default='no rows'))
            best = next(r for r, why in zip(rows, whys) if not why)
            stamp = event.get('@timestamp')
            if stamp:
                self.assertEqual(moment(best['header']['time']), moment(stamp))
        for line in case['assertions']:
            found = re.match(r'expect\(decode\[(\d+)\]\.get\("\[netflow\]\[(\w+)\]"\)\)'
                             r'\.to eq\((.*)\)$', line)
            if found:
                self.assertIsNone(alike(rows[int(found[1])], found[2], json.loads(found[3])), line)
        if not case['expected_events_subset']:
            self.assertTrue(rows or done.stderr or self.only_templates(files), 'silently nothing')

    def only_templates(self, files):
        """A file may hold nothing but templates: decoding it again behind itself refuses nothing."""
        return decode(*files, *files)[1].returncode == 0

    def test_cases(self):
        names = sorted(glob.glob(os.path.join(self.FOLDER, 'expected', '*.json')))
        self.assertGreater(len(names), 20)
        for name in names:
            with self.subTest(os.path.basename(name)):
                self.check(name)


# telegraf's names; the value says what it stands for, or how to compare.
TELEGRAF = {
    'src': ('sourceIPv4Address', 'sourceIPv6Address'),
    'dst': ('destinationIPv4Address', 'destinationIPv6Address'),
    'src_port': ('sourceTransportPort',), 'dst_port': ('destinationTransportPort',),
    'in_bytes': ('octetDeltaCount',), 'in_packets': ('packetDeltaCount',),
    'in_total_bytes': ('octetTotalCount',), 'in_total_packets': ('packetTotalCount',),
    'first_switched': ('flowStartSysUpTime',), 'last_switched': ('flowEndSysUpTime',),
    'flow_start_ms': ('flowStartMilliseconds', 'flowStartSysUpTime'),
    'flow_end_ms': ('flowEndMilliseconds', 'flowEndSysUpTime'),
    'flow_start': ('flowStartSeconds',), 'flow_end': ('flowEndSeconds',),
    'in_snmp': ('ingressInterface', 'ifIndex'), 'out_snmp': ('egressInterface',),
    'src_mask': ('sourceIPv4PrefixLength',), 'dst_mask': ('destinationIPv4PrefixLength',),
    'next_hop': ('ipNextHopIPv4Address',), 'bgp_src_as': ('bgpSourceAsNumber',),
    'bgp_dst_as': ('bgpDestinationAsNumber',), 'vlan_src': ('vlanId',),
    'in_src_mac': ('sourceMacAddress',), 'out_dst_mac': ('postDestinationMacAddress',),
    'engine_type': ('engineType',), 'engine_id': ('engineId',),
    'sampling_interval': ('samplingInterval',), 'protocol': ('protocolIdentifier',),
    'tcp_flags': ('tcpControlBits',), 'src_tos': ('ipClassOfService',),
    'dst_tos': ('postIpClassOfService',), 'flow_end_reason': ('flowEndReason',),
    'ip_version': ('ipVersion', 'header.agent'), 'icmp_type': ('icmpTypeCodeIPv4',),
    'icmp_code': ('icmpTypeCodeIPv4',), 'fwd_status': ('forwardingStatus',),
    'fwd_reason': ('forwardingStatus',), 'seq_number': ('sampleSequenceNumber', 'header.sequence'),
    'sys_uptime': ('header.uptime_ms',), 'flows': ('header.count',), 'agent_ip': ('header.agent',),
    'agent_subid': ('domain',), 'out_queue': ('egressQueue',), 'reason': ('dropReason',),
    'sampling_drops': ('drops',), 'direction': ('flowDirection', 'kind'),
    'interface': ('ifIndex',), 'interface_type': ('ifType',), 'speed': ('ifSpeed',),
    'status': ('ifStatus',), 'port_name': ('interfaceName',), 'promiscuous': ('ifPromiscuousMode',),
    'in_unicast_packets_total': ('ifInUcastPkts',), 'in_mcast_packets_total': ('ifInMulticastPkts',),
    'in_broadcast_packets_total': ('ifInBroadcastPkts',), 'in_dropped_packets': ('ifInDiscards',),
    'in_errors': ('ifInErrors',), 'in_unknown_protocol': ('ifInUnknownProtos',),
    'out_bytes': ('ifOutOctets', 'postOctetDeltaCount'),
    'out_unicast_packets_total': ('ifOutUcastPkts',),
    'out_mcast_packets_total': ('ifOutMulticastPkts',),
    'out_broadcast_packets_total': ('ifOutBroadcastPkts',), 'out_dropped_packets': ('ifOutDiscards',),
    'out_errors': ('ifOutErrors',),
    'errors_alignment': ('dot3StatsAlignmentErrors',), 'errors_fcs': ('dot3StatsFCSErrors',),
    'collision_frames_single': ('dot3StatsSingleCollisionFrames',),
    'collision_frames_multi': ('dot3StatsMultipleCollisionFrames',),
    'errors_sqetest': ('dot3StatsSQETestErrors',), 'deferred': ('dot3StatsDeferredTransmissions',),
    'collisions_late': ('dot3StatsLateCollisions',),
    'collisions_excessive': ('dot3StatsExcessiveCollisions',),
    'errors_internal_mac_tx': ('dot3StatsInternalMacTransmitErrors',),
    'errors_carrier_sense': ('dot3StatsCarrierSenseErrors',),
    'errors_frame_too_long': ('dot3StatsFrameTooLongs',),
    'errors_internal_mac_rx': ('dot3StatsInternalMacReceiveErrors',),
    'errors_symbols': ('dot3StatsSymbolErrors',),
    'event_time': ('observationTimeSeconds',), 'exporter': ('exporterIPv4Address',),
    'exporting_pid': ('exportingProcessId',), 'ignored_packet_total': ('ignoredPacketTotalCount',),
    'notsent_packet_total': ('notSentPacketTotalCount',),
    'observation_domain_id': ('observationDomainId',),
    'dropped_packets_total': ('droppedPacketTotalCount',), 'padding': ('paddingOctets',),
    'system_init_ms': ('systemInitTimeMilliseconds',),
    'total_flows_exported': ('exportedFlowRecordTotalCount',),
    # ntop's own (telegraf.conf of the case names the mapping file)
    'client_nw_latency_ms': ('35632.123',), 'server_nw_latency_ms': ('35632.124',),
    'app_latency_ms': ('35632.125',), 'l7_proto': ('35632.118',),
    'retransmitted_in_bytes': ('35632.109', '35632.127'), 'retransmitted_in_pkts': ('35632.109', '35632.127'),
    'retransmitted_out_bytes': ('35632.110', '35632.128'),
    'retransmitted_out_pkts': ('35632.110', '35632.128'),
    'ssl_server_name': ('35632.188',), 'ja3c_hash': ('35632.489',), 'ja3s_hash': ('35632.490',),
    'ssl_unsafe_cipher': ('35632.494', '35632.493', '35632.495'), 'ssl_cipher': ('35632.493', '35632.494', '35632.495'),
    'ssl_version': ('35632.495', '35632.493'),
}
PROTOCOLS = {1: 'icmp', 6: 'tcp', 17: 'udp', 58: 'ipv6-icmp'}
REASONS = {1: 'idle timeout', 2: 'active timeout', 3: 'end of flow', 4: 'forced end',
           5: 'lack of resources'}
STATUS = {3: 'up', 2: 'up', 1: 'up', 0: 'down'}
FORWARDING = {0: 'unknown', 1: 'forwarded', 2: 'dropped', 3: 'consumed'}


def flags_text(value):
    """telegraf writes the flags as letters from CWR down to FIN."""
    return ''.join(c if value >> (7 - i) & 1 else '.' for i, c in enumerate('CEUAPRSF'))


def telegraf_value(key, row, name, value):
    """What telegraf would write for our value."""
    if key == 'protocol':
        return PROTOCOLS.get(value, str(value))
    if key == 'tcp_flags':
        return flags_text(value)
    if key in ('src_tos', 'dst_tos', 'engine_id') and isinstance(value, int):
        return f'0x{value:02x}'
    if key == 'engine_type':
        return str(value)
    if key == 'flow_end_reason':
        return REASONS[value]
    if key == 'ip_version':
        return f'IPv{value}' if isinstance(value, int) else 'IPv6' if ':' in value else 'IPv4'
    if key == 'icmp_type':
        return value >> 8
    if key == 'icmp_code':
        return value & 255
    if key == 'fwd_status':
        return FORWARDING[value >> 6]
    if key == 'fwd_reason':
        return 'unknown' if value == 0 else value & 63
    if key == 'direction' and name == 'kind':
        return 'ingress'
    if key == 'status':
        return STATUS[value & 3]
    if name.endswith('SysUpTime') and key.endswith('_ms'):
        return uptime(row, value)
    if key == 'padding':
        return '0x' + value
    if key in ('flow_start', 'flow_end', 'event_time'):
        return moment(value) // 1000
    if key.endswith('_ms') and isinstance(value, str) and 'T' in value:
        return moment(value)
    if name.startswith('35632.'):
        return text(row, value) if key in ('ssl_server_name', 'ja3c_hash', 'ja3s_hash') \
            else number(row, value)
    return value


def telegraf_line(line):
    """One line of influx protocol as {field: value}; tags and the time of receipt are left out."""
    fields = line.split(' ', 1)[1]
    pairs = re.findall(r'(\w+)=("(?:[^"\\]|\\.)*"|[^,\s]+)', fields)
    return {k: v[1:-1] if v.startswith('"') else int(v.rstrip('ui')) for k, v in pairs}


def telegraf_unlike(row, want):
    whys = []
    for key, value in want.items():
        own = re.match(r'type_(\d+)_(rev_)?(\d+)$', key)
        if own:
            # In options templates telegraf leaves the enterprise bit (0x8000) in the number.
            number_ = int(own[3]) & 0x7fff | (0x4000 if own[2] else 0)
            got = row['elements'].get(f'{own[1]}.{number_}')
            theirs = int(value, 16) if value else 0
            mine = got if isinstance(got, int) else int(got, 16) if got else 0
            if got is None or theirs != mine:
                whys.append(f'{key}: {got!r}, expected {value!r}')
            continue
        if key == 'type':  # the interface type in words
            continue
        names = TELEGRAF.get(key)
        if not names:
            whys.append(f'{key}: not in the mapping table')
            continue
        got = []
        for name in names:
            raw = row[name] if name in ('domain', 'kind') else ours(row, name)
            if raw is not None:
                got.append(telegraf_value(key, row, name, raw))
        if key == 'in_bytes' and 'ifInOctets' in row['elements']:
            got = [row['elements']['ifInOctets']]
        if value not in got:
            whys.append(f'{key}: {got!r}, expected {value!r}')
    return whys


class Telegraf(unittest.TestCase):
    FOLDER = os.path.join(FLOW, 'influxdata+telegraf/plugins/inputs/netflow/testcases')

    def check(self, folder):
        with open(os.path.join(folder, 'expected.out'), encoding='utf-8') as file:
            wants = [telegraf_line(line) for line in file if line.strip()]
        rows, _ = decode(*sorted(glob.glob(os.path.join(folder, '*.bin'))))
        self.assertEqual(len(rows), len(wants))
        left = list(rows)
        for want in wants:
            whys = [telegraf_unlike(row, want) for row in left]
            hit = next((i for i, why in enumerate(whys) if not why), None)
            self.assertIsNotNone(hit, min(whys, key=len, default='no rows left'))
            left.pop(hit)

    def test_cases(self):
        names = sorted(glob.glob(os.path.join(self.FOLDER, '*', 'expected.out')))
        self.assertGreater(len(names), 5)
        for name in names:
            with self.subTest(os.path.basename(os.path.dirname(name))):
                self.check(os.path.dirname(name))


def split(cell):
    return [v for v in cell.split(',') if v]


class Tshark(unittest.TestCase):
    """Each row of tshark is one frame with lists per column; ours are records. Compared as multisets
    per frame. tshark leaves out the addresses of a record when it shows several of its layers, so the
    columns are compared one by one and not as tuples."""
    LIST = os.path.join(FLOW, 'DERIVED-tshark-decode.dev.json')
    COLUMNS = {'srcport': 'sourceTransportPort', 'dstport': 'destinationTransportPort',
               'protocol': 'protocolIdentifier', 'packets': 'packetDeltaCount',
               'octets': 'octetDeltaCount'}
    # (file, frame): why tshark's row cannot hold.
    GRAYLOG9 = 'Graylog2+graylog-plugin-netflow/src/test/resources/netflow-data/netflow9.pcap'
    WRONG = {
        (GRAYLOG9, '1'):
            'the header says one record (offset 2: 0001) but five sets follow, at offsets 20, 80, 140, '
            '162 and 178, whose lengths add up to the datagram; tshark stops after the first',
        (GRAYLOG9, '7'):
            'the set at offset 104 has template 2048, which frame 1 told at offset 80',
        (GRAYLOG9, '9'):
            'the set at offset 20 has template 2048, which frame 1 told at offset 80',
    }

    @staticmethod
    def values(rows, name):
        """All values of an element; one that repeats in a record gives all of them."""
        out = []
        for row in rows:
            value = row['elements'].get(name)
            out += value if isinstance(value, list) else [] if value is None else [value]
        return out

    def flow_row(self, want, rows, where):
        # Kept: data only, since tshark shows no columns for options.
        data = [r for r in rows if r['kind'] in ('data', 'options')]
        for column, name in self.COLUMNS.items():
            got = collections.Counter(str(v) for v in self.values(data, name))
            theirs = collections.Counter(split(want[column]))
            self.assertEqual(theirs, got, f'{where} {column}')
        for side, v4, v6 in (('srcaddr', 'sourceIPv4Address', 'sourceIPv6Address'),
                             ('dstaddr', 'destinationIPv4Address', 'destinationIPv6Address')):
            for column, name in ((side, v4), (side + 'v6', v6)):
                got = collections.Counter(self.values(data, name))
                theirs = collections.Counter(str(ipaddress.ip_address(v))
                                             for v in split(want[column]))
                self.assertEqual(theirs, got, f'{where} {column}')

    def sflow_row(self, want, rows, where):
        self.assertEqual(want['sflow_samples'], str(len(rows)) if rows else '', where)
        self.assertEqual(split(want['sflow_sampletypes']), [str(r['set']) for r in rows], where)
        for column, kind in (('sflow_flow_formats', 'sample'), ('sflow_counter_formats', 'counters')):
            got = [str(v) for v in self.values([r for r in rows if r['kind'] == kind], 'recordFormat')]
            self.assertEqual(split(want[column]), got, f'{where} {column}')
        for column, end in (('ip.src(all layers)', 'src'), ('ip.dst(all layers)', 'dst')):
            inner = collections.Counter(split(want[column])[1:])
            got = collections.Counter(r['flow'][end] for r in rows
                                      if r['flow'] and ':' not in r['flow'][end])
            self.assertEqual(inner, got, f'{where} {column}')

    @staticmethod
    def is_export(want):
        return want['version'] or want['sflow_agent']

    def check(self, name, facts):
        columns = facts['columns'].split('|')
        wants = [dict(zip(columns, row.split('|'))) for row in facts['tshark_rows']]
        rows, _ = decode(os.path.join(FLOW, name))
        frames = collections.defaultdict(list)
        for row in rows:
            frames[row['datagram']].append(row)
        for i, want in enumerate((w for w in wants if self.is_export(w)), 1):
            if (name, want['frame']) in self.WRONG:
                continue
            check = self.sflow_row if want['sflow_agent'] else self.flow_row
            check(want, frames[i], f'frame {want["frame"]}')

    def test_rows(self):
        with open(self.LIST, encoding='utf-8') as file:
            facts = json.load(file)
        self.assertGreater(len(facts), 30)
        for name, fact in sorted(facts.items()):
            with self.subTest(name):
                self.check(name, fact)


class Pairs(unittest.TestCase):
    """A file without its template counts that, and decodes behind its *-template file."""
    FOLDER = os.path.join(FLOW, 'akvorado+akvorado/outlet/flow/decoder/netflow/testdata')
    PAIRS = (('template.pcap', 'data.pcap'), ('options-template.pcap', 'options-data.pcap'),
             ('datalink-template.pcap', 'datalink-data.pcap'),
             ('icmp-template.pcap', 'icmp-data.pcap'),
             ('samplingrate-template.pcap', 'samplingrate-data.pcap'),
             ('ipfixprobe-templates.pcap', 'ipfixprobe-data.pcap'),
             ('ethernet-over-mpls-with-control-word-template.pcap',
              'ethernet-over-mpls-with-control-word-data.pcap'))

    def test_pairs(self):
        for template, data in self.PAIRS:
            with self.subTest(data):
                files = [os.path.join(self.FOLDER, f) for f in (template, data)]
                rows, done = decode(files[1])
                self.assertEqual(rows, [])
                self.assertIn(b'no-template', done.stderr)
                rows, done = decode(*files)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertTrue([r for r in rows if r['datagram'] > 1])

    def test_packets_in_records(self):
        """IPFIX data-link frames: the record's flow is the frame's innermost packet."""
        for template, data in (self.PAIRS[2], self.PAIRS[6]):
            rows, _ = decode(*(os.path.join(self.FOLDER, f) for f in (template, data)))
            flows = [r['flow'] for r in rows if r['kind'] == 'data']
            self.assertTrue(flows and all(flows))

    def test_sampling(self):
        """An option told for a sampler counts for the data that name it, in the other datagram."""
        names = ('options-template.pcap', 'options-data.pcap', 'template.pcap', 'data.pcap')
        rows, _ = decode(*(os.path.join(self.FOLDER, f) for f in names))
        told = {r['elements'].get('samplerId', r['elements'].get('selectorId')):
                r['elements'].get('samplerRandomInterval', r['elements'].get('samplingInterval'))
                for r in rows if r['kind'] == 'options'}
        self.assertTrue(told)
        for row in rows:
            sampler = row['elements'].get('samplerId')
            if row['kind'] == 'data' and row['flow'] and told.get(sampler):
                self.assertEqual(row['flow']['sampling'],
                                 {'factor': told[sampler], 'known': True})


class Pmacct(unittest.TestCase):
    """pmacct's records are sums per key; ours, summed over the innermost addresses and protocol, are
    the same packets and bytes. Its own multiplication by sampling rates is left out."""
    FOLDER = os.path.join(FLOW, 'pmacct+pmacct/tests')
    NUMBERS = {'tcp': 6, 'udp': 17, 'icmp': 1, 'ipv6-icmp': 58, 'igmp': 2, 'ospf': 89, 'hopopt': 0,
               'vrrp': 112, 'pim': 103, 'sctp': 132, 'gre': 47, 'esp': 50, 'ip': 0}
    RENORMALISED = {'102-NFv9-CISCO-f2rd-pretag-sampling-reload/output-flow-01.json':
                    'written after sampling-01.map (id=1000) was loaded with nfacctd_renormalize: counts of '
                    '5 in the records are 5000 in it'}

    def theirs(self, name):
        sums = collections.Counter()
        with open(name, encoding='utf-8') as file:
            for line in file:
                record = json.loads(line)
                if 'ip_src' not in record:
                    continue
                proto = self.NUMBERS.get(record['ip_proto'], record['ip_proto'])
                key = (record['ip_src'], record['ip_dst'], int(proto))
                sums[key + ('packets',)] += record['packets']
                sums[key + ('bytes',)] += record['bytes']
        return sums

    @staticmethod
    def ours(rows):
        sums = collections.Counter()
        for row in rows:
            for flow in (row['flow'], row.get('reverse')):
                for what in ('packets', 'bytes') if flow else ():
                    sums[flow['src'], flow['dst'], flow['proto'], what] += flow[what]
        return sums

    def test_sums(self):
        names = sorted(glob.glob(os.path.join(self.FOLDER, '*', 'output-flow-*.json')))
        self.assertGreater(len(names), 7)
        for name in names:
            if os.path.relpath(name, self.FOLDER) in self.RENORMALISED:
                continue
            with self.subTest(os.path.relpath(name, self.FOLDER)):
                captures = glob.glob(os.path.join(os.path.dirname(name), 'traffic-*.pcap'))
                rows, _ = decode(*sorted(captures))
                self.assertEqual(self.ours(rows), self.theirs(name))


if __name__ == '__main__':
    if not os.path.isdir(FLOW):
        print(f'SKIP: no corpus at {FLOW}')
        sys.exit(77)
    split_at = sys.argv.index('--') if '--' in sys.argv else len(sys.argv)
    COMMAND = sys.argv[1:split_at]
    unittest.main(argv=[sys.argv[0]] + sys.argv[split_at + 1:], verbosity=1)
