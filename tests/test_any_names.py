"Any named points: keypoint sets, marker sets, several people, kinds of columns, in real recordings."
from dataclasses import replace

import numpy as np
import pytest

from motionfm.basics import DataError
from motionfm.estimate.neighbours import segment_markers
from motionfm.io.files import read_trial, write_trial
from motionfm.io.joint_names import find_joint, joint_columns
from motionfm.io.kinds import classify_points, select_subject, with_subject
from motionfm.io.point_names import marker_set_of, subjects_of
from motionfm.io.points import points_of
from motionfm.io.trial import swaying_trial, Trial
from motionfm.reconstruct.pipeline import load_network
from motionfm.reconstruct.points import is_quiet
from motionfm.reconstruct.trials import reconstruct_trial

LIMBS = 'shoulder elbow wrist hip knee ankle'.split()


def both(words: str, spell: str = '{side}_{word}') -> list[str]:
    return [spell.format(side=side, word=word) for word in words.split() for side in ('left', 'right')]


BLAZEPOSE = both('eye ear ' + ' '.join(LIMBS) + ' pinky index thumb heel foot_index')
SMPL = ('Pelvis L_Hip R_Hip Spine1 L_Knee R_Knee Spine2 L_Ankle R_Ankle Spine3 L_Foot R_Foot Neck L_Collar '
        'R_Collar Head L_Shoulder R_Shoulder L_Elbow R_Elbow L_Wrist R_Wrist L_Hand R_Hand').split()
KINECT = ('SpineBase SpineMid Neck Head ShoulderLeft ElbowLeft WristLeft HandLeft ShoulderRight ElbowRight '
          'WristRight HandRight HipLeft KneeLeft AnkleLeft FootLeft HipRight KneeRight AnkleRight FootRight '
          'SpineShoulder').split()
AZURE = ['PELVIS', 'SPINE_NAVEL', 'SPINE_CHEST', 'NECK', 'HEAD',
         *(f'{word}_{side}'.upper() for word in LIMBS + ['foot', 'clavicle'] for side in ('left', 'right'))]
H36M = ('root right_hip right_knee right_foot left_hip left_knee left_foot spine thorax neck_base head '
        'left_shoulder left_elbow left_wrist right_shoulder right_elbow right_wrist').split()
COCO_133 = ['nose', *both('eye ear ' + ' '.join(LIMBS) + ' big_toe small_toe heel'),
            *(f'face-{number}' for number in range(68)),
            *both(' '.join(f'{finger}{joint}' for finger in ('thumb', 'pinky') for joint in (1, 2, 3)))]


@pytest.mark.parametrize('names, count', [
    (BLAZEPOSE, 16), (SMPL, 13), (KINECT, 14), (AZURE, 14), (H36M, 14), (COCO_133, 18),
    ([name.upper() for name in BLAZEPOSE], 16), ([f'S1_{name}' for name in COCO_133], 18),
    ([f'body_{name}' for name in BLAZEPOSE], 16), ([f'Bob:{name}' for name in SMPL], 13)])
def test_keypoint_sets(names, count):
    columns = joint_columns(names)
    assert len(columns) == count and marker_set_of(names) is None and list(subjects_of(names)) == ['']
    for joint, column in columns.items():   # left is left
        if joint[0] in 'RL' and joint != 'Neck':
            name = names[column].lower().removeprefix('s1_').removeprefix('body_').removeprefix('bob:')
            side = 'r' if 'right' in name or name.startswith('r_') else 'l'
            assert side == joint[0].lower(), (joint, names[column])


def test_ankle_and_foot():
    columns = joint_columns(SMPL)
    assert SMPL[columns['RAnkle']] == 'R_Ankle' and not {'RBigToe', 'midHip'} & set(columns)
    assert H36M[joint_columns(H36M)['RAnkle']] == 'right_foot'
    assert KINECT[joint_columns(KINECT)['Neck']] == 'SpineShoulder'
    assert find_joint('FootLeft') is find_joint('LKNE') is find_joint('LeftToeBase') is None


MIXAMO = {   # what a skeleton calls the joints that it has
    'LHip': 'LeftUpLeg', 'LKnee': 'LeftLeg', 'LAnkle': 'LeftFoot', 'LBigToe': 'LeftToeBase',
    'LShoulder': 'LeftArm', 'LElbow': 'LeftForeArm', 'LWrist': 'LeftHand', 'RHip': 'RightUpLeg',
    'RKnee': 'RightLeg', 'RAnkle': 'RightFoot', 'RBigToe': 'RightToeBase', 'RShoulder': 'RightArm',
    'RElbow': 'RightForeArm', 'RWrist': 'RightHand', 'Neck': 'Neck'}
