
// The few tools with which the page is built. Text is only ever set as text.

const at = (id) => document.getElementById(id);

/** Set a text, but only when it differs: what did not change is not announced. */
function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** An element with a class, and text or children in it. */
function make(tag, look = "", ...content) {
  const element = document.createElement(tag);
  if (look) element.className = look;
  element.append(...content);
  return element;
}

/** A sentence with what stands between backquotes, which is to be typed, set as such. */
function words(text) {
  return text.split("`").map((part, place) => (place % 2 ? make("code", "", part) : part));
}

/** A word with a sign before it, so that the colour is not all there is. */
function mark(look, word) {
  return make("span", `mark ${look}`, word);
}

/**
 * One child for each item, in their order. A child stays as long as its key does, and is filled
 * anew only when its item has changed: focus and scroll position stay where they are.
 */
function keep(parent, items, keyOf, fill, tag = "div", look = "") {
  const old = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  items.forEach((item, place) => {
    const key = String(keyOf(item));
    const child = old.get(key) ?? make(tag, look);
    old.delete(key);
    child.dataset.key = key;
    if (parent.children[place] !== child) parent.insertBefore(child, parent.children[place] ?? null);
    const content = JSON.stringify(item);
    if (child.shown === content) return;
    child.shown = content;
    fill(child, item);
  });
  for (const gone of old.values()) gone.remove();
}

/** A list of names and values. */
function figures(pairs) {
  return make("dl", "figures", ...pairs.map(([name, value]) =>
    make("div", "", make("dt", "", name), make("dd", "number", String(value)))));
}

/** Milliseconds as people read them. */
function span(ms) {
  if (ms === null || ms === undefined) return "unknown";
  if (ms < 10) return `${Math.round(ms * 10) / 10} ms`;
  if (ms < 10_000) return `${Math.round(ms)} ms`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 120 ? `${minutes} min ${seconds % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A moment by the reader's own clock and zone, with the exact one for machines. */
function moment(when) {
  const date = new Date(when);
  const shown = date.toLocaleString([], {
    hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
    ...(date.toDateString() === new Date().toDateString() ? {} : { month: "short", day: "numeric" }),
  });
  const element = make("time", "number", shown);
  element.dateTime = date.toISOString();
  element.title = date.toISOString();
  return element;
}
