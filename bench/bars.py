# SPDX-License-Identifier: ISC
"""The bars, and what the results say about each. A bar of which nothing was measured says so."""
from live import BAR_RATE, GOAL_RATE
from machine import spread_of


def find(rows, **want):
    return next((r for r in rows or [] if all(r.get(k) == v for k, v in want.items())), None)


def ratio(a, b, key):
    """Of the runs that stood beside each other, and of nothing else."""
    if not a or not b or 'runs' not in a or 'runs' not in b:
        return None
    return spread_of(x[key] / y[key] for x, y in zip(a['runs'], b['runs']) if x[key] and y[key])


def bar(text, measured, limit, goal=None, unit='', at_least=False, failed=None):
    """@measured: {median, min, max, n} or None. @failed: why there is no figure though it was tried,
    which is a bar that does not hold."""
    value = measured['median'] if measured else None
    holds = False if failed else None
    if value is not None and not failed:
        holds = value >= limit if at_least else value <= limit
    reached = None if value is None or goal is None else value >= goal if at_least else value <= goal
    return {'bar': text, 'limit': limit, 'goal': goal, 'unit': unit, 'at_least': at_least,
            'measured': measured, 'holds': holds, 'goal_reached': reached, 'failed': failed}


def one(value):
    return None if value is None else {'median': value, 'min': value, 'max': value, 'n': 1}


def cost_bars(rows):
    limits = (('v9', 'nfcapd', 0.8, 0.46), ('ipfix', 'nfcapd', 0.8, 0.5),
              ('sflow', 'sfcapd', 0.6, 0.33), ('v5', 'nfcapd', 1.3, 0.9))
    made = []
    for fmt, peer, limit, goal in limits:
        made.append(bar(f'CPU per record, {fmt}, to {peer}', ratio(
            find(rows, program='noroshi', format=fmt), find(rows, program=peer, format=fmt),
            'cpu_s_per_million'), limit, goal))
    for fmt in ('v5', 'v9', 'ipfix', 'sflow'):
        made.append(bar(f'CPU per record, {fmt}, to fastnetmon', ratio(
            find(rows, program='noroshi', format=fmt), find(rows, program='fastnetmon', format=fmt),
            'cpu_s_per_million'), round(1 / 3, 3)))
    return made


def judging_bars(rows):
    return [bar(f'CPU per record, {fmt}, with the judge to without', ratio(
        find(rows, program='noroshi', format=fmt),
        find(rows, program='noroshi before the judge', format=fmt), 'cpu_s_per_million'), 1.1)
        for fmt in ('v5', 'v9', 'ipfix', 'sflow')]


def loss_bars(rows):
    made = []
    for fmt, rate in BAR_RATE.items():
        row = find(rows, program='noroshi', format=fmt)
        got = one(row['all_clean_rate'] / 1e6) if row and 'steps' in row else None
        made.append(bar(f'no loss in any trial, {fmt}', got, rate / 1e6,
                        GOAL_RATE[fmt] / 1e6 if fmt != 'sflow' else None, 'M/s', True))
    return made


def file_bars(rows):
    made = []
    for what, text, goal in (('packets, spoofed flood', 'packets of a spoofed flood', 10),
                             ('v9 records', 'v9 records', 8)):
        row = find(rows, program='noroshi', input=what)
        got = row['per_cpu_s'] if row and 'runs' in row else None
        got = {k: v if k == 'n' else v / 1e6 for k, v in got.items()} if got else None
        made.append(bar(f'from a file, {text}, per core', got, 7, goal, 'M/s', True))
    return made


def delay_bar(rows):
    """The slowest of all finds counts, and one attack that was not found fails it."""
    runs = [x for r in rows if r and 'runs' in r for x in r['runs']]
    delays = [x['delay_s'] for x in runs]
    failed = 'not found in {} of {}'.format(delays.count(None), len(delays)) \
        if None in delays else None
    delay = spread_of(delays)
    if delay:
        delay['median'] = delay['max']
    return bar('slowest find, 5 times the threshold, 10^9', delay, 1.5, None, 's', failed=failed)


