"use strict";
// Filters, theme, latent walks and the table of contents. Without this script everything is shown.
(() => {
  const root = document.documentElement;
  const wide = window.matchMedia("(min-width: 64rem)");
  const panel = document.getElementById("panel");
  const form = document.getElementById("filters");
  const shown = document.getElementById("shown");

  function applyFilters() {
    const protocol = form.elements.namedItem("protocol").value;
    const boxes = [...form.querySelectorAll('input[name="experiment"]')];
    const chosen = boxes.filter((box) => box.checked).map((box) => box.value);
    for (const one of document.querySelectorAll("main [data-protocol], main [data-experiment]")) {
      const { protocol: under, experiment: of } = one.dataset;
      const wrongProtocol = under && protocol !== "both" && under !== protocol;
      one.classList.toggle("off", Boolean(wrongProtocol || (of && !chosen.includes(of))));
    }
    const names = chosen.length ? chosen.join(", ") : "no experiment: choose one";
    const under = protocol === "both" ? "both protocols" : protocol.replace("_", " ");
    shown.textContent = `Shown: ${under}; ${names}.`;
  }

  function setTheme(dark) {
    root.dataset.theme = dark ? "dark" : "light";
    document.getElementById("theme").setAttribute("aria-pressed", String(dark));
  }

  // A browser may refuse storage to a page from disk; the theme then holds until the page is closed.
  function remembered(value) {
    try {
      if (value === undefined) return localStorage.getItem("theme");
      localStorage.setItem("theme", value);
    } catch { /* not remembered */ }
    return null;
  }

  function startTheme() {
    const button = document.getElementById("theme");
    const before = remembered();
    const system = window.matchMedia("(prefers-color-scheme: dark)");
    if (before) setTheme(before === "dark");
    else button.setAttribute("aria-pressed", String(system.matches));
    button.addEventListener("click", () => {
      const dark = button.getAttribute("aria-pressed") !== "true";
      setTheme(dark);
      remembered(dark ? "dark" : "light");
    });
    button.hidden = false;
  }

  function startWalk(strip) {
    const steps = [...strip.querySelectorAll("li img")];
    const box = Object.assign(document.createElement("div"), { className: "step" });
    const large = Object.assign(document.createElement("img"), { className: "large" });
    const label = document.createElement("label");
    const slider = Object.assign(document.createElement("input"), {
      type: "range", min: 1, max: steps.length, value: 1,
    });
    const show = () => {
      const step = steps[slider.value - 1];
      large.src = step.src;
      large.alt = step.alt;
      slider.setAttribute("aria-valuetext", `step ${slider.value} of ${steps.length}`);
    };
    label.append(`Walk between latents of ${strip.dataset.experiment}`, slider);
    box.append(large, label);
    strip.querySelector("h4").after(box);
    slider.addEventListener("input", show);
    show();
  }

  function startContents() {
    const links = new Map();
    for (const link of document.querySelectorAll("aside nav a")) {
      links.set(document.querySelector(link.hash), link);
      link.addEventListener("click", () => { panel.open = wide.matches; });
    }
    const observer = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        if (!entry.isIntersecting) continue;
        for (const link of links.values()) link.removeAttribute("aria-current");
        links.get(entry.target).setAttribute("aria-current", "true");
      }
    }, { rootMargin: "-15% 0px -75% 0px" });
    for (const section of links.keys()) observer.observe(section);
  }

  root.classList.add("js");
  panel.open = wide.matches;
  wide.addEventListener("change", () => { panel.open = wide.matches; });
  form.addEventListener("change", applyFilters);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  startTheme();
  document.querySelectorAll(".strip.walk").forEach(startWalk);
  startContents();
  applyFilters();
  window.addEventListener("beforeprint", () => {
    for (const one of document.querySelectorAll("main details:has(table)")) one.open = true;
  });
})();
