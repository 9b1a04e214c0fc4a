"Recordings of cameras and their tools: joints without names, JSON, skeletons, headings of many makes."
import json
import struct
from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from scipy.io import savemat

from motionfm.basics import DataError
from motionfm.body.skeleton import JOINTS
from motionfm.data.subjects import find_recordings
from motionfm.io.files import read_trial, write_trial
from motionfm.io.joint_names import joint_columns
from motionfm.io.joint_orders import ORDERS
from motionfm.io.mat import load_mat
from motionfm.io.point_names import subjects_of
from motionfm.io.registry import output_ending
from motionfm.io.trial import swaying_trial

FRAMES, RATE = 90, 60
SWAY = swaying_trial(FRAMES)
POINTS = SWAY.values[:, [SWAY.markers.index(name) for name in JOINTS]]/1000   # m, y up
KINECT = next(order for order in ORDERS if order[0] == 'SpineBase')


def as_order(order) -> np.ndarray:
    "The body with its joints in another order; what is no joint of ours stands beside the neck."
    points = np.repeat(POINTS[:, :1], len(order), 1) + np.linspace(0, .1, len(order))[:, None]
    for joint, column in joint_columns(order).items(): points[:, column] = POINTS[:, JOINTS.index(joint)]
    return points.round(5)


def check_joints(trial, shift=0.) -> None:
    "All joints that are known are where they are."
    assert len(trial.columns) >= 6
    scale = {'m': 1, 'mm': 1000}[trial.units]
    for joint, column in trial.columns.items():
        expected = POINTS[:, JOINTS.index(joint)] + shift
        np.testing.assert_allclose(trial.values[:, column]/scale, expected, atol=2e-5, err_msg=joint)


@pytest.mark.parametrize('order', ORDERS, ids=lambda order: f'{len(order)} {order[0]}')
def test_arrays_in_the_order_of_a_tool(order, tmp_path):
    "Joints by their bones, at the rate of most cameras, told; and the array is written back as it was."
    path, again, points = tmp_path/'pose.npy', tmp_path/'again.npy', as_order(order)
    np.save(path, points)
    trial = read_trial(path)
    check_joints(trial)
    assert (trial.markers, trial.rate) == (order, 30)
    assert any('have no names' in note for note in trial.notes)
    assert any('30 Hz is assumed' in note for note in trial.notes)
    write_trial(again, trial)
    np.testing.assert_array_equal(np.load(again), points)
    np.savez(tmp_path/'pose.npz', points)
    check_joints(read_trial(tmp_path/'pose.npz'))


def test_arrays_in_no_order(tmp_path):
    np.save(tmp_path/'pose.npy', as_order(KINECT)[:, ::-1])
    with pytest.raises(DataError, match='give the rate with rate='): read_trial(tmp_path/'pose.npy')
    trial = read_trial(tmp_path/'pose.npy', rate=30.)
    assert trial.markers[0] == 'point 1' and not trial.columns


@pytest.mark.parametrize('shape', ['flat', 'flat with certainty', 'people'])
def test_shapes_of_arrays(shape, tmp_path):
    path, again, points = tmp_path/'pose.npy', tmp_path/'again.npy', as_order(KINECT)
    sure = np.full((*points.shape[:2], 1), .9)
    sure[40, 5] = .1
    array = {'flat': points.reshape(FRAMES, -1), 'people': np.stack([points, points + [1, 0, 0]], 1),
             'flat with certainty': np.concatenate([points, sure], 2).reshape(FRAMES, -1)}[shape]
    np.save(path, array)
    trial = read_trial(path)
    assert np.isnan(trial.values).any(-1).sum() == (shape == 'flat with certainty')
    assert len(subjects_of(trial.markers)) == (2 if shape == 'people' else 1)
    if shape == 'people': np.testing.assert_allclose(trial.values[:, 25:], points + [1, 0, 0])
    write_trial(again, trial)
    np.testing.assert_array_equal(np.load(again), array)
    write_trial(again, replace(trial, values=np.nan_to_num(trial.values, nan=.5) + [0, 1e-3, 0]))
    assert np.load(again).shape == array.shape


