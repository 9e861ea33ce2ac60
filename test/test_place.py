#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""`noroshi place` from outside: import, list, look up, remove, dump; exit statuses and messages.

test_place.py NOROSHI [-v]      (the files are the seeds of the fuzz targets)"""
import gzip
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import unittest

NOROSHI = sys.argv[1]
SEEDS = pathlib.Path(__file__).resolve().parent.parent / 'fuzz' / 'corpus'
GOOD, REFUSED, USAGE, CONF, STORE = 0, 1, 2, 3, 4
KEYS = ['address', 'country', 'registry', 'asn', 'prefix', 'source', 'dated']


class Place(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.dir = folder.name
        self.db = os.path.join(self.dir, 'db')

    def run_it(self, *args, want=GOOD, **more):
        done = subprocess.run([NOROSHI, 'place', *map(str, args)], capture_output=True, text=True,
                              timeout=60, check=False, **more)
        self.assertEqual(done.returncode, want, done.stdout + done.stderr)
        return done

    def take(self, *args, want=GOOD):
        return self.run_it('import', '--db', self.db, *args, want=want)

    def look(self, *addresses, want=GOOD):
        done = self.run_it('--json', '--db', self.db, *addresses, want=want)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def test_keys_and_their_order(self):
        self.take(SEEDS / 'place_delegated' / 'apnic')
        answer, = self.look('192.0.3.1')
        self.assertEqual(list(answer)[:7], KEYS)
        self.assertEqual([answer[k] for k in KEYS],
                         ['192.0.3.1', 'JP', 'apnic', None, '192.0.2.0/23', 'apnic',
                          '2008-08-07T00:00:00.000000Z'])
        nothing, = self.look('8.8.8.8')
        self.assertEqual([nothing[k] for k in KEYS], ['8.8.8.8'] + [None] * 6)

    def test_values_nested_without_end(self):
        """A million lists inside each other, which libmaxminddb 1.7.1 does not survive."""
        sys.path.insert(0, str(SEEDS.parent))
        import seeds_place as seeds  # pylint: disable=import-outside-toplevel
        path = os.path.join(self.dir, 'deep.mmdb')
        with open(path, 'wb') as f:
            f.write(seeds.mmdb(24, 4, [[('data', 0), ('data', 0)]],
                               b'\xe1' + seeds.value('a') + b'\x01\x04' * 1000000 + b'\x00\x04'))
        self.assertIn('values nested too deep', self.take(path, want=USAGE).stderr)
        self.assertRegex(self.take('--as', 'mrt', path, want=USAGE).stderr, r'deep\.mmdb:0: ')

    def test_as_numbers(self):
        self.take(SEEDS / 'place_delegated' / 'apnic', SEEDS / 'place_peeringdb' / 'api')
        known, unknown = self.look('AS64500', 'as1')
        self.assertEqual(known, {'as': 64500, 'country': 'JP', 'registry': 'apnic', 'name': 'Example',
                                 'status': 'allocated', 'source': 'apnic',
                                 'dated': '2008-08-07T00:00:00.000000Z'})
        self.assertEqual([unknown['as'], unknown['country'], unknown['source']], [1, None, None])
        self.assertIn('AS64500 Example', self.run_it('--db', self.db, 'AS64500').stdout)
        self.run_it('--db', self.db, 'AS4294967296', want=USAGE)

    def test_without_any_file(self):
        answer, = self.look('10.0.0.1')
        self.assertTrue(answer['special'])
        self.assertIn('nothing was imported', self.run_it('list', '--db', self.db).stdout)

    def test_standard_input_and_bad_addresses(self):
        done = self.run_it('--json', '--db', self.db, '-', input='192.0.2.1\n\n2001:db8::1 x\n')
        self.assertEqual([json.loads(line)['address'] for line in done.stdout.splitlines()],
                         ['192.0.2.1', '2001:db8::1'])
        done = self.run_it('--db', self.db, '192.0.2.1', 'nonsense', want=REFUSED)
        self.assertIn('"nonsense" is no address', done.stderr)
        self.assertIn('192.0.2.1', done.stdout)
        done = self.run_it('--db', self.db, 'imprt', want=USAGE)
        self.assertIn('did you mean place import?', done.stderr)

    def test_broken_files_leave_nothing(self):
        bad = SEEDS / 'place_delegated' / 'broken'
        done = self.take(bad, want=USAGE)
        self.assertRegex(done.stderr, rf'{bad}:\d+: line \d+: ')
        self.assertEqual(self.look('192.0.3.1')[0]['country'], None)
        cut = os.path.join(self.dir, 'cut')
        with open(cut, 'wb') as f:
            f.write((SEEDS / 'place_mrt' / 'rib4').read_bytes()[:-3])
        done = self.take(cut, SEEDS / 'place_delegated' / 'apnic', want=REFUSED)
        self.assertRegex(done.stderr, r'cut:\d+: the file ends in the middle of a record')
        self.assertEqual(self.look('192.0.3.1')[0]['country'], 'JP')
        names = os.listdir(os.path.join(self.db, 'place'))
        self.assertEqual(sorted(names), ['apnic.source', 'lock', 'picture'])

    def test_what_cannot_be_opened_or_written(self):
        self.assertIn('/nonexistent: cannot open', self.take('/nonexistent', want=USAGE).stderr)
        self.assertIn('is a directory', self.take(self.dir, want=USAGE).stderr)
        self.assertIn('/nonexistent: cannot open', self.run_it('dump', '/nonexistent', want=USAGE).stderr)
        self.db = os.path.join(self.dir, 'file')
        with open(self.db, 'w', encoding='utf-8'):
            pass
        self.take(SEEDS / 'place_delegated' / 'apnic', want=STORE)

    def test_packed_files_and_names(self):
        packed = os.path.join(self.dir, 'stat.txt.gz')
        with gzip.open(packed, 'wb') as f:
            f.write((SEEDS / 'place_delegated' / 'apnic').read_bytes())
        self.take(packed)
        self.take('--name', 'mine', '--date', '2001-02-03', '--rank', '7', packed)
        rows = [json.loads(line) for line in
                self.run_it('list', '--json', '--db', self.db).stdout.splitlines()]
        self.assertEqual([(r['name'], r['rank']) for r in rows], [('stat.txt', 30), ('mine', 7)])
        self.assertEqual(rows[1]['dated'], '2001-02-03T00:00:00.000000Z')
        self.assertIn('stat.txt', self.run_it('list', '--db', self.db).stdout)
        with open(packed, 'r+b') as f:
            f.truncate(os.path.getsize(packed) - 9)
        self.assertIn('compressed data end', self.take(packed, want=USAGE).stderr)
        self.run_it('remove', '--db', self.db, 'stat.txt')
        self.assertEqual(self.look('192.0.3.1')[0]['source'], 'mine')
        self.run_it('remove', '--db', self.db, 'stat.txt', want=STORE)

    def test_all_formats_together(self):
        self.take(SEEDS / 'place_delegated' / 'apnic', SEEDS / 'place_mrt' / 'rib4',
                  SEEDS / 'place_mmdb' / 'v4-28', SEEDS / 'place_peeringdb' / 'dump')
        answer, = self.look('192.0.2.1')
        self.assertEqual((answer['asn'], answer['exchange'], answer['prefix']),
                         (64500, 'EX', '192.0.2.1/32'))
        self.assertEqual(answer['as_name'], 'Example')
        answer, = self.look('192.0.2.9')
        self.assertEqual((answer['asn'], answer['source'], answer['country']),
                         (64501, 'rib4', 'JP'))
        self.assertEqual(answer['said_by']['asn']['kind'], 'mrt')
        self.assertTrue(answer['routed'])
        self.assertIn('AS64501', self.run_it('--db', self.db, '192.0.2.9').stdout)

    def test_configuration(self):
        conf = os.path.join(self.dir, 'n.yaml')
        with open(conf, 'w', encoding='utf-8') as f:
            f.write(f'country: JP\nown: [{{prefix: 192.0.2.0/28, customer: Bank}}]\n'
                    f'place: {{directory: {self.dir}/elsewhere}}\n')
        self.run_it('import', '--conf', conf, SEEDS / 'place_mrt' / 'rib4')
        self.assertTrue(os.path.exists(os.path.join(self.dir, 'elsewhere', 'picture')))
        done = self.run_it('--json', '--conf', conf, '192.0.2.9', '192.0.2.99')
        own, other = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual((own['source'], own['customer'], own['prefix'], own['asn'], own['country']),
                         ('configuration', 'Bank', '192.0.2.0/28', 64501, 'JP'))
        self.assertFalse(other['own'])

    def test_readers_see_old_or_new(self):
        """Look-ups while one source is replaced again and again: always one of the two, whole."""
        files = []
        for cc in ('JP', 'KR'):
            path = os.path.join(self.dir, cc)
            with open(path, 'w', encoding='utf-8') as f:
                f.write('2|x|20080808|3000|0|20080808|0\n')
                for i in range(3000):
                    f.write(f'x|{cc}|ipv4|20.{i // 256}.{i % 256}.0|256|20080808|allocated\n')
            files.append(path)
        self.take('--name', 'x', files[0])
        script = 'while :; do for f in "$2" "$3"; do "$1" place import --db "$4" --name x "$f"; done; done'
        with subprocess.Popen(['sh', '-c', script, 'sh', NOROSHI, *files, self.db],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              start_new_session=True) as writer:
            try:
                seen = {tuple({a['country'] for a in self.look('20.0.0.1', '20.5.5.5', '20.11.100.1')})
                        for _ in range(60)}
            finally:
                os.killpg(writer.pid, signal.SIGKILL)
        self.assertEqual(seen, {('JP',), ('KR',)})

    def test_dump(self):
        done = self.run_it('dump', SEEDS / 'place_mrt' / 'rib4', SEEDS / 'place_mrt' / 'states')
        self.assertEqual(done.stdout.splitlines(), [
            'TABLE_DUMP2|1220000000|B|192.0.2.9|64500|192.0.2.0/24|64500 64501|IGP|192.0.2.1|0|0||NAG||',
            'TABLE_DUMP2|1220000000|B|2001:db8::|4200000000|192.0.2.0/24|64502 {1,2}|IGP|192.0.2.1|0|0'
            '||NAG||',
            'BGP4MP|1220000000|STATE|0.0.0.0|64500|3|4',
            'BGP4MP|1220000000|STATE|0.0.0.0|64500|6|1'])
        self.run_it('dump', SEEDS / 'place_delegated' / 'apnic', want=USAGE)


if __name__ == '__main__':
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
