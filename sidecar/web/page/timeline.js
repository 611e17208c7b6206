
// What happened: the last moves with their phases, and the events as they come.

const EVENTS_KEPT = 200;
const MOVES_SHOWN = 10;

function showMoves(history) {
  const moves = history.takeovers.slice(0, MOVES_SHOWN);
  at("takeovers-section").hidden = false;
  at("takeovers-none").hidden = moves.length > 0;
  keep(at("takeovers"), moves, (move) => `${move.at} ${move.group} ${move.kind}`, fillMove, "li", "card");
}

function fillMove(li, move) {
  const what = move.kind === "takeover" ? `${move.to ?? "?"} took over` : `${move.from ?? "?"} gave up`;
  const from = move.kind === "takeover" && move.from ? ` from ${move.from}` : "";
  li.replaceChildren(
    make("div", "head", make("span", "", make("strong", "", `${what} ${move.group}`), from),
      make("span", "", moment(move.at * 1000))),
    make("p", "soft", sentence(`${move.reason}: ${move.why}`)),
    ...(move.phases.length ? steps(move) : []));
}

/** Each phase as long as it took: what stands before it, ended when it began. */
function steps(move) {
  const bars = make("div", "phases");
  bars.setAttribute("aria-hidden", "true");
  const last = move.phases.at(-1).ms || 1;
  let before = 0;
  for (const phase of move.phases.slice(1)) {
    const part = make("span");
    part.style.flexGrow = String(Math.max(0.002, (phase.ms - before) / last));
    bars.append(part);
    before = phase.ms;
  }
  const list = make("ol", "steps", ...move.phases.map((phase, place) =>
    make("li", "", `${phase.name} `, make("span", "number", place ? `+${span(phase.ms)}` : "0"))));
  const total = move.total_ms === null ? [] : [make("p", "", `Complete after ${span(move.total_ms)}.`)];
  return move.phases.length > 1 ? [bars, list, ...total] : [list, ...total];
}

function showEvents(recent) {
  at("events").replaceChildren();
  recent.forEach(tell);
}

function tell(happened) {
  const list = at("events");
  const scrolled = list.scrollTop > 0;
  const before = list.scrollHeight;
  const li = make("li", happened.severity, moment(happened.at), make("span", "word", happened.severity),
    make("span", "sentence", ...words(sentence(happened.sentence))));
  list.prepend(li);
  while (list.children.length > EVENTS_KEPT) list.lastChild.remove();
  if (scrolled) list.scrollTop += list.scrollHeight - before; // whoever reads is not carried away
}
