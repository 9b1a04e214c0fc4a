"""BVH files as programs write them: every kind of names, units and faults, and the way out and in again. The
files are made here from one skeleton that walks about.
"""
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from motionfm.basics import DataError
from motionfm.io.bvh import read_bvh
from motionfm.io.bvh_kinematics import forward_kinematics, local_poses, rotation_about
from motionfm.io.bvh_text import bvh_text, Hierarchy, parse_bvh, ParsedBvh
from motionfm.io.files import read_trial, write_trial
from motionfm.io.inverse_kinematics import euler_angles
from motionfm.io.trial import Trial

ZXY = ['Zrotation', 'Xrotation', 'Yrotation']
SIX = ['Xposition', 'Yposition', 'Zposition', *ZXY]
LEG = [[9, -4, 0], [0, -42, 0], [0, -41, -1], [0, -6, 12], [0, 0, 7]]
ARM = [[4, 20, 0], [13, 1, 0], [28, 0, 0], [26, 0, 0], [9, 0, 0]]
NAMES = {   # root, spine; hip knee ankle toe; collar, shoulder elbow wrist; {} is the side
    'Mixamo': ('mixamorig:Hips mixamorig:Spine', 'mixamorig:{}UpLeg mixamorig:{}Leg mixamorig:{}Foot '
               'mixamorig:{}ToeBase', 'mixamorig:{}Shoulder mixamorig:{}Arm mixamorig:{}ForeArm '
               'mixamorig:{}Hand', 'Left Right'),
    'iClone': ('CC_Base_Hip CC_Base_Waist', 'CC_Base_{}_Thigh CC_Base_{}_Calf CC_Base_{}_Foot '
               'CC_Base_{}_ToeBase', 'CC_Base_{}_Clavicle CC_Base_{}_Upperarm CC_Base_{}_Forearm '
               'CC_Base_{}_Hand', 'L R'),
    'CMU ASF': ('root lowerback', '{}femur {}tibia {}foot {}toes', '{}clavicle {}humerus {}radius {}wrist',
                'l r'),
    'Biped': ('Bip01 Bip01_Spine', 'Bip01·{}·Thigh Bip01·{}·Calf Bip01·{}·Foot Bip01·{}·Toe0',
              'Bip01·{}·Clavicle Bip01·{}·UpperArm Bip01·{}·Forearm Bip01·{}·Hand', 'L R'),
    'DAZ': ('hip abdomen', '{}Thigh {}Shin {}Foot {}Toe', '{}Collar {}Shldr {}ForeArm {}Hand', 'l r'),
    'VRoid': ('J_Bip_C_Hips J_Bip_C_Spine', 'J_Bip_{}_UpperLeg J_Bip_{}_LowerLeg J_Bip_{}_Foot '
              'J_Bip_{}_ToeBase', 'J_Bip_{}_Shoulder J_Bip_{}_UpperArm J_Bip_{}_LowerArm J_Bip_{}_Hand',
              'L R'),
    'Xsens': ('Hips Chest', '{}Hip {}Knee {}Ankle {}Toe', '{}Collar {}Shoulder {}Elbow {}Wrist',
              'Left Right'),
    'Rigify': ('DEF-spine DEF-spine.001', 'DEF-thigh.{} DEF-shin.{} DEF-foot.{} DEF-toe.{}',
               'DEF-shoulder.{} DEF-upper_arm.{} DEF-forearm.{} DEF-hand.{}', 'L R'),
    'SMPL': ('Pelvis Spine1', '{}_Hip {}_Knee {}_Ankle {}_Foot', '{}_Collar {}_Shoulder {}_Elbow {}_Wrist',
             'L R'),
    'Unreal': ('pelvis spine_01', 'thigh_{} calf_{} foot_{} ball_{}',
               'clavicle_{} upperarm_{} lowerarm_{} hand_{}', 'l r'),
    'LaFAN': ('Hips Spine', '{}UpLeg {}Leg {}Foot {}Toe', '{}Shoulder {}Arm {}ForeArm {}Hand',
              'Left Right'),
    'Rokoko': ('Hips Spine', '{}Thigh {}Shin {}Foot {}Toe', '{}Shoulder {}Arm {}ForeArm {}Hand',
               'Left Right'),
    'Bandai-Namco': ('Hips Spine', 'UpperLeg_{} LowerLeg_{} Foot_{} Toes_{}',
                     'Shoulder_{} UpperArm_{} LowerArm_{} Hand_{}', 'L R'),
    'Kinect': ('SpineBase SpineMid', 'Hip{} Knee{} Ankle{} Foot{}', 'Clavicle{} Shoulder{} Elbow{} Wrist{}',
               'Left Right'),
    'limb first': ('Hips Chest', '{}LegUpper {}LegLower {}Foot {}Toe',
                   '{}Shoulder {}ArmUpper {}ArmLower {}Hand', 'Left Right'),
    'numbered': ('Hips_01 Spine_02', '{}UpLeg_1{} {}Leg_2{} {}Foot_3{} {}Toe_4{}',
                 '{}Shoulder_5{} {}Arm_6{} {}ForeArm_7{} {}Hand_8{}', 'Left Right')}


