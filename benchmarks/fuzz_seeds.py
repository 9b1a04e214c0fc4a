"""The small files that benchmarks/fuzz.py begins with, written anew to tests/seeds: `python
benchmarks/fuzz_seeds.py`.
"""

import sys
from dataclasses import replace
from io import BytesIO

import h5py
import numpy as np
from fuzz import ROOT, SEEDS
from scipy.io import savemat

from motionfm.io.csv import write_csv
from motionfm.io.files import read_trial, write_trial
from motionfm.io.trial import Trial

NAMES = ('Neck', 'RHip', 'RKnee', 'RAnkle', 'Box')
PERSON = np.array([[0, 1.4, 0], [-.1, .9, 0], [-.1, .5, 0], [-.1, .1, 0], [1, .2, 1]])
BVH = '''HIERARCHY
ROOT Hips
{
OFFSET 0 0 0
CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation
JOINT LeftUpLeg
{
OFFSET 9 -5 0
CHANNELS 3 Zrotation Xrotation Yrotation
JOINT LeftLeg
{
OFFSET 0 -40 0
CHANNELS 3 Zrotation Xrotation Yrotation
JOINT LeftFoot
{
OFFSET 0 -40 0
CHANNELS 3 Zrotation Xrotation Yrotation
End Site
{
OFFSET 0 -4 18
}
}
}
}
}
MOTION
Frames: 3
Frame Time: .033333
0 90 0 0 1 0 1 2 3 4 5 6 7 8 9
0 90 1 0 2 0 1 2 3 4 5 6 7 8 9
0 91 0 0 3 0 1 2 3 4 5 6 7 8 9
'''


def recording() -> Trial:
    "Three frames of half a person and a box, with gaps."
    values = np.stack([PERSON + [.01*frame, 0, 0] for frame in range(3)])
    values[1, 2], values[2, 0] = np.nan, 0
    return Trial(values.round(3), NAMES, 60., 'm', np.arange(3)/60, np.arange(3) + 1, 'seed')


def npy(array) -> bytes:
    "An array as an .npy file."
    file = BytesIO()
    np.save(file, array)
    return file.getvalue()


def arrays() -> dict[str, dict]:
    "Contents of NPZ files: ours, a wide one with visibility, a long one, and one without a name."
    trial, joints = recording(), np.tile(PERSON[:1], (2, 20, 1)) + np.arange(20)[:, None]/100
    rows = dict(
        joint=np.array(NAMES * 3),
        frame=np.repeat([1.0, 2, 3], 5),
        fps=60.0,
        units=np.array('m'),
        **dict(zip('xyz', trial.values.reshape(-1, 3).T)),
    )
    return {
        'ours': dict(
            positions=trial.values,
            markers=np.array(NAMES),
            times=trial.times,
            frames=trial.frames,
            rate=60.0,
            units='m',
            up='y',
        ),
        'wide': dict(joints=joints.reshape(2, 60), visibility=np.ones((2, 20), bool), fps=60, unit='m'),
        'long': rows,
        'named': dict(walk=joints.astype(np.float32), fps=np.int16(60), unit=np.array(b'm')),
    }


