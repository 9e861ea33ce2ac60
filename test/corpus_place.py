#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Every file of the corpus that says where addresses belong, imported alone, answers as that file
says: registry statistics record by record, routing tables as bgpdump's lines say, databases as their
JSON sources say and as libmaxminddb looks them up; broken ones are refused with a reason.

usage: corpus_place.py NOROSHI PEER_MMDB [-v]     (the corpus stands in $NOROSHI_CORPUS)

What is not compared, and why, stands beside the code as EXCEPT."""
import collections
import functools
import gzip
import ipaddress
import json
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

NOROSHI, PEER_MMDB = sys.argv[1:3]
CORPUS = pathlib.Path(os.environ.get('NOROSHI_CORPUS', '../shared/corpus')).resolve()
GOOD, REFUSED, USAGE = 0, 1, 2
DUMPS = CORPUS / '10-mrt'
EXPECT = DUMPS / 'RIPE-NCC+bgpdump' / 'test_expect'
MMDB = CORPUS / '11-mmdb'
# Under a sanitizer one of so many records and addresses is asked for.
SHARES = int(os.environ.get('NOROSHI_SHARES', '1'))
DEFAULT_V4 = ipaddress.ip_network('0.0.0.0/0')


def noroshi(*args, **more):
    return subprocess.run([NOROSHI, *args], capture_output=True, timeout=300, check=False, **more)


def plain(path):
    data = path.read_bytes()
    return gzip.decompress(data) if data[:2] == b'\x1f\x8b' else data


class Places:
    """One file, imported alone into a store of its own."""

    def __init__(self, path):
        self.store = tempfile.TemporaryDirectory()
        self.done = noroshi('place', 'import', '--json', '--db', self.store.name, str(path))

    def close(self):
        self.store.cleanup()

    def source(self):
        return json.loads(self.done.stdout)

    def look(self, addresses):
        """An answer for each of @addresses, in their order."""
        text = '\n'.join(map(str, addresses)) + '\n'
        done = noroshi('place', '--json', '--db', self.store.name, '-', input=text.encode())
        if done.returncode != GOOD:
            raise AssertionError(done.stderr.decode()[-500:])
        return [json.loads(line) for line in done.stdout.splitlines()]


class Longest:
    """Longest match over a dict of networks, by their lengths in use."""

    def __init__(self, networks):
        self.tables = {4: collections.defaultdict(dict), 6: collections.defaultdict(dict)}
        for net, value in networks.items():
            self.tables[net.version][net.prefixlen][int(net.network_address)] = (net, value)
        self.lengths = {v: sorted(t, reverse=True) for v, t in self.tables.items()}

    def find(self, address):
        bits = 32 if address.version == 4 else 128
        for length in self.lengths[address.version]:
            key = int(address) >> (bits - length) << (bits - length)
            hit = self.tables[address.version][length].get(key)
            if hit:
                return hit
        return None, None


def edges(net):
    """First, middle and last address."""
    first, last = int(net.network_address), int(net.broadcast_address)
    kind = type(net.network_address)
    return [kind(n) for n in sorted({first, (first + last) // 2, last})]


@unittest.skipUnless(CORPUS.is_dir(), 'the corpus is not there: NOROSHI_CORPUS')
class Case(unittest.TestCase):
    maxDiff = 2000

    def places(self, path):
        places = Places(path)
        self.addCleanup(places.close)
        self.assertEqual(places.done.returncode, GOOD, f'{path}: {places.done.stderr.decode()}')
        return places


class Registries(Case):
    STATUS = {'allocated': 'allocated', 'assigned': 'allocated', 'available': 'available',
              'reserved': 'reserved'}

    def files(self):
        found = [p for p in sorted((CORPUS / '04-contacts').rglob('*delegated-*'))
                 if p.is_file() and not p.name.endswith(('.md5', '.json'))]
        self.assertGreater(len(found), 0)
        return found

    @staticmethod
    def records(path):
        for line in plain(path).decode().splitlines():
            cell = line.split('|')
            if not line.startswith('#') and len(cell) >= 7 and cell[2] in ('ipv4', 'ipv6') and \
                    cell[3] != '*':
                yield cell

    @staticmethod
    def span(cell):
        first = ipaddress.ip_address(cell[3])
        if cell[2] == 'ipv4':
            return int(first), int(first) + int(cell[4]) - 1, ipaddress.IPv4Address
        return (int(first), int(first) + (1 << (128 - int(cell[4]))) - 1, ipaddress.IPv6Address)

    def test_every_record(self):
        for path in self.files():
            records = list(self.records(path))[::SHARES]
            asked, wanted = [], []
            for cell in records:
                first, last, kind = self.span(cell)
                for n in sorted({first, (first + last) // 2, last}):
                    if kind is ipaddress.IPv6Address and n >> 32 == 0xffff:
                        continue  # EXCEPT ::ffff:0:0/96: as text an IPv4 address, looked up as one
                    asked.append(kind(n))
                    # "ZZ" stands for "unknown" (ISO 3166-1, user-assigned): it is null here.
                    country = cell[1] if cell[1] not in ('', 'ZZ') else None
                    wanted.append((country, cell[0], self.STATUS[cell[6]]))
            got = [(a['country'], a['registry'], a['status']) for a in self.places(path).look(asked)]
            wrong = [(str(a), w, g) for a, w, g in zip(asked, wanted, got) if w != g]
            self.assertEqual(wrong[:5], [], f'{path}: {len(wrong)} of {len(asked)}')
            self.assertEqual(len(got), len(asked))
            print(f'{path.name}: {len(records)} records, {len(asked)} addresses')


class Lines:
    """What bgpdump's lines of a file say: the last word of each peer for each prefix."""

    def __init__(self, lines):
        self.paths = {}
        for line in lines:
            cell = line.split('|')
            if cell[2] == 'STATE':
                continue
            path_id = cell.pop(6) if '_AP' in cell[0] else ''
            net = ipaddress.ip_network(cell[5], strict=False)
            speakers = self.paths.setdefault(net, {})
            key = cell[3], cell[4], path_id, len(speakers) if cell[2] == 'B' else 0
            if cell[2] == 'W':
                speakers.pop(key, None)
            else:
                speakers[key] = cell[6]

    @staticmethod
    def origin(path):
        """The AS that a path ends in; with a set of several it is the one before it."""
        words = [w for w in path.replace('(', '( ').split(' ') if w]
        while words:
            word = words.pop()
            if word.endswith((')', ']')):
                while words and not word.startswith(('(', '[')):
                    word = words.pop()
            elif word.startswith('{'):
                if ',' not in word:
                    return int(word.strip('{}'))
            elif word.isdigit():
                return int(word)
            else:
                return None
        return None

    def answers(self):
        """{network: origin}: most of the paths, then the lower number."""
        found = {}
        for net, speakers in self.paths.items():
            if not speakers:
                continue
            votes = collections.Counter(filter(None, map(self.origin, speakers.values())))
            found[net] = min(votes, key=lambda a: (-votes[a], a)) if votes else None
        return found


