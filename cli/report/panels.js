/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What stands below the time line: lists, and what is selected. All text goes in by textContent. */
"use strict";

const SHOWN_MOST = 1000; /* lines of a list */

/* What stands above the columns of each list, each with the class of its column. */
const HEADS = {
    console: [["at", "position"], ["text", "line"]],
    functions: [["at", "share"], ["meter", ""], ["text", "function"], ["at", "instructions"]],
    tasks: [["at", "share"], ["meter", ""], ["text", "task"], ["at", "instructions"]],
    found: [["at", "position"], ["kind", "row"], ["text", "what has the text"]],
};

function element(name, className, text) {
    const made = document.createElement(name);

    if (className) {
        made.className = className;
    }
    if (text !== undefined) {
        made.textContent = text;
    }
    return made;
}

/* What a bin has. */
function binWords(place) {
    return `${grouped(place.bin[1])} \u00d7 ${place.row.label}`;
}

/* Whether a row has nothing where it was clicked. Of tasks the parts that none begins in have one too. */
function isEmpty(place) {
    return Boolean(place.row) && !place.event && !place.bin && place.place === undefined &&
        !(place.row.bins && place.row.group === "tasks");
}

/* Whether two places are of the same event or function. */
function isSame(one, other) {
    return one.event ? one.event === other.event
        : one.place !== undefined && one.place === other.place;
}

/* The text, with what was searched marked. */
function withMarks(text, wanted) {
    const span = element("span", "text");
    const lower = text.toLowerCase();
    let done = 0;

    for (let at; wanted && lower.length === text.length &&
         (at = lower.indexOf(wanted, done)) >= 0; done = at + wanted.length) {
        span.append(text.slice(done, at), element("mark", "", text.slice(at, at + wanted.length)));
    }
    span.append(text.slice(done));
    return span;
}

class Lists {
    constructor(timeline, choose) {
        this.timeline = timeline;
        this.choose = choose;
        this.shown = "console";
        this.found = [];
        this.wanted = "";
        this.list = document.getElementById("list");
        this.tabs = [...document.querySelectorAll("#tabs button")];
        for (const tab of this.tabs) {
            tab.addEventListener("click", () => this.show(tab.dataset.list));
        }
        this.count("console", (rows.find((row) => row.group === "console") || {count: 0}).count);
        this.count("functions", functions.length);
        this.count("tasks", tasks.length);
        this.fill();
    }

    count(name, number, behind = "") {
        this.tabs.find((tab) => tab.dataset.list === name).querySelector("b").textContent =
            grouped(number) + behind;
    }

    show(name) {
        this.shown = name;
        for (const tab of this.tabs) {
            tab.setAttribute("aria-selected", String(tab.dataset.list === name));
        }
        this.list.scrollTop = 0;
        this.fill();
    }

    search(text) {
        this.wanted = text.trim().toLowerCase();
        this.found = search(this.wanted);
        this.next = 0;
        this.timeline.found = this.found.flatMap(
            (each) => each.event ? [each.event.position] : []);
        this.count("found", this.found.length, this.found.more ? "+" : "");
        this.show(this.wanted ? "found" : "console");
        this.timeline.redraw();
    }

    /* The next of what was found. */
    step() {
        if (this.found.length) {
            this.choose(this.place(this.found[this.next++ % this.found.length]));
        }
    }

    /* Of what was found, or is in a list. */
    place(each) {
        return {
            row: each.row,
            event: each.event,
            place: each.place,
            position: each.event ? each.event.position : functions[each.place].first,
        };
    }

    /* Where the range has changed, lists of what is in it do; once for a picture. */
    changed() {
        if (!this.due && this.shown !== "found") {
            this.due = requestAnimationFrame(() => {
                this.due = 0;
                this.fill();
            });
        }
    }

    /* What is selected is marked where it is listed. */
    selected() {
        const {selected} = this.timeline;

        for (const {made, place} of this.items) {
            made.classList.toggle("chosen", selected !== null && isSame(selected, place));
        }
    }

