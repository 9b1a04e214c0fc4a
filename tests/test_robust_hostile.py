"""Files made to do harm: pickles, architectures and HDF5 files that ask for more than data. Each is
refused, and nothing else is read or run.
"""

import json
import os

import h5py
import numpy as np
import pytest

from motionfm.basics import MotionfmError
from motionfm.body.skeleton import FRAMES
from motionfm.data.dataset import open_dataset
from motionfm.data.info import read_info
from motionfm.data.layout import FEATURES_FILE
from motionfm.data.writer import synthesize_dataset


class Runs:
    "What a hostile pickle looks like: reading it runs a command."
    def __init__(self, function, *arguments): self.made = function, arguments
    def __reduce__(self): return self.made


@pytest.mark.parametrize('protocol', range(6))
def test_pickles_that_run_code(tmp_path, protocol):
    import builtins
    import pickle
    import subprocess
    fooled, path = tmp_path/'fooled', tmp_path/'infoData.npy'
    head = (
        np.lib.format.magic(1, 0)
        + (118).to_bytes(2, 'little')
        + b"{'descr': '|O', 'fortran_order': False, 'shape': (), }".ljust(117)
        + b'\n'
    )
    for hostile in (
        Runs(os.system, f'touch {fooled}'),
        Runs(builtins.exec, f'open({str(fooled)!r}, "w")'),
        Runs(subprocess.check_output, ['touch', str(fooled)]),
        Runs(np.load, str(path)),
        Runs(np.memmap, str(path)),
        Runs(builtins.eval, '1'),
    ):
        path.write_bytes(head + pickle.dumps({'subjects': hostile}, protocol))
        with pytest.raises(MotionfmError, match='refused, it asks for') as told: read_info(path)
        assert len(str(told.value).splitlines()) == 1 and not fooled.exists()


@pytest.fixture
def dataset(tmp_path):
    "A dataset, and a file elsewhere that nobody may read from."
    with h5py.File(tmp_path / 'elsewhere.h5', 'w') as file:
        file['data/features'] = np.zeros((30, FRAMES, 62), np.float32)
    np.zeros(30*FRAMES*62, np.float32).tofile(tmp_path/'raw.bin')
    return synthesize_dataset(tmp_path/'dataset0', 30, 2)


def relink(path, name, how, elsewhere, like=None):
    "Replace something in an HDF5 file by a way to elsewhere."
    with h5py.File(path, 'r+') as file:
        shape = like or file[name].shape
        del file[name]
        if how == 'external link':
            file[name] = h5py.ExternalLink(str(elsewhere / 'elsewhere.h5'), '/data/features')
        if how == 'soft link': file[name] = h5py.SoftLink('/somewhere')
        if how == 'virtual':
            layout = h5py.VirtualLayout(shape, np.float32)
            layout[:] = h5py.VirtualSource(str(elsewhere/'elsewhere.h5'), 'data/features', shape)
            file.create_virtual_dataset(name, layout)
        if how == 'raw file':
            file.create_dataset(
                name, shape, np.float32, external=[(str(elsewhere / 'raw.bin'), 0, h5py.h5f.UNLIMITED)]
            )


WAYS = ('external link', 'soft link', 'virtual', 'raw file')


@pytest.mark.parametrize('how', WAYS)
def test_sequences_that_lie_elsewhere(dataset, how):
    relink(dataset/FEATURES_FILE, 'data/features', how, dataset.parent)
    with pytest.raises(MotionfmError, match='link to elsewhere|lies in other files'): open_dataset(dataset)


def test_group_that_lies_elsewhere(dataset):
    relink(dataset/FEATURES_FILE, 'data', 'external link', dataset.parent, (1,))
    with pytest.raises(MotionfmError, match='link to elsewhere'): open_dataset(dataset)


def test_chunks_that_unpack_to_gigabytes(dataset):
    with h5py.File(dataset / FEATURES_FILE, 'w') as file:
        file.create_dataset(
            'data/features', (10**6, FRAMES, 62), np.float32, chunks=(250_000, FRAMES, 62), compression='gzip'
        )
    with pytest.raises(MotionfmError, match='have to be unpacked at once'): open_dataset(dataset)


@pytest.fixture(scope='module')
def network(tmp_path_factory):
    "A small network as training writes it."
    from motionfm.learn.model import build_model, save_architecture, save_weights
    folder = tmp_path_factory.mktemp('network')
    model = build_model(hidden=4, layers=1)
    save_architecture(model, folder/'x.json')
    save_weights(model, folder/'x.weights.h5')
    return folder


@pytest.mark.parametrize('how', WAYS)
def test_weights_that_lie_elsewhere(network, tmp_path, how, dataset):
    from motionfm.learn.model import load_model
    path = tmp_path/'x.weights.h5'
    path.write_bytes((network/'x.weights.h5').read_bytes())
    names = []
    with h5py.File(path) as file:
        file.visititems(
            lambda name, node: (
                names.append(name) if isinstance(node, h5py.Dataset) and '/vars/' in name else None
            )
        )
    with h5py.File(path, 'r+') as file:
        file.copy(names[0], 'decoy/vars/0')  # the right shapes are all there, elsewhere
    relink(path, names[0], how, tmp_path)
    with pytest.raises(MotionfmError, match='refused, .*(link to elsewhere|lies in other files)') as told:
        load_model(network / 'x.json', path)
    assert len(str(told.value).splitlines()) == 1


