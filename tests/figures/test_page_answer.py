"""What the page begins with: main claims, beds and plan, from paper/beds.json."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from figures.evidence import bed_verdicts, claim_table, findings, join, names, planned
from figures.evidence.consistency import Unreadable
from figures.page.answer import answer
from figures.page.tags import html

ROOT = Path(__file__).parents[2]


def committed():
    """The committed beds and findings. No run is read, so no claim is judged again."""
    return bed_verdicts.read(join.join(names.load(), {}, "laptop").claims)


def test_a_claim_without_a_committed_verdict_is_named(read):
    new = replace(read.claims[0], id="ours_gentle.equal")
    with pytest.raises(
        Unreadable, match=r"beds\.json has no claim ours_gentle\.equal; make claims"
    ):
        bed_verdicts.read([new])


def test_verdicts_that_are_written_are_read_again(read, tmp_path, monkeypatch):
    before = findings.findings(findings.by_bed([read]))
    monkeypatch.setattr(bed_verdicts, "PATH", tmp_path / "beds.json")
    bed_verdicts.PATH.write_text(bed_verdicts.as_json([read], before))
    beds, after = bed_verdicts.read(read.claims)
    assert beds["laptop"].theirs.total() + beds["laptop"].ours.total() == len(read.claims)
    assert after.keys() == before.keys()
    for key, one in before.items():
        assert list(after[key].on) == list(one.on), key
        for name, claim in one.on.items():
            again = after[key].on[name]
            assert (again.verdict, again.n, again.why) == (claim.verdict, claim.n, claim.why), key
            assert again.found == claim.found, key


def test_the_page_begins_with_the_verdicts_of_the_readme_and_none_is_folded():
    beds, found = committed()
    text = html(answer(found, beds, {}))
    table = text[text.index("<table") : text.index("</table>")]
    shown = re.sub(r"<[^>]*>", " ", table)
    readme = (ROOT / "README.md").read_text()
    cells = re.findall(r"\*\*(\w+)\*\* ([^|]+?) \|", readme)
    assert len(cells) > 30 and "<details" not in table
    for verdict, measured in cells:
        assert re.search(rf"{verdict}\s+{re.escape(measured)}\s", shown), (verdict, measured)


@pytest.fixture(scope="module")
def page(page, tmp_path_factory):
    """The page with the committed verdicts on all beds."""
    beds, found = committed()
    section = re.compile(r'<section[^>]*id="answer".*?</section>', re.DOTALL)
    text, replaced = section.subn(lambda _: html(answer(found, beds, {})), page.read_text())
    assert replaced == 1
    path = tmp_path_factory.mktemp("page") / "page.html"
    path.write_text(text)
    return path


@pytest.mark.parametrize("wide", [390, 800, 1280])
def test_the_verdicts_on_all_beds_hang_over_no_edge(wide, browser, page):
    browser.open(page.as_uri(), wide)
    root = "document.documentElement"
    assert browser.run(f"{root}.scrollWidth - {root}.clientWidth") == 0


def test_beds_and_plan_show_how_many_runs_were_planned_and_are_there():
    beds, found = committed()
    text = html(answer(found, beds, {}))
    for plan in planned.beds():
        for scale, seeds in plan.seeds.items():
            asked = sum(map(len, seeds.values()))
            assert f"<td>{beds[scale].runs} of {asked}</td>" in text
            assert findings.bed_name(scale) in text


def test_the_committed_verdicts_are_of_all_claims():
    _, found = committed()
    assert found.keys() == {claim.id for claim in claim_table.every()}


def test_an_extreme_gap_against_a_claim_is_explained_beside_it():
    _, found = committed()
    extreme = {
        key
        for key, one in found.items()
        for claim in one.on.values()
        if claim.evidence and claim.evidence.unit == "points" and claim.verdict != "holds"
        if abs(claim.evidence.gap) > 20
    }
    assert "fig3.above_larger" in extreme
    assert not [key for key in extreme if not found[key].notes]
    assert not found["fig2.parity_decayed"].notes
    note = "on glyphs the codistilled larger network hardly trains"
    assert note in found["fig3.above_larger"].sentence
    assert note in html(answer(found, {}, {})) and note in (ROOT / "README.md").read_text()
