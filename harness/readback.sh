#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Reads every file below the folder $1, in the jail and inside the appliance alike; readback.py understands the answer.
# Names are any bytes, so records end with NUL, and messages, which quote names, are not used to tell which file failed.
# One find for all files, as each command is slow under emulation; only files that were listed but not hashed are read
# once more, to learn how far they can be read, and why no further.

hashes=/dev/shm/hashes sizes=/dev/shm/sizes errors=/dev/shm/errors
: > $hashes; : > $sizes; : > $errors

if cd "$1" 2> /dev/null; then
    find . -type f -fprintf $sizes '%s %p\0' -exec sha256sum -z {} + > $hashes 2> $errors
    cd /
else
    why=$(find "$1" -maxdepth 0 2>&1)
    echo "find: '.': ${why##*: }" > $errors
fi

echo '== hashes'; head -c 1M $hashes; echo
echo '== sizes'; head -c 1M $sizes; echo
echo '== errors'
if [ -s $errors ]; then
    grep -a '^find: ' $errors | head -c 1M
    echo '== beginnings'
    sed -z 's/^[^ ]* *//' $hashes | sort -z > /dev/shm/read
    # shellcheck disable=SC2016 # the inner shell expands these
    sed -z 's/^[^ ]* //' $sizes | sort -z | comm -z -23 - /dev/shm/read | (cd "$1" && xargs -0 -r -n 1 sh -c '
        size=$(cat "$0" 2> /dev/shm/errors | wc -c)
        sum=$(head -c "$size" "$0" | sha256sum)
        printf "%s %s %s\0%s\0" "$size" "${sum%% *}" "$0" "$(head -c 1k /dev/shm/errors)"') 2> /dev/null
    echo
fi
