// A square field: draw one line with mouse, pen or finger. Points go to Python when the line is finished.
function render({ model, el }) {
  const size = model.get("size");
  const canvas = document.createElement("canvas");
  const scale = window.devicePixelRatio || 1;
  canvas.width = canvas.height = size * scale;
  canvas.style.cssText = `width:${size}px;height:${size}px;border:1px solid #999;touch-action:none;cursor:crosshair`;
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", "field for drawing a head movement");
  const said = document.createElement("div");
  said.style.cssText = "font:12px sans-serif;color:#666";
  el.append(canvas, said);

  const pen = canvas.getContext("2d");
  let line = null; // while it is drawn

  const shown = () => line || model.get("points");
  const pixel = ([x, y]) => [((x + 1) / 2) * size, ((1 - y) / 2) * size];
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    const within = (v) => Math.min(1, Math.max(-1, v));
    return [
      within((2 * (event.clientX - box.left)) / box.width - 1),
      within(1 - (2 * (event.clientY - box.top)) / box.height),
    ];
  };

  function draw() {
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, size, size);
    pen.strokeStyle = "#ddd";
    pen.lineWidth = 1;
    pen.beginPath();
    pen.moveTo(size / 2, 0);
    pen.lineTo(size / 2, size);
    pen.moveTo(0, size / 2);
    pen.lineTo(size, size / 2);
    pen.stroke();
    const points = shown();
    said.textContent = points.length > 1
      ? `${points.length} points; x turns the head to your right, y lifts the chin`
      : "draw a line: the head follows it";
    if (points.length === 0) return;
    pen.strokeStyle = "#c23";
    pen.lineWidth = 2;
    pen.lineJoin = pen.lineCap = "round";
    pen.beginPath();
    points.forEach((point, k) => (k ? pen.lineTo(...pixel(point)) : pen.moveTo(...pixel(point))));
    pen.stroke();
    pen.fillStyle = "#c23";
    pen.beginPath();
    pen.arc(...pixel(points[0]), 4, 0, 2 * Math.PI);
    pen.fill();
  }

  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    line = [place(event)];
    draw();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!line) return;
    const events = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
    line.push(...(events.length ? events : [event]).map(place));
    draw();
  });
  const finish = () => {
    if (!line) return;
    const drawn = line;
    line = null;
    if (drawn.length > 1) {
      model.set("points", drawn.slice(0, model.get("most")));
      model.save_changes();
    }
    draw();
  };
  canvas.addEventListener("pointerup", finish);
  canvas.addEventListener("pointercancel", finish);
  model.on("change:points", draw);
  draw();
}

export default { render };
