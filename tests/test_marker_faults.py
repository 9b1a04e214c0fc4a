"Faults that are put into real marker sets are found and undone; what is there of itself is left alone."
import warnings
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest

import motionfm
from motionfm.body.skeleton import JOINTS
from motionfm.estimate.gap_filling import fill_points
from motionfm.evaluation.scenarios import SCENARIOS
from motionfm.io.trial import Trial
from motionfm.reconstruct.marker_faults import find_marker_faults, undo_marker_faults
from motionfm.reconstruct.pipeline import load_network
from motionfm.reconstruct.trials import reconstruct_trial

TRIALS = {
    'labs': ['HC031A-Turn-HC031A23-c3d', 'HC039A-Turn-HC039A31-c3d', 'HC050A-Turn-HC050A33-c3d',
             'grf-OpenCapUnfiltered-MarkerData-DJ1-trc', 'p-pyCGM-SampleData-Test-Files-Movement-trial-c3d'],
    'accad': ['male1_Male2-Walk-turn-right-90']}


class Recording(NamedTuple):
    "A marker set as it was recorded."
    positions: np.ndarray   # (T, M, 3) metres
    visible: np.ndarray     # (T, M)
    rate: float             # frames per second


@pytest.fixture(scope='module')
def recordings(shared) -> list[Recording]:
    found = []
    for file, trials in TRIALS.items():
        with np.load(shared/'markers'/f'{file}.npz') as markers:
            for trial in trials:
                positions = markers[f'{trial}/X'].astype(float)
                visible = np.isfinite(positions).all(-1)
                found.append(Recording(positions, visible, float(markers[f'{trial}/rate'])))
    return found


def test_real_markers_are_left_alone(recordings):
    for positions, visible, rate in recordings[:len(TRIALS['labs'])]:   # accad has flickers of its own
        faults = find_marker_faults(positions, visible, rate)
        assert (faults.order == np.arange(visible.shape[1])).all()
        assert not faults.outliers.any() and not faults.held.any()


def neighbour_of(recording: Recording, marker: int, rng: np.random.Generator) -> int:
    "One of the four markers that are nearest."
    positions = recording.positions[::10]
    distances = np.nanmedian(np.linalg.norm(positions - positions[:, marker, None], axis=-1), 0)
    distances[marker] = np.inf
    return int(rng.choice(np.argsort(distances)[:4]))


def draw(recording: Recording, rng: np.random.Generator) -> tuple[int, int, int, int]:
    "A marker, a neighbour, and some frames in which both are seen."
    while True:
        marker, start = (int(rng.integers(size)) for size in reversed(recording.visible.shape))
        stop = start + int(rng.integers(5, recording.rate))
        other = neighbour_of(recording, marker, rng)
        around = recording.visible[start - 5:stop + 5, [marker, other]]
        if start > 5 and stop < len(recording.visible) - 5 and around.all(): return marker, other, start, stop


def share_mended(recordings, damage, times: int = 2) -> float:
    "The share of faults that `damage` makes in copies of recordings, and that are undone."
    rng, mended = np.random.default_rng(0), []
    for recording in recordings*times:
        positions, visible = recording.positions.copy(), recording.visible.copy()
        wrong = damage(positions, visible, *draw(recording, rng), rng)
        faults = find_marker_faults(positions, visible, recording.rate)
        right, kept = undo_marker_faults(positions, visible, faults)
        error = np.linalg.norm(right - recording.positions, axis=-1)
        mended.append(not (kept & wrong & ~(error < .01)).any())
    return float(np.mean(mended))


def exchange(positions, visible, marker, other, start, stop, rng):
    wrong = np.zeros_like(visible)
    wrong[start:stop, [marker, other]] = True
    positions[start:stop, [marker, other]] = positions[start:stop, [other, marker]]
    return wrong


