"""ASF and AMC: a body with all bones of the CMU database, made here, against kinematics of another make; the
odd ways in which such files are written; what is absent or damaged.
"""
import subprocess
import sys

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from motionfm.basics import DataError, MotionfmError
from motionfm.body.skeleton import JOINTS
from motionfm.io.amc import _foot_offsets, read_amc
from motionfm.io.bvh_kinematics import forward_kinematics
from motionfm.io.bvh_text import parse_bvh
from motionfm.io.files import read_trial
from motionfm.io.text import read_text

UNIT = .0254/.45   # metres
TREE = {   # bone: what it hangs at, direction, length, axis, dof
    'lhipjoint': ('root', (.7, -.6, .3), 2.5, (0, 0, 0), ''),
    'lfemur': ('lhipjoint', (.34, -.94, 0), 7.1, (0, 0, 20), 'rx ry rz'),
    'ltibia': ('lfemur', (.34, -.94, 0), 7.3, (0, 0, 20), 'rx'),
    'lfoot': ('ltibia', (.07, -.2, .98), 2.1, (-90, 0, 20), 'rx rz'),
    'ltoes': ('lfoot', (0, 0, 1), 1.1, (-90, 0, 20), 'rx'),
    'lowerback': ('root', (0, 1, 0), 2., (0, 0, 0), 'rx ry rz'),
    'upperback': ('lowerback', (0, 1, 0), 2., (0, 0, 0), 'rx ry rz'),
    'thorax': ('upperback', (0, 1, .05), 2., (0, 0, 0), 'rx ry rz'),
    'lowerneck': ('thorax', (0, 1, .1), 1.7, (0, 0, 0), 'rx ry rz'),
    'upperneck': ('lowerneck', (0, 1, 0), 1.7, (0, 0, 0), 'rx ry rz'),
    'head': ('upperneck', (0, 1, 0), 1.7, (0, 0, 0), 'rx ry rz'),
    'lclavicle': ('thorax', (.9, .4, -.1), 3.4, (0, 0, 0), 'ry rz'),
    'lhumerus': ('lclavicle', (1, 0, 0), 5., (180, -30, -90), 'rx ry rz'),
    'lradius': ('lhumerus', (1, 0, 0), 3.4, (180, -30, -90), 'rx'),
    'lwrist': ('lradius', (1, 0, 0), 1.7, (0, 90, 90), 'ry'),
    'lhand': ('lwrist', (1, 0, 0), .6, (0, 90, 90), 'rx rz'),
    'lthumb': ('lwrist', (.7, 0, .7), .6, (-90, 45, 0), 'rx rz')}
MIRROR = np.array([-1, 1, 1])
for name, (above, direction, length, axis, dof) in list(TREE.items()):
    if not name.startswith('l') or name.startswith('lower'): continue
    above = 'r' + above[1:] if above[0] == 'l' and above != 'lowerback' else above
    TREE['r' + name[1:]] = above, tuple(MIRROR*direction), length, tuple(-MIRROR*axis), dof
ENDS = {   # joint: bone that ends there
    'Hip': 'hipjoint', 'Knee': 'femur', 'Ankle': 'tibia', 'Shoulder': 'clavicle', 'Elbow': 'humerus',
    'Wrist': 'wrist'}


