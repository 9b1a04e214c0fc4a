"""Writers that are killed, that meet, that run out of disk; names that are odd. benchmarks/kill.py kills
two hundred times.
"""

import os
import random
import resource
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from conftest import ROOT

from motionfm.basics import FileError
from motionfm.body.skeleton import JOINTS
from motionfm.data.append import append_dataset
from motionfm.data.dataset import open_dataset
from motionfm.data.writer import synthesize_features, write_dataset
from motionfm.io.files import read_trial, write_trial
from motionfm.io.registry import WRITERS
from motionfm.io.trial import Trial

sys.path.insert(0, str(ROOT/'benchmarks'))

ENDINGS = sorted(set(WRITERS) - {'.bvh'})   # a BVH file is only written of what came from one
TRIAL = Trial(
    np.arange(7200.0).reshape(120, 20, 3), JOINTS, 60.0, 'mm', np.arange(120) / 60, np.arange(120) + 1, up='y'
)
FEATURES, INFO = synthesize_features(40, 2)


@pytest.mark.skipif(not hasattr(os, 'fork'), reason='needs fork')
def test_killed_while_writing(tmp_path):
    from kill import kill_appends, kill_plain, kill_writers
    rng = random.Random(0)
    for name, work in {
        'plain': kill_plain,
        'trc': lambda *args: kill_writers(args[0], '.trc', *args[1:]),
        'dataset': kill_appends,
    }.items():
        (tmp_path/name).mkdir()
        found = work(tmp_path/name, 6, rng)
        assert sum(found.values()) == 6


APPEND = """
import sys
from motionfm.data.append import append_dataset
from motionfm.data.writer import synthesize_features
features, info = synthesize_features(4, 2, seed=int(sys.argv[2]), first_subject=10*int(sys.argv[2]))
for _ in range(5): append_dataset(sys.argv[1], features, info)
"""


def test_two_processes_append_to_one_dataset(tmp_path):
    "Both begin with a folder that isn't there; nothing is lost, and a reader never sees anything broken."
    folder = tmp_path/'dataset0'
    writers = [
        subprocess.Popen([sys.executable, '-c', APPEND, folder, str(seed)], stderr=subprocess.PIPE)
        for seed in (1, 2)
    ]
    lengths = [0]
    while any(writer.poll() is None for writer in writers):
        if not folder.exists(): continue
        dataset = open_dataset(folder)
        assert len(dataset.read(range(dataset.n_sequences))) == dataset.n_sequences >= lengths[-1]
        lengths.append(dataset.n_sequences)
    assert [writer.communicate()[1] for writer in writers] == [b'', b'']
    dataset = open_dataset(folder)
    assert dataset.n_sequences == 40 and os.listdir(tmp_path) == ['dataset0']
    for seed in 1, 2:
        features, info = synthesize_features(4, 2, seed=seed, first_subject=10*seed)
        mine = np.flatnonzero(np.isin(dataset.subjects, info['subjects'].astype(str)))
        np.testing.assert_array_equal(dataset.read(mine), np.tile(features, (5, 1, 1)))


def small_disk(work) -> str:
    "What `work` raises in a process that may not write more than 4000 bytes to a file."
    read, write = os.pipe()
    child = os.fork()
    if not child:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000))
        try: work(); told = 'nothing was raised'
        except BaseException as error: told = f'{type(error).__name__}: {error}'
        os.write(write, told.encode()[:4000])
        os._exit(0)
    os.waitpid(child, 0)
    os.close(write)
    with os.fdopen(read) as file: return file.read()


@pytest.mark.parametrize('ending', ENDINGS)
def test_full_disk(tmp_path, ending):
    path = tmp_path/f'x{ending}'
    few = replace(TRIAL, values=TRIAL.values[:1], times=TRIAL.times[:1], frames=TRIAL.frames[:1])
    write_trial(path, few)
    told = small_disk(lambda: write_trial(path, TRIAL))
    assert told.startswith(f'FileError: {path}: could not be written (') and len(told.splitlines()) == 1, told
    np.testing.assert_array_equal(read_trial(path, up='y', units='mm').values, few.values)
    assert os.listdir(tmp_path) == [path.name]


def test_full_disk_for_datasets(tmp_path):
    told = small_disk(lambda: write_dataset(tmp_path/'a', FEATURES, INFO))
    assert told.startswith(f'FileError: {tmp_path/"a"}: could not be written ('), told
    assert not os.listdir(tmp_path), told
    told = small_disk(lambda: append_dataset(tmp_path/'a', FEATURES, INFO))
    assert told.startswith(f'FileError: {tmp_path / "a"}: could not be written (') and not os.listdir(
        tmp_path
    ), told
    append_dataset(tmp_path/'a', FEATURES, INFO)
    told = small_disk(lambda: append_dataset(tmp_path/'a', FEATURES, INFO))
    assert told.startswith(f'FileError: {tmp_path/"a"}') and 'could not be written (' in told, told
    assert (
        open_dataset(tmp_path / 'a').n_sequences == 40
        and os.listdir(tmp_path) == ['a']
        and len(os.listdir(tmp_path / 'a')) == 2
    )


