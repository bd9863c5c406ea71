#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Reads every file below the folder $1, in the jail and inside the appliance alike; readback.py understands the answer.
# Names are any bytes, so records end with NUL. One find for all files, as each command is slow under emulation; only
# files that gave an error are read once more, to learn how far they can be read.

echo '== hashes'
(cd "$1" && find . -type f -fprintf /dev/shm/sizes '%s %p\0' -exec sha256sum -z {} + 2> /dev/shm/errors) | head -c 1M
echo; echo '== sizes'
head -c 1M /dev/shm/sizes
echo; echo '== errors'
if [ -s /dev/shm/errors ]; then
    head -c 1M /dev/shm/errors
    echo '== beginnings'
    sed -n "s/^sha256sum: '\{0,1\}\(\.\/.*[^']\)'\{0,1\}: [^:]*$/\1/p" /dev/shm/errors | while read -r path; do
        size=$(cat "$1/$path" 2> /dev/null | wc -c)
        sum=$(head -c "$size" "$1/$path" 2> /dev/null | sha256sum)
        printf '%s %s %s\0' "$size" "${sum%% *}" "$path"
    done
fi
