// SPDX-License-Identifier: GPL-2.0-or-later
// Shows the data of the page: rows a hundred at a time, and the evidence of a cell when it is asked for.
//
// Text from tools and disks becomes text nodes and attributes, never markup. An address that ends in
// #SCENARIO::VARIANT::TOOL shows that cell's evidence, so a cell can be sent to somebody.
"use strict";

const all = await unpacked(document.getElementById("matrix-data").textContent);
const PAGE = 100;
const id = (name) => document.getElementById(name);
const text = (number) => all.strings[number];
const folderOf = (fault) => fault.scenario.includes("/") ? fault.scenario.slice(0, fault.scenario.lastIndexOf("/")) : "";

function unpacked(base64) {
  const packed = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  return new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).json();
}

const byFault = all.faults.map(() => new Map());
for (const [fault, tool, cell] of all.cells) byFault[fault].set(tool, cell);

function element(kind, attributes, ...children) {
  const made = document.createElement(kind);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children.flat());
  return made;
}

function marked(cell) {
  return (cell.findings || []).some((finding) => all.remarkable.includes(finding));
}

function signs(cell) {
  return all.says[cell.says][0] + (all.dataSigns[cell.data] || "") + (marked(cell) ? all.mark : "");
}

function inWords(cell) {
  const files = cell.data ? `; files ${cell.data}` : "";
  const findings = cell.findings ? `; ${cell.findings.join(", ")}` : "";
  return `${cell.says}: ${text(cell.reason)}${files}${findings}`;
}

// --- choosing rows -------------------------------------------------------------------------------------------------

const searched = all.faults.map((fault, index) => [fault.name, fault.title, fault.base, fault.error || "", ...(fault.tags || []),
  ...(fault.changes || []).map((change) => change.path),
  ...[...byFault[index].values()].map((cell) => text(cell.reason))].join("\n").toLowerCase());

let rows = [];
let tools = [];
let shown = 0;

function fits(cell, wanted) {
  return (!wanted.says || cell.says === wanted.says) && (!wanted.data || (cell.data || "none") === wanted.data)
    && (!wanted.finding || (cell.findings || []).includes(wanted.finding)
        || (wanted.finding === "unexpected" && cell.unexpected) || (wanted.finding === "any remarkable" && marked(cell)));
}

function choose() {
  const wanted = { says: id("says").value, data: id("data-word").value, finding: id("finding").value };
  const tool = id("tool").value === "" ? null : Number(id("tool").value);
  const pieces = id("text").value.toLowerCase().split(/\s+/).filter(Boolean);
  const folder = id("folder").value;
  const narrow = wanted.says || wanted.data || wanted.finding || tool !== null;
  rows = all.faults.map((_, index) => index).filter((index) => {
    if (folder && folderOf(all.faults[index]) !== folder && !folderOf(all.faults[index]).startsWith(folder + "/")) return false;
    if (!pieces.every((piece) => searched[index].includes(piece))) return false;
    if (!narrow) return true;
    const cells = tool === null ? [...byFault[index].values()] : [byFault[index].get(tool)].filter(Boolean);
    return cells.some((cell) => fits(cell, wanted));
  });
  const met = new Set(rows.flatMap((index) => [...byFault[index].keys()]));
  tools = tool === null ? all.tools.map((_, index) => index).filter((index) => met.has(index)) : [tool];
  id("count").textContent = `${rows.length} of ${all.faults.length} faults`;
  shown = 0;
  document.querySelector("#table thead").replaceChildren(headRow());
  document.querySelector("#table tbody").replaceChildren();
  addRows();
}

// --- the table -----------------------------------------------------------------------------------------------------

function headRow() {
  const names = tools.map((index) => element("th", { scope: "col", title: all.tools[index].version },
    element("span", {}, all.tools[index].name)));
  return element("tr", {}, element("th", { scope: "col" }, "fault"), names);
}

function row(index) {
  const fault = all.faults[index];
  const cells = tools.map((tool) => {
    const cell = byFault[index].get(tool);
    if (!cell) return element("td", {});
    const button = element("button", { class: marked(cell) ? "marked" : "", title: inWords(cell),
      "aria-label": `${fault.name}, ${all.tools[tool].name}: ${inWords(cell)}`, "data-fault": index, "data-tool": tool }, signs(cell));
    return element("td", { class: all.says[cell.says][1] }, button);
  });
  const what = fault.error ? `${fault.title}: ${fault.error}` : fault.title;
  return element("tr", {}, element("th", { scope: "row", title: what }, fault.name, fault.error ? " (no disk)" : ""), cells);
}

