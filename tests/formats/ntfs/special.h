// SPDX-License-Identifier: GPL-2.0-or-later
//
// A volume with what only Windows makes as a rule, made through the extended attributes by which ntfs-3g
// takes it in whole: a security descriptor, extended attributes, reparse points, an object id, the keys of an
// encrypted file. And a change journal, under a name of the same length as its own, for ntfs-3g does not let
// anybody into $Extend.
#pragma once

#include "image.h"

namespace lab::ntfs_test {

inline std::unique_ptr<Volume> make_special_volume() {
  std::unique_ptr<Volume> volume = make_volume({32 << 20, 4096, 512, "special"});
  volume->fill(R"sh(
    echo secured > secured.txt
    echo with > ea.txt
    echo plain > plain.txt
    mkdir junction AExtend
    touch link lx own AExtend/AUsnJrnl AExtend/other
    python3 -c "
import os, struct
sid = lambda authority, *subs: struct.pack('<BB6s', 1, len(subs), bytes([0, 0, 0, 0, 0, authority])) + struct.pack('<%dI' % len(subs), *subs)
owner, group, everybody = sid(5, 21, 1, 2, 3, 1000), sid(5, 32, 545), sid(1, 0)
ace = lambda kind, flags, mask, who: struct.pack('<BBHI', kind, flags, 8 + len(who), mask) + who
acl = lambda *aces: struct.pack('<BBHHH', 2, 0, 8 + sum(map(len, aces)), len(aces), 0) + b''.join(aces)
dacl = acl(ace(1, 0, 2, group), ace(0, 3, 0x1f01ff, owner), ace(0, 0x10, 0x1200a9, everybody))
sacl = acl(ace(2, 0x40, 0x10000, everybody))
parts = [sacl, dacl, owner, group]
places = [20 + sum(map(len, parts[:n])) for n in range(4)]
descriptor = struct.pack('<BBHIIII', 1, 0, 0x8014, places[2], places[3], places[0], places[1]) + b''.join(parts)
os.setxattr('secured.txt', 'system.ntfs_acl', descriptor)
def ea(flags, name, value):
    entry = struct.pack('<BBH', flags, len(name), len(value)) + name + b'\0' + value
    entry += bytes(-len(entry) % 4)
    return struct.pack('<I', 4 + len(entry)) + entry
os.setxattr('ea.txt', 'system.ntfs_ea', ea(0x80, b'FIRST', b'one') + ea(0, b'SECOND', b'twenty-two'))
reparse = lambda tag, data, before=b'': struct.pack('<IHH', tag, len(data), 0) + before + data
def names(followed, shown, flags=b''):
    a, b = followed.encode('utf-16le'), shown.encode('utf-16le')
    return struct.pack('<HHHH', 0, len(a), len(a) + 2, len(b)) + flags + a + b'\0\0' + b + b'\0\0'
backslash = chr(92)
os.setxattr('junction', 'system.ntfs_reparse_data', reparse(0xa0000003, names(backslash + '??' + backslash + 'C:' + backslash + 'there', 'C:' + backslash + 'there')))
os.setxattr('link', 'system.ntfs_reparse_data', reparse(0xa000000c, names('plain.txt', 'plain', struct.pack('<I', 1))))
os.setxattr('lx', 'system.ntfs_reparse_data', reparse(0xa000001d, struct.pack('<I', 2) + b'plain.txt'))
os.setxattr('own', 'system.ntfs_reparse_data', reparse(0x1234, b'own data', bytes(range(16))))
os.setxattr('plain.txt', 'system.ntfs_object_id', bytes(range(16)))
open('encrypted.bin', 'wb').write(b'x' * 512 + struct.pack('<H', 100))
key = struct.pack('<IIIII', 52, 36, 16, 20, 0) + b'K' * 16 + b'C' * 16
arrays = struct.pack('<I', 1) + key
os.setxattr('encrypted.bin', 'user.ntfs.efsinfo', struct.pack('<IIII', 76 + len(arrays), 0, 2, 0) + b'A' * 16 + b'B' * 16 + b'C' * 16 + struct.pack('<III', 76, 0, 0) + arrays)
def record(version, usn, reason, name):
    text = name.encode('utf-16le')
    ids = struct.pack('<QQ', 64 | 1 << 48, 5 | 5 << 48) if version == 2 else struct.pack('<QQQQ', 64 | 1 << 48, 0, 5 | 5 << 48, 0)
    at = 8 + len(ids) + 36
    size = -(-(at + len(text)) // 8) * 8
    head = struct.pack('<IHH', size, version, 0) + ids + struct.pack('<QQIIIIHH', usn, 132000000000000000, reason, 0, 257, 0x20, len(text), at)
    return (head + text).ljust(size, b'\0')
start = 1 << 20
first = record(2, start, 0x100, 'made.txt')
second = record(2, start + len(first), 0x80000100, 'made.txt')
third = record(3, start + 4096, 0x200, 'gone.txt')
records = (first + second).ljust(4096, b'\0') + third
with open('AExtend/AUsnJrnl:\$J', 'wb') as file:
    file.seek(start)
    file.write(records)
with open('AExtend/other', 'wb') as file: file.write(records)
with open('AExtend/AUsnJrnl:\$Max', 'wb') as file: file.write(struct.pack('<QQQQ', 32 << 20, 4 << 20, 132000000000000000, 1 << 20))
"
  )sh",
               "streams_interface=windows,efs_raw");
  return volume;
}

/// Puts the journal where Windows has it. The directory is then no longer sorted, which ntfs-3g does not
/// survive.
inline void put_journal_in_place(Volume &volume) {
  set(volume, "ntfs.mft[5].index[\"$Extend\"].file_name.name", std::string("ZExtend"));
  set(volume, "ntfs.mft[5].index[\"AExtend\"].file_name.name", std::string("$Extend"));
  set(volume, "ntfs.mft[\"/$Extend\"].index[\"AUsnJrnl\"].file_name.name", std::string("$UsnJrnl"));
}

} // namespace lab::ntfs_test