def relabel(positions, visible, marker, other, start, stop, rng):
    wrong = np.zeros_like(visible)
    wrong[start:stop, [marker, other]] = True
    positions[start:stop, marker] = positions[start:stop, other]
    positions[start:stop, other], visible[start:stop, other] = np.nan, False
    return wrong


def flicker(positions, visible, marker, other, start, stop, rng):
    wrong, stop = np.zeros_like(visible), start + int(rng.integers(1, 11))
    wrong[start:stop, marker] = True
    off = rng.normal(size=(stop - start, 3))
    off *= rng.uniform(.04, .2)/np.linalg.norm(off, axis=-1, keepdims=True)
    positions[start:stop, marker] += off
    return wrong


def hold(positions, visible, marker, other, start, stop, rng):
    wrong, stop = np.zeros_like(visible), min(start + 30, stop)
    wrong[start + 3:stop, marker] = np.ptp(positions[start:stop, marker], 0).max() > .05
    positions[start:stop, marker] = positions[start - 1, marker]
    return wrong


def jump(positions, visible, marker, other, start, stop, rng):
    "For longer than a flicker: nobody knows the way between, but the neighbours know the place."
    wrong, stop = np.zeros_like(visible), max(stop, start + 20)
    wrong[start:stop, marker] = True
    off = rng.normal(size=3)
    positions[start:stop, marker] += off*rng.uniform(.04, .1)/np.linalg.norm(off)
    return wrong


def double(positions, visible, marker, other, start, stop, rng):
    "Two labels on one marker."
    wrong = np.zeros_like(visible)
    wrong[start:stop, marker] = True
    positions[start:stop, marker] = positions[start:stop, other]
    return wrong


def relabel_for_good(positions, visible, marker, other, start, stop, rng):
    return relabel(positions, visible, marker, other, start, len(visible), rng)


def hold_from_the_beginning(positions, visible, marker, other, start, stop, rng):
    "The first position that was seen, written into all frames before."
    wrong, start = np.zeros_like(visible), max(start, 20)
    wrong[:start - 10, marker] = np.ptp(positions[:start, marker], 0).max() > .1
    positions[:start, marker] = positions[start, marker]
    return wrong


@pytest.mark.parametrize('damage, least', [
    (exchange, .9), (relabel, .9), (flicker, .9), (hold, .9), (jump, .75), (double, .9),
    (relabel_for_good, .7), (hold_from_the_beginning, .75)], ids=lambda one: getattr(one, '__name__', ''))
def test_faults_are_undone(recordings, damage, least):
    assert share_mended(recordings, damage) >= least


def test_samples_beside_gaps(recordings):
    "Half a second of a marker is filled as if samples beside it had been right; it is told whose were not."
    errors = []
    for number, (truth, _, rate) in enumerate(recordings[:5]):
        damaged, visible = SCENARIOS['gap_edges'].damage(truth, np.random.default_rng(number), rate)
        hidden, names = np.isfinite(truth).all(-1) & ~visible, [f'M{at}' for at in range(truth.shape[1])]
        recorded = np.where(visible[..., None], damaged, np.nan)
        mended = motionfm.repair(Trial.from_array(recorded, names, rate, units='m', up='z'))
        spoilt = fill_points(recorded, visible, rate).positions
        clean = fill_points(truth, visible, rate).positions
        errors.append([np.linalg.norm(filled - truth, axis=-1)[hidden].mean()
                       for filled in (mended.trial.values, spoilt, clean)])
        lost = [names[at] for at in np.flatnonzero(hidden.any(0))]
        assert any(remark.startswith(tuple(f'{name} was in a wrong place' for name in lost))
                   for remark in mended.summary.remarks)
    found, spoilt, clean = np.exp(np.log(errors).mean(0))
    assert found - clean < .25*(spoilt - clean), errors


def test_no_warnings(shared):
    "A marker that is never seen together with its neighbours is no reason for a warning of numpy's."
    with warnings.catch_warnings():
        warnings.simplefilter('error', RuntimeWarning)
        motionfm.repair(shared/'files'/'kineticstoolkit__duplicate_labels.c3d')


