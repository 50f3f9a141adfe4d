/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What gcc's own has nothing of. */
#ifndef LIMITS_H
#define LIMITS_H

#define PATH_MAX 4096

#endif