def tables() -> dict[str, str]:
    "Rows of numbers, and headings, of depth cameras and their users."
    points = as_order(KINECT)
    flat = points.reshape(FRAMES, -1)
    state = np.concatenate([points, np.full((FRAMES, 25, 1), 2.)], 2).reshape(FRAMES, -1)
    def text_of(row, separator): return separator.join(f'{x:.5f}' for x in row)
    def rows(table, separator): return '\n'.join(text_of(row, separator) for row in table)
    long = '\n'.join(f'{frame*333333}, {joint}, {text_of(points[frame, joint], ", ")}, 2'
                     for frame in range(FRAMES) for joint in range(25))
    named = '\n'.join(f'{frame},{name},{text_of(point, ",")}'
                      for frame in range(FRAMES) for name, point in zip(KINECT, points[frame]))
    counted = ','.join(f'joint_{joint}_{axis}' for joint in range(25) for axis in 'xyz')
    every_third = np.c_[252 + 3*np.arange(FRAMES), flat]
    return {'rows with states': rows(state, ','), 'every third frame': rows(every_third, ' '),
            'joints that are counted': counted + '\n' + rows(flat, ','),
            'long, with identities': 'Timestamp, JointID, Position.X, Position.Y, Position.Z, State\n' + long,
            'long, with names': 'frame,joint,x,y,z\n' + named}


@pytest.mark.parametrize('kind', tables())
def test_tables_of_depth_cameras(kind, tmp_path):
    path, text = tmp_path/'body.csv', tables()[kind]
    path.write_text(text + '\n')
    trial = read_trial(path)
    check_joints(trial)
    assert len(trial) == FRAMES and trial.rate == pytest.approx(30, rel=1e-3)
    write_trial(path, trial)
    assert path.read_text() == text + '\n'


@pytest.mark.parametrize('named', [True, False])
def test_rows_in_turn(named, tmp_path):
    "A row for each joint and no headings: frames are what comes again, by names or by bones."
    path, order = tmp_path/'walk.txt', ORDERS[0]
    rows = [' '.join([*[name]*named, *(f'{x:.5f}' for x in place), *(['0 0 0 1'] if named else ['1'])])
            for points in as_order(order) for name, place in zip(order, points)]
    text = '\n'.join(rows) + '\n'
    path.write_text(text)
    trial = read_trial(path)
    check_joints(trial)
    assert (len(trial), trial.rate, trial.markers[0]) == (FRAMES, 30, 'HipCenter')
    path = tmp_path/'walk.csv'
    path.write_text(text.replace(' ', ','))
    write_trial(tmp_path/'again.csv', read_trial(path))
    assert (tmp_path/'again.csv').read_text() == path.read_text()


