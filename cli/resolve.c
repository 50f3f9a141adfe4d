/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ebb resolve: finds the positions of a recording made under KVM. */
#include "commands.h"
#include "resolution.h"
#include "resolve_shard.h"
#include "walls_check.h"

#define MAX_WORKERS 16u /* replay/resolver/task.c starts no more */

enum { RESOLVE_AGAIN, RESOLVE_JSON, RESOLVE_OUTPUT, RESOLVE_SHARD, RESOLVE_WORKERS };

static const struct option_spec options[] = {
    [RESOLVE_AGAIN] = {"again", 0, NULL, "Finds the positions again, even if they are known."},
    [RESOLVE_JSON] = {"json", 0, NULL, "Prints a JSON document."},
    [RESOLVE_OUTPUT] = {"output", 'o', "FILE", "The file for what comes of a shard."},
    [RESOLVE_SHARD] = {"shard", 0, "K/N",
                       "Resolves only share K of N, for ebb merge to join with the others."},
    [RESOLVE_WORKERS] = {"workers", 0, "N", "Processes at once; by default one per CPU, up to 4."},
    {0},
};

static int run_whole(const struct arguments *arguments, struct recording *recording,
                     unsigned workers, struct ebb_error *error)
{
    struct resolution resolution = {0};
    int status = resolution_make(&resolution, recording, arguments->values[RESOLVE_AGAIN] != NULL,
                                 workers, error);

    if (status == 0 && resolution.done) {
        status = resolution_finish(&resolution, recording, error);
    }
    if (status == 0) {
        status = resolution_tell(&resolution, recording, stdout,
                                 arguments->values[RESOLVE_JSON] != NULL, error);
    }
    resolution_free(&resolution);
    return status;
}

static int run_request(const struct arguments *arguments, const struct shard_request *request,
                       unsigned workers, struct ebb_error *error)
{
    struct recording recording;
    int status = recording_open(&recording, arguments, error);

    if (status == 0) {
        walls_check_before_replay();
        status = request->wanted ? resolve_shard(&recording, request, workers, error)
                                 : run_whole(arguments, &recording, workers, error);
    }
    recording_close(&recording);
    return status;
}

static int run(const struct arguments *arguments, struct ebb_error *error)
{
    const char *text = arguments->values[RESOLVE_WORKERS];
    unsigned long long workers = 0;
    struct shard_request request;

    if (shard_request_read(&request, arguments->values[RESOLVE_SHARD],
                           arguments->values[RESOLVE_OUTPUT], error) < 0 ||
        (text && options_number(text, "--workers", MAX_WORKERS, &workers, error) < 0)) {
        return -1;
    }
    if (request.wanted && (arguments->values[RESOLVE_JSON] || arguments->values[RESOLVE_AGAIN])) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "--shard goes with neither --json, which is for ebb merge, nor --again, "
                        "which it does anyway");
    }
    return run_request(arguments, &request, (unsigned)workers, error);
}

const struct command command_resolve = {
    .name = "resolve",
    .summary = "finds the positions of a recording made under KVM",
    .operands = "[RECORDING]",
    .operands_max = 1,
    .description =
        "The first ebb verify or ebb replay of a recording that was made under KVM finds the "
        "positions of its events, which takes some seconds for each second recorded, and keeps "
        "them in the recording. This command does nothing else. Where the positions are known "
        "it says so.\n\n"
        "With --shard, only one share of the intervals is resolved, and what comes of it is "
        "written into a file; ebb merge joins all shares and writes the positions into the "
        "recording, the same bytes that this command would.\n\n"
        "The exit status is 0 if all positions are known, and 3 with a report on standard error "
        "if the recording cannot be resolved to its end; up to there it can be replayed.",
    .examples = "ebb resolve ebb-recording-3\n"
                "# On two machines that both see the recording, then on any:\n"
                "ebb resolve ebb-recording-3 --shard 1/2 -o part-1.json\n"
                "ebb resolve ebb-recording-3 --shard 2/2 -o part-2.json\n"
                "ebb merge ebb-recording-3 part-1.json part-2.json\n",
    .options = options,
    .run = run,
};
