"""A group's side of an exchange through files, for tests without training: two models of 50 weights."""

import torch

from codist.codecs import Full
from codist.live_peers import LivePeers
from codist.published import Form
from codist.store import Store, store_at

FORM = Form("the run", Full(), 100)
WEIGHTS = torch.linspace(-1, 1, 50)


def live(folder, store: str | Store = "store", model: int = 0) -> LivePeers:
    """The peers of one of the two groups in `folder`; the other publishes in the same store."""
    own = folder / f"group{model}"
    own.mkdir(exist_ok=True)
    store = store_at(str(folder / store)) if isinstance(store, str) else store
    return LivePeers(store, own, FORM, model, {0: 50, 1: 50}, [1 - model])
