# SPDX-License-Identifier: ISC
"""PART=fault: one allocation, write or SQL step of a run fails, each in turn, once alone and once
with all that follow. The program may refuse, or do without; it may not crash, hang, leave a store
that does not open, or print something else than the good run and call it good. test/fault.c is what
makes calls fail; for what is written through stdio, `space` is a limit on the size of files instead,
tried at sizes spread over the output. Where a run has many calls, the first are tried all and the
rest evenly."""
import json
import os
import re
import resource
import shutil
import signal
import sqlite3
import subprocess
import tempfile

from long import Unit
from tally import ROOT

BUILD = os.path.join(ROOT, 'build-test')
PROGRAM = os.path.join(BUILD, 'src', 'cli', 'noroshi')
LIBRARY = os.path.join(BUILD, 'test', 'libfault.so')
FIRST, EVENLY, TIMEOUT_S = 400, 400, 60
EXITS = range(0, 6)
EXAMPLE = os.path.join(ROOT, 'data', 'noroshi.example.yaml')
SEEDS = [1]
# (name, arguments; {work} is a directory of its own, {pcap} a small drill, {db} a copy of the store
# that reading it left, {id} its incident; kinds of fault)
RUNS = [
    ('conf-check', ['conf', 'check', EXAMPLE], ['memory']),
    ('conf-print', ['conf', 'print', EXAMPLE], ['memory']),
    ('decode', ['decode', '--json', '{pcap}'], ['memory']),
    ('flowspec', ['flowspec', 'check', '--json', '--communities', '8006000047f42400',
                  '110120cb007109038106058150090102c310', '0303c106', '030e8106'], ['memory']),
    ('read', ['read', '--json', '--conf', '{pcap}.yaml', '{pcap}'], ['memory']),
    ('read-db', ['read', '--json', '--drill', '--db', '{work}/db', '--conf', '{pcap}.yaml', '{pcap}'],
     ['memory', 'write', 'sql']),
    ('judge', ['judge', '--json', '--db', '{db}', '--conf', '{pcap}.yaml', '{id}'], ['memory', 'sql']),
    ('incident-show', ['incident', 'show', '--json', '--db', '{db}', '{id}'], ['memory', 'sql']),
    ('plan', ['plan', '--json', '--db', '{db}', '--conf', '{pcap}.yaml', '{id}'], ['memory', 'sql']),
    ('brief', ['brief', '--json', '--db', '{db}', '--conf', '{pcap}.yaml', '{id}'], ['memory']),
    ('place-import', ['place', 'import', '--json', '--db', '{work}/db',
                      *(os.path.join(ROOT, 'fuzz', 'corpus', 'place_' + seed) for seed in (
                          'delegated/apnic', 'mrt/rib4', 'mrt/updates', 'mmdb/v6', 'peeringdb/dump'))],
     ['memory', 'write']),
    ('place-dump', ['place', 'dump', os.path.join(ROOT, 'fuzz', 'corpus', 'place_mrt', 'updates')],
     ['memory']),
    ('drill-write', ['drill', 'write', 'syn-real', '{work}/new.pcap', '--format', 'v9',
                     '--max-records', '200'], ['memory', 'space']),
    ('case-open', ['case', 'open', '--form', 'partner', '--target', '198.18.10.5', '--text', 'x',
                   '--circle', 'team', '--db', '{work}/db'], ['memory', 'write', 'sql']),
]


def prepare():
    subprocess.run(['make', '--no-print-directory', 'build-test/build.ninja'], cwd=ROOT, check=True)
    subprocess.run(['ninja', '-C', BUILD], check=True)


# The day of the drill; any other time is that of the run itself.
TIME = re.compile(rb'"(?!2026-01-15)20\d\d-\d\d-\d\dT[^"]*Z"')


