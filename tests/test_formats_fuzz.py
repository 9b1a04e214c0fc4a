"""Damaged files: whatever is in them, only motionfm's own errors may leave the reader, in one line and
without warnings.
"""

import subprocess
import sys
import tracemalloc
import warnings
import zipfile

import numpy as np
import pytest

from motionfm.basics import MotionfmError
from motionfm.body.skeleton import JOINTS
from motionfm.io.files import read_trial, write_trial
from motionfm.io.trial import Trial


@pytest.fixture(scope='module')
def whole(tmp_path_factory) -> bytes:
    "A small trial with gaps, as a file."
    rng = np.random.default_rng(0)
    values = rng.normal(size=(12, 21, 3)).round(4)
    values[rng.random((12, 21)) < 0.1] = np.nan
    path = tmp_path_factory.mktemp('fuzz')/'whole.trc'
    write_trial(path, Trial(values, (*JOINTS, 'Box'), 60.0, 'm', np.arange(12)/60, np.arange(12) + 1))
    return path.read_bytes()


@pytest.fixture
def outcome(tmp_path):
    "A function that reads bytes as a TRC file; returns the trial or the message of the refusal."
    path = tmp_path/'damaged.trc'
    def read(content: bytes):
        path.write_bytes(content)
        with warnings.catch_warnings():
            warnings.simplefilter('error')
            try: return read_trial(path)
            except MotionfmError as error:
                assert (
                    '\n' not in str(error)
                    and str(error).startswith(f'{path}: ')
                    and len(str(error)) < len(str(path)) + 250
                )
                return str(error)
    return read


def test_whole_file_is_read(whole, outcome):
    assert isinstance(outcome(whole), Trial)


def test_cut_off_anywhere(whole, outcome):
    last_row = whole.rstrip().rindex(b'\n')
    for length in range(0, last_row, 23):
        found = outcome(whole[:length])
        told = isinstance(found, str) or any('NumFrames says 12' in note for note in found.notes)
        assert told and (isinstance(found, str) or np.isfinite(found.values[-1]).any()), length


def test_lines_lost_doubled_or_swapped(whole, outcome):
    lines = whole.split(b'\n')
    for place in range(len(lines) - 1):
        lost, doubled = lines[:place] + lines[place + 1:], lines[:place + 1] + lines[place:]
        swapped = lines[:place] + lines[place:place + 2][::-1] + lines[place + 2:]
        names, row = lines[place].startswith(b'Frame#'), lines[place][:1].isdigit() and place > 3
        without, twice = outcome(b'\n'.join(lost)), outcome(b'\n'.join(doubled))
        assert isinstance(without, str) or not names, place
        if row:   # what the header says, or a gap, or a row that stands twice: told in any case
            assert any('NumFrames' in note or 'left out' in note for note in without.notes), place
            assert len(twice) == 12 and any('stand twice' in note for note in twice.notes), place
        outcome(b'\n'.join(swapped))


@pytest.mark.parametrize('seed', range(3))
def test_bytes_changed_at_random(whole, outcome, seed):
    rng = np.random.default_rng(seed)
    for _ in range(500):
        damaged = np.frombuffer(whole, np.uint8).copy()
        places = rng.integers(0, (len(whole), 700)[rng.integers(2)], rng.integers(1, 5))
        damaged[places] = rng.integers(0, 256, len(places))
        result = outcome(damaged.tobytes())
        assert isinstance(result, str) or (
            result.values.shape[1:] == (21, 3) and not np.isinf(result.values).any()
        )


def test_pieces_of_text_put_in_at_random(whole, outcome):
    rng = np.random.default_rng(9)
    pieces = [
        b'\t',
        b'\n',
        b'\r',
        b' ',
        b'\0',
        b'nan',
        b'inf',
        b'1e999',
        b'-',
        b'1_0',
        b'0,5',
        b'\xff',
        '٣'.encode(),
        b'#',
        b'"',
        b'\x85',
        b'\x1c',
        '\u2028'.encode(),
        b'9' * 400,
        b'%',
        b'{0}',
    ]
    for _ in range(600):
        place, piece = rng.integers(len(whole)), pieces[rng.integers(len(pieces))]
        outcome(whole[:place] + piece + whole[place:])


