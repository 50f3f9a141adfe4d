# SPDX-License-Identifier: GPL-3.0-or-later
"""A browser without a window, Chromium, and its pages: driven through the DevTools protocol over a
pair of pipes, in which each message is JSON with a zero byte behind it."""

import fcntl
import json
import os
import select
import shutil

from . import process

PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
FIRST_FREE = 10  # descriptors from here on are in nobody's way

# What it would ask the network for by itself is off; as root it has no sandbox, and the pages are ours.
OPTIONS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
           "--no-first-run", "--disable-background-networking", "--disable-component-update",
           "--disable-default-apps", "--disable-sync", "--hide-scrollbars",
           "--window-size=1400,1000", "--remote-debugging-pipe")


def needed_by(test):
    """The program; a test without one is skipped."""
    for name in PROGRAMS:
        if shutil.which(name):
            return shutil.which(name)
    test.skipTest("there is no Chromium: ./run setup installs chromium-headless-shell")


class Browser:
    """A process with a profile of its own in the folder. close() ends it."""

    def __init__(self, program, folder):
        os.makedirs(folder, exist_ok=True)
        commands, self.output = self._pipe()
        self.input, answers = self._pipe()
        # Chromium reads from descriptor 3 and writes to 4.
        self.process = process.Process(
            ["bash", "-c", 'exec "$@" 3<&%d 4>&%d' % (commands, answers), "browser", program,
             *OPTIONS, "--user-data-dir=" + folder],
            pass_fds=(commands, answers), env=dict(os.environ, HOME=folder))
        os.close(commands)
        os.close(answers)
        self.read = b""
        self.events = []
        self.count = 0
        self.page = None

    @staticmethod
    def _pipe():
        ends = os.pipe()
        moved = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, FIRST_FREE) for end in ends]
        for end in ends:
            os.close(end)
        return moved

    def _receive(self):
        while b"\0" not in self.read:
            ready, _, _ = select.select([self.input], [], [], process.WATCHDOG)
            data = os.read(self.input, 1 << 16) if ready else b""
            if not data:
                raise process.Timeout("the browser %s: %s" % (
                    "has ended" if ready else "does not answer", self.process.describe()))
            self.read += data
        message, self.read = self.read.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, session=None, **parameters):
        """Asks, and waits for the answer; what else is told meanwhile is kept in .events."""
        self.count += 1
        message = {"id": self.count, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.output, data):]
        while True:
            answer = self._receive()
            if answer.get("id") == self.count:
                if "error" in answer:
                    raise AssertionError("%s: %s" % (method, answer["error"]))
                return answer["result"]
            self.events.append(answer)

    def wait_for(self, method, session):
        """Waits until a session has told it."""
        while not self.told(session, method):
            self.events.append(self._receive())

    def told(self, session, *methods):
        """What a session has told of some kinds."""
        return [event for event in self.events
                if event.get("sessionId") == session and event.get("method") in methods]

    def open(self, path):
        """The page in a file, loaded; in the place of the one before."""
        if self.page:
            self.call("Target.closeTarget", targetId=self.page.target)
        self.events.clear()
        self.page = Page(self, path)
        return self.page

    def close(self):
        self.process.close()
        os.close(self.input)
        os.close(self.output)


class Page:
    def __init__(self, browser, path):
        self.browser = browser
        self.target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = browser.call("Target.attachToTarget", targetId=self.target,
                                    flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(domain + ".enable")
        self.url = "file://" + path
        self.call("Page.navigate", url=self.url)
        browser.wait_for("Page.loadEventFired", self.session)
        self.settle()

    def call(self, method, **parameters):
        return self.browser.call(method, self.session, **parameters)

    def run(self, expression):
        """The value of an expression, or of what it promises."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True,
                           awaitPromise=True)
        if "exceptionDetails" in answer:
            raise AssertionError("%s: %s" % (expression, answer["exceptionDetails"]))
        return answer["result"].get("value")

    def settle(self):
        """Waits until what is due is drawn."""
        self.run("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def text(self, selector):
        """What an element says; None: there is none."""
        return self.run("document.querySelector(%s)?.innerText ?? null" % json.dumps(selector))

    def mouse(self, kind, x, y, **more):
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, **more)

    def click(self, x, y):
        self.mouse("mouseMoved", x, y)
        for kind in ("mousePressed", "mouseReleased"):
            self.mouse(kind, x, y, button="left", clickCount=1)
        self.settle()

    def drag(self, x, y, to, **more):
        """To another place of the same height."""
        self.mouse("mouseMoved", x, y)
        self.mouse("mousePressed", x, y, button="left", clickCount=1, **more)
        for at in ((x + to) / 2, to):
            self.mouse("mouseMoved", at, y, button="left", buttons=1, **more)
        self.mouse("mouseReleased", to, y, button="left", clickCount=1, **more)
        self.settle()

    def wheel(self, x, y, by):
        self.mouse("mouseWheel", x, y, deltaX=0, deltaY=by)
        self.settle()

    def press(self, key, text=None):
        """A key; text: the character that it types."""
        self.call("Input.dispatchKeyEvent", type="keyDown", key=key, **({"text": text} if text else {}))
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key)
        self.settle()

    def type(self, text):
        self.call("Input.insertText", text=text)
        self.settle()

    def complaints(self):
        """What the page's console has, and scripts that failed."""
        return self.browser.told(self.session, "Runtime.exceptionThrown", "Runtime.consoleAPICalled",
                                 "Log.entryAdded")

    def requests(self):
        """The addresses of all that was asked for."""
        return [event["params"]["request"]["url"] for event in
                self.browser.told(self.session, "Network.requestWillBeSent")]

    def box(self, selector):
        """Where an element is: x, y, width, height."""
        return self.run("(({x, y, width, height}) => [x, y, width, height])(document.querySelector("
                        "%s).getBoundingClientRect())" % json.dumps(selector))
