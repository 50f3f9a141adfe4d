# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh
#
# The host's ends of a guest's devices, for scripts that run on an ARM host: what is in host_ends.py
# for tests that run here.

# Ends what serve() has started.
stop_serving() {
    kill "$serving"
}

# A page at port $1, and at /cgi-bin/sum the MD5 sum of what is sent there.
serve() { # PORT
    mkdir -p pages/cgi-bin
    cp "$EBB_FILES/guests/page" pages/numbers
    cat >pages/cgi-bin/sum <<'END'
#!/bin/sh
printf 'Content-Type: text/plain\r\n\r\n'
md5sum | cut -c 1-32
END
    chmod +x pages/cgi-bin/sum
    "$EBB_FILES/guests/busybox" httpd -f -p "127.0.0.1:$1" -h pages &
    serving=$!
}

# Hears a line from the guest, says something, and keeps what it hears in NAME.heard.
talk() { # NAME
    mkfifo "$1.in" "$1.out"
    {
        IFS= read -r line
        printf '%s\n' "$line" >"$1.heard"
        cat "$EBB_FILES/guests/says" >&3
        cat >>"$1.heard"
    } <"$1.out" 3>"$1.in" &
    talking="$talking $!"
}

# Records a guest that has the disks and the other files for devices, NAME-ends among the files, in the
# folder ends, which is NAME-ends afterwards.
record_with_devices() { # NAME [OPTION]... -- QEMU_ARGUMENT...
    cp -RL "$EBB_FILES/guests/$1-ends" ends
    talking=
    cd ends || return 1
    talk console
    talk port
    cd .. || return 1
    record "$@"
    # A guest that never was there leaves them waiting.
    # shellcheck disable=SC2086 # these are several
    [ "$(cat "$1.status")" = 0 ] || kill $talking
    # shellcheck disable=SC2086
    wait $talking
    rm ends/*.in ends/*.out
    mv ends "$1-ends"
}
