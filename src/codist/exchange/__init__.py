"""The kinds of exchange: what crosses the network between models, and when. Needs no torch.

One file per kind. Each has `Options`, a torch-free dataclass with everything that depends on the
kind: its checks, its communication volume, its scaling. `Options.open` returns the exchange itself,
whose hooks the loop calls (no_exchange.NoExchange). To add a kind, add a file here; no other list
names the kinds.
"""

from importlib import import_module
from pkgutil import iter_modules

from codist.errors import Refused, nearest
from codist.exchange.no_exchange import Options

MODULES = [import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__)]
KINDS: dict[str, type[Options]] = {
    module.Options().kind: module.Options
    for module in MODULES
    if getattr(module, "Options", object).__module__ == module.__name__
}


def exchange_options(kind: str, **given) -> Options:
    """The options of an exchange of this kind. Raises Refused if the kind or an option is unknown."""
    options = options_class(kind)
    for name in given:
        refuse_unknown(options, name)
    return options(**given)


def options_class(kind: str) -> type[Options]:
    """The Options class of this kind. Raises Refused if the kind is unknown."""
    if kind not in KINDS:
        raise Refused(f"exchange.kind={kind} is not known; {nearest(str(kind), KINDS)}")
    return KINDS[kind]


def refuse_unknown(options: type[Options], name: str) -> None:
    """Raises Refused if an exchange of this kind has no such option."""
    known = [one for one in options.__dataclass_fields__ if one != "kind"]
    if name in known:
        return
    others = [kind for kind, other in KINDS.items() if name in other.__dataclass_fields__]
    if others:
        remedy = f"exchange.kind={' or '.join(others)} has it"
    else:
        remedy = nearest(name, known) if known else "it has none"
    raise Refused(f"exchange.kind={options().kind} has no option {name}; {remedy}")
