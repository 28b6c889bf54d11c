// Only adds: who is there, aloud, paper
(() => {
  const d = document, root = d.documentElement, one = (s) => d.querySelector(s);
  const ask = one("#noch-da"), time = one("#noch-da-zeit"), bye = one("#fertig");
  const idle = root.dataset.ruhe * 1e3, end = idle + root.dataset.warnung * 1e3;
  let visit = "besuch" in root.dataset, last = Date.now(), voice;
  const plays = () => [...d.querySelectorAll("audio,video"), voice].some((m) => m && !m.paused && !m.ended);
  const alive = (e) => {
    last = Date.now();
    if (e.type === "input") visit = true;
    if (ask.open) {
      if (e.type === "keydown") e.preventDefault();
      ask.close();
    }
  };
  for (const e of ["keydown", "pointerdown", "pointermove", "input", "wheel"]) addEventListener(e, alive, {capture: true, passive: false});
  addEventListener("pageshow", (e) => e.persisted && location.reload());
  bye.addEventListener("submit", () => { voice?.pause(); sessionStorage.clear(); localStorage.clear(); });
  setInterval(() => {
    if (!visit || plays()) last = Date.now();
    const quiet = Date.now() - last;
    if (quiet >= end) {
      last += end - idle; // once
      return bye.requestSubmit();
    }
    if (quiet >= idle) {
      time.textContent = Math.ceil((end - quiet) / 1e3);
      if (!ask.open) ask.showModal();
    }
  }, 500);
  const read = one("[data-ton]"), word = read?.querySelector("span"), say = word?.textContent;
  const still = () => { voice?.pause(); voice = null; word.textContent = say; };
  read?.addEventListener("click", (e) => {
    e.preventDefault();
    if (voice) return still();
    voice = new Audio(read.dataset.ton);
    voice.onended = still;
    voice.onerror = () => { location = read.href; };
    voice.play();
    word.textContent = read.dataset.halt;
  });
  if (root.dataset.neu) setTimeout(() => location.reload(), root.dataset.neu * 1e3);
  one("[data-drucken]")?.addEventListener("click", () => print());
  const on = one("[data-weiter]");
  if (on) setTimeout(() => location.replace(on.dataset.weiter), 2e4);
})();
