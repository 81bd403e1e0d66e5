// The values of a chart are read with the pointer or, if it has the focus, with the arrow keys.
const pointsByFigure = new WeakMap();
function readChart(figure, at) {
  const points = pointsByFigure.get(figure) ?? JSON.parse(figure.querySelector("script[type='application/json']").textContent);
  pointsByFigure.set(figure, points);
  if (!points.length) return;
  const index = Math.min(points.length - 1, Math.max(0, at(points, Number(figure.dataset.at ?? points.length))));
  figure.dataset.at = index;
  const [x, moment, values, outside] = points[index];
  const svg = figure.querySelector("svg"), tip = figure.querySelector("output");
  const value = Object.assign(document.createElement("b"), { textContent: values });
  tip.replaceChildren(moment, value, ...(outside ? [outside] : []));
  tip.hidden = false;
  // Next to the point, on the side with more room; moved by a property, which the content policy allows.
  const left = (x / svg.viewBox.baseVal.width) * svg.clientWidth;
  tip.style.left = `${left > svg.clientWidth / 2 ? Math.max(0, left - tip.offsetWidth - 12) : left + 12}px`;
  const cross = figure.querySelector("[data-cross]");
  cross.removeAttribute("hidden");
  cross.setAttribute("transform", `translate(${x} 0)`);
}
function hideValue(figure) {
  figure.querySelector("output").hidden = true;
  figure.querySelector("[data-cross]").setAttribute("hidden", "");
  delete figure.dataset.at;
}
document.addEventListener("pointermove", (event) => {
  const svg = event.target.closest?.("[data-chart] svg");
  if (!svg) return;
  const x = new DOMPoint(event.clientX, 0).matrixTransform(svg.getScreenCTM().inverse()).x;
  readChart(svg.closest("[data-chart]"), (points) => points.reduce((best, point, i) => (Math.abs(point[0] - x) < Math.abs(points[best][0] - x) ? i : best), 0));
}, { passive: true });
document.addEventListener("pointerout", (event) => {
  const figure = event.target.closest?.("[data-chart]");
  if (figure && !figure.contains(event.relatedTarget) && figure !== document.activeElement) hideValue(figure);
});
document.addEventListener("focusout", (event) => { if (event.target.matches?.("[data-chart]")) hideValue(event.target); });
document.addEventListener("keydown", (event) => {
  const figure = event.target.matches?.("[data-chart]") ? event.target : null;
  const move = { ArrowLeft: (_, i) => i - 1, ArrowRight: (_, i) => i + 1, Home: () => 0, End: (points) => points.length - 1 }[event.key];
  if (figure && event.key === "Escape") { hideValue(figure); event.stopPropagation(); }
  if (figure && move) { event.preventDefault(); readChart(figure, move); }
});
