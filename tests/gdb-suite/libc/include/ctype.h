/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CTYPE_H
#define CTYPE_H

int isalpha(int c);
int isdigit(int c);
int isprint(int c);
int isspace(int c);
int tolower(int c);
int toupper(int c);

#endif
