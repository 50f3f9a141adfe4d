/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Steps: whether an interrupt that is taken in one is a part of it.
 *
 * gdb makes the commands next and step, and their reverse forms, of steps, and does not know of
 * interrupts: a handler that one of the steps enters is to it a function that the code has called,
 * and it goes astray there. So interrupts are a part of these steps (timeline_step_over()). For a
 * stepi, on the other hand, the handler's first instruction is the next one. Both send the same
 * packets (gdb 13 to 18: remote.c append_resumption(), remote_resume_with_hc()):
 *
 *   vCont;r           a step of step and next: they are known by it
 *   vCont;s:1;c       stepi; of stepi N all; of step and next those where gdb cannot use a range
 *   vCont;s:1         any command's first, off a breakpoint that gdb has removed for it
 *   bs                all steps backward
 *
 * At the end of each command gdb asks for the list of threads (infrun.c normal_stop()), and never
 * inside of one. So it is known which packet is a command's first. Only the first can be a stepi:
 *
 *   - our gdb script says so before each stepi and reverse-stepi (rsp_steps_announce_stepi());
 *   - where no script has said anything, a first vCont;s:1;c is taken for one, and so are a first
 *     vCont;s:1 and bs if the command before was a stepi: who steps by instructions mostly goes on
 *     like that;
 *   - every other step is one over interrupts; if it turns out that the first was not the only one
 *     and entered or left a handler, that is made good before the second;
 *   - the step with which gdb looks what a watchpoint saw is exact.
 */
#ifndef EBB_RSP_STEPS_H
#define EBB_RSP_STEPS_H

#include "session.h"

/* The client has looked at its threads: what follows is another command. */
void rsp_steps_end_command(struct rsp_session *session);

/* The client says that the command that follows is a stepi or reverse-stepi, and that from now on
 * it says so of each. */
void rsp_steps_announce_stepi(struct rsp_session *session);

/* A move begins. True if it is a step that interrupts are a part of. */
bool rsp_steps_begin(struct rsp_session *session, enum rsp_move_kind kind);

/* What the step was that rsp_steps_begin() wanted exact. */
void rsp_steps_note_exact(struct rsp_session *session, const struct timeline_stop *stop);

/* Before a step over interrupts: makes good an exact first one of the same command that entered or
 * left a handler. */
int rsp_steps_make_good(struct rsp_session *session, struct ebb_error *error);

#endif
