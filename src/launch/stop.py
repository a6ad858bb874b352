"""Signals that ask a run to save and stop."""

import signal


class Stop:
    """Called: has one of `signals` come? A second one ends the process as it would have without us."""

    def __init__(self, *signals: int):
        self.asked = False
        for number in signals:
            signal.signal(number, self.note)

    def note(self, number, frame) -> None:
        self.asked = True
        signal.signal(number, signal.SIG_DFL)

    def __call__(self) -> bool:
        return self.asked