def held_bars(row):
    """Memory of the whole process over the hosts it holds, and whether it holds them."""
    if not row or 'runs' not in row:
        row = None
    return [
        bar('memory per destination held, of 1 M', one(row['memory_bytes']['median'] / row['hosts'])
            if row else None, 160, None, 'B'),
        bar('memory at 1 M destinations, live', one(row['memory_bytes']['median'] / 1e6)
            if row else None, 200, None, 'MB'),
        bar('share of 1 M destinations held, live', one(row['hosts'] / 1e6) if row else None, 0.99,
            None, '', True)]


def growth_bars(rows):
    few, many = (find(rows, how='from a file', destinations=n) for n in (10_000, 1_000_000))
    small, endless = (find(rows, how='piped, cap 200MB', destinations=n)
                      for n in (10_000, 1_000_000_000))
    whole = find(rows, how='piped, cap 200MB, all of them')
    live = next((r for r in rows if r['program'] == 'noroshi' and r['destinations'] == 1_000_000
                 and r['how'].startswith('live')), None)
    capped = find(rows, how='live, cap 200MB')
    return held_bars(live) + [
        bar('CPU per record, 1 M to 10 k destinations', ratio(many, few, 'cpu_s_per_million'), 1.5),
        bar('CPU per record, 10^9 to 10 k, cap 200 MB', ratio(endless, small, 'cpu_s_per_million'),
            2),
        bar('evictions counted under 10^9, live', one(capped['evicted'])
            if capped and 'evicted' in capped else None, 1, None, '', True),
        delay_bar([endless, whole])]


def bars(results):
    made = []
    for key, make in (('cost', cost_bars), ('loss', loss_bars), ('files', file_bars),
                      ('judging', judging_bars), ('growth', growth_bars)):
        if key in results:
            made += make(results[key])
    return made


def ahead(results):
    """Sentences: where another program needs less, or holds more."""
    said = []
    for r in results.get('cost', []):
        ours = find(results['cost'], program='noroshi', format=r['format'])
        if 'runs' in r and ours and 'runs' in ours and r is not ours:
            a, b = r['cpu_s_per_million']['median'], ours['cpu_s_per_million']['median']
            if a < b:
                said.append(f"{r['program']} needs {a / b:.2f} of noroshi's CPU on {r['format']} "
                            f"({r['does']})")
    for r in results.get('loss', []):
        ours = find(results['loss'], program='noroshi', format=r['format'])
        if 'steps' in r and ours and 'steps' in ours and \
                r['all_clean_rate'] > ours['all_clean_rate']:
            said.append(f"{r['program']} holds {r['all_clean_rate'] / 1e6:.2f} M/s of {r['format']} "
                        f"without loss, noroshi {ours['all_clean_rate'] / 1e6:.2f}")
    for r in results.get('files', []):
        ours = find(results['files'], program='noroshi', input=r['input'].rpartition(', ')[0])
        if 'runs' in r and ours and 'runs' in ours and \
                r['program'] not in ('walk', 'libpcap', 'noroshi') and \
                r['per_cpu_s']['median'] > ours['per_cpu_s']['median']:
            said.append(f"{r['program']} reads {r['per_cpu_s']['median'] / 1e6:.1f} M per CPU second of "
                        f"{r['input']}, noroshi {ours['per_cpu_s']['median'] / 1e6:.1f}")
    for r in results.get('growth', []):
        ours = next((x for x in results['growth'] if x['program'] == 'noroshi' and 'runs' in x
                     and x['destinations'] == r['destinations'] and x['how'].startswith('live')),
                    None)
        if 'runs' in r and ours and r['program'] != 'noroshi' and \
                r['memory_bytes']['median'] < ours['memory_bytes']['median']:
            said.append(f"{r['program']} takes {r['memory_bytes']['median'] / 1e6:.0f} MB at "
                        f"{r['destinations']:,} destinations, noroshi "
                        f"{ours['memory_bytes']['median'] / 1e6:.0f} MB")
    return said
