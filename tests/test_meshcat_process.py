"""The viewer's process: listens on loopback only, moves on from a taken port, and leaves nothing behind
however it ends.
"""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from motionfm.data.writer import synthesize_dataset

pytestmark = pytest.mark.skipif(
    not Path('/proc/net/tcp').exists(), reason='reads /proc to see processes and sockets'
)


@pytest.fixture(scope='module')
def dataset(tmp_path_factory) -> Path:
    "A dataset folder with two subjects of two sequences."
    return synthesize_dataset(tmp_path_factory.mktemp('viewer')/'dataset0', n_sequences=4, n_subjects=2)


class Viewer:
    "A viewer in a process and a session of its own."
    def __init__(self, dataset: Path, options: str = 'port=0'):
        code = (
            # also where a shell without a terminal has it ignored
            'import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n'
            f'from motionfm.view.viewers import view; view({str(dataset)!r}, browser=False, {options})'
        )
        self.process = subprocess.Popen(
            [sys.executable, '-c', code],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.said = ''
        while not (found := re.search(r'http://127\.0\.0\.1:(\d+)/', self.said)):
            line = self.process.stdout.readline()
            assert line, f'the viewer ended early: {self.said}'
            self.said += line
        self.url, self.port = found[0], int(found[1])

    def end(self, number: int) -> int:
        "Send a signal; the exit status."
        self.process.send_signal(number)
        status = self.process.wait(timeout=5)
        self.said += self.process.stdout.read()
        return status


@pytest.fixture
def start(dataset):
    "Starts viewers, and ends those that a failing test left."
    started = []
    def begin(options: str = 'port=0') -> Viewer:
        started.append(Viewer(dataset, options))
        return started[-1]
    yield begin
    for viewer in started:
        if viewer.process.poll() is None: viewer.process.kill()
        viewer.process.wait()
        viewer.process.stdout.close()


def members(session: int) -> list[int]:
    "Processes of a session that are not dead."
    found = []
    for status in Path('/proc').glob('[0-9]*/stat'):
        try: state, _, _, own = status.read_text().rsplit(')', 1)[1].split()[:4]
        except OSError: continue
        if int(own) == session and state != 'Z': found.append(int(status.parent.name))
    return found


def listening(pid: int) -> set[str]:
    "Addresses on which a process listens, as /proc writes them."
    links = []
    for link in Path(f'/proc/{pid}/fd').iterdir():
        with suppress(OSError): links.append(os.readlink(link))
    rows = [
        line.split()
        for name in ('tcp', 'tcp6')
        for line in Path(f'/proc/net/{name}').read_text().splitlines()[1:]
    ]
    return {row[1] for row in rows if row[3] == '0A' and f'socket:[{row[9]}]' in links}


def test_loopback_only(start):
    viewer = start()
    assert listening(viewer.process.pid) == {f'0100007F:{viewer.port:04X}'}
    assert len(urlopen(viewer.url, timeout=5).read()) > 900_000
    assert members(viewer.process.pid) == [viewer.process.pid]


@pytest.mark.parametrize(
    'number, status',
    [(signal.SIGINT, 0), (signal.SIGTERM, -signal.SIGTERM), (signal.SIGKILL, -signal.SIGKILL)],
)
def test_nothing_is_left(start, number, status):
    viewer = start()
    urlopen(viewer.url, timeout=5).read()
    assert viewer.end(number) == status
    assert 'Traceback' not in viewer.said
    assert members(viewer.process.pid) == []
    with pytest.raises(URLError, match='refused'): urlopen(viewer.url, timeout=5)


def test_nothing_is_left_after_a_page_was_written(dataset, tmp_path):
    page = tmp_path/'walk.html'
    code = f'from motionfm.view.viewers import view; view({str(dataset)!r}, html={str(page)!r})'
    child = subprocess.Popen([sys.executable, '-c', code], stdout=subprocess.DEVNULL, start_new_session=True)
    assert child.wait(timeout=60) == 0
    assert page.stat().st_size > 900_000
    assert members(child.pid) == []
    assert [path.name for path in tmp_path.iterdir()] == ['walk.html']


def test_a_taken_port(start):
    with socket.socket() as taken:
        taken.bind(('127.0.0.1', 0))
        taken.listen()
        port = taken.getsockname()[1]
        viewer = start(f'port={port}')
        assert f'port {port}: address already in use; trying another' in viewer.said
        assert viewer.port != port
        assert len(urlopen(viewer.url, timeout=5).read()) > 900_000


def test_two_viewers_side_by_side(start):
    first = start()
    second = start(f'port={first.port}')
    assert urlopen(first.url, timeout=5).status == urlopen(second.url, timeout=5).status == 200


def test_a_visitor_who_says_nothing_holds_up_no_one(start):
    viewer = start()
    with socket.create_connection(('127.0.0.1', viewer.port)):
        assert urlopen(viewer.url, timeout=5).status == 200
        before = time.monotonic()
        assert viewer.end(signal.SIGINT) == 0
        assert time.monotonic() - before < 3


def test_a_visitor_who_leaves_in_the_middle_is_no_event(start):
    viewer = start()
    with socket.create_connection(('127.0.0.1', viewer.port)) as visitor:
        visitor.sendall(b'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')
        visitor.recv(10)
    assert urlopen(viewer.url, timeout=5).status == 200
    assert viewer.end(signal.SIGINT) == 0
    assert 'Traceback' not in viewer.said and 'Exception' not in viewer.said


def test_viewers_load_no_keras():
    code = (
        'import sys, motionfm.view.viewers\n'
        'sys.exit(any(name in sys.modules for name in ("keras", "tensorflow")))'
    )
    assert subprocess.run([sys.executable, '-c', code]).returncode == 0