def skeleton(program: str = 'LaFAN', channels=ZXY, scale: float = 1.) -> Hierarchy:
    "A person who stands, y up, in centimetres times `scale`."
    middle, leg, arm, sides = NAMES[program]
    root, spine = middle.split()
    tree: list = [(root, -1, [0, 0, 0])]
    for limb, offsets in (leg, LEG), (arm, ARM):
        if limb is arm: tree.append((spine, 0, [0, 24, 0]))
        above = len(tree) - 1
        for sign, side in zip((1, -1), sides.split()):
            parent = above
            for word, offset in zip([*limb.split(), 'end'], offsets):
                named = word.replace('{}', side, 1).replace('{}', str(sign % 3)).replace('·', ' ')
                if word == 'end': named = f'{tree[-1][0]} end'
                tree.append((named, parent, np.array(offset)*[sign, 1, 1]))
                parent = len(tree) - 1
    names, parents, offsets = zip(*tree)
    moves = [SIX, *([] if name.endswith(' end') else channels for name in names[1:])]
    return Hierarchy(list(names), list(parents), np.array(offsets, float)*scale, moves)


def walking(bones: Hierarchy, n_frames: int = 60, scale: float = 1.) -> ParsedBvh:
    "Smooth motion of all its joints, at 60 Hz."
    rng, times = np.random.default_rng(3), np.arange(n_frames)[:, None]/60
    names = [(node, channel) for node, channels in enumerate(bones.channels) for channel in channels]
    swing = np.sin(2*np.pi*times*rng.uniform(.3, .8, len(names)) + rng.uniform(0, 6, len(names)))
    motion = swing*rng.uniform(4, 18, len(names))
    for column, (node, channel) in enumerate(names):
        axis = 'XYZ'.index(channel[0])
        if channel.endswith('position'): motion[:, column] = bones.offsets[node, axis]
        if node == 0 and channel.endswith('position'):
            motion[:, column] = scale*([0, 92, 0][axis] + 30*times[:, 0]*axis)
    return ParsedBvh(bones, motion.round(5), .0166667)


def read(text: str, tmp_path: Path, **forced) -> Trial:
    path = tmp_path/'x.bvh'
    path.write_text(text, encoding='utf-8')
    return read_trial(path, **forced)


PLAIN = bvh_text(walking(skeleton()))
CHAIN = ('Hip', 'Knee', 'Ankle', 'Shoulder', 'Elbow', 'Wrist')


def joints_of(parsed: ParsedBvh) -> dict[str, np.ndarray]:
    "Where the joints are, in metres, by the places of the nodes."
    positions = forward_kinematics(parsed.hierarchy, parsed.motion)[0]/100
    places = dict(zip(CHAIN, (1, 2, 3, 13, 14, 15)))
    return {side + joint: positions[:, place + 5*(side == 'R')]
            for side in 'LR' for joint, place in places.items()}


def assert_same(trial: Trial, truth: dict[str, np.ndarray], tolerance: float = 1e-6) -> None:
    for joint, values in truth.items(): np.testing.assert_allclose(trial[joint], values, atol=tolerance)


