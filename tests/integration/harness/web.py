# SPDX-License-Identifier: GPL-3.0-or-later
"""What guests reach on the host through user networking."""

import hashlib
import http.server
import threading


class NumberServer:
    """An HTTP server on the host's loopback. It has a page of numbers for whoever asks, and answers
    what is sent to it with its MD5 sum."""

    def __enter__(self):
        page = "".join("%d\n" % number for number in range(1, 20001)).encode()

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self, data):
                self.send_response(200)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def do_GET(self):  # noqa: N802 (the base class wants this name)
                self.answer(page)

            def do_POST(self):  # noqa: N802
                sent = self.rfile.read(int(self.headers["Content-Length"]))
                self.answer(hashlib.md5(sent).hexdigest().encode())

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        return self.server.server_address[1]

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
