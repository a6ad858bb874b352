# All commands for readers of the papers; `make help` lists them.
# They need GNU make and Python 3.11, 3.12 or 3.13 with venv. Training also needs a C++ compiler and Python's headers.

SCALE ?= laptop
RUNS ?= runs
TO ?= paper/results
SWEEP ?= fig2
N ?= 3
# the first suitable one of these is used
PYTHON ?= python3 python3.11 python3.12 python3.13
# four test processes on the two cores of a laptop, since a test often waits for the processes that it started
TEST = -m pytest -n 4
UV = uv==0.13.8

# a figure is a file in figures/v2, v1, anil or ours and a sweep of its name (figures/evidence/names.py)
files = $(addprefix $(2),$(basename $(notdir $(wildcard figures/$(1)/*.py))))
FIGURES := $(sort $(filter $(call files,v2,) $(call files,v1,v1_) $(call files,anil,anil_) $(call files,ours,ours_), \
    $(basename $(notdir $(wildcard sweeps/sweep/*.yaml)))))
ifneq ($(filter-out scratch,$(FROM)),)
    $(error FROM=$(FROM) is not known; use FROM=scratch, which ignores committed results and trains into runs/)
endif

ifeq ($(wildcard sweeps/scale/$(SCALE).yaml),)
    $(error SCALE=$(SCALE) is not known; use one of: $(sort $(basename $(notdir $(wildcard sweeps/scale/*.yaml)))))
endif

# An environment is complete if its Python runs and it has a copy of its lock. The copy is written last.
whole = $(shell cmp -s $(1) $(2)/lock && $(2)/bin/python -c '' 2>/dev/null && echo yes)
TRAIN_WHOLE := $(call whole,requirements.lock,.venv)
PLOT_WHOLE := $(call whole,figures/requirements.lock,.venv-figures)
RECIPES_WHOLE := $(call whole,docs/recipes/requirements.lock,.venv-recipes)
PLOT_ENV := $(if $(TRAIN_WHOLE),.venv,.venv-figures)

TRAIN_PYTHON = .venv/bin/python
DRAW = OMP_NUM_THREADS=1 $(PLOT_ENV)/bin/python -m figures
export PYTHONPATH := src
unexport PYTHONDONTWRITEBYTECODE  # otherwise each start compiles all of torch's sources: 18 s instead of 5

.DEFAULT_GOAL := help
.SILENT:  # each command prints what it does
.DELETE_ON_ERROR:
.NOTPARALLEL:  # a sweep uses all cores by itself
.PHONY: help setup $(FIGURES) figures page claims verify repeat plan test test-avx2 coverage test-alone test-recipes test-slurm slurm-up slurm-down bench lint lock ship pack readme settings \
    paper clean redo

help: ## list all targets
	awk -F ':[^#]*## ' '/^[a-z$$][^:=]*:[^#]*## / { \
	    printf "  %-18s%s\n", "make " ($$1 ~ /FIGURES/ ? "<figure>" : $$1), $$2 }' $(firstword $(MAKEFILE_LIST))
	echo 'A <figure> is one of'; echo '$(FIGURES)' | fold -s -w 100 | sed 's/^/  /'

.DEFAULT:  # the letter of a panel does not belong to the name of a figure
	echo "make: $@ is no target; $(or $(patsubst %,make % draws all its panels,$(filter $(foreach l,a b c d,$(patsubst %$l,%,$@)),$(FIGURES))),make help lists all targets)" >&2; exit 2

# without this rule, --always-make would apply .DEFAULT to the Makefile
Makefile: ;

setup: .venv/lock ## create .venv from requirements.lock: a minute or two, 7 GB

# not empty if a figure's sweep names its only scale; SCALE=laptop then trains it at that scale, with the seeds of the plan
own_scale = $(and $(filter laptop,$(SCALE)),$(shell grep ^scale: sweeps/sweep/$(1).yaml))

$(FIGURES): PLOT_ENV = .venv
$(FIGURES): .venv/lock ## train what is missing at SCALE=laptop, then draw; FROM=scratch ignores committed results
	set -- $(if $(call own_scale,$@),$$($(TRAIN_PYTHON) -m figures.evidence.plan_page --overrides $@ || echo none),scale=$(SCALE)); \
	    [ $$1 != none ] || exit 2; $(TRAIN_PYTHON) src/run.py -m sweep=$@ $$* \
	    $(if $(FROM),place.shipped=null,$(if $(call own_scale,$@),place.shipped=paper/planned))
	$(DRAW) $@ --scale $(SCALE) $(if $(FROM),--from runs --beside paper/results)

figures: $(PLOT_ENV)/lock ## draw every figure from committed results; trains nothing, needs no torch
	$(DRAW).network
	$(DRAW) --all --scale $(SCALE) --from paper/results

page: $(PLOT_ENV)/lock ## write figures/out/page.html, one page with all figures, claims and committed runs; trains nothing
	$(DRAW).page

claims: $(PLOT_ENV)/lock ## evaluate every claim on committed results; writes paper/claims.md, .json, fresh.md; needs no torch
	$(DRAW).evidence.fresh
	$(DRAW).evidence.beds
	$(DRAW) --ledger paper --scale $(SCALE) --from paper/results

verify: PLOT_ENV = .venv
verify: .venv/lock ## check committed runs, figures and claims, and list what is stale; a minute
	$(TRAIN_PYTHON) src/run.py verify; runs=$$?; $(TRAIN_PYTHON) src/run.py verify place.shipped=paper/fresh || runs=1; \
	    $(DRAW).verify && exit $$runs

repeat: .venv/lock ## retrain N=3 committed runs and compare; PICK=7 draws the same ones each time
	$(TRAIN_PYTHON) src/run.py repeat runs=$(N) $(if $(PICK),pick=$(PICK))

plan: .venv/lock ## print the runs, time and bits of SWEEP=fig2 at SCALE=laptop; trains nothing
	$(TRAIN_PYTHON) src/run.py plan sweep=$(SWEEP) scale=$(SCALE)

test: .venv/lock ## run the tests in shuffled order; --randomly-seed of pytest repeats an order
	$(TRAIN_PYTHON) $(TEST) --durations=20

coverage: .venv/lock ## measure coverage of src/codist by tests that train in their own process; tracing all tests would take half as long again
	$(TRAIN_PYTHON) -m pytest -n 2 --cov=src/codist --cov-report=term \
	    $(foreach name,algorithm1 codecs exchange feed gradients measure precision schedules,tests/method/test_$(name).py) $(MORE)

# On the simulated GPU images are in channels_last, where oneDNN corrupted the heap (tests/support/pretended.py); on the
# CPU test_layout.py holds that they are not. Dropout and four device batches: other kernels, equal bits in all placements.
test-avx2: .venv/lock ## measure it as on a processor without AVX-512, with tests of images that its kernels may break
	ONEDNN_MAX_CPU_ISA=AVX2 ATEN_CPU_CAPABILITY=avx2 $(MAKE) --no-print-directory coverage \
	    MORE="tests/method/test_card.py tests/method/test_layout.py tests/ranks/test_placement.py -k '(not test_card and not \
	    test_placement) or (resumed_on and (predictions or bf16)) or (spread_over and dropout) or four_device'"

test-alone: .venv/lock ## run each test file in its own process, so that none depends on another
	printf '%s\n' $(filter-out tests/launch/test_slurm% tests/recipes/test_recipe_packages.py,$(wildcard tests/*/test_*.py)) | xargs -n 1 -P 2 $(TRAIN_PYTHON) -m pytest -q

test-recipes: .venv-recipes/lock ## run the recipes with Accelerate, Transformers and TensorBoard, installed into .venv-recipes; a minute
	.venv-recipes/bin/python -m pytest -m recipes tests/recipes

test-slurm: .venv/lock ## test runs on several nodes and their failures, on a real Slurm started on this machine; seven minutes
	slurm/onebox/onebox status > /dev/null 2>&1 && was=up; slurm/onebox/onebox up > /dev/null \
	    && $(TRAIN_PYTHON) -m pytest -m slurm -n 3 --dist loadfile tests/launch/test_slurm*.py; code=$$?; \
	    [ -n "$$was" ] || slurm/onebox/onebox down; exit $$code

slurm-up: ## start a real Slurm on this machine, 4 nodes with 8 pretend V100s each (apt-get install slurm-wlm munge)
	slurm/onebox/onebox up

slurm-down: ## stop the Slurm of slurm-up
	slurm/onebox/onebox down

bench: .venv/lock ## measure what codistillation costs, as ratios: updates, translation, memory, start-up, logging, figures, staleness
	$(TRAIN_PYTHON) -m bench

lint: .venv/lock ## run ruff's rules and format, and mypy; count long lines and words per sentence
	$(TRAIN_PYTHON) -m ruff check
	$(TRAIN_PYTHON) -m ruff format --check
	$(TRAIN_PYTHON) -m mypy
	$(TRAIN_PYTHON) tests/support/readability.py README.md docs/*.md
	$(TRAIN_PYTHON) tests/support/line_lengths.py

lock: .venv/lock ## write the three lock files after a change of pyproject.toml; pins that still fit stay
	$(COMPILE) --group experiments --group figures --group test --group build pyproject.toml --output-file requirements.lock
	$(COMPILE) --group pyproject.toml:figures --constraints requirements.lock --output-file figures/requirements.lock
	$(COMPILE) --group pyproject.toml:recipes --constraints requirements.lock --output-file docs/recipes/requirements.lock
COMPILE = .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --no-emit-index-url --no-emit-find-links \
    --custom-compile-command 'make lock'

ship: $(PLOT_ENV)/lock ## pack finished runs at SCALE from RUNS=runs into TO=paper/results, with SHA-256s, to be committed; other runs there stay
	$(PLOT_ENV)/bin/python -m launch.pack pack $(RUNS) $(TO) $(SCALE)
	$(DRAW).evidence.manifest

pack: $(PLOT_ENV)/lock ## do the same for the runs of paper/plan.yaml at all scales, from RUNS=runs/planned into paper/planned
	$(PLOT_ENV)/bin/python -m launch.pack pack $(if $(filter runs,$(RUNS)),runs/planned,$(RUNS)) paper/planned
	$(DRAW).evidence.manifest

readme: claims ## write the tables and picture of README.md and docs/evidence.md, and SHA-256s of all drawings, from committed results
	$(DRAW) --index docs/evidence.md --from paper/results
	$(DRAW) fig2 --from paper/results --formats png --out paper
	$(DRAW).drawn

settings: .venv/lock ## write paper/settings.csv: n, batch, epochs, updates of every arm at every scale, composed from the sweeps
	$(TRAIN_PYTHON) src/run.py settings > paper/settings.new && mv paper/settings.new paper/settings.csv

paper: $(PLOT_ENV)/lock ## write paper/report.pdf, the whole reproduction, by LaTeX from committed results; needs no torch
	$(DRAW).report

clean: ## remove the drawings, the report and unpacked results; runs and committed results stay
	rm -rf figures/out paper/report.pdf paper/.unpacked

.venv/lock: $(if $(TRAIN_WHOLE),,redo)
	$(find_python); $(find_compiler); $(call install,requirements.lock,.venv)

.venv-figures/lock: $(if $(PLOT_WHOLE),,redo)
	$(find_python); $(call install,figures/requirements.lock,.venv-figures)
	.venv-figures/bin/python -m pip uninstall --quiet --yes uv  # 37 MB that no figure needs

# what .venv has is found there, through a path that every Python reads at its start; torch alone has 5 GB
.venv-recipes/lock: .venv/lock $(if $(RECIPES_WHOLE),,redo)
	echo '.venv-recipes: docs/recipes/requirements.lock, beside .venv'
	$(TRAIN_PYTHON) -m venv --clear --without-pip .venv-recipes
	cd .venv-recipes/lib/python*/site-packages && echo ../../../../.venv/lib/$$(basename $$(dirname $$PWD))/site-packages > training.pth
	grep -vxFf requirements.lock docs/recipes/requirements.lock \
	    | .venv/bin/uv pip install --python .venv-recipes/bin/python --no-deps --requirements -
	cp docs/recipes/requirements.lock .venv-recipes/lock

redo:

define find_python
missing() { echo "$@: missing: $$1" >&2; exit 1; }; \
for python in $(PYTHON) none; do \
    $$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && break; done; \
[ $$python != none ] || missing "Python 3.11, 3.12 or 3.13 (none of: $(PYTHON)): apt-get install python3, or PYTHON=/its/path"; \
$$python -c 'import ensurepip, venv' 2>/dev/null || missing "venv of $$python: apt-get install python3-venv"
endef

define find_compiler
command -v $(CXX) >/dev/null || missing "a C++ compiler ($(CXX)), to build fairseq: apt-get install g++, or CXX=another"; \
include=$$($$python -c 'import sysconfig; print(sysconfig.get_path("include"))'); \
echo '#include <Python.h>' | $(CXX) -x c++ -fsyntax-only -I "$$include" - 2>/dev/null \
    || missing "$$include/Python.h, to build fairseq: apt-get install python3-dev"
endef

# Arguments: 1 the lock, 2 the folder. The folder is emptied first, so that an interrupted setup starts again. A link is
# refused: emptying it would empty the environment of another checkout.
define install
if [ -L $(2) ]; then \
    echo "$(2) is a link to $$(readlink -f $(2)), which was not made from this $(1): make setup there, or remove the link" >&2; exit 1; fi; \
echo "$(2): $(1) with $$($$python -c 'import sys; print("Python", sys.version.split()[0], sys.executable)')"; \
$$python -m venv --clear $(2) \
    && $(2)/bin/python -m pip install --quiet --disable-pip-version-check $(UV) \
    && $(2)/bin/uv pip install --python $(2)/bin/python --build-constraints $(1) --requirements $(1) \
    && cp $(1) $(2)/lock
endef