@pytest.mark.parametrize('program', NAMES)
def test_names(program, tmp_path):
    parsed = walking(skeleton(program))
    trial = read(bvh_text(parsed), tmp_path)
    assert not trial.missing_joints, trial
    assert_same(trial, joints_of(parsed))
    assert len(trial.markers) == len(parsed.hierarchy.names) + 6   # midHip, Neck, heels, small toes


@pytest.mark.parametrize('scale, found', [
    (1, 'cm'), (.01, 'm'), (10, 'mm'), (1/2.54, 'in'), (.45/2.54, '5.644444444 cm'),
    (.1, '10 cm')])
def test_units(scale, found, tmp_path):
    parsed = walking(skeleton(scale=scale), scale=scale)
    trial = read(bvh_text(parsed), tmp_path)
    assert_same(trial, joints_of(walking(skeleton())), 2e-5/min(scale, 1))
    assert any(note.endswith(f'if the unit is {found}') for note in trial.notes), trial.notes


def test_units_that_are_given_or_unknown(tmp_path):
    inches = bvh_text(walking(skeleton(scale=1/2.54), scale=1/2.54))
    np.testing.assert_allclose(read(inches, tmp_path, units='in').values, read(inches, tmp_path).values)
    odd = read(bvh_text(walking(skeleton(scale=.03), scale=.03)), tmp_path)
    assert np.linalg.norm(odd['RHip'] - odd['RKnee'], axis=1).mean() == pytest.approx(.85*42/83, abs=.01)
    assert any('a person in no usual unit' in note for note in odd.notes)


def strange(text: str) -> str:
    "The same skeleton with names that say nothing."
    lines = text.split('\n')
    for place, line in enumerate(lines):
        if 'JOINT' in line or 'ROOT' in line: lines[place] = f'{line.split()[0]} q{place}'
    return '\n'.join(lines)


def test_names_that_tell_nothing(tmp_path):
    trial = read(strange(PLAIN), tmp_path)
    assert not trial.columns and len(trial.markers) == 22
    assert any(note.endswith('if the unit is cm') for note in trial.notes), trial.notes
    assert any('no node bears the name of a joint' in note for note in trial.notes)
    with pytest.raises(DataError, match='all lie in one place'):
        read('HIERARCHY\nROOT a\n{\nOFFSET 0 0 0\nCHANNELS 3 Xposition Yposition Zposition\n}\n'
             'MOTION\nFrames: 1\nFrame Time: .1\n1 2 3\n', tmp_path)


def in_rows(old: str, new: str):
    "A change in the numbers only."
    def change(text):
        head, rows = text.split('Frame Time: 0.0166667\n')
        return f'{head}Frame Time: 0.0166667\n{rows.replace(old, new)}'
    return change


FAULTS = {
    'frames one more': lambda text: text.replace('Frames: 60', 'Frames: 61'),
    'frames wrong': lambda text: text.replace('Frames: 60', 'Frames: 5'),
    'frames no number': lambda text: text.replace('Frames: 60', 'Frames: many'),
    'decimal commas': lambda text: text.replace('.', ','),
    'commas between': in_rows(' ', ', '),
    'glued': lambda text: text.replace(' -', '-'),
    'comment at the time': lambda text: text.replace(': 0.0166667', ': 0.0166667 # 60 Hz'),
    'time spaced': lambda text: text.replace('Frame Time: ', 'Frame  Time :\t').replace('es: ', 'es:\t'),
    'lines changed': lambda text: text.replace('Frames: 60\n', '').replace('MOTION\n', 'MOTION\n\n# here\n')
                                      .replace('Frame Time', 'Frames: 60\nFrame Time'),
    'rate instead': lambda text: text.replace('Frame Time: 0.0166667', 'Frame Rate: 60'),
    'milliseconds': lambda text: text.replace('Frame Time: 0.0166667', 'Frame Time: 16.6667'),
    'tabs': in_rows(' ', '\t'),
    'blank lines': lambda text: text.replace('\n', '\n\n'),
    'windows': lambda text: text.replace('\n', '\r\n'),
    'no last line end': lambda text: text.rstrip('\n'),
    'byte order mark': lambda text: '\ufeff' + text,
    'null at the end': lambda text: text + '\x1a\x00',
    'end sites named': lambda text: text.replace('End Site', 'End Site LeftToe_End'),
    'end sites glued': lambda text: text.replace('End Site', 'EndSite'),
    'channels in capitals': lambda text: text.replace('rotation', 'ROTATION').replace('position', 'Position'),
    'channels in small letters': lambda text: text.replace('Xr', 'xr').replace('CHANN', 'Chann'),
    'channels miscounted': lambda text: text.replace('CHANNELS 3', 'CHANNELS 6'),
    'brackets on the line': lambda text: text.replace('\n\t{', ' {'),
    'a bracket missing at the end': lambda text: text.replace('}\nMOTION', 'MOTION'),
    'brackets too many at the end': lambda text: text.replace('}\nMOTION', '}\n}\n}\nMOTION'),
    'rows wrapped': in_rows(' 9', '\n9'),
    'exponents': lambda text: re.sub(r'(?<= )-?\d+\.\d{5}(?= )', lambda one: f'{float(one[0]):.12E}', text)}


