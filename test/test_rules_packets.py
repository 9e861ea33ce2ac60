#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Rules proven with real packets: an attacker, a client and a victim around a router, all in network
namespaces. Rules are loaded into the router's nftables, as text of noroshi's or as FlowSpec that went from
ExaBGP to ExaBGP, and what reaches the victim is held against what rule_matches() says.

test_rules_packets.py RULE_PACKETS. Needs root and nft; the FlowSpec part exabgp and bird too."""
import collections
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

import rule_world
from rule_world import icmp, ip_packet, mark, tcp, udp

RULE_PACKETS = os.path.abspath(sys.argv[1])
HERE = os.path.dirname(os.path.abspath(__file__))
SYN, ACK, RST, FIN = 2, 16, 4, 1
RULES, PACKETS = 200, 60        # of one round; every packet has a number of 16 bits
ROUNDS = 3
WHY_NOT = rule_world.can() or (None if shutil.which('nft') else 'nft is not there')

# (rule, from whom, dropped?, source, destination, protocol, payload, how it is made)
A, B, A6, B6 = '192.0.2.66', '192.0.2.200', '2a01:10::66', '2a01:10::200'
CASES = [
    ('syn-flood', 'attacker', True, A, '198.51.100.80', 6, tcp(1024, 80, SYN), {}),
    ('syn-flood', 'attacker', True, A, '198.51.100.80', 6, tcp(0, 443, SYN | 64 | 128), {}),
    ('syn-flood', 'client', False, B, '198.51.100.80', 6, tcp(443, 80, SYN | ACK), {}),
    ('syn-flood', 'client', False, B, '198.51.100.80', 6, tcp(1024, 80, ACK), {}),
    ('syn-flood', 'client', False, B, '198.51.100.80', 6, tcp(1024, 443, ACK | 8, 100), {}),
    ('syn-flood', 'client', False, B, '198.51.100.80', 6, tcp(1024, 80, RST), {}),
    ('syn-flood', 'client', False, B, '198.51.100.80', 6, tcp(1024, 80, FIN | ACK), {}),
    ('syn-flood', 'client', False, B, '198.51.100.80', 6, tcp(1024, 22, SYN), {}),
    ('syn-flood', 'client', False, B, '198.51.100.81', 6, tcp(1024, 80, SYN), {}),
    ('syn-flood', 'client', False, B, '198.51.100.80', 6, tcp(1024, 80, SYN), {'offset': 64}),
    ('dns-amplification', 'attacker', True, A, '198.51.100.53', 17, udp(53, 4444, 1400), {}),
    ('dns-amplification', 'attacker', True, A, '198.51.100.53', 17, udp(53, 4444, 1400), {'more': True}),
    ('dns-amplification', 'attacker', True, A, '198.51.100.53', 17, udp(53, 4444, 513 - 28), {}),
    ('dns-amplification', 'client', False, B, '198.51.100.53', 17, udp(53, 4444, 512 - 28), {}),
    ('dns-amplification', 'client', False, B, '198.51.100.53', 17, udp(4444, 53, 1400), {}),
    ('dns-amplification', 'client', False, B, '198.51.100.53', 6, tcp(53, 4444, ACK, 1400), {}),
    ('ntp-amplification', 'attacker', True, A, '198.51.100.123', 17, udp(123, 80, 440), {}),
    ('ntp-amplification', 'client', False, B, '198.51.100.123', 17, udp(123, 80, 48), {}),
    ('memcached-amplification', 'attacker', True, A, '198.51.100.111', 17, udp(11211, 80, 1400), {}),
    ('memcached-amplification', 'client', False, B, '198.51.100.111', 17, udp(80, 11211, 1400), {}),
    ('many-reflectors', 'attacker', True, A, '198.51.100.9', 17, udp(1900, 50000, 300), {}),
    ('many-reflectors', 'attacker', True, A, '198.51.100.9', 17, udp(389, 1024, 300), {}),
    ('many-reflectors', 'client', False, B, '198.51.100.9', 17, udp(53, 53, 300), {}),
    ('many-reflectors', 'client', False, B, '198.51.100.9', 17, udp(443, 50000, 300), {}),
    ('later-fragments', 'attacker', True, A, '198.51.100.60', 17, b'x' * 800, {'offset': 1480}),
    ('later-fragments', 'attacker', True, A, '198.51.100.60', 17, b'x' * 800,
     {'offset': 64, 'more': True}),
    ('later-fragments', 'client', False, B, '198.51.100.60', 17, udp(53, 80, 800), {'more': True}),
    ('later-fragments', 'client', False, B, '198.51.100.60', 17, udp(53, 80, 800), {}),
    ('later-fragments', 'client', False, B, '198.51.100.60', 6, b'x' * 800, {'offset': 1480}),
    ('all-fragments', 'attacker', True, A, '198.51.100.61', 17, udp(53, 80, 800), {'more': True}),
    ('all-fragments', 'attacker', True, A, '198.51.100.61', 6, b'x' * 800, {'offset': 1480}),
    ('all-fragments', 'client', False, B, '198.51.100.61', 17, udp(53, 80, 800), {}),
    ('no-later-fragments', 'attacker', True, A, '198.51.100.62', 17, udp(53, 80, 800), {}),
    ('no-later-fragments', 'client', False, B, '198.51.100.62', 17, b'x' * 800, {'offset': 1480}),
    ('icmp-echo', 'attacker', True, A, '198.51.100.70', 1, icmp(8, 0, 1200), {}),
    ('icmp-echo', 'client', False, B, '198.51.100.70', 1, icmp(8, 0, 56), {}),
    ('icmp-echo', 'client', False, B, '198.51.100.70', 1, icmp(0, 0, 1200), {}),
    ('icmp-echo', 'client', False, B, '198.51.100.70', 1, icmp(3, 4, 1200), {}),
    *[('carpet', 'attacker', True, A, f'203.0.113.{i}', 17, udp(5000, p, 900), {})
      for i, p in ((0, 80), (77, 8080), (128, 1023), (255, 0))],
    ('carpet', 'client', False, B, '203.0.113.77', 17, udp(5000, 1024, 900), {}),
    ('carpet', 'client', False, B, '203.0.113.77', 6, tcp(5000, 80, SYN), {}),
    ('protocol-flood', 'attacker', True, A, '198.51.100.47', 47, b'\0' * 500, {}),
    ('protocol-flood', 'client', False, B, '198.51.100.47', 50, b'\0' * 500, {}),
    ('two-protocols', 'attacker', True, A, '198.51.100.48', 17, udp(1, 65535, 10), {}),
    ('two-protocols', 'attacker', True, A, '198.51.100.48', 6, tcp(1, 65535, ACK), {}),
    ('two-protocols', 'client', False, B, '198.51.100.48', 6, tcp(1, 65534, ACK), {}),
    ('odd-flags', 'attacker', True, A, '198.51.100.81', 6, tcp(1, 22, SYN | FIN), {}),
    ('odd-flags', 'attacker', True, A, '198.51.100.81', 6, tcp(1, 22, 0), {}),
    ('odd-flags', 'client', False, B, '198.51.100.81', 6, tcp(1, 22, SYN), {}),
    ('marked', 'attacker', True, A, '198.51.100.82', 17, udp(1, 2, 10), {'tos': 46 << 2 | 1}),
    ('marked', 'client', False, B, '198.51.100.82', 17, udp(1, 2, 10), {'tos': 11 << 2}),
    ('one-source', 'attacker', True, B, '198.51.100.83', 6, tcp(1, 443, ACK), {}),
    ('one-source', 'client', False, A, '198.51.100.83', 6, tcp(1, 443, ACK), {}),
    ('everything', 'attacker', True, A, '198.51.100.90', 17, b'x' * 80, {'offset': 80}),
    ('everything', 'attacker', True, A, '198.51.100.90', 1, icmp(8, 0, 8), {}),
    ('everything', 'client', False, B, '198.51.100.91', 1, icmp(8, 0, 8), {}),
    ('v6-syn-flood', 'attacker', True, A6, '2001:db8:5::80', 6, tcp(1, 443, SYN), {}),
    ('v6-syn-flood', 'client', False, B6, '2001:db8:5::80', 6, tcp(1, 443, SYN | ACK), {}),
    ('v6-syn-flood', 'client', False, B6, '2001:db8:5::80', 6, tcp(1, 443, ACK, 50), {}),
    ('v6-dns-amplification', 'attacker', True, A6, '2001:db8:5::53', 17, udp(53, 80, 1200), {}),
    ('v6-dns-amplification', 'attacker', True, A6, '2001:db8:5::53', 17, udp(53, 80, 1200),
     {'more': True}),
    ('v6-dns-amplification', 'client', False, B6, '2001:db8:5::53', 17, udp(53, 80, 512 - 48), {}),
    ('v6-dns-amplification', 'client', False, B6, '2001:db8:5::53', 17, udp(53, 80, 1200),
     {'offset': 80}),
    ('v6-icmp-echo', 'attacker', True, A6, '2001:db8:5::70', 58, icmp(128, 0, 1000), {}),
    ('v6-icmp-echo', 'client', False, B6, '2001:db8:5::70', 58, icmp(129, 0, 1000), {}),
    ('v6-later-fragments', 'attacker', True, A6, '2001:db8:5::60', 17, b'x' * 800, {'offset': 1440}),
    ('v6-later-fragments', 'client', False, B6, '2001:db8:5::60', 17, udp(1, 2, 800), {'more': True}),
    ('v6-later-fragments', 'client', False, B6, '2001:db8:5::60', 17, udp(1, 2, 800), {}),
    ('v6-no-later-fragments', 'attacker', True, A6, '2001:db8:5::62', 17, udp(1, 2, 80), {}),
    ('v6-no-later-fragments', 'attacker', True, A6, '2001:db8:5::62', 17, udp(1, 2, 80), {'more': True}),
    ('v6-no-later-fragments', 'client', False, B6, '2001:db8:5::62', 17, b'x' * 80, {'offset': 80}),
    ('v6-carpet', 'attacker', True, A6, '2001:db8:5:1::1', 17, udp(1, 80, 80), {}),
    ('v6-carpet', 'attacker', True, A6, '2001:db8:5:1:ffff::', 17, udp(1, 1023, 80), {}),
    ('v6-carpet', 'client', False, B6, '2001:db8:5:2::', 17, udp(1, 80, 80), {}),
    ('v6-carpet', 'client', False, B6, '2001:db8:5:1::1', 17, udp(1, 1024, 80), {}),
    ('v6-marked', 'attacker', True, A6, '2001:db8:5::82', 17, udp(1, 2, 80), {'tos': 46 << 2}),
    ('v6-marked', 'client', False, B6, '2001:db8:5::82', 17, udp(1, 2, 80), {'tos': 45 << 2}),
]


def rules(*arguments):
    out = subprocess.run([RULE_PACKETS, *map(str, arguments)], check=True, capture_output=True).stdout
    return [json.loads(line) for line in out.splitlines()]


class Base(unittest.TestCase):
    """A world for each class."""
    world = None

    @classmethod
    def setUpClass(cls):
        if WHY_NOT:
            raise unittest.SkipTest(WHY_NOT)
        cls.world = rule_world.World(cls.__name__.lower())

    @classmethod
    def tearDownClass(cls):
        if cls.world:
            cls.world.end()

    def made(self):
        """CASES as packets, each with its number."""
        return [(where, ip_packet(src, dst, protocol, payload, n, **how))
                for n, (_, where, _, src, dst, protocol, payload, how) in enumerate(CASES, 1)]

    def hold_cases(self):
        packets = self.made()
        came = collections.Counter(mark(p) for p in self.world.pass_through(packets))
        for case, (_, packet) in zip(CASES, packets):
            self.assertEqual(came[mark(packet)], 0 if case[2] else 1, case)

    def hold_random(self, made, said):
        """Every packet of rules that are @said passes exactly where the rule does not match it."""
        packets = [('attacker', bytes.fromhex(h)) for r in made if r['name'] in said for h, _ in r['packets']]
        came = collections.Counter(mark(p) for p in self.world.pass_through(packets))
        wrong, matched = [], 0
        for rule in made:
            for h, matches in rule['packets'] if rule['name'] in said else []:
                got = came[mark(bytes.fromhex(h))]
                matched += matches
                if got != (0 if matches else 1):
                    wrong.append(f"{rule['rule']}\n  {rule['said']['nft']}  {h[:160]}: "
                                 f"{'should be dropped' if matches else f'came {got} times'}")
        self.assertEqual(wrong[:3], [], f'{len(wrong)} of {len(packets)}')
        self.assertGreater(matched, len(packets) // 5)
        self.assertGreater(len(packets) - matched, len(packets) // 5)
        return len(packets), matched


class Nft(Base):
    """What noroshi says for nftables, loaded as it is."""

    def tearDown(self):
        self.world.unload()

    def test_all_pass_without_rules(self):
        packets = self.made()
        came = collections.Counter(mark(p) for p in self.world.pass_through(packets))
        for case, (_, packet) in zip(CASES, packets):
            self.assertEqual(came[mark(packet)], 1, case)

    def test_kinds(self):
        said = {r['name']: r['said']['nft'] for r in rules('named') if 'nft' in r['said']}
        self.assertEqual(set(said) - {c[0] for c in CASES}, {'limit', 'v6-limit'})
        self.world.load(said.values())
        self.hold_cases()

    def test_random(self):
        total = collections.Counter()
        for seed in range(1, ROUNDS + 1):
            made = rules('random', seed, RULES, PACKETS)
            said = {r['name']: r['said']['nft'] for r in made if 'nft' in r['said']}
            self.assertGreater(len(said), RULES * 9 // 10)
            self.world.load(said.values())
            packets, matched = self.hold_random(made, said)
            total.update(rules=len(said), packets=packets, matched=matched)
        print(f'nft: {dict(total)}', file=sys.stderr)

    def limit(self, name, src, dst):
        """A second's worth passes at once, then as much as the rate lets through."""
        said = {r['name']: r['said']['nft'] for r in rules('named')
                if r['name'] == name}
        self.world.load(said.values())
        size, count = 1000, 4000
        head = 48 if ':' in dst else 28
        packet = ip_packet(src, dst, 17, udp(1, 2, size - head), 1)
        other = ip_packet(src, dst, 6, tcp(1, 2, ACK), 2)
        began = time.monotonic()
        came = collections.Counter(mark(p) for p in self.world.pass_through(
            [('attacker', packet)] * count + [('client', other)] * 20))
        took = time.monotonic() - began
        passed = came[mark(packet)] * size
        print(f'{name}: {passed} of {size * count} octets in {took:.2f} s', file=sys.stderr)
        self.assertGreater(passed, 950000)
        self.assertLess(passed, min(1e6 * (1 + took) * 1.05, size * count * 0.9))
        self.assertEqual(came[mark(other)], 20)

    def test_limit(self):
        self.limit('limit', A, '198.51.100.84')

    def test_limit_v6(self):
        self.limit('v6-limit', A6, '2001:db8:5::84')

    def test_a_wrong_rule_is_seen(self):
        """SYN without "not ACK" drops what servers answer: this test would fail on it."""
        self.world.load(['ip daddr 198.51.100.80 tcp flags & syn == syn drop'])
        with self.assertRaises(AssertionError):
            self.hold_cases()


