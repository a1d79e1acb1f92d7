# One word a command. The virtual environments are made when first needed, and only once.
PYTHON ?= python3

RUNTIME := .venv/.complete
EXPORT := .venv-export/.complete
BENCH := .venv-bench/.complete
PEERS := .venv-export/.peers
VOICES := .venv-export/.voices
PROMETHEUS := .venv/.prometheus
FAKETIME := .venv/.faketime
PROXIES := .venv/.proxies
WRK := .venv/.wrk
BROWSER := .venv-browser/.complete
TOOLS := .tools/.complete
FUZZ := .venv-fuzz/.complete
AUDIT := .venv-audit/.complete

# `make serve HOST=0.0.0.0 PORT=9000`; shells export a HOST of their own, which is not meant.
LISTEN := $(if $(filter command,$(origin HOST)),--host $(HOST)) $(if $(PORT),--port $(PORT))

.PHONY: serve test programs test-export test-browser test-monitoring test-faults test-scaling test-deploy test-image
.PHONY: test-fuzz audit lint bench bench-quick bench-older-cpu bench-load bench-soak bench-scaling
.PHONY: export-he export-hi demo-he demo-hi clean

serve: $(RUNTIME)
	.venv/bin/python -m service serve $(LISTEN)

test: $(RUNTIME) programs
	.venv/bin/python -m pytest $(addprefix --ignore=tests/,export browser deploy image monitoring fuzz faults scaling)

# The dashboard and the alerts, on what a real Prometheus scrapes.
test-monitoring: $(RUNTIME) $(PROMETHEUS)
	.venv/bin/python -m pytest tests/monitoring

# What docs/RELIABILITY.md tells, caused again: as root all of it, on small disks of its own.
test-faults: $(RUNTIME) $(FAKETIME)
	.venv/bin/python -m pytest tests/faults

# Several processes behind nginx and HAProxy.
test-scaling: $(RUNTIME) $(PROXIES)
	.venv/bin/python -m pytest tests/scaling

test-export: $(EXPORT) $(VOICES)
	.venv-export/bin/python -m pytest tests/export

# The page, in a real browser; `make test-browser SCREENSHOTS=docs/img` also takes its pictures.
test-browser: $(BROWSER)
	.venv-browser/bin/python -m pytest tests/browser $(if $(SCREENSHOTS),--screenshots $(SCREENSHOTS))

# On Debian: the Kubernetes manifests, built by kustomize, and their queries, run by promtool.
test-deploy: $(RUNTIME) $(TOOLS)
	.venv/bin/python -m pytest tests/deploy

# As root, on Debian: builds the Dockerfile without a Docker engine, and runs what it has built.
test-image: $(RUNTIME)
	timeout 1200 deploy/image/build.sh
	.venv/bin/python -m pytest tests/image

# Every operation of the OpenAPI document, asked of the running service in ways that nobody thought of.
test-fuzz: $(RUNTIME) $(FUZZ)
	.venv/bin/python -m pytest tests/fuzz

# Known vulnerabilities of what is pinned; says so where their database cannot be reached.
audit: $(AUDIT)
	.venv-audit/bin/python deploy/audit.py

lint: $(RUNTIME) $(EXPORT)
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy service bench
	.venv-export/bin/mypy export

# Everything, an hour and a half on two quiet cores; models are built once, under build/bench.
bench: $(RUNTIME) $(BENCH) $(PEERS)
	.venv-export/bin/python -m bench
	.venv/bin/python -m bench.transcribe
	.venv/bin/python -m bench.align --json bench/results/align.json
	.venv/bin/python -m bench.report

# Under five minutes: four engines at 10 s of audio on one thread; docs and bench/results stay.
bench-quick: $(RUNTIME) $(PEERS)
	.venv-export/bin/python -m bench --quick
	.venv/bin/python -m bench.report --results build/bench/quick --print

# On Debian: ONNX Runtime on an emulated CPU without VNNI.
bench-older-cpu: $(EXPORT)
	command -v qemu-x86_64 >/dev/null || \
	    (apt-get update -qq && apt-get install -y -qq --no-install-recommends qemu-user)
	.venv-export/bin/python -m bench.older_cpu

# Half an hour: 1 to 200 clients, against the bare recogniser.
bench-load: $(RUNTIME) $(EXPORT) $(WRK)
	.venv-export/bin/python -m bench.models
	.venv/bin/python -m bench.load --json bench/results/load.json

# Ten minutes of mixed requests, and what they leave in memory.
bench-soak: $(RUNTIME)
	.venv/bin/python -m bench.soak --json bench/results/soak.json

bench-scaling: $(RUNTIME) $(WRK) $(PROXIES)
	.venv/bin/python -m bench.scaling --json bench/results/scaling.json

# The real models, from their hubs.
export-he: $(EXPORT)
	.venv-export/bin/python -m export hf --probe examples/he-1.wav examples/he-2.wav examples/he-3.wav

export-hi: $(EXPORT)
	.venv-export/bin/python -m export nemo --probe examples/hi-1.wav examples/hi-2.wav examples/hi-3.wav

