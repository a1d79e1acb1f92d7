#!/usr/bin/env bash
# What takes the room in an image's unpacked root, in megabytes of file contents. The layers are a
# little larger: what one of them deletes still stands in the one below.
# usage: sizes.sh ROOT
set -euo pipefail
cd "$1"
megabytes() { du --apparent-size --block-size=1000000 --summarize "$@" | awk '{ print $1, $2 }'; }
packages=$(echo opt/kolvani/lib/python3*/site-packages)

echo "without models: $(du --apparent-size --block-size=1000000 -s --exclude=./models . | cut -f1)"
megabytes ./usr ./opt/kolvani ./models
echo "largest of the libraries:"
megabytes "$packages"/* | sort -rn | sed -n 1,8p
