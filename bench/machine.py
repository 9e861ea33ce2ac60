# SPDX-License-Identifier: ISC
"""What the kernel says about processes, sockets and this machine, and figures of several runs."""
import json
import os
import platform
import socket
import statistics
import subprocess
import time

TICK_S = 1 / os.sysconf('SC_CLK_TCK')
LAST_CORE = (os.cpu_count() or 1) - 1
FIRST_PORT = 29995


def receiver_cores(spread):
    """Cores of everything that is measured: all but the sender's, alike for all; with @spread or on
    a single core, all of them."""
    cores = set(range(LAST_CORE + 1))
    return cores if spread or len(cores) == 1 else cores - {LAST_CORE}


def _stat(pid):
    """The fields of /proc/PID/stat behind the name, which may hold blanks."""
    with open(f'/proc/{pid}/stat', encoding='ascii', errors='replace') as file:
        return file.read().rpartition(')')[2].split()


def family(pid):
    """@pid and all that descend from it."""
    parents = {}
    for name in os.listdir('/proc'):
        if name.isdigit():
            try:
                parents.setdefault(int(_stat(name)[1]), []).append(int(name))
            except (OSError, IndexError):
                continue
    found, todo = [], [pid]
    while todo:
        one = todo.pop()
        found.append(one)
        todo += parents.get(one, [])
    return found


def cpu_s(pid):
    """User and system time of the family, children that ended included."""
    ticks = 0
    for one in family(pid):
        try:
            fields = _stat(one)
        except OSError:
            continue
        ticks += sum(int(f) for f in fields[11:15 if one == pid else 13])
    return ticks * TICK_S


def memory(pid):
    """(Pss, anonymous) bytes of the family; shared pages count for their share."""
    pss = anonymous = 0
    for one in family(pid):
        try:
            with open(f'/proc/{one}/smaps_rollup', encoding='ascii') as file:
                for line in file:
                    name, _, rest = line.partition(':')
                    if name == 'Pss':
                        pss += int(rest.split()[0]) * 1024
                    elif name == 'Anonymous':
                        anonymous += int(rest.split()[0]) * 1024
        except OSError:
            continue
    return pss, anonymous


def udp_sockets(port):
    """Kernel drops of each socket bound to @port, in a list; empty while there is none."""
    drops = []
    for name in ('/proc/net/udp', '/proc/net/udp6'):
        try:
            with open(name, encoding='ascii') as file:
                rows = [line.split() for line in file][1:]
        except OSError:
            continue
        drops += [int(r[12]) for r in rows if int(r[1].rpartition(':')[2], 16) == port]
    return drops


def free_port(kind=socket.SOCK_DGRAM, first=FIRST_PORT):
    """A loopback port that nobody holds, downwards from @first."""
    for port in range(first, first - 200, -1):
        with socket.socket(socket.AF_INET, kind) as s:
            try:
                s.bind(('127.0.0.1', port))
                return port
            except OSError:
                continue
    raise OSError('no free loopback port')


def settle(pid, most_s):
    """Waits until the family uses less than half a core: what it had queued is done. Seconds that
    took, give or take a tenth: a program with a long queue has not kept up, though it lost nothing."""
    began, before = time.monotonic(), cpu_s(pid)
    while time.monotonic() - began < most_s:
        time.sleep(0.1)
        now = cpu_s(pid)
        if now - before < 0.05:
            break
        before = now
    return time.monotonic() - began


def _sysctl(name):
    try:
        with open('/proc/sys/' + name, encoding='ascii') as file:
            return int(file.read())
    except (OSError, ValueError):
        return None


def describe():
    """What figures depend on."""
    model = ''
    with open('/proc/cpuinfo', encoding='utf-8', errors='replace') as file:
        for line in file:
            if line.startswith('model name'):
                model = line.partition(':')[2].strip()
                break
    return {'processor': model, 'cores': LAST_CORE + 1, 'kernel': platform.release(),
            'memory_bytes': os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE'),
            'rmem_max': _sysctl('net/core/rmem_max'), 'load_1min': os.getloadavg()[0]}


def sender_ended(child, timeout_s):
    """What the bench's sender says it sent; OSError where it failed."""
    try:
        said = child.communicate(timeout=timeout_s)[1]
    except subprocess.TimeoutExpired:
        child.kill()
        raise
    if child.returncode:
        raise OSError('the sender failed: ' + said.strip()[-200:])
    return json.loads(said)


def version_of(package):
    """Version of a Debian package, or None."""
    try:
        done = subprocess.run(['dpkg-query', '-W', '-f=${Version}', package], capture_output=True,
                              text=True, check=False)
    except OSError:
        return None
    return done.stdout.strip() or None


def spread_of(values):
    """{median, min, max, n} of figures; None without any."""
    values = [v for v in values if v is not None]
    if not values:
        return None
    return {'median': statistics.median(values), 'min': min(values), 'max': max(values),
            'n': len(values)}