@pytest.mark.parametrize('trial, pair, span, hidden', [
    ('im-OpenCapTest-subject3-MarkerData-Mocap-DJ2-trc', (40, 17), (253, 371), None),   # a third one begins
    ('-kineticstoolkit-data-kinematics-racing-full-c3d', (16, 17), (204, 419), None),   # one is sure
    ('-kineticstoolkit-data-kinematics-racing-full-c3d', (27, 36), (202, 419), None),   # one is lost
    ('-kineticstoolkit-data-kinematics-racing-full-c3d', (19, 22), (290, 303), (280, 290))])   # after a gap
def test_one_half_of_an_exchange_speaks_for_the_other(shared, trial, pair, span, hidden):
    positions, _, rate = lab_trial(shared, trial)
    positions, (start, stop) = positions[:round(6*rate)].copy(), span
    if hidden: positions[slice(*hidden), pair[0]] = np.nan
    damaged = positions.copy()
    damaged[start:stop, pair] = positions[start:stop, pair[::-1]]
    visible = np.isfinite(damaged).all(-1)
    mended, _ = undo_marker_faults(damaged, visible, find_marker_faults(damaged, visible, rate))
    np.testing.assert_array_equal(mended[start:stop, pair], positions[start:stop, pair])


def lab_trial(shared, name: str) -> Recording:
    with np.load(shared/'markers'/'labs.npz') as markers:
        positions, rate = markers[f'{name}/X'].astype(float), float(markers[f'{name}/rate'])
    return Recording(positions, np.isfinite(positions).all(-1), rate)


@pytest.mark.parametrize('trial, pair, span', [
    ('im-OpenCapTest-subject3-MarkerData-Mocap-DJ2-trc', (5, 3), (216, 294)),   # speed unknown, distances fit
    ('HC036A-Straight-HC036A10-c3d', (32, 33), (63, 153)),                      # which end nearly fits alone
    ('icstoolkit-data-kinematics-sample-propulsion-c3d', (10, 11), (442, 454)),   # a third one would do, too
    ('icstoolkit-data-kinematics-sample-propulsion-c3d', (26, 24), (162, 198))])
def test_a_label_that_went_on_at_another_marker_goes_home(shared, trial, pair, span):
    positions, _, rate = lab_trial(shared, trial)
    damaged, (one, other), frames = positions.copy(), pair, slice(*span)
    damaged[frames, one], damaged[frames, other] = positions[frames, other], np.nan
    visible = np.isfinite(damaged).all(-1)
    mended, kept = undo_marker_faults(damaged, visible, find_marker_faults(damaged, visible, rate))
    assert not kept[frames, one].any()
    mended[frames, one] = positions[frames, one]
    np.testing.assert_array_equal(mended[kept], positions[kept])


@pytest.mark.parametrize('trial, marker, span', [
    ('HC040A-Straight-HC040A14-c3d', 26, (158, 202)),                       # neighbours move much farther
    ('-kineticstoolkit-data-kinematics-racing-full-c3d', 29, (115, 144))])  # it comes back near its place
def test_a_marker_that_stays_while_the_body_moves_on_is_held(shared, trial, marker, span):
    positions, visible, rate = lab_trial(shared, trial)
    frames = slice(*span)
    positions[frames, marker] = positions[span[0] - 1, marker]
    faults = find_marker_faults(positions, visible, rate)
    np.testing.assert_array_equal(np.flatnonzero(faults.held[:, marker]), np.arange(*span))


