"Recordings become a dataset that trains at once; a folder of recordings is repaired and told about."
import csv
import json
import multiprocessing
import os
import re
import sys
from dataclasses import replace

import numpy as np
import pytest

from motionfm.basics import DataError
from motionfm.body.skeleton import JOINT_INDEX, JOINTS, MIRROR
from motionfm.body.synthetic import synthesize
from motionfm.data.dataset import open_dataset
from motionfm.data.importer import import_recordings
from motionfm.io.files import read_trial, write_trial
from motionfm.io.trial import observed, Trial

SMALL = ['--hidden', '8', '--layers', '1', '--batch-size', '8', '--epochs', '1']


def recorded(activity: str, seed: int, rate: float = 60., units: str = 'mm', frames: int = 150) -> Trial:
    "A synthetic person, filmed at some rate."
    truth = synthesize(activity, seed=seed, n_frames=int(frames/rate*60) + 2).astype(float)
    at = np.arange(frames)/rate*60
    low = at.astype(int)
    motion = truth[low] + (truth[low + 1] - truth[low])*(at - low)[:, None, None]
    return Trial(
        motion * {'m': 1, 'mm': 1000}[units],
        JOINTS,
        rate,
        units,
        np.arange(frames) / rate,
        np.arange(frames) + 1,
    )


def write_bvh(path, trial: Trial) -> None:
    """A BVH file, in centimetres, in which each joint hangs on the root and has a path of its own; the
    feet are stiff.
    """
    joints = [
        joint
        for joint in range(20)
        if JOINTS[joint] != 'midHip' and not JOINTS[joint].endswith(('Heel', 'Toe', 'Neck'))
    ]
    bones = ''.join(
        f'JOINT {JOINTS[joint]}\n{{\nOFFSET 0 0 0\nCHANNELS 3 Xposition Yposition Zposition\n'
        f'End Site\n{{\nOFFSET {"0 -8 15" if "Ankle" in JOINTS[joint] else "0 0 0"}\n}}\n}}\n'
        for joint in joints
    )
    root = trial.positions[:, [JOINT_INDEX['midHip']]]
    rows = 100*np.concatenate([root, trial.positions[:, joints] - root], 1).reshape(len(root), -1)
    text = '\n'.join(' '.join(f'{value:.5f}' for value in row) for row in rows)
    path.write_text(
        f'HIERARCHY\nROOT midHip\n{{\nOFFSET 0 0 0\nCHANNELS 3 Xposition Yposition Zposition\n'
        f'{bones}}}\nMOTION\nFrames: {len(rows)}\n'
        f'Frame Time: {1 / trial.rate:.9f}\n{text}\n'
    )


@pytest.fixture
def laboratory(tmp_path):
    "Two people, five formats, four rates; spaces and letters beyond ASCII in the names."
    folder = tmp_path/'labor für gang'
    first, second = folder/'Ümit 1', folder/'anna'/'day 2'
    for one in (first, second): one.mkdir(parents=True)
    write_trial(first/'wälk 1.trc', recorded('walk', 1, 100.))
    write_trial(first/'squat.csv', recorded('squat', 1, 30., 'm', 90))
    write_trial(second/'run.npz', recorded('run', 2, 250., frames=500))
    write_bvh(second/'kick.bvh', recorded('kick', 2, 120., 'm', 300))
    write_trial(second/'jump.c3d', recorded('jump', 2))
    (second/'broken.trc').write_text('PathFileType\t4\n')
    (folder/'people.csv').write_text('subject;height_m;mass_kg\nanna;1,72;61\n', encoding='utf-8')
    return folder


