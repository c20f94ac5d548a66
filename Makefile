# make demo   hear of it: set everything up and play a song through the live engine
# make test      set everything up and run all checks
# make check     lint, types, and all tests that need no weights, no audio server and no torch
# make test-all  the same as `make test` and what takes long: docs/notes/tests.md names it
# make bench  repeat the figures of README.md
# make arm    run what is compiled as aarch64, on a machine that is none
# make docs   build the site of README.md and docs/ into site/, and check its links
PYTHON ?= python3
SONG ?=
BIN := .venv/bin

.PHONY: demo test test-all check lint ruff mypy mypy-examples mypy-win32 mypy-darwin bench arm docs graph clean
.DELETE_ON_ERROR:

demo: .venv/runtime
	$(BIN)/demucs-stream demo $(if $(SONG),"$(SONG)")

test: .venv/dev
	$(BIN)/python -m tests.run

test-all: .venv/dev
	$(BIN)/python -m tests.run all

check: .venv/dev
	$(BIN)/python -m tests.run check

lint: ruff mypy mypy-examples mypy-win32 mypy-darwin

ruff: .venv/dev
	$(BIN)/ruff check

mypy: .venv/dev
	$(BIN)/mypy

mypy-examples: .venv/dev
	$(BIN)/mypy --cache-dir .mypy_cache/examples examples/osc_remote.py examples/separator-plugin/crossover.py

mypy-win32 mypy-darwin: mypy-%: .venv/dev
	$(BIN)/mypy --platform $* --cache-dir .mypy_cache/$* -p dsp -p export -p stream

bench: .venv/dev
	for name in callback stft network separate startup screen inserts varispeed stretching decks library quality endurance; do $(BIN)/python -m benchmarks.$$name || exit 1; done

arm: .venv/dev
	.ci/arm

# NB: with --quiet mkdocs would not see its own warnings
docs: .venv/docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build
	@echo "open site/index.html, or for its search as well: $(BIN)/python -m http.server -d site"

# the graphs without weights that the package carries (export/*.onnx), and what they were made of
graph: .venv/dev
	$(BIN)/python -m export.graph
	$(BIN)/python -m export.stateful.trace
	$(BIN)/python -m export.stamp

.venv/runtime: .venv/python pyproject.toml
	@.ci/apt libportaudio2
	$(BIN)/pip install -q -e .
	@touch $@

.venv/dev: .venv/python pyproject.toml
	@.ci/apt libportaudio2 jackd2 strace libjack-jackd2-0 pulseaudio ffmpeg pipewire pipewire-bin pipewire-jack zam-plugins chromium chromium-driver
	$(BIN)/pip install -q -e '.[export,openvino,vst,serve]' --group dev
	@touch $@ .venv/runtime

.venv/docs: .venv/python pyproject.toml
	$(BIN)/pip install -q --group docs
	@touch $@

.venv/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "$(PYTHON) is too old or missing: Python 3.11 or newer is needed (make PYTHON=python3.12)"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || .ci/apt python3-venv
	$(PYTHON) -m venv .venv
	$(BIN)/pip install -q --upgrade 'pip>=25.1'
	@touch $@

clean:
	rm -rf .venv .arm .tests demo-out dist site .mypy_cache .ruff_cache .pytest_cache
	find . -name __pycache__ -prune -exec rm -rf {} +
