"Long work shows how far it is on a terminal, and nowhere else."
import os
import re
import subprocess
import sys

import pytest
from conftest import ROOT

from motionfm import example_trial
from motionfm.io.files import write_trial

pty = pytest.importorskip('pty', reason='no pseudo-terminals on this system')


def seen_on_a_terminal(*words) -> tuple[str, str]:
    "What a command writes to the terminal that is its error stream, and to a file that is its output."
    terminal, end = pty.openpty()
    environment = {**os.environ, 'CI': '', 'TERM': 'xterm', 'COLUMNS': '100', 'PYTHONPATH': str(ROOT)}
    command = [sys.executable, '-m', 'motionfm', *map(str, words)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=end, env=environment) as process:
        os.close(end)
        seen, printed = b'', process.stdout.read()
        try:
            while more := os.read(terminal, 65536): seen += more
        except OSError: pass   # Linux says so at the end
    os.close(terminal)
    assert process.returncode == 0, seen[-500:]
    return re.sub(r'\x1b\[[0-9;?]*\w', '', seen.decode()), printed.decode()


def test_a_folder(tmp_path):
    trial, _ = example_trial()
    (tmp_path/'lab').mkdir()
    for name in 'ab': write_trial(tmp_path/'lab'/f'{name}.trc', trial)
    seen, printed = seen_on_a_terminal('reconstruct', tmp_path/'lab', '-o', tmp_path/'out')
    assert re.search(r'recordings .*1/2 0:00:\d\d \d+\.\d(/s| s each), 0:\d\d left', seen), seen[-500:]
    assert 'a.trc' in printed and 'a.trc' not in seen
    assert '\x1b' not in printed and 'left' not in printed


def test_both_passes_over_the_recordings_of_a_recipe(monkeypatch):
    "Before the first batch each recording is read twice; neither pass is silent."
    from motionfm.body.synthetic import synthesize
    from motionfm.estimate import prior
    bars = []
    monkeypatch.setattr(prior, 'progress', lambda things, doing: bars.append(doing) or things)
    prior.fit_prior([synthesize('walk', seed=0, n_frames=120)])
    assert bars == ['recordings for the motion prior', 'recordings for motion primitives']
