"""Files of known formats as programs spell them otherwise: encodings, thousands, names that are missing or
stand twice, tables on their side. All are the same walk; each is read as that, and what is odd is said.
"""
import json
import re

import numpy as np
import pytest

from motionfm.basics import DataError
from motionfm.body.skeleton import JOINTS
from motionfm.body.synthetic import synthesize
from motionfm.io.files import read_trial, write_trial

RATE = 60.
WALK = np.round(synthesize('walk', seed=3, n_frames=40)*1000, 2)   # (T, 20, 3) mm, y up
TWO = np.concatenate([WALK, WALK + 1500], 1)


def german(number: float) -> str:
    return f'{number:,.2f}'.translate(str.maketrans(',.', '.,'))


def trc(names=JOINTS, values=WALK, cell='{:.2f}'.format, time='{:.4f}'.format) -> str:
    "A TRC file."
    counts = f'{RATE}\t{RATE}\t{len(values)}\t{len(names)}\tmm\t{RATE}\t1\t{len(values)}'
    head = ['PathFileType\t4\t(X/Y/Z)\tx.trc', 'DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\t'
            'OrigDataRate\tOrigDataStartFrame\tOrigNumFrames', counts,
            'Frame#\tTime\t' + ''.join(f'{name}\t\t\t' for name in names),
            '\t\t' + '\t'.join(f'{axis}{place + 1}' for place in range(len(names)) for axis in 'XYZ'), '']
    rows = ['\t'.join([str(frame + 1), time(frame/RATE), *map(cell, row.ravel())])
            for frame, row in enumerate(values)]
    return '\n'.join(head + rows) + '\n'


def table(names=JOINTS, values=WALK, separator=',', cell='{:.2f}'.format) -> str:
    "A wide table."
    head = ['time', *(f'{name}_{axis}' for name in names for axis in 'xyz')]
    rows = [[f'{frame/RATE:.4f}', *map(cell, row.ravel())] for frame, row in enumerate(values)]
    return '\n'.join(map(separator.join, [head, *rows])) + '\n'


def qtm(names: str, count: int = 20) -> str:
    "A table of QTM."
    head = [f'NO_OF_FRAMES\t{len(WALK)}', f'NO_OF_MARKERS\t{count}', f'FREQUENCY\t{RATE:g}',
            'DATA_INCLUDED\t3D', f'MARKER_NAMES\t{names}']
    return '\r\n'.join(head + ['\t'.join(map('{:.2f}'.format, row.ravel())) for row in WALK]) + '\r\n'


def nexus(names=JOINTS, values=WALK) -> str:
    "Trajectories of Nexus."
    head = ['Trajectories', f'{RATE:g}', ',,' + ',,,'.join(names) + ',,',
            'Frame,Sub Frame' + ',X,Y,Z'*len(names), ',' + ',mm'*3*len(names)]
    rows = [','.join([f'{frame + 1},0', *map('{:.2f}'.format, row.ravel())])
            for frame, row in enumerate(values)]
    return '\n'.join(head + rows) + '\n'


def read(tmp_path, name, text, encoding='utf-8'):
    (tmp_path/name).write_bytes(text.encode(encoding))
    return read_trial(tmp_path/name)


def assert_walk(trial, names=JOINTS):
    "The walk stands in columns of these names, to a hundredth of a millimetre."
    places = [trial.markers.index(name) for name in names]
    assert trial.rate == RATE and trial.up == 'y'
    np.testing.assert_allclose(trial.values[:, places], WALK[:, :len(names)], atol=.011)


@pytest.mark.parametrize('encoding', ['utf-16-le', 'utf-16-be'])
@pytest.mark.parametrize('name, text', [
    ('a.trc', trc()), ('a.csv', table()), ('a.tsv', qtm('\t'.join(JOINTS)))])
def test_utf_16_without_a_mark(tmp_path, encoding, name, text):
    trial = read(tmp_path, name, text, encoding)
    assert_walk(trial)
    if name.endswith('.trc'): return
    write_trial(tmp_path/f'again{name[1:]}', trial)
    assert (tmp_path/f'again{name[1:]}').read_bytes() == (tmp_path/name).read_bytes()


def test_thousands(tmp_path):
    plain = trc(cell=german, time=lambda time: f'{time:.4f}'.replace('.', ','))
    assert '1.' in plain and ',5' in plain
    assert_walk(read(tmp_path, 'german.trc', plain))
    assert_walk(read(tmp_path, 'english.trc', trc(cell='{:,.2f}'.format)))
    assert_walk(read(tmp_path, 'german.csv', table(separator=';', cell=german)))
    with pytest.raises(DataError, match='decimal points'):
        read(tmp_path, 'both.trc', trc(cell=german))   # times with points contradict


@pytest.mark.parametrize('names, count', [('\t'.join(JOINTS[:-1]) + '\t', 20), ('\t'.join(JOINTS[:-1]), 20)])
def test_last_marker_without_a_name(tmp_path, names, count):
    trial = read(tmp_path, 'a.tsv', qtm(names, count))
    assert_walk(trial, JOINTS[:-1])
    np.testing.assert_allclose(trial.values[:, 19], WALK[:, 19])
    assert '1 point without a name found' in trial.notes
    write_trial(tmp_path/'b.tsv', trial)
    assert (tmp_path/'b.tsv').read_bytes() == (tmp_path/'a.tsv').read_bytes()


