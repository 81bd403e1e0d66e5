// Messages about failed requests. The text stays on the page, and the request is repeated once when it can succeed:
// with a new CSRF token after somebody signed in again, or when the network is back.

const notice = document.getElementById("notice");
const repeated = new WeakSet(); // elements whose request was repeated once
let unsent = null; // the request that failed without a network

function showError(text) {
  if (!notice) return;
  notice.querySelector("[data-text]").textContent = text;
  notice.hidden = !text;
}
notice?.querySelector("[data-dismiss]").addEventListener("click", () => showError(""));

function setToken(token) {
  for (const field of document.querySelectorAll("input[name=csrfmiddlewaretoken]")) field.value = token;
  document.body.setAttribute("hx-headers", JSON.stringify({ "x-csrftoken": token }));
}
document.addEventListener("portal:token", (event) => setToken(event.detail));

// A form that saves by itself, or a request of a timer, is not repeated: the next one has the new token.
function repeat({ elt, submitter }) {
  if (!elt.isConnected || elt.hasAttribute("hx-trigger") || repeated.has(elt)) return;
  repeated.add(elt);
  if (elt instanceof HTMLFormElement) elt.requestSubmit(submitter?.isConnected ? submitter : undefined);
  else if (elt instanceof HTMLElement) elt.click();
}
const requestOf = (event) => ({ elt: event.detail.elt, submitter: event.detail.requestConfig?.triggeringEvent?.submitter });

async function renewAndRepeat(request) {
  const answer = await fetch(document.body.dataset.session, { headers: { Accept: "application/json" } });
  const { left, token } = await answer.json();
  setToken(token);
  if (!left) { showError("You are signed out. Your text is still on this page. Sign in again in another tab, then press the button again."); return; }
  showError("Your session was renewed. If the page does not answer, press the button again.");
  repeat(request);
}

const OFFLINE = "You are offline. Your text stays on this page; what you sent is sent again when you are online.";
document.addEventListener("htmx:responseError", (event) => {
  const { status } = event.detail.xhr;
  if (status === 422) return;
  if (event.detail.xhr.getResponseHeader("X-Portal-Renew")) { renewAndRepeat(requestOf(event)); return; }
  showError(status === 403 ? "Your role does not allow this. Nothing was changed." : "This did not work and nothing was changed. Try again.");
});
document.addEventListener("htmx:sendError", (event) => {
  if (event.detail.requestConfig?.verb !== "get" && !event.detail.elt.hasAttribute("hx-trigger")) unsent = requestOf(event);
  showError(navigator.onLine ? "The portal could not be reached. Nothing was changed; your text is still on this page. Try again." : OFFLINE);
});
document.addEventListener("htmx:afterRequest", (event) => {
  if (!event.detail.successful) return;
  repeated.delete(event.detail.elt);
  showError("");
});
addEventListener("offline", () => showError(OFFLINE));
addEventListener("online", () => {
  showError("");
  if (unsent) repeat(unsent);
  unsent = null;
});

// The browser would replace the page, and with it the text, by its own error page.
document.addEventListener("submit", (event) => {
  const form = event.target;
  const sentByHtmx = form.hasAttribute("hx-post") && !form.hasAttribute("hx-trigger");
  if (navigator.onLine || sentByHtmx) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  showError(OFFLINE);
}, { capture: true });
