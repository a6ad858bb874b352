"""The images of the `views` workload, generated from keys: the same in every run."""

import torch
from torch import Tensor, nn
from torch.utils.data import TensorDataset

from codist.keys import generator
from workloads.classification import Classification, Unchanged
from workloads.images.resnet import SmallResNet
from workloads.views.options import PATCH, SIDE


def open(options, data: str) -> Classification:
    """Generate the images; `data` is unused."""
    return ViewsData(options)


class ViewsData(Classification):
    """The Workload (codist.workload) of a Views' options; features: (classes, views, 4, 4)."""

    def __init__(self, options):
        super().__init__(options)
        drawn = torch.randn(
            options.views, PATCH**2, PATCH**2, generator=generator("views", "features")
        )
        orthogonal = torch.linalg.qr(drawn).Q[:, :, : options.classes] * PATCH
        self.features = orthogonal.permute(2, 0, 1).reshape(
            options.classes, options.views, PATCH, PATCH
        )
        self.train = Unchanged(*self.made("train", options.examples))
        self.valid = TensorDataset(*self.made("valid", options.valid_examples))

    def network(self, i: int) -> nn.Module:
        options = self.options
        return SmallResNet(options.width, blocks=1, channels=options.views, classes=options.classes)

    def made(self, which: str, n: int) -> tuple[Tensor, Tensor]:
        """Images (n, views, 8, 8) and labels (n,)."""
        options, drawn = self.options, generator("views", which)
        labels = torch.randint(options.classes, (n,), generator=drawn)
        single = torch.rand(n, 1, generator=drawn) < options.single
        only = torch.randint(options.views, (n, 1), generator=drawn)
        shown = ~single | (only == torch.arange(options.views))  # (n, views)
        at = torch.randint(
            SIDE - PATCH + 1, (n, options.views, 2, 1), generator=drawn
        ) + torch.arange(PATCH)
        images = options.noise * torch.randn(n, options.views, SIDE, SIDE, generator=drawn)
        nth, view = torch.arange(n)[:, None, None, None], torch.arange(options.views)[:, None, None]
        images[nth, view, at[:, :, 0, :, None], at[:, :, 1, None, :]] += (
            self.features[labels] * shown[:, :, None, None]
        )
        return images, labels
