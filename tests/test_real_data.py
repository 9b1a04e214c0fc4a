"""Real recordings: their layout, whole and damaged, one second at a time, their left and right, and the
ends of their gaps.
"""

import numpy as np
import pytest

from motionfm.body.skeleton import JOINT_INDEX, MIRROR
from motionfm.data.dataset import open_dataset
from motionfm.data.layout import detect_layout, LAYOUTS, pack_features
from motionfm.evaluation.scenarios import damage_trial
from motionfm.io.files import read_trial
from motionfm.io.gaps import frames_away
from motionfm.reconstruct.discontinuities import find_discontinuities
from motionfm.reconstruct.outliers import find_outliers
from motionfm.reconstruct.pipeline import load_network, repair_positions
from motionfm.reconstruct.swaps import find_swaps

TRUTH = {'dataset1': 'interleaved', 'dataset10': 'interleaved', 'dataset11': 'stacked'}
RNG = np.random.default_rng(0)


def noisy(joints): return joints + RNG.normal(0, .02, joints.shape)
def zeroed(joints): return np.where(RNG.random(joints.shape[:-1])[..., None] < .3, 0, joints)
def still(joints): return np.repeat(joints[:, :1], joints.shape[1], 1)

DAMAGE = {
    'none': lambda joints: joints,
    'noise of 2 cm': noisy,
    '30 % zeros': zeroed,
    'millimetres': lambda joints: 1000 * joints,
    'still': still,
    'no arms': lambda joints: joints[:, :, :16],
    'all of them': lambda joints: zeroed(1000 * noisy(still(joints)))[:, :, :16],
}


@pytest.mark.parametrize('name', TRUTH)
def test_layout_of_real_datasets(shared, name):
    assert open_dataset(shared/'datasets'/name).layout == TRUTH[name]


