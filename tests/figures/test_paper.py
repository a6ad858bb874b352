"""The report: no number is written by hand, no figure or letter is missing, LaTeX's errors are one line."""

import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import evidence
import fabricate
import pytest

from figures.drawing import latex
from figures.evidence import planned, results, settings
from figures.evidence.consistency import Unreadable
from figures.evidence.join import join
from figures.evidence.names import NAMES, load, reads, sweeps_of
from figures.report import __main__ as paper
from figures.report import numbers, overview, provenance
from figures.report.material import Material

HOME = Path(__file__).parents[2]
SOURCE = (HOME / "paper" / "report.tex").read_text()
PROSE = SOURCE.partition(r"\input{numbers}")[2].partition(r"\begin{thebibliography}")[0]
NAMED = re.compile(
    r"\\(num|cite|label|hyperref|input|comment)(\[\w*\])?\{[^}]*\}|\\\[.*?\\\]|Algorithm 1|CIFAR-10|"
    r"ResNet-?\d+|§[\w.]+|" + "|".join(sorted(NAMES, key=len, reverse=True)),
    re.DOTALL,
)
needs_latex = pytest.mark.skipif(
    not shutil.which("pdflatex"), reason=f"no pdflatex: apt-get install {paper.NEEDS}"
)


@pytest.fixture(scope="module")
def shipped():
    return evidence.shipped()


@pytest.fixture(scope="module")
def written(shipped, tmp_path_factory):
    """All that LaTeX reads, from the committed results."""
    out = tmp_path_factory.mktemp("paper")
    paper.write(shipped, out)
    return out


def test_no_number_of_the_prose_is_typed():
    left = NAMED.sub("", re.sub(r"(?m)(?<!\\)%.*$", "", PROSE))
    assert not re.findall(r".{0,30}\d.{0,30}", left)


def test_every_number_and_every_figure_that_the_prose_names_is_there(shipped):
    asked = {re.sub(r"\s+", " ", name) for name in re.findall(r"\\num\{([^}]*)\}", PROSE)}
    assert asked and asked <= numbers.numbers(shipped).keys()
    assert set(re.findall(r"\\comment\{(\w+)\}", PROSE)) <= set(NAMES)


def test_every_figure_has_a_section_with_all_its_claims_settings_and_contradictions(
    shipped, written
):
    told = "".join((written / f"{one}.tex").read_text() for one in paper.PAPERS)
    sections = dict(re.findall(r"\\label\{(\w+)\}(.*?)(?=\\subsection|\Z)", told, re.DOTALL))
    assert set(sections) == set(NAMES)
    for name, section in sections.items():
        figure = shipped.first.figures[name]
        first = [claim for claim in figure.claims if claim.figures[0] == name]
        assert all(latex.broken(claim.says) in section for claim in first)
        found = shipped.found[figure.answering]
        answers = re.findall(r"^\\answered\{.*\}$", section, re.MULTILINE)
        assert len(answers) == bool(found.on)  # none while the figure waits for its runs
        answer = "".join(answers)
        # a figure may have some runs and wait for those of its answer, if a round plans the first of its sweep
        waits = planned.new_sweeps() & set(reads(shipped.modules[name]))
        assert found.on.keys() or not shipped.shown(name) or waits
        assert not answers or latex.broken(found.sentence) in answer
        assert answer.count("verdict{}") == len(found.on)
        assert section.replace(answer, "").count("verdict{}") == len(figure.claims)
        assert all(
            entry.claim and latex.text(entry.claim) in section for entry in shipped.entries(name)
        )
        assert all(
            rf"\hyperlink{{{c}}}" in section
            for entry in shipped.entries(name)
            for c in entry.contradictions
        )
        drawn = re.search(rf"laptop/{name}\.(pdf|tex)", section)
        assert bool(drawn) == bool(shipped.shown(name) and not shipped.twin(name))
        assert (r"\notrun{" in section) == (not shipped.shown(name))


def test_the_answers_on_each_bed_are_traced_to_seeds_runs_and_commits(shipped):
    assert provenance.ranges({3, 1, 2, 5, 8, 7}) == "1–3, 5, 7–8"
    rows = [line.split(" & ") for line in provenance.answers(shipped).splitlines() if " & " in line]
    beds = {bed for bed, *_ in rows[1:]}
    assert beds == {latex.text(bed) for one in shipped.found.values() for bed in one.named}
    (scarce,) = (row for row in rows if row[0] == "glyphs-scarce")
    (ledger,) = (one for one in shipped.behind if one.scale == "glyphs_scarce")
    arms = {
        arm
        for one in shipped.found.values()
        for name, claim in one.named.items()
        if name == scarce[0]
        for arm in claim.arms
    }
    assert int(scarce[2]) == sum(len(ledger.arms[arm].seeds) for arm in arms)
    assert scarce[4] == latex.text(provenance.ranges(ledger.arms["all_reduce"].seeds))
    commits = {commit for arm in arms for commit in ledger.arms[arm].commits}
    assert scarce[6].removesuffix(r" \\") == ", ".join(sorted(commits))


