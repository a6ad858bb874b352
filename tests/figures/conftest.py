"""The page of made-up runs in a real browser, made once per process for the tests of figures/page."""

import json
from pathlib import Path

import browser as chromium
import fabricate
import pytest
import yaml

from figures.evidence import join
from figures.evidence.ledger import Ledger
from figures.page.__main__ import main

MARKUP = "</script><img src=x onerror='document.title=1'><b>&amp;"
WITHOUT = ("views_1", "views_2", "views_4", "views_8")  # all of ours_views


@pytest.fixture(scope="session")
def logs(tmp_path_factory) -> Path:
    """Made up; one figure has no runs, one run diverged, and one arm's config has a text that looks like HTML."""
    root = tmp_path_factory.mktemp("logs")
    fabricate.everything(root, without=WITHOUT, diverged=(("codist_fixed", 2),))
    for path in root.glob("laptop/*/all_reduce/*/config.yaml"):
        path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | {"note": MARKUP}))
    for path in root.glob("laptop/regularization/*/*/model*.jsonl"):
        each = 0 if path.parts[-3].startswith("independent") else 1000
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        text = [json.dumps(row | {"sent_bits": each * row["update"]}) for row in rows]
        path.write_text("\n".join(text) + "\n")
    return root


@pytest.fixture(scope="session")
def page(logs, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("page") / "page.html"
    assert main(["--from", str(logs), "--out", str(path)]) == 0
    return path


@pytest.fixture(scope="session")
def read(logs) -> Ledger:
    return join.read("laptop", [logs])


@pytest.fixture(scope="session")
def program(tmp_path_factory):
    if chromium.PROGRAM is None:
        pytest.skip(
            "no chromium to open the page in: apt-get install chromium; .ci/run does, and skips nothing"
        )
    started = chromium.Browser(tmp_path_factory.mktemp("profile"))
    yield started
    started.close()


@pytest.fixture
def browser(program, page):
    """Whatever a test does in it, it asks for nothing but the page, and complains of nothing."""
    program.events.clear()
    yield program
    program.run("0")  # what is still under way has come
    asked = {
        event["params"]["request"]["url"]
        for event in program.events
        if event["method"] == "Network.requestWillBeSent"
    }
    assert {url.partition("#")[0] for url in asked if not url.startswith("data:")} == {
        page.as_uri()
    }
    told = ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded")
    assert not [event["params"] for event in program.events if event["method"] in told]
