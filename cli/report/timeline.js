/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The time line: a range of positions that is shown, rows drawn for it, and what the pointer is at. */
"use strict";

const ROW = 24; /* pixels: the height of a row, */
const AXIS = 38; /* and of the axis above them */
const LEAST = 20; /* instructions that are shown, at least */
const NEAR = 7; /* pixels: what the pointer takes for itself */
const BACK_MOST = 100; /* ranges to go back to */
const PAUSE = 400; /* milliseconds behind which a turn of the wheel is another one */

class Timeline {
    constructor(whole, hooks) {
        this.whole = whole;
        this.from = whole.from;
        this.to = whole.to;
        this.hooks = hooks; /* changed(), pointed(place or null, position), chosen(place) */
        this.earlier = [];
        this.selected = null;
        this.found = []; /* positions */
        this.canvas = document.getElementById("canvas");
        this.overview = document.getElementById("overview");
        this.pane = document.getElementById("rows");
        this.makeLabels();
        this.listen();
        this.resize();
    }

    /* Ranges */

    show(from, to) {
        const length = Math.min(Math.max(to - from, LEAST), this.whole.to - this.whole.from);
        const begin = Math.min(Math.max(from, this.whole.from), this.whole.to - length);

        this.from = begin;
        this.to = begin + length;
        this.redraw();
        this.hooks.changed();
    }

    /* The same, and Back leads to what was shown before. */
    jump(from, to) {
        this.remember();
        this.show(from, to);
    }

    remember() {
        this.earlier.push([this.from, this.to]);
        if (this.earlier.length > BACK_MOST) {
            this.earlier.shift();
        }
    }

    back() {
        const before = this.earlier.pop();

        if (before) {
            this.show(...before);
        }
    }

    /* factor < 1: closer. The position stays where it is. */
    zoom(factor, position = (this.from + this.to) / 2) {
        const length = (this.to - this.from) * factor;
        const part = (position - this.from) / (this.to - this.from);
        const longest = this.whole.to - this.whole.from;

        if (length >= longest) {
            this.show(this.whole.from, this.whole.to);
        } else {
            const kept = Math.max(length, LEAST);

            this.show(position - part * kept, position + (1 - part) * kept);
        }
    }

    move(part) {
        const by = part * (this.to - this.from);

        this.show(this.from + by, this.to + by);
    }

    /* Brings a position into view. */
    reveal(position) {
        if (position < this.from || position >= this.to) {
            const half = (this.to - this.from) / 2;

            this.jump(position - half, position + half);
        }
    }

    select(place) {
        this.selected = place;
        for (const label of this.labels) {
            label.element.classList.toggle("chosen", place !== null && label.row === place.row);
        }
        this.redraw();
    }

    x(position) {
        return (position - this.from) / (this.to - this.from) * this.width;
    }

    position(x) {
        const at = Math.floor(this.from + x / this.width * (this.to - this.from));

        return Math.min(Math.max(at, this.whole.from), this.whole.to);
    }

    /* Elements */

    makeLabels() {
        const column = document.getElementById("labels");
        const axis = document.createElement("div");

        axis.className = "axis";
        axis.style.height = AXIS + "px";
        axis.append(data.times.length ? "position, guest time" : "position");
        column.append(axis);
        this.labels = rows.map((row) => {
            const element = document.createElement("div");
            const colour = document.createElement("i");
            const name = document.createElement("span");
            const count = document.createElement("b");

            element.className = "row";
            element.dataset.row = row.name;
            element.style.height = ROW + "px";
            colour.style.background = row.colour;
            name.textContent = element.title = row.label;
            count.textContent = countOf(row);
            element.append(colour, name, count);
            column.append(element);
            return {row, element};
        });
    }

    resize() {
        const scale = window.devicePixelRatio || 1;
        const height = Math.min(AXIS + rows.length * ROW, this.pane.clientHeight || 1e4);

        this.width = this.pane.clientWidth - document.getElementById("labels").offsetWidth;
        this.height = height;
        for (const [canvas, width, tall] of [[this.canvas, this.width, height],
            [this.overview, this.overview.clientWidth, this.overview.clientHeight]]) {
            canvas.width = Math.round(width * scale);
            canvas.height = Math.round(tall * scale);
            canvas.getContext("2d").setTransform(scale, 0, 0, scale, 0, 0);
        }
        this.canvas.style.height = height + "px";
        this.readColours();
        this.redraw();
    }

