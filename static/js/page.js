// Every page: error messages, forms that are sent once, and what opens or scrolls when a page loads.
// No inline scripts; no patient data is stored in the browser.

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

document.addEventListener("click", (event) => { if (event.target.closest("[data-print]")) window.print(); });