def write() -> None:
    "All seeds."
    trial = recording()
    for name in ('trc', 'csv', 'npz', 'c3d', 'bvh', 'info'): (SEEDS/name).mkdir(parents=True, exist_ok=True)
    write_trial(SEEDS/'trc'/'tabs.trc', trial)
    text = (SEEDS/'trc'/'tabs.trc').read_text()
    spaced = '\n'.join(
        '  '.join(cell or 'NaN' for cell in line.split('\t')[:17])
        if line[:1].isdigit() and 'm' not in line
        else ' '.join(line.split())
        for line in text.split('\n')
    )
    (SEEDS/'trc'/'spaces.trc').write_text(spaced)
    (SEEDS / 'trc' / 'bare.trc').write_text(
        text.replace('60.0\t60.0\t3\t5\tm', '\t\t3\t5\t').replace('\n', '\r\n')
    )
    for name, long in ('wide', False), ('long', True): write_csv(SEEDS/'csv'/f'{name}.csv', trial, long)
    table = (SEEDS/'csv'/'wide.csv').read_text().splitlines()
    (SEEDS / 'csv' / 'semicolons.csv').write_text(
        '\n'.join(row.rsplit(',', 3)[0].replace(',', ';').replace('.', ',') for row in table) + '\n'
    )
    (SEEDS / 'csv' / 'quotes.csv').write_text(
        '\n'.join(
            row.replace('Box', '"a ""Box"""')
            if number
            else row.replace('Box_x', '"Box, x"')
            .replace('Box_y', 'Box, y'.join('""'))
            .replace('Box_z', '"Box, z"')
            for number, row in enumerate(table)
        )
        + '\n'
    )
    for name, entries in arrays().items():
        (SEEDS / 'npz' / f'{name}.entries').write_bytes(
            b'--entry--'.join(key.encode() + b'\n' + npy(value) for key, value in entries.items())
        )
    np.savez_compressed(SEEDS/'npz'/'whole.npz', **arrays()['named'])
    write_trial(SEEDS/'c3d'/'plain.c3d', trial)
    content = read_trial(SEEDS/'c3d'/'plain.c3d').contents
    parameters = {name: dict(group) for name, group in content.parameters.items()}
    parameters['ANALOG'] |= {
        'LABELS': parameters['ANALOG']['LABELS'] | {'value': ['Fz']},
        'RATE': parameters['ANALOG']['RATE'] | {'value': np.array([120.0])},
    }
    forces = replace(content, analogs=np.arange(6.).reshape(1, 1, 6), parameters=parameters)
    write_trial(SEEDS/'c3d'/'forces.c3d', replace(trial, contents=forces))
    write_odd_c3d()
    (SEEDS/'bvh'/'leg.bvh').write_text(BVH)
    (SEEDS / 'bvh' / 'root.bvh').write_text(
        'HIERARCHY ROOT a\n{ OFFSET 0 0 0\nCHANNELS 3 Xposition Yposition Zposition\n'
        'End Site { OFFSET 0 1 0\n} }\nMOTION\nFrames: 1\nFrame Time: .1\n1 2 3\n'
    )
    info = {
        'subjects': np.array([1, 2]),
        'trials': np.array(['a', 'b']),
        'scalefactors': [1.0, 0.9],
        'notes': {'a': None, 'b': (True, b'x')},
        'one': np.float32(3),
    }
    for protocol in 3, 4: (SEEDS/'info'/f'protocol{protocol}.npy').write_bytes(pickled(info, protocol))


def write_odd_c3d() -> None:
    "C3D files of other computers, of integers, and with rotations, as tests/test_c3d_kinds.py makes them."
    sys.path.insert(0, str(ROOT/'tests'))
    from test_c3d_kinds import DEC, file_of, FRAMES, INTEL, orphans, parameters_of, SGI, Writer
    turned = parameters_of(ROTATION__USED=1, ROTATION__DATA_START=0, ROTATION__RATIO=1)
    files = {
        'dec': file_of(DEC, extra=orphans(Writer(DEC))),
        'sgi_integers': file_of(SGI, integers=True),
        'rotations': file_of(INTEL, groups=turned, rotations=np.zeros((FRAMES, 1, 1, 17))),
        'many_frames': file_of(head={'last': 65535}, groups=parameters_of(
            POINT__FRAMES=-1, POINT__LONG_FRAMES=float(FRAMES), TRIAL__ACTUAL_START_FIELD=[1, 0],
            TRIAL__ACTUAL_END_FIELD=[FRAMES, 0]))}
    for name, raw in files.items(): (SEEDS/'c3d'/f'{name}.c3d').write_bytes(raw)


