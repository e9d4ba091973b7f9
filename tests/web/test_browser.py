"""The pages in a real browser: what a person can do on them, by mouse, by keyboard, without JavaScript, on a narrow
screen, in each language; and axe-core over every state. Screenshots of each state are kept as test output."""

from __future__ import annotations

import email
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from selenium.webdriver.common.keys import Keys

from browser import NARROW, WIDE, Browser, axe_source
from support.sink import Sink
from support.waiting import wait_until
from support.web_daemon import WebDaemon

ANN = "ann@example.com"
LONG = "a" * 60 + "@" + "very-long-name." * 5 + "example.com"
SHOTS = Path(os.environ.get("OPTOUT_SHOTS", tempfile.gettempdir() + "/optout-shots"))
LANGUAGES = ["en", "pt-BR", "es", "de", "fr"]
LISTS = ("newsletter", "product-news", "events")
NOTHING = ["not_listed"] * 3

# How a person gets there: the page to open, and the buttons to press one after the other.
STATES: dict[str, tuple[Callable[[WebDaemon], str], list[str]]] = {
    "preferences": (lambda site: site.link(ANN), []),
    "preferences-paused": (lambda site: site.link(ANN), ["pause-30", "back"]),
    "preferences-stopped": (lambda site: site.link(ANN), ["stop", "back"]),
    "preferences-all-stopped": (lambda site: site.link(ANN), ["all", "back"]),
    "preferences-fixed": (lambda site: site.link("carl@example.com", "events"), []),
    "preferences-long-address": (lambda site: site.link(LONG), []),
    "nothing-chosen": (lambda site: site.link(ANN), ["choose"]),
    "paused": (lambda site: site.link(ANN), ["pause-30"]),
    "stopped": (lambda site: site.link(ANN), ["stop"]),
    "stopped-all": (lambda site: site.link(ANN), ["all"]),
    "thanks": (lambda site: site.link(ANN), ["stop", "reason"]),
    "undone": (lambda site: site.link(ANN), ["stop", "undo"]),
    "mail-sent": (lambda site: site.link(ANN), ["stop", "back", "mail"]),
    "ask": (lambda site: "/?list=newsletter", []),
    "not-found": (lambda site: "/u/nothing", []),
}


@pytest.fixture(scope="module")
def axe() -> str:
    return axe_source()


@pytest.fixture(scope="module")
def process() -> Iterator[Browser]:
    browser = Browser(SHOTS)
    yield browser
    browser.close()


@pytest.fixture
def browser(process: Browser) -> Browser:
    process.reset()
    return process


@pytest.fixture
def site(start: Callable[..., WebDaemon], sink: Sink) -> WebDaemon:
    def three_lists(settings: dict) -> None:
        settings["lists"].append({"name": "events", "title": "Invitations & events <soon>",
                                  "match": [{"sender": ["*@events.example.com"]}]})

    return start(three_lists, smtp=f"smtp://127.0.0.1:{sink.port}", organisation="Example Ltd")


def states(site: WebDaemon, address: str = ANN) -> list[str]:
    return [site.state(address, name) for name in LISTS]


def look(browser: Browser, axe: str, name: str, schemes: tuple[str, ...] = ("light", "dark")) -> None:
    """At the page as it stands: wide and narrow, light and dark."""
    for scheme in schemes:
        browser.scheme(scheme)
        for width in (WIDE, NARROW):
            browser.resize(width)
            browser.shot(f"{name}-{scheme}-{width}")
            assert browser.overflow() == 0, f"{name} is wider than {width}"
            found = browser.violations(axe)
            assert not found, f"{name}, {scheme}, {width}: " + "\n".join(found)


def test_opening_the_page_changes_nothing(site: WebDaemon, browser: Browser) -> None:
    browser.open("data:text/html,<title>off</title><script>document.title='on'</script>")
    assert browser.driver.title == "on"
    browser.open(site.url(site.link(ANN)))
    browser.wait_for_load()
    assert "Newsletter" in browser.heading()
    assert ANN in browser.find("main").text
    assert states(site) == NOTHING
    asked = [line.pairs() for line in site.log() if line.pairs().get("event") == "request"]
    assert asked and {one["method"] for one in asked} == {"GET"}


def test_unsubscribe_undo_and_say_why(site: WebDaemon, browser: Browser) -> None:
    browser.open(site.url(site.link(ANN)))
    browser.press("stop")
    browser.shot("unsubscribe-stopped")
    assert states(site) == ["opted_out", "not_listed", "not_listed"]
    browser.find('input[name="reason"][value="too_many"]').click()
    browser.find('textarea[name="text"]').send_keys("Every day, even in May.")
    browser.shot("unsubscribe-why")
    browser.press("reason")
    browser.shot("unsubscribe-thanks")
    listed = site.admin.must("list", "--list", "newsletter")
    assert "too_many" in listed and "Every day, even in May." in listed
    browser.press("undo")
    browser.shot("unsubscribe-undone")
    assert states(site) == NOTHING