@pytest.mark.parametrize('fault', FAULTS)
def test_faults(fault, tmp_path):
    text = FAULTS[fault](PLAIN)
    assert text != PLAIN
    path = tmp_path/'x.bvh'
    path.write_bytes(text.encode())
    trial, plain = read_trial(path), read(PLAIN, tmp_path)
    assert trial.markers == plain.markers and trial.rate == 60
    np.testing.assert_allclose(trial.values, plain.values, atol=1e-9)


def test_what_is_told(tmp_path):
    def told(old, new): return ' '.join(read(PLAIN.replace(old, new), tmp_path).notes)
    assert 'Frames says 61, but there are 60 rows' in told('Frames: 60', 'Frames: 61')
    assert 'a rate, 60 Hz, and no frame time' in told('Frame Time: 0.0166667', 'Frame Rate: 60')
    assert 'channels, though the file says 6' in told('CHANNELS 3', 'CHANNELS 6')


def test_refused(tmp_path):
    timeless = PLAIN.replace('Frame Time: 0.0166667', 'Frame Time: 0')
    for text, words in [
        (PLAIN[:-30], 'the file is cut off'),
        (in_rows(' 1', ' z1')(PLAIN), 'expected a number'),
        (timeless, 'or give the rate with rate='),
        (timeless.replace('Time: 0', 'Time: 1'), 'at which nobody moves.*rate='),
        (PLAIN.replace('\t\t\t\t\t}\n', '', 1), '1 brackets open'),   # in the midst: another tree
        (PLAIN.replace('\t\t\t\t\t}\n', '}}', 1), '1 closed too often'),
        (PLAIN.replace('CHANNELS 3 Z', 'CHANNELS 4 Wrotation Z', 1), 'quaternions, expected angles'),
        (PLAIN.partition('MOTION')[0], 'no lines MOTION'),
    ]:
        with pytest.raises(DataError, match=words) as caught: read(text, tmp_path)
        assert len(str(caught.value).splitlines()) == 1
    (tmp_path/'x.bvh').write_text(timeless)
    assert read_bvh(tmp_path/'x.bvh', rate=50.).rate == 50


def test_six_channels_rest_as_three_do(tmp_path):
    "Position channels on every node, in the place of the offsets or beside them."
    three = walking(skeleton())
    six = skeleton(channels=SIX)
    columns = np.cumsum([0, *map(len, six.channels)])
    motion, shifted = np.zeros((60, columns[-1])), None
    source = np.cumsum([0, *map(len, three.hierarchy.channels)])
    for node, channels in enumerate(six.channels):
        if not channels: continue
        numbers = three.motion[:, source[node]:source[node + 1]]
        motion[:, columns[node + 1] - numbers.shape[1]:columns[node + 1]] = numbers
        if node: motion[:, columns[node]:columns[node] + 3] = six.offsets[node]
    shifted = motion.copy()
    for node, channels in enumerate(six.channels):
        if node and channels: shifted[:, columns[node]:columns[node] + 3] = 0
    plain = read(bvh_text(three), tmp_path)
    for numbers in motion, shifted:
        trial = read(bvh_text(ParsedBvh(six, numbers, 1/60)), tmp_path)
        assert trial.markers == plain.markers
        np.testing.assert_allclose(trial.values, plain.values, atol=1e-6)


