"""What the cells of a row mean: contact, texts, cause, category, quantities, status.

In: a `Row` and its `Supplier`. Out: the values of Incident, field by field. Every function is pure; a cell that cannot be read is None.
Not here: times and refusal (`normaliser`), which header feeds which field (`rows`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.masking import holds_number, mask_text, names_one_of, tells_of_somebody
from engine.model import Cause, Contact
from engine.normalise.cells import cell_text, folded, half_width, lost_digits, plain_text
from engine.normalise.contacts import id_number, person_names, phone
from engine.normalise.numerals import number
from engine.normalise.rows import Row
from engine.normalise.suppliers import NUMBERS, Supplier

_COUNT_TAIL = re.compile(r"[人户名个次位家件]+$")
_COUNT_HEAD = re.compile(r"^(?:共|约|大约|大概|近|第)+")
_NUMBER_SPLIT = re.compile(r"[,，;；、\s|]+")
_SHORT_NAME = 3
_SHORTEST_SENTENCE = 5
_SHORTEST_ACCOUNT = 5  # of what a clerk types into a name cell ("01") numbers are full
_LONGEST_NOTHING = 6


@dataclass(frozen=True, slots=True)
class Texts:
    """The readable texts of a record, masked, same length as given."""

    title: str
    narrative: str
    feedback: str


def joined(title: str, narrative: str) -> str:
    """Title and narrative as one text, as `Incident.text` has it."""
    return f"{title}。{narrative}" if title and narrative else title or narrative


def contact(row: Row, supplier: Supplier) -> tuple[Contact, bool]:
    """The caller, and whether nothing says who it is: no name, phone, ID number or account."""
    name = _stated(row, supplier, "name")
    if name and is_anonymous(name, supplier):
        name, nameless = "", True
    else:
        nameless = False
    account = _stated(row, supplier, "account")
    if account and is_anonymous(account, supplier):
        account = ""
    identity = row.get("id_number")
    caller = Contact(name, _phone(row, supplier), id_number(identity) if identity else "", account)
    return caller, nameless or caller == _NOBODY


_NOBODY = Contact()


def _phone(row: Row, supplier: Supplier) -> str:
    """The first column that holds a usable number."""
    if "phone" in row.first:
        for text in row.every("phone"):
            found = phone(text, area_code=supplier.area_code, placeholders=supplier.placeholders)
            if found:
                return found
    return ""


def is_anonymous(name: str, supplier: Supplier) -> bool:
    """匿名, 网友, 不愿透露姓名…: a name cell that holds none."""
    key = folded(name)
    return key in supplier.anonymous or key.startswith(supplier.anonymous_start)


def _stated(row: Row, supplier: Supplier, name: str) -> str:
    """A cell of a contact column; 无 and 不详 count as blank."""
    text = row.get(name)
    if not text or (len(text) < _LONGEST_NOTHING and folded(text) in supplier.nothing):
        return ""
    return half_width(text)


def stated(row: Row, supplier: Supplier, name: str) -> str:
    """A plain text column such as address, area or opponent; 无 and 不详 count as blank."""
    text = row.get(name)
    return "" if text and len(text) < _LONGEST_NOTHING and folded(text) in supplier.nothing else text


def texts(row: Row, supplier: Supplier, caller: Contact, opponent: str, *, subject: str = "") -> Texts:
    """Title (else the subject), narrative and feedback with identifiers and the record's own names masked (ruling 10)."""
    own = _own(supplier, caller, opponent)
    narrative = _joined([*_written(row, "narrative"), *_written(row, "narrative_more"), *row.plan.beyond(row.values)])
    return Texts(
        *(
            _masked(text, own, supplier.limits["text_length"])
            for text in (row.get("title") or subject, narrative, row.get("feedback"))
        )
    )


def beside(values: Iterable[object], supplier: Supplier, caller: Contact, opponent: str) -> str:
    """The words of cells that nobody reads, those of a header written twice among them, masked as the narrative is."""
    cells = map(cell_text, values)
    text = _joined([cell for cell in cells if not cell.isascii()])
    return _masked(text, _own(supplier, caller, opponent), supplier.limits["text_length"])


def _written(row: Row, name: str) -> list[str]:
    return row.every(name) if name in row.first else []


def _joined(texts: Sequence[str]) -> str:
    """Texts below each other, each once; one that another holds already adds nothing."""
    kept: list[str] = []
    for text in texts:
        if not any(text in there for there in kept):
            kept.append(text)
    return "\n".join(kept)


def _own(supplier: Supplier, caller: Contact, opponent: str) -> list[str]:
    """What names the record's own people, to be masked wherever it stands."""
    own = [name for cell in (caller.name, opponent, caller.account) if cell for name in _maskable(cell, supplier)]
    if caller.phone and caller.phone[0] != "1":
        own += [caller.phone, caller.phone[-8:], caller.phone[-7:]]
    return own


def _masked(text: str, own: Sequence[str], longest: int) -> str:
    if not text:
        return ""
    text = plain_text(text)
    if len(text) > longest:
        text = f"{text[: longest * 3 // 4]}……{text[-(longest // 4) :]}"
    return mask_text(text, own)


