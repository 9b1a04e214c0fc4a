"How the benchmarks take time."
import time


def seconds(work, repeats: int = 3, clock=time.perf_counter) -> float:
    "Time of the fastest of some repeats; with `time.process_time` what other programs do doesn't count."
    taken = []
    for _ in range(repeats):
        begin = clock()
        work()
        taken.append(clock() - begin)
    return min(taken)