FEEDER = '''import sys
with open(sys.argv[1]) as lines, open(sys.argv[2], 'w', buffering=1) as said:
    for line in lines:
        sys.stdout.write(line)
        sys.stdout.flush()
        while True:
            answer = sys.stdin.readline()
            if not answer or answer.strip() in ('done', 'error'):
                break
        said.write(answer.strip() + ' ' + line)
    said.write('end\\n')
for line in sys.stdin:
    pass
'''

SPEAKER = '''process feed {
	run %(python)s %(folder)s/feeder.py %(folder)s/%(name)s.commands %(folder)s/%(name)s.said;
	encoder json;
}
neighbor 10.77.2.1 {
	router-id 10.77.2.2;
	local-address 10.77.2.2;
	local-as 64500;
	peer-as 64501;
	group-updates false;
	family {
		ipv4 flow;
		ipv6 flow;
	}
	api {
		processes [ feed ];
		neighbor-changes;
	}
}
'''

RECEIVER = '''process apply {
	run %(python)s %(here)s/flowspec_apply.py --status %(folder)s/status.json;
	encoder json;
}
neighbor 10.77.2.2 {
	router-id 10.77.2.1;
	local-address 10.77.2.1;
	local-as 64501;
	peer-as 64500;
	group-updates false;
	passive;
	family {
		ipv4 flow;
		ipv6 flow;
	}
	api {
		processes [ apply ];
		neighbor-changes;
		receive {
			parsed;
			update;
		}
	}
}
'''