def test_import_describe_train(laboratory, tmp_path, motionfm, monkeypatch):
    output = tmp_path/'datensätze'/'mine'
    code, words = motionfm('import', laboratory, '-o', output, '--subjects-from', laboratory/'people.csv')
    assert code == 0, words
    lines = words.splitlines()
    assert (
        len(lines) == 8
        and 'of 5 of 6 recordings added' in lines[-2]
        and 'of 1 of 2 subjects is not known' in lines[-1]
    ), words
    assert 'skipped: ' in next(line for line in lines if 'broken.trc' in line)
    code, words = motionfm('metadata', '--datasets_root', output.parent, '--json')
    report, = json.loads(words)
    assert (report['problems'], report['n_joints'], report['layout'], report['n_trials']) == (
        [],
        20,
        'interleaved',
        5,
    )
    assert {one['subject']: one['height_m'] for one in report['subjects']} == {
        'anna': [1.72, 1.72],
        'Ümit 1': None,
    }
    code, words = motionfm(
        'train',
        '--datasets_root',
        output.parent,
        '--save-prefix',
        tmp_path / 'net',
        *SMALL,
        '--val-subjects',
        'anna',
    )
    sizes = {one['subject']: one['n_sequences'] for one in report['subjects']}
    assert code == 0 and f'validating on {sizes["anna"]} of mine/anna' in words, words
    recipe = pytest.importorskip('motionfm.learn.recipe')
    few = dict.fromkeys(
        ('batches_per_epoch', 'n_judged', 'synthetic', 'prior_crops'), 1
    )  # of a thousand; enough to see whether it runs
    monkeypatch.setattr(recipe, 'SETTINGS', replace(recipe.SETTINGS, **few))
    code, words = motionfm(
        'train',
        '--recipe',
        'best',
        '--datasets_root',
        output.parent,
        '--save-prefix',
        tmp_path / 'best',
        *SMALL,
        '--val-subjects',
        'anna',
    )
    assert (
        code == 0
        and 'mine/anna held out' in words
        and 'people held out, damaged at random, mean error in mm: all' in words
    ), words
    code, words = motionfm('import', laboratory, '-o', output, '--subjects-from', laboratory/'people.csv')
    assert (
        code == 0
        and '0 windows of 0 of 6 recordings added' in words
        and open_dataset(output).n_sequences == report['n_sequences']
    )


def test_windows_are_the_motion(laboratory, tmp_path):
    "Each window lies within millimetres of the truth at its time, whatever the format and the rate."
    import_recordings(laboratory, tmp_path/'mine')
    dataset = open_dataset(tmp_path/'mine')
    truth = {'walk': 1, 'squat': 1, 'run': 2, 'jump': 2, 'kick': 2}
    for window, trial, start in zip(
        dataset.joints(range(dataset.n_sequences)), dataset.info['trials'], dataset.info['seconds']
    ):
        activity = trial.rpartition('/')[2].replace('wälk 1', 'walk')
        motion, first = synthesize(activity, seed=truth[activity], n_frames=200), float(start)*60
        assert abs(first - round(first)) < .06
        own = motion[round(first):round(first) + 60]
        assert np.median(np.linalg.norm(window - own, axis=-1)) < .01, (trial, start)


def test_nothing_to_learn_from(tmp_path, motionfm):
    (tmp_path/'in').mkdir()
    trial = recorded('walk', 1, frames=40)
    write_trial(tmp_path/'in'/'short.trc', trial)
    write_trial(
        tmp_path / 'in' / 'others.trc', replace(trial, markers=tuple(f'M{number}' for number in range(20)))
    )
    code, words = motionfm('import', tmp_path/'in', '-o', tmp_path/'out')
    assert (
        code == 2
        and 'no window of motion found in 2 recordings' in words
        and '0 of 20 joints found, missing Neck' in words
    ), words
    assert [path.name for path in tmp_path.iterdir()] == ['in']


def _import(folder, output): import_recordings(folder, output)

def test_two_imports_at_once(tmp_path):
    for name in 'ab':
        (tmp_path/name).mkdir()
        for trial in range(3):
            write_trial(tmp_path / name / f'{trial}.npz', recorded('walk', 10 * ord(name) + trial))
    context = multiprocessing.get_context('spawn')
    both = [context.Process(target=_import, args=(tmp_path/name, tmp_path/'mine')) for name in 'ab']
    for one in both: one.start()
    for one in both: one.join(300)
    dataset = open_dataset(tmp_path/'mine')
    assert [one.exitcode for one in both] == [0, 0] and dataset.n_sequences == 6*5
    assert set(dataset.subjects) == {'a', 'b'} and len(set(dataset.info['recordings'])) == 6
    for window, who, trial, start in zip(
        dataset.joints(range(30)), dataset.subjects, dataset.info['trials'], dataset.info['seconds']
    ):
        first = round(start*60)  # each description stands beside its own motion
        np.testing.assert_allclose(
            window,
            synthesize('walk', seed=10 * ord(who) + int(trial), n_frames=152)[first : first + 60],
            atol=1e-4,
        )
    assert sorted(path.name for path in tmp_path.iterdir()) == ['a', 'b', 'mine']


