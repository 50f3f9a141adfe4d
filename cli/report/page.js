/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Puts the page together, and listens to keys and buttons. */
"use strict";

const LIMIT_MOST = 1000000; /* what --limit may be */

const byId = (id) => document.getElementById(id);

function fillHead() {
    const name = recording.directory.replace(/\/+$/, "").replace(/^.*\//, "");
    const facts = [
        [recording.machine, recording.cpu].filter(Boolean).join(", "),
        [recording.architecture, recording.accelerator].filter(Boolean).join(", "),
        recording.created,
        `${grouped(data.to - data.from)} instructions` +
            (data.from > recording.begin || data.to < recording.end
                ? `, of ${grouped(recording.end - recording.begin)}` : ""),
        recording.symbols ? "symbols of " + recording.symbols : "no symbols",
    ];

    document.title = `${name} \u2013 Ebb report`;
    byId("name").textContent = name;
    byId("name").title = recording.directory;
    byId("facts").append(...facts.filter(Boolean).map((fact) => element("span", "", fact)));
    byId("made").textContent = `Made by ebb ${data.ebb}`;
}

/* What is not in the page, and how to see it. */
function fillLeftOut() {
    const list = byId("left-out").querySelector("ul");
    const add = (text, command) => {
        const item = element("li", "", text);

        if (command) {
            item.append(element("code", "", command));
        }
        list.append(item);
    };

    for (const row of rows.filter((each) => each.bins)) {
        add(`${row.label}: ${grouped(row.count)} ` + (row.events.length
            ? `lines, of which the first ${grouped(row.events.length)} are listed; `
            : row.group === "tasks" ? "slices; " : "events; ") + "the row shows " +
            (row.group === "tasks" ? "who had the CPU most of" : "how many there are in") +
            ` each ${grouped(data.bin)} instructions. To list them: `,
            listOf(row));
    }
    for (const row of rows.filter((each) => each.group === "console")) {
        const cut = row.events.filter((event) => event.length !== undefined).length;

        if (cut) {
            add(`${grouped(cut)} long lines of the console are cut. In full: `,
                `ebb console ${recording.word}`);
        }
    }
    if (list.children.length) {
        add("A report of a part has more one by one, and so has one with a greater --limit than " +
            `${grouped(data.limit)}: `,
            commands.report(data.from, data.to, ` --limit ${Math.min(data.limit * 10, LIMIT_MOST)}`));
    }
    byId("left-out").hidden = list.children.length === 0;
}

function start() {
    const detail = new Detail();
    const timeline = new Timeline({from: data.from, to: data.to}, {
        changed: () => changed(),
        pointed: (place, position) => pointed(place, position),
        chosen: (place) => choose(place),
    });
    const lists = new Lists(timeline, (place) => {
        timeline.reveal(place.position);
        choose(place);
    });

    function changed() {
        const from = Math.round(timeline.from);
        const to = Math.round(timeline.to);

        byId("range").textContent = `positions ${grouped(from)} \u2013 ${grouped(to)}`;
        byId("range").dataset.from = from;
        byId("range").dataset.to = to;
        byId("back").disabled = timeline.earlier.length === 0;
        lists.changed();
    }

    function pointed(place, position) {
        byId("pointer").textContent = !place ? "" : [
            "position " + grouped(position),
            place.event ? wordsOf(place.row, place.event)
                : place.place !== undefined ? functions[place.place].name
                : place.bin ? binWords(place) : "",
        ].filter(Boolean).join(" \u00b7 ");
    }

    function choose(place) {
        timeline.select(place);
        detail.show(place);
        lists.selected();
    }

    /* The event of the selected row that comes next, or came before. */
    function step(by) {
        const selected = timeline.selected;

        if (!selected || !selected.row || selected.row.events.length === 0) {
            return;
        }
        const {row} = selected;
        const there = selected.event ? row.events.indexOf(selected.event)
            : firstFrom(row.events, selected.position, positionOf) - (by > 0 ? 1 : 0);
        const event = row.events[there + by];

        if (event) {
            timeline.reveal(event.position);
            choose({row, event, position: event.position});
        }
    }

    function closer(factor) {
        timeline.remember();
        timeline.zoom(factor);
    }

    const keys = {
        "+": () => closer(0.5),
        "=": () => closer(0.5),
        "-": () => closer(2),
        "0": () => timeline.jump(data.from, data.to),
        "ArrowLeft": () => timeline.move(-0.15),
        "ArrowRight": () => timeline.move(0.15),
        "Home": () => timeline.move(-1e12),
        "End": () => timeline.move(1e12),
        "Backspace": () => timeline.back(),
        "n": () => step(1),
        "p": () => step(-1),
        "/": () => byId("query").focus(),
        "Escape": () => choose(null),
    };

    document.addEventListener("keydown", (event) => {
        if (event.target === byId("query") || event.ctrlKey || event.metaKey || event.altKey ||
            !Object.hasOwn(keys, event.key)) {
            return;
        }
        event.preventDefault();
        keys[event.key]();
    });
    byId("query").addEventListener("input", (event) => lists.search(event.target.value));
    byId("query").addEventListener("keydown", (event) => {
        if (event.key === "Escape") {
            byId("query").blur();
        }
    });
    byId("search").addEventListener("submit", (event) => {
        event.preventDefault();
        lists.step();
    });
    byId("in").addEventListener("click", keys["+"]);
    byId("out").addEventListener("click", keys["-"]);
    byId("whole").addEventListener("click", keys["0"]);
    byId("back").addEventListener("click", keys.Backspace);
    changed();
}

fillHead();
fillLeftOut();
start();
