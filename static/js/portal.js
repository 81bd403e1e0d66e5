// Behavior of every page. No inline scripts; no patient data is stored in the browser.

// The running clock: the server sends the seconds elapsed at its response, and the page counts on from there.
const renderedAt = new WeakMap();
function tick() {
  for (const clock of document.querySelectorAll("[data-running]")) {
    if (!renderedAt.has(clock)) renderedAt.set(clock, performance.now());
    const elapsed = Number(clock.dataset.running) + Math.floor((performance.now() - renderedAt.get(clock)) / 1000);
    const text = `${Math.floor(elapsed / 60)}:${String(elapsed % 60).padStart(2, "0")}`;
    if (clock.textContent !== text) clock.textContent = text;
  }
}
setInterval(tick, 500);

// A link to a card (details element) opens the card.
function unfold() {
  const card = location.hash && document.getElementById(location.hash.slice(1));
  if (card instanceof HTMLDetailsElement) { card.open = true; card.scrollIntoView(); card.querySelector("input:not([type=hidden]), select, textarea")?.focus(); }
}
window.addEventListener("hashchange", unfold);
unfold();

const showError = (text) => {
  const place = document.getElementById("notice");
  if (!place) return;
  place.textContent = text;
  place.hidden = !text;
};

// A failed htmx request shows an error message.
document.addEventListener("htmx:responseError", (event) => {
  const status = event.detail.xhr.status;
  if (status === 422) return;
  showError(status === 403 ? "This was refused. Reload the page and try again." : "This did not work and nothing was changed. Try again.");
});
document.addEventListener("htmx:sendError", () => showError("The portal could not be reached. Nothing was changed; try again."));
document.addEventListener("htmx:afterRequest", (event) => { if (event.detail.successful) showError(""); });

// One click sends one request: a form without htmx disables its buttons after it is submitted.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.hasAttribute("hx-post") && !form.hasAttribute("hx-trigger")) return;
  for (const button of form.querySelectorAll("button[type=submit], button:not([type])")) {
    setTimeout(() => { button.disabled = true; button.dataset.sent = ""; }, 0);
  }
});

// Sticky elements start below the top bar, whose height changes: a running timer adds a row.
const bar = document.querySelector(".top");
if (bar) new ResizeObserver(() => document.documentElement.style.setProperty("--top", `${bar.offsetHeight}px`)).observe(bar);

// On a phone the navigation scrolls horizontally: scroll to the current item.
const rail = document.querySelector(".rail");
const currentPlace = rail?.querySelector("[aria-current]");
if (currentPlace && rail.scrollWidth > rail.clientWidth) rail.scrollLeft = currentPlace.offsetLeft - (rail.clientWidth - currentPlace.offsetWidth) / 2;

// The row that the URL fragment names may be in a closed details element: open it.
const target = location.hash.length > 1 ? document.getElementById(decodeURIComponent(location.hash.slice(1))) : null;
const closedDetails = target?.closest("details");
if (closedDetails && !closedDetails.open) { closedDetails.open = true; target.scrollIntoView({ block: "center" }); }

window.addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("button[data-sent]")) button.disabled = false;
});

// Rows: `j` and `k` move to the next and previous row, `Enter` opens it, `a` opens the form that closes the alert.
const rows = () => [...document.querySelectorAll("[data-rows] [data-row]:not(.done)")];
function step(event, by) {
  const all = rows();
  const at = all.indexOf(document.activeElement?.closest("[data-row]"));
  const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + by))];
  if (next) { event.preventDefault(); next.focus(); next.scrollIntoView({ block: "nearest" }); }
}
function acknowledge(event) {
  const row = document.activeElement?.closest("[data-row]") ?? rows()[0];
  const card = row?.querySelector("details:has([data-ack])");
  if (card) { event.preventDefault(); card.open = true; card.querySelector("select")?.focus(); }
}
// The row of a claim line: `e` shows its reasons, `h` moves to the field for the reason of a hold.
function explain(event, hold) {
  const card = document.activeElement?.closest("[data-row]")?.querySelector("details[data-explain]");
  if (!card) return;
  event.preventDefault();
  card.open = hold || !card.open;
  if (hold) card.querySelector("input[name=reason]")?.focus();
}
// After a row is closed, the focus moves to the next row.
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.target.matches?.("[data-row].done")) (event.target.nextElementSibling?.closest("[data-row]") ?? event.target).focus();
});

