// Looked up by access.py; each answers with sentences, one for each finding.
({
  structure() {
    const found = [];
    const all = (selector) => [...document.querySelectorAll(selector)];
    const seen = (element) => element.checkVisibility({ visibilityProperty: true });
    for (const [tag, role] of [["main", "main"], ["body > header", "banner"], ["body > footer", "contentinfo"]]) {
      if (all(tag).length !== 1) found.push(`there is not exactly one landmark ${role}`);
    }
    if (!document.documentElement.lang) found.push("the language is not named");
    if (!document.title.trim()) found.push("there is no title");
    if (all("h1").length !== 1) found.push("there is not exactly one h1");
    let level = 0;
    for (const heading of all("h1, h2, h3, h4, h5, h6").filter(seen)) {
      const now = Number(heading.tagName[1]);
      if (now > level + 1) found.push(`heading "${heading.textContent}" jumps from h${level} to h${now}`);
      if (!heading.textContent.trim()) found.push(`a heading h${now} is empty`);
      level = now;
    }
    const ids = all("[id]").map((element) => element.id);
    for (const id of new Set(ids.filter((id, place) => ids.indexOf(id) !== place))) found.push(`two elements have the id ${id}`);
    for (const element of all("[aria-labelledby]")) {
      if (!document.getElementById(element.getAttribute("aria-labelledby"))?.textContent.trim()) {
        found.push(`the label of ${element.tagName} ${element.id} is missing or empty`);
      }
    }
    for (const section of all("section")) {
      if (!section.getAttribute("aria-labelledby")) found.push(`a section has no name: ${section.id}`);
    }
    for (const image of all("svg, img, [role=img]").filter(seen)) {
      if (!image.getAttribute("aria-label") && image.getAttribute("aria-hidden") !== "true") found.push("an image has no name");
    }
    for (const target of all("a, button, [tabindex='0']").filter(seen)) {
      const name = target.getAttribute("aria-label") ?? (target.getAttribute("aria-labelledby") ? "x" : target.textContent);
      if (!name.trim()) found.push(`a target has no name: ${target.outerHTML.slice(0, 80)}`);
    }
    for (const list of all("ul, ol")) {
      if ([...list.children].some((child) => child.tagName !== "LI")) found.push(`list ${list.id} has children that are no items`);
    }
    for (const entry of all("dt, dd")) {
      if (!entry.closest("dl")) found.push("a term stands outside of a list of terms");
    }
    if (all("[role=alert]").length !== 1) found.push("there is not exactly one alert region");
    if (!all("[role=status], [aria-live=polite]").length) found.push("there is no polite live region");
    for (const element of all("*")) {
      if ([...element.attributes].some((one) => one.name.startsWith("on"))) found.push(`an inline handler: ${element.outerHTML.slice(0, 80)}`);
    }
    return found;
  },

  contrast(least) {
    const found = [];
    const channels = (colour) => {
      const numbers = colour.match(/[\d.]+/g).map(Number);
      return numbers.length === 3 ? [...numbers, 1] : numbers;
    };
    const over = ([r, g, b, a], [R, G, B]) => [r * a + R * (1 - a), g * a + G * (1 - a), b * a + B * (1 - a), 1];
    const ground = (element) => {
      if (!element) return [255, 255, 255, 1];
      const own = channels(getComputedStyle(element).backgroundColor);
      return own[3] === 1 ? own : over(own, ground(element.parentElement));
    };
    const light = (colour) => {
      const [r, g, b] = colour.slice(0, 3).map((value) => {
        const part = value / 255;
        return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    let judged = 0;
    while (walker.nextNode()) {
      const element = walker.currentNode.parentElement;
      if (!walker.currentNode.textContent.trim() || element.closest("script, style, template, .unseen, .skip")) continue;
      if (!element.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
      const below = ground(element);
      const text = over(channels(getComputedStyle(element).color), below);
      const [high, low] = [light(text), light(below)].sort((one, other) => other - one);
      const ratio = (high + 0.05) / (low + 0.05);
      judged += 1;
      if (ratio < least) found.push(`"${walker.currentNode.textContent.trim().slice(0, 40)}" has a contrast of ${ratio.toFixed(2)}`);
    }
    return { found, judged };
  },

  reflow() {
    const width = document.documentElement.clientWidth;
    const wide = [...document.querySelectorAll("body *")].filter((element) =>
      !element.closest(".unseen, .skip, svg") && element.getBoundingClientRect().right > width + 0.5);
    const scrolls = document.documentElement.scrollWidth > width ? ["the page scrolls sideways"] : [];
    return [...scrolls, ...wide.slice(0, 5).map((element) => `wider than the screen: ${element.outerHTML.slice(0, 100)}`)];
  },

  focus() {
    const style = getComputedStyle(document.activeElement);
    const name = document.activeElement.outerHTML.slice(0, 80);
    return { name, visible: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 };
  },
})
