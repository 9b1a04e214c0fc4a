"Noisy keypoints at other rates than the 60 Hz of the network: resampling must not hide the noise."
import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d

import motionfm
from motionfm.body.skeleton import JOINTS
from motionfm.body.synthetic import synthesize
from motionfm.estimate.noise import RADII_68
from motionfm.io.resample import spline
from motionfm.io.trial import Trial
from motionfm.reconstruct.pipeline import repair_positions

COCO = [JOINTS.index(f'{side}{joint}') for joint in ('Shoulder', 'Elbow', 'Wrist', 'Hip', 'Knee', 'Ankle')
        for side in 'RL']


def recorded_walk(rate: float, noise: float) -> tuple[np.ndarray, np.ndarray]:
    "(T, 20, 3) metres, eight seconds of a walk, and the same with noise."
    walk = synthesize('walk', seed=0, n_frames=480).astype(float)
    truth = spline(walk, np.arange(480)/60, np.arange(8*rate - rate//6)/rate)
    return truth, truth + np.random.default_rng(0).normal(0, noise, truth.shape)


@pytest.mark.parametrize('joints, rate', [(COCO, 30), (COCO, 25), ([*range(20)], 30), ([*range(1, 19)], 30)])
def test_noise_is_smoothed(joints, rate):
    truth, recorded = (values[:, joints] for values in recorded_walk(rate, .01))
    names = [JOINTS[joint] for joint in joints]
    repaired = motionfm.repair(Trial.from_array(recorded, names, rate, units='m', up='y'))
    before, after = (np.linalg.norm(values - truth, axis=-1).mean()
                     for values in (recorded, repaired.trial.values))
    assert after < .75*before


@pytest.mark.parametrize('rate', [25, 30, 50, 120, 250])
def test_the_uncertainty_of_what_was_seen_holds(rate):
    truth, recorded = recorded_walk(rate, .01)
    visible = np.broadcast_to(np.isin(np.arange(20), COCO), truth.shape[:2])
    found = repair_positions(recorded, visible, rate=rate)
    off, told = np.linalg.norm(found.positions - truth, axis=-1)[visible], found.uncertainty[visible]
    assert .5 < (off <= told).mean() < .9 and (off <= 2*told).mean() > .9


@pytest.mark.parametrize('rate', [30, 60, 120])
def test_what_stays_as_it_was_seen_is_as_uncertain_as_its_noise(rate):
    truth, recorded = recorded_walk(rate, .0012)
    found = repair_positions(recorded, rate=rate)
    kept = np.linalg.norm(found.positions - recorded, axis=-1) < 1e-6
    assert kept.mean() > .8
    np.testing.assert_allclose(np.median(found.uncertainty[kept]), RADII_68*.0012, rtol=.25)
    exact = repair_positions(recorded, rate=rate, fill_only=True)
    off = np.linalg.norm(exact.positions - truth, axis=-1)
    assert .6 < (off <= exact.uncertainty).mean() < .85


@pytest.mark.parametrize('rate, share', [(60, .6), (120, .5)])
def test_two_millimetres_of_noise_are_smoothed(rate, share):
    "Less than the network moves recordings by whose noise it does not know: noise explains how far it goes."
    truth, recorded = recorded_walk(rate, .002)
    off = [np.linalg.norm(values - truth, axis=-1).mean()
           for values in (repair_positions(recorded, rate=rate).positions, recorded)]
    assert off[0] < share*off[1]


def test_jitter_that_lasts_counts_where_nothing_that_was_seen_may_change():
    "Keypoints that were filtered already have hardly any noise from frame to frame."
    truth, _ = recorded_walk(60, 0.)
    jitter = gaussian_filter1d(np.random.default_rng(0).normal(size=truth.shape), 4, axis=0)
    found = repair_positions(truth + .01*jitter/jitter.std(), fill_only=True)
    assert np.median(found.uncertainty) > .005
    assert np.median(repair_positions(truth, fill_only=True).uncertainty) < .001