def asf(order: str = 'TX TY TZ RX RY RZ', angle: str = 'deg') -> str:
    "The skeleton as a file, with what real ones have between the lines."
    lines = ['# AST/ASF file', ':version 1.10', ':name VICON', ':units', '  mass 1.0', '  length 0.45',
             f'  angle {angle}', ':documentation', '   made for a test: begin and end', ':root',
             f'   order {order}', '   axis XYZ', '   position 0 0 0  ', '   orientation 0 0 0 ', ':bonedata']
    for number, (name, (_, direction, length, axis, dof)) in enumerate(TREE.items(), 1):
        if angle == 'rad': axis = np.radians(axis)
        lines += ['  begin', f'     id {number} ', f'     name {name}',
                  f'     direction {" ".join(map(str, direction))} ', f'     length {length}   ',
                  f'     axis {" ".join(map(str, axis))}   XYZ']
        limits = ['    limits (-160.0 20.0)', '           (-70.0 70.0)'][:len(dof)//3]
        if dof: lines += [f'    dof {dof}', *limits]
        lines.append(' end')
    below: dict[str, list[str]] = {}
    for name, (above, *_) in TREE.items(): below.setdefault(above, []).append(name)
    lines += [':hierarchy', '  begin', *(f'    {above} {" ".join(names)}' for above, names in below.items())]
    return '\n'.join([*lines, '  end', ''])


def angles(count: int) -> list[dict[str, np.ndarray]]:
    "Root and bones of each frame, smooth and of everyday size."
    rng, time = np.random.default_rng(5), np.arange(count)/120
    widths = {'root': 6} | {name: len(dof.split()) for name, (*_, dof) in TREE.items() if dof}
    found = {}
    for name, width in widths.items():
        size, phase = rng.uniform(3, 25, width), rng.uniform(0, 6, width)
        found[name] = size*np.sin(2*np.pi*time[:, None] + phase)
    found['root'][:, :3] = [0, 17, 0] + .02*found['root'][:, :3] + time[:, None]*[0, 0, 20]
    return [{name: numbers[frame] for name, numbers in found.items()} for frame in range(count)]


def amc(frames: list[dict], first: int = 1, head: str = ':FULLY-SPECIFIED\n:DEGREES') -> str:
    lines = ['#!OML:ASF F:\\VICON\\made.ASF', head]
    for number, frame in enumerate(frames, first):
        lines.append(str(number))
        lines += [f'{name} {" ".join(map(repr, values.tolist()))}' for name, values in frame.items()]
    return '\n'.join([*lines, ''])


def turn(degrees) -> np.ndarray: return Rotation.from_euler('xyz', degrees, degrees=True).as_matrix()


def ends_of(frame: dict) -> tuple[dict, dict]:
    "Ends and rotations of all bones in metres, by scipy's rotations."
    ends, turns = {'root': frame['root'][:3]*UNIT}, {'root': turn(frame['root'][3:])}
    for name, (above, direction, length, axis, dof) in TREE.items():
        own = dict(zip(dof.split(), frame.get(name, ())))
        local = turn([own.get(key, 0) for key in ('rx', 'ry', 'rz')])
        turns[name] = turns[above] @ turn(axis) @ local @ turn(axis).T
        ends[name] = ends[above] + turns[name] @ np.array(direction)*length*UNIT
    return ends, turns


@pytest.fixture
def folder(tmp_path):
    (tmp_path/'07.asf').write_text(asf())
    (tmp_path/'07_01.amc').write_text(amc(angles(40)))
    return tmp_path


def test_all_joints_are_where_other_kinematics_have_them(folder):
    trial = read_trial(folder/'07_01.amc')
    assert trial.rate == 120 and trial.up == 'y' and trial.joint_names == JOINTS and not trial.missing_joints
    assert any('120 Hz is assumed' in note for note in trial.notes)
    for frame, positions in zip(angles(40), trial.positions):
        ends, turns = ends_of(frame)
        known = {side + joint: ends[side.lower() + bone] for side in 'RL' for joint, bone in ENDS.items()}
        for joint, expected in known.items():
            np.testing.assert_allclose(positions[JOINTS.index(joint)], expected, atol=1e-9, err_msg=joint)
        middle = (ends['rclavicle'] + ends['lclavicle'])/2
        np.testing.assert_allclose(positions[0], .8*middle + .2*ends['lowerneck'], atol=1e-9)
        for side, out in ('R', -1), ('L', 1):
            foot, toes = (np.array(TREE[side.lower() + part][1])*TREE[side.lower() + part][2]*UNIT
                          for part in ('foot', 'toes'))
            reach = np.linalg.norm(foot + toes)
            heel = ends[f'{side.lower()}tibia'] + turns[f'{side.lower()}foot'] @ [0, 1.1*foot[1], -.22*reach]
            np.testing.assert_allclose(positions[JOINTS.index(f'{side}Heel')], heel, atol=1e-9)
            ball, turned = ends[f'{side.lower()}foot'], turns[f'{side.lower()}toes']
            small, big = turned @ [.3*out*reach, 0, .45*toes[2]], turned @ [-.06*out*reach, 0, toes[2]]
            np.testing.assert_allclose(positions[JOINTS.index(f'{side}SmallToe')], ball + small, atol=1e-9)
            np.testing.assert_allclose(positions[JOINTS.index(f'{side}BigToe')], ball + big, atol=1e-9)
    np.testing.assert_allclose(trial['head end'][0], ends_of(angles(1)[0])[0]['head'], atol=1e-9)


@pytest.mark.parametrize('name', ['07_01', '06_05'])
def test_feet_are_where_the_recordings_have_them(shared, people, name):
    "The same bones as BVH, whose legs are whole: heel and toes by the rule for ASF, to the last digit."
    hierarchy, motion, *_ = parse_bvh(read_text(shared/'bvh'/f'{name}.bvh'))
    positions, rotations = forward_kinematics(hierarchy, motion[1::2])
    nodes, known = {node: place for place, node in enumerate(hierarchy.names)}, people[name]
    for side, word in ('R', 'Right'), ('L', 'Left'):
        foot, ball, tip = (nodes[f'{word}{part}'] for part in ('Foot', 'ToeBase', 'ToeBase end'))
        offsets = _foot_offsets(hierarchy.offsets[ball], hierarchy.offsets[tip], side)
        for joint, node, offset in zip(('Heel', 'SmallToe', 'BigToe'), (foot, ball, ball), offsets):
            found = UNIT*(positions[:, node] + rotations[:, node] @ offset)[:len(known)]
            assert np.abs(found - known[:, JOINTS.index(side + joint)]).max() < 6e-5, joint


def test_ways_of_writing(folder):
    whole, path = read_trial(folder/'07_01.amc'), folder/'07_01.amc'

    def same(asf_text=None, amc_text=None):
        (folder/'07.asf').write_text(asf_text or asf(), newline='')
        path.write_text(amc_text or amc(angles(40)), newline='')
        np.testing.assert_allclose(read_amc(path).values, whole.values, atol=1e-9)
    same(asf().replace('\n', '\r\n'), amc(angles(40)).replace('\n', '\r\n'))
    same('\ufeff\n\n' + asf().replace('\n', ' \n\n'), '\n' + amc(angles(40)).replace('\n', '  # said\n\n'))
    same(asf(angle='rad'))   # the motion says degrees
    radians = [{name: np.r_[values[:3], np.radians(values[3:])] if name == 'root' else np.radians(values)
                for name, values in frame.items()} for frame in angles(40)]
    same(None, amc(radians, head=':FULLY-SPECIFIED\n:RADIANS'))
    same(asf(angle='rad'), amc(radians, head=':FULLY-SPECIFIED'))
    turned = [frame | {'root': np.roll(frame['root'], 3)} for frame in angles(40)]
    same(asf('RX RY RZ TX TY TZ'), amc(turned))
    reverse = [dict(reversed(frame.items())) for frame in angles(40)]
    same(None, amc(reverse, first=1201))
    assert read_amc(path).frames[0] == 1201
    same(None, amc(angles(40)).rstrip('\n'))


def test_gaps(folder):
    "A bone that is absent takes what hangs at it along; frames that are absent are gaps."
    frames = angles(40)
    for frame in frames[10:13]: del frame['rhumerus']
    (folder/'07_01.amc').write_text(amc(frames))
    trial = read_trial(folder/'07_01.amc')
    seen = np.isfinite(trial.positions).all(-1)
    assert [JOINTS[column] for column in np.flatnonzero(~seen.all(0))] == ['RElbow', 'RWrist']
    assert np.flatnonzero(~seen.all(1)).tolist() == [10, 11, 12]
    assert any('rhumerus absent in some frames (3), first in frame 11' in note for note in trial.notes)
    text = amc(angles(40))
    left_out = text[:text.index('\n21\n')] + text[text.index('\n26\n'):]
    (folder/'07_01.amc').write_text(left_out)
    trial = read_trial(folder/'07_01.amc')
    assert len(trial) == 40 and np.flatnonzero(~trial.visible.any(1)).tolist() == list(range(20, 25))
    assert any('5 frames are left out' in note for note in trial.notes)


def test_repaired_as_trc(folder):
    frames = angles(130)
    for frame in frames[60:80]: del frame['rhumerus']
    (folder/'07_01.amc').write_text(amc(frames))
    motionfm_main = [sys.executable, '-m', 'motionfm', 'reconstruct', str(folder/'07_01.amc')]
    done = subprocess.run(motionfm_main, capture_output=True, text=True)
    assert done.returncode == 0 and 'written as TRC' in done.stdout, done.stdout + done.stderr
    back, whole = read_trial(folder/'07_01_reconstructed.trc'), [ends_of(frame)[0] for frame in angles(130)]
    elbow = np.array([ends['rhumerus'] for ends in whole])
    assert back.rate == 120 and len(back) == 130
    error = np.linalg.norm(back.positions[60:80, JOINTS.index('RElbow')] - elbow[60:80], axis=-1)
    assert error.max() < .1


@pytest.mark.parametrize('names, asked, expected', [
    (['07.asf', '08.asf'], '08_11.amc', '08.asf'),
    (['HDM_bd.asf', 'HDM.asf'], 'HDM_bd_01-01_120.amc', 'HDM_bd.asf'),
    (['any.ASF'], '35_01.amc', 'any.ASF'), (['walk.asf', 'any.asf'], 'walk.amc', 'walk.asf')])
def test_which_skeleton(tmp_path, names, asked, expected):
    "The others are empty, so that they would be noticed."
    for name in names:
        (tmp_path/name).write_text(asf() if name == expected else ':version 1.10')
    (tmp_path/asked).write_text(amc(angles(3)))
    assert len(read_trial(tmp_path/asked)) == 3


def test_no_skeleton(folder):
    (folder/'07.asf').unlink()
    with pytest.raises(DataError, match='no skeletons .* expected 07.asf'): read_trial(folder/'07_01.amc')
    for name in '01.asf', '02.asf': (folder/name).write_text(asf())
    with pytest.raises(DataError, match='2 skeletons .* expected 07.asf'): read_trial(folder/'07_01.amc')
    with pytest.raises(DataError, match='name the .amc file'): read_trial(folder/'01.asf')


def test_other_units(folder):
    "Without the length of the CMU database, the legs tell the unit; the user's word counts most."
    path = folder/'07_01.amc'
    whole = read_trial(path)
    (folder/'07.asf').write_text(asf().replace('length 0.45', 'length 1.0'))
    trial = read_trial(path)
    assert np.allclose(trial.values, whole.values)   # no usual unit is nearer
    (folder/'07.asf').write_text(asf())
    assert np.allclose(read_trial(path, units='cm').values/whole.values, .01/UNIT)
    assert read_trial(path, rate=60.).rate == 60


def test_cut_off_anywhere(folder):
    "Every length is read, or refused in one line; what is lost is said."
    text = amc(angles(4))
    for name, content in ('07_01.amc', text), ('07.asf', asf()):
        other = {'07_01.amc': text, '07.asf': asf()}
        for key, value in other.items(): (folder/key).write_text(value)
        for length in range(0, len(content), 41):
            (folder/name).write_text(content[:length])
            try: trial = read_trial(folder/'07_01.amc')
            except MotionfmError as error:
                assert str(error).startswith(f'{folder/"07_01.amc"}: ') and len(str(error).splitlines()) == 1
                continue
            assert name == '07_01.amc' and len(trial) <= 4


def test_memory_is_bounded(folder):
    "A file of nothing but numbers of frames, and a skeleton of bones that don't move, are refused."
    (folder/'07_01.amc').write_text('\n'.join(map(str, range(1, 200_000))))
    with pytest.raises(DataError, match='numbers found in'): read_trial(folder/'07_01.amc')
    bones = ''.join(f'begin\nname b{n}\ndirection 0 1 0\nlength 1\nend\n' for n in range(3000))
    names = ' '.join(f'b{n}' for n in range(3000))
    (folder/'07.asf').write_text(f':bonedata\n{bones}:hierarchy\nbegin\nroot {names}\nend\n')
    (folder/'07_01.amc').write_text('1\nroot 0 0 0 0 0 0\n'*10)
    with pytest.raises(DataError, match='nodes found'): read_trial(folder/'07_01.amc')
