"""How fast the network learns and answers, beside Keras's own layers and torch's: `python benchmarks/bench_speed.py`.

Three bidirectional layers of 256 units, concatenated, over windows of 60 frames: what `motionfm train` makes by default. Weights are random;
speed does not depend on them. Every figure is the best of some repeats, taken in turns, so that a busy moment does not hit one side alone.
With --processor-time the figures are processor seconds instead of seconds by the clock; use it with --threads 1 where other programs run.
"products alone" is the time that the multiplications would take at the speed of one large matrix product: no way to compute the same network in
the same precision can be faster. Writes benchmarks/speed.json.
"""
import argparse
import json
import os
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
SQUATS = ROOT.parent.parent/'shared'/'trc'/'squats.trc', ROOT.parent/'shared'/'trc'/'squats.trc'
BATCHES, WINDOWS = (32, 128), 512
PER_WINDOW = 60*(sum(2*2*4*256*(width + 256) for width in (60, 512, 512)) + 2*512*60)   # multiplications and additions of an answer


def stock_model(model):
    "The same network, with Keras's own loop."
    from motionfm.model import keras
    return keras.Model.from_config(keras.Model(model.input, model.output).get_config())


def keras_step(model, batch: int):
    "A function that makes one training step."
    from motionfm.model import MPJPE, AccumModel, SequenceLoss, keras
    model = AccumModel(model.input, model.output)
    model.compile(keras.optimizers.Adam(), loss=SequenceLoss(), metrics=[MPJPE(), MPJPE(missing_only=True)])
    inputs = np.random.default_rng(0).normal(size=(batch, 60, 60)).astype('float32')
    targets = np.concatenate([inputs, np.ones((batch, 60, 21), np.float32)], -1)
    return lambda: model.train_on_batch(inputs, targets)


def torch_step(batch: int, threads: int):
    "The same with torch's LSTM and a plain mean squared error."
    import torch
    torch.set_num_threads(threads)
    lstm, dense = torch.nn.LSTM(60, 256, 3, batch_first=True, bidirectional=True, dropout=.3), torch.nn.Linear(512, 60)
    optimizer = torch.optim.Adam([*lstm.parameters(), *dense.parameters()])
    inputs = torch.randn(batch, 60, 60)
    def step():
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(dense(lstm(inputs)[0]), inputs).backward()
        optimizer.step()
    return step


def torch_predict(threads: int):
    "Torch's answer to all windows, 64 at once."
    import torch
    torch.set_num_threads(threads)
    lstm, dense = torch.nn.LSTM(60, 256, 3, batch_first=True, bidirectional=True).eval(), torch.nn.Linear(512, 60)
    inputs = torch.randn(WINDOWS, 60, 60)
    def predict():
        with torch.inference_mode():
            for start in range(0, WINDOWS, 64): dense(lstm(inputs[start:start + 64])[0])
    return predict


def onnx_predict(folder: Path, threads: int):
    "onnxruntime's answer to all windows, 64 at once."
    import onnxruntime
    from motionfm.export import export_onnx
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    path = export_onnx(folder/'m.json', folder/'m.weights.h5', folder/'m.onnx')
    session = onnxruntime.InferenceSession(path, options, providers=['CPUExecutionProvider'])
    inputs = np.random.default_rng(0).normal(size=(WINDOWS, 60, 60)).astype('float32')
    return lambda: [session.run(None, {'damaged': inputs[start:start + 64]}) for start in range(0, WINDOWS, 64)]


def product():
    "A function that makes one large matrix product, and how many operations that is."
    from motionfm.model import ops
    left, right = ops.ones((3840, 512)), ops.ones((512, 1024))
    return lambda: ops.matmul(left, right), 2*3840*512*1024


def in_turns(works: dict, clock, repeats: int) -> dict[str, float]:
    "The best time of each work; they take turns."
    best = dict.fromkeys(works, float('inf'))
    for work in works.values(): work()
    for _ in range(repeats):
        for name, work in works.items():
            begin = clock()
            work()
            best[name] = min(best[name], clock() - begin)
    return best


def training(given, clock) -> list[tuple[str, ...]]:
    "Rows of training steps."
    from motionfm.model import build_model
    rows = []
    for batch in BATCHES:
        model = build_model()
        works = {'Keras': keras_step(stock_model(model), batch), 'motionfm': keras_step(model, batch)}
        if find_spec('torch'): works['torch'] = torch_step(batch, given.threads)
        works['products alone'], operations = product()
        best = in_turns(works, clock, given.repeats)
        best['products alone'] *= 3*batch*PER_WINDOW/operations   # the way back takes twice the way forward
        rows += [(f'training step, batch {batch}, {name}', f'{1000*taken:,.0f}', 'ms', f'{best["Keras"]/taken:.2f} x Keras') for name, taken in best.items()]
    return rows