def test_ankle_and_foot_and_feet_that_point(tmp_path):
    smpl = read(bvh_text(walking(skeleton('SMPL'))), tmp_path)
    shank = np.linalg.norm(smpl['LKnee'] - smpl['LAnkle'], axis=1)
    np.testing.assert_allclose(shank, np.hypot(.41, .01), atol=1e-6)
    bones = skeleton()
    for node in (4, 9): bones.offsets[node] = [0, -15, 1]
    for node in (5, 10): bones.offsets[node] = [0, -6, 0]
    pointed = read(bvh_text(walking(bones)), tmp_path)
    assert set(pointed.missing_joints) == {'RHeel', 'LHeel', 'RSmallToe', 'LSmallToe'}


@pytest.mark.parametrize('axis, degrees', [('X', 90), ('X', -90), ('Z', 90), ('X', 180), ('Z', 50)])
def test_a_rest_that_lies(axis, degrees, tmp_path):
    "The same walk, of a skeleton that rests lying or leaning, and is turned up by its root."
    walk, turn = walking(skeleton()), rotation_about(axis, np.array([float(degrees)]))[0]
    bones, motion, column = walk.hierarchy, walk.motion.copy(), 0
    for node, (_, rotation) in enumerate(local_poses(bones, walk.motion)):
        turns = [place for place, name in enumerate(bones.channels[node]) if name.endswith('rotation')]
        columns = [column + place for place in turns]
        column += len(bones.channels[node])
        rotation = rotation @ turn.T if node == 0 else turn @ rotation @ turn.T
        if turns: motion[:, columns] = euler_angles(rotation, 'ZXY', np.zeros((60, 3)))
    lying = replace(bones, offsets=bones.offsets @ turn.T)
    plain = read(bvh_text(walk), tmp_path)
    for forced in {}, {'up': 'y'}:   # which axis of the room points up says nothing about the rest
        found = read(bvh_text(ParsedBvh(lying, motion, walk.frame_time)), tmp_path, **forced)
        assert set(found.columns) == set(plain.columns) and len(found.columns) == 20
        for joint in plain.columns: np.testing.assert_allclose(found[joint], plain[joint], atol=.003)


def test_two_people(tmp_path):
    one = walking(skeleton())
    tree, rows = PLAIN.removeprefix('HIERARCHY\n').split('MOTION')
    second = tree.replace('Hips', 'Hips2')
    table = [f'{row} {row}' for row in rows.split('\n')[3:] if row]
    text = f'HIERARCHY\n{tree}{second}MOTION\nFrames: 60\nFrame Time: .0166667\n' + '\n'.join(table)
    trial = read(text, tmp_path)
    assert trial.markers[0] == 'Hips:Neck' and 'Hips2:RKnee' in trial.markers
    assert any(note.startswith('2 people found') for note in trial.notes)
    np.testing.assert_allclose(trial['Hips2:LWrist'], joints_of(one)['LWrist'], atol=1e-6)
    write_trial(tmp_path/'again.bvh', trial)
    assert parse_bvh((tmp_path/'again.bvh').read_text()).motion.tolist() == parse_bvh(text).motion.tolist()
    prop = 'ROOT Prop\n{\nOFFSET 0 0 0\nCHANNELS 3 Xposition Yposition Zposition\n}\n'
    with_prop = f'HIERARCHY\n{tree}{prop}MOTION\nFrames: 60\nFrame Time: .0166667\n'
    with_prop += '\n'.join(f'{row} 1 2 3' for row in rows.split('\n')[3:] if row)
    trial = read(with_prop, tmp_path)
    assert 'Neck' in trial.columns and 'Prop node' in trial.markers


# ---- out again

def off_mm(first: ParsedBvh, second: ParsedBvh) -> np.ndarray:
    "(T, J) millimetres between the nodes of two files in centimetres."
    one, other = (forward_kinematics(parsed.hierarchy, parsed.motion)[0] for parsed in (first, second))
    return 10*np.linalg.norm(one - other, axis=-1)