def trees() -> dict[str, object]:
    "The same body as programs write it."
    points = as_order(KINECT).tolist()
    named = [dict(zip(JOINTS, frame)) for frame in POINTS.round(5).tolist()]
    def mark(name, place): return dict(zip('xyz', place)) | {'name': name, 'score': .9}
    def marks(frame): return [mark(name, place) for name, place in frame.items()]
    times = [1000 + 1000*frame/RATE for frame in range(FRAMES)]
    flat = [[number for place in frame for number in (*place, .9)] for frame in points]
    return {
        'arrays': points,
        'columns': {'fps': RATE} | {name: [frame[name] for frame in named] for name in JOINTS},
        'joint_names': {'fps': RATE, 'joint_names': KINECT, 'frames': [
            {'bodies': [{'body_id': 1, 'joint_positions': frame, 'joint_orientations': [[1, 0, 0, 0]]*25}]}
            for frame in points]},
        'landmarks': [{'timestamp_ms': time, 'keypoints': [[1., 2., .9]]*20, 'keypoints3D': marks(frame)}
                      for time, frame in zip(times, named)],
        'flat': {'frames': [{'people': [{'person_id': [-1], 'pose_keypoints_3d': frame}]} for frame in flat]},
        'by time': {f'{time*1e6:.0f}': {'body_list': [{'id': 0, 'position': [0, 0, 0], 'keypoint': frame}]}
                    for time, frame in zip(times, points)},
        'actors': {'scene': {'fps': RATE, 'frames': [{'time': time/1000, 'actors': [{'body': {
            name: {'position': dict(zip('xyz', place)), 'rotation': {'x': 0, 'y': 0, 'z': 0, 'w': 1}}
            for name, place in frame.items()}}]} for time, frame in zip(times, named)]}},
        'in mm': {'fps': RATE, 'units': 'mm', 'frames': [
            {name: [1000*number for number in place] for name, place in frame.items()} for frame in named]},
        'streamed': [{'fps': RATE, 'scene': {'timestamp': time/1000, 'actors': [{'body': {
            name: {'position': dict(zip('xyz', place))} for name, place in frame.items()}}]}}
            for time, frame in zip(times, named)],
        'step of time': {'motion': {
            'frameTime': 1/RATE, 'frames': [{'positions': frame} for frame in points]}},
        'axes of a camera': [{'time': time/1000, 'bodies': [{'joints': [
            {'depthX': .4, 'depthY': .5, 'colorX': .4, 'colorY': .5, 'orientationX': 0., 'orientationY': 0.,
             'orientationZ': 0., 'orientationW': 1.} | dict(zip(('cameraX', 'cameraY', 'cameraZ'), place))
            for place in frame]}]} for time, frame in zip(times, points)],
        **tables_in_trees(named), **trees_by_point(named)}


def trees_by_point(named: list[dict]) -> dict[str, object]:
    "The same body with the path of each point in one place; and numbers in quotes."
    def quoted(place): return [f'{number:.5f}' for number in place]
    paths = {name: [frame[name] for frame in named] for name in JOINTS}
    parts = {name: [{'Range': {'Start': 7 + start, 'End': 36 + start}, 'Type': 'Measured', 'Values': [
        [*(1000*number for number in place), .4] for place in paths[name][start:start + 30]]}
        for start in (0, 30, 60)] for name in JOINTS}
    return {
        'paths of points': {'fps': RATE, 'joints': [
            {'name': name, 'positions': path} for name, path in paths.items()]},
        'paths of coordinates': {'frame_rate': RATE, 'joints': {
            name: dict(zip('xyz', map(list, zip(*path)))) for name, path in paths.items()}},
        'QTM': [{'Timebase': {'Frequency': RATE}, 'Markers': [
            {'Name': name, 'Parts': parts[name]} for name in JOINTS]}],
        'named frames': {'fps': RATE, 'joint_names': JOINTS, 'frames': [
            {'name': f'{frame}.png', 'joints': list(places.values())} for frame, places in enumerate(named)]},
        'numbers in quotes': [{'t': str(frame/RATE), 'joints': {
            name: dict(zip('xyz', quoted(place))) for name, place in places.items()}}
            for frame, places in enumerate(named)]}


def tables_in_trees(named: list[dict]) -> dict[str, object]:
    "The same body as pandas writes tables: records, columns, names with rows."
    times = [frame/RATE for frame in range(FRAMES)]
    names = ['time', *(f'{name}_{axis}' for name in JOINTS for axis in 'xyz')]
    rows = [[time, *(number for place in frame.values() for number in place)]
            for time, frame in zip(times, named)]
    return {
        'records': [{'time': time, 'joint': name} | dict(zip('xyz', place))
                    for time, frame in zip(times, named) for name, place in frame.items()],
        'table of columns': {name: {str(row): value for row, value in enumerate(column)}
                             for name, column in zip(names, zip(*rows))},
        'names and rows': {'columns': names, 'index': [*range(FRAMES)], 'data': rows}}


