# SPDX-License-Identifier: ISC
"""Whose attack is it: what must be told of the scenarios with a map, in every format and sampling.
A run is one scenario in a format with its sampling and a seed; whose_drill makes, reads and judges
it, and judges it again with the notices of the truth. Used by test_whose.py with one seed, by
PART=drill with twenty.

Bars: of the kinds that are told, at least PRECISION are true (all runs together; "unknown" is told
of nothing); an unsampled run tells every true kind it can; the scope by what is seen and the scope
with the notices are right in every run where the attack is found, and unsampled it is found."""
import json
import subprocess

FORMATS = ['packets', 'v5', 'v9', 'ipfix', 'sflow']
SAMPLED = ['v5', 'v9', 'sflow']
SAMPLINGS = [100, 1000]
PRECISION = 0.95
SHARE_LEAST = 0.05  # of the packets, from which a kind counts as told
SHARE_ERROR = 0.1   # unsampled, of a kind's share
COUNT_ERROR = 0.15  # unsampled, of a kind's count where "about" so many are told
# What may be told of the scenarios without a map, by what they send; of invented sources nothing.
ORDINARY = {
    'syn-spoofed': [], 'syn-one-each': [], 'rst-flood': [], 'ack-flood': [], 'malformed': [],
    'udp-flood': [], 'dns-query-flood': [], 'quic-flood': [], 'carpet-24': [], 'carpet-20': [],
    'carpet-v6': [], 'syn-real': ['bots'], 'syn-classes-small': ['bots'],
    'syn-mixed-classes': ['bots'], 'conn-flood': ['bots'], 'get-flood': ['bots'],
    'icmp-flood': ['bots'], 'fragments': ['bots'], 'proto-flood': ['bots'],
    'scan-port': ['single_host'], 'bots-abroad': ['own_customers'],
    'synack-reflection': ['reflectors:tcp'], 'amp-dns': ['reflectors:dns'],
    'amp-ntp': ['reflectors:ntp'], 'amp-memcached': ['reflectors:memcached'],
    'amp-unknown-port': ['reflectors:port50123']}


class Case:
    """One run but its seed. @exporters: how many see the same traffic."""

    def __init__(self, scenario, fmt, sampling=1, exporters=1):
        self.scenario, self.format, self.sampling = scenario, fmt, sampling
        self.exporters = exporters
        self.name = f'{scenario}/{fmt}' + (f'/1:{sampling}' if sampling > 1 else '') + \
            (f'/{exporters} exporters' if exporters > 1 else '')

    def command(self, program, seed):
        return [program, self.scenario, self.format, str(self.sampling), str(seed),
                str(self.exporters)]


def scenarios(program):
    """Those with a map."""
    done = subprocess.run([program, 'names'], check=True, capture_output=True, text=True)
    return done.stdout.split()


def shows(name, fmt):
    """No flow record tells a request; v5 has no IPv6 and no fragment offset."""
    return not (name == 'get-flood' and fmt in ('v5', 'v9', 'ipfix') or
                name in ('carpet-v6', 'fragments') and fmt == 'v5')


def cases(program):
    """All of them, for the proof."""
    found = []
    for name in scenarios(program):
        found += [Case(name, fmt) for fmt in FORMATS]
        found += [Case(name, fmt, n) for fmt in SAMPLED for n in SAMPLINGS]
        found.append(Case(name, 'v9', 1, 2))
    for name in ORDINARY:
        found += [Case(name, fmt) for fmt in FORMATS if shows(name, fmt)]
        found += [Case(name, fmt, n) for fmt in SAMPLED for n in SAMPLINGS if shows(name, fmt)]
    return found


