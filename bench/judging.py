# SPDX-License-Identifier: ISC
"""What judging costs live: noroshi with everything on that the judge has (links with capacities,
services, a whole routing table imported, a list of proxies) beside the same program as it was before
it had a judge, built from that commit, in alternating runs over the same traffic."""
import json
import os
import shutil
import subprocess

from live import FORMATS, cost_of
from programs import Noroshi

HERE = os.path.dirname(os.path.abspath(__file__))
BEFORE = '4f091d533cbd'   # the last commit without the judge
RUNS = 9            # more than elsewhere: the ratio looked for is smaller than what one run varies
PROXIES = 10000
INTERFACES = [(n, 'outside' if n <= 4 else 'inside') for n in range(1, 9)]   # as bench/mix.c has them
CAPACITY = '40Gbps'


class Before(Noroshi):
    name = 'noroshi before the judge'
    does = 'decodes, counts hosts and prefixes, detects, stores incidents'

    def path(self):
        return self.bench.before

    def world(self):
        path = super().world()
        with open(path, 'a', encoding='ascii') as out:
            out.write('interfaces:\n')
            for n, side in INTERFACES:
                out.write(f'  - {{exporter: bench, ifindex: {n}, link: link-{n}, side: {side}, '
                          f'capacity: {CAPACITY}}}\n')
            out.write(self.more())
        return path

    def more(self):
        return ''


class Judging(Before):
    name = 'noroshi'
    does = 'the same, and judges: places, links, services and proxies known'

    def path(self):
        return self.bench.noroshi

    def more(self):
        lines = ['links:'] + [f'  - {{name: link-{n}, peer: Peer {n}, capacity: {CAPACITY}}}'
                              for n, _ in INTERFACES]
        lines += ['services:', '  - {name: mail, addresses: [10.0.3.0/24], country: JP, link: link-1}',
                  '  - {name: names, addresses: [10.0.4.53/32], country: JP, link: link-2}',
                  f'place: {{directory: {self.bench.places}}}',
                  f'proxy_lists: [{{file: {self.bench.proxies}, dated: 2026-11-01T00:00:00Z}}]']
        return '\n'.join(lines) + '\n'

    def received(self, sent):
        got = super().received(sent)
        listed = [json.loads(line) for line in self.ask('incident', 'list').splitlines()]
        if not any(i.get('spoofing') for i in listed):
            raise ValueError(f'none of {len(listed)} incidents was judged')
        return got


def write_proxies(path):
    with open(path, 'w', encoding='ascii') as out:
        for n in range(PROXIES):
            out.write(f'{128 + n % 64}.{n // 64 % 256}.{n * 7 % 256}.{1 + n % 250}\n')


def run(*command):
    """Why it failed, or None."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return f'{os.path.basename(command[0])}: {(done.stderr or done.stdout).strip()[-100:]}' \
        if done.returncode else None


def prepare(bench):
    """The program before, and a routing table as large as today's, imported once. Return: why one of
    them cannot be had, or None."""
    if not os.access(bench.before, os.X_OK):
        bench.say('building the commit before the judge')
        why = run(os.path.join(HERE, 'before.sh'), BEFORE, os.path.dirname(bench.before))
        if why:
            return why
    folder = bench.folder('places')
    bench.places, bench.proxies = os.path.join(folder, 'place'), os.path.join(folder, 'proxies.txt')
    write_proxies(bench.proxies)
    table = os.path.join(folder, 'table.mrt')
    maker = shutil.which('bench_place', path=os.path.dirname(bench.noroshi) + '/src/place')
    conf = os.path.join(folder, 'conf.yaml')
    with open(conf, 'w', encoding='ascii') as out:
        out.write(f'own: ["10.0.0.0/8"]\nplace: {{directory: {bench.places}}}\n')
    why = run(maker or 'bench_place', '--write', table) or \
        run(bench.noroshi, 'place', 'import', '--conf', conf, table)
    if not why:
        os.remove(table)
    return why


def judging(bench):
    programs = [Judging, Before]
    formats = [f for f in FORMATS if any(bench.wants(c.name, f) for c in programs)]
    why = prepare(bench) if formats else None
    if why:
        return [{'program': Judging.name, 'format': fmt, 'missing': why} for fmt in formats]
    runs = bench.runs if bench.quick else max(bench.runs, RUNS)
    return [row for fmt in formats for row in cost_of(bench, fmt, programs, runs)]
