"""How the tests are spread over pytest-xdist's processes: what shares a process, and what starts first.

pytest-xdist's own mark for it, xdist_group, has no effect with pytest 9.2.
"""

from pathlib import PurePosixPath

from xdist.scheduler import LoadScopeScheduling

# tests of a file share a process, since its fixtures would be made in each; files of one name here do so too
TOGETHER = {
    "test_sweeps.py": "arms",  # composed at every scale
    "test_published.py": "arms",
    "test_anil.py": "arms",
    "test_language_recipe.py": "arms",
    "test_findings.py": "evidence",  # evidence.py
    "test_paper.py": "evidence",
    "test_power.py": "evidence",
    "test_page.py": "page",  # drawn, and a browser
    "test_page_curves.py": "page",
    "test_page_answer.py": "page",
    "test_page_switches.py": "page",
    "test_page_beds.py": "page",
    "test_page_axe.py": "page",
    "test_glyphs.py": "glyphs",  # drawn
    "test_small_glyphs.py": "glyphs",
    "test_typefaces.py": "glyphs",
    "test_clicks.py": "flights",  # the table of all flights
    "test_flights.py": "flights",
}
# files with long tests and no such fixtures: a test at a time
APART = {
    "test_card.py",
    "test_comparison.py",
    "test_door.py",
    "test_library.py",
    "test_library_files.py",
    "test_local.py",
    "test_placement.py",
    "test_ranks.py",
    "test_translation.py",
    "test_wire.py",
}
# the longest first: else, at the end of a run, one process would still be at one of these and the others idle
FIRST = (
    "arms",
    "test_local.py",
    "evidence",
    "test_figures.py",
    "test_placement.py",
    "test_results.py",
    "flights",
    "glyphs",
    "test_groups.py",
    "test_repeat.py",
    "test_starts.py",
    "test_mutual.py",
    "page",
    "test_translation.py",
    "test_card.py",
    "test_library.py",
    "test_written.py",
    "test_docs.py",
    "test_wire.py",
    "test_store.py",
    "test_attacks.py",
    "test_content_audit.py",
)
ORDER = {name: nth for nth, name in enumerate(FIRST)}


def name_of(scope: str) -> str:
    """The file of a scope, or its name in TOGETHER."""
    return PurePosixPath(scope.partition("::")[0]).name


class Together(LoadScopeScheduling):
    """Gives a process all tests of a file, or of one name in TOGETHER; tests of APART one after the other."""

    def _split_scope(self, nodeid: str) -> str:
        file = name_of(nodeid)
        return nodeid if file in APART else TOGETHER.get(file, nodeid.partition("::")[0])

    def _assign_work_unit(self, node) -> None:
        longest = min(self.workqueue, key=lambda scope: ORDER.get(name_of(scope), len(ORDER)))
        self.workqueue.move_to_end(longest, last=False)
        super()._assign_work_unit(node)
