"""People: who lives in the invented township, and how their phones are written.

In: a random source. Out: citizens with stable names, phones and homes. Not here: what they say (`stories`). Phones begin with 1990000 or
19900 and no more: a range that looks reserved.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from adapters.township.vocabulary import ESTATES, GIVEN, SURNAMES, VILLAGES

_FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")


@dataclass(frozen=True, slots=True)
class Citizen:
    """Somebody who may call. `number` keeps people apart; `unit` and `house` are where they live."""

    number: int
    name: str
    phone: str
    id_number: str
    account: str
    village: str
    estate: str
    unit: str
    house: str


def citizen(draw: random.Random, number: int) -> Citizen:
    """The citizen of a number: the same draw gives the same one."""
    name = draw.choice(SURNAMES) + "".join(draw.sample(GIVEN, draw.choice((1, 2, 2, 2))))
    born = f"{draw.randrange(1948, 2006)}{draw.randrange(1, 13):02d}{draw.randrange(1, 29):02d}"
    unit = f"{draw.randrange(1, 16)}栋{draw.randrange(1, 4)}单元{draw.randrange(1, 12)}0{draw.randrange(1, 5)}室"
    return Citizen(
        number,
        name,
        f"199{number % 100_000_000:08d}",
        f"990101{born}{number % 10_000:04d}",
        f"yx_{number:06d}",
        draw.choice(VILLAGES),
        draw.choice(ESTATES),
        unit,
        f"{draw.randrange(1, 13)}组{draw.randrange(1, 80)}号",
    )


def spelt(draw: random.Random, phone: str) -> str:
    """A phone as one of many clerks writes it."""
    return draw.choices(_SPELLINGS, _WEIGHTS)[0](phone)


_SPELLINGS: tuple[Callable[[str], str], ...] = (
    lambda phone: phone,
    lambda phone: f"{phone[:3]}-{phone[3:7]}-{phone[7:]}",
    lambda phone: f"{phone[:3]} {phone[3:7]} {phone[7:]}",
    lambda phone: f"+86{phone}",
    lambda phone: f"86-{phone}",
    lambda phone: phone.translate(_FULL_WIDTH),
)
_WEIGHTS = (70, 10, 8, 5, 3, 4)
