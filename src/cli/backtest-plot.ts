/** Bars to the left and right of nothing, as inline SVG: no script, no request to elsewhere. */
export interface BarRow {
  /** Escaped already. */
  readonly label: string
  /** One per party. */
  readonly values: readonly number[]
}

const WIDTH = 1000
const LABEL_WIDTH = 260
const BAR = 13
const GAP = 14
const TOP = 24
/** Rows in a plot; the table beside it has all. */
const ROWS_MAX = 12

const dong = (value: number): string => String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, '\u202f')

/** For each row a bar per party, on one scale; đồng. */
export function barsByRow(title: string, rows: readonly BarRow[], parties: readonly string[]): string {
  const shown = rows.slice(0, ROWS_MAX)
  const largest = Math.max(...shown.flatMap(({ values }) => values.map(Math.abs)), 1)
  const middle = LABEL_WIDTH + (WIDTH - LABEL_WIDTH) / 2
  const half = (WIDTH - LABEL_WIDTH) / 2 - 100
  const rowHeight = parties.length * BAR + GAP
  const height = TOP + shown.length * rowHeight + 4
  const drawn = shown.map(({ label, values }, index) => {
    const y = TOP + index * rowHeight
    const bars = values.map((value, party) => {
      const width = (Math.abs(value) / largest) * half
      if (width === 0) return ''
      const x = value < 0 ? middle - width : middle
      const [at, anchor] = value < 0 ? [x - 5, 'end'] : [x + width + 5, 'start']
      const top = y + party * BAR
      return `<rect class="p${party}" x="${x.toFixed(1)}" y="${top}" width="${Math.max(1, width).toFixed(1)}" height="${BAR - 1}"/><text class="tick" text-anchor="${anchor}" x="${at.toFixed(1)}" y="${top + BAR - 3}" style="font-size:11px">${dong(value)}</text>`
    })
    return `<text class="name" text-anchor="end" x="${LABEL_WIDTH - 8}" y="${y + (parties.length * BAR) / 2}" dy="0.32em">${label}</text>${bars.join('')}`
  })
  const legend = parties.map((party, index) => `<li><span class="key p${index}"></span>${party}</li>`).join('')
  return `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${title}"><text class="tick" text-anchor="middle" x="${middle}" y="14">0 đồng</text><line class="zero" x1="${middle}" x2="${middle}" y1="${TOP - 4}" y2="${height}"/>${drawn.join('')}</svg><ul class="legend">${legend}</ul>`
}
