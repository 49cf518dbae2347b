"""Rasa's list of parts as messages."""

from bot.gateway.rasa import merge

ABOUT = {"topic": "btw", "services": [], "flow": None, "step": None, "by": "bot"}


def test_paragraphs_that_rasa_cut_apart_are_one_message_again():
    items = [{"text": "Eerst."}, {"text": "Dan."}, {"custom": {"about": ABOUT}}]

    (reply,) = merge(items)

    assert reply.text == "Eerst.\n\nDan."
    assert reply.about == ABOUT


def test_each_message_keeps_its_own_choices():
    buttons = [{"title": "Btw", "payload": "/btw"}]
    items = [
        {"text": "Een", "buttons": buttons},
        {"custom": {"about": ABOUT}},
        {"text": "Twee"},
        {"custom": {"about": ABOUT}},
    ]

    assert [(reply.text, len(reply.choices)) for reply in merge(items)] == [("Een", 1), ("Twee", 0)]


def test_a_message_without_custom_data_is_not_lost():
    assert [reply.text for reply in merge([{"text": "Los"}])] == ["Los"]


def test_nothing_said_is_no_reply():
    assert merge([]) == []
    assert merge([{"custom": {"about": ABOUT}}]) == []