@pytest.mark.parametrize('known', [True, False])
def test_a_foot_on_the_ground_is_not_held(known, shared):
    "Also where it starts, lands, or the whole body jumps."
    trial = motionfm.read(shared/'cases'/'27_trc_jumps_to_another_person.trc')
    unknown = tuple(f'U{number}' for number, _ in enumerate(trial.markers))
    if not known: trial = replace(trial, markers=unknown)
    done = reconstruct_trial(trial, load_network())
    assert '2.0 m' in str(done.summary) and 'repeat' not in str(done.summary)
    np.testing.assert_array_equal(done.repaired.values, trial.values)



def test_a_wrist_at_the_place_of_the_other_one(shared):
    "What is found far off only by the repair itself must not stand in it: the gap is filled without that."
    with np.load(shared/'people'/'optical.npz') as people:
        truth = people['incomplete_markers-smpl'].astype(float)
    recorded, right, left = truth.copy(), JOINTS.index('RWrist'), JOINTS.index('LWrist')
    recorded[100:140, right] = truth[100:140, left]
    repaired = motionfm.repair(Trial.from_array(recorded, JOINTS, 60, units='m', up='y'))
    off = np.linalg.norm(repaired.trial.values - truth, axis=-1)
    assert off[100:140, right].max() < .05
    off[100:140, right] = 0
    assert off.max() < 1e-9


@pytest.fixture(scope='module')
def standing(shared) -> Recording:
    "Who walks and then stands still, so that positions repeat; the last marker has a second name."
    trial = motionfm.read(shared/'files'/'kineticstoolkit__walkingOptiTrack.c3d')
    often = np.isfinite(trial.values).all(-1).mean(0) > .9
    positions = trial.values[:, often]*{'mm': .001, 'm': 1.}[trial.units]
    positions = np.concatenate([positions, positions[:, -1:]], 1)
    return Recording(positions, np.isfinite(positions).all(-1), trial.rate)


@pytest.mark.parametrize('noise', [.005, .02])
def test_noise_is_no_exchange(noise, standing):
    "Where nothing is seen for a while, a velocity from two noisy frames leads far away."
    noisy = np.nan_to_num(standing.positions)
    noisy += np.random.default_rng(0).normal(0, noise, noisy.shape)
    damaged, seen = SCENARIOS['frames'].damage(noisy, np.random.default_rng(1), standing.rate)
    faults = find_marker_faults(damaged, seen & standing.visible, standing.rate)
    assert (faults.order == np.arange(seen.shape[1])).all()


def test_who_stands_still_is_not_held(standing):
    "Spikes are found; hardly anything between them is taken for wrong, also of a marker with two names."
    truth = np.nan_to_num(standing.positions)
    damaged, seen = SCENARIOS['spikes'].damage(truth, np.random.default_rng(0), standing.rate)
    seen &= standing.visible
    faults = find_marker_faults(damaged, seen, standing.rate)
    wrong = (damaged != truth).any(-1) & seen
    assert (faults.outliers | faults.held)[wrong].mean() > .8
    assert (faults.outliers | faults.held)[seen & ~wrong].mean() < .01


@pytest.mark.parametrize('scenario', ['relabel', 'flicker'])
def test_faults_that_stay_mislead_no_fill(scenario, recordings):
    "With `fill_only` labels stay as they are; a marker whose label is lost is filled with where it was seen."
    truth, visible, rate = recordings[0]
    damaged, seen = SCENARIOS[scenario].damage(np.nan_to_num(truth), np.random.default_rng(0), rate)
    seen &= visible
    rng = np.random.default_rng(1)
    for marker in rng.permutation(seen.shape[1])[:5]: seen[40:60, marker] = False
    values = np.where(seen[..., None], damaged, np.nan)
    names = [f'U{number}' for number in range(seen.shape[1])]
    trial = Trial.from_array(values, names, rate, up='z', units='m')
    done = reconstruct_trial(trial, load_network(), fill_only=True)
    np.testing.assert_array_equal(done.repaired.values[seen], values[seen])
    off = np.linalg.norm(done.repaired.values - truth, axis=-1)[visible & ~seen]
    assert off.mean() < .006