@pytest.mark.parametrize(
    'content',
    [
        b'',
        b'\n',
        b'\0' * 1000,
        b'\xff\xfe' + b'P\0a\0' * 50,
        b'PathFileType',
        b'PathFileType\n\n\n\n\n\n',
        b'PathFileType\nDataRate Units\n60 m\nFrame# Time\n1 0\n',
        b'PathFileType\nDataRate Units\n60 m\nFrame# Time A\nx 0 1 2 3\n',
    ],
)
def test_odd_files(outcome, content):
    assert isinstance(outcome(content), str)


BVH = '''HIERARCHY
ROOT Hips {{
OFFSET 0 90 0
CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation
JOINT LeftUpLeg {{
OFFSET 9 -5 0
CHANNELS 3 Zrotation Xrotation Yrotation
JOINT LeftLeg {{
OFFSET 0 -40 0
CHANNELS 3 Zrotation Xrotation Yrotation
JOINT LeftFoot {{
OFFSET 0 -40 0
CHANNELS 0
End Site {{
OFFSET 0 -4 18
}} }} }} }} }}
MOTION
Frames: 6
Frame Time: 0.0333333
{numbers}
'''


@pytest.fixture(scope='module')
def others(tmp_path_factory) -> dict[str, bytes]:
    "The same trial in the other formats, by ending; 'long.csv' is a long table."
    from motionfm.io.csv import write_csv
    from motionfm.io.registry import WRITERS
    rng = np.random.default_rng(1)
    values = rng.normal(size=(6, 21, 3)).round(2)
    values[rng.random((6, 21)) < 0.1] = np.nan
    trial = Trial(values, (*JOINTS, 'Box'), 60.0, 'm', np.arange(6)/60, np.arange(6) + 1)
    folder = tmp_path_factory.mktemp('others')
    for ending in set(WRITERS) - {'.trc', '.bvh'}: write_trial(folder/f'whole{ending}', trial)
    write_csv(folder/'long.csv', trial, long=True)
    numbers = '\n'.join(' '.join(f'{number:.3f}' for number in row) for row in rng.normal(size=(6, 12))*9)
    (folder/'whole.bvh').write_text(BVH.format(numbers=numbers))
    return {path.name.removeprefix('whole'): path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize('ending', ['.csv', 'long.csv', '.npz', '.bvh'])
def test_other_formats_changed_at_random(others, tmp_path, ending):
    rng, whole, path = np.random.default_rng(2), others[ending], tmp_path/f'x{ending}'
    pieces = [
        b',',
        b'\n',
        b'"',
        b'#',
        b';',
        b'\0',
        b'nan',
        b'1e999',
        b'\xff',
        b'9' * 400,
        b'x',
        b'_',
        b'PK',
        b'time',
        b'{',
        b'}',
        b'End Site',
        b'JOINT',
    ]
    read = 0
    for trial in range(350):
        damaged = bytearray(whole)
        for _ in range(rng.integers(1, 4)):
            place = int(rng.integers((len(whole), 700)[rng.integers(2)]))
            if rng.random() < .7: damaged[place] = rng.integers(256)
            else: damaged[place:place + int(rng.integers(3))] = pieces[rng.integers(len(pieces))]
        if rng.random() < .2: damaged = damaged[:rng.integers(len(damaged))]
        path.write_bytes(damaged)
        with warnings.catch_warnings():
            warnings.simplefilter('error')
            try:
                read += isinstance(read_trial(path), Trial)
            except MotionfmError as error:
                assert (
                    '\n' not in str(error)
                    and str(error).startswith(f'{path}: ')
                    and len(str(error)) < len(str(path)) + 300
                )
    assert read


READ_ALL = """
import sys
from pathlib import Path
from motionfm.basics import MotionfmError
from motionfm.io.files import read_trial
for path in sorted(Path(sys.argv[1]).iterdir()):
    try: read_trial(path); print('read')
    except MotionfmError as error: print(str(error))
"""


def test_damaged_c3d_does_not_bring_the_program_down(others, tmp_path):
    "The files are read in another process, which lives."
    rng, whole = np.random.default_rng(3), others['.c3d']
    for number in range(300):
        damaged = bytearray(whole)
        for _ in range(rng.integers(1, 4)):
            damaged[rng.integers((len(whole), 512, 1800)[rng.integers(3)])] = rng.integers(256)
        (tmp_path / f'{number:03}.c3d').write_bytes(
            damaged[: rng.integers(len(damaged))] if rng.random() < 0.2 else damaged
        )
    done = subprocess.run(
        [sys.executable, '-c', READ_ALL, str(tmp_path)], capture_output=True, text=True, timeout=60
    )
    lines = done.stdout.splitlines()
    assert done.returncode == 0 and len(lines) == 300, (done.stderr[-500:], len(lines))
    assert 'read' in lines and all(line == 'read' or line.startswith(str(tmp_path)) for line in lines)


def test_a_billion_frames_that_are_not_there(others, tmp_path):
    "What a header claims is compared with the file before room is made for it."
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000, 20, 3)}"
    header += b' '*(117 - len(header)) + b'\n'
    with zipfile.ZipFile(tmp_path / 'x.npz', 'w') as archive:
        archive.writestr('positions.npy', b'\x93NUMPY\x01\x00' + len(header).to_bytes(2, 'little') + header)
    rows = others['.bvh'].replace(b'Frames: 6', b'Frames: 1000000000')
    (tmp_path/'x.bvh').write_bytes(rows[:rows.rindex(b' ')])
    if '.c3d' in others:
        claim = others['.c3d'][:8] + b'\xfe\xff' + others['.c3d'][10:]
        (tmp_path/'x.c3d').write_bytes(claim.replace(b'FRAMES', b'FRAME_'))   # nothing says otherwise
    tracemalloc.start()
    for path in sorted(tmp_path.iterdir()):
        with pytest.raises(MotionfmError, match='cut off'): read_trial(path)
    assert tracemalloc.get_traced_memory()[1] < 20e6
    tracemalloc.stop()


