// A little Markdown -> elements: paragraphs, lists, bold, italics, links, code. All else, markup included, stays text.
import { make } from "./dom.js";

const INLINE = new RegExp([
  /`([^`\n]+)`/,
  /\*\*([^\s*][^*\n]*)\*\*|(?<!\w)__([^\s_][^_\n]*)__(?!\w)/,
  /(?<![\w*])\*([^\s*][^*\n]*)\*(?![\w*])|(?<!\w)_([^\s_][^_\n]*)_(?!\w)/,
  /\[([^[\]\n]+)\]\(((?:[^\s()]|\([^\s()]*\))+)\)/,
  /(https?:\/\/[^\s<>]*[^\s<>.,;:!?)'"\]*_])/,
].map((pattern) => pattern.source).join("|"), "g");

const ITEM = /^(\s*)(?:[-*+•]|(\d{1,3})[.)])\s+(.*)$/;
const LINKED = new Set(["http:", "https:", "mailto:"]);

// Shows the text in the element; what is there already and stays the same is not touched.
export function render(element, text) {
  const fresh = blocks(text);
  fresh.forEach((block, n) => {
    const old = element.childNodes[n];
    if (!old) element.append(block);
    else if (!old.isEqualNode(block)) old.replaceWith(block);
  });
  while (element.childNodes.length > fresh.length) element.lastChild.remove();
}

function blocks(text) {
  const found = [];
  const lines = text.split(/\r?\n/);
  while (lines.length) {
    if (!lines[0].trim()) lines.shift();
    else if (/^\s*```/.test(lines[0])) found.push(fenced(lines));
    else if (ITEM.test(lines[0])) found.push(list(lines));
    else found.push(paragraph(lines));
  }
  return found;
}

function fenced(lines) {
  lines.shift();
  const end = lines.findIndex((line) => /^\s*```\s*$/.test(line));
  const code = lines.splice(0, end < 0 ? lines.length : end + 1);
  const block = make("pre");
  block.dir = "ltr";
  block.tabIndex = 0;
  block.append(make("code", "", (end < 0 ? code : code.slice(0, -1)).join("\n")));
  return block;
}

function paragraph(lines) {
  const taken = [lines.shift()];
  while (lines.length && lines[0].trim() && !ITEM.test(lines[0]) && !/^\s*```/.test(lines[0])) taken.push(lines.shift());
  const block = make("p");
  const heading = taken.length === 1 && taken[0].match(/^#{1,6}\s+(.*)$/);
  inline(heading ? block.appendChild(make("strong")) : block, heading ? heading[1] : taken.join("\n"));
  return block;
}

// Items of one depth; deeper ones are a list in the item before, and indented lines go on with it.
function list(lines) {
  const [, indent, number] = lines[0].match(ITEM);
  const block = make(number ? "ol" : "ul");
  if (number) block.start = Number(number);
  while (lines.length) {
    const next = lines.find((line) => line.trim());
    const item = next?.match(ITEM);
    if (item && item[1].length > indent.length + 1 && block.lastChild) {
      dropBlank(lines);
      block.lastChild.append(list(lines));
    } else if (item && item[1].length >= indent.length && Boolean(item[2]) === Boolean(number)) {
      dropBlank(lines);
      lines.shift();
      inline(block.appendChild(make("li")), item[3]);
    } else if (!item && lines[0].trim() && /^\s/.test(lines[0])) {
      inline(block.lastChild, `\n${lines.shift().trim()}`);
    } else break;
  }
  return block;
}

function dropBlank(lines) {
  while (!lines[0].trim()) lines.shift();
}

function inline(parent, text) {
  let at = 0;
  for (const match of text.matchAll(INLINE)) {
    parent.append(text.slice(at, match.index), piece(match));
    at = match.index + match[0].length;
  }
  parent.append(text.slice(at));
}

function piece([whole, code, bold, alsoBold, italic, alsoItalic, label, target, bare]) {
  if (code) return make("code", "", code);
  if (bold || alsoBold) return around("strong", bold || alsoBold);
  if (italic || alsoItalic) return around("em", italic || alsoItalic);
  const address = safe(target || bare);
  if (!address) return whole;
  const link = label ? around("a", label) : make("a", "", bare);
  link.href = address;
  link.target = "_blank";
  link.rel = "noopener noreferrer nofollow";
  return link;
}

function around(tag, text) {
  const element = make(tag);
  if (tag === "a") element.textContent = text;
  else inline(element, text);
  return element;
}

function safe(target) {
  try {
    const url = new URL(target);
    return LINKED.has(url.protocol) ? url.href : "";
  } catch {
    return "";
  }
}
