"""The desk: what a person does and sees; the one door between a screen and everything that is kept.

In: an installation, a person, an intention. Out: answers as plain records, and events in the log with everything that follows from them.
Not here: printing (`cli`), what the order is (`pipeline`), what a colour means (`triage`, `casework`).

Modules: `opening` the installation, `intake` new records, `reading` lists and pages, `callers` who comes again and again, `acting` what people do to a matter,
`publishing` rules that come into force, `figures` how rules do, `sampling` blind grades, `drafts` a change of a colour as a test, `explaining` why, `replaying` the same again from the recorded facts, `rebuilding` from the raw rows, `quarantine` bad rows and their cure, `health` is everything sound.
"""

from engine.desk.opening import Desk, create, open_desk
from engine.store.rows import Person

__all__ = ["Desk", "Person", "create", "open_desk"]
