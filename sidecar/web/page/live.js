
// The connection: the event stream, its silence, and coming back. The sidecar sends its status every
// second; three seconds without one, and the page says that what it shows is old.

const LOST_AFTER_MS = 3000;
const GAPS_EVERY_MS = 2000;
const RETRY_MS = [500, 1000, 2000, 4000];
const MOVES = new Set(["takeover_began", "takeover_done", "give_up_began", "give_up_done", "address_held"]);
const SETTLED_MS = 2500; // what follows a move by then is on its record, too

const link = { stream: null, heard: null, opened: 0, failures: 0, retry: null };
let latest = null;

function open() {
  clearTimeout(link.retry);
  link.stream?.close();
  link.retry = null;
  link.opened = performance.now();
  link.stream = new EventSource("api/events");
  link.stream.onmessage = (message) => onEvent(JSON.parse(message.data));
  link.stream.addEventListener("status", (message) => onStatus(JSON.parse(message.data)));
  link.stream.onerror = reopen;
}

/** The browser would come back by itself, but not always, and not with a bound. */
function reopen() {
  link.stream?.close();
  if (link.retry !== null) return;
  link.retry = setTimeout(open, RETRY_MS[Math.min(link.failures, RETRY_MS.length - 1)]);
  link.failures += 1;
}

function hear() {
  link.heard = performance.now();
  link.failures = 0;
  if (document.body.dataset.connection !== "live") {
    connection("live");
    refresh();
  }
}

function onEvent(happened) {
  if (happened.event === "snapshot") {
    onStatus(happened);
    showEvents(happened.recent);
    return;
  }
  hear();
  tell(happened);
  if (MOVES.has(happened.event)) {
    fetchMoves();
    setTimeout(fetchMoves, SETTLED_MS);
  }
}

function onStatus(message) {
  latest = message;
  hear();
  showStatus(message.status);
  showLinks(message.status);
}

// --- silence ----------------------------------------------------------------------------------------

function connection(state) {
  document.body.dataset.connection = state;
  say(at("connection-word"), state === "lost" ? "connection lost" : state);
  at("lost").hidden = state !== "lost";
  if (state === "live") say(at("connection-since"), "");
}

function watch() {
  const silence = performance.now() - (link.heard ?? link.opened);
  if (silence <= LOST_AFTER_MS) return;
  if (document.body.dataset.connection !== "lost") lose();
  const ago = link.heard === null ? "never heard" : `last heard ${span(silence)} ago`;
  say(at("connection-since"), ago);
  if (performance.now() - link.opened > LOST_AFTER_MS) reopen(); // a stream that hangs never fails
}

function lose() {
  connection("lost");
  const node = latest?.status.node ?? "this node";
  at("lost-text").replaceChildren(...(latest === null
    ? ["The sidecar has not answered yet; trying again."]
    : [`The sidecar of ${node} does not answer; trying again. What follows is of `, moment(latest.at),
      " and may be wrong now."]));
  if (latest !== null) say(at("summary"), `Last known: ${sentence(latest.status.summary)}`);
  say(at("attention-none"), "Whether anything needs a person is not known now.");
  document.title = `connection lost · ${node} · heartbeat-sidecar`;
  say(at("alarm"), `Connection lost: the sidecar of ${node} does not answer.`);
}

// --- what is asked for ------------------------------------------------------------------------------

async function ask(path, show) {
  try {
    const answer = await fetch(path, { signal: AbortSignal.timeout(LOST_AFTER_MS) });
    if (answer.ok) show(await answer.json());
  } catch {
    // The stream tells whether the sidecar is there; the next time may do.
  }
}

const fetchMoves = () => ask("api/history", showMoves);
const fetchGaps = () => ask("api/gaps", (gaps) => latest && showLinks(latest.status, gaps));

function refresh() {
  fetchGaps();
  fetchMoves();
}

setInterval(watch, 250);
setInterval(() => document.body.dataset.connection === "live" && !document.hidden && fetchGaps(), GAPS_EVERY_MS);
for (const woken of ["online", "pageshow"]) addEventListener(woken, () => link.retry && open());
document.addEventListener("visibilitychange", () => !document.hidden && link.retry && open());
open();