def parts(batch: int) -> dict:
    "Functions that do the work of one training step of motionfm part by part, each as often as a step does."
    import tensorflow as tf
    from motionfm.fast import _frame, _frame_back
    from motionfm.model import build_model, keras
    recurrent, z = tf.random.normal((256, 1024), stddev=512**-.5), tf.random.normal((60*batch, 1024))   # there and back keeps the size of a state
    frame, state = tf.random.normal((batch, 1024)), tf.random.normal((batch, 256))
    inputs = [(tf.random.normal((60*batch, width)), tf.random.normal((width, 1024))) for width in (60, 512, 512) for _ in range(2)]
    def at_once():
        for x, kernel in inputs: tf.matmul(x, kernel), tf.matmul(z, kernel, transpose_b=True), tf.matmul(x, z, transpose_a=True), tf.matmul(z[:, :256], z, transpose_a=True)
    @tf.function
    def frame_by_frame():
        h = state
        for _ in range(6*60): h = tf.matmul(tf.matmul(h, recurrent), recurrent, transpose_b=True)
        return h
    @tf.function
    def gates():
        h, c, dh, dc = [state]*4
        for _ in range(6*60):
            h, c, kept = _frame(frame*1., c)
            dz, dc = _frame_back(dh, dc, *kept)
            dh = h + dz[:, :256]
        return dh, dc
    model, optimizer = build_model(), keras.optimizers.Adam()
    gradients = [tf.ones_like(weight) for weight in model.trainable_weights]
    apply = tf.function(lambda: optimizer.apply(gradients, model.trainable_weights))
    optimizer.build(model.trainable_weights)
    return {'products, all frames at once': at_once, 'products, frame by frame': frame_by_frame, 'gates and their gradient': gates, 'Adam': apply}


def split(given, clock, whole: list) -> list[tuple[str, ...]]:
    "Rows of what a training step of motionfm consists of."
    rows = []
    for batch in BATCHES:
        taken = next(float(row[1].replace(',', '')) for row in whole if row[0] == f'training step, batch {batch}, motionfm')
        best = {name: 1000*seconds for name, seconds in in_turns(parts(batch), clock, given.repeats).items()}
        best['loop, copies, loss: the rest'] = taken - sum(best.values())
        rows += [(f'batch {batch}, {name}', f'{part:,.0f}', 'ms', f'{part/taken:.0%} of a step') for name, part in best.items()]
    return rows


def answering(given, clock, folder: Path) -> list[tuple[str, ...]]:
    "Rows of prediction."
    from motionfm.infer import load_network
    from motionfm.model import build_model, save_architecture, save_weights
    model = build_model()
    save_architecture(model, folder/'m.json')
    save_weights(model, folder/'m.weights.h5')
    network, stock = load_network(folder/'m.json', folder/'m.weights.h5'), stock_model(model)
    inputs = np.random.default_rng(0).normal(size=(WINDOWS, 60, 60)).astype('float32')
    works = {'Keras': lambda: stock.predict(inputs, batch_size=64, verbose=0), 'motionfm.model': lambda: model.predict(inputs, batch_size=64, verbose=0),
             'motionfm.infer': lambda: network.predict(inputs, cores=given.threads)}
    if find_spec('onnxruntime'): works['onnxruntime'] = onnx_predict(folder, given.threads)
    if find_spec('torch'): works['torch'] = torch_predict(given.threads)
    works['products alone'], operations = product()
    best = in_turns(works, clock, given.repeats)
    best['products alone'] *= WINDOWS*PER_WINDOW/operations
    return [(f'answer to {WINDOWS} windows, {name}', f'{60*WINDOWS/taken:,.0f}', 'frames/s', f'{best["Keras"]/taken:.2f} x Keras') for name, taken in best.items()]


def command(folder: Path, repeats: int) -> list[tuple[str, ...]]:
    "Rows of the whole command, start-up included, by the clock."
    squats = next((path for path in SQUATS if path.is_file()), None)
    if squats is None: return [('motionfm reconstruct squats.trc', 'left out', '', 'recording not here')]
    def run(*words): subprocess.run([sys.executable, '-c', 'from motionfm.cli import main; main()', *map(str, words)], check=True, capture_output=True, cwd=ROOT)
    repair = lambda: run('reconstruct', squats, '-o', folder/'out.trc', '--overwrite', '--complete', '--model-json', folder/'m.json', '--weights', folder/'m.weights.h5')
    best = in_turns({'help': lambda: run('--help'), 'repair': repair}, time.perf_counter, repeats)
    return [('motionfm --help', f'{best["help"]:.2f}', 's', ''), ('motionfm reconstruct squats.trc', f'{best["repair"]:.2f}', 's', 'with start-up')]


if __name__ == '__main__':
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--threads', type=int, default=os.cpu_count(), help='cores to use')
    parser.add_argument('--repeats', type=int, default=5, help='the best of so many')
    parser.add_argument('--processor-time', action='store_true', help='count processor seconds')
    given = parser.parse_args()
    os.environ['OMP_NUM_THREADS'] = str(given.threads)
    from rich.console import Console
    from rich.table import Table

    from motionfm.model import keras  # noqa: F401, loads TensorFlow quietly
    import tensorflow
    tensorflow.config.threading.set_intra_op_parallelism_threads(given.threads)
    tensorflow.config.threading.set_inter_op_parallelism_threads(given.threads)
    clock = time.process_time if given.processor_time else time.perf_counter
    title = f'{given.threads} thread{"s"[:given.threads != 1]}, {"processor" if given.processor_time else "wall"} time'
    told = []
    with TemporaryDirectory() as folder:   # a table as soon as it is measured
        for section in (lambda: training(given, clock), lambda: split(given, clock, told), lambda: answering(given, clock, Path(folder)), lambda: command(Path(folder), min(3, given.repeats))):
            table = Table('what', 'figure', 'unit', 'beside', title=title)
            for row in section(): table.add_row(*row); told.append(row)
            Console(width=120).print(table)
            (ROOT/'benchmarks'/'speed.json').write_text(json.dumps({'how': title, 'rows': told}, indent=1) + '\n')
    for name in ('torch', 'onnxruntime'):
        if not find_spec(name): print(f'{name} is not installed and was left out; pip install {name}')
