# SPDX-License-Identifier: ISC
"""How memory and cost grow with the number of destinations: every record goes to the next one in
turn. Then more destinations than any table can hold, with a cap, and an attack among them."""
import json
import os
import subprocess
from datetime import datetime

from files import LIMIT_S, READ_LINE, run, write
from live import alternate, trial
from machine import LAST_CORE, spread_of
from programs import Fastnetmon, Missing, Nfacctd, Nfcapd, Noroshi

COUNTS = (10_000, 100_000, 1_000_000)
ENDLESS = 1_000_000_000
ENDLESS_LEAST_S = 120
CAP = '200MB'
ATTACK_PPS = 12_500  # five times the shipped threshold of a SYN flood
LIVE_RATE = {'noroshi': 200e3, 'nfcapd': 200e3, 'nfacctd': 200e3, 'fastnetmon': 80e3}


class Spread:
    """noroshi over a file of v9 records to @n destinations in turn."""
    name, formats = 'noroshi', ()

    def __init__(self, bench, n, records):
        self.n = n
        self.made = write(bench, f'spread-{n}.pcap', 'v9', '--spread', n, '--records', records)

    def __call__(self, bench):
        got = run(bench, [bench.noroshi, 'read', '--threads', '1', '--own', '10.0.0.0/8',
                          self.made['path']], poll=True)
        found = READ_LINE.search(got.pop('said'))
        n = int(found.group(1))
        return dict(got, records=n, cpu_s_per_million=got['cpu_s'] / n * 1e6)


def from_files(bench):
    """CPU a record and anonymous memory at each count, alternating."""
    records = 400_000 if bench.quick else 4_000_000
    counts = [n for n in COUNTS if n <= records]
    every = [Spread(bench, n, records) for n in counts]
    got, missing = alternate(bench, every, bench.runs, lambda s: s(bench))
    rows = []
    for s in every:
        if s in missing:
            rows.append({'program': 'noroshi', 'destinations': s.n, 'missing': missing[s]})
            continue
        runs = got[s]
        rows.append({'program': 'noroshi', 'how': 'from a file', 'destinations': s.n,
                     'cpu_s_per_million': spread_of(r['cpu_s_per_million'] for r in runs),
                     'memory_bytes': spread_of(r['anonymous_bytes'] for r in runs), 'runs': runs})
        os.remove(s.made['path'])
    return rows


def live_row(bench, c, n):
    rate = LIVE_RATE[c.name]
    seconds = 2 if bench.quick else max(3, 1.2 * n / rate)
    program = c(bench, 'v9', hosts=n, aggregate='dst_host')
    try:
        got = trial(bench, program, rate, seconds, '--spread', n)
    except (Missing, OSError, ValueError, KeyError, subprocess.SubprocessError) as why:
        return {'program': c.name, 'how': 'live', 'destinations': n, 'missing': str(why)}
    row = {'program': c.name, 'how': f'live, {rate / 1e3:.0f} k/s', 'destinations': n,
           'lost_share': got['lost'] / got['sent'], 'runs': [got],
           'cpu_s_per_million': spread_of([got['cpu_s_per_million']]),
           'memory_bytes': spread_of([got['pss_bytes']])}
    status = program.want.get('status')
    if status:
        row['hosts'] = status['detect']['hosts']
        row['evicted'] = status['detect']['hosts_evicted']
        row['detect_bytes'] = status['detect']['memory_bytes']
    return row


def endless_live(bench):
    """Live, capped, every record a new destination: what is evicted, and what is held."""
    program = Noroshi(bench, 'v9', limit=CAP)
    rate = 100e3 if bench.quick else 500e3
    try:
        got = trial(bench, program, rate, 2 if bench.quick else 10, '--spread', ENDLESS)
    except (Missing, OSError, ValueError, KeyError, subprocess.SubprocessError) as why:
        return {'program': 'noroshi', 'how': 'live', 'destinations': ENDLESS, 'missing': str(why)}
    detect = program.want['status']['detect']
    return {'program': 'noroshi', 'how': f'live, cap {CAP}', 'destinations': ENDLESS,
            'cpu_s_per_million': spread_of([got['cpu_s_per_million']]),
            'memory_bytes': spread_of([got['pss_bytes']]), 'hosts': detect['hosts'],
            'evicted': detect['hosts_evicted'], 'detect_bytes': detect['memory_bytes'],
            'lost_share': got['lost'] / got['sent'], 'runs': [got]}


