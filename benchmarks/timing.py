"How the benchmarks take time."
import time


def seconds(work, repeats: int = 3) -> float:
    "Time of the fastest of some repeats."
    taken = []
    for _ in range(repeats):
        begin = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begin)
    return min(taken)
