"""What Windows and macOS are known for, as far as it can be tried elsewhere: consoles and files of other code
pages, files that another program holds open, no fork, names that differ in case only. It needs the base
install alone, and runs on all three.
"""

import ast
import os
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest

import motionfm
from motionfm.basics import atomic_path, FileError
from motionfm.evaluation.benchmark_set import write_benchmark_set
from motionfm.reconstruct.outputs import plan_outputs, plan_several
from motionfm.reconstruct.summary_table import append_summary, Failure

PACKAGE = Path(motionfm.__file__).parent
NODES = [(path, node) for path in sorted(PACKAGE.rglob('*.py')) if path.stem != '_modidx'
         for node in ast.walk(ast.parse(path.read_text(encoding='utf-8')))]
CALLS = [(path, node) for path, node in NODES if isinstance(node, ast.Call)]
ODD = 'Übung → 3°'   # letters that code page 1252 has, and one that it has not


def command(*words, **environment) -> subprocess.CompletedProcess:
    "A command in a process of its own, as bytes."
    program = [sys.executable, '-m', 'motionfm', *map(str, words)]
    paths = os.pathsep.join((str(PACKAGE.parent), os.environ.get('PYTHONPATH', '')))
    return subprocess.run(program, capture_output=True,
                          env={**os.environ, 'PYTHONPATH': paths, **environment})


@pytest.fixture
def gappy(tmp_path) -> Path:
    "A short recording with a gap, with a name that not every console can print."
    walk = motionfm.synthesize('walk', seed=1, n_frames=70)[:, :6].astype(float)
    walk[20:26, 2] = float('nan')
    path = tmp_path/'in'/f'{ODD}.trc'
    motionfm.write(path, motionfm.Trial.from_array(walk, [f'M{number}' for number in range(6)], 60))
    return path


def called(node: ast.Call) -> str: return ast.unparse(node.func).rpartition('.')[2]


def test_text_files_name_their_encoding():
    "What a file's letters mean is never left to the language of the machine."
    wrong = []
    for path, node in CALLS:
        words = {word.arg for word in node.keywords}
        modes = [one.value for one in node.args[1:2] if isinstance(one, ast.Constant)]
        is_text = called(node) in ('read_text', 'write_text') or ast.unparse(node.func) == 'open' and (
            not modes or 'b' not in str(modes[0]))
        own = called(node) == 'read_text' and isinstance(node.func, ast.Name)   # `read_text` of the package
        if is_text and not own and 'encoding' not in words:
            wrong.append(f'{path.name}:{node.lineno}: {ast.unparse(node)[:60]}')
    assert not wrong, wrong


def test_text_files_name_their_line_ends():
    "What is written is the same on every system."
    wrong = []
    for path, node in CALLS:
        mode = node.args[1].value if len(node.args) > 1 and isinstance(node.args[1], ast.Constant) else 'r'
        is_text = ast.unparse(node.func) == 'open' and set('wax') & set(mode) and 'b' not in mode
        if called(node) != 'write_text' and not is_text: continue
        if 'newline' not in {word.arg for word in node.keywords}:
            wrong.append(f'{path.name}:{node.lineno}: {ast.unparse(node)[:60]}')
    assert not wrong, wrong


def test_nothing_that_only_some_systems_have():
    "No fork, no user ids, no signals but Ctrl-C; locks and such only where a guard stands."
    only_here = {'fork', 'getuid', 'geteuid', 'getpwuid', 'setsid', 'killpg', 'mkfifo', 'symlink', 'chown'}
    found = [f'{path.name}:{node.lineno}: {ast.unparse(node.func)}' for path, node in CALLS
             if called(node) in only_here]
    assert not found, found
    signals = {ast.unparse(node) for _, node in NODES
               if isinstance(node, ast.Attribute) and node.attr.startswith('SIG')}
    assert signals <= {'signal.SIGINT'}


def test_any_console(gappy):
    "Letters that a console lacks are written as codes, and nothing breaks; the files are UTF-8 all the same."
    out, console = gappy.parent.parent/'out', {'PYTHONIOENCODING': 'cp1252', 'PYTHONUTF8': '0'}
    done = command('reconstruct', gappy, '-o', out/f'{ODD}.trc', '--table', out/'gaps.csv', '--report',
                   out/f'{ODD}.html', **console)
    assert done.returncode == 0, done.stderr[-2000:]
    assert 'Übung \\u2192 3°'.encode('cp1252') in done.stdout
    assert b'M2' in (out/'gaps.csv').read_bytes()
    assert ODD in (out/f'{ODD}.html').read_text(encoding='utf-8')
    assert b'6 samples filled' in done.stdout and (out/f'{ODD}.trc').exists()


def test_a_poor_console():
    "One that has no more than ASCII, in a language that no one set."
    done = command('reconstruct', 'not → here.trc', PYTHONIOENCODING='ascii', PYTHONUTF8='0', LC_ALL='C')
    assert done.returncode == 2 and done.stderr.count(b'\n') == 1 and done.stderr.isascii(), done.stderr
    assert b'here.trc: ' in done.stderr