def test_what_is_said_is_said_of_that_list_alone(site: WebDaemon, browser: Browser) -> None:
    browser.open(site.url(site.link(ANN)))
    assert site.one_click(site.link(ANN)).status == 200  # the mail client's button, while the page was open
    browser.press("stop")
    assert browser.heading() == "Newsletter was stopped already"
    browser.open(site.url(site.link("bob@example.com")))
    browser.press("stop")
    assert browser.heading() == "You no longer get Newsletter"
    browser.press("reason")  # none was given
    assert browser.heading() == "You no longer get Newsletter"


def test_choose_two_of_three(site: WebDaemon, browser: Browser) -> None:
    browser.open(site.url(site.link(ANN)))
    for name in ("product-news", "events"):
        browser.find(f'input[name="list"][value="{name}"]').click()
    browser.shot("choose-two")
    browser.press("choose")
    browser.shot("choose-two-stopped")
    assert "Invitations & events <soon>" in browser.find("main").text
    assert states(site) == ["not_listed", "opted_out", "opted_out"]
    browser.press("undo")
    assert states(site) == NOTHING


def test_nothing_chosen_is_said(site: WebDaemon, browser: Browser) -> None:
    browser.open(site.url(site.link(ANN)))
    browser.press("choose")
    alert = browser.find('[role="alert"]')
    assert alert.is_displayed()
    assert browser.focused() == alert
    browser.tab_to('[role="alert"] a')
    browser.keys(Keys.ENTER)
    wait_until(lambda: browser.focused().get_attribute("id") == "others", "the link does not lead to the lists")
    browser.keys(Keys.TAB)
    assert browser.focused() == browser.find('input[name="list"]')
    assert states(site) == NOTHING


def test_pause(site: WebDaemon, browser: Browser) -> None:
    browser.open(site.url(site.link(ANN)))
    browser.press("pause-30")
    browser.shot("pause-paused")
    assert states(site) == ["paused", "not_listed", "not_listed"]
    browser.press("undo")
    assert states(site) == NOTHING
    browser.press_back()
    browser.press("pause-90")
    assert states(site) == ["paused", "not_listed", "not_listed"]
    browser.press_back()
    assert browser.all('button[value="stop"]')
    assert not browser.all('button[value^="pause"]')  # is paused already
    browser.press("stop")
    assert states(site) == ["opted_out", "not_listed", "not_listed"]
    browser.press("undo")
    assert states(site) == ["paused", "not_listed", "not_listed"]  # what was before


def test_stop_everything(site: WebDaemon, browser: Browser) -> None:
    browser.open(site.url(site.link(ANN)))
    browser.press("all")
    assert states(site) == ["opted_out"] * 3
    browser.press_back()
    assert not browser.all('button[value="stop"], button[value="choose"], button[value="all"], input[name="list"]')


def test_get_a_list_again_by_a_mailed_link(site: WebDaemon, sink: Sink, browser: Browser) -> None:
    browser.open(site.url(site.link(ANN)))
    browser.press("stop")
    browser.press_back()
    browser.press("mail")
    wait_until(lambda: bool(sink.messages()), "no mail with a link arrived")
    mail = email.message_from_bytes(sink.messages()[0].data)
    assert mail["Subject"] == "Your link to stop or change Newsletter"
    text = mail.get_payload(decode=True).decode("utf-8")
    match = re.search(r"https://lists\.example\.com(/u/[a-z2-7.]+)", text)
    assert match is not None, text
    browser.open(site.url(match[1]))
    browser.press("join")
    assert browser.find('[role="alert"] a').get_attribute("hash") == "#again"
    browser.shot("again-choose")
    assert states(site) == ["opted_out", "not_listed", "not_listed"]
    browser.find('#again input[value="newsletter"]').click()
    browser.press("join")
    browser.shot("again-joined")
    assert states(site) == NOTHING


@pytest.mark.parametrize("language", LANGUAGES)
def test_speaks_the_browsers_language_and_switches(site: WebDaemon, browser: Browser, axe: str, language: str) -> None:
    browser.language(language)
    browser.open(site.url(site.link(ANN)))
    assert browser.find("html").get_attribute("lang") == language
    first = browser.heading()
    look(browser, axe, f"language-{language}", ("light",))
    other = "de" if language != "de" else "fr"
    browser.click(f'a[hreflang="{other}"]')
    assert browser.find("html").get_attribute("lang") == other
    assert browser.heading() != first
    browser.press("stop")
    assert browser.find("html").get_attribute("lang") == other
    assert states(site)[0] == "opted_out"


