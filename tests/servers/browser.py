# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Headless Chromium, started once for many pages, driven over two pipes (chromedevtools.github.io)."""

from __future__ import annotations

import base64
import json
import os
import select
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ansible_collections.postmaster.mail.tests.support.absent import absent
from ansible_collections.postmaster.mail.tests.support.rounds import PATIENCE

from .process import NotInstalled, program

DARK, LIGHT = "dark", "light"
# It reads commands from 3 and writes answers to 4.
_START = 'exec "$@" 3<&"$COMMANDS" 4>&"$ANSWERS"'


@contextmanager
def running_browser() -> Iterator[Browser]:
    """Without Chromium the test is skipped, or fails with POSTMASTER_REQUIRE_SERVERS=1."""
    try:
        running = Browser().__enter__()
    except NotInstalled as error:
        absent(str(error))
    try:
        yield running
    finally:
        running.__exit__()


class Browser:
    """One page at a time. A page's content security policy does not affect what is evaluated from here."""

    def __enter__(self) -> Browser:
        command = [program("chromium", "chromium"), "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
        self._folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        theirs_to_read, self._commands = os.pipe()
        self._answers, theirs_to_write = os.pipe()
        self._read, self._number = b"", 0
        command += ["--no-first-run", "--remote-debugging-pipe", f"--user-data-dir={self._folder.name}/profile"]
        self._process = subprocess.Popen(
            ["bash", "-c", _START, "bash", *command, "about:blank"],
            pass_fds=[theirs_to_read, theirs_to_write],
            env={**os.environ, "COMMANDS": str(theirs_to_read), "ANSWERS": str(theirs_to_write)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(theirs_to_read)
        os.close(theirs_to_write)
        self._session = ""
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self._call("Page.enable")
        return self

    def __exit__(self, *dummy: object) -> None:
        os.close(self._commands)  # this ends the browser
        os.close(self._answers)
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._folder.cleanup()

    def show(self, text: str, width: int = 1000, scheme: str = LIGHT, media: str = "") -> None:
        """Load a page. ``media``: as in CSS, such as print."""
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        self._call("Emulation.setDeviceMetricsOverride", **size)
        self.change(scheme, media)
        path = Path(self._folder.name, "page.html")
        path.write_text(text, "utf-8")
        self._call("Page.navigate", url=f"file://{path}")
        self._wait("Page.loadEventFired")

    def change(self, scheme: str, media: str = "") -> None:
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self._call("Emulation.setEmulatedMedia", media=media, features=features)

    def ask(self, expression: str) -> Any:
        """The value of a JavaScript expression in the page; promises are awaited."""
        told = self._call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in told, told["exceptionDetails"]
        return told["result"].get("value")

    def press(self, key: str) -> None:
        """Press a named key: Tab or Enter."""
        text = {"text": "\r"} if key == "Enter" else {}
        code = {"Tab": 9, "Enter": 13}[key]
        self._call("Input.dispatchKeyEvent", type="keyDown", key=key, code=key, windowsVirtualKeyCode=code, **text)
        self._call("Input.dispatchKeyEvent", type="keyUp", key=key, code=key, windowsVirtualKeyCode=code)

    def paper(self) -> bytes:
        """The page as PDF."""
        return base64.b64decode(self._call("Page.printToPDF", displayHeaderFooter=False)["data"])

    def picture(self, left: float, top: float, width: float, height: float) -> bytes:
        """A part of the page as PNG, in pixels."""
        clip = {"x": left, "y": top, "width": width, "height": height, "scale": 1}
        return base64.b64decode(self._call("Page.captureScreenshot", clip=clip, captureBeyondViewport=True)["data"])

    def _call(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        session = {"sessionId": self._session} if self._session else {}
        message = json.dumps({"id": self._number, "method": method, "params": parameters, **session})
        left = message.encode() + b"\0"
        while left:
            left = left[os.write(self._commands, left) :]
        while True:
            told = self._next()
            if told.get("id") == self._number:
                assert "error" not in told, (method, told["error"])
                result: dict[str, Any] = told["result"]
                return result

    def _wait(self, event: str) -> None:
        while self._next().get("method") != event:
            pass

    def _next(self) -> dict[str, Any]:
        until = time.monotonic() + PATIENCE
        while b"\0" not in self._read:
            ready = select.select([self._answers], [], [], max(0, until - time.monotonic()))[0]
            more = os.read(self._answers, 1 << 20) if ready else b""
            assert more, "the browser has ended" if ready else f"the browser said nothing for {PATIENCE} s"
            self._read += more
        first, dummy, self._read = self._read.partition(b"\0")
        told: dict[str, Any] = json.loads(first)
        return told