def test_real_recordings(shared, tmp_path, motionfm):
    code, words = motionfm('import', shared/'bvh', '-o', tmp_path/'bvh', '--subjects-from', '{subject}_*')
    assert code == 0 and set(open_dataset(tmp_path/'bvh').subjects) == {'06', '07'}, words
    code, words = motionfm('import', shared/'trc', '-o', tmp_path/'trc')
    assert (
        code == 0 and '0 of 20 joints found' in words and open_dataset(tmp_path / 'trc').n_sequences >= 20
    ), words
    code, words = motionfm('import', shared/'c3d', '-o', tmp_path/'c3d')
    assert (
        code == 2
        and '6 of 20 joints found, missing Neck, RShoulder' in words
        and 'which are no names of joints' in words
    ), words


def test_limits_let_real_people_pass(people):
    "Of recordings that nobody complains about, hardly a frame is called implausible."
    from motionfm.body.plausibility import implausible_frames
    odd = {
        name: implausible_frames(trial.astype(float), np.ones(trial.shape[:2], bool), 60.)
        for name, trial in people.items()
    }
    assert np.concatenate(list(odd.values())).mean() < .005
    moved = people['05_02'].astype(float)
    moved[50] += [2, 0, 0]   # the whole body is displaced in one frame
    assert implausible_frames(moved, np.ones(moved.shape[:2], bool), 60.).sum() == 2


def lines_over(positions, visible):
    from motionfm.io.gaps import fill_linear
    return fill_linear(positions, visible)


@pytest.fixture
def straight_lines(monkeypatch):
    "Straight lines in place of a network, so that the commands can be judged without training one."
    from motionfm.cli import repair
    from motionfm.reconstruct import pipeline, trials

    def fill_gaps(positions, visible, *more, **options):
        return pipeline.Repaired(lines_over(np.nan_to_num(positions), visible | ~visible.any(0)))
    monkeypatch.setattr(repair, 'load_chosen_network', lambda *names: None)
    monkeypatch.setattr(trials, 'repair_positions', fill_gaps)


def test_folder_in_folder_out(straight_lines, tmp_path, motionfm):
    source = tmp_path/'meine läufe'
    (source/'tag 2').mkdir(parents=True)
    trial = recorded('reach', 3)
    holes = np.zeros(trial.visible.shape, bool)
    holes[20:60, JOINT_INDEX['RWrist']] = holes[:4, 8] = holes[100:102, 9] = True
    write_trial(source/'gaps 1.trc', trial.with_positions(np.full((150, 20, 3), np.nan), where=holes))
    thrown = trial.positions.copy()
    thrown[70, JOINT_INDEX['LElbow']] += [.5, 0, 0]
    write_trial(source/'tag 2'/'wurf.csv', trial.with_positions(thrown))
    (source/'broken.c3d').write_bytes(b'x')
    code, words = motionfm('reconstruct', source, '-o', tmp_path/'out')
    assert code == 2 and '1 of 3 recordings could not be repaired: broken.c3d' in words, words
    assert sorted(
        path.relative_to(tmp_path / 'out').as_posix() for path in (tmp_path / 'out').rglob('*.*')
    ) == ['gaps 1.trc', 'summary.csv', 'tag 2/wurf.csv']
    with open(tmp_path/'out'/'summary.csv', encoding='utf-8', newline='') as file:
        rows = list(csv.DictReader(file))
    gaps, thrown = rows[1], rows[2]
    assert rows[0]['error'] and (
        gaps['missing'],
        gaps['filled'],
        gaps['longest_gap'],
        gaps['gaps_31-60_frames'],
        gaps['samples_1-5_frames'],
        gaps['samples_at_ends'],
    ) == ('46', '46', '40', '1', '6', '4')
    assert (gaps['filled_by'], gaps['blank_points'], gaps['moved_most_mm']) == ('the network 46', '', '0.0')
    assert (
        'gaps: 1 of 1-5 frames (2 samples)' not in words
        and 'gaps: 2 of 1-5 frames (6 samples), 1 of 31-60 frames (40 samples); '
        '4 samples lie before the first'
        in words
    ), words
    assert 'filled: 46 samples by the network' in words
    assert (
        'LElbow 30 m/s in frame 71' in thrown['flags']
        and 'LShoulder-LElbow' in thrown['flags']
        and 'all seen, not filled' in thrown['flags']
    )
    assert 'look at tag 2/wurf.csv: LShoulder-LElbow' in words
    code, words = motionfm('reconstruct', source, '-o', tmp_path/'out')
    assert code == 2 and 'exists already; replace it with --overwrite' in words


