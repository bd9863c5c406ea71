# SPDX-License-Identifier: GPL-2.0-or-later
"""Every chosen fault before every tool that fits it: one JSON, and what is made of it for people and for machines."""