// The values of a chart are read with the pointer or, if it has the focus, with the arrow keys.
const pointsByFigure = new WeakMap();
function readChart(figure, at) {
  const points = pointsByFigure.get(figure) ?? JSON.parse(figure.querySelector("script[type='application/json']").textContent);
  pointsByFigure.set(figure, points);
  if (!points.length) return;
  const index = Math.min(points.length - 1, Math.max(0, at(points, Number(figure.dataset.at ?? points.length))));
  figure.dataset.at = index;
  const [x, moment, values, flag] = points[index];
  figure.querySelector("output").textContent = `${moment}: ${values}${flag ? ` ${flag}` : ""}`;
  const cross = figure.querySelector(".cross");
  cross.removeAttribute("hidden");
  cross.setAttribute("transform", `translate(${x} 0)`);
}
document.addEventListener("pointermove", (event) => {
  const svg = event.target.closest?.("[data-chart] svg");
  if (!svg) return;
  const x = new DOMPoint(event.clientX, 0).matrixTransform(svg.getScreenCTM().inverse()).x;
  readChart(svg.closest("[data-chart]"), (points) => points.reduce((best, point, i) => (Math.abs(point[0] - x) < Math.abs(points[best][0] - x) ? i : best), 0));
}, { passive: true });
document.addEventListener("keydown", (event) => {
  const figure = event.target.matches?.("[data-chart]") ? event.target : null;
  const move = { ArrowLeft: (_, i) => i - 1, ArrowRight: (_, i) => i + 1, Home: () => 0, End: (points) => points.length - 1 }[event.key];
  if (figure && move) { event.preventDefault(); readChart(figure, move); }
});

// Keyboard shortcuts, except in text fields; `ui/_keys.html` lists them.
let awaitsSecondKey = false;
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) return;
  const press = (selector) => {
    const element = document.querySelector(selector);
    if (element) { event.preventDefault(); element.focus(); element.click(); }
  };
  if (awaitsSecondKey) {
    awaitsSecondKey = false;
    const to = { w: "[data-key=worklist]", c: "[data-key=months]", p: "[data-key=patients]", a: "[data-key=alerts]", e: "[data-key=enrollments]", m: "[data-key=myday]" }[event.key];
    if (to) press(to);
    return;
  }
  if (event.key === "g") { awaitsSecondKey = true; setTimeout(() => { awaitsSecondKey = false; }, 1200); }
  else if (event.key === "/") press("[data-key=search]");
  else if (event.key === "t") press("[data-key=stop], [data-key=start]");
  else if (event.key === "r") press("[data-key=reviewed]");
  else if (event.key === "n") press("[data-key=note]");
  else if (event.key === "m") press("[data-key=message]");
  else if (event.key === "j" || event.key === "k") step(event, event.key === "j" ? 1 : -1);
  else if (event.key === "a") acknowledge(event);
  else if (event.key === "o") document.activeElement?.closest("[data-row]")?.querySelector("[data-override]")?.click();
  else if (event.key === "e" || event.key === "h") explain(event, event.key === "h");
  else if (event.key === "Enter" && event.target.matches("[data-row]")) event.target.querySelector("[data-open]")?.click();
  else if (event.key === "c") press(document.querySelector("main [data-key=call]") ? "main [data-key=call]" : "[data-key=call]");
  else if (event.key === "Escape") press("[data-key=escape]");
});

