#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""FlowSpec as others wrote it: every vector of the corpus is accepted, normalised or refused as it is
stated there, and what it matches is what they say. What something matches is compared by its values,
not by its spelling: two lists are the same when they hold for the same values of the field.

usage: corpus_flowspec.py NOROSHI    (the corpus stands in $NOROSHI_CORPUS)
"""
import functools
import ipaddress
import json
import os
import pathlib
import re
import struct
import subprocess
import sys
import unittest

NOROSHI = sys.argv[1] if len(sys.argv) > 1 else 'noroshi'
CORPUS = pathlib.Path(os.environ.get('NOROSHI_CORPUS', '../shared/corpus')).resolve() / '05-reports'
BIRD = CORPUS / 'CZ-NIC+bird' / 'derived-flowspec-vectors.json'
EXABGP = CORPUS / 'Exa-Networks+exabgp'
GOBGP = CORPUS / 'osrg+gobgp'
OPENBGPD = CORPUS / 'openbgpd-portable+openbgpd-openbsd'

BITS = {'protocol': 8, 'port': 16, 'destination-port': 16, 'source-port': 16, 'icmp-type': 8,
        'icmp-code': 8, 'tcp-flags': 12, 'packet-length': 16, 'dscp': 6, 'fragment': 4,
        'flow-label': 20}
FLAGS = {'fin': 1, 'syn': 2, 'rst': 4, 'push': 8, 'ack': 16, 'urg': 32, 'ece': 64, 'cwr': 128}
FRAGMENTS = {'dont-fragment': 1, 'is-fragment': 2, 'first-fragment': 4, 'last-fragment': 8,
             'not-a-fragment': 0}
PROTOCOLS = {'icmp': 1, 'igmp': 2, 'ipip': 4, 'tcp': 6, 'egp': 8, 'igp': 9, 'udp': 17, 'rsvp': 46,
             'gre': 47, 'ospf': 89, 'pim': 103, 'sctp': 132}
ICMP = {'echo-reply': 0, 'unreachable': 3, 'echo-request': 8}
TYPES = {'destination': 1, 'source': 2, 'protocol': 3, 'port': 4, 'destination-port': 5,
         'source-port': 6, 'icmp-type': 7, 'icmp-code': 8, 'tcp-flags': 9, 'packet-length': 10,
         'dscp': 11, 'fragment': 12, 'flow-label': 13}
COMPARE = {'=': lambda v: lambda x: x == v, '==': lambda v: lambda x: x == v,
           '>': lambda v: lambda x: x > v, '>=': lambda v: lambda x: x >= v,
           '<': lambda v: lambda x: x < v, '<=': lambda v: lambda x: x <= v,
           '!=': lambda v: lambda x: x != v,
           'true': lambda v: lambda x: True, 'false': lambda v: lambda x: False}
MASKS = {'': lambda v: lambda x: x & v != 0, '=': lambda v: lambda x: x & v == v,
         '!': lambda v: lambda x: x & v == 0, '!=': lambda v: lambda x: x & v != v}


def run(verb, *args, lines=None):
    """(exit status, answers) of `flowspec VERB --json`."""
    done = subprocess.run([NOROSHI, 'flowspec', verb, '--json', *args], capture_output=True,
                          text=True, timeout=120, input=lines, check=False)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def is_bits(name):
    return name in ('tcp-flags', 'fragment')


def holds(groups, x):
    """@groups: an OR of ANDs of tests."""
    return any(all(test(x) for test in group) for group in groups)


def values(name, groups, near):
    """The values of the field that meet @groups: of a large field those at which any number that
    @near names may change the answer, which is all that two lists of these numbers can differ in."""
    every = range(1 << BITS[name])
    if len(every) > 4096:
        named = {int(n) + d for n in re.findall(r'\d+', near) for d in (-1, 0, 1)}
        every = sorted({x for x in named if x in every} | {0, every[-1]})
    return frozenset(x for x in every if holds(groups, x))


def prefix(address, length, offset=0):
    """The address with nothing but the bits that are looked at."""
    ip = ipaddress.ip_address(address)
    bits, length, offset = ip.max_prefixlen, int(length), int(offset or 0)
    mask = ((1 << bits) - 1 >> offset) & ~((1 << bits - length) - 1)
    return type(ip)(int(ip) & mask), length, offset


def our_groups(component):
    """The list of our JSON as an OR of ANDs."""
    groups = []
    for p in component['list']:
        v = p['value']
        if 'match' in p:
            test = MASKS[('!' if p['not'] else '') + ('=' if p['match'] else '')](v)
        else:
            test = (lambda v, p: lambda x: (x < v and p['lt']) or (x > v and p['gt'])
                    or (x == v and p['eq']))(v, p)
        if p['and'] and groups:
            groups[-1].append(test)
        else:
            groups.append([test])
    return groups


def ours(answer, near):
    """{name: what it matches} of our JSON."""
    found = {}
    for c in answer['flowspec']['components']:
        if 'address' in c:
            found[c['name']] = prefix(c['address'], c['length'], c['offset'])
        else:
            found[c['name']] = values(c['name'], our_groups(c), near)
    return found


# BIRD

def bird_numbers(name, text, near):
    """"> 24 && < 30 || 40..50,60..70,80 && >= 90": a comma and || are or, && is and."""
    groups = [[]]
    for sign, term in re.findall(r'(\|\||&&|,|^)\s*((?:[<>!=]+|true|false)?\s*[0-9.]*)', text):
        term = term.strip()
        if sign in ('||', ','):
            groups.append([])
        between = re.fullmatch(r'(\d+)\.\.(\d+)', term)
        one = re.fullmatch(r'([<>!=]*|true|false)\s*(\d*)', term)
        if between:
            low, high = map(int, between.groups())
            groups[-1].append(lambda x, low=low, high=high: low <= x <= high)
        else:
            groups[-1].append(COMPARE[one[1] or '='](int(one[2] or 0)))
    return values(name, groups, near)


def bird_bits(name, text, near):
    """"0x3/0x3 && 0x0/0xc": the bits under a mask; a name is one bit, ! is not."""
    groups = [[]]
    names = {k.replace('-', '_'): v for k, v in FRAGMENTS.items()}
    for sign, negated, term in re.findall(r'(\|\||&&|^)\s*(!?)([\w/]+)', text):
        if sign == '||':
            groups.append([])
        if '/' in term:
            value, mask = (int(part, 16) for part in term.split('/'))
        else:
            value = mask = names[term]
        groups[-1].append(lambda x, v=value, m=mask, n=bool(negated): (x & m == v) != n)
    return values(name, groups, near)


BIRD_NAMES = {'dst': 'destination', 'src': 'source', 'proto': 'protocol', 'next header': 'protocol',
              'dport': 'destination-port', 'sport': 'source-port', 'icmp type': 'icmp-type',
              'icmp code': 'icmp-code', 'tcp flags': 'tcp-flags', 'length': 'packet-length',
              'label': 'flow-label'}


def bird_text(text, near):
    """What a text of BIRD matches, as ours()."""
    found = {}
    for part in re.fullmatch(r'flow[46] \{ (.*); \}', text)[1].split('; '):
        key = next(k for k in [*BIRD_NAMES, 'port', 'dscp', 'fragment'] if part.startswith(k + ' '))
        name, rest = BIRD_NAMES.get(key, key), part[len(key) + 1:]
        if name in ('destination', 'source'):
            address, length, offset = re.fullmatch(r'(\S+)/(\d+)(?: offset (\d+))?', rest).groups()
            found[name] = prefix(address, length, offset)
        else:
            found[name] = (bird_bits if is_bits(name) else bird_numbers)(name, rest, near)
    return found


@unittest.skipUnless(BIRD.is_file(), f'SKIP: no corpus at {BIRD}')
class Bird(unittest.TestCase):
    """States, normal forms and texts of BIRD's own tests."""

    @classmethod
    def setUpClass(cls):
        cls.vectors = json.loads(BIRD.read_text(encoding='utf-8'))['vectors']

    def of_kind(self, kind):
        found = [v for v in self.vectors if v['kind'] == kind]
        self.assertGreater(len(found), 0)
        return found

    def refused(self, status, answer, vector):
        self.assertEqual((status, answer['state']), (1, 'refused'), vector)
        self.assertEqual(answer['reason'], vector['expect'].lower(), vector)

    def test_none_is_left_out(self):
        kinds = {v['kind'] for v in self.vectors}
        self.assertEqual(kinds, {'prefix-lengths', 'strict-validate', 'decode-normalise', 'format'})
        self.assertEqual(len(self.vectors), 55)

    def test_cut(self):
        for v in self.of_kind('prefix-lengths'):
            whole = v['nlri_components']
            sizes = range(1, len(whole) // 2 + 1)
            lines = '\n'.join(whole[:2 * n] for n in sizes)
            for length in ('no', 'auto'):
                _, answers = run('check', '--family', str(v['af']), '--length', length, '-', lines=lines)
                good = [n for n, a in zip(sizes, answers) if a['state'] == 'accepted']
                self.assertEqual(good, v['valid_at_sizes'], length)
                self.assertEqual({a['reason'] for a in answers if a['state'] == 'refused'},
                                 {v['otherwise'].lower()}, length)

    def test_strict(self):
        for v in self.of_kind('strict-validate'):
            status, (answer,) = run('check', '--strict', '--family', str(v['af']),
                                    v['nlri_components'])
            if v['expect'] == 'VALID':
                self.assertEqual((status, answer['state']), (0, 'accepted'), v)
            else:
                self.refused(status, answer, v)

    def test_normalise(self):
        for v in self.of_kind('decode-normalise'):
            status, (answer,) = run('check', '--family', str(v['af']), v['nlri_components'])
            if v['expect'] != 'VALID':
                self.refused(status, answer, v)
                continue
            same = v['normalised'] == v['nlri_components']
            self.assertEqual((status, answer['state']),
                             (0, 'accepted' if same else 'normalised'), v)
            self.assertEqual(answer['value'], v['normalised'], v)
            self.assertEqual(answer['ignored'] == [], same, v)

    def test_text(self):
        for v in self.of_kind('format'):
            status, (answer,) = run('decode', '--family', str(v['af']), v['nlri_with_length'])
            self.assertEqual((status, answer['state']), (0, 'accepted'), v)
            near = v['bird_text'] + json.dumps(answer)
            self.assertEqual(ours(answer, near), bird_text(v['bird_text'], near), v)

    def test_length_may_be_said(self):
        """The same with a length before it, of one octet and of two."""
        for v in self.of_kind('decode-normalise'):
            octets = bytes.fromhex(v['nlri_components'])
            for head in (bytes([len(octets)]), struct.pack('>H', 0xf000 | len(octets))):
                status, (answer,) = run('check', '--family', str(v['af']), '--length', 'yes',
                                        (head + octets).hex())
                if v['expect'] != 'VALID':
                    self.refused(status, answer, v)
                    continue
                self.assertEqual(answer['value'], v['normalised'], v)
                self.assertEqual('long_length' in answer['ignored'], len(head) == 2)


# BGP messages, as far as they are needed here

def attributes(message):
    """(type, value) of an UPDATE's path attributes; raises struct.error or ValueError when broken."""
    (length, kind), body = struct.unpack('>HB', message[16:19]), message[19:]
    if kind != 2 or length != len(message):
        raise ValueError('no UPDATE')
    (withdrawn,) = struct.unpack('>H', body[:2])
    (total,) = struct.unpack('>H', body[2 + withdrawn:4 + withdrawn])
    body = body[4 + withdrawn:4 + withdrawn + total]
    while body:
        flags, kind = body[0], body[1]
        if flags & 0x10:
            (size,), head = struct.unpack('>H', body[2:4]), 4
        else:
            size, head = body[2], 3
        yield kind, body[head:head + size]
        body = body[head + size:]


class Update:
    """What of an UPDATE is FlowSpec: family, VPN or not, NLRIs, communities."""

    def __init__(self, message):
        self.nlri, self.communities, self.communities6 = b'', b'', b''
        self.family = self.vpn = None
        for kind, value in attributes(message):
            if kind in (14, 15):
                afi, safi = struct.unpack('>HB', value[:3])
                if safi in (133, 134):
                    self.family, self.vpn = {1: 4, 2: 6}[afi], safi == 134
                    self.nlri = value[3:] if kind == 15 else value[5 + value[3]:]
            elif kind == 16:
                self.communities = value
            elif kind == 25:
                self.communities6 = value

    def options(self):
        return [*(['--vpn'] if self.vpn else []), '--family', str(self.family), '--length', 'yes',
                *(['--communities', self.communities.hex()] if self.communities else []),
                *(f'--communities={self.communities6[i:i + 20].hex()}'
                  for i in range(0, len(self.communities6), 20))]


# ExaBGP

def exabgp_value(name, word):
    tables = {'protocol': PROTOCOLS, 'icmp-type': ICMP}
    return tables.get(name, {}).get(word) if not word.isdigit() else int(word)


def exabgp_terms(name, items):
    """["=80", ">8080&<8088"] or ["syn", "rst&fin&!=push"] as an OR of ANDs."""
    names = FLAGS if name == 'tcp-flags' else FRAGMENTS
    groups = []
    for item in items:
        groups.append([])
        for op, word in re.findall(r'([<>!=]*)([\w+-]+)', item):
            if is_bits(name):
                mask = functools.reduce(int.__or__, (names[w] for w in word.split('+')))
                groups[-1].append(MASKS[op](mask))
            else:
                groups[-1].append(COMPARE[op or '='](exabgp_value(name, word)))
    return groups


EXABGP_NAMES = {'destination-ipv4': 'destination', 'destination-ipv6': 'destination',
                'source-ipv4': 'source', 'source-ipv6': 'source', 'next-header': 'protocol',
                'traffic-class': 'dscp'}


def exabgp_flow(flow, near):
    found = {}
    for key, items in flow.items():
        name = EXABGP_NAMES.get(key, key)
        if name in ('destination', 'source'):
            found[name] = prefix(*items[0].split('/'))
        elif name in TYPES:
            if key == 'traffic-class':  # a whole octet there; a DSCP has the low six bits
                items = [re.sub(r'\d+', lambda m: str(int(m[0]) & 63), i) for i in items]
            found[name] = values(name, exabgp_terms(name, items), near)
        else:
            assert key in ('rd', 'next-hop', 'string'), key
    return found


def exabgp_action(text):
    """ExaBGP's word for a community in ours; None: no action."""
    for pattern, ours_ in [
            (r'rate-limit:0', 'discard'), (r'rate-limit:(\d+)', r'rate-limit \1 bytes/s'),
            (r'rate-limit:(\d+):packets', r'rate-limit \1 packets/s'),
            (r'redirect:(\S+)', r'redirect \1'), (r'action sample-terminal', 'action sample terminal'),
            (r'mark (\d+)', r'mark \1'), (r'copy-to-nexthop', 'copy-to-next-hop'),
            (r'redirect-to-nexthop', 'redirect-to-next-hop'),
            (r'redirect-to-nexthop-ietf (\S+)', r'redirect-to \1')]:
        m = re.fullmatch(pattern, text)
        if m:
            return m.expand(ours_)
    return None


def exabgp_cases():
    """(where, UPDATE, what ExaBGP says of it) of all FlowSpec messages; None where it says nothing."""
    for path in sorted([*EXABGP.glob('qa/*/*.ci'), *EXABGP.glob('qa/decoding/bgp-flow*')]):
        lines = path.read_text(encoding='utf-8').splitlines()
        for i, line in enumerate(lines):
            raw = re.fullmatch(r'(?:\d+:raw:)?((?:FF){16}[0-9A-F:]+)', line.strip())
            if not raw:
                continue
            try:
                update = Update(bytes.fromhex(raw[1].replace(':', '')))
            except (ValueError, struct.error, KeyError, IndexError):
                continue
            following = lines[i + 1] if i + 1 < len(lines) else ''
            said = re.fullmatch(r'(?:\d+:js\w+:)?\s*(\{.*\})\s*', following)
            if update.family:
                yield (f'{path.name}:{i + 1}', update,
                       json.loads(said[1])['neighbor'] if said else None)


@unittest.skipUnless(EXABGP.is_dir(), f'SKIP: no corpus at {EXABGP}')
class ExaBgp(unittest.TestCase):
    """The UPDATEs of ExaBGP's own tests: what it says of them is what we say."""

    def test_updates(self):
        seen = ends = 0
        for where, update, said in exabgp_cases():
            with self.subTest(where):
                if not update.nlri:
                    ends += 1  # End-of-RIB: no NLRI at all
                    continue
                seen += 1
                status, answers = run('check', *update.options(), update.nlri.hex())
                self.assertEqual(status, 0, answers)
                self.assertEqual(len(answers), 1)
                self.assertIsNotNone(said, 'ExaBGP says nothing of it')
                self.compare(answers[0], said['message']['update'])
        self.assertGreaterEqual(seen, 30)
        self.assertGreaterEqual(ends, 7)

    def compare(self, answer, said):
        families = said.get('announce') or said.get('withdraw')
        (kinds,) = families.values()
        (flow,) = next(iter(kinds.values())) if isinstance(kinds, dict) else kinds
        near = json.dumps([answer, flow])
        self.assertEqual(ours(answer, near), exabgp_flow(flow, near))
        self.assertEqual(answer['flowspec']['rd'], flow.get('rd'))
        attribute = said['attribute']
        told = [exabgp_action(c['string']) for c in attribute.get('extended-community', [])
                + attribute.get('extended-community-ipv6', [])]
        self.assertEqual([a['text'] for a in answer['actions'] if a['kind'] != 'other'],
                         [t for t in told if t])
        self.assertEqual(len(answer['actions']), len(told))

    def test_none_is_left_out(self):
        files = {where.split(':')[0] for where, _, _ in exabgp_cases()}
        self.assertEqual(files, {'conf-flow.ci', 'conf-flow-redirect.ci', 'api-broken-flow.ci',
                                 'bgp-flow-1', 'bgp-flow-3', 'bgp-flow-4'})

    def test_skipped_bits_are_normalised(self):
        """It writes the bits before an IPv6 offset too, which RFC 8956 does not."""
        found = []
        for _, update, _ in exabgp_cases():
            if update.nlri:
                found += run('check', *update.options(), update.nlri.hex())[1]
        whole = [a for a in found if 'whole_prefix' in a['ignored']]
        self.assertEqual(len(whole), 1)
        self.assertEqual(whole[0]['state'], 'normalised')
        self.assertIn('02807801', whole[0]['value'])


# GoBGP

def gobgp_pairs(name, text):
    """GoBGP's display of a list as octets."""
    letters = {k[0].upper(): v for k, v in FLAGS.items()}
    out = []
    for sign, op, word in re.findall(r'(&| |^)([<>!=]*)([\w+-]+)', text):
        if is_bits(name):
            table = letters if name == 'tcp-flags' else FRAGMENTS
            value = sum(table[w] for w in (word if name == 'tcp-flags' else word.split('+')))
            bits = {'': 0, '=': 1, '!': 2, '!=': 3}[op]
        else:
            value = 0 if word in ('true', 'false') else \
                int(word) if word.isdigit() else PROTOCOLS[word]
            # GoBGP follows a draft in which "true" has no bit set; the RFC has it the other way.
            bits = {'==': 1, '>': 2, '>=': 3, '<': 4, '<=': 5, '!=': 6,
                    '': {'true': 7, 'false': 0}.get(word)}[op]
        octets = 2 if value > 255 else 1
        out.append((bits | (0x40 if sign == '&' else 0) | (0x10 if octets == 2 else 0),
                    value.to_bytes(octets, 'big')))
    out[-1] = (out[-1][0] | 0x80, out[-1][1])
    return b''.join(bytes([op]) + value for op, value in out)


def gobgp_prefix(text):
    ip, length, skip = prefix(*text.split('/'))
    bits = (int(ip) << skip) & ((1 << ip.max_prefixlen) - 1)
    size = (length - skip + 7) // 8
    pattern = bits.to_bytes(ip.max_prefixlen // 8, 'big')[:size]
    return ip.version, bytes([length] + ([skip] if ip.version == 6 else [])) + pattern


def gobgp_shown():
    """(line, family, octets, [(name, text)]) of what GoBGP's documentation shows as received."""
    for line in (GOBGP / 'docs/sources/flowspec.md').read_text(encoding='utf-8').splitlines():
        parts = re.findall(r'\[([a-z-]+): ([^\]]*)\]', line.split(' fictitious')[0])
        if not line.startswith('*>') or not parts or any(k not in TYPES for k, _ in parts):
            continue
        family, octets = 4, b''
        for name, text in parts:
            octets += bytes([TYPES[name]])
            if name in ('destination', 'source'):
                version, pattern = gobgp_prefix(text)
                family = max(family, version)
                octets += pattern
            else:
                octets += gobgp_pairs(name, text)
        yield line, family, octets, parts


@unittest.skipUnless(GOBGP.is_dir(), f'SKIP: no corpus at {GOBGP}')
class GoBgp(unittest.TestCase):
    """What its documentation shows, and its malformed messages, which must do no harm."""

    def test_documentation(self):
        seen = 0
        for line, family, octets, parts in gobgp_shown():
            with self.subTest(line):
                seen += 1
                status, (answer,) = run('check', '--family', str(family), '--length', 'no',
                                        octets.hex())
                self.assertEqual((status, answer['state']), (0, 'accepted'), answer)
                texts = [c.get('text') or f"{c['address']}/{c['length']}" +
                         (f"/{c['offset']}" if family == 6 else '')
                         for c in answer['flowspec']['components']]
                self.assertEqual([re.sub(r'[\[\] ]+', ' ', t).strip() for t in texts],
                                 [self.spelt(name, text) for name, text in parts])
        self.assertGreaterEqual(seen, 18)

    def spelt(self, name, text):
        """GoBGP's spelling in ours."""
        if name in ('destination', 'source'):
            address, length, *offset = text.split('/')
            return '/'.join([str(prefix(*text.split('/'))[0]), length, *offset])
        letters = {k[0].upper(): k for k in FLAGS}
        if name == 'tcp-flags':
            return re.sub('[A-Z]+', lambda m: '+'.join(
                sorted((letters[c] for c in m[0]), key=FLAGS.get)), text)
        if name == 'protocol':
            text = re.sub('[a-z]+', lambda m: str(PROTOCOLS.get(m[0], m[0])), text)
        return text.replace('==', '=') if not is_bits(name) else text

    def test_malformed(self):
        """Every tail of every message: an answer, and none but accepted, normalised or refused."""
        for path in sorted((GOBGP / 'pkg/packet/bgp/testdata').rglob('*')):
            if not path.is_file():
                continue
            data = path.read_bytes()
            lines = '\n'.join(data[i:].hex() for i in range(len(data)))
            for options in (['--family', '4'], ['--family', '6'], ['--vpn'], ['--length', 'no']):
                status, answers = run('check', *options, '-', lines=lines)
                self.assertIn(status, (0, 1), path)
                self.assertGreaterEqual(len(answers), len(data))
                self.assertLessEqual({a['state'] for a in answers},
                                     {'accepted', 'normalised', 'refused'})


@unittest.skipUnless(OPENBGPD.is_dir(), f'SKIP: no corpus at {OPENBGPD}')
class OpenBgpd(unittest.TestCase):
    """Its configurations hold no NLRI, only which families have FlowSpec: those that we read."""

    def test_families(self):
        found = set()
        for path in OPENBGPD.rglob('*.ok'):
            found |= set(re.findall(r'announce (IPv[46]) flowspec',
                                    path.read_text(encoding='utf-8', errors='replace')))
        self.assertEqual(found, {'IPv4', 'IPv6'})
        for family in sorted(found):
            everybody = '0100' if family == 'IPv4' else '010000'
            status, (answer,) = run('check', '--family', family[-1], everybody)
            self.assertEqual((status, answer['state']), (0, 'accepted'))
            status, (answer,) = run('check', '--family', family[-1], '03010021')
            self.assertEqual(answer['state'], 'refused')


if __name__ == '__main__':
    sys.exit(unittest.main(argv=sys.argv[:1] + sys.argv[2:]))