    readColours() {
        const style = getComputedStyle(document.documentElement);
        const value = (name) => style.getPropertyValue("--" + name).trim();

        this.colours = {
            text: value("text"), soft: value("soft"), faint: value("faint"), line: value("line"),
            panel: value("panel"), stripe: value("stripe"), accent: value("accent"),
            mark: value("mark"),
        };
        this.font = getComputedStyle(document.body).fontFamily;
    }

    redraw() {
        if (!this.due) {
            this.due = requestAnimationFrame(() => {
                this.due = 0;
                this.draw();
                this.drawOverview();
            });
        }
    }

    /* Drawing */

    draw() {
        const pen = this.pen = this.canvas.getContext("2d");

        const shown = rows.map((row, i) => [row, AXIS + i * ROW - this.pane.scrollTop, i])
            .filter(([, top]) => top > AXIS - ROW && top < this.height);

        pen.clearRect(0, 0, this.width, this.height);
        for (const [, top, number] of shown) {
            pen.fillStyle = number % 2 === 0 ? this.colours.stripe : "transparent";
            pen.fillRect(0, top, this.width, ROW);
        }
        this.drawGrid();
        for (const [row, top] of shown) {
            this.drawRow(row, top);
        }
        this.drawAxis();
        this.drawLines();
    }

    drawRow(row, top) {
        if (row === functionsRow) {
            this.drawFunctions(top);
        } else if (row.bins && row.group === "tasks") {
            this.drawTaskBins(top);
        } else if (row.bins) {
            this.drawBins(row, top);
        } else {
            this.drawEvents(row, top);
        }
    }

    /* Those that are to be drawn: also ones that begin before and go on, and ones at the very end. */
    visible(row) {
        if (row.longest === undefined) {
            row.longest = row.events.reduce((most, event) => {
                const end = endOf(row, event);

                return end === null ? most : Math.max(most, end - event.position);
            }, 0);
        }
        return row.events.slice(firstFrom(row.events, this.from - row.longest, positionOf),
                                firstFrom(row.events, this.to + (this.to >= this.whole.to ? 1 : 0),
                                          positionOf));
    }

    drawEvents(row, top) {
        const events = this.visible(row);
        let last = -1;

        events.forEach((event, i) => {
            const left = this.x(event.position);
            const end = endOf(row, event);

            if (end !== null) {
                this.drawSlice(row, event, left, this.x(end), top);
            } else if (Math.round(left) !== last) {
                const next = i + 1 < events.length ? this.x(events[i + 1].position) : this.width;

                last = Math.round(left);
                this.drawInstant(row, event, left, next, top);
            }
        });
    }

    drawSlice(row, event, left, right, top) {
        const pen = this.pen;
        const task = row.group === "tasks" ? tasks[event.task] : null;
        const from = Math.floor(Math.max(left, 0));
        const width = Math.max(Math.min(right, this.width) - from, 1.5);

        if (right < 0) {
            return;
        }
        pen.fillStyle = task ? task.colour : row.colour;
        pen.fillRect(from, top + 4, width > 4 ? width - 0.5 : width, ROW - 8);
        this.drawWords(task ? task.name : event.location || "", from + 5, width - 8, top, "#ffffff");
    }

    drawInstant(row, event, left, next, top) {
        const pen = this.pen;

        pen.fillStyle = row.colour;
        if (row.group === "keyframes") {
            pen.beginPath();
            pen.moveTo(left, top + 6);
            pen.lineTo(left + 6, top + ROW / 2);
            pen.lineTo(left, top + ROW - 6);
            pen.lineTo(left - 6, top + ROW / 2);
            pen.fill();
            return;
        }
        pen.fillRect(Math.min(Math.floor(left), this.width - 1.5), top + 4, 1.5, ROW - 8);
        this.drawWords(shortWordsOf(row, event), left + 5, next - left - 9, top,
                       this.colours.soft);
    }

