# Everything sets itself up: `make demo`, `make test` work on a fresh machine with Python 3.11 or 3.12, a C compiler and make.
SHELL := /bin/bash
.DEFAULT_GOAL := help
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
WORKERS ?= 2
SCRATCH ?= $(shell tools/scratch.sh)
PYTEST = TMPDIR=$(SCRATCH) $(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup -q
SEED ?= 64
RULES ?= --rules 40,100 --incidents 100000
ROWS ?= 20000
LIVE ?=
HISTORY ?= --incidents 10000,100000 --lanes few,hot --stored 100000

.PHONY: help setup demo test check bench peers spark pyspark promises soak golden sabotage faults wheelhouse offline lock clean

help:
	@printf '%s\n' 'make demo      一个乡镇的一年：生成、导入、研判、汇总' \
	  'make test      全部测试（SQLite 与 PostgreSQL）' 'make check     格式、规范、类型、结构、快速测试' \
	  'make bench     性能表' 'make peers     装上与之比较的规则引擎' \
	  'make spark     Spark 与 DuckDB 逐格比对（ROWS=1000000 为全量）' 'make pyspark   装上 pyspark（455 MB，另需 Java）' \
	  'make promises  长测（P=R19 只跑一项）' 'make soak      九十天，十倍于一个派出所的量' \
	  'make golden    旧日志上与当时不同之处（BECAUSE=原因；PIN=1 重新钉住）' 'make sabotage  逐一拆除防线，看测试是否失败' \
	  'make faults    往规则里一处一处放错，看谁发现（SEED=种子）' \
	  'make wheelhouse  离线安装包：dist/wheelhouse' 'make offline   断网装一遍、用一遍（维护者用）' 'make clean     清理'

$(STAMP): requirements.lock pyproject.toml
	@tools/setup.sh $(VENV)
	@touch $(STAMP)

setup: $(STAMP)

demo: $(STAMP)
	@$(BIN)/sanse demo --dir demo

test: $(STAMP)
	$(PYTEST)

check: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/style_metrics.py . --src engine adapters cli --tests tests --budget tools/style_budget.json
	$(PYTEST) --cov --cov-report=term:skip-covered --cov-fail-under=90

bench: $(STAMP)
	@$(BIN)/python -m bench --rules='$(RULES)' --live='$(LIVE)' --history='$(HISTORY)' $(if $(PARTS),--parts $(PARTS))

peers: $(STAMP)
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-build-isolation -e '.[peers]'

spark: $(STAMP)
	@$(BIN)/python -m bench.spark --rows $(ROWS)

pyspark: $(STAMP)
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --require-hashes -r requirements-spark.lock

promises: $(STAMP)
	@$(BIN)/python -m tests.promises $(P)

soak: $(STAMP)
	@$(BIN)/python -m tests.soak 90 1010

golden: $(STAMP)
	@$(BIN)/python -m tests.promises.golden $(if $(PIN),pin,because '$(BECAUSE)')

sabotage: $(STAMP)
	@$(BIN)/python -m tests.sabotage $(S)

faults: $(STAMP)
	@$(BIN)/python -m tests.faults --seed $(SEED)

wheelhouse: $(STAMP)
	@$(BIN)/python -m tools.wheelhouse dist/wheelhouse

offline: wheelhouse
	@$(BIN)/python -m tests.offline dist/wheelhouse

lock:
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes \
	  --no-header --no-annotate --no-emit-index-url --no-emit-find-links -o requirements.lock

clean:
	rm -rf $(VENV) demo build dist bench/out .mypy_cache .ruff_cache .hypothesis .import_linter_cache .coverage*
