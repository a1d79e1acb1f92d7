#!/usr/bin/env bash
# Runs a command in an unpacked image without a container engine, as root: as the image's user, with
# no capability to be had, on a root that cannot be written but for /tmp, as process 1 of its own
# process and mount namespaces. The environment is passed on as it is.
# usage: run.sh ROOT TEMPORARY-FOLDER USER:GROUP WORKING-FOLDER COMMAND...
set -euo pipefail
if [ "${1:-}" != --inside ]; then
    exec unshare --mount --pid --fork --kill-child --propagation private "$0" --inside "$@"
fi
root=$2 temporary=$3 user=${4%:*} group=${4#*:} folder=$5
shift 5
mount --bind "$root" "$root"
mount -o remount,bind,ro "$root"
mount --bind "$temporary" "$root/tmp"
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys" # the CPU quota is read there
mount --rbind /dev "$root/dev"
exec setpriv --no-new-privs --bounding-set=-all,+setuid,+setgid,+sys_chroot \
    unshare --root="$root" --wd="$folder" --setgid="$group" --setuid="$user" -- "$@"
