// A signature is drawn with a finger, a pen or a mouse, black on white whatever the screen's colours are, and travels in
// the form as a picture. Who can't draw gives a name.
(() => {
  "use strict";

  const PEN = 2.5; // px

  function setUp(box) {
    const canvas = box.querySelector("canvas");
    const field = box.querySelector("input");
    let strokes = []; // each a list of points, as parts of the width and height
    let drawing = null;
    box.hidden = false;

    function clear() {
      const pen = canvas.getContext("2d");
      const scale = Math.min(window.devicePixelRatio || 1, 2);
      canvas.width = Math.max(1, Math.round(canvas.clientWidth * scale));
      canvas.height = Math.max(1, Math.round(canvas.clientHeight * scale));
      pen.fillStyle = "#fff";
      pen.fillRect(0, 0, canvas.width, canvas.height);
      pen.strokeStyle = "#000";
      pen.lineWidth = PEN * scale;
      pen.lineCap = pen.lineJoin = "round";
      return pen;
    }

    function line(pen, points, from = 0) {
      pen.beginPath();
      points.slice(from).forEach(([x, y], n) => pen[n === 0 ? "moveTo" : "lineTo"](x * canvas.width, y * canvas.height));
      pen.stroke();
    }

    // kept shows again what was drawn before the form came back.
    function kept() {
      const pen = clear();
      if (!field.value) return;
      const image = new Image();
      image.addEventListener("load", () => pen.drawImage(image, 0, 0, canvas.width, canvas.height));
      image.src = field.value;
    }

    const point = (event) => {
      const at = canvas.getBoundingClientRect();
      return [(event.clientX - at.left) / at.width, (event.clientY - at.top) / at.height];
    };

    canvas.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      canvas.setPointerCapture(event.pointerId);
      drawing = [point(event)];
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!drawing) return;
      drawing.push(point(event));
      line(canvas.getContext("2d"), drawing, drawing.length - 2);
    });
    for (const end of ["pointerup", "pointercancel"]) {
      canvas.addEventListener(end, () => {
        if (!drawing) return;
        strokes.push(drawing);
        drawing = null;
        field.value = canvas.toDataURL("image/png");
      });
    }
    box.querySelector("[data-clear]").addEventListener("click", () => {
      strokes = [];
      field.value = "";
      clear();
    });
    // A phone that is turned has a box of another size: what was drawn is drawn again.
    let width = canvas.clientWidth;
    window.addEventListener("resize", () => {
      if (canvas.clientWidth === width) return;
      width = canvas.clientWidth;
      if (strokes.length === 0) {
        kept();
        return;
      }
      const pen = clear();
      for (const stroke of strokes) line(pen, stroke);
      field.value = canvas.toDataURL("image/png");
    });
    kept();
  }

  for (const box of document.querySelectorAll("[data-sign]")) setUp(box);
})();
