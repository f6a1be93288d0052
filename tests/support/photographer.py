# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pages in headless Chromium."""

from __future__ import annotations

import subprocess
from pathlib import Path

from PIL import Image

from .pictures import Picture

DARK, LIGHT = "0", "1"
_COLOURS = 256  # as many as a palette can have; of fewer, red and green come out alike


def chromium(*arguments: str) -> str:
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=180, check=True).stdout


def photograph(text: str, picture: Picture, path: Path, folder: Path) -> None:
    """No window is as narrow as a telephone, but a frame in a page is."""
    (folder / "page.html").write_text(text, "utf-8")
    bottom = picture.top + picture.height
    size = f'width="{picture.width}" height="{bottom}"'
    frame = f'<!DOCTYPE html><style>body{{margin:0}}iframe{{border:0}}</style><iframe src="page.html" {size}></iframe>'
    (folder / "frame.html").write_text(frame, "utf-8")
    chromium(
        f"--screenshot={folder / 'picture.png'}",
        f"--window-size={max(picture.width, 600)},{bottom + 200}",
        "--hide-scrollbars",
        f"--blink-settings=preferredColorScheme={DARK if picture.is_dark else LIGHT}",
        f"file://{folder}/frame.html",
    )
    with Image.open(folder / "picture.png") as taken:
        cut = taken.convert("RGB").crop((0, picture.top, picture.width, bottom))
        cut.quantize(_COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(path, optimize=True)
