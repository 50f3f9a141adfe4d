/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SETJMP_H
#define SETJMP_H

typedef unsigned long long jmp_buf[32]; /* what a function has to preserve (setjmp-*.S) */
typedef jmp_buf sigjmp_buf;

int setjmp(jmp_buf environment) __attribute__((returns_twice));
void longjmp(jmp_buf environment, int value) __attribute__((noreturn));

#define _setjmp(environment) setjmp(environment)
#define _longjmp(environment, value) longjmp(environment, value)
#define sigsetjmp(environment, save) setjmp(environment)
#define siglongjmp(environment, value) longjmp(environment, value)

#endif
