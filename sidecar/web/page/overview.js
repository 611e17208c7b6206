
// Who holds what and why, both nodes, and what needs a person: from one status document.

const LOOK_OF_NODE = { active: "good", up: "calm", init: "calm", dead: "bad", ping: "calm" };
const LOOK_OF_RESOURCE = {
  held: "good", running: "good", absent: "calm", paused: "calm", stopped: "calm",
  probing: "warn", claiming: "warn", releasing: "warn", restarting: "warn", unknown: "warn", failed: "bad",
};

function showStatus(status) {
  const word = { none: "stands by", local: "holds", foreign: "holds", all: "holds" }[status.holding];
  document.title = `${status.node} ${word}${status.attention.length ? " (!)" : ""} · heartbeat-sidecar`;
  say(at("node"), status.node);
  say(at("seen-from"), status.node);
  say(at("version"), status.version);
  showSummary(sentence(status.summary));
  showAttention(status.attention);
  keep(at("groups"), status.groups.map((group) => ({ group, nodes: status.nodes })),
    ({ group }) => group.name, fillGroup, "article", "card");
  keep(at("nodes"), status.nodes.map((node) => ({ node, status: local(node, status) })),
    ({ node }) => node.name, fillNode, "article", "card");
  keep(at("why"), status.explanation.map(sentence), (line) => line, (li, line) => li.replaceChildren(...words(line)), "li");
  at("ping-section").hidden = !status.ping.length;
  keep(at("ping"), status.ping, (target) => target.name, fillPing, "li");
}

/** A countdown in it is shown, and not said aloud every second. */
function showSummary(summary) {
  say(at("summary"), summary);
  if (steady(summary) !== steady(at("news").textContent)) say(at("news"), summary);
}

function steady(text) {
  return text.replace(/\d+ (ms|s)\b/g, "");
}

/** What only this node knows of itself. */
function local(node, status) {
  if (!node.local) return null;
  const { ready, reasons, docker_up, stable, state, timing, maintenance } = status;
  return { ready, reasons, docker_up, stable, state, timing, maintenance };
}

/** The same words as everywhere, as a sentence of a page. */
function sentence(text) {
  return text.endsWith(".") ? text : `${text}.`;
}

// --- attention ------------------------------------------------------------------------------------

let known = null;

function showAttention(entries) {
  const worst = entries.length ? entries[0].severity : "none";
  at("attention").dataset.worst = worst;
  at("attention-list").hidden = !entries.length;
  say(at("attention-none"), entries.length ? "" : "✓ Nothing needs a person.");
  at("attention-none").hidden = entries.length > 0;
  keep(at("attention-list"), entries, subject, fillAttention, "li");
  announce(entries);
}

function subject(entry) {
  return entry.runbook + steady(entry.sentence);
}

function fillAttention(li, entry) {
  const look = { critical: "bad", warning: "warn", info: "calm" }[entry.severity];
  li.replaceChildren(mark(look, entry.severity), " ", ...words(sentence(entry.sentence)), " ",
    make("span", "runbook", `Runbook: ${entry.runbook}`));
}

/** Say aloud what is new, and that all is over; a countdown in a sentence is no news. */
function announce(entries) {
  const now = new Set(entries.map(subject));
  const fresh = known === null ? entries : entries.filter((entry) => !known.has(subject(entry)));
  const urgent = fresh.filter((entry) => entry.severity === "critical");
  const others = fresh.filter((entry) => entry.severity !== "critical");
  if (urgent.length) say(at("alarm"), urgent.map((entry) => `Critical: ${entry.sentence}.`).join(" "));
  if (others.length) say(at("change"), others.map((entry) => `${entry.severity}: ${entry.sentence}.`).join(" "));
  if (known !== null && known.size && !now.size) {
    say(at("alarm"), "");
    say(at("change"), "Nothing needs a person any more.");
  }
  known = now;
}

// --- groups ---------------------------------------------------------------------------------------