@pytest.mark.parametrize('name, text', [
    ('a.trc', trc(JOINTS*2, TWO)), ('a.csv', table(JOINTS*2, TWO)), ('b.csv', nexus(JOINTS*2, TWO))])
def test_names_of_two_bodies(tmp_path, name, text):
    "The second of each name gets a number, and that is said."
    trial = read(tmp_path, name, text)
    assert len(trial.markers) == 40
    assert any(note.startswith('a name stands twice: Neck') for note in trial.notes)
    np.testing.assert_allclose(trial.values, TWO, atol=.011)
    write_trial(tmp_path/f'again.{name[-3:]}', trial)
    again = read_trial(tmp_path/f'again.{name[-3:]}')
    np.testing.assert_allclose(again.values, TWO, atol=.011)


def test_two_sections(tmp_path):
    other = nexus([f'Other:{name}' for name in JOINTS], WALK + 1500)
    trial = read(tmp_path, 'a.csv', nexus() + '\n' + other)
    assert_walk(trial)
    assert any('only the first Trajectories are read' in note for note in trial.notes)
    write_trial(tmp_path/'b.csv', trial)
    assert (tmp_path/'b.csv').read_bytes() == (tmp_path/'a.csv').read_bytes()


def test_frames_in_columns(tmp_path):
    rows = list(zip(*(line.split(',') for line in table().splitlines())))
    trial = read(tmp_path, 'a.csv', '\n'.join(map(','.join, rows)))
    assert_walk(trial)
    assert any(note.startswith('frames stand in columns') for note in trial.notes)
    words = [[*row[0].rsplit('_', 1), *row[1:]] for row in rows[1:]]
    (tmp_path/'b.csv').write_text('\n'.join(map(';'.join, words)))
    assert_walk(read_trial(tmp_path/'b.csv', rate=RATE))
    with pytest.raises(DataError, match='give the rate'): read_trial(tmp_path/'b.csv')


@pytest.mark.parametrize('pattern', ['rotate{}', 'rot{}', '{}rot', 'rotation{}', 'R{}'])
def test_channels(tmp_path, pattern):
    bones = ['Hips', 'Spine', 'Head']
    text = 'HIERARCHY\nROOT ' + '\nJOINT '.join(
        f'{bone}\n{{\nOFFSET 0 {40*bool(depth)} 0\nCHANNELS 3 Zrotation Xrotation Yrotation'
        for depth, bone in enumerate(bones))
    text += '\nEnd Site\n{\nOFFSET 0 40 0\n}\n' + '}\n'*3
    text += 'MOTION\nFrames: 2\nFrame Time: .01\n' + ' '.join('1'*9) + '\n' + ' '.join('2'*9) + '\n'
    (tmp_path/'a.bvh').write_text(text)
    (tmp_path/'b.bvh').write_text(re.sub('([XYZ])rotation', lambda found: pattern.format(found[1]), text))
    usual, spelled = (read_trial(tmp_path/name, units='cm') for name in ('a.bvh', 'b.bvh'))
    np.testing.assert_array_equal(usual.values, spelled.values)


def test_arrays_that_are_no_numbers(tmp_path):
    "Fields and objects are refused with what helps; nothing is unpickled."
    fields = np.zeros(40, [('time', float), ('Neck', float, 3)])
    objects = np.array([{'Neck': WALK}], dtype=object)
    for array, words in (fields, 'numpy.savez'), (objects, 'which is never loaded, as it could run anything'):
        np.save(tmp_path/'a.npy', array, allow_pickle=True)
        with pytest.raises(DataError, match=re.escape(words)): read_trial(tmp_path/'a.npy')


def test_vectors_of_opensim(tmp_path):
    "A cell holds x, y and z; one that was not seen holds nan three times."
    gappy = WALK.copy()/1000
    gappy[18:26, 3:6] = np.nan
    head = ['DataRate=60', 'Units=m', 'DataType=Vec3', 'version=3', 'endheader', 'time\t' + '\t'.join(JOINTS)]
    rows = ['\t'.join([f'{frame/RATE:.6f}', *(','.join(map(str, point)) for point in row)])
            for frame, row in enumerate(gappy.tolist())]
    trial = read(tmp_path, 'markers.sto', '\n'.join(head + rows) + '\n')
    np.testing.assert_allclose(trial.values, gappy)
    assert (trial.units, trial.rate, trial.markers) == ('m', RATE, JOINTS)


def test_what_tells_no_positions(tmp_path):
    "Each is refused by what it is, with what to do."
    picture = {'people': [{'pose_keypoints_2d': [200., 100., .9]*25, 'pose_keypoints_3d': []}]}
    (tmp_path/'a.json').write_text(json.dumps(picture))
    head = 'PacketCounter,Euler_X,Euler_Y,Euler_Z,Acc_X,Acc_Y,Acc_Z'
    (tmp_path/'a.csv').write_text('\n'.join([head, *(f'{number},1,2,3,4,5,6' for number in range(9))]))
    np.savez(tmp_path/'a.npz', global_orient=WALK[:, 0], body_pose=WALK.reshape(40, 60), transl=WALK[:, 1])
    for name, words in (('a.json', 'triangulate'), ('a.csv', 'sensors tell no positions'),
                        ('a.npz', 'compute the joints with the body model first')):
        with pytest.raises(DataError, match=words): read_trial(tmp_path/name)
