"""The exported page, as a strict parser and a real browser read it."""

import re
import shutil
import warnings
from collections import Counter
from pathlib import Path

import html5lib
import pytest
from browser import Browser

from core.catalogue.labels import Labels, write_labels
from core.exports.export import FORMATS, write
from core.exports.figure import PANELS
from core.exports.page import Options
from core.runs.directory import RunDirectory
from core.runs.history import History
from core.runs.journal import read_whole
from core.training.metrics import metric

HOSTILE = "<script>alert(1)</script><img src=http://evil.example/x> &amp; \u202e]]>"


@pytest.fixture(scope="module")
def pages(trained: RunDirectory, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A page of one run, with diagnostics, and one of a comparison; words in both are hostile."""
    folder = tmp_path_factory.mktemp("pages")
    runs = [
        RunDirectory(shutil.copytree(trained.path, folder / name)) for name in ("one", "other&<b>")
    ]
    for run in runs:
        write_labels(run, Labels(tags=("good",), note=HOSTILE))
        journal = run.journal_file.read_text()
        word = re.escape('"prediction":"') + '[^"]*'
        run.journal_file.write_text(
            re.sub(word, '"prediction":"<i>w</i> onload=x http://evil.example', journal)
        )
    write(FORMATS["html"], runs[:1], folder / "one.html")
    write(FORMATS["html"], runs, folder / "both.html", options=Options(diagnostics=False))
    return {name: (folder / f"{name}.html").read_text() for name in ("one", "both")}


@pytest.mark.parametrize("name", ["one", "both"])
def test_a_strict_parser_finds_no_fault(pages: dict[str, str], name: str) -> None:
    with warnings.catch_warnings(action="ignore"):
        tree = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(pages[name])
    found = [*tree.iter()]
    ids = Counter(element.get("id") for element in found if element.get("id"))
    assert max(ids.values()) == 1, ids.most_common(3)
    for element in found:
        for labels in (element.get("aria-labelledby") or "").split():
            assert labels in ids
        for name_of_attribute, value in element.attrib.items():
            references = re.findall(r"url\(#([^)]+)\)", str(value))
            if name_of_attribute == "href":
                references.append(str(value).removeprefix("#"))
            assert ids.keys() >= set(references)
    assert not [element for element in found if element.tag in ("script", "img", "i", "link")]


@pytest.mark.parametrize("name", ["one", "both"])
def test_nothing_of_the_page_lies_elsewhere(pages: dict[str, str], name: str) -> None:
    attributes = re.findall(r'\b(?:src|href|action|data|poster)="([^"]*)"', pages[name])
    assert all(value.startswith("#") for value in attributes)
    assert not re.search(r"@import|url\((?!#)", pages[name])


def test_the_page_tells_what_the_journal_tells(
    pages: dict[str, str], trained: RunDirectory
) -> None:
    history = History()
    history.add(read_whole(trained.journal_file))
    assert history.best
    gaussian = history.best.scores.gaussian
    for page in pages.values():
        assert f"{gaussian.score:.4f}" in page and f"{gaussian.ci95[0]:.4f}" in page
        assert f"epoch {history.best.epoch:.0f}" in page
        for section in ("Curves", "Scores", "Conversions", "Generations", "Alarms"):
            assert re.search(rf"<h[23][^>]*>{section}</h", page)
        assert "model.latent_size" in page
    assert "Likelihood, in nats per word" in pages["one"]
    assert "Settings that differ" in pages["both"]


def test_words_are_isolated_from_the_text_around_them(
    trained: RunDirectory, tmp_path: Path
) -> None:
    hebrew, hindi = "\u05d4\u05dc\u05da", ("\u0915\u0941\u0924\u093e", "\u0915\u0940")
    run = RunDirectory(shutil.copytree(trained.path, tmp_path / hebrew))
    journal = run.journal_file.read_text()
    for word, other in (("source", hindi[0]), ("prediction", hindi[1]), ("target", hebrew)):
        journal = re.sub(f'"{word}":"[^"]*"', f'"{word}":"{other}"', journal)
    run.journal_file.write_text(journal)
    (found,) = FORMATS["html"].read([run])
    content = FORMATS["html"].content
    assert content
    page = content([found], Options(diagnostics=False)).decode()
    assert f"<h1><bdi>{hebrew}</bdi></h1>" in page
    assert f'<th scope="row"><bdi>{hindi[0]}</bdi></th>' in page
    assert f"expected <bdi>{hebrew}</bdi>" in page
    assert f"<bdi><mark>{hindi[1]}</mark></bdi>" in page, "a vowel sign without its letter"


@pytest.mark.parametrize(
    ("name", "width", "scheme"),
    [("one", 1280, "light"), ("one", 360, "dark"), ("both", 800, "dark")],
)
def test_a_browser_shows_the_curves_and_asks_nobody(
    pages: dict[str, str], browser: Browser, tmp_path: Path, name: str, width: int, scheme: str
) -> None:
    file = tmp_path / "page.html"
    file.write_text(pages[name])
    page = browser.page(width, 800, scheme)
    page.goto(file.as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert browser.problems == []
    assert browser.requested == [file.as_uri()]
    assert page.evaluate("document.documentElement.scrollWidth") <= width, "wider than the window"
    drawn = page.locator("svg[role=img]")
    assert drawn.count() == len(PANELS)
    for number in range(drawn.count()):
        box = drawn.nth(number).bounding_box()
        assert box["width"] > 200 and box["height"] > 120
        assert browser.colours(drawn.nth(number).screenshot()) > 10
    names = [drawn.nth(n).locator("> title").text_content() for n in range(drawn.count())]
    assert names == [metric(panel).label for panel in PANELS]
