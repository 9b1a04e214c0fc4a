"Real recordings in TRC: read, written and read again. They lie beside the repository, in a folder `shared`."
from pathlib import Path

import numpy as np
import pytest

from motionfm.body.skeleton import bone_lengths, JOINTS
from motionfm.io.files import read_trial, write_trial

FOLDER = Path(__file__).resolve().parents[1].parent/'shared'/'trc'
pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason='no recordings in ../shared/trc beside the repository'
)


def test_squats_is_a_whole_person():
    trial = read_trial(FOLDER/'squats.trc')
    assert (trial.joint_names, trial.missing_joints, trial.extra) == (JOINTS, (), ())
    assert (len(trial.frames), trial.rate, trial.units) == (581, 60.0, 'm')
    assert trial.visible.all()
    thigh = bone_lengths(trial.positions, [(JOINTS.index('RHip'), JOINTS.index('RKnee'))])
    assert 0.3 < np.median(thigh) < 0.6


def test_squats_first_numbers():
    trial = read_trial(FOLDER/'squats.trc')
    np.testing.assert_array_equal(trial.values[0, 0], [0.98717, 1.07375, -0.3189])
    np.testing.assert_array_equal(trial.positions[0, JOINTS.index('LWrist')], trial.values[0, 6])


def test_all_spellings_of_nan_are_gaps():
    trial = read_trial(next(FOLDER.glob('OpenSim*')))
    assert (trial.values.shape, trial.rate, trial.units) == ((5, 14, 3), 250.0, 'mm')
    assert np.isnan(trial.values).all((0, 2)).sum() == 1
    assert np.isnan(trial.values).sum() == 15
    assert len(trial.joint_names) == len(trial.missing_joints) == 16 and len(trial.extra) == 14


@pytest.mark.parametrize('path', sorted(FOLDER.glob('*.trc')) or ['none'], ids=lambda path: Path(path).stem)
def test_there_and_back(path, tmp_path):
    trial = read_trial(path)
    write_trial(tmp_path/'again.trc', trial)
    again = read_trial(tmp_path/'again.trc')
    for name in 'values', 'times', 'frames':
        np.testing.assert_array_equal(getattr(again, name), getattr(trial, name))
    assert (again.markers, again.rate, again.units) == (trial.markers, trial.rate, trial.units)
    write_trial(tmp_path/'third.trc', again)
    assert (tmp_path / 'third.trc').read_text().split('\n')[1:] == (tmp_path / 'again.trc').read_text().split(
        '\n'
    )[1:]


def test_filling_gaps_leaves_the_rest_alone(tmp_path):
    whole = read_trial(FOLDER/'squats.trc')
    hidden = np.random.default_rng(0).random((len(whole.frames), 20)) < 0.2
    gappy = whole.with_positions(np.full(whole.positions.shape, np.nan), where=hidden)
    write_trial(tmp_path/'gappy.trc', gappy)
    gappy = read_trial(tmp_path/'gappy.trc')
    np.testing.assert_array_equal(gappy.visible, ~hidden)
    write_trial(
        tmp_path / 'filled.trc',
        gappy.with_positions(np.broadcast_to([1.0, 2.0, 3.0], whole.positions.shape), where=hidden),
    )
    filled = read_trial(tmp_path/'filled.trc')
    np.testing.assert_array_equal(
        filled.positions, np.where(hidden[..., None], [1.0, 2.0, 3.0], whole.positions)
    )
