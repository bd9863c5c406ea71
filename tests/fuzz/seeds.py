#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes the seed images beside this file: volumes of the file systems' own tools, without what no structure uses.

A seed is a text that can be read in review. `size N` is the disk's, `path P` is worth asking for, and every other line
is an offset and the bytes there in hexadecimal; `ff*4096` is one byte many times. What no line names is zero.

    tests/fuzz/seeds.py          makes all of them again (as root: ntfs-3g mounts its volume in a namespace of its own)
    tests/fuzz/seeds.py NAME...  only these

The tools draw serial numbers and times, so a seed differs each time it is made; there is no need to make one again
but to change what is on it. One more format is one more function with `@seed`; a seed is found by being in the
folder. Its number comes first in its name, is its first byte in the fuzzer's input, and must never change.
"""
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from harness.images.exfat_writer import Writer  # noqa: E402

FOLDER = Path(__file__).parent / "seeds"
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "MTOOLS_SKIP_CHECK": "1"}
UPCASE = b"".join(unit.to_bytes(2, "little") for unit in range(97))
KIB, MIB = 1 << 10, 1 << 20

SEEDS: dict[str, tuple[Callable[[Path], None], tuple[str, ...]]] = {}


def seed(name: str, *paths: str) -> Callable[[Callable[[Path], None]], Callable[[Path], None]]:
    """Enters a function that makes the disk in a file, and paths that lead through most of what looks things up."""

    def enter(make: Callable[[Path], None]) -> Callable[[Path], None]:
        SEEDS[name] = make, paths
        return make

    return enter


def run(*argv: object, text: str = "") -> None:
    subprocess.run([str(word) for word in argv], input=text.encode(), check=True, capture_output=True, env=ENVIRONMENT)


def empty(disk: Path, size: int) -> None:
    with open(disk, "wb") as file:
        file.truncate(size)


def format_ntfs(disk: Path, size: int, cluster: int, sector: int = 512) -> None:
    empty(disk, size)
    run("mkntfs", "--force", "--quick", "--label", "seed", "--cluster-size", cluster, "--sector-size", sector,
        "--partition-start", 0, "--heads", 16, "--sectors-per-track", 63, disk)


def fill_ntfs(disk: Path, script: str) -> None:
    """Runs a shell script in the root of the mounted volume; the mount ends with it."""
    mounted = disk.with_suffix(".mounted")
    mounted.mkdir()
    whole = f"""ntfs-3g -o no_detach,streams_interface=windows,compression '{disk}' '{mounted}' & server=$!
until mountpoint -q '{mounted}'; do kill -0 $server; done
cd '{mounted}'
{script}
cd /
umount '{mounted}'
wait $server
"""
    run("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-euc", whole)


def format_fat(disk: Path, bits: int, size: int, *options: object, offset: int = 0) -> None:
    """A directory with a long name in it, a file of several clusters, a fragmented one, a deleted one."""
    volume = disk.with_suffix(".volume")
    empty(volume, size)
    run("mkfs.fat", "-F", bits, "-i", "5eed5eed", "-n", "SEED", *options, volume)
    run("mmd", "-i", volume, "::/DIR", "::/DIR/SUB")
    for name, length in (("A.TXT", 1), ("DIR/a rather long name.txt", 600), ("B.BIN", 3000), ("DIR/SUB/C", 513)):
        run("mcopy", "-i", volume, "-", f"::/{name}", text="x" * length)
    run("mdel", "-i", volume, "::/A.TXT")
    run("mcopy", "-i", volume, "-", "::/fragmented.bin", text="y" * 5000)
    with open(volume, "rb") as source, open(disk, "r+b" if disk.exists() else "wb") as file:
        file.seek(offset)
        file.write(source.read())


@seed("00-ntfs",
      'ntfs.mft[5].index["d"].file_name.parent_record',
      'ntfs.mft["/d/link"].data["stream"]',
      'ntfs.mft["/pieces"].data.run[3].lcn',
      'ntfs.mft["/packed/p"].data.content',
      'ntfs.mft["/many"].data["a stream with a name that takes its room 3"].content',
      'ntfs.mft["/hole"].data@0+512',
      'ntfs.mirror["/$MFT"]',
      "ntfs.logfile",
      "ntfs.bitmap.bit[100]",
      "ntfs.label")
def ntfs(disk: Path) -> None:
    """Everything that a record can hold: blocks of an index, streams, runs, a hole, compression, a list of attributes."""
    format_ntfs(disk, 2 * MIB, 512)
    fill_ntfs(disk, """
