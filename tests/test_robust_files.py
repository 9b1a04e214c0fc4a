"Damaged files of every kind, bounded: benchmarks/fuzz.py does the same by the hundred thousand."
import random
import subprocess
import sys

import pytest
from conftest import ROOT

sys.path.insert(0, str(ROOT/'benchmarks'))
from fuzz import ENDINGS, read, SEEDS, WORDS  # noqa: E402

PYTHON_READERS = [reader for reader in ENDINGS if reader not in ('c3d', 'hdf5')]


def mutants(reader: str, count: int, seed: int):
    "Seeds with some bytes changed, cut out, doubled, or replaced by a word of the format."
    rng = random.Random(f'{reader}{seed}')
    seeds = [path.read_bytes() for path in sorted((SEEDS/reader).iterdir())]
    words = [
        word.encode('latin-1').decode('unicode_escape').encode('latin-1') for word in WORDS[reader].split()
    ]
    for _ in range(count):
        content = bytearray(rng.choice(seeds))
        for _ in range(rng.choice((1, 1, 2, 4))):
            place, length = rng.randrange(len(content) + 1), rng.randrange(12)
            match rng.randrange(5):
                case 0: content[place:place + 1] = bytes([rng.randrange(256)])
                case 1: content[place:place + length] = b''
                case 2: content[place:place] = content[place:place + length]
                case 3: content[place:place + rng.randrange(3)] = rng.choice(words)
                case 4:
                    content[place:] = (
                        content[place:][: rng.randrange(len(content) + 1)]
                        if rng.random() < 0.2
                        else content[place:]
                    )
        yield bytes(content)


@pytest.mark.parametrize('reader', PYTHON_READERS)
def test_seeds_and_mutants(reader, tmp_path):
    for path in (SEEDS/reader).iterdir(): read(reader, path.read_bytes(), tmp_path)
    outcomes = [isinstance(read(reader, content, tmp_path), str) for content in mutants(reader, 400, 0)]
    assert True in outcomes and False in outcomes


READ_SEVERAL = """
import pickle, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from fuzz import read
for content in pickle.load(sys.stdin.buffer):
    print(type(read(sys.argv[3], content, Path(sys.argv[2]))).__name__, flush=True)
"""


@pytest.mark.parametrize('reader', ['c3d', 'hdf5'])
def test_mutants_in_another_process(reader, tmp_path):
    "C3D and HDF5 files point from place to place; whatever they say, the process lives."
    import pickle
    contents = [path.read_bytes() for path in (SEEDS/reader).iterdir()] + list(mutants(reader, 400, 0))
    done = subprocess.run(
        [sys.executable, '-c', READ_SEVERAL, ROOT / 'benchmarks', tmp_path, reader],
        input=pickle.dumps(contents),
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert len(done.stdout.split()) == len(contents) and {b'Trial', b'str'} == set(done.stdout.split())


def slow_files() -> dict[str, bytes]:
    "Files of a few hundred kilobytes on which a careless reader works for minutes or fills the memory."
    head = b'PathFileType\t4\n'
    nested = b'HIERARCHY\nROOT a {\nOFFSET 0 0 0\nCHANNELS 3 Xposition Yposition Zposition\n'
    moved = b'MOTION\nFrames: 20000\nFrame Time: .1\n' + b'0 0 0\n'*20_000
    return {
        'names.trc': head
        + b'DataRate\n60\nFrame#\tTime\t'
        + b'\t\t\t'.join(b'm%d' % number for number in range(30_000))
        + b'\n1\t0\n',
        'digits.trc': head + b'DataRate\n60\nFrame#\tTime\tm\n1\t0\t' + b'9' * 200_000 + b'x\t1\t2\n',
        'spaces.trc': head + b'DataRate\n60\nFrame#\tTime\tm\n1\t0\t' + b' ' * 200_000 + b'x\t1\t2\n',
        'columns.csv': b'time,'
        + b','.join(b'c%d' % number for number in range(30_000))
        + b'\n0'
        + b',1' * 30_000
        + b'\n',
        'separators.csv': b'time,a' + b' _' * 50_000 + b'\n0,1\n',
        'deep.bvh': nested + b'JOINT a {\nOFFSET 0 0 0\nCHANNELS 0\n' * 9_000 + b'}' * 9_001 + b'\n' + moved,
        'same.bvh': nested
        + b'JOINT a {\nOFFSET 0 0 0\nCHANNELS 1 Xrotation\n}\n' * 5_000
        + b'}\nMOTION\nFrames: 1\nFrame Time: .1\n'
        + b'0 ' * 5_003
        + b'\n',
    }


@pytest.mark.parametrize('name', slow_files())
def test_files_that_ask_for_too_much(name, tmp_path):
    "Read in a process that has a gigabyte and ten seconds."
    path = tmp_path/name
    path.write_bytes(slow_files()[name])
    code = (
        'import resource, sys; resource.setrlimit(resource.RLIMIT_CPU, (20, 20))\n'
        'from motionfm.basics import MotionfmError; from motionfm.io.files import read_trial\n'
        'try: read_trial(sys.argv[1])\n'
        'except MotionfmError as error: assert str(error).count(chr(10)) == 0 and len(str(error)) < 600\n'
        "lines = [line for line in open('/proc/self/status') if line.startswith('VmHWM')]\n"
        'assert int(lines[0].split()[1]) < 2**20'
    )  # kB; ru_maxrss would count the parent's too
    done = subprocess.run([sys.executable, '-c', code, path], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-500:]
