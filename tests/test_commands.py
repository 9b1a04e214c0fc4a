"The commands as a user runs them: whole runs, Ctrl-C, and every kind of bad input with the line it gives."
import csv
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import h5py
import numpy as np
import pytest

from motionfm.body.synthetic import synthesize
from motionfm.cli.demo import example_trial
from motionfm.data.layout import pack_features
from motionfm.data.writer import synthesize_dataset, write_dataset
from motionfm.io.files import read_trial, write_trial

SMALL = ['--hidden', '8', '--layers', '1', '--batch-size', '8']


@pytest.fixture(scope='module')
def people(tmp_path_factory) -> Path:
    "A root with a dataset of three people."
    root = tmp_path_factory.mktemp('people')
    synthesize_dataset(root/'dataset0', 60, 3)
    return root


def train_words(root, prefix, *more):
    return ['train', '--datasets_root', root, '--save-prefix', prefix, *SMALL, *more]


@pytest.fixture(scope='module')
def trained(people, tmp_path_factory) -> Path:
    "The prefix of a network that has seen one epoch."
    from motionfm.cli.app import app, run_app
    from motionfm.cli.main import main  # registers all commands
    assert main
    prefix = tmp_path_factory.mktemp('trained')/'net'
    with pytest.raises(SystemExit) as exit:
        run_app(app, [str(word) for word in train_words(people, prefix, '--epochs', 1)])
    assert not exit.value.code
    return prefix


def reconstruct_words(prefix, *words):
    return ['reconstruct', '--weights', f'{prefix}_best.weights.h5', '--model-json', f'{prefix}.json', *words]


def test_every_train_flag(people, tmp_path, motionfm):
    code, words = motionfm(
        *train_words(
            people,
            tmp_path / 'all',
            '--datasets',
            1,
            '--epochs',
            2,
            '--lr',
            2e-3,
            '--dropout',
            0.1,
            '--noise-mean-cm',
            0.1,
            '--noise-std-cm',
            1,
            '--joint-drop-prob',
            0.2,
            '--joint-drop-frames',
            20,
            '--frame-drop-frac',
            0.2,
            '--l2',
            1e-6,
            '--accum-steps',
            2,
            '--merge-mode',
            'sum',
            '--seed',
            5,
            '--loss-weights',
            'missing',
            '--visibility-input',
            '--early-stopping',
            5,
            '--reduce-lr',
            2,
            '--val-subjects',
            '3',
        )
    )
    assert code == 0, words
    assert 'validating on 20 of dataset0/3' in words and 'val_missing_mm' in words and 'best epoch' in words
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        'all.json',
        'all.weights.h5',
        'all_best.weights.h5',
        'all_curves.png',
        'all_history.csv',
        'all_state.weights.h5',
    ]


@pytest.mark.parametrize('fill_only', [False, True])
def test_reconstruct(trained, tmp_path, motionfm, fill_only):
    trial, _ = example_trial()
    write_trial(tmp_path/'übung 1.trc', trial)
    code, words = motionfm(*reconstruct_words(trained, tmp_path/'übung 1.trc', *['--fill-only']*fill_only))
    assert code == 0, words
    assert '675 samples filled' in words and 'longest gap 60 frames' in words
    done = read_trial(tmp_path/'übung 1_reconstructed.trc')
    assert (done.markers, done.units, done.rate, len(done.values)) == (
        trial.markers,
        'mm',
        60,
        360,
    ) and done.visible.all()
    seen = np.isfinite(trial.values)
    assert (done.values[seen] == trial.values[seen]).all() == fill_only


def test_an_output_is_not_replaced_unasked(trained, tmp_path, motionfm):
    write_trial(tmp_path/'reach.trc', example_trial()[0])
    (tmp_path/'out.trc').write_text('precious')
    words = reconstruct_words(trained, tmp_path/'reach.trc', '-o', tmp_path/'out.trc')
    code, told = motionfm(*words)
    assert (
        code == 2
        and 'out.trc: exists already; replace it with --overwrite' in told
        and (tmp_path / 'out.trc').read_text() == 'precious'
    )
    assert motionfm(*words, '--overwrite')[0] == 0 and read_trial(tmp_path/'out.trc').visible.all()


def test_reconstruct_folder(trained, tmp_path, motionfm):
    trial, _ = example_trial()
    (tmp_path/'in').mkdir()
    write_trial(tmp_path/'in'/'good.trc', trial)
    (tmp_path/'in'/'broken.trc').write_text('no recording')
    code, words = motionfm(*reconstruct_words(trained, tmp_path/'in', '-o', tmp_path/'out'))
    assert code == 2 and '1 of 2 recordings could not be repaired: broken.trc' in words, words
    assert sorted(path.name for path in (tmp_path/'out').iterdir()) == ['good.trc', 'summary.csv']