def test_the_table_of_controls_lists_them_by_kind_whatever_they_say(shipped):
    def told(claim):
        return replace(claim, says="It is so.")

    reworded = {
        key: replace(
            one, claim=told(one.claim), on={bed: told(claim) for bed, claim in one.on.items()}
        )
        for key, one in shipped.found.items()
    }
    listed = [
        overview.controls(material).count("hyperref")
        for material in (shipped, replace(shipped, found=reworded))
    ]
    assert listed[0] == listed[1] > 10


def test_each_claim_that_fails_on_a_bed_is_listed_with_this_bed(shipped):
    rows = [line for line in overview.fails(shipped).splitlines() if "hyperref" in line]
    failed = [
        (one, beds)
        for one in shipped.found.values()
        if (beds := [bed for bed, claim in one.named.items() if claim.verdict == "fails"])
    ]
    for row, (one, beds) in zip(rows, failed, strict=True):
        assert latex.broken(one.words) in row
        assert re.findall(r"failsverdict\{\} on ([\w-]+),", row) == beds
    counted = numbers.of_failed(shipped)
    assert len(rows) == sum(map(int, counted.values()))
    of_plan = {bed for _, beds in failed for bed in beds} - {"digits"}
    assert of_plan, "not only the figures' runs"


def test_what_was_not_run_says_why_or_how(shipped, written):
    rows = (written / "not_run.tex").read_text().count(r"\\") - 1
    there = [
        entry for entry in shipped.first.entries if entry.figure and shipped.shown(entry.figure)
    ]
    assert rows == len(shipped.first.entries) - len(there)


def test_a_letter_without_latex_is_named_and_so_is_an_arm_without_settings():
    with pytest.raises(
        Unreadable, match=r"no LaTeX for '∑' \(U\+2211\) of: the ∑; add it to latex.py"
    ):
        latex.text("the ∑")
    with pytest.raises(Unreadable, match="has no arm nobody; make settings"):
        settings.of_arms(settings.read(), ("all_reduce", "nobody"))


def test_what_is_special_to_latex_comes_out_as_it_is():
    assert latex.text(r"a_b & 5 % of {c} ± 1 § ‖θ‖² …") == (
        r"a\_b \& 5 \% of \{c\} $\pm$ 1 \S{} $\Vert$$\theta$$\Vert$$^2$ \dots{}"
    )
    assert (
        latex.marked("say `make a_b` *later*")
        == r"say \texttt{make a\_\allowbreak{}b} \emph{later}"
    )
    assert latex.broken("+0.05, 2×1,024") == r"+0.05, 2$\times$1,024"  # a number stays in one piece


def pages(pdf: Path) -> str:
    return subprocess.run(
        ["pdftotext", "-layout", pdf, "-"], capture_output=True, text=True, check=True
    ).stdout


def pictures_have_their_claims(words: str) -> None:
    """After the footer of each picture, the table of its claims begins on the same page."""
    found = 0
    for page in words.split("\f"):
        for below in re.split(r"scale · seeds", page)[1:]:
            found += 1
            assert re.search(r"gap \[interval\]|Claims shared with other figures", below), page
    assert found > 30


def no_page_is_half_empty(pdf: Path) -> None:
    boxes = subprocess.run(
        ["pdftotext", "-bbox", pdf, "-"], capture_output=True, text=True, check=True
    ).stdout
    for nth, page in enumerate(boxes.split("<page ")[1:-1], start=1):
        high = float(re.search(r'height="([\d.]+)"', page)[1])
        ends = [float(end) for end in re.findall(r'yMax="([\d.]+)"', page)]
        assert max(end for end in ends if end < 0.93 * high) > 0.5 * high, f"page {nth}"


