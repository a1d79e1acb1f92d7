#!/usr/bin/env bash
# The programs that the tests of deploy/ run, out of Debian's own packages into .tools: nothing is
# installed. Whatever runs here, kustomize is Debian 13's, as 12 has none, and promtool Debian 12's, as
# 13's prometheus comes without it. apt checks the signatures; the mirror is this machine's own.
# usage: tools.sh    (on Debian, with apt)
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mirror=$(apt-get indextargets --format '$(ORIGIN) $(REPO_URI)' 'Created-By: Packages' |
    awk '$1 == "Debian" { print $2; exit }')
mkdir -p "$work"/{sources,lists/partial,cache/archives/partial}
printf 'Types: deb\nURIs: %s\nSuites: bookworm trixie\nComponents: main\nSigned-By: %s\n' \
    "$mirror" /usr/share/keyrings/debian-archive-keyring.gpg >"$work/sources/debian.sources"
options=(-qq -o Dir::Etc::sourcelist=/dev/null -o "Dir::Etc::sourceparts=$work/sources"
    -o "Dir::State::lists=$work/lists" -o "Dir::Cache=$work/cache" -o APT::Sandbox::User=root)

apt-get "${options[@]}" update
(cd "$work" && apt-get "${options[@]}" download kustomize/trixie prometheus/bookworm)
for package in "$work"/*.deb; do
    dpkg-deb --extract "$package" "$work/unpacked"
done
mkdir -p .tools
install "$work"/unpacked/usr/bin/{kustomize,promtool} .tools/
