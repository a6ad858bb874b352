"""The twelve fresh seeds: complete, of the arms that were announced, and apart from the papers' three."""

from codist.unpacked import unpacked
from figures.evidence import fresh
from figures.evidence.join import RESULTS, read
from figures.evidence.names import arms_read
from figures.v2 import fig1, fig2, fig3, fig7, fig8, fig17

FIGURES = (fig1, fig2, fig3, fig7, fig8, fig17)  # whose arms the two rounds train
# a control that Figure 2 has since
ARMS = {arm for figure in FIGURES for arm in arms_read(figure)} - {"all_reduce_decayed"}


def test_every_arm_that_was_announced_has_seeds_4_to_15_and_none_of_these_stands_in_a_figure():
    seeds = {}
    for folder in unpacked(fresh.RUNS).glob("*/*/*/*"):
        seeds.setdefault(folder.parent.name, set()).add(int(folder.name))
    assert seeds.keys() == ARMS
    assert all(of_arm == set(range(4, 16)) for of_arm in seeds.values())
    drawn = {name: set(arm.seeds) for name, arm in read().arms.items() if arm.scale == "laptop"}
    assert len(drawn) > 100 and all(drawn[arm] == {1, 2, 3} for arm in ARMS)


def test_a_claim_is_judged_on_them_where_all_its_arms_were_trained_and_none_is_left_out():
    three, more = read(roots=[RESULTS]), read(roots=[fresh.RUNS])
    found = fresh.pairs(three.claims, more.claims)
    judged = [claim.says for claim in three.claims if {*claim.arms} <= ARMS]
    assert [now.says for _, now in found] == [before.says for before, _ in found] == judged
    assert all(now.n == (12,) * len(now.arms) for _, now in found)
    assert fresh.markdown(three, more).count("\n| ") == len(found) + 1