// Presence: a heartbeat every 15 s while the page is visible and used; after two minutes without input the page asks. The
// server stores the time of the last heartbeat by its own clock; the browser's clock is never sent.
const BEAT = 15_000, QUIET = 60_000, ASK = 120_000, ANSWER = 60_000;
const TALKING = new Set(["call", "caregiver"]);
let lastInputAt = performance.now();
let askedAt = 0;
for (const kind of ["pointerdown", "pointermove", "keydown", "scroll", "input"]) {
  addEventListener(kind, () => { lastInputAt = performance.now(); }, { passive: true, capture: true });
}
function presence() {
  const timer = document.querySelector("#timer[data-beat]");
  if (!timer) { askedAt = 0; return; }
  const question = timer.querySelector("[data-idle]");
  const idle = performance.now() - lastInputAt;
  const talking = TALKING.has(timer.dataset.activity);
  if (askedAt && question && !question.hidden) {
    if (performance.now() - askedAt > ANSWER) { askedAt = 0; question.querySelector("[value=cut]").click(); }
    return;
  }
  if (!talking && idle > ASK && question) { question.hidden = false; askedAt = performance.now(); question.querySelector("input:not([type=hidden])").focus(); return; }
  if (document.visibilityState === "visible" && (talking || idle < QUIET)) {
    const headers = JSON.parse(document.body.getAttribute("hx-headers"));
    fetch(timer.dataset.beat, { method: "POST", headers, keepalive: true }).catch(() => {});
  }
}
// While the question is open, the timer bar is not refreshed.
document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.target.id === "timer" && event.target.querySelector("[data-idle]:not([hidden])")) event.preventDefault();
});
setInterval(presence, BEAT);
presence();

document.addEventListener("click", (event) => { if (event.target.closest("[data-print]")) window.print(); });

// The timer may have changed in another window or on another machine: query it every two seconds while the page is
// visible, and at once when it becomes visible again. A response without content means that this window is current.
async function refreshTimer() {
  const timer = document.getElementById("timer");
  if (!timer || document.visibilityState !== "visible" || timer.matches(":has([data-idle]:not([hidden]), select:focus)")) return;
  // If the session has ended, do not redirect here: text that is being typed stays on the page.
  const response = await fetch(`${timer.dataset.look}?shown=${timer.dataset.shown}`, { headers: { "HX-Request": "true" }, redirect: "manual" }).catch(() => null);
  if (response?.status === 200 && timer.isConnected) htmx.swap(timer, await response.text(), { swapStyle: "outerHTML" });
}
setInterval(refreshTimer, 2000);
document.addEventListener("visibilitychange", refreshTimer);
document.addEventListener("timer-moved", refreshTimer);

// The side panel of a call, a message or a note: it takes the focus when it opens, and returns it when it closes.
let opener = null;
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.target.id !== "panel") return;
  opener ??= event.detail.requestConfig?.elt.closest("[data-key]") ?? document.querySelector("main [data-key=call]");
  document.body.classList.add("with-panel");
  event.target.querySelector("[role=alert], .wrong input, select, input:not([type=hidden]), textarea")?.focus();
});
document.addEventListener("focusin", (event) => { if (event.target.matches("[data-select]")) event.target.select(); });
function insert(button) {
  const place = document.querySelector(button.dataset.insert);
  const text = button.dataset.from ? document.querySelector(button.dataset.from).value : button.dataset.text;
  place.setRangeText((place.value && !place.value.endsWith("\n") ? "\n" : "") + text, place.value.length, place.value.length, "end");
  place.focus();
  const bracket = place.value.indexOf("[");
  if (bracket >= 0) place.setSelectionRange(bracket, place.value.indexOf("]", bracket) + 1);
}
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-insert], #panel [data-close], [data-start-now], [data-start-not]");
  if (!button) return;
  if (button.dataset.insert) insert(button);
  else if (button.matches("[data-close]")) {
    event.preventDefault();
    document.getElementById("panel").replaceChildren();
    document.body.classList.remove("with-panel");
    opener?.focus();
    opener = null;
  } else {
    document.getElementById("starting").remove();
    if (button.matches("[data-start-now]")) document.querySelector("main [data-key=start]")?.click();
  }
});
document.addEventListener("keydown", (event) => {
  if (!event.altKey || event.code !== "KeyR") return;
  const button = document.querySelector("[data-insert][data-text]");
  if (button) { event.preventDefault(); insert(button); }
});

// A role whose charts start the timer automatically: five seconds to cancel, if the chart was opened by mistake.
const starting = document.querySelector("[data-starts=automatic]");
if (starting) {
  let left = 5;
  const count = setInterval(() => {
    if (!starting.isConnected || document.querySelector("#timer.on")) { clearInterval(count); starting.remove(); return; }
    left -= 1;
    starting.querySelector("b").textContent = left;
    if (left === 0) { clearInterval(count); starting.querySelector("[data-start-now]").click(); }
  }, 1000);
}
