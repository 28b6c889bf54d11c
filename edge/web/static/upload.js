// Sends a file piece by piece, so that a large one passes the small door of the pages.
(() => {
  const d = document, form = d.getElementById("hochladen"), why = d.getElementById("hochladen-grund");
  const bar = d.getElementById("balken"), frame = d.getElementById("fortschritt"), PIECE = 131072;
  form.hidden = false;
  const ask = async (to, body) => {
    const answer = await fetch(to, {method: "POST", body});
    const said = await answer.json().catch(() => ({reason: "Der Hub antwortet nicht."}));
    if (!answer.ok) throw new Error(said.reason || "Das hat nicht geklappt.");
    return said;
  };
  form.addEventListener("submit", async (e) => {
    e.preventDefault();
    const file = form.datei.files[0], button = form.querySelector("button");
    if (!file) return;
    why.hidden = true;
    frame.hidden = false;
    button.disabled = true;
    try {
      const {key} = await ask(form.dataset.ort, new URLSearchParams({name: file.name, size: file.size}));
      for (let at = 0; at < file.size;) {
        at = (await ask(`${form.dataset.ort}/${key}?an=${at}`, file.slice(at, at + PIECE))).have;
        bar.value = Math.floor(at * 100 / file.size);
      }
      location = (await ask(`${form.dataset.ort}/${key}/fertig`)).to;
    } catch (error) {
      why.textContent = error.message;
      why.hidden = false;
      frame.hidden = true;
      button.disabled = false;
    }
  });
})();
