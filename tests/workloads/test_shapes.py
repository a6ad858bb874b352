"""Shapes of parameters, which options give without making the network: PowerSGD counts its bits by them."""

from math import prod

import pytest
from torch import nn

import workloads
from workloads.cifar.options import Cifar
from workloads.clicks.network import ClicksNetwork
from workloads.clicks.options import Clicks
from workloads.digits.options import Digits
from workloads.glyphs import data as glyphs
from workloads.glyphs.options import Glyphs
from workloads.imagenet.options import ImageNet
from workloads.images.resnet import cifar_resnet
from workloads.images.torchvision_resnet import torchvision_resnet
from workloads.images.wide_resnet import wide_resnet
from workloads.language.lstm import LanguageModel
from workloads.language.options import Language
from workloads.small_glyphs.options import SmallGlyphs
from workloads.text.fairseq_parts import Transformer
from workloads.translation.options import Translation
from workloads.views.options import Views


def of_workload(options) -> nn.Module:
    return workloads.open(options, "data").network(0)


def wide(options: Cifar) -> nn.Module:
    seen = options.channels // options.splits
    return nn.Sequential(*wide_resnet(options.depth, options.width, seen, options.classes))


def lstm(options: Language) -> nn.Module:
    return LanguageModel(
        options.classes, options.units, options.embedded, layer_norm=options.layer_norm
    )


# options, and how their network is made without a data set that is not here
CASES = [
    (Digits(), of_workload),
    (Digits(networks=["resnet14"]), of_workload),
    (SmallGlyphs(), of_workload),
    (Views(), of_workload),
    (Glyphs(networks=["resnet18"]), lambda options: glyphs.network(options, 0)),
    (ImageNet(networks=["resnet18"]), lambda of: torchvision_resnet(of.shape(0), of.classes)),
    (Cifar(depth=16, width=2, splits=4), wide),
    (Cifar(networks=["resnet32"]), lambda of: cifar_resnet("resnet32", of.classes)),
    (Clicks(), lambda of: ClicksNetwork(of.tables, of.embedding, of.widths)),
    (Language(), lstm),
    (Language(layer_norm=False), lstm),
    (
        Translation(networks=["transformer_iwslt_de_en"]),
        lambda of: Transformer(of.network(0), of.classes, of.dropout),
    ),
]


@pytest.mark.parametrize(
    ("options", "made"),
    CASES,
    ids=[f"{options.name}-{at}" for at, (options, _) in enumerate(CASES)],
)
def test_shapes_are_those_of_the_network(options, made):
    network = made(options)
    shapes = [tuple(one.shape) for one in network.parameters()]
    assert options.shapes(0) == shapes
    assert options.parameters(0) == sum(map(prod, shapes))
    running = [b.numel() for name, b in network.named_buffers() if "running" in name]
    assert getattr(options, "statistics", lambda i: 0)(0) == sum(running)
