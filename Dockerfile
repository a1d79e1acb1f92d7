# The service as an image. What is in /models is chosen by a build argument:
#
#   docker build -t kolvani .                                the embedded Hebrew and Hindi models
#   docker build -t kolvani:bare --build-arg MODELS=none .   none: mount bundles at /models
#   docker build -t kolvani:he --build-arg MODELS=hebrew .   the real Hebrew model, exported here
#
# Python 3.11: the version that the types, the tests and the pinned wheels are held to, and that of
# Debian 12, from which deploy/image/build.sh makes a stand-in for this base where there is no hub.
ARG BASE=python:3.11-slim-bookworm


# What runs: the pinned libraries and the service, compiled, less what no request touches.
FROM ${BASE} AS application
RUN apt-get update -qq \
    && DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends binutils >/dev/null
RUN python -m venv --without-pip /opt/kolvani
COPY requirements.txt /build/
# A machine's own package index is told as a secret, and leaves no trace in the image.
RUN --mount=type=secret,id=pip.conf,target=/etc/pip.conf,mode=0444 \
    python -m pip --python /opt/kolvani/bin/python install \
        --quiet --no-cache-dir --no-compile --disable-pip-version-check --root-user-action=ignore \
        -r /build/requirements.txt
COPY deploy/image/slim.sh /build/
RUN sh /build/slim.sh /opt/kolvani
COPY service /opt/kolvani/app/service
# A read-only root can keep no compiled modules: without these, every start compiles for seconds.
# Found by content, not by time, as copying may change the times.
RUN python -m compileall -q --invalidation-mode unchecked-hash /opt/kolvani


# What it serves. The export needs torch, which stays behind in this stage, and for this model no NeMo.
FROM ${BASE} AS models
ARG MODELS=demo
# Of the real Hebrew model: the checkpoint (a hub id, or a mounted folder), and the hub's cache
# (mount one to export without the hub, or to download only once). Where the index has no build of
# torch for CPUs, name one that has: --build-arg PIP_EXTRA_INDEX_URL=...
ARG ALIGN_MODEL=imvladikon/wav2vec2-xls-r-300m-hebrew
ARG HF_HOME=/root/.cache/huggingface
ARG PIP_EXTRA_INDEX_URL
WORKDIR /build
COPY requirements-export.txt ./
RUN --mount=type=secret,id=pip.conf,target=/etc/pip.conf,mode=0444 \
    if [ "$MODELS" = hebrew ]; then \
        grep -v ^nemo requirements-export.txt >requirements-hf.txt \
        && python -m venv --without-pip export-environment \
        && python -m pip --python export-environment/bin/python install \
            --quiet --no-cache-dir --disable-pip-version-check --root-user-action=ignore \
            -r requirements-hf.txt; \
    fi
COPY service ./service
COPY export ./export
COPY tokens ./tokens
COPY examples ./examples
COPY models ./models
RUN case "$MODELS" in \
        none) mkdir /models ;; \
        demo) cp -R models /models ;; \
        hebrew) HF_HOME="$HF_HOME" export-environment/bin/python -m export hf \
            --checkpoint "$ALIGN_MODEL" --output /models \
            --probe examples/he-1.wav examples/he-2.wav examples/he-3.wav ;; \
        *) echo "MODELS: expected demo, hebrew or none, got $MODELS" >&2; exit 1 ;; \
    esac


FROM ${BASE} AS runtime
ARG BASE
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG CREATED=unknown
LABEL org.opencontainers.image.title="Kolvani" \
      org.opencontainers.image.description="Speech to text with word times, and word times for a given text, in Hebrew and Hindi, on a CPU" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.base.name="${BASE}"
# Nothing is installed at run time: no installer is left to whoever gets in.
RUN rm -rf /usr/local/lib/python3*/site-packages/* /usr/local/lib/python3*/ensurepip \
        /usr/lib/python3*/ensurepip /usr/lib/python3/dist-packages/pip* \
        /usr/lib/python3/dist-packages/setuptools* /usr/lib/python3/dist-packages/wheel* \
        /usr/share/python-wheels /usr/local/bin/pip* /usr/bin/pip* \
    && groupadd --gid 10001 kolvani \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent \
        --shell /usr/sbin/nologin kolvani \
    # Where a volume for prepared models goes: a new one takes its owner from here.
    && install -d -o 10001 -g 10001 /var/cache/kolvani
COPY --from=models /models /models
COPY --from=application /opt/kolvani /opt/kolvani
ENV PATH=/opt/kolvani/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    KOLVANI_HOST=0.0.0.0 \
    KOLVANI_PORT=8000 \
    KOLVANI_MODELS_DIR=/models \
    KOLVANI_CACHE_DIR=
WORKDIR /opt/kolvani/app
USER 10001:10001
EXPOSE 8000
# The only folder that is written to: long audio waits there, 230 MB an hour, in unnamed files.
VOLUME ["/tmp"]
STOPSIGNAL SIGTERM
# Alive, not ready: a service that is loading or busy is no reason to start another.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=6 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ['KOLVANI_PORT'] + '/health', timeout=4)"]
# In exec form the process gets the signals itself. `docker run kolvani transcribe --help` works, too.
ENTRYPOINT ["python", "-m", "service"]
CMD ["serve"]
