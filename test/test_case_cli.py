#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Cases from outside: opened by notices and incidents that the program itself made, joined, split,
undone, audited; exact errors of notices; both languages; and no leak through any verb.

test_case_cli.py PROGRAM [unittest options]
"""
import json
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
import threading
import unittest

PROGRAM = None
GOOD, REFUSED, USAGE, CONF, STORE = 0, 1, 2, 3, 4

NOTICE = '''form: partner
from: AS64500 NOC
reference: TT-1
received: 2026-03-01T12:00:00Z
span: {from: 2026-03-01T10:00:00Z, until: 2026-03-01T10:20:00Z}
target: [203.0.113.9]
vector: SYN flood
text: |
  please look
  at it
'''


def run(*args, stdin=None, lang='C'):
    env = dict(os.environ, LANG=lang, LC_ALL=lang, TZ='UTC')
    return subprocess.run([PROGRAM, *args], capture_output=True, text=True, input=stdin, env=env,
                          timeout=120, check=False)


class Case(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix='noroshi-case-')
        self.addCleanup(scratch.cleanup)
        self.dir = scratch.name
        self.db = os.path.join(self.dir, 'store')

    def path(self, name, text):
        path = os.path.join(self.dir, name)
        with open(path, 'w', encoding='utf-8') as f:
            f.write(text)
        return path

    def ends(self, status, *args, **kwargs):
        done = run(*args, **kwargs)
        self.assertEqual(done.returncode, status, f'{args}: {done.stdout[-800:]}{done.stderr[-2000:]}')
        return done

    def case(self, verb, *args, status=GOOD, circle='team', **kwargs):
        """A verb of `case` on this test's store."""
        return self.ends(status, 'case', verb, '--db', self.db, '--circle', circle, *args, **kwargs)

    def told(self, verb, *args, **kwargs):
        """Its JSON lines."""
        out = self.case(verb, '--json', *args, **kwargs).stdout
        return [json.loads(line) for line in out.splitlines()]

    def open_notice(self, text=NOTICE, *args, **kwargs):
        return self.told('open', '--notice', '-', *args, stdin=text, **kwargs)[0]['case']

    def ids(self, **kwargs):
        return [c['id'] for c in self.told('list', **kwargs)]


class Notices(Case):
    def test_open_before_any_observation(self):
        opened = self.open_notice()
        self.assertRegex(opened, r'^c[0-9a-f]{12}$')
        case, = self.told('show', opened)
        self.assertEqual(case['targets'], ['203.0.113.9'])
        self.assertEqual(case['entries'][0]['notice']['text'], 'please look\nat it\n')
        self.assertEqual(case['motive'], [])
        self.assertEqual(case['state'], 'open')
        text = self.case('show', opened[:8]).stdout
        self.assertIn('notice (partner) AS64500 NOC', text)
        self.assertIn('    | at it', text)
        self.assertIn('motive: not known', text)

    def test_by_options(self):
        done = self.told('open', '--form', 'customer', '--from', '例', '--target', 'www.example.jp',
                         '--since', '2026-03-01T10:00:00Z', '--motive', 'a protest', '--text', '重い',
                         '--vector', 'SYNフラッド', '--hosted-abroad', '--country', 'jp')[0]
        notice = self.told('show', done['case'])[0]['entries'][0]['notice']
        self.assertEqual(notice['form'], 'customer')
        self.assertEqual(notice['from'], '例')
        self.assertEqual(notice['country'], 'JP')
        self.assertTrue(notice['hosted_abroad'])
        self.assertIn('received', notice)
        self.assertIn('a protest', self.case('show', done['case']).stdout)

    def test_exact_errors(self):
        for text, message in [
                ('form: partner\ntraget: x\ntext: t\n', ':2:1: unknown key "traget" in a notice; did you '
                 'mean "target"?'),
                ('form: friend\ntext: t\n', ':1:7: form: "friend" is not one of partner'),
                ('{"form": "news",\n "text": "t",\n "recieved": "x"}', ':3:2: unknown key "recieved"'),
                ('form: news\n', 'a notice needs a target, a link or a text'),
                ('form: [', 'not valid YAML')]:
            path = self.path('n.yaml', text)
            done = self.case('open', '--notice', path, status=USAGE)
            self.assertIn(message, done.stderr)
            self.assertTrue(done.stderr.startswith(path + ':'), done.stderr)
        self.assertFalse(self.ids())

    def test_wrong_words(self):
        for args, message in [
                (['open'], 'an INCIDENT, --notice FILE or --form is wanted'),
                (['open', '--target', 'x'], 'who tells? say --form'),
                (['open', '--form', 'news', '--notice', 'x'], 'not both'),
                (['open', '--notice', '/no/such'], '/no/such: No such file'),
                (['open', '--form', 'friend'], 'it may be partner'),
                (['open', '--notice', '-', '--for', 'friends'], 'a circle is team, desk'),
                (['note', 'c1'], 'CASE TEXT... is missing'),
                (['note', 'c1', 'a\x1bb'], 'without control characters')]:
            done = self.case(*args, status=USAGE, stdin=NOTICE)
            self.assertIn(message, done.stderr)
        done = self.ends(USAGE, 'case', 'export', 'c1', '--db', self.db)
        self.assertIn('for whom? say --circle', done.stderr)

    def test_nothing_there(self):
        for verb in ('list', 'propose', 'audit'):
            self.assertIn('there are no cases yet', self.case(verb, status=STORE).stderr)
        self.open_notice()
        self.assertIn('c999: there is no such case', self.case('show', 'c999', status=STORE).stderr)
        self.assertIn('その案件はありません',
                      self.case('show', 'c999', '--lang', 'ja', status=STORE).stderr)


