"""Drive a headless Chromium over a pipe: what a page logs, requests, prints and looks like at any width."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

PROGRAM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))),
    None,
)
ABSENT = "no Chromium is installed (Debian: chromium)"
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
    "--host-resolver-rules=MAP * ~NOTFOUND",
)
LOGGED = ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded")


class Tab:
    """One page of the browser. `events` keeps everything that it reply since the last `open`."""

    def __init__(self, to_browser: BinaryIO, from_browser: BinaryIO) -> None:
        self._out, self._in = to_browser, from_browser
        self._session: str | None = None
        self._count, self._rest = 0, b""
        self.events: list[dict[str, Any]] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Send one command of the DevTools protocol and return its result. Raises RuntimeError if it fails."""
        self._count += 1
        message = {"id": self._count, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        self._out.write(json.dumps(message).encode() + b"\0")
        self._out.flush()
        while (reply := self._next()).get("id") != self._count:
            self.events.append(reply)
        if "error" in reply:
            raise RuntimeError(f"{method}: {reply['error']['message']}")
        result: dict[str, Any] = reply["result"]
        return result

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            if not (chunk := os.read(self._in.fileno(), 1 << 16)):
                raise RuntimeError("the browser ended")
            self._rest += chunk
        text, _, self._rest = self._rest.partition(b"\0")
        reply: dict[str, Any] = json.loads(text)
        return reply

    def open(self, page: Path, *, width: int = 1400, dark: bool = False, script: bool = True) -> None:
        """Load a file and wait until it is drawn; `width` in CSS pixels."""
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False
        )
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        self.call("Emulation.setScriptExecutionDisabled", value=not script)
        self.events.clear()
        self.call("Page.navigate", url=page.resolve().as_uri())
        while not any(e.get("method") == "Page.loadEventFired" for e in self.events):
            self.events.append(self._next())

    def ask(self, expression: str) -> Any:
        """The value of a JavaScript expression in the page."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"]["exception"]["description"])
        return answer["result"].get("value")

    @property
    def messages(self) -> list[str]:
        """Errors, warnings and whatever else the console got."""
        return [json.dumps(e["params"]) for e in self.events if e.get("method") in LOGGED]

    @property
    def requests(self) -> list[str]:
        """Addresses that the page requested, itself first; data URLs are left out."""
        requests = [
            e["params"]["request"] for e in self.events if e.get("method") == "Network.requestWillBeSent"
        ]
        return [request["url"] for request in requests if not request["url"].startswith("data:")]

    def picture(self, *, height: int | None = None, top: int = 0) -> bytes:
        """A PNG of the whole page, or of `height` pixels from `top`."""
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {
            "x": 0,
            "y": top,
            "width": size["width"],
            "height": height or size["height"] - top,
            "scale": 1,
        }
        shot = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
        return base64.b64decode(shot["data"])

    def printed(self) -> bytes:
        """The page as the printer gets it: a PDF."""
        return base64.b64decode(self.call("Page.printToPDF", printBackground=False)["data"])


@contextmanager
def tab(profile: Path) -> Iterator[Tab]:
    """A browser of its own with an empty profile and no network."""
    if PROGRAM is None:
        raise FileNotFoundError(ABSENT)
    to_read, to_write = os.pipe()
    from_read, from_write = os.pipe()
    command = [PROGRAM, *FLAGS, f"--user-data-dir={profile}"]
    there = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in (to_read, from_write)]
    kept = [(os.POSIX_SPAWN_DUP2, end, place) for place, end in zip((3, 4), there, strict=True)]
    quiet = [(os.POSIX_SPAWN_OPEN, end, os.devnull, os.O_WRONLY, 0) for end in (1, 2)]
    browser = os.posix_spawn(PROGRAM, command, os.environ, file_actions=[*kept, *quiet])
    for end in (to_read, from_write, *there):
        os.close(end)
    try:
        with os.fdopen(to_write, "wb") as to_browser, os.fdopen(from_read, "rb") as from_browser:
            opened = Tab(to_browser, from_browser)
            yield opened
            opened.call("Browser.close")
    finally:
        os.kill(browser, signal.SIGTERM)
        os.waitpid(browser, 0)
