/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the page is about: the data, words for it, and what is searched in it. */
"use strict";

const data = JSON.parse(document.getElementById("data").textContent);

const THIN = "\u202f"; /* between groups of three digits */

/* 1234567 as "1 234 567". */
function grouped(number) {
    return String(number).replace(/\B(?=(\d{3})+$)/g, THIN);
}

/* A part as "12.3 %". */
function percent(part) {
    return (100 * part).toFixed(part < 0.0995 ? 2 : 1) + THIN + "%";
}

/* The first place in a list, sorted by what key() makes of its elements, of one that is not less. */
function firstFrom(list, value, key = (element) => element) {
    let low = 0;
    let high = list.length;

    while (low < high) {
        const middle = (low + high) >> 1;

        if (key(list[middle]) < value) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

const positionOf = (event) => event.position;

/* What the guest's clock said when the guest read it last, in nanoseconds; null: it had not. */
function guestTime(position) {
    const next = firstFrom(data.times, position, (time) => time[0]);

    return next > 0 ? data.times[next - 1][1] : null;
}

function seconds(nanoseconds) {
    return (nanoseconds / 1e9).toFixed(6) + THIN + "s";
}

/* Colours that are told from each other on light and on dark. */
const COLOURS = [
    "#4c8dd6", "#e08a3c", "#4aa564", "#c95f5f", "#8f78c9", "#3fa7a7", "#c77fb0", "#a08a4a",
    "#6c8ebf", "#b0704a", "#7aa83c", "#a35d8f",
];
const OTHER_COLOUR = "#8a94a5";

const GROUP_COLOURS = {
    console: "#4c8dd6", markers: "#d97706", bookmarks: "#c95f5f", keyframes: "#8f78c9",
    tasks: "#4aa564", functions: "#3fa7a7",
};

/* By name, so that it is the same in every report. */
function colourOf(name) {
    let sum = 0;

    for (let i = 0; i < name.length; i++) {
        sum = (sum * 31 + name.charCodeAt(i)) >>> 0;
    }
    return COLOURS[sum % COLOURS.length];
}

/* The commands that a user types, with the recording in them. */
const recording = data.recording;
const symbolsOption = recording.symbols_word ? " --symbols " + recording.symbols_word : "";

const commands = {
    replay: (position) => `ebb replay --at ${position}${symbolsOption} ${recording.word}`,
    goto: (position) => `ebb goto ${position}`,
    /* gdb keeps the registers that it has read, and would show those of the place before. */
    seek: (position) => `monitor seek ${position}\nmaintenance flush register-cache`,
    part: (question, from, to) =>
        `ebb ${question} ${recording.word}${symbolsOption} --from ${from} --to ${to}`,
    report: (from, to, limit = "") => commands.part("report", from, to) + limit + " -o part.html",
};

/* What lists the events of a row, as part of a command; null: nothing does. */
function questionOf(row) {
    switch (row.group) {
    case "exceptions": return "exceptions --kind " + row.name;
    case "interrupts": return "irqs";
    case "tasks": return data.by_table ? "switches --by-table" : "switches";
    case "console": return "export console";
    default: return null;
    }
}

/* The command that lists the events of a row; some list those of all of the recording. */
function listOf(row) {
    switch (row.group) {
    case "markers": return "ebb console " + recording.word;
    case "bookmarks": return "echo bookmark list | ebb shell " + recording.word;
    case "keyframes": return "ebb info " + recording.word;
    default: return commands.part(questionOf(row), data.from, data.to);
    }
}

/* The row of functions is made here: its events are samples. */
const functionsRow = {
    group: "functions",
    name: "functions",
    label: "functions",
    count: data.profile.positions.length,
    events: [],
    colour: GROUP_COLOURS.functions,
};

const rows = [];

/* What a row is called in the page; its name is what commands take. */
function labelOf(row) {
    return row.group === "exceptions" && row.name === "undefined" ? "undefined instruction" : row.name;
}

function samplesWords(count) {
    return grouped(count) + (count === 1 ? " sample" : " samples");
}

/* How many there are of what it consists of. */
function countOf(row) {
    return row === functionsRow ? samplesWords(row.count) : grouped(row.count);
}

function prepareRow(row) {
    row.label = labelOf(row);
    row.events.sort((one, other) => one.position - other.position);
    row.colour = GROUP_COLOURS[row.group] || colourOf(row.name);
    if (row.bins) {
        row.most = row.bins.reduce((most, bin) => Math.max(most, bin[1]), 0);
    }
    rows.push(row);
}

for (const row of data.rows) {
    if (!rows.includes(functionsRow) && ["exceptions", "interrupts"].includes(row.group)) {
        rows.push(functionsRow);
    }
    prepareRow(row);
}
if (!rows.includes(functionsRow)) {
    rows.push(functionsRow);
}

const tasks = data.tasks.list;
for (const task of tasks) {
    task.colour = /swapper\/\d+\]?$/.test(task.name) ? OTHER_COLOUR : colourOf(task.name);
}

/* The functions that execute most have colours, each its own; what has no name has none. */
const functions = data.profile.functions.map(
    (name) => ({name, samples: 0, first: null, colour: OTHER_COLOUR}));
data.profile.samples.forEach((place, i) => {
    functions[place].samples++;
    functions[place].first ??= data.profile.positions[i];
});
functions.filter((each) => !each.name.startsWith("["))
    .sort((one, other) => other.samples - one.samples)
    .slice(0, COLOURS.length)
    .forEach((each, i) => { each.colour = COLOURS[i]; });

/* The end of what goes on from an event, or null. */
function endOf(row, event) {
    const length = row.group === "tasks" ? event.ran : event.duration;

    return length === undefined ? null : event.position + length;
}

/* A line about an event. */
function wordsOf(row, event) {
    switch (row.group) {
    case "console": return event.text;
    case "tasks": return tasks[event.task].name;
    case "exceptions":
        return [row.label + (event.number === undefined ? "" : " #" + event.number), event.fault,
                event.address, event.from.location || event.from.pc].filter(Boolean).join("  ");
    case "interrupts": return row.label + "  " + (event.location || event.pc);
    default: return event.name + (event.note ? ": " + event.note : "");
    }
}

/* The same where the row's name stands beside it. */
function shortWordsOf(row, event) {
    return row.group === "exceptions" ? event.from.location || event.fault || event.from.pc
        : wordsOf(row, event);
}

/* All values of an event, as text that is searched; but for the handler, which is always the same. */
function textOf(row, event) {
    const values = [row.label];

    (function collect(value) {
        if (value !== null && typeof value === "object") {
            Object.values(value).forEach(collect);
        } else if (typeof value === "string") {
            values.push(value);
        }
    })({...event, to: null});
    if (row.group === "tasks") {
        values.push(tasks[event.task].name);
    }
    return values.join("\n").toLowerCase();
}

const FOUND_MOST = 2000;

/* {row, event} and {row, place} of all that has the text, which is in lower case; .more: there are
 * others. */
function search(wanted) {
    const found = [];

    found.more = false;
    if (!wanted) {
        return found;
    }
    functions.forEach((each, place) => {
        if (each.name.toLowerCase().includes(wanted)) {
            found.push({row: functionsRow, place});
        }
    });
    for (const row of rows) {
        row.texts ??= row.events.map((event) => textOf(row, event));
        row.texts.forEach((text, i) => {
            if (text.includes(wanted)) {
                found.push({row, event: row.events[i]});
            }
        });
    }
    found.more = found.length > FOUND_MOST;
    found.length = Math.min(found.length, FOUND_MOST);
    return found;
}