def test_real_trial(trained, tmp_path, motionfm, shared):
    trial = read_trial(shared/'trc'/'squats.trc')
    seen = np.ones(trial.visible.shape, bool)
    seen[100:160, 9] = seen[300:330, 0] = seen[400:420] = False
    cut = trial.with_positions(np.full((*seen.shape, 3), np.nan), where=~seen)
    write_trial(tmp_path/'squats.trc', cut)
    code, words = motionfm(*reconstruct_words(trained, tmp_path/'squats.trc', '--fill-only'))
    assert code == 0, words
    done = read_trial(tmp_path/'squats_reconstructed.trc')
    assert (done.markers, done.units, done.rate) == (trial.markers, 'm', 60) and done.visible.all()
    np.testing.assert_array_equal(done.values[np.isfinite(cut.values)], cut.values[np.isfinite(cut.values)])
    assert np.ptp(done.positions, axis=(0, 1)).max() < 4    # still the same person in the same place


def test_ctrl_c_keeps_what_was_reached(people, tmp_path):
    prefix = tmp_path/'net'
    words = [
        Path(sys.executable).with_name('motionfm'),
        *map(str, train_words(people, prefix, '--epochs', 500)),
    ]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    history = Path(f'{prefix}_history.csv')
    deadline = time.monotonic() + 120
    while not history.exists() and time.monotonic() < deadline: time.sleep(.2)
    process.send_signal(signal.SIGINT)
    printed, _ = process.communicate(timeout=60)
    assert process.returncode == 0 and 'Traceback' not in printed, printed[-2000:]
    epochs = int(
        re.search(
            r'stopped after (\d+) whole epochs; the weights reached are in .*net.weights.h5; '
            'go on with --resume',
            printed,
        )[1]
    )
    with open(history) as file: assert len(list(csv.DictReader(file))) == epochs >= 1
    resumed = subprocess.run([*words[:-1], str(epochs + 1), '--resume'], capture_output=True, text=True)
    assert resumed.returncode == 0, resumed.stderr[-2000:]
    with open(history) as file: assert len(list(csv.DictReader(file))) == epochs + 1


# Bad input: what is done to a dataset, and what the user reads

def features_of(path): return h5py.File(path/'time_sequences.h5', 'r+')

def replace(array):
    def change(path):
        with h5py.File(path/'time_sequences.h5', 'w') as file: file['data/features'] = array
    return change

def save_info(value):
    def change(path): np.save(path/'infoData.npy', np.array(value, dtype=object), allow_pickle=True)
    return change

class Hostile:
    def __reduce__(self): return os.mkdir, ('fooled',)

def move(path):
    with features_of(path) as file: file.move('data/features', 'data/frames')

def link(path):
    with h5py.File(path / 'time_sequences.h5', 'w') as file:
        file.create_group('data')['features'] = h5py.ExternalLink('/etc/hostname', '/')


def shuffle(path):
    noise = np.random.default_rng(0).normal(size=(12, 60, 62)).astype(np.float32)
    replace(noise)(path)

def spoil(path):
    with features_of(path) as file: file['data/features'][3, 5, 7] = np.nan

def flatten(path):
    with features_of(path) as file: file['data/features'][2, :, 1:60:3] = .5

DATASETS = {
    'pickle that runs code': (
        save_info({'subjects': Hostile()}),
        r'infoData.npy: refused, it asks for posix.mkdir; .*the file was not run',
    ),
    'pickle of a list': (save_info([1, 2]), r'infoData.npy: .*expected one dictionary'),
    'no features': (move, r'time_sequences.h5: no data/features found'),
    'wrong rank': (
        replace(np.zeros((12, 62))),
        r'time_sequences.h5: data/features of shape \(12, 62\).*expected floats \(N, 60, F\)',
    ),
    'wrong length': (
        replace(np.zeros((12, 50, 62))),
        r'time_sequences.h5: sequences of 50 frames found, expected 60',
    ),
    'wrong width': (
        replace(np.zeros((12, 60, 63))),
        r'time_sequences.h5: 63 columns found, expected one of \[48, 50, 60, 62\]',
    ),
    'lengths disagree': (
        save_info({'subjects': np.arange(5)}),
        r'infoData.npy: subjects of shape \(5,\) found, expected one for each of the 12',
    ),
    'truncated': (
        lambda path: os.truncate(path / 'time_sequences.h5', 3000),
        r'time_sequences.h5: not a whole HDF5 file',
    ),
    'no HDF5': (
        lambda path: (path / 'time_sequences.h5').write_text('x' * 5000),
        r'time_sequences.h5: not a whole HDF5 file',
    ),
    'link': (link, r'time_sequences.h5: data/features is a link to elsewhere'),
    'ambiguous layout': (
        shuffle,
        r'the layout is too close to call \(scores: interleaved [\d.]+, stacked [\d.]+;.*--layout',
    ),
    'missing file': (lambda path: os.remove(path / 'infoData.npy'), r'infoData.npy: not found'),
}


