# SPDX-License-Identifier: GPL-2.0-or-later
"""What files hold: bytes that depend on the path alone, and look like what the name promises.

Content that looks real matters to tools that carve by signature, and text that says where it belongs
makes a cluster in the wrong place visible at a glance in a hex dump.
"""
import random


def noise(path: str, size: int) -> bytes:
    """Bytes that no one can compress, the same for the same path."""
    return random.Random(path).randbytes(size)


def text(path: str, size: int) -> bytes:
    """Numbered lines that name their file."""
    line = f"line {{:06}} of {path}\n"
    length = len(line.format(0).encode())
    return "".join(map(line.format, range(size // length + 1))).encode()[:size]


def pdf(path: str, size: int) -> bytes:
    """The head and tail of a PDF around noise."""
    head, tail = b"%PDF-1.4\n1 0 obj\n<< >>\nstream\n", b"\nendstream\nendobj\n%%EOF\n"
    return head + noise(path, size - len(head) - len(tail)) + tail


def jpeg(path: str, size: int) -> bytes:
    """The markers that begin and end a JPEG around noise."""
    head, tail = bytes.fromhex("ffd8ffe000104a46494600010101006000600000"), b"\xff\xd9"
    return head + noise(path, size - len(head) - len(tail)) + tail
