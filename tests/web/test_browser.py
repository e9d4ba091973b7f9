"""The pages in a real browser: what a person can do on them, by mouse, by keyboard, without JavaScript, on a narrow
screen, in each language; and axe-core over every state. Screenshots of each state are kept as test output."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver.common.keys import Keys

from browser import Browser, axe_source
from support.sink import Sink
from support.web_daemon import WebDaemon

ANN = "ann@example.com"
SHOTS = Path(os.environ.get("OPTOUT_SHOTS", tempfile.gettempdir() + "/optout-shots"))
LANGUAGES = {"en": "en", "pt-BR": "pt-BR", "es": "es", "de": "de", "fr": "fr"}
LISTS = ("newsletter", "product-news", "events")


@pytest.fixture(scope="module")
def axe() -> str:
    return axe_source()


@pytest.fixture
def browser() -> Iterator[Browser]:
    browser = Browser(SHOTS)
    yield browser
    browser.close()


@pytest.fixture
def site(start, sink: Sink) -> WebDaemon:  # type: ignore[no-untyped-def]
    def three_lists(settings: dict) -> None:
        settings["lists"].append({"name": "events", "title": "Invitations & events <soon>",
                                  "match": [{"sender": ["*@events.example.com"]}]})

    return start(three_lists, smtp=f"smtp://127.0.0.1:{sink.port}", organisation="Example Ltd")


def states(site: WebDaemon, address: str = ANN) -> list[str]:
    return [site.state(address, name) for name in LISTS]


def test_unsubscribe_undo_and_say_why(site: WebDaemon, browser: Browser) -> None:
    browser.open(site.url(site.link(ANN)))
    assert "Newsletter" in browser.heading()
    assert ANN in browser.find("main").text
    assert states(site) == ["not_listed"] * 3
    browser.shot("preferences")
    browser.press("stop")
    browser.shot("stopped")
    assert states(site) == ["opted_out", "not_listed", "not_listed"]
    browser.find('input[name="reason"][value="too_many"]').click()
    browser.find('textarea[name="text"]').send_keys("Every day, even in May.")
    browser.press("reason")
    browser.shot("thanks")
    listed = site.admin.must("list", "--list", "newsletter")
    assert "too_many" in listed and "Every day, even in May." in listed
    browser.press("undo")
    browser.shot("undone")
    assert states(site) == ["not_listed"] * 3


def test_choose_two_of_three(site: WebDaemon, browser: Browser) -> None:
    browser.open(site.url(site.link(ANN)))
    for name in ("product-news", "events"):
        browser.find(f'input[name="list"][value="{name}"]').click()
    browser.press("choose")
    browser.shot("chosen")
    assert states(site) == ["not_listed", "opted_out", "opted_out"]
    browser.press("undo")
    assert states(site) == ["not_listed"] * 3


def test_nothing_chosen_is_said(site: WebDaemon, browser: Browser) -> None:
    browser.open(site.url(site.link(ANN)))
    browser.press("choose")
    browser.shot("nothing-chosen")
    assert browser.find('[role="alert"]').is_displayed()
    assert states(site) == ["not_listed"] * 3


def test_pause(site: WebDaemon, browser: Browser) -> None:
    browser.open(site.url(site.link(ANN)))
    browser.press("pause-30")
    browser.shot("paused")
    assert states(site) == ["paused", "not_listed", "not_listed"]
    browser.press("undo")
    assert states(site) == ["not_listed"] * 3
    browser.press_back()
    browser.press("pause-90")
    browser.open(site.url(site.link(ANN)))
    browser.shot("preferences-paused")
    browser.press("stop")
    assert states(site)[0] == "opted_out"
    browser.press("undo")
    assert states(site)[0] == "paused"  # what was before


def test_stop_everything(site: WebDaemon, browser: Browser) -> None:
    browser.open(site.url(site.link(ANN)))
    browser.press("all")
    browser.shot("stopped-all")
    assert states(site) == ["opted_out"] * 3
    browser.open(site.url(site.link(ANN)))
    browser.shot("preferences-all-stopped")
    assert not browser.all('button[value="stop"]')


@pytest.mark.parametrize("language", LANGUAGES)
def test_speaks_the_browsers_language_and_switches(site: WebDaemon, language: str) -> None:
    browser = Browser(SHOTS, language)
    try:
        browser.open(site.url(site.link(ANN)))
        assert browser.find("html").get_attribute("lang") == LANGUAGES[language]
        browser.shot(f"language-{language}")
        first = browser.heading()
        other = "de" if language != "de" else "fr"
        old = browser.find("html")
        browser.find(f'a[hreflang="{other}"]').click()
        browser.wait_for_another_page(old)
        assert browser.find("html").get_attribute("lang") == other
        assert browser.heading() != first
        browser.press("stop")
        assert browser.find("html").get_attribute("lang") == other
        assert states(site)[0] == "opted_out"
    finally:
        browser.close()


def test_by_keyboard_alone(site: WebDaemon, browser: Browser) -> None:
    browser.open(site.url(site.link(ANN)))
    seen = []
    for _ in range(60):
        browser.driver.switch_to.active_element.send_keys(Keys.TAB)
        active = browser.driver.switch_to.active_element
        assert active.value_of_css_property("outline-style") != "none", active.get_attribute("outerHTML")
        seen.append(active.get_attribute("value") or active.tag_name)
        if active.get_attribute("value") == "stop":
            break
    assert seen[-1] == "stop", seen
    old = browser.find("html")
    browser.driver.switch_to.active_element.send_keys(Keys.ENTER)
    browser.wait_for_another_page(old)
    assert states(site)[0] == "opted_out"
    for _ in range(60):
        browser.driver.switch_to.active_element.send_keys(Keys.TAB)
        if browser.driver.switch_to.active_element.get_attribute("value") == "undo":
            break
    old = browser.find("html")
    browser.driver.switch_to.active_element.send_keys(Keys.SPACE)
    browser.wait_for_another_page(old)
    assert states(site)[0] == "not_listed"


def test_without_javascript(site: WebDaemon) -> None:
    browser = Browser(SHOTS, javascript=False)
    try:
        browser.open("data:text/html,<title>off</title><script>document.title='on'</script>")
        assert browser.driver.title == "off"
        browser.open(site.url(site.link(ANN)))
        browser.press("stop")
        browser.shot("without-javascript")
        assert states(site)[0] == "opted_out"
        browser.press("undo")
        assert states(site)[0] == "not_listed"
    finally:
        browser.close()


def test_every_state_is_accessible_narrow_wide_light_and_dark(site: WebDaemon, browser: Browser, axe: str) -> None:
    link = site.link(ANN)
    site.admin.must("add", "carl@example.com", "--list", "events")
    steps: list[tuple[str, str, list[str]]] = [
        ("preferences", link, []), ("nothing-chosen", link, ["choose"]), ("paused", link, ["pause-30"]),
        ("stopped", link, ["stop"]), ("undone", link, ["stop", "undo"]), ("stopped-all", link, ["all"]),
        ("all-stopped", link, []), ("long-address", site.link("a" * 60 + "@" + "very-long-name." * 5 + "example.com"), []),
        ("stopped-by-the-sender", site.link("carl@example.com", "events"), []),
        ("ask", "/?list=newsletter", []), ("not-found", "/u/nothing", []),
    ]
    for name, path, presses in steps:
        browser.resize(1280)
        browser.open(site.url(path))
        for value in presses:
            if browser.all(f'button[name="do"][value="{value}"]'):
                browser.press(value)
        for scheme in ("light", "dark"):
            browser.scheme(scheme)
            for width in (1280, 320):
                browser.resize(width)
                browser.shot(f"state-{name}-{scheme}-{width}")
                assert (name, width, browser.overflow()) == (name, width, 0)
                assert (name, scheme, width, browser.violations(axe)) == (name, scheme, width, [])


def test_the_form_for_an_address(site: WebDaemon, browser: Browser) -> None:
    browser.open(site.url("/"))
    field = browser.find('input[name="address"]')
    field.send_keys(ANN)
    old = browser.find("html")
    field.send_keys(Keys.ENTER)
    browser.wait_for_another_page(old)
    browser.shot("link-mailed")
    assert not browser.all('input[name="address"]')


def test_nothing_comes_from_elsewhere(site: WebDaemon, browser: Browser) -> None:
    browser.open(site.url(site.link(ANN)))
    hosts = browser.driver.execute_script(
        "return performance.getEntriesByType('resource').map(e => new URL(e.name).host);")
    assert set(hosts) == {f"127.0.0.1:{site.port}"}
    assert browser.driver.execute_script("return document.scripts.length;") == 0
    assert browser.driver.get_cookies() == []
