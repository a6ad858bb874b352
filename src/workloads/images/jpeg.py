"""Partial JPEG decoding on the CPU by nvImageCodec, with the same bits as torchvision's decoder.

It is available for Linux on x86-64 (pyproject.toml). Elsewhere `part` returns None, and the caller
decodes the whole image: the same bits, 5 to 20 % slower. For a corrupt JPEG that still decodes, the
two may differ.
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

# from an image's height and width to a part's top, left, height and width
Where = Callable[[int, int], tuple[int, int, int, int]]
END = b"\xff\xd9"  # the last bytes of a JPEG


def part(content: bytes, where: Where) -> Tensor | None:
    """Decode a part: (3, h, w), uint8, in channels_last. None if torchvision must decode the image.

    These are CMYK images, parts of one column, files that are truncated or no JPEGs, and corruption
    above the end of the part.
    """
    # a truncated file must be refused even if it is truncated below the part
    if not content.endswith(END) or (codec := loaded()) is None:
        return None
    library, decoder, parameters = codec
    try:
        stream = library.CodeStream(content)
        height, width, colours = stream.height, stream.width, stream.num_channels
    except RuntimeError:  # unreadable header
        return None
    if not height or not width:
        return None
    top, left, h, w = where(height, width)
    if colours == 4 or w == 1:  # nvImageCodec differs from torchvision in these cases
        return None
    region = library.Region(top, left, top + h, left + w)
    image = decoder.decode(stream.get_sub_code_stream(region=region), params=parameters)
    if image is None:
        return None
    pixels = torch.from_numpy(np.asarray(image.cpu()))  # (h, w, 3)
    return pixels.permute(2, 0, 1)


@cache
def loaded():
    """The library, its decoder and its parameters; None if it is not installed.

    The decoder runs in the calling thread, also after a fork. Only the extension for JPEGs is
    loaded, since those for GPUs print about missing libraries on stderr.
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
    """Set environment variables temporarily."""
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