    /* As many of them as there is room for; none if that is not much. */
    drawWords(words, left, width, top, colour) {
        const pen = this.pen;
        let shown = words.slice(0, Math.floor(width / 3));

        if (width < 28 || !shown) {
            return;
        }
        pen.font = "11px " + this.font;
        pen.textBaseline = "middle";
        pen.fillStyle = colour;
        while (shown.length > 1 && pen.measureText(shown).width > width) {
            shown = shown.slice(0, Math.floor(shown.length * 0.9) - 1) + "\u2026";
        }
        pen.fillText(shown, left, top + ROW / 2 + 0.5);
    }

    /* Bins that are shown, each with where it is. */
    forBins(row, call) {
        const first = Math.floor((this.from - data.from) / data.bin);

        for (let i = firstFrom(row.bins, first, (bin) => bin[0]); i < row.bins.length; i++) {
            const begin = data.from + row.bins[i][0] * data.bin;

            if (begin >= this.to) {
                break;
            }
            const left = Math.floor(this.x(begin));

            call(row.bins[i], left, Math.max(Math.ceil(this.x(begin + data.bin)) - left, 1));
        }
    }

    /* How many there are, by the height; not in proportion, so that few among many are seen. */
    drawBins(row, top) {
        this.pen.fillStyle = row.colour;
        this.forBins(row, (bin, left, width) => {
            const part = row.most > 1 ? Math.log(bin[1]) / Math.log(row.most) : 1;
            const height = 5 + part * (ROW - 11);

            this.pen.fillRect(left, top + ROW - 3 - height, width, height);
        });
    }

    /* Who had the CPU for most of each. */
    drawTaskBins(top) {
        const first = Math.max(Math.floor((this.from - data.from) / data.bin), 0);

        for (let i = first; i < data.tasks.bins.length; i++) {
            const left = this.x(data.from + i * data.bin);
            const task = data.tasks.bins[i];

            if (left >= this.width) {
                break;
            }
            if (task !== null) {
                this.pen.fillStyle = tasks[task].colour;
                this.pen.fillRect(left, top + 4, this.x(data.from + (i + 1) * data.bin) - left + 0.3,
                                  ROW - 8);
            }
        }
    }

    /* For each column of pixels the function that most of its samples are of. */
    drawFunctions(top) {
        const {positions, every} = data.profile;
        const chosen = this.selected && this.selected.row === functionsRow
            ? this.selected.place : undefined;
        const wide = Math.max(this.x(this.from + every), 1);
        let run = null;

        const end = () => {
            if (run) {
                this.pen.globalAlpha = chosen === undefined || chosen === run.place ? 1 : 0.25;
                this.pen.fillStyle = functions[run.place].colour;
                this.pen.fillRect(run.left, top + 4, run.right - run.left, ROW - 8);
                this.drawWords(functions[run.place].name, run.left + 4, run.right - run.left - 6, top,
                               "#ffffff");
                this.pen.globalAlpha = 1;
            }
        };
        let i = firstFrom(positions, this.from - every);

        while (i < positions.length && positions[i] < this.to) {
            const left = Math.floor(this.x(positions[i]));
            const next = Math.max(firstFrom(positions, this.from +
                (left + wide) / this.width * (this.to - this.from)), i + 1);
            const place = this.mostOf(i, next, chosen);

            if (run && run.place === place && left <= run.right + 1) {
                run.right = left + wide;
            } else {
                end();
                run = {place, left, right: left + Math.max(wide, place === chosen ? 2 : 0)};
            }
            i = next;
        }
        end();
    }

    /* The function of most samples from one to before another; the chosen one if it is there. */
    mostOf(first, end, chosen) {
        const counts = new Map();
        let most = data.profile.samples[first];

        for (let i = first; i < end; i++) {
            const place = data.profile.samples[i];

            counts.set(place, (counts.get(place) || 0) + 1);
            if (place === chosen) {
                return place;
            }
            if (counts.get(place) > counts.get(most)) {
                most = place;
            }
        }
        return most;
    }

    /* Round positions that are shown. */
    ticks() {
        const step = this.step();
        const first = Math.ceil(this.from / step);

        return Array.from({length: Math.max(Math.ceil(this.to / step) - first, 0)},
                          (_, i) => (first + i) * step);
    }

