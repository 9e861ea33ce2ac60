# SPDX-License-Identifier: ISC
"""PART=fresh: an empty Debian 12 (debootstrap, minbase) gets make and git, a clone of this tree and
nothing else; there `make run` and `make test` must work from nothing. apt inside uses the sources
that this machine uses. All mounts are made in a mount namespace of their own and end with it."""
import glob
import os
import re
import shutil
import subprocess
import tempfile

from long import Unit, git
from tally import PLAIN, ROOT

SUITE = 'bookworm'
APT = ['/etc/apt/sources.list', '/etc/apt/sources.list.d', '/etc/apt/apt.conf', '/etc/apt/apt.conf.d',
       '/etc/apt/auth.conf.d', '/etc/apt/keyrings', '/etc/apt/trusted.gpg.d', '/usr/share/keyrings',
       '/etc/resolv.conf', '/etc/hosts']
INSIDE = r'''
set -e
mount -t proc proc "$1/proc"
mount -t sysfs sysfs "$1/sys" 2>/dev/null || true
mount -t tmpfs tmpfs "$1/dev/shm" 2>/dev/null || true
mount -t devpts devpts "$1/dev/pts" 2>/dev/null || true
exec chroot "$1" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 HOME=/tmp sh -c "$2"
'''


def mirror():
    """The archive that this machine's apt takes the suite from."""
    for path in glob.glob('/etc/apt/sources.list.d/*.sources'):
        with open(path, encoding='utf-8') as file:
            for block in file.read().split('\n\n'):
                uri = re.search(r'^URIs:\s*(\S+)', block, re.M)
                if uri and re.search(rf'^Suites:.*\b{SUITE}(\s|$)', block, re.M):
                    return uri.group(1)
    for path in ['/etc/apt/sources.list', *glob.glob('/etc/apt/sources.list.d/*.list')]:
        if os.path.exists(path):
            with open(path, encoding='utf-8') as file:
                found = re.search(rf'^deb\s+(?:\[.*?\]\s+)?(\S+)\s+{SUITE}\s', file.read(), re.M)
                if found:
                    return found.group(1)
    return 'http://deb.debian.org/debian'


def copy_apt(root):
    # debootstrap's own list would name the same archive twice.
    if os.path.exists(root + '/etc/apt/sources.list'):
        os.remove(root + '/etc/apt/sources.list')
    for path in APT:
        if os.path.isdir(path):
            shutil.copytree(path, root + path, dirs_exist_ok=True)
        elif os.path.exists(path):
            shutil.copy(path, root + path)


def copy_tree(root):
    """A clone, and over it what is changed and not yet committed."""
    target = os.path.join(root, 'srv', 'noroshi')
    subprocess.run(['git', '-c', 'safe.directory=*', 'clone', '-q', '--no-hardlinks', ROOT, target],
                   check=True)
    for name in git('ls-files', '-z', '--cached', '--others', '--exclude-standard').split('\0'):
        source, to = os.path.join(ROOT, name), os.path.join(target, name)
        if name and os.path.isfile(source):
            os.makedirs(os.path.dirname(to), exist_ok=True)
            shutil.copy(source, to)
    subprocess.run(['chown', '-R', '0:0', target], check=True)


def inside(root, command, timeout):
    """Runs a command in the chroot with only its own mounts and processes."""
    done = subprocess.run(['unshare', '--mount', '--pid', '--fork', '--kill-child', '--propagation',
                           'private', 'sh', '-c', INSIDE, 'sh', root, command],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors='replace', timeout=timeout)
    return done.returncode, done.stdout


def lines(text, n):
    return [line.rstrip() for line in text.splitlines() if line.strip()][-n:]


def fresh():
    root = tempfile.mkdtemp(prefix='noroshi-fresh-')
    os.chmod(root, 0o755)
    result = {'good': False, 'why': ''}
    try:
        subprocess.run(['debootstrap', '--variant=minbase', SUITE, root, mirror()], check=True,
                       stdout=subprocess.DEVNULL)
        copy_apt(root)
        copy_tree(root)
        code, text = inside(root, 'apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q -y '
                            'install --no-install-recommends make git', 900)
        if code:
            result['why'] = 'apt-get: ' + ' | '.join(lines(text, 3))
            return result
        result.update(judge(root))
    finally:
        shutil.rmtree(root, ignore_errors=True)
    return result


def judge(root):
    run_code, run = inside(root, 'cd /srv/noroshi && make run', 1800)
    print(run[-3000:])
    test_code, test = inside(root, 'cd /srv/noroshi && make test', 2400)
    print(test[-3000:])
    plain = PLAIN.findall(test)
    next_step = 'next' in run.lower() and 'build/noroshi' in run
    checks = {'make_run_exit_0': run_code == 0, 'make_run_names_next_step': next_step,
              'make_test_exit_0': test_code == 0,
              'make_test_plain_line': bool(plain) and int(plain[-1][1]) == 0}
    bad = [name for name, held in checks.items() if not held]
    return {'good': not bad, 'why': ', '.join(bad), 'cases': (len(checks) - len(bad), len(bad)),
            'make_run_said': lines(run, 12), 'make_test_said': lines(test, 6)}


def prepare():
    if os.geteuid() != 0:
        raise SystemExit('PART=fresh needs root: debootstrap and chroot')


def units():
    return [Unit('bookworm-minbase', 45, fresh)]


def figures(done):
    return {name: {k: r[k] for k in ('make_run_said', 'make_test_said', 'seconds') if k in r}
            for name, r in done.items()}
