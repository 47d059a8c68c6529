// The desk by keyboard. Everything here is a shortcut to something that works without it.
// data-keys="n v" on a link, button or field: pressed one after the other, they follow, press or focus it.
(() => {
  "use strict";

  const PAUSE = 1200; // ms between the keys of one shortcut
  const STORE = "lobby.keys"; // "off": the person doesn't want single-key shortcuts (WCAG 2.1.4)
  let typed = "";
  let last = 0;

  const store = {
    get() {
      try {
        return localStorage.getItem(STORE);
      } catch {
        return null; // storage is refused: the shortcuts stay on
      }
    },
    set(value) {
      try {
        localStorage.setItem(STORE, value);
      } catch {
        return; // lasts for this page only
      }
    },
  };

  const filling = (e) => e?.matches?.("input,textarea,select,[contenteditable]");
  const shown = (e) => e.getClientRects().length > 0 || Boolean(e.closest("nav details")); // entries of a closed group have their keys all the same
  const all = (selector) => [...document.querySelectorAll(selector)].filter(shown);

  function follow(e) {
    if (filling(e)) {
      e.focus();
      e.select?.();
    } else if (e.form && e.form.querySelector("textarea[required],input[required]") && !filled(e.form)) {
      e.form.querySelector("textarea[required],input[required]").focus(); // what the step asks for comes first
    } else {
      e.click();
    }
  }
  const filled = (form) => [...form.querySelectorAll("textarea[required],input[required]")].every((f) => f.value.trim() !== "");

  // ---- shortcuts ----

  function shortcut(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.key.length !== 1 || store.get() === "off") return false;
    const at = performance.now();
    typed = at - last < PAUSE && typed ? `${typed} ${event.key}` : event.key;
    last = at;
    const known = all("[data-keys]");
    const hit = known.find((e) => e.dataset.keys === typed) || known.find((e) => e.dataset.keys === event.key);
    if (hit) {
      typed = "";
      follow(hit);
      return true;
    }
    return known.some((e) => e.dataset.keys.startsWith(`${typed} `));
  }

  // ---- lists ----

  const links = () => all("[data-rows] > li a.what");

  function move(step) {
    const list = links();
    if (list.length === 0) return false;
    const at = list.indexOf(document.activeElement?.closest?.("li")?.querySelector("a.what"));
    const next = at < 0 ? (step > 0 ? 0 : list.length - 1) : Math.min(Math.max(at + step, 0), list.length - 1);
    list[next].focus();
    list[next].closest("li").scrollIntoView({ block: "nearest" });
    return true;
  }

  // inRow presses the button of the row that has the focus.
  function inRow(key) {
    if (store.get() === "off") return false;
    const button = document.activeElement?.closest?.("[data-rows] > li")?.querySelector(`[data-rowkey="${CSS.escape(key)}"]`);
    if (!button) return false;
    button.click();
    return true;
  }

  function key(event) {
    const target = event.target;
    if (event.defaultPrevented || event.isComposing || document.querySelector("dialog[open]")) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      const form = target.closest?.("form[data-submit-keys]");
      if (form) {
        event.preventDefault();
        form.requestSubmit();
      }
      return;
    }
    if (filling(target)) {
      if (event.key === "Escape") target.blur();
      if (event.key === "ArrowDown" && target.type === "search" && move(1)) event.preventDefault();
      return;
    }
    const done =
      (event.key === "ArrowDown" && move(1)) ||
      (event.key === "ArrowUp" && move(-1)) ||
      (!event.ctrlKey && !event.metaKey && !event.altKey && inRow(event.key)) ||
      shortcut(event);
    if (!done) return;
    event.preventDefault();
    consumed = true;
  }

  // The character of a key that was a shortcut belongs nowhere, though the focus is in a field by now.
  let consumed = false;
  document.addEventListener("keydown", key);
  document.addEventListener("keypress", (event) => consumed && event.preventDefault());
  document.addEventListener("keyup", () => (consumed = false));

  // ---- buttons that only make sense with script ----

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-print]")) window.print();
    if (event.target.closest("[data-help]")) document.getElementById("keys")?.showModal();
  });
  for (const box of document.querySelectorAll("[data-keys-on]")) {
    box.checked = store.get() !== "off";
    box.addEventListener("change", () => store.set(box.checked ? "on" : "off"));
  }

  // ---- what is unfolded over the page folds again on a click beside it, and by Escape ----

  const menus = () => document.querySelectorAll(".bar details[open]");
  document.addEventListener("click", (event) => {
    for (const d of menus()) if (!d.contains(event.target)) d.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const d of menus()) {
      const inside = d.contains(document.activeElement);
      d.open = false;
      if (inside) d.querySelector("summary").focus();
    }
  });

  // ---- the list of visitors follows the live events; the server decides anew who may see it ----

  let waiting = false;
  function visitors() {
    if (waiting) return;
    waiting = true;
    setTimeout(() => {
      waiting = false;
      for (const e of document.querySelectorAll("[data-visits]")) htmx.trigger(e, "lobby:visits");
    }, 250);
  }
  document.body.addEventListener("lobby:live", (event) => {
    if (String(event.detail?.kind).startsWith("visit.")) visitors();
  });
  document.body.addEventListener("lobby:snapshot", visitors);

  // ---- an error takes the focus, so that it is read out and the first wrong field is one step away ----

  document.querySelector("[data-focus]")?.focus();
})();
