"""The eyes of the tests see what they should, or they would prove nothing."""

from __future__ import annotations

import pytest

from tests.browser import look, picture

PAGE = """
<h1>Plain</h1>
<script>
  document.body.append("written by a script");
  console.error("a complaint");
  fetch("https://catcher.example/stolen").catch(() => console.log("refused"));
  setTimeout(() => { throw new Error("late fault"); }, 0);
  setTimeout(() => { document.body.dataset.ready = "yes"; }, 50);
</script>
"""


def test_scripts_have_run_and_every_complaint_is_heard() -> None:
    seen = look(PAGE, until="document.body.dataset.ready === 'yes'", script="1 + 1", width=390)
    assert (seen.text, seen.found) == ("Plain\nwritten by a script", 2)
    assert 'data-ready="yes"' in seen.dom
    assert "https://catcher.example/stolen" in seen.requests
    for complaint in ("a complaint", "late fault", "ERR_NAME_NOT_RESOLVED"):
        assert any(complaint in each for each in seen.errors)
    assert (picture(seen.png).width, picture(seen.png).is_drawn) == (390, True)


def test_a_blank_page_is_seen_as_one() -> None:
    assert not picture(look("<p></p>").png).is_drawn


def test_what_is_no_picture_is_refused() -> None:
    with pytest.raises(ValueError, match="no PNG"):
        picture(b"GIF89a")
