// The timer bar: its clock, heartbeats, changes in other windows, and the automatic start.

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

// Presence: a heartbeat every 15 s while the page is visible and used; after two minutes without input the page asks. The
// server stores the time of the last heartbeat by its own clock; the browser's clock is never sent.
const BEAT = 15_000, QUIET = 60_000, ASK = 120_000, ANSWER = 60_000;
let lastInputAt = performance.now();
let askedAt = 0;
let beatAt = 0;
for (const kind of ["pointerdown", "pointermove", "keydown", "scroll", "input"]) {
  addEventListener(kind, () => { lastInputAt = performance.now(); }, { passive: true, capture: true });
}
function presence() {
  const timer = document.querySelector("#timer[data-beat]");
  if (!timer) { askedAt = 0; return; }
  const question = timer.querySelector("[data-idle]");
  const idle = performance.now() - lastInputAt;
  // In a call there may be no input for the minutes that the practice's policy allows.
  const callMinutes = Number(timer.dataset.callIdle ?? 0);
  const askAfter = callMinutes ? callMinutes * 60_000 : ASK;
  if (askedAt && question && !question.hidden) {
    if (performance.now() - askedAt > ANSWER) { askedAt = 0; question.querySelector("[value=cut]").click(); }
    return;
  }
  const ask = () => { question.hidden = false; askedAt = performance.now(); question.querySelector("input:not([type=hidden])").focus(); };
  // Elsewhere than on the patient's pages: no heartbeat until the question in the bar is answered.
  const leaving = timer.querySelector("[data-leaving]");
  if (leaving?.dataset.leaving === "end" && document.readyState === "complete") leaving.querySelector(".main").click();
  if (leaving || (question && !question.hidden)) return;
  if (idle > askAfter && question) { ask(); return; }
  if (document.visibilityState === "visible" && idle < (callMinutes ? askAfter : QUIET)) {
    const headers = JSON.parse(document.body.getAttribute("hx-headers"));
    if (lastInputAt > beatAt) headers["X-Portal-Act"] = "1";
    beatAt = performance.now();
    fetch(timer.dataset.beat, { method: "POST", headers, keepalive: true }).then((response) => { if (response.status === 409 && question) ask(); }).catch(() => {});
  }
}
// While the question is open, the timer bar is not refreshed.
document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.target.id === "timer" && event.target.querySelector("[data-idle]:not([hidden])")) event.preventDefault();
});
setInterval(presence, BEAT);
presence();

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

// While the timer runs for the patient on the screen, the page has no second button that starts it.
function showStart() {
  const start = document.querySelector("main [data-patient-timer]");
  if (start) start.closest("form").hidden = document.querySelector("#timer.on")?.dataset.enrollment === start.dataset.patientTimer;
}
document.addEventListener("htmx:afterSettle", showStart);
showStart();

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
