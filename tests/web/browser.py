"""A real browser for the page tests: Debian's Chromium, headless, and axe-core from npm for what an accessibility check
can see."""

from __future__ import annotations

import base64
import os
import subprocess
import tempfile
from pathlib import Path

from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

from support.waiting import patience, program, wait_until

AXE_VERSION = "4.10.3"
AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDE, NARROW = 1280, 320
SECONDS = 60.0  # for a page: other processes may have the machine
# Nothing leaves the machine: neither a page's requests nor what the browser asks of its maker.
FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
         "--hide-scrollbars", "--disable-sync", "--disable-background-networking", "--disable-component-update",
         "--no-proxy-server", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]


def axe_source() -> str:
    """axe-core, installed once into the build folder."""
    folder = Path(os.environ.get("OPTOUT_NPM", tempfile.gettempdir() + "/optout-npm"))
    script = folder / "node_modules/axe-core/axe.min.js"
    version = folder / f"axe-{AXE_VERSION}"
    if not version.exists():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run([program("npm", "npm"), "install", "--no-audit", "--no-fund", "--ignore-scripts", "--silent",
                        "--prefix", str(folder), f"axe-core@{AXE_VERSION}"], check=True, timeout=300 * patience())
        version.touch()
    return script.read_text()


class Browser:
    """One process for many cases: reset() makes it a new one's equal."""

    def __init__(self, shots: Path) -> None:
        options = Options()
        options.binary_location = program("chromium", "chromium")
        options.ignore_local_proxy_environment_variables()
        self._profile = tempfile.TemporaryDirectory(prefix="optout-chromium-", ignore_cleanup_errors=True)
        for flag in [*FLAGS, f"--user-data-dir={self._profile.name}"]:
            options.add_argument(flag)
        self.driver = webdriver.Chrome(service=Service(program("chromedriver", "chromium-driver")), options=options)
        self.driver.set_page_load_timeout(SECONDS * patience())
        self.driver.set_script_timeout(SECONDS * patience())
        self._agent = self.driver.execute_script("return navigator.userAgent;")
        self._shots = shots
        shots.mkdir(parents=True, exist_ok=True)

    def reset(self) -> None:
        self.scripts("on")
        self.open("about:blank")
        self.driver.execute_cdp_cmd("Network.clearBrowserCookies", {})
        self.driver.execute_cdp_cmd("Network.clearBrowserCache", {})
        self.resize(WIDE)
        self.scheme("light")
        self.language("en")

    def resize(self, width: int, height: int = 900) -> None:
        """Of the page itself; a window may not be as narrow."""
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                                    {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})

    def scheme(self, name: str) -> None:
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia",
                                    {"features": [{"name": "prefers-color-scheme", "value": name}]})

    def language(self, code: str) -> None:
        """What the browser asks for from now on."""
        self.driver.execute_cdp_cmd("Emulation.setUserAgentOverride",
                                    {"userAgent": self._agent, "acceptLanguage": code})

    def scripts(self, switch: str) -> None:
        """"on" or "off": those of pages; the driver's own still run."""
        self.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": switch == "off"})

    def open(self, url: str) -> None:
        self.driver.get(url)

    def script(self, text: str) -> object:
        return self.driver.execute_script(text)

    def wait_for_load(self) -> None:
        wait_until(lambda: self.script("return document.readyState;") == "complete", "the page is not complete",
                   SECONDS)

    def find(self, css: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, css)

    def all(self, css: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, css)

    def click(self, css: str) -> None:
        """What brings another page."""
        old = self.find("html")
        self.find(css).click()
        self._wait_for_another_page(old)

    def press(self, value: str) -> None:
        """The button of that value."""
        self.click(f'button[name="do"][value="{value}"]')

    def press_back(self) -> None:
        """The link back to the preferences."""
        self.click("p.back a")

    def keys(self, *keys: str) -> None:
        """To whatever has the focus."""
        ActionChains(self.driver).send_keys(*keys).perform()

    def submit_by(self, key: str) -> None:
        """A key that brings another page."""
        old = self.find("html")
        self.keys(key)
        self._wait_for_another_page(old)

    def focused(self) -> WebElement:
        return self.driver.switch_to.active_element

    def tab_to(self, css: str) -> None:
        """By the Tab key alone; the focus must be seen wherever it is."""
        passed: list[str] = []
        for _ in range(60):
            self.keys(Keys.TAB)
            here = self.focused()
            if here.tag_name == "body":  # behind the last one
                break
            passed.append(here.get_attribute("outerHTML")[:100])
            assert here.value_of_css_property("outline-style") != "none", f"no outline: {passed[-1]}"
            if here in self.all(css):
                return
        raise AssertionError(f"the Tab key does not reach {css}, but: {passed}")

    def _wait_for_another_page(self, old: WebElement) -> None:
        def is_gone() -> bool:
            try:
                return self.find("html") != old
            except WebDriverException:  # between two pages there is none
                return False

        wait_until(is_gone, "another page did not come", SECONDS)
        self.wait_for_load()

    def heading(self) -> str:
        return self.find("h1").text

    def shot(self, name: str) -> None:
        """The whole page, however long."""
        size = self.driver.execute_cdp_cmd("Page.getLayoutMetrics", {})["cssContentSize"]
        taken = self.driver.execute_cdp_cmd("Page.captureScreenshot",
                                            {"captureBeyondViewport": True, "clip": {**size, "scale": 1}})
        (self._shots / f"{name}.png").write_bytes(base64.b64decode(taken["data"]))

    def violations(self, axe: str) -> list[str]:
        """What axe-core finds, each with the element."""
        if not self.script("return 'axe' in window;"):
            self.script(axe)
        found = self.driver.execute_async_script(
            "const [rules, done] = arguments;"
            "axe.run(document, {runOnly: rules, resultTypes: ['violations']})"
            ".then(r => done(r.violations), e => done([{id: String(e), nodes: [{target: []}]}]));", AXE_RULES)
        return [f"{one['id']}: {node['target']}" for one in found for node in one["nodes"]]

    def overflow(self) -> int:
        """Pixels that the page is wider than its window."""
        return int(self.driver.execute_script(
            "return document.documentElement.scrollWidth - document.documentElement.clientWidth;"))

    def close(self) -> None:
        self.driver.quit()
        self._profile.cleanup()