function addRows() {
  const more = rows.slice(shown, shown + PAGE);
  document.querySelector("#table tbody").append(...more.map(row));
  shown += more.length;
  id("more").hidden = shown >= rows.length;
  id("more").textContent = `More rows (${rows.length - shown})`;
}

// --- the evidence --------------------------------------------------------------------------------------------------

function grid(head, lines, kind) {
  const top = head.length ? [element("tr", {}, head.map((name) => element("th", {}, name)))] : [];
  return element("div", { class: "wide" }, element("table", { class: kind || "" }, top,
    lines.map((line) => element("tr", {}, line.map((part) => element("td", {}, part))))));
}

const pairs = (digits) => digits.match(/../g) || [];

function bytes(row, side, kind) {
  const other = pairs(row[3 - side]);
  return element("span", { class: kind }, pairs(row[side]).map((pair, place) =>
    [pair === other[place] ? pair : element("b", {}, pair), " "]).flat());
}

function fieldsAt(fault, row) {
  const end = row[0] + pairs(row[1]).length;
  return (fault.changes || []).filter((change) => change.at !== null && change.at < end && change.at + change.length > row[0])
    .sort((one, other) => (one.length > 64) - (other.length > 64) || one.at - other.at).map((change) => change.path).slice(0, 6).join(", ");
}

function broken(fault) {
  const place = fault.volume ? `, ${fault.volume.filesystem} at ${fault.volume.offset}` : "";
  const parts = [element("h3", {}, "What was broken"), element("p", {}, fault.title),
    element("p", { class: "soft" }, `${fault.base}${place}; ${fault.bytes} bytes written`)];
  if (fault.why) parts.push(element("p", { class: "soft" }, fault.why));
  if (fault.changes) parts.push(grid(["field", "before", "after"], fault.changes.map((change) => [change.path, change.before, change.after])));
  if (fault.changes_left) parts.push(element("p", { class: "soft" }, `${fault.changes_left} more fields, in the plan`));
  if (fault.rows.length) {
    parts.push(element("h3", {}, "Bytes: before, after, fields"));
    parts.push(grid([], fault.rows.flatMap((row) => [["0x" + row[0].toString(16), bytes(row, 1, "before"), fieldsAt(fault, row)],
      ["", bytes(row, 2, "after"), ""]]), "hex"));
  }
  if (fault.more || fault.patches_left) parts.push(element("p", { class: "soft" }, "Only the first bytes are shown here."));
  return parts;
}

function printed(cell) {
  const parts = [element("h3", {}, "What the tool printed")];
  for (const [argv, end, output, cut, seconds] of cell.runs) {
    parts.push(element("pre", {}, `$ ${text(argv)}\n${text(output)}${cut ? `\n[${cut} more characters: see matrix.json]` : ""}`));
    parts.push(element("p", { class: "soft" }, `${text(end)}, ${seconds.toFixed(2)} s`));
  }
  return cell.runs.length ? parts : [];
}

const WROTE = new Map([[true, "It wrote to the disk."], [false, "It wrote nothing."], [undefined, "Whether it wrote is not known."]]);
const DAMAGE = { there: "still there", partly: "partly there", gone: "gone" };

function changed(cell) {
  const parts = [element("h3", {}, "What it changed"), element("p", {}, WROTE.get(cell.wrote),
    cell.damage ? ` The damage is ${DAMAGE[cell.damage]}.` : "")];
  if (cell.rewrote) parts.push(grid(["field", "before", "after", ""], cell.rewrote.map((row) => row.map(text))));
  if (cell.again) parts.push(element("p", {}, `The checker says afterwards: ${cell.again}${cell.again_reason ? `: ${cell.again_reason}` : ""}`));
  if (cell.twice === true) parts.push(element("p", {}, "The same once more changed something again."));
  if (cell.twice === false) parts.push(element("p", {}, "The same once more changed nothing."));
  return parts;
}

function files(cell) {
  if (!cell.data && !cell.before) return [];
  const counts = Object.entries(cell.counts || {}).map(([word, count]) => `${count} ${word}`).join(", ");
  const parts = [element("h3", {}, "What became of the files"),
    element("p", {}, `${cell.data || "not looked for"}${cell.before ? `; before it: ${cell.before}` : ""}${counts ? `; ${counts}` : ""}`)];
  if (cell.files) parts.push(grid([], text(cell.files).split("\n").map((line) => line.split("\t"))));
  if (cell.worse) parts.push(element("p", {}, `Readable before it wrote, and not afterwards: ${text(cell.worse).replaceAll("\n", ", ")}`));
  return parts;
}

