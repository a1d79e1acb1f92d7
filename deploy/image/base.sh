#!/usr/bin/env bash
# A stand-in for python:3.11-slim-bookworm, made of Debian's own packages, where no image hub is in
# reach. Python is Debian's (in /usr/bin, not /usr/local), and the whole is some 20 MB larger.
# usage: base.sh IMAGE    (buildah's storage is chosen by its environment)
set -euo pipefail
image=$1
root=$(mktemp -d)
made_in_memory=
cleanup() {
    [ -z "$made_in_memory" ] || umount "$root"
    rm -rf "$root"
}
trap cleanup EXIT

# dpkg asks the disk to confirm every file: in memory that takes half a minute instead of four.
if mount -t tmpfs -o size=1g,mode=0755 tmpfs "$root"; then made_in_memory=yes; fi

debootstrap --variant=minbase --include=python3,python3-pip,python3-venv,ca-certificates \
    bookworm "$root"
# As in the real one: no lists, caches, manuals or translations, no disk asked to confirm each file
# of a package, and python has its short name.
rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/var/log/* \
    "$root"/usr/share/{doc,info,locale,man}/*
echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/docker-apt-speedup"
ln -s python3 "$root/usr/bin/python"

container=$(buildah from scratch)
buildah add --quiet "$container" "$root" /
buildah config --env PATH=/usr/local/bin:/usr/local/sbin:/usr/bin:/usr/sbin:/bin:/sbin "$container"
buildah commit --quiet --rm "$container" "$image"
