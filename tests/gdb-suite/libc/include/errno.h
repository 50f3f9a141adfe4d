/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ERRNO_H
#define ERRNO_H

extern int errno;

#define ENOENT 2
#define EBADF 9
#define ENOMEM 12
#define EINVAL 22
#define ENOSYS 38

#endif
