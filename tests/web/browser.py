"""A real browser for the page tests: Debian's Chromium, headless, and axe-core from npm for what an accessibility check
can see."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from support.waiting import program, wait_until

AXE_VERSION = "4.10.3"
# Off: all that would look for hosts of the browser's maker.
FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
         "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage"]


def axe_source() -> str:
    """axe-core, installed once into the build folder."""
    folder = Path(os.environ.get("OPTOUT_NPM", tempfile.gettempdir() + "/optout-npm"))
    script = folder / "node_modules/axe-core/axe.min.js"
    version = folder / f"axe-{AXE_VERSION}"
    if not version.exists():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run([program("npm", "npm"), "install", "--no-audit", "--no-fund", "--silent", "--prefix", str(folder),
                        f"axe-core@{AXE_VERSION}"], check=True, timeout=300)
        version.touch()
    return script.read_text()


class Browser:
    def __init__(self, shots: Path, language: str = "en", javascript: bool = True, width: int = 1280) -> None:
        options = Options()
        options.binary_location = program("chromium", "chromium")
        self._profile = tempfile.TemporaryDirectory(prefix="optout-chromium-")
        for flag in [*FLAGS, f"--user-data-dir={self._profile.name}", f"--lang={language}"]:
            options.add_argument(flag)
        preferences: dict[str, object] = {"intl.accept_languages": language}
        if not javascript:
            preferences["profile.managed_default_content_settings.javascript"] = 2
        options.add_experimental_option("prefs", preferences)
        self.driver = webdriver.Chrome(service=Service(program("chromedriver", "chromium-driver")), options=options)
        self._shots = shots
        shots.mkdir(parents=True, exist_ok=True)
        self.resize(width)

    def resize(self, width: int, height: int = 900) -> None:
        """Of the page itself; a window may not be as narrow."""
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                                    {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})

    def scheme(self, name: str) -> None:
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia",
                                    {"features": [{"name": "prefers-color-scheme", "value": name}]})

    def open(self, url: str) -> None:
        self.driver.get(url)

    def find(self, css: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, css)

    def all(self, css: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, css)

    def press(self, value: str) -> None:
        """The button of that value; waits for the page that it brings."""
        old = self.find("html")
        self.find(f'button[name="do"][value="{value}"]').click()
        self.wait_for_another_page(old)

    def press_back(self) -> None:
        """The link back to the preferences."""
        old = self.find("html")
        self.find("p.back a").click()
        self.wait_for_another_page(old)

    def wait_for_another_page(self, old: WebElement) -> None:
        def is_gone() -> bool:
            try:
                return self.find("html").id != old.id
            except Exception:  # noqa: BLE001 between two pages there is none
                return False

        wait_until(is_gone, "another page did not come")

    def heading(self) -> str:
        return self.find("h1").text

    def shot(self, name: str) -> None:
        self.driver.save_screenshot(str(self._shots / f"{name}.png"))

    def violations(self, axe: str) -> list[str]:
        """What axe-core finds, each with the element."""
        self.driver.execute_script(axe)
        found = self.driver.execute_async_script(
            "const done = arguments[arguments.length - 1];"
            "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice']})"
            ".then(r => done(r.violations));")
        return [f"{one['id']}: {node['target']}" for one in found for node in one["nodes"]]

    def overflow(self) -> int:
        """Pixels that the page is wider than its window."""
        return int(self.driver.execute_script(
            "return document.documentElement.scrollWidth - document.documentElement.clientWidth;"))

    def close(self) -> None:
        self.driver.quit()
        self._profile.cleanup()
