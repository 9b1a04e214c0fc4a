"Real recordings in C3D and BVH, which lie beside the repository in a folder `shared`."
import numpy as np
import pytest

from motionfm.body.skeleton import JOINTS
from motionfm.io.files import read_trial, write_trial


@pytest.fixture
def walking(shared):
    return read_trial(shared/'c3d'/'walking2.c3d')


def test_walking_is_read(walking):
    assert (walking.values.shape, walking.rate, walking.units, walking.up) == (
        (1249, 44, 3),
        250.0,
        'mm',
        'z',
    )
    assert np.isnan(walking.values).all(-1).sum() == np.isnan(walking.values).any(-1).sum() == 27567
    assert walking.contents.analogs.shape == (1, 12, 9992)
    assert (walking.frames[0], walking.times[0], len(walking.extra)) == (1, 0.0, 38)
    assert set(walking.columns) == {
        side + joint for side in 'RL' for joint in ('Hip', 'Knee', 'Ankle')
    }  # joint centres, as RKJC
    assert walking.notes[0].startswith('z points up: from RAnkle to RHip it is')


def test_walking_survives_a_round_trip(walking, tmp_path):
    write_trial(tmp_path/'again.c3d', walking)
    again = read_trial(tmp_path/'again.c3d')
    np.testing.assert_array_equal(again.values, walking.values)
    for name in 'analogs', 'residuals', 'cameras':
        np.testing.assert_array_equal(getattr(again.contents, name), getattr(walking.contents, name))
    for group, entries in walking.contents.parameters.items():
        for name, entry in entries.items():
            if name in ('__METADATA__', 'DATA_START'): continue
            assert np.array_equal(
                np.asarray(entry['value']), np.asarray(again.contents.parameters[group][name]['value'])
            ), f'{group}:{name}'


def test_walking_in_other_formats(walking, tmp_path):
    for ending in '.trc', '.csv', '.npz':
        write_trial(tmp_path/f'walking{ending}', walking)
        again = read_trial(tmp_path/f'walking{ending}')
        np.testing.assert_array_equal(again.values, walking.values)
        assert (again.markers, again.rate, again.units) == (walking.markers, walking.rate, walking.units)
        assert ending == '.trc' or again.up == 'z'


@pytest.mark.parametrize('name', ['07_01', '06_05'])
def test_bvh_is_the_person_that_is_known_from_elsewhere(shared, people, name):
    "Below the waist: this conversion leaves out a bone of the trunk and one of each forearm."
    trial, known = read_trial(shared/'bvh'/f'{name}.bvh'), people[name]
    assert (trial.joint_names, trial.missing_joints, trial.rate, trial.units, trial.up) == (
        JOINTS,
        (),
        120.0,
        'm',
        'y',
    )
    assert trial.frames[0] == 2 and 'an added pose' in ' '.join(trial.notes)
    found = trial.positions[::2][:len(known)]
    error = dict(zip(JOINTS, np.linalg.norm(found - known[:len(found)], axis=-1).mean(0)))
    derived = {side + joint for side in 'RL' for joint in ('Heel', 'SmallToe', 'BigToe')}
    legs = {'midHip', *(side + joint for side in 'RL' for joint in ('Hip', 'Knee', 'Ankle'))}
    assert max(error[joint] for joint in legs) < 5e-4, error
    assert max(error[joint] for joint in derived) < .015, error


def test_arrays_of_whole_trials(people, tmp_path):
    known = people['05_02']
    np.savez(tmp_path/'walk.npz', walk=known, fps=60)
    trial = read_trial(tmp_path/'walk.npz')
    assert (trial.units, trial.up, trial.markers) == ('m', 'y', JOINTS)
    np.testing.assert_array_equal(np.float32(trial.positions), known)


def test_squats_through_all_formats(shared, tmp_path):
    trial = read_trial(shared/'trc'/'squats.trc')
    for ending in '.csv', '.npz':
        write_trial(tmp_path/f'squats{ending}', trial)
        np.testing.assert_array_equal(read_trial(tmp_path/f'squats{ending}').positions, trial.positions)
