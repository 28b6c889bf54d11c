// A picture of values drawn large, to zoom into. The page is complete without it.
(() => {
  const d = document, css = (name) => getComputedStyle(d.body).getPropertyValue(name).trim();
  const draw = (box, {unit, curves, bands, limits}) => {
    const at = new Set(), ink = css("--ink"), colours = [ink, css("--ember")];
    for (const one of curves) for (const [t] of [...one.runs.flat(), ...one.doubtful]) at.add(t);
    const breaks = [];
    for (const one of curves)
      for (const run of one.runs.slice(0, -1)) { const t = run[run.length - 1][0] + 1; at.add(t); breaks.push(t); }
    const xs = [...at].sort((a, b) => a - b), place = new Map(xs.map((t, n) => [t, n]));
    const tongue = d.querySelector(".page[lang]")?.lang || d.documentElement.lang;
    const say = (t, how) => new Date(t * 1e3).toLocaleString(tongue, how);
    const data = [xs], series = [{label: "·", value: (_, t) => t == null ? "" : say(t, {dateStyle: "medium", timeStyle: "short"})}];
    const line = (points, gaps) => {
      const ys = Array(xs.length).fill(undefined);
      for (const t of gaps) ys[place.get(t)] = null;
      for (const [t, v] of points) ys[place.get(t)] = v;
      return ys;
    };
    curves.forEach((one, n) => {
      const stroke = colours[n % 2];
      data.push(line(one.runs.flat(), breaks));
      series.push({label: one.name, stroke, width: 2, points: {show: true, size: 7, fill: stroke}});
      if (one.doubtful.length) {
        data.push(line(one.doubtful, []));
        series.push({label: one.name + " ?", stroke, paths: () => null, points: {show: true, size: 12, width: 3, stroke, fill: css("--paper")}});
      }
    });
    const axis = {stroke: ink, grid: {stroke: css("--edge"), width: 1}, font: "16px Fira Sans", ticks: {stroke: css("--edge")}};
    const behind = (u) => {
      const {ctx, bbox} = u;
      ctx.save();
      ctx.beginPath(); ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height); ctx.clip();
      ctx.fillStyle = css("--good-paper");
      for (const [a, b, low, high] of bands) {
        const x = u.valToPos(a, "x", true), y = u.valToPos(high, "y", true);
        ctx.fillRect(x, y, u.valToPos(b, "x", true) - x, u.valToPos(low, "y", true) - y);
      }
      ctx.strokeStyle = css("--bad"); ctx.lineWidth = 2; ctx.setLineDash([9, 6]);
      for (const value of limits) {
        const y = u.valToPos(value, "y", true);
        ctx.beginPath(); ctx.moveTo(bbox.left, y); ctx.lineTo(bbox.left + bbox.width, y); ctx.stroke();
      }
      ctx.restore();
    };
    return new uPlot({
      width: box.clientWidth, height: Math.max(260, Math.min(520, innerHeight * .6)),
      scales: {x: {time: true}}, series, axes: [{...axis, space: 80, values: (_, splits, axis, space, step) => splits.map((t) => say(t, step < 86400 ? {day: "numeric", month: "numeric", hour: "numeric", minute: "2-digit"} : {day: "numeric", month: "numeric"}).replace(", ", "\n"))}, {...axis, label: unit, size: 70}],
      cursor: {drag: {x: true, y: false}, points: {show: false}}, hooks: {drawClear: [behind]},
    }, data, box);
  };
  for (const figure of d.querySelectorAll("[data-kurve]")) {
    const {kurve, gross, klein, wie} = figure.dataset;
    const button = d.createElement("button"), label = d.createElement("span");
    button.type = "button"; button.className = "kern-btn kern-btn--tertiary"; button.setAttribute("aria-expanded", "false");
    label.className = "kern-label"; label.textContent = gross; button.append(label);
    const row = d.createElement("p"); row.className = "no-print"; row.append(button);
    const large = d.createElement("div"); large.className = "large"; large.hidden = true;
    figure.after(large); (figure.nextElementSibling || figure).after(row);
    let plot;
    button.onclick = () => {
      large.hidden = !large.hidden;
      button.setAttribute("aria-expanded", String(!large.hidden));
      label.textContent = large.hidden ? gross : klein;
      if (large.hidden) { plot?.destroy(); large.replaceChildren(); return; }
      const how = d.createElement("p"), box = d.createElement("div");
      how.textContent = wie; large.append(how, box);
      plot = draw(box, JSON.parse(kurve));
    };
    addEventListener("resize", () => plot && !large.hidden && plot.setSize({width: large.clientWidth, height: plot.height}));
  }
})();