OTHERS = {   # tables of other programs: reader, and its files
    'motive': {'take.csv': '''Format Version,1.23,Take Name,A,Capture Frame Rate,100,Length Units,Meters

,Type,Rigid Body,Rigid Body,Rigid Body,Bone,Bone,Bone,Marker,Marker,Marker
,Name,Hat,Hat,Hat,A:LThigh,A:LThigh,A:LThigh,"A:M1","A:M1","A:M1"
,,Rotation,Rotation,Rotation,Position,Position,Position,Position,Position,Position
Frame,Time (Seconds),X,Y,Z,X,Y,Z,X,Y,Z
0,0.00,0,0,0,0.1,0.9,0,.1,.03,0
1,0.01,0,0,0,,,,.1,.03,0
2,0.02,0,0,0,0.1,0.9,0.02,,,
'''},
    'qtm': {'keys.tsv': '''NO_OF_FRAMES\t2
NO_OF_MARKERS\t2
FREQUENCY\t100
DATA_INCLUDED\t3D
MARKER_NAMES\tRKnee\tBox
TRAJECTORY_TYPES\tMeasured\tMixed
1\t0.00\t100.5\t2\t480\t900\t0\t50
2\t0.01\t\t\t\t900\tnull\t50
''', 'skeleton.tsv': '''NO_OF_FRAMES\t2
FREQUENCY\t100
Frame\tTime\tHips\tX\tY\tZ\tQX\tQY\tQZ\tQW
1\t0\t\t1\t2\t3\t0\t0\t0\t1
2\t0.01\t\t1\t2\t4\t0\t0\t0\t1
'''},
    'nexus': {'sections.csv': '''Devices
1000
,,Plate,,
Frame,Sub Frame,Fx,Fy,Fz
,,N,N,N
5,0,0.1,0.2,-700

Trajectories
100
,,Ann:RKNE,,,Ann:LKNE,,
Frame,Sub Frame,X,Y,Z,X,Y,Z
,,mm,mm,mm,mm,mm,mm
5,0,10,20,480.5,12,-20,480
6,0,,,,12.5,-20,480
''', 'bare.csv': '7,0,1,2,3,,,\n8,0,1,2,4,5,6,7\n'},
    'keypoints': {'dlc.csv': '''scorer,net,net,net,net
bodyparts,left_hip,left_hip,left_hip,left_hip
coords,x,y,z,likelihood
0,1,2,3,.9
1,1,2,3,.1
''', 'wide.csv': 'fnum,l-hip_x,l-hip_y,l-hip_z,l-hip_score,M_00\n0,1,2,3,.9,1\n1,1,2,3,.1,1\n',
                  'long.csv': '''frame,model,landmark,x,y,z,visibility
0,body,left_hip,1,2,3,.9
1,body,1,1,2,3,.1
'''},
    'table': {'own.txt': '''Sample Rate: 60
units;mm

Clock;a[X];a[Y];a[Z];b[X];b[Y];b[Z];c[X];c[Y];c[Z];d[X];d[Y];d[Z]
10:00:00,00;1;2;3;4;5;6;7;8;9;1,5;2,5;3,5
10:00:00,02;1;2;3;;;;7;8;9;1,5;2,5;3,5
10:00:00,03;1;2;3;4;5;6;7;8;9;1,5;2,5;3,5
''', 'rows.txt': '1 1 2 3 4 5 6 7 8 9 1 2 3\n2 1 2 3 4 5 6 7 8 9 1 2 4\n',
              'cells.txt': '''dt,a,b,c,d
.1,[1 2 3],[4 5 6],[7 8 9],[1 2 3]
.1,[1 2 3],[4 5 6],[7 8 9],[1 2 4]
''',
              'long.txt': '''frame_id,who_id,joint_id,pos_x,pos_y,pos_z,score
0,1,0,1,2,3,.9
0,1,1,4,5,6,.9
0,1,2,7,8,9,.1
0,1,3,1,2,3,.9
1,1,0,1,2,3,.9
1,1,1,4,5,6,.9
1,1,2,7,8,9,.1
1,1,3,1,2,3,.9
'''},
    'amc': {'leg.amc': '''#!OML:ASF leg
:FULLY-SPECIFIED
:DEGREES
1
root 0 16 0 0 0 0
rfemur 0 0 0
rtibia 5
2
root 0 16 .1 0 0 0
rfemur 1 2 3
--skeleton--# by hand
:version 1.10
:units
  length 0.45
  angle deg
:root
   order TX TY TZ RX RY RZ
   axis XYZ
   position 0 0 0
   orientation 0 0 0
:bonedata
  begin
     id 1
     name rfemur
     direction 0 -1 0
     length 7
     axis 0 0 -20   XYZ
    dof rx ry rz
    limits (-160.0 20.0)
           (-70.0 70.0)
           (-70.0 60.0)
  end
  begin
     id 2
     name rtibia
     direction 0 -1 0
     length 7
     axis 0 0 0   XYZ
    dof rx
  end
  begin
     id 3
     name rfoot
     direction 0 -.3 .95
     length 2
  end
  begin
     id 4
     name rtoes
     direction 0 0 1
     length 1
  end
:hierarchy
  begin
    root rfemur
    rfemur rtibia
    rtibia rfoot
    rfoot rtoes
  end
'''},
    'mvnx': {'leg.mvnx': '''<?xml version="1.0"?>
<mvnx version="4"><subject label="Ann" frameRate="60"><segments><segment label="RightLowerLeg" id="1"/>
<segment label="RightFoot" id="2"><points>
<point label="pRightHeelFoot"><pos_b>-0.04 0 -0.08</pos_b></point></points>
</segment></segments><frames><frame time="0" index="0" type="normal">
<orientation>1 0 0 0 1 0 0 0</orientation>
<position>0 0 0.5 0 0 0.1</position></frame></frames></subject></mvnx>'''}}