    drawGrid() {
        this.pen.fillStyle = this.colours.line;
        for (const position of this.ticks()) {
            this.pen.fillRect(Math.round(this.x(position)), AXIS, 1, this.height);
        }
    }

    drawAxis() {
        const pen = this.pen;

        pen.fillStyle = this.colours.panel;
        pen.fillRect(0, 0, this.width, AXIS);
        pen.font = "11px " + this.font;
        pen.textBaseline = "middle";
        for (const position of this.ticks()) {
            const left = Math.round(this.x(position));
            const time = guestTime(position);

            pen.fillStyle = this.colours.line;
            pen.fillRect(left, AXIS - 6, 1, 6);
            pen.fillStyle = this.colours.text;
            pen.fillText(grouped(position), left + 4, 11);
            pen.fillStyle = this.colours.faint;
            pen.fillText(time === null ? "" : seconds(time), left + 4, 26);
        }
        pen.fillStyle = this.colours.line;
        pen.fillRect(0, AXIS - 1, this.width, 1);
    }

    /* A round number of instructions for which there is room. */
    step() {
        const least = (this.to - this.from) * 115 / this.width;
        const power = 10 ** Math.floor(Math.log10(least));
        const factor = [1, 2, 5, 10].find((each) => each * power >= least);

        return Math.max(factor * power, 1);
    }

    drawLines() {
        const pen = this.pen;

        for (const [position, colour] of [[this.selected && this.selected.position,
            this.colours.accent], [this.pointed, this.colours.faint]]) {
            if (typeof position === "number" && position >= this.from && position <= this.to) {
                pen.fillStyle = colour;
                pen.fillRect(Math.round(this.x(position)) - 0.5, AXIS - 12, 1, this.height);
            }
        }
        if (this.stretch) {
            pen.fillStyle = this.colours.accent;
            pen.globalAlpha = 0.18;
            pen.fillRect(Math.min(...this.stretch), 0, Math.abs(this.stretch[0] - this.stretch[1]),
                         this.height);
            pen.globalAlpha = 1;
        }
    }

    /* All of it: functions as a band, lines of the console and what was found above, and a window. */
    drawOverview() {
        const pen = this.overview.getContext("2d");
        const width = this.overview.clientWidth;
        const height = this.overview.clientHeight;
        const x = (position) =>
            (position - this.whole.from) / (this.whole.to - this.whole.from) * width;
        const {positions, samples} = data.profile;

        pen.clearRect(0, 0, width, height);
        positions.forEach((position, i) => {
            pen.fillStyle = functions[samples[i]].colour;
            pen.fillRect(x(position), 26, Math.max(width / positions.length, 1), 14);
        });
        for (const row of rows) {
            if (row.group === "console" || row.group === "markers" || row.group === "bookmarks") {
                pen.fillStyle = row.colour;
                for (const event of row.events) {
                    pen.fillRect(x(event.position), 9, 1.5, 14);
                }
            }
        }
        pen.fillStyle = this.colours.mark;
        for (const position of this.found) {
            pen.fillRect(x(position) - 1, 2, 2, 7);
        }
        this.drawWindow(pen, x(this.from), x(this.to), width, height);
    }

    drawWindow(pen, left, right, width, height) {
        pen.fillStyle = this.colours.panel;
        pen.globalAlpha = 0.7;
        pen.fillRect(0, 0, left, height);
        pen.fillRect(right, 0, width - right, height);
        pen.globalAlpha = 1;
        pen.strokeStyle = this.colours.accent;
        pen.lineWidth = 1.5;
        pen.strokeRect(left + 0.75, 0.75, Math.max(right - left - 1.5, 2), height - 1.5);
    }

    /* The pointer */

    /* What is at a point of the canvas: a row, a position, and maybe an event, bin or function. */
    at(x, y) {
        const number = Math.floor((y - AXIS + this.pane.scrollTop) / ROW);
        const row = y < AXIS ? undefined : rows[number];
        const position = this.position(x);
        const place = {row: row || null, position, pointed: position};

        if (!row) {
            return place;
        }
        if (row === functionsRow) {
            return this.functionAt(place);
        }
        return row.bins ? this.binAt(row, place) : this.eventAt(row, place, x);
    }

