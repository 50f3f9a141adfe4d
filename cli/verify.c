/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ebb verify: replays everything and compares the end. */
#include "commands.h"
#include "resolution.h"
#include "verification.h"
#include "verify_shard.h"
#include "walls_check.h"

#include <stdio.h>

enum { VERIFY_JSON, VERIFY_OUTPUT, VERIFY_RESOLVE_AGAIN, VERIFY_SHARD };

static const struct option_spec options[] = {
    [VERIFY_JSON] = {"json", 0, NULL, "Prints a JSON document."},
    [VERIFY_OUTPUT] = {"output", 'o', "FILE", "The file for what comes of a shard."},
    [VERIFY_RESOLVE_AGAIN] = {"resolve-again", 0, NULL,
                              "Finds the positions of a recording made under KVM again, even if "
                              "they are known."},
    [VERIFY_SHARD] = {"shard", 0, "K/N",
                      "Replays only share K of N, for ebb merge to join with the others."},
    {0},
};

/* All that there is to look at has been replayed and is as recorded. */
static int check_rest(const struct verification *verification, struct ebb_error *error)
{
    return ebb_log_check(verification->recording->log, error) == 0
               ? 0
               : verification_fail_rest(verification, error);
}

static int verify(struct verification *verification, struct recording *recording,
                  struct resolution *resolution, const struct arguments *arguments,
                  struct ebb_error *error)
{
    return recording_open(recording, arguments, error) < 0 ||
                   resolution_make(resolution, recording,
                                   arguments->values[VERIFY_RESOLVE_AGAIN] != NULL, 0, error) < 0 ||
                   verification_begin(verification, recording, resolution, error) < 0 ||
                   verification_replay(verification, 0, error) < 0 ||
                   verification_compare(verification, error) < 0
               ? -1
               : check_rest(verification, error);
}

static int run_whole(const struct arguments *arguments, struct ebb_error *error)
{
    struct recording recording = {0};
    struct resolution resolution = {0};
    struct verification verification = {.recording = &recording, .resolution = &resolution};
    struct ebb_error problem = {0};
    int status = verify(&verification, &recording, &resolution, arguments, &problem);

    status = verification_tell(&verification, stdout,
                               arguments->values[VERIFY_JSON] && recording.directory, status,
                               &problem, error);
    verification_free(&verification);
    resolution_free(&resolution);
    recording_close(&recording);
    return status;
}

static int run_shard(const struct arguments *arguments, const struct shard_request *request,
                     struct ebb_error *error)
{
    struct recording recording;
    int status;

    if (arguments->values[VERIFY_JSON] || arguments->values[VERIFY_RESOLVE_AGAIN]) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "--shard goes with neither --json, which is for ebb merge, nor "
                        "--resolve-again, for which there is ebb resolve");
    }
    status = recording_open(&recording, arguments, error);
    if (status == 0) {
        status = verify_shard(&recording, request, error);
    }
    recording_close(&recording);
    return status;
}

static int run(const struct arguments *arguments, struct ebb_error *error)
{
    struct shard_request request;

    if (shard_request_read(&request, arguments->values[VERIFY_SHARD],
                           arguments->values[VERIFY_OUTPUT], error) < 0) {
        return -1;
    }
    walls_check_before_replay();
    return request.wanted ? run_shard(arguments, &request, error) : run_whole(arguments, error);
}

const struct command command_verify = {
    .name = "verify",
    .summary = "replays a recording and compares it with what was recorded",
    .operands = "[RECORDING]",
    .operands_max = 1,
    .description =
        "Replays the whole recording at full speed. Every event is compared with the log on the "
        "way, registers and RAM at the end with their digests from the recording. Of a recording "
        "that was cut off, what is there is replayed. One worker does it, from the first event to "
        "the last, so there is no --workers; --shard lets several share it out.\n\n"
        "On the way it is noted which pages of memory the CPU has touched in which part of "
        "history, "
        "in the file `pages` of the recording: later searches and questions leave out parts in "
        "which no page was touched that they are about.\n\n"
        "A recording made under KVM is resolved first, unless an earlier replay has done so: to "
        "find the positions of its events, intervals between keyframes are replayed in parallel, "
        "and the end of each is compared with the next keyframe. What was found is told, "
        "store-exclusives that failed on the host for reasons that the guest could not see "
        "included.\n\n"
        "With --shard, only one share of the intervals is replayed, and what comes of it is "
        "written "
        "into a file, with exit status 0 whatever that is; ebb merge joins all shares to what this "
        "command says without --shard. Such a recording has to be resolved before, which ebb "
        "resolve does, by shares as well.\n\n"
        "The exit status is 0 if everything is as recorded, and 3 with a report on standard error "
        "if not. It is 4 if the recording is damaged, with where that is and what of it replays "
        "all the same.",
    .examples = "ebb verify ebb-recording-3\n"
                "# On two machines that both see the recording, then on any:\n"
                "ebb verify ebb-recording-3 --shard 1/2 -o part-1.json\n"
                "ebb verify ebb-recording-3 --shard 2/2 -o part-2.json\n"
                "ebb merge ebb-recording-3 part-1.json part-2.json\n",
    .options = options,
    .run = run,
};
