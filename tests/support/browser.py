"""A headless Chromium, driven by JSON through its DevTools pipe."""

import json
import os
import select
import shutil
import subprocess
import time
from base64 import b64decode
from pathlib import Path

PROGRAM = shutil.which("chromium")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--remote-debugging-pipe",
]
KEYS = {"Tab": 9, "Enter": 13, "Escape": 27, " ": 32, "ArrowLeft": 37, "ArrowRight": 39}
PATIENCE = 60  # seconds for an answer: a loaded machine is slow, a hung one is noticed


class Browser:
    """One page. `events` has what happened on it: requests, console messages, exceptions."""

    def __init__(self, folder: Path):
        theirs_in, self.into = os.pipe()
        self.out, theirs_out = os.pipe()

        def as_three_and_four():  # where Chromium reads and writes
            (
                os.dup2(theirs_in, 13),
                os.dup2(theirs_out, 14),
            )  # moved first, as the numbers may overlap
            os.dup2(13, 3), os.dup2(14, 4)

        self.process = subprocess.Popen(
            [PROGRAM, *FLAGS, f"--user-data-dir={folder}"],
            preexec_fn=as_three_and_four,
            pass_fds=(3, 4),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(theirs_in), os.close(theirs_out)
        self.events, self.number, self.rest, self.session = [], 0, b"", None
        target = self("Target.createTarget", url="about:blank")["targetId"]
        self.session = self("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self(f"{domain}.enable")

    def __call__(self, method: str, **parameters) -> dict:
        self.number += 1
        asked = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            asked["sessionId"] = self.session
        os.write(self.into, json.dumps(asked).encode() + b"\0")
        while (answer := self.read()).get("id") != self.number:
            self.events.append(answer)
        assert "error" not in answer, answer["error"]
        return answer["result"]

    def read(self) -> dict:
        while b"\0" not in self.rest:
            assert select.select([self.out], [], [], PATIENCE)[0], "Chromium says nothing"
            part = os.read(self.out, 1 << 20)
            assert part, "Chromium ended"
            self.rest += part
        message, self.rest = self.rest.split(b"\0", 1)
        return json.loads(message)

    def open(self, url: str, wide: int = 1280, tall: int = 900, dark: bool = False) -> None:
        """Reload `url` from a blank page, and wait until it is complete."""
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self(
            "Emulation.setDeviceMetricsOverride",
            width=wide,
            height=tall,
            deviceScaleFactor=1,
            mobile=False,
        )
        self("Emulation.setEmulatedMedia", features=[scheme])
        self("Page.navigate", url="about:blank")  # otherwise a change after # would not load a page
        self("Page.navigate", url=url)
        self.run(
            "new Promise(done => document.readyState == 'complete' ? done() : addEventListener('load', done))"
        )

    def reload(self) -> None:
        """Reload the page as its button does, and wait until it is complete."""
        before = len(self.events)
        self("Page.reload")
        while not any(one["method"] == "Page.loadEventFired" for one in self.events[before:]):
            self.events.append(self.read())

    def run(self, script: str):
        """Evaluate `script` and return its value, for a promise the resolved one."""
        answer = self("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def until(self, script: str, expected) -> None:
        """Wait until `script` returns `expected`, as effects of keys and clicks take time."""
        give_up = time.monotonic() + PATIENCE
        while (found := self.run(script)) != expected:
            assert time.monotonic() < give_up, f"{script}: expected {expected}, got {found}"
            self.run("new Promise(done => setTimeout(done, 20))")

    def press(self, key: str) -> None:
        text = {"text": "\r"} if key == "Enter" else {}
        for kind in ("keyDown", "keyUp"):
            self(
                "Input.dispatchKeyEvent",
                type=kind,
                key=key,
                code=key,
                windowsVirtualKeyCode=KEYS[key],
                **(text if kind == "keyDown" else {}),
            )

    def point(self, x: float, y: float, kind: str = "mouseMoved", **pressed) -> None:
        self("Input.dispatchMouseEvent", type=kind, x=x, y=y, **pressed)

    def click(self, element: str) -> None:
        """Scroll the element that the script `element` returns into view, and click its middle."""
        x, y = self.run(f"""(() => {{ const one = {element};
            one.scrollIntoView({{block: 'center'}});
            const at = one.getBoundingClientRect();
            return [at.x + at.width / 2, at.y + at.height / 2]; }})()""")
        self.drag((x, y), (x, y))

    def drag(self, start: tuple[float, float], end: tuple[float, float], clicks: int = 1) -> None:
        """Press the left button at `start`, and release it at `end` (CSS pixels), `clicks` times."""
        self.point(*start)
        for click in range(1, clicks + 1):
            self.point(*start, "mousePressed", button="left", clickCount=click)
            self.point(*end, button="left", buttons=1)
            self.point(*end, "mouseReleased", button="left", clickCount=click)

    def saved(self, script: str, folder: Path) -> Path:
        """Run `script`, which saves a file, and return the file, complete."""
        self("Page.setDownloadBehavior", behavior="allow", downloadPath=str(folder))
        before = set(folder.iterdir())
        self.run(script)
        give_up = time.monotonic() + PATIENCE
        while not (
            new := [p for p in set(folder.iterdir()) - before if "crdownload" not in p.name]
        ):
            assert time.monotonic() < give_up, "no file was saved"
            time.sleep(0.02)
        return new[0]

    def picture(self, path: Path) -> None:
        path.write_bytes(b64decode(self("Page.captureScreenshot", format="png")["data"]))

    def close(self) -> None:
        os.close(self.into), os.close(self.out)
        self.process.kill()
        self.process.wait()
