"""What the certainty of a sample is good for: `python benchmarks/bench_certainty.py`.

People for choosing, as a video tool would see them: a fifth of the samples are hidden for 0.2 to 1 s, where
the tool guesses and says so. Noise of 8 mm on every coordinate where points are seen, so many times that
where they are hidden, white or lasting (each frame keeps 0.8 of the one before). Printed is the mean error of
the hidden samples in mm after the repair, when they count as seen, when a Kalman smoother that knows the
noise of each sample has gone over them before, when they are gaps, and when the distances between points
decide (`mask_uncertain`).
"""
import numpy as np
from bench_people import groups

from motionfm.body.skeleton import RATE
from motionfm.estimate.kalman import constant_velocity_model
from motionfm.io.certainty import mask_uncertain
from motionfm.reconstruct.pipeline import load_network, repair_positions

BASE_M, FRAMES, PROCESS_NOISE = .008, 400, 30.   # metres, -, m²/s³
WAYS = 'counted as seen', 'smoothed before', 'gaps', 'by distances'


def hide(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    "(T, K) where points are hidden."
    hidden = np.zeros(shape, bool)
    for column in hidden.T:
        at = int(rng.exponential(2*RATE))
        while at < len(column):
            stop = at + int(rng.uniform(RATE/6, RATE))
            column[at:stop] = True
            at = stop + int(rng.exponential(2*RATE))
    return hidden


def noise_of(sd: np.ndarray, kept: float, rng: np.random.Generator) -> np.ndarray:
    "(T, K, 3) of standard deviations (T, K), metres."
    noise = rng.normal(size=(*sd.shape, 3))
    new = np.sqrt(1 - kept**2)
    for frame in range(1, len(noise)): noise[frame] = kept*noise[frame - 1] + new*noise[frame]
    return noise*sd[..., None]


def smooth(seen: np.ndarray, sd: np.ndarray) -> np.ndarray:
    "The most likely path (T, K, 3) at constant velocity for samples of known standard deviations (T, K)."
    smoothed = np.empty_like(seen)
    step, process = constant_velocity_model(RATE)
    process = PROCESS_NOISE*process
    for joint in range(seen.shape[1]):
        state, spread, states = np.array([seen[0, joint], [0, 0, 0]]), np.diag([1., 25.]), []
        for place, noise in zip(seen[:, joint], sd[:, joint]):
            before, spread_before = step@state, step@spread@step.T + process
            gain = spread_before[:, 0]/(spread_before[0, 0] + noise**2)
            state = before + gain[:, None]*(place - before[0])
            spread = spread_before - np.outer(gain, spread_before[0])
            states.append((before, spread_before, state, spread))
        later = states[-1][2]
        smoothed[-1, joint] = later[0]
        for frame in range(len(states) - 2, -1, -1):
            (_, _, here, spread), (before, spread_before, _, _) = states[frame:frame + 2]
            later = here + spread@step.T@np.linalg.inv(spread_before)@(later - before)
            smoothed[frame, joint] = later[0]
    return smoothed


def errors_of(truth: np.ndarray, times: float, kept: float, rng: np.random.Generator, network) -> list[float]:
    "Mean error of the hidden samples in mm, for each of `WAYS`."
    hidden = hide(truth.shape[:2], rng)
    sd = np.where(hidden, times*BASE_M, BASE_M)
    seen = truth + noise_of(sd, kept, rng)
    certainty = np.where(hidden, rng.uniform(.35, .7, hidden.shape), rng.uniform(.75, 1, hidden.shape))
    every = np.ones_like(hidden)
    given = [(seen, every), (np.where(hidden[..., None], smooth(seen, sd), seen), every), (seen, ~hidden),
             (seen, np.isfinite(mask_uncertain(seen, certainty)[0]).all(-1))]
    repaired = [repair_positions(positions, visible, network).positions for positions, visible in given]
    return [1000*np.linalg.norm(positions - truth, axis=-1)[hidden].mean() for positions in repaired]


if __name__ == '__main__':
    network = load_network()
    trials = [trial for group in groups(False).values() for trial, _ in list(group.values())[:6:2]]
    trials = [trial[:FRAMES].astype(float) for trial in trials if np.isfinite(trial[:FRAMES]).all()]
    print(f'{len(trials)} trials', *WAYS, sep='  ')
    for times in 1, 2.5, 5:
        for kept in 0, .8:
            found = [errors_of(trial, times, kept, np.random.default_rng(number), network)
                     for number, trial in enumerate(trials)]
            words = 'lasting' if kept else 'white'
            print(f'{times:g} times, {words:7}', *(f'{mean:15.1f}' for mean in np.mean(found, 0)))
