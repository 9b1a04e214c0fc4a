# Each target does the set-up it needs: a virtual environment in .venv, made once.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
DEMO := demo
ROOT_FLAG := $(if $(filter 0,$(shell id -u)),--allow-root)

.PHONY: install demo test lab docs readme notebooks bench clean

install: .venv/.installed
.venv/.installed: settings.ini setup.py pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@

demo: install            ## repair a recording, write demo/report.html, then train a small network
	$(BIN)/motionfm demo -o $(DEMO)

# Two workers, and one thread of linear algebra in each: more would wait for each other. The tests of a file stay
# with one worker, as they share what is costly: a site, an environment. Notebooks go to whichever is free.
test: export OMP_NUM_THREADS = 1
test: export OPENBLAS_NUM_THREADS = 1
test: install            ## run every notebook and every test
	$(BIN)/python -m pytest -n 2 --dist loadgroup --durations 60

lab: install             ## open the first page of the book
	$(BIN)/jupyter lab --ip 127.0.0.1 $(ROOT_FLAG) --notebook-dir nbs --LabApp.default_url /lab/tree/index.ipynb

docs: install            ## build the site into _docs/, with Quarto where it is installed
	$(BIN)/python tools/docs.py

readme: install          ## write README.md from nbs/index.ipynb
	$(BIN)/python tools/readme.py

notebooks: install       ## export, run all notebooks, and save what they show
	$(BIN)/nbdev_export
	$(BIN)/jupyter nbconvert --to notebook --execute --inplace --ExecutePreprocessor.store_widget_state=False \
		--ExecutePreprocessor.coalesce_streams=True nbs/*.ipynb nbs/*/*.ipynb
	$(BIN)/nbdev_clean

bench: install           ## print the benchmark tables
	$(BIN)/python benchmarks/bench.py && $(BIN)/python benchmarks/bench_speed.py
	$(BIN)/python benchmarks/bench_view.py && $(BIN)/python benchmarks/bench_formats.py

clean:                   ## remove what the other targets made, but not .venv
	rm -rf _docs _proc build dist $(DEMO)
