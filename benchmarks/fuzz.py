"""Damaged files by the hundred thousand: `pip install atheris`, then `python benchmarks/fuzz.py`.

Each reader runs in a process of its own under a coverage-guided fuzzer: it mutates the small files in
tests/seeds, and keeps what reaches new lines of motionfm. Whatever the bytes are, a reader may return
something or raise motionfm's own error, in one line that begins with the file's name. A crash, another
exception, five seconds, or a gigabyte is a failure: the bytes that caused it are kept and named.
"""
import argparse
import importlib.util
import json
import re
import subprocess
import sys
import warnings
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parent.parent
SEEDS, RESULTS = ROOT/'tests'/'seeds', ROOT/'benchmarks'/'fuzz.json'
ENDINGS = {'trc': '.trc', 'csv': '.csv', 'npz': '.npz', 'c3d': '.c3d', 'bvh': '.bvh', 'info': '.npy',
           'motive': '.csv', 'qtm': '.tsv', 'nexus': '.csv', 'keypoints': '.csv', 'array': '.npy',
           'mvnx': '.mvnx', 'table': '.txt', 'amc': '.amc', 'json': '.json', 'skeleton': '.skeleton',
           'mat': '.mat', 'hdf5': '.h5'}
NO_RATE = 'keypoints', 'array', 'table', 'json', 'skeleton', 'hdf5'   # say nothing about time
WORDS = {
    'motive': 'Format\\x20Version Type Name ID Marker Bone Rigid\\x20Body Position Rotation Frame '
              'Time\\x20(Seconds) X Y Z W Length\\x20Units Meters \\x0a , \\x22 nan 1e999',
    'qtm': 'NO_OF_FRAMES NO_OF_MARKERS FREQUENCY DATA_INCLUDED 3D 6D MARKER_NAMES TRAJECTORY_TYPES Frame '
           'Time QX null \\x09 \\x0a 0.000 -1 1e999',
    'nexus': 'Trajectories Devices Model\\x20Outputs Frame Sub\\x20Frame X Y Z mm m , '
             '\\x0a \\x22 Ann: nan 1e999',
    'keypoints': 'scorer bodyparts coords likelihood x y z _x _y _z _score fnum frame landmark visibility '
                 'model , \\x0a \\x22 left_hip nan 1e999',
    'array': 'descr <f8 <f4 <i2 |O fortran_order shape True (4,5,3) (2,)',
    'table': 'Sample\\x20Rate units mm [1\\x202\\x203] (1,2,3) {x:1} 12:00:00.5 2024-05-01T12:00:00 '
             'frame_id '
             'joint_id joint_name pos_x x_3d w dt clock ; | , \\x20 \\x09 \\x0a \\x22 nan inf 1e999 -',
    'mvnx': 'mvnx subject segments segment label frameRate frames frame type=\\x22normal\\x22 position '
            'orientation pos_b <!ENTITY &a; </ /> 0.5 nan',
    'amc': ':FULLY-SPECIFIED :DEGREES :RADIANS :units length angle rad :root order TX RX axis XYZ position '
           ':bonedata begin end name direction dof rx limits :hierarchy root rfemur rtibia # \\x0a 2 1e999 '
           'nan',
    'json': '{ } [ ] , : \\x22x\\x22 \\x22y\\x22 \\x22z\\x22 \\x22name\\x22 \\x22frames\\x22 '
            '\\x22position\\x22 \\x22fps\\x22 \\x22timestamp\\x22 \\x22score\\x22 \\x22joints\\x22 '
            'null true NaN Infinity 1e999 -1 \\x0a',
    'mat': 'MATLAB\\x205.0\\x20MAT-file IM MI FrameRate Labels Data Trajectories Labeled line markers '
           '\\x0e\\x00\\x00\\x00 \\x0f\\x00\\x00\\x00 \\xff\\xff\\xff\\x7f \\x01\\x00\\x04\\x00',
    'hdf5': '\\x89HDF GCOL SNOD HEAP TREE OHDR names fps tracks pandas_type MATLAB_class '
            '\\xff\\xff\\xff\\xff \\xff\\xff\\xff\\x7f \\x00\\x00\\x00\\x01',
    'skeleton': '25 72057594037931101 \\x0a 0 1 2 nan 1e999 -1',
    'trc': 'PathFileType DataRate NumFrames NumMarkers Units mm m nan inf 1e999 '
           'Frame# Time RKnee Neck X1 Y1 \\x09 \\x0a -0 _study',
    'csv': 'frame time joint rate units up _x _y _z mm y \\x09 \\x0a ; , \\x22 # nan inf 1e999 Neck RKnee',
    'npz': 'positions markers times frames rate visible joint x --entry-- <f8 <U4 |O '
           'fortran_order descr shape True (1,)',
    'c3d': 'POINT ANALOG RATE USED SCALE LABELS LABELS2 UNITS FRAMES LONG_FRAMES OFFSET DATA_START '
           'ROTATION RATIO TRIAL CAMERA_RATE ACTUAL_END_FIELD FORMAT UNSIGNED GEN_SCALE '
           'Y_SCREEN mm \\xff\\xff \\x00\\x00 T U V',
    'bvh': 'HIERARCHY ROOT JOINT End\\x20Site OFFSET CHANNELS MOTION Frames: '
           'Frame\\x20Time: { } Xposition Zrotation LeftLeg RightUpLeg 1e99 nan \\x0a',
    'info': 'numpy ndarray dtype _reconstruct scalar subjects O8 i8 U4 '
            '\\x80\\x04 \\x94 \\x8c ( t R b s u . ] } a e K J h r',
}