@pytest.mark.parametrize('count', ['³', '٣', '3'])
def test_digits_that_are_no_number(count, tmp_path):
    "A superscript is a digit to Python, but no number."
    path = tmp_path/'one.bvh'
    channels = f'CHANNELS {count} Xposition Yposition Zposition'
    path.write_text(f'HIERARCHY\nROOT a\n{{ OFFSET 0 0 0\n{channels}\nEnd Site {{ OFFSET 0 1 0 }}\n}}\n'
                    'MOTION\nFrames: 1\nFrame Time: .1\n1 2 3\n', encoding='utf-8')
    try: read_trial(path)
    except MotionfmError as error: assert str(error).startswith(f'{path}: ')


def test_times_beyond_all_bounds(tmp_path):
    "Times and a rate whose product no number holds are refused without a warning of numpy's."
    path = tmp_path/'far.npz'
    np.savez(path, positions=np.ones((3, 20, 3)), times=[0., 1e300, 2e300], rate=1e300)
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        try: read_trial(path, units='m', up='y')
        except MotionfmError as error: assert str(error).startswith(f'{path}: ')


def test_a_table_of_the_end_of_time(tmp_path):
    path = tmp_path/'far.csv'
    path.write_text('time,rate,Neck_x,Neck_y,Neck_z\n0,60,1,2,3\n1e-320,60,1,2,3\n2e-320,60,1,2,4\n')
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        try: read_trial(path, units='m', up='y')
        except MotionfmError as error: assert str(error).startswith(f'{path}: ')
