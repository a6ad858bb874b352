"""What the network sees of an image: crops distributed and scaled as torchvision's, and the middle of one."""

import numpy as np
import pytest
import torch
from pictures import picture
from torchvision.transforms import CenterCrop, RandomResizedCrop, Resize
from torchvision.transforms.functional import resized_crop

from codist.workload import Draw
from workloads.imagenet_views import SIDE, Crop, middle, scaled


def cut(image, top, left, height, width):
    return image[:, top : top + height, left : left + width]


@pytest.mark.parametrize(("height", "width"), [(300, 400), (100, 400), (400, 380)])
def test_crops_are_distributed_as_torchvisions(height, width):
    image, draws = torch.empty(3, height, width), range(4000)
    theirs = [RandomResizedCrop.get_params(image, (0.08, 1.0), (3 / 4, 4 / 3)) for _ in draws]
    crops = [Crop(Draw(index, 0)) for index in draws]
    theirs, ours = (torch.tensor(parts).double() for parts in (theirs, [crop.part(height, width) for crop in crops]))
    for center in (lambda x: x.mean(0), lambda x: x.std(0), lambda x: (x[:, 2] * x[:, 3]).mean() / x[:, 2].mean()):
        assert torch.allclose(center(ours), center(theirs), rtol=0.04, atol=1)
    for q in (0.0, 0.1, 0.9, 1.0):
        assert torch.allclose(ours.quantile(q, 0), theirs.quantile(q, 0), rtol=0.06, atol=7)
    assert 1880 < sum(crop.mirrored for crop in crops) < 2120


def test_a_crop_is_the_part_that_was_drawn_scaled_and_mirrored():
    image = torch.from_numpy(np.array(picture(400, 300, seed=2))).permute(2, 0, 1)
    seen = set()
    for index in range(8):
        crop = Crop(Draw(index, 0))
        theirs = resized_crop(image, *crop.part(300, 400), [SIDE, SIDE], antialias=True)
        ours = crop.seen(cut(image, *crop.part(300, 400)))[0]
        assert (ours.int() - (theirs.flip(-1) if crop.mirrored else theirs).int()).abs().max() <= 1
        seen.add(crop.mirrored)
    assert seen == {True, False}


def test_a_long_image_is_cropped_in_its_middle():
    image = torch.zeros(3, 10, 400, dtype=torch.uint8)
    image[:, :, 194:206] = 255
    crop = Crop(Draw(0, 0))
    assert crop.seen(cut(image, *crop.part(10, 400))).float().mean() > 200


@pytest.mark.parametrize(("width", "height"), [(500, 375), (375, 500), (256, 256), (130, 97), (1023, 700)])
def test_validation_shows_what_resize_256_and_crop_224_show_to_a_pixel(width, height):
    """Seen in an image of its own coordinates, `step` pixels a level."""
    step = max(width, height) / 255
    down, across = torch.meshgrid(torch.arange(height) / step, torch.arange(width) / step, indexing="ij")
    image = torch.stack([down, across, across]).round().byte()
    theirs = CenterCrop(SIDE)(Resize(256, antialias=True)(image)).float()
    apart = (scaled(cut(image, *middle(height, width)))[0].float() - theirs).mean((1, 2)).abs() * step
    assert apart.max() <= 0.8
