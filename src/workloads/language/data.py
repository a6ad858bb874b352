"""Prepared documents as a workload of language modelling."""

import numpy
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from codist.errors import Refused
from codist.workload import Batch, Draw
from workloads.classification import Classification
from workloads.language.lstm import LanguageModel
from workloads.language.options import LAYERS, VALID_WINDOW
from workloads.language.tape import Tape, first_windows
from workloads.text.documents import END, Documents

COUNTED_AT_ONCE = 2**24  # pieces
LOGITS_AT_ONCE = 200_000_000  # of a validation batch, 4 bytes each
FILL = numpy.int64(END)  # after a document's last piece; makes int64 of the ids beside it


def open(options, data: str) -> "LanguageData":
    """Open <data>/<corpus>/prepared-<hash>. Raises Refused if it is not what the options describe."""
    return LanguageData(options, *options.found(data))


class LanguageData(Classification):
    """The Workload (codist.workload) of the Language options; examples are windows, targets pieces.

    Validation: rows of VALID_WINDOW pieces, each from zero state. The loss is the mean over a device
    batch's pieces; an update averages its device batches with equal weights, which differ by the few
    windows at the ends of documents.
    """

    def __init__(self, options, train: Documents, valid: Documents):
        super().__init__(options)
        self.train, self.valid = Windows(train, options.window), Windows(valid, VALID_WINDOW)
        self.documents = len(train.begins) - 1

    def network(self, i: int) -> nn.Module:
        options = self.options
        return LanguageModel(
            options.classes, options.units, options.embedded, options.layer_norm, LAYERS
        )

    @property
    def evaluated_at_once(self) -> int:
        """Rows whose logits take at most 0.8 GB: 32 with a vocabulary of 24,006."""
        return max(1, LOGITS_AT_ONCE // (self.options.classes * VALID_WINDOW))

    def cut(self, order: Tensor, device_batch: int, devices: int = 1) -> Tape:
        """`order` counts documents. Raises Refused if they do not fill one update."""
        tape = Tape(self.train.first, order.numpy(), device_batch, devices)
        if not len(tape):
            raise Refused(
                f"the {len(order)} documents of a model do not fill an update of {device_batch * devices} "
                "windows; make batch smaller"
            )
        return tape

    def frequencies(self) -> Tensor:
        pieces, counts = self.train.documents.pieces, numpy.zeros(self.options.classes, int)
        for at in range(0, len(pieces), COUNTED_AT_ONCE):
            counts += numpy.bincount(pieces[at : at + COUNTED_AT_ONCE], minlength=len(counts))
        return torch.from_numpy(counts / counts.sum()).float()

    def named(self, loss: float) -> dict[str, float]:
        return {"valid_perplexity": float(torch.tensor(loss).exp())}  # inf where math.exp raises


class Windows(Dataset):
    """The windows of documents, `size` pieces each; a document's last one is filled up with END.

    The input of each target is the piece before it, END at the start of a document.
    """

    def __init__(self, documents: Documents, size: int):
        self.documents, self.size = documents, size
        self.first = first_windows(documents.begins, size)
        self.reach = numpy.arange(-1, size)[:, None]  # the inputs of a window and its last target

    def __len__(self) -> int:
        return int(self.first[-1])

    def __getitems__(self, which: list[Draw] | list[int]) -> Batch:
        """x: inputs (T, B) and the places of the N targets among them; y: the targets, (N,).

        There is no augmentation, so a Draw only selects the window.
        """
        windows = numpy.array([one.index if isinstance(one, Draw) else one for one in which])
        of = self.first.searchsorted(windows, side="right") - 1
        begin, end = self.documents.begins[of], self.documents.begins[of + 1]
        at = begin + (windows - self.first[of]) * self.size + self.reach
        inside = (begin <= at) & (at < end)  # (T + 1, B)
        pieces = numpy.where(inside, self.documents.pieces[numpy.where(inside, at, begin)], FILL)
        places = inside[1:].reshape(-1).nonzero()[0]
        inputs, y = pieces[:-1], pieces[1:].reshape(-1)[places]
        return Batch((torch.from_numpy(inputs), torch.from_numpy(places)), torch.from_numpy(y))
