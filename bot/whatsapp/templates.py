"""Templates: what may be said when the 24-hour window is closed.

A template says only that there is something to read. Its one button (quick reply) opens the window,
and then the message itself goes; so nothing about a person is in a template.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from bot.settings import SettingsError

Kind = Literal["referral_news", "closing_question", "general"]
KINDS = get_args(Kind)
# What the button of every template sends back. It opens the window and asks nothing.
READ = "startwijzer-lees"
# Lower case, digits and underscores; languages as Meta writes them (nl, en_US).
SETTING = re.compile(r"(\w+)=([a-z0-9_]{1,512}):([a-z]{2,3}(?:_[A-Z]{2})?)")


@dataclass(frozen=True)
class Template:
    """An approved template by its name and language at Meta."""

    name: str
    language: str

    def body(self) -> dict[str, Any]:
        """What the Graph API wants, without a recipient."""
        button = {
            "type": "button",
            "sub_type": "quick_reply",
            "index": "0",
            "parameters": [{"type": "payload", "payload": READ}],
        }
        template = {
            "name": self.name,
            "language": {"code": self.language},
            "components": [button],
        }
        return {"type": "template", "template": template}


def read_templates(settings: Iterable[str]) -> dict[str, Template]:
    """The templates by kind.

    Args:
        settings: `kind=name:language` each, from `WHATSAPP_TEMPLATES`.

    Raises:
        SettingsError: one is not like that.
    """
    found: dict[str, Template] = {}
    for setting in settings:
        match = SETTING.fullmatch(setting)
        if match is None or match.group(1) not in KINDS:
            raise SettingsError(
                f"WHATSAPP_TEMPLATES noemt '{setting}', maar dat moet zijn soort=naam:taal, zoals "
                f"general=startwijzer_bericht:nl. De soorten zijn {', '.join(KINDS)}."
            )
        found[match.group(1)] = Template(match.group(2), match.group(3))
    return found


def kind_of(about: Mapping[str, Any] | None) -> Kind:
    """Which kind of template announces a message.

    Args:
        about: of the message, as it is in the log.
    """
    said = about or {}
    if said.get("flow") == "status" and said.get("step") == "geholpen":
        return "closing_question"
    if said.get("flow") == "status" or said.get("topic") == "doorverwijzing_status":
        return "referral_news"
    return "general"


def choose(templates: Mapping[str, Template], about: Mapping[str, Any] | None) -> Template | None:
    """The template that announces a message, the general one if its kind has none."""
    return templates.get(kind_of(about)) or templates.get("general")