OPENSIM = {side + joint: f'{joint.lower()}_{side.lower()}' for side in 'RL'
           for joint in ('Hip', 'Knee', 'Ankle', 'Shoulder', 'Elbow', 'Wrist')}


@pytest.mark.parametrize('ending', ['trc', 'c3d', 'csv', 'txt'])
@pytest.mark.parametrize('called', [
    MIXAMO, {joint: f'mixamorig:{name}' for joint, name in MIXAMO.items()}, OPENSIM])
def test_nodes_of_a_skeleton_are_joints_in_any_format(tmp_path, called, ending):
    "Not only in BVH: the same names as points."
    person = swaying_trial(units='mm')
    joints = list(called)
    values = person.values[:, [person.markers.index(joint) for joint in joints]]
    collar = values[:, [joints.index('LShoulder')]]*[.5, 1, 1]
    others = ['clavicle_l', 'pelvis'] if called is OPENSIM else ['mixamorig:LeftShoulder', 'mixamorig:Hips']
    values = np.concatenate([values, collar, person['midHip'][:, None] + [0, 100, 0]], 1)
    trial = Trial.from_array(values, [*called.values(), *others], 60, 'mm', 'y')
    write_trial(tmp_path/f'walk.{"csv" if ending == "txt" else ending}', trial)
    if ending == 'txt': (tmp_path/'walk.csv').rename(tmp_path/'walk.txt')
    again = read_trial(tmp_path/f'walk.{ending}')
    assert (again.up, again.units) == ('y', 'mm') and set(again.columns) == set(joints)
    order = [again.columns[joint] for joint in joints]
    np.testing.assert_allclose(again.values[:, order], values[:, :len(joints)], rtol=1e-6)


@pytest.mark.parametrize('file, kind, n_joints', [
    ('pyCGM__Sample_Static.c3d', 'Plug-in Gait', 13), ('biomechzoo__HC031A06.c3d', 'Plug-in Gait', 13),
    ('opensim-core__init100.trc', 'Helen Hayes', 0), ('opensim-core__subject01_static.trc', 'gait2392', 0),
    ('opensim-core__dataWithNaNsWithSpaces.trc', 'Rajagopal', 0),
    ('kineticstoolkit__Qualisys.c3d', 'CAST', 0),
    ('opensim-core__temp_trc_file.trc', 'CAST', 6), ('Pose2Sim_Blender__Pose2Sim_markers.trc', None, 19),
    ('kineticstoolkit__racing_full.c3d', None, 0)])
def test_marker_sets_of_real_files(shared, file, kind, n_joints):
    trial = read_trial(shared/'files'/file)
    assert (marker_set_of(trial.markers), len(trial.columns)) == (kind, n_joints)
    assert 'of 16 joints' not in repr(trial)


def test_marker_sets_of_laboratories(shared):
    with np.load(shared/'markers'/'labs.npz') as labs:
        sets = {key: marker_set_of(labs[key].tolist()) for key in labs.files if key.endswith('/names')}
    assert {kind for key, kind in sets.items() if 'HC0' in key} == {'Plug-in Gait'}
    opencap = {kind for key, kind in sets.items() if 'grf-' in key or 'osim-Det' in key}
    assert opencap == {'OpenCap validation'}
    with np.load(shared/'markers'/'accad.npz') as accad:
        names = [accad[key].tolist() for key in accad.files if key.endswith('/names')]
    assert set(map(marker_set_of, names)) == {'CMU-41'}


def test_skin_marker_and_joint_centre(shared):
    trial = read_trial(shared/'cases'/'21_trc_skin_marker_and_joint_centre.trc')
    assert trial.markers[trial.columns['RKnee']] == 'R_KJC' and 'r_knee' in trial.extra
    assert any("RKnee is 'R_KJC' and not 'r_knee'" in note for note in trial.notes)


@pytest.mark.parametrize('file, people', [
    ('25_trc_two_people.trc', ['P1', 'P2']), ('31_c3d_two_people.c3d', ['Human1', 'Human2'])])