class Life(Case):
    def test_note_close_reopen_undo(self):
        case = self.open_notice()
        self.case('note', case, 'one', 'two')
        self.case('note', case, '-', stdin='three\nfour\n')
        self.case('close', case, '--note', 'done')
        shown, = self.told('show', case)
        self.assertEqual(shown['state'], 'closed')
        self.assertEqual([e['text'] for e in shown['entries'] if e['kind'] == 'note'],
                         ['one two', 'three\nfour\n', 'done'])
        self.assertEqual(self.ids(), [case])
        self.assertEqual([c['id'] for c in self.told('list', '--state', 'open')], [])
        self.assertIn('it is so already', self.case('close', case, status=USAGE).stderr)
        self.case('reopen', case)
        self.assertIn('undone: reopen', self.case('undo', case).stdout)
        self.assertEqual(self.told('undo', case)[0]['act'], 'note')
        shown, = self.told('show', case)
        self.assertEqual(shown['state'], 'closed')
        self.assertEqual(len([e for e in shown['entries'] if e['kind'] == 'note']), 2)

    def test_merge_split(self):
        one = self.open_notice()
        two = self.open_notice(NOTICE.replace('113.9', '113.99').replace('2026-03-01', '2026-04-01'))
        self.case('join', one, two)
        self.assertEqual(self.ids(), [one])
        self.assertEqual(self.told('show', two)[0]['id'], one)
        self.assertIn('cannot join itself', self.case('join', one, two, status=USAGE).stderr)
        entry = self.told('show', one)[0]['entries'][1]['entry']
        new = self.told('split', one, entry)[0]['new_case']
        self.assertEqual(sorted(self.ids()), sorted([one, new]))
        self.assertIn('nothing would be left', self.case('split', new, entry, status=STORE).stderr)
        self.case('undo', new)
        self.assertEqual(self.ids(), [one])
        self.assertIn('undone: merge', self.case('undo', one).stdout)
        self.assertEqual(sorted(self.ids()), sorted([one, two]))
        self.case('audit', '--verify')

    def test_two_notices_of_one_thing_are_proposed(self):
        one = self.open_notice()
        two = self.open_notice(NOTICE.replace('form: partner', 'form: cert'))
        found = self.told('propose')
        self.assertEqual(len(found), 1)
        self.assertEqual(found[0]['propose'], 'merge')
        self.assertEqual({found[0]['case'], found[0]['other_case']}, {one, two})
        self.assertIn('the same target', found[0]['reason']['en'])
        self.assertIn('noroshi case join', self.case('propose').stdout)

    def test_event(self):
        case = self.open_notice(NOTICE.replace('2026-03-01', '2008-07-08'))
        conf = self.path('c.yaml', 'country: JP\n')
        shown, = self.told('show', case, '--conf', conf)
        self.assertEqual(shown['events'][0]['id'], 'jp-g8-toyako-2008')
        self.assertIn('洞爺湖', self.case('show', case, '--conf', conf, '--lang', 'ja').stdout)
        self.case('join', case, 'event:jp-mukden', '--conf', conf)
        self.assertTrue(self.told('show', case, '--conf', conf)[0]['events'][-1]['tied'])
        self.assertIn('no calendar has', self.case('join', case, 'event:x', status=STORE).stderr)
        own = self.path('own.yaml', 'events:\n  - {id: ours, kind: release, from: 2008-07-08, name: x}\n')
        conf = self.path('d.yaml', f'desk: {{calendars: ["{own}"]}}\n')
        self.assertEqual(self.told('show', case, '--conf', conf)[0]['events'][0]['id'], 'ours')
        self.path('own.yaml', 'events:\n  - {id: ours, kind: feast}\n')
        self.assertIn('own.yaml:2:22: kind', self.case('show', case, '--conf', conf, status=CONF).stderr)

    def test_japanese(self):
        case = self.open_notice()
        self.assertIn('案件 ' + case, self.case('show', case, '--lang', 'ja').stdout)
        self.assertIn('対象', self.case('list', '--lang', 'ja').stdout)

    def test_many_first_ones(self):
        """Of several first commands one makes the key and the database, and all get through."""
        threads = [threading.Thread(target=self.open_notice) for _ in range(4)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        self.assertEqual(len(self.ids()), 4)
        self.assertIn('the log holds: 4 lines', self.case('audit', '--verify', circle='all').stdout)

    def test_many_at_once(self):
        """Commands take turns: nothing is lost and the log holds."""
        case = self.open_notice()
        threads = [threading.Thread(target=lambda i=i: self.case('note', case, f'note {i}'))
                   for i in range(6)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        self.assertEqual(len(self.told('show', case)[0]['entries']), 7)
        self.case('audit', '--verify')


class Audit(Case):
    def test_log(self):
        case = self.open_notice()
        self.case('note', case, 'x', '--by', '田中')
        acts = self.told('audit', circle='all')
        self.assertEqual([a['act'] for a in acts], ['open', 'note'])
        self.assertEqual(acts[1]['by'], '田中')
        self.assertEqual([a['line'] for a in acts], [1, 2])
        self.assertTrue(all(re.fullmatch('[0-9a-f]{64}', a['mac']) for a in acts))
        self.assertNotIn('mac', self.told('audit')[0])
        self.assertIn('the log holds: 2 lines', self.case('audit', '--verify', circle='all').stdout)

    def test_meddling(self):
        case = self.open_notice()
        for i in range(3):
            self.case('note', case, str(i))
        head = self.case('audit', '--head', circle='all').stdout.strip()
        self.assertRegex(head, r'^4:[0-9a-f]{64}$')
        self.case('note', case, 'later')
        self.case('audit', '--against', head, circle='all')
        with sqlite3.connect(os.path.join(self.db, 'desk.db')) as db:
            db.execute("UPDATE audit SET actor = 'mallory' WHERE seq = 3")
        done = self.case('audit', '--verify', circle='all', status=STORE)
        self.assertIn('line 3 ', done.stderr)
        self.assertEqual(json.loads(self.case('audit', '--verify', '--json', circle='all',
                                              status=STORE).stdout)['broken_line'], 3)
        self.assertNotIn('3', self.case('audit', '--verify', circle='company', status=STORE).stderr)

    def test_key(self):
        self.open_notice()
        key = os.path.join(self.db, 'desk.key')
        self.assertEqual(os.stat(key).st_mode & 0o777, 0o600)
        os.chmod(key, 0o644)
        self.assertIn('others may read it', self.case('note', 'c', 'x', status=STORE).stderr)
        os.unlink(key)
        self.assertIn('key of the audit log is missing', self.case('note', 'c', 'x', status=STORE).stderr)
        self.assertFalse(os.path.exists(key))


class Circles(Case):
    def both(self, *args, stdin=None):
        """Acts that are the same in two stores."""
        for db in (self.db, self.db + '-2'):
            self.ends(GOOD, 'case', *args, '--db', db, stdin=stdin)

    def first(self, db):
        return json.loads(self.ends(GOOD, 'case', 'list', '--db', db, '--json').stdout)['id']

    def plain(self, text):
        """Names are random, times are of now."""
        known = {}
        text = re.sub(r'\b[cjrova][0-9a-f]{12}\b', lambda m: known.setdefault(m.group(), f'<{len(known)}>'),
                      text)
        return re.sub(r'20[2-9]\d-\d\d-\d\dT[0-9:.]+Z|20[2-9]\d-\d\d-\d\d [0-9:]+ UTC', '<time>', text)

    def test_no_leak(self):
        """A store with hidden things looks to others as one without them."""
        shown = NOTICE + 'circle: company\n'
        hidden = NOTICE + 'circle: team\nmotive: revenge\nno_domestic_party: yes\ncontact: Bob\n'
        self.both('open', '--notice', '-', stdin=shown)
        case = self.first(self.db)
        self.case('join', case, '--notice', '-', stdin=hidden)
        self.case('note', case, 'secret', '--for', 'persons:alice')
        self.open_notice(hidden.replace('113.9', '113.77'))
        self.open_notice(hidden.replace('2026-03-01T10', '2026-03-01T11'))
        for db in (self.db, self.db + '-2'):
            self.ends(GOOD, 'case', 'note', self.first(db), 'for all', '--for', 'company', '--db', db)
        for verb in (['list'], ['list', '--json'], ['list', '--limit', '1', '--json'], ['show', None],
                     ['show', None, '--json'], ['show', None, '--contacts', '--json'], ['propose'],
                     ['propose', '--json'], ['audit'], ['audit', '--json'], ['audit', None, '--json'],
                     ['audit', '--verify'], ['audit', '--verify', '--json'], ['export', None],
                     ['show', None, '--lang', 'ja'], ['show', 'c'], ['show', 'cffffffffffff']):
            for circle in ('company', 'desk'):
                got = []
                for db in (self.db, self.db + '-2'):
                    args = [self.first(db) if a is None else a for a in verb]
                    done = run('case', *args, '--db', db, '--circle', circle)
                    got.append((done.returncode,
                                self.plain(re.sub(re.escape(db), 'DB', done.stdout + done.stderr))))
                self.assertEqual(got[0], got[1], f'{verb} {circle}')
                self.assertNotIn('revenge', got[0][1])
        # The same question by the team is answered otherwise, so this can fail.
        self.assertIn('revenge', self.case('show', case).stdout)
        self.assertNotIn('secret', self.case('show', case).stdout)
        self.assertIn('secret', self.case('show', case, '--person', 'alice').stdout)

    def test_contact(self):
        case = self.open_notice(NOTICE + 'circle: company\ncontact: Bob\n')
        for args, circle, there in [([], 'team', False), (['--contacts'], 'team', True),
                                    (['--contacts'], 'company', False)]:
            for more in ([], ['--json']):
                out = self.case('show', case, *args, *more, circle=circle).stdout
                self.assertEqual('Bob' in out, there, (args, circle, more))
        self.assertNotIn('Bob', self.case('export', case).stdout)

    def test_conf_says_who_is_asking(self):
        case = self.open_notice()
        conf = self.path('c.yaml', f'store: {{directory: "{self.db}"}}\n')
        self.ends(STORE, 'case', 'show', case, '--conf', conf)
        conf = self.path('c.yaml', f'store: {{directory: "{self.db}"}}\ndesk: {{circle: team}}\n')
        self.ends(GOOD, 'case', 'show', case, '--conf', conf)
        out = self.ends(GOOD, 'case', 'open', '--form', 'news', '--text', 'x', '--conf', conf, '--json')
        entry = json.loads(self.ends(GOOD, 'case', 'show', json.loads(out.stdout)['case'], '--conf',
                                     conf, '--json').stdout)['entries'][0]
        self.assertEqual(entry['circle'], 'team')


class WithIncidents(Case):
    """What the drill sends is found, and what the drill's people write is joined with it."""

    def make(self, scenario):
        capture = os.path.join(self.dir, 'x.pcap')
        self.ends(GOOD, 'drill', 'write', scenario, capture, '--yaml', '--format', 'ipfix')
        self.ends(GOOD, 'read', '--json', '--conf', capture + '.yaml', '--db', self.db, '--drill', capture)
        out = self.ends(GOOD, 'incident', 'list', '--db', self.db, '--json').stdout
        self.conf = capture + '.yaml'
        return {i['targets'][0]: i for i in map(json.loads, out.splitlines())}

    def notices(self, scenario, count=40):
        out = self.ends(GOOD, 'drill', 'notices', scenario, '--count', str(count), '--attacks').stdout
        lines = [json.loads(line) for line in out.splitlines()]
        attacks = {a['attack']['id']: a['attack'] for a in lines if 'attack' in a}
        return attacks, [n for n in lines if 'notice' in n]

    def test_the_whole_way(self):
        incidents = self.make('several-at-once')
        attacks, notices = self.notices('several-at-once')
        self.assertEqual({a['target'] for a in attacks.values()} & set(incidents), set(incidents))
        right = belong = 0
        for n in notices:
            done = self.told('open', '--notice', '-', stdin=json.dumps(n['notice']))[0]
            target = attacks[n['truth']['attack']]['target'] if n['truth']['attack'] else None
            if done['incident']:
                self.assertEqual(incidents[target]['id'], done['incident'], n)
            if target in incidents:
                first = done['incident'] or next((p['incident'] for p in done['proposals']
                                                  if p['incident']), None)
                belong += 1
                right += first == incidents[target]['id']
        self.assertGreater(belong, 10)
        self.assertGreaterEqual(right / belong, 0.6, f'{right} of {belong}')
        self.case('audit', '--verify')
        self.assertIn('DRILL / 訓練', self.case('list').stdout)

    def test_incidents_and_joins(self):
        incidents = self.make('syn-real')
        incident, = incidents.values()
        case = self.told('open', incident['id'][:6])[0]['case']
        self.assertIn('already', self.case('open', incident['id'], status=USAGE).stderr)
        self.assertIn('no such incident', self.case('open', 'n0', status=STORE).stderr)
        notice = {'form': 'partner', 'target': incident['targets'][0], 'vector': 'SYN flood',
                  'text': 'x', 'span': {'from': incident['first'], 'until': incident['last']}}
        done, = self.told('open', '--notice', '-', stdin=json.dumps(notice))
        self.assertEqual((done['case'], done['incident'], done['did']), (case, incident['id'], 'joined'))
        shown, = self.told('show', case)
        self.assertEqual([e['kind'] for e in shown['entries']], ['incident', 'notice'])
        self.assertEqual(shown['entries'][0]['incident']['target'], incident['targets'][0])
        self.assertTrue(shown['drill'])
        apart, = self.told('open', '--notice', '-', '--alone', stdin=json.dumps(notice))
        self.assertNotEqual(apart['case'], case)
        self.assertTrue(apart['proposals'][0]['certain'])
        self.assertEqual(self.told('propose', '--join')[0]['count'], 1)
        self.assertEqual(self.ids(), [case])
        self.case('audit', '--verify')


if __name__ == '__main__':
    PROGRAM = sys.argv.pop(1)
    unittest.main(verbosity=2)
