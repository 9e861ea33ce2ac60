# SPDX-License-Identifier: ISC
"""From files in the page cache, one core each: noroshi, readers of other packages, and beside them
what reading costs at least (libpcap's empty loop, a walk over the mapped file)."""
import json
import os
import re
import subprocess
import tempfile
import time

from live import alternate, send
from machine import memory, spread_of
from programs import Missing, Nfcapd

LIMIT_S = 90
READ_LINE = re.compile(r'^read: (\d+) records', re.M)


def run(bench, command, stdin=None, poll=False, limit_s=LIMIT_S):
    """One run on the receivers' first core: wall and CPU seconds, peak of resident memory, with
    @poll also that of anonymous memory, and what it said. Missing when it fails or lasts too long."""
    with tempfile.TemporaryFile() as said:
        began = time.monotonic()
        child = subprocess.Popen(command, stdin=stdin or subprocess.DEVNULL, stdout=said,
                                 stderr=said, preexec_fn=bench.pin_one, env=dict(os.environ, LC_ALL='C'))
        peak, usage, status = 0, None, 0
        while True:
            pid, status, usage = os.wait4(child.pid, os.WNOHANG if poll or limit_s else 0)
            if pid:
                break
            if poll:
                peak = max(peak, memory(child.pid)[1])
            if time.monotonic() - began > limit_s:
                child.kill()
                os.wait4(child.pid, 0)
                child.returncode = -9
                raise Missing(f'{os.path.basename(command[0])} took over {limit_s} s')
            time.sleep(0.02 if poll else 0.002)
        wall = time.monotonic() - began
        child.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        text = said.read().decode(errors='replace')
    if child.returncode not in (0, 1):
        raise Missing(f'{os.path.basename(command[0])} ended with {child.returncode}: '
                      + text.strip()[-120:])
    return {'wall_s': wall, 'cpu_s': usage.ru_utime + usage.ru_stime,
            'rss_bytes': usage.ru_maxrss * 1024, 'anonymous_bytes': peak, 'said': text}


def write(bench, name, fmt, *options):
    """A file of the generator's, made once; what it says it wrote, with the path."""
    path = os.path.join(bench.work, name)
    done = subprocess.run([bench.traffic, 'write', fmt, path, *map(str, options)],
                          capture_output=True, text=True, check=False)
    if done.returncode:
        raise Missing('the generator failed: ' + done.stderr.strip()[-120:])
    return dict(json.loads(done.stderr), path=path)


def flow_file(bench, records):
    """nfdump reads its own files only: what nfcapd stores of so many v9 records."""
    program = Nfcapd(bench, 'v9')
    try:
        program.start()
        sent = send(bench, 'v9', program.port, 500e3, records / 500e3)
        got = program.received(sent)
    finally:
        program.stop()
    return {'path': os.path.join(program.folder, 'flows'), 'records': got}


class Reader:
    """One command over one input. @count: records, or a function of what the command said."""
    formats = ()

    def __init__(self, name, what, command, count):
        self.name, self.what, self.command, self.count = name, what, command, count

    def __call__(self, bench):
        got = run(bench, self.command)
        said = got.pop('said')
        n = self.count(said) if callable(self.count) else self.count
        return dict(got, records=n, per_cpu_s=n / got['cpu_s'] if got['cpu_s'] else None,
                    per_wall_s=n / got['wall_s'])


def read_count(said):
    found = READ_LINE.search(said)
    if not found:
        raise Missing('noroshi said no count: ' + said.strip()[-120:])
    return int(found.group(1))


def readers(bench):
    """All commands; an input that cannot be made is a reader that says why."""
    few = bench.quick
    flood = write(bench, 'flood.pcap', 'packets', '--mix', 'flood', '--records',
                  300000 if few else 10000000)
    mixed = write(bench, 'mixed.pcap', 'packets', '--records', 200000 if few else 4000000)
    short = write(bench, 'short.pcap', 'packets', '--records', 50000 if few else 300000)
    list_ = []

    def pair(what, made):
        path, n = made['path'], made['records']
        list_.append(Reader('walk', what, [bench.reference, 'walk', path], n))
        list_.append(Reader('libpcap', what, [bench.reference, 'pcap', path], n))
        list_.append(Reader('noroshi', what, [bench.noroshi, 'read', '--threads', '1', '--own',
                                              '10.0.0.0/8', path], read_count))

    pair('packets, spoofed flood', flood)
    pair('packets, mixed', mixed)
    for fmt in ('v5', 'v9', 'ipfix', 'sflow'):
        n = (200000 if few else 12000000) // (4 if fmt == 'sflow' else 1)
        pair(fmt + ' records', write(bench, fmt + '.pcap', fmt, '--records', n))
    try:
        flows = flow_file(bench, 200000 if few else 2000000)
    except (Missing, OSError) as why:
        flows = {'path': '', 'records': 0, 'why': str(why)}
    for title, words in (('top targets', ['-s', 'dstip/bytes']), ('top flows', ['-s', 'record/bytes'])):
        list_.append(Reader('nfdump', 'v9 records, ' + title, ['nfdump', '-R', flows['path'], *words,
                                                              '-n', '10', '-q'], flows['records']))
    list_.append(Reader('softflowd', 'packets, mixed, short', [
        'softflowd', '-r', short['path'], '-m', '100000', '-n', f'127.0.0.1:{bench.sink_port}', '-v',
        '9', '-d', '-c', 'none'], short['records']))
    list_.append(Reader('tshark', 'packets, mixed, short', [
        'tshark', '-n', '-r', short['path'], '-q', '-z', 'endpoints,ip'], short['records']))
    return [r for r in list_ if bench.wants(r.name, r.what)]


def files(bench):
    rows, all_readers = [], readers(bench)
    for what in dict.fromkeys(r.what for r in all_readers):
        group = [r for r in all_readers if r.what == what]
        got, missing = alternate(bench, group, bench.runs, lambda r: r(bench))
        for r in group:
            if r in missing:
                rows.append({'program': r.name, 'input': what, 'missing': missing[r]})
                continue
            runs = got[r]
            rows.append({'program': r.name, 'input': what, 'records': runs[0]['records'],
                         'command': ' '.join(os.path.basename(c) for c in r.command),
                         'per_cpu_s': spread_of(x['per_cpu_s'] for x in runs),
                         'per_wall_s': spread_of(x['per_wall_s'] for x in runs),
                         'cpu_s_per_million': spread_of(x['cpu_s'] / x['records'] * 1e6
                                                        for x in runs),
                         'rss_bytes': spread_of(x['rss_bytes'] for x in runs), 'runs': runs})
    return with_references(rows)


def with_references(rows):
    """Each rate as a share of the walk's and of libpcap's over the same file, of the same runs."""
    for row in rows:
        for name in ('walk', 'libpcap'):
            other = next((r for r in rows if r['program'] == name and r['input'] == row['input']
                          and 'runs' in r), None)
            if other and 'runs' in row:
                row['share_of_' + name] = spread_of(
                    a['per_cpu_s'] / b['per_cpu_s'] for a, b in zip(row['runs'], other['runs'])
                    if a['per_cpu_s'] and b['per_cpu_s'])
    return rows
