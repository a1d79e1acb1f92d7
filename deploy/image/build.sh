#!/usr/bin/env bash
# Builds the Dockerfile without a Docker engine, as root: Debian's buildah, on a stand-in base.
# usage: build.sh [buildah's options, such as --build-arg MODELS=none]
#
# Leaves the image localhost/kolvani in build/image/storage, its root unpacked at build/image/root,
# and what it says of itself in build/image/image.json: what tests/image looks at.
# Packages come from where this machine's pip gets them; the image does not learn where that is.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=$PWD/build/image
base=localhost/python:3.11-slim-bookworm
image=localhost/kolvani

if ! command -v buildah debootstrap >/dev/null; then
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends buildah debootstrap
fi

mkdir -p "$out"
printf '[storage]\ndriver = "vfs"\ngraphroot = "%s"\nrunroot = "%s"\n' \
    "$out/storage" "$out/running" >"$out/storage.conf"
printf 'unqualified-search-registries = ["localhost"]\n' >"$out/registries.conf"
export CONTAINERS_STORAGE_CONF=$out/storage.conf CONTAINERS_REGISTRIES_CONF=$out/registries.conf
export STORAGE_DRIVER=vfs BUILDAH_ISOLATION=chroot

buildah inspect --type image "$base" >/dev/null 2>&1 || deploy/image/base.sh "$base"

# The machine's own pip configuration, as a secret, and the folders that it names.
secret=$(mktemp)
trap 'rm -f "$secret"' EXIT
mounts=(--volume /etc/ssl/certs:/etc/ssl/certs:ro)
while read -r folder; do
    mounts+=(--volume "$folder:$folder:ro")
done < <(python3 deploy/image/pip_configuration.py "$secret")

rm -f "$out/root"
buildah rm --all >/dev/null
buildah bud --pull-never --network host --format docker --tag "$image" \
    --secret "id=pip.conf,src=$secret" "${mounts[@]}" \
    --build-arg REVISION="$(git rev-parse HEAD 2>/dev/null || echo unknown)" \
    --build-arg CREATED="$(date -u +%Y-%m-%dT%H:%M:%SZ)" \
    "$@" .

buildah inspect --type image "$image" >"$out/image.json"
ln -s "$(buildah mount "$(buildah from --pull-never "$image")")" "$out/root"
deploy/image/sizes.sh "$out/root"
