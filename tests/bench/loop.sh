#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The loop that people write around a repair tool: an overlay of the image, shown as a file by FUSE, damaged with dd,
# repaired, and every file hashed before and after. In a folder on a tmpfs, so that no disk is waited for.
#   loop.sh fat|ntfs ROUNDS DISK OFFSET DAMAGE
# DAMAGE is a file with bytes for OFFSET, which is a multiple of 512.
set -euo pipefail
kind=$1 rounds=$2 disk=$3 offset=$4 damage=$5
mkdir -p mount copied
trap 'if [ -e pid ]; then umount -ql mount; kill "$(cat pid)"; fi' EXIT # leaves nobody behind if something fails

show() {
    qemu-img create -q -f qcow2 -F raw -b "$disk" overlay.qcow2
    : > shown.raw
    qemu-storage-daemon --daemonize --pidfile "$PWD/pid" \
        --blockdev driver=file,filename=overlay.qcow2,node-name=file \
        --blockdev driver=qcow2,file=file,node-name=overlay \
        --export type=fuse,id=shown,node-name=overlay,mountpoint="$PWD/shown.raw",writable=on
}

hide() {
    kill "$(cat pid)"
    while [ -e pid ]; do sleep 0.002; done # it removes the file when it has ended
    rm overlay.qcow2
}

hash_files() {
    if [ "$kind" = ntfs ]; then
        ntfs-3g -o ro shown.raw mount
        (cd mount && find . -type f -exec sha256sum {} +) > "$1"
        umount mount
    else
        mcopy -s -n -i shown.raw :: copied
        (cd copied && find . -type f -exec sha256sum {} +) > "$1"
        rm -r copied/*
    fi
}

judge() {
    if [ "$kind" = ntfs ]; then
        hash_files before
        ntfsfix -d shown.raw || :
        ntfs-3g.probe --readwrite shown.raw || :
        ntfsfix -n shown.raw || :
    else
        fsck.fat -n shown.raw || :
        fsck.fat -a shown.raw || :
        fsck.fat -n shown.raw || :
    fi
    hash_files after
    [ -s after ]
}

for ((round = 0; round < rounds; round++)); do
    show
    dd if="$damage" of=shown.raw bs=512 seek=$((offset / 512)) conv=notrunc status=none
    judge > said 2>&1
    hide
done
