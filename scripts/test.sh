#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Runs all tests: the format of the sources, their structure, shellcheck where it is installed, the
# unit tests under the address and undefined behaviour sanitizers, the integration tests on real
# guests. The last line adds them up.
#
#   scripts/test.sh [--unit|kvm]     --unit: only what needs no QEMU; kvm: only recording under KVM

. "$(dirname "$0")/common.sh"

passed=0
failed=0

# Adds to the totals what the last "N passed, N failed" in file $1 says. A run that ended with
# status $2 other than 0, but counted no failure (it crashed, say), is one.
add_counts() {
    local good bad
    read -r good bad < <(sed -nE 's/.*\b([0-9]+) passed, ([0-9]+) failed.*/\1 \2/p' "$1" |
        tail -n 1 | grep . || echo 0 0)
    [ "$2" = 0 ] || [ "$bad" != 0 ] || bad=1
    passed=$((passed + good))
    failed=$((failed + bad))
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

format_check() {
    local status=0
    say "checking the format"
    "$root/scripts/format.sh" --check || status=$?
    case $status in
    0) echo "format: 1 passed, 0 failed" ;;
    77) ;;
    *) echo "format: 0 passed, 1 failed; ./run format repairs it" ;;
    esac
}

structure_check() {
    say "checking the structure"
    "$(system_python)" "$root/tests/structure/check_structure.py"
}

shell_check() {
    if ! have shellcheck; then
        say "the shell scripts were not checked: there is no shellcheck"
    elif find "$root" -path "$build" -prune -o -name '*.sh' -print0 |
        xargs -0 shellcheck "$root/run" "$root/.ci/run"; then
        echo "shellcheck: 1 passed, 0 failed"
    else
        echo "shellcheck: 0 passed, 1 failed"
    fi
}

unit_tests() {
    local folder=$build/sanitize status=0
    say "unit tests, with sanitizers"
    if [ ! -e "$folder/build.ninja" ]; then
        quietly "$(system_meson)" setup "$folder" "$root" -Db_sanitize=address,undefined \
            -Db_lundef=false || return 1
    fi
    quietly ninja -C "$folder" -j "$jobs" || return 1
    rm -f "$folder/meson-logs/testlog.json"
    "$(system_meson)" test -C "$folder" --no-rebuild --print-errorlogs --quiet || status=$?
    "$(system_python)" "$root/scripts/count_unit_tests.py" "$folder/meson-logs/testlog.json" ||
        status=1
    return "$status"
}

integration_tests() {
    say "integration tests, on real guests"
    "$(system_python)" "$root/tests/integration/run.py" --build "$build" "$@"
}

case ${1:-} in
'' | --unit)
    run_counted format_check
    run_counted structure_check
    run_counted shell_check
    run_counted unit_tests
    [ "${1:-}" = --unit ] || run_counted integration_tests
    ;;
kvm) run_counted integration_tests --filter test_kvm ;;
*) die "usage: ./run test [--unit|kvm]" ;;
esac
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