def test_by_keyboard_alone(site: WebDaemon, browser: Browser) -> None:
    browser.open(site.url(site.link(ANN)))
    browser.tab_to('button[value="stop"]')
    browser.shot("keyboard-stop")
    browser.submit_by(Keys.ENTER)
    assert states(site) == ["opted_out", "not_listed", "not_listed"]
    browser.tab_to('input[name="reason"]')
    browser.keys(Keys.SPACE, Keys.ARROW_DOWN)
    browser.tab_to("textarea")
    browser.keys("Not for me.")
    browser.tab_to('button[value="reason"]')
    browser.submit_by(Keys.SPACE)
    listed = site.admin.must("list", "--list", "newsletter")
    assert "not_relevant" in listed and "Not for me." in listed
    browser.tab_to('button[value="undo"]')
    browser.submit_by(Keys.SPACE)
    assert states(site) == NOTHING

    browser.tab_to("p.back a")
    browser.submit_by(Keys.ENTER)
    for name in ("product-news", "events"):
        browser.tab_to(f'input[name="list"][value="{name}"]')
        browser.keys(Keys.SPACE)
    browser.shot("keyboard-chosen")
    browser.tab_to('button[value="choose"]')
    browser.submit_by(Keys.ENTER)
    assert states(site) == ["not_listed", "opted_out", "opted_out"]


def test_without_javascript(site: WebDaemon, browser: Browser) -> None:
    browser.scripts("off")
    browser.open("data:text/html,<title>off</title><script>document.title='on'</script>")
    assert browser.driver.title == "off"
    browser.open(site.url(site.link(ANN)))
    browser.press("stop")
    browser.shot("without-javascript")
    assert states(site) == ["opted_out", "not_listed", "not_listed"]
    browser.press("undo")
    assert states(site) == NOTHING
    browser.press_back()
    browser.find('input[name="list"][value="events"]').click()
    browser.press("choose")
    assert states(site) == ["not_listed", "not_listed", "opted_out"]


def test_on_a_narrow_screen(site: WebDaemon, browser: Browser) -> None:
    browser.resize(NARROW, 568)
    browser.open(site.url(site.link(ANN)))
    stop = browser.find('button[value="stop"]').rect
    assert stop["x"] >= 0 and stop["x"] + stop["width"] <= NARROW
    assert stop["y"] + stop["height"] <= 568  # without scrolling
    browser.press("stop")
    browser.shot("narrow-stopped")
    assert browser.overflow() == 0
    assert states(site) == ["opted_out", "not_listed", "not_listed"]
    browser.press("undo")
    assert browser.overflow() == 0
    assert states(site) == NOTHING


@pytest.mark.parametrize("name", STATES)
def test_every_state_is_accessible_narrow_wide_light_and_dark(site: WebDaemon, browser: Browser, axe: str,
                                                              name: str) -> None:
    site.admin.must("add", "carl@example.com", "--list", "events")
    path, presses = STATES[name]
    browser.open(site.url(path(site)))
    for value in presses:
        browser.press_back() if value == "back" else browser.press(value)
    look(browser, axe, name)


def test_the_form_for_an_address(site: WebDaemon, sink: Sink, browser: Browser, axe: str) -> None:
    browser.open(site.url("/"))
    browser.find('input[name="address"]').send_keys("ann at example")
    browser.submit_by(Keys.ENTER)
    field = browser.find('input[name="address"]')
    assert field.get_attribute("value") == "ann at example"
    assert field.get_attribute("aria-invalid") == "true" and browser.focused() == field
    look(browser, axe, "ask-problem")
    field.clear()
    field.send_keys(ANN)
    browser.submit_by(Keys.ENTER)
    assert not browser.all('input[name="address"]')
    look(browser, axe, "link-mailed")
    wait_until(lambda: bool(sink.messages()), "no mail with a link arrived")
    assert sink.messages()[0].rcpts == [f"<{ANN}>"]


def test_nothing_comes_from_elsewhere(site: WebDaemon, browser: Browser) -> None:
    browser.open(site.url(site.link(ANN)))
    browser.wait_for_load()
    hosts = browser.driver.execute_script(
        "return performance.getEntriesByType('resource').map(e => new URL(e.name).host);")
    assert set(hosts) == {f"127.0.0.1:{site.port}"}
    assert browser.script("return document.scripts.length;") == 0
    assert browser.driver.get_cookies() == []