BIRD = '''router id 10.77.2.1;
flow4 table fs4;
flow6 table fs6;
protocol device {}
protocol bgp hub {
	local 10.77.2.1 as 64501;
	neighbor 10.77.2.2 as 64500;
	passive;
	flow4 { table fs4; import all; export none; };
	flow6 { table fs6; import all; export none; };
}
'''
DROP, MEGABYTE = '0x80060000, 0x0', '0x80060000, 0x49742400'
BIRD_READS = {
    '198.51.100.80/32': ('proto 6; dport 80,443; tcp flags 0x2/0x2 && !0x10/0x10;', DROP),
    '198.51.100.53/32': ('proto 17; sport 53; length >= 513;', DROP),
    '198.51.100.123/32': ('proto 17; sport 123; length 440..480;', DROP),
    '198.51.100.111/32': ('proto 17; sport 11211;', DROP),
    '198.51.100.9/32': ('proto 17; dport >= 1024; sport 53,123,389,1900;', DROP),
    '198.51.100.60/32': ('proto 17; fragment is_fragment;', DROP),
    '198.51.100.61/32': ('fragment is_fragment || first_fragment;', DROP),
    '198.51.100.62/32': ('proto 17; fragment !is_fragment;', DROP),
    '198.51.100.70/32': ('proto 1; icmp type 8; length >= 1000;', DROP),
    '203.0.113.0/24': ('proto 17; dport <= 1023,8080;', DROP),
    '198.51.100.47/32': ('proto 47;', DROP),
    '198.51.100.48/32': ('proto 6,17; dport 65535;', DROP),
    '198.51.100.81/32': ('proto 6; tcp flags 0x1/0x1 && 0x2/0x2 || !0x1/0x1 && !0x2/0x2 && !0x4/0x4 && '
                         '!0x8/0x8 && !0x10/0x10 && !0x20/0x20;', DROP),
    '198.51.100.82/32': ('proto 17; dscp 8..10,46;', DROP),
    '198.51.100.83/32': ('src 192.0.2.128/25; proto 6; dport 443;', DROP),
    '198.51.100.90/32': ('', DROP),
    '198.51.100.84/32': ('proto 17;', MEGABYTE),
    '198.51.100.85/32': ('proto 17;', '0x8008fbf4, 0x29a'),
    '2001:db8:5::80/128': ('next header 6; dport 443; tcp flags 0x2/0x2 && !0x10/0x10;', DROP),
    '2001:db8:5::53/128': ('next header 17; sport 53; length >= 513;', DROP),
    '2001:db8:5::70/128': ('next header 58; icmp type 128;', DROP),
    '2001:db8:5::60/128': ('next header 17; fragment is_fragment;', DROP),
    '2001:db8:5::62/128': ('fragment !is_fragment;', DROP),
    '2001:db8:5:1::/64': ('next header 17; dport 1..1023;', DROP),
    '2001:db8:5::82/128': ('next header 17; dscp 46;', DROP),
    '2001:db8:5::84/128': ('next header 17;', MEGABYTE),
}