@pytest.mark.parametrize('kind', trees())
def test_json(kind, tmp_path):
    "Positions, rate and unit out of a tree; the output is a TRC file."
    path = tmp_path/'pose.json'
    path.write_text(json.dumps(trees()[kind]))
    trial = read_trial(path)
    check_joints(trial)
    rate = 30 if kind in ('arrays', 'flat') else RATE
    assert trial.up == 'y' and trial.rate == pytest.approx(rate, rel=1e-3)
    write_trial(tmp_path/'pose.trc', trial)
    check_joints(read_trial(tmp_path/'pose.trc'))


def test_json_lines_gaps_and_people(tmp_path):
    path = tmp_path/'pose.jsonl'
    frames = [{'bodies': [dict(zip(JOINTS, (points + [person, 0, 0]).tolist())) for person in (0, 1)]}
              for points in POINTS]
    frames[7] = {'bodies': []}
    frames[9]['bodies'][0]['Neck'] = [None, None, None]
    path.write_text('\n'.join(map(json.dumps, frames)))
    trial = read_trial(path)
    assert len(subjects_of(trial.markers)) == 2 and len(trial) == FRAMES
    seen = np.isfinite(trial.values).all(-1)
    assert not seen[7].any() and not seen[9, 0] and (~seen).sum() == 41
    np.testing.assert_allclose(trial.values[20, :20], POINTS[20])


@pytest.mark.parametrize('tree, message', [
    ({'name': 'x', 'needs': {f'p{n}': {'version': '1'} for n in range(90)}}, 'no frames with x, y and z'),
    ({'bodies': [{'joints19': [.5]*76}]}, 'a file for each frame'),
    ([{'rotation': {name: [0, 0, 0, 1] for name in 'abcde'}} for _ in range(90)], 'no frames'),
    ([[[40*point + frame, 9*frame, .8] for point in range(17)] for frame in range(60)], 'x and y of a pict'),
    (np.random.default_rng(0).normal(size=(60, 12, 3)).tolist(), 'keep their distance to no other')])
def test_json_without_poses(tree, message, tmp_path):
    path = tmp_path/'tree.json'
    path.write_text(json.dumps(tree))
    with pytest.raises(DataError, match=message): read_trial(path)


@pytest.mark.parametrize('depth', [400, 480, 900])
@pytest.mark.parametrize('ends', ['[ ]', '{"a": }', '[{"a": }]'])
def test_json_with_lists_within_lists(depth, ends, tmp_path):
    path, (start, end) = tmp_path/'tree.json', ends.split(' ')
    path.write_text(start*depth + '1' + end*depth)
    with pytest.raises(DataError): read_trial(path)


def test_ntu_skeleton(tmp_path):
    "Two people; one is not there at first."
    lines = [str(FRAMES)]
    for frame, points in enumerate(as_order(KINECT)):
        people = [points, points + [1, 0, 0]][:1 + (frame > 30)]
        lines.append(str(len(people)))
        for number, person in enumerate(people):
            rows = [' '.join(f'{x:.6f}' for x in (*place, 1, 1, 1, 1, 0, 0, 0, 1)) + ' 2' for place in person]
            lines += [f'7205759403793{number:04} 0 1 1 1 1 0 0.02 0.05 2', '25', *rows]
    path = tmp_path/'S001C001P001R001A001.skeleton'
    path.write_text('\n'.join(lines) + '\n')
    trial = read_trial(path)
    assert trial.rate == 30 and len(subjects_of(trial.markers)) == 2
    np.testing.assert_allclose(trial.values[:, :25], as_order(KINECT), atol=1e-6)
    assert np.isnan(trial.values[:31, 25:]).all() and np.isfinite(trial.values[31:]).all()


