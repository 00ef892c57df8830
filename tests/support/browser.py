"""A headless Chromium that takes note of whatever goes wrong in it."""

import base64
import shutil
from typing import Any
from urllib.parse import urlsplit

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
COLOURS = """async source => {
  const image = new Image();
  image.src = source;
  await image.decode();
  const canvas = new OffscreenCanvas(image.width, image.height);
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  const pixels = new Uint32Array(
    context.getImageData(0, 0, image.width, image.height).data.buffer);
  return new Set(pixels).size;
}"""


class Browser:
    """Pages of one browser, their problems, and what they asked for."""

    def __init__(self, chromium: Any) -> None:
        self._browser = chromium.launch(
            executable_path=shutil.which("chromium"), args=[*ARGUMENTS], headless=True
        )
        self.problems: list[str] = []
        self.requested: list[str] = []

    def page(self, width: int, height: int, scheme: str = "light") -> Any:
        page = self._browser.new_page(
            viewport={"width": width, "height": height}, color_scheme=scheme
        )
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("console", self._note)
        page.on("request", lambda request: self.requested.append(request.url))
        page.on("requestfailed", lambda request: self.problems.append(request.url))
        return page

    def colours(self, picture: bytes) -> int:
        """How many colours a picture has."""
        page = self._browser.new_page()
        source = "data:image/png;base64," + base64.b64encode(picture).decode()
        found: int = page.evaluate(COLOURS, source)
        page.close()
        return found

    def outside(self, address: str) -> list[str]:
        """What was asked of anyone but the host of an address."""
        here = urlsplit(address).netloc
        others = (url for url in self.requested if not url.startswith("data:"))
        return [url for url in others if urlsplit(url).netloc != here]

    def close(self) -> None:
        self._browser.close()

    def _note(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.problems.append(message.text)
