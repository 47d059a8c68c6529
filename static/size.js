// Before a form with photos is sent, says at the field where they are too large together. The server would refuse the whole
// form unread, and what was typed into it would be gone.
(() => {
  "use strict";

  const inputs = (box) => [...box.querySelectorAll("input[type=file]")];

  function say(box, text) {
    box.querySelector("[data-wrong]").textContent = text;
    box.classList.toggle("wrong", text !== "");
    for (const input of inputs(box)) {
      if (text === "") input.removeAttribute("aria-invalid");
      else input.setAttribute("aria-invalid", "true");
    }
  }

  for (const box of document.querySelectorAll("[data-most]")) {
    const bytes = () => inputs(box).reduce((sum, input) => [...input.files].reduce((n, file) => n + file.size, sum), 0);
    const fits = () => bytes() <= Number(box.dataset.most) * 1024 * 1024;
    box.addEventListener("change", () => fits() && box.classList.contains("wrong") && say(box, ""));
    box.form.addEventListener("submit", (event) => {
      if (fits()) return;
      event.preventDefault();
      for (let outer = box.parentElement.closest("details"); outer; outer = outer.parentElement.closest("details")) outer.open = true;
      say(box, box.dataset.much);
      inputs(box)[0].focus();
    });
  }
})();
