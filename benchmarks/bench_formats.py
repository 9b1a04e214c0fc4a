"""How fast recordings are read and written, beside the libraries that read the same bytes: `python
benchmarks/bench_formats.py`, or with names of files, as walk.c3d.

One recording of ten minutes at 60 Hz, 20 joints and 23 other markers, and a BVH file of the same
length. Seconds are those of the processor, the best of three. The figures go to
benchmarks/formats.json, which the notebook on formats shows.
"""
import importlib.util
import json
import sys
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from rich.console import Console
from rich.table import Table
from timing import seconds as fastest

from motionfm.body.skeleton import JOINTS
from motionfm.body.synthetic import synthesize
from motionfm.io.csv import write_csv
from motionfm.io.files import read_trial, write_trial
from motionfm.io.trial import Trial

FRAMES = 36_000
FILES = 'walk.trc', 'walk.csv', 'long.csv', 'walk.npz', 'walk.c3d', 'forces.c3d', 'walk.bvh'
RESULTS = Path(__file__).resolve().parent/'formats.json'
seconds = partial(fastest, clock=time.process_time)


def recording() -> Trial:
    "Somebody who walks for ten minutes, in millimetres, with gaps and with markers on the skin."
    rng = np.random.default_rng(0)
    joints = np.tile(synthesize('walk', seed=1, n_frames=600), (FRAMES//600, 1, 1))
    values = 1000 * np.concatenate(
        [joints, joints[:, rng.integers(20, size=23)] + rng.normal(0, 0.05, (1, 23, 3))], 1
    )
    values[rng.random(values.shape[:2]) < .05] = np.nan
    return Trial(
        values.round(4),
        (*JOINTS, *(f'skin {number}' for number in range(23))),
        60.0,
        'mm',
        np.arange(FRAMES) / 60,
        np.arange(FRAMES) + 1,
    )


def with_forces(trial: Trial, path: Path) -> Trial:
    "The same as a laboratory has it: twelve channels of two force plates, ten samples a frame."
    write_trial(path, trial)
    trial = read_trial(path)
    forces = np.random.default_rng(0).normal(size=(1, 12, 10*len(trial)))
    return replace(trial, contents=replace(trial.contents, analogs=np.float32(forces).astype(float)))


def bvh_text(motion: np.ndarray) -> str:
    "A BVH file of 30 nodes in a chain of legs and a spine."
    limbs = [
        ['LeftUpLeg', 'LeftLeg', 'LeftFoot', 'LeftToeBase'],
        ['RightUpLeg', 'RightLeg', 'RightFoot', 'RightToeBase'],
        [f'Spine{number}' for number in range(21)],
    ]
    body = ''
    for limb, offset in zip(limbs, ('9 -40 0', '-9 -40 0', '0 3 0')):
        body += ''.join(
            f'JOINT {name}\n{{\nOFFSET {offset}\nCHANNELS 3 Zrotation Yrotation Xrotation\n' for name in limb
        ) + '}\n' * len(limb)
    rows = '\n'.join(' '.join(f'{number:.4f}' for number in row) for row in motion)
    channels = 'CHANNELS 6 Xposition Yposition Zposition Zrotation Yrotation Xrotation'
    head = f'HIERARCHY\nROOT Hips\n{{\nOFFSET 0 0 0\n{channels}\n{body}}}\n'
    return f'{head}MOTION\nFrames: {len(motion)}\nFrame Time: .0166667\n{rows}\n'


def beside(path: Path) -> list[tuple[str, object]]:
    "Other libraries that read this file, where they are installed."
    found = []
    if path.suffix == '.c3d' and importlib.util.find_spec('ezc3d'):
        import ezc3d
        found.append(('ezc3d', lambda: ezc3d.c3d(str(path))['data']['points']))
    if path.suffix in ('.trc', '.csv', '.bvh') and importlib.util.find_spec('pandas'):
        import pandas
        head = path.read_text().partition('Frame Time')[0].count('\n') + 1 if path.suffix == '.bvh' else 0
        options = {
            '.trc': dict(sep='\t', skiprows=5, names=range(132)),
            '.csv': {},
            '.bvh': dict(sep=' ', skiprows=head, header=None),
        }[path.suffix]
        found.append(('pandas', lambda: pandas.read_csv(path, **options)))
    if path.suffix == '.npz': found.append(('numpy', lambda: dict(np.load(path))))
    return found


def rows(folder: Path, wanted: list[str]) -> list[dict]:
    "For each format: size, MB/s read and written, and the same of others."
    trial, table = recording(), []
    for name in wanted or FILES:
        path, written = folder/name, None
        if path.suffix == '.bvh':
            path.write_text(bvh_text(np.random.default_rng(0).normal(0, 9, (FRAMES, 6 + 3 * 29))))
        else:
            if name == 'forces.c3d': trial = with_forces(trial, path)
            write = (
                (lambda: write_csv(path, trial, long=True))
                if name == 'long.csv'
                else (lambda: write_trial(path, trial))
            )
            taken = seconds(write)
            written = round(path.stat().st_size/taken/1e6, 1)
        size = path.stat().st_size/1e6
        others = {library: round(size/seconds(work), 1) for library, work in beside(path)}
        taken = seconds(lambda: read_trial(path))
        table.append(
            {
                'file': name,
                'MB': round(size, 1),
                'read, MB/s': round(size / taken, 1),
                'read, frames/s': round(FRAMES / taken),
                'written, MB/s': written,
                'others read, MB/s': others,
            }
        )
        print(name, flush=True)
    return table


if __name__ == '__main__':
    wanted = sys.argv[1:]
    with TemporaryDirectory() as folder: found = rows(Path(folder), wanted)
    table = Table(*found[0], title='formats: ten minutes at 60 Hz')
    for row in found:
        table.add_row(
            *(
                ', '.join(f'{name} {value:,.0f}' for name, value in cell.items())
                if isinstance(cell, dict)
                else cell
                if isinstance(cell, str)
                else ''
                if cell is None
                else f'{cell:,.0f}'
                for cell in row.values()
            )
        )
    Console().print(table)
    if wanted: print(f'not all of {" ".join(FILES)} were asked for, so {RESULTS.name} stays as it was')
    elif all(row['others read, MB/s'] for row in found):
        RESULTS.write_text(json.dumps(found, indent=1) + '\n')
    else:
        print(
            f'not every library to compare with is installed, so {RESULTS.name} stays as it was; '
            'run: pip install pandas ezc3d'
        )
