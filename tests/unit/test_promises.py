"""`make promises`: a run that was stopped goes on where it was, a violation ends with 1, and what could not be tried is one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.test_attacks import PIECES as ATTACK_PIECES
from tests.promises import __main__ as command
from tests.promises.__main__ import Progress, load, run, save
from tests.promises.promises import PROMISES, Outcome, Promise


class Stopped(BaseException):
    """Somebody pressed Ctrl-C."""


def promise(*outcomes: Outcome | BaseException) -> Promise:
    """A promise whose pieces come to this."""

    def piece(number: int) -> Outcome:
        made = outcomes[number]
        if isinstance(made, BaseException):
            raise made
        return made

    return Promise("R0", "测试", len(outcomes), piece)


def test_trials_and_violations_of_all_pieces_are_summed(tmp_path: Path) -> None:
    held = run(promise((10, []), (5, ["one"]), (1, ["two"])), {}, tmp_path / "state.json")
    assert (held.pieces, held.trials, held.violations) == (3, 16, ["one", "two"])


def test_a_run_that_was_stopped_goes_on_with_the_next_piece(tmp_path: Path) -> None:
    file = tmp_path / "folder" / "state.json"
    with pytest.raises(Stopped):
        run(promise((10, []), Stopped(), (1, [])), {}, file)
    assert load(file)["R0"].pieces == 1
    held = run(promise((99, ["again"]), (5, []), (1, [])), load(file), file)
    assert (held.trials, held.violations) == (16, [])


def test_one_that_was_tried_to_its_end_is_tried_anew(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    assert run(promise((10, ["x"])), {}, file).violations
    assert run(promise((10, [])), load(file), file).violations == []


def test_a_piece_that_cannot_run_is_a_violation_and_the_others_go_on(tmp_path: Path) -> None:
    held = run(promise(ZeroDivisionError("broken"), (5, [])), {}, tmp_path / "state.json")
    assert held.trials == 5
    assert "broken" in held.violations[0]


def test_the_state_of_other_promises_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    save({"R9": Progress(1, 2, 3.0, ["x"])}, file)
    run(promise((1, [])), load(file), file)
    assert set(load(file)) == {"R0", "R9"}


@pytest.mark.parametrize(("violations", "code"), [([], 0), (["bad"], 1)])
def test_the_table_and_the_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], violations: list[str], code: int
) -> None:
    monkeypatch.setattr(command, "PROMISES", (promise((1_234, violations)),))
    monkeypatch.setattr(command, "run", lambda one, states: Progress(1, 1_234, 2.0, violations))
    assert command.main("R0") == code
    said = capsys.readouterr().out
    assert "1,234" in said
    assert all(violation in said for violation in violations)
    assert command.main("R77") == 2


def test_the_state_lies_where_git_does_not_look() -> None:
    root = Path(__file__).resolve().parents[2]
    assert "build/" in (root / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert command.STATE.is_relative_to(root / "build")


def test_what_is_promised_has_a_long_run() -> None:
    numbered = {*range(1, 17), 19}
    promised = {*(f"R{number}" for number in numbered), "KEYS", "RAW", "ATTACK", "PREVIEW", "KNOTS"}
    assert promised == {one.id for one in PROMISES}
    assert all(one.pieces > 0 and one.title for one in PROMISES)
    assert next(one.pieces for one in PROMISES if one.id == "ATTACK") == ATTACK_PIECES, "every row and share is tried"
