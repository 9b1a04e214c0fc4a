"Keypoints of video at 25 and 30 Hz, which the network sees at 60: noise must not hide behind frames between."
import numpy as np
import pytest

import motionfm
from motionfm.body.skeleton import JOINTS
from motionfm.body.synthetic import synthesize
from motionfm.io.resample import spline
from motionfm.io.trial import Trial

COCO = [JOINTS.index(f'{side}{joint}') for joint in ('Shoulder', 'Elbow', 'Wrist', 'Hip', 'Knee', 'Ankle')
        for side in 'RL']


@pytest.mark.parametrize('joints, rate', [(COCO, 30), (COCO, 25), ([*range(20)], 30)])
def test_noise_is_smoothed(joints, rate):
    walk = synthesize('walk', seed=0, n_frames=480).astype(float)
    truth = spline(walk, np.arange(480)/60, np.arange(8*rate - rate//6)/rate)[:, joints]
    recorded = truth + np.random.default_rng(0).normal(0, .01, truth.shape)
    names = [JOINTS[joint] for joint in joints]
    repaired = motionfm.repair(Trial.from_array(recorded, names, rate, units='m', up='y'))
    before, after = (np.linalg.norm(values - truth, axis=-1).mean()
                     for values in (recorded, repaired.trial.values))
    assert after < .75*before
