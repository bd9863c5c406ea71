# SPDX-License-Identifier: GPL-2.0-or-later
"""python3 -m harness.images.many FORMAT FILES: make this volume if need be, and print where it is."""
import sys

from harness.images import Unavailable, many

if len(sys.argv) != 3 or not sys.argv[2].isdigit():
    sys.exit(f"usage: python3 -m harness.images.many {{{','.join(many.MAKERS)}}} FILES")
try:
    print(many.volume(sys.argv[1], int(sys.argv[2])))
except (LookupError, Unavailable) as error:
    sys.exit(f"harness.images.many: {error.args[0]}")