FILL_DISK = '''
import os, sys
from pathlib import Path
from dataclasses import replace
sys.path.insert(0, sys.argv[1])
import test_robust_writes as here
from motionfm.basics import FileError
from motionfm.io.files import write_trial
from motionfm.learn.model import AccumModel, build_model, keras, save_weights
from motionfm.estimate.prior import MotionPrior
from motionfm.learn.recipe import _save_state as save_recipe_state, Average, build_recipe, save_recipe
from motionfm.data.append import append_dataset
from motionfm.data.writer import write_dataset
from motionfm.learn.checkpoint import save_state
import numpy as np
disk = Path(sys.argv[2])
values = np.tile(np.random.default_rng(0).normal(size=(120, 20, 3)), (40, 1, 1))
long = replace(here.TRIAL, values=values, times=np.arange(4800)/60, frames=np.arange(4800) + 1)
features, info = here.FEATURES + np.random.default_rng(0).normal(size=here.FEATURES.shape), here.INFO
model = build_model(hidden=64, layers=1)
model.compile('adam', loss='mse')
model.optimizer.build(model.trainable_variables)
recipe = build_recipe(32, 1, 0.)
recipe.compile('adam', loss='mse')
recipe.optimizer.build(recipe.trainable_variables)
zeros = np.zeros
prior = MotionPrior(zeros((20, 3)), zeros((60, 60)), zeros((3, 2), int), zeros(1800), zeros((1800, 600)))
work = {f'x{ending}': lambda path: write_trial(path, long) for ending in here.ENDINGS}
work |= {'dataset': lambda path: write_dataset(path, features, info),
         'other': lambda path: append_dataset(path, features, info),
         'm.weights.h5': lambda path: save_weights(model, path),
         'state.weights.h5': lambda path: save_state(model, path, {'history': []}),
         'recipe.weights.h5': lambda path: save_recipe(recipe.get_weights(), recipe, prior, path),
         'best.weights.h5': lambda path: save_recipe_state(path, recipe, Average(recipe), {'history': []})}
os.environ['TMPDIR'] = str(disk)
for name, write in work.items():
    path = disk/name
    try: write(path); print('written:', name)
    except FileError as error: print(error)
    assert not os.listdir(disk) == [name] and os.listdir(disk) == ['rest'], os.listdir(disk)
'''


def test_disk_that_is_really_full(tmp_path):
    "A file system of its own, of which 60 kB are left: every writer says so in one line and leaves nothing."
    inside = ('mount -t tmpfs -o size=300k none "$1" && head -c 240k /dev/zero > "$1/rest" '
              '&& exec "$2" -c "$3" "$4" "$1"')
    if subprocess.run(
        ['unshare', '-rm', 'sh', '-c', 'mount -t tmpfs none "$1"', 'sh', tmp_path], capture_output=True
    ).returncode:
        pytest.skip('no file system may be made here')
    done = subprocess.run(
        ['unshare', '-rm', 'sh', '-c', inside, 'sh', tmp_path, sys.executable, FILL_DISK, ROOT / 'tests'],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    lines = done.stdout.splitlines()
    assert len(lines) == len(ENDINGS) + 6, done.stdout
    for line in lines:
        assert (
            line.startswith(f'{tmp_path}/') and ': could not be written (No space left on device' in line
        ), line


def test_read_only_folder(tmp_path):
    folder = tmp_path/'locked'
    folder.mkdir()
    folder.chmod(0o555)
    if os.access(folder, os.W_OK):
        folder = tmp_path.joinpath('/proc/self')  # the administrator may write anywhere but here
    if not folder.is_dir(): pytest.skip('no folder that can\'t be written to')
    for ending in ENDINGS:
        with pytest.raises(
            FileError, match=r'x\.\w+: could not be written \(.*\); nothing was changed; check the disk'
        ):
            write_trial(folder / f'x{ending}', TRIAL)
    for work in write_dataset, append_dataset:
        with pytest.raises(FileError, match='could not be written'): work(folder/'dataset0', FEATURES, INFO)


ODD = ['ein Gehversuch', 'Größe 1,80 m', '走る', 'a"b\'c', '-o', 'x.trc', 'e\u0301', '%s {0} [1]', '#1; rm']


@pytest.mark.parametrize('ending', ENDINGS)
def test_odd_names(tmp_path, ending):
    for name in ODD:
        folder = tmp_path/f'{name} d'
        folder.mkdir(exist_ok=True)
        write_trial(folder/f'{name}{ending}', TRIAL)
        np.testing.assert_array_equal(
            read_trial(folder / f'{name}{ending}', up='y', units='mm').values, TRIAL.values
        )
        assert [path.name for path in folder.iterdir()] == [f'{name}{ending}']


def test_odd_names_in_commands(tmp_path, motionfm):
    folder = tmp_path/'Größe 走る'
    for words in (
        ('synthesize', folder / 'dataset é 1', '--sequences', 20, '--subjects', 2),
        ('metadata', '--datasets_root', folder),
    ):
        code, told = motionfm(*words)
        assert code == 0, told
    assert 'dataset é 1' in told
    code, told = motionfm('metadata', '--dataset-root', folder/'nicht da')
    assert (code, len(told.strip().splitlines())) == (2, 1) and 'nicht da: no such folder' in told
    write_trial(folder/'a b.trc', TRIAL)
    code, told = motionfm('reconstruct', folder/'a b.trc', '--weights', folder/'ü.weights.h5')
    assert (code, len(told.strip().splitlines())) == (2, 1), told


def test_leftovers_of_killed_writers_are_no_datasets(tmp_path):
    "A temporary folder is neither a dataset nor in the way."
    from motionfm.data.dataset import find_datasets
    append_dataset(tmp_path/'my_dataset_60_openpose', FEATURES, INFO)
    (tmp_path/'.tmp-01234567-my_dataset_60_openpose').mkdir()
    assert [path.name for path in find_datasets(tmp_path)] == ['my_dataset_60_openpose']
