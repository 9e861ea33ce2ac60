# SPDX-License-Identifier: ISC
"""The results as tables: on the terminal, as Markdown. A figure is a median with its least and
greatest in brackets."""


def figure(s, form='{:.3f}', by=1.0):
    if not s:
        return '-'
    text = form.format(s['median'] / by)
    if s['n'] > 1:
        text += ' (' + form.format(s['min'] / by) + '..' + form.format(s['max'] / by) + ')'
    return text


def rate(r):
    return f'{r / 1e6:.2f} M' if r >= 1e6 else f'{r / 1e3:.0f} k'


def count(n):
    return {10_000: '10 k', 100_000: '100 k', 1_000_000: '1 M', 1_000_000_000: '10^9'}.get(n, str(n))


def share(x):
    return '-' if x is None else '0' if x == 0 else f'{100 * x:.2f} %' if x >= 0.0001 else '< 0.01 %'


def cost_cells(r):
    return [r['program'], r['format'], rate(r['rate']), figure(r['cpu_s_per_million']),
            share(r['lost_share']), figure(r['pss_bytes'], '{:.0f}', 1e6)]


def loss_cells(r):
    last = r['steps'][-1]
    lost, at = last['lost_share']['median'], rate(last['rate'])
    end = ('highest tried' if last['clean'] else f'{share(lost)} at {at}' if lost
           else f"{last['drain_s']['median']:.1f} s behind at {at}")
    return [r['program'], r['format'], rate(r['all_clean_rate']) if r['all_clean_rate'] else 'none',
            rate(r['any_clean_rate']) if r['any_clean_rate'] else 'none', end]


def file_cells(r):
    return [r['program'], r['input'], figure(r['per_cpu_s'], '{:.2f}', 1e6),
            figure(r['per_wall_s'] and dict(r['per_wall_s'], n=1), '{:.2f}', 1e6),
            figure(r.get('share_of_walk') and dict(r['share_of_walk'], n=1), '{:.2f}'),
            figure(r.get('share_of_libpcap') and dict(r['share_of_libpcap'], n=1), '{:.2f}')]


def growth_cells(r):
    return [r['program'], r['how'], count(r['destinations']),
            figure(r['cpu_s_per_million']), figure(r['memory_bytes'], '{:.0f}', 1e6),
            share(r.get('lost_share')), f"{r['evicted'] / 1e6:.2f} M" if 'evicted' in r else '-',
            figure(r.get('delay_s'), '{:.2f}') if 'delay_s' in r else '-']


def bar_cells(b):
    def text(x):
        return '-' if x is None else f'{x:g}'
    holds = {True: 'holds', False: 'does not hold', None: 'not measured'}[b['holds']]
    if b['goal_reached']:
        holds += ', goal too'
    got = b['failed'] or figure(b['measured'], '{:.2f}') + (' ' + b['unit'] if b['measured'] else '')
    return [b['bar'], ('>= ' if b['at_least'] else '<= ') + text(b['limit']), text(b['goal']), got,
            holds]


# key: title, heads, cells of a row, what names a row that has no figure
SECTIONS = {
    'cost': ('Live: CPU per record', ['PROGRAM', 'FORMAT', 'SENT /s', 'CPU s per M', 'LOST',
                                      'MEMORY MB'], cost_cells, ('program', 'format')),
    'loss': ('Live: highest rate without loss', ['PROGRAM', 'FORMAT', 'ALL CLEAN /s', 'ANY CLEAN /s',
                                                 'THEN LOST'], loss_cells, ('program', 'format')),
    'files': ('From files, one core: M per CPU second', ['PROGRAM', 'INPUT', 'M per CPU s', 'M per s',
                                                         'OF WALK', 'OF LIBPCAP'], file_cells,
              ('program', 'input')),
    'judging': ('Live: what judging costs', ['PROGRAM', 'FORMAT', 'SENT /s', 'CPU s per M', 'LOST',
                                             'MEMORY MB'], cost_cells, ('program', 'format')),
    'growth': ('Growth with destinations (v9)', ['PROGRAM', 'HOW', 'DEST.', 'CPU s per M',
                                                 'MEMORY MB', 'LOST', 'EVICTED', 'DELAY s'],
               growth_cells, ('program', 'how', 'destinations')),
    'bars': ('Bars', ['BAR', 'LIMIT', 'GOAL', 'MEASURED', ''], bar_cells, ('bar',)),
}


def rows_of(key, rows):
    _, heads, cells, names = SECTIONS[key]
    for row in rows:
        if 'missing' in row:
            named = [count(row[n]) if n == 'destinations' else str(row[n]) for n in names]
            yield named, 'no figure: ' + row['missing']
        else:
            yield cells(row), None


def terminal(key, rows, out):
    title, heads, _, _ = SECTIONS[key]
    lines = list(rows_of(key, rows))
    widths = [len(h) for h in heads]
    for cells, why in lines:
        for i, cell in enumerate(cells):
            widths[i] = max(widths[i], len(cell))
    out(f'\n{title}')
    out('  '.join(h.ljust(w) for h, w in zip(heads, widths)).rstrip())
    for cells, why in lines:
        line = '  '.join(c.ljust(w) for c, w in zip(cells, widths))
        out((line + ('  ' + why if why else '')).rstrip()[:100])


def head(results):
    m = results['machine']
    return [f"`{results['command']}` on {results['date']}, commit {results['commit']}; "
            f"{m['cores']} cores {m['processor']}, {m['memory_bytes'] / 2**30:.0f} GiB, Linux "
            f"{m['kernel']}; medians of {results['runs']} alternating runs (least..greatest).",
            'Versions: ' + ', '.join(f'{k} {v}' for k, v in results['versions'].items() if v) + '.']


def markdown(results, ahead, out):
    for line in head(results):
        out(line)
        out('')
    for key in SECTIONS:
        if not results.get(key):
            continue
        title, heads, _, _ = SECTIONS[key]
        out(f'**{title}**\n')
        out('| ' + ' | '.join(heads) + ' |')
        out('|' + '---|' * len(heads))
        for cells, why in rows_of(key, results[key]):
            cells = cells + [why] if why else cells
            out('| ' + ' | '.join(cells + [''] * (len(heads) - len(cells))) + ' |')
        out('')
    out('Where another program is ahead: ' + ('; '.join(ahead) if ahead else 'nowhere in this run')
        + '.')
