#!/bin/sh
# 离线安装：sh install.sh 新目录。先核对每个文件，再建虚拟环境，只装本文件夹里的包，不连网络。
set -eu
umask 022
here=$(cd "$(dirname "$0")" && pwd)
fail() { printf '没有安装：%s\n' "$1" >&2; exit "${2:-3}"; }

[ $# -eq 1 ] || fail "写明装到哪个新目录，例如 sh install.sh /opt/sanse-0.1.0" 2
[ ! -e "$1" ] || fail "$1 已经有了。升级请装到另一个新目录，再切换（见管理员指南）" 2
(cd "$here" && sha256sum --check --quiet --strict SHA256SUMS >&2) \
  || fail "有文件缺少或和 SHA256SUMS 不符，请重新拷贝整个文件夹"

read -r version machine <"$here/TARGET"
[ "$(uname -m)" = "$machine" ] || fail "这些包是给 $machine 机器的，本机是 $(uname -m)"
python=""
for name in ${PYTHON:-} "python$version" python3; do
  if "$name" -I -c "import sys, venv, ensurepip; sys.exit('%d.%d' % sys.version_info[:2] != '$version')" >/dev/null 2>&1; then
    python=$name; break
  fi
done
[ -n "$python" ] || fail "本机没有 Python $version（含 venv）。Debian 上是 python$version 和 python$version-venv 两个包"

echo "正在安装，约需一分钟……"
"$python" -m venv "$1"
# 本机的 pip 配置可能指着别处，这里一概不看。
if ! PIP_CONFIG_FILE=/dev/null "$1/bin/python" -I -m pip --isolated install --quiet --disable-pip-version-check \
  --no-cache-dir --no-index --find-links "$here" --require-hashes -r "$here/requirements.txt"; then
  rm -rf "$1"
  fail "有包和 requirements.txt 里的摘要不符，或缺包；已撤销"
fi
if ! "$1/bin/python" -I -c "import durable.lang, duckdb, pandas, cryptography.hazmat.primitives.ciphers.aead, re2, cli.app"; then
  rm -rf "$1"
  fail "包装上了却用不了，多半是本机系统比做包的机器旧。请在最旧的那种系统上重新 make wheelhouse；已撤销"
fi
echo "已装好 $1。下一步：. $1/bin/activate"
