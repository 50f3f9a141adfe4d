/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What strangers send to the debugger's server: sessions of valid packets with random changes, and
 * noise (rounds.h). Wanted are no crash, no sanitizer's report, no hang, and replies that are
 * well-formed whatever was asked.
 */
#include "tests/unit/fake_timeline.h"
#include "rsp/packet.h"
#include "rounds.h"
#include "rsp/rsp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum { STREAM_MAX = 0x4000, SESSIONS = 3000, PACKETS_MAX = 12, INPUT_EXTRA = 0x400 };

struct random {
    uint64_t state;
};

static uint32_t draw(struct random *random, uint32_t below)
{
    /* xorshift64* */
    random->state ^= random->state >> 12;
    random->state ^= random->state << 25;
    random->state ^= random->state >> 27;
    return (uint32_t)((random->state * UINT64_C(0x2545f4914f6cdd1d)) >> 32) % below;
}

static const char *const packets[] = {
    "qSupported:multiprocess+;swbreak+;hwbreak+;error-message+",
    "qSupported:swbreak+;vContSupported+",
    "QStartNoAckMode",
    "Qqemu.PhyMemMode:1",
    "Qqemu.sstep=1",
    "qqemu.PhyMemMode",
    "qqemu.Supported",
    "qqemu.sstepbits",
    "QNonStop:1",
    "QThreadSuffixSupported",
    "qHostInfo",
    "?",
    "g",
    "G00112233",
    "p20",
    "P0=0102030405060708",
    "P20=0011000000000000",
    "P20=0010000000000000",
    "m1000,40",
    "m1ff0,7fffffff",
    "M2000,4:01020304",
    "X2000,4:abcd",
    "x2000,100",
    "c",
    "s",
    "C05",
    "S05",
    "vCont?",
    "vCont;c:1",
    "vCont;s:1;c",
    "vCont;r1000,1010:1",
    "bs",
    "bc",
    "Z0,1010,4",
    "Z1,1014,4",
    "Z0,1010,4;X7,26000022031327X3,220027",
    "Z1,1014,4;X8,2320101a22031327",
    "Z2,2010,8",
    "Z3,2020,4",
    "Z4,2000,1000",
    "z0,1010,4",
    "z2,2010,8",
    "Hg1",
    "Hc-1",
    "T1",
    "qC",
    "qfThreadInfo",
    "qsThreadInfo",
    "qThreadExtraInfo,1",
    "qAttached:1",
    "qXfer:features:read:target.xml:0,ffb",
    "qXfer:features:read:core.xml:10,20",
    "qSearch:memory:1000;1000;abc",
    "qSymbol::",
    "vMustReplyEmpty",
    "qRcmd,68656c70",                                     /* help */
    "qRcmd,7365656b20353030",                             /* seek 500 */
    "qRcmd,7365656b202d3939",                             /* seek -99 */
    "qRcmd,6576656e74732030203130",                       /* events 0 10 */
    "qRcmd,636865636b706f696e7473",                       /* checkpoints */
    "qRcmd,7374617473",                                   /* stats */
    "qRcmd,7870202f347862203078",                         /* xp /4xb 0x */
    "qRcmd,77617463682d706879736963616c2031362c38",       /* watch-physical 16,8 */
    "qRcmd,627974652d6f7264657220626967",                 /* byte-order big */
    "qRcmd,736561726368206e6578742077726974652031362c38", /* search next write 16,8 */
    "qRcmd,736561726368203930303a33206578656375746520343039362034313030", /* search 900:3 execute
                                                                             4096 4100 */
    "qRcmd,636f6e736f6c652035",                                           /* console 5 */
    "qRcmd,636f756e7465722035",                                           /* counter 5 */
    "qRcmd,77686f2d77726f74652035",                                       /* who-wrote 5 */
    "D",
    "vKill;1",
    "!",
    "vRun;",
    "vAttach;1",
    "qTStatus",
    "vCont;s:1",
    "vCont;s:1;c",
};

struct stream {
    size_t length;
    uint8_t bytes[STREAM_MAX];
};

static void put(struct stream *stream, const void *bytes, size_t length)
{
    if (length <= STREAM_MAX - stream->length) {
        memcpy(stream->bytes + stream->length, bytes, length);
        stream->length += length;
    }
}