def test_two_people(shared, tmp_path, file, people):
    trial = read_trial(shared/'cases'/file)
    assert list(subjects_of(trial.markers)) == people and trial.columns == {}
    second = select_subject(trial, people[1])
    assert len(second.columns) == 20 == len(second.markers)
    write_trial(tmp_path/f'second{file[-4:]}', second)
    again = read_trial(tmp_path/f'second{file[-4:]}')
    assert again.markers == second.markers and again.up == trial.up
    back = with_subject(trial, replace(second, values=second.values + 1))
    np.testing.assert_array_equal(back.values[:, :20], trial.values[:, :20])
    np.testing.assert_array_equal(back.values[:, 20:], trial.values[:, 20:] + 1)


@pytest.mark.parametrize('unit, factor', [('m', 1), ('cm', 100), ('mm', 1000)])
def test_unit_and_axis_of_a_set_without_joints(shared, unit, factor):
    with np.load(shared/'markers'/'labs.npz') as labs:
        keys = [key[:-2] for key in labs.files if key.endswith('/X')][::8]
        for key in keys:
            names, rate = labs[f'{key}/names'].tolist(), float(labs[f'{key}/rate'])
            named = Trial.from_array(labs[f'{key}/X'], names, rate)
            nameless = Trial.from_array(labs[f'{key}/X']*factor, [f'q{n}' for n in range(len(names))], rate)
            assert nameless.units == unit, key
            assumed = any('assumption' in note for note in nameless.notes)
            assert assumed or nameless.up == named.up, key


@pytest.mark.parametrize('said, factor, right', [
    ('m', 1000, 'mm'), ('m', 100, 'cm'), ('mm', 1, 'm'), ('feet', 1/.3048, 'feet'), ('m', 9, 'm')])
def test_an_impossible_unit_of_a_set_without_legs(said, factor, right, tmp_path):
    "Markers that span 1.4 km are in millimetres; those that span 13 m may be more than a body, and stay."
    trial, path = swaying_trial(60), tmp_path/'walk.trc'
    names = [f'q{number}' for number in range(len(trial.markers))]
    write_trial(path, replace(trial, values=trial.values/1000*factor, units=said, markers=names))
    found = read_trial(path)
    assert found.units == right
    assert ('so it is taken for' in ' '.join(found.notes)) == (said != right)


def kinds(shared, file) -> dict[str, list[str]]:
    trial, found = read_trial(shared/file), {}
    for name, kind in zip(trial.markers, classify_points(trial)): found.setdefault(kind, []).append(name)
    return found


def test_kinds_of_columns(shared):
    zoo = kinds(shared, 'files/biomechzoo__HC031A06.c3d')
    numbers = {'LKneeAngles', 'LFETBA', 'RNormalisedGRF', 'RHipPower', 'LArchHeight'}
    assert numbers <= set(zoo['not a position']) and set(zoo) == {'point', 'not a position'}
    assert {'LKNE', 'RHEE', 'CentreOfMass', 'RFEO', 'LAJC'} <= set(zoo['point'])
    chair = kinds(shared, 'files/kineticstoolkit__sample_propulsion.c3d')
    assert set(chair['instrument']) == {'WheelchairRearR', 'WheelchairRearL', 'WheelchairFront'}
    assert set(chair['ghost']) == {f'Probe{number}' for number in range(1, 7)}
    case = kinds(shared, 'cases/37_c3d_force_as_point_and_ghost_marker.c3d')
    assert (case['not a position'], case['ghost']) == (['RGroundReactionForce'], ['*1'])
    assert len(case['point']) == 20


def test_squatting_feet_are_no_things(shared):
    assert set(kinds(shared, 'trc/squats.trc')) == {'point'}
    trial = read_trial(shared/'trc'/'squats.trc')
    nameless = Trial.from_array(trial.values, [f'q{n}' for n in range(20)], trial.rate)
    assert set(classify_points(nameless)) == {'point'}


def test_optical_recordings_are_quiet_and_videos_are_not(shared):
    "What was seen by markers stays as it is; keypoints are smoothed."
    with np.load(shared/'markers'/'labs.npz') as sets:
        for key in (name for name in sets if name.endswith('/X')):
            positions = sets[key].astype(float)
            assert is_quiet(positions, np.isfinite(positions).all(-1)), key
    video = points_of(read_trial(shared/'trc'/'squats.trc'))
    assert not is_quiet(video.positions, video.visible)


