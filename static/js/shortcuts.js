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

// `t` is for the patient on the screen: it stops this patient's timer, or starts it; if another timer runs, the bar asks.
function timerButton() {
  const start = document.querySelector("main [data-patient-timer]");
  const running = document.querySelector("#timer.on")?.dataset.enrollment;
  return start && start.dataset.patientTimer !== running ? "main [data-patient-timer]" : "[data-key=stop], [data-key=start]";
}

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
    const to = { w: "[data-key=worklist]", c: "[data-key=months]", p: "[data-key=patients]", a: "[data-key=alerts]", e: "[data-key=enrollments]", m: "[data-key=myday]", s: "[data-key=tosign]" }[event.key];
    if (to) press(to);
    return;
  }
  if (event.key === "g") { awaitsSecondKey = true; setTimeout(() => { awaitsSecondKey = false; }, 1200); }
  else if (event.key === "/") press("[data-key=search]");
  else if (event.key === "t") press(timerButton());
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