function fillGroup(card, { group, nodes }) {
  const moves = group.flapping ? mark("warn", `held where it is: ${group.moves} moves of late`) : "";
  card.replaceChildren(
    make("div", "head", make("h3", "", group.name), make("span", "soft", `prefers ${group.preferred}`)),
    make("div", "seats", ...nodes.map((node) => seat(node, group))),
    make("ul", "plain", ...group.resources.map((one) => make("li", "", ...resource(one)))),
    make("p", "why", group.why ? sentence(group.why) : ""), moves);
}

function seat(node, group) {
  const holds = group.holder === node.name || (node.local && group.held);
  const taking = node.local && group.wanted && !group.held;
  const word = holds ? mark("good", "holds it") : taking ? mark("warn", "is taking it")
    : node.status === "dead" ? mark("bad", "is not heard") : mark("calm", "stands by");
  return make("div", holds ? "seat holds" : "seat", make("b", "", node.name), word);
}

function resource(one) {
  const where = one.kind === "address" ? ` on ${one.interface || "no interface"}` : "";
  const serving = one.kind === "container" && one.state === "running" && !one.serving;
  const parts = [`${one.kind} `, make("strong", "", one.name), " ",
    mark(serving ? "warn" : LOOK_OF_RESOURCE[one.state] ?? "calm", one.state + where)];
  if (serving) parts.push(" its check does not pass");
  if (one.detail) parts.push(make("span", "soft", ` ${one.detail}`));
  if (one.conflicts) parts.push(make("span", "soft", ` seen elsewhere ${one.conflicts} times`));
  if (one.lost) parts.push(make("span", "soft", ` lost ${one.lost} times`));
  return parts;
}

// --- nodes and ping nodes -------------------------------------------------------------------------

function fillNode(card, { node, status }) {
  card.replaceChildren(
    make("div", "head", make("h3", "", node.local ? `${node.name} (this node)` : node.name),
      mark(LOOK_OF_NODE[node.status] ?? "calm", node.status)),
    make("p", "", readiness(node)),
    ...(status ? own(status) : theirs(node)));
}

function readiness(node) {
  if (node.status === "dead") return mark("bad", "could not take over");
  if (node.ready === null) return mark("calm", "does not say whether it is ready");
  return node.ready ? mark("good", "ready to serve") : mark("warn", "not ready to serve");
}

function own(status) {
  const reasons = make("ul", "", ...status.reasons.map((reason) => make("li", "", sentence(reason))));
  const engine = { true: "answers", false: "does not answer", null: "not known" }[status.docker_up];
  return [
    ...(status.reasons.length ? [reasons] : []),
    figures([
      ["negotiation", status.stable ? "settled" : `not settled (${status.state})`],
      ["Docker engine", engine],
      ["keepalive", span(status.timing.keepalive_ms)],
      ["warntime", span(status.timing.warntime_ms)],
      ["deadtime", span(status.timing.deadtime_ms)],
      ["maintenance", status.maintenance ? `${span(status.maintenance.left_s * 1000)} left` : "off"],
    ]),
  ];
}

function theirs(node) {
  const agrees = { true: "the same", false: "differs", null: "not known" }[node.agrees];
  return [figures([
    ["late beats", node.late],
    ["close calls", node.close_calls],
    ["packets lost", node.packets_lost],
    ["its clock", clock(node.clock_offset_s)],
    ["configuration", agrees],
    ["software", node.sidecar ? "sidecar" : "Heartbeat, or not heard yet"],
  ])];
}

/** To a second: less is within what the packets can tell. */
function clock(ahead) {
  if (ahead === null) return "not known";
  if (Math.abs(ahead) <= 1) return "as here";
  return ahead > 0 ? `${ahead} s ahead` : `${-ahead} s behind`;
}

function fillPing(li, target) {
  li.replaceChildren(make("strong", "", target.name), " ",
    target.up ? mark("good", "answers") : mark("bad", "does not answer"));
}
