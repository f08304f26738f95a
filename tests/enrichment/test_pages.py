"""What is read of a page, and that no page takes long."""

from __future__ import annotations

import time

import pytest

from chalicelib.enrichment.pages import read
from chalicelib.open_web.client import MOST_BYTES

LONGEST = 2.0
"""CPU seconds for 64 KB of anything; a parser that looks back takes minutes for some of these."""


@pytest.mark.parametrize(
    ("html", "words", "links"),
    [
        ("plain words", ["plain words"], []),
        ("<p>Tom &amp; Ann</p><p>x</p>", ["Tom & Ann", "x"], []),
        ('<a class="b" href="/a?x=1&amp;y=2">here</a>', ["here"], ["/a?x=1&y=2"]),
        ("<A HREF='/b'>b</A><a\n href = /c>c</a>", ["b", "c"], ["/b", "/c"]),
        ("<a data-href='/no' href=''>x</a>", ["x"], []),
        ("a<script>var b = '<a href=\"/no\">'</script>c", ["a", "c"], []),
        ("a<STYLE>b</style >c<!-- <a href='/no'> -->d", ["a", "c", "d"], []),
        ("a<script>never ends <a href='/no'>", ["a"], []),
        ("a <b", ["a <b"], []),
        ("", [], []),
    ],
)
def test_words_and_links(html: str, words: list[str], links: list[str]) -> None:
    page = read(html)
    assert (page.words, page.links) == (words, links)


@pytest.mark.parametrize(
    "piece",
    ["<a ", "<!--", "<!", "<?", "</", "<a href='", "<script>", "<a b=\"'", "&", "<", "<![CDATA["],
)
def test_no_page_takes_long(piece: str) -> None:
    html = (piece * MOST_BYTES)[:MOST_BYTES]
    began = time.thread_time()
    read(html)
    read(f"<p>{html}>")
    assert time.thread_time() - began < LONGEST