def as_archive(content: bytes, path: Path) -> None:
    """Entries, separated by a line with their name, as an NPZ file with right checksums; a fuzzer rarely
    gets those right by itself.
    """
    with (
        zipfile.ZipFile(path, 'w') as archive,
        warnings.catch_warnings(action='ignore'),
    ):  # of names that stand twice
        for piece in content.split(b'--entry--'):
            name, _, array = piece.partition(b'\n')
            archive.writestr(re.sub(r'[^a-z_./]', '', name.decode('latin-1'))[:30] + '.npy', array)


def read(reader: str, content: bytes, folder: Path):
    "Read bytes as a file of this kind; the message where they are refused in the way they should be."
    from motionfm.basics import MotionfmError
    from motionfm.data.info import read_info
    from motionfm.io.files import read_trial
    path = folder/f'x{ENDINGS[reader]}'
    if reader == 'amc':   # two files
        content, _, skeleton = content.partition(b'--skeleton--')
        path.with_suffix('.asf').write_bytes(skeleton)
    if reader == 'npz' and b'--entry--' in content: as_archive(content, path)
    else: path.write_bytes(content)
    try:
        with warnings.catch_warnings(action='error'):
            if reader in NO_RATE: return read_trial(path, units='m', up='y', rate=30.)
            return (read_info if reader == 'info' else read_trial)(path)
    except MotionfmError as error:
        message = str(error)
        assert (
            message.startswith(f'{path}: ')
            and len(message.splitlines()) == 1
            and len(message) < len(str(path)) + 400
        ), message
        return message


def fuzz(reader: str, arguments: list[str]) -> None:
    "Run the fuzzer in this process; it ends the process."
    import atheris
    with atheris.instrument_imports(include=['motionfm']):
        import motionfm.data.info
        import motionfm.io.files  # noqa: F401

    with TemporaryDirectory() as folder:
        atheris.Setup(['fuzz', *arguments], lambda content: read(reader, content, Path(folder)) and None)
        atheris.Fuzz()


def run(reader: str, runs: int, seconds: int, seed: int, kept: Path) -> dict:
    "Fuzz one reader in a process of its own."
    with TemporaryDirectory() as folder:
        words, corpus = Path(folder)/'words', Path(folder)/'corpus'
        corpus.mkdir()
        words.write_text(
            '\n'.join('"' + word.replace('\\x22', '\\"') + '"' for word in WORDS[reader].split())
        )
        flags = [
            f'-runs={runs}',
            f'-max_total_time={seconds}',
            f'-seed={seed}',
            '-timeout=5',
            '-rss_limit_mb=1024',
            '-max_len=6000',
            '-len_control=0',
            f'-dict={words}',
            f'-artifact_prefix={kept}/{reader}-',
            '-print_final_stats=1',
            str(corpus),
            str(SEEDS / reader),
        ]
        done = subprocess.run(
            [sys.executable, __file__, '--reader', reader, '--', *flags],
            capture_output=True,
            text=True,
            errors='replace',
        )
    found = {name: int(value) for name, value in re.findall(r'stat::(\w+):\s+(\d+)', done.stderr)}
    covered = re.findall(r'cov: (\d+)', done.stderr)
    if not found: sys.exit(done.stderr[-2000:])
    return {
        'files': found['number_of_executed_units'],
        'kept by coverage': found['new_units_added'],
        'places covered': int(covered[-1]) if covered else 0,
        'slowest, s': found['slowest_unit_time_sec'],
        'peak memory, MB': found['peak_rss_mb'],
        'failures': int(done.returncode != 0),
        'seconds': int((re.findall(r'Done \d+ runs in (\d+) second', done.stderr) or [0])[-1]),
    } | ({'trace': done.stderr[-3000:]} if done.returncode else {})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--reader', help=f'one of {" ".join(ENDINGS)}; by default all in turn')
    parser.add_argument('--runs', type=int, default=100_000)
    parser.add_argument('--seconds', type=int, default=3600, help='at most, for each reader')
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument(
        '--keep', type=Path, default=Path('fuzz_failures'), help='where bytes that cause a failure go'
    )
    parser.add_argument('rest', nargs='*')
    given = parser.parse_args()
    if given.rest: return fuzz(given.reader, given.rest)
    if not importlib.util.find_spec('atheris'):
        sys.exit('the fuzzer is not installed; run: pip install atheris')
    given.keep.mkdir(exist_ok=True)
    for reader in [given.reader] if given.reader else ENDINGS:
        result = run(reader, given.runs, given.seconds, given.seed, given.keep)
        print(reader, json.dumps(result), flush=True)
        if result['failures']: print(result['trace'], file=sys.stderr); continue
        results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
        RESULTS.write_text(
            json.dumps(
                {
                    name: result if name == reader else results[name]
                    for name in ENDINGS
                    if name in results or name == reader
                },
                indent=1,
            )
            + '\n'
        )


if __name__ == '__main__': main()
