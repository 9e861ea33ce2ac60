#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Brief, handover, notice and heightened from outside, over stores that the program made itself:
with both databases, with either missing, with neither; exact errors; both languages; a notice goes
to its program once; and no address of a source stands in anything.

test_words_cli.py PROGRAM [unittest options]
"""
import json
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
import time
import unittest

PROGRAM = None
GOOD, REFUSED, USAGE, CONF, STORE = 0, 1, 2, 3, 4

CONFIGURATION = '''own: [198.18.0.0/16]
country: JP
protected:
  - name: site-01
    customer: Example Trading
    prefixes: 198.18.10.1
    line: 100Mbps
    contacts:
      - {name: Night desk, mail: noc@example.net, language: ja}
      - {name: Jane Doe, mail: jane@example.net, language: en}
  - {name: bystander, customer: Example Bank, prefixes: 198.18.10.9}
exporters:
  - {name: router-1, address: 192.0.2.1}
interfaces:
  - {exporter: router-1, ifindex: 1, link: transit-a, capacity: 10Gbps, side: outside}
duty:
  zone: Asia/Tokyo
  contact: Example NOC, +81-3-5550-0199
  people: [{name: Sato, mail: sato@example.net}, {name: Tanaka, mail: tanaka@example.net}]
  shifts: [{people: [Sato, Tanaka]}]
  mail: {server: "smtp://127.0.0.1:9", from: noroshi@example.net}
%s
heightened:
  - {name: new year, from: 2026-01-15T00:00:00Z, until: 2026-01-16T00:00:00Z, objects: site-01}
  - {name: quiet days, from: 2026-01-20T00:00:00Z, until: 2026-01-21T00:00:00Z}
  - {name: far off, from: 2099-01-01T00:00:00Z, until: 2099-01-02T00:00:00Z}
  - {name: of an event, event: no-such-event}
'''


def run(*args, lang='C'):
    env = dict(os.environ, LANG=lang, LC_ALL=lang, TZ='UTC')
    return subprocess.run([PROGRAM, *args], capture_output=True, text=True, env=env, timeout=120,
                          check=False)


def alarm_id(kind, ref):
    """As alarm_id() makes it: FNV-1a of "KIND REF", folded to 48 bits."""
    h = 0xcbf29ce484222325
    for byte in f'{kind} {ref}'.encode():
        h = (h ^ byte) * 0x100000001b3 % 2 ** 64
    return 'w%012x' % ((h & 0xffffffffffff) ^ (h >> 48))


def make_store(folder):
    """A real store with one closed incident, from a drill's packets; its configuration."""
    run('drill', 'write', 'syn-real', os.path.join(folder, 'x.pcap'), '--format', 'ipfix', '--seed', '1')
    conf = os.path.join(folder, 'noroshi.yaml')
    with open(conf, 'w', encoding='utf-8') as f:
        f.write(CONFIGURATION % '')
    done = run('read', '--conf', conf, '--db', os.path.join(folder, 'real'), os.path.join(folder, 'x.pcap'))
    assert done.returncode == GOOD, done.stderr
    return conf