function evidence(index, number) {
  const fault = all.faults[index], tool = all.tools[number], cell = byFault[index].get(number);
  const close = element("button", { id: "close", "aria-label": "Close" }, "✕");
  close.addEventListener("click", () => id("evidence").close());
  const tags = [...(cell.findings || []).map((finding) => element("span",
    { class: all.remarkable.includes(finding) ? "tag remarkable" : "tag" }, finding))];
  id("evidence").replaceChildren(close, element("h2", {}, `${fault.name} · ${tool.name}`),
    element("p", { class: "soft" }, tool.command || tool.version),
    element("p", {}, element("span", { class: `tag ${all.says[cell.says][1]}` }, `${signs(cell)} ${cell.says}`), text(cell.reason)),
    element("p", {}, tags), ...(cell.unexpected || []).map((what) => element("p", { class: "tag remarkable" }, `not as it should be: ${what}`)),
    ...(cell.healthy ? [element("p", {}, `It is not content with the healthy disk either (${cell.healthy}), so this proves nothing.`)] : []),
    ...broken(fault), ...printed(cell), ...changed(cell), ...files(cell));
  if (!id("evidence").open) id("evidence").showModal();
  id("evidence").scrollTop = 0;
}

function byAddress() {
  const asked = decodeURIComponent(location.hash.slice(1));
  const tool = all.tools.findIndex((each) => asked.endsWith(`::${each.name}`));
  if (tool < 0) return;
  const fault = all.faults.findIndex((each) => each.name === asked.slice(0, -all.tools[tool].name.length - 2));
  if (fault >= 0 && byFault[fault].has(tool)) evidence(fault, tool);
}

// --- what there is to choose from ----------------------------------------------------------------------------------

function fill(name, title, values, labels) {
  id(name).replaceChildren(element("option", { value: "" }, title),
    ...values.map((value, place) => element("option", { value }, labels ? labels[place] : value)));
}

function start() {
  const cells = all.cells.map(([, , cell]) => cell);
  const used = (values) => [...new Set(values)].sort();
  const folders = used(all.faults.flatMap((fault) => {
    const steps = folderOf(fault).split("/");
    return steps.map((_, place) => steps.slice(0, place + 1).join("/"));
  }).filter(Boolean));
  fill("folder", "Folder", folders);
  fill("tool", "Tool", all.tools.map((_, index) => index), all.tools.map((tool) => tool.name));
  fill("says", "Verdict", used(cells.map((cell) => cell.says)));
  fill("data-word", "Files", used(cells.map((cell) => cell.data || "none")));
  fill("finding", "Finding", [...used(cells.flatMap((cell) => cell.findings || [])), "any remarkable", "unexpected"]);
  id("about").textContent = `${all.cells.length} answers, ${all.began}${all.complete ? "" : "; NOT COMPLETE, the run was interrupted"}`
    + `; ${all.trouble.length} not as they should be; outputs are cut after ${all.cut} characters`;
  const facts = [...all.tools.map((tool) => `${tool.name}: ${tool.command || tool.version}`),
    ...Object.entries(all.missing).map(([tool, why]) => `not asked: ${tool}: ${why}`),
    ...Object.entries(all.left_out).map(([fault, why]) => `left out: ${fault}: ${why}`),
    ...Object.entries(all.machine).map(([what, value]) => `${what}: ${value}`),
    ...Object.entries(all.bases).map(([base, facts]) => `${base}: sha256 ${facts.sha256}`)];
  id("run").replaceChildren(element("pre", {}, facts.join("\n")), ...all.trouble.slice(0, 50).map((what) => element("p", {}, what)));
  id("filters").addEventListener("input", choose);
  id("filters").addEventListener("submit", (event) => event.preventDefault());
  id("filters").addEventListener("reset", () => setTimeout(choose));
  id("more").addEventListener("click", addRows);
  document.querySelector("#table tbody").addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) location.hash = encodeURIComponent(`${all.faults[button.dataset.fault].name}::${all.tools[button.dataset.tool].name}`);
  });
  id("evidence").addEventListener("close", () => history.replaceState(null, "", location.pathname + location.search));
  new IntersectionObserver((seen) => seen.some((each) => each.isIntersecting) && !id("more").hidden && addRows(),
    { root: null, rootMargin: "300px" }).observe(id("more"));
  window.addEventListener("hashchange", byAddress);
  choose();
  byAddress();
}

start();