def test_a_result_that_is_open_elsewhere(tmp_path, monkeypatch):
    "Windows replaces no file that a program holds open: one line says so, and the file is as it was."
    target = tmp_path/'walk.trc'
    target.write_text('before', encoding='utf-8')
    def refuse(source, target):
        raise PermissionError(13, 'The process cannot access the file because it is being used by another '
                                  'process', str(source), 32, str(target))
    monkeypatch.setattr(os, 'replace', refuse)
    with pytest.raises(FileError) as caught, atomic_path(target) as temporary: temporary.write_text('after')
    assert 'used by another process' in str(caught.value) and 'has it open' in str(caught.value)
    assert str(caught.value).count('\n') == 0 and str(target) in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ['walk.trc']
    assert target.read_text(encoding='utf-8') == 'before'


def test_a_table_that_was_cut_off_and_a_long_one(tmp_path):
    "A line is added to a table of any length, behind one that was cut off, with the same line ends."
    table = tmp_path/'summary.csv'
    for name in 'ab': append_summary(table, Failure(f'{name}.trc', 'broken'))
    whole = table.read_bytes()
    table.write_bytes(whole[:-6])
    append_summary(table, Failure('c.trc', 'broken'))
    lines = table.read_bytes().split(b'\r\n')
    assert len(lines) == 5 and lines[-1] == b'' and lines[3].startswith(b'c.trc') and b'\n' not in lines[2]


@pytest.mark.parametrize('tells_case', [False, True])
def test_names_that_differ_in_case_only(tells_case, tmp_path, monkeypatch):
    "Two recordings never become one file, also where case makes no difference."
    monkeypatch.setattr('motionfm.reconstruct.outputs._tells_case', lambda folder: tells_case)
    for name in ('a/Walk.trc', 'b/walk.trc', 'c/WALK.csv', 'c/walk.c3d'):
        (tmp_path/name).parent.mkdir(exist_ok=True)
        (tmp_path/name).write_text('x', encoding='utf-8')
    folders = [tmp_path/name for name in 'abc']
    targets = [target for _, target in plan_several(folders, tmp_path/'out', ending='.trc')]
    assert len({target.name if tells_case else target.name.casefold() for target in targets}) == 4, targets
    only = [target.name for _, target in plan_outputs(tmp_path/'c', tmp_path/'out2', ending='.trc')]
    assert sorted(only) == (['WALK.trc', 'walk.trc'] if tells_case else ['WALK_csv.trc', 'walk_c3d.trc'])


def test_devices_are_no_names_of_files(tmp_path):
    "A trial of the control group may be called con, which on Windows is the keyboard."
    walk = motionfm.synthesize('walk', seed=1, n_frames=120).astype(float)
    group = {name: (walk, 60.) for name in ('con', 'AUX', 'com1', 'control')}
    manifest = write_benchmark_set(tmp_path/'set', {'controls': group}, ['noise'])
    assert sorted(manifest['truth']) == ['control', 'trial_AUX', 'trial_com1', 'trial_con']


@pytest.fixture(params=['UTC0', 'CET-1CEST,M3.5.0,M10.5.0/3', 'EST5EDT,M3.2.0,M11.1.0'])
def zone(request, monkeypatch):
    "The time zone of the machine, where it can be set."
    if not hasattr(time, 'tzset'): pytest.skip('the zone of Windows is that of all programs')
    with monkeypatch.context() as patch:
        patch.setenv('TZ', request.param)
        time.tzset()
        yield request.param
    time.tzset()


@pytest.mark.parametrize('begin', ['2026-10-25 02:59:56', '2026-03-29 02:59:56', '2026-11-01 01:59:56',
                                   '1969-12-31 23:59:56'])
def test_clock_times_are_the_same_in_every_zone(tmp_path, zone, begin):
    "Summer time begins and ends nowhere, and time before 1970, which Windows does not count, is time."
    times = [datetime.fromisoformat(begin) + timedelta(seconds=tenth/10) for tenth in range(90)]
    lines = [','.join(['timestamp', *(f'M{point}_{axis}' for point in range(4) for axis in 'xyz')])]
    for row, moment in enumerate(times):
        lines.append(','.join([f'{moment}', *(f'{.1*cell + .01*row:.3f}' for cell in range(12))]))
    path = tmp_path/'walk.csv'
    path.write_text('\n'.join([*lines, '']), encoding='utf-8', newline='\n')
    trial = motionfm.read(path)
    assert len(trial) == 90 and abs(trial.rate - 10) < 1e-6


def test_line_ends_are_those_of_the_format(gappy):
    "What is written does not depend on the system that writes it."
    trial = motionfm.read(gappy)
    for ending in ('.trc', '.csv'):
        motionfm.write(gappy.with_suffix(ending), trial)
        raw = gappy.with_suffix(ending).read_bytes()
        assert raw.count(b'\r\n') in (0, raw.count(b'\n')) and b'\r\r' not in raw
