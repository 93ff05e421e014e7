import { html } from 'hono/html'
import type { DecisionExplained } from '../src/domain/explanation.ts'
import type { Html, Speaker } from './explanation-words.ts'

const WIDTH = 760
const LABEL = 190
const VALUE = 130
const ROW = 24
const BAR = 15
/** Bars that could not be told apart any more are put together. */
const RULES_SHOWN_MAX = 14

interface Bar {
  readonly label: string
  readonly value: string
  readonly from: number
  readonly to: number
  readonly kind: 'total' | 'less' | 'more'
}

/** What the fund pays, from claimed to decided, a bar a rule. Told apart by hatching as well as by shade: it is printed in black. */
export function waterfall({ claimed, decided, rules }: DecisionExplained, { only, money, change }: Speaker): Html {
  const moving = rules.filter(({ change: { T_BHTT } }) => Number(T_BHTT) !== 0)
  const shown = moving.slice(0, RULES_SHOWN_MAX)
  let at = Number(claimed.T_BHTT)
  const steps = shown.map(({ rule, change: { T_BHTT } }): Bar => {
    const from = at
    at += Number(T_BHTT)
    return { label: rule, value: change(T_BHTT), from, to: at, kind: Number(T_BHTT) < 0 ? 'less' : 'more' }
  })
  const rest = Number(decided.T_BHTT) - at
  const more: readonly Bar[] =
    moving.length === shown.length
      ? []
      : [
          {
            label: only(`${moving.length - shown.length} quy tắc khác`, `${moving.length - shown.length} other rules`),
            value: change(rest.toFixed(2)),
            from: at,
            to: at + rest,
            kind: rest < 0 ? 'less' : 'more',
          },
        ]
  const bars: readonly Bar[] = [
    { label: only('Đề nghị', 'Claimed'), value: money(claimed.T_BHTT), from: 0, to: Number(claimed.T_BHTT), kind: 'total' },
    ...steps,
    ...more,
    {
      label: only('Được quyết định', 'Decided'),
      value: money(decided.T_BHTT),
      from: 0,
      to: Number(decided.T_BHTT),
      kind: 'total',
    },
  ]
  const most = Math.max(1, ...bars.flatMap(({ from, to }) => [from, to]))
  const height = bars.length * ROW + 8
  const title = only('Quỹ trả, từ đề nghị đến quyết định', 'What the fund pays, from claimed to decided')
  return html`<svg class="waterfall" role="img" aria-label="${title}" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}">
    <title>${title}</title>
    <defs>
      <pattern id="less" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <rect width="6" height="6" fill="#fff"/><rect width="2.5" height="6" fill="#9b2c1f"/>
      </pattern>
      <pattern id="more" width="6" height="6" patternUnits="userSpaceOnUse">
        <rect width="6" height="6" fill="#fff"/><circle cx="3" cy="3" r="1.6" fill="#1c6b3a"/>
      </pattern>
    </defs>
    ${bars.map((bar, index) => drawn(bar, index * ROW + 4, most))}
  </svg>`
}

function drawn({ label, value, from, to, kind }: Bar, top: number, most: number): Html {
  const room = WIDTH - LABEL - VALUE
  const scale = (amount: number) => LABEL + (Math.max(0, amount) / most) * room
  const [left, right] = [scale(Math.min(from, to)), scale(Math.max(from, to))]
  const width = Math.max(1.5, right - left).toFixed(1)
  const fill = kind === 'total' ? '#103a5d' : `url(#${kind})`
  return html`<g>
      <text x="${LABEL - 8}" y="${top + BAR - 2}" text-anchor="end">${label}</text>
      <rect x="${left.toFixed(1)}" y="${top}" width="${width}" height="${BAR}" fill="${fill}" stroke="#1b2733" stroke-width="0.7"/>
      <text x="${(right + 8).toFixed(1)}" y="${top + BAR - 2}">${value}</text>
    </g>`
}
