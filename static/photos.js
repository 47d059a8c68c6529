// Photos are sent one by one as soon as they are chosen, so that a slow line loses one at most, and the form around them
// stays as it is. A form that is pressed while they are on their way goes when they are there.
(() => {
  "use strict";

  const say = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

  function setUp(box) {
    const form = box.form ?? box.closest("form");
    const progress = box.querySelector("[data-progress]");
    const wrong = box.querySelector("[data-wrong]");
    const texts = box.dataset;
    const most = Number(texts.size) * 1024 * 1024;
    let waiting = [];
    let failed = [];
    let sending = false;
    let sent = 0;
    let of = 0;
    let after = null; // the button that was pressed meanwhile

    box.classList.add("scripted");
    box.querySelector("[data-plain]").remove(); // or Enter in another field would press it

    function show(text) {
      wrong.textContent = text;
      box.classList.toggle("wrong", text !== "");
      if (failed.length === 0) return;
      const again = document.createElement("button");
      again.type = "button";
      again.className = "secondary";
      again.textContent = texts.again;
      again.addEventListener("click", () => {
        waiting = failed;
        failed = [];
        of = waiting.length;
        sent = 0;
        show("");
        next();
      });
      wrong.append(" ", again);
    }

    // answered puts the new gallery in place, and gives what is wrong with the photo, in words.
    function answered(request) {
      const page = new DOMParser().parseFromString(request.responseText, "text/html");
      const gallery = page.getElementById("pictures");
      if (!gallery) return { kept: false, text: texts.failed };
      document.getElementById("pictures")?.replaceWith(gallery);
      return { kept: request.status === 200, text: gallery.dataset.wrong, refused: true };
    }

    function next() {
      const file = waiting.shift();
      if (!file) {
        sending = false;
        progress.textContent = sent > 0 ? say(texts.sent, { n: sent }) : "";
        if (after && failed.length === 0 && wrong.textContent === "") form.requestSubmit(after);
        after = null;
        return;
      }
      sending = true;
      const at = of - waiting.length;
      const told = (percent) => (progress.textContent = say(texts.sending, { n: at, of, percent }));
      told(0);
      if (file.size > most) {
        show(texts.large);
        next();
        return;
      }
      const body = new FormData();
      const stage = box.querySelector("[name=stage]:checked");
      if (stage) body.append("stage", stage.value);
      body.append("photos", file);
      const request = new XMLHttpRequest();
      request.open("POST", texts.photos);
      request.setRequestHeader("HX-Request", "true");
      request.setRequestHeader("HX-Request-Type", "partial");
      request.upload.addEventListener("progress", (event) => event.lengthComputable && told(Math.floor((event.loaded / event.total) * 100)));
      request.addEventListener("loadend", () => {
        const answer = request.status === 0 ? { kept: false, text: texts.failed } : answered(request);
        if (answer.kept) sent += 1;
        else {
          if (!answer.refused) failed.push(file);
          show(answer.text);
        }
        next();
      });
      request.send(body);
    }

    for (const input of box.querySelectorAll("input[type=file]")) {
      input.addEventListener("change", () => {
        if (!sending) {
          of = 0;
          sent = 0;
          failed = [];
          show("");
        }
        waiting.push(...input.files);
        of += input.files.length;
        input.value = "";
        if (!sending) next();
      });
    }
    form?.addEventListener("submit", (event) => {
      if (!sending) return;
      event.preventDefault();
      after = event.submitter;
      progress.textContent = texts.waits;
    });
  }

  for (const box of document.querySelectorAll("[data-photos]")) setUp(box);
})();
