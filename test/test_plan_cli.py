#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""`noroshi plan` from outside, over stores that `read` made of drills: each scenario gives a plan in both
languages whose JSON is whole; the hash is what doc/act.md says; what is not known is null; exact errors; no
address of a source stands in anything.

test_plan_cli.py PROGRAM [unittest options]
"""
import hashlib
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import unittest

PROGRAM = None
GOOD, REFUSED, USAGE, CONF, STORE = 0, 1, 2, 3, 4
STEPS = ['nothing', 'host', 'customer_edge', 'own_border', 'foreign_border', 'peering', 'transit', 'scrubber',
         'upstream']
KINDS = ['none', 'rtbh', 'flowspec', 'nftables', 'acl', 'community', 'diversion', 'ask']
OPTION_KEYS = ['option', 'rank', 'step', 'kind', 'point', 'target', 'community', 'helps', 'helps_why', 'figures',
               'says', 'rule', 'collateral', 'basis', 'allowed', 'why_not', 'weaker', 'guards', 'needs']
PLAN_KEYS = ['plan', 'incident', 'revision', 'hash', 'made', 'drill', 'since', 'target', 'attack', 'separable',
             'recommended', 'options']

ACT = '''
act:
  approvers: [{name: Sato, user: sato}, {name: Tanaka, user: tanaka}]
  two_persons: [rtbh]
  neighbors:
    - {name: box, kind: nftables, point: host, takes: [nftables]}
    - {name: borders, kind: dry_run, point: own_border, takes: [rtbh, flowspec]}
    - {name: wash, kind: dry_run, point: scrubber, takes: [diversion], redirect: "64500:66"}
'''
SCENARIOS = ['syn-spoofed', 'syn-real', 'rule-amp-many', 'rule-syn-copies', 'rule-carpet', 'rule-v6', 'get-flood',
             'carpet-24', 'link-full', 'scan-port', 'spoof-any']


def run(*args, lang='C'):
    env = dict(os.environ, LANG=lang, LC_ALL=lang, TZ='UTC')
    return subprocess.run([PROGRAM, *args], capture_output=True, text=True, env=env, timeout=240,
                          check=False)


def plan_hash(plan):
    """As doc/act.md says."""
    rest = {k: v for k, v in plan.items() if k not in ('plan', 'hash', 'made')}
    text = json.dumps(rest, sort_keys=True, separators=(',', ':'), ensure_ascii=False)
    return hashlib.blake2b(text.encode(), digest_size=32).hexdigest()


def make(folder, scenario, fmt='packets', *more):
    """A store of one drill, with the configuration that the drill wrote and points of ours."""
    out = '-'.join([os.path.join(folder, scenario), fmt, *more])
    done = run('drill', 'write', scenario, out + '.pcap', '--format', fmt, '--seed', '1', '--yaml', *more)
    assert done.returncode == GOOD, done.stderr
    conf = out + '.pcap.yaml' if os.path.exists(out + '.pcap.yaml') else out + '.yaml'
    with open(conf, encoding='utf-8') as f:
        text = f.read().replace('    line:', '    sample_consent: contract 1\n    line:')
    with open(conf, 'w', encoding='utf-8') as f:
        f.write(text + ACT)
    done = run('read', '-q', '--conf', conf, '--db', out + '.db', out + '.pcap')
    assert done.returncode in (GOOD, REFUSED), done.stderr
    return conf, out + '.db'


class Plans(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory(prefix='noroshi-plan-')
        cls.made = {s: make(cls.scratch.name, s) for s in SCENARIOS}

    @classmethod
    def tearDownClass(cls):
        cls.scratch.cleanup()

    def ends(self, status, *args, **kwargs):
        done = run(*args, **kwargs)
        self.assertEqual(done.returncode, status, f'{args}: {done.stdout[-800:]}{done.stderr[-2000:]}')
        return done

    def incidents(self, scenario, *more):
        conf, db = self.made[scenario]
        out = self.ends(GOOD, 'incident', 'list', '--json', '--conf', conf, '--db', db, *more).stdout
        return [json.loads(line) for line in out.splitlines()]

    def plan(self, scenario, incident, *more, db=None):
        conf, made = self.made[scenario]
        out = self.ends(GOOD, 'plan', incident, '--json', '--conf', conf, '--db', db or made, *more).stdout
        return json.loads(out)

    def assert_whole(self, plan):
        self.assertEqual(list(plan), PLAN_KEYS)
        self.assertEqual(plan['hash'], plan_hash(plan))
        self.assertEqual(plan['plan'], 'p' + plan['hash'][:12])
        options = plan['options']
        self.assertEqual([o['option'] for o in options], list(range(1, len(options) + 1)))
        self.assertEqual(sorted(o['rank'] for o in options), list(range(1, len(options) + 1)))
        self.assertEqual((options[0]['kind'], options[0]['step']), ('none', 'nothing'))
        places = [STEPS.index(o['step']) for o in options]
        self.assertEqual(places, sorted(places))
        for o in options:
            self.assert_option(o)

    def assert_option(self, o):
        self.assertEqual(list(o), OPTION_KEYS)
        self.assertIn(o['kind'], KINDS)
        self.assertIn(o['helps'], ('yes', 'partly', 'no', 'unknown'))
        self.assertEqual(o['why_not'] is None, o['allowed'])
        for text in (o['helps_why'], o['says']):
            self.assertEqual(sorted(text), ['en', 'ja'])
        self.assertTrue(o['says']['en'] and o['says']['ja'])
        c = o['collateral']
        if c['n'] < 300:
            self.assertEqual((c['share'], c['low'], c['high']), (None, None, None))
        else:
            self.assertTrue(0 <= c['low'] <= c['share'] <= c['high'] <= 1)
        for rule in o['rule']['rules']:
            self.assertTrue(rule['destination'])
        if o['kind'] == 'flowspec':
            self.assertIn('destination ', o['rule']['flowspec'])
            self.assertIn('announce flow route', o['rule']['exabgp'])
        if o['kind'] == 'nftables':
            self.assertIn('daddr', o['rule']['nft'])
        if o['kind'] == 'acl':
            self.assertEqual(sorted(o['rule']['acl']), ['eos', 'ios_xe', 'ios_xr', 'junos'])
            self.assertTrue(any(o['rule']['acl'].values()))
        if o['kind'] == 'rtbh':
            self.assertIn('offline', o['says']['en'])
            self.assertIn('65535:666', o['rule']['rtbh'])
            self.assertTrue(o['needs'])
        if o['kind'] == 'ask':
            self.assertTrue(o['needs'])

    def test_every_scenario(self):
        for scenario in SCENARIOS:
            found = self.incidents(scenario)
            self.assertTrue(found, scenario)
            for incident in found[:3]:
                with self.subTest(scenario=scenario, incident=incident['id']):
                    plan = self.plan(scenario, incident['id'])
                    self.assert_whole(plan)
                    self.assertEqual(plan['incident'], incident['id'])
                    self.check_page(scenario, incident)

    def check_page(self, scenario, incident):
        conf, db = self.made[scenario]
        sources = {s['address'] for s in (incident.get('sources') or {}).get('top', []) if 'address' in s}
        for lang in ('en', 'ja'):
            text = self.ends(GOOD, 'plan', incident['id'], '--conf', conf, '--db', db, '--lang', lang).stdout
            self.assertNotRegex(text, r'nan|\(null\)|-1\.0|： *。')
            for source in sources:
                self.assertIsNone(re.search(r'(?<![0-9.])' + re.escape(source) + r'(?![0-9.])', text), source)

    def test_again(self):
        """The same plan each time; the beginning of an id will do."""
        incident = self.incidents('syn-real')[0]['id']
        a, b = self.plan('syn-real', incident), self.plan('syn-real', incident[:8])
        self.assertEqual((a['hash'], a['options']), (b['hash'], b['options']))

    def test_carpet_and_v6(self):
        v6 = [i for i in self.incidents('rule-v6') if i['kind'] == 'attack'][0]
        plan = self.plan('rule-v6', v6['id'])
        self.assertTrue(any(':' in (o['target'] or '') for o in plan['options']))
        for rule in [r for o in plan['options'] for r in o['rule']['rules']]:
            self.assertIn(':', rule['destination'])

    def test_scan(self):
        scan = [i for i in self.incidents('scan-port') if i['kind'] == 'scan'][0]
        plan = self.plan('scan-port', scan['id'])
        self.assertEqual(len(plan['options']), 1)
        self.assertIn('nothing to filter', plan['options'][0]['says']['en'])

    def reopened(self, scenario):
        """A copy of a store in which the incidents go on."""
        db = os.path.join(self.scratch.name, 'open-' + scenario)
        if not os.path.exists(db):
            shutil.copytree(self.made[scenario][1], db)
            store = sqlite3.connect(os.path.join(db, 'watch.db'))
            for ident, text in store.execute('SELECT id, json FROM incidents').fetchall():
                store.execute("UPDATE incidents SET state = 'open', json = ? WHERE id = ?",
                              (json.dumps(dict(json.loads(text), state='open')), ident))
            store.commit()
            store.close()
        return db

    def test_over_and_going_on(self):
        incident = [i for i in self.incidents('syn-spoofed') if i['kind'] == 'attack'][0]
        over = self.plan('syn-spoofed', incident['id'])
        self.assertEqual(over['recommended']['option'], 1)
        self.assertIn('It is over', over['recommended']['en'])
        self.assertTrue(all('ended' in [g['rule'] for g in o['guards']]
                            for o in over['options'] if o['kind'] not in ('none', 'ask')))
        now = self.plan('syn-spoofed', incident['id'], db=self.reopened('syn-spoofed'))
        self.assertNotEqual(now['recommended']['option'], 1)
        self.assertFalse(any('ended' in [g['rule'] for g in o['guards']] for o in now['options']))
        self.assertNotEqual(now['hash'], over['hash'])

    def test_clients_alike(self):
        """SYNs that copy clients' headers: nothing is dropped that is known to hit clients."""
        incident = [i for i in self.incidents('rule-syn-copies') if i['kind'] == 'attack'][0]
        plan = self.plan('rule-syn-copies', incident['id'], db=self.reopened('rule-syn-copies'))
        self.assertFalse(plan['separable']['yes'])
        self.assertTrue(plan['separable']['why']['en'] and plan['separable']['why']['ja'])
        dropping = [o for o in plan['options'] if any(r['action'] == 'discard' for r in o['rule']['rules'])]
        self.assertEqual([o['collateral']['share'] for o in dropping], [None] * len(dropping))
        limits = [o for o in plan['options'] if any(r['action'] == 'rate-limit' for r in o['rule']['rules'])]
        self.assertTrue(limits)
        self.assertNotIn('yes', [o['helps'] for o in limits])

    def test_without_configuration(self):
        incident = self.incidents('syn-real')[0]
        db = self.made['syn-real'][1]
        plan = json.loads(self.ends(GOOD, 'plan', incident['id'], '--db', db, '--json').stdout)
        self.assert_whole(plan)
        self.assertFalse(any(o['allowed'] for o in plan['options'] if o['kind'] not in ('none', 'ask')))
        own = json.loads(self.ends(GOOD, 'plan', incident['id'], '--db', db, '--own', '0.0.0.0/0',
                                   '--json').stdout)
        self.assertNotIn('foreign', [g['rule'] for o in own['options'] for g in o['guards']])

    def test_drill_store(self):
        scenario = 'syn-real'
        conf, db_made = self.made[scenario]
        db = os.path.join(self.scratch.name, 'drill.db')
        self.ends(GOOD, 'read', '-q', '--drill', '--conf', conf, '--db', db,
                  db_made[:-len('.db')] + '.pcap')
        line = self.ends(GOOD, 'incident', 'list', '--json', '--db', db).stdout.splitlines()[0]
        incident = json.loads(line)['id']
        self.assertTrue(self.plan(scenario, incident, db=db)['drill'])
        self.assertTrue(self.ends(GOOD, 'plan', incident, '--db', db).stdout.startswith('DRILL'))
        self.assertTrue(self.ends(GOOD, 'plan', incident, '--db', db, '--lang', 'ja').stdout.startswith('訓練'))

    def test_erased_evidence(self):
        incident = [i for i in self.incidents('syn-real') if i['kind'] == 'attack'][0]
        db = os.path.join(self.scratch.name, 'erased')
        shutil.copytree(self.made['syn-real'][1], db)
        store = sqlite3.connect(os.path.join(db, 'watch.db'))
        store.execute('DELETE FROM evidence')
        store.commit()
        store.close()
        plan = self.plan('syn-real', incident['id'], db=db)
        self.assert_whole(plan)
        self.assertFalse(plan['separable']['yes'])
        self.assertIn('No header records', plan['separable']['why']['en'])

    def witnesses(self, fmt, sampling, change=None):
        """What a plan against the full link refuses, where two routers export it. @change: of its row."""
        conf, db = make(self.scratch.name, 'link-full', fmt, '--exporters', '2', '--sampling', sampling)
        out = self.ends(GOOD, 'incident', 'list', '--json', '--conf', conf, '--db', db).stdout
        incident = [i for i in map(json.loads, out.splitlines()) if i['level'] == 'host'][0]
        self.assertEqual((incident['dedup'], incident['exporters']), ('entry', ['router-1']))
        if change is not None:
            with sqlite3.connect(os.path.join(db, 'watch.db')) as store:
                store.execute('UPDATE incidents SET json = ? WHERE id = ?',
                              (json.dumps(dict(incident, **change)), incident['id']))
            store.close()
        page = self.ends(GOOD, 'incident', 'show', incident['id'], '--conf', conf, '--db', db).stdout
        plan = json.loads(self.ends(GOOD, 'plan', incident['id'], '--json', '--conf', conf, '--db', db).stdout)
        refused = {g['rule'] for o in plan['options'] for g in o['guards']}
        shutil.rmtree(db)
        return incident['seen_by'], page, refused

    def test_host_behind_the_full_link(self):
        """What a filter at the host drops has filled the link before it; waiting says which link that is."""
        conf, db = make(self.scratch.name, 'link-full', 'ipfix', '--exporters', '2')
        out = self.ends(GOOD, 'incident', 'list', '--json', '--conf', conf, '--db', db).stdout
        incident = [i for i in map(json.loads, out.splitlines()) if i['level'] == 'host'][0]['id']
        plan = json.loads(self.ends(GOOD, 'plan', incident, '--json', '--conf', conf, '--db', db).stdout)
        shutil.rmtree(db)
        host = next(o for o in plan['options'] if o['step'] == 'host' and o['kind'] == 'nftables')
        border = next(o for o in plan['options'] if o['step'] == 'own_border' and o['kind'] == 'flowspec')
        self.assertEqual((host['helps'], border['helps']), ('partly', 'partly'))
        self.assertEqual(host['figures']['upstream'], border['figures']['upstream'])
        for option in (host, border, plan['options'][0]):
            self.assertIn(f'Link {border["figures"]["upstream"]} before', option['helps_why']['en'])

    def test_second_router_bears_it_out(self):
        """Sides are configured, so it counts at the border alone; the router behind it saw the same. It may
        tell of more: what the border exports is lost in the full link."""
        for fmt, sampling in (('ipfix', '1'), ('v9', '100'), ('sflow', '100')):
            with self.subTest(fmt=fmt, sampling=sampling):
                seen, page, refused = self.witnesses(fmt, sampling)
                self.assertEqual([w['exporter'] for w in seen], ['router-2'])
                self.assertGreater(seen[0]['share'], 0.7)
                self.assertIn('borne out by router-2', page)
                self.assertIn('ended', refused)
                self.assertNotIn('one_exporter', refused)

    def test_no_second_router(self):
        for change in ({'seen_by': []},
                       {'seen_by': [{'exporter': 'router-2', 'packets': 9, 'share': 0.2}]},
                       {'seen_by': [{'exporter': 'router-9', 'packets': 9, 'share': 1}]}):
            with self.subTest(change=change):
                self.assertIn('one_exporter', self.witnesses('ipfix', '1', change)[2])

    def test_errors(self):
        conf, db = self.made['syn-real']
        self.ends(USAGE, 'plan', '--db', db)
        self.ends(STORE, 'plan', 'nffffffffffff', '--db', db, '--conf', conf)
        self.assertIn('no such plan', self.ends(STORE, 'plan', 'pffffffffffff', '--db', db).stderr)
        self.ends(STORE, 'plan', 'n0', '--db', os.path.join(self.scratch.name, 'nowhere'))
        self.ends(USAGE, 'plan', 'n0', '--db', db, '--own', '300.1.1.1/8')
        bad = os.path.join(self.scratch.name, 'bad.yaml')
        with open(bad, 'w', encoding='utf-8') as f:
            f.write('act: {neighbors: [{name: x, kind: nothing, point: own_border}]}\n')
        self.assertIn('bad.yaml:1:', self.ends(CONF, 'plan', 'n0', '--db', db, '--conf', bad).stderr)


if __name__ == '__main__':
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=2 if '-v' in sys.argv else 1)
