// The side panel of a call, a message or a note: it takes the focus when it opens, and returns it when it closes.
let opener = null;
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.target.id !== "panel") return;
  opener ??= event.detail.requestConfig?.elt.closest("[data-key]") ?? document.querySelector("main [data-key=call]");
  document.body.classList.add("with-panel");
  event.target.querySelector("[data-refused], .wrong input, select, input:not([type=hidden]), textarea")?.focus();
});
// A row of the worklist leads to the chart and opens its call or message there, once.
const asked = new URL(location.href);
const opens = document.querySelector({ call: "main [data-key=call]", message: "main [data-key=message]" }[asked.searchParams.get("do")] ?? "none");
if (opens) {
  asked.searchParams.delete("do");
  history.replaceState(history.state, "", asked);
  if (document.readyState === "complete") opens.click(); else addEventListener("load", () => opens.click(), { once: true });
}
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
// Escape closes the panel; Ctrl and Enter press the main button of the form.
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !document.querySelector("dialog[open]")) document.querySelector("#panel [data-close]")?.click();
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  const form = event.target.closest("form");
  const button = form?.querySelector("button.main");
  if (button) { event.preventDefault(); button.click(); }
});
document.addEventListener("keydown", (event) => {
  if (!event.altKey || event.code !== "KeyR") return;
  const button = document.querySelector("[data-insert][data-text]");
  if (button) { event.preventDefault(); insert(button); }
});
