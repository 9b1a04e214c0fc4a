"""How fast the network learns and answers, beside Keras's own layers and torch's: `python
benchmarks/bench_speed.py`.

Three bidirectional layers of 256 units, concatenated, over windows of 60 frames: what `motionfm train`
makes by default. Weights are random; speed does not depend on them. Every figure is the best of some
repeats, taken in turns, so that a busy moment does not hit one side alone. Each way to compute runs in
a process of its own, because TensorFlow takes its number of threads only once: Keras and torch as they
come, a step of motionfm with what a training sets. "16 bits" is mixed precision with bfloat16; a
processor that does not know it is slow with it. With --processor-time the figures are processor seconds
instead of seconds by the clock; use it with --threads 1 where other programs run. "products alone" is
the time that the multiplications would take at the speed of one large matrix product: no way to compute
the same network in the same precision can be faster. Writes benchmarks/speed.json.
"""
import argparse
import json
import os
import subprocess
import sys
import time
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
SHARED = next(
    (path for path in (ROOT.parent.parent / 'shared', ROOT.parent / 'shared') if path.is_dir()),
    ROOT / 'shared',
)
SQUATS, TRIALS = SHARED/'trc'/'squats.trc', SHARED/'people'/'cmu.npz'
BATCHES, WINDOWS = (32, 128), np.random.default_rng(0).normal(size=(512, 60, 60)).astype('float32')
PER_WINDOW = 60 * (
    sum(2 * 2 * 4 * 256 * (width + 256) for width in (60, 512, 512)) + 2 * 512 * 60
)  # multiplications and additions of an answer
PRODUCTS = 8*2*3840*512*1024


def stock_model(model):
    "The same network, with Keras's own loop."
    from motionfm.learn.model import keras
    return keras.Model.from_config(keras.Model(model.input, model.output).get_config())


def keras_step(batch: int, ours: bool, bits: int):
    "A function that makes one training step, by motionfm's loop or Keras's own."
    from motionfm.learn.model import AccumModel, build_model, keras, limit_threads, MPJPE, SequenceLoss
    if ours: limit_threads()
    model = build_model(mixed_precision=bits == 16)
    if not ours: model = stock_model(model)
    model = AccumModel(model.input, model.output)
    model.compile(keras.optimizers.Adam(), loss=SequenceLoss(), metrics=[MPJPE(), MPJPE(missing_only=True)])
    inputs = np.random.default_rng(0).normal(size=(batch, 60, 60)).astype('float32')
    targets = np.concatenate([inputs, np.ones((batch, 60, 21), np.float32)], -1)
    return lambda: model.train_on_batch(inputs, targets)


def torch_step(batch: int, bits: int):
    "The same with torch's LSTM and a plain mean squared error."
    import torch

    lstm, dense = (
        torch.nn.LSTM(60, 256, 3, batch_first=True, bidirectional=True, dropout=0.3),
        torch.nn.Linear(512, 60),
    )
    optimizer = torch.optim.Adam([*lstm.parameters(), *dense.parameters()])
    inputs = torch.randn(batch, 60, 60)
    def step():
        optimizer.zero_grad()
        with torch.autocast('cpu', torch.bfloat16, enabled=bits == 16):
            loss = torch.nn.functional.mse_loss(dense(lstm(inputs)[0]).float(), inputs)
        loss.backward()
        optimizer.step()
    return step


def product(bits: int):
    "A function that makes `PRODUCTS` multiplications and additions in large matrix products."
    import tensorflow as tf

    left, right = (
        tf.cast(tf.ones(shape), tf.bfloat16 if bits == 16 else tf.float32)
        for shape in ((3840, 512), (512, 1024))
    )
    return lambda: [tf.matmul(left, right) for _ in range(8)][-1].numpy()


def keras_answer(ours: bool, bits: int):
    "Keras's answer to all windows, by motionfm's loop or Keras's own."
    from motionfm.learn.model import build_model
    model = build_model(mixed_precision=bits == 16)
    if not ours: model = stock_model(model)
    return lambda: model.predict(WINDOWS, batch_size=64, verbose=0)


