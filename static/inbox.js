// The figure of the inbox in the head of every staff page: true without a reload, and with a short sound when something
// urgent comes. A wake-up says nothing but that somebody at the site has a notice; the page then asks for its own figure,
// and permission is checked anew.
(() => {
  "use strict";

  const link = document.querySelector("[data-inbox]");
  if (!link) return;

  const GATHER = 300; // ms in which wake-ups become one question, and as much again by chance, so that not all ask at once
  const SILENCE = 35000; // ms without a word: the socket is given up
  const FIRST = 500; // ms until the first try to reconnect; doubles
  const MOST = 15000;
  const ENDINGS = [4401, 4403, 4410]; // no use in trying again
  const STORE = "lobby.rung"; // the last notice for which a tab of this browser has rung
  const SILENT = "lobby.silent"; // "on": the person doesn't want this browser to ring
  const SLEPT = 20000; // ms by which the clock jumped ahead of the page's own: the machine slept

  const figure = link.querySelector("data");
  const status = document.querySelector("[data-inbox-said]");
  let loud = Number(link.dataset.loud || 0);
  let waiting = 0;

  // ---- the figure ----

  function later() {
    waiting ||= setTimeout(ask, GATHER * (1 + Math.random()));
  }

  async function ask() {
    waiting = 0;
    let now;
    try {
      const answer = await fetch("/inbox/count", { headers: { Accept: "application/json" }, cache: "no-store" });
      if (!answer.ok || answer.redirected) return; // signed out: the next click says so
      now = await answer.json();
    } catch {
      return; // no network: the socket comes again, and asks
    }
    show(now);
  }

  function show(now) {
    const more = now.count > Number(figure.value);
    figure.value = now.count;
    figure.textContent = now.shown;
    figure.hidden = now.count === 0;
    link.classList.toggle("is-loud", now.loud > 0);
    if (more) status.textContent = now.said;
    if (now.loud > loud) ring(now.loud);
    loud = Math.max(loud, now.loud);
  }

  // ---- the sound, as far as the browser lets us: most ask for a touch first ----

  let audio = null;
  let owed = false; // a sound that has to wait for a touch

  // first tells whether no other tab of this browser has rung for it.
  function first(id) {
    try {
      if (Number(localStorage.getItem(STORE)) >= id) return false;
      localStorage.setItem(STORE, id);
    } catch {
      return true; // storage is refused: better twice than never
    }
    return true;
  }

  async function ring(id) {
    if (silent()) return;
    document.body.dispatchEvent(new CustomEvent("lobby:ring"));
    if (first(id)) await sound();
  }

  // silent: what rings is seen only, which the head of every page says.
  function silent() {
    try {
      return localStorage.getItem(SILENT) === "on";
    } catch {
      return false;
    }
  }

  function quiet() {
    document.querySelector("[data-inbox-silent]").hidden = !silent();
    for (const box of document.querySelectorAll("[data-inbox-ring] input")) box.checked = !silent();
  }

  for (const place of document.querySelectorAll("[data-inbox-ring]")) {
    place.hidden = false; // it makes sense with script only
    place.querySelector("input").addEventListener("change", (event) => {
      try {
        localStorage.setItem(SILENT, event.target.checked ? "off" : "on");
      } catch {
        event.target.checked = true; // storage is refused: it goes on ringing
      }
      quiet();
      if (event.target.checked) sound(); // so that the person hears what it is like
    });
  }
  addEventListener("storage", (event) => event.key === SILENT && quiet());
  quiet();

  async function sound() {
    audio ??= new AudioContext();
    if (audio.state !== "running") await Promise.race([audio.resume(), new Promise((go) => setTimeout(go, 300))]);
    owed = audio.state !== "running";
    if (owed) return;
    const t = audio.currentTime;
    [660, 880].forEach((pitch, n) => tone(pitch, t + n * 0.2, 0.18));
    setTimeout(() => audio.suspend(), 1000);
  }

  // tone plays one note; its nodes go when it ends.
  function tone(pitch, at, length) {
    const [note, loudness] = [audio.createOscillator(), audio.createGain()];
    note.frequency.value = pitch;
    loudness.gain.setValueAtTime(0, at);
    loudness.gain.linearRampToValueAtTime(0.3, at + 0.02);
    loudness.gain.linearRampToValueAtTime(0, at + length);
    note.connect(loudness).connect(audio.destination);
    note.onended = () => loudness.disconnect();
    note.start(at);
    note.stop(at + length);
  }

  for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, () => owed && sound(), { passive: true });

  // ---- being told: by the page's own socket where it has one, else by one of ours ----

  let socket = null;
  let heard = 0;
  let pause = FIRST;

  function connect() {
    const url = new URL("/live?view=inbox&epoch=0&seq=0&ranges=1", location.href);
    url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    socket = new WebSocket(url);
    heard = performance.now();
    socket.onmessage = (event) => {
      heard = performance.now();
      pause = FIRST;
      if (wakes(event.data)) later();
    };
    socket.onclose = (event) => ENDINGS.includes(event.code) || again();
  }

  // wakes: somebody has a notice, or there may have been one while we were away.
  function wakes(text) {
    try {
      const m = JSON.parse(text);
      return m.kind === "notice.sent" || m.snapshot === true;
    } catch {
      return false;
    }
  }

  function again() {
    socket = null;
    setTimeout(connect, pause * (1 + Math.random() / 3));
    pause = Math.min(2 * pause, MOST);
  }

  // watch gives up a socket that a dead network keeps open, and looks again where the machine has slept.
  let ahead = Date.now() - performance.now();
  function watch() {
    const jumped = Date.now() - performance.now() - ahead;
    ahead += jumped;
    if (jumped > SLEPT) {
      later();
      heard = -Infinity;
    }
    if (!socket || performance.now() - heard < SILENCE) return;
    socket.onclose = null;
    socket.close();
    again();
  }

  link.classList.toggle("is-loud", loud > 0);
  document.addEventListener("visibilitychange", () => document.hidden || later()); // seen in another tab, perhaps
  if (document.querySelector("[data-live]")) {
    document.body.addEventListener("lobby:live", (event) => event.detail?.kind === "notice.sent" && later());
    document.body.addEventListener("lobby:snapshot", later);
  } else {
    connect();
    setInterval(watch, 5000);
  }
})();
