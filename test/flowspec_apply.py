#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""FlowSpec routes that ExaBGP received become rules of nftables in this network namespace: the rig that
proves FlowSpec with packets, for no routing daemon on Linux enforces it. To be run as a `process` of
ExaBGP with `encoder json` and `receive { parsed; update; }` and `neighbor-changes`.

flowspec_apply.py [--table NAME] [--status FILE]: FILE is written after each change:
{"rules": how many stand, "cannot": [routes that are not enforced], "errors": [what nft said]}.

The words are read by the rules of RFC 8955 alone; nothing of the program under test is used here."""
import argparse
import json
import os
import select
import subprocess
import sys

from rule_words import FLAGS, FRAGMENTS, PROTOCOLS, binary, expression, number, numeric

ICMP = {'echo-reply': 0, 'unreachable': 3, 'source-quench': 4, 'redirect': 5, 'echo-request': 8,
        'router-advertisement': 9, 'router-solicit': 10, 'time-exceeded': 11, 'parameter-problem': 12,
        'timestamp': 13, 'timestamp-reply': 14, 'info-request': 15, 'info-reply': 16, 'mask-request': 17,
        'mask-reply': 18, 'traceroute': 30, 'experimental-mobility': 41, 'extended-echo-request': 42,
        'extended-echo-reply': 43, 'experimental-one': 253, 'experimental-two': 254}
NUMBERS = {     # (expression of nftables, largest value, names)
    'protocol': ('meta l4proto', 255, PROTOCOLS), 'next-header': ('meta l4proto', 255, PROTOCOLS),
    'source-port': ('th sport', 65535, {}), 'destination-port': ('th dport', 65535, {}),
    'icmp-type': ('{icmp} type', 255, ICMP), 'icmp-code': ('{icmp} code', 255, {}),
    'packet-length': ('meta length', 65535, {}),
}
LAYER4 = {'source-port', 'destination-port', 'icmp-type', 'icmp-code', 'tcp-flags'}
PIECES = {(False, False): 0, (True, False): 4, (True, True): 2, (False, True): 10}  # (more, later): bits


def points(words, most, names):
    """Where an expression may change its mind."""
    found = {0, most}
    for word in words:
        for term in word.split('&'):
            value = number(term.lstrip('!=<>'), names)
            found |= {v for v in (value - 1, value, value + 1) if 0 <= v <= most}
    return sorted(found)


def intervals(words, most, names):
    """[(from, to)] of the values for which one of the words holds."""
    holds, found = expression(words, numeric, names), []
    marks = points(words, most, names)
    for low, high in zip(marks, marks[1:] + [most + 1]):
        if holds(low):
            if found and found[-1][1] + 1 == low:
                found[-1] = (found[-1][0], high - 1)
            else:
                found.append((low, high - 1))
    return found


def a_set(ranges):
    return '{ ' + ', '.join(f'{a}-{b}' if a != b else f'{a}' for a, b in ranges) + ' }'


def flags(words):
    """nft takes a set of one value as "any of these bits"."""
    holds = expression(words, binary, FLAGS)
    values = [(f, f) for f in range(256) if holds(f)]
    return f'tcp flags == {values[0][0]}' if len(values) == 1 else 'tcp flags ' + a_set(values)


def dscp(words, v4):
    holds = expression(words, numeric, {})
    return f"{'ip' if v4 else 'ip6'} dscp " + a_set([(d, d) for d in range(64) if holds(d)])


def fragments4(words):
    holds, found = expression(words, binary, FRAGMENTS), []
    offsets = {(False, False): (0, 0), (False, True): (1, 0x1fff), (True, False): (0x2000, 0x2000),
               (True, True): (0x2001, 0x3fff)}
    for top in (0, 0x4000, 0x8000, 0xc000):
        for piece, (low, high) in offsets.items():
            if holds(PIECES[piece] | bool(top & 0x4000)):
                found.append((top + low, top + high))
    return ['ip frag-off ' + a_set(found)] if found else []


def fragments6(words):
    """One for each piece, for a header that is not there cannot be asked for its fields."""
    holds, found = expression(words, binary, FRAGMENTS), []
    for (more, later), bits in PIECES.items():
        if holds(bits):
            found.append(f"frag frag-off {'!=' if later else '=='} 0 frag more-fragments {int(more)}")
    return found + (['exthdr frag missing'] if holds(0) else [])


def verdict(communities):
    """The end of a rule; None where the traffic action is not one that can be done here."""
    for said in communities:
        if said.startswith('rate-limit:') and said.count(':') == 1:
            rate = int(float(said.split(':')[1]))
            return f'limit rate over {rate} bytes/second counter drop' if rate else 'counter drop'
    return None


def rules(match, communities):
    """The lines of one route."""
    v4 = 'destination-ipv4' in match
    end = verdict(communities)
    if end is None or not (v4 or 'destination-ipv6' in match):
        return None
    parts, pieces = [], ['']
    if LAYER4 & match.keys():   # what a later fragment does not have, whatever its bytes look like
        parts.append('ip frag-off & 0x1fff == 0' if v4 else '@th,0,24 >= 0')
    for key, words in match.items():
        if key.startswith(('destination-ipv', 'source-ipv')):
            address, length = words[0].split('/')[:2]
            parts.insert(0, f"{'ip' if v4 else 'ip6'} {key[0]}addr {address}/{length}")
        elif key in NUMBERS:
            what, most, names = NUMBERS[key]
            ranges = intervals(words, most, names)
            parts.append(what.format(icmp='icmp' if v4 else 'icmpv6') + ' ' + a_set(ranges))
        elif key == 'tcp-flags':
            parts.append(flags(words))
        elif key in ('dscp', 'traffic-class'):
            parts.append(dscp(words, v4))
        elif key == 'fragment':
            pieces = fragments4(words) if v4 else fragments6(words)
        elif key != 'string':
            return None
    if 'limit' in end and len(pieces) > 1:
        return None
    return [' '.join([*parts, piece, end]) for piece in pieces]


class Applier:
    def __init__(self, table, status):
        self.table, self.status, self.routes, self.errors = table, status, {}, []

    def update(self, neighbor, update):
        said = [c['string'] for c in update.get('attribute', {}).get('extended-community', [])]
        for family, routes in update.get('withdraw', {}).items():
            for match in routes if isinstance(routes, list) else sum(routes.values(), []):
                self.routes.pop(self.key(neighbor, family, match), None)
        for family, hops in update.get('announce', {}).items():
            for match in sum(hops.values(), []) if 'flow' in family else []:
                self.routes[self.key(neighbor, family, match)] = (match, said)

    @staticmethod
    def key(neighbor, family, match):
        match = {k: v for k, v in match.items() if k != 'string'}
        return neighbor, family, json.dumps(match, sort_keys=True)

    def take(self, line):
        """One line of ExaBGP's; what is no JSON is its answer to a command."""
        try:
            said = json.loads(line)
        except ValueError:
            return
        neighbor = said.get('neighbor', {})
        peer = neighbor.get('address', {}).get('peer')
        if said.get('type') == 'update':
            self.update(peer, neighbor.get('message', {}).get('update', {}))
        elif said.get('type') == 'state' and neighbor.get('state') == 'down':
            self.routes = {k: v for k, v in self.routes.items() if k[0] != peer}

    def apply(self):
        lines, cannot = [], []
        for match, said in self.routes.values():
            made = rules(match, said)
            if made is None:
                cannot.append(match.get('string', json.dumps(match)) + f' {said}')
            else:
                lines += made
        # Before fragments are put together; the order of routes does not matter to drops.
        text = (f'table inet {self.table}\ndelete table inet {self.table}\ntable inet {self.table} {{\n'
                'chain routes {\ntype filter hook prerouting priority -449; policy accept;\n' +
                '\n'.join(lines) + '\n}\n}\n')
        done = subprocess.run(['nft', '-f', '-'], input=text, text=True, capture_output=True, check=False)
        if done.returncode:
            self.errors.append(done.stderr)
        self.write({'rules': len(lines), 'routes': len(self.routes), 'cannot': cannot,
                    'errors': self.errors})

    def write(self, status):
        if self.status:
            with open(self.status + '.new', 'w', encoding='utf-8') as file:
                json.dump(status, file)
            os.rename(self.status + '.new', self.status)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--table', default='flowspec')
    parser.add_argument('--status')
    args = parser.parse_args()
    applier, rest = Applier(args.table, args.status), b''
    applier.apply()
    while True:
        data = os.read(sys.stdin.fileno(), 1 << 20)
        if not data:
            return
        # What came meanwhile is applied at once.
        while select.select([sys.stdin], [], [], 0.01)[0]:
            more = os.read(sys.stdin.fileno(), 1 << 20)
            if not more:
                break
            data += more
        *lines, rest = (rest + data).split(b'\n')
        for line in lines:
            applier.take(line)
        applier.apply()


if __name__ == '__main__':
    main()