def write_others() -> None:
    "Seeds of other programs' tables and arrays."
    for reader, files in OTHERS.items():
        (SEEDS/reader).mkdir(parents=True, exist_ok=True)
        for name, text in files.items(): (SEEDS/reader/name).write_text(text)
    (SEEDS/'array').mkdir(parents=True, exist_ok=True)
    (SEEDS/'array'/'points.npy').write_bytes(npy(np.arange(60.).reshape(4, 5, 3)))


def write_trees() -> None:
    "MAT files of three makes, and HDF5 files of four."
    for name in ('mat', 'hdf5'): (SEEDS/name).mkdir(parents=True, exist_ok=True)
    values, names = np.tile(PERSON, (12, 1, 1)), np.array(NAMES, object)
    data = np.concatenate([1000*values, np.zeros((12, 5, 1))], 2).transpose(1, 2, 0)
    labeled = {'Count': 5, 'Labels': names, 'Data': data}
    trees = {
        'qtm': {'walk': {'Frames': 12, 'FrameRate': 60, 'Trajectories': {'Labeled': labeled}}},
        'zoo': {'data': {name: {'line': values[:, place]} for place, name in enumerate(NAMES)}
                        | {'zoosystem': {'Video': {'Freq': 60}}}},
        'list': {'walk': values.reshape(12, 15), 'names': names, 'fs': 60}}
    for name, tree in trees.items():
        savemat(SEEDS/'mat'/f'{name}.mat', tree)
        savemat(SEEDS/'mat'/f'{name}_packed.mat', tree, do_compression=True)
    savemat(SEEDS/'mat'/'old.mat', {'RHip': values[:, 1], 'RKnee': values[:, 2], 'fs': 60}, format='4')
    write_hdf5(values)


def write_hdf5(values) -> None:
    "HDF5 with names in an attribute, with named axes, of pandas, and of MATLAB."
    with h5py.File(SEEDS/'hdf5'/'named.h5', 'w') as file:
        file['take/joints3d'] = values
        file['take/joints3d'].attrs.update(names=NAMES, fps=60)
    with h5py.File(SEEDS/'hdf5'/'axes.h5', 'w') as file:
        file['position'] = values.transpose(0, 2, 1)
        file['time'], file['space'], file['keypoints'] = np.arange(12)/60, [*'xyz'], NAMES
    with h5py.File(SEEDS/'hdf5'/'pandas.h5', 'w') as file:
        table = file.create_group('df')
        table.attrs.update(pandas_type=np.bytes_('frame'), nblocks=1)
        table['block0_items'] = np.array([f'{name}_{axis}' for name in NAMES for axis in 'xyz'], 'S')
        table['block0_values'] = values.reshape(12, 15)
    with h5py.File(SEEDS/'hdf5'/'matlab.h5', 'w', userblock_size=512) as file:
        for place, name in enumerate(NAMES): file[f'markers/{name}'] = values[:, place].T
        file['fs'] = np.array([[60.]])


def pickled(info: dict, protocol: int) -> bytes:
    "An infoData.npy in a given protocol of pickles."
    import pickle
    array = np.array(info, object)
    file = BytesIO()
    np.lib.format.write_array_header_1_0(file, np.lib.format.header_data_from_array_1_0(array))
    return file.getvalue() + pickle.dumps(array, protocol)


if __name__ == '__main__':
    write()
    write_others()
    write_trees()
