// Parts of a page that change by themselves: told by a stream, or asked for every few seconds.
// A part with `data-alt`, the id of a hidden box, is never old unseen: what a stream that fell
// silent does not tell is asked for, and once nothing answered for two minutes the box says so.
(() => {
  const d = document, POLL_MS = 3000, GIVE_UP_MS = 20000;
  const LOOK_MS = 10000, ASK_MS = 30000, OLD_MS = 120000;
  for (let part of d.querySelectorAll("[data-teil]")) {
    const {strom, teil, alt} = part.dataset, box = alt && d.getElementById(alt);
    let busy, again, timer, heard = Date.now(), asked = heard;
    const since = (then) => Math.abs(Date.now() - then);  // a clock may be set back
    const age = () => {
      const old = since(heard) >= OLD_MS;
      if (box.hidden !== old) return;
      if (old) box.querySelector("[data-uhr]").textContent = part.dataset.uhr;
      box.hidden = !old;
    };
    const renew = async () => {
      if (busy) return void (again = true);
      busy = true;
      asked = Date.now();
      try {
        const answer = await fetch(teil, {signal: AbortSignal.timeout?.(GIVE_UP_MS)});
        if (answer.status === 502 || answer.status === 504) return;  // nobody is behind nginx
        if (!answer.ok || answer.redirected) return location.reload();  // whose sign-in ended
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const fresh = page.querySelector("[data-teil]");
        if (!fresh) return location.reload();
        if (fresh.dataset.stand !== part.dataset.stand) {
          const at = part.contains(d.activeElement) && d.activeElement.value;
          part.replaceWith(part = fresh);
          if (at) part.querySelector(`[value="${CSS.escape(at)}"]`)?.focus();
        } else if (fresh.dataset.uhr !== part.dataset.uhr) {
          part.dataset.uhr = fresh.dataset.uhr;
          for (const one of part.querySelectorAll("[data-uhr]")) one.textContent = fresh.dataset.uhr;
        }
        heard = Date.now();
        if (box) age();
      } catch { /* the hub is away for a moment */ } finally {
        busy = false;
        if (again) { again = false; renew(); }
      }
    };
    const poll = () => { timer ??= setInterval(renew, POLL_MS); };
    if (box) setInterval(() => { if (since(asked) >= ASK_MS) renew(); age(); }, LOOK_MS);
    if (!strom || !self.EventSource) { poll(); continue; }
    const stream = new EventSource(strom);
    stream.onmessage = (e) => e.data !== part.dataset.stand && renew();
    stream.onerror = () => stream.readyState === 2 && poll();
  }
})();
