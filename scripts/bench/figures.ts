/** One measured figure over the repeats of a run. */
export interface Figure {
  readonly name: string
  readonly unit: string
  readonly values: readonly number[]
  /** What it should be, for people. */
  readonly goal?: string
}

const sorted = (values: readonly number[]) => [...values].sort((a, b) => a - b)
export const median = (values: readonly number[]): number => {
  const all = sorted(values)
  const middle = (all.length - 1) / 2
  return (all[Math.floor(middle)]! + all[Math.ceil(middle)]!) / 2
}
const shown = (value: number) => (value >= 100 ? Math.round(value).toLocaleString('en') : Number(value.toPrecision(3)).toString())

/** Median and spread of each figure, as a table of Markdown. */
export function figureTable(figures: readonly Figure[]): string {
  const rows = figures.map(({ name, unit, values, goal }) => {
    const all = sorted(values)
    return `| ${name} | ${shown(median(values))} ${unit} | ${shown(all[0]!)} – ${shown(all.at(-1)!)} | ${goal ?? ''} |`
  })
  return ['| Figure | Median | Spread | Goal |', '|---|---|---|---|', ...rows].join('\n')
}

/** The same in another order each time, so that a drift of the machine does not favour one. */
export function shuffled<T>(items: readonly T[]): T[] {
  const left = [...items]
  const out: T[] = []
  while (left.length > 0) out.push(left.splice(Math.floor(Math.random() * left.length), 1)[0]!)
  return out
}