def _maskable(cell: str, supplier: Supplier) -> Iterator[str]:
    """Names of people in a name column; what 业主 or a firm is called stays readable, for rules and grouping need it."""
    for name in person_names(cell):
        firm = name.endswith(supplier.organisations) and len(name) > _SHORT_NAME
        if len(name) > 1 and not firm and name not in supplier.general and not is_anonymous(name, supplier):
            yield name


def cause(row: Row, supplier: Supplier) -> Cause:
    """Why the record was made: void wins, then the link type, then 是否重复, then a category that is none (骚扰)."""
    first, codes = row.first, supplier.codes["cause"]
    if "void" in first and supplier.truths.read("void", first["void"]):
        return Cause.VOID
    coded = _code(codes, first["cause"]) if "cause" in first else None
    if coded and coded != Cause.NEW.value:
        return Cause(coded)
    if "repeated" in first and supplier.truths.read("repeated", first["repeated"]):
        return Cause.REPEAT
    named = _code(codes, first["category"]) if "category" in first and not first["category"].isdigit() else None
    return Cause(named) if named else Cause.NEW


def _code(codes: Mapping[str, Any], text: str) -> Any:
    found = codes.get(text)
    return codes.get(folded(text)) if found is None else found


def truth(row: Row, supplier: Supplier, name: str) -> bool | None:
    """Visit, weapon, injury: the cell, else the kind's constant (a walk-in is a visit), else None."""
    text = row.first.get(name)
    return supplier.constants.get(name) if text is None else supplier.truths.read(name, text)


def confidential(row: Row, supplier: Supplier) -> bool:
    """是否保密; a word nobody knows counts as yes."""
    text = row.first.get("confidential")
    return text is not None and supplier.truths.read("confidential", text) is not False


def count(row: Row, supplier: Supplier, name: str) -> int | None:
    """A column of people or times: 20, 约20人, 二十余户."""
    text = row.first.get(name)
    if text is None:
        return None
    if not text.isdecimal():
        text = _COUNT_TAIL.sub("", _COUNT_HEAD.sub("", text))
    value = number(text) if len(text) < 12 else None
    most = supplier.limits["repeats" if name in ("stated_repeats", "returns") else name]
    return int(value) if value is not None and value == value.to_integral_value() and 0 <= value <= most else None


def larger(column: int | None, text: int | None) -> int | None:
    """The larger of what a column and what the text says."""
    if column is None or text is None:
        return text if column is None else column
    return max(column, text)


def category(row: Row, supplier: Supplier) -> tuple[str | None, str]:
    """The code and the supplier's own words, coarse to fine."""
    if "category" not in row.first:
        return None, ""
    levels = row.every("category")
    return supplier.categories.code(levels), "/".join(dict.fromkeys(reversed(levels)))


def sentence(words: str) -> str:
    """A category cell that no table knows and that reads like a sentence: its words must reach the word rules."""
    return words if len(words) >= _SHORTEST_SENTENCE and "/" not in words and not words.isascii() else ""


def status(row: Row, supplier: Supplier, closed_at: datetime | None) -> str | None:
    """Open or closed by code; without a status column by the closing time (blank is open); None where not known."""
    text = row.first.get("status")
    if text is not None:
        coded = _code(supplier.codes["status"], text)
        if coded:
            return str(coded)
    if closed_at is not None:
        return "closed"
    headers = row.plan.headers
    if "status" in headers or "closed_at" not in headers:
        return None
    return None if row.every("closed_at") else "open"


def is_number(text: str) -> bool:
    """Whether a text can be the number of a record: it has a digit, and is no phone, ID number or the like of a row that slipped."""
    return any(character.isdigit() for character in text) and not holds_number(text)


def tells(number: str, row: Row, supplier: Supplier, caller: Contact) -> bool:
    """Whether the number of a record itself says who somebody is, as where a column slipped: numbers are ids, and stand in clear."""
    if tells_of_somebody(number):
        return True
    own = (caller.phone if caller.phone[:1] == "1" else caller.phone[-7:], caller.id_number, caller.account)
    if any(len(one) >= _SHORTEST_ACCOUNT and one in number for one in own):
        return True
    return not number.isascii() and names_one_of(number, _own(supplier, caller, row.get("opponent")))


def numbers(row: Row, supplier: Supplier, caller: Contact, own: str) -> tuple[str, ...]:
    """Incident ids that the record names, such as the other channel's order number; never its own, and none that tells of its people."""
    found: set[str] = set()
    for name, headers in row.plan.numbers:
        if name in row.first:
            kind = name[len(NUMBERS) :]
            exact = not any(lost_digits(row.values[header]) for header in headers)
            cells = row.every(name) if exact else []
            parts = [half_width(part) for text in cells for part in _NUMBER_SPLIT.split(text)]
            found |= {f"{kind}:{part}" for part in parts if is_number(part) and not tells(part, row, supplier, caller)}
    found.discard(own)
    return tuple(sorted(found))
