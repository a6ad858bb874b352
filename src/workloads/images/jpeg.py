"""A part of a JPEG, as torchvision would decode it, without the pixels beside and below: by nvImageCodec, on the CPU.

It is there for Linux on x86-64 (pyproject.toml). Elsewhere `part` gives None, and whole images are
decoded: the same bits, 5 to 20 % slower. Of a damaged JPEG that still decodes, the two may show
other bits.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from torch import Tensor

Where = Callable[
    [int, int], tuple[int, int, int, int]
]  # an image's height and width -> a part's top, left, h and w
END = b"\xff\xd9"  # of a JPEG


def part(content: bytes, where: Where) -> Tensor | None:
    """(3, h, w), uint8, in channels_last. None where that is left to torchvision: of CMYK, of one column, and of what
    is no JPEG, is cut short or cannot be decoded as far as the part goes."""
    if (
        not content.endswith(END) or (codec := loaded()) is None
    ):  # where it is cut may be below the part
        return None
    library, decoder, parameters = codec
    try:
        stream = library.CodeStream(content)
        height, width, colours = stream.height, stream.width, stream.num_channels
    except RuntimeError:  # its header cannot be read
        return None
    if not height or not width:
        return None
    top, left, h, w = where(height, width)
    if colours == 4 or w == 1:  # it rounds CMYK otherwise, and smooths a column that stands alone
        return None
    region = library.Region(top, left, top + h, left + w)
    image = decoder.decode(stream.get_sub_code_stream(region=region), params=parameters)
    if image is None:
        return None
    pixels = torch.from_numpy(np.asarray(image.cpu()))  # (h, w, 3)
    return pixels.permute(2, 0, 1)


@cache
def loaded():
    """The library, a decoder that decodes in the thread which asks, also after a fork, and its parameters; or None.

    Of its extensions only that for JPEGs is loaded. Those for GPUs complain on stderr of libraries
    that are not there.
    """
    if not (find_spec("nvidia") and (found := find_spec("nvidia.nvimgcodec"))):
        return None
    extension = next(
        (Path(found.submodule_search_locations[0]) / "extensions").glob("libjpeg_turbo_ext.so.*"),
        None,
    )
    if extension is None:
        return None
    with TemporaryDirectory() as folder:
        (Path(folder) / extension.name).symlink_to(extension)
        with environment(NVIMGCODEC_EXTENSIONS_PATH=folder, PYNVIMGCODEC_VERBOSITY="0"):
            from nvidia import nvimgcodec as library
    cpu = [library.Backend(library.BackendKind.CPU_ONLY)]
    decoder = library.Decoder(
        device_id=library.NVIMGCODEC_DEVICE_CPU_ONLY, max_num_cpu_threads=1, backends=cpu
    )
    return library, decoder, library.DecodeParams(apply_exif_orientation=False)


@contextmanager
def environment(**names: str) -> Iterator[None]:
    """With these set, which the processes started later do not inherit."""
    before = {name: os.environ.get(name) for name in names}
    os.environ |= names
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