    fill() {
        const makers = {
            console: () => this.lines(),
            functions: () => this.functionItems(),
            tasks: () => this.taskItems(),
            found: () => this.foundItems(),
        }[this.shown]();

        this.items = [];
        document.getElementById("heads").replaceChildren(
            ...HEADS[this.shown].map(([column, text]) => element("span", column, text)));
        this.list.replaceChildren(...makers.slice(0, SHOWN_MOST).map((make) => make()));
        if (makers.length > SHOWN_MOST) {
            this.list.append(element("p", "none", `${grouped(makers.length - SHOWN_MOST)} more are ` +
                "not listed: show or search for less to see them."));
        }
        this.selected();
    }

    /* Lists consist of what makes their elements, as not all of them may be shown. */
    none(text) {
        return [() => element("p", "none", text)];
    }

    item(place, ...parts) {
        const made = element("div", "item");

        made.append(...parts);
        made.addEventListener("click", () => this.choose(place));
        made.dataset.position = place.position;
        this.items.push({made, place});
        return made;
    }

    /* Of what is shown. */
    lines() {
        const row = rows.find((each) => each.group === "console");
        const events = row ? this.timeline.visible(row) : [];

        return events.length === 0 ? this.none("No line of the console begins in this range.")
            : events.map((event) => () => this.item(this.place({row, event}),
                element("span", "at", grouped(event.position)),
                element("span", "text", event.text)));
    }

    meter(part, colour) {
        const meter = element("span", "meter");
        const bar = element("span");

        bar.style.width = 100 * part + "%";
        bar.style.background = colour;
        meter.append(bar);
        return meter;
    }

    /* By how many of the samples in the range are theirs. */
    functionItems() {
        const {positions, samples, every} = data.profile;
        const first = firstFrom(positions, this.timeline.from);
        const end = firstFrom(positions, this.timeline.to);
        const counts = new Map();
        let most = 0;

        for (let i = first; i < end; i++) {
            const count = (counts.get(samples[i]) || 0) + 1;

            counts.set(samples[i], count);
            most = Math.max(most, count);
        }

        return counts.size === 0
            ? this.none(`No sample is in this range: there is one every ${grouped(every)} ` +
                "instructions.")
            : [...counts].sort((one, other) => other[1] - one[1]).map(([place, count]) => () => {
                const made = this.item(this.place({row: functionsRow, place}),
                    element("span", "at", percent(count / (end - first))),
                    this.meter(count / most, functions[place].colour),
                    element("span", "text", functions[place].name),
                    element("span", "at", "\u2248 " + grouped(count * every)));

                made.dataset.samples = count;
                return made;
            });
    }

    /* How long each had the CPU: in the range, or, where slices are not there, in all of it. */
    taskItems() {
        const row = rows.find((each) => each.group === "tasks");
        const ran = new Map(row && row.bins ? tasks.map((task, i) => [i, task.ran]) : []);
        const {from, to} = this.timeline;

        for (const event of row && !row.bins ? this.timeline.visible(row) : []) {
            const inside = Math.min(event.position + event.ran, to) - Math.max(event.position, from);

            if (inside > 0) {
                ran.set(event.task, (ran.get(event.task) || 0) + inside);
            }
        }
        const all = row && row.bins ? data.to - data.from : to - from;

        return ran.size === 0
            ? this.none("No tasks are told from each other in this range.")
            : [...ran].sort((one, other) => other[1] - one[1]).map(([place, inside]) => () => this.item(
                this.firstOf(row, place),
                element("span", "at", percent(inside / all)),
                this.meter(inside / all, tasks[place].colour),
                element("span", "text", tasks[place].name),
                element("span", "at", grouped(Math.round(inside)))));
    }

    firstOf(row, place) {
        const event = row.events.find((each) => each.task === place &&
            each.position + each.ran > this.timeline.from);
        const bin = data.tasks.bins ? Math.max(data.tasks.bins.indexOf(place), 0) : 0;

        return event ? this.place({row, event}) : {row, position: data.from + bin * data.bin};
    }

