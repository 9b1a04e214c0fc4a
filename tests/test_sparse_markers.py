"Markers that flicker, few neighbours, low rates, glued recordings: what a repair of any points must not do."
import numpy as np
import pytest

import motionfm
from motionfm.body.skeleton import JOINTS
from motionfm.body.synthetic import synthesize
from motionfm.estimate.gap_filling import fill_points
from motionfm.evaluation.baselines import METHODS
from motionfm.io.trial import Trial
from motionfm.reconstruct.marker_faults import find_marker_faults, undo_marker_faults
from motionfm.reconstruct.pipeline import load_network
from motionfm.reconstruct.points import is_quiet, repair_points
from motionfm.reconstruct.trials import reconstruct_trial

RATE = 100.
SEGMENTS = (0, 3, 4), (1, 8, 9), (9, 10, 11), (12, 13, 14), (1, 2, 3)


def marker_set(kind: str = 'walk', seconds: float = 6., seed: int = 0, rate: float = RATE) -> np.ndarray:
    "(T, M, 3) metres: markers between the joints of somebody who moves, three on each of five segments."
    joints = synthesize(kind, seed=seed, n_frames=round(seconds*60)).astype(float)
    at = np.arange(0, len(joints) - 1, 60/rate)
    before, share = at.astype(int), (at % 1)[:, None, None]
    smooth = (1 - share)*joints[before] + share*joints[before + 1]
    kernel = np.hanning(9)/np.hanning(9).sum()   # joins the pieces
    padded = np.pad(smooth, ((4, 4), (0, 0), (0, 0)), mode='edge')
    joints = np.stack([np.tensordot(kernel, padded[start:start + 9], 1) for start in range(len(smooth))])
    weights = np.random.default_rng(seed).dirichlet(np.ones(3), (len(SEGMENTS), 3))
    parts = [np.einsum('mj,tjk->tmk', weight, joints[:, list(segment)])
             for weight, segment in zip(weights, SEGMENTS)]
    noise = np.random.default_rng(seed).normal(0, .0001, (len(joints), 3*len(SEGMENTS), 3))
    return np.concatenate(parts, 1) + noise


def off_mm(positions, truth, lost) -> float:
    return float(1000*np.linalg.norm(positions - truth, axis=-1)[lost].mean())


def named(positions: np.ndarray, rate: float = RATE, prefix: str = '') -> Trial:
    return Trial.from_array(positions, [f'{prefix}M{n}' for n in range(positions.shape[1])], rate, up='y',
                            units='m')


def test_flickers_are_filled_as_well_as_by_a_spline():
    "One sample in five is lost: hardly a stretch is whole, but every path is known all the same."
    truth = marker_set()
    visible = np.random.default_rng(1).random(truth.shape[:2]) > .2
    visible[[0, -1]] = True
    done = repair_points(np.where(visible[..., None], truth, np.nan), visible, RATE)
    kalman = METHODS['kalman_high'](np.where(visible[..., None], truth, np.nan), visible, RATE)
    assert off_mm(done.positions, truth, ~visible) < 1.1*off_mm(kalman, truth, ~visible)


@pytest.mark.parametrize('kind, seconds', [('reach', .5), ('walk', 1.5)])
def test_unrelated_neighbours_are_not_believed(kind, seconds):
    "Three markers of different limbs are left: a curve may know more than they do, and they agree by chance."
    truth, lost = marker_set(kind), slice(250, 250 + round(seconds*RATE))
    visible = np.ones(truth.shape[:2], bool)
    visible[lost] = False
    visible[lost, [0, 9, 12]] = True
    damaged = np.where(visible[..., None], truth, np.nan)
    done = repair_points(damaged, visible, RATE)
    least = min(off_mm(METHODS[name](damaged, visible, RATE), truth, ~visible)
                for name in ('pchip', 'local_cubic', 'rigid_body'))
    assert off_mm(done.positions, truth, ~visible) < 1.1*least
    within = (np.linalg.norm(done.positions - truth, axis=-1) < 2*done.uncertainty)[~visible]
    assert within.mean() > .85


def test_one_neighbour_guides():
    "All but one marker of a leg are lost while somebody walks on: the way from there to them varies less."
    truth = marker_set(seconds=8)
    visible = np.ones(truth.shape[:2], bool)
    visible[300:500] = False
    visible[300:500, 12] = True
    damaged = np.where(visible[..., None], truth, np.nan)
    done = fill_points(damaged, visible, RATE)
    assert off_mm(done.positions, truth, ~visible) < off_mm(
        METHODS['pchip'](damaged, visible, RATE), truth, ~visible)


def test_slow_optical_recordings_stay_as_they_are(shared):
    "At 24 Hz motion itself looks like noise, at 60 Hz that of runners."
    with np.load(shared/'markers'/'accad.npz') as trials:
        runs = [name for name in trials.files if '-Run-' in name and name.endswith('/X')]
        for name in runs[:6]:
            slow = trials[name].astype(float)[::5]
            seen = np.isfinite(slow).all(-1)
            np.testing.assert_array_equal(repair_points(slow, seen, 24.).positions[seen], slow[seen], name)
        for name in runs:
            fast = trials[name].astype(float)[::2]
            assert is_quiet(fast, np.isfinite(fast).all(-1), 60.), name


