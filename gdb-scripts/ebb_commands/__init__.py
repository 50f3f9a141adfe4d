# SPDX-License-Identifier: GPL-3.0-or-later
"""gdb's commands for recordings; ../ebb.py loads them. Each module makes its own when imported."""
