"""The frame of a page: nothing is loaded, and no other script runs."""

from __future__ import annotations

import base64
import hashlib
import re

from corelate.report.html import paragraph
from corelate.report.page import Section, render_page


def test_the_page_s_own_script_is_the_only_one_that_may_run():
    page = render_page("T", "", [])
    scripts = re.findall(r"<script>(.*?)</script>", page, flags=re.DOTALL)
    assert len(scripts) == 1
    digest = base64.b64encode(hashlib.sha256(scripts[0].encode()).digest()).decode()
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    assert policy is not None
    assert f"script-src &#x27;sha256-{digest}&#x27;" in policy[1]
    assert "default-src &#x27;none&#x27;" in policy[1]


def test_a_page_names_no_address():
    assert not re.search(r"https?://|//[a-z]+\.", render_page("T", "", []))


def test_sections_have_anchors_headings_and_links():
    page = render_page("<T>", paragraph("<hello>"), [Section("one", "First & last", "<p>x</p>")])
    assert "<title>&lt;T&gt;</title>" in page
    assert "<p>&lt;hello&gt;</p>" in page
    assert '<a href="#one">First &amp; last</a>' in page
    assert (
        '<section id="one" aria-labelledby="one-title"><h2 id="one-title" tabindex="-1">First &amp; last</h2>' in page
    )
