"""Publishing by the desk: two persons, a gate, one transaction; the folder follows and every edition is told."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from cli.folder import prepare
from engine.config import Config, PublishConfig, load_config
from engine.desk import Desk, Person, open_desk, publishing
from engine.desk.health import checks
from engine.desk.opening import add_person, authenticate, people, renewed, stand_in, unpublished
from engine.errors import RuleError, StoreError, UsageError
from engine.ruleset import loader
from tests.console import read_once
from tests.installation import MORNING, SECRET, Installation, shipped

pytest_plugins = ["tests.places"]

WHY = "镇综治中心3月28日例会"


@pytest.fixture(autouse=True)
def _read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same files are read once in a run."""
    monkeypatch.setattr(loader, "load", read_once)


def passed(files: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
    """A gate that finds nothing."""
    yield from ()


def other(mark: str = "一") -> dict[str, bytes]:
    """The shipped rules with a remark more: another rulebook that means the same."""
    return {**shipped().files, "quality.yaml": shipped().files["quality.yaml"] + f"# {mark}\n".encode()}


def stricter() -> dict[str, bytes]:
    """The shipped rules with a number that is dated on."""
    text = shipped().files["parameters.yaml"].decode()
    old = "统计口径}]"
    assert text.count(old) == 1
    new = "统计口径}, {from: 2025-04-01, value: 2, source: 例会纪要}]"
    return {**shipped().files, "parameters.yaml": text.replace(old, new).encode()}


def publish(place: Installation, files: Mapping[str, bytes], reason: str = WHY) -> publishing.Published:
    author, second = place.person("张分析", "analyst"), place.person("李所长", "lead")
    return publishing.publish(place.desk, author, second, files, reason=reason, gate=passed)


def require(place: Installation) -> None:
    """Rules of this installation come into force by being published, and by nothing else."""
    config = place.desk.config.model_copy(update={"publish": PublishConfig(required=True)})
    place.desk = replace(place.desk, config=config)


def rules_of(place: Installation) -> Path:
    return place.desk.config.rules_folder


class TestTwoPersons:
    """Ruling 29: another person with a secret of his own, and both names in the audit log."""

    def test_both_names_and_the_sealed_reason_are_in_the_audit_log(self, place: Installation) -> None:
        made = publish(place, other())
        with place.desk.store.read() as view:
            (entry,) = [row for row in view.audit_rows() if row.what == publishing.PUBLISH]
            assert view.published() == made.digest
        assert (entry.actor, entry.payload["second"], entry.payload["reason"]) == ("张分析", "李所长", WHY)
        assert (entry.payload["rulebook"], entry.payload["before"]) == (made.digest, shipped().digest)

    def test_the_same_person_is_refused(self, place: Installation) -> None:
        lead = place.person("李所长", "lead")
        with pytest.raises(UsageError, match="复核人不能是本人"):
            publishing.publish(place.desk, lead, lead, other(), reason=WHY, gate=passed)
        with place.desk.store.read() as view:
            assert view.publications() == []

    def test_who_may_publish_and_who_may_approve(self, place: Installation) -> None:
        analyst, operator = place.person("张分析", "analyst"), place.person("周操作", "operator")
        with pytest.raises(UsageError, match="周操作 的角色是 办理 operator，须是 规则分析员 analyst 或 "):
            publishing.publish(place.desk, operator, place.person("李所长", "lead"), other(), reason=WHY, gate=passed)
        with pytest.raises(UsageError, match="复核人 周操作 的角色是 办理 operator，须是 负责人 lead 或 管理员 admin"):
            publishing.publish(place.desk, analyst, operator, other(), reason=WHY, gate=passed)

    def test_a_second_secret_that_the_first_person_set_is_not_another_person(self, place: Installation) -> None:
        admin, second = place.person(), place.person("李所长", "lead")
        add_person(place.desk, "李所长", f"{SECRET} anew", by=admin, reset=True)
        with pytest.raises(UsageError, match="口令是 王主任 重设的"):
            publishing.publish(place.desk, admin, second, other(), reason=WHY, gate=passed)

    def test_a_reason_is_needed(self, place: Installation) -> None:
        with pytest.raises(UsageError, match="理由"):
            publish(place, other(), " ")


class TestGate:
    """What the gate finds leaves everything as it is."""

    def test_every_finding_is_told_and_nothing_is_written(self, place: Installation) -> None:
        author, second = place.person("张分析", "analyst"), place.person("李所长", "lead")
        with pytest.raises(RuleError) as told:
            publishing.publish(
                place.desk, author, second, other(), reason=WHY, gate=lambda _: [("lint", "甲"), ("lint", "乙")]
            )
        assert "lint：甲" in str(told.value)
        assert "lint：乙" in str(told.value)
        with place.desk.store.read() as view:
            assert (view.published(), view.publications(), view.rulebooks()) == ("", [], [])
        assert not rules_of(place).exists()

    def test_the_gate_is_asked_about_the_very_bytes_that_are_kept(self, place: Installation) -> None:
        seen = []
        author, second = place.person("张分析", "analyst"), place.person("李所长", "lead")
        made = publishing.publish(
            place.desk, author, second, other(), reason=WHY, gate=lambda files: seen.append(dict(files)) or ()
        )
        with place.desk.store.read() as view:
            assert seen == [view.rulebook(made.digest)] == [other()]

    def test_what_does_not_load_is_no_rulebook(self, place: Installation) -> None:
        with pytest.raises(RuleError):
            publish(place, {"rules.yaml": b"rules: ["})


class TestInForce:
    """Where rules must be published the folder is a draft; else the folder is what holds, and follows what is published."""

    def test_a_changed_folder_is_told_and_not_taken_where_rules_must_be_published(self, place: Installation) -> None:
        require(place)
        publish(place, shipped().files)
        publishing.place(rules_of(place), other("草稿"))
        assert renewed(place.desk) is place.desk
        assert unpublished(place.desk) == loader.digest_of(other("草稿"))
        (told,) = [check for check in checks(place.desk) if check.what == "规则发布"]
        assert (told.well, "还没有发布" in told.found) == (False, True)

    def test_opened_anew_it_has_what_was_published_and_not_the_folder(self, tmp_path: Path) -> None:
        config = load_config(made(tmp_path))
        desk = open_desk(config, lambda: MORNING)
        first, second = (add(desk, name) for name in ("王主任", "李所长"))
        published = publishing.publish(desk, first, second, desk.rulebook.files, reason=WHY, gate=passed)
        desk.close()
        publishing.place(config.rules_folder, other("草稿"))
        for steadfast in (False, True):
            again = open_desk(config, lambda: MORNING, steadfast=steadfast)
            assert again.rulebook.digest == published.digest
            again.close()

    def test_what_is_published_is_taken_at_the_next_look(self, place: Installation) -> None:
        require(place)
        publish(place, shipped().files)
        made = publish(place, stricter())
        place.desk = renewed(place.desk)
        assert place.desk.rulebook.digest == made.digest
        assert unpublished(place.desk) == "", "the folder followed"

    def test_the_old_one_is_kept_when_the_published_one_cannot_be_read(self, place: Installation) -> None:
        require(place)
        broken = replace(shipped(), digest="0" * 64, files={"rules.yaml": b"rules: ["})
        with place.desk.store.batch() as tx:
            tx.write_publication(broken, by="甲", second="乙", reason=WHY, at=place.now)
            tx.append_audit("甲", publishing.PUBLISH, {}, place.now)
        with pytest.raises(RuleError):
            renewed(place.desk)
        assert place.desk.rulebook is shipped()

    def test_without_that_the_folder_holds_and_nothing_waits(self, place: Installation) -> None:
        publish(place, stricter())
        place.desk = renewed(place.desk)
        publishing.place(rules_of(place), other())
        assert unpublished(place.desk) == ""
        place.desk = renewed(place.desk)
        assert place.desk.rulebook.files == other()

    def test_a_folder_that_changes_while_it_is_read_waits(
        self, small_place: Installation, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        looks = iter([other("一"), other("一二")])
        monkeypatch.setattr(loader, "read_folder", lambda _: next(looks))
        assert renewed(small_place.desk) is small_place.desk


class TestEditions:
    """Who, when, why, which, and what is otherwise."""

    def test_each_publication_and_each_unpublished_change_is_an_edition(self, place: Installation) -> None:
        place.ingest(place.call("A1", "楼上漏水把天花板泡坏了"))
        place.later(days=1)
        made = publish(place, stricter())
        place.desk = renewed(place.desk)
        first, second = publishing.editions(place.desk)
        assert (first.digest, first.by, first.in_force) == (shipped().digest, "", False)
        assert (second.digest, second.by, second.second, second.reason) == (made.digest, "张分析", "李所长", WHY)
        assert second.in_force
        assert second.changes is not None
        (number,) = second.changes.thresholds
        assert (number.name, number.before, number.after) == ("repeat.red_30d", None, 2)

    def test_rolling_back_is_publishing_an_old_one(self, place: Installation) -> None:
        place.ingest(place.call("A1", "楼上漏水把天花板泡坏了"))
        for files in (stricter(), shipped().files):
            place.later(hours=1)
            publish(place, files)
            place.desk = renewed(place.desk)
        digest, files = publishing.edition(place.desk, shipped().digest[:12])
        assert (digest, files) == (shipped().digest, shipped().files)
        assert [one.in_force for one in publishing.editions(place.desk)] == [False, False, True]
        assert loader.read_folder(rules_of(place)) == shipped().files

    def test_march_is_judged_by_the_numbers_of_march_under_the_rules_of_april(self, place: Installation) -> None:
        publish(place, stricter())
        place.desk = renewed(place.desk)
        twice = [place.call(f"M{n}", "楼上漏水把天花板泡坏了，双方争吵不休", days=n) for n in (1, 3)]
        place.ingest(*twice)
        assert _colour(place, "police_110:M1") == "yellow", "the third is red in March"
        place.later(days=30)
        place.ingest(
            *(place.call(f"N{n}", "村口的路灯坏了没有人来修理，双方争吵不休", caller=2, days=n) for n in (1, 3))
        )
        assert _colour(place, "police_110:N1") == "red", "the second is red in April"

    def test_publishing_what_is_in_force_by_publication_writes_nothing_more(self, place: Installation) -> None:
        publish(place, stricter())
        place.desk = renewed(place.desk)
        assert publish(place, stricter()).again
        with place.desk.store.read() as view:
            assert len(view.publications()) == 1

    def test_an_unknown_or_short_digest_is_refused(self, place: Installation) -> None:
        publish(place, other())
        for wrong, said in (("f" * 20, "没有保存过"), ("", "摘要太短"), (shipped().digest[:5], "摘要太短")):
            with pytest.raises(UsageError, match=said):
                publishing.edition(place.desk, wrong)


class TestRefused:
    """A later release may find faults in the only rules that were ever published."""

    def test_it_opens_without_rules_only_where_that_is_asked_for(self, tmp_path: Path) -> None:
        config = load_config(made(tmp_path))
        digest = former(config)[:12]
        for steadfast in (False, True):
            with pytest.raises(RuleError, match=f"摘要 {digest}") as told:
                open_desk(config, lambda: MORNING, steadfast=steadfast)
            assert f"{digest} 里的 repeats.yaml:" in str(told.value)
        desk = open_desk(config, lambda: MORNING, steadfast=True, bare=True)
        assert (desk.bare, desk.rulebook.rules) == (True, ())
        assert "研判不了" in stand_in(desk)
        with pytest.raises(RuleError, match=f"摘要 {digest}"):
            _ = desk.stages
        assert publishing.changes(desk, shipped().files) is None
        found = {check.what: check for check in checks(desk)}
        assert not found["在用的规则"].well
        assert "判读引擎" not in found
        first, second = (add(desk, name) for name in ("王主任", "李所长"))
        published = publishing.publish(desk, first, second, shipped().files, reason=WHY, gate=passed)
        assert (published.before[:12], published.changes) == (digest, None)
        desk.close()
        again = open_desk(config, lambda: MORNING)
        assert (again.rulebook.digest, again.bare, stand_in(again)) == (shipped().digest, False, "")
        again.close()

    def test_sound_ones_that_were_published_before_stand_in(self, tmp_path: Path) -> None:
        config = load_config(made(tmp_path))
        desk = open_desk(config, lambda: MORNING)
        first, second = (add(desk, name) for name in ("王主任", "李所长"))
        publishing.publish(desk, first, second, shipped().files, reason=WHY, gate=passed)
        desk.close()
        former(config)
        desk = open_desk(config, lambda: MORNING, steadfast=True, bare=True)
        assert (desk.rulebook.digest, desk.bare) == (shipped().digest, False)
        assert f"先用以前生效的（摘要 {shipped().digest[:12]}）" in stand_in(desk)
        (held,) = [check for check in checks(desk) if check.what == "在用的规则"]
        assert (held.well, "服务照常" in held.found) == (False, True)
        desk.close()


class TestUnfinished:
    """Cut after the second person approved and before the folder was exchanged; a folder that was changed on purpose is none of it."""

    @pytest.fixture
    def judged(self, place: Installation) -> Installation:
        """Something was judged by what stands in the folder."""
        publishing.place(rules_of(place), shipped().files)
        place.ingest(place.call("A1", "楼上漏水把天花板泡坏了"))
        place.later(hours=1)
        return place

    def cut(self, place: Installation, monkeypatch: pytest.MonkeyPatch, step: str) -> str:
        """Publish and be killed at a step; the digest."""

        def killed(*_: object) -> Path:
            raise KeyboardInterrupt

        with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
            patched.setattr(*((publishing, "place") if step == "before the folder" else (Path, "rename")), killed)
            publish(place, stricter())
        return loader.digest_of(stricter())

    @pytest.mark.parametrize("step", ["before the folder", "at the exchange"])
    def test_it_is_known_and_told_until_the_same_again_ends_it(
        self, judged: Installation, monkeypatch: pytest.MonkeyPatch, step: str
    ) -> None:
        digest = self.cut(judged, monkeypatch, step)
        judged.later(hours=1)
        judged.ingest(judged.call("A2", "村口的路灯坏了没有人来修理"))
        assert publishing.unfinished(judged.desk) == digest
        assert [one.unfinished for one in publishing.editions(judged.desk)] == [False, True]
        (told,) = [check for check in checks(judged.desk) if check.what == "规则发布"]
        assert (told.well, digest[:12] in told.hint) == (False, True)
        publish(judged, stricter())
        judged.desk = renewed(judged.desk)
        assert publishing.unfinished(judged.desk) == ""
        assert not any(one.unfinished for one in publishing.editions(judged.desk))
        assert all(check.well for check in checks(judged.desk) if check.what == "规则发布")

    def test_where_rules_must_be_published_they_judge_and_the_folder_still_waits(
        self, judged: Installation, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        require(judged)
        digest = self.cut(judged, monkeypatch, "at the exchange")
        judged.desk = renewed(judged.desk)
        judged.later(hours=1)
        judged.ingest(judged.call("A2", "村口的路灯坏了没有人来修理"))
        assert publishing.unfinished(judged.desk) == digest

    def test_a_folder_that_is_edited_after_the_publication_is_not_cut(self, judged: Installation) -> None:
        publish(judged, stricter())
        publishing.place(rules_of(judged), other("后来改的"))
        assert publishing.unfinished(judged.desk) == "", "never seen before"
        judged.desk = renewed(judged.desk)
        judged.later(hours=1)
        judged.ingest(judged.call("A2", "村口的路灯坏了没有人来修理"))
        assert publishing.unfinished(judged.desk) == "", "live since"

    def test_a_folder_that_goes_back_on_purpose_is_not_cut(self, judged: Installation) -> None:
        publish(judged, stricter())
        publishing.place(rules_of(judged), shipped().files)
        assert publishing.unfinished(judged.desk) == "", "what it held was put aside"
        publishing.place(rules_of(judged), stricter())
        judged.desk = renewed(judged.desk)
        judged.later(hours=1)
        judged.ingest(judged.call("A2", "村口的路灯坏了没有人来修理"))
        publishing.place(rules_of(judged), shipped().files)
        for aside in rules_of(judged).parent.glob("rules.before-*"):
            shutil.rmtree(aside)
        assert publishing.unfinished(judged.desk) == "", "what was published has judged"

    def test_a_cut_is_forgotten_when_other_rules_went_live(
        self, judged: Installation, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert self.cut(judged, monkeypatch, "at the exchange") == publishing.unfinished(judged.desk)
        publishing.place(rules_of(judged), other("后来改的"))
        judged.desk = renewed(judged.desk)
        judged.later(hours=1)
        judged.ingest(judged.call("A2", "村口的路灯坏了没有人来修理"))
        assert publishing.unfinished(judged.desk) == ""


class TestFolder:
    """A folder takes the place of another whole; what stood there is kept beside."""

    def test_the_rest_of_the_folder_comes_along_and_the_former_one_is_kept(self, tmp_path: Path) -> None:
        folder = tmp_path / "rules"
        publishing.write_to(folder, {"a.yaml": b"1", "sub/b.yaml": b"2"})
        (folder / "README.txt").write_text("说明", encoding="utf-8")
        assert publishing.place(folder, {"a.yaml": b"3"})
        assert loader.read_folder(folder) == {"a.yaml": b"3"}
        assert (folder / "README.txt").read_text(encoding="utf-8") == "说明"
        (aside,) = tmp_path.glob("rules.before-*")
        assert loader.read_folder(aside) == {"a.yaml": b"1", "sub/b.yaml": b"2"}
        assert not publishing.place(folder, {"a.yaml": b"3"})
        assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["rules", aside.name])

    def test_nothing_is_written_over_a_folder_that_is_there(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="已经有了"):
            publishing.write_to(tmp_path, {"a.yaml": b"1"})

    def test_a_folder_that_cannot_be_changed_is_told(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        folder = tmp_path / "rules"
        publishing.write_to(folder, {"a.yaml": b"1"})
        monkeypatch.setattr(publishing, "_make", full)
        with pytest.raises(StoreError, match="没有换成"):
            publishing.place(folder, {"a.yaml": b"2"})
        assert loader.read_folder(folder) == {"a.yaml": b"1"}


def made(folder: Path) -> Path:
    """A ready folder whose rules must be published; its configuration."""
    prepare(folder / "office", clock="simulated", at=MORNING)
    config = folder / "office" / "config.yaml"
    config.write_text(config.read_text(encoding="utf-8") + "\npublish: {required: true}\n", encoding="utf-8")
    return config


def former(config: Config) -> str:
    """Rules published as if by a release that found nothing wrong with them; their digest."""
    desk = open_desk(config, lambda: MORNING)
    body = shipped().files["repeats.yaml"].replace(b"title: ", "title: 宗教信仰".encode(), 1)
    files = {**shipped().files, "repeats.yaml": body}
    rulebook = replace(shipped(), digest=loader.digest_of(files), files=files)
    with desk.store.batch() as tx:
        tx.write_publication(rulebook, by="甲", second="乙", reason=WHY, at=MORNING)
        tx.append_audit("甲", publishing.PUBLISH, {}, MORNING)
    desk.close()
    return rulebook.digest


def add(desk: Desk, name: str) -> Person:
    known = people(desk)
    add_person(desk, name, f"{SECRET} {name}", role="admin", by=known[0] if known else None)
    return authenticate(desk, name, f"{SECRET} {name}")


def _colour(place: Installation, record: str) -> str:
    with place.desk.store.read() as view:
        return view.assessments_of(record)[-1].colour.word
