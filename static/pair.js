// The pad of the pairing page: for touch, and for a TV's remote, whose figures type and whose arrows and OK move over
// the buttons.
(() => {
  const form = document.querySelector("form[data-pair]");
  if (!form) return;
  const code = form.querySelector("input[name=code]");
  const pad = form.querySelector("[data-pad]");
  const length = 8;
  pad.hidden = false;

  const digits = () => code.value.replace(/\D/g, "");
  const set = (value) => {
    code.value = value.slice(0, length);
    if (code.value.length === length) form.requestSubmit();
  };

  pad.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.digit) set(digits() + button.dataset.digit);
    else if ("clear" in button.dataset) set("");
    else set(digits().slice(0, -1));
  });

  const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -3, ArrowDown: 3 };
  form.addEventListener("keydown", (event) => {
    const buttons = [...pad.querySelectorAll("button"), form.querySelector("button[type=submit]")];
    const at = buttons.indexOf(document.activeElement);
    if (event.key in steps && at >= 0) {
      const to = at + steps[event.key];
      if (to < 0) code.focus();
      else buttons[Math.min(to, buttons.length - 1)].focus();
      event.preventDefault();
    } else if (event.key === "ArrowDown" && document.activeElement === code) {
      buttons[0].focus();
      event.preventDefault();
    } else if (/^\d$/.test(event.key) && at >= 0) {
      set(digits() + event.key);
      event.preventDefault();
    }
  });

  let sent = false;
  form.addEventListener("submit", (event) => {
    if (sent) event.preventDefault(); // a code works once, and so does its button
    sent = true;
  });
})();
