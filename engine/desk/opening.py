"""Opening an installation: configuration, keys, rules and database become one `Desk`.

In: a checked `Config` and the clock. Out: a `Desk`; `create` makes the database of a new one. Not here: reading `config.yaml`
(`engine.config`), building sources (the command line is the composition root).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from engine.config import Config, KeyMaterial, read_keys
from engine.errors import RuleError, StoreError, UsageError
from engine.folders import folder_for_a_while
from engine.model import Colour
from engine.pipeline import Stages
from engine.ruleset import loader
from engine.ruleset.tree import Rulebook
from engine.store import Keys, Store, open_store, upgrade
from engine.store.dialects import file_of
from engine.store.files import refuse_orphans
from engine.store.rows import Person

Clock = Callable[[], datetime]
ROLES = ("admin", "operator", "lead", "analyst")
"""`admin` adds people; `operator` acts; `lead` may be the second person of a lowering from red; `analyst` tunes rules."""
_RESERVED = frozenset({"sanse", "系统"})
_SHORT = 12


@dataclass(frozen=True)
class Desk:
    """One installation, open. `clock` gives zone-aware UTC time; `stages` belong to the rulebook that is live now.

    `refused`: what is wrong with the rules that should be in force, where others stand in for them.
    """

    config: Config
    store: Store
    rulebook: Rulebook
    clock: Clock
    _stages: list[Stages]
    keys: Keys
    refused: RuleError | None = None

    @property
    def bare(self) -> bool:
        """Whether there are no rules at all that nothing is wrong with: whatever judges is refused."""
        return self.refused is not None and not self.rulebook.files

    @property
    def stages(self) -> Stages:
        """The stages of the live rulebook, made when first needed; raises RuleError where there is none."""
        if self.refused is not None and self.bare:
            raise self.refused
        if not self._stages:
            self._stages.append(self.stages_of(self.rulebook, self.config.engine))
        return self._stages[0]

    def stages_of(self, rulebook: Rulebook, engine: str) -> Stages:
        """The stages of any rulebook and live engine, as this installation would have them."""
        return Stages.of(rulebook, index_key=self.keys.index, engine=engine, zone=self.config.zone)

    @contextmanager
    def scratch(self) -> Iterator[Store]:
        """An empty database sealed with the same keys, thrown away afterwards."""
        with folder_for_a_while("sanse-scratch-") as folder:
            url = f"sqlite:///{folder}/scratch.db"
            upgrade(url, clock=self.config.clock, at=self.clock())
            store = open_store(url, self.keys)
            try:
                yield store
            finally:
                store.close()

    @property
    def chain_key(self) -> bytes:
        """The key of the audit chain, for whoever checks what was kept elsewhere."""
        return self.keys.chain

    def words(self, group: str) -> dict[str, str]:
        """The screen words of a group of `rules/labels.yaml`."""
        labels = self.rulebook.documents.get("labels", {})
        return {str(key): str(word) for key, word in labels.get(group, {}).items()}

    def colour_word(self, colour: Colour) -> str:
        """红, 黄 or 绿, as the labels have it."""
        return self.words("colours").get(colour.word, colour.word)

    def role_words(self, *roles: str, between: str = " 或 ") -> str:
        """Roles as the labels have them, each with the word that is typed."""
        words = self.words("roles")
        return between.join(f"{words.get(role, '')} {role}".strip() for role in roles)

    def close(self) -> None:
        """Give back every connection."""
        self.store.close()


def open_desk(config: Config, clock: Clock, *, steadfast: bool = False, bare: bool = False) -> Desk:
    """The installation of a configuration; raises ConfigError, RuleError or StoreError saying what is missing.

    Where rules must be published (`publish.required`) it has those that were published last, whatever stands in the folder; before the first
    publication those that held last, and in a database that never judged anything those of the folder.
    `steadfast`: where these rules are faulty it has the last that held and are not, for the service must start in the night and what has
    nothing to do with rules must work; `renewed` says what is wrong with them. `bare`, with `steadfast`: where there is no such rulebook either
    it opens without one, for that is where rules are mended and published; what judges is refused then.
    """
    keys, url = keys_of(config), config.database_url
    is_there(url)
    published = _kept(url, keys, published=True) if config.publish.required else {}
    refused: RuleError | None = None
    try:
        rulebook = stored(published) if published else loader.load(loader.read_folder(config.rules_folder))
    except RuleError as fault:
        held = _last_sound(url, keys) if steadfast else None
        if held is None and not bare:
            raise
        rulebook, refused = held or Rulebook("", {}), fault
    return Desk(config, open_store(url, keys), rulebook, clock, [], keys, refused)


def stored(files: Mapping[str, bytes]) -> Rulebook:
    """The rulebook of files that the database keeps; raises RuleError that names the rulebook, for the folder may be sound."""
    try:
        return loader.load(files)
    except RuleError as fault:
        digest = loader.digest_of(files)[:_SHORT]
        raise RuleError(
            f"存在数据库里的现行规则（摘要 {digest}）有 {len(fault.faults)} 处本版本不收的错误，没有启用：",
            faults=tuple(f"{digest} 里的 {one}" for one in fault.faults),
            hint=f"错在已发布的那一套里（取出来看：sanse rules history {digest} --dir 新目录），规则目录没有错也要发布才起作用："
            "改好规则目录，sanse rules publish --check 过关，再 sanse rules publish --reason 理由 --second 复核人",
        ) from fault


def stand_in(desk: Desk) -> str:
    """What holds in the place of rules that are faulty, in a line; empty where nothing is wrong with those in force."""
    if desk.refused is None:
        return ""
    mend = "改好规则目录，再 sanse rules publish" if desk.config.publish.required else "sanse rules lint 看全部"
    held = "没有别的一套可以用，研判不了" if desk.bare else f"先用以前生效的（摘要 {desk.rulebook.digest[:_SHORT]}）"
    return f"{desk.refused.what.rstrip('：')}；{held}；{mend}"


def _kept(url: str, keys: Keys, *, published: bool = False) -> Mapping[str, bytes]:
    """The files that held last, or of the rulebook that was published last where one was."""
    store = open_store(url, keys)
    try:
        with store.read() as view:
            return (view.rulebook(view.published()) if published else {}) or view.in_force()
    finally:
        store.close()


def _last_sound(url: str, keys: Keys) -> Rulebook | None:
    """The rulebook that held last of those in which nothing is wrong: a later release may find faults in what an earlier one published."""
    store = open_store(url, keys)
    try:
        with store.read() as view:
            kept = (files for digest in view.editions() if (files := view.rulebook(digest)))
            return next((survey.rulebook for survey in map(loader.survey, kept) if not survey.faults), None)
    finally:
        store.close()


def renewed(desk: Desk) -> Desk:
    """The same installation with the rules that are in force now: published, where they must be, else in its folder; itself while they are the same.

    Raises RuleError for faulty ones. A folder that changes while it is read is left for the next time: half of a copy may load.
    """
    if desk.config.publish.required:
        return _published(desk)
    files = loader.read_folder(desk.config.rules_folder)
    if files == desk.rulebook.files or files != loader.read_folder(desk.config.rules_folder):
        return desk
    return replace(desk, rulebook=loader.load(files), _stages=[], refused=None)


def _published(desk: Desk) -> Desk:
    with desk.store.read() as view:
        digest = view.published()
        if digest in ("", desk.rulebook.digest):
            return desk
        files = view.rulebook(digest)
    return replace(desk, rulebook=stored(files), _stages=[], refused=None)


def unpublished(desk: Desk) -> str:
    """The digest of rules that stand in the folder and wait to be published, where they must be; empty when there are none, or they cannot be read."""
    if not desk.config.publish.required:
        return ""
    try:
        found = loader.digest_of(loader.read_folder(desk.config.rules_folder))
    except RuleError:
        return ""
    return found if found != desk.rulebook.digest else ""


def create(config: Config, *, at: datetime) -> str:
    """Make the database of a configuration, or bring it to this release; the revision it had before."""
    return upgrade(config.database_url, clock=config.clock, at=at)


def simulated(desk: Desk) -> bool:
    """Whether the database was made with a simulated clock: only then a time may be given (ruling 15)."""
    with desk.store.read() as view:
        return view.meta().get("clock") == "simulated"


def lived_until(desk: Desk) -> datetime | None:
    """Where a simulated clock was left: when something was last read in or done; None on a real clock, and while nothing was."""
    with desk.store.read() as view:
        return view.lived_until() if view.meta().get("clock") == "simulated" else None


def authenticate(desk: Desk, name: str, secret: str, *, asked: str = "SANSE_ACTOR 和 SANSE_SECRET") -> Person:
    """The person who acts; raises UsageError when name and secret do not belong together. `asked`: where both were asked for."""
    with desk.store.read() as view:
        person = view.person(name, secret)
    if person is None:
        raise UsageError("姓名或口令不对", hint=f"检查 {asked}；新人员由管理员用 sanse people add 登记")
    return person


def borrowed(person: Person, second: Person) -> str:
    """What is said where the second person's secret was set by the first: one person could be both."""
    return f"{second.name} 的口令是 {person.name} 重设的，{second.name} 须先自己另设一个（sanse people add --reset）"


