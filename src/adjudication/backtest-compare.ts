import { type Money, parseMoney } from '../domain/money.ts'

/** What each of the four bears more (or, negative, less), 1/100 đồng; of one claim or part of it they add up to nothing. */
export interface Move {
  fund: number
  /** Co-pay and what insurance does not cover. */
  patient: number
  otherSources: number
  /** What the hospital claimed and nobody else bears. */
  hospital: number
}
/** What a rule, or several that changed together, changed of one claim. */
export interface GroupMove extends Move {
  /** Lines with another amount or another finding. */
  lines: number
  /** Half of all that went up or down: what changed hands, line by line. */
  moved: number
}
export interface Comparison {
  readonly outcome: { readonly before: string; readonly after: string }
  /** Keyed by the rules whose findings changed, joined by ` + `; `noFinding` where none did. */
  readonly groups: ReadonlyMap<string, GroupMove>
}

/** Key of what moved though no finding changed. */
export const noFinding = '–'

/** Of the contract's `decision`, what can change hands or say so. */
interface Shown {
  readonly outcome: string
  readonly decided: Amounts
  readonly benefits: unknown
  readonly lines: readonly { readonly decided: Amounts; readonly findings: readonly number[] }[]
  readonly findings: readonly ShownFinding[]
}
type Amounts = Readonly<Record<string, string>>
interface ShownFinding {
  readonly rule: string
  readonly severity: string
  readonly lines: readonly unknown[]
  readonly effect?: { readonly field: string; readonly before: string; readonly after: string; readonly bearer: string }
}

/** Everything of a decision before the name of its rulebook: keys stand in order, and what follows is hashes. */
const withoutRulebook = (decision: Buffer): Buffer => decision.subarray(0, decision.lastIndexOf(',"rulebook":{"sha256":"'))

/**
 * What another decision of the same claim changes: `same` where it says the same in the same words, `reworded` where only words, inputs
 * or legal bases differ.
 */
export function compareDecisions(before: Buffer, after: Buffer): Comparison | 'same' | 'reworded' {
  if (withoutRulebook(before).equals(withoutRulebook(after))) return 'same'
  const [old, made] = [JSON.parse(before.toString('utf8')) as Shown, JSON.parse(after.toString('utf8')) as Shown]
  const groups = groupsOf(old, made)
  const otherwise = old.outcome !== made.outcome || JSON.stringify(old.benefits) !== JSON.stringify(made.benefits)
  if (groups.size === 0 && !otherwise) return 'reworded'
  return { outcome: { before: old.outcome, after: made.outcome }, groups }
}

/**
 * Each line's move goes whole to one group: the rules whose findings on that line changed; where none did, those of the claim as a
 * whole; where there is none either, all that changed anywhere on the claim. What the totals move beyond the lines goes as the claim
 * does. So the groups add up to the claim exactly, and a rule is named wherever it spoke.
 */
function groupsOf(before: Shown, after: Shown): Map<string, GroupMove> {
  const groups = new Map<string, GroupMove>()
  const ofClaim = changedRules(claimSays(before), claimSays(after))
  const perLine = pairs(before, after).map(({ old, made }) => ({
    move: moveOf(old?.decided, made?.decided),
    rules: changedRules(lineSays(before, old), lineSays(after, made)),
    other: JSON.stringify(old?.decided) !== JSON.stringify(made?.decided),
  }))
  const anywhere = new Set([...ofClaim, ...perLine.flatMap(({ rules }) => [...rules])])
  const rest = moveOf(before.decided, after.decided)
  for (const { move, rules, other } of perLine) {
    subtract(rest, move)
    if (rules.size === 0 && !other) continue
    add(groups, [rules, ofClaim, anywhere].find((named) => named.size > 0) ?? rules, move, 1)
  }
  if (ofClaim.size > 0 || !isNothing(rest)) add(groups, ofClaim.size > 0 ? ofClaim : anywhere, rest, 0)
  return groups
}

type Line = Shown['lines'][number]

/** Lines stand in the order of table, `STT` and content in every decision of a claim. */
function pairs(before: Shown, after: Shown): { old: Line | undefined; made: Line | undefined }[] {
  const count = Math.max(before.lines.length, after.lines.length)
  return Array.from({ length: count }, (_, index) => ({ old: before.lines[index], made: after.lines[index] }))
}

/** What findings say of a line or of the claim, by the rule that says it. */
type Says = ReadonlyMap<string, string>

const lineSays = ({ findings }: Shown, line: Line | undefined): Says => saysOf(line?.findings.map((at) => findings[at]!) ?? [])
const claimSays = ({ findings }: Shown): Says => saysOf(findings.filter(({ lines }) => lines.length === 0))

function saysOf(findings: readonly ShownFinding[]): Says {
  const says = new Map<string, string>()
  for (const { rule, severity, effect } of findings) {
    const said = `${severity} ${effect ? `${effect.field} ${effect.before} ${effect.after} ${effect.bearer}` : ''}`
    says.set(rule, `${says.get(rule) ?? ''}${said};`)
  }
  return says
}

function changedRules(before: Says, after: Says): ReadonlySet<string> {
  return new Set([...before.keys(), ...after.keys()].filter((rule) => before.get(rule) !== after.get(rule)))
}

const money = (amounts: Amounts | undefined, field: string): Money =>
  amounts === undefined ? (0 as Money) : parseMoney(amounts[field] ?? '0')

function moveOf(before: Amounts | undefined, after: Amounts | undefined): Move {
  const change = (...fields: string[]) => fields.reduce((sum, field) => sum + money(after, field) - money(before, field), 0)
  const [fund, patient, otherSources] = [change('T_BHTT'), change('T_BNCCT', 'T_BNTT'), change('T_NGUONKHAC')]
  return { fund, patient, otherSources, hospital: 0 - fund - patient - otherSources }
}

export const parties = ['fund', 'patient', 'otherSources', 'hospital'] as const

const isNothing = (move: Move) => parties.every((party) => move[party] === 0)

function subtract(from: Move, move: Move): void {
  for (const party of parties) from[party] -= move[party]
}

function add(groups: Map<string, GroupMove>, rules: ReadonlySet<string>, move: Move, lines: number): void {
  const key = rules.size === 0 ? noFinding : [...rules].sort().join(' + ')
  const group = groups.get(key) ?? { fund: 0, patient: 0, otherSources: 0, hospital: 0, lines: 0, moved: 0 }
  for (const party of parties) group[party] += move[party]
  group.lines += lines
  group.moved += parties.reduce((sum, party) => sum + Math.abs(move[party]), 0) / 2
  groups.set(key, group)
}
