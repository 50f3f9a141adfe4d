# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh
#
# Words for the scripts that run on an ARM host (nested_host.py): they record guests under KVM and
# leave the recording NAME, what the guest printed in NAME.out, ebb's own words in NAME.err, its
# statistics in NAME.stats and its exit status in NAME.status.

limit=${EBB_LIMIT:-60} # seconds of the host's time that a guest may run

# record NAME [OPTION]... -- QEMU_ARGUMENT...
record() {
    name=$1
    shift
    timeout "$limit" ebb record --accel kvm -o "$name" --stats="$name.stats" "$@" \
        </dev/null >"$name.out" 2>"$name.err"
    echo $? >"$name.status"
    echo "host: $name ended with $(cat "$name.status") at $(cut -d ' ' -f 1 /proc/uptime) s"
}

# The same for a guest that is answered: "typed N" to the Nth line with "type a line" in it.
record_answering() {
    name=$1
    shift
    mkfifo "$name.in"
    # Open for both, so that nobody waits for the other end.
    exec 3<>"$name.in"
    answers=0
    {
        timeout "$limit" ebb record --accel kvm -o "$name" --stats="$name.stats" "$@" \
            <"$name.in" 2>"$name.err"
        echo $? >"$name.status"
    } | while IFS= read -r line; do
        printf '%s\n' "$line"
        case $line in
        *"type a line"*)
            answers=$((answers + 1))
            echo "typed $answers" >&3
            ;;
        esac
    done >"$name.out"
    exec 3>&-
    rm "$name.in"
    echo "host: $name ended with $(cat "$name.status") at $(cut -d ' ' -f 1 /proc/uptime) s"
}

# Runs a guest in the background, its output in $1.out, and waits until it has printed "$2". The
# rest is the command; the process in $started passes signals on to it.
start_until() {
    name=$1 text=$2
    shift 2
    mkfifo "$name.pipe"
    timeout "$limit" "$@" </dev/null >"$name.pipe" 2>"$name.err" &
    started=$!
    exec 4<"$name.pipe"
    rm "$name.pipe"
    : >"$name.out"
    wait_for "$text"
}

# Waits until the guest of start_until prints "$1".
wait_for() {
    while IFS= read -r line <&4; do
        printf '%s\n' "$line" >>"$name.out"
        case $line in *"$1"*) return 0 ;; esac
    done
    echo "host: $name ended before it printed '$1'"
    return 1
}

# Kills the QEMU that makes the recording $1.
kill_qemu() {
    for file in /proc/[0-9]*/cmdline; do
        if grep -q "[d]irectory=$1," "$file" 2>/dev/null; then
            file=${file#/proc/}
            kill -KILL "${file%/cmdline}"
        fi
    done
}

# Lets the rest of its output go where it belongs, and waits for its end.
finish_started() {
    cat <&4 >>"$name.out"
    exec 4<&-
    wait "$started"
    echo $? >"$name.status"
    echo "host: $name ended with $(cat "$name.status") at $(cut -d ' ' -f 1 /proc/uptime) s"
}