    functionAt(place) {
        const {positions, samples, every} = data.profile;
        const before = firstFrom(positions, place.position + 1) - 1;

        if (before >= 0 && place.position - positions[before] <= every) {
            place.place = samples[before];
        }
        return place;
    }

    binAt(row, place) {
        const number = Math.floor((place.position - data.from) / data.bin);
        const bin = row.bins[firstFrom(row.bins, number, (each) => each[0])];

        if (bin && bin[0] === number) {
            place.bin = bin;
            place.position = bin[2];
        }
        return place;
    }

    /* The innermost one that the pointer is in, else the nearest. */
    eventAt(row, place, x) {
        let best = null;
        let distance = NEAR;

        for (const event of this.visible(row)) {
            const left = this.x(event.position);
            const end = endOf(row, event);
            const right = end === null ? left : this.x(end);
            const away = x < left ? left - x : x > right ? x - right : 0;

            if (away < distance || (away === 0 && distance === 0)) {
                best = event;
                distance = away;
            }
        }
        if (best) {
            place.event = best;
            place.position = best.position;
        }
        return place;
    }

    listen() {
        const canvas = this.canvas;

        canvas.addEventListener("wheel", (event) => this.turn(event), {passive: false});
        canvas.addEventListener("pointerdown", (event) => this.press(event));
        canvas.addEventListener("pointermove", (event) => this.drag(event));
        canvas.addEventListener("pointerup", (event) => this.release(event));
        canvas.addEventListener("pointercancel", () => { this.pressed = this.stretch = null; });
        canvas.addEventListener("pointerleave", () => {
            this.pointed = null;
            this.hooks.pointed(null);
            this.redraw();
        });
        canvas.addEventListener("dblclick", (event) => {
            this.remember();
            this.zoom(0.25, this.position(event.offsetX));
        });
        this.overview.addEventListener("pointerdown", (event) => {
            this.overview.setPointerCapture(event.pointerId);
            this.remember();
            this.centre(event);
        });
        this.overview.addEventListener("pointermove", (event) => {
            if (event.buttons) {
                this.centre(event);
            }
        });
        this.pane.addEventListener("scroll", () => this.redraw());
        window.addEventListener("resize", () => this.resize());
        window.matchMedia("(prefers-color-scheme: dark)")
            .addEventListener("change", () => this.resize());
    }

    centre(event) {
        const part = event.offsetX / this.overview.clientWidth;
        const middle = this.whole.from + part * (this.whole.to - this.whole.from);
        const half = (this.to - this.from) / 2;

        this.show(middle - half, middle + half);
    }

    turn(event) {
        event.preventDefault();
        if (!this.turned || event.timeStamp - this.turned > PAUSE) {
            this.remember();
        }
        this.turned = event.timeStamp;
        if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
            this.move((event.deltaX || event.deltaY) / 1000);
        } else {
            this.zoom(Math.exp(Math.min(Math.max(event.deltaY, -240), 240) / 400),
                      this.position(event.offsetX));
        }
    }

    press(event) {
        this.canvas.setPointerCapture(event.pointerId);
        this.pressed = {x: event.offsetX, y: event.offsetY, from: this.from, to: this.to};
        this.stretch = event.shiftKey ? [event.offsetX, event.offsetX] : null;
        this.moved = false;
    }

    drag(event) {
        const pressed = this.pressed;

        this.pointed = this.position(event.offsetX);
        this.hooks.pointed(this.at(event.offsetX, event.offsetY), this.pointed);
        if (pressed && (this.moved || Math.abs(event.offsetX - pressed.x) > 3)) {
            if (!this.moved && !this.stretch) {
                this.remember();
            }
            this.moved = true;
            if (this.stretch) {
                this.stretch[1] = event.offsetX;
            } else {
                const by = (pressed.x - event.offsetX) / this.width * (pressed.to - pressed.from);

                this.show(pressed.from + by, pressed.to + by);
            }
        }
        this.redraw();
    }

    release(event) {
        if (this.pressed && this.stretch && this.moved) {
            const [one, other] = this.stretch.map((x) => this.position(x)).sort((a, b) => a - b);

            this.stretch = null;
            this.jump(one, other);
        } else if (this.pressed && !this.moved) {
            this.hooks.chosen(this.at(event.offsetX, event.offsetY));
        }
        this.pressed = this.stretch = null;
    }
}
