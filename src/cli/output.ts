/** What a command prints: tables for people, JSON for programs (`--json`), messages on stderr. */
export class Failed extends Error {
  override readonly name = 'Failed'
}
/** The command was asked wrongly: exit 2. */
export class AskedWrongly extends Error {
  override readonly name = 'AskedWrongly'
}

export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`)
}

export function printLine(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** Progress and remarks: stderr, so that data on stdout can be piped. */
export function remark(line: string): void {
  process.stderr.write(`${line}\n`)
}

/** A plain table, columns as wide as their widest cell; numbers to the right. */
export function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = columns.map((column, index) => Math.max(column.length, ...rows.map((row) => (row[index] ?? '').length)))
  const isNumber = columns.map((_, index) => rows.length > 0 && rows.every((row) => /^-?[\d.]*$/.test(row[index] ?? '')))
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, index) => (isNumber[index] ? cell.padStart(widths[index]!) : cell.padEnd(widths[index]!)))
      .join('  ')
      .trimEnd()
  return [line(columns), line(widths.map((width) => '─'.repeat(width))), ...rows.map(line)].join('\n')
}
