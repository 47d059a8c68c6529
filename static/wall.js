// The ticket wall and the lobby display: as many cards as fit, the rest counted; sound and flash for urgency A until
// somebody takes it (HELP-3); a new day.
(() => {
  "use strict";

  // ---- as many as fit ----

  const lists = () => document.querySelectorAll("[data-list]");

  // fit hides the cards that would be cut off, and says how many there are beyond those that show.
  function fit() {
    for (const list of lists()) {
      // The line about the rest takes room itself: once it comes or goes, look again.
      for (let again = 2; again && measure(list); again--);
    }
  }

  function measure(list) {
    const room = list.getBoundingClientRect().bottom + 1;
    const cards = [...list.children];
    const over = cards.map((card) => card.getBoundingClientRect().bottom > room);
    cards.forEach((card, n) => card.classList.toggle("is-over", over[n]));
    return rest(list);
  }

  // rest writes the line about what doesn't show, and how much of it is late; true: the line has come or gone.
  function rest(list) {
    const line = document.querySelector(`[data-more="${CSS.escape(list.dataset.list)}"]`);
    if (!line) return false;
    const sent = list.children.length;
    const hidden = list.getElementsByClassName("is-over").length;
    const count = Math.max(sent, Number(document.getElementById(`count-${list.dataset.list}`)?.value || 0));
    const late = list.querySelectorAll('.is-over[data-left="late"]').length;
    const { text, late: some, lateLeast: least } = line.dataset;
    write(line.firstElementChild, text.replace("{n}", count - sent + hidden));
    write(line.lastElementChild, late && some ? (count > sent ? least : some).replace("{n}", late) : "");
    const was = line.hidden;
    line.hidden = count - sent + hidden === 0;
    return line.hidden !== was;
  }

  function write(e, text) {
    if (e.textContent !== text) e.textContent = text;
  }

  let asked = 0;
  const refit = () => {
    asked ||= requestAnimationFrame(() => {
      asked = 0;
      fit();
    });
  };

  // ---- sound and flash ----

  const EVERY = 1000 * Number(document.querySelector("[data-alarm-every]")?.dataset.alarmEvery || 0); // ms; 0: no sound here
  const hint = document.querySelector("[data-sound-hint]");
  let audio = null;
  let timer = 0;

  const wanted = () => document.querySelector("[data-alarm]") !== null;

  // ready tells whether the browser lets us make a sound; most ask for a touch first.
  async function ready() {
    audio ??= new AudioContext();
    if (audio.state !== "running") await Promise.race([audio.resume(), new Promise((go) => setTimeout(go, 300))]);
    const yes = audio.state === "running";
    if (hint) hint.hidden = yes;
    return yes;
  }

  // tone plays one note; its nodes go when it ends.
  function tone(pitch, at, length) {
    const [note, loudness] = [audio.createOscillator(), audio.createGain()];
    note.frequency.value = pitch;
    loudness.gain.setValueAtTime(0, at);
    loudness.gain.linearRampToValueAtTime(0.5, at + 0.02);
    loudness.gain.setValueAtTime(0.5, at + length - 0.05);
    loudness.gain.linearRampToValueAtTime(0, at + length);
    note.connect(loudness).connect(audio.destination);
    note.onended = () => loudness.disconnect();
    note.start(at);
    note.stop(at + length);
  }

  async function sound() {
    document.body.dispatchEvent(new CustomEvent("lobby:alarm"));
    if (!(await ready()) || !wanted()) return;
    const t = audio.currentTime;
    [880, 660, 880].forEach((pitch, n) => tone(pitch, t + n * 0.28, 0.25));
  }

  // alarm follows the state: while an urgency A stands that nobody has taken, it sounds again and again. A card that is
  // drawn anew changes nothing.
  function alarm() {
    const on = wanted();
    document.documentElement.classList.toggle("is-alarm", on);
    if (!EVERY || on === (timer !== 0)) return;
    if (on) {
      timer = setInterval(sound, EVERY);
      sound();
    } else {
      clearInterval(timer);
      timer = 0;
      setTimeout(() => timer || audio?.suspend(), 1500); // once the last notes are out
    }
  }

  // Asked at once, so that whoever hangs up the screen is told, and not whoever needs the alarm.
  if (EVERY) ready().then((yes) => yes && !timer && audio.suspend());
  for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, () => EVERY && ready(), { passive: true });

  // ---- a new day ----

  // The figures of a day that is over are fetched anew, at a moment of each screen's own.
  const zone = document.querySelector("[data-live]")?.dataset.zone;
  const day = new Intl.DateTimeFormat("en-CA", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" });
  let turning = 0;
  function turn() {
    const figures = document.querySelector("[data-day]");
    if (!figures || turning || figures.dataset.day === day.format(window.lobby.now())) return;
    turning = setTimeout(() => {
      turning = 0;
      if (!document.documentElement.classList.contains("is-stale")) location.reload();
    }, Math.random() * 20000);
  }

  // What the display says of the desk's hours is true until a moment that it names itself.
  let ended = 0;
  function hours() {
    const until = Date.parse(document.querySelector("[data-until]")?.dataset.until);
    if (ended || !(until <= window.lobby.now())) return;
    ended = setTimeout(() => location.reload(), Math.random() * 5000);
  }

  document.body.addEventListener("lobby:change", () => {
    alarm();
    refit();
  });
  document.body.addEventListener("lobby:tick", () => {
    turn();
    hours();
    for (const list of lists()) rest(list); // limits pass for hidden cards too
  });
  addEventListener("resize", refit);
  document.fonts?.ready.then(refit);
  alarm();
  fit();
})();