def test_nothing_is_filled_across_a_jump():
    truth = marker_set()
    truth[300:] += [3., 0, 1.]
    damaged = truth.copy()
    damaged[290:300, 4] = damaged[300:310, 5] = damaged[100:110, 6] = np.nan
    done = reconstruct_trial(named(damaged), None)
    lost = np.isnan(damaged[..., 0])
    assert off_mm(done.repaired.values, truth, lost) < 5
    assert '3.2 m' in done.summary.discontinuities[0] and '(3.00 s)' in done.summary.discontinuities[0]
    moment = truth.copy()
    moment[150:160] += [2., 0, 0]                       # somebody else for a tenth of a second
    back = reconstruct_trial(named(moment), None)
    assert off_mm(back.repaired.values, truth, np.s_[150:160]) < 20
    assert 'elsewhere' in back.summary.discontinuities[0]
    kept = reconstruct_trial(named(moment), None, fill_only=True)
    np.testing.assert_array_equal(kept.repaired.values, moment)


def test_a_marker_of_one_part_only():
    "A marker that is never seen before the jump comes from what its neighbours know of it."
    truth = marker_set()
    truth[300:] += [3., 0, 1.]
    damaged = truth.copy()
    damaged[:300, 4] = np.nan
    done = reconstruct_trial(named(damaged), None)
    assert off_mm(done.repaired.values, truth, np.s_[:300, 4]) < 40
    assert np.isfinite(done.uncertainty[:300, 4]).all() and (done.by[:300, 4] != '').all()


def test_markers_of_several_people_keep_their_names():
    first, second = marker_set(), marker_set(seed=1) + [1., 0, 0]
    values = np.concatenate([first, second], 1)
    labels = 'LASI RASI LPSI RPSI LTHI RTHI LKNE RKNE LTIB RTIB LANK RANK LHEE RHEE LTOE'.split()
    values[100:120, 20] = np.nan
    both = Trial.from_array(values, [f'{who}:{label}' for who in ('Ann', 'Bob') for label in labels], RATE,
                            up='y', units='m')
    done = reconstruct_trial(both, None)
    assert [gap.point for gap in done.summary.gaps] == ['Bob:RTHI']


def test_recordings_that_tell_little_say_so():
    truth = marker_set()
    still = np.tile(truth[:1], (200, 1, 1))
    still[50:60, 3] = np.nan
    assert any('nothing moves' in words for words in reconstruct_trial(named(still), None).summary.remarks)
    alone = np.full((20*truth.shape[1], *truth.shape[1:]), np.nan)
    for marker in range(truth.shape[1]):
        turn = slice(20*marker, 20*marker + 20)
        alone[turn, marker] = truth[turn, marker]
    remarks = reconstruct_trial(named(alone), None).summary.remarks
    assert any('never more than 1 point seen in one frame' in words for words in remarks)
    whole = reconstruct_trial(named(truth), None).summary
    assert not whole.discontinuities and not whole.remarks


@pytest.mark.parametrize('kind', ['walk', 'run', 'reach'])
def test_exchanged_for_the_rest(kind):
    "Two markers change labels and never change back, at any time of a recording, also where few are rigid."
    truth, rng = marker_set(kind)[:, ::2], np.random.default_rng(4)
    visible = np.ones(truth.shape[:2], bool)
    for _ in range(8):
        one, other = rng.choice(truth.shape[1], 2, replace=False).tolist()
        start, damaged = int(len(truth)*rng.uniform(.25, .75)), truth.copy()
        damaged[start:, [one, other]] = truth[start:, [other, one]]
        if np.linalg.norm(truth[start, one] - truth[start, other]) < .03: continue
        mended, seen = undo_marker_faults(damaged, visible, find_marker_faults(damaged, visible, RATE))
        np.testing.assert_array_equal(mended, truth, f'{one} and {other} from {start}')
        assert seen.all()


@pytest.mark.parametrize('joints', [False, True])
def test_frames_that_repeat_the_one_before(joints):
    "They are found, told by their numbers and seconds, and filled; with fill_only they stay and are told."
    truth = synthesize('walk', seed=2, n_frames=240).astype(float) if joints else marker_set()
    copied, at = truth.copy(), [60, 133, 134]
    copied[60], copied[133:135] = copied[59], copied[132]
    rate = 60. if joints else RATE
    trial = Trial.from_array(copied, JOINTS, rate, up='y', units='m') if joints else named(copied)
    done, kept = (reconstruct_trial(trial, load_network(), fill_only=only) for only in (False, True))
    everything = np.ones(truth[at].shape[:2], bool)
    before = off_mm(copied[at], truth[at], everything)
    assert off_mm(done.repaired.values[at], truth[at], everything) < .2*before and before > 5
    first = f'frames {trial.frames[60]} ({60/rate:.2f} s)'
    assert any(remark.startswith(first) and 'treated as gaps' in remark for remark in done.summary.remarks)
    np.testing.assert_array_equal(kept.repaired.values, trial.values)
    assert any(remark.startswith(first) and 'left as it is' in remark for remark in kept.summary.remarks)



def test_who_is_hardly_seen_is_told_to_be_guessed(shared):
    "Half of the samples lie before the first or after the last sight."
    trial = motionfm.read(shared/'files'/'opensim-core__std_walking2_markers.trc')
    told = [str(reconstruct_trial(trial, load_network(), max_uncertainty_mm=most).summary)
            for most in (None, 50)]
    assert 'is known to no better than' in told[0] and 'no better' not in told[1]
