// The session ends after a period without input. Input here is reported to the server; a minute before the end a dialog
// asks; at the end the page goes to sign-in, or is covered if it has unsaved text, so that no text is lost.

const body = document.body;
const LIMIT = Number(body.dataset.ends) * 1000;
const ASK = Math.min(60_000, LIMIT / 2), CHECK = Math.min(10_000, LIMIT / 6), REPORT = Math.min(60_000, LIMIT / 4);
let lastInputAt = performance.now(), reportedAt = lastInputAt;
for (const kind of ["pointerdown", "keydown", "input", "wheel"]) {
  addEventListener(kind, () => { lastInputAt = performance.now(); }, { passive: true, capture: true });
}
const hasUnsavedText = () => [...document.querySelectorAll("main input, main textarea, main select, #panel input, #panel textarea")].some((field) =>
  field.type === "hidden" || field.matches("[type=search]") ? false
    : field.type === "checkbox" || field.type === "radio" ? field.checked !== field.defaultChecked
      : field instanceof HTMLSelectElement ? [...field.options].some((option) => option.selected !== option.defaultSelected && option.defaultSelected)
        : field.value !== field.defaultValue);
const ask = async () => (await fetch(body.dataset.session, { headers: { Accept: "application/json" } })).json();
async function stay() {
  reportedAt = performance.now();
  const headers = { ...JSON.parse(body.getAttribute("hx-headers")), "X-Portal-Act": "1" };
  await fetch(body.dataset.stay, { method: "POST", headers }).catch(() => {});
}

const leaving = document.getElementById("leaving"), locked = document.getElementById("locked");
function end() {
  leaving.close();
  if (!hasUnsavedText()) { location.assign(`${body.dataset.door}?next=${encodeURIComponent(location.pathname)}`); return; }
  document.querySelector(".frame").hidden = true;
  if (!locked.open) locked.showModal();
}
async function back() {
  const { left, token } = await ask();
  if (!left) return;
  document.dispatchEvent(new CustomEvent("portal:token", { detail: token }));
  document.querySelector(".frame").hidden = false;
  locked.close();
  lastInputAt = reportedAt = performance.now();
}
async function watch() {
  if (locked.open) return;
  const now = performance.now();
  if (lastInputAt > reportedAt && now - reportedAt > REPORT) { await stay(); return; }
  if (now - lastInputAt < LIMIT - ASK) { if (leaving.open) leaving.close(); return; }
  // Another tab may keep the session alive. Report the last input of this tab before asking for the time left.
  if (lastInputAt > reportedAt) { await stay(); return; }
  const { left } = await ask().catch(() => ({ left: 1 }));
  if (!left) end();
  else if (left * 1000 <= ASK) {
    leaving.querySelector("[data-left]").textContent = left;
    if (!leaving.open) leaving.showModal();
  } else if (leaving.open) leaving.close();
}
if (LIMIT && leaving && locked) {
  setInterval(watch, CHECK);
  leaving.addEventListener("click", (event) => { if (event.target.closest("[data-stay]")) { lastInputAt = performance.now(); stay(); leaving.close(); } });
  leaving.addEventListener("cancel", () => { lastInputAt = performance.now(); stay(); });
  locked.addEventListener("cancel", (event) => event.preventDefault());
  locked.querySelector("[data-back]").addEventListener("click", back);
  addEventListener("focus", () => { if (locked.open) back(); });
}