/* Changes a payload in one of the ways in which parsers break. Returns its new length. */
static size_t mutate(struct random *random, uint8_t *payload, size_t length)
{
    static const char likely[] = "0f,:;=-#$}*+\x03\xff";
    size_t place = length ? draw(random, (uint32_t)length) : 0;

    switch (draw(random, 6)) {
    case 0: /* one byte */
        payload[place] = (uint8_t)draw(random, 256);
        return length ? length : 1;
    case 1: /* one likely byte */
        payload[place] = (uint8_t)likely[draw(random, sizeof(likely) - 1)];
        return length ? length : 1;
    case 2: /* cut off */
        return place;
    case 3: /* a piece twice */
        memmove(payload + length, payload + place, length - place);
        return length + (length - place);
    case 4: /* a long number */
        memset(payload + length, 'f', 17);
        return length + 17;
    default: /* a piece missing */
        memmove(payload, payload + place, length - place);
        return length - place;
    }
}

static void put_packet(struct random *random, struct stream *stream)
{
    const char *chosen = packets[draw(random, sizeof(packets) / sizeof(packets[0]))];
    uint8_t payload[INPUT_EXTRA], frame[2 * INPUT_EXTRA + 4];
    struct rsp_buffer out = {.bytes = frame, .capacity = sizeof(frame)};
    size_t length = strlen(chosen);

    memcpy(payload, chosen, length);
    for (unsigned changes = draw(random, 4); changes; changes--) {
        length = mutate(random, payload, length);
    }
    rsp_encode(&out, payload, length);
    if (draw(random, 8) == 0) { /* the frame itself */
        out.length = mutate(random, frame, out.length / 2);
    }
    put(stream, frame, out.length);
    if (draw(random, 2)) {
        put(stream, "+", 1);
    }
    if (draw(random, 16) == 0) {
        put(stream, draw(random, 2) ? "\x03" : "-", 1);
    }
}

static void make_stream(struct random *random, struct stream *stream)
{
    stream->length = 0;
    for (unsigned count = 1 + draw(random, PACKETS_MAX); count; count--) {
        put_packet(random, stream);
    }
    /* Closes whatever was left open, and ends the server. */
    put(stream, "#00#00$k#6b", 11);
}

/* What the server said: acknowledgements and whole packets, nothing else. */
static bool well_formed(const uint8_t *bytes, size_t length)
{
    struct rsp_decoder *decoder = malloc(sizeof(*decoder));
    bool fine = true;

    rsp_decoder_init(decoder);
    for (size_t i = 0; i < length && fine; i++) {
        bool between = decoder->state == RSP_BETWEEN;
        enum rsp_token token = rsp_decoder_feed(decoder, bytes[i]);

        fine = token != RSP_TOKEN_BAD_PACKET && token != RSP_TOKEN_LONG_PACKET &&
               (!between || memchr("$+-", bytes[i], 3)) && (between || bytes[i] != '$');
    }
    fine = fine && decoder->state == RSP_BETWEEN;
    free(decoder);
    return fine;
}

/* Serves one stream; its whole input is there before the server starts. */
static bool serve(const struct stream *stream)
{
    struct timeline *timeline = fake_timeline_new();
    const struct rsp_options options = {.stop_fd = -1};
    struct rsp_result result = {0};
    struct ebb_error error;
    int in[2], out = memfd_create("replies", MFD_CLOEXEC);
    uint8_t *said;
    bool fine;
    off_t length;

    if (out < 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, in) < 0 ||
        write(in[1], stream->bytes, stream->length) != (ssize_t)stream->length) {
        perror("cannot set up a session");
        exit(2);
    }
    fine = rsp_serve_fds(timeline, in[0], out, &options, &result, &error) == 0 &&
           (result.end == RSP_END_KILLED || result.end == RSP_END_DETACHED) &&
           timeline_position(timeline) <= FAKE_END && fake_timeline_breakpoints(timeline) == 0 &&
           !timeline_in_diversion(timeline);
    length = lseek(out, 0, SEEK_END);
    said = malloc((size_t)length + 1);
    fine =
        fine && pread(out, said, (size_t)length, 0) == length && well_formed(said, (size_t)length);
    free(said);
    close(in[0]);
    close(in[1]);
    close(out);
    fake_timeline_free(timeline);
    return fine;
}

int main(int argc, char **argv)
{
    struct stream *stream = malloc(sizeof(*stream));
    uint64_t seed;

    rounds_begin(argc, argv, 1, SESSIONS);
    while (rounds_next(&seed)) {
        struct random random = {seed * UINT64_C(0x9e3779b97f4a7c15) | 1};

        make_stream(&random, stream);
        rounds_check(serve(stream), "the session did not end as it should");
    }
    free(stream);
    return 0;
}
