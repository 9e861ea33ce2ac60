#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The built program from outside: usage, exit statuses, help, completion, manual pages, configuration,
reading, and watching live over loopback.

test_cli.py PROGRAM MANDIR [unittest options]
"""
import contextlib
import glob
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

PROGRAM = MANDIR = None
GOOD, REFUSED, USAGE, CONF, STORE = 0, 1, 2, 3, 4


def run(*args, stdin=None, env=None, lang='C'):
    full = dict(os.environ, LANG=lang, LC_ALL=lang, TZ='UTC', **(env or {}))
    return subprocess.run([PROGRAM, *args], capture_output=True, text=True, input=stdin, env=full,
                          timeout=120)


def verbs():
    return json.loads(run('help', '--json').stdout)


class Case(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix='noroshi-cli-')
        self.addCleanup(scratch.cleanup)
        self.dir = scratch.name

    def path(self, name, text=None):
        path = os.path.join(self.dir, name)
        if text is not None:
            with open(path, 'w', encoding='utf-8') as f:
                f.write(text)
        return path

    def ends(self, status, *args, **kwargs):
        done = run(*args, **kwargs)
        self.assertEqual(done.returncode, status, f'{args}: {done.stdout[-500:]}{done.stderr[-2000:]}')
        return done


class Usage(Case):
    def test_version(self):
        self.assertRegex(self.ends(GOOD, '--version').stdout, r'^noroshi \d+\.\d+\.\d+\n$')

    def test_nothing_is_usage(self):
        done = self.ends(USAGE)
        self.assertEqual(done.stdout, '')
        self.assertIn('noroshi help VERB', done.stderr)

    def test_wrong_words(self):
        for args, message in [
                (['raed', 'x'], 'unknown verb "raed"; did you mean read?'),
                (['xyzzyxyzzy'], 'unknown verb "xyzzyxyzzy"; see noroshi help'),
                (['incident'], 'incident wants one of list, show or mark behind it'),
                (['incident', 'lsit'], 'did you mean incident list?'),
                (['read', 'x', '--thresold', 'a'],
                 'noroshi read: unknown option --thresold; did you mean --threshold?'),
                (['read', '--zzzzzzzzz'], 'unknown option --zzzzzzzzz; see noroshi read --help'),
                (['read', '-Z'], 'unknown option -Z'),
                (['read'], 'FILE... is missing'),
                (['read', 'x', '--json=yes'], '--json takes no value'),
                (['read', 'x', '--db'], '--db wants a value: --db DIR'),
                (['read', 'x', '--as', 'pcap'], '--as pcap: it may be auto, packets or exports'),
                (['read', 'x', '--threads', '65'], 'a whole number from 0 to 64 is wanted'),
                (['read', 'x', '--threads', '-1'], 'a whole number'),
                (['read', 'x', '--threads', '1x'], 'a whole number'),
                (['read', 'x', '--own', '192.0.2.1/240'], '192.0.2.1/240'),
                (['read', 'x', '--threshold', 'syn_flod=5'], 'syn_flood'),
                (['watch', 'x'], 'does not know what to do with "x"'),
                (['watch', '--for', 'soon'], 'a time like 90'),
                (['watch', '--listen', '192.0.2.1'], 'ADDRESS:PORT is wanted'),
                (['watch'], 'nothing to watch'),
                (['incident', 'list', '--since', 'monday', '--db', 'x'], 'a time like 2008'),
                (['completion', 'csh'], 'it may be bash, zsh or fish'),
                (['help', 'raed'], 'there is no verb "raed"')]:
            with self.subTest(args=args):
                done = self.ends(USAGE, *args)
                self.assertIn(message, done.stderr)
                self.assertEqual(done.stdout, '')

    def test_options_stand_anywhere(self):
        for args in [['--json', 'no-such'], ['no-such', '--json'], ['-j', 'no-such'], ['-qj', 'no-such'],
                     ['--as=auto', '--', 'no-such'], ['-aauto', 'no-such'], ['-a', 'auto', 'no-such']]:
            done = self.ends(USAGE, 'read', *args)
            self.assertIn('no-such', done.stderr)
            self.assertNotIn('usage', done.stderr)

    def test_two_dashes_end_options(self):
        self.assertIn('--json', self.ends(USAGE, 'read', '--', '--json').stderr)

    def test_output_that_cannot_be_written(self):
        with open('/dev/full', 'w', encoding='utf-8') as full:
            done = subprocess.run([PROGRAM, 'help'], stdout=full, stderr=subprocess.PIPE, text=True,
                                  check=False)
        self.assertEqual(done.returncode, 5)
        self.assertIn('cannot write the output', done.stderr)


    def test_a_reader_that_leaves_is_no_error(self):
        for verb in (['help', '--json'], ['drill', 'list', '--json'], ['completion', 'zsh']):
            child = subprocess.Popen([PROGRAM, *verb], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            child.stdout.close()
            self.assertEqual(child.stderr.read(), b'')
            child.stderr.close()
            self.assertEqual(child.wait(timeout=30), GOOD)


class Help(Case):
    def test_every_verb(self):
        names = [v['verb'] for v in verbs()]
        self.assertEqual(len(names), len(set(names)))
        for wanted in ['read', 'watch', 'decode', 'incident list', 'incident show', 'status', 'reload',
                       'conf check', 'conf print', 'drill list', 'drill write', 'drill score', 'help',
                       'completion']:
            self.assertIn(wanted, names)
        for verb in verbs():
            for how in (['help', *verb['verb'].split()], [*verb['verb'].split(), '--help'],
                        [*verb['verb'].split(), '-h']):
                text = self.ends(GOOD, *how).stdout
                self.assertTrue(text.startswith(f'usage: noroshi {verb["verb"]} '), text[:80])
                for option in verb['options']:
                    self.assertIn(f'--{option["name"]}', text)

    def test_group(self):
        for how in (['help', 'conf'], ['conf', '--help']):
            text = self.ends(GOOD, *how).stdout
            self.assertIn('noroshi conf check', text)
            self.assertIn('noroshi conf print', text)

    def test_letters_are_told_apart(self):
        for verb in verbs():
            letters = [o['letter'] for o in verb['options'] if o['letter']]
            self.assertEqual(len(letters), len(set(letters)), verb['verb'])
            names = [o['name'] for o in verb['options']]
            self.assertEqual(len(names), len(set(names)), verb['verb'])

    def empty_store(self, conf, *args):
        """What `incident list` says of a store with nothing in it, which @conf names."""
        db = self.path('db')
        self.ends(GOOD, 'watch', '--listen', '127.0.0.1:0', '--any-exporter', '--for', '1', '--db', db)
        with open(conf, 'w', encoding='utf-8') as f:
            f.write(f'language: ja\nstore: {{directory: {db}}}\n')
        return self.ends(GOOD, 'incident', 'list', *args).stdout

    def test_japanese(self):
        self.assertIn('使い方', self.ends(GOOD, 'help', 'read', '--lang', 'ja').stdout)
        self.assertIn('使い方', self.ends(GOOD, 'help', 'read', lang='ja_JP.UTF-8').stdout)
        self.assertIn('usage', self.ends(GOOD, 'help', 'read', '--lang', 'en', lang='ja_JP.UTF-8').stdout)
        ja = self.path('ja.yaml', 'language: ja\n')
        self.assertIn('検知はありません', self.empty_store(ja, '--conf', ja))
        self.assertIn('no incidents', self.empty_store(ja, '--conf', ja, '--lang', 'en'))
        for verb in verbs():
            for phrase in [verb['help']] + [o['help'] for o in verb['options']]:
                self.assertTrue(phrase['en'] and phrase['ja'], phrase)
                self.assertRegex(phrase['ja'], '[\u3040-\u30ff\u4e00-\u9fff]')


class NothingSeen(Case):
    """What an empty list means depends on whether anybody looks."""

    def store(self):
        db = self.path('db')
        self.ends(GOOD, 'watch', '--listen', '127.0.0.1:0', '--any-exporter', '--for', '1', '--db', db)
        return db

    def test_a_watch_that_stopped(self):
        db = self.store()
        fresh = self.ends(GOOD, 'incident', 'list', '--db', db).stdout
        self.assertNotIn('nothing is seen now', fresh)
        with contextlib.closing(sqlite3.connect(os.path.join(db, 'watch.db'))) as raw, raw:
            self.assertEqual(raw.execute('UPDATE status SET at_us = at_us - 400000000').rowcount, 1)
        old = self.ends(GOOD, 'incident', 'list', '--db', db).stdout
        self.assertRegex(old, r'no watch tells anything since \d{4}-.*: nothing is seen now')
        self.assertNotIn('as the exporters are now', old)
        self.assertIn('現在は何も見えていない', self.ends(GOOD, 'incident', 'list', '--db', db, '--lang', 'ja').stdout)

    def test_no_watch_at_all(self):
        capture, db = self.path('quiet.pcap'), self.path('db')
        self.ends(GOOD, 'drill', 'write', 'background-only', capture)
        self.ends(GOOD, 'read', '--quiet', '--db', db, capture)
        self.assertIn('no watch has run on this store', self.ends(GOOD, 'incident', 'list', '--db', db).stdout)

    def test_an_object_that_nobody_has(self):
        db = self.store()
        conf = self.path('c.yaml', 'own: [192.0.2.0/24]\nprotected: [{name: shop, prefixes: 192.0.2.1}]\n')
        for name, said in (('shop', False), ('shp', True)):
            done = self.ends(GOOD, 'incident', 'list', '--db', db, '--conf', conf, '--object', name)
            self.assertEqual('no object of that name' in done.stderr, said, done.stderr)

    def test_the_configuration_is_read_beside_the_directory(self):
        db = self.store()
        ja, bad = self.path('ja.yaml', 'language: ja\n'), self.path('bad.yaml', 'own: [nonsense]\n')
        self.assertRegex(self.ends(GOOD, 'status', '--db', db, '--conf', ja).stdout, '[\u3040-\u30ff]')
        for verb in (['status'], ['reload'], ['judge', 'n1']):
            done = self.ends(CONF, *verb, '--db', db, '--conf', bad)
            self.assertIn('bad.yaml:1:', done.stderr)

    def test_a_disk_that_was_full_from_the_start(self):
        """The watch has left no status; it is asked itself."""
        disk = self.path('disk')
        os.mkdir(disk)
        if subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk],
                          capture_output=True, check=False).returncode:
            self.skipTest('no tmpfs can be mounted here')
        self.addCleanup(subprocess.run, ['umount', disk], check=False)
        db = os.path.join(disk, 'db')
        self.ends(GOOD, 'watch', '--listen', '127.0.0.1:0', '--any-exporter', '--for', '1', '--db', db)
        with contextlib.closing(sqlite3.connect(os.path.join(db, 'watch.db'))) as raw, raw:
            raw.execute('DELETE FROM status')
        with open(os.path.join(disk, 'big'), 'wb', buffering=0) as big:
            try:
                while big.write(b'x' * 512):
                    pass
            except OSError:
                big.truncate(big.tell() - (36 << 10))       # room for the journal's index alone
        watch = subprocess.Popen([PROGRAM, 'watch', '--listen', '127.0.0.1:0', '--any-exporter', '--db', db],
                                 stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        try:
            for _ in range(100):
                done = run('status', '--json', '--db', db)
                if done.returncode == GOOD:
                    break
                time.sleep(0.1)
            self.assertEqual(done.returncode, GOOD, done.stderr)
            self.assertIn('a watch runs', done.stderr)
            self.assertTrue(json.loads(done.stdout)['running'])
        finally:
            watch.terminate()
            said = watch.communicate(timeout=30)[1]
        self.assertEqual(watch.returncode, STORE)
        self.assertIn('what is new since then is lost', said)
        self.assertNotIn('not an error', said)


class Completion(Case):
    def test_bash(self):
        script = self.path('c.bash', self.ends(GOOD, 'completion', 'bash').stdout)
        for line, wanted, unwanted in [
                ('noroshi re', ['read', 'reload'], ['watch']),
                ('noroshi ', ['read', 'watch', 'incident', 'help', '--version'], ['list']),
                ('noroshi incident ', ['list', 'show'], ['read']),
                ('noroshi place ', ['import', 'list'], ['read']),
                ('noroshi place --j', ['--json'], ['list']),
                ('noroshi place import --as m', ['mrt', 'mmdb'], ['list']),
                ('noroshi incident list --st', ['--state'], ['--json']),
                ('noroshi read --as ', ['auto', 'packets', 'exports'], ['--json']),
                ('noroshi read --json --th', ['--threads', '--threshold'], ['--as']),
                ('noroshi completion ', ['bash', 'zsh', 'fish'], ['read']),
                ('noroshi help wa', ['watch'], ['read']),
                ('noroshi drill write --format s', ['sflow'], ['ipfix']),
                ('noroshi read ' + self.dir + '/c', [script], [])]:
            words = line.split(' ')
            command = (f'source "{script}"; COMP_WORDS=({" ".join(repr(w) for w in words)}); '
                       f'COMP_CWORD={len(words) - 1}; _noroshi; printf "%s\\n" "${{COMPREPLY[@]}}"')
            done = subprocess.run(['bash', '--norc', '-uc', command], capture_output=True, text=True,
                                  check=True)
            self.assertEqual(done.stderr, '')
            got = done.stdout.split('\n')
            for word in wanted:
                self.assertIn(word, got, line)
            for word in unwanted:
                self.assertNotIn(word, got, line)

    def test_others_name_everything(self):
        for shell, form in (('zsh', '--{}['), ('fish', '-l {} ')):
            text = self.ends(GOOD, 'completion', shell).stdout
            for verb in verbs():
                for word in verb['verb'].split():
                    self.assertIn(word, text)
                for option in verb['options']:
                    self.assertIn(form.format(option['name']), text.replace('\n', ' \n'))

    @unittest.skipUnless(shutil.which('zsh'), 'zsh is not installed')
    def test_zsh_parses(self):
        script = self.path('_noroshi', self.ends(GOOD, 'completion', 'zsh').stdout)
        subprocess.run(['zsh', '-n', script], check=True)

    @unittest.skipUnless(shutil.which('fish'), 'fish is not installed')
    def test_fish(self):
        script = self.path('c.fish', self.ends(GOOD, 'completion', 'fish').stdout)
        for line, wanted, unwanted in [('noroshi re', ['read', 'reload'], ['watch']),
                                       ('noroshi incident ', ['list', 'show'], ['read']),
                                       ('noroshi read --as ', ['auto', 'packets', 'exports'], []),
                                       ('noroshi incident list --st', ['--state'], ['--json'])]:
            done = subprocess.run(['fish', '-N', '-c', f'function noroshi; end; source {script}; '
                                   f'complete -C "{line}"'], capture_output=True, text=True, check=True,
                                  env=dict(os.environ, HOME=self.dir, XDG_CONFIG_HOME=self.dir))
            got = [row.split('\t')[0] for row in done.stdout.split('\n')]
            for word in wanted:
                self.assertIn(word, got, line)
            for word in unwanted:
                self.assertNotIn(word, got, line)


def manual(name):
    with open(os.path.join(MANDIR, name), encoding='utf-8') as f:
        return f.read()


def tagged_options(text):
    """The long options that a page describes, each under its sub-section ('' where there is none)."""
    found, section = {}, ''
    for line in text.split('\n'):
        if line.startswith('.Ss '):
            section = line[4:]
        elif line.startswith('.Sh '):
            section = ''
        elif line.startswith('.It '):
            for name in re.findall(r'Fl -([a-z][a-z-]*)', line):
                found.setdefault(section, set()).add(name)
    return found


class Manuals(Case):
    @unittest.skipUnless(shutil.which('mandoc'), 'mandoc is not installed')
    def test_lint(self):
        pages = sorted(os.path.basename(p) for p in glob.glob(os.path.join(MANDIR, '*.[1-9]')))
        self.assertIn('noroshi.1', pages)
        done = subprocess.run(['mandoc', '-T', 'lint', *pages], cwd=MANDIR, capture_output=True,
                              text=True, check=False)
        self.assertEqual(done.stdout + done.stderr, '')

    def test_a_page_for_each_verb_and_no_other(self):
        wanted = {f'noroshi-{v["verb"].split()[0]}.1' for v in verbs()} | {'noroshi.1'}
        have = {os.path.basename(p) for p in glob.glob(os.path.join(MANDIR, '*.1'))}
        self.assertEqual(wanted, have)
        overview = manual('noroshi.1')
        for verb in verbs():
            self.assertIn(f'.It Cm {verb["verb"].split()[0]}\n', overview)

    def test_every_option_and_no_other(self):
        common = {'help', 'lang'}
        for first in {v['verb'].split()[0] for v in verbs()}:
            page = manual(f'noroshi-{first}.1')
            described = tagged_options(page)
            for verb in [v for v in verbs() if v['verb'].split()[0] == first]:
                options = {o['name'] for o in verb['options']}
                section = f'noroshi {verb["verb"]}' if ' ' in verb['verb'] else ''
                here = described.pop(section, set())
                self.assertEqual(here | common, options, f'{verb["verb"]}: {here ^ options}')
                synopsis = page.split('.Sh DESCRIPTION')[0]
                self.assertIn(f'.Cm {verb["verb"]}\n', synopsis.replace('noroshi Cm', '.Cm'))
                for option in options - common:
                    self.assertRegex(synopsis, rf'\.Op Fl -{option}( Ar .*)?\n', verb['verb'])
            for section, names in described.items():
                self.assertEqual(names, common, f'{first}: {section}')

    def test_letters_and_values(self):
        for verb in verbs():
            page = manual(f'noroshi-{verb["verb"].split()[0]}.1')
            for option in verb['options']:
                value = f' Ar {option["value"]}' if option['value'] else ''
                letter = f'Fl {option["letter"]}{value} , ' if option['letter'] else ''
                self.assertIn(f'.It {letter}Fl -{option["name"]}{value}\n', page, verb['verb'])

    def test_exit_statuses(self):
        text = manual('noroshi.1').split('.Sh EXIT STATUS')[1].split('.Sh')[0]
        self.assertEqual(re.findall(r'\.It (\d)', text), ['0', '1', '2', '3', '4', '5'])


GOOD_CONF = '''own: [192.0.2.0/24]
exporters:
  - {name: edge, address: 127.0.0.1}
thresholds: {syn_flood: %d}
'''


class Configuration(Case):
    def test_check(self):
        done = self.ends(GOOD, 'conf', 'check', self.path('good.yaml', GOOD_CONF % 2500))
        self.assertIn('1 exporters', done.stdout)
        done = self.ends(CONF, 'conf', 'check', self.path('bad.yaml', 'onw: [192.0.2.0/24]\n'))
        self.assertRegex(done.stderr, r'bad\.yaml:1:1: .*own')
        self.ends(CONF, 'conf', 'check', self.path('absent.yaml'))

    def test_print_reads_back(self):
        first = self.ends(GOOD, 'conf', 'print', self.path('good.yaml', GOOD_CONF % 1234)).stdout
        again = self.ends(GOOD, 'conf', 'print', self.path('again.yaml', first)).stdout
        self.assertEqual(first, again)
        self.assertIn('1234', first)
        self.ends(GOOD, 'conf', 'check', self.path('built-in.yaml', self.ends(GOOD, 'conf', 'print').stdout))

    def test_print_json(self):
        self.assertIsInstance(json.loads(self.ends(GOOD, 'conf', 'print', '--json').stdout), dict)

    def test_others_refuse_it_too(self):
        bad = self.path('bad.yaml', 'thresholds: {syn_flood: many}\n')
        for args in (['read', 'x', '--conf', bad], ['watch', '--conf', bad, '--listen', '127.0.0.1:0'],
                     ['status', '--conf', bad], ['reload', '--conf', bad],
                     ['incident', 'list', '--conf', bad], ['conf', 'print', bad]):
            self.assertRegex(self.ends(CONF, *args).stderr, r'bad\.yaml:1:\d+: ')


class Drill(Case):
    def test_list(self):
        rows = json.loads(self.ends(GOOD, 'drill', 'list', '--json').stdout)
        names = [r['scenario'] for r in rows]
        self.assertIn('2008q3-day', names)
        text = self.ends(GOOD, 'drill', 'list').stdout
        for name in names:
            self.assertIn(name, text)

    def test_write_and_score(self):
        file = self.path('syn.pcap')
        figures = json.loads(self.ends(GOOD, 'drill', 'write', 'syn-spoofed', file, '--format', 'ipfix',
                                       '--seed', '3', '--yaml', '--json').stdout)
        self.assertGreater(figures['datagrams'], 0)
        with open(file + '.truth.json', encoding='utf-8') as f:
            self.assertEqual(json.load(f)['seed'], 3)
        self.ends(GOOD, 'conf', 'check', file + '.yaml')
        none = self.path('none.json', '')
        score = json.loads(self.ends(GOOD, 'drill', 'score', none, file + '.truth.json', '--json').stdout)
        self.assertIn('recall', score)
        self.ends(USAGE, 'drill', 'score', self.path('absent'), file + '.truth.json')

    def test_same_bytes(self):
        for name in 'ab':
            self.ends(GOOD, 'drill', 'write', 'syn-real', self.path(name), '--format', 'v5',
                      '--max-records', '5000')
        with open(self.path('a'), 'rb') as a, open(self.path('b'), 'rb') as b:
            self.assertEqual(a.read(), b.read())

    def test_wrong(self):
        self.assertIn('did you mean syn-spoofed?',
                      self.ends(USAGE, 'drill', 'write', 'syn-spofed', self.path('x')).stderr)
        self.ends(USAGE, 'drill', 'write', 'syn-spoofed', self.path('no/such/dir/x'))
        self.ends(USAGE, 'drill', 'write', 'syn-spoofed', self.path('x'), '--clock-offset', 'soon')
        self.ends(USAGE, 'drill', 'write', 'syn-spoofed', self.path('x'), '--exporters', '4')


class Read(Case):
    def drill(self, scenario='syn-spoofed', fmt='ipfix', *more):
        file = self.path(f'{scenario}.{fmt}')
        self.ends(GOOD, 'drill', 'write', scenario, file, '--format', fmt, '--yaml', *more)
        return file

    def test_unreadable(self):
        self.assertIn('absent', self.ends(USAGE, 'read', self.path('absent')).stderr)
        self.ends(USAGE, 'read', self.path('text', 'this is no capture\n'))
        self.ends(USAGE, 'read', self.dir)

    def test_incident_as_json_table_and_store(self):
        file, db = self.drill(), self.path('db')
        done = self.ends(GOOD, 'read', '--json', '--conf', file + '.yaml', '--db', db, '--drill', file)
        found = [json.loads(line) for line in done.stdout.splitlines()]
        attack = [i for i in found if 'syn_flood' in i['vectors']]
        self.assertEqual(len(attack), 1)
        self.assertEqual(attack[0]['class'], 'server')
        self.assertEqual(attack[0]['state'], 'closed')
        self.assertEqual([i['id'] for i in found],
                         [i['id'] for i in sorted(found, key=lambda i: (i['first'], i['id']))])
        self.assertIn('sampling 1:1', done.stderr)
        ident = attack[0]['id']
        table = self.ends(GOOD, 'read', '--conf', file + '.yaml', file)
        self.assertIn(ident, table.stdout)
        self.assertIn('syn_flood', table.stdout)
        self.assertNotIn('\x1b', table.stdout)
        # Again into the same store: an update, not a second incident.
        self.ends(GOOD, 'read', '-q', '--conf', file + '.yaml', '--db', db, '--drill', file)
        listed = self.ends(GOOD, 'incident', 'list', '--json', '--db', db).stdout.splitlines()
        self.assertEqual(len(listed), len(found))
        shown = json.loads(self.ends(GOOD, 'incident', 'show', ident, '--json', '--db', db).stdout)
        self.assertEqual(shown['id'], ident)
        # What is not judged again with the verdict says so.
        again = json.loads(self.ends(GOOD, 'judge', '--json', '--db', db, '--without', 'bogon', ident).stdout)
        self.assertEqual(again['spoofing']['without'], ['bogon'])
        self.assertIn('source_kinds', again['as_stored'])
        self.assertLessEqual(set(again['as_stored']), set(again))
        self.assertEqual(again['source_sides'], shown['source_sides'])
        self.assertEqual(shown['first'], attack[0]['first'])
        self.assertIn(ident, self.ends(GOOD, 'incident', 'show', ident[:6], '--db', db).stdout)
        self.assertIn(ident, self.ends(GOOD, 'incident', 'list', '--db', db).stdout)
        self.ends(STORE, 'incident', 'show', 'nffffffffffff', '--db', db)
        # A drill store stays one.
        self.ends(STORE, 'read', '-q', '--conf', file + '.yaml', '--db', db, file)

    def test_whose(self):
        """Proxy lists of the configuration, and the parts of the incident that tell whose it is."""
        file = self.drill('whose-proxies')
        db, conf = self.path('desk'), file + '.yaml'
        self.ends(GOOD, 'read', file, '--conf', conf, '--db', db, '--drill')
        got = json.loads(self.ends(GOOD, 'incident', 'list', '--db', db, '--json').stdout)
        self.assertEqual([k['kind'] for k in got['source_kinds']], ['open_proxies', 'unknown'])
        self.assertEqual((got['scope']['target'], got['scope']['actor']), ('domestic', 'unknown'))
        for language, words in [('en', ['Kinds ', 'open proxies: ', 'Scope ', 'Not known: Where']),
                                ('ja', ['送信元種別', '公開プロキシ: ', '国内外', '不明な点: '])]:
            page = self.ends(GOOD, 'incident', 'show', got['id'][:6], '--db', db, '--lang', language)
            for word in words:
                self.assertIn(word, page.stdout)
        os.remove(file + '.proxies')
        done = self.ends(GOOD, 'read', file, '--conf', conf, '--json')
        self.assertIn(f'{file}.proxies: No such file or directory', done.stderr)
        self.assertNotIn('open_proxies', done.stdout)

    def test_list_filters(self):
        file, db = self.drill(), self.path('db')
        self.ends(GOOD, 'read', '-q', '--conf', file + '.yaml', '--db', db, '--drill', file)

        def count(*args):
            return len(self.ends(GOOD, 'incident', 'list', '--json', '--db', db, *args).stdout.splitlines())
        everything = count()
        self.assertGreaterEqual(everything, 1)
        self.assertEqual(count('--state', 'closed'), everything)
        self.assertEqual(count('--state', 'open'), 0)
        self.assertEqual(count('--since', '1h'), 0)
        self.assertEqual(count('--since', '1990-01-01T00:00:00Z'), everything)
        self.assertEqual(count('--until', '1990-01-01T00:00:00Z'), 0)
        self.assertEqual(count('--kind', 'attack') + count('--kind', 'scan'), everything)
        self.assertEqual(count('--class', 'compound'), 0)
        self.assertEqual(count('--target', '203.0.113.250'), 0)
        self.assertEqual(count('--limit', '1'), 1)

    def test_nothing_found_says_what_would_have_been(self):
        file = self.drill('background-only')
        done = self.ends(GOOD, 'read', '--conf', file + '.yaml', file)
        self.assertEqual(done.stdout, '')
        self.assertIn('no attack was seen', done.stderr)
        self.assertIn('within 10 s at 95 %', done.stderr)

    def test_refused_input(self):
        file = self.drill('syn-spoofed', 'packets', '--max-records', '2000')
        with open(file, 'rb') as f:
            data = f.read()
        cut = self.path('cut.pcap')
        with open(cut, 'wb') as f:
            f.write(data[:-7])
        done = self.ends(REFUSED, 'read', cut)
        self.assertIn('refused: ', done.stderr)
        # One that cannot be read at all weighs more, and the others are still read.
        done = self.ends(USAGE, 'read', self.path('absent'), cut)
        self.assertIn('refused: ', done.stderr)
        with open(cut, 'rb') as f:
            piped = subprocess.run([PROGRAM, 'read', '-q', '-'], stdin=f, capture_output=True, check=False)
        self.assertEqual(piped.returncode, REFUSED)

    def test_no_store_there(self):
        self.ends(STORE, 'incident', 'list', '--db', self.path('absent'))
        self.ends(STORE, 'status', '--db', self.path('absent'))
        self.ends(STORE, 'reload', '--db', self.path('absent'))


RECORD = struct.Struct('!4s4s4sHHIIIIHHBBBBHHBBH')


def v5(sequence, uptime_ms, now, records, sampling=0):
    head = struct.pack('!HHIIIIBBH', 5, len(records), uptime_ms, int(now), int(now % 1 * 1e9), sequence, 0,
                       0, sampling)
    return head + b''.join(records)


def syn_record(i, target, uptime_ms, packets):
    source = struct.pack('!I', 0xc6120000 + i * 7919 % 65536)
    return RECORD.pack(source, socket.inet_aton(target), b'\0' * 4, 1, 2, packets, packets * 40,
                       uptime_ms - 900, uptime_ms - 10, 1024 + i % 60000, 80, 0, 2, 6, 0, 0, 0, 24, 24, 0)


class Flood:
    """A router at @source that exports a SYN flood as NetFlow v5: @pps, in records of 10 packets."""

    def __init__(self, port, source='127.0.0.1', target='192.0.2.80', pps=10000):
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind((source, 0))
        self.port, self.target, self.pps = port, target, pps
        self.sequence, self.began, self.i = 0, time.time() - 100, 0

    def close(self):
        self.sock.close()

    def second(self):
        """One second's worth, spread over about a second."""
        left = self.pps // 10
        datagrams = (left + 29) // 30
        for _ in range(datagrams):
            now = time.time()
            uptime_ms = int((now - self.began) * 1000)
            n = min(30, left)
            left -= n
            records = [syn_record(self.i + k, self.target, uptime_ms, 10) for k in range(n)]
            self.sock.sendto(v5(self.sequence, uptime_ms, now, records), ('127.0.0.1', self.port))
            self.sequence += n
            self.i += n
            time.sleep(1 / datagrams)