@pytest.mark.parametrize('program', NAMES)
def test_unchanged(program, tmp_path):
    parsed = walking(skeleton(program))
    write_trial(tmp_path/'again.bvh', read(bvh_text(parsed), tmp_path))
    again = parse_bvh((tmp_path/'again.bvh').read_text(encoding='utf-8'))
    assert again.motion.tolist() == parsed.motion.tolist() and again.frame_time == .0166667
    before, after = parsed.hierarchy, again.hierarchy
    assert (after.names, after.channels) == (before.names, before.channels)
    assert after.offsets.tolist() == before.offsets.tolist()


def test_nodes_that_only_positions_move(tmp_path):
    "No angle changes, each row says where each node is: what a repair moves is there again, the rest stays."
    three, six = walking(skeleton()), skeleton(channels=SIX)
    nodes = forward_kinematics(three.hierarchy, .3*three.motion)[0]   # hips move by centimetres
    columns = np.cumsum([0, *map(len, six.channels)])
    motion = np.zeros((60, columns[-1]))
    for node, parent in enumerate(six.parents):
        if not six.channels[node]: continue
        motion[:, columns[node]:columns[node] + 3] = nodes[:, node] - (nodes[:, parent] if node else 0)
    trial = read(bvh_text(ParsedBvh(six, motion, 1/60)), tmp_path)
    own = [column for column, name in enumerate(trial.markers)
           if trial.contents.nodes.get(name, -1) >= 0 and six.channels[trial.contents.nodes[name]]]
    values, rows = trial.values.copy(), slice(20, 40)
    for name in 'RHip', 'LShoulder', 'LWrist': values[rows, trial.markers.index(name)] += [.004, -.003, .002]
    write_trial(tmp_path/'again.bvh', replace(trial, values=values))
    again = read_bvh(tmp_path/'again.bvh')
    assert np.abs(again.values - values)[:, own].max() < 1e-6   # metres; bone lengths could not do that
    others = np.r_[:20, 40:60]
    assert (again.contents.parsed.motion[others] == trial.contents.parsed.motion[others]).all()


@pytest.mark.parametrize('order', ['XYZ', 'XZY', 'YXZ', 'YZX', 'ZXY', 'ZYX'])
def test_reachable_positions(order, tmp_path):
    "What a skeleton can reach comes back within a millimetre, without a flip of an angle."
    channels = [f'{axis}rotation' for axis in order]
    right = walking(skeleton(channels=channels))
    motion, rng = right.motion.copy(), np.random.default_rng(5)
    motion[20:32, 6:] += rng.normal(0, 40, (12, motion.shape[1] - 6))
    motion[25, :3] += 30
    truth = read(bvh_text(right), tmp_path)
    wrong = read(bvh_text(right._replace(motion=motion)), tmp_path)
    write_trial(tmp_path/'again.bvh', replace(wrong, values=truth.values))
    again = parse_bvh((tmp_path/'again.bvh').read_text())
    assert off_mm(again, right).max() < .01
    untouched = np.r_[0:20, 32:60]
    assert np.array_equal(again.motion[untouched], right.motion[untouched])
    assert abs(np.diff(again.motion[:, 6:], axis=0)).max() < 15


def test_heels_and_small_toes_come_back(tmp_path):
    "They are no nodes, but they ride on the foot, and tell how it is turned about its length."
    channels = ['Zrotation', 'Yrotation', 'Xrotation']
    right = walking(skeleton(channels=channels))
    motion, rng = right.motion.copy(), np.random.default_rng(5)
    motion[:, 6:] += np.cumsum(rng.normal(0, 2, (len(motion), motion.shape[1] - 6)), 0)   # feet turn, too
    trial = read(bvh_text(right._replace(motion=motion)), tmp_path)
    later = trial.values.copy()
    later[:-5] = trial.values[5:]
    write_trial(tmp_path/'again.bvh', replace(trial, values=later))
    again = read_trial(tmp_path/'again.bvh')
    off = 1000*np.linalg.norm(again.values - later, axis=-1)
    assert off.max() < 1, {name: off[:, column].max().round(1) for column, name in enumerate(trial.markers)}


