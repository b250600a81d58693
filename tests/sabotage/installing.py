"""Defences of how the product is installed and run: what may be installed, what the service may touch.

In: nothing. Out: `INSTALLING`. Not here: what the product itself defends (the other lists).
"""

from __future__ import annotations

from tests.sabotage.defence import Change, defence, together

_SCRIPT, _UNIT = "tools/install.sh", "docs/deploy/sanse.service"
_HOUSE, _DEPLOYMENT = "unit/test_wheelhouse.py::test_", "unit/test_deployment.py::test_"

INSTALLING = (
    defence(
        "install-sums",
        "文件和摘要表不符就不安装",
        _SCRIPT,
        "sha256sum --check --quiet --strict SHA256SUMS >&2",
        instead="true",
        tests=f"{_HOUSE}a_changed_file_is_refused_before_anything_is_made",
    ),
    together(
        "install-hashes",
        "每个包只认一个摘要",
        (
            Change("tools/wheelhouse.py", " --hash=sha256:{sha256(wheel)}", ""),
            Change(_SCRIPT, "--require-hashes ", ""),
        ),
        tests=f"{_HOUSE}a_changed_wheel_is_refused_though_the_digests_were_made_anew",
    ),
    defence(
        "install-undone",
        "装到一半不成，就撤掉",
        _SCRIPT,
        '  rm -rf "$1"\n  fail "有包和',
        instead='  fail "有包和',
        tests=f"{_HOUSE}a_changed_wheel_is_refused_though_the_digests_were_made_anew",
    ),
    defence(
        "unit-read-only",
        "服务只能写自己的目录",
        _UNIT,
        "ProtectSystem=strict",
        instead="ProtectSystem=no",
        tests=f"{_DEPLOYMENT}a_service_runs_as_nobody_special_and_writes_in_one_place[sanse.service]",
    ),
    defence(
        "unit-umask",
        "服务写的文件只有本人能读",
        _UNIT,
        "UMask=0077",
        instead="UMask=0022",
        tests=f"{_DEPLOYMENT}a_service_runs_as_nobody_special_and_writes_in_one_place[sanse.service]",
    ),
)
