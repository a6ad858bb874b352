"""What a learner records of each update until the next row."""

import torch

from codist.learner import Learner
from codist.world import OneProcess


def test_a_learner_on_a_cpu_records_numbers():
    """Tensors of four bytes between freed logits made the heap grow by 6 MB an update."""
    learner = Learner(0, torch.nn.Linear(2, 2), OneProcess(1))
    learner.record(loss=torch.tensor(0.5, requires_grad=True))
    learner.record(loss=torch.tensor(1.5), replaced=torch.tensor(3))
    assert learner.seen["loss"] == [0.5, 1.5]
    assert all(type(value) is not torch.Tensor for of in learner.seen.values() for value in of)
    assert learner.means()["train_loss"] == 1.0