def test_a_knee_that_is_a_hinge(tmp_path):
    bones = skeleton()
    for node in (2, 7): bones.channels[node] = ['Xrotation']
    right = walking(bones)
    motion, rng = right.motion.copy(), np.random.default_rng(5)
    motion[20:32, 6:] += rng.normal(0, 10, (12, motion.shape[1] - 6))
    truth, wrong = (read(bvh_text(right._replace(motion=one)), tmp_path) for one in (right.motion, motion))
    write_trial(tmp_path/'again.bvh', replace(wrong, values=truth.values))
    assert off_mm(parse_bvh((tmp_path/'again.bvh').read_text()), right).max() < 1


def test_fingers_follow_their_hand(tmp_path):
    "Nothing below a joint that was moved has to be known."
    right = walking(skeleton())
    trial = read(bvh_text(right), tmp_path)
    values, wrist = trial.values.copy(), trial.markers.index('LWrist')
    elbow = trial['LElbow']
    values[10:20, wrist] = elbow[10:20] + (trial['LWrist'] - elbow)[10:20, [1, 2, 0]]
    write_trial(tmp_path/'again.bvh', replace(trial, values=values))
    again = read_trial(tmp_path/'again.bvh')
    np.testing.assert_allclose(again['LWrist'][10:20], values[10:20, wrist], atol=1e-4)
    hand = np.linalg.norm(again['LeftHand end node'] - again['LWrist'], axis=1)
    np.testing.assert_allclose(hand, .09, atol=1e-6)
    np.testing.assert_allclose(again['RWrist'], trial['RWrist'], atol=1e-9)


def test_lost_numbers_are_gaps(tmp_path):
    parsed = walking(skeleton())
    motion = parsed.motion.copy()
    motion[30:34] = np.nan
    trial = read(bvh_text(parsed._replace(motion=motion)).replace('nan', '-nan(ind)'), tmp_path)
    assert any('4 rows hold values that are no numbers' in note for note in trial.notes)
    assert np.argwhere(np.isnan(trial.values).all((1, 2))).ravel().tolist() == [30, 31, 32, 33]
    write_trial(tmp_path/'again.bvh', replace(trial, values=read(bvh_text(parsed), tmp_path).values))
    assert off_mm(parse_bvh((tmp_path/'again.bvh').read_text()), parsed).max() < .01


def test_other_recordings_have_no_bones(tmp_path):
    trial = replace(read(PLAIN, tmp_path), contents=None)
    with pytest.raises(DataError, match='no skeleton found.*choose an output that ends') as caught:
        write_trial(tmp_path/'out.bvh', trial)
    assert len(str(caught.value).splitlines()) == 1 and not (tmp_path/'out.bvh').exists()
    write_trial(tmp_path/'out.trc', trial)
    assert read_trial(tmp_path/'out.trc').markers == trial.markers


def test_reconstruct_gives_a_bvh(tmp_path, motionfm):
    parsed = walking(skeleton('Mixamo'), 90)
    motion = parsed.motion.copy()
    motion[40:50] = np.nan
    (tmp_path/'walk.bvh').write_text(bvh_text(parsed._replace(motion=motion)))
    code, words = motionfm('reconstruct', tmp_path/'walk.bvh')
    assert code == 0, words
    repaired = parse_bvh((tmp_path/'walk_reconstructed.bvh').read_text())
    assert repaired.hierarchy.names == parsed.hierarchy.names and np.isfinite(repaired.motion).all()
    assert repaired.motion[:40].tolist() == parsed.motion[:40].tolist()
    assert off_mm(repaired, parsed)[40:50].max() < 100
    code, words = motionfm('reconstruct', tmp_path/'walk.bvh', '-o', tmp_path/'walk.trc')
    assert code == 0 and len(read_trial(tmp_path/'walk.trc')) == 90, words


# ---- real files

