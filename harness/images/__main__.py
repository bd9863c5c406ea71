# SPDX-License-Identifier: GPL-2.0-or-later
"""python -m harness.images [NAME ...]: build these disks and print where they are; no name: list what there is."""
import sys

from harness import images

try:
    for name in sys.argv[1:]:
        print(images.build(name).path)
except (LookupError, images.Unavailable) as error:
    sys.exit(f"harness.images: {error.args[0]}")
if not sys.argv[1:]:
    for name in images.names():
        print(f"{name:24}{images.find(name).title}")