# Make models/he-demo from pointed Hebrew verses and (optional) recordings, and models/hi-demo from
# Hindi sentences and a list of words with their frequencies.
DEMO_TEXT ?= ../shared/data/text/he_pointed_verses.txt
DEMO_AUDIO ?= ../shared/data/audio/he
demo-he: $(EXPORT) $(VOICES)
	.venv-export/bin/python -m export.demo he --text $(DEMO_TEXT) --recordings $(DEMO_AUDIO)

DEMO_SENTENCES ?= ../shared/data/text/hi_sentences.txt
DEMO_WORDS ?= ../shared/data/text/hi_words.txt
demo-hi: $(EXPORT) $(VOICES)
	.venv-export/bin/python -m export.demo hi --sentences $(DEMO_SENTENCES) --words $(DEMO_WORDS) --festival

clean:
	rm -rf .venv .venv-export .venv-bench .venv-browser .venv-fuzz .venv-audit .tools build

$(RUNTIME): requirements.txt requirements-dev.txt requirements-tracing.txt
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.txt \
	    -r requirements-dev.txt -r requirements-tracing.txt
	touch $@

$(FUZZ): requirements-fuzz.txt
	$(PYTHON) -m venv .venv-fuzz
	.venv-fuzz/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-fuzz.txt
	touch $@

$(AUDIT): requirements-audit.txt
	$(PYTHON) -m venv .venv-audit
	.venv-audit/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-audit.txt
	touch $@

$(EXPORT): requirements-export.txt requirements-dev.txt
	$(PYTHON) -m venv .venv-export
	.venv-export/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-export.txt -r requirements-dev.txt
	touch $@

# Peers of the export side's environment: no environment more, for 2.3 GB of torch and NeMo.
$(PEERS): $(EXPORT) requirements-peers.txt
	.venv-export/bin/python -m pip install --quiet --disable-pip-version-check \
	    -r requirements-export.txt -r requirements-peers.txt
	touch $@

# The compiler makes what torchaudio's wheel asks of CUDA when it is loaded beside a torch without;
# where there is none, the benchmark says that torchaudio could not be loaded.
$(BENCH): requirements-bench.txt bench/cuda_absent.c
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -r requirements-bench.txt
	mkdir -p .venv-bench/cuda_absent
	for library in libcudart.so.13 libc10_cuda.so libtorch_cuda.so; do \
	    cc -shared -fPIC -w bench/cuda_absent.c -o .venv-bench/cuda_absent/$$library \
	        -Wl,-soname,$$library,--default-symver || true; \
	done
	touch $@

# The browser and its typefaces for Hebrew and Devanagari are Debian packages. The environment is one
# of its own: `make test` needs no browser.
$(BROWSER): requirements.txt requirements-dev.txt requirements-browser.txt
	$(PYTHON) -m venv .venv-browser
	.venv-browser/bin/python -m pip install --quiet --disable-pip-version-check \
	    -r requirements.txt -r requirements-dev.txt -r requirements-browser.txt
	{ command -v chromium >/dev/null && fc-list | grep -q NotoSerifHebrew; } || \
	    (apt-get update -qq && apt-get install -y -qq --no-install-recommends \
	        chromium fontconfig fonts-noto-core)
	touch $@

# The synthesisers are Debian packages: espeak-ng, whose voices the demos learn from, and Festival,
# with whose Hindi voice hi-demo is measured.
$(VOICES): $(EXPORT)
	{ ldconfig -p | grep -q libespeak-ng.so.1 && command -v festival >/dev/null && \
	    test -d /usr/share/festival/hindi_scm && test -d /usr/share/festival/voices/hindi; } || \
	    (apt-get update -qq && apt-get install -y -qq --no-install-recommends \
	        espeak-ng festival festival-hi festvox-hi-nsk)
	touch $@

# Praat reads the TextGrids that are written, and Node runs one of the example clients: Debian packages.
# Where they cannot be installed, those tests are skipped.
programs:
	{ command -v praat && command -v node; } >/dev/null || ! command -v apt-get >/dev/null || \
	    [ "$$(id -u)" != 0 ] || \
	    (apt-get update -qq && apt-get install -y -qq --no-install-recommends praat nodejs)

# Debian's package starts a daemon of its own where there is an init; the tests start theirs.
$(PROMETHEUS): $(RUNTIME)
	{ command -v prometheus >/dev/null && command -v promtool >/dev/null; } || \
	    (apt-get update -qq && apt-get install -y -qq --no-install-recommends prometheus)
	touch $@

# A clock that jumps, proxies, and clients: Debian packages. The proxies' own daemons are not wanted.
$(FAKETIME): $(RUNTIME)
	ls /usr/lib/*/faketime/libfaketimeMT.so.1 >/dev/null 2>&1 || \
	    (apt-get update -qq && apt-get install -y -qq --no-install-recommends faketime)
	touch $@

$(PROXIES): $(RUNTIME)
	{ command -v nginx && command -v haproxy; } >/dev/null || \
	    (apt-get update -qq && apt-get install -y -qq --no-install-recommends nginx-light haproxy)
	touch $@

$(WRK): $(RUNTIME)
	command -v wrk >/dev/null || \
	    (apt-get update -qq && apt-get install -y -qq --no-install-recommends wrk)
	touch $@

$(TOOLS): $(RUNTIME) requirements-deploy.txt deploy/tools.sh
	.venv/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-deploy.txt
	deploy/tools.sh
	touch $@