@pytest.mark.parametrize('damage', DAMAGE)
@pytest.mark.parametrize('name', TRUTH)
def test_layout_of_one_damaged_second(shared, name, damage):
    dataset = open_dataset(shared/'datasets'/name)
    joints = DAMAGE[damage](
        dataset.joints(np.arange(0, dataset.n_sequences, max(1, dataset.n_sequences // 100)))
    )
    for sequence in joints:
        for layout in LAYOUTS:
            table = pack_features(sequence[None], [1.7], [65.], layout)[..., :-2]
            assert detect_layout(table)[0] == layout


def hidden(shape, rate=60):
    "(T, K) visibility: each joint is lost for half a second now and then."
    rng, visible = np.random.default_rng(5), np.ones(shape, bool)
    for joint in range(shape[1]):
        for start in rng.integers(0, shape[0], max(1, shape[0] // 300)):
            visible[start : start + rate // 2, joint] = False
    return visible


def recorded(people, noise, gaps):
    "Whole trials by name, as a noisy system would have recorded them: positions and what was seen."
    rng = np.random.default_rng(6)
    some = dict([*people.items()][::3])
    return {
        name: (
            truth + rng.normal(0, noise, truth.shape),
            hidden(truth.shape[:2]) if gaps else np.ones(truth.shape[:2], bool),
        )
        for name, truth in some.items()
    }


@pytest.mark.parametrize('gaps', [False, True], ids=['complete', 'with gaps'])
@pytest.mark.parametrize('noise', [0, .02], ids=['clean', 'noise of 2 cm'])
def test_nobody_is_taken_for_exchanged(people, noise, gaps):
    "People who turn, dance and play keep their left and right."
    renamed, some = {}, recorded(people, noise, gaps)
    for name, (positions, visible) in some.items():
        found = find_swaps(positions, visible)
        if found.any(): renamed[name] = int(found.sum())
    assert len(some) > 90 and not renamed


@pytest.mark.parametrize('gaps', [False, True], ids=['complete', 'with gaps'])
@pytest.mark.parametrize('noise', [0, .04], ids=['clean', 'noise of 4 cm'])
def test_nobody_is_taken_apart(people, noise, gaps):
    "No body jumps, however quickly it moves, and no joint leaves its bones."
    apart, some = {}, recorded(people, noise, gaps)
    for name, (positions, visible) in some.items():
        discontinuities = find_discontinuities(positions, visible)
        assert not find_outliers(positions, visible).any()
        if len(discontinuities.starts) > 1 or discontinuities.displaced.any():
            apart[name] = discontinuities.starts.tolist(), int(discontinuities.displaced.sum())
    assert len(some) > 90 and not apart


@pytest.mark.parametrize('file', ['trc/*.trc', 'c3d/walking2.c3d', 'bvh/*.bvh'])
def test_recordings_in_files_keep_their_sides_and_their_place(shared, file):
    for path in (found := [*shared.glob(file)]):
        trial = read_trial(path)
        for find in find_swaps, find_outliers:
            assert not find(trial.positions, trial.visible, trial.rate).any()
        assert find_discontinuities(trial.positions, trial.visible, trial.rate).parts == [
            slice(0, len(trial.values))
        ]
    assert found


FOLLOWING = {
    'ankle at the leg of a chair': (
        'Ankle',
        lambda truth, start: truth[start, JOINT_INDEX['RAnkle']] + [0.1, 0, 0],
    ),
    'wrist at a door handle': (
        'Wrist',
        lambda truth, start: truth[start, JOINT_INDEX['RWrist']] + [0, 0, 0.1],
    ),
    "knee under the ankle's name": (
        'Ankle',
        lambda truth, start: truth[start : start + 50, JOINT_INDEX['RKnee']],
    ),
    'elbow half a metre away': (
        'Elbow',
        lambda truth, start: truth[start : start + 50, JOINT_INDEX['RElbow']] + [0.3, -0.4, 0],
    ),
}


@pytest.mark.parametrize('what', FOLLOWING)
def test_joints_that_follow_something_else_are_repaired(people, what):
    "Of people who walk, dance and play; without being told which samples are wrong."
    name, place = FOLLOWING[what]
    joint, network, before, after, displaced = JOINT_INDEX['R' + name], load_network(), [], [], []
    some = [trial for name, trial in people.items() if name[:2] in ('01', '03', '05', '06')]
    long = [trial for trial in some if len(trial) >= 200]   # the wrong samples have to be the smaller part
    for truth in [trial[:300].astype(float) for trial in long][::9]:
        start, recorded = len(truth)//2 - 25, truth.copy()
        recorded[start:start + 50, joint] = place(truth, start)
        error = np.linalg.norm(
            repair_positions(recorded, np.ones(truth.shape[:2], bool), network).positions - truth,
            axis=-1,
        )
        before.append(np.linalg.norm(recorded - truth, axis=-1)[start : start + 50, joint].mean())
        after.append(error[start : start + 50, joint].mean())
        error[start:start + 50, joint] = 0; displaced.append(error.mean())
    # a hand that stays near the body is often within reach of the elbow, whose bone then fits
    share = .4 if name == 'Wrist' else .25
    assert np.median(before) > .15 and np.median(after) < share*np.median(before), (before, after)
    assert max(displaced) < .002, displaced


def test_somebody_else_for_a_moment_harms_nobody(people):
    """Ten frames of another person are filled as ten frames without anybody, and a recording that is two
    is repaired as two.
    """
    network = load_network()
    own, other = (people[name][:200].astype(float) for name in ('03_01', '05_02'))
    seen, moment = np.ones(own.shape[:2], bool), slice(100, 110)
    followed, gap = own.copy(), seen.copy()
    followed[moment] = other[moment] - other[100].mean(0) + own[100].mean(0) + [2., 0, 1]; gap[moment] = False
    repaired = repair_positions(followed, seen, network)
    np.testing.assert_array_equal(repaired.positions, repair_positions(own, gap, network).positions)
    assert np.linalg.norm(repaired.positions - own, axis=-1).max() < .05
    glued = np.concatenate([own[:100], other[:100] - other[0].mean(0) + own[100].mean(0) + [2., 0, 1]])
    parts = [repair_positions(part, seen[:100], network).positions for part in (glued[:100], glued[100:])]
    np.testing.assert_array_equal(repair_positions(glued, seen, network).positions, np.concatenate(parts))


def test_an_exchanged_leg_is_found_in_recorded_people(people):
    leg = [
        JOINT_INDEX[side + name] for side in 'RL' for name in ('Knee', 'Ankle', 'Heel', 'SmallToe', 'BigToe')
    ]
    other = [MIRROR[joint] for joint in leg]
    rng, told = np.random.default_rng(7), []
    for truth in [trial for trial in people.values() if len(trial) > 60][::9]:
        damaged, true = truth.astype(float), np.zeros(truth.shape[:2], bool)
        start = rng.integers(10, len(damaged) - 40)
        true[start:start + 20, leg] = True
        damaged[start:start + 20, leg] = damaged[start:start + 20, other]
        told.append((find_swaps(damaged, np.ones_like(true)) == true).mean((0, 1)) == 1)
    assert np.mean(told) > .9


def test_beside_gaps_errors_are_small_and_told(people):
    "A gap meets what was seen at its ends, and the uncertainty is as right there as deep in it."
    network, errors, uncertainties, away = load_network(), [], [], []
    some = [trial[:300] for name, trial in people.items() if name[:2] in ('12', '29')]
    for index, trial in enumerate(some):
        for truth, damaged, visible, rate in damage_trial('joints', trial, 60., 0, index):
            repaired = repair_positions(damaged, visible, network, rate)
            errors.append(np.linalg.norm(repaired.positions - truth, axis=-1)[~visible])
            uncertainties.append(repaired.uncertainty[~visible]); away.append(frames_away(visible)[~visible])
    error, uncertainty, away = map(np.concatenate, (errors, uncertainties, away))
    beside, within = away <= 2, (away > 8) & (away <= 15)
    assert error[beside].mean() < error[within].mean()/2
    assert all(.5 < (error <= uncertainty)[part].mean() < .9 for part in (beside, within))