def infer_answer(folder: str, threads: int):
    "The answer of the package to all windows, without Keras."
    from motionfm.estimate.network import read_network
    network = read_network(f'{folder}/m.json', f'{folder}/m.weights.h5')
    return lambda: network.predict(WINDOWS, cores=threads)


def onnx_answer(folder: str, threads: int):
    "onnxruntime's answer to all windows, 64 at once."
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(f'{folder}/m.onnx', options, providers=['CPUExecutionProvider'])
    return lambda: [
        session.run(None, {'damaged': WINDOWS[start : start + 64]}) for start in range(0, len(WINDOWS), 64)
    ]


def torch_answer(bits: int):
    "Torch's answer to all windows, 64 at once."
    import torch

    lstm, dense = (
        torch.nn.LSTM(60, 256, 3, batch_first=True, bidirectional=True).eval(),
        torch.nn.Linear(512, 60),
    )
    inputs = torch.from_numpy(WINDOWS)
    def answer():
        with torch.inference_mode(), torch.autocast('cpu', torch.bfloat16, enabled=bits == 16):
            for start in range(0, len(inputs), 64): dense(lstm(inputs[start:start + 64])[0])
    return answer


def contestant(pipe, make, arguments: tuple, threads: int, processor_time: bool) -> None:
    "A process that does its work when it is asked to, and tells how long that took."
    os.environ.update({'TF_CPP_MIN_LOG_LEVEL': '3', 'OMP_NUM_THREADS': str(threads)})
    if threads < (os.cpu_count() or 1):
        os.environ.update({'TF_NUM_INTRAOP_THREADS': str(threads), 'TF_NUM_INTEROP_THREADS': str(threads)})
    clock, work = time.process_time if processor_time else time.perf_counter, make(*arguments)
    work()
    pipe.send('ready')
    while pipe.recv():
        begin = clock()
        work()
        pipe.send(clock() - begin)


def race(works: dict, given) -> dict[str, float]:
    """The best time of each work, a function that makes it with its arguments; they take turns, each in
    its own process.
    """
    asked, here = {}, get_context('spawn')
    for name, (make, *arguments) in works.items():
        asked[name], theirs = here.Pipe()
        here.Process(
            target=contestant,
            args=(theirs, make, arguments, given.threads, given.processor_time),
            daemon=True,
        ).start()
        theirs.close()
        asked[name].recv()
    best = dict.fromkeys(asked, float('inf'))
    for _ in range(given.repeats):
        for name, pipe in asked.items():
            pipe.send(True)
            best[name] = min(best[name], pipe.recv())
    for pipe in asked.values(): pipe.send(False)
    return best


def in_turns(works: dict, clock, repeats: int) -> dict[str, float]:
    "The best time of each work in this process; they take turns."
    best = dict.fromkeys(works, float('inf'))
    for work in works.values(): work()
    for _ in range(repeats):
        for name, work in works.items():
            begin = clock()
            work()
            best[name] = min(best[name], clock() - begin)
    return best


def training(given) -> list[tuple[str, ...]]:
    "Rows of training steps."
    rows = []
    for batch in BATCHES:
        works = {}
        for bits, note in ((32, ''), (16, ', 16 bits')):
            works |= {
                f'Keras{note}': (keras_step, batch, False, bits),
                f'motionfm{note}': (keras_step, batch, True, bits),
            }
            if find_spec('torch'): works[f'torch{note}'] = torch_step, batch, bits
            works[f'products alone{note}'] = product, bits
        best = race(works, given)
        for name in best:
            if name.startswith('products'):
                best[name] *= 3 * batch * PER_WINDOW / PRODUCTS  # the way back takes twice the way forward
        rows += [
            (
                f'training step, batch {batch}, {name}',
                f'{1000 * taken:,.0f}',
                'ms',
                f'{best["Keras"] / taken:.2f} x Keras',
            )
            for name, taken in best.items()
        ]
    return rows


