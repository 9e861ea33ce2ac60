#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Tuning, marks and suppressions from outside: a drill week read with --db, thresholds proposed from
it that ordinary days do not reach and that miss no attack, written into the file only with --apply;
what people said, shown; exact errors; both languages.

test_tune_cli.py PROGRAM [unittest options]
"""
import datetime
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import struct
import subprocess
import sys
import tempfile
import time
import unittest

PROGRAM = None
GOOD, REFUSED, USAGE, CONF, STORE = 0, 1, 2, 3, 4
DAYS = 7
START = 1772409600  # 2026-03-02 00:00 UTC, a Monday
ROUTER = '192.0.2.1'
SITE = '198.18.10.1'
VECTORS = ('syn_flood synack_reflection rst_flood ack_flood conn_flood udp_flood icmp_flood '
           'fragment_flood amplification http_flood proto_flood malformed dns_query_flood quic_flood '
           'any any_bits').split()


def run(*args, lang='C', zone='UTC'):
    env = dict(os.environ, LANG=lang, LC_ALL=lang, TZ=zone)
    return subprocess.run([PROGRAM, *args], capture_output=True, text=True, env=env, timeout=120,
                          check=False)


def ip(text):
    return bytes(int(part) for part in text.split('.'))


def v5(at_ms, rows):
    """A NetFlow v5 datagram in a frame. rows: source, target, packets, duration in ms."""
    body = b''
    for source, target, packets, lasted in rows:
        body += struct.pack('>4s4s4sHHIIIIHHBBBBHHBBH', ip(source), ip(target), bytes(4), 1, 2, packets,
                            44 * packets, 3600000 - lasted, 3600000, 4000, 80, 0, 2, 6, 0, 0, 0, 24, 24, 0)
    data = struct.pack('>HHIIIIBBH', 5, len(rows), 3600000, at_ms // 1000, at_ms % 1000 * 1000000, 0, 0, 0,
                       0) + body
    udp = struct.pack('>HHHH', 50000, 2055, 8 + len(data), 0) + data
    header = struct.pack('>BBHHHBBH4s4s', 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, ip(ROUTER),
                         ip('192.0.2.100'))
    frame = b'\x02\0\0\0\0\2\x02\0\0\0\0\1\x08\0' + header + udp
    return struct.pack('<IIII', at_ms // 1000, at_ms % 1000 * 1000, len(frame), len(frame)) + frame


def rush(at_ms, target, pps, seconds):
    """SYNs at a rate, told of a second at a time: somebody's own probes, no attack."""
    for second in range(seconds):
        now = at_ms + 1000 * second
        per_flow = 20
        sources = [f'203.0.113.{i % 250 + 1}' for i in range(pps // per_flow)]
        for i in range(0, len(sources), 30):
            yield now, v5(now, [(source, target, per_flow, 990) for source in sources[i:i + 30]])


def idle(until_s):
    """The router says something each 20 s; a little of it goes to the site."""
    for second in range(0, until_s, 20):
        at = 1000 * (START + second) + 300
        yield at, v5(at, [('203.0.113.9', '198.18.77.7', 3, 500), ('203.0.113.8', SITE, 5 + second % 9, 900)])


def frames_of(path):
    with open(path, 'rb') as f:
        data = f.read()
    at = 24
    while at < len(data):
        seconds, nanoseconds, kept, _ = struct.unpack_from('<IIII', data, at)
        record = struct.pack('<II', seconds, nanoseconds // 1000) + data[at + 8:at + 16 + kept]
        yield 1000 * seconds + nanoseconds // 1000000, record
        at += 16 + kept


class Week:
    """A week of one router: quiet, a rush a day, two attacks of the drill. Made once, then copied."""

    def __init__(self, scratch):
        self.dir = os.path.join(scratch, 'week')
        os.mkdir(self.dir)
        self.truth, frames = [], list(idle(DAYS * 86400))
        for day in range(DAYS):
            frames += rush(1000 * (START + day * 86400 + 36000 + 61 * day), SITE, 2800 + 40 * day, 3)
        for day, seed in ((2, 1), (5, 2)):
            at = datetime.datetime.fromtimestamp(START + day * 86400 + 50000, datetime.timezone.utc)
            name = os.path.join(self.dir, f'attack{day}.pcap')
            done = run('drill', 'write', '--format', 'v5', '--no-background', '--yaml', '--seed', str(seed),
                       '--start', at.strftime('%Y-%m-%dT%H:%M:%SZ'), 'syn-spoofed', name)
            if done.returncode:
                sys.exit(done.stderr)
            frames += frames_of(name)
            with open(name + '.truth.json', encoding='utf-8') as f:
                self.truth += json.load(f)['attacks']
        frames.sort(key=lambda frame: frame[0])
        self.pcap = os.path.join(self.dir, 'week.pcap')
        with open(self.pcap, 'wb') as f:
            f.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
            f.writelines(frame[1] for frame in frames)
        self.db = os.path.join(self.dir, 'store')
        self.conf = os.path.join(self.dir, 'attack2.pcap.yaml')
        done = run('read', '--quiet', '--conf', self.conf, '--db', self.db, '--json', self.pcap)
        if done.returncode:
            sys.exit(done.stderr)
        self.incidents = [json.loads(line) for line in done.stdout.splitlines()]


class Tune(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory(prefix='noroshi-tune-')
        cls.week = Week(cls.scratch.name)

    @classmethod
    def tearDownClass(cls):
        cls.scratch.cleanup()

    def setUp(self):
        self.dir = tempfile.mkdtemp(dir=self.scratch.name)
        self.db = os.path.join(self.dir, 'store')
        self.conf = os.path.join(self.dir, 'site.yaml')
        shutil.copytree(self.week.db, self.db)
        shutil.copy(self.week.conf, self.conf)

    def ends(self, status, *args, **kwargs):
        done = run(*args, **kwargs)
        self.assertEqual(done.returncode, status, f'{args}: {done.stdout[-1500:]}{done.stderr[-2000:]}')
        return done

    def at(self, status, *args, **kwargs):
        return self.ends(status, *args, '--db', self.db, '--conf', self.conf, **kwargs)

    def rows(self, *args, status=GOOD):
        done = self.at(status, *args, '--json')
        return [json.loads(line) for line in done.stdout.splitlines()]

    def tuned(self, vector='syn_flood', *args):
        found = [row for row in self.rows('tune', '--object', 'site-01', *args) if row['vector'] == vector]
        self.assertEqual(len(found), 1)
        return found[0]

    def mark_rushes(self):
        """The incidents that are no attack of the truth."""
        real = [attack['first'][:16] for attack in self.week.truth]
        false = [inc['id'] for inc in self.week.incidents if inc['first'][:16] not in real]
        for name in false:
            self.at(GOOD, 'incident', 'mark', name, 'false', '--reason', 'own probes', '--by', 'sato')
        return false

    # ---- the week ----

    def test_week(self):
        self.assertEqual(len(self.week.incidents), DAYS + len(self.week.truth))
        # As long as nobody has said that the rushes are none, they are attacks that must be caught.
        before = self.tuned()
        self.assertEqual(before['verdict'], 'keep')
        self.assertEqual(before['present']['of']['real'], DAYS + 2)
        self.assertEqual(before['minutes']['all'], DAYS * 1440)
        self.assertGreater(before['minutes']['seen'], DAYS * 1440 - 3)
        false = self.mark_rushes()
        self.assertEqual(len(false), DAYS)
        after = self.tuned()
        self.assertEqual(after['verdict'], 'raise')
        self.assertEqual(after['present']['opens'], DAYS + 2)
        self.assertEqual(after['present']['of']['false'], DAYS)
        self.assertEqual(after['present']['of']['real'], 2)
        self.assertEqual(after['present']['under_10s'], DAYS)
        proposed = after['proposed']['threshold']
        # Above every ordinary day with the margin, below both attacks.
        highest = 2800 + 40 * (DAYS - 1)
        self.assertGreaterEqual(proposed, 1.5 * highest)
        self.assertLess(proposed, min(attack['peak']['syn_per_s'] for attack in self.week.truth))
        self.assertEqual(after['proposed']['of'], {'nothing': 0, 'false': 0, 'scan': 0, 'maintenance': 0,
                                                   'test': 0, 'real': 2})
        self.assertEqual(after['proposed']['missed'], 0)
        # The truth of it: the same week again with the threshold proposed.
        again = self.ends(GOOD, 'read', '--quiet', '--json', '--conf', self.conf, '--threshold',
                          f'syn_flood={proposed}', self.week.pcap).stdout
        found = sorted(json.loads(line)['first'][:16] for line in again.splitlines())
        self.assertEqual(found, sorted(attack['first'][:16] for attack in self.week.truth))

    def test_figures(self):
        """What is kept is what was sent, within a step of the scale."""
        self.mark_rushes()
        row = self.tuned()
        highest = 2800 + 40 * (DAYS - 1)
        self.assertGreaterEqual(row['ordinary']['max'], highest)
        self.assertLess(row['ordinary']['max'], 1.2 * highest)
        # The first of those days whose rush is on the highest step.
        self.assertRegex(row['ordinary']['max_at'], r'^2026-03-0[5-8]T10:0\d')
        self.assertLess(row['ordinary']['median'] or 0, 20)
        self.assertAlmostEqual(row['least_attack']['rate'], 9000, delta=900)
        every = self.tuned('any')
        self.assertLess(every['ordinary']['median'], 20)
        quiet = self.tuned('icmp_flood')
        self.assertEqual((quiet['verdict'], quiet['proposed'], quiet['present']['opens']), ('quiet', None, 0))
        self.assertEqual([r['vector'] for r in self.rows('tune', '--object', 'site-01')], VECTORS)

    def test_same_at_any_thread_count(self):
        kept = []
        for threads in ('1', '3'):
            db = os.path.join(self.dir, 'threads' + threads)
            self.ends(GOOD, 'read', '--drill', '--quiet', '--conf', self.conf, '--db', db, '--threads', threads,
                      self.week.pcap)
            self.assertIn('DRILL / 訓練\n', run('tune', '--conf', self.conf, '--db', db).stdout)
            self.assertIn('is a drill store', self.ends(USAGE, 'tune', '--apply', '--conf', self.conf, '--db',
                                                        db).stderr)
            with sqlite3.connect(os.path.join(db, 'watch.db')) as sql:
                kept.append(sql.execute('SELECT * FROM rolls ORDER BY 1, 2, 3').fetchall())
        self.assertEqual(kept[0], kept[1])
        self.assertGreater(len(kept[0]), DAYS * 24)

    def test_days(self):
        self.mark_rushes()
        row = self.tuned('syn_flood', '--days', '1')
        self.assertEqual(row['minutes']['all'], 1440)
        self.assertEqual(row['present']['opens'], 1)
        self.assertEqual(row['verdict'], 'raise')  # nothing real in that day
        self.ends(USAGE, 'tune', '--days', '91', '--conf', self.conf)

    # ---- words ----

    def test_text(self):
        self.mark_rushes()
        said = self.at(GOOD, 'tune', '--object', 'site-01').stdout
        self.assertNotIn('DRILL', said)
        self.assertRegex(said, r'\n  syn_flood 2500 -> \d+ \(raise\)\n')
        self.assertRegex(said, r'Ordinary minutes reach 3\.\d+ kpps \(2026-03-0[5-8] 10:0\d UTC\)\.')
        self.assertIn('2.50 kpps would have opened 9 times (2 for real attacks, 7 for incidents marked false, '
                      '7 shorter than 10 s).', said)
        self.assertRegex(said, r'kpps would have opened 2 times \(2 for real attacks\)\.')
        self.assertRegex(said, r'An attack on one host is not seen under \d\.\d\d kpps\.')
        self.assertIn('nothing was written; --apply writes', said)
        said = self.at(GOOD, 'tune', lang='ja_JP.UTF-8').stdout
        for text in ('平常時の最大は ', '2.50 kpps なら検知は 9 回 (実際の攻撃 2 回、誤検知とされたもの 7 回',
                     'site-01\n', '個のしきい値: 近い値はありません', '書き込みはしていません'):
            self.assertIn(text, said)
        self.assertNotIn('Ordinary', said)

    def test_zone(self):
        self.mark_rushes()
        with open(self.conf, 'a', encoding='utf-8') as f:
            f.write('duty:\n  zone: Asia/Tokyo\n')
        self.assertRegex(self.at(GOOD, 'tune', '--object', 'site-01').stdout, r'\(2026-03-0[5-8] 19:0\d JST\)')

    # ---- the file ----

    def test_apply(self):
        self.mark_rushes()
        with open(self.conf, encoding='utf-8') as f:
            before = f.read()
        os.chmod(self.conf, 0o640)
        proposed = self.tuned()['proposed']['threshold']
        self.assertEqual(self.tuned('any')['proposed']['threshold'], proposed)  # 20k was far from all
        said = self.at(GOOD, 'tune', '--apply').stdout
        self.assertIn('2 written to ', said)
        self.assertIn('noroshi reload', said)
        with open(self.conf, encoding='utf-8') as f:
            after = f.read()
        with open(self.conf + '~', encoding='utf-8') as f:
            self.assertEqual(f.read(), before)
        self.assertEqual(os.stat(self.conf).st_mode & 0o777, 0o640)
        added = [line for line in after.splitlines() if line not in before.splitlines()]
        self.assertEqual(added, ['    thresholds:', f'      any: {proposed}', f'      syn_flood: {proposed}'])
        self.assertEqual(after.replace('\n'.join(added) + '\n', '', 1), before)
        self.ends(GOOD, 'conf', 'check', self.conf)
        self.assertEqual(sorted(os.listdir(self.dir)), ['site.yaml', 'site.yaml~', 'store'])
        # Then it fits.
        row = self.tuned()
        self.assertEqual((row['verdict'], row['present']['threshold']), ('keep', proposed))
        self.assertEqual(row['present']['opens'], 2)

    def test_apply_by_hand(self):
        self.mark_rushes()
        with open(self.conf, encoding='utf-8') as f:
            text = f.read()
        head = '  - name: site-01\n    prefixes: ["198.18.10.1"]\n    line: 1000Mbps\n'
        self.assertIn(head, text)
        text = text.replace(head, '  - {name: site-01, prefixes: ["198.18.10.1"], line: 1000Mbps}\n')
        with open(self.conf, 'w', encoding='utf-8') as f:
            f.write(text)
        line = text[:text.index('{name: site-01')].count('\n') + 1
        done = self.at(REFUSED, 'tune', '--apply')
        self.assertRegex(done.stderr, rf'site\.yaml:{line}: it stands in one line .*syn_flood: \d+')
        with open(self.conf, encoding='utf-8') as f:
            self.assertEqual(f.read(), text)
        self.assertFalse(os.path.exists(self.conf + '~'))
        row = [r for r in self.rows('tune', '--apply', status=REFUSED) if r['proposed']][0]
        self.assertEqual((row['line'], row['edited']), (line, False))

    def test_apply_through_a_link(self):
        self.mark_rushes()
        link = os.path.join(self.dir, 'link.yaml')
        os.symlink('site.yaml', link)
        self.ends(GOOD, 'tune', '--apply', '--db', self.db, '--conf', link)
        self.assertTrue(os.path.islink(link))
        self.assertTrue(os.path.exists(self.conf + '~'))

    # ---- what is wanted of the command line ----

    def test_usage(self):
        self.assertIn('say --conf FILE', self.ends(USAGE, 'tune', '--db', self.db).stderr)
        said = self.at(USAGE, 'tune', '--object', 'site-0l').stderr
        self.assertIn('did you mean "site-01"?', said)
        empty = os.path.join(self.dir, 'none')
        self.assertIn('there is no store', self.ends(STORE, 'tune', '--conf', self.conf, '--db', empty).stderr)

    def test_too_little(self):
        db = os.path.join(self.dir, 'short')
        name = os.path.join(self.week.dir, 'attack2.pcap')
        self.ends(GOOD, 'read', '--drill', '--quiet', '--conf', self.conf, '--db', db, name)
        done = run('tune', '--conf', self.conf, '--db', db)
        self.assertEqual(done.returncode, STORE)  # not one whole minute
        self.assertIn('no minute is kept yet', done.stderr)

    # ---- marks ----

    def test_mark(self):
        first, second = self.week.incidents[0]['id'], self.week.incidents[1]['id']
        plain = self.at(GOOD, 'incident', 'list').stdout
        self.assertNotIn('SAID', plain)
        said = self.at(GOOD, 'incident', 'mark', first[:9], 'false', '--reason', 'our own "probes"', '--by',
                       'sato').stdout
        self.assertIn(f'{first} is marked false; it stays recorded', said)
        self.at(GOOD, 'incident', 'mark', second, 'false', '--reason', 'x')
        self.at(GOOD, 'incident', 'mark', second, 'true', '--reason', 'it was one')
        listed = self.at(GOOD, 'incident', 'list').stdout
        self.assertIn('SAID', listed)
        self.assertRegex(listed, rf'{first}.* false')
        self.assertRegex(listed, rf'{second}.* true')
        self.assertEqual(len(listed.splitlines()), len(plain.splitlines()))
        self.assertRegex(self.at(GOOD, 'incident', 'list', lang='ja_JP.UTF-8').stdout, rf'{first}.* 誤検知')
        shown = self.at(GOOD, 'incident', 'show', first).stdout
        self.assertRegex(shown, r'marked false: our own "probes" \(sato, 20\d\d-\d\d-\d\d \d\d:\d\d UTC\)')
        said = json.loads(self.at(GOOD, 'incident', 'show', '--json', first).stdout)['said']
        self.assertEqual((said['word'], said['mark']['false'], said['mark']['by']), ('false', True, 'sato'))
        self.assertNotIn('said', self.rows('incident', 'list')[0])
        self.ends(GOOD, 'case', 'audit', '--verify', '--db', self.db)

    def test_mark_refused(self):
        name = self.week.incidents[0]['id']
        for args, status, text in (((name, 'flase', '--reason', 'x'), USAGE, 'did you mean "false"?'),
                                   ((name, 'maybe', '--reason', 'x'), USAGE, 'false or true is wanted'),
                                   ((name, 'false'), USAGE, 'say why: --reason TEXT'),
                                   ((name, 'false', '--reason', ' '), USAGE, 'say why'),
                                   ((name, 'false', '--reason', 'a\nb'), USAGE, 'one line'),
                                   ((name, 'false', '--reason', 'x' * 256), USAGE, 'at most 255 bytes'),
                                   (('nnothere', 'false', '--reason', 'x'), STORE, 'nothing of that name')):
            self.assertIn(text, self.at(status, 'incident', 'mark', *args).stderr)
        self.assertFalse(os.path.exists(os.path.join(self.db, 'desk.db')))

    # ---- suppressions ----

    def test_suppress(self):
        self.assertIn('nothing is suppressed', self.at(GOOD, 'suppress', 'list').stdout)
        self.at(GOOD, 'suppress', 'add', '--object', 'site-01', '--vector', 'syn_flood', '--for', '2h',
                '--reason', 'load test', '--by', 'sato')
        self.at(GOOD, 'suppress', 'add', '--object', 'site-02', '--for', '30d', '--reason', '作業')
        rows = self.rows('suppress', 'list')
        self.assertEqual([(r['object'], r['vector'], r['by'], r['reason']) for r in rows][0],
                         ('site-01', 'syn_flood', 'sato', 'load test'))
        self.assertTrue(all(r['in_force'] and r['held_back'] == 0 for r in rows))
        listed = self.at(GOOD, 'suppress', 'list', zone='UTC').stdout
        self.assertRegex(listed, r's[0-9a-f]{12} +site-01 +syn_flood +20\d\d-\d\d-\d\d \d\d:\d\d UTC +sato +0 +load test')
        self.assertRegex(self.at(GOOD, 'suppress', 'list', lang='ja_JP.UTF-8').stdout, 'site-02 +すべて')
        self.at(GOOD, 'suppress', 'lift', rows[0]['id'][:6], '--by', 'sato')
        self.assertEqual([r['id'] for r in self.rows('suppress', 'list')], [rows[1]['id']])
        everything = self.rows('suppress', 'list', '--all')
        self.assertEqual([r['in_force'] for r in everything], [False, True])
        self.assertIsNotNone(everything[0]['lifted'])
        self.assertIn('lifted ', self.at(GOOD, 'suppress', 'list', '--all').stdout)
        self.assertIn('has ended already', self.at(STORE, 'suppress', 'lift', rows[0]['id']).stderr)
        self.assertIn('no such suppression', self.at(STORE, 'suppress', 'lift', 's-none').stderr)
        self.ends(GOOD, 'case', 'audit', '--verify', '--db', self.db)

    def test_suppress_refused(self):
        good = ['--object', 'site-01', '--for', '1h', '--reason', 'x']
        for args, text in ((good[2:], 'say which: --object NAME'),
                           (good[:2] + good[4:], 'say until when'),
                           (good[:4], 'say why'),
                           (good + ['--until', '2099-01-01T00:00:00Z'], 'say until when'),
                           (good[:2] + ['--for', '31d'] + good[4:], 'at most 30d'),
                           (good[:2] + ['--until', '2020-01-01T00:00:00Z'] + good[4:], 'this is over'),
                           (good[:2] + ['--until', '2999-01-01T00:00:00Z'] + good[4:], 'at most 30 days'),
                           (good[:2] + ['--until', 'tomorrow'] + good[4:], 'a time like'),
                           (['--object', 'site-0l'] + good[2:], 'did you mean "site-01"?'),
                           (good + ['--vector', 'syn_flod'], 'did you mean "syn_flood"?'),
                           (good + ['--vector', 'zzzz'], 'there is no such vector')):
            self.assertIn(text, self.at(USAGE, 'suppress', 'add', *args).stderr)
        self.assertIn('say --conf FILE', self.ends(USAGE, 'suppress', 'add', *good, '--db', self.db).stderr)
        self.assertFalse(os.path.exists(os.path.join(self.db, 'desk.db')))

    def test_suppressed_is_recorded(self):
        """An incident that goes on while its object is suppressed is there, with a word for it."""
        now = int(datetime.datetime.now(datetime.timezone.utc).timestamp())
        flood = os.path.join(self.dir, 'now.pcap')
        frames = sorted(list(rush(1000 * (now + 30), SITE, 8000, 20)), key=lambda frame: frame[0])
        with open(flood, 'wb') as f:
            f.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
            f.writelines(frame[1] for frame in frames)
        self.at(GOOD, 'suppress', 'add', '--object', 'site-01', '--for', '1h', '--reason', 'load test')
        self.ends(GOOD, 'read', '--quiet', '--conf', self.conf, '--db', self.db, flood)
        newest = self.rows('incident', 'list')[0]
        self.assertEqual(newest['said']['word'], 'suppressed')
        self.assertEqual(newest['said']['by'], self.rows('suppress', 'list')[0]['id'])
        self.assertEqual(self.rows('suppress', 'list')[0]['held_back'], 1)
        self.assertRegex(self.at(GOOD, 'incident', 'show', newest['id']).stdout, 'suppressed by .*load test')
        self.assertRegex(self.at(GOOD, 'incident', 'list').stdout, r'198\.18\.10\.1 .* suppressed\n')

    def test_live(self):
        """What a watch saw until it was stopped is kept, and a second run adds to it."""
        db = os.path.join(self.dir, 'live')
        for _ in range(2):
            with open(os.path.join(self.dir, 'log'), 'a', encoding='utf-8') as log:
                child = subprocess.Popen([PROGRAM, 'watch', '--conf', self.conf, '--db', db, '--any-exporter',
                                          '--listen', '127.0.0.1:0'], stdout=log, stderr=log)
            self.addCleanup(child.wait, timeout=30)
            self.addCleanup(child.kill)
            port = self.port_of(db)
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
                for _ in range(8):
                    now = int(time.time() * 1000)
                    out.sendto(v5(now, [('203.0.113.9', SITE, 20, 100)])[16 + 42:], ('127.0.0.1', port))
                    time.sleep(0.3)
            child.send_signal(signal.SIGTERM)
            self.assertEqual(child.wait(timeout=30), GOOD)
        with sqlite3.connect(os.path.join(db, 'watch.db')) as sql:
            found = sql.execute("SELECT object, minutes FROM rolls WHERE vector = 'any'").fetchall()
        self.assertEqual({row[0] for row in found}, {'site-01'})
        self.assertTrue(any(any(row[1]) for row in found))

    def port_of(self, db, patience=20):
        until = time.time() + patience
        while time.time() < until:
            done = run('status', '--json', '--db', db)
            status = json.loads(done.stdout) if done.returncode == GOOD else {}
            if status.get('running') and status['listeners']:
                return status['listeners'][0]['port']
            time.sleep(0.1)
        self.fail('no watch')
        return None

    def test_announced(self):
        """Known tests and maintenance are said in a word, and count for neither side."""
        truth = self.week.truth[0]
        with open(self.conf, 'a', encoding='utf-8') as f:
            f.write('maintenance:\n  - note: new line card\n    objects: site-01\n'
                    f'    from: {truth["first"][:10]}T00:00:00Z\n    until: {truth["first"][:10]}T23:59:00Z\n')
        words = [inc['said']['word'] for inc in self.rows('incident', 'list') if 'said' in inc]
        self.assertEqual(words, ['maintenance', 'maintenance'])  # the attack and the rush of that day
        row = self.tuned()
        self.assertEqual(row['present']['of']['maintenance'], 2)
        self.assertEqual(row['present']['of']['real'], DAYS)


def main():
    global PROGRAM
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main()


if __name__ == '__main__':
    main()
