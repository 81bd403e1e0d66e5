// More keys of lists and charts, besides those of shortcuts.js: select rows, run the row's next step, previous and next patient.

const inField = (event) => event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input:not([type=checkbox]), textarea, select, [contenteditable], dialog[open]");
const rowHere = () => document.activeElement?.closest("[data-row]");
const boxes = () => [...document.querySelectorAll("input[name=row]")];

// Selected rows: their number is on the button of the bulk actions.
let last = null;
function count() {
  const place = document.querySelector("[data-chosen]");
  if (!place) return;
  const number = boxes().filter((box) => box.checked).length;
  place.hidden = !number;
  place.querySelector("b").textContent = number;
}
function choose(row, upTo) {
  const box = row?.querySelector("input[name=row]");
  if (!box) return;
  const all = boxes();
  if (upTo && last && all.includes(last)) {
    const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((a, b) => a - b);
    for (const other of all.slice(from, to + 1)) other.checked = true;
  } else box.checked = !box.checked;
  last = box;
  count();
}
document.addEventListener("change", (event) => { if (event.target.matches("input[name=row]")) { last = event.target; count(); } });

// A row's timer starts without a page load; without JavaScript the same button submits a form.
document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-start]");
  if (!button) return;
  event.preventDefault();
  htmx.ajax("POST", button.getAttribute("formaction"), { target: "#timer", swap: "outerHTML", values: { activity: "review" } });
});

// The order of the list is available on the charts. It is stored for this tab only: URLs with random ids, no names.
const ORDER = "portal-order";
if (document.querySelector("table.work")) {
  const ids = [...document.querySelectorAll("[data-patient] [data-open]")].map((link) => link.getAttribute("href"));
  sessionStorage.setItem(ORDER, JSON.stringify(ids));
}
function neighbors() {
  const order = JSON.parse(sessionStorage.getItem(ORDER) ?? "[]");
  const here = location.pathname;
  const at = order.findIndex((address) => address.split("?")[0] === here);
  return at < 0 ? {} : { previous: order[at - 1], next: order[at + 1], at: at + 1, of: order.length };
}
const around = document.querySelector("[data-around]");
if (around) {
  const { previous, next, at, of } = neighbors();
  for (const [name, address] of [["previous", previous], ["next", next]]) {
    const link = around.querySelector(`[data-${name}]`);
    if (address) { link.href = address; link.hidden = false; }
  }
  if (at) { around.querySelector("span").textContent = `${at} of ${of} in the list`; around.hidden = false; }
}

const keys = document.getElementById("keys");
document.addEventListener("keydown", (event) => {
  if (inField(event)) return;
  const row = rowHere();
  if (event.key === "?") { event.preventDefault(); keys?.showModal(); }
  else if (event.key.toLowerCase() === "x" && row) { event.preventDefault(); choose(row, event.shiftKey); }
  else if (event.key === ".") {
    const step = boxes().some((box) => box.checked) ? document.querySelector("[data-key=arrange]") : row?.querySelector("[data-next]");
    if (step) { event.preventDefault(); step.focus(); step.click(); }
  } else if (event.key === "[" || event.key === "]") {
    const link = document.querySelector(event.key === "[" ? "[data-around] [data-previous]" : "[data-around] [data-next]");
    if (link && !link.hidden) { event.preventDefault(); link.click(); }
  }
});

// Search results: arrow keys move through the list, Escape clears it.
document.addEventListener("keydown", (event) => {
  const search = event.target.closest?.("form.search");
  if (!search) return;
  const links = [...search.querySelectorAll(".found a")];
  const at = links.indexOf(document.activeElement);
  if (event.key === "ArrowDown" && links.length) { event.preventDefault(); links[Math.min(links.length - 1, at + 1)].focus(); }
  else if (event.key === "ArrowUp" && at >= 0) { event.preventDefault(); (links[at - 1] ?? search.querySelector("input[type=search]")).focus(); }
  else if (event.key === "Escape") { search.querySelector("input[type=search]").value = ""; search.querySelector(".found").replaceChildren(); document.activeElement.blur(); }
});
document.addEventListener("click", (event) => {
  if (!event.target.closest("form.search")) document.querySelector("form.search .found")?.replaceChildren();
});
count();
// The sign-in page deletes what the previous user stored.
if (document.querySelector("main.door")) sessionStorage.removeItem(ORDER);
