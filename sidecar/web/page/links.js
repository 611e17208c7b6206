
// Each link's state, and its last gaps against warntime and deadtime.

const BARS = 120;
const HEIGHT = 100;
const HEADROOM = 1.1; // deadtime is not the upper edge: a longer gap must be seen to be longer

let gapsNow = null;

function showLinks(status, gaps) {
  gapsNow = gaps ?? gapsNow;
  const links = status.nodes.flatMap((node) => node.links.map((link) => ({ node: node.name, link })));
  keep(at("links"), links, ({ node, link }) => `${node} ${link.name}`, fillLink, "article", "card");
  for (const card of at("links").children) drawGaps(card);
}

function fillLink(card, { node, link }) {
  const old = card.querySelector("figure");
  const rejected = Object.entries(link.rejected).map(([why, count]) => `${why} ${count}`).join(", ");
  card.replaceChildren(
    make("div", "head", make("h3", "", link.name, make("span", "soft", ` ${link.medium} to ${node}`)),
      link.status === "up" ? mark("good", "up") : mark("bad", "down")),
    make("p", "", both(link)),
    old ?? at("curve").content.cloneNode(true),
    figures([["sent", link.sent], ["received", link.received], ["rejected", rejected || "none"]]));
  card.dataset.link = link.name;
}

/** What both ends say of it. */
function both(link) {
  const other = { true: "the other node hears this one", false: "the other node does not hear this one",
    null: "the other node does not say whether it hears this one" }[link.heard_by_peer];
  return `${link.reason || link.status}; ${other}.`;
}

function drawGaps(card) {
  const found = gapsNow?.links.find((one) => one.link === card.dataset.link);
  const [svg, caption] = [card.querySelector("svg"), card.querySelector("figcaption")];
  card.querySelector("figure").hidden = !found?.gaps_ms.length;
  if (!found?.gaps_ms.length) return;
  const { warntime_ms: warn, deadtime_ms: dead } = gapsNow;
  svg.setAttribute("viewBox", `0 0 ${BARS * 4} ${HEIGHT}`);
  const y = (ms) => HEIGHT - Math.min(1, ms / (dead * HEADROOM)) * HEIGHT;
  const first = BARS - found.gaps_ms.length;
  svg.replaceChildren(
    ...found.gaps_ms.map((ms, place) => bar((first + place) * 4, y(ms), ms > dead ? "over" : ms > warn ? "late" : "bar")),
    level("warntime", y(warn)), level("deadtime", y(dead)), level("zero", HEIGHT - 0.5));
  for (const [limit, ms] of [["warntime", warn], ["deadtime", dead]]) {
    const label = card.querySelector(`.level.${limit}`);
    say(label, `${limit} ${span(ms)}`);
    label.style.top = `${y(ms)}%`;
  }
  const words = describe(found.gaps_ms, warn, dead);
  svg.setAttribute("aria-label", `Link ${found.link}: ${words}`);
  say(caption, words);
}

function describe(gaps, warn, dead) {
  const sorted = [...gaps].sort((one, other) => one - other);
  const median = sorted[Math.floor(sorted.length / 2)];
  const late = gaps.filter((ms) => ms > warn).length;
  return `the last ${gaps.length} gaps: median ${span(median)}, longest ${span(sorted.at(-1))}, ` +
    `${late || "none"} later than warntime ${span(warn)}; deadtime ${span(dead)}`;
}

function bar(x, y, look) {
  return shape("rect", { x, y, width: 3, height: Math.max(1, HEIGHT - y), class: look });
}

function level(look, y) {
  return shape("line", { x1: 0, x2: BARS * 4, y1: y, y2: y, class: look });
}

function shape(tag, attributes) {
  const element = document.createElementNS(at("curve").content.querySelector("svg").namespaceURI, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}
