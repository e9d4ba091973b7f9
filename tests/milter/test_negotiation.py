"""What the milter asks of the MTA, and what it does with one that offers less."""

from __future__ import annotations

import re

import pytest
from bed import Bed, running
from expectations import NEEDED_ACTIONS, NEEDED_STAGES, expect_good_service
from milter_client import (
    EVERY_ACTION,
    EVERY_PROTOCOL,
    OLD_OFFER,
    TODAYS_OFFER,
    Action,
    MtaSession,
    Negotiated,
    Offer,
    Protocol,
    offer_data,
)
from mta_dialects import POSTFIX_MACROS

NOT_NEEDED = Protocol.NO_HELO | Protocol.NO_UNKNOWN | Protocol.NO_EOH | Protocol.NO_BODY | Protocol.NO_REPLY_HEADER


def negotiated(bed: Bed, offer: Offer = TODAYS_OFFER) -> Negotiated:
    session = MtaSession(bed.listen, POSTFIX_MACROS)
    answer = session.negotiate(offer)
    session.wire.close()
    return answer


def test_asks_only_for_the_actions_it_needs(bed: Bed) -> None:
    assert negotiated(bed).actions & ~Action.SET_MACROS == NEEDED_ACTIONS


def test_does_not_set_macros_where_the_mta_cannot(bed: Bed) -> None:
    answer = negotiated(bed, Offer(6, EVERY_ACTION & ~Action.SET_MACROS, EVERY_PROTOCOL))
    assert (answer.actions, answer.macros) == (NEEDED_ACTIONS, {})


def test_declines_every_command_it_does_not_use(bed: Bed) -> None:
    protocol = negotiated(bed).protocol
    assert protocol & NOT_NEEDED == NOT_NEEDED
    assert protocol & NEEDED_STAGES == 0


def test_declines_data_on_a_unix_socket(bed: Bed) -> None:
    assert negotiated(bed).protocol & Protocol.NO_DATA


def test_asks_for_data_on_an_inet_socket(inet_bed: Bed) -> None:
    """Else the MTA flushes the macros of DATA alone and waits for a delayed acknowledgement."""
    protocol = negotiated(inet_bed).protocol
    assert not protocol & Protocol.NO_DATA
    assert protocol & NOT_NEEDED == NOT_NEEDED


def test_takes_part_in_the_lower_version_of_both(bed: Bed) -> None:
    assert negotiated(bed, Offer(99, EVERY_ACTION, EVERY_PROTOCOL)).version == 6
    assert negotiated(bed, OLD_OFFER).version == 2


def test_asks_the_mta_for_nothing_that_it_did_not_offer(bed: Bed) -> None:
    for offer in (OLD_OFFER, Offer(6, NEEDED_ACTIONS, Protocol(0x3F)), Offer(6, NEEDED_ACTIONS, Protocol(0x1))):
        answer = negotiated(bed, offer)
        assert answer.actions & ~offer.actions == 0
        assert answer.protocol & ~offer.protocol == 0


@pytest.mark.parametrize("lacking", [Action.ADD_HEADERS, Action.CHANGE_HEADERS, Action.DELETE_RECIPIENT],
                         ids=lambda action: action.name.lower())
def test_refuses_an_mta_that_lacks_an_action_and_says_which(lacking: Action) -> None:
    with running(declared=("MTA|mta",)) as bed:
        wire = bed.wire()
        wire.packet("O", offer_data(Offer(6, EVERY_ACTION & ~lacking, EVERY_PROTOCOL)))
        assert wire.until_closed() == []  # the MTA takes this for a failed milter: its default action
        words = {Action.ADD_HEADERS: "add|insert", Action.CHANGE_HEADERS: "change|delete.header",
                 Action.DELETE_RECIPIENT: "delet|remov"}[lacking]
        bed.daemon.claim(lambda line: line.level in ("warning", "error") and re.search(words, line.text, re.I) is not None,
                         f"a warning or error that tells what the MTA lacks ({lacking.name})", 5)
        expect_good_service(bed.session())


def test_serves_an_old_mta_wholly(bed: Bed) -> None:
    """Version 2: every header field, HELO and the like must be answered, and all of them come."""
    mta = bed.session(offer=OLD_OFFER)
    expect_good_service(mta)
    expect_good_service(mta)
    mta.quit()


@pytest.mark.parametrize("offer", [
    pytest.param(Offer(6, EVERY_ACTION, Protocol(0)), id="no_flags_at_all"),
    pytest.param(Offer(2, NEEDED_ACTIONS, Protocol(0x3F)), id="the_flags_of_version_1"),
    pytest.param(Offer(6, NEEDED_ACTIONS, EVERY_PROTOCOL), id="no_more_actions_than_needed"),
    pytest.param(Offer(6, EVERY_ACTION, EVERY_PROTOCOL | Protocol(0x30000000)), id="larger_packets"),
    *(pytest.param(Offer(6, EVERY_ACTION, EVERY_PROTOCOL & ~flag), id=f"without_{flag.name.lower()}")
      for flag in Protocol),
])
def test_serves_an_mta_that_offers_less(bed: Bed, offer: Offer) -> None:
    mta = bed.session(offer=offer)
    expect_good_service(mta)
    mta.quit()


@pytest.mark.parametrize("offer", [TODAYS_OFFER, OLD_OFFER], ids=["todays_mta", "old_mta"])
def test_serves_wholly_over_inet(inet_bed: Bed, offer: Offer) -> None:
    mta = inet_bed.session(offer=offer)
    expect_good_service(mta)
    expect_good_service(mta)
    mta.quit()