class Words(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory(prefix='noroshi-words-')
        cls.made = cls.scratch.name
        make_store(cls.made)

    @classmethod
    def tearDownClass(cls):
        cls.scratch.cleanup()

    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix='noroshi-words-')
        self.addCleanup(scratch.cleanup)
        self.dir = scratch.name
        self.db = os.path.join(self.dir, 'store')
        shutil.copytree(os.path.join(self.made, 'real'), self.db)
        self.conf = self.write('noroshi.yaml', CONFIGURATION % '')
        line = self.ends(GOOD, 'incident', 'list', '--json', '--db', self.db).stdout.splitlines()[0]
        self.incident = json.loads(line)
        self.id = self.incident['id']

    def write(self, name, text):
        path = os.path.join(self.dir, name)
        with open(path, 'w', encoding='utf-8') as f:
            f.write(text)
        return path

    def ends(self, status, *args, **kwargs):
        done = run(*args, **kwargs)
        self.assertEqual(done.returncode, status, f'{args}: {done.stdout[-800:]}{done.stderr[-2000:]}')
        return done

    def say(self, *args, status=GOOD, db=None, **kwargs):
        """A verb on this test's store, with its configuration."""
        return self.ends(status, *args, '--conf', self.conf, '--db', db or self.db, **kwargs)

    def desk(self, **alarm):
        """A desk.db as the courier would leave it, with one alarm about the incident (self.alarm)."""
        self.ends(GOOD, 'case', 'open', '--db', self.db, '--form', 'news', '--target', '203.0.113.77',
                  '--text', 'makes the database')
        db = sqlite3.connect(os.path.join(self.db, 'desk.db'))
        self.addCleanup(db.close)
        body = {'kind': 'incident', 'ref': self.id, 'state': 'paged',
                'mute': 'none', 'members': 0, 'told': 0, 'mute_ref': None, 'severity': 2, 'object': 'site-01', 'owner': None,
                'paged': 'Sato', 'step': 1, 'asked': 1, 'opened': '2026-01-15T10:00:00Z',
                'seen': '2026-01-15T10:00:10Z', 'paged_at': '2026-01-15T10:00:20Z', **alarm}
        body['id'] = self.alarm = alarm_id(body['kind'], body['ref'])
        db.execute('INSERT INTO alarms (id, kind, ref, state, opened_us, changed_us, body) '
                   'VALUES (?, ?, ?, ?, ?, ?, ?)',
                   (body['id'], body['kind'], body['ref'], body['state'], 1768471200000000,
                    1768471200000000, json.dumps(body)))
        db.commit()
        return db

    def act(self, db, act, subject, body, at_s=None):
        db.execute('INSERT INTO acts (act, subject, actor, at_us, body) VALUES (?, ?, ?, ?, ?)',
                   (act, subject, 'Sato', int((at_s or time.time()) * 1e6), json.dumps(body)))
        db.commit()


class Brief(Words):
    def test_of_an_incident(self):
        text = self.say('brief', self.id).stdout
        self.assertEqual(text.count('\n'), 1)
        for words in ('site-01 (Example Trading, 198.18.10.1) was under attack at 2026-01-15 19:00 JST for '
                      '19 s: SYN flood', 'It is over.', 'Severity', 'of its access line',
                      'there are no records of the desk'):
            self.assertIn(words, text)
        self.assertEqual(self.say('brief', self.id[:8]).stdout, text)
        self.assertIn('SYNフラッド', self.say('brief', self.id, '--lang', 'ja').stdout)

    def test_json(self):
        brief = json.loads(self.say('brief', self.id, '--json').stdout)
        self.assertEqual((brief['id'], brief['kind'], brief['language']), (self.id, 'incident', 'en'))
        self.assertEqual(brief['withheld'], 0)
        self.assertEqual(' '.join(s['text'] for s in brief['sentences']
                                  if s['about'] not in brief['left_out']), brief['text'])

    def test_of_an_alarm(self):
        self.desk(state='acknowledged', owner='Sato')
        text = self.say('brief', self.alarm).stdout
        self.assertIn('Sato has it.', text)
        for name in (self.id, self.alarm[:4], f'{self.alarm}-1-1'):
            self.assertEqual(self.say('brief', name).stdout, text)

    def test_of_a_fault(self):
        self.desk(kind='fault', ref='exporter_silent/router-1@1768471200', object=None)
        text = self.say('brief', self.alarm).stdout
        self.assertIn('No export from router-1, since 2026-01-15 19:00 JST.', text)

    def test_no_such(self):
        self.assertIn('no such incident or alarm', self.say('brief', 'nffffffffffff', status=STORE).stderr)
        self.say('brief', status=USAGE)
        self.ends(STORE, 'brief', self.id, '--db', os.path.join(self.dir, 'nowhere'))

    def test_marked(self):
        db = self.desk()
        self.act(db, 'mark', self.id, {'false': True, 'reason': 'a backup'})
        self.assertIn('Somebody marked it as no attack.', self.say('brief', self.id).stdout)


