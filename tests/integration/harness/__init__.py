# SPDX-License-Identifier: GPL-3.0-or-later
"""What the integration tests share: processes, guests, ebb's commands, gdb."""
