import os

import pytest

from core.compute.search_path import child_environment


@pytest.mark.parametrize(
    ("given", "kept"),
    [("", None), (":.:src", None), (":/one::/two", "/one:/two"), ("/one", "/one"), (None, None)],
)
def test_no_child_searches_the_working_directory(
    monkeypatch: pytest.MonkeyPatch, given: str | None, kept: str | None
) -> None:
    monkeypatch.delenv("PYTHONPATH", raising=False)
    if given is not None:
        monkeypatch.setenv("PYTHONPATH", given.replace(":", os.pathsep))
    found = child_environment()
    assert found.pop("PYTHONPATH", None) == (kept and kept.replace(":", os.pathsep))
    assert found == {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
