"""The class and typeface of each example of a character; every prefix is balanced over the classes."""

import torch
from torch import Tensor

from codist.keys import generator


def members(classes: int, faces: int, copies: int) -> Tensor:
    """Class and typeface of each example: (examples, 2). Every prefix is balanced over the classes.

    Each class goes through the typefaces in its own order, so 1/k of the data has fewer typefaces.
    Dropping copies instead would not reduce the data, since each copy is distorted anew per epoch.
    """
    order = torch.rand(classes, faces, generator=generator("glyphs", "typefaces")).argsort(1)
    face = order.T.repeat_interleave(copies, 0)  # (faces x copies, classes)
    label = torch.arange(classes).expand_as(face)
    return torch.stack([label, face], -1).flatten(0, 1)