def changed(network, tmp_path, change):
    "The architecture after a change."
    config = json.loads((network/'x.json').read_text())
    change(config)
    (tmp_path/'x.json').write_text(json.dumps(config))
    return tmp_path/'x.json'


def layer_named(config, name):
    return next(layer for layer in config['config']['layers'] if layer['class_name'] == name)


LAMBDA = {'class_name': '__lambda__', 'config': {'value': ['4wEAAAA=', None, None]}}
HOSTILE = {
    'a Lambda layer': lambda config: layer_named(config, 'Dropout').update(
        {'class_name': 'Lambda', 'config': {'name': 'x', 'function': LAMBDA}}
    ),
    'a Lambda as an activation': lambda config: layer_named(config, 'Dense')['config'].update(
        activation=LAMBDA
    ),
    'a function of Python': lambda config: layer_named(config, 'Dense')['config'].update(
        activation={
            'class_name': 'function',
            'config': 'system',
            'module': 'os',
            'registered_name': 'function',
        }
    ),
    'a class of another module': lambda config: layer_named(config, 'Dense').update(
        module='subprocess', class_name='Popen', registered_name='Popen'
    ),
    'an allowed name of another module': lambda config: layer_named(config, 'Dense').update(
        module='os', registered_name='x'
    ),
    'a registered class': lambda config: layer_named(config, 'Dense').update(
        module=None, class_name='SequenceLoss', registered_name='motionfm>SequenceLoss'
    ),
    'a layer that reads a file': lambda config: layer_named(config, 'Dropout').update(
        class_name='TFSMLayer', config={'filepath': '/etc', 'name': 'x'}
    ),
    'a huge layer': lambda config: layer_named(config, 'Dense')['config'].update(units=10**9),
    'a huge layer in floats': lambda config: layer_named(config, 'Dense')['config'].update(units=1e9),
    'a huge input': lambda config: layer_named(config, 'InputLayer')['config'].update(
        batch_shape=[None, 60, 10**10]
    ),
    'many large layers': lambda config: config['config']['layers'].extend(
        [layer_named(config, 'Dense') | {'config': layer_named(config, 'Dense')['config'] | {'units': 4000}}]
        * 4
    ),
    'a circle': lambda config: layer_named(config, 'Bidirectional')['inbound_nodes'][0]['args'][0][
        'config'
    ].update(keras_history=['dropout', 0, 0]),
    'a layer that is not there': lambda config: layer_named(config, 'Dense')['inbound_nodes'][0]['args'][0][
        'config'
    ].update(keras_history=['nobody', 0, 7]),
    'no layers': lambda config: config.pop('config'),
    'something else': lambda config: config.update(class_name='Dense'),
}


@pytest.mark.parametrize('what', HOSTILE)
def test_architectures(network, tmp_path, what):
    from motionfm.learn.model import load_architecture
    path = changed(network, tmp_path, HOSTILE[what])
    with pytest.raises(MotionfmError, match='x.json: (refused|not the JSON)') as told: load_architecture(path)
    assert len(str(told.value).splitlines()) == 1
    if what not in ('no layers', 'something else'): assert 'refused' in str(told.value), told.value


def test_deep_json(tmp_path):
    from motionfm.learn.model import load_architecture
    (tmp_path/'x.json').write_text('{"config":'*20_000 + '1' + '}'*20_000)
    with pytest.raises(MotionfmError, match='not the JSON of a Keras model'):
        load_architecture(tmp_path / 'x.json')


def test_untouched_network_loads(network):
    from motionfm.learn.model import load_model
    assert load_model(network/'x.json', network/'x.weights.h5').output_shape == (None, FRAMES, 60)


def test_nothing_leaves_an_archive(tmp_path):
    "Names with .. and links in an NPZ file: read as arrays or passed over, never unpacked."
    import zipfile
    from io import BytesIO

    from motionfm.io.files import read_trial
    array, folder = BytesIO(), tmp_path/'in'
    folder.mkdir()
    np.save(array, np.zeros((3, 20, 3)) + np.arange(20)[:, None]/20)
    with zipfile.ZipFile(folder/'x.npz', 'w') as archive:
        for name in '../positions.npy', '/tmp/positions.npy', '..\\x.npy':
            archive.writestr(name, array.getvalue())
        link = zipfile.ZipInfo('positions.npy')
        link.external_attr = 0o120777 << 16
        archive.writestr(link, str(tmp_path/'secret'))
    with pytest.raises(MotionfmError, match='x.npz: no arrays could be read'): read_trial(folder/'x.npz')
    assert os.listdir(tmp_path) == ['in'] and os.listdir(folder) == ['x.npz']