@pytest.mark.parametrize('form', [
    'T{axis}_{name}', '{name}:T{AXIS}', 'pos_{axis}_{name}', '{name}{AXIS}(mm)', '{name}_{axis}_filtered',
    '{axis}({name})', '{name}_world_{axis}', '{name}_3d_{axis}', 'Global{name}{AXIS}', 'joint_{name}_{axis}',
    '{name}_joint_{axis}', '{name}_Joint-Posi-{axis}', 'Marker_{name}_{AXIS}', '{name}_coord_{axis}'])
def test_words_around_names(form, tmp_path):
    "Axes anywhere in a heading, and words that all names share; each toe is the right one."
    words = [form.format(name=name, axis=axis, AXIS=axis.upper()) for name in JOINTS for axis in 'xyz']
    rows = [','.join([f'{frame/RATE:.6f}', *(f'{1000*x:.3f}' for x in points.ravel())])
            for frame, points in enumerate(POINTS)]
    path, text = tmp_path/'walk.csv', '\n'.join([','.join(['time', *words]), *rows]) + '\n'
    path.write_text(text)
    trial = read_trial(path)
    check_joints(trial)
    assert len(trial.columns) == 20
    write_trial(path, trial)
    assert path.read_text() == text


def test_sides_are_no_words_that_all_share():
    assert joint_columns(['R_Hip', 'R_Knee', 'R_Ankle', 'R_Shoulder']).keys() == {
        'RHip', 'RKnee', 'RAnkle', 'RShoulder'}


def test_three_numbers_in_a_cell(tmp_path):
    "As OpenSim's tables of vectors, with commas; and with spaces, without times."
    path = tmp_path/'walk.sto'
    def cell(place, mark): return mark.join(f'{x:.6f}' for x in place)
    def cells(frame, mark): return '\t'.join(cell(place, mark) for place in POINTS[frame])
    rows = [f'{frame/RATE:.6f}\t{cells(frame, ",")}' for frame in range(FRAMES)]
    head = ['DataRate=60.0', 'DataType=Vec3', 'version=3', 'endheader', '\t'.join(['time', *JOINTS])]
    path.write_text('\n'.join([*head, *rows]))
    check_joints(read_trial(path))
    path.write_text('\t'.join(JOINTS) + '\n' + '\n'.join(cells(frame, ' ') for frame in range(FRAMES)))
    trial = read_trial(path, rate=60.)
    check_joints(trial)


def test_times_without_a_name_and_names_like_those_of_trc(tmp_path):
    path = tmp_path/'walk.csv'
    rows = [','.join([f'{3 + frame/RATE:.4f}', *(f'{1000*x:.3f}' for x in points.ravel())])
            for frame, points in enumerate(POINTS)]
    words = ','.join(f'{name}_{axis}' for name in JOINTS for axis in 'xyz')
    path.write_text('\n'.join([f'Header,{words}', *rows]))
    trial = read_trial(path)
    check_joints(trial)
    assert trial.rate == pytest.approx(RATE, rel=1e-3)
    axes = ','.join(f'X{number},Y{number},Z{number}' for number in range(1, 21))
    path.write_text('\n'.join([f'Frame#,Time,{",,,".join(JOINTS)},,', f',,{axes}',
                               *(f'{number},{row}' for number, row in enumerate(rows, 1))]))
    check_joints(read_trial(path))


def test_capitals_before_an_axis(tmp_path):
    "R.ASISX is a marker as R.KneeX is."
    path, names = tmp_path/'walk.txt', ('R.ASIS', 'R.PSIS', 'R.Knee', 'R.MT1', 'R.GTR')
    rows = ['\t'.join([f'{frame/RATE:.4f}', *(f'{1000*x:.3f}' for x in points[:5].ravel())])
            for frame, points in enumerate(POINTS)]
    heading = '\t'.join(['Time', *(f'{name}{axis}' for name in names for axis in 'XYZ')])
    path.write_text('\n'.join([heading, *rows]))
    assert len(read_trial(path).markers) == 5


