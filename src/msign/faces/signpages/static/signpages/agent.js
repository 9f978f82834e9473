"use strict";
// The page between the gateway and the signing program on the person's computer. What comes from the program is passed on
// and believed by nobody: the gateway checks every value and judges every signature. No PIN ever passes here.
(() => {
  const box = document.querySelector("[data-agent]");
  if (!box) return;
  const agent = box.dataset.agent;
  const token = document.querySelector("input[name=csrfmiddlewaretoken]").value;
  const parts = Array.from(box.querySelectorAll("[data-part]"));
  const again = box.querySelector("[data-again]");
  const live = box.querySelector("[data-live]");
  const reason = box.querySelector("[data-reason]");
  const PIN_PATIENCE = 180000;
  const DAY = new Intl.DateTimeFormat("ro", { day: "2-digit", month: "2-digit", year: "numeric", timeZone: "Europe/Chisinau" }); // 04.05.2027 in every language, as on all pages
  const OF_AGENT = { "cancelled": "cancelled", "wrong-pin": "wrong-pin", "pin-locked": "pin-locked", "no-token": "no-token",
    "timed-out": "timed-out", "busy": "busy", "origin": "refused" };
  let models = [];
  let prepared = false;

  class Problem extends Error {}

  const show = (name) => {
    const wanted = new Set([name]);
    if (["another-person", "not-valid-now", "unusable-certificate"].includes(name)) wanted.add("choose");
    for (const part of parts) part.hidden = !wanted.has(part.dataset.part);
    const shown = parts.find((part) => part.dataset.part === name);
    reason.value = (shown && shown.dataset.reasonWord) || "cancelled";
    again.hidden = !(shown && shown.dataset.reasonWord) || wanted.size > 1;
    const title = shown && (shown.querySelector("h2, legend, strong") || shown);
    if (title) live.textContent = title.textContent.trim();
  };

  // To the program.
  const call = async (path, options, patience) => {
    try {
      return await fetch(agent + path, { ...options, credentials: "omit", referrerPolicy: "no-referrer", redirect: "error", signal: AbortSignal.timeout(patience) });
    } catch (error) {
      if (patience !== PIN_PATIENCE && await running()) throw new Problem("refused");
      throw new Problem(error.name === "TimeoutError" && patience === PIN_PATIENCE ? "timed-out" : "absent");
    }
  };
  // A program that answers, but not to this site, looks absent to a script; an opaque answer tells them apart.
  const running = () => fetch(`${agent}/certificates`, { mode: "no-cors", credentials: "omit", referrerPolicy: "no-referrer", signal: AbortSignal.timeout(5000) }).then(() => true, () => false);
  const refusal = async (answer) => {
    const said = await answer.json().catch(() => ({}));
    if (OF_AGENT[said.code]) return new Problem(OF_AGENT[said.code]);
    return new Problem(answer.status === 403 ? "cancelled" : "failed");
  };
  const post = async (path, body) => {
    const answer = await call(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }, PIN_PATIENCE);
    if (!answer.ok) throw await refusal(answer);
    const place = answer.headers.get("Location") || "";
    const at = place.indexOf("/sign/");
    if (at < 0) throw new Problem("failed");
    return place.slice(at);
  };
  const fetched = async (path) => {
    const answer = await call(path, {}, 60000);
    if (!answer.ok) throw await refusal(answer);
    return answer.json();
  };

  // To the gateway: what is signed is sent until it arrives.
  const wait = (ms) => new Promise((done) => setTimeout(done, ms));
  const send = async (path, options = {}) => {
    for (let pause = 1000; ; pause = Math.min(pause * 2, 15000)) {
      let answer;
      try {
        answer = await fetch(box.dataset.work + path, { credentials: "same-origin", ...options, headers: { "X-CSRFToken": token, ...options.headers } });
      } catch {
        answer = null;
      }
      box.classList.toggle("offline", !answer);
      if (answer && answer.status === 404) { location.reload(); return new Promise(() => {}); }
      const said = answer && await answer.json().catch(() => ({}));
      if (answer && answer.ok) return said;
      if (answer && answer.status === 400) throw new Problem(said.problem || "failed");
      if (answer && answer.status === 409) { await wait(pause); location.reload(); return new Promise(() => {}); }
      await wait(pause);
    }
  };
  const sendJson = (path, body) => send(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

  const draw = (work) => {
    const list = box.querySelector("[data-items]");
    if (!list) return;
    list.replaceChildren(...work.items.map((item) => {
      const row = document.createElement("li");
      row.className = item.done ? "done" : "";
      row.textContent = `${item.name || item.id}: ${item.done ? list.dataset.signed : list.dataset.waiting}`;
      return row;
    }));
    const done = work.items.filter((item) => item.done).length;
    if (done) live.textContent = `${list.dataset.signed}: ${done} / ${work.items.length}`;
  };

  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const base64 = async (blob) => {
    const reader = new FileReader();
    await new Promise((done, fail) => { reader.onload = done; reader.onerror = fail; reader.readAsDataURL(blob); });
    return reader.result.slice(reader.result.indexOf(",") + 1);
  };

  // Our own program signs what the gateway prepared: one consent, values one by one.
  const signPrepared = async (work, model) => {
    const open = work.items.filter((item) => !item.done);
    const place = await post("/sign/prepared", {
      nonce: crypto.randomUUID(), certificate: model.certificateId, algorithm: work.algorithm, service: work.service, description: work.description,
      items: open.map(({ id, name, contentType, digest, digestName, toSign }) => ({ id, name, contentType, digest, digestName, toSign })),
    });
    const sent = new Set();
    for (let job = { finished: false }; !job.finished;) {
      job = await fetched(place);
      const fresh = Object.entries(job.values).filter(([id]) => !sent.has(id));
      if (fresh.length) {
        work = await sendJson("/values", { values: Object.fromEntries(fresh) });
        fresh.forEach(([id]) => sent.add(id));
        if (!work.finished) draw(work);
      }
      if (job.error) throw new Problem(OF_AGENT[job.error] || "failed");
      if (!job.finished) await wait(300);
    }
  };

  // Any program of the published protocol makes the whole file; one call for each document.
  const signFinished = async (work, model) => {
    for (const item of work.items.filter((one) => !one.done)) {
      const pdf = item.contentType === "Pdf";
      const document = pdf ? await (await fetch(`${box.dataset.documents}${item.id}/document`, { credentials: "same-origin" })).blob() : null;
      const place = await post("/sign/data", {
        algorithm: "SHA-256", certificate: model, signatureType: "Embedded", signFormat: pdf ? "PAdES-T" : "XAdES-T",
        contentType: pdf ? "Pdf" : "Text", data: pdf ? await base64(document) : item.hash,
      });
      const file = bytes((await fetched(place)).base64File);
      work = await send(`/file/${item.id}`, { method: "POST", headers: { "Content-Type": "application/octet-stream" }, body: file });
      if (!work.finished) draw(work);
    }
  };

  const attempt = async (model) => {
    again.hidden = true;
    show("signing");
    try {
      const work = await sendJson("/certificate", { certificate: model.certificateBase64.replace(/\s/g, ""), chain: model.chainBase64 || [] });
      if (!work.finished) {
        draw(work);
        await (prepared ? signPrepared(work, model) : signFinished(work, model));
      }
      show("sending");
      location.reload();
    } catch (error) {
      show(error instanceof Problem ? error.message : "failed");
    }
  };

  const label = (model, list) => {
    const issuer = /CN=([^,]+)/.exec(model.issuerDN || "");
    const words = [model.certificateName || model.subjectDN || model.label];
    if (issuer) words.push(`${list.dataset.by} ${issuer[1]}`);
    if (model.validUntil) words.push(`${list.dataset.until} ${DAY.format(new Date(model.validUntil))}`);
    return words;
  };
  const offer = () => {
    const list = box.querySelector("[data-certificates]");
    list.replaceChildren(...models.map((model, index) => {
      const row = document.createElement("label");
      row.className = "certificate";
      const input = Object.assign(document.createElement("input"), { type: "radio", name: "certificate", value: String(index), checked: index === 0 });
      const text = document.createElement("span");
      const [name, ...more] = label(model, list);
      text.append(Object.assign(document.createElement("strong"), { textContent: name }));
      for (const line of more) text.append(Object.assign(document.createElement("span"), { className: "small secondary", textContent: line }));
      row.append(input, text);
      return row;
    }));
    show("choose");
  };

  const look = async () => {
    again.hidden = true;
    show("looking");
    try {
      const answer = await call("/certificates?private_only=true", {}, 15000);
      if (!answer.ok) throw answer.status === 403 ? new Problem("refused") : await refusal(answer);
      const said = await answer.json();
      prepared = Array.isArray(said.exchanges) && said.exchanges.includes("prepared");
      models = (said.certificateModel || []).filter((model) => model.certificateBase64 && model.privateKeyPresent !== false);
      if (!models.length) throw new Problem("no-token");
      const work = await send("");
      if (work.finished) { location.reload(); return; }
      const begun = work.items.some((item) => item.done) && models.find((model) => model.certificateBase64.replace(/\s/g, "") === work.certificate);
      if (begun) await attempt(begun); else offer();
    } catch (error) {
      show(error instanceof Problem ? error.message : "absent");
    }
  };

  box.querySelector("form[data-part=choose]").addEventListener("submit", (event) => {
    event.preventDefault();
    event.stopImmediatePropagation();
    const chosen = box.querySelector("[data-certificates] input:checked");
    const form = event.currentTarget;
    delete form.dataset.sent;
    if (chosen && !form.hidden) attempt(models[Number(chosen.value)]);
  }, { capture: true });
  again.addEventListener("click", look);
  // When the time is over the page shows what became of it.
  setTimeout(() => location.reload(), 1000 * Number(box.querySelector("[data-seconds]").dataset.seconds) + 2000);
  look();
})();
