// The secret of a link follows # and reaches no server by itself: it is moved into the form and out of the address bar.
const field = document.getElementById("secret");
const secret = decodeURIComponent(location.hash.slice(1));
if (field && secret) {
  field.value = secret;
  history.replaceState(null, "", location.pathname + location.search);
}
if (field?.value) {
  document.querySelector("[data-code]").hidden = true;
  const others = document.querySelectorAll("nav a[lang]");
  for (const link of others) link.addEventListener("click", (event) => {
    event.preventDefault();
    location.replace(`${link.getAttribute("href")}#${field.value}`);
  });
}
document.getElementById("problem")?.focus();
