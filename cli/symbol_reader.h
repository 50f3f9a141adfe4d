/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The process that reads symbols of an ELF file through libbfd. The file is a stranger's, and
 * libbfd large and not made for that: so it runs in a process of its own, behind walls
 * (walls/walls.h).
 *
 * An ARM guest's file is understood by any libbfd, also one without ARM support: symbol tables and
 * DWARF of a linked file need no relocation.
 */
#ifndef EBB_CLI_SYMBOL_READER_H
#define EBB_CLI_SYMBOL_READER_H

/* To be called in a child process, which it ends when the socket closes: opens the file, closes
 * everything else but the socket, raises walls, and answers questions (symbol_question.h). */
_Noreturn void symbol_reader_serve(const char *path, int socket);

#endif
