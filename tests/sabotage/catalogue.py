"""Every defence that the product has, by the room it stands in (ruling 63).

In: the lists of `doors` (what comes in), `deciding` (what is made of it) and `keeping` (what is kept and done), `showing` (what is seen), `timing` (what is done in time),
`telling` (who is told), `operating` (backups, keys, retention), `installing` (how it is installed and run), `watching` (how the service does),
`surviving` (kills, failures, old records under new rules), `working_days` (what time counts), `rescoring` (history judged again), `proving` (what is proved of rules), `previewing` (what is foretold of rules), `publishing` (rules that come into force, shadow rules, blind grades). Out: `DEFENCES`.
"""

from __future__ import annotations

from tests.sabotage.deciding import DECIDING
from tests.sabotage.doors import DOORS
from tests.sabotage.installing import INSTALLING
from tests.sabotage.keeping import KEEPING
from tests.sabotage.operating import OPERATING
from tests.sabotage.previewing import PREVIEWING
from tests.sabotage.proving import PROVING
from tests.sabotage.publishing import PUBLISHING
from tests.sabotage.rescoring import RESCORING
from tests.sabotage.showing import SHOWING
from tests.sabotage.surviving import SURVIVING
from tests.sabotage.telling import TELLING
from tests.sabotage.timing import TIMING
from tests.sabotage.watching import WATCHING
from tests.sabotage.working_days import WORKING_DAYS

DEFENCES = (
    *DOORS,
    *DECIDING,
    *KEEPING,
    *SHOWING,
    *TIMING,
    *TELLING,
    *OPERATING,
    *INSTALLING,
    *WATCHING,
    *SURVIVING,
    *WORKING_DAYS,
    *RESCORING,
    *PROVING,
    *PREVIEWING,
    *PUBLISHING,
)