def parse_us(text):
    return datetime.fromisoformat(text.replace('Z', '+00:00')).timestamp() * 1e6


def attack_delay_s(said, attack_us):
    """Seconds of record time from the first attack packet to the finding; None when not found."""
    for line in said.splitlines():
        if line.startswith('{') and '198.51.100.80' in line:
            incident = json.loads(line)
            if '198.51.100.80' in incident['targets'] and incident['detected']:
                return (parse_us(incident['detected']) - attack_us) / 1e6
    return None


def endless_piped(bench, spread, records, attack_at, limit_s):
    """The generator writes into noroshi's standard input: nothing of this size fits a disk. With
    its cap; the attack begins when so much record time has passed."""
    folder = bench.folder('endless')
    conf = os.path.join(folder, 'noroshi.yaml')
    with open(conf, 'w', encoding='ascii') as out:
        out.write(f'own: ["10.0.0.0/8", "64.0.0.0/2", "198.51.100.0/24"]\n'
                  f'limits: {{memory: {CAP}}}\n')
    with open(os.path.join(folder, 'made'), 'w+', encoding='ascii') as told:
        maker = subprocess.Popen([
            bench.traffic, 'write', 'v9', '-', '--spread', str(spread), '--records', str(records),
            '--attack', str(ATTACK_PPS), '--attack-at', str(attack_at), '--cpu', str(LAST_CORE)],
            stdout=subprocess.PIPE, stderr=told)
        try:
            got = run(bench, [bench.noroshi, 'read', '--json', '--threads', '1', '--conf', conf, '-'],
                      stdin=maker.stdout, poll=True, limit_s=limit_s)
        finally:
            maker.stdout.close()  # a generator that still writes ends by this
            maker.wait(30)
        told.seek(0)
        made = json.loads(told.read())
    said = got.pop('said')
    n = int(READ_LINE.search(said).group(1))
    return dict(got, records=n, cpu_s_per_million=got['cpu_s'] / n * 1e6,
                delay_s=attack_delay_s(said, made['attack_us']))


class Endless:
    """endless_piped() as one of the things that alternate."""
    name, formats = 'noroshi', ()

    def __init__(self, spread, records):
        self.spread, self.records = spread, records

    def __call__(self, bench):
        limit_s = max(ENDLESS_LEAST_S, bench.left_s()) if self.records == ENDLESS else LIMIT_S
        return endless_piped(bench, self.spread, self.records, self.records / 1e6 * 0.6, limit_s)


def piped_row(s, runs, how):
    return {'program': 'noroshi', 'how': how, 'destinations': s.spread, 'records': s.records,
            'cpu_s_per_million': spread_of(r['cpu_s_per_million'] for r in runs),
            'memory_bytes': spread_of(r['anonymous_bytes'] for r in runs),
            'delay_s': spread_of(r['delay_s'] for r in runs),
            'attacks_missed': sum(r['delay_s'] is None for r in runs), 'runs': runs}


def capped(bench):
    """10^9 destinations against 10,000 with the same cap, alternating; then one run in which all
    10^9 really come."""
    records = 2_000_000 if bench.quick else 10_000_000
    every = [Endless(COUNTS[0], records), Endless(ENDLESS, records)]
    got, missing = alternate(bench, every, min(3, bench.runs), lambda s: s(bench))
    rows = []
    for s in every:
        how = f'piped, cap {CAP}'
        rows.append({'program': 'noroshi', 'how': how, 'destinations': s.spread,
                     'missing': missing[s]} if s in missing else piped_row(s, got[s], how))
    if bench.all_endless:
        whole = Endless(ENDLESS, ENDLESS)
        try:
            rows.append(piped_row(whole, [whole(bench)], f'piped, cap {CAP}, all of them'))
        except (Missing, OSError, ValueError) as why:
            rows.append({'program': 'noroshi', 'how': 'piped, all of them', 'destinations': ENDLESS,
                         'missing': str(why)})
    return rows


def growth(bench):
    rows = from_files(bench) if bench.wants('noroshi', 'growth file') else []
    for c in (Noroshi, Nfcapd, Nfacctd, Fastnetmon):
        for n in COUNTS:
            if bench.wants(c.name, 'growth live'):
                rows.append(live_row(bench, c, n))
                bench.say(f'{c.name} with {n} destinations')
    if bench.wants('noroshi', 'growth cap'):
        rows.append(endless_live(bench))
        rows += capped(bench)
    return rows