def test_markers_are_not_filled_from_centres_that_are_lost_with_them(shared):
    "Plug-in Gait computes joint centres from markers: where a marker is lost, so are they."
    trial = read_trial(shared/'files'/'biomechzoo__HC031A06.c3d')
    centres = set(trial.columns.values())
    axes = {stem + axis for stem in {name[:-1] for name in trial.markers} for axis in 'OALP'
            if {f'{stem}O', f'{stem}P'} <= set(trial.markers)}
    kept = [column for column, name in enumerate(trial.markers)
            if column in centres or name.isupper() and len(name) <= 4 and name not in axes]
    names = [trial.markers[column] for column in kept]
    truth = trial.values[:, kept]
    values, lost = truth.copy(), slice(60, 100)
    values[lost, [names.index('LTHI'), *(kept.index(column) for column in centres)]] = np.nan
    done = reconstruct_trial(Trial.from_array(values, names, trial.rate, units='mm', up='z'), None, True)
    away = np.linalg.norm(done.repaired.values - truth, axis=-1)[lost]
    assert away[:, names.index('LTHI')].mean() < 6, away[:, names.index('LTHI')].mean()
    assert away[:, [names.index(name) for name in ('LFEO', 'LHJC', 'PELO')]].mean() < 4


@pytest.mark.parametrize('ending', ['.trc', '.csv', '.c3d'])
def test_one_of_two_people_has_no_prefix(ending, tmp_path):
    names = 'LASI RASI LPSI RPSI LKNE RKNE LANK RANK LHEE RHEE LTOE RTOE'.split()
    first = segment_markers(.002, .0002)
    truth = 1000*np.concatenate([first, first[::-1] + [.3, 0, .8]], 1)   # the other one goes back
    values = truth.copy()
    values[100:130, [3, 15]] = np.nan
    path = tmp_path/f'two{ending}'
    write_trial(path, Trial.from_array(values, [*names, *(f'Bob:{name}' for name in names)], 120, units='mm',
                                       up='y'))
    trial, network = read_trial(path, up='y', units='mm'), load_network()
    assert {name: len(columns) for name, columns in subjects_of(trial.markers).items()} == {
        'unnamed': 12, 'Bob': 12}
    both = reconstruct_trial(trial, network)
    assert 'each repaired alone: unnamed, Bob' in str(both.summary)
    off = np.linalg.norm(both.repaired.values[100:130][:, [3, 15]] - truth[100:130][:, [3, 15]], axis=-1)
    assert off.mean() < 10
    for name, columns in ('unnamed', slice(0, 12)), ('Bob', slice(12, 24)):   # the other one tells nothing
        alone = reconstruct_trial(trial, network, subject=name).repaired
        np.testing.assert_array_equal(alone.values, both.repaired.values[:, columns])


def test_who_is_hardly_seen_does_not_stop_the_others(tmp_path):
    "A template without a recording, somebody who passes, points of nobody: left as they are, and told."
    names = 'LASI RASI LPSI RPSI LKNE RKNE LANK RANK LHEE RHEE LTOE RTOE'.split()
    truth = 1000*segment_markers(.002, .0002)
    anna, never, passing = truth.copy(), np.full_like(truth, np.nan), np.full_like(truth, np.nan)
    anna[100:130, 3], passing[:, :3] = np.nan, truth[:, :3] + 900
    wand = np.where(np.arange(len(truth))[:, None, None] < 50, truth[:, :1], np.nan)
    values = np.concatenate([anna, never, passing, wand], 1)
    markers = [f'{who}:{name}' for who in ('Anna', 'Ben', 'Cleo') for name in names] + ['wand_tip']
    trial = Trial.from_array(values, markers, 120, units='mm', up='y')
    network = load_network()
    done = reconstruct_trial(trial, network)
    np.testing.assert_array_equal(done.repaired.values[:, 12:], values[:, 12:])
    assert np.linalg.norm(done.repaired.values[100:130, 3] - truth[100:130, 3], axis=-1).mean() < 10
    words = str(done.summary)
    for said in ('only Anna is repaired', 'they belong to no person: wand_tip',
                 'Ben: left as it is; no point is seen', 'Cleo: left as it is; 3 points found, expected 4'):
        assert said in words, words
    with pytest.raises(DataError, match='no point is seen in any frame'):
        reconstruct_trial(trial, network, subject='Ben')


def test_points_that_are_no_body(tmp_path):
    values = np.random.default_rng(0).normal(size=(60, 5, 3))
    trial = Trial.from_array(values, ['LKneeAngles', 'RKneeAngles', 'LHipMoment', 'wand1', 'wand2'], 100,
                             units='m', up='y')
    with pytest.raises(DataError, match='only points that are no positions or things, not a body found'):
        reconstruct_trial(trial, load_network())
