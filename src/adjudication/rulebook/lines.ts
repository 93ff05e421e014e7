import { isCollection, isNode, isPair, LineCounter, parseDocument } from 'yaml'

type Texts = ReadonlyMap<string, string>

/**
 * The faults of a load with the line of each, `file:line: what`, so that an editor can go there. A fault about what is nowhere written
 * (a missing parameter) keeps its words.
 * @param texts the rulebook's files by name
 */
export function withLines(faults: readonly string[], texts: Texts): readonly string[] {
  return faults.map((fault) => located(fault, texts) ?? fault)
}

const placed = /^([\w/-]+\.yaml)((?:\[\d+\]|\.[^.[\]:\s]+)*): ([\s\S]*)$/

function located(fault: string, texts: Texts): string | undefined {
  const [, file, path, what] = placed.exec(fault) ?? []
  if (file === undefined || path === undefined || what === undefined) return ofRule(fault, texts)
  const text = texts.get(file)
  if (text === undefined) return undefined
  return `${file}:${lineOf(text, stepsOf(path), what)}${path === '' ? '' : ` ${path.replace(/^\./, '')}`}: ${what}`
}

const stepsOf = (path: string): readonly (string | number)[] =>
  [...path.matchAll(/\[(\d+)\]|\.([^.[\]]+)/g)].map(([, index, key]) => (index === undefined ? key! : Number(index)))

function lineOf(text: string, steps: readonly (string | number)[], what: string): number {
  const counter = new LineCounter()
  const document = parseDocument(text, { lineCounter: counter })
  const startOf = (path: readonly (string | number)[]): number | undefined => {
    const offset = offsetOf(document.getIn(path, true), document.getIn(path.slice(0, -1), true), path.at(-1))
    return offset === undefined ? undefined : counter.linePos(offset).line
  }
  // The key that the fault names, else the deepest place on the way that is there.
  const [key = ''] = what.split(':')
  for (const path of [[...steps, key], ...steps.map((_, index) => steps.slice(0, steps.length - index))]) {
    const line = startOf(path)
    if (line !== undefined) return dated(text, what, line) ?? line
  }
  return dated(text, what, 1) ?? 1
}

function offsetOf(node: unknown, parent: unknown, key: string | number | undefined): number | undefined {
  const pair = isCollection(parent) ? parent.items.find((item) => isPair(item) && String(item.key) === key) : undefined
  if (isPair(pair) && isNode(pair.key)) return pair.key.range?.[0]
  return isNode(node) ? node.range?.[0] : undefined
}

/** A gap or an overlap stands where the later of its two slices begins; one row is one line. */
function dated(text: string, what: string, from: number): number | undefined {
  const [, name, day] = /^(.+): (?:overlap at|gap from \S+ to) (\d{4}-\d\d-\d\d)$/.exec(what) ?? []
  if (name === undefined || day === undefined) return undefined
  const starts = text
    .split('\n')
    .map((line, index) => ({ line, number: index + 1 }))
    .filter(({ line, number }) => number >= from && new RegExp(`\\bfrom: "?${day}`).test(line))
  return (starts.find(({ line }) => line.includes(name)) ?? starts[0])?.number
}

/** `rules: CAT-01 …` stands at that rule's card. */
function ofRule(fault: string, texts: Texts): string | undefined {
  const [, id] = /^rules: ([A-Z]+-\d+)\b/.exec(fault) ?? []
  if (id === undefined) return undefined
  for (const [file, text] of texts) {
    const line = text.split('\n').findIndex((one) => new RegExp(`\\bid: "?${id}\\b`).test(one))
    if (file.startsWith('catalogues/') && line !== -1) return `${file}:${line + 1}: ${fault.replace(/^rules: /, '')}`
  }
  return undefined
}