class Handover(Words):
    SINCE = ['--since', '2026-01-15T00:00:00Z']

    def test_without_desk(self):
        text = self.say('handover', *self.SINCE).stdout
        self.assertIn('Not known: there are no records of the desk.', text)
        self.assertIn(f'Opened 1: {self.id} (site-01).', text)
        self.assertIn(f'Ended 1: {self.id} (site-01).', text)
        self.assertIn('Sato, then Tanaka', text)
        self.assertLessEqual(max(map(len, text.splitlines())), 72)

    def test_with_desk(self):
        db = self.desk()
        now = time.time()
        utc = lambda s: time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(s))
        self.act(db, 'suppress', 'x0123456789ab', {'object': 'site-01', 'vector': 'syn_flood', 'from': utc(now),
                                                   'until': utc(now + 7200), 'reason': 'known'})
        self.act(db, 'suppress', 'xffffffffffff', {'object': 'bystander', 'vector': '', 'from': utc(now),
                                                   'until': utc(now + 7200), 'reason': 'asked by 203.0.113.8'})
        self.act(db, 'lift', 'xffffffffffff', {})
        self.act(db, 'mark', self.id, {'false': True, 'reason': 'no attack'})
        text = self.say('handover').stdout
        self.assertIn('Sato was paged at 2026-01-15 19:00', text)
        self.assertIn('x0123456789ab site-01, SYN flood; until', text)
        self.assertIn('Marked as no attack 1:', text)
        self.assertIn('Suppressed 2:', text)
        self.assertIn('Suppression lifted 1:', text)
        self.assertNotIn('203.0.113.8', text)
        data = json.loads(self.say('handover', '--json').stdout)
        self.assertEqual([s['id'] for s in data['suppressions']], ['x0123456789ab'])
        self.assertEqual([a['ref'] for a in data['unanswered']], [self.id])
        self.assertEqual(data['text'].splitlines()[2:], text.splitlines()[2:])
        self.assertIn('呼び出しの抑止', self.say('handover', '--lang', 'ja').stdout)

    def test_without_watch(self):
        self.desk()
        os.unlink(os.path.join(self.db, 'watch.db'))
        text = self.say('handover').stdout
        self.assertIn('Not known: the store of incidents could not be read.', text)
        self.assertIn('Sato was paged', text)

    def test_with_neither(self):
        nowhere = os.path.join(self.dir, 'nowhere')
        self.assertIn(nowhere, self.say('handover', db=nowhere, status=STORE).stderr)

    def test_since(self):
        self.assertRegex(self.say('handover', '--since', '21:00').stdout, r'SINCE (\d{4}-\d\d-\d\d )?21:00 JST')
        self.say('handover', '--since', '2h')
        for bad in ('25:00', 'x', '21:0', '21:00x', '21:60', ':30', '-1:30', '121:00'):
            self.assertIn('a clock time like 21:00', self.say('handover', f'--since={bad}', status=USAGE).stderr)


class Notice(Words):
    def test_drafts(self):
        text = self.say('notice', self.id, '--closing').stdout
        self.assertIn('Subject: The attack on site-01 is over\nTo: Jane Doe\n', text)
        self.assertIn('件名: site-01 への攻撃の終息について\n宛先: Night desk\n', text)
        self.assertIn('Example NOC, +81-3-5550-0199', text)
        self.assertNotIn('件名', self.say('notice', self.id, '--closing', '--lang', 'en').stdout)
        drafts = [json.loads(s) for s in self.say('notice', self.id, '--closing', '--json').stdout.splitlines()]
        self.assertEqual([d['language'] for d in drafts], ['ja', 'en'])
        self.assertEqual(drafts[0]['to'], [{'name': 'Night desk', 'mail': 'noc@example.net', 'phone': ''}])

    def test_refused(self):
        self.assertIn('say --closing', self.say('notice', self.id, status=USAGE).stderr)
        self.assertIn('say --conf FILE', self.ends(USAGE, 'notice', self.id, '--closing', '--db', self.db).stderr)
        self.assertIn('duty.notice_program', self.say('notice', self.id, '--closing', '--send', status=USAGE).stderr)
        db = self.desk()
        self.act(db, 'mark', self.id, {'false': True, 'reason': 'x'})
        self.assertIn('marked as no attack', self.say('notice', self.id, '--closing', status=USAGE).stderr)

    def test_file(self):
        out = os.path.join(self.dir, 'draft')
        self.assertEqual(self.say('notice', self.id, '--closing', '--out', out).stdout, '')
        self.assertEqual(stat.S_IMODE(os.stat(out).st_mode), 0o600)
        with open(out, encoding='utf-8') as f:
            self.assertEqual(f.read().splitlines()[-1],
                             self.say('notice', self.id, '--closing').stdout.splitlines()[-1])
        self.say('notice', self.id, '--closing', '--out', os.path.join(self.dir, 'no', 'such'), status=USAGE)

    def test_sent_once(self):
        got = os.path.join(self.dir, 'got')
        program = self.write('program', f'#!/bin/sh\ncat >> {got}\necho >> {got}\n')
        os.chmod(program, 0o755)
        self.conf = self.write('noroshi.yaml', CONFIGURATION % f'  notice_program: {program}')
        # The text has the minute in it, so the two are only the same within one.
        if time.time() % 60 > 50:
            time.sleep(11)
        for _ in range(2):
            self.say('notice', self.id, '--closing', '--lang', 'en', '--send')
        self.say('courier', '--for', '3s')
        with open(got, encoding='utf-8') as f:
            said = f.read()
        self.assertEqual(said.count('The attack on site-01 is over') > 0, True, said)
        db = sqlite3.connect(os.path.join(self.db, 'desk.db'))
        self.addCleanup(db.close)
        self.assertEqual(db.execute("SELECT count(*), min(state) FROM outbox WHERE kind = 'notice'").fetchall(),
                         [(1, 'sent')])

    def test_a_drill_is_not_sent(self):
        program = self.write('program', '#!/bin/sh\n')
        os.chmod(program, 0o755)
        self.conf = self.write('noroshi.yaml', CONFIGURATION % f'  notice_program: {program}')
        drill = os.path.join(self.dir, 'drill')
        self.say('read', '--drill', os.path.join(self.made, 'x.pcap'), db=drill)
        self.assertIn('DRILL', self.say('notice', self.id, '--closing', db=drill).stdout)
        self.assertIn('a drill', self.say('notice', self.id, '--closing', '--send', db=drill, status=USAGE).stderr)


