// The values of a chart are read with the pointer or, if it has the focus, with the arrow keys.
const pointsByFigure = new WeakMap();
function readChart(figure, at) {
  const points = pointsByFigure.get(figure) ?? JSON.parse(figure.querySelector("script[type='application/json']").textContent);
  pointsByFigure.set(figure, points);
  if (!points.length) return;
  const index = Math.min(points.length - 1, Math.max(0, at(points, Number(figure.dataset.at ?? points.length))));
  figure.dataset.at = index;
  const [x, moment, values, flag] = points[index];
  figure.querySelector("output").textContent = `${moment}: ${values}${flag ? ` ${flag}` : ""}`;
  const cross = figure.querySelector(".cross");
  cross.removeAttribute("hidden");
  cross.setAttribute("transform", `translate(${x} 0)`);
}
document.addEventListener("pointermove", (event) => {
  const svg = event.target.closest?.("[data-chart] svg");
  if (!svg) return;
  const x = new DOMPoint(event.clientX, 0).matrixTransform(svg.getScreenCTM().inverse()).x;
  readChart(svg.closest("[data-chart]"), (points) => points.reduce((best, point, i) => (Math.abs(point[0] - x) < Math.abs(points[best][0] - x) ? i : best), 0));
}, { passive: true });
document.addEventListener("keydown", (event) => {
  const figure = event.target.matches?.("[data-chart]") ? event.target : null;
  const move = { ArrowLeft: (_, i) => i - 1, ArrowRight: (_, i) => i + 1, Home: () => 0, End: (points) => points.length - 1 }[event.key];
  if (figure && move) { event.preventDefault(); readChart(figure, move); }
});
