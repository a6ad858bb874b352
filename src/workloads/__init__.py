"""The cases: each a dataclass of its own options. Its fields are the schema of `workload:` in yaml; needs no torch."""

from workloads.cifar import Cifar
from workloads.digits import Digits
from workloads.glyphs import Glyphs
from workloads.grammar import Grammar
from workloads.imagenet import ImageNet
from workloads.multiview import Views
from workloads.translation import Translation

WORKLOADS = {
    "cifar": Cifar,
    "digits": Digits,
    "glyphs": Glyphs,
    "grammar": Grammar,
    "imagenet": ImageNet,
    "translation": Translation,
    "views": Views,
}