def add_person(desk: Desk, name: str, secret: str, *, role: str = "", by: Person | None, reset: bool = False) -> str:
    """Register a person; with `reset` give a known one a new secret, and another role if one is named. The role; raises UsageError for whoever may not.

    The first one needs nobody and is an administrator, later ones are registered by one; there is always one left. A new secret of one's own
    needs no administrator. Who reset whose secret is in the audit log, and decides whether that person may be the second one (`acting`).
    """
    if role and role not in ROLES:
        raise UsageError(f"没有这个角色：{role}", hint=f"可用：{'、'.join(ROLES)}")
    if not name.strip() or name in _RESERVED:
        raise UsageError(f"不能用这个姓名：{name or '（空）'}", hint="写真实姓名：办理记录和审计日志以它为准")
    with desk.store.batch() as tx:
        known = {person.name: person.role for person in tx.people()}
        admins = {person for person, held in known.items() if held == "admin"}
        role = role or (known.get(name, "operator") if reset else "operator")
        own = reset and by is not None and by.name == name and known.get(name) == role
        if admins and not own and (by is None or by.role != "admin"):
            raise UsageError("只有管理员可以登记人员", hint="用管理员的 SANSE_ACTOR 和 SANSE_SECRET 再试")
        _refuse_mistaken(name, known, reset=reset)
        if role != "admin" and not admins - {name}:
            raise UsageError("至少要有一名管理员", hint="先登记一名管理员：sanse people add 姓名 --role admin")
        if by is not None and by.name != name and tx.person(by.name, secret):
            raise UsageError("新口令不能和登记人的相同", hint="由本人另设一个：两人复核要有两个口令")
        now = desk.clock()
        tx.add_person(name, secret, role=role, at=now)
        told = {"name": name, "role": role, **({"reset": True} if reset else {})}
        tx.append_audit(by.name if by else name, "person", told, now)
    return role