def parts(batch: int) -> dict:
    "Functions that do the work of one training step of motionfm part by part, each as often as a step does."
    import tensorflow as tf

    from motionfm.learn.fused_lstm import _frame, _frame_back
    from motionfm.learn.model import build_model, keras

    recurrent, z = (
        tf.random.normal((256, 1024), stddev=512**-0.5),
        tf.random.normal((60 * batch, 1024)),
    )  # there and back keeps the size of a state
    frame, state = tf.random.normal((batch, 1024)), tf.random.normal((batch, 256))
    inputs = [
        (tf.random.normal((60 * batch, width)), tf.random.normal((width, 1024)))
        for width in (60, 512, 512)
        for _ in range(2)
    ]

    def at_once():
        for x, kernel in inputs:
            (
                tf.matmul(x, kernel),
                tf.matmul(z, kernel, transpose_b=True),
                tf.matmul(x, z, transpose_a=True),
                tf.matmul(z[:, :256], z, transpose_a=True),
            )

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
    return {
        'products, all frames at once': at_once,
        'products, frame by frame': frame_by_frame,
        'gates and their gradient': gates,
        'Adam': apply,
    }


def split(given) -> list[tuple[str, ...]]:
    "Rows of what a training step of motionfm with 32 bits consists of, in processor time."
    rows = []
    for batch in BATCHES:
        best = {
            name: 1000 * seconds
            for name, seconds in in_turns(
                {'whole': keras_step(batch, True, 32)} | parts(batch), time.process_time, given.repeats
            ).items()
        }
        whole = best.pop('whole')
        best['loop, copies, loss: the rest'] = whole - sum(best.values())
        rows += [
            (
                f'batch {batch}, {name}',
                f'{part:,.0f}',
                'ms',
                f'{part / whole:.0%} of the processor time of a step',
            )
            for name, part in best.items()
        ]
    return rows


def answering(given, folder: str) -> list[tuple[str, ...]]:
    "Rows of prediction."
    works = {'Keras': (keras_answer, False, 32), 'motionfm NumPy': (infer_answer, folder, given.threads)}
    if find_spec('onnxruntime'): works['onnxruntime'] = onnx_answer, folder, given.threads
    for bits, note in ((32, ''), (16, ', 16 bits')):
        works[f'motionfm Keras{note}'] = keras_answer, True, bits
        if find_spec('torch'): works[f'torch{note}'] = torch_answer, bits
        works[f'products alone{note}'] = product, bits
    best = race(works, given)
    for name in best:
        if name.startswith('products'): best[name] *= len(WINDOWS)*PER_WINDOW/PRODUCTS
    return [
        (
            f'answer to {len(WINDOWS)} windows, {name}',
            f'{60 * len(WINDOWS) / taken:,.0f}',
            'frames/s',
            f'{best["Keras"] / taken:.2f} x Keras',
        )
        for name, taken in best.items()
    ]


def plain_model(folder: str) -> None:
    "Leave a model of default size in a folder, for Keras and for onnxruntime."
    from motionfm.learn.model import build_model, save_architecture, save_weights
    from motionfm.learn.onnx import export_onnx
    model = build_model()
    save_architecture(model, f'{folder}/m.json')
    save_weights(model, f'{folder}/m.weights.h5')
    if find_spec('onnxruntime'): export_onnx(f'{folder}/m.json', f'{folder}/m.weights.h5', f'{folder}/m.onnx')


def run(*words) -> None:
    "A command of motionfm, in a process of its own."
    subprocess.run(
        [sys.executable, '-c', 'from motionfm.cli.main import main; main()', *map(str, words)],
        check=True,
        capture_output=True,
        cwd=ROOT,
    )


def command(folder: Path, repeats: int) -> list[tuple[str, ...]]:
    "Rows of the whole command, start-up included, by the clock."
    if not SQUATS.is_file():
        return [('motionfm reconstruct squats.trc', 'left out', '', 'recording not here')]
    repair = 'reconstruct', SQUATS, '-o', folder/'out.trc', '--overwrite', '--complete'
    best = in_turns(
        {
            'help': lambda: run('--help'),
            'repair': lambda: run(
                *repair, '--model-json', folder / 'm.json', '--weights', folder / 'm.weights.h5'
            ),
            'shipped': lambda: run(*repair),
        },
        time.perf_counter,
        repeats,
    )
    return [
        ('motionfm --help', f'{best["help"]:.2f}', 's', ''),
        ('motionfm reconstruct squats.trc, plain model', f'{best["repair"]:.2f}', 's', 'with start-up'),
        ('motionfm reconstruct squats.trc, shipped weights', f'{best["shipped"]:.2f}', 's', 'with start-up'),
    ]


