/** One row of amounts, with texts beneath it. */
export interface PaperRow {
  readonly label: string
  readonly cells: readonly string[]
  /** In the place of cells. */
  readonly beside?: string
  readonly under?: readonly string[]
}

const INDENT = 4
const LABEL_MAX = 24

/** Text of a width: boxes, headings, wrapped items and tables of amounts. Widths are in characters of a fixed font. */
export function createPaper(width: number) {
  const lines: string[] = []
  const line = (text: string) => void lines.push(text.trimEnd())

  function box(texts: readonly string[]): void {
    const inner = texts.flatMap((text) => wrapped(text, width - 4))
    line(`┌${'─'.repeat(width - 2)}┐`)
    for (const text of inner) line(`│ ${text.padEnd(width - 4)} │`)
    line(`└${'─'.repeat(width - 2)}┘`)
  }
  function heading(text: string): void {
    const texts = wrapped(text, width)
    line('')
    for (const one of texts) line(one)
    line('─'.repeat(Math.max(...texts.map(({ length }) => length))))
  }
  /** A mark, then text that is wrapped beside it. */
  function item(mark: string, text: string, indent = '  '): void {
    const lead = `${indent}${mark} `
    const [first = '', ...rest] = wrapped(text, width - lead.length)
    line(lead + first)
    for (const one of rest) line(' '.repeat(lead.length) + one)
  }
  /** @param kept positions of the columns in the order in which they are kept while there is room */
  function table(columns: readonly string[], rows: readonly PaperRow[], kept: readonly number[]): void {
    const [first = '', ...heads] = columns
    const labelWidth = Math.min(LABEL_MAX, Math.max(first.length, ...rows.map(({ label }) => label.length)))
    const widths = heads.map((head, at) => Math.max(head.length, ...rows.map(({ cells }) => (cells[at] ?? '').length)))
    const shown = fitting(widths, kept, width - labelWidth)
    const put = (label: string, cells: readonly string[]) =>
      line(label.padEnd(labelWidth) + shown.map((at) => `  ${(cells[at] ?? '').padStart(widths[at]!)}`).join(''))
    put(first, heads)
    for (const { label, cells, beside, under = [] } of rows) {
      if (beside === undefined) put(label, cells)
      else item(label.trimStart(), beside, '')
      for (const text of under) for (const one of wrapped(text, width - INDENT)) line(' '.repeat(INDENT) + one)
    }
  }
  /** Keeps its indent where it is wrapped. */
  function plain(text: string): void {
    const indent = ' '.repeat(text.length - text.trimStart().length)
    for (const one of wrapped(text.trimStart(), width - indent.length)) line(indent + one)
  }
  return { line: plain, box, heading, item, table, text: () => lines.join('\n') }
}
export type Paper = ReturnType<typeof createPaper>

/** The columns for which there is room, in their own order. */
function fitting(widths: readonly number[], kept: readonly number[], room: number): readonly number[] {
  const shown: number[] = []
  let left = room
  for (const at of kept) {
    left -= widths[at]! + 2
    if (left < 0) break
    shown.push(at)
  }
  return shown.sort((a, b) => a - b)
}

/** Broken at blanks; a word that is longer than the width stands alone. */
function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = []
  let current = ''
  for (const word of text.split(' ')) {
    if (current !== '' && current.length + 1 + word.length > width) {
      lines.push(current)
      current = word
    } else current = current === '' ? word : `${current} ${word}`
  }
  return [...lines, current]
}
