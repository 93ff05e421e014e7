import { type Comparison, type GroupMove, type Move, parties } from './backtest-compare.ts'

/** Decimal đồng. A sum may be larger than a claim ever is. */
export interface Moved {
  readonly fund: string
  readonly patient: string
  readonly otherSources: string
  readonly hospital: string
  readonly moved: string
}
export interface Row extends Moved {
  readonly key: string
  readonly claims: number
  readonly lines: number
}
export interface ChangedClaim extends Moved {
  readonly claimId: string
  readonly version: number
  readonly facilityCode: string
  readonly level: string
  readonly province: string
  readonly cardGroup: string
  readonly outcome: Comparison['outcome']
  readonly lines: number
  readonly rules: readonly string[]
}
export interface Place {
  readonly claimId: string
  readonly version: number
  readonly facilityCode: string
  readonly level: string
  readonly province: string
  readonly cardGroup: string
}
export interface TallyReport {
  readonly total: Omit<Row, 'key'>
  readonly byRule: readonly Row[]
  readonly byLevel: readonly Row[]
  readonly byProvince: readonly Row[]
  readonly byCardGroup: readonly Row[]
  readonly outcomes: readonly { readonly before: string; readonly after: string; readonly claims: number }[]
  /** Those with most đồng moved, most first. */
  readonly top: readonly ChangedClaim[]
}

/** Claims named in the report itself. */
export const topMax = 100

/** Sums of what changed, by several keys; holds nothing per claim but the top. */
export function createTally() {
  const total = createSums()
  const by = { rule: createBuckets(), level: createBuckets(), province: createBuckets(), cardGroup: createBuckets() }
  const outcomes = new Map<string, number>()
  const top: { claim: ChangedClaim; moved: number }[] = []

  function add(place: Place, comparison: Comparison): ChangedClaim {
    const whole: GroupMove = { fund: 0, patient: 0, otherSources: 0, hospital: 0, lines: 0, moved: 0 }
    for (const [key, group] of comparison.groups) {
      by.rule.add(key, group)
      for (const name of [...parties, 'lines', 'moved'] as const) whole[name] += group[name]
    }
    total.add(whole)
    by.level.add(place.level, whole)
    by.province.add(place.province, whole)
    by.cardGroup.add(place.cardGroup, whole)
    const outcome = `${comparison.outcome.before} ${comparison.outcome.after}`
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
    const claim = {
      ...place,
      outcome: comparison.outcome,
      lines: whole.lines,
      rules: [...comparison.groups.keys()].sort(),
      ...movedOf(whole),
    }
    rank(top, { claim, moved: whole.moved })
    return claim
  }

  const report = (): TallyReport => ({
    total: total.row(),
    byRule: by.rule.rows(),
    byLevel: by.level.rows(),
    byProvince: by.province.rows(),
    byCardGroup: by.cardGroup.rows(),
    outcomes: [...outcomes].map(([pair, claims]) => {
      const [before = '', after = ''] = pair.split(' ')
      return { before, after, claims }
    }),
    top: top.map(({ claim }) => claim),
  })
  return { add, report }
}

function rank(top: { claim: ChangedClaim; moved: number }[], one: (typeof top)[number]): void {
  const comesBefore = (other: (typeof top)[number]) =>
    one.moved > other.moved || (one.moved === other.moved && one.claim.claimId < other.claim.claimId)
  if (top.length === topMax && !comesBefore(top.at(-1)!)) return
  const at = top.findIndex(comesBefore)
  top.splice(at === -1 ? top.length : at, 0, one)
  if (top.length > topMax) top.pop()
}

function createBuckets() {
  const buckets = new Map<string, ReturnType<typeof createSums>>()
  return {
    add(key: string, group: GroupMove) {
      const sums = buckets.get(key) ?? createSums()
      buckets.set(key, sums)
      sums.add(group)
    },
    /** Most moved first. */
    rows: (): Row[] =>
      [...buckets]
        .sort(([a, x], [b, y]) => Number(y.moved() - x.moved()) || (a < b ? -1 : 1))
        .map(([key, sums]) => ({ key, ...sums.row() })),
  }
}

/** A nation's year is beyond 2^53 hundredths of a đồng. */
function createSums() {
  const sums = { fund: 0n, patient: 0n, otherSources: 0n, hospital: 0n, moved: 0n }
  let [claims, lines] = [0, 0]
  return {
    add(group: GroupMove) {
      claims++
      lines += group.lines
      for (const name of [...parties, 'moved'] as const) sums[name] += BigInt(group[name])
    },
    moved: () => sums.moved,
    row: () => ({ claims, lines, ...movedOf(sums) }),
  }
}

function movedOf(sums: Readonly<Record<keyof Move | 'moved', number | bigint>>): Moved {
  const text = (name: keyof Move | 'moved') => decimal(BigInt(sums[name]))
  return {
    fund: text('fund'),
    patient: text('patient'),
    otherSources: text('otherSources'),
    hospital: text('hospital'),
    moved: text('moved'),
  }
}

function decimal(hundredths: bigint): string {
  const digits = String(hundredths < 0n ? -hundredths : hundredths).padStart(3, '0')
  return `${hundredths < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`
}
