"""README and docs: every link leads somewhere, every command is one that there is, and sentences are short."""

import json
import re
import shlex
from pathlib import Path

import commands
import pytest
from support.readability import measure

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    *sorted((ROOT / "docs").glob("*.md")),
]
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]
# what docs/extend.md adds: test_written.py and test_extend_exchange.py run its commands
ADDED = ("gentle", "blobs", "exchange/average", "averaging")
AS_SHIPPED = re.compile(
    r"^python (src/run\.py (?:plan|which|status|settings)\b.*?)(?: +#.*)?$", re.MULTILINE
)


def anchors(page: Path) -> set[str]:
    """Returns the anchors that GitHub gives the headings of `page`."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_link_leads_to_a_file_or_a_heading(page):
    for link in re.findall(r"\]\(([^)]+)\)", page.read_text()):
        if not link.startswith("https://"):
            path, _, anchor = link.partition("#")
            there = (page.parent / path).resolve() if path else page
            assert there.exists(), f"{page.name}: {link}"
            assert not anchor or anchor in anchors(there), f"{page.name}: {link}"


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_file_and_target_that_is_named_exists(page):
    text = page.read_text()
    targets = set(
        re.search(r"\.PHONY: (.*?)\n\n", (ROOT / "Makefile").read_text(), re.DOTALL)[1]
        .replace("\\\n", " ")
        .split()
    )
    sweeps = {path.stem for path in (ROOT / "sweeps" / "sweep").glob("*.yaml")} | {"ours_gentle"}
    for words in re.findall(r"(?:^|`)make ((?:[a-z]\w*(?:-\w+)* ?)+)", text, re.MULTILINE):
        assert not set(words.split()) - targets - sweeps, f"{page.name}: make {words}"
    for path in re.findall(
        r"`((?:src|tests|figures|sweeps|slurm|paper|bench)/[\w/.]+\.\w+)`", text
    ):
        made = path.startswith("figures/out/") or any(name in path for name in ADDED)
        assert made or (ROOT / path).exists(), f"{page.name}: {path}"


@pytest.mark.parametrize(
    "command", sorted({one for page in PAGES for one in AS_SHIPPED.findall(page.read_text())})
)
def test_commands_that_train_nothing_run_as_they_are_written(command):
    if any(name in command for name in ADDED):
        return
    done = commands.typed(*shlex.split(command))
    assert (done.returncode, done.stderr) == (0, "") and done.stdout


def test_the_rows_of_a_run_are_read_as_docs_say():
    blocks = re.findall(
        r"```python\n(.*?)```", (ROOT / "docs" / "run_folder.md").read_text(), re.DOTALL
    )
    assert len(blocks) == 2  # by pandas and by polars
    left: dict = {}
    for block in blocks:
        exec(block.replace('"paper/', f'"{ROOT}/paper/'), left)
        assert {"update", "train_loss", "valid_top1", "sent_bits"} <= set(left["rows"].columns)
    assert left["last"].index.names == ["arm", "seed", "model"]


def test_a_number_of_figure_2_is_found_in_the_rows_as_docs_say():
    text = (ROOT / "docs" / "reproduce.md").read_text()
    left: dict = {}
    for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        exec(block.replace('"paper/', f'"{ROOT}/paper/'), left)
    claims = json.loads((ROOT / "paper" / "claims.json").read_text())["laptop"]["claims"].values()
    [claim] = [claim for claim in claims if claim["id"] == "fig2.parity_decayed"]
    assert round(left["gap"], 5) == claim["evidence"]["gap"] and "gap −1.16, n = 3" in text
    assert f"{left['new_gap']:.3f}".replace("-", "−") == "−0.798"
    assert "−0.798" in text and "−0.798" in (ROOT / "README.md").read_text()


def test_the_readme_is_short():
    words, _ = measure((ROOT / "README.md").read_text())
    assert words <= 1400 and len((ROOT / "README.md").read_text().splitlines()) <= 130


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_sentences_are_short(page):
    assert measure(page.read_text())[1] <= 22
