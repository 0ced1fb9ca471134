// page_stub.js PAGE: runs the scripts of a page of hawser-profile without a browser, and prints what they
// drew as JSON: {"charts": how many uPlot made, "heat_maps", "strokes", "rectangles", "texts"}. Only as much of a
// browser as these scripts need; whatever they ask for beyond it ends this with an error.
"use strict";
const fs = require("node:fs");
const vm = require("node:vm");

const page = fs.readFileSync(process.argv[2], "utf8");
const drawn = { charts: 0, heat_maps: 0, strokes: 0, rectangles: 0, texts: [] };
const SIZE = { clientWidth: 1000, clientHeight: 300, offsetWidth: 1000, offsetHeight: 300 };

function pen() {
  const calls = {
    stroke: () => { ++drawn.strokes; },
    fillRect: (...box) => {
      if (!box.every(Number.isFinite)) throw new Error("a box of " + box);
      ++drawn.rectangles;
    },
    fillText: (text) => { drawn.texts.push(text); },
    measureText: (text) => ({ width: 7 * text.length }),
  };
  for (const name of ["beginPath", "moveTo", "lineTo", "fill", "scale", "translate", "rotate", "save",
    "restore", "clip", "rect", "clearRect", "setLineDash", "arc", "closePath"]) {
    calls[name] = () => {};
  }
  return calls;
}

class Element {
  constructor(name) {
    Object.assign(this, SIZE, { name, children: [], style: { setProperty() {} }, className: "" });
    const add = (one) => { this.className += " " + one; };
    this.classList = { add, remove() {}, toggle() {}, contains: () => false };
    this.pen = pen();
  }
  appendChild(child) { return this.insertBefore(child); }
  insertBefore(child) {
    this.children.push(child);
    return child;
  }
  append(...children) { children.forEach((child) => this.insertBefore(child)); }
  setAttribute() {}
  getContext() { return this.pen; }
  getBoundingClientRect() { return { left: 0, top: 0, width: 1000, height: 300 }; }
  addEventListener() {}
  removeEventListener() {}
  remove() {}
  querySelectorAll() { return []; }
  get childNodes() { return this.children; }
  get firstChild() { return this.children[0] ?? null; }
  get textContent() { return this.children.map((child) => child.nodeValue ?? child.textContent).join(""); }
  set textContent(text) { this.children = [{ nodeValue: text, children: [], className: "" }]; }
  get parentNode() { return null; }
}

const elements = new Map();
for (const [, id] of page.matchAll(/<div id="([\w-]+)"/g)) elements.set(id, new Element("div"));
const data = page.match(/<script type="application\/json" id="data">(.*?)<\/script>/s)[1];
elements.set("data", Object.assign(new Element("script"), { textContent: data }));

class Path2D {
  constructor() {
    for (const name of ["moveTo", "lineTo", "rect", "closePath", "arc", "addPath"]) this[name] = () => {};
  }
}
const media = { addEventListener() {}, removeEventListener() {} };
const window = { devicePixelRatio: 1, Path2D, addEventListener() {}, removeEventListener() {},
  matchMedia: () => media, dispatchEvent() {} };
const sandbox = { ...window, window, console, HTMLElement: Element, queueMicrotask,
  Event: class {}, CustomEvent: class {},
  requestAnimationFrame: (then) => queueMicrotask(then), navigator: { language: "en" },
  document: { createElement: (name) => new Element(name), getElementById: (id) => elements.get(id) ?? null,
    addEventListener() {}, body: new Element("body") } };
vm.createContext(sandbox);
for (const [, script] of page.matchAll(/<script>(.*?)<\/script>/gs)) vm.runInContext(script, sandbox);

setImmediate(() => {
  const all = (element) => [element, ...element.children.flatMap(all)];
  const isChart = (one) => all(one).some((inner) => inner.className.includes("uplot"));
  drawn.charts = [...elements.values()].filter(isChart).length;
  drawn.heat_maps = all(elements.get("heat-maps")).filter((one) => one.className === "heat-map").length;
  console.log(JSON.stringify(drawn));
});
