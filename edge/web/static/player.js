// Only adds: ten seconds back, slower and faster, and where a card's owner stopped.
(() => {
  const d = document, m = d.getElementById("spieler"), knobs = d.getElementById("tasten");
  knobs.hidden = false;
  knobs.addEventListener("click", (e) => {
    const b = e.target.closest("button");
    if (!b) return;
    if (b.dataset.sprung) m.currentTime = Math.max(0, m.currentTime + +b.dataset.sprung);
    else {
      m.playbackRate = +b.dataset.tempo;
      for (const o of knobs.querySelectorAll("[data-tempo]")) o.setAttribute("aria-pressed", o === b);
    }
  });
  const to = m.dataset.merken, from = m.dataset.stelle / 1e3;
  if (!to) return;
  if (from) m.addEventListener("loadedmetadata", () => { if (from < m.duration - 5) m.currentTime = from; }, {once: true});
  let kept = 0;
  const keep = (more) => {
    kept = Date.now();
    fetch(to, {method: "POST", keepalive: true, body: new URLSearchParams({still: 1, stelle: Math.round(m.currentTime * 1e3), ...more})});
  };
  m.addEventListener("timeupdate", () => Date.now() - kept > 1e4 && keep());
  m.addEventListener("pause", () => keep());
  m.addEventListener("ended", () => keep({stelle: 0, fertig: 1}));
})();