def _refuse_mistaken(name: str, known: Collection[str], *, reset: bool) -> None:
    """A known name must not lose its secret by mistake, nor a mistyped one get a secret."""
    if reset and name not in known:
        raise UsageError(f"没有登记过 {name}", hint="用 sanse people list 核对姓名；登记新人员不写 --reset")
    if not reset and name in known:
        raise UsageError(
            f"{name} 已经登记过",
            hint="要重设口令或改角色，加 --reset（记入审计日志）；是另一个人就换一个写法，如 李强（二组）",
        )


def people(desk: Desk) -> list[Person]:
    """Everybody who may act."""
    with desk.store.read() as view:
        return view.people()


def is_there(url: str) -> None:
    """Looking at a database that is not there must not make an empty one."""
    path = file_of(url)
    if path:
        refuse_orphans(path)
    if path and not path.exists():
        raise StoreError(
            f"没有找到数据库文件 {path}",
            hint="新装：运行 sanse db upgrade 建库；原来有库：检查 config.yaml 的 database.url，或从备份恢复",
        )


def keys_of(config: Config) -> Keys:
    """The keys of an installation; raises ConfigError when their file is missing, open to others or malformed."""
    return keys_from(read_keys(config.key_file), config)


def keys_from(material: KeyMaterial, config: Config) -> Keys:
    """Key material as the store takes it."""
    m = material
    return Keys(m.index, m.seal, m.chain, config.keys.cipher, m.generation, m.former, m.reasons)