@needs_latex
def test_the_report_is_whole_and_has_the_same_bytes_when_it_is_made_again(
    shipped, written, tmp_path
):
    paper.press(written, tmp_path / "once.pdf")
    log = (written / "report.log").read_text(errors="replace")
    assert not re.findall(r"LaTeX Warning: .*(?:undefined|multiply)|Missing character.*", log)
    # of 72 an inch
    assert max(map(float, re.findall(r"Overfull \\hbox \(([\d.]+)pt", log)), default=0) < 5
    count = int(re.search(r"\((\d+) pages", log)[1])
    assert len(NAMES) / 2 < count < 2 * len(NAMES)
    drawn = {
        f"laptop/{name}.pdf"
        for name, module in shipped.modules.items()
        if shipped.shown(name) and not shipped.twin(name) and hasattr(module, "draw")
    }
    assert drawn and drawn == set(re.findall(r"<use (laptop/\w+\.pdf)>", log))
    if shutil.which("pdftotext"):
        words = pages(tmp_path / "once.pdf")
        assert "??" not in words
        first, *_ = words.split("\f")
        assert re.search(r"\d{4}-\d\d-\d\d, commit \w{7}|date unknown, commit unknown", first)
        assert all(heading in first for heading in ("What failed", "What held"))
        pictures_have_their_claims(words)
        no_page_is_half_empty(tmp_path / "once.pdf")
        for letter in "±−×§†θ":
            assert letter in words, letter
    for path in written.glob("report.*"):
        path.unlink()
    paper.press(written, tmp_path / "twice.pdf")
    assert (tmp_path / "once.pdf").read_bytes() == (tmp_path / "twice.pdf").read_bytes()


def test_the_command_shows_the_file_and_the_totals_in_two_lines(
    shipped, tmp_path, monkeypatch, capsys
):
    """LaTeX, which other tests run, is left out."""
    for name, instead in {
        "latex": lambda: "pdflatex",
        "read_all": lambda: shipped,
        "write": lambda material, out: None,
        "press": lambda out, pdf: pdf.write_bytes(b"%PDF"),
    }.items():
        monkeypatch.setattr(paper, name, instead)
    assert paper.main(tmp_path, tmp_path / "report.pdf") == 0
    file, totals = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"paper +\S+/report.pdf new", file)
    assert re.match(r"total +laptop scale: papers \d+ holds", totals)


@needs_latex
def test_verdicts_of_two_scales_stand_beside_each_other(tmp_path):
    """Runs made up at laptop scale, and a part of them copied as if a card had made them."""
    fabricate.everything(tmp_path / "runs")
    names = ["fig1", "fig7", "table1"]
    shutil.copytree(
        tmp_path / "runs" / "laptop" / "regularization",
        tmp_path / "runs" / "gpu" / "regularization",
    )
    for path in (tmp_path / "runs" / "gpu").rglob("*.json"):
        path.write_text(json.dumps(json.loads(path.read_text()) | {"scale": "gpu"}))
    modules, known = load(names), settings.read()
    arms = {
        scale: results.read(scale, sweeps_of(modules), [tmp_path / "runs"])
        for scale in ("laptop", "gpu")
    }
    ledgers = {scale: join(modules, arms[scale], scale) for scale in arms}
    paper.write(Material(modules, ledgers, arms, known), tmp_path / "out")
    section = (tmp_path / "out" / "v2.tex").read_text()
    assert "laptop/fig7.pdf" in section and "gpu/fig7.pdf" in section
    assert "3 laptop" in section and "3 gpu" in section


@needs_latex
def test_a_mistake_in_the_prose_ends_with_its_place_and_the_log(written, tmp_path, monkeypatch):
    monkeypatch.setattr(paper, "SOURCE", tmp_path / "report.tex")
    for wrong, says in (
        (r"\nothing", r"report.tex:\d+: Undefined control sequence"),
        (r"\num{laptop/no/n}", r"report.tex:\d+: no number is called laptop/no/n;"),
    ):
        (tmp_path / "report.tex").write_text(SOURCE.replace(r"\maketitle", rf"\maketitle {wrong}"))
        with pytest.raises(
            paper.Stopped, match=rf"^LaTeX stopped: {says}.*; its log is \S+/report.log$"
        ):
            paper.press(written, tmp_path / "report.pdf")
    assert not (tmp_path / "report.pdf").exists()


def test_without_latex_one_line_names_its_packages(tmp_path):
    said = subprocess.run(
        [sys.executable, "-m", "figures.report"],
        cwd=HOME,
        capture_output=True,
        text=True,
        env={"PATH": str(tmp_path)},
    )
    assert (said.returncode, said.stdout) == (2, "")
    assert (
        said.stderr
        == f"make paper: missing: pdflatex, to set paper/report.tex: apt-get install {paper.NEEDS}\n"
    )
