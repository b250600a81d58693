"""Labels with places in them: which names may stand in braces, and how they are filled in.

In: the texts of `labels: {assessment: ..., messages: ...}`. Out: faults; a text with its places filled. Not here: when which text is said (`assessment`, `notify`).
A place is replaced as it stands, once: a label is no format string, so none can reach into the program.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from engine.ruleset.faults import nearest
from engine.ruleset.parts import Parts
from engine.ruleset.strict_yaml import Document

PLACES: Mapping[str, tuple[str, ...]] = {
    "green": (),
    "review": ("titles", "title"),
    "points": ("points", "rules"),
    "never": ("title",),
    "absent": (),
    "unknown": (),
    "held": ("title", "titles"),
}
"""What may stand in braces in each text of the group `assessment`."""
MESSAGE_PLACES: Mapping[str, tuple[str, ...]] = {
    "title": (),
    "line": ("colour", "code", "event", "due", "link"),
    "due_at": ("at",),
    "due_provisional": ("at",),
    "due_within": ("hours",),
    **dict.fromkeys(("handback", "new", "raised", "reopened", "routed", "follow_up", "quarantine", "test"), ()),
}
"""The same of the group `messages`: all that a message can say."""
_GROUPS = {"assessment": PLACES, "messages": MESSAGE_PLACES}
_PLACE = re.compile(r"\{([^{}]*)\}")


def filled(text: str, **words: object) -> str:
    """The text with `{name}` replaced by the words of that name; every other brace stays what it is."""
    return _PLACE.sub(lambda place: str(words.get(place[1], place[0])), text)


def check_labels(parts: Parts, document: Document) -> None:
    """Texts nobody says, and braces that name nothing, are faults."""
    for group, places in _GROUPS.items():
        for key, text in ((document.value.get("labels") or {}).get(group) or {}).items():
            place = document.place(("labels", group, key))
            if key not in places:
                parts.add("T101", place, key=key, near=nearest(key, places))
                continue
            strange = sorted(set(_PLACE.findall(text)) - set(places[key]))
            if strange or re.search(r"[{}]", _PLACE.sub("", text)):
                near = "、".join(f"{{{name}}}" for name in places[key]) or "不能有花括号"
                parts.add("T102", place, key=key, near=near)