def test_strange_names_in_a_folder(straight_lines, tmp_path, motionfm):
    """Names that can't be shown, that are nearly too long, and that would be the same once the format has
    changed.
    """
    source, trial = tmp_path/'in', recorded('walk', 4)
    source.mkdir()
    names = ['膝'*80 + '.npz', 'a.npz', 'a_bvh.npz']
    for name in names: write_trial(source/name, trial)
    write_bvh(source/'a.bvh', trial)
    (source / 'a.npz').rename(source / 'a.trc.npz')
    write_trial(source / 'a.trc', trial)
    write_trial(source / 'a_bvh.trc', trial)
    if os.name == 'posix' and sys.platform != 'darwin':
        os.rename(os.fsencode(source / 'a_bvh.npz'), os.fsencode(source) + b'/a_\xff.npz')
    code, words = motionfm('reconstruct', source, '-o', tmp_path/'out')
    assert code == 0, words
    with open(tmp_path / 'out' / 'summary.csv', encoding='utf-8', newline='') as file:
        rows = list(csv.DictReader(file))
    assert len({row['output'] for row in rows}) == len(rows) == len(list((tmp_path/'out').iterdir())) - 1 == 6
    code, words = motionfm('reconstruct', source/'a.trc', '-o', tmp_path/('b'*300 + '.trc'))
    assert code == 2 and words.strip().endswith('File name too long') and '\n' not in words.strip(), words


@pytest.mark.parametrize('ending', ['trc', 'c3d', 'csv', 'npz'])
def test_no_gaps_are_left_in_any_marker(straight_lines, tmp_path, motionfm, ending):
    trial, path = recorded('walk', 6), tmp_path/f'shank.{ending}'
    shank = trial.values[:, [JOINT_INDEX['RKnee']]]*.5 + trial.values[:, [JOINT_INDEX['RAnkle']]]*.5
    shank[50:90], lost = np.nan, np.full_like(shank, np.nan)
    write_trial(
        path,
        replace(
            trial, values=np.concatenate([trial.values, shank, lost], 1), markers=(*JOINTS, 'SHANK', 'LOST')
        ),
    )
    code, words = motionfm('reconstruct', path)
    assert (
        code == 0
        and 'filled: 40 samples by neighbours' in words
    ), words
    assert 'never seen, so left as gaps: LOST' in words, words
    done = read_trial(path.with_stem('shank_reconstructed'))
    assert done.markers == (*JOINTS, 'SHANK', 'LOST') and np.isfinite(done.values[:, :21]).all()
    assert not observed(done.values[:, 21]).any()
    np.testing.assert_allclose(
        done.values[:, 20],
        (trial.values[:, JOINT_INDEX['RKnee']] + trial.values[:, JOINT_INDEX['RAnkle']]) / 2,
        atol=20,
    )


