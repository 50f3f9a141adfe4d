/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ALLOCA_H
#define ALLOCA_H

#define alloca(size) __builtin_alloca(size)

#endif