class FlowSpec(Base):
    """What noroshi says to ExaBGP, over BGP to another ExaBGP, enforced by flowspec_apply.py."""

    def setUp(self):
        if not shutil.which('exabgp'):
            self.skipTest('exabgp is not there')
        self.folder = tempfile.mkdtemp(prefix='noroshi-flowspec-')
        os.chmod(self.folder, 0o755)
        self.running = []
        self.write('feeder.py', FEEDER)

    def tearDown(self):
        for process in self.running:
            process.terminate()
        for process in self.running:
            process.wait(timeout=20)
        self.world.unload('flowspec')
        shutil.rmtree(self.folder, ignore_errors=True)

    def write(self, name, text):
        with open(os.path.join(self.folder, name), 'w', encoding='utf-8') as file:
            file.write(text)

    def exabgp(self, where, name, conf):
        self.write(name + '.conf', conf % {'python': sys.executable, 'here': HERE, 'folder': self.folder,
                                           'name': name})
        env = {**os.environ, 'exabgp.daemon.user': 'root', 'exabgp.api.cli': 'false',
               'exabgp.api.respawn': 'false', 'exabgp.log.level': 'WARNING',
               'exabgp.tcp.bind': '10.77.2.1' if where == 'router' else ''}
        with open(os.path.join(self.folder, name + '.log'), 'wb') as log:
            self.running.append(self.world.start(where, 'exabgp', os.path.join(self.folder, name + '.conf'),
                                                 env=env, stdin=subprocess.DEVNULL, stdout=log,
                                                 stderr=subprocess.STDOUT))

    def read(self, name):
        try:
            with open(os.path.join(self.folder, name), encoding='utf-8') as file:
                return file.read()
        except OSError:
            return ''

    def enforce(self, lines):
        """Both speak, and all is received and enforced."""
        self.write('speaker.commands', ''.join(line + '\n' for line in lines))
        self.exabgp('router', 'receiver', RECEIVER)
        self.wait(10, lambda: self.read('status.json'), 'no receiver')
        self.exabgp('client', 'speaker', SPEAKER)
        self.wait(30, lambda: self.status().get('routes') == len(lines), 'routes')
        said = self.read('speaker.said').splitlines()
        self.assertEqual([line for line in said if line.startswith('error')], [])
        self.assertEqual(self.status()['errors'], [])

    def status(self):
        return json.loads(self.read('status.json') or '{}')

    def wait(self, seconds, true, what):
        until = time.monotonic() + seconds
        while not true():
            if time.monotonic() > until:
                self.fail(f"{what}: {self.read('status.json')[:2000]}\n{self.read('receiver.log')[-2000:]}\n"
                          f"{self.read('speaker.log')[-2000:]}\n{self.read('speaker.said')[-1000:]}")
            time.sleep(0.05)

    def test_kinds(self):
        named = [r for r in rules('named') if 'exabgp' in r['said']]
        self.assertEqual(len(named), len(rules('named')))
        self.enforce([r['said']['exabgp'] for r in named])
        self.assertEqual(len(self.status()['cannot']), 1, self.status()['cannot'])
        self.assertIn('redirect:64500:666', self.status()['cannot'][0])
        self.hold_cases()

    def test_random(self):
        made = rules('random', 4, RULES, PACKETS)
        said = {r['name']: r['said']['exabgp'] for r in made if 'exabgp' in r['said']}
        self.enforce(said.values())
        self.assertEqual(self.status()['cannot'], [])
        packets, matched = self.hold_random(made, said)
        print(f'flowspec: {len(said)} rules, {packets} packets, {matched} matched', file=sys.stderr)

    def bird(self):
        """{destination: (what BIRD read, its extended community)} of both tables."""
        found = {}
        for table in ('fs4', 'fs6'):
            out = self.world.run('router', 'birdc', '-s', f'{self.folder}/bird.ctl',
                                 f'show route all table {table}', check=False).stdout
            for match, community in re.findall(r'flow[46] {(.*?)}.*?ext_community: (\(.*?\))', out, re.S):
                destination, _, rest = match.strip().removeprefix('dst ').partition(';')
                found[destination] = (rest.strip(), community)
        return found

    @unittest.skipUnless(shutil.which('bird'), 'bird is not there')
    def test_bird_reads_the_same(self):
        named = [r for r in rules('named') if 'exabgp' in r['said']]
        self.write('bird.conf', BIRD)
        self.write('speaker.commands', ''.join(r['said']['exabgp'] + '\n' for r in named))
        self.running.append(self.world.start(
            'router', 'bird', '-f', '-c', f'{self.folder}/bird.conf', '-s', f'{self.folder}/bird.ctl',
            stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        self.wait(10, lambda: os.path.exists(f'{self.folder}/bird.ctl'), 'no bird')
        self.exabgp('client', 'speaker', SPEAKER)
        self.wait(30, lambda: len(self.bird()) == len(named), 'routes in BIRD')
        found = self.bird()
        for destination, words in BIRD_READS.items():
            self.assertEqual(found.pop(destination), (words[0], f'(generic, {words[1]})'), destination)
        self.assertEqual(found, {})


if __name__ == '__main__':
    sys.argv[1:2] = []
    unittest.main(verbosity=2)
