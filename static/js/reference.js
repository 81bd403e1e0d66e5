// The API reference: send a body with the key that was entered, and show the answer. The key is not stored.
"use strict";

document.querySelectorAll("form[data-try]").forEach((form) => {
  const answer = form.querySelector("pre");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const key = document.querySelector("[data-try-key]").value;
    answer.hidden = false;
    answer.textContent = "Sending";
    try {
      const response = await fetch(form.dataset.address.replace("{key}", encodeURIComponent(key)), {
        method: "POST",
        credentials: "omit",
        headers: { "Content-Type": form.dataset.media, "x-api-key": key },
        body: form.querySelector("textarea").value,
      });
      const text = await response.text();
      let shown = text;
      try {
        shown = JSON.stringify(JSON.parse(text), null, 2);
      } catch {
        shown = text.slice(0, 2000);
      }
      answer.textContent = `${response.status}\n${shown}`;
    } catch {
      answer.textContent = "The portal could not be reached. Check the connection and send it again.";
    }
  });
});
