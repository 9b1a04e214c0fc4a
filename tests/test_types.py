"""What a type checker says of the package, and of a program that uses it as people do: the signatures must
fit.
"""

import os
import subprocess
import sys

import pytest
from conftest import ROOT

pytest.importorskip('mypy', reason='mypy is not installed: pip install mypy')

PROGRAM = '''
from pathlib import Path

import numpy as np

from motionfm.basics import DataError, FileError
from motionfm.evaluation.baselines import METHODS
from motionfm.learn.corrupt import Corruptor
from motionfm.data.dataset import find_datasets, open_dataset
from motionfm.evaluation.benchmark import evaluate_trials, format_table
from motionfm.io.files import read_trial, write_trial
from motionfm.io.trial import Trial
from motionfm.data.preprocess import denormalise, normalise
from motionfm.reconstruct.pipeline import repair_positions

from motionfm.reconstruct.trials import reconstruct_trial
from motionfm.learn.config import TrainConfig
from motionfm.body.skeleton import bone_lengths, edges_for
from motionfm.body.synthetic import synthesize
from motionfm.view.player import save_html
from motionfm.view.scene import make_scene

walk: np.ndarray = synthesize('walk', seed=1)
normalised, root, scale = normalise(walk[None], names=['walk'])
damaged, visible = Corruptor({'gaussian_noise': {'std_cm': 1.}}, seed=3)(normalised, [0])
Corruptor()(normalised, np.arange(1)); Corruptor()(normalised, range(1))
back: np.ndarray = denormalise(damaged, root, scale)
lengths: np.ndarray = bone_lengths(back, edges_for(20))
echo = lambda damaged, visible: damaged
whole: np.ndarray = repair_positions(walk, visible[0], echo, rate=60, fill_only=True).positions
save_html(make_scene(walk, back[0], whole, rate=60.), Path('walk.html'))
try:
    trial: Trial = read_trial('walk.trc', units='mm')
    done = reconstruct_trial(trial, lambda damaged, visible: damaged, fill_only=True)
    write_trial(Path('whole.trc'), done.repaired)
except (DataError, FileError) as error: print(str(error))
print(format_table(evaluate_trials({'walk': (walk, 60.)}, METHODS, ['noise'])), TrainConfig(epochs=3).epochs)
for folder in find_datasets('datasets'):
    print(open_dataset(folder).joints([0, 1]).shape, open_dataset(folder).joints(range(3)).shape)
'''
WRONG = '''
from motionfm.body.skeleton import edges_for
edges_for('twenty')
'''


def test_types(tmp_path):
    "The package itself, a usual program, and a wrong one: only the last is found fault with."
    (tmp_path/'program.py').write_text(PROGRAM)
    (tmp_path/'wrong.py').write_text(WRONG)
    done = subprocess.run(
        [
            sys.executable,
            '-m',
            'mypy',
            '--ignore-missing-imports',
            '--cache-dir',
            tmp_path / 'cache',
            'program.py',
            'wrong.py',
            ROOT / 'motionfm',
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env=os.environ | {'MYPYPATH': str(ROOT)},
    )
    errors = [line for line in done.stdout.splitlines() if ' error: ' in line]
    assert len(errors) == 1 and errors[0].startswith('wrong.py:3:'), done.stdout + done.stderr
