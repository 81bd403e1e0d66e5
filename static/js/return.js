// Return to a list: the row that had the focus and the scroll position, for this tab only. It stores URLs with random
// ids and positions, no names.
const PLACE = "portal-place";
const list = document.querySelector("[data-rows]");
const here = location.pathname + location.search;
const rowKey = (row) => row?.id || row?.querySelector("[data-open]")?.getAttribute("href") || "";
const places = () => JSON.parse(sessionStorage.getItem(PLACE) ?? "{}");

if (list) {
  let last = "";
  let keep = true;
  const rows = () => [...document.querySelectorAll("[data-rows] [data-row]")];
  const remember = (event) => { const row = event.target.closest?.("[data-row]"); if (row) last = rowKey(row); };
  document.addEventListener("focusin", remember);
  document.addEventListener("pointerdown", remember);
  // "2 new alerts. Show them." begins at the top.
  document.addEventListener("click", (event) => { if (event.target.closest("#news a")) keep = false; });
  // Each list of this tab has its place; the five newest are stored.
  window.addEventListener("pagehide", () => {
    const { [here]: _, ...others } = places();
    const own = keep && (last || window.scrollY) ? [[here, { row: last, y: Math.round(window.scrollY) }]] : [];
    sessionStorage.setItem(PLACE, JSON.stringify(Object.fromEntries([...Object.entries(others), ...own].slice(-5))));
  });

  const place = places()[here];
  const row = place && rows().find((one) => rowKey(one) === place.row);
  if (place) window.scrollTo(0, place.y);
  if (row) {
    last = place.row;
    row.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  }
}
// The sign-in page deletes what the previous user stored.
if (document.querySelector("main.door")) sessionStorage.removeItem(PLACE);

// A menu of filters closes when another place of the page is used, and with Escape.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll(".choose details[open]")) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && event.target.closest?.(".choose details[open]");
  if (!menu) return;
  event.stopImmediatePropagation();
  menu.open = false;
  menu.querySelector("summary").focus();
}, true);
