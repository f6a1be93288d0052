# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures of parts of pages, from one element to another, whatever the machine's fonts."""

from __future__ import annotations

import io
import json
from pathlib import Path

from PIL import Image

from ansible_collections.postmaster.mail.tests.servers.browser import DARK, LIGHT, Browser

from .pictures import Picture

_COLOURS = 256  # a palette's maximum; with fewer, red and green become the same
_AROUND = 6  # pixels
_PLACE = """[%s, %s].map(one => { const place = one && document.querySelector(one).getBoundingClientRect();
  return place ? [place.top, place.bottom] : [0, 0]; })"""


def photograph(browser: Browser, text: str, picture: Picture, path: Path) -> None:
    browser.show(text, picture.width, DARK if picture.is_dark else LIGHT)
    first, last = browser.ask(_PLACE % (json.dumps(picture.first), json.dumps(picture.last)))
    top = max(0, first[0] - _AROUND)
    taken = browser.picture(0, top, picture.width, round(last[1] + _AROUND - top))
    with Image.open(io.BytesIO(taken)) as image:
        colours = image.convert("RGB").quantize(_COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        colours.save(path, optimize=True)
