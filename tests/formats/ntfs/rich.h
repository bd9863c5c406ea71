// SPDX-License-Identifier: GPL-2.0-or-later
//
// A volume with something of everything: resident and large files, streams, holes, a compressed file, a
// directory of many names, a file in so many runs that its record overflows into others.
#pragma once

#include "image.h"

namespace lab {

inline std::unique_ptr<Volume> make_rich_volume() {
  std::unique_ptr<Volume> volume = make_volume({32 << 20, 4096, 512, "rich"});
  volume->fill(R"(
    mkdir -p dir/sub many packed
    printf 'a small file' > dir/a.txt
    seq 20000 > dir/sub/numbers.txt
    printf 'in a stream' > dir/a.txt:stream
    seq 5000 > 'dir/a.txt:large stream'
    ln dir/a.txt dir/second.txt
    seq 9 > 'Größe Имя.txt'
    truncate -s 1M holes.bin
    printf middle | dd of=holes.bin bs=1 seek=500000 conv=notrunc status=none
    for n in $(seq 60); do echo $n > "many/file number $n of many.txt"; done
    setfattr -n system.ntfs_attrib_be -v 0x00000800 packed
    seq 30000 > packed/log.txt
    python3 -c "
file = open('pieces.bin', 'wb', 0)
for n in reversed(range(300)): file.seek(n * 4096); file.write(b'piece %d' % n)") ");
      return volume;
}

} // namespace lab
