"""What stands on a page of the console."""

import re
from html import unescape

HEADING = re.compile(r"<h1[^>]*>(.*?)</h1>", re.S)


def heading(response):
    """The text of the first heading of a page."""
    return unescape(HEADING.search(response.text)[1]).strip()
