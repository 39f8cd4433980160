# Every target sets itself up: it finds uv, or puts it into .tools/, and installs what uv.lock pins.
SHELL := /bin/sh
PYTHON ?= python3
UV := $(shell command -v uv 2>/dev/null || echo .tools/bin/uv)
RUN := $(UV) run --frozen --no-sync
TEST := $(RUN) pytest --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder
export UV_COMPILE_BYTECODE := 1
export MLFLOW_DISABLE_TELEMETRY := true

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup moved repository repro unmask test test-all check format bench deps profile print readme ui clean

help: ## Show this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/.synced ## Install everything into .venv (the other targets do it by themselves)

.tools/bin/uv:
	$(PYTHON) -m venv .tools
	.tools/bin/python -m pip install --quiet --disable-pip-version-check "uv>=0.9"

# An environment holds the folder of the library: after a move or a copy it has to learn the new one.
MOVED := $(shell test ! -s .venv/.synced || pwd -P | cmp -s - .venv/.synced || echo moved)

# With TORCH_INDEX, PyTorch comes from that index of builds for CPUs, and what only GPUs need is left out.
LOCKED = awk -F '"' '/^name = "($(1))"$$/ {name = $$2; getline; print $(2)}' uv.lock
UNSYNCED = $(shell $(call LOCKED,(nvidia|cuda)-.*|triton|torch|torchvision,"--no-install-package " name))
TORCH = $(shell $(call LOCKED,torch|torchvision,name "==" $$2))

# Programs of a relocatable environment start wherever it lies; one that is not is made anew.
.venv/.synced: pyproject.toml uv.lock $(MOVED) | $(UV)
	@test -e $@ -a -z "$(MOVED)" || grep -qs '^relocatable = true' .venv/pyvenv.cfg || \
		$(UV) venv --quiet --clear --relocatable
	$(UV) sync --frozen --extra real $(if $(TORCH_INDEX),$(UNSYNCED))
	$(if $(TORCH_INDEX),$(UV) pip install --no-deps --index-url "$(TORCH_INDEX)" $(TORCH))
	@pwd -P > $@

repository:
	@git rev-parse --git-dir > /dev/null 2>&1 || { printf '%s\n' "make: no git repository here, and DVC needs one: \
	clone it, or run 'git init && git add -A && git commit -m Start' in what you unpacked" >&2; exit 1; }

repro: repository setup ## Rebuild every experiment and print the accuracy table
	$(RUN) dvc repro
	@printf '\n' && cat metrics/accuracy_table.md
	@printf '\n%s\n' "Report: report/index.html   Numbers: metrics/   Compare runs: make ui"

UNMASKING := pipelines/unmasking/dvc.yaml
unmask: repository setup ## After repro: train networks that take masks off, measure them, and write the study
	$(RUN) dvc repro $(UNMASKING):evaluate_translation $(UNMASKING):study

test: setup ## Run the tests that take minutes (needs no network, no GPU, no real faces)
	$(TEST) -m "not slow and not real"

test-all: setup ## Run every test, with real faces and a browser where there are any
	$(TEST) --durations 100

check: setup ## Format, lint, types, layers, params and profiles
	$(RUN) ruff format --check .
	$(RUN) ruff check .
	$(RUN) mypy
	$(RUN) lint-imports
	$(RUN) python -m stages.check_params

format: setup ## Format the code and fix what ruff can fix
	$(RUN) ruff format .
	$(RUN) ruff check --fix .

bench: setup ## Measure speed and memory as ratios, into benchmarks/results
	$(RUN) python -m benchmarks

deps: setup ## Rewrite the library files in dvc.yaml from the import graph
	$(RUN) python -m stages._dependencies

profile: setup ## Set params.yaml to a profile, or `default`: make profile NAME=paper
	$(RUN) python -m stages.apply_profile $(NAME)

KIND ?= pleated
NUMBER ?= 0
PAPER ?= a4
# models/gan/universal/0/textures.safetensors is universal-0, and the number of the texture.
NAME ?= $(if $(filter %/textures.safetensors,$(DESIGN)),$(subst /,-,$(patsubst models/gan/%/,%,$(dir $(DESIGN))))-$(NUMBER),$(notdir $(basename $(DESIGN))))
OUT ?= prints/$(NAME)-$(KIND)

print: setup ## Write PDF and SVG to print a mask from: make print DESIGN=models/gan/universal/0/textures.safetensors
	$(RUN) python -m stages.print_pack "$(DESIGN)" --name "$(NAME)" --out "$(OUT)" --kind $(KIND) --paper $(PAPER) --number $(NUMBER)

readme: setup ## Copy the numbers and figures of the last run into README and docs
	$(RUN) python -m stages.update_readme

PORT ?= 5000

ui: setup ## Open the MLflow UI on http://localhost:5000, or: make ui PORT=5001
	$(RUN) python -m stages.ui --port $(PORT)

clean: ## Remove outputs and tool caches; DVC's cache, MLflow's runs and your own data stay
	rm -rf data/synthetic data/masked data/curated data/embeddings models/recognizers models/projector models/gan
	rm -rf figures/contact_sheet.png figures/put_on_masks figures/projector.png figures/evolution figures/report
	rm -rf report data/protocol data/protected data/transparencies models/adapted metrics/results.csv
	rm -rf data/translated data/translated_embeddings data/translated_faces models/translation figures/unmasking metrics/unmasking/results.csv
	rm -rf .venv .tools .scratch .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .coverage
