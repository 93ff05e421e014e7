/** Plots as inline SVG: no script, no request to elsewhere. Colours differ in lightness too, and every line has a label. */
export interface Line {
  readonly label: string
  /** Class that gives the colour: `a` to `e`. */
  readonly colour: string
  /** In the units of the axes. */
  readonly points: readonly (readonly [number, number])[]
}
export interface Axis {
  readonly label: string
  readonly ticks: readonly { readonly at: number; readonly text: string }[]
  /** 0 at the low end, 1 at the high end. */
  readonly scale: (value: number) => number
}

const WIDTH = 540
const HEIGHT = 290
const MARGIN = { left: 66, right: 32, top: 14, bottom: 50 }
const INNER = { width: WIDTH - MARGIN.left - MARGIN.right, height: HEIGHT - MARGIN.top - MARGIN.bottom }

const xAt = (axis: Axis, value: number) => MARGIN.left + axis.scale(value) * INNER.width
const yAt = (axis: Axis, value: number) => MARGIN.top + (1 - axis.scale(value)) * INNER.height
const fixed = (value: number) => value.toFixed(1)
export const escapeHtml = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/** From zero to a round number above `max`, about five ticks. */
export function linearAxis(label: string, max: number, format: (value: number) => string = String): Axis {
  const step = niceStep(Math.max(max, 1e-9) / 5)
  const top = Math.max(step, Math.ceil(max / step) * step)
  const ticks = Array.from({ length: Math.round(top / step) + 1 }, (_, index) => {
    const at = index * step
    return { at, text: format(Number(at.toPrecision(6))) }
  })
  return { label, ticks, scale: (value) => Math.min(1, value / top) }
}
function niceStep(raw: number): number {
  const power = 10 ** Math.floor(Math.log10(raw))
  const digit = [1, 2, 5, 10].find((one) => one * power >= raw) ?? 10
  return digit * power
}

/** From zero to exactly `max`, for axes whose end means something, such as the length of a run. */
export function lengthAxis(label: string, max: number): Axis {
  const { ticks } = linearAxis(label, max)
  return { label, ticks: ticks.filter(({ at }) => at <= max), scale: (value) => clamp(value / max) }
}

/** Powers of ten from below `min` to above `max`, with 2 and 5 between where there is room. */
export function logAxis(label: string, min: number, max: number, format: (value: number) => string = String): Axis {
  const low = Math.floor(Math.log10(Math.max(min, 1e-3)))
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(max, 1e-3))))
  const digits = high - low <= 3 ? [1, 2, 5] : [1]
  const ticks = []
  for (let power = low; power <= high; power++)
    for (const digit of digits) {
      const at = digit * 10 ** power
      if (power < high || digit === 1) ticks.push({ at, text: format(Number(at.toPrecision(3))) })
    }
  return { label, ticks, scale: (value) => clamp((Math.log10(Math.max(value, 10 ** low)) - low) / (high - low)) }
}
const clamp = (value: number) => Math.max(0, Math.min(1, value))

/** 0, 90, 99, 99.9, 99.99 at equal distances: where the tail is what matters. */
export function ninesAxis(label: string): Axis {
  const scale = (percentile: number) => clamp(-Math.log10(1 - Math.min(percentile, 99.99) / 100) / 4)
  const ticks = [0, 50, 90, 99, 99.9, 99.99].map((at) => ({ at, text: `${at} %` }))
  return { label, ticks, scale }
}

function frame(x: Axis, y: Axis, title: string, inner: string): string {
  const bottom = MARGIN.top + INNER.height
  const rules = y.ticks
    .map(({ at, text }) => {
      const height = fixed(yAt(y, at))
      return `<line class="rule" x1="${MARGIN.left}" x2="${MARGIN.left + INNER.width}" y1="${height}" y2="${height}"/><text class="tick" text-anchor="end" x="${MARGIN.left - 8}" y="${height}" dy="0.32em">${text}</text>`
    })
    .join('')
  const marks = x.ticks
    .map(({ at, text }) => {
      const left = fixed(xAt(x, at))
      return `<line class="rule" x1="${left}" x2="${left}" y1="${bottom}" y2="${bottom + 4}"/><text class="tick" text-anchor="middle" x="${left}" y="${bottom + 18}">${text}</text>`
    })
    .join('')
  const names = `<text class="name" text-anchor="middle" x="${MARGIN.left + INNER.width / 2}" y="${HEIGHT - 8}">${escapeHtml(x.label)}</text><text class="name" text-anchor="middle" transform="translate(14 ${MARGIN.top + INNER.height / 2}) rotate(-90)">${escapeHtml(y.label)}</text>`
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeHtml(title)}">${rules}${marks}${names}${inner}</svg>`
}

const legend = (lines: readonly Line[]) =>
  `<ul class="legend">${lines.map(({ label, colour }) => `<li><span class="key ${colour}"></span>${escapeHtml(label)}</li>`).join('')}</ul>`

export function linePlot(title: string, x: Axis, y: Axis, lines: readonly Line[]): string {
  const drawn = lines
    .filter(({ points }) => points.length > 0)
    .map(({ points, colour }) => {
      const path = points.map(([px, py]) => `${fixed(xAt(x, px))},${fixed(yAt(y, py))}`).join(' ')
      return `<polyline class="line ${colour}" points="${path}"/>`
    })
  return `${frame(x, y, title, drawn.join(''))}${legend(lines)}`
}

export interface Bar {
  readonly from: number
  readonly to: number
  readonly height: number
}

/** Bars side by side in one colour; `groups` are drawn over each other, the later on top. */
export function barPlot(
  title: string,
  x: Axis,
  y: Axis,
  groups: readonly { label: string; colour: string; bars: readonly Bar[] }[],
): string {
  const drawn = groups.map(({ bars, colour }) =>
    bars
      .filter(({ height }) => height > 0)
      .map(({ from, to, height }) => {
        const left = xAt(x, from)
        const top = yAt(y, height)
        return `<rect class="bar ${colour}" x="${fixed(left)}" width="${fixed(Math.max(1, xAt(x, to) - left - 1))}" y="${fixed(top)}" height="${fixed(MARGIN.top + INNER.height - top)}"/>`
      })
      .join(''),
  )
  return `${frame(x, y, title, drawn.join(''))}${legend(groups.map(({ label, colour }) => ({ label, colour, points: [] })))}`
}