    foundItems() {
        if (this.found.length === 0) {
            return this.none(this.wanted ? "Nothing in this page has that text."
                : "Type what to search for: in lines of the console, names of functions and tasks, " +
                  "and all that is known of events.");
        }
        return this.found.map((each) => () => each.event
            ? this.item(this.place(each), element("span", "at", grouped(each.event.position)),
                        element("span", "kind", each.row.label),
                        withMarks(wordsOf(each.row, each.event), this.wanted))
            : this.item(this.place(each),
                        element("span", "at", grouped(functions[each.place].first)),
                        element("span", "kind",
                                samplesWords(functions[each.place].samples) + " of"),
                        withMarks(functions[each.place].name, this.wanted)));
    }
}

/* What is selected, and the commands that go there. */
class Detail {
    constructor() {
        this.aside = document.getElementById("detail");
        this.show(null);
    }

    show(place) {
        this.aside.replaceChildren();
        if (!place) {
            this.aside.append(element("h2", "", "Nothing is selected"),
                element("p", "where", "Click on the time line or on a line of a list: here is what " +
                    "is known of it, and the command that goes there."));
            return;
        }
        this.aside.append(element("h2", "", this.title(place)), this.where(place));
        this.commands("Go there", [commands.replay(place.position)]);
        this.commands("In gdb", [commands.goto(place.position)]);
        this.commands("In a gdb without ebb.py", [commands.seek(place.position)]);
        if (place.event && place.pointed > place.position &&
            endOf(place.row, place.event) > place.pointed) {
            this.commands("To the point in it that was clicked", [commands.goto(place.pointed)]);
        }
        this.more(place);
        if (place.event) {
            this.members(place.row, place.event);
        }
    }

    title(place) {
        if (place.event) {
            return wordsOf(place.row, place.event) || "(an empty line)";
        }
        if (place.place !== undefined) {
            return functions[place.place].name;
        }
        return place.bin ? binWords(place) : "Position " + grouped(place.position);
    }

    where(place) {
        const time = guestTime(place.position);
        const words = element("p", "where");

        words.dataset.position = place.position;
        words.textContent = [place.row && place.row.label,
            isEmpty(place) ? "nothing here in this row" : "", "position " + grouped(place.position),
            time === null ? "" : "guest time " + seconds(time)].filter(Boolean).join(" \u00b7 ");
        return words;
    }

    commands(title, list) {
        this.aside.append(element("h3", "", title));
        for (const command of list) {
            const line = element("div", "command");
            const code = element("code", "", command);
            const button = element("button", "", "Copy");

            button.addEventListener("click", () => {
                copy(code);
                button.textContent = "Copied";
            });
            line.append(code, button);
            this.aside.append(line);
        }
    }

    more(place) {
        if (place.bin) {
            const from = data.from + place.bin[0] * data.bin;
            const to = Math.min(from + data.bin, data.to);
            const question = questionOf(place.row);

            this.commands("Each of them",
                          [...(question ? [commands.part(question, from, to)] : []),
                           commands.report(from, to)]);
        } else if (place.place !== undefined) {
            const each = functions[place.place];
            const all = data.profile.positions.length;

            this.aside.append(element("h3", "", "Instructions"),
                element("p", "where", `${grouped(each.samples)} of ${grouped(all)} samples ` +
                    `(${percent(each.samples / all)}), one every ${grouped(data.profile.every)} ` +
                    "instructions"));
            this.commands("The profile of all functions, with what they call",
                          [commands.part("profile", data.from, data.to)]);
        }
    }

    members(row, event) {
        const list = element("dl");
        const known = row.group === "tasks"
            ? {...event, task: undefined, ...tasks[event.task].task} : event;

        (function add(object, prefix) {
            for (const [name, value] of Object.entries(object)) {
                if (value !== null && typeof value === "object" && !Array.isArray(value)) {
                    add(value, prefix + name + " ");
                } else if (value !== undefined) {
                    list.append(element("dt", "", prefix + name), element("dd", "", String(value)));
                }
            }
        })(known, "");
        this.aside.append(element("h3", "", "What is known"), list);
    }
}

/* To the clipboard; or, where a browser keeps that from files, it is selected to be copied. */
function copy(code) {
    getSelection().selectAllChildren(code);
    if (navigator.clipboard) {
        navigator.clipboard.writeText(code.textContent).catch(() => {});
    } else {
        document.execCommand("copy");
    }
}