class Sample:
    """A small drill file for the runs, and the store of having read it, made once."""

    def __init__(self):
        self.folder = None
        self.incident = None

    def store(self):
        db = os.path.join(os.path.dirname(self.path()), 'db')
        if not self.incident:
            done = subprocess.run([PROGRAM, 'read', '--json', '--drill', '--db', db, '--conf',
                                   self.path() + '.yaml', self.path()], check=False,
                                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            self.incident = json.loads(done.stdout.splitlines()[0])['id']
        return db

    def fill(self, arguments, work):
        words = {'work': work, 'pcap': self.path()}
        if any('{db}' in a for a in arguments):
            words['db'] = os.path.join(work, 'db')
            shutil.copytree(self.store(), words['db'])
            words['id'] = self.incident
        return [a.format(**words) for a in arguments]

    def path(self):
        if not self.folder:
            self.folder = tempfile.TemporaryDirectory(prefix='noroshi-fault-')
            subprocess.run([PROGRAM, 'drill', 'write', 'syn-real', self.folder.name + '/s.pcap',
                            '--format', 'ipfix', '--yaml', '--sampling', '50'], check=True,
                           stdout=subprocess.DEVNULL)
        return self.folder.name + '/s.pcap'


SAMPLE = Sample()


def limit_space(size):
    """In the child: files end at @size bytes, and that is an error and not a signal."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def once(arguments, kind, at, stays, count=None):
    """One run. Returns (exit code or -signal, stdout, sentence about the store or None, size of the
    largest file it left)."""
    work = tempfile.mkdtemp(prefix='noroshi-fault-')
    env = dict(os.environ, LD_PRELOAD=LIBRARY, NOROSHI_FAULT_KIND=kind, NOROSHI_FAULT_AT=str(at),
               NOROSHI_SEED='1')
    if stays:
        env['NOROSHI_FAULT_ON'] = '1'
    if count:
        env['NOROSHI_FAULT_COUNT'] = count
    limit = (lambda: limit_space(at - 1)) if kind == 'space' and at else None
    try:
        command = [PROGRAM] + SAMPLE.fill(arguments, work)
        done = subprocess.run(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              timeout=TIMEOUT_S, preexec_fn=limit)
        output = TIME.sub(b'"NOW"', done.stdout.replace(work.encode(), b'WORK'))
        return done.returncode, output, damaged(work), largest(work)
    except subprocess.TimeoutExpired:
        return -signal.SIGALRM, b'', None, 0
    finally:
        shutil.rmtree(work, ignore_errors=True)


def largest(work):
    return max((os.path.getsize(os.path.join(folder, name)) for folder, _, names in os.walk(work)
                for name in names), default=0)


def damaged(work):
    """A sentence when a database in @work does not hold."""
    for folder, _, names in os.walk(work):
        for name in names:
            if name.endswith('.db'):
                try:
                    with sqlite3.connect(os.path.join(folder, name)) as db:
                        word = db.execute('PRAGMA integrity_check').fetchone()[0]
                except sqlite3.DatabaseError as error:
                    word = str(error)
                if word != 'ok':
                    return f'{name}: {word}'
    return None


def points(n):
    """Which calls of @n are made to fail."""
    step = max(1, (n - FIRST) // EVENLY) if n > FIRST else 1
    return list(range(1, min(n, FIRST) + 1)) + list(range(FIRST + 1, n + 1, step))


def verdict(reference, got):
    """Why a run was wrong, or None."""
    code, output, store, _ = got
    if code == -signal.SIGALRM:
        return 'hung'
    if code < 0:
        return f'killed by signal {-code}'
    if code not in EXITS:
        return f'exit {code} is in no manual'
    if store:
        return f'damaged store: {store}'
    if code == 0 and output != reference:
        return 'called good, and printed something else'
    return None


def run(name, arguments, kind, stays):
    with tempfile.NamedTemporaryFile() as counted:
        code, reference, _, size = once(arguments, kind, 0, False, counted.name)
        n = size if kind == 'space' else int(counted.read() or 0)
    if code not in (0, 1) or n == 0 or not reference:
        return {'good': False, 'why': f'without a fault: exit {code}, {n} calls of {kind}, '
                f'{len(reference)} bytes printed'}
    wrong = {}
    tried = points(n)
    for at in tried:
        why = verdict(reference, once(arguments, kind, at, stays))
        if why:
            wrong.setdefault(why, []).append(at)
    bad = sum(len(v) for v in wrong.values())
    return {'good': not bad, 'calls': n, 'cases': (len(tried) - bad, bad),
            'why': '; '.join(f'{why} at call {v[:8]}' for why, v in wrong.items())}


def units():
    return [Unit(f"{name}-{kind}-{'on' if stays else 'once'}", 6,
                 lambda a=arguments, n=name, k=kind, s=stays: run(n, a, k, s),
                 [PROGRAM, LIBRARY, *filter(os.path.isfile, arguments), __file__])
            for name, arguments, kinds in RUNS for kind in kinds
            for stays in ((False,) if kind == 'space' else (False, True))]


def figures(done):
    return {name: {'calls': r.get('calls', 0), 'tried': sum(r.get('cases', (0, 0))),
                   'wrong': (r.get('cases') or (0, 1))[1]} for name, r in done.items()}
