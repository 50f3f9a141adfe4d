#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Fetches Slurm for the tests: the packages of the system's own suite with all libraries that they
# need, unpacked into the cache. Nothing is installed, so that no daemon of it is started.
#
#   scripts/cluster.sh
#
# Leaves in $XDG_CACHE_HOME/ebb/cluster (default ~/.cache/ebb/cluster) a folder slurm in which
# bin/ has a program for each of its commands and daemons, and plugins is what slurm.conf's PluginDir
# is to be. Where it cannot be had that is said, and the tests that want it say that it is missing.

. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/apt.sh"

folder=$cache/cluster
programs=(usr/sbin/slurmctld-wlm usr/sbin/slurmd-wlm usr/sbin/slurmstepd-wlm
    usr/bin/sbatch usr/bin/scontrol usr/bin/scancel usr/bin/sinfo usr/bin/squeue)

# Prints the packages of Slurm and all that they depend on.
packages() {
    apt-get "${apt_options[@]}" --no-install-recommends --simulate install slurmctld slurmd |
        sed -n 's/^Inst \([^ ]*\).*/\1/p'
}

# Prints a program that starts $2, a program in the root $1 that will be at $3, with its own
# libraries.
write_starter() {
    local loader triplet
    loader=$(cd "$1" && find . -name 'ld-linux*.so.*' -o -name 'ld-[0-9]*.so' | head -n 1)
    triplet=$(basename "$(dirname "$1"/usr/lib/*/slurm-wlm)")
    [ -n "$loader" ] || die "there is no dynamic loader in $1"
    cat <<END
#!/bin/sh
root=$3
exec "\$root/$loader" \\
    --library-path "\$root/usr/lib/$triplet:\$root/lib/$triplet:\$root/usr/lib/$triplet/slurm-wlm" \\
    "\$root/$2" "\$@"
END
}

fetch() {
    local to=$folder/slurm new=$folder/slurm.new wanted program name
    [ ! -d "$to" ] || return 0
    if ! is_debian; then
        say "Slurm would be Debian's package, and this is another system, so it is not tested"
        return 0
    fi
    say "fetching Slurm"
    private_apt deb "$(dpkg --print-architecture)" "$(debian_codename)"
    rm -rf "$new"
    mkdir -p "$new/bin"
    # As if nothing was installed: what is may go away later.
    : >"$new/status"
    apt_options+=(-o "Dir::State::status=$new/status")
    mapfile -t wanted < <(packages)
    [ ${#wanted[@]} -gt 0 ] || die "apt does not know what Slurm needs"
    unpack "$new/root" "${wanted[@]}"
    for program in "${programs[@]}"; do
        name=$(basename "${program%-wlm}")
        write_starter "$new/root" "$program" "$to/root" >"$new/bin/$name"
        chmod +x "$new/bin/$name"
    done
    ln -s "$(cd "$new" && echo root/usr/lib/*/slurm-wlm)" "$new/plugins"
    mv "$new" "$to"
}

mkdir -p "$folder"
exec 9>"$folder/lock"
flock 9
fetch
