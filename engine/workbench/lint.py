"""Lint: everything that is wrong with a rulebook, at once.

In: rules as files. Out: faults with file, line, code, words and a hint. Not here: what cannot be loaded at all (`ruleset` finds it, and it is
part of the answer), proofs (later).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.errors import SanseError
from engine.normalise import suppliers
from engine.routing import Router
from engine.ruleset import loader
from engine.ruleset.tree import Fault, FeatureKind, Leaf, Place, Reference, Rulebook
from engine.workbench.examples import untested


def lint(files: Mapping[str, bytes]) -> tuple[Fault, ...]:
    """Every fault: what does not load, and what of the rest is wrong or dead."""
    seen = loader.survey(files)
    found = [*seen.faults, *_findings(seen.rulebook)]
    if seen.whole:
        found += _dead(seen.rulebook)
    return tuple(sorted(found, key=lambda fault: (fault.place.file, fault.place.line, fault.place.column, fault.code)))


def _findings(rulebook: Rulebook) -> Iterator[Fault]:
    """What one rule or one mapping shows of itself, whatever is wrong with others."""
    for rule in untested(rulebook):
        yield Fault("L101", rule.place, f"规则 {rule.id} 缺少命中或不命中的测试", hint="在 tests 里至少各写一个")
    for fault in suppliers.check(rulebook.mappings):
        yield Fault("L104", Place("mappings"), str(fault), hint="对照 rules/mappings/common.yaml 修改")


def _dead(rulebook: Rulebook) -> Iterator[Fault]:
    """What only the whole shows: it is not asked while a part of the files cannot be read."""
    for name in sorted(set(rulebook.parameters) - _named_parameters(rulebook)):
        yield Fault("L102", Place("parameters.yaml"), f"参数 {name} 没有规则使用", hint="删去，或检查规则里的写法")
    for name in sorted(set(rulebook.features) - _named_features(rulebook)):
        yield Fault("L103", Place("features.yaml"), f"事实 {name} 没有规则使用", hint="删去，或检查规则里的写法")
    try:
        Router(rulebook)
    except SanseError as fault:
        yield Fault("L105", Place("routes.yaml"), fault.what, hint=fault.hint)


def _named_parameters(rulebook: Rulebook) -> set[str]:
    used = {"points.yellow", "points.red"}
    for leaf in _leaves(rulebook):
        bounds = leaf.bound if isinstance(leaf.bound, tuple) else (leaf.bound,)
        used.update(bound.name for bound in bounds if isinstance(bound, Reference))
    for rule in rulebook.rules:
        used.update(name for name in rulebook.parameters if f"{{${name}}}" in rule.because)
    return used


def _named_features(rulebook: Rulebook) -> set[str]:
    used = {leaf.feature for leaf in _leaves(rulebook)}
    for rule in rulebook.rules:
        used.update(name for name in rulebook.features if f"{{{name}}}" in rule.because)
    for feature in rulebook.features.values():
        used.update(feature.where)
        if feature.kind is FeatureKind.CONCLUDED:
            used.add(feature.name)
    return used


def _leaves(rulebook: Rulebook) -> Iterator[Leaf]:
    """Every comparison of every rule, check and invariant."""
    for rule in rulebook.rules:
        yield from rule.let.values()
        if rule.flag is not None:
            yield from rule.flag.unless.values()
    for never in rulebook.nevers:
        yield from never.let.values()
