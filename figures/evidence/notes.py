"""Notes on arms whose numbers are extreme on a bed, shown with the claims on these arms."""

from collections.abc import Collection

# {arms: (how the names of the beds begin, the note)}
NOTES = {
    ("resnext_decayed", "resnext_cosine"): (
        "glyphs",
        "on glyphs the codistilled larger network hardly trains, as its learning rate is too high there: "
        "docs/evidence.md",
    ),
    ("batch_2048",): (
        "glyphs",
        "on glyphs the largest batch leaves so few updates that its models hardly train",
    ),
}


def notes(arms: Collection[str], beds: Collection[str]) -> list[str]:
    """The notes on these arms that apply to one of these beds."""
    return [
        note
        for about, (begin, note) in NOTES.items()
        if not set(about).isdisjoint(arms) and any(bed.startswith(begin) for bed in beds)
    ]
