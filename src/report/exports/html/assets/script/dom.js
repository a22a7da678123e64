// Elements, made without markup: what a target or a scenario said only ever becomes a text node.

const run = unpacked(JSON.parse(document.getElementById("data").textContent));

// Characters that hide or reorder what is read are shown by their numbers. Lines and tabs stay.
const STEERING = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

function visible(text) {
  return String(text).replace(STEERING, (c) => "\\u{" + c.codePointAt(0).toString(16) + "}");
}

function el(tag, properties, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "class") element.className = value;
    else if (name === "on") for (const [event, handler] of Object.entries(value)) element.addEventListener(event, handler);
    else if (name === "data") Object.assign(element.dataset, value);
    else element.setAttribute(name, value === true ? "" : visible(value));
  }
  append(element, children);
  return element;
}

function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : document.createTextNode(visible(child)));
  }
}

// A name from outside: its direction of writing ends where it ends.
function name(text, under) {
  return [el("span", { class: "name" }, text), under ? el("span", { class: "under name" }, under) : null];
}

function section(id, title, ...children) {
  return el("section", { id, "aria-labelledby": id + "-title" }, el("h2", { id: id + "-title" }, title), ...children);
}

function sub(title, ...children) {
  return el("div", { class: "sub" }, el("h3", {}, title), ...children);
}

function facts(pairs) {
  const shown = pairs.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return el("dl", { class: "facts-list" }, shown.map(([term, value]) => [el("dt", {}, term), el("dd", {}, value)]));
}

function badge(kind, text) {
  return el("span", { class: "badge " + kind }, text);
}

// A row of buttons of which one is pressed.
function choice(label, options, chosen, choose) {
  const buttons = options.map(([value, text]) => {
    const pick = () => { choose(value); };
    return el("button", { type: "button", class: "button", "aria-pressed": String(value === chosen), data: { value }, on: { click: pick } }, text);
  });
  return el("span", { class: "choice", role: "group", "aria-label": label }, buttons);
}

function press(group, value) {
  for (const button of group.querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(button.dataset.value === String(value)));
  }
}