def test_quotes_in_trc(tmp_path):
    path = tmp_path/'walk.trc'
    write_trial(path, replace(SWAY, values=SWAY.values))
    text = path.read_text().split('\n')
    text[3] = '\t'.join(f'"{word}"' if word else '' for word in text[3].split('\t'))
    text[3] = text[3].replace('"Frame#"\t"Time"', 'Frame#\tTime')
    path.write_text('\n'.join(text))
    assert read_trial(path).markers == SWAY.markers


def test_a_trc_file_whose_cells_are_all_quoted(tmp_path):
    "It has a P where the second byte of a C3D file is one."
    path = tmp_path/'walk.trc'
    write_trial(path, SWAY)
    lines = [line.split('\t') for line in path.read_text().splitlines()]
    path.write_text('\n'.join('\t'.join(f'"{cell}"'*bool(cell) for cell in line) for line in lines) + '\n')
    trial = read_trial(path)
    assert trial.markers == SWAY.markers and trial.rate == RATE
    np.testing.assert_array_equal(trial.values, SWAY.values)


def structs(**members) -> np.ndarray:
    "An array of structs for MATLAB, from lists of what each has."
    found = np.zeros(len(next(iter(members.values()))), [(name, 'O') for name in members])
    for name, values in members.items():
        for place, value in enumerate(values): found[place][name] = value
    return found


HEADINGS = ['time', *(f'{name}_{axis}' for name in JOINTS for axis in 'xyz')]
TABLE = np.c_[np.arange(FRAMES)/RATE, POINTS.reshape(FRAMES, -1)]
TRIAL = {'points': POINTS, 'labels': np.array(JOINTS, object), 'fs': float(RATE)}
MATS = {
    'structs with names': {'fs': float(RATE), 'markers': structs(
        label=JOINTS, data=[POINTS[:, place] for place in range(len(JOINTS))])},
    'matrices of x, y and z': {'fs': float(RATE), 'names': np.array(JOINTS, object)} | {
        axis: POINTS[..., place] for place, axis in enumerate('XYZ')},
    'importdata': {'A': {'data': TABLE, 'textdata': np.array(HEADINGS, object),
                         'colheaders': np.array(HEADINGS, object)}},
    'parameters of C3D': {'c3d': {'data': {'points': POINTS.transpose(2, 1, 0)}, 'parameters': {'POINT': {
        'LABELS': {'DATA': np.array(JOINTS, object)}, 'RATE': {'DATA': float(RATE)}}}}},
    'trials': {'trials': structs(task=['walk', 'turn'], **{key: [one]*2 for key, one in TRIAL.items()})},
    'many trials': {'reps': structs(**{key: [one]*9 for key, one in TRIAL.items()})},
}


@pytest.mark.parametrize('kind', MATS)
def test_mat(kind, tmp_path):
    "Names out of structs, times out of a table's columns; trials of one length are no people."
    savemat(tmp_path/'walk.mat', MATS[kind])
    trial = read_trial(tmp_path/'walk.mat')
    check_joints(trial)
    assert len(trial.columns) == 20 and trial.rate == pytest.approx(RATE)
    assert any('trials found, the first is read' in note for note in trial.notes) == ('trials' in kind)


def test_npz_with_an_array_for_each_point(tmp_path):
    tracks = {name: POINTS[:, place] for place, name in enumerate(JOINTS)}
    np.savez(tmp_path/'walk.npz', fps=RATE, **tracks)
    trial = read_trial(tmp_path/'walk.npz')
    check_joints(trial)
    assert len(trial.columns) == 20 and trial.rate == RATE
    write_trial(tmp_path/'again.npz', replace(trial, values=trial.values + 1))
    again = np.load(tmp_path/'again.npz')
    assert set(again.files) == {'fps', *JOINTS} and again['fps'] == RATE
    np.testing.assert_allclose(again['RKnee'], tracks['RKnee'] + 1)


