"""What the network sees of an image: crops distributed and scaled as torchvision's, and the middle of one."""

import numpy as np
import pytest
import torch
from pictures import picture
from torchvision.transforms import CenterCrop, RandomResizedCrop, Resize, v2
from torchvision.transforms.functional import resized_crop

from codist.workload import Draw
from workloads.imagenet.crops import SIDE, Crop, Middle, middle


def cut(image, top, left, height, width):
    return image[:, top : top + height, left : left + width]


@pytest.mark.parametrize(("height", "width"), [(300, 400), (100, 400), (400, 380)])
def test_crops_are_distributed_as_torchvisions(height, width):
    image, draws = torch.empty(3, height, width), range(4000)
    theirs = [RandomResizedCrop.get_params(image, (0.08, 1.0), (3 / 4, 4 / 3)) for _ in draws]
    crops = [Crop(Draw(index, 0)) for index in draws]
    theirs, ours = (
        torch.tensor(parts).double()
        for parts in (theirs, [crop.part(height, width) for crop in crops])
    )
    for center in (
        lambda x: x.mean(0),
        lambda x: x.std(0),
        lambda x: (x[:, 2] * x[:, 3]).mean() / x[:, 2].mean(),
    ):
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


# ---- validation


def sizes(count, seed, longest=5000):
    """Height and width: half of them of any shape, half with a shorter side near 224 or 256."""
    draw = np.random.default_rng(seed)
    for nth in range(count):
        height = round(longest ** draw.uniform()) if nth % 2 else draw.integers(220, 261)
        height, width = int(height), round(longest ** draw.uniform())
        yield (height, width) if draw.integers(2) else (width, height)


def test_validation_shows_the_very_box_that_resize_256_and_crop_224_show():
    """Both the size that Resize truncates and the corner that CenterCrop rounds, as torchvision itself has them."""
    parities = set()
    for height, width in sizes(3000, seed=1):
        resized = Resize(256, antialias=True)(torch.empty(3, height, width, device="meta")).shape[
            1:
        ]
        first = [
            CenterCrop(SIDE)(torch.arange(n).view(shape).expand(1, *resized))[0, 0, 0].item()
            for n, shape in zip(resized, ((1, -1, 1), (1, 1, -1)), strict=True)
        ]
        ours = middle(height, width)
        assert [axis.resized for axis in ours] == list(resized), (height, width)
        assert [axis.first for axis in ours] == first, (height, width)
        assert [axis.length for axis in ours] == [height, width]
        parities.add((resized[0] % 4, resized[1] % 4))
    assert len(parities) == 7  # 256 is one of the sides, and halves are rounded to even


def validated(image):
    view = Middle()
    return view.seen(cut(image, *view.part(*image.shape[1:])))[0]


def test_validation_shows_the_pixels_that_torchvision_shows_of_images_of_any_size():
    """Within the level of 256 that the order of the two axes may make; in noise half a pixel makes tens."""
    draw, theirs = np.random.default_rng(2), v2.Compose([v2.Resize(256), v2.CenterCrop(SIDE)])
    for height, width in [
        *sizes(100, seed=3, longest=700),
        (311, 255),
        (255, 255),
        (500, 375),
        (375, 500),
    ]:
        image = torch.from_numpy(draw.integers(0, 256, (3, height, width), dtype=np.uint8))
        assert (validated(image).int() - theirs(image).int()).abs().max() <= 1, (height, width)


@pytest.mark.parametrize(("height", "width"), [(1, 20000), (20000, 1), (3, 9999), (300, 20000)])
def test_a_very_long_image_is_validated_in_its_middle_within_little_memory(height, width):
    """torchvision would make 4 GB of the first."""
    image = torch.zeros(3, height, width, dtype=torch.uint8)
    dim, longer = (1, height) if height > width else (2, width)
    image.narrow(dim, longer * 2 // 5, longer // 5).fill_(255)
    assert validated(image).min() == 255
    top, left, h, w = Middle().part(height, width)
    assert h * w < 80_000 and abs(2 * top + h - height) <= 4 and abs(2 * left + w - width) <= 4
