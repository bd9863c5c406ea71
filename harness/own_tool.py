# SPDX-License-Identifier: GPL-2.0-or-later
"""A probe for a tool of the user's own, made from a name and a command line:

    probe = own_tool.parse("my-fsck=./my-fsck -y {disk}", formats={"fat32"})

{disk} is a file that holds the volume alone, {whole} one that holds the entire disk. The command is taken apart as a
shell would, and run without one, in the folder it was given for. What it says is known by its exit code alone: 0 is a repair if
bytes changed, and contentment if none did; any other code is a complaint, or a refusal if it printed nothing at all.
"""
