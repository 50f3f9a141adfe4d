/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Included as often as one likes: NDEBUG may have changed in between. */
#undef assert
#ifdef NDEBUG
#define assert(condition) ((void)0)
#else
#define assert(condition) ((condition) ? (void)0 : assert_failed(#condition, __FILE__, __LINE__))
#endif

#ifndef ASSERT_H
#define ASSERT_H

void assert_failed(const char *condition, const char *file, int line) __attribute__((noreturn));

#endif
