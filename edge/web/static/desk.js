// Only adds: prints, and lets one scan follow the other without loading the page.
(() => {
  const d = document, paper = d.querySelector("[data-drucken]"), form = d.querySelector("[data-scan]");
  if (paper) {
    paper.hidden = false;
    paper.addEventListener("click", () => print());
  }
  if (!form) return;
  const field = form.elements.code, codes = [];
  let busy = false;
  const send = async () => {
    if (busy) return;
    busy = true;
    while (codes.length) {
      try {
        const answer = await fetch(form.action, {method: "POST", body: new URLSearchParams({code: codes[0]})});
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const parts = [...d.querySelectorAll("[data-einlass]")].map((one) => [one, page.getElementById(one.id)]);
        if (!answer.ok || parts.some(([, fresh]) => !fresh)) throw answer;
        for (const [old, fresh] of parts) old.replaceChildren(...fresh.childNodes);
      } catch {
        field.value = codes[0]; // the page itself says what is wrong
        return form.submit();
      }
      codes.shift();
    }
    busy = false;
  };
  form.addEventListener("submit", (e) => {
    e.preventDefault();
    if (!field.value.trim()) return;
    codes.push(field.value);
    field.value = "";
    send();
  });
  addEventListener("keydown", (e) => {
    const typed = e.key.length === 1 && e.key !== " " && !e.ctrlKey && !e.altKey && !e.metaKey;
    if (typed && !e.defaultPrevented && !e.target.closest?.("input,select,textarea,dialog")) field.focus();
  });
})();
