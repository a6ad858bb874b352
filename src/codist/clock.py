"""Wall time and CPU time of a run, summed over all its attempts."""

import time


class Clock:
    """Measures from now on. before: the time of earlier attempts, as `read` returned it."""

    def __init__(self, before: dict[str, float]):
        self.before = before
        self.began = {"seconds": time.monotonic(), "cpu_seconds": time.process_time()}

    def read(self) -> dict[str, float]:
        """Wall time as `seconds`; CPU time of this process, unaffected by other processes, as `cpu_seconds`."""
        now = {"seconds": time.monotonic(), "cpu_seconds": time.process_time()}
        return {
            name: round(self.before.get(name, 0.0) + now[name] - self.began[name], 3)
            for name in now
        }