def few(program):
    """One format for each scenario, in turn, and a sampled one: for every normal test run."""
    names = scenarios(program)
    found = [Case(name, FORMATS[i % len(FORMATS)]) for i, name in enumerate(names)]
    found += [Case(name, SAMPLED[i % len(SAMPLED)], SAMPLINGS[i // 3 % 2])
              for i, name in enumerate(names)]
    return found + [Case(name, ('packets', 'sflow')[i % 2]) for i, name in enumerate(ORDINARY)]


def name_of(kind):
    return kind['kind'] + (f":{kind['protocol']}" if kind.get('protocol') else '')


def kinds_told(got):
    """{kind: its row} of what is told at all."""
    return {name_of(k): k for k in got['incident']['source_kinds']
            if k['kind'] != 'unknown' and k['share'] >= SHARE_LEAST}


def kinds_true(got):
    attack = got['truth']['attacks'][0]
    if 'source_kinds' not in attack:
        return {name: None for name in ORDINARY[got['scenario']]}
    return {name_of(k): k for k in attack['source_kinds']}


def judge_kinds(case, got):
    """(told, right, what is broken)."""
    told, true = kinds_told(got), kinds_true(got)
    right = [name for name in told if name in true]
    broken = []
    for name, row in true.items():
        if case.sampling > 1 or row is None or row['kind'] == 'unknown':
            continue
        if name not in told:
            broken.append(f'{name} ({row["share"]:.2f} of it) is not told')
        elif case.exporters == 1 and abs(told[name]['share'] - row['share']) > share_error(name):
            broken.append(f'{name}: share {told[name]["share"]:.2f}, not {row["share"]:.2f}')
        if name in told:
            broken += judge_count(case, name, told[name], row)
    return len(told), len(right), broken


def judge_count(case, name, told, true):
    """A count is exact, or about right, or no more than there are."""
    if case.sampling > 1 or true is None or 'count' not in true or case.scenario.endswith('-cgn'):
        return []
    error = abs(told['count'] - true['count'])
    if told['count_at_least']:
        wrong = told['count'] > true['count'] * (1 + COUNT_ERROR)
    else:
        wrong = error > (true['count'] * COUNT_ERROR if told['count_about'] else 0)
    word = 'at least ' if told['count_at_least'] else 'about ' if told['count_about'] else ''
    return [f"{name}: {word}{told['count']} addresses, not {true['count']}"] if wrong else []


def share_error(name):
    """One proxy in ten is on no list, and stays unknown."""
    return SHARE_ERROR + (0.1 if name == 'open_proxies' else 0)


def judge_filter(case, got):
    """Shared addresses forbid a filter on sources and make counts lower bounds."""
    if not case.scenario.endswith('-cgn') or case.sampling > 1:
        return []
    broken = []
    if got['incident']['source_filter']['verdict'] != 'forbidden':
        broken.append('a filter on shared sources is not forbidden')
    if not all(k['count_at_least'] for k in kinds_told(got).values()):
        broken.append('a count of shared addresses is not "at least"')
    return broken


def same_scope(told, true, forged):
    """Words and numbers, key by key. Of forged traffic the side may stay unknown, as it is only to
    be had from a link that the format tells; what rests on it then stays open too."""
    if forged and told['traffic'] == 'unknown':
        true = dict(true, traffic='unknown', pattern=None, possible=None)
    return [f'{key} {told[key]}, not {true[key]}'
            for key in ('target', 'traffic', 'actor', 'pattern', 'possible')
            if told[key] != true[key]]


def judge_scope(got):
    """(scopes judged, scopes right, what is broken)."""
    truth = got['truth']
    forged = any(a['spoofed'] for a in truth['attacks'])
    pairs = [('with notices', got['told'], truth['scope_told'])]
    if got['incident']:
        pairs.append(('as seen', got['incident']['scope'], truth['scope']))
    broken, right = [], 0
    for what, told, true in pairs:
        wrong = same_scope(told, true, forged)
        if not all(told['unknown'].values()):
            wrong.append('nothing is said of what is not known')
        right += not wrong
        broken += [f'scope {what}: {w}' for w in wrong]
    return len(pairs), right, broken


def run(program, case, seed, timeout=300):
    """A row of figures, with what is broken in words."""
    row = {'name': case.name, 'seed': seed, 'found': 0, 'due': 0, 'told': 0, 'right': 0, 'scopes': 0,
           'scopes_right': 0, 'unknown': 0, 'broken': []}
    command = case.command(program, seed)
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout)
    except subprocess.TimeoutExpired:
        return dict(row, broken=['ran out of time'], command=' '.join(command))
    if done.returncode:
        return dict(row, broken=[f'exit {done.returncode}: {done.stderr.strip()[-300:]}'],
                    command=' '.join(command))
    fill_row(row, case, json.loads(done.stdout))
    if row['broken']:
        row['command'] = ' '.join(command)
    return row


def fill_row(row, case, got):
    row['due'], row['found'] = int(got['attack']), int(got['found'])
    if got['others']:
        row['broken'].append(f"{got['others']} incidents that are no attack")
    if got['truth']['cut']:
        row['broken'].append('the run was cut by its number of records')
    if got['attack'] and not got['found']:
        if case.sampling == 1:
            row['broken'].append('the attack was not found')
        return
    if 'scope' in got['truth']:
        row['scopes'], row['scopes_right'], broken = judge_scope(got)
        row['broken'] += broken
    if got['found']:
        row['told'], row['right'], broken = judge_kinds(case, got)
        row['unknown'] = int(not row['told'])
        row['broken'] += broken + judge_filter(case, got)


def precision(rows):
    told = sum(r['told'] for r in rows)
    return sum(r['right'] for r in rows) / told if told else 0.0