class Watch(Case):
    def start(self, *args):
        log = open(self.path('log'), 'a', encoding='utf-8')
        out = open(self.path('out'), 'a', encoding='utf-8')
        self.addCleanup(log.close)
        self.addCleanup(out.close)
        child = subprocess.Popen([PROGRAM, 'watch', '--db', self.path('db'), *args], stdout=out, stderr=log,
                                 env=dict(os.environ, LC_ALL='C', TZ='UTC'))
        self.addCleanup(self.stop, child, signal.SIGKILL)
        return child

    def stop(self, child, how=signal.SIGTERM):
        if child.poll() is None:
            child.send_signal(how)
        code = child.wait(timeout=30)
        return code

    def read(self, name):
        with open(self.path(name), encoding='utf-8') as f:
            return f.read()

    def status(self, want=lambda s: True, patience=10):
        """The first status that has what is wanted."""
        until = time.time() + patience
        last = None
        while time.time() < until:
            done = run('status', '--json', '--db', self.path('db'))
            if done.returncode == GOOD:
                last = json.loads(done.stdout)
                if want(last):
                    return last
            time.sleep(0.1)
        self.fail(f'no such status: {last} {self.read("log")}')
        return None

    def ready(self):
        s = self.status(lambda s: s['running'] and s['listeners'])
        return s['listeners'][0]['port']

    def incidents(self):
        done = run('incident', 'list', '--json', '--db', self.path('db'))
        return [json.loads(line) for line in done.stdout.splitlines()]

    def flood_until(self, flood, held, patience=20):
        until = time.time() + patience
        while time.time() < until:
            flood.second()
            if held():
                return
        self.fail(f'not seen in {patience} s: {self.read("out")} {self.read("log")}')

    def connect(self, port, peers):
        """Completed connections: both directions, with data, of ports that are looked at."""
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind(('127.0.0.1', 0))
        now = time.time()
        for i, peer in enumerate(peers):
            ends = [(peer, '192.0.2.80', 3120, 80, 3), ('192.0.2.80', peer, 80, 3120, 9)]
            records = [struct.pack('>4s4s4sHHIIIIHHBBBBHHBBH', socket.inet_aton(src), socket.inet_aton(dst),
                                   bytes(4), link, 0, 3, 180, 99000, 99500, sport, dport, 0, 0x18, 6, 0, 0, 0,
                                   24, 24, 0) for src, dst, sport, dport, link in ends]
            sock.sendto(v5(2 * i, 100000, now, records), ('127.0.0.1', port))
        sock.close()

    def test_heard_over_a_restart(self):
        """Whence prefixes are expected is not forgotten, and what is damaged is not believed."""
        args = ('--conf', self.path('conf.yaml', GOOD_CONF % 2500), '--listen', '127.0.0.1:0')
        child = self.start(*args)
        self.connect(self.ready(), [f'203.0.{n}.9' for n in range(20)])
        first = self.status(lambda s: s['heard']['prefixes'] == 21)
        heard = first['heard']
        self.assertIsNotNone(heard['since'])
        self.assertIn('heard: completed connections of 21 prefixes, since ',
                      run('status', '--db', self.path('db')).stdout)
        self.assertEqual(self.stop(child), GOOD)
        child = self.start(*args)
        second = self.status(lambda s: s['started'] != first['started'])     # not what the first one left
        self.assertEqual(second['heard'], heard)
        self.assertEqual(self.stop(child), GOOD)
        self.assertNotIn('heard-refused', self.read('log'))
        db = sqlite3.connect(os.path.join(self.path('db'), 'watch.db'))
        packed, = db.execute('SELECT packed FROM heard').fetchone()
        db.execute('UPDATE heard SET packed = ?', (packed[:-1] + bytes([packed[-1] ^ 1]),))
        db.commit()
        db.close()
        child = self.start(*args)
        third = self.status(lambda s: s['started'] != second['started'])
        self.assertEqual(third['heard'], {'since': None, 'prefixes': 0})
        self.assertIn('heard-refused', self.read('log'))
        self.assertIn('接続の実績: まだなし', run('status', '--db', self.path('db'), '--lang', 'ja').stdout)
        self.assertEqual(self.stop(child), GOOD)

    def test_attack_status_restart(self):
        conf = self.path('conf.yaml', GOOD_CONF % 2500)
        child = self.start('--conf', conf, '--listen', '127.0.0.1:0', '--json')
        port = self.ready()
        flood = Flood(port)
        self.addCleanup(flood.close)
        self.flood_until(flood, lambda: 'syn_flood' in self.read('out'))
        line = json.loads(self.read('out').splitlines()[0])
        self.assertEqual(line['state'], 'open')
        self.assertEqual(line['targets'], ['192.0.2.80'])
        self.assertLess(line['delay']['noroshi_s'], 3)
        self.assertEqual(line['delay']['flows_s'], 15)   # nobody told a timeout: the usual one
        status = self.status(lambda s: s['incidents']['open'] == 1)
        edge = [e for e in status['exporters'] if e['name'] == 'edge'][0]
        self.assertEqual(edge['address'], '127.0.0.1')
        self.assertEqual(edge['formats'], ['v5'])
        self.assertGreater(edge['records'], 300)
        self.assertEqual(edge['lost'], {'datagrams': 0, 'records': 0, 'dropped': 0})
        self.assertGreater(status['listeners'][0]['datagrams'], 10)
        self.assertEqual(status['listeners'][0]['kernel_drops'], 0)
        self.assertGreater(status['resident_bytes'], 0)
        self.assertIn('heap_bytes', status)  # a sanitizer's malloc tells nothing
        spot = status['blind_spot'][0]
        self.assertEqual(spot['exporters'], ['edge'])
        syn = [v for v in spot['vectors'] if v['vector'] == 'syn_flood'][0]
        self.assertEqual([w['seconds'] for w in syn['within']], [1, 10, 60])
        self.assertEqual(spot['confidence'], 0.95)
        self.assertEqual([w['pps'] for w in syn['within']][1:], [2500, 2500])
        self.assertEqual(spot['why_never']['http_flood'], 'no_content')
        self.assertFalse(spot['ipv6'])
        self.assertEqual([x['level'] for x in spot['levels']][:2], ['prefix24', 'prefix20'])
        self.assertNotIn('blind_inputs', status)
        one = json.loads(run('status', '--db', self.path('db'), '--blind', '192.0.2.80',
                             '--json').stdout)
        self.assertTrue(one['running'])
        self.assertEqual(one['target'], '192.0.2.80')
        self.assertIn('syn_flood', [v['vector'] for v in one['blind_spot'][0]['vectors']])
        self.assertEqual(run('status', '--db', self.path('db'), '--blind', 'x').returncode, USAGE)
        text = run('status', '--db', self.path('db')).stdout
        for word in ('edge', '127.0.0.1', 'v5', 'syn_flood'):
            self.assertIn(word, text)
        before = self.incidents()
        self.assertEqual(len(before), 1)
        # Killed in the middle; the attack goes on.
        time.sleep(1.5)
        self.stop(child, signal.SIGKILL)
        self.assertIn('"state":"open"', json.dumps(self.incidents()[0], separators=(',', ':')))
        child = self.start('--conf', conf, '--listen', f'127.0.0.1:{port}', '--json')
        self.ready()
        self.flood_until(flood, lambda: self.incidents() and self.incidents()[0].get('gaps'))
        after = self.incidents()
        self.assertEqual([i['id'] for i in after], [before[0]['id']])
        self.assertEqual(after[0]['first'], before[0]['first'])
        self.assertEqual(self.stop(child), GOOD)
        # An orderly stop leaves it open for the next start.
        self.assertEqual([i['state'] for i in self.incidents()], ['open'])
        self.assertFalse(os.path.exists(self.path('db/watch.sock')))

    def test_unknown_exporter(self):
        conf = self.path('conf.yaml', 'exporters: [{name: edge, address: 127.0.0.9}]\n')
        child = self.start('--conf', conf, '--listen', '127.0.0.1:0')
        port = self.ready()
        flood = Flood(port, '127.0.0.77')
        self.addCleanup(flood.close)
        for _ in range(3):
            flood.second()
        status = self.status(lambda s: s['unknown_exporters']['datagrams'] >= 100)
        self.assertEqual(status['unknown_exporters']['senders'][0]['address'], '127.0.0.77')
        self.assertIn('unknown-exporter', status['refused'])
        self.assertEqual(status['incidents']['open'], 0)
        self.assertIn('127.0.0.77', run('status', '--db', self.path('db')).stdout)
        self.assertEqual(self.incidents(), [])
        self.assertEqual(self.read('out'), '')
        # Once it is on the list it is believed, without a restart.
        self.path('conf.yaml', 'exporters: [{name: new, address: 127.0.0.77}]\n')
        self.ends(GOOD, 'reload', '--db', self.path('db'))
        self.flood_until(flood, lambda: 'syn_flood' in self.read('out'))
        names = [e['name'] for e in self.status()['exporters'] if e['configured']]
        self.assertEqual(names, ['new'])
        self.assertEqual(self.stop(child), GOOD)

    def test_ten_kills_are_one_attack(self):
        conf = self.path('conf.yaml', GOOD_CONF % 2500)
        child = self.start('--conf', conf, '--listen', '127.0.0.1:0')
        port = self.ready()
        flood = Flood(port)
        self.addCleanup(flood.close)
        self.flood_until(flood, self.incidents)
        before = self.incidents()[0]
        for _ in range(10):
            self.stop(child, signal.SIGKILL)
            child = self.start('--conf', conf, '--listen', f'127.0.0.1:{port}')
            self.status(lambda s, pid=child.pid: s['pid'] == pid and s['listeners'])
            flood.second()
        self.flood_until(flood, lambda: self.incidents()[0]['packets'] > before['packets'])
        after = self.incidents()
        self.assertEqual([(i['id'], i['first'], i['state']) for i in after],
                         [(before['id'], before['first'], 'open')])
        self.assertTrue(after[0]['gaps'])
        self.assertEqual(self.stop(child), GOOD)

    def test_reload_moves_listeners(self):
        ports = []
        for _ in range(2):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
                s.bind(('127.0.0.1', 0))
                ports.append(s.getsockname()[1])

        def conf(*list_):
            return self.path('conf.yaml', GOOD_CONF % 2500 + 'listen:\n' + ''.join(
                f'  - 127.0.0.1:{port}\n' for port in list_))
        self.start('--conf', conf(ports[0]))
        self.status(lambda s: [x['port'] for x in s['listeners']] == ports[:1])
        conf(*ports)
        self.ends(GOOD, 'reload', '--db', self.path('db'))
        flood = Flood(ports[1], pps=600)
        self.addCleanup(flood.close)
        flood.second()
        self.status(lambda s: [x['datagrams'] for x in s['listeners']] == [0, 2])
        conf(ports[1])
        self.ends(GOOD, 'reload', '--db', self.path('db'))
        # The one that stays has lost nothing of its count.
        self.status(lambda s: [(x['port'], x['datagrams']) for x in s['listeners']] == [(ports[1], 2)])
        # One address that cannot be: all stays as it was.
        self.path('conf.yaml', GOOD_CONF % 2500 + 'listen: ["192.0.2.1:2055"]\n')
        self.assertIn('192.0.2.1', self.ends(USAGE, 'reload', '--db', self.path('db')).stderr)
        self.status(lambda s: [x['port'] for x in s['listeners']] == [ports[1]])

    @unittest.skipUnless(os.geteuid() == 0, 'capturing needs root')
    def test_capture(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sink:
            sink.bind(('127.0.0.1', 0))
            self.start('--interface', 'lo', '--own', '127.0.0.1', '--threshold', 'udp_flood=200')
            self.status(lambda s: s['running'] and s['captures'])
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
                s.bind(('127.0.0.2', 0))
                until = time.time() + 20
                while time.time() < until and 'udp_flood' not in self.read('out'):
                    for _ in range(50):
                        s.sendto(b'x' * 100, sink.getsockname())
                    time.sleep(0.05)
        self.assertRegex(self.read('out'), r'open .* 127\.0\.0\.1 .*udp_flood')
        status = self.status(lambda s: s['captures'][0]['frames'] > 100)
        self.assertEqual(status['captures'][0]['interface'], 'lo')
        self.assertEqual([e['sampling'] for e in status['exporters'] if e['name'] == 'lo'],
                         [{'known': True, 'min': 1, 'max': 1}])

    def test_any_exporter(self):
        self.start('--listen', '127.0.0.1:0', '--any-exporter', '--own', '192.0.2.0/24')
        flood = Flood(self.ready(), '127.0.0.77')
        self.addCleanup(flood.close)
        self.flood_until(flood, lambda: 'syn_flood' in self.read('out'))
        self.assertRegex(self.read('out'), r'open .* server .*192\.0\.2\.80')

    def test_sequence_gap(self):
        conf = self.path('conf.yaml', GOOD_CONF % 2500)
        self.start('--conf', conf, '--listen', '127.0.0.1:0')
        flood = Flood(self.ready(), pps=600)
        self.addCleanup(flood.close)
        flood.second()
        flood.sequence += 90
        flood.second()
        status = self.status(lambda s: s['exporters'][0]['lost']['records'])
        self.assertEqual(status['exporters'][0]['lost']['records'], 90)

    def test_reload(self):
        conf = self.path('conf.yaml', GOOD_CONF % 1000000)
        child = self.start('--conf', conf, '--listen', '127.0.0.1:0')
        port = self.ready()
        flood = Flood(port)
        self.addCleanup(flood.close)
        for _ in range(2):
            flood.second()
        self.path('conf.yaml', 'thresholds: {syn_flod: 2500}\n')
        done = self.ends(CONF, 'reload', '--db', self.path('db'))
        self.assertRegex(done.stderr, r'conf\.yaml:1:\d+: .*syn_flood')
        status = self.status(lambda s: s['configuration']['reloads_refused'] == 1)
        self.assertTrue(status['exporters'][0]['configured'])
        flood.second()
        self.assertEqual(self.read('out'), '')
        self.path('conf.yaml', GOOD_CONF % 2500)
        self.assertIn('in force', self.ends(GOOD, 'reload', '--db', self.path('db')).stdout)
        self.flood_until(flood, lambda: 'syn_flood' in self.read('out'))
        status = self.status(lambda s: s['configuration']['reloads'] == 1)
        self.assertEqual(status['listeners'][0]['port'], port)
        self.assertGreater(status['exporters'][0]['records'], 2000)
        self.path('conf.yaml', GOOD_CONF % 2600)
        child.send_signal(signal.SIGHUP)
        self.status(lambda s: s['configuration']['reloads'] == 2)
        self.assertEqual(self.stop(child), GOOD)

    def test_one_writer(self):
        self.start('--listen', '127.0.0.1:0', '--any-exporter')
        self.ready()
        self.ends(STORE, 'watch', '--db', self.path('db'), '--listen', '127.0.0.1:0', '--any-exporter',
                  '--for', '1')

    def test_bounded_run(self):
        began = time.time()
        self.ends(GOOD, 'watch', '--listen', '127.0.0.1:0', '--any-exporter', '--for', '1')
        self.assertLess(time.time() - began, 10)

    def test_stale_status(self):
        child = self.start('--listen', '127.0.0.1:0', '--any-exporter')
        self.ready()
        self.assertEqual(self.stop(child, signal.SIGINT), GOOD)
        self.ends(STORE, 'reload', '--db', self.path('db'))
        stale = self.status(lambda s: not s['running'], patience=20)
        self.assertGreaterEqual(stale['age_s'], 10)
        self.assertIn('not running', self.ends(GOOD, 'status', '--db', self.path('db')).stdout)

    def test_inputs_that_cannot_be(self):
        self.assertIn('192.0.2.1', self.ends(USAGE, 'watch', '--listen', '192.0.2.1:2055').stderr)
        self.ends(USAGE, 'watch', '--interface', 'no-such-if0')


if __name__ == '__main__':
    PROGRAM, MANDIR = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    del sys.argv[1:3]
    unittest.main(verbosity=2)