@pytest.fixture
def root(tmp_path, monkeypatch) -> Path:
    "A root with one small dataset; the working folder is beside it."
    joints = np.stack([synthesize('walk', seed=seed) for seed in range(12)])
    write_dataset(
        tmp_path / 'dataset0',
        pack_features(joints, np.full(12, 1.7), np.full(12, 65.0)),
        {'subjects': np.arange(12) % 3},
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize('change, message', DATASETS.values(), ids=DATASETS.keys())
def test_bad_dataset(root, motionfm, change, message):
    change(root/'dataset0')
    code, words = motionfm(*train_words(root, root/'net'))
    assert code == 2 and re.fullmatch(f'motionfm: .*{message}.*\n', words), words
    assert [path.name for path in root.iterdir()] == ['dataset0']     # nothing written, nothing run
    code, words = motionfm('metadata', '--datasets_root', root)       # listed, with what is wrong
    assert code == 0 and 'dataset0' in words and re.search(message, ' '.join(words.split())), words


def test_nan_is_skipped_and_counted(root, motionfm):
    spoil(root/'dataset0')
    code, words = motionfm(*train_words(root, root/'net', '--epochs', 1))
    assert code == 0 and '11 sequences of 3 subjects, 1 skipped (NaN or infinite values)' in words, words
    assert '1 of the 12 sequences checked hold NaN' in motionfm('metadata', '--datasets_root', root)[1]


def test_odd_but_harmless_info(root, motionfm):
    odd = root/'dataset1 [bold]'
    (root/'dataset0').rename(odd)
    save_info(
        {'subjects': np.arange(12) % 3 + 1.0, 'scalefactors': ['a', None] * 6, 'trials': [None, 'x'] * 6}
    )(odd)
    code, words = motionfm('metadata', '--datasets_root', root)
    assert code == 0 and 'dataset1 [bold]' in words and 'None (6), a (6)' in words, words
    code, words = motionfm(
        *train_words(root, root / 'net', '--epochs', 1, '--val-subjects', 3, '--seed', 20261122)
    )
    assert code == 0 and 'validating on 4 of dataset1 [bold]/3' in words, words


def test_resume_with_other_data(root, motionfm):
    assert motionfm(*train_words(root, root/'net', '--epochs', 1))[0] == 0
    before = (root/'net_state.weights.h5').read_bytes()
    with features_of(root/'dataset0') as file: file['data/features'][0] += .5
    code, words = motionfm(*train_words(root, root/'net', '--epochs', 2, '--resume'))
    assert code == 2 and 'that run had other data' in words, words
    assert (root/'net_state.weights.h5').read_bytes() == before


def test_prefix_that_cannot_be_written(root, motionfm):
    (root/'file').write_text('in the way')
    code, words = motionfm(*train_words(root, root/'file'/'net'))
    assert code == 2 and re.fullmatch(r'motionfm: .*file: could not be written .*\n', words), words


def test_forced_layout(root, motionfm):
    shuffle(root/'dataset0')
    assert (
        'interleaved'
        in motionfm('metadata', '--dataset-root', root / 'dataset0', '--layout', 'interleaved')[1]
    )


def test_degenerate_scale(root, motionfm):
    flatten(root/'dataset0')
    code, words = motionfm(*train_words(root, root/'net', '--layout', 'interleaved'))
    assert code == 2 and re.search(
        r'dataset0\[2\]: 0.000 m from the lowest to the highest visible joint, expected 0.2 to 5 m', words
    ), words


def test_no_dataset_fits(people, tmp_path, motionfm):
    synthesize_dataset(tmp_path/'dataset5', 6, 2, n_joints=16)
    code, words = motionfm(*train_words(tmp_path, tmp_path/'net'))
    assert (code, words) == (
        2,
        'motionfm: no dataset with 62 columns found (dataset5: skipped, 50 columns and not 62); '
        'give other folders or another --n-features\n',
    )


def test_nothing_is_overwritten(people, trained, motionfm):
    before = {path: path.read_bytes() for path in trained.parent.iterdir()}
    code, words = motionfm(*train_words(people, trained, '--epochs', 1))
    assert code == 2 and 'exists already; go on with --resume, replace it with --overwrite' in words
    code, words = motionfm(*train_words(people, trained, '--epochs', 2, '--hidden', 9, '--resume'))
    assert code == 2 and 'that run was another one: hidden 9 (was 8)' in words
    assert {path: path.read_bytes() for path in trained.parent.iterdir()} == before


def trc_with(change):
    def write(path):
        write_trial(path, example_trial()[0])
        path.write_text(change(path.read_text()))
    return write

TRIALS = {
    'truncated': (
        trc_with(lambda text: text[: len(text) // 2]),
        r'recording.trc: line \d+: the last row ends early',
    ),
    'unknown unit': (
        trc_with(lambda text: text.replace('\tmm\t', '\tfurlongs\t')),
        r"recording.trc: .*furlongs.*",
    ),
    'zero frames': (trc_with(lambda text: '\n'.join(text.split('\n')[:5]) + '\n'), r'recording.trc: .*'),
    'unknown format': (lambda path: path.with_suffix('.xyz').write_text('x'), r'recording.trc: not found'),
    'all missing': (
        lambda path: write_trial(path, example_trial()[0].with_positions(np.full((360, 20, 3), np.nan))),
        r'no point is seen in any frame',
    ),
}


@pytest.mark.parametrize('write, message', TRIALS.values(), ids=TRIALS.keys())
def test_bad_trial(trained, tmp_path, motionfm, write, message):
    path = tmp_path/'recording.trc'
    write(path)
    before = sorted(tmp_path.iterdir())
    code, words = motionfm(*reconstruct_words(trained, path))
    assert code == 2 and re.fullmatch(f'motionfm: .*{message}.*\n', words), words
    assert sorted(tmp_path.iterdir()) == before


def test_lacking_joints_on_request(trained, tmp_path, motionfm):
    write = trc_with(lambda text: text.replace('LWrist', 'Teapot'))
    write(tmp_path/'recording.trc')
    code, words = motionfm(*reconstruct_words(trained, tmp_path/'recording.trc', '--complete'))
    assert code == 0 and 'never seen, so invented: LWrist' in words, words
    assert read_trial(tmp_path/'recording_reconstructed.trc').markers[-2:] == ('Teapot', 'LWrist_created')


def test_weights_that_do_not_fit(people, trained, tmp_path, motionfm):
    trial, _ = example_trial()
    write_trial(tmp_path/'recording.trc', trial)
    from motionfm.learn.model import build_model, save_architecture
    save_architecture(build_model(hidden=9, layers=1), tmp_path/'other.json')
    code, words = motionfm(
        'reconstruct',
        tmp_path / 'recording.trc',
        '--model-json',
        tmp_path / 'other.json',
        '--weights',
        f'{trained}_best.weights.h5',
    )
    assert code == 2 and re.search(r'do not fit .*: found \(8, 32\), .*expected \(9, 36\)', words), words


def test_architecture_that_runs_code(trained, tmp_path, motionfm):
    import keras

    (tmp_path / 'hostile.json').write_text(
        keras.Sequential([keras.Input((60, 60)), keras.layers.Lambda(lambda x: x)]).to_json()
    )
    write_trial(tmp_path/'recording.trc', example_trial()[0])
    code, words = motionfm(
        'reconstruct',
        tmp_path / 'recording.trc',
        '--model-json',
        tmp_path / 'hostile.json',
        '--weights',
        f'{trained}_best.weights.h5',
    )
    assert code == 2 and 'hostile.json: refused, it asks for keras' in words and words.count('\n') == 1, words


def test_all_is_written_though_nobody_listens(tmp_path):
    "As in `motionfm reconstruct ... | head -1`: the pipe is closed before the last line."
    write_trial(tmp_path/'recording.trc', example_trial()[0])
    words = 'reconstruct', tmp_path/'recording.trc', '-o', tmp_path/'out.trc'
    process = subprocess.Popen(
        [sys.executable, '-m', 'motionfm', *words,
         '--report', tmp_path/'out.html', '--table', tmp_path/'out.csv'],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    process.stdout.close()
    process.wait(timeout=600)
    assert {path.name for path in tmp_path.glob('out.*')} == {'out.trc', 'out.html', 'out.csv'}
