// Two browsers in one network find each other: the hub hands on what they say, no other server.
(() => {
  const d = document, box = d.querySelector("[data-gespraech]");
  if (!box) return;
  const one = (s) => box.querySelector(s), say = (what) => {
    for (const p of box.querySelectorAll("[data-stand]")) p.hidden = p.dataset.stand !== what;
  };
  const calls = "ruft" in box.dataset, {post, ende} = box.dataset, mine = one(".own"), theirs = one(".other");
  let peer, stream, read = 0, started, over;
  const stop = () => {
    over = true;
    peer?.close();
    for (const track of stream?.getTracks() ?? []) track.stop();
    mine.srcObject = theirs.srcObject = null;
  };
  const end = (to) => { if (!over) { stop(); location.replace(to || ende); } };
  const tell = async (kind, text = "") => {
    const answer = await fetch(post, {method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify({kind, text})});
    if (answer.status === 410) end();
  };
  // a description is said once it is whole: in one network that takes no time
  const whole = () => new Promise((done) => {
    if (peer.iceGatheringState === "complete") return done();
    peer.addEventListener("icegatheringstatechange", () => peer.iceGatheringState === "complete" && done());
    setTimeout(done, 3000);
  });
  const begin = () => {
    peer?.close();
    peer = new RTCPeerConnection({iceServers: []});
    for (const kind of ["video", "audio"]) {
      const track = stream?.getTracks().find((t) => t.kind === kind);
      if (track) peer.addTrack(track, stream);
      else if (calls) peer.addTransceiver(kind, {direction: "recvonly"});
    }
    peer.ontrack = (e) => { theirs.srcObject = e.streams[0] ?? new MediaStream([e.track]); theirs.play().catch(() => {}); };
    peer.onconnectionstatechange = () => {
      if (peer.connectionState === "connected") { say("da"); box.dataset.da = ""; }
      if (peer.connectionState === "failed") { say("geht-nicht"); delete box.dataset.da; }
    };
  };
  const heard = async (kind, text) => {
    if (kind === "ready" && calls) {
      begin();
      await peer.setLocalDescription(await peer.createOffer());
      await whole();
      await tell("offer", peer.localDescription.sdp);
    } else if (kind === "offer" && !calls) {
      begin();
      await peer.setRemoteDescription({type: "offer", sdp: text});
      await peer.setLocalDescription(await peer.createAnswer());
      await whole();
      await tell("answer", peer.localDescription.sdp);
    } else if (kind === "answer" && calls && peer?.signalingState === "have-local-offer") {
      await peer.setRemoteDescription({type: "answer", sdp: text});
    }
  };
  const listen = async () => {
    if (over) return;
    try {
      const answer = await fetch(`${post}?nach=${read}`);
      const told = await answer.json();
      if (answer.status === 410) return end(told.over);
      if (calls && told.here && !("da" in box.dataset)) say("kommt");
      for (const [kind, text] of told.said) { read += 1; await heard(kind, text); }
    } catch { /* the hub is away for a moment */ }
    setTimeout(listen, "da" in box.dataset ? 3000 : 1000);
  };
  const media = async () => {
    for (const [video, audio] of [[{width: 640, height: 480}, true], [false, true], [true, false]]) {
      try { return await navigator.mediaDevices.getUserMedia({video, audio}); } catch { /* the next */ }
    }
    return null;
  };
  const start = async () => {
    if (started) return;
    started = true;
    one("[data-los]").hidden = true;
    one(".call-screen").hidden = false;
    say("kamera");
    stream = await media();
    one("[data-blind]").hidden = Boolean(stream?.getVideoTracks().length);
    mine.srcObject = stream;
    mine.hidden = !stream?.getVideoTracks().length;
    say("wartet");
    if (!calls) await tell("ready");
    listen();
  };
  if (!self.isSecureContext || !navigator.mediaDevices || !self.RTCPeerConnection) {
    one("[data-los]").hidden = true;
    return say("unsicher");
  }
  one("[data-los]").hidden = false;
  say("bereit");
  one("[data-los]").addEventListener("click", start);
  const keep = setInterval(() => over ? clearInterval(keep) : !started && fetch(`${post}?nach=0`).then((a) => a.status === 410 && end()), 8000);
  addEventListener("pagehide", stop);
})();
