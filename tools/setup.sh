#!/usr/bin/env bash
# Makes the virtual environment named by $1 from requirements.lock (versions and hashes); says in one line what is missing.
set -euo pipefail
venv=$1
fail() { printf '缺少工具：%s\n' "$1" >&2; exit 3; }

python=""
for name in ${PYTHON:-} python3.12 python3.11 python3; do
  if "$name" -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' >/dev/null 2>&1; then
    python=$name; break
  fi
done
[ -n "$python" ] || fail "Python 3.11 或 3.12（含 venv）。请先安装，例如 apt-get install python3 python3-venv python3-dev"
command -v cc >/dev/null 2>&1 || command -v gcc >/dev/null 2>&1 \
  || fail "C 编译器（durable-rules 只有源码）。请先安装，例如 apt-get install build-essential"
"$python" - <<'PY' || fail "Python 头文件（Python.h）。请先安装，例如 apt-get install python3-dev"
import pathlib, sys, sysconfig
sys.exit(not pathlib.Path(sysconfig.get_paths()["include"], "Python.h").exists())
PY

# The lock names everything, so nothing is looked up beside it: a newer release of a package changes nothing here.
echo "正在准备运行环境（第一次约需一两分钟）……"
[ -x "$venv/bin/python" ] && "$venv/bin/python" -c '' 2>/dev/null || "$python" -m venv --clear "$venv"
"$venv/bin/python" -m pip install -q --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
"$venv/bin/python" -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
# Compiled once here: where Python is told to write no bytecode, every command would compile every module again.
"$venv/bin/python" -m compileall -q engine adapters cli tests bench