def test_npz_with_names_in_every_frame(tmp_path):
    np.savez(tmp_path/'walk.npz', markers=POINTS, labels=np.array([JOINTS]*FRAMES), frame_rate=RATE)
    trial = read_trial(tmp_path/'walk.npz')
    check_joints(trial)
    assert trial.markers == JOINTS


def test_mat_of_any_ending_comes_back_as_trc(tmp_path):
    "Found by its content, read without a table of names, written as TRC; folders are searched for it."
    markers = {name: 1000*POINTS[:, place] for place, name in enumerate(JOINTS)}
    for name in 'walk.mat', 'walk.zoo', 'walk.bin':
        savemat(tmp_path/name, {'markers': markers, 'fs': float(RATE)}, appendmat=False)
        trial = read_trial(tmp_path/name)
        check_joints(trial)
        assert (trial.rate, trial.units, output_ending(tmp_path/name)) == (RATE, 'mm', '.trc')
    write_trial(tmp_path/'walk.trc', trial)
    check_joints(read_trial(tmp_path/'walk.trc'))
    assert {'walk.mat', 'walk.zoo'} <= {path.name for path in find_recordings(tmp_path)}


def smpl() -> bytes:
    "Turns of joints without positions, as AMASS has them."
    file = BytesIO()
    np.savez(file, trans=np.zeros((90, 3)), poses=np.zeros((90, 156)), mocap_framerate=120.)
    return file.getvalue()


@pytest.mark.parametrize('name, content, message', [
    ('x.fbx', b'Kaydara FBX Binary  \0' + b'\0'*99, 'export it as BVH'),
    ('x.xlsx', b'PK\3\4' + b'\0'*99, 'save its sheet as CSV'),
    ('x.mat', b'MATLAB 5.0 MAT-file' + b'\0'*99, 'no MAT file found'),
    ('x.h5', b'Not HDF5', 'HDF5 by its name, but not by its content'),
    ('x.pkl', b'\x80\x04\x95' + b'\0'*9, 'may run programs'),
    ('x.c3d', b'version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 9\n', 'git lfs pull'),
    ('x.trc', b'version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 9\n', 'git lfs pull'),
    ('x.csv', b'PK\3\4' + b'\0'*99, 'a workbook or an archive found under the ending .csv'),
    ('x.trc', b'\n<!DOCTYPE html>\n<html><body>404</body></html>', 'a web page found instead of the file'),
    ('x.parquet', b'PAR1' + b'\0'*99, 'save it as CSV'), ('x.RDS', b'\x1f\x8b' + b'\0'*99, 'save it as CSV'),
    ('x.asf', b':version 1.10\n:name VICON\n', 'name the AMC file'),
    ('x.npz', smpl(), 'compute the joints with the body model first')])
def test_files_of_other_programs(name, content, message, tmp_path):
    (tmp_path/name).write_bytes(content)
    with pytest.raises(DataError, match=message): read_trial(tmp_path/name)


@pytest.mark.parametrize('version', [4, 5])
def test_mat_text_of_millions_of_empty_lines(tmp_path, version):
    "Nothing is made of lines that have no letters."
    if version == 4: content = struct.pack('<5i', 1, 9_000_000, 0, 0, 2) + b'a\0'
    else:
        flags = struct.pack('<4I', 6, 8, 4, 0) + struct.pack('<4i', 5, 8, 9_000_000, 0)
        body = flags + struct.pack('<HHi', 1, 1, 97) + struct.pack('<2I', 16, 0)
        content = b'MATLAB 5.0 MAT-file'.ljust(124) + b'\0\1IM' + struct.pack('<2I', 14, len(body)) + body
    (tmp_path/'text.mat').write_bytes(content)
    tree = load_mat(content)
    assert tree == {'a': ''}, list(tree)
    with pytest.raises(DataError, match='no positions'): read_trial(tmp_path/'text.mat')
