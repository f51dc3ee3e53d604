"""A headless Chromium on a pipe: the DevTools protocol with the standard library alone."""

import base64
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = [
    "--headless=new",
    "--no-sandbox",  # containers have none; the pages are our own
    "--no-first-run",
    "--disable-extensions",
    "--disable-background-networking",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--autoplay-policy=no-user-gesture-required",
    "--allow-file-access-from-files",
    "--remote-debugging-pipe",
]
# puts the pipes where Chromium looks for them: 3 to read, 4 to write
LAUNCH = """
import fcntl, os, sys
ends = [fcntl.fcntl(int(end), fcntl.F_DUPFD, 10) for end in sys.argv[1:3]]
for end, place in zip(ends, (3, 4)):
    os.dup2(end, place)
os.execv(sys.argv[3], sys.argv[3:])
"""


def find_chromium() -> str | None:
    chosen = os.environ.get("FLAMETALK_CHROMIUM")
    return chosen or next((found for name in PROGRAMS if (found := shutil.which(name))), None)


class Chromium:
    """`with Chromium() as browser: browser.open(page)`. Nothing in it waits without a limit."""

    def __init__(self, size: tuple[int, int] = (900, 700)) -> None:
        program = find_chromium()
        assert program is not None
        self.profile = tempfile.mkdtemp(prefix="flametalk-chromium-")
        to_browser, self.writing = os.pipe()
        self.reading, from_browser = os.pipe()
        flags = [
            *FLAGS,
            f"--user-data-dir={self.profile}",
            f"--window-size={size[0]},{size[1]}",
            "about:blank",
        ]
        pipes = [str(to_browser), str(from_browser)]
        self.process = subprocess.Popen(
            [sys.executable, "-c", LAUNCH, *pipes, program, *flags],
            pass_fds=(to_browser, from_browser),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(to_browser)
        os.close(from_browser)
        self.buffer, self.number, self.session = b"", 0, None
        try:
            target = self.send("Target.createTarget", url="about:blank")["targetId"]
            self.session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
            self.send("Page.enable")
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> "Chromium":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)
        os.close(self.writing)
        os.close(self.reading)
        shutil.rmtree(self.profile, ignore_errors=True)

    def send(self, method: str, limit: float = 30.0, **parameters: Any) -> dict[str, Any]:
        """One command, and its answer; events in between are dropped."""
        self.number += 1
        message: dict[str, Any] = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.writing, json.dumps(message).encode() + b"\0")
        end = time.monotonic() + limit
        while True:
            answer = self._next(end, method)
            if answer.get("id") == self.number:
                assert "error" not in answer, f"{method}: {answer['error']}"
                return answer["result"]

    def _next(self, end: float, method: str) -> dict[str, Any]:
        while b"\0" not in self.buffer:
            left = end - time.monotonic()
            ready = select.select([self.reading], [], [], max(left, 0))[0]
            assert ready, f"Chromium did not answer {method} in time"
            part = os.read(self.reading, 1 << 20)
            assert part, "Chromium has gone"
            self.buffer += part
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def run(self, script: str, limit: float = 30.0) -> Any:
        """The value of an expression; promises are waited for."""
        result = self.send(
            "Runtime.evaluate",
            limit,
            expression=script,
            awaitPromise=True,
            returnByValue=True,
            userGesture=True,
        )
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    def open(self, page: Path, ready: str, limit: float = 60.0) -> None:
        """Load a page, and wait until the expression `ready` is true in it."""
        self.send("Page.navigate", url=page.resolve().as_uri())
        end = time.monotonic() + limit
        while not self.run(f"Boolean({ready})"):
            assert time.monotonic() < end, f"{page} was not ready in {limit:g} s"
            time.sleep(0.1)

    def screenshot(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self.send("Page.captureScreenshot", 60.0, format="png")["data"]))
