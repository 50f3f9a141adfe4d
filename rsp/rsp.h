/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The remote serial protocol server: lets gdb look at a timeline and move it, both ways.
 *
 * A server is used by the timeline's thread and serves one client at a time. While the timeline
 * moves, a second thread watches the connection, so that an interrupt (0x03) or a client that goes
 * away ends the move at once. File descriptors stay the caller's, who closes them.
 */
#ifndef EBB_RSP_RSP_H
#define EBB_RSP_RSP_H

#include "replay/timeline/timeline.h"

/*
 * A timeline that another thread is opening while the server listens already. gdb gives an answer
 * two seconds; a recording may take longer to open. So the server answers by itself what needs no
 * timeline, and asks for it with the first packet that does. Once given out, the timeline is the
 * server's thread's until the server returns.
 */
struct rsp_opening {
    void *opaque;
    /* Waits, at most so long. Returns 1: *timeline is open; 0: not yet; -1: it will not be.
     * progress (size bytes) is a line to show the user, without an end. */
    int (*wait)(void *opaque, unsigned milliseconds, struct timeline **timeline, char *progress,
                size_t size);
    /* A document of the target description, if it is known already, else NULL. */
    const char *(*document)(void *opaque, const char *name);
};

/* What the guest looks at for the time. */
enum rsp_clock {
    RSP_CLOCK_OF_CPU,    /* the CPU's own counter */
    RSP_CLOCK_MAPPED,    /* a memory-mapped timer's */
    RSP_CLOCK_IN_MEMORY, /* a page of memory, which it reads without an event */
};

#define RSP_WHO_WROTE_SIZE 512

/*
 * What the server tells of the recording without knowing its files. Text is printed as it is: who
 * gives it has taken care that a terminal can have it.
 */
struct rsp_recording {
    const char *facts; /* lines "NAME VALUE" */
    void *opaque;
    /* Visits what the guest wrote to its consoles, in lines, from one position to another; visit
     * returns false to end that. */
    int (*console)(void *opaque, const struct ebb_log *log, uint64_t from, uint64_t to,
                   bool (*visit)(void *opaque, uint64_t position, const char *text),
                   void *visit_opaque, struct ebb_error *error);
    /* The same for the guest's markers, "marker NAME", and for what has ended the recording, "until
     * WHAT". */
    int (*markers)(void *opaque, const struct ebb_log *log, uint64_t from, uint64_t to,
                   bool (*visit)(void *opaque, uint64_t position, const char *text),
                   void *visit_opaque, struct ebb_error *error);
    /* Writes which device has written to memory in the step that begins at a position, as users are
     * told it: "by fw_cfg_mem (0x9020014)". stopped says whether somebody wants it to end. */
    int (*who_wrote)(void *opaque, const struct ebb_log *log, uint64_t step,
                     bool (*stopped)(void *opaque), void *stopped_opaque,
                     char words[RSP_WHO_WROTE_SIZE], struct ebb_error *error);
    enum rsp_clock clock;
    uint64_t clock_address; /* RSP_CLOCK_MAPPED: guest-physical, of the frame with the counts */
};

struct rsp_options {
    /* NULL: nothing is told. */
    const struct rsp_recording *recording;
    /* Becomes readable when the server has to end (a signalfd, an eventfd, a pipe); -1: none. Such
     * a request interrupts a move. The server never reads from it. */
    int stop_fd;
    /* rsp_serve_listener() returns after its first client. */
    bool once;
    /* Used if the timeline is NULL. */
    const struct rsp_opening *opening;
    /* Registers are sent big-endian: the file with symbols that gdb will read is. */
    bool big_endian;
};

enum rsp_end {
    RSP_END_NONE = 0,
    RSP_END_DETACHED,     /* the client said so ('detach') */
    RSP_END_KILLED,       /* the client wants the server to end ('kill') */
    RSP_END_DISCONNECTED, /* the connection closed */
    RSP_END_STOPPED,      /* stop_fd became readable */
    RSP_END_NOT_OPENED,   /* the timeline could not be opened */
};

struct rsp_result {
    enum rsp_end end;  /* how the last client's session ended */
    uint64_t sessions; /* clients served */
    uint64_t packets;  /* packets handled */
    bool diverged;     /* a move ended because replay and log disagree */
    bool damaged;      /* or because the recording is damaged */
};

/*
 * Serves one client that writes to in and reads from out (one socket may be both; the pair may be
 * pipes or a terminal). Returns 0 when the session is over, or -1. A client that sends garbage or
 * goes away is no error. On return the timeline is where the client left it, without breakpoints
 * and diversion.
 */
int rsp_serve_fds(struct timeline *timeline, int in, int out, const struct rsp_options *options,
                  struct rsp_result *result, struct ebb_error *error);

/*
 * Accepts clients one after the other, each finds the timeline where the one before left it. Ends
 * after a 'kill', when stop_fd says so, or, with options.once, after the first client. Whoever
 * connects while another one is served is told so, and the connection closed.
 */
int rsp_serve_listener(struct timeline *timeline, int listener, const struct rsp_options *options,
                       struct rsp_result *result, struct ebb_error *error);

/*
 * Return a listening descriptor (close-on-exec), or -1.
 *
 * rsp_listen_unix(): a socket file that only this user can connect to. A socket left behind by a
 * server that is gone is replaced; any other file is not. Who closes the descriptor removes the
 * file.
 *
 * rsp_listen_tcp(): address is "PORT", ":PORT", "HOST:PORT" or "[HOST]:PORT"; no host means
 * 127.0.0.1, port 0 lets the system choose. A host that is not this machine's loopback is refused
 * unless anywhere is true: whoever connects can read all of the guest's memory.
 */
int rsp_listen_unix(const char *path, struct ebb_error *error);
int rsp_listen_tcp(const char *address, bool anywhere, struct ebb_error *error);

/* Writes what gdb's "target remote" wants to reach the listener: "HOST:PORT", or the path. */
int rsp_listener_name(int listener, char *name, size_t size, struct ebb_error *error);

#endif
