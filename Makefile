# Targets for people who change voxmend. Tools come from the project's own environment, which
# installers/uv.sh makes on first use.
.POSIX:
.PHONY: install lint type test test-lua slow slow-reaper slow-faults slow-sound slow-truth slow-endurance slow-rest fuzz audit bench gpu all format vectors pictures imports icons reapack replay

PREPARE = root="$(CURDIR)"; . installers/uv.sh; prepare --group test
RUN = $(PREPARE) && in_env

install: # all that is needed to work on voxmend, into .venv
	@$(PREPARE)

lint: # style of Python, and of Lua where luacheck is installed
	@$(RUN) ruff check . && in_env ruff format --check .
	@if command -v luacheck >/dev/null; then luacheck --quiet daw_scripts tests; \
	else echo 'luacheck: skipped, not installed (Debian: lua-check)'; fi

type: # mypy, strict
	@$(RUN) mypy

test: # what continuous integration runs
	@sh installers/test.sh

test-lua: # only the tests that concern REAPER and Lua
	@$(RUN) python -m pytest -m 'not slow' -k 'lua or reaper'

slow: # the long tests, part by part; what has passed is not run again: .slow/
	@$(RUN) python tests/slow.py

# One part, an hour at most; exit code 3 (make says 2): the same command goes on with what is left.
slow-reaper slow-faults slow-sound slow-truth slow-endurance slow-rest:
	@part=$@; $(RUN) python tests/slow.py "$${part#slow-}"

fuzz: # foreign bytes, many: the test command tries fewer of them
	@$(PREPARE) && VOXMEND_FUZZ=whole in_env python -m pytest tests/fuzz --timeout 3600 -s

# uv asks osv.dev, which needs a network. AUDIT holds more options of `uv audit`.
audit: # what voxmend is made of, into dist/, and whether any of it has a known hole
	@$(RUN) python -m voxmend_bench.sbom dist/voxmend.cdx.json "$$uv" && \
	"$$uv" audit --project "$$root" --frozen --preview-features audit-command $(AUDIT)

bench: # speed on this machine
	@sh installers/run.sh bench speed

gpu: # speed on a graphics card, and whether it gives what the processor gives, into dist/gpu.jsonl
	@$(RUN) python -m voxmend_bench.gpu $(GPU)

all: test slow # everything

format: # rewrite Python in the house style
	@$(RUN) ruff check --fix . && in_env ruff format .

vectors: # schema and vectors, made anew from the protocol
	@$(RUN) python -m voxmend_protocol.schema >schema.new && mv schema.new protocol/schema/v2.json
	@$(RUN) python -m voxmend_vectors

pictures: # those of the command line, the report and REAPER's windows in docs, made anew
	@$(RUN) python -m voxmend_bench.pictures && in_env python -m voxmend_bench.report_pictures && \
	in_env env PYTHONPATH=tests python -m reaper.window_pictures

icons: # REAPER's toolbar icons, drawn anew
	@$(RUN) python -m voxmend_bench.icons

# BASE_URL is where dist/reapack will be reached; $$version in it stands for the version.
reapack: # what a release publishes for ReaPack, checked, into dist/reapack
	@$(RUN) python installers/reapack --base-url '$(BASE_URL)' --out dist/reapack

replay: # TRACE=self-test.json of a real REAPER, held against the stand-in
	@$(RUN) env PYTHONPATH=tests python -m reaper.replay '$(TRACE)'

imports: # the drawing of who imports whom, made anew
	@$(RUN) python -m voxmend_bench.imports --write
