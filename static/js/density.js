// The row height that the person chose on this device, set before the page is shown. Loaded without `defer`.
document.documentElement.classList.toggle("compact", localStorage.getItem("density") === "compact");