@pytest.mark.parametrize('rate', [30., 60., 200.])
def test_exchanged_legs_get_their_names_back(tmp_path, motionfm, rate):
    trial, span = recorded('walk', 6, rate, frames=int(3*rate)), slice(int(rate), int(1.25*rate))
    legs = [
        JOINT_INDEX[side + name] for name in ('Knee', 'Ankle', 'Heel', 'SmallToe', 'BigToe') for side in 'RL'
    ]
    wrong = replace(trial, values=trial.values.copy())
    wrong.values[span, legs] = trial.values[span, [MIRROR[joint] for joint in legs]]
    wrong.values[5:8, 0] = np.nan
    (tmp_path/'in').mkdir(); write_trial(tmp_path/'in'/'walk.trc', wrong)
    code, words = motionfm('reconstruct', tmp_path/'in'/'walk.trc', '-o', tmp_path/'walk.trc')
    seconds = f'{span.start/rate:.2f} to {(span.stop - 1)/rate:.2f} s'
    frames = f'frames {span.start + 1} to {span.stop} ({seconds})'
    told = f'left/right swap in {frames}: Knee {span.stop - span.start}, Ankle'
    assert code == 0 and told in words and '; undone' in words, words
    assert np.linalg.norm(read_trial(tmp_path/'walk.trc').positions - trial.positions, axis=-1).max() < .03
    code, words = motionfm('reconstruct', tmp_path/'in', '-o', tmp_path/'kept', '--fill-only')
    assert code == 0, words
    np.testing.assert_allclose(
        read_trial(tmp_path / 'kept' / 'walk.trc').positions[span], wrong.positions[span], atol=1e-6
    )
    with open(tmp_path/'kept'/'summary.csv', encoding='utf-8', newline='') as file:
        row, = csv.DictReader(file)
    assert row['left_right_swaps'].startswith(f'Knee {span.stop - span.start} | Ankle')
    code, words = motionfm('reconstruct', tmp_path/'in'/'walk.trc', '-o', tmp_path/'kept.trc', '--fill-only')
    assert code == 0 and told in words and 'left as they are' in words, words


def test_frames_are_named_by_the_file_and_with_seconds(tmp_path, motionfm):
    "Whatever the terminal says of frames: the file's own numbers, and the seconds since the recording began."
    trial, knee, ankle = recorded('walk', 6, 100., frames=400), JOINT_INDEX['RKnee'], JOINT_INDEX['RAnkle']
    values = np.concatenate([trial.values, trial.values[:, :4] + 80], 1)
    values[100:130, [knee, ankle]] = values[100:130, [JOINT_INDEX['LKnee'], JOINT_INDEX['LAnkle']]]
    values[150:160, -1] += 300                            # a marker in a wrong place
    values[200:260, JOINT_INDEX['RWrist']] = np.nan
    values[300:310] += 1500                               # somebody else
    values[350:353, JOINT_INDEX['LHeel']] += 400
    names = (*trial.markers, 'A', 'B', 'C', 'D')
    path = tmp_path/'walk.trc'
    write_trial(path, replace(trial, values=values, markers=names, frames=np.arange(291, 691)))
    code, words = motionfm('reconstruct', path, '-o', tmp_path/'out.trc')
    assert code == 0, words
    named = re.findall(r'\bframes? (\d+)(?: to (\d+))?(?: \(([\d.]+)(?: to ([\d.]+))? s\))?', words)
    assert len(named) > 4, words
    for first, last, first_s, last_s in named:
        if last and int(last) < 291: continue             # gaps by their length
        for number, seconds in ((first, first_s), (last, last_s)):
            if number: assert seconds == f'{(int(number) - 291)/100:.2f}', words


@pytest.mark.parametrize('rate', [30., 60., 200.])
def test_somebody_else_for_a_moment_is_a_gap(tmp_path, motionfm, rate):
    "Also for markers that are no joints; and where a recording begins anew is told."
    trial, span, cut = (
        recorded('walk', 6, rate, frames=int(3 * rate)),
        slice(int(rate), int(1.2 * rate)),
        int(2 * rate),
    )
    values = np.concatenate([trial.values, trial.values[:, :1] + 80], 1)
    moved = values.copy(); moved[span] += 1500; moved[cut:] -= 1500
    cut_only = np.where(np.arange(len(values))[:, None, None] < cut, values, moved)
    path = tmp_path/'walk.trc'
    write_trial(path, replace(trial, values=moved, markers=(*trial.markers, 'HAT')))
    code, words = motionfm('reconstruct', path, '-o', tmp_path/'out.trc')
    seconds = f'{span.start/rate:.2f} to {(span.stop - 1)/rate:.2f} s'
    away = f'the whole body is elsewhere in frames {span.start + 1} to {span.stop} ({seconds})'
    assert code == 0 and f'{away}; treated as gaps' in words, words
    assert f'jumps to where it is in frame {cut + 1} ({cut/rate:.2f} s) by 2.6 m' in words, words
    assert 'look at' not in words, words
    done = read_trial(tmp_path/'out.trc')
    assert done.markers[-1] == 'HAT' and np.linalg.norm(done.values - cut_only, axis=-1).max() < 60
    code, words = motionfm('reconstruct', path, '-o', tmp_path/'kept.trc', '--fill-only')
    assert code == 0 and f'{span.stop} ({seconds}); left as they are' in words, words
    np.testing.assert_allclose(read_trial(tmp_path/'kept.trc').values, moved, atol=1e-3)