def test_cases(shared):
    "The small recordings of ../shared/cases, against what they were made from; 65 has 17.7 units to a metre."
    truth, count = np.load(shared/'cases'/'TRUTH_bvh.npz'), 0
    for path in sorted((shared/'cases').glob('*.bvh')):
        trial, scale = read_trial(path), 17.7/(100*.45/2.54) if path.name.startswith('65') else 1
        assert not trial.missing_joints, trial
        if len(trial) != 100: continue
        for side in 'LR':
            for joint in CHAIN:
                right = truth[side + joint.lower()]
                if path.name.startswith('73'): right = right[:, [2, 0, 1]]   # z up
                np.testing.assert_allclose(trial[side + joint], right*scale, atol=5e-5, err_msg=path.name)
        count += 1
    assert count >= 13


def test_real_files_come_back(shared, tmp_path):
    for path in sorted([*(shared/'files').glob('*.bvh'), *(shared/'bvh').glob('*.bvh')]):
        trial = read_trial(path)
        write_trial(tmp_path/'again.bvh', trial)
        before, after = (parse_bvh(one.read_text(encoding='utf-8').replace('\r', ''))
                         for one in (path, tmp_path/'again.bvh'))
        assert before.motion.tolist() == after.motion.tolist(), path
        again = read_trial(tmp_path/'again.bvh')
        assert again.markers == trial.markers and np.array_equal(again.frames, trial.frames)
        np.testing.assert_allclose(again.values, trial.values, atol=1e-9)


@pytest.mark.parametrize('end', ['0 0 0', '0 -.01 0'])
def test_foot_without_length(end, tmp_path):
    "Skeletons from video end at the ankle: no toes lie there, and no heel."
    path = tmp_path/'video.bvh'
    leg = ''
    for side, x in ('Left', 9), ('Right', -9):
        leg += (f'JOINT {side}UpLeg\n{{ OFFSET {x} 0 0\nCHANNELS 3 Zrotation Xrotation Yrotation\n'
                f'JOINT {side}Leg\n{{ OFFSET 0 -42 0\nCHANNELS 3 Zrotation Xrotation Yrotation\n'
                f'JOINT {side}Foot\n{{ OFFSET 0 -40 0\nCHANNELS 3 Zrotation Xrotation Yrotation\n'
                f'End Site {{ OFFSET {end} }}\n}}\n}}\n}}\n')
    head = 'CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation'
    rows = '\n'.join(f'0 90 {frame} ' + ' '.join(['1']*21) for frame in range(9))
    path.write_text(f'HIERARCHY\nROOT Hips\n{{ OFFSET 0 0 0\n{head}\n{leg}}}\nMOTION\nFrames: 9\n'
                    f'Frame Time: .033333\n{rows}\n')
    trial = read_trial(path)
    assert {'RAnkle', 'LAnkle', 'RKnee'} <= set(trial.columns)
    assert not [name for name in trial.markers if 'Toe' in name or 'Heel' in name]


@pytest.mark.parametrize('seconds', ['.03333.', '1.2.3', '0..1', '.'])
def test_a_frame_time_with_two_points_is_refused(tmp_path, seconds):
    (tmp_path/'walk.bvh').write_text(
        'HIERARCHY\nROOT Hips\n{\nOFFSET 0 0 0\nCHANNELS 3 Xposition Yposition Zposition\n}\n'
        f'MOTION\nFrames: 1\nFrame Time: {seconds}\n1 2 3\n')
    with pytest.raises(DataError, match='found for Frame Time'): read_trial(tmp_path/'walk.bvh')


@pytest.mark.parametrize('name', ['60_bvh_plain', '73_bvh_blender_rigify', '98_bvh_two_numbers_glued',
                                  '99_bvh_tabs_exponents'])
def test_small_toes_keep_their_distance(shared, tmp_path, motionfm, name):
    "Toes that roll about the foot take no small toe with them, which would be flagged though no file has it."
    trial = read_trial(shared/'cases'/f'{name}.bvh')
    joints = dict(zip(trial.joint_names, trial.positions.swapaxes(0, 1)))
    for side in 'RL':
        lengths = np.linalg.norm(joints[f'{side}SmallToe'] - joints[f'{side}Ankle'], axis=-1)
        assert np.ptp(lengths) < 1e-6 and .1 < lengths[0] < .2
    code, words = motionfm('reconstruct', shared/'cases'/f'{name}.bvh', '-o', tmp_path/'x.bvh')
    assert code == 0 and 'SmallToe 5' not in words and 'too long' not in words, words