def damaged_trials() -> list[tuple]:
    """Damaged positions and visibility of the long CMU trials, noise and gaps of both kinds together; the
    longest first.
    """
    from motionfm.evaluation.scenarios import damage_trial

    with np.load(TRIALS) as trials:
        long = sorted(
            (trials[name].astype(float) for name in trials.files if len(trials[name]) >= 300),
            key=len,
            reverse=True,
        )
    return [damage_trial('everything', trial, 60., index=index)[0][1:3] for index, trial in enumerate(long)]


def shipped_repair(self_checked: bool):
    "The shipped weights on the longest of those trials."
    from motionfm.reconstruct.pipeline import load_network, repair_positions
    (damaged, visible), *_ = damaged_trials()
    recipe = load_network()._replace(self_checked=self_checked)
    return lambda: repair_positions(damaged, visible, recipe)


def repairing(given, folder: Path) -> list[tuple[str, ...]]:
    """Rows of the shipped weights with all their parts: one recording in memory, and a folder of files
    from end to end.
    """
    from motionfm.body.skeleton import JOINTS
    from motionfm.io.files import write_trial
    from motionfm.io.trial import Trial
    if not TRIALS.is_file(): return [('shipped weights', 'left out', '', 'recordings not here')]
    trials = damaged_trials()
    frames = sum(len(visible) for _, visible in trials)
    (folder/'in').mkdir()
    for number, (damaged, _) in enumerate(trials):
        count = np.arange(len(damaged))
        write_trial(folder/'in'/f'{number}.trc', Trial(damaged, JOINTS, 60., 'm', count/60, count + 1))
    best = race({'proof': (shipped_repair, True), 'no proof': (shipped_repair, False)}, given)

    def all_files():
        run('reconstruct', folder / 'in', '-o', folder / 'made', '--overwrite', '--jobs', given.threads)

    whole = in_turns({'files': all_files}, time.perf_counter, min(3, given.repeats))['files']
    longest = len(trials[0][1])
    return [
        (f'shipped weights, {longest:,} frames', f'{longest / best["proof"]:,.0f}', 'frames/s', 'in memory'),
        (
            f'shipped weights, {longest:,} frames, no proof',
            f'{longest / best["no proof"]:,.0f}',
            'frames/s',
            'in memory',
        ),
        (
            f'shipped weights, {len(trials)} files, {frames:,} frames',
            f'{frames / whole:,.0f}',
            'frames/s',
            f'{whole:.1f} s with start-up and files',
        ),
    ]


if __name__ == '__main__':
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('--threads', type=int, default=os.cpu_count(), help='cores to use')
    parser.add_argument('--repeats', type=int, default=5, help='the best of so many')
    parser.add_argument('--processor-time', action='store_true', help='count processor seconds')
    given = parser.parse_args()
    os.environ['OMP_NUM_THREADS'] = str(given.threads)
    from rich.console import Console
    from rich.table import Table

    kind = 'processor' if given.processor_time else 'wall'
    title = f'{given.threads} thread{"s"[: given.threads != 1]}, {kind} time'
    table_rows = []
    with TemporaryDirectory() as folder:   # a table as soon as it is measured
        plain_model(folder)
        for section in (
            lambda: training(given),
            lambda: answering(given, folder),
            lambda: split(given),
            lambda: repairing(given, Path(folder)),
            lambda: command(Path(folder), min(3, given.repeats)),
        ):
            table = Table('what', 'figure', 'unit', 'beside', title=title)
            for row in section(): table.add_row(*row); table_rows.append(row)
            Console(width=120).print(table)
            (ROOT / 'benchmarks' / 'speed.json').write_text(
                json.dumps({'how': title, 'rows': table_rows}, indent=1) + '\n'
            )
    for name in ('torch', 'onnxruntime'):
        if not find_spec(name): print(f'{name} is not installed and was left out; pip install {name}')
