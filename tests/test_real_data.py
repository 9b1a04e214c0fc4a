"The layout of real recordings, whole and damaged, one second at a time."
import numpy as np
import pytest

from motionfm.data import open_dataset
from motionfm.layout import LAYOUTS, as_joints, detect_layout
from motionfm.synthetic import pack_features

TRUTH = {'dataset1': 'interleaved', 'dataset10': 'interleaved', 'dataset11': 'stacked'}
RNG = np.random.default_rng(0)


def noisy(joints): return joints + RNG.normal(0, .02, joints.shape)
def zeroed(joints): return np.where(RNG.random(joints.shape[:-1])[..., None] < .3, 0, joints)
def still(joints): return np.repeat(joints[:, :1], joints.shape[1], 1)

DAMAGE = {'none': lambda joints: joints, 'noise of 2 cm': noisy, '30 % zeros': zeroed, 'millimetres': lambda joints: 1000*joints,
          'still': still, 'no arms': lambda joints: joints[:, :, :16], 'all of them': lambda joints: zeroed(1000*noisy(still(joints)))[:, :, :16]}


@pytest.mark.parametrize('name', TRUTH)
def test_layout_of_real_datasets(shared, name):
    assert open_dataset(shared/'datasets'/name).layout == TRUTH[name]


@pytest.mark.parametrize('damage', DAMAGE)
@pytest.mark.parametrize('name', TRUTH)
def test_layout_of_one_damaged_second(shared, name, damage):
    dataset = open_dataset(shared/'datasets'/name)
    joints = DAMAGE[damage](dataset.joints(np.arange(0, dataset.n_sequences, max(1, dataset.n_sequences//100))))
    for sequence in joints:
        for layout in LAYOUTS:
            table = pack_features(sequence[None], [1.7], [65.], layout)[..., :-2]
            assert detect_layout(table)[0] == layout
