"""The test files that share a process, since they share what takes long to read or to start.

pytest-xdist's own mark for it, xdist_group, has no effect with pytest 9.2.
"""

from pathlib import PurePosixPath

from xdist.scheduler import LoadScopeScheduling

TOGETHER = {
    "test_sweeps.py": "arms",  # composed at every scale
    "test_published.py": "arms",
    "test_anil.py": "arms",
    "test_findings.py": "evidence",  # evidence.py
    "test_paper.py": "evidence",
    "test_power.py": "evidence",
    "test_page.py": "page",  # a browser, and the page that it opens
    "test_figures.py": "logs",  # made up for all figures
    "test_glyphs.py": "glyphs",  # drawn
    "test_small_glyphs.py": "glyphs",
    "test_clicks.py": "flights",  # the table of all flights
    "test_flights.py": "flights",
}


class Together(LoadScopeScheduling):
    """Gives a process one test after the other; those of one value of TOGETHER to one process."""

    def _split_scope(self, nodeid: str) -> str:
        return TOGETHER.get(PurePosixPath(nodeid.partition("::")[0]).name, nodeid)