mkdir d; for n in 01 02 03 04 05 06 07 08 09 10 11 12; do echo $n > "d/a longer name $n"; done
echo x > a; echo y > a:stream; ln a d/link
truncate -s 100K hole; printf z | dd of=hole bs=1 seek=50000 conv=notrunc status=none
mkdir packed; setfattr -h -v 0x00080000 -n system.ntfs_attrib packed
head -c 9000 /dev/zero | tr '\\0' q > packed/p
for n in 1 2 3 4 5 6 7 8 9; do head -c 700 /dev/zero | tr '\\0' r >> pieces; head -c 700 /dev/zero | tr '\\0' s >> others; done
for n in 1 2 3 4 5 6 7 8 9 10 11 12; do echo $n > "many:a stream with a name that takes its room $n"; done
""")


@seed("01-ntfs-4k",
      "ntfs.mft[0].data.run[0].lcn",
      'ntfs.mft["/$Extend/$Quota"]',
      "ntfs.boot_backup",
      'ntfs.mft[5].index["$MFT"]',
      "ntfs.mft[0].fixup.saved[0]",
      "ntfs.upcase.entry[97]")
def ntfs_4k(disk: Path) -> None:
    """Sectors and records of 4096 bytes, as on a disk whose sectors are that large."""
    format_ntfs(disk, 4 * MIB, 4096, 4096)


@seed("02-fat12",
      'fat12.file["/dir/sub/c"].chain[0].next',
      'fat12.file["/DIR/a rather long name.txt"].lfn[1].name',
      'fat12.file["/B.BIN"].content',
      "fat12.fat[1].entry[7]",
      "fat12.root.entry[3]",
      "fat12.label")
def fat12(disk: Path) -> None:
    format_fat(disk, 12, 160 * KIB)


@seed("03-fat16",
      'fat16.file["/dir/sub/c"].chain[0].next',
      'fat16.file["/DIR/a rather long name.txt"].lfn[1].name',
      'fat16.file["/B.BIN"].content',
      "fat16.fat[1].entry[7]",
      "fat16.root.entry[3]",
      "fat16.label")
def fat16(disk: Path) -> None:
    format_fat(disk, 16, 4 * MIB, "-s", 1, "-f", 2)


@seed("04-fat32",
      'fat32.file["/dir/sub/c"].chain[0].next',
      'fat32.file["/DIR/a rather long name.txt"].lfn[1].name',
      'fat32.file["/B.BIN"].content',
      "fat32.fat[1].entry[7]",
      "fat32.root.entry[3]",
      "fat32.label",
      "fat32.fsinfo_backup",
      "fat32.boot_backup@0+1024")
def fat32(disk: Path) -> None:
    """The smallest that has as many clusters as a FAT32 must have."""
    format_fat(disk, 32, 34 * MIB, "-s", 1)


@seed("05-mbr",
      "mbr.entry[3].start_lba",
      "ebr[2].entry[2].start_lba",
      "part[1].fat12.root.entry[2]",
      'part[5].fat12.file["/fragmented.bin"].chain[2]',
      "part[7]@0x10+512",
      "@0x7e00")
def mbr(disk: Path) -> None:
    """Two primary partitions, an extended one with three logical ones; a volume in partitions 1 and 5."""
    empty(disk, 4 * MIB)
    run("sfdisk", disk, text="label: dos\nlabel-id: 0x5eed5eed\n2048,1024,1\n3072,512,7\n3584,4608,5\n"
        "start=3648,size=1024,type=1\nstart=4736,size=512,type=b\nstart=5312,size=256,type=83\n")
    format_fat(disk, 12, 512 * KIB, offset=2048 * 512)
    format_fat(disk, 12, 512 * KIB, offset=3648 * 512)


@seed("06-gpt",
      "gpt.primary.entry[1].first_lba",
      "gpt.backup.entry[4].name",
      "part[1].fat12.boot",
      "part[2].type",
      "@0+512",
      "gpt.primary@0+4096")
def gpt(disk: Path) -> None:
    """Three partitions, of which the first holds a volume."""
    empty(disk, 4 * MIB)
    run("sgdisk", "-a", 1, "-U", "5eed0000-0000-4000-8000-000000000000", "-n", "1:2048:3071", "-t", "1:0700", "-c", "1:first",
        "-n", "2:3072:4095", "-t", "2:ef00", "-c", "2:second", "-n", "4:4096:0", "-t", "4:8300", disk)
    format_fat(disk, 12, 512 * KIB, offset=2048 * 512)


@seed("07-exfat",
      'exfat.file["/directory/a long name that takes two entries.txt"].slot[1].first_cluster',
      'exfat.file["/fragmented.bin"].chain[2].next',
      "exfat.root.entry[3].set_checksum",
      "exfat.boot_backup.fat_length",
      "exfat.bitmap.bit[7]",
      "exfat.upcase.checksum",
      "exfat.root.set[6].slot[1].type",
      "exfat.boot@0x40+64")
def exfat(disk: Path) -> None:
    """Directories, a name of two entries, a file in pieces, a deleted one, an empty one."""
    empty(disk, 2 * MIB)
    run("mkfs.exfat", "--cluster-size", 4096, "--boundary-align", "32K", "--volume-label", "seed", disk)
    writer = Writer(disk)
    writer.put("/directory/a long name that takes two entries.txt", b"q" * 5000)
    writer.put("/directory/below/empty", b"")
    writer.put("/fragmented.bin", b"x" * 16384, 4096)
    writer.put("/deleted.txt", b"y" * 100)
    writer.delete("/deleted.txt")
    writer.close()


def stripped(content: bytes) -> bytes:
    """Without $UpCase and what fills files: bytes that no structure has."""
    image = bytearray(content)
    at = content.find(UPCASE) if content[3:7] == b"NTFS" else -1  # exFAT packs its table
    if at >= 0:
        image[at + 512:at + 65536 * 2] = bytes(65536 * 2 - 512)
    return re.sub(rb"([qrsxyz])\1{31,}", lambda match: bytes(len(match[0])), bytes(image))


def written(content: bytes, what: str, paths: tuple[str, ...]) -> str:
    """The text of a seed. Eight zeroes end a line's bytes, 32 equal bytes are one word."""
    lines = [f"# {line}" for line in what.splitlines() if line] + [f"size {len(content)}"]
    lines += [f"path {path}" for path in paths]
    for stretch in re.finditer(rb"([^\0])\1{31,}|(?!\0)(?:(?!([^\0])\2{31})(?!\0{8}).){1,48}", content, re.DOTALL):
        data = stretch[0].rstrip(b"\0")
        if stretch[1]:
            lines.append(f"{stretch.start():x} {data[0]:02x}*{len(data)}")
        elif data:
            lines.append(f"{stretch.start():x} {data.hex()}")
    return "\n".join(lines) + "\n"


def main(names: list[str]) -> None:
    FOLDER.mkdir(exist_ok=True)
    for name in names or SEEDS:
        with tempfile.TemporaryDirectory() as folder:
            disk = Path(folder) / "disk.raw"
            make, paths = SEEDS[name]
            make(disk)
            text = written(stripped(disk.read_bytes()), make.__doc__ or f"{name} as its own tools make it", paths)
        (FOLDER / f"{name}.seed").write_text(text)
        print(f"{name}: {len(text)} bytes")


if __name__ == "__main__":
    main(sys.argv[1:])