class Heightened(Words):
    def test_list(self):
        text = self.say('heightened', 'list').stdout
        for words in ('new year', 'over', 'far off', 'to come', 'no such event', 'everything protected'):
            self.assertIn(words, text)
        rows = [json.loads(s) for s in self.say('heightened', 'list', '--json').stdout.splitlines()]
        self.assertEqual([r['when'] for r in rows], ['over', 'over', 'to_come', 'no_event'])

    def test_report(self):
        text = self.say('heightened', 'report', 'new year').stdout
        self.assertIn(self.id, text)
        self.assertIn('SYN flood', ' '.join(text.split()))
        self.assertIn('Which minutes were watched is not known: none are kept. Faults are not known',
                      ' '.join(text.split()))
        text = ' '.join(self.say('heightened', 'report', 'quiet days').stdout.split())
        self.assertNotIn(self.id, text)
        self.assertIn('Nothing was seen. From what size on it would have been seen is not known.', text)
        self.assertIn('警戒強化の報告', self.say('heightened', 'report', 'quiet days', '--lang', 'ja').stdout)

    def test_report_json(self):
        db = self.desk()
        self.act(db, 'mark', self.id, {'false': True, 'reason': 'x'})
        report = json.loads(self.say('heightened', 'report', 'new year', '--json').stdout)
        self.assertEqual((report['marked_false'], report['faults_known'], report['over']), (1, True, True))

    def test_wrong_names(self):
        self.assertIn('did you mean new year?', self.say('heightened', 'report', 'new yaer', status=USAGE).stderr)
        self.assertIn('it has not begun', self.say('heightened', 'report', 'far off', status=USAGE).stderr)
        self.assertIn('no calendar', self.say('heightened', 'report', 'of an event', status=USAGE).stderr)


class Secrecy(Words):
    def test_no_source_anywhere(self):
        # Of the store itself they are erased in time, so they are read once more.
        line = self.ends(GOOD, 'read', '--json', '--conf', self.conf, os.path.join(self.made, 'x.pcap')).stdout
        sources = [s['address'] for s in json.loads(line.splitlines()[0])['sources']['top']]
        self.assertTrue(sources)
        self.desk()
        for args in (['brief', self.id], ['handover', '--since', '2026-01-01T00:00:00Z'],
                     ['notice', self.id, '--closing'], ['heightened', 'report', 'new year']):
            for more in ([], ['--json'], ['--lang', 'ja']):
                out = self.say(*args, *more).stdout
                for address in sources:
                    self.assertNotIn(address, out, args)


if __name__ == '__main__':
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main()
