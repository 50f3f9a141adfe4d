#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Runs all tests: the format of the sources, their structure, shellcheck, the unit tests under the
# address and undefined behaviour sanitizers, builds with another compiler and other optimizations,
# the integration tests on real guests. The last line adds them up: "N passed, N failed", with
# ", N skipped" behind it if any were, and above it "N known to fail" if any are. What cannot be
# tested is skipped aloud, and with CI=true it is a failure.
#
#   scripts/test.sh [--unit|kvm [--all]]    --unit: only what needs no QEMU; kvm: only recording
#                                           under KVM; --all: on all hosts, with all kernels

. "$(dirname "$0")/common.sh"

most_tests=4 # integration tests at a time; each may want 4 GiB

passed=0
failed=0
skipped=0
known=0

# Adds to the totals what the last lines "N passed, N failed" and "N known to fail" in file $1 say;
# those of other programs are indented. A run that ended with status $2 other than 0, but counted no
# failure (it crashed, say), is one.
add_counts() {
    local good bad left broken
    read -r good bad left < <(
        sed -nE 's/^([a-z ]+: )?([0-9]+) passed, ([0-9]+) failed(, ([0-9]+) skipped)?.*/\2 \3 \5/p' "$1" |
            tail -n 1 | grep . || echo 0 0
    )
    broken=$(sed -nE 's/^([a-z ]+: )?([0-9]+) known to fail$/\2/p' "$1" | tail -n 1)
    [ "$2" = 0 ] || [ "$bad" != 0 ] || bad=1
    passed=$((passed + good))
    failed=$((failed + bad))
    skipped=$((skipped + ${left:-0}))
    known=$((known + ${broken:-0}))
}

# Runs the command "$@", showing and counting what it prints.
run_counted() {
    local output status=0
    output=$(mktemp)
    { "$@" 2>&1 || status=$?; echo "$status" >"$output.status"; } | tee "$output"
    status=$(cat "$output.status")
    add_counts "$output" "$status"
    rm -f "$output" "$output.status"
}

# Says that the check $1 was not made, and why: $2. In CI everything that it needs must be there.
skip_check() {
    if [ "${CI:-false}" != false ]; then
        echo "$1: 0 passed, 1 failed: it may not be skipped: $2"
    else
        echo "$1: 0 passed, 0 failed, 1 skipped: $2"
    fi
}

format_check() {
    local status=0
    say "checking the format"
    "$root/scripts/format.sh" --check || status=$?
    case $status in
    0) echo "format: 1 passed, 0 failed" ;;
    77) skip_check format "there is no clang-format of the version that is the reference" ;;
    *) echo "format: 0 passed, 1 failed; ./run format repairs it" ;;
    esac
}

structure_check() {
    say "checking the structure"
    "$(system_python)" "$root/tests/structure/check_structure.py"
}

shell_check() {
    say "checking the shell scripts"
    if ! have shellcheck; then
        skip_check shellcheck "there is no shellcheck"
    elif find "$root" -path "$build" -prune -o -name '*.sh' -print0 |
        xargs -0 shellcheck "$root/run" "$root/.ci/run"; then
        echo "shellcheck: 1 passed, 0 failed"
    else
        echo "shellcheck: 0 passed, 1 failed"
    fi
}

# With --no-skips the guests' images that some of them look into have to be there.
unit_tests() {
    local folder=$build/sanitize status=0
    say "unit tests, with sanitizers"
    if [ ! -e "$folder/build.ninja" ]; then
        quietly "$(system_meson)" setup "$folder" "$root" -Db_sanitize=address,undefined \
            -Db_lundef=false || return 1
    fi
    quietly ninja -C "$folder" -j "$jobs" || return 1
    rm -f "$folder/meson-logs/testlog.json"
    EBB_GUESTS=${EBB_GUESTS:-$cache/guests} \
        "$(system_meson)" test -C "$folder" --no-rebuild --print-errorlogs --quiet || status=$?
    "$(system_python)" "$root/scripts/count_unit_tests.py" "$@" "$folder/meson-logs/testlog.json" ||
        status=1
    return "$status"
}

# Builds the commands and unit tests with compiler $1 and build type $2; warnings are errors.
build_otherwise() {
    local folder=$build/other/$1-$2
    if [ ! -e "$folder/build.ninja" ]; then
        CC=$1 quietly "$(system_meson)" setup "$folder" "$root" -Dbuildtype="$2" || return 1
    fi
    quietly ninja -C "$folder" -j "$jobs"
}

# Another compiler, and other optimizations, warn of other things.
other_builds() {
    local good=0 bad=0 compiler type
    say "building with other compilers and optimizations"
    for compiler in gcc clang; do
        for type in debug release; do
            if build_otherwise "$compiler" "$type"; then
                good=$((good + 1))
            else
                bad=$((bad + 1))
                echo "$compiler cannot build it for $type"
            fi
        done
    done
    echo "other builds: $good passed, $bad failed"
}

integration_tests() {
    say "integration tests, on real guests"
    "$(system_python)" "$root/tests/integration/run.py" --build "$build" \
        --jobs "$((jobs < most_tests ? jobs : most_tests))" "$@"
}

case ${1:-} in
'' | --unit)
    run_counted format_check
    run_counted structure_check
    run_counted shell_check
    if [ "${1:-}" = --unit ]; then
        run_counted unit_tests
        run_counted other_builds
    else
        run_counted unit_tests --no-skips
        run_counted other_builds
        run_counted integration_tests
    fi
    ;;
kvm)
    export EBB_KVM_HOSTS=all
    case ${2:-} in
    '') ;;
    --all) export EBB_KVM_ALL=${EBB_KVM_ALL:-3} ;;
    *) die "usage: ./run test kvm [--all]" ;;
    esac
    run_counted integration_tests --filter test_kvm
    ;;
*) die "usage: ./run test [--unit|kvm [--all]]" ;;
esac
[ "$known" = 0 ] || echo "$known known to fail"
if [ "$skipped" = 0 ]; then
    echo "$passed passed, $failed failed"
else
    echo "$passed passed, $failed failed, $skipped skipped"
fi
[ "$failed" = 0 ]
