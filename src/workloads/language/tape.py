"""The order of a language model's training data: documents one after another, read in rows.

An epoch is a tape of the windows of shuffled documents. It is cut into as many equal rows as an
update has windows; what does not fill a row is dropped. Update k reads window k of each row, so a row
goes on in the next update where it was, and with it the state that a network carries. Needs no torch.
"""

import numpy


def first_windows(begins: numpy.ndarray, size: int) -> numpy.ndarray:
    """The number of each document's first window, and of all windows: (D + 1,).

    begins: offsets of the documents, (D + 1,). A window has `size` pieces of one document, or fewer
    at its end.
    """
    return numpy.concatenate([[0], numpy.cumsum(-(-numpy.diff(begins) // size))])


class Tape:
    """The device batches of one epoch, in order: the windows of each, (device_batch,).

    first: of first_windows. order: documents, in the order of the tape
    """

    def __init__(self, first: numpy.ndarray, order: numpy.ndarray, device_batch: int, devices: int):
        windows = first[order + 1] - first[order]
        self.ends = numpy.cumsum(windows)  # of the documents on the tape
        self.shift = first[order] - (self.ends - windows)
        self.device_batch, self.devices = device_batch, devices
        self.updates = int(windows.sum()) // (device_batch * devices)
        self.rows = numpy.arange(device_batch * devices) * self.updates  # their first windows

    def __len__(self) -> int:
        return self.updates * self.devices

    def __getitem__(self, nth: int) -> numpy.ndarray:
        if not 0 <= nth < len(self):
            raise IndexError(nth)
        update, part = divmod(nth, self.devices)
        places = self.rows[part * self.device_batch : (part + 1) * self.device_batch] + update
        return places + self.shift[self.ends.searchsorted(places, side="right")]