@pytest.mark.parametrize('ending', ['trc', 'npz'])
def test_an_ankle_in_a_wrong_place_is_a_gap(tmp_path, motionfm, ending):
    trial, ankle = recorded('walk', 6, 60., frames=240), JOINT_INDEX['RAnkle']
    wrong = replace(trial, values=trial.values.copy())
    wrong.values[100:160, ankle] = trial.values[100, ankle] + [100, 0, 0]
    (tmp_path/'in').mkdir(); path = tmp_path/'in'/f'walk.{ending}'
    write_trial(path, wrong)
    code, words = motionfm(
        'reconstruct',
        path,
        '-o',
        tmp_path / f'out.{ending}',
        '--table',
        tmp_path / 'gaps.csv',
        '--report',
        tmp_path / 'report.html',
    )
    assert (
        code == 0
        and 'outliers: RAnkle in frames ' in words
        and 'treated as gaps' in words
        and 'look at R' not in words
    ), words
    assert (
        np.linalg.norm(read_trial(tmp_path / f'out.{ending}').positions - trial.positions, axis=-1).max()
        < 0.05
    )
    assert (
        'RAnkle' in (tmp_path / 'gaps.csv').read_text()
        and 'outliers: RAnkle' in (tmp_path / 'report.html').read_text()
    )
    code, words = motionfm('reconstruct', tmp_path/'in', '-o', tmp_path/'kept', '--fill-only')
    assert code == 0 and 'outliers: RAnkle' in words, words
    np.testing.assert_allclose(
        read_trial(tmp_path / 'kept' / f'walk.{ending}').positions, wrong.positions, atol=1e-6
    )
    with open(tmp_path / 'kept' / 'summary.csv', encoding='utf-8', newline='') as file:
        (row,) = csv.DictReader(file)
    assert row['outliers'].startswith('RAnkle ')
    assert not row['discontinuities'] and not row['left_right_swaps']


def test_names_of_ones_own(tmp_path, motionfm):
    "Every command that reads recordings takes the table of names."
    names, path = tmp_path/'namen é.csv', tmp_path/'eigene.trc'
    write_trial(path, replace(recorded('walk', 5), markers=tuple(f'Punkt {number}' for number in range(20))))
    names.write_text(
        '\n'.join(f'Punkt {number};{joint}' for number, joint in enumerate(JOINTS)), encoding='utf-8'
    )
    evaluate = [
        'evaluate',
        '--dataset-root',
        path,
        '--scenario',
        'noise',
        '--method',
        'linear',
        '--report',
        tmp_path / 'report.html',
        '--overwrite',
    ]
    code, words = motionfm(*evaluate)
    assert code == 0 and 'linear' in words, words        # points of any names
    (tmp_path/'report.html').unlink()
    code, words = motionfm(*evaluate, '--names', names)
    assert code == 0 and 'linear' in words and (tmp_path/'report.html').exists(), words
    code, words = motionfm(*evaluate, '--names', tmp_path/'none.csv')
    assert code == 2 and 'none.csv: could not be read' in words, words
    code, words = motionfm('reconstruct', path, '--names', names)
    assert code == 0 and 'Punkt 19' in (tmp_path/'eigene_reconstructed.trc').read_text(), words


@pytest.mark.parametrize('ending', ['trc', 'c3d', 'csv', 'npz'])
def test_created_joints_are_marked(straight_lines, tmp_path, motionfm, ending):
    trial, path = recorded('walk', 3), tmp_path/f'no neck.{ending}'
    write_trial(path, replace(trial, values=trial.values[:, 1:], markers=JOINTS[1:]))
    code, words = motionfm('reconstruct', path)
    assert code == 0 and read_trial(path.with_stem('no neck_reconstructed')).markers == JOINTS[1:]
    code, words = motionfm('reconstruct', path, '--complete', '--overwrite')
    assert code == 0 and 'never seen, so invented: Neck; written as Neck_created' in words, words
    made = read_trial(path.with_stem('no neck_reconstructed'))
    assert made.markers[-1] == 'Neck_created' and made.missing_joints == ()
    np.testing.assert_allclose(made.positions[:, 1:], trial.positions[:, 1:], atol=1e-6)
    (tmp_path/'in').mkdir()
    write_trial(tmp_path/'in'/'made.trc', made)
    assert 'nobody recorded Neck_created' in motionfm('import', tmp_path/'in', '-o', tmp_path/'mine')[1]


