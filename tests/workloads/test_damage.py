"""A damaged run folder is named, with the wrong line; it never counts as a finished run."""

import pytest
from small import small, trained

from codist import run_folder
from codist.errors import Refused
from figures.__main__ import main


@pytest.mark.parametrize("content", ["", "{[:", "garbage"])
@pytest.mark.parametrize("name", ["config.yaml", "done.json"])
def test_a_damaged_file_is_refused(tmp_path, name, content):
    trained(tmp_path, small(), stop_after=1)
    (tmp_path / name).write_text(content)
    with pytest.raises(Refused, match=rf"{name} is damaged; restore it"):
        (run_folder.config if name == "config.yaml" else run_folder.done)(tmp_path)


def test_a_damaged_row_is_refused_by_its_line(tmp_path):
    trained(tmp_path, small())
    log = tmp_path / "model1.jsonl"
    log.write_text(log.read_text().replace('{"epoch"', "xx", 1))
    with pytest.raises(Refused, match=r"model1.jsonl, line 1 is damaged"):
        trained(tmp_path, small())


def test_figures_name_the_damaged_line(tmp_path, capsys):
    from fabricate import everything

    everything(tmp_path)
    log = next(tmp_path.glob("laptop/regularization/codist_fixed/2/model0.jsonl"))
    lines = log.read_text().splitlines(keepends=True)
    log.write_text("".join([*lines[:2], "xx\n", *lines[3:]]))
    assert main(["fig7", "--from", str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    assert f"{log}, line 3 is damaged" in capsys.readouterr().err
