# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# Packages of another Debian suite or architecture than the system's, without changing the system:
# apt is run with a sources list, package lists and a cache of our own. Mirror, key and options are
# those of the system's own sources. Sourced after common.sh.

debian_codename() {
    sed -n 's/^VERSION_CODENAME=//p' /etc/os-release | tr -d '"'
}

# Prints the system's source of its own suite's main component as "OPTIONS|URI", where OPTIONS is
# what stands in the brackets of a one-line source. Both of apt's formats are read.
system_source() {
    local codename=$1 files=() file
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
        [ -r "$file" ] && files+=("$file")
    done
    {
        [ ${#files[@]} = 0 ] || system_source_one_line "$codename" "${files[@]}"
        files=()
        for file in /etc/apt/sources.list.d/*.sources; do
            [ -r "$file" ] && files+=("$file")
        done
        [ ${#files[@]} = 0 ] || system_source_deb822 "$codename" "${files[@]}"
    } | awk 'NR == 1'
}

system_source_one_line() {
    local codename=$1
    shift
    sed -nE 's/^deb[ \t]+(\[([^]]*)\][ \t]+)?([^ \t]+)[ \t]+([^ \t]+)[ \t]+(.*)$/\2|\3|\4|\5/p' "$@" |
        awk -F'|' -v suite="$codename" '
            $2 !~ /^cdrom:/ && ($3 == suite || $3 == "stable") && (" " $4 " ") ~ / main / {
                options = ""
                count = split($1, option, /[ \t]+/)
                for (i = 1; i <= count; i++)
                    if (option[i] !~ /^arch[+-]?=/)
                        options = options " " option[i]
                print options "|" $2
            }'
}

system_source_deb822() {
    local codename=$1
    shift
    awk -v suite="$codename" '
        function finish(    i, count, uris) {
            if (field["enabled"] != "no" && (" " field["types"] " ") ~ / deb / &&
                (" " field["components"] " ") ~ / main / &&
                ((" " field["suites"] " ") ~ (" " suite " ") ||
                 (" " field["suites"] " ") ~ / stable /)) {
                split(field["uris"], uris, /[ \t]+/)
                options = ""
                if (field["signed-by"] ~ /^\//)
                    options = options " signed-by=" field["signed-by"]
                if (field["trusted"] != "")
                    options = options " trusted=" field["trusted"]
                if (field["check-valid-until"] != "")
                    options = options " check-valid-until=" field["check-valid-until"]
                print options "|" uris[1]
            }
            delete field
            name = ""
        }
        FNR == 1 { finish() }
        /^#/ { next }
        /^[ \t]*$/ { finish(); next }
        /^[^ \t:]+:/ {
            name = tolower(substr($0, 1, index($0, ":") - 1))
            value = substr($0, index($0, ":") + 1)
            gsub(/^[ \t]+|[ \t]+$/, "", value)
            field[name] = value
            next
        }
        /^[ \t]/ && name != "" { gsub(/^[ \t]+|[ \t]+$/, ""); field[name] = field[name] " " $0 }
        END { finish() }' "$@" | sed 's/|  */|/'
}

# Sets the array apt_options for a private apt of architecture $2 that knows the suites after it,
# and brings its lists up to date if they are older than a day. $1 is deb or deb-src.
private_apt() {
    local type=$1 architecture=$2 suite source options uri state
    shift 2
    source=$(system_source "$(debian_codename)")
    [ -n "$source" ] ||
        die "no source of Debian's main component in /etc/apt: add one, so that $* can be used"
    options=${source%%|*}
    uri=${source#*|}
    if [ -z "$options" ] && [ -r /usr/share/keyrings/debian-archive-keyring.gpg ]; then
        options=" signed-by=/usr/share/keyrings/debian-archive-keyring.gpg"
    fi
    # shellcheck disable=SC2154 # set by common.sh
    state=$cache/apt/$(printf '%s-' "$type" "$architecture" "$@")$(
        printf '%s' "$source" | sha256sum | cut -c 1-8
    )
    mkdir -p "$state/lists/partial" "$state/archives/partial"
    for suite in "$@"; do
        printf '%s%s %s %s main\n' "$type" "${options:+ [${options# }]}" "$uri" "$suite"
    done >"$state/sources.list"

    apt_options=(
        -q
        -o "Dir::Etc::sourcelist=$state/sources.list"
        -o Dir::Etc::sourceparts=-
        -o "Dir::State::lists=$state/lists"
        -o "Dir::Cache=$state"
        -o Dir::Cache::archives=archives
        -o APT::Sandbox::User=root
        -o Acquire::Retries=3
        -o Acquire::Languages=none
    )
    if [ "$architecture" != "$(dpkg --print-architecture)" ]; then
        : >"$state/status"
        apt_options+=(
            -o "APT::Architecture=$architecture"
            -o "APT::Architectures::=$architecture"
            -o "Dir::State::status=$state/status"
        )
    fi
    if [ -z "$(find "$state/updated" -mtime -1 2>/dev/null)" ]; then
        quietly apt-get "${apt_options[@]}" update ||
            die "the package lists of $* could not be fetched with the mirror in /etc/apt"
        touch "$state/updated"
    fi
}

# Downloads packages "${@:2}" of the private apt set up before, and unpacks them into folder $1.
unpack() {
    local to=$1 debs=$1.debs deb
    shift
    rm -rf "$debs"
    mkdir "$debs"
    (cd "$debs" && quietly apt-get "${apt_options[@]}" download "$@") ||
        die "could not download $1${2:+ and others}"
    for deb in "$debs"/*.deb; do
        dpkg -x "$deb" "$to"
    done
    rm -r "$debs"
}

# Prints the suite of Debian that has debugger $1, such as gdb-16.
suite_of() {
    case $1 in
    gdb-13) echo bookworm ;;
    gdb-16 | lldb-19) echo trixie ;;
    gdb-18 | lldb-21 | lldb-22) echo forky ;;
    *) die "no suite is known that has ${1%%-*} ${1#*-}: see scripts/debuggers.sh for those that are known" ;;
    esac
}
