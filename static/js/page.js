// Every page: forms that are sent once, and what opens, scrolls or gets the focus when a page loads.
// No inline scripts; no patient data is stored in the browser.

// A link to a card (details element) opens the card.
function unfold() {
  const card = location.hash && document.getElementById(location.hash.slice(1));
  if (card instanceof HTMLDetailsElement) { card.open = true; card.scrollIntoView(); card.querySelector("input:not([type=hidden]), select, textarea")?.focus(); }
}
window.addEventListener("hashchange", unfold);
unfold();

// One key for each action: a repetition of the same request is answered and not done again. It changes after success.
const newKey = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const keyOf = new WeakMap();
document.addEventListener("htmx:configRequest", (event) => {
  const { elt, verb, parameters, headers, triggeringEvent } = event.detail;
  if (triggeringEvent?.isTrusted) headers["X-Portal-Act"] = "1"; // input of a person, not a timer of the page
  if (verb === "get") return;
  if (!keyOf.has(elt)) keyOf.set(elt, newKey());
  parameters.once = elt === document.body ? newKey() : keyOf.get(elt);
});
document.addEventListener("htmx:afterRequest", (event) => { if (event.detail.successful) keyOf.delete(event.detail.elt); });

// One click sends one request: a form without htmx disables its buttons after it is submitted.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.hasAttribute("hx-post") && !form.hasAttribute("hx-trigger")) return;
  for (const button of form.querySelectorAll("button[type=submit], button:not([type])")) {
    setTimeout(() => { button.disabled = true; button.dataset.sent = ""; }, 0);
  }
});

// The row that the URL fragment names may be in a closed details element: open it.
const target = location.hash.length > 1 ? document.getElementById(decodeURIComponent(location.hash.slice(1))) : null;
const closedDetails = target?.closest("details");
if (closedDetails && !closedDetails.open) { closedDetails.open = true; target.scrollIntoView({ block: "center" }); }

// After a refused form the focus is on the summary of errors, whose links lead to the fields.
document.querySelector("[data-refused]")?.focus();
document.addEventListener("click", (event) => {
  const field = event.target.closest("[data-refused] a") && document.getElementById(event.target.closest("a").hash.slice(1));
  if (!field) return;
  event.preventDefault();
  const card = field.closest("details");
  if (card) card.open = true;
  field.scrollIntoView({ block: "center" });
  field.focus();
});

window.addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("button[data-sent]")) button.disabled = false;
});

document.addEventListener("click", (event) => { if (event.target.closest("[data-print]")) window.print(); });

// A part that is loaded when it opens may have been opened before htmx was ready.
addEventListener("load", () => { for (const part of document.querySelectorAll("details[open][hx-get]")) part.dispatchEvent(new Event("toggle")); });

// A region that scrolls and has nothing to focus in it gets the focus itself, so that the arrow keys scroll it.
const scrollers = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const scrolls = target.scrollWidth > target.clientWidth && !target.querySelector("a, button, input, select, textarea, [tabindex]");
    if (scrolls) target.tabIndex = 0; else target.removeAttribute("tabindex");
  }
});
for (const region of document.querySelectorAll(".scroll:not([tabindex])")) scrollers.observe(region);

// Menus close when something else is pressed, and with Escape. Row heights are kept on this device only.
function showDensity() {
  const compact = document.documentElement.classList.contains("compact");
  for (const button of document.querySelectorAll("[data-density]")) button.setAttribute("aria-pressed", String(compact));
}
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.pop[open]")) if (!menu.contains(event.target)) menu.open = false;
  if (!event.target.closest("[data-density]")) return;
  localStorage.setItem("density", document.documentElement.classList.toggle("compact") ? "compact" : "comfortable");
  showDensity();
});
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && event.target.closest?.("details.pop[open]");
  if (menu) { menu.open = false; menu.querySelector("summary").focus(); event.stopPropagation(); }
});
showDensity();