def bgpdump(path):
    """Lines of the bgpdump program. EXCEPT the prefix of a withdrawal in records of the old type BGP:
    bgpdump formats two addresses into one buffer there, and prints the peer's for both."""
    done = subprocess.run(['bgpdump', '-m', '-v', str(path)], capture_output=True, check=False)
    return done.stdout.decode().splitlines()


def batched(path):
    """Lines, up to the path, of a table of 2000 whose TABLE_DUMP records hold many entries and are four
    bytes longer than they say, by a reader of its own: bgpdump ends after the first record. None where
    the file is no such table."""
    data, lines = plain(path), []
    if data[4:8] != b'\0\x0c\0\1':
        return None
    at = 0
    while at < len(data):
        time, _, _, size = struct.unpack_from('>IHHI', data, at)
        end = at + 12 + size + 4
        if end < len(data) and data[end + 4:end + 8] != data[4:8]:
            return None
        at += 16
        while at < end:
            net, length, _, _, peer, asn, attrs = struct.unpack_from('>4sBBI4sHH', data, at)
            at += 18
            lines.append(f'TABLE_DUMP|{time}|B|{ipaddress.ip_address(peer)}|{asn}|'
                         f'{ipaddress.ip_address(net)}/{length}|{path_of(data[at:at + attrs])}')
            at += attrs
    return lines


def path_of(attributes):
    """The AS path, numbers of two bytes, as bgpdump writes it."""
    while attributes:
        flags, kind, size, head = attributes[0], attributes[1], attributes[2], 3
        if flags & 0x10:
            size, head = size << 8 | attributes[3], 4
        body, attributes = attributes[head:head + size], attributes[head + size:]
        if kind == 2:
            out = []
            while body:
                n = body[1]
                asns = [str(a) for a in struct.unpack_from(f'>{n}H', body, 2)]
                out.append(' '.join(asns) if body[0] == 2 else '{' + ','.join(asns) + '}')
                body = body[2 + 2 * n:]
            return ' '.join(out)
    return ''


def withdrawn_by_old_type(line):
    return line.startswith('BGP|') and '|W|' in line


def without_prefix(line):
    """A withdrawal of the old type without the address that bgpdump gets wrong."""
    cell = line.split('|')
    return cell[:5] + [cell[5].split('/')[1]]


