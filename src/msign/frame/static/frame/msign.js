"use strict";
// What JavaScript adds to pages that work without it. One file, no dependencies, nothing loaded from elsewhere.
document.documentElement.classList.add("js");

(() => {
  const each = (selector, act) => document.querySelectorAll(selector).forEach(act);

  // Old front-end addresses (/#/sign/instrument/ID): the part after # never reaches the server.
  const old = /^#\/(?:sign\/instrument\/([0-9a-fA-F-]{32,36})|(sign|verify)\/upload)/.exec(location.hash);
  if (old && location.pathname === "/") {
    const target = old[1] ? `/${old[1].replaceAll("-", "").toLowerCase()}` : `/${old[2]}`;
    location.replace(target + location.search);
    return;
  }

  // Focus moves on load only to an error summary.
  each("[data-focus]", (node) => node.focus());

  // A second click sends nothing; going back makes the form usable again.
  each("form", (form) => form.addEventListener("submit", (event) => {
    if (event.submitter && event.submitter.name === "lang") return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    if (event.submitter) event.submitter.setAttribute("aria-disabled", "true");
  }));
  addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });

  // Typed values survive a change of language by link.
  const keep = `msign:${location.pathname}`;
  each(".languages a", (link) => link.addEventListener("click", () => {
    const values = {};
    each("main input:not([type=hidden]):not([type=file]):not([type=password]), main textarea, main select", (input) => {
      if (input.id) values[input.id] = input.type === "checkbox" || input.type === "radio" ? input.checked : input.value;
    });
    sessionStorage.setItem(keep, JSON.stringify({ values, y: scrollY }));
  }));
  const kept = sessionStorage.getItem(keep);
  if (kept) {
    sessionStorage.removeItem(keep);
    const { values, y } = JSON.parse(kept);
    for (const [id, value] of Object.entries(values)) {
      const input = document.getElementById(id);
      if (input && typeof value === "boolean") input.checked = value;
      else if (input) input.value = value;
    }
    scrollTo(0, y);
  }

  // Files: dragging is an extra; the real input underneath does the work.
  each("[data-dropzone]", (zone) => {
    const input = zone.querySelector("input[type=file]");
    const list = zone.querySelector("[data-chosen]");
    const show = () => {
      list.replaceChildren(...Array.from(input.files, (file) => {
        const item = document.createElement("li");
        item.textContent = `${file.name} · ${new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 1 }).format(file.size / 1e6)} MB`;
        return item;
      }));
      list.hidden = !input.files.length;
    };
    input.addEventListener("change", show);
    for (const name of ["dragover", "dragenter"]) zone.addEventListener(name, (event) => { event.preventDefault(); zone.classList.add("dragging"); });
    for (const name of ["dragleave", "drop"]) zone.addEventListener(name, () => zone.classList.remove("dragging"));
    zone.addEventListener("drop", (event) => {
      event.preventDefault();
      const files = new DataTransfer();
      for (const file of input.multiple ? event.dataTransfer.files : Array.from(event.dataTransfer.files).slice(0, 1)) files.items.add(file);
      input.files = files.files;
      show();
    });
  });

  // Copy without the gaps.
  each("[data-copy]", (button) => button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = button.dataset.done;
  }));

  // Print, for pages worth keeping on paper.
  each("[data-print]", (button) => button.addEventListener("click", () => print()));

  // Page images: one zoom for all of them.
  each("[data-zoom]", (button) => button.addEventListener("click", () => {
    const pages = document.querySelector(button.dataset.zoom);
    const large = pages.classList.toggle("zoomed");
    button.setAttribute("aria-pressed", String(large));
  }));

  // A batch: each document's state, without loading the page anew. Returns whether anything is different.
  const tones = { waiting: "", confirmed: "brand", checked: "success" };
  const follow = (box, batch) => {
    const line = box.querySelector("[data-sentence]");
    if (line.textContent === batch.sentence) return false;
    line.textContent = batch.sentence;
    box.querySelector("progress").value = batch.done;
    box.querySelectorAll("li .tag").forEach((tag, at) => {
      const state = batch.items[at];
      tag.className = `tag ${tones[state]}`;
      tag.textContent = box.dataset[state];
    });
    return true;
  };

  // Waiting: ask with growing pauses, tell one thing per change, leave focus where it is.
  each("[data-status]", (box) => {
    const live = box.querySelector("[data-live]");
    const [first, longest] = "checking" in box.dataset ? [400, 2000] : [1500, 5000];
    let pause = first;
    const ask = async () => {
      try {
        const answer = await fetch(box.dataset.status, { headers: { Accept: "application/json" }, credentials: "same-origin" });
        if (answer.status === 404) { location.reload(); return; }
        if (!answer.ok) throw new Error(String(answer.status));
        const state = await answer.json();
        box.classList.remove("offline");
        if (state.version !== box.dataset.version) { location.reload(); return; }
        const code = box.querySelector("[data-code]");
        const batch = box.querySelector("[data-batch]");
        if (batch && state.batch && follow(batch, state.batch)) { live.textContent = state.batch.sentence; pause = 1500; }
        else if (state.announce && live.textContent !== state.announce) live.textContent = state.announce;
        if (code && state.code && code.dataset.code !== state.code) { location.reload(); return; }
        pause = Math.min(pause * 1.1, longest);
      } catch {
        box.classList.add("offline");
        if (live.textContent !== box.dataset.offline) live.textContent = box.dataset.offline;
        pause = 8000;
      }
      timer = setTimeout(ask, pause);
    };
    let timer = setTimeout(ask, pause);
    // Who comes back from the phone or another tab need not wait for the next question.
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) return;
      clearTimeout(timer);
      timer = setTimeout(ask, 0);
    });
  });

  // Clock: seconds for the eye; the live region above speaks at most once a minute.
  each("[data-seconds]", (clock) => {
    const end = performance.now() + 1000 * Number(clock.dataset.seconds);
    const bar = document.querySelector("progress[data-clock]");
    const tick = () => {
      const left = Math.max(0, Math.round((end - performance.now()) / 1000));
      clock.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
      if (bar) bar.value = left;
      if (left) setTimeout(tick, 1000);
    };
    tick();
  });

  // Return to the service: the visible button does the same.
  each("a[data-follow]", (link) => setTimeout(() => link.click(), 1000 * Number(link.dataset.follow)));
  each("form[data-return]", (form) => setTimeout(() => { if (!form.dataset.sent) form.requestSubmit(); }, 1000 * Number(form.dataset.return)));
})();
