"""What a run has taken so far, over all its attempts: time on the wall, and of the processor."""

import time


class Clock:
    """before: what earlier attempts took, as `read` gave it."""

    def __init__(self, before: dict[str, float]):
        self.before = before
        self.began = {"seconds": time.monotonic(), "cpu_seconds": time.process_time()}

    def read(self) -> dict[str, float]:
        """seconds on the wall; cpu_seconds of this process, which do not grow while others use its core."""
        now = {"seconds": time.monotonic(), "cpu_seconds": time.process_time()}
        return {
            name: round(self.before.get(name, 0.0) + now[name] - self.began[name], 3)
            for name in now
        }