@functools.cache
def dumps():
    """MRT files with the lines that they are compared with: kept ones, or the bgpdump program's."""
    found = {}
    for path in sorted(EXPECT.glob('*.bgp.gz')):
        name = path.name[:-len('.bgp.gz')]
        found[EXPECT.parent / 'test_data' / name] = plain(path).decode().splitlines()
    for path in sorted(DUMPS.rglob('*')):
        if not path.is_file() or path in found or 'test_expect' in str(path) or not \
                path.name.endswith(('.gz', '.bz2', '_bgp', '_rib', '_rib_table', '_rib_table-v2')):
            continue  # EXCEPT _rib_table-mp: bgpdump reads nothing of it, see test_entries()
        lines = batched(path)
        if lines is None and shutil.which('bgpdump'):
            lines = bgpdump(path)
        if lines is not None:
            found[path] = lines
    return found


class Dumps(Case):
    # EXCEPT: bgpdump knows neither the family of addresses behind TABLE_DUMP's 32-bit subtypes, and
    # none of these is in the corpus.

    def files(self):
        self.assertGreater(len(dumps()), 5)
        return dumps()

    def test_line_by_line(self):
        for path, wanted in self.files().items():
            done = noroshi('place', 'dump', str(path))
            self.assertIn(done.returncode, (GOOD, REFUSED), f'{path}: {done.stderr.decode()}')
            got = done.stdout.decode().splitlines()
            if wanted and wanted[0].count('|') == 6 and wanted[0].startswith('TABLE_DUMP|'):
                got = ['|'.join(line.split('|')[:7]) for line in got]  # as far as batched() reads
            wrong = [(w, g) for w, g in zip(wanted, got) if w != g and not (
                withdrawn_by_old_type(w) and without_prefix(w) == without_prefix(g))]
            self.assertEqual(wrong[:3], [], f'{path}: {len(wrong)} of {len(wanted)} lines')
            self.assertEqual(len(got), len(wanted), path)
            print(f'{path.name}: {len(got)} lines as bgpdump')

    def test_every_prefix(self):
        for path, lines in self.files().items():
            if any(map(withdrawn_by_old_type, lines)):
                mine = noroshi('place', 'dump', str(path)).stdout.decode().splitlines()
                lines = [m if withdrawn_by_old_type(b) else b for b, m in zip(lines, mine)]
            wanted = Lines(lines).answers()
            if not lines:
                continue  # EXCEPT: nothing of it is read, by bgpdump neither
            longest = Longest(wanted)
            # Of the largest tables the first and last address, else the middle one too.
            asked = [a for net in wanted for a in edges(net)[::2 if len(wanted) > 20000 else 1]]
            places = self.places(path)
            got = places.look(asked) if asked else []
            wrong = []
            for address, answer in zip(asked, got):
                net, origin = longest.find(address)
                said = (answer['prefix'], answer['asn'])
                if said != (str(net), origin) or answer['routed'] != (net.prefixlen > 0):
                    wrong.append((str(address), (str(net), origin), said))
            self.assertEqual(wrong[:5], [], f'{path}: {len(wrong)} of {len(asked)}')
            self.assertEqual(len(got), len(asked))
            times = [int(line.split('|')[1].split('.')[0]) for line in lines]
            self.assertRegex(places.source()['dated'], r'^\d{4}-')
            print(f'{path.name}: {len(wanted)} prefixes, {len(asked)} addresses, {max(times)}')


    def test_entries(self):
        """BGP4MP_ENTRY records hold what the TABLE_DUMP of the same router holds."""
        root = DUMPS / 't2mune+mrtparse' / 'samples'
        tables = []
        for name in ('openbgpd_rib_table', 'openbgpd_rib_table-mp'):
            done = noroshi('place', 'dump', str(root / name))
            cells = [line.split('|') for line in done.stdout.decode().splitlines()]
            tables.append({(c[5], c[6], c[7], c[8]) for c in cells})
        self.assertGreater(len(tables[0]), 10)
        self.assertEqual(*tables)