@pytest.mark.parametrize('gap', [20, 0])
def test_page_and_table_of_a_repair(straight_lines, tmp_path, motionfm, gap):
    trial, path = recorded('walk', 6), tmp_path/'walk <&>.trc'
    trial.values[30:30 + gap, JOINT_INDEX['LWrist']] = np.nan
    write_trial(path, trial)
    code, words = motionfm(
        'reconstruct', path, '--report', tmp_path / 'page.html', '--table', tmp_path / 'gaps.csv'
    )
    assert code == 0, words
    page, table = (
        (tmp_path / 'page.html').read_text(encoding='utf-8'),
        (tmp_path / 'gaps.csv').read_text(encoding='utf-8').splitlines(),
    )
    assert 'walk &lt;&amp;&gt;.trc</h1>' in page and 'walk <&>' not in page and '<iframe' in page
    if gap:
        assert page.count('>LWrist</td>') == 1 == len(table) - 1 and 'LWrist' in table[1]
    else:
        assert '<p>No point was missing in any frame.</p>' in page and '<th' not in page and len(table) == 1


def test_a_page_that_fails_takes_no_other_down(straight_lines, tmp_path, motionfm, monkeypatch):
    from motionfm.cli import repair
    (tmp_path/'in').mkdir()
    for number, name in enumerate('abc'):
        write_trial(tmp_path/'in'/f'{name}.trc', recorded('walk', number))
    written = repair.write_repair_page
    def write_but_one(page, *more, **options):
        if page.name.startswith('b'): raise ValueError('this page can\'t be made')
        written(page, *more, **options)
    monkeypatch.setattr(repair, 'write_repair_page', write_but_one)
    code, words = motionfm(
        'reconstruct', tmp_path/'in', '-o', tmp_path/'out', '--report', tmp_path/'all.html')
    assert code == 2 and "no page of b.trc: ValueError: this page can't be made" in words, words
    assert '1 of 3 recordings got no page: b.trc' in words
    assert sorted(path.name for path in (tmp_path/'all_pages').iterdir()) == ['a.trc.html', 'c.trc.html']
    page = (tmp_path/'all.html').read_text(encoding='utf-8')
    assert '>b.trc (no page)<' in page and 'href="all_pages/c.trc.html"' in page
    def write_none(*more, **options): raise DataError('no page')
    monkeypatch.setattr(repair, 'write_repair_page', write_none)
    code, words = motionfm('reconstruct', tmp_path/'in'/'a.trc', '--report', tmp_path/'a.html')
    assert code == 2 and 'motionfm: no page' in words and '150 frames at 60 Hz' in words, words


@pytest.mark.parametrize('tells_case', [True, False])
def test_names_that_differ_in_case(straight_lines, tmp_path, motionfm, monkeypatch, tells_case):
    from motionfm.reconstruct import outputs
    monkeypatch.setattr(outputs, '_tells_case', lambda folder: tells_case)
    (tmp_path/'in').mkdir()
    for number, name in enumerate(['Static.trc', 'static.trc', 'walk.trc']):
        write_trial(tmp_path/'in'/name, recorded('walk', number))
    if len([*(tmp_path/'in').iterdir()]) < 3: pytest.skip('this disk does not tell case')
    code, words = motionfm('reconstruct', tmp_path/'in', '-o', tmp_path/'out')
    made = sorted(path.name for path in (tmp_path/'out').glob('*.trc'))
    if tells_case: assert (code, made) == (0, ['Static.trc', 'static.trc', 'walk.trc']), words
    else:
        assert (code, made) == (2, ['walk.trc']), words
        assert '2 of 3 recordings could not be repaired: Static.trc, static.trc' in words
        assert 'rename one of them' in words and len(words.split('as that of')) == 3