class Databases(Case):
    BROKEN_NAMES = ('Broken', 'broken', 'Invalid', 'bad-data')

    def databases(self):
        found = sorted(MMDB.rglob('*.mmdb'))
        self.assertGreater(len(found), 10)
        return found

    @staticmethod
    def is_bad(path):
        return any(word in str(path) for word in Databases.BROKEN_NAMES)

    def test_broken_ones_are_refused_or_read_and_nothing_crashes(self):
        told = 0
        for path in [p for p in self.databases() if self.is_bad(p)]:
            places = Places(path)
            self.addCleanup(places.close)
            self.assertIn(places.done.returncode, (GOOD, USAGE), path)
            if places.done.returncode == USAGE:
                self.assertRegex(places.done.stderr.decode(), r':\d+: \w', path)
                self.assertFalse(os.path.exists(os.path.join(places.store.name, 'place', 'picture')))
                told += 1
            else:
                places.look(['1.1.1.1', '2001:218::1', '::1'])
            print(f'{path.name}: {places.done.stderr.decode().strip() or "holds"}')
        self.assertGreater(told, 8)

    @staticmethod
    def networks(path):
        """{network: record} of a JSON source; "::1.2.0.0/112" is IPv4 in an IPv6 tree."""
        found = {}
        for entry in json.loads(path.read_text(encoding='utf-8')):
            for text, record in entry.items():
                net = ipaddress.ip_network(text, strict=False)
                if net.version == 6 and int(net.network_address) >> 32 == 0 and net.prefixlen >= 96:
                    net = ipaddress.ip_network((int(net.network_address), net.prefixlen - 96))
                found[net] = record
        return found

    def test_json_sources(self):
        compared = 0
        for source in sorted(MMDB.rglob('source-data/*.json')):
            path = source.parent.parent / 'test-data' / (source.stem + '.mmdb')
            if not path.is_file():
                continue  # EXCEPT: its database is not in the corpus
            networks = self.networks(source)
            longest = Longest(networks)
            asked = [a for net in networks for a in edges(net)]
            got = self.places(path).look(asked)
            for address, answer in zip(asked, got):
                net, record = longest.find(address)
                traits = record.get('traits', {})
                wanted = (record.get('country', {}).get('iso_code'),
                          record.get('autonomous_system_number',
                                     traits.get('autonomous_system_number')))
                self.assertEqual((answer['country'], answer['asn']), wanted, f'{path} {address}')
                # Equal neighbours are one prefix in the tree, so it is that one or around it.
                self.assertTrue(ipaddress.ip_network(answer['prefix']).supernet_of(net) or
                                net.supernet_of(ipaddress.ip_network(answer['prefix'])),
                                f'{path} {address}: {answer["prefix"]} {net}')
            compared += len(asked)
            print(f'{path.name}: {len(networks)} networks, {len(asked)} addresses')
        self.assertGreater(compared, 3000)

    def test_as_libmaxminddb(self):
        """First and last address of every network of the JSON sources, and addresses at random."""
        asked = {ipaddress.ip_address('1.1.1.1'), ipaddress.ip_address('2001:218::1')}
        for source in MMDB.rglob('source-data/*.json'):
            for net in self.networks(source):
                asked.update(edges(net))
        # EXCEPT: 6to4, Teredo and mapped addresses lead into the IPv4 tree of a database; here they
        # are not said to belong anywhere.
        aliases = [ipaddress.ip_network(n) for n in ('2002::/16', '2001::/32', '::ffff:0:0/96')]
        asked.update(ipaddress.ip_address(f'::{a}') for a in list(asked) if a.version == 4)
        asked = [a for a in sorted(asked, key=str)
                 if a.version == 4 or not any(a in n for n in aliases)][::SHARES]
        for path in [p for p in self.databases() if not self.is_bad(p)]:
            text = ''.join(f'{a}\n' for a in asked)
            peer = subprocess.run([PEER_MMDB, str(path)], input=text.encode(), check=True,
                                  capture_output=True).stdout.decode().splitlines()
            places = Places(path)
            self.addCleanup(places.close)
            if places.done.returncode != GOOD:
                self.assertRegex(places.done.stderr.decode(), r':\d+: \w')
                print(f'{path.name}: {places.done.stderr.decode().strip()}')
                continue
            found = 0
            for address, line, answer in zip(asked, peer, places.look(asked)):
                length, country, asn = line.split(' ')
                found += length != '-'
                if country != '-' or asn != '-':
                    self.assertEqual((answer['country'] or '-', str(answer['asn'] or '-')),
                                     (country, asn), f'{path} {address}')
                if length != '-':
                    self.assertEqual(answer['prefix'].split('/')[1], length, f'{path} {address}')
                else:
                    self.assertIsNone(answer['prefix'], f'{path} {address}')
            print(f'{path.name}: {found} of {len(asked)} addresses found, as libmaxminddb')


class PeeringDb(Case):
    def test_networks_and_connections(self):
        root = CORPUS / '04-contacts' / 'peeringdb+peeringdb-py' / 'tests' / 'data'
        for path in sorted(root.rglob('net*ix*lan*.json')):
            rows = json.loads(path.read_text(encoding='utf-8'))
            rows = [r.get('fields', r) for r in (rows['data'] if isinstance(rows, dict) else rows)]
            want = {r[key]: r['asn'] for r in rows for key in ('ipaddr4', 'ipaddr6') if r[key]}
            answers = self.places(path).look(want)
            self.assertEqual({a['address']: a['asn'] for a in answers}, want, path)
        for path in sorted(root.rglob('net*.json')):
            if path.name in ('net.json', 'net-0.json'):
                self.places(path)


if __name__ == '__main__':
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
